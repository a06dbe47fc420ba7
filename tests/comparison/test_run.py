"""The comparison's flow: same folds, nothing synthetic in a score, holes that are said, figures that repeat."""

import json
import sys
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from synthkit.comparison.comparison import figures
from synthkit.comparison.run import Arm, Plan, compare, run
from synthkit.errors import ConfigError, DataError
from synthkit.strategies import STRATEGIES, Strategy
from synthkit.strategies.limits import PERFECT
from synthkit.table.dataset import load

SPLIT = {"name": "stratified", "repeats": 2, "folds": 2, "tune": 0.25}
QUICK = {"name": "gradient_boosting", "max_iter": 5}
PRICES = {"missed_positive": "amount", "false_alarm": 5.0, "compute_per_hour": 0.4}


@pytest.fixture(scope="module")
def payments() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    fraud = (rng.random(400) < 0.15).astype(int)
    return pd.DataFrame(
        {
            "amount": rng.exponential(80 + 100 * fraud),
            "hour": rng.integers(0, 24, 400),
            "country": rng.choice(["de", "fr", "it"], 400),
            "paid at": pd.Timestamp("2024-01-01")
            + pd.to_timedelta(rng.integers(0, 10**6, 400), unit="s"),
            "fraud": fraud,
        }
    )


@pytest.fixture(scope="module")
def small(payments):
    return compare(
        payments,
        "fraud",
        arms=["none", "class_weights", {"name": "random_oversampling", "ratio": 0.5}],
        classifiers=[QUICK, "logistic_regression"],
        split=SPLIT,
        cost=PRICES,
    )


@dataclass(frozen=True)
class Failing(Strategy):
    """Fails where the first row's hour is even, which some folds have and others have not."""

    def __call__(self, train, rng):
        if train.X["hour"].iloc[0] % 2 == 0:
            raise RuntimeError("even")
        return train


@dataclass(frozen=True)
class Spy(Strategy):
    seen: list

    def __call__(self, train, rng):
        self.seen.append(train)
        fake = train.X.iloc[:50].assign(amount=-1.0)
        return train.append(fake, np.ones(50, dtype=int))


def test_every_arm_sees_the_same_folds_and_each_cell_is_there_once(small):
    frame = small.cells_frame()
    assert len(frame) == 3 * 2 * 4
    assert not frame.duplicated(["arm", "classifier", "repeat", "fold"]).any()
    rows = frame.groupby(["repeat", "fold"])[
        ["rows_fit", "rows_tune", "rows_test", "rows_test_positives"]
    ].nunique()
    assert (rows == 1).all(axis=None)


def test_nothing_synthetic_is_scored_and_nothing_of_the_test_part_is_learned_from(payments):
    seen: list = []
    dataset = load(payments.assign(serial=np.arange(400) * 1.5), target="fraud")
    plan = Plan((Arm(Spy(seen), label="spy"),), (QUICK,), SPLIT)
    result = run(dataset, plan)
    folds = plan.split.split(dataset, plan.seed)
    assert len(seen) == len(folds)
    for train, fold, cell in zip(seen, folds, result.cells, strict=True):
        learned = set(train.X["serial"])
        assert learned == set(dataset.table["serial"].iloc[fold.fit])
        assert not learned & set(dataset.table["serial"].iloc[np.r_[fold.tune, fold.test]])
        assert cell.counts["synthetic"] == 50
        assert cell.counts["test"] == len(fold.test)
        assert cell.counts["trained_on"] == len(fold.fit) + 50


def test_the_same_seed_gives_the_same_figures_and_another_gives_others(payments, small):
    again = compare(
        payments,
        "fraud",
        arms=["none", "class_weights", {"name": "random_oversampling", "ratio": 0.5}],
        classifiers=[QUICK, "logistic_regression"],
        split=SPLIT,
        cost=PRICES,
    )
    other = compare(
        payments,
        "fraud",
        arms=["none", "class_weights", {"name": "random_oversampling", "ratio": 0.5}],
        classifiers=[QUICK, "logistic_regression"],
        split=SPLIT,
        cost=PRICES,
        seed=1,
    )
    assert json.dumps(figures(again.results)) == json.dumps(figures(small.results))
    assert json.dumps(figures(other.results)) != json.dumps(figures(small.results))


def test_an_arm_s_figures_do_not_depend_on_the_arms_beside_it(payments, small):
    alone = compare(
        payments,
        "fraud",
        arms=[{"name": "random_oversampling", "ratio": 0.5}],
        classifiers=[QUICK],
        split=SPLIT,
        cost=PRICES,
    )
    label = "random_oversampling (ratio=0.5)"
    theirs = next(
        r
        for r in small.results["rows"]
        if r["arm"] == label and r["classifier"].startswith("gradient")
    )
    assert alone.results["rows"][0]["scores"] == theirs["scores"]


