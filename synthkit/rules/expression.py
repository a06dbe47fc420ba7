"""A small language over columns: parsed into plain values, evaluated on whole columns at once.

Numbers, 'texts', true, false, columns (`odd name` in backticks), + - * / %, < <= > >= == !=,
and, or, not, brackets, abs, min, max, round, is_null. a < b < c means a < b and b < c.

Of what is written, Python's parser sees brackets, signs, commas and the words and, or, not alone: a
placeholder stands for everything else. Nothing is evaluated by Python.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from synthkit.errors import ConfigError, nearest
from synthkit.rules.values import instant, is_time, ordinal

MOST_CHARACTERS = 2_000
MOST_TOKENS = 500
#: Brackets within each other; operators may be twice as deep.
MOST_DEPTH = 40
#: The functions with the fewest and most values that each takes.
FUNCTIONS = {"abs": (1, 1), "min": (2, 10), "max": (2, 10), "round": (1, 2), "is_null": (1, 1)}
#: What Python's nodes are called here; a node that is not listed is refused.
OPERATORS: dict[type[ast.AST], str] = {
    ast.And: "and",
    ast.Or: "or",
    ast.Not: "not",
    ast.USub: "negative",
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Mod: "%",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
COMPARISONS: dict[str, np.ufunc] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}
ARITHMETIC: dict[str, np.ufunc] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "%": np.mod,
    "min": np.minimum,
    "max": np.maximum,
    "negative": np.negative,
    "abs": np.abs,
}
NUMBER, TRUTH, TEXT, TIME = "number", "truth", "text", "time"
#: Nanoseconds in a second.
SECOND = 1e9
_VALUE = "a name, a number, a text or a bracket"
# No value stands right beside another one: 1_000 and f'text' are nothing here.
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<word>(?:and|or|not)(?![\w'"`.]))
    |(?P<value>(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?
        |'[^'\\]*'|"[^"\\]*"|`[^`]+`|[^\W\d]\w*)(?![\w'"`]))
    |(?P<sign><=|>=|==|!=|[*/](?![*/])|[<>](?![<>])|[-+%(),])""",
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
    values: tuple[Node, ...]


Node = Constant | Name | Operation


# ------------------------------------------------------------------------- from text to nodes


def parse(text: str) -> Node:
    """The expression that `text` means.

    Raises: ConfigError with the position of what is wrong, for text that is too long or too deep.

    >>> parse("refund <= amount")
    Operation(name='<=', values=(Name(column='refund'), Name(column='amount')))
    """
    if not isinstance(text, str) or not text.strip():
        raise _wrong(f"An expression must be text, however it is {text!r}.")
    if len(text) > MOST_CHARACTERS:
        raise _too_much(f"have {MOST_CHARACTERS:,} characters, however it has {len(text):,}")
    source = _placeholders(text)
    indent = len(source) - len(source.lstrip())
    try:
        tree = ast.parse(source.lstrip(), mode="eval")
    except SyntaxError as error:
        raise _unexpected(text, indent + (error.offset or 1) - 1) from None
    return _node(tree.body, text, indent, 0)


def columns_in(node: Node) -> tuple[str, ...]:
    """The columns of an expression, each once, in the order of their first use."""
    if isinstance(node, Name):
        return (node.column,)
    if isinstance(node, Operation):
        return tuple(dict.fromkeys(column for value in node.values for column in columns_in(value)))
    return ()


def _placeholders(text: str) -> str:
    """The expression for Python's parser: every value is x's of its length, so that places stay."""
    source, at, tokens, complete = "", 0, 0, False
    calls: list[bool] = []  # of each open bracket, whether it is a function's
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            hint = " Write == for equal." if text[at] == "=" else ""
            raise _wrong(
                "An expression may hold names, numbers, texts, operators and the functions"
                f" {', '.join(FUNCTIONS)}, however there is {text[at]!r} at position {at + 1} of"
                f" {_short(text)}.{hint}"
            )
        kind, token = found.lastgroup, found.group()
        begins = kind == "value" or token in ("not", "(", "-")
        if kind == "space":
            source, at = source + " " * len(token), found.end()
            continue
        if complete and (kind == "value" or token == "not"):
            raise _unexpected(text, at, "an operator or the end")
        if not complete and not begins:
            raise _unexpected(text, at)
        if token == "(":
            calls.append(complete)
            if len(calls) > MOST_DEPTH:
                raise _too_much(f"be {MOST_DEPTH} brackets deep, however it is deeper", at)
        elif (token == ")" and not calls) or (token == "," and calls[-1:] != [True]):
            raise _unexpected(text, at, "')'" if calls else "an operator or the end")
        elif token == ")":
            calls.pop()
        source, at = source + ("x" * len(token) if kind == "value" else token), found.end()
        tokens, complete = tokens + 1, kind == "value" or token == ")"
    if tokens > MOST_TOKENS:
        raise _too_much(f"have {MOST_TOKENS} parts, however it has {tokens}")
    if calls or not complete:
        raise _unexpected(text, at, "')'" if complete else _VALUE)
    return source


