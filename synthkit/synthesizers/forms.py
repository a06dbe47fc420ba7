"""The form of a column: what has to come back exactly as it went in, whatever engine made the values.

Engines know floats and codes. A form turns a column into those and back: dtype, levels, time zone,
whole numbers, decimals, range, kind of missing value. It also remembers what no engine should see:
constants, which are put back, and the look of keys, which are made anew.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from synthkit.errors import DataError
from synthkit.table.schema import ORDERED, Kind, match

#: Nanoseconds of a day, hour, minute, second, millisecond, microsecond: what times may be whole in.
STEPS = (86_400_000_000_000, 3_600_000_000_000, 60_000_000_000, 1_000_000_000, 1_000_000, 1_000)
#: Decimals beyond which a column counts as unrounded.
MOST_DECIMALS = 10
NULLS: dict[str, Any] = {"none": None, "nan": np.nan, "nat": pd.NaT, "na": pd.NA}


@dataclass(frozen=True, eq=False)
class Form:
    """One column's form.

    - `levels`: the values of a state column in sorted order; a code is an index into them, -1 missing.
    - `low`, `high`: the range of an ordered column (dates: nanoseconds since 1970, UTC);
      `step`: what its values are whole multiples of, 0 for none known.
    - `constant`: the one value of a column that is not learned (None: every cell is missing).
    - `alphabets`: for keys of text, the characters seen at each place; `low`, `high` for number keys.
    """

    name: str
    kind: Kind
    dtype: Any
    learned: bool
    missing: bool = False
    null: str = "nan"
    levels: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    step: float = 0.0
    constant: Any = None
    alphabets: tuple[str, ...] = ()

    @property
    def ordered(self) -> bool:
        """Whether the values are numbers or times, not states."""
        return not self.levels

    def codes(self, series: pd.Series) -> np.ndarray:
        """The codes (n,) of states; -1 is missing."""
        return pd.Index(self.levels, dtype=object).get_indexer(
            pd.Index(series.astype(object), dtype=object)
        )

    def of_codes(self, codes: np.ndarray) -> pd.Series:
        """The states of codes (n,), in the column's own dtype."""
        values = np.empty(len(self.levels) + 1, dtype=object)
        values[:-1] = self.levels
        values[-1] = NULLS[self.null]
        if isinstance(self.dtype, pd.CategoricalDtype):
            place = self.dtype.categories.get_indexer(pd.Index(self.levels))
            return pd.Series(
                pd.Categorical.from_codes(np.append(place, -1)[codes], dtype=self.dtype),
                name=self.name,
            )
        return pd.Series(values[codes], name=self.name, dtype=object).astype(self.dtype)

    def numbers(self, series: pd.Series) -> np.ndarray:
        """Numbers (n,) as floats, times as nanoseconds since 1970 in UTC; NaN is missing."""
        if self.kind is Kind.DATETIME:
            return _nanoseconds(series)
        return series.to_numpy(dtype="float64", na_value=np.nan)

    def of_numbers(self, values: np.ndarray) -> pd.Series:
        """The column of floats (n,), in its own dtype: within its range, rounded as it is."""
        with np.errstate(invalid="ignore"):
            values = np.clip(np.asarray(values, dtype="float64"), self.low, self.high)
        gone = np.isnan(values)
        if self.step >= 1:
            values = np.round(values / self.step) * self.step
        elif self.step > 0:
            values = np.round(values, round(-math.log10(self.step)))
        if self.kind is Kind.DATETIME:
            whole = np.where(gone, np.iinfo("int64").min, np.nan_to_num(values)).astype("int64")
            times = pd.Series(whole.view("datetime64[ns]"), name=self.name)
            if isinstance(self.dtype, pd.DatetimeTZDtype):
                return times.dt.tz_localize("UTC").dt.tz_convert(self.dtype.tz).astype(self.dtype)
            return times.astype(self.dtype)
        if pdt.is_integer_dtype(self.dtype):
            # The float next to 2⁶³ is the largest that an integer can hold.
            whole = np.nan_to_num(np.minimum(values, np.nextafter(2.0**63, 0))).astype("int64")
            if gone.any():
                return pd.Series(whole, name=self.name, dtype="Int64").mask(gone).astype(self.dtype)
            return pd.Series(whole, name=self.name).astype(self.dtype)
        return pd.Series(values, name=self.name).astype(self.dtype)

    def value_like(self, value: Any) -> Any:
        """The value of this column that a person means; None for missing. Raises: DataError, ConfigError."""
        what = f"A condition on column {self.name!r}"
        if self.kind is Kind.KEY and not self.levels:
            raise DataError(
                f"{what} cannot be met, however keys are new in every row. Leave it out."
            )
        if value is None or (pdt.is_scalar(value) and bool(pd.isna(value))):
            if not self.missing:
                raise DataError(
                    f"{what} needs a value that was seen, however no row of it was missing."
                )
            return None
        if not self.learned and not self.levels and self.constant is None:
            raise DataError(
                f"{what} needs a value that was seen, however every row of it was missing."
            )
        if self.levels:
            return match(value, self.levels, what)
        if self.kind is Kind.DATETIME:
            value, number = self._time(value, what)
        else:
            try:
                number = float(value)
            except (TypeError, ValueError):
                raise DataError(f"{what} needs a number, however it is {value!r}.") from None
            if pdt.is_integer_dtype(self.dtype) and math.isfinite(number):
                if not number.is_integer():
                    raise DataError(f"{what} needs a whole number, however it is {value!r}.")
                # A float would lose the last digits of a large number, also of one that a shell wrote.
                value = int(value) if isinstance(value, int | np.integer) else _whole(value, number)
            else:
                value = number
        if not self.low <= number <= self.high:
            raise DataError(
                f"{what} needs a value within the range seen, {self._shown(self.low)} to"
                f" {self._shown(self.high)}, however it is {value}."
            )
        return value

    def _time(self, value: Any, what: str) -> tuple[pd.Timestamp, float]:
        try:
            time = pd.Timestamp(value)
        except (TypeError, ValueError):
            raise DataError(f"{what} needs a time, however it is {value!r}.") from None
        zone = _zone(self.dtype)
        if zone is not None:
            time = time.tz_localize(zone) if time.tzinfo is None else time.tz_convert(zone)
        elif time.tzinfo is not None:
            time = time.tz_convert(None)
        return time, float(time.as_unit("ns").value)

    def _shown(self, number: float) -> str:
        return str(pd.Timestamp(int(number))) if self.kind is Kind.DATETIME else f"{number:g}"

    def invented(self, n: int, first_key: int = 0) -> pd.Series:
        """`n` cells of a column that is not learned: its constant, or keys from number `first_key` on."""
        if self.kind is Kind.KEY and not self.levels:
            return self._keys(np.arange(first_key, first_key + n, dtype="int64"))
        if self.levels:
            return self.of_codes(np.zeros(n, dtype="int64"))
        if self.constant is None:
            return pd.Series([NULLS[self.null]] * n, name=self.name, dtype=object).astype(
                self.dtype
            )
        return pd.Series([self.constant] * n, name=self.name, dtype=self.dtype)

    def _keys(self, numbers: np.ndarray) -> pd.Series:
        if not self.alphabets:
            # Above every key that was seen, so that none is copied.
            first, past = int(self.high) + 1 + int(numbers[0]), _past_whole(self.dtype)
            if first + len(numbers) > past:
                raise DataError(
                    f"Column {self.name!r} needs {len(numbers)} new keys above {int(self.high)}, however"
                    f" {self.dtype} holds no whole number from {past} on. Give it a wider dtype, or leave"
                    " it out."
                )
            values = np.arange(
                first, first + len(numbers), dtype="uint64" if first > 2**62 else "int64"
            )
            if pdt.is_numeric_dtype(self.dtype):
                return pd.Series(values, name=self.name).astype(self.dtype)
            return pd.Series(values, name=self.name).astype(str).astype(self.dtype)
        # Longer than every key that was seen, so that none is copied: a number written with the
        # alphabet of each place, the last place turning fastest, then the turns of the first place.
        places = np.empty((len(numbers), len(self.alphabets)), dtype="U1")
        rest = numbers.copy()
        for place in range(len(self.alphabets) - 1, -1, -1):
            alphabet = np.array(list(self.alphabets[place]))
            rest, digit = np.divmod(rest, len(alphabet))
            places[:, place] = alphabet[digit]
        text = np.char.add(
            np.ascontiguousarray(places).view(f"U{len(self.alphabets)}").ravel(), rest.astype(str)
        )
        return pd.Series(text.astype(object), name=self.name).astype(self.dtype)


