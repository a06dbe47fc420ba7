"""Sequential trees beside CTGAN on adult: useful, faithful, private, fast? And at a million rows.

    python benchmarks/sequential_trees.py [--ctgan-epochs 10] [--repeats 3] [--large [--threads 2]]

Asked of `SequentialTrees()` on adult (75 % to learn from, 25 % to test on): average precision of a
classifier trained on the copy at least 98 % of that of one trained on the real rows, Column Shapes and
Pair Trends at least .98, exact copies at most 0.5 %, fit and sample in under 3 s on one thread. The last
column is the share of synthetic rows that lie closer to the nearest of a third of the training rows than
to the nearest of as many rows held out: .50 tells nothing about who was in the table, the training table
itself gives .667.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from synthkit.synthesizers import SequentialTrees, Synthesizer
from synthkit.table.schema import Kind, Schema

DATA = Path(os.environ.get("SYNTHKIT_DATA", Path(__file__).parents[2] / "shared/data"))
TARGET = "income"


def average_precision(
    train: pd.DataFrame, test: pd.DataFrame, schema: Schema, seeds: int = 3
) -> float:
    """Of gradient boosting trained on `train`, mean over its seeds."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import average_precision_score

    levels = {
        name: pd.CategoricalDtype(sorted(set(train[name]) | set(test[name])))
        for name in schema.of_kind(Kind.CATEGORICAL)
    }
    X, T = (table[list(schema.features)].astype(levels) for table in (train, test))
    scores = []
    for seed in range(seeds):
        model = HistGradientBoostingClassifier(random_state=seed).fit(
            X, train[TARGET] == schema.positive
        )
        scores.append(
            average_precision_score(test[TARGET] == schema.positive, model.predict_proba(T)[:, 1])
        )
    return float(np.mean(scores))


