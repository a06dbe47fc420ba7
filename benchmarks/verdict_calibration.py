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

The corrected interval assumes that the values of two folds correlate by rho = n_test / (n_test + n_train) (Nadeau &
Bengio 2003). The second table shows what rho is over the experiments, of each arm's difference and of the scores
that it is the difference of, and the correction that the variance of the mean needs, beside the one it gets.
"""

from __future__ import annotations

import argparse
import time
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from synthkit.comparison import score
from synthkit.comparison.classifiers import CLASSIFIERS, fit_classifier
from synthkit.comparison.plan import Arm, Plan
from synthkit.comparison.run import run
from synthkit.comparison.summary import values
from synthkit.randomness import generator, integer_seed
from synthkit.stats import judge, mean_interval
from synthkit.strategies import STRATEGIES, Strategy
from synthkit.table.dataset import Dataset, load
from synthkit.table.datasets import ArticleFraud
from synthkit.table.training_set import TrainingSet

PROCESS = ArticleFraud()
GAINS = (0.01, 0.02, 0.05)
ROPE = 0.01


@dataclass(frozen=True)
class Salted(Strategy):
    """A strategy with a random stream of its own."""

    strategy: Any
    salt: int

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        return STRATEGIES.build(self.strategy)(train, rng)


@dataclass(frozen=True)
class Spoiled(Strategy):
    """Random oversampling of a training set in which a share of the rows got another row's distance."""

    share: float

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        rows = np.flatnonzero(rng.random(len(train)) < self.share)
        X = train.X.copy()
        X.loc[rows, "distance"] = X["distance"].to_numpy()[rng.permutation(rows)]
        return STRATEGIES.build("random_oversampling")(
            TrainingSet.from_codes(X, train.codes, train.schema), rng
        )


def table_of(rows: int, rng: np.random.Generator) -> Dataset:
    """A data set of fresh rows with exactly 5 % frauds, without its process: no limits are computed."""
    return load(_exact(rows, rng), target="fraud", schema=PROCESS.kinds)


def _exact(rows: int, rng: np.random.Generator) -> Any:
    fresh = PROCESS.fresh(3 * rows, rng)
    frauds = round(0.05 * rows)
    picked = np.r_[
        np.flatnonzero(fresh["fraud"] == 0)[: rows - frauds],
        np.flatnonzero(fresh["fraud"] == 1)[:frauds],
    ]
    return fresh.take(np.sort(picked)).reset_index(drop=True)


def true_scores(
    strategies: list[Any], classifier: Any, fit_rows: int, draws: int, fresh: Any, job: int
) -> np.ndarray:
    """Average precision (draws, strategies) on `fresh` of models trained on fresh sets of `fit_rows` rows."""
    truth = fresh["fraud"].to_numpy() == 1
    found = np.empty((draws, len(strategies)))
    for draw in range(draws):
        rng = generator(1, "truth", job, draw)
        dataset = table_of(fit_rows, rng)
        train = TrainingSet.from_table(dataset.table, dataset.schema)
        for j, strategy in enumerate(strategies):
            model = fit_classifier(
                classifier, *strategy(train, rng).harden(), train.schema, integer_seed(rng)
            )
            found[draw, j] = score.average_precision(
                truth, model.predict_proba(fresh[list(train.X.columns)])[:, 1]
            )
    return found


def spread(function: Any, jobs: int, tasks: list[tuple]) -> list[Any]:
    """The function's results over tasks, in processes of one thread each."""
    import joblib

    with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
        return joblib.Parallel(n_jobs=jobs)(joblib.delayed(function)(*task) for task in tasks)


def experiment(
    number: int,
    rows: int,
    repeats: int,
    folds: int,
    strategies: dict[str, Any],
    classifier: Any,
) -> dict[str, np.ndarray]:
    """Average precision per fold of every arm in one simulated experiment."""
    warnings.simplefilter("ignore")
    dataset = table_of(rows, generator(0, "experiment", number))
    plan = Plan(
        tuple(Arm(strategy, label=name) for name, strategy in strategies.items()),
        (classifier,),
        {"name": "stratified", "repeats": repeats, "folds": folds, "tune": 0},
        seed=number,
    )
    result = run(dataset, plan)
    return {
        name: values(result.of(result.classifiers[0], name), "average_precision")
        for name in strategies
    }


def spoiling_for(gain: float, classifier: Any, fit_rows: int, fresh: Any) -> float:
    """The share to spoil that costs about `gain` of average precision, by bisection on fresh draws."""
    low, high = 0.0, 1.0
    for _ in range(7):
        middle = (low + high) / 2
        found = true_scores(
            [STRATEGIES.build("random_oversampling"), Spoiled(middle)],
            classifier,
            fit_rows,
            25,
            fresh,
            0,
        )
        low, high = (middle, high) if -np.diff(found.mean(axis=0))[0] < gain else (low, middle)
    return (low + high) / 2


