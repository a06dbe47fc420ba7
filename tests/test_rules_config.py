"""Rules in a comparison's and a training's config: where they are sought, and each mistake with its line."""

import json
import os

import jsonschema
import numpy as np
import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from synthkit.cli import app
from synthkit.comparison.plan import Plan
from synthkit.config import config_schema, read_config
from synthkit.errors import ConfigError, DataError
from synthkit.methods.yaml import dump
from synthkit.rules import check, read_rules
from synthkit.strategies import SMOTE, Constrained
from synthkit.synthesizers import ConstrainedSynthesizer, SequentialTrees
from synthkit.training import read_training, train, training_schema

RULES = """\
rules:
  - {name: slow, rule: range, column: rate, min: 40, max: 200}
  - {name: in order, rule: inequality, low: rate, high: peak}
"""
COMPARISON = (
    "data: {path: rows.csv, target: worse}\nsplit: {repeats: 1, folds: 2}\narms: [none, smote]\n"
)
TRAINING = "data: {path: rows.csv, target: worse}\nsynthesizer: noise\n"


@pytest.fixture
def folder(tmp_path):
    """A folder with a table, a rules file in another below it, and a current folder that is neither."""
    rng = np.random.default_rng(0)
    rate = rng.integers(40, 90, 200)
    pd.DataFrame(
        {
            "rate": rate,
            "peak": rate + rng.integers(0, 60, 200),
            "age": rng.integers(20, 90, 200),
            "worse": (np.arange(200) % 8 == 0).astype(int),
        }
    ).to_csv(tmp_path / "rows.csv", index=False)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/r.yaml").write_text(RULES)
    (tmp_path / "elsewhere").mkdir()
    before = os.getcwd()
    os.chdir(tmp_path / "elsewhere")
    yield tmp_path
    os.chdir(before)


def written(folder, text):
    path = folder / "x.yaml"
    path.write_text(text)
    return path


def test_a_list_and_a_file_beside_the_config_are_the_same_rules(folder):
    listed = read_config(written(folder, COMPARISON + RULES)).plan
    named = read_config(written(folder, COMPARISON + "rules: rules/r.yaml\n")).plan
    assert named.rules == listed.rules == read_rules(folder / "rules/r.yaml")
    assert named == Plan(
        ("none", "smote"),
        split={"name": "stratified", "repeats": 1, "folds": 2},
        rules=folder / "rules/r.yaml",
    )


def test_an_arms_own_rules_file_is_sought_beside_the_config(folder):
    arm = "  - {name: constrained, strategy: smote, rules: rules/r.yaml}\n"
    nested = "  - {name: top_up, synthesizer: {name: constrained, synthesizer: noise, rules: rules/r.yaml}}\n"
    plan = read_config(
        written(folder, COMPARISON.replace(" [none, smote]", "") + arm + nested)
    ).plan
    assert plan.arms[0].strategy.rules == read_rules(folder / "rules/r.yaml")
    assert plan.arms[1].strategy.synthesizer.rules == read_rules(folder / "rules/r.yaml")
    inner = "synthesizer: {name: constrained, synthesizer: noise, rules: rules/r.yaml}\n"
    training = read_training(written(folder, TRAINING.replace("synthesizer: noise\n", inner)))
    assert training.synthesizer.rules == read_rules(folder / "rules/r.yaml")


def test_on_violation_adds_a_twin_for_each_arm_that_makes_rows(folder):
    text = COMPARISON.replace(
        "none, smote",
        "none, class_weights, random_oversampling, smote, {name: chain,"
        " strategies: [class_weights, random_undersampling]}",
    )
    plan = read_config(written(folder, text + "rules: rules/r.yaml\non_violation: repair\n")).plan
    assert [arm.label for arm in plan.arms][3:5] == ["smote", "smote, rules kept"]
    assert len(plan.arms) == 6
    assert plan.arms[4].strategy == Constrained(SMOTE(), None, "repair")


def test_the_config_as_run_is_the_same_plan_from_anywhere(folder):
    first = read_config(written(folder, COMPARISON + "rules: rules/r.yaml\non_violation: drop\n"))
    (folder / "elsewhere/config.yaml").write_text(dump(first.as_run))
    again = read_config(folder / "elsewhere/config.yaml")
    assert again.plan == first.plan
    assert again.as_run == first.as_run


