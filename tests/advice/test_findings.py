"""What is measured about a table, and what follows."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from synthkit.advice import findings
from synthkit.advice.advice import advise
from synthkit.advice.arms import TIMED_ROWS, costs
from synthkit.advice.findings import (
    groups_of,
    headroom,
    learn,
    memorising,
    outlier_like,
    sub_groups,
)
from synthkit.advice.sample import draw, folds
from synthkit.errors import ConfigError, DataError
from synthkit.rules import FixedCombinations
from synthkit.table.dataset import load
from synthkit.table.datasets import ArticleFraud, mixed_fraud

# What is counted, what arms cost, which rows are measured, and the intervals' formulas.


@pytest.mark.parametrize(("ratio", "holds"), [(10, False), (11, True)])
def test_the_ratio_is_beyond_ten_to_one_or_not(ratio, holds, table_of):
    found = findings.class_ratio(table_of(ratio, 50))
    assert found.value == ratio
    assert found.holds is holds


@pytest.mark.parametrize(("positives", "holds"), [(4999, False), (5000, True)])
def test_five_thousand_positives_are_enough(positives, holds, table_of):
    found = findings.minority_count(table_of(1, positives))
    assert found.holds is holds
    assert ("ctgan" in found.rules_out) is holds
    assert "class_weights" not in found.rules_out


def test_neighbour_searches_are_ruled_out_above_a_hundred_thousand_rows(table_of):
    assert not findings.size(table_of(1, 50_000)).rules_out
    large = findings.size(table_of(1, 50_001))
    assert "adasyn" in large.rules_out
    assert "smote" not in large.rules_out  # it searches among the positives alone


def test_kinds_decide_what_noise_can_do():
    rng = np.random.default_rng(0)
    states = pd.DataFrame(
        {"a": rng.choice(list("xyz"), 60), "b": rng.random(60) < 0.5, "y": np.arange(60) % 3 == 0}
    )
    assert "noise" in findings.mixed_types(load(states, target="y")).rules_out
    some = findings.mixed_types(load(states.assign(c=rng.normal(0, 1, 60)), target="y"))
    assert some.value == pytest.approx(2 / 3)
    assert not some.rules_out


def test_costs_are_measured_and_extrapolated_by_their_order(table_of):
    rows = []

    def method(train, rng):
        rows.append(len(train))
        np.ones(len(train) * 1000)
        return train

    found = costs(table_of(9, 4_000), {"smote": method, "unknown": method}, 0)
    assert max(rows) == TIMED_ROWS
    assert "unknown" not in found
    assert found["smote"].seconds > 0
    assert found["smote"].mebibytes == pytest.approx(40_000 * 1000 * 8 / 2**20, rel=0.1)
    assert found["ctgan"].seconds_high > found["ctgan"].seconds


# Interpolation: whether it stays on the positives' ground, and which hard rules it breaks.


def test_smote_leaves_its_ground_where_neighbours_lie_in_other_pockets(dataset):
    """Pockets of three positives in a sea of others: the neighbours that SMOTE needs are in other pockets."""
    rng = np.random.default_rng(2)
    centers = rng.uniform(-10, 10, (40, 2))
    pockets = np.repeat(centers, 3, axis=0) + rng.normal(0, 0.01, (120, 2))
    sea = rng.uniform(-11, 11, (6000, 2))
    sea = sea[np.min(np.linalg.norm(sea[:, None] - centers, axis=2), axis=1) > 0.3]
    found = findings.smote_ground(draw(dataset(pockets, sea), 0))
    assert found.holds is True
    assert {"smote", "adasyn"} <= set(found.rules_out)
    blob = rng.normal(0, 1, (120, 2)) + 30
    assert findings.smote_ground(draw(dataset(blob, sea), 0)).holds is False


def test_the_excess_of_identical_classes_is_about_zero(dataset):
    """The control: positives that are a random part of the majority lie where interpolations lie, nearly."""
    rng = np.random.default_rng(3)
    found = findings.smote_ground(
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
    broken, kept = findings.broken_rules(draw(data, 0), rules)
    # With k = 5 all neighbours are at the same end: interpolation between them keeps the rule, so pull them together.
    assert (broken.holds, kept.holds) == (False, False)
    few = dataset(np.array([[0.0], [100.0]] * 2 + [[0.5], [99.5]]), rng.normal(50, 20, (500, 1)))
    broken, kept = findings.broken_rules(draw(few, 0), rules)
    assert broken.holds is True
    assert 0 < broken.low < broken.value < broken.high < 1
    assert {"smote", "noise", "mixup"} <= set(broken.rules_out)
    assert kept.holds is False
    assert kept.high > 0  # none of 2,000 is not none at all


def test_a_rule_that_the_real_rows_break_as_often_is_not_held_against_interpolation(dataset):
    rng = np.random.default_rng(1)
    data = dataset(rng.uniform(0, 1, (200, 1)), rng.normal(0, 1, (400, 1)))
    assert (
        findings.broken_rules(draw(data, 0), {"low": lambda rows: rows["x0"] > -9})[0].holds
        is False
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


# Sub-groups of the positives: found where there are some, and called separate where the others lie between them.


def test_groups_separated_by_the_majority_are_found_and_one_blob_is_not(dataset, two_groups):
    rng = np.random.default_rng(0)
    apart = sub_groups(draw(dataset(*two_groups(4.0, rng)), 0))
    assert apart.holds is True
    assert apart.low > apart.threshold
    assert {"mixup", "gaussian_copula"} <= set(apart.rules_out)
    assert "sequential_trees" in apart.favours
    blob = rng.normal((4.0, 0, 0), 0.3, (120, 3))
    together = sub_groups(draw(dataset(blob, rng.normal(0, 1, (1200, 3))), 0))
    assert together.holds is False
    assert not together.rules_out


def test_two_groups_with_nothing_between_them_are_not_separated(dataset):
    rng = np.random.default_rng(1)
    ours = rng.normal(0, 0.3, (120, 3)) + np.where(np.arange(120) % 2, 4.0, -4.0)[:, None] * [
        1,
        0,
        0,
    ]
    elsewhere = rng.normal((0, 40.0, 0), 1, (1200, 3))
    assert sub_groups(draw(dataset(ours, elsewhere), 0)).holds is False


def test_the_two_frauds_of_mixed_fraud_are_found_and_named():
    """Card testing and account takeover, among 12 columns most of which say little: k-means on all finds neither."""
    data = load("mixed_fraud")
    sample = draw(data, 0)
    ours = np.flatnonzero(sample.positive)
    likelihood = mixed_fraud._log_likelihood(data.table.take(sample.rows[ours]))
    assert adjusted_rand_score(likelihood[:, 2] > likelihood[:, 1], groups_of(sample, ours)) > 0.3
    found = sub_groups(sample)
    assert found.holds is True
    assert "part by amount and recent_payments" in found.says


@pytest.mark.parametrize("draws", ["its own", 0, 1, 2])
def test_the_articles_frauds_are_not_called_separate_groups(draws):
    table = (
        "article_fraud"
        if draws == "its own"
        else ArticleFraud().fresh(5000, np.random.default_rng(draws))
    )
    assert sub_groups(draw(load(table, target="fraud"), 0)).holds is False


def test_positives_like_the_others_are_not_called_separate_groups(dataset):
    rng = np.random.default_rng(3)
    found = sub_groups(draw(dataset(rng.uniform(0, 1, (300, 2)), rng.uniform(0, 1, (3000, 2))), 0))
    assert found.holds is False


def test_few_positives_and_constant_columns_are_survived(dataset, two_groups):
    rng = np.random.default_rng(0)
    assert sub_groups(draw(dataset(*two_groups(4.0, rng, 9, 90)), 0)).value is None
    assert sub_groups(draw(dataset(*two_groups(4.0, rng, 10, 90)), 0)).value is not None
    assert sub_groups(draw(dataset(np.zeros((30, 2)), np.zeros((300, 2))), 0)).holds is False


# What a quick model says fires on a table made for it, and not on its twin.


def learned_of(data, seed=0, repeats=1):
    sample = draw(data, seed)
    return learn(sample, folds(sample, repeats=repeats))


def test_memorising_fires_on_noise_and_not_on_a_clear_border(dataset):
    rng = np.random.default_rng(0)
    noise = learned_of(dataset(rng.normal(0, 1, (80, 10)), rng.normal(0, 1, (400, 10))))
    assert memorising(noise, 80).holds is True
    assert "smote" in memorising(noise, 80).favours
    clear = learned_of(dataset(rng.normal(6, 1, (200, 3)), rng.normal(0, 1, (800, 3))))
    found = memorising(clear, 200)
    assert found.holds is False
    assert abs(found.value) < 0.05


def test_outliers_are_told_from_a_class(dataset):
    rng = np.random.default_rng(1)
    directions = rng.normal(0, 1, (80, 6))
    strays = 12 * directions / np.linalg.norm(directions, axis=1)[:, None]
    outliers = outlier_like(learned_of(dataset(strays, rng.normal(0, 1, (900, 6)))), 80)
    assert outliers.holds is True
    assert "smote" in outliers.rules_out
    # As frequent, in the midst of the others: a classifier finds them, an isolation forest does not.
    cluster = outlier_like(
        learned_of(dataset(rng.normal(0.5, 0.1, (80, 6)), rng.normal(0, 1, (900, 6)))), 80
    )
    assert cluster.holds is False
    assert not cluster.rules_out


def test_two_rankings_by_chance_are_no_sign_of_outliers(dataset):
    rng = np.random.default_rng(2)
    found = outlier_like(
        learned_of(dataset(rng.normal(0, 1, (60, 3)), rng.normal(0, 1, (600, 3)))), 60
    )
    assert found.holds is False


def test_headroom_is_there_where_few_positives_leave_something_to_learn(dataset):
    """Many narrow regions of positives: each positive row tells of a region that no other tells of."""
    rng = np.random.default_rng(3)
    centers = rng.uniform(-1, 1, (60, 4))
    ours = centers[rng.integers(60, size=300)] + rng.normal(0, 0.03, (300, 4))
    growing = headroom(learned_of(dataset(ours, rng.uniform(-1, 1, (3000, 4))), repeats=2), 300)
    assert growing.holds is True
    assert {"ctgan", "sequential_trees"} <= set(growing.favours)
    done = headroom(
        learned_of(dataset(rng.normal(5, 1, (300, 4)), rng.normal(0, 1, (3000, 4)))), 300
    )
    assert done.holds is False
    assert "ctgan" in done.rules_out


def test_a_model_that_learned_nothing_tells_nothing(dataset):
    """Boosting needs 20 rows on each side of a split: with fewer all folds agree, on nothing."""
    rng = np.random.default_rng(4)
    blind = learned_of(dataset(rng.normal(3, 1, (12, 3)), rng.normal(0, 1, (28, 3))), repeats=2)
    assert blind.blind.all()
    for found in (headroom(blind, 12), memorising(blind, 12), outlier_like(blind, 12)):
        assert (found.value, found.low, found.holds) == (None, None, None)
        assert "the model learned nothing from so few rows" in found.says
        assert not found.favours
        assert not found.rules_out


def test_a_model_that_learns_from_all_and_not_from_half_tells_no_headroom(dataset):
    rng = np.random.default_rng(5)
    half_blind = learned_of(dataset(rng.normal(6, 1, (30, 3)), rng.normal(0, 1, (30, 3))))
    assert half_blind.blind.any(axis=0).tolist() == [True, True, False]
    assert headroom(half_blind, 30).value is None
    assert memorising(half_blind, 30).value is not None
