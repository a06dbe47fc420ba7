"""Runs that are killed, wholly or in part, at any moment: what is resumed ends as what nobody disturbed."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest
from joblib.externals.loky import get_reusable_executor

import synthkit
from synthkit.comparison.comparison import figures
from synthkit.comparison.plan import Arm
from synthkit.comparison.run import Plan, run
from synthkit.errors import ConfigError
from synthkit.table.dataset import load

CONFIG = """\
data: {path: rows.csv, target: fraud}
split: {repeats: 8, folds: 2, tune: 0.25}
arms: [none, random_oversampling, class_weights]
classifiers: [logistic_regression, {name: random_forest, n_estimators: 20}]
"""
CELLS = 8 * 2 * 3 * 2
#: 10 kills with one job and 10 with two, each at a moment of its own.
KILLS = 10
ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
COMMAND = [sys.executable, "-m", "synthkit.cli", "compare", "c.yaml", "--out", "run", "--jobs"]


@pytest.fixture(scope="module")
def rows():
    table = synthkit.load("article_fraud").table
    return table.iloc[[*range(240), *range(4940, 5000)]].reset_index(drop=True)


@pytest.fixture
def folder(rows, tmp_path):
    rows.to_csv(tmp_path / "rows.csv", index=False)
    (tmp_path / "c.yaml").write_text(CONFIG)
    return tmp_path


@pytest.fixture(scope="module")
def undisturbed(rows, tmp_path_factory):
    """The figures of a run that nobody disturbs, as bytes."""
    folder = tmp_path_factory.mktemp("undisturbed")
    rows.to_csv(folder / "rows.csv", index=False)
    (folder / "c.yaml").write_text(CONFIG)
    subprocess.run([*COMMAND, "1"], cwd=folder, env=ONE_THREAD, check=True, capture_output=True)
    return figures_of(folder)


def figures_of(folder):
    return json.dumps(figures(json.loads((folder / "run" / "results.json").read_text())))


def start(folder, jobs):
    return subprocess.Popen(
        [*COMMAND, str(jobs)],
        cwd=folder,
        env=ONE_THREAD,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def session(pid):
    """Processes of a session that are there and no zombies: the run and its workers."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as file:
                    state, _, _, of = file.read().rpartition(")")[2].split()[:4]
            except OSError:
                continue
            if int(of) == pid and state != "Z":
                found.append(int(entry))
    return found


def wait_for(condition, seconds=60):
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.005)


def lines(folder):
    ledger = folder / "run" / "ledger.jsonl"
    return ledger.read_bytes().count(b"\n") if ledger.exists() else 0