def test_a_training_wraps_its_synthesizer(folder):
    training = read_training(written(folder, TRAINING + "rules: rules/r.yaml\n"))
    assert isinstance(training.synthesizer, ConstrainedSynthesizer)
    assert training.synthesizer.on_violation == "resample"
    trained = train(training)
    assert trained.summary["rules"]["broken_rows"] > 0
    assert check(trained.fitted.sample(300, 0), rules_there(folder)).passed
    again = written(folder, dump(training.as_run))
    assert read_training(again).synthesizer == training.synthesizer


def rules_there(folder):
    return read_rules(folder / "rules/r.yaml")


def test_a_training_takes_rules_from_python(folder):
    trained = train(
        read_training(written(folder, TRAINING)), rules=rules_there(folder), on_violation="repair"
    )
    assert trained.fitted.enforcement.on_violation == "repair"
    assert check(trained.fitted.sample(300, 0), rules_there(folder)).passed


BAD = [
    # unknown columns, found before anything is trained
    (
        "rules:\n  - {rule: positive, column: age}\n  - {name: x, rule: positive, column: rat}\n",
        "line 6: The rule 'x' needs a column 'rat', however the table has none. Did you mean 'rate'?",
    ),
    (
        "rules:\n  - {name: x, rule: expression, expression: rate < peek}\n",
        "line 5: The rule 'x' needs a column 'peek'",
    ),
    (
        "rules: rules/unknown.yaml\n",
        "unknown.yaml, line 2: The rule 'positive of rat' needs a column 'rat'",
    ),
    # contradictions
    (
        "rules:\n  - {rule: positive, column: age}\n  - {rule: range, column: rate, min: 90, max: 40}\n",
        "line 6: A range must hold a value, however none lies between 90 and 40",
    ),
    (
        "rules:\n  - {rule: positive, column: age}\n  - {name: a, rule: range, column: rate, min: 90}\n"
        "  - {name: b, rule: range, column: rate, max: 40}\n",
        "line 6: Rules must leave every column a value, however 'a' and 'b' leave 'rate' none",
    ),
    (
        "rules:\n  - {name: up, rule: inequality, low: rate, high: peak}\n  - {name: down, rule: inequality, low: peak,"
        " high: rate}\n",
        "line 5: Inequalities must not go in a circle, however 'up' and 'down' do",
    ),
    ("rules: rules/circle.yaml\n", "circle.yaml, line 2: Inequalities must not go in a circle"),
    # what tries to escape, what would take for ever
    ("rules:\n  - {rule: expression, expression: '__import__(1) > rate'}\n", "line 5: "),
    ("rules:\n  - {rule: expression, expression: rate.__class__ == 1}\n", "line 5: "),
    (
        "rules:\n  - {rule: pattern, column: age, regex: '(?=a)b'}\n",
        "line 5: regex must be a regular expression that RE2",
    ),
    (
        "rules:\n  - {rule: pattern, column: age, regex: '" + "(a{1,999}){1,999}" + "'}\n",
        "line 5: regex must be",
    ),
    # the list itself
    (
        "rules: 5\n",
        "line 4: Rules are a list, a file's name or a pandera schema, however this is 5.",
    ),
    ("rules: []\n", "line 4: rules must be a list of at least one rule"),
    ("rules: [positive]\n", "line 4: A rule is a mapping"),
    ("rules: nowhere.yaml\n", "line 4: The rules must be a file, however there is none at "),
    ("rules: infer\n", "line 4: rules must be a list or a file's name, however this is infer"),
    (
        "rules:\n  - {rule: rang, column: rate}\n",
        "line 5: rule must say which kind of rule it is, however it is 'rang'."
        " Did you mean 'range'?",
    ),
    (
        "rules:\n  - {rule: positive, column: age}\n  - {rule: positive, column: age}\n",
        "line 6: Each rule needs a name",
    ),
    # what goes with rules
    (
        "on_violation: repair\n",
        "line 4: on_violation goes with rules, however this config has none.",
    ),
    ("allow_real_violations: true\n", "line 4: allow_real_violations goes with rules"),
    (
        "rules: rules/r.yaml\non_violation: mend\n",
        "line 5: on_violation must be resample, repair, drop or report, however it is 'mend'.",
    ),
    (
        "rules: rules/r.yaml\nallow_real_violations: 1\n",
        "line 5: allow_real_violations must be true or false, however it is 1.",
    ),
]


