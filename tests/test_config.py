"""Configs: the same dataclasses as in Python, and for each mistake the file, the line and the nearest key."""

import dataclasses
import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from synthkit.comparison.classifiers import CLASSIFIERS, RandomForest
from synthkit.comparison.cost import Cost
from synthkit.comparison.plan import Arm, Plan
from synthkit.comparison.run import compare
from synthkit.config import Data, as_text, config_of_table, config_schema, read_config
from synthkit.errors import ConfigError
from synthkit.methods.declare import schema_of
from synthkit.methods.yaml import dump, parse
from synthkit.strategies import STRATEGIES, Chain, ClassWeights, NoAugmentation, RandomOversampling
from synthkit.table.datasets import DATASETS
from synthkit.table.split import SPLITS, HoldOut, RepeatedStratifiedKFold

CONFIGS = [
    path
    for path in sorted((Path(__file__).parents[1] / "configs").glob("*.yaml"))
    if "\nsynthesizer:" not in path.read_text()
]  # those train one; see test_training.py
WHOLE = """\
# Question: ?
seed: 3
data: {path: rows.csv, target: fraud}
split: {repeats: 2, folds: 3, tune: 0.25}
arms:
  - none
  - name: random_oversampling
    ratio: 0.5
    label: half
    published: {recall: 0.8, f1: 1}
  - {name: chain, strategies: [class_weights, {name: random_undersampling, ratio: 0.5}]}
classifiers:
  - random_forest
  - {name: gradient_boosting, max_iter: 10}
cost: {missed_positive: amount, false_alarm: 5}
aim: cost
reference: half
"""


