"""What each kind of rule calls broken, nulls included."""

import time
from contextlib import suppress
from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest

from synthkit.errors import ConfigError, DataError
from synthkit.rules import RULES, check, rules_of

DAY = pd.to_datetime(["2024-01-01", "2024-06-01", None, "2024-12-31"])
TABLE = pd.DataFrame(
    {
        "x": [0.0, 1.0, np.nan, 2.5],
        "y": [1.0, 0.5, 3.0, 2.5],
        "i": pd.array([0, 5, None, 9], dtype="Int64"),
        "t": DAY,
        "u": DAY + pd.to_timedelta([1, -1, 1, 0], unit="D"),
        "z": DAY.tz_localize("Europe/Paris"),
        "s": ["ab", "b", None, "ab"],
        "c": pd.Categorical(["p", "q", None, "p"]),
        "b": [True, False, True, True],
        "h1": [1, 0, 0, 1],
        "h2": [0, 1, 0, 1],
    }
)

CASES = {
    "both ends": ({"rule": "range", "column": "x", "min": 0, "max": 1}, [0, 0, 0, 1]),
    "open ends": (
        {"rule": "range", "column": "x", "min": 0, "max": 2.5, "closed": "neither"},
        [1, 0, 0, 1],
    ),
    "left": (
        {"rule": "range", "column": "x", "min": 0, "max": 2.5, "closed": "left"},
        [0, 0, 0, 1],
    ),
    "nullable": ({"rule": "range", "column": "i", "max": 5}, [0, 0, 0, 1]),
    "dates": ({"rule": "range", "column": "t", "min": "2024-02-01"}, [1, 0, 0, 0]),
    "zoned": (
        {"rule": "range", "column": "z", "min": "2024-01-01", "closed": "neither"},
        [1, 0, 0, 0],
    ),
    "positive": ({"rule": "positive", "column": "x"}, [1, 0, 0, 0]),
    "zero": ({"rule": "positive", "column": "x", "zero": True}, [0, 0, 0, 0]),
    "whole": ({"rule": "whole", "column": "x"}, [0, 0, 0, 1]),
    "one_of": ({"rule": "one_of", "column": "s", "values": ["ab"]}, [0, 1, 0, 0]),
    "one_of category": ({"rule": "one_of", "column": "c", "values": ["q"]}, [1, 0, 0, 1]),
    "one_of number": ({"rule": "one_of", "column": "i", "values": [0, 9]}, [0, 1, 0, 0]),
    "one_of dates": (
        {"rule": "one_of", "column": "t", "values": ["2024-01-01", "2024-12-31T00:00"]},
        [0, 1, 0, 0],
    ),
    "one_of dates, of Python": (
        {"rule": "one_of", "column": "t", "values": [date(2024, 6, 1)]},
        [1, 0, 0, 1],
    ),
    "one_of dates, zoned": (
        {"rule": "one_of", "column": "z", "values": ["2024-01-01"]},
        [0, 1, 0, 1],
    ),
    "not_null": ({"rule": "not_null", "column": ["x", "y"]}, [0, 0, 1, 0]),
    "unique": ({"rule": "unique", "column": "s"}, [0, 0, 0, 1]),
    "unique pair": ({"rule": "unique", "columns": ["s", "x"]}, [0, 0, 0, 0]),
    "inequality": ({"rule": "inequality", "low": "x", "high": "y"}, [0, 1, 0, 0]),
    "strict": ({"rule": "inequality", "low": "x", "high": "y", "strict": True}, [0, 1, 0, 1]),
    "dates of a row": ({"rule": "inequality", "low": "t", "high": "u"}, [0, 1, 0, 0]),
    "a constant date": ({"rule": "inequality", "low": "t", "high": "2024-06-01"}, [0, 0, 0, 1]),
    "a constant": ({"rule": "inequality", "low": 1, "high": "x"}, [1, 0, 0, 0]),
    "ordered": ({"rule": "ordered", "columns": ["x", "y", "i"]}, [1, 1, 0, 0]),
    "combinations": (
        {
            "rule": "fixed_combinations",
            "columns": ["s", "c"],
            "combinations": [["ab", "p"], [None, None]],
        },
        [0, 1, 0, 0],
    ),
    "one_hot": ({"rule": "one_hot", "columns": ["h1", "h2"]}, [0, 0, 1, 1]),
    "sum": ({"rule": "sum", "parts": ["x", "y"], "total": "y"}, None),
    "ratio": ({"rule": "ratio", "numerator": "x", "denominator": "y", "max": 1}, [0, 1, 0, 0]),
    "when": (
        {"rule": "when", "if": "b", "then": {"rule": "positive", "column": "x"}},
        [1, 0, 0, 0],
    ),
    "when, an expression": ({"rule": "when", "if": "s == 'ab'", "then": "x < y"}, [0, 0, 0, 1]),
    "immutable": ({"rule": "immutable", "column": "x", "key": "s"}, [0, 0, 0, 1]),
    "pattern": ({"rule": "pattern", "column": "s", "regex": "a.*"}, [0, 1, 0, 0]),
    "pattern, whole text": ({"rule": "pattern", "column": "s", "regex": "a|b"}, [1, 0, 0, 1]),
    "expression": ({"rule": "expression", "expression": "x + y >= 2"}, [1, 1, 0, 0]),
    "expression of time": ({"rule": "expression", "expression": "u - t >= 0"}, [0, 1, 0, 0]),
    "expression of nulls": (
        {"rule": "expression", "expression": "not is_null(x) or b == false"},
        [0, 0, 1, 0],
    ),
}


