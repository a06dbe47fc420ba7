"""Broken rows changed as little as need be, until no rule is broken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from synthkit.rules.base import Rule
from synthkit.rules.nearest import nearest_rows

#: Rounds of mending before a row takes the nearest real row's values.
ROUNDS = 6


@dataclass(frozen=True, eq=False)
class Repaired:
    """The rows (m, c) after repair, which of them could not be mended (m,), and the cells changed per column."""

    rows: pd.DataFrame
    broken: np.ndarray
    cells: dict[str, int] = field(default_factory=dict)


def broken_by(rule: Rule, rows: pd.DataFrame, before: pd.DataFrame | None) -> np.ndarray:
    """Which of `rows` (m,) break the rule, given the rows that stand before them."""
    if not len(rows):
        return np.zeros(0, dtype=bool)
    if not rule.whole_table or before is None or not len(before):
        return np.asarray(rule.broken(rows))
    columns = list(rule.columns)
    both = pd.concat([before[columns], rows[columns]], ignore_index=True)
    return np.asarray(rule.broken(both))[len(before) :]


def broken_rows(
    rules: Sequence[Rule], rows: pd.DataFrame, before: pd.DataFrame | None
) -> np.ndarray:
    """Which of `rows` (m,) break at least one rule."""
    return np.logical_or.reduce([broken_by(rule, rows, before) for rule in rules])


def repair(
    rows: pd.DataFrame,
    rules: Sequence[Rule],
    seen: pd.DataFrame,
    *,
    before: pd.DataFrame | None = None,
    fixed: Sequence[str] = (),
) -> Repaired:
    """`rows` (m, c) with broken rules mended; rows that break none stay cell for cell.

    Each rule makes its smallest change; since that may break another, rules take turns for a few
    rounds. What is broken still takes the values of the nearest real row (of `seen`, all of which
    must be valid) in the columns of the broken rule, and where others break then, in the columns of
    all rules that hang together with it: of many such rules, whole real rows. The columns
    in `fixed` never change. A row that cannot be mended so comes back as it was, marked broken.
    """
    rows = rows.reset_index(drop=True)
    first = rows
    bad = broken_rows(rules, rows, before)
    for attempt in range(ROUNDS):
        if not bad.any():
            break
        for rule in rules:
            rows = _mended(rule, rows, seen, before, attempt, fixed)
        bad = broken_rows(rules, rows, before)
    for groups in (
        [[rule] for rule in rules],
        _groups(rules),
    ):  # a whole group only where its rule alone will not do
        if bad.any() and len(seen):
            rows = _from_nearest(rows, bad, groups, seen, fixed, first, before)
            bad = broken_rows(rules, rows, before)
    if bad.any():
        at = np.flatnonzero(bad)
        rows = _put(rows, at, first.iloc[at].reset_index(drop=True))
        bad = bad | broken_rows(rules, rows, before)
    cells = {
        name: int(_differ(first[name], rows[name]).sum())
        for name in rows.columns
        if rows[name] is not first[name]
    }
    return Repaired(rows, bad, {name: n for name, n in cells.items() if n})


def _mended(
    rule: Rule,
    rows: pd.DataFrame,
    seen: pd.DataFrame,
    before: pd.DataFrame | None,
    attempt: int,
    fixed: Sequence[str],
) -> pd.DataFrame:
    at = np.flatnonzero(broken_by(rule, rows, before))
    if not len(at):
        return rows
    if rule.whole_table and before is not None and len(before):
        columns = list(rule.columns)
        both = pd.concat([before[columns], rows[columns]], ignore_index=True)
        changed = rule.mend(both, at + len(before), seen, attempt)
    else:
        changed = rule.mend(rows, at, seen, attempt)
    if changed is None or any(name in fixed for name in changed.columns):
        return rows
    return _put(rows, at, changed)


def _from_nearest(
    rows: pd.DataFrame,
    bad: np.ndarray,
    groups: list[list[Rule]],
    seen: pd.DataFrame,
    fixed: Sequence[str],
    first: pd.DataFrame,
    before: pd.DataFrame | None,
) -> pd.DataFrame:
    for group in groups:
        at = np.flatnonzero(broken_rows(group, rows, before) & bad)
        if not len(at):
            continue
        columns = list(dict.fromkeys(name for rule in group for name in rule.columns))
        free = [name for name in columns if name not in fixed]
        held = [name for name in columns if name in fixed]
        for donors, part in _alike(seen, first.iloc[at], held):
            picks = nearest_rows(first[free].iloc[at[part]], seen[free].iloc[donors])
            rows = _put(rows, at[part], seen[free].iloc[donors[picks]].reset_index(drop=True))
    return rows


def _alike(
    seen: pd.DataFrame, rows: pd.DataFrame, held: list[str]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Positions of real rows and of `rows` that are the same in the columns that may not change."""
    if not held:
        return [(np.arange(len(seen)), np.arange(len(rows)))]
    both = pd.concat([seen[held], rows[held]]).astype(object)
    code = both.groupby(held, dropna=False, sort=False).ngroup().to_numpy()
    ours, theirs = code[len(seen) :], code[: len(seen)]
    pairs = [(np.flatnonzero(theirs == c), np.flatnonzero(ours == c)) for c in np.unique(ours)]
    return [(donors, part) for donors, part in pairs if len(donors)]


def _groups(rules: Sequence[Rule]) -> list[list[Rule]]:
    """The rules in groups that share no column."""
    groups: list[tuple[set[str], list[Rule]]] = []
    for rule in rules:
        names, members = set(rule.columns), [rule]
        apart = []
        for known, others in groups:
            if known & names:
                names, members = names | known, others + members
            else:
                apart.append((known, others))
        groups = [*apart, (names, members)]
    return [members for _, members in groups]


def _put(rows: pd.DataFrame, at: np.ndarray, changed: pd.DataFrame) -> pd.DataFrame:
    """The table with other cells in the rows `at`; columns that change are copied, the others shared."""
    columns = {}
    for name in changed.columns:
        column = rows[name].copy()
        column.iloc[at] = changed[name].array
        columns[name] = column
    return rows.assign(**columns)


def _differ(a: pd.Series, b: pd.Series) -> np.ndarray:
    both_missing = a.isna().to_numpy() & b.isna().to_numpy()
    same = (a.astype(object) == b.astype(object)).to_numpy(dtype=bool, na_value=False)
    return ~same & ~both_missing
