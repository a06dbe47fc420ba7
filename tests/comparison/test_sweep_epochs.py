"""A sweep over epochs trains a network at each number of them, with the dice of the most."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synthkit.comparison.comparison import figures
from synthkit.comparison.plan import Arm, Plan
from synthkit.comparison.run import run
from synthkit.comparison.sweep import Sweep, run_sweep
from synthkit.methods.registry import with_parameter
from synthkit.strategies import TopUp
from synthkit.synthesizers.sdv import Sdv
from synthkit.table.dataset import load

pytestmark = pytest.mark.sdv

QUICK = {"name": "gradient_boosting", "max_iter": 5}


@pytest.fixture
def trainings(monkeypatch):
    """The epochs of every training of an engine in this process."""
    found, learn = [], Sdv.learn

    def counted(self, *given):
        found.append(self.epochs)
        return learn(self, *given)

    monkeypatch.setattr(Sdv, "learn", counted)
    return found


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


def test_each_number_of_epochs_is_trained_from_the_start_with_the_same_dice(trainings):
    dataset, plan = networks("tvae")
    swept = run_sweep(dataset, plan, Sweep(epochs=(2, 4)))
    assert sorted(trainings) == [2, 2, 4, 4]  # once per fold
    found = scores(swept)
    assert all(error is None for error, *_ in found.values())
    assert found[2, "net", 0] != found[4, "net", 0]
    short, long = (arms[1] for arms in (level.arms for level, _ in swept.levels))
    assert short.stream == long.stream == long.strategy.stream


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
