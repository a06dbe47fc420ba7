"""Recall at a limit: the best that keeps to it on the tune part, and what that reaches on the test part."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthkit.comparison import score
from synthkit.comparison.plan import Arm, Plan
from synthkit.comparison.run import compare
from synthkit.comparison.scorecard import RecallAt, at_limits
from synthkit.errors import ConfigError
from synthkit.table.dataset import load
from synthkit.table.split import EvaluationSet

ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 10)), min_size=1, max_size=40).map(
    lambda rows: (np.array([y for y, _ in rows]), np.array([p / 10 for _, p in rows]))
)
SPLIT = {"name": "stratified", "repeats": 1, "folds": 2, "tune": 0.3}


def every_alarm(p):
    """The alarms of every threshold that tells two predictions apart, and none."""
    return [p >= t for t in [*np.unique(p), score.NO_ALARM]]


@given(ROWS, st.sampled_from([0.0, 0.25, 0.5, 2 / 3, 0.9, 1.0]))
def test_no_threshold_that_keeps_the_precision_has_more_recall(rows, least):
    truth, p = rows
    alarm = p >= score.threshold_for(truth, p, precision=least)
    if alarm.any():
        assert score.precision(truth, alarm) >= least
    allowed = [a for a in every_alarm(p) if a.any() and score.precision(truth, a) >= least]
    if truth.any():
        best = max((score.recall(truth, a) for a in allowed), default=0.0)
        assert score.recall(truth, alarm) == best


@given(ROWS, st.sampled_from([0.0, 0.1, 0.3, 0.5, 1.0]))
def test_no_threshold_that_keeps_the_false_positive_rate_has_more_recall(rows, most):
    truth, p = rows
    alarm = p >= score.threshold_for(truth, p, false_positive_rate=most)

    def rate(a):
        return 0.0 if truth.all() else score.false_positive_rate(truth, a)

    assert rate(alarm) <= most + 1e-12
    if truth.any():
        best = max(score.recall(truth, a) for a in every_alarm(p) if rate(a) <= most + 1e-12)
        assert score.recall(truth, alarm) == best


def test_a_threshold_lies_midway_and_the_whole_limit_is_used():
    truth, p = np.array([1, 1, 0, 1, 0], dtype=bool), np.array([0.9, 0.8, 0.6, 0.4, 0.1])
    assert score.threshold_for(truth, p, precision=0.75) == pytest.approx(0.25)
    assert score.threshold_for(truth, p, precision=1.0) == pytest.approx(0.7)
    assert score.threshold_for(truth, p, false_positive_rate=0.0) == pytest.approx(0.7)
    assert score.threshold_for(truth, p, false_positive_rate=0.5) == pytest.approx(0.25)
    assert score.threshold_for(~truth, p, precision=1.0) == score.NO_ALARM
    tenths = np.arange(10) / 10  # 0.3 · 10 rows are 3, whatever floats make of it
    assert (
        tenths >= score.threshold_for(np.zeros(10, bool), tenths, false_positive_rate=0.3)
    ).sum() == 3


@pytest.mark.parametrize("limit", [{}, {"precision": 0.5, "false_positive_rate": 0.1}])
def test_a_threshold_keeps_to_one_limit(limit):
    with pytest.raises(ValueError, match="one limit"):
        score.threshold_for(np.array([True]), np.array([0.5]), **limit)


@pytest.fixture(scope="module")
def table():
    import pandas as pd

    rng = np.random.default_rng(0)
    y = (rng.random(600) < 0.2).astype(int)
    return pd.DataFrame({"a": rng.normal(y, 1), "b": rng.normal(y, 1), "y": y})


def test_the_threshold_comes_from_the_tune_part_alone(table):
    dataset = load(table, target="y")
    tune, test = EvaluationSet(dataset, np.arange(200)), EvaluationSet(dataset, np.arange(200, 600))
    p = 1 / (1 + np.exp(-(table["a"] + table["b"]).to_numpy()))
    both = np.column_stack([1 - p, p])
    asked = RecallAt(precision=0.6, false_positive_rate=0.05)
    found = at_limits(tune, both[:200], test, both[200:], asked)
    alarm = p[200:] >= score.threshold_for(tune.codes == 1, p[:200], precision=0.6)
    truth = test.codes == 1
    assert found["recall_at_precision"] == score.recall(truth, alarm)
    assert found["achieved_precision"] == score.precision(truth, alarm)
    assert found["achieved_false_positive_rate"] == pytest.approx(0.05, abs=0.05)
    assert at_limits(tune, both[:200], test, both[200:], None) == {}
    silent = at_limits(tune, both[:200], test, np.zeros((400, 2)), RecallAt(precision=0.6))
    assert silent["recall_at_precision"] == 0
    assert np.isnan(silent["achieved_precision"])


def test_a_comparison_scores_it_when_it_is_asked(table):
    arms, quick = ["none", "random_oversampling"], {"name": "gradient_boosting", "max_iter": 5}
    asked = compare(
        table, "y", arms=arms, classifiers=[quick], split=SPLIT, recall_at={"precision": 0.5}
    )
    plain = compare(table, "y", arms=arms, classifiers=[quick], split=SPLIT)
    row, old = asked.results["rows"][1], plain.results["rows"][1]
    assert set(row["scores"]) - set(old["scores"]) == {"recall_at_precision", "achieved_precision"}
    assert set(row["gap"]) - set(old["gap"]) == {
        "recall_at_precision"
    }  # a precision that was asked for is no merit
    assert asked.results["config"]["recall_at"] == {"precision": 0.5}
    assert "recall_at" not in plain.results["config"]
    assert "recall at" in str(asked)
    assert "recall at" not in str(plain)


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ({"precision": 2}, "precision must be a number at least 0 and at most 1"),
        ({}, "recall_at needs precision or"),
    ],
)
def test_a_limit_out_of_range(limits, says):
    with pytest.raises(ConfigError, match=says):
        RecallAt(**limits)


def test_without_a_tune_part_there_is_no_threshold():
    with pytest.raises(ConfigError, match="the split sets none aside"):
        Plan((Arm("none"),), split={"name": "stratified", "tune": 0}, recall_at=RecallAt(0.9))
