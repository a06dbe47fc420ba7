"""Distances and their intervals: nothing between equals, the field's own figures, and the bootstrap's spread."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import ks_2samp
from sklearn.metrics import roc_auc_score

from synthkit.assessment.estimate import auc_interval, gap_of_means, ks, mean_of, total_variation

COLUMN = st.lists(st.sampled_from([0.0, 1.0, 2.0, 5.0, np.nan]), min_size=1, max_size=30).map(
    np.array
)


@given(COLUMN)
def test_a_column_is_at_no_distance_from_itself(values):
    for distance in (ks, total_variation):
        found = distance(values, values).value
        assert found == 0 or (np.isnan(found) and np.isnan(values).all())


@given(COLUMN, COLUMN)
def test_distances_are_symmetric_and_between_0_and_1(a, b):
    for distance in (ks, total_variation):
        there, back = distance(a, b).value, distance(b, a).value
        assert np.isnan(there) == np.isnan(back) == bool(np.isnan(a).all() or np.isnan(b).all())
        if not np.isnan(there):
            assert there == pytest.approx(back)
            assert 0 <= there <= 1


@given(COLUMN, COLUMN)
def test_kolmogorov_smirnov_is_scipys_without_the_missing(a, b):
    present = a[~np.isnan(a)], b[~np.isnan(b)]
    assume(min(map(len, present)) > 1)  # scipy's p-value needs more than one
    assert ks(a, b).value == pytest.approx(ks_2samp(*present, method="asymp").statistic)


def test_nothing_in_common_is_1():
    assert ks(np.zeros(5), np.ones(3)).value == 1
    assert total_variation(np.zeros(5), np.ones(3)).value == 1


def samples(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    a, b = rng.normal(0, 1, 400), rng.normal(0.6, 1.2, 300)
    a[rng.random(400) < 0.2] = np.nan
    return a, b


def states(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    a = rng.choice([0.0, 1, 2, np.nan], 400, p=[0.5, 0.2, 0.1, 0.2])
    return a, rng.choice([0.0, 1, 2], 300, p=[0.3, 0.4, 0.3])


@pytest.mark.parametrize(
    ("draw", "distance"), [(samples, ks), (states, total_variation)], ids=["ks", "tv"]
)
def test_the_error_is_the_spread_over_samples_and_that_of_the_bootstrap(draw, distance):
    rng = np.random.default_rng(0)
    found = [distance(*draw(rng)) for _ in range(400)]
    spread = np.std([each.value for each in found])
    assert np.mean([each.error for each in found]) == pytest.approx(spread, rel=0.12)
    a, b = draw(rng)
    resampled = np.std(
        [distance(rng.choice(a, len(a)), rng.choice(b, len(b))).value for _ in range(400)]
    )
    assert distance(a, b).error == pytest.approx(resampled, rel=0.15)


def test_a_mean_knows_that_columns_go_together():
    rng = np.random.default_rng(0)
    a, b = samples(rng)
    one = ks(a, b)
    assert mean_of([one, one]).error == pytest.approx(one.error)
    independent = [ks(*samples(rng)) for _ in range(4)]
    assert mean_of(independent).error < 0.7 * one.error
    assert np.isnan(mean_of([]).value)


def test_a_gap_of_means_adds_up():
    found = gap_of_means(np.array([[0.0, 1], [1, 1]]), np.array([[1.0, 0]]), np.array([1.0, 2.0]))
    assert found.value == pytest.approx(0.5 + 2.0)


def test_auc_is_scikit_learns_and_its_error_the_spread_over_samples():
    rng = np.random.default_rng(0)
    found = []
    for _ in range(300):
        truth = np.arange(200) < 60
        score = (rng.normal(truth * 0.8, 1)).round(1)
        found.append(auc_interval(truth, score))
        assert found[-1][0] == pytest.approx(roc_auc_score(truth, score))
    values, errors = np.array(found).T
    assert errors.mean() == pytest.approx(values.std(), rel=0.12)
    assert np.isnan(auc_interval(np.ones(3, dtype=bool), np.arange(3.0))).all()
