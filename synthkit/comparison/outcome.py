"""What a comparison leaves before anything is concluded: the cells, their folds, what they depend on."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pandas as pd

from synthkit.comparison.cost import machine_memory
from synthkit.comparison.ledger import Cell
from synthkit.comparison.plan import Arm, Plan
from synthkit.results import FORMAT
from synthkit.table.dataset import Dataset

PACKAGES = (
    "synthkit-tabular",
    "numpy",
    "pandas",
    "scikit-learn",
    "skrub",
    "imbalanced-learn",
    "scipy",
    "sdv",
    "ctgan",
    "torch",
)


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that figures depend on, as installed."""
    found = {"python": platform.python_version()}
    return found | {
        package: there for package in PACKAGES if (there := _version(package)) is not None
    }


def machine() -> dict[str, Any]:
    """What seconds depend on: platform, processor, cores, memory in GiB."""
    return {
        "platform": platform.platform(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(machine_memory() / 1024**3, 1),
    }


@lru_cache
def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def identity_of(dataset: Dataset, plan_spec: dict[str, Any]) -> dict[str, Any]:
    """What a run's figures depend on: the plan, the data, the versions."""
    schema = dataset.schema
    return {
        "format": FORMAT,
        "config": plan_spec,
        "data": {
            "hash": dataset.content_hash,
            "target": schema.target,
            "positive": str(schema.positive),
            "kinds": {c.name: c.kind.value for c in schema.columns},
        },
        "versions": versions(),
    }


def described(dataset: Dataset) -> list[str]:
    """What is about to be compared on, in lines: rows, the positive class, what is left out."""
    schema, positives = dataset.schema, int((dataset.codes == dataset.schema.positive_code).sum())
    lines = [
        f"{dataset.name}: {len(dataset):,} rows, {positives:,} of them {schema.target} = {schema.positive}"
        f" ({positives / len(dataset):.2%}); {len(schema.features)} features."
    ]
    if len(schema.classes) > 2:
        lines.append(
            f"{schema.target} has {len(schema.classes)} classes; the scores are about {schema.positive!r}"
            " against the rest. To choose another, name it as positive."
        )
    lines += [f"Not learned from: {c.name} ({c.kind.value}: {c.why})." for c in schema.ignored]
    return lines


@dataclass(frozen=True, eq=False)
class Outcome:
    """The cells of a comparison.

    `cells` come in the order classifier, arm, repeat, fold, whatever order they ran in. `arms` are
    the plan's, and after them those of `limit_arms`, which only a simulation can have. `limit`
    holds, per fold, the scores of the true class probabilities where the data's process is known.
    """

    dataset: Dataset
    plan: Plan
    arms: tuple[Arm, ...]
    cells: tuple[Cell, ...]
    classifiers: tuple[str, ...]
    duplicates: Any
    limit: pd.DataFrame | None
    test_to_train: float
    same_rows: bool

    @property
    def limit_arms(self) -> tuple[str, ...]:
        """Labels of the arms that are no competitors but bounds."""
        return tuple(arm.label for arm in self.arms[len(self.plan.arms) :])

    @property
    def fits(self) -> int:
        """Fits per arm and classifier."""
        return len(self.cells) // (len(self.arms) * len(self.classifiers))

    def of(self, classifier: str, arm: str) -> list[Cell]:
        """The cells of one arm under one classifier, in the order of the folds."""
        return self._by_pair[classifier, arm]

    @cached_property
    def _by_pair(self) -> dict[tuple[str, str], list[Cell]]:
        pairs: dict[tuple[str, str], list[Cell]] = {}
        for cell in self.cells:
            pairs.setdefault((cell.classifier, cell.arm), []).append(cell)
        return pairs

    @property
    def manifest(self) -> dict[str, Any]:
        """What an auditor asks: versions, data, seed, machine."""
        return {
            "format": FORMAT,
            "versions": versions(),
            "seed": self.plan.seed,
            "data": {
                "name": self.dataset.name,
                "hash": self.dataset.content_hash,
                "rows": len(self.dataset),
            },
            "machine": machine(),
        }
