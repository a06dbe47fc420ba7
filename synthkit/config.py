"""YAML -> the values that Python users build; all mistakes at once, each with its line and the
nearest key.

A config is read in three steps: YAML with the line of each part (`methods/yaml.py`), the declared
fields that it must fit (`_Comparison` here, `training.py` has another), and each mistake's place
looked up among the lines. `python -m synthkit.config > configs/config.schema.json` brings the
JSON Schema for editors up to date.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from pkgutil import resolve_name
from typing import Annotated, Any, TypeVar

from pydantic import Field, PlainValidator, WithJsonSchema

from synthkit.comparison.comparison import Comparison
from synthkit.comparison.plan import Arm, Plan, ruled_arms
from synthkit.comparison.run import run
from synthkit.comparison.sweep import Sweep, Swept, run_sweep
from synthkit.errors import ConfigError, DataError, Mistake, nearest
from synthkit.methods import AsMapping, method
from synthkit.methods.declare import Json, construct, parameters_of, schema_of, what
from synthkit.methods.registry import first_sentence
from synthkit.methods.yaml import Document, Where, parse, plain, read
from synthkit.rules import RULES, enforce
from synthkit.strategies import STRATEGIES
from synthkit.table.dataset import Dataset, load
from synthkit.table.datasets import DATASETS

T = TypeVar("T")
SOURCES = ("name", "path", "sql")
#: The plan's keys that come first in a run's config.
_FIRST = ("arms", "classifiers", "cost", "rules", "allow_real_violations")
#: What a person may look for in a comparison's config, and where it is.
ELSEWHERE = {
    "jobs": "Use the option --jobs.",
    "out": "Use the option --out.",
    "synthesizer": "A config of a synthesizer is for synthkit train.",
}
OnViolation = Annotated[
    enforce.OnViolation,
    Field(
        description="What is done where a synthetic row breaks a rule: report counts; resample,"
        " repair and drop keep the rules. In a comparison each arm that makes rows then runs a"
        " second time."
    ),
]


# ------------------------------------------------------------------------------------ the data
# section


@method
class Data:
    """Where the table comes from: a data set's `name` (with its parameters), a file's `path`, or
    `sql`.
    """

    name: Annotated[str | None, Field(description="A data set's name, or openml: and a name.")] = (
        None
    )
    path: Annotated[str | None, Field(description="A CSV, TSV or Parquet file.")] = None
    sql: Annotated[
        str | None,
        Field(
            description="An SQLAlchemy URL, with its query beside it or after a question mark;"
            " ${NAME} stands for the environment variable NAME, so that no password needs to be in"
            " the file."
        ),
    ] = None
    query: Annotated[str | None, Field(description="The query of an SQL URL.")] = None
    target: Annotated[str | int | None, Field(description="The column to predict.")] = None
    positive: Annotated[
        str | int | float | bool | None,
        Field(description="The class that matters; by default the rarest."),
    ] = None
    schema: Annotated[
        str | Mapping[str, str] | None,
        Field(
            description="A YAML file as `synthkit schema` prints it, or a mapping from columns to"
            " kinds."
        ),
    ] = None
    drop: Annotated[Sequence[str], Field(description="Columns to leave out altogether.")] = ()
    drop_missing_target: Annotated[
        bool,
        Field(description="Leave out rows whose target is missing; otherwise they are refused."),
    ] = False
    sep: Annotated[str | None, Field(description="A text file's separator.")] = None
    encoding: Annotated[str | None, Field(description="A text file's encoding.")] = None
    parameters: Annotated[
        Mapping[str, Any],
        Field(description="Those of the named data set.", json_schema_extra={"x-hidden": True}),
    ] = field(default_factory=dict)

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

    @classmethod
    def of(cls, spec: Any) -> Data:
        """The data that a config's section means: a name, a path, or a mapping.

        Raises: ConfigError with every mistake.
        """
        if isinstance(spec, str):
            spec = {"name" if spec in DATASETS or spec.startswith("openml:") else "path": spec}
        if isinstance(spec, cls) or not isinstance(spec, Mapping):
            if not isinstance(spec, cls):
                raise ConfigError(f"data must be a mapping, however it is {what(spec)}.")
            return spec
        name, own = spec.get("name"), list[str]()
        wrong: list[Mistake] = []
        rest = {key: value for key, value in spec.items() if key != "parameters"}
        if isinstance(name, str) and not name.startswith("openml:"):
            own = [key for key in parameters_of(DATASETS[name]) if key not in parameters_of(cls)]
            parameters = {key: rest.pop(key) for key in own if key in rest}
            try:
                DATASETS.build({"name": name, **parameters})
            except ConfigError as error:
                wrong += error.mistakes
            rest["parameters"] = parameters
        if "parameters" in spec:
            wrong.append(Mistake(("parameters",), "data has no key 'parameters'."))
        try:
            found = construct(cls, rest, "data", own, word="key")
        except ConfigError as error:
            wrong += error.mistakes
        if wrong:
            raise ConfigError.of(wrong)
        return found


@dataclass(frozen=True)
class Described:
    """What a file describes that has a data section.

    `folder` is where the file's relative paths begin, `rule_places` where each of its domain rules
    was written.
    """

    document: Document
    data: Data
    folder: Path = Path()
    rule_places: Mapping[str, str] = field(default_factory=dict)

    def load(self) -> Dataset:
        """The table that the data section names. Raises: DataError, ConfigError."""
        data, schema = self.data, self.data.schema
        found: Any = schema
        if isinstance(schema, str):
            from synthkit.table.schema import read_schema

            found = read_schema(_beside(schema, self.folder), schema)
        source: Any
        if data.path is not None:
            source = str(_beside(data.path, self.folder))
        elif data.sql is not None:
            source = _with_environment(self._sql)
        else:
            source = {"name": data.name, **data.parameters} if data.parameters else data.name
        try:
            return load(
                source,
                target=None if data.target is None else str(data.target),
                positive=data.positive,
                schema=found,
                drop=data.drop,
                drop_missing_target=data.drop_missing_target,
                query=data.query,
                sep=data.sep,
                encoding=data.encoding,
            )
        except (ConfigError, DataError) as error:
            raise self._placed(error) from None

    def _placed(self, error: ConfigError | DataError) -> ConfigError | DataError:
        """The error with the line of the data key whose value it quotes, such as a target that is
        not there.
        """
        if isinstance(error, ConfigError) and error.key == "target" and self.data.target is None:
            return ConfigError(f"{self.document.place(('data',))}: {error}")
        for key in ("target", "positive", "path"):
            value, place = getattr(self.data, key), self.document.place(("data", key))
            if value is None or not place.startswith(f"{self.document.source}, "):
                continue
            quoted = [repr(str(value))]
            if key == "path":
                quoted.append(str(_beside(value, self.folder)))
            if any(words in str(error) for words in quoted):
                return type(error)(f"{place}: {error}")
        return error

    @property
    def _sql(self) -> str:
        """The URL; a relative SQLite file begins where the config lies."""
        url = str(self.data.sql)
        relative = re.match(r"(sqlite(?:\+\w+)?:///)(?!/|:memory:|\?|$)([^?]+)(.*)", url, re.DOTALL)
        if not relative:
            return url
        return f"{relative[1]}{_beside(relative[2], self.folder)}{relative[3]}"

    @property
    def data_as_run(self) -> dict[str, Any]:
        """The data section as plain values that can be read again from anywhere."""
        data = {
            f.name: getattr(self.data, f.name)
            for f in dataclasses.fields(Data)
            if f.name != "parameters" and getattr(self.data, f.name) != f.default
        }
        for key in ("path", "schema"):
            if isinstance(data.get(key), str):
                data[key] = str(_beside(data[key], self.folder))
        if self.data.sql is not None:
            data["sql"] = self._sql
        return data | dict(self.data.parameters)

    def located(self, error: ConfigError) -> ConfigError:
        """The error with the place of its rule or key in front, where the file has that."""
        if error.rule is not None and error.rule in self.rule_places:
            return ConfigError(f"{self.rule_places[error.rule]}: {error}")
        where = self.document.find(error) if error.key else ()
        return ConfigError(f"{self.document.place(where)}: {error}") if where else error


def _beside(path: str, folder: Path) -> Path:
    """A path of a file, which begins where that file lies."""
    return (folder / Path(path).expanduser()).absolute()


def _with_environment(url: str) -> str:
    def value_of(found: re.Match[str]) -> str:
        if found[1] not in os.environ:
            raise ConfigError(
                f"sql needs the environment variable {found[1]}, however it is not set.", key="sql"
            )
        return os.environ[found[1]]

    return re.sub(r"\$\{(\w+)\}", value_of, url)


#: The type of a config's field `data`.
DataSection = Annotated[
    Data,
    PlainValidator(Data.of),
    WithJsonSchema({"x-data": True}),
    Field(examples=["{path: table.csv, target: COLUMN}"], description=first_sentence(Data)),
]


# --------------------------------------------------------------------------------------- a
# comparison


@method
class _Comparison(Plan):
    """What a comparison's config may hold: the plan's fields, the data, a sweep's levels."""

    data: DataSection = field(kw_only=True)
    on_violation: OnViolation = "report"
    sweep: Annotated[Sweep, AsMapping(), Field(description="What `synthkit sweep` goes over.")] = (
        field(default_factory=Sweep)
    )

    def __post_init__(self) -> None:
        arms = ruled_arms(self.arms, self.rules, self.on_violation)
        object.__setattr__(self, "arms", arms)
        super().__post_init__()


