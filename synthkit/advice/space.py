"""Where interpolated rows land: among the minority or among the majority, and which hard rules they break."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from synthkit.advice import arms
from synthkit.advice.finding import Finding
from synthkit.advice.sample import FEWEST_POSITIVES, Points, Sample
from synthkit.errors import DataError
from synthkit.randomness import generator
from synthkit.rules.base import refuse_unknown
from synthkit.rules.rules_file import rules_of
from synthkit.stats import Interval, exact_share, mean_interval
from synthkit.table.geometry import Geometry
from synthkit.table.load import Dataset

K_NEIGHBORS = 5
MOST_POINTS, MOST_OTHERS = 1_000, 8_000
#: Interpolations on majority ground, beyond the share of real positives that lie there.
EXCESS = 0.10
RULE_ROWS, RULE_UNIT = 2_000, "share of interpolated rows that break it"

#: A hard rule: rows in, a mask of the broken ones out.
Rule = Callable[[pd.DataFrame], object]


def smote_ground(sample: Sample) -> Finding:
    """Whether interpolation between neighbours, as SMOTE does it, leaves the minority's ground.

    The positives are halved at random. Rows interpolated within one half are judged by the nearest
    real row among the other half and the majority; so are the half's own rows, the control. The
    excess is the share of interpolations whose nearest row is of the majority, minus that share of
    the real rows which they start from; both halves take their turn. Halving makes neighbours
    more distant than SMOTE's own, so the excess is rather too high than too low.
    """
    count = int(sample.positive.sum())
    if count < FEWEST_POSITIVES:
        return Finding(
            "SMOTE's ground",
            None,
            "share of interpolations",
            EXCESS,
            None,
            f"Not measured: it needs {FEWEST_POSITIVES} positives, however there are {count}.",
        )
    rng = generator(sample.seed, "advise", "space")
    ours = rng.permutation(np.flatnonzero(sample.positive))[:MOST_POINTS]
    others = rng.permutation(np.flatnonzero(~sample.positive))[:MOST_OTHERS]
    halves = np.array_split(np.arange(len(ours)), 2)
    alien = np.empty(len(ours))  # per positive, whether its own nearest row is of the majority
    near = np.empty(len(ours))  # per positive, the share of its interpolations whose nearest row is
    for mine, theirs in (halves, halves[::-1]):
        majority = _Ground(sample.points, ours[theirs], others)
        rows = ours[mine]
        alien[mine] = majority.of_majority(sample.points.values[rows])
        near[mine] = _between_neighbours(sample.points, rows, majority, rng)
    return _smote_ground(mean_interval(near - alien), float(alien.mean()))


class _Ground:
    """Real rows to be judged by: a few positives and the majority."""

    def __init__(self, points: Points, positives: np.ndarray, majority: np.ndarray) -> None:
        from sklearn.neighbors import NearestNeighbors

        self._search = NearestNeighbors(n_neighbors=1).fit(
            points.values[np.concatenate([positives, majority])]
        )
        self._n = len(positives)

    def of_majority(self, values: np.ndarray) -> np.ndarray:
        """Whether each point's (p, D) nearest row is of the majority, as 0.0 or 1.0 (p,)."""
        return (self._search.kneighbors(values, return_distance=False)[:, 0] >= self._n).astype(
            float
        )


def _between_neighbours(
    points: Points, rows: np.ndarray, ground: _Ground, rng: np.random.Generator
) -> np.ndarray:
    """Per row (p,) the share of its interpolations with each of its k neighbours that lie on majority ground."""
    from sklearn.neighbors import NearestNeighbors

    k = min(K_NEIGHBORS, len(rows) - 1)
    search = NearestNeighbors(n_neighbors=k).fit(points.values[rows])
    neighbours = search.kneighbors(return_distance=False)
    base = np.repeat(rows, k)
    made = points.between(base, rows[neighbours.ravel()], rng.random(len(base)))
    return ground.of_majority(made).reshape(-1, k).mean(axis=1)


