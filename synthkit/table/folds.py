"""Which rows are learned from, which set the threshold, which are scored on; and the proof that none is in two.

`EvaluationSet` takes positions in the real table, so a synthetic row, which has none, cannot get into a score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from synthkit.errors import DataError, nearest
from synthkit.table.load import Dataset
from synthkit.table.training_set import TrainingSet


@dataclass(frozen=True, eq=False)
class Fold:
    """Sorted row positions of the table, no row in two parts: to fit on, to tune on, to test on."""

    repeat: int
    fold: int
    fit: np.ndarray
    tune: np.ndarray
    test: np.ndarray


@dataclass(frozen=True, eq=False)
class EvaluationSet:
    """Rows of a real table by position (m,): the only thing that scores are computed on.

    Raises: ValueError for positions outside the table or given twice.
    """

    dataset: Dataset
    rows: np.ndarray

    def __post_init__(self) -> None:
        rows, n = self.rows, len(self.dataset)
        if rows.ndim != 1 or not np.issubdtype(rows.dtype, np.integer):
            raise ValueError(
                f"Row positions (m,) are needed, however these are {rows.dtype} of shape {rows.shape}"
            )
        if len(rows) and (rows.min() < 0 or rows.max() >= n or len(np.unique(rows)) < len(rows)):
            raise ValueError(
                f"Each row position must be one of 0..{n - 1}, once, however these are not"
            )

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def X(self) -> pd.DataFrame:  # noqa: N802  # the field's name for a matrix of features
        """The features (m, d), index 0..m-1."""
        return (
            self.dataset.table[list(self.dataset.schema.features)]
            .take(self.rows)
            .reset_index(drop=True)
        )

    @property
    def codes(self) -> np.ndarray:
        """Class codes (m,)."""
        return self.dataset.codes[self.rows]

    def column(self, name: str) -> pd.Series:
        """Any column of the table for these rows (m,). Raises: DataError if there is none of that name."""
        return column_of(self.dataset, name).take(self.rows).reset_index(drop=True)


def parts(dataset: Dataset, fold: Fold) -> tuple[TrainingSet, EvaluationSet, EvaluationSet]:
    """The rows to fit on, to tune on and to test on. Raises: AssertionError if they overlap."""
    prove_disjoint(fold, len(dataset))
    X = dataset.table[list(dataset.schema.features)].take(fold.fit)
    train = TrainingSet.from_codes(X, dataset.codes[fold.fit], dataset.schema)
    return train, EvaluationSet(dataset, fold.tune), EvaluationSet(dataset, fold.test)


def prove_disjoint(fold: Fold, n: int) -> None:
    """Raises: AssertionError unless no row of the table's `n` is in two parts of the fold, or twice in one."""
    rows = np.concatenate([fold.fit, fold.tune, fold.test])
    if len(rows) and (rows.min() < 0 or rows.max() >= n):
        raise AssertionError(f"Repeat {fold.repeat}, fold {fold.fold} has rows outside 0..{n - 1}")
    times = np.bincount(rows, minlength=n)
    if (times > 1).any():
        row = int(np.flatnonzero(times > 1)[0])
        raise AssertionError(
            f"Fit, tune and test must not share a row, however row {row} is in repeat {fold.repeat},"
            f" fold {fold.fold} {times[row]} times"
        )
    if not len(fold.fit) or not len(fold.test):
        raise AssertionError(
            f"Repeat {fold.repeat}, fold {fold.fold} needs rows to fit on and to test on"
        )


@dataclass(frozen=True)
class Duplicates:
    """Exact copies in every feature, whatever their class.

    - `rows_in_table`: rows that equal an earlier row.
    - `test_rows_in_fit`, `test_rows_in_tune`, `tune_rows_in_fit`: rows of the first part that equal
      a row of the second, mean over the folds.
    """

    rows_in_table: int
    test_rows_in_fit: float
    test_rows_in_tune: float
    tune_rows_in_fit: float

    def as_dict(self) -> dict[str, float]:
        """Plain values for `results.json`."""
        return asdict(self)


def count_duplicates(dataset: Dataset, folds: Sequence[Fold]) -> Duplicates:
    """Exact duplicates across fit, tune and test: copies there make a score of memory look like one of skill.

    Rows are compared by a 64-bit hash of their features: one chance collision is expected in about
    2^64 / n² tables of n rows.
    """
    features = dataset.table[list(dataset.schema.features)]
    hashes, of_row = np.unique(
        pd.util.hash_pandas_object(features, index=False).to_numpy(), return_inverse=True
    )
    counted = []
    for fold in folds:
        seen = {}
        for part in ("fit", "tune"):
            seen[part] = np.zeros(len(hashes), dtype=bool)
            seen[part][of_row[getattr(fold, part)]] = True
        counted.append(
            (
                seen["fit"][of_row[fold.test]].sum(),
                seen["tune"][of_row[fold.test]].sum(),
                seen["fit"][of_row[fold.tune]].sum(),
            )
        )
    means = (
        [round(float(mean), 1) for mean in np.mean(counted, axis=0)] if counted else [0.0, 0.0, 0.0]
    )
    return Duplicates(len(of_row) - len(hashes), means[0], means[1], means[2])


def column_of(dataset: Dataset, name: str) -> pd.Series:
    """A column of the table, learned from or not. Raises: DataError if there is none of that name."""
    if name not in dataset.table.columns:
        raise DataError(
            f"There is no column {name!r}.{nearest(name, [str(c) for c in dataset.table.columns])}"
        )
    return dataset.table[name]
