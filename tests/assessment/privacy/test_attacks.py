"""Singling out and inference: counted by hand, and against processes that give nothing away."""

import numpy as np
import pandas as pd
import pytest

import synthkit
from synthkit.assessment.privacy.inference import inference
from synthkit.assessment.privacy.singling_out import (
    GONE,
    LAST,
    Predicates,
    singled_out,
    singling_out,
)
from synthkit.assessment.privacy.space import Space
from synthkit.assessment.tables import Tables


def test_predicates_fit_what_a_full_look_finds():
    rng = np.random.default_rng(0)
    rows = np.where(rng.random((400, 4)) < 0.1, GONE, rng.integers(0, 9, (400, 4)).astype(float))
    low = np.where(rng.random((300, 4)) < 0.5, -np.inf, rng.integers(0, 9, (300, 4)).astype(float))
    high = np.where(rng.random((300, 4)) < 0.3, np.inf, np.where(low > -np.inf, low + 2, LAST))
    low[0], high[0] = -np.inf, np.inf  # says nothing, fits all
    low[1], high[1] = 3, 2  # fits none
    low[2], high[2] = GONE, GONE
    fits = ((low[:, None] <= rows) & (rows <= high[:, None])).all(axis=2)
    counts, one = Predicates(low, high).fit(rows)
    assert (counts == fits.sum(axis=1)).all()
    assert counts[0] == 400
    assert fits[np.arange(300), one][counts > 0].all()


def test_pairs_are_taken_in_blocks(monkeypatch):
    rng = np.random.default_rng(0)
    rows, low = rng.random((200, 3)), rng.random((50, 3)) - 0.3
    every = Predicates(low, low + 0.5)
    whole = every.fit(rows)[0]
    monkeypatch.setattr("synthkit.assessment.privacy.singling_out.CELLS", 100)
    assert (every.fit(rows)[0] == whole).all()


@pytest.mark.parametrize("wanted", [300, 700, 1000, 2000, 4000])
@pytest.mark.parametrize("spread", [None, 0.5, 2.0])
def test_singled_out_is_what_another_number_of_rows_would_give(wanted, spread):
    """Predicates whose chance to fit a row is common to all, or varies by a gamma distribution."""
    rng = np.random.default_rng(1)
    chance = np.full(40_000, 1e-3) if spread is None else rng.gamma(spread, 1e-3 / spread, 40_000)
    found = singled_out(rng.binomial(1000, chance), 1000, wanted)
    assert found == pytest.approx((rng.binomial(wanted, chance) == 1).mean(), abs=0.015)


@pytest.mark.parametrize("counts", [[0, 0, 0], [1, 1, 1], [2, 3, 9], [0, 1, 1], [0] * 999 + [1]])
def test_singled_out_is_a_share_at_its_edges(counts):
    assert 0 <= singled_out(np.array(counts), 100, 250) <= 1


@pytest.mark.parametrize("n_held", [400, 1200])
def test_nothing_is_at_risk_from_fresh_rows(dataset, tables, n_held):
    """The true risk is 0: of 12 tables few may be accused, and rates must agree on average."""
    accused, rates = 0, []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        real, holdout, fresh = (dataset.process.fresh(n, rng) for n in (1000, n_held, 1000))
        space = Space.of(tables(dataset, real, fresh, holdout))
        singled, inferred = singling_out(space, rng), inference(space, rng)
        for part in (*singled.values(), inferred["worst_risk"]):
            accused += part["low"] > 0
        assert all(c["baseline"] <= c["attack_rate"] + 0.1 for c in inferred["columns"])
        rates.append([singled["multivariate"]["attack_rate"], singled["multivariate"]["control"]])
    assert accused <= 3  # of 36, each with a chance of 1 in 40
    attack, control = np.mean(rates, axis=0)
    assert attack == pytest.approx(control, abs=4 * np.std(np.diff(rates)) / np.sqrt(12))


def test_a_copy_of_the_table_puts_everyone_at_risk(dataset, split, tables):
    real, holdout = split(dataset.table)
    space = Space.of(tables(dataset, real, real, holdout))
    for part in singling_out(space, np.random.default_rng(0)).values():
        assert part["attack_rate"] == 1
        assert part["low"] > 0.95
        assert part["baseline"] < 0.1
    inferred = inference(space, np.random.default_rng(0))
    assert inferred["worst_risk"]["low"] > 0.9
    continuous = [c for c in inferred["columns"] if c["name"] == "amount"]
    assert continuous[0]["attack_rate"] > 0.99


