"""What no method can pass, where the data's process is known: the Bayes limit and a perfect generator."""

from __future__ import annotations

from dataclasses import field

import numpy as np
import pandas as pd

from synthkit.comparison.cost import Cost
from synthkit.comparison.scorecard import RecallAt, at_default, at_limits, at_tuned
from synthkit.errors import DataError
from synthkit.methods import method
from synthkit.strategies.base import Ratio, Strategy, shortfall
from synthkit.table.dataset import Dataset, Process
from synthkit.table.split import EvaluationSet, Fold
from synthkit.table.training_set import TrainingSet

#: The name of the arm that draws true fresh rows.
PERFECT = "perfect generator"
#: Fresh rows drawn at once, and in all, before a class is given up as too rare.
FRESH_AT_ONCE = 100_000
MOST_FRESH = 100_000_000


@method
class PerfectGenerator(Strategy):
    """Add true fresh rows of the smaller classes, up to `ratio`: what a flawless generator would do.

    Its gain bounds the gain of every generator at that ratio. No one can use it outside a simulation, so it is
    in no registry; a comparison adds it where the data's process is known.

    Shape: (n, d) -> (n + m, d); the new rows are synthetic: no training row equals them.
    """

    process: Process = field(repr=False)
    ratio: Ratio = 1.0

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        missing = shortfall(train, self.ratio)
        found: dict[int, list[pd.DataFrame]] = {code: [] for code in missing}
        wanted, drawn = dict(missing), 0
        while any(wanted.values()):
            if drawn >= MOST_FRESH:
                raise DataError(
                    f"A perfect generator needs fresh rows of every class, however {drawn:,} fresh rows"
                    " held too few of one."
                )
            fresh = train.schema.conform(self.process.fresh(FRESH_AT_ONCE, rng))
            drawn += FRESH_AT_ONCE
            codes = train.schema.encode_target(fresh[train.schema.target])
            for code in missing:
                rows = np.flatnonzero(codes == code)[: wanted[code]]
                found[code].append(fresh.take(rows))
                wanted[code] -= len(rows)
        for code, pieces in found.items():
            X = pd.concat(pieces, ignore_index=True)[list(train.X.columns)].astype(
                train.X.dtypes.to_dict()
            )
            train = train.append(X, np.full(missing[code], code))
        return train


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
