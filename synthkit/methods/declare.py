"""One declaration per parameter: what `@method` makes of a class whose fields carry type, range and
meaning.

```python
Ratio = Annotated[float, Field(gt=0, le=1, description="Rows of each class per row of the
largest.")]

@method
class Oversampling(Strategy):
    ratio: Ratio = 1.0
```

From it come the checks in Python and YAML with their sentences, the JSON Schema, the listing of
`synthkit methods` and the "Parameters" section of the docstring.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, TypeVar, dataclass_transform

import numpy as np
import pydantic
from pydantic import (
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PydanticUserError,
    TypeAdapter,
    ValidationError,
)
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import ArgsKwargs, CoreSchema, core_schema

from synthkit.errors import ConfigError, Mistake, nearest

T = TypeVar("T")
#: A JSON Schema, or a part of one.
Json = dict[str, Any]

#: Text is no number and a bool is no whole number; defaults are values like any other.
STRICT = ConfigDict(
    extra="forbid",
    strict=True,
    allow_inf_nan=False,
    validate_default=True,
    arbitrary_types_allowed=True,
)


@dataclass(frozen=True)
class Said:
    """Words of a field's own for its errors: what is `needed`, where its type does not say it, and
    `why`.
    """

    needed: str = ""
    why: str = ""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> Json:
        own = {"x-needed": self.needed, "x-why": self.why}
        return handler(core) | {key: words for key, words in own.items() if words}


class AsMapping:
    """Lets a field that holds a declared dataclass take a mapping too: `Annotated[Cost,
    AsMapping()]`.
    """

    def __get_pydantic_core_schema__(self, cls: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def build(value: Any, info: Any) -> Any:
            if isinstance(value, Mapping):
                return construct(cls, value, info.field_name)
            return value

        return core_schema.with_info_before_validator_function(build, handler(cls))


#: What all randomness comes from.
Seed = Annotated[int, Field(ge=0, description="All randomness comes from it.")]


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field, Field))
def method(cls: type[T]) -> type[T]:
    """A frozen dataclass whose values are checked against their fields' types and ranges.

    Lists fit tuples, whole numbers fit `float`, and NumPy's scalars are plain ones. Whatever does
    not fit is a `ConfigError` with one sentence per mistake. `__post_init__` may check what
    concerns several fields, once each of them is right. The fields' descriptions become the
    "Parameters" of the docstring.
    """
    made: Any = pydantic.dataclasses.dataclass(frozen=True, config=STRICT)(cls)

    def init(self: Any, *args: Any, **parameters: Any) -> None:
        name = type(self).__name__
        _fill(self, _by_name(made, name, args, parameters), name)

    made.__init__ = init
    # Names and defaults: the types stand, in words, under the docstring's "Parameters".
    shown = inspect.signature(made)
    bare = [each.replace(annotation=each.empty) for each in shown.parameters.values()]
    made.__signature__ = shown.replace(parameters=bare, return_annotation=shown.empty)
    if made.__pydantic_complete__ and cls.__doc__:
        made.__doc__ = _with_parameters(inspect.cleandoc(cls.__doc__), made)
    return made


def is_declared(cls: type) -> bool:
    """Whether the class itself, not only one that it inherits from, was made by `method`."""
    return "__pydantic_validator__" in vars(cls)


def construct(
    cls: type[T],
    parameters: Mapping[str, Any],
    name: str,
    also: Sequence[str] = (),
    word: str = "parameter",
) -> T:
    """What `cls(**parameters)` is; `name` is what errors call it, `also` other keys that stand
    beside its own.

    `word` is what errors call a key.

    Raises: ConfigError with every mistake.
    """
    self = cls.__new__(cls)
    _fill(self, parameters, name, also, word)
    return self


def _by_name(
    cls: Any, name: str, args: tuple[Any, ...], parameters: Mapping[str, Any]
) -> dict[str, Any]:
    known = [field.name for field in dataclasses.fields(cls) if field.init and not field.kw_only]
    if len(args) > len(known):
        raise TypeError(f"{name} takes at most {len(known)} values, however it got {len(args)}.")
    given = dict(zip(known, args, strict=False))
    if twice := given.keys() & parameters.keys():
        raise TypeError(f"{name} takes {min(twice)} once, however it got two values for it.")
    return given | dict(parameters)


def _fill(
    self: Any,
    parameters: Mapping[str, Any],
    name: str,
    also: Sequence[str] = (),
    word: str = "parameter",
) -> None:
    cls = type(self)
    given = ArgsKwargs((), {key: plain(value) for key, value in parameters.items()})
    try:
        cls.__pydantic_validator__.validate_python(given, self_instance=self)
    except ValidationError as failure:
        raise ConfigError.of(_mistakes(failure, cls, name, also, word)) from None


def plain(value: Any) -> Any:
    """Lists as tuples, NumPy's numbers as Python's; inside a mapping lists stay lists."""
    if isinstance(value, np.bool_ | np.integer | np.floating):
        return value.item()
    if type(value) in (list, tuple):
        return tuple(map(plain, value))
    if type(value) is dict:
        return {key: inner if type(inner) is list else plain(inner) for key, inner in value.items()}
    return value


# ------------------------------------------------------------------------------- what went wrong,
# in words


def _mistakes(
    failure: ValidationError, cls: Any, name: str, also: Sequence[str], word: str
) -> list[Mistake]:
    """pydantic's errors in our words: one for each wrong value, however many types it might have
    had.
    """
    schema = schema_of(cls)
    found: dict[tuple[Any, ...], Mistake] = {}
    for error in failure.errors(include_url=False):
        kind, way, value = error["type"], error["loc"], error["input"]
        cause = error.get("ctx", {}).get("error")
        real = _real(way, schema) or way[:1]
        if isinstance(cause, ConfigError):
            for index, inner in enumerate(cause.mistakes):
                found[(*real, cause, index)] = dataclasses.replace(
                    inner, where=(*real, *inner.where)
                )
        elif cause is not None:
            found[real] = Mistake(real, f"{name}: {cause}")
        elif kind in ("unexpected_keyword_argument", "extra_forbidden") or way[-1] == "[key]":
            *around, key = way[:-1] if way[-1] == "[key]" else way
            where = (*_real(around, schema), str(key))
            owner = f"{name} has no {word}" if len(where) == 1 else f"{where[-2]} has no key"
            text = unknown(str(key), value, owner, [*_known(_part(schema, where[:-1])), *also])
            found[where] = Mistake(where, text, str(key))
        elif kind.startswith("missing"):
            where = real[:-1]
            example = _part(schema, real).get("examples", ["..."])[0]
            text = missing(str(where[-1] if where else name), str(way[-1]), example)
            found[real] = Mistake(where, text, str(way[-1]))
        # A list is too short as well when it is its entries that do not fit.
        elif kind != "too_short" or not any(other[: len(real)] == real for other in found):
            text = sentence(real, _part(schema, real), value)
            found.setdefault(real, Mistake(real, text, str(real[0])))
    return list(found.values())


def _known(schema: Json) -> list[str]:
    """The keys of the mapping that a schema describes."""
    names = schema.get("propertyNames", {}).get("enum", [])
    own: Json = {}
    for part in schema.get("anyOf", [schema]):
        own |= part.get("properties", {})
    return [*(key for key in own if "x-hidden" not in own[key]), *names]


def unknown(key: str, value: Any, said: str, known: Sequence[str]) -> str:
    """The sentence about an unknown key; `said` is such as "smote has no parameter"."""
    if ":" in key and value is None:
        return f"YAML needs a space after a colon, however {key!r} has none."
    if not known:
        return f"{said}s, however it is given {key!r}."
    return f"{said} {key!r}.{nearest(key, list(known))}"


def missing(name: str, key: str, example: str = "...") -> str:
    """The sentence about a value that is needed and not given."""
    return f"{name} needs {key}, however it is not given. Add {key}: {example}."


def sentence(way: Sequence[str | int], schema: Json, value: Any) -> str:
    """What is needed at this place, as a JSON Schema says it, however the value is what it is."""
    key = str(way[0]) + "".join(f"[{part!r}]" for part in way[1:] if isinstance(part, str))
    hint = nearest(value, schema["enum"]) if isinstance(value, str) and "enum" in schema else ""
    meant = hint if "Did you mean" in hint else ""
    why = f" {schema['x-why']}." if "x-why" in schema else ""
    return f"{key} must be {needed(schema)}, however it is {what(value)}.{meant}{why}"


def what(value: Any) -> str:
    """A value as an error shows it."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list" if value else "an empty list"
    return repr(value)


