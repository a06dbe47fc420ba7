"""Which rows of a table break which rules, which break together; which rules a table keeps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from synthkit.errors import DataError
from synthkit.results import CheckedRule, CheckedTable
from synthkit.rules.base import Rule, refuse_unknown, with_names
from synthkit.rules.columns import NotNull, OneOf, Positive, Range, Whole
from synthkit.rules.rows import FixedCombinations, Inequality, OneHot
from synthkit.rules.values import DATE, floats, is_ordered, is_time
from synthkit.table.schema import Kind, decide

#: Rows shown per rule.
EXAMPLES = 3
#: Rows in which an inequality must hold to be proposed; in at least one the two differ.
LEAST_ROWS = 20
#: States of a column, beyond which it is no list of what is allowed.
MOST_LEVELS = 30
#: Columns compared in pairs.
MOST_COLUMNS = 60
#: Share of a column's range that another's must overlap for an inequality to be no matter of units.
LEAST_OVERLAP = 0.5


@dataclass(frozen=True, eq=False)
class RuleCheck:
    """One rule on one table: which rows break it (n,), and a few of them."""

    rule: Rule
    mask: np.ndarray
    examples: pd.DataFrame

    @property
    def n(self) -> int:
        """Rows that break the rule."""
        return int(self.mask.sum())

    @property
    def share(self) -> float:
        """Rows that break the rule per row, in [0, 1]."""
        return self.n / len(self.mask)

    def shown(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """The examples as plain values: the row's position and its cells."""
        rows = zip(self.examples.index, self.examples.to_dict("records"), strict=True)
        for row, cells in rows:
            yield int(row), {str(name): _plain(cell) for name, cell in cells.items()}


@dataclass(frozen=True, eq=False)
class Checked:
    """All rules on one table of `rows` rows."""

    rules: tuple[RuleCheck, ...]
    rows: int

    @property
    def mask(self) -> np.ndarray:
        """Rows that break at least one rule (n,)."""
        return np.logical_or.reduce([each.mask for each in self.rules])

    @property
    def n(self) -> int:
        """Rows that break at least one rule."""
        return int(self.mask.sum())

    @property
    def passed(self) -> bool:
        """Whether no row breaks any rule."""
        return not any(each.n for each in self.rules)

    @property
    def together(self) -> pd.DataFrame:
        """Rows that break both rules of a pair (r, r); on the diagonal, rows that break the one."""
        masks = np.stack([each.mask for each in self.rules]).astype(np.float64)
        names = [each.rule.name for each in self.rules]
        return pd.DataFrame((masks @ masks.T).astype(np.int64), index=names, columns=names)

    def pairs(self) -> Iterator[tuple[str, str, int]]:
        """The pairs of rules that break together, with the number of rows."""
        both = self.together
        for a, b in combinations(both.index, 2):
            if n := int(both.loc[a, b]):
                yield a, b, n

    @property
    def result(self) -> CheckedTable:
        """What `quality.json` and `synthkit check --json` hold."""
        rules = [
            CheckedRule(
                name=each.rule.name,
                rule=each.rule.rule,
                columns=list(each.rule.columns),
                broken=each.n,
                share=each.share,
                nulls=each.rule.nulls,
                examples=[{"row": row, "values": cells} for row, cells in each.shown()],
            )
            for each in self.rules
        ]
        together = [{"rules": [a, b], "rows": n} for a, b, n in self.pairs()]
        return CheckedTable(
            rows=self.rows,
            broken_rows=self.n,
            passed=self.passed,
            rules=rules,
            together=together,
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return self.result.plain()

    def __str__(self) -> str:
        """What a person reads: a line per rule, the first broken rows, the pairs."""
        width = max(len(each.rule.name) for each in self.rules)
        found = f"{self.n:,} rows ({self.n / self.rows:.2%}) break a rule."
        found = "no rule is broken." if self.passed else found
        lines = [f"{self.rows:,} rows, {len(self.rules)} rules: {found}"]
        for each in self.rules:
            lines.append(f"  {each.rule.name:<{width}}  {each.n:>9,}  {each.share:>8.3%}")
            for row, cells in each.shown():
                shown = ", ".join(f"{name} = {cell!r}" for name, cell in cells.items())
                lines.append(f"  {'':<{width}}  row {row}: {shown}")
        lines += [f"  together: {a!r} and {b!r} in {n:,} rows" for a, b, n in self.pairs()]
        return "\n".join(lines)


def check(table: pd.DataFrame, rules: Any, *, real: pd.DataFrame | None = None) -> Checked:
    """Which rows of a table break which rules.

    Parameters
    ----------
    table : DataFrame (n, c)
        Any table, real or synthetic, with at least one row.
    rules : rules in any form
        Rules, their mappings, a rules file's name, or a pandera schema or model.
    real : DataFrame, default None
        For rules that take something from real rows, such as combinations that were seen.

    Returns
    -------
    Checked
        Per rule a mask (n,) and the first rows that break it, named by position.

    Raises
    ------
    ConfigError
        For a rule about a column that is not there.
    DataError
        For a table without rows, or a column of another type than a rule needs.
    """
    from synthkit.rules.rules_file import rules_of

    rules = rules_of(rules)
    table = with_names(table)
    refuse_unknown(rules, list(table.columns))
    if real is not None:
        real = with_names(real)
        refuse_unknown(rules, list(real.columns))
        rules = tuple(rule.learned(real) for rule in rules)
    found = []
    for rule in rules:
        mask = np.asarray(rule.violations(table))
        rows = np.flatnonzero(mask)[:EXAMPLES]
        examples = table[list(rule.columns)].iloc[rows].set_axis(rows, axis=0)
        found.append(RuleCheck(rule, mask, examples))
    return Checked(tuple(found), len(table))


def _plain(value: Any) -> Any:
    """A cell as JSON has it."""
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float) and not np.isfinite(value):
        return None if np.isnan(value) else str(value)
    return value if isinstance(value, str | int | float) else str(value)