@pytest.fixture
def written(tmp_path):
    """Writes a config into a folder of its own; returns its path."""

    def write(text, name="x.yaml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def message(path, settings=()):
    with pytest.raises(ConfigError) as failure:
        read_config(path, settings)
    text = str(failure.value)
    assert "\n" not in text
    return text.replace(f"{path.parent}/", "")


def test_a_config_is_the_plan_that_python_builds(written):
    found = read_config(written(WHOLE))
    assert found.plan == Plan(
        arms=(
            Arm(NoAugmentation()),
            Arm(RandomOversampling(ratio=0.5), "half", {"recall": 0.8, "f1": 1.0}),
            Arm(Chain(("class_weights", {"name": "random_undersampling", "ratio": 0.5}))),
        ),
        classifiers=(RandomForest(), {"name": "gradient_boosting", "max_iter": 10}),
        split=RepeatedStratifiedKFold(repeats=2, folds=3, tune=0.25),
        cost=Cost("amount", 5.0),
        aim="cost",
        reference="half",
        seed=3,
    )
    assert found.data == Data(path="rows.csv", target="fraud")


def test_what_is_left_out_is_as_in_python(written):
    found = read_config(written("data: {path: rows.csv, target: fraud}"))
    assert found.plan == Plan()


def test_a_config_as_run_is_the_same_plan_from_any_folder(written, tmp_path):
    first = read_config(written(WHOLE))
    (tmp_path / "run").mkdir()
    again = read_config(written(dump(first.as_run), "run/config.yaml"))
    assert again.plan == first.plan
    assert again.as_run == first.as_run
    assert again.as_run["data"]["path"] == str(tmp_path / "rows.csv")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        # an unknown key, everywhere
        (("seed: 3", "sed: 3"), "line 2: a config has no key 'sed'. Did you mean 'seed'?"),
        (("seed: 3", "jobs: 3"), "line 2: a config has no key 'jobs'. Use the option --jobs."),
        (
            ("target: fraud", "tarjet: fraud"),
            "line 3: data has no key 'tarjet'. Did you mean 'target'?",
        ),
        (
            ("repeats: 2", "repeets: 2"),
            "line 4: stratified has no parameter 'repeets'. Did you mean 'repeats'?",
        ),
        (
            ("    ratio: 0.5", "    ration: 0.5"),
            "line 8: random_oversampling has no parameter 'ration'. Did you mean",
        ),
        (
            ("    label: half", "    lable: half"),
            "line 9: random_oversampling has no parameter 'lable'. Did you mean 'label'?",
        ),
        (
            ("recall: 0.8", "recal: 0.8"),
            "line 10: published has no key 'recal'. Did you mean 'recall'?",
        ),
        (
            ("max_iter: 10", "max_itre: 10"),
            "line 14: gradient_boosting has no parameter 'max_itre'. Did you mean",
        ),
        (
            ("false_alarm: 5", "false_alarms: 5"),
            "line 15: cost has no parameter 'false_alarms'. Did you mean",
        ),
        # an unknown name
        (("- none", "- nome"), "line 6: There is no strategy 'nome'. Did you mean 'none'?"),
        (
            ("name: random_oversampling", "name: random_oversample"),
            "line 7: There is no strategy 'random_oversample'.",
        ),
        (
            ("- random_forest", "- random_forrest"),
            "line 13: There is no classifier 'random_forrest'. Did you mean",
        ),
        (("{repeats: 2", "{scheme: stratify, repeats: 2"), "line 4: There is no split"),
        (
            ("[class_weights", "[class_wieghts"),
            "line 11: There is no strategy 'class_wieghts'. Did you mean",
        ),
        (
            ("undersampling, ratio: 0.5", "undersampling, ratoi: 0.5"),
            "line 11: random_undersampling has no parameter 'ratoi'. Did you mean 'ratio'?",
        ),
        # a wrong type
        (
            ("seed: 3", "seed: three"),
            "line 2: seed must be a whole number at least 0, however it is 'three'.",
        ),
        (("aim: cost", "aim: [f1]"), "line 16: aim must be 'f1' or 'cost', however it is a list."),
        (
            ("repeats: 2", "repeats: two"),
            "line 4: repeats must be a whole number",
        ),
        (
            ("repeats: 2", "repeats: true"),
            "line 4: repeats must be a whole number",
        ),
        (
            ("    ratio: 0.5", "    ratio: '0.5'"),
            "line 8: ratio must be a number above 0 and at most 1, however it is '0.5'.",
        ),
        (
            ("    ratio: 0.5", "    ratio: [0.5]"),
            "line 8: ratio must be a number above 0 and at most 1, however it is a list.",
        ),
        (
            ("    label: half", "    label: [half]"),
            "line 9: label must be text, however it is a list.",
        ),
        (
            ("f1: 1}", "f1: high}"),
            "line 10: published['f1'] must be a number, however it is 'high'.",
        ),
        (
            ("{recall: 0.8, f1: 1}", "0.8"),
            "line 10: published must be a mapping, however it is 0.8.",
        ),
        (
            ("  - random_forest", "  - [random_forest]"),
            "line 13: A classifier is a name, a mapping with a name and parameters",
        ),
        (
            ("cost: {missed_positive: amount, false_alarm: 5}", "cost: 5"),
            "line 15: cost must be a mapping",
        ),
        (
            ("missed_positive: amount", "missed_positive: [1]"),
            "line 15: missed_positive must be a number at least 0 or text, however it is a list.",
        ),
        (
            ("target: fraud", "target: [fraud]"),
            "line 3: target must be text or a whole number, however it is a list.",
        ),
        (
            ("split: {repeats: 2, folds: 3, tune: 0.25}", "split: 5"),
            "line 4: A split is a name, a mapping with a name and parameters",
        ),
        # a value outside its range
        (
            ("    ratio: 0.5", "    ratio: 2"),
            "line 8: ratio must be a number above 0 and at most 1, however it is 2.",
        ),
        (
            ("undersampling, ratio: 0.5", "undersampling, ratio: -1"),
            "line 11: ratio must be a number above 0",
        ),
        (("folds: 3", "folds: 1"), "line 4: folds must be"),
        (("false_alarm: 5", "false_alarm: -5"), "line 15: false_alarm must be a number at least 0"),
        (
            ("aim: cost", "aim: costs"),
            "line 16: aim must be 'f1' or 'cost', however it is 'costs'. Did you mean 'cost'?",
        ),
        (
            ("reference: half", "reference: hal"),
            "line 17: The reference must be an arm, however 'hal' is none. Did you",
        ),
        (("seed: 3", "seed: -3"), "line 2: seed must be a whole number"),
        # keys that need or exclude each other
        (
            ("name: random_oversampling\n    ratio: 0.5", "smote: {ratio: 0.5}"),
            "line 7: A strategy needs a name, however this one has none. Write {name: smote, ...}.",
        ),
        (
            ("path: rows.csv, ", ""),
            "line 3: data needs one of name, path and sql, however it has none.",
        ),
        (
            ("path: rows.csv", "path: rows.csv, name: article_fraud"),
            "line 3: data needs one of name, path and sql, however it has name and path.",
        ),
        (
            ("repeats: 2", "repeats:2"),
            "line 4: YAML needs a space after a colon, however 'repeats:2' has none.",
        ),
        (("path: rows.csv", "path: rows.csv, query: SELECT"), "line 3: query goes with sql"),
        (("{repeats: 2", "{scheme: grouped, repeats: 2"), "line 4: grouped needs column"),
        (
            ("    label: half\n", "    label: none\n"),
            "Arms need different names, however 'none' stands twice.",
        ),
        (
            ("data: {path: rows.csv, target: fraud}\n", ""),
            "a config needs data, however it is not given. Add data: {path: table.csv, target: COLUMN}.",
        ),
        (
            ("seed: 3", "seed: 3\nseed: 4"),
            "line 3: each key may stand once, however 'seed' stands twice (first on line 2)",
        ),
        (("  - none", "\t- none"), "line 6: this must be YAML"),
    ],
)
def test_a_mistake_is_named_with_its_line(written, change, says):
    assert change[0] in WHOLE
    text = message(written(WHOLE.replace(*change, 1)))
    assert text.startswith("x.yaml, line ")
    assert says in text


