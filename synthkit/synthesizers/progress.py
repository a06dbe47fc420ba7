"""A bar with the losses while a synthesizer trains, for those who ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from synthkit.synthesizers.base import Progress


@contextmanager
def bar(name: str) -> Iterator[Progress]:
    """A progress bar on standard error; the function to call after each epoch."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("[bold]{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
               TextColumn("{task.fields[losses]}"))
    with Bar(*columns, console=Console(stderr=True)) as shown:
        task = shown.add_task(name, total=None, losses="")

        def report(epoch: int, epochs: int, losses: Mapping[str, float]) -> None:
            words = "  ".join(f"{key.replace('_', ' ')} {value:.3f}" for key, value in losses.items())
            shown.update(task, completed=epoch, total=epochs, losses=words)

        yield report
