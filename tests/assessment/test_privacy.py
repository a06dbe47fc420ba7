"""Privacy: a copy is caught, fresh rows are not, what does not matter does not matter; figures counted by hand."""

import json

import numpy as np
import pandas as pd
import pytest

import synthkit
from synthkit.assessment import privacy as module
from synthkit.assessment.privacy import GONE, LAST, Predicates, Space, singled_out
from synthkit.assessment.tables import Tables


def told(part):
    """A part as a function that gives its figures as quality.json has them."""
    return lambda *given: part(*given).plain()


def distances(space, rng):
    """Distances and ratios as quality.json has them."""
    return tuple(part.plain() for part in module.distances(space, rng))


membership = told(module.membership)
singling_out, inference = told(module.singling_out), told(module.inference)


def assess(tables):
    """The figures as quality.json has them, and the measures."""
    found, measures = module.privacy(tables)
    return found.plain(), measures


@pytest.fixture(scope="session")
def article():
    return synthkit.load({"name": "article_fraud"})


@pytest.fixture(scope="session")
def mixed():
    return synthkit.load({"name": "mixed_fraud", "rows": 3000, "fraud_rate": 0.1})


@pytest.fixture(params=["article", "mixed"])
def dataset(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def split():
    def of(
        table: pd.DataFrame, share: float = 0.6, seed: int = 0
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        learned = np.random.default_rng(seed).permutation(len(table)) < share * len(table)
        return table[learned].reset_index(drop=True), table[~learned].reset_index(drop=True)

    return of


@pytest.fixture(scope="session")
def tables():
    """Tables under the data set's own schema, of the classes that the synthetic one has."""

    def of(dataset, real, synthetic, holdout=None, seed: int = 0) -> Tables:
        schema = dataset.schema
        kinds = {
            column.name: column.kind.value
            for column in schema.columns
            if column.name != schema.target
        }
        given = Tables.of(
            real,
            synthetic,
            holdout,
            target=schema.target,
            positive=schema.positive,
            kinds=kinds,
            seed=seed,
        )
        return given.of_seen_classes()

    return of


@pytest.fixture(scope="session")
def smote():
    """The rows that SMOTE adds to a training table, with their class."""

    def of(dataset, real: pd.DataFrame) -> pd.DataFrame:
        schema = dataset.schema
        train = synthkit.TrainingSet.from_codes(
            real[list(schema.features)], schema.encode_target(real[schema.target]), schema
        )
        made = synthkit.SMOTE()(train, np.random.default_rng(1))
        added = made.origin < 0
        rows = made.X[added].reset_index(drop=True)
        rows[schema.target] = np.array(schema.classes)[made.y[added].argmax(axis=1)]
        return rows

    return of


# --- The whole section ---


def by_name(measures):
    return {measure.name: measure for measure in measures}


def test_a_training_table_given_out_as_synthetic_is_caught_by_everything(dataset, split, tables):
    real, holdout = split(dataset.table)
    found, measures = assess(tables(dataset, real, real, holdout))
    assert found["copies"]["value"] == 1
    assert found["distances"]["synthetic_to_train"] == [0.0] * len(found["distances"]["quantiles"])
    assert found["distances"]["closer_to_train"]["value"] == 1
    assert found["membership"]["auc"]["value"] == 1
    assert all(
        c["auc"]["value"] == 1 and c["advantage"] == 1 for c in found["membership"]["classes"]
    )
    assert found["ratio"]["value"] == 0
    assert "100 % are copies" in by_name(measures)["copies"].reading


def test_fresh_rows_of_the_process_are_near_their_controls(dataset, split, tables):
    real, holdout = split(dataset.table)
    fresh = dataset.process.fresh(len(real), np.random.default_rng(5))
    found, _ = assess(tables(dataset, real, fresh, holdout))
    assert found["copies"]["value"] == found["copies"]["control"] == 0
    closer, middle, ratio = (
        found["distances"]["closer_to_train"],
        found["distances"]["median"],
        found["ratio"],
    )
    assert closer["low"] < 0.5 < closer["high"]
    assert closer["control_low"] < 0.5 < closer["control_high"]
    assert middle["value"] == pytest.approx(middle["control"], rel=0.05)
    assert ratio["value"] == pytest.approx(ratio["control"], abs=0.03)
    auc = found["membership"]["auc"]
    assert auc["low"] < 0.5 < auc["high"]
    assert auc["control"] == pytest.approx(0.5, abs=0.05)


def test_smote_shows_the_rows_between_which_it_interpolates(article, split, tables, smote):
    real, holdout = split(article.table, 0.7)
    found, measures = assess(tables(article, real, smote(article, real), holdout))
    # Only frauds were made: only frauds are attacked, and compared with.
    frauds = int(real["fraud"].sum()), int(holdout["fraud"].sum())
    assert (found["membership"]["train_rows"], found["membership"]["holdout_rows"]) == frauds
    assert [c["class"] for c in found["membership"]["classes"]] == [1]
    assert found["membership"]["auc"]["low"] > 0.95
    assert found["distances"]["closer_to_train"]["low"] > 0.75
    assert found["copies"]["value"] == 0  # which is why copies alone say nothing
    assert by_name(measures)["membership_auc_positive"].value > 0.95

    fresh = (
        article.process.fresh(60_000, np.random.default_rng(3))
        .query("fraud == 1")
        .reset_index(drop=True)
    )
    control, _ = assess(tables(article, real, fresh, holdout))
    trees = synthkit.SequentialTrees(min_samples_leaf=50).fit(
        real, article.schema, np.random.default_rng(0)
    )
    sampled, _ = assess(
        tables(article, real, trees.sample(3000, np.random.default_rng(1), {"fraud": 1}), holdout)
    )
    assert abs(control["membership"]["auc"]["value"] - 0.5) < 0.1
    assert sampled["membership"]["auc"]["high"] < found["membership"]["auc"]["low"]


@pytest.mark.real_data
def test_smote_s_risk_on_mammography(real_data, split, tables, smote):
    dataset = synthkit.load(real_data / "mammography.csv.gz", target="calcification")
    real, holdout = split(dataset.table, 0.7)
    found, _ = assess(tables(dataset, real, smote(dataset, real), holdout))
    trees = synthkit.SequentialTrees(min_samples_leaf=50).fit(
        real, dataset.schema, np.random.default_rng(0)
    )
    minority = trees.sample(
        3000, np.random.default_rng(1), {"calcification": dataset.schema.positive}
    )
    sampled, _ = assess(tables(dataset, real, minority, holdout))
    assert found["membership"]["auc"]["low"] > 0.8
    assert sampled["membership"]["auc"]["high"] < found["membership"]["auc"]["low"]


def test_without_a_holdout_copies_and_ratio_stay_and_the_rest_says_what_is_missing(
    dataset, split, tables
):
    real, _ = split(dataset.table)
    found, measures = assess(tables(dataset, real, real))
    assert found["copies"]["value"] == 1
    assert found["ratio"]["value"] == 0 < found["ratio"]["control"]
    skipped = [part for part in found if "skipped" in found[part]]
    assert skipped == [part for part in found if part not in ("copies", "ratio")]
    assert all("--holdout" in found[part]["skipped"] for part in skipped)
    assert [m.value is None for m in measures] == ["--holdout" in m.reading for m in measures]


def test_the_same_seed_gives_the_same_and_all_of_it_is_json(dataset, split, tables):
    real, holdout = split(dataset.table)
    synthetic = dataset.process.fresh(500, np.random.default_rng(5))
    first, measures = assess(tables(dataset, real, synthetic, holdout, seed=3))
    again, _ = assess(tables(dataset, real, synthetic, holdout, seed=3))
    assert json.dumps(first, allow_nan=False) == json.dumps(again)
    assert all(m.section == "privacy" and m.reading for m in measures)
    assert len({m.name for m in measures}) == len(measures)


def deterministic(found):
    """What does not hang on a draw: all but half against half, drawn predicates and drawn victims."""
    distances = found["distances"]
    return [
        found["copies"]["value"],
        found["copies"]["control"],
        *distances["synthetic_to_train"],
        *distances["synthetic_to_holdout"],
        *distances["holdout_to_train"],
        distances["closer_to_train"]["value"],
        *distances["histogram"]["synthetic_to_train"],
        found["ratio"]["value"],
        found["ratio"]["low"],
        found["membership"]["auc"]["value"],
        *[c["auc"]["value"] for c in found["membership"]["classes"]],
    ]


def test_the_order_of_rows_changes_nothing(dataset, split, tables):
    real, holdout = split(dataset.table)
    synthetic = dataset.process.fresh(700, np.random.default_rng(5))
    plain, _ = assess(tables(dataset, real, synthetic, holdout))
    mixed_up, _ = assess(
        tables(
            dataset,
            *(
                t.sample(frac=1, random_state=1).reset_index(drop=True)
                for t in (real, synthetic, holdout)
            ),
        )
    )
    # Deviations are sums in another order.
    assert deterministic(mixed_up) == pytest.approx(deterministic(plain), rel=1e-9)


def test_a_constant_column_changes_nothing(article, split):
    real, holdout = split(article.table)
    synthetic = article.process.fresh(700, np.random.default_rng(5))
    plain, _ = assess(Tables.of(real, synthetic, holdout, target="fraud"))
    more = [t.assign(bank="ours", year=2024.0) for t in (real, synthetic, holdout)]
    kinds = {"bank": "categorical", "year": "numeric"}
    constant, _ = assess(Tables.of(*more, target="fraud", kinds=kinds))
    assert deterministic(constant) == deterministic(plain)
    for part in ("copies", "ratio", "distances"):  # baselines too: a column's draws are its own
        assert constant[part] == plain[part]


def test_missing_values_dates_new_levels_and_no_target():
    rng = np.random.default_rng(0)

    def made(n, cities):
        return pd.DataFrame(
            {
                "x": np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n)),
                "city": rng.choice(cities, n),
                "when": pd.Timestamp("2024-01-01")
                + pd.to_timedelta(rng.integers(0, 9e6, n), unit="s"),
            }
        )

    real, holdout, synthetic = (
        made(300, ["a", "b", None]),
        made(40, ["a", "b", "d"]),
        made(500, ["c", "e", "a"]),
    )
    synthetic.loc[:9] = real.loc[:9]
    found, measures = assess(Tables.of(real, synthetic, holdout, kinds={"city": "categorical"}))
    assert found["copies"]["copied"] == 10
    assert found["membership"]["classes"] == []
    assert not [m for m in measures if m.name.endswith("positive")]
    json.dumps(found, allow_nan=False)


