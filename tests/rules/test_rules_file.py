"""Rules from files and pandera, back to files, inferred; and the command."""

import json
from datetime import date
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from synthkit.cli import app
from synthkit.errors import ConfigError
from synthkit.methods import method
from synthkit.rules import OneOf, Range, check, infer_rules, read_rules, rules_of, rules_to_yaml
from synthkit.rules.base import ColumnRule


def synthkit_(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_every_kind_comes_back_from_yaml(every_spec, ruled, tmp_path):
    rules = rules_of(every_spec)
    (tmp_path / "r.yaml").write_text(rules_to_yaml(rules))
    back = read_rules(tmp_path / "r.yaml")
    assert back == rules
    learned = tuple(rule.learned(ruled) for rule in rules)
    (tmp_path / "l.yaml").write_text(rules_to_yaml(learned))
    assert check(ruled, tmp_path / "l.yaml").passed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "rules:\n  - {rule: range, column: x, min: 1}\n  - {rule: rang, column: x}\n",
            "line 3: .*Did you mean 'range'",
        ),
        (
            "rules:\n  - rule: range\n    column: x\n    min: 3\n    max: 1\n",
            "line 4: .*none lies between",
        ),
        ("rules:\n  - rule: expression\n    expression: x.y > 1\n", "line 3: .*position"),
        ("rules:\n  - {rule: pattern, column: x, regex: '(?=a)'}\n", "line 2: .*RE2"),
        ("rule: []\n", "line 1: "),
        ("rules: []\n", "at least one"),
        ("rules: {a: 1}\n", "list"),
        (
            "rules:\n  - {rule: positive, column: x}\n  - {rule: positive, column: x}\n",
            "two are called",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text, words, tmp_path):
    (tmp_path / "r.yaml").write_text(text)
    with pytest.raises(ConfigError, match=words):
        read_rules(tmp_path / "r.yaml")


def test_a_spec_of_a_constrained_method_builds_it_again(every_spec):
    from synthkit.methods.registry import key_of, label_of, spec_of
    from synthkit.strategies import STRATEGIES
    from synthkit.synthesizers import SYNTHESIZERS

    method = STRATEGIES.build({"name": "constrained", "strategy": "smote", "rules": every_spec})
    spec = spec_of(method, (STRATEGIES, SYNTHESIZERS))
    assert STRATEGIES.build(json.loads(key_of(spec))) == method
    assert "range of heart_rate" in label_of(spec)


def test_inferred_rules_hold_and_find_what_was_planted(ruled):
    rules = infer_rules(ruled)
    assert check(ruled, rules).passed
    found = {(rule.rule, rule.columns) for rule in rules}
    assert ("inequality", ("time", "settled")) in found
    assert ("inequality", ("tax", "net")) in found or ("inequality", ("net", "amount")) in found
    assert ("fixed_combinations", ("city", "country")) in found
    assert ("one_hot", ("is_card", "is_cash", "is_other")) in found
    assert ("whole", ("visits",)) in found
    assert ("positive", ("amount",)) in found


def test_inference_proposes_nothing_of_chance():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "a": rng.normal(size=500),
            "b": rng.normal(size=500),
            "c": rng.choice(list("xyz"), 500),
            "d": rng.choice(list("pq"), 500),
        }
    )
    assert {rule.rule for rule in infer_rules(table)} <= {"range", "one_of", "not_null"}


def test_inference_asks_nothing_about_keys():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "PassengerId": np.arange(1, 101),
            "Parch": rng.integers(0, 3, 100),
            "Fare": np.arange(100.0),
        }
    )
    rules = infer_rules(table)
    assert {rule.rule for rule in rules if "PassengerId" in rule.columns} == {"not_null"}
    assert {rule.rule for rule in rules if "Parch" in rule.columns} == {
        "not_null",
        "range",
        "positive",
    }


def test_inference_compares_no_columns_named_like_dates():
    days = np.repeat(np.arange(30.0), 2)
    table = pd.DataFrame({"2024-01-01": days, "2024-01-02": days + 1.5, "a": days + 0.5})
    rules = infer_rules(table)
    assert check(table, rules).passed
    assert not [rule for rule in rules if rule.rule == "inequality"]
    assert [
        rule.columns
        for rule in infer_rules(table.set_axis(["x", "y", "z"], axis=1))
        if rule.rule == "inequality"
    ]


