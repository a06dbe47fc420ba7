"""The strategies that invent nothing: leave alone, weigh, repeat, remove, chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from synthkit.strategies.base import Strategy, check_ratio, shortfall
from synthkit.table.training_set import TrainingSet


@dataclass(frozen=True)
class NoAugmentation(Strategy):
    """Leave the training set as it is: the reference that every other strategy has to beat.

    Shape: (n, d) -> (n, d).
    """

    makes_rows: ClassVar[bool] = False

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        return train


@dataclass(frozen=True)
class ClassWeights(Strategy):
    """Weigh the rows so that each class counts as if it had `ratio` rows per row of the largest.

    w_c = a · max(1, ratio · max_j W_j / W_c) with W_c the weight of class c before, and a keeps the
    total. With `ratio` 1 and equal weights this is scikit-learn's "balanced": w_c = n / (k · n_c).

    Shape: (n, d) -> (n, d); only the weights change.
    Unit of `ratio`: total weight of a smaller class per total weight of the largest, in (0, 1].
    Raises: DataError if a class has no row.
    Source: King & Zeng (2001), "Logistic regression in rare events data".
    """

    ratio: float = 1.0
    makes_rows: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_ratio(self.ratio)

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        shortfall(train, self.ratio)  # refuses an empty class
        total = np.bincount(train.codes, weights=train.weight, minlength=len(train.schema.classes))
        factor = np.maximum(1.0, self.ratio * total.max() / np.maximum(total, np.finfo(float).tiny))
        weight = train.weight * factor[train.codes]
        return train.reweighted(weight * (train.weight.sum() / weight.sum()))


@dataclass(frozen=True)
class RandomOversampling(Strategy):
    """Repeat rows of the smaller classes, drawn with replacement, up to `ratio`.

    Shape: (n, d) -> (n + m, d); a repeated row keeps its origin.
    Unit of `ratio`: rows of each smaller class per row of the largest, in (0, 1].
    Raises: DataError if a class has no row.
    """

    ratio: float = 1.0
    makes_rows: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_ratio(self.ratio)

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        picks = [
            rng.choice(train.rows_of(code), size=missing)
            for code, missing in shortfall(train, self.ratio).items()
        ]
        return train.take(np.concatenate([np.arange(len(train)), *picks]))


@dataclass(frozen=True)
class RandomUndersampling(Strategy):
    """Remove rows of the larger classes at random, down to the smallest class over `ratio`.

    Every class keeps at most round(n_min / ratio) rows, drawn without replacement.

    Shape: (n, d) -> (n - m, d); the kept rows stay in their order.
    Unit of `ratio`: rows of the smallest class per row of a larger one, in (0, 1].
    Raises: DataError if a class has no row.
    """

    ratio: float = 1.0
    makes_rows: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_ratio(self.ratio)

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        shortfall(train, self.ratio)  # refuses an empty class
        most = round(int(train.counts.min()) / self.ratio)
        keep = [
            rows if len(rows) <= most else rng.choice(rows, size=most, replace=False)
            for rows in map(train.rows_of, range(len(train.counts)))
        ]
        return train.take(np.sort(np.concatenate(keep)))


@dataclass(frozen=True)
class Chain(Strategy):
    """Apply strategies one after the other; `Chain([SMOTE(), EditedNearestNeighbours()])` is SMOTE-ENN.

    `strategies` are strategies, names, or mappings with a name and parameters.
    """

    strategies: Sequence[Any]

    def __post_init__(self) -> None:
        from synthkit.errors import ConfigError
        from synthkit.strategies import STRATEGIES

        if (
            isinstance(self.strategies, str | bytes)
            or not isinstance(self.strategies, Sequence)
            or not self.strategies
        ):
            raise ConfigError(
                f"A chain needs a list of strategies, however it got {self.strategies!r}.",
                key="strategies",
            )
        object.__setattr__(
            self, "strategies", tuple(STRATEGIES.build(spec) for spec in self.strategies)
        )

    @property
    def makes_rows(self) -> bool:
        """Whether any of them does."""
        return any(strategy.makes_rows for strategy in self.strategies)

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        strategy: Strategy
        for strategy in self.strategies:
            train = strategy(train, rng)
        return train
