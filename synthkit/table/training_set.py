"""The value that strategies take and return: rows, soft labels, weights, and their origin."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from synthkit.errors import DataError
from synthkit.table.schema import Schema

#: The origin of a row that no training-fold row equals cell for cell.
SYNTHETIC = -1


@dataclass(frozen=True)
class Entry:
    """What one step of a strategy did to a training set, and what it spent.

    Unit of the clocks: seconds, of wall time but for `reused_cpu`.

    - `training`: a fit's seconds, in every set that used it, also where it had been fitted before:
      an arm costs what it costs alone. `reused`: those of them that were not spent here because the
      fit was there already; `reused_cpu` is the same in CPU time.
    - `sampling`: seconds in which rows were drawn; `enforcing`: in which rules were enforced on
      them.
    - `device`: where it trained, cpu or cuda.
    - `enforcement`: what enforcing rules did, counted (`synthkit.rules.enforce.Enforcement`), or
      None.
    """

    training: float = 0.0
    sampling: float = 0.0
    enforcing: float = 0.0
    reused: float = 0.0
    reused_cpu: float = 0.0
    device: str = "cpu"
    enforcement: Any = None


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """A training fold as it is about to be learned from.

    Everything that augmentation does to the rows is said with the first four: rows added (`origin`
    -1), rows repeated (`origin` repeats), rows removed (absent from `origin`), labels softened
    (`y`), weights changed (`weight`).

    Parameters
    ----------
    X : DataFrame of shape (n, d)
        The schema's features as loaded, not encoded, index 0..n-1.
    y : ndarray of shape (n, k)
        Class probabilities; each row sums to 1; a hard label is one-hot.
    weight : ndarray of shape (n,)
        At least 0; 1 is the weight of an untouched row.
    origin : ndarray of shape (n,)
        The training-fold row that this row IS, cell for cell; -1 = synthetic.
    schema : Schema
        What each column is, and the classes.
    log : tuple of Entry, default ()
        What strategies did and spent on the way here, the first step first.
    fits : mutable mapping, optional
        Where strategies keep what they have fitted, by what it depends on, for others that are
        given the same mapping; who runs several on a fold hands one in. None: nothing is kept.
    """

    X: pd.DataFrame
    y: np.ndarray
    weight: np.ndarray
    origin: np.ndarray
    schema: Schema
    log: tuple[Entry, ...] = ()
    fits: MutableMapping[Any, Any] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        n, k = len(self.X), len(self.schema.classes)
        shapes = self.y.shape, self.weight.shape, self.origin.shape
        if shapes != ((n, k), (n,), (n,)):
            raise ValueError(
                f"y (n, k), weight (n,) and origin (n,) are needed for n={n}, k={k}, however they"
                f" have the shapes {shapes}"
            )

    @classmethod
    def from_table(cls, table: pd.DataFrame, schema: Schema) -> TrainingSet:
        """The rows with hard labels and weight 1. Raises: DataError where a class is unknown."""
        return cls.from_codes(
            table[list(schema.features)], schema.encode_target(table[schema.target]), schema
        )

    @classmethod
    def from_codes(cls, X: pd.DataFrame, codes: np.ndarray, schema: Schema) -> TrainingSet:
        """Features (n, d) and class codes (n,) with weight 1; every row is its own origin."""
        n = len(X)
        return cls(
            X.reset_index(drop=True),
            one_hot(codes, len(schema.classes)),
            np.ones(n),
            np.arange(n),
            schema,
        )

    def __len__(self) -> int:
        return len(self.X)

    @property
    def codes(self) -> np.ndarray:
        """The likeliest class of each row (n,), as an index into the schema's classes."""
        return self.y.argmax(axis=1)

    @property
    def counts(self) -> np.ndarray:
        """Rows per class (k,), each row counted for its likeliest class."""
        return np.bincount(self.codes, minlength=self.y.shape[1])

    def rows_of(self, code: int) -> np.ndarray:
        """Positions of the rows whose likeliest class is `code`."""
        return np.flatnonzero(self.codes == code)

    def take(self, rows: np.ndarray) -> TrainingSet:
        """The rows at these positions (or under this mask), in this order; positions may repeat."""
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows
        return replace(
            self,
            X=self.X.take(rows).reset_index(drop=True),
            y=self.y[rows],
            weight=self.weight[rows],
            origin=self.origin[rows],
        )

    def append(self, X: pd.DataFrame, y: np.ndarray) -> TrainingSet:
        """These rows followed by synthetic ones of weight 1.

        `X` (m, d) has this set's columns and dtypes; `y` is class codes (m,) or probabilities (m,
        k).

        Raises: DataError if a column's dtype would have to change.
        """
        if len(X) == 0:
            return self
        if not X.columns.equals(self.X.columns):  # picking columns copies the rows
            X = X[list(self.X.columns)]
        for name, ours, theirs in zip(self.X.columns, self.X.dtypes, X.dtypes, strict=True):
            if ours != theirs:
                raise DataError(
                    f"Column {name!r} is {ours}, however the rows to add are {theirs} there."
                )
        y = one_hot(y, self.y.shape[1]) if y.ndim == 1 else y
        return replace(
            self,
            X=pd.concat([self.X, X], ignore_index=True),
            y=np.concatenate([self.y, y]),
            weight=np.concatenate([self.weight, np.ones(len(X))]),
            origin=np.concatenate([self.origin, np.full(len(X), SYNTHETIC)]),
        )

    def synthetic_rows(self) -> pd.DataFrame:
        """The rows that no training-fold row equals, with the target: a table, index 0..m-1.

        Columns are the features and the target, in the schema's order; a row's target is its
        likeliest class, whatever its soft label.

        Raises: DataError where every row is real: nothing was made.
        """
        made = self.take(self.origin == SYNTHETIC)
        if not len(made):
            raise DataError(
                "Synthetic rows are needed, however every row of this training set is a real"
                " one. Ask for a higher ratio, or take a strategy that makes rows: class"
                " weights, repeating and removing rows make none."
            )
        table = made.X.assign(**{str(self.schema.target): self.schema.decode_target(made.codes)})
        return table[[c.name for c in self.schema.columns if c.name in table]]

    def reweighted(self, weight: np.ndarray) -> TrainingSet:
        """The same rows with other weights (n,)."""
        return replace(self, weight=np.asarray(weight, dtype=float))

    def logged(self, *entries: Entry) -> TrainingSet:
        """The same rows with more said of how they came about."""
        return replace(self, log=(*self.log, *entries))

    def harden(self) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
        """What a classifier is fitted on: X (m, d), class codes (m,), weights (m,).

        A row (x, p, w) becomes one row per class with p > 0, of weight w·p. For the log loss this
        is exact: Σ_c w·p_c·(-log q_c) is the weighted cross-entropy of the soft label.
        """
        rows, codes = np.nonzero(self.y)
        X = self.X if len(rows) == len(self) else self.X.take(rows).reset_index(drop=True)
        return X, codes, self.weight[rows] * self.y[rows, codes]


def one_hot(codes: np.ndarray, k: int) -> np.ndarray:
    """Class codes (n,) as certain probabilities (n, k)."""
    y = np.zeros((len(codes), k))
    y[np.arange(len(codes)), codes] = 1.0
    return y
