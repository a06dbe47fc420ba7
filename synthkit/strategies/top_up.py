"""The bridge between the two roles: a strategy that asks a synthesizer for the missing rows."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from synthkit.errors import ConfigError
from synthkit.methods.registry import key_of, spec_of, with_parameter
from synthkit.randomness import integer_seed
from synthkit.strategies.base import check_ratio, shortfall
from synthkit.synthesizers import SYNTHESIZERS, Fitted
from synthkit.synthesizers.forms import table_hash
from synthkit.synthesizers.snapshots import Snapshots, epochs_of, fitted_after
from synthkit.table.training_set import TrainingSet

LEARN_FROM = ("all", "minority")
#: Fitted synthesizers that a process keeps for arms that share them.
MOST_KEPT = 8


@dataclass
class Spending:
    """Seconds of wall time that top-ups took inside a `spending` block.

    `training` counts a fit's seconds in every arm that used it, also where it had been fitted before:
    an arm costs what it costs alone. `reused` is by how much they exceed what was spent in the block: the
    seconds of a fit that was there already, or, below zero, those for which a training went on for arms of
    more epochs. `reused_cpu` is the same in seconds of CPU time.
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
    Inside `one_training` so do those that differ in epochs.

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
            raise ConfigError(
                f"learn_from must be all or minority, however it is {self.learn_from!r}.",
                key="learn_from",
            )
        object.__setattr__(self, "synthesizer", SYNTHESIZERS.build(self.synthesizer))

    @property
    def stream(self) -> dict[str, Any]:
        """What an arm's random stream should depend on: all but the ratio."""
        return {
            "name": "top_up",
            "synthesizer": spec_of(self.synthesizer, (SYNTHESIZERS,)),
            "learn_from": self.learn_from,
        }

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
        out, fitted = train, None
        for code, missing in shortfall(train, self.ratio).items():
            if (
                fitted is None or self.learn_from == "minority"
            ):  # one fit is paid for once, however many classes
                fitted = self._fitted(train, code, seed)
            began = time.perf_counter()
            where = (
                {str(train.schema.target): train.schema.classes[code]}
                if self.learn_from == "all"
                else None
            )
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
            schema = replace(
                schema.only(list(schema.features)), target=None, classes=(), positive=None
            )
            seed += code  # a stream of its own per class

        def fit(synthesizer: Any, progress: Snapshots | None) -> Fitted:
            return synthesizer.fit(rows, schema, np.random.default_rng(seed), progress=progress)

        # The kinds as well: the same cells are learned otherwise as numbers than as states.
        kinds = tuple((column.name, column.kind) for column in schema.columns)
        epochs = epochs_of(self.synthesizer)
        key = (
            replace(self, synthesizer=with_parameter(self.synthesizer, "epochs", 1))
            if epochs
            else self
        )
        return _kept(
            (key_of(key.stream), seed, kinds, schema.target, schema.classes, table_hash(rows)),
            self.synthesizer,
            epochs,
            fit,
        )


@dataclass(frozen=True)
class _Training:
    """A fitted synthesizer with the seconds that it took, or would have taken alone."""

    fitted: Fitted
    wall: float
    cpu: float


# The last trainings of this process; those that differ in epochs only lie together, by their epochs.
_LOCK = threading.RLock()
_KEPT: OrderedDict[tuple[Any, ...], dict[int, _Training]] = OrderedDict()
# The epochs that the block around wants of its training, now or later.
_AHEAD: ContextVar[set[int] | None] = ContextVar("ahead", default=None)


@contextmanager
def one_training(strategies: Iterable[Any]) -> Iterator[None]:
    """Says that these strategies run in the block: those that differ in epochs only need one training, to the most.

    A training goes on to the most epochs when the first of them runs, and each draws from what it was
    after its own. Rows are the same without the block.
    """
    token = _AHEAD.set({epochs for strategy in strategies if (epochs := trained_for(strategy))})
    try:
        yield
    finally:
        _AHEAD.reset(token)


def trained_for(strategy: Any) -> int:
    """The epochs of a top-up, or one inside another strategy, whose training can be seen after each; or 0."""
    while hasattr(strategy, "strategy") and hasattr(
        strategy, "stream"
    ):  # without one it would not share it
        strategy = strategy.strategy
    return epochs_of(strategy.synthesizer) if isinstance(strategy, TopUp) else 0


def _kept(
    key: tuple[Any, ...], synthesizer: Any, epochs: int, fit: Callable[..., Fitted]
) -> Fitted:
    with _LOCK:
        kept = _KEPT.get(key, {})
        spent = spent_cpu = 0.0
        if epochs not in kept:
            began, began_cpu = time.perf_counter(), time.process_time()
            kept = kept | _missing(synthesizer, epochs, kept.keys(), fit)
            spent, spent_cpu = time.perf_counter() - began, time.process_time() - began_cpu
            _KEPT[key] = kept
        _KEPT.move_to_end(key)
        while len(_KEPT) > MOST_KEPT:
            _KEPT.popitem(last=False)
        training = kept[epochs]
    _spend(
        training=training.wall, reused=training.wall - spent, reused_cpu=training.cpu - spent_cpu
    )
    return training.fitted


def _missing(
    synthesizer: Any, epochs: int, there: Set[int], fit: Callable[..., Fitted]
) -> dict[int, _Training]:
    """The training of so many epochs, and those ahead that are not there."""
    found: dict[int, _Training] = {}
    ahead = _AHEAD.get() or set()
    if epochs and (others := ahead - {epochs} - there):
        try:
            found = _trainings(synthesizer, {epochs, *others}, fit)
        except (
            Exception
        ):  # beyond these epochs, maybe: from here on each is trained, and fails, for itself
            ahead.clear()
    return found if epochs in found else found | _trainings(synthesizer, {epochs}, fit)


def _trainings(
    synthesizer: Any, wanted: Set[int], fit: Callable[..., Fitted]
) -> dict[int, _Training]:
    """One training to the most of the epochs wanted, and what it was after each of the others."""
    *fewer, most = sorted(wanted)
    snapshots = Snapshots(fewer) if fewer else None
    began, began_cpu = time.perf_counter(), time.process_time()
    fitted = fit(with_parameter(synthesizer, "epochs", most) if fewer else synthesizer, snapshots)
    whole = _Training(fitted, time.perf_counter() - began, time.process_time() - began_cpu)
    return {most: whole} | {
        epochs: _Training(
            fitted_after(fitted, epochs, taken), taken.wall - began, taken.cpu - began_cpu
        )
        for epochs, taken in (snapshots.taken if snapshots else {}).items()
    }


def forget() -> None:
    """Let go of the fitted synthesizers that this process keeps."""
    with _LOCK:
        _KEPT.clear()


def _spend(**seconds: float) -> None:
    spent = _SPENDING.get()
    if spent is not None:
        for word, value in seconds.items():
            setattr(spent, word, getattr(spent, word) + value)


__all__ = ["Spending", "TopUp", "forget", "one_training", "spending", "trained_for"]
