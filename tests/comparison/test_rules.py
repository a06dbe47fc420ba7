"""A comparison with rules: counted before and after, kept by twins, the same however it was run."""

import copy
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import synthkit
from synthkit.cli import app
from synthkit.comparison.comparison import figures
from synthkit.comparison.ledger import FILE
from synthkit.comparison.plan import Plan, ruled_arms
from synthkit.comparison.sweep import Sweep, run_sweep
from synthkit.errors import ConfigError, DataError
from synthkit.methods.registry import key_of
from synthkit.randomness import generator
from synthkit.rules import check, read_rules
from synthkit.rules.enforce import enforcements
from synthkit.strategies import SMOTE, STRATEGIES, Constrained
from synthkit.strategies.constrained import with_rules, without_rules
from synthkit.table.dataset import load
from synthkit.table.split import parts
from synthkit.table.training_set import SYNTHETIC

RULES = Path(__file__).parents[2] / "configs/rules/heart_rate.yaml"
ARMS = [
    "none",
    "noise",
    "smote",
    {"name": "constrained", "strategy": "smote", "on_violation": "repair", "label": "mended"},
]
ASKED = {
    "arms": ARMS,
    "classifiers": ["logistic_regression"],
    "rules": RULES,
    "on_violation": "resample",
    "split": {"name": "stratified", "repeats": 1, "folds": 3},
}


@pytest.fixture(scope="module")
def vitals():
    return load({"name": "vital_signs", "rows": 1500})


@pytest.fixture(scope="module")
def done(vitals):
    return synthkit.compare(vitals, **ASKED)


def of(results, arm):
    return next(entry for entry in results["rules"]["arms"] if entry["arm"] == arm)


def test_an_interpolated_heart_rate_of_25_is_counted_and_then_kept_out(vitals, done):
    """The article's example: no real reading lies between 0 and 40, and SMOTE's do."""
    assert check(vitals.table, RULES).passed
    for arm in ("smote", "noise"):
        assert of(done.results, arm)["broken"]["heart rate"] > 0
        assert of(done.results, arm)["left_rows"] == of(done.results, arm)["broken_rows"] > 0
        kept = of(done.results, f"{arm}, rules kept")
        assert (
            kept["broken"] == of(done.results, arm)["broken"]
        )  # the same rows, before anything is done
        assert kept["left_rows"] == 0
        assert set(kept["left"].values()) == {0}
    fold = done.plan.split.split(vitals, 0)[0]
    train = parts(vitals, fold)[0]
    made = SMOTE()(train, np.random.default_rng(0))
    rates = made.X["heart_rate"][made.origin == SYNTHETIC]
    assert ((rates > 0) & (rates < 40)).any()


def test_the_example_config_runs_from_anywhere_and_shows_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(
        app,
        [
            "compare",
            str(RULES.parents[1] / "heart_rate.yaml"),
            "--out",
            "run",
            "--jobs",
            "1",
            "--set",
            "data.rows=900",
            "--set",
            "split.repeats=1",
            "--set",
            "split.folds=2",
            "--set",
            "classifiers=[logistic_regression]",
        ],
    )
    assert done.exit_code == 0, done.stderr
    results = json.loads((tmp_path / "run/results.json").read_text())
    assert results["failures"] == []
    for arm in ("noise", "smote", "mixup"):
        assert of(results, arm)["broken"]["heart rate"] > 0
        assert of(results, f"{arm}, rules kept")["left_rows"] == 0
    assert "The rules, and what keeping them did" in done.stdout
    assert "smote, rules kept" in (tmp_path / "run/report.html").read_text()


def test_counts_are_those_of_a_check_by_hand(vitals, done):
    """Against `check` on the rows that the strategy makes with the cell's own generator."""
    rules, total = (
        read_rules(RULES),
        dict.fromkeys(("heart rate", "fever needs a reading", "resting below peak"), 0),
    )
    for fold in done.plan.split.split(vitals, 0):
        train = parts(vitals, fold)[0]
        arm = done.arms[1]
        out = arm.strategy(train, generator(0, key_of(arm.stream), fold.repeat, fold.fold))
        for each in check(out.X[out.origin == SYNTHETIC], rules).rules:
            if each.rule.name in total:
                total[each.rule.name] += each.n
    assert {name: of(done.results, "noise")["broken"][name] for name in total} == total
    assert sum(total.values()) > 0


def test_what_was_done_is_said(done):
    found = done.results["rules"]
    assert [rule["real"] for rule in found["rules"]] == [0, 0, 0, 0]
    assert of(done.results, "none")["rows"] == 0
    resampled, mended = of(done.results, "smote, rules kept"), of(done.results, "mended")
    assert resampled["on_violation"] == ["resample"]
    assert resampled["resampled"] == resampled["broken_rows"] <= resampled["proposals"]
    assert mended["on_violation"] == ["repair"]
    assert mended["repaired_rows"] + mended["resampled"] == mended["broken_rows"]
    assert sum(mended["repaired_cells"].values()) >= mended["repaired_rows"]
    assert (resampled["without"], mended["without"], of(done.results, "smote")["without"]) == (
        "smote",
        "smote",
        None,
    )
    cost = {entry["arm"]: entry["enforcing_seconds"] for entry in done.results["cost"]}
    assert cost["smote"] == 0 < cost["smote, rules kept"]
    assert (
        done.cells_frame().set_index("arm").loc["smote", "broken: heart rate"].sum()
        == of(done.results, "smote")["broken"]["heart rate"]
    )


