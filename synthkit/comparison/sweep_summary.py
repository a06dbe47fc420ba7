"""What the levels of a sweep say together: learning curves, worth in real rows, headroom, where an arm stops to pay."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from synthkit.comparison.learning_curve import Crossing, RealRows, crossing, in_real_rows
from synthkit.comparison.ledger import Cell
from synthkit.comparison.levels import Levels
from synthkit.comparison.summary import HEADLINE, values
from synthkit.stats import judge

#: What is swept by leaving positives out, so that the reference's scores are its learning curve.
LEARNING = ("positives", "imbalance")


def sweep_results(swept: Levels, per_level: list[dict[str, Any]]) -> dict[str, Any]:
    """`results["sweep"]`: everything that depends on data, plan and versions alone."""
    return {
        "over": swept.over,
        "levels": [
            {"value": level.value, "positives": _count(level.positives), "fresh": level.fresh}
            for level, _ in swept.pairs
        ],
        "points": _points(swept, per_level),
        "worth": _worth(swept) if swept.over in LEARNING else [],
        "headroom": _headroom(swept, per_level[swept.base]),
    }


def _points(swept: Levels, per_level: list[dict[str, Any]]) -> list[dict[str, Any]]:
    points = []
    for (level, outcome), results in zip(swept.pairs, per_level, strict=True):
        for row in results["rows"]:
            points.append(
                {
                    "classifier": row["classifier"],
                    "arm": row["arm"],
                    "level": level.value,
                    "positives": _count(level.positives),
                    "fresh": level.fresh,
                    "limit": row["arm"] in outcome.limit_arms,
                    "synthetic": _synthetic(outcome.of(row["classifier"], row["arm"])),
                    "failed": row["failed"],
                    "scores": row["scores"],
                    "gap": row["gap"],
                }
            )
    order = {classifier: i for i, classifier in enumerate(swept.whole.classifiers)}
    labels = {arm.label: i for i, arm in enumerate(swept.whole.arms)}
    return sorted(points, key=lambda point: (order[point["classifier"]], labels[point["arm"]]))


def _count(mean: float) -> float:
    """A mean number of rows; a whole number where all folds have as many."""
    return int(mean) if float(mean).is_integer() else mean


def _synthetic(cells: list[Cell]) -> float:
    """Mean number of synthetic rows that an arm adds."""
    return float(np.mean([cell.counts.get("synthetic", 0) for cell in cells]))


def _worth(swept: Levels) -> list[dict[str, Any]]:
    """Per classifier, arm and level: what the arm's work is worth in more real positives."""
    found = []
    for classifier in swept.whole.classifiers:
        # Where the reference has a hole, the curve goes from its neighbours.
        reference_arm = swept.whole.plan.reference
        curve = [
            (level.positives, outcome.of(classifier, reference_arm))
            for level, outcome in swept.pairs
        ]
        curve = sorted((pair for pair in curve if _whole(pair[1])), key=lambda pair: pair[0])
        if len({n for n, _ in curve}) < 2:
            continue
        counts = np.array([n for n, _ in curve])
        reference = np.column_stack([values(cells, HEADLINE) for _, cells in curve])
        for arm in swept.whole.arms:
            if arm.label == swept.whole.plan.reference:
                continue
            entries = []
            for level, outcome in swept.pairs:
                if level.fresh or arm.label not in level.shown:
                    continue
                cells = outcome.of(classifier, arm.label)
                if level.positives not in counts or not _whole(cells):
                    continue
                rows = in_real_rows(
                    counts,
                    reference,
                    values(cells, HEADLINE),
                    level.positives,
                    swept.whole.test_to_train,
                    same_rows=swept.whole.same_rows,
                )
                if rows is not None:
                    entries.append(
                        {
                            "classifier": classifier,
                            "arm": arm.label,
                            "level": level.value,
                            "positives": _count(level.positives),
                            "synthetic": _synthetic(cells),
                            "limit": arm.label in swept.whole.limit_arms,
                            **asdict(rows),
                            "sentence": None,
                        }
                    )
            if entries:
                # With all positives nothing lies above the curve to measure a gain by, unless the curve goes on.
                last = entries[-1]
                beyond = last["reach"] == "above" and last["most"] == 0
                told = entries[-2] if beyond and len(entries) > 1 else last
                told["sentence"] = worth_sentence(told)
            found += entries
    return found


