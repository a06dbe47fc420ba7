"""Tables and cheap parameters for the synthesizers' tests; each synthesizer is fitted once per table."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from synthkit.synthesizers import SYNTHESIZERS
from synthkit.table.schema import Schema

#: The cheapest parameters that still run every line. The tests judge the wrapper, not the engines.
CHEAP = {
    "ctgan": {"epochs": 2, "batch_size": 500, "generator_dim": (32,), "discriminator_dim": (32,)},
    "copula_gan": {
        "epochs": 2,
        "batch_size": 500,
        "generator_dim": (32,),
        "discriminator_dim": (32,),
        "default_distribution": "norm",
    },
    "tvae": {"epochs": 2, "batch_size": 500, "compress_dims": (32,), "decompress_dims": (32,)},
    "gaussian_copula": {"default_distribution": "norm"},
    "constrained": {"synthesizer": "noise", "rules": []},
}
#: Those that wrap an engine of SDV's.
SDV = ("ctgan", "copula_gan", "tvae", "gaussian_copula")


def mixed_table(n: int = 2_000, seed: int = 0) -> pd.DataFrame:
    """Every dtype there is, a 5 % and a 0.5 % class, gaps that depend on the class, constants and keys."""
    rng = np.random.default_rng(seed)
    kind = np.repeat(["common", "odd", "rare"], [n - n // 20 - n // 200, n // 20, n // 200])
    rng.shuffle(kind)
    odd = kind != "common"
    table = pd.DataFrame(
        {
            "account": [f"{chr(65 + i % 26)}{i:05d}-x" for i in range(n)],
            "number": np.arange(n) + 1_000,
            "amount": np.where(odd, rng.exponential(180, n), rng.exponential(80, n)).round(2),
            "share": rng.random(n).astype("float32"),
            "age": pd.array(rng.integers(18, 90, n), dtype="Int64"),
            "count": rng.poisson(3, n).astype("int16"),
            "seen": pd.Series(pd.date_range("2024-01-01", periods=n, freq="h", tz="Europe/Paris"))
            .sample(frac=1, random_state=seed)
            .to_numpy(),
            "city": pd.Categorical(
                rng.choice(["x", "y", "z"], n), categories=["z", "y", "x", "nowhere"]
            ),
            "grade": pd.Categorical(
                rng.choice(["low", "high"], n), categories=["low", "high"], ordered=True
            ),
            "zip": rng.choice(["00123", "04567", "99999"], n, p=[0.6, 0.39, 0.01]),
            "code": rng.choice([10, 20, 30], n),
            "ok": rng.random(n) < 0.5,
            "maybe": pd.array(rng.random(n) < 0.5, dtype="boolean"),
            "note": pd.array(rng.choice(["a", "b"], n), dtype="string"),
            "one": 1.0,
            "word": "same",
            "void": np.nan,
            "kind": kind,
        }
    )
    table["seen"] = pd.to_datetime(table["seen"], utc=True).dt.tz_convert("Europe/Paris")
    table["day"] = table["seen"].dt.tz_localize(None).dt.normalize()
    table.loc[rng.random(n) < np.where(odd, 0.7, 0.1), "age"] = pd.NA
    table.loc[rng.random(n) < 0.3, "city"] = np.nan
    table.loc[rng.random(n) < 0.2, "amount"] = np.nan
    table.loc[rng.random(n) < 0.1, "maybe"] = pd.NA
    table.loc[rng.random(n) < 0.1, "note"] = pd.NA
    table.loc[rng.random(n) < 0.1, "day"] = pd.NaT
    return table


KINDS = {"code": "categorical", "account": "key", "number": "key"}


@cache
def fitted_on_mixed(name: str):
    table = mixed_table()
    schema = Schema.detect(table, "kind", kinds=KINDS)
    return cheap_of(name).fit(table, schema, np.random.default_rng(0))


def cheap_of(name: str):
    return SYNTHESIZERS.build({"name": name, **CHEAP.get(name, {})})


@pytest.fixture(scope="session")
def mixed() -> pd.DataFrame:
    return mixed_table()


@pytest.fixture(scope="session")
def mixed_schema(mixed) -> Schema:
    return Schema.detect(mixed, "kind", kinds=KINDS)


@pytest.fixture(params=list(SYNTHESIZERS))
def name(request) -> str:
    return request.param


@pytest.fixture
def fitted(name):
    return fitted_on_mixed(name)


@pytest.fixture(scope="session")
def cheap():
    return cheap_of


@pytest.fixture(scope="session")
def fitted_once():
    return fitted_on_mixed
