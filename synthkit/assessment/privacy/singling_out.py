"""Do statements that fit one synthetic row alone fit one training row alone?"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, log1p
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.stats import hypergeom

from synthkit.assessment.privacy.space import Space
from synthkit.stats import risk_left, share

#: Predicates per attack, and how many are tried for one that is kept.
ATTACKS, TRIES = 2_000, 5
#: A predicate speaks of two to so many columns.
MOST_COLUMNS = 8
#: Pairs of predicate and row held at once, roughly.
CELLS = 2**21
#: What a missing number is, above every number, and the largest that is none.
GONE, LAST = np.inf, float(np.finfo(float).max)


@dataclass(frozen=True, eq=False)
class Predicates:
    """P statements "each column j lies in [low_j, high_j]"; (-inf, inf) where it does not matter. Both (P, d)."""

    low: np.ndarray
    high: np.ndarray

    def __len__(self) -> int:
        return len(self.low)

    def take(self, which: np.ndarray) -> Predicates:
        return Predicates(self.low[which], self.high[which])

    def distinct(self) -> Predicates:
        """Each but once, in order of first appearance."""
        _, first = np.unique(np.hstack([self.low, self.high]), axis=0, return_index=True)
        return self.take(np.sort(first))

    def fit(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How many of the rows (n, d) each fits, and one row that it fits (any, where none): both (P,).

        Only the rows within the narrowest of a predicate's intervals are looked at.
        """
        rows = np.ascontiguousarray(rows)
        order = rows.argsort(axis=0, kind="stable")
        ranked = [
            (x[o], low, high)
            for x, o, low, high in zip(rows.T, order.T, self.low.T, self.high.T, strict=True)
        ]
        begin = np.column_stack([np.searchsorted(x, low, "left") for x, low, _ in ranked])
        end = np.column_stack([np.searchsorted(x, high, "right") for x, _, high in ranked])
        every, inside = np.arange(len(self)), np.maximum(end - begin, 0)
        narrow = inside.argsort(axis=1, kind="stable")  # columns, the most telling first
        length, first = inside[every, narrow[:, 0]], narrow[:, 0]
        said = int(((self.low > -np.inf) | (self.high < np.inf)).sum(axis=1).max(initial=0))
        counts, one = np.zeros(len(self), dtype=np.int64), np.zeros(len(self), dtype=np.int64)
        blocks = np.searchsorted(length.cumsum(), np.arange(CELLS, length.sum(), CELLS))
        for mine in np.split(every, np.unique(blocks)):
            # Pairs of a predicate and a row that it may fit.
            which, size = np.repeat(mine, length[mine]), length[mine]
            rank = (
                np.arange(len(which))
                - np.repeat(size.cumsum() - size, size)
                + begin[which, first[which]]
            )
            row = order[rank, first[which]]
            for k in range(1, said):
                j = narrow[which, k]
                x = rows[row, j]
                fits = (self.low[which, j] <= x) & (x <= self.high[which, j])
                which, row = which[fits], row[fits]
            counts += np.bincount(which, minlength=len(self))
            one[which] = row
        return counts, one


def singling_out(space: Space, rng: np.random.Generator) -> dict[str, Any]:
    """The risk that a person is singled out, by one column and by several.

    An attack is a predicate that fits exactly one synthetic row; it succeeds if it fits exactly one
    training row. `univariate`: a column's smallest or largest value or beyond, or a value, level or
    gap that one synthetic row has. `multivariate`: a synthetic row's own values in two to eight drawn
    columns: states equal, numbers at or beyond the row's, away from the median.

    `baseline`: predicates of drawn columns, values and directions. `control`: the same predicates on
    held-out rows, as if there were as many of them as training rows (`singled_out`). The risk is the
    excess of the attack over the control, see `risk_left`. Attacks that single out the same row count as
    little more than one in the intervals.

    Source: Giomi, Boenisch, Wehmeyer & Tasnádi (2023), "A unified framework for quantifying privacy
    risk in synthetic data". DIFFERS: the number of columns is drawn per predicate, so that both loose
    and full descriptions are tried.
    """
    if not len(space.holdout):
        return {"skipped": space.no_holdout}
    ordered, table = _coordinates(space)
    rows, real, held = table[space.synthetic], table[space.real], table[space.holdout]
    several = min(MOST_COLUMNS, table.shape[1])
    out = {
        "univariate": _attack(
            _univariate(rows, ordered, rng), _guesses(rows, ordered, 1, rng), real, held
        )
    }
    if several < 2:
        return {
            **out,
            "multivariate": {"skipped": "It needs at least two columns, however there is one."},
        }
    return {
        **out,
        "multivariate": _attack(
            _multivariate(rows, ordered, several, rng),
            _guesses(rows, ordered, several, rng),
            real,
            held,
        ),
    }


def singled_out(counts: np.ndarray, rows: int, wanted: int) -> float:
    """The share of predicates that would fit exactly one row, had there been `wanted` rows instead of `rows`.

    `counts` (P,) is how many of the rows each fits. With fewer rows wanted, the mean over all ways to
    draw them (hypergeometric). With more, the number of fitting rows is Poisson with a rate that
    varies between predicates by a gamma distribution, which the shares of predicates that fit none and
    one row settle: then P(1) = r·s / (1 + s)^(r + 1), where s is proportional to the rows.

    DIFFERS: Giomi et al. fit one common rate to draws of several sizes.

    >>> singled_out(np.array([1, 1, 0, 5]), 100, 100)
    0.5
    >>> singled_out(np.array([1, 1, 0, 0]), 100, 50)
    0.25
    """
    if wanted <= rows:
        return float(hypergeom.pmf(1, rows, counts, wanted).mean())
    none, one, more = float((counts == 0).mean()), float((counts == 1).mean()), wanted / rows
    if one == 0 or none == 0:
        return one
    # With P(0) = (1 + s)^-r: P(1) / P(0) = r·s / (1 + s), and -log P(0) = r·log(1 + s).
    shape = (
        one / none / -log(none)
    )  # s / ((1 + s)·log(1 + s)): 1 at a common rate, less the more rates vary
    if shape > 1 - 1e-6:
        rate = -more * log(none)
        return rate * exp(-rate)
    s = exp(brentq(lambda x: exp(x) / ((1 + exp(x)) * log1p(exp(x))) - shape, -30, 500))
    r = -log(none) / log1p(s)
    return r * more * s / (1 + more * s) ** (r + 1) if r * log1p(more * s) < 700 else 0.0


