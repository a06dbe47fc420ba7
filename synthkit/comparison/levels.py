"""The levels of a sweep, and the comparison at each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synthkit.comparison.comparison import Comparison
from synthkit.comparison.plan import Arm


@dataclass(frozen=True)
class Level:
    """One value of what is swept: the plan's arms as they are there, and after them the bounds.

    `positives` is the mean number of real positives in a fit part. `shown` maps an arm's label to the
    label of its cells. `fresh`: some of the positives are true fresh ones, as only a simulation has.
    """

    value: Any
    positives: float
    arms: tuple[Arm, ...]
    shown: Mapping[str, str]
    bounds: tuple[Arm, ...] = ()
    fresh: bool = False


def base_of(levels: Sequence[Level]) -> int:
    """The position of the level that a sweep's own results are of: all positives, or else the last value."""
    return max(number for number, level in enumerate(levels) if not level.fresh)


@dataclass(frozen=True, eq=False)
class Levels:
    """Every level of a sweep over one thing with the comparison there, as its summary needs them."""

    over: str
    pairs: tuple[tuple[Level, Comparison], ...]

    @property
    def base(self) -> int:
        """The position of the level that the sweep's own results are of."""
        return base_of([level for level, _ in self.pairs])

    @property
    def whole(self) -> Comparison:
        """The comparison there."""
        return self.pairs[self.base][1]
