"""The learning curve turned round: exact on known curves, covering under noise, honest where the curve ends."""

import numpy as np
import pytest

from synthkit.comparison.learning_curve import crossing, in_real_rows, monotone

COUNTS = np.array([20.0, 40.0, 80.0, 160.0])


def height(n):
    """A learning curve that is straight in log n."""
    return 0.3 + 0.1 * np.log2(np.asarray(n) / 20)


def curves(rng, folds, noise, fewer=COUNTS):
    return (
        height(fewer)
        + noise * rng.normal(size=(folds, 1))
        + noise * rng.normal(size=(folds, len(fewer)))
    )


@pytest.mark.parametrize(
    ("had", "more"), [(20, 0), (20, 13), (40, 100), (80, -50), (160, -1), (160, 0), (20, 140)]
)
def test_without_noise_the_estimate_is_exact(had, more):
    reference = np.tile(height(COUNTS), (5, 1))
    found = in_real_rows(COUNTS, reference, np.full(5, height(had + more)), had, 0.25)
    assert found.reach == "within"
    assert found.rows == pytest.approx(more, abs=0.02)
    assert (found.least, found.most) == (20 - had, 160 - had)


def test_under_noise_nine_intervals_of_ten_and_more_hold_the_truth_and_most_exclude_nothing_gained():
    rng, held, powerful, runs = np.random.default_rng(0), 0, 0, 400
    for _ in range(runs):
        reference = curves(rng, 20, 0.05)
        common = reference.mean(axis=1, keepdims=True) - height(COUNTS).mean()
        arm = height(40 + 25) + common[:, 0] + 0.05 * rng.normal(size=20)
        found = in_real_rows(
            COUNTS, reference, arm, 40, 0.0
        )  # independent folds: the test is exact
        low, high = (
            -np.inf if found.low is None else found.low,
            np.inf if found.high is None else found.high,
        )
        held += low - 1 <= 25 <= high + 1
        powerful += low > 0
    assert 0.92 * runs <= held <= 0.985 * runs
    assert powerful > 0.5 * runs


def test_an_arm_that_is_the_reference_is_worth_no_row():
    reference = curves(np.random.default_rng(1), 10, 0.02)
    for at, had in enumerate(COUNTS):
        found = in_real_rows(COUNTS, reference, reference[:, at], had, 0.25)
        assert found.rows == pytest.approx(0, abs=1e-9)
        assert found.low is None or found.low <= 0
        assert found.high is None or found.high >= 0


def test_no_change_is_worth_nothing_even_on_a_flat_curve():
    flat = np.full((6, 4), 0.5)
    assert in_real_rows(COUNTS, flat, flat[:, 1], 40, 0.25).rows == 0


@pytest.mark.parametrize(
    ("score", "reach", "low", "high"), [(0.95, "above", 120, None), (0.05, "below", None, -20)]
)
def test_beyond_the_curve_there_is_a_bound_and_no_number(score, reach, low, high):
    noise = 0.001 * np.random.default_rng(2).normal(size=(6, 4))
    found = in_real_rows(COUNTS, height(COUNTS) + noise, np.full(6, score), 40, 0.25)
    assert (found.rows, found.reach, found.low, found.high) == (None, reach, low, high)


def test_a_better_arm_is_worth_more():
    reference = curves(np.random.default_rng(3), 8, 0.02)
    worth = [
        in_real_rows(COUNTS, reference, reference[:, 1] + gain, 40, 0.25).rows
        for gain in (-0.05, 0, 0.02, 0.05)
    ]
    assert worth == sorted(worth)
    assert worth[0] < 0 < worth[-1]


def test_folds_without_a_score_are_left_out_and_repetitions_of_one_split_give_no_interval():
    reference = curves(np.random.default_rng(4), 8, 0.02)
    arm = reference[:, 1] + 0.03
    holes = reference.copy()
    holes[0, 2] = np.nan
    assert in_real_rows(COUNTS, holes, arm, 40, 0.25) == in_real_rows(
        COUNTS, reference[1:], arm[1:], 40, 0.25
    )
    assert in_real_rows(COUNTS, np.full((3, 4), np.nan), np.zeros(3), 40, 0.25) is None
    alone = in_real_rows(COUNTS, reference, arm, 40, 0.25, same_rows=True)
    assert (alone.low, alone.high, alone.kind) == (None, None, "none")
    assert alone.rows > 0


def test_the_monotone_curve_pools_what_falls():
    np.testing.assert_allclose(monotone(np.array([0.1, 0.4, 0.2, 0.5])), [0.1, 0.3, 0.3, 0.5])


@pytest.mark.parametrize(
    ("words", "net", "up_to", "not_from", "estimate"),
    [
        ("wwnn", (2, 1, -1, -2), 40, 80, 40 * 2**0.5),
        ("wunn", (2, 1, 1, -1), 20, 80, 80 * 2**0.5),
        ("wwww", (1, 1, 1, 1), 160, None, None),
        ("nnnn", (-1, -1, -1, -1), None, 20, None),
        ("uuuu", (1, -1, 1, -1), None, None, None),
        ("uwuu", (-1, 1, 1, 1), None, None, None),
    ],
)
def test_the_crossing_rests_on_words(words, net, up_to, not_from, estimate):
    full = {"w": "worth it", "n": "not worth it", "u": "undecided"}
    found = crossing(list(COUNTS), [full[w] for w in words], net)
    assert (found.up_to, found.not_from) == (up_to, not_from)
    assert found.estimate == (None if estimate is None else pytest.approx(estimate))
