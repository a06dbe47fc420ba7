"""Columns <-> geometry: what neighbours, interpolation and distances need of a mixed table, and the way back.

Numbers and times become floats in units of their own, states become codes, and what is missing is
marked. Nothing is standardised in place: the column's unit of distance stands beside it, so that
going there and back returns every cell as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from synthkit.table.kinds import ORDERED, STATES, Kind
from synthkit.table.schema import Schema

#: The code of a missing state, and of one that was not there when the geometry was made.
MISSING, UNSEEN = -1, -2
#: Seconds of what times may be whole in, the coarsest first.
STEPS = (86_400.0, 3_600.0, 60.0, 1.0, 1e-3, 1e-6, 1e-9)
#: Times are kept this near to 1970 (in ticks): two days before int64 ends, so that every clock can show them.
LAST_TICK = 2**63 - 172_800 * 10**9
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


@dataclass(frozen=True, eq=False)
class Points:
    """Rows of a table as a geometry sees them.

    Shapes: n rows, p ordered columns, q columns of states.

    - `numbers` (n, p) float64: in the column's own unit (times: steps since the column's origin);
      0 where missing.
    - `missing` (n, p) bool: which of the numbers are missing.
    - `states` (n, q) int32: level codes; a missing state is -1, a state like any other.
    """

    numbers: np.ndarray
    missing: np.ndarray
    states: np.ndarray

    def __len__(self) -> int:
        return len(self.numbers)

    def take(self, rows: np.ndarray) -> Points:
        """The points at these positions, in this order."""
        return Points(
            _take(self.numbers, rows), _take(self.missing, rows), _take(self.states, rows)
        )


@dataclass(frozen=True, eq=False)
class Number:
    """An ordered column: its dtype, its unit of distance, whether it is whole.

    A value is `(x - origin) / step`; only times have an origin and a step (seconds per unit).
    """

    name: str
    kind: Kind
    dtype: Any
    center: float
    deviation: float
    lowest: float
    origin: int = 0
    step: float = 1.0
    wall: bool = False

    def encode(self, series: pd.Series) -> np.ndarray:
        """Floats (n,), NaN where missing."""
        if self.kind is Kind.DATETIME:
            ticks = _ticks(series, self.wall)
            per_step = max(1, round(self.step * _PER_SECOND[_unit(series.dtype)]))
            # The difference is taken between whole numbers: floats cannot tell nanoseconds since 1970 apart.
            away = ticks - self.origin
            values = away // per_step + (away % per_step) / per_step
            values[series.isna().to_numpy()] = np.nan
            return values
        return series.to_numpy(dtype="float64", na_value=np.nan)

    def decode(self, values: np.ndarray, missing: np.ndarray) -> pd.Series:
        """The column (n,) in its own dtype: whole where it was, within the dtype's range."""
        if self.kind is Kind.DATETIME:
            return self._times(values, missing)
        if self.kind is Kind.INTEGER or pdt.is_integer_dtype(self.dtype):
            values = np.rint(values)
        if pdt.is_integer_dtype(self.dtype):
            numpy_dtype = np.dtype(getattr(self.dtype, "numpy_dtype", self.dtype))
            bounds = np.iinfo(numpy_dtype)
            # The float next to 2⁶³ is the largest that fits: 2⁶³ - 1 itself is no float.
            high = float(bounds.max) if bounds.max < 2**53 else np.nextafter(float(bounds.max), 0)
            whole = np.clip(values, float(bounds.min), high).astype(numpy_dtype)
            if self.dtype == numpy_dtype:
                return pd.Series(whole, name=self.name, copy=False)
            return pd.Series(whole, name=self.name).astype(self.dtype).mask(missing)
        if self.dtype == np.dtype("float64"):
            if missing.any():
                values = np.where(missing, np.nan, values)
            return pd.Series(values, name=self.name, copy=False)
        return pd.Series(values, name=self.name).astype(self.dtype).mask(missing)

    def _times(self, values: np.ndarray, missing: np.ndarray) -> pd.Series:
        unit = _unit(self.dtype)
        per_step = max(1, round(self.step * _PER_SECOND[unit]))
        low, high = ((end - self.origin) / per_step for end in (-LAST_TICK, LAST_TICK))
        ticks = self.origin + np.rint(np.clip(values, low, high)).astype("int64") * per_step
        times = pd.Series(ticks.view(f"datetime64[{unit}]"), name=self.name).mask(missing)
        zone = getattr(_clock(self.dtype), "tz", None)
        if zone is None:
            return times.astype(self.dtype)
        if self.wall:  # a midnight that a clock change left out becomes the first moment after it
            summer = np.ones(len(times), dtype=bool)
            return times.dt.tz_localize(zone, ambiguous=summer, nonexistent="shift_forward").astype(
                self.dtype
            )
        return times.dt.tz_localize("UTC").dt.tz_convert(zone).astype(self.dtype)


