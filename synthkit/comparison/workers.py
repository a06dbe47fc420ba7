"""Where the cells run: in this process, in several of this machine, in any executor, or on a Dask cluster.

Whatever the place, a group of cells ends at most once: what a killed process had not handed back is
run again, and what it had handed back is not. A group that twice takes its process with it becomes
failed cells; the others go on.
"""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, as_completed
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from synthkit.comparison.ledger import Cell
from synthkit.comparison.plan import REGISTRIES, Arm
from synthkit.errors import ConfigError
from synthkit.methods.registry import label_of, spec_of
from synthkit.table.dataset import Dataset
from synthkit.table.split import Fold

#: A fold, and arms with the classifiers that are missing: what shares a random stream, and with it a
#: fitted synthesizer, stays in one process.
Group = tuple[Fold, list[tuple[Arm, list[Any]]]]
#: What runs a group; it travels to other processes, so it is a function of a module.
Work = Callable[[Dataset, Fold, list[tuple[Arm, list[Any]]]], list[Cell]]
#: The table for the workers, in the run folder; a killed run leaves it behind, the next one removes it.
SCRATCH = ".workers-"
#: Bytes by which a worker may grow before loky takes it for a leak and begins a new one.
MOST_GROWTH = 4 * 1024**3
#: A cell limits threads, catches warnings and sets global seeds: what belongs to the whole process.
ONE_AT_A_TIME = threading.Lock()
#: Seconds between two looks of a worker at whether the run that it works for is still there.
LOOK = 1.0


def execute(
    work: Work,
    dataset: Dataset,
    groups: list[Group],
    *,
    jobs: int = 1,
    cluster: str | None = None,
    executor: Executor | None = None,
    folder: Path | None = None,
) -> Generator[list[Cell], None, None]:
    """The cells of each group as it ends, in whatever order that is.

    `cluster` is the address of a Dask scheduler, `executor` whatever submits as those of
    `concurrent.futures` do; without one of them, `jobs` processes share the groups. One thread per
    cell, however many cores: then no two libraries fight for them, and the last bit of a sum does
    not depend on how many processes there are.

    Raises: ConfigError when there is no cluster at the address, or both are given; DataError when
    the cluster is lost for good.
    """
    if cluster is not None and executor is not None:
        raise ConfigError(
            "One place for the cells is needed, however both a cluster and an executor are given."
            " Leave one out.",
            key="executor",
        )
    if executor is not None:
        yield from _submitted(work, dataset, groups, executor)
    elif cluster is not None:
        from synthkit.comparison.cluster import on_cluster

        yield from on_cluster(work, dataset, groups, cluster)
    elif jobs == 1 or len(groups) < 2:
        for group in groups:
            yield work(dataset, *group)
    else:
        yield from _in_processes(work, dataset, groups, jobs, folder)


def failed(group: Group, reason: str) -> list[Cell]:
    """The cells of a group that could not be run, with why."""
    fold, members = group
    return [
        Cell(arm.label, label_of(spec_of(c, REGISTRIES)), fold.repeat, fold.fold, error=reason)
        for arm, classifiers in members
        for c in classifiers
    ]


def alone(work: Work, dataset: Dataset, group: Group) -> list[Cell]:
    """A group's cells, with no other beside it in this process, and nothing parallel inside."""
    import joblib

    # What scikit-learn does in parallel by itself would otherwise go back to a cluster.
    with ONE_AT_A_TIME, joblib.parallel_config(backend="sequential"):
        return work(dataset, *group)


def _submitted(
    work: Work, dataset: Dataset, groups: list[Group], executor: Executor
) -> Iterator[list[Cell]]:
    futures = {executor.submit(alone, work, dataset, group): group for group in groups}
    try:
        for future in as_completed(futures):
            try:
                yield future.result()
            except (BrokenExecutor, CancelledError) as error:  # it cannot run it any more
                yield failed(
                    futures[future], f"The executor was lost: {str(error) or type(error).__name__}"
                )
    finally:
        for future in futures:
            future.cancel()


def _in_processes(
    work: Work,
    dataset: Dataset,
    groups: list[Group],
    jobs: int,
    folder: Path | None,
) -> Iterator[list[Cell]]:
    import joblib
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    for left_behind in folder.glob(f"{SCRATCH}*") if folder else ():
        shutil.rmtree(left_behind, ignore_errors=True)
    missing = dict(enumerate(groups))
    with TemporaryDirectory(prefix=SCRATCH, dir=folder) as scratch:
        # The table travels once per process through a file, not once per cell through a pipe.
        shared = str((Path(scratch) / "dataset").absolute())  # workers outlive a change of folder
        joblib.dump(dataset, shared)

        def ended(numbers: list[int]) -> Iterator[list[Cell]]:
            # At least two: joblib runs what is for one process in this one, which must outlive its workers.
            with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
                pool = joblib.Parallel(
                    n_jobs=max(jobs, 2), return_as="generator_unordered", batch_size=1
                )
                with _deaf_to_ctrl_c():
                    results = pool(
                        joblib.delayed(_in_worker)(work, shared, os.getpid(), n, missing[n])
                        for n in numbers
                    )
                for number, cells in results:
                    del missing[number]
                    yield cells

        while missing:
            try:
                yield from ended(list(missing))
            except TerminatedWorkerError:
                # Any that had begun may have ended its process, by taking all memory for one. Alone,
                # each is innocent or known to be guilty. joblib begins at most two per process.
                for number in list(missing)[: 2 * jobs]:
                    try:
                        yield from ended([number])
                    except TerminatedWorkerError:
                        yield failed(
                            missing.pop(number),
                            (
                                "The process that ran this cell was killed, twice, the second time with no other cell"
                                " beside it. Most likely the machine's memory ran out."
                            ),
                        )


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Processes begun in the block leave Ctrl-C, which a terminal sends to all, to the one that began them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing.resource_tracker import ensure_running

    ensure_running()  # loky needs it, and in Python 3.11 its start lets all signals through again
    before = signal.pthread_sigmask(
        signal.SIG_BLOCK, {signal.SIGINT}
    )  # processes and threads inherit it
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _in_worker(
    work: Work, shared: str, parent: int, number: int, group: Group
) -> tuple[int, list[Cell]]:
    return number, work(_dataset_of_file(shared, parent), *group)


@lru_cache(maxsize=1)
def _dataset_of_file(shared: str, parent: int) -> Dataset:
    import joblib
    from joblib.externals.loky import process_executor

    # loky ends a worker that grew by 300 MB, which one does that has loaded torch: it would load it again and again.
    process_executor._MAX_MEMORY_LEAK_SIZE = MOST_GROWTH
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    return joblib.load(shared)


def _end_with(parent: int) -> None:
    """End this worker once the run is gone: loky's would sit on the table for five more minutes."""
    while os.getppid() == parent:
        time.sleep(LOOK)
    os._exit(1)
