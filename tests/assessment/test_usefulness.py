"""Usefulness: what a perfect table teaches, what a false one does not, and nothing of the holdout in a threshold."""

from __future__ import annotations

import numpy as np
import pytest

from synthkit.assessment import usefulness
from synthkit.assessment.tables import Tables
from synthkit.assessment.usefulness import SCORES, USED


@pytest.fixture(scope="module")
def found(tables):
    return usefulness.assess(tables)


def scores(part, trained_on, key="average_precision"):
    return np.array(
        [row["scores"][key]["value"] for row in part["rows"] if row["trained_on"] == trained_on]
    )


def test_every_classifier_learns_from_every_table(found):
    part, measures, heard = found
    assert [(row["classifier"], row["trained_on"]) for row in part["rows"]] == [
        (name, table) for name in USED for table in ("real", "synthetic", "baseline")
    ]
    assert [(gap["classifier"], gap["score"]) for gap in part["gap"]] == [
        (c, s) for c in USED for s in SCORES
    ]
    assert (scores(part, "baseline") < scores(part, "synthetic") - 0.2).all()
    assert (scores(part, "synthetic") < scores(part, "real") + 0.05).all()
    for row in part["rows"]:
        for score in row["scores"].values():
            assert score["low"] <= score["value"] <= score["high"]
    assert [measure.control for measure in measures] == [scores(part, "real")[0], 0.0]
    assert heard == []


def test_a_gap_is_the_difference_and_paired(found):
    part = found[0]
    rows = {
        row["trained_on"]: row["scores"]["average_precision"]
        for row in part["rows"]
        if row["classifier"] == USED[0]
    }
    gap = part["gap"][0]
    assert gap["value"] == pytest.approx(
        rows["synthetic"]["value"] - rows["real"]["value"], abs=2e-6
    )
    # Both rise and fall with the same rows of the holdout: paired, the interval is the narrower one.
    apart = np.hypot(*(rows[name]["high"] - rows[name]["low"] for name in ("synthetic", "real")))
    assert gap["high"] - gap["low"] < apart


def test_the_real_table_as_synthetic_has_no_gap(three):
    real, _, holdout = three
    part, measures, _ = usefulness.assess(Tables.of(real, real.copy(), holdout, target="fraud"))
    assert {gap[key] for gap in part["gap"] for key in ("value", "low", "high")} == {0.0}
    assert measures[1].value == 0


def test_labels_turned_round_teach_the_opposite(three):
    real, made, holdout = three
    turned = made.assign(fraud=1 - made["fraud"])
    part = usefulness.assess(Tables.of(real, turned, holdout, target="fraud", positive=1))[0]
    assert (scores(part, "synthetic", "roc_auc") < 0.3).all()
    assert all(gap["high"] < 0 for gap in part["gap"] if gap["score"] == "roc_auc")


def test_the_holdout_sets_no_threshold(three):
    """A row of the holdout more changes no other row's alarm."""
    real, made, holdout = three
    alarms = []
    for rows in (len(holdout), len(holdout) - 600):
        tables = Tables.of(real, made, holdout[:rows], target="fraud")
        alarms.append(
            usefulness._trained(USED[0], tables.synthetic, tables.holdout, tables).tuned[:600]
        )
    np.testing.assert_array_equal(*alarms)


def test_what_cannot_be_had_is_said(three):
    real, made, holdout = three

    def why(*given, **how):
        part, measures, _ = usefulness.assess(Tables.of(*given, **how))
        assert measures == []
        return part["skipped"]

    assert "needs a target" in why(real, made, holdout)
    assert "there is no holdout" in why(real, made, target="fraud")
    assert "the synthetic table has 0 of class 0" in why(
        real, made[made["fraud"] == 1], holdout, target="fraud"
    )
    assert "The holdout needs rows of fraud = 1" in why(
        real, made, holdout[holdout["fraud"] == 0], target="fraud"
    )


def test_three_classes(three):
    parts = [
        table.assign(
            kind=np.where(
                table["fraud"] == 1, "fraud", np.where(table["amount"] > 30, "big", "small")
            )
        ).drop(columns="fraud")
        for table in three
    ]
    part = usefulness.assess(Tables.of(*parts, target="kind", positive="fraud"))[0]
    assert (scores(part, "real") > scores(part, "baseline")).all()
