"""The bridge: a synthesizer as a strategy."""

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from synthkit.comparison.plan import Arm
from synthkit.errors import ConfigError, DataError
from synthkit.strategies import STRATEGIES, TopUp
from synthkit.strategies.top_up import forget, one_training, spending
from synthkit.synthesizers import SYNTHESIZERS
from synthkit.synthesizers.sdv import Sdv
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


@pytest.fixture(autouse=True)
def fresh():
    forget()


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
    for ratio in (0.3, 0.5, 1.0):
        TopUp("noise", ratio)(train, np.random.default_rng(0))
    assert len(fits) == 1


@pytest.mark.parametrize("change", ["seed", "rows", "parameters", "learn_from", "kinds"])
def test_anything_else_is_another_fit(train, fits, change):
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
    kept = [TopUp("noise", ratio)(train, np.random.default_rng(0)) for ratio in (0.3, 1.0)]
    forget()
    alone = TopUp("noise", 1.0)(train, np.random.default_rng(0))
    assert_frame_equal(kept[1].X, alone.X)


def test_no_more_than_a_few_are_kept(train):
    from synthkit.strategies import top_up

    for seed in range(2 * top_up.MOST_KEPT):
        TopUp("noise")(train, np.random.default_rng(seed))
    assert len(top_up._KEPT) == top_up.MOST_KEPT


def test_arms_of_a_comparison_share_their_stream_whatever_the_ratio():
    one, two = Arm(TopUp("noise", 0.3)), Arm(TopUp("noise", 1.0))
    assert one.stream == two.stream != Arm(TopUp({"name": "noise", "scale": 1.0})).stream
    assert one.spec != two.spec
    assert Arm("none").stream == Arm("none").spec


def test_spending_splits_training_from_sampling_and_charges_every_arm(train):
    with spending() as first:
        TopUp("sequential_trees", 0.5)(train, np.random.default_rng(0))
    with spending() as second:
        TopUp("sequential_trees", 1.0)(train, np.random.default_rng(0))
    assert first.training > 0 < first.sampling
    assert first.reused <= 0  # two classes, one fit
    assert second.training == second.reused > 0


def ctgans(*epochs, **parameters):
    return [TopUp({**CTGAN, "epochs": number}, **parameters) for number in epochs]


def rules_kept(strategy):
    rules = [{"rule": "positive", "column": "amount"}]
    return replace(
        strategy,
        synthesizer={"name": "constrained", "synthesizer": strategy.synthesizer, "rules": rules},
    )


@pytest.mark.parametrize(
    "change", [lambda s: s, lambda s: replace(s, learn_from="minority"), rules_kept]
)
def test_strategies_that_differ_in_epochs_share_a_training_in_their_block(
    train, monkeypatch, change
):
    strategies = list(map(change, ctgans(1, 3, 2)))
    alone = []
    for strategy in strategies:
        forget()
        alone.append(strategy(train, np.random.default_rng(0)))
    forget()
    trained, learn = [], Sdv.learn
    monkeypatch.setattr(
        Sdv, "learn", lambda self, *given: (trained.append(self.epochs), learn(self, *given))[1]
    )
    with one_training(strategies):
        together = [strategy(train, np.random.default_rng(0)) for strategy in strategies]
    assert set(trained) == {3}
    assert len(trained) == (2 if strategies[0].learn_from == "minority" else 1)
    for one, other in zip(alone, together, strict=True):
        assert_frame_equal(one.X, other.X)
    assert not together[0].X.equals(together[1].X)


def test_a_look_at_a_training_is_what_a_shorter_fit_returns(train):
    from synthkit.synthesizers.snapshots import Snapshots, fitted_after

    table, snapshots = train.X.assign(kind=train.schema.decode_target(train.codes)), Snapshots([2])
    schema = train.schema.only([*train.schema.features, "kind"])
    long = ctgans(3)[0].synthesizer.fit(table, schema, 0, progress=snapshots)
    look, short = (
        fitted_after(long, 2, snapshots.taken[2]),
        ctgans(2)[0].synthesizer.fit(table, schema, 0),
    )
    assert look.synthesizer == short.synthesizer
    assert_frame_equal(look.loss_curve, short.loss_curve)
    before = long.sample(50, 0)
    assert_frame_equal(look.sample(50, 0), short.sample(50, 0))
    assert_frame_equal(long.sample(50, 0), before)
    assert not before.equals(look.sample(50, 0))


def test_a_training_that_breaks_later_on_leaves_the_shorter_ones(train, monkeypatch):
    learn = Sdv.learn

    def breaks(self, *given):
        if self.epochs == 3:
            raise ValueError("gumbel_softmax returning NaN.")
        return learn(self, *given)

    monkeypatch.setattr(Sdv, "learn", breaks)
    one, three = ctgans(1, 3)
    with one_training([one, three]):
        with spending() as spent:
            assert len(one(train, np.random.default_rng(0))) > len(train)
        with pytest.raises(ValueError, match="NaN"):
            three(train, np.random.default_rng(0))
    assert spent.training > 0


def test_the_seconds_of_each_end_with_its_own_epochs(train):
    ctgans(1)[0](train, np.random.default_rng(1))  # what is loaded once is loaded
    few, many = ctgans(2, 60)
    began = time.perf_counter()
    with one_training([few, many]):
        with spending() as first:
            few(train, np.random.default_rng(0))
        took = time.perf_counter() - began
        with spending() as second:
            many(train, np.random.default_rng(0))
    assert 0 < first.training < second.training == second.reused < took
    # What the block took for others is taken off what is measured around it.
    assert first.training + first.sampling <= took + first.reused < took


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
