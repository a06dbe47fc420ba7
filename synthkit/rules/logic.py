"""Rules with a condition: when, expression; and about rows beside each other: unique, immutable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from synthkit.errors import ConfigError
from synthkit.methods import Said, method
from synthkit.rules.base import Broken, Column, ColumnRule, Columns, Rule
from synthkit.rules.expression import columns_in, holds, parse


def _with_columns(text: str) -> str:
    if not columns_in(parse(text)):
        raise ConfigError(
            f"An expression needs a column, however {text!r} has none.", key="expression"
        )
    return text


def _rule(then: Any) -> Any:
    from synthkit.rules.rules_file import rule_of

    if isinstance(then, str):
        then = {"rule": "expression", "expression": then}
    return rule_of(then) if isinstance(then, Mapping) else then


def _of_rows(then: Any) -> Rule:
    if not isinstance(then, Rule) or then.whole_table:
        raise ConfigError(f"then must be a rule about single rows, however it is {then!r}.")
    if isinstance(then, When) and isinstance(then.then, When):
        raise ConfigError(
            "A rule may stand two conditions deep, however this one is deeper. Join conditions with"
            " and."
        )
    return then


Condition = Annotated[
    str,
    Field(description="An expression over columns, such as refund <= amount."),
    AfterValidator(_with_columns),
]


@method
class Expression(Rule):
    """An expression over columns is true; its language is that of `synthkit.rules.expression`.

    Repaired by the values, in the expression's columns, of the nearest real row.
    """

    expression: Condition

    rule: ClassVar[str] = "expression"
    nulls: ClassVar[str] = "a missing result breaks nothing; is_null(column) asks for it"

    def about(self) -> str:
        return self.expression

    @property
    def columns(self) -> tuple[str, ...]:
        return columns_in(parse(self.expression))

    def violations(self, table: pd.DataFrame) -> np.ndarray:
        true, missing = holds(parse(self.expression), table)
        return ~true & ~missing


@method
class When(Rule):
    """Where `condition` (in YAML `if`) is true, the rule `then` holds. Repaired as `then` is."""

    condition: Condition
    then: Annotated[
        Any,
        BeforeValidator(_rule),
        AfterValidator(_of_rows),
        WithJsonSchema({"anyOf": [{"type": "object"}, {"type": "string"}]}),
        Field(description="A rule about single rows, or an expression."),
        Said(needed="a rule about single rows, or an expression"),
    ]

    rule: ClassVar[str] = "when"
    nulls: ClassVar[str] = (
        "a condition with a missing result is not met; beyond that, as the inner rule has it"
    )
    words: ClassVar[dict[str, str]] = {"if": "condition"}

    def about(self) -> str:
        return f"{self.condition}: {self.then.name}"

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*columns_in(parse(self.condition)), *self.then.columns)))

    def violations(self, table: pd.DataFrame) -> np.ndarray:
        met = holds(parse(self.condition), table)[0]
        bad = np.zeros(len(table), dtype=bool)
        if met.any():  # rows that do not meet it may hold what the inner rule cannot judge
            bad[met] = self.then.violations(table[met])
        return bad

    def repair(self, broken: Broken) -> pd.DataFrame | None:
        changed: pd.DataFrame | None = self.then.repair(broken)
        return changed

    def learned(self, real: pd.DataFrame) -> Rule:
        met = holds(parse(self.condition), real)[0]
        return replace(self, then=self.then.learned(real[met])) if met.any() else self


@method
class Unique(Rule):
    """No two rows have the same values in these columns; the first of those that do may stay.

    There is no smallest change: such rows are made anew.
    """

    columns: Columns

    rule: ClassVar[str] = "unique"
    nulls: ClassVar[str] = "a row with a missing value there breaks nothing"
    whole_table: ClassVar[bool] = True
    words: ClassVar[dict[str, str]] = {"column": "columns"}

    def violations(self, table: pd.DataFrame) -> np.ndarray:
        names = list(self.columns)
        part = table[names[0]] if len(names) == 1 else table[names]
        there = np.logical_and.reduce([table[name].notna().to_numpy() for name in names])
        return part.duplicated().to_numpy() & there


@method
class Immutable(ColumnRule):
    """One value of `column` per value of `key`: that of its first row. Repaired to it."""

    key: Annotated[Column, Field(description="The column that says whose value it is.")]

    rule: ClassVar[str] = "immutable"
    nulls: ClassVar[str] = "a row whose key or value is missing breaks nothing"
    whole_table: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.column == self.key:
            raise ConfigError(
                f"column and key must differ, however both are {self.key!r}.", key="key"
            )
        super().__post_init__()

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column, self.key)

    def _first(self, table: pd.DataFrame) -> np.ndarray:
        """The position of the first complete row with the same key (n,)."""
        first = np.arange(len(table))
        rows = np.flatnonzero(table[self.key].notna() & table[self.column].notna())
        codes = pd.factorize(table[self.key].iloc[rows])[0]
        of_key = np.zeros(codes.max(initial=-1) + 1, dtype=int)
        of_key[codes[::-1]] = rows[::-1]  # the first row is written last
        first[rows] = of_key[codes]
        return first

    def violations(self, table: pd.DataFrame) -> np.ndarray:
        codes = pd.factorize(table[self.column])[0]
        return np.asarray(codes != codes[self._first(table)])

    def repair(self, broken: Broken) -> pd.DataFrame:
        first = self._first(broken.table)[broken.at]
        return pd.DataFrame(
            {self.column: broken.table[self.column].take(first).reset_index(drop=True)}
        )
