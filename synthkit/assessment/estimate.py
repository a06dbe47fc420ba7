"""Values with the interval that sampling gives them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

#: Standard errors in half of a 95 % interval.
Z = 1.959963984540054


class Estimate(NamedTuple):
    """A value computed from two tables, and how far each row moves it.

    `reference` (n,) and `candidate` (m,) are influences: the derivatives of the value by the rows'
    weights, times n and m, of any mean. Then

        variance = var(reference) / n + var(candidate) / m

    which is what the bootstrap's variance tends to, without its draws: the infinitesimal jackknife
    (Jaeckel 1972; Efron 1982, "The Jackknife, the Bootstrap and Other Resampling Plans", ch. 6).
    DIFFERS from bootstrap percentiles: a distance is never below 0, so chance alone makes it more
    than 0, and resampling adds that chance a second time: percentiles would lie above the value.
    What chance makes of the value itself is seen in the control, which has as many rows.
    """

    value: float
    reference: np.ndarray
    candidate: np.ndarray

    @property
    def error(self) -> float:
        """The standard error."""
        return float(
            np.sqrt(
                sum(
                    np.var(part) / len(part)
                    for part in (self.reference, self.candidate)
                    if len(part)
                )
            )
        )

    def interval(self, least: float = 0.0, most: float = 1.0) -> tuple[float, float]:
        """The ends of the 95 % interval, value ± 1.96 standard errors, within the value's range."""
        half = Z * self.error
        return float(np.clip(self.value - half, least, most)), float(
            np.clip(self.value + half, least, most)
        )


UNDEFINED = Estimate(float("nan"), np.zeros(0), np.zeros(0))


def ks(reference: np.ndarray, candidate: np.ndarray) -> Estimate:
    """The Kolmogorov–Smirnov distance sup |F - G| of two columns (n,) and (m,) in [0, 1]; missing values left out.

    With the supremum at x, the influence of a value v is its share of F or G there: [v <= x].
    """
    a, b = np.sort(reference[~np.isnan(reference)]), np.sort(candidate[~np.isnan(candidate)])
    if not len(a) or not len(b):
        return UNDEFINED
    at = np.concatenate([a, b])
    gap = np.searchsorted(a, at, side="right") / len(a) - np.searchsorted(
        b, at, side="right"
    ) / len(b)
    widest = int(np.argmax(np.abs(gap)))
    sign = np.sign(gap[widest])
    return Estimate(
        float(abs(gap[widest])),
        *_influences(
            reference,
            candidate,
            sign * (reference <= at[widest]),
            -sign * (candidate <= at[widest]),
        ),
    )


def total_variation(reference: np.ndarray, candidate: np.ndarray) -> Estimate:
    """The total variation ½ Σ |p - q| of two columns of codes (n,), (m,) in [0, 1]; missing values (NaN) left out."""
    here, there = ~np.isnan(reference), ~np.isnan(candidate)
    if not here.any() or not there.any():
        return UNDEFINED
    a, b = (
        np.where(here, reference, 0).astype(np.int64),
        np.where(there, candidate, 0).astype(np.int64),
    )
    k = int(max(a.max(), b.max())) + 1
    gap = (
        np.bincount(a[here], minlength=k) / here.sum()
        - np.bincount(b[there], minlength=k) / there.sum()
    )
    sign = np.sign(gap) / 2
    return Estimate(
        float(np.abs(gap).sum() / 2), *_influences(reference, candidate, sign[a], -sign[b])
    )


def gap_of_means(reference: np.ndarray, candidate: np.ndarray, weight: np.ndarray) -> Estimate:
    """Σ_k weight_k · |mean of reference_k - mean of candidate_k| of tables (n, k) and (m, k)."""
    gap = reference.mean(axis=0) - candidate.mean(axis=0)
    signed = weight * np.sign(gap)
    return Estimate(float(np.abs(gap) @ weight), reference @ signed, -(candidate @ signed))


def mean_of(estimates: list[Estimate]) -> Estimate:
    """The mean of values of the same rows: their influences add up row by row, so what goes together is kept."""
    known = [estimate for estimate in estimates if not np.isnan(estimate.value)]
    if not known:
        return UNDEFINED
    return Estimate(
        float(np.mean([each.value for each in known])),
        np.mean([each.reference for each in known], axis=0),
        np.mean([each.candidate for each in known], axis=0),
    )


def _influences(
    reference: np.ndarray,
    candidate: np.ndarray,
    of_reference: np.ndarray,
    of_candidate: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Influences on a mean over present values: none of a missing one, and more of each where others are missing."""
    found = []
    for values, influence in ((reference, of_reference), (candidate, of_candidate)):
        here = ~np.isnan(values)
        found.append(np.where(here, influence - influence[here].mean(), 0.0) / here.mean())
    return found[0], found[1]


def auc_interval(truth: np.ndarray, score: np.ndarray) -> tuple[float, float]:
    """The ROC AUC of scores (n,) for a truth (n,) of booleans, and its standard error; NaN if one class is absent.

    With the placements V of the positives among the negatives and W of the negatives among the
    positives, AUC = mean(V) and variance = var(V) / n₁ + var(W) / n₀.

    Source: DeLong, DeLong & Clarke-Pearson (1988), by ranks as in Sun & Xu (2014).
    """
    from scipy.stats import rankdata

    positives, negatives = int(truth.sum()), int((~truth).sum())
    if not positives or not negatives:
        return float("nan"), float("nan")
    among_all = rankdata(score)
    v = (among_all[truth] - rankdata(score[truth])) / negatives
    w = 1 - (among_all[~truth] - rankdata(score[~truth])) / positives
    spread = sum(np.var(part, ddof=1) / len(part) for part in (v, w) if len(part) > 1)
    return float(v.mean()), float(np.sqrt(spread))


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share of n rows (Wilson 1927).

    >>> [round(end, 3) for end in wilson(0, 100)]
    [0.0, 0.037]
    """
    share, spread = hits / n, Z**2 / n
    middle = (share + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * (share * (1 - share) / n + spread / (4 * n)) ** 0.5
    return max(middle - half, 0.0), min(middle + half, 1.0)
