"""How far a comparison is: a live line on a terminal, now and then a plain one elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from types import TracebackType

    from synthkit.comparison.ledger import Cell

#: Seconds between two plain lines, where nobody watches.
PAUSE = 15.0


class Progress:
    """Counts cells as they end and writes to `stream`; a context that is called with (cell, cells in all).

    Time left = seconds of the missing cells / jobs, a cell taken to be the mean of those that
    ended, those of an earlier run included; a strategy's seconds count once for all classifiers
    that share its rows.
    """

    def __init__(self, stream: TextIO, *, jobs: int) -> None:
        self.done = self.failed = self.total = 0
        self._stream, self._jobs, self._seconds = stream, jobs, 0.0
        self._augmented: set[tuple[str, int, int]] = set()
        self._bar: Any = None
        self._task: Any = None
        self._said = time.monotonic()

    def __enter__(self) -> Progress:
        if self._stream.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn
            from rich.progress import Progress as Bar

            columns = (
                TextColumn("{task.description}"),
                BarColumn(bar_width=30),
                TextColumn("{task.fields[words]}"),
            )
            self._bar = Bar(*columns, console=Console(file=self._stream), transient=True)
            self._bar.start()
            self._task = self._bar.add_task("Comparing", total=None, words="reading")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, cell: Cell | None, total: int) -> None:
        """Take note of a cell that ended; of none when those that an earlier run kept are told."""
        self.total = total
        if cell is None and self.done:
            self._tell(f"Going on: {self.done} of {total} cells are kept.")
        if cell is not None:
            self.done += 1
            self.failed += cell.error is not None
            self._seconds += sum(
                step["wall"] for name, step in cell.cost.items() if name != "augment"
            )
            key = (cell.arm, cell.repeat, cell.fold)
            if cell.cost and key not in self._augmented:
                self._augmented.add(key)
                self._seconds += cell.cost["augment"]["wall"]
        if self._bar is not None:
            self._bar.update(self._task, completed=self.done, total=total, words=self.words)
        elif cell is None or self.done == total or time.monotonic() - self._said >= PAUSE:
            self._said = time.monotonic()
            self._tell(f"Cells: {self.words}")

    def _tell(self, text: str) -> None:
        if self._bar is not None:
            self._bar.console.print(text, markup=False, highlight=False)
        else:
            print(text, file=self._stream, flush=True)

    @property
    def words(self) -> str:
        """Such as "12 of 50 done, 2 running, 1 failed, 0:01:30 left"."""
        left = self.total - self.done
        parts = [f"{self.done} of {self.total} done"]
        if left:
            parts.append(f"{min(self._jobs, left)} running")
        if self.failed:
            parts.append(f"{self.failed} failed")
        if left and self.done > self.failed:
            parts.append(
                f"{clock(left * self._seconds / (self.done - self.failed) / self._jobs)} left"
            )
        return ", ".join(parts)


def clock(seconds: float) -> str:
    """Seconds as hours, minutes and seconds.

    >>> clock(3725.4)
    '1:02:05'
    """
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
