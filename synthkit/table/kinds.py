"""The kinds of columns, and how one is told from a column's values."""

from __future__ import annotations

import datetime
import decimal
import re
from enum import StrEnum

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from synthkit.errors import DataError

# A unique column in a table smaller than this may be unique by chance.
ROWS_TO_CALL_UNIQUE_A_KEY = 20
# A column of strings with more distinct values than this, and more than half of its rows, is text.
LEVELS_TO_CALL_TEXT = 50
KEY_NAME = re.compile(r"(^|[\W_])(id|key|uuid|guid|index|nr|no)$", re.IGNORECASE)
# Types of an object column's values that go together.
BOOLEANS = {bool, np.bool_}
NUMBERS = {int, float, decimal.Decimal, np.int64, np.int32, np.float64, np.float32}
DATES = {datetime.date, datetime.datetime, pd.Timestamp, np.datetime64}


class Kind(StrEnum):
    """What a column's values mean, whatever dtype holds them."""

    NUMERIC = "numeric"  # real numbers; interpolated freely
    INTEGER = "integer"  # whole numbers, with or without missing values; rounded when interpolated
    BOOLEAN = "boolean"  # two states: True/False, 0/1
    CATEGORICAL = "categorical"  # one of the levels seen, strings or codes
    DATETIME = "datetime"  # points in time, with their unit and time zone
    KEY = "key"  # unique per row: says who, not what; never learned from
    TEXT = "text"  # free text; never learned from


#: Kinds that no method learns from.
IGNORED = (Kind.KEY, Kind.TEXT)
#: Kinds with an order and a distance.
ORDERED = (Kind.NUMERIC, Kind.INTEGER, Kind.DATETIME)
#: Kinds that are states: equal or not.
STATES = (Kind.BOOLEAN, Kind.CATEGORICAL)


def decide(series: pd.Series, name: str) -> tuple[Kind, str]:
    """The kind of one column and the reason, from its values.

    Raises: DataError for a column that mixes types, or holds what no method here can learn from.
    """
    present = series.dropna()
    if isinstance(series.dtype, pd.CategoricalDtype):
        return Kind.CATEGORICAL, f"a pandas category of {len(series.cat.categories)} levels"
    if pdt.is_bool_dtype(series.dtype):
        return Kind.BOOLEAN, "true or false"
    if pdt.is_datetime64_any_dtype(series.dtype):
        return Kind.DATETIME, "dates or times"
    long = (
        isinstance(series.dtype, np.dtype)
        and series.dtype.kind == "f"
        and series.dtype.itemsize > 8
    )
    if pdt.is_timedelta64_dtype(series.dtype) or pdt.is_complex_dtype(series.dtype) or long:
        raise _unlearnable(name, str(series.dtype))
    if present.empty:
        return Kind.NUMERIC, "no value at all: every row is missing"
    if pdt.is_numeric_dtype(series.dtype):
        return _decide_number(present, name, len(series))
    if not is_texty(series):
        raise _unlearnable(name, str(series.dtype))
    types = types_in(present, name)
    if types == {str}:
        return _decide_text(present, name, len(series))
    if types <= BOOLEANS:
        return Kind.BOOLEAN, "true or false"
    if types <= NUMBERS:
        return _decide_number(present.astype("float64"), name, len(series))
    return Kind.DATETIME, "dates or times"


def types_in(present: pd.Series, name: str) -> set[type]:
    """The types of an object column's values, none of them missing.

    Raises: DataError unless they are all text, all numbers, all booleans, or all dates.
    """
    types = set(map(type, present))
    if types == {str} or any(types <= alike for alike in (BOOLEANS, NUMBERS, DATES)):
        return types
    if all(issubclass(t, str) for t in types):
        return {str}
    shown = ", ".join(sorted(t.__name__ for t in types))
    if len(types) == 1:
        raise _unlearnable(name, shown)
    raise DataError(
        f"Column {name!r} must hold one type of value, however it mixes {shown}."
        " Turn it into text or into numbers."
    )


def is_texty(series: pd.Series) -> bool:
    """Whether the dtype is one that text comes in."""
    return bool(pdt.is_object_dtype(series.dtype) or pdt.is_string_dtype(series.dtype))


