"""What the cells together support: means and differences with intervals that repeated folds deserve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean, its interval, and what kind of interval it is.

    `kind` "corrected": a 95 % interval for the mean over new samples of the same size.
    `kind` "spread": the middle 95 % of repetitions on the same rows; it says what is dice, not
    what another sample would give. `kind` "none": too few values for either.
    """

    mean: float
    low: float
    high: float
    n: int
    undefined: int
    kind: str


def interval(values: np.ndarray, test_to_train: float, *, same_rows: bool = False) -> Interval:
    """The mean of per-fold values (m,) with its interval.

    mean ± t_{m-1} · sqrt((1/m + n_test/n_train) · var): the folds' training sets overlap, so their
    values are not independent, and the plain 1/m is too narrow (Nadeau & Bengio 2003). Differences
    between two arms on the same folds go in the same way.

    `test_to_train` is n_test / n_train. `same_rows`: every value comes from the same rows and
    differs by its random stream alone; then the spread is given. Undefined values (NaN) are left
    out and counted.
    """
    from scipy.stats import t

    known = values[~np.isnan(values)]
    m, undefined = len(known), len(values) - len(known)
    nan = float("nan")
    if m == 0:
        return Interval(nan, nan, nan, 0, undefined, "none")
    mean = float(known.mean())
    if m < 2:
        return Interval(mean, nan, nan, m, undefined, "none")
    if same_rows:
        low, high = np.quantile(known, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
        return Interval(mean, float(low), float(high), m, undefined, "spread")
    half = float(t.ppf((1 + CONFIDENCE) / 2, m - 1) * np.sqrt((1 / m + test_to_train) * known.var(ddof=1)))
    return Interval(mean, mean - half, mean + half, m, undefined, "corrected")
