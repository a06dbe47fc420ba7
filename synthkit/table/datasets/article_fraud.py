"""The article's fraud table, bit for bit, with the process that made it."""

from __future__ import annotations

from collections.abc import Mapping
from math import erf, log, pi, sqrt
from typing import ClassVar

import numpy as np
import pandas as pd

from synthkit.methods import method

LEGIT_ROWS, FRAUD_ROWS = 4750, 250
FRAUD_RATE = FRAUD_ROWS / (LEGIT_ROWS + FRAUD_ROWS)
#: Means of the exponential columns for legitimate and fraudulent rows.
SCALES = {"amount": (80.0, 180.0), "velocity": (1.5, 5.0), "distance": (20.0, 200.0)}
#: Mean and standard deviation of the hour before it is clipped.
HOURS = ((14.0, 4.0), (3.0, 5.0))
FIRST_HOUR, LAST_HOUR = 0.0, 23.0
COLUMNS = ("amount", "hour", "velocity", "distance")


@method
class ArticleFraud:
    """5,000 card payments, 250 of them fraud: the article's table, and its true probabilities.

    The columns are independent given the class: `amount`, `velocity` and `distance` exponential,
    `hour` normal and clipped to [0, 23], which puts point masses at both ends. The target `fraud`
    is 0 or 1; legitimate rows come first.
    """

    target: ClassVar[str] = "fraud"
    positive: ClassVar[int] = 1
    kinds: ClassVar[Mapping[str, str]] = dict.fromkeys(COLUMNS, "numeric")

    def table(self) -> pd.DataFrame:
        """The article's draws (5000, 5) in its order, from NumPy's legacy generator at seed 42."""
        rng = np.random.RandomState(42)
        rows = (LEGIT_ROWS, FRAUD_ROWS)
        data = {}
        for name in COLUMNS:  # per column first the legitimate rows, then the fraudulent ones
            if name == "hour":
                drawn = [
                    np.clip(rng.normal(*HOURS[c], rows[c]), FIRST_HOUR, LAST_HOUR) for c in (0, 1)
                ]
            else:
                drawn = [rng.exponential(SCALES[name][c], rows[c]) for c in (0, 1)]
            data[name] = np.concatenate(drawn)
        return pd.DataFrame(data).assign(fraud=np.repeat([0, 1], rows))

    def fresh(self, n: int, rng: np.random.Generator) -> pd.DataFrame:
        """`n` new rows of the same process; each is fraud with probability 5 %."""
        fraud = (rng.random(n) < FRAUD_RATE).astype("int64")
        data = {
            name: rng.exponential(np.take(SCALES[name], fraud))
            for name in ("amount", "velocity", "distance")
        }
        mean, deviation = np.array(HOURS).T
        data["hour"] = np.clip(rng.normal(mean[fraud], deviation[fraud]), FIRST_HOUR, LAST_HOUR)
        return pd.DataFrame({name: data[name] for name in COLUMNS}).assign(fraud=fraud)

    def oracle(self, table: pd.DataFrame) -> np.ndarray:
        """P(class | row) (n, 2) by Bayes' rule from the true densities, of the classes 0 and 1."""
        log_joint = np.empty((len(table), 2))
        for c, prior in enumerate((1 - FRAUD_RATE, FRAUD_RATE)):
            terms = [
                -table[name].to_numpy(float) / SCALES[name][c] - log(SCALES[name][c])
                for name in SCALES
            ]
            log_joint[:, c] = (
                log(prior) + sum(terms) + _log_hour(table["hour"].to_numpy(float), *HOURS[c])
            )
        joint = np.exp(log_joint - log_joint.max(axis=1, keepdims=True))
        return joint / joint.sum(axis=1, keepdims=True)


def _log_hour(hour: np.ndarray, mean: float, deviation: float) -> np.ndarray:
    """Log density of the clipped normal; at its ends, the log of the mass clipped there."""
    inside = -0.5 * ((hour - mean) / deviation) ** 2 - log(deviation * sqrt(2 * pi))
    early = log(_below((FIRST_HOUR - mean) / deviation))
    late = log(_below((mean - LAST_HOUR) / deviation))
    return np.where(hour <= FIRST_HOUR, early, np.where(hour >= LAST_HOUR, late, inside))


def _below(z: float) -> float:
    """The standard normal's distribution function."""
    return 0.5 * (1 + erf(z / sqrt(2)))
