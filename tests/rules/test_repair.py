"""Repair: valid rows stay, broken ones become valid by the smallest change, the cells changed are counted."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from synthkit.rules import rules_of
from synthkit.rules.enforce import Bound
from synthkit.rules.enforce import repair as repaired

SEEN = pd.DataFrame(
    {
        "x": [1.0, 2.5, 5.0],
        "y": [2.0, 3.0, 9.0],
        "i": [1, 2, 3],
        "f": np.array([1, 2, 3], "float32"),
        "t": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"]),
        "c": ["a", "b", "a"],
        "d": ["p", "q", "p"],
    }
)


def repair(rows, rules, seen, fixed=()):
    return repaired(rows, Bound(rules, seen, fixed=fixed))


def broken_rows(rules, rows):
    return Bound(rules, SEEN).broken(rows)


FLOATS = st.floats(-100, 100, allow_nan=False)
ROWS = st.lists(
    st.tuples(
        FLOATS | st.none(),
        FLOATS,
        st.integers(-20, 20),
        st.floats(-50, 50, width=32),
        st.integers(0, 10),
        st.sampled_from("ab"),
        st.sampled_from("pq"),
    ),
    min_size=1,
    max_size=12,
)


def table(rows):
    x, y, i, f, t, c, d = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "x": pd.Series(x, dtype=float),
            "y": y,
            "i": i,
            "f": np.array(f, dtype="float32"),
            "t": pd.Timestamp("2023-12-30") + pd.to_timedelta(t, unit="D"),
            "c": list(c),
            "d": list(d),
        }
    )


RULES = [
    {"rule": "range", "column": "x", "min": 0.1, "max": 7.7},
    {"rule": "range", "column": "f", "min": 0.1, "max": 4.1},
    {"rule": "positive", "column": "y"},
    {"rule": "range", "column": "i", "min": 0, "closed": "neither"},
    {"rule": "range", "column": "t", "min": "2024-01-01"},
    {"rule": "inequality", "low": "x", "high": "y"},
    {"rule": "inequality", "low": "f", "high": "y"},
    {"rule": "one_of", "column": "i", "values": [1, 2, 3, 7]},
    {"rule": "inequality", "low": "i", "high": "y", "strict": True},
    {"rule": "ordered", "columns": ["f", "x", "y"]},
    {"rule": "ratio", "numerator": "x", "denominator": "y", "min": 0.1, "max": 0.9, "name": "r"},
    {
        "rule": "when",
        "if": "c == 'a'",
        "then": {"rule": "range", "column": "y", "max": 9.5},
        "name": "w",
    },
    {"rule": "expression", "expression": "x + 0.5 <= y"},
    {"rule": "not_null", "column": "x"},
    {"rule": "fixed_combinations", "columns": ["c", "d"], "combinations": [["a", "p"], ["b", "q"]]},
    {"rule": "immutable", "column": "d", "key": "c"},
]


@given(ROWS, st.lists(st.sampled_from(RULES), min_size=1, max_size=5, unique_by=str))
@settings(max_examples=120, deadline=None)
def test_after_repair_no_rule_is_broken_and_valid_rows_are_untouched(rows, specs):
    before = table(rows)
    rules = rules_of(specs)
    seen = SEEN[~broken_rows(rules, SEEN)].reset_index(drop=True)
    broken = broken_rows(rules, before)
    found = repair(before, rules, seen)
    left = broken_rows(rules, found.rows)
    assert (left <= found.broken).all()
    if len(seen) and not any(rule.whole_table for rule in rules):
        assert not left.any()
    assert_frame_equal(found.rows[~broken], before[~broken])
    assert found.rows.dtypes.tolist() == before.dtypes.tolist()
    same = found.rows.eq(before) | (found.rows.isna() & before.isna())
    assert found.cells == {name: int(n) for name, n in (~same).sum().items() if n}
    named = {name for rule in rules for name in rule.columns}
    assert set(found.cells) <= named


def one(spec, **cells):
    rows = pd.DataFrame({name: [value] for name, value in cells.items()})
    rows = rows.astype({name: SEEN[name].dtype for name in rows})
    return repair(rows, rules_of([spec]), SEEN).rows.iloc[0].to_dict()


@pytest.mark.parametrize(
    ("spec", "cells", "expected"),
    [
        ({"rule": "range", "column": "x", "min": 0.5}, {"x": -3.0}, {"x": 0.5}),
        ({"rule": "range", "column": "i", "min": 0.5, "max": 2.5}, {"i": 9}, {"i": 2}),
        (
            {"rule": "positive", "column": "x"},
            {"x": -3.0},
            {"x": 1.0},
        ),  # the least positive value seen
        ({"rule": "positive", "column": "i"}, {"i": -3}, {"i": 1}),
        ({"rule": "whole", "column": "x"}, {"x": 2.6}, {"x": 3.0}),
        ({"rule": "one_of", "column": "x", "values": [1, 4]}, {"x": 3.0}, {"x": 4.0}),
        (
            {"rule": "inequality", "low": "x", "high": "y"},
            {"x": 5.0, "y": 4.0},
            {"x": 4.0, "y": 4.0},
        ),
        ({"rule": "ordered", "columns": ["x", "y"]}, {"x": 5.0, "y": 4.0}, {"x": 4.0, "y": 5.0}),
        ({"rule": "sum", "parts": ["x"], "total": "y"}, {"x": 5.0, "y": 4.0}, {"x": 5.0, "y": 5.0}),
        (
            {"rule": "ratio", "numerator": "x", "denominator": "y", "max": 0.5},
            {"x": 4.0, "y": 4.0},
            {"x": 2.0, "y": 4.0},
        ),
        (
            {
                "rule": "fixed_combinations",
                "columns": ["c", "x"],
                "combinations": [["a", 1.0], ["b", 9.0]],
            },
            {"c": "a", "x": 1.2},
            {"c": "a", "x": 1.0},
        ),
    ],
)
def test_the_smallest_change(spec, cells, expected):
    assert one(spec, **cells) == expected


def test_a_date_moves_to_the_nearest_listed_one():
    rows = pd.DataFrame({"t": pd.to_datetime(["2024-01-30", "2024-01-05", None, "2023-01-01"])})
    found = repair(
        rows,
        rules_of([{"rule": "one_of", "column": "t", "values": ["2024-02-01", "2024-01-05"]}]),
        rows,
    )
    assert found.rows["t"].astype(str).tolist() == ["2024-02-01", "2024-01-05", "NaT", "2024-01-05"]
    assert not found.broken.any()


def test_a_fixed_column_never_changes_and_what_cannot_be_mended_says_so():
    rows = pd.DataFrame({"x": [5.0, 1.0], "y": [4.0, 2.0]})
    rules = rules_of([{"rule": "inequality", "low": "x", "high": "y"}])
    found = repair(rows, rules, SEEN, fixed=("x",))
    assert found.rows["x"].tolist() == [5.0, 1.0]
    assert found.rows["y"].tolist() == [5.0, 2.0]
    found = repair(rows, rules, SEEN, fixed=("x", "y"))
    assert_frame_equal(found.rows, rows)
    assert found.broken.tolist() == [True, False]


def test_the_other_side_moves_where_the_first_may_not():
    rows = pd.DataFrame({"x": [8.0], "y": [1.0]})
    rules = rules_of(
        [
            {"rule": "inequality", "low": "x", "high": "y"},
            {"rule": "range", "column": "x", "min": 6},
        ]
    )
    found = repair(rows, rules, SEEN.head(0))
    assert not found.broken.any()
    assert found.rows["x"].iloc[0] >= 6


def test_a_rule_that_was_kept_keeps_its_cells_where_a_real_row_mends_its_neighbour():
    rules = rules_of(
        [
            {"rule": "expression", "expression": "x + 0.5 <= y"},
            {"rule": "inequality", "low": "y", "high": "z"},
        ]
    )
    seen = pd.DataFrame({"x": [1.0, 20.0], "y": [2.0, 30.0], "z": [50.0, 60.0]})
    mended = repair(pd.DataFrame({"x": [9.0], "y": [8.0], "z": [55.0]}), rules, seen)
    assert not mended.broken.any()
    assert mended.rows.to_numpy().tolist() == [[1.0, 2.0, 55.0]]
    assert mended.cells == {"x": 1, "y": 1}
    # Where that breaks the neighbour, all columns that hang together come from one real row.
    mended = repair(pd.DataFrame({"x": [9.0], "y": [8.0], "z": [1.5]}), rules, seen)
    assert not mended.broken.any()
    assert mended.rows.to_numpy().tolist() in seen.to_numpy()[:, None].tolist()
