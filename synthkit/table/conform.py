"""A column in a dtype that fits its kind; what does not fit is refused with its row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from synthkit.errors import DataError
from synthkit.table.kinds import Kind, is_texty, read_dates, types_in


def conform_column(series: pd.Series, kind: Kind, name: str) -> pd.Series:
    """One column in a dtype that fits its kind; the same object where it fits already.

    Raises: DataError naming the column and the first row that does not fit.
    """
    if isinstance(
        series.dtype, pd.SparseDtype
    ):  # how zeros are stored is no part of what they mean
        series = series.sparse.to_dense()
    if kind in (Kind.NUMERIC, Kind.INTEGER):
        if pdt.is_bool_dtype(series.dtype):
            return series.astype("int64") if series.notna().all() else series.astype("Int64")
        if not pdt.is_numeric_dtype(series.dtype):
            series = _parse(
                series, lambda text: pd.to_numeric(text, errors="coerce"), name, "a number"
            )
        refuse_infinite(series, name)
        if kind is Kind.INTEGER and not pdt.is_integer_dtype(series.dtype):
            values = series.to_numpy(dtype="float64", na_value=np.nan)
            _refuse(series, ~np.isnan(values) & (values % 1 != 0), name, "a whole number")
        return series
    if kind is Kind.DATETIME:
        if not pdt.is_datetime64_any_dtype(series.dtype):
            series = _parse(series, read_dates, name, "a date (YYYY-MM-DD, with or without a time)")
        return series
    if kind is Kind.BOOLEAN:
        return _conform_boolean(series, name)
    refuse_infinite(series, name)
    if pdt.is_object_dtype(series.dtype):
        types_in(series.dropna(), name)  # refuses mixed ones
    return series


def _conform_boolean(series: pd.Series, name: str) -> pd.Series:
    if pdt.is_bool_dtype(series.dtype) and not isinstance(series.dtype, pd.CategoricalDtype):
        return series
    if is_texty(series) or isinstance(series.dtype, pd.CategoricalDtype):
        words = {"true": 1, "false": 0, "yes": 1, "no": 0, "1": 1, "0": 0, "1.0": 1, "0.0": 0}
        series = _parse(
            series,
            lambda text: text.astype(str).str.strip().str.lower().map(words),
            name,
            "true or false",
        )
        return series.astype("bool") if series.notna().all() else series.astype("boolean")
    values = series.to_numpy(dtype="float64", na_value=np.nan)
    _refuse(series, ~np.isnan(values) & (values != 0) & (values != 1), name, "0 or 1")
    return series


def _parse(series: pd.Series, read: Any, name: str, needed: str) -> pd.Series:
    blank = series.isna() | (series.astype(str).str.strip() == "")
    text = series.astype(object).where(~blank, None)
    parsed = read(text)
    _refuse(series, (parsed.isna() & ~blank).to_numpy(), name, needed)
    return parsed


def refuse_infinite(series: pd.Series, name: str) -> None:
    """Raises: DataError naming the first row that is infinite."""
    if not pdt.is_float_dtype(series.dtype):
        return
    values = series.to_numpy(dtype="float64", na_value=np.nan)
    _refuse(series, np.isinf(values), name, "a finite number")


def _refuse(series: pd.Series, bad: np.ndarray, name: str, needed: str) -> None:
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        value = series.iloc[row]
        shown = value.item() if isinstance(value, np.generic) else value
        raise DataError(
            f"Column {name!r} must hold {needed} in every row, however row {row} holds"
            f" {shown!r} ({int(bad.sum())} such rows). Correct the rows, or give the column"
            " another kind in the schema."
        )
