"""The headlines of the privacy section, and what each says in a sentence."""

from __future__ import annotations

from typing import Any

from synthkit.quality.measure import Measure
from synthkit.quality.tables import Tables

SECTION = "privacy"


def measures(found: dict[str, Any], tables: Tables) -> list[Measure]:
    """The headline figures of the section in reading order."""
    parts = {"copies": _copies, "distances": _distances, "ratio": _ratio, "membership": _membership}
    out = []
    for name, read in parts.items():
        out += read(found[name], tables)
    return out


def _copies(part: dict[str, Any], tables: Tables) -> list[Measure]:
    control = _percent(part["control"])
    others = f"of unseen real rows {control} are" if tables.holdout is not None else \
        f"of training rows {control} equal another training row"
    return [_measure("copies", "Copies of training rows", "less", "share of synthetic rows", part,
                     f"Of {part['rows']:,} synthetic rows {_percent(part['value'])} are copies of training rows in"
                     f" every column; {others}.")]


def _distances(part: dict[str, Any], tables: Tables) -> list[Measure]:
    names = (("closest_record", "Distance to the closest training row", "control", "standard deviations, median"),
             ("closer_to_train", "Closer to training than to unseen rows", "control", "share, put at equal rows"))
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
        " memory, 100 % that every row clings to one that was learned from.")
    return [_measure(*name, found, reading)
            for name, found, reading in zip(names, (middle, closer), readings, strict=True)]


def _ratio(part: dict[str, Any], tables: Tables) -> list[Measure]:
    name = ("distance_ratio", "Closest beside second closest training row", "control", "ratio of distances, median")
    if "skipped" in part:
        return [_skipped(*name, part["skipped"])]
    low = part["low_quantile"]
    others = "unseen real rows" if tables.holdout is not None else "training rows among the others"
    return [_measure(*name, part,
                     f"The closest training row is {part['value']:.2g} times as far as the second closest, as a median"
                     f" ({others}: {part['control']:.2g}); for the most exposed {_percent(low['probability'])} at most"
                     f" {low['value']:.2g} times ({others}: {low['control']:.2g}). Near 0, a row hugs one training row"
                     " alone.")]


def _membership(part: dict[str, Any], tables: Tables) -> list[Measure]:
    name, title, better, unit = ("membership_auc", "Telling who was in the training table", "less", "AUC of the attack")
    if "skipped" in part:
        return [_skipped(name, title, better, unit, part["skipped"])]
    out = [_measure(name, title, better, unit, part["auc"], _attacked(part, "real row"))]
    who = f"{tables.schema.target} = {tables.schema.positive}"
    for found in part["classes"]:
        if found["class"] == tables.schema.positive and "skipped" not in found:
            out.append(_measure(f"{name}_positive", f"{title}, {who}", better, unit, found["auc"],
                                _attacked(found, f"real row of {who}")))
    return out


def _attacked(part: dict[str, Any], who: str) -> str:
    text = (f"By its distance to the closest synthetic row, a {who} that was learned from is told from an unseen one in"
            f" {_percent(part['auc']['value'])} of pairs ({part['train_rows']:,} and {part['holdout_rows']:,} rows;"
            " guessing: 50 %).")
    if part["tpr"] is not None:
        text += (f" When 1 % of the unseen are wrongly accused, {_percent(part['tpr']['value'])} of those learned from"
                 " are recognised.")
    return text


def _skipped(name: str, title: str, better: str, unit: str, reason: str) -> Measure:
    return Measure(SECTION, name, title, None, better, unit, reading=reason)


def _measure(name: str, title: str, better: str, unit: str, part: dict[str, Any], reading: str) -> Measure:
    return Measure(SECTION, name, title, part["value"], better, unit, part["low"], part["high"], part["control"],
                   part["baseline"], reading)


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