def test_what_keeping_the_rules_did_is_the_paired_gap_to_the_arm_without(done):
    gap = next(
        entry["gap"]
        for entry in done.results["rules"]["gaps"]
        if entry["arm"] == "smote, rules kept"
    )
    difference = [
        a.scores["average_precision"] - b.scores["average_precision"]
        for a, b in zip(
            done.of("logistic_regression", "smote, rules kept"),
            done.of("logistic_regression", "smote"),
            strict=True,
        )
    ]
    assert gap["average_precision"]["mean"] == pytest.approx(np.mean(difference))
    assert "p_holm" not in gap["average_precision"]


def test_the_figures_are_the_same_for_any_number_of_jobs_and_after_a_resumption(
    vitals, done, tmp_path
):
    first = figures(done.results)
    again = synthkit.compare(vitals, **ASKED, jobs=2, out=tmp_path)
    assert figures(again.results) == first
    lines = (tmp_path / FILE).read_text().splitlines(keepends=True)
    (tmp_path / FILE).write_text("".join(lines[:6]))
    assert figures(synthkit.compare(vitals, **ASKED, out=tmp_path).results) == first
    saved = json.loads((tmp_path / "results.json").read_text())
    assert saved["rules"] == done.results["rules"]


def test_a_comparison_without_rules_has_no_such_key_and_reads_older_ledgers(vitals, tmp_path):
    asked = {key: value for key, value in ASKED.items() if key not in ("rules", "on_violation")} | {
        "arms": ["none", "smote"]
    }
    first = synthkit.compare(vitals, **asked, out=tmp_path)
    assert "rules" not in first.results
    assert all("enforcing_seconds" not in cost for cost in first.results["cost"])
    records = [json.loads(line) for line in (tmp_path / FILE).read_text().splitlines()]
    for record in records[1:]:
        del record["rules"]  # as a ledger of before there were any has it
    before = "".join(json.dumps(record) + "\n" for record in records)
    (tmp_path / FILE).write_text(before)
    again = synthkit.compare(vitals, **asked, out=tmp_path)
    assert (tmp_path / FILE).read_text() == before  # nothing was run again
    assert figures(again.results) == figures(first.results)


def test_a_ledger_of_other_rules_is_refused(vitals, tmp_path):
    synthkit.compare(vitals, **ASKED | {"arms": ["none"]}, out=tmp_path)
    with pytest.raises(ConfigError, match=r"holds another run: config\.rules"):
        synthkit.compare(
            vitals,
            **ASKED | {"arms": ["none"], "rules": [{"rule": "positive", "column": "age"}]},
            out=tmp_path,
        )


def test_an_arm_that_cannot_keep_the_rules_fails_alone(vitals, monkeypatch):
    from synthkit.rules import enforce

    monkeypatch.setattr(enforce, "FEWEST_PROPOSALS", 10)
    monkeypatch.setattr(enforce, "MOST_PROPOSALS_PER_ROW", 1)
    never = [{"name": "never", "rule": "expression", "expression": "age > 200"}]
    done = synthkit.compare(
        vitals, **ASKED | {"rules": never, "arms": ["none", "noise"], "allow_real_violations": True}
    )
    assert {failure["arm"] for failure in done.results["failures"]} == {"noise, rules kept"}
    assert "'never'" in done.results["failures"][0]["error"]
    assert of(done.results, "noise")["broken_rows"] == of(done.results, "noise")["rows"] > 0
    assert done.results["rules"]["gaps"] == []
    assert done.results["rules"]["real_broken_rows"] == len(vitals)


def test_a_synthesizer_inside_a_top_up_keeps_the_rules_of_the_comparison(vitals):
    inner = {"name": "constrained", "synthesizer": "sequential_trees"}
    done = synthkit.compare(
        vitals,
        **ASKED
        | {
            "on_violation": "report",
            "arms": [
                {"name": "top_up", "label": "free"},
                {"name": "top_up", "label": "kept", "synthesizer": inner},
            ],
        },
    )
    assert of(done.results, "free")["left_rows"] > 0
    assert of(done.results, "kept")["left_rows"] == 0 < of(done.results, "kept")["broken_rows"]
    assert of(done.results, "kept")["without"] == "free"


