"""All pairs of columns at once: how far two tables are apart there, and how strongly the columns of each go together.

Every column, of any kind, is cut into cells, missing values among them (`Coding.cells`). The one-hot
matrix Z (n, c·CELLS) then holds every pair's table of counts in ZᵀZ, so that there is one measure
for all pairs, and none is left out for being weak.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from synthkit.assessment.coding import CELLS
from synthkit.stats import Estimate

#: Rows of the one-hot matrix that are in memory at once.
MOST_ROWS_AT_ONCE = 10_000


def joint(cells: np.ndarray) -> np.ndarray:
    """Shares of rows (c·CELLS, c·CELLS): of the pair (i, j), the block of its CELLS × CELLS table."""
    width = cells.shape[1] * CELLS
    found = np.zeros((width, width))
    for part in _one_hot(cells):
        found += part.T @ part  # whole numbers below 2**24, exact in float32
    return found / max(len(cells), 1)


def distances(reference: np.ndarray, candidate: np.ndarray) -> np.ndarray:
    """Total variation between the tables of each pair (c, c), from two `joint`; in [0, 1], on the diagonal that
    of the column alone: the share of rows that would have to move for the pair to be distributed alike.
    """
    c = len(reference) // CELLS
    return np.asarray(
        np.abs(reference - candidate).reshape(c, CELLS, c, CELLS).sum(axis=(1, 3)) / 2
    )


def mean_distance(
    reference: np.ndarray,
    candidate: np.ndarray,
    joints: tuple[np.ndarray, np.ndarray],
    counted: np.ndarray,
) -> Estimate:
    """The mean of `distances` over the pairs of the columns `counted` (c,), from cells (n, c) and (m, c).

    A row's influence is ½ Σ over pairs of the sign of the difference in the cell that it is in: zᵀSz.
    """
    columns = np.flatnonzero(counted)
    c = len(counted)
    if len(columns) < 2:
        return Estimate(float("nan"), np.zeros(0), np.zeros(0))
    upper = np.triu(np.ones((c, c), dtype=bool), k=1) & counted & counted[:, None]
    signs = np.where(
        np.repeat(np.repeat(upper, CELLS, axis=0), CELLS, axis=1),
        np.sign(joints[0] - joints[1]),
        0.0,
    )
    signs = (signs / (2 * upper.sum())).astype(np.float32)
    influences = [
        np.concatenate([((part @ signs) * part).sum(axis=1) for part in _one_hot(cells)]).astype(
            float
        )
        for cells in (reference, candidate)
    ]
    value = float(distances(*joints)[upper].mean())
    return Estimate(value, influences[0], -influences[1])


def association(shares: np.ndarray, n: int) -> np.ndarray:
    """Cramér's V of each pair (c, c) with its bias corrected, from a `joint` of n rows.

    0: independent, 1: one decides the other. NaN where a column has one cell. Whether columns of
    numbers rise or fall together it does not say; `distances` sees that.

    Source: Bergsma (2013), "A bias-correction for Cramér's V and Tschuprow's T".
    """
    c = len(shares) // CELLS
    each = np.diag(shares)
    expected = np.outer(each, each)
    ratio = np.divide(shares**2, expected, out=np.zeros_like(shares), where=expected > 0)
    phi2 = ratio.reshape(c, CELLS, c, CELLS).sum(axis=(1, 3)) - 1
    levels = (each.reshape(c, CELLS) > 0).sum(axis=1).astype(float)
    rows = max(n - 1, 1)
    phi2 = np.maximum(0.0, phi2 - np.outer(levels - 1, levels - 1) / rows)
    corrected = levels - (levels - 1) ** 2 / rows
    smaller = np.minimum(corrected[:, None], corrected) - 1
    found = np.sqrt(np.divide(phi2, smaller, out=np.full_like(phi2, np.nan), where=smaller > 1e-9))
    found = np.clip(found, 0.0, 1.0)
    np.fill_diagonal(found, np.where(levels > 1, 1.0, np.nan))
    return np.asarray(found)


def _one_hot(cells: np.ndarray) -> Iterator[np.ndarray]:
    """The one-hot matrix (n, c·CELLS) float32, some rows at a time."""
    offset = np.arange(cells.shape[1]) * CELLS
    for start in range(0, len(cells), MOST_ROWS_AT_ONCE):
        part = cells[start : start + MOST_ROWS_AT_ONCE] + offset
        found = np.zeros((len(part), cells.shape[1] * CELLS), dtype=np.float32)
        np.put_along_axis(found, part, 1.0, axis=1)
        yield found
