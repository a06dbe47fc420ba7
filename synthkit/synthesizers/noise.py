"""Noise as a synthesizer: the cheapest behind the same interface as the dearest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from synthkit.methods.registry import check_number
from synthkit.methods.traits import Traits
from synthkit.progress import Report as Progress
from synthkit.synthesizers.base import Synthesizer
from synthkit.synthesizers.forms import Form, form_of, matches
from synthkit.table.schema import Schema


@dataclass(frozen=True)
class Noise(Synthesizer):
    """Repeat training rows and add normal noise to their numbers and times; states stay as they are.

    x' = clip(x + scale · σ · e, min, max) with e ~ N(0, 1) and σ the column's standard deviation
    over its present values; whole numbers are rounded, missing cells stay missing.

    It keeps the training table as its model, so its rows are near copies: useful as the rival that
    any generator has to beat, not as a release of private data.

    Unit of `scale`: standard deviations of a column, at least 0.
    """

    traits: ClassVar[Traits | None] = None

    scale: float = 0.1

    def __post_init__(self) -> None:
        check_number(
            "scale",
            self.scale,
            at_least=0.0,
            why="It is a share of each column's standard deviation",
        )

    def learn(
        self,
        table: pd.DataFrame,
        schema: Schema,
        rng: np.random.Generator,
        progress: Progress | None,
    ) -> NoiseModel:
        """The table itself, with the form of each column."""
        forms = {
            c.name: form_of(table[c.name], c.kind, c.name == schema.target) for c in schema.columns
        }
        return NoiseModel(table, forms, self.scale)

    def from_arrays(self, arrays: Mapping[str, np.ndarray], state: Any) -> NoiseModel:
        """The model that `NoiseModel.to_arrays` took apart."""
        from synthkit.synthesizers.plain import form_from

        forms = {plain["name"]: form_from(plain) for plain in state["forms"]}
        columns = {
            name: form.of_numbers(arrays[str(i)]) if form.ordered else form.of_codes(arrays[str(i)])
            for i, (name, form) in enumerate(forms.items())
        }
        return NoiseModel(pd.DataFrame(columns), forms, state["scale"])


@dataclass(frozen=True, eq=False)
class NoiseModel:
    """Training rows (n, c), the form of each column, and the noise's scale."""

    table: pd.DataFrame
    forms: Mapping[str, Form]
    scale: float

    def draw(self, n: int, where: Mapping[str, Any], rng: np.random.Generator) -> pd.DataFrame:
        """`n` training rows that meet `where`, drawn with replacement, with noise; see `Noise`."""
        meets = np.ones(len(self.table), dtype=bool)
        for name, value in where.items():
            meets &= matches(self.table[name], value)
        # Rows that meet every condition are the source where there are any; noise leaves them so
        # in the columns of the conditions.
        source = np.flatnonzero(meets) if meets.any() else np.arange(len(self.table))
        rows = self.table.take(rng.choice(source, size=n)).reset_index(drop=True)
        for name, form in self.forms.items():
            if form.ordered and name not in where:
                values = form.numbers(rows[name])
                spread = float(np.nanstd(form.numbers(self.table[name])))
                rows[name] = form.of_numbers(values + self.scale * spread * rng.standard_normal(n))
        return rows

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """The columns as numbers and codes; their forms. Loads without trust."""
        from synthkit.synthesizers.plain import plain_form

        arrays = {
            str(i): form.numbers(self.table[name]) if form.ordered else form.codes(self.table[name])
            for i, (name, form) in enumerate(self.forms.items())
        }
        return arrays, {
            "forms": [plain_form(form) for form in self.forms.values()],
            "scale": self.scale,
        }
