"""Rules from YAML, plain values, pandera, and back; those that no row can meet are refused."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

from synthkit.errors import ConfigError, Mistake, nearest
from synthkit.methods.yaml import Document, flow, read
from synthkit.rules.base import ColumnRule, Rule
from synthkit.rules.columns import OneOf, Positive, Range, Whole
from synthkit.rules.rows import Inequality, Ordered, is_column
from synthkit.rules.values import line

#: A listed text that may be a date; one that is none stays text.
YEAR_FIRST = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}")


def rule_of(spec: Any) -> Rule:
    """The rule that a mapping means: `rule` names its kind, the other keys are its parameters.

    Raises: ConfigError for an unknown kind or parameter, or a value outside its range.

    >>> rule_of({"rule": "range", "column": "rate", "min": 40, "max": 200}).name
    'range of rate'
    """
    from synthkit.rules import RULES

    if isinstance(spec, Rule):
        return spec
    if not isinstance(spec, Mapping):
        raise ConfigError(
            "A rule is a mapping such as {rule: range, column: rate, min: 40}, however this is"
            f" {spec!r}.",
            key="rule",
        )
    kind = spec.get("rule")
    if not isinstance(kind, str) or kind not in RULES:
        raise ConfigError(
            f"rule must say which kind of rule it is, however it is {kind!r}."
            f"{nearest(str(kind), list(RULES))}",
            key="rule",
        )
    cls: Any = RULES[kind]
    parameters = {cls.words.get(str(key), str(key)): value for key, value in spec.items()}
    rule: Rule = RULES.build(parameters)
    return rule


def rules_of(source: Any) -> tuple[Rule, ...]:
    """The rules that `source` means.

    A rule; a list of rules or of their mappings; a mapping with `rules`; the path of a rules file;
    or a pandera schema or model.

    Raises: ConfigError with file and line where a rule is wrong, or two have one name.
    """
    if isinstance(source, str | Path):
        return read_rules(source)
    if isinstance(source, Mapping) and set(source) == {"rules"}:
        source = source["rules"]
    elif isinstance(source, Rule | Mapping):
        source = [source]
    classes = (type(source), *getattr(source, "__mro__", ()))
    if any(cls.__module__.startswith("pandera") for cls in classes):
        from synthkit.rules.pandera_bridge import from_pandera

        source = from_pandera(source)
    if isinstance(source, Sequence) and not isinstance(source, str):
        return _together(source)
    raise ConfigError(
        f"Rules are a list, a file's name or a pandera schema, however this is {source!r}.",
        key="rules",
    )


def read_rules(path: Path | str) -> tuple[Rule, ...]:
    """The rules of a YAML file.

    Parameters
    ----------
    path : str or Path
        A file with a list of rules under `rules`.

    Returns
    -------
    tuple of Rule
        In the order of the file.

    Raises
    ------
    ConfigError
        With the line of every mistake.
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
            hint = nearest(key, ["rules"])
            raise document.error((key,), f"a rules file has no key {key!r}.{hint}")
    return rules_at(document, ("rules",))


def rules_at(document: Document, where: tuple[str | int, ...]) -> tuple[Rule, ...]:
    """The rules that stand at one place of a document, each mistake with its line."""
    try:
        return rules_of(document.at(where))
    except ConfigError as error:
        raise document.located(error.at(*where)) from None


def rules_to_yaml(rules: Sequence[Rule]) -> str:
    """The rules as a rules file, one a line.

    Parameters
    ----------
    rules : sequence of Rule
        Those of `infer_rules`, for instance.

    Returns
    -------
    str
        YAML of which `read_rules` makes the same rules again.
    """
    return "rules:\n" + "".join(f"  - {flow(rule.as_spec())}\n" for rule in rules)


def _together(specs: Sequence[Any]) -> tuple[Rule, ...]:
    """The rules that a list means, of which there are some, and which some row can meet.

    Raises: ConfigError with every mistake and its place in the list.
    """
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
        _refuse_namesakes(rules)
        refuse_contradictions(rules)
    except ConfigError as error:
        at = [position for position, rule in enumerate(rules) if rule.name == error.rule]
        raise (error.at(at[-1]) if at else error) from None
    return tuple(rules)


def _refuse_namesakes(rules: Sequence[Rule]) -> None:
    names: set[str] = set()
    for rule in rules:
        if rule.name in names:
            raise ConfigError(
                f"Each rule needs a name of its own, however two are called {rule.name!r}. Rename"
                " one.",
                key="name",
                rule=rule.name,
            )
        names.add(rule.name)


# -------------------------------------------------------------------- rules that no row can meet


@dataclass(frozen=True)
class _End:
    """One end of what a column may hold, whether it is itself outside, and who says so."""

    at: float
    is_open: bool
    names: tuple[str, ...]


