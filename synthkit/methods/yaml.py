"""YAML that remembers where each value stands, so that an error can name its line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from synthkit.errors import ConfigError

#: Where a value stands in a document: the keys and list positions on the way to it.
Where = tuple[str | int, ...]


class _Dumper(yaml.SafeDumper):
    """PyYAML's writer; `_FLOAT` below makes it quote what only YAML 1.2 reads as a number, such as
    1e5.
    """


class _Loader(yaml.SafeLoader):
    """DIFFERS from PyYAML: scalars mean what YAML 1.2 says. `yes` and `no` are words, 1e-3 is a
    number.

    Digits that begin with a zero stay text: 00123 is a code, and its zeros are part of it.
    """

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # PyYAML's own name and type, begun afresh


_FLOAT = (
    r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)"
    r"|\.(?:nan|NaN|NAN)"
)
for _tag, _pattern in (
    ("null", r"~|null|Null|NULL|"),
    ("bool", r"true|True|TRUE|false|False|FALSE"),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)|0x[0-9a-fA-F]+"),
    ("float", _FLOAT),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), None
    )
_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(f"^(?:{_FLOAT})$"), None)

_PLAIN_TAGS = tuple(f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "str"))


@dataclass(frozen=True)
class Document:
    """A plain value (mappings, lists, scalars) and, for each part of it, where it was written.

    `places` maps a way to words such as "fraud.yaml, line 7" or "--set split.repeats=1".
    """

    source: str
    value: Any
    places: Mapping[Where, str]

    def place(self, where: Where) -> str:
        """Where this part was written, or else the nearest part around it."""
        while where and where not in self.places:
            where = where[:-1]
        return self.places.get(where, self.source)

    def error(self, where: Where, message: str) -> ConfigError:
        """The error with its place in front."""
        return ConfigError(f"{self.place(where)}: {message}")

    def located(self, error: ConfigError) -> ConfigError:
        """The error with each of its mistakes on a line of its own, its place in front, in the
        file's order.
        """

        def order(place: str) -> tuple[bool, int]:
            line = re.search(r", line (\d+)$", place)
            return line is None, int(line[1]) if line else 0

        placed = [(self.place(mistake.where), mistake) for mistake in error.mistakes]
        placed.sort(key=lambda each: order(each[0]))
        return ConfigError.of(
            replace(mistake, text=f"{place}: {mistake.text}") for place, mistake in placed
        )

    def find(self, error: ConfigError, inside: Where = ()) -> Where:
        """The place of the key that an error is about, at or below `inside`; `inside` if there is
        none.

        Among several keys of that name, the one whose value the message quotes.
        """
        under = [way for way in self.places if way[: len(inside)] == inside and way != inside]
        quoted = [
            way
            for way in under
            if isinstance(value := self.at(way), str) and repr(value) in str(error)
        ]
        named = [way for way in under if way[-1] == error.key]
        for way in named:
            if way in quoted:
                return way
        if error.key == "name" and quoted:  # a name may also stand alone: `arms: [none, smotte]`
            return quoted[0]
        return named[0] if named else inside

    def at(self, where: Where) -> Any:
        """The value of this part."""
        value = self.value
        for key in where:
            value = value[key]
        return value

    def changed(self, where: Where, value: Any, place: str) -> Document:
        """The document with this part set to `value`, written at `place`.

        Missing mappings on the way are made. Raises: ConfigError where the way leads through a
        plain value, or beyond the end of a list.
        """
        places = {way: words for way, words in self.places.items() if way[: len(where)] != where}
        _mark(value, where, place, places)
        for length in range(len(where)):
            places.setdefault(where[:length], place)
        return replace(self, value=_changed(self.value, where, value, place), places=places)


def read(path: Path | str, what: str = "config") -> Document:
    """The document of a YAML file; `what` is what errors call it.

    Raises: ConfigError for a file that is missing, unreadable, empty, no UTF-8, no YAML, or that
    has a key twice in one mapping.
    """
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            f"The {what} must be a file, however there is none at {path}. Check the path."
        ) from None
    except IsADirectoryError:
        raise ConfigError(f"The {what} must be a file, however {path} is a folder.") from None
    except OSError as error:
        raise ConfigError(
            f"The {what} {path} must be readable, however {error.strerror}."
        ) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(
            f"{path}, line {line}: a {what} must be UTF-8, however a byte here is"
            f" 0x{error.object[error.start]:02x}. Save the file as UTF-8."
        ) from None
    return parse(text, str(path))


def parse(text: str, source: str) -> Document:
    """The document of YAML text; `source` is what errors call it."""
    loader = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        places: dict[Where, str] = {}
        value = None if node is None else _value(node, (), places, loader, source, ())
    except yaml.YAMLError as error:
        raise _in_words(error, source, text) from None
    finally:
        if loader is not None:
            loader.dispose()
    return Document(source, value, places)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    # PyYAML reads these as line breaks and folds them away, unless they are escaped in double
    # quotes.
    style = '"' if re.search("[\x85\u2028\u2029]", text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def dump(value: Any) -> str:
    """A plain value as YAML that `parse` and any YAML 1.1 or 1.2 reader take for the same value."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def flow(value: Any) -> str:
    """The same on one line.

    >>> flow({"name": "age", "rule": "range", "min": 18})
    '{name: age, rule: range, min: 18}'
    """
    text: str = yaml.dump(
        value,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=float("inf"),
        default_flow_style=True,
    )
    return text.rstrip("\n")


