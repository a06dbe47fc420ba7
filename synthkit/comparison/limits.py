"""What no method can pass, where the data's process is known: the Bayes limit."""

from __future__ import annotations

import pandas as pd

from synthkit.comparison.cost import Cost
from synthkit.comparison.scorecard import RecallAt, at_default, at_limits, at_tuned
from synthkit.table.dataset import Dataset
from synthkit.table.split import EvaluationSet, Fold


def bayes_limit(
    dataset: Dataset,
    folds: list[Fold],
    cost: Cost | None,
    aim: str,
    recall_at: RecallAt | None = None,
) -> pd.DataFrame | None:
    """The scores of the true class probabilities, one row per fold; None where they are not known."""
    if dataset.process is None:
        return None
    rows = []
    for fold in folds:
        test, tune = EvaluationSet(dataset, fold.test), EvaluationSet(dataset, fold.tune)
        p_test = dataset.process.oracle(test.X)
        scores = at_default(test, p_test, cost)
        if len(tune):
            p_tune = dataset.process.oracle(tune.X)
            scores |= at_tuned(tune, p_tune, test, p_test, cost, aim)
            scores |= at_limits(tune, p_tune, test, p_test, recall_at)
        rows.append(scores)
    return pd.DataFrame(rows)