def _whole(cells: list[Cell]) -> bool:
    """Whether no cell failed."""
    return all(cell.error is None for cell in cells)


def worth_sentence(entry: dict[str, Any]) -> str:
    """One arm's worth in plain words.

    For example: "Beside 100 real positives, the 2,940 synthetic rows of smote are worth 12 more real ones [-5, 40]."
    """
    rows = RealRows(**{key: entry[key] for key in RealRows.__dataclass_fields__})
    m = entry["synthetic"]
    what = (
        f"the {m:,.0f} synthetic rows of {entry['arm']} are"
        if m >= 1
        else f"what {entry['arm']} does is"
    )
    low = f"below {_signed(rows.least)}" if rows.low is None else _signed(rows.low)
    high = f"beyond {_signed(rows.most)}" if rows.high is None else _signed(rows.high)
    bounds = f" [{low}, {high}]" if rows.kind == "corrected" else ""
    undecided = rows.kind == "corrected" and rows.low is None and rows.high is None
    if rows.reach == "above":
        worth = (
            f"worth more than {rows.most:,.0f} more real ones"
            if round(rows.most) > 0
            else "worth more real ones, how many is beyond the curve"
        )
    elif rows.reach == "below":
        worth = (
            f"worth none: as bad as more than {-rows.least:,.0f} real ones fewer"
            if round(rows.least) < 0
            else "worth none: worse than without, how much is beyond the curve"
        )
    elif rows.rows is not None and round(rows.rows) > 0:
        worth = f"worth {rows.rows:,.0f} more real ones"
    elif rows.rows is not None and round(rows.rows) < 0:
        worth = f"worth none: as bad as {-rows.rows:,.0f} real ones fewer"
    else:
        worth = "worth none"
    beside = f"Beside {entry['positives']:,.0f} real positives"
    if undecided:
        return f"{beside}, these folds cannot tell how many real ones {what} worth; on average {worth}."
    return f"{beside}, {what} {worth}{bounds}."


def _signed(rows: float) -> str:
    return f"{rows:+,.0f}".replace("-", "−") if round(rows) else "0"


def _headroom(swept: Levels, base: dict[str, Any]) -> list[dict[str, Any]]:
    """What no generator can pass: the gain of true fresh positives, or else of real ones held back and given back."""
    found = []
    for classifier in swept.whole.classifiers:
        gaps = [
            row["gap"][HEADLINE]
            for row in base["rows"]
            if row["classifier"] == classifier
            and row["arm"] in swept.whole.limit_arms
            and row["gap"]
            and HEADLINE in row["gap"]
        ]
        if gaps:
            found.append(_bound(classifier, "perfect generator", gaps[0], swept, {}))
        elif swept.over in LEARNING and not swept.whole.same_rows:
            held_back = _held_back(swept, classifier)
            if held_back:
                found.append(held_back)
    return found


def _held_back(swept: Levels, classifier: str) -> dict[str, Any] | None:
    full, whole = swept.pairs[swept.base]
    below = [(level, outcome) for level, outcome in swept.pairs if level.positives < full.positives]
    if not below:
        return None
    level, outcome = min(
        below, key=lambda pair: abs(np.log(2 * pair[0].positives / full.positives))
    )
    cells, fewer = (o.of(classifier, swept.whole.plan.reference) for o in (whole, outcome))
    if not _whole([*cells, *fewer]):
        return None
    repeats = max(len({c.repeat for c in cells}), 1)
    gap = judge(
        values(cells, HEADLINE) - values(fewer, HEADLINE),
        swept.whole.test_to_train,
        swept.whole.plan.rope,
        len(cells) // repeats,
    )
    if gap is None:
        return None
    between = {"from": _count(level.positives), "to": _count(full.positives)}
    return _bound(classifier, "held back", asdict(gap), swept, between)


