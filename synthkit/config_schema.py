"""The configs' JSON Schemas, for editors: generated from the dataclasses and the registries.

`python -m synthkit.config_schema > configs/config.schema.json` brings that of comparisons up to date,
`python -m synthkit.config_schema training > configs/training.schema.json` that of trainings.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping
from typing import Any

from synthkit.comparison.classifiers import CLASSIFIERS
from synthkit.comparison.cost import Cost
from synthkit.comparison.scorecard import RecallAt
from synthkit.comparison.sweep import Sweep
from synthkit.config import DEFAULTS, PLAIN, PUBLISHABLE
from synthkit.data_section import SOURCES, Data
from synthkit.methods.listing import first_sentence
from synthkit.methods.registry import Registry
from synthkit.methods.typed import adapter
from synthkit.rules import RULES
from synthkit.rules.enforce import ON_VIOLATION
from synthkit.strategies import STRATEGIES
from synthkit.synthesizers import SYNTHESIZERS
from synthkit.table.datasets import DATASETS
from synthkit.table.split import SPLITS
from synthkit.training import DEVICES


def config_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a config file."""
    definitions: dict[str, Any] = {
        "label": {"type": "string", "description": "The name that the arm goes by."},
        "published": {
            "type": "object",
            "additionalProperties": False,
            "properties": {key: {"type": "number"} for key in PUBLISHABLE},
            "description": "Figures published elsewhere, shown beside ours.",
        },
    }
    labelled = {key: {"$ref": f"#/$defs/{key}"} for key in definitions}
    ruled = _rules(
        "report",
        "What is done where a synthetic row breaks a rule: report counts; with resample, repair or"
        " drop, each arm that makes rows runs a second time with the rules kept.",
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A synthkit comparison",
        "type": "object",
        "additionalProperties": False,
        "required": ["data"],
        "$defs": definitions,
        "properties": {
            "seed": {
                "type": "integer",
                "minimum": 0,
                "default": 0,
                "description": "All randomness comes from it.",
            },
            "data": _data(),
            "split": _methods(SPLITS, key="scheme", default="stratified"),
            "arms": {
                "type": "array",
                "minItems": 1,
                "default": list(DEFAULTS["arms"]),
                "items": _methods(STRATEGIES, labelled),
            },
            "classifiers": {
                "type": "array",
                "minItems": 1,
                "default": list(DEFAULTS["classifiers"]),
                "items": _methods(CLASSIFIERS),
            },
            "cost": _object(Cost),
            **{
                key: adapter(hint).json_schema() | {"default": DEFAULTS[key]}
                for key, hint in PLAIN.items()
            },
            **ruled,
            "aim": {
                "enum": ["f1", "cost"],
                "default": "f1",
                "description": "What the tuned threshold maximises: F1, or"
                " the least expected cost.",
            },
            "reference": {
                "type": "string",
                "description": "The arm that the others are measured against: its label."
                " By default none, or else the first.",
            },
            "recall_at": _object(RecallAt),
            "sweep": _object(Sweep),
        },
    }


def training_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a training config."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A synthkit training",
        "type": "object",
        "additionalProperties": False,
        "required": ["data", "synthesizer"],
        "properties": {
            "seed": {
                "type": "integer",
                "minimum": 0,
                "default": 0,
                "description": "All randomness comes from it.",
            },
            "data": _data(),
            "device": {
                "enum": list(DEVICES),
                "description": "Where a network is trained; auto takes a GPU if there is one.",
            },
            "synthesizer": _methods(SYNTHESIZERS),
            **_rules("resample", "What is done where a synthetic row breaks a rule."),
        },
    }


def _rules(default: str, what: str) -> dict[str, Any]:
    """The keys about domain rules: a list of rules or a file's name, and the two that go with them."""
    kinds = []
    for name, cls in RULES.items():
        yaml = {python: word for word, python in cls.words.items()}
        entry = _object(cls)
        # Where YAML has a word of its own, Python's does as well.
        own = {
            word: value
            for key, value in entry["properties"].items()
            for word in {key, yaml.get(key, key)}
        }
        needed = [key for key in _required(cls) if key not in yaml]
        kinds.append(
            entry
            | {
                "properties": {"rule": {"const": name}, **dict(sorted(own.items()))},
                "required": ["rule", *needed],
            }
        )
    return {
        "rules": {
            "anyOf": [
                {"type": "string", "description": "A rules file, beside this one."},
                {"type": "array", "minItems": 1, "items": {"anyOf": kinds}},
            ],
            "description": "Domain rules that the real rows obey and synthetic ones should.",
        },
        "on_violation": {"enum": list(ON_VIOLATION), "default": default, "description": what},
        "allow_real_violations": {
            "type": "boolean",
            "default": False,
            "description": "Go on where real rows break"
            " rules; otherwise that is refused, with counts.",
        },
    }


def _data() -> dict[str, Any]:
    source = _object(Data)
    own = {key: value for key, value in source["properties"].items() if key != "name"}
    named = [
        _object(
            cls,
            name={"const": name},
            **{k: v for k, v in own.items() if k not in ("path", "sql", "query")},
        )
        | {"required": ["name"]}
        for name, cls in DATASETS.items()
    ]
    elsewhere = source | {
        "properties": source["properties"] | {"name": {"type": "string", "pattern": "^openml:"}},
        "oneOf": [{"required": [key]} for key in SOURCES],
        "anyOf": [{"required": [key]} for key in ("name", "target", "schema")],
    }
    return {"anyOf": [{"type": "string"}, *named, elsewhere], "description": first_sentence(Data)}


def _methods(
    registry: Registry,
    extra: Mapping[str, Any] | None = None,
    *,
    key: str = "name",
    default: str = "",
) -> dict[str, Any]:
    """A name alone, or a mapping with a name and that method's parameters."""
    alone = [name for name, cls in registry.items() if not _required(cls)]
    choices: list[dict[str, Any]] = [{"enum": alone}]
    for name, cls in registry.items():
        entry = _object(cls, **{key: {"const": name}}, **(extra or {}))
        entry["required"] = [*([] if name == default else [key]), *_required(cls)]
        choices.append(entry)
    return {"anyOf": choices} | ({"default": default} if default else {})


def _required(cls: type) -> list[str]:
    return [
        f.name
        for f in dataclasses.fields(cls)
        if f.init and f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    ]


def _object(cls: type, **extra: Any) -> dict[str, Any]:
    """The schema of one dataclass, with `extra` properties first and none besides."""
    found = _untitled(adapter(cls).json_schema())
    properties = extra | {
        key: value for key, value in found.get("properties", {}).items() if key not in extra
    }
    return {
        "type": "object",
        "description": first_sentence(cls),
        "additionalProperties": False,
        "properties": properties,
    }


def _untitled(schema: Any) -> Any:
    """Without pydantic's titles, which only repeat the keys, and without our words for errors."""
    if isinstance(schema, dict):
        return {
            key: _untitled(value)
            for key, value in schema.items()
            if not (key == "title" and isinstance(value, str)) and not key.startswith("x-")
        }
    if isinstance(schema, list):
        return [_untitled(value) for value in schema]
    return schema


def as_text(schema: Mapping[str, Any] | None = None) -> str:
    """A schema as the file holds it; the comparison's unless another is given."""
    return (
        json.dumps(config_schema() if schema is None else schema, indent=1, ensure_ascii=False)
        + "\n"
    )


if __name__ == "__main__":
    print(as_text(training_schema() if sys.argv[1:] == ["training"] else None), end="")
