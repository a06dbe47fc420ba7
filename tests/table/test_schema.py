"""What detection decides and why, that conforming changes nothing that fits, and YAML neither."""

import datetime
import decimal

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal, assert_series_equal

from synthkit.errors import ConfigError, DataError
from synthkit.table.dataset import load
from synthkit.table.datasets import DATASETS
from synthkit.table.schema import Column, Kind, Schema, match, schema_from_yaml, schema_to_yaml

N = 60


def kind_of(values, name="column", **options):
    [column] = Schema.detect(pd.DataFrame({name: values}), **options).columns
    assert column.why
    return column.kind


# --- kinds ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.linspace(0, 1, N), Kind.NUMERIC),
        (np.arange(N) % 7, Kind.INTEGER),
        ((np.arange(N) % 7).astype(float), Kind.INTEGER),
        (pd.array([1, 5, None] * 20, dtype="Int64"), Kind.INTEGER),
        (np.arange(N) % 2, Kind.BOOLEAN),
        ([0.0, 1.0, np.nan] * 20, Kind.BOOLEAN),
        ([True, False] * 30, Kind.BOOLEAN),
        ([True, False, None] * 20, Kind.BOOLEAN),
        (pd.array([True, None] * 30, dtype="boolean"), Kind.BOOLEAN),
        (["a", "b", "c"] * 20, Kind.CATEGORICAL),
        (pd.array(["a", None] * 30, dtype="string"), Kind.CATEGORICAL),
        (pd.Categorical([3, 1, 2] * 20), Kind.CATEGORICAL),
        (["00123", "00456", "00789"] * 20, Kind.CATEGORICAL),  # codes: their zeros are part of them
        (["1.5", " 2", "", "-3e2"] * 15, Kind.NUMERIC),
        (["1", "2", None] * 20, Kind.INTEGER),
        (pd.date_range("2024-01-01", periods=N), Kind.DATETIME),
        (pd.date_range("2024-01-01", periods=N, tz="Asia/Tokyo").as_unit("s"), Kind.DATETIME),
        (["2024-03-31", "2024-04-01T10:00:00"] * 30, Kind.DATETIME),
        (["2024-03-31T00:30:00+01:00", "2024-03-31T10:30:00+02:00"] * 30, Kind.DATETIME),
        (
            ["2024-03-31T00:30+0100", "2024-03-31T10:30Z", "2024-03-31 10:30:00.5-05"] * 20,
            Kind.DATETIME,
        ),
        (
            ["2024-03-31T00:30:00+01:00", "2024-03-31T10:30:00"] * 30,
            Kind.CATEGORICAL,
        ),  # half of them say no point in time
        (["2024-03-31", "2024-02-31"] * 30, Kind.CATEGORICAL),  # no such day
        ([datetime.date(2024, 1, 1), None] * 30, Kind.DATETIME),
        ([decimal.Decimal("1.10"), decimal.Decimal(2)] * 30, Kind.NUMERIC),
        (pd.Series([1, 2.5, None] * 20, dtype=object), Kind.NUMERIC),
        ([f"k{i}" for i in range(N)], Kind.KEY),
        (np.arange(100, 100 + N), Kind.KEY),
        ([f"the parcel number {i} came late" for i in range(N)], Kind.TEXT),
        ([f"k{i}" for i in range(N - 1)] + [None], Kind.TEXT),
        ([np.nan] * N, Kind.NUMERIC),
        ([None] * N, Kind.NUMERIC),
        (["", " "] * 30, Kind.CATEGORICAL),
        ([5] * N, Kind.INTEGER),
    ],
)
def test_kinds_are_told_from_values(values, kind):
    assert kind_of(values) is kind


