"""Cells into `results.json`: means, paired verdicts, curves, the honest figure of the winner; as plain values."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np

from synthkit.comparison.ledger import Cell
from synthkit.comparison.outcome import Outcome
from synthkit.comparison.rules import rules_of_comparison
from synthkit.comparison.worth import sentence, worth
from synthkit.results import FORMAT
from synthkit.stats import Verdict, holm, judge, mean_interval

STEPS = ("augment", "fit", "predict")
HEADLINE = "average_precision"
#: Scores of which less is better.
LESS_IS_BETTER = ("brier", "log_loss", "cost")
#: Scores without a better and worse of their own.
NOT_JUDGED = ("threshold", "achieved_", "calibration_slope", "calibration_intercept")
#: Scores that are not between 0 and 1: their region of equivalence is a share of the reference's mean.
UNBOUNDED = ("log_loss", "cost")


def results_of(outcome: Outcome) -> dict[str, Any]:
    """Everything that `results.json` holds; docs/results.md describes it."""
    dataset, plan = outcome.dataset, outcome.plan
    schema = dataset.schema
    counts = np.bincount(dataset.codes, minlength=len(schema.classes))
    rows = _rows(outcome)
    return {
        "format": FORMAT,
        "data": {
            "name": dataset.name,
            "hash": dataset.content_hash,
            "rows": len(dataset),
            "target": schema.target,
            "positive": _plain(schema.positive),
            "classes": {str(c): int(n) for c, n in zip(schema.classes, counts, strict=True)},
            "features": list(schema.features),
            "ignored": [
                {"name": c.name, "kind": c.kind.value, "why": c.why} for c in schema.ignored
            ],
            "dropped_rows": dataset.dropped_rows,
            "duplicates": outcome.duplicates.as_dict(),
        },
        "config": plan.spec,
        "folds": {
            "n": outcome.fits,
            "test_to_train": outcome.test_to_train,
            "same_rows": outcome.same_rows,
        },
        "arms": [
            {
                "label": a.label,
                "spec": a.spec,
                "published": dict(a.published),
                "limit": a.label in outcome.limit_arms,
            }
            for a in outcome.arms
        ],
        "classifiers": list(outcome.classifiers),
        "rows": rows,
        "limit": None
        if outcome.limit is None
        else {
            key: _interval(outcome, outcome.limit[key].to_numpy(dtype=float), key)
            for key in outcome.limit
        },
        "selection": [_selection(outcome, name) for name in outcome.classifiers],
        "curves": [
            _curves(outcome, name, arm.label)
            for name in outcome.classifiers
            for arm in outcome.arms
        ],
        "cells": [
            {
                "classifier": c.classifier,
                "arm": c.arm,
                "repeat": c.repeat,
                "fold": c.fold,
                HEADLINE: c.scores.get(HEADLINE),
                "f1_tuned": c.scores.get("f1_tuned"),
            }
            for c in outcome.cells
            if c.error is None
        ],
        "failures": [
            {
                "arm": c.arm,
                "classifier": c.classifier,
                "repeat": c.repeat,
                "fold": c.fold,
                "error": c.error,
            }
            for c in outcome.cells
            if c.error is not None
        ],
        "warnings": _warnings(outcome),
        **({"rules": rules_of_comparison(outcome, partial(_gap, outcome))} if plan.rules else {}),
        "run": {key: outcome.manifest[key] for key in ("versions", "machine")},
        # Last and apart: seconds differ from run to run, everything above does not.
        "cost": [_cost(outcome, row) for row in rows],
    }


def _rows(outcome: Outcome) -> list[dict[str, Any]]:
    """One row per classifier and arm. An arm with a hole gets no figures: its mean would be of other folds."""
    rows = []
    for classifier in outcome.classifiers:
        reference = outcome.of(classifier, outcome.plan.reference)
        block: list[dict[str, Any]] = []
        for arm in outcome.arms:
            cells = outcome.of(classifier, arm.label)
            failed = sum(c.error is not None for c in cells)
            row: dict[str, Any] = {
                "classifier": classifier,
                "arm": arm.label,
                "cells": len(cells),
                "failed": failed,
                "scores": {},
                "gap": None,
            }
            if failed == 0:
                names = list(dict.fromkeys(key for c in cells for key in c.scores))
                row["scores"] = {key: _interval(outcome, values(cells, key), key) for key in names}
                if arm.label != outcome.plan.reference and all(c.error is None for c in reference):
                    gaps = {
                        key: _gap(outcome, cells, reference, key) for key in names if _judged(key)
                    }
                    row["gap"] = {key: gap for key, gap in gaps.items() if gap is not None} or None
            block.append(row)
        # A bound is no competitor: its presence must not make the arms' verdicts stricter.
        for family in (True, False):
            _adjust([row for row in block if (row["arm"] in outcome.limit_arms) == family])
        rows += block
    return rows


def _judged(key: str) -> bool:
    return not key.startswith(NOT_JUDGED)


def _gap(
    outcome: Outcome, cells: list[Cell], reference: list[Cell], key: str
) -> dict[str, Any] | None:
    """The verdict on one score, above 0 where the arm is better; None where folds cannot tell."""
    if outcome.same_rows:
        return None  # repetitions on one split show dice; they are no sample of other data
    theirs = values(reference, key)
    difference = values(cells, key) - theirs
    rope = outcome.plan.rope
    if key.startswith(UNBOUNDED):
        rope *= float(abs(np.nanmean(theirs))) if not np.isnan(theirs).all() else 1.0
    sign = -1.0 if key.startswith(LESS_IS_BETTER) else 1.0
    verdict = judge(sign * difference, outcome.test_to_train, rope, _folds(cells))
    return None if verdict is None else asdict(verdict)


def _folds(cells: list[Cell]) -> int:
    """Fits that one more repeat would add."""
    return len(cells) // max(len({c.repeat for c in cells}), 1)


def _adjust(block: list[dict[str, Any]]) -> None:
    """Holm over some arms of one classifier, score by score."""
    judged = [row["gap"] for row in block if row["gap"]]
    for key in {key for gap in judged for key in gap}:
        gaps = [gap[key] for gap in judged if key in gap]
        for gap, adjusted in zip(gaps, holm(np.array([g["p_value"] for g in gaps])), strict=True):
            gap["p_holm"] = float(adjusted)


def _interval(outcome: Outcome, found: np.ndarray, key: str = HEADLINE) -> dict[str, Any]:
    """A score's mean with its interval, cut to the range that the score has."""
    of_folds = mean_interval(found, outcome.test_to_train, same_rows=outcome.same_rows)
    result = {"mean": of_folds.value, **{k: v for k, v in vars(of_folds).items() if k != "value"}}
    if _judged(key):
        result["low"] = np.maximum(result["low"], 0.0)  # NaN stays NaN
        result["high"] = (
            result["high"] if key.startswith(UNBOUNDED) else np.minimum(result["high"], 1.0)
        )
    return _no_nan(
        {key: float(v) if isinstance(v, np.floating) else v for key, v in result.items()}
    )