# -------------------------------------------------------------------------------- rules that hold


def infer_rules(table: pd.DataFrame, *, columns: list[str] | None = None) -> tuple[Rule, ...]:
    """Rules that no row of a table breaks, of those that are worth asking a person about.

    Signs or ranges of numbers and dates, whole numbers kept as floats, columns without a missing
    value, lists of states, inequalities between columns whose ranges overlap, combinations of
    states of which few of the possible are seen, groups of 0/1 columns that add up to 1. Of a key
    only that none is missing. A range is that of this table: the next true row may lie outside, so
    widen it to what can be.

    Parameters
    ----------
    table : DataFrame (n, c)
        A real table, with at least one row.
    columns : list of str, default None
        The columns that rules may speak of; by default all.

    Returns
    -------
    tuple of Rule
        Proposals to confirm; `rules_to_yaml` writes them down.

    Raises
    ------
    DataError
        For a table without rows.
    """
    table = with_names(table)
    names = [str(name) for name in (columns or table.columns)]
    found: list[Rule] = []
    lines, flags, states = [], [], []
    for name in names:
        series = table[name]
        if series.isna().all() or _is_key(series, name):
            continue
        distinct = series.dropna().unique()
        if is_ordered(series):
            if len(distinct) <= 2 and not is_time(series) and set(distinct.tolist()) <= {0, 1}:
                flags.append(name)
                found.append(OneOf(name, (0, 1)))
            else:
                lines.append(name)
                found += _of_numbers(series, name)
        elif pdt.is_bool_dtype(series.dtype) and not isinstance(series.dtype, pd.CategoricalDtype):
            flags.append(name)
        elif len(distinct) <= MOST_LEVELS:
            values = sorted(map(_item, distinct), key=str)
            if all(isinstance(value, str | int | float) for value in values):  # what YAML holds
                states.append(name)
                found.append(OneOf(name, tuple(values)))
    full = [name for name in names if not table[name].isna().any()]
    if full:
        found.append(NotNull(full, name="not missing"))
    # A name like a date would be read as that date.
    found += _inequalities(table, [name for name in lines if not DATE.match(name)][:MOST_COLUMNS])
    found += _combinations(table, states[:MOST_COLUMNS])
    found += _one_hot(table, [name for name in flags if name in full])
    return tuple(found)


def _is_key(series: pd.Series, name: str) -> bool:
    """Whether the column says who and not what, as the schema decides it."""
    if is_time(series) or series.isna().any() or not series.is_unique:
        return False
    try:
        return decide(series, name)[0] is Kind.KEY
    except DataError:  # of mixed types, or of one that is not learned from
        return False


def _item(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _of_numbers(series: pd.Series, name: str) -> list[Rule]:
    low, high = series.min(), series.max()
    if is_time(series):
        return [Range(name, min=str(low), max=str(high))] if low < high else []
    found: list[Rule] = []
    if low < high:
        found.append(Range(name, min=low, max=high))
    if low >= 0:
        found.append(Positive(name, zero=bool(low == 0)))
    if pdt.is_float_dtype(series.dtype) or series.isna().any():
        values = floats(series, name)
        if (values[~np.isnan(values)] % 1 == 0).all():
            found.append(Whole(name))
    return found


def _inequalities(table: pd.DataFrame, lines: list[str]) -> list[Rule]:
    """`a <= b` for every pair where it always holds, those that follow from two others left out."""
    values = {name: floats(table[name], name) for name in lines}
    holds = set()
    for a, b in combinations(lines, 2):
        if is_time(table[a]) != is_time(table[b]):
            continue
        both = ~np.isnan(values[a]) & ~np.isnan(values[b])
        x, y = values[a][both], values[b][both]
        if len(x) < LEAST_ROWS or (x == y).all() or not _overlap(x, y):
            continue
        if (x <= y).all():
            holds.add((a, b))
        elif (x >= y).all():
            holds.add((b, a))
    follows = {(a, c) for a, b in holds for c in lines if (b, c) in holds}
    return [Inequality(a, b) for a, b in sorted(holds - follows)]


def _overlap(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether the ranges overlap: an age that is below an income says nothing of either."""
    shared = min(x.max(), y.max()) - max(x.min(), y.min())
    return bool(shared >= LEAST_OVERLAP * min(np.ptp(x), np.ptp(y)) and shared > 0)


def _combinations(table: pd.DataFrame, states: list[str]) -> list[Rule]:
    """Pairs of columns of whose possible states at most half are ever seen together."""
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
    """Neighbouring 0/1 columns that add up to 1 in every row."""
    found: list[Rule] = []
    start = 0
    while start < len(flags):
        total = np.zeros(len(table))
        for end, name in enumerate(flags[start:], start):
            total = total + table[name].to_numpy(dtype=float)
            if (total > 1).any():
                break
            if end > start and (total == 1).all():
                found.append(OneHot(flags[start : end + 1]))
                start = end
                break
        start += 1
    return found
