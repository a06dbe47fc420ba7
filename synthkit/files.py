"""Files that are whole or absent: written beside, then renamed."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from synthkit.errors import DataError


@contextmanager
def written_beside(path: Path | str) -> Iterator[Path]:
    """A temporary path beside `path` to write to; renamed to `path` when the block ends well.

    Raises: DataError when the folder cannot be written or the disk is full; the old file stays.
    """
    path = Path(path)
    beside = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
        beside = Path(name)
        beside.chmod(0o644)  # mkstemp makes files that only their owner can read
        yield beside
        os.replace(beside, path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        if beside is not None:
            beside.unlink(missing_ok=True)


def refuse_unwritable(path: Path | str) -> None:
    """For work that takes long: whether `path` can be written, found out before it begins.

    Raises: DataError for a folder in its place, or a parent folder that cannot be made or written.
    """
    path = Path(path)
    if path.is_dir():
        raise DataError(
            f"A file is needed, however {path} is a folder. Add a file's name: {path / path.name}."
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path | str, error: OSError) -> DataError:
    """The error for a file that the operating system does not let us write."""
    advice = (
        "Free some space"
        if error.errno in (errno.ENOSPC, errno.EDQUOT)
        else "Choose another folder"
    )
    return DataError(
        f"{path} must be writable, however writing it failed: {error.strerror or error}. {advice}."
    )
