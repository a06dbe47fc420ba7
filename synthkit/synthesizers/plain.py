"""Schemas, forms and values as what JSON knows, and back: the readable part of a model file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from synthkit.errors import DataError
from synthkit.synthesizers.forms import Form
from synthkit.table.schema import Column, Kind, Schema


def plain_value(value: Any) -> Any:
    """A cell's value as JSON knows it. Raises: DataError for a type that no table format holds."""
    value = value.item() if isinstance(value, np.generic) else value
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, pd.Timestamp):
        return {
            "timestamp": value.isoformat(),
            "unit": value.unit,
            "zone": str(value.tz) if value.tz else None,
        }
    if isinstance(value, pd.Interval):
        return {
            "interval": [plain_value(value.left), plain_value(value.right)],
            "closed": value.closed,
        }
    raise DataError(
        f"A model file holds text, numbers, true or false, times and intervals, however a column has the"
        f" {type(value).__name__} {value!r}. Turn that column into text before fitting."
    )


def value_of(plain: Any) -> Any:
    """The value that `plain_value` made plain."""
    if isinstance(plain, Mapping) and "timestamp" in plain:
        time = pd.Timestamp(plain["timestamp"]).as_unit(plain["unit"])
        return time.tz_convert(plain["zone"]) if plain["zone"] else time
    if isinstance(plain, Mapping):
        left, right = map(value_of, plain["interval"])
        return pd.Interval(left, right, closed=plain["closed"])
    return plain


def plain_dtype(dtype: Any) -> Any:
    """A column's dtype as JSON knows it."""
    if isinstance(dtype, pd.CategoricalDtype):
        return {
            "categories": [plain_value(value) for value in dtype.categories],
            "ordered": bool(dtype.ordered),
            "of": plain_dtype(dtype.categories.dtype),
        }
    if isinstance(dtype, pd.StringDtype):
        return {"string": dtype.storage, "missing": "nan" if dtype.na_value is np.nan else "na"}
    if (
        isinstance(dtype, pd.ArrowDtype) and str(dtype) == "string[pyarrow]"
    ):  # which also names a StringDtype
        return {"arrow": "string"}
    return str(dtype)


def dtype_of(plain: Any) -> Any:
    """The dtype that `plain_dtype` made plain."""
    if isinstance(plain, Mapping) and "string" in plain:
        if plain["missing"] == "na":
            return pd.StringDtype(plain["string"])
        return pd.StringDtype(plain["string"], na_value=np.nan)
    if isinstance(plain, Mapping) and "arrow" in plain:
        import pyarrow

        return pd.ArrowDtype(pyarrow.string())
    if isinstance(plain, Mapping):
        values = [value_of(value) for value in plain["categories"]]
        # Intervals carry their own dtype, which pandas cannot read back from its name.
        index = (
            pd.Index(values)
            if str(plain["of"]).startswith("interval")
            else pd.Index(values, dtype=dtype_of(plain["of"]))
        )
        return pd.CategoricalDtype(index, ordered=plain["ordered"])
    return pd.api.types.pandas_dtype(plain)


def plain_form(form: Form) -> dict[str, Any]:
    """A column's form as JSON knows it. It holds real levels and extremes: as private as the table."""
    return {
        "name": form.name,
        "kind": form.kind.value,
        "dtype": plain_dtype(form.dtype),
        "learned": form.learned,
        "missing": form.missing,
        "null": form.null,
        "levels": [plain_value(level) for level in form.levels],
        "low": form.low,
        "high": form.high,
        "step": form.step,
        "constant": plain_value(form.constant),
        "alphabets": list(form.alphabets),
    }


def form_from(plain: Mapping[str, Any]) -> Form:
    """The form that `plain_form` made plain."""
    return Form(
        **{
            **plain,
            "kind": Kind(plain["kind"]),
            "dtype": dtype_of(plain["dtype"]),
            "levels": tuple(value_of(level) for level in plain["levels"]),
            "constant": value_of(plain["constant"]),
            "alphabets": tuple(plain["alphabets"]),
        }
    )


def plain_schema(schema: Schema) -> dict[str, Any]:
    """A schema as JSON knows it."""
    return {
        "columns": [{"name": c.name, "kind": c.kind.value, "why": c.why} for c in schema.columns],
        "target": schema.target,
        "classes": [plain_value(value) for value in schema.classes],
        "positive": plain_value(schema.positive),
    }


def schema_from(plain: Mapping[str, Any]) -> Schema:
    """The schema that `plain_schema` made plain."""
    return Schema(
        tuple(Column(c["name"], Kind(c["kind"]), c["why"]) for c in plain["columns"]),
        plain["target"],
        tuple(value_of(value) for value in plain["classes"]),
        value_of(plain["positive"]),
    )
