"""The tables of a quality report under one schema, what the synthetic one is held beside, and their rows as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from synthkit.errors import DataError, nearest
from synthkit.randomness import generator
from synthkit.table.column import MISSING, Codec
from synthkit.table.schema import Kind, Schema

REFERENCE, SYNTHETIC, CONTROL, BASELINE = "reference", "synthetic", "control", "baseline"
#: Real rows below which nothing can be told from chance.
FEWEST_ROWS = 20
#: Cells that the values of a column are put in for pairs, at least and at most; missing and new
#: values have one each.
FEWEST_BINS, BINS = 3, 8
NEW, GONE, CELLS = BINS, BINS + 1, BINS + 2
#: Rows per cell of a pair's table that are enough: with fewer, chance alone would make tables
#: differ.
ROWS_PER_CELL = 100

Rows = TypeVar("Rows", pd.DataFrame, np.ndarray)


@dataclass(frozen=True, eq=False)
class Tables:
    """Real rows that were learned from, synthetic rows, and, where there are, real rows held out.

    All three have the schema's columns, less keys and text, in the schema's dtypes. `seed` decides
    every draw that a report makes, each through `generator(seed, "quality", ...)`.
    """

    real: pd.DataFrame
    synthetic: pd.DataFrame
    holdout: pd.DataFrame | None
    schema: Schema
    seed: int = 0

    @classmethod
    def of(
        cls,
        real: pd.DataFrame,
        synthetic: pd.DataFrame,
        holdout: pd.DataFrame | None = None,
        *,
        target: str | None = None,
        positive: Any = None,
        kinds: Mapping[str, str] | None = None,
        seed: int = 0,
    ) -> Tables:
        """The tables, the schema detected from the real one.

        Keys and text may be absent from the others: they are not looked at.

        Raises: DataError for a table without rows, with fewer or more columns than the real one, with
        cells that do not fit the real column's kind, or with classes that the real target lacks.
        """
        others = {"synthetic": synthetic} | ({} if holdout is None else {"holdout": holdout})
        for name, table in ({"real": real} | others).items():
            if not len(table):
                raise DataError(f"The {name} table needs rows, however it has none.")
        if len(real) < FEWEST_ROWS:
            raise DataError(
                f"The real table needs at least {FEWEST_ROWS} rows, however it has {len(real)}:"
                " nothing"
                " could be told from chance."
            )
        schema = Schema.detect(real, target, positive=positive, kinds=kinds)
        if not schema.features:
            raise DataError(
                "A quality report needs columns to compare, however every one is a key, text or the"
                " target. Say otherwise with a schema."
            )
        real = _fitted(real, "real", schema)
        found = {
            name: _alike(_fitted(table, name, schema), name, real, schema)
            for name, table in others.items()
        }
        return cls(real, found["synthetic"], found.get("holdout"), schema, seed)

    @property
    def columns(self) -> list[str]:
        """The columns that are compared: the features, and the target where there is one."""
        return list(self.real.columns)

    def rng(self, *what: Any) -> np.random.Generator:
        """The stream of one purpose."""
        return generator(self.seed, "quality", *what)

    @cached_property
    def reference(self) -> pd.DataFrame:
        """The real rows that candidates are held against: all that were learned from, or half of them.

        Without a holdout the other half has to be the control.
        """
        return self.real if self.holdout is not None else self._halves[0]

    @cached_property
    def candidates(self) -> dict[str, pd.DataFrame]:
        """What is held against the reference, as many rows each, so that chance has the same room in all.

        `synthetic`; `control`: real rows that are not in the reference (the holdout, or the other half
        of the real table); `baseline`: the reference with each column shuffled on its own, which has
        every distribution and no relation. Its cells are drawn with replacement: a mere permutation
        would have the reference's own distributions, nearer than any other rows can have.
        """
        control = self.holdout if self.holdout is not None else self._halves[1]
        n = min(len(control), len(self.synthetic))
        return {
            SYNTHETIC: drawn(self.synthetic, n, self.rng("synthetic")),
            CONTROL: drawn(control, n, self.rng("control")),
            BASELINE: self.shuffled(self.reference, "shuffle", n=n, replace=True),
        }

    def shuffled(
        self, table: pd.DataFrame, *purpose: str, n: int | None = None, replace: bool = False
    ) -> pd.DataFrame:
        """The table, or `n` rows, with each column drawn on its own: every distribution and no relation.

        Each column has a stream of its own: another column beside it changes nothing.
        """

        def rows(name: str) -> np.ndarray:
            rng = self.rng(*purpose, name)
            if replace:
                return rng.integers(len(table), size=n)
            return rng.permutation(len(table))[:n]

        return pd.DataFrame({name: table[name].take(rows(str(name))).array for name in table})

    @cached_property
    def coding(self) -> Coding:
        """The columns as numbers; what levels there are is the real table's word."""
        columns = [Codec.fit(self.real[name], self.schema[name].kind) for name in self.columns]
        n = min(len(self.reference), len(self.candidates[CONTROL]))
        bins = int(np.clip(round(np.sqrt(n / ROWS_PER_CELL)), FEWEST_BINS, BINS))
        return Coding([_coded(column, self, bins) for column in columns])

    @cached_property
    def values(self) -> dict[str, np.ndarray]:
        """The reference and the candidates as values (n, c) of `coding`."""
        tables = {REFERENCE: self.reference} | self.candidates
        return {name: self.coding.values(table) for name, table in tables.items()}

    @cached_property
    def seen_classes(self) -> tuple[Any, ...]:
        """The classes that the synthetic table has rows of; none without a target."""
        if self.schema.target is None:
            return ()
        found = np.unique(self.schema.encode_target(self.synthetic[self.schema.target]))
        return tuple(self.schema.classes[code] for code in found)

    def of_seen_classes(self) -> Tables:
        """The same less rows of classes that the synthetic table lacks.

        The rows of a strategy are of one class: beside all real rows, the class alone would tell them apart.

        Raises: DataError where too few real rows are left to tell anything from chance.
        """
        if len(self.seen_classes) == len(self.schema.classes):
            return self

        def kept(table: pd.DataFrame) -> pd.DataFrame:
            seen = table[self.schema.target].isin(self.seen_classes).to_numpy()
            return table[seen].reset_index(drop=True)

        alone = (
            "The synthetic table has rows of class"
            f" {', '.join(map(repr, self.seen_classes))} alone, and the"
        )
        real = kept(self.real)
        if len(real) < FEWEST_ROWS:
            raise DataError(
                f"{alone} real table needs at least {FEWEST_ROWS} of them, however it has"
                f" {len(real)}:"
                " nothing could be told from chance."
            )
        holdout = None if self.holdout is None else kept(self.holdout)
        if holdout is not None and not len(holdout):
            raise DataError(
                f"{alone} holdout needs some of them, however it has none. Leave the holdout out,"
                " or hold"
                " out rows of every class."
            )
        return replace(self, real=real, synthetic=kept(self.synthetic), holdout=holdout)

    @cached_property
    def _halves(self) -> list[pd.DataFrame]:
        halves = np.array_split(self.rng("halves").permutation(len(self.real)), 2)
        return [self.real.take(np.sort(half)).reset_index(drop=True) for half in halves]


