"""Every interval, test, share, AUC and distance of distributions that synthkit reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, nan, sqrt
from typing import NamedTuple

import numpy as np

CONFIDENCE = 0.95
#: The standard normal's quantile at the ends of a two-sided 95 % interval: norm.ppf(0.975).
Z = 1.959963984540054
#: What a decision needs: this much probability for one of better, equivalent, worse.
DECISIVE = 0.95
#: More repeats than this nobody waits for.
MOST_REPEATS = 1000


@dataclass(frozen=True)
class Interval:
    """A value and the ends of its interval, 95 % unless its maker says otherwise.

    Parameters
    ----------
    value, low, high
        The value and the ends, in the value's unit; NaN where there is none.
    n, undefined
        How many values went in, and how many had to be left out because they are NaN.
    kind
        "corrected": for the mean over new samples of the same size. "spread": the middle 95 % of
        repetitions on the same rows; it says what is dice, not what another sample would give.
        "none": too few values for either.
    """

    value: float
    low: float
    high: float
    n: int = 0
    undefined: int = 0
    kind: str = "corrected"

    @property
    def ends(self) -> tuple[float, float]:
        """`low` and `high`."""
        return self.low, self.high

    def plain(self) -> dict[str, float]:
        """The value and its ends by name."""
        return {"value": self.value, "low": self.low, "high": self.high}

    def beyond(self, threshold: float) -> bool | None:
        """Whether the whole interval is above the threshold, none of it is, or (None) it holds it."""
        if self.low > threshold:
            return True
        return False if self.high <= threshold else None


# --- Means of folds, and paired differences ------------------------------------------------------


def mean_interval(
    values: np.ndarray,
    test_to_train: float = 0.0,
    *,
    same_rows: bool = False,
    comparisons: int = 1,
) -> Interval:
    """The mean of values (m,) with its interval, corrected where the values are of overlapping folds.

    mean ± t_{m-1} · sqrt((1/m + n_test/n_train) · var): the folds' training sets overlap, so their
    values are not independent, and the plain 1/m is too narrow. Differences between two arms on the
    same folds go in the same way. Undefined values (NaN) are left out and counted.

    Parameters
    ----------
    values
        One number per fold, or per row.
    test_to_train
        n_test / n_train; 0 for independent values, which gives Student's interval.
    same_rows
        Every value comes from the same rows and differs by its random stream alone: the spread.
    comparisons
        Where the largest of several is reported, each is wide enough for all to hold at once.

    Notes
    -----
    Nadeau & Bengio (2003), "Inference for the generalization error"; Bonferroni for `comparisons`.

    Examples
    --------
    >>> found = mean_interval(np.array([0.70, 0.74, 0.72]), 0.5)
    >>> round(found.value, 2), round(found.low, 3), round(found.high, 3)
    (0.72, 0.641, 0.799)
    """
    known = values[~np.isnan(values)]
    m, undefined = len(known), len(values) - len(known)
    mean = float(known.mean()) if m else nan
    if m < 2:
        return Interval(mean, nan, nan, m, undefined, "none")
    if same_rows:
        return Interval(mean, *middle(known), m, undefined, "spread")
    half = float(half_width(known, test_to_train, 1 - (1 - CONFIDENCE) / comparisons))
    return Interval(mean, mean - half, mean + half, m, undefined)


def half_width(
    values: np.ndarray, test_to_train: float, confidence: float = CONFIDENCE
) -> np.ndarray:
    """Half of `mean_interval`'s width for values (m, ...) of m > 1 folds, whatever comes behind."""
    m = len(values)
    half: np.ndarray = np.sqrt((1 / m + test_to_train) * values.var(axis=0, ddof=1))
    return half * _t_quantile(m - 1, confidence)


