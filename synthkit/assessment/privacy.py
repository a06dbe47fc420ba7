"""What a synthetic table gives away about the rows it was learned from: copies, distances, attacks.

Beside each figure stand its control, which real rows that nobody learned from get, and its baseline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import exp, log, log1p
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.stats import hypergeom

from synthkit import results
from synthkit.assessment.figure import beside, given
from synthkit.assessment.tables import BASELINE, CONTROL, SYNTHETIC, Tables, drawn
from synthkit.assessment.words import privacy_measures
from synthkit.results import Measure, Measured, Skipped
from synthkit.stats import Interval, auc, delong, median, risk_left, share
from synthkit.table.column import Codec
from synthkit.table.geometry import Geometry, Points, alike

#: Real rows of a kind (learned from, held out) below which an attack on them says nothing.
FEWEST_ROWS = 10
#: Rows made by shuffling, and synthetic rows whose distances are asked for, at most. What they are
#: compared with is
#: never cut.
MOST_SHUFFLED, MOST_QUERIES = 5_000, 50_000
#: Training rows, and held-out rows, whose membership is guessed at most; all synthetic rows are
#: looked at.
MOST_ATTACKED = 20_000
FALSE_POSITIVES = 0.01
PROBABILITIES = (0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
#: The quantile of ratios that tells of the most exposed rows.
EXPOSED = 0.05
#: Predicates per attack, and how many are tried for one that is kept.
ATTACKS, TRIES = 2_000, 5
#: A predicate speaks of two to so many columns.
MOST_COLUMNS = 8
#: Pairs of predicate and row held at once, roughly.
CELLS = 2**21
#: What a missing number is, above every number, and the largest that is none.
GONE, LAST = np.inf, float(np.finfo(float).max)
#: Training rows, and held-out rows, one of whose columns is guessed.
MOST_GUESSES = 1_000
#: A guessed number is right within this share of the way from the column's 5 % to its 95 %
#: quantile.
TOLERANCE = 0.05
NO_HOLDOUT = (
    "It needs real rows that nobody learned from, to tell what is given away about training rows"
    " from what is"
    " true of everyone. Give them with --holdout FILE (holdout= in Python)."
)
UNIT = (
    "standard deviations of the training table: the root of the sum, over the columns, of squared"
    " differences of"
    " numbers, and of 1 for a state that differs"
)


def privacy(tables: Tables) -> tuple[results.Privacy, list[Measure]]:
    """Copies, distances, their ratio, membership, singling out and inference: the figures and the headlines.

    What needs real rows that nobody learned from is skipped without a holdout.
    """
    space = Space.of(tables)
    near, ratio = distances(space, tables.rng("privacy", "distances"))
    found = results.Privacy(
        copies=copies(space),
        distances=near,
        ratio=ratio,
        membership=membership(space, tables.schema.classes, tables.rng("privacy", "membership")),
        singling_out=singling_out(space, tables.rng("privacy", "singling out")),
        inference=inference(space, tables.rng("privacy", "inference")),
    )
    return found, list(privacy_measures(found, tables))


# --- The rows as points
# ----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Space:
    """Training, synthetic, held-out and shuffled rows as points, and where each of the four stands among them.

    The geometry is fitted to the training rows alone. `holdout` is empty where there is none, or too
    little of it, with the reason in `no_holdout`.

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
        holdout, reason = tables.holdout, ""
        if holdout is None:
            holdout, reason = tables.real[:0], NO_HOLDOUT
        elif len(holdout) < FEWEST_ROWS:
            reason = (
                f"It needs at least {FEWEST_ROWS} held-out rows of the classes that the synthetic"
                " table"
                f" holds, however there are {len(holdout)}."
            )
            holdout = tables.real[:0]
        shuffled = tables.shuffled(tables.real, "privacy", "shuffled", n=MOST_SHUFFLED)
        frames = [tables.real, tables.synthetic, holdout, shuffled]
        ends = np.cumsum([len(frame) for frame in frames])
        real, synthetic, held, mixed = np.split(np.arange(ends[-1]), ends[:-1])
        classes = np.zeros(ends[-1], dtype=int)
        if tables.schema.target is not None:
            codes = [tables.schema.encode_target(frame[tables.schema.target]) for frame in frames]
            classes = np.concatenate(codes)
        points = geometry.encode_all(frames)
        return cls(geometry, points, real, synthetic, held, mixed, classes, reason)

    @cached_property
    def group(self) -> np.ndarray:
        """A number per point (n,) that equal points share."""
        return alike(self.points)

    def nearest(self, queries: np.ndarray, among: np.ndarray, k: int = 1) -> np.ndarray:
        """The `k` closest of `among` to each of `queries`: positions (m, k).

        Exact and over all of `among`; a row is not its own neighbour. One standard deviation of a
        number counts as much as a state that differs.
        """
        return self.geometry.nearest(self.points, queries, k, among)

    def closest(
        self, queries: np.ndarray, among: np.ndarray, k: int = 1
    ) -> tuple[np.ndarray, np.ndarray]:
        """`nearest` and their distances (m, k)."""
        near = self.nearest(queries, among, k)
        squares = self.geometry.distances(self.points, np.repeat(queries, k), near.ravel())
        return near, np.sqrt(squares).reshape(near.shape)

    def without(self, name: str) -> Space:
        """The same rows as seen by who does not know this column."""
        geometry, points = self.geometry.without(name, self.points)
        return replace(self, geometry=geometry, points=points)

    def take(self, real: np.ndarray, synthetic: np.ndarray, holdout: np.ndarray) -> Space:
        """The space of these positions alone, without shuffled rows."""
        kept = np.concatenate([real, synthetic, holdout])
        ends = np.cumsum([len(real), len(synthetic)])
        mine, made, held = np.split(np.arange(len(kept)), ends)
        return replace(
            self,
            points=self.points.take(kept),
            classes=self.classes[kept],
            real=mine,
            synthetic=made,
            holdout=held,
            shuffled=np.arange(0),
        )

    def column(self, name: str) -> np.ndarray:
        """One column (n,) as floats that are equal where the cells are; a missing number is NaN, a missing state -1."""
        points = self.points
        for j, number in enumerate(self.geometry.numbers):
            if number.name == name:
                return np.where(points.missing[:, j], np.nan, points.numbers[:, j])
        names = [state.name for state in self.geometry.states]
        return points.states[:, names.index(name)].astype(float)


