"""Advice as tables of text, from plain values: what was found, and what follows for each arm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from synthkit.report.words import number, seconds

#: What became of a finding, as a mark that needs no colour.
MARKS = {True: "yes", False: "no", None: "?"}


def tables(advice: dict[str, Any]) -> Iterator[Any]:
    """What rich prints: heading, findings, arms, the advice in words."""
    from rich.table import Table
    from rich.text import Text

    yield Text(
        f"{advice['table']}: {advice['rows']:,} rows, target {advice['target']}, positive {advice['positive']}."
        f" Measured on {advice['measured_on']}."
    )
    findings = Table(title="what was measured", title_justify="left", show_lines=True, expand=True)
    findings.add_column("finding", min_width=14)
    for name, justify in (("measured", "right"), ("against", "right"), ("beyond", "center")):
        findings.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    findings.add_column("in words", ratio=1)
    for found in advice["findings"]:
        findings.add_row(
            Text(found["topic"]),
            measured(found),
            number(found["threshold"]),
            MARKS[found["holds"]],
            Text(found["says"]),
        )
    yield findings
    arms = Table(title="arms", title_justify="left", expand=True)
    for name, justify in (
        ("try", "center"),
        ("arm", "left"),
        ("per fit", "right"),
        ("MiB", "right"),
    ):
        arms.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    arms.add_column("why", ratio=1)
    for arm in advice["arms"]:
        arms.add_row(
            "yes" if arm["tried"] else "no",
            arm["name"],
            _time(arm),
            "–" if arm["mebibytes"] is None else f"{arm['mebibytes']:,.0f}",
            Text("; ".join(arm["why"])),
            style="" if arm["tried"] else "dim",
        )
    yield arms
    for how in dict.fromkeys(f"{arm['how']}" for arm in advice["arms"] if arm["how"]):
        names = ", ".join(arm["name"] for arm in advice["arms"] if arm["how"] == how)
        yield Text(f"Cost of {names}: {how}.", style="dim")
    yield Text(advice["summary"], style="bold")


def measured(found: dict[str, Any]) -> str:
    """The number with its interval below it; a dash where there is none."""
    if found["value"] is None:
        return "–"
    text = number(found["value"])
    return (
        text
        if found["low"] is None
        else f"{text}\n{number(found['low'])} to {number(found['high'])}"
    )


def _time(arm: dict[str, Any]) -> str:
    if arm["seconds"] is None:
        return "–"
    low = seconds(arm["seconds"])
    return low if arm["seconds_high"] is None else f"{low} – {seconds(arm['seconds_high'])}"


def as_text(advice: dict[str, Any], width: int = 120) -> str:
    """The tables as plain text."""
    from io import StringIO

    from rich.console import Console

    console = Console(width=width, color_system=None, file=StringIO(), record=True)
    for part in tables(advice):
        console.print(part)
    return console.export_text()


def as_html(advice: dict[str, Any]) -> str:
    """The tables as HTML; every name is escaped."""
    findings = [
        [
            found["topic"],
            measured(found),
            number(found["threshold"]),
            MARKS[found["holds"]],
            found["says"],
        ]
        for found in advice["findings"]
    ]
    arms = [
        [
            "yes" if arm["tried"] else "no",
            arm["name"],
            _time(arm),
            "–" if arm["mebibytes"] is None else f"{arm['mebibytes']:,.0f}",
            "; ".join(arm["why"]),
        ]
        for arm in advice["arms"]
    ]
    return (
        f"<p>{escape(advice['table'])}: {advice['rows']:,} rows, target {escape(str(advice['target']))}, positive"
        f" {escape(str(advice['positive']))}. Measured on {escape(advice['measured_on'])}.</p>"
        + _html(
            "what was measured", ("finding", "measured", "against", "beyond", "in words"), findings
        )
        + _html("arms", ("try", "arm", "per fit", "MiB", "why"), arms)
        + f"<p><strong>{escape(advice['summary'])}</strong></p>"
    )


def _html(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    cells = "".join(
        "<tr>"
        + "".join(f"<td style='text-align: left'>{escape(cell)}</td>" for cell in row)
        + "</tr>"
        for row in rows
    ).replace("\n", "<br>")
    heads = "".join(f"<th style='text-align: left'>{escape(name)}</th>" for name in head)
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{heads}</tr></thead><tbody>{cells}</tbody></table>"
