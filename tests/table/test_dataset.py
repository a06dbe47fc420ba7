"""Tables come in whole or not at all: every source, the hash, and one clear message per kind of bad input."""

import sqlite3

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from synthkit.errors import ConfigError, DataError
from synthkit.table.dataset import content_hash, load, read, table_hash
from synthkit.table.schema import Kind, Schema

GOOD = "amount,city,fraud\n1.5,Köln,0\n2.5,Paris,1\n3.0,Köln,0\n"


def payments(rows=40, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "amount": rng.exponential(50, rows),
            "city": rng.choice(["Köln", "Paris"], rows),
            "fraud": np.arange(rows) % 5 // 4,
        }
    )


# --- sources -------------------------------------------------------------------------------------


def test_a_data_frame_stays_cell_for_cell_and_is_not_touched(mixed_table):
    before = mixed_table.copy()
    dataset = load(mixed_table, target="outcome", positive="fraud")
    assert_frame_equal(dataset.table, before)
    dataset.table["amount"] = 0.0
    assert_frame_equal(mixed_table, before)
    assert (dataset.name, len(dataset), dataset.dropped_rows, dataset.process) == (
        "a DataFrame",
        120,
        0,
        None,
    )
    assert [dataset.schema.classes[c] for c in dataset.codes] == before["outcome"].tolist()


def test_any_index_becomes_positions(mixed_table):
    mixed_table.index = pd.Index(["same"] * len(mixed_table))
    assert load(mixed_table, target="outcome").table.index.equals(pd.RangeIndex(len(mixed_table)))


@pytest.mark.parametrize(
    ("name", "sep"),
    [
        ("t.csv", ","),
        ("t.csv", ";"),
        ("t.csv", "|"),
        ("t.tsv", "\t"),
        ("t.txt", "\t"),
        ("t.csv.gz", ","),
    ],
)
def test_text_files_come_back_cell_for_cell(tmp_path, name, sep):
    table = payments()
    table.to_csv(tmp_path / name, sep=sep, index=False)
    dataset = load(tmp_path / name, target="fraud")
    assert_frame_equal(dataset.table, table)
    assert dataset.name == name


def test_parquet_keeps_every_dtype(tmp_path, mixed_table):
    mixed_table["when"] = mixed_table["when"].dt.as_unit("ms")  # Parquet has no whole seconds
    mixed_table.to_parquet(tmp_path / "t.parquet")
    assert_frame_equal(load(str(tmp_path / "t.parquet"), target="outcome").table, mixed_table)


@pytest.mark.parametrize("how", ["in the URL", "beside it"])
def test_a_database_answers_a_query(tmp_path, how):
    table = payments()
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        table.to_sql("payments", connection, index=False)
    connection.close()
    url, query = (
        f"sqlite:///{tmp_path}/shop.db",
        "SELECT * FROM payments WHERE city <> 'a:b?select'",
    )
    source = (
        {"source": f"{url}?{query}"} if how == "in the URL" else {"source": url, "query": query}
    )
    assert_frame_equal(load(**source, target="fraud").table, table)


def test_named_data_sets_take_their_parameters():
    dataset = load({"name": "mixed_fraud", "rows": 500, "fraud_rate": 0.1})
    assert (len(dataset), dataset.codes.sum(), dataset.name) == (500, 50, "mixed_fraud")
    assert dataset.process.oracle(dataset.table).shape == (500, 2)
    with pytest.raises(ConfigError, match="fraud_rate"):
        load({"name": "mixed_fraud", "fraud_rat": 0.1})


def test_another_target_has_no_known_process():
    dataset = load("mixed_fraud", target="card_present")
    assert dataset.process is None
    assert dataset.schema.classes == (False, True)


def fake_openml(monkeypatch, answer):
    import sklearn.datasets

    calls = []

    def fetch_openml(**asked):
        calls.append(asked)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(sklearn.datasets, "fetch_openml", fetch_openml)
    return calls


def test_openml_by_name_and_number_with_its_own_target(monkeypatch):
    from sklearn.utils import Bunch

    calls = fake_openml(monkeypatch, Bunch(frame=payments(), target_names=["fraud"]))
    dataset = load("openml:some-payments")
    assert (dataset.name, dataset.schema.target) == ("openml:some-payments", "fraud")
    assert load("openml:1590", target="city").schema.target == "city"
    assert calls == [
        {"name": "some-payments", "as_frame": True, "parser": "auto"},
        {"data_id": 1590, "as_frame": True, "parser": "auto"},
    ]


def test_openml_out_of_reach(monkeypatch):
    from urllib.error import URLError

    fake_openml(monkeypatch, URLError("no route to host"))
    with pytest.raises(
        DataError, match=r"'adult' could not be fetched.*no route to host.*download"
    ):
        load("openml:adult")