@dataclass(frozen=True, eq=False)
class Coded:
    """One column as floats, for distances and trees, and in cells, for pairs of columns of any kind.

    A value is a number or a time in the column's own unit, or the rank of a state among the real
    table's by falling frequency. A state that the real table lacks has the rank `len(levels)`. NaN is
    missing.

    - `levels`: the states in their ranks, and the rank of each of the codec's; None for an ordered column.
    - `edges`: the upper ends of all cells but the last. Of an ordered column they are quantiles of the
      reference, so that cells hold about as many rows; of states the most frequent, so that rarer ones
      share the last cell. There are more cells the more rows there are.
    """

    codec: Codec
    levels: list[Any] | None
    ranks: np.ndarray
    edges: np.ndarray

    @property
    def name(self) -> str:
        return self.codec.name

    def values(self, table: pd.DataFrame) -> np.ndarray:
        """The column's values (n,) float64."""
        codes = self.codec.encode(table[self.name])
        if self.levels is None:
            return codes
        ranks = self.ranks[np.where(codes < 0, len(self.ranks) - 1, codes)]
        return np.where(codes == MISSING, np.nan, ranks)

    def cells(self, values: np.ndarray) -> np.ndarray:
        """The cell of each value (n,), in 0..CELLS-1; NEW for new states, GONE for missing values."""
        found = np.searchsorted(self.edges, values, side="left")
        if self.levels is not None:
            found[values >= len(self.levels)] = NEW
        found[np.isnan(values)] = GONE
        return found

    def shown(self, values: np.ndarray) -> list[Any]:
        """Values of an ordered column as JSON has them; times as ISO text."""
        if self.codec.kind is Kind.DATETIME:
            return [time.isoformat() for time in self.codec.decode(values)]
        return [float(value) for value in values]


