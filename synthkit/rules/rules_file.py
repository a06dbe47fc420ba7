"""Rules from YAML, from plain values, from pandera, and back to YAML."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from synthkit.errors import ConfigError, Mistake, nearest
from synthkit.methods.yaml import Document, flow, read
from synthkit.rules.base import Rule


def rule_of(spec: Any) -> Rule:
    """The rule that a mapping means: `rule` names its kind, the other keys are its parameters.

    Raises: ConfigError for an unknown kind or parameter, or a value outside its range.

    >>> rule_of({"name": "heart rate", "rule": "range", "column": "rate", "min": 40, "max": 200}).name
    'heart rate'
    """
    from synthkit.rules import RULES

    if isinstance(spec, Rule):
        return spec
    if not isinstance(spec, Mapping):
        raise ConfigError(
            f"A rule is a mapping such as {{rule: range, column: rate, min: 40}}, however this is"
            f" {spec!r}.",
            key="rule",
        )
    parameters = {str(key): value for key, value in spec.items()}
    kind = parameters.pop("rule", None)
    if not isinstance(kind, str) or kind not in RULES:
        raise ConfigError(
            f"rule must say which kind of rule it is, however it is {kind!r}."
            f"{nearest(str(kind), list(RULES))}",
            key="rule",
        )
    cls = RULES[kind]
    known = [field.name for field in dataclasses.fields(cls)]
    parameters = {cls.words.get(key, key): value for key, value in parameters.items()}
    for key in parameters:
        if key not in known:
            raise ConfigError(f"{kind} has no parameter {key!r}.{nearest(key, known)}", key=key)
    needed = [
        field.name
        for field in dataclasses.fields(cls)
        if field.default is dataclasses.MISSING and field.name not in parameters
    ]
    if needed:
        raise ConfigError(
            f"{kind} needs {' and '.join(needed)}, however {'it is' if len(needed) == 1 else 'they are'}"
            " not given.",
            key="rule",
        )
    return cls(**parameters)


def rules_of(source: Any) -> tuple[Rule, ...]:
    """The rules that `source` means.

    A rule; a list of rules or of their mappings; a mapping with `rules`; the path of a rules file;
    or a pandera schema or model.

    Raises: ConfigError with file and line where a rule is wrong, or two have one name.
    """
    if isinstance(source, Rule):
        source = [source]
    if isinstance(source, str | Path):
        return read_rules(source)
    if isinstance(source, Mapping):
        return _listed(source.get("rules", ()) if set(source) == {"rules"} else [source])
    if isinstance(source, Sequence):
        return _listed(source)
    if type(source).__module__.startswith("pandera") or any(
        base.__module__.startswith("pandera") for base in getattr(source, "__mro__", ())
    ):
        from synthkit.rules.pandera_bridge import from_pandera

        return _listed(from_pandera(source))
    raise ConfigError(
        f"Rules are a list, a file's name or a pandera schema, however this is {source!r}.",
        key="rules",
    )


def read_rules(path: Path | str) -> tuple[Rule, ...]:
    """The rules of a YAML file: a list of rules under `rules`.

    Raises: ConfigError with the line.
    """
    document = read(path, "rules")
    value = document.value
    if not isinstance(value, Mapping) or not isinstance(value.get("rules"), list):
        raise document.error(
            (),
            "a rules file is a mapping with a list, rules: [{rule: ..., ...}], however this is"
            f" {type(value).__name__}.",
        )
    for key in value:
        if key != "rules":
            raise document.error(
                (key,), f"a rules file has no key {key!r}.{nearest(key, ['rules'])}"
            )
    return rules_at(document, ("rules",))


def rules_at(document: Document, where: tuple[str | int, ...]) -> tuple[Rule, ...]:
    """The rules that stand at one place of a document, each error with its line."""
    try:
        return _listed(document.at(where))
    except ConfigError as error:
        raise document.located(error.at(*where)) from None


def rules_to_yaml(rules: Sequence[Rule]) -> str:
    """The rules as a rules file, one a line; `read_rules` gives the same rules again."""
    return "rules:\n" + "".join(f"  - {flow(rule.as_spec())}\n" for rule in rules)


def _listed(specs: Any) -> tuple[Rule, ...]:
    if isinstance(specs, str) or not isinstance(specs, Sequence):
        raise ConfigError(f"rules must be a list, however they are {specs!r}.", key="rules")
    if not specs:
        raise ConfigError(
            "rules must be a list of at least one rule, however it is empty.", key="rules"
        )
    rules: list[Rule] = []
    wrong: list[Mistake] = []
    for position, spec in enumerate(specs):
        try:
            rules.append(rule_of(spec))
        except ConfigError as error:
            wrong += error.at(position).mistakes
    if wrong:
        raise ConfigError.of(wrong)
    try:
        _refuse_clashes(rules)
    except ConfigError as error:
        at = [position for position, rule in enumerate(rules) if rule.name == error.rule]
        raise (error.at(at[-1]) if at else error) from None
    return tuple(rules)


def _refuse_clashes(rules: Sequence[Rule]) -> None:
    """Raises: ConfigError for two rules of one name, or rules that contradict each other."""
    names: set[str] = set()
    for rule in rules:
        if rule.name in names:
            raise ConfigError(
                f"Each rule needs a name of its own, however two are called {rule.name!r}. Rename one.",
                key="name",
                rule=rule.name,
            )
        names.add(rule.name)
    from synthkit.rules.contradictions import refuse_contradictions

    refuse_contradictions(tuple(rules))