def needed(schema: Json) -> str:
    """What a JSON Schema asks for.

    >>> needed({"type": "integer", "minimum": 1})
    'a whole number at least 1'
    >>> needed({"anyOf": [{"type": "number"}, {"enum": ["all"]}, {"type": "null"}]})
    "a number or 'all'"
    """
    if "x-needed" in schema:
        return str(schema["x-needed"])
    if "anyOf" in schema:
        choices = [needed(one) for one in schema["anyOf"] if one.get("type") != "null"]
        return " or ".join(dict.fromkeys(choices))
    if "enum" in schema or "const" in schema:
        return _either([repr(value) for value in schema.get("enum", [schema.get("const")])])
    match schema.get("type"):
        case "integer" | "number" as kind:
            number = "a whole number" if kind == "integer" else "a number"
            return f"{number} {_bounds(schema)}".rstrip()
        case "array":
            return "a list" + (f" of at least {schema['minItems']}" if "minItems" in schema else "")
        case kind:
            return {"string": "text", "boolean": "true or false", "object": "a mapping"}.get(
                str(kind), "something else"
            )


def _bounds(schema: Json) -> str:
    words = {
        "exclusiveMinimum": "above",
        "minimum": "at least",
        "exclusiveMaximum": "below",
        "maximum": "at most",
    }
    return " and ".join(f"{word} {schema[key]:g}" for key, word in words.items() if key in schema)


