"""A stream depends on its seed and its purpose, and on nothing else."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthkit.errors import ConfigError
from synthkit.randomness import generator, integer_seed

purposes = st.lists(st.one_of(st.text(max_size=5), st.integers(-9, 9), st.none()), max_size=3).map(
    tuple
)


def draw(seed: int, *purpose: object) -> list[int]:
    return generator(seed, *purpose).integers(2**62, size=2).tolist()


@given(st.integers(0, 2**40), st.integers(0, 2**40), purposes, purposes)
def test_streams_are_the_same_only_for_the_same_seed_and_purpose(
    a: int, b: int, one: Any, other: Any
) -> None:
    assert (draw(a, *one) == draw(b, *other)) == ((a, one) == (b, other))
    assert draw(a, *one) == draw(a, *one)


def test_a_numpy_scalar_is_the_plain_value() -> None:
    assert draw(np.int64(3), "fold", np.int64(1), np.str_("a")) == draw(3, "fold", 1, "a")


def test_another_process_draws_the_same() -> None:
    code = "from synthkit.randomness import generator as g; print(g(7, 'smote', 1, 2).integers(2**62, size=2).tolist())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(draw(7, "smote", 1, 2))


def test_the_streams_of_figures_already_published_stay_as_they_are() -> None:
    # Changing these changes every number that any run folder holds: the ledger's keys would not notice.
    assert generator(0).integers(1000, size=3).tolist() == [661, 991, 169]
    assert generator(42, "smote", 0, 1).integers(1000, size=3).tolist() == [238, 630, 326]


def test_streams_of_neighbouring_purposes_are_uncorrelated() -> None:
    draws = np.array([generator(0, "fold", i).standard_normal(400) for i in range(60)])
    r = np.corrcoef(draws)[np.triu_indices(60, 1)]
    assert abs(r.mean()) < 0.01
    assert r.std() == pytest.approx(1 / 20, rel=0.1)  # of independent samples of 400


def test_an_integer_seed_fits_legacy_generators() -> None:
    rng = generator(0, "seeds")
    seeds = [integer_seed(rng) for _ in range(200)]
    assert all(type(s) is int and 0 <= s < 2**31 for s in seeds)
    assert len(set(seeds)) == 200
    np.random.RandomState(max(seeds))


@pytest.mark.parametrize("seed", [-1, 0.5, None, "0"])
def test_a_seed_must_be_a_whole_number(seed: Any) -> None:
    with pytest.raises(ConfigError, match="seed must be a whole number at least 0"):
        generator(seed, "x")
