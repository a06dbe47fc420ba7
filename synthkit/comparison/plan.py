"""What a comparison is going to do: its arms, classifiers, split, prices and seed, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from synthkit.comparison.classifiers import CLASSIFIERS
from synthkit.comparison.cost import Cost
from synthkit.comparison.scorecard import RecallAt
from synthkit.errors import ConfigError, nearest
from synthkit.methods.registry import check_number, label_of, spec_of
from synthkit.rules.enforce import check_on_violation
from synthkit.rules.rules_file import rules_of
from synthkit.strategies import STRATEGIES, Constrained
from synthkit.strategies.base import Strategy
from synthkit.strategies.constrained import with_rules, without_rules
from synthkit.synthesizers import SYNTHESIZERS
from synthkit.table.split import SPLITS

AIMS = ("f1", "cost")
REGISTRIES = (STRATEGIES, SYNTHESIZERS, CLASSIFIERS, SPLITS)


@dataclass(frozen=True)
class Arm:
    """One competitor: a strategy, the name it goes by, and figures published elsewhere to show beside ours."""

    strategy: Any
    label: str = ""
    published: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "strategy", STRATEGIES.build(self.strategy))
        if not isinstance(self.strategy, Strategy):
            raise ConfigError(
                f"An arm needs a strategy, however {self.strategy!r} is none. Make it a frozen dataclass"
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
        if isinstance(spec, cls) or not isinstance(spec, Mapping):
            return spec if isinstance(spec, cls) else cls(spec)
        beside = {key: spec[key] for key in ("label", "published") if spec.get(key) is not None}
        return cls(
            {key: value for key, value in spec.items() if key not in ("label", "published")},
            **beside,
        )

    @property
    def spec(self) -> dict[str, Any]:
        """The strategy as a plain value: what the ledger depends on."""
        return spec_of(self.strategy, REGISTRIES)

    @property
    def stream(self) -> Any:
        """What the arm's random stream depends on: its spec, less what the strategy says leaves it alone.

        Top-ups that differ in ratio only share their stream, and with it one fitted synthesizer.
        """
        return self.strategy.stream


def ruled_arms(arms: Any, rules: Any, on_violation: str) -> Any:
    """After each arm that makes rows, the same with the comparison's rules enforced; with "report", the arms alone.

    Raises: ConfigError for an unknown word, or one that asks for enforcement where there are no rules.

    >>> rules = [{"rule": "positive", "column": "amount"}]
    >>> [arm.label for arm in ruled_arms(["class_weights", "smote"], rules, "repair")]
    ['class_weights', 'smote', 'smote, rules kept']
    """
    check_on_violation(on_violation)
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
            found.append(
                Arm(
                    Constrained(arm.strategy, on_violation=on_violation), f"{arm.label}, rules kept"
                )
            )
    return tuple(found)


@dataclass(frozen=True)
class Plan:
    """Everything that a comparison's figures depend on, apart from the data.

    `aim` is what the tuned threshold maximises: "f1", or "cost" for the least expected cost.
    `reference` is the arm that the others are measured against: "none" or else the first. `rope` is
    the half-width of the region of practical equivalence: in the score's unit where the score lies
    between 0 and 1, as a share of the reference's mean where it does not (money, log loss).
    `recall_at`: a precision, or a false-positive rate, at which recall is scored as well. `rules` are held
    against the real table before anything runs, and counted in every arm's synthetic rows; arms that are
    `constrained` without rules of their own keep these.
    """

    arms: tuple[Arm, ...]
    classifiers: tuple[Any, ...] = ("random_forest", "gradient_boosting")
    split: Any = "stratified"
    cost: Cost | None = None
    aim: str = "f1"
    reference: str = ""
    rope: float = 0.01
    seed: int = 0
    recall_at: RecallAt | None = None
    rules: Any = ()
    allow_real_violations: bool = False

    def __post_init__(self) -> None:
        for key in ("arms", "classifiers"):
            if isinstance(getattr(self, key), str):  # which would be taken letter by letter
                raise ConfigError(
                    f"{key} must be a list, however it is {getattr(self, key)!r}. Put it in brackets.",
                    key=key,
                )
        arms = tuple(map(Arm.of, self.arms))
        labels = [arm.label for arm in arms]
        if not arms:
            raise ConfigError(
                "A comparison needs at least one arm, however there is none.", key="arms"
            )
        for label in labels:
            if labels.count(label) > 1:
                raise ConfigError(
                    f"Arms need different names, however {label!r} stands twice. Give one a label.",
                    key="arms",
                )
        if self.aim not in AIMS:
            raise ConfigError(
                f"aim must be one of {list(AIMS)}, however it is {self.aim!r}."
                f"{nearest(self.aim, list(AIMS))}",
                key="aim",
            )
        if self.aim == "cost" and self.cost is None:
            raise ConfigError(
                "The aim 'cost' needs prices, however there is no cost. Add cost, or aim at f1.",
                key="aim",
            )
        rules = rules_of(self.rules) if self.rules else ()
        for arm in arms:
            if not rules and with_rules(arm.strategy, ()) is not arm.strategy:
                raise ConfigError(
                    f"The arm {arm.label!r} needs rules, however neither it nor the comparison has any."
                    " Add rules.",
                    key="arms",
                )
        check_number("rope", self.rope, at_least=0)
        if not isinstance(self.seed, int) or isinstance(self.seed, bool) or self.seed < 0:
            raise ConfigError(
                f"seed must be a whole number of at least 0, however it is {self.seed!r}.",
                key="seed",
            )
        classifiers = tuple(CLASSIFIERS.build(spec) for spec in self.classifiers)
        names = [label_of(spec_of(c, REGISTRIES)) for c in classifiers]
        if not names or len(set(names)) < len(names):
            raise ConfigError(
                f"Classifiers must be named once each, and at least one, however they are {names}.",
                key="classifiers",
            )
        reference = self.reference or next(
            (a.label for a in arms if a.spec == {"name": "none"}), labels[0]
        )
        if reference not in labels:
            raise ConfigError(
                f"The reference must be an arm, however {reference!r} is none."
                f"{nearest(reference, labels)}",
                key="reference",
            )
        split = SPLITS.build(self.split)
        if self.recall_at and getattr(split, "tune", 1) == 0:
            raise ConfigError(
                "recall_at sets its thresholds on the tune part, however the split sets none aside."
                " Give the split a tune share, such as 0.2.",
                key="recall_at",
            )
        for name, value in (
            ("arms", arms),
            ("classifiers", classifiers),
            ("reference", reference),
            ("split", split),
            ("rules", rules),
        ):
            object.__setattr__(self, name, value)

    @property
    def spec(self) -> dict[str, Any]:
        """The plan as plain values, as `config.yaml` and the ledger hold it."""
        return {
            "seed": self.seed,
            "split": spec_of(self.split, REGISTRIES),
            "arms": [
                arm.spec
                | ({"label": arm.label} if arm.label != label_of(arm.spec) else {})
                | ({"published": dict(arm.published)} if arm.published else {})
                for arm in self.arms
            ],
            "classifiers": [spec_of(c, REGISTRIES) for c in self.classifiers],
            "aim": self.aim,
            "reference": self.reference,
            "rope": self.rope,
            **({"cost": asdict(self.cost)} if self.cost else {}),
            **(
                {
                    "recall_at": {
                        key: value
                        for key, value in asdict(self.recall_at).items()
                        if value is not None
                    }
                }
                if self.recall_at
                else {}
            ),
            **({"rules": [rule.as_spec() for rule in self.rules]} if self.rules else {}),
            **({"allow_real_violations": True} if self.allow_real_violations else {}),
        }
