"""What every command shares: errors and warnings in words, exit codes, a source's config and name."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from synthkit.config import Config

# Exit codes; 1 says that a check found violations.
VIOLATIONS = 1
WRONG_INPUT = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells have it

CONFIGS = (".yaml", ".yml")


@contextmanager
def errors_in_words() -> Iterator[None]:
    """What a person can mend ends in one message and exit code 2; Ctrl-C in 130; a bug in its traceback."""
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


def fail(message: str, code: int) -> NoReturn:
    """Say it on standard error and leave with this exit code."""
    print(message, file=sys.stderr, flush=True)
    raise typer.Exit(code)


def config_of(source: str, settings: Sequence[str] = (), **data: object) -> Config:
    """The config of a YAML file or a table, with `settings` ("key=value") and keys of its data section changed.

    Keys of `data` that are None are left as they are.
    """
    from synthkit.config import config_of_table, read_config

    changes = [
        *settings,
        *(f"data.{key}={quoted(str(value))}" for key, value in data.items() if value is not None),
    ]
    return (
        read_config(source, changes)
        if source.endswith(CONFIGS)
        else config_of_table(source, changes)
    )


def quoted(text: str) -> str:
    """Text as YAML takes it for the same text: a column may be called 1 or true."""
    import json

    return json.dumps(text, ensure_ascii=False)


def name_of(source: str) -> str:
    """What a run of this source is called: a file's name without its endings, without what a path cannot hold."""
    import re

    name = Path(source.split("?")[0]).name if "://" in source else Path(source).name
    name = re.sub(r"(\.(csv|tsv|gz|parquet|yaml|yml|db|sqlite))+$", "", name)
    return re.sub(r"[^\w.-]+", "_", name) or "table"