def test_a_failed_cell_is_a_row_with_its_error_and_its_arm_is_not_ranked(payments):
    plan = Plan(("none", Arm(Failing(), label="failing")), (QUICK,), {**SPLIT, "repeats": 4})
    result = run(load(payments, target="fraud"), plan)
    failed = [c for c in result.cells if c.error]
    assert 0 < len(failed) < 8
    assert {c.error for c in failed} == {"RuntimeError: even"}
    none, failing = result.results["rows"]
    assert none["scores"]["f1"]["n"] == 8
    assert failing["scores"] == {}
    assert failing["gap"] is None
    assert "Failed: failing with gradient_boosting" in str(result)
    assert f"failing: {len(failed)} of 8 cells failed, not ranked" in result._repr_html_()


def test_a_resumed_run_equals_an_undisturbed_one(payments, tmp_path):
    dataset = load(payments, target="fraud")
    plan = Plan(("none", "random_oversampling"), (QUICK, "logistic_regression"), SPLIT)
    whole = run(dataset, plan)

    class KilledError(Exception):
        pass

    ended = []

    def kill(cell, total):
        if cell is not None:
            ended.append(cell.key)
            if len(ended) == 7:
                raise KilledError

    with pytest.raises(KilledError):
        run(dataset, plan, folder=tmp_path, progress=kill)
    started: list = []
    resumed = run(dataset, plan, folder=tmp_path, progress=lambda cell, total: started.append(cell))
    assert json.dumps(figures(resumed.results)) == json.dumps(figures(whole.results))
    lines = (tmp_path / "ledger.jsonl").read_text().splitlines()[1:]
    keys = [
        tuple(json.loads(line)[k] for k in ("arm", "classifier", "repeat", "fold"))
        for line in lines
    ]
    assert len(keys) == len(set(keys)) == 16  # no finished cell ran twice


def test_two_processes_give_what_one_gives(payments):
    arms = ["none", {"name": "random_undersampling"}]
    one, two = (
        compare(
            payments,
            "fraud",
            arms=arms,
            classifiers=[QUICK, {"name": "random_forest", "n_estimators": 5}],
            split=SPLIT,
            jobs=jobs,
        )
        for jobs in (1, 2)
    )
    assert json.dumps(figures(one.results)) == json.dumps(figures(two.results))


def test_where_the_process_is_known_the_limits_stand_beside_the_arms():
    result = compare(
        "article_fraud",
        arms=["none"],
        classifiers=["logistic_regression"],
        split={"name": "stratified", "repeats": 1, "folds": 3},
    )
    rows = {
        row["arm"]: row["scores"]["average_precision"]["mean"] for row in result.results["rows"]
    }
    limit = result.results["limit"]["average_precision"]["mean"]
    assert set(rows) == {"none", PERFECT}
    assert limit > max(rows.values())
    for cell in result.of("logistic_regression", PERFECT):  # 5 % frauds, topped up to balance
        assert cell.counts["synthetic"] == pytest.approx(0.9 * cell.counts["fit"], abs=2)
        assert cell.counts["trained_on"] == cell.counts["fit"] + cell.counts["synthetic"]
    assert result.results["selection"] == [None]  # a bound is no competitor


def test_the_winner_s_honest_figure_is_not_above_its_naive_one_on_pure_noise():
    rng = np.random.default_rng(0)
    noise = pd.DataFrame(rng.normal(size=(300, 3)), columns=list("abc")).assign(
        y=(rng.random(300) < 0.2).astype(int)
    )
    arms = [
        {"name": "random_undersampling", "ratio": r}
        for r in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    ]
    choice = compare(
        noise,
        "y",
        arms=arms,
        classifiers=[QUICK],
        split={"name": "stratified", "repeats": 3, "folds": 5},
    ).results["selection"][0]
    assert choice["nested"]["mean"] < choice["naive"]["mean"]
    assert sum(choice["chosen"].values()) == 15