@dataclass(frozen=True)
class Config(Described):
    """A comparison as a file describes it: its data, its plan, and what `synthkit sweep` goes over.

    Made by `read_config`.

    Attributes
    ----------
    document, data, folder, rule_places
        The file's values with their lines, its data section, the folder that its paths start from,
        and where each rule stands.
    plan : Plan
        What the comparison is going to do.
    sweep : Sweep
        What `synthkit sweep` goes over.
    """

    plan: Plan = field(kw_only=True)
    sweep: Sweep = field(kw_only=True, default=Sweep())

    @property
    def as_run(self) -> dict[str, Any]:
        """The whole config as plain values that can be run again from anywhere."""
        spec = self.plan.spec
        split = spec["split"]
        whole = {
            "seed": spec["seed"],
            "data": self.data_as_run,
            "split": {("scheme" if key == "name" else key): split[key] for key in split},
            **{key: spec[key] for key in _FIRST if key in spec},
            **{key: value for key, value in spec.items() if key not in ("seed", "split")},
        }
        return whole | ({"sweep": self.sweep.spec} if self.sweep.spec else {})

    def run(self, **how: Any) -> Comparison:
        """The comparison; `how` is what `synthkit.comparison.run.run` takes besides data and plan,
        such as jobs.
        """
        return run(self.load(), self.plan, **how)

    def run_sweep(self, **how: Any) -> Swept:
        """The sweep that the config describes; `how` as for `run`."""
        return run_sweep(self.load(), self.plan, self.sweep, **how)


