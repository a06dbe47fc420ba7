"""Seconds and memory of the verdict and the page of a large comparison.

    python benchmarks/page.py [--arms 20] [--classifiers 3] [--folds 50] [--rows 1500] [--out FOLDER]

The cells are made up: every arm's scores and curves come from random probabilities of `rows` test
rows, scored as a comparison scores them. What is measured is what comes after the cells: means,
verdicts, curves, `results.json`, the page. Target: under 10 s and 1 GB.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from synthkit.comparison.comparison import Comparison
from synthkit.comparison.cost import Cost
from synthkit.comparison.ledger import Cell
from synthkit.comparison.plan import Arm, Plan
from synthkit.comparison.scorecard import at_default, at_tuned, curves_of
from synthkit.comparison.summary import results_of
from synthkit.report import page
from synthkit.results import dump
from synthkit.strategies.resampling import RandomUndersampling
from synthkit.table.dataset import load
from synthkit.table.split import EvaluationSet, RepeatedStratifiedKFold, count_duplicates

CLASSIFIERS = ("random_forest", "gradient_boosting", "logistic_regression")
COST = Cost(missed_positive="amount", false_alarm=5.0, compute_per_hour=0.4)


def made_up(arms: int, classifiers: int, folds: int, rows: int, seed: int = 0) -> Comparison:
    """A comparison whose cells hold scores of random probabilities; one fold's work is shared by its cells."""
    rng = np.random.default_rng(seed)
    dataset = load("article_fraud")
    competitors = [Arm("none")] + [
        Arm(RandomUndersampling(ratio=(i + 1) / arms), label=f"method_{i:02d}")
        for i in range(arms - 1)
    ]
    plan = Plan(
        tuple(competitors),
        CLASSIFIERS[:classifiers],
        RepeatedStratifiedKFold(repeats=max(folds // 5, 1)),
        COST,
    )
    parts = plan.split.split(dataset, 0)[:folds]
    cells = []
    for name in CLASSIFIERS[:classifiers]:
        for number, arm in enumerate(plan.arms):
            for fold in parts:
                test = EvaluationSet(dataset, rng.choice(len(dataset), rows, replace=False))
                tune = EvaluationSet(dataset, fold.tune)
                p_test, p_tune = (_probabilities(e, rng, 0.02 * number) for e in (test, tune))
                scores = at_default(test, p_test, COST) | at_tuned(
                    tune, p_tune, test, p_test, COST, "f1"
                )
                steps = {
                    step: {
                        "wall": float(rng.gamma(2, 0.1 * (number + 1))),
                        "cpu": 0.1,
                        "peak": 10.0,
                        "device": "cpu",
                    }
                    for step in ("augment", "fit", "predict")
                }
                cells.append(
                    Cell(
                        arm.label,
                        name,
                        fold.repeat,
                        fold.fold,
                        None,
                        scores,
                        steps,
                        {},
                        curves_of(test, p_test, COST),
                    )
                )
    return Comparison(
        dataset,
        plan,
        plan.arms,
        tuple(cells),
        CLASSIFIERS[:classifiers],
        count_duplicates(dataset, parts[:5]),
        None,
        1 / 3,
        False,
    )


def _probabilities(rows: EvaluationSet, rng: np.random.Generator, shift: float) -> np.ndarray:
    signal = rng.normal(np.where(rows.codes == 1, 2.2 + shift, -2.2), 1.3)
    p = 1 / (1 + np.exp(-signal))
    return np.column_stack([1 - p, p])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, value in (("arms", 20), ("classifiers", 3), ("folds", 50), ("rows", 1500)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--out", type=Path, help="keep results.json and report.html there")
    given = parser.parse_args()
    comparison = made_up(given.arms, given.classifiers, given.folds, given.rows)
    print(
        f"{given.arms} arms x {given.classifiers} classifiers x {given.folds} folds x {given.rows:,} test rows:"
        f" {len(comparison.cells):,} cells"
    )
    with TemporaryDirectory() as folder:
        out = given.out or Path(folder)
        out.mkdir(parents=True, exist_ok=True)
        began = time.perf_counter()
        results = results_of(comparison)
        verdict = time.perf_counter()
        (out / "results.json").write_text(dump(results), encoding="utf-8")
        written = time.perf_counter()
        page.write(results, out / "report.html")
        ended = time.perf_counter()
        sizes = {
            name: (out / name).stat().st_size / 1e6 for name in ("results.json", "report.html")
        }
    print(
        f"verdict {verdict - began:6.2f} s   results.json {written - verdict:5.2f} s   page {ended - written:5.2f} s"
        f"   in all {ended - began:5.2f} s (target: under 10 s)"
    )
    print("   ".join(f"{name} {size:.2f} MB" for name, size in sizes.items()))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"peak memory of the whole process, making the cells included: {peak:,.0f} MiB (target: under 1 GB)"
    )


if __name__ == "__main__":
    main()
