"""Every plot: drawn from results alone, with a reading and a table that hold the same figures."""

from __future__ import annotations

import json
from typing import Any

import pytest
from helpers.pages import HOSTILE

from synthkit.errors import ConfigError, DataError
from synthkit.report.palette import COLOURS, DARK, INK, PAPER, looks
from synthkit.report.plots import PLOTS

NAMES = (
    "gaps",
    "frontier",
    "precision_recall",
    "calibration",
    "cost_threshold",
    "folds",
    "break_even",
    "learning",
)


def test_the_plots_are_those_that_were_promised() -> None:
    assert set(PLOTS) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_plot_has_marks_one_reading_and_a_row_per_arm(results: dict[str, Any], name: str) -> None:
    plot = PLOTS[name]
    for classifier in results["classifiers"]:
        figure = plot(results, classifier)
        assert sum(len(trace.x) for trace in figure.data) > 3
        assert all(len(trace.x) == len(trace.y) for trace in figure.data)
        assert len(plot.reading(results, classifier)) > 40
        table = plot.table(results, classifier)
        assert {len(row) for row in table.rows} == {len(table.head)}
        assert any(HOSTILE in row[0] for row in table.rows)


@pytest.mark.parametrize("name", NAMES)
def test_names_reach_plotly_with_nothing_left_to_interpret(
    results: dict[str, Any], name: str
) -> None:
    figure = PLOTS[name](results).to_plotly_json()
    texts = json.dumps(
        [
            [{k: v for k, v in trace.items() if k != "legendgroup"} for trace in figure["data"]],
            figure["layout"],
        ]
    )
    assert "<script" not in texts
    assert "&lt;script" in texts


def test_drawing_changes_nothing_and_repeats_itself(results: dict[str, Any]) -> None:
    before = json.dumps(results)
    first = [PLOTS[name](results).to_json() for name in NAMES]
    assert [PLOTS[name](results).to_json() for name in NAMES] == first
    assert json.dumps(results) == before


def test_the_gaps_are_the_verdicts(results: dict[str, Any]) -> None:
    classifier = results["classifiers"][0]
    gaps = {
        row["arm"]: row["gap"]["average_precision"]
        for row in results["rows"]
        if row["classifier"] == classifier and row["gap"]
    }
    drawn = sorted(
        (trace.x[0], *line.x)
        for line, trace in zip(
            *(list(PLOTS["gaps"](results).data)[i::2] for i in (0, 1)), strict=True
        )
    )
    assert drawn == sorted((gap["mean"], gap["low"], gap["high"]) for gap in gaps.values())


def test_the_folds_average_to_the_gap(results: dict[str, Any]) -> None:
    classifier = results["classifiers"][0]
    rows = {row["arm"]: row for row in results["rows"] if row["classifier"] == classifier}
    marks = [t for t in PLOTS["folds"](results).data if t.mode == "markers"]
    assert len(marks) == 4
    for trace in marks:
        arm = trace.name.replace("&lt;", "<").replace("&gt;", ">")
        assert sum(trace.x) / len(trace.x) == pytest.approx(
            rows[arm]["gap"]["average_precision"]["mean"]
        )


def test_the_figures_say_what_a_minute_more_gains(results: dict[str, Any]) -> None:
    cost = results["cost"][1]
    cost["worth"]["gain_per_minute"] = -0.125
    table = PLOTS["frontier"].table(results, cost["classifier"])
    at = table.head.index("gain per extra minute")
    assert next(row for row in table.rows if row[0] == cost["arm"])[at] == "−0.125"
    assert next(row for row in table.rows if row[0] == "none")[at] == "–"


def test_an_arm_that_saves_training_and_loses_money_pays_below_a_volume(
    results: dict[str, Any],
) -> None:
    cost = results["cost"][1]
    cost["worth"] |= {"extra_price": -0.2, "saving": -0.05, "break_even_rows": None}
    table = PLOTS["break_even"].table(results, cost["classifier"])
    assert next(row for row in table.rows if row[0] == cost["arm"])[-2] == "below 4,000 rows"
    cost["worth"]["extra_price"] = 0.2
    table = PLOTS["break_even"].table(results, cost["classifier"])
    assert next(row for row in table.rows if row[0] == cost["arm"])[-2] == "never"


def test_no_arm_of_the_frontier_has_a_faster_and_better_one(results: dict[str, Any]) -> None:
    table = PLOTS["frontier"].table(results, results["classifiers"][0])
    costs = {
        c["arm"]: c["augment_seconds"] + c["fit_seconds"]
        for c in results["cost"]
        if c["classifier"] == results["classifiers"][0]
    }
    scores = {row[0]: float(row[2]) for row in table.rows}
    front = [row[0] for row in table.rows if row[-1] == "yes"]
    assert front
    for arm in front:
        others = [
            other
            for other in scores
            if other not in (arm, "perfect generator") and costs[other] < costs[arm]
        ]
        assert all(scores[other] <= scores[arm] for other in others)


def test_without_prices_money_is_not_drawn_and_the_reason_is_said(results: dict[str, Any]) -> None:
    del results["config"]["cost"]
    for entry in results["curves"]:
        entry.pop("cost", None)
    for name in ("cost_threshold", "break_even"):
        with pytest.raises(DataError, match="there are no prices"):
            PLOTS[name](results)


def test_without_a_sweep_there_are_no_learning_curves(results: dict[str, Any]) -> None:
    del results["sweep"]
    with pytest.raises(DataError, match="no sweep"):
        PLOTS["learning"](results)


def test_wrong_names_get_the_nearest(measured: Any) -> None:
    assert measured.plot("frontier").data
    with pytest.raises(ConfigError, match=r"There is no plot 'fronteer'\. Did you mean 'frontier'"):
        measured.plot("fronteer")
    with pytest.raises(ConfigError, match="'forest' is none"):
        measured.plot("gaps", "forest")


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colour", [INK, *COLOURS])
def test_every_colour_stands_out_on_light_and_on_dark(colour: str) -> None:
    assert _contrast(colour, PAPER) >= 3
    assert _contrast(DARK[colour], DARK[PAPER]) >= 3


def test_no_two_of_28_arms_look_alike() -> None:
    results = {"arms": [{"label": str(i)} for i in range(28)], "config": {"reference": "none"}}
    found = looks(results)
    assert len({(look.colour, look.dash) for look in found.values()}) == 28
    assert len({(look.colour, look.symbol) for look in found.values()}) == 28
