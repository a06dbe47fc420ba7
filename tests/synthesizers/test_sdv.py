"""The wrapper's own promises: parameters, constraints, progress, devices, memory, processes."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from synthkit.errors import ConfigError, DataError
from synthkit.synthesizers import CTGAN, SYNTHESIZERS, TVAE, CopulaGAN, GaussianCopula
from synthkit.synthesizers.sdv_fit import CostWarning

pytestmark = pytest.mark.sdv

SMALL = {"epochs": 3, "batch_size": 100, "generator_dim": (16,), "discriminator_dim": (16,)}


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    n = 400
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 1_000, n), unit="h")
    low = rng.exponential(10, n).round(1)
    table = pd.DataFrame(
        {
            "low": low,
            "high": (low + rng.exponential(5, n)).round(1),
            "start": start,
            "end": start + pd.to_timedelta(rng.integers(1, 100, n), unit="h"),
            "town": rng.choice(["p", "q", "r"], n),
            "fraud": (np.arange(n) % 20 == 0).astype(int),
        }
    )
    table["land"] = table["town"].map({"p": "A", "q": "A", "r": "B"})
    return table


@pytest.fixture(scope="module")
def narrow(table):
    return table[["low", "town", "fraud"]]


@pytest.mark.parametrize(
    "make",
    [
        lambda c: CTGAN(**SMALL, constraints=c),
        lambda c: TVAE(epochs=2, constraints=c),
        lambda c: GaussianCopula(default_distribution="norm", constraints=c),
    ],
    ids=["ctgan", "tvae", "gaussian_copula"],
)
def test_constraints_hold_with_gaps_and_conditions(table, make):
    from sdv.cag import Inequality

    gaps = table.assign(low=table["low"].mask(table.index % 10 == 0))
    rules = [
        Inequality("low", "high"),
        {"name": "Inequality", "low_column_name": "start", "high_column_name": "end"},
    ]
    fitted = make(rules).fit(gaps, target="fraud", rng=0)
    out = fitted.sample(400, 0)
    assert not (out["low"] > out["high"]).any()
    assert (out["start"] <= out["end"]).all()
    assert out.dtypes.tolist() == gaps.dtypes.tolist()
    assert abs(out["low"].isna().mean() - 0.1) < 5 * np.sqrt(0.09 / 400)
    assert (fitted.sample(30, 0, where={"town": "r", "fraud": 1})["town"] == "r").all()


def test_a_condition_on_columns_that_a_constraint_joined(table):
    rule = {"name": "FixedCombinations", "column_names": ["town", "land"]}
    out = (
        CTGAN(**SMALL, constraints=[rule])
        .fit(table, target="fraud", rng=0)
        .sample(60, 0, where={"town": "r"})
    )
    assert (out["land"] == "B").all()
    assert (out["town"] == "r").all()


def test_constraints_are_left_as_they_were_given(table):
    from sdv.cag import Inequality

    rule = Inequality("low", "high")
    before = dict(vars(rule))
    GaussianCopula(default_distribution="norm", constraints=[rule]).fit(
        table, target="fraud", rng=0
    )
    assert vars(rule) == before


def test_constraints_that_do_not_exist_or_do_not_hold(table):
    with pytest.raises(
        ConfigError, match=r"no SDV constraint 'Inequalty'.*Did you mean 'Inequality'"
    ):
        CTGAN(**SMALL, constraints=[{"name": "Inequalty"}]).fit(table, target="fraud", rng=0)
    rule = {"name": "Inequality", "low_column_name": "high", "high_column_name": "low"}
    with pytest.raises(DataError, match="need a table that meets them"):
        CTGAN(**SMALL, constraints=[rule]).fit(table, target="fraud", rng=0)


@pytest.mark.parametrize(
    ("cls", "wrong", "words"),
    [
        (CTGAN, {"epochs": 0}, "epochs must be a whole number at least 1"),
        (CTGAN, {"epochs": 1.5}, "epochs must be"),
        (CTGAN, {"batch_size": 0}, "batch_size must be"),
        (CTGAN, {"batch_size": 45, "pac": 10}, "Use 40 or 50"),
        (CTGAN, {"batch_size": 8, "pac": 10}, "Use 10"),
        (CTGAN, {"pac": 0}, "pac must be"),
        (CTGAN, {"generator_lr": 0}, "generator_lr must be"),
        (CTGAN, {"generator_dim": 256}, "generator_dim must be a list"),
        (CTGAN, {"discriminator_dim": (0,)}, "discriminator_dim must be"),
        (CTGAN, {"device": "gpu"}, "device must be auto, cpu or cuda"),
        (CTGAN, {"threads": 0}, "threads must be"),
        (TVAE, {"compress_dims": "128"}, "compress_dims must be a list"),
        (TVAE, {"batch_size": 1}, "batch_size must be"),
        (TVAE, {"enforce_rounding": "no"}, "enforce_rounding must be true or false"),
        (GaussianCopula, {"default_distribution": "normal"}, "Did you mean 'norm'"),
        (
            CopulaGAN,
            {"numerical_distributions": {"low": "gauss"}},
            "numerical_distributions.'low'. must be 'norm', 'beta'",
        ),
    ],
)
def test_wrong_parameters_are_refused_when_made(cls, wrong, words):
    with pytest.raises(ConfigError, match=words):
        cls(**wrong)


def test_lists_from_yaml_become_the_same_value_as_tuples():
    assert CTGAN(generator_dim=[64, 32]) == CTGAN(generator_dim=(64, 32))
    assert SYNTHESIZERS.build({"name": "ctgan", "epochs": 5}) == CTGAN(epochs=5)


def test_cuda_without_a_gpu_is_refused(narrow, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(ConfigError, match=r"finds none\. Use device='auto' or 'cpu'"):
        CTGAN(**SMALL, device="cuda").fit(narrow, target="fraud", rng=0)


def test_five_thousand_levels_warn_of_the_cost_before_training(monkeypatch):
    table = pd.DataFrame(
        {"code": [f"c{i % 5_000}" for i in range(10_000)], "fraud": [0, 1] * 5_000}
    )

    class ReachedTrainingError(Exception):
        pass

    def stop(*_):
        raise ReachedTrainingError

    monkeypatch.setattr("sdv.single_table.CTGANSynthesizer.fit", stop)
    with (
        pytest.warns(
            CostWarning, match=r"5,000 of them the levels of 'code': 382 MiB for 10,000 rows"
        ),
        pytest.raises(ReachedTrainingError),
    ):
        CTGAN(**SMALL).fit(table, target="fraud", rng=0)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"),
    ],
)
def test_out_of_memory_says_how_much_was_asked_and_what_to_do(narrow, monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("ctgan.CTGAN.fit", fail)
    with pytest.raises(DataError, match=r"400 rows × \d+ columns.*Join rare levels"):
        CTGAN(**SMALL).fit(narrow, target="fraud", rng=0)


def test_other_errors_of_the_engine_are_not_called_memory(narrow, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("something else")

    monkeypatch.setattr("ctgan.CTGAN.fit", fail)
    with pytest.raises(RuntimeError, match="something else"):
        CTGAN(**SMALL).fit(narrow, target="fraud", rng=0)


def test_an_interrupt_while_training_leaves_everything_as_it_was(narrow):
    import torch
    from ctgan.synthesizers import ctgan as module

    def interrupt(epoch, *_):
        if epoch == 2:
            raise KeyboardInterrupt

    state, tqdm, threads = np.random.get_state()[1].copy(), module.tqdm, torch.get_num_threads()
    synthesizer = CTGAN(**SMALL)
    with pytest.raises(KeyboardInterrupt):
        synthesizer.fit(narrow, target="fraud", rng=0, progress=interrupt)
    assert np.array_equal(np.random.get_state()[1], state)
    assert module.tqdm is tqdm
    assert torch.get_num_threads() == threads
    with pytest.raises(ConfigError, match="fitted before"):
        synthesizer.sample(1)


@pytest.mark.parametrize(
    "make", [lambda: CTGAN(**SMALL), lambda: TVAE(epochs=3), lambda: CopulaGAN(**SMALL)]
)
def test_losses_are_reported_and_kept_and_change_nothing(narrow, make):
    seen = []
    watched = make().fit(narrow, target="fraud", rng=0, progress=lambda *step: seen.append(step))
    assert [step[:2] for step in seen] == [(1, 3), (2, 3), (3, 3)]
    curve = watched.loss_curve
    assert curve["epoch"].tolist() == [1, 2, 3]
    assert curve.drop(columns="epoch").notna().all().all()
    assert set(seen[0][2]) == set(curve.columns) - {"epoch"}
    unwatched = make().fit(narrow, target="fraud", rng=0)
    assert_frame_equal(unwatched.sample(50, 0), watched.sample(50, 0))


def test_progress_shows_epochs_and_losses_on_standard_error(narrow, capfd):
    CTGAN(**SMALL).fit(narrow, target="fraud", rng=0, progress=True)
    printed = capfd.readouterr()
    assert printed.out == ""
    assert "3/3" in printed.err or "3 of 3" in printed.err  # a bar on a terminal, lines elsewhere
    assert "generator loss" in printed.err


def test_rounding_and_range_can_be_let_go(table):
    fitted = GaussianCopula(
        default_distribution="norm", enforce_rounding=False, enforce_min_max_values=False
    ).fit(table, target="fraud", rng=0)
    low = fitted.sample(2_000, 0)["low"]
    assert (low.round(1) != low).any()
    assert low.min() < table["low"].min()


def test_a_tvae_makes_a_class_that_its_decoder_never_prefers(narrow):
    # Rejection would never end: the class is 5 % of the rows and argmax always takes the other.
    fitted = TVAE(epochs=1).fit(narrow, target="fraud", rng=0)
    out = fitted.sample(500, 0, where={"fraud": 1})
    assert fitted.acceptance == 1
    assert out["low"].nunique() > 50


def test_a_copula_condition_shifts_what_depends_on_it():
    rng = np.random.default_rng(0)
    fraud = (rng.random(4_000) < 0.05).astype(int)
    table = pd.DataFrame(
        {"x": rng.normal(3 * fraud, 1), "y": rng.choice(["u", "v"], 4_000), "fraud": fraud}
    )
    fitted = GaussianCopula(default_distribution="norm").fit(table, target="fraud", rng=0)
    by_class = [fitted.sample(2_000, 0, where={"fraud": c, "y": "u"})["x"].mean() for c in (0, 1)]
    assert by_class[1] - by_class[0] > 0.5
    assert fitted.acceptance > 0.99


SCRIPT = """
import hashlib, sys
import numpy as np, pandas as pd
from synthkit.synthesizers import SYNTHESIZERS
table = pd.read_csv(sys.stdin)
np.random.seed(99)
for name, parameters in {"ctgan": {"epochs": 1, "batch_size": 100}, "gaussian_copula": {}}.items():
    out = SYNTHESIZERS[name](**parameters).fit(table, target="fraud", rng=7).sample(50, 3)
    print(hashlib.sha256(out.to_csv().encode()).hexdigest())
"""


def test_another_process_gives_the_same_bytes(table):
    table = table[["low", "town", "fraud"]].assign(low=table["low"].mask(table.index % 7 == 0))
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=table.to_csv(index=False),
        text=True,
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONHASHSEED": "123"},
    )
    here = []
    for name, parameters in {
        "gaussian_copula": {},
        "ctgan": {"epochs": 1, "batch_size": 100},
    }.items():  # other order
        out = SYNTHESIZERS[name](**parameters).fit(table, target="fraud", rng=7).sample(50, 3)
        here.append(hashlib.sha256(out.to_csv().encode()).hexdigest())
    assert ran.stdout.split() == here[::-1]


@pytest.mark.parametrize("make", [lambda: CTGAN(**SMALL), lambda: TVAE(epochs=1)])
def test_sampling_is_on_the_cpu_wherever_the_network_went(narrow, make, monkeypatch):
    # ctgan moves an unpickled network to a GPU where there is one.
    fitted = make().fit(narrow, target="fraud", rng=0)
    moved = []
    monkeypatch.setattr(
        type(fitted.model.engine._model), "set_device", lambda _, device: moved.append(device.type)
    )
    fitted.sample(5, 0)
    assert set(moved) == {"cpu"}