def test_read_is_the_table_as_it_is():
    assert read("article_fraud").shape == (5000, 5)


# --- tables that are wrong -----------------------------------------------------------------------


def test_a_target_is_needed_and_must_exist():
    with pytest.raises(ConfigError, match="amount, city, fraud") as refused:
        load(payments())
    assert refused.value.key == "target"
    with pytest.raises(DataError, match="Did you mean 'fraud'"):
        load(payments(), target="frauds")


@pytest.mark.parametrize("dtype", ["float64", "Int64", "object", "boolean", "category"])
def test_rows_without_target_are_refused_or_dropped_and_counted(dtype):
    table = payments()
    table["fraud"] = table["fraud"].astype(dtype).mask([i in (3, 7) for i in range(40)])
    with pytest.raises(DataError, match=r"2 of 40 rows .*row 3.*drop_missing_target"):
        load(table, target="fraud")
    dataset = load(table, target="fraud", drop_missing_target=True)
    assert (len(dataset), dataset.dropped_rows) == (38, 2)
    assert_frame_equal(
        dataset.table.drop(columns="fraud"),
        payments().drop(index=[3, 7], columns="fraud").reset_index(drop=True),
    )
    assert dataset.codes.tolist() == payments()["fraud"].drop([3, 7]).tolist()
    assert dataset.schema.classes == (0, 1)  # 0.0 beside NaN is the class 0
    if dtype == "float64":
        assert dataset.table["fraud"].dtype == "int64"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.assign(fraud=np.nan), "'fraud' needs values, however all 40"),
        (lambda t: t.assign(fraud=1), "at least two classes"),
        (lambda t: t.assign(fraud=t["amount"]), "'fraud' must be a class"),
        (
            lambda t: t.assign(fraud=[f"name {i}" for i in range(40)] * 1).pipe(
                lambda u: pd.concat([u] * 2).assign(fraud=[f"name {i}" for i in range(80)])
            ),
            "'fraud' must be a class, however it has 80",
        ),
        (lambda t: t.assign(fraud=[*[0, 1] * 19, "0", "1"]), "'fraud' .*mixes int, str"),
        (lambda t: t.assign(fraud=t["fraud"].replace(1, np.inf)), "'fraud'.*row 4 holds inf"),
        (lambda t: t.assign(fraud=pd.Timestamp("2024-01-01")), "'fraud' must be a class"),
        (
            lambda t: t.assign(amount=t["amount"].mask(t.index == 6, -np.inf)),
            r"'amount'.*row 6 holds -inf \(1 such",
        ),
        (
            lambda t: t.assign(city=t["city"].mask(t.index == 2, 5)),
            "'city' must hold one type .*mixes int, str",
        ),
        (lambda t: t.assign(city=[[1]] * 40), "'city' holds list values"),
        (lambda t: t.assign(city=1j), "'city' holds complex"),
        (lambda t: t.assign(city=pd.Timedelta("1h")), "'city' holds timedelta"),
        (
            lambda t: t.set_axis(["amount", "fraud", "fraud"], axis=1),
            "'fraud' stands more than once",
        ),
        (lambda t: t.head(0), "0 rows"),
        (lambda t: t[["fraud"]], "at least one column to learn from"),
        (lambda t: t[["fraud"]].assign(id=range(40)), "'id' is key"),
    ],
)
def test_a_bad_table_gets_one_clear_message(change, says):
    with pytest.raises(DataError, match=says):
        load(change(payments()), target="fraud")


def test_what_is_no_table_is_told():
    with pytest.raises(ConfigError, match="ndarray"):
        load(np.zeros((3, 3)), target="0")


# --- schema and positive class -------------------------------------------------------------------


def test_kinds_can_be_overridden_and_mistakes_are_named():
    dataset = load(payments(), target="fraud", schema={"city": "text"})
    assert dataset.schema["city"].kind is Kind.TEXT
    assert dataset.schema.features == ("amount",)
    with pytest.raises(ConfigError, match="Did you mean 'city'"):
        load(payments(), target="fraud", schema={"cty": "text"})
    with pytest.raises(ConfigError, match="Did you mean 'categorical'"):
        load(payments(), target="fraud", schema={"city": "categorial"})
    with pytest.raises(DataError, match=r"'city' must hold a number .*row 0"):
        load(payments(), target="fraud", schema={"city": "numeric"})


def test_a_whole_schema_brings_target_and_positive_class():
    schema = Schema.detect(payments(), "fraud", positive=0, kinds={"city": "text"})
    dataset = load(payments(), schema=schema)
    assert dataset.schema == schema
    assert load(payments(), schema=schema, positive=1).schema.positive == 1
    # Another target than the schema's: its positive class says nothing about it.
    other = load(payments(), schema={"amount": "numeric"}, target="city").schema
    assert other.positive in ("Köln", "Paris")
    assert load(payments(), schema=schema, target="city").schema.classes == ("Köln", "Paris")


