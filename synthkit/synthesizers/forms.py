"""What no engine should see of a column, and a person says of it: constants, keys, conditions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from synthkit.errors import DataError
from synthkit.table.column import MISSING, Codec, moment, value_from_json, value_to_json, zone_of
from synthkit.table.schema import Column, Kind, match


@dataclass(frozen=True, eq=False)
class Form:
    """One column's codec, and how its cells are made where no engine makes them.

    - `learned`: whether an engine sees the column: not keys, and not what has one value in all
      rows.
    - `constant`: the one value of a column of numbers or times; None where its values vary.
    - `alphabets`: for keys of text, the characters seen at each place; `last`: the highest number
      key.
    """

    codec: Codec
    learned: bool
    constant: Any = None
    alphabets: tuple[str, ...] = ()
    last: int = 0

    @classmethod
    def of(cls, series: pd.Series, kind: Kind) -> Form:
        """The form of a conformed column."""
        gone = series.isna().to_numpy()
        present = series[~gone] if gone.any() else series
        if kind is Kind.KEY:
            return _of_key(series.head(0), present)
        as_states = False if present.empty else None
        codec = Codec.fit(series, kind, ordered=as_states, sort=True, as_seen=True)
        if not codec.ordered:
            return cls(codec, learned=len(codec.levels) > 1 or (codec.gaps and len(present) > 0))
        # Two integers may be one float: the column's own values decide.
        same = codec.low == codec.high and bool((present == present.iloc[0]).all())
        first = present.iloc[0]
        constant = first.item() if isinstance(first, np.generic) else first
        return cls(codec, not same or codec.gaps, constant if same else None)

    @property
    def name(self) -> str:
        """The column's name."""
        return self.codec.name

    @property
    def is_key(self) -> bool:
        """Whether its cells are made anew for every row."""
        return self.codec.kind is Kind.KEY

    def value_like(self, value: Any) -> Any:
        """The value that a person means; None for missing. Raises: DataError, ConfigError."""
        what, codec = f"A condition on column {self.name!r}", self.codec
        if self.is_key:
            raise DataError(
                f"{what} cannot be met, however keys are new in every row. Leave it out."
            )
        if value is None or (pdt.is_scalar(value) and bool(pd.isna(value))):
            if not codec.gaps:
                raise DataError(
                    f"{what} needs a value that was seen, however no row of it was missing."
                )
            return None
        if not codec.ordered and not len(codec.levels):
            raise DataError(
                f"{what} needs a value that was seen, however every row of it was missing."
            )
        if not codec.ordered:
            return match(value, codec.values, what)
        if codec.kind is Kind.DATETIME:
            return self._time(value, what)
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise DataError(f"{what} needs a number, however it is {value!r}.") from None
        if not (pdt.is_integer_dtype(codec.dtype) and math.isfinite(number)):
            value = number
        elif not number.is_integer():
            raise DataError(f"{what} needs a whole number, however it is {value!r}.")
        else:  # a float would lose the last digits of a large number, also of a shell's
            value = int(value) if isinstance(value, int | np.integer) else _whole(value, number)
        self._refuse_outside(number, (codec.low, codec.high), value, what)
        return value

    def _time(self, value: Any, what: str) -> pd.Timestamp:
        try:
            time = moment(value, zone_of(self.codec.dtype))
        except (TypeError, ValueError):
            raise DataError(f"{what} needs a time, however it is {value!r}.") from None
        low, high = self.codec.decode(np.array([self.codec.low, self.codec.high]))
        self._refuse_outside(time, (low, high), time, what)
        return time

    def _refuse_outside(self, at: Any, ends: tuple[Any, Any], value: Any, what: str) -> None:
        low, high = ends
        if not low <= at <= high:
            shown = [f"{end:g}" if isinstance(end, float) else str(end) for end in ends]
            raise DataError(
                f"{what} needs a value within the range seen, {shown[0]} to {shown[1]}, however"
                f" it is {value}."
            )

    def invented(self, n: int, first_key: int = 0) -> pd.Series:
        """`n` cells of a column that is not learned: its constant, or keys from `first_key` on."""
        if self.is_key:
            return self._keys(np.arange(first_key, first_key + n, dtype="int64"))
        if not self.codec.ordered:
            return self.codec.decode(np.full(n, 0 if len(self.codec.levels) else MISSING))
        return pd.Series([self.constant] * n, name=self.name, dtype=self.codec.dtype)

    def every_level(self) -> pd.Series:
        """A column with each of the levels, so that its type is known whatever rows are made."""
        if self.is_key or not self.learned:
            return self.invented(1)
        codec = self.codec
        return codec.decode(
            np.array([codec.low]) if codec.ordered else np.arange(len(codec.levels))
        )

    def _keys(self, numbers: np.ndarray) -> pd.Series:
        dtype = self.codec.dtype
        if not self.alphabets:
            # Above every key that was seen, so that none is copied.
            first, past = self.last + 1 + int(numbers[0]), _past_whole(dtype)
            if first + len(numbers) > past:
                raise DataError(
                    f"Column {self.name!r} needs {len(numbers)} new keys above {self.last},"
                    f" however {dtype} holds no whole number from {past} on. Give it a wider"
                    " dtype, or leave it out."
                )
            whole = "uint64" if first > 2**62 else "int64"
            values = pd.Series(np.arange(first, first + len(numbers), dtype=whole), name=self.name)
            text = not pdt.is_numeric_dtype(dtype)
            return (values.astype(str) if text else values).astype(dtype)
        # Longer than every key that was seen, so that none is copied: a number written with the
        # alphabet of each place, the last place turning fastest, then the turns of the first place.
        places = np.empty((len(numbers), len(self.alphabets)), dtype="U1")
        rest = numbers.copy()
        for place in range(len(self.alphabets) - 1, -1, -1):
            alphabet = np.array(list(self.alphabets[place]))
            rest, digit = np.divmod(rest, len(alphabet))
            places[:, place] = alphabet[digit]
        joined = np.ascontiguousarray(places).view(f"U{len(self.alphabets)}").ravel()
        words = np.char.add(joined, rest.astype(str)).astype(object)
        return pd.Series(words, name=self.name).astype(dtype)

    def to_json(self) -> dict[str, Any]:
        """The form as JSON knows it, with real levels and extremes: as private as the table."""
        constant = value_to_json(self.constant)
        return {**vars(self), "codec": self.codec.to_json(), "constant": constant}

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> Form:
        """The form that `to_json` took apart."""
        known = {
            "codec": Codec.from_json(state["codec"]),
            "constant": value_from_json(state["constant"]),
            "alphabets": tuple(state["alphabets"]),
        }
        return cls(**{**state, **known})


