"""What is measured about a table, each with its threshold, in words, and what follows for the arms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd

from synthkit.advice.arms import because, inventing, of
from synthkit.advice.sample import FEWEST_POSITIVES, Folds, Points, Sample
from synthkit.errors import DataError
from synthkit.randomness import generator, integer_seed
from synthkit.results import Finding
from synthkit.rules.base import refuse_unknown
from synthkit.rules.rules_file import rules_of
from synthkit.stats import Interval, exact_share, ks, mean_interval
from synthkit.table.dataset import Dataset, Process
from synthkit.table.geometry import Geometry
from synthkit.table.schema import STATES

ARTICLE = "the article"
RATIO, ENOUGH_POSITIVES, MANY_ROWS, MILLIONS = 10.0, 5_000, 100_000, 1_000_000
#: Positives and others that are looked at where rows are made between positives.
MOST_POINTS, MOST_OTHERS = 1_000, 8_000
K_NEIGHBORS = 5
#: Interpolations on majority ground, beyond the share of real positives that lie there.
EXCESS = 0.10
RULE_ROWS, RULE_UNIT = 2_000, "share of interpolated rows that break it"
MOST_GROUPS = 6
#: A group smaller than this is a handful of outliers.
SMALLEST_GROUP, SMALLEST_SHARE = 5, 0.05
TREES, SMALLEST_LEAF = 100, 5
#: Rows made between each positive and those of another group.
PARTNERS = 10
#: By so much more a row between two groups must look like another class than the two rows that it is made of.
DROP = 0.015
#: Shares of each training part's positives that the learning curve is drawn from; each holds the one before.
SHARES = (0.25, 0.5, 1.0)
RECALL_GAP = 0.10
#: An isolation forest that comes as near as this to the classifier's average precision has found the same
#: thing, if its ROC AUC shows that it has found anything.
MARGIN, LEAST_AUC = 0.05, 0.7
#: Average precision below which a gain is no gain: the comparison's region of practical equivalence.
ROPE = 0.01
# Where the table's process is known: rows to learn from, to test on, and drawn at most; and how often.
PROCESS_ROWS, FRESH_ROWS, MOST_FRESH, DRAWS = 20_000, 30_000, 600_000, 10
NOTHING_LEARNED = (
    "the model learned nothing from so few rows, or such columns: it gives every row the same"
    " probability."
)

#: A hard rule: rows in, a mask of the broken ones out.
Rule = Callable[[pd.DataFrame], object]
#: What is said, or follows, where a finding holds (True), does not (False), or is open (None).
ByAnswer = Mapping[Any, Any]


def judged(  # noqa: PLR0913  # a finding has as many parts
    topic: str,
    found: Interval | float | None,
    unit: str,
    threshold: float,
    says: str | ByAnswer,
    source: str = "",
    *,
    holds: bool | None = None,
    favours: ByAnswer | Iterable[str] = (),
    rules_out: ByAnswer | None = None,
) -> Finding:
    """A finding; of an interval `holds` is whether all of it is beyond the threshold."""
    interval = found if isinstance(found, Interval) else None
    if interval and holds is None:
        holds = interval.beyond(threshold)
    return Finding(
        topic=topic,
        value=interval.value if interval else found,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        unit=unit,
        threshold=threshold,
        source=source,
        holds=holds,
        says=says if isinstance(says, str) else says[holds],
        favours=list(favours.get(holds, ()) if isinstance(favours, Mapping) else favours),
        rules_out=(rules_out or {}).get(holds, {}),
    )


def _unmeasured(topic: str, unit: str, threshold: float, why: str) -> Finding:
    return judged(topic, None, unit, threshold, f"Not measured: {why}")


def _too_few(positives: int, who: str = "it") -> str:
    return f"{who} needs {FEWEST_POSITIVES} positives, however there are {positives}."


# ---- what needs no model


def class_ratio(dataset: Dataset) -> Finding:
    """Rows of the largest other class per row of the positive one."""
    counts = np.bincount(dataset.codes, minlength=len(dataset.schema.classes))
    code, positive = dataset.schema.positive_code, dataset.schema.positive
    ours, largest = int(counts[code]), int(np.delete(counts, code).max())
    start = (
        f"{largest:,} rows of the largest other class to {ours:,} of {positive!r},"
        f" {largest / ours:.1f}:1"
    )
    if len(counts) > 2:
        start = (
            f"{len(counts)} classes; {start}; everything here judges {positive!r} against the rest"
        )
    uneven = largest / ours > RATIO
    says = {
        True: f"{start}. So uneven that a threshold of 0.5 will miss many; tune it, and see whether"
        " resampling adds anything.",
        False: f"{start}. Below {RATIO:g}:1 class weights or a tuned threshold often suffice.",
    }
    favours = {
        True: ("class_weights", "random_oversampling", "smote"),
        False: ("none", "class_weights"),
    }
    unit = "rows per positive row"
    return judged(
        "class ratio", largest / ours, unit, RATIO, says, ARTICLE, holds=uneven, favours=favours
    )


def minority_count(dataset: Dataset) -> Finding:
    """Rows of the positive class."""
    ours = int((dataset.codes == dataset.schema.positive_code).sum())
    enough = ours >= ENOUGH_POSITIVES
    ruled_out: dict[str, str] = {}
    if enough:
        says = f"{ours:,} positives: enough to learn from as they are."
        ruled_out = because(inventing(), f"{ours:,} real positives are enough")
    elif ours < FEWEST_POSITIVES:
        says = (
            f"Only {ours} positives: nothing below can be measured, and no comparison of arms can"
            " be trusted. Collect more, or treat it as anomaly detection."
        )
        reason = f"{ours} positives are too few to learn their shape from"
        ruled_out = because(of("generator"), reason)
    else:
        says = (
            f"{ours:,} positives: few enough that more might help; see headroom for whether they"
            " do."
        )
    return judged(
        "minority count",
        float(ours),
        "rows",
        float(ENOUGH_POSITIVES),
        says,
        ARTICLE,
        holds=enough,
        favours={True: ("none", "class_weights", "random_undersampling")},
        rules_out={enough: ruled_out},
    )


def mixed_types(dataset: Dataset) -> Finding:
    """Share of the features that are states (categories, booleans)."""
    schema = dataset.schema
    d, states = len(schema.features), len(schema.of_kind(*STATES))
    missing = int(dataset.table[list(schema.features)].isna().any().sum())
    tail = f" Columns with missing values: {missing}." if missing else ""
    ruled_out: dict[str, str] = {}
    favours: tuple[str, ...] = ()
    if states == d:
        says = (
            f"All {d} columns are states: noise has nothing to move, and there is nothing between"
            f" two states.{tail}"
        )
        ruled_out = because(of("moves"), "every column is a state: it would return copies")
        favours = ("sequential_trees", "random_oversampling")
    elif states:
        says = (
            f"{states} of {d} columns are states. SMOTE takes them from the neighbours, mixup from"
            " the heavier parent, noise leaves them alone; a generator draws them together with"
            f" the numbers.{tail}"
        )
        favours = ("sequential_trees",) if states / d >= 0.5 else ()
    else:
        says = f"All {d} columns are numbers or times; every arm can handle them.{tail}"
    unit, holds = "share of columns that are states", states > 0
    return judged(
        "mixed types",
        states / d,
        unit,
        0.0,
        says,
        ARTICLE,
        holds=holds,
        favours=favours,
        rules_out={holds: ruled_out},
    )


def size(dataset: Dataset) -> Finding:
    """Rows of the table; above 100,000 a search for neighbours among all of them dominates."""
    n = len(dataset)
    large = n > MANY_ROWS
    ruled_out: dict[str, str] = {}
    says = f"{n:,} rows: no arm is too slow for them except by its own training."
    if large:
        says = (
            f"{n:,} rows: a search for neighbours among all of them dominates; use approximate"
            " neighbours or none."
        )
        ruled_out = because(of("searches"), f"it searches for neighbours among {n:,} rows")
    if n >= MILLIONS:
        says = (
            f"{n:,} rows: weigh the classes or leave rows out; what makes rows makes millions of"
            " them."
        )
        ruled_out |= because(of("interpolates", "dear"), f"too slow for {n:,} rows")
    favours = {True: ("class_weights", "random_undersampling")}
    return judged(
        "size",
        float(n),
        "rows",
        float(MANY_ROWS),
        says,
        ARTICLE,
        holds=large,
        favours=favours,
        rules_out={large: ruled_out},
    )


# ---- where interpolated rows land


def smote_ground(sample: Sample) -> Finding:
    """Whether interpolation between neighbours, as SMOTE does it, leaves the minority's ground.

    The positives are halved at random. Rows interpolated within one half are judged by the nearest
    real row among the other half and the majority; so are the half's own rows, the control. The
    excess is the share of interpolations whose nearest row is of the majority, minus that share of
    the real rows which they start from; both halves take their turn. Halving makes neighbours
    more distant than SMOTE's own, so the excess is rather too high than too low.
    """
    topic = "SMOTE's ground"
    if (count := int(sample.positive.sum())) < FEWEST_POSITIVES:
        return _unmeasured(topic, "share of interpolations", EXCESS, _too_few(count))
    rng = generator(sample.seed, "advise", "space")
    ours, others = _sides(sample, rng)
    halves = np.array_split(np.arange(len(ours)), 2)
    alien = np.empty(len(ours))  # per positive, whether its own nearest row is of the majority
    near = np.empty(len(ours))  # per positive, the share of its interpolations whose nearest row is
    for mine, theirs in (halves, halves[::-1]):
        of_majority = _ground(sample.points, ours[theirs], others)
        rows = ours[mine]
        alien[mine] = of_majority(sample.points.values[rows])
        neighbours = _neighbours(sample.points, rows)
        base = np.repeat(rows, neighbours.shape[1])
        gap = rng.random(len(base))
        made = sample.points.between(base, rows[neighbours.ravel()], gap)
        near[mine] = of_majority(made).reshape(neighbours.shape).mean(axis=1)
    excess, control = mean_interval(near - alien), float(alien.mean())
    start = (
        f"Of rows made between neighbouring positives {max(control + excess.value, 0):.0%} lie"
        f" nearest to a row of another class; of real positives {control:.0%} do"
    )
    reason = (
        f"{excess.value:+.0%} more of its rows than of real positives lie on the other classes'"
        " ground"
    )
    return judged(
        topic,
        excess,
        "share of interpolations beyond the control's",
        EXCESS,
        {
            True: f"{start}: SMOTE would put positives where there are none.",
            False: f"{start}: SMOTE's rows stay where positives are.",
            None: f"{start}: that does not settle whether SMOTE leaves their ground.",
        },
        "ours",
        favours={False: ("smote",)},
        rules_out={True: because(of("neighbours"), reason)},
    )


def _sides(sample: Sample, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Some positives and some others, in random order."""
    ours = rng.permutation(np.flatnonzero(sample.positive))[:MOST_POINTS]
    return ours, rng.permutation(np.flatnonzero(~sample.positive))[:MOST_OTHERS]


