"""Tables of known processes, split into rows that were learned from and rows that were not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import synthkit
from synthkit.assessment.tables import Tables


@pytest.fixture(scope="session")
def article():
    return synthkit.load({"name": "article_fraud"})


@pytest.fixture(scope="session")
def mixed():
    return synthkit.load({"name": "mixed_fraud", "rows": 3000, "fraud_rate": 0.1})


@pytest.fixture(params=["article", "mixed"])
def dataset(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def split():
    def of(
        table: pd.DataFrame, share: float = 0.6, seed: int = 0
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        learned = np.random.default_rng(seed).permutation(len(table)) < share * len(table)
        return table[learned].reset_index(drop=True), table[~learned].reset_index(drop=True)

    return of


@pytest.fixture(scope="session")
def tables():
    """Tables under the data set's own schema."""

    def of(dataset, real, synthetic, holdout=None, seed: int = 0) -> Tables:
        schema = dataset.schema
        kinds = {
            column.name: column.kind.value
            for column in schema.columns
            if column.name != schema.target
        }
        return Tables.of(
            real,
            synthetic,
            holdout,
            target=schema.target,
            positive=schema.positive,
            kinds=kinds,
            seed=seed,
        )

    return of


@pytest.fixture(scope="session")
def smote():
    """The rows that SMOTE adds to a training table, with their class."""

    def of(dataset, real: pd.DataFrame) -> pd.DataFrame:
        schema = dataset.schema
        train = synthkit.TrainingSet.from_codes(
            real[list(schema.features)], schema.encode_target(real[schema.target]), schema
        )
        made = synthkit.SMOTE()(train, np.random.default_rng(1))
        added = made.origin < 0
        rows = made.X[added].reset_index(drop=True)
        rows[schema.target] = np.array(schema.classes)[made.y[added].argmax(axis=1)]
        return rows

    return of
