"""SDV's quality and diagnostic reports as they are, under their own names, with a control and a baseline beside."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from synthkit.assessment.measure import Measure
from synthkit.assessment.tables import BASELINE, CONTROL, SYNTHETIC, Tables, drawn
from synthkit.synthesizers.deterministic import deterministic
from synthkit.table.schema import ORDERED, Kind

#: Rows of each table at most: above that SDV draws rows itself, from a generator that nobody seeds.
MOST_ROWS = 50_000
#: What SDV's code warns of where a column is constant or a table has few rows; it then gives NaN, which we show.
WARNINGS = (
    "One or more sample arguments is too small",
    "invalid value encountered",
    "An input array is constant",
    "Mean of empty slice",
    "divide by zero encountered",
    "ks_2samp: Exact calculation unsuccessful",
)


def assess(tables: Tables) -> tuple[dict[str, Any], list[Measure], dict[str, dict[str, Any]]]:
    """`sdv` of quality.json, its measures, and the score of each column in Column Shapes.

    Kinds come from our schema, never from SDV's guess. The reports are those of
    `sdv.evaluation.evaluate_quality` and `run_diagnostic`.
    """
    try:
        import sdv.evaluation  # noqa: F401
    except ImportError as error:
        return {"skipped": f"SDV cannot be imported: {error}."}, [], {}
    names = [
        name
        for name in tables.columns
        if tables.reference[name].notna().any() and tables.synthetic[name].notna().any()
    ]
    if not names:
        return {"skipped": "No column has values in both tables."}, [], {}
    reference = _plain(
        drawn(tables.reference, MOST_ROWS, tables.rng("sdv", "reference")), names, tables
    )
    scores: dict[str, dict[str, float | None]] = {}
    shapes: dict[str, dict[str, Any]] = {name: {} for name in tables.columns}
    counted = (0, 0)
    with deterministic(0), _quiet():
        for which, table in tables.candidates.items():
            plain = _plain(drawn(table, MOST_ROWS, tables.rng("sdv", which)), names, tables)
            scores[which], columns, pairs = _quality(reference, plain, _metadata(tables, names))
            for name, score in columns.items():
                shapes[name]["score" if which == SYNTHETIC else which] = score
            if which == SYNTHETIC:
                counted = pairs
                diagnostic = _diagnostic(reference, plain, _metadata(tables, names))
    part = {
        "quality": scores[SYNTHETIC],
        "control": scores[CONTROL],
        "baseline": scores[BASELINE],
        "diagnostic": diagnostic,
        "pairs_counted": counted[0],
        "pairs": counted[1],
    }
    measures = []
    for name, value in scores[SYNTHETIC].items():
        reading = ""
        if name == "Column Pair Trends":
            reading = (
                f"{counted[0]} of {counted[1]} pairs counted: SDV leaves out those weak in the real table"
                + (", here all: it has no score." if not counted[0] else ".")
            )
        elif name == "Overall Score":
            reading = "The mean of the two below" + (
                ", of which there is only the first."
                if value is not None and scores[SYNTHETIC]["Column Pair Trends"] is None
                else "."
            )
        measures.append(
            Measure(
                "sdv",
                name,
                f"SDV {name}",
                value,
                "more",
                "score, 0 to 1",
                control=scores[CONTROL][name],
                baseline=scores[BASELINE][name],
                reading=reading,
            )
        )
    return part, measures, {name: found for name, found in shapes.items() if found}


def _quality(
    real: pd.DataFrame,
    made: pd.DataFrame,
    metadata: Any,
) -> tuple[dict[str, float | None], dict[str, float | None], tuple[int, int]]:
    """Scores by property, scores by column, and how many pairs were counted of how many."""
    from sdv.evaluation import evaluate_quality

    report = evaluate_quality(real, made, metadata, verbose=False)
    shapes, pairs = report.get_details("Column Shapes"), report.get_details("Column Pair Trends")
    columns = {
        str(name): _number(score)
        for name, score in zip(shapes["Column"], shapes["Score"], strict=True)
    }
    counted = 0
    if len(pairs):
        counted = int(
            (pairs["Meets Threshold?"].fillna(False).astype(bool) & pairs["Score"].notna()).sum()
        )
    return _scores(report), columns, (counted, len(pairs))


def _diagnostic(real: pd.DataFrame, made: pd.DataFrame, metadata: Any) -> dict[str, float | None]:
    from sdv.evaluation import run_diagnostic

    return _scores(run_diagnostic(real, made, metadata, verbose=False))


def _scores(report: Any) -> dict[str, float | None]:
    properties = report.get_properties()
    return {"Overall Score": _number(report.get_score())} | {
        str(name): _number(score)
        for name, score in zip(properties["Property"], properties["Score"], strict=True)
    }


def _metadata(tables: Tables, names: list[str]) -> Any:
    from sdv.metadata import Metadata

    columns = {
        name: {
            "sdtype": "categorical"
            if tables.schema[name].kind not in ORDERED
            else "datetime"
            if tables.schema[name].kind is Kind.DATETIME
            else "numerical"
        }
        for name in names
    }
    return Metadata.load_from_dict({"tables": {"table": {"columns": columns}}, "relationships": []})


def _plain(table: pd.DataFrame, names: list[str], tables: Tables) -> pd.DataFrame:
    """Columns as SDV takes them: float64, datetime64[ns] in UTC, states as text; missing cells stay missing."""
    columns = {}
    for name in names:
        series, kind = table[name], tables.schema[name].kind
        if kind is Kind.DATETIME:
            plain = (
                series.dt.tz_convert("UTC").dt.tz_localize(None)
                if series.dt.tz is not None
                else series
            )
            columns[name] = plain.astype("datetime64[ns]")
        elif kind in ORDERED:
            columns[name] = pd.Series(series.to_numpy(dtype="float64", na_value=np.nan))
        else:
            text = series.astype(object).map(str, na_action="ignore")
            columns[name] = text.where(series.notna(), None)
    return pd.DataFrame(columns)


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        for message in WARNINGS:
            warnings.filterwarnings("ignore", message=message)
        yield


def _number(value: Any) -> float | None:
    return float(value) if pd.notna(value) else None
