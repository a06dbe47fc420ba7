"""One seed, many independent streams: each derived from what it is for, never from when it runs."""

from __future__ import annotations

import hashlib

import numpy as np


def generator(seed: int, *purpose: object) -> np.random.Generator:
    """A generator that depends on `seed` and `purpose` alone.

    The purpose is any path of plain values, such as `("smote", repeat, fold)`. Its text is hashed
    into the seed sequence, so streams of different purposes are independent (NumPy's
    `SeedSequence`), and neither the order of execution nor the process matters.

    >>> bool(generator(0, "a", 1).random() == generator(0, "a", 1).random())
    True
    >>> bool(generator(0, "a", 1).random() == generator(0, "a", 2).random())
    False
    """
    digest = hashlib.sha256(repr(purpose).encode()).digest()
    return np.random.default_rng([seed, *np.frombuffer(digest, dtype=np.uint32).tolist()])


def integer_seed(rng: np.random.Generator) -> int:
    """A seed in [0, 2**31) for libraries that want an integer."""
    return int(rng.integers(2**31))
