"""One column's distributions as the page draws them: shares per bin, or per level."""

from __future__ import annotations

from typing import Any

import numpy as np

from synthkit.assessment.coding import Coding
from synthkit.table.schema import Kind

#: Bins of a histogram, and levels that are named.
BINS, MOST_LEVELS = 30, 12
#: Bins cover the real values between these quantiles; what lies beyond is counted in the first and the last.
ENDS = (0.001, 0.999)


def shape(
    coding: Coding,
    j: int,
    real: np.ndarray,
    synthetic: np.ndarray,
    control: np.ndarray,
) -> dict[str, Any] | None:
    """Column j of three tables (n,), (m,), (m,): shares of the rows that have a value; None where none has."""
    tables = {"real": real, "synthetic": synthetic, "control": control}
    tables = {name: values[~np.isnan(values)] for name, values in tables.items()}
    states = coding.levels[j]
    if states is not None:
        named = min(len(states), MOST_LEVELS)
        words = [str(level) for level in states[:named]]
        counts = {
            name: np.bincount(np.minimum(values, named).astype(np.int64), minlength=named + 1)
            for name, values in tables.items()
        }
        if any(count[-1] for count in counts.values()):
            words.append("other")
        return {
            "type": "levels",
            "levels": words,
            **{name: _shares(count[: len(words)]) for name, count in counts.items()},
        }
    if not len(tables["real"]):
        return None
    edges = bin_edges(tables["real"], whole=coding.kinds[j] is Kind.INTEGER)
    found = {
        name: _shares(np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0])
        for name, values in tables.items()
    }
    return {"type": "histogram", "edges": coding.shown(j, edges), **found}


def bin_edges(real: np.ndarray, *, whole: bool = False) -> np.ndarray:
    """Ends of bins of equal width over the bulk of the real values; of few whole numbers each has its own bin."""
    low, high = np.quantile(real, ENDS)
    if whole and real.max() - real.min() < BINS:
        return np.arange(real.min() - 0.5, real.max() + 1.0)
    if low == high:
        half = max(abs(low), 1.0) / 2
        return np.array([low - half, low + half])
    return np.linspace(low, high, BINS + 1)


def _shares(counts: np.ndarray) -> list[float]:
    return [round(float(share), 6) for share in counts / max(counts.sum(), 1)]