def test_a_pandera_schema_and_a_model_are_rules():
    import pandera.pandas as pa

    schema = pa.DataFrameSchema(
        {
            "x": pa.Column(
                float, [pa.Check.in_range(0, 5, include_max=False), pa.Check(lambda s: s % 2 == 0)]
            ),
            "s": pa.Column(
                str, [pa.Check.isin(["a", "b"]), pa.Check.str_matches("a")], nullable=True
            ),
            "k": pa.Column(int, unique=True),
        },
        checks=pa.Check(lambda table: table["x"] >= table["k"], name="x above k"),
    )
    table = pd.DataFrame(
        {"x": [2.0, 5.0, 3.0, np.nan], "s": ["a", "b", "c", None], "k": [1, 1, 9, 4]}
    )
    checked = check(table, schema)
    broken = {each.rule.name: np.flatnonzero(each.mask).tolist() for each in checked.rules}
    assert broken["range of x"] == [1]
    assert broken["not_null of x"] == [3]
    assert broken["one_of of s"] == [2]
    assert broken["unique of k"] == [1]
    assert broken["pattern of s"] == [1, 2]
    assert [row for row in broken["pandera of the table: x above k"] if row != 3] == [2]
    assert any(name.startswith("pandera of x") and rows == [1, 2] for name, rows in broken.items())

    class Model(pa.DataFrameModel):
        x: float = pa.Field(ge=0, le=4)

    assert check(table.dropna(), Model).n == 1
    with pytest.raises(ConfigError, match="pandera"):
        rules_of(pa.Check.ge(0))


@pytest.mark.parametrize("regex", [r"cost \$", "a|b$", "a$", "b", r"a\\$"])
def test_a_pattern_of_pandera_judges_as_pandera_does(regex):
    import pandera.pandas as pa

    table = pd.DataFrame(
        {"s": ["cost $5", "cost $", "a", "ax", "b", "bx", "xa", "a\\", "a\\x", "a\nb"]}
    )
    pandera_check = pa.Check.str_matches(regex)
    ours = check(table, pa.DataFrameSchema({"s": pa.Column(str, pandera_check, nullable=True)}))
    assert (~ours.mask).tolist() == pandera_check(table["s"]).check_output.tolist()


def test_rules_as_a_pandera_schema_agree_with_the_check(every_spec, ruled):
    import pandera.errors

    from synthkit.rules.pandera_bridge import to_pandera

    rules = tuple(rule.learned(ruled) for rule in rules_of(every_spec))
    schema = to_pandera(rules)
    schema.validate(ruled, lazy=True)
    shuffled = ruled.apply(
        lambda column: column.sample(frac=1, random_state=len(column.name)).to_numpy()
    )
    shuffled = shuffled.astype(ruled.dtypes)
    shuffled["heart_rate"] += 30
    checked = check(shuffled, rules)
    with pytest.raises(pandera.errors.SchemaErrors) as failure:
        schema.validate(shuffled, lazy=True)
    rows = set(failure.value.failure_cases["index"].dropna().astype(int))
    assert rows == set(np.flatnonzero(checked.mask))


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_dates_as_a_pandera_schema_agree_with_the_check(zone):
    import pandera.errors

    from synthkit.rules.pandera_bridge import to_pandera

    table = pd.DataFrame(
        {"day": pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01"]).tz_localize(zone)}
    )
    for rules in (
        (Range("day", min=date(2024, 2, 1)),),
        (OneOf("day", ("2024-02-01", "2024-03-01")),),
    ):
        assert check(table, rules).mask.tolist() == [True, False, False]
        with pytest.raises(pandera.errors.SchemaErrors) as failure:
            to_pandera(rules).validate(table, lazy=True)
        assert set(failure.value.failure_cases["index"]) == {0}


@pytest.fixture
def files(tmp_path):
    pd.DataFrame(
        {
            "rate": [25, 80, 300, 70],
            "day": ["2024-01-01"] * 4,
            "end": ["2024-01-02"] * 3 + ["2023-01-01"],
        }
    ).to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "r.yaml").write_text(
        "rules:\n  - {name: heart rate, rule: range, column: rate, min: 40, max: 200}\n"
        "  - {rule: inequality, low: day, high: end}\n"
    )
    return tmp_path


