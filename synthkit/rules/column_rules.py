"""Rules about one column's cells: range, positive, whole, one_of, not_null, pattern."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from numbers import Number
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from synthkit.errors import ConfigError, DataError
from synthkit.rules.base import Rule, check_column, columns_of
from synthkit.rules.values import (
    codes_in,
    constant,
    inward,
    is_number,
    is_time,
    like,
    line,
    nulls,
    ordinal,
)

CLOSED = ("both", "left", "right", "neither")


@dataclass(frozen=True)
class Range(Rule):
    """min <= cell <= max; an end may be absent. Numbers or dates.

    `closed` says which ends belong to the range: both, left, right or neither. Mended by clipping.
    Unit: that of the column.
    Raises: ConfigError for an empty range.
    """

    column: str
    min: Any = None
    max: Any = None
    closed: str = "both"

    rule: ClassVar[str] = "range"

    def __post_init__(self) -> None:
        check_column(self.column, "column")
        if self.closed not in CLOSED:
            raise ConfigError(
                f"closed must be both, left, right or neither, however it is {self.closed!r}.",
                key="closed",
            )
        if self.min is None and self.max is None:
            raise ConfigError("A range needs min or max, however it has neither.", key="rule")
        low, high = (
            None if end is None else line(end, key)
            for key, end in (("min", self.min), ("max", self.max))
        )
        if low is not None and high is not None:
            if is_number(self.min) != is_number(self.max):
                raise ConfigError(
                    f"min and max must be of one type, however they are {self.min!r} and {self.max!r}.",
                    key="min",
                )
            empty = low > high or (low == high and self.closed != "both")
            if empty:
                raise ConfigError(
                    f"A range must hold a value, however none lies between {self.min!r} and {self.max!r}"
                    f" (closed: {self.closed}).",
                    key="min",
                )
        super().__post_init__()

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    @property
    def open_low(self) -> bool:
        """Whether min itself is outside."""
        return self.closed in ("right", "neither")

    @property
    def open_high(self) -> bool:
        """Whether max itself is outside."""
        return self.closed in ("left", "neither")

    def broken(self, table: pd.DataFrame) -> np.ndarray:
        series = table[self.column]
        values = ordinal(series, self.name)
        bad = np.zeros(len(values), dtype=bool)
        if self.min is not None:
            low = constant(self.min, series, self.name)
            bad |= values <= low if self.open_low else values < low
        if self.max is not None:
            high = constant(self.max, series, self.name)
            bad |= values >= high if self.open_high else values > high
        return bad & ~nulls(series) if values.dtype.kind == "i" else bad  # NaN is in no comparison

    def mend(
        self, table: pd.DataFrame, rows: np.ndarray, seen: pd.DataFrame, attempt: int
    ) -> pd.DataFrame | None:
        series = table[self.column].iloc[rows]
        values = ordinal(series, self.name)
        known = seen[self.column]
        if self.min is not None:
            values = np.maximum(
                values,
                inward(constant(self.min, series, self.name), True, self.open_low, series, known),
            )
        if self.max is not None:
            values = np.minimum(
                values,
                inward(constant(self.max, series, self.name), False, self.open_high, series, known),
            )
        return pd.DataFrame({self.column: like(values, series)})


@dataclass(frozen=True)
class Positive(Rule):
    """cell > 0, or >= 0 with `zero`. Mended by clipping, to the least positive value seen."""

    column: str
    zero: bool = False

    rule: ClassVar[str] = "positive"

    def __post_init__(self) -> None:
        check_column(self.column, "column")
        super().__post_init__()

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    @property
    def as_range(self) -> Range:
        """The same as a range."""
        return Range(self.column, min=0, closed="both" if self.zero else "neither", name=self.name)

    def broken(self, table: pd.DataFrame) -> np.ndarray:
        return self.as_range.broken(table)

    def mend(
        self, table: pd.DataFrame, rows: np.ndarray, seen: pd.DataFrame, attempt: int
    ) -> pd.DataFrame | None:
        return self.as_range.mend(table, rows, seen, attempt)


@dataclass(frozen=True)
class Whole(Rule):
    """The cell is a whole number. Mended by rounding."""

    column: str

    rule: ClassVar[str] = "whole"

    def __post_init__(self) -> None:
        check_column(self.column, "column")
        super().__post_init__()

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def broken(self, table: pd.DataFrame) -> np.ndarray:
        values = ordinal(table[self.column], self.name)
        if values.dtype.kind != "f":
            return np.zeros(len(values), dtype=bool)
        return ~np.isnan(values) & (np.floor(values) != values) | np.isinf(values)

    def mend(
        self, table: pd.DataFrame, rows: np.ndarray, seen: pd.DataFrame, attempt: int
    ) -> pd.DataFrame | None:
        series = table[self.column].iloc[rows]
        return pd.DataFrame({self.column: like(np.rint(ordinal(series, self.name)), series)})


@dataclass(frozen=True)
class OneOf(Rule):
    """The cell is one of `values`. Mended to the nearest number or date, or to the commonest state seen."""

    column: str
    values: tuple[Any, ...]

    rule: ClassVar[str] = "one_of"

    def __post_init__(self) -> None:
        check_column(self.column, "column")
        if not isinstance(self.values, list | tuple) or not self.values:
            raise ConfigError(
                f"values must be a list of what is allowed, however it is {self.values!r}.",
                key="values",
            )
        object.__setattr__(self, "values", tuple(self.values))
        super().__post_init__()

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def _inside(self, series: pd.Series) -> np.ndarray:
        """Which cells are listed (n,); a time is compared with the listed dates as a time."""
        if is_time(series):
            return np.isin(ordinal(series, self.name), self._listed(series))
        if pdt.is_numeric_dtype(series.dtype):
            return series.isin(self._listed(series)).to_numpy()
        return codes_in(series, pd.Index(self._listed(series), dtype=object).unique()) >= 0

    def _listed(self, series: pd.Series) -> list[Any]:
        """The values of the column's type. Raises: ConfigError where there is none, unless no cell is there."""
        listed = list(self.values)
        if is_time(series):
            needed, listed = "dates", list(_times(listed, series, self.name))
        elif pdt.is_numeric_dtype(series.dtype):
            needed, listed = (
                "numbers",
                [value for value in listed if isinstance(value, Number | np.bool_)],
            )
        else:
            cells = (
                series.cat.categories
                if isinstance(series.dtype, pd.CategoricalDtype)
                else series.dropna().unique()
            )
            needed = (
                "text" if all(isinstance(cell, str) for cell in cells) else "values of its type"
            )
            texts = {isinstance(cell, str) for cell in cells}
            listed = [value for value in listed if isinstance(value, str) in texts]
        if not listed and series.notna().any():
            raise ConfigError(
                f"values must hold {needed} to compare column {self.column!r} with, however they are"
                f" {list(self.values)[:5]!r}.",
                key="values",
                rule=self.name,
            )
        return listed

    def broken(self, table: pd.DataFrame) -> np.ndarray:
        series = table[self.column]
        return ~self._inside(series) & ~nulls(series)

    def mend(
        self, table: pd.DataFrame, rows: np.ndarray, seen: pd.DataFrame, attempt: int
    ) -> pd.DataFrame | None:
        series = table[self.column].iloc[rows]
        if is_time(series) or (
            pdt.is_numeric_dtype(series.dtype) and not pdt.is_bool_dtype(series.dtype)
        ):
            kind = np.int64 if is_time(series) else np.float64  # nanoseconds lose no digit
            allowed = np.sort(np.array(self._listed(series), dtype=kind))
            values = ordinal(series, self.name).astype(kind)
            right = np.clip(
                np.searchsorted(allowed, values), 1 if len(allowed) > 1 else 0, len(allowed) - 1
            )
            left = np.maximum(right - 1, 0)
            near = np.where(
                np.abs(values - allowed[left]) <= np.abs(allowed[right] - values),
                allowed[left],
                allowed[right],
            )
            return pd.DataFrame({self.column: like(near, series)})
        there = seen[self.column][self._inside(seen[self.column])].dropna()
        if there.empty:
            return None
        return pd.DataFrame(
            {self.column: pd.Series([there.mode().iloc[0]] * len(rows)).astype(series.dtype)}
        )


