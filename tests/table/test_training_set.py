"""The laws of the one value that strategies take and return."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from synthkit.errors import DataError
from synthkit.table.training_set import SYNTHETIC, TrainingSet, one_hot


@pytest.fixture
def train(mixed_dataset):
    return TrainingSet.from_table(mixed_dataset.table, mixed_dataset.schema)


def softened(train, seed=0):
    """The same rows with soft labels, some of them certain, and weights."""
    rng = np.random.default_rng(seed)
    y = rng.dirichlet(np.ones(3), len(train))
    y[::3] = one_hot(train.codes[::3], 3)
    return TrainingSet(train.X, y, rng.random(len(train)), train.origin, train.schema)


def test_a_tables_rows_are_certain_and_their_own_origin(train, mixed_dataset):
    assert_frame_equal(train.X, mixed_dataset.table[list(mixed_dataset.schema.features)])
    assert not {"id", "note", "outcome"} & set(train.X.columns)
    assert np.array_equal(train.codes, mixed_dataset.codes)
    assert np.array_equal(train.y, one_hot(mixed_dataset.codes, 3))
    assert np.array_equal(train.origin, np.arange(120))
    assert (train.weight == 1).all()
    assert train.counts.tolist() == [20, 10, 90]
    assert [train.schema.classes[c] for c in train.codes] == mixed_dataset.table["outcome"].tolist()


def test_rows_of_the_classes_part_the_set(train):
    rows = [train.rows_of(code) for code in range(3)]
    assert np.array_equal(np.sort(np.concatenate(rows)), np.arange(120))
    assert [len(r) for r in rows] == train.counts.tolist()


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.integers(0, 119), max_size=150), st.lists(st.integers(0, 100), max_size=20))
def test_taking_twice_is_taking_once(train, first, second):
    first, second = (
        np.array(first, dtype=int),
        np.array([s for s in second if s < len(first)], dtype=int),
    )
    once, twice = train.take(first[second]), train.take(first).take(second)
    assert_frame_equal(once.X, twice.X)
    for name in ("y", "weight", "origin"):
        assert np.array_equal(getattr(once, name), getattr(twice, name))


def test_a_mask_takes_what_its_positions_take(train):
    mask = train.codes == 1
    assert_frame_equal(train.take(mask).X, train.take(np.flatnonzero(mask)).X)
    assert np.array_equal(train.take(mask).origin, np.flatnonzero(mask))


def test_appended_rows_are_synthetic_and_leave_the_others(train):
    new = train.X.iloc[[3, 3, 5]]
    for y in (np.array([0, 1, 2]), one_hot(np.array([0, 1, 2]), 3)):
        out = train.append(new[new.columns[::-1]], y)  # the order of the columns does not matter
        assert_frame_equal(out.take(np.arange(120)).X, train.X)
        assert_frame_equal(out.X.tail(3).reset_index(drop=True), new.reset_index(drop=True))
        assert out.origin[120:].tolist() == [SYNTHETIC] * 3
        assert out.codes[120:].tolist() == [0, 1, 2]
        assert (out.weight[120:] == 1).all()
        assert (out.X.dtypes == train.X.dtypes).all()
    assert train.append(new.head(0), np.array([], dtype=int)) is train


@pytest.mark.parametrize(
    "change",
    [
        {"items": "float64"},
        {"balance": "float64"},
        {"age": "float64"},
        {"device": "object"},
        {"city": "string"},
        {"born": "datetime64[s]"},
    ],
)
def test_rows_of_other_dtypes_are_refused(train, change):
    [column] = change
    with pytest.raises(DataError, match=f"'{column}' is"):
        train.append(train.X.head(2).astype(change), np.array([0, 1]))


def test_hardening_keeps_all_weight_and_every_certain_row(train):
    X, codes, weight = train.harden()
    assert X is train.X  # nothing is copied where every label is certain
    assert np.array_equal(codes, train.codes)
    assert np.array_equal(weight, train.weight)
    soft = softened(train)
    X, codes, weight = soft.harden()
    assert len(X) == (soft.y > 0).sum()
    assert weight.sum() == pytest.approx(soft.weight.sum())
    assert (weight > 0).all()


def test_hardened_rows_have_the_log_loss_of_the_soft_ones(train):
    soft = softened(train)
    q = np.random.default_rng(1).dirichlet(np.ones(3), len(soft))
    exact = (soft.weight[:, None] * soft.y * -np.log(q)).sum()
    rows = soft.X.assign(row=np.arange(len(soft)))
    with_row = TrainingSet(rows, soft.y, soft.weight, soft.origin, soft.schema)
    X, codes, weight = with_row.harden()
    assert (weight * -np.log(q[X["row"], codes])).sum() == pytest.approx(exact)


def test_a_classifier_learns_the_soft_label_from_hardened_rows():
    from sklearn.linear_model import LogisticRegression

    from synthkit.table.schema import Schema

    table = pd.DataFrame({"x": [0.0, 1.0] * 20, "label": [0, 1] * 20})
    train = TrainingSet.from_table(table, Schema.detect(table, "label", kinds={"x": "numeric"}))
    y = np.where(table["x"].to_numpy()[:, None] == 0, [0.9, 0.1], [0.3, 0.7])
    X, codes, weight = TrainingSet(train.X, y, train.weight, train.origin, train.schema).harden()
    model = LogisticRegression(C=1e6, tol=1e-10).fit(X, codes, weight)
    learned = model.predict_proba(pd.DataFrame({"x": [0.0, 1.0]}))
    assert learned == pytest.approx(np.array([[0.9, 0.1], [0.3, 0.7]]), abs=1e-3)


def test_other_weights_change_nothing_else(train):
    out = train.reweighted(np.arange(120))
    assert out.weight.dtype == float
    assert out.X is train.X
    assert (train.weight == 1).all()


@pytest.mark.parametrize(
    "shapes", [((119, 3), 120, 120), ((120, 2), 120, 120), ((120, 3), 119, 120), ((120, 3), 120, 1)]
)
def test_shapes_that_do_not_fit_are_refused(train, shapes):
    y, weight, origin = (np.ones(shape) for shape in shapes)
    with pytest.raises(ValueError, match="shapes"):
        TrainingSet(train.X, y, weight, origin, train.schema)


def test_a_label_that_is_no_class_is_refused(mixed_dataset):
    table = mixed_dataset.table.assign(
        outcome=mixed_dataset.table["outcome"].replace("legit", "unheard of")
    )
    with pytest.raises(DataError, match="'unheard of'"):
        TrainingSet.from_table(table, mixed_dataset.schema)
