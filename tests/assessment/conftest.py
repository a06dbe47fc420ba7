"""A mixed table with known relations, fresh rows of it, and a report that costs seconds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import synthkit
from synthkit.assessment.tables import Tables


def make_payments(rows: int, seed: int = 0, *, related: bool = True) -> pd.DataFrame:
    """Numbers, whole numbers, states, times, gaps; amount, shop and the label go together, unless unrelated."""
    rng = np.random.default_rng(seed)
    fraud = rng.random(rows) < 0.15
    shift = np.where(fraud, 1.5, 0.0) if related else 0.0
    amount = np.exp(rng.normal(3 + shift, 0.7))
    shop = np.where(
        rng.random(rows) < (0.7 if related else 0.5), amount > 25, rng.random(rows) < 0.5
    )
    return pd.DataFrame(
        {
            "amount": amount.round(2),
            "fee": pd.Series(amount * (0.02 if related else 0) + rng.normal(1, 0.1, rows)).mask(
                rng.random(rows) < 0.1
            ),
            "items": rng.poisson(2, rows),
            "shop": pd.Series(np.where(shop, "web", "till"), dtype=object).mask(
                rng.random(rows) < 0.05, None
            ),
            "chip": rng.random(rows) < 0.4,
            "when": pd.Timestamp("2024-01-01", tz="UTC")
            + pd.to_timedelta(rng.integers(0, 10**6, rows), unit="s"),
            "fraud": fraud.astype(int),
        }
    )


@pytest.fixture(scope="session")
def payments() -> Any:
    return make_payments


@pytest.fixture(scope="session")
def three() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Real rows, rows that sequential trees made of them, and real rows held out."""
    real, holdout = make_payments(1200, 1), make_payments(1200, 2)
    made = synthkit.SequentialTrees().fit(real, target="fraud", rng=0).sample(1200, rng=0)
    return real, made, holdout


@pytest.fixture(scope="session")
def tables(three: Any) -> Tables:
    return Tables.of(*three, target="fraud")


@pytest.fixture(scope="session")
def report(three: Any) -> Any:
    """The whole report, made once."""
    rules = [
        {"name": "amount", "rule": "range", "column": "amount", "min": 5, "max": 200},
        {"name": "items", "rule": "positive", "column": "items"},
    ]
    losses = pd.DataFrame(
        {"epoch": [1, 2], "generator_loss": [1.0, 0.5], "discriminator_loss": [0.1, np.nan]}
    )
    return synthkit.quality(*three, target="fraud", rules=rules, losses=losses)
