"""The traps of SDV 2.0 and ctgan 0.12: each is shown as it is there, and mended here.

Numbers as in the measured list: the quality score (4) is mended where quality is judged, and what
CTGAN does to the article's data (9) is a finding of the comparison, not a fault of the wrapper.
"""

import warnings
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest

from synthkit.errors import ConfigError
from synthkit.synthesizers import SYNTHESIZERS, sdv_fit
from synthkit.table.schema import Schema

pytestmark = pytest.mark.sdv

SMALL = {"epochs": 1, "batch_size": 100, "generator_dim": (16,), "discriminator_dim": (16,)}


@pytest.fixture(scope="module")
def payments():
    rng = np.random.default_rng(0)
    n = 1_000
    fraud = (np.arange(n) % 20 == 0).astype(int)
    low = rng.exponential(10, n).round(1)
    return pd.DataFrame(
        {
            "region": rng.choice(["a", "b", "c"], n),
            "amount": low,
            "limit": (low + rng.exponential(5, n)).round(1),
            "fraud": fraud,
        }
    )


def naive(table, kinds, **parameters):
    """SDV called as its documentation says, for CTGAN."""
    from sdv.metadata import Metadata
    from sdv.single_table import CTGANSynthesizer

    columns = {name: {"sdtype": kind} for name, kind in kinds.items()}
    metadata = Metadata.load_from_dict({"tables": {"t": {"columns": columns}}, "relationships": []})
    return CTGANSynthesizer(metadata, enable_gpu=False, **{**SMALL, **parameters})


PAYMENT_KINDS = {
    "region": "categorical",
    "amount": "numerical",
    "limit": "numerical",
    "fraud": "categorical",
}


@pytest.fixture(scope="module")
def naive_fitted(payments):
    engine = naive(payments, PAYMENT_KINDS)
    engine.fit({"t": payments.copy()})
    return engine


@pytest.fixture(scope="module")
def ours(payments):
    return SYNTHESIZERS["ctgan"](**SMALL).fit(payments, target="fraud", rng=0)


def test_1_sampled_class_rates(naive_fitted, ours):
    assert naive_fitted.sample(1_000)["t"]["fraud"].mean() > 0.10  # a true 5 %
    got = ours.sample(20_000, 0)["fraud"].mean()
    assert abs(got - 0.05) < 5 * np.sqrt(0.05 * 0.95 / 20_000)


def test_1_rare_values_stay_rare_without_a_target():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {"word": np.where(np.arange(1_000) % 50 == 0, "rare", "often"), "x": rng.normal(size=1_000)}
    )
    parameters = {**SMALL, "epochs": 40, "generator_lr": 2e-3}
    with_us = SYNTHESIZERS["ctgan"](**parameters).fit(table, rng=0).sample(4_000, 0)
    engine = naive(table, {"word": "categorical", "x": "numerical"}, **parameters)
    engine.fit({"t": table.copy()})
    without = engine.sample(4_000)["t"]
    assert (without["word"] == "rare").mean() > 0.10  # a true 2 %
    assert (with_us["word"] == "rare").mean() < 0.06


def test_2_constraints_keep_conditional_training(payments):
    from sdv.cag import Inequality

    engine = naive(payments, PAYMENT_KINDS)
    engine.add_constraints([Inequality("amount", "limit")])
    engine.fit({"t": payments.copy()})
    assert engine._model._data_sampler.dim_cond_vec() == 0
    fitted = SYNTHESIZERS["ctgan"](**SMALL, constraints=[Inequality("amount", "limit")]).fit(
        payments, target="fraud", rng=0
    )
    infos = fitted.model.engine._model._transformer._column_transform_info_list
    assert {"region", "fraud"} <= {
        info.column_name for info in infos if info.column_type == "discrete"
    }
    out = fitted.sample(300, 0, where={"fraud": 1})
    assert (out["amount"] <= out["limit"]).all()
    assert fitted.acceptance > 0.2


