"""Every score of one cell: at the classifier's own decision, at the tuned threshold, with the prior put back."""

from __future__ import annotations

import numpy as np

from synthkit.compare import score
from synthkit.compare.cost import Cost
from synthkit.table.split import EvaluationSet
from synthkit.table.training_set import TrainingSet


def score_cell(
    train: TrainingSet, augmented: TrainingSet, tune: EvaluationSet, p_tune: np.ndarray | None,
    test: EvaluationSet, p_test: np.ndarray, cost: Cost | None, aim: str,
) -> dict[str, float]:
    """The scores of predicted class probabilities (n, k), of the positive class against the rest.

    `train` and `augmented` are the training set before and after the strategy: their class shares
    tell how far the prior was moved.
    """
    scores = at_default(test, p_test, cost)
    if p_tune is not None:
        scores |= at_tuned(tune, p_tune, test, p_test, cost, aim)
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
        "roc_auc": score.roc_auc(truth, positive),
        **_of_alarms(test, decided == schema.positive_code, cost),
        "brier": score.brier(truth, positive),
        "log_loss": score.log_loss(truth, positive),
        "calibration_slope": slope,
        "calibration_intercept": intercept,
    }
    if len(schema.classes) > 2:
        each = [(test.codes == code, code) for code in range(len(schema.classes))]
        scores["macro_average_precision"] = float(np.mean([score.average_precision(t, p[:, c]) for t, c in each]))
        scores["balanced_accuracy"] = float(np.mean([score.recall(t, decided == c) for t, c in each]))
    return scores


def at_tuned(
    tune: EvaluationSet, p_tune: np.ndarray, test: EvaluationSet, p_test: np.ndarray, cost: Cost | None, aim: str,
) -> dict[str, float]:
    """The scores at the threshold that is best on the tune part for the aim."""
    code = test.dataset.schema.positive_code
    missed, false_alarm = (cost.of_missing(tune), cost.false_alarm) if cost else (None, 1.0)
    threshold = score.best_threshold(tune.codes == code, p_tune[:, code], aim, missed, false_alarm)
    found = _of_alarms(test, p_test[:, code] >= threshold, cost)
    return {"threshold": threshold} | {f"{key}_tuned": value for key, value in found.items()}


def _of_alarms(test: EvaluationSet, alarm: np.ndarray, cost: Cost | None) -> dict[str, float]:
    truth = test.codes == test.dataset.schema.positive_code
    scores = {"recall": score.recall(truth, alarm), "precision": score.precision(truth, alarm),
              "f1": score.f1(truth, alarm)}
    if cost:
        scores["cost"] = score.money(truth, alarm, cost.of_missing(test), cost.false_alarm)
    return scores
