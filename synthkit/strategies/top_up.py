"""The bridge between the two roles: a strategy that asks a synthesizer for the missing rows."""

from __future__ import annotations

import time
from collections.abc import Callable, MutableMapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from synthkit.methods import ByName, Said, key_of, method, spec_of
from synthkit.methods.traits import Traits
from synthkit.randomness import integer_seed
from synthkit.strategies.base import Ratio, Strategy, shortfall
from synthkit.synthesizers import Fitted
from synthkit.table.dataset import table_hash
from synthkit.table.training_set import Entry, TrainingSet


@method
class TopUp(Strategy):
    """Add synthetic rows of the smaller classes, made by a synthesizer, up to `ratio`.

    It learns each row once, whatever its weight, with its likeliest class.

    The same generator gives the same fitted synthesizer whatever the `ratio`: where the training
    set has a place for what is fitted (`fits`), those that differ in ratio only fit once.

    Raises
    ------
    DataError
        If a class has no row, or the synthesizer cannot make it.

    Notes
    -----
    Shape: (n, d) -> (n + m, d), the m rows that `ratio` lacks, exactly; their origin is -1.
    """

    traits: ClassVar[Traits | None] = None

    synthesizer: Annotated[
        Any,
        ByName("synthkit.synthesizers:SYNTHESIZERS"),
        Field(description="A synthesizer, its name, or a mapping of its name and parameters."),
    ] = "sequential_trees"
    ratio: Ratio = 1.0
    learn_from: Annotated[
        Literal["all", "minority"],
        Said(needed="all or minority"),
        Field(
            description="all: it learns the whole training set with the target as a column, and"
            " samples"
            " where the target is the class wanted. minority: it learns the rows of each smaller"
            " class"
            " alone."
        ),
    ] = "all"

    @property
    def stream(self) -> dict[str, Any]:
        """What an arm's random stream should depend on: all but the ratio."""
        return {
            "name": "top_up",
            "synthesizer": spec_of(self.synthesizer),
            "learn_from": self.learn_from,
        }

    @property
    def device(self) -> str:
        """Where the synthesizer trains: cpu or cuda."""
        return self.synthesizer.trains_on()

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        return self.repeated(train, rng)()

    def repeated(self, train: TrainingSet, rng: np.random.Generator) -> Callable[[], TrainingSet]:
        # The seed is the first draw, so that it is the same for every ratio.
        seed = integer_seed(rng)
        fits = {} if train.fits is None else train.fits
        return lambda: self._filled(train, seed, fits, rng)

    def _filled(
        self,
        train: TrainingSet,
        seed: int,
        fits: MutableMapping[Any, Any],
        rng: np.random.Generator,
    ) -> TrainingSet:
        out, fitted = train, None
        for code, missing in shortfall(train, self.ratio).items():
            if fitted is None or self.learn_from == "minority":
                # One fit is paid for once, however many classes.
                fitted, paid = self._fitted(train, code, seed, fits)
                out = out.logged(paid)
            where = {}
            if self.learn_from == "all":
                where = {str(train.schema.target): train.schema.classes[code]}
            began = time.perf_counter()
            rows = fitted.sample(missing, rng, where=where)[list(train.X.columns)]
            took = time.perf_counter() - began
            out = out.append(rows, np.full(len(rows), code))  # a constrained one may drop some
            out = out.logged(Entry(sampling=took))
            if (done := fitted.enforcement) is not None:
                out = out.logged(Entry(enforcing=done.seconds, enforcement=done))
        return out

    def _fitted(
        self, train: TrainingSet, code: int, seed: int, fits: MutableMapping[Any, Any]
    ) -> tuple[Fitted, Entry]:
        """The synthesizer fitted for a class, now or before, and what that costs."""
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
        # The kinds as well: the same cells are learned otherwise as numbers than as states.
        kinds = tuple((column.name, column.kind) for column in schema.columns)
        key = key_of(self.stream), seed, kinds, schema.target, schema.classes, table_hash(rows)
        if key in fits:
            fitted, wall, cpu = fits[key]
            paid = Entry(training=wall, reused=wall, reused_cpu=cpu, device=self.device)
            return fitted, paid
        began, began_cpu = time.perf_counter(), time.process_time()
        fitted = self.synthesizer.fit(rows, schema, np.random.default_rng(seed))
        wall, cpu = time.perf_counter() - began, time.process_time() - began_cpu
        fits[key] = fitted, wall, cpu
        return fitted, Entry(training=wall, device=self.device)
