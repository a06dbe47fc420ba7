"""The two ways in which a person's input can be wrong.

Every message says what is needed, what was got, and what to do about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

# A table may have thousands of columns; a message with all of them is not read.
MOST_NAMES_SHOWN = 30


class SynthkitError(Exception):
    """Base of the errors that a person can mend; the commands turn it into exit code 2."""


class DataError(SynthkitError, ValueError):
    """The table, or what is asked of it, is wrong: a column, a row, a class."""


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong with parameters or a config: where it stands in them, and the
    sentence.

    `key` is the parameter's name and `rule` that of the domain rule that it is about, where there
    is one.
    """

    where: tuple[str | int, ...]
    text: str
    key: str | None = None
    rule: str | None = None


class ConfigError(SynthkitError, ValueError):
    """A parameter or a config is wrong: a name, a value, a key, a line.

    `mistakes` are all that were found, each with its place, so that a config's reader can find its
    line; `key` and `rule` are those of the first.
    """

    def __init__(self, message: str, *, key: str | None = None, rule: str | None = None) -> None:
        super().__init__(message)
        self.key, self.rule = key, rule
        self.mistakes: tuple[Mistake, ...] = (Mistake((key,) if key else (), message, key, rule),)

    @classmethod
    def of(cls, mistakes: Iterable[Mistake]) -> ConfigError:
        """The error of several mistakes: a line each."""
        found = tuple(mistakes)
        error = cls("\n".join(m.text for m in found), key=found[0].key, rule=found[0].rule)
        error.mistakes = found
        return error

    def at(self, *where: str | int) -> ConfigError:
        """The error of what stands there."""
        return self.of(replace(m, where=(*where, *m.where)) for m in self.mistakes)

    def without(self, key: str) -> ConfigError:
        """The error of parameters that stand where `key` would, not inside it."""
        return self.of(
            replace(m, where=m.where[1:]) if m.where[:1] == (key,) else m for m in self.mistakes
        )


def nearest(word: str, known: list[str]) -> str:
    """The hint for a mistyped name: " Did you mean 'smote'?", or the known names, 30 at most.

    >>> nearest("SMOTTE", ["smote", "mixup"])
    " Did you mean 'smote'?"
    >>> nearest("ctgan", ["smote", "mixup"])
    ' Known: mixup, smote.'
    """
    from difflib import get_close_matches

    by_lower = {name.lower(): name for name in known}
    close = get_close_matches(str(word).lower(), list(by_lower), n=1)
    if close:
        return f" Did you mean {by_lower[close[0]]!r}?"
    shown = sorted(known)[:MOST_NAMES_SHOWN]
    more = f" and {len(known) - len(shown)} more" if len(known) > len(shown) else ""
    return f" Known: {', '.join(shown)}{more}." if shown else ""


def refuse_missing(who: str, packages: Sequence[str], extra: str) -> None:
    """Raises: ConfigError with the extra to install, unless all packages are installed; none is
    loaded.
    """
    missing = [package for package in packages if not _there(package)]
    if missing:
        be = "is" if len(missing) == 1 else "are"
        raise ConfigError(
            f"{who} needs {_listed(packages)}, however {_listed(missing)} {be} not installed. Run"
            f" pip install 'synthkit-tabular[{extra}]'."
        )


def _there(package: str) -> bool:
    from importlib.util import find_spec

    try:
        return find_spec(package) is not None
    except ImportError:  # a finder may say so itself
        return False


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