# --- Copies and distances
# --------------------------------------------------------------------------


def copies(space: Space) -> results.Copies:
    """The share of synthetic rows that equal a training row in every compared column, missing equal to missing.

    `control` is the share of held-out rows that do; without a holdout, of training rows that equal
    another one. `baseline`: of shuffled rows.
    """
    group = space.group
    known = group[space.real]
    copied = np.isin(group[space.synthetic], known)
    if len(space.holdout):
        control = np.isin(group[space.holdout], known)
    else:
        control = np.bincount(known)[known] > 1
    return results.Copies(
        **share(float(copied.mean()), len(copied)).plain(),
        control=float(control.mean()),
        baseline=float(np.isin(group[space.shuffled], known).mean()),
        rows=len(copied),
        copied=int(copied.sum()),
    )


def distances(
    space: Space, rng: np.random.Generator
) -> tuple[results.Distances | Skipped, results.Ratio]:
    """Distances to the closest record, and the ratios of the closest to the second closest.

    The first: the distributions of synthetic to training, synthetic to held-out and held-out to
    training rows, and `closer_to_train`, whose control is each held-out row between training and the
    other held-out rows; skipped without a holdout. The second: d1 / d2 of the two training rows
    closest to a synthetic row, near 0 where a row hugs one training row alone, 1 where both are as
    near; the control is the same of held-out rows, without them that of each training row among the
    others. Baselines are of shuffled rows.

    Source: Platzer & Reutterer (2021), "Holdout-based empirical assessment of mixed-type synthetic
    data", for the share that is closer to training; Lowe (2004) for the ratio.
    """
    synthetic, holdout = (
        drawn(rows, MOST_QUERIES, rng) for rows in (space.synthetic, space.holdout)
    )
    control = holdout if len(holdout) else drawn(space.real, MOST_QUERIES, rng)
    asked = {SYNTHETIC: synthetic, BASELINE: space.shuffled, CONTROL: control}
    train = {name: space.closest(rows, space.real, 2) for name, rows in asked.items()}
    pairs = {name: distance for name, (_, distance) in train.items()}
    ratio = _ratios(pairs)
    if not len(holdout):
        return Skipped(skipped=space.no_holdout), ratio
    held = {name: space.closest(rows, space.holdout) for name, rows in asked.items()}
    closer = {
        name: _closer(space, rows, train[name], held[name], rng) for name, rows in asked.items()
    }
    control_closer = closer[CONTROL]
    found = {
        "synthetic_to_train": pairs[SYNTHETIC][:, 0],
        "synthetic_to_holdout": held[SYNTHETIC][1][:, 0],
        "holdout_to_train": pairs[CONTROL][:, 0],
    }
    top = float(np.quantile(np.concatenate(list(found.values())), 0.99)) or 1.0
    beyond_in_last = {name: np.minimum(values, top) for name, values in found.items()}
    part = results.Distances(
        quantiles=list(PROBABILITIES),
        **{name: np.quantile(values, PROBABILITIES).tolist() for name, values in found.items()},
        median=_medians({name: distance[:, 0] for name, distance in pairs.items()}),
        closer_to_train=closer[SYNTHETIC].model_copy(
            update={
                "control": control_closer.value,
                "control_low": control_closer.low,
                "control_high": control_closer.high,
                "baseline": closer[BASELINE].value,
            }
        ),
        histogram=_histogram(beyond_in_last, np.linspace(0, top, 41)),
        rows={SYNTHETIC: len(synthetic), "train": len(space.real), "holdout": len(space.holdout)},
        unit=UNIT,
    )
    return part, ratio