def test_all_mistakes_are_said_at_once_each_with_its_line(written):
    text = """\
seed: -1
data: {path: rows.csv, tarjet: fraud}
split: {repeats: 2, folds: many}
arms:
  - none
  - name: random_oversampling
    ratio: 2
  - {name: chain, strategies: [class_weights, {name: smotte}]}
aim: costs
"""
    path = written(text)
    with pytest.raises(ConfigError) as failure:
        read_config(path, ["rope=-1"])
    lines = str(failure.value).replace(f"{path.parent}/", "").split("\n")
    assert lines[0] == "x.yaml, line 1: seed must be a whole number at least 0, however it is -1."
    assert lines[1] == "x.yaml, line 2: data has no key 'tarjet'. Did you mean 'target'?"
    assert lines[2].startswith("x.yaml, line 3: folds must be a whole number")
    assert lines[3].startswith("x.yaml, line 7: ratio must be a number above 0 and at most 1")
    assert lines[4] == "x.yaml, line 8: There is no strategy 'smotte'. Did you mean 'smote'?"
    assert lines[5].startswith("x.yaml, line 9: aim must be 'f1' or 'cost', however it is 'costs'.")
    assert lines[6] == "--set rope=-1: rope must be a number at least 0, however it is -1."
    assert len(lines) == 7


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "x.yaml must be a config, however it is empty."),
        ("# only a comment\n", "x.yaml must be a config, however it is empty."),
        (
            "- a\n- b\n",
            "x.yaml, line 1: a config is a mapping with keys such as data and arms, however this is a list.",
        ),
        ("fraud", "however this is 'fraud'."),
        (
            "data: {name: artikel_fraud}",
            "line 1: There is no data set 'artikel_fraud'. Did you mean 'article_fraud'?",
        ),
        (
            "data: {name: mixed_fraud, row: 10}",
            "line 1: data has no key 'row'. Did you mean 'rows'?",
        ),
        (
            "data: {name: mixed_fraud, rows: many}",
            "line 1: rows must be a whole number",
        ),
        ("data: [a]", "line 1: data must be a mapping, however it is a list."),
        (
            "data: article_fraud\narms: none",
            "line 2: arms must be a list of arms, however it is 'none'.",
        ),
        (
            "data: article_fraud\narms: []",
            "arms must be a list of arms, however it is an empty list.",
        ),
        (
            "data: article_fraud\nclassifiers: []",
            "classifiers must be a list of classifiers, however it is an empty list.",
        ),
    ],
)
def test_a_config_that_is_none(written, text, says):
    assert says in message(written(text))


