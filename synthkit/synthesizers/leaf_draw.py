"""A column as ranks, and the tree that it is drawn from.

Each cell is the rank of its value among those seen, -1 for missing. Ranks make all columns alike to
a tree, and give back the very values, in the very dtype, that were seen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from synthkit.errors import DataError
from synthkit.table.column import MOST_DECIMALS, Codec, decimals_of, ticks_of, times_of, unit_of
from synthkit.table.schema import ORDERED, Kind


@dataclass(frozen=True, eq=False)
class Coding:
    """The values of one column, K of them, and how often each stands in it.

    - `codec`: its levels are the values, sorted, of numbers and times as well; a code indexes them.
    - `counts` (K,): rows of each value.
    - `ordered`: whether the values are numbers or times, not states.
    """

    codec: Codec
    counts: np.ndarray
    ordered: bool

    @classmethod
    def of(cls, series: pd.Series, kind: Kind) -> tuple[Coding, np.ndarray]:
        """The coding of a column (n,) and its codes (n,), whole numbers from -1 to K - 1."""
        codec = Codec.fit(series, kind, ordered=False, sort=True)
        codes = codec.encode(series)
        counts = np.bincount(codes[codes >= 0], minlength=len(codec.levels))
        ordered = kind in ORDERED and not isinstance(series.dtype, pd.CategoricalDtype)
        return cls(codec, counts, ordered), codes

    @property
    def name(self) -> str:
        """The column's name."""
        return self.codec.name

    def __len__(self) -> int:
        return len(self.codec.levels)

    @property
    def numbers(self) -> np.ndarray:
        """An ordered column's values (K,): floats, whole numbers, or ticks of a time's unit."""
        levels = pd.Series(self.codec.levels)
        if pdt.is_datetime64_any_dtype(levels.dtype):
            return ticks_of(levels)
        kind = "float64"
        if pdt.is_integer_dtype(levels.dtype):
            kind = "uint64" if pdt.is_unsigned_integer_dtype(levels.dtype) else "int64"
        return np.asarray(levels.to_numpy(dtype=kind))

    def code_of(self, value: Any) -> int:
        """The code of a value: -1 for None, the nearest one's for a number not seen."""
        if value is None:
            return -1
        if not self.ordered:
            known = pd.Index(self.codec.values, dtype=object)
            found = known.get_indexer(pd.Index([value], dtype=object))[0]
            if found < 0:
                raise DataError(
                    f"A condition on {self.name!r} needs a value that was seen, however {value!r}"
                    " was not."
                )
            return int(found)
        return int(np.abs(self.numbers.astype("float64") - self._number(value)).argmin())

    def repeated(self, value: Any, n: int) -> pd.Series:
        """The column (n,) that holds `value` in every row, a number not seen as well."""
        code = self.code_of(value)
        if value is None or not self.ordered or self._number(value) == float(self.numbers[code]):
            return self.column(np.full(n, code))
        return pd.Series([value] * n, name=self.name, dtype=self.codec.dtype)

    def _number(self, value: Any) -> float:
        if pdt.is_datetime64_any_dtype(self.codec.dtype):
            return float(pd.Timestamp(value).as_unit(unit_of(self.codec.dtype)).value)
        return float(value)

    def window(self, code: int, rows: int) -> tuple[int, int]:
        """The lowest and highest code around `code` that at least `rows` rows of the table have."""
        if code < 0 or not self.ordered:
            return code, code
        below = np.concatenate([[0], np.cumsum(self.counts)])
        low = high = code
        while below[high + 1] - below[low] < min(rows, below[-1]):
            low, high = max(low - 1, 0), min(high + 1, len(self) - 1)
        return low, high

    def column(self, codes: np.ndarray, offsets: np.ndarray | None = None) -> pd.Series:
        """The cells (n,) of these codes in the column's dtype, moved by their offsets (n,)."""
        cells = self.codec.decode(codes)
        if offsets is not None:
            moved = np.flatnonzero((offsets != 0) & (codes >= 0))
            if len(moved):
                cells = cells.copy()
                cells.iloc[moved] = self._moved(codes[moved], offsets[moved])
        return cells

    def _moved(self, codes: np.ndarray, offsets: np.ndarray) -> Any:
        numbers, dtype = self.numbers, self.codec.dtype
        if numbers.dtype.kind == "f":
            values = np.clip(numbers[codes] + offsets, numbers[0], numbers[-1])
            if self.decimals is not None:
                values = np.round(values, self.decimals)
            return pd.Series(values).astype(dtype).array
        # Signed steps: an unsigned column moves down as well.
        steps = (np.round(offsets / self.step) * self.step).astype("int64")
        whole = numbers[codes].astype("int64") + steps
        if pdt.is_datetime64_any_dtype(dtype):
            return times_of(whole, dtype, unit_of(dtype)).array
        return pd.Series(whole).astype(dtype).array

    @property
    def step(self) -> int:
        """What the differences of whole numbers (or ticks) are all multiples of, at least 1."""
        numbers = self.numbers
        return (
            max(int(np.gcd.reduce(np.diff(numbers).astype("int64"))), 1) if len(numbers) > 1 else 1
        )

    @property
    def decimals(self) -> int | None:
        """The decimals that all numbers are rounded to; None where they are not rounded."""
        numbers = self.numbers
        scale = np.abs(numbers).max(initial=0.0)
        return decimals_of(numbers, min(MOST_DECIMALS, 14 - math.ceil(math.log10(scale + 1))))

    def to_json(self) -> dict[str, Any]:
        """What `from_json` turns back, as JSON knows it."""
        return {
            "codec": self.codec.to_json(),
            "counts": self.counts.tolist(),
            "ordered": self.ordered,
        }

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> Coding:
        """The coding that `to_json` took apart."""
        counts = np.array(state["counts"], dtype=np.int64)
        return cls(Codec.from_json(state["codec"]), counts, state["ordered"])


