"""The cells of a comparison on a Dask cluster, which may lose workers, or get more of them, on the way."""

from __future__ import annotations

import asyncio
import pickle
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from synthkit.comparison.ledger import Cell
from synthkit.comparison.outcome import versions
from synthkit.comparison.workers import Group, Work, alone, failed
from synthkit.errors import ConfigError, DataError
from synthkit.table.dataset import Dataset

if TYPE_CHECKING:
    from distributed import Client

#: Seconds within which a scheduler must answer, and within which it must have a worker.
PATIENCE = 10.0
#: Seconds between two looks at what has ended.
LOOK = 0.05
#: Seconds that a cluster may be without scheduler or worker on the way.
ABSENCE = 60.0
#: Times in a row that everything may be lost before the cluster is given up.
MOST_LOSSES = 3


def on_cluster(
    work: Work, dataset: Dataset, groups: list[Group], address: str
) -> Iterator[list[Cell]]:
    """The cells of each group as it ends on the cluster whose scheduler listens at `address`.

    What a worker had begun when it was lost, Dask runs elsewhere, four times at most. What Dask
    loses altogether, as when its workers are restarted, is sent again.

    DIFFERS: from joblib's Dask backend, which waits forever for a task that Dask gave up because
    its workers died (joblib 1.6: `_collect` calls nobody back on an error).

    Raises: ConfigError when nothing answers at the address, no worker is there or the workers are
    not set up as this machine is; DataError when the cluster is lost.
    """
    client = _connected(address)
    try:
        _wait_for_worker(client, address)
        _check_versions(client, address)
        missing = dict(enumerate(groups))
        suspects: set[int] = set()
        losses = 0
        while missing:
            before = len(missing), len(suspects)
            _wait_for_worker(client, address)
            # Whoever took a worker along may have taken others with it: alone, each is innocent, or
            # known to be guilty.
            unsuspected = [number for number in missing if number not in suspects]
            numbers = unsuspected or list(missing)[:1]
            yield from _ended(client, work, dataset, missing, numbers, suspects, address)
            losses = losses + 1 if (len(missing), len(suspects)) == before else 0
            if missing and losses == MOST_LOSSES:
                raise _lost(address, f"it lost all that it was given {losses} times in a row")
    finally:
        client.close()


def _connected(address: str) -> Client:
    try:
        from distributed import Client
    except ImportError:
        raise ConfigError(
            "The backend dask needs the package distributed, however it is not installed. Run"
            " pip install 'dask[distributed]'."
        ) from None
    try:
        _knock(address)
        return Client(address, timeout=PATIENCE, set_as_default=False)
    except (
        OSError,
        ValueError,
        TypeError,
        RuntimeError,
    ) as error:  # whatever a mistyped address ends in
        raise ConfigError(
            f"A Dask scheduler must answer at {address}, however none did within {PATIENCE:.0f} s"
            f" ({_first_line(error)}). Start one with dask scheduler, or correct --address."
        ) from None


def _knock(address: str) -> None:
    """Raises: what connecting to the address ends in.

    A Client that could not connect stays half open, and where it is collected while another one
    starts its loop, both wait for each other forever (distributed 2026.8: `Client.__del__` takes
    the lock under which loops start). So none is made before the scheduler has answered.
    """
    from distributed import Security
    from distributed.comm.core import connect

    async def knock() -> None:
        comm = await connect(address, timeout=PATIENCE, **Security().get_connection_args("client"))
        await comm.close()

    with ThreadPoolExecutor(1) as thread:  # a notebook's own thread has a loop that is running
        thread.submit(asyncio.run, knock()).result()


def _wait_for_worker(client: Client, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise ConfigError(
            f"The cluster at {address} needs at least one worker, however none was there within"
            f" {PATIENCE:.0f} s. Start one with dask worker {address} --nthreads 1."
        ) from None


def _check_versions(client: Client, address: str) -> None:
    """Raises: ConfigError naming the first difference; other versions may give other figures."""
    ours = versions()
    try:
        found = client.run(versions)
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"The workers at {address} need synthkit {ours.get('synthkit-tabular', '')}, however it"
            f" cannot be imported there ({_first_line(error)}). Install it as it is here."
        ) from None
    for worker, theirs in found.items():
        for package in sorted({*ours, *theirs}):
            if ours.get(package) != theirs.get(package):
                raise ConfigError(
                    f"Workers must have this machine's versions, for the figures to be the same, however"
                    f" {package} is {theirs.get(package, 'absent')} at {worker} and"
                    f" {ours.get(package, 'absent')} here."
                )


def _ended(
    client: Client,
    work: Work,
    dataset: Dataset,
    missing: dict[int, Group],
    wanted: list[int],
    suspects: set[int],
    address: str,
) -> Iterator[list[Cell]]:
    """Cells of the groups wanted as they end; what the cluster loses altogether stays missing.

    So does a group that Dask gave up for the first time, which is then among the suspects.
    """
    import dask
    from distributed import CancelledError, KilledWorker, as_completed

    # A task that makes the table, not the table: Dask does it again when the last worker that held it
    # is gone, and a worker does it once for all its cells. Its size is meant, so no warning.
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TiB"}):
        table = client.submit(pickle.loads, pickle.dumps(dataset), pure=False)
    numbers = {
        client.submit(alone, work, table, missing[number], pure=False): number for number in wanted
    }
    waiting = as_completed(list(numbers), loop=client.loop)
    seen = time.monotonic()
    while waiting.count():
        batch = waiting.next_batch(block=False)
        if not batch:
            seen = _refuse_loss(client, address, seen)
            time.sleep(LOOK)
        for future in batch:
            number = numbers.pop(future)
            try:
                cells = future.result()
            except KilledWorker:
                if number not in suspects:
                    suspects.add(number)
                    continue
                reason = (
                    "Every worker that ran this cell was lost, and Dask gave it up, twice, the second"
                    " time with no other cell beside it. Most likely their memory ran out."
                )
                cells = failed(missing[number], reason)
            except CancelledError:
                continue
            del missing[number]
            yield cells


def _refuse_loss(client: Client, address: str, seen: float) -> float:
    """When the cluster was last seen at work, given when that was before.

    Raises: DataError once that is too long ago.
    """
    now = time.monotonic()
    if client.status == "running" and now - seen < 1:  # asked once a second, that is enough
        return seen
    with suppress(OSError):  # no answer is no worker
        if client.status == "running" and client.nthreads():
            return now
    if now - seen > ABSENCE:
        raise _lost(address, "it has had none for a while")
    return seen


def _lost(address: str, why: str) -> DataError:
    return DataError(
        f"The cluster at {address} must keep a scheduler and a worker, however {why}. Finished cells are"
        " kept: run the same command again when it is back."
    )


def _first_line(error: BaseException) -> Any:
    return (str(error).splitlines() or [type(error).__name__])[0]
