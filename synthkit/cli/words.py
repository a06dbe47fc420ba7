"""What every command shares: options, errors and warnings in words, exit codes, a source's config
and name.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from synthkit.config import Config


def argument(metavar: str, words: str) -> Any:
    """What a command needs, by its place."""
    return typer.Argument(metavar=metavar, show_default=False, help=words)


def option(words: str, *names: str, default: str | bool = False, **how: Any) -> Any:
    """What a command may be given; `default` is what its help says of the default."""
    return typer.Option(*names, show_default=default, help=words, **how)


A_TABLE = "CSV or Parquet file, an SQL URL, a data set's name"
CHANGE = (
    "Change the config, as in --set split.repeats=1 or --set arms.2.k_neighbors=3. May be repeated."
)
UNPICKLE = "Load a pickled model, which runs code of whoever made the file."
SCHEMA = "What each column is: a file as the command schema prints it."

Table = Annotated[str, argument("TABLE", f"A {A_TABLE}.")]
Target = Annotated[str | None, option("The column to predict.")]
Positive = Annotated[str | None, option("The class that matters.", default="the rarer one")]
Kinds = Annotated[Path | None, option(SCHEMA, "--schema")]
Query = Annotated[str | None, option("The query of an SQL URL.")]
Sep = Annotated[str | None, option("A text file's separator.", default="found out")]
Encoding = Annotated[str | None, option("A text file's encoding.", default="utf-8")]
Trust = Annotated[bool, option(UNPICKLE, "--trust")]
Settings = Annotated[list[str] | None, option(CHANGE, "--set", metavar="KEY=VALUE")]

# Exit codes; 1 says that a check found violations.
VIOLATIONS = 1
WRONG_INPUT = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells have it

CONFIGS = (".yaml", ".yml")


@contextmanager
def errors_in_words() -> Iterator[None]:
    """What a person can mend ends in one message and exit code 2; Ctrl-C in 130; a bug in its
    traceback.
    """
    from synthkit.errors import SynthkitError

    try:
        yield
    except SynthkitError as error:
        fail(f"Error: {error}", WRONG_INPUT)
    except KeyboardInterrupt:
        fail("Interrupted.", INTERRUPTED)


@contextmanager
def warnings_in_words() -> Iterator[None]:
    """What is about to be dear is said in one line, every time."""
    import warnings

    from synthkit.synthesizers.sdv_fit import CostWarning

    def say(message: Warning | str, *_: object, **__: object) -> None:
        print(f"Warning: {message}", file=sys.stderr, flush=True)

    with warnings.catch_warnings():
        warnings.filterwarnings("always", category=CostWarning)
        warnings.showwarning = say
        yield


def console(width: int) -> Console:
    """Standard output for tables; this wide where it is no terminal."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=width)


def fail(message: str, code: int) -> NoReturn:
    """Say it on standard error and leave with this exit code."""
    print(message, file=sys.stderr, flush=True)
    raise typer.Exit(code)


def config_of(source: str, settings: Sequence[str] = (), **data: object) -> Config:
    """The config of a YAML file or a table, with `settings` ("key=value") and keys of its data
    section changed.

    Keys of `data` that are None are left as they are.
    """
    from synthkit.config import config_of_table, read_config

    given = {key: str(value) for key, value in data.items() if value is not None}
    changes = [*settings, *(f"data.{key}={quoted(value)}" for key, value in given.items())]
    reader = read_config if source.endswith(CONFIGS) else config_of_table
    return reader(source, changes)


def quoted(text: str) -> str:
    """Text as YAML takes it for the same text: a column may be called 1 or true."""
    import json

    return json.dumps(text, ensure_ascii=False)


def name_of(source: str) -> str:
    """What a run of this source is called: a file's name without its endings, without what a path
    cannot hold.
    """
    import re

    name = Path(source.split("?")[0]).name if "://" in source else Path(source).name
    name = re.sub(r"(\.(csv|tsv|gz|parquet|yaml|yml|db|sqlite))+$", "", name)
    return re.sub(r"[^\w.-]+", "_", name) or "table"
