"""The figures against what can be counted by hand."""

import numpy as np
import pandas as pd
import pytest

from synthkit.assessment.privacy import distances as module
from synthkit.assessment.privacy.distances import distances
from synthkit.assessment.privacy.membership import membership
from synthkit.assessment.privacy.space import Space
from synthkit.assessment.tables import Tables


def by_hand(space, a, b):
    """All distances (a, b) from the geometry's definition."""
    points, total = space.points, 0.0
    for j, scale in enumerate(space.geometry.scale):
        x, gone = points.numbers[:, j], points.missing[:, j]
        step = ((x[a][:, None] - x[b]) / scale) ** 2
        either, both = gone[a][:, None] | gone[b], gone[a][:, None] & gone[b]
        total = total + np.where(either, np.where(both, 0.0, 1.0), step)
    for code in points.states.T:
        total = total + (code[a][:, None] != code[b])
    return np.sqrt(total)


def test_the_closest_of_every_row_are_those_of_a_full_search(mixed, split, tables):
    real, holdout = split(mixed.table.head(500))
    space = Space.of(
        tables(mixed, real, mixed.process.fresh(300, np.random.default_rng(1)), holdout)
    )
    every = by_hand(space, space.synthetic, space.real)
    near, found = space.closest(space.synthetic, space.real, 2)
    assert found == pytest.approx(np.sort(every, axis=1)[:, :2], abs=1e-12)
    assert (near == space.real[np.argsort(every, axis=1, kind="stable")[:, :2]]).all()
    result, ratio = distances(space, np.random.default_rng(0))
    held = by_hand(space, space.synthetic, space.holdout).min(axis=1)
    assert result["synthetic_to_train"] == pytest.approx(
        np.quantile(every.min(axis=1), module.PROBABILITIES)
    )
    assert result["synthetic_to_holdout"] == pytest.approx(np.quantile(held, module.PROBABILITIES))
    assert result["closer_to_train"]["nearest_is_train"] == pytest.approx(
        (every.min(axis=1) < held).mean()
    )
    two = np.sort(every, axis=1)[:, :2]
    assert ratio["value"] == pytest.approx(np.median(two[:, 0] / two[:, 1]))
    assert sum(result["histogram"]["holdout_to_train"]) == pytest.approx(1)


def test_rows_of_the_geometry_are_those_learned_from(mixed, split, tables):
    real, holdout = split(mixed.table)
    far = holdout.assign(amount=holdout["amount"] * 1000)
    spaces = [Space.of(tables(mixed, real, real, other)) for other in (holdout, far)]
    assert (spaces[0].geometry.scale == spaces[1].geometry.scale).all()


def test_levels_that_training_lacks_differ_from_each_other():
    table = pd.DataFrame({"c": ["a", "b"] * 20, "x": 0.0})
    synthetic, holdout = table.assign(c="new"), table.assign(c=["new", "other"] * 20)
    kinds = {"c": "categorical", "x": "numeric"}
    space = Space.of(Tables.of(table, synthetic, holdout, kinds=kinds))
    _, found = space.closest(space.holdout, space.synthetic)
    assert found[:, 0].tolist() == [0.0, 1.0] * 20


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
@pytest.mark.parametrize("digits", [None, 0])
def test_no_table_is_nearer_for_being_larger_and_ties_favour_nobody(share, digits):
    rng = np.random.default_rng(4)

    def made(n):
        x = rng.normal(size=(n, 2)) * 6
        return pd.DataFrame(x if digits is None else x.round(digits), columns=["x", "y"])

    values, covered = [], 0
    for seed in range(30):
        real, holdout = made(int(400 * share)), made(int(400 * (1 - share)))
        space = Space.of(
            Tables.of(real, made(400), holdout, kinds={"x": "numeric", "y": "numeric"})
        )
        closer = distances(space, np.random.default_rng(seed))[0]["closer_to_train"]
        values.append(closer["nearest_is_train"] - closer["train_share_of_rows"])
        covered += closer["low"] <= 0.5 <= closer["high"]
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(30) < 0.03
    assert covered >= 25  # the chance of fewer, were it 95 % of 30, is below 1 in 1,000


def test_a_tenth_of_copies_shows_whatever_the_size_of_the_holdout(article, split, tables):
    for share in (0.5, 0.8):
        real, holdout = split(article.table, share)
        fresh = article.process.fresh(1800, np.random.default_rng(2))
        synthetic = pd.concat([fresh, real.head(200)], ignore_index=True)
        result, _ = distances(
            Space.of(tables(article, real, synthetic, holdout)), np.random.default_rng(0)
        )
        assert result["closer_to_train"]["value"] == pytest.approx(0.55, abs=0.03)


def test_a_row_with_two_equal_training_rows_hugs_neither():
    x = np.repeat(np.arange(20.0), 2)
    table = pd.DataFrame({"x": x, "y": x**2})
    _, ratio = distances(
        Space.of(Tables.of(table, table, kinds={"x": "numeric", "y": "numeric"})),
        np.random.default_rng(0),
    )
    assert ratio["value"] == 1


def test_telling_all_of_few_apart_is_not_certainty(article, split, tables):
    real, holdout = split(article.table.iloc[4730:4770].reset_index(drop=True), 0.5)
    found = membership(Space.of(tables(article, real, real, holdout)), (), np.random.default_rng(0))
    assert found["auc"]["value"] == found["auc"]["high"] == 1
    assert 0.8 < found["auc"]["low"] < 0.9
    assert found["tpr"] is None  # of 20 rows no 1 % can be accused
