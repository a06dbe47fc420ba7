"""What a step costs in seconds and memory, and what a decision costs in money."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from synthkit.errors import ConfigError, DataError, nearest
from synthkit.methods import method
from synthkit.table.dataset import Dataset
from synthkit.table.split import EvaluationSet

MIB = 1024**2


@dataclass
class Step:
    """What one step took; filled in when the `measured` block ends.

    Units: `wall` and `cpu` in seconds; `peak` in MiB of resident memory above what the process
    held when the step began (NaN where the platform does not tell).
    """

    wall: float = float("nan")
    cpu: float = float("nan")
    peak: float = float("nan")
    device: str = "cpu"


@contextmanager
def measured(device: str = "cpu") -> Iterator[Step]:
    """Measure the block: wall and CPU seconds of this process, and its peak memory growth."""
    step = Step(device=device)
    before = _reset_peak()
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        yield step
    finally:
        step.wall, step.cpu = time.perf_counter() - wall, time.process_time() - cpu
        step.peak = max(_status("VmHWM") - before, 0.0) / MIB


def _reset_peak() -> float:
    """Start the kernel's high-water mark afresh; the memory held now, in bytes."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _status(field: str) -> float:
    """A memory figure of this process in bytes; NaN where there is no /proc."""
    with suppress(OSError), open("/proc/self/status") as lines:
        for line in lines:
            if line.startswith(field):
                return float(line.split()[1]) * 1024
    return float("nan")


def machine_memory() -> float:
    """Bytes of memory in this machine; NaN where it does not tell."""
    with suppress(OSError), open("/proc/meminfo") as lines:
        return float(next(lines).split()[1]) * 1024
    return float("nan")


@method
class Cost:
    """What a wrong decision and an hour of computing cost, in one currency."""

    missed_positive: Annotated[
        Annotated[float, Field(ge=0)] | str,
        Field(
            description="Price of a missed positive: a number, or the column that holds it per row"
            " (such as the amount)."
        ),
    ] = 1.0
    false_alarm: Annotated[float, Field(ge=0, description="Price of a false alarm.")] = 1.0
    compute_per_hour: Annotated[
        float, Field(ge=0, description="Price of an hour of the machine that retrains.")
    ] = 0.0
    rows_per_retraining: Annotated[
        int, Field(ge=1, description="Rows scored between two trainings.")
    ] = 100_000

    def check(self, dataset: Dataset) -> None:
        """Raises: ConfigError if the price is a column that the table does not have, DataError if the
        column is no number, or missing or negative in a positive row.
        """
        columns = [str(name) for name in dataset.table.columns]
        if isinstance(self.missed_positive, str) and self.missed_positive not in columns:
            raise ConfigError(
                f"missed_positive must be a number or a column, however there is no column"
                f" {self.missed_positive!r}.{nearest(self.missed_positive, columns)}",
                key="missed_positive",
            )
        self.of_missing(EvaluationSet(dataset, np.arange(len(dataset))))

    def of_missing(self, rows: EvaluationSet) -> np.ndarray:
        """The price of missing each row (n,), were it a positive.

        Raises: DataError where the column is no number, missing or negative.
        """
        return _of_missing(self.missed_positive, rows)


@lru_cache(maxsize=2)  # a cell asks for its tune and test parts again and again
def _of_missing(missed_positive: float | str, rows: EvaluationSet) -> np.ndarray:
    if not isinstance(missed_positive, str):
        return np.full(len(rows), float(missed_positive))
    try:
        price = rows.column(missed_positive).to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        raise DataError(
            f"Column {missed_positive!r} prices a missed positive and must hold numbers, however"
            " it does not."
        ) from None
    positive = rows.codes == rows.dataset.schema.positive_code
    if np.isnan(price[positive]).any() or (price[positive] < 0).any():
        raise DataError(
            f"Column {missed_positive!r} prices a missed positive and must be at least 0 in every"
            " positive row, however some are negative or missing. Clean it, or give a number."
        )
    return np.where(positive, price, 0.0)
