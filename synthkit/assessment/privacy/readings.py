"""The headlines of the privacy section, and what each says in a sentence."""

from __future__ import annotations

from typing import Any

from synthkit.assessment.measure import Measure
from synthkit.assessment.tables import Tables

SECTION = "privacy"


def measures(found: dict[str, Any], tables: Tables) -> list[Measure]:
    """The headline figures of the section in reading order."""
    parts = {
        "copies": _copies,
        "distances": _distances,
        "ratio": _ratio,
        "membership": _membership,
        "singling_out": _singling_out,
        "inference": _inference,
    }
    out = []
    for name, read in parts.items():
        out += read(found[name], tables)
    return out


def _copies(part: dict[str, Any], tables: Tables) -> list[Measure]:
    control = _percent(part["control"])
    others = (
        f"of unseen real rows {control} are"
        if tables.holdout is not None
        else f"of training rows {control} equal another training row"
    )
    return [
        _measure(
            "copies",
            "Copies of training rows",
            "less",
            "share of synthetic rows",
            part,
            f"Of {part['rows']:,} synthetic rows {_percent(part['value'])} are copies of training rows in"
            f" every column; {others}.",
        )
    ]


def _distances(part: dict[str, Any], tables: Tables) -> list[Measure]:
    names = (
        (
            "closest_record",
            "Distance to the closest training row",
            "control",
            "standard deviations, median",
        ),
        (
            "closer_to_train",
            "Closer to training than to unseen rows",
            "control",
            "share, put at equal rows",
        ),
    )
    if "skipped" in part:
        return [_skipped(*name, part["skipped"]) for name in names]
    middle, closer, rows = part["median"], part["closer_to_train"], part["rows"]
    readings = (
        f"Half of the synthetic rows lie within {middle['value']:.2g} of a training row, half of the unseen real"
        f" rows within {middle['control']:.2g}. Much nearer than unseen rows means memory, much farther poor"
        " imitation.",
        f"{_percent(closer['nearest_is_train'])} of the synthetic rows have a training row as their closest real row,"
        f" and {_percent(closer['train_share_of_rows'])} of the real rows are training rows ({rows['train']:,} beside"
        f" {rows['holdout']:,}). Put at equally many of both that is {_percent(closer['value'])}: 50 % means no"
        " memory, 100 % that every row clings to one that was learned from.",
    )
    return [
        _measure(*name, found, reading)
        for name, found, reading in zip(names, (middle, closer), readings, strict=True)
    ]


def _ratio(part: dict[str, Any], tables: Tables) -> list[Measure]:
    name = (
        "distance_ratio",
        "Closest beside second closest training row",
        "control",
        "ratio of distances, median",
    )
    if "skipped" in part:
        return [_skipped(*name, part["skipped"])]
    low = part["low_quantile"]
    others = "unseen real rows" if tables.holdout is not None else "training rows among the others"
    return [
        _measure(
            *name,
            part,
            f"The closest training row is {part['value']:.2g} times as far as the second closest, as a median"
            f" ({others}: {part['control']:.2g}); for the most exposed {_percent(low['probability'])} at most"
            f" {low['value']:.2g} times ({others}: {low['control']:.2g}). Near 0, a row hugs one training row"
            " alone.",
        )
    ]


def _membership(part: dict[str, Any], tables: Tables) -> list[Measure]:
    name, title, better, unit = (
        "membership_auc",
        "Telling who was in the training table",
        "less",
        "AUC of the attack",
    )
    if "skipped" in part:
        return [_skipped(name, title, better, unit, part["skipped"])]
    out = [_measure(name, title, better, unit, part["auc"], _attacked(part, "real row"))]
    who = f"{tables.schema.target} = {tables.schema.positive}"
    mine = (f"{name}_positive", f"{title}, {who}", better, unit)
    for found in part["classes"]:
        if found["class"] == tables.schema.positive:
            out.append(
                _skipped(*mine, found["skipped"])
                if "skipped" in found
                else _measure(*mine, found["auc"], _attacked(found, f"real row of {who}"))
            )
    return out


