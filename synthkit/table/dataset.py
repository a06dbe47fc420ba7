"""A table from wherever it is, checked, with its schema: what every comparison begins with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from synthkit.errors import ConfigError, DataError, nearest
from synthkit.table.read import MISSING_WORDS, read, read_raw
from synthkit.table.schema import Schema, SchemaFile
from synthkit.table.training_set import TrainingSet


@runtime_checkable
class Process(Protocol):
    """What made a table, where that is known: its true class probabilities, and more rows of it."""

    def oracle(self, table: pd.DataFrame) -> np.ndarray:
        """P(class | features) (n, k), columns in the order of the schema's classes."""
        ...

    def fresh(self, n: int, rng: np.random.Generator) -> pd.DataFrame:
        """`n` new rows, target included."""
        ...


@dataclass(frozen=True, eq=False)
class Dataset:
    """A table that is ready to be learned from.

    Parameters
    ----------
    table : DataFrame of shape (n, c)
        Conformed to the schema, target included, index 0..n-1.
    schema : Schema
        What each column is, which one is the target.
    name : str
        What the table is called.
    content_hash : str
        SHA-256 over column names, dtypes and cells, in hexadecimal.
    dropped_rows : int, default 0
        Rows left out because their target is missing, when that was asked for.
    process : Process, optional
        What made the table, where that is known.
    """

    table: pd.DataFrame
    schema: Schema
    name: str
    content_hash: str
    dropped_rows: int = 0
    process: Process | None = None

    def __len__(self) -> int:
        return len(self.table)

    @cached_property
    def codes(self) -> np.ndarray:
        """Class codes (n,): indices into the schema's classes."""
        return self.schema.encode_target(self.table[self.schema.target])

    def training_set(self) -> TrainingSet:
        """All rows as what a strategy takes, with hard labels and weight 1."""
        return TrainingSet.from_table(self.table, self.schema)


def load(  # noqa: PLR0913  # all but the first are questions that some tables raise
    source: Any,
    *,
    target: str | None = None,
    positive: Any = None,
    schema: Mapping[str, str] | Schema | SchemaFile | None = None,
    drop: Sequence[str] = (),
    drop_missing_target: bool = False,
    query: str | None = None,
    sep: str | None = None,
    encoding: str | None = None,
) -> Dataset:
    """Read `source`, decide what each column is, check it, and hash it.

    Parameters
    ----------
    source : DataFrame, path or str
        Whatever `read` takes: a file, a database URL, a data set's name.
    target : str, optional
        The column to predict; a named data set has one of its own.
    positive : object, optional
        The class that the scores are about, by default the rarest.
    schema : mapping of str to str, Schema or SchemaFile, optional
        Kinds of some columns, or all that is known; `target` and `positive` go before what it says.
    drop : sequence of str, default ()
        Columns to leave out altogether, such as one that gives the answer away or free text.
    drop_missing_target : bool, default False
        Drop and count rows whose target is missing, which are refused otherwise.
    query : str, optional
        SQL beside a database URL.
    sep : str, optional
        One character between the fields of a text file, by default found out.
    encoding : str, default "utf-8"
        How a text file is encoded.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        Naming column and row, for a table that cannot be learned from.
    ConfigError
        For a missing target, an unknown positive class, kind or data set.

    Examples
    --------
    >>> data = load("article_fraud")
    >>> len(data), data.schema.target, data.schema.positive, data.schema.features
    (5000, 'fraud', 1, ('amount', 'hour', 'velocity', 'distance'))
    """
    table, name, named, own_target = read_raw(source, query=query, sep=sep, encoding=encoding)
    table = _without(table, drop)
    told, dropped_names = overrides(schema), {str(name) for name in drop}
    kinds = {name: kind for name, kind in told.kinds.items() if name not in dropped_names}
    kinds = {**(named.kinds if named else {}), **kinds}
    own_target = named.target if named else own_target
    chosen = next((str(t) for t in (target, told.target, own_target) if t is not None), None)
    if chosen is None:
        raise ConfigError(
            "A target is needed: the column to predict, however none is named. The table has"
            f" {_listed(table)}. Give target=COLUMN.",
            key="target",
        )
    if positive is None and target in (None, told.target):
        positive = told.positive
    if positive is None and named is not None and chosen == named.target:
        positive = named.positive
    if not isinstance(source, pd.DataFrame) and chosen in table.columns:
        _refuse_ambiguous(table[chosen])
    found = Schema.detect(table, chosen, kinds=kinds, positive=positive)
    table, dropped = _with_target(found.conform(table), chosen, drop_missing_target)
    table[chosen] = _target_as_classes(table[chosen], found)
    if not found.features:
        left_out = "; ".join(f"{c.name!r} is {c.kind.value} ({c.why})" for c in found.ignored)
        raise DataError(
            f"A table needs at least one column to learn from beside the target {chosen!r},"
            f" however there is none. {left_out or 'The target is the only column'}."
        )
    known = named is not None and chosen == named.target and isinstance(named, Process)
    return Dataset(table, found, name, content_hash(table), dropped, named if known else None)


