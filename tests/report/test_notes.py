"""What the terminal says below the tables: no interval, undefined values, in words and never as NaN."""

import json

import pytest

import synthkit
from synthkit.report.terminal import notes
from synthkit.table.dataset import load


@pytest.fixture(scope="module")
def one_fit():
    """A comparison on a single split: one value per arm."""
    return synthkit.compare(
        load("article_fraud").table,
        target="fraud",
        arms=["none", "class_weights"],
        classifiers=["logistic_regression"],
        split={"name": "hold_out"},
    )


def test_one_fit_gives_no_interval_and_no_verdict_and_says_so(one_fit):
    assert "One fit gives no interval. Ask for more folds or repeats." in notes(one_fit.results)
    assert "NaN" not in json.dumps(one_fit.results, allow_nan=False)
    assert "nan" not in str(one_fit)
    for row in one_fit.results["rows"]:
        assert row["scores"]["average_precision"]["low"] is None
        assert not row["gap"]


def test_undefined_values_are_counted_and_said(one_fit):
    results = json.loads(json.dumps(one_fit.results))
    assert not [line for line in notes(results) if "undefined" in line]
    for row in results["rows"]:
        row["scores"]["average_precision"]["undefined"] = 2
    results["rows"][0]["scores"]["precision_tuned"]["undefined"] = 1
    assert (
        "Values that were undefined in their fold are left out above: 4 of average precision, 1 of precision tuned."
        in notes(results)
    )
