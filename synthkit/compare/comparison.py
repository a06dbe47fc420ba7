"""A finished comparison: its cells, its summary, and the files it leaves."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from synthkit.compare.cost import machine_memory
from synthkit.compare.ledger import Cell
from synthkit.compare.verdict import Interval, interval
from synthkit.files import written_beside

if TYPE_CHECKING:
    from synthkit.compare.plan import Plan
    from synthkit.table.load import Dataset

#: The version of `results.json`: a change of meaning raises it. docs/results.md describes it.
FORMAT = 1
PACKAGES = ("synthkit-tabular", "numpy", "pandas", "scikit-learn", "skrub", "imbalanced-learn", "scipy", "sdv",
            "ctgan", "torch")
STEPS = ("augment", "fit", "predict")


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that figures depend on, as installed."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def identity_of(dataset: Dataset, plan_spec: dict[str, Any]) -> dict[str, Any]:
    """What a run's figures depend on: the plan, the data, the versions."""
    schema = dataset.schema
    return {
        "format": FORMAT,
        "config": plan_spec,
        "data": {"hash": dataset.content_hash, "target": schema.target, "positive": str(schema.positive),
                 "kinds": {c.name: c.kind.value for c in schema.columns}},
        "versions": versions(),
    }


@dataclass(frozen=True, eq=False)
class Comparison:
    """The cells of a comparison and what they say together.

    `cells` come in the order classifier, arm, repeat, fold, whatever order they ran in. `limit`
    holds, per fold, the scores of the true class probabilities where the data's process is known.
    """

    dataset: Dataset
    plan: Plan
    cells: tuple[Cell, ...]
    classifiers: tuple[str, ...]
    duplicates: Any
    limit: pd.DataFrame | None
    test_to_train: float
    same_rows: bool

    @cached_property
    def results(self) -> dict[str, Any]:
        """Everything that `results.json` holds, as plain values; see docs/results.md."""
        schema = self.dataset.schema
        counts = np.bincount(self.dataset.codes, minlength=len(schema.classes))
        rows = [self._row(name, arm.label) for name in self.classifiers for arm in self.plan.arms]
        return {
            "format": FORMAT,
            "data": {
                "name": self.dataset.name, "hash": self.dataset.content_hash, "rows": len(self.dataset),
                "target": schema.target, "positive": _plain(schema.positive),
                "classes": {str(c): int(n) for c, n in zip(schema.classes, counts, strict=True)},
                "features": list(schema.features),
                "ignored": [{"name": c.name, "kind": c.kind.value, "why": c.why} for c in schema.ignored],
                "dropped_rows": self.dataset.dropped_rows,
                "duplicates": self.duplicates.as_dict(),
            },
            "config": self.plan.spec,
            "folds": {"n": len(self.cells) // max(len(rows), 1), "test_to_train": self.test_to_train,
                      "same_rows": self.same_rows},
            "arms": [{"label": a.label, "spec": a.spec, "published": dict(a.published)} for a in self.plan.arms],
            "classifiers": list(self.classifiers),
            "rows": rows,
            "limit": None if self.limit is None else {
                key: self._interval(self.limit[key].to_numpy()) for key in self.limit.columns},
            "failures": [{"arm": c.arm, "classifier": c.classifier, "repeat": c.repeat, "fold": c.fold,
                          "error": c.error} for c in self.cells if c.error is not None],
            "warnings": self._warnings(),
            # Last and apart: seconds differ from run to run, everything above does not.
            "cost": [self._cost(name, arm.label) for name in self.classifiers for arm in self.plan.arms],
        }

    def _of(self, classifier: str, arm: str) -> list[Cell]:
        return [c for c in self.cells if c.classifier == classifier and c.arm == arm]

    def _interval(self, values: np.ndarray) -> dict[str, Any]:
        found: Interval = interval(np.asarray(values, dtype=float), self.test_to_train, same_rows=self.same_rows)
        return {key: None if isinstance(value, float) and np.isnan(value) else value
                for key, value in vars(found).items()}

    def _row(self, classifier: str, arm: str) -> dict[str, Any]:
        """One arm under one classifier. An arm with a hole gets no figures: its mean would be of other folds."""
        cells, reference = self._of(classifier, arm), self._of(classifier, self.plan.reference)
        failed = sum(c.error is not None for c in cells)
        row: dict[str, Any] = {"classifier": classifier, "arm": arm, "cells": len(cells), "failed": failed,
                               "scores": {}, "gap": None}
        if failed == 0:
            names = dict.fromkeys(key for c in cells for key in c.scores)
            row["scores"] = {key: self._interval(_values(cells, key)) for key in names}
            if arm != self.plan.reference and all(c.error is None for c in reference):
                row["gap"] = {key: self._interval(_values(cells, key) - _values(reference, key)) for key in names}
        return row

    def _cost(self, classifier: str, arm: str) -> dict[str, Any]:
        """Mean seconds per step and the highest peak of memory, over the cells that ended well."""
        cells = [c for c in self._of(classifier, arm) if c.error is None]
        cost: dict[str, Any] = {"classifier": classifier, "arm": arm}
        for step in STEPS:
            cost[f"{step}_seconds"] = _mean([c.cost[step]["wall"] for c in cells])
            cost[f"{step}_cpu_seconds"] = _mean([c.cost[step]["cpu"] for c in cells])
        cost["seconds"] = _mean([sum(c.cost[step]["wall"] for step in STEPS) for c in cells])
        peaks = [c.cost[step]["peak"] for c in cells for step in STEPS if not np.isnan(c.cost[step]["peak"])]
        cost["peak_mib"] = max(peaks, default=None)
        cost["device"] = sorted({c.cost[step]["device"] for c in cells for step in STEPS})
        return cost

    def _warnings(self) -> list[dict[str, Any]]:
        heard: dict[tuple[str, str, str], int] = {}
        for cell in self.cells:
            for message in cell.warnings:
                key = (cell.classifier, cell.arm, message)
                heard[key] = heard.get(key, 0) + 1
        return [{"classifier": c, "arm": a, "message": m, "cells": n} for (c, a, m), n in heard.items()]

    def to_frame(self) -> pd.DataFrame:
        """One row per classifier and arm: each score's mean with `_low` and `_high`, the paired gap of
        average precision to the reference, seconds and MiB.
        """
        rows = []
        for row, cost in zip(self.results["rows"], self.results["cost"], strict=True):
            flat: dict[str, Any] = {key: row[key] for key in ("classifier", "arm", "cells", "failed")}
            for key, found in row["scores"].items():
                flat |= {key: found["mean"], f"{key}_low": found["low"], f"{key}_high": found["high"]}
            if row["gap"]:
                found = row["gap"]["average_precision"]
                flat |= {"gap": found["mean"], "gap_low": found["low"], "gap_high": found["high"]}
            rows.append(flat | {k: v for k, v in cost.items() if k not in ("classifier", "arm", "device")})
        return pd.DataFrame(rows)

    def cells_frame(self) -> pd.DataFrame:
        """One row per cell, as `cells.parquet` holds it: its key, error, scores, counts and costs."""
        return pd.DataFrame([
            {"arm": c.arm, "classifier": c.classifier, "repeat": c.repeat, "fold": c.fold, "error": c.error,
             **c.scores, **{f"rows_{key}": n for key, n in c.counts.items()},
             **{f"{step}_{key}": value for step, cost in c.cost.items() for key, value in cost.items()}}
            for c in self.cells])

    def save(self, folder: str | Path, *, config: dict[str, Any] | None = None) -> Path:
        """Write `results.json`, `cells.parquet`, `config.yaml` and `manifest.json`; each whole or not at all.

        Raises: DataError when the folder cannot be written.
        """
        import yaml

        folder = Path(folder)
        with written_beside(folder / "cells.parquet") as path:
            self.cells_frame().to_parquet(path, index=False)
        shown = config or {"data": {"name": self.dataset.name}, **self.plan.spec}
        for name, text in (
            ("config.yaml", yaml.safe_dump(shown, sort_keys=False, allow_unicode=True)),
            ("manifest.json", _json(self.manifest)),
            ("results.json", _json(self.results)),
        ):
            with written_beside(folder / name) as path:
                path.write_text(text, encoding="utf-8")
        return folder

    @property
    def manifest(self) -> dict[str, Any]:
        """What an auditor asks: versions, data, seed, machine."""
        return {
            "format": FORMAT, "versions": versions(), "seed": self.plan.seed,
            "data": {"name": self.dataset.name, "hash": self.dataset.content_hash, "rows": len(self.dataset)},
            "machine": {"platform": platform.platform(), "processor": platform.machine(), "cores": os.cpu_count(),
                        "memory_gib": round(machine_memory() / 1024**3, 1)},
        }

    def __str__(self) -> str:
        from synthkit.report.terminal import as_text

        return as_text(self.results)

    def __rich__(self) -> Any:
        from synthkit.report.terminal import comparison

        return comparison(self.results)

    def _repr_html_(self) -> str:
        from synthkit.report.terminal import as_html

        return as_html(self.results)


def figures(results: dict[str, Any]) -> dict[str, Any]:
    """The part of `results.json` that depends on data, plan and versions alone: all but the costs."""
    return {key: value for key, value in results.items() if key != "cost"}


def _values(cells: list[Cell], key: str) -> np.ndarray:
    return np.array([np.nan if c.scores.get(key) is None else c.scores[key] for c in cells], dtype=float)


def _mean(values: list[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


__all__ = ["FORMAT", "Comparison", "figures", "identity_of", "versions"]