def _bound(
    classifier: str,
    source: str,
    gap: dict[str, Any],
    swept: Levels,
    between: dict[str, float],
) -> dict[str, Any]:
    """A bound on every generator's gain; it ends the question where its high end is below the least that counts."""
    rope = swept.whole.plan.rope
    ends = gap["high"] < rope
    figure = f"{gap['mean']:+.3f} [{gap['low']:+.3f}, {gap['high']:+.3f}]".replace("-", "−")
    model = classifier.replace("_", " ")
    most = f"at most {gap['high']:.3f}" if gap["high"] > 0 else "no"
    if source == "perfect generator":
        text = f"With {model}, a perfect generator would gain {most} average precision ({figure})"
    else:
        text = (
            f"With {model}, {between['to'] - between['from']:,.0f} real positives held back and given back to"
            f" {between['from']:,.0f} gained {most} average precision ({figure}); if the curve goes on flattening,"
            " a generator whose rows are worth as many real ones again gains no more (extrapolated)"
        )
    end = (
        f": less than {rope:g}, the least that counts. No generator is worth its training here."
        if ends
        else f": more than {rope:g}, the least that counts, so there is something to gain."
        if gap["low"] > rope
        else ": whether that is enough to matter is undecided."
    )
    return {
        "classifier": classifier,
        "source": source,
        "mean": gap["mean"],
        "low": gap["low"],
        "high": gap["high"],
        "word": gap["word"],
        "ends": ends,
        **between,
        "sentence": text + end,
    }


def sweep_cost(swept: Levels, per_level: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """`results["sweep_cost"]`: per classifier and arm its cost and worth at each level; seconds, so no figures."""
    found = []
    volume = swept.whole.plan.cost.rows_per_retraining / 1000 if swept.whole.plan.cost else 1.0
    for classifier in swept.whole.classifiers:
        for arm in swept.whole.plan.arms:
            if arm.label == swept.whole.plan.reference:
                continue
            levels = []
            for (level, _), results in zip(swept.pairs, per_level, strict=True):
                for cost, row in zip(results["cost"], results["rows"], strict=True):
                    if (cost["classifier"], cost["arm"]) == (classifier, arm.label) and cost[
                        "worth"
                    ]:
                        worth, gap = cost["worth"], row["gap"][HEADLINE]["mean"]
                        paid = max(worth["extra_price"], 0.0)
                        net = gap if worth["saving"] is None else worth["saving"] * volume - paid
                        levels.append(
                            {
                                "level": level.value,
                                "positives": _count(level.positives),
                                "seconds": cost["seconds"],
                                "extra_seconds": worth["extra_seconds"],
                                "word": worth["word"],
                                "net": net,
                            }
                        )
            entry: dict[str, Any] = {
                "classifier": classifier,
                "arm": arm.label,
                "levels": levels,
                "sentence": None,
            }
            if levels and swept.over in LEARNING:
                crossed = crossing(
                    [v["positives"] for v in levels],
                    [v["word"] for v in levels],
                    [v["net"] for v in levels],
                )
                entry |= asdict(crossed) | {
                    "sentence": crossing_sentence(arm.label, levels, crossed)
                }
            found.append(entry)
    return found


def crossing_sentence(arm: str, levels: list[dict[str, Any]], found: Crossing) -> str:
    """Below which number of real positives an arm is worth its cost, with what supports it."""
    counts, words = [v["positives"] for v in levels], [v["word"] for v in levels]
    tried = f"{counts[0]:,.0f} to {counts[-1]:,.0f} real positives"
    near = "" if found.estimate is None else f" The mean gain ends near {found.estimate:,.0f}."
    if len(set(words)) == 1:
        about = f"Whether {arm} is worth it is" if words[0] == "undecided" else f"{arm} is"
        return f"{about} {words[0]} at every number tried, {tried}.{near}"
    if found.up_to is not None:
        end = (
            "undecided beyond"
            if found.not_from is None
            else (
                f"not from {found.not_from:,.0f}"
                if _neighbours(counts, found.up_to, found.not_from)
                else f"undecided between, not from {found.not_from:,.0f}"
            )
        )
        return f"{arm} is worth it up to {found.up_to:,.0f} real positives, {end}.{near}"
    if found.not_from is not None:
        return (
            f"{arm} is worth it at no number tried, {tried}; not worth it from {found.not_from:,.0f}, undecided"
            f" below.{near}"
        )
    listed = ", ".join(f"{word} at {n:,.0f}" for n, word in zip(counts, words, strict=True))
    return f"{arm}: no number below which it is worth it is supported ({listed}).{near}"


def _neighbours(counts: list[float], low: float, high: float) -> bool:
    return counts.index(high) == counts.index(low) + 1
