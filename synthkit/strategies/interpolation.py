"""New rows between real ones: SMOTE and its variants, and mixup, on tables of every kind of column.

SMOTE's variants are imbalanced-learn's, in our geometry: mixed tables go in as a matrix, and come
back as rows. The matrix's first column is the row's position. Through it imbalanced-learn asks our
own search for neighbours, so that a missing value or a level means the same to every method here,
and the answer does not depend on threads. All randomness comes from one seed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from synthkit.errors import DataError
from synthkit.methods import method
from synthkit.methods.traits import Traits
from synthkit.randomness import integer_seed
from synthkit.strategies.base import Ratio, Strategy, shortfall
from synthkit.strategies.resampling import Chain, EditedNearestNeighbours, neighbour_search
from synthkit.table.geometry import Geometry, Points, levels_in
from synthkit.table.split import drawn
from synthkit.table.training_set import TrainingSet

#: The most cells of a matrix; 2²⁷ of 8 bytes are 1 GiB.
MOST_CELLS = 2**27
KNeighbors = Annotated[
    int,
    Field(ge=1, description="Nearest rows of its own class that a row may be joined with."),
]
MNeighbors = Annotated[
    int,
    Field(ge=1, description="Nearest rows of any class that tell whether a row is by the border."),
]
SLOW = Traits.of("interpolates neighbours searches", order="n^2")


@method
class SMOTE(Strategy):
    """Add rows between rows of a smaller class and their nearest neighbours of that class, up to
    `ratio`.

    For each new row: a row a of the class drawn with replacement, b one of the `k_neighbors`
    nearest to it, g uniform in [0, 1). Numbers and times are a + g·(b - a), whole ones rounded;
    where only one of the two has a value, the nearer of them decides; states are the most frequent
    among all k neighbours of a, of equally frequent ones that of the nearest neighbour.

    Raises
    ------
    DataError
        If a class to be added to has fewer than k_neighbors + 1 rows.

    Notes
    -----
    Shape: (n, d) -> (n + m, d); the m new rows come last, class by class.
    Source: Chawla, Bowyer, Hall & Kegelmeyer (2002), "SMOTE: Synthetic Minority Over-sampling
    Technique", and its SMOTE-NC for states.
    """

    traits: ClassVar[Traits | None] = Traits.of(
        "interpolates neighbours", order="n^2", note="O(n·k·d) once the neighbours are known"
    )

    ratio: Ratio = 1.0
    k_neighbors: KNeighbors = 5
    standardize: Annotated[
        bool,
        Field(
            description="Measure columns in their standard deviations; without it, distances are of"
            " the raw numbers, as in the paper, the article and imbalanced-learn."
        ),
    ] = True

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        wanted = shortfall(train, self.ratio)
        _check_neighbours(train, wanted, self.k_neighbors, "SMOTE")
        if not wanted:
            return train
        geometry = Geometry.fit(train.X, train.schema, standardize=self.standardize)
        made = []
        for code, missing in wanted.items():
            points = geometry.encode(train.X.take(train.rows_of(code)))
            made.append(geometry.decode(self._made(geometry, points, missing, rng)))
        return _appended(train, made, wanted)

    def _made(self, geometry: Geometry, points: Points, m: int, rng: np.random.Generator) -> Points:
        """`m` new points among those of one class."""
        base = rng.integers(len(points), size=m)
        rank = rng.integers(self.k_neighbors, size=m)
        gap = rng.random(m)
        # Few new rows need the neighbours of few rows only.
        used, place = np.unique(base, return_inverse=True)
        near = geometry.nearest(points, used, self.k_neighbors)
        states = common_states(points.states, near)[place]
        return between(points, base, near[place, rank], gap, states)


@method
class SMOTEENN(Strategy):
    """SMOTE, then edited nearest neighbours on all classes: the chain of the two, under its own
    name.

    It is `Chain([SMOTE(...), EditedNearestNeighbours(remove_from="all", ...)])`. The cleaning comes
    last, so the classes end near `ratio`, not at it.

    Raises
    ------
    DataError
        What the two raise.

    Notes
    -----
    Shape: (n, d) -> (n + m - r, d).
    Source: Batista, Prati & Monard (2004), "A study of the behavior of several methods for
    balancing machine learning training data".
    """

    traits: ClassVar[Traits | None] = SLOW

    ratio: Ratio = 1.0
    k_neighbors: KNeighbors = 5
    n_neighbors: Annotated[
        int, Field(ge=1, description="Nearest rows that may contradict a row.")
    ] = 3
    agree: Annotated[
        Literal["all", "most"],
        Field(description="How many of them must be of its class for a row to stay."),
    ] = "all"
    standardize: Annotated[
        bool, Field(description="Whether SMOTE measures columns in their standard deviations.")
    ] = True

    @property
    def chain(self) -> Chain:
        """The two strategies that this is."""
        smote = SMOTE(self.ratio, self.k_neighbors, self.standardize)
        return Chain(
            [smote, EditedNearestNeighbours(self.n_neighbors, self.agree, remove_from="all")]
        )

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        return self.chain(train, rng)


class _Variant(Strategy):
    """A SMOTE of imbalanced-learn's in our geometry: it chooses otherwise which rows to start
    from.
    """

    traits: ClassVar[Traits | None] = SLOW
    ratio: float
    k_neighbors: int

    def sampler(self, search: Callable[[int], Any], **given: Any) -> Any:
        """imbalanced-learn's sampler; `search(k)` is what it asks for the k nearest rows of a
        row.
        """
        raise NotImplementedError

    @property
    def searched(self) -> int:
        """Neighbours that are looked for among the rows of all classes."""
        raise NotImplementedError

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        wanted, name = shortfall(train, self.ratio), type(self).__name__
        _check_neighbours(train, wanted, self.k_neighbors, name)
        if not wanted:
            return train
        if len(train) <= self.searched:
            raise DataError(
                f"{name} needs at least m_neighbors + 1 = {self.searched + 1} training rows,"
                f" however"
                f" there are {len(train)}. Lower m_neighbors."
            )
        geometry = Geometry.fit(train.X, train.schema)
        points = geometry.encode(train.X)
        matrix = as_matrix(geometry, points, max(wanted.values()), name)
        made = []
        for code, missing in wanted.items():
            sampler = partial(
                self.sampler,
                partial(neighbour_search, geometry, points),
                random_state=integer_seed(rng),
            )
            rows = _made_by(sampler, train, matrix, code, missing, name, rng)
            made.append(geometry.decode(geometry.from_matrix(rows[:, 1:], points)))
        return _appended(train, made, wanted)


@method
class BorderlineSMOTE(_Variant):
    """SMOTE from those rows of a smaller class that are in danger: by the border, not beyond it.

    A row is in danger if at least half, yet not all, of its `m_neighbors` nearest rows are of other
    classes. Columns are standardised; a state is that of the nearer parent.

    Raises
    ------
    DataError
        If a class to be added to has fewer than k_neighbors + 1 rows or none in danger, or the
        table fewer than m_neighbors + 1 rows.

    Notes
    -----
    Shape: (n, d) -> (n + m, d); the m new rows come last, class by class.
    Source: Han, Wang & Mao (2005), "Borderline-SMOTE" (its variant 1), imbalanced-learn's code.
    """

    ratio: Ratio = 1.0
    k_neighbors: KNeighbors = 5
    m_neighbors: MNeighbors = 10

    @property
    def searched(self) -> int:
        return self.m_neighbors

    def sampler(self, search: Callable[[int], Any], **given: Any) -> Any:
        from imblearn.over_sampling import BorderlineSMOTE as Peer

        k, m = search(self.k_neighbors), search(self.m_neighbors)
        return Peer(k_neighbors=k, m_neighbors=m, **given)


@method
class ADASYN(_Variant):
    """SMOTE with more new rows where a smaller class is harder to learn.

    Row i starts G·r_i / Σ r of the G new rows, where r_i is the share of other classes among its
    `k_neighbors` nearest rows. Columns are standardised; a state is that of the nearer parent.

    DIFFERS: the paper's rounding makes a few rows more or fewer than asked; here exactly the asked
    number, by asking for more and leaving a random part out.

    Raises
    ------
    DataError
        If a class to be added to has fewer than k_neighbors + 1 rows, or no row with another class
        among its neighbours.

    Notes
    -----
    Shape: (n, d) -> (n + m, d); the m new rows come last, class by class.
    Source: He, Bai, Garcia & Li (2008), "ADASYN: Adaptive Synthetic Sampling Approach for
    Imbalanced Learning", imbalanced-learn's code.
    """

    ratio: Ratio = 1.0
    k_neighbors: KNeighbors = 5

    @property
    def searched(self) -> int:
        return self.k_neighbors

    def sampler(self, search: Callable[[int], Any], **given: Any) -> Any:
        from imblearn.over_sampling import ADASYN as Peer  # noqa: N811 - the peer has our name

        return Peer(n_neighbors=search(self.k_neighbors), **given)


@method
class SVMSMOTE(_Variant):
    """SMOTE from the support vectors of a support vector machine between the classes.

    Where most of a support vector's `m_neighbors` nearest rows are of other classes, new rows lie
    between it and its neighbours of the class; where they are not, beyond it, by up to half the way
    (`out_step`), so a number may leave the range seen. Columns are standardised; a state is that of
    the nearer parent. The machine's cost grows with the square of the rows.

    Raises
    ------
    DataError
        If a class to be added to has fewer than k_neighbors + 1 rows, or no support vector that is
        not noise, or the table fewer than m_neighbors + 1 rows.

    Notes
    -----
    Shape: (n, d) -> (n + m, d); the m new rows come last, class by class.
    Source: Nguyen, Cooper & Kamei (2011), "Borderline over-sampling for imbalanced data
    classification", imbalanced-learn's code.
    """

    ratio: Ratio = 1.0
    k_neighbors: KNeighbors = 5
    m_neighbors: MNeighbors = 10
    out_step: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="How far beyond a row away from the border a new one may lie, as a share of"
            " the way to its neighbour.",
        ),
    ] = 0.5

    @property
    def searched(self) -> int:
        return self.m_neighbors

    def sampler(self, search: Callable[[int], Any], **given: Any) -> Any:
        from imblearn.over_sampling import SVMSMOTE as Peer  # noqa: N811 - the peer has our name

        return Peer(
            out_step=self.out_step,
            svm_estimator=_support_vectors(),
            k_neighbors=search(self.k_neighbors),
            m_neighbors=search(self.m_neighbors),
            **given,
        )


@method
class Mixup(Strategy):
    """Add weighted means of a row of a smaller class and any other row, with labels as soft, up to
    `ratio`.

    For each new row: i drawn from the class, j from all rows, l = max(b, 1 - b) with
    b ~ Beta(alpha, alpha); then x = l·x_i + (1 - l)·x_j and y = l·y_i + (1 - l)·y_j. States, and
    whether a value is missing, come from i, the heavier parent. The classes' `ratio` is counted by
    likeliest class.

    DIFFERS: the paper replaces every row of a batch; here rows are added where a class is short,
    and l is at least 1/2, so that the likeliest class of a new row is the one asked for.

    Raises
    ------
    DataError
        If a class has no row.

    Notes
    -----
    Shape: (n, d) -> (n + m, d); the m new rows come last, class by class.
    Source: Zhang, Cisse, Dauphin & Lopez-Paz (2018), "mixup: Beyond Empirical Risk Minimization".
    """

    traits: ClassVar[Traits | None] = Traits.of("interpolates", note="soft labels")

    alpha: Annotated[
        float,
        Field(gt=0, description="Shape of the weights: the smaller, the nearer to one parent."),
    ] = 0.2
    ratio: Ratio = 1.0

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        wanted = shortfall(train, self.ratio)
        if not wanted:
            return train
        geometry = Geometry.fit(train.X, train.schema)
        points = geometry.encode(train.X)
        picks = [rng.choice(train.rows_of(code), size=m) for code, m in wanted.items()]
        heavier = np.concatenate(picks)
        other = rng.integers(len(train), size=len(heavier))
        weight = folded_beta(self.alpha, len(heavier), rng)
        code = np.repeat(list(wanted), list(wanted.values()))
        weight = np.maximum(weight, least_weight(train.y[heavier], train.y[other], code))
        X = geometry.decode(mixed(points, heavier, other, weight))
        return train.append(X, interpolate(train.y[heavier], train.y[other], 1 - weight))


def _check_neighbours(train: TrainingSet, wanted: dict[int, int], k: int, name: str) -> None:
    """Raises: DataError if a class to be added to has fewer than k + 1 rows."""
    for code in wanted:
        n = int(train.counts[code])
        if n <= k:
            lower = f"Lower k_neighbors to {n - 1}, or use" if n > 1 else "Use"
            raise DataError(
                f"{name} needs at least k_neighbors + 1 = {k + 1} rows of each class it adds to,"
                f" however"
                f" class {train.schema.classes[code]!r} has {n}. {lower} random oversampling."
            )


def _appended(train: TrainingSet, made: list[pd.DataFrame], wanted: dict[int, int]) -> TrainingSet:
    """The training set with the rows made for each class that lacked some."""
    rows = made[0] if len(made) == 1 else pd.concat(made, ignore_index=True)
    return train.append(rows, np.repeat(list(wanted), list(wanted.values())))


def interpolate(start: np.ndarray, end: np.ndarray, gap: np.ndarray) -> np.ndarray:
    """Start + gap·(end - start): points (m, p) on the ways from `start` (m, p) to `end` (m, p),
    `gap` (m,) in [0, 1).

    >>> interpolate(np.array([[0.0, 10.0]]), np.array([[4.0, 10.0]]), np.array([0.25]))
    array([[ 1., 10.]])
    """
    out = np.subtract(end, start)
    out *= gap[:, None]
    out += start
    return out


def between(
    points: Points, a: np.ndarray, b: np.ndarray, gap: np.ndarray, states: np.ndarray
) -> Points:
    """New points (m) between the points at positions `a` and `b` (m,), with these states (m, q).

    Where one of the two lacks a number, the new point takes after the nearer: b from gap 1/2 on.
    """
    start, end = points.take(a), points.take(b)
    numbers = interpolate(start.numbers, end.numbers, gap)
    missing = start.missing
    if points.missing.any():
        to_b = (gap >= 0.5)[:, None]
        numbers = np.where(
            start.missing | end.missing, np.where(to_b, end.numbers, start.numbers), numbers
        )
        missing = np.where(to_b, end.missing, start.missing)
    return Points(numbers, missing, states)


def common_states(states: np.ndarray, near: np.ndarray) -> np.ndarray:
    """The most frequent state (n, q) among neighbours `near` (n, k), positions in `states` (N, q).

    Of equally frequent states the nearest neighbour's wins. DIFFERS: from imbalanced-learn's
    SMOTENC, where the first level in its order wins.
    """
    around = states[near]  # (n, k, q)
    best, votes = around[:, 0], np.zeros(around[:, 0].shape, dtype=np.int32)
    for j in range(near.shape[1]):
        count = (around == around[:, j : j + 1]).sum(axis=1)
        better = count > votes
        best, votes = np.where(better, around[:, j], best), np.where(better, count, votes)
    return best


def folded_beta(alpha: float, m: int, rng: np.random.Generator) -> np.ndarray:
    """The heavier parent's weights (m,) in [1/2, 1]: max(b, 1 - b), b ~ Beta(alpha, alpha)."""
    b = rng.beta(alpha, alpha, size=m)
    return np.maximum(b, 1 - b)


