"""Synthetic rows that are training rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from synthkit.assessment.privacy.space import Space
from synthkit.stats import share
from synthkit.table.geometry import alike


def copies(space: Space) -> dict[str, Any]:
    """The share of synthetic rows that equal a training row in every compared column, missing equal to missing.

    `control` is the share of held-out rows that do; without a holdout, of training rows that equal
    another one. `baseline`: of shuffled rows.
    """
    group = alike(space.points)
    known = group[space.real]
    copied = np.isin(group[space.synthetic], known)
    if len(space.holdout):
        control = np.isin(group[space.holdout], known)
    else:
        control = np.bincount(known)[known] > 1
    return {
        **share(float(copied.mean()), len(copied)).plain(),
        "control": float(control.mean()),
        "baseline": float(np.isin(group[space.shuffled], known).mean()),
        "rows": len(copied),
        "copied": int(copied.sum()),
    }


__all__ = ["copies"]
