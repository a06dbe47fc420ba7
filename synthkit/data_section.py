"""The data section, which comparisons and trainings share: from its YAML to the table that it names."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synthkit.errors import ConfigError, DataError, nearest
from synthkit.methods.typed import located, typed, what
from synthkit.methods.yaml import Document, Where, plain
from synthkit.table.datasets import DATASETS
from synthkit.table.load import Dataset, load

SOURCES = ("name", "path", "sql")


@dataclass(frozen=True)
class Data:
    """Where the table comes from: a data set's `name` (with its parameters), a file's `path`, or `sql`.

    `sql` is an SQLAlchemy URL, with its `query` beside it or after a question mark; `${NAME}` in it
    stands for the environment variable NAME, so that no password needs to be in the file.
    `schema` is a YAML file as `synthkit schema` prints it, or a mapping from columns to kinds. `drop`
    names columns to leave out altogether.
    """

    name: str | None = None
    path: str | None = None
    sql: str | None = None
    query: str | None = None
    target: str | int | None = None
    positive: str | int | float | bool | None = None
    schema: str | Mapping[str, str] | None = None
    drop: tuple[str, ...] = ()
    drop_missing_target: bool = False
    sep: str | None = None
    encoding: str | None = None

    def __post_init__(self) -> None:
        given = [key for key in SOURCES if getattr(self, key) is not None]
        if len(given) != 1:
            raise ConfigError(
                "data needs one of name, path and sql, however it has"
                f" {' and '.join(given) or 'none'}.",
                key=given[1] if given else None,
            )
        for key, owner in (("query", "sql"), ("sep", "path"), ("encoding", "path")):
            if getattr(self, key) is not None and given != [owner]:
                raise ConfigError(f"{key} goes with {owner}, however data has {given[0]}.", key=key)


@dataclass(frozen=True)
class Described:
    """What a file describes that has a data section; `parameters` are those of the named data set.

    `folder` is where the file's relative paths begin, `rule_places` where each of its domain rules was written.
    """

    document: Document
    data: Data
    parameters: Mapping[str, Any] = field(default_factory=dict)
    folder: Path = Path()
    rule_places: Mapping[str, str] = field(default_factory=dict)

    def load(self) -> Dataset:
        """The table that the data section names. Raises: DataError, ConfigError."""
        data, path = self.data, self._path
        schema: Any = data.schema
        if isinstance(schema, str):
            from synthkit.table.schema_yaml import read_schema

            schema = read_schema(path(schema), schema)
        source: Any
        if data.path is not None:
            source = str(path(data.path))
        elif data.sql is not None:
            source = _with_environment(self._sql)
        else:
            source = {"name": data.name, **self.parameters} if self.parameters else data.name
        try:
            return load(
                source,
                target=None if data.target is None else str(data.target),
                positive=data.positive,
                schema=schema,
                drop=data.drop,
                drop_missing_target=data.drop_missing_target,
                query=data.query,
                sep=data.sep,
                encoding=data.encoding,
            )
        except (ConfigError, DataError) as error:
            raise self._placed(error) from None

    def _placed(self, error: ConfigError | DataError) -> ConfigError | DataError:
        """The error with the line of the data key whose value it quotes, such as a target that is not there."""
        if isinstance(error, ConfigError) and error.key == "target" and self.data.target is None:
            return ConfigError(f"{self.document.place(('data',))}: {error}")
        for key in ("target", "positive", "path"):
            value, place = getattr(self.data, key), self.document.place(("data", key))
            quoted = repr(str(value)) in str(error) or (
                key == "path" and str(self._path(str(value))) in str(error)
            )
            if value is not None and quoted and place.startswith(f"{self.document.source}, "):
                return type(error)(f"{place}: {error}")
        return error

    def _path(self, path: str) -> Path:
        """A path of the file, which begins where the file lies."""
        return (self.folder / Path(path).expanduser()).absolute()

    @property
    def _sql(self) -> str:
        """The URL; a relative SQLite file begins where the config lies."""
        url = str(self.data.sql)
        relative = re.match(r"(sqlite(?:\+\w+)?:///)(?!/|:memory:|\?|$)([^?]+)(.*)", url, re.DOTALL)
        if not relative:
            return url
        return f"{relative[1]}{self._path(relative[2])}{relative[3]}"

    @property
    def data_as_run(self) -> dict[str, Any]:
        """The data section as plain values that can be read again from anywhere."""
        data = {
            f.name: getattr(self.data, f.name)
            for f in dataclasses.fields(Data)
            if getattr(self.data, f.name) != f.default
        }
        if self.data.path is not None:
            data["path"] = str(self._path(self.data.path))
        if self.data.sql is not None:
            data["sql"] = self._sql
        if isinstance(self.data.schema, str):
            data["schema"] = str(self._path(self.data.schema))
        return data | dict(self.parameters)

    def located(self, error: ConfigError) -> ConfigError:
        """The error with the place of its rule or key in front, where the file has that."""
        if error.rule is not None and error.rule in self.rule_places:
            return ConfigError(f"{self.rule_places[error.rule]}: {error}")
        where = self.document.find(error) if error.key else ()
        return ConfigError(f"{self.document.place(where)}: {error}") if where else error


def checked(
    document: Document,
    settings: Sequence[str],
    keys: Sequence[str],
    what_it_is: str,
    elsewhere: Mapping[str, str],
) -> Document:
    """The document with `settings` applied, a mapping with known keys and with data.

    `elsewhere` are keys that a person may look for here, each with the advice where it is.

    Raises: ConfigError with file, line and nearest key.
    """
    if document.value is None:
        raise ConfigError(
            f"{document.source} must be a config, however it is empty. It needs at least data:"
            " {path: table.csv, target: COLUMN}."
        )
    if not isinstance(document.value, dict):
        raise document.error(
            (),
            f"a config is a mapping with keys such as {keys[1]} and {keys[3]}, however this is"
            f" {what(document.value)}.",
        )
    for setting in settings:
        document = _set(document, setting)
    for key in document.value:
        if key not in keys:
            hint = f" {elsewhere[key]}" if key in elsewhere else nearest(key, list(keys))
            raise document.error((key,), f"{what_it_is} has no key {key!r}.{hint}")
    if document.value.get("data") is None:
        raise document.error(
            (),
            f"{what_it_is} needs data, however this one has none. Add data: {{path: table.csv,"
            " target: COLUMN}.",
        )
    return document


def data_of(document: Document) -> tuple[Data, dict[str, Any]]:
    """The data section, and the parameters of the data set that it names."""
    spec = document.value["data"]
    if isinstance(spec, str):
        spec = {"name" if spec in DATASETS or spec.startswith("openml:") else "path": spec}
    if not isinstance(spec, dict):
        raise document.error(("data",), f"data must be a mapping, however it is {what(spec)}.")
    known = {f.name for f in dataclasses.fields(Data)}
    name = spec.get("name")
    parameters: dict[str, Any] = {}
    if isinstance(name, str) and not name.startswith("openml:"):
        cls = located(document, ("data", "name"), lambda: DATASETS[name])
        own = {f.name for f in dataclasses.fields(cls) if f.init} - known
        parameters = {key: value for key, value in spec.items() if key in own}
        typed(cls, parameters, ("data",), document, name)
        known |= own
    for key in spec:
        if key not in known:
            raise document.error(
                ("data", key), f"data has no key {key!r}.{nearest(key, sorted(known))}"
            )
    rest = {key: value for key, value in spec.items() if key not in parameters}
    return typed(Data, rest, ("data",), document, "data"), parameters


def _set(document: Document, setting: str) -> Document:
    """The document with "a.b.0.c=value" applied; the value is YAML."""
    key, equals, text = setting.partition("=")
    place = f"--set {setting}"
    if not equals or not key.strip():
        raise ConfigError(
            f"{place}: key=value is needed, however there is no {'key' if equals else '='}."
            " Write --set split.repeats=1."
        )
    try:
        value = plain(text)
    except ConfigError as error:
        raise ConfigError(f"{place}: {error}") from None
    where: Where = ()
    here = document.value
    for part in key.strip().split("."):
        if isinstance(here, str):  # `- smote` is short for `- {name: smote}`
            short = {"scheme" if where == ("split",) else "name": here}
            if where == ("data",) and here not in DATASETS:
                short = {"path": here}
            document, here = document.changed(where, short, document.place(where)), short
        if isinstance(here, list) and not part.isdecimal():
            raise ConfigError(
                f"{place}: {'.'.join(map(str, where))} is a list, and a position such as 0 is needed"
                f" there, however it is {part!r}."
            )
        step: str | int = int(part) if isinstance(here, list) else part
        where = (*where, step)
        if isinstance(here, list):
            here = here[int(part)] if int(part) < len(here) else None
        else:
            here = here.get(part) if isinstance(here, Mapping) else None
    return document.changed(where, value, place)


def _with_environment(url: str) -> str:
    def value_of(found: re.Match[str]) -> str:
        if found[1] not in os.environ:
            raise ConfigError(
                f"sql needs the environment variable {found[1]}, however it is not set.", key="sql"
            )
        return os.environ[found[1]]

    return re.sub(r"\$\{(\w+)\}", value_of, url)