def content_hash(table: pd.DataFrame) -> str:
    """The sha256 of a table's column names, dtypes and cells, in hexadecimal.

    Each column's cells are hashed to 64 bits first (`pandas.util.hash_array`), which depends
    neither on the machine nor on Python's hash seed. Order of rows and columns matters.
    """
    whole = hashlib.sha256(repr(table.shape).encode())
    for name, series in table.items():
        dtype: Any = series.dtype
        if isinstance(dtype, pd.CategoricalDtype):
            dtype = ("category", dtype.ordered, dtype.categories.tolist())
        whole.update(repr((str(name), str(dtype))).encode())
        if not isinstance(series.dtype, np.dtype) or series.dtype == object:
            # Beside a hash of the cells, because a hash of a missing value may be that of a value.
            whole.update(np.packbits(series.isna().to_numpy()).tobytes())
        whole.update(pd.util.hash_pandas_object(series, index=False).to_numpy().tobytes())
    return whole.hexdigest()


def table_hash(table: pd.DataFrame) -> str:
    """SHA-256 over names, dtypes and cells: which table it was, in hexadecimal digits.

    Beside `content_hash`, because random streams follow from it.
    """
    digest = hashlib.sha256(repr([(str(c), str(t)) for c, t in table.dtypes.items()]).encode())
    for name in table.columns:
        digest.update(pd.util.hash_pandas_object(table[name], index=False).to_numpy().tobytes())
    return digest.hexdigest()


def overrides(schema: Any) -> SchemaFile:
    """Kinds by column, target and positive class, as far as they are given."""
    if isinstance(schema, SchemaFile):
        return schema
    if isinstance(schema, Schema):
        kinds = {c.name: c.kind.value for c in schema.columns if c.name != schema.target}
        return SchemaFile(kinds, schema.target, schema.positive)
    if schema is None or isinstance(schema, Mapping):
        return SchemaFile({str(name): str(kind) for name, kind in (schema or {}).items()})
    raise ConfigError(
        f"A schema is a mapping from columns to kinds, or a Schema, however this is {schema!r}.",
        key="schema",
    )


def _refuse_ambiguous(labels: pd.Series) -> None:
    """Raises: DataError where a target's word may be a class or a missing value."""
    doubtful = labels.isin(MISSING_WORDS)
    if doubtful.any():
        word = labels[doubtful].iloc[0]
        raise DataError(
            f"The target {labels.name!r} must say what is a class and what is missing, however it"
            f" holds {word!r} in {int(doubtful.sum())} rows. Leave the cell empty where the"
            " target is missing, or call the class by another word."
        )


def _without(table: pd.DataFrame, drop: Sequence[str]) -> pd.DataFrame:
    """The table less some columns. Raises: ConfigError for one that is not there."""
    names = [str(name) for name in table.columns]
    for name in map(str, drop):
        if name not in names:
            raise ConfigError(
                f"A column to drop must be in the table, however {name!r} is"
                f" not.{nearest(name, names)}",
                key="drop",
            )
    return table.loc[:, [name not in set(map(str, drop)) for name in names]] if drop else table


def _with_target(table: pd.DataFrame, target: str, drop: bool) -> tuple[pd.DataFrame, int]:
    """The rows whose target is there, and how many others were dropped."""
    missing = table[target].isna().to_numpy()
    if not missing.any():
        return table, 0
    if not drop:
        raise DataError(
            f"The target {target!r} needs a value in every row, however {int(missing.sum())} of"
            f" {len(table)} rows have"
            f" none (the first is row {int(np.flatnonzero(missing)[0])}). Fill them in, or drop"
            " these rows with"
            " drop_missing_target (in a config, data: {drop_missing_target: true})."
        )
    return table.loc[~missing].reset_index(drop=True), int(missing.sum())


def _target_as_classes(labels: pd.Series, schema: Schema) -> pd.Series:
    """The target in the type of its classes: 0.0 and 1.0 beside missing values become 0 and 1."""
    if pdt.is_float_dtype(labels.dtype) and all(isinstance(c, int) for c in schema.classes):
        return labels.astype("int64")
    return labels


def _listed(table: pd.DataFrame) -> str:
    names = [str(name) for name in table.columns]
    return ", ".join(names[:12]) + (
        f" and {len(names) - 12} more columns" if len(names) > 12 else ""
    )


__all__ = ["Dataset", "Process", "content_hash", "load", "overrides", "read"]
