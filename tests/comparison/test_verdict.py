"""Intervals: the correction by hand, and what they say when they cannot say anything."""

import warnings

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from synthkit.comparison.verdict import holm, interval, judge


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
    assert (found.low, found.high, found.kind) == (
        pytest.approx(0.025),
        pytest.approx(0.975),
        "spread",
    )


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


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("runs", [1, 5])
def test_equal_to_baycomp(seed, runs):
    """Of baycomp the correlated t-test's three probabilities, for cross-validation of 10 folds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the peer has been idle for years
        from baycomp import CorrelatedTTest
    rng = np.random.default_rng(seed)
    a, b = rng.normal(0.80, 0.03, 10 * runs), rng.normal(0.79, 0.03, 10 * runs)
    left, rope, right = CorrelatedTTest.probs(a, b, rope=0.01, runs=runs)
    found = judge(a - b, 1 / 9, rope=0.01)
    assert (found.better, found.equivalent, found.worse) == pytest.approx(
        (left, rope, right), abs=1e-9
    )


def test_holm_by_hand():
    np.testing.assert_allclose(
        holm(np.array([0.01, 0.04, np.nan, 0.03])), [0.03, 0.06, np.nan, 0.06]
    )
    assert holm(np.array([0.9, 0.8])).max() == 1.0


def test_words():
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.005, 25)
    assert judge(noise + 0.1, 0.25, 0.01).word == "better"
    assert judge(noise - 0.1, 0.25, 0.01).word == "worse"
    assert judge(noise - noise.mean(), 0.25, 0.01).word == "equivalent"
    assert judge(noise + 0.01, 0.25, 0.01).word == "undecided"
    assert judge(np.zeros(25), 0.25, 0.01).word == "equivalent"


def test_the_repeats_that_would_decide_do_decide():
    rng = np.random.default_rng(1)
    d = rng.normal(0, 1, 10)
    d = (d - d.mean()) / d.std(ddof=1) * 0.02 + 0.024
    found = judge(d, 0.11, 0.01, folds=5)
    assert found.word == "undecided"
    assert found.repeats > 2
    # The same mean and variance over that many folds is decided, over one repeat fewer it is not.
    for repeats, word in ((found.repeats, "better"), (found.repeats - 1, "undecided")):
        m = repeats * 5
        more = np.resize([1.0, -1.0], m - m % 2)
        more = np.append(more, [0.0] * (m % 2))
        more = more / more.std(ddof=1) * 0.02 + 0.024
        assert judge(more, 0.11, 0.01, folds=5).word == word


def test_where_only_more_data_can_decide_it_says_so():
    d = np.resize([0.05, -0.03], 10)  # mean 0.01, on the edge of the region: no repeats move it off
    assert judge(d, 0.25, 0.01, folds=5).repeats == 0


def test_swapping_the_arms_swaps_better_and_worse():
    d = np.random.default_rng(3).normal(0.01, 0.02, 25)
    a, b = judge(d, 0.25, 0.01), judge(-d, 0.25, 0.01)
    assert (a.better, a.equivalent, a.worse) == pytest.approx((b.worse, b.equivalent, b.better))
    assert a.p_value == pytest.approx(b.p_value)
