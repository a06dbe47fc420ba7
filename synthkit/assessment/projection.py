"""The tables as clouds of points on the two directions in which the real rows vary most."""

from __future__ import annotations

from typing import Any

import numpy as np

from synthkit.assessment.coding import Coding
from synthkit.assessment.tables import SYNTHETIC, Tables, drawn

#: Points that a person can still see; rows that decide the directions.
MOST_POINTS, MOST_ROWS = 1_000, 10_000
#: States of a column that get a coordinate of their own; rarer and new ones share one.
MOST_LEVELS = 20


def assess(tables: Tables) -> dict[str, Any]:
    """`projection` of quality.json: principal components of the features of the real rows (Pearson 1901).

    Numbers are standardised, two rows whose states differ are 1 apart there, and a missing number is
    a state (`table.geometry.Geometry`). `explained` is the share of the real variance on each axis.
    """
    coding = Coding.of(tables)
    real = coding.values(drawn(tables.reference, MOST_ROWS, tables.rng("projection")))
    features = np.array([name != tables.schema.target for name in coding.names])
    center, deviation = _moments(real)

    def points(values: np.ndarray) -> np.ndarray:
        return np.hstack(
            [
                _coordinates(values[:, j], coding.levels[j], center[j], deviation[j])
                for j in np.flatnonzero(features)
            ]
        )

    cloud = points(real)
    mean = cloud.mean(axis=0)
    variance, directions = np.linalg.eigh(np.atleast_2d(np.cov(cloud, rowvar=False, bias=True)))
    axes = directions[:, ::-1][:, :2]
    axes = axes * np.where(
        axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])] < 0, -1.0, 1.0
    )
    total = float(variance.sum())
    explained = [
        round(float(each) / total, 6) if total > 1e-12 else 0.0
        for each in np.maximum(variance[::-1][:2], 0)
    ]

    def shown(table: Any, name: str) -> list[list[float]]:
        flat = (
            points(coding.values(drawn(table, MOST_POINTS, tables.rng("projection", name)))) - mean
        ) @ axes
        if flat.shape[1] == 1:  # one coordinate has no second direction
            flat = np.hstack([flat, np.zeros_like(flat)])
        return [[round(float(x), 4), round(float(y), 4)] for x, y in flat]

    return {
        "method": "PCA",
        "explained": [*explained, 0.0][:2],
        "real": shown(tables.reference, "real"),
        "synthetic": shown(tables.candidates[SYNTHETIC], "synthetic"),
        "holdout": None if tables.holdout is None else shown(tables.holdout, "holdout"),
    }


def _moments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each column over present values; 0 and 1 where there is none."""
    here = ~np.isnan(values)
    n = np.maximum(here.sum(axis=0), 1)
    center = np.where(here, values, 0.0).sum(axis=0) / n
    deviation = np.sqrt((np.where(here, values - center, 0.0) ** 2).sum(axis=0) / n)
    return center, np.where(deviation > 0, deviation, 1.0)


def _coordinates(
    values: np.ndarray, levels: list[Any] | None, center: float, deviation: float
) -> np.ndarray:
    gone = np.isnan(values)
    if levels is None:
        return np.column_stack([np.where(gone, 0.0, (values - center) / deviation), gone])
    place = np.where(gone, MOST_LEVELS, np.minimum(np.nan_to_num(values), MOST_LEVELS - 1)).astype(
        np.int64
    )
    # Two one-hot rows that differ are √2 apart.
    return np.asarray(np.eye(MOST_LEVELS + 1)[place] / np.sqrt(2))
