"""What the cells together support: means and differences with intervals that repeated folds deserve."""

from __future__ import annotations

from collections.abc import Callable
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
    half = float(half_width(known, test_to_train))
    return Interval(mean, mean - half, mean + half, m, undefined, "corrected")


def half_width(values: np.ndarray, test_to_train: float) -> np.ndarray:
    """Half of `interval`'s width for the values of m > 1 folds (m, ...), whatever comes behind the folds."""
    from scipy.stats import t

    m = len(values)
    half: np.ndarray = np.sqrt((1 / m + test_to_train) * values.var(axis=0, ddof=1))
    return half * t.ppf((1 + CONFIDENCE) / 2, m - 1)


#: What a decision needs: this much probability for one of better, equivalent, worse.
DECISIVE = 0.95
#: More repeats than this nobody waits for.
MOST_REPEATS = 1000


@dataclass(frozen=True)
class Verdict:
    """What paired differences say about one arm against the reference, on one score.

    `mean`, `low`, `high`: the difference and its corrected interval. `p_value`: of the corrected
    t-test against no difference; `p_holm`: adjusted for the number of arms, NaN until `holm` has
    seen them all. `better`, `equivalent`, `worse`: posterior probabilities that the difference is
    above, within, below the region of practical equivalence; they sum to 1. `word`: the one that
    reaches 0.95, or "undecided". `repeats`: for an undecided arm the repeats of the whole split
    that would likely decide it if mean and variance stay; 0 if no number of repeats of these rows
    would, because only more data can.
    """

    mean: float
    low: float
    high: float
    n: int
    undefined: int
    p_value: float
    p_holm: float
    better: float
    equivalent: float
    worse: float
    word: str
    repeats: int | None = None


def judge(
    differences: np.ndarray, test_to_train: float, rope: float, folds: int = 1
) -> Verdict | None:
    """The verdict on paired per-fold differences (m,), where above 0 means that the arm is better.

    The posterior of the mean difference is Student's t with m - 1 degrees of freedom, location
    mean(d) and scale sqrt((1/m + n_test/n_train) · var(d)): the Bayesian correlated t-test
    (Benavoli, Corani, Demšar & Zaffalon 2017), whose flat prior makes its interval the one of
    Nadeau & Bengio (2003). `rope` is the half-width of the region of practical equivalence, in the
    score's unit. `folds` is how many fits one more repeat adds. None with fewer than two values.
    """
    from scipy.stats import t

    known = differences[~np.isnan(differences)]
    m = len(known)
    if m < 2:
        return None
    mean, variance = float(known.mean()), float(known.var(ddof=1))
    found = interval(differences, test_to_train)
    better, equivalent, worse = _posterior(mean, variance, m, test_to_train, rope)
    word = _word(better, equivalent, worse)
    scale = np.sqrt((1 / m + test_to_train) * variance)
    p_value = float(2 * t.sf(abs(mean) / scale, m - 1)) if scale > 0 else float(mean == 0)
    repeats = (
        None
        if word != "undecided"
        else _repeats_to_decide(mean, variance, test_to_train, rope, folds, m)
    )
    return Verdict(
        mean,
        found.low,
        found.high,
        m,
        found.undefined,
        p_value,
        float("nan"),
        better,
        equivalent,
        worse,
        word,
        repeats,
    )


def _posterior(
    mean: float, variance: float, m: int, test_to_train: float, rope: float
) -> tuple[float, float, float]:
    from scipy.stats import t

    scale = float(np.sqrt((1 / m + test_to_train) * variance))
    if scale == 0:  # every fold agrees to the last bit
        return float(mean > rope), float(abs(mean) <= rope), float(mean < -rope)
    worse, better = (
        float(t.cdf((-rope - mean) / scale, m - 1)),
        float(t.sf((rope - mean) / scale, m - 1)),
    )
    return better, 1 - better - worse, worse


def _word(better: float, equivalent: float, worse: float) -> str:
    for word, probability in (("better", better), ("equivalent", equivalent), ("worse", worse)):
        if probability >= DECISIVE:
            return word
    return "undecided"


def _repeats_to_decide(
    mean: float,
    variance: float,
    test_to_train: float,
    rope: float,
    folds: int,
    m: int,
) -> int:
    """The fewest repeats in all at which some word would reach 0.95; 0 if none would."""

    def decided(repeats: int) -> bool:
        return (
            _word(*_posterior(mean, variance, repeats * folds, test_to_train, rope)) != "undecided"
        )

    return fewest(decided, m // folds)


def fewest(decided: Callable[[int], bool], done: int) -> int:
    """The fewest repeats, from the `done` ones on, that decide; 0 if none up to `MOST_REPEATS` do."""
    if not decided(MOST_REPEATS):
        return 0
    low, high = max(1, done), MOST_REPEATS  # more repeats only narrow what is known: bisect
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if decided(middle) else (middle + 1, high)
    return low


def narrowed(verdict: Verdict, test_to_train: float, values: int) -> float:
    """Half the width that the verdict's interval would have with so many values, if their variance stays."""
    from scipy.stats import t

    def width(m: int) -> float:
        return float(np.sqrt(1 / m + test_to_train) * t.ppf((1 + CONFIDENCE) / 2, m - 1))

    return (verdict.high - verdict.low) / 2 * width(values) / width(verdict.n)


def holm(p_values: np.ndarray) -> np.ndarray:
    """p-values (m,) adjusted so that the chance of any false rejection stays below the level (Holm 1979).

    The i-th smallest becomes max over j ≤ i of (m - j + 1) · p_(j), at most 1. NaN stays NaN and
    is not counted.
    """
    adjusted = np.full(len(p_values), np.nan)
    known = np.flatnonzero(~np.isnan(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1.0)
    return adjusted
