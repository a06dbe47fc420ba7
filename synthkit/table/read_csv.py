"""CSV files, read strictly: what pandas would mend in silence is refused with its line."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections import deque
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from synthkit.errors import ConfigError, DataError

SEPARATORS = (",", ";", "\t", "|")
SHOWN = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
#: Rows from which the separator is found out.
ROWS_TO_SNIFF = 50
#: Words that pandas reads as missing. Among numbers and dates they are; among other words they stay words.
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
            f"The file {path} must be a table, however it cannot be read: {first}. A quote"
            " that is never closed does this."
        ) from None
    if table.empty:
        raise DataError(
            f"The file {path} needs rows, however it holds only a header ({', '.join(header[:12])})."
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
                f"The file {path} must be whole gzip, however it is not ({error}). Copy it again, or take"
                " away .gz if it is not compressed."
            ) from None
    if by_default and raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise DataError(
            f"The file {path} must be UTF-8, however it begins like UTF-16. Give encoding utf-16, or save"
            " it as UTF-8."
        )
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        other = "latin-1 or cp1252" if by_default else "the right one"
        raise DataError(
            f"The file {path} must be {'UTF-8' if by_default else encoding}, however byte {error.start} (line {line})"
            f" is 0x{raw[error.start]:02x}, which is none. Give its encoding, such as {other}, or save it as"
            " UTF-8."
        ) from None
    except LookupError:
        raise ConfigError(
            f"encoding must be one that Python knows, such as utf-8, latin-1 or cp1252, however it is"
            f" {encoding!r}.",
            key="encoding",
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise DataError(
            f"The file {path} must be text, however line {line} holds a zero byte, as binary files and"
            " UTF-16 do. Export it as CSV, or give its encoding."
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
            f"The file {path} needs one separator, however {' and '.join(SHOWN[s] for s in even)} fit"
            " equally well. Give sep."
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
                f"Column names must differ, however the header of {path} has {twice!r} more than once."
                " Rename one of them."
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
                f"Every row needs {len(header)} fields like the header, separated by a {SHOWN.get(sep, repr(sep))},"
                f" however line {again.line_num} of {path} has {int(widths[wrong[0]])} ({len(wrong)} such rows)."
                f" Correct it, or quote fields that hold the separator.{hint}"
            )
    except csv.Error as error:
        raise DataError(
            f"The file {path} must be a table, however line {reader.line_num} cannot be read: {error}."
            " A quote that is never closed does this."
        ) from None
    return header


def _with_decimal_commas(table: pd.DataFrame) -> pd.DataFrame:
    for name in table.select_dtypes(object).columns:
        present = table[name].dropna().astype(str).str.strip()
        if len(present) and present.str.fullmatch(DECIMAL_COMMA).all():
            table[name] = table[name].str.strip().str.replace(",", ".").astype("float64")
    return table
