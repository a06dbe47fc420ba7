"""Noise: rows of the smaller classes again, each number moved a little."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field

from synthkit.errors import ConfigError, nearest
from synthkit.methods import method
from synthkit.methods.traits import Traits
from synthkit.strategies.base import Ratio, Strategy, shortfall
from synthkit.table.column import Codec
from synthkit.table.geometry import Geometry, Points
from synthkit.table.schema import Kind
from synthkit.table.training_set import TrainingSet

Deviation = Annotated[float, Field(ge=0)]


@method
class Noise(Strategy):
    """Repeat rows of the smaller classes in their order, with normal noise on the numbers, up to
    `ratio`.

    x' = x + s·z, z ~ N(0, 1) for each row and column. s is `scale` times the column's standard
    deviation within the class, or `scales[column]` times it, or `absolute[column]` in the column's
    own unit (times: seconds). States and missing values stay as they are, whole numbers are
    rounded, and with `clip` a column that is never negative in the training rows stays so.

    Raises
    ------
    ConfigError
        If `scales` or `absolute` name no column, or one of states with a scale above 0.
    DataError
        If a class has no row.

    Notes
    -----
    Shape: (n, d) -> (n + m, d); the m new rows come last, class by class, and are synthetic
    even where no cell was moved.
    Source: Bishop (1995), "Training with noise is equivalent to Tikhonov regularization".
    """

    traits: ClassVar[Traits | None] = Traits.of(
        "moves", note="stays beside each real row", suggested={"scale": 0.1}
    )

    ratio: Ratio = 1.0
    scale: Annotated[
        float,
        Field(ge=0, description="Noise in standard deviations of the column within the class."),
    ] = 0.1
    scales: Annotated[
        Mapping[str, Deviation], Field(description="The same for single columns, by name.")
    ] = field(default_factory=dict)
    absolute: Annotated[
        Mapping[str, Deviation],
        Field(description="Noise of single columns in their own unit, by name; times: seconds."),
    ] = field(default_factory=dict)
    clip: Annotated[
        bool, Field(description="Keep a column that is never negative in the training rows so.")
    ] = True

    def __post_init__(self) -> None:
        for column in self.scales:
            if column in self.absolute:
                raise ConfigError(
                    f"A column has one scale, however {column!r} is in both scales and absolute.",
                    key="absolute",
                )

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        wanted = shortfall(train, self.ratio)
        geometry = Geometry.fit(train.X, train.schema)
        self._check_columns(geometry)
        if not wanted:
            return train
        made = []
        for code, m in wanted.items():
            points = geometry.encode(train.X.take(train.rows_of(code)))
            tiled = points.take(np.resize(np.arange(len(points)), m))
            draws = rng.standard_normal((m, len(geometry.numbers)))
            numbers = jitter(
                tiled.numbers, self._deviations(geometry, points), draws, self._floors(geometry)
            )
            # A missing number stays 0 and missing.
            numbers[tiled.missing] = 0.0
            made.append(geometry.decode(Points(numbers, tiled.missing, tiled.states)))
        return train.append(
            pd.concat(made, ignore_index=True) if len(made) > 1 else made[0],
            np.repeat(list(wanted), list(wanted.values())),
        )

    def _check_columns(self, geometry: Geometry) -> None:
        known, states = [c.name for c in geometry.columns], [c.name for c in geometry.states]
        for key, given in (("scales", self.scales), ("absolute", self.absolute)):
            for column, value in given.items():
                if column not in known:
                    raise ConfigError(
                        f"noise: {key} names column {column!r}, however no feature has that name."
                        f"{nearest(column, known)}",
                        key=key,
                    )
                if column in states and value > 0:
                    raise ConfigError(
                        f"noise: {key} gives column {column!r} a scale, however it holds states,"
                        f" which"
                        " noise leaves as they are. Leave it out, or make it numeric in the"
                        " schema.",
                        key=key,
                    )

    def _deviations(self, geometry: Geometry, points: Points) -> np.ndarray:
        """The noise's standard deviation (p,) per column, in the units of `Points.numbers`."""
        out = np.zeros(len(geometry.numbers))
        for j, number in enumerate(geometry.numbers):
            if number.name in self.absolute:
                out[j] = self.absolute[number.name] / number.step
                continue
            seen = points.numbers[~points.missing[:, j], j]
            varies = len(seen) > 0 and seen.max() > seen.min()
            out[j] = self.scales.get(number.name, self.scale) * (seen.std() if varies else 0.0)
        return out

    def _floors(self, geometry: Geometry) -> np.ndarray:
        """The smallest value (p,) allowed per column."""
        return np.array(
            [
                0.0 if self.clip and _never_negative(number) else -np.inf
                for number in geometry.numbers
            ]
        )


def _never_negative(number: Codec) -> bool:
    # Times are numbers since the column's first one, which is no floor for them.
    return number.kind is not Kind.DATETIME and number.low >= 0


def jitter(
    numbers: np.ndarray, deviations: np.ndarray, draws: np.ndarray, floors: np.ndarray
) -> np.ndarray:
    """Numbers (m, p) + deviations (p,) · standard normal draws (m, p), at least floors (p,) where
    something was added.

    >>> jitter(np.array([[1.0, 5.0]]), np.array([2.0, 0.0]), np.array([[-3.0, 1.0]]), np.zeros(2))
    array([[0., 5.]])
    """
    moved = numbers + deviations * draws
    return np.where(deviations > 0, np.maximum(moved, floors), numbers)