def test_3_conditions_beyond_the_first_discrete_column(naive_fitted, ours):
    model = naive_fitted._model
    info = model._transformer.convert_column_name_value_to_id("fraud", 1)
    vector = model._data_sampler.generate_cond_from_condition_column_info(info, 1)[0]
    names = [
        c.column_name
        for c in model._transformer._column_transform_info_list
        if c.column_type == "discrete"
    ]
    assert names == ["region", "fraud"]
    assert vector[:3].any()  # the place of a region
    assert not vector[3:].any()  # where the classes are


def test_3_the_condition_reaches_the_rows():
    # In training mode batch normalisation subtracts what the whole batch shares: the condition.
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "region": rng.choice(["a", "b", "c"], 1_000),
            "x": rng.normal(size=1_000),
            "fraud": (np.arange(1_000) % 50 == 0).astype(int),
        }
    )
    parameters = {**SMALL, "epochs": 60, "generator_lr": 2e-3, "batch_size": 200}
    engine = naive(
        table, {"region": "categorical", "x": "numerical", "fraud": "categorical"}, **parameters
    )
    engine.fit({"t": table.copy()})
    theirs = (engine._model.sample(2_000, "fraud", 1)["fraud"] == 1).mean()
    fitted = SYNTHESIZERS["ctgan"](**parameters).fit(table, target="fraud", rng=0)
    fitted.sample(2_000, 0, where={"fraud": 1})
    assert fitted.acceptance > 0.8
    assert theirs < 0.6


def test_5_kinds_come_from_the_schema_not_from_names():
    from sdv.metadata import Metadata

    table = pd.DataFrame(
        {"city": ["x", "y"] * 50, "phone_number": np.arange(100) % 7, "fraud": [0, 1, 0, 0] * 25}
    )
    detected = Metadata.detect_from_dataframes({"t": table}).to_dict()["tables"]["t"]["columns"]
    assert detected["city"]["sdtype"] == "city"  # and so every value would be invented
    fitted = SYNTHESIZERS["ctgan"](**SMALL).fit(table, target="fraud", rng=0)
    kinds = fitted.model.frame.metadata()["tables"]["table"]["columns"]
    assert {name: kind["sdtype"] for name, kind in kinds.items()} == {
        "city": "categorical",
        "phone_number": "numerical",
        "fraud": "categorical",
    }
    assert set(fitted.sample(50, 0)["city"]) <= {"x", "y"}


def test_6_categories_of_pandas(payments):
    from sdv.errors import InvalidDataTypeError

    table = payments.assign(region=payments["region"].astype("category"))
    with pytest.raises(InvalidDataTypeError, match="not supported"):
        naive(table, PAYMENT_KINDS).fit({"t": table.copy()})
    out = SYNTHESIZERS["ctgan"](**SMALL).fit(table, target="fraud", rng=0).sample(20, 0)
    assert out["region"].dtype == table["region"].dtype


def test_6_the_pattern_of_missing_numbers_is_kept(payments):
    gone = (payments["fraud"] == 1) | (payments.index % 10 == 0)  # every fraud, some of the others
    table = payments.assign(amount=payments["amount"].mask(gone))
    engine = naive(table, PAYMENT_KINDS)
    engine.fit({"t": table.copy()})
    theirs = engine.sample(1_000)["t"]
    assert theirs.loc[theirs["fraud"] == 1, "amount"].isna().mean() < 0.5
    out = SYNTHESIZERS["ctgan"](**SMALL).fit(table, target="fraud", rng=0).sample(1_000, 0)
    assert out.loc[out["fraud"] == 1, "amount"].isna().all()
    share = table.loc[table["fraud"] == 0, "amount"].isna().mean()
    assert abs(out.loc[out["fraud"] == 0, "amount"].isna().mean() - share) < 0.06


