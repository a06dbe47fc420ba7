"""A Dask cluster gives what one process gives, whatever happens to its workers on the way."""

import json
import os
import signal
import sys
import threading
import time

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from synthkit.cli import app
from synthkit.comparison import cluster as clusters
from synthkit.comparison import outcome
from synthkit.comparison.comparison import figures
from synthkit.comparison.plan import Arm
from synthkit.comparison.run import Plan, run
from synthkit.errors import ConfigError
from synthkit.table.dataset import load
from synthkit.table.split import SPLITS

dask = pytest.importorskip("dask", reason="the extra cluster is not installed")
distributed = pytest.importorskip("distributed", reason="the extra cluster is not installed")

SPLIT = {"name": "stratified", "repeats": 3, "folds": 2, "tune": 0.25}
CLASSIFIERS = (
    {"name": "random_forest", "n_estimators": 40},
    {"name": "gradient_boosting", "max_iter": 5},
)
CELLS = 3 * 2 * 6
# In a file of its own, for workers to import it.
FATAL = '''
import os, signal, time
from dataclasses import dataclass

from synthkit.strategies import Strategy

@dataclass(frozen=True)
class Fatal(Strategy):
    """Takes its process with it on the fold whose training rows begin with this amount."""

    first: float

    def __call__(self, train, rng):
        if train.X["amount"].iloc[0] == self.first:
            os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(60)
        return train
'''


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    fraud = (rng.random(400) < 0.15).astype(int)
    return pd.DataFrame(
        {
            "amount": rng.exponential(80 + 100 * fraud),
            "hour": rng.integers(0, 24, 400),
            "country": rng.choice(["de", "fr", "it"], 400),
            "fraud": fraud,
        }
    )


@pytest.fixture(scope="module")
def dataset(table):
    return load(table, target="fraud")


@pytest.fixture(scope="module")
def plan():
    return Plan(("none", "random_oversampling", "class_weights"), CLASSIFIERS, SPLIT)


@pytest.fixture(scope="module")
def alone(dataset, plan):
    """The figures of one process."""
    return json.dumps(figures(run(dataset, plan).results))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Two workers, each a process with one thread; what is killed is started again."""
    folder = tmp_path_factory.mktemp("modules")
    (folder / "fatal_arm.py").write_text(FATAL)
    sys.path.insert(0, str(folder))  # workers get the path of whoever starts them
    # A local cluster forgets a worker that happens to be down this long after one was lost.
    with (
        dask.config.set({"distributed.deploy.lost-worker-timeout": "1 hour"}),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",
            host="127.0.0.1",
            silence_logs=60,
        ) as started,
    ):
        yield started
    sys.path.remove(str(folder))


@pytest.fixture
def client(cluster):
    with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=30)
        yield client


def disturbed(dataset, plan, address, folder, disturb):
    """The comparison on the cluster, with `disturb` called after its third cell; the keys of its ledger's cells."""
    seen = []

    def watch(cell, total):
        if cell is not None:
            seen.append(cell)
            if len(seen) == 3:
                disturb()

    result = run(dataset, plan, cluster=address, folder=folder, progress=watch)
    lines = [json.loads(line) for line in (folder / "ledger.jsonl").read_text().splitlines()[1:]]
    keys = [tuple(line[k] for k in ("arm", "classifier", "repeat", "fold")) for line in lines]
    assert len(seen) == len(keys) == len(set(keys))
    return result


def test_a_cluster_gives_what_one_process_gives(dataset, plan, alone, cluster, client, tmp_path):
    result = disturbed(dataset, plan, cluster.scheduler_address, tmp_path, lambda: None)
    assert json.dumps(figures(result.results)) == alone
    assert not client.has_what() or not any(
        client.has_what().values()
    )  # nothing of ours stays there


def test_a_worker_killed_in_the_middle_costs_nothing_but_time(
    dataset, plan, alone, cluster, client, tmp_path
):
    pids = client.run(os.getpid)
    assert len(pids) == 2

    def kill():
        os.kill(next(iter(pids.values())), signal.SIGKILL)

    result = disturbed(dataset, plan, cluster.scheduler_address, tmp_path, kill)
    assert len(result.cells) == CELLS
    assert json.dumps(figures(result.results)) == alone
    client.wait_for_workers(2, timeout=30)
    assert set(client.run(os.getpid).values()) != set(pids.values())  # it had been killed indeed