@pytest.mark.parametrize("case", [case for case in CASES if CASES[case][1] is not None])
def test_which_rows_are_broken(case):
    spec, expected = CASES[case]
    checked = check(TABLE, [spec])
    assert checked.mask.astype(int).tolist() == expected
    assert checked.rules[0].n == sum(expected)
    assert checked.rules[0].examples.index.tolist() == np.flatnonzero(expected)[:3].tolist()


@pytest.mark.parametrize("case", [case for case in CASES if CASES[case][1] is not None])
def test_row_rules_do_not_depend_on_the_order_of_rows(case):
    spec, expected = CASES[case]
    if RULES[spec["rule"]].whole_table:
        return
    order = [2, 0, 3, 1]
    assert check(TABLE.take(order), [spec]).mask.astype(int).tolist() == [
        expected[i] for i in order
    ]


def test_every_rule_says_what_it_does_with_nulls():
    for cls in RULES.values():
        assert len(cls.nulls) > 10
        assert cls.__doc__


def test_which_rules_break_together():
    checked = check(
        TABLE,
        [
            {"name": "a", "rule": "positive", "column": "x"},
            {"name": "b", "rule": "range", "column": "x", "min": 1},
            {"name": "c", "rule": "not_null", "column": "x"},
        ],
    )
    assert checked.together.to_numpy().tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert list(checked.pairs()) == [("a", "b", 1)]
    assert checked.n == 2
    assert not checked.passed
    plain = checked.to_dict()
    assert plain["together"] == [{"rules": ["a", "b"], "rows": 1}]
    assert plain["rules"][0]["share"] == 0.25
    assert "25.000%" in str(checked)