def test_a_missing_file_and_a_folder(tmp_path):
    assert "however there is none at" in message(tmp_path / "x.yaml")
    (tmp_path / "y.yaml").mkdir()
    assert "is a folder" in message(tmp_path / "y.yaml")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("seed=9", lambda plan: plan.seed == 9),
        ("split.repeats=7", lambda plan: plan.split.repeats == 7 and plan.split.folds == 3),
        ("split=hold_out", lambda plan: plan.split == HoldOut()),
        (
            "arms.1.ratio=1e-1",
            lambda plan: plan.arms[1].strategy.ratio == 0.1 and plan.arms[1].label == "half",
        ),
        ("arms.0.label=nothing", lambda plan: plan.arms[0] == Arm(NoAugmentation(), "nothing")),
        ("arms.0=class_weights", lambda plan: plan.arms[0].strategy == ClassWeights()),
        ("classifiers=[random_forest]", lambda plan: len(plan.classifiers) == 1),
        ("classifiers.0.n_estimators=7", lambda plan: plan.classifiers[0] == RandomForest(7)),
        ("cost.false_alarm=8.5", lambda plan: plan.cost == Cost("amount", 8.5)),
    ],
)
def test_a_setting_changes_its_key_alone(written, setting, value):
    path = written(WHOLE)
    before, after = read_config(path).plan, read_config(path, [setting]).plan
    assert value(after)
    changed = {
        f.name
        for f in dataclasses.fields(Plan)
        if getattr(before, f.name) != getattr(after, f.name)
    }
    assert changed == {setting.split("=")[0].split(".")[0]}


def test_a_setting_of_data_reaches_the_loader(written):
    found = read_config(written("data: mixed_fraud"), ["data.rows=50", "data.positive=1"])
    assert found.data == Data(name="mixed_fraud", positive=1, parameters={"rows": 50})


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("sed=1", "--set sed=1: a config has no key 'sed'. Did you mean 'seed'?"),
        (
            "split.repeets=1",
            "--set split.repeets=1: stratified has no parameter 'repeets'. Did you mean 'repeats'?",
        ),
        (
            "arms.1.ratio=2",
            "--set arms.1.ratio=2: ratio must be a number above 0 and at most 1, however it is 2.",
        ),
        (
            "arms.1.ratio=x",
            "--set arms.1.ratio=x: ratio must be a number above 0",
        ),
        (
            "arms.9.ratio=1",
            "--set arms.9.ratio=1: a position from 0 to 2 is needed, however it is 9.",
        ),
        (
            "arms.one.ratio=1",
            "--set arms.one.ratio=1: arms is a list, and a position such as 0 is needed",
        ),
        ("arms.0=nome", "--set arms.0=nome: There is no strategy 'nome'. Did you mean 'none'?"),
        (
            "seed.deep=1",
            "--set seed.deep=1: 'deep' must lie in a mapping or a list, however there is 3.",
        ),
        ("seed", "--set seed: key=value is needed, however there is no =."),
        ("=1", "--set =1: key=value is needed, however there is no key."),
        ("arms=[none", "--set arms=[none: "),
        ("aim=cost2", "--set aim=cost2: aim must be 'f1' or 'cost'"),
    ],
)
def test_a_wrong_setting_is_named(written, setting, says):
    assert message(written(WHOLE), [setting]).startswith(says)


def test_a_place_beyond_the_line_of_a_setting_is_still_the_file(written):
    assert message(written(WHOLE.replace("aim: cost", "aim: x")), ["seed=1"]).startswith(
        "x.yaml, line 16: "
    )


@pytest.mark.parametrize(
    "registry", [STRATEGIES, CLASSIFIERS, SPLITS, DATASETS], ids=lambda r: r.role
)
def test_every_method_can_be_written_in_yaml(registry):
    for cls in registry.values():
        assert schema_of(cls)["type"] == "object"


def test_a_table_in_place_of_a_config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("rows.csv").write_text("a,b,c\n0.5,1,0\n0.7,1,1\n")
    found = config_of_table("rows.csv", ["data.target=fraud", "split.repeats=1"])
    assert found.data == Data(path="rows.csv", target="fraud")
    assert found.plan.split.repeats == 1
    assert found.as_run["data"]["path"] == str(Path("rows.csv").absolute())
    assert config_of_table("article_fraud").data == Data(name="article_fraud")
    with pytest.raises(ConfigError, match=r"rows\.csv: A target is needed.*The table has a, b, c"):
        config_of_table("rows.csv").load()
    with pytest.raises(
        ConfigError, match=r"no file 'article_frau'\. Did you mean 'article_fraud'\?"
    ):
        config_of_table("article_frau")


def test_a_config_without_a_target_says_which_columns_there_are(written, tmp_path):
    (tmp_path / "rows.csv").write_text("a,b,c\n0.5,1,0\n0.7,1,1\n")
    with pytest.raises(
        ConfigError, match=r"x\.yaml, line 2: A target is needed.*The table has a, b, c"
    ):
        read_config(written("arms: [none]\ndata: {path: rows.csv}")).load()