@pytest.mark.parametrize(("rules", "says"), BAD)
def test_what_is_wrong_is_said_with_its_line_before_anything_runs(folder, rules, says):
    (folder / "rules/unknown.yaml").write_text("rules:\n  - {rule: positive, column: rat}\n")
    (folder / "rules/circle.yaml").write_text(
        "rules:\n  - {rule: inequality, low: rate, high: peak}\n"
        "  - {rule: inequality, low: peak, high: rate}\n"
    )
    done = CliRunner().invoke(
        app,
        [
            "compare",
            str(written(folder, COMPARISON + rules)),
            "--out",
            str(folder / "run"),
            "--jobs",
            "1",
        ],
    )
    assert done.exit_code == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "run/results.json").exists()


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        (rules, says)
        for rules, says in BAD
        if any(word in rules for word in ("circle", "rat}", "mend")) or "goes with" in says
    ],
)
def test_a_trainings_mistakes_are_said_with_their_lines_too(folder, rules, says):
    (folder / "rules/circle.yaml").write_text(
        "rules:\n  - {rule: inequality, low: rate, high: peak}\n"
        "  - {rule: inequality, low: peak, high: rate}\n"
    )
    text = "seed: 0\n" + TRAINING + rules  # as many lines before the rules as in a comparison
    done = CliRunner().invoke(
        app, ["train", str(written(folder, text)), "--out", str(folder / "m.synthkit")]
    )
    assert done.exit_code == 2
    assert says in done.stderr.replace("\n", " ")
    assert not (folder / "m.synthkit").exists()


def test_rules_that_the_real_rows_break_are_refused_with_counts_unless_allowed(folder):
    table = pd.read_csv(folder / "rows.csv")
    n = int((table["rate"] > 80).sum())
    rules = "rules: [{name: calm, rule: range, column: rate, max: 80}]\n"
    path = written(folder, COMPARISON + rules)
    done = CliRunner().invoke(
        app, ["compare", str(path), "--out", str(folder / "run"), "--jobs", "1"]
    )
    assert done.exit_code == 2
    assert f"of 200 they break 'calm' in {n} rows" in done.stderr
    assert not list((folder / "run").glob("*"))  # nothing was begun
    with pytest.raises(DataError, match=f"'calm' in {n} rows"):
        train(read_training(written(folder, TRAINING + rules)))
    path = written(
        folder,
        COMPARISON + rules + "allow_real_violations: true\non_violation: resample\n"
        "classifiers: [logistic_regression]\n",
    )
    done = CliRunner().invoke(
        app, ["compare", str(path), "--out", str(folder / "run"), "--jobs", "1"]
    )
    assert done.exit_code == 0, done.stderr
    found = json.loads((folder / "run/results.json").read_text())["rules"]
    assert found["real_broken_rows"] == n
    assert f"calm in {n}, which was allowed" in done.stdout


def test_constrained_without_any_rules_is_refused(folder):
    text = COMPARISON.replace("smote", "{name: constrained, strategy: smote}")
    with pytest.raises(ConfigError, match=r"line 3: The arm 'constrained .*' needs rules"):
        read_config(written(folder, text))
    with pytest.raises(ConfigError, match="line 2: constrained needs rules, however it has none"):
        read_training(
            written(folder, TRAINING.replace("noise", "{name: constrained, synthesizer: noise}"))
        )
    with pytest.raises(
        ConfigError,
        match="line 3: rules make the synthesizer constrained, however it is constrained",
    ):
        read_training(
            written(
                folder,
                TRAINING.replace("noise", "{name: constrained, synthesizer: noise, rules: []}")
                + "rules: rules/r.yaml\n",
            )
        )
    with pytest.raises(ConfigError, match="constrained needs rules, however it has none"):
        ConstrainedSynthesizer(SequentialTrees()).fit(
            pd.read_csv(folder / "rows.csv"), target="worse", rng=0
        )


@pytest.mark.parametrize(
    ("schema", "text"), [(config_schema, COMPARISON), (training_schema, TRAINING)]
)
def test_editors_know_the_keys(folder, schema, text):
    def errors(more):
        return list(
            jsonschema.Draft202012Validator(schema()).iter_errors(yaml.safe_load(text + more))
        )

    every = """\
rules:
  - {name: a, rule: range, column: rate, min: 40}
  - {rule: when, if: rate > 3, then: {rule: not_null, column: age}}
  - {rule: unique, column: rate}
  - {rule: one_of, column: rate, values: [1, 2]}
on_violation: repair
allow_real_violations: true
"""
    assert not errors("rules: rules/r.yaml\n")
    assert not errors(every)
    assert errors("rules: [{rule: rang, column: rate}]\n")
    assert errors("rules: [{rule: range, colunm: rate}]\n")
    assert errors("rules: []\n")
    assert errors(every.replace("repair", "mend"))
