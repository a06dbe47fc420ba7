"""Noise as a synthesizer: the cheapest behind the same interface as the dearest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field

from synthkit.methods import Said, method
from synthkit.methods.traits import Traits
from synthkit.progress import Report as Progress
from synthkit.synthesizers.base import Synthesizer
from synthkit.synthesizers.forms import matches
from synthkit.table.column import Codec
from synthkit.table.schema import Schema


@method
class Noise(Synthesizer):
    """Repeat training rows with normal noise on their numbers and times; states stay as they are.

    x' = clip(x + scale · σ · e, min, max) with e ~ N(0, 1) and σ the column's standard deviation
    over its present values; whole numbers are rounded, missing cells stay missing.

    It keeps the training table as its model, so its rows are near copies: useful as the rival that
    any generator has to beat, not as a release of private data.
    """

    traits: ClassVar[Traits | None] = None

    scale: Annotated[
        float,
        Field(ge=0, description="Noise in standard deviations of each column."),
        Said(why="It is a share of each column's standard deviation"),
    ] = 0.1

    def learn(
        self,
        table: pd.DataFrame,
        schema: Schema,
        rng: np.random.Generator,
        progress: Progress | None,
    ) -> NoiseModel:
        """The table itself, with the codec of each column."""
        codecs = tuple(
            Codec.fit(table[c.name], c.kind, sort=True, as_seen=True) for c in schema.columns
        )
        return NoiseModel(table, codecs, self.scale)

    def from_arrays(self, arrays: Mapping[str, np.ndarray], state: Any) -> NoiseModel:
        """The model that `NoiseModel.to_arrays` took apart."""
        codecs = tuple(map(Codec.from_json, state["codecs"]))
        columns = {codec.name: codec.decode(arrays[str(i)]) for i, codec in enumerate(codecs)}
        return NoiseModel(pd.DataFrame(columns), codecs, state["scale"])


@dataclass(frozen=True, eq=False)
class NoiseModel:
    """Training rows (n, c), the codec of each column, and the noise's scale."""

    table: pd.DataFrame
    codecs: tuple[Codec, ...]
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
        for codec in self.codecs:
            name = codec.name
            if codec.ordered and name not in where:
                values = codec.encode(rows[name])
                spread = float(np.nanstd(codec.encode(self.table[name])))
                rows[name] = codec.decode(values + self.scale * spread * rng.standard_normal(n))
        return rows

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """The columns as numbers and codes; their codecs. Loads without trust."""
        arrays = {
            str(i): codec.encode(self.table[codec.name]) for i, codec in enumerate(self.codecs)
        }
        return arrays, {
            "codecs": [codec.to_json() for codec in self.codecs],
            "scale": self.scale,
        }
