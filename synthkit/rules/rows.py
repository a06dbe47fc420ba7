"""Rules about how the cells of one row go together.

inequality, ordered, fixed_combinations, one_hot, sum, ratio.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import AfterValidator, Field, ValidationInfo, WithJsonSchema

from synthkit.errors import ConfigError, DataError
from synthkit.methods import Said, method
from synthkit.rules.base import Broken, Column, Columns, Quotient, Rule, TwoColumns
from synthkit.rules.columns import refuse_empty
from synthkit.rules.values import (
    DATE,
    constant,
    floats,
    inside,
    inward,
    is_ordered,
    is_time,
    like,
    line,
    ordinal,
)
from synthkit.table.column import Codec
from synthkit.table.schema import Kind

#: Rows that repairs look at for the nearest one, evenly spread over those there are.
MOST_DONORS = 4_000
#: Cells of a distance matrix held at once, 8 bytes each.
MOST_CELLS = 4_000_000


def is_column(side: Any) -> bool:
    """Whether a side of an inequality is a column's name."""
    return isinstance(side, str) and not DATE.match(side)


def _side(value: Any, info: ValidationInfo) -> Any:
    if not is_column(value):
        line(value, str(info.field_name))
    return value


Side = Annotated[
    Any,
    AfterValidator(_side),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "number"}]}),
    Field(description="A column's name, a number or a date; one of the two is a column."),
    Said("a column's name, a number or a date"),
]
Strict = Annotated[bool, Field(description="Whether equal values break the rule too.")]


def _lines(rule: Rule, table: pd.DataFrame) -> list[np.ndarray]:
    """The rule's columns on one line (n,) each. Raises: DataError for times beside numbers."""
    values = [ordinal(table[name], rule.name) for name in rule.columns]
    if len({is_time(table[name]) for name in rule.columns}) > 1:
        held = [f"{name!r} holds {table[name].dtype}" for name in rule.columns]
        raise DataError(
            f"The rule {rule.name!r} needs columns of one kind, however {' and '.join(held)}"
            " values."
        )
    return values


@method
class Inequality(Rule):
    """The lower side is at most the higher one, or below it if `strict`.

    Repaired by moving one of them to the other: first the lower one, then, if that breaks another
    rule, the higher.
    """

    low: Side
    high: Side
    strict: Strict = False

    rule: ClassVar[str] = "inequality"

    def __post_init__(self) -> None:
        if not self.columns:
            raise ConfigError(
                f"An inequality needs a column, however it compares {self.low!r} with"
                f" {self.high!r}.",
                key="low",
            )
        if self.low == self.high:
            raise ConfigError(
                f"An inequality needs two sides, however both are {self.low!r}.", key="low"
            )
        super().__post_init__()

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(side for side in (self.low, self.high) if is_column(side))

    def _sides(self, table: pd.DataFrame) -> list[Any]:
        if len(self.columns) == 2:
            return list(_lines(self, table))
        column = table[self.columns[0]]
        values = ordinal(column, self.name)
        fixed = constant(self.high if is_column(self.low) else self.low, column, self.name)
        return [values, fixed] if is_column(self.low) else [fixed, values]

    def violations(self, table: pd.DataFrame) -> np.ndarray:
        low, high = self._sides(table)
        bad = np.asarray(low >= high if self.strict else low > high)
        for name in self.columns:
            bad = bad & table[name].notna().to_numpy()
        return bad

    def repair(self, broken: Broken) -> pd.DataFrame:
        low, high = self._sides(broken.rows)
        # The two take turns, but a side that is no column.
        moves_low = is_column(self.low) and (broken.attempt % 2 == 0 or not is_column(self.high))
        name, other = (self.low, high) if moves_low else (self.high, low)
        series, seen = broken.rows[name], broken.seen[name]
        nearest = inward if len(self.columns) == 1 else inside
        moved = nearest(other, not moves_low, self.strict, series, seen)
        return pd.DataFrame({name: like(np.broadcast_to(moved, len(series)), series)})


@method
class Ordered(Rule):
    """Each column is at most the next one, or below it if `strict`. Repaired by sorting the row."""

    columns: TwoColumns
    strict: Strict = False

    rule: ClassVar[str] = "ordered"
    nulls: ClassVar[str] = "a missing value is passed over; those beside it are compared"

    def violations(self, table: pd.DataFrame) -> np.ndarray:
        values = _lines(self, table)
        there = [table[name].notna().to_numpy() for name in self.columns]
        bad = np.zeros(len(table), dtype=bool)
        before, known = values[0], there[0]
        for value, present in zip(values[1:], there[1:], strict=True):
            bad |= known & present & (value <= before if self.strict else value < before)
            before, known = np.where(present, value, before), known | present
        return bad

    def repair(self, broken: Broken) -> pd.DataFrame:
        rows = broken.rows[list(self.columns)]
        values = np.stack(_lines(self, rows), axis=1)
        gone = rows.isna().to_numpy()
        last = np.iinfo(np.int64).max if values.dtype.kind == "i" else np.inf
        # What is there comes first, and goes in order to the places that are not missing.
        ranked = np.sort(np.where(gone, last, values), axis=1)
        place = np.maximum(np.cumsum(~gone, axis=1) - 1, 0)
        values = np.where(gone, values, np.take_along_axis(ranked, place, axis=1))
        pairs = zip(self.columns, values.T, strict=True)
        return pd.DataFrame({name: like(column, rows[name]) for name, column in pairs})


