"""Names for methods: what YAML, Python, the report's label and the ledger's key have in common.

A method is a frozen dataclass of its own parameters, made by `method` or, in other packages, by
`dataclasses` alone. A registry maps names to such classes, turns `{"name": "smote", "k_neighbors":
3}` into `SMOTE(k_neighbors=3)` and back. Other packages add theirs through Python entry points.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pkgutil import resolve_name
from typing import Any, get_type_hints

import numpy as np
from pydantic import (
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PydanticUserError,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import CoreSchema, core_schema

from synthkit.errors import ConfigError, nearest
from synthkit.methods.declare import (
    Json,
    construct,
    default_of,
    is_declared,
    missing,
    parameters_of,
    plain,
    schema_of,
    sentence,
    unknown,
    what,
)

#: Every registry there is, so that a method's plain form can find its name.
_REGISTRIES: list[Registry] = []


class Registry(Mapping[str, type]):
    """The methods of one role by name, those of other packages included.

    `role` is the word for error messages, `group` the entry-point group that other packages use.
    A built-in name is looked up without loading any other package, and stays ours whoever offers
    it too. Walking the registry loads what others offer and passes over what cannot be loaded;
    asking for such a name says why (`broken` has all the reasons). `key` is what a mapping has the
    name under.
    """

    def __init__(
        self, role: str, group: str, members: Mapping[str, type], key: str = "name"
    ) -> None:
        self.role, self.key = role, key
        self._group = group
        self._members = dict(members)
        self._broken: dict[str, str] = {}
        self._complete = False
        _REGISTRIES.append(self)

    def _all(self) -> dict[str, type]:
        if not self._complete:
            self._complete = True  # first, since what is loaded may ask this registry for a name
            offers: dict[str, list[EntryPoint]] = {}
            for point in entry_points(group=self._group):
                if (
                    point.name not in self._members
                ):  # a third party cannot take over a built-in name unseen
                    offers.setdefault(point.name, []).append(point)
            for name, points in sorted(offers.items()):
                try:
                    self._members[name] = _load(points)
                except Exception as error:  # whatever it is, it must not take synthkit down
                    self._broken[name] = _reason(self.role, name, points, error)
        return self._members

    def __getitem__(self, name: str) -> type:
        members = self._members if name in self._members else self._all()
        if name in self._broken:
            raise ConfigError(self._broken[name], key="name")
        if name not in members:
            raise ConfigError(
                f"There is no {self.role} {name!r}.{nearest(name, list(members))}", key="name"
            )
        return members[name]

    def __contains__(self, name: object) -> bool:
        return name in self._members or name in self._all()

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    @property
    def broken(self) -> dict[str, str]:
        """The names that other packages offer and that cannot be loaded, each with the reason."""
        self._all()
        return dict(self._broken)

    def name_of(self, method: object) -> str:
        """The registered name of a method's class, or the class's own name."""
        for name, cls in self._all().items():
            if cls is type(method):
                return name
        return type(method).__name__

    def build(self, spec: Any, also: Sequence[str] = ()) -> Any:
        """The method that `spec` means: a name, a mapping with `name` and parameters, or a method.

        `also` are keys that may stand beside the parameters, which the caller has taken out
        already.

        Raises: ConfigError for an unknown name or parameter, or a value outside its range.
        """
        if isinstance(spec, str):
            spec = {self.key: spec}
        if isinstance(spec, Mapping):
            return self._from(spec, also)
        if isinstance(spec, type):
            raise ConfigError(
                f"A {self.role} itself is needed, however this is its class. Write"
                f" {spec.__name__}()."
            )
        if callable(spec) or type(spec) in self._all().values():
            return spec
        raise ConfigError(
            f"A {self.role} is a name, a mapping with a name and parameters, or a {self.role}"
            f" itself,"
            f" however this is {what(spec)}."
        )

    def _from(self, spec: Mapping[Any, Any], also: Sequence[str]) -> Any:
        parameters = {str(key): value for key, value in spec.items()}
        name = parameters.pop(self.key, None)
        if name is None:
            given = [key for key in parameters if key in self]
            known = f"Known: {', '.join(sorted(self))}."
            hint = f"Write {{{self.key}: {given[0]}, ...}}." if given else known
            raise ConfigError(f"A {self.role} needs a name, however this one has none. {hint}")
        cls = self[str(name)]
        if is_declared(cls):
            return construct(cls, parameters, str(name), also)
        return _of_plain(cls, parameters, str(name), also)

    def json_schema(
        self, *, key: str = "name", default: str = "", beside: Json | None = None
    ) -> Json:
        """The JSON Schema of a name alone, or of a mapping with a name and that method's
        parameters.

        `key` is what the name stands under, `default` the method where there is none, and `beside`
        are properties that go with any of them.
        """
        needs = {name: schema_of(cls).get("required", []) for name, cls in self.items()}
        choices: list[Json] = [{"enum": [name for name in self if not needs[name]]}]
        for name, cls in self.items():
            found = schema_of(cls)
            choices.append(
                {
                    "type": "object",
                    "description": first_sentence(cls),
                    "additionalProperties": False,
                    "properties": {
                        key: {"const": name},
                        **(beside or {}),
                        **found.get("properties", {}),
                    },
                    "required": [*([] if name == default else [key]), *needs[name]],
                }
            )
        return {"anyOf": choices} | ({"default": default} if default else {})

    def listing(self, width: int = 100) -> str:
        """Each method as text: its name and parameters with defaults, then the first sentence."""
        lines = []
        for name, cls in self.items():
            given = {f.name: default_of(f) for f in dataclasses.fields(cls) if f.init}
            shown = [k if v is dataclasses.MISSING else f"{k}={v!r}" for k, v in given.items()]
            text = f"{name}({', '.join(shown)})" if shown else name
            after = "   " + " " * len(name)
            lines += textwrap.wrap(text, width, initial_indent="  ", subsequent_indent=after)
            lines += textwrap.wrap(
                first_sentence(cls), width, initial_indent="      ", subsequent_indent="      "
            )
        return "\n".join(lines)


@dataclass(frozen=True)
class ByName:
    """The type of a field that holds a method: `Annotated[Any,
    ByName("synthkit.strategies:STRATEGIES")]`.

    Its name, a mapping with a name and parameters, or the method itself will do; the field then
    holds the method. The registry is looked up when the first value comes, so that registries may
    know each other. `key` may stand for `name` in a mapping, `default` is the name of a mapping
    without one, and `also` are keys that stand beside the parameters.
    """

    registry: str
    key: str = "name"
    default: str = ""
    also: tuple[str, ...] = ()

    def build(self, spec: Any) -> Any:
        """The method that `spec` means."""
        registry: Registry = resolve_name(self.registry)
        if not isinstance(spec, Mapping):
            return registry.build(spec, self.also)
        if self.key != "name" and self.key in spec:
            if "name" in spec:
                said = (
                    f"a {registry.role} needs one {self.key}, however it has {self.key} and name."
                )
                raise ConfigError(said, key="name")
            spec = {("name" if key == self.key else key): value for key, value in spec.items()}
        return registry.build({"name": self.default or None, **spec}, self.also)

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.build)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> Json:
        return {"x-registry": self.registry, "x-key": self.key, "x-default": self.default}


def _of_plain(cls: Any, parameters: Json, name: str, also: Sequence[str]) -> Any:
    """A plain dataclass, which checks its ranges itself; its types are checked where they say
    enough.
    """
    known = parameters_of(cls)
    for key in parameters:
        if key not in known:
            said = unknown(key, parameters[key], f"{name} has no parameter", [*known, *also])
            raise ConfigError(said, key=key)
    for field in dataclasses.fields(cls):
        if field.init and field.name not in parameters and default_of(field) is dataclasses.MISSING:
            raise ConfigError(missing(name, field.name))
    return cls(**{key: _typed(cls, key, value) for key, value in parameters.items()})


def _typed(cls: Any, key: str, value: Any) -> Any:
    """The value as its field's type has it, where both are plain ones."""
    try:
        adapter = _adapter(cls, key)
        # Through JSON, because there pydantic is strict about numbers and text, yet lists fit
        # tuples.
        text = json.dumps(plain(value))
    except (PydanticUserError, TypeError, NameError, KeyError):
        return value
    if adapter.core_schema["type"] == "any":
        return value
    try:
        return adapter.validate_json(text, strict=True)
    except ValidationError as failure:
        cause = failure.errors()[0].get("ctx", {}).get("error")
        if isinstance(cause, ConfigError):
            raise cause from None
        schema = adapter.json_schema()
        raise ConfigError(sentence((key,), schema, value), key=key) from None


