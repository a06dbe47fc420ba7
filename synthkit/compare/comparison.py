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

import pandas as pd

from synthkit.compare.cost import machine_memory
from synthkit.compare.ledger import Cell
from synthkit.compare.summary import results_of
from synthkit.errors import ConfigError, nearest
from synthkit.files import written_beside
from synthkit.report.results_file import FORMAT, as_json, figures
from synthkit.yaml_lines import dump

if TYPE_CHECKING:
    from synthkit.compare.plan import Arm, Plan
    from synthkit.table.load import Dataset

NOT_IN_FRAME = ("classifier", "arm", "device", "worth", "sentence")
PACKAGES = ("synthkit-tabular", "numpy", "pandas", "scikit-learn", "skrub", "imbalanced-learn", "scipy", "sdv",
            "ctgan", "torch")


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

    @cached_property
    def results(self) -> dict[str, Any]:
        """Everything that `results.json` holds, as plain values; see docs/results.md."""
        return results_of(self)

    @property
    def limit_arms(self) -> tuple[str, ...]:
        """Labels of the arms that are no competitors but bounds."""
        return tuple(arm.label for arm in self.arms[len(self.plan.arms):])

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
    def verdict(self) -> pd.DataFrame:
        """One row per classifier, arm and score: the paired gap to the reference and what it supports."""
        return pd.DataFrame([{"classifier": row["classifier"], "arm": row["arm"], "score": key, **gap}
                             for row in self.results["rows"] for key, gap in (row["gap"] or {}).items()])

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
            rows.append(flat | {k: v for k, v in cost.items() if k not in NOT_IN_FRAME})
        return pd.DataFrame(rows)

    def cells_frame(self) -> pd.DataFrame:
        """One row per cell, as `cells.parquet` holds it: its key, error, scores, counts and costs."""
        return pd.DataFrame([
            {"arm": c.arm, "classifier": c.classifier, "repeat": c.repeat, "fold": c.fold, "error": c.error,
             **c.scores, **{f"rows_{key}": n for key, n in c.counts.items()},
             **{f"{step}_{key}": value for step, cost in c.cost.items() for key, value in cost.items()}}
            for c in self.cells])

    def save(self, folder: str | Path, *, config: dict[str, Any] | None = None) -> Path:
        """Write `results.json`, `report.html`, `cells.parquet`, `config.yaml`, `manifest.json`; each whole or not.

        Raises: DataError when the folder cannot be written.
        """
        from synthkit.report import page

        folder = Path(folder)
        with written_beside(folder / "cells.parquet") as path:
            self.cells_frame().to_parquet(path, index=False)
        shown = config or {"data": {"name": self.dataset.name}, **self.plan.spec}
        for name, text in (
            ("config.yaml", dump(shown)),
            ("manifest.json", _json(self.manifest)),
            ("results.json", as_json(self.results)),
        ):
            with written_beside(folder / name) as path:
                path.write_text(text, encoding="utf-8")
        page.write(self.results, folder / "report.html")
        return folder

    def plot(self, name: str, classifier: str | None = None) -> Any:
        """One of the page's plots as a plotly figure, of the first classifier unless one is named.

        Raises: ConfigError for an unknown name, DataError where these results have nothing to draw.
        """
        from synthkit.report.plots import PLOTS

        if name not in PLOTS:
            raise ConfigError(f"There is no plot {name!r}.{nearest(name, list(PLOTS))}", key="name")
        return PLOTS[name](self.results, classifier)

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


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


__all__ = ["FORMAT", "Comparison", "figures", "identity_of", "versions"]