@method
class FixedCombinations(Rule):
    """The cells of these columns stand together as one of `combinations`, or as in a real row.

    Repaired to the nearest combination: fewest states changed, then least distance of numbers.
    """

    columns: TwoColumns
    combinations: Annotated[
        tuple[tuple[Any, ...], ...] | None,
        Field(description="Lists of a value per column; by default those of the real rows."),
        Said("a list of lists of values"),
    ] = None

    rule: ClassVar[str] = "fixed_combinations"
    nulls: ClassVar[str] = "a missing value is a value like any other"

    def __post_init__(self) -> None:
        n = len(self.columns)
        rows = self.combinations
        if rows is not None and (not rows or any(len(row) != n for row in rows)):
            raise ConfigError(
                f"combinations must be lists of {n} values, however they are {rows!r}.",
                key="combinations",
            )
        super().__post_init__()

    def learned(self, real: pd.DataFrame) -> Rule:
        """The rule with the combinations of the real rows, unless it has its own."""
        if self.combinations is not None:
            return self
        rows = real[list(self.columns)].drop_duplicates().astype(object)
        return replace(self, combinations=tuple(rows.itertuples(index=False, name=None)))

    def known(self) -> pd.DataFrame:
        """The combinations as a table. Raises: ConfigError where there are none."""
        if self.combinations is None:
            raise ConfigError(
                f"The rule {self.name!r} needs its combinations, however it has none. List them, or"
                " give the real table to learn them from.",
                key="combinations",
            )
        return pd.DataFrame(list(self.combinations), columns=list(self.columns), dtype=object)

    def violations(self, table: pd.DataFrame) -> np.ndarray:
        known = self.known()
        key, known_key = np.zeros(len(table), dtype=np.int64), np.zeros(len(known), dtype=np.int64)
        for name in self.columns:
            codec = Codec.fit(known[name], Kind.CATEGORICAL)
            states = len(codec.levels) + 2  # beside them a missing one, and one that is not listed
            joined = known_key * states + codec.encode(known[name]) + 2
            # Beginnings are numbered anew with each column, so that many do not overflow; -1 is none.
            known_key, distinct = pd.factorize(joined)
            joined = key * states + codec.encode(table[name]) + 2
            key = pd.Index(distinct).get_indexer(joined)
        return np.asarray(key < 0)

    def repair(self, broken: Broken) -> pd.DataFrame | None:
        rows = broken.rows[list(self.columns)]
        try:
            known = self.known().astype(rows.dtypes.to_dict())
        except (TypeError, ValueError):
            return None
        return known.take(nearest_rows(rows, known)).reset_index(drop=True)