def _ground(
    points: Points, positives: np.ndarray, majority: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """A function of points (p, D): whether the nearest of these rows is of the majority, as 0.0 or 1.0 (p,)."""
    from sklearn.neighbors import NearestNeighbors

    known = points.values[np.concatenate([positives, majority])]
    search = NearestNeighbors(n_neighbors=1).fit(known)

    def of_majority(values: np.ndarray) -> np.ndarray:
        nearest = search.kneighbors(values, return_distance=False)[:, 0]
        return (nearest >= len(positives)).astype(float)

    return of_majority


def _neighbours(points: Points, rows: np.ndarray) -> np.ndarray:
    """The nearest of these rows to each of them (p, k), as positions among them."""
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=min(K_NEIGHBORS, len(rows) - 1))
    found: np.ndarray = search.fit(points.values[rows]).kneighbors(return_distance=False)
    return found


# ---- hard rules


def by_name(rules: Any) -> bool:
    """Whether the rules are a person's own functions."""
    return isinstance(rules, Mapping) and all(callable(rule) for rule in rules.values())


def masks_of(rules: Any, dataset: Dataset) -> tuple[dict[str, Rule], list[Finding]]:
    """What each rule does to a table of the features, by name; and a finding for each that cannot be measured.

    Raises: ConfigError where a rule is wrong, or speaks of a column that the table has not.
    """
    if not rules:
        return {}, []
    if by_name(rules):
        return dict(rules), []
    known, features = rules_of(rules), set(dataset.schema.features)
    refuse_unknown(known, [str(name) for name in dataset.table.columns])
    masks: dict[str, Rule] = {}
    unmeasured = []
    for rule in known:
        other = [name for name in rule.columns if name not in features]
        if other:
            why = (
                f"it speaks of {', '.join(other)}, which is not learned from, so interpolation"
                " makes no such values."
            )
            unmeasured.append(_unmeasured(f"rule {rule.name}", RULE_UNIT, 0.0, why))
        else:
            masks[rule.name] = rule.learned(dataset.table).violations
    return masks, unmeasured


