"""The strategies that invent nothing: leave alone, weigh, repeat, remove, chain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from synthkit.methods import Said, method
from synthkit.methods.traits import Traits
from synthkit.strategies.base import AStrategy, Ratio, Strategy, shortfall
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
    """Apply strategies one after the other; `Chain([SMOTE(), EditedNearestNeighbours()])` is SMOTE-ENN."""

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
