"""Shares and medians with their intervals, and the risk that remains of an attack's rate beside its control's."""

from __future__ import annotations

from math import sqrt
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
    ranks = stats.binom.ppf([(1 - confidence) / 2, (1 + confidence) / 2], len(values), 0.5).astype(int)
    low, high = np.sort(values)[np.clip(ranks, 0, len(values) - 1)]
    return {"value": float(np.median(values)), "low": float(low), "high": float(high)}


def risk(main: float, control: float, n_main: float, n_control: float, confidence: float = 0.95,
         blur: float = 1.0) -> dict[str, Any]:
    """What an attack gains on training rows beyond what it gains on anyone: R = (a - c) / (1 - c), within [0, 1].

    `main` a and `control` c are rates among `n_main` and `n_control` attacks. Each rate moves to its
    Wilson interval's center with half its width as error, and the errors go through R:
    ΔR² = (Δa / (1 - c))² + (Δc·(1 - a) / (1 - c)²)². `blur` widens Δc where the control's rate had to
    be extrapolated. A control that always succeeds leaves nothing to gain: the risk is 0, high 1.

    Source: Giomi, Boenisch, Wehmeyer & Tasnádi (2023), "A unified framework for quantifying privacy
    risk in synthetic data", section 3. DIFFERS: the point value is of the plain rates; there it is of
    the centers, which tends to 1/2 for few attacks.

    >>> {key: round(value, 2) for key, value in risk(0.5, 0.2, 1000, 1000).items()}
    {'risk': 0.37, 'low': 0.33, 'high': 0.42}
    """
    (a, off_a), (c, off_c) = _wilson(main, n_main, confidence), _wilson(control, n_control, confidence)
    plain = (main - control) / (1 - control) if control < 1 else 0.0
    middle = (a - c) / (1 - c)
    off = np.hypot(off_a / (1 - c), blur * off_c * (1 - a) / (1 - c) ** 2)
    low, high = min(middle - off, plain), max(middle + off, plain)
    return {key: float(np.clip(value, 0, 1)) for key, value in (("risk", plain), ("low", low), ("high", high))}


def _wilson(p: float, n: float, confidence: float) -> tuple[float, float]:
    """Center and half width."""
    z = z_of(confidence)
    return (p + z**2 / (2 * n)) / (1 + z**2 / n), z * sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)


__all__ = ["median", "risk", "share", "wilson", "z_of"]
