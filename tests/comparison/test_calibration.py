"""The verdict is right as often as it says: benchmarks/verdict_calibration.py in small, and its own figures."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from synthkit.comparison.classifiers import CLASSIFIERS

PATH = Path(__file__).parents[2] / "benchmarks" / "verdict_calibration.py"
SPEC = importlib.util.spec_from_file_location("verdict_calibration", PATH)
benchmark = sys.modules["verdict_calibration"] = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(benchmark)

EXPERIMENTS = 40
#: Counts that one in a thousand test runs would pass by chance if the verdict were just good enough.
MOST_BETTER = binom.ppf(0.999, EXPERIMENTS, 0.05)
FEWEST_COVERED = binom.ppf(0.001, EXPERIMENTS, 0.93)
NULLS = ("null: same strategy, other seed", "null: noise of scale 0")


@pytest.fixture(scope="module")
def measured():
    """Forty comparisons; the true differences of the null arms are known, so no truth is simulated."""
    arms = {**benchmark.nulls(), "spoiled": benchmark.Spoiled(1.0)}
    logistic = CLASSIFIERS.build("logistic_regression")
    found = [
        benchmark.experiment(number, 2000, 1, 5, arms, logistic) for number in range(EXPERIMENTS)
    ]
    scores = np.array([[one[name] for name in arms] for one in found])
    return benchmark.Measured(tuple(arms), scores, np.zeros((2, len(arms))), 5)


@pytest.mark.slow
@pytest.mark.parametrize("rope", [benchmark.ROPE, 0.0])
@pytest.mark.parametrize("name", NULLS)
def test_an_arm_without_effect_is_seldom_called_better_and_its_interval_holds_nothing(
    measured, name, rope
):
    found = benchmark.calibration(measured, name, rope)
    assert found.better * EXPERIMENTS <= MOST_BETTER
    assert found.covered * EXPERIMENTS >= FEWEST_COVERED


@pytest.mark.slow
def test_a_spoiled_arm_is_called_worse(measured):
    """Or else a verdict that never says anything would pass."""
    found = benchmark.calibration(measured, "spoiled")
    assert found.worse > 0.3
    assert found.better == 0


@pytest.mark.slow
def test_folds_of_paired_differences_hardly_correlate(measured):
    """Why the corrected interval is wide here; it assumes 0.2."""
    for name in NULLS:
        assert benchmark.correlations(measured.differences(name), 5)[0] < 0.1


@pytest.mark.slow
def test_the_tables_name_every_arm(measured):
    for table in (benchmark.calibration_table(measured), benchmark.correlation_table(measured)):
        print(table)
        for name in measured.names[1:]:
            assert name in table
    assert (
        f"{benchmark.calibration(measured, NULLS[0]).covered:.1%}"
        in benchmark.calibration_table(measured)
    )


def correlated(same, other, experiments=4000, repeats=2, folds=5, mean=0.0):
    """Values of folds (experiments, repeats · folds) that correlate so, in their repeat and between repeats."""
    rng = np.random.default_rng(0)
    shared = rng.normal(0, np.sqrt(other), (experiments, 1, 1))
    repeat = rng.normal(0, np.sqrt(same - other), (experiments, repeats, 1))
    own = rng.normal(0, np.sqrt(1 - same), (experiments, repeats, folds))
    return (mean + shared + repeat + own).reshape(experiments, -1)


def of_differences(values, true=0.0):
    reference = np.random.default_rng(1).normal(0, 1, values.shape)
    scores = np.stack([reference, reference + values], axis=1)
    return benchmark.Measured(("reference", "arm"), scores, np.array([[0.0, true]] * 2), 5)


def test_where_the_assumed_correlation_holds_the_verdict_is_exact():
    """Folds that correlate by n_test / n = 1/5: what Nadeau & Bengio assume, so 95 % is 95 %."""
    found = benchmark.calibration(
        of_differences(correlated(0.2, 0.2, 2000, mean=0.5), 0.5), "arm", 0.0
    )
    assert 0.935 <= found.covered <= 0.965
    assert found.covered_plain < 0.80
    null = benchmark.calibration(of_differences(correlated(0.2, 0.2, 2000)), "arm", 0.0)
    assert 0.035 <= null.better <= 0.065
    assert 0.035 <= null.significant <= 0.065


def test_the_check_sees_folds_that_correlate_more_than_assumed():
    null = benchmark.calibration(of_differences(correlated(0.6, 0.6, 1000)), "arm", 0.0)
    assert null.covered < 0.90
    assert null.better > 0.10


@pytest.mark.parametrize(("same", "other"), [(0.2, 0.2), (0.3, 0.1), (0.0, 0.0)])
def test_correlations_are_found_again(same, other):
    values = correlated(same, other)
    assert benchmark.correlations(values, 5) == pytest.approx((same, other), abs=0.03)
    mean = (4 * same + 5 * other) / 9
    assert benchmark.correction_needed(values) == pytest.approx(mean / (1 - mean), abs=0.03)
    assert np.isnan(benchmark.correlations(values[:, :5], 5)[1])


def test_the_second_table_says_what_is_assumed_and_what_is_needed():
    table = benchmark.correlation_table(of_differences(correlated(0.2, 0.2)))
    assert "assumed: 0.20, correction 0.25" in table
    row = table.splitlines()[-1].split()
    assert float(row[3]) == pytest.approx(0.25, abs=4 * float(row[5]))
