"""What is counted, what arms cost, which rows are measured, and the intervals' formulas."""

import numpy as np
import pandas as pd
import pytest

from synthkit.advice import arms, counted
from synthkit.table.load import load


@pytest.mark.parametrize(("ratio", "holds"), [(10, False), (11, True)])
def test_the_ratio_is_beyond_ten_to_one_or_not(ratio, holds, table_of):
    found = counted.class_ratio(table_of(ratio, 50))
    assert found.value == ratio
    assert found.holds is holds


@pytest.mark.parametrize(("positives", "holds"), [(4999, False), (5000, True)])
def test_five_thousand_positives_are_enough(positives, holds, table_of):
    found = counted.minority_count(table_of(1, positives))
    assert found.holds is holds
    assert ("ctgan" in found.rules_out) is holds
    assert "class_weights" not in found.rules_out


def test_neighbour_searches_are_ruled_out_above_a_hundred_thousand_rows(table_of):
    assert not counted.size(table_of(1, 50_000)).rules_out
    large = counted.size(table_of(1, 50_001))
    assert "adasyn" in large.rules_out
    assert "smote" not in large.rules_out  # it searches among the positives alone


def test_kinds_decide_what_noise_can_do():
    rng = np.random.default_rng(0)
    states = pd.DataFrame(
        {"a": rng.choice(list("xyz"), 60), "b": rng.random(60) < 0.5, "y": np.arange(60) % 3 == 0}
    )
    assert "noise" in counted.mixed_types(load(states, target="y")).rules_out
    some = counted.mixed_types(load(states.assign(c=rng.normal(0, 1, 60)), target="y"))
    assert some.value == pytest.approx(2 / 3)
    assert not some.rules_out


def test_costs_are_measured_and_extrapolated_by_their_order(table_of):
    rows = []

    def method(train, rng):
        rows.append(len(train))
        np.ones(len(train) * 1000)
        return train

    found = counted.costs(table_of(9, 4_000), {"smote": method, "unknown": method}, 0)
    assert max(rows) == counted.TIMED_ROWS
    assert "unknown" not in found
    assert found["smote"].seconds > 0
    assert found["smote"].mebibytes == pytest.approx(40_000 * 1000 * 8 / 2**20, rel=0.1)
    assert found["ctgan"].high > found["ctgan"].seconds
    assert arms.extrapolate(2.0, 100, 1000, "n") == 20
    assert arms.extrapolate(2.0, 100, 1000, "n^2") == 200
    assert arms.extrapolate(1.0, 2**10, 2**20, "n log n") == 2**11