def at_equal_rows(nearest: float, expected: float) -> float:
    """The share nearest to training as it were, had as many rows been held out as were learned from.

    `expected` e = training rows / real rows is what chance gives. If a part f of the rows clings to
    training rows and the rest is like anyone's, the share is s = f + (1 - f)·e, and among equally many
    rows f + (1 - f)/2; and likewise below e. So nothing has to be thrown away to compare.

    >>> at_equal_rows(0.7, 0.7), at_equal_rows(1.0, 0.7), at_equal_rows(0.35, 0.7)
    (0.5, 1.0, 0.25)
    """
    if nearest < expected:
        return 0.5 * nearest / expected
    return 0.5 + 0.5 * (nearest - expected) / (1 - expected)


def _closer(
    space: Space,
    queries: np.ndarray,
    train: tuple[np.ndarray, np.ndarray],
    held: tuple[np.ndarray, np.ndarray],
    rng: np.random.Generator,
) -> results.Closer:
    """The share of `queries` (m,) whose closest real row is a training row, put at equal rows.

    A query belongs to the place of its closest real row; of places equally near, one is drawn, each
    as likely as it has rows. It counts as the share of training rows among the rows of that place
    (the query itself not counted). So without a leak the expected share is the training table's share
    of the rows exactly, whatever the ties. Queries of one place say little more than one: were the
    real rows' tables drawn anew, the share would vary as that of m² / Σ c²/n independent queries does,
    where c queries belong to a place of n rows.
    """
    near_train, to_train, near_held, to_held = (array[:, 0] for array in (*train, *held))
    owner = np.where(to_train < to_held, near_train, near_held)
    tied = queries[to_train == to_held]
    if len(tied):  # in random order, the first of equals is any of them
        order = rng.permutation(len(space.points))
        place = np.argsort(order)
        pool = np.sort(place[np.concatenate([space.real, space.holdout])])
        mixed = space.points.take(order)
        first = space.geometry.nearest(mixed, place[tied], 1, pool)[:, 0]
        owner[to_train == to_held] = order[first]
    group = space.group
    n_train, n_held = (
        np.bincount(group[rows], minlength=group.max() + 1) for rows in (space.real, space.holdout)
    )
    held_out = np.isin(queries, space.holdout)  # such a query is compared with the others
    here, itself = group[owner], held_out & (group[owner] == group[queries])
    n = n_train[here] + n_held[here] - itself
    nearest = float((n_train[here] / n).mean())
    worth = len(queries) ** 2 / (np.bincount(here)[here] / n).sum()
    expected = len(space.real) / (len(space.real) + len(space.holdout) - int(held_out[0]))
    low, high = (at_equal_rows(end, expected) for end in share(nearest, worth).ends)
    return results.Closer(
        value=at_equal_rows(nearest, expected),
        low=low,
        high=high,
        nearest_is_train=nearest,
        train_share_of_rows=expected,
    )


