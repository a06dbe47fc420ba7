"""Laws of the trees and the order in which columns are drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthkit.synthesizers.leaf_draw import Coding, cuts_of, grow, places_of, splittable
from synthkit.synthesizers.trees import association, drawing_order, functions
from synthkit.table.schema import Kind


def coded(n=4000, outcome="number"):
    rng = np.random.default_rng(0)
    x, level = rng.normal(size=n), rng.integers(0, 40, n)
    x[rng.random(n) < 0.1] = np.nan
    y = np.nan_to_num(x, nan=3.0) + (level % 7) + rng.normal(size=n)
    y = {
        "number": y,
        "gaps": np.where(rng.random(n) < 0.2, np.nan, y),
        "state": y.round().astype(int).astype(str),
        "many": (10 * y).round().astype(int).astype(str),
    }[outcome]
    kinds = (
        Kind.NUMERIC,
        Kind.CATEGORICAL,
        Kind.NUMERIC if outcome in ("number", "gaps") else Kind.CATEGORICAL,
    )
    columns = [pd.Series(x), pd.Series(level).astype(str), pd.Series(y)]
    codings, codes = zip(
        *(
            Coding.of(c.rename(str(i)), k)
            for i, (c, k) in enumerate(zip(columns, kinds, strict=True))
        ),
        strict=True,
    )
    return np.stack(codes), codings


@pytest.mark.parametrize("outcome", ["number", "gaps", "state", "many"])
@pytest.mark.parametrize("leaf", [5, 50])
def test_every_training_row_walks_to_the_leaf_that_holds_it(outcome, leaf):
    codes, codings = coded(outcome=outcome)
    cuts = [cuts_of(c, len(k)) for c, k in zip(codes, codings, strict=True)]
    tree = grow(codes[2], codings[2], codes, codings, cuts, np.arange(2), leaf, 0.0, seed=0)
    nodes = tree.nodes(codes[:2])
    sizes = np.diff(tree.offsets)
    assert (np.bincount(nodes, minlength=len(sizes)) == sizes).all()
    assert sizes[sizes > 0].min() >= leaf
    assert (sizes > 0).sum() > 10
    for node in np.unique(nodes)[:20]:
        donors = tree.donors[tree.offsets[node] : tree.offsets[node + 1]]
        assert (donors == np.sort(codes[2][nodes == node])).all()
    # The share of any range of codes in a leaf is that of the rows in it.
    shares = tree.shares(3, 9)
    inside = (codes[2] >= 3) & (codes[2] <= 9)
    assert np.allclose(
        shares[nodes], (np.bincount(nodes, inside) / np.maximum(np.bincount(nodes), 1))[nodes]
    )


def test_draws_come_from_the_own_leaf_each_donor_alike():
    codes, codings = coded()
    cuts = [cuts_of(c, len(k)) for c, k in zip(codes, codings, strict=True)]
    tree = grow(codes[2], codings[2], codes, codings, cuts, np.arange(2), 50, 4.0, seed=0)
    node = tree.nodes(codes[:2, :1]).repeat(20_000)
    picks = tree.draw(node, np.random.default_rng(0))
    low, high = tree.offsets[node[0]], tree.offsets[node[0] + 1]
    assert picks.min() == low
    assert picks.max() == high - 1
    counts = np.bincount(picks - low)
    assert np.abs(counts - counts.mean()).max() < 6 * np.sqrt(counts.mean())


@given(st.lists(st.integers(-1, 300), min_size=1, max_size=400), st.integers(2, 64))
@settings(max_examples=60, deadline=None)
def test_bins_keep_the_order_and_missing_has_its_own(codes, most):
    codes = np.array(codes, dtype=np.int32)
    cuts = cuts_of(codes, 301, most)
    bins = splittable(codes, True, cuts)
    order = np.argsort(codes, kind="stable")
    assert (np.diff(bins[order]) >= 0).all()
    assert len(cuts) <= most
    assert ((bins == 0) == (codes < 0)).all()


def test_states_stand_in_the_order_of_the_outcomes_mean_and_rare_ones_share_a_place():
    rng = np.random.default_rng(0)
    level = np.concatenate([rng.integers(0, 8, 4000), np.arange(8, 30)])
    rate = np.append(np.array([5, 1, 7, 3, 0, 6, 2, 4]) / 10 + 0.1, np.full(22, 0.9))
    label = (rng.random(len(level)) < rate[level]).astype(int)
    places = places_of(level, 30, label, None, fewest=10)
    truth = np.argsort([label[level == v].mean() for v in range(8)])
    found = np.argsort(places[:8])
    assert (found == truth).all() or (found == truth[::-1]).all()
    assert len(set(places[8:30])) == 1


def test_association_is_one_for_a_copy_and_about_nothing_for_strangers():
    rng = np.random.default_rng(0)
    a = pd.Series(rng.integers(0, 9, 5000), name="a")
    frame = pd.DataFrame(
        {
            "a": a,
            "copy": a.map(str),
            "stranger": rng.normal(size=5000),
            "near": a + rng.normal(size=5000),
        }
    )
    kinds = (Kind.INTEGER, Kind.CATEGORICAL, Kind.NUMERIC, Kind.NUMERIC)
    codings, codes = zip(
        *(Coding.of(frame[c], k) for c, k in zip(frame, kinds, strict=True)), strict=True
    )
    strength = association(codes, codings, rng)
    assert np.allclose(strength, strength.T)
    assert strength[0, 1] > 0.98
    assert strength[0, 2] < 0.01
    assert 0.2 < strength[0, 3] < 0.98
    assert drawing_order(strength, [0])[:3] == [0, 1, 3]


def test_functions_are_found_only_where_values_repeat():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.integers(0, 9, 3000), "unique": rng.normal(size=3000)})
    frame["of_a"], frame["nearly"] = frame["a"] % 3, frame["a"] % 3
    frame.loc[2999, "nearly"] = 7
    codings, codes = zip(*(Coding.of(frame[c], Kind.NUMERIC) for c in frame), strict=True)
    assert functions(np.stack(codes), codings, 0, 50) == {2: 0}
