"""What goes through imbalanced-learn: its choice of rows, our meaning of neighbours, and no error of its own."""

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from synthkit.errors import ConfigError, DataError
from synthkit.strategies import (
    ADASYN,
    SMOTE,
    SMOTEENN,
    SVMSMOTE,
    BorderlineSMOTE,
    Chain,
    EditedNearestNeighbours,
    interpolation,
)
from synthkit.strategies.interpolation import as_matrix
from synthkit.table.geometry import Geometry
from synthkit.table.schema import Schema
from synthkit.table.training_set import SYNTHETIC, TrainingSet

VARIANTS = [BorderlineSMOTE(), ADASYN(), SVMSMOTE()]


def trained(table, **kinds):
    schema = Schema.detect(table, "kind", kinds=kinds)
    return TrainingSet.from_table(schema.conform(table), schema)


@pytest.fixture
def overlapping():
    """500 rows in two numbers; 60 rare ones overlap with the others at one side."""
    rng = np.random.default_rng(0)
    rare = np.arange(500) < 60
    x = rng.normal(size=(500, 2)) + np.where(rare, 1.5, 0)[:, None]
    return trained(
        pd.DataFrame({"x": x[:, 0], "y": x[:, 1], "kind": np.where(rare, "rare", "often")})
    )


def standardised(train):
    X = train.X.to_numpy()
    return (X - X.mean(axis=0)) / X.std(axis=0)


@pytest.mark.parametrize("ours", VARIANTS, ids=lambda s: type(s).__name__)
def test_numbers_alone_give_what_imbalanced_learn_gives(ours, overlapping):
    """On standardised numbers the peer's own search finds the same neighbours: the same rows, drawn alike."""
    from imblearn import over_sampling

    from synthkit.randomness import integer_seed

    seed = integer_seed(np.random.default_rng(4))
    out = ours(overlapping, np.random.default_rng(4))
    made = out.X[out.origin == SYNTHETIC].to_numpy()
    peer = getattr(over_sampling, type(ours).__name__)(random_state=seed)
    theirs = peer.fit_resample(standardised(overlapping), overlapping.codes)[0][500:]
    X = overlapping.X.to_numpy()
    theirs = theirs * X.std(axis=0) + X.mean(axis=0)
    # ADASYN makes 382 of 380 asked for: ours are a part of them.
    assert len(theirs) >= len(made) == 380
    assert (np.abs(made[:, None] - theirs).max(axis=2) < 1e-9).any(axis=1).all()


@pytest.mark.parametrize("ours", VARIANTS, ids=lambda s: type(s).__name__)
def test_no_row_that_qualifies_is_a_clear_error(ours):
    """Two clusters far apart: no row has another class near it."""
    rng = np.random.default_rng(0)
    rare = np.arange(200) < 30
    train = trained(
        pd.DataFrame(
            {"x": rng.normal(size=200) + 1e3 * rare, "kind": np.where(rare, "rare", "often")}
        )
    )
    if isinstance(
        ours, SVMSMOTE
    ):  # a support vector always is somewhere; all of them noise is this
        lone = np.where(np.arange(200) % 20 == 0, "rare", "often")
        train = trained(pd.DataFrame({"x": np.arange(200.0), "kind": lone}))
    with pytest.raises(DataError, match=r"class 'rare'.*however.*Use smote instead"):
        ours(train, np.random.default_rng(0))


@pytest.mark.parametrize(
    "ours",
    [BorderlineSMOTE(k_neighbors=2), SVMSMOTE(k_neighbors=2)],
    ids=lambda s: type(s).__name__,
)
def test_too_few_rows_for_the_border_s_neighbours(ours):
    train = trained(pd.DataFrame({"x": np.arange(9.0), "kind": ["rare"] * 3 + ["often"] * 6}))
    with pytest.raises(DataError, match="m_neighbors"):
        ours(train, np.random.default_rng(0))


def test_a_matrix_too_wide_is_refused_with_the_column(monkeypatch, overlapping):
    monkeypatch.setattr(interpolation, "MOST_CELLS", 5_000)
    wide = trained(
        pd.DataFrame(
            {
                "c": np.arange(500).astype(str),
                "x": np.arange(500.0),
                "kind": np.where(np.arange(500) < 60, "rare", "often"),
            }
        ),
        c="categorical",
    )
    with pytest.raises(DataError, match="widest is 'c'"):
        ADASYN()(wide, np.random.default_rng(0))


def test_there_and_back_through_the_matrix(mixed_dataset):
    X = mixed_dataset.table[list(mixed_dataset.schema.features)]
    geometry = Geometry.fit(X, mixed_dataset.schema)
    points = geometry.encode(X)
    matrix = as_matrix(geometry, points, 0, "test")
    back = geometry.decode(geometry.from_matrix(matrix[:, 1:], points))
    for column in X:
        if pd.api.types.is_float_dtype(X[column].dtype):
            assert back[column].to_numpy() == pytest.approx(X[column].to_numpy(), nan_ok=True)
        else:
            pd.testing.assert_series_equal(back[column], X[column])
    # Two levels are m apart, as two states are.
    i, j = 0, int(np.flatnonzero(X["device"] != X["device"][0])[0])
    block = matrix[:, -3 - 3 - 5 :]
    assert ((block[i] - block[j]) ** 2).sum() >= geometry.m**2 * 0.999


def test_edited_neighbours_keep_what_the_peer_keeps(overlapping):
    from imblearn.under_sampling import EditedNearestNeighbours as Peer

    for agree, kind in (("all", "all"), ("most", "mode")):
        for remove_from, strategy in (("larger", "not minority"), ("all", "all")):
            peer = Peer(sampling_strategy=strategy, kind_sel=kind)
            peer.fit_resample(standardised(overlapping), overlapping.codes)
            ours = EditedNearestNeighbours(agree=agree, remove_from=remove_from)
            out = ours(overlapping, np.random.default_rng(0))
            assert out.origin.tolist() == sorted(peer.sample_indices_)
            assert len(out) < 500


def test_smote_enn_is_the_chain(overlapping):
    whole = SMOTEENN(ratio=0.5, k_neighbors=3)(overlapping, np.random.default_rng(3))
    chain = Chain([SMOTE(ratio=0.5, k_neighbors=3), EditedNearestNeighbours(remove_from="all")])
    parts = chain(overlapping, np.random.default_rng(3))
    assert_frame_equal(whole.X, parts.X)
    assert (whole.origin == parts.origin).all()
    assert (whole.counts < SMOTE(ratio=0.5)(overlapping, np.random.default_rng(0)).counts).all()


@pytest.mark.parametrize(
    ("make", "key"),
    [
        (lambda: EditedNearestNeighbours(agree="mode"), "agree"),
        (lambda: SMOTEENN(n_neighbors=0), "n_neighbors"),
        (lambda: SMOTEENN(k_neighbors=0), "k_neighbors"),
        (lambda: EditedNearestNeighbours(remove_from="x"), "remove_from"),
        (lambda: ADASYN(k_neighbors=0), "k_neighbors"),
        (lambda: BorderlineSMOTE(m_neighbors=0), "m_neighbors"),
        (lambda: SVMSMOTE(out_step=2), "out_step"),
    ],
)
def test_parameters_out_of_range_are_refused(make, key):
    with pytest.raises(ConfigError) as refusal:
        make()
    assert refusal.value.key == key
