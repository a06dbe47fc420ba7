"""Noise: how much, where, and where not."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pandas.testing import assert_frame_equal, assert_series_equal

from synthkit.errors import ConfigError
from synthkit.strategies import Noise
from synthkit.strategies.noise import jitter
from synthkit.table.schema import Schema
from synthkit.table.training_set import SYNTHETIC, TrainingSet

N = 3000


@pytest.fixture
def train():
    """3,000 rows, 150 of them rare; the columns' deviations differ between the classes."""
    rng = np.random.default_rng(0)
    rare = np.arange(N) < 150
    table = pd.DataFrame(
        {
            "level": rng.normal(0, np.where(rare, 10, 1)),
            "amount": rng.exponential(5, N),
            "items": rng.poisson(2, N),
            "age": pd.Series(rng.normal(50, 10, N)).mask(rng.random(N) < 0.2),
            "when": pd.Timestamp("2024-01-01")
            + pd.to_timedelta(rng.integers(0, 10**7, N), unit="s"),
            "city": rng.choice(["x", "y"], N),
            "kind": np.where(rare, "rare", "often"),
        }
    )
    schema = Schema.detect(table, "kind")
    return TrainingSet.from_table(table, schema)


def added(train, seed=0, **parameters):
    """What was added (m, d), and the rows (m, d) that it was made of."""
    out = Noise(**parameters)(train, np.random.default_rng(seed))
    made = out.X[out.origin == SYNTHETIC].reset_index(drop=True)
    of = train.X.take(np.resize(train.rows_of(train.schema.positive_code), len(made))).reset_index(
        drop=True
    )
    return made, of


def test_noise_is_the_asked_share_of_the_class_deviation(train):
    made, of = added(train, scale=0.15)
    for column in ("level", "age"):
        moved = (made[column] - of[column]).std()
        spread = train.X[column][:150].std()
        assert moved == pytest.approx(0.15 * spread, rel=0.06), column
    assert abs((made["level"] - of["level"]).mean()) < 0.2


def test_states_and_what_is_missing_stay(train):
    made, of = added(train)
    assert_series_equal(made["city"], of["city"])
    assert (made["age"].isna() == of["age"].isna()).all()


def test_whole_numbers_stay_whole_and_amounts_stay_above_zero(train):
    made, _ = added(train, scale=2.0)
    assert made["items"].dtype == train.X["items"].dtype
    assert (made["items"] >= 0).all()
    assert (made["amount"] >= 0).all()
    assert (made["amount"] == 0).any()
    assert (made["level"] < 0).any()
    loose, _ = added(train, scale=2.0, clip=False)
    assert (loose["amount"] < 0).any()


def test_a_column_may_have_a_scale_of_its_own(train):
    made, of = added(train, scale=0.0, scales={"age": 0.5}, absolute={"level": 2.0, "when": 3600.0})
    assert (made["level"] - of["level"]).std() == pytest.approx(2.0, rel=0.06)
    assert (made["age"] - of["age"]).std() == pytest.approx(
        0.5 * train.X["age"][:150].std(), rel=0.06
    )
    assert (made["when"] - of["when"]).dt.total_seconds().std() == pytest.approx(3600, rel=0.06)
    assert_frame_equal(made[["amount", "items", "city"]], of[["amount", "items", "city"]])


def test_times_move_both_ways_also_at_the_range_s_end(train):
    made, _ = added(train, scale=0.1)
    assert made["when"].min() < train.X["when"].min()


def test_without_any_scale_rows_are_copies_yet_count_as_synthetic(train):
    made, of = added(train, scale=0.0)
    assert_frame_equal(made, of)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"scales": {"agee": 1.0}}, "Did you mean 'age'"),
        ({"absolute": {"city": 1.0}}, "holds states"),
    ],
)
def test_a_column_that_cannot_be_moved_is_named(train, parameters, message):
    with pytest.raises(ConfigError, match=message) as refusal:
        added(train, **parameters)
    assert refusal.value.key in parameters


def test_states_may_be_named_with_a_scale_of_zero(train):
    assert len(added(train, scales={"city": 0})[0]) == 2700


@pytest.mark.parametrize(
    "parameters",
    [
        {"scale": -0.1},
        {"scales": {"age": -1}},
        {"absolute": {"age": "much"}},
        {"scales": 0.3},
        {"scales": {"age": 1}, "absolute": {"age": 1}},
    ],
)
def test_parameters_out_of_range_are_refused(parameters):
    with pytest.raises(ConfigError) as refusal:
        Noise(**parameters)
    assert refusal.value.key in parameters


FINITE = st.floats(-1e6, 1e6, allow_nan=False)


@given(arrays(float, (3, 2), elements=FINITE), arrays(float, (3, 2), elements=st.floats(-5, 5)))
def test_only_what_is_moved_is_held_above_its_floor(numbers, draws):
    made = jitter(numbers, np.array([0.0, 2.0]), draws, np.zeros(2))
    assert (made[:, 0] == numbers[:, 0]).all()
    assert (made[:, 1] == np.maximum(numbers[:, 1] + 2 * draws[:, 1], 0)).all()
