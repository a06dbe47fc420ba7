"""Plots of differences to the reference on the same folds: the verdict's gaps, and the folds one by one."""

from __future__ import annotations

from statistics import fmean, median
from typing import Any

from synthkit.report.figure import Plot, Table, around, rows_layout, shown
from synthkit.report.palette import BAND, INK, QUIET, SIGNS, WORDS, looks
from synthkit.report.view import HEADLINE, Line, scored
from synthkit.report.words import bounds, number, signed


def _judged(results: dict[str, Any], classifier: str) -> list[Line]:
    """Arms with a verdict, the largest gain first, limits last."""
    found = [line for line in scored(results, classifier) if line.headline]
    return sorted(found, key=lambda line: (line.limit, -(line.headline or {})["mean"]))


def _rope(results: dict[str, Any]) -> float:
    return float(results["config"].get("rope", 0.01))


def _missing_gaps(results: dict[str, Any], classifier: str) -> str:
    if _judged(results, classifier):
        return ""
    if results["folds"].get("same_rows"):
        return "every run used one and the same split, which shows dice, not how arms differ on other data."
    return "there are no two arms with scores on the same two folds."


def _gap_traces(
    results: dict[str, Any], classifier: str
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    rope, found, traces = _rope(results), _judged(results, classifier), []
    names = []
    for at, line in enumerate(found):
        gap = line.headline or {}
        colour = QUIET if line.limit else WORDS.get(gap["word"], QUIET)
        said = "true fresh rows, to balance" if line.limit else gap["word"]
        sign = "" if line.limit else f"{SIGNS.get(gap['word'], '')} "
        names.append((f"{sign}{shown(line.arm, 30)} · {said}", INK))
        hollow = gap["word"] in ("undecided", "equivalent")
        symbol = "diamond" if line.limit else "circle-open" if hollow else "circle"
        traces += [
            {
                "type": "scatter",
                "mode": "lines",
                "x": [gap["low"], gap["high"]],
                "y": [at, at],
                "hoverinfo": "skip",
                "line": {"color": colour, "width": 2.5},
                "showlegend": False,
            },
            {
                "type": "scatter",
                "mode": "markers",
                "x": [gap["mean"]],
                "y": [at],
                "name": shown(line.arm),
                "marker": {
                    "color": colour,
                    "size": 11,
                    "symbol": symbol,
                    "line": {"width": 2.5, "color": colour},
                },
                "text": [f"{signed(gap['mean'])} ({bounds(gap, signed)})"],
                "hovertemplate": "%{fullData.name}<br>%{text}<extra></extra>",
                "showlegend": False,
            },
        ]
    drawn = rows_layout(
        names, f"average precision gained over {shown(results['config']['reference'], 16)}"
    )
    drawn["shapes"].insert(
        0,
        {
            "type": "rect",
            "xref": "x",
            "yref": "paper",
            "x0": -rope,
            "x1": rope,
            "y0": 0,
            "y1": 1,
            "fillcolor": BAND,
            "line": {"width": 0},
            "layer": "below",
        },
    )
    ends = [gap[end] for line in found for gap in [line.headline or {}] for end in ("low", "high")]
    drawn["xaxis"] |= {"tickformat": "+.3~f", "range": around([*ends, -rope, rope])}
    return traces, drawn


def _gap_reading(results: dict[str, Any], classifier: str) -> str:
    found = [line for line in _judged(results, classifier) if not line.limit]
    count = {word: sum((line.headline or {})["word"] == word for line in found) for word in WORDS}
    said = ", ".join(f"{n} {word}" for word, n in count.items() if n)
    return (
        f"Dot: the mean gain on the same folds; line: its 95 % interval; band: ±{_rope(results):g}, where a"
        f" difference is too small to matter. Here: {said or 'none judged'}."
    )


def _gap_table(results: dict[str, Any], classifier: str) -> Table:
    rows = []
    for line in _judged(results, classifier):
        gap = line.headline or {}
        rows.append(
            (
                line.arm,
                signed(gap["mean"]),
                bounds(gap, signed),
                gap["word"],
                number(gap["better"], 2),
                number(gap["equivalent"], 2),
                number(gap["worse"], 2),
                number(gap["p_holm"]),
                _repeats(gap["repeats"]),
            )
        )
    return Table(
        (
            "arm",
            "gap",
            "95 % interval",
            "word",
            "P(better)",
            "P(equivalent)",
            "P(worse)",
            "p (Holm)",
            "repeats that would decide",
        ),
        rows,
    )


def _repeats(value: int | None) -> str:
    return "" if value is None else f"{value:,}" if value else "none: more rows are needed"


def _by_fold(results: dict[str, Any], classifier: str) -> dict[str, list[tuple[int, int, float]]]:
    """{arm: [(repeat, fold, average precision minus the reference's)]}, arms in the order of the gaps plot."""
    values: dict[str, dict[tuple[int, int], float]] = {}
    for cell in results.get("cells") or []:
        if cell["classifier"] == classifier and cell.get(HEADLINE) is not None:
            values.setdefault(cell["arm"], {})[cell["repeat"], cell["fold"]] = cell[HEADLINE]
    reference = values.get(results["config"]["reference"], {})
    found = {
        line.arm: [
            (*key, value - reference[key])
            for key, value in values.get(line.arm, {}).items()
            if key in reference
        ]
        for line in sorted(scored(results, classifier), key=lambda line: line.limit)
        if not line.reference
    }
    return {arm: folds for arm, folds in found.items() if folds}


def _missing_folds(results: dict[str, Any], classifier: str) -> str:
    return (
        ""
        if _by_fold(results, classifier)
        else "there are no folds that an arm shares with the reference."
    )


def _fold_traces(
    results: dict[str, Any], classifier: str
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    found, look, traces = _by_fold(results, classifier), looks(results), []
    for at, (arm, folds) in enumerate(found.items()):
        repeats = 1 + max(repeat for repeat, _, _ in folds)
        # The repeats of a row stand below each other, so that equal folds do not hide one another.
        heights = [
            at + (repeat - (repeats - 1) / 2) * min(0.09, 0.3 / repeats) + 0.05
            for repeat, _, _ in folds
        ]
        mean = fmean(gap for _, _, gap in folds)
        traces += [
            {
                "type": "scatter",
                "mode": "lines",
                "x": [mean, mean],
                "y": [at - 0.15, at + 0.25],
                "hoverinfo": "skip",
                "line": {"color": INK, "width": 2},
                "showlegend": False,
            },
            {
                "type": "scatter",
                "mode": "markers",
                "x": [gap for _, _, gap in folds],
                "y": heights,
                "name": shown(arm),
                "showlegend": False,
                "text": [
                    f"repeat {repeat}, fold {fold}: {signed(gap)}" for repeat, fold, gap in folds
                ],
                "marker": {
                    "color": look[arm].colour,
                    "size": 8,
                    "opacity": 0.75,
                    "symbol": look[arm].symbol,
                },
                "hovertemplate": "%{fullData.name}<br>%{text}<extra></extra>",
            },
        ]
    drawn = rows_layout(
        [(shown(arm, 40), INK) for arm in found],
        f"gain over {shown(results['config']['reference'], 16)} on the same fold",
    )
    drawn["xaxis"] |= {
        "tickformat": "+.3~f",
        "range": around([gap for folds in found.values() for _, _, gap in folds]),
    }
    return traces, drawn


def _fold_reading(results: dict[str, Any], classifier: str) -> str:
    found = _by_fold(results, classifier)
    arm, folds = next(iter(found.items()))
    ahead = sum(gap > 0 for _, _, gap in folds)
    return (
        f"Each mark is one fold, the bar their mean: an arm that helps stands right of zero in nearly every fold."
        f" {arm} does so in {ahead} of {len(folds)}."
    )


def _fold_table(results: dict[str, Any], classifier: str) -> Table:
    rows = []
    for arm, folds in _by_fold(results, classifier).items():
        gaps = [gap for _, _, gap in folds]
        rows.append(
            (
                arm,
                f"{sum(g > 0 for g in gaps)} of {len(gaps)}",
                signed(min(gaps)),
                signed(median(gaps)),
                signed(max(gaps)),
            )
        )
    return Table(("arm", "folds ahead", "lowest", "median", "highest"), rows)


GAPS = Plot(
    "gaps",
    "Does any arm differ from the reference?",
    _gap_traces,
    _gap_reading,
    _gap_table,
    _missing_gaps,
)
FOLDS = Plot("folds", "Fold by fold", _fold_traces, _fold_reading, _fold_table, _missing_folds)
