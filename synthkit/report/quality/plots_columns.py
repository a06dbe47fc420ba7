"""Plots of distributions: each column's, each pair's, and all columns together in two dimensions."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from synthkit.report.figure import Plot, Table, layout, shown
from synthkit.report.palette import COLOURS, PAPER
from synthkit.report.quality.view import LOOKS, NAMES, beside, column_of, needs, part, with_bounds
from synthkit.report.view import listed
from synthkit.report.words import figure, share, signed

#: Columns of a heat map, and rows of the table of pairs: the pairs that differ most.
MOST_HEAT, MOST_PAIRS = 40, 25
#: The frame of a cloud holds this share of the points to each side.
BULK = 0.995
DRAWN = ("real", "synthetic", "control")


def _missing_column(results: dict[str, Any], name: str) -> str:
    return (
        ""
        if (column_of(results, name).get("shape") or {}).get("real")
        else "the column has no values to draw."
    )


def _column_traces(
    results: dict[str, Any], name: str
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    shape = column_of(results, name)["shape"]
    return _levels(shape) if shape["type"] == "levels" else _histogram(shape)


def _histogram(shape: dict[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Steps over the bins: the real ones filled, the synthetic ones a line, the control faint."""
    traces = []
    for key in DRAWN:
        if not shape.get(key):
            continue
        look, shares = LOOKS[key], shape[key]
        filled: dict[str, Any] = (
            {"fill": "tozeroy", "fillcolor": COLOUR_OF_REAL} if key == "real" else {}
        )
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": NAMES[key],
                "x": shape["edges"],
                "y": [*shares, shares[-1]],
                "line": {
                    "color": look.colour if key != "real" else COLOUR_OF_REAL,
                    "dash": look.dash,
                    "shape": "hv",
                    "width": {"real": 1, "synthetic": 2.2, "control": 1.2}[key],
                },
                "hovertemplate": f"{NAMES[key]}: %{{y:.1%}}<extra></extra>",
                **filled,
            }
        )
    drawn = layout("", height=210, margin={"t": 8, "b": 26, "l": 40, "r": 8})
    drawn["yaxis"] |= {"tickformat": ".2~%", "rangemode": "tozero", "nticks": 5}
    drawn["xaxis"] |= {"nticks": 4 if isinstance(shape["edges"][0], str) else 6, "showgrid": False}
    del drawn["xaxis"]["title"]
    drawn["hovermode"] = "x unified"
    return traces, drawn


