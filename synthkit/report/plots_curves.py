"""Curves of each arm: precision by recall, calibration, cost by threshold, and learning curves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from synthkit.report.figure import MOST_CURVES, Plot, Table, curve, layout
from synthkit.report.palette import QUIET, looks
from synthkit.report.view import HEADLINE, lines, of_classifier, scored
from synthkit.report.words import bounds, number

RECALLS_IN_TABLE = (0.5, 0.8, 0.9, 0.95)


def _curves(results: dict[str, Any], classifier: str, key: str) -> dict[str, dict[str, Any]]:
    """The curves that have `key`, by arm: the reference first, then by average precision, limits last."""
    known = of_classifier(results.get("curves") or [], classifier)
    order = sorted(scored(results, classifier), key=lambda line: (line.limit, not line.reference))
    return {line.arm: known[line.arm] for line in order if key in known.get(line.arm, {})}


def _drawn_at_first(results: dict[str, Any], arms: list[str]) -> dict[str, Any]:
    """plotly's `visible` of each arm: the first few and the limits."""
    limits = {arm["label"] for arm in results["arms"] if arm.get("limit")}
    first = set([arm for arm in arms if arm not in limits][:MOST_CURVES])
    return {arm: True if arm in first | limits else "legendonly" for arm in arms}


def _missing(key: str) -> Callable[[dict[str, Any], str], str]:
    def why(results: dict[str, Any], classifier: str) -> str:
        if _curves(results, classifier, key):
            return ""
        if key == "cost" and not results["config"].get("cost"):
            return "there are no prices. Give `cost` to the comparison."
        return "no arm has this curve."

    return why


def _precision_traces(
    results: dict[str, Any], classifier: str
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    found, look = _curves(results, classifier, "precision"), looks(results)
    visible = _drawn_at_first(results, list(found))
    traces = [
        curve(
            arm,
            look[arm],
            c["recall"],
            c["precision"],
            "recall %{x:.2f}, precision %{y:.3f}",
            visible=visible[arm],
        )
        for arm, c in found.items()
    ]
    return traces, layout(
        "recall: share of the positives found",
        "precision: share of the alarms that are right",
        xaxis={"range": [0, 1.005]},
        yaxis={"range": [0, 1.02]},
    )


def _at(curve_: dict[str, Any], x: str, y: str, wanted: float) -> float:
    nearest = min(range(len(curve_[x])), key=lambda i: abs(curve_[x][i] - wanted))
    return float(curve_[y][nearest])


def _precision_reading(results: dict[str, Any], classifier: str) -> str:
    found = _curves(results, classifier, "precision")
    at = {
        arm: _at(c, "recall", "precision", 0.8)
        for arm, c in found.items()
        if not _is_limit(results, arm)
    }
    best, worst = max(at, key=lambda a: at[a]), min(at, key=lambda a: at[a])
    return (
        "Higher is better; means over the folds. Where curves lie on each other, a moved threshold does what the"
        f" arm does. At a recall of 0.8, precision goes from {number(at[worst], 2)} ({worst}) to"
        f" {number(at[best], 2)} ({best})."
    )


def _precision_table(results: dict[str, Any], classifier: str) -> Table:
    return Table(
        ("arm", *(f"precision at recall {r:g}" for r in RECALLS_IN_TABLE)),
        [
            (arm, *(number(_at(c, "recall", "precision", r)) for r in RECALLS_IN_TABLE))
            for arm, c in _curves(results, classifier, "precision").items()
        ],
    )


def _calibration_traces(
    results: dict[str, Any], classifier: str
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    found, look = _curves(results, classifier, "calibration"), looks(results)
    visible = _drawn_at_first(results, list(found))
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [0, 1],
            "y": [0, 1],
            "hoverinfo": "skip",
            "showlegend": False,
            "line": {"color": QUIET, "width": 1, "dash": "dot"},
        }
    ]
    for arm, c in found.items():
        known = c["calibration"]
        traces.append(
            curve(
                arm,
                look[arm],
                known["predicted"],
                known["observed"],
                "said %{x:.3f}, came true %{y:.3f}, %{text} rows",
                text=[f"{n:,}" for n in known["n"]],
                mode="lines+markers",
                visible=visible[arm],
                marker={"color": look[arm].colour, "symbol": look[arm].symbol, "size": 7},
            )
        )
    return traces, layout(
        "probability that the classifier said",
        "share that came true",
        xaxis={"range": [-0.01, 1.01]},
        yaxis={"range": [-0.01, 1.03]},
    )


