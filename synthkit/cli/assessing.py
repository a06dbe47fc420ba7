"""Is a synthetic table good?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from synthkit.cli.words import errors_in_words, name_of

Table = "A CSV or Parquet file, an SQL URL, a data set's name"


def quality(
    real: Annotated[
        str,
        typer.Argument(
            metavar="REAL", show_default=False, help=(f"The rows that were learned from. {Table}.")
        ),
    ],
    synthetic: Annotated[
        str,
        typer.Argument(
            metavar="SYNTHETIC", show_default=False, help=("The rows that were made of them.")
        ),
    ],
    holdout: Annotated[
        str | None,
        typer.Option(
            show_default=False,
            help=(
                "Real rows that nobody learned from: the control of every figure, and the test of usefulness."
            ),
        ),
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="The column to predict.", show_default=False)
    ] = None,
    positive: Annotated[
        str | None, typer.Option(help="The class that matters.", show_default="the rarer one")
    ] = None,
    kinds: Annotated[
        Path | None,
        typer.Option(
            "--schema",
            show_default=False,
            help=("What each column is: a file as the command schema prints it."),
        ),
    ] = None,
    rules: Annotated[Path | None, typer.Option(show_default=False, help="A rules file.")] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            show_default=False, help=("The model file that made the rows, for its loss curve.")
        ),
    ] = None,
    trust: Annotated[
        bool,
        typer.Option(
            "--trust", help=("Load a pickled model, which runs code of whoever made the file.")
        ),
    ] = False,
    seed: Annotated[
        int, typer.Option(min=0, help="Decides every draw: the same seed, the same figures.")
    ] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            help="The folder for quality.json and quality.html.",
            show_default="runs/NAME_quality",
        ),
    ] = None,
) -> None:
    """Is a synthetic table good? Fidelity, detection, usefulness, privacy, rules; beside each figure its control."""
    with errors_in_words():
        from rich.console import Console

        from synthkit.assessment.assess import quality
        from synthkit.files import refuse_unwritable
        from synthkit.rules import read_rules
        from synthkit.synthesizers.persist import load_model
        from synthkit.table.schema_yaml import read_schema

        folder = out or Path("runs") / f"{name_of(synthetic)}_quality"
        refuse_unwritable(
            folder / "quality.json"
        )  # all that can be wrong is said before the long work
        found = quality(
            real,
            synthetic,
            holdout,
            target=target,
            positive=positive,
            schema=None if kinds is None else read_schema(kinds),
            rules=None if rules is None else read_rules(rules),
            losses=None if model is None else load_model(model, trust),
            seed=seed,
        )
        found.save(folder)
        (Console() if sys.stdout.isatty() else Console(width=130)).print(found)
        print(f"Written to {folder}: quality.html, quality.json.")
