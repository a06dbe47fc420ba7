"""The whole advice: what follows for the arms, in words, pictures and a config that can be run."""

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import yaml

import synthkit
from synthkit.advice.advice import advise
from synthkit.advice.arms import arms
from synthkit.errors import DataError


@pytest.fixture(scope="module")
def article():
    return advise("article_fraud")


def test_a_perfect_generator_gains_next_to_nothing_on_the_articles_data(article):
    found = article["headroom, perfect generator"]
    assert found.holds is False
    assert 0 < found.value < found.high <= 0.01


def test_positives_too_few_to_measure_are_said_to_be(dataset):
    rng = np.random.default_rng(0)
    advice = advise(dataset(rng.normal(2, 1, (9, 2)), rng.normal(0, 1, (300, 2))))
    for topic in (
        "headroom",
        "memorising",
        "outlier-like positives",
        "minority sub-groups",
        "SMOTE's ground",
    ):
        assert advice[topic].value is None
        assert advice[topic].holds is None
        assert "10 positives" in advice[topic].says
    assert advice["class ratio"].value == pytest.approx(300 / 9)
    assert "Collect more" in advice.summary
    assert not any(arm.tried for arm in advice.arms if "generator" in arms()[arm.name].families)


@pytest.mark.parametrize("positives", [1, 2, 10])
def test_hardly_any_positives_are_survived(positives, dataset):
    rng = np.random.default_rng(positives)
    advice = advise(
        dataset(rng.normal(2, 1, (positives, 2)), rng.normal(0, 1, (60, 2))),
        rules={"r": lambda rows: rows["x0"] > 99},
    )
    assert advice["minority count"].value == positives
    assert (advice["headroom"].value is None) == (positives < 10)


@pytest.mark.parametrize(("positives", "others"), [(11, 25), (12, 32)])
def test_nothing_learned_is_no_certainty(positives, others, dataset):
    rng = np.random.default_rng(6)
    advice = advise(dataset(rng.normal(2, 1, (positives, 3)), rng.normal(0, 1, (others, 3))))
    assert advice["headroom"].value is None
    assert "is not known" in advice.summary
    for word in ("Do nothing", "next to nothing", "no generator is worth"):
        assert word not in advice.summary


def test_several_classes_missing_values_and_every_kind_of_column(mixed_dataset):
    advice = advise(mixed_dataset)
    assert "3 classes" in advice["class ratio"].says
    assert all(finding.value is not None for finding in advice.findings)
    assert "with missing values: " in advice["mixed types"].says
    assert json.loads(json.dumps(advice.plain())) == advice.plain()


def test_degenerate_columns_are_survived():
    n = 200
    table = pd.DataFrame(
        {"empty": np.full(n, np.nan), "constant": np.ones(n), "y": np.arange(n) % 5 == 0}
    )
    advice = advise(table, target="y")
    assert advice["headroom"].value is None
    assert "the same probability" in advice["headroom"].says


def test_bad_input_is_refused_in_words(table_of):
    with pytest.raises(DataError, match="'nope'"):
        advise(pd.DataFrame({"x": [1.0, 2.0], "y": [0, 1]}), target="nope")
    with pytest.raises(synthkit.ConfigError, match="seed"):
        advise(table_of(3, 12), seed=-1)


def test_same_seed_same_advice(dataset):
    rng = np.random.default_rng(5)
    data = dataset(rng.normal(1, 1, (60, 3)), rng.normal(0, 1, (400, 3)))
    first = advise(data, seed=3).plain()
    assert advise(data, seed=3).plain() == first
    assert advise(data, seed=4).plain() != first


def test_advice_does_not_change_the_table(mixed_dataset):
    before = mixed_dataset.table.copy(deep=True)
    advise(mixed_dataset)
    pd.testing.assert_frame_equal(mixed_dataset.table, before)


def test_what_is_ruled_out_is_out_and_says_why(dataset, two_groups):
    rng = np.random.default_rng(0)
    advice = advise(dataset(*two_groups(4.0, rng)))
    by_name = {arm.name: arm for arm in advice.arms}
    assert not by_name["mixup"].tried
    assert any("sub-groups" in reason for reason in by_name["mixup"].why)
    assert by_name["none"].tried
    assert by_name["class_weights"].tried
    assert set(by_name) == set(arms())
    for finding in advice.findings:
        assert set(finding.favours) | set(finding.rules_out) <= set(arms())


def test_the_articles_data_get_honest_advice(article):
    advice = article
    assert advice["headroom, perfect generator"].holds is False
    assert "no generator" in advice.summary
    assert not {arm.name for arm in advice.arms if arm.tried} & {"ctgan", "tvae", "gaussian_copula"}
    assert all(
        "favoured by" in " ".join(arm.why)
        for arm in advice.arms
        if arm.tried and arm.name != "none"
    )
    config = yaml.safe_load(advice.config_yaml())
    assert config["data"] == {"name": "article_fraud", "target": "fraud", "positive": 1}


