"""What the figures of a quality report mean, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pandas as pd

from synthkit import results
from synthkit.assessment.figure import Better, figure, given, measure
from synthkit.assessment.tables import Tables
from synthkit.report.words import share
from synthkit.results import Measure, Measured, Skipped
from synthkit.table.schema import ORDERED

#: Rows below which figures hang on chance.
FEW_ROWS = 500
#: The share of the holdout's rows from which copies of real ones are worth a word: a few are so by
#: chance.
MANY_COPIES = 0.01
#: Levels that one sentence names.
MOST_NAMED = 5


def remarks(tables: Tables, data: results.QualityData) -> Iterator[str]:
    """What has to be known before a figure is believed: what is compared with what, what cannot be trusted."""
    schema, real, made, held = tables.schema, data.real, data.synthetic, data.holdout
    if len(tables.seen_classes) < len(schema.classes):
        alone = f"{schema.target} = {', '.join(map(repr, tables.seen_classes))}"
        alike = tables.real[schema.target].isin(tables.seen_classes).sum()
        yield (
            f"The synthetic table has rows of {alone} alone: everything but usefulness and rules"
            " holds"
            f" them beside the real rows of that class ({alike:,} of {real.rows:,})."
        )
    if held is None:
        yield (
            "There is no holdout: the reference is one half of the real table and the control the"
            " other, and"
            " the synthesizer has seen both. Privacy and usefulness need real rows that it has"
            " not seen, and in"
            " detection rows that cling to real ones pass for real."
        )
    else:
        copies, taken = data.copies_in_holdout or 0, data.holdout_in_synthetic or 0
        if copies > MANY_COPIES * held.rows:
            yield (
                f"{copies:,} of {held.rows:,} holdout rows equal a real row in every column: if"
                " they are the"
                " same rows, the holdout is none, and the control flatters."
            )
        by_chance = copies * made.rows / held.rows
        if taken > MANY_COPIES * made.rows + 2 * by_chance:
            yield (
                f"{taken:,} of {made.rows:,} synthetic rows are rows of the holdout and of no"
                " real one: if the"
                " holdout was learned from, usefulness, detection and privacy mean nothing here."
            )
    fewest = given(data.compared_rows).candidates
    if fewest < FEW_ROWS:
        yield (
            f"Tables of {fewest:,} rows are held against the real one: much in these figures is"
            " chance. Look at"
            " the intervals and at the control."
        )
    for name in tables.columns:
        ours, theirs = _levels(tables.real[name]), _levels(tables.synthetic[name])
        if bool(ours) != bool(theirs):
            which = "synthetic" if ours else "real"
            yield f"Column {name!r} has no value in the {which} table: its distance is unknown."
        elif schema[name].kind not in ORDERED and ours and not set(ours) & set(theirs):
            yield (
                f"No state of {name!r} in the synthetic table is one of the real table's (there"
                f" {_named(theirs)}, here {_named(ours)}): is it another coding?"
            )


def _levels(series: pd.Series) -> list[str]:
    return sorted(map(str, series.dropna().astype(object).unique()))


def _named(levels: list[str]) -> str:
    shown = ", ".join(map(repr, levels[:MOST_NAMED]))
    return shown + (", ..." if len(levels) > MOST_NAMED else "")


def privacy_measures(found: results.Privacy, tables: Tables) -> Iterator[Measure]:
    """The headline figures of privacy in reading order."""
    unseen = tables.holdout is not None
    yield _told(
        "privacy.copies",
        "Copies of training rows",
        "less",
        "share of synthetic rows",
        found.copies,
        lambda part: (part, _copies_reading(part, unseen)),
    )
    yield _told(
        "privacy.closest_record",
        "Distance to the closest training row",
        "control",
        "standard deviations, median",
        found.distances,
        lambda part: (part.median, _closest_reading(part)),
    )
    yield _told(
        "privacy.closer_to_train",
        "Closer to training than to unseen rows",
        "control",
        "share, put at equal rows",
        found.distances,
        lambda part: (part.closer_to_train, _closer_reading(part)),
    )
    yield _told(
        "privacy.distance_ratio",
        "Closest beside second closest training row",
        "control",
        "ratio of distances, median",
        found.ratio,
        lambda part: (part, _ratio_reading(part, unseen)),
    )
    yield _told(
        "privacy.membership_auc",
        "Telling who was in the training table",
        "less",
        "AUC of the attack",
        found.membership,
        lambda part: (part.auc, _membership_reading(part, "real row")),
    )
    positive = f"{tables.schema.target} = {tables.schema.positive}"
    for each in [] if isinstance(found.membership, Skipped) else found.membership.classes:
        if each.name == tables.schema.positive:
            yield _told(
                "privacy.membership_auc_positive",
                f"Telling who was in the training table, {positive}",
                "less",
                "AUC of the attack",
                each,
                lambda part: (part.auc, _membership_reading(part, f"real row of {positive}")),
            )
    single = found.singling_out
    for kind, how in (("univariate", "one column"), ("multivariate", "several columns")):
        yield _told(
            f"privacy.singling_out_{kind}",
            f"Singling out by {how}",
            "control",
            "share of attacks that succeed",
            single if isinstance(single, Skipped) else getattr(single, kind),
            partial(_singled_out, how=how),
        )
    yield _told(
        "privacy.inference_worst",
        "Inferring a column from the others",
        "control",
        "share of guesses that are right",
        found.inference,
        lambda part: (_rate(_worst(part)), _inference_reading(part)),
    )


def _told(
    name: str,
    title: str,
    better: Better,
    unit: str,
    part: Any,
    read: Callable[[Any], tuple[Measured, str]],
) -> Measure:
    """The measure of a part, unless that could not be had."""
    reason = getattr(part, "skipped", None)  # of a part, or of one class of it
    if reason is not None:
        return measure(name, title, better, unit, Skipped(skipped=reason))
    return measure(name, title, better, unit, *read(part))


def _rate(part: results.Attack) -> Measured:
    ends = part.attack_low, part.attack_high
    return figure(part.attack_rate, *ends, part.control, part.baseline)


def _worst(part: results.Inference) -> results.AttributeAttack:
    return next(each for each in part.columns if each.name == part.worst)


def _copies_reading(part: results.Copies, unseen: bool) -> str:
    control = share(part.control)
    others = (
        f"of unseen real rows {control} are"
        if unseen
        else f"of training rows {control} equal another training row"
    )
    return (
        f"Of {part.rows:,} synthetic rows {share(part.value)} are copies of training rows in"
        " every"
        f" column; {others}."
    )


def _closest_reading(part: results.Distances) -> str:
    middle = given(part.median)
    return (
        f"Half of the synthetic rows lie within {middle.value:.2g} of a training row, half of the"
        f" unseen real rows within {middle.control:.2g}. Much nearer than unseen rows means memory,"
        " much farther poor imitation."
    )


def _closer_reading(part: results.Distances) -> str:
    closer, rows = given(part.closer_to_train), part.rows
    return (
        f"{share(closer.nearest_is_train)} of the synthetic rows have a training row as their"
        " closest"
        f" real row, and {share(closer.train_share_of_rows)} of the real rows are training rows"
        f" ({rows['train']:,} beside {rows['holdout']:,}). Put at equally many of both that is"
        f" {share(closer.value)}: 50 % means no memory, 100 % that every row clings to one that"
        " was"
        " learned from."
    )


def _ratio_reading(part: results.Ratio, unseen: bool) -> str:
    low = part.low_quantile
    others = "unseen real rows" if unseen else "training rows among the others"
    return (
        f"The closest training row is {part.value:.2g} times as far as the second closest, as a"
        " median"
        f" ({others}: {part.control:.2g}); for the most exposed {share(low['probability'])} at"
        " most"
        f" {low['value']:.2g} times ({others}: {low['control']:.2g}). Near 0, a row hugs one"
        " training row alone."
    )


def _membership_reading(part: results.MembershipOf, who: str) -> str:
    recognised = (
        ""
        if part.tpr is None
        else f" When 1 % of the unseen are wrongly accused, {share(part.tpr.value)} of those learned"
        " from are recognised."
    )
    return (
        f"By its distance to the closest synthetic row, a {who} that was learned from is told"
        " from an"
        f" unseen one in {share(given(part.auc).value)} of pairs ({part.train_rows:,} and"
        f" {part.holdout_rows:,} rows; guessing: 50 %).{recognised}"
    )


def _singled_out(part: results.Attack, how: str) -> tuple[Measured, str]:
    return _rate(part), (
        f"Of {part.attacks:,} statements about {how} that fit one synthetic row alone,"
        f" {share(part.attack_rate)} fit one training row alone, and {share(part.control)}"
        " would fit"
        f" one of as many unseen rows; of statements drawn at random {share(part.baseline)} fit"
        " one"
        f" training row alone. {_risk_reading(part)}"
    )


def _inference_reading(part: results.Inference) -> str:
    worst = _worst(part)
    return (
        f"The column most at risk is {worst.name}: guessed from the closest synthetic row,"
        f" {share(worst.attack_rate)} of {worst.attacks:,} training rows are right, of unseen"
        " rows"
        f" {share(worst.control)}, and by chance {share(worst.baseline)}."
        f" {_risk_reading(given(part.worst_risk))} It is the largest of {len(part.columns)}, and"
        " the interval"
        " allows for that."
    )


def _risk_reading(part: results.Risk | results.Attack) -> str:
    return (
        f"Risk, as a share of what the control leaves to gain: {share(part.risk)}"
        f" ({share(part.low)}"
        f" to {share(part.high)})."
    )