def least_weight(heavier: np.ndarray, other: np.ndarray, code: np.ndarray) -> np.ndarray:
    """The smallest weight (m,) of the labels `heavier` (m, k) at which class `code` (m,) stays the
    likeliest.

    Against class c it needs l·(h_code - h_c) >= (1 - l)·(o_c - o_code). For hard labels that is
    1/2; a parent whose own label is soft may need more.

    >>> least_weight(np.array([[0.0, 1.0]]), np.array([[1.0, 0.0]]), np.array([1])).round(6)
    array([0.5])
    """
    rows = np.arange(len(code))
    lead = heavier[rows, code][:, None] - heavier
    against = np.maximum(other - other[rows, code][:, None], 0.0)
    needed = np.divide(against, lead + against, out=np.zeros_like(lead), where=against > 0)
    # A hair more than needed, because a tie goes to the class of the lower code.
    return np.minimum(needed.max(axis=1) + 1e-9, 1.0)


def mixed(points: Points, heavier: np.ndarray, other: np.ndarray, weight: np.ndarray) -> Points:
    """New points (m): means of the points at positions `heavier` and `other` (m,), `weight` (m,) on
    the first.
    """
    a, b = points.take(heavier), points.take(other)
    numbers = interpolate(a.numbers, b.numbers, 1 - weight)
    if points.missing.any():
        numbers = np.where(a.missing | b.missing, a.numbers, numbers)
    return Points(numbers, a.missing, a.states)


