"""The finished cells of a run, in a file that grows line by line and survives being killed."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synthkit.errors import ConfigError, DataError
from synthkit.files import unwritable

FILE = "ledger.jsonl"


@dataclass(frozen=True)
class Cell:
    """One (arm, classifier, repeat, fold): what it scored and what it cost, or why it failed.

    `scores` maps a score's name to its value, None where it is undefined in this fold. `cost` maps
    a step ("augment", "fit", "predict") to its wall and CPU seconds, peak MiB and device. `rules` says how
    the synthetic rows stand to the comparison's rules, where it has any (`synthkit.comparison.rules.counted`).
    """

    arm: str
    classifier: str
    repeat: int
    fold: int
    error: str | None = None
    scores: dict[str, float | None] = field(default_factory=dict)
    cost: dict[str, dict[str, Any]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    curves: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    rules: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, int, int]:
        """What makes this cell this cell."""
        return self.arm, self.classifier, self.repeat, self.fold


class Ledger:
    """Cells by key; with a folder, each is on disk before the next one is waited for.

    `identity` is what a run's figures depend on. A folder that holds another run is refused.
    """

    def __init__(self, folder: Path | None, identity: dict[str, Any]) -> None:
        self.cells: dict[tuple[str, str, int, int], Cell] = {}
        self._path = None if folder is None else folder / FILE
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._path.exists() and self._path.stat().st_size > 0:
                self._read(identity)
            else:
                self._write([{"identity": identity}])
        except OSError as error:
            raise unwritable(self._path, error) from error

    def done(self, key: tuple[str, str, int, int]) -> bool:
        """Whether the cell has ended well; one that failed may be tried again in a later run."""
        return key in self.cells and self.cells[key].error is None

    def add(self, cells: list[Cell]) -> None:
        """Record cells that ended, well or not."""
        if self._path is not None:
            try:
                self._write(
                    [vars(cell) for cell in cells]
                )  # asdict would copy every number of every curve
            except OSError as error:
                raise unwritable(self._path, error) from error
        self.cells.update({cell.key: cell for cell in cells})

    def _write(self, records: list[dict[str, Any]]) -> None:
        assert self._path is not None
        text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        whole = self._path.stat().st_size if self._path.exists() else 0
        rest = memoryview(text.encode())
        # Unbuffered: closing a buffered file would write the rest of a line that did not fit.
        with open(self._path, "ab", buffering=0) as file:
            try:
                while rest:
                    rest = rest[file.write(rest) :]
                os.fsync(file.fileno())
            except OSError:
                os.truncate(self._path, whole)  # a full disk leaves no half line
                raise

    def _read(self, identity: dict[str, Any]) -> None:
        assert self._path is not None
        content = self._path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):  # the line that a killed run was writing
            os.truncate(self._path, len(whole))
        lines = whole.decode().splitlines()
        if not lines:
            self._write([{"identity": identity}])
            return
        try:
            records = [json.loads(line) for line in lines]
            theirs = records[0]["identity"]
            cells = [Cell(**record) for record in records[1:]]
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{self._path} must be the ledger of a run, however it cannot be read ({error})."
                " Choose another folder, or delete this one."
            ) from None
        # Through JSON, because the ledger's own identity went through it.
        difference = _first_difference(theirs, json.loads(json.dumps(identity)), "")
        if difference:
            raise ConfigError(
                f"The folder {self._path.parent} holds another run: {difference}."
                " Choose another folder with --out, or delete this one."
            )
        self.cells.update({cell.key: cell for cell in cells})


@contextmanager
def only_run_in(folder: Path | None) -> Iterator[None]:
    """Hold the folder while the block runs; the system lets go of it however this process ends.

    Raises: ConfigError when another process holds it: two runs would count their cells twice.
    """
    handle = None
    with suppress(ImportError, OSError):  # some systems and network drives know no such lock
        import fcntl

        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(handle)
                raise ConfigError(
                    f"A folder can hold one run at a time, however another process is running in"
                    f" {folder}. Wait for it, or choose another folder with --out."
                ) from None
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ctrl-C waits until the block has ended."""
    if threading.current_thread() is not threading.main_thread():  # there it never strikes
        yield
        return
    struck: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: struck.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)
        if struck:
            signal.raise_signal(signal.SIGINT)


def _first_difference(theirs: Any, ours: Any, where: str) -> str:
    """The first place where two plain values differ, in words; empty if they do not."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in [*theirs, *(k for k in ours if k not in theirs)]:
            found = _first_difference(
                theirs.get(key), ours.get(key), f"{where}.{key}" if where else str(key)
            )
            if found:
                return found
        return ""
    if isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        for position, (a, b) in enumerate(zip(theirs, ours, strict=True)):
            found = _first_difference(a, b, f"{where}[{position}]")
            if found:
                return found
        return ""
    return (
        "" if theirs == ours else f"{where} was {_brief(theirs)} there and is {_brief(ours)} here"
    )


def _brief(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}..."