def _selection(outcome: Outcome, classifier: str) -> dict[str, Any] | None:
    """The best arm's average precision, naively and from folds that did not choose it.

    In each repeat, each fold is scored with the arm that was best on the repeat's other folds;
    their test rows are not this fold's. None with one fold per repeat or with holes everywhere.
    """
    table = {
        arm.label: outcome.of(classifier, arm.label)
        for arm in outcome.arms
        if arm.label not in outcome.limit_arms
    }
    table = {label: cells for label, cells in table.items() if all(c.error is None for c in cells)}
    if len(table) < 2 or outcome.same_rows:
        return None
    labels, scores = (
        list(table),
        np.array([values(cells, HEADLINE) for cells in table.values()]),
    )  # (arms, fits)
    repeats = np.array([c.repeat for c in next(iter(table.values()))])
    honest, chosen = [], []
    for repeat in np.unique(repeats):
        block = scores[:, repeats == repeat]
        if block.shape[1] < 2 or np.isnan(block).any():
            return None
        others = (block.sum(axis=1, keepdims=True) - block) / (block.shape[1] - 1)
        best = others.argmax(axis=0)
        honest.append(block[best, np.arange(block.shape[1])])
        chosen += [labels[i] for i in best]
    naive = int(scores.mean(axis=1).argmax())
    return {
        "classifier": classifier,
        "score": HEADLINE,
        "arm": labels[naive],
        "naive": _interval(outcome, scores[naive]),
        "nested": _interval(outcome, np.concatenate(honest)),
        "chosen": {label: chosen.count(label) for label in labels if label in chosen},
    }


