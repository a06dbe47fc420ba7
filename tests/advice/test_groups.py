"""Sub-groups of the positives: found where there are some, and called separate where the others lie between them."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from synthkit.advice.groups import groups_of, sub_groups
from synthkit.advice.sample import draw
from synthkit.table.datasets import ArticleFraud, mixed_fraud
from synthkit.table.load import load


def test_groups_separated_by_the_majority_are_found_and_one_blob_is_not(dataset, two_groups):
    rng = np.random.default_rng(0)
    apart = sub_groups(draw(dataset(*two_groups(4.0, rng)), 0))
    assert apart.holds is True
    assert apart.low > apart.threshold
    assert {"mixup", "gaussian_copula"} <= set(apart.rules_out)
    assert "sequential_trees" in apart.favours
    blob = rng.normal((4.0, 0, 0), 0.3, (120, 3))
    together = sub_groups(draw(dataset(blob, rng.normal(0, 1, (1200, 3))), 0))
    assert together.holds is False
    assert not together.rules_out


def test_two_groups_with_nothing_between_them_are_not_separated(dataset):
    rng = np.random.default_rng(1)
    ours = rng.normal(0, 0.3, (120, 3)) + np.where(np.arange(120) % 2, 4.0, -4.0)[:, None] * [
        1,
        0,
        0,
    ]
    elsewhere = rng.normal((0, 40.0, 0), 1, (1200, 3))
    assert sub_groups(draw(dataset(ours, elsewhere), 0)).holds is False


def test_the_two_frauds_of_mixed_fraud_are_found_and_named():
    """Card testing and account takeover, among 12 columns most of which say little: k-means on all finds neither."""
    data = load("mixed_fraud")
    sample = draw(data, 0)
    ours = np.flatnonzero(sample.positive)
    likelihood = mixed_fraud._log_likelihood(data.table.take(sample.rows[ours]))
    assert adjusted_rand_score(likelihood[:, 2] > likelihood[:, 1], groups_of(sample, ours)) > 0.3
    found = sub_groups(sample)
    assert found.holds is True
    assert "part by amount and recent_payments" in found.says


@pytest.mark.parametrize("draws", ["its own", 0, 1, 2])
def test_the_articles_frauds_are_not_called_separate_groups(draws):
    table = (
        "article_fraud"
        if draws == "its own"
        else ArticleFraud().fresh(5000, np.random.default_rng(draws))
    )
    assert sub_groups(draw(load(table, target="fraud"), 0)).holds is False


def test_positives_like_the_others_are_not_called_separate_groups(dataset):
    rng = np.random.default_rng(3)
    found = sub_groups(draw(dataset(rng.uniform(0, 1, (300, 2)), rng.uniform(0, 1, (3000, 2))), 0))
    assert found.holds is False


def test_few_positives_and_constant_columns_are_survived(dataset, two_groups):
    rng = np.random.default_rng(0)
    assert sub_groups(draw(dataset(*two_groups(4.0, rng, 9, 90)), 0)).value is None
    assert sub_groups(draw(dataset(*two_groups(4.0, rng, 10, 90)), 0)).value is not None
    assert sub_groups(draw(dataset(np.zeros((30, 2)), np.zeros((300, 2))), 0)).holds is False
