"""Raw tables from files, databases, OpenML and built-in data sets; nothing is decided yet.

CSV files are read strictly: what pandas would mend in silence is refused with its line.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections import deque
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from synthkit.errors import ConfigError, DataError, nearest
from synthkit.table.datasets import DATASETS

CSV = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
PARQUET = (".parquet", ".pq")
#: "sqlite:///shop.db?SELECT ..." holds both; a URL's own parameters after "?" are no query.
URL_WITH_QUERY = re.compile(
    r"(?P<url>.+?)\?\s*(?P<query>(?:select|with|values)\b.*)", re.IGNORECASE | re.DOTALL
)
SEPARATORS = (",", ";", "\t", "|")
SHOWN = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
#: Rows from which the separator is found out.
ROWS_TO_SNIFF = 50
#: Words that pandas reads as missing. Among numbers and dates they are; among other words they stay
#: words.
MISSING_WORDS = frozenset(
    {
        "#N/A",
        "#N/A N/A",
        "#NA",
        "-1.#IND",
        "-1.#QNAN",
        "-NaN",
        "-nan",
        "1.#IND",
        "1.#QNAN",
        "<NA>",
        "N/A",
        "NA",
        "NULL",
        "NaN",
        "None",
        "n/a",
        "nan",
        "null",
    }
)
#: A number as written where the comma is the decimal sign.
DECIMAL_COMMA = r"[+-]?\d+(?:,\d+)?"


class Raw(NamedTuple):
    """A table as read, its name, and the built-in data set or the target that came with it."""

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
            "A table is a DataFrame, a path, a database URL with a query, or a data set's name,"
            f" however this is a {type(source).__name__}."
        )
    text = str(source)
    if text.startswith("openml:"):
        return _openml(text.removeprefix("openml:").strip())
    if "://" in text:
        return _sql(text, query)
    if query is not None:
        raise ConfigError(
            f"A query goes with a database URL, however {text!r} is a path. Write"
            f" sqlite:///{text} if it is an SQLite file.",
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
        f"A table's file must end in {', '.join(CSV + PARQUET)}, however this is"
        f" {path.name!r}.{hint}"
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
            "A database URL reads like sqlite:///shop.db or postgresql://user@host/base, however"
            f" this one is wrong: {_first_line(error)}.",
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
            f"The query must give rows, however it gives {len(table)} rows and {table.shape[1]}"
            f" columns. Query: {query.strip()}"
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
            f"OpenML's data set {name!r} could not be fetched: {_first_line(error)}. Check the"
            " name and the network, or download the table and give its path."
        ) from None
    targets = list(bunch.target_names or [])
    return Raw(bunch.frame, f"openml:{name}", target=targets[0] if len(targets) == 1 else None)


def _first_line(error: object) -> str:
    return str(error).split("\n")[0].rstrip(".")


# ------------------------------------------------------------------------------------- CSV, read
# strictly


def read_csv(path: Path, sep: str | None = None, encoding: str | None = None) -> pd.DataFrame:
    """The table in a text file (gzipped if it ends in .gz), the first line being the header.

    DIFFERS from pandas: rows with too few or too many fields, repeated names in the header, and
    text in another encoding are refused. Words such as NA and None are missing values in columns of
    numbers and dates only: in a column of words they are words (NA is a country). In files
    separated by semicolons, columns of numbers with decimal commas are numbers.

    Raises: DataError naming file and line.
    """
    text = _decoded(path, encoding or "utf-8-sig", encoding is None)
    if not text.strip():
        raise DataError(f"The file {path} needs a header and rows, however it is empty.")
    if sep is None:
        sep = (
            "\t" if path.name.lower().removesuffix(".gz").endswith(".tsv") else _sniffed(text, path)
        )
    elif len(sep) != 1 or sep in '"\r\n':
        raise ConfigError(
            f"sep must be one character, such as ';', however it is {sep!r}.", key="sep"
        )
    header = _refuse_ragged(text, sep, path)
    try:
        table = pd.read_csv(
            io.StringIO(text),
            sep=sep,
            index_col=False,
            low_memory=False,
            float_precision="round_trip",
            skip_blank_lines=True,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        first = str(error).split("\n")[0].rstrip(".")
        raise DataError(
            f"The file {path} must be a table, however it cannot be read: {first}. A quote that"
            " is never closed does this."
        ) from None
    if table.empty:
        raise DataError(
            f"The file {path} needs rows, however it holds only a header"
            f" ({', '.join(header[:12])})."
        )
    return _with_words(_with_decimal_commas(table) if sep == ";" else table, text, sep)


def _with_words(table: pd.DataFrame, text: str, sep: str) -> pd.DataFrame:
    """The table with the words that pandas took for missing put back into columns of words."""
    columns = [
        j
        for j, name in enumerate(table.columns)
        if table[name].dtype == object
        and table[name].isna().any()
        and _holds_words(table[name].dropna())
    ]
    if not columns:
        return table
    words = pd.read_csv(
        io.StringIO(text),
        sep=sep,
        index_col=False,
        usecols=columns,
        dtype=str,
        keep_default_na=False,
        na_values=[""],
        skip_blank_lines=True,
    )
    return table.assign(**{str(name): words[name] for name in words.columns})


def _holds_words(present: pd.Series) -> bool:
    """Whether the values are text that means neither numbers nor dates."""
    if present.empty or not present.map(type).eq(str).all():
        return False
    filled = present.str.strip()
    filled = filled[filled != ""]
    dates = filled.str.match(r"\d{4}-\d{1,2}-\d{1,2}")
    return not dates.all() and pd.to_numeric(filled, errors="coerce").isna().any()


def _decoded(path: Path, encoding: str, by_default: bool) -> str:
    raw = path.read_bytes()
    if path.name.lower().endswith(".gz"):
        try:
            raw = gzip.decompress(raw)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise DataError(
                f"The file {path} must be whole gzip, however it is not ({error}). Copy it again,"
                " or take away .gz if it is not compressed."
            ) from None
    if by_default and raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise DataError(
            f"The file {path} must be UTF-8, however it begins like UTF-16. Give encoding utf-16,"
            " or save it as UTF-8."
        )
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        other = "latin-1 or cp1252" if by_default else "the right one"
        raise DataError(
            f"The file {path} must be {'UTF-8' if by_default else encoding}, however byte"
            f" {error.start} (line {line}) is 0x{raw[error.start]:02x}, which is none. Give its"
            f" encoding, such as {other}, or save it as UTF-8."
        ) from None
    except LookupError:
        raise ConfigError(
            "encoding must be one that Python knows, such as utf-8, latin-1 or cp1252, however"
            f" it is {encoding!r}.",
            key="encoding",
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise DataError(
            f"The file {path} must be text, however line {line} holds a zero byte, as binary"
            " files and UTF-16 do. Export it as CSV, or give its encoding."
        )
    return text


def _sniffed(text: str, path: Path) -> str:
    """The separator under which the first rows have one number of fields, above 1."""
    head = text[: 1 << 20]
    widths = {}
    for sep in SEPARATORS:
        try:
            rows = islice(
                filter(None, csv.reader(io.StringIO(head, newline=""), delimiter=sep)),
                ROWS_TO_SNIFF,
            )
            widths[sep] = [len(row) for row in rows]
        except csv.Error:
            widths[sep] = [1]
    even = {sep: w[0] for sep, w in widths.items() if w[0] > 1 and len(set(w)) == 1}
    if len(even) > 1 and list(even.values()).count(max(even.values())) > 1:
        raise DataError(
            f"The file {path} needs one separator, however {' and '.join(SHOWN[s] for s in even)}"
            " fit equally well. Give sep."
        )
    if even:
        return max(even, key=lambda sep: even[sep])
    # None is even: the header tells, and the row that does not fit it will be named.
    return max(SEPARATORS, key=lambda sep: widths[sep][0])


def _refuse_ragged(text: str, sep: str, path: Path) -> list[str]:
    """The header's names. Raises: DataError unless they differ and each row has as many fields."""

    def records() -> Any:
        return csv.reader(io.StringIO(text, newline=""), delimiter=sep)

    try:
        reader = records()
        header: list[str] = next(filter(None, reader))
        named = [name for name in header if name]
        if len(set(named)) < len(named):
            twice = next(name for name in named if named.count(name) > 1)
            raise DataError(
                f"Column names must differ, however the header of {path} has {twice!r} more than"
                " once. Rename one of them."
            )
        widths = np.fromiter(map(len, reader), dtype=np.int64)
        # A blank line has no field at all; pandas skips it, and so do we.
        wrong = np.flatnonzero((widths != len(header)) & (widths > 0))
        if len(wrong):
            again = records()
            next(filter(None, again))
            deque(islice(again, int(wrong[0]) + 1), maxlen=0)
            hint = " If another sign parts the columns, give sep." if len(header) == 1 else ""
            raise DataError(
                f"Every row needs {len(header)} fields like the header, separated by a"
                f" {SHOWN.get(sep, repr(sep))}, however line {again.line_num} of {path} has"
                f" {int(widths[wrong[0]])} ({len(wrong)} such rows). Correct it, or quote fields"
                f" that hold the separator.{hint}"
            )
    except csv.Error as error:
        raise DataError(
            f"The file {path} must be a table, however line {reader.line_num} cannot be read:"
            f" {error}. A quote that is never closed does this."
        ) from None
    return header


def _with_decimal_commas(table: pd.DataFrame) -> pd.DataFrame:
    for name in table.select_dtypes(object).columns:
        present = table[name].dropna().astype(str).str.strip()
        if len(present) and present.str.fullmatch(DECIMAL_COMMA).all():
            table[name] = table[name].str.strip().str.replace(",", ".").astype("float64")
    return table
