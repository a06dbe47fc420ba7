"""What a quality report looked at, what it left out and why, and what it ran on; as facts to be read."""

from __future__ import annotations

from typing import Any

from synthkit.report.provenance import machine_facts
from synthkit.report.quality.view import capital, part, sentence
from synthkit.report.view import spoken
from synthkit.report.words import seconds


def groups(results: dict[str, Any], checksum: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Facts in groups of (name, value); `checksum` ties the page to its `quality.json`."""
    data, run = results["data"], results.get("run") or {}
    facts = []
    for key, name in (("real", "real"), ("synthetic", "synthetic"), ("holdout", "held out")):
        table = data.get(key)
        facts.append(
            (
                name,
                f"{table['name']}: {table['rows']:,} rows, SHA-256 {table['hash']}"
                if table
                else "none",
            )
        )
    if data.get("target") is not None:
        facts.append(("target", f"{data['target']}; positive: {data.get('positive')}"))
    kinds: dict[str, list[str]] = {}
    for column in data["columns"]:
        kinds.setdefault(column["kind"], []).append(str(column["name"]))
    facts += [(f"{spoken(kind)} columns", ", ".join(names)) for kind, names in kinds.items()]
    facts += [
        ("seed", str(results["seed"])),
        ("quality.json", f"format {results['format']}, checksum {checksum}"),
    ]
    found = [("Data", facts)]
    detection = part(results, "detection")
    if detection and detection.get("classifier"):
        found.append(
            (
                "Detection",
                [
                    ("classifier", sentence(detection["classifier"])),
                    ("rows", f"{detection['rows']:,} of each table"),
                ],
            )
        )
    if run.get("versions"):
        found.append(("Versions", [(name, str(v)) for name, v in run["versions"].items()]))
    if run.get("machine"):
        found.append(("Machine", machine_facts(run["machine"])))
    if run.get("seconds"):
        found.append(
            ("Time", [(spoken(name), seconds(value)) for name, value in run["seconds"].items()])
        )
    return found


def left_out(results: dict[str, Any]) -> list[tuple[str, str]]:
    """What is not on the page, with the reason: columns, parts that were skipped."""
    facts = [
        (column["name"], f"{column['kind']}: {column['why']}")
        for column in results["data"].get("left_out") or []
    ]
    copies = results["data"].get("copies_in_holdout")
    if copies:
        facts.append(("held-out rows", f"{copies:,} of them equal a row that was learned from"))
    return facts + [(name, capital(sentence(why))) for name, why in _skipped(results, ())]


def _skipped(found: Any, path: tuple[str, ...]) -> list[tuple[str, str]]:
    if not isinstance(found, dict):
        return []
    if "skipped" in found:
        return [(", ".join(spoken(key) for key in path), str(found["skipped"]))]
    return [each for key, value in found.items() for each in _skipped(value, (*path, str(key)))]
