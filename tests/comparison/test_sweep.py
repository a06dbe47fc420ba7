"""A sweep: nested subsamples that all arms share, one flow for all levels, and a known number of rows recovered."""

import html
import json
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from synthkit.comparison.comparison import figures
from synthkit.comparison.learning_curve import Crossing
from synthkit.comparison.plan import Arm, Plan
from synthkit.comparison.run import run
from synthkit.comparison.sweep import Sweep, levels_of, run_sweep
from synthkit.comparison.sweep_summary import crossing_sentence, worth_sentence
from synthkit.errors import ConfigError
from synthkit.methods.registry import with_parameter
from synthkit.report import page, sweep_table, terminal
from synthkit.report.provenance import provenance
from synthkit.strategies import (
    SMOTE,
    Chain,
    NoAugmentation,
    RandomOversampling,
    RandomUndersampling,
    Strategy,
    TopUp,
    limits,
)
from synthkit.strategies.limits import (
    PERFECT,
    PerfectGenerator,
    Subsampled,
    WithFresh,
    positives_for,
)
from synthkit.synthesizers import CTGAN
from synthkit.table.dataset import load
from synthkit.table.training_set import TrainingSet

QUICK = {"name": "gradient_boosting", "max_iter": 5}
SPLIT = {"name": "stratified", "repeats": 1, "folds": 3, "tune": 0.2}
BANDS = 40


@dataclass(frozen=True)
class Bands:
    """Positives lie in 40 narrow bands among the negatives: each band must be met to be learned.

    So the score climbs steeply with the number of positives, and m more true ones are worth about m.
    """

    rate: float = 0.12

    def fresh(self, n, rng):
        y = (rng.random(n) < self.rate).astype(int)
        within = np.where(y, 0.1 * rng.random(n), 0.1 + 0.9 * rng.random(n))
        return pd.DataFrame({"x": (rng.integers(0, BANDS, n) + within) / BANDS, "y": y})

    def oracle(self, table):
        p = ((table["x"].to_numpy() * BANDS) % 1 < 0.1).astype(float)
        return np.column_stack([1 - p, p])


@dataclass(frozen=True)
class Spy(Strategy):
    """Returns what it is given, and remembers it."""

    seen: list

    def __call__(self, train, rng):
        self.seen.append(train)
        return train


@pytest.fixture(autouse=True)
def few_fresh_rows_at_once(monkeypatch):
    monkeypatch.setattr(limits, "FRESH_AT_ONCE", 2000)


def bands(rows, seed, known=True):
    table = Bands().fresh(rows, np.random.default_rng(seed))
    return replace(load(table, target="y"), process=Bands() if known else None)


def training_set(rows=300, seed=0):
    dataset = bands(rows, seed)
    return TrainingSet.from_table(dataset.table, dataset.schema)


@pytest.fixture(scope="module")
def swept():
    return run_sweep(
        bands(400, 0, known=False),
        Plan(
            (Arm("none"), Arm(NoAugmentation(), label="twin"), Arm("random_oversampling")),
            (QUICK, "logistic_regression"),
            SPLIT,
        ),
        Sweep(positives=(8, 16, "all")),
    )


# ---- the subsample


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 3))
def test_a_smaller_subsample_is_part_of_a_larger_one_and_the_negatives_stay(a, b, seed):
    train, rng = training_set(), np.random.default_rng(0)
    small, large = (Subsampled(NoAugmentation(), n, seed=seed)(train, rng) for n in sorted((a, b)))
    assert set(small.origin) <= set(large.origin)
    for out, wanted in ((small, min(a, b)), (large, max(a, b))):
        assert out.counts[1] == min(wanted, train.counts[1])
        assert (out.origin[out.codes == 0] == train.rows_of(0)).all()
        assert (np.diff(out.origin) > 0).all()
        pd.testing.assert_frame_equal(out.X, train.X.take(out.origin).reset_index(drop=True))


def test_every_arm_sees_the_same_subsample_and_another_seed_or_fold_another():
    train = training_set()

    def kept(seed, train, rng):
        return (
            Subsampled(NoAugmentation(), 10, seed=seed)(train, np.random.default_rng(rng))
            .X["x"]
            .tolist()
        )

    assert kept(0, train, 0) == kept(0, train, 1)
    assert kept(0, train, 0) != kept(1, train, 0)
    assert set(kept(0, train.take(np.arange(250)), 0)) != set(kept(0, train, 0))


