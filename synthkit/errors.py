"""The two ways in which a person's input can be wrong.

Every message says what is needed, what was got, and what to do about it.
"""


class SynthkitError(Exception):
    """Base of the errors that a person can mend; the commands turn it into exit code 2."""


class DataError(SynthkitError, ValueError):
    """The table, or what is asked of it, is wrong: a column, a row, a class."""


class ConfigError(SynthkitError, ValueError):
    """A parameter or a config is wrong: a name, a value, a key, a line.

    `key` is the parameter's name where there is one, so that a config's reader can find its line.
    """

    def __init__(self, message: str, *, key: str | None = None) -> None:
        super().__init__(message)
        self.key = key


def nearest(word: str, known: list[str]) -> str:
    """The hint for a mistyped name: " Did you mean 'smote'?", or all known names.

    >>> nearest("smotte", ["smote", "mixup"])
    " Did you mean 'smote'?"
    """
    from difflib import get_close_matches

    close = get_close_matches(str(word), known, n=1)
    if close:
        return f" Did you mean {close[0]!r}?"
    return f" Known: {', '.join(sorted(known))}."
