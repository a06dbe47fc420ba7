"""Laws of a column's codec: values out are values in."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_series_equal

from synthkit.errors import DataError
from synthkit.table.column import Codec, moment, value_to_json
from synthkit.table.schema import Kind

WHOLE = st.integers(-(2**40), 2**40)
COLUMNS = {
    "float64": st.lists(st.floats(-1e9, 1e9) | st.none(), min_size=1, max_size=8),
    "float32": st.lists(st.floats(-1e6, 1e6, width=32) | st.none(), min_size=1, max_size=8),
    "Float64": st.lists(st.floats(-1e9, 1e9) | st.none(), min_size=1, max_size=8),
    "int64": st.lists(WHOLE, min_size=1, max_size=8),
    "Int64": st.lists(WHOLE | st.none(), min_size=1, max_size=8),
    "uint8": st.lists(st.integers(0, 255), min_size=1, max_size=8),
    "int64[pyarrow]": st.lists(WHOLE | st.none(), min_size=1, max_size=8),
    "double[pyarrow]": st.lists(st.floats(-1e9, 1e9) | st.none(), min_size=1, max_size=8),
}
TIMES = [
    "datetime64[ns]",
    "datetime64[s]",
    "datetime64[ns, UTC]",
    "datetime64[us, America/New_York]",
    "timestamp[ms, tz=Europe/Paris][pyarrow]",
]


def through_json(codec):
    return Codec.from_json(json.loads(json.dumps(codec.to_json())))


@pytest.mark.parametrize("as_seen", [True, False])
@pytest.mark.parametrize("dtype", COLUMNS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_numbers_there_and_back(dtype, as_seen, data):
    series = pd.Series(data.draw(COLUMNS[dtype]), name="x", dtype=dtype)
    kind = Kind.INTEGER if "int" in dtype.lower() else Kind.NUMERIC
    codec = Codec.fit(series, kind, as_seen=as_seen)
    assert_series_equal(codec.decode(codec.encode(series)), series)
    assert_series_equal(through_json(codec).decode(codec.encode(series)), series)


@pytest.mark.parametrize("dtype", TIMES)
@settings(max_examples=25, deadline=None)
@given(hours=st.lists(st.integers(0, 500_000) | st.none(), min_size=1, max_size=8))
def test_times_there_and_back(dtype, hours):
    times = pd.Series(
        [pd.NaT if h is None else pd.Timestamp(0) + pd.Timedelta(hours=h) for h in hours],
        name="t",
        dtype="datetime64[ns]",
    )
    zoned = "," in dtype
    series = (times.dt.tz_localize("UTC") if zoned else times).astype(dtype)
    codec = Codec.fit(series, Kind.DATETIME, as_seen=True)
    assert_series_equal(codec.decode(codec.encode(series)), series)
    assert_series_equal(through_json(codec).decode(codec.encode(series)), series)


STATES = [
    pd.Series(["b", "a", None, "b"], name="x"),
    pd.Series(["b", "a", np.nan], name="x"),
    pd.Series(["b", None], name="x", dtype="string"),
    pd.Series(["b", None], name="x", dtype="string[pyarrow]"),
    pd.Series([True, False], name="x"),
    pd.Series([True, False, None], name="x", dtype=object),
    pd.Series([True, None], name="x", dtype="boolean"),
    pd.Series([0.0, 1.0, np.nan], name="x"),
    pd.Series([3, 1, 2], name="x"),
    pd.Series([3, None], name="x", dtype="Int64"),
    pd.Series([3, None], name="x", dtype="int64[pyarrow]"),
    pd.Series([3, 2.5, None], name="x", dtype=object),
    pd.Series(pd.Categorical(["b", None, "a"], categories=["b", "a", "c"], ordered=True), name="x"),
    pd.Series(pd.Categorical([2, 7, None, 2], categories=[7, 5, 2]), name="x"),
    pd.Series(pd.cut([1, 5, 9], [0, 4, 8, 12]), name="x"),
    pd.Series(pd.Categorical(pd.to_datetime(["2024-01-01", "2025-01-01"])), name="x"),
    pd.Series(pd.to_datetime(["2025-01-01", None, "2024-01-01"]), name="x"),
    pd.Series(pd.to_datetime(["2025-01-01", "2024-01-01"]), name="x").dt.tz_localize("Asia/Tokyo"),
]


@pytest.mark.parametrize("sort", [True, False])
@pytest.mark.parametrize("series", STATES, ids=lambda s: str(s.dtype)[:30])
def test_states_there_and_back_also_through_json(series, sort):
    codec = Codec.fit(series, Kind.CATEGORICAL, sort=sort)
    for one in (codec, through_json(codec)):
        codes = one.encode(series)
        assert (codes >= 0).tolist() == series.notna().tolist()
        back = one.decode(codes)
        assert_series_equal(back, series)
        assert [v is None for v in back.astype(object)] == [
            v is None for v in series.astype(object)
        ]


def test_sorted_codes_are_ranks_and_others_stand_as_seen():
    series = pd.Series(["b", "a", "b"], name="x")
    assert Codec.fit(series, Kind.CATEGORICAL, sort=True).values == ("a", "b")
    assert Codec.fit(series, Kind.CATEGORICAL).values == ("b", "a")
    category = pd.Series(pd.Categorical(["a", "b"], categories=["c", "b", "a"]), name="x")
    assert Codec.fit(category, Kind.CATEGORICAL, sort=True).values == ("b", "a")
    assert Codec.fit(category, Kind.CATEGORICAL).values == ("c", "b", "a")


def test_a_category_is_known_by_its_values_not_by_its_codes():
    codec = Codec.fit(pd.Series(pd.Categorical(["a", "b"]), name="x"), Kind.CATEGORICAL)
    other = pd.Series(pd.Categorical(["b", "z", None, "a"], categories=["z", "b", "a"]), name="x")
    assert codec.encode(other).tolist() == [1, -2, -1, 0]
    assert codec.encode(other.astype(object)).tolist() == [1, -2, -1, 0]


def test_values_beyond_the_range_are_clipped_and_rounded_like_the_column():
    seen = pd.Series([0.5, 10.25], name="x")
    codec = Codec.fit(seen, Kind.NUMERIC, as_seen=True)
    assert codec.decode(np.array([-5.0, 3.14159, 99.0])).tolist() == [0.5, 3.14, 10.25]
    free = Codec.fit(seen, Kind.NUMERIC)
    assert free.decode(np.array([-5.0, 3.14159, np.nan])).fillna(7).tolist() == [-5.0, 3.14159, 7]


def test_midnights_of_a_zone_stay_midnights():
    days = pd.Series(pd.to_datetime(["2024-03-30", "2024-04-03"]), name="t")
    codec = Codec.fit(days.dt.tz_localize("Europe/Paris"), Kind.DATETIME)
    back = codec.decode(np.linspace(codec.low, codec.high, 5))
    assert (back == back.dt.normalize()).all()


def test_a_value_that_no_file_holds_is_named():
    with pytest.raises(DataError, match="however a column has the complex"):
        value_to_json(1j)


def test_a_moment_is_in_the_columns_zone():
    assert moment("2024-01-01", "Europe/Paris") == pd.Timestamp("2024-01-01", tz="Europe/Paris")
    assert moment("2024-01-01T00:00+01:00") == pd.Timestamp("2023-12-31 23:00")
    with pytest.raises(ValueError, match="no time"):
        moment("")


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("other", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "Europe/Paris"])
def test_times_in_another_unit_are_the_same_times(unit, other, zone):
    times = pd.Series(pd.date_range("2024-03-30 12:00", periods=5, freq="h", tz=zone), name="t")
    codec = Codec.fit(times.dt.as_unit(unit), Kind.DATETIME)
    values = codec.encode(times.dt.as_unit(other))
    assert np.array_equal(values, codec.encode(times.dt.as_unit(unit)))
    assert_series_equal(codec.decode(values), times.dt.as_unit(unit), check_freq=False)
