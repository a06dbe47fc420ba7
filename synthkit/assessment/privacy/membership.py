"""Who was in the training table? A guess from how near a person's row is to the synthetic rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from synthkit.assessment.privacy.space import FEWEST_ROWS, Space
from synthkit.stats import auc, delong, share

#: Training rows, and held-out rows, that are attacked at most; all synthetic rows are looked at.
MOST_ROWS = 20_000
FALSE_POSITIVES = 0.01


def membership(space: Space, names: tuple[Any, ...], rng: np.random.Generator) -> dict[str, Any]:
    """How well the distance to the closest synthetic row tells training rows from held-out ones.

    Score of a real row: minus its distance to the closest synthetic row. `auc` is the share of pairs
    of a training and a held-out row in which the training row has the higher score, ties counting
    half: 0.5 is guessing, 1 certainty. `control` is that of one half of the held-out rows against the
    other. `advantage` = 2·auc - 1. `tpr` is the share of training rows recognised when 1 % of the
    held-out rows are taken for training rows (Carlini et al. 2022), null below 100 held-out rows.
    `classes` (named by `names`) has the same within each class; empty without a target.

    Source: Kotelnikov et al. (2023) for the attack; DeLong et al. (1988) for the interval.
    """
    if not len(space.holdout):
        return {"skipped": space.no_holdout}
    members, others = (_some(rows, rng) for rows in (space.real, space.holdout))
    _, distance = space.closest(np.concatenate([members, others]), space.synthetic)
    inside, outside = np.split(-distance[:, 0], [len(members)])
    second = rng.permutation(len(outside)) % 2 == 1
    inside_class, outside_class = space.classes[members], space.classes[others]
    classes = []
    for code in np.unique(space.classes[space.synthetic]) if names else ():
        mine, theirs = inside_class == code, outside_class == code
        found = {
            "skipped": f"It needs at least {FEWEST_ROWS} training and held-out rows of the class, however there"
            f" are {mine.sum()} and {theirs.sum()}."
        }
        if min(mine.sum(), theirs.sum()) >= FEWEST_ROWS:
            found = _attack(inside[mine], outside[theirs], second[theirs])
        classes.append({"class": names[code], **found})
    return {**_attack(inside, outside, second), "classes": classes}


def _attack(inside: np.ndarray, outside: np.ndarray, second: np.ndarray) -> dict[str, Any]:
    found = auc(inside, outside)
    control = (
        delong(outside[~second], outside[second])[0] if 0 < second.sum() < len(second) else None
    )
    return {
        "auc": {**found.plain(), "control": control, "baseline": 0.5},
        "advantage": 2 * found.value - 1,
        "tpr": _recognised(inside, outside),
        "train_rows": len(inside),
        "holdout_rows": len(outside),
    }


def _recognised(inside: np.ndarray, outside: np.ndarray) -> dict[str, Any] | None:
    """The share of `inside` above the score that at most 1 % of `outside` pass."""
    allowed = int(FALSE_POSITIVES * len(outside))
    if allowed < 1:
        return None
    recognised = inside > np.sort(outside)[-1 - allowed]
    return {
        **share(float(recognised.mean()), len(inside)).plain(),
        "baseline": FALSE_POSITIVES,
        "false_positive_rate": FALSE_POSITIVES,
    }


def _some(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rows if len(rows) <= MOST_ROWS else np.sort(rng.choice(rows, MOST_ROWS, replace=False))


__all__ = ["membership"]