@cache
def _adapter(cls: Any, key: str) -> TypeAdapter[Any]:
    return TypeAdapter(get_type_hints(cls, include_extras=True)[key])


def first_sentence(cls: type) -> str:
    """The first paragraph of a class's docstring, on one line."""
    return " ".join((inspect.getdoc(cls) or "").split("\n\n")[0].split())


def _load(points: list[EntryPoint]) -> type:
    """The class that one name's entry points mean; an installation may be listed twice."""
    if len({point.value for point in points}) > 1:
        raise TypeError("several packages offer this name")
    cls = points[0].load()
    if not (isinstance(cls, type) and dataclasses.is_dataclass(cls)):
        raise TypeError(f"{points[0].value} must be a dataclass of the method's parameters")
    return cls


def _reason(role: str, name: str, points: list[EntryPoint], error: Exception) -> str:
    packages = sorted({point.dist.name if point.dist else point.value for point in points})
    said = f"{type(error).__name__}: {error}".strip().rstrip(".")
    return (
        f"The {role} {name!r} comes from {' and '.join(packages)}, however it cannot be loaded:"
        f" {said}."
        f" Mend or uninstall {' or '.join(packages)}."
    )


def spec_of(method: Any, registries: Sequence[Registry] = ()) -> Any:
    """The plain value that a registry's `build` turns into `method` again.

    Dataclasses become mappings with their name and every parameter that differs from its default.
    The name is the one in `registries`, or in any there is.
    """
    if hasattr(method, "as_spec") and not isinstance(method, type):
        return method.as_spec()  # a rule knows its own plain form
    if _is_method(method):
        known = [r for r in registries or _REGISTRIES if type(method) in r.values()]
        spec = {"name": known[0].name_of(method) if known else type(method).__name__}
        for field in (f for f in dataclasses.fields(method) if f.init):
            value = getattr(method, field.name)
            if not _same(value, default_of(field)):
                spec[field.name] = spec_of(value, registries)
        return spec
    if isinstance(method, Mapping):
        return {str(key): spec_of(value, registries) for key, value in method.items()}
    if isinstance(method, list | tuple):
        return [spec_of(value, registries) for value in method]
    if isinstance(method, set | frozenset):  # in an order that does not change from run to run
        return sorted((spec_of(value, registries) for value in method), key=str)
    if isinstance(method, np.ndarray):  # in full: its repr leaves out the middle
        return method.tolist()
    if isinstance(method, np.generic):
        return method.item()
    if method is None or isinstance(method, str | int | float | bool):
        return method
    return repr(method)


