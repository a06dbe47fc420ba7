"""The README tells the truth: its Python runs, its commands run, its configs are read, its make targets exist."""

import re
import shlex
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import synthkit

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


#: What makes a command of the README end sooner; the rest of it is as written.
SOONER = {
    "compare": [
        "--jobs",
        "1",
        "--set",
        "split.repeats=1",
        "--set",
        "split.folds=2",
        "--set",
        "classifiers=[logistic_regression]",
    ],
    "sweep": [
        "--jobs",
        "1",
        "--set",
        "split.folds=2",
        "--set",
        "arms=[none, smote]",
        "--set",
        "classifiers=[logistic_regression]",
    ],
    "train": ["--set", "synthesizer.epochs=1"],
}


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS if name == language]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder with the README's table, small, and its configs; the commands run in it."""
    monkeypatch.chdir(tmp_path)
    table = synthkit.load({"name": "mixed_fraud", "rows": 600, "fraud_rate": 0.15}).table
    table = table.rename(columns={"time": "paid at"}).assign(
        customer=lambda t: [f"c{i:05}" for i in range(len(t))]
    )
    table.to_csv("payments.csv", index=False)
    table[:300].to_csv("real.csv", index=False)
    table[300:].to_csv("unseen.csv", index=False)
    synthkit.SequentialTrees().fit(table[:300], target="fraud", rng=0).sample(300, rng=0).to_csv(
        "synthetic.csv", index=False
    )
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    for text in blocks("yaml"):
        Path(text.split("\n")[0].removeprefix("# ").split()[0]).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_python_runs_from_top_to_bottom(capsys):
    names: dict = {}
    for text in blocks("python"):
        exec(compile(text, "README.md", "exec"), names)
    assert "average" in capsys.readouterr().out
    assert isinstance(names["best"], pd.Series)
    assert names["scores"].mean() > 0.4  # 5 % are frauds


def test_the_commands_run(folder):
    from synthkit.cli import app

    lines = [
        line
        for text in blocks("bash")
        for line in text.splitlines()
        if line.startswith("synthkit ")
    ]
    assert len(lines) >= 2
    for line in lines:
        words = shlex.split(line, comments=True)[1:]
        words += SOONER.get(words[0], [])
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 0, f"{line}: {result.output}"
        if words[0] == "schema":
            Path("schema.yaml").write_text(result.stdout, encoding="utf-8")
    assert (folder / "run" / "results.json").exists()


def test_the_rules_are_found_from_the_configs_folder_and_each_arm_gets_a_twin(folder, monkeypatch):
    monkeypatch.chdir("/")
    plan = synthkit.read_config(folder / "heart.yaml").plan
    assert plan.rules[0].name == "heart rate"
    assert [arm.label for arm in plan.arms][3:5] == ["smote", "smote, rules kept"]


def test_the_configs_are_read(folder):
    from synthkit.cli import app

    assert CliRunner().invoke(app, ["schema", "payments.csv", "--target", "fraud"]).exit_code == 0
    Path("schema.yaml").write_text(
        CliRunner().invoke(app, ["schema", "payments.csv", "--target", "fraud"]).stdout
    )
    config = synthkit.read_config("bank.yaml")
    assert len(config.plan.split.split(config.load(), 0)) == 4
    assert [arm.label for arm in config.plan.arms][-1] == "CTGAN"


def test_the_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"make (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert {"compare", "test"} <= set(targets)
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_no_one_is_told_to_install_the_unrelated_package():
    text = (ROOT / "README.md").read_text(encoding="utf-8") + (ROOT / "CONTRIBUTING.md").read_text(
        encoding="utf-8"
    )
    assert not re.search(r"pip install [\"']?synthkit(?!-tabular)", text)


def test_the_table_has_the_arms_of_the_config_that_make_compare_runs():
    config = synthkit.read_config(ROOT / "configs" / "fraud.yaml")
    listed = re.findall(r"^\| \*?([^|*]+?)\*? \| 0\.\d{3} \|", TEXT, re.MULTILINE)
    assert listed == [*(arm.label for arm in config.plan.arms), "perfect generator", "Bayes limit"]
