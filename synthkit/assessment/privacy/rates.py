"""Shares and medians with their intervals, and the risk that remains of an attack's rate beside its control's."""

from __future__ import annotations

from math import inf, sqrt
from typing import Any

import numpy as np
from scipy import stats


def z_of(confidence: float = 0.95) -> float:
    """The standard normal's quantile of a two-sided interval.

    >>> round(z_of(), 2)
    1.96
    """
    return float(stats.norm.ppf((1 + confidence) / 2))


def wilson(p: float, n: float, confidence: float = 0.95) -> tuple[float, float]:
    """The ends of the interval of a share p of n: (p + z²/2n ± z·√(p(1-p)/n + z²/4n²)) / (1 + z²/n).

    Source: Wilson (1927), "Probable inference, the law of succession, and statistical inference".

    >>> [round(end, 3) for end in wilson(0, 100)]
    [0.0, 0.037]
    """
    center, half = _wilson(p, n, confidence)
    return max(0.0, center - half) if p > 0 else 0.0, min(1.0, center + half) if p < 1 else 1.0


def share(hits: np.ndarray, confidence: float = 0.95) -> dict[str, Any]:
    """value, low and high of the share of hits (n,)."""
    low, high = wilson(float(hits.mean()), len(hits), confidence)
    return {"value": float(hits.mean()), "low": low, "high": high}


def median(values: np.ndarray, confidence: float = 0.95) -> dict[str, Any]:
    """value, low and high of the median of values (n,): order statistics, so whatever the distribution."""
    ranks = stats.binom.ppf([(1 - confidence) / 2, (1 + confidence) / 2], len(values), 0.5).astype(
        int
    )
    low, high = np.sort(values)[np.clip(ranks, 0, len(values) - 1)]
    return {"value": float(np.median(values)), "low": float(low), "high": float(high)}


def risk(
    main: float, control: float, n_main: float, n_control: float, confidence: float = 0.95
) -> dict[str, Any]:
    """What an attack gains on training rows beyond what it gains on anyone: R = (a - c) / (1 - c), within [0, 1].

    `main` a and `control` c are rates among `n_main` and `n_control` attacks. 1 - R = (1 - a) / (1 - c)
    is a ratio of two shares, whose Wilson intervals make its own by the method of Donner & Zou (2012).
    A control that always succeeds leaves nothing to gain: the risk is 0, high 1.

    Source: Giomi, Boenisch, Wehmeyer & Tasnádi (2023), "A unified framework for quantifying privacy
    risk in synthetic data", section 3. DIFFERS: there the intervals go through R's derivatives, which
    finds a risk too often where the control nearly always succeeds.

    >>> {key: round(value, 2) for key, value in risk(0.5, 0.2, 1000, 1000).items()}
    {'risk': 0.38, 'low': 0.33, 'high': 0.42}
    """
    if control >= 1:
        return {"risk": 0.0, "low": 0.0, "high": 1.0}
    a, c = 1 - main, 1 - control
    (a_low, a_high), (c_low, c_high) = (
        wilson(a, n_main, confidence),
        wilson(c, n_control, confidence),
    )
    least, most = _ratio_end(a, a_low, c, c_high, -1), _ratio_end(a, a_high, c, c_low, 1)
    found = {"risk": 1 - a / c, "low": 1 - most, "high": 1 - least}
    return {key: min(max(value, 0.0), 1.0) for key, value in found.items()}


def _ratio_end(a: float, a_end: float, c: float, c_end: float, sign: int) -> float:
    """One end of the interval of a / c: where it differs from a / c as far as both ends together allow."""
    below = c_end * (2 * c - c_end)
    if below == 0:
        return inf
    return (a * c + sign * sqrt(max((a * c) ** 2 - a_end * below * (2 * a - a_end), 0.0))) / below


def _wilson(p: float, n: float, confidence: float) -> tuple[float, float]:
    """Center and half width."""
    z = z_of(confidence)
    return (p + z**2 / (2 * n)) / (1 + z**2 / n), z * sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (
        1 + z**2 / n
    )


__all__ = ["median", "risk", "share", "wilson", "z_of"]
