"""Any strategy made to obey rules: its synthetic rows are made anew, repaired, dropped, or only
counted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import BeforeValidator, Field

from synthkit.errors import ConfigError
from synthkit.methods import method, walk
from synthkit.methods.traits import Traits
from synthkit.rules.base import Rule, refuse_unknown
from synthkit.rules.enforce import (
    AllowRealViolations,
    Bound,
    Enforcement,
    OnViolation,
    Proposals,
    Rules,
    bind,
    put,
    rules_needed,
    settle,
)
from synthkit.strategies.base import Around, AStrategy
from synthkit.synthesizers import ConstrainedSynthesizer, Synthesizer
from synthkit.table.training_set import SYNTHETIC, Entry, TrainingSet


def _is_no_synthesizer(strategy: Any) -> Any:
    if isinstance(strategy, Synthesizer):
        name = type(strategy).__name__
        raise ConfigError(
            f"Constrained needs a strategy, however {name} is a synthesizer. Write"
            f" ConstrainedSynthesizer({name}(...), rules), which can fit and sample."
        )
    return strategy


@method
class Constrained(Around):
    """Let a strategy's synthetic rows obey rules; real rows are never touched.

    With "repair" broken rows that cannot be repaired are replaced; with "drop" fewer are added than
    `ratio` asks for. What was done is counted, in the log of what is returned: `enforcements(out)`.
    A rule that names the target speaks of the likeliest class; repair never changes it. Rules about
    keys and text, which a training set does not have, are skipped and named in the record.

    Raises
    ------
    ConfigError
        For a synthesizer, unknown columns and contradictory rules.
    DataError
        For rules that real rows break, with counts, unless `allow_real_violations`; and where valid
        rows are too rare.

    Notes
    -----
    Shape: as the strategy's; fewer rows with "drop".
    """

    traits: ClassVar[Traits | None] = None

    strategy: Annotated[
        AStrategy,
        BeforeValidator(_is_no_synthesizer),
        Field(description="Whose rows obey; for a synthesizer there is `ConstrainedSynthesizer`."),
    ]
    rules: Annotated[
        Rules, Field(description="Domain rules; None means those of the comparison it is part of.")
    ] = None
    on_violation: OnViolation = "resample"
    allow_real_violations: AllowRealViolations = False

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        bound = _bound(train, rules_needed(self), self.allow_real_violations)
        again = self.strategy.repeated(train, rng)
        out = again()
        at = np.flatnonzero(out.origin == SYNTHETIC)
        if not len(at) or not bound.rules:
            return out
        later: list[Entry] = []

        def more(_: dict[Any, int]) -> Proposals:
            found = again()
            # The same fit is not paid for twice.
            later.extend(
                replace(entry, training=0.0, reused=0.0, reused_cpu=0.0)
                for entry in found.log[len(train.log) :]
            )
            return _proposals(found, np.flatnonzero(found.origin == SYNTHETIC), bound.rules)

        settled, kept, record = settle(
            _proposals(out, at, bound.rules),
            bound,
            self.on_violation,
            more,
            before=_before(out, bound.rules),
            fixed=(str(train.schema.target),),
        )
        out = out.logged(*later, Entry(enforcing=record.seconds, enforcement=record))
        if len(kept) < len(at):
            gone = np.ones(len(out), dtype=bool)
            gone[np.setdiff1d(at, at[kept])] = False
            return out.take(gone)
        X = put(out.X, at, settled.rows[list(out.X.columns)])
        y = out.y.copy()
        y[at] = settled.carried
        return replace(out, X=X, y=y)


def violations(train: TrainingSet, out: TrainingSet, rules: Collection[Rule]) -> Enforcement:
    """How the synthetic rows of `out`, made from `train`, stand to the rules; nothing is done to
    them.
    """
    bound = _bound(train, tuple(rules), allow_real_violations=True)
    at = np.flatnonzero(out.origin == SYNTHETIC)
    if not len(at) or not bound.rules:
        return Enforcement("report", broken=dict.fromkeys((rule.name for rule in rules), 0))
    first = _proposals(out, at, bound.rules)
    return settle(first, bound, "report", lambda _: first, before=_before(out, bound.rules))[2]


def _bound(train: TrainingSet, rules: tuple[Rule, ...], allow_real_violations: bool) -> Bound:
    """The rules for rows beside the real ones of a training set, which has no keys and no text."""
    columns, target = [str(column.name) for column in train.schema.columns], train.schema.target
    refuse_unknown(rules, columns)
    aside = {
        name: "is a key or text, which no training set has"
        for name in columns
        if name not in train.X.columns and name != target
    }
    here = [rule for rule in rules if not any(name in aside for name in rule.columns)]
    real_rows = np.unique(train.origin, return_index=True)[1]
    real = train.take(np.sort(real_rows[train.origin[real_rows] != SYNTHETIC]))
    return bind(
        rules,
        _table(real, here),
        aside=aside,
        allow_real_violations=allow_real_violations,
    )


def _before(out: TrainingSet, rules: Iterable[Rule]) -> pd.DataFrame | None:
    """The real rows that stand before the synthetic ones, for rules about a whole table."""
    if not any(rule.whole_table for rule in rules):
        return None
    return _table(out.take(np.flatnonzero(out.origin != SYNTHETIC)), rules)


def with_rules(
    method: Any,
    rules: Any,
    *,
    allow_real_violations: bool = False,
    columns: Collection[str] | None = None,
) -> Any:
    """The method with these rules wherever something constrained inside it has none of its own.

    A synthesizer gets those about `columns` alone, since a top-up shows it no keys and no text.
    Where nothing lacks rules it is the same object.
    """

    def given(part: Any) -> Any:
        if not isinstance(part, Constrained | ConstrainedSynthesizer) or part.rules is not None:
            return part
        own = rules
        if isinstance(part, ConstrainedSynthesizer) and columns is not None:
            own = [rule for rule in rules if set(rule.columns) <= set(columns)]
        return replace(
            part,
            rules=own,
            allow_real_violations=allow_real_violations or part.allow_real_violations,
        )

    return walk(method, given)


def without_rules(method: Any) -> Any:
    """The method with nothing constrained in it; the same object where nothing was."""

    def free(part: Any) -> Any:
        if isinstance(part, Constrained):
            return part.strategy
        return part.synthesizer if isinstance(part, ConstrainedSynthesizer) else part

    return walk(method, free)


def _table(train: TrainingSet, rules: Iterable[Rule]) -> pd.DataFrame:
    """The features, and the target where a rule names it."""
    target = train.schema.target
    if not any(target in rule.columns for rule in rules):
        return train.X
    labels = train.schema.decode_target(train.codes) if len(train) else pd.Series(dtype=object)
    return train.X.assign(**{str(target): labels})


def _proposals(train: TrainingSet, at: np.ndarray, rules: Iterable[Rule]) -> Proposals:
    part = train.take(at)
    return Proposals(_table(part, rules), part.codes, part.y)
