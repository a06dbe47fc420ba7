"""Plots of what an arm brings against what it takes: score by training seconds, net saving by volume."""

from __future__ import annotations

import math
from typing import Any

from synthkit.report.figure import MOST_CURVES, Plot, Table, curve, layout, shown
from synthkit.report.palette import BAND, QUIET, looks
from synthkit.report.view import HEADLINE, Line, kind_of_interval, listed, scored
from synthkit.report.words import bounds, number, seconds, signed

#: Rows per retraining that the break-even plot spans at least, as powers of ten.
VOLUMES = (0, 6)
STEPS_PER_DECADE = 8
_SCORE = {
    "corrected": "average precision with its 95 % interval",
    "none": "average precision",
    "spread": "average precision with its spread over seeds",
}
_DIFFER = {
    "corrected": " The intervals hold the folds' common ups and downs; whether two arms differ, the gaps say.",
    "spread": " The lines are the middle 95 % over seeds on one split.",
    "none": "",
}


def _timed(results: dict[str, Any], classifier: str) -> list[Line]:
    return [line for line in scored(results, classifier) if line.training_seconds]


def _front(found: list[Line]) -> list[Line]:
    """Arms that no faster arm equals, the fastest first; limits are no competitors."""
    front: list[Line] = []
    for line in sorted(found, key=lambda line: line.training_seconds or 0.0):
        if not line.limit and (
            not front or (line.mean(HEADLINE) or 0) > (front[-1].mean(HEADLINE) or 0)
        ):
            front.append(line)
    return front


def _missing_frontier(results: dict[str, Any], classifier: str) -> str:
    return (
        "" if _timed(results, classifier) else "no arm has both a score and its training seconds."
    )


def _frontier_traces(
    results: dict[str, Any], classifier: str
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    found, look = _timed(results, classifier), looks(results)
    front = _front(found)
    traces: list[dict[str, Any]] = []
    if front:
        last = 1e9  # to the plot's edge
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "hoverinfo": "skip",
                "showlegend": False,
                "x": [*(line.training_seconds for line in front), last],
                "y": [*(line.mean(HEADLINE) for line in front), front[-1].mean(HEADLINE)],
                "line": {"color": QUIET, "width": 1, "dash": "dot", "shape": "hv"},
            }
        )
    for line in found:
        score, arm = line.scores[HEADLINE], look[line.arm]
        mean, low, high = score["mean"], score["low"], score["high"]
        traces.append(
            curve(
                line.arm,
                arm,
                [line.training_seconds],
                [mean],
                "%{text}",
                mode="markers",
                text=[f"{number(mean)} ({bounds(score)}) in {seconds(line.training_seconds)}"],
                marker={
                    "color": arm.colour,
                    "symbol": arm.symbol,
                    "size": 12,
                    "line": {"width": 2, "color": arm.colour},
                },
                error_y={
                    "array": [0 if high is None else high - mean],
                    "arrayminus": [0 if low is None else mean - low],
                    "symmetric": False,
                    "thickness": 1,
                    "width": 0,
                    "color": arm.colour,
                },
            )
        )
    times = [math.log10(line.training_seconds or 1.0) for line in found]
    # Less than a decade would make noise look like a difference.
    room = max(0.12, (1 - (max(times) - min(times))) / 2)
    low, high = min(times) - room, max(times) + room
    steps = (1, 2, 5) if high - low < 2.5 else (1,)
    ticks = [
        step * 10.0**power
        for power in range(math.floor(low), math.ceil(high) + 1)
        for step in steps
    ]
    return traces, layout(
        "time per retraining: augmentation and fit",
        _SCORE[kind_of_interval(results)],
        xaxis={
            "type": "log",
            "range": [low, high],
            "tickvals": ticks,
            "ticktext": [seconds(tick) for tick in ticks],
        },
    )


def _frontier_reading(results: dict[str, Any], classifier: str) -> str:
    front = [line.arm for line in _front(_timed(results, classifier))]
    return (
        "Up is better, left is cheaper. The dotted frontier joins the arms that no faster arm equals:"
        f" {listed(front)}; what lies below it costs time and gives nothing for it on average."
        f"{_DIFFER[kind_of_interval(results)]}"
    )


def _frontier_table(results: dict[str, Any], classifier: str) -> Table:
    front = {line.arm for line in _front(_timed(results, classifier))}
    return Table(
        (
            "arm",
            "seconds per retraining",
            "average precision",
            "95 % interval",
            "gain per extra minute",
            "on the frontier",
        ),
        [
            (
                line.arm,
                seconds(line.training_seconds),
                number(line.mean(HEADLINE)),
                bounds(line.scores[HEADLINE]),
                signed((line.cost.get("worth") or {}).get("gain_per_minute")),
                "yes" if line.arm in front else "limit" if line.limit else "no",
            )
            for line in _timed(results, classifier)
        ],
    )


def _weighed(results: dict[str, Any], classifier: str) -> list[Line]:
    """Arms with a saving in money, the largest first, limits apart."""
    found = [
        line
        for line in scored(results, classifier)
        if not line.limit and (line.cost.get("worth") or {}).get("saving") is not None
    ]
    return sorted(found, key=lambda line: -line.cost["worth"]["saving"])