def keys(folder):
    cells = [
        json.loads(line) for line in (folder / "run" / "ledger.jsonl").read_text().splitlines()[1:]
    ]
    return [tuple(cell[key] for key in ("arm", "classifier", "repeat", "fold")) for cell in cells]


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_killed_at_random_moments_and_resumed_it_ends_as_if_undisturbed(folder, undisturbed, jobs):
    dice = random.Random(jobs)
    kept = [0]
    for kill in range(KILLS):
        process = start(folder, jobs)
        if dice.random() < 0.3:  # while it starts, reads, or begins its workers
            time.sleep(dice.uniform(0, 2))
        else:  # while cells run and are written
            wanted = lines(folder) + dice.randint(1, CELLS // KILLS)
            wait_for(
                lambda wanted=wanted, process=process: (
                    lines(folder) >= wanted or process.poll() is not None
                )
            )
            time.sleep(dice.uniform(0, 0.05))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL, (
            f"kill {kill} came too late to disturb anything"
        )
        wait_for(lambda process=process: not session(process.pid))
        kept.append(lines(folder))
    assert kept == sorted(kept)  # nothing that was finished is lost
    assert kept[-1] < CELLS + 1
    done = subprocess.run(
        [*COMMAND, str(jobs)],
        cwd=folder,
        env=ONE_THREAD,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"{CELLS} of {CELLS} done" in done.stderr
    assert len(keys(folder)) == len(set(keys(folder))) == CELLS
    assert figures_of(folder) == undisturbed
    assert not list((folder / "run").glob(".*"))


def test_workers_do_not_outlive_a_run_that_is_killed_alone(folder):
    process = start(folder, 2)
    wait_for(lambda: lines(folder) > 4)
    assert len(session(process.pid)) >= 3
    process.kill()  # it alone, as the kernel does when memory runs out
    process.wait()
    wait_for(lambda: not session(process.pid), seconds=20)
    process.stderr.close()


def test_a_killed_worker_costs_nothing_but_time(folder, undisturbed):
    process = start(folder, 2)
    wait_for(lambda: lines(folder) > 4)
    with_tables = [pid for pid in session(process.pid) if pid != process.pid and is_worker(pid)]
    os.kill(with_tables[0], signal.SIGKILL)
    error = process.communicate()[1]
    assert process.returncode == 0, error
    assert "Traceback" not in error
    assert len(keys(folder)) == len(set(keys(folder))) == CELLS
    assert figures_of(folder) == undisturbed


def is_worker(pid):
    with open(f"/proc/{pid}/cmdline") as file:
        return "popen_loky" in file.read()


FATAL = '''
import os, signal
from dataclasses import dataclass

from synthkit.strategies import Strategy

@dataclass(frozen=True)
class Fatal(Strategy):
    """Takes its process with it on the fold whose training rows begin with this amount."""

    first: float

    def __call__(self, train, rng):
        if train.X["amount"].iloc[0] == self.first:
            os.kill(os.getpid(), signal.SIGKILL)
        return train
'''


def test_a_cell_that_takes_its_process_with_it_fails_and_the_others_go_on(
    rows, tmp_path, monkeypatch
):
    (tmp_path / "fatal_arm_of_processes.py").write_text(FATAL)
    monkeypatch.syspath_prepend(tmp_path)
    # Workers that an earlier test left were begun without that path.
    get_reusable_executor().shutdown(wait=True, kill_workers=True)
    from fatal_arm_of_processes import Fatal

    dataset = load(rows, target="fraud")
    split = {"name": "stratified", "repeats": 4, "folds": 2}
    first = Plan(("none",), split=split).split.split(dataset, 0)[2].fit[0]
    fatal = Arm(Fatal(float(dataset.table["amount"].iloc[first])), label="fatal")
    result = run(
        dataset,
        Plan(("none", fatal), ("logistic_regression",), split),
        jobs=2,
        folder=tmp_path / "run",
    )
    died = [cell for cell in result.cells if cell.error]
    assert 0 < len(died) < 8
    assert {cell.arm for cell in died} == {"fatal"}
    assert all("was killed, twice" in cell.error for cell in died)
    assert len(keys(tmp_path)) == len(set(keys(tmp_path))) == 16


def test_a_folder_holds_one_run_at_a_time(folder, rows):
    process = start(folder, 1)
    wait_for(lambda: lines(folder) > 2)
    with pytest.raises(ConfigError, match="another process is running in"):
        run(load(rows, target="fraud"), Plan(("none",)), folder=folder / "run")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_at_random_moments_is_told_in_words_and_keeps_what_is_finished(
    folder, undisturbed, jobs
):
    dice = random.Random(10 + jobs)
    for _ in range(6):
        process = start(folder, jobs)
        before = lines(folder)
        wait_for(
            lambda before=before, process=process: (
                lines(folder) > before or process.poll() is not None
            )
        )
        time.sleep(dice.uniform(0, 0.2))
        os.killpg(process.pid, signal.SIGINT)  # to all of them, as a terminal does
        error = process.communicate(timeout=30)[1]
        assert process.returncode == 130, error
        assert "Traceback" not in error
        assert f"Interrupted. {lines(folder) - 1} of {CELLS} cells are kept in run." in error
        wait_for(lambda process=process: not session(process.pid))
    assert len(keys(folder)) == len(set(keys(folder)))
    subprocess.run(
        [*COMMAND, str(jobs)], cwd=folder, env=ONE_THREAD, capture_output=True, check=True
    )
    assert figures_of(folder) == undisturbed
