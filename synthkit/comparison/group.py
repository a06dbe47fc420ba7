"""The unit in which cells run, wherever they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from synthkit.comparison.ledger import Cell
from synthkit.comparison.plan import REGISTRIES, Arm
from synthkit.methods.registry import label_of, spec_of
from synthkit.table.dataset import Dataset
from synthkit.table.split import Fold

#: A fold, and arms with the classifiers that are missing: what shares a random stream, and with it a
#: fitted synthesizer, stays in one process.
Group = tuple[Fold, list[tuple[Arm, list[Any]]]]
#: What runs a group; it travels to other processes, so it is a function of a module.
Work = Callable[[Dataset, Fold, list[tuple[Arm, list[Any]]]], list[Cell]]


def failed(group: Group, reason: str) -> list[Cell]:
    """The cells of a group that could not be run, with why."""
    fold, members = group
    return [
        Cell(arm.label, label_of(spec_of(c, REGISTRIES)), fold.repeat, fold.fold, error=reason)
        for arm, classifiers in members
        for c in classifiers
    ]
