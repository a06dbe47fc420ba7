"""The nearest of some rows: fewest states changed, then least distance of numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from synthkit.rules.values import is_time, nulls, ordinal

#: Donors that are looked at, evenly spread over those there are.
MOST_DONORS = 4_000
#: Cells of a distance matrix held at once, 8 bytes each.
MOST_CELLS = 4_000_000


def nearest_rows(rows: pd.DataFrame, donors: pd.DataFrame) -> np.ndarray:
    """The position in `donors` (k, c) of the row nearest to each of `rows` (m, c).

    A state that differs, or one missing cell against a present one, counts 1; a number counts
    min(|a - b| / σ, 4) / 4 with σ the donors' standard deviation.
    """
    keep = np.unique(np.linspace(0, len(donors) - 1, min(len(donors), MOST_DONORS)).astype(int))
    donors = donors.take(keep)
    lines, states = [], []
    for name in donors.columns:
        numeric = pdt.is_numeric_dtype(donors[name].dtype) and not pdt.is_bool_dtype(
            donors[name].dtype
        )
        if numeric or is_time(donors[name]):
            ours, theirs = (
                np.where(nulls(part[name]), np.nan, ordinal(part[name], "a distance").astype(float))
                for part in (rows, donors)
            )
            present = theirs[~np.isnan(theirs)]
            spread = float(present.std()) if len(present) else 0.0
            lines.append((ours, theirs, spread or 1.0))
        else:
            both = pd.factorize(
                pd.concat([rows[name].astype(object), donors[name].astype(object)])
            )[0]
            states.append((both[: len(rows)], both[len(rows) :]))
    chunk = max(1, MOST_CELLS // len(donors))
    found = [
        _nearest(slice(start, start + chunk), lines, states) for start in range(0, len(rows), chunk)
    ]
    return keep[np.concatenate(found)] if found else np.empty(0, dtype=int)


def _nearest(at: slice, lines: list, states: list) -> np.ndarray:
    distance = np.zeros(1)
    for ours, theirs in states:
        distance = distance + (ours[at, None] != theirs[None, :])
    for ours, theirs, spread in lines:
        gap = np.abs(ours[at, None] - theirs[None, :]) / spread
        one_missing = np.isnan(ours[at, None]) != np.isnan(theirs[None, :])
        distance = distance + np.where(one_missing, 1.0, np.minimum(np.nan_to_num(gap), 4.0) / 4.0)
    return distance.argmin(axis=1)
