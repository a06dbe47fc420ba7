"""Tables written in parts: the parts' types never depend on what a part happens to hold."""

import gzip

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from synthkit.errors import DataError
from synthkit.synthesizers import Noise
from synthkit.table.dataset import load, read
from synthkit.table.write import ending_of, parts_written
from synthkit.training import write_sample

DAY = 86_400.0


@pytest.fixture
def fitted(mixed_table):
    """Noise on every kind of column, one of them all missing, one constant."""
    table = mixed_table.drop(columns="note").assign(void=float("nan"), one="same")
    return Noise().fit(table, target="outcome", rng=0)


def written(path, parts, columns=None, steps=None):
    table = pd.concat(parts)
    columns = {name: table[name].dropna() for name in table} if columns is None else columns
    with parts_written(path, ending_of(path), columns, steps or {}) as append:
        for part in parts:
            append(part)
    return path


@pytest.mark.parametrize(
    "size", [1_000, 3]
)  # of three rows, some have nothing but gaps in a column
def test_parquet_comes_back_as_it_was(fitted, tmp_path, size):
    write_sample(fitted, tmp_path / "rows.parquet", 60, 1, batch_rows=size)
    again = pd.read_parquet(tmp_path / "rows.parquet")
    expected = pd.concat([fitted.sample(1, 0)] * 2)
    for name in again:
        if name in ("when", "born"):  # Parquet has no times in whole seconds; zone and values stay
            assert str(again[name].dtype).split(",")[1:] == str(expected[name].dtype).split(",")[1:]
        else:
            assert again[name].dtype == expected[name].dtype, name
    assert list(again) == list(expected)
    assert len(again) == 60


def test_the_size_of_parts_does_not_show_in_parquets_types(fitted, tmp_path):
    import pyarrow.parquet as pq

    schemas = []
    for size in (1, 7, 60):
        write_sample(fitted, tmp_path / f"{size}.parquet", 60, 1, batch_rows=size)
        schemas.append(pq.read_schema(tmp_path / f"{size}.parquet"))
    assert schemas[0].equals(schemas[1], check_metadata=True)
    assert schemas[0].equals(schemas[2], check_metadata=True)


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".tsv", ".tsv.gz"])
def test_text_is_read_as_the_same_table(fitted, tmp_path, ending):
    parts = [fitted.sample(40, seed) for seed in range(3)]
    times = {"when": 1.0, "born": DAY}
    path = written(tmp_path / f"rows{ending}", parts, steps=times)
    table = pd.concat(parts, ignore_index=True)
    again = load(path, target="outcome", schema=None).table
    assert list(again) == list(table)
    for name in ("amount", "items", "city", "outcome"):
        left, right = again[name], table[name]
        assert (left.isna() == right.isna()).all(), name
        assert (left.dropna() == right.dropna()).all(), name
    assert (
        pd.to_datetime(again["when"], utc=True).dropna()
        == table["when"].dt.tz_convert("UTC").dropna()
    ).all()
    assert (again["born"].astype("datetime64[ns]") == table["born"].astype("datetime64[ns]")).all()


def test_times_are_written_alike_in_every_part(tmp_path):
    midnight = pd.DataFrame({"t": pd.to_datetime(["2024-01-01", None])})
    noon = pd.DataFrame(
        {"t": pd.to_datetime(["2024-01-01 12:00:00", "2024-01-01 00:00:00.5"], format="ISO8601")}
    )
    for step, expected in (
        (1.0, "2024-01-01 00:00:00"),
        (DAY, "2024-01-01"),
        (1e-3, "2024-01-01 00:00:00.000"),
        (1e-9, "2024-01-01 00:00:00.000000000"),
    ):
        lines = (
            written(tmp_path / "a.csv", [midnight, noon], steps={"t": step})
            .read_text()
            .splitlines()
        )
        assert lines[1] == expected
        assert lines[2] in ("", '""')
        assert len(lines[3]) == len(expected)


def test_times_with_a_zone_are_written_in_utc(tmp_path):
    zoned = pd.DataFrame(
        {"t": pd.to_datetime(["2024-01-15", "2024-07-15"]).tz_localize("Europe/Berlin")}
    )
    path = written(tmp_path / "a.csv", [zoned], steps={"t": DAY})
    assert path.read_text().splitlines()[1:] == [
        "2024-01-14 23:00:00+00:00",
        "2024-07-14 22:00:00+00:00",
    ]
    assert (pd.to_datetime(read(path)["t"], utc=True) == zoned["t"]).all()


def test_awkward_text_survives(tmp_path):
    table = pd.DataFrame(
        {"a,b": ['say "yes"', "two\nlines", "tab\there", "Köln", " space"], "n": range(5)}
    )
    for ending in (".csv", ".tsv", ".csv.gz"):
        path = written(tmp_path / f"a{ending}", [table.iloc[:2], table.iloc[2:]])
        assert_frame_equal(pd.read_csv(path, sep="\t" if ending == ".tsv" else ","), table)


def test_gzip_has_no_time_in_it(tmp_path):
    path = written(tmp_path / "a.csv.gz", [pd.DataFrame({"n": [1]})])
    assert path.read_bytes()[4:8] == bytes(4)
    assert gzip.decompress(path.read_bytes()) == b"n\n1\n"


def test_an_ending_in_capitals_is_the_same():
    assert ending_of("A.CSV.GZ") == ".csv.gz"
    assert ending_of("a.b.parquet") == ".parquet"


@pytest.mark.parametrize("name", ["a.json", "a", ".parquet", "a.gz", "a.csv.zip"])
def test_other_endings_are_refused(name):
    with pytest.raises(DataError, match="must end in"):
        ending_of(name)


def test_what_parquet_has_no_type_for(tmp_path):
    table = pd.DataFrame({"odd": [1, "a"]}, dtype=object)
    with pytest.raises(
        DataError, match=r"one type per column, however it has none for odd.*Write .csv"
    ):
        written(tmp_path / "a.parquet", [table])
    assert_frame_equal(pd.read_csv(written(tmp_path / "a.csv", [table])), table.astype(str))
