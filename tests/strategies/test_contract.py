"""The contract of every strategy, by walking the registry: a new one cannot skip it."""

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from synthkit.errors import DataError
from synthkit.strategies import STRATEGIES, Strategy
from synthkit.table.dataset import load
from synthkit.table.schema import Schema
from synthkit.table.training_set import SYNTHETIC, Entry, TrainingSet

#: Parameters that are cheap, or that a strategy cannot do without. All others run with their defaults.
CHEAP = {
    "top_up": {"synthesizer": "noise"},
    "chain": {"strategies": ["smote", "random_undersampling"]},
    "edited_nearest_neighbours": {"agree": "most"},
    "smote_enn": {"agree": "most"},
    "constrained": {"strategy": "smote", "rules": []},
}
#: Strategies whose result does not reach a ratio, and why.
NO_RATIO = {
    "none": "leaves the classes as they are",
    "class_weights": "reaches it by weights; see the test of weights",
    "edited_nearest_neighbours": "removes what contradicts its neighbours, however much that is",
    "smote_enn": "cleans after it has reached the ratio",
    "chain": "its members have ratios of their own",
    "constrained": "its strategy has a ratio of its own",
}
#: Strategies from which two generators give the same, and why.
NOT_RANDOM = {
    "none": "changes nothing",
    "class_weights": "weights follow from counts",
    "edited_nearest_neighbours": "neighbours are what they are",
}


def make(name, **parameters):
    return STRATEGIES.build({"name": name, **CHEAP.get(name, {}), **parameters})


def trained(table, target="kind", **kinds):
    schema = Schema.detect(table, target, kinds=kinds)
    return TrainingSet.from_table(schema.conform(table), schema)


@pytest.fixture
def train(mixed_dataset):
    """Every kind of column, missing values, three classes of different size, apart enough to have a border."""
    table = mixed_dataset.table.assign(
        balance=mixed_dataset.table["balance"] + 250 * mixed_dataset.codes
    )
    return TrainingSet.from_table(table.astype(mixed_dataset.table.dtypes), mixed_dataset.schema)


def call(name, train, seed=0, **parameters):
    return make(name, **parameters)(train, np.random.default_rng(seed))


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_member_of_the_contract_is_declared(name):
    strategy = make(name)
    assert isinstance(strategy, Strategy)
    assert type(strategy) is STRATEGIES[name]
    assert strategy.device in ("cpu", "cuda")
    assert strategy.makes_rows in (True, False)
    assert strategy.stream is not None


@pytest.mark.parametrize("name", STRATEGIES)
def test_the_log_goes_on_and_says_what_was_spent(name, train):
    before = train.logged(Entry(sampling=1.0))
    after = call(name, before)
    assert after.log[:1] == before.log
    for entry in after.log[1:]:
        seconds = (entry.training, entry.sampling, entry.enforcing)
        assert all(0 <= each < 600 for each in seconds)
        assert entry.reused <= entry.training


@pytest.mark.parametrize("name", STRATEGIES)
def test_what_is_asked_again_begins_as_what_is_asked_once(name, train):
    again = make(name).repeated(train, np.random.default_rng(0))
    assert_frame_equal(again().X, call(name, train).X)
    assert len(again()) > 0


@pytest.mark.parametrize("name", STRATEGIES)
def test_real_rows_come_back_cell_for_cell(name, train):
    out = call(name, train)
    real = out.origin != SYNTHETIC
    assert real.any()
    back = out.take(real)
    assert_frame_equal(back.X, train.take(back.origin).X)
    assert (back.codes == train.codes[back.origin]).all()
    # A row with an origin is that row, so what is no such row has none.
    assert ((out.origin >= SYNTHETIC) & (out.origin < len(train))).all()


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_row_without_origin_is_of_a_class_that_was_short(name, train):
    out = call(name, train)
    made = out.codes[out.origin == SYNTHETIC]
    assert (train.counts[made] < train.counts.max()).all()
    # What is added comes after what was there.
    assert (np.diff((out.origin == SYNTHETIC).astype(int)) >= 0).all() or name == "chain"


@pytest.mark.parametrize("name", STRATEGIES)
def test_same_generator_same_bytes(name, train):
    a, b = call(name, train), call(name, train)
    assert_frame_equal(a.X, b.X)
    for field in ("y", "weight", "origin"):
        assert getattr(a, field).tobytes() == getattr(b, field).tobytes()


@pytest.mark.parametrize("name", [name for name in STRATEGIES if name not in NOT_RANDOM])
def test_another_generator_another_result(name, train):
    assert not call(name, train, 0).X.equals(call(name, train, 1).X)


@pytest.mark.parametrize("name", NOT_RANDOM)
def test_what_is_not_random_draws_nothing(name, train):
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    make(name)(train, rng)
    assert rng.bit_generator.state == before


