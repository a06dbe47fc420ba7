"""What a quick model says: memorising, outlier-like positives, and the gain that more positives bring.

One set of cross-validated fits serves all three.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from synthkit.advice import arms
from synthkit.advice.finding import Finding
from synthkit.advice.sample import FEWEST_POSITIVES, Folds, Sample
from synthkit.randomness import generator, integer_seed
from synthkit.stats import Interval, mean_interval
from synthkit.table.load import Dataset, Process

#: Shares of each training part's positives that the learning curve is drawn from; each holds the one before.
SHARES = (0.25, 0.5, 1.0)
RECALL_GAP = 0.10
#: An isolation forest that comes as near as this to the classifier's average precision has found the same
#: thing, if its ROC AUC shows that it has found anything.
MARGIN, LEAST_AUC = 0.05, 0.7
#: Average precision below which a gain is no gain: the comparison's region of practical equivalence.
ROPE = 0.01
# Where the table's process is known: rows to learn from, to test on, and drawn at most.
PROCESS_ROWS, FRESH_ROWS, MOST_FRESH = 20_000, 30_000, 600_000
DRAWS = 10
NOTHING_LEARNED = (
    "the model learned nothing from so few rows, or such columns: it gives every row the same"
    " probability."
)


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
        forest = IsolationForest(n_estimators=100, random_state=seed).fit(
            sample.points.values[train]
        )
        strange = -forest.score_samples(sample.points.values[test])
        blind.append(flat)
        found.append(
            (
                float((own >= 0.5).mean()),
                float((p[y[test]] >= 0.5).mean()),
                roc_auc_score(y[test], p, sample_weight=weight[test]),
                roc_auc_score(y[test], strange, sample_weight=weight[test]),
                average_precision_score(y[test], strange, sample_weight=weight[test]),
                *curve,
            )
        )
    table = np.array(found)
    seen, unseen, auc, auc_unlabelled, unlabelled = table[:, :5].T
    return Learned(
        seen,
        unseen,
        auc,
        auc_unlabelled,
        unlabelled,
        table[:, 5:],
        np.array(blind),
        folds.test_to_train,
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
        return _unmeasured(topic, unit, RECALL_GAP, positives, learned)
    gap = mean_interval(learned.recall_train - learned.recall_test, learned.test_to_train)
    holds = gap.beyond(RECALL_GAP)
    seen, unseen = learned.recall_train.mean(), learned.recall_test.mean()
    start = f"A quick gradient boosting finds {seen:.0%} of the positives it learned from and {unseen:.0%} of others"
    says = {
        True: f"{start}: it memorises. More varied positives may help; copies of the same ones will not.",
        False: f"{start}: it does not memorise.",
        None: f"{start}: the folds do not settle whether that is memorising.",
    }[holds]
    favours = ("smote", "noise", "mixup", "sequential_trees") if holds else ()  # one of each family
    return _measured(
        topic, gap, unit, RECALL_GAP, holds, says, "the article names no number; ours", favours
    )


def outlier_like(learned: Learned | None, positives: int) -> Finding:
    """Average precision of an isolation forest, which never sees a label, minus the classifier's on the same folds.

    DIFFERS from the usual comparison of ROC AUCs, which are near 1 for both wherever positives are
    rare and easy, and then would call every fraud an outlier. They stand in the words.
    """
    topic, unit = "outlier-like positives", "average precision, isolation forest minus classifier"
    if learned is None or learned.blind[:, 2].any():
        return _unmeasured(topic, unit, -MARGIN, positives, learned)
    curve = learned.average_precision[:, 2]
    gap = mean_interval(learned.unlabelled - curve, learned.test_to_train)
    holds = gap.beyond(-MARGIN)
    if learned.auc_unlabelled.mean() < LEAST_AUC:
        holds = False  # two bad rankings that agree are no sign of outliers
    start = (
        f"An isolation forest that sees no label reaches average precision {learned.unlabelled.mean():.3f}"
        f" (ROC AUC {learned.auc_unlabelled.mean():.3f}), the classifier {curve.mean():.3f}"
        f" ({learned.auc.mean():.3f})"
    )
    says = {
        True: f"{start}: the positives are mostly rows unlike any other, positives included. Consider anomaly"
        " detection; there is little between them to interpolate.",
        False: f"{start}: the positives are a class to be learned, not mere outliers.",
        None: f"{start}: outliers or a class, the folds do not settle it.",
    }[holds]
    ruled_out = (
        arms.because(
            arms.of("interpolates", "one_shape", "dear"),
            "the positives are outliers: rows between two of them are like neither",
        )
        if holds
        else {}
    )
    return _measured(topic, gap, unit, -MARGIN, holds, says, "ours", (), ruled_out)


def headroom(learned: Learned | None, positives: int) -> Finding:
    """What the second half of the real positives gained in average precision: what more of them may bring at best.

    Learning curves flatten, so the next doubling is expected to bring no more than the last one.
    """
    topic, unit = "headroom", "average precision, from half to all positives"
    if learned is None or learned.blind[:, 1:].any():
        return _unmeasured(topic, unit, ROPE, positives, learned)
    curve = learned.average_precision
    gain = mean_interval(curve[:, 2] - curve[:, 1], learned.test_to_train)
    before = mean_interval(curve[:, 1] - curve[:, 0], learned.test_to_train)
    start = (
        f"Average precision is {curve[:, 0].mean():.3f}, {curve[:, 1].mean():.3f} and {curve[:, 2].mean():.3f}"
        f" with a quarter, half and all of the positives (the first doubling gained {before.value:+.3f})."
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
    scores, blind = np.empty((DRAWS, 2)), False
    for left_out in range(DRAWS):
        tests = n + left_out * FRESH_ROWS + np.arange(FRESH_ROWS)
        train = np.flatnonzero(np.arange(n) % DRAWS != left_out)
        added = rng.choice(spares, size=min(missing, len(spares)), replace=False)
        model_seed = integer_seed(generator(seed, "advise", "perfect", left_out))
        for arm, rows in enumerate((train, np.concatenate([train, added]))):
            model = _usual(model_seed).fit(matrix[rows], y[rows])
            p = model.predict_proba(matrix[tests])[:, 1]
            scores[left_out, arm] = average_precision_score(y[tests], p)
            blind |= arm == 1 and np.ptp(p) == 0  # even with the fresh rows
    topic, unit = (
        "headroom, perfect generator",
        (f"average precision, with {min(missing, len(spares)):,} true fresh positives"),
    )
    if blind:
        return Finding(topic, None, unit, ROPE, None, f"Not measured: {NOTHING_LEARNED}")
    gain = mean_interval(scores[:, 1] - scores[:, 0], 1 / (DRAWS - 1))
    start = (
        f"This table's process is known. Average precision on {DRAWS} × {FRESH_ROWS:,} fresh rows is"
        f" {scores[:, 0].mean():.3f}."
    )
    return _headroom(topic, unit, gain, start, "the rows of a perfect generator")


def _headroom(topic: str, unit: str, gain: Interval, start: str, what: str) -> Finding:
    holds = gain.beyond(ROPE)
    shown = f"{gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]"
    start = f"{start} {what[0].upper()}{what[1:]} gain {shown}"
    says = {
        True: f"{start}: there is something to win.",
        False: f"{start}, no more than {ROPE:g} at best: no maker of rows can be expected to gain more. Tune the"
        " threshold.",
        None: f"{start}: more than {ROPE:g} or less, the folds do not settle it. Try what is cheap first.",
    }[holds]
    favours = ("sequential_trees", "ctgan", "tvae", "gaussian_copula") if holds else ()
    ruled_out = (
        {}
        if holds is not False
        else arms.because(
            arms.of("dear", "one_shape"),
            f"{what} would gain {gain.value:+.3f} average precision, at most {gain.high:+.3f}",
        )
    )
    return _measured(
        topic,
        gain,
        unit,
        ROPE,
        holds,
        says,
        "the comparison's region of equivalence",
        favours,
        ruled_out,
    )


def _measured(
    topic: str,
    found: Interval,
    unit: str,
    threshold: float,
    holds: bool | None,
    says: str,
    source: str,
    favours: tuple[str, ...] = (),
    rules_out: dict[str, str] | None = None,
) -> Finding:
    return Finding(
        topic,
        found.value,
        unit,
        threshold,
        holds,
        says,
        found.low,
        found.high,
        source,
        favours,
        rules_out or {},
    )


def _unmeasured(
    topic: str, unit: str, threshold: float, positives: int, learned: Learned | None
) -> Finding:
    why = (
        f"cross-validation needs {FEWEST_POSITIVES} positives, however there are {positives}."
        if learned is None
        else NOTHING_LEARNED
    )
    return Finding(topic, None, unit, threshold, None, f"Not measured: {why}")
