"""`quality.html`: is a synthetic table good? The answer, its evidence and what was looked at, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from synthkit.report.quality.plots import PLOTS
from synthkit.report.quality.provenance import groups, left_out
from synthkit.report.quality.tables import classes_table, columns_table, measures_table, sdv_table
from synthkit.report.quality.view import capital, part, worst_first
from synthkit.report.quality.words import answers, deck, headline
from synthkit.report.self_contained import drawn, rendered, write_page
from synthkit.results import QualityResults, checksum

#: Columns that are drawn: those furthest off. The others stand in the table.
MOST_COLUMNS = 48
FIRST = ("detection", "usefulness", "privacy_distances", "risks", "rules")
LAST = ("projection", "losses")


def write(results: dict[str, Any], path: Path | str) -> Path:
    """Write the page of these results; the file is whole or absent.

    Raises: DataError when it cannot be written.
    """
    return write_page(html(results), path)


def html(results: dict[str, Any]) -> str:
    """The page as text. Depends on `results` alone: the same results give the same bytes."""
    figures: dict[str, Any] = {}
    whole = {name: drawn(PLOTS[name], results, "", name, figures) for name in (*FIRST, *LAST)}
    pairs = [
        drawn(PLOTS["pairs"], results, table, f"pairs-{table}", figures)
        | {"table_name": table.capitalize()}
        for table in ("real", "synthetic", "difference")
    ]
    cards = [
        _card(results, column["name"], f"column-{number}", figures)
        for number, column in enumerate(worst_first(results)[:MOST_COLUMNS])
    ]
    plots, last = (
        [whole[name] for name in names if not whole[name]["missing"]] for names in (FIRST, LAST)
    )
    absent = [
        (plot["title"], capital(plot["missing"]))
        for plot in (*whole.values(), pairs[0])
        if plot["missing"]
    ]
    pairs = [] if pairs[0]["missing"] else pairs
    classes, sdv, measures = classes_table(results), sdv_table(results), measures_table(results)
    contents = [
        ("measures", "Measures"),
        *((f"{plot['id']}-title", SHORT[plot["name"]]) for plot in plots),
        ("columns", "Columns"),
        *([("pairs", "Pairs")] if pairs else []),
        *([("classes", "Classes")] if classes else []),
        *((f"{plot['id']}-title", SHORT[plot["name"]]) for plot in last),
        *([("sdv", "SDV's reports")] if sdv else []),
        ("run", "What was looked at"),
    ]
    data, skipped = results["data"], left_out(results)
    told = {why for _, why in skipped}
    return rendered(
        "quality.html.jinja",
        figures,
        kind="quality",
        file=QualityResults.FILE,
        title=_title(data),
        headline=headline(results),
        deck=deck(results),
        facts=_facts(data),
        answers=answers(results),
        contents=contents,
        measures=measures,
        holdout=bool(data.get("holdout")),
        plots=plots,
        last_plots=last,
        cards=cards,
        columns=columns_table(results),
        columns_reading=_columns_reading(results),
        pairs=pairs,
        pairs_reading=_pairs_reading(results) if pairs else "",
        classes=classes,
        sdv=sdv,
        sdv_reading=_sdv_reading(results) if sdv else "",
        warnings=results.get("warnings") or [],
        left_out=skipped + [each for each in absent if each[1] not in told],
        groups=groups(results, results.get("checksum") or checksum(results)),
    )


#: What a plot is called in the list of contents.
SHORT = {
    "detection": "Detection",
    "usefulness": "Usefulness",
    "privacy_distances": "Distances",
    "risks": "Attacks",
    "rules": "Rules",
    "projection": "All at once",
    "losses": "Training",
}


def _card(
    results: dict[str, Any], column: str, name: str, figures: dict[str, Any]
) -> dict[str, Any]:
    """One column's plot; its reading stands even where nothing can be drawn."""
    plot = PLOTS["columns"]
    found = drawn(plot, results, column, name, figures)
    return found | {"column": column, "title": column, "reading": plot.reading(results, column)}


def _title(data: dict[str, Any]) -> str:
    """The names of the tables; tables from memory all have the same."""
    synthetic, real = data["synthetic"]["name"], data["real"]["name"]
    return (
        f"{synthetic} beside {real}"
        if synthetic != real
        else "The synthetic table beside the real one"
    )


def _facts(data: dict[str, Any]) -> str:
    rows = f"{data['synthetic']['rows']:,} synthetic rows beside {data['real']['rows']:,} real ones"
    held = (
        f", {data['holdout']['rows']:,} more held out" if data.get("holdout") else ", none held out"
    )
    target = f" · target {data['target']}" if data.get("target") is not None else ""
    return f"{rows}{held} · {len(data['columns'])} columns{target}"


def _columns_reading(results: dict[str, Any]) -> str:
    text = (
        "Distance: the largest gap between the two distribution functions (numbers, dates), or the share of rows"
        " that would have to change their level; 0 is alike, 1 is nothing in common."
    )
    more = len(results["columns"]) - MOST_COLUMNS
    return text + (
        f" {more} more columns, nearer to the real ones, stand in the table alone."
        if more > 0
        else ""
    )


def _pairs_reading(results: dict[str, Any]) -> str:
    pairs = results["pairs"]
    text = f"One square is one pair of columns: {pairs['measure']}." if pairs.get("measure") else ""
    return text + (
        f" Distance, in the figures: {pairs['distance_measure']}."
        if pairs.get("distance_measure")
        else ""
    )


def _sdv_reading(results: dict[str, Any]) -> str:
    sdv = part(results, "sdv") or {}
    counted, pairs = sdv.get("pairs_counted"), sdv.get("pairs")
    text = "As SDV computes them, under SDV's names; more is better."
    if counted is not None and pairs is not None:
        text += (
            f" Its pair trends average {counted:,} of {pairs:,} pairs: those that are strongly related in the real"
            " table. The measures above count all."
        )
    return text
