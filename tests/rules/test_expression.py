"""The little language: nothing escapes, nothing crashes, and it computes what Python computes."""

import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthkit.errors import ConfigError
from synthkit.rules.expression import FUNCTIONS, MOST_DEPTH, columns_in, holds, parse

TABLE = pd.DataFrame(
    {
        "a": [1.0, -2.0, 0.0, 3.5],
        "b": [2, 2, 0, -1],
        "odd name": [0.5, 1.0, 1.5, 2.0],
        "word": ["x", "y", "x", "z"],
        "yes": [True, False, True, True],
        "gap": [1.0, np.nan, 2.0, np.nan],
    }
)

ESCAPES = [
    "__import__('os').system('ls')",
    "a.__class__",
    "a[0]",
    "().__class__",
    "lambda: 1",
    "eval('1')",
    "open('x')",
    "a if b else a",
    "[a for a in b]",
    "exec('a')",
    "a; b",
    "a = 1",
    "a := 1",
    "f'{a}'",
    "@a",
    "a ** b",
    "abs.__self__(a)",
    "getattr(a, 'b') > 1",
    "{a}",
    "a\\nb",
    "print(a) > 1",
    "'a' 'b'",
    "globals()",
]


@pytest.mark.parametrize("text", ESCAPES)
def test_what_tries_to_escape_is_refused_in_words(text):
    with pytest.raises(ConfigError, match="however"):
        parse(text)


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_is_an_expression_or_an_error_in_words(text):
    try:
        node = parse(text)
    except ConfigError as error:
        refused_in_words(error)
        return
    if set(columns_in(node)) <= set(TABLE):
        judged(node)


PARTS = st.sampled_from(
    [
        "a",
        "b",
        "`odd name`",
        "word",
        "yes",
        "gap",
        "1",
        "2.5",
        "'x'",
        "true",
        "+",
        "-",
        "*",
        "/",
        "%",
        "<",
        "<=",
        "==",
        "!=",
        "and",
        "or",
        "not",
        "(",
        ")",
        ",",
        "abs",
        "min",
        "round",
        "is_null(",
        "__class__",
        ".",
    ]
)


@given(st.lists(PARTS, max_size=25).map(" ".join))
@settings(max_examples=400, deadline=None)
def test_any_heap_of_its_own_words_is_judged_or_refused(text):
    try:
        node = parse(text)
    except ConfigError:
        return
    if set(columns_in(node)) <= set(TABLE):
        judged(node)


def refused_in_words(error):
    assert any(word in str(error) for word in ("however", "Compare")), error


def judged(node):
    try:
        true, missing = holds(node, TABLE)
    except ConfigError as error:
        refused_in_words(error)
        return
    assert true.shape == missing.shape == (len(TABLE),)
    assert true.dtype == missing.dtype == bool
    assert not (true & missing).any()


@pytest.mark.parametrize(
    ("text", "at", "there"),
    [
        ("a +", 4, "the end"),
        ("(a", 3, "the end"),
        ("a)", 2, "')'"),
        ("(a b)", 4, "'b'"),
        ("a == == b", 6, "'=='"),
        ("a == not b", 6, "'not'"),
        ("(a, b)", 3, "','"),
        ("min()", 5, "')'"),
        ("a and and b", 7, "'and'"),
        ("  a < +b", 7, "'+'"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text, at, there):
    with pytest.raises(ConfigError, match=re.escape(f"at position {at}, however there is {there}")):
        parse(text)


@pytest.mark.parametrize("name", ["class", "in", "None", "True", "lambda", "ﬁ", "É²", "match"])
def test_a_column_may_be_called_as_a_word_of_python(name):
    assert columns_in(parse(f"{name} > 1 or\n `{name}` < 0")) == (name,)
    assert holds(parse(f"{name} > 1"), pd.DataFrame({name: [0, 2]}))[0].tolist() == [False, True]


NUMBERS = st.recursive(
    st.sampled_from(["a", "b", "3", "0.25"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(
            lambda t: f"({t[0]} {t[1]} {t[2]})"
        ),
        inner.map(lambda x: f"abs({x})"),
        inner.map(lambda x: f"(-{x})"),
        st.tuples(inner, inner).map(lambda t: f"max({t[0]}, {t[1]})"),
    ),
    max_leaves=8,
)
TRUTHS = st.recursive(
    st.tuples(NUMBERS, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), NUMBERS).map(" ".join),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
            lambda t: f"({t[0]} {t[1]} {t[2]})"
        ),
        inner.map(lambda x: f"not ({x})"),
    ),
    max_leaves=5,
)


