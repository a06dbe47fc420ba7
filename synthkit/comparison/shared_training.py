"""A strategy that takes part in a longer training than its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from synthkit.methods.registry import with_parameter
from synthkit.strategies.top_up import trained_for
from synthkit.table.training_set import TrainingSet


@dataclass(frozen=True)
class SharedTraining:
    """The strategy with the random stream that it has at `most` epochs, so that one training holds both.

    A network after epoch k of a training is, bit for bit, the network of a training of k epochs with the
    same seed. So nothing but the stream differs from the strategy alone; which trainings are one is for
    `synthkit.strategies.top_up.one_training` to say, that runs them together.

    Shape: as the strategy's.
    """

    strategy: Any
    most: int

    @property
    def stream(self) -> Any:
        """That of the strategy at `most` epochs."""
        return with_parameter(self.strategy, "epochs", self.most).stream

    @property
    def device(self) -> str:
        """Where the strategy trains."""
        return str(getattr(self.strategy, "device", "cpu"))

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        return self.strategy(train, rng)


def sharing(strategy: Any, most: int) -> Any:
    """The strategy as part of a training of `most` epochs; as it is where that is its own or cannot be seen before."""
    epochs = trained_for(strategy)
    return SharedTraining(strategy, most) if 0 < epochs < most else strategy
