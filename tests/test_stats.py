"""Intervals, tests, shares, AUCs and distances, against scipy, scikit-learn, baycomp and what defines them."""

from __future__ import annotations

import warnings
from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats as scipy_stats
from scipy.stats import ks_2samp, ttest_1samp
from sklearn.metrics import roc_auc_score

from synthkit.stats import (
    Interval,
    auc,
    auc_of_folds,
    delong,
    exact_share,
    gap_of_means,
    holm,
    judge,
    ks,
    mean_interval,
    mean_of,
    median,
    middle,
    risk_left,
    roc_auc,
    share,
    total_variation,
    z_of,
)


def test_without_overlap_it_is_the_plain_t_interval():
    values = np.random.default_rng(0).normal(0.5, 0.1, size=12)
    found = mean_interval(values, 0.0)
    low, high = ttest_1samp(values, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((low, high))


def test_the_correction_widens_by_what_nadeau_and_bengio_say():
    values = np.random.default_rng(1).normal(size=25)
    plain, corrected = mean_interval(values, 0.0), mean_interval(values, 0.25)
    ratio = (corrected.high - corrected.low) / (plain.high - plain.low)
    assert ratio == pytest.approx(np.sqrt((1 / 25 + 0.25) / (1 / 25)))


def test_undefined_folds_are_left_out_and_counted():
    found = mean_interval(np.array([1.0, np.nan, 3.0]), 0.1)
    assert (found.value, found.n, found.undefined) == (2.0, 2, 1)


@pytest.mark.parametrize("values", [[], [np.nan], [0.7]])
def test_too_few_values_give_no_interval(values):
    found = mean_interval(np.array(values, dtype=float), 0.25)
    assert found.kind == "none"
    assert np.isnan(found.low)


def test_repetitions_on_the_same_rows_give_their_spread():
    values = np.arange(101) / 100
    found = mean_interval(values, 0.43, same_rows=True)
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
            found = mean_interval(np.array(values), correction)
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


def test_what_an_interval_says_of_a_threshold():
    found = Interval(0.5, 0.4, 0.6)
    assert [found.beyond(at) for at in (0.39, 0.5, 0.6)] == [True, None, False]
    assert found.ends == (0.4, 0.6)
    assert found.plain() == {"value": 0.5, "low": 0.4, "high": 0.6}


@pytest.mark.parametrize("comparisons", [1, 3])
def test_of_several_comparisons_each_is_wide_enough_for_all(comparisons):
    values = np.array([0.1, 0.3, 0.2, 0.5])
    peer = ttest_1samp(values, 0).confidence_interval(1 - 0.05 / comparisons)
    assert mean_interval(values, comparisons=comparisons).ends == pytest.approx(tuple(peer))


def test_the_middle_of_values():
    assert middle(np.append(np.arange(101.0), np.nan)) == pytest.approx((2.5, 97.5))
    assert np.isnan(middle(np.array([np.nan]))).all()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6).map(np.array))
def test_holm_is_the_closed_test_of_bonferroni(p):
    """An hypothesis falls if Bonferroni rejects each set of hypotheses that it is in."""
    every = range(len(p))
    sets = [set(s) for size in range(1, len(p) + 1) for s in combinations(every, size)]
    level = {frozenset(s): min(1.0, len(s) * min(p[list(s)])) for s in sets}
    closed = [max(q for s, q in level.items() if i in s) for i in every]
    np.testing.assert_allclose(holm(p), closed)


@pytest.mark.parametrize("hits", [0, 1, 7, 49, 50])
def test_shares_are_scipys(hits):
    peer = scipy_stats.binomtest(hits, 50)
    assert share(hits / 50, 50).ends == pytest.approx(tuple(peer.proportion_ci(method="wilson")))
    assert share(hits / 50, 50, 0.99).ends == pytest.approx(
        tuple(peer.proportion_ci(0.99, method="wilson"))
    )
    assert exact_share(hits, 50).ends == pytest.approx(tuple(peer.proportion_ci(method="exact")))
    assert z_of() == pytest.approx(scipy_stats.norm.ppf(0.975))


