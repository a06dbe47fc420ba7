"""Data sets that need no network: seeded generators, most with their true probabilities."""

from __future__ import annotations

from synthkit.methods.registry import Registry
from synthkit.table.datasets.article_fraud import ArticleFraud
from synthkit.table.datasets.mixed_fraud import MixedFraud
from synthkit.table.datasets.passengers import Passengers
from synthkit.table.datasets.vital_signs import VitalSigns

#: Every built-in data set by the name that YAML and the commands use.
DATASETS = Registry(
    "data set",
    "synthkit.datasets",
    {
        "article_fraud": ArticleFraud,
        "passengers": Passengers,
        "mixed_fraud": MixedFraud,
        "vital_signs": VitalSigns,
    },
)

__all__ = ["DATASETS", "ArticleFraud", "MixedFraud", "Passengers", "VitalSigns"]
