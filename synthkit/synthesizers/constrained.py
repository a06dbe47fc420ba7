"""Any synthesizer made to obey rules: its rows are made anew, repaired, dropped, or only
counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field

from synthkit.methods import ByName, method, with_parameter
from synthkit.methods.traits import Traits
from synthkit.progress import Report as Progress
from synthkit.rules.base import Rule
from synthkit.rules.enforce import (
    AllowRealViolations,
    Bound,
    OnViolation,
    Proposals,
    Rules,
    bind,
    rules_needed,
    settle,
)
from synthkit.synthesizers.base import Fitted, Model, Synthesizer, generator_of, loss_curve_of
from synthkit.synthesizers.sdv import Sdv, handed_over
from synthkit.synthesizers.sdv_fit import ConstraintError
from synthkit.table.schema import Kind, Schema


@method
class ConstrainedSynthesizer(Synthesizer):
    """Let a synthesizer's rows obey rules.

    "repair" changes neither the target nor a column of `where`; "drop" returns fewer rows.
    `fitted.enforcement` says what the last sample took. Keys are invented anew for every row, so
    rules about them are skipped.

    CTGAN, TVAE, GaussianCopula and CopulaGAN learn what they can of the rules by SDV's own
    constraints (`synthkit.synthesizers.sdv.handed_over`), still conditioned on every state, and so
    propose fewer broken rows. All rules are enforced outside all the same; `fitted.enforcement`
    says which SDV learned.

    With "repair" the model holds up to 10,000 real rows; then, and with a rule that takes
    combinations from the table, its file is a pickle.

    Raises
    ------
    ConfigError, DataError
        At `fit`, as `synthkit.Constrained`; at `sample`, DataError where valid rows are too rare.
    """

    traits: ClassVar[Traits | None] = None

    synthesizer: Annotated[
        Any,
        ByName("synthkit.synthesizers:SYNTHESIZERS"),
        Field(description="What learns the table."),
    ]
    rules: Annotated[
        Rules, Field(description="Domain rules; None means those of the training it is part of.")
    ] = None
    on_violation: OnViolation = "resample"
    allow_real_violations: AllowRealViolations = False

    def check_installed(self) -> None:
        self.synthesizer.check_installed()

    @property
    def device(self) -> str:
        """As the synthesizer's."""
        return self.synthesizer.device

    @property
    def fitted_as(self) -> type[Fitted]:
        return ConstrainedFitted

    def learn(
        self,
        table: pd.DataFrame,
        schema: Schema,
        rng: np.random.Generator,
        progress: Progress | None,
    ) -> Model:
        """What the synthesizer learns; one of SDV's learns rules as well, or without them where SDV
        refuses them.
        """
        if not isinstance(self.synthesizer, Sdv):
            return self.synthesizer.learn(table, schema, rng, progress)
        given, outside = handed_over(rules_needed(self), table, schema)
        if given:
            constraints = (*self.synthesizer.constraints, *given.values())
            ruled: Sdv = with_parameter(self.synthesizer, "constraints", constraints)
            try:
                return ConstrainedModel(
                    ruled.learn(table, schema, rng, progress), learned=tuple(given), outside=outside
                )
            except ConstraintError as error:
                outside |= dict.fromkeys(given, f"SDV refused: {error.__cause__}")
        return ConstrainedModel(
            self.synthesizer.learn(table, schema, rng, progress), outside=outside
        )

    def from_arrays(self, arrays: Mapping[str, np.ndarray], state: Any) -> Model:
        return self.synthesizer.from_arrays(arrays, state)

    def fit(
        self,
        table: pd.DataFrame,
        schema: Schema | None = None,
        rng: np.random.Generator | int | None = None,
        *,
        target: str | None = None,
        progress: bool | Progress | None = None,
    ) -> Fitted:
        """As any synthesizer's, after the rules were held against the table."""
        if schema is None:
            schema = Schema.detect(table, target)
        rules = rules_needed(self)
        bound = None
        if isinstance(schema, Schema):
            bound = bind(
                rules,
                schema.conform(table),
                aside=_aside(schema),
                allow_real_violations=self.allow_real_violations,
            )
        fitted = super().fit(table, schema, rng, target=target, progress=progress)
        repairs = self.on_violation == "repair"
        if (
            bound is not None
            and fitted.model is not None
            and rules
            and (
                isinstance(fitted.model, ConstrainedModel)
                or repairs
                or any(rule not in rules for rule in bound.rules)
            )
        ):
            model = (
                fitted.model
                if isinstance(fitted.model, ConstrainedModel)
                else ConstrainedModel(fitted.model)
            )
            fitted.model = replace(
                model, rules=bound.rules, seen=bound.seen if repairs else pd.DataFrame()
            )
        return fitted


