"""The quality report in words: a verdict per question that follows from its figure, control and baseline."""

from __future__ import annotations

from typing import Any

import pytest

from synthkit.report.quality.table import read
from synthkit.report.quality.words import (
    FAR,
    NEAR,
    REAL,
    UNKNOWN,
    answers,
    deck,
    headline,
    standing,
)
from synthkit.report.words import figure, share


def measure(
    value: float | None,
    better: str = "less",
    control: float | None = 0.1,
    baseline: float | None = 0.5,
    section: str = "fidelity",
    name: str = "x",
    half: float | None = 0.01,
) -> dict[str, Any]:
    ends = (None, None) if value is None or half is None else (value - half, value + half)
    return {
        "section": section,
        "name": name,
        "title": "x",
        "better": better,
        "value": value,
        "control": control,
        "baseline": baseline,
        "low": ends[0],
        "high": ends[1],
        "reading": "",
        "unit": "",
    }


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (measure(0.105), REAL),
        (measure(0.02), REAL),
        (measure(0.19), NEAR),
        (measure(0.3), FAR),
        (measure(0.9), FAR),
        (measure(0.12, half=0.005, baseline=0.1), NEAR),
        (measure(0.13, half=0.005, baseline=0.1), FAR),
        (measure(0.9, "more", 0.8, 0.1), REAL),
        (measure(0.7, "more", 0.8, 0.1), NEAR),
        (measure(0.3, "more", 0.8), FAR),
        (measure(0.505, "control", 0.5, 0.9), REAL),
        (measure(0.55, "control", 0.5, 0.9), NEAR),
        (measure(0.45, "control", 0.5, 0.9), NEAR),
        (measure(0.8, "control", 0.5, 0.9), FAR),
        (measure(None), UNKNOWN),
        (measure(0.1, control=None), UNKNOWN),
        (measure(0.3, baseline=None), FAR),
    ],
)
def test_a_figure_stands_where_its_control_and_baseline_put_it(
    found: dict[str, Any], said: str
) -> None:
    assert standing(found, {}) == said


@pytest.mark.parametrize(
    ("name", "value", "control", "said"),
    [
        ("membership_auc", 0.61, 0.5, FAR),
        ("membership_auc", 0.515, 0.5, NEAR),
        ("membership_auc", 0.4, 0.5, REAL),
        ("copies", 0.015, 0.001, FAR),
        ("closest_record", 0.9, 0.5, REAL),
        ("closest_record", 0.3, 0.5, FAR),
        ("inference_worst", 0.3, 0.4, REAL),
        ("inference_worst", 0.6, 0.4, FAR),
    ],
)
def test_of_privacy_only_what_leaks_is_bad(
    name: str, value: float, control: float, said: str
) -> None:
    better = "less" if name.startswith(("membership", "copies")) else "control"
    assert standing(measure(value, better, control, 0.0, "privacy", name), {}) == said


@pytest.mark.parametrize(
    ("value", "control", "half", "said"),
    [
        (0.03, 0.49, 0.01, REAL),  # the same rows on both sides: nothing is told apart
        (0.552, 0.471, 0.075, REAL),
        (0.62, 0.47, 0.03, FAR),
        (0.515, 0.5, 0.005, NEAR),
    ],
)
def test_only_what_is_told_apart_better_than_by_guessing_is_told_apart(
    value: float,
    control: float,
    half: float,
    said: str,
) -> None:
    assert (
        standing(measure(value, "control", control, 0.8, "detection", "auc", half=half), {}) == said
    )


def test_a_leak_is_told_only_where_its_whole_interval_lies_beyond_chance() -> None:
    """0.523 (0.501 to 0.545) beside an unlucky control of 0.48: of six attacks on a safe table one may look so."""
    assert (
        standing(measure(0.523, "less", 0.48, 0.5, "privacy", "membership_auc", half=0.022), {})
        == NEAR
    )
    assert (
        standing(measure(0.57, "less", 0.48, 0.5, "privacy", "membership_auc", half=0.022), {})
        == FAR
    )
    assert (
        standing(measure(0.57, "less", 0.48, 0.56, "privacy", "membership_auc", half=0.022), {})
        == NEAR
    )


