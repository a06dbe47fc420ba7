"""What every rule shares: a name, its columns, which rows break it, how a row is repaired."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import CoreSchema

from synthkit.errors import ConfigError, DataError, nearest
from synthkit.methods import Said
from synthkit.methods.declare import default_of
from synthkit.rules.values import line


@dataclass(frozen=True)
class _Names:
    """A field that holds column names, at least so many and each once: one name or a list."""

    least: int

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        name = Annotated[str, Field(min_length=1), Said("a column's name")]
        names = Annotated[
            tuple[name, ...],
            Field(min_length=self.least),
            AfterValidator(_each_once),
            BeforeValidator(
                lambda value: (value,) if isinstance(value, str) else value,
                json_schema_input_type=str | tuple[str, ...],
            ),
            Said(f"a list of at least {self.least} column names"),
        ]
        return handler.generate_schema(names)


def _each_once(names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise ConfigError(
            f"{info.field_name} must name each column once, however it is {list(names)!r}."
        )
    return names


def _on_a_line(value: Any, info: ValidationInfo) -> Any:
    if value is not None:
        line(value, str(info.field_name))
    return value


#: Fields of a rule: a column, at least one column, at least two, a number or a date, a number.
Column = Annotated[str, Field(min_length=1, description="The column."), Said("a column's name")]
Columns = Annotated[Any, _Names(1), Field(description="The columns, or one of them.")]
TwoColumns = Annotated[Any, _Names(2), Field(description="The columns, at least two.")]
End = Annotated[
    Any,
    AfterValidator(_on_a_line),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string"}, {"type": "null"}]}),
    Field(description="A number or a date; none is no bound."),
    Said("a number or a date"),
]
Quotient = Annotated[float | None, Field(description="A number; none is no bound.")]


@dataclass(frozen=True, eq=False)
class Broken:
    """Rows that break a rule, as the rule gets them to repair.

    - `table` (n, c): all rows, with the rule's columns at least.
    - `at` (m,): the positions of those that break it.
    - `seen` (k, c): real rows that break no rule.
    - `attempt`: counts from 0, so that a rule with two ways can try the other.
    """

    table: pd.DataFrame
    at: np.ndarray
    seen: pd.DataFrame
    attempt: int = 0

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The broken rows (m, c)."""
        return self.table.take(self.at).reset_index(drop=True)


@dataclass(frozen=True)
class Rule:
    """A domain constraint on a table: a frozen value of its own parameters.

    Parameters
    ----------
    name : str
        What reports call it; by default what it is about.

    Notes
    -----
    Subclasses write `columns`, `violations` and, where there is a smallest change, `repair`.
    `nulls` says what the rule does with missing cells, `whole_table`
    whether a row's fate depends on the others, `words` what YAML calls a parameter whose name
    Python has taken.
    """

    name: Annotated[
        str, Field(description="What reports call it; by default what it is about.")
    ] = dataclasses.field(default="", kw_only=True)

    rule: ClassVar[str] = ""
    nulls: ClassVar[str] = "a missing value breaks nothing"
    whole_table: ClassVar[bool] = False
    words: ClassVar[dict[str, str]] = {}

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", f"{self.rule} of {self.about()}")

    def about(self) -> str:
        """What the rule is about, for a name where none is given."""
        return ", ".join(self.columns)

    if TYPE_CHECKING:  # at run time there must be none, since some rules have it as a parameter

        @property
        def columns(self) -> tuple[str, ...]:
            """The columns that the rule speaks of."""
            raise NotImplementedError

    def violations(self, table: pd.DataFrame) -> np.ndarray:
        """Which rows break the rule (n,). Raises: DataError where a column cannot be judged."""
        raise NotImplementedError

    def repair(self, broken: Broken) -> pd.DataFrame | None:
        """The changed columns of the broken rows (m, .); None: no way is known."""
        return None

    def learned(self, real: pd.DataFrame) -> Rule:
        """The rule with what it takes from real rows."""
        return self

    def as_spec(self) -> dict[str, Any]:
        """The rule as a rules file has it."""
        words = {python: yaml for yaml, python in self.words.items()}
        spec: dict[str, Any] = {"name": self.name, "rule": self.rule}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.name != "name" and value != default_of(field):
                spec[words.get(field.name, field.name)] = _in_yaml(value)
        return spec


@dataclass(frozen=True)
class ColumnRule(Rule):
    """A rule about one column's cells."""

    column: Column

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)


def _in_yaml(value: Any) -> Any:
    if isinstance(value, Rule):
        return value.as_spec()
    if isinstance(value, tuple | list):
        return [_in_yaml(each) for each in value]
    if isinstance(value, np.generic):
        return _in_yaml(value.item())
    return value if value is None or isinstance(value, str | int | float) else str(value)


def with_names(table: pd.DataFrame) -> pd.DataFrame:
    """The table under column names of text. Raises: DataError unless it is a table with rows."""
    if not isinstance(table, pd.DataFrame):
        raise DataError(f"Rules need a pandas DataFrame, however this is a {type(table).__name__}.")
    if not len(table) or not len(table.columns):
        raise DataError(
            f"Rules need a table with rows, however this one has {len(table)} rows and"
            f" {len(table.columns)} columns."
        )
    names = [str(name) for name in table.columns]
    if len(set(names)) < len(names):
        raise DataError("Column names must differ, however one stands twice. Rename one of them.")
    return table if names == list(table.columns) else table.set_axis(names, axis=1)


def refuse_unknown(rules: tuple[Rule, ...], names: list[str]) -> None:
    """Raises: ConfigError for a rule about a column that is not among `names`."""
    for rule in rules:
        for column in rule.columns:
            if column not in names:
                raise ConfigError(
                    f"The rule {rule.name!r} needs a column {column!r}, however the table has none."
                    f"{nearest(column, names)}",
                    rule=rule.name,
                )