@dataclass(frozen=True, eq=False)
class Coding:
    """All columns as floats, (n, c)."""

    columns: list[Coded]

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def ordered(self) -> np.ndarray:
        """Which columns are numbers or times (c,)."""
        return np.array([column.levels is None for column in self.columns])

    def values(self, table: pd.DataFrame) -> np.ndarray:
        """The rows of a table (n, c) float64."""
        found = np.empty((len(table), len(self.columns)), order="F")
        for j, column in enumerate(self.columns):
            found[:, j] = column.values(table)
        return found

    def cells(self, values: np.ndarray) -> np.ndarray:
        """The cell of each value (n, c)."""
        found = np.empty(values.shape, dtype=np.int64, order="F")
        for j, column in enumerate(self.columns):
            found[:, j] = column.cells(values[:, j])
        return found


def drawn(rows: Rows, n: int, rng: np.random.Generator) -> Rows:
    """At most `n` rows (of an array: entries) drawn without replacement, in their order."""
    if len(rows) <= n:
        return rows
    kept = np.sort(rng.choice(len(rows), n, replace=False))
    if isinstance(rows, pd.DataFrame):
        return rows.take(kept).reset_index(drop=True)
    return rows[kept]


def _coded(codec: Codec, tables: Tables, bins: int) -> Coded:
    if codec.ordered:
        present = codec.encode(tables.reference[codec.name])
        present = present[~np.isnan(present)]
        edges = np.arange(bins - 1, dtype=float)
        if len(present):
            cuts = np.arange(1, bins) / bins
            edges = np.unique(np.quantile(present, cuts, method="lower"))
        return Coded(codec, None, np.arange(0), edges)
    codes = codec.encode(tables.real[codec.name])
    counts = np.bincount(codes[codes >= 0], minlength=len(codec.levels))
    # By falling frequency, then by name: the order of the rows changes nothing.
    order = sorted(np.flatnonzero(counts), key=lambda i: (-counts[i], str(codec.levels[i])))
    ranks = np.full(len(codec.levels) + 1, len(order))  # the last, for states that were not there
    ranks[order] = np.arange(len(order))
    levels = [codec.levels[code] for code in order]
    return Coded(codec, levels, ranks, np.arange(bins - 1, dtype=float))


def _fitted(table: pd.DataFrame, name: str, schema: Schema) -> pd.DataFrame:
    """The columns that are looked at, in the schema's dtypes."""
    table = table.set_axis([str(column) for column in table.columns], axis=1)
    known = [column.name for column in schema.columns]
    kept = [column for column in known if column in (*schema.features, schema.target)]
    for missing in (column for column in kept if column not in table.columns):
        raise DataError(
            f"The {name} table needs the column {missing!r} of the real one, however it has none"
            " of that"
            f" name.{nearest(missing, list(table.columns))}"
        )
    for more in (column for column in table.columns if column not in known):
        raise DataError(
            f"The {name} table must have the columns of the real one, however it has {more!r}"
            " besides."
            f" Leave it out.{nearest(more, sorted(known))}"
        )
    try:
        fitted = schema.only(kept).conform(table[kept])
        if schema.target is not None:
            schema.encode_target(fitted[schema.target])
    except DataError as error:
        raise DataError(f"The {name} table must fit the real one, however: {error}") from None
    return fitted


def _alike(table: pd.DataFrame, name: str, real: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """The table in the real one's dtypes, wherever its values fit: clocks, booleans, levels.

    Numbers stay in their own dtype: 3 and 3.0 are the same. Raises: DataError where one table's times
    have a zone and the other's have none.
    """
    return pd.DataFrame(
        {column: _like(table[column], real[column], schema[column].kind, name) for column in table}
    )


def _like(series: pd.Series, real: pd.Series, kind: Kind, name: str) -> pd.Series:
    if series.dtype == real.dtype:
        return series
    if kind is Kind.DATETIME:
        try:
            return series.astype(real.dtype)
        except TypeError:
            raise DataError(
                f"The times of column {series.name!r} must be as in the real table, however they"
                " are"
                f" {series.dtype} in the {name} table and {real.dtype} in the real one. Give both"
                " a time"
                " zone, or neither."
            ) from None
    if kind is Kind.BOOLEAN:
        with_gaps = "boolean" if pdt.is_bool_dtype(real.dtype) else "Float64"
        return series.astype("Float64").astype(with_gaps if series.isna().any() else real.dtype)
    return series.astype(object) if isinstance(series.dtype, pd.CategoricalDtype) else series
