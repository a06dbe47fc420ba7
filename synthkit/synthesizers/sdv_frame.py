"""Between our tables and SDV's: plain columns in, exact columns back, gaps as states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from synthkit.table.column import Codec, nanoseconds, times_of, zone_of
from synthkit.table.schema import Kind, Schema

#: SDV's name for the one table.
TABLE = "table"
#: The states of a column that says which cells are missing.
PRESENT, MISSING = "present", "missing"


@dataclass(frozen=True, eq=False)
class Frame:
    """How a table is laid out for an engine that knows floats, dates and states without gaps.

    A column with missing cells becomes two: its values, the gaps filled from present values of the
    same class, and a state that says which are missing. So the pattern is learned, not lost.

    - `flags`: for each column with missing cells, the name of its second column.
    - `gaps`: for each such column, the share missing per class (k,), or over the table (1,).
    - `valued`: columns whose values vary, which are those an engine sees.
    - `class_codes`: the class of each level of the target, as an index into the schema's classes.
    - `left_open`: columns whose gaps stay, because a constraint speaks of them: a fill might break
      it.
    """

    codecs: Mapping[str, Codec]
    flags: Mapping[str, str]
    gaps: Mapping[str, np.ndarray]
    valued: tuple[str, ...]
    target: str | None
    class_codes: np.ndarray
    left_open: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        table: pd.DataFrame,
        schema: Schema,
        *,
        clip: bool = True,
        round_: bool = True,
        constrained: Any = (),
    ) -> Frame:
        """The layout of a table. `clip` and `round_` keep numbers in their range and decimals;
        `constrained` are the columns that constraints speak of.
        """
        codecs: dict[str, Codec] = {}
        flags: dict[str, str] = {}
        gaps: dict[str, np.ndarray] = {}
        valued: list[str] = []
        codes = (
            np.zeros(len(table), dtype="int64")
            if schema.target is None
            else schema.encode_target(table[schema.target])
        )
        sizes = np.bincount(codes, minlength=max(len(schema.classes), 1))
        for column in schema.columns:
            codec = Codec.fit(table[column.name], column.kind, sort=True, as_seen=True)
            if codec.gaps:
                flags[column.name] = _free(
                    f"{column.name} missing", [*table.columns, *flags.values()]
                )
                gone = np.bincount(
                    codes[table[column.name].isna().to_numpy()], minlength=len(sizes)
                )
                gaps[column.name] = gone / np.maximum(sizes, 1)
            if codec.low < codec.high if codec.ordered else len(codec.levels) > 1:
                valued.append(column.name)
            rounded = round_ or pdt.is_integer_dtype(codec.dtype)
            decimals = codec.decimals if rounded else None
            codecs[column.name] = replace(codec, within=clip, decimals=decimals)
        class_codes = np.zeros(0, dtype="int64")
        if schema.target is not None:
            levels = pd.Series(codecs[schema.target].values, dtype=object)
            class_codes = schema.encode_target(levels)
        left_open = tuple(name for name in flags if name in constrained and name in valued)
        return cls(codecs, flags, gaps, tuple(valued), schema.target, class_codes, left_open)

    def metadata(self) -> dict[str, Any]:
        """SDV's description of the table, from our kinds alone: nothing is guessed from names."""
        columns = {}
        for name in self.valued:
            codec = self.codecs[name]
            kind = "categorical"
            if codec.ordered:
                kind = "datetime" if codec.kind is Kind.DATETIME else "numerical"
            columns[name] = {"sdtype": kind}
        columns |= {flag: {"sdtype": "categorical"} for flag in self.flags.values()}
        return {"tables": {TABLE: {"columns": columns}}, "relationships": []}

    @property
    def states(self) -> tuple[str, ...]:
        """The columns that an engine sees as categories."""
        return (
            *(name for name in self.valued if not self.codecs[name].ordered),
            *self.flags.values(),
        )

    def plain(self, table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        """The table as an engine sees it (n, c'): float64, datetime64[ns], states; no gaps."""
        groups = self._groups(table)
        columns: dict[str, Any] = {}
        for name in self.valued:
            codec, gone = self.codecs[name], table[name].isna().to_numpy()
            time = codec.ordered and codec.kind is Kind.DATETIME
            values = nanoseconds(table[name]) if time else codec.encode(table[name])
            if gone.any():
                values = _filled(values, gone, groups, rng)
            if time:
                columns[name] = values.view("datetime64[ns]")
            else:
                columns[name] = values if codec.ordered else _words(codec)[values]
            if name in self.left_open:
                columns[name] = pd.Series(columns[name]).mask(gone)
        for name, flag in self.flags.items():
            columns[flag] = np.where(table[name].isna(), MISSING, PRESENT).astype(object)
        return pd.DataFrame(columns)

    def condition(self, where: Mapping[str, Any]) -> dict[str, Any]:
        """Conditions on columns as conditions on an engine's states; others are left out."""
        conditions: dict[str, Any] = {}
        for name, value in where.items():
            codec = self.codecs[name]
            if value is None:
                conditions[self.flags[name]] = MISSING
                continue
            if name in self.flags:
                conditions[self.flags[name]] = PRESENT
            if name in self.valued and not codec.ordered:
                conditions[name] = _words(codec)[codec.values.index(value)]
        return conditions

    def restored(
        self, plain: pd.DataFrame, where: Mapping[str, Any], rng: np.random.Generator
    ) -> pd.DataFrame:
        """An engine's rows (n, c') as rows of the table (n, c), every dtype as it was.

        Rows in which the engine left a gap of its own are left out; there are none but for
        `left_open`. Missing cells follow the engine's states, put right to each class's share where
        `where` fixes nothing but the class.
        """
        if self.left_open:
            plain = plain.dropna(subset=list(self.left_open)).reset_index(drop=True)
        columns = {name: self._coded(plain, name) for name in self.codecs}
        groups = np.zeros(len(plain), dtype="int64")
        if self.target is not None:
            groups = self.class_codes[columns[self.target]]
        for name, flag in self.flags.items():
            gone = (plain[flag] == MISSING).to_numpy()
            if not set(where) - {self.target}:
                gone = _put_right(gone, groups, self.gaps[name], rng)
            missing = np.nan if self.codecs[name].ordered else -1
            columns[name] = np.where(gone, missing, columns[name])
        return pd.DataFrame(
            {name: self.codecs[name].decode(values) for name, values in columns.items()}
        )

    def _coded(self, plain: pd.DataFrame, name: str) -> np.ndarray:
        """One of the table's columns (n,) as its codec has it, of an engine's rows."""
        codec = self.codecs[name]
        if name not in self.valued:
            one = codec.low if codec.ordered else 0
            return np.full(len(plain), one)
        if not codec.ordered:
            return _index(_words(codec)).get_indexer(_index(plain[name]))
        if codec.kind is not Kind.DATETIME:
            return plain[name].to_numpy(dtype="float64")
        # In the zone of the column, whose midnights may be what its times are whole in.
        zone = zone_of(codec.dtype)
        exact = pd.DatetimeTZDtype("ns", zone) if zone else np.dtype("datetime64[ns]")
        return codec.encode(times_of(nanoseconds(plain[name]), exact))

    def nothing(self) -> pd.DataFrame:
        """No rows (0, c), in the table's columns and dtypes."""
        return pd.DataFrame(
            {
                name: codec.decode(np.zeros(0, dtype="float64" if codec.ordered else "int64"))
                for name, codec in self.codecs.items()
            }
        )

    def _groups(self, table: pd.DataFrame) -> np.ndarray:
        if self.target is None:
            return np.zeros(len(table), dtype="int64")
        return self.codecs[self.target].encode(table[self.target])


def _words(codec: Codec) -> np.ndarray:
    """The states as an engine sees them (k,): as they are if of one plain type, else codes.

    Users' constraints speak of the values, so these should stay what they are.
    """
    levels = codec.values
    words = np.empty(len(levels), dtype=object)
    types = {type(level) for level in levels}
    plain = len(types) == 1 and types <= {str, int, bool}
    words[:] = levels if plain else [f"level {code}" for code in range(len(levels))]
    return words


def _filled(
    values: np.ndarray, gone: np.ndarray, groups: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """The values with each gap filled by a value of its group, or of any if it has none."""
    values = values.copy()
    for group in np.unique(groups[gone]):
        holes = np.flatnonzero(gone & (groups == group))
        donors = np.flatnonzero(~gone & (groups == group))
        donors = donors if len(donors) else np.flatnonzero(~gone)
        values[holes] = values[rng.choice(donors, size=len(holes))]
    return values


def _put_right(
    gone: np.ndarray, groups: np.ndarray, shares: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """The pattern with as few changes as give each group Binomial(n, share) gaps."""
    gone = gone.copy()
    for group, share in enumerate(shares):
        rows = np.flatnonzero(groups == group)
        surplus = int(gone[rows].sum()) - int(rng.binomial(len(rows), share))
        of_these = rows[gone[rows] == (surplus > 0)]
        gone[rng.choice(of_these, size=abs(surplus), replace=False)] = surplus < 0
    return gone


def _index(values: Any) -> pd.Index:
    return pd.Index(np.asarray(values, dtype=object), dtype=object)


def _free(name: str, taken: list[str]) -> str:
    while name in taken:
        name += "_"
    return name
