"""Cleaning: remove rows that their neighbours contradict; and SMOTE with it."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from synthkit.errors import DataError
from synthkit.methods import method
from synthkit.methods.traits import Traits
from synthkit.strategies.base import Ratio, Strategy, shortfall
from synthkit.strategies.baselines import Chain
from synthkit.strategies.imblearn_bridge import neighbour_search
from synthkit.strategies.smote import SMOTE, Neighbours, Standardize
from synthkit.table.geometry import Geometry
from synthkit.table.training_set import TrainingSet

Looked = Annotated[int, Field(ge=1, description="Nearest rows that a row is held against.")]
Agree = Annotated[
    Literal["all", "most"],
    Field(
        description="A row stays if all of its neighbours are of its class, or if its class is the most"
        " frequent among them."
    ),
]


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

    n_neighbors: Looked = 3
    agree: Agree = "all"
    remove_from: Annotated[
        Literal["larger", "all"],
        Field(description="Which classes lose rows: larger leaves the rarest alone, all does not."),
    ] = "larger"
    makes_rows: ClassVar[bool] = False

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        from imblearn.under_sampling import EditedNearestNeighbours as Peer

        shortfall(train, 1.0)  # refuses an empty class
        if len(train) <= self.n_neighbors:
            raise DataError(
                f"EditedNearestNeighbours needs at least n_neighbors + 1 = {self.n_neighbors + 1} rows,"
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
                f"EditedNearestNeighbours needs rows that agree with their neighbours in each class,"
                f" however class {train.schema.classes[lost]!r} would lose all {train.counts[lost]} of its"
                " rows. Use agree: most, or leave the cleaning out."
            )
        return kept


@method
class SMOTEENN(Strategy):
    """SMOTE, then edited nearest neighbours on all classes: the chain of the two, under its own name.

    It is `Chain([SMOTE(...), EditedNearestNeighbours(remove_from="all", ...)])`. The cleaning comes
    last, so the classes end near `ratio`, not at it.

    Raises
    ------
    what the two raise

    Notes
    -----
    Shape: (n, d) -> (n + m - r, d).
    Source: Batista, Prati & Monard (2004), "A study of the behavior of several methods for
    balancing machine learning training data".
    """

    traits: ClassVar[Traits | None] = Traits.of("interpolates neighbours searches", order="n^2")

    ratio: Ratio = 1.0
    k_neighbors: Neighbours = 5
    n_neighbors: Looked = 3
    agree: Agree = "all"
    standardize: Standardize = True

    @property
    def chain(self) -> Chain:
        """The two strategies that this is."""
        return Chain(
            [
                SMOTE(self.ratio, self.k_neighbors, self.standardize),
                EditedNearestNeighbours(self.n_neighbors, self.agree, remove_from="all"),
            ]
        )

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        return self.chain(train, rng)
