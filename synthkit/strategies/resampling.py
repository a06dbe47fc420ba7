"""The strategies that invent nothing: leave alone, weigh, repeat, remove, clean, chain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from synthkit.errors import DataError
from synthkit.methods import Said, method
from synthkit.methods.traits import Traits
from synthkit.strategies.base import AStrategy, Ratio, Strategy, shortfall
from synthkit.table.geometry import Geometry, Points
from synthkit.table.training_set import TrainingSet


@method
class NoAugmentation(Strategy):
    """Leave the training set as it is: the reference that every other strategy has to beat.

    Notes
    -----
    Shape: (n, d) -> (n, d).
    """

    traits: ClassVar[Traits | None] = Traits.of(
        "baseline", note="the reference; its threshold is tuned like everybody's"
    )

    makes_rows: ClassVar[bool] = False

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        return train


@method
class ClassWeights(Strategy):
    """Weigh the rows so that each class counts as if it had `ratio` rows per row of the largest.

    w_c = a · max(1, ratio · max_j W_j / W_c) with W_c the weight of class c before, and a keeps the
    total. With `ratio` 1 and equal weights this is scikit-learn's "balanced": w_c = n / (k · n_c).

    Raises
    ------
    DataError
        If a class has no row.

    Notes
    -----
    Shape: (n, d) -> (n, d); only the weights change, and their total stays.
    Source: King & Zeng (2001), "Logistic regression in rare events data".
    """

    traits: ClassVar[Traits | None] = Traits.of("baseline", note="costs nothing")

    ratio: Ratio = 1.0
    makes_rows: ClassVar[bool] = False

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        shortfall(train, self.ratio)  # refuses an empty class
        total = np.bincount(train.codes, weights=train.weight, minlength=len(train.schema.classes))
        factor = np.maximum(1.0, self.ratio * total.max() / np.maximum(total, np.finfo(float).tiny))
        weight = train.weight * factor[train.codes]
        return train.reweighted(weight * (train.weight.sum() / weight.sum()))


@method
class RandomOversampling(Strategy):
    """Repeat rows of the smaller classes, drawn with replacement, up to `ratio`.

    Raises
    ------
    DataError
        If a class has no row.

    Notes
    -----
    Shape: (n, d) -> (n + m, d); a repeated row keeps its origin.
    """

    traits: ClassVar[Traits | None] = Traits.of("repeats", note="invents nothing")

    ratio: Ratio = 1.0
    makes_rows: ClassVar[bool] = False

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        picks = [
            rng.choice(train.rows_of(code), size=missing)
            for code, missing in shortfall(train, self.ratio).items()
        ]
        return train.take(np.concatenate([np.arange(len(train)), *picks]))


@method
class RandomUndersampling(Strategy):
    """Remove rows of the larger classes at random, down to the smallest class over `ratio`.

    Every class keeps at most round(n_min / ratio) rows, drawn without replacement.

    Raises
    ------
    DataError
        If a class has no row.

    Notes
    -----
    Shape: (n, d) -> (n - m, d); the kept rows stay in their order.
    """

    traits: ClassVar[Traits | None] = Traits.of("repeats removes", note="makes training cheaper")

    ratio: Ratio = 1.0
    makes_rows: ClassVar[bool] = False

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        shortfall(train, self.ratio)  # refuses an empty class
        most = round(int(train.counts.min()) / self.ratio)
        keep = [
            rows if len(rows) <= most else rng.choice(rows, size=most, replace=False)
            for rows in map(train.rows_of, range(len(train.counts)))
        ]
        return train.take(np.sort(np.concatenate(keep)))


@method
class Chain(Strategy):
    """Apply strategies one after the other; `Chain([SMOTE(), EditedNearestNeighbours()])` is
    SMOTE-ENN.
    """

    traits: ClassVar[Traits | None] = None

    strategies: Annotated[
        Sequence[AStrategy],
        Field(
            min_length=1, description="Strategies, their names, or mappings of name and parameters."
        ),
        Said(needed="a list of strategies"),
    ]

    @property
    def makes_rows(self) -> bool:
        """Whether any of them does."""
        return any(strategy.makes_rows for strategy in self.strategies)

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        for strategy in self.strategies:
            train = strategy(train, rng)
        return train


@method
class EditedNearestNeighbours(Strategy):
    """Remove rows whose `n_neighbors` nearest rows are of other classes.

    Nothing is random, and there is no ratio: what contradicts goes.

    Raises
    ------
    DataError
        If there are no more than n_neighbors rows, or a class would lose every row.

    Notes
    -----
    Shape: (n, d) -> (n - m, d); the kept rows stay in their order, with their origin.
    Source: Wilson (1972), "Asymptotic Properties of Nearest Neighbor Rules Using Edited Data",
    imbalanced-learn's code.
    """

    traits: ClassVar[Traits | None] = None

    n_neighbors: Annotated[
        int, Field(ge=1, description="Nearest rows that may contradict a row.")
    ] = 3
    agree: Annotated[
        Literal["all", "most"],
        Field(
            description='"all": a row stays if all of its neighbours are of its class; "most": if'
            " its class is the most frequent among them."
        ),
    ] = "all"
    remove_from: Annotated[
        Literal["larger", "all"],
        Field(description='"larger" leaves the rarest class alone; "all" does not.'),
    ] = "larger"
    makes_rows: ClassVar[bool] = False

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        from imblearn.under_sampling import EditedNearestNeighbours as Peer

        shortfall(train, 1.0)  # refuses an empty class
        if len(train) <= self.n_neighbors:
            raise DataError(
                f"EditedNearestNeighbours needs at least n_neighbors + 1 = {self.n_neighbors + 1}"
                f" rows,"
                f" however there are {len(train)}. Lower n_neighbors."
            )
        geometry = Geometry.fit(train.X, train.schema)
        points = geometry.encode(train.X)
        peer = Peer(
            sampling_strategy={"larger": "not minority", "all": "all"}[self.remove_from],
            n_neighbors=neighbour_search(geometry, points, self.n_neighbors),
            kind_sel={"all": "all", "most": "mode"}[self.agree],
        )
        peer.fit_resample(np.arange(len(train), dtype=float)[:, None], train.codes)
        kept = train.take(np.sort(peer.sample_indices_))
        if (kept.counts == 0).any():
            lost = int(np.flatnonzero(kept.counts == 0)[0])
            raise DataError(
                f"EditedNearestNeighbours needs rows that agree with their neighbours in each"
                f" class,"
                f" however class {train.schema.classes[lost]!r} would lose all"
                f" {train.counts[lost]} of its"
                " rows. Use agree: most, or leave the cleaning out."
            )
        return kept


def neighbour_search(geometry: Geometry, points: Points, k: int) -> Any:
    """Our search as the neighbours object that imbalanced-learn takes: each row itself, then its
    `k` nearest.

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
