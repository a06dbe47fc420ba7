"""Synthetic rows made to obey rules, whatever makes them: made anew, repaired, dropped, counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field, PlainValidator, WithJsonSchema

from synthkit.errors import ConfigError, DataError
from synthkit.methods import Said
from synthkit.rules.base import Broken, Rule, refuse_unknown
from synthkit.rules.rows import nearest_rows
from synthkit.rules.rules_file import rules_of
from synthkit.table.training_set import TrainingSet

#: Proposals per row that is missing, and rounds of them, before a rule is given up on.
MOST_PROPOSALS_PER_ROW, FEWEST_PROPOSALS, MOST_ROUNDS = 200, 20_000, 100
#: Real rows that repairs look at.
MOST_SEEN = 10_000
#: Rounds of repairs before a row takes the nearest real row's values.
MOST_ATTEMPTS = 6


def _given(rules: Any) -> Any:
    empty = isinstance(rules, list | tuple) and not rules
    return () if empty else None if rules is None else rules_of(rules)


#: Fields of what obeys rules: which, what is done about violations, whether real rows break any.
Rules = Annotated[
    Any,
    PlainValidator(_given),
    WithJsonSchema({"x-rules": True}),
    Field(description="Domain rules, a rules file's name, or a pandera schema."),
]
OnViolation = Annotated[
    Literal["resample", "repair", "drop", "report"],
    Said(needed="resample, repair, drop or report"),
    Field(
        description="What is done where a synthetic row breaks a rule: resample replaces it by a"
        " valid one of its class, repair makes the smallest change known, drop leaves it out,"
        " report counts."
    ),
]
AllowRealViolations = Annotated[
    bool,
    Field(description="Go on where real rows break rules; otherwise that is refused, with counts."),
]


@dataclass
class Enforcement:
    """What enforcing rules did to one batch of synthetic rows.

    `rows` synthetic rows came, of which `broken_rows` broke a rule; `broken` counts them per rule,
    before anything was done. `repaired_cells` counts cells per column in the rows that are kept.
    `proposals` were made beyond the first, to replace `resampled` rows; `dropped` rows are gone.
    `skipped` rules could not be judged here, each with the reason. `learned_by_sdv` rules were
    learned by SDV's own constraints before, `outside` ones were not, each with the reason.
    `seconds` is wall time.
    """

    on_violation: str
    rows: int = 0
    broken_rows: int = 0
    broken: dict[str, int] = field(default_factory=dict)
    repaired_rows: int = 0
    repaired_cells: dict[str, int] = field(default_factory=dict)
    resampled: int = 0
    proposals: int = 0
    dropped: int = 0
    skipped: dict[str, str] = field(default_factory=dict)
    learned_by_sdv: tuple[str, ...] = ()
    outside: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


def enforcements(train: TrainingSet) -> list[Enforcement]:
    """What `Constrained` strategies and synthesizers did on the way to this training set.

    Parameters
    ----------
    train : TrainingSet
        What a strategy returned.

    Returns
    -------
    list of Enforcement
        In the order in which they were done; empty where no rules were enforced.
    """
    return [entry.enforcement for entry in train.log if entry.enforcement is not None]


@dataclass(frozen=True, eq=False)
class Proposals:
    """Synthetic rows: `rows` (m, c), and `carried` (m, k), what goes along with each.

    Within their `group` (m,) they replace each other.
    """

    rows: pd.DataFrame
    group: np.ndarray
    carried: np.ndarray

    def take(self, at: np.ndarray) -> Proposals:
        """The rows at these positions."""
        return Proposals(
            self.rows.take(at).reset_index(drop=True), self.group[at], self.carried[at]
        )


@dataclass(frozen=True, eq=False)
class Bound:
    """Rules with what they took from real rows, and what surrounds the rows that they judge.

    - `seen`: up to 10,000 real rows that break none of them.
    - `skipped`: rules that cannot be judged, each with the reason.
    - `before`: rows that stand before the synthetic ones in the table and never change.
    - `fixed`: columns that are not repaired.
    """

    rules: tuple[Rule, ...]
    seen: pd.DataFrame
    skipped: Mapping[str, str] = field(default_factory=dict)
    before: pd.DataFrame | None = None
    fixed: tuple[str, ...] = ()

    def around(self, rule: Rule, rows: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        """The table in which a rule judges rows, and where they begin in it."""
        if not rule.whole_table or self.before is None or not len(self.before):
            return rows, 0
        columns = list(rule.columns)
        both = pd.concat([self.before[columns], rows[columns]], ignore_index=True)
        return both, len(self.before)

    def violations(self, rule: Rule, rows: pd.DataFrame) -> np.ndarray:
        """Which of `rows` (m,) break the rule."""
        if not len(rows):
            return np.zeros(0, dtype=bool)
        table, start = self.around(rule, rows)
        return np.asarray(rule.violations(table))[start:]

    def broken(self, rows: pd.DataFrame, rules: Sequence[Rule] | None = None) -> np.ndarray:
        """Which of `rows` (m,) break at least one rule: of all, or of these."""
        bad = np.zeros(len(rows), dtype=bool)
        for rule in self.rules if rules is None else rules:
            bad |= self.violations(rule, rows)
        return bad


def rules_needed(constrained: Any) -> tuple[Rule, ...]:
    """The rules of a `Constrained` method. Raises: ConfigError where it has none and got none."""
    if constrained.rules is None:
        raise ConfigError(
            "constrained needs rules, however it has none. Give it rules, or give them to the"
            " comparison or training that it is part of.",
            key="rules",
        )
    return tuple(constrained.rules)


def bind(
    rules: Sequence[Rule],
    real: pd.DataFrame,
    *,
    aside: Mapping[str, str],
    allow_real_violations: bool,
) -> Bound:
    """The rules for synthetic rows beside these real ones (n, c).

    `aside` names columns that synthetic rows do not have, each with the reason; rules about them
    are skipped.

    Raises: ConfigError for an unknown column; DataError where real rows break rules, with counts,
    unless that is allowed.
    """
    refuse_unknown(tuple(rules), [*real.columns, *aside])
    skipped = {}
    for rule in rules:
        missing = [name for name in rule.columns if name in aside]
        if missing:
            skipped[rule.name] = f"column {missing[0]!r} {aside[missing[0]]}"
    bound = Bound(tuple(r.learned(real) for r in rules if r.name not in skipped), real, skipped)
    masks = {rule.name: bound.violations(rule, real) for rule in bound.rules}
    broken = [
        f"{name!r} in {mask.sum():,} rows ({mask.mean():.2%})"
        for name, mask in masks.items()
        if mask.any()
    ]
    if broken and not allow_real_violations:
        raise DataError(
            f"Rules must hold in the real rows, however of {len(real):,} they break"
            f" {'; '.join(broken)}. Correct the rules or the rows, or set allow_real_violations:"
            " true."
        )
    at = np.flatnonzero(~np.logical_or.reduce([np.zeros(len(real), dtype=bool), *masks.values()]))
    evenly = np.linspace(0, max(len(at) - 1, 0), min(len(at), MOST_SEEN))
    return replace(bound, seen=real.take(at[evenly.astype(int)]).reset_index(drop=True))


def settle(
    first: Proposals,
    bound: Bound,
    on_violation: str,
    more: Callable[[dict[Any, int]], Proposals],
    *,
    before: pd.DataFrame | None = None,
    fixed: Sequence[str] = (),
) -> tuple[Proposals, np.ndarray, Enforcement]:
    """Proposals that obey the rules, the positions in `first` they stand for, what it took.

    `more({group: rows wanted})` proposes further rows, of those groups at least. `before` are rows
    that stand before these in the table and never change. Columns in `fixed` are not repaired.

    Rows that cannot be repaired are made anew. Raises: DataError, naming the rule and the remedy,
    where valid rows cannot be had within 200 proposals per row that is missing.
    """
    began = time.perf_counter()
    bound = replace(bound, before=before, fixed=tuple(fixed))
    record = Enforcement(on_violation, rows=len(first.group), skipped=dict(bound.skipped))
    bad = np.zeros(len(first.group), dtype=bool)
    for rule in bound.rules:
        mask = bound.violations(rule, first.rows)
        record.broken[rule.name] = int(mask.sum())
        bad |= mask
    record.broken_rows = int(bad.sum())
    now, kept = first, np.arange(len(first.group))
    if bad.any() and on_violation == "drop":
        # Dropping a row can only help the others: those that repeat it are first then.
        kept = np.flatnonzero(~bad)
        now, record.dropped = first.take(kept), record.broken_rows
    elif on_violation in ("repair", "resample"):
        now = _settled(first, bad, bound, more, record)
    record.seconds = time.perf_counter() - began
    return now, kept, record


def _settled(
    now: Proposals,
    bad: np.ndarray,
    bound: Bound,
    more: Callable[[dict[Any, int]], Proposals],
    record: Enforcement,
) -> Proposals:
    """The proposals with valid rows in place of the broken ones: repaired, or else made anew."""
    repairs = record.on_violation == "repair"
    if repairs and bad.any():
        found = repair(now.rows, bound)
        record.repaired_rows = int((bad & ~found.broken).sum())
        record.repaired_cells = found.cells
        now, bad = replace(now, rows=found.rows), found.broken
    wanted, met, rounds, new = int(bad.sum()), 0, 0, now
    most = max(FEWEST_PROPOSALS, MOST_PROPOSALS_PER_ROW * wanted)
    while bad.any():
        if rounds == MOST_ROUNDS or record.proposals >= most:
            raise _too_rare(bound, new.rows, wanted, int(bad.sum()), record)
        rounds += 1
        at = np.flatnonzero(bad)
        groups, counts = np.unique(now.group[at], return_counts=True)
        # A tenth more than the rate so far promises.
        factor = 1.1 * min(record.proposals / max(met, 1), 50.0) if record.proposals else 1.0
        asked = np.ceil(counts * factor).astype(int)
        new = more(dict(zip(groups.tolist(), asked.tolist(), strict=True)))
        record.proposals += len(new.group)
        if not len(new.group):
            continue
        beside = bound
        if any(rule.whole_table for rule in bound.rules):
            valid = now.rows.take(np.flatnonzero(~bad))
            stands = [] if bound.before is None else [bound.before[list(valid.columns)]]
            beside = replace(bound, before=pd.concat([*stands, valid], ignore_index=True))
        broken = beside.broken(new.rows)
        if repairs and broken.any():
            found = repair(new.rows, beside)
            new, broken = replace(new, rows=found.rows), found.broken
        good = np.flatnonzero(~broken)
        met += len(good)
        now, filled = _filled(now, at, new.take(good))
        record.resampled += len(filled)
        bad = bad.copy()
        bad[filled] = False
        if not bad.any():  # by themselves; new rows may still break a rule together
            bad = bound.broken(now.rows)
    return now


def _too_rare(
    bound: Bound, last: pd.DataFrame, wanted: int, left: int, record: Enforcement
) -> DataError:
    worst = max(bound.rules, key=lambda rule: int(bound.violations(rule, last).sum()))
    others = "repair or drop" if record.on_violation == "resample" else "drop"
    return DataError(
        f"{wanted:,} synthetic rows that obey the rules are needed in place of broken ones, however"
        f" {record.proposals:,} further proposals gave {wanted - left:,}. The rule that stops most"
        f" of the rest is {worst.name!r}. Relax it, or use on_violation: {others}."
    )


def _filled(now: Proposals, at: np.ndarray, new: Proposals) -> tuple[Proposals, np.ndarray]:
    """New rows put in the place of broken ones `at` of the same group; and the places filled."""
    places, picks = [], []
    for group in np.unique(now.group[at]):
        free, there = at[now.group[at] == group], np.flatnonzero(new.group == group)
        n = min(len(free), len(there))
        places.append(free[:n])
        picks.append(there[:n])
    place, pick = np.concatenate(places), np.concatenate(picks)
    carried = now.carried.copy()
    carried[place] = new.carried[pick]
    rows = put(now.rows, place, new.rows[list(now.rows.columns)].take(pick))
    return Proposals(rows, now.group, carried), place


def put(table: pd.DataFrame, at: np.ndarray, cells: pd.DataFrame) -> pd.DataFrame:
    """The table with these cells in the rows `at`; columns that do not change are shared."""
    columns = {}
    for name in cells.columns:
        column = table[name].copy()
        column.iloc[at] = cells[name].array
        columns[name] = column
    return table.assign(**columns)


# ------------------------------------------------------------------------------------------- repair


@dataclass(frozen=True, eq=False)
class Repaired:
    """The rows (m, c), which could not be repaired (m,), and the cells changed per column."""

    rows: pd.DataFrame
    broken: np.ndarray
    cells: dict[str, int] = field(default_factory=dict)


def repair(rows: pd.DataFrame, bound: Bound) -> Repaired:
    """`rows` (m, c) with broken rules repaired; rows that break none stay cell for cell.

    Each rule makes its smallest change; since that may break another, rules take turns for a few
    rounds. What is broken still takes the values of the nearest row of `bound.seen` in the columns
    of the broken rule, and where others break then, in the columns of all rules that hang together
    with it. A row that cannot be repaired so comes back as it was, marked broken.
    """
    rows = first = rows.reset_index(drop=True)
    bad = bound.broken(rows)
    for attempt in range(MOST_ATTEMPTS):
        if not bad.any():
            break
        for rule in bound.rules:
            rows = _repaired(rule, rows, bound, attempt)
        bad = bound.broken(rows)
    # A whole group only where its rule alone will not do.
    for groups in ([[rule] for rule in bound.rules], _groups(bound.rules)):
        if bad.any() and len(bound.seen):
            for group in groups:
                rows = _from_nearest(group, rows, bad, first, bound)
            bad = bound.broken(rows)
    if bad.any():
        at = np.flatnonzero(bad)
        rows = put(rows, at, first.take(at))
        bad = bad | bound.broken(rows)
    changed = [name for name in rows.columns if rows[name] is not first[name]]
    cells = {name: _n_different(first[name], rows[name]) for name in changed}
    return Repaired(rows, bad, {name: n for name, n in cells.items() if n})


def _repaired(rule: Rule, rows: pd.DataFrame, bound: Bound, attempt: int) -> pd.DataFrame:
    at = np.flatnonzero(bound.violations(rule, rows))
    if not len(at):
        return rows
    table, start = bound.around(rule, rows)
    changed = rule.repair(Broken(table, at + start, bound.seen, attempt))
    if changed is None or any(name in bound.fixed for name in changed.columns):
        return rows
    return put(rows, at, changed)


def _from_nearest(
    group: list[Rule], rows: pd.DataFrame, bad: np.ndarray, first: pd.DataFrame, bound: Bound
) -> pd.DataFrame:
    """The rows; where the rules are broken, with their columns of the nearest real row."""
    at = np.flatnonzero(bound.broken(rows, group) & bad)
    if not len(at):
        return rows
    columns = dict.fromkeys(name for rule in group for name in rule.columns)
    free = [name for name in columns if name not in bound.fixed]
    held = [name for name in columns if name in bound.fixed]
    for donors, part in _alike(bound.seen, first.iloc[at], held):
        seen = bound.seen[free].iloc[donors]
        picks = nearest_rows(first[free].iloc[at[part]], seen)
        rows = put(rows, at[part], seen.iloc[picks])
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
    groups: list[list[Rule]] = []
    for rule in rules:
        joined = [g for g in groups if any(set(r.columns) & set(rule.columns) for r in g)]
        apart = [g for g in groups if g not in joined]
        members = [rule]
        for other in joined:
            members = other + members
        groups = [*apart, members]
    return groups


def _n_different(a: pd.Series, b: pd.Series) -> int:
    same = (a.astype(object) == b.astype(object)).to_numpy(dtype=bool, na_value=False)
    return int((~same & ~(a.isna() & b.isna()).to_numpy()).sum())
