"""Who knows all of a person's columns but one: does the closest synthetic row tell that one?"""

from __future__ import annotations

from typing import Any

import numpy as np

from synthkit.assessment.privacy.space import Space
from synthkit.stats import risk_left, share

#: Training rows, and held-out rows, whose secret is guessed.
ATTACKS = 1_000
#: A guessed number is right within this share of the way from the column's 5 % to its 95 % quantile.
TOLERANCE = 0.05


def inference(space: Space, rng: np.random.Generator) -> dict[str, Any]:
    """The risk per column that a person's value is inferred from the other columns.

    The guess is the value of the synthetic row closest in all other columns. It is right if states
    are equal, if numbers and times are within `TOLERANCE`, or if both are missing. `baseline` is the
    chance that the value of a synthetic row drawn at random is right; `control` how often the guess
    is right for held-out rows: what anyone could learn about anyone. The risk is the excess over the
    control, see `risk_left`. `worst` is the column whose risk is surely the largest, by the lower end; as
    the largest of d is large by chance, `worst_risk` has an interval of confidence 1 - 0.05 / d.

    Source: Giomi, Boenisch, Wehmeyer & Tasnádi (2023), "A unified framework for quantifying privacy
    risk in synthetic data". DIFFERS: there a number is right within 5 % of itself, which means nothing
    for dates or around 0.
    """
    if not len(space.holdout):
        return {"skipped": space.no_holdout}
    columns = space.geometry.columns
    if len(columns) < 2:
        return {
            "skipped": "It needs at least two columns, one to know and one to guess, however there is one."
        }
    victims = space.take(_some(space.real, rng), space.synthetic, _some(space.holdout, rng))
    asked = np.concatenate([victims.real, victims.holdout])
    found = []
    for column in columns:
        near, _ = victims.without(column.name).closest(asked, victims.synthetic)
        values = victims.column(column.name)
        off = 0.0
        if column.ordered:
            known = space.column(column.name)[space.real]
            low, high = (
                np.nanquantile(known, [0.05, 0.95]) if np.isfinite(known).any() else (0.0, 0.0)
            )
            off = TOLERANCE * float(high - low)
        right = _right(values[near[:, 0]], values[asked], off)
        main, control = np.split(right, [len(victims.real)])
        rate = share(float(main.mean()), len(main))
        risk = risk_left(rate.value, float(control.mean()), len(main), len(control))
        found.append(
            {
                "name": column.name,
                "attack_rate": rate.value,
                "attack_low": rate.low,
                "attack_high": rate.high,
                "baseline": _by_chance(values[victims.real], values[victims.synthetic], off),
                "control": float(control.mean()),
                "risk": risk.value,
                "low": risk.low,
                "high": risk.high,
                "attacks": len(main),
                "control_attacks": len(control),
            }
        )
    worst = max(found, key=lambda one: (one["low"], one["risk"]))
    worst_risk = risk_left(
        worst["attack_rate"],
        worst["control"],
        worst["attacks"],
        worst["control_attacks"],
        1 - 0.05 / len(found),
    )
    return {
        "columns": found,
        "worst": worst["name"],
        "worst_risk": {
            "risk": worst_risk.value,
            "low": worst_risk.low,
            "high": worst_risk.high,
        },
        "tolerance": TOLERANCE,
    }


def _right(guess: np.ndarray, truth: np.ndarray, off: float) -> np.ndarray:
    return (np.abs(guess - truth) <= off) | (np.isnan(guess) & np.isnan(truth))


def _by_chance(truth: np.ndarray, values: np.ndarray, off: float) -> float:
    """The chance that a value drawn from `values` is right, as a mean over the truths."""
    gone = np.isnan(truth)
    there = np.sort(values[~np.isnan(values)])
    within = np.searchsorted(there, truth + off, "right") - np.searchsorted(
        there, truth - off, "left"
    )
    return float(np.where(gone, len(values) - len(there), within).mean() / len(values))


def _some(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rows if len(rows) <= ATTACKS else np.sort(rng.choice(rows, ATTACKS, replace=False))


__all__ = ["inference"]
