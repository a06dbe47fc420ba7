"""SMOTE: on the segments where it belongs, as imbalanced-learn's where that can follow, and its pure parts' laws."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from synthkit.errors import ConfigError, DataError
from synthkit.strategies import SMOTE
from synthkit.strategies.interpolation import between, common_states, interpolate
from synthkit.table.geometry import Geometry, Points
from synthkit.table.schema import Schema
from synthkit.table.training_set import SYNTHETIC, TrainingSet

FINITE = st.floats(-1e6, 1e6, allow_nan=False)


def trained(table, **kinds):
    schema = Schema.detect(table, "kind", kinds=kinds)
    return TrainingSet.from_table(schema.conform(table), schema)


@pytest.fixture
def numeric():
    """300 rows, 40 of them rare, three numbers of very different units."""
    rng = np.random.default_rng(0)
    kind = np.where(np.arange(300) < 40, "rare", "often")
    return trained(
        pd.DataFrame(
            {
                "a": rng.normal(size=300),
                "b": 100 * rng.exponential(size=300),
                "c": 0.01 * rng.random(300) + (kind == "rare"),
                "kind": kind,
            }
        )
    )


def parents(rows, made, k, weights):
    """For each made row (m, d) the (base, neighbour, gap) of `rows` (n, d) that it lies between, by brute force."""
    d = (((rows[:, None] - rows) * weights) ** 2).sum(-1)
    np.fill_diagonal(d, np.inf)
    near = np.argsort(d, axis=1)[:, :k]
    base, rank = np.divmod(np.arange(len(rows) * k), k)
    start, way = rows[base], rows[near[base, rank]] - rows[base]
    found = []
    for row in made:
        gap = ((row - start) * way).sum(1) / (way**2).sum(1)
        off = np.abs(start + gap[:, None] * way - row).max(axis=1) + 1e3 * (
            (gap < -1e-9) | (gap > 1 + 1e-9)
        )
        best = int(off.argmin())
        assert off[best] < 1e-6
        found.append((base[best], rank[best], gap[best]))
    return map(np.array, zip(*found, strict=True))


@pytest.mark.parametrize("standardize", [True, False])
def test_every_row_lies_between_a_row_and_one_of_its_nearest(numeric, standardize):
    out = SMOTE(standardize=standardize)(numeric, np.random.default_rng(1))
    rows = numeric.X.to_numpy()[numeric.rows_of(numeric.schema.positive_code)]
    made = out.X.to_numpy()[out.origin == SYNTHETIC]
    weights = 1 / numeric.X.to_numpy().std(axis=0) if standardize else 1.0
    base, rank, gap = parents(rows, made, 5, weights)
    # 220 draws: every base row is about as likely, every rank, and every gap.
    assert len(set(base.tolist())) > 35
    assert np.bincount(rank, minlength=5).min() > 20
    assert np.histogram(gap, 4, (0, 1))[0].min() > 30


def test_raw_distances_give_imbalanced_learns_distribution(numeric):
    """The same neighbours and laws; the draws differ, so the moments agree as those of two samples do."""
    from imblearn.over_sampling import SMOTE as Peer  # noqa: N811 - the peer has our name
    from scipy.stats import ks_2samp

    many = 4000
    X, codes = numeric.X.to_numpy(), numeric.codes
    rare = numeric.schema.positive_code
    theirs = Peer(sampling_strategy={rare: 40 + many}, random_state=0).fit_resample(X, codes)[0][
        len(X) :
    ]
    geometry = Geometry.fit(numeric.X, numeric.schema, standardize=False)
    points = geometry.encode(numeric.X.take(numeric.rows_of(rare)))
    smote = SMOTE(standardize=False)
    made = smote._made(geometry, points, many, np.random.default_rng(0)).numbers
    for j in range(3):
        assert ks_2samp(theirs[:, j], made[:, j]).pvalue > 1e-3
    assert np.corrcoef(theirs.T) == pytest.approx(np.corrcoef(made.T), abs=0.06)


def test_standardising_makes_units_irrelevant(numeric):
    table = numeric.X.assign(
        b=numeric.X["b"] / 1024
    )  # a power of two: the same floats but for the exponent
    other = TrainingSet(table, numeric.y, numeric.weight, numeric.origin, numeric.schema)
    a, b = (SMOTE()(train, np.random.default_rng(0)).X for train in (numeric, other))
    pd.testing.assert_frame_equal(a, b.assign(b=b["b"] * 1024))


@given(
    arrays(float, (4, 3), elements=FINITE),
    arrays(float, (4, 3), elements=FINITE),
    arrays(float, 4, elements=st.floats(0, 1)),
)
def test_interpolation_stays_between(start, end, gap):
    made = interpolate(start, end, gap)
    room = 1e-9 * (1 + np.abs(start) + np.abs(end))
    assert (made >= np.minimum(start, end) - room).all()
    assert (made <= np.maximum(start, end) + room).all()
    assert (interpolate(start, start, gap) == start).all()
    assert (interpolate(start, end, np.zeros(4)) == start).all()


def test_where_one_parent_lacks_a_number_the_nearer_decides():
    points = Points(
        np.array([[2.0], [0.0], [4.0], [0.0]]),
        np.array([[False], [True], [False], [True]]),
        np.empty((4, 0), dtype="int32"),
    )
    made = between(
        points,
        np.array([0, 0, 1, 1, 0]),
        np.array([1, 1, 0, 3, 2]),
        np.array([0.4, 0.6, 0.6, 0.1, 0.5]),
        np.empty((5, 0), dtype="int32"),
    )
    assert made.missing[:, 0].tolist() == [False, True, False, True, False]
    assert made.numbers[[0, 2, 4], 0].tolist() == [2.0, 2.0, 3.0]


def test_states_are_the_most_frequent_of_the_neighbours_and_of_a_tie_the_nearest():
    states = np.array([[7, 0], [3, 1], [3, 2], [5, 3], [5, -1], [-1, -1]])
    near = np.array([[1, 3, 4, 2], [5, 4, 3, 0]])
    assert common_states(states, near).tolist() == [[3, 1], [5, -1]]


@given(arrays(np.int32, (6, 2), elements=st.integers(-1, 2)), st.permutations(range(6)))
def test_the_common_state_has_most_votes(states, order):
    near = np.array(order[:5])[None]
    [[first, second]] = common_states(states, near)
    for j, state in enumerate((first, second)):
        votes = np.unique(states[near[0], j], return_counts=True)
        assert votes[1][votes[0] == state] == votes[1].max()


def test_few_levels_of_many_are_mixed_as_smote_nc_does():
    """States of new rows come from the neighbourhood: two clusters, each with levels of its own."""
    rng = np.random.default_rng(0)
    side = np.repeat([0, 1], 30)
    level = np.where(side == 0, rng.integers(0, 50, 60), 50 + rng.integers(0, 50, 60))
    rare = pd.DataFrame(
        {"x": 20.0 * side + rng.normal(size=60), "c": [f"l{i}" for i in level], "kind": "rare"}
    )
    often = pd.DataFrame({"x": rng.normal(10, 10, 200), "c": "l0", "kind": "often"})
    train = trained(pd.concat([rare, often], ignore_index=True), c="categorical")
    made = SMOTE(k_neighbors=3)(train, np.random.default_rng(0)).X.iloc[260:]
    high = made["c"].str[1:].astype(int) >= 50
    assert (high == (made["x"] > 10)).all()


def test_a_class_too_small_says_what_to_do():
    train = trained(pd.DataFrame({"x": np.arange(50.0), "kind": ["fraud"] * 4 + ["legit"] * 46}))
    with pytest.raises(DataError) as refusal:
        SMOTE()(train, np.random.default_rng(0))
    assert str(refusal.value) == (
        "SMOTE needs at least k_neighbors + 1 = 6 rows of each class it adds to, however class 'fraud' has 4."
        " Lower k_neighbors to 3, or use random oversampling."
    )
    assert len(SMOTE(k_neighbors=3)(train, np.random.default_rng(0))) == 92


@pytest.mark.parametrize(
    "parameters", [{"ratio": 0}, {"ratio": 1.1}, {"k_neighbors": 0}, {"k_neighbors": 2.5}]
)
def test_parameters_out_of_range_are_refused(parameters):
    with pytest.raises(ConfigError, match=next(iter(parameters))):
        SMOTE(**parameters)
