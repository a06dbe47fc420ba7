"""Train a synthesizer once, sample from it often."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from synthkit.cli.words import (
    INTERRUPTED,
    Settings,
    Trust,
    argument,
    console,
    errors_in_words,
    fail,
    name_of,
    option,
    warnings_in_words,
)

if TYPE_CHECKING:
    from synthkit.synthesizers.base import Fitted
    from synthkit.synthesizers.forms import Form


def train(
    config: Annotated[Path, argument("CONFIG", "A YAML config with data and a synthesizer.")],
    out: Annotated[Path | None, option("The model file.", default="runs/NAME.synthkit")] = None,
    settings: Settings = None,
) -> None:
    """Train a synthesizer on a table, and show its rows beside the table's."""
    with errors_in_words(), warnings_in_words():
        from synthkit.files import refuse_unwritable
        from synthkit.report.training_summary import TrainingSummary
        from synthkit.table.schema import schema_to_yaml
        from synthkit.training import read_training
        from synthkit.training import train as trained_on

        training = read_training(config, settings or [])
        path = out or Path("runs") / f"{name_of(str(config))}.synthkit"
        refuse_unwritable(path)
        dataset = training.load()
        print(
            f"# {dataset.name}: {len(dataset):,} rows, {len(dataset.schema.columns):,} columns,"
            f" learned as:"
        )
        print(schema_to_yaml(dataset.schema), flush=True)
        try:
            trained = trained_on(training, dataset, out=path, progress=True)
        except KeyboardInterrupt:
            fail(f"Interrupted. Nothing was written to {path}.", INTERRUPTED)
        console(120).print(TrainingSummary(trained.summary))
        print(
            f"Written to {path}. Sample from it: synthkit sample {path} -n 1000"
            f"{' --trust' if trained.needs_trust else ''} -o rows.parquet"
        )


def sample(
    model: Annotated[Path, argument("MODEL", "A model file of synthkit train.")],
    rows: Annotated[int | None, option("How many rows.", "-n", "--rows")] = None,
    where: Annotated[
        list[str] | None,
        option(
            "A value that every row has; COLUMN= for missing. May be repeated.",
            metavar="COLUMN=VALUE",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        option(
            "The same model, seed, conditions and n give the same file.",
            default="a new one, which is printed",
        ),
    ] = None,
    out: Annotated[
        Path | None, option("The file: .parquet, .csv, .csv.gz, .tsv or .tsv.gz.", "-o", "--out")
    ] = None,
    trust: Trust = False,
    manifest: Annotated[
        bool,
        option(
            "Print what the model file says of itself, and leave; needs no trust.", "--manifest"
        ),
    ] = False,
) -> None:
    """Write rows of a trained synthesizer to a file, batch by batch."""
    with errors_in_words():
        from synthkit.errors import ConfigError
        from synthkit.progress import bar
        from synthkit.randomness import new_seed
        from synthkit.synthesizers.model_file import load_model, read_manifest
        from synthkit.table.write import ending_of
        from synthkit.training import checked_rows, write_sample

        if manifest:
            import json

            print(json.dumps(read_manifest(model), indent=1, ensure_ascii=False))
            return
        if rows is None or out is None:
            missing = " and ".join(["-n ROWS"] * (rows is None) + ["-o FILE"] * (out is None))
            raise ConfigError(
                f"sample needs -n ROWS and -o FILE, however {missing} is not given. Only"
                f" --manifest needs"
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
        share = f" {written.acceptance:.1%} of the rows proposed met the conditions."
        print(
            f"Written to {out}: {written.rows:,} rows in {written.seconds:.1f} s with --seed"
            f" {seed}."
            f"{share if conditions else ''}"
        )


def conditions_of(fitted: Fitted, texts: Sequence[str]) -> dict[str, Any]:
    """The conditions that "column=value" texts mean, each value as the column has it; empty is
    missing.

    Raises: DataError for an unknown column; DataError or ConfigError for a value that was never
    seen.
    """
    from synthkit.errors import ConfigError, DataError, nearest

    forms = {form.name: form for form in fitted.forms}
    found: dict[str, Any] = {}
    for text in texts:
        # A column's name may itself hold an equals sign.
        name = max((name for name in forms if text.startswith(f"{name}=")), key=len, default=None)
        if name is None:
            asked, equals, _ = text.partition("=")
            if not equals:
                raise ConfigError(
                    f"--where needs column=value, however it is {text!r}. Write --where fraud=1."
                )
            raise DataError(
                f"where needs columns of the table, however it has none named {asked!r}."
                f"{nearest(asked, list(forms))}"
            )
        value = _meant(forms[name], text[len(name) + 1 :])
        if name in found and found[name] != value:
            raise ConfigError(
                f"--where needs one value per column, however {name!r} is given {found[name]!r} and"
                f" {value!r}. Take one away, or sample twice."
            )
        found[name] = value
    return found


def _meant(form: Form, text: str) -> Any:
    """The value of a column that a shell's text means: as it stands, or else as YAML reads it
    (true, null).
    """
    from synthkit.errors import SynthkitError
    from synthkit.methods.yaml import plain

    try:
        if text or (not form.codec.ordered and "" in form.codec.values):
            return form.value_like(text)
    except SynthkitError as error:
        try:
            return form.value_like(plain(text))
        except SynthkitError:
            raise error from None
    return form.value_like(None)