def test_a_rule_about_a_key_is_held_against_the_real_rows_and_not_judged_in_synthetic_ones(vitals):
    table = vitals.table.assign(bed=[f"b{i:05d}" for i in range(len(vitals))])
    rules = [
        {"name": "one bed each", "rule": "unique", "column": "bed"},
        {"name": "peak", "rule": "inequality", "low": "heart_rate", "high": "peak_rate"},
    ]
    inner = {"name": "constrained", "synthesizer": "sequential_trees"}
    asked = ASKED | {
        "rules": rules,
        "arms": ["smote", {"name": "top_up", "label": "kept", "synthesizer": inner}],
    }
    done = synthkit.compare(table, target="worse", schema={"bed": "key"}, **asked)
    assert done.results["failures"] == []
    for arm in ("smote", "smote, rules kept", "kept"):
        assert list(of(done.results, arm)["skipped"]) == ["one bed each"]
    assert of(done.results, "kept")["left_rows"] == 0 < of(done.results, "kept")["broken_rows"]
    with pytest.raises(DataError, match="'one bed each' in 1 rows"):
        synthkit.compare(
            table.assign(bed=table["bed"].where(table.index > 0, "b00001")),
            target="worse",
            schema={"bed": "key"},
            **asked,
        )


def test_a_pandera_schema_is_rules_here_too(vitals):
    import pandera.pandas as pa

    schema = pa.DataFrameSchema(
        {
            "heart_rate": pa.Column(int, pa.Check(lambda s: (s == 0) | (s >= 40), name="valid")),
            "oxygen": pa.Column(float, pa.Check.le(100)),
        }
    )
    done = synthkit.compare(
        vitals, **ASKED | {"rules": schema, "arms": ["none", "smote"], "jobs": 2}
    )
    assert done.results["failures"] == []
    assert (
        of(done.results, "smote")["left_rows"]
        > 0
        == of(done.results, "smote, rules kept")["left_rows"]
    )


def test_a_sweep_goes_over_the_twins_too(vitals):
    plan = Plan(
        ruled_arms(["none", "smote"], RULES, "resample"),
        ["logistic_regression"],
        {"name": "stratified", "repeats": 1, "folds": 3},
        rules=RULES,
    )
    swept = run_sweep(vitals, plan, Sweep(positives=(30, "all")))
    assert {point["arm"] for point in swept.results["sweep"]["points"]} == {
        "none",
        "smote",
        "smote, rules kept",
    }
    assert (
        of(swept.results, "smote, rules kept")["left_rows"]
        == 0
        < of(swept.results, "smote")["left_rows"]
    )


@pytest.mark.parametrize("name", STRATEGIES)
def test_strategies_that_say_they_make_no_rows_make_none(name, vitals):
    more = {
        "chain": {"strategies": ["class_weights", "smote"]},
        "top_up": {"synthesizer": "noise"},
        "constrained": {"strategy": "smote", "rules": []},
    }
    strategy = STRATEGIES.build({"name": name, **more.get(name, {})})
    train = parts(vitals, Plan(("none",)).split.split(vitals, 0)[0])[0]
    made = bool((strategy(train, np.random.default_rng(0)).origin == SYNTHETIC).any())
    assert made == strategy.makes_rows


def test_rules_are_given_and_taken_away_at_any_depth():
    rules = read_rules(RULES)
    spec = {
        "name": "chain",
        "strategies": [
            {"name": "top_up", "synthesizer": {"name": "constrained", "synthesizer": "noise"}},
            {
                "name": "constrained",
                "strategy": "smote",
                "rules": [{"rule": "positive", "column": "age"}],
            },
        ],
    }
    chain = STRATEGIES.build(spec)
    given = with_rules(chain, rules)
    assert given.strategies[0].synthesizer.rules == rules
    assert given.strategies[1] == chain.strategies[1]  # it has its own
    assert with_rules(given, ()) is given
    assert without_rules(given) == STRATEGIES.build(
        {"name": "chain", "strategies": [{"name": "top_up", "synthesizer": "noise"}, "smote"]}
    )
    assert without_rules(SMOTE()) == SMOTE()


def test_a_twin_shares_the_stream_of_its_arm_and_rules_do_not_move_the_dice(vitals):
    arms = ruled_arms(["smote"], RULES, "resample")
    assert arms[0].stream == arms[1].stream
    strategy = replace(arms[1].strategy, rules=read_rules(RULES))
    train = parts(vitals, Plan(("none",)).split.split(vitals, 0)[0])[0]
    ruled = strategy(train, np.random.default_rng(0))
    plain = SMOTE()(train, np.random.default_rng(0))
    same = (
        ruled.X.reset_index(drop=True) == plain.X.reset_index(drop=True)
    ) | plain.X.isna().to_numpy()
    assert (~same.all(axis=1)).sum() <= enforcements(ruled)[0].broken_rows


def test_wrong_words_are_refused(vitals):
    with pytest.raises(ConfigError, match="on_violation: repair needs rules"):
        synthkit.compare(vitals, on_violation="repair")
    with pytest.raises(ConfigError, match="Did you mean 'resample'"):
        synthkit.compare(vitals, rules=RULES, on_violation="resampel")
    with pytest.raises(ConfigError, match="needs rules, however neither"):
        synthkit.compare(vitals, arms=[Constrained("smote")])


def test_results_are_plain_values(done):
    assert copy.deepcopy(done.results) == json.loads(json.dumps(done.results, allow_nan=False))
