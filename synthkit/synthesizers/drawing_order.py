"""Which column to draw after which: how strongly columns go together, and which is a function of another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from synthkit.synthesizers.coding import Coding
from synthkit.synthesizers.leaf_draw import coarse
from synthkit.table.split import drawn

#: Rows that the strength of association is measured on; a quarter of them for more than `WIDE` columns.
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
    """Columns that are a function of an earlier one: {position: position of the one it is a function of}.

    Only of columns (from `start` on) whose values have `rows_per_value` rows on average: of a column
    of unique values every other is a function. Codes are (columns, n).
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
