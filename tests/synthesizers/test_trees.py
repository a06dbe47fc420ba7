"""Laws of sequential trees: what comes out is made of what went in, class by class, condition by condition."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from synthkit.errors import ConfigError, DataError
from synthkit.synthesizers import SequentialTrees

N = 3000


def every_kind(n: int = N, rate: float = 0.1) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    fraud = (rng.random(n) < rate).astype(int)
    g = rng.integers(0, 6, n)
    words = np.array(list("abcdef"), dtype=object)
    days = pd.to_timedelta(rng.integers(0, 900, n), "D")
    moments = (
        pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 10**8, n), "s")
    ).tz_localize("UTC")
    table = pd.DataFrame(
        {
            "f64": rng.normal(size=n) + fraud,
            "f32": rng.normal(size=n).astype("float32"),
            "gaps": np.where(
                rng.random(n) < 0.1 + 0.5 * fraud, np.nan, rng.exponential(size=n).round(2)
            ),
            "i8": rng.integers(0, 50, n).astype("int8"),
            "u16": rng.integers(0, 5000, n).astype("uint16"),
            "huge": rng.integers(2**60, 2**62, n),
            "Int64": pd.array(
                np.where(rng.random(n) < 0.2, None, g * 100 + rng.integers(0, 99, n)), dtype="Int64"
            ),
            "Float64": pd.array(
                np.where(rng.random(n) < 0.2, None, rng.normal(size=n)), dtype="Float64"
            ),
            "bool": rng.random(n) < 0.3,
            "boolean": pd.array(
                np.where(rng.random(n) < 0.2, None, rng.random(n) < 0.5), dtype="boolean"
            ),
            "zero_one": rng.integers(0, 2, n),
            "word": words[g],
            "none": np.where(rng.random(n) < 0.1, None, words[g // 2]),
            "string": pd.array(words[g // 2], dtype="string"),
            "arrow": pd.array(words[g // 2], dtype="string[pyarrow]"),
            "category": pd.Categorical(words[g], categories=list("fedcbaz"), ordered=True),
            "numbered": pd.Categorical(np.where(rng.random(n) < 0.1, None, g * 10)),
            "day": pd.Timestamp("2020-01-01") + days,
            "second": moments.tz_localize(None).astype("M8[s]"),
            "paris": moments.tz_convert("Europe/Paris"),
            "constant": 7,
            "gone": np.nan,
            "key": [f"k{i:05d}" for i in range(n)],
            "fraud": fraud,
        }
    )
    table.loc[::17, "paris"] = pd.NaT
    return table


@pytest.fixture(scope="module")
def table():
    return every_kind()


@pytest.fixture(scope="module", params=["donor", "range"])
def fitted(request, table):
    return SequentialTrees(draw=request.param).fit(table, target="fraud", rng=0)


@pytest.fixture(scope="module")
def donor(table):
    return SequentialTrees().fit(table, target="fraud", rng=0)


def within(share: float, truth: float, n: int) -> bool:
    return abs(share - truth) <= 4 * np.sqrt(max(truth * (1 - truth), 1 / n) / n)


def test_dtypes_columns_and_levels_come_back(fitted, table):
    sample = fitted.sample(700, rng=1)
    assert sample.dtypes.to_dict() == table.dtypes.to_dict()
    assert list(sample) == list(table)
    for name in ("word", "string", "bool", "numbered", "none"):
        assert set(sample[name].dropna()) <= set(table[name].dropna()), name
    nulls = sample["none"][sample["none"].isna()]
    assert len(nulls) > 0
    assert all(value is None for value in nulls)
    assert (sample["constant"] == 7).all()
    assert sample["gone"].isna().all()
    assert sample["key"].is_unique
    assert not sample["key"].isin(table["key"]).any()


def test_every_cell_of_a_donor_draw_is_a_value_of_its_column(donor, table):
    sample = donor.sample(500, rng=1)
    for name in table.columns.drop(["key", "gone"]):
        assert sample[name].dropna().isin(table[name]).all(), name


def test_a_range_draw_stays_in_range_whole_rounded_and_off_the_rare_values(table):
    sample = SequentialTrees(draw="range").fit(table, target="fraud", rng=0).sample(2000, rng=1)
    for name in ("f64", "f32", "gaps", "i8", "u16", "huge", "Int64", "day", "paris"):
        assert sample[name].min() >= table[name].min(), name
        assert sample[name].max() <= table[name].max(), name
    assert np.array_equal(sample["gaps"].dropna(), sample["gaps"].dropna().round(2))
    assert (sample["day"] == sample["day"].dt.normalize()).all()
    assert (sample["paris"].dropna().dt.microsecond == 0).all()
    assert not sample["f64"].isin(table["f64"]).any()
    assert sample["paris"].dropna().isin(table["paris"]).mean() < 0.05


def test_a_range_draw_keeps_the_values_that_many_rows_share():
    rng = np.random.default_rng(0)
    spent = np.where(rng.random(2000) < 0.6, 0.0, rng.exponential(50, 2000))
    sample = (
        SequentialTrees(draw="range")
        .fit(pd.DataFrame({"spent": spent, "other": rng.normal(size=2000)}), rng=0)
        .sample(2000, rng=0)
    )
    assert within((sample["spent"] == 0).mean(), (spent == 0).mean(), 1000)


def test_same_seed_same_bytes_whatever_the_threads(table):
    once = SequentialTrees().fit(table, target="fraud", rng=3).sample(300, rng=5)
    again = SequentialTrees(threads=3).fit(table, target="fraud", rng=3).sample(300, rng=5)
    assert_frame_equal(once, again)
    other = SequentialTrees().fit(table, target="fraud", rng=3).sample(300, rng=6)
    assert not once["f64"].equals(other["f64"])


def test_fitting_leaves_the_table_and_the_synthesizer_alone(table):
    before, synthesizer = table.copy(deep=True), SequentialTrees()
    synthesizer.fit(table, target="fraud", rng=0)
    assert_frame_equal(table, before)
    assert synthesizer == SequentialTrees()
    assert hash(SequentialTrees(order=["a"])) == hash(SequentialTrees(order=("a",)))


@pytest.mark.parametrize("rate", [0.05, 0.005])
def test_classes_come_at_their_rates_or_those_asked_for(rate):
    table = every_kind(20_000, rate)[["f64", "word", "fraud"]]
    fitted = SequentialTrees().fit(table, target="fraud", rng=0)
    assert within(fitted.sample(20_000, rng=0)["fraud"].mean(), table["fraud"].mean(), 20_000)
    asked = fitted.sample(2000, rng=0, rates={0: 0.3, 1: 0.7})
    assert within(asked["fraud"].mean(), 0.7, 2000)


def test_missing_values_keep_their_rate_in_each_class(fitted, table):
    sample = fitted.sample(2000, rng=0, rates={0: 0.5, 1: 0.5})
    for value in (0, 1):
        for name in ("gaps", "Int64", "boolean", "none", "numbered"):
            truth = table[name][table["fraud"] == value].isna().mean()
            assert within(sample[name][sample["fraud"] == value].isna().mean(), truth, 300), (
                name,
                value,
            )


def test_a_rare_class_takes_nothing_from_the_others():
    rng = np.random.default_rng(0)
    common = pd.DataFrame({"a": rng.normal(0, 1, 3000), "b": rng.choice(["x", "y"], 3000), "c": 0})
    rare = pd.DataFrame({"a": rng.normal(50, 1, 12), "b": "z", "c": 1})
    sample = (
        SequentialTrees()
        .fit(pd.concat([common, rare]), target="c", rng=0)
        .sample(50, rng=0, where={"c": 1})
    )
    assert (sample["b"] == "z").all()
    assert (sample["a"] > 40).all()


@pytest.mark.parametrize(
    "where",
    [
        {"fraud": 1},
        {"word": "b"},
        {"word": "b", "fraud": 1},
        {"Int64": None, "category": "a"},
        {"u16": 77},
        {"f64": 0.5},
        {"paris": "2021-01-01T00:00:00Z"},
        {"gaps": None},
        {"boolean": True, "bool": False, "i8": 3},
        {"numbered": 20, "none": None},
        {"day": "2021-03-04"},
        {"constant": 7, "string": "a"},
    ],
    ids=str,
)
def test_conditions_are_met_in_every_row(fitted, table, where):
    sample = fitted.sample(60, rng=0, where=where)
    assert len(sample) == 60
    assert sample.dtypes.to_dict() == table.dtypes.to_dict()
    for name, value in where.items():
        if name == "paris":
            value = pd.Timestamp(value)
        assert (sample[name].isna() if value is None else sample[name] == value).all(), name
    assert 0 < fitted.acceptance <= 1


@given(
    value=st.floats(-2, 2),
    time=st.datetimes(pd.Timestamp("2020-02-01"), pd.Timestamp("2023-01-01")),
)
@settings(max_examples=25, deadline=None)
def test_a_number_or_time_between_those_seen_is_met_to_the_last_digit(donor, value, time):
    time = pd.Timestamp(time).floor("s")
    sample = donor.sample(5, rng=0, where={"f64": value, "second": time})
    assert (sample["f64"] == value).all()
    assert (sample["second"] == time).all()
    assert donor.acceptance > 1e-4


def test_conditioned_rows_are_distributed_like_the_free_rows_that_meet_the_condition():
    rng = np.random.default_rng(1)
    n = 8000
    fraud = (rng.random(n) < 0.2).astype(int)
    shade = np.where(rng.random(n) < 0.3 + 0.4 * fraud, "dark", "light")
    size = rng.normal((shade == "dark") * 1.0 + fraud, 1)
    kind = np.where(size + rng.normal(size=n) > 1.5, "rare", "usual")
    table = pd.DataFrame({"shade": shade, "size": size, "kind": kind, "fraud": fraud})
    fitted = SequentialTrees().fit(table, target="fraud", rng=0)
    free = fitted.sample(60_000, rng=1)
    for where in ({"shade": "dark"}, {"kind": "rare"}, {"kind": "rare", "shade": "light"}):
        met = free[np.logical_and.reduce([free[name] == value for name, value in where.items()])]
        asked = fitted.sample(6000, rng=2, where=where)
        least = min(len(met), len(asked)) / 2
        assert within(asked["fraud"].mean(), met["fraud"].mean(), int(least)), where
        assert within(
            (asked["kind"] == "rare").mean(), (met["kind"] == "rare").mean(), int(least)
        ), where
        assert abs(asked["size"].mean() - met["size"].mean()) < 5 * met["size"].std() / np.sqrt(
            least
        ), where


def test_a_value_that_one_row_of_thousands_has_can_be_asked_for_cheaply():
    table = every_kind(6000)[["f64", "i8", "word", "Int64", "fraud"]]
    table.loc[5, "word"] = "once"
    fitted = SequentialTrees().fit(table, target="fraud", rng=0)
    sample = fitted.sample(100, rng=0, where={"word": "once"})
    assert (sample["word"] == "once").all()
    # Drawn and compared, one row in 6,000 would be kept.
    assert fitted.acceptance > 5 / 6000
    early = SequentialTrees(order=["word"]).fit(table, target="fraud", rng=0)
    early.sample(100, rng=0, where={"word": "once"})
    assert early.acceptance > 0.5


def test_a_condition_that_no_row_of_the_class_meets_is_refused_by_name(table):
    part = table[["f64", "word", "fraud"]].copy()
    part.loc[(part["fraud"] == 1) & (part["word"] == "b"), "word"] = "c"
    fitted = SequentialTrees().fit(part, target="fraud", rng=0)
    with pytest.raises(DataError, match="word = 'b'"):
        fitted.sample(5, rng=0, where={"word": "b", "fraud": 1})
    with pytest.raises((DataError, ConfigError), match="'q'"):
        fitted.sample(5, rng=0, where={"word": "q"})


def test_a_column_that_is_a_function_of_another_stays_one(fitted, table):
    sample = fitted.sample(2000, rng=0)
    for cause, effect in (("word", "string"), ("category", "arrow")):
        truth = dict(zip(table[cause], table[effect], strict=True))
        assert (sample[cause].map(truth).astype(str) == sample[effect].astype(str)).all()


def test_columns_that_go_together_still_do():
    rng = np.random.default_rng(0)
    z = rng.normal(size=6000)
    table = pd.DataFrame({"a": z, "b": z + 0.5 * rng.normal(size=6000), "c": rng.normal(size=6000)})
    sample = SequentialTrees().fit(table, rng=0).sample(6000, rng=0)
    assert np.abs(sample.corr().to_numpy() - table.corr().to_numpy()).max() < 0.06


def test_more_gain_asked_of_splits_means_fewer_leaves(table):
    def leaves(**parameters):
        model = SequentialTrees(**parameters).fit(table, target="fraud", rng=0).model
        return sum((tree.feature < 0).sum() for trees in model.trees for tree in trees)

    assert leaves(min_gain=0) > leaves(min_gain=4) >= leaves(min_gain=50)


def test_arrays_and_json_give_the_same_rows_again(fitted, tmp_path):
    arrays, state = fitted.model.to_arrays()
    np.savez(tmp_path / "model.npz", **arrays)
    with np.load(tmp_path / "model.npz", allow_pickle=False) as loaded:
        again = fitted.synthesizer.from_arrays(dict(loaded), json.loads(json.dumps(state)))
    for where in ({}, {"word": "b"}):
        assert_frame_equal(
            again.draw(200, where, np.random.default_rng(0)),
            fitted.model.draw(200, where, np.random.default_rng(0)),
        )


def test_the_order_is_target_then_asked_then_the_others(table):
    model = SequentialTrees(order=["day", "bool"]).fit(table, target="fraud", rng=0).model
    assert [coding.name for coding in model.columns[:3]] == ["fraud", "day", "bool"]
    assert sorted(coding.name for coding in model.columns) == sorted(model.names)


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"min_samples_leaf": 0}, "min_samples_leaf"),
        ({"draw": "rang"}, "range"),
        ({"min_gain": -1}, "min_gain"),
        ({"threads": 0}, "threads"),
        ({"order": "word"}, "must be a list of columns, however it is 'word'"),
    ],
)
def test_parameters_out_of_range_are_refused(parameters, says):
    with pytest.raises(ConfigError, match=says):
        SequentialTrees(**parameters)


@pytest.mark.parametrize("order", [["wrod"], ["word", "word"]])
def test_an_order_that_does_not_fit_the_table_is_refused(order, table):
    with pytest.raises(ConfigError, match="order"):
        SequentialTrees(order=order).fit(table, target="fraud", rng=0)


@pytest.mark.parametrize("rows", [1, 2, 30])
@pytest.mark.parametrize("draw", ["donor", "range"])
def test_small_tables_work(rows, draw):
    table = pd.DataFrame(
        {"a": np.arange(rows) * 1.5, "b": ["x", "y"] * (rows // 2) + ["x"] * (rows % 2)}
    )
    sample = SequentialTrees(draw=draw).fit(table, rng=0).sample(40, rng=0)
    assert len(sample) == 40
    assert sample.dtypes.to_dict() == table.dtypes.to_dict()
    assert sample["a"].between(table["a"].min(), table["a"].max()).all()


def test_five_thousand_levels_and_levels_seen_once_work():
    rng = np.random.default_rng(0)
    number = rng.integers(0, 5000, 10_000)
    table = pd.DataFrame(
        {
            "many": pd.Categorical([f"level {i}" for i in number]),
            "x": number + rng.normal(0, 100, 10_000),
            "y": np.arange(10_000) % 2,
        }
    )
    sample = SequentialTrees(order=["x"]).fit(table, target="y", rng=0).sample(5000, rng=0)
    # Levels are joined by what they go with, so that a tree can find them: x tells which level it may be.
    level = sample["many"].astype(str).str.removeprefix("level ").astype(int)
    assert np.corrcoef(level, sample["x"])[0, 1] > 0.9


@pytest.mark.real_data
def test_a_classifier_learns_from_the_copy_of_adult_nearly_what_it_learns_from_adult(real_data):
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import average_precision_score

    adult = pd.read_csv(real_data / "adult.csv.gz")
    train, test = adult[::3].reset_index(drop=True), adult[1::3].reset_index(drop=True)
    levels = {
        name: pd.CategoricalDtype(sorted(adult[name].unique()))
        for name in adult.select_dtypes("object")
    }

    def score(table: pd.DataFrame) -> float:
        model = HistGradientBoostingClassifier(random_state=0, max_iter=60)
        model.fit(
            table.drop(columns="income").astype({k: v for k, v in levels.items() if k != "income"}),
            table["income"],
        )
        features = test.drop(columns="income").astype(
            {k: v for k, v in levels.items() if k != "income"}
        )
        return average_precision_score(
            test["income"] == model.classes_[1], model.predict_proba(features)[:, 1]
        )

    copy = SequentialTrees().fit(train, target="income", rng=0).sample(len(train), rng=0)
    assert score(copy) > 0.96 * score(train)
    copied = (
        pd.util.hash_pandas_object(copy, index=False)
        .isin(pd.util.hash_pandas_object(train, index=False))
        .mean()
    )
    assert copied < 0.005
    truth = train.groupby("education")["education-num"].first()
    assert (copy["education"].map(truth) == copy["education-num"]).all()
