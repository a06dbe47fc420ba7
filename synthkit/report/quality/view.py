"""The results of a quality report as the parts, names and looks that its tables and plots share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from synthkit.report.palette import COLOURS, INK, QUIET, Look
from synthkit.report.words import bounds, figure

#: How the tables look that stand beside each other, the same in every plot.
LOOKS = {
    "real": Look(INK, "solid", "square"),
    "synthetic": Look(COLOURS[0], "solid", "circle"),
    "control": Look(QUIET, "dot", "circle-open"),
    "holdout": Look(QUIET, "dot", "circle-open"),
    "baseline": Look(COLOURS[1], "dash", "x"),
}
NAMES = {
    "real": "real",
    "synthetic": "synthetic",
    "control": "other real rows",
    "holdout": "held-out real rows",
    "baseline": "shuffled columns",
}
#: The sections in the order in which they are read.
SECTIONS = {
    "fidelity": "fidelity",
    "detection": "detection",
    "usefulness": "usefulness",
    "privacy": "privacy",
    "rules": "rules",
    "sdv": "SDV's reports",
}


def part(results: dict[str, Any], *path: str) -> dict[str, Any] | None:
    """The part at a path of keys; None where it, or what holds it, was skipped or is not there."""
    found: Any = results
    for key in path:
        found = found.get(key) if isinstance(found, dict) and "skipped" not in found else None
    return found if isinstance(found, dict) and "skipped" not in found else None


def why_not(results: dict[str, Any], *path: str) -> str:
    """Why the part at a path is not there."""
    found: Any = results
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
        if isinstance(found, dict) and "skipped" in found:
            return sentence(found["skipped"])
    return "it was not asked for."


def needs(*path: str) -> Callable[[dict[str, Any], str], str]:
    """`missing` of a plot that needs the part at a path, whatever its subject."""

    def missing(results: dict[str, Any], subject: str) -> str:
        return "" if part(results, *path) else why_not(results, *path)

    return missing


def sentence(text: object) -> str:
    """A reason as it stands behind a colon: with a full stop."""
    said = str(text)
    return said if said.endswith((".", "?", "!")) else f"{said}."


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def column_of(results: dict[str, Any], name: str) -> dict[str, Any]:
    """The column of that name."""
    return next(column for column in results["columns"] if column["name"] == name)


def worst_first(results: dict[str, Any]) -> list[dict[str, Any]]:
    """The columns, those whose distribution is furthest off the real one first; unknown distances last."""
    return sorted(
        results["columns"], key=lambda column: -_or(column["distance"].get("value"), -1.0)
    )


def with_bounds(found: dict[str, Any]) -> str:
    """A value with its interval behind it, where there is one."""
    interval = bounds(found, figure)
    return figure(found.get("value")) + (f" ({interval})" if interval else "")


def beside(
    found: dict[str, Any], control: str = "other real rows", baseline: str = "shuffled columns"
) -> str:
    """What stands beside a value: the control's figure and the baseline's, where they are known."""
    said = [
        f"{name} {figure(found[key])}"
        for key, name in (("control", control), ("baseline", baseline))
        if found.get(key) is not None
    ]
    return "; ".join(said)


def _or(value: float | None, other: float) -> float:
    return other if value is None else value