def refuse_contradictions(rules: Sequence[Rule]) -> None:
    """Raises: ConfigError naming rules that leave a column no value or go in a circle.

    Ranges, signs and inequalities are followed through every chain of columns, so that `a >= 10`,
    `a <= b`, `b <= 5` is found too. Lists of what is allowed are cut with each other, with the ends
    and with whole numbers. Dates and numbers alike; other rules are not looked into.
    """
    lows: dict[str, _End] = {}
    highs: dict[str, _End] = {}
    for rule in rules:
        for column, end, sign in _ends(rule):
            _tighten(lows if sign > 0 else highs, column, end, sign)
    edges = [edge for rule in rules for edge in _edges(rule)]
    order = _upwards(edges)
    # Each column is looked at when all below it (above it) are done.
    for ends, sign, columns in ((lows, 1, order), (highs, -1, order[::-1])):
        for column in columns:
            for low, high, rule in edges:
                start, stop = (low, high) if sign > 0 else (high, low)
                if start == column and start in ends:
                    end = ends[start]
                    is_open, names = end.is_open or rule.strict, (*end.names, rule.name)
                    _tighten(ends, stop, _End(end.at, is_open, names), sign)
    listed = [rule.column for rule in rules if isinstance(rule, OneOf)]
    for column in dict.fromkeys([*lows, *highs, *listed]):
        _refuse_no_value(column, rules, lows.get(column), highs.get(column))


def _ends(rule: Rule) -> Iterator[tuple[str, _End, int]]:
    """The ends that a rule puts to a column: the low with sign 1, the high with -1."""
    name = (rule.name,)
    if isinstance(rule, Positive):
        rule = rule.as_range
    if isinstance(rule, Range):
        if rule.min is not None:
            yield rule.column, _End(line(rule.min), rule.open_low, name), 1
        if rule.max is not None:
            yield rule.column, _End(line(rule.max), rule.open_high, name), -1
    elif isinstance(rule, Inequality) and not is_column(rule.low):
        yield rule.high, _End(line(rule.low), rule.strict, name), 1
    elif isinstance(rule, Inequality) and not is_column(rule.high):
        yield rule.low, _End(line(rule.high), rule.strict, name), -1


def _edges(rule: Rule) -> list[tuple[str, str, Any]]:
    """The pairs of columns of which the first lies below the second, with the rule."""
    if not isinstance(rule, Inequality | Ordered):
        return []
    return [(low, high, rule) for low, high in pairwise(rule.columns)]


def _tighten(ends: dict[str, _End], column: str, end: _End, sign: int) -> None:
    old = ends.get(column)
    if old is None or (sign * end.at, end.is_open) > (sign * old.at, old.is_open):
        ends[column] = end


def _upwards(edges: Sequence[tuple[str, str, Any]]) -> list[str]:
    """The columns in an order in which none stands before one that lies below it."""
    below: dict[str, set[str]] = {}
    for low, high, _ in edges:
        below.setdefault(high, set()).add(low)
    try:
        return list(TopologicalSorter(below).static_order())
    except CycleError as error:
        steps = set(pairwise(error.args[1]))
        circle = [rule.name for low, high, rule in edges if (low, high) in steps]
    names = " and ".join(map(repr, dict.fromkeys(circle)))
    raise ConfigError(
        f"Inequalities must not go in a circle, however {names} do. Take one away; for equal"
        " columns write an expression, a == b.",
        key="rules",
        rule=circle[0],
    )


def _refuse_no_value(
    column: str, rules: Sequence[Rule], low: _End | None, high: _End | None
) -> None:
    """Raises: ConfigError where the ends leave nothing, or no listed value fits all."""
    ours = [rule for rule in rules if isinstance(rule, ColumnRule) and rule.column == column]
    lists = [rule for rule in ours if isinstance(rule, OneOf)]
    wholes = [rule for rule in ours if isinstance(rule, Whole)]
    ends = (*(low.names if low else ()), *(high.names if high else ()))
    if _none_between(low, high, whole=bool(wholes)):
        _refuse_empty(column, ends)
    if not lists:
        return
    left = set.intersection(*({_place(value) for value in rule.values} for rule in lists))
    if wholes:
        left = {at for at in left if isinstance(at, str) or at % 1 == 0}
    points = [None if isinstance(at, str) else _End(at, False, ()) for at in left]
    if all(point and (_none_between(low, point) or _none_between(point, high)) for point in points):
        _refuse_empty(column, (*(rule.name for rule in (*lists, *wholes)), *ends))


def _none_between(low: _End | None, high: _End | None, *, whole: bool = False) -> bool:
    """Whether no value, or no whole number, lies between two ends; a missing one is no bound."""
    if low is None or high is None:
        return False
    at, is_open = low.at, low.is_open
    if whole:
        at, is_open = math.floor(at) + 1 if is_open else math.ceil(at), False
    return at > high.at or (at == high.at and (is_open or high.is_open))


def _refuse_empty(column: str, names: Sequence[str]) -> NoReturn:
    said = " and ".join(map(repr, dict.fromkeys(names)))
    raise ConfigError(
        f"Rules must leave every column a value, however {said} leave {column!r} none. Take one"
        " away, or widen it.",
        key="rules",
        rule=names[0],
    )


def _place(value: Any) -> Any:
    """A listed value on the line; as text where it is neither a number nor a date."""
    if isinstance(value, str) and not YEAR_FIRST.match(value):
        return value
    try:
        return int(value) if isinstance(value, bool) else line(value)
    except ConfigError:
        return str(value)
