"""Rules about how several cells of one row go together: inequality, ordered, fixed_combinations, one_hot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from synthkit.errors import ConfigError, DataError
from synthkit.rules.base import Rule, columns_of
from synthkit.rules.values import (
    DATE,
    codes_in,
    constant,
    inward,
    is_time,
    like,
    nulls,
    ordinal,
    whole,
)


def _is_column(side: Any) -> bool:
    return isinstance(side, str) and not DATE.match(side)


@dataclass(frozen=True)
class Inequality(Rule):
    """low <= high, or low < high with `strict`; each a column's name, a number or a date, one at least a column.

    Mended by moving one of them to the other: first the lower one, then, if that breaks another
    rule, the higher.
    """

    low: Any
    high: Any
    strict: bool = False

    rule: ClassVar[str] = "inequality"

    def __post_init__(self) -> None:
        if not _is_column(self.low) and not _is_column(self.high):
            raise ConfigError(
                f"An inequality needs a column, however it compares {self.low!r} with {self.high!r}.",
                key="low",
            )
        if self.low == self.high:
            raise ConfigError(
                f"An inequality needs two sides, however both are {self.low!r}.", key="low"
            )
        super().__post_init__()

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(side for side in (self.low, self.high) if _is_column(side))

    def _sides(self, table: pd.DataFrame) -> tuple[Any, Any]:
        like_ = table[self.columns[0]]
        low, high = (
            ordinal(table[side], self.name)
            if _is_column(side)
            else constant(side, like_, self.name)
            for side in (self.low, self.high)
        )
        if len(self.columns) == 2 and is_time(table[self.low]) != is_time(table[self.high]):
            raise DataError(
                f"The rule {self.name!r} needs columns of one kind, however {self.low!r} holds"
                f" {table[self.low].dtype} and {self.high!r} {table[self.high].dtype} values."
            )
        return low, high

    def broken(self, table: pd.DataFrame) -> np.ndarray:
        low, high = self._sides(table)
        bad = np.asarray(low >= high if self.strict else low > high)
        for name in self.columns:
            bad = bad & ~nulls(table[name])
        return bad

    def mend(
        self, table: pd.DataFrame, rows: np.ndarray, seen: pd.DataFrame, attempt: int
    ) -> pd.DataFrame | None:
        part = table[list(self.columns)].iloc[rows]
        low, high = self._sides(part)
        down = _is_column(self.low) and (attempt % 2 == 0 or not _is_column(self.high))
        name = self.low if down else self.high
        values = high if down else low
        if not _is_column(self.high if down else self.low):
            value = inward(values, not down, self.strict, part[name], seen[name])
            return pd.DataFrame({name: like(np.full(len(rows), value), part[name])})
        if self.strict:
            values = _beside(values, down, part[name])
        elif whole(part[name]) or whole(seen[name]):
            values = np.floor(values) if down else np.ceil(values)
        return pd.DataFrame({name: _within(values, down, part[name])})


def _beside(values: np.ndarray, below: bool, series: pd.Series) -> np.ndarray:
    """The nearest values that the column can hold strictly below (or above) these."""
    sign = -1 if below else 1
    if is_time(series):
        unit = {"s": 10**9, "ms": 10**6, "us": 10**3}.get(getattr(series.dt, "unit", "ns"), 1)
        return (values // unit + sign) * unit
    if whole(series):
        return np.ceil(values) - 1 if below else np.floor(values) + 1
    kind = np.float32 if str(series.dtype).lower() == "float32" else np.float64
    return np.nextafter(values.astype(kind), kind(sign * np.inf))


def _within(values: np.ndarray, below: bool, series: pd.Series) -> pd.Series:
    """Values as cells of the column, on the same side after they were rounded to float32."""
    cells = like(values, series)
    if str(series.dtype).lower() != "float32":
        return cells
    stored = ordinal(cells.rename(series.name), "the rule")
    outside = stored > values if below else stored < values
    return like(
        np.where(
            outside,
            np.nextafter(stored.astype("float32"), np.float32(-np.inf if below else np.inf)),
            stored,
        ),
        series,
    )


@dataclass(frozen=True)
class Ordered(Rule):
    """columns[0] <= columns[1] <= ..., or < with `strict`. Mended by putting the row's values in order."""

    columns: Any
    strict: bool = False

    rule: ClassVar[str] = "ordered"
    nulls: ClassVar[str] = "a missing value is passed over; those beside it are compared"

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", columns_of(self.columns, "columns", 2))
        super().__post_init__()

    def broken(self, table: pd.DataFrame) -> np.ndarray:
        values = [ordinal(table[name], self.name) for name in self.columns]
        if len({is_time(table[name]) for name in self.columns}) > 1:
            raise DataError(
                f"The rule {self.name!r} needs columns of one kind, however some hold times and some"
                " numbers."
            )
        bad = np.zeros(len(table), dtype=bool)
        before, known = values[0].copy(), ~nulls(table[self.columns[0]])
        for name, value in zip(self.columns[1:], values[1:], strict=True):
            there = ~nulls(table[name])
            bad |= known & there & ((value <= before) if self.strict else (value < before))
            before, known = np.where(there, value, before), known | there
        return bad

    def mend(
        self, table: pd.DataFrame, rows: np.ndarray, seen: pd.DataFrame, attempt: int
    ) -> pd.DataFrame | None:
        part = table[list(self.columns)].iloc[rows]
        values = np.stack([ordinal(part[name], self.name) for name in self.columns], axis=1)
        gone = np.stack([nulls(part[name]) for name in self.columns], axis=1)
        last = np.iinfo(np.int64).max if values.dtype.kind == "i" else np.inf
        ranked = np.sort(np.where(gone, last, values), axis=1)  # what is there comes first
        order = np.cumsum(~gone, axis=1) - 1
        put = np.take_along_axis(ranked, np.maximum(order, 0), axis=1)
        put = np.where(gone, values, put)
        return pd.DataFrame(
            {name: like(put[:, j], part[name]) for j, name in enumerate(self.columns)}
        )


