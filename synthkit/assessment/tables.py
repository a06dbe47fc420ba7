"""The tables of a quality report under one schema, and what the synthetic one is held beside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from synthkit.errors import DataError, nearest
from synthkit.randomness import generator
from synthkit.table.schema import Kind, Schema

SYNTHETIC, CONTROL, BASELINE = "synthetic", "control", "baseline"
#: Real rows below which nothing can be told from chance.
FEWEST_ROWS = 20


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
        for name, table in (("real", real), ("synthetic", synthetic), ("holdout", holdout)):
            if table is not None and not isinstance(table, pd.DataFrame):
                raise DataError(
                    f"The {name} table must be a pandas DataFrame, however it is a"
                    f" {type(table).__name__}."
                )
            if table is not None and not len(table):
                raise DataError(f"The {name} table needs rows, however it has none.")
        if len(real) < FEWEST_ROWS:
            raise DataError(
                f"The real table needs at least {FEWEST_ROWS} rows, however it has {len(real)}: nothing"
                " could be told from chance."
            )
        schema = Schema.detect(real, target, positive=positive, kinds=kinds)
        kept = [*schema.features, *([schema.target] if schema.target is not None else [])]
        kept = [column.name for column in schema.columns if column.name in kept]
        if not schema.features:
            raise DataError(
                "A quality report needs columns to compare, however every one is a key, text or the"
                " target. Say otherwise with a schema."
            )
        looked_at = schema.only(kept)
        real = _fitted(real, "real", schema, looked_at)
        found = {
            name: None
            if table is None
            else _alike(_fitted(table, name, schema, looked_at), name, real, schema)
            for name, table in (("synthetic", synthetic), ("holdout", holdout))
        }
        return cls(real, found["synthetic"], found["holdout"], schema, seed)

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
        # Each column has a stream of its own: another column beside it changes nothing.
        shuffled = pd.DataFrame(
            {
                name: self.reference[name]
                .take(self.rng("shuffle", str(name)).integers(len(self.reference), size=n))
                .array
                for name in self.reference
            }
        )
        return {
            SYNTHETIC: drawn(self.synthetic, n, self.rng("synthetic")),
            CONTROL: drawn(control, n, self.rng("control")),
            BASELINE: shuffled,
        }

    @property
    def seen_classes(self) -> tuple[Any, ...]:
        """The classes that the synthetic table has rows of; none without a target."""
        if self.schema.target is None:
            return ()
        found = np.unique(self.schema.encode_target(self.synthetic[self.schema.target]))
        return tuple(self.schema.classes[code] for code in found)

    def of_classes(self, classes: tuple[Any, ...]) -> Tables:
        """The same with rows of these classes alone: rows of a strategy are to be held beside their like.

        Raises: DataError where too few real rows are left to tell anything from chance.
        """

        def kept(table: pd.DataFrame) -> pd.DataFrame:
            return table[table[self.schema.target].isin(classes).to_numpy()].reset_index(drop=True)

        shown = ", ".join(map(repr, classes))
        found = replace(
            self,
            real=kept(self.real),
            synthetic=kept(self.synthetic),
            holdout=None if self.holdout is None else kept(self.holdout),
        )
        if len(found.real) < FEWEST_ROWS:
            raise DataError(
                f"The synthetic table has rows of class {shown} alone, and the real table needs at least"
                f" {FEWEST_ROWS} of them, however it has {len(found.real)}: nothing could be told from"
                " chance."
            )
        if found.holdout is not None and not len(found.holdout):
            raise DataError(
                f"The synthetic table has rows of class {shown} alone, and the holdout needs some of them,"
                " however it has none. Leave the holdout out, or hold out rows of every class."
            )
        return found

    @cached_property
    def _halves(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        order = self.rng("halves").permutation(len(self.real))
        first, second = np.array_split(order, 2)
        return tuple(
            self.real.take(np.sort(half)).reset_index(drop=True) for half in (first, second)
        )


def drawn(table: pd.DataFrame, n: int, rng: np.random.Generator) -> pd.DataFrame:
    """At most `n` rows drawn without replacement, in their order."""
    if len(table) <= n:
        return table
    return table.take(np.sort(rng.choice(len(table), n, replace=False))).reset_index(drop=True)


def _fitted(table: pd.DataFrame, name: str, schema: Schema, looked_at: Schema) -> pd.DataFrame:
    """The columns that are looked at, in the schema's dtypes."""
    table = table.set_axis([str(column) for column in table.columns], axis=1)
    needed, known = (
        [column.name for column in looked_at.columns],
        {column.name for column in schema.columns},
    )
    for missing in (column for column in needed if column not in table.columns):
        raise DataError(
            f"The {name} table needs the column {missing!r} of the real one, however it has none of that"
            f" name.{nearest(missing, list(table.columns))}"
        )
    for more in (column for column in table.columns if column not in known):
        raise DataError(
            f"The {name} table must have the columns of the real one, however it has {more!r} besides."
            f" Leave it out.{nearest(more, sorted(known))}"
        )
    try:
        fitted = looked_at.conform(table[needed])
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
                f"The times of column {series.name!r} must be as in the real table, however they are"
                f" {series.dtype} in the {name} table and {real.dtype} in the real one. Give both a time"
                " zone, or neither."
            ) from None
    if kind is Kind.BOOLEAN:
        states = series.astype("Float64")
        if pdt.is_bool_dtype(real.dtype):
            return states.astype("boolean" if states.isna().any() else real.dtype)
        return states.astype("Float64" if states.isna().any() else real.dtype)
    return series.astype(object) if isinstance(series.dtype, pd.CategoricalDtype) else series
