"""Tables that do not fit, or hold nothing to tell: words that say what is needed, or a report that says so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import synthkit
from synthkit.errors import ConfigError, DataError

FAST = ["detection", "projection"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.drop(columns="shop"), "The synthetic table needs the column 'shop'"),
        (lambda t: t.assign(shopp=1), "however it has 'shopp' besides"),
        (lambda t: t[:0], "The synthetic table needs rows, however it has none"),
        (
            lambda t: t.assign(amount="dear"),
            "Column 'amount' must hold a number in every row, however row 0 holds 'dear'",
        ),
        (lambda t: t.assign(items=t["items"] + 0.5), "Column 'items' must hold a whole number"),
        (lambda t: t.assign(fraud=7), "The target 'fraud' must be one of"),
        (
            lambda t: t.assign(fraud=np.where(t.index < 3, np.nan, t["fraud"])),
            "The target 'fraud' must be one of",
        ),
        (
            lambda t: t.assign(when=t["when"].dt.tz_localize(None)),
            "Give both a time zone, or neither",
        ),
        (lambda t: t.assign(amount=np.inf), "Column 'amount' must hold a finite number"),
        (lambda t: t.drop(columns="fraud"), "The synthetic table needs the column 'fraud'"),
    ],
    ids=[
        "a column less",
        "one more",
        "empty",
        "words",
        "halves",
        "class",
        "no class",
        "zone",
        "infinite",
        "target",
    ],
)
def test_tables_that_do_not_fit_are_refused(three, change, said):
    real, made, holdout = three
    with pytest.raises(DataError, match=said):
        synthkit.quality(real, change(made), holdout, target="fraud")


def test_what_is_wrong_with_the_real_table_is_said(three):
    real, made, _ = three
    for table, target, said in (
        (real, "froud", "'froud' is not in the table"),
        (real[:10], "fraud", "at least 20 rows"),
        (real.assign(fraud=0), "fraud", "at least two classes"),
    ):
        with pytest.raises(DataError, match=said):
            synthkit.quality(table, made, target=target)
    with pytest.raises(DataError, match="however every one is a key, text or the target"):
        synthkit.quality(real[["fraud"]], made[["fraud"]], target="fraud")
    with pytest.raises(ConfigError, match="A table is a DataFrame, a path"):
        synthkit.quality(real, 3)
    with pytest.raises(ConfigError, match="'amonut'"):
        synthkit.quality(real, made, rules=[{"rule": "positive", "column": "amonut"}], sections=[])


def test_one_synthetic_row(three):
    real, made, holdout = three
    found = synthkit.quality(real, made[:1], holdout, target="fraud", sections=FAST)
    assert "20 rows of each table are needed" in found.results["detection"]["skipped"]
    assert any("Tables of 1 rows" in text for text in found.results["warnings"])
    assert str(found)


def test_columns_without_a_value_or_with_one_value(three):
    real, made, holdout = (table.assign(nothing=np.nan, same="x") for table in three)
    found = synthkit.quality(real, made.assign(nothing=1.0), holdout, target="fraud", sections=FAST)
    columns = {column["name"]: column for column in found.results["columns"]}
    assert columns["nothing"]["distance"]["value"] is None
    assert columns["nothing"]["missing"] == {"real": 1.0, "synthetic": 0.0, "control": 1.0}
    assert columns["same"]["distance"]["value"] == 0
    assert any(
        "'nothing' has no value in the real table" in text for text in found.results["warnings"]
    )
    assert found.results["detection"]["auc"]["value"] == 1.0
    assert found.results["detection"]["columns"][0]["name"] == "nothing"
    i = found.results["pairs"]["columns"].index("same")
    assert set(found.results["pairs"]["real"][i]) == {None}


def test_only_constants():
    same = pd.DataFrame({"a": np.ones(100), "b": ["x"] * 100})
    found = synthkit.quality(same, same, same, sections=["sdv", *FAST])
    assert found["columns"].value == 0
    assert found["pairs"].value is None
    assert found.results["detection"]["auc"]["value"] == 0.5
    assert found.results["projection"]["explained"] == [0.0, 0.0]


def test_one_column():
    rng = np.random.default_rng(0)
    one, two = (pd.DataFrame({"a": rng.normal(size=200)}) for _ in range(2))
    found = synthkit.quality(one, two, sections=FAST)
    assert found["pairs"].value is None
    assert found.results["projection"]["real"][0][1] == 0


def test_new_states_are_counted_and_another_coding_is_suspected(three):
    real, made, holdout = three
    odd = synthkit.quality(real, made.assign(shop="moon"), holdout, sections=[])
    assert odd["new_states"].value == 1.0
    assert any(
        "No state of 'shop'" in text and "'moon'" in text for text in odd.results["warnings"]
    )


def test_a_holdout_that_was_learned_from_is_said(three):
    real, made, _ = three
    found = synthkit.quality(real, made, real[:600], target="fraud", sections=[])
    assert found.results["data"]["copies_in_holdout"] == 600
    assert any(
        "600 of 600 holdout rows equal a real row" in text for text in found.results["warnings"]
    )


def test_no_holdout_is_said(three):
    found = synthkit.quality(three[0], three[1], target="fraud", sections=[])
    assert any("There is no holdout" in text for text in found.results["warnings"])
    assert found.results["data"]["compared_rows"] == {"reference": 600, "candidates": 600}


def test_a_holdout_that_the_synthetic_rows_come_from_is_said(three):
    real, made, holdout = three
    found = synthkit.quality(real, holdout.copy(), holdout, target="fraud", sections=[])
    assert found.results["data"]["holdout_in_synthetic"] == len(holdout)
    assert any(
        "are rows of the holdout and of no real one" in text for text in found.results["warnings"]
    )
    fair = synthkit.quality(real, made, holdout, target="fraud", sections=[])
    assert not any("rows of the holdout" in text for text in fair.results["warnings"])


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.assign(when=t["when"].dt.as_unit("s")),
        lambda t: t.assign(when=t["when"].dt.tz_convert("Asia/Tokyo")),
        lambda t: t.assign(chip=t["chip"].astype(int)),
        lambda t: t.assign(chip=t["chip"].astype("boolean")),
        lambda t: t.assign(shop=t["shop"].astype("category")),
        lambda t: t.assign(items=t["items"].astype(float), amount=t["amount"].astype(str)),
    ],
    ids=["unit", "clock", "0 and 1", "boolean", "category", "numbers"],
)
def test_the_same_cells_in_another_dtype_are_the_same(three, change):
    real, made, holdout = three
    before, after = (
        synthkit.quality(real, table, holdout, target="fraud", sections=["projection"]).results
        for table in (made, change(made))
    )
    for part in ("measures", "pairs", "classes", "projection"):
        assert before[part] == after[part]
    back = synthkit.quality(
        change(real), made, change(holdout), target="fraud", sections=[]
    ).results["measures"]
    assert [m["value"] for m in back] == [m["value"] for m in before["measures"]]


def test_every_kind_of_column(mixed_table):
    from tests.conftest import make_mixed_table

    tables = [make_mixed_table(240, seed) for seed in (0, 1, 2)]
    found = synthkit.quality(
        *tables, target="outcome", positive="fraud", sections=["sdv", *FAST, "usefulness"]
    )
    assert [c["name"] for c in found.results["data"]["left_out"]] == ["id", "note"]
    assert len(found.results["columns"]) == 13
    assert len(found.results["classes"]) == 3
    assert found["columns"].value < 0.15