def _coordinates(space: Space) -> tuple[np.ndarray, np.ndarray]:
    """Which columns have an order (d,), and all of them as floats (n, d); missing numbers beyond all others."""
    points = space.points
    numbers = np.where(points.missing, GONE, points.numbers)
    table = np.asfortranarray(np.hstack([numbers, points.states.astype(float)]))
    return np.arange(table.shape[1]) < numbers.shape[1], table


def _attack(
    predicates: Predicates, guesses: Predicates, real: np.ndarray, held: np.ndarray
) -> dict[str, Any]:
    if not len(predicates):
        return {"skipped": "No statement of this kind fits exactly one synthetic row."}
    (found, victim), (counts, other) = predicates.fit(real), predicates.fit(held)
    hits, plain = found == 1, float((counts == 1).mean())
    control = singled_out(counts, len(held), len(real))
    # What was extrapolated is as much less sure.
    stretched = max(1.0, control / plain) if plain else 1.0
    n, n_control = (
        _worth(victim[hits], len(hits)),
        _worth(other[counts == 1], len(hits)) / stretched**2,
    )
    low, high = share(float(hits.mean()), n).ends
    risk = risk_left(float(hits.mean()), control, n, n_control)
    return {
        "attack_rate": float(hits.mean()),
        "attack_low": low,
        "attack_high": high,
        "baseline": float((guesses.fit(real)[0] == 1).mean()),
        "control": control,
        "risk": risk.value,
        "low": risk.low,
        "high": risk.high,
        "attacks": len(hits),
        "victims": len(set(victim[hits])),
    }


def _worth(victims: np.ndarray, attacks: int) -> float:
    """As how many independent attacks these count: n·Σc / Σc², where c of n single out the same row."""
    times = np.bincount(victims) if len(victims) else np.ones(1)
    return float(attacks * times.sum() / (times**2).sum())


def _univariate(rows: np.ndarray, ordered: np.ndarray, rng: np.random.Generator) -> Predicates:
    """The ends of every column, and of the values that one row alone has a draw."""
    ends, rare = [], []
    for j in range(rows.shape[1]):
        values, times = np.unique(rows[:, j], return_counts=True)
        there = values[values <= LAST]
        if ordered[j] and len(there):
            ends += [(j, -np.inf, there[0]), (j, there[-1], LAST)]
        rare.append(np.column_stack([np.full((times == 1).sum(), float(j)), values[times == 1]]))
    alone = np.concatenate(rare)
    alone = alone[rng.permutation(len(alone))[: max(0, ATTACKS - len(ends))]]
    asked = np.array([*ends, *alone[:, [0, 1, 1]]]).reshape(-1, 3)
    low, high = np.full((2, len(asked), rows.shape[1]), [[[-np.inf]], [[np.inf]]])
    every, column = np.arange(len(asked)), asked[:, 0].astype(int)
    low[every, column], high[every, column] = asked[:, 1], asked[:, 2]
    found = Predicates(low, high)
    return found.take(found.fit(rows)[0] == 1)


def _multivariate(
    rows: np.ndarray, ordered: np.ndarray, most: int, rng: np.random.Generator
) -> Predicates:
    """Statements true of drawn rows, those that are true of no other row."""
    values = rows[rng.integers(len(rows), size=ATTACKS * TRIES)]
    middle = np.array([np.median(x[x <= LAST]) if (x <= LAST).any() else 0.0 for x in rows.T])
    found = _told(values, values >= middle, ordered, _columns(values.shape, most, rng)).distinct()
    return found.take(np.flatnonzero(found.fit(rows)[0] == 1)[:ATTACKS])


def _guesses(
    rows: np.ndarray, ordered: np.ndarray, most: int, rng: np.random.Generator
) -> Predicates:
    """Statements of values drawn from each column's distinct ones, in a drawn direction."""
    distinct = [np.unique(x) for x in rows.T]
    values = np.column_stack([rng.choice(x, ATTACKS) for x in distinct])
    return _told(values, rng.random(values.shape) < 0.5, ordered, _columns(values.shape, most, rng))


def _told(
    values: np.ndarray, upward: np.ndarray, ordered: np.ndarray, asked: np.ndarray
) -> Predicates:
    """In the columns `asked` (P, d): states equal, numbers at or above the value where `upward`, else at or below."""
    exact = ~ordered | (values == GONE)
    low = np.where(asked & (exact | upward), values, -np.inf)
    high = np.where(asked, np.where(exact | ~upward, values, LAST), np.inf)
    return Predicates(low, high)


def _columns(shape: tuple[int, ...], most: int, rng: np.random.Generator) -> np.ndarray:
    """Which columns each statement speaks of (P, d): one if that is the most, else two to `most` of them."""
    size = rng.integers(min(2, most), most + 1, size=shape[0])
    return rng.random(shape).argsort(axis=1).argsort(axis=1) < size[:, None]


__all__ = ["Predicates", "singled_out", "singling_out"]