def form_of(series: pd.Series, kind: Kind, is_target: bool = False) -> Form:
    """The form of a conformed column."""
    name, dtype = str(series.name), series.dtype
    gone = series.isna()
    null = _null(series[gone].iloc[0]) if gone.any() else "nan"
    present = series[~gone] if gone.any() else series
    if kind is Kind.KEY and not is_target:
        return _form_of_key(present, name, dtype)
    if present.empty:
        return Form(name, kind, dtype, learned=False, missing=True, null=null)
    if kind in ORDERED and not is_target:
        values = (
            _nanoseconds(present) if kind is Kind.DATETIME else present.to_numpy(dtype="float64")
        )
        low, high = float(values.min()), float(values.max())
        # Two integers may be one float: the column's own values decide.
        same = low == high and bool((present == present.iloc[0]).all())
        constant = _plain(present.iloc[0]) if same else None
        step = _step(values, kind, dtype)
        return Form(
            name,
            kind,
            dtype,
            not same or bool(gone.any()),
            bool(gone.any()),
            null,
            (),
            low,
            high,
            step,
            constant,
        )
    found = pd.unique(present.astype(object))
    levels = tuple(_sorted([_plain(value) for value in found]))
    return Form(
        name, kind, dtype, len(levels) > 1 or bool(gone.any()), bool(gone.any()), null, levels
    )