@pytest.mark.parametrize("name", STRATEGIES)
def test_the_argument_stays_as_it_was(name, train):
    X, y, weight, origin = (
        train.X.copy(deep=True),
        train.y.copy(),
        train.weight.copy(),
        train.origin.copy(),
    )
    call(name, train)
    assert_frame_equal(train.X, X)
    assert (train.y == y).all()
    assert (train.weight == weight).all()
    assert (train.origin == origin).all()


@pytest.mark.parametrize("ratio", [0.4, 1.0])
@pytest.mark.parametrize("name", [name for name in STRATEGIES if name not in NO_RATIO])
def test_every_class_reaches_the_ratio_exactly(name, ratio, train):
    counts = call(name, train, ratio=ratio).counts
    before = train.counts
    if name == "random_undersampling":  # the largest come down to the smallest, which stays
        assert counts.tolist() == np.minimum(before, round(before.min() / ratio)).tolist()
    else:
        assert counts.tolist() == np.maximum(before, round(ratio * before.max())).tolist()


@pytest.mark.parametrize("ratio", [0.4, 1.0])
def test_class_weights_reach_the_ratio_in_weight(ratio, train):
    out = call("class_weights", train, ratio=ratio)
    total = np.bincount(out.codes, out.weight)
    before = train.counts
    expected = np.maximum(before, round(ratio * before.max()))
    assert total / total.max() == pytest.approx(expected / expected.max())
    assert out.weight.mean() == pytest.approx(1)


@pytest.mark.parametrize("name", STRATEGIES)
def test_dtypes_categories_and_columns_are_kept(name, train):
    out = call(name, train)
    assert_frame_equal(
        out.X.head(0), train.X.head(0)
    )  # names, order, dtypes, categories and their order
    assert out.schema is train.schema
    assert out.X.index.equals(pd.RangeIndex(len(out)))


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_cell_is_one_that_the_column_may_hold(name, train):
    out = call(name, train).X
    for column in out:
        kind = train.schema[column].kind
        if kind in ("boolean", "categorical"):
            assert set(out[column].dropna()) <= set(train.X[column].dropna()), column
        if kind == "integer":
            values = out[column].dropna().to_numpy(float)
            assert (values == np.rint(values)).all(), column
        if train.X[column].notna().all():
            assert out[column].notna().all(), column
    assert not np.isinf(out.select_dtypes("float").to_numpy()).any()


@pytest.mark.parametrize("name", STRATEGIES)
def test_labels_sum_to_one_and_weights_are_not_negative(name, train):
    out = call(name, train)
    assert out.y.sum(axis=1) == pytest.approx(1)
    assert (out.y >= 0).all()
    assert (out.weight >= 0).all()


@pytest.mark.parametrize("name", STRATEGIES)
def test_soft_labels_may_come_in(name, train):
    soft = TrainingSet(train.X, 0.8 * train.y + 0.2 / 3, train.weight, train.origin, train.schema)
    out = call(name, soft)
    assert out.y.sum(axis=1) == pytest.approx(1)
    if name not in NO_RATIO and name != "random_undersampling":
        assert out.counts.tolist() == [train.counts.max()] * 3


@pytest.mark.parametrize("name", [name for name in STRATEGIES if name not in NO_RATIO])
def test_balanced_classes_are_left_alone(name, train):
    rows = np.concatenate([train.rows_of(code)[: train.counts.min()] for code in range(3)])
    even = train.take(np.sort(rows))
    assert_frame_equal(call(name, even).X, even.X)


N = 60
RNG = np.random.default_rng(5)
KIND = np.where(np.arange(N) % 5 == 0, "rare", "often")


def few(n):
    """A table whose rare class has `n` rows."""
    kind = np.where(np.arange(N) < n, "rare", "often")
    return pd.DataFrame(
        {
            "x": RNG.normal(size=N) + 2 * (kind == "rare"),
            "c": RNG.choice(["a", "b"], N),
            "kind": kind,
        }
    )