def test_relative_paths_begin_where_the_config_lies(written, tmp_path, monkeypatch):
    (tmp_path / "rows.csv").write_text("a,y\n" + "".join(f"{i / 7},{i % 2}\n" for i in range(30)))
    (tmp_path / "kinds.yaml").write_text("")
    path = written("data: {path: rows.csv, target: y}")
    monkeypatch.chdir("/")
    assert len(read_config(path).load()) == 30


def test_a_password_stays_in_the_environment(written, tmp_path, monkeypatch):
    import sqlite3

    with sqlite3.connect(tmp_path / "s3cret.db") as connection:
        connection.execute("CREATE TABLE t (a REAL, y INTEGER)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", [(i / 7, i % 2) for i in range(30)])
    connection.close()
    config = read_config(
        written(
            "data: {sql: 'sqlite:///${NAME}.db', query: SELECT a, y FROM t, target: y}".replace(
                "SELECT a, y FROM t", "'SELECT a, y FROM t'"
            )
        )
    )
    monkeypatch.delenv("NAME", raising=False)
    with pytest.raises(ConfigError, match="environment variable NAME"):
        config.load()
    monkeypatch.setenv("NAME", "s3cret")
    assert len(config.load()) == 30
    assert "s3cret" not in dump(config.as_run)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_our_configs_begin_with_their_question_and_are_valid(path):
    assert path.read_text().startswith("# Question: ")
    jsonschema.validate(parse(path.read_text(), path.name).value, config_schema())
    assert read_config(path).plan.arms


def test_the_schema_for_editors_is_current():
    path = Path(__file__).parents[1] / "configs" / "config.schema.json"
    assert path.read_text() == as_text(config_schema()), (
        "run: python -m synthkit.config > configs/config.schema.json"
    )


@pytest.mark.parametrize(
    ("change", "valid"),
    [
        (("seed: 3", "seed: 3"), True),
        (("- none", "- smote"), True),
        (("seed: 3", "sed: 3"), False),
        (("- none", "- nome"), False),
        (("repeats: 2", "repeats: two"), False),
        (("    ratio: 0.5", "    rat: 1"), False),
        (("name: random_oversampling", "nome: x"), False),
        (("repeats: 2", "scheme: grouped"), False),
        (("aim: cost", "aim: costs"), False),
        (("path: rows.csv", "name: 'openml:adult'"), True),
        (("path: rows.csv", "name: mixed_fraud, rows: 10"), True),
        (("path: rows.csv, ", ""), False),
    ],
)
def test_the_schema_for_editors_refuses_what_the_reader_refuses(change, valid):
    value = json.loads(json.dumps(yaml.safe_load(WHOLE.replace(*change, 1))))
    assert jsonschema.Draft202012Validator(config_schema()).is_valid(value) == valid


def test_the_schema_for_editors_has_the_ranges():
    schema = config_schema()
    assert schema["properties"]["rope"]["minimum"] == 0
    assert schema["properties"]["recall_at"]["anyOf"][0]["properties"]["precision"]["anyOf"][0] == {
        "type": "number",
        "minimum": 0,
        "maximum": 1,
    }
    for change in (("    ratio: 0.5", "    ratio: 2"), ("false_alarm: 5", "false_alarm: -5")):
        value = yaml.safe_load(WHOLE.replace(*change, 1))
        assert not jsonschema.Draft202012Validator(schema).is_valid(value)


def test_python_takes_the_same_names_as_yaml():
    assert compare.__kwdefaults__["arms"] == tuple(arm.label for arm in Plan().arms)


def test_a_config_runs_in_python_as_the_command_runs_it(written):
    config = read_config(
        written("""
seed: 0
data: {name: mixed_fraud, rows: 400, fraud_rate: 0.1}
split: {repeats: 1, folds: 2}
arms: [none, class_weights]
classifiers: [logistic_regression]
sweep: {positives: [8, all]}
""")
    )
    result, swept = config.run(), config.run_sweep()
    assert [sentence.split(" ")[:2] for sentence in result.sentences] == [
        ["logistic_regression:", "class_weights"]
    ]
    assert [row["scores"] for row in result.results["rows"]] == [
        row["scores"] for row in swept.results["rows"]
    ]
    assert [level["value"] for level in swept.results["sweep"]["levels"]][:2] == [8, "all"]