@dataclass(frozen=True, eq=False)
class State:
    """A column of states: its dtype and its levels, as an array of the column's own type."""

    name: str
    dtype: Any
    levels: Any
    null: Any

    def encode(self, series: pd.Series) -> np.ndarray:
        """Codes (n,) int32: -1 missing, -2 a level that was not there when the geometry was made."""
        if isinstance(self.dtype, pd.CategoricalDtype) and series.dtype == self.dtype:
            return series.cat.codes.to_numpy().astype("int32")
        codes = pd.Index(self.levels).get_indexer(pd.Index(series)).astype("int32")
        return np.where(
            series.isna().to_numpy(), MISSING, np.where(codes < 0, UNSEEN, codes)
        ).astype("int32")

    def decode(self, codes: np.ndarray) -> pd.Series:
        """The states (n,) in the column's own dtype."""
        if isinstance(self.dtype, pd.CategoricalDtype):
            return pd.Series(pd.Categorical.from_codes(codes, dtype=self.dtype), name=self.name)
        if (codes >= 0).all():
            return pd.Series(self.levels.take(codes), name=self.name, dtype=self.dtype)
        if isinstance(self.levels, np.ndarray):
            levels = np.append(self.levels, np.array([self.null], dtype=self.levels.dtype))
            return pd.Series(levels[codes], name=self.name, dtype=self.dtype)
        return pd.Series(self.levels.take(codes, allow_fill=True), name=self.name, dtype=self.dtype)


@dataclass(frozen=True, eq=False)
class Geometry:
    """Where the rows of a table lie, and which row lies where.

    The squared distance of two rows is, over their columns,

        Σ over numbers ((a - b) / scale)²  +  m² · (number of states that differ)

    where a missing number is a state: it differs from any number, and equals a missing one. With
    `standardize` a column's scale is its standard deviation and m is 1; without, the scale is 1 and
    m is the median of the standard deviations (1 if no column has one). A constant column is at
    distance 0 everywhere.

    Source: SMOTE-NC of Chawla et al. (2002), "SMOTE: Synthetic Minority Over-sampling Technique".
    DIFFERS: there m is of the minority alone; here of all rows, so that it is one for all classes.
    """

    columns: tuple[Number | State, ...]
    scale: np.ndarray
    m: float

    @classmethod
    def fit(cls, X: pd.DataFrame, schema: Schema, *, standardize: bool = True) -> Geometry:
        """The geometry of features `X` (n, d); which columns are numbers is the schema's word."""
        columns = tuple(
            _state(X[name])
            if schema[str(name)].kind in STATES
            else _number(X[name], schema[str(name)].kind)
            for name in X.columns
        )
        deviations = np.array([c.deviation for c in columns if isinstance(c, Number)])
        varying = deviations > 0
        if standardize:
            return cls(columns, np.where(varying, deviations, 1.0), 1.0)
        m = float(np.median(deviations[varying])) if varying.any() else 1.0
        return cls(columns, np.ones(len(deviations)), m)

    @property
    def numbers(self) -> tuple[Number, ...]:
        """The ordered columns, as `Points.numbers` has them."""
        return tuple(c for c in self.columns if isinstance(c, Number))

    @property
    def states(self) -> tuple[State, ...]:
        """The columns of states, as `Points.states` has them."""
        return tuple(c for c in self.columns if isinstance(c, State))

    def encode(self, X: pd.DataFrame) -> Points:
        """The points (n) of rows (n, d)."""
        # Columns are contiguous: they are filled, and turned back into a table, one by one.
        numbers = np.empty((len(X), len(self.numbers)), order="F")
        states = np.empty((len(X), len(self.states)), dtype="int32", order="F")
        for j, number in enumerate(self.numbers):
            numbers[:, j] = number.encode(X[number.name])
        for j, state in enumerate(self.states):
            states[:, j] = state.encode(X[state.name])
        missing = np.isnan(numbers)
        numbers[missing] = 0.0
        return Points(numbers, missing, states)

    def decode(self, points: Points) -> pd.DataFrame:
        """The rows (n, d) of points, every column in its own dtype."""
        index = pd.RangeIndex(len(points))
        if all(
            isinstance(c, Number) and c.kind is Kind.NUMERIC and c.dtype == np.dtype("float64")
            for c in self.columns
        ):  # one block of memory, and none besides
            values = (
                np.where(points.missing, np.nan, points.numbers)
                if points.missing.any()
                else points.numbers
            )
            return pd.DataFrame(values, index, [c.name for c in self.columns], copy=False)
        number, state = iter(range(len(self.numbers))), iter(range(len(self.states)))
        data: dict[str, pd.Series] = {}
        for column in self.columns:
            if isinstance(column, Number):
                j = next(number)
                data[column.name] = column.decode(points.numbers[:, j], points.missing[:, j])
            else:
                data[column.name] = column.decode(points.states[:, next(state)])
        return pd.DataFrame(data, index, copy=False)


