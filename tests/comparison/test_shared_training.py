"""A sweep over epochs trains a network once per fold, and draws from what it was after each number of them."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synthkit.comparison.comparison import figures
from synthkit.comparison.plan import Arm, Plan
from synthkit.comparison.run import run
from synthkit.comparison.shared_training import SharedTraining
from synthkit.comparison.sweep import Sweep, run_sweep
from synthkit.methods.registry import with_parameter
from synthkit.strategies import Chain, NoAugmentation, TopUp
from synthkit.strategies.top_up import forget
from synthkit.synthesizers.sdv import Sdv
from synthkit.table.load import load

QUICK = {"name": "gradient_boosting", "max_iter": 5}
NETWORKS = ["ctgan", "copula_gan", "tvae"]


@pytest.fixture
def trainings(monkeypatch):
    """The epochs of every training of an engine in this process; none is kept from before."""
    found, learn = [], Sdv.learn

    def counted(self, *given):
        found.append(self.epochs)
        return learn(self, *given)

    forget()
    monkeypatch.setattr(Sdv, "learn", counted)
    yield found
    forget()


def networks(name):
    """200 rows, two folds, nothing and a network."""
    rng = np.random.default_rng(0)
    y = (rng.random(200) < 0.3).astype(int)
    table = pd.DataFrame({"x": rng.normal(size=200) + y, "c": rng.choice(["a", "b"], 200), "y": y})
    network = TopUp({"name": name, "epochs": 1, "batch_size": 20})
    return load(table, target="y"), Plan(
        (Arm("none"), Arm(network, label="net")),
        (QUICK,),
        {"name": "stratified", "repeats": 1, "folds": 2, "tune": 0.2},
    )


def scores(result):
    return {
        (level.value, cell.arm, cell.fold): (cell.error, cell.scores, cell.counts)
        for level, outcome in result.levels
        for cell in outcome.cells
    }


@pytest.mark.parametrize("name", NETWORKS)
def test_one_training_gives_the_figures_of_several(name, trainings):
    dataset, plan = networks(name)
    together = run_sweep(dataset, plan, Sweep(epochs=(2, 4)))
    assert trainings == [4, 4]  # one per fold
    trainings.clear()
    forget()
    # From the start: the same arms with the same stream, each in a comparison of its own.
    short = Arm(SharedTraining(with_parameter(plan.arms[1].strategy, "epochs", 2), 4), label="net")
    long = Arm(with_parameter(plan.arms[1].strategy, "epochs", 4), label="net")
    for (level, _), arm in zip(together.levels, (short, long), strict=True):
        forget()
        alone = run(dataset, replace(plan, arms=(plan.arms[0], arm)))
        for cell in alone.cells:
            assert scores(together)[level.value, cell.arm, cell.fold] == (
                None,
                cell.scores,
                cell.counts,
            )
    assert trainings == [2, 2, 4, 4]
    assert scores(together)[2, "net", 0] != scores(together)[4, "net", 0]


def test_each_number_of_epochs_is_charged_its_own_seconds(trainings):
    dataset, plan = networks("ctgan")
    run_sweep(dataset, plan, Sweep(epochs=(1,)))  # what is loaded once is loaded
    forget()
    swept = run_sweep(dataset, plan, Sweep(epochs=(2, 30)))
    for fold in (0, 1):
        few, many = (
            next(c for c in outcome.cells if (c.arm, c.fold) == ("net", fold)).cost["augment"]
            for _, outcome in swept.levels
        )
        for clock in ("training", "wall", "cpu"):
            assert 0 < few[clock] < many[clock]
        for step in (few, many):
            assert step["training"] + step["sampling"] <= step["wall"] + 1e-3


def test_arms_that_differ_in_ratio_too_and_two_jobs_and_a_resumed_sweep_share_it(
    trainings, tmp_path
):
    dataset, plan = networks("tvae")
    plan = replace(
        plan, arms=(*plan.arms, Arm(replace(plan.arms[1].strategy, ratio=0.7), label="less"))
    )
    over = Sweep(epochs=(2, 3, 4))
    one = run_sweep(dataset, plan, over)
    assert trainings == [4, 4]
    two = run_sweep(dataset, plan, over, jobs=2, folder=tmp_path)
    assert json.dumps(figures(two.results)) == json.dumps(figures(one.results))
    ledger = tmp_path / "ledger.jsonl"
    identity, *cells = ledger.read_text().splitlines(keepends=True)
    ledger.write_text(
        "".join([identity, *(cell for cell in cells if "net at epochs 2" not in cell)])
    )
    forget()
    trainings.clear()
    resumed = run_sweep(dataset, plan, over, folder=tmp_path)
    assert trainings == [2, 2]
    assert json.dumps(figures(resumed.results)) == json.dumps(figures(one.results))


def test_the_most_epochs_have_the_figures_of_a_comparison():
    dataset, plan = networks("tvae")
    swept = figures(run_sweep(dataset, plan, Sweep(epochs=(2, 4))).results)
    alone = run(
        dataset,
        replace(
            plan,
            arms=(
                plan.arms[0],
                replace(plan.arms[1], strategy=with_parameter(plan.arms[1].strategy, "epochs", 4)),
            ),
        ),
    )
    assert {key: value for key, value in swept.items() if key != "sweep"} == figures(alone.results)


def test_what_cannot_be_seen_before_its_end_is_trained_from_the_start(trainings):
    dataset, plan = networks("tvae")
    chain = Arm(Chain((plan.arms[1].strategy, NoAugmentation())), label="net")
    swept = run_sweep(dataset, replace(plan, arms=(plan.arms[0], chain)), Sweep(epochs=(1, 2)))
    assert sorted(trainings) == [1, 1, 2, 2]
    assert all(error is None for error, *_ in scores(swept).values())
