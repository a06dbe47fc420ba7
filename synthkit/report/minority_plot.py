"""The minority among the majority as scatter plots on one self-contained HTML page; from plain arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

#: Okabe & Ito's colours, told apart by colour-blind readers, with a shape for each.
COLOURS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
SHAPES = ("circle", "diamond", "square", "triangle-up", "cross", "star")
OTHERS, UNGROUPED = -2, -1
GREY, UNGROUPED_COLOUR = "#9A9A9A", "#B33A00"


@dataclass(frozen=True, eq=False)
class Panel:
    """One plot: a title, and where each row lies, x (n,) and y (n,)."""

    title: str
    x: np.ndarray
    y: np.ndarray


def page(
    title: str, caption: str, panels: Sequence[Panel], groups: np.ndarray, names: Mapping[int, str]
) -> str:
    """One HTML page with a scatter plot per panel, plotly inside; it makes no request.

    `groups` (n,): -2 for the majority, -1 for a positive of no group, else the group's number.
    `names` says what each of them is called. Texts are escaped.
    """
    plots = "".join(
        f"<figure><h2>{escape(panel.title)}</h2>"
        + figure(panel, groups, names).to_html(
            full_html=False,
            include_plotlyjs=i == 0,
            config={"displayModeBar": False, "responsive": True},
        )
        + "</figure>"
        for i, panel in enumerate(panels)
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<style>
:root {{ color-scheme: light dark; --ink: #1b1b1b; --paper: #ffffff; --soft: #555; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink: #eee; --paper: #16181c; --soft: #aaa; }} }}
body {{ margin: 0 auto; padding: 1rem; max-width: 75rem; font: 16px/1.5 system-ui, sans-serif; color: var(--ink);
       background: var(--paper); }}
h1 {{ font-size: 1.3rem; overflow-wrap: anywhere; }} h2 {{ font-size: 1rem; margin: 0 0 .3rem; }}
p {{ color: var(--soft); overflow-wrap: anywhere; max-width: 60rem; }}
main {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); gap: 1rem; }}
figure {{ margin: 0; min-width: 0; }}
</style>
</head>
<body>
<h1>{escape(title)}</h1>
<p>{escape(caption)}</p>
<main>{plots}</main>
</body>
</html>
"""


def figure(panel: Panel, groups: np.ndarray, names: Mapping[int, str]) -> Figure:
    """One panel as a plotly figure without a title; parameters as for `page`."""
    import plotly.graph_objects as go

    found = go.Figure()
    for position, group in enumerate(
        sorted(set(groups.tolist()))
    ):  # the majority first, below the others
        rows = groups == group
        grouped = max(group, 0)
        look = {
            OTHERS: {"color": GREY, "size": 5, "opacity": 0.45},
            UNGROUPED: {"color": UNGROUPED_COLOUR, "size": 6, "symbol": "x", "opacity": 0.8},
        }.get(
            group,
            {
                "color": COLOURS[grouped % len(COLOURS)],
                "symbol": SHAPES[grouped % len(SHAPES)],
                "size": 7,
                "opacity": 0.85,
                "line": {"width": 0.5, "color": "white"},
            },
        )
        found.add_trace(
            go.Scatter(
                x=panel.x[rows].round(4).tolist(),
                y=panel.y[rows].round(4).tolist(),
                mode="markers",
                marker=look,
                name=f"{escape(str(names.get(group, group)))} ({int(rows.sum()):,})",
                hoverinfo="skip",
                legendrank=1000 - position,
            )
        )
    axis = {"showticklabels": False, "zeroline": False, "gridcolor": "rgba(128,128,128,.25)"}
    found.update_layout(
        height=460,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(128,128,128,.06)",
        font={"color": "#808080"},
        xaxis=axis,
        yaxis=axis,
        legend={"orientation": "h", "y": -0.04, "yanchor": "top", "x": 0},
    )
    return found
