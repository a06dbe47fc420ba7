"""Expressions evaluated on whole columns at once; a missing value makes what is computed from it missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from synthkit.errors import ConfigError
from synthkit.rules.expression import COMPARISONS, Constant, Name, Node, Operation
from synthkit.rules.values import is_time, ordinal

NUMBER, TRUTH, TEXT, TIME = "number", "truth", "text", "time"
SECONDS = 1e9  # nanoseconds in one


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
        raise ConfigError(
            f"An expression must be true or false, however this one is a {found.kind}. Compare it with"
            " something.",
            key="expression",
        )
    shape = (len(table),)
    return np.broadcast_to(found.data & ~np.asarray(found.gone), shape), np.broadcast_to(
        found.gone, shape
    )


def _value(node: Node, table: pd.DataFrame) -> _Values:
    if isinstance(node, Constant):
        kind = (
            TRUTH
            if isinstance(node.value, bool)
            else TEXT
            if isinstance(node.value, str)
            else NUMBER
        )
        return _Values(kind, np.bool_(node.value) if kind == TRUTH else node.value)
    if isinstance(node, Name):
        return _column(table[node.column])
    values = [_value(value, table) for value in node.values]
    return _apply(node, values)


def _column(series: pd.Series) -> _Values:
    gone = series.isna().to_numpy()
    if is_time(series):
        return _Values(TIME, ordinal(series, "an expression"), gone)
    if pdt.is_bool_dtype(series.dtype) and not isinstance(series.dtype, pd.CategoricalDtype):
        return _Values(TRUTH, series.to_numpy(dtype=bool, na_value=False), gone)
    if pdt.is_numeric_dtype(series.dtype):
        return _Values(NUMBER, ordinal(series, "an expression"), gone)
    return _Values(TEXT, series, gone)


def _apply(node: Operation, values: list[_Values]) -> _Values:
    name = node.name
    if name == "is_null":
        return _Values(TRUTH, np.asarray(values[0].gone))
    if name in ("and", "or", "not"):
        return _logic(name, [_needed(value, TRUTH, name) for value in values])
    if name in COMPARISONS:
        return _compare(name, *values)
    gone = reduce(np.logical_or, [np.asarray(value.gone) for value in values])
    if name == "-" and values[0].kind == values[1].kind == TIME:
        return _Values(NUMBER, (values[0].data - values[1].data) / SECONDS, gone)
    numbers = [_needed(value, NUMBER, name).data for value in values]
    if name == "round":
        digits = numbers[1] if len(numbers) > 1 else 0
        if not isinstance(digits, int) or not 0 <= digits <= 15:
            raise ConfigError(
                "round takes a whole number of digits from 0 to 15, however it has"
                f" {digits if np.ndim(digits) == 0 else 'a column'}.",
                key="expression",
            )
        data = np.round(np.asarray(numbers[0], dtype=float), digits)
    elif name in ("min", "max"):
        data = (np.minimum if name == "min" else np.maximum).reduce(
            np.broadcast_arrays(*(np.asarray(number, dtype=float) for number in numbers))
        )
    else:
        # In floating point throughout: whole numbers would overflow in silence.
        a, b = (np.asarray(number, dtype=float) for number in (*numbers, 0.0)[:2])
        operators: dict[str, Callable[[Any, Any], Any]] = {
            "+": np.add,
            "-": np.subtract,
            "*": np.multiply,
            "/": np.divide,
            "%": np.mod,
            "negative": lambda a, _: -a,
            "abs": lambda a, _: np.abs(a),
        }
        data = operators[name](a, b)
    return _Values(NUMBER, data, gone | np.isnan(data))


def _needed(value: _Values, kind: str, name: str) -> _Values:
    if value.kind == kind:
        return value
    if (
        kind == TRUTH
        and value.kind == NUMBER
        and np.ndim(value.data)
        and np.isin(value.data[~np.broadcast_to(value.gone, np.shape(value.data))], (0, 1)).all()
    ):
        return _Values(TRUTH, value.data == 1, value.gone)  # a column of 0 and 1
    if kind == NUMBER and value.kind == TRUTH:
        return _Values(NUMBER, np.asarray(value.data, dtype=float), value.gone)
    raise ConfigError(
        f"{name} in an expression needs a {kind}, however it has a {value.kind}.", key="expression"
    )


def _logic(name: str, values: list[_Values]) -> _Values:
    true = [np.asarray(value.data) & ~np.asarray(value.gone) for value in values]
    false = [~np.asarray(value.data) & ~np.asarray(value.gone) for value in values]
    if name == "not":
        return _Values(TRUTH, false[0], ~(true[0] | false[0]))
    yes, no = (
        (true[0] & true[1], false[0] | false[1])
        if name == "and"
        else (true[0] | true[1], false[0] & false[1])
    )
    return _Values(TRUTH, yes, ~(yes | no))


def _compare(name: str, left: _Values, right: _Values) -> _Values:
    gone = np.asarray(left.gone) | np.asarray(right.gone)
    if {left.kind, right.kind} == {TIME, TEXT}:
        left, right = _as_time(left), _as_time(right)
    if {left.kind, right.kind} == {NUMBER, TRUTH}:
        left, right = _needed(left, NUMBER, name), _needed(right, NUMBER, name)
    if left.kind != right.kind:
        raise ConfigError(
            f"{name} in an expression needs two values of one kind, however it compares a {left.kind}"
            f" with a {right.kind}.",
            key="expression",
        )
    if left.kind in (TEXT, TRUTH) and name not in ("==", "!="):
        raise ConfigError(
            f"{name} in an expression needs numbers or times, however it compares a {left.kind}. Use =="
            " or !=.",
            key="expression",
        )
    if left.kind == TEXT:
        same = _same_text(left.data, right.data)
        return _Values(TRUTH, same if name == "==" else ~same, gone)
    data = {
        "<": np.less,
        "<=": np.less_equal,
        ">": np.greater,
        ">=": np.greater_equal,
        "==": np.equal,
        "!=": np.not_equal,
    }[name](left.data, right.data)
    return _Values(TRUTH, data, gone)


def _same_text(left: Any, right: Any) -> np.ndarray:
    if isinstance(left, str) and isinstance(right, str):
        return np.asarray(left == right)
    if isinstance(left, str):
        left, right = right, left
    if isinstance(right, str):
        return left.isin([right]).to_numpy(dtype=bool)
    joined = pd.factorize(pd.concat([left.astype(object), right.astype(object)]))[0]
    return joined[: len(left)] == joined[len(left) :]


def _as_time(value: _Values) -> _Values:
    if value.kind == TIME:
        return value
    try:
        time = pd.Timestamp(value.data) if isinstance(value.data, str) else pd.NaT
    except ValueError:
        time = pd.NaT
    if time is pd.NaT:
        shown = repr(value.data) if isinstance(value.data, str) else "a column of text"
        raise ConfigError(
            f"A time in an expression is compared with a date, however it is compared with {shown}. Write"
            " '2024-01-31'.",
            key="expression",
        )
    utc = time.tz_convert(None) if time.tzinfo is not None else time
    return _Values(TIME, utc.as_unit("ns").value)
