"""Text files, Parquet files and databases that cannot be read, or could be misread, and words that may mean missing."""

import gzip
import sqlite3

import numpy as np
import pandas as pd
import pytest

from synthkit.errors import ConfigError, DataError
from synthkit.table.dataset import load, read

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


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("  \n\n", "empty"),
        ("amount,fraud\n", "only a header .amount, fraud"),
        ("amount,city,fraud\n1,a,0\n2,b\n3,c,1\n", "line 3 .* has 2 .1 such rows"),
        ("amount,city,fraud\n1,a,0\n2,b,1,9\n3,c,1\n4\n", "line 3 .* has 4 .2 such rows"),
        ("amount,city,fraud\n1,a,0,9\n2,b,1,9\n", "line 2 .* has 4 .2 such rows"),
        ('amount,city,fraud\n1,"two\nlines",0\n2,b\n', "line 4 .* has 2"),
        ("amount,city,amount\n1,a,0\n", "'amount' more than once"),
        ('amount,"city,fraud\n1,a,0\n2,b,1\n', "quote|fields"),
    ],
)
def test_a_bad_text_file_is_named_with_its_line(tmp_path, text, says):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(DataError, match=says) as refused:
        read(tmp_path / "t.csv")
    assert "t.csv" in str(refused.value)


def test_another_encoding_is_named_with_byte_and_line_and_can_be_given(tmp_path):
    (tmp_path / "t.csv").write_bytes(GOOD.encode("latin-1"))
    with pytest.raises(DataError, match=r"UTF-8.*byte 23 \(line 2\) is 0xf6.*encoding.*latin-1"):
        read(tmp_path / "t.csv")
    assert read(tmp_path / "t.csv", encoding="latin-1")["city"].tolist() == [
        "Köln",
        "Paris",
        "Köln",
    ]
    with pytest.raises(ConfigError, match="latin-11"):
        read(tmp_path / "t.csv", encoding="latin-11")


def test_excels_utf_16_is_recognised(tmp_path):
    (tmp_path / "t.csv").write_bytes(GOOD.encode("utf-16"))
    with pytest.raises(DataError, match="utf-16"):
        read(tmp_path / "t.csv")
    assert read(tmp_path / "t.csv", encoding="utf-16").shape == (3, 3)


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path):
    (tmp_path / "t.csv").write_bytes(GOOD.encode("utf-8-sig"))
    assert read(tmp_path / "t.csv").columns[0] == "amount"


def test_decimal_commas_between_semicolons(tmp_path):
    (tmp_path / "t.csv").write_text("amount;note;fraud\n1,5;a,b;0\n-2;c;1\n;d;1\n")
    table = read(tmp_path / "t.csv")
    assert table["amount"].fillna(9).tolist() == [1.5, -2.0, 9.0]
    assert table["note"].tolist() == ["a,b", "c", "d"]


def test_two_separators_that_fit_are_not_guessed(tmp_path):
    (tmp_path / "t.csv").write_text("a,b;c\n1,2;3\n4,5;6\n")
    with pytest.raises(DataError, match=r"comma and semicolon.*Give sep"):
        read(tmp_path / "t.csv")
    assert read(tmp_path / "t.csv", sep=";").columns.tolist() == ["a,b", "c"]


def test_one_column_and_quoted_separators_are_tables(tmp_path):
    (tmp_path / "one.csv").write_text("fraud\n0\n1\n")
    assert read(tmp_path / "one.csv").shape == (2, 1)
    (tmp_path / "q.csv").write_text('a,b\n"x,y",1\n"u;v;w",2\n\n')
    assert read(tmp_path / "q.csv")["a"].tolist() == ["x,y", "u;v;w"]


def test_the_separator_must_be_one_sign(tmp_path):
    (tmp_path / "t.csv").write_text(GOOD)
    with pytest.raises(ConfigError, match="one character") as refused:
        read(tmp_path / "t.csv", sep=", ")
    assert refused.value.key == "sep"


