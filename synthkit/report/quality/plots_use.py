"""Plots of what the rows are worth: what gives them away, what a model learns from them, which rules they break."""

from __future__ import annotations

from typing import Any

from synthkit.report.figure import MOST_CURVES, Plot, Table, curve, layout
from synthkit.report.palette import COLOURS, DASHES, Look
from synthkit.report.quality.dots import Dots, dots, dots_table
from synthkit.report.quality.view import NAMES, needs, part, sentence, with_bounds
from synthkit.report.view import spoken
from synthkit.report.words import figure, share

#: Rows of a plot: the columns that give most away, the rules that are broken most.
MOST_ROWS = 12
TRAINED = {
    "real": "real rows",
    "control": "other real rows",
    "baseline": "shuffled columns",
    "synthetic": "synthetic rows",
}
EPOCHS_IN_TABLE = 10


def _telling(results: dict[str, Any]) -> Dots:
    """The columns that give the synthetic rows away, most first."""
    found = (part(results, "detection") or {}).get("columns") or []
    known = sorted(
        (column for column in found if column.get("value") is not None),
        key=lambda each: -each["value"],
    )
    return Dots(
        {"synthetic": "synthetic", "control": NAMES["control"]},
        [
            (
                column["name"],
                {
                    "synthetic": {"value": column["value"]},
                    "control": {"value": column.get("control")},
                },
            )
            for column in known[:MOST_ROWS]
        ],
    )


def _missing_detection(results: dict[str, Any], subject: str) -> str:
    return needs("detection")(results, subject) or (
        "" if _telling(results).rows else "no column was looked at alone."
    )