def test_a_name_makes_a_key_only_of_unique_whole_numbers():
    numbers = np.random.default_rng(0).permutation(N) * 7
    assert kind_of(numbers, "customer_id") is Kind.KEY
    assert kind_of(numbers, "customer id") is Kind.KEY
    assert kind_of(numbers, "amount") is Kind.INTEGER
    assert kind_of(numbers, "paid") is Kind.INTEGER  # ends in id, is none
    assert kind_of(numbers // 14, "customer_id") is Kind.INTEGER
    assert kind_of(numbers + 0.5, "customer_id") is Kind.NUMERIC


def test_a_small_table_has_no_keys_by_chance():
    assert kind_of(np.arange(19)) is Kind.INTEGER
    assert kind_of(list("abcdefghij")) is Kind.CATEGORICAL


def test_callers_who_have_chosen_their_features_lose_none():
    assert kind_of([f"k{i}" for i in range(N)], learn_from_all=True) is Kind.CATEGORICAL
    assert kind_of(np.arange(N), learn_from_all=True) is Kind.INTEGER


def test_a_lonely_mark_among_numbers_is_pointed_out():
    [column] = Schema.detect(pd.DataFrame({"x": [str(i) for i in range(40)] + ["?"] * 20})).columns
    assert "numbers but for '?'" in column.why


@pytest.mark.parametrize(
    "values",
    [["a", "b", None, "c d"] * 15, [1.5, np.nan, 3, 4] * 15, [True, None, False, None] * 15],
)
def test_detection_does_not_depend_on_the_order_of_the_rows(values):
    table = pd.DataFrame({"x": pd.Series(values), "y": [0, 1] * 30})
    shuffled = table.sample(frac=1, random_state=1)
    one, other = Schema.detect(table, "y"), Schema.detect(shuffled, "y")
    assert one == other
    assert [c.why for c in one.columns] == [c.why for c in other.columns]


def test_the_reason_is_no_part_of_a_column():
    assert Column("a", Kind.NUMERIC, "x") == Column("a", Kind.NUMERIC, "y")
    assert Column("a", Kind.NUMERIC) != Column("a", Kind.INTEGER)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([1, "a"] * 30, "mixes int, str"),
        ([True, "no"] * 30, "mixes bool, str"),
        ([{1}] * N, "holds set values"),
        ([b"x"] * N, "holds bytes values"),
        ([1 + 2j] * N, "complex"),
        ([pd.Timedelta(1)] * N, "timedelta"),
        ([pd.Period("2024")] * N, "period"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(values, says):
    with pytest.raises(DataError, match=f"'column'.*{says}"):
        kind_of(values)


# --- target --------------------------------------------------------------------------------------


def test_classes_are_sorted_plain_values_and_the_rarest_is_positive():
    schema = Schema.detect(
        pd.DataFrame({"x": np.arange(9) / 2, "y": np.array(list("bbbbccaaa"))}), "y"
    )
    assert (schema.classes, schema.positive, schema.positive_code) == (("a", "b", "c"), "c", 2)
    numbers = Schema.detect(pd.DataFrame({"x": np.arange(4) / 2, "y": np.int8([1, 0, 1, 0])}), "y")
    assert numbers.classes == (0, 1)
    assert all(type(c) is int for c in numbers.classes)
    assert numbers.positive == 1  # of equally rare classes the last


def test_levels_that_no_row_has_are_no_classes():
    table = pd.DataFrame({"x": [1.5, 2], "y": pd.Categorical(["a", "b"], ["z", "b", "a"])})
    assert Schema.detect(table, "y").classes == ("a", "b")


@settings(max_examples=50, deadline=None)
@given(
    st.one_of(
        st.lists(st.booleans(), min_size=2),
        st.lists(st.integers(-3, 3), min_size=2),
        st.lists(st.sampled_from(["a", "b", " c", "ü"]), min_size=2),
        st.lists(st.sampled_from([0.5, 1.5, -2.0]), min_size=2),
    ).filter(lambda values: len(set(values)) > 1)
)
def test_a_decoded_target_is_the_target(values):
    labels = pd.Series(values, name="y")
    schema = Schema.detect(pd.DataFrame({"x": np.arange(len(values)) / 2, "y": labels}), "y")
    codes = schema.encode_target(labels)
    assert [schema.classes[c] for c in codes] == values
    assert_series_equal(schema.decode_target(codes, labels.dtype), labels)


def test_a_value_that_is_no_class_is_named_with_its_row():
    schema = Schema.detect(pd.DataFrame({"x": [1.5, 2], "y": [0, 1]}), "y")
    with pytest.raises(DataError, match=r"'y' must be one of \[0, 1\], however row 1 is 7"):
        schema.encode_target(pd.Series([0, 7]))
    with pytest.raises(DataError, match="row 0 is nan"):
        schema.encode_target(pd.Series([np.nan, 1]))


def test_a_target_may_be_named_by_a_number():
    table = pd.DataFrame({0: [1.5, 2.5, 3.5], 1: [0, 1, 1]})
    schema = Schema.detect(table, 1)
    assert (schema.target, schema.features, schema.positive) == ("1", ("0",), 0)


@pytest.mark.parametrize(
    ("value", "known", "found"),
    [
        ("1", (0, 1), 1),
        (1, ("0", "1"), "1"),
        (">50K", (" <=50K", " >50K"), " >50K"),
        (1, (False, True), True),
        ("True", (False, True), True),
        ("1", ("1", 1), "1"),
        (1, ("1", 1), 1),
    ],
)
def test_a_value_is_matched_as_a_shell_says_it(value, known, found):
    assert match(value, known, "x") is found


def test_a_value_that_matches_nothing_is_refused():
    with pytest.raises(ConfigError, match="Did you mean 'fraud'"):
        match("frod", ("fraud", "legit"), "The class")


# --- conform -------------------------------------------------------------------------------------


def test_what_fits_stays_cell_for_cell(mixed_table):
    schema = Schema.detect(mixed_table, "outcome")
    once = schema.conform(mixed_table)
    assert_frame_equal(once, mixed_table)
    assert schema.only(["amount", "city"]).conform(mixed_table).columns.tolist() == [
        "amount",
        "city",
    ]


def test_conforming_twice_is_conforming_once():
    table = pd.DataFrame(
        {
            "number": ["1", " 2.5", "", None],
            "whole": ["1", "2", "3", "4"],
            "day": ["2024-01-01", None, "2024-02-29", " "],
            "zoned": [
                "2024-03-31T00:30:00+01:00",
                "2024-03-31T10:30:00+02:00",
                None,
                "2024-01-01T00:00:00Z",
            ],
            "flag": [True, None, False, True],
            "word": ["a", None, "", "b"],
        }
    )
    schema = Schema.detect(table)
    once = schema.conform(table)
    assert_frame_equal(schema.conform(once), once)
    assert once["number"].tolist()[:2] == [1.0, 2.5]
    assert once["number"].isna().tolist() == [False, False, True, True]
    assert once["whole"].dtype == "int64"
    assert once["day"].tolist()[2] == pd.Timestamp("2024-02-29")
    assert once["zoned"].tolist()[0] == pd.Timestamp("2024-03-30T23:30", tz="UTC")
    assert once["flag"].dtype == "boolean"
    assert once["word"].tolist() == ["a", None, "", "b"]


def test_objects_become_what_they_hold():
    table = pd.DataFrame(
        {
            "day": [datetime.date(2024, 1, 1), None],
            "price": [decimal.Decimal("1.10"), None],
            "n": pd.Series([1, 2.5], dtype=object),
        }
    )
    once = Schema.detect(table).conform(table)
    assert once.dtypes.astype(str).tolist() == ["datetime64[ns]", "float64", "float64"]
    assert once.iloc[0].tolist() == [pd.Timestamp("2024-01-01"), 1.1, 1.0]


@pytest.mark.parametrize(
    ("values", "kind", "says"),
    [
        (["1", "x"], "numeric", "a number in every row, however row 1 holds 'x'"),
        ([1.0, 2.5], "integer", "a whole number in every row, however row 1 holds 2.5"),
        (["1", "2.5"], "integer", "row 1 holds '2.5'|row 1 holds 2.5"),
        ([0, 2], "boolean", "0 or 1 in every row, however row 1 holds 2"),
        (["yes", "maybe"], "boolean", "true or false in every row, however row 1 holds 'maybe'"),
        (["2024-01-01", "soon"], "datetime", "a date .*row 1 holds 'soon'"),
        ([1, np.inf], "numeric", "row 1 holds inf"),
        ([1, np.inf], "categorical", "row 1 holds inf"),
        ([1, "x"], "categorical", "mixes int, str"),
        ([1, "x"], "text", "mixes int, str"),
    ],
)
def test_what_does_not_fit_is_named_with_its_row(values, kind, says):
    table = pd.DataFrame({"x": pd.Series(values)})
    schema = Schema.detect(table, kinds={"x": kind})
    with pytest.raises(DataError, match=f"'x'.*({says})"):
        schema.conform(table)


def test_words_can_be_booleans_and_booleans_numbers():
    table = pd.DataFrame({"x": ["Yes", "no", " 1"], "b": [True, False, True]})
    once = Schema.detect(table, kinds={"x": "boolean", "b": "integer"}).conform(table)
    assert once["x"].tolist() == [True, False, True]
    assert once["b"].tolist() == [1, 0, 1]


def test_columns_are_asked_for_by_name_and_brought_into_order():
    schema = Schema.detect(pd.DataFrame({"a": [1.5, 2], "b": [1.5, 2]}))
    assert schema.conform(pd.DataFrame({"z": [0], "b": [1.0], "a": [2.0]})).columns.tolist() == [
        "a",
        "b",
    ]
    with pytest.raises(DataError, match="needs a column 'b'"):
        schema.conform(pd.DataFrame({"a": [1.0]}))
    with pytest.raises(DataError, match="'a' stands more than once"):
        schema.conform(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(DataError, match="DataFrame is needed"):
        schema.conform([1])


def test_arrow_columns_are_read_like_any_other(mixed_table):
    arrow = mixed_table.drop(columns=["device", "risk"]).convert_dtypes(dtype_backend="pyarrow")
    one, other = (
        Schema.detect(arrow, "outcome"),
        Schema.detect(mixed_table.drop(columns=["device", "risk"]), "outcome"),
    )
    assert one == other
    assert one.conform(arrow).shape == arrow.shape


def test_sparse_columns_are_the_dense_ones():
    dense = pd.DataFrame({"n": np.arange(N) % 7, "x": np.arange(N) / 3, "b": np.arange(N) % 2 == 0})
    sparse = dense.astype(
        {
            "n": pd.SparseDtype("int64", 0),
            "x": pd.SparseDtype("float64"),
            "b": pd.SparseDtype("bool", False),
        }
    )
    assert Schema.detect(sparse) == Schema.detect(dense)
    assert_frame_equal(Schema.detect(sparse).conform(sparse), dense)


@pytest.mark.skipif(
    np.dtype("longdouble").itemsize == 8, reason="a long double is a double on this machine"
)
def test_numbers_longer_than_pandas_can_count_are_refused():
    with pytest.raises(
        DataError, match="'x' holds float128 values, which no method here can learn from"
    ):
        Schema.detect(pd.DataFrame({"x": np.arange(5, dtype="longdouble") / 3}))


# --- written, read back and used again -----------------------------------------------------------


NAMES = [
    "größe",
    "two words",
    "a: b",
    "# no comment",
    "yes",
    "1",
    "1.5",
    "null",
    "~",
    "- dash",
    "'quoted'",
    '"x"',
    " edge ",
    "{a}",
    "[b]",
    "tab\there",
    "line\nbreak",
    "\n\U00010000",
    "",
    "&anchor",
    "!tag",
    "%",
    "@",
    "`",
    "日本",
    "true",
    "?",
]


@pytest.mark.parametrize("name", DATASETS)
def test_a_fed_back_schema_is_the_same(name):
    dataset = load(name)
    back = load(dataset.table, schema=schema_from_yaml(schema_to_yaml(dataset.schema)))
    assert back.schema == dataset.schema
    assert back.content_hash == dataset.content_hash


def test_a_fed_back_schema_of_every_kind_is_the_same(mixed_table):
    for positive in ("fraud", "legit"):
        schema = load(
            mixed_table, target="outcome", positive=positive, schema={"flag": "categorical"}
        ).schema
        assert load(mixed_table, schema=schema_from_yaml(schema_to_yaml(schema))).schema == schema


def test_every_line_says_why(mixed_dataset):
    text = schema_to_yaml(mixed_dataset.schema)
    assert yaml.safe_load(text)["columns"]["amount"] == "numeric"
    for column in mixed_dataset.schema.columns:
        if column.name != "outcome":
            [line] = [line for line in text.splitlines() if line.startswith(f"  {column.name}:")]
            assert line.endswith(f"# {column.why}")


@pytest.mark.parametrize("name", NAMES)
def test_any_name_comes_back(name):
    table = pd.DataFrame({name: np.arange(30) / 2, "label": ["a", "b", "b"] * 10})
    for target in (None, "label"):
        schema = Schema.detect(table, target)
        assert schema_from_yaml(schema_to_yaml(schema)).kinds[name] == "numeric"
    as_target = Schema.detect(table.assign(**{name: [0, 1, 1] * 10}), name)
    assert schema_from_yaml(schema_to_yaml(as_target)).target == name


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Cn"]), max_size=20),
        min_size=1,
        max_size=4,
        unique=True,
    )
)
def test_any_text_is_a_name(names):
    table = pd.DataFrame({name: np.arange(4) / 2 for name in names})
    assert list(schema_from_yaml(schema_to_yaml(Schema.detect(table))).kinds) == names


@pytest.mark.parametrize(
    "classes",
    [
        ("yes", "no"),
        ("1", "2"),
        (0, 1),
        (False, True),
        (0.5, 1.5),
        ("a: b", "#"),
        ("null", "true"),
        (" >50K", " <=50K"),
    ],
)
def test_any_positive_class_comes_back_with_its_type(classes):
    table = pd.DataFrame({"x": np.arange(30) / 2, "y": [classes[0], *[classes[1]] * 2] * 10})
    schema = Schema.detect(table, "y", positive=classes[0])
    back = schema_from_yaml(schema_to_yaml(schema)).positive
    assert (back, type(back)) == (classes[0], type(classes[0]))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "columns:\n  a: numerc\n",
            r"my\.yaml, line 2: column 'a' .*'numerc'.*Did you mean 'numeric'",
        ),
        ("target: y\ncolums: {}\n", r"my\.yaml, line 2: .*'colums'.*Did you mean 'columns'"),
        ("columns: [a, b]\n", "line 1: columns must be a mapping"),
        ("- a\n", "a schema is a mapping"),
        ("", "empty"),
        ("columns: {a: numeric\n", "line"),
        ("columns: {a: numeric}\npositive: [1]\n", "line 2: positive must be one class"),
        ("columns:\n  a: numeric\n  a: key\n", "line 3: .*'a' stands twice"),
    ],
)
def test_mistakes_are_named_with_their_line(text, says):
    with pytest.raises(ConfigError, match=says):
        schema_from_yaml(text, "my.yaml")


def test_a_schema_file_may_name_a_few_columns_only():
    assert schema_from_yaml("columns: {a: key}\n") == ({"a": "key"}, None, None)
    assert schema_from_yaml("target: 1\npositive: yes\n") == ({}, "1", "yes")