#: Tables that are right, and hard: a right result, or a clear DataError.
HARD = {
    "one number": pd.DataFrame({"x": RNG.normal(size=N), "kind": KIND}),
    "one category": pd.DataFrame({"c": RNG.choice(["a", "b", None], N), "kind": KIND}),
    "one time": pd.DataFrame(
        {"t": pd.date_range("2024-03-30", periods=N, freq="h", tz="Europe/Paris"), "kind": KIND}
    ),
    "one boolean": pd.DataFrame({"b": RNG.random(N) < 0.5, "kind": KIND}),
    "constants": pd.DataFrame(
        {"x": 3.5, "i": 7, "c": "same", "t": pd.Timestamp("2024-01-01"), "kind": KIND},
        index=range(N),
    ),
    "class of 1": few(1),
    "class of 2": few(2),
    "class of 6": few(6),
    "all missing": pd.DataFrame(
        {
            "x": RNG.normal(size=N),
            "void": np.nan,
            "none": pd.Series([None] * N, dtype=object),
            "nat": pd.Series([pd.NaT] * N, dtype="datetime64[ns]"),
            "na": pd.array([pd.NA] * N, dtype="Int64"),
            "cat": pd.Categorical([None] * N, ["p", "q"]),
            "kind": KIND,
        }
    ),
    "only missing": pd.DataFrame({"void": np.full(N, np.nan), "kind": KIND}),
    "10,000 levels": pd.DataFrame(
        {
            "c": pd.Categorical.from_codes(
                RNG.integers(0, 10_000, 20 * N), [f"level {i}" for i in range(10_000)]
            ),
            "x": RNG.normal(size=20 * N),
            "kind": np.tile(KIND, 20),
        }
    ),
    "nullable": pd.DataFrame(
        {
            "u": pd.array(RNG.integers(0, 256, N), dtype="UInt8"),
            "i": pd.Series(pd.array(RNG.integers(-5, 5, N), dtype="Int16")).mask(
                RNG.random(N) < 0.3
            ),
            "f": pd.Series(pd.array(RNG.normal(size=N), dtype="Float32")).mask(RNG.random(N) < 0.3),
            "s": pd.Series(RNG.choice(["a", "b"], N), dtype="string").mask(RNG.random(N) < 0.3),
            "b": pd.Series(pd.array(RNG.random(N) < 0.5, dtype="boolean")).mask(
                RNG.random(N) < 0.3
            ),
            "kind": KIND,
        }
    ),
    "extremes": pd.DataFrame(
        {
            "i8": RNG.choice(np.array([-128, 127], dtype="int8"), N),
            "u64": RNG.choice(np.array([0, 1, 2**64 - 1], dtype="uint64"), N),
            "i64": RNG.choice(np.array([-(2**63), 0, 2**63 - 1], dtype="int64"), N),
            "big": RNG.choice([-1e150, 1e150, 1.0], N),
            "small": RNG.choice([1e-300, 2e-300], N),
            "kind": KIND,
        }
    ),
    "duplicates": pd.DataFrame({"x": np.repeat(RNG.normal(size=6), 10), "c": "a", "kind": KIND}),
    "codes": pd.DataFrame(
        {"zip": RNG.choice([10_115, 20_095, 80_331], N), "x": RNG.normal(size=N), "kind": KIND}
    ),
}


SMALL = dict.fromkeys(("class of 1", "class of 2"), "too few rows to have k neighbours")
SAME = dict.fromkeys(
    ("one boolean", "constants", "only missing"), "no neighbourhood agrees on either class"
)
#: The hard tables that a strategy refuses, each with the reason. All others it must master.
REFUSED = {
    "smote": SMALL,
    "chain": SMALL,
    "borderline_smote": SMALL,
    "adasyn": SMALL,
    "svm_smote": SMALL,
    "smote_enn": SMALL | SAME,
    "constrained": SMALL,
}


@pytest.mark.parametrize("case", HARD)
@pytest.mark.parametrize("name", STRATEGIES)
def test_a_hard_table_gives_a_right_result_or_a_clear_refusal(name, case):
    kinds = (
        {"zip": "categorical"}
        if case == "codes"
        else {"none": "categorical"}
        if case == "all missing"
        else {}
    )
    train = trained(HARD[case], **kinds)
    if case in REFUSED.get(name, {}):
        with pytest.raises(DataError, match="however class 'rare'"):
            call(name, train)
        return
    out = call(name, train)
    assert_frame_equal(out.X.head(0), train.X.head(0))
    if name not in NO_RATIO and name != "random_undersampling":
        assert (out.counts == train.counts.max()).all()
    real = out.take(out.origin != SYNTHETIC)
    assert_frame_equal(real.X, train.take(real.origin).X)
    for column in train.X:
        if train.X[column].notna().all() and (train.X[column] == train.X[column].iloc[0]).all():
            assert (out.X[column] == train.X[column].iloc[0]).all(), column
        if train.X[column].isna().all():
            assert out.X[column].isna().all(), column


@pytest.mark.parametrize("name", [name for name in STRATEGIES if name != "none"])
def test_a_class_without_a_row_is_refused_by_name(name, train):
    without = train.take(train.codes != 1)
    with pytest.raises(DataError, match=repr(train.schema.classes[1])):
        call(name, without)


@pytest.mark.parametrize("name", STRATEGIES)
def test_duplicates_of_real_rows_are_still_that_row(name):
    """After a chain's first member, a row may stand twice: origins stay those of the training fold."""
    train = trained(few(12))
    twice = call("random_oversampling", train)
    out = call(name, twice)
    real = out.take(out.origin != SYNTHETIC)
    assert_frame_equal(real.X, train.take(real.origin).X)


@pytest.mark.real_data
def test_a_real_fold_with_dirt_in_it(real_data):
    dataset = load(real_data / "titanic.csv.gz", target="Survived")
    train = TrainingSet.from_table(dataset.table, dataset.schema)
    for name in STRATEGIES:
        out = call(name, train)
        assert_frame_equal(out.X.head(0), train.X.head(0))