def test_broken_files_are_named(tmp_path):
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(GOOD.encode())[:-12])
    with pytest.raises(DataError, match=r"t\.csv\.gz must be whole gzip"):
        read(tmp_path / "t.csv.gz")
    (tmp_path / "plain.csv.gz").write_text(GOOD)
    with pytest.raises(DataError, match="whole gzip"):
        read(tmp_path / "plain.csv.gz")
    (tmp_path / "t.parquet").write_text(GOOD)
    with pytest.raises(DataError, match=r"t\.parquet must be Parquet"):
        read(tmp_path / "t.parquet")
    (tmp_path / "t.csv").write_bytes(b"a,b\n1,\x00\n")
    with pytest.raises(DataError, match=r"t\.csv must be text, however line 2"):
        read(tmp_path / "t.csv")


def test_a_missing_file_hints_at_the_nearest(tmp_path):
    (tmp_path / "payments.csv").write_text(GOOD)
    with pytest.raises(DataError, match=r"no file .*Did you mean 'payments.csv'"):
        read(tmp_path / "paymets.csv")
    with pytest.raises(DataError, match=r"folder .* does not exist"):
        read(tmp_path / "nowhere" / "payments.csv")
    with pytest.raises(DataError, match="is a folder"):
        read(tmp_path)
    with pytest.raises(DataError, match="Did you mean 'article_fraud'"):
        read("articel_fraud")
    (tmp_path / "t.xlsx").write_text("")
    with pytest.raises(DataError, match=r"\.parquet.*Save the sheet as CSV"):
        read(tmp_path / "t.xlsx")


@pytest.mark.parametrize(
    ("source", "query", "error", "says"),
    [
        ("sqlite:///{}/none.db?SELECT 1", None, DataError, "no file"),
        ("sqlite:///{}/shop.db", None, ConfigError, "needs a query"),
        ("sqlite:///{}/shop.db?SELECT * FROM paymets", None, DataError, "no such table: paymets"),
        ("sqlite:///{}/shop.db?SELECT * FROM payments WHERE 0", None, DataError, "0 rows"),
        ("sqlite:///{}/shop.db?SELECT 1", "SELECT 2", ConfigError, "One query"),
        ("nosuch://host/base", "SELECT 1", ConfigError, "nosuch"),
        ("https://example.org/t.csv", None, DataError, "Download it"),
        ("t.csv", "SELECT 1", ConfigError, "sqlite:///t.csv"),
    ],
)
def test_a_wrong_database_is_told(tmp_path, source, query, error, says):
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        payments().to_sql("payments", connection, index=False)
    connection.close()
    with pytest.raises(error, match=says):
        read(source.format(tmp_path), query=query)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "shop.db"
    ]  # no empty database is left behind


def test_a_password_is_not_shown(monkeypatch):
    import sqlalchemy
    from sqlalchemy.exc import OperationalError

    class Engine:
        def connect(self):
            raise OperationalError("", {}, Exception("refused"))

        def dispose(self):
            pass

    monkeypatch.setattr(sqlalchemy, "create_engine", lambda url: Engine())
    with pytest.raises(DataError, match="refused") as refused:
        read("postgresql://user:secret@host/base?sslmode=require?SELECT 1")
    assert "secret" not in str(refused.value)


def test_words_that_pandas_takes_for_missing_stay_words_among_words(tmp_path):
    path = tmp_path / "t.csv"
    rows = "NA,1.5,2024-01-02,0\nNone,NA,NA,1\nde,2.5,2024-01-03,0\n,3.5,2024-01-04,1\n"
    path.write_text("country,amount,day,y\n" + rows * 5)
    table = load(path, target="y").table
    assert set(table["country"].dropna()) == {"NA", "None", "de"}
    assert table["country"].isna().sum() == 5
    assert table["amount"].isna().sum() == 5
    assert table["day"].isna().sum() == 5
    assert table["day"].dtype.kind == "M"


def test_a_target_of_which_a_word_may_mean_missing_is_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,y\n" + "1.5,yes\n2.5,no\n3.5,NA\n" * 4)
    with pytest.raises(DataError, match="holds 'NA' in 4 rows"):
        load(path, target="y")