def read_config(path: Path | str, settings: Sequence[str] = ()) -> Config:
    """The config of a YAML file with `settings` ("key=value") applied.

    Parameters
    ----------
    path : str or Path
        The file.
    settings : sequence of str
        Changes to it, such as "split.repeats=1".

    Returns
    -------
    Config
        Checked, with the line of every value; its table is not read yet.

    Raises
    ------
    ConfigError
        With every mistake, each with file, line and nearest key.
    """
    return _config(read(path), settings, Path(path).parent)


def config_of_table(source: str, settings: Sequence[str] = ()) -> Config:
    """The config that compares the default arms on a table or a named data set.

    `source` is a file, an SQLAlchemy URL, "openml:..." or a data set's name.
    """
    if source in DATASETS or source.startswith("openml:"):
        key = "name"
    else:
        key = "sql" if "://" in source else "path"
    if key == "path" and not Path(source).expanduser().exists():
        raise ConfigError(
            f"A config, a table or a data set's name is needed, however there is no file"
            f" {source!r}."
            f"{nearest(source, list(DATASETS))}"
        )
    document = parse("", source).changed(("data", key), source, source)
    return _config(document, settings, Path())


def _config(document: Document, settings: Sequence[str], folder: Path) -> Config:
    document, found = fitted(document, settings, folder, _Comparison, "a config", ELSEWHERE)
    plan = Plan(**{name: getattr(found, name) for name in parameters_of(Plan)})
    places = rule_places(document, folder, plan.rules)
    return Config(document, found.data, folder, places, plan=plan, sweep=found.sweep)


