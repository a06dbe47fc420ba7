"""What each column is, which is the target, which are not learned from, and why; as YAML too."""

from __future__ import annotations

import datetime
import decimal
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from synthkit.errors import ConfigError, DataError, nearest
from synthkit.methods.yaml import Document, flow, parse, read

# A unique column in a table smaller than this may be unique by chance.
ROWS_TO_CALL_UNIQUE_A_KEY = 20
# A column of strings with more distinct values than this, and more than half of its rows, is text.
LEVELS_TO_CALL_TEXT = 50
KEY_NAME = re.compile(r"(^|[\W_])(id|key|uuid|guid|index|nr|no)$", re.IGNORECASE)
# Types of an object column's values that go together.
BOOLEANS = {bool, np.bool_}
NUMBERS = {int, float, decimal.Decimal, np.int64, np.int32, np.float64, np.float32}
DATES = {datetime.date, datetime.datetime, pd.Timestamp, np.datetime64}
# A numeric target with more distinct values than this is a quantity, not a class.
MOST_NUMERIC_CLASSES = 20
#: The keys of a schema file.
KEYS = ("target", "positive", "columns")


class Kind(StrEnum):
    """What a column's values mean, whatever dtype holds them."""

    NUMERIC = "numeric"  # real numbers; interpolated freely
    INTEGER = "integer"  # whole numbers, with or without missing values; rounded when interpolated
    BOOLEAN = "boolean"  # two states: True/False, 0/1
    CATEGORICAL = "categorical"  # one of the levels seen, strings or codes
    DATETIME = "datetime"  # points in time, with their unit and time zone
    KEY = "key"  # unique per row: says who, not what; never learned from
    TEXT = "text"  # free text; never learned from


#: Kinds that no method learns from.
IGNORED = (Kind.KEY, Kind.TEXT)
#: Kinds with an order and a distance.
ORDERED = (Kind.NUMERIC, Kind.INTEGER, Kind.DATETIME)
#: Kinds that are states: equal or not.
STATES = (Kind.BOOLEAN, Kind.CATEGORICAL)


@dataclass(frozen=True)
class Column:
    """One column's name, kind, and the reason for the decision (which is no part of what it is)."""

    name: str
    kind: Kind
    why: str = field(default="", compare=False)


@dataclass(frozen=True)
class Schema:
    """The columns of a table in their order, its target, its classes and the positive one.

    Parameters
    ----------
    columns : tuple of Column
        Name, kind and the reason for it, in the table's order.
    target : str, optional
        The column to predict.
    classes : tuple, default ()
        The target's values in sorted order; a class code is an index into them.
    positive : object, optional
        The class that the scores are about: the rarest unless named.
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

        Parameters
        ----------
        table : DataFrame of shape (n, c)
        target : str, optional
            The column to predict.
        positive : object, optional
            The class that the scores are about, by default the rarest.
        kinds : mapping of str to str, optional
            Kinds that override the decision, by column.
        learn_from_all : bool, default False
            Never decide that a column is a key or text, for features that are chosen already.

        Returns
        -------
        Schema

        Raises
        ------
        DataError
            For a table without rows or columns, duplicated column names, a column that mixes
            numbers and strings, a target that is missing, all null, a quantity, or of one class.
        ConfigError
            For an override or a positive class that does not exist.

        Examples
        --------
        >>> table = pd.DataFrame({"amount": [1.5, 2.0, 9.9], "fraud": ["no", "no", "yes"]})
        >>> Schema.detect(table, "fraud")["amount"].kind.value
        'numeric'
        """
        _check_shape(table)
        wanted = {str(k): _kind(v, str(k)) for k, v in (kinds or {}).items()}
        names = [str(name) for name in table.columns]
        for name in wanted:
            if name not in names:
                raise ConfigError(
                    f"The schema names column {name!r}, however the table has none of that"
                    f" name.{nearest(name, names)}"
                )
        target = None if target is None else str(target)
        if target is not None and target not in names:
            raise DataError(
                f"The target must be a column, however {target!r} is not in the"
                f" table.{nearest(target, names)}"
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
        """The columns with the classes of `labels`, and `positive` or the rarest as positive."""
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
            raise self._no_class(f"it holds {present.dtype} values. Bin it, or name")
        counts = present.value_counts()
        counts = counts[counts > 0]  # a pandas category may have levels that no row has
        numeric = pdt.is_numeric_dtype(present.dtype) and not pdt.is_bool_dtype(present.dtype)
        if numeric and len(counts) > MOST_NUMERIC_CLASSES:
            many = f"it is numeric with {len(counts)} distinct values"
            raise self._no_class(f"{many}. Bin it, or name")
        if len(counts) > max(LEVELS_TO_CALL_TEXT, len(present) / 2):
            many = f"it has {len(counts)} distinct values in {len(present)} rows"
            raise self._no_class(f"{many}. Name")
        classes = tuple(plain(value) for value in in_order(counts.index))
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

    def _no_class(self, why: str) -> DataError:
        return DataError(
            f"The target {self.target!r} must be a class, however {why} another target."
        )

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise no_column(name, [c.name for c in self.columns])

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
                f"The target {self.target!r} must be one of {list(self.classes)}, however row"
                f" {row} is {plain(labels.iloc[row])!r}."
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
                    f"The schema needs a column {column.name!r}, however the table has"
                    f" none.{nearest(column.name, names)}"
                )
        data = {}
        for column in self.columns:
            cells = table.iloc[:, names.index(column.name)]
            if column.name != self.target:
                cells = conform_column(cells, column.kind, column.name)
            data[column.name] = cells
        return pd.DataFrame(data).reset_index(drop=True)


