"""Rules that hold in every row of a real table, as proposals for a person to confirm."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from synthkit.errors import DataError
from synthkit.rules.base import Rule, with_names
from synthkit.rules.column_rules import NotNull, OneOf, Positive, Range, Whole
from synthkit.rules.row_rules import FixedCombinations, Inequality, OneHot
from synthkit.rules.values import DATE, is_time, nulls, ordinal
from synthkit.table.kinds import Kind, decide

#: An inequality is proposed where it holds in this many rows at least, and at least one row is not equal.
LEAST_ROWS = 20
#: States of a column, beyond which it is no list of what is allowed.
MOST_LEVELS = 30
#: Columns compared in pairs.
MOST_COLUMNS = 60
#: Share of a column's range that another's must overlap for an inequality to be no matter of units.
LEAST_OVERLAP = 0.5


def infer_rules(table: pd.DataFrame, *, columns: list[str] | None = None) -> tuple[Rule, ...]:
    """Rules that no row of `table` (n, c) breaks, of those that are worth asking a person about.

    Signs or ranges of numbers and dates, whole numbers kept as floats, columns without a missing
    value, lists of states, inequalities between columns whose ranges overlap, combinations of
    states of which few of the possible are seen, groups of 0/1 columns that add up to 1. Of a key
    only that none is missing. A range is that of this table: the next true row may lie outside, so
    widen it to what can be.

    Raises: DataError for a table without rows.
    """
    table = with_names(table)
    names = [str(name) for name in (columns or table.columns)]
    found: list[Rule] = []
    lines, flags, states = [], [], []
    for name in names:
        series = table[name]
        if series.isna().all() or _is_key(series, name):
            continue
        category = isinstance(series.dtype, pd.CategoricalDtype)
        if is_time(series) or (
            pdt.is_numeric_dtype(series.dtype)
            and not pdt.is_bool_dtype(series.dtype)
            and not category
        ):
            distinct = series.dropna().unique()
            if len(distinct) <= 2 and not is_time(series) and set(distinct.tolist()) <= {0, 1}:
                flags.append(name)
                found.append(OneOf(name, (0, 1)))
                continue
            lines.append(name)
            found += _of_numbers(series, name)
        elif pdt.is_bool_dtype(series.dtype) and not category:
            flags.append(name)
        else:
            levels = series.dropna().unique()
            values = (
                tuple(sorted(map(_plain, levels), key=str)) if len(levels) <= MOST_LEVELS else ()
            )
            if values and all(
                isinstance(value, str | int | float) for value in values
            ):  # what YAML holds
                states.append(name)
                found.append(OneOf(name, values))
    full = [name for name in names if not table[name].isna().any()]
    if full:
        found.append(NotNull(full, name="not missing"))
    # A name like a date would be read as that date.
    found += _inequalities(table, [name for name in lines if not DATE.match(name)][:MOST_COLUMNS])
    found += _combinations(table, states[:MOST_COLUMNS])
    found += _one_hot(table, flags)
    return tuple(found)


def _is_key(series: pd.Series, name: str) -> bool:
    """Whether the column says who and not what, as the schema decides it; its values are asked nothing."""
    if is_time(series) or series.isna().any() or not series.is_unique:
        return False
    try:
        return decide(series, name)[0] is Kind.KEY
    except DataError:  # of mixed types, or of one that is not learned from
        return False


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _of_numbers(series: pd.Series, name: str) -> list[Rule]:
    low, high = series.min(), series.max()
    if is_time(series):
        return [Range(name, min=str(low), max=str(high))] if low < high else []
    found: list[Rule] = []
    if low < high:
        found.append(Range(name, min=_plain(low), max=_plain(high)))
    if low >= 0:
        found.append(Positive(name, zero=bool(low == 0)))
    values = ordinal(series, name)
    if values.dtype.kind == "f" and np.isnan(values).all() is not True:
        present = values[~np.isnan(values)]
        if (present % 1 == 0).all():
            found.append(Whole(name))
    return found


def _inequalities(table: pd.DataFrame, lines: list[str]) -> list[Rule]:
    """`a <= b` for every pair where it always holds, those that follow from two others left out."""
    holds = set()
    for a, b in combinations(lines, 2):
        if is_time(table[a]) != is_time(table[b]):
            continue
        both = ~nulls(table[a]) & ~nulls(table[b])
        x, y = (ordinal(table[name], name)[both].astype(float) for name in (a, b))
        if both.sum() < LEAST_ROWS or (x == y).all() or not _overlap(x, y):
            continue
        if (x <= y).all():
            holds.add((a, b))
        elif (x >= y).all():
            holds.add((b, a))
    direct = [
        (a, b) for a, b in holds if not any((a, m) in holds and (m, b) in holds for m in lines)
    ]
    return [Inequality(a, b) for a, b in sorted(direct)]


def _overlap(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether the ranges overlap: an age that is below an income says nothing of either."""
    shared = min(x.max(), y.max()) - max(x.min(), y.min())
    return bool(shared >= LEAST_OVERLAP * min(np.ptp(x), np.ptp(y)) and shared > 0)


def _combinations(table: pd.DataFrame, states: list[str]) -> list[Rule]:
    """Pairs of columns where the one says what the other is, or half of what could be is never seen."""
    found: list[Rule] = []
    for a, b in combinations(states, 2):
        counts = table[a].nunique(), table[b].nunique()
        if min(counts) < 2:
            continue
        seen = len(table[[a, b]].dropna().drop_duplicates())
        possible = counts[0] * counts[1]
        # Enough rows for an unseen pair to be no chance: ten for each that could be.
        if seen <= possible / 2 and len(table) >= 10 * possible:
            rows = table[[a, b]].drop_duplicates().astype(object)
            rows = rows.where(rows.notna(), None)
            found.append(FixedCombinations([a, b], tuple(rows.itertuples(index=False, name=None))))
    return found


def _one_hot(table: pd.DataFrame, flags: list[str]) -> list[Rule]:
    """Neighbouring 0/1 columns without gaps that add up to 1 in every row."""
    flags = [name for name in flags if not table[name].isna().any()]
    found: list[Rule] = []
    start = 0
    while start < len(flags):
        total = np.zeros(len(table))
        for end in range(start, len(flags)):
            total = total + table[flags[end]].to_numpy(dtype=float)
            if (total > 1).any():
                break
            if end > start and (total == 1).all():
                found.append(OneHot(flags[start : end + 1]))
                start = end
                break
        start += 1
    return found