def _support_vectors() -> Any:
    """scikit-learn's SVC, blind to the first column."""
    from sklearn.svm import SVC

    class Blind(SVC):
        def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: Any = None) -> Any:
            return super().fit(X[:, 1:], y, sample_weight)

        def predict(self, X: np.ndarray) -> np.ndarray:
            return super().predict(X[:, 1:])

    return Blind(gamma="scale")


def as_matrix(geometry: Geometry, points: Points, more: int, name: str) -> np.ndarray:
    """Positions, and `Geometry.matrix` beside them: (n, 1 + D) float64.

    Raises: DataError if this matrix and `more` rows of it would have more than 2²⁷ cells.
    """
    levels = levels_in(points)
    gaps = int(points.missing.any(axis=0).sum())
    width = 1 + len(geometry.numbers) + gaps + sum(map(len, levels))
    if (len(points) + more) * width > MOST_CELLS:
        widest = (
            geometry.states[int(np.argmax([len(level) for level in levels]))].name
            if levels
            else "numbers"
        )
        raise DataError(
            f"{name} needs a matrix of at most {MOST_CELLS:,} cells, however"
            f" {len(points) + more:,} rows of"
            f" {width:,} columns are more (the widest is {widest!r}). Use smote, which needs no"
            f" matrix, or"
            " leave the column out."
        )
    positions = np.arange(len(points), dtype=float)[:, None]
    return np.hstack([positions, geometry.matrix(points)])