#: Bins of a number that a split can lie between.
MOST_BINS = 64
#: States of an outcome that a tree tells apart; the others are joined to groups that behave alike.
MOST_STATES = 32
ARRAYS = ("predictors", "feature", "threshold", "left", "right", "offsets", "donors")


@dataclass(frozen=True, eq=False)
class LeafDraw:
    """A tree and the training values in its leaves, for one column and one class.

    - `predictors` (p,): positions of the columns it asks about, among those drawn before.
    - `lookups`: for each predictor what turns its codes into what the tree splits: `cuts` of a
      number (bin = how many cuts are at or below the code) or the `places` (K + 1,) of states, the
      last for missing.
    - `feature`, `threshold`, `left`, `right` (m,): the nodes; feature -1 is a leaf; at or below the
      threshold goes left.
    - `offsets` (m + 1,), `donors` (rows,): the codes of the training rows in each node, sorted
      there, so that no row of the training table can be read off across columns.
    - `direct`: the column is a function of its one predictor, whose code is the node.
    """

    predictors: np.ndarray
    lookups: tuple[tuple[bool, np.ndarray], ...]
    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    offsets: np.ndarray
    donors: np.ndarray
    direct: bool = False

    def nodes(self, codes: np.ndarray) -> np.ndarray:
        """The leaf (n,) of each row, from the codes (columns, n) of the columns drawn so far."""
        n = codes.shape[1]
        if not len(self.predictors):
            return np.zeros(n, dtype=np.int32)
        seen = np.stack(
            [
                splittable(codes[p], *lookup)
                for p, lookup in zip(self.predictors, self.lookups, strict=True)
            ]
        )
        if self.direct:
            return seen[0]
        at = np.zeros(n, dtype=np.int32)
        rows = np.arange(n)
        while rows.size:
            node = at[rows]
            inner = self.feature[node] >= 0
            rows, node = rows[inner], node[inner]
            low = seen[self.feature[node], rows] <= self.threshold[node]
            at[rows] = np.where(low, self.left[node], self.right[node])
        return at

    def draw(self, nodes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Positions (n,) in `donors`, one of each row's leaf, each as likely as the others."""
        start = self.offsets[nodes]
        return start + (rng.random(len(nodes)) * (self.offsets[nodes + 1] - start)).astype(np.int64)

    def spread(
        self,
        picks: np.ndarray,
        nodes: np.ndarray,
        numbers: np.ndarray,
        shared: np.ndarray,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Offsets (n,) that move each picked donor at most half way to its neighbour in the leaf.

        v' = v ± u · d / 2, where d is the distance to the nearer of the next lower and the next
        higher donor and u ~ Uniform(0, 1): within the leaf's range, and each donor within its own
        cell. A value that `shared` (K,) marks is no single row's own, and stays.
        """
        side = np.where(rng.random(len(picks)) < 0.5, 1.0, -1.0)
        half = rng.random(len(picks)) / 2
        here = self.donors[picks]
        gaps = []
        for step in (-1, 1):
            beside = picks + step
            inside = (beside >= self.offsets[nodes]) & (beside < self.offsets[nodes + 1])
            there = np.where(inside, self.donors[np.clip(beside, 0, len(self.donors) - 1)], -1)
            distance = np.abs(numbers[there].astype("float64") - numbers[here].astype("float64"))
            gaps.append(np.where(there < 0, np.inf, distance))
        # The leaf's lowest and highest move inwards; a donor alone in its leaf stays.
        side = np.where(np.isinf(gaps[0]), 1.0, np.where(np.isinf(gaps[1]), -1.0, side))
        gap = np.minimum(*gaps)
        gap[np.isinf(gap)] = 0.0
        return np.where((here < 0) | shared[here], 0.0, side * half * gap)

    def shares(self, low: int, high: int) -> np.ndarray:
        """The share (m,) of each node's donors whose code is from `low` to `high`."""
        sizes = np.diff(self.offsets)
        hits = np.concatenate([[0], np.cumsum((self.donors >= low) & (self.donors <= high))])
        return np.diff(hits[self.offsets]) / np.maximum(sizes, 1)

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """What `from_arrays` turns back: arrays, and a value that JSON knows."""
        arrays = {name: getattr(self, name) for name in ARRAYS}
        arrays |= {f"lookup{i}": array for i, (_, array) in enumerate(self.lookups)}
        return arrays, {"cut": [cut for cut, _ in self.lookups], "direct": self.direct}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], state: Mapping[str, Any]) -> LeafDraw:
        lookups = tuple((bool(cut), arrays[f"lookup{i}"]) for i, cut in enumerate(state["cut"]))
        return cls(
            lookups=lookups, direct=bool(state["direct"]), **{name: arrays[name] for name in ARRAYS}
        )


