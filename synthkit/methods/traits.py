"""What a person weighs a method by before trying it; `synthkit advise` reads nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import log2
from typing import Any, Literal

Order = Literal["n", "n log n", "n^2"]


@dataclass(frozen=True)
class Estimate:
    """What one application to a table is estimated to take, and how that is known."""

    seconds: float | None = None
    seconds_high: float | None = None
    mebibytes: float | None = None
    how: str = ""


@dataclass(frozen=True)
class Traits:
    """A method declares them in its class; the defaults are those of one that nobody knows yet.

    - `families`: baseline: always worth a try. repeats: invents no row. removes: leaves rows out.
      moves: changes the numbers of a row. interpolates: puts rows between real ones; neighbours:
      between those that are near. searches: looks for neighbours among all rows. dear: minutes to
      hours per fit. one_shape: models each class as one dependence structure. A synthesizer is a
      generator without saying so.
    - `order`: how its time grows with the rows. `note`: a few words.
    - `suggested`: parameters for a first try, where they are not the defaults.
    - `estimate`: what it takes on (rows, cells), for methods that are too slow to be timed.
    """

    families: frozenset[str] = frozenset()
    order: Order = "n"
    note: str = ""
    suggested: Mapping[str, Any] = field(default_factory=dict)
    estimate: Callable[[int, int], Estimate] | None = None

    @classmethod
    def of(cls, families: str = "", **others: Any) -> Traits:
        """The traits with families as words."""
        return cls(frozenset(families.split()), **others)


def extrapolate(measured: float, rows: int, wanted: int, order: Order) -> float:
    """A cost measured on `rows` rows, at `wanted` rows: measured · f(wanted) / f(rows), f the
    order.

    What does not grow (set-up) is scaled too, so for a method that is done in a blink the estimate
    is too high rather than too low.

    >>> extrapolate(2.0, 100, 1000, "n"), extrapolate(2.0, 100, 1000, "n^2")
    (20.0, 200.0)
    """
    growth = {
        "n": float,
        "n log n": lambda n: n * log2(max(n, 2)),
        "n^2": lambda n: float(n) * n,
    }[order]
    return float(measured * growth(wanted) / growth(rows))
