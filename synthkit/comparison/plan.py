"""What a comparison is going to do: its arms, classifiers, split, prices and seed, as one value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, field, replace
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema

from synthkit.comparison.classifiers import CLASSIFIERS
from synthkit.comparison.cost import Cost
from synthkit.comparison.scorecard import RecallAt
from synthkit.errors import ConfigError, nearest
from synthkit.methods import AsMapping, ByName, Said, Seed, label_of, method, spec_of
from synthkit.rules import enforce
from synthkit.rules.enforce import AllowRealViolations
from synthkit.strategies import STRATEGIES, Constrained
from synthkit.strategies.base import Strategy
from synthkit.strategies.constrained import with_rules, without_rules
from synthkit.synthesizers import SYNTHESIZERS
from synthkit.table.split import SPLITS

REGISTRIES = (STRATEGIES, SYNTHESIZERS, CLASSIFIERS, SPLITS)
#: The scores that may be shown as published beside ours.
Publishable = Literal[
    "average_precision",
    "recall",
    "precision",
    "f1",
    "recall_tuned",
    "precision_tuned",
    "f1_tuned",
]


def _as_text(value: Any) -> Any:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if number else value


@method
class Arm:
    """One competitor: a strategy, the name it goes by, and figures published elsewhere to show
    beside ours.
    """

    strategy: Annotated[
        Any,
        ByName("synthkit.strategies:STRATEGIES", also=("label", "published")),
        Field(description="A strategy, its name, or a mapping of its name and parameters."),
    ]
    label: Annotated[
        str, BeforeValidator(_as_text), Field(description="The name that the arm goes by.")
    ] = ""
    published: Annotated[
        Mapping[Publishable, float],
        Field(description="Figures published elsewhere, shown beside ours."),
    ] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.strategy, Strategy):
            raise ConfigError(
                f"An arm needs a strategy, however {self.strategy!r} is none. Make it a frozen"
                f" dataclass"
                " that subclasses synthkit.Strategy."
            )
        if not self.label:
            object.__setattr__(self, "label", label_of(self.spec))

    @classmethod
    def of(cls, spec: Any) -> Arm:
        """The arm that `spec` means: an arm, or a strategy, its name, or a mapping as in a config.

        >>> Arm.of({"name": "smote", "k_neighbors": 3, "label": "three neighbours"}).label
        'three neighbours'
        """
        if isinstance(spec, cls):
            return spec
        beside = {}
        if isinstance(spec, Mapping):
            beside = {key: spec[key] for key in ("label", "published") if spec.get(key) is not None}
            spec = {key: spec[key] for key in spec if key not in ("label", "published")}
        try:
            return cls(spec, **beside)
        except ConfigError as error:  # a strategy's parameters stand beside the label, not inside
            raise error.without("strategy") from None

    @property
    def spec(self) -> dict[str, Any]:
        """The strategy as a plain value: what the ledger depends on."""
        return spec_of(self.strategy, REGISTRIES)

    @property
    def whole_spec(self) -> dict[str, Any]:
        """The arm as a config holds it: the strategy, and what stands beside it."""
        label = {"label": self.label} if self.label != label_of(self.spec) else {}
        published = {"published": dict(self.published)} if self.published else {}
        return self.spec | label | published

    @property
    def stream(self) -> Any:
        """What the arm's random stream depends on: its spec, less what the strategy says leaves it
        alone.

        Top-ups that differ in ratio only share their stream, and with it one fitted synthesizer.
        """
        return self.strategy.stream


def ruled_arms(arms: Any, rules: Any, on_violation: Any) -> Any:
    """After each arm that makes rows, the same with the comparison's rules enforced; with "report",
    the arms alone.

    Raises: ConfigError for an unknown word, or one that asks for enforcement where there are no
    rules.

    >>> rules = [{"rule": "positive", "column": "amount"}]
    >>> [arm.label for arm in ruled_arms(["class_weights", "smote"], rules, "repair")]
    ['class_weights', 'smote', 'smote, rules kept']
    """
    enforced = Constrained("none", on_violation=on_violation)  # refuses an unknown word
    if on_violation == "report" or isinstance(arms, str):  # a bare word is for the plan to refuse
        return arms
    if not rules:
        raise ConfigError(
            f"on_violation: {on_violation} needs rules, however there are none. Add rules.",
            key="on_violation",
        )
    found: list[Arm] = []
    for arm in map(Arm.of, arms):
        found.append(arm)
        if arm.strategy.makes_rows and without_rules(arm.strategy) is arm.strategy:
            label = f"{arm.label}, rules kept"
            found.append(Arm(replace(enforced, strategy=arm.strategy), label))
    return tuple(found)


Rules = Annotated[
    enforce.Rules,
    AfterValidator(lambda rules: rules or ()),
    Field(
        description="Domain rules, held against the real table before anything runs, and counted in"
        " synthetic rows; what is `constrained` without rules of its own keeps these."
    ),
]


@method
class Plan:
    """Everything that a comparison's figures depend on, apart from the data."""

    arms: Annotated[
        tuple[Annotated[Arm, PlainValidator(Arm.of), WithJsonSchema({"x-arm": True})], ...],
        Field(min_length=1, description="What is compared: strategies, each with a label at will."),
        Said(needed="a list of arms"),
    ] = ("none", "class_weights", "random_oversampling", "smote")  # type: ignore[assignment]
    classifiers: Annotated[
        Sequence[Annotated[Any, ByName("synthkit.comparison.classifiers:CLASSIFIERS")]],
        Field(min_length=1, description="What learns from each arm's training set."),
        Said(needed="a list of classifiers"),
    ] = ("random_forest", "gradient_boosting")
    split: Annotated[
        Any,
        ByName("synthkit.table.split:SPLITS", key="scheme", default="stratified"),
        Field(description="How rows are dealt into training, tuning and testing."),
    ] = "stratified"
    cost: Annotated[
        Annotated[Cost, AsMapping()] | None, Field(description="Prices; none by default.")
    ] = None
    aim: Annotated[
        Literal["f1", "cost"],
        Field(description="What the tuned threshold maximises: F1, or the least expected cost."),
    ] = "f1"
    reference: Annotated[
        str,
        Field(
            description="The arm that the others are measured against: its label. By default none,"
            " or else the first."
        ),
    ] = ""
    rope: Annotated[
        float,
        Field(
            ge=0,
            description="Half-width of the region of practical equivalence: in the score's unit"
            " where the score lies between 0 and 1, as a share of the reference's mean where it does"
            " not (money, log loss).",
        ),
    ] = 0.01
    seed: Seed = 0
    recall_at: Annotated[
        Annotated[RecallAt, AsMapping()] | None,
        Field(description="Limits at which recall is scored as well."),
    ] = None
    rules: Rules = ()
    allow_real_violations: AllowRealViolations = False

    def __post_init__(self) -> None:
        labels = [arm.label for arm in self.arms]
        if twice := next((label for label in labels if labels.count(label) > 1), None):
            raise ConfigError(
                f"Arms need different names, however {twice!r} stands twice. Give one a label.",
                key="arms",
            )
        if self.aim == "cost" and self.cost is None:
            raise ConfigError(
                "The aim 'cost' needs prices, however there is no cost. Add cost, or aim at f1.",
                key="aim",
            )
        for arm in self.arms:
            if not self.rules and with_rules(arm.strategy, ()) is not arm.strategy:
                raise ConfigError(
                    f"The arm {arm.label!r} needs rules, however neither it nor the comparison"
                    f" has any."
                    " Add rules.",
                    key="arms",
                )
        names = [label_of(spec_of(c, REGISTRIES)) for c in self.classifiers]
        if len(set(names)) < len(names):
            raise ConfigError(
                f"Classifiers must be named once each, however they are {names}.",
                key="classifiers",
            )
        if not self.reference:
            none = [arm.label for arm in self.arms if arm.spec == {"name": "none"}]
            object.__setattr__(self, "reference", (none or labels)[0])
        if self.reference not in labels:
            raise ConfigError(
                f"The reference must be an arm, however {self.reference!r} is none."
                f"{nearest(self.reference, labels)}",
                key="reference",
            )
        if self.recall_at and getattr(self.split, "tune", 1) == 0:
            raise ConfigError(
                "recall_at sets its thresholds on the tune part, however the split sets none aside."
                " Give the split a tune share, such as 0.2.",
                key="recall_at",
            )

    @property
    def spec(self) -> dict[str, Any]:
        """The plan as plain values, as `config.yaml` and the ledger hold it."""
        limits = asdict(self.recall_at) if self.recall_at else {}
        optional = {
            "cost": asdict(self.cost) if self.cost else None,
            "recall_at": {key: value for key, value in limits.items() if value is not None},
            "rules": [rule.as_spec() for rule in self.rules],
            "allow_real_violations": self.allow_real_violations,
        }
        return {
            "seed": self.seed,
            "split": spec_of(self.split, REGISTRIES),
            "arms": [arm.whole_spec for arm in self.arms],
            "classifiers": [spec_of(c, REGISTRIES) for c in self.classifiers],
            "aim": self.aim,
            "reference": self.reference,
            "rope": self.rope,
            **{key: value for key, value in optional.items() if value},
        }