@given(TRUTHS)
@settings(max_examples=200, deadline=None)
def test_it_computes_what_python_computes(text):
    # The test's own words only: Python's eval is the reference here and nowhere in the package.
    expected = [
        bool(eval(text, {"a": float(a), "b": float(b), "abs": abs, "max": max}))
        for a, b in zip(TABLE["a"], TABLE["b"], strict=True)
    ]
    true, missing = holds(parse(text), TABLE)
    assert true.tolist() == expected
    assert not missing.any()


@pytest.mark.parametrize(
    ("text", "true", "missing"),
    [
        ("gap > 1", [0, 0, 1, 0], [0, 1, 0, 1]),
        ("gap > 1 or a < 0", [0, 1, 1, 0], [0, 0, 0, 1]),
        ("gap > 1 and a < 0", [0, 0, 0, 0], [0, 1, 0, 0]),
        ("not gap > 1", [1, 0, 0, 0], [0, 1, 0, 1]),
        ("is_null(gap)", [0, 1, 0, 1], [0, 0, 0, 0]),
        ("a / b > 1", [0, 0, 0, 0], [0, 0, 1, 0]),
        ("1 / b > 5", [0, 0, 1, 0], [0, 0, 0, 0]),
        ("0 < a < 2", [1, 0, 0, 0], [0, 0, 0, 0]),
        ("word == 'x' and yes", [1, 0, 1, 0], [0, 0, 0, 0]),
        ("round(`odd name`) == 2", [0, 0, 1, 1], [0, 0, 0, 0]),
        ("1 + 2 * 3 == 7", [1, 1, 1, 1], [0, 0, 0, 0]),
        ("8 - 2 - 1 == 5", [1, 1, 1, 1], [0, 0, 0, 0]),
        ("b % 2 == 1", [0, 0, 0, 1], [0, 0, 0, 0]),
        ("1e308 * 10 > a", [1, 1, 1, 1], [0, 0, 0, 0]),
    ],
)
def test_precedence_and_missing_values(text, true, missing):
    got, gone = holds(parse(text), TABLE)
    assert got.astype(int).tolist() == true
    assert gone.astype(int).tolist() == missing


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5_000 + "a" + ")" * 5_000,
        "-" * 1_500 + "a > 1",
        "not " * 400 + "yes",
        "+".join("a" * 600) + " > 1",
        "a" * 3_000,
        "(" * (MOST_DEPTH + 1) + "a" + ")" * (MOST_DEPTH + 1),
        " or ".join(["a > 1"] * 120),
        "abs(" * 60 + "a" + ")" * 60,
    ],
)
def test_what_is_too_long_or_too_deep_is_refused(text):
    with pytest.raises(ConfigError, match="Split it"):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "a + 1",
        "word < 'x'",
        "a == 'x'",
        "word + 1 > 2",
        "not a",
        "round(a, b) > 1",
        "abs(word) > 1",
        "'x'",
        "round(a, 99) > 1",
    ],
)
def test_values_of_the_wrong_kind_are_refused(text):
    with pytest.raises(ConfigError, match=r"however|Compare"):
        holds(parse(text), TABLE)


def test_whole_numbers_do_not_overflow():
    table = pd.DataFrame({"a": np.array([2**62, 1], dtype="int64")})
    assert holds(parse("a * 4 > 0"), table)[0].all()
    assert math.isfinite(2.0**64)
    assert set(FUNCTIONS) == {"abs", "min", "max", "round", "is_null"}
