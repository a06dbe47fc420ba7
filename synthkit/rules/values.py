"""Columns as arrays that rules compare: numbers and times on a line; and back again."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from synthkit.errors import ConfigError, DataError
from synthkit.table.column import integers, moment, nanoseconds, times_of, unit_of, zone_of

#: What a rule takes for a date where a column's name could stand too.
DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?$")
_NANOSECONDS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}


def is_time(series: pd.Series) -> bool:
    """Whether the column holds points in time."""
    return bool(pdt.is_datetime64_any_dtype(series.dtype))


def is_ordered(series: pd.Series) -> bool:
    """Whether the column holds numbers or times, and not states or truth values."""
    number = pdt.is_numeric_dtype(series.dtype) and not pdt.is_bool_dtype(series.dtype)
    return is_time(series) or number


def ordinal(series: pd.Series, needs: str) -> np.ndarray:
    """The column on a line (n,): numbers as they are, times as nanoseconds since 1970 in UTC.

    A missing number is NaN, a missing time the least int64. `needs` says who asks, for the error.
    Raises: DataError for a column of states or text.
    """
    dtype = series.dtype
    if is_time(series):
        return nanoseconds(series)
    states = isinstance(dtype, pd.CategoricalDtype)
    if states or not (pdt.is_numeric_dtype(dtype) or pdt.is_bool_dtype(dtype)):
        raise DataError(
            f"{needs} needs numbers or times, however column {series.name!r} holds {dtype} values."
            " Give it a kind with numbers or times in the schema, or use one_of."
        )
    if pdt.is_integer_dtype(dtype) and not series.isna().any():
        # No float holds every whole number above 2^53.
        return series.to_numpy(dtype="uint64" if pdt.is_unsigned_integer_dtype(dtype) else "int64")
    return series.to_numpy(dtype="float64", na_value=np.nan)


def floats(series: pd.Series, needs: str) -> np.ndarray:
    """As `ordinal`, in floating point (n,) with NaN where missing."""
    values = ordinal(series, needs).astype(float)
    return np.where(series.isna(), np.nan, values) if is_time(series) else values


def is_number(value: Any) -> bool:
    """Whether a rule's constant is a number, which a truth value is not."""
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def instant(value: Any, zone: Any = None) -> int | None:
    """A date on the line, in `zone` or UTC if it has no zone of its own; None for what is none."""
    if isinstance(value, bool | int | float):
        return None
    try:
        return int(moment(value, zone).as_unit("ns").value)
    except (ValueError, TypeError):
        return None


def line(value: Any, key: str = "rule") -> Any:
    """A rule's constant on the line. Raises: ConfigError unless it is a number or a date."""
    if is_number(value) and not pd.isna(value):
        return value
    time = instant(value)
    if time is None:
        raise ConfigError(f"{key} must be a number or a date, however it is {value!r}.")
    return time


def constant(value: Any, series: pd.Series, needs: str) -> Any:
    """A rule's constant on this column's line. Raises: ConfigError where they do not compare."""
    kind, hint = "number", ""
    if is_time(series):
        kind, hint = "date", " Write it as 2024-01-31 or 2024-01-31T12:00."
        time = instant(value, zone_of(series.dtype))
        if time is not None:
            return time
    elif is_number(value):
        return value
    raise ConfigError(
        f"{needs} needs a {kind} to compare column {series.name!r} with, however it has {value!r}."
        f"{hint}"
    )


def whole(series: pd.Series) -> bool:
    """Whether every value that is there is a whole number."""
    if pdt.is_integer_dtype(series.dtype):
        return True
    if not pdt.is_float_dtype(series.dtype) or series.isna().all():
        return False
    values = series.to_numpy(dtype="float64", na_value=np.nan)
    return bool((np.isnan(values) | (values % 1 == 0)).all())


def inside(bounds: Any, up: Any, is_open: bool, series: pd.Series, seen: pd.Series) -> Any:
    """The values nearest to `bounds`, one or (m,), that the column can hold and that lie inside.

    `up`, one or (m,): the bound is a lower end; `is_open`: it is itself outside. The values are
    whole where those of the real column `seen` are.
    """
    sign = np.where(up, 1, -1)
    if is_time(series) or whole(seen):
        unit = _NANOSECONDS[unit_of(series.dtype)] if is_time(series) else 1
        steps = sign * -(-sign * bounds // unit)
        return (steps + sign * (is_open & (steps * unit == bounds))) * unit
    values = np.asarray(bounds).astype(_float_of(series))
    outside = sign * values <= sign * bounds if is_open else sign * values < sign * bounds
    return np.where(outside, np.nextafter(values, (sign * np.inf).astype(values.dtype)), values)


def inward(bound: Any, up: bool, is_open: bool, series: pd.Series, seen: pd.Series) -> Any:
    """As `inside`; at an open end of real numbers it is the nearest value seen inside, if any.

    DIFFERS from the smallest change there: next to 0 that would be 5e-324, which no amount ever is.
    """
    if is_open and not is_time(series) and not whole(seen):
        values = ordinal(seen, "the rule")
        beyond = values[values > bound] if up else values[values < bound]
        if len(beyond):
            return beyond.min() if up else beyond.max()
    return inside(bound, up, is_open, series, seen)


def _float_of(series: pd.Series) -> Any:
    return np.float32 if str(series.dtype).lower() == "float32" else np.float64


def like(values: Any, series: pd.Series) -> pd.Series:
    """Values on the column's line (m,) as cells of its dtype; NaN is a missing cell."""
    values = np.asarray(values)
    if is_time(series):
        return times_of(values.astype("int64"), series.dtype)
    if pdt.is_integer_dtype(series.dtype):
        if values.dtype.kind == "f":
            return integers(np.rint(values), np.isnan(values), series.dtype, None)
        bounds = np.iinfo(getattr(series.dtype, "numpy_dtype", series.dtype))
        values = np.clip(values, bounds.min, bounds.max)
    return pd.Series(values).astype(series.dtype)