@dataclass(frozen=True, eq=False)
class ConstrainedModel:
    """A model with the rules as the real rows completed them, and some real rows that break none,
    for repairs.

    `learned` names the rules that the model learned, `outside` those that it did not, each with the
    reason.
    """

    model: Model
    rules: tuple[Rule, ...] = ()
    seen: pd.DataFrame = field(default_factory=pd.DataFrame)
    learned: tuple[str, ...] = ()
    outside: Mapping[str, str] = field(default_factory=dict)

    def draw(self, n: int, where: Mapping[str, Any], rng: np.random.Generator) -> pd.DataFrame:
        """The model's own proposals; the rules are enforced on whole rows, by
        `ConstrainedFitted`.
        """
        return self.model.draw(n, where, rng)

    @property
    def loss_curve(self) -> pd.DataFrame:
        """The losses of each epoch, where the model has them."""
        return loss_curve_of(self.model)


@dataclass
class ConstrainedFitted(Fitted):
    """A fitted synthesizer whose samples obey its rules; `enforcement` says what the last one
    took.
    """

    @property
    def in_one_piece(self) -> bool:
        """Whether rows that are sampled apart may break a rule together."""
        assert isinstance(self.synthesizer, ConstrainedSynthesizer)
        keeps = self.synthesizer.on_violation != "report"
        return keeps and any(rule.whole_table for rule in self._bound().rules)

    def _bound(self) -> Bound:
        synthesizer = self.synthesizer
        assert isinstance(synthesizer, ConstrainedSynthesizer)
        aside = _aside(self.schema)
        if isinstance(self.model, ConstrainedModel):
            rules, seen = self.model.rules, self.model.seen
        else:
            seen = pd.DataFrame()
            rules = tuple(
                rule
                for rule in rules_needed(synthesizer)
                if not any(name in aside for name in rule.columns)
            )
        skipped = {
            rule.name: "it is about a key, which is invented anew"
            for rule in rules_needed(synthesizer)
            if any(name in aside for name in rule.columns)
        }
        return Bound(rules, seen, skipped)

    def sample(
        self,
        n: int,
        rng: np.random.Generator | int | None = None,
        where: Mapping[str, Any] | None = None,
        rates: Mapping[Any, float] | None = None,
        *,
        first_key: int = 0,
    ) -> pd.DataFrame:
        """`n` rows that obey the rules (fewer with "drop"); otherwise as `Fitted.sample`."""
        rng = generator_of(rng)
        rows = super().sample(n, rng, where, rates, first_key=first_key)
        bound = self._bound()
        if not bound.rules:
            return rows
        proposed, met = self.proposed, self.met
        target = self.schema.target
        classes = target is not None and target not in (where or {})
        free = [form.name for form in self.forms if form.name not in bound_keys(self.schema)]

        def proposals(found: pd.DataFrame) -> Proposals:
            group = (
                self.schema.encode_target(found[target])
                if classes
                else np.zeros(len(found), dtype=int)
            )
            return Proposals(found[free], group, np.empty((len(found), 0)))

        def more(wanted: dict[Any, int]) -> Proposals:
            nonlocal proposed, met
            parts = []
            for group, k in wanted.items():
                fixed_class = {str(target): self.schema.classes[group]} if classes else {}
                parts.append(
                    super(ConstrainedFitted, self).sample(
                        min(k, 50_000), rng, {**(where or {}), **fixed_class}
                    )
                )
                proposed, met = proposed + self.proposed, met + self.met
            return proposals(pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0])

        fixed = [*(where or {}), *([str(target)] if target is not None else [])]
        assert isinstance(self.synthesizer, ConstrainedSynthesizer)
        settled, kept, record = settle(
            proposals(rows), bound, self.synthesizer.on_violation, more, fixed=fixed
        )
        if isinstance(self.model, ConstrainedModel):
            record.learned_by_sdv, record.outside = self.model.learned, dict(self.model.outside)
        self.enforcement = record
        self.proposed, self.met = proposed, met
        rows = rows.take(kept).reset_index(drop=True)
        return rows.assign(**{name: settled.rows[name] for name in free})


def bound_keys(schema: Schema) -> set[str]:
    """The columns that are invented anew for every row."""
    return {
        column.name
        for column in schema.columns
        if column.kind is Kind.KEY and column.name != schema.target
    }


def _aside(schema: Schema) -> dict[str, str]:
    return dict.fromkeys(bound_keys(schema), "is a key, which is invented anew for every row")