def broken_rules(sample: Sample, rules: Mapping[str, Rule]) -> list[Finding]:
    """Per rule the share of interpolated rows that break it, each made between neighbouring positives.

    Raises: DataError where a rule does not return a mask of one boolean per row.
    """
    ours = np.flatnonzero(sample.positive)
    if len(ours) < 2 or not rules:
        return []
    made, real = interpolated(sample, ours), sample.X.take(ours)
    findings = []
    for name, rule in rules.items():
        broken, control = _mask(name, rule, made), _mask(name, rule, real)
        share, excess = exact_share(int(broken.sum()), len(made)), float(control.mean())
        start = (
            f"{share.value:.1%} of {len(made):,} interpolated rows break the rule {name!r}; of the"
            f" real positives {excess:.1%} do"
        )
        reason = f"breaks the rule {name!r} unless it is enforced"
        findings.append(
            judged(
                f"rule {name}",
                share,
                RULE_UNIT,
                excess,
                {
                    True: f"{start}: whatever makes rows needs the rule enforced.",
                    False: f"{start}.",
                },
                "the rule on the real positives",
                holds=bool(broken.any()) and share.low > excess,
                favours={True: ("class_weights", "random_oversampling")},
                rules_out={True: because(of("interpolates", "moves"), reason)},
            )
        )
    return findings


