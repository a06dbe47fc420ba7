"""The commands: each parses, calls and prints. What they do is in the packages below."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from synthkit import __version__

if TYPE_CHECKING:
    import pandas as pd

    from synthkit.config import Config

# Exit codes; 1 says that a check found violations.
VIOLATIONS = 1
WRONG_INPUT = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells have it

CONFIGS = (".yaml", ".yml")
# Values of --backend.
PROCESSES, DASK = "processes", "dask"

app = typer.Typer(
    name="synthkit", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Is a synthetic minority worth making? Compares what can be done about few positives, on the same folds.")


def main() -> None:
    """The `synthkit` command."""
    app()


def _print_version(asked: bool) -> None:
    if asked:
        print(f"synthkit {__version__}")
        raise typer.Exit


@app.callback()
def _synthkit(
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True,
                                          help="Print the version and leave.")] = False,
) -> None:
    pass


@contextmanager
def _errors_in_words() -> Iterator[None]:
    """What a person can mend ends in one message and exit code 2; Ctrl-C in 130; a bug in its traceback."""
    from synthkit.errors import SynthkitError

    try:
        yield
    except SynthkitError as error:
        _fail(f"Error: {error}", WRONG_INPUT)
    except KeyboardInterrupt:
        _fail("Interrupted.", INTERRUPTED)


@contextmanager
def _warnings_in_words() -> Iterator[None]:
    """What is about to be dear is said in one line, every time."""
    import warnings

    from synthkit.synthesizers.sdv_fit import CostWarning

    def say(message: Warning | str, *_: object, **__: object) -> None:
        print(f"Warning: {message}", file=sys.stderr, flush=True)

    with warnings.catch_warnings():
        warnings.filterwarnings("always", category=CostWarning)
        warnings.showwarning = say
        yield


def _fail(message: str, code: int) -> NoReturn:
    print(message, file=sys.stderr, flush=True)
    raise typer.Exit(code)


@app.command()
def compare(
    config: Annotated[str, typer.Argument(metavar="CONFIG", show_default=False, help=(
        "A YAML config; or, with --target, a table: a CSV or Parquet file, an SQL URL, a data set's name."))],
    out: Annotated[Path | None, typer.Option(help="The run folder.", show_default="runs/NAME")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes.", show_default="one per core")] = None,
    backend: Annotated[str, typer.Option(help="Where the cells run: processes (of this machine) or dask.")] = PROCESSES,
    address: Annotated[str | None, typer.Option(show_default=False, help=(
        "The scheduler of a Dask cluster, such as tcp://host:8786."))] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help=(
        "Change the config, as in --set split.repeats=1 or --set arms.2.k_neighbors=3. May be repeated."))] = None,
    target: Annotated[str | None, typer.Option(help="The column to predict: data.target.")] = None,
    positive: Annotated[str | None, typer.Option(
        help="The class that matters: data.positive.", show_default="the rarer one")] = None,
) -> None:
    """Compare ways to treat few positives, on the same folds; a killed comparison goes on where it stopped."""
    with _errors_in_words():
        changes = [*(settings or [])]
        changes += [f"data.{key}={_quoted(value)}" for key, value in (("target", target), ("positive", positive))
                    if value is not None]
        found = _config(config, changes)
        folder = out or Path("runs") / _name(config)
        _compare(found, folder, jobs, _cluster(backend, address, jobs))


@app.command()
def sweep(
    config: Annotated[str, typer.Argument(metavar="CONFIG", show_default=False, help=(
        "A YAML config with sweep: {positives: [25, 50, all]}, or imbalance, ratio or epochs; or a table, as for"
        " compare."))],
    out: Annotated[Path | None, typer.Option(help="The run folder.", show_default="runs/NAME_sweep")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes.", show_default="one per core")] = None,
    backend: Annotated[str, typer.Option(help="Where the cells run: processes (of this machine) or dask.")] = PROCESSES,
    address: Annotated[str | None, typer.Option(show_default=False, help=(
        "The scheduler of a Dask cluster, such as tcp://host:8786."))] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help=(
        "Change the config, as in --set \"sweep={ratio: [0.1, 0.5, 1]}\". May be repeated."))] = None,
    target: Annotated[str | None, typer.Option(help="The column to predict: data.target.")] = None,
    positive: Annotated[str | None, typer.Option(
        help="The class that matters: data.positive.", show_default="the rarer one")] = None,
) -> None:
    """Compare at several numbers of real positives (or shares, ratios, epochs): what is an arm worth in real rows?"""
    with _errors_in_words():
        changes = [*(settings or [])]
        changes += [f"data.{key}={_quoted(value)}" for key, value in (("target", target), ("positive", positive))
                    if value is not None]
        found = _config(config, changes)
        folder = out or Path("runs") / f"{_name(config)}_sweep"
        _compare(found, folder, jobs, _cluster(backend, address, jobs), sweeping=True)


def _config(source: str, settings: list[str]) -> Config:
    from synthkit.config import config_of_table, read_config

    if source.endswith(CONFIGS):
        return read_config(source, settings)
    return config_of_table(source, settings)


def _cluster(backend: str, address: str | None, jobs: int | None) -> str | None:
    """The address of the cluster, None for processes of this machine."""
    from synthkit.errors import ConfigError, nearest

    if backend not in (PROCESSES, DASK):
        raise ConfigError(f"--backend must be {PROCESSES} or {DASK}, however it is {backend!r}."
                          f"{nearest(backend, [PROCESSES, DASK])}")
    if backend == PROCESSES and address is not None:
        raise ConfigError("--address is for a cluster, however the backend is processes. Add --backend dask.")
    if backend == DASK and address is None:
        raise ConfigError("--backend dask needs the address of a scheduler, however there is none. Add --address"
                          " tcp://HOST:8786.")
    if backend == DASK and jobs is not None:
        raise ConfigError("--jobs is for processes of this machine, however the backend is dask, which runs as many"
                          " cells at once as it has workers. Leave --jobs out.")
    return address


def _compare(config: Config, folder: Path, jobs: int | None, cluster: str | None, *, sweeping: bool = False) -> None:
    import warnings
    from functools import partial

    from rich.console import Console

    from synthkit.compare.experiment import run
    from synthkit.compare.outcome import described
    from synthkit.compare.sweep import run_sweep
    from synthkit.errors import ConfigError
    from synthkit.progress import Progress

    jobs = jobs or _cores()
    progress = Progress(sys.stderr, jobs=jobs)
    # joblib's advice on tasks that Ctrl-C cancels is not for whoever pressed it.
    warnings.filterwarnings("ignore", message=r"\d+ tasks which were still being processed")
    try:
        dataset = config.load()
        for text in described(dataset):  # now, while there is time to press Ctrl-C
            print(text, file=sys.stderr, flush=True)
        with progress:
            flow = partial(run_sweep, sweep=config.sweep) if sweeping else run
            comparison = flow(dataset, config.plan, jobs=jobs, cluster=cluster, folder=folder, progress=progress)
            comparison.save(folder, config=config.as_run)
    except ConfigError as error:
        raise config.located(error) from None
    except KeyboardInterrupt:
        _stop_workers()
        kept = f" {progress.done - progress.failed} of {progress.total} cells are kept in {folder}." if progress.total \
            else ""
        _fail(f"Interrupted.{kept} Run the same command again to go on from there.", INTERRUPTED)
    failed = [cell for cell in comparison.cells if cell.error is not None]
    console = Console() if sys.stdout.isatty() else Console(width=160)
    console.print(comparison)
    console.print(f"Written to {folder}: report.html, results.json, cells.parquet, config.yaml, manifest.json.",
                  style="dim", markup=False, highlight=False, soft_wrap=True)
    if len(failed) == len(comparison.cells):
        _fail(f"Error: every cell failed, the first with: {failed[0].error}", WRONG_INPUT)


def _stop_workers() -> None:
    """End joblib's processes now rather than after their cells."""
    if "joblib" in sys.modules:
        from joblib.externals.loky import get_reusable_executor

        get_reusable_executor().shutdown(wait=True, kill_workers=True)