def _times(values: list[Any], series: pd.Series, needs: str) -> Iterator[int]:
    for value in values:
        with suppress(ConfigError):
            yield constant(value, series, needs)


@dataclass(frozen=True)
class NotNull(Rule):
    """No cell of these columns is missing. Mended with the middle value, or the commonest state, seen."""

    column: Any

    rule: ClassVar[str] = "not_null"
    nulls: ClassVar[str] = "a missing value breaks it"

    def __post_init__(self) -> None:
        object.__setattr__(self, "column", columns_of(self.column, "column", 1))
        super().__post_init__()

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.column)

    def broken(self, table: pd.DataFrame) -> np.ndarray:
        return np.logical_or.reduce([nulls(table[name]) for name in self.columns])

    def mend(
        self, table: pd.DataFrame, rows: np.ndarray, seen: pd.DataFrame, attempt: int
    ) -> pd.DataFrame | None:
        changed = {}
        for name in self.columns:
            series, known = table[name].iloc[rows].reset_index(drop=True), seen[name].dropna()
            if not series.isna().any():
                continue
            if known.empty:
                return None
            ordered = pdt.is_numeric_dtype(known.dtype) and not pdt.is_bool_dtype(known.dtype)
            middle = (
                known.sort_values().iloc[(len(known) - 1) // 2]
                if ordered or pdt.is_datetime64_any_dtype(known.dtype)
                else known.mode().iloc[0]
            )
            changed[name] = series.where(series.notna(), middle).astype(series.dtype)
        return pd.DataFrame(changed)


@dataclass(frozen=True)
class Pattern(Rule):
    """The whole cell, as text, matches a regular expression.

    The time is linear in the text whatever the expression is: RE2 (Cox 2007) matches it. DIFFERS from
    Python's `re`: no back-references and no look-around, which are refused.

    Unit of `regex`: RE2 syntax, at most 1,000 characters.
    """

    column: str
    regex: str

    rule: ClassVar[str] = "pattern"

    def __post_init__(self) -> None:
        check_column(self.column, "column")
        if not isinstance(self.regex, str) or not self.regex or len(self.regex) > 1_000:
            raise ConfigError(
                "regex must be a regular expression of at most 1,000 characters, however it is"
                f" {str(self.regex)[:40]!r}.",
                key="regex",
            )
        self._find(self.regex, pd.Series([""]))  # by itself, so that no bracket closes one of ours
        super().__post_init__()

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def _find(self, regex: str, text: pd.Series) -> np.ndarray:
        import pyarrow as pa
        import pyarrow.compute as pc

        try:
            found = pc.match_substring_regex(pa.array(text.astype(object), type=pa.string()), regex)
        except pa.ArrowInvalid as error:
            raise ConfigError(
                f"regex must be a regular expression that RE2 knows (no look-around, no back-references),"
                f" however {self.regex!r} is not: {str(error).rstrip('.')}.",
                key="regex",
            ) from None
        return found.to_numpy(zero_copy_only=False).astype(bool)

    def broken(self, table: pd.DataFrame) -> np.ndarray:
        series = table[self.column]
        if pdt.is_float_dtype(series.dtype) or pdt.is_datetime64_any_dtype(series.dtype):
            raise DataError(
                f"The rule {self.name!r} needs text, however column {self.column!r} holds {series.dtype}"
                " values."
            )
        codes, values = pd.factorize(series)  # each distinct text is matched once
        whole = rf"\A(?:{self.regex})\z"
        good = (
            self._find(whole, pd.Series(values).astype(str))
            if len(values)
            else np.empty(0, dtype=bool)
        )
        return ~np.append(good, True)[codes]
