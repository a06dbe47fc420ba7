"""One thing that was measured, what it is compared with, and what follows for the arms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Finding:
    """A measured number beside its threshold, in words, with the arms that it speaks for and against.

    - `topic`: what was looked at. `value`: the number, in `unit`; None where it could not be measured.
    - `low`, `high`: its 95 % interval; None where sampling does not matter, or nothing was measured.
    - `threshold`: what the number is compared with, and `source` who says so.
    - `holds`: whether the number is beyond the threshold, its whole interval if it has one; None
      where the interval holds the threshold, or nothing was measured.
    - `says`: in plain words. `favours`: arms. `rules_out`: arms, each with the reason.
    """

    topic: str
    value: float | None
    unit: str
    threshold: float
    holds: bool | None
    says: str
    low: float | None = None
    high: float | None = None
    source: str = ""
    favours: tuple[str, ...] = ()
    rules_out: Mapping[str, str] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """The finding as plain values, for JSON and for the report."""
        return {
            "topic": self.topic,
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "unit": self.unit,
            "threshold": self.threshold,
            "source": self.source,
            "holds": self.holds,
            "says": self.says,
            "favours": list(self.favours),
            "rules_out": dict(self.rules_out),
        }


@dataclass(frozen=True)
class Interval:
    """A mean and its 95 % interval."""

    mean: float
    low: float
    high: float

    def beyond(self, threshold: float) -> bool | None:
        """Whether the whole interval is above the threshold, none of it is, or (None) it holds it."""
        if self.low > threshold:
            return True
        return False if self.high <= threshold else None


def corrected(values: np.ndarray, test_to_train: float) -> Interval:
    """The mean of per-fold values (m,), m ≥ 2, with its corrected interval.

    mean ± t_{m-1} · sqrt((1/m + n_test/n_train) · var): training sets overlap (Nadeau & Bengio 2003).
    """
    return _student(values, 1 / len(values) + test_to_train, CONFIDENCE)


def simple(values: np.ndarray, comparisons: int = 1) -> Interval:
    """The mean of values (m,), m ≥ 2, one per row, with Student's interval.

    With several `comparisons` of which the largest is reported, each interval is wide enough for
    all of them to hold at once with 95 % (Bonferroni).
    """
    return _student(values, 1 / len(values), 1 - (1 - CONFIDENCE) / comparisons)


def _student(values: np.ndarray, factor: float, confidence: float) -> Interval:
    from scipy.stats import t

    mean = float(values.mean())
    half = float(
        t.ppf((1 + confidence) / 2, len(values) - 1) * np.sqrt(factor * values.var(ddof=1))
    )
    return Interval(mean, mean - half, mean + half)


def share_interval(broken: int, n: int) -> tuple[float, float]:
    """The exact 95 % interval of a share, `broken` of `n` (Clopper & Pearson 1934)."""
    from scipy.stats import beta

    tail = (1 - CONFIDENCE) / 2
    low = 0.0 if broken == 0 else float(beta.ppf(tail, broken, n - broken + 1))
    high = 1.0 if broken == n else float(beta.ppf(1 - tail, broken + 1, n - broken))
    return low, high


__all__ = ["CONFIDENCE", "Finding", "Interval", "corrected", "share_interval", "simple"]