@app.command()
def report(
    run: Annotated[Path, typer.Argument(metavar="DIR", show_default=False, help="A run folder, or its results.json.")],
) -> None:
    """Write report.html anew from results.json alone, which must be whole and unchanged."""
    with _errors_in_words():
        from synthkit.report import page
        from synthkit.report.results_file import read_results

        results = read_results(run)
        print(f"Written: {page.write(results, (run if run.is_dir() else run.parent) / 'report.html')}")


@app.command()
def schema(
    table: Annotated[str, typer.Argument(metavar="TABLE", show_default=False, help=(
        "A CSV or Parquet file, an SQL URL, a data set's name."))],
    target: Annotated[str | None, typer.Option(help="The column to predict.", show_default=False)] = None,
    positive: Annotated[str | None, typer.Option(help="The class that matters.", show_default="the rarer one")] = None,
    query: Annotated[str | None, typer.Option(help="The query of an SQL URL.", show_default=False)] = None,
    sep: Annotated[str | None, typer.Option(help="A text file's separator.", show_default="found out")] = None,
    encoding: Annotated[str | None, typer.Option(help="A text file's encoding.", show_default="utf-8")] = None,
) -> None:
    """Print what each column was taken for, as YAML that can be edited and fed back (data: {schema: FILE})."""
    with _errors_in_words():
        from synthkit.table.read import read_raw
        from synthkit.table.schema import Schema
        from synthkit.table.schema_yaml import schema_to_yaml

        raw = read_raw(table, query=query, sep=sep, encoding=encoding)
        own, kinds = (raw.named.target, raw.named.kinds) if raw.named else (raw.target, {})
        found = Schema.detect(raw.table, target or own, positive=positive, kinds=kinds)
        print(schema_to_yaml(found), end="")


