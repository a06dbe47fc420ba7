"""Keys are new, conditions mean what a person says."""

import json

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_series_equal

from synthkit.errors import DataError
from synthkit.synthesizers.forms import Form, matches
from synthkit.table.schema import Kind


@pytest.mark.parametrize("dtype", [object, "string", "category"])
def test_keys_of_text_are_new_and_alike(dtype):
    seen = pd.Series([f"A{i:03d}" for i in range(50)], name="id").astype(dtype)
    form = Form.of(seen, Kind.KEY)
    made = pd.concat([form.invented(300), form.invented(300, first_key=300)])
    assert made.is_unique
    assert not made.isin(seen.astype(object)).any()
    assert made.str.fullmatch(r"A0[0-4]\d\d+").all()
    assert form.invented(3_000).is_unique


def test_keys_of_numbers_go_on_above_those_seen():
    form = Form.of(pd.Series([7, 9, 8], name="id"), Kind.KEY)
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
    made = Form.of(seen, Kind.KEY).invented(3, first_key=10)
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
    form = Form.of(pd.Series([last], name="id").astype(dtype), Kind.KEY)
    with pytest.raises(
        DataError,
        match=rf"'id' needs 100 new keys.*{dtype} holds no whole number from.*wider dtype",
    ):
        form.invented(100)


def test_a_condition_keeps_every_digit_of_a_large_whole_number():
    form = Form.of(pd.Series([2**60, 2**60 + 3, 2**61 + 1], name="x"), Kind.INTEGER)
    assert form.value_like(2**60 + 3) == form.value_like(str(2**60 + 3)) == 2**60 + 3
    assert form.value_like("1152921504606846976.0") == 2**60


def test_a_condition_on_times_of_arrow_has_their_zone():
    times = pd.Series(
        pd.date_range("2024-01-01", periods=3, freq="h", tz="Europe/Paris"), name="t"
    ).astype("timestamp[us, tz=Europe/Paris][pyarrow]")
    value = Form.of(times, Kind.DATETIME).value_like(times.iloc[1])
    assert matches(times, value).tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("series", "kind"),
    [
        (pd.Series([2**60 + 1] * 3, name="x"), Kind.INTEGER),
        (pd.Series([None, None], name="x", dtype=object), Kind.CATEGORICAL),
        (pd.Series([np.nan, np.nan], name="x"), Kind.NUMERIC),
        (pd.Series([pd.NaT, pd.NaT], name="x"), Kind.DATETIME),
        (pd.Series([pd.NA, pd.NA], name="x", dtype="boolean"), Kind.BOOLEAN),
        (pd.Series(["a", "a"], name="x", dtype="category"), Kind.CATEGORICAL),
        (pd.Series(pd.to_datetime(["2024-03-03"] * 2), name="x"), Kind.DATETIME),
    ],
    ids=lambda s: str(getattr(s, "dtype", s)),
)
def test_a_column_of_one_value_is_put_back_as_it_was_also_through_json(series, kind):
    form = Form.of(series, kind)
    assert not form.learned
    for one in (form, Form.from_json(json.loads(json.dumps(form.to_json())))):
        assert_series_equal(one.invented(len(series)), series)


def test_no_key_that_was_seen_is_kept():
    keys = pd.Series([f"secret {i}" for i in range(20)], name="id")
    for dtype in (object, "string", "category"):
        assert "secret 7" not in json.dumps(Form.of(keys.astype(dtype), Kind.KEY).to_json())