def _made_by(
    sampler: Callable[..., Any],
    train: TrainingSet,
    matrix: np.ndarray,
    code: int,
    wanted: int,
    name: str,
    rng: np.random.Generator,
) -> np.ndarray:
    """Exactly `wanted` new rows (wanted, 1 + d) of one class, whatever number the sampler makes of
    that.

    `sampler` takes `sampling_strategy`, {class: rows in the end}. Some make a few more or fewer
    than asked: of more, a random part is kept; of fewer, more are asked for.

    Raises: DataError if it can make none.
    """
    codes, n = train.codes, int(train.counts[code])
    asked = wanted
    for _ in range(6):
        try:
            found = sampler(sampling_strategy={code: n + asked}).fit_resample(matrix, codes)
            made = found[0][len(matrix) :]
        except (ValueError, RuntimeError) as error:
            raise _cannot(train, code, name, str(error)) from error
        if len(made) == 0 and asked > 2 * n:
            break
        if len(made) >= wanted:
            return drawn(made, wanted, rng)
        asked = 2 * asked + n
    raise _cannot(train, code, name, "no row of the class qualifies")


def _cannot(train: TrainingSet, code: int, name: str, why: str) -> DataError:
    return DataError(
        f"{name} needs rows of class {train.schema.classes[code]!r} near the border to other"
        f" classes,"
        f" however it found none that it could use ({why.strip().rstrip('.')}). Use smote instead."
    )
