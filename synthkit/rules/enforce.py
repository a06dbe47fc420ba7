"""Synthetic rows made to obey rules, whatever makes them: made anew, repaired, dropped, or only counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from synthkit.errors import ConfigError, DataError, nearest
from synthkit.rules.base import Rule, refuse_unknown
from synthkit.rules.repair import broken_by, broken_rows, repair
from synthkit.rules.rules_file import rules_of
from synthkit.table.training_set import TrainingSet

ON_VIOLATION = ("resample", "repair", "drop", "report")
#: Proposals per row that is missing, and rounds of them, before a rule is given up on.
MOST_PROPOSALS_PER_ROW, FEWEST_PROPOSALS, MOST_ROUNDS = 200, 20_000, 100
#: Real rows that repairs look at.
MOST_SEEN = 10_000


@dataclass
class Enforcement:
    """What enforcing rules did to one batch of synthetic rows.

    `rows` synthetic rows came, of which `broken_rows` broke a rule; `broken` counts them per rule,
    before anything was done. `repaired_cells` counts cells per column in the rows that are kept.
    `proposals` were made beyond the first, to replace `resampled` rows; `dropped` rows are gone.
    `skipped` rules could not be judged here, each with the reason. `learned_by_sdv` rules were learned by
    SDV's own constraints before, `outside` ones were not, each with the reason. `seconds` is wall time.
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
    """What `Constrained` strategies and synthesizers did on the way to this training set, in their order."""
    return [entry.enforcement for entry in train.log if entry.enforcement is not None]


@dataclass(frozen=True, eq=False)
class Proposals:
    """Synthetic rows (m, c), the group of each (m,), in which they replace each other, and what goes along (m, k)."""

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
    """Rules with what they took from real rows, and up to 10,000 real rows that break none of them."""

    rules: tuple[Rule, ...]
    seen: pd.DataFrame
    skipped: Mapping[str, str] = field(default_factory=dict)


def check_settings(constrained: Any) -> None:
    """Makes rules of `constrained.rules`, and checks what `Constrained` methods of both roles share.

    Rules that are None stay so: they are those of the comparison or training. An empty list is no rule.

    Raises: ConfigError for wrong rules, or a word that is no way to treat a violation.
    """
    rules, allow = constrained.rules, constrained.allow_real_violations
    if rules is not None:
        none = isinstance(rules, list | tuple) and not rules
        object.__setattr__(constrained, "rules", () if none else rules_of(rules))
    check_on_violation(constrained.on_violation)
    if not isinstance(allow, bool):
        raise ConfigError(
            f"allow_real_violations must be true or false, however it is {allow!r}.",
            key="allow_real_violations",
        )


def rules_needed(constrained: Any) -> tuple[Rule, ...]:
    """The rules of a `Constrained` method. Raises: ConfigError where it has none of its own, and got none."""
    if constrained.rules is None:
        raise ConfigError(
            "constrained needs rules, however it has none. Give it rules, or give them to the comparison"
            " or training that it is part of.",
            key="rules",
        )
    return tuple(constrained.rules)


def check_on_violation(on_violation: Any) -> None:
    """Raises: ConfigError for a word that is no way to treat a violation."""
    if on_violation not in ON_VIOLATION:
        raise ConfigError(
            f"on_violation must be {', '.join(ON_VIOLATION[:-1])} or {ON_VIOLATION[-1]}, however it is"
            f" {on_violation!r}.{nearest(str(on_violation), list(ON_VIOLATION))}",
            key="on_violation",
        )


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
    skipped = {
        rule.name: next(f"column {name!r} {aside[name]}" for name in rule.columns if name in aside)
        for rule in rules
        if any(name in aside for name in rule.columns)
    }
    kept = tuple(rule.learned(real) for rule in rules if rule.name not in skipped)
    valid = np.ones(len(real), dtype=bool)
    counts = {}
    for rule in kept:
        mask = np.asarray(rule.broken(real)) if len(real) else np.zeros(0, dtype=bool)
        if mask.any():
            counts[rule.name] = int(mask.sum())
            valid &= ~mask
    if counts and not allow_real_violations:
        shown = "; ".join(
            f"{name!r} in {n:,} rows ({n / len(real):.2%})" for name, n in counts.items()
        )
        raise DataError(
            f"Rules must hold in the real rows, however of {len(real):,} they break {shown}. Correct the"
            " rules or the rows, or set allow_real_violations: true."
        )
    at = np.flatnonzero(valid)
    at = (
        at[np.unique(np.linspace(0, max(len(at) - 1, 0), min(len(at), MOST_SEEN)).astype(int))]
        if len(at)
        else at
    )
    return Bound(kept, real.take(at).reset_index(drop=True), skipped)


