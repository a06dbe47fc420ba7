"""Whether the positives are several groups with the other classes between them."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np

from synthkit.advice import arms
from synthkit.advice.finding import Finding
from synthkit.advice.sample import FEWEST_POSITIVES, Sample
from synthkit.randomness import generator, integer_seed
from synthkit.stats import ks, mean_interval

MOST_POINTS, MOST_OTHERS = 1_000, 8_000
MOST_GROUPS = 6
#: A group smaller than this is a handful of outliers.
SMALLEST_GROUP, SMALLEST_SHARE = 5, 0.05
TREES, SMALLEST_LEAF = 100, 5
#: Rows made between each positive and those of another group.
PARTNERS = 10
#: By so much more a row between two groups must look like another class than the two rows that it is made of.
DROP = 0.05


def groups_of(sample: Sample, positives: np.ndarray) -> np.ndarray:
    """Group of each of these positives (p,), by what tells them from the others; -1 where a group is too small.

    Two positives are alike by the share of the trees of a random forest, trained on positives against
    others, that end both in the same leaf (Breiman 2001). Columns that tell nothing about the class
    then count nothing, which drown k-means on all columns. Groups are spectral clusters of that
    likeness (Ng, Jordan & Weiss 2002); their number, 2 to 6, is where its eigenvalues fall most.
    Always at least two groups; whether they mean anything is what `sub_groups` measures. Groups
    under 5 rows or 5 % of the positives get -1.
    """
    from sklearn.cluster import KMeans

    most = min(MOST_GROUPS, len(positives) // SMALLEST_GROUP)
    if most < 2:
        return np.zeros(len(positives), dtype=int)
    alike = _alike(sample, positives)
    scale = 1 / np.sqrt(alike.sum(axis=1))
    values, vectors = np.linalg.eigh(alike * scale[:, None] * scale)
    falling = values[::-1]
    k = 2 + int(np.argmax((falling[:-1] - falling[1:])[1:most]))
    places = vectors[:, -k:]
    places = places / np.maximum(
        np.linalg.norm(places, axis=1, keepdims=True), np.finfo(float).tiny
    )
    seed = integer_seed(generator(sample.seed, "advise", "groups"))
    if len(np.unique(places.round(9), axis=0)) < k:  # trees tell nothing apart
        return np.zeros(len(positives), dtype=int)
    found = KMeans(k, n_init=4, random_state=seed).fit_predict(places)
    sizes = np.bincount(found)
    small = sizes < max(SMALLEST_GROUP, SMALLEST_SHARE * len(positives))
    return np.where(small[found], -1, found)


def _alike(sample: Sample, positives: np.ndarray) -> np.ndarray:
    """Share of the trees (p, p) that end both positives in the same leaf."""
    from sklearn.ensemble import RandomForestClassifier

    rng = generator(sample.seed, "advise", "alike")
    others = rng.permutation(np.flatnonzero(~sample.positive))[:MOST_OTHERS]
    rows = np.concatenate([positives, others])
    forest = RandomForestClassifier(
        TREES,
        min_samples_leaf=SMALLEST_LEAF,
        class_weight="balanced",
        random_state=integer_seed(rng),
        n_jobs=1,
    )
    leaves = forest.fit(sample.matrix[rows], sample.positive[rows]).apply(sample.matrix[positives])
    alike = np.zeros((len(positives), len(positives)))
    for leaf in leaves.T:
        alike += leaf[:, None] == leaf
    return alike / TREES


def sub_groups(sample: Sample) -> Finding:
    """Whether rows between two groups of positives look like another class.

    Positives and others are halved at random. A model of one half, in which both sides weigh the
    same, gives rows of the other half their probability of being positive; so it does for rows
    interpolated between two groups of that half. The drop is the mean of the two parents'
    probabilities minus that of the row between them. Both halves take their turn.
    """
    topic, unit = (
        "minority sub-groups",
        "probability of being positive, real rows minus rows between groups",
    )
    count = int(sample.positive.sum())
    if count < FEWEST_POSITIVES:
        return Finding(
            topic,
            None,
            unit,
            DROP,
            None,
            f"Not measured: it needs {FEWEST_POSITIVES} positives, however there are {count}.",
        )
    rng = generator(sample.seed, "advise", "sub-groups")
    ours = rng.permutation(np.flatnonzero(sample.positive))[:MOST_POINTS]
    others = rng.permutation(np.flatnonzero(~sample.positive))[:MOST_OTHERS]
    groups = groups_of(sample, ours)
    drops: dict[tuple[int, int], list[np.ndarray]] = {}
    halves = list(
        zip(np.array_split(np.arange(len(ours)), 2), np.array_split(others, 2), strict=True)
    )
    for (mine, _), (theirs, learned) in (halves, halves[::-1]):
        judge = _judge(sample, ours[theirs], learned, integer_seed(rng))
        rows = ours[mine]
        real = judge(sample.points.values[rows])
        for a, b in permutations(np.unique(groups[groups >= 0]), 2):
            base, ends = np.flatnonzero(groups[mine] == a), np.flatnonzero(groups[mine] == b)
            if len(base) and len(ends):
                starts = np.repeat(base, PARTNERS)
                partners = rng.choice(ends, len(starts))
                made = sample.points.between(rows[starts], rows[partners], rng.random(len(starts)))
                drop = (real[starts] + real[partners]) / 2 - judge(made)
                drops.setdefault((int(min(a, b)), int(max(a, b))), []).append(
                    drop.reshape(-1, PARTNERS).mean(axis=1)
                )
    pairs = {
        pair: values
        for pair, parts in drops.items()
        if len(values := np.concatenate(parts)) >= 2 * SMALLEST_GROUP
    }
    if not pairs:
        return Finding(
            topic,
            0.0,
            unit,
            DROP,
            False,
            "The positives do not part into groups of at least"
            f" {SMALLEST_GROUP} rows and {SMALLEST_SHARE:.0%}.",
            source="ours",
        )
    found = {pair: mean_interval(values, comparisons=len(pairs)) for pair, values in pairs.items()}
    a, b = max(found, key=lambda pair: found[pair].low)
    drop = found[a, b]
    holds = drop.beyond(DROP)
    parted = _parted(sample, ours[groups == a], ours[groups == b])
    start = (
        f"Two groups of positives ({(groups == a).sum()} and {(groups == b).sum()} rows looked at) part by"
        f" {' and '.join(parted)}. A model's probability that a row between them is positive is"
        f" {abs(drop.value):.2f} {'lower' if drop.value > 0 else 'higher'} than of the two rows it is made of"
    )
    says = {
        True: f"{start}: the other classes lie between the groups. Do not interpolate across; look at --plot.",
        False: f"{start}: the other classes do not separate them.",
        None: f"{start}: that does not settle whether they are separate.",
    }[holds]
    ruled_out = (
        arms.because(
            ("mixup", *arms.of("one_shape")),
            "sub-groups of the positives are separated by the"
            " other classes, and it puts rows between them",
        )
        if holds
        else {}
    )
    favours = ("sequential_trees", "noise", "random_oversampling") if holds else ()
    return Finding(
        topic, drop.value, unit, DROP, holds, says, drop.low, drop.high, "ours", favours, ruled_out
    )


def _judge(sample: Sample, positives: np.ndarray, others: np.ndarray, seed: int) -> Any:
    """A function of points (q, D): their probability of being positive (q,) if both sides were as many."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    rows = np.concatenate([positives, others])
    weight = np.where(sample.positive[rows], len(others) / len(positives), 1.0)
    model = HistGradientBoostingClassifier(
        max_iter=60, max_leaf_nodes=15, early_stopping=False, random_state=seed
    )
    model.fit(sample.points.values[rows], sample.positive[rows], sample_weight=weight)
    return lambda points: model.predict_proba(points)[:, 1]


def _parted(sample: Sample, a: np.ndarray, b: np.ndarray) -> list[str]:
    """The two columns in which the groups differ most, by the distance of their distributions (Kolmogorov-Smirnov)."""
    distances = [ks(column[a], column[b]).value for column in sample.matrix.T]
    return [str(sample.X.columns[j]) for j in np.argsort(distances)[::-1][:2]]
