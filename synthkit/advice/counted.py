"""What needs no model: the ratio of the classes, the positives, kinds of columns, rows; and what each arm costs."""

from __future__ import annotations

import time
import tracemalloc
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from synthkit.advice import arms
from synthkit.advice.finding import Finding
from synthkit.advice.sample import FEWEST_POSITIVES, Sample
from synthkit.errors import SynthkitError
from synthkit.randomness import generator
from synthkit.table.load import Dataset
from synthkit.table.schema import STATES
from synthkit.table.training_set import TrainingSet

RATIO, ENOUGH_POSITIVES, MANY_ROWS, MILLIONS = 10.0, 5_000, 100_000, 1_000_000
ARTICLE = "the article"
#: Rows on which an arm is timed.
TIMED_ROWS = 4_000
#: Rows of each class that it is tried on before.
WARM_ROWS = 100

#: A strategy: a training set and a generator in, a training set out.
Method = Callable[[TrainingSet, np.random.Generator], TrainingSet]


@dataclass(frozen=True)
class Cost:
    """What one application of an arm is estimated to take on the whole table: seconds, MiB, and how that is known."""

    seconds: float | None
    high: float | None
    mebibytes: float | None
    how: str


def class_ratio(dataset: Dataset) -> Finding:
    """Rows of the largest other class per row of the positive one."""
    counts = np.bincount(dataset.codes, minlength=len(dataset.schema.classes))
    code = dataset.schema.positive_code
    ours, largest = int(counts[code]), int(np.delete(counts, code).max())
    ratio, holds = largest / ours, largest / ours > RATIO
    start = f"{largest:,} rows of the largest other class to {ours:,} of {dataset.schema.positive!r}, {ratio:.1f}:1"
    if len(counts) > 2:
        start = f"{len(counts)} classes; {start}; everything here judges {dataset.schema.positive!r} against the rest"
    says = (
        f"{start}. So uneven that a threshold of 0.5 will miss many; tune it, and see whether resampling adds"
        " anything."
        if holds
        else f"{start}. Below {RATIO:g}:1 class weights or a tuned threshold often suffice."
    )
    favours = (
        ("class_weights", "random_oversampling", "smote") if holds else ("none", "class_weights")
    )
    return Finding(
        "class ratio",
        ratio,
        "rows per positive row",
        RATIO,
        holds,
        says,
        source=ARTICLE,
        favours=favours,
    )


def minority_count(dataset: Dataset) -> Finding:
    """Rows of the positive class."""
    ours = int((dataset.codes == dataset.schema.positive_code).sum())
    enough = ours >= ENOUGH_POSITIVES
    ruled_out: dict[str, str] = {}
    if enough:
        says = f"{ours:,} positives: enough to learn from as they are."
        ruled_out = arms.because(arms.inventing(), f"{ours:,} real positives are enough")
    elif ours < FEWEST_POSITIVES:
        says = (
            f"Only {ours} positives: nothing below can be measured, and no comparison of arms can be trusted."
            " Collect more, or treat it as anomaly detection."
        )
        ruled_out = arms.because(
            arms.of("generator"), f"{ours} positives are too few to learn their shape from"
        )
    else:
        says = f"{ours:,} positives: few enough that more might help; see headroom for whether they do."
    return Finding(
        "minority count",
        float(ours),
        "rows",
        float(ENOUGH_POSITIVES),
        enough,
        says,
        source=ARTICLE,
        rules_out=ruled_out,
        favours=("none", "class_weights", "random_undersampling") if enough else (),
    )


def mixed_types(dataset: Dataset) -> Finding:
    """Share of the features that are states (categories, booleans)."""
    schema = dataset.schema
    d, states = len(schema.features), len(schema.of_kind(*STATES))
    share = states / d
    missing = int(dataset.table[list(schema.features)].isna().any().sum())
    tail = f" Columns with missing values: {missing}." if missing else ""
    ruled_out: dict[str, str] = {}
    favours: tuple[str, ...] = ()
    if states == d:
        says = f"All {d} columns are states: noise has nothing to move, and there is nothing between two states.{tail}"
        ruled_out = arms.because(("noise",), "every column is a state: it would return copies")
        favours = ("sequential_trees", "random_oversampling")
    elif states:
        says = (
            f"{states} of {d} columns are states. SMOTE takes them from the neighbours, mixup from the heavier"
            f" parent, noise leaves them alone; a generator draws them together with the numbers.{tail}"
        )
        favours = ("sequential_trees",) if share >= 0.5 else ()
    else:
        says = f"All {d} columns are numbers or times; every arm can handle them.{tail}"
    return Finding(
        "mixed types",
        share,
        "share of columns that are states",
        0.0,
        states > 0,
        says,
        source=ARTICLE,
        favours=favours,
        rules_out=ruled_out,
    )