def nearest_rows(rows: pd.DataFrame, donors: pd.DataFrame) -> np.ndarray:
    """The position in `donors` (k, c) of the row nearest to each of `rows` (m, c).

    A state that differs, or one missing cell against a present one, counts 1; a number counts
    min(|a - b| / σ, 4) / 4 with σ the donors' standard deviation.
    """
    keep = np.unique(np.linspace(0, len(donors) - 1, min(len(donors), MOST_DONORS)).astype(int))
    donors = donors.take(keep)
    columns = [_comparable(rows[name], donors[name]) for name in donors.columns]
    columns.sort(key=lambda column: column[2] > 0)  # states first: whole numbers add up exactly
    nearest = np.empty(len(rows), dtype=int)
    chunk = max(1, MOST_CELLS // len(donors))
    for start in range(0, len(rows), chunk):
        at = slice(start, start + chunk)
        distance: Any = 0.0
        for ours, theirs, spread in columns:
            a, b = ours[at, None], theirs[None, :]
            if not spread:
                distance = distance + (a != b)
                continue
            gap = np.minimum(np.nan_to_num(np.abs(a - b) / spread), 4.0) / 4.0
            distance = distance + np.where(np.isnan(a) != np.isnan(b), 1.0, gap)
        nearest[at] = keep[distance.argmin(axis=1)]
    return nearest


def _comparable(rows: pd.Series, donors: pd.Series) -> tuple[np.ndarray, np.ndarray, float]:
    """A column of both tables, and the donors' deviation; states as codes, with 0."""
    if not is_ordered(donors):
        codes = pd.factorize(pd.concat([rows.astype(object), donors.astype(object)]))[0]
        return codes[: len(rows)], codes[len(rows) :], 0.0
    ours, theirs = floats(rows, "a distance"), floats(donors, "a distance")
    present = theirs[~np.isnan(theirs)]
    deviation = float(present.std()) if len(present) else 0.0
    return ours, theirs, deviation or 1.0


@method
class OneHot(Rule):
    """Exactly one of these columns is 1 (or true), the others 0.

    Repaired to the largest; where none is above 0, to the one that is 1 most often.
    """

    columns: TwoColumns

    rule: ClassVar[str] = "one_hot"
    nulls: ClassVar[str] = "a missing value breaks it"

    def violations(self, table: pd.DataFrame) -> np.ndarray:
        ones, odd = np.zeros(len(table), dtype=np.int64), np.zeros(len(table), dtype=bool)
        for name in self.columns:
            value = ordinal(table[name], self.name)
            ones += value == 1
            odd |= (value != 0) & (value != 1)  # NaN is neither
        return odd | (ones != 1)

    def repair(self, broken: Broken) -> pd.DataFrame:
        rows, seen = broken.rows, broken.seen
        values = np.stack([floats(rows[name], self.name) for name in self.columns], axis=1)
        values = np.nan_to_num(values, nan=-np.inf)
        ones = [np.nansum(floats(seen[name], self.name)) for name in self.columns]
        best = np.where(values.max(axis=1) > 0, values.argmax(axis=1), int(np.argmax(ones)))
        hot = (np.arange(len(self.columns)) == best[:, None]).astype(float)
        pairs = zip(self.columns, hot.T, strict=True)
        return pd.DataFrame({n: pd.Series(cells).astype(rows[n].dtype) for n, cells in pairs})


@method
class Sum(Rule):
    """The parts add up to the total. Repaired in the total, then in the last part.

    Notes
    -----
    |sum of parts - total| <= tolerance, which is no finer than the columns' floating point.
    """

    parts: Annotated[Columns, Field(description="The columns that are added up.")]
    total: Annotated[Column, Field(description="The column of their sums.")]
    tolerance: Annotated[
        float, Field(ge=0, description="What a sum may be off, in the columns' unit.")
    ] = 1e-6

    rule: ClassVar[str] = "sum"

    def __post_init__(self) -> None:
        if self.total in self.parts:
            raise ConfigError(
                f"A total must not be one of its parts, however {self.total!r} is.", key="total"
            )
        super().__post_init__()

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.parts, self.total)

    def violations(self, table: pd.DataFrame) -> np.ndarray:
        *parts, total = (floats(table[name], self.name) for name in self.columns)
        single = any(str(table[name].dtype).lower() == "float32" for name in self.columns)
        unit = 4 * np.finfo(np.float32 if single else np.float64).eps
        finest = unit * sum(np.abs(part) for part in parts)
        # NaN is in no comparison.
        return np.asarray(np.abs(sum(parts) - total) > np.maximum(self.tolerance, finest))

    def repair(self, broken: Broken) -> pd.DataFrame:
        rows = broken.rows
        *parts, total = (floats(rows[name], self.name) for name in self.columns)
        if broken.attempt % 2 == 0:
            return pd.DataFrame({self.total: like(sum(parts), rows[self.total])})
        # The total may not move: the last part takes the difference.
        last = self.parts[-1]
        return pd.DataFrame({last: like(parts[-1] + total - sum(parts), rows[last])})


@method
class Ratio(Rule):
    """The numerator per denominator lies between min and max. Repaired in the numerator.

    Notes
    -----
    A number over 0 is infinite; 0 over 0 breaks nothing.
    """

    numerator: Column
    denominator: Column
    min: Quotient = None
    max: Quotient = None

    rule: ClassVar[str] = "ratio"

    def __post_init__(self) -> None:
        if self.min is None and self.max is None:
            raise ConfigError("A ratio needs min or max, however it has neither.", key="rule")
        refuse_empty(self.min, self.max)
        super().__post_init__()

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.numerator, self.denominator)

    def _outside(self, over: np.ndarray, under: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which ratios are too small and which too large (n,) each."""
        with np.errstate(all="ignore"):
            ratio = over / under
        low = -np.inf if self.min is None else self.min
        high = np.inf if self.max is None else self.max
        return ratio < low, ratio > high

    def violations(self, table: pd.DataFrame) -> np.ndarray:
        return np.logical_or(*self._outside(*(floats(table[n], self.name) for n in self.columns)))

    def repair(self, broken: Broken) -> pd.DataFrame:
        series = broken.rows[self.numerator]
        over, under = (floats(broken.rows[name], self.name) for name in self.columns)
        below, above = self._outside(over, under)
        over = np.where(below, (self.min or 0.0) * under, over)
        over = np.where(above, (self.max or 0.0) * under, over)
        for _ in range(3):  # the quotient may be one rounding outside
            over = like(over, series).to_numpy(dtype=float)
            below, above = self._outside(over, under)
            up = np.where(below, 1, -1) * np.sign(under) > 0
            step = inside(over, up, True, series, series)
            over = np.where((below | above) & (under != 0), step, over)
        return pd.DataFrame({self.numerator: like(over, series)})