def test_check_exits_with_1_and_says_what_broke(files):
    done = synthkit_("check", files / "t.csv", "--rules", files / "r.yaml")
    assert done.exit_code == 1
    assert "heart rate" in done.stdout
    assert "row 0: rate = 25" in done.stdout
    done = synthkit_("check", files / "t.csv", "--rules", files / "r.yaml", "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert [each["broken"] for each in found["rules"]] == [2, 1]
    assert found["broken_rows"] == 3


def test_check_exits_with_0_where_all_is_well_and_with_2_for_bad_input(files):
    (files / "ok.yaml").write_text("rules: [{rule: positive, column: rate}]\n")
    assert synthkit_("check", files / "t.csv", "--rules", files / "ok.yaml").exit_code == 0
    (files / "bad.yaml").write_text("rules: [{rule: positive, column: rat}]\n")
    for arguments in (["--rules", files / "bad.yaml"], ["--rules", files / "none.yaml"], []):
        done = synthkit_("check", files / "t.csv", *arguments)
        assert done.exit_code == 2
        assert done.stderr.startswith("Error: ")
        assert "Traceback" not in done.stderr


def test_check_prints_inferred_rules_that_then_hold(files):
    done = synthkit_("check", files / "t.csv", "--rules", "infer")
    (files / "i.yaml").write_text(done.stdout)
    assert synthkit_("check", files / "t.csv", "--rules", files / "i.yaml").exit_code == 0


def test_the_articles_heart_rate_of_25_is_found(tmp_path):
    from pathlib import Path

    path = Path(__file__).parents[2] / "configs/rules/heart_rate.yaml"
    table = pd.DataFrame(
        {
            "heart_rate": [25.0, 60.0, 72.5],
            "peak_rate": [90.0, 180.0, 70.0],
            "fever": [0, 1, 0],
            "temperature": [np.nan, np.nan, 37.0],
        }
    )
    broken = {
        each.rule.name: np.flatnonzero(each.mask).tolist() for each in check(table, path).rules
    }
    assert broken == {
        "heart rate": [0],
        "whole heart rate": [2],
        "resting below peak": [2],
        "fever needs a reading": [1],
    }


def test_what_is_inferred_can_be_written_whatever_the_levels_are(tmp_path):
    days = pd.to_datetime(["2024-01-01", "2024-02-01"] * 20)
    table = pd.DataFrame(
        {
            "day": pd.Categorical(days),
            "took": pd.to_timedelta([1, 2] * 20, unit="h"),
            "shop": ["a", "b"] * 20,
        }
    )
    (tmp_path / "r.yaml").write_text(rules_to_yaml(infer_rules(table)))
    rules = read_rules(tmp_path / "r.yaml")
    assert check(table, rules).passed
    assert "shop" in {getattr(rule, "column", None) for rule in rules}


def test_other_packages_add_kinds_by_an_entry_point(monkeypatch, tmp_path):
    import synthkit.methods.registry
    from synthkit.rules import RULES

    point = SimpleNamespace(name="even", value="theirs:Even", dist=None, load=lambda: Even)
    monkeypatch.setattr(synthkit.methods.registry, "entry_points", lambda group: [point])
    theirs = synthkit.methods.Registry("rule", "synthkit.rules", dict(RULES), key="rule")
    monkeypatch.setattr(synthkit.rules, "RULES", theirs)
    (tmp_path / "r.yaml").write_text("rules:\n  - {rule: even, column: x}\n")
    rules = read_rules(tmp_path / "r.yaml")
    assert rules == (Even("x"),)
    assert check(pd.DataFrame({"x": [1, 2, 3]}), rules).mask.tolist() == [True, False, True]
    (tmp_path / "e.yaml").write_text(rules_to_yaml(rules))
    assert read_rules(tmp_path / "e.yaml") == rules
    (tmp_path / "r.yaml").write_text("rules:\n  - rule: even\n    column: 3\n  - {rule: odd}\n")
    with pytest.raises(ConfigError, match=r"line 3: column must be a column's name(.|\n)*line 4"):
        read_rules(tmp_path / "r.yaml")


@method
class Even(ColumnRule):
    """The cell is even."""

    rule: ClassVar[str] = "even"

    def violations(self, table):
        return (table[self.column] % 2 != 0).to_numpy()
