"""SDV's quality and diagnostic reports as they are, under their own names, with a control and a baseline beside."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from synthkit.assessment.figure import figure, finite, measure
from synthkit.assessment.tables import BASELINE, CONTROL, SYNTHETIC, Tables, drawn
from synthkit.randomness import deterministic
from synthkit.results import Measure, SdvReports, SdvScore, Skipped
from synthkit.table.schema import ORDERED, Kind

#: Rows of each table at most: above that SDV draws rows itself, from a generator that nobody seeds.
MOST_ROWS = 50_000
#: What SDV's code warns of where a column is constant or a table has few rows; it then gives NaN,
#: which we show.
WARNINGS = (
    "One or more sample arguments is too small",
    "invalid value encountered",
    "An input array is constant",
    "Mean of empty slice",
    "divide by zero encountered",
    "ks_2samp: Exact calculation unsuccessful",
)


class Report(NamedTuple):
    """SDV's scores of one table by property and by column, and how many pairs it counted of how many."""

    scores: dict[str, float | None]
    columns: dict[str, float | None]
    counted: int
    pairs: int


def sdv_reports(
    tables: Tables,
) -> tuple[SdvReports | Skipped, list[Measure], dict[str, SdvScore]]:
    """SDV's scores, their measures, and the score of each column in Column Shapes.

    Kinds come from our schema, never from SDV's guess. The reports are those of
    `sdv.evaluation.evaluate_quality` and `run_diagnostic`.
    """
    try:
        from sdv.evaluation import run_diagnostic
    except ImportError as error:
        return Skipped(skipped=f"SDV cannot be imported: {error}."), [], {}
    names = [
        name
        for name in tables.columns
        if tables.reference[name].notna().any() and tables.synthetic[name].notna().any()
    ]
    if not names:
        return Skipped(skipped="No column has values in both tables."), [], {}

    def plain(name: str, table: pd.DataFrame) -> pd.DataFrame:
        rows = drawn(table, MOST_ROWS, tables.rng("sdv", name))
        return pd.DataFrame({each: _plain(rows[each], tables.schema[each].kind) for each in names})

    real = plain("reference", tables.reference)
    found = {}
    with deterministic(0), warnings.catch_warnings():
        for message in WARNINGS:
            warnings.filterwarnings("ignore", message=message)
        for name, table in tables.candidates.items():
            made = plain(name, table)
            found[name] = _quality(real, made, _metadata(tables, names))
            if name == SYNTHETIC:
                report = run_diagnostic(real, made, _metadata(tables, names), verbose=False)
                diagnostic = _scores(report)
    synthetic = found[SYNTHETIC]
    part = SdvReports(
        quality=synthetic.scores,
        control=found[CONTROL].scores,
        baseline=found[BASELINE].scores,
        diagnostic=diagnostic,
        pairs_counted=synthetic.counted,
        pairs=synthetic.pairs,
    )
    columns = {
        name: SdvScore(
            score=synthetic.columns[name],
            control=found[CONTROL].columns[name],
            baseline=found[BASELINE].columns[name],
        )
        for name in names
    }
    return part, list(_measures(part)), columns


def _measures(part: SdvReports) -> Iterator[Measure]:
    counted = f"{part.pairs_counted} of {part.pairs} pairs counted"
    alone = part.quality["Overall Score"] is not None and part.quality["Column Pair Trends"] is None
    readings = {
        "Overall Score": "The mean of the two below"
        + (", of which there is only the first." if alone else "."),
        "Column Pair Trends": f"{counted}: SDV leaves out those weak in the real table"
        + ("." if part.pairs_counted else ", here all: it has no score."),
    }
    for name, value in part.quality.items():
        yield measure(
            f"sdv.{name}",
            f"SDV {name}",
            "more",
            "score, 0 to 1",
            figure(value, None, None, part.control[name], part.baseline[name]),
            readings.get(name, ""),
        )


def _quality(real: pd.DataFrame, made: pd.DataFrame, metadata: Any) -> Report:
    from sdv.evaluation import evaluate_quality

    report = evaluate_quality(real, made, metadata, verbose=False)
    shapes, pairs = report.get_details("Column Shapes"), report.get_details("Column Pair Trends")
    counted = 0
    if len(pairs):
        strong = pairs["Meets Threshold?"].fillna(False).astype(bool)
        counted = int((strong & pairs["Score"].notna()).sum())
    return Report(_scores(report), _by_name(shapes, "Column"), counted, len(pairs))


def _scores(report: Any) -> dict[str, float | None]:
    overall = {"Overall Score": finite(report.get_score())}
    return overall | _by_name(report.get_properties(), "Property")


def _by_name(table: pd.DataFrame, key: str) -> dict[str, float | None]:
    return {
        str(name): finite(score) for name, score in zip(table[key], table["Score"], strict=True)
    }


def _metadata(tables: Tables, names: list[str]) -> Any:
    from sdv.metadata import Metadata

    def sdtype(kind: Kind) -> str:
        if kind is Kind.DATETIME:
            return "datetime"
        return "numerical" if kind in ORDERED else "categorical"

    columns = {name: {"sdtype": sdtype(tables.schema[name].kind)} for name in names}
    return Metadata.load_from_dict({"tables": {"table": {"columns": columns}}, "relationships": []})


def _plain(series: pd.Series, kind: Kind) -> pd.Series:
    """A column as SDV takes it: float64, datetime64[ns] in UTC, states as text; missing cells stay missing."""
    if kind is Kind.DATETIME:
        if series.dt.tz is not None:
            series = series.dt.tz_convert("UTC").dt.tz_localize(None)
        return series.astype("datetime64[ns]")
    if kind in ORDERED:
        return pd.Series(series.to_numpy(dtype="float64", na_value=np.nan))
    return series.astype(object).map(str, na_action="ignore").where(series.notna(), None)
