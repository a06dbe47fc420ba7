"""SDV's reports: their own figures under their own names, kinds from our schema, the same every time."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synthkit.assessment import sdv_reports as module
from synthkit.assessment.sdv_reports import sdv_reports
from synthkit.assessment.tables import Tables

pytestmark = pytest.mark.sdv

pytest.importorskip("sdv")


def test_the_figures_are_sdvs_own(tables):
    from sdv.evaluation import evaluate_quality, run_diagnostic
    from sdv.metadata import Metadata

    part, measures, columns = sdv_reports(tables)
    kinds = dict.fromkeys(tables.columns, "numerical") | dict.fromkeys(
        ("shop", "chip", "fraud"), "categorical"
    )
    kinds["when"] = "datetime"
    metadata = Metadata.load_from_dict(
        {
            "tables": {
                "table": {"columns": {name: {"sdtype": kind} for name, kind in kinds.items()}}
            },
            "relationships": [],
        }
    )
    real, made = (
        table.assign(when=table["when"].dt.tz_localize(None))
        for table in (tables.reference, tables.candidates["synthetic"])
    )
    report = evaluate_quality(real, made, metadata, verbose=False)
    theirs = report.get_properties().set_index("Property")["Score"]
    assert part.quality == {"Overall Score": report.get_score(), **theirs.to_dict()}
    assert [(m.title, m.value) for m in measures] == [
        (f"SDV {name}", value) for name, value in part.quality.items()
    ]
    shapes = report.get_details("Column Shapes").set_index("Column")["Score"]
    assert {name: found.score for name, found in columns.items()} == shapes.to_dict()
    diagnostic = run_diagnostic(real, made, metadata, verbose=False)
    assert part.diagnostic["Overall Score"] == diagnostic.get_score()
    assert part.quality["Overall Score"] > part.baseline["Overall Score"]


def test_a_name_makes_nothing_of_a_column(three):
    """SDV's own detection takes a column called city for places, and makes up new ones."""
    renamed = [table.rename(columns={"shop": "city", "items": "ssn"}) for table in three]
    columns = sdv_reports(Tables.of(*renamed, target="fraud"))[2]
    before = sdv_reports(Tables.of(*three, target="fraud"))[2]
    for new, old in (("city", "shop"), ("ssn", "items")):  # the baseline's dice are thrown by name
        assert [getattr(columns[new], key) for key in ("score", "control")] == [
            getattr(before[old], key) for key in ("score", "control")
        ]


def test_sdv_draws_nothing_itself(tables, monkeypatch):
    monkeypatch.setattr(module, "MOST_ROWS", 300)
    state = np.random.get_state()[1].copy()
    first, again = sdv_reports(tables), sdv_reports(tables)
    assert first == again
    assert first != sdv_reports(replace(tables, seed=1))
    np.testing.assert_array_equal(np.random.get_state()[1], state)


def test_constants_gaps_and_one_row(three):
    real, made, holdout = (table.assign(nothing=np.nan, same=1.0) for table in three)
    for synthetic in (made, made[:1]):
        part, _, columns = sdv_reports(Tables.of(real, synthetic, holdout, target="fraud"))
        assert part.quality["Column Shapes"] is not None
        assert "nothing" not in columns
    empty = pd.DataFrame({"a": np.full(50, np.nan)})
    assert "No column" in sdv_reports(Tables.of(empty, empty))[0].skipped


def test_without_sdv_it_is_skipped_with_the_reason(tables, monkeypatch):
    monkeypatch.setitem(sys.modules, "sdv", None)
    monkeypatch.setitem(sys.modules, "sdv.evaluation", None)
    part, measures, columns = sdv_reports(tables)
    assert "SDV cannot be imported" in part.skipped
    assert measures == []
    assert columns == {}
