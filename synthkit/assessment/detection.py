"""Can a classifier tell the synthetic rows from real ones, and which columns give them away?"""

from __future__ import annotations

from typing import Any

import numpy as np

from synthkit.assessment.coding import Coding
from synthkit.assessment.measure import Measure
from synthkit.assessment.tables import BASELINE, CONTROL, SYNTHETIC, Tables
from synthkit.randomness import integer_seed
from synthkit.stats import auc_of_folds, delong

FOLDS = 5
#: Trees of the classifier: enough to tell apart what can be, at half of scikit-learn's time.
TREES = 50
#: Rows of each side at most, and at least so that every fold has some.
MOST_ROWS, FEWEST_ROWS = 10_000, 4 * FOLDS
#: The rank that rare states share, because scikit-learn's boosting tells 255 levels apart.
LAST_RANK = 253


def assess(tables: Tables) -> tuple[dict[str, Any], list[Measure]]:
    """`detection` of quality.json and its measure: the classifier two-sample test.

    As many synthetic rows as real ones that nobody learned from, a gradient boosting that learns to
    tell them apart, and its ROC AUC on the folds it has not seen: 0.5 where it cannot, 1 where it
    always can. The interval comes from DeLong's variance of each fold, corrected for overlapping
    training sets (Nadeau & Bengio 2003) as in the comparison.

    Source: Lopez-Paz & Oquab (2017), "Revisiting Classifier Two-Sample Tests". DIFFERS: there one
    split in halves and the accuracy; here every row is tested once.
    """
    rows = min(
        len(tables.reference),
        len(tables.candidates[CONTROL]),
        len(tables.candidates[SYNTHETIC]),
        MOST_ROWS,
    )
    if rows < FEWEST_ROWS:
        return {
            "skipped": f"{FEWEST_ROWS} rows of each table are needed for {FOLDS} folds, however there are"
            f" {rows}."
        }, []
    coding = Coding.of(tables)
    states = ~coding.ordered
    # Beside the rows that they were made of, rows that cling to these would pass for real: a classifier that has seen
    # the parent as real takes the child for real too, and the AUC falls below 0.5 (of 211 frauds SMOTE's to 0.45,
    # noise's to 0.36). So all are held beside the control's rows, and the control is the reference beside them.
    real = _drawn(coding.values(tables.candidates[CONTROL]), rows, tables.rng("detection", "real"))
    found = {}
    for name, table in (tables.candidates | {CONTROL: tables.reference}).items():
        rng = tables.rng("detection", name)
        found[name] = _told_apart(
            real, _drawn(coding.values(table), rows, rng), states, rng, drops=name != BASELINE
        )
    auc, low, high, drops = found[SYNTHETIC]
    ranked = sorted(range(len(coding.names)), key=lambda j: (-drops[j], coding.names[j]))
    part = {
        "auc": {
            "value": auc,
            "low": low,
            "high": high,
            "control": found[CONTROL][0],
            "baseline": found[BASELINE][0],
        },
        "columns": [
            {
                "name": coding.names[j],
                "value": round(drops[j], 6),
                "control": round(found[CONTROL][3][j], 6),
            }
            for j in ranked
        ],
        "measure": "how much lower the AUC is with the column shuffled among the test rows; columns that say the same"
        " share it",
        "classifier": f"gradient boosting, {TREES} trees, {FOLDS} stratified folds",
        "rows": rows,
    }
    away = [coding.names[j] for j in ranked[:3] if drops[j] > 0.01]
    reading = "0.5: cannot be told from real rows. " + (
        f"Given away by {', '.join(away)}." if away else "No column alone gives them away."
    )
    return part, [
        Measure(
            "detection",
            "auc",
            "Detection",
            auc,
            "control",
            "ROC AUC, 0.5 to 1",
            low,
            high,
            found[CONTROL][0],
            found[BASELINE][0],
            reading,
        )
    ]


def _told_apart(
    real: np.ndarray,
    candidate: np.ndarray,
    states: np.ndarray,
    rng: np.random.Generator,
    *,
    drops: bool,
) -> tuple[float, float, float, list[float]]:
    """The cross-validated AUC, its interval, and per column the drop when it is shuffled (n, c)."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    X, made = np.concatenate([real, candidate]), np.arange(len(real) + len(candidate)) >= len(real)
    X[:, states] = np.minimum(X[:, states], LAST_RANK)  # NaN, which is missing, stays
    X[:, np.isnan(X).all(axis=0)] = 0.0  # scikit-learn's binning needs a value
    # An order within each side, dealt like cards: every fold has its share of both.
    order = np.concatenate(
        [rng.permutation(len(real)), len(real) + rng.permutation(len(candidate))]
    )
    fold = np.empty(len(X), dtype=np.int64)
    fold[order] = np.arange(len(X)) % FOLDS
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
            shuffled = rng.permutation(int(test.sum()))
            lost.append(
                [
                    auc - _auc(made[test], model.decision_function(_with(X[test], j, shuffled)))[0]
                    for j in range(X.shape[1])
                ]
            )
    auc = auc_of_folds(aucs, errors)
    return auc.value, auc.low, auc.high, np.mean(lost, axis=0).tolist() if drops else []


def _auc(truth: np.ndarray, score: np.ndarray) -> tuple[float, float]:
    return delong(score[truth], score[~truth])


def _with(X: np.ndarray, j: int, order: np.ndarray) -> np.ndarray:
    X = X.copy()
    X[:, j] = X[order, j]
    return X


def _drawn(rows: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    return rows if len(rows) <= n else rows[np.sort(rng.choice(len(rows), n, replace=False))]
