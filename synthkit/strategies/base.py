"""What every strategy shares: the contract, and the meaning of `ratio`."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np

from synthkit.errors import DataError
from synthkit.methods.registry import check_number
from synthkit.table.training_set import TrainingSet


@runtime_checkable
class Strategy(Protocol):
    """Changes a training set; a frozen dataclass of its own parameters.

    The call never changes its argument and draws all its randomness from `rng`. One that never makes a
    synthetic row may say so with `makes_rows = False`: then no rules need to be kept.
    """

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet: ...


def makes_rows(strategy: Any) -> bool:
    """Whether a strategy may make synthetic rows; one that does not say may."""
    return bool(getattr(strategy, "makes_rows", True))


def check_ratio(ratio: float) -> None:
    """Raises: ConfigError unless 0 < ratio <= 1."""
    check_number(
        "ratio",
        ratio,
        above=0.0,
        at_most=1.0,
        why="It is the number of rows of each smaller class per row of the largest class",
    )


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