def read_dates(text: pd.Series) -> pd.Series:
    """Dates of text (missing where None); times with an offset become UTC. Unreadable ones are missing.

    Where some have an offset, those without one say no point in time: they are unreadable.
    """
    words = text.astype(str)
    # An offset or Z stands behind the time of day, so dates alone need not be searched.
    zoned = (words.str.len() > 10) & words.str.slice(-6).str.contains(
        r"\d(?:Z|[+-]\d{2}(?:\d{2})?)$|^[+-]\d{2}:\d{2}$"
    )
    dates = pd.to_datetime(text, errors="coerce", format="ISO8601", utc=bool(zoned.any()))
    return dates.where(zoned) if zoned.any() else dates


def _unlearnable(name: str, what: str) -> DataError:
    return DataError(
        f"Column {name!r} holds {what} values, which no method here can learn from."
        " Turn it into numbers or text, or leave it out."
    )


def _decide_number(present: pd.Series, name: str, rows: int) -> tuple[Kind, str]:
    """The kind of numbers, given each distinct one at least once."""
    values = present.to_numpy(dtype="float64", na_value=np.nan)
    whole = bool(np.isfinite(values).all() and (values % 1 == 0).all())
    distinct = int(present.nunique())
    if whole and distinct <= 2 and set(np.unique(values)) <= {0.0, 1.0}:
        return Kind.BOOLEAN, "only 0 and 1"
    if not whole:
        return Kind.NUMERIC, "real numbers"
    if distinct == rows >= ROWS_TO_CALL_UNIQUE_A_KEY:
        if KEY_NAME.search(name):
            return Kind.KEY, f"whole numbers, all {rows} different, and named like a key"
        if values.max() - values.min() == rows - 1:
            return (
                Kind.KEY,
                f"a running number: {int(values.min())} to {int(values.max())}, each once",
            )
    return Kind.INTEGER, f"whole numbers, {distinct} distinct"


def _decide_text(present: pd.Series, name: str, rows: int) -> tuple[Kind, str]:
    # Only distinct values are looked at: there are far fewer of them than rows.
    times = present.astype(str).value_counts(sort=False)
    times = times.groupby(times.index.str.strip(), sort=False).sum()
    blanks = int(times.get("", 0))
    times = times.drop("", errors="ignore")
    if times.empty:
        return Kind.CATEGORICAL, "blank text only"
    text = times.index.to_series().reset_index(drop=True)
    numbers = pd.to_numeric(text, errors="coerce")
    # Codes such as 00123 are names made of digits: reading them as numbers would lose the zeros.
    codes = bool(numbers.notna().any() and text[numbers.notna()].str.match(r"[+-]?0\d").any())
    if numbers.notna().all() and not codes:
        kind, why = _decide_number(numbers, name, rows)
        return kind, f"text that holds numbers ({why})" + (
            f"; {blanks} blanks are missing values" if blanks else ""
        )
    day = r"\d{4}-\d{1,2}-\d{1,2}"  # looked for in a few values first: most columns of text hold no dates
    if (
        text.head(9).str.match(day).all()
        and text.str.match(day).all()
        and read_dates(text).notna().all()
    ):
        return Kind.DATETIME, "text that holds dates"
    distinct, filled = len(text), int(times.sum())
    words = float((text.str.count(r"\s+").to_numpy() * times.to_numpy()).sum() / filled) + 1
    if distinct == rows >= ROWS_TO_CALL_UNIQUE_A_KEY and words < 2:
        return Kind.KEY, f"all {rows} values differ"
    # A few words among numbers, such as "?" for a missing one, make text of the whole column: say so.
    odd = text[numbers.isna()]
    few = 0 < len(odd) <= 3 < distinct / 3 and not codes
    hint = f"; numbers but for {', '.join(map(repr, odd))}" if few else ""
    if distinct > max(LEVELS_TO_CALL_TEXT, filled / 2):
        return Kind.TEXT, f"{distinct} of {filled} values differ, {words:.1f} words each{hint}"
    return Kind.CATEGORICAL, f"text of {distinct} levels{hint}"
