"""`report.html`: the verdict, its evidence and what was run, in one file that asks nothing of any network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from synthkit.report.arms_table import arms_table, every_score
from synthkit.report.arms_table import reading as table_reading
from synthkit.report.plots import PLOTS
from synthkit.report.provenance import provenance
from synthkit.report.rules_table import TITLE as RULES_TITLE
from synthkit.report.rules_table import rules_table
from synthkit.report.self_contained import drawn, rendered, write_page
from synthkit.report.verdict_words import deck, headline, headroom, per_classifier
from synthkit.report.view import spoken
from synthkit.results import ComparisonResults, checksum

#: Sentences that stand open, shared by the classifiers, and the fewest of each; the others are behind a click.
MOST_SENTENCES, FEWEST = 9, 3


def write(results: dict[str, Any], path: Path | str) -> Path:
    """Write the page of these results; the file is whole or absent.

    Raises: DataError when it cannot be written.
    """
    return write_page(html(results), path)


def html(results: dict[str, Any]) -> str:
    """The page as text. Depends on `results` alone: the same results give the same bytes."""
    figures: dict[str, Any] = {}
    panels = []
    for number, classifier in enumerate(results["classifiers"]):
        panels.append(
            {
                "id": f"c{number}",
                "name": classifier,
                "spoken": spoken(classifier),
                "table": arms_table(results, classifier),
                "scores": every_score(results, classifier),
                "plots": [
                    drawn(plot, results, classifier, f"c{number}-{plot.name}", figures)
                    for plot in PLOTS.values()
                ],
            }
        )
    shown = [plot for panel in panels for plot in panel["plots"] if not plot["missing"]]
    used = {plot["name"] for plot in shown}
    for panel in panels:  # what no classifier has is said once, at the end
        panel["plots"] = [plot for plot in panel["plots"] if plot["name"] in used]
    data, stamp = results["data"], results.get("checksum") or checksum(results)
    positives = data["classes"].get(str(data["positive"]), 0)
    return rendered(
        "page.html.jinja",
        figures,
        kind="comparison",
        title=data["name"],
        file=ComparisonResults.FILE,
        data=data,
        positives=positives,
        share=f"{positives / max(data['rows'], 1):.2%}".replace("%", " %"),
        fits=results["folds"]["n"],
        arms=sum(not arm.get("limit") for arm in results["arms"]),
        reference=results["config"]["reference"],
        headline=headline(results),
        deck=deck(results),
        verdicts=per_classifier(results),
        headroom=headroom(results),
        panels=panels,
        table_reading=table_reading(results),
        rules=rules_table(results),
        rules_title=RULES_TITLE,
        most=max(MOST_SENTENCES // max(len(panels), 1), FEWEST),
        absent=[
            (plot.title, plot.missing(results, results["classifiers"][0]))
            for plot in PLOTS.values()
            if plot.name not in used
        ],
        run=provenance(results, stamp),
    )