def _ratios(pairs: Mapping[str, np.ndarray]) -> results.Ratio:
    """The nearest-neighbour distance ratios d1 / d2 of distances (m, 2).

    1 where both are 0: neither of two equal training rows stands out.
    """
    found = {
        name: np.divide(d[:, 0], d[:, 1], out=np.ones(len(d)), where=d[:, 1] > 0)
        for name, d in pairs.items()
    }
    ours, control = found[SYNTHETIC], found[CONTROL]
    return results.Ratio(
        **_medians(found).plain(),
        rows=len(ours),
        low_quantile={
            "probability": EXPOSED,
            "value": float(np.quantile(ours, EXPOSED)),
            "control": float(np.quantile(control, EXPOSED)),
        },
        histogram=_histogram({SYNTHETIC: ours, CONTROL: control}, np.linspace(0, 1, 21)),
    )


def _medians(found: Mapping[str, np.ndarray]) -> Measured:
    control, baseline = (float(np.median(found[name])) for name in (CONTROL, BASELINE))
    return beside(median(found[SYNTHETIC]), control, baseline)


def _histogram(found: Mapping[str, np.ndarray], edges: np.ndarray) -> dict[str, list[float]]:
    """Shares of rows per bin."""
    shares = {
        name: (np.histogram(values, edges)[0] / len(values)).tolist()
        for name, values in found.items()
    }
    return {"edges": edges.tolist()} | shares


# --- Membership
# ------------------------------------------------------------------------------------


def membership(
    space: Space, classes: Sequence[Any], rng: np.random.Generator
) -> results.Membership | Skipped:
    """How well the distance to the closest synthetic row tells training rows from held-out ones.

    Score of a real row: minus its distance to the closest synthetic row. `auc` is the share of pairs
    of a training and a held-out row in which the training row has the higher score, ties counting
    half: 0.5 is guessing, 1 certainty. `control` is that of one half of the held-out rows against the
    other. `advantage` = 2·auc - 1. `tpr` is the share of training rows recognised when 1 % of the
    held-out rows are taken for training rows (Carlini et al. 2022), null below 100 held-out rows.
    `classes` has the same within each class; empty without a target.

    Source: Kotelnikov et al. (2023) for the attack; DeLong et al. (1988) for the interval.
    """
    if not len(space.holdout):
        return Skipped(skipped=space.no_holdout)
    members, others = (drawn(rows, MOST_ATTACKED, rng) for rows in (space.real, space.holdout))
    _, distance = space.closest(np.concatenate([members, others]), space.synthetic)
    inside, outside = np.split(-distance[:, 0], [len(members)])
    second = rng.permutation(len(outside)) % 2 == 1
    found: list[results.MembershipClass] = []
    for code in np.unique(space.classes[space.synthetic]) if classes else ():
        mine, theirs = space.classes[members] == code, space.classes[others] == code
        if min(mine.sum(), theirs.sum()) < FEWEST_ROWS:
            reason = (
                f"It needs at least {FEWEST_ROWS} training and held-out rows of the class,"
                " however there"
                f" are {mine.sum()} and {theirs.sum()}."
            )
            found.append(results.MembershipClass(name=classes[code], skipped=reason))
        else:
            attack = _membership(inside[mine], outside[theirs], second[theirs])
            found.append(results.MembershipClass(**attack, name=classes[code]))
    return results.Membership(**_membership(inside, outside, second), classes=found)


def _membership(inside: np.ndarray, outside: np.ndarray, second: np.ndarray) -> dict[str, Any]:
    found = auc(inside, outside)
    return {
        "auc": beside(found, delong(outside[~second], outside[second])[0], 0.5),
        "advantage": 2 * found.value - 1,
        "tpr": _recognised(inside, outside),
        "train_rows": len(inside),
        "holdout_rows": len(outside),
    }


def _recognised(inside: np.ndarray, outside: np.ndarray) -> results.Recognised | None:
    """The share of `inside` above the score that at most 1 % of `outside` pass."""
    allowed = int(FALSE_POSITIVES * len(outside))
    if allowed < 1:
        return None
    hits = inside > np.sort(outside)[-1 - allowed]
    return results.Recognised(
        **share(float(hits.mean()), len(hits)).plain(),
        baseline=FALSE_POSITIVES,
        false_positive_rate=FALSE_POSITIVES,
    )