def _singling_out(part: dict[str, Any], tables: Tables) -> list[Measure]:
    out = []
    for kind, how in (("univariate", "one column"), ("multivariate", "several columns")):
        name = (
            f"singling_out_{kind}",
            f"Singling out by {how}",
            "control",
            "share of attacks that succeed",
        )
        found = part.get(kind, part)
        if "skipped" in found:
            out.append(_skipped(*name, found["skipped"]))
        else:
            out.append(
                _attack(
                    *name,
                    found,
                    f"Of {found['attacks']:,} statements about {how} that fit one synthetic row alone,"
                    f" {_percent(found['attack_rate'])} fit one training row alone, and"
                    f" {_percent(found['control'])} would fit one of as many unseen rows; of statements"
                    f" drawn at random {_percent(found['baseline'])} fit one training row alone."
                    f" {_risk(found)}",
                )
            )
    return out


def _inference(part: dict[str, Any], tables: Tables) -> list[Measure]:
    name = (
        "inference_worst",
        "Inferring a column from the others",
        "control",
        "share of guesses that are right",
    )
    if "skipped" in part:
        return [_skipped(*name, part["skipped"])]
    found = next(one for one in part["columns"] if one["name"] == part["worst"])
    return [
        _attack(
            *name,
            found,
            f"The column most at risk is {found['name']}: guessed from the closest synthetic row,"
            f" {_percent(found['attack_rate'])} of {found['attacks']:,} training rows are right, of unseen rows"
            f" {_percent(found['control'])}, and by chance {_percent(found['baseline'])}."
            f" {_risk(part['worst_risk'])} It is the largest of {len(part['columns'])}, and the interval allows"
            " for that.",
        )
    ]


def _risk(part: dict[str, Any]) -> str:
    return (
        f"Risk, as a share of what the control leaves to gain: {_percent(part['risk'])} ({_percent(part['low'])} to"
        f" {_percent(part['high'])})."
    )


def _attack(
    name: str, title: str, better: str, unit: str, part: dict[str, Any], reading: str
) -> Measure:
    return Measure(
        SECTION,
        name,
        title,
        part["attack_rate"],
        better,
        unit,
        part["attack_low"],
        part["attack_high"],
        part["control"],
        part["baseline"],
        reading,
    )


def _attacked(part: dict[str, Any], who: str) -> str:
    text = (
        f"By its distance to the closest synthetic row, a {who} that was learned from is told from an unseen one in"
        f" {_percent(part['auc']['value'])} of pairs ({part['train_rows']:,} and {part['holdout_rows']:,} rows;"
        " guessing: 50 %)."
    )
    if part["tpr"] is not None:
        text += (
            f" When 1 % of the unseen are wrongly accused, {_percent(part['tpr']['value'])} of those learned from"
            " are recognised."
        )
    return text


def _skipped(name: str, title: str, better: str, unit: str, reason: str) -> Measure:
    return Measure(SECTION, name, title, None, better, unit, reading=reason)


def _measure(
    name: str, title: str, better: str, unit: str, part: dict[str, Any], reading: str
) -> Measure:
    return Measure(
        SECTION,
        name,
        title,
        part["value"],
        better,
        unit,
        part["low"],
        part["high"],
        part["control"],
        part["baseline"],
        reading,
    )


def _percent(share: float) -> str:
    """
    >>> _percent(0.0034), _percent(0.5), _percent(0.00004), _percent(0.999)
    ('0.3 %', '50 %', '0.004 %', '99.9 %')
    """
    percent = 100 * share
    if 0 < percent < 0.1:
        return f"{percent:.1g} %"
    return f"{percent:.1f}".removesuffix(".0") + " %"


__all__ = ["measures"]
