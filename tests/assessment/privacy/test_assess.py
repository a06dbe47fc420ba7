"""Laws of the privacy section: a copy is caught, fresh rows are not, what does not matter does not matter."""

import json

import numpy as np
import pandas as pd
import pytest

import synthkit
from synthkit.assessment.privacy import assess
from synthkit.assessment.tables import Tables


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
    rare = pd.concat(
        [real.query("fraud == 0"), real.query("fraud == 1").head(1)], ignore_index=True
    )
    found, _ = assess(tables(article, rare, synthetic, holdout))
    assert all("training rows" in found[part]["skipped"] for part in found if part != "copies")


@pytest.mark.parametrize("rows", [1, 3])
def test_a_handful_of_synthetic_rows_is_enough_to_answer(article, split, tables, rows):
    real, holdout = split(article.table)
    found, _ = assess(tables(article, real, real.tail(rows).reset_index(drop=True), holdout))
    assert found["copies"]["value"] == 1
    assert found["copies"]["low"] < 0.5
