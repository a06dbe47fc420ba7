"""Intervals by their formulas, and the comparison's."""

import numpy as np
import pytest

from synthkit.advice.finding import corrected, share_interval, simple


def test_intervals_agree_with_their_formulas():
    values = np.array([0.1, 0.3, 0.2, 0.5])
    plain, wide, many = simple(values), corrected(values, 0.25), simple(values, 3)
    assert plain.mean == pytest.approx(0.275)
    assert (wide.high - wide.low) / (plain.high - plain.low) == pytest.approx(
        np.sqrt((0.25 + 0.25) / 0.25)
    )
    assert many.high > plain.high
    assert plain.beyond(plain.low - 0.01) is True
    assert plain.beyond(plain.high) is False
    assert plain.beyond(plain.mean) is None
    assert share_interval(0, 10)[0] == 0
    assert share_interval(10, 10)[1] == 1
    assert share_interval(0, 10)[1] == pytest.approx(1 - 0.025 ** (1 / 10))


def test_the_correction_is_the_comparisons():
    from synthkit.comparison.verdict import interval

    values = np.random.default_rng(0).normal(0, 1, 10)
    ours, theirs = corrected(values, 0.25), interval(values, 0.25)
    assert (ours.mean, ours.low, ours.high) == pytest.approx((theirs.mean, theirs.low, theirs.high))
