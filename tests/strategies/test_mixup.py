"""Mixup: rows and labels are the same weighted mean."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from synthkit.errors import ConfigError
from synthkit.strategies import Mixup
from synthkit.strategies.interpolation import folded_beta, least_weight
from synthkit.table.schema import Schema
from synthkit.table.training_set import SYNTHETIC, TrainingSet


@pytest.fixture
def train():
    """One number tells the class and the row: 0 to 1 often, 10 to 11 rare; the state is the class's too."""
    rng = np.random.default_rng(0)
    rare = np.arange(400) < 40
    table = pd.DataFrame(
        {
            "x": rng.random(400) + 10 * rare,
            "half": np.where(rng.random(400) < 0.5, np.nan, 1.0),
            "c": np.where(rare, "r", "o"),
            "kind": np.where(rare, "rare", "often"),
        }
    )
    schema = Schema.detect(table, "kind", kinds={"half": "numeric"})
    return TrainingSet.from_table(table, schema)


def test_labels_are_mixed_as_rows_are(train):
    out = Mixup()(train, np.random.default_rng(0))
    made = out.take(out.origin == SYNTHETIC)
    rare = train.schema.positive_code
    weight = made.y[:, rare]
    assert (weight > 0.5).all()
    # x = l·(10 + u) + (1 - l)·v for a partner of the other class, with u, v in [0, 1).
    mixed = weight < 1
    assert ((made.X["x"] >= 10 * weight) & (made.X["x"] <= 10 * weight + 1))[mixed].all()
    assert (made.X["x"] >= 10)[~mixed].all()
    # Nine partners of ten are of the other class.
    assert mixed.mean() == pytest.approx(0.9, abs=0.05)


def test_states_come_from_the_heavier_parent(train):
    out = Mixup(alpha=5.0)(train, np.random.default_rng(0))
    made = out.X[out.origin == SYNTHETIC]
    assert (made["c"] == "r").all()
    assert made["half"].isna().mean() == pytest.approx(train.X["half"][:40].isna().mean(), abs=0.05)
    assert set(made["half"].dropna()) == {1.0}


def test_weights_are_beta_folded():
    from scipy.stats import beta, kstest

    drawn = folded_beta(0.2, 20_000, np.random.default_rng(0))
    assert drawn.min() >= 0.5
    assert drawn.max() <= 1
    assert kstest(drawn, lambda x: 2 * beta(0.2, 0.2).cdf(np.clip(x, 0.5, 1)) - 1).pvalue > 1e-3


LABELS = arrays(float, (5, 3), elements=st.floats(0.01, 1)).map(
    lambda y: y / y.sum(axis=1, keepdims=True)
)


@given(LABELS, LABELS)
def test_the_asked_class_stays_the_likeliest(heavier, other):
    code = heavier.argmax(axis=1)
    weight = least_weight(heavier, other, code)[:, None]
    mixed = weight * heavier + (1 - weight) * other
    assert (mixed[np.arange(5), code] >= mixed.max(axis=1) - 1e-12).all()
    # And none is asked for in vain: where more than nothing is needed, the class leads by no more than a hair.
    others = np.where(np.arange(3) == code[:, None], -1.0, mixed).max(axis=1)
    lead = mixed[np.arange(5), code] - others
    assert ((lead < 1e-8) | (weight[:, 0] < 1e-8)).all()


@pytest.mark.parametrize("parameters", [{"alpha": 0}, {"alpha": -1}, {"ratio": 2}])
def test_parameters_out_of_range_are_refused(parameters):
    with pytest.raises(ConfigError, match=next(iter(parameters))):
        Mixup(**parameters)
