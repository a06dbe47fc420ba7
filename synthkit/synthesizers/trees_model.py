"""What sequential trees learned, and how rows are drawn from it: freely, or so that all meet a condition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from synthkit.errors import DataError
from synthkit.synthesizers.coding import Coding
from synthkit.synthesizers.leaf_draw import LeafDraw

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
                    f"{n} rows where {_shown(where)} are needed, however only {kept} of {proposed} proposed rows"
                    " could be kept. Ask for fewer conditions or rows, or fit with"
                    f" order={[self.columns[j].name for j in fixed]!r}: conditions on columns drawn early are cheap."
                )
            ask = max(1024, int(1.1 * (n - kept) * proposed / max(kept, 1)))
        return _Rows.joined(parts), round(n * proposed / accepted)

    def _odds(
        self, j: int, code: int, share: np.ndarray, where: Mapping[str, Any]
    ) -> list[np.ndarray]:
        """Per group the probability (nodes,) to keep a row in each leaf of column `j`: share / largest share."""
        low, high = self.columns[j].window(code, self.min_samples_leaf)
        shares = [trees[j - self._first].shares(low, high) for trees in self.trees]
        most = max(float(s.max()) for s, p in zip(shares, share, strict=True) if p > 0)
        if most == 0:
            raise DataError(
                f"Rows where {_shown(where)} are needed, however no training row of that class has that"
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
