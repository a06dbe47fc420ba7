"""Interpolation: whether it stays on the positives' ground, and which hard rules it breaks."""

import numpy as np
import pytest

from synthkit.advice import space
from synthkit.advice.advice import advise
from synthkit.advice.sample import draw
from synthkit.errors import ConfigError, DataError
from synthkit.rules import FixedCombinations
from synthkit.table.load import load


def test_smote_leaves_its_ground_where_neighbours_lie_in_other_pockets(dataset):
    """Pockets of three positives in a sea of others: the neighbours that SMOTE needs are in other pockets."""
    rng = np.random.default_rng(2)
    centers = rng.uniform(-10, 10, (40, 2))
    pockets = np.repeat(centers, 3, axis=0) + rng.normal(0, 0.01, (120, 2))
    sea = rng.uniform(-11, 11, (6000, 2))
    sea = sea[np.min(np.linalg.norm(sea[:, None] - centers, axis=2), axis=1) > 0.3]
    found = space.smote_ground(draw(dataset(pockets, sea), 0))
    assert found.holds is True
    assert {"smote", "adasyn"} <= set(found.rules_out)
    blob = rng.normal(0, 1, (120, 2)) + 30
    assert space.smote_ground(draw(dataset(blob, sea), 0)).holds is False


def test_the_excess_of_identical_classes_is_about_zero(dataset):
    """The control: positives that are a random part of the majority lie where interpolations lie, nearly."""
    rng = np.random.default_rng(3)
    found = space.smote_ground(
        draw(dataset(rng.uniform(0, 1, (300, 2)), rng.uniform(0, 1, (3000, 2))), 0)
    )
    assert found.holds is False
    assert abs(found.value) < 0.05


# Hard rules


def test_a_rule_that_interpolation_breaks_is_found_and_one_that_it_keeps_is_not(dataset):
    rng = np.random.default_rng(0)
    ours = rng.choice([0.0, 100.0], (100, 1))  # either end, nothing between
    data = dataset(ours + rng.normal(0, 0.1, (100, 1)), rng.normal(50, 20, (500, 1)))
    rules = {
        "an end": lambda rows: (rows["x0"] > 20) & (rows["x0"] < 80),
        "no less": lambda rows: rows["x0"] < -50,
    }
    broken, kept = space.broken_rules(draw(data, 0), rules)
    # With k = 5 all neighbours are at the same end: interpolation between them keeps the rule, so pull them together.
    assert (broken.holds, kept.holds) == (False, False)
    few = dataset(np.array([[0.0], [100.0]] * 2 + [[0.5], [99.5]]), rng.normal(50, 20, (500, 1)))
    broken, kept = space.broken_rules(draw(few, 0), rules)
    assert broken.holds is True
    assert 0 < broken.low < broken.value < broken.high < 1
    assert {"smote", "noise", "mixup"} <= set(broken.rules_out)
    assert kept.holds is False
    assert kept.high > 0  # none of 2,000 is not none at all


def test_a_rule_that_the_real_rows_break_as_often_is_not_held_against_interpolation(dataset):
    rng = np.random.default_rng(1)
    data = dataset(rng.uniform(0, 1, (200, 1)), rng.normal(0, 1, (400, 1)))
    assert (
        space.broken_rules(draw(data, 0), {"low": lambda rows: rows["x0"] > -9})[0].holds is False
    )


def test_rules_see_rows_in_the_tables_own_columns_and_dtypes(mixed_dataset):
    seen = []
    advise(
        mixed_dataset,
        rules={"look": lambda rows: seen.append(rows) or np.zeros(len(rows), dtype=bool)},
    )
    made, features = seen[0], list(mixed_dataset.schema.features)
    assert list(made.columns) == features
    assert made.dtypes.equals(mixed_dataset.table[features].dtypes)
    assert made["amount"].max() <= mixed_dataset.table["amount"].max()
    assert set(made["city"].dropna()) <= set(mixed_dataset.table["city"].dropna())


@pytest.mark.parametrize(
    "rule",
    [lambda rows: True, lambda rows: rows["nope"] > 0, lambda rows: rows["x"] * 1.0],
    ids=["no mask", "unknown column", "numbers"],
)
def test_a_rule_that_gives_no_mask_is_refused_by_name(rule, table_of):
    with pytest.raises(DataError, match="'mine'"):
        advise(table_of(3, 12), rules={"mine": rule})


def test_rules_of_a_file_are_measured_in_interpolated_rows(tmp_path):
    (tmp_path / "rules.yaml").write_text(
        "rules:\n- {name: in order, rule: inequality, low: time, high: settled}\n"
        "- {name: a class, rule: one_of, column: fraud, values: [0, 1]}\n"
    )
    payments = load({"name": "mixed_fraud", "rows": 2000, "fraud_rate": 0.05}).table
    advice = advise(payments, target="fraud", rules=str(tmp_path / "rules.yaml"))
    assert (
        advice["rule in order"].holds is True
    )  # what is missing at one end leaves its place to the other
    assert "smote" in advice["rule in order"].rules_out
    unmeasured = advice["rule a class"]
    assert unmeasured.value is None
    assert "fraud, which is not learned from" in unmeasured.says


def test_rules_that_take_something_from_real_rows_take_it(dataset):
    rng = np.random.default_rng(0)
    cities = np.where(np.arange(200) % 2, "a", "b")
    data = dataset(
        rng.normal(1, 1, (60, 1)),
        rng.normal(0, 1, (140, 1)),
        city=cities,
        zone=np.char.upper(cities),
    )
    rule = FixedCombinations(("city", "zone"), name="zones")
    found = advise(data, rules=[rule])["rule zones"]
    assert found.holds is False  # city and zone come from the same parent
    assert found.value == 0


def test_a_rule_about_no_column_is_refused(table_of):
    with pytest.raises(ConfigError, match="'nope'"):
        advise(table_of(3, 12), rules=[{"rule": "positive", "column": "nope"}])