def test_values_of_training_rows_that_trees_give_out_single_out_and_spread_values_do_not(
    article, split, tables
):
    real, holdout = split(article.table)
    risks = {}
    for draw in ("donor", "range"):
        trees = synthkit.SequentialTrees(draw=draw).fit(
            real, article.schema, np.random.default_rng(0)
        )
        space = Space.of(
            tables(article, real, trees.sample(2000, np.random.default_rng(1)), holdout)
        )
        risks[draw] = singling_out(space, np.random.default_rng(2))["univariate"]
    assert risks["donor"]["low"] > 0.9
    assert risks["range"]["high"] < 0.1


def test_smote_lets_amounts_of_frauds_be_inferred(article, split, tables, smote):
    real, holdout = split(article.table, 0.7)
    found = inference(
        Space.of(tables(article, real, smote(article, real), holdout)), np.random.default_rng(0)
    )
    amount = next(c for c in found["columns"] if c["name"] == "amount")
    assert amount["low"] > 0.8
    assert amount["control"] < 0.3


def by_column(found):
    return {c["name"]: c for c in found["columns"]}


def test_inference_is_what_a_look_at_each_row_finds():
    rng = np.random.default_rng(0)

    def made(n):
        x = rng.normal(size=n)
        return pd.DataFrame(
            {
                "x": x,
                "y": np.where(rng.random(n) < 0.2, np.nan, 2 * x + rng.normal(size=n)),
                "c": np.where(rng.random(n) < 0.5, "a", rng.choice(["b", "c"], n)),
            }
        )

    real, synthetic, holdout = made(120), made(150), made(60)
    kinds = {"x": "numeric", "y": "numeric", "c": "categorical"}
    found = by_column(inference(Space.of(Tables.of(real, synthetic, holdout, kinds=kinds)), rng))
    sx, sy = real["x"].std(ddof=0), real["y"].std(ddof=0)

    def apart(column, scale):
        a, b = real[column].to_numpy()[:, None], synthetic[column].to_numpy()
        if scale is None:
            return 1.0 * (a != b)
        return np.where(
            np.isnan(a) & np.isnan(b),
            0,
            np.where(np.isnan(a) | np.isnan(b), 1, ((a - b) / scale) ** 2),
        )

    near = (apart("x", sx) + apart("y", sy)).argmin(axis=1)
    assert found["c"]["attack_rate"] == (synthetic["c"].to_numpy()[near] == real["c"]).mean()
    off = 0.05 * np.diff(np.nanquantile(real["y"], [0.05, 0.95]))[0]
    guess = synthetic["y"].to_numpy()[(apart("x", sx) + apart("c", None)).argmin(axis=1)]
    right = (np.abs(guess - real["y"]) <= off) | (np.isnan(guess) & np.isnan(real["y"]))
    assert found["y"]["attack_rate"] == right.mean()
    a, b = real["y"].to_numpy()[:, None], synthetic["y"].to_numpy()
    assert found["y"]["baseline"] == pytest.approx(
        ((np.abs(a - b) <= off) | (np.isnan(a) & np.isnan(b))).mean()
    )


def test_one_column_can_be_singled_out_but_not_inferred():
    rng = np.random.default_rng(0)
    given = Tables.of(*(pd.DataFrame({"x": rng.normal(size=50)}) for _ in range(3)))
    space = Space.of(given)
    assert "two columns" in inference(space, rng)["skipped"]
    found = singling_out(space, rng)
    assert "two columns" in found["multivariate"]["skipped"]
    assert found["univariate"]["attacks"] > 0


def test_states_without_a_rare_value_single_nobody_out():
    table = pd.DataFrame({"c": ["a", "b"] * 40, "d": ["p", "p", "q", "q"] * 20})
    kinds = {"c": "categorical", "d": "categorical"}
    space = Space.of(Tables.of(table, table, table, kinds=kinds))
    found = singling_out(space, np.random.default_rng(0))
    assert all("exactly one" in part["skipped"] for part in found.values())
    assert inference(space, np.random.default_rng(0))["columns"][0]["risk"] == 0