def test_the_positive_class_is_the_rarer_unless_named():
    assert load(payments(), target="fraud").schema.positive == 1
    assert load(payments(), target="fraud", positive="0").schema.positive == 0
    with pytest.raises(ConfigError, match="'yes'"):
        load(payments(), target="fraud", positive="yes")


# --- the hash ------------------------------------------------------------------------------------


def test_the_hash_is_known_and_is_that_of_the_content(mixed_table):
    assert content_hash(load("article_fraud").table) == load("article_fraud").content_hash
    # Pinned: a ledger of another day or machine has to recognise the same table.
    pinned = pd.DataFrame({"a": [1.5, np.nan], "b": ["x", None], "c": pd.Categorical(["u", "v"])})
    assert (
        content_hash(pinned) == "0ceba52c5b2468f8a6e7e1639b6a608774b2cf278730e2a701ed2698ff2bf257"
    )
    assert content_hash(mixed_table) == content_hash(mixed_table.copy())


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.rename(columns={"amount": "sum"}),
        lambda t: t[list(t.columns[::-1])],
        lambda t: t.iloc[::-1].reset_index(drop=True),
        lambda t: t.astype({"items": "int32"}),
        lambda t: t.astype({"device": "object"}),
        lambda t: t.assign(device=t["device"].cat.add_categories("fridge")),
        lambda t: t.assign(risk=t["risk"].cat.as_unordered()),
        lambda t: t.assign(when=t["when"].dt.tz_convert("UTC")),
        lambda t: t.assign(born=t["born"].dt.as_unit("s")),
        lambda t: t.assign(age=t["age"].fillna(0)),
        lambda t: t.assign(city=t["city"].fillna("")),
        lambda t: t.head(-1),
    ],
)
def test_any_change_changes_the_hash(mixed_table, change):
    assert content_hash(change(mixed_table)) != content_hash(mixed_table)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=20), st.data()
)
def test_any_changed_cell_changes_the_hash(values, data):
    table = pd.DataFrame({"a": values})
    row = data.draw(st.integers(0, len(values) - 1))
    other = data.draw(
        st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: x != values[row])
    )
    changed = pd.DataFrame({"a": [*values[:row], other, *values[row + 1 :]]})
    assert content_hash(changed) != content_hash(table)


# --- real tables ---------------------------------------------------------------------------------


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "rows", "target", "positive", "share", "ignored"),
    [
        ("adult", 32_561, "income", " >50K", 0.241, []),
        ("creditcard_10k", 9_999, "Class", 1, 0.049, []),
        ("german_credit", 1_000, "credit_risk", "bad", 0.30, []),
        ("mammography", 11_183, "calcification", 1, 0.023, []),
        ("online_shoppers", 12_330, "Revenue", True, 0.155, []),
        ("telco_churn", 7_043, "Churn", "Yes", 0.265, ["customerID"]),
        ("titanic", 891, "Survived", 1, 0.384, ["PassengerId", "Name", "Ticket", "Cabin"]),
    ],
)
def test_real_tables_load_as_published(real_data, name, rows, target, positive, share, ignored):
    dataset = load(real_data / f"{name}.csv.gz", target=target)
    assert (len(dataset), dataset.schema.positive) == (rows, positive)
    assert (dataset.codes == dataset.schema.positive_code).mean() == pytest.approx(share, abs=0.001)
    assert [c.name for c in dataset.schema.ignored] == ignored
    assert all(c.why for c in dataset.schema.columns)


def test_columns_to_drop_are_left_out_of_the_table_and_of_its_hash():
    table = pd.DataFrame({"a": [1.5, 2.5, 3.5, 4.5], "leak": [0, 0, 1, 1], "y": [0, 0, 1, 1]})
    dataset = load(table, target="y", drop=["leak"], schema={"leak": "numeric"})
    assert dataset.schema.features == ("a",)
    assert list(dataset.table.columns) == ["a", "y"]
    assert dataset.content_hash == load(table[["a", "y"]], target="y").content_hash
    with pytest.raises(ConfigError, match="Did you mean 'leak'"):
        load(table, target="y", drop=["leek"])


def test_the_hash_knows_cells_names_and_dtypes():
    table = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    hashes = {
        table_hash(t)
        for t in (
            table,
            table.assign(a=[1, 3]),
            table.rename(columns={"a": "c"}),
            table.astype({"a": "float64"}),
            table.iloc[::-1],
        )
    }
    assert len(hashes) == 5
    assert table_hash(table) == table_hash(table.copy())
