"""Strategies that no table of one's own allows: true fresh rows, fewer positives, another's dice.

Comparisons and sweeps run them beside the arms; they are in no registry.
"""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import Field

from synthkit.errors import ConfigError, DataError
from synthkit.methods import Seed, method, spec_of
from synthkit.randomness import generator
from synthkit.strategies.base import Around, AStrategy, Ratio, Strategy, shortfall
from synthkit.table.dataset import table_hash
from synthkit.table.training_set import TrainingSet

#: The name of the arm that draws true fresh rows.
PERFECT = "perfect generator"
#: Fresh rows drawn at once, and in all, before a class is given up as too rare.
FRESH_AT_ONCE = 100_000
MOST_FRESH = 100_000_000


@method
class PerfectGenerator(Strategy):
    """Add true fresh rows of the smaller classes, up to `ratio`: what a flawless generator would
    do.

    Its gain bounds the gain of every generator at that ratio. No one can use it outside a
    simulation, so it is in no registry; a comparison adds it where the data's process is known.

    Shape: (n, d) -> (n + m, d); the new rows are synthetic: no training row equals them.
    """

    process: Annotated[Any, Field(description="What draws true rows.")] = field(repr=False)
    ratio: Ratio = 1.0

    @property
    def stream(self) -> Any:
        """Its spec, in which the process goes by its class, whatever name a registry gives it."""
        from synthkit.strategies import STRATEGIES

        return spec_of(self, (STRATEGIES,))

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        missing = shortfall(train, self.ratio)
        found: dict[int, list[pd.DataFrame]] = {code: [] for code in missing}
        wanted, drawn = dict(missing), 0
        while any(wanted.values()):
            if drawn >= MOST_FRESH:
                raise DataError(
                    f"A perfect generator needs fresh rows of every class, however {drawn:,} fresh"
                    f" rows"
                    " held too few of one."
                )
            fresh = train.schema.conform(self.process.fresh(FRESH_AT_ONCE, rng))
            drawn += FRESH_AT_ONCE
            codes = train.schema.encode_target(fresh[train.schema.target])
            for code in missing:
                rows = np.flatnonzero(codes == code)[: wanted[code]]
                found[code].append(fresh.take(rows))
                wanted[code] -= len(rows)
        for code, pieces in found.items():
            X = pd.concat(pieces, ignore_index=True)[list(train.X.columns)]
            X = X.astype(train.X.dtypes.to_dict())
            train = train.append(X, np.full(missing[code], code))
        return train


@method
class Subsampled(Around):
    """Leave out positive rows until `positives` are left, or until they are `share` of the rows;
    then the strategy.

    The other classes' rows stay. Which positives go depends on `seed` and on the training set's
    content alone, not on the strategy: every arm sees the same ones, and those that a smaller
    number keeps are among those that a larger one keeps. A training set that has no more stays as
    it is.

    Shape: (n, d) -> what the strategy makes of (n - left out, d).
    Unit of `share`: positives per row of any class, in (0, 1); p = round(share/(1 - share) · other
    rows), at least 1.
    """

    strategy: AStrategy
    positives: Annotated[int, Field(ge=1)] | None = None
    share: Annotated[float, Field(gt=0, lt=1)] | None = None
    seed: Seed = 0

    def __post_init__(self) -> None:
        if (self.positives is None) == (self.share is None):
            raise ConfigError(
                "A subsample needs either positives or share, however it has both or neither."
            )

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


@method
class WithFresh(Around):
    """Add true fresh positives until there are `positives`, then the strategy; only where the
    process is known.

    Shape: (n, d) -> what the strategy makes of (n + m, d). The fresh rows count as synthetic.
    """

    strategy: AStrategy
    process: Any
    positives: int

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        ratio = self.positives / int(train.counts.max())
        return self.strategy(PerfectGenerator(self.process, ratio)(train, rng), rng)


@method
class SameDice(Around):
    """The strategy with the random stream of another, so that they differ in their parameters
    alone.

    Shape: as the strategy's.
    """

    strategy: AStrategy
    other: AStrategy

    @property
    def stream(self) -> Any:
        """That of the other."""
        return self.other.stream

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        return self.strategy(train, rng)


def positives_for(share: float, others: int) -> int:
    """Positives that are `share` of all rows beside so many others; at least 1."""
    return max(1, round(share / (1 - share) * others))
