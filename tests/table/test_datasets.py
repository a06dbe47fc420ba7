"""The built-in data sets: the article's figures, the promised shapes, and oracles that are what they claim."""

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from synthkit.errors import ConfigError
from synthkit.randomness import generator
from synthkit.table.dataset import Process, load
from synthkit.table.datasets import DATASETS, ArticleFraud, MixedFraud, Passengers
from synthkit.table.split import HoldOut, parts

#: Those whose process is known.
KNOWN = [ArticleFraud(), MixedFraud(), MixedFraud(fraud_rate=0.2)]


@pytest.mark.parametrize("name", DATASETS)
def test_every_data_set_is_the_same_each_time_and_loads_as_it_describes_itself(name):
    made = DATASETS[name]()
    assert_frame_equal(made.table(), made.table())
    dataset = load(name)
    assert_frame_equal(dataset.table, made.table())
    assert (dataset.schema.target, dataset.schema.positive) == (made.target, made.positive)
    assert {c.name: c.kind for c in dataset.schema.columns if c.name != made.target} == made.kinds


@pytest.mark.parametrize("cls", [Passengers, MixedFraud])
def test_another_seed_makes_another_table(cls):
    assert not cls(seed=0).table().equals(cls(seed=1).table())


def test_the_articles_table_is_its_draws():
    table = ArticleFraud().table()
    assert table.shape == (5000, 5)
    assert table["fraud"].tolist() == [0] * 4750 + [1] * 250
    # The article calls NumPy's global functions after np.random.seed(42): the same stream.
    np.random.seed(42)
    assert (table["amount"].iloc[:4750] == np.random.exponential(80, 4750)).all()
    assert (table["amount"].iloc[4750:] == np.random.exponential(180, 250)).all()
    assert (table["hour"].iloc[:4750] == np.random.normal(14, 4, 4750).clip(0, 23)).all()
    assert (table["hour"].iloc[4750:] == np.random.normal(3, 5, 250).clip(0, 23)).all()
    for column, legit, fraud in (("velocity", 1.5, 5.0), ("distance", 20, 200)):
        assert (table[column].iloc[:4750] == np.random.exponential(legit, 4750)).all()
        assert (table[column].iloc[4750:] == np.random.exponential(fraud, 250)).all()


def test_bayes_optimal_figures_on_the_articles_test_split():
    from sklearn.metrics import average_precision_score, f1_score, precision_score, recall_score

    dataset = load("article_fraud")
    [fold] = HoldOut(test=0.3, tune=0, seed=42).split(dataset, 0)
    _, _, test = parts(dataset, fold)
    p = dataset.process.oracle(test.X)[:, 1]
    decided = p > 0.5
    assert round(recall_score(test.codes, decided), 2) == 0.85
    assert round(precision_score(test.codes, decided), 2) == 0.94
    assert round(f1_score(test.codes, decided), 2) == 0.90
    assert round(average_precision_score(test.codes, p), 3) == 0.954


@pytest.mark.parametrize("made", KNOWN, ids=str)
def test_an_oracle_is_calibrated_on_fresh_rows(made):
    fresh = made.fresh(200_000, np.random.default_rng(7))
    p = made.oracle(fresh.drop(columns="fraud"))
    assert p.shape == (200_000, 2)
    assert np.allclose(p.sum(axis=1), 1)
    q, fraud = p[:, 1], fresh["fraud"].to_numpy()
    edges = [0, 1e-3, 0.01, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.97, 1]
    bins = np.digitize(q, edges[1:-1])
    expected, variance, seen = (np.bincount(bins, v) for v in (q, q * (1 - q), fraud))
    # Given the rows, the frauds in a bin are a sum of independent draws: mean Σq, variance Σq(1-q).
    filled = variance > 3
    assert filled.sum() >= 8
    assert np.abs((seen - expected)[filled] / np.sqrt(variance[filled])).max() < 4


@pytest.mark.parametrize("made", KNOWN, ids=str)
def test_no_model_beats_the_oracle(made):
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import average_precision_score

    def numbers(table):
        X = table.drop(columns=["fraud", "payment_id"], errors="ignore")
        if "time" in X:
            X = X.assign(hour=X["time"].dt.hour, wait=(X["settled"] - X["time"]).dt.total_seconds())
            X = X.drop(columns=["time", "settled"]).assign(
                **{
                    c: pd.factorize(X[c], sort=True)[0]
                    for c in ("merchant_category", "country", "device")
                }
            )
        return X.astype(float)

    train, test = (
        made.fresh(20_000, np.random.default_rng(0)),
        made.fresh(60_000, np.random.default_rng(1)),
    )
    model = HistGradientBoostingClassifier(max_iter=60, random_state=0).fit(
        numbers(train), train["fraud"]
    )
    learned = average_precision_score(test["fraud"], model.predict_proba(numbers(test))[:, 1])
    best = average_precision_score(test["fraud"], made.oracle(test)[:, 1])
    assert learned < best
    assert (
        learned > 0.5 * best
    )  # the columns tell the classes: a model that sees them gets somewhere


