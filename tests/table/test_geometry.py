"""The geometry: there and back without a change, and distances as SMOTE-NC has them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal, assert_series_equal

from synthkit.table.geometry import Geometry, Points
from synthkit.table.schema import Schema


def geometry_of(X, standardize=True, **kinds):
    schema = Schema.detect(X, kinds=kinds, learn_from_all=True)
    X = schema.conform(X)
    geometry = Geometry.fit(X, schema, standardize=standardize)
    return geometry, geometry.encode(X), X


def distance(geometry, points, a, b):
    return float(geometry.distances(points, np.array([a]), np.array([b]))[0])


@pytest.fixture
def mixed(mixed_dataset):
    X = mixed_dataset.table[list(mixed_dataset.schema.features)]
    geometry = Geometry.fit(X, mixed_dataset.schema)
    return geometry, geometry.encode(X), X


def test_there_and_back_returns_every_cell(mixed):
    geometry, points, X = mixed
    assert_frame_equal(geometry.decode(points), X)
    rows = np.array([5, 5, 0, 119])
    assert_frame_equal(geometry.decode(points.take(rows)), X.take(rows).reset_index(drop=True))


COLUMNS = {
    "int8": pd.Series([-128, 0, 127], dtype="int8"),
    "uint64": pd.Series([0, 5, 2**52], dtype="uint64"),
    "Int64": pd.Series([1, pd.NA, 3], dtype="Int64"),
    "float32": pd.Series([0.1, np.nan, 3e30], dtype="float32"),
    "Float64": pd.Series([0.1, pd.NA, 7.25], dtype="Float64"),
    "bool": pd.Series([True, False, True]),
    "boolean": pd.Series([True, pd.NA, False], dtype="boolean"),
    "object": pd.Series(["b", None, "a"], dtype=object),
    "object bool": pd.Series([True, None, False], dtype=object),
    "string": pd.Series(["b", pd.NA, "a"], dtype="string"),
    "category": pd.Series(pd.Categorical(["b", None, "a"], ["c", "b", "a"], ordered=True)),
    "category of numbers": pd.Series(pd.Categorical([3, 1, None], [1, 2, 3])),
    "date": pd.Series(pd.to_datetime(["1700-01-01", None, "2200-12-31"])),
    "seconds": pd.Series(
        pd.to_datetime(["1700-01-01 00:00:01", None, "2200-12-31 00:00:00"])
    ).dt.as_unit("s"),
    "nanoseconds": pd.Series(pd.to_datetime([1, 10**6 + 1, 10**12 + 7], unit="ns")),
    "zoned midnights": pd.Series(pd.to_datetime(["2024-03-30", "2024-04-01", None])).dt.tz_localize(
        "Europe/Paris"
    ),
    "zoned": pd.Series(
        pd.to_datetime(["2024-03-31 00:59", "2024-10-27 00:30", "2024-10-27 01:30"], utc=True)
    ).dt.tz_convert("Europe/Paris"),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_every_dtype_comes_back_exactly(name):
    geometry, points, X = geometry_of(pd.DataFrame({"column": COLUMNS[name]}))
    assert_series_equal(geometry.decode(points)["column"], X["column"])
    empty = points.take(np.array([], dtype=int))
    assert_frame_equal(geometry.decode(empty), X.head(0))


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_times_come_back_exactly(data):
    unit = data.draw(st.sampled_from(["s", "ms", "us", "ns"]))
    zone = data.draw(st.sampled_from([None, "UTC", "America/New_York", "Asia/Kathmandu"]))
    step = data.draw(st.sampled_from([1, 60, 3600, 86_400]))
    seconds = data.draw(
        st.lists(st.none() | st.integers(0, 2_000_000_000 // step), min_size=1, max_size=8)
    )
    times = pd.Series(
        [pd.NaT if s is None else pd.Timestamp(s * step, unit="s") for s in seconds],
        dtype="datetime64[ns]",
    ).dt.as_unit(unit)
    if zone is not None:
        times = times.dt.tz_localize("UTC").dt.tz_convert(zone)
    if times.notna().any():
        geometry, points, X = geometry_of(pd.DataFrame({"t": times}), t="datetime")
        assert_frame_equal(geometry.decode(points), X)


def moved(geometry, points, by):
    return geometry.decode(Points(points.numbers + by, points.missing, points.states))


def test_what_lies_between_is_as_whole_as_the_column():
    X = pd.DataFrame(
        {
            "i": pd.Series([0, 10], dtype="int16"),
            "whole": [1.0, 4.0],
            "day": pd.to_datetime(["2024-01-01", "2024-01-09"]),
            "second": pd.to_datetime(["2024-01-01 00:00:01", "2024-01-09 00:00:00"]),
            "x": [0.5, 1.5],
        }
    )
    geometry, points, _ = geometry_of(X)
    middle = Points(
        points.numbers[:1] * 0.3001 + points.numbers[1:] * 0.6999,
        points.missing[:1],
        points.states[:1],
    )
    row = geometry.decode(middle).iloc[0]
    assert (row["i"], row["whole"], row["x"]) == (7, 3.0, pytest.approx(1.1999))
    assert row["day"] == pd.Timestamp("2024-01-07")
    assert row["second"] == row["second"].floor("s")
    assert row["second"] != row["second"].floor("min")


def test_numbers_stay_within_their_dtype():
    X = pd.DataFrame(
        {
            "u8": pd.Series([0, 255], dtype="uint8"),
            "i64": pd.Series([-(2**62), 2**62], dtype="int64"),
            "U16": pd.Series([1, pd.NA], dtype="UInt16"),
        }
    )
    geometry, points, _ = geometry_of(X, u8="integer", U16="integer")
    up, down = moved(geometry, points, 1e20), moved(geometry, points, -1e20)
    assert (up["u8"] == 255).all()
    assert (down["u8"] == 0).all()
    assert (up["i64"] > 2**62).all()
    assert (down["i64"] == -(2**63)).all()
    assert up["U16"].tolist() == [65535, pd.NA]


def test_a_midnight_that_a_clock_change_left_out_becomes_the_moment_after():
    days = pd.Series(pd.to_datetime(["2018-11-03", "2018-11-05"])).dt.tz_localize(
        "America/Sao_Paulo"
    )
    geometry, points, _ = geometry_of(pd.DataFrame({"day": days}))
    between = geometry.decode(Points(points.numbers[:1] + 1, points.missing[:1], points.states[:1]))
    assert between["day"][0] == pd.Timestamp("2018-11-04 01:00", tz="America/Sao_Paulo")


def test_distances_are_those_of_smote_nc():
    X = pd.DataFrame(
        {
            "x": [0.0, 3.0, 0.0, np.nan, np.nan],
            "y": [0.0, 4.0, 0.0, 0.0, 0.0],
            "c": ["a", "a", None, "b", None],
            "b": [True, True, False, True, True],
        }
    )
    geometry, points, _ = geometry_of(X)
    sx, sy = np.std([0, 3, 0]), np.std([0, 4, 0, 0, 0])
    assert distance(geometry, points, 0, 1) == pytest.approx((3 / sx) ** 2 + (4 / sy) ** 2)
    assert distance(geometry, points, 0, 2) == 2  # a missing state is a state
    assert distance(geometry, points, 0, 3) == 2  # a missing number differs from a present one
    assert distance(geometry, points, 3, 4) == 1  # and equals a missing one


def test_raw_units_weigh_a_state_by_the_median_deviation():
    X = pd.DataFrame({"x": [0.0, 3.0, 0.0], "y": [0.0, 40.0, 0.0], "k": 1.0, "c": ["a", "a", "b"]})
    geometry, points, _ = geometry_of(X, standardize=False, k="numeric")
    assert distance(geometry, points, 0, 1) == pytest.approx(9 + 1600)
    m = np.median([np.std([0, 3, 0]), np.std([0, 40, 0])])
    assert distance(geometry, points, 0, 2) == pytest.approx(m**2)


def test_a_column_without_spread_has_no_say():
    X = pd.DataFrame({"k": [0.1] * 7, "void": np.nan, "x": np.arange(7.0)})
    geometry, points, _ = geometry_of(X)
    assert geometry.scale.tolist() == [1.0, 1.0, 2.0]
    assert distance(geometry, points, 0, 6) == pytest.approx(9)


def test_a_level_not_seen_differs_from_all():
    geometry, _, _ = geometry_of(pd.DataFrame({"c": ["a", "b", None]}))
    points = geometry.encode(pd.DataFrame({"c": ["b", "zebra", None, "a"]}))
    assert points.states[:, 0].tolist() == [1, -2, -1, 0]


def by_hand(geometry, points, queries, k):
    """All distances, sorted; of equal ones the first."""
    n = len(points)
    out = []
    for q in queries:
        d = geometry.distances(points, np.full(n, q), np.arange(n))
        d[q] = np.inf
        out.append(np.argsort(d, kind="stable")[:k])
    return np.array(out)


@pytest.mark.parametrize("k", [1, 5, 40])
@pytest.mark.parametrize("standardize", [True, False])
def test_neighbours_of_every_kind_of_column_are_exact(mixed_dataset, standardize, k):
    X = mixed_dataset.table[list(mixed_dataset.schema.features)]
    geometry = Geometry.fit(X, mixed_dataset.schema, standardize=standardize)
    points = geometry.encode(X)
    queries = np.arange(0, 120, 7)
    assert (geometry.nearest(points, queries, k) == by_hand(geometry, points, queries, k)).all()


CLOUDS = {
    "many": lambda rng: rng.normal(size=(3000, 6)),
    "offset": lambda rng: rng.normal(size=(2000, 3)) + 1e9,
    "outlier": lambda rng: np.vstack([rng.normal(size=(1999, 2)) * 1e-6, [[1e6, -1e6]]]),
    "two tight clusters": lambda rng: (
        rng.normal(size=(1500, 2)) * 1e-7 + np.repeat([[0.0], [1e3]], 750, axis=0)
    ),
    "lattice": lambda rng: rng.integers(0, 4, size=(2000, 3)).astype(float),
    "duplicates": lambda rng: np.repeat(rng.normal(size=(300, 3)), 8, axis=0),
    "constant": lambda rng: np.zeros((2000, 2)),
    "huge": lambda rng: rng.normal(size=(900, 2)) * 1e60,
    "two": lambda rng: np.array([[0.0], [1.0]]),
}


@pytest.mark.parametrize("name", CLOUDS)
@pytest.mark.parametrize("standardize", [True, False])
def test_neighbours_are_exact_wherever_the_points_lie(name, standardize):
    cloud = CLOUDS[name](np.random.default_rng(1))
    X = pd.DataFrame(cloud, columns=[f"c{j}" for j in range(cloud.shape[1])])
    geometry, points, _ = geometry_of(X, standardize, **dict.fromkeys(X, "numeric"))
    queries = np.unique(np.linspace(0, len(X) - 1, 40).astype(int))
    k = min(5, len(X) - 1)
    assert (geometry.nearest(points, queries, k) == by_hand(geometry, points, queries, k)).all()


def test_neighbours_among_many_levels_and_gaps():
    rng = np.random.default_rng(3)
    n = 2500
    X = pd.DataFrame(
        {
            "c": rng.integers(0, 400, n).astype(str),
            "d": rng.choice(["p", "q", None], n),
            "x": np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n)),
            "y": np.where(rng.random(n) < 0.1, np.nan, rng.normal(size=n)),
        }
    )
    geometry, points, _ = geometry_of(X, c="categorical")
    queries = np.arange(0, n, 61)
    assert (geometry.nearest(points, queries, 7) == by_hand(geometry, points, queries, 7)).all()


@pytest.mark.parametrize("k", [1, 2, 40])
def test_neighbours_among_some_of_the_points(mixed_dataset, k):
    X = mixed_dataset.table[list(mixed_dataset.schema.features)]
    geometry = Geometry.fit(X, mixed_dataset.schema)
    points = geometry.encode(
        pd.concat([X, X.head(60)], ignore_index=True)
    )  # copies of some stand at the end
    among = np.r_[3:50, 110:150]
    queries = np.r_[0:60:7, 112, 125, 170]
    every = by_hand(geometry, points, queries, len(points) - 1)
    wanted = [[found for found in row if found in among][:k] for row in every.tolist()]
    assert geometry.nearest(points, queries, k, among).tolist() == wanted


def test_neighbours_do_not_depend_on_the_other_queries_or_on_threads():
    from threadpoolctl import threadpool_limits

    X = pd.DataFrame(np.random.default_rng(2).normal(size=(2000, 4)), columns=list("abcd")).round(1)
    geometry, points, _ = geometry_of(X)
    every = geometry.nearest(points, np.arange(2000), 5)
    assert (geometry.nearest(points, np.arange(1000, 1010), 5) == every[1000:1010]).all()
    with threadpool_limits(1):
        assert (geometry.nearest(points, np.arange(2000), 5) == every).all()


@pytest.mark.parametrize("zone", [None, "Europe/Paris"])
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_arrows_times_come_back_as_they_were(unit, zone):
    times = pd.Series(
        pd.date_range("2024-03-30 12:00:07", periods=40, freq="h", tz=zone)
    ).dt.as_unit(unit)
    arrow = times.convert_dtypes(dtype_backend="pyarrow").mask(np.arange(40) % 7 == 0)
    assert isinstance(arrow.dtype, pd.ArrowDtype)
    table = pd.DataFrame({"t": arrow})
    schema = Schema.detect(table)
    geometry = Geometry.fit(table, schema)
    assert_frame_equal(geometry.decode(geometry.encode(table)), table)
