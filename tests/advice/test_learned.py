"""What a quick model says fires on a table made for it, and not on its twin."""

import numpy as np

from synthkit.advice.learned import headroom, learn, memorising, outlier_like
from synthkit.advice.sample import draw, folds


def learned_of(data, seed=0, repeats=1):
    sample = draw(data, seed)
    return learn(sample, folds(sample, repeats=repeats))


def test_memorising_fires_on_noise_and_not_on_a_clear_border(dataset):
    rng = np.random.default_rng(0)
    noise = learned_of(dataset(rng.normal(0, 1, (80, 10)), rng.normal(0, 1, (400, 10))))
    assert memorising(noise, 80).holds is True
    assert "smote" in memorising(noise, 80).favours
    clear = learned_of(dataset(rng.normal(6, 1, (200, 3)), rng.normal(0, 1, (800, 3))))
    found = memorising(clear, 200)
    assert found.holds is False
    assert abs(found.value) < 0.05


def test_outliers_are_told_from_a_class(dataset):
    rng = np.random.default_rng(1)
    directions = rng.normal(0, 1, (80, 6))
    strays = 12 * directions / np.linalg.norm(directions, axis=1)[:, None]
    outliers = outlier_like(learned_of(dataset(strays, rng.normal(0, 1, (900, 6)))), 80)
    assert outliers.holds is True
    assert "smote" in outliers.rules_out
    # As frequent, in the midst of the others: a classifier finds them, an isolation forest does not.
    cluster = outlier_like(
        learned_of(dataset(rng.normal(0.5, 0.1, (80, 6)), rng.normal(0, 1, (900, 6)))), 80
    )
    assert cluster.holds is False
    assert not cluster.rules_out


def test_two_rankings_by_chance_are_no_sign_of_outliers(dataset):
    rng = np.random.default_rng(2)
    found = outlier_like(
        learned_of(dataset(rng.normal(0, 1, (60, 3)), rng.normal(0, 1, (600, 3)))), 60
    )
    assert found.holds is False


def test_headroom_is_there_where_few_positives_leave_something_to_learn(dataset):
    """Many narrow regions of positives: each positive row tells of a region that no other tells of."""
    rng = np.random.default_rng(3)
    centers = rng.uniform(-1, 1, (60, 4))
    ours = centers[rng.integers(60, size=300)] + rng.normal(0, 0.03, (300, 4))
    growing = headroom(learned_of(dataset(ours, rng.uniform(-1, 1, (3000, 4))), repeats=2), 300)
    assert growing.holds is True
    assert {"ctgan", "sequential_trees"} <= set(growing.favours)
    done = headroom(
        learned_of(dataset(rng.normal(5, 1, (300, 4)), rng.normal(0, 1, (3000, 4)))), 300
    )
    assert done.holds is False
    assert "ctgan" in done.rules_out


def test_a_model_that_learned_nothing_tells_nothing(dataset):
    """Boosting needs 20 rows on each side of a split: with fewer all folds agree, on nothing."""
    rng = np.random.default_rng(4)
    blind = learned_of(dataset(rng.normal(3, 1, (12, 3)), rng.normal(0, 1, (28, 3))), repeats=2)
    assert blind.blind.all()
    for found in (headroom(blind, 12), memorising(blind, 12), outlier_like(blind, 12)):
        assert (found.value, found.low, found.holds) == (None, None, None)
        assert "the model learned nothing from so few rows" in found.says
        assert not found.favours
        assert not found.rules_out


def test_a_model_that_learns_from_all_and_not_from_half_tells_no_headroom(dataset):
    rng = np.random.default_rng(5)
    half_blind = learned_of(dataset(rng.normal(6, 1, (30, 3)), rng.normal(0, 1, (30, 3))))
    assert half_blind.blind.any(axis=0).tolist() == [True, True, False]
    assert headroom(half_blind, 30).value is None
    assert memorising(half_blind, 30).value is not None
