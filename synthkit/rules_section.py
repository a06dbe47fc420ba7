"""The rules of a config, which comparisons and trainings share: a list, or a file beside the config."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from synthkit.errors import ConfigError
from synthkit.methods.typed import what
from synthkit.methods.yaml import Document, read
from synthkit.rules.base import Rule
from synthkit.rules.rules_file import read_rules, rules_at

#: The keys that go with rules, in both kinds of config.
WITH_RULES = ("on_violation", "allow_real_violations")
#: What Python's and YAML's `constrained` is called.
CONSTRAINED = "constrained"


def rules_section(document: Document, folder: Path) -> tuple[tuple[Rule, ...], dict[str, str]]:
    """The rules under the key `rules`, and where each was written, by its name.

    Raises: ConfigError with file and line for wrong or contradictory rules, or keys without the rules they go with.
    """
    value = document.value.get("rules")
    if value is None:
        for key in WITH_RULES:
            if document.value.get(key) is not None:
                raise document.error(
                    (key,), f"{key} goes with rules, however this config has none. Add rules."
                )
        return (), {}
    if isinstance(value, str):
        if value == "infer":
            raise document.error(
                ("rules",),
                "rules must be a list or a file's name, however this is infer: what is"
                " inferred is for a person to confirm. Run synthkit check TABLE --rules infer >"
                " rules.yaml, look at it, and write rules: rules.yaml.",
            )
        path = str(_beside(value, folder))
        try:
            rules = read_rules(path)
        except ConfigError as error:
            raise document.error(("rules",), str(error)) from None
        written = read(path, "rules")
    elif isinstance(value, list):
        rules, written = rules_at(document, ("rules",)), document
    else:
        raise document.error(
            ("rules",), f"rules must be a list or a file's name, however they are {what(value)}."
        )
    return rules, {rule.name: written.place(("rules", i)) for i, rule in enumerate(rules)}


def with_paths(document: Document, folder: Path) -> Document:
    """The document in which the rules file of each `constrained` method is sought from the config's folder."""
    for where in [way for way in document.places if way and way[-1] == "rules" and len(way) > 1]:
        around, value = document.at(where[:-1]), document.at(where)
        if (
            isinstance(around, Mapping)
            and around.get("name") == CONSTRAINED
            and isinstance(value, str)
        ):
            document = document.changed(where, str(_beside(value, folder)), document.place(where))
    return document


def _beside(path: str, folder: Path) -> Path:
    return (folder / Path(path).expanduser()).absolute()
