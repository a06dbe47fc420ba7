"""The privacy section of a quality report, top to bottom."""

from __future__ import annotations

from typing import Any

from synthkit.assessment.measure import Measure
from synthkit.assessment.privacy.copies import copies
from synthkit.assessment.privacy.distances import distances
from synthkit.assessment.privacy.inference import inference
from synthkit.assessment.privacy.membership import membership
from synthkit.assessment.privacy.readings import measures
from synthkit.assessment.privacy.singling_out import singling_out
from synthkit.assessment.privacy.space import FEWEST_ROWS, Space
from synthkit.assessment.tables import Tables


def assess(tables: Tables) -> tuple[dict[str, Any], list[Measure]]:
    """Copies, distances, their ratio, membership, singling out and inference: the figures and the headlines.

    What needs real rows that nobody learned from is {"skipped": reason} without a holdout. The
    synthetic table is judged against the real rows of the classes that it holds.
    """
    space = Space.of(tables)
    found: dict[str, Any] = {"copies": copies(space)}
    if len(space.real) < FEWEST_ROWS:
        skipped = {
            "skipped": f"It needs at least {FEWEST_ROWS} training rows of the classes that the synthetic table"
            f" holds, however there are {len(space.real)}."
        }
        found |= dict.fromkeys(
            ("distances", "ratio", "membership", "singling_out", "inference"), skipped
        )
    else:
        found["distances"], found["ratio"] = distances(space, tables.rng("privacy", "distances"))
        found["membership"] = membership(
            space, tables.schema.classes, tables.rng("privacy", "membership")
        )
        found["singling_out"] = singling_out(space, tables.rng("privacy", "singling out"))
        found["inference"] = inference(space, tables.rng("privacy", "inference"))
    return found, measures(found, tables)


__all__ = ["assess"]