def _node(tree: ast.AST, text: str, indent: int, depth: int) -> Node:
    """Our node for one of Python's, `depth` operators below the top."""
    at = indent + getattr(tree, "col_offset", 0)
    if depth > 2 * MOST_DEPTH:
        raise _too_much(f"be {2 * MOST_DEPTH} operators deep, however it is deeper", at)

    def inside(*parts: ast.AST, deeper: int = 1) -> tuple[Node, ...]:
        return tuple(_node(part, text, indent, depth + deeper) for part in parts)

    match tree:
        case ast.Name():
            return _leaf(text[at : indent + int(tree.end_col_offset or 0)])
        case ast.Call(func=ast.Name(), args=args, keywords=[]):
            name = text[at : indent + int(tree.func.end_col_offset or 0)]
            _check_call(name, len(args), at)
            return Operation(name, inside(*args))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in OPERATORS:
            return Operation(OPERATORS[type(op)], inside(operand))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return Operation(OPERATORS[type(op)], inside(left, right))
        case ast.BoolOp(op=op, values=values):
            return _joined(OPERATORS[type(op)], inside(*values, deeper=len(values) - 1))
        case ast.Compare(left=left, ops=ops, comparators=others) if all(
            type(op) in OPERATORS for op in ops
        ):
            sides = inside(left, *others, deeper=len(ops))
            pairs = zip(ops, sides, sides[1:], strict=False)
            return _joined("and", [Operation(OPERATORS[type(op)], (a, b)) for op, a, b in pairs])
    raise _unexpected(text, at)


def _joined(name: str, parts: Any) -> Node:
    return reduce(lambda left, right: Operation(name, (left, right)), parts)


def _leaf(written: str) -> Node:
    if written[0] in "'\"":
        return Constant(written[1:-1])
    if written[0] == "`":
        return Name(written[1:-1])
    if written[0] in ".0123456789":
        value = float(written)
        return Constant(int(value) if written.isdigit() and value < 2**53 else value)
    return Constant(written == "true") if written in ("true", "false") else Name(written)


def _check_call(name: str, n: int, at: int) -> None:
    if name not in FUNCTIONS:
        raise _wrong(
            f"An expression knows the functions {', '.join(FUNCTIONS)}, however {name!r} is"
            f" called at position {at + 1}.{nearest(name, list(FUNCTIONS))}"
        )
    fewest, most = FUNCTIONS[name]
    if not fewest <= n <= most:
        needed = f"{fewest} to {most}" if most > fewest else f"{fewest}"
        raise _wrong(f"{name} takes {needed} values, however it has {n} at position {at + 1}.")


def _wrong(text: str) -> ConfigError:
    return ConfigError(text, key="expression")


def _too_much(text: str, at: int | None = None) -> ConfigError:
    place = "" if at is None else f" at position {at + 1}"
    return _wrong(f"An expression may {text}{place}. Split it into several rules.")


def _unexpected(text: str, at: int, needed: str = _VALUE) -> ConfigError:
    found = _TOKEN.match(text, at)
    there = repr(found.group()) if found and at < len(text) else "the end"
    return _wrong(
        f"An expression needs {needed} at position {at + 1}, however there is {there} in"
        f" {_short(text)}."
    )


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")


# ------------------------------------------------------------- from nodes to values per row


@dataclass(frozen=True, eq=False)
class _Values:
    """One value per row (n,), or a constant; `gone` where it is missing."""

    kind: str
    data: Any
    gone: Any = False


