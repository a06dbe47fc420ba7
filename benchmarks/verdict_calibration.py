"""Is the verdict right? Simulated experiments on data whose process is known.

    python benchmarks/verdict_calibration.py [--experiments 500] [--rows 2000] [--jobs 2]

Each experiment draws a fresh table from the article's process and runs the comparison's own code on it:
repeated stratified folds, arms, classifier, verdict. Arms against the reference, random oversampling:

- the same strategy with another seed, and noise of scale 0 (which repeats rows too): their true difference is
  nil, so "better" is an error, allowed in at most 5 % of the experiments;
- training sets that were spoiled a little, so that the reference is truly better by about 0.01, 0.02 and 0.05
  of average precision. How often it is called better is the power.

The true difference of two arms is measured without any folds: both are trained on many fresh training sets of
the size the folds have, and scored on a very large fresh draw. The 95 % intervals should contain it in 93-97 %.
"""

from __future__ import annotations

import argparse
import time
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from synthkit.compare import score
from synthkit.compare.classifiers import CLASSIFIERS, fit_classifier
from synthkit.compare.experiment import run
from synthkit.compare.plan import Arm, Plan
from synthkit.compare.summary import values
from synthkit.compare.verdict import interval, judge
from synthkit.randomness import generator, integer_seed
from synthkit.strategies import STRATEGIES
from synthkit.table.datasets import ArticleFraud
from synthkit.table.load import Dataset, load
from synthkit.table.training_set import TrainingSet

PROCESS = ArticleFraud()
GAINS = (0.01, 0.02, 0.05)
ROPE = 0.01


@dataclass(frozen=True)
class Salted:
    """A strategy with a random stream of its own."""

    strategy: Any
    salt: int

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        return STRATEGIES.build(self.strategy)(train, rng)


@dataclass(frozen=True)
class Spoiled:
    """Random oversampling of a training set in which a share of the rows got another row's distance."""

    share: float

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        rows = np.flatnonzero(rng.random(len(train)) < self.share)
        X = train.X.copy()
        X.loc[rows, "distance"] = X["distance"].to_numpy()[rng.permutation(rows)]
        return STRATEGIES.build("random_oversampling")(
            TrainingSet.from_codes(X, train.codes, train.schema), rng)


def table_of(rows: int, rng: np.random.Generator) -> Dataset:
    """A data set of fresh rows with exactly 5 % frauds, without its process: no limits are computed."""
    return load(_exact(rows, rng), target="fraud", schema=PROCESS.kinds)


def _exact(rows: int, rng: np.random.Generator) -> Any:
    fresh = PROCESS.fresh(3 * rows, rng)
    frauds = round(0.05 * rows)
    picked = np.r_[np.flatnonzero(fresh["fraud"] == 0)[: rows - frauds], np.flatnonzero(fresh["fraud"] == 1)[:frauds]]
    return fresh.take(np.sort(picked)).reset_index(drop=True)


def true_scores(strategies: list[Any], classifier: Any, fit_rows: int, draws: int, fresh: Any, job: int) -> np.ndarray:
    """Average precision (draws, strategies) on `fresh` of models trained on fresh sets of `fit_rows` rows."""
    truth = fresh["fraud"].to_numpy() == 1
    found = np.empty((draws, len(strategies)))
    for draw in range(draws):
        rng = generator(1, "truth", job, draw)
        dataset = table_of(fit_rows, rng)
        train = TrainingSet.from_table(dataset.table, dataset.schema)
        for j, strategy in enumerate(strategies):
            model = fit_classifier(classifier, *strategy(train, rng).harden(), train.schema, integer_seed(rng))
            found[draw, j] = score.average_precision(truth, model.predict_proba(fresh[list(train.X.columns)])[:, 1])
    return found


def spread(function: Any, jobs: int, tasks: list[tuple]) -> list[Any]:
    """The function's results over tasks, in processes of one thread each."""
    import joblib

    with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
        return joblib.Parallel(n_jobs=jobs)(joblib.delayed(function)(*task) for task in tasks)


