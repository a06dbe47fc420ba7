"""`report.html`: the verdict, its evidence and what was run, in one file that asks nothing of any network."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import lru_cache
from html import unescape
from importlib.resources import files
from pathlib import Path
from typing import Any

from synthkit.files import written_beside
from synthkit.report.arms_table import arms_table, every_score
from synthkit.report.arms_table import reading as table_reading
from synthkit.report.figure import Y_TITLE, Plot
from synthkit.report.palette import DARK
from synthkit.report.plots import PLOTS
from synthkit.report.provenance import provenance
from synthkit.report.results_file import checksum
from synthkit.report.rules_table import TITLE as RULES_TITLE
from synthkit.report.rules_table import rules_table
from synthkit.report.verdict_words import deck, headline, headroom, per_classifier
from synthkit.report.view import spoken

#: Sentences that stand open, shared by the classifiers, and the fewest of each; the others are behind a click.
MOST_SENTENCES, FEWEST = 9, 3


def write(results: dict[str, Any], path: Path | str) -> Path:
    """Write the page of these results; the file is whole or absent.

    Raises: DataError when it cannot be written.
    """
    text = html(results)
    with written_beside(path) as beside:
        beside.write_text(text, encoding="utf-8")
    return Path(path)


def html(results: dict[str, Any]) -> str:
    """The page as text. Depends on `results` alone: the same results give the same bytes."""
    figures: dict[str, Any] = {}
    panels = []
    for number, classifier in enumerate(results["classifiers"]):
        panels.append({
            "id": f"c{number}", "name": classifier, "spoken": spoken(classifier),
            "table": arms_table(results, classifier), "scores": every_score(results, classifier),
            "plots": [_plot(results, classifier, plot, f"c{number}-{plot.name}", figures) for plot in PLOTS.values()],
        })
    shown = [plot for panel in panels for plot in panel["plots"] if not plot["missing"]]
    used = {plot["name"] for plot in shown}
    for panel in panels:  # what no classifier has is said once, at the end
        panel["plots"] = [plot for plot in panel["plots"] if plot["name"] in used]
    data, stamp = results["data"], results.get("checksum") or checksum(results)
    positives = data["classes"].get(str(data["positive"]), 0)
    scripts = {"plotly": _asset("plotly-basic.min.js"), "own": _asset("page.js")}
    return _template().render(
        data=data, positives=positives, share=f"{positives / max(data['rows'], 1):.2%}".replace("%", " %"),
        fits=results["folds"]["n"], arms=sum(not arm.get("limit") for arm in results["arms"]),
        reference=results["config"]["reference"], headline=headline(results), deck=deck(results),
        verdicts=per_classifier(results), headroom=headroom(results), panels=panels,
        table_reading=table_reading(results), rules=rules_table(results), rules_title=RULES_TITLE,
        most=max(MOST_SENTENCES // max(len(panels), 1), FEWEST),
        absent=[(plot.title, plot.missing(results, results["classifiers"][0])) for plot in PLOTS.values()
                if plot.name not in used],
        run=provenance(results, stamp), css=_asset("page.css"), scripts=scripts,
        hashes=" ".join(f"'sha256-{_sha256(text)}'" for text in scripts.values()),
        figures=_in_script(figures), dark=_in_script({light.lower(): dark for light, dark in DARK.items()}))


def _plot(
    results: dict[str, Any], classifier: str, plot: Plot, name: str, figures: dict[str, Any],
) -> dict[str, Any]:
    """What the template needs of one plot; its drawing is put into `figures` under `name`."""
    found: dict[str, Any] = {"id": name, "name": plot.name, "title": plot.title,
                             "missing": plot.missing(results, classifier)}
    if found["missing"]:
        return found
    drawn = plot(results, classifier).to_plotly_json()
    layout = {**drawn["layout"], "showlegend": False}  # the page has a legend of buttons: keys reach them
    layout.pop("template", None)
    names = [a["text"] for a in layout["annotations"] if a.get("name") == Y_TITLE]
    layout["annotations"] = [a for a in layout["annotations"] if a.get("name") != Y_TITLE]
    if names:
        layout["margin"] = {**layout["margin"], "t": 8}
    figures[name] = {"data": drawn["data"], "layout": layout}
    return found | {"reading": plot.reading(results, classifier), "table": plot.table(results, classifier),
                    "height": layout["height"], "y": unescape(names[0]) if names else ""}


@lru_cache
def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(loader=PackageLoader("synthkit.report"), autoescape=True, undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True)
    return environment.get_template("page.html.jinja")


@lru_cache
def _asset(name: str) -> Any:
    """A file of ours to be put in as it is. It must not end the element that it stands in."""
    from markupsafe import Markup

    text = (files("synthkit.report") / "templates" / name).read_text(encoding="utf-8")
    return Markup(text.replace("</script", "<\\/script").replace("\r\n", "\n"))


def _in_script(value: Any) -> Any:
    """JSON that cannot end its <script>, whatever names it holds."""
    from markupsafe import Markup

    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