# ------------------------------------------------------------------- YAML into what a class
# declares


def fitted(
    document: Document,
    settings: Sequence[str],
    folder: Path,
    model: type[T],
    called: str,
    elsewhere: Mapping[str, str],
) -> tuple[Document, T]:
    """The document with `settings` applied, and the `model` that its values make.

    `elsewhere` are keys that a person may look for here, each with the advice where it is.

    Raises: ConfigError with every mistake, a line each: file, line, what is needed, what was got.
    """
    if document.value is None:
        raise ConfigError(
            f"{document.source} must be a config, however it is empty. It needs at least data:"
            " {path: table.csv, target: COLUMN}."
        )
    if not isinstance(document.value, dict):
        raise document.error(
            (),
            f"a config is a mapping with keys such as data and {_such_as(model)}, however this is"
            f" {what(document.value)}.",
        )
    for setting in settings:
        document = _set(document, setting)
    document = _with_paths(document, folder)
    known = parameters_of(model)
    values = {k: v for k, v in document.value.items() if v is not None or k not in known}
    wrong = _about_rules(values)
    wrong += [
        Mistake((key,), f"{called} has no key {key!r}. {elsewhere[key]}")
        for key in values
        if key in elsewhere
    ]
    values = {k: v for k, v in values.items() if not any(m.where == (k,) for m in wrong)}
    try:
        found = construct(model, values, called, word="key")
    except ConfigError as error:
        wrong += error.mistakes
    if wrong:
        raise document.located(ConfigError.of(wrong))
    return document, found


def _such_as(model: type) -> str:
    return "arms" if "arms" in parameters_of(model) else "synthesizer"


def _about_rules(values: Mapping[str, Any]) -> list[Mistake]:
    """What is wrong with the keys about rules before they are read."""
    rules = values.get("rules")
    if rules == "infer":
        text = (
            "rules must be a list or a file's name, however this is infer: what is inferred is"
            " for a"
            " person to confirm. Run synthkit check TABLE --rules infer > rules.yaml, look at it,"
            " and"
            " write rules: rules.yaml."
        )
    elif rules == []:
        text = "rules must be a list of at least one rule, however it is empty."
    elif rules is None:
        return [
            Mistake((key,), f"{key} goes with rules, however this config has none. Add rules.")
            for key in ("on_violation", "allow_real_violations")
            if key in values
        ]
    else:
        return []
    return [Mistake(("rules",), text)]


def _with_paths(document: Document, folder: Path) -> Document:
    """The document in which each rules file, also of a `constrained` method, is sought from its
    folder.
    """
    for where in [way for way in document.places if way and way[-1] == "rules"]:
        around, value = document.at(where[:-1]), document.at(where)
        own = len(where) == 1 or around.get("name") == "constrained"
        if own and isinstance(value, str) and value != "infer":
            path = str(_beside(value, folder))
            document = document.changed(where, path, document.place(where))
    return document