def _smote_ground(excess: Interval, control: float) -> Finding:
    holds = excess.beyond(EXCESS)
    start = (
        f"Of rows made between neighbouring positives {max(control + excess.value, 0):.0%} lie nearest to a row of"
        f" another class; of real positives {control:.0%} do"
    )
    says = {
        True: f"{start}: SMOTE would put positives where there are none.",
        False: f"{start}: SMOTE's rows stay where positives are.",
        None: f"{start}: that does not settle whether SMOTE leaves their ground.",
    }[holds]
    ruled_out = (
        arms.because(
            ("smote", "adasyn", "svm_smote", "borderline_smote", "smote_enn"),
            f"{excess.value:+.0%} more of its rows than of real positives lie on the other classes'"
            " ground",
        )
        if holds
        else {}
    )
    return Finding(
        "SMOTE's ground",
        excess.value,
        "share of interpolations beyond the control's",
        EXCESS,
        holds,
        says,
        excess.low,
        excess.high,
        "ours",
        () if holds is not False else ("smote",),
        ruled_out,
    )


def by_name(rules: Any) -> bool:
    """Whether the rules are a person's own functions."""
    return isinstance(rules, Mapping) and all(callable(rule) for rule in rules.values())


def masks_of(rules: Any, dataset: Dataset) -> tuple[dict[str, Rule], list[Finding]]:
    """What each rule does to a table of the features, by name; and a finding for each rule that cannot be measured.

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
            says = (
                f"Not measured: it speaks of {', '.join(other)}, which is not learned from, so interpolation makes"
                " no such values."
            )
            unmeasured.append(Finding(f"rule {rule.name}", None, RULE_UNIT, 0.0, None, says))
        else:
            masks[rule.name] = rule.learned(dataset.table).broken
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
        low, high = exact_share(int(broken.sum()), len(made)).ends
        share, excess = float(broken.mean()), float(control.mean())
        holds = bool(broken.any()) and low > excess
        says = (
            f"{share:.1%} of {len(made):,} interpolated rows break the rule {name!r}; of the real positives"
            f" {excess:.1%} do"
            + (": whatever makes rows needs the rule enforced." if holds else ".")
        )
        ruled_out = arms.because(
            arms.of("interpolates", "moves"), f"breaks the rule {name!r} unless it is enforced"
        )
        findings.append(
            Finding(
                f"rule {name}",
                share,
                RULE_UNIT,
                excess,
                holds,
                says,
                low,
                high,
                "the rule on the real positives",
                ("class_weights", "random_oversampling") if holds else (),
                ruled_out if holds else {},
            )
        )
    return findings


def interpolated(sample: Sample, ours: np.ndarray) -> pd.DataFrame:
    """Rows (q, d) as SMOTE would make them, in the table's own columns and dtypes.

    Numbers and times lie between two neighbouring positives, whole numbers rounded; states come
    from the nearer parent.
    """
    from sklearn.neighbors import NearestNeighbors

    rng = generator(sample.seed, "advise", "rules")
    k = min(K_NEIGHBORS, len(ours) - 1)
    near = (
        NearestNeighbors(n_neighbors=k)
        .fit(sample.points.values[ours])
        .kneighbors(return_distance=False)
    )
    base = rng.integers(len(ours), size=RULE_ROWS)
    a, b = ours[base], ours[near[base, rng.integers(k, size=RULE_ROWS)]]
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
            f"The rule {name!r} must take a table of the features and return which rows break it, however"
            f" it raised {type(error).__name__}: {error}."
        ) from error
    if mask.shape != (len(rows),) or mask.dtype != bool:
        raise DataError(
            f"The rule {name!r} must return one boolean per row ({len(rows)},), however it returned"
            f" {mask.dtype} of shape {mask.shape}."
        )
    return mask