@app.command()
def train(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", show_default=False, help=(
        "A YAML config with data and a synthesizer."))],
    out: Annotated[Path | None, typer.Option(help="The model file.", show_default="runs/NAME.synthkit")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help=(
        "Change the config, as in --set synthesizer.epochs=1. May be repeated."))] = None,
) -> None:
    """Train a synthesizer on a table, and show its rows beside the table's."""
    with _errors_in_words(), _warnings_in_words():
        from rich.console import Console

        from synthkit.files import refuse_unwritable
        from synthkit.report.training_summary import TrainingSummary
        from synthkit.table.schema_yaml import schema_to_yaml
        from synthkit.training import read_training
        from synthkit.training import train as trained_on

        training = read_training(config, settings or [])
        path = out or Path("runs") / f"{_name(str(config))}.synthkit"
        refuse_unwritable(path)
        dataset = training.load()
        print(f"# {dataset.name}: {len(dataset):,} rows, {len(dataset.schema.columns):,} columns, learned as:")
        print(schema_to_yaml(dataset.schema), flush=True)
        try:
            trained = trained_on(training, dataset, out=path, progress=True)
        except KeyboardInterrupt:
            _fail(f"Interrupted. Nothing was written to {path}.", INTERRUPTED)
        console = Console() if sys.stdout.isatty() else Console(width=120)
        console.print(TrainingSummary(trained.summary))
        print(f"Written to {path}. Sample from it: synthkit sample {path} -n 1000"
              f"{' --trust' if trained.needs_trust else ''} -o rows.parquet")


@app.command()
def sample(
    model: Annotated[Path, typer.Argument(metavar="MODEL", show_default=False, help="A model file of synthkit train.")],
    rows: Annotated[int | None, typer.Option("-n", "--rows", show_default=False, help="How many rows.")] = None,
    where: Annotated[list[str] | None, typer.Option(metavar="COLUMN=VALUE", help=(
        "A value that every row has; COLUMN= for missing. May be repeated."))] = None,
    seed: Annotated[int | None, typer.Option(show_default="a new one, which is printed", help=(
        "The same model, seed, conditions and n give the same file."))] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", show_default=False, help=(
        "The file: .parquet, .csv, .csv.gz, .tsv or .tsv.gz."))] = None,
    trust: Annotated[bool, typer.Option("--trust", help=(
        "Load a pickled model, which runs code of whoever made the file."))] = False,
    manifest: Annotated[bool, typer.Option("--manifest", help=(
        "Print what the model file says of itself, and leave; needs no trust."))] = False,
) -> None:
    """Write rows of a trained synthesizer to a file, batch by batch."""
    with _errors_in_words():
        from synthkit.errors import ConfigError
        from synthkit.randomness import new_seed
        from synthkit.sample_stream import checked_rows, conditions_of, write_sample
        from synthkit.synthesizers.persist import load, read_manifest
        from synthkit.synthesizers.progress import bar
        from synthkit.table.write import ending_of

        if manifest:
            import json

            print(json.dumps(read_manifest(model), indent=1, ensure_ascii=False))
            return
        if rows is None or out is None:
            missing = " and ".join(["-n ROWS"] * (rows is None) + ["-o FILE"] * (out is None))
            raise ConfigError(f"sample needs -n ROWS and -o FILE, however {missing} is not given. Only --manifest needs"
                              " neither.")
        checked_rows(rows)
        ending_of(out)  # all that can be wrong without the model is said before it is loaded
        fitted = load(model, trust)
        conditions = conditions_of(fitted, where or [])
        seed = new_seed() if seed is None else seed
        try:
            with bar(f"Sampling {out.name}") as progress:
                written = write_sample(fitted, out, rows, seed, conditions, progress=progress)
        except KeyboardInterrupt:
            _fail(f"Interrupted. {out} was not written; --seed {seed} begins the same rows again.", INTERRUPTED)
        kept = f" {written.acceptance:.1%} of the rows proposed met the conditions." if conditions else ""
        print(f"Written to {out}: {written.rows:,} rows in {written.seconds:.1f} s with --seed {seed}.{kept}")


