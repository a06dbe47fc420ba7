"""Every plot of a quality report: drawn from results alone, with a reading and a table that hold the same figures."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from synthkit.errors import ConfigError, DataError
from synthkit.report.figure import SUBJECTS
from synthkit.report.quality.plots import PLOTS

NAMES = (
    "columns",
    "pairs",
    "projection",
    "detection",
    "usefulness",
    "privacy_distances",
    "risks",
    "rules",
    "losses",
)


def test_the_plots_are_those_that_were_promised() -> None:
    assert set(PLOTS) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_plot_has_marks_a_reading_and_a_table_for_every_subject(
    report: dict[str, Any], name: str
) -> None:
    plot = PLOTS[name]
    for subject in SUBJECTS[plot.subject](report):
        figure = plot(report, subject)
        assert sum(len(trace.x) for trace in figure.data) > 2
        assert len(plot.reading(report, subject)) > 30
        table = plot.table(report, subject)
        assert table.rows
        assert {len(row) for row in table.rows} == {len(table.head)}
        assert all(isinstance(cell, str) for row in table.rows for cell in row)


@pytest.mark.parametrize("name", NAMES)
def test_names_reach_plotly_with_nothing_left_to_interpret(
    report: dict[str, Any], name: str
) -> None:
    for subject in SUBJECTS[PLOTS[name].subject](report):
        figure = PLOTS[name](report, subject).to_plotly_json()
        assert "<script" not in json.dumps([figure["data"], figure["layout"]])
        assert "<img" not in json.dumps([figure["data"], figure["layout"]])


@pytest.mark.parametrize("name", NAMES)
def test_a_plot_is_drawn_or_says_why_not(any_report: dict[str, Any], name: str) -> None:
    plot = PLOTS[name]
    for subject in SUBJECTS[plot.subject](any_report):
        why = plot.missing(any_report, subject)
        if why:
            assert why.endswith(".")
            with pytest.raises(DataError, match="needs other results"):
                plot(any_report, subject)
        else:
            assert plot(any_report, subject).data


def test_wrong_subjects_get_the_nearest(report: dict[str, Any]) -> None:
    assert PLOTS["columns"](report).data
    with pytest.raises(
        ConfigError, match=r"needs a column of these results, however 'amuont' is none.*'amount'"
    ):
        PLOTS["columns"](report, "amuont")


def test_a_histogram_has_the_shares_of_its_bins(report: dict[str, Any]) -> None:
    shape = report["columns"][0]["shape"]
    for trace, key in zip(
        PLOTS["columns"](report, "amount").data, ("real", "synthetic", "control"), strict=True
    ):
        assert list(trace.x) == shape["edges"]
        assert list(trace.y)[:-1] == shape[key]


def test_a_heat_map_has_a_square_per_known_pair_as_deep_as_its_figure(
    report: dict[str, Any],
) -> None:
    report["pairs"]["difference"][0][1] = None
    (trace,) = PLOTS["pairs"](report, "difference").data
    difference = report["pairs"]["difference"]
    known = {
        (i, j): value
        for i, row in enumerate(difference)
        for j, value in enumerate(row)
        if value is not None
    }
    drawn = {
        (round(base + 0.48), x): depth
        for x, base, depth in zip(trace.x, trace.base, trace.marker.opacity, strict=True)
    }
    assert drawn == {pair: abs(value) for pair, value in known.items()}
    assert set(trace.marker.color) == {"#d55e00"}  # all are weaker in the synthetic rows
    assert len(known) == 11


def test_the_farthest_pair_is_named_first(report: dict[str, Any]) -> None:
    report["pairs"]["difference"][0][3] = report["pairs"]["difference"][3][0] = 0.7
    assert PLOTS["pairs"].table(report, "difference").rows[0][0] == "amount × fraud"
    assert "amount and fraud, +0.700" in PLOTS["pairs"].reading(report, "difference")


def test_of_a_wide_table_the_columns_that_differ_most_are_drawn(
    make: Callable[[str], dict[str, Any]],
) -> None:
    report = make("forty_columns")
    for i in range(60):
        report["pairs"]["difference"][5][i] = report["pairs"]["difference"][i][5] = (
            0.9 - i / 100 if i != 5 else None
        )
    figure = PLOTS["pairs"](report, "difference")
    names = figure.layout.xaxis.ticktext
    assert len(names) == 40
    assert 5 in {i for i in range(60) if i in figure.data[0].x}


def test_the_dots_are_the_figures_with_their_intervals(report: dict[str, Any]) -> None:
    traces = {trace.name: trace for trace in PLOTS["usefulness"](report).data}
    synthetic = traces["trained on synthetic rows"]
    scores = [
        row["scores"]["average_precision"]
        for row in report["usefulness"]["rows"]
        if row["trained_on"] == "synthetic"
    ]
    assert list(synthetic.x) == [s["value"] for s in scores]
    assert list(synthetic.error_x.array) == pytest.approx([s["high"] - s["value"] for s in scores])
    assert list(synthetic.error_x.arrayminus) == pytest.approx(
        [s["value"] - s["low"] for s in scores]
    )


def test_the_columns_that_lose_most_are_drawn_first(report: dict[str, Any]) -> None:
    worst = report["privacy"]["inference"]["columns"][0]
    report["privacy"]["inference"]["columns"] = [
        worst | {"name": f"c{i}", "risk": i / 100} for i in range(20)
    ]
    table = PLOTS["risks"].table(report, "")
    assert [row[0] for row in table.rows[2:]] == [f"inferring c{i}" for i in range(19, 11, -1)]


def test_rules_that_are_broken_most_come_first_and_real_rows_stand_beside(
    report: dict[str, Any],
) -> None:
    table = PLOTS["rules"].table(report, "")
    assert [row[3] for row in table.rows] == ["30", "15", "0"]
    assert {row[5] for row in table.rows} == {"0 %"}
    assert "30 of 3,000 synthetic rows (1 %)" in PLOTS["rules"].reading(report, "")