def _missing_break_even(results: dict[str, Any], classifier: str) -> str:
    if not results["config"].get("cost"):
        return "there are no prices. Give `cost` to the comparison."
    return (
        "" if _weighed(results, classifier) else "no arm has a saving in money over the reference."
    )


def _break_even_traces(
    results: dict[str, Any], classifier: str
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    found, look = _weighed(results, classifier), looks(results)
    own = float(results["config"]["cost"]["rows_per_retraining"])
    low, high = (
        min(VOLUMES[0], math.floor(math.log10(own))),
        max(VOLUMES[1], math.ceil(math.log10(own)) + 1),
    )
    powers = [low + i / STEPS_PER_DECADE for i in range((high - low) * STEPS_PER_DECADE + 1)]
    volumes = [10**power for power in powers]
    traces, lowest, highest = [], 0.0, 0.0
    for at, line in enumerate(found):
        worth, visible = line.cost["worth"], True if at < MOST_CURVES else "legendonly"
        net = [worth["saving"] - 1000 * worth["extra_price"] / volume for volume in volumes]
        traces.append(
            curve(
                line.arm,
                look[line.arm],
                volumes,
                net,
                "%{x:,.0f} rows: %{y:+,.2f} per 1,000 rows",
                visible=visible,
            )
        )
        # The intervals stand side by side at the right, where the price of training no longer counts.
        beside = 10 ** (high + 0.15 + 0.18 * (at % MOST_CURVES) + 0.06 * (at // MOST_CURVES))
        traces.append(
            curve(
                line.arm,
                look[line.arm],
                [beside],
                [worth["saving"]],
                "%{text}",
                mode="markers",
                visible=visible,
                showlegend=False,
                text=[f"saving before training: {_interval(worth)}"],
                marker={"color": look[line.arm].colour, "symbol": look[line.arm].symbol, "size": 8},
                error_y={
                    "array": [worth["saving_high"] - worth["saving"]],
                    "symmetric": False,
                    "width": 0,
                    "arrayminus": [worth["saving"] - worth["saving_low"]],
                    "thickness": 1.5,
                    "color": look[line.arm].colour,
                },
            )
        )
        lowest, highest = min(lowest, worth["saving_low"]), max(highest, worth["saving_high"])
    reach = (highest - lowest) or 1.0
    drawn = layout(
        "rows scored per retraining",
        f"saved per 1,000 rows, net of training, against {shown(results['config']['reference'], 20)}",
        xaxis={
            "type": "log",
            "range": [low, high + 0.18 * (min(len(found), MOST_CURVES) + 1)],
            "dtick": 1,
            "tickvals": [10**p for p in range(low, high + 1)],
            "tickformat": "~s",
        },
        yaxis={"range": [lowest - 0.06 * reach, highest + 0.06 * reach], "tickformat": ",~f"},
    )
    drawn["shapes"] = [
        {
            "type": "line",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": 0,
            "y1": 0,
            "line": {"color": QUIET, "width": 1},
            "layer": "below",
        },
        {
            "type": "line",
            "yref": "paper",
            "y0": 0,
            "y1": 1,
            "x0": own,
            "x1": own,
            "layer": "below",
            "line": {"color": BAND, "width": 6},
        },
    ]
    return traces, drawn


def _interval(worth: dict[str, Any]) -> str:
    return f"{signed(worth['saving'])} ({signed(worth['saving_low'])} to {signed(worth['saving_high'])})"


def _break_even_reading(results: dict[str, Any], classifier: str) -> str:
    found = _weighed(results, classifier)
    own = results["config"]["cost"]["rows_per_retraining"]
    sure = [line.arm for line in found if line.cost["worth"]["word"] == "worth it"]
    return (
        "Above zero an arm pays for its own training; the grey line is your volume,"
        f" {own:,} rows per retraining. The bars at the right are the 95 % intervals of the saving:"
        f" {f'that of {listed(sure)} lies' if sure else 'none lies'} wholly above zero."
    )


def _pays_from(worth: dict[str, Any]) -> str:
    """From (of cheaper training that loses: below) how many rows per retraining an arm pays on average."""
    even, price, saving = worth["break_even_rows"], worth["extra_price"], worth["saving"]
    if even is None:
        below = 1000 * price / saving if price < 0 and saving < 0 else 0.0
        return f"below {below:,.0f} rows" if below >= 1 else "never"
    return "at once" if even < 1 else f"{even:,.0f} rows"


def _break_even_table(results: dict[str, Any], classifier: str) -> Table:
    rows = []
    for line in _weighed(results, classifier):
        worth = line.cost["worth"]
        rows.append(
            (
                line.arm,
                seconds(worth["extra_seconds"]),
                signed(worth["extra_price"], 6),
                signed(worth["saving"]),
                f"{signed(worth['saving_low'])} to {signed(worth['saving_high'])}",
                _pays_from(worth),
                worth["word"],
            )
        )
    return Table(
        (
            "arm",
            "extra seconds",
            "their price",
            "saved per 1,000 rows",
            "95 % interval",
            "breaks even from",
            "word",
        ),
        rows,
    )


FRONTIER = Plot(
    "frontier",
    "Score against training time",
    _frontier_traces,
    _frontier_reading,
    _frontier_table,
    _missing_frontier,
)
BREAK_EVEN = Plot(
    "break_even",
    "From which volume does it pay?",
    _break_even_traces,
    _break_even_reading,
    _break_even_table,
    _missing_break_even,
)
