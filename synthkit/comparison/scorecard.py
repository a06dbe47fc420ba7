"""Every score of one cell: at the classifier's own decision, at the tuned threshold, with the prior put back."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from synthkit.comparison import score
from synthkit.comparison.cost import Cost
from synthkit.errors import ConfigError
from synthkit.methods import method
from synthkit.stats import roc_auc
from synthkit.table.split import EvaluationSet
from synthkit.table.training_set import TrainingSet

Rate = Annotated[float, Field(ge=0, le=1)]


@method
class RecallAt:
    """Limits at which recall is asked for.

    Thresholds are chosen on the tune part alone; on the test part they reach about, not exactly, the
    precision or rate that was asked for, so what they reach is reported beside the recall.
    """

    precision: Annotated[Rate | None, Field(description="The least precision.")] = None
    false_positive_rate: Annotated[
        Rate | None, Field(description="The greatest share of negatives called positive.")
    ] = None

    def __post_init__(self) -> None:
        if self.precision is None and self.false_positive_rate is None:
            raise ConfigError(
                "recall_at needs precision or false_positive_rate, however it has neither. Write"
                " {precision: 0.9}.",
                key="recall_at",
            )


def score_cell(  # noqa: PLR0913  # all that a cell knows
    train: TrainingSet,
    augmented: TrainingSet,
    tune: EvaluationSet,
    p_tune: np.ndarray | None,
    test: EvaluationSet,
    p_test: np.ndarray,
    cost: Cost | None,
    aim: str,
    recall_at: RecallAt | None = None,
) -> dict[str, float]:
    """The scores of predicted class probabilities (n, k), of the positive class against the rest.

    `train` and `augmented` are the training set before and after the strategy: their class shares
    tell how far the prior was moved.
    """
    scores = at_default(test, p_test, cost)
    if p_tune is not None:
        scores |= at_tuned(tune, p_tune, test, p_test, cost, aim)
        scores |= at_limits(tune, p_tune, test, p_test, recall_at)
    # Resampling moves the prior; with it put back, the arms differ by what they learned.
    mass = augmented.weight @ augmented.y
    trained, real = np.maximum(mass / mass.sum(), 1e-12), train.counts / len(train)
    restored = at_default(test, score.prior_restored(p_test, trained, real), cost)
    if len(real) == 2:  # the order of the rows does not change
        del restored["average_precision"], restored["roc_auc"]
    return scores | {f"{key}_prior": value for key, value in restored.items()}


def at_default(test: EvaluationSet, p: np.ndarray, cost: Cost | None) -> dict[str, float]:
    """Scores that need no threshold, and those at the classifier's own decision (0.5 with two classes)."""
    schema = test.dataset.schema
    truth, positive = test.codes == schema.positive_code, p[:, schema.positive_code]
    decided = p.argmax(axis=1)
    slope, intercept = score.calibration(truth, positive)
    scores = {
        "average_precision": score.average_precision(truth, positive),
        "roc_auc": roc_auc(truth, positive),
        **_of_alarms(test, decided == schema.positive_code, cost),
        "brier": score.brier(truth, positive),
        "log_loss": score.log_loss(truth, positive),
        "calibration_slope": slope,
        "calibration_intercept": intercept,
    }
    if len(schema.classes) > 2:
        each = [(test.codes == code, code) for code in range(len(schema.classes))]
        scores["macro_average_precision"] = float(
            np.mean([score.average_precision(t, p[:, c]) for t, c in each])
        )
        scores["balanced_accuracy"] = float(
            np.mean([score.recall(t, decided == c) for t, c in each])
        )
    return scores


def at_tuned(
    tune: EvaluationSet,
    p_tune: np.ndarray,
    test: EvaluationSet,
    p_test: np.ndarray,
    cost: Cost | None,
    aim: str,
) -> dict[str, float]:
    """The scores at the threshold that is best on the tune part for the aim.

    Money is always at the threshold of the least cost: one that is best for F1 would show as saved what a
    threshold alone saves.
    """
    code = test.dataset.schema.positive_code
    truth, p = tune.codes == code, p_tune[:, code]
    missed, false_alarm = (cost.of_missing(tune), cost.false_alarm) if cost else (None, 1.0)
    threshold = score.best_threshold(truth, p, aim, missed, false_alarm)
    found = {"threshold": threshold}
    found |= {
        f"{key}_tuned": value
        for key, value in _of_alarms(test, p_test[:, code] >= threshold, None).items()
    }
    if cost:
        cheapest = (
            threshold
            if aim == "cost"
            else score.best_threshold(truth, p, "cost", missed, false_alarm)
        )
        found |= {
            "threshold_cost": cheapest,
            "cost_tuned": _of_alarms(test, p_test[:, code] >= cheapest, cost)["cost"],
        }
    return found


