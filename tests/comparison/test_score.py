"""Scores against scikit-learn's, and the laws they obey."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.linear_model import LogisticRegression

from synthkit.comparison import score


def draw(seed: int, n: int = 400, levels: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    p = rng.beta(0.5, 3, size=n)
    if levels:
        p = np.round(p * levels) / levels  # ties, and zeros and ones
    truth = rng.random(n) < p
    truth[:2] = True, False
    return truth, p


@pytest.mark.parametrize("levels", [None, 100, 5])
@pytest.mark.parametrize("seed", range(5))
def test_equal_to_scikit_learn(seed, levels):
    truth, p = draw(seed, levels=levels)
    alarm = p > 0.5
    assert score.average_precision(truth, p) == pytest.approx(
        metrics.average_precision_score(truth, p), abs=1e-12
    )
    assert score.brier(truth, p) == pytest.approx(metrics.brier_score_loss(truth, p), abs=1e-12)
    assert score.log_loss(truth, np.clip(p, 1e-12, 1 - 1e-12)) == pytest.approx(
        metrics.log_loss(truth, np.clip(p, 1e-12, 1 - 1e-12)), abs=1e-9
    )
    assert score.recall(truth, alarm) == pytest.approx(metrics.recall_score(truth, alarm))
    assert score.precision(truth, alarm) == pytest.approx(
        metrics.precision_score(truth, alarm, zero_division=0)
    )
    assert score.f1(truth, alarm) == pytest.approx(metrics.f1_score(truth, alarm))


@pytest.mark.parametrize("seed", range(5))
def test_calibration_is_an_unpenalised_logistic_regression(seed):
    truth, p = draw(seed, n=2000)
    bounded = np.clip(p, 1e-6, 1 - 1e-6)
    logit = np.log(bounded / (1 - bounded))[:, None]
    peer = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(logit, truth)
    slope, intercept = score.calibration(truth, p)
    assert slope == pytest.approx(peer.coef_[0, 0], rel=1e-3)
    # The intercept with slope 1 is where the mean prediction meets the observed share.
    shifted = 1 / (1 + np.exp(-(logit[:, 0] + intercept)))
    assert shifted.mean() == pytest.approx(truth.mean(), abs=1e-7)


def test_calibration_finds_what_was_done_to_the_probabilities():
    rng = np.random.default_rng(0)
    z = rng.normal(-2, 1.5, size=200_000)
    truth = rng.random(len(z)) < 1 / (1 + np.exp(-z))
    slope, _ = score.calibration(truth, 1 / (1 + np.exp(-2 * z)))  # twice too extreme
    assert slope == pytest.approx(0.5, abs=0.02)
    _, intercept = score.calibration(
        truth, 1 / (1 + np.exp(-(z + 1)))
    )  # too high by 1 in the logit
    assert intercept == pytest.approx(-1, abs=0.03)


def test_undefined_is_nan_and_not_a_number_from_somewhere():
    p = np.array([0.2, 0.4, 0.9])
    none = np.zeros(3, dtype=bool)
    assert np.isnan(score.average_precision(none, p))
    assert np.isnan(score.recall(none, p > 0.5))
    assert np.isnan(score.calibration(none, p)).all()
    assert np.isnan(score.calibration(p > 0.5, p)[0])  # perfectly separated: no finite slope


@pytest.mark.parametrize(
    ("truth", "p"),
    [
        ([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]),
        ([0, 0, 1, 1], [0.1, 0.5, 0.5, 0.9]),
        ([1, 1, 0, 0], [0.1, 0.2, 0.8, 0.9]),
        ([0, 1, 0, 1], [0.5, 0.5, 0.5, 0.5]),
    ],
)
def test_a_slope_without_a_finite_maximum_is_nan(truth, p):
    assert np.isnan(score.calibration(np.array(truth, dtype=bool), np.array(p))[0])


@given(st.integers(0, 10_000), st.sampled_from([None, 20, 4]), st.sampled_from(["f1", "cost"]))
def test_the_best_threshold_is_no_worse_than_any_other(seed, levels, aim):
    truth, p = draw(seed, n=60, levels=levels)
    missed = np.random.default_rng(seed).exponential(10, size=len(p))

    def worth(threshold):
        alarm = p >= threshold
        return score.f1(truth, alarm) if aim == "f1" else -score.money(truth, alarm, missed, 5.0)

    best = score.best_threshold(truth, p, aim, missed, 5.0)
    assert worth(best) >= max(worth(t) for t in [*np.unique(p), 2.0]) - 1e-9


def test_a_threshold_that_never_alarms_is_found_when_alarms_cost_too_much():
    _, p = draw(0, n=50)
    truth = p < np.median(p)  # the likeliest rows are negatives: the first alarm is false
    assert score.best_threshold(truth, p, "cost", np.ones(50), 1e9) == score.NO_ALARM


def test_money_by_hand():
    truth = np.array([True, True, False, False])
    alarm = np.array([True, False, True, False])
    missed = np.array([100.0, 40.0, 0.0, 0.0])
    assert score.money(truth, alarm, missed, 4.0) == pytest.approx(1000 * (40 + 4) / 4)


def test_restoring_the_prior_undoes_resampling_exactly():
    """Bayes' rule: the posterior under training shares, put back, is the posterior under the true ones."""
    rng = np.random.default_rng(0)
    likelihood = rng.random((50, 3))
    true, trained = np.array([0.90, 0.08, 0.02]), np.array([0.4, 0.3, 0.3])

    def posterior(prior):
        joint = likelihood * prior
        return joint / joint.sum(axis=1, keepdims=True)

    np.testing.assert_allclose(
        score.prior_restored(posterior(trained), trained, true), posterior(true), rtol=1e-12
    )


@given(st.integers(0, 1000))
def test_average_precision_does_not_depend_on_the_order_of_rows(seed):
    truth, p = draw(seed, n=80, levels=10)
    order = np.random.default_rng(seed).permutation(80)
    assert score.average_precision(truth, p) == pytest.approx(
        score.average_precision(truth[order], p[order])
    )
