"""The whole report: every part there, the same bytes for the same seed, tables that do not fit, a strategy's rows."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import synthkit
from synthkit.assessment.assessment import SECTIONS
from synthkit.errors import ConfigError, DataError
from synthkit.results import ComparisonResults, QualityResults, dump, figures, read

KEYS = (
    "format",
    "kind",
    "data",
    "seed",
    "measures",
    "columns",
    "pairs",
    "classes",
    "sdv",
    "detection",
    "usefulness",
    "privacy",
    "rules",
    "projection",
    "losses",
    "warnings",
    "run",
)


def test_every_part_is_there(report):
    results = report.results
    assert tuple(results) == KEYS
    assert [name for name in SECTIONS if "skipped" in results[name]] == []
    sections = list(dict.fromkeys(measure.section for measure in report.measures))
    assert sections == ["sdv", "fidelity", "detection", "usefulness", "privacy", "rules"]
    for measure in report.measures:
        assert measure.value is None or np.isfinite(measure.value)
        assert measure.low is None or measure.low <= measure.value <= measure.high, measure
        assert measure.reading or measure.name == "Column Shapes"
    pairs = len(results["columns"]) * (len(results["columns"]) - 1) // 2
    assert results["pairs"]["sdv_counted"] + results["pairs"]["sdv_left_out"] == pairs
    assert all(
        set(column["sdv"]) == {"score", "control", "baseline"} for column in results["columns"]
    )
    assert results["data"]["real"]["rows"] == 1200
    assert results["data"]["copies_in_holdout"] == 0
    assert results["losses"] == {
        "epoch": [1, 2],
        "series": {"generator_loss": [1.0, 0.5], "discriminator_loss": [0.1, None]},
    }


def test_cells_of_real_rows_that_break_a_rule_stay_out_of_the_report(three):
    rules = [{"rule": "range", "column": "amount", "max": 1.0}]
    found = synthkit.quality(*three, target="fraud", sections=[], rules=rules).results["rules"]
    assert found["real"]["rules"][0]["broken"] > 0
    assert found["real"]["rules"][0]["examples"] == []
    assert found["synthetic"]["rules"][0]["examples"]


def test_rules_are_held_against_both_tables(report):
    broken = report.results["rules"]
    assert [rule["name"] for rule in broken["synthetic"]["rules"]] == ["amount", "items"]
    measure = report["rules.broken"]
    assert measure.value == broken["synthetic"]["broken_rows"] / 1200
    assert measure.low < measure.value < measure.high


def test_the_projection_is_fitted_to_real_rows(report):
    projection = report.results["projection"]
    assert {len(projection[name]) for name in ("real", "synthetic", "holdout")} == {1000}
    assert 0 < projection["explained"][1] <= projection["explained"][0] < 1
    real = np.array(projection["real"])
    assert np.abs(real.mean(axis=0)).max() < 0.2
    assert np.var(real[:, 0]) > np.var(real[:, 1])


def test_the_same_seed_gives_the_same_bytes(three):
    sections = ["detection", "projection"]
    three = [table[:200] for table in three]
    first, again, other = (
        synthkit.quality(*three, target="fraud", seed=seed, sections=sections) for seed in (0, 0, 1)
    )
    assert dump(figures(first.results)) == dump(figures(again.results))
    assert first.results["measures"] != other.results["measures"]
    assert first.results["data"] == other.results["data"]


def test_a_file_is_read_back_unless_it_was_cut_or_changed(report, tmp_path):
    folder = report.save(tmp_path / "run")
    assert {path.name for path in folder.iterdir()} == {"quality.json", "quality.html"}
    found = read(folder, QualityResults).plain()
    assert figures(found) == json.loads(json.dumps(figures(report.results)))
    path = folder / "quality.json"
    text = path.read_text(encoding="utf-8")
    for changed, said in (
        (text[:-100], "cut off or damaged"),
        (text.replace('"seed": 0', '"seed": 1'), "was edited"),
        (text.replace('"format": 1', '"format": 2'), "of format 2"),
        ("[]", "has no format"),
    ):
        path.write_text(changed, encoding="utf-8")
        with pytest.raises(DataError, match=said):
            read(folder, QualityResults)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="results of a comparison, however it lacks config"):
        read(path, ComparisonResults)
    with pytest.raises(
        DataError, match="results of a quality report, however there is no such file"
    ):
        read(tmp_path, QualityResults)


def test_it_is_shown_as_text_as_html_and_as_a_frame(report):
    text = str(report)
    for measure in report.measures:
        assert measure.title.split()[0] in text
    assert "Control: real rows" in text
    frame = report.to_frame()
    assert len(frame) == len(report.measures)
    assert frame.set_index("name").loc["auc", "control"] == report["auc"].control
    html = report._repr_html_()
    assert html.count("<tr>") == len(frame) + 1 + frame["section"].nunique()
    with pytest.raises(ConfigError, match="no measure 'auk'"):
        report["auk"]


def test_names_are_escaped(three):
    hostile = [table.rename(columns={"amount": "<script>alert(1)</script>"}) for table in three]
    found = synthkit.quality(*hostile, target="fraud", sections=[])
    assert "<script>" not in found._repr_html_()


def test_what_is_not_asked_for_is_skipped(three):
    found = synthkit.quality(*three, sections=["projection"])
    assert {name: list(found.results[name]) for name in SECTIONS if name != "projection"} == {
        name: ["skipped"] for name in SECTIONS if name != "projection"
    }
    assert {measure.section for measure in found.measures} == {"fidelity"}
    with pytest.raises(ConfigError, match=r"'detecton' is none.*detection"):
        synthkit.quality(*three, sections=["detecton"])


def test_a_loss_curve_may_come_from_a_fitted_synthesizer(three):
    real, made, _ = three
    fitted = synthkit.SequentialTrees().fit(real[:100], target="fraud", rng=0)
    assert (
        synthkit.quality(real, made, losses=fitted, sections=[]).results["losses"] is None
    )  # it has no epochs
    with pytest.raises(ConfigError, match="losses is a fitted synthesizer"):
        synthkit.quality(real, made, losses=[1, 2], sections=[])
    with pytest.raises(ConfigError, match="losses is a fitted synthesizer"):
        synthkit.quality(real, made, losses=pd.DataFrame({"loss": [1.0]}), sections=[])


def test_schemas_and_data_sets_are_taken_as_load_takes_them(three):
    real, made, holdout = three
    data = synthkit.load(real, target="fraud", positive=0)
    found = synthkit.quality(data, made, holdout, sections=[])
    assert (found.results["data"]["target"], found.results["data"]["positive"]) == ("fraud", 0)
    kinds = synthkit.quality(real, made, schema={"items": "categorical"}, sections=[]).results[
        "data"
    ]["columns"]
    assert {"name": "items", "kind": "categorical"} in kinds
    with pytest.raises(ConfigError, match="needs a target"):
        synthkit.quality(real, made, positive=1)


def test_every_key_is_documented(report):
    text = (Path(__file__).parents[2] / "docs" / "quality.md").read_text(encoding="utf-8")
    results = json.loads(dump(report.results))
    parts = [
        results,
        results["data"],
        results["measures"][0],
        results["columns"][0],
        results["columns"][0]["distance"],
        results["pairs"],
        results["classes"][0],
        results["sdv"],
        results["detection"],
        results["usefulness"],
        results["usefulness"]["rows"][0],
        results["projection"],
        results["losses"],
        results["run"],
        *(
            part
            for part in results["privacy"].values()
            if isinstance(part, dict) and "skipped" not in part
        ),
    ]
    assert [key for part in parts for key in part if f"`{key}`" not in text] == []


def test_quality_can_be_called_whatever_was_imported_before():
    import inspect

    import synthkit.assessment.tables
    from synthkit.assessment.assessment import quality

    assert callable(synthkit.quality)
    assert inspect.signature(synthkit.quality) == inspect.signature(quality)


def test_plots_are_drawn_by_name(report):
    for name in ("detection", "usefulness", "projection", "losses", "rules"):
        assert report.plot(name).data, name
    assert report.plot("columns", "amount").data
    assert report.plot("pairs", "difference").data
    with pytest.raises(ConfigError, match=r"no plot 'detections'.*detection"):
        report.plot("detections")


# --- Tables that do not fit, or hold nothing to tell ---

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


# --- The synthetic rows of strategies ---

MADE = {"smote": synthkit.SMOTE(), "mixup": synthkit.Mixup(), "noise": synthkit.Noise()}


@pytest.fixture(scope="module")
def split(payments) -> tuple[synthkit.Dataset, pd.DataFrame]:
    return synthkit.load(payments(1500, 1), target="fraud"), payments(1500, 2)


def rows_of(strategy, data: synthkit.Dataset) -> synthkit.TrainingSet:
    return strategy(
        synthkit.TrainingSet.from_table(data.table, data.schema), np.random.default_rng(0)
    )


@pytest.mark.parametrize("name", MADE)
def test_a_report_on_a_strategys_rows_is_one_line(split, name):
    data, holdout = split
    found = synthkit.quality(
        data, rows_of(MADE[name], data), holdout, sections=["detection", "usefulness"]
    )
    results = found.results
    assert "rows of fraud = 1 alone" in results["warnings"][0]
    legit, fraud = results["classes"]
    assert (legit["rows_synthetic"], legit["columns"]["value"]) == (0, None)
    assert fraud["synthetic"] == 1.0
    assert fraud["real"] == pytest.approx(0.15, abs=0.03)
    assert fraud["columns"]["value"] < 0.3
    assert (
        next(c for c in results["columns"] if c["target"])["distance"]["value"] == 0
    )  # held beside frauds alone
    assert "the synthetic table has 0 of class 0" in results["usefulness"]["skipped"]
    assert found["auc"].control == pytest.approx(0.5, abs=0.15)
    assert found["auc"].value > 0.5  # rows that cling to their parents do not pass for real


def test_smotes_rows_show_their_risk(split):
    data, holdout = split
    found = synthkit.quality(data, rows_of(synthkit.SMOTE(), data), holdout, sections=["privacy"])
    privacy = {measure.name: measure for measure in found.measures if measure.section == "privacy"}
    assert privacy["membership_auc"].value > privacy["membership_auc"].control + 0.2


def test_synthetic_rows_are_those_without_origin(split):
    data, _ = split
    augmented = rows_of(synthkit.Mixup(), data)
    rows = augmented.synthetic_rows()
    assert list(rows.columns) == [c.name for c in data.schema.columns]
    assert len(rows) == (augmented.origin == -1).sum()
    assert set(rows["fraud"]) == {1}
    assert rows.dtypes.to_dict() == data.table.dtypes.to_dict()


def test_a_strategy_that_makes_no_row_says_so(split):
    data, _ = split
    for strategy in (synthkit.ClassWeights(), synthkit.RandomOversampling()):
        with pytest.raises(DataError, match="Synthetic rows are needed, however every row"):
            synthkit.quality(data, rows_of(strategy, data))


def test_too_few_of_a_class_are_refused(split):
    data, holdout = split
    few = pd.concat(
        [data.table[data.table["fraud"] == 0], data.table[data.table["fraud"] == 1][:12]]
    )
    with pytest.raises(
        DataError, match="rows of class 1 alone, and the real table needs at least 20"
    ):
        synthkit.quality(few, rows_of(synthkit.SMOTE(), data), target="fraud")
    with pytest.raises(DataError, match="the holdout needs some of them"):
        synthkit.quality(data, rows_of(synthkit.SMOTE(), data), holdout[holdout["fraud"] == 0])
