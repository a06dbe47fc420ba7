"""What each column is, which one is the target, which are left out of learning; and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from synthkit.errors import ConfigError, DataError, nearest
from synthkit.table.conform import conform_column, refuse_infinite
from synthkit.table.kinds import (
    IGNORED,
    LEVELS_TO_CALL_TEXT,
    ORDERED,
    STATES,
    Kind,
    decide,
    types_in,
)

# A numeric target with more distinct values than this is a quantity, not a class.
MOST_NUMERIC_CLASSES = 20


@dataclass(frozen=True)
class Column:
    """One column's name, kind, and the reason for the decision (which is no part of what it is)."""

    name: str
    kind: Kind
    why: str = field(default="", compare=False)


@dataclass(frozen=True)
class Schema:
    """The columns of a table in their order, its target, its classes and the positive one.

    `classes` are the target's values in sorted order; a class code is an index into them.
    `positive` is the class that the scores are about: the rarest unless named.
    """

    columns: tuple[Column, ...]
    target: str | None = None
    classes: tuple[Any, ...] = ()
    positive: Any = None

    @classmethod
    def detect(
        cls,
        table: pd.DataFrame,
        target: str | None = None,
        *,
        positive: Any = None,
        kinds: Mapping[str, str] | None = None,
        learn_from_all: bool = False,
    ) -> Schema:
        """Decide what each column of `table` is, and say why.

        `kinds` overrides the decision per column. `learn_from_all` never decides that a column is
        a key or text, for callers that have already chosen their features.

        Raises: DataError for a table without rows or columns, duplicated column names, a column
        that mixes numbers and strings, a target that is missing, all null, a quantity, or of one
        class; ConfigError for an override or a positive class that does not exist.
        """
        _check_shape(table)
        wanted = {str(k): _kind(v, str(k)) for k, v in (kinds or {}).items()}
        names = [str(name) for name in table.columns]
        for name in wanted:
            if name not in names:
                raise ConfigError(
                    f"The schema names column {name!r}, however the table has none of that name."
                    f"{nearest(name, names)}"
                )
        target = None if target is None else str(target)
        if target is not None and target not in names:
            raise DataError(
                f"The target must be a column, however {target!r} is not in the table."
                f"{nearest(target, names)}"
            )
        columns = []
        for position, name in enumerate(names):
            series = table.iloc[:, position]
            if name == target:
                column = Column(name, Kind.CATEGORICAL, "the target")
            elif name in wanted:
                column = Column(name, wanted[name], "as the schema says")
            else:
                column = Column(name, *decide(series, name))
                if learn_from_all and column.kind in IGNORED:
                    kind = Kind.INTEGER if pdt.is_numeric_dtype(series) else Kind.CATEGORICAL
                    column = Column(name, kind, "learned from, as asked")
            columns.append(column)
        schema = cls(tuple(columns), target)
        if target is None:
            return schema
        return schema.with_classes_of(table.iloc[:, names.index(target)], positive)

    def with_classes_of(self, labels: pd.Series, positive: Any = None) -> Schema:
        """The same columns with the classes of `labels`, and `positive` or the rarest as positive."""
        present = labels.dropna()
        if present.empty:
            raise DataError(
                f"The target {self.target!r} needs values, however all {len(labels)} are missing."
            )
        refuse_infinite(labels, str(self.target))
        if pdt.is_object_dtype(present.dtype):
            types_in(present, str(self.target))  # refuses mixed ones
        if pdt.is_float_dtype(present.dtype) and (present % 1 == 0).all():
            present = present.astype("int64")  # 0.0 and 1.0 are the classes 0 and 1 beside a NaN
        if pdt.is_datetime64_any_dtype(present.dtype) or pdt.is_timedelta64_dtype(present.dtype):
            raise DataError(
                f"The target {self.target!r} must be a class, however it holds {present.dtype} values."
                " Bin it, or name another target."
            )
        counts = present.value_counts()
        counts = counts[counts > 0]  # a pandas category may have levels that no row has
        numeric = pdt.is_numeric_dtype(present.dtype) and not pdt.is_bool_dtype(present.dtype)
        if numeric and len(counts) > MOST_NUMERIC_CLASSES:
            raise DataError(
                f"The target {self.target!r} must be a class, however it is numeric with {len(counts)} distinct"
                " values. Bin it, or name another target."
            )
        if len(counts) > max(LEVELS_TO_CALL_TEXT, len(present) / 2):
            raise DataError(
                f"The target {self.target!r} must be a class, however it has {len(counts)} distinct values"
                f" in {len(present)} rows. Name another target."
            )
        classes = tuple(_plain(value) for value in _sorted(counts.index))
        if len(classes) < 2:
            raise DataError(
                f"The target {self.target!r} needs at least two classes, however every row is"
                f" {classes[0]!r}."
            )
        if positive is None:
            # Of equally rare classes the last in order: 1 rather than 0, 'yes' rather than 'no'.
            positive = min(reversed(classes), key=lambda value: counts[value])
        else:
            positive = match(positive, classes, f"The positive class of {self.target!r}")
        return replace(self, classes=classes, positive=positive)

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise DataError(
            f"There is no column {name!r}.{nearest(name, [c.name for c in self.columns])}"
        )

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that are learned from: neither target, nor key, nor text."""
        return tuple(
            c.name for c in self.columns if c.kind not in IGNORED and c.name != self.target
        )

    @property
    def ignored(self) -> tuple[Column, ...]:
        """The columns that are left out of learning."""
        return tuple(c for c in self.columns if c.kind in IGNORED and c.name != self.target)

    @property
    def positive_code(self) -> int:
        """The positive class as an index into `classes`."""
        return self.classes.index(self.positive)

    def of_kind(self, *kinds: Kind) -> tuple[str, ...]:
        """The features of these kinds, in table order."""
        features = set(self.features)
        return tuple(c.name for c in self.columns if c.kind in kinds and c.name in features)

    def only(self, names: list[str]) -> Schema:
        """The schema of a table with fewer columns."""
        return replace(self, columns=tuple(self[name] for name in names))

    def encode_target(self, labels: pd.Series) -> np.ndarray:
        """Class codes (n,) of target values (n,). Raises: DataError at a value that is no class."""
        codes = pd.Index(self.classes, dtype=object).get_indexer(pd.Index(labels.astype(object)))
        if (codes < 0).any():
            row = int(np.flatnonzero(codes < 0)[0])
            raise DataError(
                f"The target {self.target!r} must be one of {list(self.classes)}, however row {row} is"
                f" {_plain(labels.iloc[row])!r}."
            )
        return codes

    def decode_target(self, codes: np.ndarray, dtype: Any = None) -> pd.Series:
        """Target values (n,) of class codes (n,)."""
        values = pd.Series(np.array(self.classes, dtype=object)[codes], name=self.target)
        return values.astype(dtype) if dtype is not None else values.infer_objects()

    def conform(self, table: pd.DataFrame) -> pd.DataFrame:
        """The table with this schema's columns, each in a dtype that fits its kind.

        A column that fits already keeps its dtype and values. Text that holds numbers or dates
        (as CSV files do) is parsed, blanks become missing, and infinities are refused.

        Raises: DataError naming the column and the first row that does not fit.
        """
        _check_shape(table)
        names = [str(name) for name in table.columns]
        for column in self.columns:
            if column.name not in names:
                raise DataError(
                    f"The schema needs a column {column.name!r}, however the table has none."
                    f"{nearest(column.name, names)}"
                )
        data = {
            c.name: conform_column(table.iloc[:, names.index(c.name)], c.kind, c.name)
            if c.name != self.target
            else table.iloc[:, names.index(c.name)]
            for c in self.columns
        }
        return pd.DataFrame(data).reset_index(drop=True)


def match(value: Any, known: tuple[Any, ...], what: str) -> Any:
    """The member of `known` that `value` means: itself, or the one that prints alike.

    A shell or a YAML file says 1 or "1" for the same class.
    """
    for candidate in known:
        if type(candidate) is type(value) and candidate == value:
            return candidate
    for candidate in known:
        if candidate == value or str(candidate).strip() == str(value).strip():
            return candidate
    raise ConfigError(
        f"{what} must be one of the values seen, however {value!r} is not."
        f"{nearest(str(value), [str(k) for k in known[:50]])}"
    )


def _kind(value: str, name: str) -> Kind:
    try:
        return Kind(value)
    except ValueError:
        raise ConfigError(
            f"Column {name!r}: a kind is needed, however {value!r} is none."
            f"{nearest(str(value), [k.value for k in Kind])}"
        ) from None


def _check_shape(table: pd.DataFrame) -> None:
    if not isinstance(table, pd.DataFrame):
        raise DataError(f"A pandas DataFrame is needed, however this is a {type(table).__name__}.")
    names = pd.Index([str(name) for name in table.columns])
    if names.has_duplicates:
        raise DataError(
            f"Column names must differ, however {names[names.duplicated()][0]!r} stands more than once."
            " Rename one of them."
        )
    if table.shape[1] == 0 or table.shape[0] == 0:
        raise DataError(
            f"A table needs rows and columns, however this one has {table.shape[0]} rows and"
            f" {table.shape[1]} columns."
        )


def _sorted(values: Any) -> list[Any]:
    try:
        return sorted(values)
    except TypeError:  # classes of several types have no order of their own
        return sorted(values, key=lambda value: (type(value).__name__, str(value)))


def _plain(value: Any) -> Any:
    """A NumPy scalar as the Python value that YAML and JSON know."""
    return value.item() if isinstance(value, np.generic) else value


__all__ = ["IGNORED", "ORDERED", "STATES", "Column", "Kind", "Schema", "match"]