def test_the_folder_holds_what_the_documentation_says(small, tmp_path):
    small.save(tmp_path / "run")
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert {"results.json", "cells.parquet", "config.yaml", "manifest.json"} <= names
    assert not any(name.startswith(".") for name in names)
    stored = json.loads((tmp_path / "run" / "results.json").read_text())
    assert json.dumps(figures(stored)) == json.dumps(figures(json.loads(json.dumps(small.results))))
    cells = pd.read_parquet(tmp_path / "run" / "cells.parquet")
    assert cells["average_precision"].notna().all()
    assert {"augment_wall", "fit_cpu", "predict_peak", "fit_device"} <= set(cells.columns)
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert manifest["data"]["hash"] == small.dataset.content_hash
    assert manifest["versions"]["scikit-learn"]


def test_the_frame_has_a_row_per_arm_with_means_bounds_gaps_and_costs(small):
    frame = small.to_frame()
    assert len(frame) == 6
    assert (frame["average_precision_low"] <= frame["average_precision"]).all()
    assert frame.loc[frame["arm"] == "none", "gap"].isna().all()
    assert frame.loc[frame["arm"] != "none", "gap"].notna().all()
    assert (frame["seconds"] > 0).all()
    verdict = small.verdict
    assert set(verdict["word"]) <= {"better", "equivalent", "worse", "undecided"}
    np.testing.assert_allclose(verdict[["better", "equivalent", "worse"]].sum(axis=1), 1)
    assert (verdict["p_holm"] >= verdict["p_value"] - 1e-12).all()


def test_a_bound_does_not_make_the_arms_verdicts_stricter():
    """The same rows with and without their process, which brings the perfect generator: of the arms nothing changes."""
    known = load({"name": "mixed_fraud", "rows": 800, "fraud_rate": 0.1})
    plan = Plan(("none", "class_weights", "random_oversampling"), (QUICK,), SPLIT)
    with_bound, without = (
        run(dataset, plan).results["rows"] for dataset in (known, replace(known, process=None))
    )
    assert len(with_bound) == len(without) + 1
    assert [row["gap"] for row in with_bound[:3]] == [row["gap"] for row in without]
    bound = with_bound[3]["gap"]["average_precision"]
    assert bound["p_holm"] == bound["p_value"]  # a family of its own


def test_gaps_point_the_right_way_for_scores_of_which_less_is_better(small):
    for row in small.results["rows"]:
        if row["gap"]:
            reference = next(
                r
                for r in small.results["rows"]
                if r["arm"] == "none" and r["classifier"] == row["classifier"]
            )
            for key, sign in (("f1", 1), ("brier", -1), ("cost", -1)):
                difference = row["scores"][key]["mean"] - reference["scores"][key]["mean"]
                assert row["gap"][key]["mean"] == pytest.approx(sign * difference)


def test_python_names_an_arm_as_a_config_does(payments):
    result = compare(
        payments,
        "fraud",
        classifiers=[QUICK],
        split=SPLIT,
        arms=[
            "none",
            {
                "name": "random_oversampling",
                "ratio": 0.5,
                "label": "half",
                "published": {"recall": 0.5},
            },
        ],
    )
    assert [row["arm"] for row in result.results["rows"]] == ["none", "half"]
    assert result.arms[1] == Arm(
        STRATEGIES.build({"name": "random_oversampling", "ratio": 0.5}), "half", {"recall": 0.5}
    )
    with pytest.raises(ConfigError, match="has no parameter 'lable'"):
        Plan(({"name": "none", "lable": "x"},))


def test_notebooks_and_terminals_show_names_as_they_are(payments):
    plan = Plan((Arm("none", label="<b>none</b> [red]"),), (QUICK,), SPLIT)
    result = run(load(payments, target="fraud"), plan)
    assert "<b>none</b>" not in result._repr_html_()
    assert "&lt;b&gt;none&lt;/b&gt;" in result._repr_html_()
    assert "<b>none</b>" in str(result)
    assert "[red]" in str(result)