def no_column(name: str, names: list[str]) -> DataError:
    """The error about a column that is not there, with the nearest name that is."""
    return DataError(f"There is no column {name!r}.{nearest(name, names)}")


def match(value: Any, known: tuple[Any, ...], what: str) -> Any:
    """The member of `known` that `value` means: itself, or the one that prints alike.

    A shell or a YAML file says 1 or "1" for the same class.
    """
    for candidate in known:
        if type(candidate) is type(value) and candidate == value:
            return candidate
    text = str(value).strip()
    for candidate in known:
        if candidate == value or str(candidate).strip() == text:
            return candidate
    raise ConfigError(
        f"{what} must be one of the values seen, however {value!r} is"
        f" not.{nearest(str(value), [str(k) for k in known[:50]])}"
    )


def _kind(value: str, name: str) -> Kind:
    try:
        return Kind(value)
    except ValueError:
        raise ConfigError(
            f"Column {name!r}: a kind is needed, however {value!r} is"
            f" none.{nearest(str(value), [k.value for k in Kind])}"
        ) from None


def _check_shape(table: pd.DataFrame) -> None:
    if not isinstance(table, pd.DataFrame):
        raise DataError(f"A pandas DataFrame is needed, however this is a {type(table).__name__}.")
    names = pd.Index([str(name) for name in table.columns])
    if names.has_duplicates:
        raise DataError(
            f"Column names must differ, however {names[names.duplicated()][0]!r} stands more than"
            " once. Rename one of them."
        )
    if table.shape[1] == 0 or table.shape[0] == 0:
        raise DataError(
            f"A table needs rows and columns, however this one has {table.shape[0]} rows and"
            f" {table.shape[1]} columns."
        )


def in_order(values: Any) -> list[Any]:
    """The values sorted, those of several types by the types' names first."""
    try:
        return sorted(values)
    except TypeError:
        return sorted(values, key=lambda value: (type(value).__name__, str(value)))


def plain(value: Any) -> Any:
    """A NumPy scalar as the Python value that YAML and JSON know."""
    return value.item() if isinstance(value, np.generic) else value


# ------------------------------------------------------------------ the kind of a column, from its
# values


