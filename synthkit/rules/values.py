"""Columns as arrays that rules compare: numbers and times on a line, states as codes, and back again."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from synthkit.errors import ConfigError, DataError

#: What a rule takes for a date where a column's name could stand too.
DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?$")


def nulls(series: pd.Series) -> np.ndarray:
    """Which cells are missing (n,)."""
    return series.isna().to_numpy()


def is_time(series: pd.Series) -> bool:
    """Whether the column holds points in time."""
    return bool(pdt.is_datetime64_any_dtype(series.dtype))


def ordinal(series: pd.Series, needs: str) -> np.ndarray:
    """The column on a line (n,): numbers as they are, times as nanoseconds since 1970 in UTC.

    A missing number is NaN, a missing time the least int64. `needs` says who asks, for the error.
    Raises: DataError for a column of states or text.
    """
    if is_time(series):
        utc = series.dt.tz_convert(None) if series.dt.tz is not None else series
        return utc.to_numpy(dtype="datetime64[ns]").view("int64")
    if not (pdt.is_numeric_dtype(series.dtype) or pdt.is_bool_dtype(series.dtype)) or isinstance(
        series.dtype, pd.CategoricalDtype
    ):
        raise DataError(
            f"{needs} needs numbers or times, however column {series.name!r} holds {series.dtype} values."
            " Give it a kind with numbers or times in the schema, or use one_of."
        )
    if pdt.is_integer_dtype(series.dtype) and isinstance(series.dtype, np.dtype):
        return series.to_numpy()
    if (
        pdt.is_integer_dtype(series.dtype) and not series.isna().any()
    ):  # a float has no whole number above 2^53 exactly
        return series.to_numpy(
            dtype="uint64" if pdt.is_unsigned_integer_dtype(series.dtype) else "int64"
        )
    return series.to_numpy(dtype="float64", na_value=np.nan)


def is_number(value: Any) -> bool:
    """Whether a rule's constant is a number, which a truth value is not."""
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def line(value: Any, key: str = "rule") -> Any:
    """A rule's constant on a line of its own: a number as it is, a date as nanoseconds since 1970 in UTC.

    A date without a zone is taken for UTC. Raises: ConfigError for what is neither.
    """
    if is_number(value) and not pd.isna(value):
        return value
    try:
        time = pd.Timestamp(value) if not isinstance(value, bool | int | float) else pd.NaT
        if not pd.isna(time):
            return (time.tz_convert(None) if time.tzinfo is not None else time).as_unit("ns").value
    except (ValueError, TypeError):
        pass
    raise ConfigError(f"{key} must be a number or a date, however it is {value!r}.", key=key)


def constant(value: Any, series: pd.Series, needs: str) -> Any:
    """A rule's constant on the line of this column. Raises: ConfigError where it cannot be compared with it."""
    if is_time(series):
        try:
            time = pd.Timestamp(value) if not isinstance(value, int | float) else None
        except (ValueError, TypeError):
            time = None
        if time is None or pd.isna(time):
            raise ConfigError(
                f"{needs} needs a date to compare column {series.name!r} with, however it has {value!r}."
                " Write it as 2024-01-31 or 2024-01-31T12:00."
            )
        if time.tzinfo is None and series.dt.tz is not None:
            time = time.tz_localize(series.dt.tz)
        return (time.tz_convert(None) if time.tzinfo is not None else time).as_unit("ns").value
    if not is_number(value):
        raise ConfigError(
            f"{needs} needs a number to compare column {series.name!r} with, however it has {value!r}."
        )
    return value


def whole(series: pd.Series) -> bool:
    """Whether every value that is there is a whole number."""
    if pdt.is_integer_dtype(series.dtype):
        return True
    if not pdt.is_float_dtype(series.dtype) or series.isna().all():
        return False
    values = series.to_numpy(dtype="float64", na_value=np.nan)
    return bool((np.isnan(values) | (values % 1 == 0)).all())


def inward(bound: Any, up: bool, is_open: bool, series: pd.Series, seen: pd.Series | None) -> Any:
    """The value nearest to `bound` that the column can hold and that lies inside it, on the column's line.

    `up`: the bound is the lower end. At an open end of real numbers it is the nearest value seen inside, if
    any. DIFFERS from the smallest change there: next to 0 that would be 5e-324, which no amount ever is.
    """
    sign = 1 if up else -1
    if is_time(series):
        unit = {"s": 10**9, "ms": 10**6, "us": 10**3}.get(getattr(series.dt, "unit", "ns"), 1)
        step = -(-bound // unit) if up else bound // unit
        return (step + (sign if is_open and step * unit == bound else 0)) * unit
    if whole(series if seen is None else seen):
        step = np.ceil(bound) if up else np.floor(bound)
        return step + (sign if is_open and step == bound else 0)
    kind = np.float32 if str(series.dtype).lower() == "float32" else np.float64
    if is_open and seen is not None:
        values = ordinal(seen, "the rule")
        inside = values[values > bound] if up else values[values < bound]
        if len(inside):
            return inside.min() if up else inside.max()
    value = kind(bound)
    outside = (
        value < bound or (is_open and value <= bound)
        if up
        else value > bound or (is_open and value >= bound)
    )
    return float(np.nextafter(value, kind(sign * np.inf))) if outside else float(value)


def like(values: Any, series: pd.Series) -> pd.Series:
    """Values on the column's line (m,) as cells of the column, in its dtype; NaN is a missing cell."""
    if is_time(series):
        times = pd.Series(np.asarray(values, dtype="int64").view("datetime64[ns]"))
        if series.dt.tz is not None:
            times = times.dt.tz_localize("UTC").dt.tz_convert(series.dt.tz)
        return times.astype(series.dtype)
    if pdt.is_integer_dtype(series.dtype):
        values = np.asarray(values)
        missing = (
            np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), dtype=bool)
        )
        info = np.iinfo(getattr(series.dtype, "numpy_dtype", series.dtype))
        if values.dtype.kind == "f":
            values = np.rint(np.where(missing, 0, values))
        cells = pd.Series(np.clip(values, info.min, info.max).astype(info.dtype))
        return (
            cells.astype(series.dtype).mask(missing)
            if missing.any()
            else cells.astype(series.dtype)
        )
    return pd.Series(values).astype(series.dtype)


def codes_in(series: pd.Series, known: pd.Index) -> np.ndarray:
    """The position of each cell (n,) in `known`, -1 where it is not there; a missing cell finds a missing one."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        at = known.get_indexer(pd.Index(series.cat.categories.astype(object)))
        none = np.flatnonzero(known.isna())
        return np.append(at, none[0] if len(none) else -1)[series.cat.codes.to_numpy()]
    codes, values = pd.factorize(series, use_na_sentinel=True)
    none = np.flatnonzero(known.isna())
    at = known.get_indexer(pd.Index(values).astype(object))
    return np.append(at, none[0] if len(none) else -1)[codes]