@dataclass(frozen=True, eq=False)
class Measured:
    """What the experiments gave.

    `scores` (experiments, arms, folds): average precision, the folds of one repeat beside each other; the first arm
    is the reference. `truth` (draws, arms): on very many fresh rows. `gains`: arms whose reference is the better one.
    """

    names: tuple[str, ...]
    scores: np.ndarray
    truth: np.ndarray
    folds: int
    gains: frozenset[str] = frozenset()

    @property
    def correction(self) -> float:
        """n_test / n_train."""
        return 1 / (self.folds - 1)

    def differences(self, name: str) -> np.ndarray:
        """Of one arm from the reference (experiments, folds), above 0 where the better one of the pair is ahead."""
        position = self.names.index(name)
        sign = -1.0 if name in self.gains else 1.0
        return sign * (self.scores[:, position] - self.scores[:, 0])

    def true_difference(self, name: str) -> tuple[float, float]:
        """Its mean and standard error, without folds."""
        position = self.names.index(name)
        per_draw = (-1.0 if name in self.gains else 1.0) * (
            self.truth[:, position] - self.truth[:, 0]
        )
        return float(per_draw.mean()), float(per_draw.std(ddof=1) / np.sqrt(len(per_draw)))


@dataclass(frozen=True)
class Calibration:
    """How often the verdict on one arm was what it should be; shares of the experiments."""

    name: str
    true: float
    error: float
    covered: float
    covered_plain: float
    better: float
    equivalent: float
    worse: float
    undecided: float
    significant: float


def calibration(measured: Measured, name: str, rope: float = ROPE) -> Calibration:
    """The verdict on one arm in every experiment, against its true difference."""
    true, error = measured.true_difference(name)
    differences = measured.differences(name)
    verdicts = [judge(d, measured.correction, rope, measured.folds) for d in differences]
    covered, plain = (
        float(np.mean([i.low <= true <= i.high for i in intervals]))
        for intervals in (verdicts, [mean_interval(d, 0.0) for d in differences])
    )
    words = [v.word for v in verdicts]
    shares = {
        word: words.count(word) / len(words)
        for word in ("better", "equivalent", "worse", "undecided")
    }
    return Calibration(
        name,
        true,
        error,
        covered,
        plain,
        **shares,
        significant=float(np.mean([v.p_value < 0.05 for v in verdicts])),
    )


def correlations(values: np.ndarray, folds: int) -> tuple[float, float]:
    """Correlation over experiments of the values (experiments, repeats · folds) of two folds.

    Of the same repeat, whose test rows are others, and of different repeats, some of whose test rows are the same
    (NaN with one repeat).
    """
    centred = (values - values.mean()).reshape(len(values), -1, folds)
    sums = centred.sum(axis=2)
    m, repeats = values.shape[1], sums.shape[1]
    squares, same = (centred**2).sum(), (sums**2).sum()
    variance = squares / values.size
    other = (sums.sum(axis=1) ** 2).sum() - same
    pairs = len(values) * m * (m - folds)
    return (
        float((same - squares) / (values.size * (folds - 1)) / variance),
        float(other / pairs / variance) if repeats > 1 else float("nan"),
    )


def correction_needed(values: np.ndarray) -> float:
    """c with which (1/m + c) · (variance within an experiment) is the variance of the mean over experiments.

    Where every two folds correlate by rho, E[S²] = (1 - rho) σ² and Var(mean) = (1/m + rho (m - 1)/m) σ², so that
    c = rho / (1 - rho), which is n_test / n_train for Nadeau & Bengio's rho.
    """
    return float(
        values.mean(axis=1).var(ddof=1) / values.var(axis=1, ddof=1).mean() - 1 / values.shape[1]
    )


def spread_of(function: Any, values: np.ndarray, draws: int = 200) -> float:
    """Bootstrapped standard error over experiments of a function of values (experiments, folds)."""
    rng = generator(0, "bootstrap")
    return float(
        np.std(
            [function(values[rng.integers(len(values), size=len(values))]) for _ in range(draws)],
            ddof=1,
        )
    )


def calibration_table(measured: Measured, rope: float = ROPE) -> str:
    """One line per arm against the reference."""
    lines = [
        f"{'arm against the reference':34} {'true gain':>16} {'coverage':>9} {'plain t':>8} {'better':>7}"
        f" {'equiv.':>7} {'worse':>6} {'undec.':>7} {'p<.05':>6}"
    ]
    for name in measured.names[1:]:
        c = calibration(measured, name, rope)
        lines.append(
            f"{name:34} {c.true:+.4f} ± {c.error:.4f} {c.covered:9.1%} {c.covered_plain:8.1%} {c.better:7.1%}"
            f" {c.equivalent:7.1%} {c.worse:6.1%} {c.undecided:7.1%} {c.significant:6.1%}"
        )
    return "\n".join(lines)


