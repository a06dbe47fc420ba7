"""Plain values -> our dataclasses: types through pydantic, ranges by themselves, errors with their line."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from synthkit.errors import ConfigError, nearest
from synthkit.methods.declare import construct, is_declared, what
from synthkit.methods.registry import Registry
from synthkit.methods.yaml import Document, Where


def method(
    registry: Registry,
    spec: Any,
    where: Where,
    document: Document,
    *,
    extra: tuple[str, ...] = (),
) -> Any:
    """The method that a name, or a mapping with a name and parameters, means."""
    if isinstance(spec, str):
        spec = {"name": spec}
    if not isinstance(spec, Mapping):
        raise document.error(
            where,
            f"a {registry.role} is a name, or a mapping with a name and parameters, however"
            f" this is {what(spec)}.",
        )
    parameters = dict(spec)
    if "name" not in parameters:
        given = [key for key in parameters if key in registry]
        hint = (
            f" Write {{name: {given[0]}, ...}}."
            if given
            else f" Known: {', '.join(sorted(registry))}."
        )
        raise document.error(
            where, f"a {registry.role} needs a name, however this one has none.{hint}"
        )
    name = str(parameters.pop("name"))
    cls = located(document, where, lambda: registry[name])
    return typed(cls, parameters, where, document, name, extra=extra)


def typed(
    cls: type,
    values: Any,
    where: Where,
    document: Document,
    name: str,
    *,
    extra: tuple[str, ...] = (),
) -> Any:
    """A dataclass from plain values, its types checked by pydantic and its ranges by itself."""
    from pydantic import ValidationError

    if not isinstance(values, Mapping):
        raise document.error(where, f"{name} must be a mapping, however it is {what(values)}.")
    if is_declared(cls):
        try:
            return construct(cls, values, name, extra)
        except ConfigError as error:
            said = [f"{document.place((*where, *m.where))}: {m.text}" for m in error.mistakes]
            raise ConfigError("\n".join(said)) from None
    fields = [f for f in dataclasses.fields(cls) if f.init]
    known = [f.name for f in fields]
    for key in values:
        if key not in known:
            if ":" in key and values[key] is None:
                raise document.error(
                    (*where, key), f"YAML needs a space after a colon, however {key!r} has none."
                )
            raise document.error(
                (*where, key),
                f"{name} has no parameter {key!r}.{nearest(key, [*known, *extra])}"
                if known or extra
                else f"{name} has no parameters, however it is given {key!r}.",
            )
    for f in fields:
        required = f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
        if required and f.name not in values:
            raise document.error(
                where, f"{name} needs {f.name}, however it is not given. Add {f.name}: ...."
            )
    try:
        # Through JSON, because there pydantic is strict about numbers and text, yet lists fit tuples.
        return adapter(cls).validate_json(json.dumps(values), strict=True)
    except ValidationError as failure:
        first = failure.errors(include_url=False)[0]
        cause = first.get("ctx", {}).get("error")
        if isinstance(cause, ConfigError):
            raise document.error(document.find(cause, where), str(cause)) from None
        if isinstance(cause, Exception):
            raise document.error(where, f"{name}: {cause}") from None
        raise _type_error(failure, values, where, document, name) from None
    except ConfigError as cause:
        raise document.error(document.find(cause, where), str(cause)) from None
    except (
        TypeError,
        AttributeError,
        ValueError,
    ) as cause:  # a range check that met a type it did not expect
        raise document.error(where, f"{name}: {cause}") from None


def _type_error(
    failure: Any, values: Any, where: Where, document: Document, name: str
) -> ConfigError:
    """What pydantic found, in our words: the first value, and every type that it might have."""
    errors = failure.errors(include_url=False)
    key = errors[0]["loc"][0] if errors[0]["loc"] else None
    if key is None:
        return document.error(where, f"{name}: {errors[0]['msg']}.")
    needed = dict.fromkeys(
        str(e["msg"]).removeprefix("Input should be ") for e in errors if e["loc"][0] == key
    )
    inside, got = [key], values[key]
    for part in errors[0]["loc"][
        1:
    ]:  # the way to the wrong entry, past pydantic's names of a union's members
        if (isinstance(got, Mapping) and part in got) or (
            isinstance(got, list) and isinstance(part, int)
        ):
            inside, got = [*inside, part], got[part]
    return document.error(
        (*where, *inside),
        f"{'.'.join(map(str, inside))} of {name} must be"
        f" {' or '.join(needed)}, however it is {what(got)}.",
    )


@cache
def adapter(cls: Any) -> Any:
    """pydantic's view of a type, such as one of our dataclasses: what fits it, and its JSON Schema."""
    from pydantic import TypeAdapter

    return TypeAdapter(cls)


def located(document: Document, where: Where, build: Callable[[], Any]) -> Any:
    """What `build` returns; its ConfigError with the line of the key that it names."""
    try:
        return build()
    except ConfigError as error:
        raise document.error(document.find(error, where), str(error)) from None


def plain_value(document: Document, key: str, hint: Any) -> Any:
    """The value of a top-level key, which must be of the type `hint`."""
    from pydantic import ValidationError

    value = document.value[key]
    try:
        return adapter(hint).validate_json(json.dumps(value), strict=True)
    except ValidationError as failure:
        needed = dict.fromkeys(
            str(e["msg"]).removeprefix("Input should be ") for e in failure.errors()
        )
        raise document.error(
            (key,), f"{key} must be {' or '.join(needed)}, however it is {what(value)}."
        ) from None
