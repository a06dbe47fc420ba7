"""The tables of a report as points of one geometry, in which rows are near each other or the same."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from synthkit.assessment.tables import Tables
from synthkit.table.geometry import Geometry, Points

#: Real rows of a kind (learned from, held out) below which an attack on them says nothing.
FEWEST_ROWS = 10
#: Rows made by shuffling at most.
MOST_SHUFFLED = 5_000
NO_HOLDOUT = (
    "It needs real rows that nobody learned from, to tell what is given away about training rows from what is"
    " true of everyone. Give them with --holdout FILE (holdout= in Python)."
)


@dataclass(frozen=True, eq=False)
class Space:
    """Training, synthetic, held-out and shuffled rows as points, and where each of the four stands among them.

    The geometry is fitted to the training rows alone. Real rows of classes that the synthetic table
    lacks are left out: a strategy's rows are of the smaller classes only, and they are what it could
    give away. `holdout` is empty where there is none, with the reason in `no_holdout`.

    - `points` (n): all rows, in the geometry; a level that training lacks is a state of its own.
    - `real`, `synthetic`, `holdout`, `shuffled`: positions in `points`; the last are training rows with
      each column drawn on its own, the baseline of what is no attack.
    - `classes` (n,): class codes, 0 without a target.
    """

    geometry: Geometry
    points: Points
    real: np.ndarray
    synthetic: np.ndarray
    holdout: np.ndarray
    shuffled: np.ndarray
    classes: np.ndarray
    no_holdout: str = ""

    @classmethod
    def of(cls, tables: Tables) -> Space:
        """The space of a report's tables."""
        geometry = Geometry.fit(tables.real, tables.schema)
        found = {"real": tables.real, "synthetic": tables.synthetic}
        if tables.holdout is not None:
            found["holdout"] = tables.holdout
        codes = {name: _codes(table, tables) for name, table in found.items()}
        held = np.unique(codes["synthetic"])
        kept = {name: np.flatnonzero(np.isin(code, held)) for name, code in codes.items()}
        frames = [found[name].take(rows) for name, rows in kept.items()]
        ends = np.cumsum([len(frame) for frame in frames])
        places = dict(zip(found, np.split(np.arange(ends[-1]), ends[:-1]), strict=True))
        holdout = places.get("holdout", np.arange(0))
        reason = NO_HOLDOUT if tables.holdout is None else ""
        for name, rows in (("held-out", holdout), ("training", places["real"])):
            if not reason and len(rows) < FEWEST_ROWS:
                reason = (
                    f"It needs at least {FEWEST_ROWS} {name} rows of the classes that the synthetic table holds,"
                    f" however there are {len(rows)}."
                )
        points = geometry.encode_all(frames)
        shuffled = _shuffled(geometry, points.take(places["real"]), tables)
        return cls(
            geometry,
            Points.concat([points, shuffled]),
            places["real"],
            places["synthetic"],
            np.arange(0) if reason else holdout,
            np.arange(len(points), len(points) + len(shuffled)),
            np.concatenate(
                [
                    *(codes[name][rows] for name, rows in kept.items()),
                    np.zeros(len(shuffled), dtype=int),
                ]
            ),
            reason,
        )

    def closest(
        self, queries: np.ndarray, among: np.ndarray, k: int = 1
    ) -> tuple[np.ndarray, np.ndarray]:
        """The `k` closest of `among` to each of `queries` and their distances: positions and floats (m, k).

        Exact and over all of `among`; a row is not its own neighbour. One standard deviation of a
        number counts as much as a state that differs.
        """
        near = self.geometry.nearest(self.points, queries, k, among)
        squares = self.geometry.distances(self.points, np.repeat(queries, k), near.ravel())
        return near, np.sqrt(squares).reshape(near.shape)

    def without(self, name: str) -> Space:
        """The same rows as seen by who does not know this column."""
        geometry, points = self.geometry.without(name, self.points)
        return replace(self, geometry=geometry, points=points)

    def take(self, real: np.ndarray, synthetic: np.ndarray, holdout: np.ndarray) -> Space:
        """The space of these positions alone, without shuffled rows."""
        places = np.concatenate([real, synthetic, holdout])
        mine, theirs, others = np.split(
            np.arange(len(places)), np.cumsum([len(real), len(synthetic)])
        )
        return replace(
            self,
            points=self.points.take(places),
            classes=self.classes[places],
            real=mine,
            synthetic=theirs,
            holdout=others,
            shuffled=np.arange(0),
        )

    def column(self, name: str) -> np.ndarray:
        """One column (n,) as floats that are equal where the cells are; a missing number is NaN, a missing state -1."""
        number, state = 0, 0
        for column in self.geometry.columns:
            if column.ordered:
                if column.name == name:
                    return np.where(
                        self.points.missing[:, number], np.nan, self.points.numbers[:, number]
                    )
                number += 1
            else:
                if column.name == name:
                    return self.points.states[:, state].astype(float)
                state += 1
        raise KeyError(name)


def _codes(table: pd.DataFrame, tables: Tables) -> np.ndarray:
    if tables.schema.target is None:
        return np.zeros(len(table), dtype=int)
    return tables.schema.encode_target(table[tables.schema.target])


def _shuffled(geometry: Geometry, points: Points, tables: Tables) -> Points:
    """Rows (at most `MOST_SHUFFLED`) with each column drawn on its own, without replacement."""
    n = min(len(points), MOST_SHUFFLED)
    # Each column has a stream of its own: another column beside it changes nothing.
    drawn = {
        column.name: tables.rng("privacy", "shuffled", column.name).permutation(len(points))[:n]
        for column in geometry.columns
    }
    out = points.take(np.arange(n))
    for j, number in enumerate(geometry.numbers):
        rows = drawn[number.name]
        out.numbers[:, j], out.missing[:, j] = points.numbers[rows, j], points.missing[rows, j]
    for j, state in enumerate(geometry.states):
        out.states[:, j] = points.states[drawn[state.name], j]
    return out


__all__ = ["FEWEST_ROWS", "NO_HOLDOUT", "Space"]