def test_a_share_of_nothing_is_undefined():
    assert np.isnan(share(0.0, 0).value)


def test_the_interval_of_a_median_holds_the_median():
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(400):
        found = median(rng.exponential(size=60))
        inside += found.low <= np.log(2) <= found.high
    assert 370 <= inside <= 396


def test_the_interval_of_a_risk_holds_the_true_risk():
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(600):
        found = risk_left(rng.binomial(400, 0.4) / 400, rng.binomial(300, 0.25) / 300, 400, 300)
        inside += found.low <= 0.2 <= found.high
    assert 555 <= inside <= 590
    assert risk_left(1.0, 1.0, 100, 100) == Interval(0.0, 0.0, 1.0)
    assert risk_left(0.2, 0.4, 1000, 1000).value == 0


def test_a_risk_over_nothing_is_the_share_itself():
    """Donner & Zou's ends are those of the two shares where the other one is known."""
    found = risk_left(0.3, 0.0, 200, 10**9)
    assert found.ends == pytest.approx(share(0.3, 200).ends, abs=1e-4)


@given(st.lists(st.sampled_from([0.1, 0.2, 0.5, 0.9]), min_size=4, max_size=40).map(np.array))
def test_auc_is_scikit_learns(p):
    truth = np.arange(len(p)) % 2 == 0
    peer = roc_auc_score(truth, p)
    assert roc_auc(truth, p) == pytest.approx(peer, abs=1e-12)
    assert delong(p[truth], p[~truth])[0] == pytest.approx(peer, abs=1e-12)


def test_auc_of_one_class_is_undefined():
    assert np.isnan(roc_auc(np.zeros(3, dtype=bool), np.arange(3.0)))
    assert np.isnan(delong(np.arange(3.0), np.zeros(0))).all()


def test_delongs_variance_is_that_of_the_placements():
    """As its definition has it, from every pair rather than from ranks."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(1, 1, 30).round(1), rng.normal(0, 1, 50).round(1)
    kernel = (a[:, None] > b) + 0.5 * (a[:, None] == b)
    v, w = kernel.mean(axis=1), kernel.mean(axis=0)
    error = np.sqrt(v.var(ddof=1) / len(a) + w.var(ddof=1) / len(b))
    assert delong(a, b) == pytest.approx((kernel.mean(), error))
    again = [delong(rng.choice(a, len(a)), rng.choice(b, len(b)))[0] for _ in range(2000)]
    assert error == pytest.approx(np.std(again), rel=0.1)


def test_the_error_of_an_auc_is_its_spread_over_samples():
    rng = np.random.default_rng(0)
    found = [
        delong(rng.normal(0.8, 1, 60).round(1), rng.normal(0, 1, 140).round(1)) for _ in range(300)
    ]
    values, errors = np.array(found).T
    assert errors.mean() == pytest.approx(values.std(), rel=0.12)


def test_the_interval_of_an_auc():
    rng = np.random.default_rng(1)
    a, b = rng.normal(1, 1, 50), rng.normal(0, 1, 60)
    value, error = delong(a, b)
    assert auc(a, b).ends == pytest.approx((value - z_of() * error, value + z_of() * error))
    apart = auc(np.full(20, 2.0), np.full(30, 1.0))  # all told apart: Wilson's of 20
    assert apart.ends == share(1.0, 20).ends
    assert auc(np.array([2.0]), np.arange(5.0)).ends == (0.0, 1.0)


def test_the_auc_of_folds_is_corrected_for_what_they_share():
    found = auc_of_folds([0.6, 0.7], [0.1, 0.1])
    assert found.value == pytest.approx(0.65)
    assert found.high == 1 or found.high - found.value == pytest.approx(
        z_of() * 0.1 * np.sqrt(1 / 2 + 1)
    )


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
