"""SMOTE's variants, through imbalanced-learn: they choose otherwise which rows to start from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field

from synthkit.errors import DataError
from synthkit.methods import method
from synthkit.methods.traits import Traits
from synthkit.randomness import integer_seed
from synthkit.strategies.base import Ratio, Strategy, shortfall
from synthkit.strategies.imblearn_bridge import (
    as_matrix,
    made_by,
    neighbour_search,
    support_vectors,
)
from synthkit.strategies.smote import Neighbours, check_neighbours
from synthkit.table.geometry import Geometry, Points
from synthkit.table.training_set import TrainingSet

#: Makes imbalanced-learn's sampler from {class: rows in the end}.
Sampler = Callable[[dict[int, int]], Any]
Surroundings = Annotated[
    int,
    Field(
        ge=1, description="Nearest rows of any class that tell whether a row lies by the border."
    ),
]


@method
class BorderlineSMOTE(Strategy):
    """SMOTE from those rows of a smaller class that are in danger: by the border, not beyond it.

    A row is in danger if at least half, yet not all, of its `m_neighbors` nearest rows are of other
    classes. Columns are standardised; a state is that of the nearer parent.

    Raises
    ------
    DataError
        If a class to be added to has fewer than k_neighbors + 1 rows or none in danger, or the
        table fewer than m_neighbors + 1 rows.

    Notes
    -----
    Shape: (n, d) -> (n + m, d); the m new rows come last, class by class.
    Source: Han, Wang & Mao (2005), "Borderline-SMOTE" (its variant 1), imbalanced-learn's code.
    """

    traits: ClassVar[Traits | None] = Traits.of("interpolates neighbours searches", order="n^2")

    ratio: Ratio = 1.0
    k_neighbors: Neighbours = 5
    m_neighbors: Surroundings = 10

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        from imblearn.over_sampling import BorderlineSMOTE as Peer

        def sampler(geometry: Geometry, points: Points, seed: int) -> Sampler:
            return lambda wanted: Peer(
                sampling_strategy=wanted,
                random_state=seed,
                k_neighbors=neighbour_search(geometry, points, self.k_neighbors),
                m_neighbors=neighbour_search(geometry, points, self.m_neighbors),
            )

        return _added(
            train, rng, self.ratio, "BorderlineSMOTE", self.k_neighbors, self.m_neighbors, sampler
        )


@method
class ADASYN(Strategy):
    """SMOTE with more new rows where a smaller class is harder to learn.

    Row i starts G·r_i / Σ r of the G new rows, where r_i is the share of other classes among its
    `k_neighbors` nearest rows. Columns are standardised; a state is that of the nearer parent.

    DIFFERS: the paper's rounding makes a few rows more or fewer than asked; here exactly the asked
    number, by asking for more and leaving a random part out.

    Raises
    ------
    DataError
        If a class to be added to has fewer than k_neighbors + 1 rows, or no row with another
        class among its neighbours.

    Notes
    -----
    Shape: (n, d) -> (n + m, d); the m new rows come last, class by class.
    Source: He, Bai, Garcia & Li (2008), "ADASYN: Adaptive Synthetic Sampling Approach for
    Imbalanced Learning", imbalanced-learn's code.
    """

    traits: ClassVar[Traits | None] = Traits.of("interpolates neighbours searches", order="n^2")

    ratio: Ratio = 1.0
    k_neighbors: Neighbours = 5

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        from imblearn.over_sampling import ADASYN as Peer  # noqa: N811 - the peer has our name

        def sampler(geometry: Geometry, points: Points, seed: int) -> Sampler:
            return lambda wanted: Peer(
                sampling_strategy=wanted,
                random_state=seed,
                n_neighbors=neighbour_search(geometry, points, self.k_neighbors),
            )

        return _added(train, rng, self.ratio, "ADASYN", self.k_neighbors, self.k_neighbors, sampler)


@method
class SVMSMOTE(Strategy):
    """SMOTE from the support vectors of a support vector machine between the classes.

    Where most of a support vector's `m_neighbors` nearest rows are of other classes, new rows lie
    between it and its neighbours of the class; where they are not, beyond it, by up to half the way
    (`out_step`), so a number may leave the range seen. Columns are standardised; a state is that of
    the nearer parent. The machine's cost grows with the square of the rows.

    Raises
    ------
    DataError
        If a class to be added to has fewer than k_neighbors + 1 rows, or no support vector that
        is not noise, or the table fewer than m_neighbors + 1 rows.

    Notes
    -----
    Shape: (n, d) -> (n + m, d); the m new rows come last, class by class.
    Source: Nguyen, Cooper & Kamei (2011), "Borderline over-sampling for imbalanced data
    classification", imbalanced-learn's code.
    """

    traits: ClassVar[Traits | None] = Traits.of("interpolates neighbours searches", order="n^2")

    ratio: Ratio = 1.0
    k_neighbors: Neighbours = 5
    m_neighbors: Surroundings = 10
    out_step: Annotated[
        float,
        Field(ge=0, le=1, description="How far beyond a support vector, as a share of the way."),
    ] = 0.5

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        from imblearn.over_sampling import SVMSMOTE as Peer  # noqa: N811 - the peer has our name

        def sampler(geometry: Geometry, points: Points, seed: int) -> Sampler:
            return lambda wanted: Peer(
                sampling_strategy=wanted,
                random_state=seed,
                out_step=self.out_step,
                svm_estimator=support_vectors(),
                k_neighbors=neighbour_search(geometry, points, self.k_neighbors),
                m_neighbors=neighbour_search(geometry, points, self.m_neighbors),
            )

        return _added(
            train, rng, self.ratio, "SVMSMOTE", self.k_neighbors, self.m_neighbors, sampler
        )


def _added(
    train: TrainingSet,
    rng: np.random.Generator,
    ratio: float,
    name: str,
    k: int,
    m: int,
    sampler: Callable[[Geometry, Points, int], Sampler],
) -> TrainingSet:
    """The training set with what a sampler adds for each class, one class at a time."""
    wanted = shortfall(train, ratio)
    check_neighbours(train, wanted, k, name)
    if not wanted:
        return train
    if len(train) <= m:
        raise DataError(
            f"{name} needs at least m_neighbors + 1 = {m + 1} training rows, however there are"
            f" {len(train)}. Lower m_neighbors."
        )
    geometry = Geometry.fit(train.X, train.schema)
    points = geometry.encode(train.X)
    matrix = as_matrix(geometry, points, max(wanted.values()), name)
    made = []
    for code, missing in wanted.items():
        make = sampler(geometry, points, integer_seed(rng))
        made.append(
            geometry.decode(
                geometry.from_matrix(
                    made_by(make, train, matrix, code, missing, name, rng)[:, 1:], points
                )
            )
        )
    return train.append(
        pd.concat(made, ignore_index=True) if len(made) > 1 else made[0],
        np.repeat(list(wanted), list(wanted.values())),
    )