def _curves(outcome: Outcome, classifier: str, arm: str) -> dict[str, Any]:
    """Precision by recall and cost by threshold as means over folds; calibration pooled over them."""
    cells = [c for c in outcome.of(classifier, arm) if c.curves]
    found: dict[str, Any] = {"classifier": classifier, "arm": arm}
    for key in ("recall", "precision", "threshold", "cost"):
        lines = [c.curves[key] for c in cells if key in c.curves]
        if lines:
            found[key] = [round(float(v), 4) for v in np.mean(lines, axis=0)]
    if cells:
        n, predicted, observed = np.sum([c.curves["calibration"] for c in cells], axis=0)
        full = n > 0
        found["calibration"] = {
            "n": [int(v) for v in n[full]],
            "predicted": [round(float(v), 4) for v in predicted[full] / n[full]],
            "observed": [round(float(v), 4) for v in observed[full] / n[full]],
        }
    return found


def _cost(outcome: Outcome, row: dict[str, Any]) -> dict[str, Any]:
    """Mean seconds per step, the highest peak of memory, and whether the arm is worth them."""
    classifier, arm = row["classifier"], row["arm"]
    cells = [c for c in outcome.of(classifier, arm) if c.error is None]
    cost: dict[str, Any] = {"classifier": classifier, "arm": arm}
    for step in STEPS:
        cost[f"{step}_seconds"] = _mean([c.cost[step]["wall"] for c in cells])
        cost[f"{step}_cpu_seconds"] = _mean([c.cost[step]["cpu"] for c in cells])
    # Of augmentation: what a synthesizer took to train and to sample; 0 for strategies without one.
    for part in ("training", "sampling"):
        cost[f"{part}_seconds"] = _mean([c.cost["augment"].get(part, 0.0) for c in cells])
    if outcome.plan.rules:
        cost["enforcing_seconds"] = _mean([c.cost["augment"].get("enforcing", 0.0) for c in cells])
    cost["seconds"] = _mean([sum(c.cost[step]["wall"] for step in STEPS) for c in cells])
    peaks = [
        c.cost[step]["peak"] for c in cells for step in STEPS if not np.isnan(c.cost[step]["peak"])
    ]
    cost["peak_mib"] = max(peaks, default=None)
    cost["device"] = sorted({c.cost[step]["device"] for c in cells for step in STEPS})
    cost["worth"], cost["sentence"] = None, None
    if row["gap"] and HEADLINE in row["gap"]:
        plan = outcome.plan
        extra = _retraining(cells) - _retraining(outcome.of(classifier, plan.reference))
        gap = Verdict(**row["gap"][HEADLINE])
        saving = next(
            (Verdict(**row["gap"][key]) for key in ("cost_tuned", "cost") if key in row["gap"]),
            None,
        )
        found = worth(
            extra,
            gap,
            saving,
            plan.cost.compute_per_hour if plan.cost else 0.0,
            plan.cost.rows_per_retraining if plan.cost else 1,
            outcome.test_to_train,
            _folds(cells),
        )
        cost["worth"] = _no_nan(asdict(found))
        if arm not in outcome.limit_arms:
            cost["sentence"] = sentence(arm, plan.reference, gap, found, saving is not None)
    return cost


def _retraining(cells: list[Cell]) -> float:
    """Mean seconds of augmentation and fit."""
    return float(np.mean([c.cost["augment"]["wall"] + c.cost["fit"]["wall"] for c in cells]))


def _warnings(outcome: Outcome) -> list[dict[str, Any]]:
    heard: dict[tuple[str, str, str], int] = {}
    for cell in outcome.cells:
        for message in cell.warnings:
            key = (cell.classifier, cell.arm, message)
            heard[key] = heard.get(key, 0) + 1
    return [{"classifier": c, "arm": a, "message": m, "cells": n} for (c, a, m), n in heard.items()]


def values(cells: list[Cell], key: str) -> np.ndarray:
    """One score of each cell (m,), NaN where it is undefined."""
    return np.array(
        [np.nan if c.scores.get(key) is None else c.scores[key] for c in cells], dtype=float
    )


def _mean(found: list[float]) -> float | None:
    return float(np.mean(found)) if found else None


def _no_nan(found: dict[str, Any]) -> dict[str, Any]:
    """The same with None where JSON has no number."""
    return {
        key: None if isinstance(value, float) and not np.isfinite(value) else value
        for key, value in found.items()
    }


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
