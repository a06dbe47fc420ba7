"""How far long work is: a live line on a terminal, now and then a plain one elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from types import TracebackType

    from synthkit.comparison.ledger import Cell

#: Called after each part of a piece of work with (parts done, parts in all, figures by name).
Report = Callable[[int, int, Mapping[str, float]], None]
#: Seconds between two plain lines, where nobody watches.
PAUSE = 15.0


class Line:
    """One line about a piece of work called `name`: live on a terminal, printed every `PAUSE`
    seconds elsewhere.

    `counted` shows the parts and the time left on a terminal, where the words do not tell them.
    """

    def __init__(self, name: str, stream: TextIO, *, counted: bool = False) -> None:
        self.name, self.stream, self.counted = name, stream, counted
        self._bar: Any = None
        self._task: Any = None
        self._said = time.monotonic()

    def __enter__(self) -> Line:
        from rich.console import Console

        console = Console(file=self.stream)
        if console.is_terminal or console.is_jupyter:
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            self._bar = Bar(
                TextColumn("{task.description}"),
                BarColumn(bar_width=30),
                *([MofNCompleteColumn(), TimeRemainingColumn()] if self.counted else []),
                TextColumn("{task.fields[words]}"),
                console=console,
                transient=not self.counted,
            )
            self._bar.start()
            self._task = self._bar.add_task(self.name, total=None, words="")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def tell(self, done: int, total: int, words: str, plainly: str, *, now: bool = False) -> None:
        """So many parts are done; `plainly` is the line printed where there is no terminal."""
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total, words=words)
        elif now or done == total or time.monotonic() - self._said >= PAUSE:
            self._said = time.monotonic()
            print(plainly, file=self.stream, flush=True)

    def note(self, text: str) -> None:
        """A line that stays, above the live one."""
        if self._bar is not None:
            self._bar.console.print(text, markup=False, highlight=False)
        else:
            print(text, file=self.stream, flush=True)


@contextmanager
def bar(name: str) -> Iterator[Report]:
    """Progress on standard error; the function to call after each epoch, or after each part of
    anything else.
    """
    with Line(name, sys.stderr, counted=True) as line:

        def report(done: int, total: int, figures: Mapping[str, float]) -> None:
            words = in_words(figures)
            line.tell(done, total, words, f"{name}: {done:,} of {total:,}  {words}".rstrip())

        yield report


def in_words(figures: Mapping[str, float]) -> str:
    """Losses, or other figures, on one line.

    >>> in_words({"generator_loss": -0.51234, "rows/s": 12345.6})
    'generator loss -0.512  rows/s 12,346'
    """
    shown = {
        key.replace("_", " "): f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3f}"
        for key, value in figures.items()
    }
    return "  ".join(f"{name} {value}" for name, value in shown.items())


class Progress:
    """Counts a comparison's cells as they end; a context that is called with (cell, cells in all).

    Time left = seconds of the missing cells / jobs, a cell taken to be the mean of those that
    ended, those of an earlier run included; a strategy's seconds count once for all classifiers
    that share its rows.
    """

    def __init__(self, stream: TextIO, *, jobs: int) -> None:
        self.done = self.failed = self.total = 0
        self._jobs, self._seconds = jobs, 0.0
        self._augmented: set[tuple[str, int, int]] = set()
        self._line = Line("Comparing", stream)

    def __enter__(self) -> Progress:
        self._line.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._line.__exit__(*error)

    def __call__(self, cell: Cell | None, total: int) -> None:
        """Take note of a cell that ended; of none when those that an earlier run kept are told."""
        self.total = total
        if cell is None and self.done:
            self._line.note(f"Going on: {self.done} of {total} cells are kept.")
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
        words = self.words
        self._line.tell(self.done, total, words, f"Cells: {words}", now=cell is None)

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
            each = self._seconds / (self.done - self.failed)
            parts.append(f"{clock(left * each / self._jobs)} left")
        return ", ".join(parts)


def clock(seconds: float) -> str:
    """Seconds as hours, minutes and seconds.

    >>> clock(3725.4)
    '1:02:05'
    """
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