@pytest.mark.parametrize("made", KNOWN, ids=str)
def test_fresh_rows_look_like_the_table(made):
    table, fresh = made.table(), made.fresh(50_000, np.random.default_rng(3))
    assert_frame_equal(fresh.head(0), table.head(0))  # columns and dtypes
    assert isinstance(made, Process)
    assert abs(fresh["fraud"].mean() - table["fraud"].mean()) < 0.005
    missing = table.isna().mean() - fresh.isna().mean()
    assert missing.abs().max() < 0.015
    for column in ("amount", "distance"):
        assert table[column].median() == pytest.approx(fresh[column].median(), rel=0.1)


def test_an_oracle_does_not_depend_on_the_other_rows():
    for made in KNOWN:
        table = made.table().head(300)
        shuffled = table.sample(frac=1, random_state=0)
        whole = pd.DataFrame(made.oracle(table), index=table.index)
        assert_frame_equal(
            pd.DataFrame(made.oracle(shuffled), index=shuffled.index), whole.loc[shuffled.index]
        )


def test_mixed_fraud_keeps_its_rules_and_its_rate():
    table = MixedFraud(rows=10_000, fraud_rate=0.03, seed=5).table()
    assert (len(table), table["fraud"].sum()) == (10_000, 300)
    assert (table["refund"] <= table["amount"]).all()
    assert (table["refund"] > 0).any()
    settled = table["settled"].notna()
    assert (table["settled"] >= table["time"])[settled].all()
    assert not table.loc[~table["card_present"], "chip_read"].any()
    assert table["chip_read"].any()
    assert table["merchant_category"].nunique() == 30
    assert (table["amount"] >= 0.01).all()
    assert ((table["amount"] * 100).round() / 100 == table["amount"]).all()


def test_mixed_fraud_has_two_groups_and_missing_values_that_tell():
    table = MixedFraud(rows=40_000, fraud_rate=0.1).table()
    fraud = table[table["fraud"] == 1]
    small = fraud["amount"] < 20
    assert fraud.loc[~small, "distance"].median() > 1.5 * fraud.loc[small, "distance"].median()
    assert (
        fraud.loc[small, "recent_payments"].mean()
        > 1.3 * fraud.loc[~small, "recent_payments"].mean()
    )
    gone = table.drop(columns="fraud").isna().groupby(table["fraud"]).mean()
    assert (
        gone.loc[1, ["settled", "device", "distance"]]
        > 2 * gone.loc[0, ["settled", "device", "distance"]]
    ).all()


def test_what_is_missing_is_evidence():
    made = MixedFraud()
    row = made.table().query("fraud == 0").dropna().head(1)
    gone = row.assign(settled=row["settled"].mask(row["amount"] > 0))
    assert made.oracle(gone)[0, 1] > made.oracle(row)[0, 1]


def test_passengers_are_like_the_titanics():
    rates = [Passengers(seed=s).table()["survived"].mean() for s in range(20)]
    assert 0.36 < np.mean(rates) < 0.39
    table = Passengers().table()
    assert len(table) == 800
    assert 0.35 < table["survived"].mean() < 0.39
    assert 0.17 < table["age"].isna().mean() < 0.23
    assert table["port"].isna().sum() == 2
    big = Passengers(rows=20_000).table()
    by = big.groupby(["sex", "passenger_class"], observed=True)["survived"].mean()
    assert (by["female"] > by["male"]).all()
    assert by["female"].is_monotonic_decreasing
    assert by["male"].is_monotonic_decreasing
    assert (
        big.loc[big["age"] < 12, "survived"].mean() > big.loc[big["age"] >= 12, "survived"].mean()
    )


@pytest.mark.parametrize(
    ("cls", "wrong"),
    [
        (MixedFraud, {"rows": 0}),
        (MixedFraud, {"fraud_rate": 0}),
        (MixedFraud, {"fraud_rate": 0.9}),
        (MixedFraud, {"rows": 30, "fraud_rate": 0.001}),
        (MixedFraud, {"seed": -1}),
        (Passengers, {"rows": 2.5}),
    ],
)
def test_parameters_out_of_range_are_refused(cls, wrong):
    with pytest.raises(ConfigError) as refused:
        cls(**wrong)
    assert refused.value.key in wrong


def test_every_draw_comes_from_the_generator_given():
    for made in KNOWN:
        np.random.seed(0)
        first = made.fresh(50, generator(1, "x"))
        np.random.seed(1)
        assert_frame_equal(first, made.fresh(50, generator(1, "x")))
