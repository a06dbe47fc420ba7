"""Rules about rows beside each other: unique, immutable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from synthkit.errors import ConfigError
from synthkit.rules.base import Rule, check_column, columns_of
from synthkit.rules.values import nulls


@dataclass(frozen=True)
class Unique(Rule):
    """No two rows have the same values in these columns; of those that do, all but the first break it.

    There is no smallest change: such rows are made anew.
    """

    columns: Any

    rule: ClassVar[str] = "unique"
    nulls: ClassVar[str] = "a row with a missing value there breaks nothing"
    whole_table: ClassVar[bool] = True
    words: ClassVar[dict[str, str]] = {"column": "columns"}

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", columns_of(self.columns, "columns", 1))
        super().__post_init__()

    def broken(self, table: pd.DataFrame) -> np.ndarray:
        missing = np.logical_or.reduce([nulls(table[name]) for name in self.columns])
        part = table[self.columns[0]] if len(self.columns) == 1 else table[list(self.columns)]
        return part.duplicated().to_numpy() & ~missing


@dataclass(frozen=True)
class Immutable(Rule):
    """One value of `column` per value of `key`: that of the first row with the key. Mended to it."""

    column: str
    key: str

    rule: ClassVar[str] = "immutable"
    nulls: ClassVar[str] = "a row whose key or value is missing breaks nothing"
    whole_table: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_column(self.column, "column")
        check_column(self.key, "key")
        if self.column == self.key:
            raise ConfigError(
                f"column and key must differ, however both are {self.key!r}.", key="key"
            )
        super().__post_init__()

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column, self.key)

    def _first(self, table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """The position of the first row with the same key (n,), and which rows are judged (n,)."""
        judged = ~nulls(table[self.key]) & ~nulls(table[self.column])
        rows = np.flatnonzero(judged)
        first = np.arange(len(table))
        if len(rows):
            codes = pd.factorize(table[self.key].iloc[rows])[0]
            first[rows] = rows[np.unique(codes, return_index=True)[1][codes]]
        return first, judged

    def broken(self, table: pd.DataFrame) -> np.ndarray:
        first, judged = self._first(table)
        codes = pd.factorize(table[self.column])[0]
        return judged & (codes != codes[first])

    def mend(
        self, table: pd.DataFrame, rows: np.ndarray, seen: pd.DataFrame, attempt: int
    ) -> pd.DataFrame | None:
        first, _ = self._first(table)
        return pd.DataFrame(
            {self.column: table[self.column].iloc[first[rows]].reset_index(drop=True)}
        )