def interpolated(sample: Sample, ours: np.ndarray) -> pd.DataFrame:
    """Rows (q, d) as SMOTE would make them, in the table's own columns and dtypes.

    Numbers and times lie between two neighbouring positives, whole numbers rounded; states come
    from the nearer parent.
    """
    rng = generator(sample.seed, "advise", "rules")
    near = _neighbours(sample.points, ours)
    base = rng.integers(len(ours), size=RULE_ROWS)
    a, b = ours[base], ours[near[base, rng.integers(near.shape[1], size=RULE_ROWS)]]
    gap = rng.random(RULE_ROWS)
    geometry = Geometry.fit(sample.X, sample.schema)
    every = geometry.encode(sample.X)
    whose = every.take(np.where(gap < 0.5, a, b))
    mixed = every.numbers[a] + gap[:, None] * (every.numbers[b] - every.numbers[a])
    return geometry.decode(replace(whose, numbers=np.where(whose.missing, 0.0, mixed)))


def _mask(name: str, rule: Rule, rows: pd.DataFrame) -> np.ndarray:
    try:
        mask = np.asarray(rule(rows))
    except Exception as error:  # a person's own code: whatever it raises is about their rule
        raise DataError(
            f"The rule {name!r} must take a table of the features and return which rows break it,"
            f" however it raised {type(error).__name__}: {error}."
        ) from error
    if mask.shape != (len(rows),) or mask.dtype != bool:
        raise DataError(
            f"The rule {name!r} must return one boolean per row ({len(rows)},), however it"
            f" returned {mask.dtype} of shape {mask.shape}."
        )
    return mask