def middle(values: np.ndarray) -> tuple[float, float]:
    """The ends of the middle 95 % of values (m,); NaN are left out, NaN where there is none."""
    known = values[~np.isnan(values)]
    if not len(known):
        return nan, nan
    low, high = np.quantile(known, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


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

    found = mean_interval(differences, test_to_train)
    if found.n < 2:
        return None
    mean, m = found.value, found.n
    variance = float(differences[~np.isnan(differences)].var(ddof=1))

    def posterior(m: int) -> tuple[float, float, float]:
        """The probabilities of better, equivalent, worse with so many fits of this mean and variance."""
        scale = float(np.sqrt((1 / m + test_to_train) * variance))
        if scale == 0:  # every fold agrees to the last bit
            return float(mean > rope), float(abs(mean) <= rope), float(mean < -rope)
        worse = float(t.cdf((-rope - mean) / scale, m - 1))
        better = float(t.sf((rope - mean) / scale, m - 1))
        return better, 1 - better - worse, worse

    probabilities, repeats = posterior(m), None
    if max(probabilities) < DECISIVE:
        repeats = fewest(lambda repeats: max(posterior(repeats * folds)) >= DECISIVE, m // folds)
    words = ("better", "equivalent", "worse")
    decided = [word for word, p in zip(words, probabilities, strict=True) if p >= DECISIVE]
    scale = np.sqrt((1 / m + test_to_train) * variance)
    p_value = float(2 * t.sf(abs(mean) / scale, m - 1)) if scale > 0 else float(mean == 0)
    return Verdict(
        mean,
        found.low,
        found.high,
        m,
        found.undefined,
        p_value,
        nan,
        *probabilities,
        word=decided[0] if decided else "undecided",
        repeats=repeats,
    )


def fewest(decided: Callable[[int], bool], done: int) -> int:
    """The fewest repeats, from the `done` ones on, that decide; 0 if none up to `MOST_REPEATS` do."""
    if not decided(MOST_REPEATS):
        return 0
    low, high = max(1, done), MOST_REPEATS  # more repeats only narrow what is known: bisect
    while low < high:
        halfway = (low + high) // 2
        low, high = (low, halfway) if decided(halfway) else (halfway + 1, high)
    return low


def narrowed(verdict: Verdict, test_to_train: float, values: int) -> float:
    """Half the width of the verdict's interval with so many values, if their variance stays."""

    def width(m: int) -> float:
        return float(np.sqrt(1 / m + test_to_train) * _t_quantile(m - 1))

    return (verdict.high - verdict.low) / 2 * width(values) / width(verdict.n)


def holm(p_values: np.ndarray) -> np.ndarray:
    """p-values (m,) adjusted so that the chance of any false rejection stays below the level.

    The i-th smallest becomes max over j ≤ i of (m - j + 1) · p_(j), at most 1. NaN stays NaN and
    is not counted (Holm 1979).

    >>> [round(float(p), 2) for p in holm(np.array([0.01, 0.04, 0.03]))]
    [0.03, 0.06, 0.06]
    """
    adjusted = np.full(len(p_values), np.nan)
    known = np.flatnonzero(~np.isnan(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1.0)
    return adjusted


def _t_quantile(freedom: int, confidence: float = CONFIDENCE) -> float:
    from scipy.stats import t

    return float(t.ppf((1 + confidence) / 2, freedom))


# --- Shares and medians --------------------------------------------------------------------------


def z_of(confidence: float = CONFIDENCE) -> float:
    """The standard normal's quantile at the ends of a two-sided interval."""
    from scipy.special import ndtri

    return Z if confidence == CONFIDENCE else float(ndtri((1 + confidence) / 2))


def share(p: float, n: float, confidence: float = CONFIDENCE) -> Interval:
    """A share p of n with the interval (p + z²/2n ± z·√(p(1-p)/n + z²/4n²)) / (1 + z²/n).

    `n` may be the number of independent rows that n dependent ones are worth. NaN for none.

    Source: Wilson (1927), "Probable inference, the law of succession, and statistical inference".

    >>> found = share(0.0, 100)
    >>> found.low, round(found.high, 3)
    (0.0, 0.037)
    """
    if not n:
        return Interval(nan, nan, nan, 0, kind="none")
    z = z_of(confidence)
    center = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    low = max(0.0, center - half) if p > 0 else 0.0
    high = min(1.0, center + half) if p < 1 else 1.0
    return Interval(p, low, high, int(n))


def exact_share(hits: int, n: int) -> Interval:
    """The share of `hits` of `n` rows with its exact interval (Clopper & Pearson 1934)."""
    from scipy.stats import beta

    tail = (1 - CONFIDENCE) / 2
    low = 0.0 if hits == 0 else float(beta.ppf(tail, hits, n - hits + 1))
    high = 1.0 if hits == n else float(beta.ppf(1 - tail, hits + 1, n - hits))
    return Interval(hits / n, low, high, n)


def risk_left(
    main: float,
    control: float,
    n_main: float,
    n_control: float,
    confidence: float = CONFIDENCE,
) -> Interval:
    """What an attack gains on training rows beyond what it gains on anyone: R = (a - c) / (1 - c).

    `main` a and `control` c are rates among `n_main` and `n_control` attacks; R lies in [0, 1].
    1 - R = (1 - a) / (1 - c) is a ratio of two shares, whose Wilson intervals make its own by the
    method of Donner & Zou (2012). A control that always succeeds leaves nothing to gain: the risk is
    0, high 1.

    Source: Giomi, Boenisch, Wehmeyer & Tasnádi (2023), "A unified framework for quantifying privacy
    risk in synthetic data", section 3. DIFFERS: there the intervals go through R's derivatives, which
    finds a risk too often where the control nearly always succeeds.

    >>> found = risk_left(0.5, 0.2, 1000, 1000)
    >>> round(found.value, 2), round(found.low, 2), round(found.high, 2)
    (0.38, 0.33, 0.42)
    """
    if control >= 1:
        return Interval(0.0, 0.0, 1.0)
    a, c = share(1 - main, n_main, confidence), share(1 - control, n_control, confidence)
    least = _ratio_end(a.value, a.low, c.value, c.high, -1)
    most = _ratio_end(a.value, a.high, c.value, c.low, 1)
    risk, low, high = np.clip([1 - a.value / c.value, 1 - most, 1 - least], 0.0, 1.0).tolist()
    return Interval(risk, low, high)


def _ratio_end(a: float, a_end: float, c: float, c_end: float, sign: int) -> float:
    """One end of the interval of a / c: as far from a / c as both ends together allow."""
    below = c_end * (2 * c - c_end)
    if below == 0:
        return inf
    return (a * c + sign * sqrt(max((a * c) ** 2 - a_end * below * (2 * a - a_end), 0.0))) / below


def median(values: np.ndarray) -> Interval:
    """The median of values (n,) between order statistics, so whatever the distribution."""
    from scipy.stats import binom

    tails = [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]
    ranks = binom.ppf(tails, len(values), 0.5).astype(int)
    low, high = np.sort(values)[np.clip(ranks, 0, len(values) - 1)]
    return Interval(float(np.median(values)), float(low), float(high), len(values))


# --- Areas under the ROC curve -------------------------------------------------------------------


def roc_auc(truth: np.ndarray, p: np.ndarray) -> float:
    """P(score of a positive > of a negative) + ½ P(equal), by ranks; NaN if one class is absent."""
    from scipy.stats import rankdata

    positives, negatives = int(truth.sum()), int((~truth).sum())
    if positives == 0 or negatives == 0:
        return nan
    above = rankdata(p)[truth].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


def delong(inside: np.ndarray, outside: np.ndarray) -> tuple[float, float]:
    """P(inside > outside) + ½ P(equal) of scores (m,) and (n,), and its standard error.

    With the placements V of the first among the second and W the other way round, AUC = mean(V) and
    variance = var(V) / m + var(W) / n. NaN where a side is empty, an error of NaN where one has one.

    Source: DeLong, DeLong & Clarke-Pearson (1988), by ranks as in Sun & Xu (2014).

    >>> delong(np.array([3.0, 2.0]), np.array([1.0, 2.0]))[0]
    0.875
    """
    from scipy.stats import rankdata

    m, n = len(inside), len(outside)
    if not m or not n:
        return nan, nan
    ranks = rankdata(np.concatenate([inside, outside]))
    v = (ranks[:m] - rankdata(inside)) / n  # the share of `outside` below each of `inside`
    w = 1 - (ranks[m:] - rankdata(outside)) / m
    variance = v.var(ddof=1) / m + w.var(ddof=1) / n if min(m, n) > 1 else nan
    return float(v.mean()), float(np.sqrt(variance))


def auc(inside: np.ndarray, outside: np.ndarray) -> Interval:
    """The AUC of two samples' scores (m,) and (n,) with DeLong's interval; all of [0, 1] of one row.

    Where all are told apart DeLong's interval has no width, however few they are: then it is
    Wilson's of the smaller sample.
    """
    value, error = delong(inside, outside)
    if error == 0:
        return share(value, min(len(inside), len(outside)))
    return Interval(value, max(0.0, value - Z * error), min(1.0, value + Z * error))


def auc_of_folds(values: Sequence[float], errors: Sequence[float]) -> Interval:
    """The mean AUC of k folds with an interval from each fold's error (`delong`), in [0, 1].

    variance = mean(error²) · (1/k + 1/(k - 1)). Of folds that shared no training rows it would be
    mean / k. They share most: of 60 pairs of equal tables (300 rows) an interval without the second
    term held 0.5 in 87 % (Nadeau & Bengio 2003).
    """
    k = len(values)
    variance = float(np.square(errors).mean()) * (1 / k + 1 / (k - 1))
    mean, half = float(np.mean(values)), Z * float(np.sqrt(variance))
    return Interval(mean, max(mean - half, 0.0), min(mean + half, 1.0), k)


# --- Distances of distributions ------------------------------------------------------------------


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
        parts = (part for part in (self.reference, self.candidate) if len(part))
        return float(np.sqrt(sum(np.var(part) / len(part) for part in parts)))

    def interval(self, least: float = 0.0, most: float = 1.0) -> Interval:
        """The value with the ends value ± 1.96 standard errors, cut to the value's range."""
        half = Z * self.error
        low, high = np.clip([self.value - half, self.value + half], least, most)
        return Interval(self.value, float(low), float(high))


UNDEFINED = Estimate(nan, np.zeros(0), np.zeros(0))


def ks(reference: np.ndarray, candidate: np.ndarray) -> Estimate:
    """The Kolmogorov–Smirnov distance sup |F - G| of two columns (n,) and (m,), in [0, 1].

    With the supremum at x, the influence of a value v is its share of F or G there: [v <= x].
    Missing values are left out.
    """
    a, b = np.sort(reference[~np.isnan(reference)]), np.sort(candidate[~np.isnan(candidate)])
    if not len(a) or not len(b):
        return UNDEFINED
    at = np.concatenate([a, b])
    below_a = np.searchsorted(a, at, side="right") / len(a)
    gap = below_a - np.searchsorted(b, at, side="right") / len(b)
    widest = int(np.argmax(np.abs(gap)))
    sign, x = np.sign(gap[widest]), at[widest]
    return Estimate(
        float(abs(gap[widest])),
        _influence(reference, sign * (reference <= x)),
        _influence(candidate, -sign * (candidate <= x)),
    )


def total_variation(reference: np.ndarray, candidate: np.ndarray) -> Estimate:
    """The total variation ½ Σ |p - q| of two columns of codes (n,), (m,), in [0, 1].

    Missing values (NaN) are left out.
    """
    here, there = ~np.isnan(reference), ~np.isnan(candidate)
    if not here.any() or not there.any():
        return UNDEFINED
    a = np.where(here, reference, 0).astype(np.int64)
    b = np.where(there, candidate, 0).astype(np.int64)
    k = int(max(a.max(), b.max())) + 1
    p = np.bincount(a[here], minlength=k) / here.sum()
    gap = p - np.bincount(b[there], minlength=k) / there.sum()
    sign = np.sign(gap) / 2
    return Estimate(
        float(np.abs(gap).sum() / 2),
        _influence(reference, sign[a]),
        _influence(candidate, -sign[b]),
    )


def gap_of_means(reference: np.ndarray, candidate: np.ndarray, weight: np.ndarray) -> Estimate:
    """Σ_k weight_k · |mean of reference_k - mean of candidate_k| of tables (n, k) and (m, k)."""
    gap = reference.mean(axis=0) - candidate.mean(axis=0)
    signed = weight * np.sign(gap)
    return Estimate(float(np.abs(gap) @ weight), reference @ signed, -(candidate @ signed))


def mean_of(estimates: list[Estimate]) -> Estimate:
    """The mean of values of the same rows; their influences add up, so what goes together is kept."""
    known = [estimate for estimate in estimates if not np.isnan(estimate.value)]
    if not known:
        return UNDEFINED
    return Estimate(
        float(np.mean([each.value for each in known])),
        np.mean([each.reference for each in known], axis=0),
        np.mean([each.candidate for each in known], axis=0),
    )


def _influence(values: np.ndarray, influence: np.ndarray) -> np.ndarray:
    """On a mean over present values: none of a missing one, and more of each where others miss."""
    here = ~np.isnan(values)
    found: np.ndarray = np.where(here, influence - influence[here].mean(), 0.0) / here.mean()
    return found
