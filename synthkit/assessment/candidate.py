"""One table held against the reference: its distances by column and pair, its gaps, tails, levels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from synthkit.assessment import pairs
from synthkit.assessment.coding import Coding
from synthkit.stats import Estimate, gap_of_means, ks, mean_of, total_variation

#: The quantiles of a real column beyond which its tails begin.
TAILS = (0.01, 0.99)


@dataclass(frozen=True, eq=False)
class Candidate:
    """One table held against the reference, both as values (n, c) and (m, c) of one coding."""

    coding: Coding
    reference: np.ndarray
    candidate: np.ndarray

    @cached_property
    def columns(self) -> list[Estimate]:
        """The distance of each column, over present values: Kolmogorov–Smirnov, of states total variation."""
        return [
            (ks if ordered else total_variation)(self.reference[:, j], self.candidate[:, j])
            for j, ordered in enumerate(self.coding.ordered)
        ]

    @cached_property
    def joints(self) -> tuple[np.ndarray, np.ndarray]:
        """The tables of all pairs, of the reference and of the candidate."""
        return pairs.joint(self.coding.cells(self.reference)), pairs.joint(
            self.coding.cells(self.candidate)
        )

    @property
    def all_pairs(self) -> Estimate:
        """The mean distance over all pairs of columns that vary in the reference."""
        a, b = self.coding.cells(self.reference), self.coding.cells(self.candidate)
        return pairs.mean_distance(a, b, self.joints, (a != a[:1]).any(axis=0))

    @property
    def relations(self) -> float:
        """The mean over all pairs of |Cramér's V - the reference's|; NaN where no pair has one.

        Unlike the distance of pairs it has little chance in it, and a table without relations is far off.
        """
        ours, theirs = (
            pairs.association(joint, len(table))
            for joint, table in zip(self.joints, (self.reference, self.candidate), strict=True)
        )
        gap = np.abs(theirs - ours)[np.triu_indices(len(ours), k=1)]
        return float(np.nanmean(gap)) if (~np.isnan(gap)).any() else float("nan")

    def missing(self, columns: np.ndarray) -> Estimate:
        """The mean over `columns` (positions) of |share missing - real share missing|."""
        return gap_of_means(
            np.isnan(self.reference[:, columns]).astype(float),
            np.isnan(self.candidate[:, columns]).astype(float),
            np.full(len(columns), 1 / max(len(columns), 1)),
        )

    def tails(self, beyond: np.ndarray) -> tuple[np.ndarray, np.ndarray, Estimate]:
        """The shares of rows beyond the ends (2, c) of the reference and the candidate (2, c), and the mean over
        the tails that the reference has of |share - real share| / real share."""
        parts = [
            np.concatenate([table < beyond[0], table > beyond[1]], axis=1).astype(float)
            for table in (self.reference, self.candidate)
        ]
        real, found = (part.mean(axis=0) for part in parts)
        there = real > 0
        weight = np.divide(1.0, real * there.sum(), out=np.zeros_like(real), where=there)
        c = self.reference.shape[1]
        estimate = gap_of_means(parts[0], parts[1], weight) if there.any() else mean_of([])
        return real.reshape(2, c), found.reshape(2, c), estimate

    @cached_property
    def coverage(self) -> list[dict[str, Any]]:
        """Per column: of states how many of the reference's levels occur, and rows with a level that no real row
        has; of numbers and times the share of the reference's range between the candidate's ends."""
        found: list[dict[str, Any]] = []
        for j, states in enumerate(self.coding.levels):
            real, made = (
                table[~np.isnan(table[:, j]), j] for table in (self.reference, self.candidate)
            )
            if states is not None:
                known, seen = np.unique(real[real < len(states)]), np.unique(made)
                found.append(
                    {
                        "levels_real": len(known),
                        "seen": int(np.isin(known, seen).sum()),
                        "rows_new": float((self.candidate[:, j] >= len(states)).mean()),
                    }
                )
            elif not len(real) or not len(made) or real.min() == real.max():
                found.append({"range": None})
            else:
                inside = min(real.max(), made.max()) - max(real.min(), made.min())
                found.append({"range": float(max(inside, 0.0) / (real.max() - real.min()))})
        return found

    @property
    def covered(self) -> float:
        """The mean over columns of the share of levels, or of the range, that occurs."""
        shares = [
            each["seen"] / each["levels_real"] if each.get("levels_real") else each.get("range")
            for each in self.coverage
        ]
        known = [share for share in shares if share is not None]
        return float(np.mean(known)) if known else float("nan")

    @property
    def new_states(self) -> int:
        """Rows with a state that no real row has."""
        new = np.zeros(len(self.candidate), dtype=bool)
        for j, states in enumerate(self.coding.levels):
            if states is not None:
                new |= self.candidate[:, j] >= len(states)
        return int(new.sum())


def tail_ends(reference: np.ndarray, coding: Coding) -> np.ndarray:
    """The quantiles (2, c) at which the tails of each ordered column begin; NaN without any value and for states."""
    ends = np.full((2, reference.shape[1]), np.nan)
    for j in np.flatnonzero(coding.ordered):
        present = reference[~np.isnan(reference[:, j]), j]
        if len(present):
            ends[:, j] = np.quantile(present, TAILS)
    return ends