def decide(series: pd.Series, name: str) -> tuple[Kind, str]:
    """The kind of one column and the reason, from its values.

    Raises: DataError for a column that mixes types, or holds what no method here can learn from.
    """
    present = series.dropna()
    if isinstance(series.dtype, pd.CategoricalDtype):
        return Kind.CATEGORICAL, f"a pandas category of {len(series.cat.categories)} levels"
    if pdt.is_bool_dtype(series.dtype):
        return Kind.BOOLEAN, "true or false"
    if pdt.is_datetime64_any_dtype(series.dtype):
        return Kind.DATETIME, "dates or times"
    wider = series.dtype in (np.dtype("longdouble"), np.dtype("clongdouble"))
    if pdt.is_timedelta64_dtype(series.dtype) or pdt.is_complex_dtype(series.dtype) or wider:
        raise _unlearnable(name, str(series.dtype))
    if present.empty:
        return Kind.NUMERIC, "no value at all: every row is missing"
    if pdt.is_numeric_dtype(series.dtype):
        return _decide_number(present, name, len(series))
    if not is_texty(series):
        raise _unlearnable(name, str(series.dtype))
    types = types_in(present, name)
    if types == {str}:
        return _decide_text(present, name, len(series))
    if types <= BOOLEANS:
        return Kind.BOOLEAN, "true or false"
    if types <= NUMBERS:
        return _decide_number(present.astype("float64"), name, len(series))
    return Kind.DATETIME, "dates or times"


def types_in(present: pd.Series, name: str) -> set[type]:
    """The types of an object column's values, none of them missing.

    Raises: DataError unless they are all text, all numbers, all booleans, or all dates.
    """
    types = set(map(type, present))
    if types == {str} or any(types <= alike for alike in (BOOLEANS, NUMBERS, DATES)):
        return types
    if all(issubclass(t, str) for t in types):
        return {str}
    shown = ", ".join(sorted(t.__name__ for t in types))
    if len(types) == 1:
        raise _unlearnable(name, shown)
    raise DataError(
        f"Column {name!r} must hold one type of value, however it mixes {shown}. Turn it into"
        " text or into numbers."
    )


def is_texty(series: pd.Series) -> bool:
    """Whether the dtype is one that text comes in."""
    return bool(pdt.is_object_dtype(series.dtype) or pdt.is_string_dtype(series.dtype))


def read_dates(text: pd.Series) -> pd.Series:
    """Dates of text, missing where None or unreadable; times with an offset become UTC.

    Where some have an offset, those without one say no point in time: they are unreadable.
    """
    words = text.astype(str)
    # An offset or Z stands behind the time of day, so dates alone need not be searched.
    zoned = (words.str.len() > 10) & words.str.slice(-6).str.contains(
        r"\d(?:Z|[+-]\d{2}(?:\d{2})?)$|^[+-]\d{2}:\d{2}$"
    )
    dates = pd.to_datetime(text, errors="coerce", format="ISO8601", utc=bool(zoned.any()))
    return dates.where(zoned) if zoned.any() else dates


def _unlearnable(name: str, what: str) -> DataError:
    return DataError(
        f"Column {name!r} holds {what} values, which no method here can learn from. Turn it into"
        " numbers or text, or leave it out."
    )


def _decide_number(present: pd.Series, name: str, rows: int) -> tuple[Kind, str]:
    """The kind of numbers, given each distinct one at least once."""
    values = present.to_numpy(dtype="float64", na_value=np.nan)
    whole = bool(np.isfinite(values).all() and (values % 1 == 0).all())
    distinct = int(present.nunique())
    if whole and distinct <= 2 and set(np.unique(values)) <= {0.0, 1.0}:
        return Kind.BOOLEAN, "only 0 and 1"
    if not whole:
        return Kind.NUMERIC, "real numbers"
    if distinct == rows >= ROWS_TO_CALL_UNIQUE_A_KEY:
        if KEY_NAME.search(name):
            return Kind.KEY, f"whole numbers, all {rows} different, and named like a key"
        if values.max() - values.min() == rows - 1:
            return (
                Kind.KEY,
                f"a running number: {int(values.min())} to {int(values.max())}, each once",
            )
    return Kind.INTEGER, f"whole numbers, {distinct} distinct"


