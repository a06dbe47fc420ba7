"""Raw tables from files, databases, OpenML and the built-in data sets; nothing is decided about them yet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from synthkit.errors import ConfigError, DataError, nearest
from synthkit.table.datasets import DATASETS
from synthkit.table.read_csv import read_csv

CSV = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
PARQUET = (".parquet", ".pq")
#: "sqlite:///shop.db?SELECT ..." holds both; a URL's own parameters after "?" are no query.
URL_WITH_QUERY = re.compile(
    r"(?P<url>.+?)\?\s*(?P<query>(?:select|with|values)\b.*)", re.IGNORECASE | re.DOTALL
)


class Raw(NamedTuple):
    """A table as read, what to call it, and the built-in data set or the target that came with it."""

    table: pd.DataFrame
    name: str
    named: Any = None
    target: str | None = None


def read(
    source: Any, *, query: str | None = None, sep: str | None = None, encoding: str | None = None
) -> pd.DataFrame:
    """The table that `source` means, as it is.

    `source` is one of
    - a DataFrame,
    - a path to .csv, .tsv, .txt (each also .gz) or .parquet,
    - an SQLAlchemy URL with a `query`, or both in one: "sqlite:///shop.db?SELECT * FROM payments",
    - a built-in data set's name, or a mapping of its name and parameters,
    - "openml:NAME" or "openml:ID".

    `sep` and `encoding` are for text files: by default the separator is found out from the first
    rows, and the encoding is UTF-8.

    Raises: DataError for a source that is missing, unreadable or empty, or a text file with ragged
    rows, a header that repeats a name, or another encoding.
    """
    return read_raw(source, query=query, sep=sep, encoding=encoding).table


def read_raw(
    source: Any, *, query: str | None = None, sep: str | None = None, encoding: str | None = None
) -> Raw:
    """The same as `read`, with what else is known of the source."""
    if isinstance(source, pd.DataFrame):
        return Raw(source, "a DataFrame")
    if (
        isinstance(source, Mapping)
        or type(source) in DATASETS.values()
        or (isinstance(source, str) and source in DATASETS)
    ):
        named = DATASETS.build(source)
        return Raw(named.table(), DATASETS.name_of(named), named)
    if not isinstance(source, str | Path):
        raise ConfigError(
            "A table is a DataFrame, a path, a database URL with a query, or a data set's name, however"
            f" this is a {type(source).__name__}."
        )
    text = str(source)
    if text.startswith("openml:"):
        return _openml(text.removeprefix("openml:").strip())
    if "://" in text:
        return _sql(text, query)
    if query is not None:
        raise ConfigError(
            f"A query goes with a database URL, however {text!r} is a path. Write sqlite:///{text} if it"
            " is an SQLite file.",
            key="query",
        )
    return _file(Path(text).expanduser(), sep, encoding)


def _file(path: Path, sep: str | None, encoding: str | None) -> Raw:
    refuse_missing(path)
    name = path.name.lower()
    try:
        if name.endswith(CSV):
            return Raw(read_csv(path, sep, encoding), path.name)
        if name.endswith(PARQUET):
            return Raw(_parquet(path), path.name)
    except OSError as error:
        raise DataError(
            f"The table {path} must be readable, however: {error.strerror or error}."
        ) from None
    hint = " Save the sheet as CSV." if name.endswith((".xlsx", ".xls", ".ods")) else ""
    raise DataError(
        f"A table's file must end in {', '.join(CSV + PARQUET)}, however this is {path.name!r}.{hint}"
    )


def refuse_missing(path: Path) -> None:
    """Raises: DataError, with the nearest name that is there, unless `path` is a file."""
    if path.is_file():
        return
    if path.is_dir():
        raise DataError(f"A table must be a file, however {path} is a folder.")
    if not path.parent.is_dir():
        raise DataError(
            f"There is no file {path}: the folder {path.parent} does not exist. Check the path."
        )
    there = sorted(entry.name for entry in path.parent.iterdir() if entry.is_file())
    known = [*there, *DATASETS] if path.parent == Path() else there
    hint = nearest(path.name, known)
    raise DataError(f"There is no file {path}.{hint if 'mean' in hint else ' Check the path.'}")


def _parquet(path: Path) -> pd.DataFrame:
    import pyarrow

    try:
        return pd.read_parquet(path)
    except (pyarrow.ArrowException, ValueError) as error:
        first = str(error).split("\n")[0].rstrip(".")
        raise DataError(
            f"The file {path} must be Parquet, however it cannot be read as such: {first}."
        ) from None


def _sql(source: str, query: str | None) -> Raw:
    import sqlalchemy
    from sqlalchemy.exc import ArgumentError, SQLAlchemyError

    split = URL_WITH_QUERY.fullmatch(source)
    if split:
        if query is not None:
            raise ConfigError(
                "One query is needed, however there is one in the URL and one beside it.",
                key="query",
            )
        source, query = split["url"], split["query"]
    if source.split("://")[0].lower() in ("http", "https", "ftp", "s3", "gs", "file"):
        raise DataError(
            f"A table is read from this machine or a database, however {source!r} is elsewhere."
            " Download it first and give its path."
        )
    if query is None or not query.strip():
        raise ConfigError(
            "A database needs a query, however none is given. Write URL?SELECT ..., or give query.",
            key="query",
        )
    try:
        url = sqlalchemy.make_url(source)
        shown = url.render_as_string(hide_password=True)
        if (
            url.get_backend_name() == "sqlite"
            and url.database
            and url.database != ":memory:"
            and not url.database.startswith("file:")
        ):
            refuse_missing(Path(url.database))  # SQLite would make an empty database in its place
        engine = sqlalchemy.create_engine(url)
    except ArgumentError as error:
        raise ConfigError(
            f"A database URL reads like sqlite:///shop.db or postgresql://user@host/base, however this"
            f" one is wrong: {_first_line(error)}.",
            key="sql",
        ) from None
    except ImportError as error:
        raise ConfigError(
            f"The database {shown} needs a driver, however {error.name or error} is not installed.",
            key="sql",
        ) from None
    try:
        with engine.connect() as connection:  # nothing is committed: a query only reads
            table = pd.read_sql_query(sqlalchemy.text(query.replace(":", r"\:")), connection)
    except SQLAlchemyError as error:
        raise DataError(
            f"The query must give a table, however {shown} answers:"
            f" {_first_line(getattr(error, 'orig', None) or error)}. Query: {query.strip()}"
        ) from None
    finally:
        engine.dispose()
    if table.empty:
        raise DataError(
            f"The query must give rows, however it gives {len(table)} rows and {table.shape[1]} columns."
            f" Query: {query.strip()}"
        )
    return Raw(table, shown)


def _openml(name: str) -> Raw:
    from sklearn.datasets import fetch_openml

    if not name:
        raise ConfigError(
            "OpenML needs a name or a number, however openml: stands alone. Write openml:adult.",
            key="name",
        )
    which: dict[str, Any] = {"data_id": int(name)} if name.isdecimal() else {"name": name}
    try:
        bunch = fetch_openml(**which, as_frame=True, parser="auto")
    except (OSError, ValueError) as error:  # offline, unknown, or withdrawn
        raise DataError(
            f"OpenML's data set {name!r} could not be fetched: {_first_line(error)}. Check the name and"
            " the network, or download the table and give its path."
        ) from None
    targets = list(bunch.target_names or [])
    return Raw(bunch.frame, f"openml:{name}", target=targets[0] if len(targets) == 1 else None)


def _first_line(error: object) -> str:
    return str(error).split("\n")[0].rstrip(".")
