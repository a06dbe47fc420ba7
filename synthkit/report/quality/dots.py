"""Dots with intervals, a row each, several kinds of dot to a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synthkit.report.figure import Table, around, rows_layout, shown
from synthkit.report.palette import INK
from synthkit.report.quality.view import LOOKS, with_bounds
from synthkit.report.words import share


@dataclass(frozen=True)
class Dots:
    """What each kind of dot is called, by kind, and the rows: (name, {kind: {value, low, high}})."""

    names: Mapping[str, str]
    rows: Sequence[tuple[str, dict[str, dict[str, Any]]]]


def dots(
    found: Dots, x: str, *, percent: bool = False
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Traces and layout: one trace per kind of dot, the synthetic one last and so on top."""
    traces, ends = [], []
    for kind in sorted(found.names, key=lambda kind: kind == "synthetic"):
        rows = [
            (at, name, row[kind])
            for at, (name, row) in enumerate(found.rows)
            if row.get(kind, {}).get("value") is not None
        ]
        if not rows:
            continue
        look = LOOKS[kind]
        values = [each["value"] for _, _, each in rows]
        lows, highs = (
            [each["value"] if each.get(end) is None else each[end] for _, _, each in rows]
            for end in ("low", "high")
        )
        ends += [*lows, *highs]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": found.names[kind],
                "legendgroup": found.names[kind],
                "x": values,
                "y": [at for at, _, _ in rows],
                "marker": {
                    "color": look.colour,
                    "symbol": look.symbol,
                    "size": 11 if kind == "synthetic" else 10,
                    "line": {"width": 2.2 if "open" in look.symbol else 0, "color": look.colour},
                },
                "error_x": {
                    "array": [high - v for high, v in zip(highs, values, strict=True)],
                    "arrayminus": [v - low for low, v in zip(lows, values, strict=True)],
                    "symmetric": False,
                    "thickness": 2,
                    "width": 0,
                    "color": look.colour,
                },
                "cliponaxis": False,
                "text": [
                    f"{shown(name)}<br>{found.names[kind]}: {with_bounds(each)}"
                    for _, name, each in rows
                ],
                "hovertemplate": "%{text}<extra></extra>",
            }
        )
    drawn = rows_layout([(shown(name, 40), INK) for name, _ in found.rows], x)
    low, high = around(ends)
    # Without anything below zero the names begin at zero's line, and no line crosses them.
    drawn["xaxis"] |= {
        "range": [low if min(ends) < 0 else 0, high],
        "tickformat": ".2~%" if percent else ".3~f",
    }
    return traces, drawn


def dots_table(found: Dots, first: str, *, percent: bool = False) -> Table:
    """The same figures as text."""
    form = (lambda each: share(each.get("value"))) if percent else with_bounds
    return Table(
        (first, *found.names.values()),
        [(name, *(form(row.get(kind, {})) for kind in found.names)) for name, row in found.rows],
    )