def fidelity(real: pd.DataFrame, synthetic: pd.DataFrame, schema: Schema) -> list[float]:
    """Column Shapes and Column Pair Trends of sdmetrics."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # that the report is to move
        from sdmetrics.reports.single_table import QualityReport

    numbers = schema.of_kind(Kind.NUMERIC, Kind.INTEGER)
    report = QualityReport()
    report.generate(
        real,
        synthetic,
        {
            "columns": {
                name: {"sdtype": "numerical" if name in numbers else "categorical"} for name in real
            }
        },
        verbose=False,
    )
    return report.get_properties()["Score"].tolist()


def copies(rows: pd.DataFrame, of: pd.DataFrame) -> float:
    """The share of `rows` that stand cell for cell in `of`."""
    return float(
        pd.util.hash_pandas_object(rows, index=False)
        .isin(pd.util.hash_pandas_object(of, index=False))
        .mean()
    )


def closer_to_training(
    synthetic: pd.DataFrame, train: pd.DataFrame, test: pd.DataFrame, schema: Schema
) -> float:
    """The share of synthetic rows nearer to `len(test)` training rows than to the test rows; ties count half.

    Distance: Euclidean over numbers in standard deviations and states as one-hot / sqrt(2).
    """
    from sklearn.metrics import pairwise_distances_argmin_min

    rng = np.random.default_rng(0)
    train_part = train.iloc[rng.choice(len(train), len(test), replace=False)]
    synthetic = synthetic.iloc[rng.choice(len(synthetic), min(len(synthetic), 8000), replace=False)]
    numbers = list(schema.of_kind(Kind.NUMERIC, Kind.INTEGER))
    everything = pd.concat([synthetic, train_part, test], ignore_index=True)
    scaled = (everything[numbers] - train[numbers].mean()) / train[numbers].std()
    states = pd.get_dummies(everything.drop(columns=numbers)) / np.sqrt(2)
    points = np.hstack([scaled, states]).astype(np.float32)
    a, b = len(synthetic), len(synthetic) + len(train_part)
    to_train = pairwise_distances_argmin_min(points[:a], points[a:b])[1]
    to_test = pairwise_distances_argmin_min(points[:a], points[b:])[1]
    same = np.isclose(to_train, to_test, rtol=0, atol=1e-4)
    return float(np.where(same, 0.5, to_train < to_test).mean())


def adult(ctgan_epochs: int, repeats: int) -> None:
    table = pd.read_csv(DATA / "adult.csv.gz")
    schema = Schema.detect(table, TARGET)
    test_rows = np.zeros(len(table), dtype=bool)
    rng = np.random.default_rng(0)
    for value in schema.classes:
        rows = np.flatnonzero(table[TARGET] == value)
        test_rows[rng.permutation(rows)[: len(rows) // 4]] = True
    train, test = table[~test_rows].reset_index(drop=True), table[test_rows].reset_index(drop=True)
    real = average_precision(train, test, schema)
    print(
        f"adult: {len(train):,} rows x {table.shape[1]} to learn from, {len(test):,} to test on."
        f" Trained on the real rows: average precision {real:.4f}."
    )
    print(
        f"Copies of training rows among the unseen real ones: {copies(test, train):.2%}. Closer to training, the"
        f" training table itself: {closer_to_training(train, train, test, schema):.3f}. Mean of {repeats} fit(s).\n"
    )
    print(
        "| synthesizer | fit s | sample s | average precision | of real | Shapes | Pair Trends | exact copies "
        "| closer to training |\n|---|---|---|---|---|---|---|---|---|"
    )
    arms: list[tuple[str, Synthesizer, int]] = [
        ("sequential trees (defaults)", SequentialTrees(), repeats)
    ]
    for draw in ("donor", "range"):
        arms += [
            (f"leaf >= {leaf}, {draw}", SequentialTrees(leaf, draw=draw), repeats)
            for leaf in (5, 20, 50, 150)
        ]
    arms += [
        (f"leaf >= {leaf}, donor, min_gain 0", SequentialTrees(leaf, min_gain=0), repeats)
        for leaf in (5, 50)
    ]
    if ctgan_epochs:
        from synthkit.synthesizers import SYNTHESIZERS

        arms.append(
            (
                f"ctgan, {ctgan_epochs} epochs",
                SYNTHESIZERS.build({"name": "ctgan", "epochs": ctgan_epochs}),
                1,
            )
        )
    for name, synthesizer, times in arms:
        found = []
        for seed in range(times):
            start = time.perf_counter()
            fitted = synthesizer.fit(train, schema, rng=seed)
            middle = time.perf_counter()
            synthetic = fitted.sample(len(train), rng=seed)
            end = time.perf_counter()
            score = average_precision(synthetic, test, schema)
            found.append(
                [
                    middle - start,
                    end - middle,
                    score,
                    score / real,
                    *fidelity(train, synthetic, schema),
                    copies(synthetic, train),
                    closer_to_training(synthetic, train, test, schema),
                ]
            )
        fit, sample, score, share, shapes, trends, copied, closer = np.mean(found, axis=0)
        print(
            f"| {name} | {fit:.2f} | {sample:.2f} | {score:.4f} | {share:.1%} | {shapes:.3f} | {trends:.3f} |"
            f" {copied:.2%} | {closer:.3f} |",
            flush=True,
        )


def made(n: int) -> pd.DataFrame:
    """`n` rows x 20: 10 real numbers, 3 counts, 6 states of 2 to 500 levels, a 5 % class."""
    rng = np.random.default_rng(0)
    y = (rng.random(n) < 0.05).astype(int)
    z = rng.normal(size=(n, 3))
    data: dict[str, np.ndarray] = {
        f"x{i}": 0.7 * z[:, i % 3] + rng.normal(size=n) + 0.3 * i * y for i in range(10)
    }
    data |= {
        f"count{i}": np.exp(z[:, i] + rng.normal(size=n)).round().astype(int) for i in range(3)
    }
    for i, k in enumerate((2, 4, 8, 20, 50, 500)):
        place = np.clip((z[:, i % 3] + rng.normal(size=n) + 3) / 6 * k, 0, k - 1).astype(int)
        data[f"state{i}"] = np.array([f"level {j}" for j in range(k)], dtype=object)[place]
    return pd.DataFrame(data | {"y": y})


def large(threads: int) -> None:
    print(
        "\nAsked: 1 million rows x 20 in under 120 s and 4 GiB on 2 cores; cost growing as n log n. CPU seconds are"
        f"\nof all threads together and hardly grow while others use the machine (load: {os.getloadavg()[0]:.1f}).\n"
    )
    print(
        "| rows | threads | fit s | sample s | CPU s, both | CPU ns / (n log2 n) | peak memory GiB (table itself) |"
        "\n|---|---|---|---|---|---|---|"
    )
    for n in (62_500, 250_000, 1_000_000):
        table = made(n)
        start, used = time.perf_counter(), time.process_time()
        fitted = SequentialTrees(threads=threads).fit(table, target="y", rng=0)
        middle = time.perf_counter()
        fitted.sample(n, rng=0)
        end, used = time.perf_counter(), time.process_time() - used
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(
            f"| {n:,} | {threads} | {middle - start:.1f} | {end - middle:.1f} | {used:.1f} |"
            f" {used * 1e9 / (n * np.log2(n)):.0f} | {peak:.2f}"
            f" ({table.memory_usage(deep=True).sum() / 2**30:.2f}) |",
            flush=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ctgan-epochs", type=int, default=1, help="0 leaves CTGAN out")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--large", action="store_true", help="a million rows instead of adult")
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    with threadpool_limits(1):
        if asked.large:
            large(asked.threads)
        else:
            adult(asked.ctgan_epochs, asked.repeats)
