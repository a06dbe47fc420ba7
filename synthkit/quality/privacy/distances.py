"""How near synthetic rows are to training rows, beside how near they are to real rows that nobody learned from."""

from __future__ import annotations

from typing import Any

import numpy as np

from synthkit.quality.privacy.rates import median, wilson
from synthkit.quality.privacy.space import Space
from synthkit.table.neighbours import alike, neighbours

#: Synthetic rows that are asked about at most; what they are compared with is never cut.
MOST_QUERIES = 50_000
PROBABILITIES = (0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
BINS = 40
UNIT = ("standard deviations of the training table: the root of the sum, over the columns, of squared differences of"
        " numbers, and of 1 for a state that differs")


def distances(space: Space, rng: np.random.Generator) -> tuple[dict[str, Any], dict[str, Any]]:
    """Distances to the closest record, and the ratios of the closest to the second closest.

    The first: the distributions of synthetic to training, synthetic to held-out and held-out to
    training rows, and `closer_to_train`, whose control is each held-out row between training and the
    other held-out rows; "skipped" without a holdout. The second: d1 / d2 of the two
    training rows closest to a synthetic row, near 0 where a row hugs one training row alone, 1 where
    both are as near; the control is the same of held-out rows, without them that of each training row
    among the others.

    Source: Platzer & Reutterer (2021), "Holdout-based empirical assessment of mixed-type synthetic
    data", for the share that is closer to training; Lowe (2004) for the ratio.
    """
    synthetic = _some(space.synthetic, rng)
    near, to_train = space.closest(synthetic, space.real, 2)
    if not len(space.holdout):
        _, to_others = space.closest(_some(space.real, rng), space.real, 2)
        return {"skipped": space.no_holdout}, _ratios(to_train, to_others)
    holdout = _some(space.holdout, rng)
    near_held, to_held = space.closest(synthetic, space.holdout)
    near_control, control = space.closest(holdout, space.real, 2)
    near_others, to_others = space.closest(holdout, space.holdout)
    closer = _closer(space, synthetic, (near[:, 0], to_train[:, 0]), (near_held[:, 0], to_held[:, 0]), rng)
    closer_control = _closer(space, holdout, (near_control[:, 0], control[:, 0]), (near_others[:, 0], to_others[:, 0]),
                             rng)
    found = {"synthetic_to_train": to_train[:, 0], "synthetic_to_holdout": to_held[:, 0],
             "holdout_to_train": control[:, 0]}
    return {
        "quantiles": list(PROBABILITIES),
        **{name: np.quantile(values, PROBABILITIES).tolist() for name, values in found.items()},
        "median": {**median(to_train[:, 0]), "control": float(np.median(control[:, 0])), "baseline": None},
        "closer_to_train": {**closer, "control": closer_control["value"], "control_low": closer_control["low"],
                            "control_high": closer_control["high"], "baseline": 0.5},
        "histogram": _histogram(found),
        "rows": {"synthetic": len(synthetic), "train": len(space.real), "holdout": len(space.holdout)},
        "unit": UNIT,
    }, _ratios(to_train, control)


def at_equal_rows(nearest: float, expected: float) -> float:
    """The share nearest to training as it were, had as many rows been held out as were learned from.

    `expected` e = training rows / real rows is what chance gives. If a part f of the rows clings to
    training rows and the rest is like anyone's, the share is s = f + (1 - f)·e, and among equally many
    rows f + (1 - f)/2; and likewise below e. So nothing has to be thrown away to compare.

    >>> at_equal_rows(0.7, 0.7), at_equal_rows(1.0, 0.7), at_equal_rows(0.35, 0.7)
    (0.5, 1.0, 0.25)
    """
    return 0.5 + 0.5 * (nearest - expected) / (1 - expected) if nearest >= expected else 0.5 * nearest / expected


def _closer(space: Space, queries: np.ndarray, train: tuple[np.ndarray, np.ndarray],
            held: tuple[np.ndarray, np.ndarray], rng: np.random.Generator) -> dict[str, Any]:
    """The share of `queries` (m,) whose closest real row is a training row, put at equal rows.

    A query belongs to the place of its closest real row; of places equally near, one is drawn, each
    as likely as it has rows. It counts as the share of training rows among the rows of that place
    (the query itself not counted). So without a leak the expected share is the training table's share
    of the rows exactly, whatever the ties. Queries of one place say little more than one: were the
    real rows' tables drawn anew, the share would vary as that of m² / Σ c²/n independent queries does,
    where c queries belong to a place of n rows.
    """
    (near_train, to_train), (near_held, to_held) = train, held
    owner = np.where(to_train < to_held, near_train, near_held)
    tied = queries[to_train == to_held]
    if len(tied):  # in random order, the first of equals is any of them
        order = rng.permutation(len(space.points))
        place = np.argsort(order)
        pool = np.sort(place[np.concatenate([space.real, space.holdout])])
        drawn = neighbours(space.geometry, space.points.take(order), place[tied], 1, pool)[:, 0]
        owner[to_train == to_held] = order[drawn]
    group = alike(space.points)
    n_train, n_held = (np.bincount(group[rows], minlength=group.max() + 1) for rows in (space.real, space.holdout))
    held_out = np.isin(queries, space.holdout)  # such a query is compared with the others
    here, itself = group[owner], held_out & (group[owner] == group[queries])
    n = n_train[here] + n_held[here] - itself
    nearest = float((n_train[here] / n).mean())
    worth = len(queries) ** 2 / (np.bincount(here)[here] / n).sum()
    expected = len(space.real) / (len(space.real) + len(space.holdout) - int(held_out[0]))
    low, high = (at_equal_rows(end, expected) for end in wilson(nearest, worth))
    return {"value": at_equal_rows(nearest, expected), "low": low, "high": high, "nearest_is_train": nearest,
            "train_share_of_rows": expected}


def _ratios(synthetic: np.ndarray, control: np.ndarray) -> dict[str, Any]:
    """The nearest-neighbour distance ratio of distances (m, 2) and of the control's."""
    ours, theirs = _ratio(synthetic), _ratio(control)
    edges = np.linspace(0, 1, 21)
    return {**median(ours), "control": float(np.median(theirs)), "baseline": None, "rows": len(ours),
            "low_quantile": {"probability": 0.05, "value": float(np.quantile(ours, 0.05)),
                             "control": float(np.quantile(theirs, 0.05))},
            "histogram": {"edges": edges.tolist(), **{name: (np.histogram(values, edges)[0] / len(values)).tolist()
                                                      for name, values in (("synthetic", ours), ("control", theirs))}}}


def _ratio(pair: np.ndarray) -> np.ndarray:
    """d1 / d2 (m,); 1 where both are 0: neither of two equal training rows stands out."""
    return np.divide(pair[:, 0], pair[:, 1], out=np.ones(len(pair)), where=pair[:, 1] > 0)


def _histogram(found: dict[str, np.ndarray]) -> dict[str, Any]:
    """Shares of rows per bin; the last bin also holds what lies beyond the 99 % quantile."""
    top = float(np.quantile(np.concatenate(list(found.values())), 0.99)) or 1.0
    edges = np.linspace(0, top, BINS + 1)
    return {"edges": edges.tolist(), **{name: (np.histogram(np.minimum(values, top), edges)[0] / len(values)).tolist()
                                        for name, values in found.items()}}


def _some(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rows if len(rows) <= MOST_QUERIES else np.sort(rng.choice(rows, MOST_QUERIES, replace=False))


__all__ = ["at_equal_rows", "distances"]
