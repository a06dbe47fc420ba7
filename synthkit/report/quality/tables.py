"""The tables of a quality page: every measure, every column, every class, and SDV's own figures."""

from __future__ import annotations

from typing import Any

from synthkit.report.arms_table import ArmsTable, Cell, Column, Row
from synthkit.report.figure import Table
from synthkit.report.quality.view import NAMES, SECTIONS, capital, part, worst_first
from synthkit.report.quality.words import FALLING, SIGNS, UNKNOWN, standing
from synthkit.report.view import listed
from synthkit.report.words import bounds, figure, number, share

BETTER = {
    "more": "more is better",
    "less": "less is better",
    "control": "near the control is better",
}


def measures_table(results: dict[str, Any]) -> ArmsTable:
    """One line per measure, in reading order."""
    columns = [
        Column("value", "synthetic", meaning="with its 95 % interval"),
        Column(
            "control",
            "control",
            meaning="what real rows get that nobody learned from; of an attack, what it"
            " gains on held-out rows",
        ),
        Column(
            "baseline",
            "baseline",
            meaning="what the real table gets with each column shuffled on its own;"
            " of an attack, what guessing gets",
        ),
        Column("better", "better", words=True),
        Column("reading", "what it says", words=True),
    ]
    rows = []
    for measure in results["measures"]:
        how = standing(measure, results)
        sign = f"{SIGNS[how]} " if how != UNKNOWN else ""
        cells = {
            "value": Cell(
                f"{sign}{figure(measure['value'])}", bounds(measure, figure), sort=measure["value"]
            ),
            "better": Cell(_better(measure), measure.get("unit") or ""),
            "reading": Cell(measure.get("reading") or ""),
        }
        cells |= {
            key: Cell(figure(measure.get(key)), sort=measure.get(key))
            for key in ("control", "baseline")
        }
        rows.append(
            Row(
                capital(measure["title"]),
                "",
                SECTIONS.get(measure["section"], measure["section"]),
                cells,
            )
        )
    return ArmsTable(columns, rows, [])


def _better(measure: dict[str, Any]) -> str:
    """Which way is good; of privacy, on which side of the control a leak lies."""
    if measure["section"] == "privacy" and measure["better"] == "control":
        return f"{'below' if measure['name'] in FALLING else 'above'} the control is a leak"
    return BETTER.get(measure["better"], "")


def columns_table(results: dict[str, Any]) -> ArmsTable:
    """One line per column, the furthest off first."""
    columns = [
        Column(
            "distance",
            "distance",
            "distribution",
            "Kolmogorov-Smirnov or total variation, in [0, 1]",
        ),
        Column("control", NAMES["control"], "distribution"),
        Column("baseline", "baseline", "distribution"),
        Column("sdv", "SDV's score", "distribution"),
        Column("missing", "synthetic", "missing"),
        Column("missing_real", "real", "missing"),
        Column(
            "low", "lowest", "tails", "share of synthetic rows beyond the real table's 1 % quantile"
        ),
        Column(
            "high",
            "highest",
            "tails",
            "share of synthetic rows beyond the real table's 99 % quantile",
        ),
        Column("coverage", "covered", "values", words=True),
    ]
    rows = []
    for column in worst_first(results):
        distance, missing, tails = (
            column["distance"],
            column.get("missing") or {},
            column.get("tails") or {},
        )
        sdv = column.get("sdv") or {}
        cells = {
            "distance": Cell(
                figure(distance.get("value")), bounds(distance, figure), sort=distance.get("value")
            ),
            "coverage": Cell(covered(column.get("coverage") or {})),
        }
        cells |= {
            key: Cell(figure(distance.get(key)), sort=distance.get(key))
            for key in ("control", "baseline")
        }
        cells["sdv"] = Cell(number(sdv.get("score")), sort=sdv.get("score"))
        for key, of in (("missing", "synthetic"), ("missing_real", "real")):
            cells[key] = Cell(share(missing.get(of)), sort=missing.get(of))
        for key in ("low", "high"):
            tail = tails.get(key) or {}
            cells[key] = Cell(
                share(tail.get("synthetic")),
                f"real {share(tail.get('real'))}" if tail else "",
                sort=tail.get("synthetic"),
            )
        rows.append(
            Row(
                column["name"],
                "",
                column["kind"] + (", target" if column.get("target") else ""),
                cells,
            )
        )
    kept = [c for c in columns if any(_said(row.cells[c.key]) for row in rows)]
    return ArmsTable(kept, rows, [])


def _said(cell: Cell) -> bool:
    return cell.text not in ("", "–")


def covered(coverage: dict[str, Any]) -> str:
    """Which levels were seen and which are new, or how much of the range."""
    if coverage.get("levels_real") is not None:
        text = f"{coverage.get('seen', 0):,} of {coverage['levels_real']:,} levels"
        new = coverage.get("new")
        return text + (
            f", {new:,} new ones in {share(coverage.get('rows_new'))} of the rows" if new else ""
        )
    if coverage.get("range") is not None:
        return f"{share(coverage['range'])} of the range"
    return ""


def classes_table(results: dict[str, Any]) -> Table | None:
    """One line per class; None without a target."""
    found = results.get("classes")
    if not isinstance(found, list) or not found:
        return None
    rows = []
    for each in found:
        distance = each.get("columns") or {}
        value = distance.get("value", distance.get("mean"))
        worst = [f"{w['name']} ({figure(w.get('distance'))})" for w in each.get("worst") or []]
        rows.append(
            (
                str(each["class"]),
                share(each.get("real")),
                share(each.get("synthetic")),
                f"{each['rows_real']:,}",
                f"{each['rows_synthetic']:,}",
                figure(value),
                figure(distance.get("control")),
                figure(distance.get("baseline")),
                listed(worst, 3) if worst else "",
            )
        )
    return Table(
        (
            "class",
            "of the real rows",
            "of the synthetic rows",
            "real rows",
            "synthetic rows",
            "mean distance of columns",
            NAMES["control"],
            "baseline",
            "furthest off",
        ),
        rows,
    )


def sdv_table(results: dict[str, Any]) -> Table | None:
    """SDV's figures under SDV's names, the same reports made of the control and the baseline beside them."""
    found = part(results, "sdv")
    if not found:
        return None
    control, baseline = found.get("control") or {}, found.get("baseline") or {}
    rows = [
        (
            f"Quality: {name}" if key == "quality" else f"Diagnostic: {name}",
            number(value),
            number(control.get(name)) if key == "quality" else "",
            number(baseline.get(name)) if key == "quality" else "",
        )
        for key in ("quality", "diagnostic")
        for name, value in (found.get(key) or {}).items()
        if value is None or isinstance(value, int | float)
    ]
    return Table(("SDV's name", "synthetic", "control", "baseline"), rows)
