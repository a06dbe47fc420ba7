"""The commands end to end: exit codes, files, resuming, and that figures depend on the config alone."""

import json
import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
import yaml
from helpers.command import synthkit_
from typer.testing import CliRunner

import synthkit
from synthkit.cli import app

FILES = {
    "results.json",
    "report.html",
    "cells.parquet",
    "config.yaml",
    "manifest.json",
    "ledger.jsonl",
}
SMALL = """\
seed: 1
data: {path: rows.csv, target: fraud}
split: {repeats: 2, folds: 2, tune: 0.25}
arms: [none, random_oversampling]
classifiers: [{name: logistic_regression}]
"""
ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
# Cells slow enough for a signal to meet one in the middle.
SLOW = (
    SMALL.replace("random_oversampling]", "random_oversampling, class_weights]")
    .replace("repeats: 2", "repeats: 4")
    .replace("[{name: logistic_regression}]", "[{name: random_forest, n_estimators: 120}]")
)


def prepare(folder):
    """A small table and its configs."""
    table = synthkit.load("article_fraud").table
    pd.concat([table.iloc[:300], table.iloc[-60:]]).to_csv(folder / "rows.csv", index=False)
    (folder / "small.yaml").write_text(SMALL)
    (folder / "slow.yaml").write_text(SLOW)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a small table and its configs, which is where the command runs."""
    prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def figures(folder):
    """`results.json` without what differs from run to run by nature: seconds and memory."""
    return {
        key: value
        for key, value in json.loads((folder / "results.json").read_text()).items()
        if key not in ("checksum", "run", "cost")
    }


def test_compare_prints_the_table_and_leaves_its_files(folder):
    done = synthkit_("compare", "small.yaml", "--jobs", 1)
    assert {path.name for path in (folder / "runs" / "small").iterdir()} == FILES
    assert "random_oversampling" in done.stdout
    verdict, files = done.stdout.strip().splitlines()[-2:]
    assert verdict.startswith(
        "Nothing here is shown to beat doing nothing. The one verdict is: undecided."
    )
    assert files.endswith("runs/small/report.html")
    assert "Cells: 8 of 8 done" in done.stderr
    assert "Cells" not in done.stdout


def test_the_config_of_a_run_can_be_run_again_from_anywhere(folder, monkeypatch):
    synthkit_("compare", "small.yaml", "--jobs", 1, "--out", "a", "--set", "arms.1.ratio=0.5")
    monkeypatch.chdir("/")
    synthkit_("compare", folder / "a" / "config.yaml", "--jobs", 1, "--out", folder / "b")
    assert figures(folder / "b") == figures(folder / "a")
    assert (folder / "b" / "config.yaml").read_text() == (folder / "a" / "config.yaml").read_text()
    assert yaml.safe_load((folder / "a" / "config.yaml").read_text())["arms"][1] == {
        "name": "random_oversampling",
        "ratio": 0.5,
    }


def test_python_and_the_command_agree(folder):
    synthkit_("compare", "small.yaml", "--jobs", 1, "--out", "a")
    found = synthkit.compare(
        "rows.csv",
        target="fraud",
        arms=["none", synthkit.RandomOversampling()],
        classifiers=["logistic_regression"],
        split={"repeats": 2, "folds": 2, "tune": 0.25, "name": "stratified"},
        seed=1,
        out="b",
    )
    assert figures(folder / "a") == figures(folder / "b")
    assert len(found.to_frame()) == 2


def test_a_finished_run_is_not_run_again(folder):
    synthkit_("compare", "small.yaml", "--jobs", 1)
    before = (folder / "runs" / "small" / "results.json").read_bytes()
    ledger = (folder / "runs" / "small" / "ledger.jsonl").read_bytes()
    synthkit_("compare", "small.yaml", "--jobs", 1)
    assert (folder / "runs" / "small" / "ledger.jsonl").read_bytes() == ledger
    assert (folder / "runs" / "small" / "results.json").read_bytes() == before


def test_a_table_in_place_of_a_config(folder):
    done = synthkit_(
        "compare",
        "rows.csv",
        "--target",
        "fraud",
        "--positive",
        "0",
        "--jobs",
        1,
        "--set",
        "split={repeats: 1, folds: 2}",
        "--set",
        "classifiers=[logistic_regression]",
        "--set",
        "arms=[none]",
    )
    assert "fraud = 0" in done.stdout
    assert figures(folder / "runs" / "rows")["data"]["positive"] == 0


def test_two_jobs_give_the_figures_of_one(folder):
    synthkit_("compare", "small.yaml", "--jobs", 1, "--out", "one")
    synthkit_("compare", "small.yaml", "--jobs", 2, "--out", "two")
    assert figures(folder / "two") == figures(folder / "one")
    for name in ("config.yaml", "manifest.json"):
        assert (folder / "two" / name).read_bytes() == (folder / "one" / name).read_bytes()


def interrupted(folder, how, *, jobs, group=False):
    """A run in a process of its own that gets a signal after its third finished cell; the process, ended."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "synthkit.cli",
            "compare",
            "slow.yaml",
            "--jobs",
            str(jobs),
            "--out",
            "killed",
        ],
        cwd=folder,
        env=ONE_THREAD,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    ledger = folder / "killed" / "ledger.jsonl"
    give_up = time.monotonic() + 60
    while not ledger.exists() or ledger.read_bytes().count(b"\n") < 4:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < give_up
        time.sleep(0.01)
    os.killpg(process.pid, how) if group else process.send_signal(how)
    process.out, process.err = process.communicate(timeout=60)
    return process


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The figures of a run that nobody disturbs."""
    folder = tmp_path_factory.mktemp("undisturbed")
    prepare(folder)
    synthkit_("compare", folder / "slow.yaml", "--jobs", 1, "--out", folder / "whole")
    return figures(folder / "whole")


@pytest.mark.parametrize(
    ("jobs", "group"), [(1, False), (2, True)], ids=["one process", "two, as a terminal does"]
)
def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(folder, undisturbed, jobs, group):
    process = interrupted(folder, signal.SIGINT, jobs=jobs, group=group)
    assert process.returncode == 130
    assert "Traceback" not in process.err
    last = process.err.splitlines()[-1]
    kept = (folder / "killed" / "ledger.jsonl").read_bytes().count(b"\n") - 1
    assert f"{kept} of 24 cells are kept in killed." in last
    assert "Run the same command again" in last
    assert 3 <= kept < 24
    assert {path.name for path in (folder / "killed").iterdir()} == {"ledger.jsonl"}
    done = synthkit_("compare", "slow.yaml", "--jobs", 1, "--out", "killed")
    assert "Cells: 24 of 24 done" in done.stderr
    assert figures(folder / "killed") == undisturbed


def test_a_killed_run_goes_on_and_ends_as_an_undisturbed_one(folder, undisturbed):
    assert interrupted(folder, signal.SIGKILL, jobs=1).returncode == -signal.SIGKILL
    # What a write that was cut off leaves behind.
    with open(folder / "killed" / "ledger.jsonl", "ab") as ledger:
        ledger.write(b'{"arm": "none", "classi')
    kept = (folder / "killed" / "ledger.jsonl").read_bytes().splitlines()[:-1]
    synthkit_("compare", "slow.yaml", "--jobs", 1, "--out", "killed")
    assert (folder / "killed" / "ledger.jsonl").read_bytes().splitlines()[: len(kept)] == kept
    assert (folder / "killed" / "ledger.jsonl").read_bytes().count(b"\n") == 25
    assert figures(folder / "killed") == undisturbed


def test_schema_prints_what_can_be_fed_back(folder):
    done = synthkit_("schema", "rows.csv", "--target", "fraud")
    assert "amount" in done.stdout
    (folder / "kinds.yaml").write_text(done.stdout)
    (folder / "fed.yaml").write_text(SMALL.replace("target: fraud", "schema: kinds.yaml"))
    synthkit_("compare", "fed.yaml", "--jobs", 1, "--out", "fed")
    synthkit_("compare", "small.yaml", "--jobs", 1, "--out", "plain")
    assert figures(folder / "fed")["rows"] == figures(folder / "plain")["rows"]


def test_the_schema_of_a_named_data_set_is_its_own():
    shown = synthkit_("schema", "passengers").stdout
    assert "target: survived" in shown
    assert "age: numeric" in shown  # whole numbers, yet the data set knows better


def test_methods_lists_every_method_with_its_defaults():
    shown = synthkit_("methods").stdout
    for registry in (
        synthkit.STRATEGIES,
        synthkit.SYNTHESIZERS,
        synthkit.SPLITS,
        synthkit.DATASETS,
    ):
        for name, cls in registry.items():
            assert f"\n  {name}" in shown
            assert cls.__doc__.split("\n\n")[0].split()[0] in shown
    assert "random_oversampling(ratio=1.0)" in shown


def test_version():
    assert synthkit_("--version").stdout == f"synthkit {synthkit.__version__}\n"


def test_no_argument_shows_the_commands():
    assert "compare" in CliRunner().invoke(app, []).output
