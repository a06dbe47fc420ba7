"""The command, run in this process."""

from click.testing import Result
from typer.testing import CliRunner

from synthkit.cli import app


def synthkit_(*arguments: object, code: int = 0) -> Result:
    """What `synthkit ARGUMENTS` said; its exit code must be `code`, and what it raised unforeseen is raised."""
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    return done
