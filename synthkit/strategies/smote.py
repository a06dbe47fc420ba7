"""SMOTE on mixed tables: new rows between a row and one of its nearest neighbours of the same class."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field

from synthkit.errors import DataError
from synthkit.methods import method
from synthkit.methods.traits import Traits
from synthkit.strategies.base import Ratio, Strategy, shortfall
from synthkit.table.geometry import Geometry, Points
from synthkit.table.training_set import TrainingSet

#: Between which rows new ones may lie.
Neighbours = Annotated[
    int, Field(ge=1, description="Neighbours of its own class that a row may be joined with.")
]
Standardize = Annotated[
    bool,
    Field(
        description="Measure columns in their standard deviations; without it, distances are of the raw"
        " numbers, as in the paper, the article and imbalanced-learn."
    ),
]


@method
class SMOTE(Strategy):
    """Add rows between rows of a smaller class and their nearest neighbours of that class, up to `ratio`.

    For each new row: a row a of the class drawn with replacement, b one of the `k_neighbors`
    nearest to it, g uniform in [0, 1). Numbers and times are a + g·(b - a), whole ones rounded;
    where only one of the two has a value, the nearer of them decides; states are the most frequent
    among all k neighbours of a, of equally frequent ones that of the nearest neighbour.

    Raises
    ------
    DataError
        If a class to be added to has fewer than k_neighbors + 1 rows.

    Notes
    -----
    Shape: (n, d) -> (n + m, d); the m new rows come last, class by class.
    Source: Chawla, Bowyer, Hall & Kegelmeyer (2002), "SMOTE: Synthetic Minority Over-sampling
    Technique", and its SMOTE-NC for states.
    """

    traits: ClassVar[Traits | None] = Traits.of(
        "interpolates neighbours", order="n^2", note="O(n·k·d) once the neighbours are known"
    )

    ratio: Ratio = 1.0
    k_neighbors: Neighbours = 5
    standardize: Standardize = True

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        wanted = shortfall(train, self.ratio)
        check_neighbours(train, wanted, self.k_neighbors, "SMOTE")
        if not wanted:
            return train
        geometry = Geometry.fit(train.X, train.schema, standardize=self.standardize)
        made = [
            geometry.decode(self._made(geometry, train.X.take(train.rows_of(code)), missing, rng))
            for code, missing in wanted.items()
        ]
        return train.append(
            made[0] if len(made) == 1 else pd.concat(made, ignore_index=True),
            np.repeat(list(wanted), list(wanted.values())),
        )

    def _made(
        self, geometry: Geometry, rows: pd.DataFrame, m: int, rng: np.random.Generator
    ) -> Points:
        """`m` new points of one class, whose rows are `rows` (n, d)."""
        points = geometry.encode(rows)
        base = rng.integers(len(points), size=m)
        rank = rng.integers(self.k_neighbors, size=m)
        gap = rng.random(m)
        # Few new rows need the neighbours of few rows only.
        used, place = np.unique(base, return_inverse=True)
        near = geometry.nearest(points, used, self.k_neighbors)
        return between(
            points, base, near[place, rank], gap, common_states(points.states, near)[place]
        )


def check_neighbours(train: TrainingSet, wanted: dict[int, int], k: int, name: str) -> None:
    """Raises: DataError if a class to be added to has fewer than k + 1 rows."""
    counts = train.counts
    for code in wanted:
        n = int(counts[code])
        if n <= k:
            mend = (
                f"Lower k_neighbors to {n - 1}, or use random oversampling."
                if n > 1
                else "Use random oversampling."
            )
            raise DataError(
                f"{name} needs at least k_neighbors + 1 = {k + 1} rows of each class it adds to, however"
                f" class {train.schema.classes[code]!r} has {n}. {mend}"
            )


def interpolate(start: np.ndarray, end: np.ndarray, gap: np.ndarray) -> np.ndarray:
    """Start + gap·(end - start): points (m, p) on the ways from `start` (m, p) to `end` (m, p), `gap` (m,) in [0, 1).

    >>> interpolate(np.array([[0.0, 10.0]]), np.array([[4.0, 10.0]]), np.array([0.25]))
    array([[ 1., 10.]])
    """
    out = np.subtract(end, start)
    out *= gap[:, None]
    out += start
    return out


def between(
    points: Points, a: np.ndarray, b: np.ndarray, gap: np.ndarray, states: np.ndarray
) -> Points:
    """New points (m) between the points at positions `a` and `b` (m,), with these states (m, q).

    Where one of the two lacks a number, the new point takes after the nearer: b from gap 1/2 on.
    """
    start, end = points.take(a), points.take(b)
    numbers = interpolate(start.numbers, end.numbers, gap)
    missing = start.missing
    if points.missing.any():
        to_b = (gap >= 0.5)[:, None]
        numbers = np.where(
            start.missing | end.missing, np.where(to_b, end.numbers, start.numbers), numbers
        )
        missing = np.where(to_b, end.missing, start.missing)
    return Points(numbers, missing, states)


def common_states(states: np.ndarray, near: np.ndarray) -> np.ndarray:
    """The most frequent state (n, q) among neighbours `near` (n, k), positions in `states` (N, q).

    Of equally frequent states the nearest neighbour's wins. DIFFERS: from imbalanced-learn's
    SMOTENC, where the first level in its order wins.
    """
    around = states[near]  # (n, k, q)
    best, votes = around[:, 0], np.zeros(around[:, 0].shape, dtype=np.int32)
    for j in range(near.shape[1]):
        count = (around == around[:, j : j + 1]).sum(axis=1)
        better = count > votes
        best, votes = np.where(better, around[:, j], best), np.where(better, count, votes)
    return best