def _number(series: pd.Series, kind: Kind) -> Number:
    assert kind in ORDERED
    origin, step, wall = _time_units(series) if kind is Kind.DATETIME else (0, 1.0, False)
    plain = Number(str(series.name), kind, series.dtype, 0.0, 0.0, 0.0, origin, step, wall)
    values = plain.encode(series)
    seen = ~np.isnan(values)
    present = values if seen.all() else values[seen]
    if not len(present):
        return plain
    low, high = float(present.min()), float(present.max())
    # Of equal values, rounding may leave a deviation that is not 0.
    deviation = float(present.std()) if high > low else 0.0
    return Number(
        plain.name, kind, series.dtype, float(present.mean()), deviation, low, origin, step, wall
    )


def _state(series: pd.Series) -> State:
    gone = series.isna()
    null = series[gone].iloc[0] if gone.any() else np.nan
    if isinstance(series.dtype, pd.CategoricalDtype):
        return State(str(series.name), series.dtype, series.cat.categories, null)
    return State(
        str(series.name),
        series.dtype,
        series[~gone].unique() if gone.any() else series.unique(),
        null,
    )


def _time_units(series: pd.Series) -> tuple[int, float, bool]:
    """A time column's origin in its own ticks, the coarsest step that all times are whole in, and whose clock."""
    per_second = _PER_SECOND[_unit(series.dtype)]
    gone = series.isna().to_numpy()
    if gone.all():
        return 0, 1.0, False
    day = 86_400 * per_second
    zoned = getattr(_clock(series.dtype), "tz", None) is not None
    wall = zoned and bool((_ticks(series, True)[~gone] % day == 0).all())
    ticks = _ticks(series, wall)[~gone]
    # From the middle of the range no difference overflows.
    middle = (int(ticks.min()) + int(ticks.max())) // 2
    for seconds in STEPS:
        per_step = round(seconds * per_second)
        if per_step >= 1 and (ticks % per_step == 0).all():
            return middle // per_step * per_step, seconds, wall
    return middle, 1.0 / per_second, wall


def _clock(dtype: Any) -> Any:
    """A datetime dtype as pandas' own one of the same unit and zone, if it is Arrow's."""
    if not isinstance(dtype, pd.ArrowDtype):
        return dtype
    unit, zone = dtype.pyarrow_dtype.unit, dtype.pyarrow_dtype.tz
    return pd.DatetimeTZDtype(unit, zone) if zone else np.dtype(f"datetime64[{unit}]")


def _unit(dtype: Any) -> str:
    """The unit of a datetime dtype: s, ms, us or ns."""
    dtype = _clock(dtype)
    return (
        str(dtype.unit)
        if isinstance(dtype, pd.DatetimeTZDtype)
        else str(np.datetime_data(dtype)[0])
    )


def _ticks(series: pd.Series, wall: bool) -> np.ndarray:
    """Whole units since 1970 (n,) int64: in UTC, or as the clock on the wall shows."""
    series = series.astype(_clock(series.dtype))
    if isinstance(series.dtype, pd.DatetimeTZDtype):
        series = (
            series.dt.tz_localize(None)
            if wall
            else series.dt.tz_convert("UTC").dt.tz_localize(None)
        )
    return series.to_numpy().astype("int64")


def _take(array: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Rows of an array whose columns stay contiguous."""
    out = np.empty((len(rows), array.shape[1]), dtype=array.dtype, order="F")
    for j in range(array.shape[1]):
        np.take(array[:, j], rows, out=out[:, j])
    return out


__all__ = ["MISSING", "UNSEEN", "Geometry", "Number", "Points", "State"]
