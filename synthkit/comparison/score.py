"""Scores of predicted probabilities against real rows.

Each takes `truth` (n,) boolean, is the row positive, and `p` (n,) the predicted probability of the
positive class. Where a score is a mean of per-row values, it is computed as one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

# Probabilities of 0 and 1 have an infinite log loss and logit: both are bounded here.
SMALLEST = 1e-15
SMALLEST_FOR_LOGIT = 1e-6
#: A threshold that no probability reaches.
NO_ALARM = float(np.nextafter(1.0, 2.0))


def average_precision(truth: np.ndarray, p: np.ndarray) -> float:
    """Σ_k (R_k - R_{k-1}) P_k over the distinct thresholds, highest first; NaN without positives."""
    if not truth.any():
        return float("nan")
    _, hits, alarms = staircase(truth, p)
    recall = hits / truth.sum()
    return float(np.sum(np.diff(recall, prepend=0.0) * hits / alarms))


def brier(truth: np.ndarray, p: np.ndarray) -> float:
    """Mean of (p - y)²."""
    return float(np.mean((p - truth) ** 2))


def log_loss(truth: np.ndarray, p: np.ndarray) -> float:
    """Mean of -log of the probability given to what happened, p bounded to [1e-15, 1 - 1e-15]."""
    return float(-np.mean(np.log(np.clip(np.where(truth, p, 1 - p), SMALLEST, 1 - SMALLEST))))


def recall(truth: np.ndarray, alarm: np.ndarray) -> float:
    """Share of the positives that raise an alarm; NaN without positives."""
    return float(alarm[truth].mean()) if truth.any() else float("nan")


def precision(truth: np.ndarray, alarm: np.ndarray) -> float:
    """Share of the alarms that are positives; 0 without alarms, as scikit-learn has it."""
    return float(truth[alarm].mean()) if alarm.any() else 0.0


def f1(truth: np.ndarray, alarm: np.ndarray) -> float:
    """2 TP / (positives + alarms); NaN without positives."""
    if not truth.any():
        return float("nan")
    return float(2 * (truth & alarm).sum() / (truth.sum() + alarm.sum()))


def money(truth: np.ndarray, alarm: np.ndarray, missed: np.ndarray, false_alarm: float) -> float:
    """Expected cost per 1,000 rows: 1000 · mean(missed_i where missed, false_alarm where false alarm)."""
    return float(
        1000
        * np.mean(
            np.where(truth & ~alarm, missed, 0.0) + np.where(~truth & alarm, false_alarm, 0.0)
        )
    )


def calibration(truth: np.ndarray, p: np.ndarray) -> tuple[float, float]:
    """Slope and intercept of calibration (Cox 1958; Van Calster et al. 2019).

    Slope b of logit P(y) = a + b · logit(p): 1 is right, below 1 too extreme. Intercept a of
    logit P(y) = a + logit(p): 0 is right, below 0 too high on the whole. logit(p) is bounded to
    p in [1e-6, 1 - 1e-6]. NaN where the likelihood has no finite maximum (one class, or classes
    that a threshold separates, ties at it included).
    """
    if truth.all() or not truth.any():
        return float("nan"), float("nan")
    bounded = np.clip(p, SMALLEST_FOR_LOGIT, 1 - SMALLEST_FOR_LOGIT)
    logit = np.log(bounded / (1 - bounded))
    positives, others = logit[truth], logit[~truth]
    separated = (
        positives.min() >= others.max() or positives.max() <= others.min()
    )  # either way round, or all alike
    slope = (
        float("nan")
        if separated
        else _newton(np.column_stack([np.ones_like(logit), logit]), truth, 0.0)[1]
    )
    return float(slope), float(_newton(np.ones((len(logit), 1)), truth, logit)[0])


def _newton(design: np.ndarray, truth: np.ndarray, offset: Any) -> np.ndarray:
    """Maximum-likelihood logistic regression by damped Newton steps; NaN if it does not converge."""
    beta = np.zeros(design.shape[1])

    def loss(b: np.ndarray) -> float:
        z = offset + design @ b
        return float(np.mean(np.logaddexp(0, z) - truth * z))

    here = loss(beta)
    for _ in range(100):
        q = 1 / (1 + np.exp(-np.clip(offset + design @ beta, -500, 500)))
        gradient = design.T @ (q - truth) / len(truth)
        if np.abs(gradient).max() < 1e-9:
            return beta
        hessian = (design * (q * (1 - q))[:, None]).T @ design / len(truth)
        step = np.linalg.lstsq(hessian, gradient, rcond=None)[0]
        size = 1.0
        while (there := loss(beta - size * step)) > here and size > 1e-6:
            size /= 2
        beta, here = beta - size * step, there
    return beta if np.abs(gradient).max() < 1e-6 else np.full_like(beta, np.nan)


def prior_restored(p: np.ndarray, trained: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Probabilities (n, k) as they would be had training not moved the class shares.

    p'_c ∝ p_c · real_c / trained_c, with the class shares (k,) learned from and true
    (Elkan 2001; Saerens, Latinne & Decaestecker 2002).
    """
    moved = p * (real / trained)
    total = moved.sum(axis=1, keepdims=True)
    return np.divide(moved, total, out=np.broadcast_to(real, p.shape).copy(), where=total > 0)


