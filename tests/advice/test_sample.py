"""The rows that are measured, their folds, and where they lie."""

import numpy as np
import pandas as pd
import pytest

from synthkit.advice.advice import advise
from synthkit.advice.sample import MOST_CELLS, MOST_ROWS, draw, folds
from synthkit.table.dataset import load


def test_a_large_table_is_sampled_within_bounds_and_weighed_back(table_of):
    data = table_of(99, 3_000)
    sample = draw(data, 0)
    assert len(sample) <= MOST_ROWS
    assert sample.positive.sum() == 3_000  # rare rows are kept
    assert sample.weight.sum() == pytest.approx(len(data))
    assert len(np.unique(sample.rows)) == len(sample)
    wide = pd.DataFrame(np.zeros((9_000, 60)), columns=[f"c{i}" for i in range(60)]).assign(
        y=np.arange(9_000) % 9 == 0
    )
    assert len(draw(load(wide, target="y"), 0)) * 60 <= MOST_CELLS
    assert "thinned" in sample.what


def test_folds_are_disjoint_stratified_and_cover_all_rows(table_of):
    sample = draw(table_of(9, 31), 0)
    found = folds(sample, repeats=2)
    for train, test in found.parts:
        assert not set(train) & set(test)
        assert len(train) + len(test) == len(sample)
        assert sample.positive[test].sum() in (6, 7)
    assert np.array_equal(
        np.sort(np.concatenate([t for _, t in found.parts[:5]])), np.arange(len(sample))
    )


def test_states_are_never_mixed(dataset):
    rng = np.random.default_rng(4)
    data = dataset(
        rng.normal(0, 1, (30, 1)),
        rng.normal(0, 1, (60, 1)),
        city=rng.choice(["a", "b", "c"], 90),
        flag=rng.random(90) < 0.5,
    )
    points = draw(data, 0).points
    mixed = points.between(np.arange(30), np.arange(30, 60), rng.random(30))
    real = {row.tobytes() for row in points.values[:, points.ordered :]}
    assert {row.tobytes() for row in mixed[:, points.ordered :]} <= real
    assert points.ordered == 1


def test_points_are_as_far_apart_as_the_geometry_says():
    data = load(pd.DataFrame({"c": ["a", "a", "b", "b"] * 5, "y": [0, 0, 0, 1] * 5}), target="y")
    values = draw(data, 0).points.values
    assert np.isclose(np.linalg.norm(values[0] - values[2]), 1.0)
    assert np.isclose(np.linalg.norm(values[0] - values[1]), 0.0)


def with_gaps(origin, unit):
    """Two columns that tell the classes apart, the first with gaps and measured from another origin."""
    rng = np.random.default_rng(7)
    y = np.arange(160) % 4 == 0
    level = rng.normal(0, 10, 160) + 6 * y
    level[rng.random(160) < 0.25] = np.nan
    other = rng.normal(0, 1, 160) + y
    return load(pd.DataFrame({"level": origin + unit * level, "other": other, "y": y}), target="y")


def test_a_shifted_or_scaled_column_changes_no_distance():
    near, far = (draw(with_gaps(*units), 0).points.values for units in ((0, 1), (1000, 0.125)))
    away = [np.linalg.norm(values[:, None] - values, axis=2) for values in (near, far)]
    assert np.allclose(*away)
    # A gap is a state away from the mean, wherever the column's origin is.
    gaps = np.flatnonzero(with_gaps(1000, 1).table["level"].isna())
    assert np.median(away[1][gaps]) < 3


def test_a_shifted_or_scaled_column_changes_no_finding():
    near, far = (advise(with_gaps(*units)).findings for units in ((0, 1), (1000, 0.125)))
    for one, other in zip(near, far, strict=True):
        assert (one.topic, one.holds) == (other.topic, other.holds)
        if "second" not in one.unit:
            assert one.value == pytest.approx(other.value), one.topic
