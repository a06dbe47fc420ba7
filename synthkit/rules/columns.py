"""Rules about one column's cells: range, positive, whole, one_of, not_null, pattern."""

from __future__ import annotations

from numbers import Number
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pandas.api import types as pdt
from pydantic import AfterValidator, Field

from synthkit.errors import ConfigError, DataError
from synthkit.methods import Said, method
from synthkit.rules.base import Broken, ColumnRule, Columns, End, Rule
from synthkit.rules.values import (
    constant,
    instant,
    inward,
    is_number,
    is_ordered,
    is_time,
    like,
    line,
    ordinal,
)
from synthkit.table.column import zone_of


def refuse_empty(low: Any, high: Any, *, is_open: bool = False, closed: str = "") -> None:
    """Raises: ConfigError where no value lies between two bounds; an open one is itself outside."""
    if low is None or high is None:
        return
    if is_number(low) != is_number(high):
        raise ConfigError(
            f"min and max must be of one type, however they are {low!r} and {high!r}.", key="min"
        )
    if line(low) > line(high) or (is_open and line(low) == line(high)):
        raise ConfigError(
            f"A range must hold a value, however none lies between {low!r} and {high!r}{closed}.",
            key="min",
        )


@method
class Range(ColumnRule):
    """The cell lies between min and max. Repaired by clipping.

    Notes
    -----
    Unit of the bounds: that of the column.
    """

    min: End = None
    max: End = None
    closed: Annotated[
        Literal["both", "left", "right", "neither"],
        Field(description="Which of the bounds belong to the range."),
        Said("both, left, right or neither"),
    ] = "both"

    rule: ClassVar[str] = "range"

    def __post_init__(self) -> None:
        if self.min is None and self.max is None:
            raise ConfigError("A range needs min or max, however it has neither.", key="rule")
        said = f" (closed: {self.closed})"
        refuse_empty(self.min, self.max, is_open=self.closed != "both", closed=said)
        super().__post_init__()

    @property
    def open_low(self) -> bool:
        """Whether min itself is outside."""
        return self.closed in ("right", "neither")

    @property
    def open_high(self) -> bool:
        """Whether max itself is outside."""
        return self.closed in ("left", "neither")

    def violations(self, table: pd.DataFrame) -> np.ndarray:
        series = table[self.column]
        values = ordinal(series, self.name)
        bad = np.zeros(len(values), dtype=bool)
        if self.min is not None:
            low = constant(self.min, series, self.name)
            bad |= values <= low if self.open_low else values < low
        if self.max is not None:
            high = constant(self.max, series, self.name)
            bad |= values >= high if self.open_high else values > high
        # A missing number is NaN, which is in no comparison.
        return bad & series.notna().to_numpy() if values.dtype.kind == "i" else bad

    def repair(self, broken: Broken) -> pd.DataFrame:
        series, seen = broken.rows[self.column], broken.seen[self.column]
        values = ordinal(series, self.name)
        if self.min is not None:
            low = constant(self.min, series, self.name)
            values = np.maximum(values, inward(low, True, self.open_low, series, seen))
        if self.max is not None:
            high = constant(self.max, series, self.name)
            values = np.minimum(values, inward(high, False, self.open_high, series, seen))
        return pd.DataFrame({self.column: like(values, series)})


@method
class Positive(ColumnRule):
    """The cell is above 0. Repaired by clipping, to the least positive value seen."""

    zero: Annotated[bool, Field(description="Whether 0 will do too.")] = False

    rule: ClassVar[str] = "positive"

    @property
    def as_range(self) -> Range:
        """The same as a range."""
        return Range(self.column, min=0, closed="both" if self.zero else "neither", name=self.name)

    def violations(self, table: pd.DataFrame) -> np.ndarray:
        return self.as_range.violations(table)

    def repair(self, broken: Broken) -> pd.DataFrame:
        return self.as_range.repair(broken)


@method
class Whole(ColumnRule):
    """The cell is a whole number. Repaired by rounding."""

    rule: ClassVar[str] = "whole"

    def violations(self, table: pd.DataFrame) -> np.ndarray:
        values = ordinal(table[self.column], self.name)
        if values.dtype.kind != "f":
            return np.zeros(len(values), dtype=bool)
        return ~np.isnan(values) & (np.floor(values) != values) | np.isinf(values)

    def repair(self, broken: Broken) -> pd.DataFrame:
        series = broken.rows[self.column]
        return pd.DataFrame({self.column: like(np.rint(ordinal(series, self.name)), series)})


