"""A finished quality report: its measures, and the files it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from synthkit.assessment.measure import Measure
from synthkit.errors import ConfigError, nearest
from synthkit.files import written_beside
from synthkit.results import QualityResults, dump

PAGE = "quality.html"


@dataclass(frozen=True, eq=False, repr=False)
class Quality:
    """What is known of a synthetic table: as values, a table, plots, files.

    `results` is everything that `quality.json` holds, as plain values; see docs/quality.md.
    """

    results: dict[str, Any]
    measures: tuple[Measure, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row per measure: section, name, title, value, low, high, control, baseline, better, unit, reading."""
        columns = [
            "section",
            "name",
            "title",
            "value",
            "low",
            "high",
            "control",
            "baseline",
            "better",
            "unit",
            "reading",
        ]
        return pd.DataFrame([measure.as_dict() for measure in self.measures], columns=columns)

    def __getitem__(self, name: str) -> Measure:
        """The measure of this name, or of section.name. Raises: ConfigError for an unknown name."""
        for measure in self.measures:
            if name in (measure.name, f"{measure.section}.{measure.name}"):
                return measure
        raise ConfigError(
            f"There is no measure {name!r}.{nearest(name, [m.name for m in self.measures])}"
        )

    def plot(self, name: str, subject: str | None = None) -> Any:
        """One of the page's plots as a plotly figure; of a column or table, where a plot is of one.

        Raises: ConfigError for an unknown name or subject, DataError where these results have nothing to draw.
        """
        from synthkit.report.quality.plots import PLOTS

        if name not in PLOTS:
            raise ConfigError(f"There is no plot {name!r}.{nearest(name, list(PLOTS))}", key="name")
        return PLOTS[name](self.results, subject)

    def save(self, folder: str | Path) -> Path:
        """Write `quality.json` and `quality.html`; each whole or not.

        Raises: DataError when the folder cannot be written.
        """
        from synthkit.report.quality.page import write

        folder = Path(folder)
        with written_beside(folder / QualityResults.FILE) as path:
            path.write_text(dump(self.results), encoding="utf-8")
        write(self.results, folder / PAGE)
        return folder

    def __repr__(self) -> str:
        data = self.results["data"]
        return f"<Quality of {data['synthetic']['name']} beside {data['real']['name']}; print() shows it>"

    def __str__(self) -> str:
        from synthkit.report.quality.table import as_text

        return as_text(self.results)

    def __rich__(self) -> Any:
        from synthkit.report.quality.table import QualityTable

        return QualityTable(self.results)

    def _repr_html_(self) -> str:
        from synthkit.report.quality.table import as_html

        return as_html(self.results)