def experiment(number: int, rows: int, repeats: int, folds: int, strategies: dict[str, Any], classifier: Any,
               ) -> dict[str, np.ndarray]:
    """Average precision per fold of every arm in one simulated experiment."""
    warnings.simplefilter("ignore")
    dataset = table_of(rows, generator(0, "experiment", number))
    plan = Plan(tuple(Arm(strategy, label=name) for name, strategy in strategies.items()), (classifier,),
                {"name": "stratified", "repeats": repeats, "folds": folds, "tune": 0}, seed=number)
    result = run(dataset, plan)
    return {name: values(result.of(result.classifiers[0], name), "average_precision") for name in strategies}


def spoiling_for(gain: float, classifier: Any, fit_rows: int, fresh: Any) -> float:
    """The share to spoil that costs about `gain` of average precision, by bisection on fresh draws."""
    low, high = 0.0, 1.0
    for _ in range(7):
        middle = (low + high) / 2
        found = true_scores([STRATEGIES.build("random_oversampling"), Spoiled(middle)], classifier, fit_rows, 25,
                            fresh, 0)
        low, high = (middle, high) if -np.diff(found.mean(axis=0))[0] < gain else (low, middle)
    return (low + high) / 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiments", type=int, default=500)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--classifier", default="logistic_regression")
    parser.add_argument("--truth-draws", type=int, default=400, help="fresh training sets for the true difference")
    parser.add_argument("--fresh-rows", type=int, default=100_000, help="rows that true scores are measured on")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    began = time.perf_counter()
    classifier = CLASSIFIERS.build(arguments.classifier)
    fit_rows = round(arguments.rows * (1 - 1 / arguments.folds))
    fresh = PROCESS.fresh(arguments.fresh_rows, generator(0, "fresh"))
    shares = spread(spoiling_for, arguments.jobs, [(gain, classifier, fit_rows, fresh) for gain in GAINS])
    strategies = {
        "reference": Salted("random_oversampling", 0),
        "null: same strategy, other seed": Salted("random_oversampling", 1),
        "null: noise of scale 0": STRATEGIES.build({"name": "noise", "scale": 0.0}),
        **{f"true gain of about {gain}": Spoiled(share) for gain, share in zip(GAINS, shares, strict=True)},
    }
    jobs = 2 * arguments.jobs
    truth = np.concatenate(spread(true_scores, arguments.jobs, [
        (list(strategies.values()), classifier, fit_rows, -(-arguments.truth_draws // jobs), fresh, job)
        for job in range(jobs)]))
    found = spread(experiment, arguments.jobs, [
        (number, arguments.rows, arguments.repeats, arguments.folds, strategies, classifier)
        for number in range(arguments.experiments)])
    correction = 1 / (arguments.folds - 1)
    print(f"{arguments.experiments} experiments of {arguments.rows} rows, {arguments.repeats} x {arguments.folds}"
          f" folds, {arguments.classifier}, region of equivalence {ROPE}")
    print(f"{'arm against the reference':34} {'true gain':>16} {'coverage':>9} {'plain t':>8} {'better':>7}"
          f" {'equiv.':>7} {'worse':>6} {'undec.':>7} {'p<.05':>6}")
    for position, name in enumerate(strategies):
        if name == "reference":
            continue
        sign = -1.0 if name.startswith("true") else 1.0  # the reference is the better one of a spoiled pair
        differences = [sign * (one[name] - one["reference"]) for one in found]
        per_draw = sign * (truth[:, position] - truth[:, 0])
        true, error = per_draw.mean(), per_draw.std(ddof=1) / np.sqrt(len(per_draw))
        verdicts = [judge(d, correction, ROPE, arguments.folds) for d in differences]
        plain = [interval(d, 0.0) for d in differences]
        words = [v.word for v in verdicts]
        shown = [*(np.mean([i.low <= true <= i.high for i in intervals]) for intervals in (verdicts, plain)),
                 *(words.count(word) / len(words) for word in ("better", "equivalent", "worse", "undecided")),
                 np.mean([v.p_value < 0.05 for v in verdicts])]
        print(f"{name:34} {true:+.4f} ± {error:.4f} {shown[0]:9.1%} {shown[1]:8.1%} {shown[2]:7.1%} {shown[3]:7.1%}"
              f" {shown[4]:6.1%} {shown[5]:7.1%} {shown[6]:6.1%}")
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
