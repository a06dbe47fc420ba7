"""Which rows are learned from, set the threshold, are scored on; and the proof that none is in two.

`EvaluationSet` takes positions in the real table, so a synthetic row, which has none, cannot get
into a score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Protocol, runtime_checkable

import numpy as np
import pandas as pd
from pydantic import Field

from synthkit.errors import DataError
from synthkit.methods import Registry, Said, method
from synthkit.randomness import generator, integer_seed
from synthkit.table.dataset import Dataset
from synthkit.table.schema import ORDERED, no_column
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
                f"Row positions (m,) are needed, however these are {rows.dtype} of shape"
                f" {rows.shape}"
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
        """Any column of the table for these rows (m,). Raises: DataError if there is none."""
        return column_of(self.dataset, name).take(self.rows).reset_index(drop=True)


def parts(dataset: Dataset, fold: Fold) -> tuple[TrainingSet, EvaluationSet, EvaluationSet]:
    """The rows to fit on, to tune on and to test on. Raises: AssertionError if they overlap."""
    prove_disjoint(fold, len(dataset))
    X = dataset.table[list(dataset.schema.features)].take(fold.fit)
    train = TrainingSet.from_codes(X, dataset.codes[fold.fit], dataset.schema)
    return train, EvaluationSet(dataset, fold.tune), EvaluationSet(dataset, fold.test)


def prove_disjoint(fold: Fold, n: int) -> None:
    """Raises: AssertionError if a row of the table's `n` is in two parts, or twice in one."""
    rows = np.concatenate([fold.fit, fold.tune, fold.test])
    if len(rows) and (rows.min() < 0 or rows.max() >= n):
        raise AssertionError(f"Repeat {fold.repeat}, fold {fold.fold} has rows outside 0..{n - 1}")
    times = np.bincount(rows, minlength=n)
    if (times > 1).any():
        row = int(np.flatnonzero(times > 1)[0])
        raise AssertionError(
            f"Fit, tune and test must not share a row, however row {row} is in repeat"
            f" {fold.repeat}, fold {fold.fold} {times[row]} times"
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
    """Exact duplicates across fit, tune and test: they make memory look like skill.

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
    """A column of the table, learned from or not. Raises: DataError if there is none."""
    if name not in dataset.table.columns:
        raise no_column(name, [str(c) for c in dataset.table.columns])
    return dataset.table[name]


A_SHARE = Said(why="It is a share of the rows")
Repeats = Annotated[int, Field(ge=1, description="How often the whole is dealt anew.")]
Folds = Annotated[
    int, Field(ge=2, description="Parts of about the same size, each of which is tested once.")
]
Tune = Annotated[
    float,
    Field(
        ge=0,
        lt=1,
        description="Share of the training part that is set aside to tune on; 0 sets none aside.",
    ),
    A_SHARE,
]


@runtime_checkable
class Scheme(Protocol):
    """A way to split; a frozen dataclass of its own parameters."""

    def split(self, dataset: Dataset, seed: int) -> list[Fold]:
        """The folds of `dataset`; they depend on its rows, the parameters and the seed alone."""
        ...


@method
class RepeatedStratifiedKFold:
    """Each row is tested once per repeat; every fold has each class's share, to within one row.

    Raises
    ------
    DataError
        If a class has fewer rows than there are folds, or too few to set one aside.
    """

    repeats: Repeats = 5
    folds: Folds = 5
    tune: Tune = 0.2

    def split(self, dataset: Dataset, seed: int) -> list[Fold]:
        """`repeats` × `folds` folds."""
        codes, found = dataset.codes, []
        _refuse_rare(dataset, codes, self.folds, f"{self.folds} folds")
        for repeat in range(self.repeats):
            dealt = np.empty(len(codes), dtype=np.int64)
            # Rows sorted by class, in random order within it, dealt like cards: each fold gets each
            # class, and rows in all, to within one.
            order = _by_class(codes, generator(seed, "folds", repeat))
            dealt[order] = np.arange(len(codes)) % self.folds
            for fold in range(self.folds):
                train, rng = np.flatnonzero(dealt != fold), generator(seed, "tune", repeat, fold)
                fit, tune = _set_aside(dataset, train, self.tune, rng)
                found.append(Fold(repeat, fold, fit, tune, np.flatnonzero(dealt == fold)))
        return _proven(dataset, found)


@method
class HoldOut:
    """A stratified share of the rows is tested.

    With a `seed` of its own every repeat has the same split, the one of scikit-learn's
    `train_test_split(stratify=y, random_state=seed)`: a published split can be repeated, and what
    differs between repeats is the methods' dice alone. Without one each repeat splits anew.

    Raises
    ------
    DataError
        If a class has too few rows for every part to have one.
    """

    test: Annotated[
        float, Field(gt=0, lt=1, description="Share of all rows that is tested."), A_SHARE
    ] = 0.3
    tune: Tune = 0.2
    repeats: Repeats = 1
    seed: Annotated[
        Annotated[int, Field(ge=0, le=2**32 - 1)] | None,
        Field(
            description="Of a split that is the same in every repeat; None splits anew each time."
        ),
    ] = None

    def split(self, dataset: Dataset, seed: int) -> list[Fold]:
        """One fold per repeat."""
        from sklearn.model_selection import train_test_split

        codes, found = dataset.codes, []
        _refuse_rare(dataset, codes, 2, "a hold-out")
        for repeat in range(self.repeats):
            state, rng = self.seed, generator(self.seed or 0, "tune")
            if state is None:
                state = integer_seed(generator(seed, "hold_out", repeat))
                rng = generator(seed, "tune", repeat, 0)
            try:
                train, test = train_test_split(
                    np.arange(len(codes)), test_size=self.test, stratify=codes, random_state=state
                )
            except ValueError as error:  # a part would have fewer rows than there are classes
                raise DataError(
                    f"A hold-out of {self.test:g} needs a row of each class on both sides,"
                    f" however {len(codes)} rows of {len(dataset.schema.classes)} classes are too"
                    f" few: {error}."
                ) from None
            fit, tune = _set_aside(dataset, np.sort(train), self.tune, rng)
            found.append(Fold(repeat, 0, fit, tune, np.sort(test)))
        return _proven(dataset, found)


@method
class Grouped:
    """K-fold in which all rows of one group (a customer, a device) stay in one part.

    Groups are dealt by the rarest class in them and their size, at random among equals, so that
    folds have about equal shares of the classes.

    What is set aside is a share of the training part's groups.

    Raises
    ------
    DataError
        For a missing group, fewer groups of a class than folds, or a part without a class.
    """

    column: Annotated[str, Field(description="The column that names each row's group.")]
    repeats: Repeats = 5
    folds: Folds = 5
    tune: Tune = 0.2

    def split(self, dataset: Dataset, seed: int) -> list[Fold]:
        """`repeats` × `folds` folds."""
        group, names = pd.factorize(_complete(dataset, self.column, "group"))
        counts = np.zeros((len(names), len(dataset.schema.classes)), dtype=np.int64)
        np.add.at(counts, (group, dataset.codes), 1)  # rows of each class in each group
        for code, groups in enumerate((counts > 0).sum(axis=0)):
            if groups < self.folds:
                raise DataError(
                    f"{self.folds} folds by {self.column!r} need as many groups with each class,"
                    f" however class {dataset.schema.classes[code]!r} is in {groups}. Use fewer"
                    " folds."
                )
        found = []
        for repeat in range(self.repeats):
            order = _by_rarest(counts, generator(seed, "folds", repeat))
            dealt = np.empty(len(names), dtype=np.int64)
            dealt[order] = _there_and_back(len(names), self.folds)
            for fold in range(self.folds):
                train = np.flatnonzero(dealt != fold)
                fit, tune = train, train[:0]
                if self.tune > 0:
                    rng = generator(seed, "tune", repeat, fold)
                    order = train[_by_rarest(counts[train] > 0, rng)]
                    # Every 1/tune-th group in that order; the first is one of them, so that the
                    # rarest class is among them.
                    steps = np.floor(
                        np.arange(len(order) + 1) * self.tune + 1 - self.tune * (1 - rng.random())
                    )
                    aside = np.diff(steps) > 0
                    fit, tune = order[~aside], order[aside]
                rows = [
                    np.flatnonzero(np.isin(group, part))
                    for part in (fit, tune, np.flatnonzero(dealt == fold))
                ]
                found.append(Fold(repeat, fold, *rows))
        advice = "Use fewer folds, another tune, or coarser classes."
        _refuse_absent(dataset, found, self.tune, advice)
        return _proven(dataset, found)


@method
class Temporal:
    """Past to future: rows in order of time, in `folds` + 1 parts; each learns from all before.

    Every training row is earlier than every test row; rows of the same time stay together. The
    tune part is the last of the past, so the threshold is set on later rows than were learned from.

    Raises
    ------
    DataError
        For a column that has no order or misses values, or a part without a class.
    """

    column: Annotated[
        str, Field(description="The column of dates or numbers that orders the rows.")
    ]
    folds: Annotated[
        int, Field(ge=1, description="Parts that are tested, one after the other.")
    ] = 5
    tune: Tune = 0.2

    def split(self, dataset: Dataset, seed: int) -> list[Fold]:
        """`folds` folds, in order of time; nothing here is random."""
        time = _complete(dataset, self.column, "time")
        if dataset.schema[self.column].kind not in ORDERED:
            raise DataError(
                f"A time column needs dates or numbers, however {self.column!r} is"
                f" {dataset.schema[self.column].kind.value}. Name another, or set its kind in the"
                " schema."
            )
        rank = pd.Series(time).rank(method="dense").to_numpy().astype(np.int64) - 1
        ordered, n = np.sort(rank), len(rank)
        # A cut lies before the first row of its time: rows of one time are never parted.
        cuts = ordered[np.arange(1, self.folds + 1) * n // (self.folds + 1)].tolist()
        found = []
        for fold, (cut, end) in enumerate(pairwise([*cuts, ordered[-1] + 1])):
            past, test = np.flatnonzero(rank < cut), np.flatnonzero((rank >= cut) & (rank < end))
            fit, tune = past, past[:0]
            if self.tune > 0 and len(past):
                recent = np.sort(rank[past])[min(int((1 - self.tune) * len(past)), len(past) - 1)]
                fit, tune = past[rank[past] < recent], past[rank[past] >= recent]
            found.append(Fold(0, fold, fit, tune, test))
        _refuse_absent(dataset, found, self.tune, "Use fewer folds or another tune.")
        return _proven(dataset, found)


#: Every scheme by the name that YAML and reports use.
SPLITS = Registry(
    "split",
    "synthkit.splits",
    {
        "stratified": RepeatedStratifiedKFold,
        "hold_out": HoldOut,
        "grouped": Grouped,
        "temporal": Temporal,
    },
)


def drawn(rows: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """At most so many of the rows (n, ...), drawn without replacement, in their order."""
    return rows if len(rows) <= most else rows[np.sort(rng.choice(len(rows), most, replace=False))]


def _by_class(codes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """All positions sorted by class, in random order within each."""
    order = rng.permutation(len(codes))
    return order[np.argsort(codes[order], kind="stable")]


def _set_aside(
    dataset: Dataset, train: np.ndarray, share: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The training rows without, and the rows of, a stratified `share` of them; both sorted.

    Each class gives round(share · rows), at least one.
    """
    if share == 0:
        return train, train[:0]
    codes = dataset.codes[train]
    order = _by_class(codes, rng)
    counts = np.bincount(codes, minlength=len(dataset.schema.classes))
    wanted = np.maximum(np.round(share * counts).astype(np.int64), 1)
    for code in np.flatnonzero(counts - wanted < 1):
        raise DataError(
            f"A tune part of {share:g} needs at least one row of each class, and leaves at least"
            f" one to fit on, however class {dataset.schema.classes[code]!r} of"
            f" {dataset.schema.target!r} has {counts[code]} in the training part. Set tune to 0,"
            " or join the class with another."
        )
    place_in_class = np.arange(len(train)) - np.repeat(np.cumsum(counts) - counts, counts)
    aside = order[place_in_class < np.repeat(wanted, counts)]
    rest = np.ones(len(train), dtype=bool)
    rest[aside] = False
    return train[rest], np.sort(train[aside])


def _refuse_rare(dataset: Dataset, codes: np.ndarray, least: int, what: str) -> None:
    counts = np.bincount(codes, minlength=len(dataset.schema.classes))
    for code in np.flatnonzero(counts < least):
        raise DataError(
            f"For {what} every class needs at least {least} rows, however class"
            f" {dataset.schema.classes[code]!r} of {dataset.schema.target!r} has {counts[code]}."
            " Use fewer folds, or join the class with another."
        )


def _refuse_absent(dataset: Dataset, folds: list[Fold], tune: float, advice: str) -> None:
    """Raises: DataError where a class is not learned, or one of the two sides is not scored."""
    positive, k = dataset.schema.positive_code, len(dataset.schema.classes)
    for fold in folds:
        for part in ("fit", "tune", "test") if tune > 0 else ("fit", "test"):
            counts = np.bincount(dataset.codes[getattr(fold, part)], minlength=k)
            absent = np.flatnonzero(counts == 0)
            if part != "fit" and counts[positive] == 0:
                absent = np.array([positive])
            elif part != "fit" and counts.sum() > counts[positive]:
                absent = absent[:0]
            if len(absent):
                raise DataError(
                    f"Every part of a split needs its classes, however the {part} part of repeat"
                    f" {fold.repeat}, fold {fold.fold} ({counts.sum()} rows) has no row of class"
                    f" {dataset.schema.classes[absent[0]]!r}. {advice}"
                )


def _proven(dataset: Dataset, folds: list[Fold]) -> list[Fold]:
    for fold in folds:
        prove_disjoint(fold, len(dataset))
    return folds


def _complete(dataset: Dataset, name: str, what: str) -> pd.Series:
    """A column with no value missing."""
    series = column_of(dataset, name)
    if name == dataset.schema.target:
        raise DataError(f"The {what} column must not be the target, however {name!r} is.")
    missing = series.isna().to_numpy()
    if missing.any():
        raise DataError(
            f"The {what} column {name!r} needs a value in every row, however {int(missing.sum())}"
            f" have none (the first is row {int(np.flatnonzero(missing)[0])}). Fill them in or"
            " leave these rows out."
        )
    return series


def _by_rarest(counts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Groups with most of the rarest class first, then of the next, at random among equals."""
    rarest_first = np.argsort(counts.sum(axis=0), kind="stable")
    keys = [counts[:, code].astype(np.int64) for code in rarest_first]
    return np.lexsort([rng.random(len(counts)), *[-key for key in reversed(keys)]])


def _there_and_back(n: int, folds: int) -> np.ndarray:
    """0, 1, .., k-1, k-1, .., 1, 0, 0, ..: who comes first in one round comes last in the next."""
    turn, place = np.divmod(np.arange(n), folds)
    return np.where(turn % 2 == 0, place, folds - 1 - place)


__all__ = [
    "SPLITS",
    "Duplicates",
    "EvaluationSet",
    "Fold",
    "Grouped",
    "HoldOut",
    "RepeatedStratifiedKFold",
    "Scheme",
    "Temporal",
    "count_duplicates",
    "parts",
    "prove_disjoint",
]
