"""What every strategy shares: the contract, and the meaning of `ratio`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from synthkit.errors import DataError
from synthkit.methods import ByName, Said, spec_of
from synthkit.methods.traits import Traits
from synthkit.table.training_set import TrainingSet


class Strategy:
    """Changes a training set. Subclasses are frozen dataclasses of their parameters and write
    `__call__`.

    The call never changes its argument and draws all its randomness from `rng`. What it took, where
    that is worth saying, it adds to the set's log.
    """

    #: What advice weighs it by; None for what is no competitor of its own.
    traits: ClassVar[Traits | None] = Traits()

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        """The training set as it is to be learned from."""
        raise NotImplementedError

    def repeated(self, train: TrainingSet, rng: np.random.Generator) -> Callable[[], TrainingSet]:
        """A function that draws other rows each time it is called; what the strategy fits, it fits
        once.
        """
        return lambda: self(train, rng)

    @property
    def makes_rows(self) -> bool:
        """Whether it may make synthetic rows; for one that never does, no rules need to be kept."""
        return True

    @property
    def device(self) -> str:
        """Where it trains, if it does: cpu or cuda."""
        return "cpu"

    @property
    def stream(self) -> Any:
        """A plain value that its random stream depends on: two of the same value get the same
        dice.
        """
        return spec_of(self)


#: How far the smaller classes are filled up.
Ratio = Annotated[
    float,
    Field(
        gt=0,
        le=1,
        description="Rows of each smaller class per row of the largest one, in (0, 1].",
    ),
    Said(why="It is the number of rows of each smaller class per row of the largest class"),
]
#: A field that holds a strategy, given as its name, a mapping, or itself.
AStrategy = Annotated[Any, ByName("synthkit.strategies:STRATEGIES")]


def shortfall(train: TrainingSet, ratio: float) -> dict[int, int]:
    """Rows missing per class code so that each class has `ratio` rows per row of the largest class.

    wanted_c = round(ratio · max_c n_c); a class that has as many already is not listed.

    Raises: DataError if a class has no row: nothing can be learned about it.
    """
    counts = train.counts
    if (counts == 0).any():
        missing = train.schema.classes[int(np.flatnonzero(counts == 0)[0])]
        raise DataError(
            f"Every class needs at least one training row, however class {missing!r} of"
            f" {train.schema.target!r} has none. Use fewer folds, or join the class with another."
        )
    wanted = round(ratio * int(counts.max()))
    return {code: wanted - int(n) for code, n in enumerate(counts) if n < wanted}


class Around(Strategy):
    """A strategy around another, with its random stream, on its device."""

    strategy: Any

    @property
    def stream(self) -> Any:
        return self.strategy.stream

    @property
    def device(self) -> str:
        return str(self.strategy.device)
