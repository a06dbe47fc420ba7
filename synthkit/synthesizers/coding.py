"""A column as whole numbers: each cell the rank of its value among those seen, -1 for missing.

Ranks make all columns alike to a tree, and give back the very values, in the very dtype, that were
seen.
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
from synthkit.table.column import MOST_DECIMALS, Codec, decimals_of, ticks_of, times_of, unit_of
from synthkit.table.schema import ORDERED, Kind


@dataclass(frozen=True, eq=False)
class Coding:
    """The values of one column, K of them, and how often each stands in it.

    - `codec`: its levels are the values, sorted, of numbers and times as well; a code indexes them.
    - `counts` (K,): rows of each value.
    - `ordered`: whether the values are numbers or times, not states.
    """

    codec: Codec
    counts: np.ndarray
    ordered: bool

    @classmethod
    def of(cls, series: pd.Series, kind: Kind) -> tuple[Coding, np.ndarray]:
        """The coding of a column (n,) and its codes (n,), whole numbers from -1 to K - 1."""
        codec = Codec.fit(series, kind, ordered=False, sort=True)
        codes = codec.encode(series)
        counts = np.bincount(codes[codes >= 0], minlength=len(codec.levels))
        ordered = kind in ORDERED and not isinstance(series.dtype, pd.CategoricalDtype)
        return cls(codec, counts, ordered), codes

    @property
    def name(self) -> str:
        """The column's name."""
        return self.codec.name

    def __len__(self) -> int:
        return len(self.codec.levels)

    @property
    def numbers(self) -> np.ndarray:
        """An ordered column's values (K,): floats, whole numbers, or ticks of a time's unit."""
        levels = pd.Series(self.codec.levels)
        if pdt.is_datetime64_any_dtype(levels.dtype):
            return ticks_of(levels)
        kind = "float64"
        if pdt.is_integer_dtype(levels.dtype):
            kind = "uint64" if pdt.is_unsigned_integer_dtype(levels.dtype) else "int64"
        return np.asarray(levels.to_numpy(dtype=kind))

    def code_of(self, value: Any) -> int:
        """The code of a value: -1 for None, the nearest one's for a number not seen."""
        if value is None:
            return -1
        if not self.ordered:
            known = pd.Index(self.codec.values, dtype=object)
            found = known.get_indexer(pd.Index([value], dtype=object))[0]
            if found < 0:
                raise DataError(
                    f"A condition on {self.name!r} needs a value that was seen, however {value!r}"
                    " was not."
                )
            return int(found)
        return int(np.abs(self.numbers.astype("float64") - self._number(value)).argmin())

    def repeated(self, value: Any, n: int) -> pd.Series:
        """The column (n,) that holds `value` in every row, a number not seen as well."""
        code = self.code_of(value)
        if value is None or not self.ordered or self._number(value) == float(self.numbers[code]):
            return self.column(np.full(n, code))
        return pd.Series([value] * n, name=self.name, dtype=self.codec.dtype)

    def _number(self, value: Any) -> float:
        if pdt.is_datetime64_any_dtype(self.codec.dtype):
            return float(pd.Timestamp(value).as_unit(unit_of(self.codec.dtype)).value)
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
        """The cells (n,) of these codes in the column's dtype, moved by their offsets (n,)."""
        cells = self.codec.decode(codes)
        if offsets is not None:
            moved = np.flatnonzero((offsets != 0) & (codes >= 0))
            if len(moved):
                cells = cells.copy()
                cells.iloc[moved] = self._moved(codes[moved], offsets[moved])
        return cells

    def _moved(self, codes: np.ndarray, offsets: np.ndarray) -> Any:
        numbers, dtype = self.numbers, self.codec.dtype
        if numbers.dtype.kind == "f":
            values = np.clip(numbers[codes] + offsets, numbers[0], numbers[-1])
            if self.decimals is not None:
                values = np.round(values, self.decimals)
            return pd.Series(values).astype(dtype).array
        # Signed steps: an unsigned column moves down as well.
        steps = (np.round(offsets / self.step) * self.step).astype("int64")
        whole = numbers[codes].astype("int64") + steps
        if pdt.is_datetime64_any_dtype(dtype):
            return times_of(whole, dtype, unit_of(dtype)).array
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
        return decimals_of(numbers, min(MOST_DECIMALS, 14 - math.ceil(math.log10(scale + 1))))

    def to_json(self) -> dict[str, Any]:
        """What `from_json` turns back, as JSON knows it."""
        return {
            "codec": self.codec.to_json(),
            "counts": self.counts.tolist(),
            "ordered": self.ordered,
        }

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> Coding:
        """The coding that `to_json` took apart."""
        counts = np.array(state["counts"], dtype=np.int64)
        return cls(Codec.from_json(state["codec"]), counts, state["ordered"])