def test_a_share_is_reached_by_leaving_positives_out():
    out = Subsampled(NoAugmentation(), share=0.05)(training_set(), np.random.default_rng(0))
    assert out.counts[1] / len(out) == pytest.approx(0.05, abs=0.002)
    assert positives_for(1e-9, 100) == 1


def test_a_subsample_has_the_random_stream_and_the_device_of_its_strategy():
    @dataclass(frozen=True)
    class OnGpu(NoAugmentation):
        device: str = "cuda"

    arm = Arm(RandomOversampling(ratio=0.3))
    assert Arm(Subsampled(arm.strategy, 10)).stream == arm.stream
    assert Arm(Subsampled(TopUp(ratio=0.3), 10)).stream == Arm(TopUp()).stream
    assert Subsampled(OnGpu(), 10).device == "cuda"
    assert Subsampled(NoAugmentation(), 10).device == "cpu"


def test_fresh_positives_come_up_to_the_number_the_fewer_among_the_more():
    train = training_set()
    few, many = (
        WithFresh(NoAugmentation(), Bands(), n)(train, np.random.default_rng(0)) for n in (60, 90)
    )
    assert (few.counts.tolist(), many.counts.tolist()) == (
        [train.counts[0], 60],
        [train.counts[0], 90],
    )
    assert set(few.X["x"]) <= set(many.X["x"])
    assert ((few.X["x"].iloc[len(train) :] * BANDS) % 1 < 0.1).all()


# ---- the flow


def test_every_level_has_the_same_test_rows_and_arms_that_see_the_same_rows():
    dataset, one, two = bands(300, 1, known=False), [], []
    plan = Plan((Arm(Spy(one), label="one"), Arm(Spy(two), label="two")), (QUICK,), SPLIT)
    result = run_sweep(dataset, plan, Sweep(positives=(4, 6)))
    values = [level.value for level, _ in result.levels]
    assert (values[:2], values[-1], len(values)) == (
        [4, 6],
        "all",
        4,
    )  # and half, which the reference alone sees
    assert len(one) == 4 * 3
    assert len(two) == 3 * 3
    by_fold = [[set(train.origin) for train in one[4 * i : 4 * i + 4]] for i in range(3)]
    for small, larger, half, whole in by_fold:
        assert small < larger < half < whole
    assert [set(train.origin) for train in two] == [
        kept for fold in by_fold for kept in (*fold[:2], fold[3])
    ]
    tests = result.cells_frame().groupby("fold")[["rows_test", "rows_test_positives"]].nunique()
    assert (tests == 1).all(axis=None)


def test_all_positives_give_the_figures_of_the_comparison(swept):
    own = figures(swept.results)
    alone = figures(run(swept.dataset, swept.plan).results)
    for key in ("sweep", "failures", "warnings"):  # those of all levels
        own.pop(key), alone.pop(key, None)
    assert own == alone