def size(dataset: Dataset) -> Finding:
    """Rows of the table; above 100,000 a search for neighbours among all of them dominates."""
    n = len(dataset)
    large = n > MANY_ROWS
    ruled_out: dict[str, str] = {}
    says = f"{n:,} rows: no arm is too slow for them except by its own training."
    if large:
        says = f"{n:,} rows: a search for neighbours among all of them dominates; use approximate neighbours or none."
        ruled_out = arms.because(
            arms.of("searches"), f"it searches for neighbours among {n:,} rows"
        )
    if n >= MILLIONS:
        says = f"{n:,} rows: weigh the classes or leave rows out; what makes rows makes millions of them."
        ruled_out |= arms.because(arms.of("interpolates", "dear"), f"too slow for {n:,} rows")
    return Finding(
        "size",
        float(n),
        "rows",
        float(MANY_ROWS),
        large,
        says,
        source=ARTICLE,
        rules_out=ruled_out,
        favours=("class_weights", "random_undersampling") if large else (),
    )


def costs(dataset: Dataset, methods: Mapping[str, Any], seed: int) -> dict[str, Cost]:
    """Seconds and memory of one application of each arm to the whole table.

    Each method is run once on at most `TIMED_ROWS` rows, stratified, and extrapolated by its order
    (`arms.ORDERS`); once more for its memory, which grows linearly. SDV's arms are not run: the deep
    ones take longer than all of the advice may, and the copula waits seconds for SDV to load.
    """
    found = {}
    n, positive = len(dataset), dataset.codes == dataset.schema.positive_code
    order = np.lexsort((generator(seed, "advise", "timed").random(n), positive))
    rows = np.sort(order[np.linspace(0, n - 1, min(n, TIMED_ROWS)).astype(int)])
    train = TrainingSet.from_table(dataset.table.take(rows), dataset.schema)
    cells = n * len(dataset.schema.columns)
    for name, arm in arms.ARMS.items():
        if "dear" in arm.families:
            found[name] = Cost(
                *arms.deep_seconds(n),
                arms.sdv_mebibytes(name, cells),
                (
                    f"{arms.EPOCHS} epochs at 42–81 ms a step, measured elsewhere, 2 cores; MiB beside the libraries"
                ),
            )
        elif "one_shape" in arm.families:
            found[name] = Cost(
                *arms.copula_seconds(cells),
                arms.sdv_mebibytes(name, cells),
                ("16–80 µs a cell, measured elsewhere; MiB beside the libraries"),
            )
        elif (method := _method(methods, name)) is not None and (train.counts > 0).all():
            cost = _timed(method, train, n, arm.order, seed)
            if cost:
                found[name] = cost
    return found


def _method(methods: Mapping[str, Any], name: str) -> Any:
    """The method that an arm's name means."""
    if name == "sequential_trees" and "top_up" in methods:
        return methods["top_up"](synthesizer=name)
    method = methods[name] if name in methods else None  # noqa: SIM401  # a registry's error is no KeyError
    return method() if isinstance(method, type) else method


def _timed(method: Any, train: TrainingSet, n: int, order: str, seed: int) -> Cost | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the arm's own warnings are the comparison's to show
            few = np.concatenate(
                [train.rows_of(code)[:WARM_ROWS] for code in range(len(train.counts))]
            )
            method(
                train.take(few), generator(seed, "advise", "warm")
            )  # imports on first use are not its cost
            start = time.perf_counter()
            method(train, generator(seed, "advise", "timed"))
            seconds = time.perf_counter() - start
            tracemalloc.start()
            # Other dice, because a top-up remembers what it has fitted with the same ones.
            method(train, generator(seed, "advise", "memory"))
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    except SynthkitError:
        return None  # an arm that refuses this table has no cost; the comparison says why
    rows = len(train)
    estimate = arms.extrapolate(seconds, rows, n, order)
    return Cost(
        estimate,
        None,
        arms.extrapolate(peak / 2**20, rows, n, "n"),
        f"measured on {rows:,} rows" + (f", extrapolated as {order}" if n > rows else ""),
    )


def classifier_seconds(sample: Sample, n: int) -> dict[str, float]:
    """Seconds of one fit of the comparison's usual classifiers on `n` rows, measured on `TIMED_ROWS`, as n log n."""
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

    rows = np.linspace(0, len(sample) - 1, min(len(sample), TIMED_ROWS)).astype(int)
    found = {}
    for name, model in (
        ("random_forest", RandomForestClassifier(100, random_state=0, n_jobs=1)),
        ("gradient_boosting", HistGradientBoostingClassifier(early_stopping=False, random_state=0)),
    ):
        start = time.perf_counter()
        model.fit(sample.matrix[rows], sample.positive[rows])
        found[name] = arms.extrapolate(time.perf_counter() - start, len(rows), n, "n log n")
    return found


def duration(seconds: float) -> str:
    """Seconds as a person says them.

    >>> duration(0.004), duration(72), duration(7300)
    ('4 ms', '72 s', '2.0 h')
    """
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
