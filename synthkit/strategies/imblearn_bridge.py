"""imbalanced-learn's methods in our geometry: mixed tables go in as a matrix, and come back as rows.

The matrix's first column is the row's position. Through it imbalanced-learn asks our own search for
neighbours, so that a missing value or a level means the same to every method here, and the answer
does not depend on threads. All randomness comes from one seed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from synthkit.errors import DataError
from synthkit.table.geometry import Geometry, Points, levels_in
from synthkit.table.split import drawn
from synthkit.table.training_set import TrainingSet

#: The most cells of a matrix; 2²⁷ of 8 bytes are 1 GiB.
MOST_CELLS = 2**27


def neighbour_search(geometry: Geometry, points: Points, k: int) -> Any:
    """Our search as the neighbours object that imbalanced-learn takes: each row itself, then its `k` nearest.

    It reads nothing but the positions in a matrix's first column.
    """
    from sklearn.base import BaseEstimator

    class Search(BaseEstimator):
        n_neighbors = k + 1

        def __sklearn_clone__(self) -> Any:
            return self  # a copy would copy the table; nobody else holds this one

        def set_params(self, **_: Any) -> Any:
            return self  # it is asked to take a number of jobs

        def fit(self, X: np.ndarray, y: Any = None) -> Any:
            self.positions = X[:, 0].astype(np.int64)
            self.among = points if len(X) == len(points) else points.take(self.positions)
            return self

        def kneighbors(
            self, X: np.ndarray, n_neighbors: Any = None, return_distance: bool = False
        ) -> np.ndarray:
            mine = np.searchsorted(self.positions, X[:, 0].astype(np.int64))
            return np.column_stack([mine, geometry.nearest(self.among, mine, k)])

        def kneighbors_graph(self) -> Any:
            raise NotImplementedError("no method here asks for it")

    return Search()


def support_vectors() -> Any:
    """scikit-learn's SVC, blind to the first column."""
    from sklearn.svm import SVC

    class Blind(SVC):
        def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: Any = None) -> Any:
            return super().fit(X[:, 1:], y, sample_weight)

        def predict(self, X: np.ndarray) -> np.ndarray:
            return super().predict(X[:, 1:])

    return Blind(gamma="scale")


def as_matrix(geometry: Geometry, points: Points, more: int, name: str) -> np.ndarray:
    """Positions, and `Geometry.matrix` beside them: (n, 1 + D) float64.

    Raises: DataError if this matrix and `more` rows of it would have more than 2²⁷ cells.
    """
    levels = levels_in(points)
    gaps = int(points.missing.any(axis=0).sum())
    width = 1 + len(geometry.numbers) + gaps + sum(map(len, levels))
    if (len(points) + more) * width > MOST_CELLS:
        widest = (
            geometry.states[int(np.argmax([len(level) for level in levels]))].name
            if levels
            else "numbers"
        )
        raise DataError(
            f"{name} needs a matrix of at most {MOST_CELLS:,} cells, however {len(points) + more:,} rows of"
            f" {width:,} columns are more (the widest is {widest!r}). Use smote, which needs no matrix, or"
            " leave the column out."
        )
    positions = np.arange(len(points), dtype=float)[:, None]
    return np.hstack([positions, geometry.matrix(points)])


def made_by(
    sampler: Callable[[dict[int, int]], Any],
    train: TrainingSet,
    matrix: np.ndarray,
    code: int,
    wanted: int,
    name: str,
    rng: np.random.Generator,
) -> np.ndarray:
    """Exactly `wanted` new rows (wanted, 1 + d) of one class, whatever number the sampler makes of that.

    `sampler` takes {class: rows in the end}. Some make a few more or fewer than asked: of more, a
    random part is kept; of fewer, more are asked for.

    Raises: DataError if it can make none.
    """
    codes, n = train.codes, int(train.counts[code])
    asked = wanted
    for _ in range(6):
        try:
            made = sampler({code: n + asked}).fit_resample(matrix, codes)[0][len(matrix) :]
        except (ValueError, RuntimeError) as error:
            raise _cannot(train, code, name, str(error)) from error
        if len(made) == 0 and asked > 2 * n:
            break
        if len(made) >= wanted:
            return drawn(made, wanted, rng)
        asked = 2 * asked + n
    raise _cannot(train, code, name, "no row of the class qualifies")


def _cannot(train: TrainingSet, code: int, name: str, why: str) -> DataError:
    return DataError(
        f"{name} needs rows of class {train.schema.classes[code]!r} near the border to other classes,"
        f" however it found none that it could use ({why.strip().rstrip('.')}). Use smote instead."
    )
