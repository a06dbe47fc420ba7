"""Which of our rules SDV's constraints can learn, said in SDV's words, and why the others stay outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from synthkit.rules.base import Rule
from synthkit.rules.columns import Whole
from synthkit.rules.rows import FixedCombinations, Inequality, OneHot, Ordered
from synthkit.table.column import Codec
from synthkit.table.schema import Kind, Schema


def handed_over(
    rules: Sequence[Rule], table: pd.DataFrame, schema: Schema
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """SDV's constraints by our rules' names, as `CTGAN(constraints=...)` takes them; and why not, for the others.

    `table` (n, c) are the columns that are learned. An inequality of two columns becomes
    `Inequality`, a chain of two or three `Inequality` or `Range`, fixed combinations of states
    `FixedCombinations`, a one-hot group `OneHotEncoding` (as one state, so that it can be conditioned
    on), a whole number `FixedIncrements` of 1. A column goes into one constraint, since SDV puts
    another column in its place; whole numbers come last, because SDV rounds anyway.
    """
    codecs = {column.name: Codec.fit(table[column.name], column.kind) for column in schema.columns}
    learned: dict[str, dict[str, Any]] = {}
    outside: dict[str, str] = {}
    taken: dict[str, str] = {}
    for rule in sorted(rules, key=lambda rule: isinstance(rule, Whole)):
        why = _why_not(rule, codecs, schema.target) or next(
            (
                f"SDV learns {taken[name]!r}, which speaks of {name!r} too"
                for name in rule.columns
                if name in taken
            ),
            "",
        )
        constraint = None if why else _in_sdvs_words(rule)
        if constraint is None:
            outside[rule.name] = why or "SDV has no constraint of this kind"
        else:
            learned[rule.name] = constraint
            taken |= dict.fromkeys(rule.columns, rule.name)
    return learned, {rule.name: outside[rule.name] for rule in rules if rule.name in outside}


def _in_sdvs_words(rule: Rule) -> dict[str, Any] | None:
    columns = list(rule.columns)
    if isinstance(rule, Inequality | Ordered) and len(columns) == 2:
        return {
            "name": "Inequality",
            "low_column_name": columns[0],
            "high_column_name": columns[1],
            "strict_boundaries": rule.strict,
        }
    if isinstance(rule, Ordered) and len(columns) == 3:
        return {
            "name": "Range",
            "low_column_name": columns[0],
            "middle_column_name": columns[1],
            "high_column_name": columns[2],
            "strict_boundaries": rule.strict,
        }
    if isinstance(rule, FixedCombinations):
        return {"name": "FixedCombinations", "column_names": columns}
    if isinstance(rule, OneHot):
        return {
            "name": "OneHotEncoding",
            "column_names": columns,
            "learning_strategy": "categorical",
        }
    if isinstance(rule, Whole):
        return {"name": "FixedIncrements", "column_name": rule.column, "increment_value": 1}
    return None


def _why_not(rule: Rule, codecs: dict[str, Codec], target: str | None) -> str:
    """Why SDV's constraint would not do here; empty if it might."""
    if _in_sdvs_words(rule) is None:
        return "SDV has no constraint of this kind"
    for name in rule.columns:
        if name not in codecs:
            return f"column {name!r} is not learned: it is a key or has one value"
        codec = codecs[name]
        if name == target:
            return f"column {name!r} is the target, which rows are asked for by"
        if codec.gaps and not isinstance(
            rule, Inequality | Ordered
        ):  # of which SDV passes over gaps
            return f"column {name!r} has missing values"
        if isinstance(rule, FixedCombinations | OneHot):
            if codec.ordered and isinstance(rule, FixedCombinations):
                return f"column {name!r} holds numbers or times, and SDV combines states"
        elif not codec.ordered:
            return f"column {name!r} holds states, and SDV needs numbers or times"
    kinds = {codecs[name].kind is Kind.DATETIME for name in rule.columns if codecs[name].ordered}
    if len(kinds) > 1:
        return "it compares times with numbers"
    if isinstance(rule, Whole) and True in kinds:
        return f"column {rule.column!r} holds times, and SDV needs numbers"
    return ""
