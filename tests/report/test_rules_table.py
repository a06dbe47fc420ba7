"""The rules on the page, in the terminal and in a notebook: their figures, and names that would like to be HTML."""

import copy
import re
from html.parser import HTMLParser

import pytest

import synthkit
from synthkit.report import page, terminal
from synthkit.report.rules_table import in_words, rules_table

HOSTILE = "<img src=x onerror=alert(1)>"
RULES = [
    {"name": HOSTILE, "rule": "inequality", "low": "heart_rate", "high": "peak_rate"},
    {
        "name": "heart rate",
        "rule": "expression",
        "expression": "heart_rate == 0 or heart_rate >= 40",
    },
]


@pytest.fixture(scope="module")
def ruled():
    return synthkit.compare(
        {"name": "vital_signs", "rows": 800},
        arms=["none", "noise", "smote"],
        classifiers=["logistic_regression"],
        split={"name": "stratified", "repeats": 1, "folds": 3},
        rules=RULES,
        on_violation="resample",
    ).results


class Words(HTMLParser):
    def __init__(self):
        super().__init__()
        self.texts, self.tags = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.texts.append(data)


def test_the_table_says_what_the_results_say(ruled):
    table = rules_table(ruled)
    arms = {row[0].text: row for row in table.rows}
    assert list(arms) == [
        "noise",
        "noise, rules kept",
        "smote",
        "smote, rules kept",
    ]  # none makes no rows
    noise = next(arm for arm in ruled["rules"]["arms"] if arm["arm"] == "noise")
    for name in ("noise", "noise, rules kept"):
        row = arms[name]
        assert row[1].text == f"{noise['rows']:,}"
        assert row[2].text == f"{noise['broken_rows']:,}"
        assert row[2].below == f"{100 * noise['broken_rows'] / noise['rows']:.1f} %"
        assert f"heart rate: {noise['broken']['heart rate']:,}" in row[3].text + row[3].below
    assert arms["noise"][4].text == "counted only"
    assert arms["noise"][5].text == arms["noise"][2].text
    assert arms["noise, rules kept"][4].text == f"{noise['broken_rows']:,} made anew"
    assert arms["noise, rules kept"][5].text == "0"
    assert [row[0] for row in table.counts] == [HOSTILE, "heart rate"]
    assert table.counts_head == ["rule", "real rows", *arms]
    assert table.counts[1][1:3] == ["0", f"{noise['broken']['heart rate']:,}"]


def test_the_gap_to_the_arm_without_rules_stands_beside_it(ruled):
    table = rules_table(ruled)
    gaps = {gap["arm"]: gap["gap"]["average_precision"] for gap in ruled["rules"]["gaps"]}
    for row in table.rows:
        if row[0].text in gaps:
            assert gaps[row[0].text]["word"] in row[-1].text
            assert f"{abs(gaps[row[0].text]['mean']):.3f}" in row[-1].text
        else:
            assert row[-1].text == ""
    assert len(in_words(ruled)) == 2
    assert "the average precision of smote by" in in_words(ruled)[1]


def test_what_sdv_learned_and_what_was_not_judged_is_told(ruled):
    changed = copy.deepcopy(ruled)
    arm = next(arm for arm in changed["rules"]["arms"] if arm["arm"] == "smote, rules kept")
    arm |= {
        "learned_by_sdv": ["heart rate"],
        "outside": {HOSTILE: "SDV has no constraint of this kind"},
        "skipped": {"key": "is about a key"},
    }
    changed["rules"] |= {"real_broken_rows": 5}
    changed["rules"]["rules"][0]["real"] = 5
    said = rules_table(changed).remarks
    assert (
        f"smote, rules kept: SDV learned heart rate. Kept outside: {HOSTILE} (SDV has no constraint of this kind)."
        in said
    )
    assert "smote, rules kept: not judged: key (is about a key)." in said
    assert said[0] == f"2 rules. The 800 real rows break {HOSTILE} in 5, which was allowed."


def test_repaired_and_dropped_rows_are_told(ruled):
    changed = copy.deepcopy(ruled)
    arm = next(arm for arm in changed["rules"]["arms"] if arm["arm"] == "smote, rules kept")
    arm |= {
        "on_violation": ["drop", "repair"],
        "repaired_rows": 1200,
        "resampled": 0,
        "proposals": 0,
        "dropped": 3,
        "repaired_cells": {"heart_rate": 1000, "peak_rate": 300},
    }
    row = next(row for row in rules_table(changed).rows if row[0].text == "smote, rules kept")
    assert row[4].text == "1,200 repaired, 3 dropped"
    assert row[4].below == "1,300 cells changed"


def test_the_page_has_the_section_and_no_name_becomes_markup(ruled):
    words = Words()
    words.feed(page.html(ruled))
    text = re.sub(r"\s+", " ", " ".join(words.texts))
    assert "The rules, and what keeping them did" in text
    assert HOSTILE in text
    assert "img" not in words.tags
    assert page.html(ruled) == page.html(copy.deepcopy(ruled))


def test_the_terminal_and_the_notebook_have_it_too(ruled):
    text = terminal.as_text(ruled, width=160)
    assert "The rules, and what keeping them did" in text
    assert "counted only" in text
    assert "keeping the rules moves the average precision of smote" in re.sub(r"\s+", " ", text)
    words = Words()
    words.feed(terminal.as_html(ruled))
    assert "The rules, and what keeping them did" in words.texts
    assert "img" not in words.tags


def test_without_rules_there_is_no_section(ruled):
    plain = {key: value for key, value in ruled.items() if key != "rules"}
    assert rules_table(plain) is None
    for text in (page.html(plain), terminal.as_text(plain), terminal.as_html(plain)):
        assert "The rules, and" not in text