# The config


def test_the_config_is_read_and_run(tmp_path, dataset):
    rng = np.random.default_rng(0)
    table = dataset(rng.normal(1, 1, (40, 2)), rng.normal(0, 1, (200, 2))).table
    table.rename(columns={"y": "is: # odd"}).to_csv(tmp_path / "my table.csv", index=False)
    advice = advise(str(tmp_path / "my table.csv"), target="is: # odd")
    (tmp_path / "c.yaml").write_text(advice.config_yaml())
    small = [
        "split.repeats=1",
        "split.folds=2",
        "arms=[none, smote]",
        "classifiers=[logistic_regression]",
    ]
    config = synthkit.read_config(tmp_path / "c.yaml", small)
    assert len(synthkit.comparison.run.run(config.load(), config.plan).to_frame()) == 2
    every = synthkit.read_config(tmp_path / "c.yaml")
    assert len(every.plan.arms) == sum(arm.tried for arm in advice.arms)


def test_every_arm_is_a_method_with_these_parameters():
    for arm in arms().values():
        synthkit.STRATEGIES.build(yaml.safe_load(arm.yaml))


def test_arms_that_are_out_stand_in_the_config_as_comments(dataset, two_groups):
    advice = advise(dataset(*two_groups(4.0, np.random.default_rng(0))))
    text = advice.config_yaml("rows.csv")
    config = yaml.safe_load(text)
    listed = [yaml.safe_load(arms()[arm.name].yaml) for arm in advice.arms if arm.tried]
    assert config["arms"] == listed
    assert "# - mixup" in text
    assert config["data"] == {"path": "rows.csv", "target": "y", "positive": 1}
    everything = yaml.safe_load(text.replace("  # - ", "  - "))
    assert len(everything["arms"]) == len(arms())


def test_names_cannot_break_out_of_the_config(table_of):
    table = table_of(3, 12).table.rename(columns={"y": 'a"b: {c\n# d'})
    advice = advise(table, target='a"b: {c\n# d')
    assert yaml.safe_load(advice.config_yaml('p"\n.csv'))["data"] == {
        "path": 'p"\n.csv',
        "target": 'a"b: {c\n# d',
        "positive": 1,
    }


def test_kinds_that_were_told_are_told_to_the_config():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {"code": rng.integers(0, 9, 80), "x": rng.normal(0, 1, 80), "y": np.arange(80) % 4 == 0}
    )
    advice = advise(table, target="y", schema={"code": "categorical"})
    assert yaml.safe_load(advice.config_yaml("t.csv"))["data"]["schema"] == {"code": "categorical"}


# Words and pictures


def test_the_advice_is_shown_in_words(table_of):
    advice = advise(table_of(12, 20), methods={"random_oversampling": synthkit.RandomOversampling})
    text = str(advice)
    for arm in advice.arms:
        assert arm.name in text
    assert "class ratio" in text
    assert "measured on" in text


def test_the_picture_works_offline_and_escapes_names(tmp_path, dataset, two_groups):
    rng = np.random.default_rng(0)
    table = dataset(*two_groups(4.0, rng, positives=30, others=60)).table
    table["y"] = np.where(table["y"] == 1, "<script>alert(1)</script>", "no")
    html = advise(table, target="y").picture()
    assert "<script>alert" not in html.replace("\\u003c", "<")
    assert "&lt;script&gt;alert(1)" in html
    assert html.count("<figure>") == 2
    assert len(html) < 5_500_000
    assert 'src="http' not in html


def test_calling_the_package_is_calling_the_function(table_of):
    assert synthkit.advise(table_of(3, 12)).plain()["rows"] == 48


def test_a_method_of_another_package_is_known_without_a_line_here(monkeypatch, table_of):
    @dataclass(frozen=True)
    class Doubling(synthkit.RandomOversampling):
        """Stands in a registry, and nowhere else."""

    monkeypatch.setitem(synthkit.STRATEGIES._members, "doubling", Doubling)
    monkeypatch.setitem(synthkit.SYNTHESIZERS._members, "twin", synthkit.SequentialTrees)
    advice = advise(table_of(12, 20), methods=synthkit.STRATEGIES)
    by_name = {arm.name: arm for arm in advice.arms}
    assert by_name["doubling"].seconds > 0
    assert by_name["twin"].seconds > 0
    everything = yaml.safe_load(advice.config_yaml("t.csv").replace("  # - ", "  - "))
    assert "doubling" in everything["arms"]
    assert {"name": "top_up", "synthesizer": {"name": "twin"}} in everything["arms"]
