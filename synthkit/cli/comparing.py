"""Compare, sweep, and write the page of a run anew."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from synthkit.cli.words import (
    A_TABLE,
    INTERRUPTED,
    WRONG_INPUT,
    Positive,
    Settings,
    Target,
    argument,
    config_of,
    console,
    errors_in_words,
    fail,
    name_of,
    option,
)

if TYPE_CHECKING:
    from synthkit.config import Config

# Values of --backend.
PROCESSES, DASK = "processes", "dask"

Source = Annotated[
    str, argument("CONFIG", f"A YAML config; or, with --target, a table: a {A_TABLE}.")
]
Out = Annotated[Path | None, option("The run folder.", default="runs/NAME, or runs/NAME_sweep")]
Jobs = Annotated[int | None, option("Processes.", min=1, default="one per core")]
Backend = Annotated[
    str, option("Where the cells run: processes (of this machine) or dask.", default=True)
]
Address = Annotated[str | None, option("The scheduler of a Dask cluster, such as tcp://host:8786.")]


def compare(
    config: Source,
    out: Out = None,
    jobs: Jobs = None,
    backend: Backend = PROCESSES,
    address: Address = None,
    settings: Settings = None,
    target: Target = None,
    positive: Positive = None,
) -> None:
    """Compare ways to treat few positives, on the same folds; a killed comparison goes on where it
    stopped.
    """
    with errors_in_words():
        found = config_of(config, settings or (), target=target, positive=positive)
        folder = out or Path("runs") / name_of(config)
        _compare(found, folder, jobs, _cluster(backend, address, jobs))


def sweep(
    config: Source,
    out: Out = None,
    jobs: Jobs = None,
    backend: Backend = PROCESSES,
    address: Address = None,
    settings: Settings = None,
    target: Target = None,
    positive: Positive = None,
) -> None:
    """Compare at several numbers of real positives (or shares, ratios, epochs): what is an arm
    worth in real rows?

    The config has sweep: {positives: [25, 50, all]}, or imbalance, ratio or epochs.
    """
    with errors_in_words():
        found = config_of(config, settings or (), target=target, positive=positive)
        folder = out or Path("runs") / f"{name_of(config)}_sweep"
        _compare(found, folder, jobs, _cluster(backend, address, jobs), sweeping=True)


def report(
    run: Annotated[Path, argument("DIR", "A run folder, or its results.json or quality.json.")],
) -> None:
    """Write report.html (quality.html) anew from results.json (quality.json), which must be whole
    and unchanged.
    """
    with errors_in_words():
        from synthkit.report import page
        from synthkit.report.quality import page as quality_page
        from synthkit.results import ComparisonResults, QualityResults, read

        folder = run if run.is_dir() else run.parent
        there = [
            kind for kind in (ComparisonResults, QualityResults) if (run / kind.FILE).is_file()
        ]
        of_quality = run.name == QualityResults.FILE or there == [QualityResults]
        if of_quality:
            quality = read(run, QualityResults)
            written = quality_page.write(quality.plain(), folder / "quality.html")
        else:
            written = page.write(read(run, ComparisonResults).plain(), folder / "report.html")
        print(f"Written: {written}")


def _cluster(backend: str, address: str | None, jobs: int | None) -> str | None:
    """The address of the cluster, None for processes of this machine."""
    from synthkit.errors import ConfigError, nearest

    if backend not in (PROCESSES, DASK):
        raise ConfigError(
            f"--backend must be {PROCESSES} or {DASK}, however it is {backend!r}."
            f"{nearest(backend, [PROCESSES, DASK])}"
        )
    wrong = ""
    if backend == PROCESSES and address is not None:
        wrong = "--address is for a cluster, however the backend is processes. Add --backend dask."
    elif backend == DASK and address is None:
        wrong = (
            "--backend dask needs the address of a scheduler, however there is none. Add --address"
            " tcp://HOST:8786."
        )
    elif backend == DASK and jobs is not None:
        wrong = (
            "--jobs is for processes of this machine, however the backend is dask, which runs as"
            " many"
            " cells at once as it has workers. Leave --jobs out."
        )
    if wrong:
        raise ConfigError(wrong)
    return address


def _compare(
    config: Config, folder: Path, jobs: int | None, cluster: str | None, *, sweeping: bool = False
) -> None:
    import warnings
    from functools import partial

    from synthkit.comparison.outcome import described
    from synthkit.comparison.run import run
    from synthkit.comparison.sweep import run_sweep
    from synthkit.errors import ConfigError
    from synthkit.progress import Progress
    from synthkit.report.verdict_words import deck, headline

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
            comparison = flow(
                dataset, config.plan, jobs=jobs, cluster=cluster, folder=folder, progress=progress
            )
            comparison.save(folder, config=config.as_run)
    except ConfigError as error:
        raise config.located(error) from None
    except KeyboardInterrupt:
        _stop_workers()
        done = progress.done - progress.failed
        kept = f" {done} of {progress.total} cells are kept in {folder}." if progress.total else ""
        fail(f"Interrupted.{kept} Run the same command again to go on from there.", INTERRUPTED)
    failed = [cell for cell in comparison.cells if cell.error is not None]
    terminal = console(160)
    terminal.print(comparison)
    say = partial(terminal.print, markup=False, highlight=False, soft_wrap=True)
    say(f"{headline(comparison.results)}. {deck(comparison.results)}", style="bold")
    say(
        f"Written to {folder}: results.json, cells.parquet, config.yaml, manifest.json, and the"
        f" page"
        f" {folder / 'report.html'}",
        style="dim",
    )
    if len(failed) == len(comparison.cells):
        fail(f"Error: every cell failed, the first with: {failed[0].error}", WRONG_INPUT)


def _stop_workers() -> None:
    """End joblib's processes now rather than after their cells."""
    if "joblib" in sys.modules:
        from joblib.externals.loky import get_reusable_executor

        get_reusable_executor().shutdown(wait=True, kill_workers=True)


def _cores() -> int:
    """Cores that this process may use: by affinity, and by the container's quota."""
    import joblib

    return int(joblib.cpu_count())