def test_every_kind_of_column_and_three_classes(mixed_table):
    parts = [
        mixed_table.iloc[rows].reset_index(drop=True)
        for rows in (slice(0, 60), slice(40, 90), slice(60, 120))
    ]
    found, measures = assess(Tables.of(*parts, target="outcome", positive="fraud"))
    assert found["copies"]["copied"] == 20  # rows 40 to 59 are in both
    assert [c["class"] for c in found["membership"]["classes"]] == ["dispute", "fraud", "legit"]
    positive = by_name(measures)[
        "membership_auc_positive"
    ]  # of too few to be attacked, which is said
    assert "outcome = fraud" in positive.title
    assert positive.value is None
    assert "at least 10" in positive.reading
    assert {c["name"] for c in found["inference"]["columns"]} == set(mixed_table) - {"id", "note"}
    json.dumps(found, allow_nan=False)


def test_too_few_rows_of_the_synthetic_classes_say_so(article, split, tables):
    real, holdout = split(article.table)
    synthetic = (
        article.process.fresh(3000, np.random.default_rng(5))
        .query("fraud == 1")
        .reset_index(drop=True)
    )
    few = pd.concat(
        [holdout.query("fraud == 0"), holdout.query("fraud == 1").head(4)], ignore_index=True
    )
    found, _ = assess(tables(article, real, synthetic, few))
    assert "4" in found["membership"]["skipped"]
    assert "held-out" in found["membership"]["skipped"]


@pytest.mark.parametrize("rows", [1, 3])
def test_a_handful_of_synthetic_rows_is_enough_to_answer(article, split, tables, rows):
    real, holdout = split(article.table)
    found, _ = assess(tables(article, real, real.tail(rows).reset_index(drop=True), holdout))
    assert found["copies"]["value"] == 1
    assert found["copies"]["low"] < 0.5


# --- Distances and membership ---


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


# --- Singling out and inference ---


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
    monkeypatch.setattr("synthkit.assessment.privacy.CELLS", 100)
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
