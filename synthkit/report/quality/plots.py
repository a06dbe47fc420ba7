"""Every plot of a quality report, by name: results in, a plotly figure out."""

from __future__ import annotations

from synthkit.report.figure import Plot
from synthkit.report.quality.plots_columns import COLUMNS, PAIRS, PROJECTION
from synthkit.report.quality.plots_privacy import DISTANCES, RISKS
from synthkit.report.quality.plots_use import DETECTION, LOSSES, RULES, USEFULNESS

#: In the order in which the page shows them. `columns` is drawn of one column, `pairs` of one table.
PLOTS: dict[str, Plot] = {
    plot.name: plot
    for plot in (DETECTION, USEFULNESS, DISTANCES, RISKS, RULES, COLUMNS, PAIRS, PROJECTION, LOSSES)
}
