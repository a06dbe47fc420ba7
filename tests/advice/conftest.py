"""Tables made for one finding each, as functions: fixtures that make them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from synthkit.table.dataset import Dataset, load


@pytest.fixture(scope="session")
def dataset() -> Callable[..., Dataset]:
    """Positives below others; each an array (n, d); more columns by name."""

    def made(positives: np.ndarray, others: np.ndarray, **columns: Any) -> Dataset:
        X = np.vstack([positives, others])
        table = pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])]).assign(**columns)
        return load(
            table.assign(y=np.repeat([1, 0], [len(positives), len(others)])), target="y", positive=1
        )

    return made


@pytest.fixture(scope="session")
def two_groups() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """Two tight groups of positives `gap` left and right of a majority that fills the middle."""

    def made(
        gap: float, rng: np.random.Generator, positives: int = 120, others: int = 1200
    ) -> tuple[np.ndarray, ...]:
        ours = rng.normal(0, 0.3, (positives, 3))
        ours[:, 0] += np.where(np.arange(positives) % 2, gap, -gap)
        return ours, rng.normal(0, 1, (others, 3))

    return made


@pytest.fixture(scope="session")
def table_of() -> Callable[..., Dataset]:
    """`positives` rows of class 1, `ratio` times as many others, one column."""

    def made(ratio: int, positives: int) -> Dataset:
        n = positives * (ratio + 1)
        return load(
            pd.DataFrame({"x": np.arange(n) % 97 / 7, "y": (np.arange(n) < positives).astype(int)}),
            target="y",
            positive=1,
        )

    return made