def plain(text: str) -> Any:
    """The value of a scrap of YAML, such as the right side of `--set key=value`."""
    return parse(text, "the value").value


def _value(
    node: yaml.Node,
    where: Where,
    places: dict[Where, str],
    loader: _Loader,
    source: str,
    around: tuple[int, ...],
) -> Any:
    places.setdefault(where, _line(source, node))
    if id(node) in around:
        raise ConfigError(
            f"{_line(source, node)}: a value cannot contain itself, however this alias does."
        )
    if isinstance(node, yaml.ScalarNode):
        if node.tag not in _PLAIN_TAGS:
            raise ConfigError(
                f"{_line(source, node)}: values must be plain YAML, however this one has the tag"
                f" {node.tag!r}. Take the tag away."
            )
        return loader.construct_object(node)
    around = (*around, id(node))
    if isinstance(node, yaml.SequenceNode):
        return [
            _value(item, (*where, i), places, loader, source, around)
            for i, item in enumerate(node.value)
        ]
    assert isinstance(node, yaml.MappingNode)
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise ConfigError(
                f"{_line(source, key_node)}: a key must be a word, however this one is a list or a"
                " mapping."
            )
        key = str(key_node.value)
        if key in mapping:
            raise ConfigError(
                f"{_line(source, key_node)}: each key may stand once, however {key!r} stands twice"
                f" (first on line {_number(places[(*where, key)])}). Take one away."
            )
        places[(*where, key)] = _line(source, key_node)
        mapping[key] = _value(value_node, (*where, key), places, loader, source, around)
    return mapping


def _line(source: str, node: yaml.Node) -> str:
    return f"{source}, line {node.start_mark.line + 1}"


def _number(place: str) -> str:
    return place.rsplit(" ", 1)[-1]


def _in_words(error: yaml.YAMLError, source: str, text: str) -> ConfigError:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        line = error.problem_mark.line + 1
        problem = " ".join(filter(None, (error.context, error.problem)))
        lines = text.splitlines()
        hint = (
            " Indent with spaces, not tabs."
            if line <= len(lines) and "\t" in lines[line - 1]
            else ""
        )
        return ConfigError(f"{source}, line {line}: this must be YAML, however {problem}.{hint}")
    if isinstance(error, yaml.reader.ReaderError):
        line = text[: error.position].count("\n") + 1
        return ConfigError(
            f"{source}, line {line}: this must be YAML, however it holds the character"
            f" {chr(error.character)!r}."
            if isinstance(error.character, int)
            else f"{source}, line {line}: this must be YAML, however {error.reason}."
        )
    return ConfigError(f"{source}: this must be YAML, however {error}.")


def _mark(value: Any, where: Where, place: str, places: dict[Where, str]) -> None:
    places[where] = place
    items: Any = (
        value.items()
        if isinstance(value, Mapping)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, inner in items:
        _mark(inner, (*where, key), place, places)


def _changed(value: Any, where: Where, new: Any, place: str) -> Any:
    if not where:
        return new
    key, rest = where[0], where[1:]
    if isinstance(value, list):
        if not isinstance(key, int) or key >= len(value):
            raise ConfigError(
                f"{place}: a position from 0 to {len(value) - 1} is needed, however it is {key!r}."
            )
        return [
            _changed(inner, rest, new, place) if i == key else inner
            for i, inner in enumerate(value)
        ]
    if value is None or isinstance(value, Mapping):
        return {**(value or {}), str(key): _changed((value or {}).get(str(key)), rest, new, place)}
    raise ConfigError(
        f"{place}: {key!r} must lie in a mapping or a list, however there is {value!r}."
    )