def _levels(shape: dict[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Bars within bars: the real share wide and pale, the synthetic one narrow on top, the control a mark."""
    levels = list(range(len(shape["levels"])))
    traces: list[dict[str, Any]] = [
        {
            "type": "bar",
            "orientation": "h",
            "name": NAMES[key],
            "y": levels,
            "x": shape[key],
            "width": width,
            "marker": {"color": COLOUR_OF_REAL if key == "real" else LOOKS[key].colour},
            "hovertemplate": f"{NAMES[key]}: %{{x:.1%}}<extra></extra>",
        }
        for key, width in (("real", 0.78), ("synthetic", 0.3))
        if shape.get(key)
    ]
    if shape.get("control"):
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": NAMES["control"],
                "x": shape["control"],
                "y": levels,
                "marker": {
                    "symbol": "line-ns-open",
                    "size": 13,
                    "color": LOOKS["real"].colour,
                    "line": {"width": 1.5, "color": LOOKS["real"].colour},
                },
                "hovertemplate": f"{NAMES['control']}: %{{x:.1%}}<extra></extra>",
            }
        )
    drawn = layout(
        "",
        height=max(210, 46 + 24 * len(levels)),
        margin={"t": 8, "b": 26, "l": 16, "r": 8},
        barmode="overlay",
    )
    drawn["yaxis"] |= {
        "tickvals": levels,
        "ticktext": [shown(level, 16) for level in shape["levels"]],
        "range": [len(levels) - 0.5, -0.5],
        "showgrid": False,
    }
    drawn["xaxis"] |= {"tickformat": ".2~%", "rangemode": "tozero", "nticks": 5}
    del drawn["xaxis"]["title"]
    return traces, drawn


#: The real table's grey: pale enough to lie below a line, dark enough to be seen on both themes.
COLOUR_OF_REAL = "#9aa3ae"


def _column_reading(results: dict[str, Any], name: str) -> str:
    column = column_of(results, name)
    other = beside({"control": column["distance"].get("control")})
    text = f"Distance {with_bounds(column['distance'])}{f'; {other}' if other else ''}."
    missing = column.get("missing") or {}
    if any(missing.get(key) for key in DRAWN):
        text += (
            f" Missing: {share(missing.get('real'))} of the real rows, {share(missing.get('synthetic'))} of the"
            " synthetic ones."
        )
    return text


def _column_table(results: dict[str, Any], name: str) -> Table:
    shape = column_of(results, name)["shape"]
    edges = shape.get("edges") or []
    rows = shape.get("levels") or [
        f"{_edge(low)} to {_edge(high)}" for low, high in pairwise(edges)
    ]
    keys = [key for key in DRAWN if shape.get(key)]
    return Table(
        ("level" if "levels" in shape else "bin", *(NAMES[key] for key in keys)),
        [(str(row), *(share(shape[key][at]) for key in keys)) for at, row in enumerate(rows)],
    )


def _edge(value: Any) -> str:
    return (
        f"{value:.4g}" if isinstance(value, int | float) else str(value).removesuffix("T00:00:00")
    )


def _pairs_shown(pairs: dict[str, Any]) -> list[int]:
    """The columns of the heat maps, in the table's order: all, or those whose pairs differ most."""
    off = [max((abs(v) for v in row if v is not None), default=0.0) for row in pairs["difference"]]
    return sorted(sorted(range(len(off)), key=lambda at: -off[at])[:MOST_HEAT])


def _missing_pairs(results: dict[str, Any], table: str) -> str:
    return needs("pairs")(results, table) or (
        "" if len(results["pairs"]["columns"]) > 1 else "there is one column, and so no pair."
    )


def _pair_traces(
    results: dict[str, Any], table: str
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """A heat map of bars, for the slim plotly has no other: colour is the sign, depth the size.

    Depth is opacity, so that 0 has the page's own colour in either theme.
    """
    pairs = results["pairs"]
    at = _pairs_shown(pairs)
    cells = [
        (x, y, pairs[table][i][j])
        for y, i in enumerate(at)
        for x, j in enumerate(at)
        if i != j and pairs[table][i][j] is not None
    ]
    names = [shown(pairs["columns"][i], 12) for i in at]
    traces = [
        {
            "type": "bar",
            "x": [x for x, _, _ in cells],
            "base": [y - 0.48 for _, y, _ in cells],
            "y": [0.96] * len(cells),
            "width": 0.96,
            "showlegend": False,
            "marker": {
                "color": [COLOURS[1] if v < 0 else COLOURS[0] for _, _, v in cells],
                "opacity": [round(min(abs(v), 1.0), 3) for _, _, v in cells],
                "line": {"width": 0},
            },
            "customdata": [
                f"{names[y]} × {names[x]}: {signed(v) if table == 'difference' else figure(v)}"
                for x, y, v in cells
            ],
            "hovertemplate": "%{customdata}<extra></extra>",
        }
    ]
    small = 11 if len(at) <= 16 else 8
    drawn = layout("", height=360, margin={"t": 8, "b": 40, "l": 40, "r": 4}, barmode="overlay")
    ticks = {
        "tickvals": list(range(len(at))),
        "ticktext": names,
        "showgrid": False,
        "ticks": "",
        "tickfont": {"size": small, "color": drawn["yaxis"]["tickfont"]["color"]},
    }
    drawn["xaxis"] |= {**ticks, "tickangle": -90, "range": [-0.5, len(at) - 0.5]}
    del drawn["xaxis"]["title"]
    drawn["yaxis"] |= {**ticks, "range": [len(at) - 0.5, -0.5]}
    drawn["plot_bgcolor"] = PAPER
    return traces, drawn


def _largest(table: list[list[float | None]]) -> list[tuple[float, int, int]]:
    """The pairs of a symmetric table, (figure, row, column), the largest figure of either sign first."""
    found = [
        (value, i, j)
        for i, row in enumerate(table)
        for j, value in enumerate(row)
        if i < j and value is not None
    ]
    return sorted(found, key=lambda each: -abs(each[0]))


def _pair_reading(results: dict[str, Any], table: str) -> str:
    pairs, largest = results["pairs"], _largest(results["pairs"][table])
    n = len(pairs["columns"])
    if not largest:
        return "No figure of any pair is known."
    value, i, j = largest[0]
    form = signed if table == "difference" else figure
    named = f"{pairs['columns'][i]} and {pairs['columns'][j]}, {form(value)}"
    if table != "difference":
        signs = (
            "; blue above zero, orange below" if any(value < 0 for value, _, _ in largest) else ""
        )
        return f"The {table} rows. Deeper is stronger{signs}. Strongest: {named}."
    control = pairs.get("control_difference")
    beside_it = f" (other real rows {signed(control[i][j])})" if control else ""
    text = (
        "Synthetic minus real: paler is better. Blue is too strong in the synthetic rows, orange too weak. Furthest"
        f" off: {named}{beside_it}."
    )
    return text + (
        f" Of {n} columns the {MOST_HEAT} that differ most are drawn." if n > MOST_HEAT else ""
    )


def _pair_table(results: dict[str, Any], table: str) -> Table:
    pairs = results["pairs"]
    kinds = [
        (title, pairs[key], signed if "difference" in key else figure)
        for key, title in (
            ("real", "real"),
            ("synthetic", "synthetic"),
            ("difference", "difference"),
            ("control_difference", "difference of other real rows"),
            ("distance", "distance"),
            ("control_distance", "distance of other real rows"),
        )
        if pairs.get(key)
    ]
    return Table(
        ("pair", *(title for title, _, _ in kinds)),
        [
            (
                f"{pairs['columns'][i]} × {pairs['columns'][j]}",
                *(form(matrix[i][j]) for _, matrix, form in kinds),
            )
            for _, i, j in _largest(pairs["difference"])[:MOST_PAIRS]
        ],
    )


def _point_traces(
    results: dict[str, Any], subject: str
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    projection, traces = results["projection"], []
    for key, size, opacity in (("real", 6, 0.5), ("holdout", 7, 0.55), ("synthetic", 6, 0.5)):
        points = projection.get(key)
        if points:
            look = LOOKS[key]
            traces.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": NAMES[key],
                    "legendgroup": NAMES[key],
                    "x": [round(x, 4) for x, _ in points],
                    "y": [round(y, 4) for _, y in points],
                    "hoverinfo": "skip",
                    "visible": "legendonly" if key == "holdout" else True,
                    "marker": {
                        "color": look.colour,
                        "size": size,
                        "opacity": opacity,
                        "symbol": look.symbol,
                    },
                }
            )
    drawn = layout(_axis(projection, 0), _axis(projection, 1), height=460)
    for axis, frame in zip(("xaxis", "yaxis"), _frame(projection), strict=True):
        drawn[axis] |= {"showticklabels": False, "range": frame}
    return traces, drawn


def _frame(projection: dict[str, Any]) -> list[list[float]]:
    """The ends of the two axes: the bulk of the points, with room. A few far ones would press all others together."""
    frame = []
    for axis in (0, 1):
        values = sorted(point[axis] for key in ("real", "synthetic") for point in projection[key])
        low, high = (values[int(q * (len(values) - 1))] for q in (1 - BULK, BULK))
        room = 0.15 * ((high - low) or 1.0)
        frame.append([low - room, high + room])
    return frame


def _axis(projection: dict[str, Any], at: int) -> str:
    explained = projection.get("explained") or []
    of = (
        f": {share(explained[at])} of the variance"
        if len(explained) > at and explained[at] is not None
        else ""
    )
    return f"{'first' if at == 0 else 'second'} axis{of}"


def _point_reading(results: dict[str, Any], subject: str) -> str:
    projection = results["projection"]
    known = [share(v) for v in projection.get("explained") or [] if v is not None]
    seen = (
        f" The two axes hold {listed(known)} of the real rows' variance: what they do not hold is not seen here."
        if known
        else ""
    )
    points = [point for key in ("real", "synthetic") for point in projection[key]]
    outside = sum(
        any(not low <= v <= high for v, (low, high) in zip(point, _frame(projection), strict=True))
        for point in points
    )
    beyond = f" {outside:,} of the {len(points):,} points lie beyond the frame." if outside else ""
    return (
        f"{projection['method']} of the real rows; the synthetic ones are laid over them. Clouds of one colour"
        f" alone are rows that only one table has.{seen}{beyond}"
    )


def _point_table(results: dict[str, Any], subject: str) -> Table:
    projection, rows = results["projection"], []
    for key in ("real", "synthetic", "holdout"):
        points = projection.get(key)
        if points:
            xs, ys = sorted(x for x, _ in points), sorted(y for _, y in points)
            rows.append(
                (
                    NAMES[key],
                    f"{len(points):,}",
                    *(
                        figure(values[int(q * (len(values) - 1))])
                        for values in (xs, ys)
                        for q in (0.05, 0.5, 0.95)
                    ),
                )
            )
    head = (
        "rows",
        "points",
        *(f"{axis} axis, {q}" for axis in ("first", "second") for q in ("5 %", "median", "95 %")),
    )
    return Table(head, rows)


def _missing_points(results: dict[str, Any], subject: str) -> str:
    found = part(results, "projection")
    return (
        ""
        if found and found.get("real") and found.get("synthetic")
        else needs("projection")(results, subject)
    )


COLUMNS = Plot(
    "columns",
    "Column by column",
    _column_traces,
    _column_reading,
    _column_table,
    _missing_column,
    "column",
)
PAIRS = Plot(
    "pairs",
    "Do columns belong together as they should?",
    _pair_traces,
    _pair_reading,
    _pair_table,
    _missing_pairs,
    "table",
)
PROJECTION = Plot(
    "projection",
    "All columns at once",
    _point_traces,
    _point_reading,
    _point_table,
    _missing_points,
    "whole",
)
