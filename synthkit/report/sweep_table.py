"""A sweep as tables of text: learning curves, worth in real rows, headroom; from plain results."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any

from synthkit.report.terminal import troubles
from synthkit.report.words import signed

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions
    from rich.table import Table

HEADLINE = "average_precision"
TITLES = {
    "positives": "real positives",
    "imbalance": "share of positives",
    "ratio": "ratio",
    "epochs": "epochs",
}


class SweepTables:
    """A table of average precision per classifier, one column per level, and what it says in words."""

    def __init__(self, results: dict[str, Any]) -> None:
        self.results = results

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Any]:
        from rich.text import Text

        sweep, data = self.results["sweep"], self.results["data"]
        rows = ", ".join(f"{n:,} {name}" for name, n in data["classes"].items())
        yield Text(f"{data['name']}: {data['rows']:,} rows ({data['target']}: {rows})")
        yield Text(
            f"{self.results['folds']['n']} fits per arm, classifier and level;"
            f" swept over {TITLES[sweep['over']]}.\n"
        )
        for classifier in self.results["classifiers"]:
            yield _table(self.results, classifier)
            for text in in_words(self.results, classifier):
                yield Text(f"· {text}")
            yield Text("")
        for text in notes(self.results):
            yield Text(text, style="dim")


def _table(results: dict[str, Any], classifier: str) -> Table:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    sweep = results["sweep"]
    points = {(p["arm"], _key(p)): p for p in sweep["points"] if p["classifier"] == classifier}
    table = Table(
        title=escape(f"{classifier}: average precision"),
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1),
        collapse_padding=True,
        pad_edge=False,
    )
    table.add_column("arm", overflow="fold", min_width=14, max_width=24)
    for level in sweep["levels"]:
        table.add_column(_title(sweep["over"], level), justify="right")
    for arm in results["arms"]:
        cells = [
            _cell(
                points.get((arm["label"], _key({"level": level["value"], "fresh": level["fresh"]})))
            )
            for level in sweep["levels"]
        ]
        table.add_row(escape(arm["label"]), *cells, style="dim" if arm["limit"] else "")
    return table


def _key(point: dict[str, Any]) -> tuple[str, bool]:
    return str(point["level"]), bool(point["fresh"])


def _title(over: str, level: dict[str, Any]) -> str:
    value = level["value"]
    if over == "positives" and value == "all":
        return f"all {level['positives']:,.0f}"
    if over == "imbalance":
        return f"{value:.3g}\n{level['positives']:,.0f} positives"
    return f"{value:,}\nwith fresh" if level["fresh"] else f"{value:,}"


def _cell(point: dict[str, Any] | None) -> str:
    """A mean, and under it the interval of the gap to the reference; its own interval for the reference."""
    if point is None:
        return ""
    if point["failed"]:
        return f"{point['failed']} failed"
    score = point["scores"].get(HEADLINE)
    if score is None or score["mean"] is None:
        return "undefined"
    gap = (point["gap"] or {}).get(HEADLINE)
    if gap:
        return f"{score['mean']:.3f}\n{signed(gap['low'])} to {signed(gap['high'])}"
    return (
        f"{score['mean']:.3f}"
        if score["low"] is None
        else f"{score['mean']:.3f}\n{score['low']:.3f} to {score['high']:.3f}"
    )


def in_words(results: dict[str, Any], classifier: str) -> list[str]:
    """What the sweep says under one classifier: headroom, worth in real rows, where arms stop to pay."""
    told = [
        *results["sweep"]["headroom"],
        *results["sweep"]["worth"],
        *results.get("sweep_cost", []),
    ]
    return [
        entry["sentence"]
        for entry in told
        if entry["classifier"] == classifier and entry["sentence"]
    ]


def notes(results: dict[str, Any]) -> list[str]:
    """How to read the tables."""
    sweep = results["sweep"]
    found = [
        f"Under each mean: the 95 % interval of the gap to {results['config']['reference']} at the same level,"
        " corrected for overlapping training sets; for the reference itself that of its score."
    ]
    if sweep["over"] in ("positives", "imbalance"):
        found.append(
            "Positives are left out of the fit parts alone, the same for every arm, the fewer among the more;"
            " the test parts and the other rows stay. So do the tune parts, which set the tuned threshold and"
            " money's with all their positives."
        )
    if any(level["fresh"] for level in sweep["levels"]):
        found.append(
            '"with fresh": the reference with true fresh positives added, as only a simulation can.'
        )
    if sweep["over"] == "epochs":
        found.append(
            "CTGAN, TVAE and CopulaGAN are trained once per fold and seen after each number of epochs: the"
            " rows and the seconds are those of a training that ends there."
        )
    return found + troubles(results)


def as_html(results: dict[str, Any]) -> str:
    """The tables as HTML, for notebooks; every name is escaped."""
    sweep, html = results["sweep"], ""
    titles = [
        "arm",
        *(_title(sweep["over"], level).replace("\n", " ") for level in sweep["levels"]),
    ]
    head = "".join(f"<th>{escape(title)}</th>" for title in titles)
    for classifier in results["classifiers"]:
        points = {(p["arm"], _key(p)): p for p in sweep["points"] if p["classifier"] == classifier}
        body = ""
        for arm in results["arms"]:
            found = (
                _cell(points.get((arm["label"], (str(v["value"]), bool(v["fresh"])))))
                for v in sweep["levels"]
            )
            cells = "".join(f"<td>{escape(cell).replace(chr(10), '<br>')}</td>" for cell in found)
            body += f"<tr><th scope='row'>{escape(arm['label'])}</th>{cells}</tr>"
        caption = escape(f"{classifier}: average precision over {TITLES[sweep['over']]}")
        words = "".join(f"<li>{escape(text)}</li>" for text in in_words(results, classifier))
        html += (
            f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
            f"<ul>{words}</ul>"
        )
    return html


def as_text(results: dict[str, Any], width: int = 160) -> str:
    """The tables as plain text."""
    from rich.console import Console

    console = Console(file=StringIO(), width=width, color_system=None)
    console.print(SweepTables(results))
    return str(console.file.getvalue())  # type: ignore[attr-defined]  # a StringIO