@pytest.mark.parametrize(
    ("low", "risk", "said"),
    [(0.0, 0.03, REAL), (0.001, 0.015, NEAR), (0.01, 0.2, NEAR), (0.1, 0.2, FAR)],
)
def test_an_attacks_risk_says_whether_it_leaks(low: float, risk: float, said: str) -> None:
    """The rate's own interval, 0.55 to 0.65 beside 0.5, knows nothing of the chance in the control."""
    found = measure(0.6, "control", 0.5, 0.0, "privacy", "inference_worst", half=0.05)
    results = {"privacy": {"inference": {"worst_risk": {"risk": risk, "low": low, "high": 0.3}}}}
    assert standing(found, results) == said


def test_five_questions_are_answered_with_their_figures(report: dict[str, Any]) -> None:
    found = answers(report)
    assert [answer.word for answer in found] == ["no", "yes", "nearly", "yes", "nearly"]
    text = " ".join(found[3].sentences)
    assert "0.610 (0.580 to 0.640); unseen real rows 0.500; by chance 0.500" in text
    assert "Copies" not in text  # they are as many as unseen rows have: no leak
    assert headline(report) == (
        "It is unlike the real table, can be told apart and gives away rows it learned from"
    )
    assert deck(report).startswith(
        "Yet it is nearly as useful as real rows and nearly obeys the rules. Every figure"
    )


def test_columns_alone_do_not_make_a_table_like_the_real_one(report: dict[str, Any]) -> None:
    """Shuffled columns have every distribution, and no relation."""
    columns, pairs = report["measures"][:2]
    columns.update(value=0.02, low=0.01, high=0.03)
    assert answers(report)[0].word == "no"
    pairs.update(value=0.02, low=0.01, high=0.03)
    assert answers(report)[0].word == "yes"


def test_where_all_is_well_the_headline_says_what_is_well(report: dict[str, Any]) -> None:
    for found in report["measures"]:
        found.update(value=found["control"], low=None, high=None)
    assert headline(report) == (
        "It is like the real table, cannot be told apart, is as useful as real rows, is not"
        " seen to give rows away and obeys the rules"
    )
    assert "Yet" not in deck(report)


def test_what_was_not_measured_is_no_answer(report: dict[str, Any]) -> None:
    report["measures"] = []
    report["privacy"] = {"skipped": "there is no holdout"}
    report["rules"] = None
    found = answers(report)
    assert {answer.word for answer in found} == {"not measured"}
    assert found[3].sentences == ["There is no holdout."]
    assert found[4].sentences == ["No rules were given."]
    assert headline(report) == "Nothing could be measured"


def test_no_leak_is_claimed_where_none_could_be_looked_for(report: dict[str, Any]) -> None:
    report["data"]["holdout"] = None
    for found in report["measures"]:
        if found["name"] == "membership_auc":
            found.update(
                value=None,
                low=None,
                high=None,
                control=None,
                baseline=None,
                reading="it needs a holdout",
            )
    report["measures"].append(report["measures"][-2] | {"name": "inference_worst"})
    assert report["measures"][-1]["section"] == "privacy"
    found = answers(report)[3]
    assert (found.word, found.standing) == ("not known", UNKNOWN)
    assert found.sentences[0].startswith("Copies of training rows: 0.0004")
    assert "unseen" not in found.sentences[0]
    assert found.sentences[1:] == ["Nothing more could be measured. It needs a holdout."]
    assert "give" not in headline(report) + deck(report)
    copies = next(m for m in report["measures"] if m["name"] == "copies")
    copies.update(value=0.2, low=0.1, high=0.3)  # but a copy is a copy
    assert answers(report)[3].word == "yes"


def test_small_figures_do_not_become_zero() -> None:
    assert figure(0.0004) == "0.0004"
    assert share(0.0000123) == "0.001 %"


def test_what_the_row_above_says_too_is_said_once() -> None:
    rows = [
        measure(0.1) | {"reading": said}
        for said in ("", "", "No holdout.", "No holdout.", "Fine.", "No holdout.")
    ]
    assert [said for _, said in read(rows)] == [
        "",
        "",
        "No holdout.",
        "As above.",
        "Fine.",
        "No holdout.",
    ]