# ---- sub-groups


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
    lengths = np.linalg.norm(places, axis=1, keepdims=True)
    places = places / np.maximum(lengths, np.finfo(float).tiny)
    seed = integer_seed(generator(sample.seed, "advise", "groups"))
    if len(np.unique(places.round(9), axis=0)) < k:  # trees tell nothing apart
        return np.zeros(len(positives), dtype=int)
    found = KMeans(k, n_init=4, random_state=seed).fit_predict(places)
    small = np.bincount(found) < max(SMALLEST_GROUP, SMALLEST_SHARE * len(positives))
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
    """Whether rows between two groups of positives look like another class."""
    topic = "minority sub-groups"
    unit = "probability of being positive, real rows minus rows between groups"
    if (count := int(sample.positive.sum())) < FEWEST_POSITIVES:
        return _unmeasured(topic, unit, DROP, _too_few(count))
    rng = generator(sample.seed, "advise", "sub-groups")
    ours, others = _sides(sample, rng)
    groups = groups_of(sample, ours)
    pairs = _drops(sample, ours, others, groups, rng)
    if not pairs:
        says = (
            f"The positives do not part into groups of at least {SMALLEST_GROUP} rows and"
            f" {SMALLEST_SHARE:.0%}."
        )
        return judged(topic, 0.0, unit, DROP, says, "ours", holds=False)
    found = {pair: mean_interval(values, comparisons=len(pairs)) for pair, values in pairs.items()}
    a, b = max(found, key=lambda pair: found[pair].low)
    drop = found[a, b]
    parted = _parted(sample, ours[groups == a], ours[groups == b])
    start = (
        f"Two groups of positives ({(groups == a).sum()} and {(groups == b).sum()} rows looked at)"
        f" part by {' and '.join(parted)}. A model's probability that a row between them is"
        f" positive is {abs(drop.value):.2f} {'lower' if drop.value > 0 else 'higher'} than of the"
        " two rows it is made of"
    )
    reason = (
        "sub-groups of the positives are separated by the other classes, and it puts rows between"
        " them"
    )
    return judged(
        topic,
        drop,
        unit,
        DROP,
        {
            True: f"{start}: the other classes lie between the groups. Do not interpolate across;"
            " look at --plot.",
            False: f"{start}: the other classes do not separate them.",
            None: f"{start}: that does not settle whether they are separate.",
        },
        "ours",
        favours={True: ("sequential_trees", "noise", "random_oversampling")},
        rules_out={True: because(("mixup", *of("one_shape")), reason)},
    )


def _drops(
    sample: Sample,
    ours: np.ndarray,
    others: np.ndarray,
    groups: np.ndarray,
    rng: np.random.Generator,
) -> dict[tuple[int, int], np.ndarray]:
    """Per pair of groups, and per positive: how much less positive rows to the other group look.

    Positives and others are halved at random. A model of one half, in which both sides weigh the
    same, gives rows of the other half their probability of being positive; so it does for rows
    interpolated between two groups of that half. The drop is the mean of the two parents'
    probabilities minus that of the row between them. Both halves take their turn.
    """
    drops: dict[tuple[int, int], list[np.ndarray]] = {}
    ours_halves = np.array_split(np.arange(len(ours)), 2)
    halves = list(zip(ours_halves, np.array_split(others, 2), strict=True))
    for (mine, _), (theirs, learned) in (halves, halves[::-1]):
        judge = _judge(sample, ours[theirs], learned, integer_seed(rng))
        rows = ours[mine]
        real = judge(sample.points.values[rows])
        for a, b in permutations(np.unique(groups[groups >= 0]), 2):
            base, ends = np.flatnonzero(groups[mine] == a), np.flatnonzero(groups[mine] == b)
            if not (len(base) and len(ends)):
                continue
            starts = np.repeat(base, PARTNERS)
            partners = rng.choice(ends, len(starts))
            made = sample.points.between(rows[starts], rows[partners], rng.random(len(starts)))
            drop = (real[starts] + real[partners]) / 2 - judge(made)
            pair = int(min(a, b)), int(max(a, b))
            drops.setdefault(pair, []).append(drop.reshape(-1, PARTNERS).mean(axis=1))
    joined = {pair: np.concatenate(parts) for pair, parts in drops.items()}
    return {pair: values for pair, values in joined.items() if len(values) >= 2 * SMALLEST_GROUP}


