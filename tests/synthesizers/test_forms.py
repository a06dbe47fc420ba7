"""Laws of a column's form: values out are values in."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_series_equal

from synthkit.errors import DataError
from synthkit.synthesizers.forms import form_of, matches, table_hash
from synthkit.synthesizers.plain import form_from, plain_form, plain_value
from synthkit.table.schema import Kind

WHOLE = st.integers(-(2**40), 2**40)
COLUMNS = {
    "float64": st.lists(st.floats(-1e9, 1e9) | st.none(), min_size=1, max_size=8),
    "float32": st.lists(st.floats(-1e6, 1e6, width=32) | st.none(), min_size=1, max_size=8),
    "int64": st.lists(WHOLE, min_size=1, max_size=8),
    "Int64": st.lists(WHOLE | st.none(), min_size=1, max_size=8),
    "uint8": st.lists(st.integers(0, 255), min_size=1, max_size=8),
    "int64[pyarrow]": st.lists(WHOLE | st.none(), min_size=1, max_size=8),
}
TIMES = [
    "datetime64[ns]",
    "datetime64[s]",
    "datetime64[ns, UTC]",
    "datetime64[us, America/New_York]",
]


@pytest.mark.parametrize("dtype", COLUMNS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_numbers_there_and_back(dtype, data):
    series = pd.Series(data.draw(COLUMNS[dtype]), name="x", dtype=dtype)
    form = form_of(series, Kind.INTEGER if "int" in dtype.lower() else Kind.NUMERIC)
    if series.notna().any():
        assert_series_equal(form.of_numbers(form.numbers(series)), series)


@pytest.mark.parametrize("dtype", TIMES)
@settings(max_examples=25, deadline=None)
@given(hours=st.lists(st.integers(0, 500_000) | st.none(), min_size=1, max_size=8))
def test_times_there_and_back(dtype, hours):
    times = pd.Series(
        [pd.NaT if h is None else pd.Timestamp(0) + pd.Timedelta(hours=h) for h in hours],
        name="t",
        dtype="datetime64[ns]",
    )
    zone = dtype.split(", ")[1].rstrip("]") if "," in dtype else None
    series = (
        times.dt.tz_localize("UTC").dt.tz_convert(zone).astype(dtype)
        if zone
        else times.astype(dtype)
    )
    form = form_of(series, Kind.DATETIME)
    if series.notna().any():
        assert_series_equal(form.of_numbers(form.numbers(series)), series)


STATES = [
    pd.Series(["b", "a", None, "b"], name="x"),
    pd.Series(["b", "a", np.nan], name="x"),
    pd.Series(["b", None], name="x", dtype="string"),
    pd.Series([True, False], name="x"),
    pd.Series([True, None], name="x", dtype="boolean"),
    pd.Series([0.0, 1.0, np.nan], name="x"),
    pd.Series([3, 1, 2], name="x"),
    pd.Series([3, None], name="x", dtype="Int64"),
    pd.Series(pd.Categorical(["b", None, "a"], categories=["b", "a", "c"], ordered=True), name="x"),
    pd.Series(pd.cut([1, 5, 9], [0, 4, 8, 12]), name="x"),
    pd.Series(pd.Categorical(pd.to_datetime(["2024-01-01", "2025-01-01"])), name="x"),
]


@pytest.mark.parametrize("series", STATES, ids=lambda s: str(s.dtype)[:30])
def test_states_there_and_back_also_through_json(series):
    import json

    form = form_of(series, Kind.CATEGORICAL)
    again = form_from(json.loads(json.dumps(plain_form(form))))
    for one in (form, again):
        back = one.of_codes(one.codes(series))
        assert_series_equal(back, series)
        assert [v is None for v in back.astype(object)] == [
            v is None for v in series.astype(object)
        ]


def test_a_value_that_no_file_holds_is_named():
    with pytest.raises(DataError, match="however a column has the complex"):
        plain_value(1j)


def test_values_beyond_the_range_are_clipped_and_rounded_like_the_column():
    form = form_of(pd.Series([0.5, 10.25], name="x"), Kind.NUMERIC)
    assert form.of_numbers(np.array([-5.0, 3.14159, 99.0])).tolist() == [0.5, 3.14, 10.25]


@pytest.mark.parametrize("dtype", [object, "string", "category"])
def test_keys_of_text_are_new_and_alike(dtype):
    seen = pd.Series([f"A{i:03d}" for i in range(50)], name="id").astype(dtype)
    form = form_of(seen, Kind.KEY)
    made = pd.concat([form.invented(300), form.invented(300, first_key=300)])
    assert made.is_unique
    assert not made.isin(seen.astype(object)).any()
    assert made.str.fullmatch(r"A0[0-4]\d\d+").all()
    assert form.invented(3_000).is_unique


def test_keys_of_numbers_go_on_above_those_seen():
    form = form_of(pd.Series([7, 9, 8], name="id"), Kind.KEY)
    assert form.invented(2, first_key=1).tolist() == [11, 12]


@pytest.mark.parametrize(
    ("dtype", "last"),
    [
        ("int64", 2**53 + 1),
        ("Int64", 2**62 + 1),
        ("uint64", 2**63 + 5),
        ("int64[pyarrow]", 2**53 + 1),
        ("int16", 20_000),
    ],
)
def test_keys_of_large_numbers_are_new_to_the_last_digit(dtype, last):
    seen = pd.Series([last - 2, last - 1, last], dtype=object, name="id").astype(dtype)
    made = form_of(seen, Kind.KEY).invented(3, first_key=10)
    assert made.tolist() == [last + 11, last + 12, last + 13]
    assert made.dtype == seen.dtype


@pytest.mark.parametrize(
    ("dtype", "last"),
    [
        ("int8", 100),
        ("int64", 2**63 - 2),
        ("uint64", 2**64 - 2),
        ("float64", 2.0**53),
        ("float32", 2.0**24),
    ],
)
def test_a_dtype_without_room_for_new_keys_is_refused_not_wrapped_round(dtype, last):
    form = form_of(pd.Series([last], name="id").astype(dtype), Kind.KEY)
    with pytest.raises(
        DataError,
        match=rf"'id' needs 100 new keys.*{dtype} holds no whole number from.*wider dtype",
    ):
        form.invented(100)


def test_a_condition_keeps_every_digit_of_a_large_whole_number():
    form = form_of(pd.Series([2**60, 2**60 + 3, 2**61 + 1], name="x"), Kind.INTEGER)
    assert form.value_like(2**60 + 3) == form.value_like(str(2**60 + 3)) == 2**60 + 3
    assert form.value_like("1152921504606846976.0") == 2**60


def test_a_condition_on_times_of_arrow_has_their_zone():
    times = pd.Series(
        pd.date_range("2024-01-01", periods=3, freq="h", tz="Europe/Paris"), name="t"
    ).astype("timestamp[us, tz=Europe/Paris][pyarrow]")
    value = form_of(times, Kind.DATETIME).value_like(times.iloc[1])
    assert matches(times, value).tolist() == [False, True, False]


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