def holds(node: Node, table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Where the expression is true (n,) and where it is missing (n,).

    Kleene's logic: false and missing is false, true or missing is true. 0 / 0 is missing; a number
    over 0 is infinite. A difference of times is a number of seconds.

    Raises: ConfigError where values of different kinds meet, or the whole is no truth.
    """
    with np.errstate(all="ignore"):
        found = _value(node, table)
    if found.kind != TRUTH:
        raise _wrong(
            f"An expression must be true or false, however this one is a {found.kind}. Compare it"
            " with something."
        )
    true, gone = np.broadcast_arrays(found.data, found.gone, np.empty(len(table)))[:2]
    return true & ~gone, gone


def _value(node: Node, table: pd.DataFrame) -> _Values:
    if isinstance(node, Name):
        return _column(table[node.column])
    if isinstance(node, Operation):
        return _applied(node.name, [_value(value, table) for value in node.values])
    if isinstance(node.value, bool):
        return _Values(TRUTH, np.bool_(node.value))
    return _Values(TEXT if isinstance(node.value, str) else NUMBER, node.value)


def _column(series: pd.Series) -> _Values:
    gone = series.isna().to_numpy()
    if is_time(series):
        return _Values(TIME, ordinal(series, "an expression"), gone)
    if pdt.is_bool_dtype(series.dtype) and not isinstance(series.dtype, pd.CategoricalDtype):
        return _Values(TRUTH, series.to_numpy(dtype=bool, na_value=False), gone)
    if pdt.is_numeric_dtype(series.dtype):
        return _Values(NUMBER, ordinal(series, "an expression"), gone)
    return _Values(TEXT, series, gone)


def _applied(name: str, values: list[_Values]) -> _Values:
    if name == "is_null":
        return _Values(TRUTH, np.asarray(values[0].gone))
    if name in ("and", "or", "not"):
        return _logic(name, [_needed(value, TRUTH, name) for value in values])
    if name in COMPARISONS:
        return _compared(name, *values)
    gone = reduce(np.logical_or, [value.gone for value in values])
    if name == "-" and values[0].kind == values[1].kind == TIME:
        return _Values(NUMBER, (values[0].data - values[1].data) / SECOND, gone)
    numbers = [_needed(value, NUMBER, name).data for value in values]
    # In floating point throughout: whole numbers would overflow in silence.
    floats = [np.asarray(number, dtype=float) for number in numbers]
    if name == "round":
        data = np.round(floats[0], _digits(numbers))
    else:
        function = ARITHMETIC[name]
        data = function(floats[0]) if len(floats) == 1 else reduce(function, floats)
    return _Values(NUMBER, data, gone | np.isnan(data))


def _digits(numbers: list[Any]) -> int:
    digits = numbers[1] if len(numbers) > 1 else 0
    if isinstance(digits, int) and 0 <= digits <= 15:
        return digits
    raise _wrong(
        "round takes a whole number of digits from 0 to 15, however it has"
        f" {digits if np.ndim(digits) == 0 else 'a column'}."
    )


def _needed(value: _Values, kind: str, name: str) -> _Values:
    if value.kind == kind:
        return value
    if kind == NUMBER and value.kind == TRUTH:
        return _Values(NUMBER, np.asarray(value.data, dtype=float), value.gone)
    if kind == TRUTH and value.kind == NUMBER and np.ndim(value.data):
        there = value.data[~np.broadcast_to(value.gone, value.data.shape)]
        if np.isin(there, (0, 1)).all():  # a column of 0 and 1
            return _Values(TRUTH, value.data == 1, value.gone)
    raise _wrong(f"{name} in an expression needs a {kind}, however it has a {value.kind}.")


def _logic(name: str, values: list[_Values]) -> _Values:
    there = [~np.asarray(value.gone) for value in values]
    true = [value.data & known for value, known in zip(values, there, strict=True)]
    false = [~value.data & known for value, known in zip(values, there, strict=True)]
    if name == "not":
        return _Values(TRUTH, false[0], ~there[0])
    both, either = (true, false) if name == "and" else (false, true)
    yes, no = both[0] & both[1], either[0] | either[1]
    return _Values(TRUTH, yes if name == "and" else no, ~(yes | no))


def _compared(name: str, left: _Values, right: _Values) -> _Values:
    gone = np.logical_or(left.gone, right.gone)
    if {left.kind, right.kind} == {TIME, TEXT}:
        left, right = _as_time(left), _as_time(right)
    if {left.kind, right.kind} == {NUMBER, TRUTH}:
        left, right = _needed(left, NUMBER, name), _needed(right, NUMBER, name)
    if left.kind != right.kind:
        raise _wrong(
            f"{name} in an expression needs two values of one kind, however it compares a"
            f" {left.kind} with a {right.kind}."
        )
    if left.kind in (TEXT, TRUTH) and name not in ("==", "!="):
        raise _wrong(
            f"{name} in an expression needs numbers or times, however it compares a {left.kind}."
            " Use == or !=."
        )
    if left.kind == TEXT:
        same = _same_text(left.data, right.data)
        return _Values(TRUTH, same if name == "==" else ~same, gone)
    return _Values(TRUTH, COMPARISONS[name](left.data, right.data), gone)


def _same_text(left: Any, right: Any) -> np.ndarray:
    if isinstance(left, str):
        left, right = right, left
    if isinstance(left, str):
        return np.asarray(left == right)
    if isinstance(right, str):
        return np.asarray(left.isin([right]))
    joined = pd.factorize(pd.concat([left.astype(object), right.astype(object)]))[0]
    return np.asarray(joined[: len(left)] == joined[len(left) :])


def _as_time(value: _Values) -> _Values:
    if value.kind == TIME:
        return value
    time = instant(value.data) if isinstance(value.data, str) else None
    if time is None:
        shown = repr(value.data) if isinstance(value.data, str) else "a column of text"
        raise _wrong(
            "A time in an expression is compared with a date, however it is compared with"
            f" {shown}. Write '2024-01-31'."
        )
    return _Values(TIME, time)
