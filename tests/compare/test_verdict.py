"""Intervals: the correction by hand, and what they say when they cannot say anything."""

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from synthkit.compare.verdict import interval


def test_without_overlap_it_is_the_plain_t_interval():
    values = np.random.default_rng(0).normal(0.5, 0.1, size=12)
    found = interval(values, 0.0)
    low, high = ttest_1samp(values, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((low, high))


def test_the_correction_widens_by_what_nadeau_and_bengio_say():
    values = np.random.default_rng(1).normal(size=25)
    plain, corrected = interval(values, 0.0), interval(values, 0.25)
    ratio = (corrected.high - corrected.low) / (plain.high - plain.low)
    assert ratio == pytest.approx(np.sqrt((1 / 25 + 0.25) / (1 / 25)))


def test_undefined_folds_are_left_out_and_counted():
    found = interval(np.array([1.0, np.nan, 3.0]), 0.1)
    assert (found.mean, found.n, found.undefined) == (2.0, 2, 1)


@pytest.mark.parametrize("values", [[], [np.nan], [0.7]])
def test_too_few_values_give_no_interval(values):
    found = interval(np.array(values, dtype=float), 0.25)
    assert found.kind == "none"
    assert np.isnan(found.low)


def test_repetitions_on_the_same_rows_give_their_spread():
    values = np.arange(101) / 100
    found = interval(values, 0.43, same_rows=True)
    assert (found.low, found.high, found.kind) == (pytest.approx(0.025), pytest.approx(0.975), "spread")


@pytest.mark.slow
def test_the_corrected_interval_covers_where_the_plain_one_does_not():
    """Mean accuracy of a nearest-mean rule over repeated folds, against its value on a huge draw."""
    rng = np.random.default_rng(0)
    covered = {0.0: 0, 0.25: 0}
    experiments = 150
    for _ in range(experiments):
        y = np.repeat([0, 1], 60)
        x = rng.normal(y * 1.0, 1.0)
        values, truths = [], []
        for _ in range(4):
            order = rng.permutation(120)
            for fold in np.array_split(order, 5):
                train = np.setdiff1d(order, fold)
                cut = (x[train][y[train] == 0].mean() + x[train][y[train] == 1].mean()) / 2
                values.append(((x[fold] > cut) == y[fold]).mean())
                truths.append(cut)
        # The accuracy of cutting at c is known: Phi(c)/2 + (1 - Phi(c - 1))/2.
        from scipy.stats import norm

        truth = np.mean([(norm.cdf(c) + 1 - norm.cdf(c - 1)) / 2 for c in truths])
        for correction in covered:
            found = interval(np.array(values), correction)
            covered[correction] += found.low <= truth <= found.high
    assert covered[0.0] < 0.85 * experiments
    assert covered[0.25] >= 0.90 * experiments