def test_multi_class_targets_are_compared_on_the_positive_class_and_on_all():
    rng = np.random.default_rng(0)
    y = rng.choice(["a", "b", "c"], 300, p=[0.7, 0.2, 0.1])
    table = pd.DataFrame({"x": rng.normal(size=300) + (y == "c") * 2 - (y == "b"), "y": y})
    result = compare(
        table, "y", arms=["none", "random_oversampling"], classifiers=[QUICK], split=SPLIT
    )
    assert result.results["data"]["positive"] == "c"
    scores = result.results["rows"][0]["scores"]
    assert 0 < scores["macro_average_precision"]["mean"] <= 1
    assert 0 < scores["average_precision"]["mean"] <= 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"arms": []}, "arms must be a list of arms, however it is an empty list"),
        ({"arms": "smote"}, "arms must be a list"),
        ({"arms": ["none", "none"]}, "different names"),
        ({"arms": ["class_weight"]}, "Did you mean 'class_weights'"),
        ({"arms": [{"name": "random_oversampling", "ratio": 2}]}, "ratio must be"),
        ({"arms": [{"name": "random_oversampling", "rato": 1}]}, "Did you mean 'ratio'"),
        ({"classifiers": ["random_forrest"]}, "Did you mean 'random_forest'"),
        ({"classifiers": ["random_forest", "random_forest"]}, "named once each"),
        ({"split": "stratifid"}, "Did you mean 'stratified'"),
        ({"aim": "cost"}, "needs prices"),
        ({"aim": "costs"}, "Did you mean 'cost'"),
        ({"reference": "smote"}, "reference must be an arm"),
        ({"seed": -1}, "seed must be"),
        ({"rope": -0.1}, "rope must be"),
        ({"cost": {"missed_positive": "amont"}}, "Did you mean 'amount'"),
        ({"cost": {"missed_positive": -1}}, "missed_positive must be"),
    ],
)
def test_a_wrong_plan_is_refused_before_anything_runs(payments, change, message):
    with pytest.raises(ConfigError, match=message):
        compare(
            payments,
            **{"target": "fraud", "arms": ["none"], "classifiers": [QUICK], "split": SPLIT}
            | change,
        )


@pytest.mark.parametrize(
    ("price", "message"), [(-1.0, "at least 0"), (np.nan, "at least 0"), ("dear", "hold numbers")]
)
def test_prices_must_be_numbers_where_they_matter(payments, price, message):
    priced = payments.assign(
        price=payments["amount"].astype(object).where(payments["fraud"] == 0, price)
    )
    priced = priced if price == "dear" else priced.astype({"price": float})
    if price == "dear":
        priced["price"] = "dear"
    with pytest.raises(DataError, match=message):
        compare(
            priced,
            "fraud",
            arms=["none"],
            classifiers=[QUICK],
            split=SPLIT,
            cost=PRICES | {"missed_positive": "price"},
        )


def test_a_strategy_that_refuses_the_data_fails_its_own_cells_only(payments):
    few = pd.concat([payments[payments.fraud == 0], payments[payments.fraud == 1].head(8)])
    arms = ["none", {"name": "smote", "k_neighbors": 20}]
    result = compare(few, "fraud", arms=arms, classifiers=[QUICK], split=SPLIT)
    assert result.results["rows"][0]["failed"] == 0
    assert result.results["rows"][1]["failed"] == 4


def test_a_package_that_is_not_there_is_named_before_anything_runs(payments, monkeypatch):
    monkeypatch.setitem(sys.modules, "catboost", None)
    with pytest.raises(ConfigError, match="Install catboost"):
        compare(payments, "fraud", arms=["none"], classifiers=["catboost"], split=SPLIT)


def test_no_target_is_a_clear_error(payments):
    with pytest.raises(DataError, match="target"):
        compare(payments, "frod", arms=["none"])


def test_arms_that_differ_in_ratio_share_one_fitted_synthesizer_whatever_the_jobs(payments):
    arms = [
        {"name": "top_up", "synthesizer": "sequential_trees", "ratio": ratio}
        for ratio in (0.5, 1.0)
    ]
    result = compare(payments, "fraud", arms=arms, classifiers=[QUICK], split=SPLIT, jobs=2)
    half, whole = (result.of(result.classifiers[0], arm.label) for arm in result.arms)
    # One fit has one duration, to the last digit; each arm is charged it.
    assert [c.cost["augment"]["training"] for c in half] == [
        c.cost["augment"]["training"] for c in whole
    ]
    assert all(c.cost["augment"]["training"] > 0 for c in half)
    assert [c.counts["synthetic"] for c in half] < [c.counts["synthetic"] for c in whole]


def test_money_is_at_the_threshold_of_least_cost_whatever_the_aim():
    """At F1's threshold resampling seems to save what a threshold alone would save."""
    prices = {"missed_positive": "amount", "false_alarm": 5.0}
    settings = {
        "arms": ["none", "random_oversampling"],
        "classifiers": ["logistic_regression"],
        "cost": prices,
        "split": {"name": "stratified", "repeats": 1, "folds": 3},
    }
    by_f1, by_cost = (
        compare("article_fraud", aim=aim, **settings).to_frame() for aim in ("f1", "cost")
    )
    assert by_f1["cost_tuned"].equals(by_cost["cost_tuned"])
    assert not by_f1["f1_tuned"].equals(by_cost["f1_tuned"])
    assert by_f1["threshold_cost"].equals(by_cost["threshold"])
