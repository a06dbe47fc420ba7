"""A small table with a column for each kind of rule, and a rule of each kind that all its rows obey."""

import numpy as np
import pandas as pd
import pytest

from synthkit.rules import RULES
from synthkit.table.schema import Schema
from synthkit.table.training_set import TrainingSet

#: One rule of each kind. The contract tests walk `RULES`, so a new kind must be added here.
RULE_OF = {
    "range": {"column": "heart_rate", "min": 50, "max": 150},
    "positive": {"column": "amount"},
    "whole": {"column": "visits"},
    "one_of": {"column": "grade", "values": [1, 2, 4]},
    "not_null": {"column": "city"},
    "unique": {"columns": ["amount", "time"]},
    "inequality": {"low": "time", "high": "settled"},
    "ordered": {"columns": ["low", "middle", "high"]},
    "fixed_combinations": {"columns": ["city", "country"]},
    "one_hot": {"columns": ["is_card", "is_cash", "is_other"]},
    "sum": {"parts": ["net", "tax"], "total": "amount", "tolerance": 0.02},
    "ratio": {"numerator": "tax", "denominator": "amount", "min": 0.05, "max": 0.25},
    "when": {"if": "country == 'DE'", "then": {"rule": "range", "column": "amount", "max": 90}},
    "immutable": {"column": "country", "key": "city"},
    "pattern": {"column": "city", "regex": "[A-Z][a-z]+"},
    "expression": {"expression": "heart_rate + 40 <= peak or is_null(peak)"},
}


def spec_of_kind(kind):
    return {"rule": kind, **RULE_OF[kind]}


def make_ruled_table(rows: int = 240, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    city = rng.choice(["Bonn", "Ulm", "Lyon", "Nice"], rows)
    country = np.where(np.isin(city, ["Bonn", "Ulm"]), "DE", "FR")
    amount = rng.uniform(10, 90, rows).round(2)
    tax = (amount * rng.uniform(0.06, 0.24, rows)).round(2)
    time = pd.Series(
        pd.Timestamp("2024-01-01", tz="UTC")
        + pd.to_timedelta(rng.integers(0, 10**6, rows), unit="s")
    )
    way = rng.integers(0, 3, rows)
    spread = np.sort(rng.normal(size=(rows, 3)), axis=1)
    heart = rng.uniform(51, 149, rows)
    return pd.DataFrame(
        {
            "heart_rate": heart,
            "peak": pd.Series(heart + 40 + rng.exponential(9, rows)).mask(rng.random(rows) < 0.1),
            "visits": pd.Series(rng.integers(0, 9, rows).astype(float)).mask(
                rng.random(rows) < 0.1
            ),
            "grade": rng.choice([1, 2, 4], rows),
            "amount": amount,
            "tax": tax,
            "net": (amount - tax).round(2),
            "low": spread[:, 0].astype("float32"),
            "middle": spread[:, 1],
            "high": spread[:, 2],
            "time": time,
            "settled": time + pd.to_timedelta(rng.integers(0, 5_000, rows), unit="s"),
            "city": city.astype(object),
            "country": pd.Categorical(country),
            "is_card": (way == 0).astype(int),
            "is_cash": (way == 1).astype(int),
            "is_other": way == 2,
            "fraud": np.where(np.arange(rows) % 5 == 0, "yes", "no"),
        }
    )


#: Kinds that detection would decide otherwise.
KINDS = {"grade": "integer", "visits": "integer"}


@pytest.fixture(scope="session")
def ruled():
    return make_ruled_table()


@pytest.fixture(scope="session")
def schema(ruled):
    return Schema.detect(ruled, "fraud", kinds=KINDS)


@pytest.fixture(scope="session")
def train(ruled, schema):
    return TrainingSet.from_table(schema.conform(ruled), schema)


@pytest.fixture(params=list(RULES))
def kind(request):
    return request.param


@pytest.fixture
def spec(kind):
    """The rule of one kind, as a mapping."""
    return spec_of_kind(kind)


@pytest.fixture(scope="session")
def every_spec():
    return [spec_of_kind(kind) for kind in RULES]