def _judge(sample: Sample, positives: np.ndarray, others: np.ndarray, seed: int) -> Any:
    """A function of points (q, D): their probability of being positive (q,) if both sides were as many."""
    rows = np.concatenate([positives, others])
    weight = np.where(sample.positive[rows], len(others) / len(positives), 1.0)
    model = _quick(seed)
    model.fit(sample.points.values[rows], sample.positive[rows], sample_weight=weight)
    return lambda points: model.predict_proba(points)[:, 1]


def _parted(sample: Sample, a: np.ndarray, b: np.ndarray) -> list[str]:
    """The two columns in which the groups differ most, by the distance of their distributions (Kolmogorov-Smirnov)."""
    distances = [ks(column[a], column[b]).value for column in sample.matrix.T]
    return [str(sample.X.columns[j]) for j in np.argsort(distances)[::-1][:2]]


# ---- what a quick model says; one set of cross-validated fits serves memorising, outliers and headroom


@dataclass(frozen=True, eq=False)
class Learned:
    """Per fold (m,): the model's recall on its own rows and on others, ROC AUC, average precision per share.

    And the ROC AUC and average precision of an isolation forest, which sees no label. `blind` (m, 3): whether the
    model of a share gave every row the same probability. Its scores agree over folds then and mean nothing.
    """

    recall_train: np.ndarray
    recall_test: np.ndarray
    auc: np.ndarray
    auc_unlabelled: np.ndarray
    unlabelled: np.ndarray
    average_precision: np.ndarray  # (m, 3), one column per share
    blind: np.ndarray
    test_to_train: float


def learn(sample: Sample, folds: Folds) -> Learned:
    """Fit the quick model on each training part with a quarter, half and all of its positives; test on the same rows.

    Fewer positives are weighed up to all of them, so that the classes' balance stays and only what
    is known about the positives changes.
    """
    from sklearn.ensemble import IsolationForest
    from sklearn.metrics import average_precision_score, roc_auc_score

    X, y, weight, found, blind = sample.matrix, sample.positive, sample.weight, [], []
    for number, (train, test) in enumerate(folds.parts):
        rng = generator(sample.seed, "advise", "learn", number)
        seed = integer_seed(rng)
        ours, others = rng.permutation(train[y[train]]), train[~y[train]]
        curve, flat = [], []
        for share in SHARES:
            kept = ours[: max(1, round(share * len(ours)))]
            rows = np.sort(np.concatenate([kept, others]))
            raised = np.where(y[rows], len(ours) / len(kept), 1.0) * weight[rows]
            model = _quick(seed).fit(X[rows], y[rows], sample_weight=raised)
            p, own = (model.predict_proba(X[part])[:, 1] for part in (test, ours))
            flat.append(np.ptp(np.concatenate([p, own])) == 0)
            curve.append(average_precision_score(y[test], p, sample_weight=weight[test]))
        forest = IsolationForest(n_estimators=100, random_state=seed)
        strange = -forest.fit(sample.points.values[train]).score_samples(sample.points.values[test])
        blind.append(flat)
        recall_train, recall_test = (own >= 0.5).mean(), (p[y[test]] >= 0.5).mean()
        auc, auc_unlabelled, unlabelled = (
            score(y[test], scores, sample_weight=weight[test])
            for score, scores in (
                (roc_auc_score, p),
                (roc_auc_score, strange),
                (average_precision_score, strange),
            )
        )
        found.append((recall_train, recall_test, auc, auc_unlabelled, unlabelled, *curve))
    table = np.array(found)
    seen, unseen, auc, auc_unlabelled, unlabelled = table[:, :5].T
    curves, flat_models = table[:, 5:], np.array(blind)
    return Learned(
        seen, unseen, auc, auc_unlabelled, unlabelled, curves, flat_models, folds.test_to_train
    )


