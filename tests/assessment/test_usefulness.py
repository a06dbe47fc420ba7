"""Detection and usefulness: chance between real rows, certainty where rows are false; what tables teach."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from synthkit.assessment import usefulness as module
from synthkit.assessment.tables import Tables
from synthkit.assessment.usefulness import SCORES, USED, detection, usefulness
from synthkit.results import Skipped

# --- Detection -------------------------------------------------------------------------------------


def test_rows_of_one_process_cannot_be_told_apart(payments):
    tables = Tables.of(*(payments(800, seed) for seed in (1, 2, 3)), target="fraud")
    part, (measure,) = detection(tables)
    for value in (part.auc.value, part.auc.control):
        assert value == pytest.approx(0.5, abs=0.06)
    assert part.auc.low < 0.5 < part.auc.high
    assert part.auc.baseline > 0.6
    assert measure.better == "control"
    assert all(abs(column.value) < 0.05 for column in part.columns)


def test_a_false_column_gives_the_rows_away(three):
    real, made, holdout = three
    moved = made.assign(items=made["items"] + 3)
    part = detection(Tables.of(real, moved, holdout, target="fraud"))[0]
    assert part.auc.low > 0.85
    assert part.columns[0].name == "items"
    assert part.columns[0].value > 10 * abs(part.columns[0].control)


def test_missing_values_and_new_states_are_seen(three):
    real, made, holdout = three
    gaps = made.assign(fee=made["fee"].mask(np.arange(len(made)) % 2 == 0))
    assert detection(Tables.of(real, gaps, holdout, target="fraud"))[0].columns[0].name == "fee"
    moon = made.assign(shop=made["shop"].where(np.arange(len(made)) % 2 == 0, "moon"))
    assert detection(Tables.of(real, moon, holdout, target="fraud"))[0].columns[0].name == "shop"


def test_a_state_of_many_levels(three):
    real, made, holdout = (table.assign(city=np.arange(len(table)) % 400) for table in three)
    kinds = {"city": "categorical"}
    part = detection(Tables.of(real, made, holdout, target="fraud", kinds=kinds))[0]
    assert 0.4 < part.auc.control < 0.6


def test_the_interval_holds_the_truth():
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(20):
        a, b = rng.normal(size=(2, 100, 2))
        found, _ = module._told_apart(a, b, np.zeros(2, dtype=bool), rng, drops=False)
        held += found.low <= 0.5 <= found.high
    assert held >= 17


def test_the_same_seed_gives_the_same_figures(three):
    tables = Tables.of(*(table[:200] for table in three), target="fraud")
    first, again, other = (detection(replace(tables, seed=seed))[0] for seed in (0, 0, 1))
    assert first == again
    assert first.auc != other.auc


def test_too_few_rows_are_said(three):
    real, made, holdout = three
    part, measures = detection(Tables.of(real, made[:19], holdout, target="fraud"))
    assert "20 rows of each table are needed" in part.skipped
    assert measures == []


# --- Usefulness ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def found(tables):
    return usefulness(tables)


def scores(part, trained_on, key="average_precision"):
    return np.array([row.scores[key].value for row in part.rows if row.trained_on == trained_on])


def test_every_classifier_learns_from_every_table(found):
    part, measures, heard = found
    assert [(row.classifier, row.trained_on) for row in part.rows] == [
        (name, table) for name in USED for table in ("real", "synthetic", "baseline")
    ]
    assert [(gap.classifier, gap.score) for gap in part.gap] == [
        (c, s) for c in USED for s in SCORES
    ]
    assert (scores(part, "baseline") < scores(part, "synthetic") - 0.2).all()
    assert (scores(part, "synthetic") < scores(part, "real") + 0.05).all()
    for row in part.rows:
        for score in row.scores.values():
            assert score.low <= score.value <= score.high
    assert [measure.control for measure in measures] == [scores(part, "real")[0], 0.0]
    assert heard == []


def test_a_gap_is_the_difference_and_paired(found):
    part = found[0]
    rows = {
        row.trained_on: row.scores["average_precision"]
        for row in part.rows
        if row.classifier == USED[0]
    }
    gap = part.gap[0]
    assert gap.value == pytest.approx(rows["synthetic"].value - rows["real"].value, abs=2e-6)
    # Both rise and fall with the same rows of the holdout: paired, the interval is the narrower one.
    apart = np.hypot(*(rows[name].high - rows[name].low for name in ("synthetic", "real")))
    assert gap.high - gap.low < apart


def test_the_real_table_as_synthetic_has_no_gap(three):
    real, _, holdout = three
    part, measures, _ = usefulness(Tables.of(real, real.copy(), holdout, target="fraud"))
    assert {getattr(gap, key) for gap in part.gap for key in ("value", "low", "high")} == {0.0}
    assert measures[1].value == 0


def test_labels_turned_round_teach_the_opposite(three):
    real, made, holdout = three
    turned = made.assign(fraud=1 - made["fraud"])
    part = usefulness(Tables.of(real, turned, holdout, target="fraud", positive=1))[0]
    assert (scores(part, "synthetic", "roc_auc") < 0.3).all()
    assert all(gap.high < 0 for gap in part.gap if gap.score == "roc_auc")


def test_the_holdout_sets_no_threshold(three):
    """A row of the holdout more changes no other row's alarm."""
    real, made, holdout = three
    alarms = []
    for rows in (len(holdout), len(holdout) - 600):
        tables = Tables.of(real, made, holdout[:rows], target="fraud")
        alarms.append(
            module._trained(USED[0], tables.synthetic, tables.holdout, tables).tuned[:600]
        )
    np.testing.assert_array_equal(*alarms)


def test_what_cannot_be_had_is_said(three):
    real, made, holdout = three

    def why(*given, **how):
        part, measures, _ = usefulness(Tables.of(*given, **how))
        assert measures == []
        return part.skipped

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
    part = usefulness(Tables.of(*parts, target="kind", positive="fraud"))[0]
    assert (scores(part, "real") > scores(part, "baseline")).all()


def test_a_draw_that_loses_a_class_is_said(payments):
    """Of many real rows as many are drawn as there are synthetic ones: too few of a rare class to learn from."""
    real, holdout = payments(400, 1), payments(400, 2)
    made = payments(12, 3).assign(fraud=[1, 1] + [0] * 10)
    why = [
        usefulness(Tables.of(real, made, holdout, target="fraud", seed=seed))[0]
        for seed in range(8)
    ]
    said = {each.skipped for each in why if isinstance(each, Skipped)}
    assert "Every class needs 2 rows" in " ".join(said)
    assert "among the 12 rows drawn of it" in " ".join(said)
