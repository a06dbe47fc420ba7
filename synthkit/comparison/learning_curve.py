"""What an arm is worth in real rows: the reference's learning curve, turned round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synthkit.stats import half_width

#: Numbers of positives, evenly spaced in their logarithm, at which an arm is held against the curve.
STEPS = 801


@dataclass(frozen=True)
class RealRows:
    """What an arm is worth, in more real positives given to the reference; below 0 in fewer.

    `rows`: the point estimate. `low`, `high`: its 95 % interval. None where the curve, which reaches
    from `least` to `most` (more positives than the arm had), ends before: `rows` is then above `most`
    or below `least`, as `reach` says ("within", "above", "below"); `low` lies below `least`, `high`
    above `most`. `kind`: "corrected", or "none" where folds give no interval.
    """

    rows: float | None
    low: float | None
    high: float | None
    reach: str
    least: float
    most: float
    kind: str = "corrected"


def monotone(means: np.ndarray) -> np.ndarray:
    """The nearest non-decreasing values (k,), by least squares: more real rows do no harm but by chance."""
    from sklearn.isotonic import isotonic_regression

    return np.asarray(isotonic_regression(np.asarray(means, dtype=float)))


def in_real_rows(
    counts: np.ndarray,
    reference: np.ndarray,
    arm: np.ndarray,
    had: float,
    test_to_train: float,
    *,
    same_rows: bool = False,
) -> RealRows | None:
    """How many more real positives would have given the reference the arm's score.

    `counts` (k,) ascending numbers of real positives, `reference` (m, k) the reference's score per
    fold at each, `arm` (m,) the arm's score per fold with `had` real positives, one of `counts`.
    Between counts the curve is straight in log n.

    The estimate N solves curve(had + N) = curve(had) + mean(arm - reference at had) on the monotone
    mean curve; of several solutions the nearest to 0. The interval holds every N at which a paired,
    corrected t-test (Nadeau & Bengio 2003) cannot tell the arm from the reference with had + N: the
    test is turned round, so the noise of the curve counts as well as that of the arm (the idea is
    Fieller's, 1954). Folds with an undefined score are left out; None with no fold or one count.
    """
    whole = ~(np.isnan(reference).any(axis=1) | np.isnan(arm))
    reference, arm = reference[whole], arm[whole]
    if not len(arm) or len(counts) < 2:
        return None
    at = int(np.argmin(np.abs(counts - had)))
    curve = monotone(reference.mean(axis=0))
    grid = np.unique(np.concatenate([np.geomspace(counts[0], counts[-1], STEPS), counts]))
    level = np.interp(np.log(grid), np.log(counts), curve)
    target = curve[at] + float((arm - reference[:, at]).mean())
    least, most = float(counts[0] - counts[at]), float(counts[-1] - counts[at])
    slack = 1e-12
    if target > level[-1] + slack:
        rows, reach = None, "above"
    elif target < level[0] - slack:
        rows, reach = None, "below"
    else:
        first, last = _solutions(grid, level, target, slack)
        rows, reach = float(np.clip(counts[at], first, last) - counts[at]), "within"
    if same_rows or len(arm) < 2:
        return RealRows(rows, None, None, reach, least, most, "none")
    # Per fold the reference is interpolated as it is: smoothed folds would seem surer than they are.
    right = np.clip(np.searchsorted(counts, grid, side="left"), 1, len(counts) - 1)
    share = (np.log(grid) - np.log(counts[right - 1])) / (
        np.log(counts[right]) - np.log(counts[right - 1])
    )
    ahead = arm[:, None] - (
        (1 - share) * reference[:, right - 1] + share * reference[:, right]
    )  # (m, grid)
    mean, half = ahead.mean(axis=0), half_width(ahead, test_to_train)
    fits = grid[np.abs(mean) <= half + slack] - counts[at]
    if not len(
        fits
    ):  # beyond the whole curve, or between two steps of it: the estimate is all there is
        low, high = {"above": (most, None), "below": (None, least), "within": (rows, rows)}[reach]
        return RealRows(rows, low, high, reach, least, most)
    low = (
        None
        if reach == "below" or fits[0] <= least + slack
        else float(min(fits[0], most if rows is None else rows))
    )
    high = (
        None
        if reach == "above" or fits[-1] >= most - slack
        else float(max(fits[-1], least if rows is None else rows))
    )
    return RealRows(rows, low, high, reach, least, most)


def _solutions(
    grid: np.ndarray, level: np.ndarray, target: float, slack: float
) -> tuple[float, float]:
    """The first and the last n at which a non-decreasing curve has the height, straight in log n between steps."""

    def crossed(right: int) -> float:
        left, rise = right - 1, level[right] - level[right - 1]
        share = (target - level[left]) / rise
        return float(
            np.exp(np.log(grid[left]) + share * (np.log(grid[right]) - np.log(grid[left])))
        )

    first = int(np.searchsorted(level, target - slack, side="left"))
    last = int(np.searchsorted(level, target + slack, side="right")) - 1
    if last < first:  # between two steps
        return crossed(first), crossed(first)
    return float(grid[first]), float(grid[last])


@dataclass(frozen=True)
class Crossing:
    """Below which number of real positives an arm is worth its cost, as far as the words at each number tell.

    `up_to`: the largest number up to which every word is "worth it", None if the first is not.
    `not_from`: the smallest from which every word is "not worth it", None if the last is not.
    `estimate`: where the net gain passes from above 0 to below, straight in log n between the two
    numbers around it; None if it does not, or does so more than once.
    """

    up_to: float | None
    not_from: float | None
    estimate: float | None


def crossing(counts: Sequence[float], words: Sequence[str], net: Sequence[float]) -> Crossing:
    """The crossing from the words and net gains at ascending numbers of real positives."""
    worth = _run(words, "worth it")
    hopeless = _run(words[::-1], "not worth it")
    sign = [value > 0 for value in net]
    turns = [i for i in range(1, len(sign)) if sign[i] != sign[i - 1]]
    estimate = None
    if len(turns) == 1 and sign[0]:
        right = turns[0]
        share = net[right - 1] / (net[right - 1] - net[right])
        estimate = float(
            np.exp(np.log(counts[right - 1]) + share * np.log(counts[right] / counts[right - 1]))
        )
    return Crossing(
        counts[worth - 1] if worth else None,
        counts[len(words) - hopeless] if hopeless else None,
        estimate,
    )


def _run(words: Sequence[str], word: str) -> int:
    """How many of the first words are this one."""
    return next((i for i, other in enumerate(words) if other != word), len(words))