@method
class OneOf(ColumnRule):
    """The cell is one of `values`. Repaired to the nearest one, or the commonest state."""

    values: Annotated[
        tuple[Any, ...],
        Field(min_length=1, description="What is allowed: texts, numbers, dates."),
        Said("a list of what is allowed"),
    ]

    rule: ClassVar[str] = "one_of"

    def violations(self, table: pd.DataFrame) -> np.ndarray:
        series = table[self.column]
        bad = ~self._listed(series)
        at = np.flatnonzero(bad)
        bad[at] = series.iloc[at].notna()
        return bad

    def repair(self, broken: Broken) -> pd.DataFrame | None:
        series, seen = broken.rows[self.column], broken.seen[self.column]
        if is_ordered(series):
            values = ordinal(series, self.name)
            # Nanoseconds lose no digit.
            kind = np.int64 if is_time(series) else np.float64
            allowed = np.sort(np.array(self._allowed(series), dtype=kind))
            middles = allowed[:-1] + (allowed[1:] - allowed[:-1]) / 2
            return pd.DataFrame(
                {self.column: like(allowed[np.searchsorted(middles, values)], series)}
            )
        known = seen[self._listed(seen)].dropna()
        if known.empty:
            return None
        commonest = pd.Series([known.mode().iloc[0]] * len(series))
        return pd.DataFrame({self.column: commonest.astype(series.dtype)})

    def _listed(self, series: pd.Series) -> np.ndarray:
        """Which cells are among the values (n,); a time is compared with the dates as a time."""
        if is_time(series):
            return np.isin(ordinal(series, self.name), self._allowed(series))
        return np.asarray(series.isin(self._allowed(series)))

    def _allowed(self, series: pd.Series) -> list[Any]:
        """The values of the column's type. Raises: ConfigError where none is."""
        allowed: list[Any]
        if is_time(series):
            needed = "dates"
            times = [instant(value, zone_of(series.dtype)) for value in self.values]
            allowed = [time for time in times if time is not None]
        elif pdt.is_numeric_dtype(series.dtype):
            needed = "numbers"
            allowed = [value for value in self.values if isinstance(value, Number | np.bool_)]
        else:
            states = isinstance(series.dtype, pd.CategoricalDtype)
            cells = series.cat.categories if states else pd.Series(series.unique()).dropna()
            texts = {isinstance(cell, str) for cell in cells}
            needed = "values of its type" if False in texts else "text"
            allowed = [value for value in self.values if isinstance(value, str) in texts]
        if not allowed and series.notna().any():
            raise ConfigError(
                f"values must hold {needed} to compare column {self.column!r} with, however they"
                f" are {list(self.values)[:5]!r}.",
                key="values",
                rule=self.name,
            )
        return allowed


@method
class NotNull(Rule):
    """No cell of these columns is missing. Repaired with the middle value or commonest state."""

    column: Columns

    rule: ClassVar[str] = "not_null"
    nulls: ClassVar[str] = "a missing value breaks it"

    @property
    def columns(self) -> tuple[str, ...]:
        return self.column

    def violations(self, table: pd.DataFrame) -> np.ndarray:
        return np.logical_or.reduce([table[name].isna().to_numpy() for name in self.columns])

    def repair(self, broken: Broken) -> pd.DataFrame | None:
        changed = {}
        for name in self.columns:
            series, known = broken.rows[name], broken.seen[name].dropna()
            if not series.isna().any():
                continue
            if known.empty:
                return None
            ordered = known.sort_values() if is_ordered(known) else known.mode().head(1)
            middle = ordered.iloc[(len(ordered) - 1) // 2]
            changed[name] = series.where(series.notna(), middle).astype(series.dtype)
        return pd.DataFrame(changed)


def _matches(regex: str, texts: pd.Series) -> np.ndarray:
    """Which texts hold the expression (n,). Raises: ConfigError where RE2 does not know it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        found = pc.match_substring_regex(pa.array(texts.astype(object), type=pa.string()), regex)
    except pa.ArrowInvalid as error:
        raise ConfigError(
            "regex must be a regular expression that RE2 knows (no look-around, no"
            f" back-references), however {regex!r} is not: {str(error).rstrip('.')}."
        ) from None
    return np.asarray(found.to_numpy(zero_copy_only=False).astype(bool))


def _known_to_re2(regex: str) -> str:
    _matches(regex, pd.Series([""]))  # by itself, so that no bracket closes one of ours
    return regex


@method
class Pattern(ColumnRule):
    """The whole cell, as text, matches a regular expression.

    Notes
    -----
    The time is linear in the text whatever the expression is: RE2 (Cox 2007) matches it.
    DIFFERS from Python's `re`: no back-references and no look-around, which are refused.
    """

    regex: Annotated[
        str,
        Field(min_length=1, max_length=1_000, description="RE2 syntax, at most 1,000 characters."),
        AfterValidator(_known_to_re2),
        Said("a regular expression of at most 1,000 characters"),
    ]

    rule: ClassVar[str] = "pattern"

    def violations(self, table: pd.DataFrame) -> np.ndarray:
        series = table[self.column]
        if pdt.is_float_dtype(series.dtype) or is_time(series):
            raise DataError(
                f"The rule {self.name!r} needs text, however column {self.column!r} holds"
                f" {series.dtype} values."
            )
        codes, values = pd.factorize(series)  # each distinct text is matched once
        good = _matches(rf"\A(?:{self.regex})\z", pd.Series(values, dtype=object).astype(str))
        return ~np.append(good, True)[codes]