def _decide_text(present: pd.Series, name: str, rows: int) -> tuple[Kind, str]:
    # Only distinct values are looked at: there are far fewer of them than rows.
    times = present.astype(str).value_counts(sort=False)
    times = times.groupby(times.index.str.strip(), sort=False).sum()
    blanks = int(times.get("", 0))
    times = times.drop("", errors="ignore")
    if times.empty:
        return Kind.CATEGORICAL, "blank text only"
    text = times.index.to_series().reset_index(drop=True)
    numbers = pd.to_numeric(text, errors="coerce")
    # Codes such as 00123 are names made of digits: reading them as numbers would lose the zeros.
    codes = bool(numbers.notna().any() and text[numbers.notna()].str.match(r"[+-]?0\d").any())
    if numbers.notna().all() and not codes:
        kind, why = _decide_number(numbers, name, rows)
        return kind, f"text that holds numbers ({why})" + (
            f"; {blanks} blanks are missing values" if blanks else ""
        )
    # Looked for in a few values first: most columns of text hold no dates.
    day = r"\d{4}-\d{1,2}-\d{1,2}"
    if (
        text.head(9).str.match(day).all()
        and text.str.match(day).all()
        and read_dates(text).notna().all()
    ):
        return Kind.DATETIME, "text that holds dates"
    distinct, filled = len(text), int(times.sum())
    words = float((text.str.count(r"\s+").to_numpy() * times.to_numpy()).sum() / filled) + 1
    if distinct == rows >= ROWS_TO_CALL_UNIQUE_A_KEY and words < 2:
        return Kind.KEY, f"all {rows} values differ"
    # A few words among numbers, such as "?" for a missing one, make text of the whole column: say
    # so.
    odd = text[numbers.isna()]
    few = 0 < len(odd) <= 3 < distinct / 3 and not codes
    hint = f"; numbers but for {', '.join(map(repr, odd))}" if few else ""
    if distinct > max(LEVELS_TO_CALL_TEXT, filled / 2):
        return Kind.TEXT, f"{distinct} of {filled} values differ, {words:.1f} words each{hint}"
    return Kind.CATEGORICAL, f"text of {distinct} levels{hint}"


# ---------------------------------------------------------------- a column in a dtype that fits its
# kind


def conform_column(series: pd.Series, kind: Kind, name: str) -> pd.Series:
    """One column in a dtype that fits its kind; the same object where it fits already.

    Raises: DataError naming the column and the first row that does not fit.
    """
    if isinstance(
        series.dtype, pd.SparseDtype
    ):  # how zeros are stored is no part of what they mean
        series = series.sparse.to_dense()
    if kind in (Kind.NUMERIC, Kind.INTEGER):
        if pdt.is_bool_dtype(series.dtype):
            return series.astype("int64") if series.notna().all() else series.astype("Int64")
        if not pdt.is_numeric_dtype(series.dtype):
            series = _parse(
                series, lambda text: pd.to_numeric(text, errors="coerce"), name, "a number"
            )
        refuse_infinite(series, name)
        if kind is Kind.INTEGER and not pdt.is_integer_dtype(series.dtype):
            values = series.to_numpy(dtype="float64", na_value=np.nan)
            _refuse(series, ~np.isnan(values) & (values % 1 != 0), name, "a whole number")
        return series
    if kind is Kind.DATETIME:
        if not pdt.is_datetime64_any_dtype(series.dtype):
            series = _parse(series, read_dates, name, "a date (YYYY-MM-DD, with or without a time)")
        return series
    if kind is Kind.BOOLEAN:
        return _conform_boolean(series, name)
    refuse_infinite(series, name)
    if pdt.is_object_dtype(series.dtype):
        types_in(series.dropna(), name)  # refuses mixed ones
    return series


def _conform_boolean(series: pd.Series, name: str) -> pd.Series:
    if pdt.is_bool_dtype(series.dtype) and not isinstance(series.dtype, pd.CategoricalDtype):
        return series
    if is_texty(series) or isinstance(series.dtype, pd.CategoricalDtype):
        words = {"true": 1, "false": 0, "yes": 1, "no": 0, "1": 1, "0": 0, "1.0": 1, "0.0": 0}
        series = _parse(
            series,
            lambda text: text.astype(str).str.strip().str.lower().map(words),
            name,
            "true or false",
        )
        return series.astype("bool") if series.notna().all() else series.astype("boolean")
    values = series.to_numpy(dtype="float64", na_value=np.nan)
    _refuse(series, ~np.isnan(values) & (values != 0) & (values != 1), name, "0 or 1")
    return series


def _parse(series: pd.Series, read: Any, name: str, needed: str) -> pd.Series:
    blank = series.isna() | (series.astype(str).str.strip() == "")
    text = series.astype(object).where(~blank, None)
    parsed = read(text)
    _refuse(series, (parsed.isna() & ~blank).to_numpy(), name, needed)
    return parsed


