"""Train on synthetic, test on real: what classifiers learn from the synthetic table, beside what the real one gives."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from synthkit.assessment.measure import Measure
from synthkit.assessment.tables import BASELINE, SYNTHETIC, Tables, drawn
from synthkit.comparison import score
from synthkit.comparison.classifiers import CLASSIFIERS, fit_classifier
from synthkit.randomness import integer_seed
from synthkit.stats import roc_auc
from synthkit.table.schema import Schema

REAL = "real"
#: The comparison's; the first gives the headline.
USED = ("gradient_boosting", "random_forest", "logistic_regression")
SCORES = ("average_precision", "roc_auc", "f1", "f1_tuned", "brier", "log_loss")
HEADLINE = "average_precision"
#: Rows that are learned from and that are tested on, at most.
MOST_ROWS = 10_000
#: The share of the training rows that sets the threshold, and resamples of the holdout's rows.
TUNE, RESAMPLES = 0.2, 200


@dataclass(frozen=True, eq=False)
class Predicted:
    """A classifier's word on the holdout (m,): probability, alarm at its own decision and at the tuned threshold."""

    p: np.ndarray
    alarm: np.ndarray
    tuned: np.ndarray

    def scores(self, truth: np.ndarray, rows: np.ndarray) -> list[float]:
        """`SCORES` on these rows of the holdout."""
        truth, p, alarm, tuned = truth[rows], self.p[rows], self.alarm[rows], self.tuned[rows]
        return [
            score.average_precision(truth, p),
            roc_auc(truth, p),
            score.f1(truth, alarm),
            score.f1(truth, tuned),
            score.brier(truth, p),
            score.log_loss(truth, p),
        ]


def assess(tables: Tables) -> tuple[dict[str, Any], list[Measure], list[str]]:
    """`usefulness` of quality.json, its measures, and what the classifiers warned of.

    Each classifier learns from as many rows of the real, the synthetic and the baseline table, and
    is tested on the holdout. Real rows are the control: what a perfect synthesizer's rows would give.
    The threshold is set on a fifth of the training rows, never on the holdout. Intervals are
    percentiles over resampled rows of the holdout; gaps are paired: both on the same rows.

    Source: Esteban, Hyland & Rätsch (2017), "Real-valued (Medical) Time Series Generation with
    Recurrent Conditional GANs", who named it TSTR.
    """
    schema = tables.schema
    why = _cannot(tables)
    if why is not None:
        return {"skipped": why}, [], []
    assert tables.holdout is not None  # `_cannot` has said so
    rows = min(len(tables.real), len(tables.synthetic), MOST_ROWS)
    learned = {
        name: drawn(table, rows, tables.rng("usefulness", name))
        for name, table in (
            (REAL, tables.real),
            (SYNTHETIC, tables.synthetic),
            (BASELINE, _shuffled(tables)),
        )
    }
    test = drawn(tables.holdout, MOST_ROWS, tables.rng("usefulness", "holdout"))
    truth = schema.encode_target(test[schema.target]) == schema.positive_code
    rng = tables.rng("usefulness", "resample")
    picks = [np.arange(len(test)), *rng.integers(len(test), size=(RESAMPLES, len(test)))]
    found: list[dict[str, Any]] = []
    gaps: list[dict[str, Any]] = []
    heard: list[str] = []
    for classifier in USED:
        resampled = {}
        for name, table in learned.items():
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                predicted = _trained(classifier, table, test, tables)
            heard += [
                f"In {classifier.replace('_', ' ')}: {str(each.message).splitlines()[0]}"
                for each in caught
            ]
            values = np.array([predicted.scores(truth, pick) for pick in picks])
            resampled[name] = values
            found.append(
                {
                    "classifier": classifier,
                    "trained_on": name,
                    "rows": rows,
                    "scores": {key: _interval(values[:, i]) for i, key in enumerate(SCORES)},
                }
            )
        gaps += [
            {
                "classifier": classifier,
                "score": key,
                **_interval(resampled[SYNTHETIC][:, i] - resampled[REAL][:, i]),
            }
            for i, key in enumerate(SCORES)
        ]
    part = {"scores": list(SCORES), "tested_rows": len(test), "rows": found, "gap": gaps}
    return part, _measures(found, gaps, schema), sorted(set(heard))


