"""YAML -> the same dataclasses that Python users build; every error names the file, the line, the nearest key."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_type_hints

from synthkit.comparison.classifiers import CLASSIFIERS
from synthkit.comparison.comparison import Comparison
from synthkit.comparison.cost import Cost
from synthkit.comparison.plan import Arm, Plan, ruled_arms
from synthkit.comparison.run import compare, run
from synthkit.comparison.scorecard import RecallAt
from synthkit.comparison.sweep import Sweep, Swept, run_sweep
from synthkit.data_section import Described, checked, data_of
from synthkit.errors import ConfigError, nearest
from synthkit.methods.typed import located, method, plain_value, typed, what
from synthkit.methods.yaml import Document, Where, parse, read
from synthkit.rules_section import rules_section, with_paths
from synthkit.strategies import STRATEGIES
from synthkit.table.datasets import DATASETS
from synthkit.table.split import SPLITS

#: The plan's fields that are plain values, with their types.
PLAIN = {
    name: hint
    for name, hint in get_type_hints(Plan).items()
    if name not in ("seed", "split", "arms", "classifiers", "cost", "recall_at", "rules")
}
#: The keys of a config, in the order in which `config.yaml` holds them.
KEYS = (
    "seed",
    "data",
    "split",
    "arms",
    "classifiers",
    "cost",
    "rules",
    "on_violation",
    "allow_real_violations",
    *(key for key in PLAIN if key != "allow_real_violations"),
    "recall_at",
    "sweep",
)
#: What a person may look for in the config, and finds on the command line.
ELSEWHERE = {
    "jobs": "Use the option --jobs.",
    "out": "Use the option --out.",
    "synthesizer": "A config of a synthesizer is for synthkit train.",
}
#: The scores that may be shown as published beside ours.
PUBLISHABLE = (
    "average_precision",
    "recall",
    "precision",
    "f1",
    "recall_tuned",
    "precision_tuned",
    "f1_tuned",
)
#: What `compare` does when Python does not say otherwise, a config does too.
DEFAULTS = {
    name: parameter.default for name, parameter in inspect.signature(compare).parameters.items()
}


@dataclass(frozen=True)
class Config(Described):
    """A comparison as a file describes it: its data, its plan, and what `synthkit sweep` goes over."""

    plan: Plan = field(kw_only=True)
    sweep: Sweep = field(kw_only=True, default=Sweep())

    @property
    def as_run(self) -> dict[str, Any]:
        """The whole config as plain values that can be run again from anywhere."""
        plan = self.plan.spec
        plan["split"] = {
            ("scheme" if key == "name" else key): value for key, value in plan["split"].items()
        }
        whole = {
            **plan,
            "data": self.data_as_run,
            **({"sweep": self.sweep.spec} if self.sweep.spec else {}),
        }
        return {key: whole[key] for key in KEYS if key in whole}

    def run(self, **how: Any) -> Comparison:
        """The comparison; `how` is what `synthkit.comparison.run.run` takes besides data and plan, such as jobs."""
        return run(self.load(), self.plan, **how)

    def run_sweep(self, **how: Any) -> Swept:
        """The sweep that the config describes; `how` as for `run`."""
        return run_sweep(self.load(), self.plan, self.sweep, **how)


def read_config(path: Path | str, settings: Sequence[str] = ()) -> Config:
    """The config of a YAML file with `settings` ("key=value") applied.

    Raises: ConfigError with file, line and nearest key for whatever is wrong with it.
    """
    return _config(read(path), settings, Path(path).parent)


def config_of_table(source: str, settings: Sequence[str] = ()) -> Config:
    """The config that compares the default arms on a table or a named data set.

    `source` is a file, an SQLAlchemy URL, "openml:..." or a data set's name.
    """
    key = (
        "name"
        if source in DATASETS or source.startswith("openml:")
        else "sql"
        if "://" in source
        else "path"
    )
    if key == "path" and not Path(source).expanduser().exists():
        raise ConfigError(
            f"A config, a table or a data set's name is needed, however there is no file {source!r}."
            f"{nearest(source, list(DATASETS))}"
        )
    document = parse("", source).changed(("data", key), source, source)
    return _config(document, settings, Path())


def _config(document: Document, settings: Sequence[str], folder: Path) -> Config:
    document = with_paths(checked(document, settings, KEYS, "a config", ELSEWHERE), folder)
    value = document.value
    data, parameters = data_of(document)
    rest = {
        key: plain_value(document, key, hint)
        for key, hint in {"seed": int, **PLAIN}.items()
        if value.get(key) is not None
    }
    if value.get("split") is not None:
        rest["split"] = _split(document)
    if value.get("cost") is not None:
        rest["cost"] = typed(Cost, value["cost"], ("cost",), document, "cost")
    if value.get("recall_at") is not None:
        rest["recall_at"] = typed(
            RecallAt, value["recall_at"], ("recall_at",), document, "recall_at"
        )
    rules, rule_places = rules_section(document, folder)
    on_violation = (
        plain_value(document, "on_violation", str)
        if value.get("on_violation") is not None
        else "report"
    )
    sweep = Sweep()
    if value.get("sweep") is not None:
        sweep = typed(Sweep, value["sweep"], ("sweep",), document, "sweep")
    arms = [_arm(document, ("arms", i), spec) for i, spec in enumerate(_listed(document, "arms"))]
    classifiers = [
        method(CLASSIFIERS, spec, ("classifiers", i), document)
        for i, spec in enumerate(_listed(document, "classifiers"))
    ]
    plan = located(
        document,
        (),
        lambda: Plan(
            ruled_arms(tuple(arms), rules, on_violation), tuple(classifiers), rules=rules, **rest
        ),
    )
    return Config(document, data, parameters, folder, rule_places, plan=plan, sweep=sweep)


def _listed(document: Document, key: str) -> list[Any]:
    value = document.value.get(key)
    if value is None:
        return list(DEFAULTS[key])
    if isinstance(value, list):
        return value
    raise document.error((key,), f"{key} must be a list, however it is {what(value)}.")


def _split(document: Document) -> Any:
    """The scheme of the split; `scheme` names it (as `name` does elsewhere), "stratified" if nothing does."""
    spec = document.value["split"]
    if isinstance(spec, dict):
        if "scheme" in spec and "name" in spec:
            raise document.error(
                ("split", "name"), "a split needs one scheme, however it has scheme and name."
            )
        spec = {("name" if key == "scheme" else key): value for key, value in spec.items()}
        spec = {"name": "stratified", **spec}
    return method(SPLITS, spec, ("split",), document)


def _arm(document: Document, where: Where, spec: Any) -> Arm:
    """One arm: a strategy with, beside its parameters, a label and published figures."""
    if isinstance(spec, Arm | str) or not isinstance(spec, Mapping):
        return Arm(method(STRATEGIES, spec, where, document))
    strategy = method(
        STRATEGIES,
        {key: value for key, value in spec.items() if key not in ("label", "published")},
        where,
        document,
        extra=("label", "published"),
    )
    label, published = spec.get("label", ""), spec.get("published") or {}
    if not isinstance(label, str | int | float) or isinstance(label, bool):
        raise document.error(
            (*where, "label"), f"a label must be text, however it is {what(label)}."
        )
    if not isinstance(published, Mapping):
        raise document.error(
            (*where, "published"),
            "published figures are a mapping such as {recall: 0.8}, however"
            f" this is {what(published)}.",
        )
    for key, figure in published.items():
        if key not in PUBLISHABLE:
            raise document.error(
                (*where, "published", key),
                f"there is no score {key!r} to show beside a published"
                f" one.{nearest(key, list(PUBLISHABLE))}",
            )
        if not isinstance(figure, int | float) or isinstance(figure, bool):
            raise document.error(
                (*where, "published", key), f"{key} must be a number, however it is {what(figure)}."
            )
    return Arm(strategy, str(label), {key: float(figure) for key, figure in published.items()})