def refuse_infinite(series: pd.Series, name: str) -> None:
    """Raises: DataError naming the first row that is infinite."""
    if not pdt.is_float_dtype(series.dtype):
        return
    values = series.to_numpy(dtype="float64", na_value=np.nan)
    _refuse(series, np.isinf(values), name, "a finite number")


def _refuse(series: pd.Series, bad: np.ndarray, name: str, needed: str) -> None:
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        value = series.iloc[row]
        shown = value.item() if isinstance(value, np.generic) else value
        raise DataError(
            f"Column {name!r} must hold {needed} in every row, however row {row} holds {shown!r}"
            f" ({int(bad.sum())} such rows). Correct the rows, or give the column another kind in"
            " the schema."
        )


# ------------------------------------------------------------ a schema that a person can edit and
# feed back


class SchemaFile(NamedTuple):
    """What a schema file says: kinds by column, and the target and its positive class, if any."""

    kinds: Mapping[str, str]
    target: str | None = None
    positive: Any = None


def schema_to_yaml(schema: Schema) -> str:
    """The schema as YAML; a comment beside each column says why it was taken for that.

    Fed back through `schema_from_yaml` and `load`, it gives the same kinds, target and positive
    class.
    """
    lines = []
    if schema.target is not None:
        lines.append(f"target: {_scalar(schema.target)}")
        more = ["..."] if len(schema.classes) > 12 else []
        shown = ", ".join([*map(_scalar, schema.classes[:12]), *more])
        lines.append(f"positive: {_scalar(schema.positive)}  # of the classes {shown}")
    lines.append(
        f"# Kinds: {', '.join(kind.value for kind in Kind)}. Columns of kind key and text are not"
        " learned from."
    )
    listed = [
        (f"  {_scalar(c.name)}: {c.kind.value}", c.why)
        for c in schema.columns
        if c.name != schema.target
    ]
    lines.append("columns:" if listed else "columns: {}")
    width = max((len(line) for line, _ in listed), default=0)
    lines += [
        f"{line:<{width}}  # {' '.join(why.split())}" if why else line for line, why in listed
    ]
    return "\n".join(lines) + "\n"


def schema_from_yaml(text: str, source: str = "the schema") -> SchemaFile:
    """What a schema file says; `source` is what errors call it.

    Raises: ConfigError with line and nearest name for an unknown key or kind.
    """
    return _schema_file(parse(text, source))


def _schema_file(document: Document) -> SchemaFile:
    value = document.value
    if not isinstance(value, Mapping):
        raise document.error(
            (),
            "a schema is a mapping with columns: {NAME: KIND}, however this is"
            f" {'empty' if value is None else repr(value)}.",
        )
    for key in value:
        if key not in KEYS:
            raise document.error((key,), f"a schema has no key {key!r}.{nearest(key, list(KEYS))}")
    columns = value.get("columns")
    if not isinstance(columns, Mapping | None):
        raise document.error(
            ("columns",),
            f"columns must be a mapping from names to kinds, however it is {columns!r}.",
        )
    known = [kind.value for kind in Kind]
    for name, kind in (columns or {}).items():
        if kind not in known:
            raise document.error(
                ("columns", name),
                f"column {name!r} needs a kind, however {kind!r} is"
                f" none.{nearest(str(kind), known)}",
            )
    target, positive = value.get("target"), value.get("positive")
    if isinstance(target, Mapping | list):
        raise document.error(
            ("target",), f"target must be a column's name, however it is {target!r}."
        )
    if isinstance(positive, Mapping | list):
        raise document.error(
            ("positive",), f"positive must be one class, however it is {positive!r}."
        )
    return SchemaFile(dict(columns or {}), None if target is None else str(target), positive)


def read_schema(path: Path | str, source: str | None = None) -> SchemaFile:
    """What the schema file at `path` says; `source` is what errors call it.

    Raises: ConfigError where it cannot be read, or says what no schema can.
    """
    document = read(path, "schema")
    return _schema_file(replace(document, source=source or document.source))


def _scalar(value: Any) -> str:
    """A value as YAML takes it for the same value, on one line."""
    if not isinstance(value, bool | int | float):
        value = str(value)
    text = flow([value])[1:-1]
    if "\n" not in text:
        return text
    import yaml

    # Between double quotes, with escapes, every text fits into one line of ASCII.
    return str(yaml.safe_dump(value, default_style='"', width=10**9)).rstrip("\n")
