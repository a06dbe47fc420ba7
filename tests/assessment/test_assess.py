"""The whole report: every part there, the same bytes for the same seed, read back only if unchanged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import synthkit
from synthkit.assessment.assess import SECTIONS
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
    from synthkit.assessment.assess import quality

    assert callable(synthkit.quality)
    assert inspect.signature(synthkit.quality) == inspect.signature(quality)


def test_plots_are_drawn_by_name(report):
    for name in ("detection", "usefulness", "projection", "losses", "rules"):
        assert report.plot(name).data, name
    assert report.plot("columns", "amount").data
    assert report.plot("pairs", "difference").data
    with pytest.raises(ConfigError, match=r"no plot 'detections'.*detection"):
        report.plot("detections")