WRONG = {
    "unknown column": ({"rule": "positive", "column": "xx"}, ConfigError, "'xx'.*Did you mean 'x'"),
    "empty range": (
        {"rule": "range", "column": "x", "min": 2, "max": 1},
        ConfigError,
        "none lies between",
    ),
    "open point": (
        {"rule": "range", "column": "x", "min": 1, "max": 1, "closed": "left"},
        ConfigError,
        "none lies",
    ),
    "no date": (
        {"rule": "range", "column": "x", "max": "b"},
        ConfigError,
        "max must be a number or a date",
    ),
    "no time left": (
        {"rule": "range", "column": "t", "min": "2024-10-01", "max": "2024-9-30"},
        ConfigError,
        "none",
    ),
    "mixed ends": (
        {"rule": "range", "column": "x", "min": 1, "max": "2024-01-01"},
        ConfigError,
        "one type",
    ),
    "no end": ({"rule": "range", "column": "x"}, ConfigError, "neither"),
    "text in a range": ({"rule": "range", "column": "s", "min": 1}, DataError, "numbers or times"),
    "a date for a number": (
        {"rule": "range", "column": "x", "min": "2024-01-01"},
        ConfigError,
        "needs a number",
    ),
    "a number for a date": (
        {"rule": "range", "column": "t", "min": 5},
        ConfigError,
        "needs a date",
    ),
    "times and numbers": ({"rule": "inequality", "low": "t", "high": "x"}, DataError, "one kind"),
    "unknown rule": ({"rule": "rang", "column": "x"}, ConfigError, "Did you mean 'range'"),
    "unknown parameter": (
        {"rule": "range", "column": "x", "minimum": 1},
        ConfigError,
        "Did you mean 'min'",
    ),
    "nothing given": ({"rule": "one_of"}, ConfigError, r"needs column(.|\n)*needs values"),
    "a list of text for numbers": (
        {"rule": "one_of", "column": "x", "values": ["1", "2"]},
        ConfigError,
        "hold numbers",
    ),
    "a list of numbers for text": (
        {"rule": "one_of", "column": "s", "values": [1, 2]},
        ConfigError,
        "hold text",
    ),
    "a list of numbers for states": (
        {"rule": "one_of", "column": "c", "values": [1, 2]},
        ConfigError,
        "hold text",
    ),
    "a list of numbers for dates": (
        {"rule": "one_of", "column": "t", "values": [1, "b"]},
        ConfigError,
        "hold dates",
    ),
    "look-around": ({"rule": "pattern", "column": "s", "regex": "(?=a)b"}, ConfigError, "RE2"),
    "a bracket too many": (
        {"rule": "pattern", "column": "s", "regex": "a)|(?:b"},
        ConfigError,
        r"unexpected \)",
    ),
    "a bracket too few": (
        {"rule": "pattern", "column": "s", "regex": "[a"},
        ConfigError,
        r"missing \]",
    ),
    "part is total": (
        {"rule": "sum", "parts": ["x", "y"], "total": "y"},
        ConfigError,
        "one of its parts",
    ),
    "combinations unknown": (
        {"rule": "fixed_combinations", "columns": ["s", "c"]},
        ConfigError,
        "real table",
    ),
    "no rule": (7, ConfigError, "mapping"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_rules_are_refused_in_words(case):
    spec, error, words = WRONG[case]
    with pytest.raises(error, match=words):
        check(TABLE, [spec])


def test_an_empty_table_and_no_table_are_refused():
    rules = [{"rule": "positive", "column": "x"}]
    with pytest.raises(DataError, match="0 rows"):
        check(TABLE.head(0), rules)
    with pytest.raises(DataError, match="DataFrame"):
        check([1, 2], rules)


@pytest.mark.parametrize("regex", ["(a+)+$", "(a|a)*b", "(.*.*.*.*.*)*x", "(a{1,30}){1,30}b"])
def test_a_catastrophic_pattern_takes_no_longer(regex):
    table = pd.DataFrame({"s": ["a" * 5_000 + "!"] * 3})
    began = time.perf_counter()
    with suppress(ConfigError):  # RE2 refuses what would take too much memory
        assert check(table, [{"rule": "pattern", "column": "s", "regex": regex}]).n == 3
    assert time.perf_counter() - began < 5


def test_a_column_named_like_a_number_is_a_column():
    table = pd.DataFrame({0: [1.0, -1.0], 1: [2.0, 2.0]})
    assert check(
        table,
        [{"rule": "inequality", "low": "0", "high": "1"}, {"rule": "positive", "column": "0"}],
    ).mask.tolist() == [False, True]


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("2024-9-01", "2024-10-01"),
        ("2024-01-31T12:00", "2024-01-31 13:00"),
        (date(2024, 1, 31), "2024-02-01"),
        (date(2024, 1, 31), datetime(2024, 1, 31, 13)),
        ("2024-01-31T12:00+02:00", "2024-01-31T11:00+00:00"),
    ],
)
def test_the_ends_of_a_range_are_compared_as_times(low, high):
    found = check(
        pd.DataFrame({"t": pd.to_datetime([low, "1999-01-01"], format="mixed", utc=True)}),
        [{"rule": "range", "column": "t", "min": low, "max": high}],
    )
    assert found.mask.tolist() == [False, True]


