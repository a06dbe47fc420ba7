"""Every plot of a comparison, by name: results in, a plotly figure out."""

from __future__ import annotations

from synthkit.report.figure import Plot
from synthkit.report.plots_curves import CALIBRATION, COST_THRESHOLD, LEARNING, PRECISION_RECALL
from synthkit.report.plots_paired import FOLDS, GAPS
from synthkit.report.plots_worth import BREAK_EVEN, FRONTIER

#: In the order in which the page shows them: the verdict's evidence first.
PLOTS: dict[str, Plot] = {
    plot.name: plot
    for plot in (
        GAPS,
        FRONTIER,
        BREAK_EVEN,
        LEARNING,
        PRECISION_RECALL,
        CALIBRATION,
        COST_THRESHOLD,
        FOLDS,
    )
}
