"""Sequential trees: every column drawn from the leaf of a tree grown on the columns before it.

What they are told, which column is drawn after which, and what they learned: how rows are drawn
from it, freely or so that all meet a condition. `leaf_draw` holds one column's tree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import BeforeValidator, Field

from synthkit.errors import ConfigError, DataError, nearest
from synthkit.methods import Said, method
from synthkit.methods.traits import Traits
from synthkit.progress import Report as Progress
from synthkit.randomness import integer_seed
from synthkit.synthesizers.base import Synthesizer
from synthkit.synthesizers.leaf_draw import Coding, LeafDraw, coarse, cuts_of, function_of, grow
from synthkit.table.schema import Schema
from synthkit.table.split import drawn

#: Rows that the strength of association is measured on; a quarter of them for more than `WIDE`
# columns.
MOST_ROWS, WIDE = 20_000, 100
#: Bins that each column is cut into for it.
BINS = 16
#: Rows on which most pairs of columns already show that neither is a function of the other.
ROWS_TO_REFUTE = 2_000


def association(
    codes: Sequence[np.ndarray], codings: Sequence[Coding], rng: np.random.Generator
) -> np.ndarray:
    """How strongly each pair of columns goes together: a matrix (c, c) of values from 0 to 1.

    I(a; b) / min(H(a), H(b)) of columns cut into at most 16 bins, the mutual information lowered by
    its bias (r - 1)(s - 1) / 2n under independence (Miller 1955). Measured on a sample of rows.
    """
    n, c = len(codes[0]), len(codes)
    most = MOST_ROWS if c <= WIDE else MOST_ROWS // 4
    rows = drawn(np.arange(n), most, rng)
    blocks = []
    for column, coding in zip(codes, codings, strict=True):
        bins = np.unique(coarse(column[rows], coding, BINS)[column[rows]], return_inverse=True)[1]
        blocks.append((bins[:, None] == np.arange(bins.max() + 1)).astype(np.float32))
    ends = np.cumsum([block.shape[1] for block in blocks])
    bits = np.hstack(blocks)
    joint = (bits.T @ bits).astype(float) / len(rows)
    parts = [slice(end - block.shape[1], end) for end, block in zip(ends, blocks, strict=True)]
    shares = [np.diag(joint)[part] for part in parts]
    entropy = [-float((p * np.log(p)).sum()) for p in shares]
    strength = np.eye(c)
    for a in range(c):
        for b in range(a):
            p, q = joint[parts[a], parts[b]], np.outer(shares[a], shares[b])
            together = p > 0
            information = float((p[together] * np.log(p[together] / q[together])).sum())
            information -= (p.shape[0] - 1) * (p.shape[1] - 1) / (2 * len(rows))
            most_possible = min(entropy[a], entropy[b])
            strength[a, b] = strength[b, a] = (
                max(information, 0.0) / most_possible if most_possible > 0 else 0.0
            )
    return strength


def drawing_order(strength: np.ndarray, first: Sequence[int]) -> list[int]:
    """Positions of all columns: `first`, then each next the one most associated with any before it.

    So every column comes soon after the one it depends on most (Prim's maximum spanning tree). Ties
    go to the column that stands further left in the table, and without a first column it is the one
    with the largest sum of associations.
    """
    order = list(first) or [int(strength.sum(axis=0).argmax())]
    best = strength[order].max(axis=0)
    while len(order) < len(strength):
        best[order] = -1.0
        order.append(int(best.argmax()))
        best = np.maximum(best, strength[order[-1]])
    return order


def functions(
    codes: np.ndarray, codings: Sequence[Coding], start: int, rows_per_value: int
) -> Mapping[int, int]:
    """Columns that are a function of an earlier one: {position: position of the one it is a
    function of}.

    Only of columns (from `start` on) whose values have `rows_per_value` rows on average: of a
    column of unique values every other is a function. Codes are (columns, n).
    """
    n = codes.shape[1]
    found: dict[int, int] = {}
    for a in range(start, len(codes)):
        values = len(codings[a]) + int((codes[a] < 0).any())
        if values < 2 or values * rows_per_value > n:
            continue
        for b in range(a + 1, len(codes)):
            if (
                b not in found
                and len(codings[b])
                and _is_function(codes[a][:ROWS_TO_REFUTE], codes[b][:ROWS_TO_REFUTE])
                and _is_function(codes[a], codes[b])
            ):
                found[b] = a
    return found


def _is_function(cause: np.ndarray, effect: np.ndarray) -> bool:
    """Whether rows with the same code in `cause` (n,) have the same in `effect` (n,)."""
    value = np.full(int(cause.max()) + 2, -2)
    value[cause] = (
        effect  # -1, missing, takes the last place; any one row of each code speaks for it
    )
    return bool((value[cause] == effect).all())


#: Proposals after which a condition that is met too rarely is given up, and per row wanted.
MOST_PROPOSALS, MOST_PROPOSALS_PER_ROW = 2_000_000, 1_000
#: Rows proposed at once at most, which bounds the memory.
MOST_ROWS_AT_ONCE = 200_000


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
        fixed = {
            position[name]: self.columns[position[name]].code_of(value)
            for name, value in where.items()
        }
        share = self.counts / self.counts.sum()
        if self.target is not None and 0 in fixed:
            share = np.where(np.arange(len(share)) == fixed.pop(0), share, 0.0)
            share = share / share.sum()
        batch, proposed = self._accepted(n, share, fixed, where, rng)
        last = max(fixed, default=self._first - 1)
        parts = [
            self._continued(group, part, last + 1, len(self.columns), rng)
            for group, part in batch.by_group()
        ]
        rows = _Rows.joined(parts)
        if len(parts) > 1:
            rows = rows.taken(rng.permutation(n))
        series = {}
        for j, coding in enumerate(self.columns):
            if j in fixed:
                series[coding.name] = coding.repeated(where[coding.name], n)
            else:
                series[coding.name] = coding.column(
                    rows.codes[j], rows.offsets[j] if self.spread[j] else None
                )
        table = pd.DataFrame({name: series[name] for name in self.names})
        table.attrs["proposed"] = proposed
        return table

    @property
    def _first(self) -> int:
        """The position of the first column that has trees."""
        return int(self.target is not None)

    def _accepted(
        self,
        n: int,
        share: np.ndarray,
        fixed: Mapping[int, int],
        where: Mapping[str, Any],
        rng: np.random.Generator,
    ) -> tuple[_Rows, int]:
        """`n` rows up to the last condition, which meet all, and the number proposed for so
        many.
        """
        odds = {j: self._odds(j, code, share, where) for j, code in fixed.items()}
        parts: list[_Rows] = []
        kept, accepted, proposed, ask = 0, 0, 0, n
        while kept < n:
            ask = min(ask, max(n, MOST_ROWS_AT_ONCE))
            proposals = []
            for group, m in enumerate(rng.multinomial(ask, share)):
                if m:
                    rows = _Rows.of_group(group, int(m), len(self.columns), self.target is not None)
                    proposals.append(
                        self._continued(
                            group,
                            rows,
                            self._first,
                            max(fixed, default=-1) + 1,
                            rng,
                            fixed,
                            {j: odds[j][group] for j in odds},
                        )
                    )
            rows = _Rows.joined(proposals)
            proposed, accepted = proposed + ask, accepted + len(rows)
            if len(rows) > n - kept:  # by lot: the rows of one class stand together
                rows = rows.taken(np.sort(rng.permutation(len(rows))[: n - kept]))
            parts.append(rows)
            kept += len(rows)
            if kept < n and proposed > max(MOST_PROPOSALS, MOST_PROPOSALS_PER_ROW * n):
                raise DataError(
                    f"{n} rows where {_shown(where)} are needed, however only {kept} of {proposed}"
                    f" proposed rows"
                    " could be kept. Ask for fewer conditions or rows, or fit with"
                    f" order={[self.columns[j].name for j in fixed]!r}: conditions on columns"
                    f" drawn early are cheap."
                )
            ask = max(1024, int(1.1 * (n - kept) * proposed / max(kept, 1)))
        return _Rows.joined(parts), round(n * proposed / accepted)

    def _odds(
        self, j: int, code: int, share: np.ndarray, where: Mapping[str, Any]
    ) -> list[np.ndarray]:
        """Per group the probability (nodes,) to keep a row in each leaf of column `j`: share /
        largest share.
        """
        low, high = self.columns[j].window(code, self.min_samples_leaf)
        shares = [trees[j - self._first].shares(low, high) for trees in self.trees]
        most = max(float(s.max()) for s, p in zip(shares, share, strict=True) if p > 0)
        if most == 0:
            raise DataError(
                f"Rows where {_shown(where)} are needed, however no training row of that class has"
                f" that"
                f" value of {self.columns[j].name!r}. Drop one of the conditions."
            )
        return [s / most for s in shares]

    def _continued(
        self,
        group: int,
        rows: _Rows,
        start: int,
        stop: int,
        rng: np.random.Generator,
        fixed: Mapping[int, int] | None = None,
        odds: Mapping[int, np.ndarray] | None = None,
    ) -> _Rows:
        """The rows of one group with columns `start` to `stop` - 1 drawn; conditions thin them
        out.
        """
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
        """The model as arrays and a value that JSON knows; nothing that would have to be
        unpickled.
        """
        arrays: dict[str, np.ndarray] = {"counts": self.counts}
        state: dict[str, Any] = {
            "names": list(self.names),
            "target": self.target,
            "spread": list(self.spread),
            "min_samples_leaf": int(self.min_samples_leaf),
            "columns": [coding.to_json() for coding in self.columns],
            "trees": [],
        }
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
        columns = tuple(map(Coding.from_json, state["columns"]))
        trees = tuple(
            tuple(
                LeafDraw.from_arrays(inside[f"tree{g}/{i}"], described)
                for i, described in enumerate(group)
            )
            for g, group in enumerate(state["trees"])
        )
        return cls(
            tuple(state["names"]),
            state["target"],
            columns,
            np.asarray(arrays["counts"]),
            trees,
            tuple(state["spread"]),
            int(state["min_samples_leaf"]),
        )


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows being drawn: group (n,), codes (columns, n) and offsets (columns, n) from the donors'
    values.
    """

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
        return cls(
            np.concatenate([p.group for p in parts]),
            np.concatenate([p.codes for p in parts], axis=1),
            np.concatenate([p.offsets for p in parts], axis=1),
        )

    def taken(self, rows: np.ndarray) -> _Rows:
        return _Rows(self.group[rows], self.codes[:, rows], self.offsets[:, rows])

    def by_group(self) -> list[tuple[int, _Rows]]:
        groups = np.unique(self.group)
        if len(groups) == 1:
            return [(int(groups[0]), self)]
        return [(int(g), self.taken(np.flatnonzero(self.group == g))) for g in groups]


def _shown(where: Mapping[str, Any]) -> str:
    return " and ".join(f"{name} = {value!r}" for name, value in where.items())


#: Columns that one tree may ask about: the most strongly associated of those drawn before.
MOST_PREDICTORS = 32

ColumnName = Annotated[str, BeforeValidator(str)]


@method
class SequentialTrees(Synthesizer):
    """Draw each column from the leaf of a decision tree grown on the columns drawn before it.

    p(row) = p(class) · Π_j p(x_j | class, x_1 ... x_{j-1}), and each factor is the distribution of
    x_j among the training rows in one leaf. The target comes first and every class has trees of its
    own, so that none vanishes in another's leaves and rates of missing values are kept per class;
    a class of under 2 · `min_samples_leaf` rows has one leaf per column, that is, columns
    independent of each other within the class. Missing is a value like any other, both when drawn
    and when asked about. A column that is a function of an earlier one stays that function.

    `where` is exact: a proposed row is kept with probability share / (largest share), where share
    is that of the wanted value in the row's leaf, and the value is set. That is rejection sampling
    from p(row | condition), but with far fewer rejected than if the value were drawn and compared.
    A number that few rows have is weighed by the `min_samples_leaf` training rows nearest to it.

    Privacy: the model holds real values, column by column, in sorted order within each leaf; with
    `draw` "donor" every cell drawn is a real value of its column, and with both the largest and
    smallest are real. Treat a model as you treat the table.

    DIFFERS: synthpop's CART draws the first column without a model and mixes the classes in its
    leaves; here every class has its own trees. The threshold on the gain and the half-way draw are
    ours.

    Notes
    -----
    Shape: (n, c) -> (m, c). Cost: n log n per pair of columns.
    Source: Reiter (2005), "Using CART to generate partially synthetic public use microdata";
    Nowok, Raab & Dibben (2016), "synthpop: Bespoke creation of synthetic data in R".
    """

    traits: ClassVar[Traits | None] = Traits.of(
        order="n log n", note="a generator trained in seconds"
    )

    min_samples_leaf: Annotated[
        int,
        Field(
            ge=1,
            description="Training rows in a leaf at least. The fewer, the closer to the training"
            " table:"
            " in usefulness, and in what a row gives away about the rows learned from.",
        ),
    ] = 50
    order: Annotated[
        Sequence[ColumnName] | None,
        Said(needed="a list of columns"),
        Field(
            description="Columns to draw right after the target, in this order; the others follow,"
            " each"
            " next the one most strongly associated with any before it. Conditions (`where`) on"
            " early"
            " columns are cheap."
        ),
    ] = None
    draw: Annotated[
        Literal["donor", "range"],
        Field(
            description="donor takes a value of the leaf; range moves a number or time that fewer"
            " than"
            " min_samples_leaf training rows share at most half way to its neighbour in the leaf,"
            " so"
            " that the rare numbers of training rows do not come back (`LeafDraw.spread`)."
        ),
    ] = "donor"
    min_gain: Annotated[
        float,
        Field(
            ge=0,
            description="A split must lower the impurity, as a share of the root's, by min_gain /"
            " rows; 0"
            " splits as long as the leaves allow, fitting noise and copying more rows.",
        ),
    ] = 4.0
    threads: Annotated[
        int, Field(ge=1, description="Trees grown at once; the result does not depend on it.")
    ] = 1

    def learn(
        self,
        table: pd.DataFrame,
        schema: Schema,
        rng: np.random.Generator,
        progress: Progress | None = None,
    ) -> TreesModel:
        """The trees of `table` (n, c)."""
        target = schema.target if schema.target in table.columns else None
        names = [str(name) for name in table.columns]
        coded_columns = [Coding.of(table[name], schema[name].kind) for name in names]
        codings, codes = (
            [coding for coding, _ in coded_columns],
            [codes for _, codes in coded_columns],
        )
        strength = association(codes, codings, rng)
        asked = ([target] if target is not None else []) + self._checked_order(
            schema, names, target
        )
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
            cuts = [
                cuts_of(column, len(coding)) for column, coding in zip(before, columns, strict=True)
            ]
            for j in range(first, len(columns)):
                jobs.append(
                    self._job(
                        j, before, columns, cuts, causes.get(j), strength, first, integer_seed(rng)
                    )
                )
        grown = _in_order(jobs, self.threads, progress)
        width = len(columns) - first
        trees = tuple(tuple(grown[g * width : (g + 1) * width]) for g in range(len(groups)))
        # A number that others are a function of stays one that was seen.
        spread = tuple(
            self.draw == "range" and coding.ordered and j not in causes.values() and j not in causes
            for j, coding in enumerate(columns)
        )
        counts = np.array([len(rows) for rows in groups])
        return TreesModel(
            tuple(names), target, columns, counts, trees, spread, int(self.min_samples_leaf)
        )

    def _job(
        self,
        j: int,
        before: np.ndarray,
        columns: tuple[Coding, ...],
        cuts: list[np.ndarray],
        cause: int | None,
        strength: np.ndarray,
        first: int,
        seed: int,
    ) -> Callable[[], LeafDraw]:
        if cause is not None:
            return lambda: function_of(
                before[j], columns[j], before[cause], cause, len(columns[cause])
            )
        useful = np.array(
            [p for p in range(first, j) if (before[p] != before[p][:1]).any()], dtype=np.int64
        )
        if len(useful) > MOST_PREDICTORS:
            useful = np.sort(
                useful[np.argsort(-strength[j, useful], kind="stable")[:MOST_PREDICTORS]]
            )
        return lambda: grow(
            before[j],
            columns[j],
            before,
            columns,
            cuts,
            useful,
            int(self.min_samples_leaf),
            self.min_gain,
            seed,
        )

    def _checked_order(self, schema: Schema, names: list[str], target: str | None) -> list[str]:
        """The columns to draw first, in order, the target and what is not learned left out."""
        asked = list(self.order or ())
        known = [column.name for column in schema.columns]
        for name in asked:
            # Constants and keys are not learned, and so not in the table here; they have no place
            # to take.
            if name not in known and name not in names:
                raise ConfigError(
                    f"order must name columns of the table that vary and are no keys, however"
                    f" {name!r}"
                    f" is none.{nearest(name, known)}",
                    key="order",
                )
        if len(set(asked)) < len(asked):
            raise ConfigError(
                f"order must name each column once, however it is {asked}.", key="order"
            )
        return [name for name in asked if name in names and name != target]

    def from_arrays(self, arrays: Mapping[str, np.ndarray], state: Any) -> TreesModel:
        """The model that `TreesModel.to_arrays` stored."""
        return TreesModel.from_arrays(arrays, state)


def _in_order(
    jobs: Sequence[Callable[[], LeafDraw]], threads: int, progress: Progress | None
) -> list[LeafDraw]:
    """What the jobs give, in their order, `threads` of them at once."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(threads) as pool:
        grown = []
        for done, tree in enumerate(pool.map(lambda job: job(), jobs), start=1):
            grown.append(tree)
            if progress is not None:
                progress(done, len(jobs), {})
    return grown