def test_what_the_cluster_loses_altogether_is_sent_again(
    dataset, plan, alone, cluster, client, tmp_path
):
    result = disturbed(dataset, plan, cluster.scheduler_address, tmp_path, client.restart)
    assert json.dumps(figures(result.results)) == alone


def test_a_cell_that_takes_every_worker_with_it_fails_and_the_others_go_on(
    dataset, cluster, client, tmp_path
):
    from fatal_arm import Fatal

    fold = SPLITS.build(SPLIT).split(dataset, 0)[0]
    first = float(dataset.table["amount"].iloc[fold.fit[0]])
    plan = Plan(("none", Arm(Fatal(first), label="fatal")), CLASSIFIERS[1:], SPLIT)
    result = disturbed(dataset, plan, cluster.scheduler_address, tmp_path, lambda: None)
    fatal = [cell for cell in result.cells if cell.arm == "fatal"]
    died = [cell for cell in fatal if cell.error]
    assert 0 < len(died) < len(fatal)
    assert all("Every worker that ran this cell was lost" in cell.error for cell in died)
    assert not any(cell.error for cell in result.cells if cell.arm == "none")
    none, row = result.results["rows"]
    assert (none["failed"], row["failed"]) == (0, len(died))


def test_the_command_takes_the_address_of_a_cluster(table, cluster, client, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table.to_csv("t.csv", index=False)
    small = [
        "compare",
        "t.csv",
        "--target",
        "fraud",
        "--set",
        "arms=[none, random_oversampling]",
        "--set",
        "classifiers=[logistic_regression]",
        "--set",
        "split={repeats: 1, folds: 2}",
    ]
    for out, where in (
        ("one", ["--jobs", "1"]),
        ("two", ["--backend", "dask", "--address", cluster.scheduler_address]),
    ):
        done = CliRunner().invoke(app, [*small, *where, "--out", out])
        assert done.exit_code == 0, done.output
    one, two = (json.loads((tmp_path / out / "results.json").read_text()) for out in ("one", "two"))
    assert json.dumps(figures(one)) == json.dumps(figures(two))


def refused(*arguments):
    done = CliRunner().invoke(app, ["compare", "article_fraud", *arguments])
    assert done.exit_code == 2, done.output
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("Error: ")
    return last


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:9", "nowhere.invalid:8786", "tcp://", "no address"]
)
def test_where_no_scheduler_answers_it_is_said_in_time(address, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(clusters, "PATIENCE", 1.0)
    threads = set(threading.enumerate())
    began = time.monotonic()
    message = refused("--backend", "dask", "--address", address)
    assert f"A Dask scheduler must answer at {address}, however none did" in message
    assert time.monotonic() - began < 15
    assert (
        set(threading.enumerate()) <= threads
    )  # what stays half open locks up the next one that starts


def test_a_cluster_without_workers(dataset, plan, monkeypatch):
    monkeypatch.setattr(clusters, "PATIENCE", 1.0)
    with (
        distributed.LocalCluster(
            n_workers=0,
            processes=False,
            dashboard_address="127.0.0.1:0",
            host="127.0.0.1",
            protocol="tcp://",
            silence_logs=60,
        ) as empty,
        pytest.raises(ConfigError, match="needs at least one worker"),
    ):
        run(dataset, plan, cluster=empty.scheduler_address)


def test_workers_with_other_versions_are_refused(dataset, plan, cluster, client, monkeypatch):
    monkeypatch.setattr(outcome, "PACKAGES", outcome.PACKAGES[:2])
    with pytest.raises(
        ConfigError, match=r"Workers must have this machine's versions.* absent here"
    ):
        run(dataset, plan, cluster=cluster.scheduler_address)


def test_without_the_package_it_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert "pip install 'dask[distributed]'" in refused(
        "--backend", "dask", "--address", "tcp://127.0.0.1:8786"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--backend", "dusk"], "Did you mean 'dask'?"),
        (["--backend", "dask"], "Add --address"),
        (["--address", "tcp://127.0.0.1:8786"], "Add --backend dask"),
        (
            ["--backend", "dask", "--address", "tcp://127.0.0.1:8786", "--jobs", "2"],
            "Leave --jobs out",
        ),
    ],
)
def test_options_that_do_not_go_together(options, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert message in refused(*options)
    assert not any(tmp_path.iterdir())