def _detection_traces(
    results: dict[str, Any], subject: str
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    return dots(_telling(results), "AUC lost when the column is shuffled")


def _detection_reading(results: dict[str, Any], subject: str) -> str:
    detection = results["detection"]
    auc, most = detection.get("auc") or {}, _telling(results).rows[0]
    measure = (
        f"A column's mark is {sentence(detection['measure'])} " if detection.get("measure") else ""
    )
    return (
        f"A classifier that has to tell synthetic rows from real ones reaches an AUC of {with_bounds(auc)}, where"
        f" 0.5 is guessing. {measure}Most telling: {most[0]}, {figure(most[1]['synthetic']['value'])}."
    )


def _detection_table(results: dict[str, Any], subject: str) -> Table:
    return dots_table(_telling(results), "column")


def _scores(results: dict[str, Any]) -> list[str]:
    found = part(results, "usefulness") or {}
    known = {
        key
        for row in found.get("rows") or []
        for key, value in row["scores"].items()
        if (value or {}).get("value") is not None
    }
    return [score for score in found.get("scores") or sorted(known) if score in known]


def _learned(results: dict[str, Any], score: str) -> Dots:
    """A row per classifier, a dot per table that it was trained on."""
    rows: dict[str, dict[str, dict[str, Any]]] = {}
    for row in results["usefulness"]["rows"]:
        rows.setdefault(spoken(row["classifier"]), {})[row["trained_on"]] = (
            row["scores"].get(score) or {}
        )
    return Dots(
        {
            kind: f"trained on {name}"
            for kind, name in TRAINED.items()
            if any(kind in row for row in rows.values())
        },
        list(rows.items()),
    )


def _missing_usefulness(results: dict[str, Any], subject: str) -> str:
    return needs("usefulness")(results, subject) or (
        "" if _scores(results) else "nothing could be scored."
    )


def _usefulness_traces(
    results: dict[str, Any], subject: str
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    score = _scores(results)[0]
    return dots(_learned(results, score), f"{spoken(score)} on real rows held out")


def _usefulness_reading(results: dict[str, Any], subject: str) -> str:
    score = _scores(results)[0]
    gaps = [
        f"{with_bounds(gap)} with {spoken(gap['classifier'])}"
        for gap in results["usefulness"].get("gap") or []
        if gap["score"] == score and gap.get("value") is not None
    ]
    tested = results["usefulness"].get("tested_rows")
    text = (
        "Each classifier learned from as many rows of each table and was tested on the same"
        f" {f'{tested:,} ' if tested else ''}real rows, which no table had."
    )
    return text + (f" Synthetic minus real in {spoken(score)}: {'; '.join(gaps)}." if gaps else "")


def _usefulness_table(results: dict[str, Any], subject: str) -> Table:
    scores = _scores(results)
    return Table(
        ("trained on", "classifier", "rows", *(spoken(score) for score in scores)),
        [
            (
                TRAINED.get(row["trained_on"], row["trained_on"]),
                spoken(row["classifier"]),
                f"{row['rows']:,}" if row.get("rows") is not None else "",
                *(with_bounds(row["scores"].get(score) or {}) for score in scores),
            )
            for row in results["usefulness"]["rows"]
        ],
    )


def _broken(results: dict[str, Any]) -> Dots:
    """The rules, those that the synthetic rows break most first."""
    rules = results["rules"]
    real = {rule["name"]: rule["share"] for rule in (rules.get("real") or {}).get("rules", [])}
    found = sorted(rules["synthetic"]["rules"], key=lambda rule: -rule["share"])
    return Dots(
        {"real": "real rows", "synthetic": "synthetic rows"},
        [
            (
                rule["name"],
                {"synthetic": {"value": rule["share"]}, "real": {"value": real.get(rule["name"])}},
            )
            for rule in found
        ],
    )


def _missing_rules(results: dict[str, Any], subject: str) -> str:
    return (
        ""
        if part(results, "rules")
        else needs("rules")(results, subject).replace(
            "it was not asked for.", "no rules were given."
        )
    )


def _rule_traces(
    results: dict[str, Any], subject: str
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    found = _broken(results)
    return dots(
        Dots(found.names, found.rows[:MOST_ROWS]), "share of rows that break the rule", percent=True
    )


def _rule_reading(results: dict[str, Any], subject: str) -> str:
    checked, found = results["rules"]["synthetic"], _broken(results)
    if not checked["broken_rows"]:
        return f"None of the {checked['rows']:,} synthetic rows breaks any of the {len(found.rows)} rules."
    name, row = found.rows[0]
    more = (
        f" The {MOST_ROWS} most broken of {len(found.rows)} rules are drawn."
        if len(found.rows) > MOST_ROWS
        else ""
    )
    return (
        f"{checked['broken_rows']:,} of {checked['rows']:,} synthetic rows"
        f" ({share(checked['broken_rows'] / checked['rows'])}) break a rule. Most broken: {name},"
        f" {share(row['synthetic']['value'])}.{more}"
    )


def _rule_table(results: dict[str, Any], subject: str) -> Table:
    broken = {rule["name"]: rule for rule in results["rules"]["synthetic"]["rules"]}
    return Table(
        ("rule", "kind", "columns", "rows that break it", "share", "of the real rows"),
        [
            (
                name,
                str(broken[name].get("rule", "")),
                ", ".join(map(str, broken[name].get("columns", []))),
                f"{broken[name]['broken']:,}",
                share(row["synthetic"]["value"]),
                share(row["real"]["value"]),
            )
            for name, row in _broken(results).rows
        ],
    )


def _loss_series(results: dict[str, Any]) -> dict[str, list[float | None]]:
    return (results.get("losses") or {}).get("series") or {}


def _missing_losses(results: dict[str, Any], subject: str) -> str:
    return (
        ""
        if _loss_series(results)
        else (
            "no losses were given: only a model that trains in epochs has them, and"
            " it has to be named beside the tables."
        )
    )


def _loss_traces(
    results: dict[str, Any], subject: str
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    epochs = results["losses"]["epoch"]
    traces = [
        curve(
            spoken(name),
            Look(COLOURS[at % len(COLOURS)], DASHES[at % len(DASHES)], "circle"),
            epochs,
            values,
            "epoch %{x}: %{y:.3f}",
            visible=True if at < MOST_CURVES else "legendonly",
            mode="lines" if len(epochs) > 1 else "markers",
        )
        for at, (name, values) in enumerate(_loss_series(results).items())
    ]
    drawn = layout("epoch", "loss", height=320)
    if len(epochs) <= MOST_ROWS:
        drawn["xaxis"]["dtick"] = 1  # there is no half an epoch
    return traces, drawn


def _loss_reading(results: dict[str, Any], subject: str) -> str:
    epochs = len(results["losses"]["epoch"])
    return (
        f"{epochs:,} epoch{'' if epochs == 1 else 's'}. Of two networks that train against each other, neither"
        " loss says how good the rows are: curves that have settled say that more epochs would change little,"
        " curves that run apart that one side has won."
    )


def _loss_table(results: dict[str, Any], subject: str) -> Table:
    epochs, series = results["losses"]["epoch"], _loss_series(results)
    step = max(1, -(-len(epochs) // EPOCHS_IN_TABLE))
    at = sorted({*range(0, len(epochs), step), len(epochs) - 1})
    return Table(
        ("epoch", *map(spoken, series)),
        [(str(epochs[i]), *(figure(values[i]) for values in series.values())) for i in at],
    )


DETECTION = Plot(
    "detection",
    "What gives the synthetic rows away?",
    _detection_traces,
    _detection_reading,
    _detection_table,
    _missing_detection,
    "whole",
)
USEFULNESS = Plot(
    "usefulness",
    "What does a model learn from them?",
    _usefulness_traces,
    _usefulness_reading,
    _usefulness_table,
    _missing_usefulness,
    "whole",
)
RULES = Plot(
    "rules",
    "Which rules do they break?",
    _rule_traces,
    _rule_reading,
    _rule_table,
    _missing_rules,
    "whole",
)
LOSSES = Plot(
    "losses",
    "How did the training go?",
    _loss_traces,
    _loss_reading,
    _loss_table,
    _missing_losses,
    "whole",
)
