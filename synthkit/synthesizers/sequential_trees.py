"""Sequential trees: every column drawn from the leaf of a tree grown on the columns before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from synthkit.errors import ConfigError, DataError, nearest
from synthkit.randomness import integer_seed
from synthkit.registry import check_number
from synthkit.synthesizers.base import Progress, Synthesizer
from synthkit.synthesizers.coding import Coding
from synthkit.synthesizers.drawing_order import association, drawing_order, functions
from synthkit.synthesizers.leaf_draw import LeafDraw, cuts_of, function_of, grow
from synthkit.table.schema import Schema

#: Columns that one tree may ask about: the most strongly associated of those drawn before.
MOST_PREDICTORS = 32
#: Proposals after which a condition that is met too rarely is given up, and per row wanted.
MOST_PROPOSALS, MOST_PROPOSALS_PER_ROW = 2_000_000, 1_000
#: Rows proposed at once at most, which bounds the memory.
MOST_ROWS_AT_ONCE = 200_000


@dataclass(frozen=True)
class SequentialTrees(Synthesizer):
    """Draw each column from the leaf of a decision tree grown on the columns drawn before it.

    p(row) = p(class) · Π_j p(x_j | class, x_1 ... x_{j-1}), and each factor is the distribution of
    x_j among the training rows in one leaf. The target comes first and every class has trees of its
    own, so that none vanishes in another's leaves and rates of missing values are kept per class;
    a class of under 2 · `min_samples_leaf` rows has one leaf per column, that is, columns
    independent of each other within the class. Missing is a value like any other, both when drawn
    and when asked about. A column that is a function of an earlier one stays that function.

    - `min_samples_leaf`: training rows in a leaf at least. The fewer, the closer to the training
      table: in usefulness, and in what a row gives away about the rows learned from.
    - `order`: columns to draw right after the target, in this order; the others follow, each next the
      one most strongly associated with any before it. Conditions (`where`) on early columns are cheap.
    - `draw`: "donor" takes a value of the leaf; "range" moves a number or time that fewer than
      `min_samples_leaf` training rows share at most half way to its neighbour in the leaf, so that
      the rare numbers of training rows do not come back (`LeafDraw.spread`).
    - `min_gain`: a split must lower the impurity, as a share of the root's, by `min_gain` / rows; 0
      splits as long as the leaves allow, fitting noise and copying more rows.
    - `threads`: trees grown at once; the result does not depend on it.

    `where` is exact: a proposed row is kept with probability share / (largest share), where share is
    that of the wanted value in the row's leaf, and the value is set. That is rejection sampling from
    p(row | condition), but with far fewer rejected than if the value were drawn and compared. A number
    that few rows have is weighed by the `min_samples_leaf` training rows nearest to it.

    Privacy: the model holds real values, column by column, in sorted order within each leaf; with
    `draw` "donor" every cell drawn is a real value of its column, and with both the largest and
    smallest are real. Treat a model as you treat the table.

    Shape: (n, c) -> (m, c). Cost: n log n per pair of columns. Raises: DataError, ConfigError.
    Source: Reiter (2005), "Using CART to generate partially synthetic public use microdata"; Nowok,
    Raab & Dibben (2016), "synthpop: Bespoke creation of synthetic data in R".
    DIFFERS: synthpop's CART draws the first column without a model and mixes the classes in its
    leaves; here every class has its own trees. The threshold on the gain and the half-way draw are ours.
    """

    min_samples_leaf: int = 50
    order: Sequence[str] | None = None
    draw: str = "donor"
    min_gain: float = 4.0
    threads: int = 1

    def __post_init__(self) -> None:
        check_number("min_samples_leaf", self.min_samples_leaf, at_least=1, whole=True)
        check_number("min_gain", self.min_gain, at_least=0)
        check_number("threads", self.threads, at_least=1, whole=True)
        if self.draw not in ("donor", "range"):
            raise ConfigError(f"draw must be 'donor' or 'range', however it is {self.draw!r}."
                              f"{nearest(str(self.draw), ['donor', 'range'])}", key="draw")
        if isinstance(self.order, str):
            raise ConfigError(f"order must be a list of columns, however it is the text {self.order!r}."
                              f" Write [{self.order!r}].", key="order")

    def learn(self, table: pd.DataFrame, schema: Schema, rng: np.random.Generator,
              progress: Progress | None = None) -> TreesModel:
        """The trees of `table` (n, c)."""
        target = schema.target if schema.target in table.columns else None
        names = [str(name) for name in table.columns]
        coded_columns = [Coding.of(table[name], schema[name].kind) for name in names]
        codings, codes = [coding for coding, _ in coded_columns], [codes for _, codes in coded_columns]
        strength = association(codes, codings, rng)
        asked = ([target] if target is not None else []) + self._checked_order(schema, names, target)
        order = drawing_order(strength, [names.index(name) for name in asked])
        strength = strength[np.ix_(order, order)]
        coded, columns = np.stack([codes[j] for j in order]), tuple(codings[j] for j in order)
        first = int(target is not None)
        causes = functions(coded, columns, first, int(self.min_samples_leaf))
        if target is None:
            groups = [np.arange(coded.shape[1])]
        else:
            groups = [np.flatnonzero(coded[0] == c) for c in range(len(columns[0]))]
        jobs: list[Callable[[], LeafDraw]] = []
        for rows in groups:
            before = coded[:, rows]
            cuts = [cuts_of(column, len(coding)) for column, coding in zip(before, columns, strict=True)]
            for j in range(first, len(columns)):
                jobs.append(self._job(j, before, columns, cuts, causes.get(j), strength, first, integer_seed(rng)))
        grown = _in_order(jobs, self.threads, progress)
        width = len(columns) - first
        trees = tuple(tuple(grown[g * width:(g + 1) * width]) for g in range(len(groups)))
        # A number that others are a function of stays one that was seen.
        spread = tuple(self.draw == "range" and coding.ordered and j not in causes.values() and j not in causes
                       for j, coding in enumerate(columns))
        counts = np.array([len(rows) for rows in groups])
        return TreesModel(tuple(names), target, columns, counts, trees, spread, int(self.min_samples_leaf))

    def _job(self, j: int, before: np.ndarray, columns: tuple[Coding, ...], cuts: list[np.ndarray], cause: int | None,
             strength: np.ndarray, first: int, seed: int) -> Callable[[], LeafDraw]:
        if cause is not None:
            return lambda: function_of(before[j], columns[j], before[cause], cause, len(columns[cause]))
        useful = np.array([p for p in range(first, j) if (before[p] != before[p][:1]).any()], dtype=np.int64)
        if len(useful) > MOST_PREDICTORS:
            useful = np.sort(useful[np.argsort(-strength[j, useful], kind="stable")[:MOST_PREDICTORS]])
        return lambda: grow(before[j], columns[j], before, columns, cuts, useful, int(self.min_samples_leaf),
                            self.min_gain, seed)

    def _checked_order(self, schema: Schema, names: list[str], target: str | None) -> list[str]:
        """The columns to draw first, in order, the target and what is not learned left out."""
        asked = [str(name) for name in self.order or ()]
        known = [column.name for column in schema.columns]
        for name in asked:
            # Constants and keys are not learned, and so not in the table here; they have no place to take.
            if name not in known and name not in names:
                raise ConfigError(f"order must name columns of the table that vary and are no keys, however {name!r}"
                                  f" is none.{nearest(name, known)}", key="order")
        if len(set(asked)) < len(asked):
            raise ConfigError(f"order must name each column once, however it is {asked}.", key="order")
        return [name for name in asked if name in names and name != target]

    def from_arrays(self, arrays: Mapping[str, np.ndarray], state: Any) -> TreesModel:
        """The model that `TreesModel.to_arrays` stored."""
        return TreesModel.from_arrays(arrays, state)


@dataclass(frozen=True, eq=False)
class TreesModel:
    """What was learned: the coding of each column in drawn order, and per class the tree of each.

    - `names`: the columns in table order; `columns`: their codings in the order drawn.
    - `counts` (classes,): training rows of each group of trees, one group without a target.
    - `trees[group][i]`: the i-th column's draw, the target not counted.
    - `spread`: which columns are moved within the leaf.
    """

    names: tuple[str, ...]
    target: str | None
    columns: tuple[Coding, ...]
    counts: np.ndarray
    trees: tuple[tuple[LeafDraw, ...], ...]
    spread: tuple[bool, ...]
    min_samples_leaf: int

    def draw(self, n: int, where: Mapping[str, Any], rng: np.random.Generator) -> pd.DataFrame:
        """`n` rows that all meet `where` ({column: value, None for missing}); classes as learned.

        The frame's `attrs["proposed"]` says how many rows were proposed for them.

        Raises: DataError where the conditions cannot be met, or too rarely.
        """
        position = {coding.name: j for j, coding in enumerate(self.columns)}
        fixed = {position[name]: self.columns[position[name]].code_of(value) for name, value in where.items()}
        share = self.counts / self.counts.sum()
        if self.target is not None and 0 in fixed:
            share = np.where(np.arange(len(share)) == fixed.pop(0), share, 0.0)
            share = share / share.sum()
        batch, proposed = self._accepted(n, share, fixed, where, rng)
        last = max(fixed, default=self._first - 1)
        parts = [self._continued(group, part, last + 1, len(self.columns), rng)
                 for group, part in batch.by_group()]
        rows = _Rows.joined(parts)
        if len(parts) > 1:
            rows = rows.taken(rng.permutation(n))
        series = {}
        for j, coding in enumerate(self.columns):
            offsets = rows.offsets[j] if self.spread[j] else None
            if j in fixed:
                offset = coding.offset_of(where[coding.name])
                offsets = np.full(n, offset) if offset else None
            series[coding.name] = coding.column(rows.codes[j], offsets)
        table = pd.DataFrame({name: series[name] for name in self.names})
        table.attrs["proposed"] = proposed
        return table

    @property
    def _first(self) -> int:
        """The position of the first column that has trees."""
        return int(self.target is not None)

    def _accepted(self, n: int, share: np.ndarray, fixed: Mapping[int, int], where: Mapping[str, Any],
                  rng: np.random.Generator) -> tuple[_Rows, int]:
        """`n` rows up to the last condition, which meet all, and the number proposed for so many."""
        odds = {j: self._odds(j, code, share, where) for j, code in fixed.items()}
        parts: list[_Rows] = []
        kept, accepted, proposed, ask = 0, 0, 0, n
        while kept < n:
            ask = min(ask, max(n, MOST_ROWS_AT_ONCE))
            proposals = []
            for group, m in enumerate(rng.multinomial(ask, share)):
                if m:
                    rows = _Rows.of_group(group, int(m), len(self.columns), self.target is not None)
                    proposals.append(self._continued(group, rows, self._first, max(fixed, default=-1) + 1, rng,
                                                     fixed, {j: odds[j][group] for j in odds}))
            rows = _Rows.joined(proposals)
            proposed, accepted = proposed + ask, accepted + len(rows)
            if len(rows) > n - kept:  # by lot: the rows of one class stand together
                rows = rows.taken(np.sort(rng.permutation(len(rows))[: n - kept]))
            parts.append(rows)
            kept += len(rows)
            if kept < n and proposed > max(MOST_PROPOSALS, MOST_PROPOSALS_PER_ROW * n):
                raise DataError(
                    f"{n} rows where {_shown(where)} are needed, however only {kept} of {proposed} proposed rows"
                    " could be kept. Ask for fewer conditions or rows, or fit with"
                    f" order={[self.columns[j].name for j in fixed]!r}: conditions on columns drawn early are cheap.")
            ask = max(1024, int(1.1 * (n - kept) * proposed / max(kept, 1)))
        return _Rows.joined(parts), round(n * proposed / accepted)

    def _odds(self, j: int, code: int, share: np.ndarray, where: Mapping[str, Any]) -> list[np.ndarray]:
        """Per group the probability (nodes,) to keep a row in each leaf of column `j`: share / largest share."""
        low, high = self.columns[j].window(code, self.min_samples_leaf)
        shares = [trees[j - self._first].shares(low, high) for trees in self.trees]
        most = max(float(s.max()) for s, p in zip(shares, share, strict=True) if p > 0)
        if most == 0:
            raise DataError(f"Rows where {_shown(where)} are needed, however no training row of that class has that"
                            f" value of {self.columns[j].name!r}. Drop one of the conditions.")
        return [s / most for s in shares]

    def _continued(self, group: int, rows: _Rows, start: int, stop: int, rng: np.random.Generator,
                   fixed: Mapping[int, int] | None = None, odds: Mapping[int, np.ndarray] | None = None) -> _Rows:
        """The rows of one group with columns `start` to `stop` - 1 drawn; conditions thin them out."""
        for j in range(start, stop):
            tree = self.trees[group][j - self._first]
            nodes = tree.nodes(rows.codes[:j])
            if fixed and odds and j in fixed:
                kept = rng.random(len(nodes)) < odds[j][nodes]
                rows = rows.taken(np.flatnonzero(kept))
                rows.codes[j] = fixed[j]
                continue
            picks = tree.draw(nodes, rng)
            rows.codes[j] = tree.donors[picks]
            if self.spread[j]:
                shared = self.columns[j].counts >= self.min_samples_leaf
                rows.offsets[j] = tree.spread(picks, nodes, self.columns[j].numbers, shared, rng)
        return rows

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """The model as arrays and a value that JSON knows; nothing that would have to be unpickled."""
        arrays: dict[str, np.ndarray] = {"counts": self.counts}
        state: dict[str, Any] = {
            "names": list(self.names), "target": self.target, "spread": list(self.spread),
            "min_samples_leaf": int(self.min_samples_leaf), "columns": [], "trees": []}
        for j, coding in enumerate(self.columns):
            inner, described = coding.to_arrays()
            arrays |= {f"column{j}/{key}": array for key, array in inner.items()}
            state["columns"].append(described)
        for g, trees in enumerate(self.trees):
            state["trees"].append([])
            for i, tree in enumerate(trees):
                inner, described = tree.to_arrays()
                arrays |= {f"tree{g}/{i}/{key}": array for key, array in inner.items()}
                state["trees"][g].append(described)
        return arrays, state

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], state: Mapping[str, Any]) -> TreesModel:
        """The model that `to_arrays` gave these arrays and this state."""
        inside: dict[str, dict[str, np.ndarray]] = {}
        for path, array in arrays.items():
            folder, _, key = path.rpartition("/")
            inside.setdefault(folder, {})[key] = array
        columns = tuple(Coding.from_arrays(inside[f"column{j}"], described)
                        for j, described in enumerate(state["columns"]))
        trees = tuple(tuple(LeafDraw.from_arrays(inside[f"tree{g}/{i}"], described)
                            for i, described in enumerate(group)) for g, group in enumerate(state["trees"]))
        return cls(tuple(state["names"]), state["target"], columns, np.asarray(arrays["counts"]), trees,
                   tuple(state["spread"]), int(state["min_samples_leaf"]))


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows being drawn: group (n,), codes (columns, n) and offsets (columns, n) from the donors' values."""

    group: np.ndarray
    codes: np.ndarray
    offsets: np.ndarray

    def __len__(self) -> int:
        return len(self.group)

    @classmethod
    def of_group(cls, group: int, n: int, columns: int, is_class: bool) -> _Rows:
        codes = np.zeros((columns, n), dtype=np.int32)
        if is_class:
            codes[0] = group
        return cls(np.full(n, group), codes, np.zeros((columns, n)))

    @classmethod
    def joined(cls, parts: list[_Rows]) -> _Rows:
        if len(parts) == 1:
            return parts[0]
        return cls(np.concatenate([p.group for p in parts]), np.concatenate([p.codes for p in parts], axis=1),
                   np.concatenate([p.offsets for p in parts], axis=1))

    def taken(self, rows: np.ndarray) -> _Rows:
        return _Rows(self.group[rows], self.codes[:, rows], self.offsets[:, rows])

    def by_group(self) -> list[tuple[int, _Rows]]:
        groups = np.unique(self.group)
        if len(groups) == 1:
            return [(int(groups[0]), self)]
        return [(int(g), self.taken(np.flatnonzero(self.group == g))) for g in groups]


def _in_order(jobs: Sequence[Callable[[], LeafDraw]], threads: int, progress: Progress | None) -> list[LeafDraw]:
    """What the jobs give, in their order, `threads` of them at once."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(threads) as pool:
        grown = []
        for done, tree in enumerate(pool.map(lambda job: job(), jobs), start=1):
            grown.append(tree)
            if progress is not None:
                progress(done, len(jobs), {})
    return grown


def _shown(where: Mapping[str, Any]) -> str:
    return " and ".join(f"{name} = {value!r}" for name, value in where.items())
