"""The commands: each parses, calls and prints. What they do is in the packages below."""

from __future__ import annotations

from typing import Annotated

import typer

from synthkit import __version__
from synthkit.cli import comparing, modelling, tables

app = typer.Typer(
    name="synthkit",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Is a synthetic minority worth making? Compares what can be done about few positives, on"
    " the same folds.",
)

#: In the order in which --help lists them.
for _command in (
    comparing.compare,
    comparing.sweep,
    comparing.report,
    tables.schema,
    modelling.train,
    modelling.sample,
    tables.quality,
    tables.advise,
    tables.check,
    tables.methods,
):
    app.command()(_command)


def main() -> None:
    """The `synthkit` command."""
    app()


def _print_version(asked: bool) -> None:
    if asked:
        print(f"synthkit {__version__}")
        raise typer.Exit


@app.callback()
def _synthkit(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and leave."
        ),
    ] = False,
) -> None:
    pass