def correlation_table(measured: Measured) -> str:
    """One line per arm: how folds correlate, the arms' scores and their differences from the reference."""
    assumed = measured.correction / (1 + measured.correction)
    lines = [
        f"correlation of two folds over the experiments; assumed: {assumed:.2f}, correction"
        f" {measured.correction:.2f}",
        f"{'':34} {'same repeat':>11} {'other':>7} {'correction needed':>18}   {'score: same':>11} {'other':>7}"
        f" {'needed':>7}",
    ]
    for position, name in enumerate(measured.names):
        scores = measured.scores[:, position]
        score_part = (
            "   {:11.2f} {:7.2f}".format(*correlations(scores, measured.folds))
            + f" {correction_needed(scores):7.2f}"
        )
        if position == 0:
            lines.append(f"{name:34} {'':11} {'':7} {'':18}{score_part}")
            continue
        d = measured.differences(name)
        same, other = correlations(d, measured.folds)
        needed = f"{correction_needed(d):.3f} ± {spread_of(correction_needed, d):.3f}"
        lines.append(f"{name:34} {same:11.2f} {other:7.2f} {needed:>18}{score_part}")
    return "\n".join(lines)


def measure(  # noqa: PLR0913  # one setting of the simulation
    strategies: dict[str, Any],
    classifier: Any,
    *,
    experiments: int,
    rows: int,
    repeats: int,
    folds: int,
    truth_draws: int,
    fresh: Any,
    jobs: int = 1,
    gains: frozenset[str] = frozenset(),
) -> Measured:
    """The scores of all strategies, the first of which is the reference, in all experiments; and their true scores."""
    parts = 2 * jobs
    truth = spread(
        true_scores,
        jobs,
        [
            (
                list(strategies.values()),
                classifier,
                round(rows * (1 - 1 / folds)),
                -(-truth_draws // parts),
                fresh,
                job,
            )
            for job in range(parts)
        ],
    )
    found = spread(
        experiment,
        jobs,
        [(number, rows, repeats, folds, strategies, classifier) for number in range(experiments)],
    )
    scores = np.array([[one[name] for name in strategies] for one in found])
    return Measured(tuple(strategies), scores, np.concatenate(truth), folds, gains)


def nulls() -> dict[str, Any]:
    """The reference, and arms that have no effect beside it."""
    return {
        "reference": Salted("random_oversampling", 0),
        "null: same strategy, other seed": Salted("random_oversampling", 1),
        "null: noise of scale 0": STRATEGIES.build({"name": "noise", "scale": 0.0}),
    }


def measured_of(arguments: argparse.Namespace) -> Measured:
    """The whole simulation."""
    classifier = CLASSIFIERS.build(arguments.classifier)
    fit_rows = round(arguments.rows * (1 - 1 / arguments.folds))
    fresh = PROCESS.fresh(arguments.fresh_rows, generator(0, "fresh"))
    shares = spread(
        spoiling_for, arguments.jobs, [(gain, classifier, fit_rows, fresh) for gain in GAINS]
    )
    gains = {
        f"true gain of about {gain}": Spoiled(share)
        for gain, share in zip(GAINS, shares, strict=True)
    }
    return measure(
        {**nulls(), **gains},
        classifier,
        experiments=arguments.experiments,
        rows=arguments.rows,
        repeats=arguments.repeats,
        folds=arguments.folds,
        truth_draws=arguments.truth_draws,
        fresh=fresh,
        jobs=arguments.jobs,
        gains=frozenset(gains),
    )


def parsed(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--experiments", type=int, default=500)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--classifier", default="logistic_regression")
    parser.add_argument(
        "--truth-draws", type=int, default=400, help="fresh training sets for the true difference"
    )
    parser.add_argument(
        "--fresh-rows", type=int, default=100_000, help="rows that true scores are measured on"
    )
    parser.add_argument("--jobs", type=int, default=2)
    return parser.parse_args(given)


def main() -> None:
    began = time.perf_counter()
    arguments = parsed()
    measured = measured_of(arguments)
    print(
        f"{arguments.experiments} experiments of {arguments.rows} rows, {arguments.repeats} x {arguments.folds}"
        f" folds, {arguments.classifier}, region of equivalence {ROPE}"
    )
    print(calibration_table(measured))
    print()
    print(correlation_table(measured))
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
