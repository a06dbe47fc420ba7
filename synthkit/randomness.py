"""One seed, many independent streams: each derived from what it is for, never from when it runs."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from synthkit.errors import ConfigError


def generator(seed: int, *purpose: object) -> np.random.Generator:
    """A generator that depends on `seed` and `purpose` alone.

    Parameters
    ----------
    seed : int, at least 0
        What a person chooses once for everything.
    purpose : plain values
        Any path of them, such as `"smote", repeat, fold`: what the stream is for.

    Returns
    -------
    numpy.random.Generator
        The same for the same seed and purpose, in any process and order.

    Raises
    ------
    ConfigError
        Unless `seed` is a whole number of at least 0.

    Notes
    -----
    The purpose's text is hashed into NumPy's `SeedSequence`, so streams of different purposes are
    independent.

    Examples
    --------
    >>> bool(generator(0, "a", 1).random() == generator(0, "a", 1).random())
    True
    >>> bool(generator(0, "a", 1).random() == generator(0, "a", 2).random())
    False
    """
    check_seed(seed)
    # A NumPy scalar is the same purpose as the plain value, though it prints otherwise.
    plain = tuple(part.item() if isinstance(part, np.generic) else part for part in purpose)
    digest = hashlib.sha256(repr(plain).encode()).digest()
    return np.random.default_rng([int(seed), *np.frombuffer(digest, dtype="<u4").tolist()])


def check_seed(seed: object) -> None:
    """Raises: ConfigError unless it is a whole number of at least 0."""
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or seed < 0:
        raise ConfigError(
            f"seed must be a whole number at least 0, however it is {seed!r}.", key="seed"
        )


def integer_seed(rng: np.random.Generator) -> int:
    """A seed in [0, 2**31) for libraries that want an integer."""
    return int(rng.integers(2**31))


def new_seed() -> int:
    """A seed that nobody has chosen, for those who may want the same again: print it."""
    return int(np.random.SeedSequence().generate_state(1)[0] >> 1)


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
