"""Plots of privacy: how near the synthetic rows lie to those that were learned from, and what attacks gain."""

from __future__ import annotations

from typing import Any

from synthkit.report.figure import Plot, Table, curve, layout
from synthkit.report.palette import COLOURS, Look
from synthkit.report.quality.dots import Dots, dots
from synthkit.report.quality.view import LOOKS, NAMES, needs, part, why_not, with_bounds
from synthkit.report.words import figure, share

#: What is near what: the curve's name and look.
NEAR = {
    "synthetic_to_train": ("synthetic to training rows", LOOKS["synthetic"]),
    "holdout_to_train": ("held-out to training rows", LOOKS["control"]),
    "synthetic_to_holdout": ("synthetic to held-out rows", Look(COLOURS[1], "dash", "x")),
}
QUANTILES_IN_TABLE = (0.01, 0.05, 0.25, 0.5, 0.75)
#: The axis ends where this share of the rows does: a few far ones would press all others together.
BULK = 0.99
#: Attributes whose inference is drawn: those that lose most.
MOST_ATTRIBUTES = 8
ATTACK_NAMES = {
    "synthetic": "attack with the synthetic rows",
    "control": "same attack on held-out rows",
    "baseline": "guessing",
}


def _near(results: dict[str, Any]) -> dict[str, list[float]]:
    found = part(results, "privacy", "distances") or {}
    return {key: found[key] for key in NEAR if found.get(key)}


def _missing_distances(results: dict[str, Any], subject: str) -> str:
    if "synthetic_to_train" in _near(results):
        return ""
    return needs("privacy", "distances")(results, subject) or "no distances were kept."


def _distance_traces(
    results: dict[str, Any], subject: str
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    quantiles = results["privacy"]["distances"]["quantiles"]
    traces = [
        curve(NEAR[key][0], NEAR[key][1], values, quantiles, "%{y:.0%} lie within %{x:.3g}")
        for key, values in _near(results).items()
    ]
    drawn = layout(
        "distance to the nearest row",
        "share of rows that have one within that distance",
        yaxis={"range": [0, 1.02], "tickformat": ".0~%"},
    )
    bulk = max(
        values[at]
        for values in _near(results).values()
        for at, q in enumerate(quantiles)
        if q <= BULK
    )
    drawn["xaxis"] |= {"range": [0, 1.05 * bulk]} if bulk > 0 else {"rangemode": "tozero"}
    return traces, drawn


def _distance_reading(results: dict[str, Any], subject: str) -> str:
    distances = results["privacy"]["distances"]
    text = (
        "Synthetic rows that lie nearer to the training rows than held-out rows do (a curve further left) repeat"
        " what was learned."
    )
    closer = distances.get("closer_to_train")
    if closer and closer.get("value") is not None:
        text += (
            f" Share of synthetic rows nearer to a training row than to a held-out one: {with_bounds(closer)},"
            f" at equally many of both, where chance gives 0.5 ({NAMES['holdout']}:"
            f" {figure(closer.get('control'))})."
        )
    unit = distances.get("unit")
    return text + (f" Distance: {unit}." if unit else "")


def _distance_table(results: dict[str, Any], subject: str) -> Table:
    quantiles = results["privacy"]["distances"]["quantiles"]
    at = [
        min(range(len(quantiles)), key=lambda i: abs(quantiles[i] - wanted))
        for wanted in QUANTILES_IN_TABLE
    ]
    at = list(dict.fromkeys(at))
    return Table(
        ("distance of", *(f"nearest {share(quantiles[i])}" for i in at)),
        [
            (NEAR[key][0], *(figure(values[i]) for i in at))
            for key, values in _near(results).items()
        ],
    )


def _attacks(results: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """(what is attacked, its figures): singling out, then the attributes that lose most."""
    found = [
        (f"singling out, {name} columns", attack)
        for name, key in (("by single", "univariate"), ("by several", "multivariate"))
        if (attack := part(results, "privacy", "singling_out", key))
    ]
    columns = (part(results, "privacy", "inference") or {}).get("columns") or []
    known = [column for column in columns if column.get("attack_rate") is not None]
    known.sort(key=lambda column: -(column.get("risk") or 0.0))
    return [each for each in found if each[1].get("attack_rate") is not None] + [
        (f"inferring {column['name']}", column) for column in known[:MOST_ATTRIBUTES]
    ]


def _missing_risks(results: dict[str, Any], subject: str) -> str:
    if _attacks(results):
        return ""
    for path in (("privacy",), ("privacy", "singling_out"), ("privacy", "inference")):
        if not part(results, *path):
            return why_not(results, *path)
    return "no attack could be made."


def _risk_dots(results: dict[str, Any]) -> Dots:
    return Dots(
        ATTACK_NAMES,
        [
            (
                name,
                {
                    "synthetic": {
                        "value": attack["attack_rate"],
                        "low": attack.get("attack_low"),
                        "high": attack.get("attack_high"),
                    },
                    "control": {"value": attack.get("control")},
                    "baseline": {"value": attack.get("baseline")},
                },
            )
            for name, attack in _attacks(results)
        ],
    )


def _risk_traces(
    results: dict[str, Any], subject: str
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    return dots(_risk_dots(results), "share of attacks that succeed", percent=True)


def _risk_reading(results: dict[str, Any], subject: str) -> str:
    attacks = _attacks(results)
    name, worst = max(attacks, key=lambda each: each[1].get("risk") or 0.0)
    risk = {"value": worst.get("risk"), "low": worst.get("low"), "high": worst.get("high")}
    return (
        "An attack that succeeds more often on rows that were learned from (dot) than on held-out rows (ring) has"
        " learned about single rows; what it gains over guessing (cross) and not over the ring, it has learned"
        f" about all alike. Most at risk: {name}, {with_bounds(risk)} of what there was to gain over the ring."
    )


def _risk_table(results: dict[str, Any], subject: str) -> Table:
    return Table(
        ("attack", "succeeds", "on held-out rows", "guessing", "risk", "95 % interval", "attacks"),
        [
            (
                name,
                share(a["attack_rate"]),
                share(a.get("control")),
                share(a.get("baseline")),
                figure(a.get("risk")),
                f"{figure(a['low'])} to {figure(a['high'])}"
                if a.get("low") is not None and a.get("high") is not None
                else "",
                f"{a['attacks']:,}" if a.get("attacks") is not None else "",
            )
            for name, a in _attacks(results)
        ],
    )


DISTANCES = Plot(
    "privacy_distances",
    "How near are the rows that were learned from?",
    _distance_traces,
    _distance_reading,
    _distance_table,
    _missing_distances,
    "whole",
)
RISKS = Plot(
    "risks",
    "What do attacks gain?",
    _risk_traces,
    _risk_reading,
    _risk_table,
    _missing_risks,
    "whole",
)
