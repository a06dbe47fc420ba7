"""`results.json` and `quality.json` on disk: written with a checksum, read back only if whole, ours and unchanged."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synthkit.errors import DataError


@dataclass(frozen=True)
class Kind:
    """A file of results: its name, its version, whose results it holds, what it cannot lack."""

    file: str
    format: int
    of: str
    needed: tuple[str, ...]
    again: str


#: docs/results.md describes it. A change of meaning raises the format.
COMPARISON = Kind(
    "results.json",
    1,
    "a comparison",
    ("data", "config", "folds", "arms", "classifiers", "rows", "failures", "warnings", "cost"),
    "Run the comparison again: finished cells are kept, so it ends at once.",
)
#: docs/quality.md describes it.
QUALITY = Kind(
    "quality.json",
    1,
    "a quality report",
    (
        "kind",
        "data",
        "seed",
        "measures",
        "columns",
        "pairs",
        "classes",
        "sdv",
        "detection",
        "usefulness",
        "privacy",
        "rules",
        "projection",
        "losses",
        "warnings",
        "run",
    ),
    "Run synthkit quality again.",
)
FORMAT, FILE = COMPARISON.format, COMPARISON.file
#: What differs from run to run by nature, or follows from what does.
NOT_FIGURES = ("checksum", "run", "cost", "sweep_cost")


def figures(results: dict[str, Any]) -> dict[str, Any]:
    """The part of results that depends on data, plan and versions alone: without costs and machine."""
    return {key: value for key, value in results.items() if key not in NOT_FIGURES}


def as_json(results: dict[str, Any]) -> str:
    """The text of the file: the results with their checksum behind the format."""
    plain = {key: value for key, value in results.items() if key != "checksum"}
    stamped = {"format": plain.pop("format", FORMAT)}
    stamped |= {"checksum": checksum(results), **plain}
    return json.dumps(stamped, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def checksum(results: dict[str, Any]) -> str:
    """SHA-256 over everything but the checksum, whatever the order of keys and the spaces between them."""
    plain = json.loads(
        json.dumps({key: value for key, value in results.items() if key != "checksum"})
    )
    text = json.dumps(
        plain, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    return hashlib.sha256(text.encode()).hexdigest()


def read_results(path: Path | str, kind: Kind = COMPARISON) -> dict[str, Any]:
    """The results in a file, or in the file of this kind in a run folder.

    Raises: DataError when the file is absent, cut off, of another format, of another kind, or was
    changed after it was written.
    """
    path = Path(path)
    path = path / kind.file if path.is_dir() else path
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DataError(
            f"{path} must be the results of {kind.of}, however there is no such file."
            f" Name a run folder, or run {kind.of} first."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path} must be the results of {kind.of}, however it cannot be read ({error})."
        ) from None
    try:
        results = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"{path} must be whole, however it is cut off or damaged ({error}). {kind.again}"
        ) from None
    if not isinstance(results, dict) or "format" not in results:
        raise DataError(
            f"{path} must be the results of {kind.of}, however it has no format. Name a run folder."
        )
    if results["format"] != kind.format:
        raise DataError(
            f"{path} must be of format {kind.format}, however it is of format {results['format']!r}."
            f" Read it with the version of synthkit that wrote it. {kind.again}"
        )
    missing = [key for key in kind.needed if key not in results]
    if missing:
        raise DataError(
            f"{path} must be the results of {kind.of}, however it lacks {', '.join(missing)}."
            f" {kind.again}"
        )
    stamp = _checksum_or_none(results)
    if stamp is None or results.get("checksum") != stamp:
        what = (
            "was edited after it was written: its checksum does not fit"
            if "checksum" in results
            else "has no checksum"
        )
        raise DataError(f"{path} must be as it was written, however it {what}. {kind.again}")
    return results


def _checksum_or_none(results: dict[str, Any]) -> str | None:
    """None for values that we never write, such as NaN or half a character."""
    try:
        return checksum(results)
    except (ValueError, RecursionError):
        return None