def at_limits(
    tune: EvaluationSet,
    p_tune: np.ndarray,
    test: EvaluationSet,
    p_test: np.ndarray,
    recall_at: RecallAt | None,
) -> dict[str, float]:
    """Recall on the test part, and the precision or rate reached, at thresholds that keep to a limit on the tune part.

    No alarm on the test part leaves the achieved precision undefined (NaN).
    """
    code = test.dataset.schema.positive_code
    truth, found = test.codes == code, {}
    for name in ("precision", "false_positive_rate"):
        if recall_at is None or (limit := getattr(recall_at, name)) is None:
            continue
        alarm = p_test[:, code] >= score.threshold_for(
            tune.codes == code, p_tune[:, code], **{name: limit}
        )
        found[f"recall_at_{name}"] = score.recall(truth, alarm)
        if name == "precision":
            found["achieved_precision"] = (
                score.precision(truth, alarm) if alarm.any() else float("nan")
            )
        else:
            found["achieved_false_positive_rate"] = score.false_positive_rate(truth, alarm)
    return found


def _of_alarms(test: EvaluationSet, alarm: np.ndarray, cost: Cost | None) -> dict[str, float]:
    truth = test.codes == test.dataset.schema.positive_code
    scores = {
        "recall": score.recall(truth, alarm),
        "precision": score.precision(truth, alarm),
        "f1": score.f1(truth, alarm),
    }
    if cost:
        scores["cost"] = score.money(truth, alarm, cost.of_missing(test), cost.false_alarm)
    return scores


#: Where the curves of a cell are read off. Calibration bins are narrow near 0, where rare events live.
RECALLS = np.linspace(0, 1, 51)
THRESHOLDS = np.linspace(0, 1, 51)
CALIBRATION_EDGES = np.array(
    [0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
)


def curves_of(
    test: EvaluationSet, p: np.ndarray, cost: Cost | None
) -> dict[str, list[float] | list[list[float]]]:
    """What the report draws of one cell, from predicted class probabilities (n, k).

    `precision` at each of `recall`: the best precision at that recall or more. `calibration`: per
    bin the rows, the sum of predictions, the positives; sums, so that folds add up. With prices,
    `cost` per 1,000 rows at each `threshold`.
    """
    code = test.dataset.schema.positive_code
    truth, positive = test.codes == code, p[:, code]
    curves: dict[str, list[float] | list[list[float]]] = {}
    if truth.any():
        _, hits, alarms = score.staircase(truth, positive)
        best = np.maximum.accumulate((hits / alarms)[::-1])[::-1]
        at = np.searchsorted(hits / truth.sum(), RECALLS - 1e-12)
        curves |= {
            "recall": _rounded(RECALLS),
            "precision": _rounded(best[np.minimum(at, len(best) - 1)]),
        }
    bins = np.clip(
        np.searchsorted(CALIBRATION_EDGES, positive, side="right") - 1,
        0,
        len(CALIBRATION_EDGES) - 2,
    )
    sums = [
        np.bincount(bins, weights=w, minlength=len(CALIBRATION_EDGES) - 1)
        for w in (np.ones(len(p)), positive, truth.astype(float))
    ]
    curves["calibration"] = [_rounded(s) for s in sums]
    if cost:
        price = np.where(truth, cost.of_missing(test), 0.0)
        order = np.argsort(positive, kind="stable")
        below = np.searchsorted(
            positive[order], THRESHOLDS, side="left"
        )  # rows without an alarm at each threshold
        missed = np.append(0.0, np.cumsum(price[order]))[below]
        false = (~truth).sum() - np.append(0, np.cumsum(~truth[order]))[below]
        curves |= {
            "threshold": _rounded(THRESHOLDS),
            "cost": _rounded(1000 * (missed + cost.false_alarm * false) / len(p)),
        }
    return curves


def _rounded(found: np.ndarray) -> list[float]:
    return [round(float(v), 5) for v in found]
