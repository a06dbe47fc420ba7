"""Every synthesizer on real public tables, a few hundred rows each, at the smallest budget."""

import numpy as np
import pandas as pd
import pytest

from synthkit import compare
from synthkit.synthesizers import SYNTHESIZERS
from synthkit.table.schema import Schema

ROWS = 150
#: Target, and columns that no synthesizer should see: a leak by construction, free text.
TABLES = {
    "adult": ("income", []),
    "creditcard_10k": ("Class", ["Time"]),
    "german_credit": ("credit_risk", []),
    "mammography": ("calcification", []),
    "online_shoppers": ("Revenue", []),
    "telco_churn": ("Churn", []),
    "titanic": ("Survived", ["Name", "Ticket", "Cabin"]),
}
CTGAN = {"epochs": 1, "batch_size": 50, "generator_dim": (16,), "discriminator_dim": (16,)}
BUDGET = {
    "ctgan": CTGAN,
    "copula_gan": {**CTGAN, "default_distribution": "norm"},
    "tvae": {"epochs": 1, "compress_dims": (16,), "decompress_dims": (16,)},
    "gaussian_copula": {"default_distribution": "norm"},
    "constrained": {"synthesizer": "noise", "rules": []},
}

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module", params=TABLES)
def real(request, real_data):
    target, dropped = TABLES[request.param]
    table = pd.read_csv(real_data / f"{request.param}.csv.gz").drop(columns=dropped)
    # A stratified part, so that the rare class is there.
    table = table.groupby(target, group_keys=False).sample(frac=ROWS / len(table), random_state=0)
    table = table.sample(frac=1, random_state=0).reset_index(drop=True)
    schema = Schema.detect(table, target)
    return schema.conform(table), schema


@pytest.mark.parametrize("name", list(SYNTHESIZERS))
def test_dtypes_categories_and_class_rates(real, name):
    table, schema = real
    fitted = SYNTHESIZERS.build({"name": name, **BUDGET.get(name, {})}).fit(table, schema, 0)
    n = 2_000
    out = fitted.sample(n, 0)
    assert out.dtypes.tolist() == table.dtypes.tolist()
    keys = {column.name for column in schema.ignored}
    for column in table.columns.difference(list(keys)):
        if pd.api.types.is_numeric_dtype(table[column]) and not pd.api.types.is_bool_dtype(
            table[column]
        ):
            assert out[column].min() >= table[column].min()
            assert out[column].max() <= table[column].max()
        else:
            assert set(out[column].dropna()) <= set(table[column].dropna())
    for key in keys:
        assert out[key].is_unique
        assert not out[key].isin(table[key]).any()
    for value, share in table[schema.target].value_counts(normalize=True).items():
        got = (out[schema.target] == value).mean()
        assert abs(got - share) < 5 * np.sqrt(share * (1 - share) / n)
    assert (
        fitted.sample(20, 1, where={schema.target: schema.positive})[schema.target]
        == schema.positive
    ).all()


def test_a_comparison_with_ctgan_in_it(real):
    table, schema = real
    arms = ["none", {"name": "top_up", "synthesizer": {"name": "ctgan", **CTGAN}}]
    result = compare(
        table,
        schema.target,
        arms=arms,
        classifiers=["logistic_regression"],
        split={"name": "hold_out", "test": 0.3, "tune": 0.2},
    )
    assert [cell.error for cell in result.cells] == [None, None]
    assert result.cells[1].counts["synthetic"] > 0
