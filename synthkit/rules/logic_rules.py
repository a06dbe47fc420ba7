"""Rules with a condition of their own: when, expression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from synthkit.errors import ConfigError
from synthkit.rules.base import Rule
from synthkit.rules.expression import Node, columns_in, parse
from synthkit.rules.expression_values import holds


def _parsed(text: str) -> Node:
    node = parse(text)
    if not columns_in(node):
        raise ConfigError(
            f"An expression needs a column, however {text!r} has none.", key="expression"
        )
    return node


@dataclass(frozen=True)
class Expression(Rule):
    """An expression over columns is true; its language is that of `constraints.expression`.

    Mended by the values, in the expression's columns, of the nearest real row.
    """

    expression: str

    rule: ClassVar[str] = "expression"
    nulls: ClassVar[str] = "a missing result breaks nothing; is_null(column) asks for it"

    def __post_init__(self) -> None:
        _parsed(self.expression)
        super().__post_init__()

    def about(self) -> str:
        return self.expression

    @property
    def columns(self) -> tuple[str, ...]:
        return columns_in(parse(self.expression))

    def broken(self, table: pd.DataFrame) -> np.ndarray:
        true, missing = holds(parse(self.expression), table)
        return ~true & ~missing


@dataclass(frozen=True)
class When(Rule):
    """Where the expression `condition` (YAML: `if`) is true, the rule `then` holds. Mended as `then` is."""

    condition: str
    then: Any

    rule: ClassVar[str] = "when"
    nulls: ClassVar[str] = (
        "a condition with a missing result is not met; beyond that, as the inner rule has it"
    )
    words: ClassVar[dict[str, str]] = {"if": "condition"}

    def __post_init__(self) -> None:
        _parsed(self.condition)
        then = self.then
        if isinstance(then, Mapping | str):
            from synthkit.rules.rules_file import rule_of

            then = rule_of(
                then if isinstance(then, Mapping) else {"rule": "expression", "expression": then}
            )
            object.__setattr__(self, "then", then)
        if not isinstance(then, Rule) or then.whole_table:
            raise ConfigError(
                f"then must be a rule about single rows, however it is {self.then!r}.", key="then"
            )
        if isinstance(then, When) and isinstance(then.then, When):
            raise ConfigError(
                "A rule may stand two conditions deep, however this one is deeper. Join conditions with"
                " and.",
                key="then",
            )
        super().__post_init__()

    def about(self) -> str:
        return f"{self.condition}: {self.then.name}"

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*columns_in(parse(self.condition)), *self.then.columns)))

    def broken(self, table: pd.DataFrame) -> np.ndarray:
        met = holds(parse(self.condition), table)[0]
        bad = np.zeros(len(table), dtype=bool)
        if met.any():  # rows that do not meet it may hold what the inner rule cannot judge
            bad[met] = self.then.broken(table[met])
        return bad

    def mend(
        self, table: pd.DataFrame, rows: np.ndarray, seen: pd.DataFrame, attempt: int
    ) -> pd.DataFrame | None:
        return self.then.mend(table, rows, seen, attempt)

    def learned(self, real: pd.DataFrame) -> Rule:
        met = holds(parse(self.condition), real)[0]
        return replace(self, then=self.then.learned(real[met])) if met.any() else self
