"""Any strategy made to obey rules: its synthetic rows are made anew, repaired, dropped, or only counted."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from synthkit.methods.registry import rewritten, spec_of
from synthkit.randomness import integer_seed
from synthkit.rules.base import refuse_unknown
from synthkit.rules.enforce import Proposals, bind, check_settings, rules_needed, settle, with_cells
from synthkit.strategies.base import Strategy
from synthkit.strategies.top_up import _spend, spending
from synthkit.synthesizers import SYNTHESIZERS, ConstrainedSynthesizer, Synthesizer
from synthkit.table.training_set import SYNTHETIC, TrainingSet


@dataclass(frozen=True)
class Constrained:
    """Let a strategy's synthetic rows obey rules; real rows are never touched.

    `strategy` is one, its name, or a mapping; given a synthesizer, this is a `ConstrainedSynthesizer`.
    `rules` are rules, their mappings, a rules file's name, or a pandera schema; None inside a comparison
    that has rules means those. `on_violation`:

    - "resample": broken rows are replaced by valid ones of the same class that the strategy makes
      when it is asked again;
    - "repair": broken rows are mended by the smallest change known; those that cannot be are replaced;
    - "drop": broken rows are left out, so that fewer are added than `ratio` asks for;
    - "report": nothing is done.

    What was done is counted: `with enforcements() as records: ...`. A rule that names the target
    speaks of the likeliest class; repair never changes it. Rules about keys and text, which a
    training set does not have, are skipped and named in the record.

    Shape: as the strategy's; fewer rows with "drop".
    Raises: ConfigError for unknown columns and contradictory rules; DataError for rules that real
    rows break, with counts, unless `allow_real_violations`; DataError where valid rows are too rare.
    """

    strategy: Any
    rules: Any = None
    on_violation: str = "resample"
    allow_real_violations: bool = False

    def __new__(cls, strategy: Any = None, *args: Any, **settings: Any) -> Any:
        """A constrained synthesizer, where it is one that is given."""
        if isinstance(strategy, Synthesizer):
            return ConstrainedSynthesizer(strategy, *args, **settings)
        return super().__new__(cls)

    def __post_init__(self) -> None:
        from synthkit.strategies import STRATEGIES

        object.__setattr__(self, "strategy", STRATEGIES.build(self.strategy))
        check_settings(self)

    @property
    def stream(self) -> Any:
        """What an arm's random stream should depend on: that of the strategy without rules."""
        from synthkit.strategies import STRATEGIES

        return getattr(self.strategy, "stream", spec_of(self.strategy, (STRATEGIES, SYNTHESIZERS)))

    @property
    def device(self) -> str:
        """Where the strategy trains, if it does."""
        return str(getattr(self.strategy, "device", "cpu"))

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        rules = rules_needed(self)
        known = {column.name for column in train.schema.columns}
        refuse_unknown(rules, [str(column.name) for column in train.schema.columns])
        aside = {
            name: "is a key or text, which no training set has"
            for name in known
            if name not in train.X.columns and name != train.schema.target
        }
        here = [rule for rule in rules if not any(name in aside for name in rule.columns)]
        named = {name for rule in here for name in rule.columns}
        real_rows = np.unique(train.origin, return_index=True)[1]
        real = train.take(np.sort(real_rows[train.origin[real_rows] != SYNTHETIC]))
        bound = bind(
            rules,
            _table(real, named),
            aside=aside,
            allow_real_violations=self.allow_real_violations,
        )
        again = self._again(train, rng)
        out = again()
        at = np.flatnonzero(out.origin == SYNTHETIC)
        if not len(at) or not bound.rules:
            return out
        whole = any(rule.whole_table for rule in bound.rules)
        before = _table(out.take(np.flatnonzero(out.origin != SYNTHETIC)), named) if whole else None

        def more(_: dict[Any, int]) -> Proposals:
            with spending() as spent:  # the same fit is not paid for twice
                found = again()
            _spend(sampling=spent.sampling)
            return _proposals(found, np.flatnonzero(found.origin == SYNTHETIC), named)

        target = str(train.schema.target)
        settled, kept = settle(
            _proposals(out, at, named),
            bound,
            self.on_violation,
            more,
            before=before,
            fixed=(target,),
        )
        if len(kept) < len(at):
            gone = np.ones(len(out), dtype=bool)
            gone[np.setdiff1d(at, at[kept])] = False
            return out.take(gone)
        X = out.X.assign(
            **{name: with_cells(out.X[name], at, settled.rows[name]) for name in out.X.columns}
        )
        y = out.y.copy()
        y[at] = settled.carried
        return replace(out, X=X, y=y)

    def _again(self, train: TrainingSet, rng: np.random.Generator) -> Callable[[], TrainingSet]:
        """The strategy on the training set; what it fits, it fits once, however often it is asked."""
        strategy: Strategy = self.strategy
        seeded = getattr(strategy, "seeded", None)
        if seeded is None:
            return lambda: strategy(train, rng)
        seed = integer_seed(rng)
        return lambda: seeded(train, seed, rng)


def with_rules(
    method: Any,
    rules: Any,
    *,
    allow_real_violations: bool = False,
    columns: Collection[str] | None = None,
) -> Any:
    """The method with these rules wherever something constrained inside it has none of its own.

    A synthesizer gets those about `columns` alone, since a top-up shows it no keys and no text. Where
    nothing lacks rules it is the same object.
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

    return rewritten(method, given)


def without_rules(method: Any) -> Any:
    """The method with nothing constrained in it; the same object where nothing was."""

    def free(part: Any) -> Any:
        if isinstance(part, Constrained):
            return part.strategy
        return part.synthesizer if isinstance(part, ConstrainedSynthesizer) else part

    return rewritten(method, free)


def _table(train: TrainingSet, named: set[str]) -> pd.DataFrame:
    """The features, and the target where a rule names it."""
    target = train.schema.target
    if target not in named or not len(train):
        return (
            train.X.assign(**{str(target): pd.Series(dtype=object)}) if target in named else train.X
        )
    return train.X.assign(**{str(target): train.schema.decode_target(train.codes)})


def _proposals(train: TrainingSet, at: np.ndarray, named: set[str]) -> Proposals:
    part = train.take(at)
    return Proposals(_table(part, named), part.codes, part.y)
