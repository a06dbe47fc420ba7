"""One training seen after several epochs: each as if the training had ended there."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from synthkit.methods.registry import rewritten, with_parameter
from synthkit.synthesizers.base import Fitted
from synthkit.synthesizers.constrained import ConstrainedSynthesizer
from synthkit.synthesizers.sdv import Sdv
from synthkit.synthesizers.sdv_fit import SdvModel


@dataclass(frozen=True)
class Snapshot:
    """The network that draws, on the CPU, and the clocks (wall and CPU seconds) when it was as it is here."""

    network: Any
    wall: float
    cpu: float


@dataclass
class Snapshots:
    """A progress that shows nothing and keeps the network after each number of epochs in `wanted`."""

    wanted: Collection[int]
    taken: dict[int, Snapshot] = field(default_factory=dict)

    def __call__(self, epoch: int, epochs: int, losses: Mapping[str, float]) -> None:
        """Nothing: engines that know no better than to call this have no network to show."""

    def take(self, epoch: int, network: Any) -> None:
        """Keep a copy of `network` if the epoch is wanted; no generator of random numbers moves."""
        if epoch in self.wanted:
            wall, cpu = time.perf_counter(), time.process_time()
            self.taken[epoch] = Snapshot(deepcopy(network).cpu().requires_grad_(False), wall, cpu)


def epochs_of(synthesizer: Any) -> int:
    """The epochs of a synthesizer whose training can be seen after each; 0 for any other."""
    inner = (
        synthesizer.synthesizer if isinstance(synthesizer, ConstrainedSynthesizer) else synthesizer
    )
    return getattr(inner, "epochs", 0) if isinstance(inner, Sdv) else 0


def fitted_after(fitted: Fitted, epochs: int, snapshot: Snapshot) -> Fitted:
    """What a fit of so many epochs would have returned, from a longer one that took the snapshot."""

    def earlier(part: Any) -> Any:
        return part.after(epochs, snapshot.network) if isinstance(part, SdvModel) else part

    return replace(
        fitted,
        synthesizer=with_parameter(fitted.synthesizer, "epochs", epochs),
        model=rewritten(fitted.model, earlier),
    )
