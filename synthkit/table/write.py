"""Tables to files part by part: parts of the same types, the same rows in the same bytes."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from synthkit.errors import DataError, nearest
from synthkit.table.column import nanoseconds, zone_of

#: What adds rows to an open file.
Append = Callable[[pd.DataFrame], None]
#: The endings that are written, and what stands between cells for those that are text.
ENDINGS = {".parquet": "", ".csv": ",", ".csv.gz": ",", ".tsv": "\t", ".tsv.gz": "\t"}
#: Seconds of the units that a text file's times are written in, the coarsest first.
UNITS = {"D": 86_400.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


def ending_of(path: Path | str) -> str:
    """The ending of `path` that says its format. Raises: DataError for another."""
    name = Path(path).name.lower()
    found = [ending for ending in ENDINGS if name.endswith(ending) and name != ending]
    if not found:
        raise DataError(
            f"The file's name must end in {', '.join(ENDINGS)}, however it is"
            f" {Path(path).name!r}.{_meant(Path(path).suffix)}"
        )
    return max(found, key=len)


@contextmanager
def parts_written(
    beside: Path,
    ending: str,
    columns: Mapping[str, pd.Series],
    steps: Mapping[str, float],
) -> Iterator[Append]:
    """A function that appends a table's next rows to the file `beside`, in the format of `ending`.

    `columns` holds every column with its dtype and, where that is object, each of its levels: a
    part in which all of them are missing must not change the file's types. `steps` are what a
    column's times are whole multiples of, in seconds, for those that have any: text shows no finer
    unit.

    Text files hold times in ISO 8601, those with a time zone in UTC, since offsets that change with
    the season are read back by nobody. Parquet keeps dtypes, categories and zones.

    Raises: DataError for a column that Parquet has no type for.
    """
    with ExitStack() as stack:
        if ending == ".parquet":
            yield _parquet(beside, columns, stack)
        else:
            yield _text(beside, ENDINGS[ending], ending.endswith(".gz"), steps, stack)


def _parquet(beside: Path, columns: Mapping[str, pd.Series], stack: ExitStack) -> Append:
    import pyarrow as pa
    import pyarrow.parquet as pq

    fields = []
    for name, series in columns.items():
        try:
            fields.append(pa.field(name, pa.Array.from_pandas(series).type))
        except pa.ArrowException as error:
            raise _not_storable(name, error) from None
    # pandas' own description of the dtypes goes into the file, so that it is read back with them.
    head = pd.DataFrame(
        {name: series.iloc[:1].reset_index(drop=True) for name, series in columns.items()}
    )
    described = pa.Schema.from_pandas(head, preserve_index=False).metadata
    schema = pa.schema(fields, metadata=described)
    try:
        writer = stack.enter_context(pq.ParquetWriter(beside, schema))
    except pa.ArrowException as error:
        raise _not_storable(", ".join(columns), error) from None

    def append(part: pd.DataFrame) -> None:
        try:
            writer.write_table(pa.Table.from_pandas(part, schema, preserve_index=False))
        except pa.ArrowException as error:
            raise _not_storable(", ".join(columns), error) from None

    return append


def _text(
    beside: Path, separator: str, packed: bool, steps: Mapping[str, float], stack: ExitStack
) -> Append:
    raw = stack.enter_context(beside.open("wb"))
    # Neither name nor time in the head of the gzip, so that the same rows are the same bytes.
    out: Any = stack.enter_context(gzip.GzipFile("", "wb", fileobj=raw, mtime=0)) if packed else raw
    first = True

    def append(part: pd.DataFrame) -> None:
        nonlocal first
        shown = part.copy(deep=False)
        for name, step in steps.items():
            shown[name] = _times(part[name], step)
        out.write(
            shown.to_csv(index=False, header=first, sep=separator, lineterminator="\n").encode()
        )
        first = False

    return append


def _times(series: pd.Series, step: float) -> pd.Series:
    """Times (n,) as ISO 8601 text in the coarsest unit that holds them; gaps stay."""
    unit = next(unit for unit, length in UNITS.items() if step >= length)
    gone = series.isna()
    zone = zone_of(series.dtype) is not None
    if zone and unit == "D":
        unit = "s"
    text = np.datetime_as_string(
        nanoseconds(series).view("datetime64[ns]").astype(f"datetime64[{unit}]")
    )
    shown = np.char.add(np.char.replace(text, "T", " "), "+00:00" if zone else "")
    return pd.Series(shown.astype(object), index=series.index).mask(gone)


def _not_storable(names: str, error: Exception) -> DataError:
    return DataError(
        f"Parquet needs one type per column, however it has none for {names}: {error}. Write .csv"
        " instead."
    )


def _meant(suffix: str) -> str:
    return (
        nearest(suffix, [ending for ending in ENDINGS if ending.count(".") == 1]) if suffix else ""
    )
