"""What tests of every floor share: the folder of real tables, and a small table with every kind of column."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synthkit.table.dataset import Dataset, load

# A shell's background job ignores Ctrl-C, and so would every command that a test starts and interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)


#: Methods of the extra `sdv`: a test with one of these names among its parameters needs it.
OF_SDV = ("ctgan", "copula", "tvae")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs the extra `sdv` where it is not installed."""
    parameters = item.name.partition("[")[2].lower()
    if item.get_closest_marker("sdv") or any(name in parameters for name in OF_SDV):
        pytest.importorskip("sdv", exc_type=ImportError)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real public tables beside the checkout, or where SYNTHKIT_DATA says."""
    folder = Path(os.environ.get("SYNTHKIT_DATA") or Path(__file__).parents[2] / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(
            "the real tables are not there: put them in ../shared/data, or set SYNTHKIT_DATA"
        )
    return folder


def make_mixed_table(rows: int = 120, seed: int = 0) -> pd.DataFrame:
    """Every kind of column with missing values, a key, free text, and a target with three classes."""
    rng = np.random.default_rng(seed)

    def gaps(share: float) -> np.ndarray:
        return rng.random(rows) < share

    classes = np.array(["legit", "fraud", "dispute"])[
        np.minimum(np.arange(rows) % 12 % 9 // 7 * 2, 2)
    ]
    classes[::12] = "fraud"
    shift = np.select([classes == "fraud", classes == "dispute"], [2.0, -1.0], 0.0)
    amount = np.exp(rng.normal(3 + shift / 2, 1, rows)).round(2)
    start = pd.Timestamp("2024-03-01", tz="Europe/Berlin").as_unit("s")
    when = pd.Series(
        start + pd.to_timedelta(rng.integers(0, 90 * 86_400, rows), unit="s")
    ).dt.as_unit("s")
    city = pd.Series(rng.choice(["Köln", "Paris", "São Paulo", "N/A: none"], rows), dtype=object)
    return pd.DataFrame(
        {
            "id": [f"p-{i:05d}" for i in range(rows)],
            "amount": pd.Series(amount).mask(gaps(0.05)),
            "balance": (rng.normal(0, 100, rows) + 10 * shift).astype("float32"),
            "items": rng.poisson(3 + shift.clip(0), rows),
            "age": pd.Series(rng.integers(18, 90, rows), dtype="Int64").mask(gaps(0.1)),
            "card_present": rng.random(rows) < 0.6,
            "chip": pd.Series(rng.random(rows) < 0.5, dtype="boolean").mask(gaps(0.1)),
            "flag": rng.integers(0, 2, rows),
            "city": city.mask(gaps(0.1), None),
            "device": pd.Categorical(
                rng.choice(["phone", "laptop", "till"], rows), ["till", "laptop", "phone", "watch"]
            ),
            "risk": pd.Categorical(
                rng.choice(["low", "mid", "high"], rows), ["low", "mid", "high"], ordered=True
            ),
            "when": when.mask(gaps(0.05)),
            "born": pd.Series(
                pd.Timestamp("1970-01-01") + pd.to_timedelta(rng.integers(0, 9999, rows), unit="D")
            ),
            "note": [f"paid order {rng.integers(10**9)} with a card" for _ in range(rows)],
            "outcome": classes,
        }
    )


@pytest.fixture
def mixed_table() -> pd.DataFrame:
    """120 rows, 15 columns of every kind, target `outcome` with three classes; see `make_mixed_table`."""
    return make_mixed_table()


@pytest.fixture
def mixed_dataset(mixed_table: pd.DataFrame) -> Dataset:
    """The same, loaded, with its target."""
    return load(mixed_table, target="outcome", positive="fraud")


@pytest.fixture
def numbers() -> tuple[np.ndarray, np.ndarray]:
    """scikit-learn's X and y: (200, 4) numbers; labels with about 15 % of class 1."""
    from sklearn.datasets import make_classification

    return make_classification(200, 4, weights=[0.85], flip_y=0.05, random_state=0)


@pytest.fixture
def mixed(mixed_table: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """scikit-learn's X and y of the table of every kind of column."""
    return mixed_table.drop(columns="outcome"), mixed_table["outcome"]
