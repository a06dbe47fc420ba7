"""The nearest rows of a table in its geometry: exact, the same on every machine, in bounded memory."""

from __future__ import annotations

import numpy as np
import pandas as pd

from synthkit.table.encode import Geometry, Points

#: Distances held at once; 2²¹ of 8 bytes are 16 MB.
CELLS = 2**21
#: A state column of at most so many levels joins the matrix product; beyond, codes are compared.
FEW_LEVELS = 32
#: Candidates per wanted neighbour, beyond which a chunk counts as full of ties.
MANY = 16
#: Squares above this do not go into single precision.
LARGE = 1e30


def neighbours(geometry: Geometry, points: Points, queries: np.ndarray, k: int) -> np.ndarray:
    """The `k` nearest points of each query, the nearest first: positions (len(queries), k).

    `queries` are positions in `points`; a point is not its own neighbour. Of equally distant points
    the one that stands first in the table is the nearer one. Needs 1 <= k < len(points).

    Every squared distance is bounded from below and above through one matrix product in single
    precision (in double where that leaves too many in question); the few points that may be among
    the nearest are then measured difference by difference. So the answer is that of double precision
    without cancellation, and does not depend on the number of threads.
    """
    out = np.empty((len(queries), k), dtype=np.int64)
    among = first_copies(points, k + 1)
    single, double = _Screen(geometry, points, among, "float32"), None
    chunk = max(1, min(1024, CELLS // len(among)))
    for start in range(0, len(queries), chunk):
        mine = queries[start:start + chunk]
        rows, found, clear = single.candidates(mine, k)
        if not clear:
            double = double or _Screen(geometry, points, among, "float64")
            rows, found, _ = double.candidates(mine, k)
        exact = squared_distances(geometry, points, mine[rows], found)
        order = np.lexsort((found, exact, rows))
        # Each query's candidates now stand together, the best first.
        counts = np.bincount(rows, minlength=len(mine))
        begin = np.cumsum(counts) - counts
        out[start:start + len(mine)] = found[order][begin[:, None] + np.arange(k)]
    return out


def first_copies(points: Points, most: int) -> np.ndarray:
    """Positions of the first `most` copies of each point, in order: no later copy can be among the nearest.

    >>> first_copies(Points(np.zeros((5, 1)), np.zeros((5, 1), bool), np.zeros((5, 0), "int32")), 2)
    array([0, 1])
    """
    n = len(points)
    group, groups = np.zeros(n, dtype=np.int64), 1
    gaps = [points.missing[:, j] for j in range(points.missing.shape[1]) if points.missing[:, j].any()]
    for column in (*points.numbers.T, *points.states.T, *gaps):
        values, levels = pd.factorize(column)
        group, distinct = pd.factorize(group * len(levels) + values)
        groups = len(distinct)
        if groups == n:
            return np.arange(n)
    return np.flatnonzero(pd.Series(group).groupby(group).cumcount().to_numpy() < most)


def squared_distances(geometry: Geometry, points: Points, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Squared distances (m,) between points at positions `a` (m,) and `b` (m,); see `Geometry`."""
    total = np.zeros(len(a))
    for j, scale in enumerate(geometry.scale):
        x, gone = points.numbers[:, j], points.missing[:, j]
        step = ((x[a] - x[b]) / scale) ** 2
        if gone.any():
            step[gone[a] | gone[b]] = 0.0
            step += geometry.m**2 * (gone[a] != gone[b])
        total += step
    for j in range(points.states.shape[1]):
        code = points.states[:, j]
        total += geometry.m**2 * (code[a] != code[b])
    return total


class _Screen:
    """Squared distances up to rounding and a constant per query, as a product of `left` and `right`.

    For complete numbers |a - b|² - |a|² = -2a·b + 1·|b|². A number that may be missing, with p = 1
    where it is there: p_a p_b (a - b)² + m² (p_a + p_b - 2 p_a p_b), which is a sum of products too,
    as is a state's m² (1 - Σ_l [a = l] [b = l]). Columns of many levels are compared, not multiplied.
    """

    def __init__(self, geometry: Geometry, points: Points, among: np.ndarray, dtype: str) -> None:
        self.among = among
        self.place = np.full(len(points), -1)
        self.place[among] = np.arange(len(among))
        self.m2 = geometry.m**2
        n, columns = len(points), len(geometry.columns)
        left, right, norm, square = [], [], np.zeros(n), np.zeros(n)
        for j, scale in enumerate(geometry.scale):
            there = ~points.missing[:, j]
            x = points.numbers[:, j] / scale
            # Near the median, where most points are, the fewest digits cancel.
            x = np.where(there, x - (np.median(x[there]) if there.any() else 0.0), 0.0)
            square += x**2
            left.append(-2 * x)
            right.append(x)
            if there.all():
                norm += x**2
            else:
                left += [x**2 - 2 * self.m2 * there, 1.0 * there]
                right += [1.0 * there, x**2]
                norm += self.m2 * there
        self.compared = []
        for j in range(points.states.shape[1]):
            code = points.states[:, j]
            levels = np.unique(code)
            if len(levels) > FEW_LEVELS:
                self.compared.append(np.ascontiguousarray(code))
            elif len(levels) > 1:
                left += [-self.m2 * (code == level) for level in levels]
                right += [1.0 * (code == level) for level in levels]
        self.too_large = dtype == "float32" and not square.max(initial=0.0) + self.m2 * columns < LARGE
        if not self.too_large:
            self.left = np.column_stack([*left, np.ones(n)]).astype(dtype)
            self.right = np.ascontiguousarray(np.column_stack([*right, norm])[among].astype(dtype).T)
        # A product of d terms is off by at most (d + 2) eps Σ|terms| (Higham 2002, section 3.1), and by as much
        # again for the rounding of its factors; twice that is allowed.
        self.unit = 4 * (len(left) + len(self.compared) + 4) * float(np.finfo(dtype).eps)
        self.reach, self.states = np.sqrt(square), self.m2 * columns

    def slack(self, mine: np.ndarray, bound: np.ndarray) -> np.ndarray:
        """By how much the distances (c,) of what may be nearer than `bound` (c,) may be off.

        Σ|terms| <= (|a| + |b|)² + 2 m² (p + q), and what is nearer than the root of the bound has
        |b| <= |a| + that root: an outlier far away does not blur what is near.
        """
        a = self.reach[mine]
        root = np.sqrt(np.maximum(bound + a**2 + self.states, 0.0))
        return self.unit * ((2 * a + root) ** 2 + 2 * self.states)

    def distances(self, mine: np.ndarray) -> np.ndarray:
        """(c, len(among)), infinite at the query itself."""
        out = self.left[mine] @ self.right
        for code in self.compared:
            out += out.dtype.type(self.m2) * (code[mine][:, None] != code[self.among])
        itself = np.flatnonzero(self.place[mine] >= 0)
        out[itself, self.place[mine[itself]]] = np.inf
        return out

    def candidates(self, mine: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray, bool]:
        """Pairs (query's place in the chunk, point) that hold all `k` nearest; and whether they are few."""
        if self.too_large:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), False
        D = self.distances(mine)
        n, groups = D.shape[1], max(4 * k, 128)
        minima = D
        if n >= 4 * groups:
            # The k-th smallest of the minima of groups is no smaller than the k-th smallest of all.
            minima = D[:, :n - n % groups].reshape(len(mine), -1, groups).min(axis=1)
        bound = np.partition(minima, k - 1, axis=1)[:, k - 1].astype(float)
        limit = (bound + 2 * self.slack(mine, bound)).astype(D.dtype)
        near = np.flatnonzero(np.nextafter(limit, D.dtype.type(np.inf))[:, None] >= D)
        rows, found = np.divmod(near, n)
        return rows, self.among[found], len(near) <= MANY * k * len(mine) + n
