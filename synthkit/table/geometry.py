"""Rows as points: distances, neighbours and a matrix of a mixed table, and the way back.

Nothing is standardised in place: a column's unit of distance stands beside it, so that going there
and back returns every cell as it was. Neighbours are exact, the same on every machine, in bounded
memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from threadpoolctl import ThreadpoolController

from synthkit.table.column import UNSEEN, Codec
from synthkit.table.schema import Schema

#: Distances held at once; 2²¹ of 8 bytes are 16 MB.
CELLS = 2**21
#: A state column of at most so many levels joins the matrix product; beyond, codes are compared.
FEW_LEVELS = 32
#: Candidates per wanted neighbour, beyond which a chunk counts as full of ties.
MANY = 16
#: Squares above this do not go into single precision.
LARGE = 1e30


@dataclass(frozen=True, eq=False)
class Points:
    """Rows of a table as a geometry sees them.

    Shapes: n rows, p ordered columns, q columns of states.

    - `numbers` (n, p) float64: in the column's own unit (times: steps since the column's origin);
      0 where missing.
    - `missing` (n, p) bool: which of the numbers are missing.
    - `states` (n, q) int32: level codes; a missing state is -1, a state like any other.
    """

    numbers: np.ndarray
    missing: np.ndarray
    states: np.ndarray

    def __len__(self) -> int:
        return len(self.numbers)

    def take(self, rows: np.ndarray) -> Points:
        """The points at these positions, in this order."""
        return Points(
            _take(self.numbers, rows), _take(self.missing, rows), _take(self.states, rows)
        )

    @classmethod
    def concat(cls, parts: Sequence[Points]) -> Points:
        """The points of all parts, one after the other."""
        numbers, missing, states = (
            np.asfortranarray(np.concatenate([getattr(part, name) for part in parts]))
            for name in ("numbers", "missing", "states")
        )
        return cls(numbers, missing, states)


@dataclass(frozen=True, eq=False)
class Geometry:
    """Where the rows of a table lie, and which row lies where.

    The squared distance of two rows is, over their columns,

        Σ over numbers ((a - b) / scale)²  +  m² · (number of states that differ)

    where a missing number is a state: it differs from any number, and equals a missing one. With
    `standardize` a column's scale is its standard deviation and m is 1; without, the scale is 1 and
    m is the median of the standard deviations (1 if no column has one). A constant column is at
    distance 0 everywhere.

    Source: SMOTE-NC of Chawla et al. (2002), "SMOTE: Synthetic Minority Over-sampling Technique".
    DIFFERS: there m is of the minority alone; here of all rows, so that it is one for all classes.
    """

    columns: tuple[Codec, ...]
    scale: np.ndarray
    m: float

    @classmethod
    def fit(cls, X: pd.DataFrame, schema: Schema, *, standardize: bool = True) -> Geometry:
        """The geometry of features `X` (n, d); which columns are numbers is the schema's word."""
        columns = tuple(Codec.fit(X[name], schema[str(name)].kind) for name in X.columns)
        deviations = np.array([c.deviation for c in columns if c.ordered])
        varying = deviations > 0
        if standardize:
            return cls(columns, np.where(varying, deviations, 1.0), 1.0)
        m = float(np.median(deviations[varying])) if varying.any() else 1.0
        return cls(columns, np.ones(len(deviations)), m)

    @cached_property
    def numbers(self) -> tuple[Codec, ...]:
        """The ordered columns, as `Points.numbers` has them."""
        return tuple(c for c in self.columns if c.ordered)

    @cached_property
    def states(self) -> tuple[Codec, ...]:
        """The columns of states, as `Points.states` has them."""
        return tuple(c for c in self.columns if not c.ordered)

    def encode(self, X: pd.DataFrame) -> Points:
        """The points (n) of rows (n, d)."""
        # Columns are contiguous: they are filled, and turned back into a table, one by one.
        numbers = np.empty((len(X), len(self.numbers)), order="F")
        states = np.empty((len(X), len(self.states)), dtype="int32", order="F")
        for j, number in enumerate(self.numbers):
            numbers[:, j] = number.encode(X[number.name])
        for j, state in enumerate(self.states):
            states[:, j] = state.encode(X[state.name])
        missing = np.isnan(numbers)
        numbers[missing] = 0.0
        return Points(numbers, missing, states)

    def encode_all(self, tables: Sequence[pd.DataFrame]) -> Points:
        """The points of all tables' rows; levels that were not seen get codes of their own."""
        points = Points.concat([self.encode(table) for table in tables])
        for j, state in enumerate(self.states):
            new = np.flatnonzero(points.states[:, j] == UNSEEN)
            if len(new):
                cells = [table[state.name].to_numpy(dtype=object) for table in tables]
                found = pd.factorize(np.concatenate(cells)[new])[0]
                points.states[new, j] = len(state.levels) + found
        return points

    def decode(self, points: Points) -> pd.DataFrame:
        """The rows (n, d) of points, every column in its own dtype."""
        index = pd.RangeIndex(len(points))
        plain = all(
            c.ordered and c.decimals is None and c.dtype == np.dtype("float64")
            for c in self.columns
        )
        if plain:  # one block of memory, and none besides
            numbers = points.numbers
            if points.missing.any():
                numbers = np.where(points.missing, np.nan, numbers)
            return pd.DataFrame(numbers, index, [c.name for c in self.columns], copy=False)
        number, state = iter(range(len(self.numbers))), iter(range(len(self.states)))
        data: dict[str, pd.Series] = {}
        for column in self.columns:
            if column.ordered:
                j = next(number)
                data[column.name] = column.decode(points.numbers[:, j], points.missing[:, j])
            else:
                data[column.name] = column.decode(points.states[:, next(state)])
        return pd.DataFrame(data, index, copy=False)

    def without(self, name: str, points: Points) -> tuple[Geometry, Points]:
        """The geometry and the points as seen by who does not know this column."""
        number = np.array([c.name != name for c in self.numbers], dtype=bool)
        state = np.array([c.name != name for c in self.states], dtype=bool)
        columns = tuple(c for c in self.columns if c.name != name)
        seen = points.numbers[:, number], points.missing[:, number], points.states[:, state]
        return Geometry(columns, self.scale[number], self.m), Points(*seen)

    def matrix(self, points: Points) -> np.ndarray:
        """Standardised numbers, marks of gaps, one column per level that occurs: (n, D) float64.

        A missing number is 0, the mean; a column with gaps has a mark m for them; a level is m/√2
        in its own column, so that two different ones are m apart.
        """
        centers = np.array([number.center for number in self.numbers])
        numbers = np.where(points.missing, 0.0, (points.numbers - centers) / self.scale)
        marks = points.missing[:, points.missing.any(axis=0)] * self.m
        blocks = [
            (points.states[:, [j]] == level) * (self.m / np.sqrt(2))
            for j, level in enumerate(levels_in(points))
        ]
        return np.hstack([numbers, marks, *blocks])

    def from_matrix(self, matrix: np.ndarray, points: Points) -> Points:
        """The points of rows (m, D) like those of `points`' matrix.

        The highest level of a column counts; a mark above m/2 is a gap.
        """
        centers = np.array([number.center for number in self.numbers])
        gaps = np.flatnonzero(points.missing.any(axis=0))
        levels = levels_in(points)
        widths = [len(centers), len(gaps), *map(len, levels)]
        numbers, marks, *blocks = np.split(matrix, np.cumsum(widths)[:-1], axis=1)
        missing = np.zeros(numbers.shape, dtype=bool)
        missing[:, gaps] = marks > self.m / 2
        states = np.empty((len(matrix), len(levels)), dtype="int32")
        for j, (level, block) in enumerate(zip(levels, blocks, strict=True)):
            states[:, j] = level[block.argmax(axis=1)]
        return Points(numbers * self.scale + centers, missing, states)

    def distances(self, points: Points, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Squared distances (m,) between points at positions `a` (m,) and `b` (m,)."""
        total = np.zeros(len(a))
        for j, scale in enumerate(self.scale):
            x, gone = points.numbers[:, j], points.missing[:, j]
            step = ((x[a] - x[b]) / scale) ** 2
            if gone.any():
                step[gone[a] | gone[b]] = 0.0
                step += self.m**2 * (gone[a] != gone[b])
            total += step
        for j in range(points.states.shape[1]):
            code = points.states[:, j]
            total += self.m**2 * (code[a] != code[b])
        return total

    def nearest(
        self,
        points: Points,
        queries: np.ndarray,
        k: int,
        among: np.ndarray | None = None,
    ) -> np.ndarray:
        """The `k` nearest points of each query, the nearest first: positions (len(queries), k).

        `queries` are positions in `points`; a point is not its own neighbour. Of equally distant
        points the one that stands first in the table is the nearer one. `among` are the positions,
        in order, of those that may be neighbours, by default all: so rows of one table are found
        for rows of another. Needs at least k points that may be neighbours, the query itself not
        counted.

        Every squared distance is bounded from below and above through one matrix product in single
        precision (in double where that leaves too many in question); the few points that may be
        among the nearest are then measured difference by difference. So the answer is that of
        double precision without cancellation, and does not depend on the number of threads.
        """
        if among is None:
            among = first_copies(points, k + 1)
        else:
            among = among[first_copies(points.take(among), k + 1)]
        screens = (
            _Screen(self, points, among, "float32"),
            _Screen(self, points, among, "float64"),
        )
        libraries = ThreadpoolController().select(user_api="blas")
        # As many threads as products may use, each with a product of its own: one product is too
        # thin to be shared.
        workers = max((library["num_threads"] for library in libraries.info()), default=1)
        workers = max(1, min(workers, len(queries) * len(among) // CELLS))
        with libraries.limit(limits=1):
            if workers == 1:
                return _nearest(screens, queries, k)
            with ThreadPoolExecutor(workers) as pool:
                parts = pool.map(
                    lambda part: _nearest(screens, part, k), np.array_split(queries, workers)
                )
                return np.concatenate(list(parts))


def levels_in(points: Points) -> list[np.ndarray]:
    """The level codes that occur in each column of states."""
    return [np.unique(codes) for codes in points.states.T]


def _nearest(screens: tuple[_Screen, _Screen], queries: np.ndarray, k: int) -> np.ndarray:
    """`Geometry.nearest` of these queries, on one thread."""
    out = np.empty((len(queries), k), dtype=np.int64)
    chunk = max(1, min(1024, CELLS // len(screens[0].among)))
    # The same memory for each chunk: fetching it anew costs as much as the product.
    buffers: dict[_Screen, np.ndarray] = {}
    for start in range(0, len(queries), chunk):
        mine = queries[start : start + chunk]
        for screen in screens:
            if screen.overflows:
                continue
            if screen not in buffers:
                buffers[screen] = np.empty((len(mine), len(screen.among)), dtype=screen.dtype)
            rows, found, few = screen.candidates(mine, k, buffers[screen])
            if few:
                break
        exact = screen.geometry.distances(screen.points, mine[rows], found)
        order = np.lexsort((found, exact, rows))
        # Each query's candidates now stand together, the best first.
        counts = np.bincount(rows, minlength=len(mine))
        begin = np.cumsum(counts) - counts
        out[start : start + len(mine)] = found[order][begin[:, None] + np.arange(k)]
    return out


def first_copies(points: Points, most: int) -> np.ndarray:
    """Positions of the first `most` copies of each point: no later copy can be among the nearest.

    >>> first_copies(Points(np.zeros((5, 1)), np.zeros((5, 1), bool), np.zeros((5, 0), "int32")), 2)
    array([0, 1])
    """
    group = alike(points)
    if group.max(initial=-1) == len(points) - 1:
        return np.arange(len(points))
    return np.flatnonzero(pd.Series(group).groupby(group).cumcount().to_numpy() < most)


def alike(points: Points) -> np.ndarray:
    """A number per point (n,) that equal points share: 0, 1, ... in order of first appearance.

    >>> numbers = np.array([[2.0], [7.0], [2.0]])
    >>> alike(Points(numbers, np.zeros((3, 1), bool), np.zeros((3, 0), "int32")))
    array([0, 1, 0])
    """
    n = len(points)
    group = np.zeros(n, dtype=np.int64)
    gaps = [
        points.missing[:, j] for j in range(points.missing.shape[1]) if points.missing[:, j].any()
    ]
    for column in (*points.numbers.T, *points.states.T, *gaps):
        values, levels = pd.factorize(column)
        group, distinct = pd.factorize(group * len(levels) + values)
        if len(distinct) == n:  # no two are equal
            break
    return group


class _Screen:
    """Squared distances up to rounding and a constant per query, as a product of two matrices.

    For complete numbers |a - b|² - |a|² = -2a·b + 1·|b|². A number that may be missing, with p = 1
    where it is there: p_a p_b (a - b)² + m² (p_a + p_b - 2 p_a p_b), which is a sum of products
    too, as is a state's m² (1 - Σ_l [a = l] [b = l]). Columns of many levels are compared, not
    multiplied.
    """

    def __init__(self, geometry: Geometry, points: Points, among: np.ndarray, dtype: str) -> None:
        self.geometry, self.points, self.among, self.dtype = (
            geometry,
            points,
            among,
            np.dtype(dtype),
        )
        self.m2 = geometry.m**2
        self.states = self.m2 * (points.numbers.shape[1] + points.states.shape[1])
        self.place = np.full(len(points), -1)
        self.place[among] = np.arange(len(among))
        # Near the median, where most points are, the fewest digits cancel.
        there = ~points.missing
        center = [
            np.median(x[p]) if p.any() else 0.0
            for x, p in zip(points.numbers.T, there.T, strict=True)
        ]
        self.x = np.where(there, (points.numbers - center) / geometry.scale, 0.0)
        square = (self.x**2).sum(axis=1)
        self.reach = np.sqrt(square)
        self.overflows = dtype == "float32" and not square.max(initial=0.0) + self.states < LARGE
        levels = levels_in(points)
        self.multiplied = [
            (j, level) for j, level in enumerate(levels) if 1 < len(level) <= FEW_LEVELS
        ]
        self.compared = [
            np.ascontiguousarray(points.states[:, j])
            for j, level in enumerate(levels)
            if len(level) > FEW_LEVELS
        ]

    @cached_property
    def factors(self) -> tuple[np.ndarray, np.ndarray]:
        """`left` (n, t) and `right` (t, len(among))."""
        n = len(self.points)
        left, right, norm = [], [], np.zeros(n)
        for x, gone in zip(self.x.T, self.points.missing.T, strict=True):
            left.append(-2 * x)
            right.append(x)
            if not gone.any():
                norm += x**2
            else:
                there = 1.0 * ~gone
                left += [x**2 - 2 * self.m2 * there, there]
                right += [there, x**2]
                norm += self.m2 * there
        for j, levels in self.multiplied:
            code = self.points.states[:, j]
            left += [-self.m2 * (code == level) for level in levels]
            right += [1.0 * (code == level) for level in levels]
        a = np.column_stack([*left, np.ones(n)]).astype(self.dtype)
        return a, np.ascontiguousarray(
            np.column_stack([*right, norm])[self.among].astype(self.dtype).T
        )

    def slack(self, mine: np.ndarray, bound: np.ndarray) -> np.ndarray:
        """By how much the distances (c,) of what may be nearer than `bound` (c,) may be off.

        Σ|terms| <= (|a| + |b|)² + 2 m² (p + q), and what is nearer than the root of the bound has
        |b| <= |a| + that root: an outlier far away does not blur what is near.
        """
        a = self.reach[mine]
        root = np.sqrt(np.maximum(bound + a**2 + self.states, 0.0))
        # A product of d terms is off by at most (d + 2) eps Σ|terms| (Higham 2002, section 3.1),
        # and by as much
        # again for the rounding of its factors; twice that is allowed.
        terms = self.factors[0].shape[1] + len(self.compared)
        unit = 4 * (terms + 4) * float(np.finfo(self.dtype).eps)
        return unit * ((2 * a + root) ** 2 + 2 * self.states)

    def distances(self, mine: np.ndarray, buffer: np.ndarray) -> np.ndarray:
        """(c, len(among)), infinite at the query itself."""
        left, right = self.factors
        out = np.matmul(left[mine], right, out=buffer[: len(mine)])
        for code in self.compared:
            out += self.dtype.type(self.m2) * (code[mine][:, None] != code[self.among])
        itself = np.flatnonzero(self.place[mine] >= 0)
        out[itself, self.place[mine[itself]]] = np.inf
        return out

    def candidates(
        self, mine: np.ndarray, k: int, buffer: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, bool]:
        """Pairs (query's place, point) that hold all `k` nearest; and whether they are few."""
        D = self.distances(mine, buffer)
        n, groups = D.shape[1], max(4 * k, 128)
        minima = D
        if n >= 4 * groups:
            # The k-th smallest of the minima of groups is no smaller than the k-th smallest of all.
            minima = D[:, : n - n % groups].reshape(len(mine), -1, groups).min(axis=1)
        bound = np.partition(minima, k - 1, axis=1)[:, k - 1].astype(float)
        limit = (bound + 2 * self.slack(mine, bound)).astype(D.dtype)
        near = np.flatnonzero(np.nextafter(limit, self.dtype.type(np.inf))[:, None] >= D)
        rows, found = np.divmod(near, n)
        return rows, self.among[found], len(near) <= MANY * k * len(mine) + n


def _take(array: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Rows of an array whose columns stay contiguous."""
    out = np.empty((len(rows), array.shape[1]), dtype=array.dtype, order="F")
    for j in range(array.shape[1]):
        np.take(array[:, j], rows, out=out[:, j])
    return out