def test_two_jobs_and_a_resumed_run_give_the_figures_of_one(swept, tmp_path):
    again = run_sweep(swept.dataset, swept.plan, swept.sweep, jobs=2, folder=tmp_path)
    assert json.dumps(figures(again.results)) == json.dumps(figures(swept.results))
    ledger = tmp_path / "ledger.jsonl"
    lines = ledger.read_text().splitlines(keepends=True)
    ledger.write_text("".join(lines[: len(lines) // 2]) + lines[-1][:20])
    resumed = run_sweep(swept.dataset, swept.plan, swept.sweep, folder=tmp_path)
    assert json.dumps(figures(resumed.results)) == json.dumps(figures(swept.results))


def test_failed_cells_and_warnings_of_every_level_keep_their_reason(swept):
    first, cell = swept.levels[0], swept.levels[0][1].cells[-1]
    broken = replace(
        first[1], cells=(*first[1].cells[:-1], replace(cell, error="no rows left", scores={}))
    )
    results = replace(swept, levels=((first[0], broken), *swept.levels[1:])).results
    assert [(f["level"], f["arm"], f["error"]) for f in results["failures"]] == [
        (8, cell.arm, "no rows left")
    ]
    told = terminal.notes(results)
    assert any(
        "Failed: " in line and "no rows left" in line and "at positives 8" in line for line in told
    )
    assert "at positives 8" in " ".join(sweep_table.notes(results))
    assert provenance(results, "").failures[0]["arm"] == f"{cell.arm} at positives 8"


def test_an_arm_without_an_effect_is_worth_no_real_row(swept):
    for entry in swept.results["sweep"]["worth"]:
        if entry["arm"] == "twin":
            assert entry["rows"] == pytest.approx(0, abs=1e-9)
            assert entry["low"] is None or entry["low"] <= 0
            assert entry["high"] is None or entry["high"] >= 0
            if entry["sentence"]:
                assert "what twin does is worth" in entry["sentence"]


def test_true_rows_are_worth_their_number():
    dataset = bands(900, 2)
    negatives = int((dataset.codes == 0).sum() * 0.875)
    plan = Plan(
        (Arm("none"), Arm(PerfectGenerator(Bands(), 40 / negatives), label="up to 40")),
        ({"name": "random_forest", "n_estimators": 10},),
        {"name": "stratified", "repeats": 1, "folds": 8, "tune": 0},
    )
    results = run_sweep(dataset, plan, Sweep(positives=(10, 20, 40))).results
    worth = {
        entry["level"]: entry for entry in results["sweep"]["worth"] if entry["arm"] == "up to 40"
    }
    assert worth[10]["low"] <= 30 <= worth[10]["high"]
    assert worth[10]["low"] > 0  # and nothing else would do
    assert 15 < worth[10]["rows"] < 60
    assert (worth[20]["low"] or -1) <= 20 <= (worth[20]["high"] or np.inf)
    assert 5 < worth[20]["rows"] < 45
    assert worth[40]["rows"] == pytest.approx(0, abs=6)
    assert worth["all"]["rows"] == pytest.approx(0, abs=6)
    assert worth[10]["sentence"] is None
    assert "the 0" not in worth["all"]["sentence"]
    bound = results["sweep"]["headroom"][0]
    gap = next(row["gap"]["average_precision"] for row in results["rows"] if row["arm"] == PERFECT)
    assert bound["source"] == "perfect generator"
    assert (bound["low"], bound["high"]) == (gap["low"], gap["high"])
    assert f"would gain at most {gap['high']:.3f} average precision" in bound["sentence"]
    assert not bound["ends"]


def test_held_back_positives_tell_the_headroom_where_the_process_is_unknown(swept):
    found = swept.results["sweep"]["headroom"]
    assert [entry["classifier"] for entry in found] == list(swept.classifiers)
    half = {
        p["positives"] for p in swept.results["sweep"]["points"] if p["level"] == found[0]["from"]
    }
    assert half == {found[0]["from"]}
    by_level = {(level.value): outcome for level, outcome in swept.levels}
    name = swept.classifiers[0]
    ap = {
        v: np.array([c.scores["average_precision"] for c in by_level[v].of(name, "none")])
        for v in ("all", found[0]["from"])
    }
    assert found[0]["mean"] == pytest.approx(float((ap["all"] - ap[found[0]["from"]]).mean()))
    assert all("(extrapolated)" in entry["sentence"] for entry in found)


def test_headroom_below_what_counts_ends_the_question():
    rng = np.random.default_rng(0)
    easy = pd.DataFrame(
        {
            "x": np.r_[rng.normal(0, 1, 300), rng.normal(60, 1, 100)],
            "y": np.repeat([0, 1], [300, 100]),
        }
    )
    results = run_sweep(
        load(easy, target="y"),
        Plan((Arm("none"), Arm("smote")), (QUICK,), SPLIT),
        Sweep(positives=(20,)),
    ).results
    assert [entry["ends"] for entry in results["sweep"]["headroom"]] == [True]
    assert "No generator is worth its training here." in results["sweep"]["headroom"][0]["sentence"]


# ---- ratio, epochs, imbalance


def test_a_ratio_changes_the_arms_that_have_one_and_the_others_run_once():
    plan = Plan((Arm("none"), Arm("random_oversampling"), Arm("class_weights")), (QUICK,), SPLIT)
    result = run_sweep(bands(300, 3, known=False), plan, Sweep(ratio=(0.3, 0.6)))
    trained = result.cells_frame().groupby(["level", "arm"])["rows_trained_on"].first()
    assert trained["0.3", "random_oversampling"] < trained["0.6", "random_oversampling"]
    for arm in ("none", "class_weights"):
        assert trained["0.3", arm] == trained["0.6", arm]
    assert result.results["sweep"]["worth"] == []
    assert result.results["sweep"]["over"] == "ratio"
    assert [level["value"] for level in result.results["sweep"]["levels"]] == [0.3, 0.6]
    drawn = result.plot("learning")
    assert drawn.layout.xaxis.title.text == "ratio"
    assert {trace.name: list(trace.x) for trace in drawn.data}["random_oversampling"] == [0.3, 0.6]
    assert ("sweep", "over ratio: 0.3, 0.6") in dict(provenance(result.results, "").groups)["Plan"]
    assert "average precision over ratio" in result._repr_html_()
    assert "Arms without ratio" in page.html(result.results)


def test_a_parameter_is_found_inside():
    inside = Chain((SMOTE(ratio=0.5), RandomUndersampling()))
    assert with_parameter(inside, "ratio", 0.8) == Chain(
        (SMOTE(ratio=0.8), RandomUndersampling(ratio=0.8))
    )
    assert with_parameter(TopUp(CTGAN(epochs=300)), "epochs", 7) == TopUp(CTGAN(epochs=7))
    nothing = NoAugmentation()
    assert with_parameter(nothing, "epochs", 7) is nothing
    with pytest.raises(ConfigError, match="needs an arm that has epochs"):
        levels_of(bands(300, 0), Plan((Arm("none"), Arm("smote"))), Sweep(epochs=(1,)))


def test_an_imbalance_is_a_learning_curve_by_another_name():
    dataset = bands(400, 0, known=False)
    levels = levels_of(dataset, Plan((Arm("none"),), split=SPLIT), Sweep(imbalance=(0.02, 0.05)))
    assert [level.positives for level in levels] == sorted(level.positives for level in levels)
    assert levels[-1].value == pytest.approx(dataset.codes.mean(), abs=0.01)
    result = run_sweep(
        dataset,
        Plan((Arm("none"), Arm("random_oversampling")), (QUICK,), SPLIT),
        Sweep(imbalance=(0.05,)),
    )
    counts = {p["positives"] for p in result.results["sweep"]["points"]}
    assert len(counts) == 2
    assert result.results["sweep"]["worth"]


@pytest.mark.parametrize(
    ("sweep", "says"),
    [
        (
            lambda: Sweep(positives=(10,), ratio=(0.5,)),
            "A sweep goes over one thing, however it is given positives and",
        ),
        (
            lambda: Sweep(positives=(0,)),
            "positives must be a whole number at least 1 or 'all', however it is 0",
        ),
        (lambda: Sweep(positives=(5, 5)), "positives must hold each value once"),
        (lambda: Sweep(ratio=(1.5,)), "ratio must be a number above 0 and at most 1"),
        (
            lambda: levels_of(
                bands(300, 0), Plan((Arm("none"),), split=SPLIT), Sweep(positives=(500,))
            ),
            "however it is 500. Write all for as many as there are.",
        ),
        (
            lambda: levels_of(
                bands(300, 0), Plan((Arm("none"),), split=SPLIT), Sweep(imbalance=(0.5,))
            ),
            "positives can be left out, not added",
        ),
        (lambda: Subsampled(NoAugmentation()), "either positives or share"),
    ],
)
def test_a_sweep_that_cannot_be(sweep, says):
    with pytest.raises(ConfigError, match=says.replace("(", r"\(")):
        sweep()


def test_without_values_an_eighth_a_quarter_and_a_half_are_swept():
    levels = levels_of(bands(2000, 0), Plan((Arm("none"),), split=SPLIT), Sweep())
    values, positives = [level.value for level in levels], [level.positives for level in levels]
    assert values[3] == "all"
    assert values[:3] == [int(positives[3]) // part for part in (8, 4, 2)]
    assert positives[4:] == pytest.approx([2 * positives[3], 4 * positives[3]], abs=4)
    assert [level.fresh for level in levels] == [False] * 4 + [True] * 2
    assert [arm.label for arm in levels[0].bounds] == [PERFECT]


# ---- words, files, command


def entry(**changes):
    return {
        "arm": "smote",
        "positives": 100.0,
        "synthetic": 2940.0,
        "rows": 12.0,
        "low": -5.0,
        "high": 40.0,
        "reach": "within",
        "least": -90.0,
        "most": 60.0,
        "kind": "corrected",
    } | changes


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (
            entry(),
            "Beside 100 real positives, the 2,940 synthetic rows of smote are worth 12 more real ones [−5, +40].",
        ),
        (
            entry(synthetic=0.0, rows=-12.0, low=None, high=0.2),
            "what smote does is worth none: as bad as 12 real ones fewer [below −90, 0].",
        ),
        (
            entry(rows=None, low=5.0, high=None, reach="above"),
            "worth more than 60 more real ones [+5, beyond +60].",
        ),
        (entry(rows=0.2), "are worth none [−5, +40]."),
        (
            entry(low=None, high=None),
            "Beside 100 real positives, these folds cannot tell how many real ones the"
            " 2,940 synthetic rows of smote are worth; on average worth 12 more real ones.",
        ),
        (
            entry(rows=None, low=None, high=-1.0, reach="below", least=0.0),
            "are worth none: worse than without, how much is beyond the curve [below 0, −1].",
        ),
        (
            entry(rows=None, low=None, high=-1.0, reach="below"),
            "worth none: as bad as more than 90 real ones fewer [below −90, −1].",
        ),
    ],
)
def test_a_worth_in_words(found, says):
    assert worth_sentence(found).endswith(says)


@pytest.mark.parametrize(
    ("words", "found", "says"),
    [
        (
            ("worth it", "worth it", "not worth it"),
            Crossing(50, 100, 73.0),
            "smote is worth it up to 50 real positives, not from 100. The mean gain ends near 73.",
        ),
        (
            ("worth it", "undecided", "undecided"),
            Crossing(25, None, None),
            "smote is worth it up to 25 real positives, undecided beyond.",
        ),
        (
            ("not worth it",) * 3,
            Crossing(None, 25, None),
            "smote is not worth it at every number tried, 25 to 100",
        ),
        (
            ("undecided", "undecided", "not worth it"),
            Crossing(None, 100, None),
            "worth it at no number tried",
        ),
        (
            ("undecided",) * 3,
            Crossing(None, None, None),
            "Whether smote is worth it is undecided at every number tried",
        ),
        (
            ("undecided", "worth it", "undecided"),
            Crossing(None, None, None),
            "no number below which it is worth it is supported (undecided at 25, worth it at 50, undecided at 100)",
        ),
    ],
)
def test_a_crossing_in_words(words, found, says):
    levels = [{"positives": n, "word": word} for n, word in zip((25, 50, 100), words, strict=True)]
    assert says in crossing_sentence("smote", levels, found)


def test_the_command_prints_the_curves_and_writes_a_page_with_them(tmp_path):
    from synthkit.cli import app
    from synthkit.results import ComparisonResults, read

    table = Bands().fresh(300, np.random.default_rng(5))
    table.to_csv(tmp_path / "rows.csv", index=False)
    (tmp_path / "x.yaml").write_text(
        "data: {path: rows.csv, target: y}\narms: [none, random_oversampling]\n"
        "classifiers: [{name: gradient_boosting, max_iter: 5}]\nsplit: {repeats: 1, folds: 3}\n"
        "cost: {missed_positive: 100, false_alarm: 5}\nrecall_at: {precision: 0.5}\nsweep: {positives: [8, all]}\n"
    )
    done = CliRunner().invoke(
        app, ["sweep", str(tmp_path / "x.yaml"), "--out", str(tmp_path / "run"), "--jobs", "1"]
    )
    assert done.exit_code == 0, done.output
    assert "real positives" in done.output
    assert "Beside " in done.output
    results = read(tmp_path / "run", ComparisonResults).plain()
    values = [level["value"] for level in results["sweep"]["levels"]]
    assert (len(values), values[0], values[-1]) == (3, 8, "all")  # and half, for the headroom
    assert "recall_at_precision" in results["rows"][0]["scores"]
    assert set(pd.read_parquet(tmp_path / "run" / "cells.parquet")["level"]) >= {"8", "all"}
    page_of_run = html.unescape((tmp_path / "run" / "report.html").read_text())
    assert "What does the sweep show?" in page_of_run
    told = [
        entry["sentence"]
        for entry in (*results["sweep"]["worth"], *results["sweep_cost"])
        if entry["sentence"]
    ]
    assert len(told) == 2  # what it is worth in real rows, and where it stops to pay
    assert all(sentence in page_of_run for sentence in told)
    again = CliRunner().invoke(
        app, ["sweep", str(tmp_path / "run" / "config.yaml"), "--out", str(tmp_path / "run")]
    )
    assert again.exit_code == 0, again.output
    wrong = CliRunner().invoke(
        app,
        [
            "sweep",
            str(tmp_path / "x.yaml"),
            "--set",
            "sweep.positives=[8, 900]",
            "--out",
            str(tmp_path / "other"),
        ],
    )
    assert wrong.exit_code == 2
    assert "--set sweep.positives=[8, 900]: positives must be below" in wrong.output