@dataclass(frozen=True)
class FixedCombinations(Rule):
    """The cells of these columns stand together as one of `combinations`; without them, as in a real row.

    Mended to the nearest combination: fewest states changed, then least distance of numbers.
    """

    columns: Any
    combinations: Any = None

    rule: ClassVar[str] = "fixed_combinations"
    nulls: ClassVar[str] = "a missing value is a value like any other"

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", columns_of(self.columns, "columns", 2))
        if self.combinations is not None:
            rows = tuple(
                tuple(row) if isinstance(row, list | tuple) else () for row in self.combinations
            )
            if not rows or any(len(row) != len(self.columns) for row in rows):
                raise ConfigError(
                    f"combinations must be lists of {len(self.columns)} values, however they are"
                    f" {self.combinations!r}.",
                    key="combinations",
                )
            object.__setattr__(self, "combinations", rows)
        super().__post_init__()

    def learned(self, real: pd.DataFrame) -> Rule:
        """The rule with the combinations of the real rows, unless it has its own."""
        if self.combinations is not None:
            return self
        rows = real[list(self.columns)].drop_duplicates().astype(object)
        return replace(self, combinations=tuple(rows.itertuples(index=False, name=None)))

    def known(self) -> pd.DataFrame:
        """The combinations as a table. Raises: ConfigError where neither they nor real rows were given."""
        if self.combinations is None:
            raise ConfigError(
                f"The rule {self.name!r} needs its combinations, however it has none. List them, or give"
                " the real table to learn them from.",
                key="combinations",
            )
        return pd.DataFrame(list(self.combinations), columns=list(self.columns), dtype=object)

    def broken(self, table: pd.DataFrame) -> np.ndarray:
        known = self.known()
        key, known_key = np.zeros(len(table), dtype=np.int64), np.zeros(len(known), dtype=np.int64)
        missing = np.zeros(len(table), dtype=bool)
        for name in self.columns:
            values = pd.Index(known[name].drop_duplicates(), dtype=object)
            code, known_code = codes_in(table[name], values), codes_in(known[name], values)
            missing |= code < 0
            # Codes joined so far are numbered anew, so that many columns do not overflow.
            joined, distinct = pd.factorize(known_key * len(values) + known_code)
            key = pd.Index(distinct).get_indexer(key * len(values) + code)
            missing |= key < 0
            known_key = joined
        return missing

    def mend(
        self, table: pd.DataFrame, rows: np.ndarray, seen: pd.DataFrame, attempt: int
    ) -> pd.DataFrame | None:
        from synthkit.rules.nearest import nearest_rows

        names = list(self.columns)
        known = self.known()
        try:
            known = pd.DataFrame({name: known[name].astype(table[name].dtype) for name in names})
        except (TypeError, ValueError):
            return None
        return known.take(nearest_rows(table[names].iloc[rows], known)).reset_index(drop=True)


@dataclass(frozen=True)
class OneHot(Rule):
    """Exactly one of these columns is 1 (or true), the others 0. Mended to the largest; else to the commonest."""

    columns: Any

    rule: ClassVar[str] = "one_hot"
    nulls: ClassVar[str] = "a missing value breaks it"

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", columns_of(self.columns, "columns", 2))
        super().__post_init__()

    def _values(self, table: pd.DataFrame) -> np.ndarray:
        return np.stack(
            [ordinal(table[name], self.name).astype(float) for name in self.columns], axis=1
        )

    def broken(self, table: pd.DataFrame) -> np.ndarray:
        ones, odd = np.zeros(len(table), dtype=np.int64), np.zeros(len(table), dtype=bool)
        for name in self.columns:
            value = ordinal(table[name], self.name)
            ones += value == 1
            odd |= (value != 0) & (value != 1)  # NaN is neither
        return odd | (ones != 1)

    def mend(
        self, table: pd.DataFrame, rows: np.ndarray, seen: pd.DataFrame, attempt: int
    ) -> pd.DataFrame | None:
        part = table[list(self.columns)].iloc[rows]
        values = np.nan_to_num(self._values(part), nan=-np.inf)
        common = int(np.nansum(self._values(seen), axis=0).argmax()) if len(seen) else 0
        best = values.argmax(axis=1)
        best = np.where(values.max(axis=1) > 0, best, common)
        hot = np.arange(len(self.columns)) == best[:, None]
        return pd.DataFrame(
            {
                name: pd.Series(hot[:, j].astype(float)).astype(part[name].dtype)
                for j, name in enumerate(self.columns)
            }
        )