@app.command()
def advise(
    table: Annotated[str, typer.Argument(metavar="TABLE", show_default=False, help=(
        "A CSV or Parquet file, an SQL URL, a data set's name; or a YAML config, whose data section is taken."))],
    target: Annotated[str | None, typer.Option(help="The column to predict.", show_default=False)] = None,
    positive: Annotated[str | None, typer.Option(help="The class that matters.", show_default="the rarer one")] = None,
    kinds: Annotated[Path | None, typer.Option("--schema", show_default=False, help=(
        "What each column is: a file as the command schema prints it."))] = None,
    config: Annotated[Path | None, typer.Option(help="Where to write the config for compare.",
                                                show_default="printed")] = None,
    plot: Annotated[Path | None, typer.Option(show_default=False, help=(
        "Where to write pictures of the positives among the others (PCA, t-SNE), as HTML."))] = None,
    seed: Annotated[int, typer.Option(min=0, help="Draws the rows that are measured, and the folds.")] = 0,
) -> None:
    """Measure whether few positives are worth augmenting, say what to try, and write a config for compare."""
    with _errors_in_words():
        from rich.console import Console

        from synthkit.advise.advice import advise as measure
        from synthkit.files import refuse_unwritable, written_beside
        from synthkit.strategies import STRATEGIES

        for path in filter(None, (config, plot)):
            refuse_unwritable(path)
        changes = [f"data.{key}={_quoted(str(value))}" for key, value in (
            ("target", target), ("positive", positive), ("schema", kinds and kinds.absolute())) if value is not None]
        found = _config(table, changes)
        advice = measure(found.load(), seed=seed, methods=STRATEGIES)
        text = advice.config_yaml(found.as_run["data"])
        (Console() if sys.stdout.isatty() else Console(width=120)).print(advice)
        if config is None:
            print(f"\n{text}", end="")
        else:
            with written_beside(config) as beside:
                beside.write_text(text, encoding="utf-8")
            print(f"Written to {config}. Compare: synthkit compare {config}")
        if plot is not None:
            with written_beside(plot) as beside:
                beside.write_text(advice.picture(), encoding="utf-8")
            print(f"Written to {plot}.")


@app.command()
def check(
    table: Annotated[str, typer.Argument(metavar="TABLE", show_default=False, help=(
        "A CSV or Parquet file, an SQL URL, a data set's name."))],
    rules: Annotated[str | None, typer.Option(show_default=False, help=(
        "A rules file; or infer, to print rules that hold in every row, for you to confirm."))] = None,
    real: Annotated[str | None, typer.Option(show_default=False, help=(
        "The real table, for rules that take something from it, such as combinations that were seen."))] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    query: Annotated[str | None, typer.Option(help="The query of an SQL URL.", show_default=False)] = None,
    sep: Annotated[str | None, typer.Option(help="A text file's separator.", show_default="found out")] = None,
    encoding: Annotated[str | None, typer.Option(help="A text file's encoding.", show_default="utf-8")] = None,
) -> None:
    """Check a table, real or synthetic, against domain rules; exit code 1 when a rule is broken."""
    with _errors_in_words():
        from synthkit.constraints import check as held_against
        from synthkit.constraints import infer, read_rules, rules_to_yaml
        from synthkit.errors import ConfigError
        from synthkit.table.read import read_raw
        from synthkit.table.schema import Schema

        def conformed(source: str, **how: str | None) -> pd.DataFrame:
            raw = read_raw(source, **how)
            return Schema.detect(raw.table, kinds=raw.named.kinds if raw.named else {}).conform(raw.table)

        if rules is None:
            raise ConfigError("check needs --rules FILE, however it is not given. To begin with rules that hold in this"
                              f" table: synthkit check {table} --rules infer > rules.yaml")
        found = None if rules == "infer" else read_rules(rules)  # what is wrong there is said before a table is read
        rows = conformed(table, query=query, sep=sep, encoding=encoding)
        if found is None:
            print(rules_to_yaml(infer(rows)), end="")
            return
        checked = held_against(rows, found, real=None if real is None else conformed(real))
        if as_json:
            import json

            print(json.dumps(checked.to_dict(), indent=1, ensure_ascii=False, allow_nan=False))
        else:
            print(checked)
        if not checked.passed:
            raise typer.Exit(VIOLATIONS)


@app.command()
def methods() -> None:
    """List every strategy, synthesizer, classifier, split and data set with its parameters and defaults."""
    with _errors_in_words():
        from synthkit.methods import listing

        print(listing(), end="")


def _quoted(text: str) -> str:
    """Text as YAML takes it for the same text: a column may be called 1 or true."""
    import json

    return json.dumps(text, ensure_ascii=False)


def _name(source: str) -> str:
    """What a run of this source is called: a file's name without its endings, without what a path cannot hold."""
    import re

    name = Path(source.split("?")[0]).name if "://" in source else Path(source).name
    name = re.sub(r"(\.(csv|tsv|gz|parquet|yaml|yml|db|sqlite))+$", "", name)
    return re.sub(r"[^\w.-]+", "_", name) or "table"


def _cores() -> int:
    """Cores that this process may use: by affinity, and by the container's quota."""
    import joblib

    return int(joblib.cpu_count())


if __name__ == "__main__":
    main()
