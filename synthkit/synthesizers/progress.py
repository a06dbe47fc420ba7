"""How far a training is, for those who ask: a bar with the losses on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

#: Called after each epoch with (epoch from 1, epochs, losses by name).
Progress = Callable[[int, int, Mapping[str, float]], None]
#: Seconds between two plain lines, where nobody watches.
PAUSE = 15.0


@contextmanager
def bar(name: str) -> Iterator[Progress]:
    """Progress on standard error; the function to call after each epoch, or after each part of anything else."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    if not (console.is_terminal or console.is_jupyter):
        yield lines(name)
        return
    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[losses]}"),
    )
    with Bar(*columns, console=console) as shown:
        task = shown.add_task(name, total=None, losses="")

        def report(epoch: int, epochs: int, losses: Mapping[str, float]) -> None:
            shown.update(task, completed=epoch, total=epochs, losses=in_words(losses))

        yield report


def lines(name: str) -> Progress:
    """The function that prints a line to standard error when `PAUSE` seconds have passed, and at the end."""
    said = time.monotonic()

    def report(epoch: int, epochs: int, losses: Mapping[str, float]) -> None:
        nonlocal said
        if epoch == epochs or time.monotonic() - said >= PAUSE:
            said = time.monotonic()
            print(
                f"{name}: {epoch:,} of {epochs:,}  {in_words(losses)}".rstrip(),
                file=sys.stderr,
                flush=True,
            )

    return report


def in_words(losses: Mapping[str, float]) -> str:
    """The losses, or other figures, on one line.

    >>> in_words({"generator_loss": -0.51234, "rows/s": 12345.6})
    'generator loss -0.512  rows/s 12,346'
    """
    return "  ".join(
        f"{key.replace('_', ' ')} {value:,.0f}"
        if abs(value) >= 1000
        else f"{key.replace('_', ' ')} {value:.3f}"
        for key, value in losses.items()
    )
