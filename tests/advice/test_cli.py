"""`synthkit advise` end to end: what it prints, the config and the picture it writes, and its exit codes."""

import numpy as np
import pandas as pd
import pytest
import yaml
from helpers.command import synthkit_

import synthkit
from synthkit.advice.arms import arms


@pytest.fixture
def folder(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    fraud = np.arange(240) % 12 == 0
    table = pd.DataFrame(
        {
            "amount": rng.exponential(50, 240) * (1 + 3 * fraud),
            "hour": rng.integers(0, 24, 240),
            "code": rng.integers(0, 5, 240),
            "fraud": np.where(fraud, "yes", "no"),
        }
    )
    table.to_csv(tmp_path / "rows.csv", index=False)
    (tmp_path / "wrong.yaml").write_text("rules: [{rule: positive, column: amont}]")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_advice_ends_in_a_config_that_compare_runs(folder):
    done = synthkit_(
        "advise", "rows.csv", "--target", "fraud", "--config", "sub/c.yaml", "--plot", "p.html"
    )
    for word in ("class ratio", "headroom", "sequential_trees", "synthkit compare sub/c.yaml"):
        assert word in done.stdout
    assert (folder / "p.html").read_text().startswith("<!doctype html>")
    synthkit_(
        "compare",
        "sub/c.yaml",
        "--jobs",
        1,
        "--out",
        "run",
        "--set",
        "split.repeats=1",
        "--set",
        "split.folds=2",
        "--set",
        "arms=[none, class_weights]",
        "--set",
        "classifiers=[logistic_regression]",
    )
    assert (folder / "run" / "results.json").exists()


def test_without_a_file_the_config_is_printed_last(folder):
    done = synthkit_("advise", "rows.csv", "--target", "fraud", "--positive", "no", "--seed", 5)
    config = yaml.safe_load(done.stdout[done.stdout.index("# Question") :])
    cells = len(config["arms"]) * 2 * config["split"]["repeats"] * config["split"]["folds"]
    assert f"= {cells} cells" in " ".join(done.stdout.split())
    assert config["seed"] == 5
    assert config["data"] == {"path": str(folder / "rows.csv"), "target": "fraud", "positive": "no"}


@pytest.mark.parametrize("classes", [["yes"] + ["no"] * 59, ["odd"] + ["yes"] * 14 + ["no"] * 45])
def test_a_class_of_one_row_gets_no_config_that_compare_would_refuse(folder, classes):
    pd.DataFrame({"x": np.arange(60) % 7, "y": classes}).to_csv(folder / "one.csv", index=False)
    done = synthkit_(
        "advise", "one.csv", "--target", "y", "--positive", "yes", "--config", "c.yaml"
    )
    assert (
        f"needs at least 2 rows, one to learn from and one to test on, however {classes[0]!r} has 1"
        in done.stdout
    )
    assert "synthkit compare" not in done.stdout
    assert not (folder / "c.yaml").exists()


def test_a_schema_file_goes_into_the_advice_and_the_config(folder):
    schema = synthkit_("schema", "rows.csv", "--target", "fraud").stdout.replace(
        "code: integer", "code: categorical"
    )
    (folder / "s.yaml").write_text(schema)
    synthkit_("advise", "rows.csv", "--schema", "s.yaml", "--config", "c.yaml")
    assert synthkit.read_config("c.yaml").load().schema["code"].kind == "categorical"


def test_rules_of_a_file_are_among_the_findings(folder):
    (folder / "rules.yaml").write_text("rules: [{name: whole hours, rule: whole, column: hour}]")
    text = " ".join(
        synthkit_("advise", "rows.csv", "--target", "fraud", "--rules", "rules.yaml").stdout.split()
    )
    assert "rule whole hours" in text.replace("│ ", "")


def test_rules_of_a_config_are_measured_and_go_into_the_new_one(folder):
    (folder / "c.yaml").write_text(
        "data: {path: rows.csv, target: fraud}\nrules: [{rule: positive, column: amount}]\n"
    )
    done = synthkit_("advise", "c.yaml", "--config", "advised.yaml")
    assert "rule positive of amount" in " ".join(done.stdout.split()).replace("│ ", "")
    assert [rule.name for rule in synthkit.read_config("advised.yaml").plan.rules] == [
        "positive of amount"
    ]


def test_every_arm_has_its_seconds_and_its_memory(folder):
    lines = synthkit_("advise", "rows.csv", "--target", "fraud").stdout.splitlines()
    for name in arms():
        line = next(line for line in lines if line.startswith("│") and f" {name} " in line)
        seconds, mebibytes = (cell.strip() for cell in line.split("│")[3:5])
        assert seconds.split()[-1] in ("ms", "s", "min")
        assert mebibytes.replace(",", "").isdigit()


def test_strategies_are_timed_and_the_cheap_generator_too(folder):
    text = " ".join(synthkit_("advise", "rows.csv", "--target", "fraud").stdout.split())
    told = [part for part in text.split("Cost of ")[1:] if "measured on 240 rows" in part]
    assert any("smote" in part for part in told)
    assert any("sequential_trees" in part for part in told)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("advise", "rows.csv", "--target", "frud"), "Did you mean 'fraud'"),
        (("advise", "rows.csv"), "target"),
        (("advise", "none.csv", "--target", "fraud"), "none.csv"),
        (("advise", "rows.csv", "--target", "fraud", "--plot", "."), "folder"),
        (("advise", "rows.csv", "--target", "fraud", "--rules", "none.yaml"), "none.yaml"),
        (("advise", "rows.csv", "--target", "fraud", "--rules", "wrong.yaml"), "amont"),
        (("advise", "rows.csv", "--target", "fraud", "--schema", "none.yaml"), "none.yaml"),
    ],
)
def test_wrong_input_ends_in_one_message_and_exit_code_2(folder, arguments, word):
    assert word in synthkit_(*arguments, code=2).stderr


def test_the_pictures_are_figures_in_python():
    advice = synthkit.advise({"name": "mixed_fraud", "rows": 400, "fraud_rate": 0.1})
    for name in ("pca", "t-sne"):
        assert sum(len(trace.x) for trace in advice.plot(name).data) == 400
    with pytest.raises(synthkit.ConfigError, match="pca"):
        advice.plot("pcb")
