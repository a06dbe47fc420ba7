"""Bedside readings, drawn by our own generator: valid values with a hole between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field

from synthkit.methods import Seed, method
from synthkit.randomness import generator

#: What a monitor can read, in beats per minute; 0 is what it writes while no lead is attached.
SLOWEST, FASTEST, LEAD_OFF = 40, 200, 0
#: Share of readings with the lead off; patients who get worse are restless.
OFF_SHARES = (0.05, 0.25)
#: Mean and standard deviation of the heart rate of those who stay well, who race, and who slow
#: down.
RATES = ((76, 12), (124, 16), (48, 4))
RACING = 0.65  # of those who get worse; the others slow down
FEVER_SHARES = (0.08, 0.45)
#: Share of readings without fever in which no temperature was taken.
NOT_TAKEN = 0.4


@method
class VitalSigns:
    """Readings of patients, of whom a few get worse within a day; what no reading can be is known.

    Columns: `age` (years), `heart_rate` (per minute, 40 to 200, or 0 while the lead is off),
    `peak_rate` (the highest of the hour, never below a reading), `breaths` (per minute), `oxygen`
    (% saturation, 100 at most), `fever` (0 or 1) and `temperature` (°C, missing where none was
    taken, never with fever); the target `worse` is 0 or 1. Those who get worse either race or slow
    down, and their leads come off. So a value between two valid readings need not be valid: halfway
    from 0 to 50 lies the heart rate of 25.
    """

    target: ClassVar[str] = "worse"
    positive: ClassVar[int] = 1
    kinds: ClassVar[Mapping[str, str]] = {
        "age": "integer",
        "heart_rate": "integer",
        "peak_rate": "integer",
        "breaths": "integer",
        "oxygen": "numeric",
        "fever": "boolean",
        "temperature": "numeric",
    }

    rows: Annotated[int, Field(ge=50, description="Rows of the table.")] = 3_000
    rate: Annotated[
        float, Field(gt=0, le=0.5, description="Probability of getting worse, per row.")
    ] = 0.06
    seed: Seed = 0

    def table(self) -> pd.DataFrame:
        """The table (rows, 8)."""
        n, rng = self.rows, generator(self.seed, "vital_signs")
        worse = (rng.random(n) < self.rate).astype("int64")
        state = np.where(worse == 0, 0, np.where(rng.random(n) < RACING, 1, 2))
        mean, deviation = np.array(RATES, dtype=float).T
        beats = np.clip(rng.normal(mean[state], deviation[state]).round(), SLOWEST, FASTEST)
        off = rng.random(n) < np.take(OFF_SHARES, worse)
        fever = (rng.random(n) < np.take(FEVER_SHARES, worse)).astype("int64")
        temperature = np.where(
            fever == 1, rng.uniform(38.0, 40.5, n), rng.normal(36.9, 0.4, n).clip(35.0, 37.9)
        )
        return pd.DataFrame(
            {
                "age": rng.normal(np.where(worse == 1, 71, 62), 14)
                .clip(18, 99)
                .round()
                .astype("int64"),
                "heart_rate": np.where(off, LEAD_OFF, beats).astype("int64"),
                "peak_rate": np.minimum(beats + rng.exponential(14, n).round(), FASTEST).astype(
                    "int64"
                ),
                "breaths": rng.normal(np.where(worse == 1, 22, 16), 3)
                .clip(6, 45)
                .round()
                .astype("int64"),
                "oxygen": (100 - rng.gamma(2.0, np.where(worse == 1, 2.6, 1.3)))
                .clip(70, 100)
                .round(1),
                "fever": fever,
                "temperature": pd.Series(temperature.round(1)).mask(
                    (fever == 0) & (rng.random(n) < NOT_TAKEN)
                ),
                "worse": worse,
            }
        )
