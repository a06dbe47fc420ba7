"""Mixup: weighted means of two rows, and of their labels."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from synthkit.methods import method
from synthkit.methods.traits import Traits
from synthkit.strategies.base import Ratio, Strategy, shortfall
from synthkit.strategies.smote import interpolate
from synthkit.table.geometry import Geometry, Points
from synthkit.table.training_set import TrainingSet


@method
class Mixup(Strategy):
    """Add weighted means of a row of a smaller class and any other row, with labels as soft, up to `ratio`.

    For each new row: i drawn from the class, j from all rows, l = max(b, 1 - b) with
    b ~ Beta(alpha, alpha); then x = l·x_i + (1 - l)·x_j and y = l·y_i + (1 - l)·y_j. States, and
    whether a value is missing, come from i, the heavier parent.

    DIFFERS: the paper replaces every row of a batch; here rows are added where a class is short,
    and l is at least 1/2, so that the likeliest class of a new row is the one asked for.

    Raises
    ------
    DataError
        If a class has no row.

    Notes
    -----
    Shape: (n, d) -> (n + m, d); the m new rows come last, class by class.
    Source: Zhang, Cisse, Dauphin & Lopez-Paz (2018), "mixup: Beyond Empirical Risk
    Minimization".
    """

    traits: ClassVar[Traits | None] = Traits.of("interpolates", note="soft labels")

    alpha: Annotated[
        float,
        Field(
            gt=0,
            description="Of the Beta(alpha, alpha) weights: the smaller, the nearer to a parent.",
        ),
    ] = 0.2
    ratio: Ratio = 1.0

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        wanted = shortfall(train, self.ratio)
        if not wanted:
            return train
        geometry = Geometry.fit(train.X, train.schema)
        points = geometry.encode(train.X)
        heavier = np.concatenate(
            [rng.choice(train.rows_of(code), size=m) for code, m in wanted.items()]
        )
        other = rng.integers(len(train), size=len(heavier))
        weight = folded_beta(self.alpha, len(heavier), rng)
        code = np.repeat(list(wanted), list(wanted.values()))
        weight = np.maximum(weight, least_weight(train.y[heavier], train.y[other], code))
        X = geometry.decode(mixed(points, heavier, other, weight))
        return train.append(X, interpolate(train.y[heavier], train.y[other], 1 - weight))


def folded_beta(alpha: float, m: int, rng: np.random.Generator) -> np.ndarray:
    """The heavier parent's weights (m,) in [1/2, 1]: max(b, 1 - b), b ~ Beta(alpha, alpha)."""
    b = rng.beta(alpha, alpha, size=m)
    return np.maximum(b, 1 - b)


def least_weight(heavier: np.ndarray, other: np.ndarray, code: np.ndarray) -> np.ndarray:
    """The smallest weight (m,) of the labels `heavier` (m, k) at which class `code` (m,) stays the likeliest.

    Against class c it needs l·(h_code - h_c) >= (1 - l)·(o_c - o_code). For hard labels that is
    1/2; a parent whose own label is soft may need more.

    >>> least_weight(np.array([[0.0, 1.0]]), np.array([[1.0, 0.0]]), np.array([1])).round(6)
    array([0.5])
    """
    rows = np.arange(len(code))
    lead = heavier[rows, code][:, None] - heavier
    against = np.maximum(other - other[rows, code][:, None], 0.0)
    needed = np.divide(against, lead + against, out=np.zeros_like(lead), where=against > 0)
    # A hair more than needed, because a tie goes to the class of the lower code.
    return np.minimum(needed.max(axis=1) + 1e-9, 1.0)


def mixed(points: Points, heavier: np.ndarray, other: np.ndarray, weight: np.ndarray) -> Points:
    """New points (m): means of the points at positions `heavier` and `other` (m,), `weight` (m,) on the first."""
    a, b = points.take(heavier), points.take(other)
    numbers = interpolate(a.numbers, b.numbers, 1 - weight)
    if points.missing.any():
        numbers = np.where(a.missing | b.missing, a.numbers, numbers)
    return Points(numbers, a.missing, a.states)
