"""The bridge: a synthesizer as a strategy."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from synthkit.comparison.plan import Arm
from synthkit.errors import ConfigError, DataError
from synthkit.strategies import STRATEGIES, TopUp
from synthkit.synthesizers import SYNTHESIZERS
from synthkit.table.schema import Kind, Schema
from synthkit.table.training_set import SYNTHETIC, TrainingSet

CTGAN = {
    "name": "ctgan",
    "epochs": 1,
    "batch_size": 100,
    "generator_dim": (16,),
    "discriminator_dim": (16,),
}
CHEAP = ["noise", "sequential_trees", CTGAN]


@pytest.fixture
def train():
    rng = np.random.default_rng(0)
    n = 400
    table = pd.DataFrame(
        {
            "amount": rng.exponential(50, n).round(2),
            "age": pd.array(rng.integers(18, 90, n), dtype="Int64"),
            "city": pd.Categorical(rng.choice(["x", "y", None], n)),
            "one": 1.0,
            "id": np.arange(n),
            "kind": rng.choice(["a", "b", "c"], n, p=[0.8, 0.15, 0.05]),
        }
    )
    table.loc[::9, "age"] = pd.NA
    schema = Schema.detect(table, "kind")
    return TrainingSet.from_table(table, schema)


@pytest.mark.parametrize("learn_from", ["all", "minority"])
@pytest.mark.parametrize("synthesizer", CHEAP, ids=lambda s: s if isinstance(s, str) else s["name"])
@pytest.mark.parametrize("ratio", [0.3, 1.0])
def test_the_rows_asked_for_and_no_other(train, synthesizer, learn_from, ratio):
    out = TopUp(synthesizer, ratio, learn_from)(train, np.random.default_rng(0))
    wanted = np.maximum(train.counts, round(ratio * train.counts.max()))
    assert out.counts.tolist() == wanted.tolist()
    real = out.origin != SYNTHETIC
    assert_frame_equal(out.take(real).X, train.X)
    assert out.X.dtypes.tolist() == train.X.dtypes.tolist()
    assert (out.weight == 1).all()
    assert set(np.unique(out.y)) == {0.0, 1.0}
    assert (out.X["one"] == 1.0).all()


@pytest.fixture
def fits(monkeypatch):
    counted = []
    plain = SYNTHESIZERS["noise"].fit

    def fit(self, *args, **kwargs):
        counted.append(self)
        return plain(self, *args, **kwargs)

    monkeypatch.setattr(SYNTHESIZERS["noise"], "fit", fit)
    return counted


def test_arms_that_differ_in_ratio_only_fit_once(train, fits):
    train = replace(train, fits={})
    for ratio in (0.3, 0.5, 1.0):
        TopUp("noise", ratio)(train, np.random.default_rng(0))
    assert len(fits) == 1


@pytest.mark.parametrize("change", ["seed", "rows", "parameters", "learn_from", "kinds"])
def test_anything_else_is_another_fit(train, fits, change):
    train = replace(train, fits={})
    TopUp("noise", 0.3)(train, np.random.default_rng(0))
    other = TopUp(
        {"name": "noise", "scale": 0.5} if change == "parameters" else "noise",
        0.3,
        "minority" if change == "learn_from" else "all",
    )
    rows = train.take(np.arange(399)) if change == "rows" else train
    if change == "kinds":  # the same cells, learned as states
        columns = tuple(
            replace(c, kind=Kind.CATEGORICAL) if c.name == "age" else c
            for c in train.schema.columns
        )
        rows = replace(train, schema=replace(train.schema, columns=columns))
    other(rows, np.random.default_rng(1 if change == "seed" else 0))
    assert len(fits) > 1


def test_what_is_kept_changes_no_row(train):
    keeping = replace(train, fits={})
    kept = [TopUp("noise", ratio)(keeping, np.random.default_rng(0)) for ratio in (0.3, 1.0)]
    alone = TopUp("noise", 1.0)(train, np.random.default_rng(0))
    assert_frame_equal(kept[1].X, alone.X)


def test_nothing_is_kept_where_nobody_asks_for_it(train, fits):
    for _ in range(2):
        TopUp("noise")(train, np.random.default_rng(0))
    assert len(fits) == 2
    assert train.fits is None


def test_arms_of_a_comparison_share_their_stream_whatever_the_ratio():
    one, two = Arm(TopUp("noise", 0.3)), Arm(TopUp("noise", 1.0))
    assert one.stream == two.stream != Arm(TopUp({"name": "noise", "scale": 1.0})).stream
    assert one.spec != two.spec
    assert Arm("none").stream == Arm("none").spec


def test_the_log_splits_training_from_sampling_and_charges_every_arm(train):
    train = replace(train, fits={})
    first, second = (
        TopUp("sequential_trees", ratio)(train, np.random.default_rng(0)).log
        for ratio in (0.5, 1.0)
    )
    assert sum(e.training > 0 for e in first) == 1  # two classes, one fit
    assert sum(e.sampling > 0 for e in first) == 2
    assert all(e.reused == 0 for e in first)
    paid = sum(e.training for e in first)
    assert paid == sum(e.training for e in second) == sum(e.reused for e in second) > 0
    assert sum(e.reused_cpu for e in second) > 0


def test_the_log_goes_on_from_what_was_said_before(train):
    once = TopUp("noise", 0.3)(train, np.random.default_rng(0))
    twice = TopUp("noise", 1.0)(once, np.random.default_rng(0))
    assert twice.log[: len(once.log)] == once.log
    assert len(twice.log) == 2 * len(once.log)
    assert not train.log


def test_a_config_names_the_synthesizer_as_it_names_a_strategy():
    built = STRATEGIES.build({"name": "top_up", "synthesizer": CTGAN, "ratio": 0.5})
    assert built == TopUp(SYNTHESIZERS.build(CTGAN), 0.5)
    spec = Arm(built).spec
    assert spec["synthesizer"]["name"] == "ctgan"
    assert STRATEGIES.build(spec) == built


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"ratio": 0}, "ratio must be"),
        ({"learn_from": "some"}, "all or minority"),
        ({"synthesizer": "ctgam"}, "Did you mean 'ctgan'"),
        ({"synthesizer": {"name": "ctgan", "epoch": 3}}, "'epochs'"),
    ],
)
def test_wrong_parameters(wrong, words):
    with pytest.raises(ConfigError, match=words):
        TopUp(**{"synthesizer": "noise", **wrong})


def test_a_class_without_rows(train):
    with pytest.raises(DataError, match="class 'c' of 'kind' has none"):
        TopUp("noise")(train.take(train.codes != 2), np.random.default_rng(0))