def _quick(seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=60, max_leaf_nodes=15, early_stopping=False, random_state=seed
    )


def _usual(seed: int) -> Any:
    """The comparison's gradient boosting: a bound on generators should be that of the model they are compared with."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(early_stopping=False, random_state=seed)


def memorising(learned: Learned | None, positives: int) -> Finding:
    """The gap between the model's recall on the positives that it learned from and on others, at 0.5."""
    topic, unit = "memorising", "recall gap"
    if learned is None or learned.blind[:, 2].any():
        return _unmeasured(topic, unit, RECALL_GAP, _why_not(learned, positives))
    gap = mean_interval(learned.recall_train - learned.recall_test, learned.test_to_train)
    start = (
        f"A quick gradient boosting finds {learned.recall_train.mean():.0%} of the positives it"
        f" learned from and {learned.recall_test.mean():.0%} of others"
    )
    return judged(
        topic,
        gap,
        unit,
        RECALL_GAP,
        {
            True: f"{start}: it memorises. More varied positives may help; copies of the same ones"
            " will not.",
            False: f"{start}: it does not memorise.",
            None: f"{start}: the folds do not settle whether that is memorising.",
        },
        "the article names no number; ours",
        favours={True: ("smote", "noise", "mixup", "sequential_trees")},  # one of each family
    )


def outlier_like(learned: Learned | None, positives: int) -> Finding:
    """Average precision of an isolation forest, which never sees a label, minus the classifier's on the same folds.

    DIFFERS from the usual comparison of ROC AUCs, which are near 1 for both wherever positives are
    rare and easy, and then would call every fraud an outlier. They stand in the words.
    """
    topic, unit = "outlier-like positives", "average precision, isolation forest minus classifier"
    if learned is None or learned.blind[:, 2].any():
        return _unmeasured(topic, unit, -MARGIN, _why_not(learned, positives))
    curve = learned.average_precision[:, 2]
    gap = mean_interval(learned.unlabelled - curve, learned.test_to_train)
    # Two bad rankings that agree are no sign of outliers.
    holds = False if learned.auc_unlabelled.mean() < LEAST_AUC else gap.beyond(-MARGIN)
    start = (
        "An isolation forest that sees no label reaches average precision"
        f" {learned.unlabelled.mean():.3f} (ROC AUC {learned.auc_unlabelled.mean():.3f}), the"
        f" classifier {curve.mean():.3f} ({learned.auc.mean():.3f})"
    )
    reason = "the positives are outliers: rows between two of them are like neither"
    return judged(
        topic,
        gap,
        unit,
        -MARGIN,
        {
            True: f"{start}: the positives are mostly rows unlike any other, positives included."
            " Consider anomaly detection; there is little between them to interpolate.",
            False: f"{start}: the positives are a class to be learned, not mere outliers.",
            None: f"{start}: outliers or a class, the folds do not settle it.",
        },
        "ours",
        holds=holds,
        rules_out={True: because(of("interpolates", "one_shape", "dear"), reason)},
    )


def headroom(learned: Learned | None, positives: int) -> Finding:
    """What the second half of the real positives gained in average precision: what more of them may bring at best.

    Learning curves flatten, so the next doubling is expected to bring no more than the last one.
    """
    topic, unit = "headroom", "average precision, from half to all positives"
    if learned is None or learned.blind[:, 1:].any():
        return _unmeasured(topic, unit, ROPE, _why_not(learned, positives))
    curve = learned.average_precision
    gain = mean_interval(curve[:, 2] - curve[:, 1], learned.test_to_train)
    before = mean_interval(curve[:, 1] - curve[:, 0], learned.test_to_train)
    start = (
        f"Average precision is {curve[:, 0].mean():.3f}, {curve[:, 1].mean():.3f} and"
        f" {curve[:, 2].mean():.3f} with a quarter, half and all of the positives (the first"
        f" doubling gained {before.value:+.3f})."
    )
    return _headroom(topic, unit, gain, start, "twice as many real positives")


