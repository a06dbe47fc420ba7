"""A schema as YAML that a person can edit and feed back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from synthkit.errors import ConfigError, nearest
from synthkit.methods.yaml import parse
from synthkit.table.schema import Kind, Schema

KEYS = ("target", "positive", "columns")


class SchemaFile(NamedTuple):
    """What a schema file says: kinds by column, and the target and its positive class, if any."""

    kinds: Mapping[str, str]
    target: str | None = None
    positive: Any = None


def schema_to_yaml(schema: Schema) -> str:
    """The schema as YAML; a comment beside each column says why it was taken for that.

    Fed back through `schema_from_yaml` and `load`, it gives the same kinds, target and positive class.
    """
    lines = []
    if schema.target is not None:
        lines.append(f"target: {_scalar(schema.target)}")
        shown = ", ".join(_scalar(c) for c in schema.classes[:12]) + (
            ", ..." if len(schema.classes) > 12 else ""
        )
        lines.append(f"positive: {_scalar(schema.positive)}  # of the classes {shown}")
    lines.append(
        f"# Kinds: {', '.join(kind.value for kind in Kind)}. Columns of kind key and text are not learned"
        " from."
    )
    listed = [
        (f"  {_scalar(c.name)}: {c.kind.value}", c.why)
        for c in schema.columns
        if c.name != schema.target
    ]
    lines.append("columns:" if listed else "columns: {}")
    width = max((len(line) for line, _ in listed), default=0)
    lines += [
        f"{line:<{width}}  # {' '.join(why.split())}" if why else line for line, why in listed
    ]
    return "\n".join(lines) + "\n"


def schema_from_yaml(text: str, source: str = "the schema") -> SchemaFile:
    """What a schema file says; `source` is what errors call it.

    Raises: ConfigError with line and nearest name for an unknown key or kind.
    """
    document = parse(text, source)
    value = document.value
    if not isinstance(value, Mapping):
        raise document.error(
            (),
            "a schema is a mapping with columns: {NAME: KIND}, however this is"
            f" {'empty' if value is None else repr(value)}.",
        )
    for key in value:
        if key not in KEYS:
            raise document.error((key,), f"a schema has no key {key!r}.{nearest(key, list(KEYS))}")
    columns = value.get("columns")
    if not isinstance(columns, Mapping | None):
        raise document.error(
            ("columns",),
            f"columns must be a mapping from names to kinds, however it is {columns!r}.",
        )
    known = [kind.value for kind in Kind]
    for name, kind in (columns or {}).items():
        if kind not in known:
            raise document.error(
                ("columns", name),
                f"column {name!r} needs a kind, however {kind!r} is none."
                f"{nearest(str(kind), known)}",
            )
    target, positive = value.get("target"), value.get("positive")
    if isinstance(target, Mapping | list):
        raise document.error(
            ("target",), f"target must be a column's name, however it is {target!r}."
        )
    if isinstance(positive, Mapping | list):
        raise document.error(
            ("positive",), f"positive must be one class, however it is {positive!r}."
        )
    return SchemaFile(dict(columns or {}), None if target is None else str(target), positive)


def read_schema(path: Path | str, source: str | None = None) -> SchemaFile:
    """What the schema file at `path` says; `source` is what errors call it.

    Raises: ConfigError where it cannot be read, or says what no schema can.
    """
    try:
        return schema_from_yaml(Path(path).read_text(encoding="utf-8"), source or str(path))
    except OSError as error:
        raise ConfigError(
            f"The file {path} must be readable, however: {error.strerror}.", key="schema"
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(
            f"The file {path} must be UTF-8, however it is not.", key="schema"
        ) from None


def _scalar(value: Any) -> str:
    """A value as YAML takes it for the same value: text that might be read as something else is quoted."""
    import yaml

    if not isinstance(value, str):
        return (
            json.dumps(value) if isinstance(value, bool | int | float) else json.dumps(str(value))
        )
    plain = yaml.safe_dump(value, allow_unicode=True, width=10**9, default_flow_style=True).split(
        "\n"
    )[0]
    try:
        same = parse(f"{plain}: 0", "").value == {value: 0} and parse(plain, "").value == value
    except ConfigError:
        same = False
    # Between double quotes, with escapes, every text fits into one line of ASCII.
    return (
        plain if same else str(yaml.safe_dump(value, default_style='"', width=10**9)).rstrip("\n")
    )