def forms_of(table: pd.DataFrame, columns: tuple[Column, ...]) -> dict[str, Form]:
    """The form of each of these columns of a conformed table, by name."""
    return {column.name: Form.of(table[column.name], column.kind) for column in columns}


def _of_key(nothing: pd.Series, present: pd.Series) -> Form:
    dtype = present.dtype
    category = isinstance(dtype, pd.CategoricalDtype)
    # No key that was seen is kept, not even as a category.
    codec = Codec.fit(nothing.astype(object) if category else nothing, Kind.KEY)
    if pdt.is_numeric_dtype(dtype) or present.empty:
        # Exactly, not as a float: the key after the highest must not be one that was seen.
        last = 0 if present.empty else present.max()
        whole = pdt.is_integer_dtype(dtype)
        return Form(codec, learned=False, last=int(last) if whole else math.floor(float(last)))
    text = present.astype(str)
    width = int(text.str.len().max())
    padded = np.array(text.str.pad(width, side="left", fillchar="\0").tolist(), dtype=f"U{width}")
    places = padded.view("U1").reshape(len(text), width)
    seen = [set(places[:, place].tolist()) - {"", "\0"} for place in range(width)]
    alphabets = tuple("".join(sorted(characters)) for characters in seen)
    return Form(codec, learned=False, alphabets=alphabets)


def _past_whole(dtype: Any) -> int:
    """The whole number from which on a dtype holds no longer all of them."""
    if not pdt.is_numeric_dtype(dtype):  # keys that are written as text
        return 2**63
    plain = np.dtype(getattr(dtype, "numpy_dtype", dtype))
    return int(np.iinfo(plain).max) + 1 if plain.kind in "iu" else 2 ** (np.finfo(plain).nmant + 1)


def matches(series: pd.Series, value: Any) -> np.ndarray:
    """Which rows (n,) hold `value`; None is missing."""
    if value is None:
        return series.isna().to_numpy()
    return (series == value).fillna(False).to_numpy(dtype=bool)


def _whole(value: Any, number: float) -> int:
    try:
        return int(value) if isinstance(value, str) else int(number)
    except ValueError:  # "3.0"
        return int(number)
