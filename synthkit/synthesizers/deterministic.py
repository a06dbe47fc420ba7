"""Libraries that insist on global state, run so that it is set before and as it was afterwards."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

# Global generators belong to the process: two threads that set them would mix their streams.
_ONE_AT_A_TIME = threading.RLock()


@contextmanager
def deterministic(seed: int, threads: int = 1) -> Iterator[None]:
    """Python's, NumPy's and torch's global generators seeded, and at most `threads` threads.

    Afterwards all of them, and torch's number of threads, are as they were, whatever happened. The
    arithmetic of a network depends on the number of threads that share it, so that the same seed
    gives the same bytes only for the same `threads`.
    """
    import torch
    from joblib import parallel_config
    from threadpoolctl import threadpool_limits

    with _ONE_AT_A_TIME:
        python, legacy = random.getstate(), np.random.get_state()
        network, before = torch.get_rng_state(), torch.get_num_threads()
        on_gpu = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None
        try:
            random.seed(seed)
            np.random.seed(seed)
            torch.manual_seed(seed)
            torch.set_num_threads(threads)
            # ctgan asks joblib for as many processes as there are cores, whoever else uses them.
            backend = "sequential" if threads == 1 else "loky"
            with threadpool_limits(threads), parallel_config(backend=backend, n_jobs=threads):
                yield
        finally:
            random.setstate(python)
            np.random.set_state(legacy)
            torch.set_rng_state(network)
            torch.set_num_threads(before)
            if on_gpu is not None:
                torch.cuda.set_rng_state_all(on_gpu)
