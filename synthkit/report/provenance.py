"""What was run: data, plan, versions, machine, failed cells, warnings; as facts to be read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from synthkit.report.view import at_level, spoken
from synthkit.report.words import number

MOST_FAILURES = 50
MOST_WARNINGS = 50


@dataclass(frozen=True)
class Provenance:
    """Facts in groups of (name, value), the failures and the warnings, and how many more there are."""

    groups: list[tuple[str, list[tuple[str, str]]]]
    arms: list[tuple[str, str]]
    failures: list[dict[str, Any]]
    more_failures: int
    warnings: list[dict[str, Any]]
    more_warnings: int


def provenance(results: dict[str, Any], checksum: str) -> Provenance:
    """What these results say about how they were made; `checksum` ties the page to its `results.json`."""
    run = results.get("run") or {}
    groups = [("Data", _data(results["data"])), ("Plan", _plan(results, checksum))]
    if run.get("versions"):
        groups.append(("Versions", [(name, str(v)) for name, v in run["versions"].items()]))
    if run.get("machine"):
        devices = sorted({d for cost in results.get("cost", []) for d in cost.get("device") or []})
        groups.append(
            (
                "Machine",
                machine_facts(run["machine"])
                + ([("device", ", ".join(devices))] if devices else []),
            )
        )
    failures, warnings = (
        [entry | {"arm": at_level(entry)} for entry in results[key]]
        for key in ("failures", "warnings")
    )
    return Provenance(
        groups,
        [
            (
                arm["label"],
                "true fresh rows of the smaller classes: a bound, no method"
                if arm.get("limit")
                else _plain(arm["spec"]),
            )
            for arm in results["arms"]
        ],
        failures[:MOST_FAILURES],
        max(len(failures) - MOST_FAILURES, 0),
        warnings[:MOST_WARNINGS],
        max(len(warnings) - MOST_WARNINGS, 0),
    )


def machine_facts(machine: dict[str, Any]) -> list[tuple[str, str]]:
    """What a machine is, as facts."""
    return [(spoken(name).replace("gib", "(GiB)"), str(value)) for name, value in machine.items()]


def _data(data: dict[str, Any]) -> list[tuple[str, str]]:
    facts = [
        ("name", str(data["name"])),
        ("SHA-256", str(data["hash"])),
        ("rows", f"{data['rows']:,}"),
        ("target", f"{data['target']}; positive: {data['positive']}"),
        ("classes", ", ".join(f"{name}: {n:,}" for name, n in data["classes"].items())),
        (f"{len(data['features'])} features", ", ".join(str(f) for f in data["features"])),
    ]
    facts += [
        ("not learned from", f"{column['name']} ({column['kind']}: {column['why']})")
        for column in data["ignored"]
    ]
    if data["dropped_rows"]:
        facts.append(("dropped", f"{data['dropped_rows']:,} rows without a target"))
    same = (data.get("duplicates") or {}).get("test_rows_in_fit")
    if same is not None:
        facts.append(
            (
                "duplicates",
                f"{number(same, 1)} test rows per fold equal a training row in every feature"
                if same
                else "no test row equals a training row in every feature",
            )
        )
    return facts


def _plan(results: dict[str, Any], checksum: str) -> list[tuple[str, str]]:
    config = results["config"]
    facts = [
        ("seed", str(config["seed"])),
        ("split", _plain(config["split"])),
        ("fits", f"{results['folds']['n']:,} per arm and classifier"),
        ("classifiers", "; ".join(_plain(spec) for spec in config["classifiers"])),
        (
            "aim of the threshold",
            str(config["aim"]) + ("; of money: least cost" if config.get("cost") else ""),
        ),
        ("reference", str(config["reference"])),
    ]
    if "rope" in config:
        facts.append(("too small to matter", f"±{config['rope']:g}"))
    if config.get("cost"):
        facts.append(("prices", _plain(config["cost"])))
    if results.get("sweep"):
        sweep = results["sweep"]
        facts.append(
            (
                "sweep",
                f"over {sweep['over']}:"
                f" {', '.join(str(level['value']) for level in sweep.get('levels') or [])}",
            )
        )
    return [*facts, ("results.json", f"format {results['format']}, checksum {checksum}")]


def _plain(spec: Any) -> str:
    """A spec as a line: its name, then its parameters."""
    if not isinstance(spec, dict):
        return str(spec)
    rest = [
        f"{key} {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for key, value in spec.items()
        if key not in ("name", "published")
    ]
    return ", ".join([*([str(spec["name"])] if "name" in spec else []), *rest])
