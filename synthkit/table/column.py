"""A column as numbers and back: what has to come back exactly, whoever made the values.

Distances, interpolation, trees and generators know floats and codes. A codec turns a column into
those and back: dtype, levels, time zone, whole numbers, decimals, range, kind of missing value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from synthkit.errors import DataError
from synthkit.table.schema import ORDERED, Kind, in_order, plain

#: The code of a missing state, and of one that was not there when the codec was fitted.
MISSING, UNSEEN = -1, -2
#: Seconds of what times may be whole in, the coarsest first.
STEPS = (86_400.0, 3_600.0, 60.0, 1.0, 1e-3, 1e-6, 1e-9)
#: Times are kept this near to 1970 (in ticks): two days before int64 ends, so that every clock can
#: show them.
LAST_TICK = 2**63 - 172_800 * 10**9
#: Decimals beyond which a column counts as unrounded.
MOST_DECIMALS = 9
#: The missing values that a column of Python objects may hold, by the name that JSON knows.
NULLS: dict[str, Any] = {"none": None, "nan": np.nan, "nat": pd.NaT, "na": pd.NA}
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


@dataclass(frozen=True, eq=False)
class Codec:
    """One column's way to numbers and back.

    A number or a time is a float: `(x - origin) / step`, where only times have an origin (in ticks
    of their dtype's unit) and a step (seconds). A state is a code: its place among `levels`.

    - `levels`: the states, in an array of the column's own dtype; None for numbers and times.
    - `null`, `gaps`: the column's missing value, and whether any cell was missing.
    - `center`, `deviation`, `low`, `high`: mean, standard deviation and range of the values seen,
      in the units of the floats; 0 where there are none.
    - `decimals`: what floats are rounded to on the way back; 0 for whole numbers and whole steps.
    - `within`: whether floats are clipped to the range seen on the way back.
    - `wall`: whether times are counted on the wall clock of their zone, not in UTC.
    """

    name: str
    kind: Kind
    dtype: Any
    levels: Any = None
    null: Any = np.nan
    gaps: bool = False
    center: float = 0.0
    deviation: float = 0.0
    low: float = 0.0
    high: float = 0.0
    decimals: int | None = None
    within: bool = False
    origin: int = 0
    step: float = 1.0
    wall: bool = False

    @classmethod
    def fit(
        cls,
        series: pd.Series,
        kind: Kind,
        *,
        ordered: bool | None = None,
        sort: bool = False,
        as_seen: bool = False,
    ) -> Codec:
        """The codec of a conformed column (n,).

        `ordered` tells whether it becomes floats, by default as its kind says. `sort` gives states
        codes in their order, of those that a row has; without it in the order of their first rows,
        or that of all the categories of a pandas category. `as_seen` has floats come back within
        the range and with the decimals that were seen.
        """
        name, gone = str(series.name), series.isna().to_numpy()
        gaps = bool(gone.any())
        null = series.iloc[int(gone.argmax())] if gaps else np.nan
        if not (kind in ORDERED if ordered is None else ordered):
            levels = _levels(series, series[~gone] if gaps else series, sort)
            return cls(name, kind, series.dtype, levels, null, gaps)
        time = kind is Kind.DATETIME
        whole = time or kind is Kind.INTEGER or pdt.is_integer_dtype(series.dtype)
        units = _time_units(series) if time else (0, 1.0, False)
        values = _floats(series, unit_of(series.dtype), *units) if time else _plain_floats(series)
        present = values[~gone] if gaps else values
        if not len(present):
            return cls(name, kind, series.dtype, None, null, gaps, decimals=0 if whole else None)
        low, high = float(present.min()), float(present.max())
        # Of equal values, rounding may leave a deviation that is not 0.
        deviation = float(present.std()) if high > low else 0.0
        decimals = 0 if whole else decimals_of(present) if as_seen else None
        moments = float(present.mean()), deviation, low, high
        return cls(name, kind, series.dtype, None, null, gaps, *moments, decimals, as_seen, *units)

    @property
    def ordered(self) -> bool:
        """Whether the values are floats, not codes."""
        return self.levels is None

    @property
    def values(self) -> tuple[Any, ...]:
        """The levels as Python values."""
        return tuple(plain(level) for level in self.levels)

    def encode(self, series: pd.Series) -> np.ndarray:
        """Floats (n,), NaN where missing; or codes (n,) int32, -1 missing, -2 a level not seen."""
        if self.levels is not None:
            return self._codes(series)
        if self.kind is Kind.DATETIME:
            return _floats(series, unit_of(self.dtype), self.origin, self.step, self.wall)
        return _plain_floats(series)

    def decode(self, values: np.ndarray, missing: np.ndarray | None = None) -> pd.Series:
        """The column (n,) of floats or codes; `missing` is where they are NaN, if known."""
        if self.levels is not None:
            return pd.Series(take(self.levels, values, self.null), name=self.name, dtype=self.dtype)
        if missing is None:
            missing = np.isnan(values)
        if self.within:
            values = np.clip(values, self.low, self.high)
        if self.decimals is not None:
            values = np.round(values, self.decimals)
        if self.kind is Kind.DATETIME:
            return self._times(values, missing)
        if pdt.is_integer_dtype(self.dtype):
            return integers(values, missing, self.dtype, self.name)
        if missing.any():
            values = np.where(missing, np.nan, values)
        if self.dtype == np.dtype("float64"):
            return pd.Series(values, name=self.name, copy=False)
        return pd.Series(values, name=self.name).astype(self.dtype)

    def to_json(self) -> dict[str, Any]:
        """The codec as what JSON knows. It holds real levels and extremes: as private as the table.

        Raises: DataError for a level that no table format holds.
        """
        state = {
            **vars(self),
            "dtype": dtype_to_json(self.dtype),
            "null": next((word for word, null in NULLS.items() if null is self.null), "nan"),
        }
        if self.levels is not None:
            state["levels"] = _levels_to_json(self.levels)
        return state

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> Codec:
        """The codec that `to_json` took apart."""
        dtype = dtype_from_json(state["dtype"])
        levels = state["levels"]
        if levels is not None:
            levels = _levels_from_json(levels, dtype)
        known = {"kind": Kind(state["kind"]), "dtype": dtype, "levels": levels}
        return cls(**{**state, **known, "null": NULLS[state["null"]]})

    def _codes(self, series: pd.Series) -> np.ndarray:
        known = pd.Index(self.levels)
        if isinstance(self.dtype, pd.CategoricalDtype):
            known = self.levels.categories.take(self.levels.codes)
        if isinstance(series.dtype, pd.CategoricalDtype):
            places = known.get_indexer(series.cat.categories)
            codes = np.append(places, MISSING)[series.cat.codes.to_numpy()]
        else:
            codes = known.get_indexer(pd.Index(series))
        codes = codes.astype("int32")
        other = np.flatnonzero(codes < 0)
        codes[other] = np.where(series.iloc[other].isna(), MISSING, UNSEEN)
        return codes

    def _times(self, values: np.ndarray, missing: np.ndarray) -> pd.Series:
        per_step = max(1, round(self.step * _PER_SECOND[unit_of(self.dtype)]))
        low, high = ((end - self.origin) / per_step for end in (-LAST_TICK, LAST_TICK))
        steps = np.clip(np.where(missing, 0.0, values) if missing.any() else values, low, high)
        if self.decimals is None:
            ticks = self.origin + np.rint(steps * per_step).astype("int64")
        else:
            ticks = self.origin + steps.astype("int64") * per_step
        times = times_of(ticks, self.dtype, unit_of(self.dtype), self.wall)
        return times.rename(self.name).mask(missing) if missing.any() else times.rename(self.name)


def take(levels: Any, codes: np.ndarray, null: Any = np.nan) -> Any:
    """The levels (an array of pandas or NumPy) at codes (n,), -1 being missing."""
    if not isinstance(levels, np.ndarray):
        return levels.take(codes, allow_fill=True)
    if (codes >= 0).all():
        return levels[codes]
    return np.append(levels, np.array([null], dtype=levels.dtype))[codes]


def integers(values: np.ndarray, missing: np.ndarray, dtype: Any, name: str | None) -> pd.Series:
    """Whole floats (n,) as a column of an integer dtype, within what it holds."""
    exact = np.dtype(getattr(dtype, "numpy_dtype", dtype))
    bounds = np.iinfo(exact)
    # The float next to 2⁶³ is the largest that fits: 2⁶³ - 1 itself is no float.
    high = float(bounds.max) if bounds.max < 2**53 else np.nextafter(float(bounds.max), 0)
    if missing.any():
        values = np.where(missing, 0.0, values)
    whole = pd.Series(np.clip(values, float(bounds.min), high).astype(exact), name=name, copy=False)
    return whole if dtype == exact else whole.astype(dtype).mask(missing)


def decimals_of(values: np.ndarray, most: int = MOST_DECIMALS) -> int | None:
    """The decimals that all numbers are rounded to; None where they are not rounded."""
    for decimals in range(most + 1):
        if np.array_equal(np.round(values, decimals), values):
            return decimals
    return None


def array_of(values: Any, dtype: Any) -> Any:
    """The values (k,) in the array that pandas keeps this dtype in: NumPy's or its own."""
    array = pd.Series(values).astype(dtype).array
    # Not isinstance: text in Python strings is a subclass, and an array of its own dtype.
    return array.to_numpy() if type(array) is pd.arrays.NumpyExtensionArray else array


def ticks_of(series: pd.Series, wall: bool = False) -> np.ndarray:
    """Times as whole units of their dtype since 1970 (n,) int64, in UTC or on the wall clock."""
    return _unzoned(series, wall).to_numpy().astype("int64")


def nanoseconds(series: pd.Series) -> np.ndarray:
    """Times as nanoseconds since 1970 in UTC (n,) int64, the least of all where missing."""
    return _unzoned(series).to_numpy(dtype="datetime64[ns]").view("int64")


def times_of(ticks: np.ndarray, dtype: Any, unit: str = "ns", wall: bool = False) -> pd.Series:
    """Whole units since 1970 (n,), in UTC or on the wall clock, as times of `dtype`."""
    times = pd.Series(ticks.view(f"datetime64[{unit}]"), copy=False)
    zone = zone_of(dtype)
    if zone is None:
        return times.astype(dtype)
    if wall:  # a midnight that a clock change left out becomes the first moment after it
        summer = np.ones(len(times), dtype=bool)
        times = times.dt.tz_localize(zone, ambiguous=summer, nonexistent="shift_forward")
        return times.astype(dtype)
    return times.dt.tz_localize("UTC").dt.tz_convert(zone).astype(dtype)


def moment(value: Any, zone: Any = None) -> pd.Timestamp:
    """The time that a person means, in the column's zone; for a column without zone in UTC.

    Raises: ValueError or TypeError where it is none.
    """
    time = pd.Timestamp(value)
    if pd.isna(time):
        raise ValueError(f"{value!r} is no time")
    if zone is not None:
        return time.tz_localize(zone) if time.tzinfo is None else time.tz_convert(zone)
    return time if time.tzinfo is None else time.tz_convert(None)


def zone_of(dtype: Any) -> Any:
    """The time zone of a dtype of times, pandas' own or Arrow's; None for times without."""
    return getattr(_clock(dtype), "tz", None)


def unit_of(dtype: Any) -> str:
    """The unit of a dtype of times: s, ms, us or ns."""
    dtype = _clock(dtype)
    zoned = isinstance(dtype, pd.DatetimeTZDtype)
    return str(dtype.unit) if zoned else str(np.datetime_data(dtype)[0])


def _unzoned(series: pd.Series, wall: bool = False) -> pd.Series:
    series = series.astype(_clock(series.dtype))
    if isinstance(series.dtype, pd.DatetimeTZDtype):
        return series.dt.tz_localize(None) if wall else series.dt.tz_convert(None)
    return series


def _clock(dtype: Any) -> Any:
    """A dtype of times as pandas' own one of the same unit and zone, if it is Arrow's."""
    if not isinstance(dtype, pd.ArrowDtype):
        return dtype
    unit, zone = dtype.pyarrow_dtype.unit, dtype.pyarrow_dtype.tz
    return pd.DatetimeTZDtype(unit, zone) if zone else np.dtype(f"datetime64[{unit}]")


def _plain_floats(series: pd.Series) -> np.ndarray:
    return series.to_numpy(dtype="float64", na_value=np.nan)


def _floats(series: pd.Series, unit: str, origin: int, step: float, wall: bool) -> np.ndarray:
    """Times as steps (n,) since the origin, which is in ticks of `unit`; NaN where missing."""
    ticks, per_second = ticks_of(series, wall), _PER_SECOND[unit]
    finer = _PER_SECOND[unit_of(series.dtype)] // per_second
    if finer > 1:  # a table of times in a finer unit than the one that was fitted
        origin, per_second = origin * finer, per_second * finer
    elif finer == 0:
        ticks = ticks * (per_second // _PER_SECOND[unit_of(series.dtype)])
    per_step = max(1, round(step * per_second))
    # The difference is taken between whole numbers: floats cannot tell nanoseconds since 1970
    # apart.
    away = ticks - origin
    values = away // per_step + (away % per_step) / per_step
    values[series.isna().to_numpy()] = np.nan
    return values


def _time_units(series: pd.Series) -> tuple[int, float, bool]:
    """Origin in ticks, the coarsest step that all times are whole in, and whose clock."""
    per_second = _PER_SECOND[unit_of(series.dtype)]
    gone = series.isna().to_numpy()
    if gone.all():
        return 0, 1.0, False
    wall = zone_of(series.dtype) is not None
    wall = wall and bool((ticks_of(series, True)[~gone] % (86_400 * per_second) == 0).all())
    ticks = ticks_of(series, wall)[~gone]
    # From the middle of the range no difference overflows.
    middle = (int(ticks.min()) + int(ticks.max())) // 2
    for seconds in STEPS:
        per_step = round(seconds * per_second)
        if per_step >= 1 and (ticks % per_step == 0).all():
            return middle // per_step * per_step, seconds, wall
    return middle, 1.0 / per_second, wall


def _levels(series: pd.Series, present: pd.Series, sort: bool) -> Any:
    if sort:
        try:
            return array_of(pd.factorize(series, sort=True)[1], series.dtype)
        except TypeError:
            return array_of(in_order(present.unique()), series.dtype)
    if isinstance(series.dtype, pd.CategoricalDtype):
        every = np.arange(len(series.cat.categories))
        return pd.Categorical.from_codes(every, dtype=series.dtype)
    return present.unique()


def value_to_json(value: Any) -> Any:
    """A cell's value as JSON knows it. Raises: DataError for a type that no table format holds."""
    value = plain(value)
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, pd.Timestamp):
        zone = str(value.tz) if value.tz else None
        return {"timestamp": value.isoformat(), "unit": value.unit, "zone": zone}
    if isinstance(value, pd.Interval):
        ends = [value_to_json(value.left), value_to_json(value.right)]
        return {"interval": ends, "closed": value.closed}
    raise DataError(
        "A model file holds text, numbers, true or false, times and intervals, however a column"
        f" has the {type(value).__name__} {value!r}. Turn that column into text before fitting."
    )


def value_from_json(state: Any) -> Any:
    """The value that `value_to_json` made plain."""
    if not isinstance(state, Mapping):
        return state
    if "timestamp" in state:
        time = pd.Timestamp(state["timestamp"]).as_unit(state["unit"])
        return time.tz_convert(state["zone"]) if state["zone"] else time
    left, right = map(value_from_json, state["interval"])
    return pd.Interval(left, right, closed=state["closed"])


def dtype_to_json(dtype: Any) -> Any:
    """A column's dtype as JSON knows it."""
    if isinstance(dtype, pd.CategoricalDtype):
        return {
            "categories": [value_to_json(value) for value in dtype.categories],
            "ordered": bool(dtype.ordered),
            "of": dtype_to_json(dtype.categories.dtype),
        }
    if isinstance(dtype, pd.StringDtype):
        return {"string": dtype.storage, "missing": "nan" if dtype.na_value is np.nan else "na"}
    # Its name also names a StringDtype.
    if isinstance(dtype, pd.ArrowDtype) and str(dtype) == "string[pyarrow]":
        return {"arrow": "string"}
    return str(dtype)


def dtype_from_json(state: Any) -> Any:
    """The dtype that `dtype_to_json` made plain."""
    if not isinstance(state, Mapping):
        return pd.api.types.pandas_dtype(state)
    if "string" in state:
        na_value = pd.NA if state["missing"] == "na" else np.nan
        return pd.StringDtype(state["string"], na_value=na_value)
    if "arrow" in state:
        import pyarrow

        return pd.ArrowDtype(pyarrow.string())
    values = [value_from_json(value) for value in state["categories"]]
    # Intervals carry their own dtype, which pandas cannot read back from its name.
    interval = str(state["of"]).startswith("interval")
    index = pd.Index(values, dtype=None if interval else dtype_from_json(state["of"]))
    return pd.CategoricalDtype(index, ordered=state["ordered"])


def _levels_to_json(levels: Any) -> list[Any]:
    if isinstance(levels.dtype, pd.CategoricalDtype):
        return list(levels.codes.tolist())
    if pdt.is_datetime64_any_dtype(levels.dtype):
        return list(ticks_of(pd.Series(levels)).tolist())
    return [value_to_json(value) for value in levels.tolist()]


def _levels_from_json(state: list[Any], dtype: Any) -> Any:
    if isinstance(dtype, pd.CategoricalDtype):
        return pd.Categorical.from_codes(state, dtype=dtype)
    if pdt.is_datetime64_any_dtype(dtype):
        times = times_of(np.array(state, dtype="int64"), dtype, unit_of(dtype))
        return array_of(times, dtype)
    levels = np.empty(len(state), dtype=object)
    levels[:] = [value_from_json(value) for value in state]
    return array_of(levels, dtype)
