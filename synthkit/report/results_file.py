"""`results.json` on disk: written with a checksum, read back only if it is whole, ours and unchanged."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from synthkit.errors import DataError

#: The version of `results.json`: a change of meaning raises it. docs/results.md describes it.
FORMAT = 1
FILE = "results.json"
#: What differs from run to run by nature, or follows from what does.
NOT_FIGURES = ("checksum", "run", "cost", "sweep_cost")
NEEDED = ("data", "config", "folds", "arms", "classifiers", "rows", "failures", "warnings", "cost")


def figures(results: dict[str, Any]) -> dict[str, Any]:
    """The part of `results.json` that depends on data, plan and versions alone: without costs and machine."""
    return {key: value for key, value in results.items() if key not in NOT_FIGURES}


def as_json(results: dict[str, Any]) -> str:
    """The text of `results.json`: the results with their checksum behind the format."""
    plain = {key: value for key, value in results.items() if key != "checksum"}
    stamped = {"format": plain.pop("format", FORMAT)}
    stamped |= {"checksum": checksum(results), **plain}
    return json.dumps(stamped, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def checksum(results: dict[str, Any]) -> str:
    """SHA-256 over everything but the checksum, whatever the order of keys and the spaces between them."""
    plain = json.loads(json.dumps({key: value for key, value in results.items() if key != "checksum"}))
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def read_results(path: Path | str) -> dict[str, Any]:
    """The results in a file, or in a run folder's `results.json`.

    Raises: DataError when the file is absent, cut off, of another format, not a comparison's, or
    was changed after it was written.
    """
    path = Path(path)
    path = path / FILE if path.is_dir() else path
    again = "Run the comparison again: finished cells are kept, so it ends at once."
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DataError(f"{path} must be the results of a comparison, however there is no such file."
                        " Name a run folder, or run the comparison first.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} must be the results of a comparison, however it cannot be read ({error}).") from None
    try:
        results = json.loads(text)
    except ValueError as error:
        raise DataError(f"{path} must be whole, however it is cut off or damaged ({error}). {again}") from None
    if not isinstance(results, dict) or "format" not in results:
        raise DataError(f"{path} must be the results of a comparison, however it has no format. Name a run folder.")
    if results["format"] != FORMAT:
        raise DataError(f"{path} must be of format {FORMAT}, however it is of format {results['format']!r}."
                        " Read it with the version of synthkit that wrote it, or run the comparison again.")
    missing = [key for key in NEEDED if key not in results]
    if missing:
        raise DataError(f"{path} must be a comparison's results, however it lacks {', '.join(missing)}. {again}")
    if results.get("checksum") != checksum(results):
        what = "was edited after it was written: its checksum does not fit" if "checksum" in results else \
            "has no checksum"
        raise DataError(f"{path} must be as the comparison wrote it, however it {what}. {again}")
    return results
