"""A table of numbers and one of every kind of column, as scikit-learn's X and y."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification


@pytest.fixture
def numbers() -> tuple[np.ndarray, np.ndarray]:
    """(200, 4) numbers; labels with about 15 % of class 1."""
    return make_classification(200, 4, weights=[0.85], flip_y=0.05, random_state=0)


@pytest.fixture
def mixed(mixed_table: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    return mixed_table.drop(columns="outcome"), mixed_table["outcome"]
