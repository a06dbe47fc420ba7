"""How near synthetic rows are to training rows, beside how near they are to real rows that nobody learned from."""

from __future__ import annotations

from typing import Any

import numpy as np

from synthkit.assessment.privacy.space import Space
from synthkit.stats import median, share
from synthkit.table.geometry import alike

#: Synthetic rows that are asked about at most; what they are compared with is never cut.
MOST_QUERIES = 50_000
PROBABILITIES = (0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
BINS = 40
UNIT = (
    "standard deviations of the training table: the root of the sum, over the columns, of squared differences of"
    " numbers, and of 1 for a state that differs"
)


def distances(space: Space, rng: np.random.Generator) -> tuple[dict[str, Any], dict[str, Any]]:
    """Distances to the closest record, and the ratios of the closest to the second closest.

    The first: the distributions of synthetic to training, synthetic to held-out and held-out to
    training rows, and `closer_to_train`, whose control is each held-out row between training and the
    other held-out rows; "skipped" without a holdout. The second: d1 / d2 of the two training rows
    closest to a synthetic row, near 0 where a row hugs one training row alone, 1 where both are as
    near; the control is the same of held-out rows, without them that of each training row among the
    others. Baselines are of shuffled rows.

    Source: Platzer & Reutterer (2021), "Holdout-based empirical assessment of mixed-type synthetic
    data", for the share that is closer to training; Lowe (2004) for the ratio.
    """
    synthetic, holdout = _some(space.synthetic, rng), _some(space.holdout, rng)
    asked = {
        "synthetic": synthetic,
        "shuffled": space.shuffled,
        "control": holdout if len(holdout) else _some(space.real, rng),
    }
    train = {name: space.closest(rows, space.real, 2) for name, rows in asked.items()}
    pairs = {name: distance for name, (_, distance) in train.items()}
    ratio = _ratios(pairs)
    if not len(holdout):
        return {"skipped": space.no_holdout}, ratio
    held = {name: space.closest(rows, space.holdout) for name, rows in asked.items()}
    closer = {
        name: _closer(space, rows, train[name], held[name], rng) for name, rows in asked.items()
    }
    found = {
        "synthetic_to_train": pairs["synthetic"][:, 0],
        "synthetic_to_holdout": held["synthetic"][1][:, 0],
        "holdout_to_train": pairs["control"][:, 0],
    }
    return {
        "quantiles": list(PROBABILITIES),
        **{name: np.quantile(values, PROBABILITIES).tolist() for name, values in found.items()},
        "median": {
            **median(pairs["synthetic"][:, 0]).plain(),
            "control": float(np.median(pairs["control"][:, 0])),
            "baseline": float(np.median(pairs["shuffled"][:, 0])),
        },
        "closer_to_train": {
            **closer["synthetic"],
            "control": closer["control"]["value"],
            "control_low": closer["control"]["low"],
            "control_high": closer["control"]["high"],
            "baseline": closer["shuffled"]["value"],
        },
        "histogram": _histogram(found),
        "rows": {
            "synthetic": len(synthetic),
            "train": len(space.real),
            "holdout": len(space.holdout),
        },
        "unit": UNIT,
    }, ratio


def at_equal_rows(nearest: float, expected: float) -> float:
    """The share nearest to training as it were, had as many rows been held out as were learned from.

    `expected` e = training rows / real rows is what chance gives. If a part f of the rows clings to
    training rows and the rest is like anyone's, the share is s = f + (1 - f)·e, and among equally many
    rows f + (1 - f)/2; and likewise below e. So nothing has to be thrown away to compare.

    >>> at_equal_rows(0.7, 0.7), at_equal_rows(1.0, 0.7), at_equal_rows(0.35, 0.7)
    (0.5, 1.0, 0.25)
    """
    return (
        0.5 + 0.5 * (nearest - expected) / (1 - expected)
        if nearest >= expected
        else 0.5 * nearest / expected
    )


def _closer(
    space: Space,
    queries: np.ndarray,
    train: tuple[np.ndarray, np.ndarray],
    held: tuple[np.ndarray, np.ndarray],
    rng: np.random.Generator,
) -> dict[str, Any]:
    """The share of `queries` (m,) whose closest real row is a training row, put at equal rows.

    A query belongs to the place of its closest real row; of places equally near, one is drawn, each
    as likely as it has rows. It counts as the share of training rows among the rows of that place
    (the query itself not counted). So without a leak the expected share is the training table's share
    of the rows exactly, whatever the ties. Queries of one place say little more than one: were the
    real rows' tables drawn anew, the share would vary as that of m² / Σ c²/n independent queries does,
    where c queries belong to a place of n rows.
    """
    near_train, to_train, near_held, to_held = (array[:, 0] for array in (*train, *held))
    owner = np.where(to_train < to_held, near_train, near_held)
    tied = queries[to_train == to_held]
    if len(tied):  # in random order, the first of equals is any of them
        order = rng.permutation(len(space.points))
        place = np.argsort(order)
        pool = np.sort(place[np.concatenate([space.real, space.holdout])])
        drawn = space.geometry.nearest(space.points.take(order), place[tied], 1, pool)[:, 0]
        owner[to_train == to_held] = order[drawn]
    group = alike(space.points)
    n_train, n_held = (
        np.bincount(group[rows], minlength=group.max() + 1) for rows in (space.real, space.holdout)
    )
    held_out = np.isin(queries, space.holdout)  # such a query is compared with the others
    here, itself = group[owner], held_out & (group[owner] == group[queries])
    n = n_train[here] + n_held[here] - itself
    nearest = float((n_train[here] / n).mean())
    worth = len(queries) ** 2 / (np.bincount(here)[here] / n).sum()
    expected = len(space.real) / (len(space.real) + len(space.holdout) - int(held_out[0]))
    low, high = (at_equal_rows(end, expected) for end in share(nearest, worth).ends)
    return {
        "value": at_equal_rows(nearest, expected),
        "low": low,
        "high": high,
        "nearest_is_train": nearest,
        "train_share_of_rows": expected,
    }


def _ratios(pairs: dict[str, np.ndarray]) -> dict[str, Any]:
    """The nearest-neighbour distance ratios of distances (m, 2): the synthetic, the control's, the shuffled rows'."""
    ours, control, shuffled = (_ratio(pairs[name]) for name in ("synthetic", "control", "shuffled"))
    edges = np.linspace(0, 1, 21)
    return {
        **median(ours).plain(),
        "control": float(np.median(control)),
        "baseline": float(np.median(shuffled)),
        "rows": len(ours),
        "low_quantile": {
            "probability": 0.05,
            "value": float(np.quantile(ours, 0.05)),
            "control": float(np.quantile(control, 0.05)),
        },
        "histogram": {
            "edges": edges.tolist(),
            **{
                name: (np.histogram(values, edges)[0] / len(values)).tolist()
                for name, values in (("synthetic", ours), ("control", control))
            },
        },
    }


def _ratio(pair: np.ndarray) -> np.ndarray:
    """d1 / d2 (m,); 1 where both are 0: neither of two equal training rows stands out."""
    return np.divide(pair[:, 0], pair[:, 1], out=np.ones(len(pair)), where=pair[:, 1] > 0)


def _histogram(found: dict[str, np.ndarray]) -> dict[str, Any]:
    """Shares of rows per bin; the last bin also holds what lies beyond the 99 % quantile."""
    top = float(np.quantile(np.concatenate(list(found.values())), 0.99)) or 1.0
    edges = np.linspace(0, top, BINS + 1)
    return {
        "edges": edges.tolist(),
        **{
            name: (np.histogram(np.minimum(values, top), edges)[0] / len(values)).tolist()
            for name, values in found.items()
        },
    }


def _some(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return (
        rows
        if len(rows) <= MOST_QUERIES
        else np.sort(rng.choice(rows, MOST_QUERIES, replace=False))
    )


__all__ = ["at_equal_rows", "distances"]