def _either(words: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _part(schema: Json, way: Iterable[str | int]) -> Json:
    """The part of a schema that a value's place means."""
    return next(reversed([schema, *(part for _, part in _steps(schema, way))]))


def _real(way: Iterable[str | int], schema: Json) -> tuple[str | int, ...]:
    """The place without pydantic's names of a union's members."""
    return tuple(step for step, _ in _steps(schema, way))


def _steps(schema: Json, way: Iterable[str | int]) -> Iterable[tuple[str | int, Json]]:
    parts = [schema]
    for step in way:
        choices = [choice for part in parts for choice in part.get("anyOf", [part])]
        inside = [part for choice in choices if (part := _inner(choice, step)) is not None]
        if inside:
            parts = inside
            yield step, inside[0]


def _inner(schema: Json, step: str | int) -> Json | None:
    if isinstance(step, int):
        items: Json | None = schema.get("items") if schema.get("type") == "array" else None
        return items
    own: Json | None = schema.get("properties", {}).get(step)
    others = schema.get("additionalProperties")
    return own if own is not None else others if isinstance(others, dict) else None


# ------------------------------------------------------------------------------------ what a class
# declares


class _Generator(GenerateJsonSchema):
    """pydantic's, without titles, which only repeat the keys; what no JSON can hold may be
    anything.
    """

    ignored_warning_kinds = frozenset({"skipped-choice", "non-serializable-default"})  # type: ignore[assignment]

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> Json:
        return {}


@cache
def schema_of(cls: Any) -> Json:
    """The JSON Schema of a type, such as a method's class; keys with x- are ours, and for words
    only.
    """
    try:
        found = TypeAdapter(cls).json_schema(schema_generator=_Generator)
    except PydanticUserError:  # a plain dataclass of another package, of types that only it knows
        if not dataclasses.is_dataclass(cls):
            return {}
        fields = [field for field in dataclasses.fields(cls) if field.init]
        needs = [field.name for field in fields if default_of(field) is dataclasses.MISSING]
        return {"properties": {field.name: {} for field in fields}, "required": needs}
    whole: Json = _inlined(found, found.pop("$defs", {}))
    return whole


def _inlined(schema: Any, definitions: Json) -> Any:
    """The schema with its definitions where they are referred to."""
    if isinstance(schema, list):
        return [_inlined(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        target = definitions[schema["$ref"].rsplit("/", 1)[-1]]
        schema = target | {key: value for key, value in schema.items() if key != "$ref"}
    return {key: _inlined(value, definitions) for key, value in schema.items()}


def parameters_of(cls: Any) -> list[str]:
    """The names of a dataclass's parameters."""
    return [field.name for field in dataclasses.fields(cls) if field.init]


def default_of(field: dataclasses.Field[Any]) -> Any:
    """A parameter's default; `dataclasses.MISSING` where it needs a value."""
    if isinstance(field.default, pydantic.fields.FieldInfo):
        return field.default.get_default(call_default_factory=True)
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _with_parameters(text: str, cls: Any) -> str:
    """The docstring with a "Parameters" section before its other sections."""
    lines = []
    for name, schema in schema_of(cls).get("properties", {}).items():
        kind = re.sub(r"^an? ", "", needed(schema))
        default = default_of(next(f for f in dataclasses.fields(cls) if f.name == name))
        given = "" if default is dataclasses.MISSING else f", default {default!r}"
        lines.append(f"{name} : {kind}{given}")
        lines += textwrap.wrap(
            schema.get("description", ""), 96, initial_indent="    ", subsequent_indent="    "
        )
    if not lines:
        return text
    section = "\n".join(["Parameters", "----------", *lines])
    first = re.search(r"^\w[\w ]*\n-{3,}$", text, re.MULTILINE)
    head, tail = (text[: first.start()], text[first.start() :]) if first else (text, "")
    return "\n\n".join(filter(None, [head.strip(), section, tail.strip()])) + "\n"