def test_6_constants_do_not_drift(payments):
    from ctgan import CTGAN

    table = payments[["amount"]].assign(one=1.0)
    raw = CTGAN(**SMALL, enable_gpu=False)
    raw.fit(table)
    assert (raw.sample(100)["one"] != 1.0).any()
    assert (SYNTHESIZERS["ctgan"](**SMALL).fit(table, rng=0).sample(100, 0)["one"] == 1.0).all()


@pytest.mark.parametrize(
    "wrong", [{"batch_size": 501}, {"batch_size": 502}, {"batch_size": 6, "pac": 4}]
)
def test_6_batch_size_and_pac(payments, wrong):
    with pytest.raises(AssertionError):  # bare, and only when it trains
        naive(payments, PAYMENT_KINDS, **{"pac": 10, **wrong}).fit({"t": payments.copy()})
    with pytest.raises(
        ConfigError, match=r"multiple of pac = \d+, however it is \d+. Use \d+"
    ) as error:
        SYNTHESIZERS["ctgan"](**wrong)
    assert error.value.key == "batch_size"


def test_7_every_sample_is_seeded_by_its_generator(payments, naive_fitted, ours):
    naive_fitted.reset_sampling()
    np.random.seed(1)
    one = naive_fitted.sample(20)["t"]
    naive_fitted.reset_sampling()
    np.random.seed(2)
    assert one.equals(naive_fitted.sample(20)["t"])  # the fixed seed inside, whatever ours is
    assert not ours.sample(20, 1).equals(ours.sample(20, 2))
    late = ours.sample(20, 1)
    ours.sample(500, 3)
    assert late.equals(ours.sample(20, 1))  # the order of samples does not matter


def test_7_fits_without_a_seed_differ_there(payments, naive_fitted):
    again = naive(payments, PAYMENT_KINDS)
    again.fit({"t": payments.copy()})
    assert not again.sample(50)["t"].equals(naive_fitted.sample(50)["t"])


def test_8_threads_are_set_on_purpose(payments):
    import torch

    seen = []
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        naive_threads = torch.get_num_threads()
        SYNTHESIZERS["ctgan"](**SMALL).fit(
            payments,
            target="fraud",
            rng=0,
            progress=lambda *_: seen.append(torch.get_num_threads()),
        )
        assert naive_threads == torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert seen == [1]


def test_schema_kinds_can_be_overridden(payments):
    schema = Schema.detect(
        payments.assign(code=payments.index % 3), "fraud", kinds={"code": "categorical"}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted = SYNTHESIZERS["tvae"](epochs=1).fit(
            payments.assign(code=payments.index % 3), schema, 0
        )
    assert "code" in fitted.model.frame.states


@pytest.mark.parametrize(
    ("name", "network"),
    [("ctgan", "_generator"), ("copula_gan", "_generator"), ("tvae", "decoder")],
)
def test_weights_after_an_epoch_are_those_of_a_training_that_ends_there(
    payments, monkeypatch, name, network
):
    """So one long training holds all shorter ones: what a sweep over epochs is made of."""
    engines = []
    watched = sdv_fit._epochs

    @contextmanager
    def remembered(engine, synthesizer, progress):
        engines.append(engine)
        with watched(engine, synthesizer, progress):
            yield

    def weights_by_epoch(epochs):
        found = {}

        def copy(epoch, epochs, losses):
            state = getattr(engines[-1]._model, network).state_dict()
            found[epoch] = {key: value.clone().numpy() for key, value in state.items()}

        SYNTHESIZERS[name](epochs=epochs, batch_size=100).fit(
            payments, target="fraud", rng=0, progress=copy
        )
        return found

    monkeypatch.setattr(sdv_fit, "_epochs", remembered)
    short, long = weights_by_epoch(1), weights_by_epoch(2)
    for key, value in short[1].items():
        np.testing.assert_array_equal(long[1][key], value)
    assert any((long[2][key] != value).any() for key, value in short[1].items())
