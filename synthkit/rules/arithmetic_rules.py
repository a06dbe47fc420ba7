"""Rules about what several cells of one row come to: sum, ratio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from synthkit.errors import ConfigError
from synthkit.methods.registry import check_number
from synthkit.rules.base import Rule, check_column, columns_of
from synthkit.rules.values import like, ordinal, whole


@dataclass(frozen=True)
class Sum(Rule):
    """|sum of `parts` - `total`| <= tolerance (no finer than the columns' floating point). Mended in the total.

    Unit of `tolerance`: that of the columns.
    """

    parts: Any
    total: str
    tolerance: float = 1e-6

    rule: ClassVar[str] = "sum"

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", columns_of(self.parts, "parts", 1))
        check_column(self.total, "total")
        check_number("tolerance", self.tolerance, at_least=0.0)
        if self.total in self.parts:
            raise ConfigError(
                f"A total must not be one of its parts, however {self.total!r} is.", key="total"
            )
        super().__post_init__()

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.parts, self.total)

    def broken(self, table: pd.DataFrame) -> np.ndarray:
        total = ordinal(table[self.total], self.name).astype(float)
        parts = [ordinal(table[name], self.name).astype(float) for name in self.parts]
        single = any(str(table[name].dtype).lower() == "float32" for name in self.columns)
        finest = (
            4
            * np.finfo(np.float32 if single else np.float64).eps
            * sum(np.abs(part) for part in parts)
        )
        return np.abs(sum(parts) - total) > np.maximum(
            self.tolerance, finest
        )  # NaN is in no comparison

    def mend(
        self, table: pd.DataFrame, rows: np.ndarray, seen: pd.DataFrame, attempt: int
    ) -> pd.DataFrame | None:
        part = table[list(self.columns)].iloc[rows]
        values = {name: ordinal(part[name], self.name).astype(float) for name in self.columns}
        total = sum(values[name] for name in self.parts)
        if attempt % 2 == 0:
            return pd.DataFrame({self.total: like(total, part[self.total])})
        last = self.parts[-1]  # the total may not move: the last part takes the difference
        return pd.DataFrame({last: like(values[last] + values[self.total] - total, part[last])})


@dataclass(frozen=True)
class Ratio(Rule):
    """min <= numerator / denominator <= max; an end may be absent. Mended in the numerator.

    A number over 0 is infinite; 0 over 0 breaks nothing.
    """

    numerator: str
    denominator: str
    min: float | None = None
    max: float | None = None

    rule: ClassVar[str] = "ratio"

    def __post_init__(self) -> None:
        check_column(self.numerator, "numerator")
        check_column(self.denominator, "denominator")
        for key, end in (("min", self.min), ("max", self.max)):
            if end is not None:
                check_number(key, end)
        if self.min is None and self.max is None:
            raise ConfigError("A ratio needs min or max, however it has neither.", key="rule")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ConfigError(
                f"A ratio's range must hold a value, however none lies between {self.min!r} and"
                f" {self.max!r}.",
                key="min",
            )
        super().__post_init__()

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.numerator, self.denominator)

    def _outside(
        self, numerator: np.ndarray, denominator: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        with np.errstate(all="ignore"):
            ratio = numerator / denominator
        none = np.zeros(len(ratio), dtype=bool)
        return (none if self.min is None else ratio < self.min), (
            none if self.max is None else ratio > self.max
        )

    def broken(self, table: pd.DataFrame) -> np.ndarray:
        below, above = self._outside(
            *(ordinal(table[name], self.name).astype(float) for name in self.columns)
        )
        return below | above

    def mend(
        self, table: pd.DataFrame, rows: np.ndarray, seen: pd.DataFrame, attempt: int
    ) -> pd.DataFrame | None:
        part = table[list(self.columns)].iloc[rows]
        value, under = (ordinal(part[name], self.name).astype(float) for name in self.columns)
        below, above = self._outside(value, under)
        value = np.where(
            below, (self.min or 0.0) * under, np.where(above, (self.max or 0.0) * under, value)
        )
        rounds = whole(part[self.numerator])
        for _ in range(3):  # the quotient may be one rounding outside
            below, above = self._outside(
                like(value, part[self.numerator]).to_numpy(dtype=float), under
            )
            toward = np.where(below, 1.0, -1.0) * np.sign(under)
            kind = (
                np.float32 if str(part[self.numerator].dtype).lower() == "float32" else np.float64
            )
            step = (
                np.where(toward > 0, np.floor(value) + 1, np.ceil(value) - 1)
                if rounds
                else np.nextafter(
                    value.astype(kind), np.where(toward > 0, np.inf, -np.inf).astype(kind)
                )
            )
            value = np.where((below | above) & (under != 0), step, value)
        return pd.DataFrame({self.numerator: like(value, part[self.numerator])})