def rule_places(document: Document, folder: Path, rules: Sequence[Any]) -> dict[str, str]:
    """Where each of a config's own rules was written, by its name."""
    value = document.value.get("rules")
    written = read(value, "rules") if isinstance(value, str) else document
    return {rule.name: written.place(("rules", i)) for i, rule in enumerate(rules)}


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
                f"{place}: {'.'.join(map(str, where))} is a list, and a position such as 0 is"
                f" needed"
                f" there, however it is {part!r}."
            )
        step: str | int = int(part) if isinstance(here, list) else part
        where = (*where, step)
        if isinstance(here, list):
            here = here[int(part)] if int(part) < len(here) else None
        else:
            here = here.get(part) if isinstance(here, Mapping) else None
    return document.changed(where, value, place)


# ------------------------------------------------------------------------- the JSON Schema for
# editors


def config_schema() -> Json:
    """JSON Schema (draft 2020-12) of a comparison's config."""
    return json_schema(_Comparison, "A synthkit comparison")


def json_schema(model: type, title: str) -> Json:
    """JSON Schema (draft 2020-12) of the file that a declared class describes."""
    definitions: Json = {}
    found = _expanded(schema_of(model), definitions)
    properties = {key: found["properties"][key] for key in ("data", *found["properties"])}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "type": "object",
        "additionalProperties": False,
        "required": found["required"],
        "properties": properties,
        "$defs": definitions,
    }


def as_text(schema: Json) -> str:
    """A schema as the file holds it."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _expanded(schema: Any, definitions: Json) -> Any:
    """The schema with what our own keys (x-) mean: methods, arms, rules and data, each defined
    once.
    """
    if isinstance(schema, list):
        return [_expanded(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts: dict[str, Any] = {}
    if "x-registry" in schema:
        registry = resolve_name(schema["x-registry"])
        given = {"key": schema["x-key"], "default": schema["x-default"]}
        parts = {registry.role: lambda: registry.json_schema(**given)}
    elif "x-arm" in schema:
        beside = schema_of(Arm)["properties"]
        beside = {key: beside[key] for key in ("label", "published")}
        parts = {"arm": lambda: STRATEGIES.json_schema(beside=beside)}
    elif "x-rules" in schema:
        parts = {"rules": _rules_schema}
    elif "x-data" in schema:
        parts = {"data": _data_schema}
    plain = {
        key: _expanded(value, definitions)
        for key, value in schema.items()
        if not key.startswith("x-") and key != "examples"
    }
    for name, make in parts.items():
        if name not in definitions:
            definitions[name] = {}  # first, since a method may hold others of its role
            definitions[name] = _expanded(make(), definitions)
        plain = {"$ref": f"#/$defs/{name}", **plain}
    return plain


def _rules_schema() -> Json:
    """A list of rules, or a file's name."""
    kinds = RULES.json_schema(key="rule")["anyOf"][1:]
    cls: Any
    for kind, cls in zip(kinds, RULES.values(), strict=True):
        for word, python in cls.words.items():  # YAML's own word does, and Python's as well
            kind["properties"][word] = kind["properties"][python]
            kind["required"] = [key for key in kind["required"] if key != python]
    file = {"type": "string", "description": "A rules file, beside this one."}
    return {"anyOf": [file, {"type": "array", "minItems": 1, "items": {"anyOf": kinds}}]}


def _data_schema() -> Json:
    """A name or path alone; a data set with its parameters; a table from elsewhere."""
    own = {k: v for k, v in schema_of(Data)["properties"].items() if k != "parameters"}
    whole = {"type": "object", "additionalProperties": False}
    choices: list[Json] = [{"type": "string"}]
    for name, cls in DATASETS.items():
        also = {key: own[key] for key in own if key not in SOURCES and key != "query"}
        properties = {"name": {"const": name}, **also, **schema_of(cls).get("properties", {})}
        about = {"description": first_sentence(cls), "properties": properties, "required": ["name"]}
        choices.append(whole | about)
    openml = {"name": {"type": "string", "pattern": "^openml:"}}
    choices.append(
        whole
        | {
            "properties": own | openml,
            "oneOf": [{"required": [key]} for key in SOURCES],
            "anyOf": [{"required": [key]} for key in ("name", "target", "schema")],
        }
    )
    return {"anyOf": choices}


if __name__ == "__main__":
    print(as_text(config_schema()), end="")
