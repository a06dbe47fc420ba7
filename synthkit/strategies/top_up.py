"""The bridge between the two roles: a strategy that asks a synthesizer for the missing rows."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from synthkit.errors import ConfigError
from synthkit.randomness import integer_seed
from synthkit.registry import key_of, spec_of
from synthkit.strategies.base import check_ratio, shortfall
from synthkit.synthesizers import SYNTHESIZERS, Fitted
from synthkit.synthesizers.forms import table_hash
from synthkit.table.training_set import TrainingSet

LEARN_FROM = ("all", "minority")
#: Fitted synthesizers that a process keeps for arms that differ in ratio only.
MOST_KEPT = 8


@dataclass
class Spending:
    """Seconds of wall time that top-ups took inside a `spending` block.

    `training` counts a fit's seconds in every arm that used it, also where it had been fitted before:
    an arm costs what it costs alone. `reused` is the part of them that was not spent again, and
    `reused_cpu` the seconds of CPU time of that part.
    """

    training: float = 0.0
    sampling: float = 0.0
    reused: float = 0.0
    reused_cpu: float = 0.0


_SPENDING: ContextVar[Spending | None] = ContextVar("spending", default=None)


@contextmanager
def spending() -> Iterator[Spending]:
    """Counts what the top-ups inside the block take, training and sampling apart."""
    spent = Spending()
    token = _SPENDING.set(spent)
    try:
        yield spent
    finally:
        _SPENDING.reset(token)


@dataclass(frozen=True)
class TopUp:
    """Add synthetic rows of the smaller classes, made by a synthesizer, up to `ratio`.

    `synthesizer` is one, its name, or a mapping with a name and parameters. With `learn_from` "all"
    it learns the whole training set with the target as a column, and samples `where` the target is
    the class wanted; with "minority" it learns the rows of each smaller class alone. It learns each
    row once, whatever its weight, with its likeliest class.

    The same generator gives the same fitted synthesizer whatever the `ratio`, and a process keeps
    the last few, so that arms that differ in ratio only, and are given the same stream, fit once.

    Shape: (n, d) -> (n + m, d), the m rows that `ratio` lacks, exactly; their origin is -1.
    Unit of `ratio`: rows of each smaller class per row of the largest, in (0, 1].
    Raises: DataError if a class has no row, or the synthesizer cannot make it.
    """

    synthesizer: Any = "sequential_trees"
    ratio: float = 1.0
    learn_from: str = "all"

    def __post_init__(self) -> None:
        check_ratio(self.ratio)
        if self.learn_from not in LEARN_FROM:
            raise ConfigError(f"learn_from must be all or minority, however it is {self.learn_from!r}.",
                              key="learn_from")
        object.__setattr__(self, "synthesizer", SYNTHESIZERS.build(self.synthesizer))

    @property
    def stream(self) -> dict[str, Any]:
        """What an arm's random stream should depend on: all but the ratio."""
        return {"name": "top_up", "synthesizer": spec_of(self.synthesizer, (SYNTHESIZERS,)),
                "learn_from": self.learn_from}

    @property
    def device(self) -> str:
        """Where the synthesizer trains: cpu or cuda."""
        device = str(getattr(self.synthesizer, "device", "cpu"))
        if device == "auto":
            import torch

            return "cuda" if torch.cuda.is_available() else "cpu"
        return device

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        # The seed is the first draw, so that it is the same for every ratio.
        return self.seeded(train, integer_seed(rng), rng)

    def seeded(self, train: TrainingSet, seed: int, rng: np.random.Generator) -> TrainingSet:
        """The same with the seed of the fit given: asked again with it, for other rows, nothing is fitted anew."""
        out = train
        for code, missing in shortfall(train, self.ratio).items():
            fitted = self._fitted(train, code, seed)
            began = time.perf_counter()
            where = {str(train.schema.target): train.schema.classes[code]} if self.learn_from == "all" else None
            rows = fitted.sample(missing, rng, where=where)[list(train.X.columns)]
            _spend(sampling=time.perf_counter() - began)
            out = out.append(rows, np.full(len(rows), code))  # a constrained one may drop some
        return out

    def _fitted(self, train: TrainingSet, code: int, seed: int) -> Fitted:
        schema, rows = train.schema, train.X
        if self.learn_from == "all":
            target = str(schema.target)
            rows = rows.assign(**{target: schema.decode_target(train.codes)})
            schema = schema.only([*schema.features, target])
        else:
            rows = rows.take(train.rows_of(code)).reset_index(drop=True)
            schema = replace(schema.only(list(schema.features)), target=None, classes=(), positive=None)
            seed += code  # a stream of its own per class

        def fit() -> Fitted:
            return self.synthesizer.fit(rows, schema, np.random.default_rng(seed))

        # The kinds as well: the same cells are learned otherwise as numbers than as states.
        kinds = tuple((column.name, column.kind) for column in schema.columns)
        return _kept((key_of(self.stream), seed, kinds, schema.target, schema.classes, table_hash(rows)), fit)


# The last fitted synthesizers of this process, with the seconds that each took.
_LOCK = threading.RLock()
_KEPT: OrderedDict[tuple[Any, ...], tuple[Fitted, float, float]] = OrderedDict()


def _kept(key: tuple[Any, ...], fit: Callable[[], Fitted]) -> Fitted:
    with _LOCK:
        reused = key in _KEPT
        if not reused:
            began, began_cpu = time.perf_counter(), time.process_time()
            fitted = fit()
            _KEPT[key] = fitted, time.perf_counter() - began, time.process_time() - began_cpu
        _KEPT.move_to_end(key)
        while len(_KEPT) > MOST_KEPT:
            _KEPT.popitem(last=False)
        fitted, wall, cpu = _KEPT[key]
    _spend(training=wall, reused=wall * reused, reused_cpu=cpu * reused)
    return fitted


def forget() -> None:
    """Let go of the fitted synthesizers that this process keeps."""
    with _LOCK:
        _KEPT.clear()


def _spend(**seconds: float) -> None:
    spent = _SPENDING.get()
    if spent is not None:
        for word, value in seconds.items():
            setattr(spent, word, getattr(spent, word) + value)


__all__ = ["Spending", "TopUp", "forget", "spending"]
