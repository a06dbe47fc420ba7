"""What classifiers say of the synthetic rows: can they be told from real ones, and what do they teach?"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from synthkit.assessment.figure import beside, figure, given, measure, rounded
from synthkit.assessment.tables import BASELINE, CONTROL, REFERENCE, SYNTHETIC, Tables, drawn
from synthkit.comparison import score
from synthkit.comparison.classifiers import CLASSIFIERS, fit_classifier
from synthkit.randomness import integer_seed
from synthkit.results import (
    Detection,
    Interval,
    Measure,
    Skipped,
    Telling,
    Trained,
    Usefulness,
    UsefulnessGap,
)
from synthkit.stats import Interval as Estimated
from synthkit.stats import auc_of_folds, delong, middle, roc_auc

FOLDS = 5
#: Trees of the detecting classifier: enough to tell apart what can be, at half of scikit-learn's
#: time.
TREES = 50
#: Rows of each side that detection needs, so that every fold has some; rows that either test takes
#: at most.
FEWEST_ROWS, MOST_ROWS = 4 * FOLDS, 10_000
#: The rank that rare states share, because scikit-learn's boosting tells 255 levels apart.
LAST_RANK = 253

REAL = "real"
#: The comparison's; the first gives the headline.
USED = ("gradient_boosting", "random_forest", "logistic_regression")
SCORES = ("average_precision", "roc_auc", "f1", "f1_tuned", "brier", "log_loss")
HEADLINE = "average_precision"
#: The share of the training rows that sets the threshold, resamples of the holdout's rows, rows of
#: each class.
TUNE, RESAMPLES, FEWEST_OF_CLASS = 0.2, 200, 2


# --- Detection
# -------------------------------------------------------------------------------------


class ToldApart(NamedTuple):
    """A cross-validated AUC, its interval, and how much each column's shuffling lowers it (c,)."""

    auc: Estimated
    drops: np.ndarray


def detection(tables: Tables) -> tuple[Detection | Skipped, list[Measure]]:
    """The classifier two-sample test.

    As many synthetic rows as real ones that nobody learned from, a gradient boosting that learns to
    tell them apart, and its ROC AUC on the folds it has not seen: 0.5 where it cannot, 1 where it
    always can. The interval comes from DeLong's variance of each fold, corrected for overlapping
    training sets (Nadeau & Bengio 2003) as in the comparison.

    Source: Lopez-Paz & Oquab (2017), "Revisiting Classifier Two-Sample Tests". DIFFERS: there one
    split in halves and the accuracy; here every row is tested once.
    """
    # Beside the rows that they were made of, rows that cling to these would pass for real: a
    # classifier that has seen
    # the parent as real takes the child for real too, and the AUC falls below 0.5 (of 211 frauds
    # SMOTE's to 0.45,
    # noise's to 0.36). So all are held beside the control's rows, and the control is the reference
    # beside them.
    candidates = {
        SYNTHETIC: tables.values[SYNTHETIC],
        CONTROL: tables.values[REFERENCE],
        BASELINE: tables.values[BASELINE],
    }
    real = tables.values[CONTROL]
    rows = min(len(real), *(len(candidates[name]) for name in (SYNTHETIC, CONTROL)), MOST_ROWS)
    if rows < FEWEST_ROWS:
        reason = f"{FEWEST_ROWS} rows of each table are needed for {FOLDS} folds, however there are {rows}."
        return Skipped(skipped=reason), []
    real = drawn(real, rows, tables.rng("detection", "real"))
    found = {}
    for name, values in candidates.items():
        rng = tables.rng("detection", name)
        made = drawn(values, rows, rng)
        found[name] = _told_apart(real, made, ~tables.coding.ordered, rng, drops=name != BASELINE)
    synthetic, control, names = found[SYNTHETIC], found[CONTROL], tables.coding.names
    ranked = sorted(range(len(names)), key=lambda j: (-synthetic.drops[j], names[j]))
    part = Detection(
        auc=beside(synthetic.auc, control.auc.value, found[BASELINE].auc.value),
        columns=[
            Telling(
                name=names[j],
                value=round(float(synthetic.drops[j]), 6),
                control=round(float(control.drops[j]), 6),
            )
            for j in ranked
        ],
        measure=(
            "how much lower the AUC is with the column shuffled among the test rows; columns that"
            " say the"
            " same share it"
        ),
        classifier=f"gradient boosting, {TREES} trees, {FOLDS} stratified folds",
        rows=rows,
    )
    away = ", ".join(names[j] for j in ranked[:3] if synthetic.drops[j] > 0.01)
    reading = f"Given away by {away}." if away else "No column alone gives them away."
    told = measure(
        "detection.auc",
        "Detection",
        "control",
        "ROC AUC, 0.5 to 1",
        part.auc,
        f"0.5: cannot be told from real rows. {reading}",
    )
    return part, [told]