def splittable(codes: np.ndarray, cut: bool, lookup: np.ndarray) -> np.ndarray:
    """What a tree splits (n,), from codes (n,): the bin of a number, the place of a state."""
    if cut:
        return np.searchsorted(lookup, codes, side="right").astype(np.int32)
    return lookup[codes]  # the code -1 of a missing value takes the last place


def cuts_of(codes: np.ndarray, k: int, most: int = MOST_BINS) -> np.ndarray:
    """The codes where a new bin begins, at most `most` bins of about equally many rows; missing is
    bin 0.
    """
    counts = np.bincount(codes[codes >= 0], minlength=k)
    seen = np.flatnonzero(counts)
    if len(seen) <= most:
        return seen.astype(np.int32) if len(seen) else np.zeros(1, dtype=np.int32)
    below = np.cumsum(counts[seen])
    wanted = np.arange(1, most) * below[-1] / most
    return seen[
        np.unique(np.concatenate([[0], np.searchsorted(below, wanted, side="right")]))
    ].astype(np.int32)


def grow(  # noqa: PLR0913  # the state of a tree, in arrays
    outcome: np.ndarray,
    coding: Coding,
    before: np.ndarray,
    codings: Sequence[Coding],
    cuts: Sequence[np.ndarray],
    predictors: np.ndarray,
    min_samples_leaf: int,
    min_gain: float,
    seed: int,
) -> LeafDraw:
    """The tree of one column: codes `outcome` (n,) on the codes `before` (columns, n) of those
    before it.

    A split leaves at least `min_samples_leaf` rows on each side and lowers the impurity, as a share
    of the root's, by at least `min_gain` / n. Depth is at most 2 log2(n / min_samples_leaf), so the
    cost is n log n per predictor.
    """
    n = len(outcome)
    labels, scores = _outcome(outcome, coding, before, codings, cuts, predictors)
    if n < 2 * min_samples_leaf or labels.max(initial=0) == 0 or not len(predictors):
        return _stump(outcome, len(coding))
    lookups = []
    for p in predictors:
        if codings[p].ordered:
            lookups.append((True, cuts[p]))
        else:
            places = places_of(
                before[p], len(codings[p]), labels, scores, max(2, min_samples_leaf // 5)
            )
            lookups.append((False, places))
    X = np.empty((n, len(predictors)), dtype=np.float32, order="F")
    for i, (p, lookup) in enumerate(zip(predictors, lookups, strict=True)):
        X[:, i] = splittable(before[p], *lookup)
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    impurity = 1.0 if scores is not None else 1.0 - float(((np.bincount(labels) / n) ** 2).sum())
    grower = DecisionTreeClassifier if scores is None else DecisionTreeRegressor
    tree = grower(
        min_samples_leaf=min_samples_leaf,
        random_state=seed,
        min_impurity_decrease=min_gain * impurity / n,
        max_depth=max(1, int(2 * np.log2(n / min_samples_leaf))),
    )
    tree = tree.fit(X, labels if scores is None else scores, check_input=True).tree_
    leaf = tree.apply(X)
    used, feature = np.unique(tree.feature[tree.feature >= 0], return_inverse=True)
    features = np.full(tree.node_count, -1, dtype=np.int32)
    features[tree.feature >= 0] = feature
    offsets, donors = _donors(leaf, outcome, tree.node_count, len(coding))
    return LeafDraw(
        predictors[used].astype(np.int32),
        tuple(lookups[i] for i in used),
        features,
        np.floor(tree.threshold).astype(np.int32),
        tree.children_left.astype(np.int32),
        tree.children_right.astype(np.int32),
        offsets,
        donors,
    )


def function_of(
    outcome: np.ndarray, coding: Coding, cause: np.ndarray, position: int, k: int
) -> LeafDraw:
    """The draw of a column that is a function of the column at `position`, whose codes (n,) are
    `cause`.
    """
    places = np.arange(k + 1, dtype=np.int32)
    offsets, donors = _donors(places[cause], outcome, k + 1, len(coding))
    none = np.full(1, -1, dtype=np.int32)
    return LeafDraw(
        np.array([position], dtype=np.int32),
        ((False, places),),
        none,
        none,
        none,
        none,
        offsets,
        donors,
        direct=True,
    )


def places_of(
    codes: np.ndarray, k: int, labels: np.ndarray, scores: np.ndarray | None, fewest: int
) -> np.ndarray:
    """The order (k + 1,) of a predictor's states, missing last, by the mean of the outcome in each.

    For more than one outcome score the order is along the first principal component of the states'
    means, each weighed by its rows (Coppersmith, Hong & Hosking 1999). States of under `fewest`
    rows share one place: their means would be their rows' own values.
    """
    codes = np.where(codes < 0, k, codes)
    counts = np.bincount(codes, minlength=k + 1)
    kept = np.flatnonzero(counts >= fewest)
    group = np.full(k + 1, len(kept))
    group[kept] = np.arange(len(kept))
    groups, size = group[codes], len(kept) + 1
    rows = np.bincount(groups, minlength=size).astype(float)
    if scores is None:
        width = int(labels.max()) + 1
        sums = (
            np.bincount(groups * width + labels, minlength=size * width)
            .reshape(size, width)
            .astype(float)
        )
    else:
        sums = np.stack([np.bincount(groups, weights=s, minlength=size) for s in scores.T], axis=1)
    centre = sums.sum(axis=0) / rows.sum()
    away = sums / np.maximum(rows, 1)[:, None] - centre
    along = np.argsort(
        np.argsort(away @ first_component(away * np.sqrt(rows)[:, None]), kind="stable"),
        kind="stable",
    )
    return along[group].astype(np.int32)


def first_component(rows: np.ndarray) -> np.ndarray:
    """The first principal direction (q,) of rows (m, q), its largest entry positive."""
    if rows.shape[1] == 1:
        return np.ones(1)
    direction = np.linalg.eigh(rows.T @ rows)[1][:, -1]
    return direction * np.sign(direction[np.abs(direction).argmax()])


def _outcome(
    codes: np.ndarray,
    coding: Coding,
    before: np.ndarray,
    codings: Sequence[Coding],
    cuts: Sequence[np.ndarray],
    predictors: np.ndarray,
) -> tuple[np.ndarray, np.ndarray | None]:
    """What the tree predicts: labels (n,) from 0, and for numbers scores (n, 1) of unit variance.

    A number with missing cells gets a second score, whether it is missing.
    """
    seen, labels = np.unique(codes, return_inverse=True)
    if coding.ordered:
        gone = codes < 0
        numbers = coding.numbers.astype("float64")
        values = np.where(
            gone, 0.0, numbers[codes] - numbers[codes[~gone]].mean() if (~gone).any() else 0.0
        )
        columns = [values, gone.astype(float)] if gone.any() else [values]
        scores = np.stack(
            [(c - c.mean()) / c.std() for c in columns if c.std() > 0] or [np.zeros(len(codes))],
            axis=1,
        )
        return labels, scores
    if len(seen) > MOST_STATES and len(predictors):
        labels = _joined(labels, len(seen), before, codings, cuts, predictors)
    return labels, None


def _joined(
    labels: np.ndarray,
    k: int,
    before: np.ndarray,
    codings: Sequence[Coding],
    cuts: Sequence[np.ndarray],
    predictors: np.ndarray,
) -> np.ndarray:
    """At most `MOST_STATES` groups (n,) of k states: the commonest alone, the others by what they
    go with.

    The others are put in order along the first principal component of the distributions of the
    predictors' bins in each state, and cut into groups of about equally many rows.
    """
    alone = MOST_STATES // 2
    counts = np.bincount(labels, minlength=k)
    by_size = np.argsort(-counts, kind="stable")
    tables = []
    for p in predictors:
        lookup = coarse(before[p], codings[p], most=alone)
        bins, width = lookup[before[p]], int(lookup.max()) + 1
        table = (
            np.bincount(labels * width + bins, minlength=k * width).reshape(k, width)
            / counts[:, None]
        )
        tables.append(table - np.bincount(bins, minlength=width) / len(labels))
    away = np.hstack(tables)
    along = away @ first_component(away * np.sqrt(counts)[:, None])
    rest = by_size[alone:][np.argsort(along[by_size[alone:]], kind="stable")]
    group = np.empty(k, dtype=np.int64)
    group[by_size[:alone]] = np.arange(alone)
    mass = np.cumsum(counts[rest]) - counts[rest] / 2
    group[rest] = alone + np.floor(mass / counts[rest].sum() * (MOST_STATES - alone)).astype(
        np.int64
    )
    return np.unique(group[labels], return_inverse=True)[1]


def coarse(codes: np.ndarray, coding: Coding, most: int) -> np.ndarray:
    """A few bins for each code (K + 1,): numbers by rank, the commonest states alone, missing apart
    (last).
    """
    k = len(coding)
    if coding.ordered:
        bins = np.searchsorted(cuts_of(codes, k, most), np.arange(k), side="right")
    else:
        counts = np.bincount(codes[codes >= 0], minlength=k)
        by_size = np.argsort(-counts, kind="stable")
        bins = np.full(k, most)
        bins[by_size[: most - 1]] = np.arange(1, min(most - 1, k) + 1)
    return np.append(bins, 0).astype(np.int64)


def _stump(outcome: np.ndarray, k: int) -> LeafDraw:
    """One leaf with all rows in it."""
    offsets, donors = _donors(np.zeros(len(outcome), dtype=np.int64), outcome, 1, k)
    none = np.full(1, -1, dtype=np.int32)
    return LeafDraw(np.empty(0, dtype=np.int32), (), none, none, none, none, offsets, donors)


def _donors(
    leaf: np.ndarray, codes: np.ndarray, nodes: int, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """Offsets (nodes + 1,) and codes (n,) sorted by leaf, then by code."""
    keys = np.sort(leaf.astype(np.int64) * (k + 1) + codes + 1)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(leaf, minlength=nodes))])
    return offsets.astype(np.int64), (keys % (k + 1) - 1).astype(np.int32)