def _cannot(tables: Tables) -> str | None:
    """Why it cannot be had, or None."""
    schema = tables.schema
    if schema.target is None:
        return "It needs a target to predict, however none is named."
    if tables.holdout is None:
        return (
            "It needs real rows that nobody learned from to test on, however there is no holdout."
        )
    for name, table, least in (("real", tables.real, 2), ("synthetic", tables.synthetic, 2)):
        counts = np.bincount(
            schema.encode_target(table[schema.target]), minlength=len(schema.classes)
        )
        for code in np.flatnonzero(counts < least):
            return (
                f"Every class needs {least} rows to learn from, however the {name} table has {counts[code]} of"
                f" class {schema.classes[code]!r}."
            )
    positives = int(
        (schema.encode_target(tables.holdout[schema.target]) == schema.positive_code).sum()
    )
    if positives in (0, len(tables.holdout)):
        return (
            f"The holdout needs rows of {schema.target} = {schema.positive!r} and others, however"
            f" {positives} of {len(tables.holdout)} are so."
        )
    return None


def _shuffled(tables: Tables) -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: tables.real[name]
            .take(tables.rng("usefulness", "shuffle", str(name)).permutation(len(tables.real)))
            .array
            for name in tables.real
        }
    )


def _trained(classifier: str, table: pd.DataFrame, test: pd.DataFrame, tables: Tables) -> Predicted:
    schema = tables.schema
    codes = schema.encode_target(table[schema.target])
    aside = _aside(codes, tables.rng("usefulness", "tune"))
    X = table[list(schema.features)]
    seed = integer_seed(tables.rng("usefulness", classifier))  # the same dice for each table
    model = fit_classifier(
        CLASSIFIERS.build(classifier),
        X[~aside].reset_index(drop=True),
        codes[~aside],
        np.ones(int((~aside).sum())),
        schema,
        seed,
    )
    positive = schema.positive_code
    p_tune = model.predict_proba(X[aside].reset_index(drop=True))[:, positive]
    threshold = score.best_threshold(codes[aside] == positive, p_tune)
    p = model.predict_proba(test[list(schema.features)])
    return Predicted(p[:, positive], p.argmax(axis=1) == positive, p[:, positive] >= threshold)


def _aside(codes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A mask (n,) of a stratified share of the rows: of each class round(TUNE · rows), at least one."""
    order = rng.permutation(len(codes))
    order = order[np.argsort(codes[order], kind="stable")]
    counts = np.bincount(codes)
    place = np.arange(len(codes)) - np.repeat(np.cumsum(counts) - counts, counts)
    aside = np.zeros(len(codes), dtype=bool)
    aside[order] = place < np.repeat(np.maximum(np.round(TUNE * counts), 1), counts)
    return aside


def _interval(values: np.ndarray) -> dict[str, float | None]:
    """The value on the holdout as it is, and percentiles over its resamples."""
    known = values[1:][~np.isnan(values[1:])]
    low, high = np.quantile(known, [0.025, 0.975]) if len(known) else (np.nan, np.nan)
    return {
        key: round(float(value), 6) if np.isfinite(value) else None
        for key, value in (("value", values[0]), ("low", low), ("high", high))
    }


def _measures(
    found: list[dict[str, Any]], gaps: list[dict[str, Any]], schema: Schema
) -> list[Measure]:
    by = {(row["classifier"], row["trained_on"]): row["scores"][HEADLINE] for row in found}
    value, real, baseline = (by[USED[0], name] for name in (SYNTHETIC, REAL, BASELINE))
    gap = next(gap for gap in gaps if gap["classifier"] == USED[0] and gap["score"] == HEADLINE)
    others = ", ".join(
        f"{name.replace('_', ' ')} {by[name, SYNTHETIC]['value']:.3f}"
        f" (real {by[name, REAL]['value']:.3f})"
        for name in USED[1:]
    )
    what = USED[0].replace("_", " ")
    return [
        Measure(
            "usefulness",
            HEADLINE,
            "Trained on synthetic, tested on real",
            value["value"],
            "more",
            f"average precision of {schema.target} = {schema.positive}, 0 to 1, {what}",
            value["low"],
            value["high"],
            real["value"],
            baseline["value"],
            f"Control: trained on real rows. Others: {others}.",
        ),
        Measure(
            "usefulness",
            "gap",
            "Gap to trained on real",
            gap["value"],
            "more",
            f"difference in average precision, {what}",
            gap["low"],
            gap["high"],
            0.0,
            None
            if baseline["value"] is None or real["value"] is None
            else baseline["value"] - real["value"],
            "Paired on the holdout's rows; below 0, the synthetic rows teach less.",
        ),
    ]
