"""A column as whole numbers: every cell the rank of its value among the values seen, -1 for missing.

Ranks make all columns alike to a tree, and give back the very values, in the very dtype, that were seen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from synthkit.errors import DataError
from synthkit.synthesizers.forms import NULLS
from synthkit.synthesizers.plain import dtype_of, plain_dtype
from synthkit.table.schema import ORDERED, Kind

#: Decimals beyond which a column counts as unrounded.
MOST_DECIMALS = 9


@dataclass(frozen=True, eq=False)
class Coding:
    """The values of one column, K of them, and how often each stands in it.

    - `values` (K,): a pandas or NumPy array of the column's own dtype, sorted; a code indexes it.
    - `counts` (K,): rows of each value.
    - `ordered`: whether the values are numbers or times, not states.
    - `null`: which missing value the column uses, a key of `NULLS`.
    """

    name: str
    values: Any
    counts: np.ndarray
    ordered: bool
    null: str = "nan"

    @classmethod
    def of(cls, series: pd.Series, kind: Kind) -> tuple[Coding, np.ndarray]:
        """The coding of a column (n,) and its codes (n,), whole numbers from -1 to K - 1."""
        codes, values = pd.factorize(series, sort=True)
        counts = np.bincount(codes[codes >= 0], minlength=len(values))
        null = "nan"
        if pdt.is_object_dtype(series.dtype) and (codes < 0).any():
            marker = series.iloc[int(np.argmax(codes < 0))]
            null = next((word for word, known in NULLS.items() if known is marker), "nan")
        ordered = kind in ORDERED and not isinstance(series.dtype, pd.CategoricalDtype)
        # A numeric dtype that pandas hands back as another (an Index of booleans) is put right here.
        return cls(
            str(series.name), _array(values, series.dtype), counts, ordered, null
        ), codes.astype(np.int32)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def numbers(self) -> np.ndarray:
        """The values of an ordered column as (K,) floats or whole numbers (times: ticks of their unit)."""
        if pdt.is_datetime64_any_dtype(self.values.dtype):
            return _ticks(self.values)
        if pdt.is_integer_dtype(self.values.dtype):
            kind = "uint64" if pdt.is_unsigned_integer_dtype(self.values.dtype) else "int64"
            return np.asarray(pd.Series(self.values).to_numpy(dtype=kind))
        return np.asarray(pd.Series(self.values).to_numpy(dtype="float64"))

    def code_of(self, value: Any) -> int:
        """The code of a value of this column, -1 for None, the nearest one's for a number not seen."""
        if value is None:
            return -1
        if not self.ordered:
            found = pd.Index(self.values, dtype=object).get_indexer(
                pd.Index([value], dtype=object)
            )[0]
            if found < 0:
                raise DataError(
                    f"A condition on {self.name!r} needs a value that was seen, however {value!r} was not."
                )
            return int(found)
        return int(np.abs(self.numbers.astype("float64") - self._number(value)).argmin())

    def repeated(self, value: Any, n: int) -> pd.Series:
        """The column (n,) that holds `value` in every row, a number not seen as well."""
        code = self.code_of(value)
        if value is None or not self.ordered or self._number(value) == float(self.numbers[code]):
            return self.column(np.full(n, code))
        return pd.Series([value] * n, name=self.name, dtype=self.values.dtype)

    def _number(self, value: Any) -> float:
        if pdt.is_datetime64_any_dtype(self.values.dtype):
            return float(pd.Timestamp(value).as_unit(pd.Series(self.values).dt.unit).value)
        return float(value)

    def window(self, code: int, rows: int) -> tuple[int, int]:
        """The lowest and highest code around `code` that at least `rows` rows of the table have."""
        if code < 0 or not self.ordered:
            return code, code
        below = np.concatenate([[0], np.cumsum(self.counts)])
        low = high = code
        while below[high + 1] - below[low] < min(rows, below[-1]):
            low, high = max(low - 1, 0), min(high + 1, len(self) - 1)
        return low, high

    def column(self, codes: np.ndarray, offsets: np.ndarray | None = None) -> pd.Series:
        """The cells (n,) of these codes, each moved by its offset (n,) where there are any, in the column's dtype."""
        gone = codes < 0
        if not gone.any():
            cells = pd.Series(self.values.take(codes))
        elif pdt.is_object_dtype(self.values.dtype):
            values = np.empty(len(self) + 1, dtype=object)  # the code -1 takes the last
            values[:-1], values[-1] = self.values, NULLS[self.null]
            cells = pd.Series(values[codes], dtype=object)
        else:
            cells = pd.Series(pd.api.extensions.take(self.values, codes, allow_fill=True))
        if offsets is not None:
            moved = np.flatnonzero((offsets != 0) & ~gone)
            if len(moved):
                cells = cells.copy()
                cells.iloc[moved] = self._moved(codes[moved], offsets[moved])
        return cells.rename(self.name)

    def _moved(self, codes: np.ndarray, offsets: np.ndarray) -> Any:
        numbers, dtype = self.numbers, self.values.dtype
        if numbers.dtype.kind == "f":
            values = np.clip(numbers[codes] + offsets, numbers[0], numbers[-1])
            decimals = self.decimals
            return (
                pd.Series(values if decimals is None else np.round(values, decimals))
                .astype(dtype)
                .array
            )
        step = self.step
        # Signed steps: an unsigned column moves down as well.
        whole = numbers[codes].astype("int64") + (np.round(offsets / step) * step).astype("int64")
        if pdt.is_datetime64_any_dtype(dtype):
            unit = pd.Series(self.values).dt.unit
            times = pd.Series(whole.view(f"M8[{unit}]"))
            zone = getattr(dtype, "tz", None)
            return (
                times if zone is None else times.dt.tz_localize("UTC").dt.tz_convert(zone)
            ).array
        return pd.Series(whole).astype(dtype).array

    @property
    def step(self) -> int:
        """What the differences of whole numbers (or ticks) are all multiples of, at least 1."""
        numbers = self.numbers
        return (
            max(int(np.gcd.reduce(np.diff(numbers).astype("int64"))), 1) if len(numbers) > 1 else 1
        )

    @property
    def decimals(self) -> int | None:
        """The decimals that all numbers are rounded to; None where they are not rounded."""
        numbers = self.numbers
        scale = np.abs(numbers).max(initial=0.0)
        for decimals in range(min(MOST_DECIMALS, 14 - math.ceil(math.log10(scale + 1))) + 1):
            if np.array_equal(np.round(numbers, decimals), numbers):
                return decimals
        return None

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """What `from_arrays` turns back: arrays, and a value that JSON knows."""
        arrays, state = _stored(self.values)
        return {**arrays, "counts": self.counts}, {
            **state,
            "name": self.name,
            "ordered": self.ordered,
            "null": self.null,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], state: Mapping[str, Any]) -> Coding:
        return cls(
            state["name"],
            _restored(arrays, state),
            arrays["counts"],
            state["ordered"],
            state["null"],
        )


