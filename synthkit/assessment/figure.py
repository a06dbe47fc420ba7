"""A figure with its interval, its control and its baseline, as the results hold it.

After Giomi et al. (2023), "A unified framework for quantifying privacy risk in synthetic data": no
figure without its baseline and its control.
"""

from __future__ import annotations

import math
from typing import Any, Literal, TypeVar

from synthkit.results import Closer, Measure, Measured, Skipped
from synthkit.stats import Interval

T = TypeVar("T")
Better = Literal["more", "less", "control"]


def figure(
    value: float | None,
    low: float | None = None,
    high: float | None = None,
    control: float | None = None,
    baseline: float | None = None,
) -> Measured:
    """A figure of the synthetic table beside its control and baseline; what is no number is None."""
    return Measured(
        value=finite(value),
        low=finite(low),
        high=finite(high),
        control=finite(control),
        baseline=finite(baseline),
    )


def beside(found: Interval, control: float | None, baseline: float | None) -> Measured:
    """A figure with the interval of its value."""
    return figure(found.value, found.low, found.high, control, baseline)


def rounded_figure(found: Measured) -> Measured:
    """The figure rounded, so that it does not depend on the order of additions."""
    return figure(*(rounded(each) for each in found.plain().values()))


def measure(
    name: str,
    title: str,
    better: Better,
    unit: str,
    found: Measured | Closer | Skipped,
    reading: str = "",
) -> Measure:
    """The measure `name` (section.name); of a figure that could not be had the reading is the reason."""
    section, name = name.split(".")
    told = figure(None) if isinstance(found, Skipped) else found
    return Measure(
        section=section,
        name=name,
        title=title,
        value=told.value,
        better=better,
        unit=unit,
        low=told.low,
        high=told.high,
        control=told.control,
        baseline=told.baseline,
        reading=found.skipped if isinstance(found, Skipped) else reading,
    )


def given(part: T | None) -> T:
    """A part that whoever filled the results has given."""
    assert part is not None
    return part


def finite(value: float | None) -> float | None:
    """A plain float; None for what is no number, which JSON lacks."""
    return float(value) if value is not None and math.isfinite(value) else None


def rounded(value: float | None) -> float | None:
    """`finite`, rounded beyond what anyone reads."""
    found = finite(value)
    return None if found is None else round(found, 6)


def word(value: Any) -> Any:
    """A class as JSON has it."""
    return value if isinstance(value, str | int | float | bool) else str(value)