def best_threshold(
    truth: np.ndarray,
    p: np.ndarray,
    aim: str = "f1",
    missed: np.ndarray | None = None,
    false_alarm: float = 1.0,
) -> float:
    """The threshold t, alarm where p >= t, that is best on these rows for the aim.

    `aim` "f1" maximises F1; "cost" minimises Σ missed + Σ false alarms. Candidates lie midway
    between neighbouring distinct predictions; of equally good ones the highest is taken (fewest
    alarms). No alarm at all is a candidate too: `NO_ALARM`.
    """
    cut, hits, alarms = staircase(truth, p)
    if aim == "f1":
        gain = np.append(2 * hits / (truth.sum() + alarms), 0.0)
    else:
        price = np.ones(len(p)) if missed is None else missed
        order = np.argsort(-p, kind="stable")
        caught = np.cumsum(np.where(truth, price, 0.0)[order])[alarms.astype(int) - 1]
        gain = np.append(caught - false_alarm * (alarms - hits), 0.0)
    if gain[:-1].max(initial=-np.inf) < gain[-1]:
        return NO_ALARM
    return _middle(cut, int(np.argmax(gain[:-1])))


def _middle(cut: np.ndarray, at: int) -> float:
    """The threshold midway between a prediction and the next lower one."""
    if at + 1 == len(cut):
        return float(cut[at])
    middle = (cut[at] + cut[at + 1]) / 2
    return float(
        middle if middle > cut[at + 1] else cut[at]
    )  # neighbours one float apart have no middle


def threshold_for(
    truth: np.ndarray,
    p: np.ndarray,
    *,
    precision: float | None = None,
    false_positive_rate: float | None = None,
) -> float:
    """The threshold t, alarm where p >= t, with the most recall among those that keep to one limit on these rows.

    Either precision = hits/alarms >= `precision`, or the false positives per negative row <=
    `false_positive_rate`. It lies midway between neighbouring distinct predictions. `NO_ALARM`
    where no threshold keeps to the limit.

    Raises: ValueError unless one of the two limits is given.
    """
    if (precision is None) == (false_positive_rate is None):
        raise ValueError("one limit is needed: precision or false_positive_rate")
    cut, hits, alarms = staircase(truth, p)
    if precision is not None:
        kept = hits / alarms >= precision
    else:
        kept = alarms - hits <= false_positive_rate * (~truth).sum() * (
            1 + 1e-12
        )  # 0.3 · 10 is 3 false positives
    if not kept.any():
        return NO_ALARM
    return _middle(cut, int(np.flatnonzero(kept)[-1]))


def false_positive_rate(truth: np.ndarray, alarm: np.ndarray) -> float:
    """Share of the negatives that raise an alarm; NaN without negatives."""
    return float(alarm[~truth].mean()) if not truth.all() else float("nan")


def staircase(truth: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct predictions, highest first, with the positives and the rows at or above each."""
    order = np.argsort(-p, kind="stable")
    ranked = p[order]
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    hits = np.cumsum(truth[order])[last].astype(float)
    return ranked[last], hits, (last + 1).astype(float)