def _stored(values: Any) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The values as arrays and JSON: numbers as arrays, text as a list, a category as codes and its categories."""
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        arrays, inner = _stored(dtype.categories.array)
        return (
            {
                "places": np.asarray(values.codes, dtype="int64"),
                **{f"of_{k}": v for k, v in arrays.items()},
            },
            {"dtype": "category", "of": inner, "order": bool(dtype.ordered)},
        )
    if pdt.is_datetime64_any_dtype(dtype):
        # The unit beside the name: an Arrow dtype does not tell it.
        return {"numbers": _ticks(values)}, {
            "dtype": str(dtype),
            "unit": pd.DatetimeIndex(values).unit,
        }
    if pdt.is_bool_dtype(dtype) and not pdt.is_object_dtype(dtype):
        return {"numbers": np.asarray(pd.Series(values).to_numpy(dtype="bool"))}, {
            "dtype": str(dtype)
        }
    if pdt.is_numeric_dtype(dtype):
        plain = getattr(dtype, "numpy_dtype", dtype)
        return {"numbers": np.asarray(pd.Series(values).to_numpy(dtype=plain))}, {
            "dtype": str(dtype)
        }
    listed = [v.item() if isinstance(v, np.generic) else v for v in values]
    strange = next((v for v in listed if not isinstance(v, str | bool | int | float)), None)
    if strange is not None:
        raise DataError(
            f"Sequential trees need text, numbers, dates or truth values, however a cell is {strange!r}."
        )
    return {}, {"dtype": plain_dtype(dtype), "listed": listed}


def _restored(arrays: Mapping[str, np.ndarray], state: Mapping[str, Any]) -> Any:
    if state["dtype"] == "category":
        inner = {
            key.removeprefix("of_"): array for key, array in arrays.items() if key.startswith("of_")
        }
        categories = pd.CategoricalDtype(
            pd.Index(_restored(inner, state["of"])), ordered=state["order"]
        )
        return pd.Categorical.from_codes(arrays["places"], dtype=categories)
    dtype = dtype_of(state["dtype"])
    if "listed" in state:
        values = np.empty(len(state["listed"]), dtype=object)
        values[:] = state["listed"]
        return _array(values, dtype)
    numbers = arrays["numbers"]
    if isinstance(dtype, pd.DatetimeTZDtype):
        times = pd.Series(numbers.view(f"M8[{dtype.unit}]"))
        return times.dt.tz_localize("UTC").dt.tz_convert(dtype.tz).array
    if dtype.kind == "M":  # Arrow's too, which take times without a zone as UTC
        numbers = numbers.view(f"M8[{state['unit']}]")
    return _array(numbers, dtype)


def _array(values: Any, dtype: Any) -> Any:
    """The values (K,) in the array that pandas keeps this dtype in: a NumPy array or one of its own."""
    array = pd.Series(values).astype(dtype).array
    # Not isinstance: text in Python strings is a subclass, and an array of its own dtype.
    return array.to_numpy() if type(array) is pd.arrays.NumpyExtensionArray else array


def _ticks(times: Any) -> np.ndarray:
    """Times (K,) as whole numbers of their unit since 1970 in UTC."""
    return np.asarray(pd.DatetimeIndex(times).asi8)
