"""A finished comparison: its cells, its summary, and the files it leaves."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from synthkit.comparison.outcome import Outcome, identity_of, versions
from synthkit.comparison.summary import results_of
from synthkit.errors import ConfigError, nearest
from synthkit.files import written_beside
from synthkit.methods.yaml import dump
from synthkit.results import FORMAT, figures
from synthkit.results import dump as as_json

NOT_IN_FRAME = ("classifier", "arm", "device", "worth", "sentence")


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Outcome):
    """The cells of a comparison and what they say together: as values, tables, plots, files.

    Made by `compare`.

    Attributes
    ----------
    dataset, plan : Dataset, Plan
        What was compared, and how.
    arms, classifiers : tuple of Arm, tuple of str
        The plan's arms and after them the bounds; the classifiers' names.
    cells : tuple of Cell
        In the order classifier, arm, repeat, fold.
    duplicates
        Rows of one part that equal a row of another, counted.
    limit : DataFrame, optional
        Per fold the scores of the true class probabilities, where the data's process is known.
    test_to_train : float
        Rows tested on per row fitted on.
    same_rows : bool
        Whether all fits use one split, so that they differ by their dice alone.
    """

    @cached_property
    def results(self) -> dict[str, Any]:
        """Everything that `results.json` holds, as plain values; see docs/results.md."""
        return results_of(self)

    @property
    def verdict(self) -> pd.DataFrame:
        """One row per classifier, arm and score: the paired gap to the reference and what it supports."""
        return pd.DataFrame(
            [
                {"classifier": row["classifier"], "arm": row["arm"], "score": key, **gap}
                for row in self.results["rows"]
                for key, gap in (row["gap"] or {}).items()
            ]
        )

    @property
    def sentences(self) -> list[str]:
        """One sentence per classifier and arm: what it costs, gains and saves beside the reference."""
        return [
            f"{cost['classifier']}: {cost['sentence']}"
            for cost in self.results["cost"]
            if cost["sentence"]
        ]

    def to_frame(self) -> pd.DataFrame:
        """One row per classifier and arm: each score's mean with `_low` and `_high`, the paired gap of
        average precision to the reference, seconds and MiB.
        """
        rows = []
        for row, cost in zip(self.results["rows"], self.results["cost"], strict=True):
            flat: dict[str, Any] = {
                key: row[key] for key in ("classifier", "arm", "cells", "failed")
            }
            for key, found in row["scores"].items():
                flat |= {
                    key: found["mean"],
                    f"{key}_low": found["low"],
                    f"{key}_high": found["high"],
                }
            if row["gap"]:
                found = row["gap"]["average_precision"]
                flat |= {"gap": found["mean"], "gap_low": found["low"], "gap_high": found["high"]}
            rows.append(flat | {k: v for k, v in cost.items() if k not in NOT_IN_FRAME})
        return pd.DataFrame(rows)

    def cells_frame(self) -> pd.DataFrame:
        """One row per cell, as `cells.parquet` holds it: its key, error, scores, counts and costs."""
        return pd.DataFrame(
            [
                {
                    "arm": c.arm,
                    "classifier": c.classifier,
                    "repeat": c.repeat,
                    "fold": c.fold,
                    "error": c.error,
                    **c.scores,
                    **{f"rows_{key}": n for key, n in c.counts.items()},
                    **_flat(c.rules),
                    **{
                        f"{step}_{key}": value
                        for step, cost in c.cost.items()
                        for key, value in cost.items()
                    },
                }
                for c in self.cells
            ]
        )

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

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} of {len(self.plan.arms)} arms × {len(self.classifiers)} classifiers ×"
            f" {self.fits} fits on {self.dataset.name}; print() shows it>"
        )

    def __str__(self) -> str:
        from synthkit.report.terminal import as_text

        return as_text(self.results)

    def __rich__(self) -> Any:
        from synthkit.report.terminal import comparison

        return comparison(self.results)

    def _repr_html_(self) -> str:
        from synthkit.report.terminal import as_html

        return as_html(self.results)


def _flat(rules: dict[str, Any]) -> dict[str, int]:
    """A cell's counts of rules as columns: `rules_broken_rows`, and per rule `broken: NAME`."""
    return {
        **{f"rules_{key}": n for key, n in rules.items() if isinstance(n, int)},
        **{f"broken: {name}": n for name, n in rules.get("broken", {}).items()},
    }


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


__all__ = ["FORMAT", "Comparison", "figures", "identity_of", "versions"]
