"""One number about a synthetic table, with what a reader needs to know what it means."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

#: Which values are good: the more, the less, or those near the control's.
BETTER = ("more", "less", "control")


@dataclass(frozen=True)
class Measure:
    """A value with its interval, its control and its baseline.

    `value` is the synthetic table's. `low`, `high` are the ends of its 95 % interval, None where
    nothing was sampled. `control` is what real rows that nobody learned from get: what a perfect
    synthesizer would reach. `baseline` is what the real table gets with each column shuffled on its
    own (of an attack: what guessing gets). `unit` says what is counted and in which range,
    `reading` in a sentence what these figures mean. A value that could not be had is None, and
    `reading` says why.

    After Giomi et al. (2023), "A unified framework for quantifying privacy risk in synthetic data":
    no figure without its baseline and its control.
    """

    section: str
    name: str
    title: str
    value: float | None
    better: str
    unit: str
    low: float | None = None
    high: float | None = None
    control: float | None = None
    baseline: float | None = None
    reading: str = ""

    def __post_init__(self) -> None:
        if self.better not in BETTER:
            raise ValueError(f"better must be one of {BETTER}, however it is {self.better!r}")
        for key in ("value", "low", "high", "control", "baseline"):
            found = getattr(self, key)
            if found is not None:  # plain floats; JSON has no NaN
                object.__setattr__(self, key, float(found) if math.isfinite(found) else None)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)
