"""Rules that no row can meet, found before anything is trained."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from synthkit.errors import ConfigError
from synthkit.rules.base import Rule
from synthkit.rules.column_rules import OneOf, Positive, Range, Whole
from synthkit.rules.row_rules import Inequality, Ordered, _is_column
from synthkit.rules.values import line

#: A listed text that may be a date; one that is none stays text.
YEAR_FIRST = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}")

#: One end of what a column may hold: the value, whether it is itself outside, and the rules that say so.
End = tuple[float, bool, tuple[str, ...]]


def refuse_contradictions(rules: Sequence[Rule]) -> None:
    """Raises: ConfigError naming the rules that leave a column no value, or whose inequalities go in a circle.

    Ranges, signs and inequalities are followed through every chain of columns, so that `a >= 10`,
    `a <= b`, `b <= 5` is found too. Lists of what is allowed are cut with each other, with the ends
    and with whole numbers. Dates and numbers alike; other rules are not looked into.
    """
    low: dict[str, End] = {}
    high: dict[str, End] = {}
    edges: list[tuple[str, str, bool, str]] = []
    for rule in rules:
        for column, lower, upper in _ends(rule):
            _tighten(low, column, lower, 1)
            _tighten(high, column, upper, -1)
        edges += _edges(rule)
    _refuse_circle(edges)
    for _ in range(len(edges) + 1):  # an end moves along each edge at most once per round
        for a, b, strict, name in edges:
            if a in low:
                _tighten(low, b, (low[a][0], low[a][1] or strict, (*low[a][2], name)), 1)
            if b in high:
                _tighten(high, a, (high[b][0], high[b][1] or strict, (*high[b][2], name)), -1)
    whole = {rule.column for rule in rules if isinstance(rule, Whole)}
    for column in low.keys() & high.keys():
        (least, open_low, ours), (most, open_high, theirs) = low[column], high[column]
        empty = least > most or (least == most and (open_low or open_high))
        if not empty and column in whole:
            first = math.floor(least) + 1 if open_low else math.ceil(least)
            empty = first > most or (first == most and open_high)
        if empty:
            _refuse_empty(column, (*ours, *theirs))
    for column in dict.fromkeys(rule.column for rule in rules if isinstance(rule, OneOf)):
        _refuse_no_value(column, rules, low.get(column), high.get(column))


def _refuse_empty(column: str, names: Sequence[str]) -> NoReturn:
    said = " and ".join(map(repr, dict.fromkeys(names)))
    raise ConfigError(
        f"Rules must leave every column a value, however {said} leave {column!r} none. Take one away, or"
        " widen it.",
        key="rules",
        rule=names[0],
    )


def _ends(rule: Rule) -> list[tuple[str, End | None, End | None]]:
    if isinstance(rule, Positive):
        rule = rule.as_range
    if isinstance(rule, Range):
        return [
            (
                rule.column,
                None if rule.min is None else (line(rule.min), rule.open_low, (rule.name,)),
                None if rule.max is None else (line(rule.max), rule.open_high, (rule.name,)),
            )
        ]
    if isinstance(rule, Inequality) and not _is_column(rule.low):
        return [(rule.high, (line(rule.low), rule.strict, (rule.name,)), None)]
    if isinstance(rule, Inequality) and not _is_column(rule.high):
        return [(rule.low, None, (line(rule.high), rule.strict, (rule.name,)))]
    return []


def _edges(rule: Rule) -> list[tuple[str, str, bool, str]]:
    if isinstance(rule, Inequality) and len(rule.columns) == 2:
        return [(rule.low, rule.high, rule.strict, rule.name)]
    if isinstance(rule, Ordered):
        return [
            (a, b, rule.strict, rule.name)
            for a, b in zip(rule.columns, rule.columns[1:], strict=False)
        ]
    return []


def _tighten(ends: dict[str, End], column: str, end: End | None, sign: int) -> None:
    if end is None:
        return
    old = ends.get(column)
    if old is None or sign * end[0] > sign * old[0] or (end[0] == old[0] and end[1] and not old[1]):
        ends[column] = end


def _refuse_circle(edges: list[tuple[str, str, bool, str]]) -> None:
    left = list(edges)
    while left:
        highs = {b for _, b, _, _ in left}
        stay = [
            edge for edge in left if edge[0] in highs
        ]  # an edge from a column below all is in no circle
        lows = {a for a, _, _, _ in stay}
        stay = [edge for edge in stay if edge[1] in lows]
        if len(stay) == len(left):
            names = " and ".join(map(repr, dict.fromkeys(name for _, _, _, name in stay)))
            raise ConfigError(
                f"Inequalities must not go in a circle, however {names} do. Take one away; for equal"
                " columns write an expression, a == b.",
                key="rules",
                rule=stay[0][3],
            )
        left = stay


def _refuse_no_value(column: str, rules: Sequence[Rule], low: End | None, high: End | None) -> None:
    """Raises: ConfigError where no listed value is in every list and inside the ends, and whole where it must be."""
    lists = [rule for rule in rules if isinstance(rule, OneOf) and rule.column == column]
    wholes = [rule for rule in rules if isinstance(rule, Whole) and rule.column == column]
    left = set.intersection(*({_place(value) for value in rule.values} for rule in lists))
    left = {
        at
        for at in left
        if isinstance(at, str)
        or (
            (low is None or at > low[0] or (at == low[0] and not low[1]))
            and (high is None or at < high[0] or (at == high[0] and not high[1]))
            and (not wholes or at % 1 == 0)
        )
    }
    if not left:
        _refuse_empty(
            column,
            (
                *(rule.name for rule in (*lists, *wholes)),
                *(low[2] if low else ()),
                *(high[2] if high else ()),
            ),
        )


def _place(value: Any) -> Any:
    """A listed value on the line, or as text where it is neither a number nor a date, year first."""
    if isinstance(value, str) and not YEAR_FIRST.match(value):
        return value
    try:
        return int(value) if isinstance(value, bool) else line(value)
    except ConfigError:
        return str(value)
