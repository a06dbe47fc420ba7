"""Detection: chance between real rows, certainty where rows are false, and the column that is false is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from synthkit.assessment import detection
from synthkit.assessment.tables import Tables


def test_rows_of_one_process_cannot_be_told_apart(payments):
    tables = Tables.of(*(payments(800, seed) for seed in (1, 2, 3)), target="fraud")
    part, (measure,) = detection.assess(tables)
    for value in (part["auc"]["value"], part["auc"]["control"]):
        assert value == pytest.approx(0.5, abs=0.06)
    assert part["auc"]["low"] < 0.5 < part["auc"]["high"]
    assert part["auc"]["baseline"] > 0.6
    assert measure.better == "control"
    assert all(abs(column["value"]) < 0.05 for column in part["columns"])


def test_a_false_column_gives_the_rows_away(three):
    real, made, holdout = three
    moved = made.assign(items=made["items"] + 3)
    part = detection.assess(Tables.of(real, moved, holdout, target="fraud"))[0]
    assert part["auc"]["low"] > 0.85
    assert part["columns"][0]["name"] == "items"
    assert part["columns"][0]["value"] > 10 * abs(part["columns"][0]["control"])


def test_missing_values_and_new_states_are_seen(three):
    real, made, holdout = three
    gaps = made.assign(fee=made["fee"].mask(np.arange(len(made)) % 2 == 0))
    assert (
        detection.assess(Tables.of(real, gaps, holdout, target="fraud"))[0]["columns"][0]["name"]
        == "fee"
    )
    moon = made.assign(shop=made["shop"].where(np.arange(len(made)) % 2 == 0, "moon"))
    assert (
        detection.assess(Tables.of(real, moon, holdout, target="fraud"))[0]["columns"][0]["name"]
        == "shop"
    )


def test_a_state_of_many_levels(three):
    real, made, holdout = (table.assign(city=np.arange(len(table)) % 400) for table in three)
    kinds = {"city": "categorical"}
    part = detection.assess(Tables.of(real, made, holdout, target="fraud", kinds=kinds))[0]
    assert 0.4 < part["auc"]["control"] < 0.6


def test_the_interval_holds_the_truth():
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(20):
        a, b = rng.normal(size=(2, 100, 2))
        _, low, high, _ = detection._told_apart(a, b, np.zeros(2, dtype=bool), rng, drops=False)
        held += low <= 0.5 <= high
    assert held >= 17


def test_the_same_seed_gives_the_same_figures(three):
    tables = Tables.of(*(table[:200] for table in three), target="fraud")
    first, again, other = (detection.assess(replace(tables, seed=seed))[0] for seed in (0, 0, 1))
    assert first == again
    assert first["auc"] != other["auc"]


def test_too_few_rows_are_said(three):
    real, made, holdout = three
    part, measures = detection.assess(Tables.of(real, made[:19], holdout, target="fraud"))
    assert "20 rows of each table are needed" in part["skipped"]
    assert measures == []
