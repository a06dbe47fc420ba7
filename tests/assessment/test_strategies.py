"""The synthetic rows of strategies: one line to a report, beside their like, with what they give away."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import synthkit
from synthkit.errors import DataError

MADE = {"smote": synthkit.SMOTE(), "mixup": synthkit.Mixup(), "noise": synthkit.Noise()}


@pytest.fixture(scope="module")
def split(payments) -> tuple[synthkit.Dataset, pd.DataFrame]:
    return synthkit.load(payments(1500, 1), target="fraud"), payments(1500, 2)


def rows_of(strategy, data: synthkit.Dataset) -> synthkit.TrainingSet:
    return strategy(
        synthkit.TrainingSet.from_table(data.table, data.schema), np.random.default_rng(0)
    )


@pytest.mark.parametrize("name", MADE)
def test_a_report_on_a_strategys_rows_is_one_line(split, name):
    data, holdout = split
    found = synthkit.quality(
        data, rows_of(MADE[name], data), holdout, sections=["detection", "usefulness"]
    )
    results = found.results
    assert "rows of fraud = 1 alone" in results["warnings"][0]
    legit, fraud = results["classes"]
    assert (legit["rows_synthetic"], legit["columns"]["value"]) == (0, None)
    assert fraud["synthetic"] == 1.0
    assert fraud["real"] == pytest.approx(0.15, abs=0.03)
    assert fraud["columns"]["value"] < 0.3
    assert (
        next(c for c in results["columns"] if c["target"])["distance"]["value"] == 0
    )  # held beside frauds alone
    assert "the synthetic table has 0 of class 0" in results["usefulness"]["skipped"]
    assert found["auc"].control == pytest.approx(0.5, abs=0.15)
    assert found["auc"].value > 0.5  # rows that cling to their parents do not pass for real


def test_smotes_rows_show_their_risk(split):
    data, holdout = split
    found = synthkit.quality(data, rows_of(synthkit.SMOTE(), data), holdout, sections=["privacy"])
    privacy = {measure.name: measure for measure in found.measures if measure.section == "privacy"}
    assert privacy["membership_auc"].value > privacy["membership_auc"].control + 0.2


def test_synthetic_rows_are_those_without_origin(split):
    data, _ = split
    augmented = rows_of(synthkit.Mixup(), data)
    rows = augmented.synthetic_rows()
    assert list(rows.columns) == [c.name for c in data.schema.columns]
    assert len(rows) == (augmented.origin == -1).sum()
    assert set(rows["fraud"]) == {1}
    assert rows.dtypes.to_dict() == data.table.dtypes.to_dict()


def test_a_strategy_that_makes_no_row_says_so(split):
    data, _ = split
    for strategy in (synthkit.ClassWeights(), synthkit.RandomOversampling()):
        with pytest.raises(DataError, match="Synthetic rows are needed, however every row"):
            synthkit.quality(data, rows_of(strategy, data))


def test_too_few_of_a_class_are_refused(split):
    data, holdout = split
    few = pd.concat(
        [data.table[data.table["fraud"] == 0], data.table[data.table["fraud"] == 1][:12]]
    )
    with pytest.raises(
        DataError, match="rows of class 1 alone, and the real table needs at least 20"
    ):
        synthkit.quality(few, rows_of(synthkit.SMOTE(), data), target="fraud")
    with pytest.raises(DataError, match="the holdout needs some of them"):
        synthkit.quality(data, rows_of(synthkit.SMOTE(), data), holdout[holdout["fraud"] == 0])
