"""One seed, many independent streams: each derived from what it is for, never from when it runs."""

from __future__ import annotations

import hashlib

import numpy as np

from synthkit.errors import ConfigError


def generator(seed: int, *purpose: object) -> np.random.Generator:
    """A generator that depends on `seed` and `purpose` alone.

    The purpose is any path of plain values, such as `("smote", repeat, fold)`. Its text is hashed
    into the seed sequence, so streams of different purposes are independent (NumPy's
    `SeedSequence`), and neither the order of execution nor the process matters.

    Raises: ConfigError unless `seed` is a whole number of at least 0.

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