def walk(method: Any, change: Callable[[Any], Any]) -> Any:
    """The method with `change` made to every method inside it and to itself, the innermost first.

    Where nothing changes it is the same object.
    """
    if isinstance(method, tuple | list):
        parts = [walk(part, change) for part in method]
        same = all(new is old for new, old in zip(parts, method, strict=True))
        return method if same else type(method)(parts)
    if not _is_method(method):
        return method
    before = {name: getattr(method, name) for name in parameters_of(method)}
    after = {name: walk(value, change) for name, value in before.items()}
    new = {name: value for name, value in after.items() if value is not before[name]}
    return change(dataclasses.replace(method, **new) if new else method)


def with_parameter(method: Any, name: str, value: Any) -> Any:
    """The method in which every method, itself included, that has a parameter of this name has it
    at `value`.

    >>> from synthkit.strategies import SMOTE, Chain
    >>> with_parameter(Chain([SMOTE()]), "ratio", 0.5).strategies[0].ratio
    0.5
    """

    def changed(part: Any) -> Any:
        return dataclasses.replace(part, **{name: value}) if name in parameters_of(part) else part

    return walk(method, changed)


def _is_method(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def key_of(spec: Any) -> str:
    """A spec as one canonical line of JSON: the ledger's key.

    >>> key_of({"name": "smote", "k_neighbors": 3})
    '{"k_neighbors":3,"name":"smote"}'
    """
    return json.dumps(spec, sort_keys=True, separators=(",", ":"), default=str, ensure_ascii=False)


def label_of(spec: Any) -> str:
    """A spec as a person reads it.

    >>> label_of({"name": "smote", "k_neighbors": 3})
    'smote (k_neighbors=3)'
    """
    if not isinstance(spec, Mapping):
        return str(spec)
    inside = ", ".join(f"{k}={_short(v)}" for k, v in spec.items() if k != "name")
    return f"{spec.get('name')} ({inside})" if inside else str(spec.get("name"))


def _short(value: Any) -> str:
    if isinstance(value, Mapping) and "rule" in value:  # a rule is known by its name
        return str(value.get("name"))
    if isinstance(value, Mapping) and "name" in value:
        return label_of(value)
    if isinstance(value, list):
        return " + ".join(_short(v) for v in value)
    return str(value)


def _same(a: Any, b: Any) -> bool:
    try:
        return bool(a == b)
    except (TypeError, ValueError):
        return False
