"""A fitted synthesizer's rows as a stream of batches, to a file of any length in memory that does not grow."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from synthkit.errors import ConfigError, DataError, SynthkitError, nearest
from synthkit.files import refuse_unwritable, written_beside
from synthkit.methods.yaml import plain
from synthkit.randomness import generator
from synthkit.synthesizers.base import Fitted
from synthkit.synthesizers.forms import Form
from synthkit.table.schema import Kind
from synthkit.table.write import ending_of, parts_written

#: Cells of a batch at most, which bounds the memory; rows of a batch, at least and at most.
CELLS_PER_BATCH, LEAST_ROWS, MOST_ROWS = 2_000_000, 1_000, 50_000


@dataclass(frozen=True)
class Written:
    """What a stream wrote: rows, seconds, and the share of proposed rows that met the conditions."""

    path: Path
    rows: int
    seconds: float
    acceptance: float


def rows_per_batch(fitted: Fitted) -> int:
    """Rows of a batch, by the number of columns alone: the same model always has the same batches."""
    return int(np.clip(CELLS_PER_BATCH // max(len(fitted.forms), 1), LEAST_ROWS, MOST_ROWS))


def batches(
    fitted: Fitted,
    n: int,
    seed: int,
    where: Mapping[str, Any] | None = None,
    *,
    batch_rows: int | None = None,
) -> Iterator[pd.DataFrame]:
    """`n` synthetic rows, `batch_rows` at a time; batch i is drawn by `generator(seed, "batch", i)`.

    So a whole batch depends on the model, the seed, the conditions and its number alone, not on `n`
    or on what was asked before it: a stream of n rows begins with that of any smaller number of whole
    batches, keys included. Each batch's classes are Multinomial(rows, rates), hence those of the
    whole stream are Multinomial(n, rates). Where a rule is about the table as a whole, as `unique` is,
    all `n` rows are one batch, whatever `batch_rows` says: batches know nothing of each other.

    Raises: DataError for n < 1, conditions that cannot be met, or too little memory.
    """
    checked_rows(n)
    size = (
        int(n)
        if fitted.in_one_piece
        else rows_per_batch(fitted)
        if batch_rows is None
        else batch_rows
    )
    for number, start in enumerate(range(0, int(n), size)):
        rows = min(size, int(n) - start)
        try:
            yield fitted.sample(rows, generator(seed, "batch", number), where, first_key=start)
        except MemoryError as error:
            raise DataError(
                f"A batch needs memory for {rows:,} rows × {len(fitted.forms):,} columns, however the"
                " machine has not enough."
                f" {'Ask for fewer rows' if fitted.in_one_piece else 'Lower batch_rows'}."
            ) from error


def write_sample(
    fitted: Fitted,
    path: Path | str,
    n: int,
    seed: int,
    where: Mapping[str, Any] | None = None,
    *,
    batch_rows: int | None = None,
    progress: Callable[[int, int, Mapping[str, float]], None] | None = None,
) -> Written:
    """Write `n` synthetic rows to a Parquet, CSV or TSV file (.gz too), whole or not at all; see `batches`.

    The same model, seed, conditions and `n` give the same bytes; a run that was stopped is started again.
    `progress` is called after each batch with rows so far, rows in all, and rows per second.

    Raises: DataError for another ending, a file that cannot be written, or what `batches` raises.
    """
    path, ending = Path(path), ending_of(path)
    refuse_unwritable(path)
    began, proposed, met, done = time.perf_counter(), 0, 0, 0
    columns = {form.name: _every_level(form) for form in fitted.forms}
    times = {
        form.name: form.step
        for form in fitted.forms
        if form.ordered and pd.api.types.is_datetime64_any_dtype(form.dtype)
    }
    with written_beside(path) as beside, parts_written(beside, ending, columns, times) as append:
        for part in batches(fitted, n, seed, where, batch_rows=batch_rows):
            append(part)
            done, proposed, met = done + len(part), proposed + fitted.proposed, met + fitted.met
            if progress is not None:
                progress(done, int(n), {"rows/s": done / (time.perf_counter() - began)})
    return Written(path, done, time.perf_counter() - began, met / proposed if proposed else 1.0)


def checked_rows(n: int) -> None:
    """Raises: DataError unless `n` is a number of rows."""
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise DataError(f"sample needs a whole number of rows of at least 1, however n is {n!r}.")


def conditions_of(fitted: Fitted, texts: Sequence[str]) -> dict[str, Any]:
    """The conditions that "column=value" texts mean, each value as the column has it; empty is missing.

    Raises: DataError for an unknown column; DataError or ConfigError for a value that was never seen.
    """
    forms = {form.name: form for form in fitted.forms}
    found: dict[str, Any] = {}
    for text in texts:
        # A column's name may itself hold an equals sign.
        name = max((name for name in forms if text.startswith(f"{name}=")), key=len, default=None)
        if name is None:
            asked, equals, _ = text.partition("=")
            if not equals:
                raise ConfigError(
                    f"--where needs column=value, however it is {text!r}. Write --where fraud=1."
                )
            raise DataError(
                f"where needs columns of the table, however it has none named {asked!r}."
                f"{nearest(asked, list(forms))}"
            )
        value = _meant(forms[name], text[len(name) + 1 :])
        if name in found and found[name] != value:
            raise ConfigError(
                f"--where needs one value per column, however {name!r} is given {found[name]!r} and"
                f" {value!r}. Take one away, or sample twice."
            )
        found[name] = value
    return found


def _meant(form: Form, text: str) -> Any:
    """The value of a column that a shell's text means: as it stands, or else as YAML reads it (true, null)."""
    try:
        if text or "" in form.levels:
            return form.value_like(text)
    except SynthkitError as error:
        try:
            return form.value_like(plain(text))
        except SynthkitError:
            raise error from None
    return form.value_like(None)


def _every_level(form: Form) -> pd.Series:
    """A column of the form with each of its levels, so that its type is known whatever a batch holds."""
    if form.levels:
        return form.of_codes(np.arange(len(form.levels)))
    if form.learned and form.kind is not Kind.KEY:
        return form.of_numbers(np.array([form.low]))
    return form.invented(1)