@pytest.mark.parametrize("dtype", ["int64", "Int64", "UInt64"])
def test_whole_numbers_beyond_a_float_are_compared_exactly(dtype):
    table = pd.DataFrame(
        {
            "a": pd.array([2**53, 2**53 + 1, 3], dtype=dtype),
            "b": pd.array([2**53 + 1, 2**53, 4], dtype=dtype),
        }
    )
    assert check(table, [{"rule": "inequality", "low": "a", "high": "b"}]).mask.tolist() == [
        False,
        True,
        False,
    ]
    assert check(table, [{"rule": "range", "column": "a", "max": 2**53}]).mask.tolist() == [
        False,
        True,
        False,
    ]


def test_two_rules_of_one_name_are_refused():
    with pytest.raises(ConfigError, match="two are called"):
        rules_of([{"rule": "positive", "column": "x"}] * 2)


CONTRADICTIONS = {
    "ranges": [
        {"rule": "range", "column": "x", "min": 5},
        {"rule": "range", "column": "x", "max": 4},
    ],
    "sign": [
        {"rule": "positive", "column": "x"},
        {"rule": "range", "column": "x", "min": -1, "max": 0, "name": "b"},
    ],
    "through a chain": [
        {"rule": "range", "column": "a", "min": 10},
        {"rule": "inequality", "low": "a", "high": "b"},
        {"rule": "ordered", "columns": ["b", "c", "d"]},
        {"rule": "range", "column": "d", "max": 5},
    ],
    "strict": [
        {"rule": "range", "column": "a", "min": 5},
        {"rule": "range", "column": "b", "max": 5},
        {"rule": "inequality", "low": "a", "high": "b", "strict": True},
    ],
    "circle": [
        {"rule": "inequality", "low": "a", "high": "b"},
        {"rule": "inequality", "low": "b", "high": "c"},
        {"rule": "inequality", "low": "c", "high": "a"},
    ],
    "no whole number": [
        {"rule": "whole", "column": "x"},
        {"rule": "range", "column": "x", "min": 0.2, "max": 0.8},
    ],
    "no value left": [
        {"rule": "one_of", "column": "x", "values": [1, 2]},
        {"rule": "range", "column": "x", "min": 3},
    ],
    "two lists": [
        {"rule": "one_of", "column": "x", "values": [1, "a"]},
        {"rule": "one_of", "column": "x", "values": [2, "b"]},
    ],
    "a list and whole": [
        {"rule": "whole", "column": "x"},
        {"rule": "one_of", "column": "x", "values": [0.5, 1.5]},
    ],
    "a list of dates": [
        {"rule": "one_of", "column": "t", "values": ["2020-01-01", date(2020, 2, 1)]},
        {"rule": "range", "column": "t", "min": "2021-01-01"},
    ],
    "two lists and an end": [
        {"rule": "one_of", "column": "x", "values": [1, 2]},
        {"rule": "positive", "column": "y"},
        {"rule": "one_of", "column": "x", "values": [2, 3]},
        {"rule": "range", "column": "x", "max": 2, "closed": "left"},
    ],
    "dates": [
        {"rule": "inequality", "low": "2024-06-01", "high": "t"},
        {"rule": "range", "column": "t", "max": "2024-05-01"},
    ],
}


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_contradictions_are_found_before_any_table_is_seen(case):
    with pytest.raises(
        ConfigError, match="circle" if case == "circle" else "leave every column a value"
    ):
        rules_of([{"name": f"{case} {i}", **spec} for i, spec in enumerate(CONTRADICTIONS[case])])


def test_what_is_no_contradiction_is_none():
    rules_of(
        [
            {"rule": "range", "column": "a", "min": 5},
            {"rule": "inequality", "low": "a", "high": "b"},
            {"rule": "inequality", "low": "a", "high": "c"},
            {"rule": "inequality", "low": "b", "high": "c"},
            {"rule": "range", "column": "b", "max": 5},
            {"rule": "whole", "column": "a"},
        ]
    )
    rules_of(
        [
            {"rule": "one_of", "column": "a", "values": ["2024-1-5", "b", 2, True]},
            {"rule": "one_of", "column": "a", "values": [date(2024, 1, 5)], "name": "again"},
            {"rule": "range", "column": "a", "min": "2024-01-05T00:00"},
            {"rule": "whole", "column": "a"},
        ]
    )
    rules_of(
        [
            {"rule": "one_of", "column": "a", "values": [1, 2]},
            {"rule": "range", "column": "a", "min": 1, "max": 1.5},
        ]
    )
