"""The arms that advice speaks of: every registered method that declares traits, and what each costs."""

from __future__ import annotations

import time
import tracemalloc
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from synthkit.advice.sample import Sample
from synthkit.errors import SynthkitError
from synthkit.methods.traits import Estimate, Traits, extrapolate
from synthkit.methods.yaml import flow
from synthkit.randomness import generator
from synthkit.strategies import STRATEGIES
from synthkit.synthesizers import SYNTHESIZERS
from synthkit.table.dataset import Dataset
from synthkit.table.training_set import TrainingSet

#: Rows on which an arm is timed; rows of each class that it is tried on before.
TIMED_ROWS, WARM_ROWS = 4_000, 100


@dataclass(frozen=True)
class Arm:
    """One competitor: its name here, its spec in a config, and what it declares."""

    name: str
    spec: Any
    traits: Traits
    families: frozenset[str]

    @property
    def yaml(self) -> str:
        """Its line in a config."""
        return self.spec if isinstance(self.spec, str) else flow(self.spec)


def _registered() -> Iterator[Arm]:
    """Strategies, then top-ups by each synthesizer; of two methods of one name the strategy."""
    for name, method in STRATEGIES.items():
        if traits := getattr(method, "traits", Traits()):  # a third party's may be any dataclass
            spec = {"name": name, **traits.suggested} if traits.suggested else name
            yield Arm(name, spec, traits, traits.families)
    for name, method in SYNTHESIZERS.items():
        if traits := getattr(method, "traits", Traits()):
            inside = {"name": name, **traits.suggested}
            families = traits.families | {"generator"}
            yield Arm(name, {"name": "top_up", "synthesizer": inside}, traits, families)


def arms() -> dict[str, Arm]:
    """Every arm by its name, those of other packages included."""
    found: dict[str, Arm] = {}
    for arm in _registered():
        found.setdefault(arm.name, arm)
    return found


def of(*families: str) -> tuple[str, ...]:
    """The arms of any of these families."""
    return tuple(name for name, arm in arms().items() if arm.families & set(families))


def inventing() -> tuple[str, ...]:
    """The arms that make rows which nobody has seen."""
    return of("interpolates", "moves", "generator")


def because(names: Iterable[str], reason: str) -> dict[str, str]:
    """One reason for each of these arms."""
    return dict.fromkeys(names, reason)


def costs(dataset: Dataset, methods: Mapping[str, Any], seed: int) -> dict[str, Estimate]:
    """Seconds and memory of one application of each arm to the whole table.

    Each of `methods` is run once on at most `TIMED_ROWS` rows, stratified, and extrapolated by its
    order; once more for its memory, which grows linearly. What declares an estimate of its own is
    not run.
    """
    n, positive = len(dataset), dataset.codes == dataset.schema.positive_code
    order = np.lexsort((generator(seed, "advise", "timed").random(n), positive))
    rows = np.sort(order[np.linspace(0, n - 1, min(n, TIMED_ROWS)).astype(int)])
    train = TrainingSet.from_table(dataset.table.take(rows), dataset.schema)
    found: dict[str, Estimate | None] = {}
    for name, arm in arms().items():
        if arm.traits.estimate:
            found[name] = arm.traits.estimate(n, n * len(dataset.schema.columns))
        elif (method := _method(methods, arm)) is not None and (train.counts > 0).all():
            found[name] = _timed(method, train, n, arm.traits, seed)
    return {name: cost for name, cost in found.items() if cost}


def _method(methods: Mapping[str, Any], arm: Arm) -> Any:
    """The method that an arm means, if it or what it needs is among those that were given."""
    if arm.name in methods:
        method = methods[arm.name]
        return method() if isinstance(method, type) else method
    if "generator" in arm.families and "top_up" in methods:
        return methods["top_up"](synthesizer=arm.spec["synthesizer"])
    return None


def _timed(method: Any, train: TrainingSet, n: int, traits: Traits, seed: int) -> Estimate | None:
    def run(rows: TrainingSet, what: str) -> None:
        method(rows, generator(seed, "advise", what))

    few = np.concatenate([train.rows_of(code)[:WARM_ROWS] for code in range(len(train.counts))])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the arm's own warnings are the comparison's to show
            run(train.take(few), "warm")  # imports on first use are not its cost
            start = time.perf_counter()
            run(train, "timed")
            seconds = time.perf_counter() - start
            tracemalloc.start()
            run(train, "memory")
            peak = tracemalloc.get_traced_memory()[1] / 2**20
            tracemalloc.stop()
    except SynthkitError:
        return None  # an arm that refuses this table has no cost; the comparison says why
    rows, order = len(train), traits.order
    return Estimate(
        extrapolate(seconds, rows, n, order),
        None,
        extrapolate(peak, rows, n, "n"),
        f"measured on {rows:,} rows" + (f", extrapolated as {order}" if n > rows else ""),
    )


def classifier_seconds(sample: Sample, n: int) -> dict[str, float]:
    """Seconds of one fit of the comparison's usual classifiers on `n` rows, measured on `TIMED_ROWS`."""
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

    rows = np.linspace(0, len(sample) - 1, min(len(sample), TIMED_ROWS)).astype(int)
    models = {
        "random_forest": RandomForestClassifier(100, random_state=0, n_jobs=1),
        "gradient_boosting": HistGradientBoostingClassifier(early_stopping=False, random_state=0),
    }
    found = {}
    for name, model in models.items():
        start = time.perf_counter()
        model.fit(sample.matrix[rows], sample.positive[rows])
        found[name] = extrapolate(time.perf_counter() - start, len(rows), n, "n log n")
    return found