def _told_apart(
    real: np.ndarray,
    candidate: np.ndarray,
    states: np.ndarray,
    rng: np.random.Generator,
    *,
    drops: bool,
) -> ToldApart:
    """How well rows (n, c) are told from others (n, c), of which `states` (c,) are the columns of states."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    X, made = np.concatenate([real, candidate]), np.arange(len(real) + len(candidate)) >= len(real)
    X[:, states] = np.minimum(X[:, states], LAST_RANK)  # NaN, which is missing, stays
    X[:, np.isnan(X).all(axis=0)] = 0.0  # scikit-learn's binning needs a value
    # An order within each side, dealt like cards: every fold has its share of both.
    sides = [rng.permutation(len(real)), len(real) + rng.permutation(len(candidate))]
    fold = np.empty(len(X), dtype=np.int64)
    fold[np.concatenate(sides)] = np.arange(len(X)) % FOLDS
    aucs, errors, lost = [], [], []
    for k in range(FOLDS):
        test = fold == k
        model = HistGradientBoostingClassifier(
            max_iter=TREES,
            categorical_features=states,
            early_stopping=False,
            random_state=integer_seed(rng),
        )
        model.fit(X[~test], made[~test])
        auc, error = _auc(made[test], model.decision_function(X[test]))
        aucs.append(auc)
        errors.append(error)
        if drops:
            order = rng.permutation(int(test.sum()))
            shuffled = [
                model.decision_function(each) for each in _shuffled_one_by_one(X[test], order)
            ]
            lost.append([auc - _auc(made[test], each)[0] for each in shuffled])
    return ToldApart(auc_of_folds(aucs, errors), np.mean(lost, axis=0) if drops else np.zeros(0))


def _auc(truth: np.ndarray, found: np.ndarray) -> tuple[float, float]:
    return delong(found[truth], found[~truth])


def _shuffled_one_by_one(X: np.ndarray, order: np.ndarray) -> Iterator[np.ndarray]:
    """The rows with one column after the other in another order; the same memory each time."""
    for j in range(X.shape[1]):
        kept = X[:, j].copy()
        X[:, j] = kept[order]
        yield X
        X[:, j] = kept


# --- Usefulness
# ------------------------------------------------------------------------------------


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


def usefulness(tables: Tables) -> tuple[Usefulness | Skipped, list[Measure], list[str]]:
    """Train on synthetic, test on real, and what the classifiers warned of.

    Each classifier learns from as many rows of the real, the synthetic and the baseline table, and
    is tested on the holdout. Real rows are the control: what a perfect synthesizer's rows would give.
    The threshold is set on a fifth of the training rows, never on the holdout. Intervals are
    percentiles over resampled rows of the holdout; gaps are paired: both on the same rows.

    Source: Esteban, Hyland & Rätsch (2017), "Real-valued (Medical) Time Series Generation with
    Recurrent Conditional GANs", who named it TSTR.
    """
    schema = tables.schema
    if schema.target is None:
        return Skipped(skipped="It needs a target to predict, however none is named."), [], []
    if tables.holdout is None:
        why = "It needs real rows that nobody learned from to test on, however there is no holdout."
        return Skipped(skipped=why), [], []
    sources = {
        REAL: tables.real,
        SYNTHETIC: tables.synthetic,
        BASELINE: tables.shuffled(tables.real, "usefulness", "shuffle"),
    }
    rows = min(len(tables.real), len(tables.synthetic), MOST_ROWS)
    learned = {
        name: drawn(table, rows, tables.rng("usefulness", name)) for name, table in sources.items()
    }
    lacking = _lacking(tables, sources, learned)
    if lacking is not None:
        return lacking, [], []
    test = drawn(tables.holdout, MOST_ROWS, tables.rng("usefulness", "holdout"))
    truth = schema.encode_target(test[schema.target]) == schema.positive_code
    rng = tables.rng("usefulness", "resample")
    picks = [np.arange(len(test)), *rng.integers(len(test), size=(RESAMPLES, len(test)))]
    found, gaps, heard = [], [], set()
    for classifier in USED:
        values = {}
        for name, table in learned.items():
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                predicted = _trained(classifier, table, test, tables)
            said = [str(each.message).splitlines()[0] for each in caught]
            heard |= {f"In {_spoken(classifier)}: {text}" for text in said}
            values[name] = np.array([predicted.scores(truth, pick) for pick in picks])
            scores: dict[str, Interval | None] = dict(
                zip(SCORES, map(_percentiles, values[name].T), strict=True)
            )
            found.append(Trained(classifier=classifier, trained_on=name, rows=rows, scores=scores))
        for key, resampled in zip(SCORES, (values[SYNTHETIC] - values[REAL]).T, strict=True):
            each = _percentiles(resampled).plain()
            gaps.append(UsefulnessGap(classifier=classifier, score=key, **each))
    part = Usefulness(scores=list(SCORES), tested_rows=len(test), rows=found, gap=gaps)
    return part, list(_measures(part, f"{schema.target} = {schema.positive}")), sorted(heard)


def _lacking(
    tables: Tables, sources: dict[str, pd.DataFrame], learned: dict[str, pd.DataFrame]
) -> Skipped | None:
    """Why there is nothing to learn or to test, or None."""
    schema = tables.schema
    for name, table in learned.items():
        codes = schema.encode_target(table[schema.target])
        counts = np.bincount(codes, minlength=len(schema.classes))
        of = (
            ""
            if len(table) == len(sources[name])
            else f" among the {len(table):,} rows drawn of it"
        )
        for code in np.flatnonzero(counts < FEWEST_OF_CLASS):
            return Skipped(
                skipped=f"Every class needs {FEWEST_OF_CLASS} rows to learn from, however the {name} table has"
                f" {counts[code]} of class {schema.classes[code]!r}{of}."
            )
    truth = schema.encode_target(tables.holdout[schema.target]) == schema.positive_code  # type: ignore[index]
    if truth.all() or not truth.any():
        return Skipped(
            skipped=f"The holdout needs rows of {schema.target} = {schema.positive!r} and others, however"
            f" {truth.sum()} of {len(truth)} are so."
        )
    return None


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
    aside = np.zeros(len(codes), dtype=bool)
    for code in np.unique(codes):
        mine = order[codes[order] == code]
        aside[mine[: max(round(TUNE * len(mine)), 1)]] = True
    return aside


def _percentiles(values: np.ndarray) -> Interval:
    """The value on the holdout as it is, and percentiles over its resamples."""
    low, high = middle(values[1:])
    return Interval(value=rounded(values[0]), low=rounded(low), high=rounded(high))


def _measures(part: Usefulness, positive: str) -> Iterator[Measure]:
    by = {(row.classifier, row.trained_on): given(row.scores[HEADLINE]) for row in part.rows}
    value, real, baseline = (by[USED[0], name] for name in (SYNTHETIC, REAL, BASELINE))
    others = ", ".join(
        f"{_spoken(name)} {by[name, SYNTHETIC].value:.3f} (real {by[name, REAL].value:.3f})"
        for name in USED[1:]
    )
    what = _spoken(USED[0])
    yield measure(
        f"usefulness.{HEADLINE}",
        "Trained on synthetic, tested on real",
        "more",
        f"average precision of {positive}, 0 to 1, {what}",
        figure(value.value, value.low, value.high, real.value, baseline.value),
        f"Control: trained on real rows. Others: {others}.",
    )
    gap = part.gap[0]
    lost = None
    if baseline.value is not None and real.value is not None:
        lost = baseline.value - real.value
    yield measure(
        "usefulness.gap",
        "Gap to trained on real",
        "more",
        f"difference in average precision, {what}",
        figure(gap.value, gap.low, gap.high, 0.0, lost),
        "Paired on the holdout's rows; below 0, the synthetic rows teach less.",
    )


def _spoken(name: str) -> str:
    return name.replace("_", " ")
