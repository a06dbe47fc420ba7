"""Passengers like the Titanic's, drawn by our own generator; none of them ever lived."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field

from synthkit.methods import Seed, method
from synthkit.randomness import generator

CLASSES = ("first", "second", "third")
CLASS_SHARES = (0.24, 0.21, 0.55)
PORTS = ("Southampton", "Cherbourg", "Queenstown")
#: Shares of the ports in each class.
PORT_SHARES = ((0.59, 0.39, 0.02), (0.89, 0.09, 0.02), (0.72, 0.13, 0.15))
AGES = ((38.0, 14.0), (30.0, 13.0), (26.0, 11.0))  # mean and standard deviation by class, in years
AGE_MISSING = (0.14, 0.06, 0.27)
FARES = (50.0, 14.0, 8.0)  # median per head by class, in pounds
PORTS_MISSING = 2


@method
class Passengers:
    """Passengers of a sinking ship, about 37 % of whom survived; a fifth of the ages is missing.

    Women, children and the upper classes survived more often, as in history. Columns:
    `passenger_class`, `sex`, `age` (years), `siblings_spouses`, `parents_children`, `fare`
    (pounds, for the whole party), `port` (two missing); the target `survived` is 0 or 1.
    """

    target: ClassVar[str] = "survived"
    positive: ClassVar[int] = 1
    kinds: ClassVar[Mapping[str, str]] = {
        "passenger_class": "categorical",
        "sex": "categorical",
        "age": "numeric",
        "siblings_spouses": "integer",
        "parents_children": "integer",
        "fare": "numeric",
        "port": "categorical",
    }

    rows: Annotated[int, Field(ge=20, description="Rows of the table.")] = 800
    seed: Seed = 0

    def table(self) -> pd.DataFrame:
        """The table (rows, 8)."""
        n, rng = self.rows, generator(self.seed, "passengers")
        cabin = rng.choice(3, n, p=CLASS_SHARES)
        male = rng.random(n) < np.take((0.56, 0.58, 0.70), cabin)
        mean, deviation = np.array(AGES).T
        child = rng.random(n) < np.take((0.03, 0.11, 0.12), cabin)
        age = np.where(
            child,
            rng.uniform(0.5, 14, n),
            np.clip(rng.normal(mean[cabin], deviation[cabin]), 15, 80),
        )
        age = np.where(age < 1, age.round(1), np.floor(age))
        # Children travel with parents and siblings, women more often with a family than men.
        parents = np.where(child, rng.integers(1, 3, n), rng.poisson(np.where(male, 0.15, 0.45)))
        siblings = np.where(child, rng.poisson(1.4, n), rng.poisson(np.where(male, 0.3, 0.5)))
        heads = 1 + 0.6 * (parents + siblings)
        fare = (
            np.take(FARES, cabin) * heads * np.exp(rng.normal(0, np.take((0.5, 0.3, 0.2), cabin)))
        ).round(2)
        port = np.empty(n, dtype=np.int64)
        for c in range(3):
            port[cabin == c] = rng.choice(3, int((cabin == c).sum()), p=PORT_SHARES[c])
        logit = (
            -1.85
            + 2.6 * ~male
            + np.take((1.3, 0.35, -0.6), cabin)
            + 1.4 * child
            - 0.022 * (age - 30)
            - 0.25 * np.maximum(parents + siblings - 2, 0)
        )
        survived = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype("int64")
        table = pd.DataFrame(
            {
                "passenger_class": pd.Categorical.from_codes(cabin, categories=list(CLASSES)),
                "sex": np.where(male, "male", "female").astype(object),
                "age": np.where(rng.random(n) < np.take(AGE_MISSING, cabin), np.nan, age),
                "siblings_spouses": siblings,
                "parents_children": parents,
                "fare": fare,
                "port": np.array(PORTS, dtype=object)[port],
                "survived": survived,
            }
        )
        table.loc[rng.choice(n, PORTS_MISSING, replace=False), "port"] = None
        return table