def perfect_headroom(dataset: Dataset, process: Process, seed: int) -> Finding:
    """What TRUE fresh positives up to balance bring, where the table's process is known: no generator can do better.

    Trained on 9/10 of at most `PROCESS_ROWS` rows as they are, and with the fresh positives;
    average precision on `FRESH_ROWS` fresh rows; ten times, each without another tenth and on
    fresh rows of its own.
    """
    from sklearn.metrics import average_precision_score

    schema, rng = dataset.schema, generator(seed, "advise", "perfect")
    table = dataset.table.take(rng.permutation(len(dataset))[:PROCESS_ROWS])
    n, code = len(table), schema.positive_code
    y = schema.encode_target(table[schema.target]) == code
    missing = max(0, int((~y).sum() - y.sum()) * 9 // 10)
    tested = DRAWS * FRESH_ROWS
    wanted = tested + int(1.1 * missing / max(y.mean(), 1e-9))
    fresh = schema.conform(process.fresh(min(wanted, MOST_FRESH), rng))
    fresh_y = schema.encode_target(fresh[schema.target]) == code
    X = pd.concat([t[list(schema.features)] for t in (table, fresh)], ignore_index=True)
    y = np.concatenate([y, fresh_y])
    matrix = Sample(X, schema, np.arange(len(X)), y, np.ones(len(X))).values
    spares = n + tested + np.flatnonzero(fresh_y[tested:])
    missing = min(missing, len(spares))
    scores, blind = np.empty((DRAWS, 2)), False
    for left_out in range(DRAWS):
        tests = n + left_out * FRESH_ROWS + np.arange(FRESH_ROWS)
        train = np.flatnonzero(np.arange(n) % DRAWS != left_out)
        added = rng.choice(spares, size=missing, replace=False)
        model_seed = integer_seed(generator(seed, "advise", "perfect", left_out))
        for arm, rows in enumerate((train, np.concatenate([train, added]))):
            model = _usual(model_seed).fit(matrix[rows], y[rows])
            p = model.predict_proba(matrix[tests])[:, 1]
            scores[left_out, arm] = average_precision_score(y[tests], p)
            blind |= arm == 1 and np.ptp(p) == 0  # even with the fresh rows
    topic = "headroom, perfect generator"
    unit = f"average precision, with {missing:,} true fresh positives"
    if blind:
        return _unmeasured(topic, unit, ROPE, NOTHING_LEARNED)
    gain = mean_interval(scores[:, 1] - scores[:, 0], 1 / (DRAWS - 1))
    start = (
        f"This table's process is known. Average precision on {DRAWS} × {FRESH_ROWS:,} fresh rows"
        f" is {scores[:, 0].mean():.3f}."
    )
    return _headroom(topic, unit, gain, start, "the rows of a perfect generator")


def _headroom(topic: str, unit: str, gain: Interval, start: str, what: str) -> Finding:
    shown = f"{gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]"
    start = f"{start} {what[0].upper()}{what[1:]} gain {shown}"
    reason = f"{what} would gain {gain.value:+.3f} average precision, at most {gain.high:+.3f}"
    return judged(
        topic,
        gain,
        unit,
        ROPE,
        {
            True: f"{start}: there is something to win.",
            False: f"{start}, no more than {ROPE:g} at best: no maker of rows can be expected to"
            " gain more. Tune the threshold.",
            None: f"{start}: more than {ROPE:g} or less, the folds do not settle it. Try what is"
            " cheap first.",
        },
        "the comparison's region of equivalence",
        favours={True: ("sequential_trees", "ctgan", "tvae", "gaussian_copula")},
        rules_out={False: because(of("dear", "one_shape"), reason)},
    )


def _why_not(learned: Learned | None, positives: int) -> str:
    return _too_few(positives, "cross-validation") if learned is None else NOTHING_LEARNED
