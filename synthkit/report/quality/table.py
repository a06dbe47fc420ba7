"""The measures of a quality report as a table of text, and as HTML for notebooks; from plain results."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any

from synthkit.report.words import figure

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions

COLUMNS = ("measure", "synthetic", "95 %", "control", "baseline")
GOOD = {"more": "↑", "less": "↓", "control": "→ control"}
#: Sections in which something can be left out, and what they are called.
PARTS = {
    "sdv": "SDV's reports",
    "detection": "detection",
    "usefulness": "usefulness",
    "privacy": "privacy",
}


class QualityTable:
    """What was looked at, the measures by section with their readings, and what to mind; as wide as the terminal."""

    def __init__(self, results: dict[str, Any]) -> None:
        self.results = results

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Any]:
        from rich import box
        from rich.table import Table
        from rich.text import Text

        for line in heading(self.results):
            yield Text(line)
        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), collapse_padding=True, pad_edge=False)
        table.add_column("measure", overflow="fold", min_width=18, max_width=30)
        for title in COLUMNS[1:]:
            table.add_column(title, justify="right", no_wrap=True)
        table.add_column("reading", overflow="fold", min_width=20)
        section = None
        for measure, reading in read(self.results["measures"]):
            if measure["section"] != section:
                section = measure["section"]
                table.add_row(Text(section, style="bold"))
            table.add_row(*(Text(cell) for cell in cells(measure)), Text(reading, style="dim"))
        yield table
        for line in notes(self.results):
            yield Text(line, style="dim")


def heading(results: dict[str, Any]) -> list[str]:
    """What was held beside what."""
    data = results["data"]
    rows = [
        f"{data[part]['rows']:,} {words}"
        for part, words in (
            ("real", "real rows"),
            ("synthetic", "synthetic rows"),
            ("holdout", "held out"),
        )
        if data[part]
    ]
    target = (
        "no target"
        if data["target"] is None
        else f"target {data['target']}, positive {data['positive']}"
    )
    lines = [
        f"{', '.join(rows)}; {len(data['columns'])} columns; {target}; seed {results['seed']}."
    ]
    lines += [f"Not compared: {c['name']} ({c['kind']}: {c['why']})." for c in data["left_out"]]
    return lines


def cells(measure: dict[str, Any]) -> list[str]:
    """A measure's title with which way is good, its value, interval, control and baseline."""
    interval = (
        "" if measure["low"] is None else f"{figure(measure['low'])} – {figure(measure['high'])}"
    )
    return [
        f"{measure['title']} {GOOD[measure['better']]}",
        figure(measure["value"]),
        interval,
        figure(measure["control"]),
        figure(measure["baseline"]),
    ]


def read(measures: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], str]]:
    """Each measure with its reading, which stands once where rows say the same, as all do that need a holdout."""
    above = ""
    for measure in measures:
        reading = measure["reading"]
        yield measure, "As above." if reading and reading == above else reading
        above = reading


def notes(results: dict[str, Any]) -> list[str]:
    """How to read the table, what was skipped, what to mind."""
    control = (
        "the holdout"
        if results["data"]["holdout"]
        else "one half of the real table, held against the other"
    )
    lines = [
        f"Control: real rows in place of the synthetic ones ({control}); what a perfect synthesizer would reach."
        " Baseline: the real table with each column shuffled on its own (of an attack: guessing). ↑ more is"
        " better, ↓ less, → control: near it. No interval: nothing was sampled, or SDV gives none."
    ]
    lines += [
        f"Skipped: {title}. {results[name]['skipped']}"
        for name, title in PARTS.items()
        if "skipped" in results[name]
    ]
    lines += [f"Mind: {text}" for text in results["warnings"]]
    return lines


def as_text(results: dict[str, Any], width: int = 130) -> str:
    """The table as plain text of at most `width` characters a line."""
    from rich.console import Console

    page = StringIO()
    Console(width=width, color_system=None, file=page).print(QualityTable(results))
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines()) + "\n"


def as_html(results: dict[str, Any]) -> str:
    """The table as HTML; every name is escaped."""
    html = ["".join(f"<p>{escape(line)}</p>" for line in heading(results))]
    body, section = "", None
    for measure, reading in read(results["measures"]):
        if measure["section"] != section:
            section = measure["section"]
            body += (
                f"<tr><th colspan='{len(COLUMNS) + 1}' scope='rowgroup'>{escape(section)}</th></tr>"
            )
        name, *figures = cells(measure)
        body += (
            f"<tr><th scope='row'>{escape(name)}</th>"
            + "".join(f"<td>{escape(cell)}</td>" for cell in figures)
            + f"<td>{escape(reading)}</td></tr>"
        )
    head = "".join(f"<th>{escape(title)}</th>" for title in (*COLUMNS, "reading"))
    html.append(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")
    html.append("".join(f"<p><small>{escape(line)}</small></p>" for line in notes(results)))
    return "".join(html)
