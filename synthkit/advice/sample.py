"""The rows that are measured: a bounded sample, weighed back, as a matrix for trees and as points in space."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from synthkit.randomness import generator
from synthkit.table.column import Codec
from synthkit.table.dataset import Dataset
from synthkit.table.geometry import Geometry
from synthkit.table.schema import Kind, Schema

# What is measured at most, so that a large table is advised on in seconds too.
MOST_POSITIVES, MOST_ROWS, MOST_CELLS, FEWEST_ROWS = 3_000, 15_000, 300_000, 2_000
# Levels of a category that get a coordinate of their own; rarer ones share one.
MOST_LEVELS = 20
# Different values of a column that trees are shown; with the missing ones as many as scikit-learn bins into.
MOST_BINS = 254
#: Fewer positives than this are not enough to measure anything with a model.
FEWEST_POSITIVES = 10


@dataclass(frozen=True, eq=False)
class Sample:
    """Real rows of a table, positives first kept, others thinned and weighed back.

    Shapes: m rows, d features, D coordinates.
    `rows` (m,): positions in the table. `positive` (m,): whether the row is of the positive class.
    `weight` (m,): table rows that each stands for. `X` (m, d): the features as loaded.
    """

    X: pd.DataFrame
    schema: Schema
    rows: np.ndarray
    positive: np.ndarray
    weight: np.ndarray
    seed: int = 0
    n_table: int = 0

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def matrix(self) -> np.ndarray:
        """For trees (m, d): numbers and times as ranks, states as ranks by frequency, missing below them as -1.

        At most `MOST_BINS` different values per column: scikit-learn's boosting then need not bin
        weighted rows in every fit, which takes longer than the fit (1.9: a Python loop over quantiles).
        """
        return np.apply_along_axis(_binned, 0, self.values)

    @cached_property
    def values(self) -> np.ndarray:
        """The features as numbers (m, d): times in a unit of their own, states as codes by falling frequency, missing as NaN."""
        return np.column_stack(
            [_codes(self.X[name], self.schema[name].kind) for name in self.X.columns]
        )

    @cached_property
    def points(self) -> Points:
        """For distances (m, D)."""
        return _points(self.X, self.schema)

    @property
    def what(self) -> str:
        """Which rows were measured, in words."""
        if len(self) == self.n_table:
            return f"all {len(self):,} rows"
        return (
            f"{len(self):,} of {self.n_table:,} rows ({int(self.positive.sum()):,} of them positive, the others"
            " thinned and weighed back)"
        )


@dataclass(frozen=True, eq=False)
class Points:
    """Rows as points (m, D): `ordered` coordinates that can be interpolated, then `states` that cannot."""

    values: np.ndarray
    ordered: int

    def between(self, a: np.ndarray, b: np.ndarray, gap: np.ndarray) -> np.ndarray:
        """Points (p, D) at `gap` (p,) of the way from rows `a` to rows `b`; states come from the nearer parent."""
        A, B = self.values[a], self.values[b]
        mixed = A + gap[:, None] * (B - A)
        mixed[:, self.ordered :] = np.where((gap < 0.5)[:, None], A, B)[:, self.ordered :]
        return mixed


@dataclass(frozen=True, eq=False)
class Folds:
    """Stratified folds of a sample, repeated; `test_to_train` is n_test / n_train."""

    parts: tuple[tuple[np.ndarray, np.ndarray], ...] = field(default=())
    test_to_train: float = 0.25


def draw(dataset: Dataset, seed: int) -> Sample:
    """At most `MOST_ROWS` rows and about `MOST_CELLS` cells: of the positives at most `MOST_POSITIVES`.

    Rows that are left out are stood for by the weights of those of their side that are kept.
    """
    rng = generator(seed, "advise", "sample")
    positive = dataset.codes == dataset.schema.positive_code
    most = max(FEWEST_ROWS, min(MOST_ROWS, MOST_CELLS // len(dataset.schema.features)))
    ours, others = np.flatnonzero(positive), np.flatnonzero(~positive)
    # A common positive class keeps its share; a rare one is kept whole, up to the bound.
    wanted = (
        len(ours)
        if len(dataset) <= most
        else min(len(ours), MOST_POSITIVES, max(most // 5, round(most * len(ours) / len(dataset))))
    )
    kept = [
        rng.choice(side, size=min(len(side), size), replace=False)
        for side, size in ((ours, wanted), (others, most - wanted))
    ]
    rows = np.sort(np.concatenate(kept))
    taken = positive[rows]
    weight = np.where(taken, len(ours) / max(len(kept[0]), 1), len(others) / max(len(kept[1]), 1))
    X = dataset.table[list(dataset.schema.features)].take(rows).reset_index(drop=True)
    return Sample(X, dataset.schema, rows, taken, weight, seed, len(dataset))


def folds(sample: Sample, n_folds: int = 5, repeats: int = 2) -> Folds:
    """Stratified, repeated; with few positives fewer folds, so that each tests two positives at least."""
    n_folds = max(2, min(n_folds, int(sample.positive.sum()) // 2))
    parts = []
    for repeat in range(repeats):
        rng = generator(sample.seed, "advise", "folds", repeat)
        order = np.lexsort((rng.random(len(sample)), sample.positive))
        dealt = np.empty(len(sample), dtype=np.int64)
        dealt[order] = np.arange(len(sample)) % n_folds
        parts += [(np.flatnonzero(dealt != f), np.flatnonzero(dealt == f)) for f in range(n_folds)]
    return Folds(tuple(parts), 1 / (n_folds - 1))


def _codes(values: pd.Series, kind: Kind) -> np.ndarray:
    if kind is Kind.CATEGORICAL:
        text = values.astype(object).where(values.notna(), None)
        counts = text.value_counts()
        counts = counts[counts > 0]
        codes = pd.Index(counts.index).get_indexer(pd.Index(text)).astype(float)
        codes[values.isna().to_numpy()] = np.nan
        return codes
    return Codec.fit(values, kind, ordered=True).encode(values)


def _binned(values: np.ndarray) -> np.ndarray:
    """The rank of each value (n,) among the different ones, or among their quantiles if there are too many."""
    known = values[~np.isnan(values)]
    edges = np.unique(known)
    if len(edges) > MOST_BINS:
        edges = np.unique(np.quantile(known, np.linspace(0, 1, MOST_BINS)))
    return np.where(np.isnan(values), -1.0, np.searchsorted(edges, values, side="right"))


def _points(X: pd.DataFrame, schema: Schema) -> Points:
    """The geometry of strategies as one matrix, where two different states are as far apart as it says.

    Levels of a category beyond the `MOST_LEVELS` most frequent share one, to bound the width.
    """
    short = pd.DataFrame(
        {
            name: _frequent(X[name]) if schema[name].kind is Kind.CATEGORICAL else X[name]
            for name in X.columns
        }
    )
    geometry = Geometry.fit(short, schema)
    points = geometry.encode(short)
    return Points(geometry.matrix(points), len(geometry.numbers))


def _frequent(values: pd.Series) -> pd.Series:
    counts = values.value_counts()
    if (counts > 0).sum() <= MOST_LEVELS:
        return values
    frequent = counts.index[: MOST_LEVELS - 1]
    return values.astype(object).where(
        values.isin(frequent) | values.isna(), counts.index[MOST_LEVELS - 1]
    )
