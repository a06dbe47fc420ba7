"""Strategies that first change how many real positives there are: fewer by leaving out, more by true fresh rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from synthkit.comparison.limits import PerfectGenerator
from synthkit.errors import ConfigError
from synthkit.methods import Seed, method
from synthkit.randomness import generator
from synthkit.strategies.base import Strategy
from synthkit.table.dataset import Process, table_hash
from synthkit.table.training_set import TrainingSet


@method
class Subsampled(Strategy):
    """Leave out positive rows until `positives` are left, or until they are `share` of the rows; then the strategy.

    The other classes' rows stay. Which positives go depends on `seed` and on the training set's
    content alone, not on the strategy: every arm sees the same ones, and those that a smaller
    number keeps are among those that a larger one keeps. A training set that has no more stays as
    it is.

    Shape: (n, d) -> what the strategy makes of (n - left out, d).
    Unit of `share`: positives per row of any class, in (0, 1); p = round(share/(1 - share) · other rows), at least 1.
    """

    strategy: Any
    positives: Annotated[int, Field(ge=1)] | None = None
    share: Annotated[float, Field(gt=0, lt=1)] | None = None
    seed: Seed = 0

    def __post_init__(self) -> None:
        if (self.positives is None) == (self.share is None):
            raise ConfigError(
                "A subsample needs either positives or share, however it has both or neither."
            )

    @property
    def stream(self) -> Any:
        """That of the strategy alone, so that its dice are the same however many positives are left."""
        return self.strategy.stream

    @property
    def device(self) -> str:
        """Where the strategy computes: cpu or cuda."""
        return self.strategy.device

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        return self.strategy(self.cut(train), rng)

    def cut(self, train: TrainingSet) -> TrainingSet:
        """The training set with its surplus of positives left out, all rows in their order."""
        code = train.schema.positive_code
        found, others = train.rows_of(code), np.flatnonzero(train.codes != code)
        wanted = self.positives if self.share is None else positives_for(self.share, len(others))
        if wanted is None or len(found) <= wanted:
            return train
        shuffled = generator(self.seed, "subsample", table_hash(train.X)).permutation(found)
        return train.take(np.sort(np.concatenate([others, shuffled[:wanted]])))


@dataclass(frozen=True)
class WithFresh(Strategy):
    """Add true fresh positives until there are `positives`, then the strategy; only where the process is known.

    Shape: (n, d) -> what the strategy makes of (n + m, d). The fresh rows count as synthetic.
    """

    strategy: Any
    process: Process
    positives: int

    @property
    def stream(self) -> Any:
        """That of the strategy alone."""
        return self.strategy.stream

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        ratio = self.positives / int(train.counts.max())
        return self.strategy(PerfectGenerator(self.process, ratio)(train, rng), rng)


@dataclass(frozen=True)
class SameDice(Strategy):
    """The strategy with the random stream of another, so that they differ in their parameters alone.

    Shape: as the strategy's.
    """

    strategy: Any
    other: Any

    @property
    def stream(self) -> Any:
        """That of the other."""
        return self.other.stream

    @property
    def device(self) -> str:
        """Where the strategy computes."""
        return self.strategy.device

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        return self.strategy(train, rng)


def positives_for(share: float, others: int) -> int:
    """Positives that are `share` of all rows beside so many others; at least 1."""
    return max(1, round(share / (1 - share) * others))
