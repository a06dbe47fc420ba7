"""What every plot shares: its parts as one value, and the quiet layout it is drawn on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from synthkit.errors import ConfigError, DataError, nearest
from synthkit.report.palette import INK, PAPER, QUIET, RULE, Look

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
#: Pixels that one arm takes in the plots that have a row per arm, and what stands around the rows.
ROW, AROUND = 46, 96
#: Curves that are drawn at first; the others wait in the legend.
MOST_CURVES = 6
#: The annotation that names the y axis. The page takes it out and sets it as text, which a phone can wrap.
Y_TITLE = "y-title"
#: What a plot can be drawn of, and which there are in results; "" is the whole.
SUBJECTS: dict[str, Callable[[dict[str, Any]], list[str]]] = {
    "classifier": lambda results: list(results["classifiers"]),
    "column": lambda results: [column["name"] for column in results["columns"]],
    "table": lambda results: ["real", "synthetic", "difference"],
    "whole": lambda results: [""],
}


@dataclass(frozen=True)
class Table:
    """The figures behind a plot, as text: what a screen reader reads, and who wants them exactly."""

    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


@dataclass(frozen=True)
class Plot:
    """One kind of plot. Called with results, and with one of their subjects, it is drawn.

    `subject`: what a drawing is of, one of `SUBJECTS`: a classifier, a column, or the whole ("").
    `traces`: the parts and the layout, as plotly takes them. `reading`: how to read it, in a
    sentence that holds what these results show. `table`: its figures. `missing`: why these results
    cannot be drawn so; empty if they can.
    """

    name: str
    title: str
    traces: Callable[[dict[str, Any], str], tuple[list[dict[str, Any]], dict[str, Any]]]
    reading: Callable[[dict[str, Any], str], str]
    table: Callable[[dict[str, Any], str], Table]
    missing: Callable[[dict[str, Any], str], str]
    subject: str = "classifier"

    def __call__(self, results: dict[str, Any], subject: str | None = None) -> Figure:
        """The figure of one subject, the first unless named.

        Raises: ConfigError for a subject that is not there, DataError where there is nothing to draw.
        """
        known = SUBJECTS[self.subject](results)
        name = known[0] if subject is None else subject
        if name not in known:
            raise ConfigError(
                f"The plot {self.name!r} needs a {self.subject} of these results, however {name!r} is"
                f" none.{nearest(name, known)}",
                key=self.subject,
            )
        why = self.missing(results, name)
        if why:
            raise DataError(f"The plot {self.name!r} needs other results: {why}")
        from plotly.graph_objects import Figure

        data, layout = self.traces(results, name)
        return Figure(data=data, layout=layout)


def layout(x: str, y: str = "", **changes: Any) -> dict[str, Any]:
    """The common layout: no frame, faint grid, the y axis's name above it, where it is read first."""
    axis = {
        "gridcolor": RULE,
        "zeroline": False,
        "linecolor": RULE,
        "tickcolor": RULE,
        "automargin": True,
        "fixedrange": True,
        "tickfont": {"color": QUIET, "size": 12},
    }
    found: dict[str, Any] = {
        "template": "none",
        "paper_bgcolor": PAPER,
        "plot_bgcolor": PAPER,
        "dragmode": False,
        "hovermode": "closest",
        "font": {"family": FONT, "size": 13, "color": INK},
        "margin": {"l": 48, "r": 16, "t": 34, "b": 52},
        "hoverlabel": {
            "bgcolor": PAPER,
            "bordercolor": RULE,
            "font": {"color": INK, "family": FONT},
            "align": "left",
        },
        "height": 400,
        "showlegend": True,
        "legend": {"orientation": "h", "y": -0.22},
        "xaxis": {
            **axis,
            "title": {"text": x, "font": {"size": 12, "color": QUIET}, "standoff": 12},
        },
        "yaxis": dict(axis),
        "annotations": [],
    }
    if y:
        found["annotations"].append(
            {
                "text": y,
                "xref": "paper",
                "yref": "paper",
                "x": 0,
                "y": 1,
                "xanchor": "left",
                "yanchor": "bottom",
                "yshift": 8,
                "showarrow": False,
                "align": "left",
                "font": {"size": 12, "color": QUIET},
                "name": Y_TITLE,
            }
        )
    for key, value in changes.items():
        found[key] = {**found[key], **value} if isinstance(found.get(key), dict) else value
    return found


def rows_layout(names: list[tuple[str, str]], x: str, **changes: Any) -> dict[str, Any]:
    """A layout with a row per arm, each named (name, colour) above its own line: no margin is lost on a phone."""
    found = layout(
        x,
        height=AROUND + ROW * max(len(names), 1),
        showlegend=False,
        margin={"t": 12, "l": 16},
        **changes,
    )
    found["yaxis"] |= {
        "showticklabels": False,
        "showgrid": False,
        "ticks": "",
        "range": [len(names) - 0.35, -0.75],
    }
    found["shapes"] = [
        {
            "type": "line",
            "xref": "x",
            "yref": "paper",
            "x0": 0,
            "x1": 0,
            "y0": 0,
            "y1": 1,
            "line": {"color": QUIET, "width": 1},
            "layer": "between",
        }
    ]
    found["annotations"] = [
        {
            "text": name,
            "xref": "paper",
            "x": 0,
            "y": at,
            "xanchor": "left",
            "yanchor": "bottom",
            "yshift": 5,
            "showarrow": False,
            "font": {"size": 12, "color": colour},
        }
        for at, (name, colour) in enumerate(names)
    ]
    return found


def around(values: list[float]) -> list[float]:
    """A range of an axis that holds the values and zero, with room at both ends.

    >>> around([0.0, 1.0])
    [-0.05, 1.05]
    """
    low, high = min(*values, 0.0), max(*values, 0.0)
    room = 0.05 * ((high - low) or 1.0)
    return [low - room, high + room]


def shown(name: object, most: int = 48) -> str:
    """A name as plotly prints it letter by letter: its texts are a kind of HTML otherwise.

    >>> shown("<b>arm</b>")
    '&lt;b&gt;arm&lt;/b&gt;'
    """
    text = str(name)
    return escape(text if len(text) <= most else f"{text[: most - 1]}…", quote=False)


def curve(
    arm: str, look: Look, x: list[Any], y: list[Any], hover: str, **changes: Any
) -> dict[str, Any]:
    """A line of one arm. `hover` is plotly's template for a point; the arm's name stands above it."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": shown(arm),
        "legendgroup": arm,
        "x": x,
        "y": y,
        "line": {"color": look.colour, "dash": look.dash, "width": 2},
        "hovertemplate": f"%{{fullData.name}}<br>{hover}<extra></extra>",
        **changes,
    }
