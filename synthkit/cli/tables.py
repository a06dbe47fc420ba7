"""Look at tables: what columns are, whether augmenting is worth a try, whether a synthetic one is
good, broken rules.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from synthkit.cli.words import (
    A_TABLE,
    VIOLATIONS,
    Encoding,
    Kinds,
    Positive,
    Query,
    Sep,
    Table,
    Target,
    Trust,
    argument,
    config_of,
    console,
    errors_in_words,
    name_of,
    option,
)

if TYPE_CHECKING:
    import pandas as pd


def schema(
    table: Table,
    target: Target = None,
    positive: Positive = None,
    query: Query = None,
    sep: Sep = None,
    encoding: Encoding = None,
) -> None:
    """Print what each column was taken for, as YAML that can be edited and fed back (data: {schema:
    FILE}).
    """
    with errors_in_words():
        from synthkit.table.read import read_raw
        from synthkit.table.schema import Schema, schema_to_yaml

        raw = read_raw(table, query=query, sep=sep, encoding=encoding)
        own, kinds = (raw.named.target, raw.named.kinds) if raw.named else (raw.target, {})
        found = Schema.detect(raw.table, target or own, positive=positive, kinds=kinds)
        print(schema_to_yaml(found), end="")


def advise(
    table: Annotated[
        str, argument("TABLE", f"A {A_TABLE}; or a YAML config, whose data section is taken.")
    ],
    target: Target = None,
    positive: Positive = None,
    kinds: Kinds = None,
    rules: Annotated[
        Path | None,
        option(
            "A rules file: how often interpolated rows break each rule. By default the config's."
        ),
    ] = None,
    config: Annotated[
        Path | None, option("Where to write the config for compare.", default="printed")
    ] = None,
    plot: Annotated[
        Path | None,
        option("Where to write pictures of the positives among the others (PCA, t-SNE), as HTML."),
    ] = None,
    seed: Annotated[
        int, option("Draws the rows that are measured, and the folds.", min=0, default=True)
    ] = 0,
) -> None:
    """Measure whether few positives are worth augmenting, say what to try, and write a config for
    compare.
    """
    with errors_in_words():
        from synthkit.advice.advice import advise as measure
        from synthkit.files import refuse_unwritable, written_beside
        from synthkit.rules import read_rules
        from synthkit.strategies import STRATEGIES

        for path in filter(None, (config, plot)):
            refuse_unwritable(path)
        # What is wrong with the rules is said before a table is read.
        hard = () if rules is None else read_rules(rules)
        found = config_of(
            table, target=target, positive=positive, schema=kinds and kinds.absolute()
        )
        advice = measure(
            found.load(), seed=seed, methods=STRATEGIES, rules=hard or found.plan.rules
        )
        text = advice.config_yaml(found.as_run["data"])
        console(120).print(advice)
        if advice.no_config:
            print(advice.no_config)
        elif config is None:
            print(f"\n{text}", end="")
        else:
            with written_beside(config) as beside:
                beside.write_text(text, encoding="utf-8")
            print(f"Written to {config}. Compare: synthkit compare {config}")
        if plot is not None:
            with written_beside(plot) as beside:
                beside.write_text(advice.picture(), encoding="utf-8")
            print(f"Written to {plot}.")


def quality(  # noqa: PLR0913  # a command has as many options
    real: Annotated[str, argument("REAL", f"The rows that were learned from. A {A_TABLE}.")],
    synthetic: Annotated[str, argument("SYNTHETIC", "The rows that were made of them.")],
    holdout: Annotated[
        str | None,
        option(
            "Real rows that nobody learned from: the control of every figure, and the test of"
            " usefulness."
        ),
    ] = None,
    target: Target = None,
    positive: Positive = None,
    kinds: Kinds = None,
    rules: Annotated[Path | None, option("A rules file.")] = None,
    model: Annotated[
        Path | None, option("The model file that made the rows, for its loss curve.")
    ] = None,
    trust: Trust = False,
    seed: Annotated[
        int, option("Decides every draw: the same seed, the same figures.", min=0, default=True)
    ] = 0,
    out: Annotated[
        Path | None,
        option(
            "The folder for quality.json and quality.html.",
            "-o",
            "--out",
            default="runs/NAME_quality",
        ),
    ] = None,
) -> None:
    """Is a synthetic table good? Fidelity, detection, usefulness, privacy, rules; beside each
    figure its control.
    """
    with errors_in_words():
        from synthkit.assessment.assessment import quality
        from synthkit.files import refuse_unwritable
        from synthkit.rules import read_rules
        from synthkit.synthesizers.model_file import load_model
        from synthkit.table.schema import read_schema

        folder = out or Path("runs") / f"{name_of(synthetic)}_quality"
        refuse_unwritable(folder / "quality.json")  # said before the long work
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
        console(130).print(found)
        print(f"Written to {folder}: quality.html, quality.json.")


def check(
    table: Table,
    rules: Annotated[
        str | None,
        option(
            "A rules file; or infer, to print rules that hold in every row, for you to confirm."
        ),
    ] = None,
    real: Annotated[
        str | None,
        option("The real table, for rules that take something from it, such as combinations seen."),
    ] = None,
    as_json: Annotated[bool, option("Print JSON.", "--json")] = False,
    query: Query = None,
    sep: Sep = None,
    encoding: Encoding = None,
) -> None:
    """Check a table, real or synthetic, against domain rules; exit code 1 when a rule is broken."""
    with errors_in_words():
        from synthkit.errors import ConfigError
        from synthkit.rules import check as held_against
        from synthkit.rules import infer_rules, read_rules, rules_to_yaml
        from synthkit.table.read import read_raw
        from synthkit.table.schema import Schema

        def conformed(source: str, **how: str | None) -> pd.DataFrame:
            raw = read_raw(source, **how)
            kinds = raw.named.kinds if raw.named else {}
            return Schema.detect(raw.table, kinds=kinds).conform(raw.table)

        if rules is None:
            raise ConfigError(
                "check needs --rules FILE, however it is not given. To begin with rules that hold"
                " in this"
                f" table: synthkit check {table} --rules infer > rules.yaml"
            )
        # What is wrong with the rules is said before a table is read.
        found = None if rules == "infer" else read_rules(rules)
        rows = conformed(table, query=query, sep=sep, encoding=encoding)
        if found is None:
            print(rules_to_yaml(infer_rules(rows)), end="")
            return
        checked = held_against(rows, found, real=None if real is None else conformed(real))
        if as_json:
            import json

            print(json.dumps(checked.to_dict(), indent=1, ensure_ascii=False, allow_nan=False))
        else:
            print(checked)
        if not checked.passed:
            raise typer.Exit(VIOLATIONS)


def methods() -> None:
    """List every strategy, synthesizer, classifier, split and data set with its parameters and
    defaults.
    """
    with errors_in_words():
        from synthkit.comparison.classifiers import CLASSIFIERS
        from synthkit.strategies import STRATEGIES
        from synthkit.synthesizers import SYNTHESIZERS
        from synthkit.table.datasets import DATASETS
        from synthkit.table.split import SPLITS

        headings = {
            "Strategies (arms)": STRATEGIES,
            "Synthesizers": SYNTHESIZERS,
            "Classifiers": CLASSIFIERS,
            "Splits": SPLITS,
            "Data sets": DATASETS,
        }
        print("\n\n".join(f"{title}\n{found.listing()}" for title, found in headings.items()))