def _calibration_reading(results: dict[str, Any], classifier: str) -> str:
    found = {
        line.arm: line.mean("calibration_intercept")
        for line in lines(results, classifier)
        if not line.limit and line.mean("calibration_intercept") is not None
    }
    text = (
        "On the dotted line probabilities are true; below it they are too high, as where resampling moved the prior"
        " (all folds together)."
    )
    if found:
        worst = max(found, key=lambda arm: abs(found[arm] or 0.0))
        text += f" Furthest off on the whole: {worst}."
    return text


def _calibration_table(results: dict[str, Any], classifier: str) -> Table:
    keys = (
        "calibration_slope",
        "calibration_intercept",
        "brier",
        "log_loss",
        "brier_prior",
        "log_loss_prior",
    )
    head = (
        "arm",
        "slope (1 is right)",
        "intercept (0 is right)",
        "Brier",
        "log loss",
        "Brier, prior put back",
        "log loss, prior put back",
    )
    return Table(
        head,
        [
            (line.arm, *(number(line.mean(key)) for key in keys))
            for line in scored(results, classifier)
        ],
    )


def _cost_traces(
    results: dict[str, Any], classifier: str
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    found, look = _curves(results, classifier, "cost"), looks(results)
    visible = _drawn_at_first(results, list(found))
    by_arm = {line.arm: line for line in scored(results, classifier)}
    traces = []
    for arm, c in found.items():
        traces.append(
            curve(
                arm,
                look[arm],
                c["threshold"],
                c["cost"],
                "threshold %{x:.2f}: %{y:,.0f} per 1,000 rows",
                visible=visible[arm],
            )
        )
        threshold, tuned = by_arm[arm].mean("threshold_cost"), by_arm[arm].mean("cost_tuned")
        if threshold is not None and tuned is not None:
            traces.append(
                curve(
                    arm,
                    look[arm],
                    [threshold],
                    [tuned],
                    "tuned: %{x:.2f}, %{y:,.0f} per 1,000 rows",
                    mode="markers",
                    visible=visible[arm],
                    showlegend=False,
                    marker={"color": look[arm].colour, "symbol": look[arm].symbol, "size": 11},
                )
            )
    # An alarm for every row costs most: without it the axis shows where the arms differ.
    top = max(max(c["cost"][1:], default=c["cost"][0]) for c in found.values())
    return traces, layout(
        "threshold of an alarm",
        "expected cost per 1,000 rows",
        xaxis={"range": [0, 1.005]},
        yaxis={"range": [0, top * 1.04], "tickformat": ",.0f"},
    )


def _cheapest(c: dict[str, Any]) -> tuple[float, float]:
    at = min(range(len(c["cost"])), key=lambda i: c["cost"][i])
    return c["threshold"][at], c["cost"][at]


def _cost_reading(results: dict[str, Any], classifier: str) -> str:
    found = {
        arm: c
        for arm, c in _curves(results, classifier, "cost").items()
        if not _is_limit(results, arm)
    }
    best = min(found, key=lambda arm: _cheapest(found[arm])[1])
    threshold, cost = _cheapest(found[best])
    return (
        "Lower is better. Each mark is where the tuning rows put the threshold and what that cost on the test rows."
        f" The lowest point, known only afterwards, is {number(cost)} per 1,000 rows ({best}, at {threshold:.2f})."
    )


def _cost_table(results: dict[str, Any], classifier: str) -> Table:
    by_arm = {line.arm: line for line in scored(results, classifier)}
    rows = []
    for arm, c in _curves(results, classifier, "cost").items():
        line, (threshold, cost) = by_arm[arm], _cheapest(c)
        rows.append(
            (
                arm,
                number(line.mean("cost")),
                number(line.mean("cost_tuned")),
                number(line.mean("threshold_cost"), 2),
                number(cost),
                number(threshold, 2),
            )
        )
    return Table(
        ("arm", "cost at 0.5", "cost tuned", "tuned threshold", "lowest cost", "at threshold"), rows
    )


def _sweep(results: dict[str, Any], classifier: str) -> dict[str, list[dict[str, Any]]]:
    """{arm: points along the sweep}, in the order of the plan."""
    sweep = results.get("sweep") or {}
    points: dict[str, list[dict[str, Any]]] = {}
    for point in sweep.get("points") or []:
        if (
            point["classifier"] == classifier
            and (point["scores"].get(HEADLINE) or {}).get("mean") is not None
        ):
            points.setdefault(point["arm"], []).append(point)
    along = _along(results)
    return {arm: sorted(found, key=lambda p: p[along]) for arm, found in points.items()}


def _along(results: dict[str, Any]) -> str:
    """What of a point the axis shows: over ratio or epochs the number of positives stays."""
    return (
        "level" if (results.get("sweep") or {}).get("over") in ("ratio", "epochs") else "positives"
    )


def _swept(results: dict[str, Any]) -> str:
    return str(results["sweep"]["over"]) if _along(results) == "level" else "real positives"


def _missing_sweep(results: dict[str, Any], classifier: str) -> str:
    return "" if _sweep(results, classifier) else "there is no sweep."


def _learning_traces(
    results: dict[str, Any], classifier: str
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    found, look, along = _sweep(results, classifier), looks(results), _along(results)
    visible = _drawn_at_first(results, list(found))
    traces = []
    for arm, points in found.items():
        scores = [point["scores"][HEADLINE] for point in points]
        up = [None if s["high"] is None else s["high"] - s["mean"] for s in scores]
        down = [None if s["low"] is None else s["mean"] - s["low"] for s in scores]
        traces.append(
            curve(
                arm,
                look[arm],
                [p[along] for p in points],
                [s["mean"] for s in scores],
                f"%{{x:,}} {_swept(results)}: %{{y:.3f}}",
                mode="lines+markers",
                visible=visible[arm],
                marker={"color": look[arm].colour, "symbol": look[arm].symbol, "size": 8},
                error_y={
                    "array": up,
                    "arrayminus": down,
                    "symmetric": False,
                    "thickness": 1,
                    "width": 0,
                    "color": look[arm].colour,
                },
            )
        )
    counts = sorted({p[along] for points in found.values() for p in points})
    title = "real positives to learn from" if along == "positives" else _swept(results)
    return traces, layout(
        title,
        "average precision",
        xaxis={
            "type": "linear" if title == "ratio" else "log",
            "tickvals": counts,
            "ticktext": [f"{n:,}" for n in counts],
        },
    )


def _learning_reading(results: dict[str, Any], classifier: str) -> str:
    if _along(results) == "level":
        return (
            f"Higher is better. Arms without {_swept(results)} are level lines. The best of many on these folds"
            " looks better than it is: choose it on others."
        )
    told = [
        str(entry["sentence"])
        for entry in (*results["sweep"].get("worth", []), *results.get("sweep_cost", []))
        if entry["classifier"] == classifier and entry.get("sentence")
    ]
    text = "An arm is worth as many real positives as the reference's curve must go right to reach its height."
    return " ".join([text, *told])


def _learning_table(results: dict[str, Any], classifier: str) -> Table:
    return Table(
        ("arm", _swept(results), "average precision", "95 % interval"),
        [
            (
                arm,
                f"{p[_along(results)]:,}",
                number(p["scores"][HEADLINE]["mean"]),
                bounds(p["scores"][HEADLINE]),
            )
            for arm, points in _sweep(results, classifier).items()
            for p in points
        ],
    )


def _is_limit(results: dict[str, Any], label: str) -> bool:
    return any(arm["label"] == label and arm.get("limit") for arm in results["arms"])


PRECISION_RECALL = Plot(
    "precision_recall",
    "Precision and recall",
    _precision_traces,
    _precision_reading,
    _precision_table,
    _missing("precision"),
)
CALIBRATION = Plot(
    "calibration",
    "Are the probabilities true?",
    _calibration_traces,
    _calibration_reading,
    _calibration_table,
    _missing("calibration"),
)
COST_THRESHOLD = Plot(
    "cost_threshold",
    "Cost against threshold",
    _cost_traces,
    _cost_reading,
    _cost_table,
    _missing("cost"),
)
LEARNING = Plot(
    "learning",
    "What does the sweep show?",
    _learning_traces,
    _learning_reading,
    _learning_table,
    _missing_sweep,
)