def _form_of_key(present: pd.Series, name: str, dtype: Any) -> Form:
    if pdt.is_numeric_dtype(dtype) or present.empty:
        # Exactly, not as a float: the key after the highest must not be one that was seen.
        high = (
            0
            if present.empty
            else (
                int(present.max())
                if pdt.is_integer_dtype(dtype)
                else math.floor(float(present.max()))
            )
        )
        return Form(name, Kind.KEY, dtype, learned=False, high=high)
    text = present.astype(str)
    width = int(text.str.len().max())
    padded = np.array(text.str.pad(width, side="left", fillchar="\0").tolist(), dtype=f"U{width}")
    places = padded.view("U1").reshape(len(text), width)
    alphabets = [
        "".join(sorted(set(places[:, place].tolist()) - {"", "\0"})) for place in range(width)
    ]
    plain = object if isinstance(dtype, pd.CategoricalDtype) else dtype
    return Form(name, Kind.KEY, plain, learned=False, alphabets=tuple(alphabets))


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


def table_hash(table: pd.DataFrame) -> str:
    """SHA-256 over names, dtypes and cells: which table it was, in hexadecimal digits."""
    digest = hashlib.sha256(repr([(str(c), str(t)) for c, t in table.dtypes.items()]).encode())
    for name in table.columns:
        digest.update(pd.util.hash_pandas_object(table[name], index=False).to_numpy().tobytes())
    return digest.hexdigest()


def _nanoseconds(series: pd.Series) -> np.ndarray:
    if isinstance(series.dtype, pd.DatetimeTZDtype):
        series = series.dt.tz_convert(None)
    whole = series.to_numpy(dtype="datetime64[ns]")
    return np.where(np.isnat(whole), np.nan, whole.view("int64").astype("float64"))


def _zone(dtype: Any) -> Any:
    """The time zone of a dtype of times, pandas' own or Arrow's; None for times without."""
    return getattr(dtype, "tz", None) or getattr(getattr(dtype, "pyarrow_dtype", None), "tz", None)


def _step(values: np.ndarray, kind: Kind, dtype: Any) -> float:
    """What all values are whole multiples of; 0 where nothing is known."""
    if kind is Kind.DATETIME:
        return float(next((step for step in STEPS if (values % step == 0).all()), 0))
    if kind is Kind.INTEGER or pdt.is_integer_dtype(dtype):
        return 1.0
    for decimals in range(MOST_DECIMALS):
        if np.array_equal(np.round(values, decimals), values):
            return float(10.0**-decimals)
    return 0.0


def _whole(value: Any, number: float) -> int:
    try:
        return int(value) if isinstance(value, str) else int(number)
    except ValueError:  # "3.0"
        return int(number)


def _null(value: Any) -> str:
    return next((word for word, null in NULLS.items() if value is null), "nan")


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _sorted(values: list[Any]) -> list[Any]:
    try:
        return sorted(values)
    except TypeError:
        return sorted(values, key=lambda value: (type(value).__name__, str(value)))
