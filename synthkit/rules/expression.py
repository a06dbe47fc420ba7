"""A small language over columns: parsed here into plain values, evaluated in `expression_values`.

    either  = both {"or" both}            both = plain {"and" plain}      plain = "not" plain | compare
    compare = sum {("<" | "<=" | ">" | ">=" | "==" | "!=") sum}           a < b < c means a < b and b < c
    sum     = product {("+" | "-") product}                               product = signed {("*" | "/" | "%") signed}
    signed  = "-" signed | atom
    atom    = number | 'text' | true | false | name | `any name` | function "(" either {"," either} ")" | "(" either ")"

Functions: abs, min, max, round, is_null. There are no attributes, subscripts, calls of anything
else, or names other than columns, and nothing is ever handed to Python's own interpreter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from synthkit.errors import ConfigError, nearest

MOST_CHARACTERS = 2_000
MOST_TOKENS = 500
MOST_DEPTH = 40
#: The functions with the fewest and most values that each takes.
FUNCTIONS = {"abs": (1, 1), "min": (2, 10), "max": (2, 10), "round": (1, 2), "is_null": (1, 1)}
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
WORDS = ("and", "or", "not", "true", "false")
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<text>'[^'\\]*'|"[^"\\]*")
    |(?P<quoted>`[^`]+`)
    |(?P<name>[^\W\d]\w*)
    |(?P<sign><=|>=|==|!=|[-+*/%<>(),])""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Constant:
    """A number, a text, true or false."""

    value: Any


@dataclass(frozen=True)
class Name:
    """A column."""

    column: str


@dataclass(frozen=True)
class Operation:
    """An operator or function with what it is applied to."""

    name: str
    values: tuple[Any, ...]


Node = Constant | Name | Operation


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


def parse(text: str) -> Node:
    """The expression that `text` means.

    Raises: ConfigError with the position of what is wrong, for text that is too long or too deep.

    >>> parse("refund <= amount")
    Operation(name='<=', values=(Name(column='refund'), Name(column='amount')))
    """
    if not isinstance(text, str) or not text.strip():
        raise ConfigError(f"An expression must be text, however it is {text!r}.", key="expression")
    if len(text) > MOST_CHARACTERS:
        raise ConfigError(
            f"An expression may have {MOST_CHARACTERS:,} characters, however it has {len(text):,}. Split"
            " it into several rules.",
            key="expression",
        )
    tokens = list(_tokens(text))
    if len(tokens) > MOST_TOKENS:
        raise ConfigError(
            f"An expression may have {MOST_TOKENS} parts, however it has {len(tokens)}. Split it into"
            " several rules.",
            key="expression",
        )
    parser = _Parser(text, tokens)
    node = parser.either(0)
    if parser.token.kind != "end":
        raise parser.wrong("an operator or the end")
    return node


def columns_in(node: Node) -> tuple[str, ...]:
    """The columns of an expression, each once, in the order of their first use."""
    if isinstance(node, Name):
        return (node.column,)
    if isinstance(node, Operation):
        return tuple(dict.fromkeys(column for value in node.values for column in columns_in(value)))
    return ()


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            hint = " Write == for equal." if text[at] == "=" else ""
            raise ConfigError(
                f"An expression may hold names, numbers, texts, operators and the functions"
                f" {', '.join(FUNCTIONS)}, however there is {text[at]!r} at position {at + 1} of"
                f" {_short(text)}.{hint}",
                key="expression",
            )
        if found.lastgroup != "space":
            yield _Token(str(found.lastgroup), found.group(), at)
        at = found.end()


class _Parser:
    """Reads tokens from left to right; each method reads one level of the grammar above."""

    def __init__(self, text: str, tokens: list[_Token]) -> None:
        self.text, self.tokens, self.at = text, [*tokens, _Token("end", "the end", len(text))], 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.at]

    def wrong(self, needed: str) -> ConfigError:
        """The error for the token where something else is needed."""
        return ConfigError(
            f"An expression needs {needed} at position {self.token.at + 1}, however there is"
            f" {self.token.text!r} in {_short(self.text)}.",
            key="expression",
        )

    def next_is(self, *texts: str) -> str | None:
        """The token's text, read, if it is one of these."""
        if self.token.kind in ("sign", "name") and self.token.text in texts:
            self.at += 1
            return self.tokens[self.at - 1].text
        return None

    def either(self, depth: int) -> Node:
        return self._chain(depth, ("or",), self.both)

    def both(self, depth: int) -> Node:
        return self._chain(depth, ("and",), self.plain)

    def plain(self, depth: int) -> Node:
        if self.next_is("not"):
            return Operation("not", (self.plain(self._deeper(depth)),))
        return self.compare(depth)

    def compare(self, depth: int) -> Node:
        left = self.sum(depth)
        found: Node | None = None
        while sign := self.next_is(*COMPARISONS):
            right = self.sum(depth)
            one = Operation(sign, (left, right))
            found = one if found is None else Operation("and", (found, one))
            left = right
        return left if found is None else found

    def sum(self, depth: int) -> Node:
        return self._chain(depth, ("+", "-"), self.product)

    def product(self, depth: int) -> Node:
        return self._chain(depth, ("*", "/", "%"), self.signed)

    def signed(self, depth: int) -> Node:
        if self.next_is("-"):
            return Operation("negative", (self.signed(self._deeper(depth)),))
        return self.atom(depth)

    def atom(self, depth: int) -> Node:
        token = self.token
        if token.kind in ("number", "text", "quoted"):
            self.at += 1
            if token.kind == "quoted":
                return Name(token.text[1:-1])
            if token.kind == "text":
                return Constant(token.text[1:-1])
            value = float(token.text)
            return Constant(int(value) if token.text.isdigit() and value < 2**53 else value)
        if self.next_is("("):
            node = self.either(self._deeper(depth))
            self._close()
            return node
        if word := self.next_is("true", "false"):
            return Constant(word == "true")
        if token.kind == "name" and token.text not in WORDS:
            self.at += 1
            return self._call(token, depth) if self.next_is("(") else Name(token.text)
        raise self.wrong("a name, a number, a text or a bracket")

    def _call(self, name: _Token, depth: int) -> Node:
        if name.text not in FUNCTIONS:
            raise ConfigError(
                f"An expression knows the functions {', '.join(FUNCTIONS)}, however {name.text!r} is"
                f" called at position {name.at + 1}.{nearest(name.text, list(FUNCTIONS))}",
                key="expression",
            )
        values = [self.either(self._deeper(depth))]
        while self.next_is(","):
            values.append(self.either(self._deeper(depth)))
        self._close()
        fewest, most = FUNCTIONS[name.text]
        if not fewest <= len(values) <= most:
            raise ConfigError(
                f"{name.text} takes {fewest}{f' to {most}' if most > fewest else ''} values, however it"
                f" has {len(values)} at position {name.at + 1}.",
                key="expression",
            )
        return Operation(name.text, tuple(values))

    def _close(self) -> None:
        if not self.next_is(")"):
            raise self.wrong("')'")

    def _chain(self, depth: int, signs: tuple[str, ...], below: Any) -> Node:
        node = below(depth)
        length = 0
        while sign := self.next_is(*signs):
            length += 1
            if length > MOST_DEPTH * 2:  # each adds a level to the tree
                raise ConfigError(
                    f"An expression may join {MOST_DEPTH * 2} parts with {sign!r}, however there are"
                    " more. Split it into several rules.",
                    key="expression",
                )
            node = Operation(sign, (node, below(depth)))
        return node

    def _deeper(self, depth: int) -> int:
        if depth >= MOST_DEPTH:
            raise ConfigError(
                f"An expression may be {MOST_DEPTH} brackets or signs deep, however it is deeper at"
                f" position {self.token.at + 1}. Split it into several rules.",
                key="expression",
            )
        return depth + 1


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")