# --- Singling out
# ----------------------------------------------------------------------------------


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


def singling_out(space: Space, rng: np.random.Generator) -> results.SinglingOut | Skipped:
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
        return Skipped(skipped=space.no_holdout)
    ordered, table = _coordinates(space)
    rows, real, held = table[space.synthetic], table[space.real], table[space.holdout]
    several = min(MOST_COLUMNS, table.shape[1])
    one = _attack(_univariate(rows, ordered, rng), _guesses(rows, ordered, 1, rng), real, held)
    if several < 2:
        return results.SinglingOut(
            univariate=one,
            multivariate=Skipped(skipped="It needs at least two columns, however there is one."),
        )
    said, guessed = (draw(rows, ordered, several, rng) for draw in (_multivariate, _guesses))
    several_columns = _attack(said, guessed, real, held)
    return results.SinglingOut(univariate=one, multivariate=several_columns)


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
) -> results.Attack | Skipped:
    if not len(predicates):
        return Skipped(skipped="No statement of this kind fits exactly one synthetic row.")
    (found, victim), (counts, other) = predicates.fit(real), predicates.fit(held)
    hits, plain = found == 1, float((counts == 1).mean())
    control = singled_out(counts, len(held), len(real))
    # What was extrapolated is as much less sure.
    stretched = max(1.0, control / plain) if plain else 1.0
    rate, n = float(hits.mean()), _worth(victim[hits], len(hits))
    n_control = _worth(other[counts == 1], len(hits)) / stretched**2
    interval, risk = share(rate, n), risk_left(rate, control, n, n_control)
    return results.Attack(
        attack_rate=rate,
        attack_low=interval.low,
        attack_high=interval.high,
        control=control,
        baseline=float((guesses.fit(real)[0] == 1).mean()),
        **_risk(risk).plain(),
        attacks=len(hits),
        victims=len(set(victim[hits])),
    )


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


# --- Inference
# --------------------------------------------------------------------------------------


def inference(space: Space, rng: np.random.Generator) -> results.Inference | Skipped:
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
        return Skipped(skipped=space.no_holdout)
    columns = space.geometry.columns
    if len(columns) < 2:
        return Skipped(
            skipped="It needs at least two columns, one to know and one to guess, however there is one."
        )
    real, holdout = (drawn(rows, MOST_GUESSES, rng) for rows in (space.real, space.holdout))
    victims = space.take(real, space.synthetic, holdout)
    found = [_inferred(column, space, victims) for column in columns]
    worst = max(found, key=lambda one: (given(one.low), given(one.risk)))
    rates = given(worst.attack_rate), given(worst.control)
    attacks = given(worst.attacks), given(worst.control_attacks)
    return results.Inference(
        columns=found,
        worst=worst.name,
        worst_risk=_risk(risk_left(*rates, *attacks, 1 - 0.05 / len(found))),
        tolerance=TOLERANCE,
    )


def _inferred(column: Codec, space: Space, victims: Space) -> results.AttributeAttack:
    """The attack on one column."""
    asked = np.concatenate([victims.real, victims.holdout])
    guess = victims.without(column.name).nearest(asked, victims.synthetic)[:, 0]
    values = victims.column(column.name)
    off = 0.0
    if column.ordered:
        known = space.column(column.name)[space.real]
        if np.isfinite(known).any():
            off = TOLERANCE * float(np.subtract(*np.nanquantile(known, [0.95, 0.05])))
    main, control = np.split(_right(values[guess], values[asked], off), [len(victims.real)])
    rate, chance = share(float(main.mean()), len(main)), float(control.mean())
    return results.AttributeAttack(
        name=column.name,
        attack_rate=rate.value,
        attack_low=rate.low,
        attack_high=rate.high,
        baseline=_by_chance(values[victims.real], values[victims.synthetic], off),
        control=chance,
        **_risk(risk_left(rate.value, chance, len(main), len(control))).plain(),
        attacks=len(main),
        control_attacks=len(control),
    )


def _risk(found: Interval) -> results.Risk:
    return results.Risk(risk=found.value, low=found.low, high=found.high)


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
