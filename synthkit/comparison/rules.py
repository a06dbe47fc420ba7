"""A comparison's rules: held against the real table first, counted in every arm, and what keeping them did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from synthkit.comparison.ledger import Cell
from synthkit.comparison.outcome import Outcome
from synthkit.comparison.plan import REGISTRIES, Arm, Plan
from synthkit.methods.registry import key_of, spec_of
from synthkit.rules.base import Rule
from synthkit.rules.check import check
from synthkit.rules.enforce import bind, enforcements
from synthkit.strategies.constrained import violations, without_rules
from synthkit.table.dataset import Dataset
from synthkit.table.training_set import TrainingSet

#: What is added up over the folds.
NUMBERS = ("rows", "broken_rows", "repaired_rows", "resampled", "proposals", "dropped", "left_rows")
COUNTERS = ("broken", "left", "repaired_cells")
#: Scores of which an arm is held against itself without rules.
HELD = ("average_precision", "f1_tuned", "f1", "cost_tuned", "cost")


def check_real(plan: Plan, dataset: Dataset) -> None:
    """Raises: ConfigError for a rule about a column that the table lacks; DataError where its rows break rules,
    with counts, unless the plan allows that.
    """
    if plan.rules:
        bind(plan.rules, dataset.table, aside={}, allow_real_violations=plan.allow_real_violations)


def counted(
    rules: Sequence[Rule],
    train: TrainingSet,
    augmented: TrainingSet,
) -> dict[str, Any]:
    """How an arm's synthetic rows stand to the rules, as plain values that the ledger keeps.

    `rows` synthetic rows came, of which `broken_rows` broke a rule and `broken` counts them per rule, both
    before anything was enforced; `left_rows` and `left` count what is broken in the rows that the classifiers
    learn from.
    """
    after, records = violations(train, augmented, rules), enforcements(augmented)
    kept = [record for record in records if record.on_violation != "report"]
    before = kept or [after]
    return {
        **{
            name: sum(getattr(record, name) for record in before)
            for name in NUMBERS
            if name != "left_rows"
        },
        "broken": {**after.broken, **_summed(record.broken for record in before)},
        "repaired_cells": _summed(record.repaired_cells for record in before),
        "left_rows": after.broken_rows,
        "left": after.broken,
        "on_violation": sorted({record.on_violation for record in kept}),
        "skipped": {
            **after.skipped,
            **{name: why for record in records for name, why in record.skipped.items()},
        },
        "learned_by_sdv": list(
            dict.fromkeys(name for record in records for name in record.learned_by_sdv)
        ),
        "outside": {name: why for record in records for name, why in record.outside.items()},
    }


def rules_of_comparison(
    outcome: Outcome, gap: Callable[[list[Cell], list[Cell], str], dict[str, Any] | None]
) -> dict[str, Any]:
    """What `results.json` says under `rules`; docs/results.md describes it.

    `gap(cells, others, score)` is the paired verdict between two arms' cells.
    """
    dataset, plan = outcome.dataset, outcome.plan
    real = check(dataset.table, plan.rules, real=dataset.table)
    arms = [_of_arm(outcome, arm) for arm in outcome.arms]
    return {
        "allow_real_violations": plan.allow_real_violations,
        "rules": [
            {
                "name": each.rule.name,
                "rule": each.rule.rule,
                "columns": list(each.rule.columns),
                "nulls": each.rule.nulls,
                "real": each.n,
            }
            for each in real.rules
        ],
        "real_rows": real.rows,
        "real_broken_rows": real.n,
        "arms": arms,
        "gaps": [
            {"classifier": name, "arm": arm["arm"], "without": arm["without"], "gap": found}
            for name in outcome.classifiers
            for arm in arms
            if arm["without"] is not None
            if (found := _gaps(outcome.of(name, arm["arm"]), outcome.of(name, arm["without"]), gap))
        ],
    }


def _gaps(
    cells: list[Cell],
    others: list[Cell],
    gap: Callable[[list[Cell], list[Cell], str], dict[str, Any] | None],
) -> dict[str, Any]:
    if any(cell.error is not None for cell in (*cells, *others)):
        return {}
    known = [key for key in HELD if any(key in cell.scores for cell in cells)]
    found = {key: gap(cells, others, key) for key in known}
    # Not adjusted for the number of arms: it is one question per pair, and p_holm would be of another.
    return {
        key: {word: value for word, value in one.items() if word != "p_holm"}
        for key, one in found.items()
        if one
    }


def _of_arm(outcome: Outcome, arm: Arm) -> dict[str, Any]:
    """One arm's counts over all folds; the classifiers learn from the same rows, so each fold counts once."""
    of_fold: dict[tuple[int, int], dict[str, Any]] = {}
    for name in outcome.classifiers:
        for cell in outcome.of(name, arm.label):
            if cell.error is None and cell.rules:
                of_fold.setdefault((cell.repeat, cell.fold), cell.rules)
    found = list(of_fold.values())
    return {
        "arm": arm.label,
        "limit": arm.label in outcome.limit_arms,
        "folds": len(found),
        "without": twin_of(arm, outcome.arms),
        **{name: sum(each[name] for each in found) for name in NUMBERS},
        **{name: _summed(each[name] for each in found) for name in COUNTERS},
        "on_violation": sorted({word for each in found for word in each["on_violation"]}),
        **{
            name: {key: why for each in found for key, why in each[name].items()}
            for name in ("skipped", "outside")
        },
        "learned_by_sdv": list(
            dict.fromkeys(name for each in found for name in each["learned_by_sdv"])
        ),
    }


def twin_of(arm: Arm, arms: Sequence[Arm]) -> str | None:
    """The label of the arm that is this one with nothing enforced, where both run."""
    bare = without_rules(arm.strategy)
    if bare is arm.strategy:
        return None
    key = key_of(spec_of(bare, REGISTRIES))
    return next((other.label for other in arms if key_of(other.spec) == key), None)


def _summed(counts: Any) -> dict[str, int]:
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return dict(total)
