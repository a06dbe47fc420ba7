"""What every rule shares: a name, the columns it speaks of, which rows break it, how a row is mended."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from synthkit.errors import ConfigError, DataError, nearest


@dataclass(frozen=True)
class Rule:
    """A domain constraint on a table; a frozen dataclass of its own parameters.

    Subclasses write `columns`, `broken` and, where there is a smallest change, `mend`.
    `nulls` says what the rule does with missing cells; `whole_table` whether a row's fate depends
    on the others. `name` is what reports call it.
    """

    name: str = field(default="", kw_only=True)

    rule: ClassVar[str] = ""
    nulls: ClassVar[str] = "a missing value breaks nothing"
    whole_table: ClassVar[bool] = False
    #: Words that YAML uses for a parameter, where Python has taken them.
    words: ClassVar[dict[str, str]] = {}

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise ConfigError(
                f"A rule's name must be text, however it is {self.name!r}.", key="name"
            )
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

    def broken(self, table: pd.DataFrame) -> np.ndarray:
        """Which rows break the rule (n,). Raises: DataError where a column cannot be judged."""
        raise NotImplementedError

    def mend(
        self, table: pd.DataFrame, rows: np.ndarray, seen: pd.DataFrame, attempt: int
    ) -> pd.DataFrame | None:
        """The changed columns of `rows` (positions of broken rows), each of that length; None: no way is known.

        `seen` are real rows; `attempt` counts from 0, so that a rule with two ways can try the other.
        """
        return None

    def learned(self, real: pd.DataFrame) -> Rule:
        """The rule with what it takes from real rows."""
        return self

    def as_spec(self) -> dict[str, Any]:
        """The rule as a rules file has it."""
        words = {python: yaml for yaml, python in self.words.items()}
        plain: dict[str, Any] = {"name": self.name, "rule": self.rule}
        for each in dataclasses.fields(self):
            value = getattr(self, each.name)
            if each.name != "name" and value != each.default:
                plain[words.get(each.name, each.name)] = _plain(value)
        return plain


def _plain(value: Any) -> Any:
    if isinstance(value, Rule):
        return value.as_spec()
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)


def check_column(value: Any, key: str) -> None:
    """Raises: ConfigError unless `value` is a column's name."""
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{key} must be a column's name, however it is {value!r}.", key=key)


def columns_of(value: Any, key: str, least: int) -> tuple[str, ...]:
    """One name or a list of them as a tuple. Raises: ConfigError for fewer than `least`, or one twice."""
    names = (
        (value,)
        if isinstance(value, str)
        else tuple(value)
        if isinstance(value, list | tuple)
        else ()
    )
    for name in names:
        check_column(name, key)
    if len(names) < least:
        raise ConfigError(
            f"{key} must be a list of at least {least} column names, however it is {value!r}.",
            key=key,
        )
    if len(set(names)) < len(names):
        raise ConfigError(
            f"{key} must name each column once, however it is {list(names)!r}.", key=key
        )
    return names


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
