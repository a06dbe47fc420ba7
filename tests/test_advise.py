"""Advice: each finding fires on a table made for it, and not on its twin; the config it writes can be run."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml

import synthkit
from synthkit.advise import arms, counted, space
from synthkit.advise.advice import advise
from synthkit.advise.finding import corrected, share_interval, simple
from synthkit.advise.learned import headroom, learn, memorising, outlier_like
from synthkit.advise.sample import MOST_CELLS, MOST_ROWS, draw, folds
from synthkit.errors import DataError
from synthkit.table.load import load


def dataset(positives, others, **columns):
    """Positives below others; each an array (n, d), or with `columns` none of them."""
    X = np.vstack([positives, others])
    table = pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])]).assign(**columns)
    return load(table.assign(y=np.repeat([1, 0], [len(positives), len(others)])), target="y", positive=1)


def learned_of(data, seed=0, repeats=1):
    sample = draw(data, seed)
    return learn(sample, folds(sample, repeats=repeats))


def two_groups(gap, rng, positives=120, others=1200):
    """Two tight groups of positives `gap` left and right of a majority that fills the middle."""
    ours = rng.normal(0, 0.3, (positives, 3))
    ours[:, 0] += np.where(np.arange(positives) % 2, gap, -gap)
    return ours, rng.normal(0, 1, (others, 3))


# Sub-groups and interpolation


def test_groups_separated_by_the_majority_are_found_and_one_blob_is_not():
    rng = np.random.default_rng(0)
    apart = space.sub_groups(draw(dataset(*two_groups(4.0, rng)), 0))[1]
    assert apart.holds is True
    assert apart.low > apart.threshold
    assert {"mixup", "gaussian_copula"} <= set(apart.rules_out)
    assert "sequential_trees" in apart.favours
    blob = rng.normal((4.0, 0, 0), 0.3, (120, 3))
    together = space.sub_groups(draw(dataset(blob, rng.normal(0, 1, (1200, 3))), 0))[1]
    assert together.holds is False
    assert not together.rules_out


def test_two_groups_with_nothing_between_them_are_not_separated():
    rng = np.random.default_rng(1)
    ours = rng.normal(0, 0.3, (120, 3)) + np.where(np.arange(120) % 2, 4.0, -4.0)[:, None] * [1, 0, 0]
    elsewhere = rng.normal((0, 40.0, 0), 1, (1200, 3))
    assert space.sub_groups(draw(dataset(ours, elsewhere), 0))[1].holds is False


def test_smote_leaves_its_ground_where_neighbours_lie_in_other_pockets():
    """Pockets of three positives in a sea of others: the neighbours that SMOTE needs are in other pockets."""
    rng = np.random.default_rng(2)
    centers = rng.uniform(-10, 10, (40, 2))
    pockets = np.repeat(centers, 3, axis=0) + rng.normal(0, 0.01, (120, 2))
    sea = rng.uniform(-11, 11, (6000, 2))
    sea = sea[np.min(np.linalg.norm(sea[:, None] - centers, axis=2), axis=1) > 0.3]
    found = space.sub_groups(draw(dataset(pockets, sea), 0))[0]
    assert found.holds is True
    assert {"smote", "adasyn"} <= set(found.rules_out)
    blob = rng.normal(0, 1, (120, 2)) + 30
    assert space.sub_groups(draw(dataset(blob, sea), 0))[0].holds is False


def test_the_excess_of_identical_classes_is_about_zero():
    """The control: positives that are a random part of the majority lie where interpolations lie, nearly."""
    rng = np.random.default_rng(3)
    found = space.sub_groups(draw(dataset(rng.uniform(0, 1, (300, 2)), rng.uniform(0, 1, (3000, 2))), 0))
    assert [finding.holds for finding in found] == [False, False]
    assert abs(found[0].value) < 0.05


def test_states_are_never_mixed():
    rng = np.random.default_rng(4)
    data = dataset(rng.normal(0, 1, (30, 1)), rng.normal(0, 1, (60, 1)),
                   city=rng.choice(["a", "b", "c"], 90), flag=rng.random(90) < 0.5)
    points = draw(data, 0).points
    mixed = points.between(np.arange(30), np.arange(30, 60), rng.random(30))
    real = {row.tobytes() for row in points.values[:, points.ordered:]}
    assert {row.tobytes() for row in mixed[:, points.ordered:]} <= real
    assert points.ordered == 1


def test_points_are_as_far_apart_as_the_geometry_says():
    data = load(pd.DataFrame({"c": ["a", "a", "b", "b"] * 5, "y": [0, 0, 0, 1] * 5}), target="y")
    values = draw(data, 0).points.values
    assert np.isclose(np.linalg.norm(values[0] - values[2]), 1.0)
    assert np.isclose(np.linalg.norm(values[0] - values[1]), 0.0)


# What a quick model says


def test_memorising_fires_on_noise_and_not_on_a_clear_border():
    rng = np.random.default_rng(0)
    noise = learned_of(dataset(rng.normal(0, 1, (80, 10)), rng.normal(0, 1, (400, 10))))
    assert memorising(noise, 80).holds is True
    assert "smote" in memorising(noise, 80).favours
    clear = learned_of(dataset(rng.normal(6, 1, (200, 3)), rng.normal(0, 1, (800, 3))))
    found = memorising(clear, 200)
    assert found.holds is False
    assert abs(found.value) < 0.05


def test_outliers_are_told_from_a_class():
    rng = np.random.default_rng(1)
    directions = rng.normal(0, 1, (80, 6))
    strays = 12 * directions / np.linalg.norm(directions, axis=1)[:, None]
    outliers = outlier_like(learned_of(dataset(strays, rng.normal(0, 1, (900, 6)))), 80)
    assert outliers.holds is True
    assert "smote" in outliers.rules_out
    # As frequent, in the midst of the others: a classifier finds them, an isolation forest does not.
    cluster = outlier_like(learned_of(dataset(rng.normal(0.5, 0.1, (80, 6)), rng.normal(0, 1, (900, 6)))), 80)
    assert cluster.holds is False
    assert not cluster.rules_out


def test_two_rankings_by_chance_are_no_sign_of_outliers():
    rng = np.random.default_rng(2)
    found = outlier_like(learned_of(dataset(rng.normal(0, 1, (60, 3)), rng.normal(0, 1, (600, 3)))), 60)
    assert found.holds is False


def test_headroom_is_there_where_few_positives_leave_something_to_learn():
    """Many narrow regions of positives: each positive row tells of a region that no other tells of."""
    rng = np.random.default_rng(3)
    centers = rng.uniform(-1, 1, (60, 4))
    ours = centers[rng.integers(60, size=300)] + rng.normal(0, 0.03, (300, 4))
    growing = headroom(learned_of(dataset(ours, rng.uniform(-1, 1, (3000, 4))), repeats=2), 300)
    assert growing.holds is True
    assert {"ctgan", "sequential_trees"} <= set(growing.favours)
    done = headroom(learned_of(dataset(rng.normal(5, 1, (300, 4)), rng.normal(0, 1, (3000, 4)))), 300)
    assert done.holds is False
    assert "ctgan" in done.rules_out


@pytest.fixture(scope="module")
def article():
    return advise("article_fraud")


def test_a_perfect_generator_gains_next_to_nothing_on_the_articles_data(article):
    found = article["headroom, perfect generator"]
    assert found.holds is False
    assert 0 < found.value < found.high <= 0.01


# What is counted


def table_of(ratio, positives):
    n = positives * (ratio + 1)
    return load(pd.DataFrame({"x": np.arange(n) % 97 / 7, "y": (np.arange(n) < positives).astype(int)}), target="y",
                positive=1)


@pytest.mark.parametrize(("ratio", "holds"), [(10, False), (11, True)])
def test_the_ratio_is_beyond_ten_to_one_or_not(ratio, holds):
    found = counted.class_ratio(table_of(ratio, 50))
    assert found.value == ratio
    assert found.holds is holds


@pytest.mark.parametrize(("positives", "holds"), [(4999, False), (5000, True)])
def test_five_thousand_positives_are_enough(positives, holds):
    found = counted.minority_count(table_of(1, positives))
    assert found.holds is holds
    assert ("ctgan" in found.rules_out) is holds
    assert "class_weights" not in found.rules_out


def test_neighbour_searches_are_ruled_out_above_a_hundred_thousand_rows():
    assert not counted.size(table_of(1, 50_000)).rules_out
    large = counted.size(table_of(1, 50_001))
    assert "adasyn" in large.rules_out
    assert "smote" not in large.rules_out  # it searches among the positives alone


def test_kinds_decide_what_noise_can_do():
    rng = np.random.default_rng(0)
    states = pd.DataFrame({"a": rng.choice(list("xyz"), 60), "b": rng.random(60) < 0.5, "y": np.arange(60) % 3 == 0})
    assert "noise" in counted.mixed_types(load(states, target="y")).rules_out
    some = counted.mixed_types(load(states.assign(c=rng.normal(0, 1, 60)), target="y"))
    assert some.value == pytest.approx(2 / 3)
    assert not some.rules_out


def test_costs_are_measured_and_extrapolated_by_their_order():
    rows = []

    def method(train, rng):
        rows.append(len(train))
        np.ones(len(train) * 1000)
        return train

    found = counted.costs(table_of(9, 4_000), {"smote": method, "unknown": method}, 0)
    assert max(rows) == counted.TIMED_ROWS
    assert "unknown" not in found
    assert found["smote"].seconds > 0
    assert found["smote"].mebibytes == pytest.approx(40_000 * 1000 * 8 / 2**20, rel=0.1)
    assert found["ctgan"].high > found["ctgan"].seconds
    assert arms.extrapolate(2.0, 100, 1000, "n") == 20
    assert arms.extrapolate(2.0, 100, 1000, "n^2") == 200
    assert arms.extrapolate(1.0, 2**10, 2**20, "n log n") == 2**11


# Hard rules


def test_a_rule_that_interpolation_breaks_is_found_and_one_that_it_keeps_is_not():
    rng = np.random.default_rng(0)
    ours = rng.choice([0.0, 100.0], (100, 1))  # either end, nothing between
    data = dataset(ours + rng.normal(0, 0.1, (100, 1)), rng.normal(50, 20, (500, 1)))
    rules = {"an end": lambda rows: (rows["x0"] > 20) & (rows["x0"] < 80), "no less": lambda rows: rows["x0"] < -50}
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


def test_a_rule_that_the_real_rows_break_as_often_is_not_held_against_interpolation():
    rng = np.random.default_rng(1)
    data = dataset(rng.uniform(0, 1, (200, 1)), rng.normal(0, 1, (400, 1)))
    assert space.broken_rules(draw(data, 0), {"low": lambda rows: rows["x0"] > -9})[0].holds is False


def test_rules_see_rows_in_the_tables_own_columns_and_dtypes(mixed_dataset):
    seen = []
    advise(mixed_dataset, rules={"look": lambda rows: seen.append(rows) or np.zeros(len(rows), dtype=bool)})
    made, features = seen[0], list(mixed_dataset.schema.features)
    assert list(made.columns) == features
    assert made.dtypes.equals(mixed_dataset.table[features].dtypes)
    assert made["amount"].max() <= mixed_dataset.table["amount"].max()
    assert set(made["city"].dropna()) <= set(mixed_dataset.table["city"].dropna())


@pytest.mark.parametrize("rule", [lambda rows: True, lambda rows: rows["nope"] > 0, lambda rows: rows["x"] * 1.0],
                         ids=["no mask", "unknown column", "numbers"])
def test_a_rule_that_gives_no_mask_is_refused_by_name(rule):
    with pytest.raises(DataError, match="'mine'"):
        advise(table_of(3, 12), rules={"mine": rule})


# The whole


def test_positives_too_few_to_measure_are_said_to_be():
    rng = np.random.default_rng(0)
    advice = advise(dataset(rng.normal(2, 1, (9, 2)), rng.normal(0, 1, (300, 2))))
    for topic in ("headroom", "memorising", "outlier-like positives", "minority sub-groups", "SMOTE's ground"):
        assert advice[topic].value is None
        assert advice[topic].holds is None
        assert "10 positives" in advice[topic].says
    assert advice["class ratio"].value == pytest.approx(300 / 9)
    assert "Collect more" in advice.summary
    assert not any(arm.tried for arm in advice.arms if "generator" in arms.ARMS[arm.name].families)


@pytest.mark.parametrize("positives", [1, 2, 10])
def test_hardly_any_positives_are_survived(positives):
    rng = np.random.default_rng(positives)
    advice = advise(dataset(rng.normal(2, 1, (positives, 2)), rng.normal(0, 1, (60, 2))),
                    rules={"r": lambda rows: rows["x0"] > 99})
    assert advice["minority count"].value == positives
    assert (advice["headroom"].value is None) == (positives < 10)


def test_several_classes_missing_values_and_every_kind_of_column(mixed_dataset):
    advice = advise(mixed_dataset)
    assert "3 classes" in advice["class ratio"].says
    assert all(finding.value is not None for finding in advice.findings)
    assert "with missing values: " in advice["mixed types"].says
    assert json.loads(json.dumps(advice.plain())) == advice.plain()


def test_degenerate_columns_are_survived():
    n = 200
    table = pd.DataFrame({"empty": np.full(n, np.nan), "constant": np.ones(n), "y": np.arange(n) % 5 == 0})
    assert advise(table, target="y")["headroom"].value is not None


def test_bad_input_is_refused_in_words():
    with pytest.raises(DataError, match="'nope'"):
        advise(pd.DataFrame({"x": [1.0, 2.0], "y": [0, 1]}), target="nope")
    with pytest.raises(synthkit.ConfigError, match="seed"):
        advise(table_of(3, 12), seed=-1)


def test_same_seed_same_advice():
    rng = np.random.default_rng(5)
    data = dataset(rng.normal(1, 1, (60, 3)), rng.normal(0, 1, (400, 3)))
    first = advise(data, seed=3).plain()
    assert advise(data, seed=3).plain() == first
    assert advise(data, seed=4).plain() != first


def test_advice_does_not_change_the_table(mixed_dataset):
    before = mixed_dataset.table.copy(deep=True)
    advise(mixed_dataset)
    pd.testing.assert_frame_equal(mixed_dataset.table, before)


def test_a_large_table_is_sampled_within_bounds_and_weighed_back():
    data = table_of(99, 3_000)
    sample = draw(data, 0)
    assert len(sample) <= MOST_ROWS
    assert sample.positive.sum() == 3_000  # rare rows are kept
    assert sample.weight.sum() == pytest.approx(len(data))
    assert len(np.unique(sample.rows)) == len(sample)
    wide = pd.DataFrame(np.zeros((9_000, 60)), columns=[f"c{i}" for i in range(60)]).assign(y=np.arange(9_000) % 9 == 0)
    assert len(draw(load(wide, target="y"), 0)) * 60 <= MOST_CELLS
    assert "thinned" in sample.what


def test_folds_are_disjoint_stratified_and_cover_all_rows():
    sample = draw(table_of(9, 31), 0)
    found = folds(sample, repeats=2)
    for train, test in found.parts:
        assert not set(train) & set(test)
        assert len(train) + len(test) == len(sample)
        assert sample.positive[test].sum() in (6, 7)
    assert np.array_equal(np.sort(np.concatenate([t for _, t in found.parts[:5]])), np.arange(len(sample)))


def test_what_is_ruled_out_is_out_and_says_why():
    rng = np.random.default_rng(0)
    advice = advise(dataset(*two_groups(4.0, rng)))
    by_name = {arm.name: arm for arm in advice.arms}
    assert not by_name["mixup"].tried
    assert any("sub-groups" in reason for reason in by_name["mixup"].why)
    assert by_name["none"].tried
    assert by_name["class_weights"].tried
    assert set(by_name) == set(arms.ARMS)
    for finding in advice.findings:
        assert set(finding.favours) | set(finding.rules_out) <= set(arms.ARMS)


def test_the_articles_data_get_honest_advice(article):
    advice = article
    assert advice["headroom, perfect generator"].holds is False
    assert "no generator" in advice.summary
    assert not {arm.name for arm in advice.arms if arm.tried} & {"ctgan", "tvae", "gaussian_copula"}
    config = yaml.safe_load(advice.config_yaml())
    assert config["data"] == {"name": "article_fraud", "target": "fraud", "positive": 1}


# The config


def test_the_config_is_read_and_run(tmp_path):
    rng = np.random.default_rng(0)
    table = dataset(rng.normal(1, 1, (40, 2)), rng.normal(0, 1, (200, 2))).table
    table.rename(columns={"y": "is: # odd"}).to_csv(tmp_path / "my table.csv", index=False)
    advice = advise(str(tmp_path / "my table.csv"), target="is: # odd")
    (tmp_path / "c.yaml").write_text(advice.config_yaml())
    small = ["split.repeats=1", "split.folds=2", "arms=[none, smote]", "classifiers=[logistic_regression]"]
    config = synthkit.read_config(tmp_path / "c.yaml", small)
    assert len(synthkit.compare.experiment.run(config.load(), config.plan).to_frame()) == 2
    every = synthkit.read_config(tmp_path / "c.yaml")
    assert len(every.plan.arms) == sum(arm.tried for arm in advice.arms)


def test_every_arm_is_a_method_with_these_parameters():
    for arm in arms.ARMS.values():
        synthkit.STRATEGIES.build(yaml.safe_load(arm.spec))


def test_arms_that_are_out_stand_in_the_config_as_comments():
    advice = advise(dataset(*two_groups(4.0, np.random.default_rng(0))))
    text = advice.config_yaml("rows.csv")
    config = yaml.safe_load(text)
    listed = [yaml.safe_load(arms.ARMS[arm.name].spec) for arm in advice.arms if arm.tried]
    assert config["arms"] == listed
    assert "# - mixup" in text
    assert config["data"] == {"path": "rows.csv", "target": "y", "positive": 1}
    everything = yaml.safe_load(text.replace("  # - ", "  - "))
    assert len(everything["arms"]) == len(arms.ARMS)


def test_names_cannot_break_out_of_the_config():
    table = table_of(3, 12).table.rename(columns={"y": 'a"b: {c\n# d'})
    advice = advise(table, target='a"b: {c\n# d')
    assert yaml.safe_load(advice.config_yaml('p"\n.csv'))["data"] == {
        "path": 'p"\n.csv', "target": 'a"b: {c\n# d', "positive": 1}


def test_kinds_that_were_told_are_told_to_the_config():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"code": rng.integers(0, 9, 80), "x": rng.normal(0, 1, 80), "y": np.arange(80) % 4 == 0})
    advice = advise(table, target="y", schema={"code": "categorical"})
    assert yaml.safe_load(advice.config_yaml("t.csv"))["data"]["schema"] == {"code": "categorical"}


# Statistics, words and pictures


def test_intervals_agree_with_their_formulas():
    values = np.array([0.1, 0.3, 0.2, 0.5])
    plain, wide, many = simple(values), corrected(values, 0.25), simple(values, 3)
    assert plain.mean == pytest.approx(0.275)
    assert (wide.high - wide.low) / (plain.high - plain.low) == pytest.approx(np.sqrt((0.25 + 0.25) / 0.25))
    assert many.high > plain.high
    assert plain.beyond(plain.low - 0.01) is True
    assert plain.beyond(plain.high) is False
    assert plain.beyond(plain.mean) is None
    assert share_interval(0, 10)[0] == 0
    assert share_interval(10, 10)[1] == 1
    assert share_interval(0, 10)[1] == pytest.approx(1 - 0.025 ** (1 / 10))


def test_the_correction_is_the_comparisons():
    from synthkit.compare.verdict import interval

    values = np.random.default_rng(0).normal(0, 1, 10)
    ours, theirs = corrected(values, 0.25), interval(values, 0.25)
    assert (ours.mean, ours.low, ours.high) == pytest.approx((theirs.mean, theirs.low, theirs.high))


def test_the_advice_is_shown_in_words():
    advice = advise(table_of(12, 20), methods={"random_oversampling": synthkit.RandomOversampling})
    text = str(advice)
    for arm in advice.arms:
        assert arm.name in text
    assert "class ratio" in text
    assert "measured on" in text


def test_the_picture_works_offline_and_escapes_names(tmp_path):
    rng = np.random.default_rng(0)
    table = dataset(*two_groups(4.0, rng, positives=30, others=60)).table
    table["y"] = np.where(table["y"] == 1, "<script>alert(1)</script>", "no")
    html = advise(table, target="y").picture()
    assert "<script>alert" not in html.replace("\\u003c", "<")
    assert "&lt;script&gt;alert(1)" in html
    assert html.count("<figure>") == 2
    assert len(html) < 5_500_000
    assert 'src="http' not in html


def test_calling_the_package_is_calling_the_function():
    assert synthkit.advise(table_of(3, 12)).plain()["rows"] == 48
