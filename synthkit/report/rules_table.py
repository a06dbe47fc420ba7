"""The comparison's rules: what each arm's rows broke, what was done about it, and what that did; from plain results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from synthkit.report.view import HEADLINE, listed, spoken
from synthkit.report.words import bounds, seconds, share, signed

if TYPE_CHECKING:
    from rich.table import Table

#: Rules named in a line of the table; all of them stand in the table of counts.
MOST_NAMED = 2
TITLE = "The rules, and what keeping them did"
HEAD = (
    "arm",
    "synthetic rows",
    "broke a rule",
    "most often",
    "what was done",
    "broken still",
    "time",
)


@dataclass(frozen=True)
class Cell:
    """A figure or words, and what stands small below."""

    text: str
    below: str = ""


@dataclass(frozen=True)
class RulesTable:
    """A line per arm that made rows; `counts` has a line per rule: its broken real rows, then those of each arm."""

    head: list[str]
    rows: list[list[Cell]]
    remarks: list[str]
    counts_head: list[str]
    counts: list[list[str]]


def rules_table(results: dict[str, Any]) -> RulesTable | None:
    """The table; None for a comparison without rules."""
    found = results.get("rules")
    if not found:
        return None
    arms = _arms(found)
    judged = [
        name
        for name in results["classifiers"]
        if any(gap["classifier"] == name for gap in found["gaps"])
    ]
    gaps = {(gap["classifier"], gap["arm"]): gap["gap"].get(HEADLINE) for gap in found["gaps"]}
    head = [*HEAD, *(f"change of average precision, {spoken(name)}" for name in judged)]
    rows = [
        [
            *_line(arm, _time(results, arm["arm"])),
            *(_gap(gaps.get((name, arm["arm"]))) for name in judged),
        ]
        for arm in arms
    ]
    counts = [
        [rule["name"], f"{rule['real']:,}", *(_count(arm, rule["name"]) for arm in arms)]
        for rule in found["rules"]
    ]
    return RulesTable(
        head, rows, remarks(results), ["rule", "real rows", *(arm["arm"] for arm in arms)], counts
    )


def remarks(results: dict[str, Any]) -> list[str]:
    """Whether the real rows keep the rules, how the table is counted, and which rules SDV learned."""
    found = results["rules"]
    names = len(found["rules"])
    said = [
        f"{names} rule{'s' if names > 1 else ''}. The {found['real_rows']:,} real rows break "
        + (
            "none."
            if not found["real_broken_rows"]
            else listed(
                [f"{rule['name']} in {rule['real']:,}" for rule in found["rules"] if rule["real"]]
            )
            + ", which was allowed."
        )
    ]
    said.append(
        "Rows are counted over all folds, before anything is done about them; what is broken still is what the"
        " classifiers learned from. Time: enforcement in one cell. Arms that make no rows are left out."
    )
    if found["gaps"]:
        said.append(
            "Changes are those to the same arm without rules, paired on the same folds, with their 95 %"
            " interval."
        )
    for arm in _arms(found):
        if arm["learned_by_sdv"] or arm["outside"]:
            learned = listed(arm["learned_by_sdv"], 20) if arm["learned_by_sdv"] else "none"
            outside = "; ".join(f"{name} ({why})" for name, why in arm["outside"].items())
            said.append(
                f"{arm['arm']}: SDV learned {learned}."
                + (f" Kept outside: {outside}." if outside else "")
            )
        if arm["skipped"]:
            said.append(
                f"{arm['arm']}: not judged: "
                + "; ".join(f"{k} ({why})" for k, why in arm["skipped"].items())
                + "."
            )
    return list(dict.fromkeys(said))


def in_words(results: dict[str, Any]) -> list[str]:
    """What keeping the rules did to average precision, a sentence per arm and classifier."""
    said = []
    for gap in (results.get("rules") or {}).get("gaps", []):
        found = gap["gap"].get(HEADLINE)
        if found:
            said.append(
                f"With {spoken(gap['classifier'])}, keeping the rules moves the average precision of"
                f" {gap['without']} by {signed(found['mean'])} [{bounds(found, signed)}] ({gap['arm']}:"
                f" {found['word']})."
            )
    return said


def as_rich(results: dict[str, Any]) -> Iterator[Any]:
    """The table and its words as rich prints them; nothing without rules."""
    table = rules_table(results)
    if table is None:
        return
    from rich.text import Text

    if table.rows:
        yield _rich(table)
    for text in (*table.remarks, *in_words(results)):
        yield Text(f"· {text}")
    yield Text("")


def as_html(results: dict[str, Any]) -> str:
    """The same for notebooks; every name is escaped."""
    table = rules_table(results)
    if table is None:
        return ""
    head = "".join(f"<th>{escape(name)}</th>" for name in table.head)
    body = "".join(
        "<tr>"
        + "".join(f"<td>{escape(' '.join((cell.text, cell.below)))}</td>" for cell in row)
        + "</tr>"
        for row in table.rows
    )
    words = "".join(f"<li>{escape(text)}</li>" for text in table.remarks)
    return (
        f"<table><caption>{escape(TITLE)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f"<ul>{words}</ul>"
    )


def _rich(table: RulesTable) -> Table:
    from rich import box
    from rich.markup import escape as as_it_is
    from rich.table import Table

    shown = Table(
        title=TITLE,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1),
        collapse_padding=True,
        pad_edge=False,
    )
    for name in HEAD:  # the gaps stand in words below
        words = name in ("arm", "most often", "what was done")
        shown.add_column(
            name,
            justify="left" if words else "right",
            overflow="fold",
            max_width=34 if words else 10,
        )
    for row in table.rows:
        shown.add_row(
            *(
                as_it_is("\n".join(filter(None, (cell.text, cell.below))))
                for cell in row[: len(HEAD)]
            )
        )
    return shown


def _arms(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [arm for arm in found["arms"] if arm["rows"]]


def _line(arm: dict[str, Any], time: str) -> list[Cell]:
    most = sorted(((n, name) for name, n in arm["broken"].items() if n), key=lambda pair: -pair[0])
    named = [f"{name}: {n:,}" for n, name in most[:MOST_NAMED]]
    more = [f"and {len(most) - MOST_NAMED} more"] if len(most) > MOST_NAMED else []
    return [
        Cell(arm["arm"]),
        Cell(f"{arm['rows']:,}"),
        Cell(f"{arm['broken_rows']:,}", share(arm["broken_rows"] / arm["rows"])),
        Cell("".join(named[:1]), "; ".join((*named[1:], *more))),
        _done(arm),
        Cell(f"{arm['left_rows']:,}"),
        Cell(time if arm["on_violation"] else ""),
    ]


def _done(arm: dict[str, Any]) -> Cell:
    """What was done with the broken rows, and how much of it was needed."""
    if not arm["on_violation"]:
        return Cell("counted only" if arm["broken_rows"] else "")
    parts = [
        f"{arm[key]:,} {word}"
        for key, word in (
            ("repaired_rows", "repaired"),
            ("resampled", "made anew"),
            ("dropped", "dropped"),
        )
        if arm[key]
    ]
    cells = sum(arm["repaired_cells"].values())
    below = [
        f"{cells:,} cells changed" if cells else "",
        f"{arm['proposals']:,} further proposals" if arm["proposals"] else "",
    ]
    return Cell(", ".join(parts) or "nothing was broken", ", ".join(filter(None, below)))


def _count(arm: dict[str, Any], rule: str) -> str:
    return "not judged" if rule in arm["skipped"] else f"{arm['broken'].get(rule, 0):,}"


def _gap(gap: dict[str, Any] | None) -> Cell:
    return (
        Cell("")
        if gap is None
        else Cell(f"{signed(gap['mean'])} {gap['word']}", bounds(gap, signed))
    )


def _time(results: dict[str, Any], arm: str) -> str:
    """Mean seconds of enforcement; the first classifier's, since all share the rows."""
    return next(
        (seconds(cost.get("enforcing_seconds")) for cost in results["cost"] if cost["arm"] == arm),
        "",
    )
