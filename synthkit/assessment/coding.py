"""The tables as numbers: values for distances and trees, cells of one binning for pairs of columns of any kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from synthkit.assessment.tables import CONTROL, Tables
from synthkit.table.column import MISSING
from synthkit.table.geometry import Geometry
from synthkit.table.schema import Kind

#: Cells that the values of a column are put in for pairs, at least and at most; missing and new values have one each.
FEWEST_BINS, BINS = 3, 8
NEW, GONE, CELLS = BINS, BINS + 1, BINS + 2
#: Rows per cell of a pair's table that are enough: with fewer, chance alone would make tables differ.
ROWS_PER_CELL = 100


@dataclass(frozen=True, eq=False)
class Coding:
    """The columns of tables as floats; what levels there are is the real table's word.

    A value (n, c) is a number or a time in its column's own unit, or the rank of a state among the
    real table's by falling frequency. A state that the real table lacks has the rank `len(levels)`.
    NaN is missing.

    - `levels`: for each column the states in their ranks; None for an ordered one.
    - `edges`: for each column the upper ends of all cells but the last. Of an ordered column they are
      quantiles of the reference, so that cells hold about as many rows; of states the most frequent,
      so that rarer ones share the last cell. There are more cells the more rows there are.
    """

    names: tuple[str, ...]
    kinds: tuple[Kind, ...]
    columns: tuple[Any, ...]
    levels: tuple[list[Any] | None, ...]
    ranks: tuple[np.ndarray | None, ...]
    edges: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, tables: Tables) -> Coding:
        """The coding that the real table gives."""
        columns = Geometry.fit(tables.real, tables.schema).columns
        levels: list[list[Any] | None] = []
        ranks: list[np.ndarray | None] = []
        for column in columns:
            if column.ordered:
                levels.append(None)
                ranks.append(None)
                continue
            codes = column.encode(tables.real[column.name])
            counts = np.bincount(codes[codes >= 0], minlength=len(column.levels))
            words = [str(level) for level in column.levels]
            # By falling frequency, then by name: the order of the rows changes nothing.
            order = [
                code
                for code in sorted(range(len(words)), key=lambda i: (-counts[i], words[i]))
                if counts[code]
            ]
            rank = np.full(len(words), len(order))
            rank[order] = np.arange(len(order))
            levels.append([column.levels[code] for code in order])
            ranks.append(rank)
        coding = cls(
            tuple(c.name for c in columns),
            tuple(tables.schema[c.name].kind for c in columns),
            columns,
            tuple(levels),
            tuple(ranks),
            (),
        )
        reference = coding.values(tables.reference)
        rows = min(len(reference), len(tables.candidates[CONTROL]))
        bins = int(np.clip(round(np.sqrt(rows / ROWS_PER_CELL)), FEWEST_BINS, BINS))
        edges = []
        for j, states in enumerate(coding.levels):
            present = reference[~np.isnan(reference[:, j]), j]
            if states is not None or not len(present):
                edges.append(np.arange(bins - 1, dtype=float))
            else:
                edges.append(
                    np.unique(np.quantile(present, np.arange(1, bins) / bins, method="lower"))
                )
        return cls(
            coding.names, coding.kinds, coding.columns, coding.levels, coding.ranks, tuple(edges)
        )

    @property
    def ordered(self) -> np.ndarray:
        """Which columns are numbers or times (c,)."""
        return np.array([states is None for states in self.levels])

    def values(self, table: pd.DataFrame) -> np.ndarray:
        """The rows of a table (n, c) float64."""
        found = np.empty((len(table), len(self.names)), order="F")
        for j, (column, rank) in enumerate(zip(self.columns, self.ranks, strict=True)):
            codes = column.encode(table[column.name])
            if rank is None:
                found[:, j] = codes
            else:
                known = np.append(
                    rank, [len(self.levels[j] or ())]
                )  # the last, for states that were not there
                found[:, j] = np.where(
                    codes == MISSING, np.nan, known[np.where(codes < 0, len(rank), codes)]
                )
        return found

    def cells(self, values: np.ndarray) -> np.ndarray:
        """The cell of each value (n, c), in 0..CELLS-1; NEW for new states, GONE for missing values."""
        found = np.empty(values.shape, dtype=np.int64, order="F")
        for j, (edges, states) in enumerate(zip(self.edges, self.levels, strict=True)):
            found[:, j] = np.searchsorted(edges, values[:, j], side="left")
            if states is not None:
                found[values[:, j] >= len(states), j] = NEW
        found[np.isnan(values)] = GONE
        return found

    def shown(self, j: int, values: np.ndarray) -> list[Any]:
        """Values of an ordered column as JSON has them; times as ISO text."""
        column = self.columns[j]
        if self.kinds[j] is Kind.DATETIME:
            times = column.decode(values, np.zeros(len(values), dtype=bool))
            return [time.isoformat() for time in times]
        return [float(value) for value in values]
