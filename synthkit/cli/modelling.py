"""Train a synthesizer once, sample from it often."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from synthkit.cli.words import INTERRUPTED, errors_in_words, fail, name_of, warnings_in_words


def train(
    config: Annotated[
        Path,
        typer.Argument(
            metavar="CONFIG",
            show_default=False,
            help=("A YAML config with data and a synthesizer."),
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="The model file.", show_default="runs/NAME.synthkit")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help=("Change the config, as in --set synthesizer.epochs=1. May be repeated."),
        ),
    ] = None,
) -> None:
    """Train a synthesizer on a table, and show its rows beside the table's."""
    with errors_in_words(), warnings_in_words():
        from rich.console import Console

        from synthkit.files import refuse_unwritable
        from synthkit.report.training_summary import TrainingSummary
        from synthkit.table.schema_yaml import schema_to_yaml
        from synthkit.training import read_training
        from synthkit.training import train as trained_on

        training = read_training(config, settings or [])
        path = out or Path("runs") / f"{name_of(str(config))}.synthkit"
        refuse_unwritable(path)
        dataset = training.load()
        print(
            f"# {dataset.name}: {len(dataset):,} rows, {len(dataset.schema.columns):,} columns, learned as:"
        )
        print(schema_to_yaml(dataset.schema), flush=True)
        try:
            trained = trained_on(training, dataset, out=path, progress=True)
        except KeyboardInterrupt:
            fail(f"Interrupted. Nothing was written to {path}.", INTERRUPTED)
        console = Console() if sys.stdout.isatty() else Console(width=120)
        console.print(TrainingSummary(trained.summary))
        print(
            f"Written to {path}. Sample from it: synthkit sample {path} -n 1000"
            f"{' --trust' if trained.needs_trust else ''} -o rows.parquet"
        )


def sample(
    model: Annotated[
        Path,
        typer.Argument(metavar="MODEL", show_default=False, help="A model file of synthkit train."),
    ],
    rows: Annotated[
        int | None, typer.Option("-n", "--rows", show_default=False, help="How many rows.")
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=VALUE",
            help=("A value that every row has; COLUMN= for missing. May be repeated."),
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            show_default="a new one, which is printed",
            help=("The same model, seed, conditions and n give the same file."),
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            show_default=False,
            help=("The file: .parquet, .csv, .csv.gz, .tsv or .tsv.gz."),
        ),
    ] = None,
    trust: Annotated[
        bool,
        typer.Option(
            "--trust", help=("Load a pickled model, which runs code of whoever made the file.")
        ),
    ] = False,
    manifest: Annotated[
        bool,
        typer.Option(
            "--manifest",
            help=("Print what the model file says of itself, and leave; needs no trust."),
        ),
    ] = False,
) -> None:
    """Write rows of a trained synthesizer to a file, batch by batch."""
    with errors_in_words():
        from synthkit.errors import ConfigError
        from synthkit.randomness import new_seed
        from synthkit.sample_stream import checked_rows, conditions_of, write_sample
        from synthkit.synthesizers.persist import load_model, read_manifest
        from synthkit.synthesizers.progress import bar
        from synthkit.table.write import ending_of

        if manifest:
            import json

            print(json.dumps(read_manifest(model), indent=1, ensure_ascii=False))
            return
        if rows is None or out is None:
            missing = " and ".join(["-n ROWS"] * (rows is None) + ["-o FILE"] * (out is None))
            raise ConfigError(
                f"sample needs -n ROWS and -o FILE, however {missing} is not given. Only --manifest needs"
                " neither."
            )
        checked_rows(rows)
        ending_of(out)  # all that can be wrong without the model is said before it is loaded
        fitted = load_model(model, trust)
        conditions = conditions_of(fitted, where or [])
        seed = new_seed() if seed is None else seed
        try:
            with bar(f"Sampling {out.name}") as progress:
                written = write_sample(fitted, out, rows, seed, conditions, progress=progress)
        except KeyboardInterrupt:
            fail(
                f"Interrupted. {out} was not written; --seed {seed} begins the same rows again.",
                INTERRUPTED,
            )
        kept = (
            f" {written.acceptance:.1%} of the rows proposed met the conditions."
            if conditions
            else ""
        )
        print(
            f"Written to {out}: {written.rows:,} rows in {written.seconds:.1f} s with --seed {seed}.{kept}"
        )
