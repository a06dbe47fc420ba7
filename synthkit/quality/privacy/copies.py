"""Synthetic rows that are training rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from synthkit.quality.privacy.rates import share
from synthkit.quality.privacy.space import Space
from synthkit.table.encode import Points
from synthkit.table.neighbours import alike


def copies(space: Space, rng: np.random.Generator) -> dict[str, Any]:
    """The share of synthetic rows that equal a training row in every compared column, missing equal to missing.

    `control` is the share of held-out rows that do; without a holdout, of training rows that equal
    another one. `baseline`: of the training table's rows with each column shuffled on its own.
    """
    n = len(space.points)
    group = alike(_joined(space.points, _shuffled(space.points.take(space.real), rng)))
    known = group[space.real]
    copied = np.isin(group[space.synthetic], known)
    if len(space.holdout):
        control = np.isin(group[space.holdout], known)
    else:
        control = np.bincount(known)[known] > 1
    return {**share(copied), "control": float(control.mean()), "baseline": float(np.isin(group[n:], known).mean()),
            "rows": len(copied), "copied": int(copied.sum())}


def _shuffled(points: Points, rng: np.random.Generator) -> Points:
    out = points.take(np.arange(len(points)))
    for j in range(out.numbers.shape[1]):
        order = rng.permutation(len(points))
        out.numbers[:, j], out.missing[:, j] = points.numbers[order, j], points.missing[order, j]
    for j in range(out.states.shape[1]):
        out.states[:, j] = points.states[rng.permutation(len(points)), j]
    return out


def _joined(a: Points, b: Points) -> Points:
    return Points(np.concatenate([a.numbers, b.numbers]), np.concatenate([a.missing, b.missing]),
                  np.concatenate([a.states, b.states]))


__all__ = ["copies"]