def settle(
    first: Proposals,
    bound: Bound,
    on_violation: str,
    more: Callable[[dict[Any, int]], Proposals],
    *,
    before: pd.DataFrame | None = None,
    fixed: Sequence[str] = (),
) -> tuple[Proposals, np.ndarray, Enforcement]:
    """Proposals that obey the rules, the positions in `first` that they stand for, and what it took.

    `more({group: rows wanted})` proposes further rows, of those groups at least. `before` are rows
    that stand before these in the table and never change. Columns in `fixed` are not repaired.

    Rows that repair cannot mend are made anew. Raises: DataError, naming the rule and the remedy,
    where valid rows cannot be had within 200 proposals per row that is missing.
    """
    began = time.perf_counter()
    record = Enforcement(on_violation, rows=len(first.group), skipped=dict(bound.skipped))
    masks = {rule.name: broken_by(rule, first.rows, before) for rule in bound.rules}
    record.broken = {name: int(mask.sum()) for name, mask in masks.items()}
    bad = (
        np.logical_or.reduce(list(masks.values()))
        if masks
        else np.zeros(len(first.group), dtype=bool)
    )
    record.broken_rows = int(bad.sum())
    now, kept = first, np.arange(len(first.group))
    if bad.any() and on_violation == "drop":
        # Dropping a row can only help the others: those that repeat it are first then.
        kept = np.flatnonzero(~bad)
        now, record.dropped = first.take(kept), record.broken_rows
    elif bad.any() and on_violation != "report":
        now = _settled(first, bad, bound, on_violation, more, before, fixed, record)
    record.seconds = time.perf_counter() - began
    return now, kept, record


def _settled(
    now: Proposals,
    bad: np.ndarray,
    bound: Bound,
    on_violation: str,
    more: Callable[[dict[Any, int]], Proposals],
    before: pd.DataFrame | None,
    fixed: Sequence[str],
    record: Enforcement,
) -> Proposals:
    now, bad = _repaired(now, bad, bound, on_violation, before, fixed, record)
    most = max(FEWEST_PROPOSALS, MOST_PROPOSALS_PER_ROW * int(bad.sum()))
    wanted, met = int(bad.sum()), 0
    if not bad.any():
        return now
    for _ in range(MOST_ROUNDS):
        at = np.flatnonzero(bad)
        groups, counts = np.unique(now.group[at], return_counts=True)
        # A tenth more than the rate so far promises.
        factor = 1.1 * min(record.proposals / max(met, 1), 50.0) if record.proposals else 1.0
        new = more(
            {
                g: int(np.ceil(n * factor))
                for g, n in zip(groups.tolist(), counts.tolist(), strict=True)
            }
        )
        record.proposals += len(new.group)
        context = (
            _joined(before, now.rows.take(np.flatnonzero(~bad)))
            if any(rule.whole_table for rule in bound.rules)
            else None
        )
        if len(new.group):
            broken = broken_rows(bound.rules, new.rows, context)
            new, broken = _repaired(new, broken, bound, on_violation, context, fixed, None)
            good = np.flatnonzero(~broken)
            met += len(good)
            now, filled = _filled(now, at, new.take(good))
            record.resampled += len(filled)
            bad = bad.copy()
            bad[filled] = False
            if not bad.any():
                bad = broken_rows(bound.rules, now.rows, before)
        if not bad.any():
            return now
        if record.proposals >= most:
            break
    worst = max(
        bound.rules,
        key=lambda rule: int(broken_by(rule, new.rows, before).sum()) if len(new.group) else 0,
    )
    raise DataError(
        f"{wanted:,} synthetic rows that obey the rules are needed in place of broken ones, however"
        f" {record.proposals:,} further proposals gave {wanted - int(bad.sum()):,}. The"
        f" rule that stops most of the rest is {worst.name!r}."
        + (
            " Relax it, or use on_violation: repair or drop."
            if on_violation == "resample"
            else " Relax it, or use on_violation: drop."
        )
    )


def _repaired(
    now: Proposals,
    bad: np.ndarray,
    bound: Bound,
    on_violation: str,
    before: pd.DataFrame | None,
    fixed: Sequence[str],
    record: Enforcement | None,
) -> tuple[Proposals, np.ndarray]:
    if on_violation != "repair" or not bad.any():
        return now, bad
    found = repair(now.rows, bound.rules, bound.seen, before=before, fixed=fixed)
    if record is not None:
        record.repaired_rows = int((bad & ~found.broken).sum())
        record.repaired_cells = found.cells
    return Proposals(found.rows, now.group, now.carried), found.broken


def _filled(now: Proposals, at: np.ndarray, new: Proposals) -> tuple[Proposals, np.ndarray]:
    """Valid new rows put in the place of broken ones `at` of the same group; and the places filled."""
    places, picks = [], []
    for group in np.unique(now.group[at]):
        free, there = at[now.group[at] == group], np.flatnonzero(new.group == group)
        n = min(len(free), len(there))
        places.append(free[:n])
        picks.append(there[:n])
    place, pick = np.concatenate(places), np.concatenate(picks)
    rows = now.rows.assign(
        **{
            name: with_cells(now.rows[name], place, new.rows[name].iloc[pick])
            for name in now.rows.columns
        }
    )
    carried = now.carried.copy()
    carried[place] = new.carried[pick]
    return Proposals(rows, now.group, carried), place


def with_cells(column: pd.Series, at: np.ndarray, cells: pd.Series) -> pd.Series:
    """The column (n,) with these cells (m,) at positions `at`; the column given stays as it is."""
    column = column.copy()
    column.iloc[at] = cells.array
    return column


def _joined(before: pd.DataFrame | None, rows: pd.DataFrame) -> pd.DataFrame:
    return (
        rows if before is None else pd.concat([before[list(rows.columns)], rows], ignore_index=True)
    )
