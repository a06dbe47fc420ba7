"""Cells run in whatever is handed in, and their figures do not depend on it."""

from __future__ import annotations

from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest
from pandas.testing import assert_frame_equal

import synthkit
from synthkit.errors import ConfigError

SMALL = {
    "arms": ["none", "smote", {"name": "top_up", "synthesizer": "sequential_trees"}],
    "classifiers": ["logistic_regression"],
    "split": {"name": "stratified", "repeats": 1, "folds": 3},
}
DATA = {"name": "mixed_fraud", "rows": 300, "fraud_rate": 0.2}


@pytest.fixture(scope="module")
def alone():
    return synthkit.compare(DATA, **SMALL)


def figures(comparison):
    frame = comparison.cells_frame()
    timed = [name for name in frame if name.split("_")[0] in ("augment", "fit", "predict")]
    return frame.drop(columns=timed)


def in_threads():
    return ThreadPoolExecutor(2)


def in_processes():
    return ProcessPoolExecutor(2, mp_context=get_context("spawn"))


def in_loky():
    from joblib.externals.loky import get_reusable_executor

    return get_reusable_executor(max_workers=2)


@pytest.mark.parametrize("executor", [in_threads, in_processes, in_loky])
def test_figures_do_not_depend_on_the_executor(alone, executor):
    with executor() as pool:
        assert_frame_equal(figures(synthkit.compare(DATA, **SMALL, executor=pool)), figures(alone))


def test_an_executor_of_dasks_is_one_too(alone):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
        client.get_executor() as pool,
    ):
        assert_frame_equal(figures(synthkit.compare(DATA, **SMALL, executor=pool)), figures(alone))


def test_a_lost_executor_is_a_reason_not_a_traceback():
    class Lost(ThreadPoolExecutor):
        def submit(self, fn, /, *args, **kwargs):
            future: Future = Future()
            future.set_exception(BrokenExecutor("its machine went away"))
            return future

    with Lost(1) as pool:
        found = synthkit.compare(DATA, **SMALL, executor=pool)
    assert all("its machine went away" in cell.error for cell in found.cells)


def test_two_places_for_the_cells_are_one_too_many():
    with ThreadPoolExecutor(1) as pool, pytest.raises(ConfigError, match="Leave one out"):
        synthkit.compare(DATA, **SMALL, cluster="tcp://127.0.0.1:1", executor=pool)
