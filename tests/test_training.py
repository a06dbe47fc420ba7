"""Trainings from configs: reading, refusing, fitting, keeping the model whole, the summary; streams of its rows."""

import json
import os
import signal
import zipfile
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest
from helpers.command import synthkit_
from pandas.testing import assert_frame_equal
from rich.console import Console
from scipy.stats import binom

import synthkit
from synthkit.cli.modelling import conditions_of
from synthkit.comparison.cost import measured
from synthkit.config import as_text
from synthkit.errors import ConfigError, DataError, SynthkitError
from synthkit.methods.yaml import parse
from synthkit.report.training_summary import MOST_COLUMNS, TrainingSummary
from synthkit.synthesizers import CTGAN, Noise, SequentialTrees
from synthkit.synthesizers.base import Fitted
from synthkit.synthesizers.constrained import ConstrainedSynthesizer
from synthkit.synthesizers.model_file import load_model, read_manifest, save_model
from synthkit.table.schema import Column, Kind
from synthkit.training import (
    MOST_ROWS,
    batches,
    read_training,
    rows_per_batch,
    summary_of_column,
    train,
    training_schema,
    write_sample,
)

CONFIGS = [
    path
    for path in sorted((Path(__file__).parents[1] / "configs").glob("*.yaml"))
    if "\nsynthesizer:" in path.read_text()
]
TREES = """\
seed: 3
data: {path: rows.csv, target: fraud}
synthesizer:
  name: sequential_trees
  min_samples_leaf: 20
"""
TINY = "{name: ctgan, epochs: 2, batch_size: 100, generator_dim: [16], discriminator_dim: [16]}"
GAN = f"data: {{path: rows.csv, target: fraud}}\nsynthesizer: {TINY}\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a small table and two trainings, which is where the command runs."""
    table = synthkit.load("article_fraud").table
    pd.concat([table.iloc[:300], table.iloc[-60:]]).to_csv(tmp_path / "rows.csv", index=False)
    (tmp_path / "trees.yaml").write_text(TREES)
    (tmp_path / "gan.yaml").write_text(GAN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def left_in(folder):
    """The files beside the inputs."""
    return sorted(path.name for path in folder.iterdir() if path.suffix not in (".yaml", ".csv"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_our_configs_begin_with_their_question_and_are_valid(path):
    assert path.read_text().startswith("# Question: ")
    jsonschema.validate(parse(path.read_text(), path.name).value, training_schema())
    assert len(read_training(path).load()) > 1_000


def test_there_is_a_config_of_the_article_and_one_of_mixed_columns():
    assert {path.stem for path in CONFIGS} == {"ctgan_fraud", "sequential_trees_mixed"}


def test_the_schema_for_editors_is_current():
    path = Path(__file__).parents[1] / "configs" / "training.schema.json"
    hint = "run: python -m synthkit.training > configs/training.schema.json"
    assert path.read_text() == as_text(training_schema()), hint


def test_settings_change_the_config(folder):
    read = read_training("gan.yaml", ["synthesizer.epochs=7", "seed=4", "data.positive=0"])
    assert (read.synthesizer.epochs, read.seed, read.load().schema.positive) == (7, 4, 0)
    assert read_training(
        "trees.yaml", ["synthesizer=noise"]
    ).synthesizer == synthkit.SYNTHESIZERS.build("noise")


def test_a_config_as_run_is_read_as_itself(folder):
    before = read_training("gan.yaml", ["device=cpu"])
    (folder / "again.yaml").write_text(json.dumps(before.as_run))
    after = read_training("again.yaml")
    assert after.synthesizer == before.synthesizer
    assert after.as_run == before.as_run


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "seed: 3",
            "sead: 3",
            r"bad.yaml, line 1: a training config has no key 'sead'. Did you mean 'seed'\?",
        ),
        (
            "seed: 3",
            "seed: -1",
            r"bad.yaml, line 1: seed must be a whole number at least 0, however it is -1",
        ),
        (
            "seed: 3",
            "seed: one",
            r"bad.yaml, line 1: seed must be a whole number at least 0, however it is 'one'",
        ),
        ("seed: 3", "epochs: 3", r"bad.yaml, line 1: .* no key 'epochs'. It is the synthesizer's"),
        (
            "seed: 3",
            "arms: [none]",
            r"bad.yaml, line 1: .* no key 'arms'. A config with arms is for synthkit compare",
        ),
        (
            "target: fraud",
            "tagret: fraud",
            r"bad.yaml, line 2: data has no key 'tagret'. Did you mean 'target'\?",
        ),
        (
            "target: fraud",
            "target: frud",
            r"bad.yaml, line 2: .*'frud' is not in the table. Did you mean 'fraud'\?",
        ),
        ("path: rows.csv", "path: row.csv", r"bad.yaml, line 2: .*row.csv"),
        (
            "sequential_trees",
            "sequential_tree",
            r"bad.yaml, line 4: .*Did you mean 'sequential_trees'\?",
        ),
        (
            "min_samples_leaf",
            "min_sample_leaf",
            r"bad.yaml, line 5: .*Did you mean 'min_samples_leaf'\?",
        ),
        ("leaf: 20", "leaf: 0", r"bad.yaml, line 5: min_samples_leaf must be .*however it is 0"),
        (
            "leaf: 20",
            "leaf: many",
            r"bad.yaml, line 5: min_samples_leaf must be a whole number",
        ),
        (
            TREES[TREES.index("synth") :],
            "",
            r"bad.yaml, line 1: a training config needs synthesizer, however it is not given. Add synthesizer: {name: ctgan",
        ),
        (
            "data: {path: rows.csv, target: fraud}",
            "",
            r"bad.yaml, line 1: a training config needs data",
        ),
        (
            "seed: 3",
            "device: gpu",
            r"bad.yaml, line 1: device must be auto, cpu or cuda, however it is 'gpu'",
        ),
        (
            "seed: 3",
            "device: cuda",
            r"bad.yaml, line 1: sequential_trees runs on the CPU, however device is cuda",
        ),
        (TREES, "", r"bad.yaml must be a config, however it is empty"),
        (
            TREES,
            "- 1",
            r"bad.yaml, line 1: a config is a mapping with keys such as data and synthesizer",
        ),
        (TREES, "a: [", r"bad.yaml, line 1: this must be YAML"),
    ],
)
def test_what_is_wrong_with_a_config_is_said_with_its_line(folder, old, new, words):
    (folder / "bad.yaml").write_text(TREES.replace(old, new, 1))
    with pytest.raises(SynthkitError, match=words):
        read_training("bad.yaml").load()
    assert synthkit_("train", "bad.yaml", "--out", "m", code=2).stderr.startswith("Error: ")
    assert not (folder / "m").exists()


def test_two_devices_are_refused_and_one_reaches_the_synthesizer(folder):
    assert read_training("gan.yaml", ["device=cpu"]).synthesizer.device == "cpu"
    assert read_training("gan.yaml").synthesizer.device == "auto"
    with pytest.raises(ConfigError, match="--set device=cpu: a training needs one device"):
        read_training("gan.yaml", ["synthesizer.device=cuda", "device=cpu"])
    assert read_training("trees.yaml", ["device=cpu"]).synthesizer == SequentialTrees(
        min_samples_leaf=20
    )


def test_cuda_without_a_gpu(folder, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    done = synthkit_("train", "gan.yaml", "--set", "device=cuda", "--out", "m", code=2)
    assert (
        "--set device=cuda: device 'cuda' needs a GPU that torch can use, however it finds none"
        in done.stderr
    )
    assert left_in(folder) == []


def test_train_prints_schema_and_summary_and_keeps_the_model(folder):
    done = synthkit_("train", "trees.yaml", "--out", "new/m.synthkit")
    for words in (
        "# rows.csv: 360 rows, 5 columns",
        "target: fraud",
        "amount: numeric",
        "real → sampled",
        "fraud (target)",
        "0: 83.3 %",
        "median",
        "s to fit on cpu",
        "Written to new/m.synthkit",
    ):
        assert words in done.stdout, words
    assert "--trust" not in done.stdout
    assert len(done.stdout.splitlines()) < 45  # schema and summary of five columns: a screen
    training = read_training("trees.yaml")
    data = training.load()
    expected = SequentialTrees(min_samples_leaf=20).fit(
        data.table, data.schema, synthkit.generator(3, "train")
    )
    assert_frame_equal(load_model("new/m.synthkit").sample(50, 1), expected.sample(50, 1))


def test_without_out_the_model_lies_where_runs_do(folder):
    synthkit_("train", "trees.yaml")
    assert (folder / "runs" / "trees.synthkit").is_file()


def test_a_network_is_trained_with_losses(folder):
    done = synthkit_("train", "gan.yaml", "--out", "m", "--set", "synthesizer.epochs=1")
    assert "CTGAN: 1 of 1  generator loss" in done.stderr
    assert "Last epoch: generator loss" in done.stdout
    assert "synthkit sample m -n 1000 --trust" in done.stdout
    assert read_manifest("m")["synthesizer"] == {
        "name": "ctgan",
        "epochs": 1,
        "batch_size": 100,
        "generator_dim": [16],
        "discriminator_dim": [16],
    }


def test_the_same_seed_gives_the_same_model_and_another_another(folder):
    tables = [
        train(read_training("gan.yaml", [f"seed={seed}"])).fitted.sample(100, 0)
        for seed in (1, 1, 2)
    ]
    assert_frame_equal(tables[0], tables[1])
    assert not tables[0].equals(tables[2])


def test_a_dear_training_says_so_before_it_begins(folder, monkeypatch):
    monkeypatch.setattr("synthkit.synthesizers.sdv_fit.MANY_COLUMNS", 10)
    done = synthkit_("train", "gan.yaml", "--out", "m")
    assert "Warning: CTGAN will train on 46 columns" in done.stderr
    assert done.stderr.index("Warning") < done.stderr.index("CTGAN: 2 of 2")


def test_ctrl_c_ends_with_130_and_leaves_nothing_or_the_old_model(folder, monkeypatch):
    epochs = []

    def interrupting(_, epoch, *__):
        epochs.append(epoch)
        if epoch == 2:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr("synthkit.progress.Line.tell", interrupting)
    wanted = ("train", "gan.yaml", "--set", "synthesizer.epochs=500", "--out", "m")
    assert "Interrupted. Nothing was written to m." in synthkit_(*wanted, code=130).stderr
    assert max(epochs) < 10
    assert left_in(folder) == []
    (folder / "m").write_text("an older model")
    synthkit_(*wanted, code=130)
    assert (folder / "m").read_text() == "an older model"
    assert left_in(folder) == ["m"]


def spoilt(column, row, value):
    table = pd.read_csv("rows.csv").astype({column: object})
    table.loc[row, column] = value
    table.to_csv("rows.csv", index=False)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (
            lambda: spoilt("fraud", 7, None),
            "The target 'fraud' needs a value in every row, however 1 of 360",
        ),
        (lambda: spoilt("amount", 7, "inf"), "amount"),
        (lambda: spoilt("amount", 7, "a lot"), "however row 7 holds 'a lot'"),
        (lambda: Path("rows.csv").write_text("fraud\n0\n1\n"), "at least one column to learn from"),
        (lambda: Path("rows.csv").write_text(""), "rows.csv"),
    ],
)
def test_a_table_that_cannot_be_learned_from(folder, spoil, words):
    spoil()
    kinds = (
        ["--set", "data.schema={amount: numeric}"]
        if "a lot" in Path("rows.csv").read_text()
        else []
    )
    done = synthkit_("train", "trees.yaml", "--out", "m", *kinds, code=2)
    assert done.stderr.startswith("Error: ")
    assert len(done.stderr.splitlines()) == 1
    assert words in done.stderr
    assert left_in(folder) == []


def test_columns_without_any_value_and_a_category_seen_once(folder):
    table = pd.read_csv("rows.csv").assign(
        void=np.nan, rare=["once"] + ["often", "always"] * 179 + ["often"]
    )
    table.to_csv("rows.csv", index=False)
    shown = synthkit_("train", "trees.yaml", "--out", "m").stdout
    assert "no values" in shown
    assert load_model("m").sample(5, 0, where={"rare": "once"})["rare"].tolist() == ["once"] * 5


def test_where_a_model_cannot_be_written_is_said_before_the_training(folder, monkeypatch):
    monkeypatch.setattr(SequentialTrees, "learn", lambda *_: pytest.fail("it trained"))
    assert "is a folder" in synthkit_("train", "trees.yaml", "--out", folder, code=2).stderr
    assert (
        "rows.csv/m must be writable"
        in synthkit_("train", "trees.yaml", "--out", "rows.csv/m", code=2).stderr
    )


def test_out_of_memory_is_said_with_the_size(folder, monkeypatch):
    import ctgan

    def starved(*_, **__):
        raise MemoryError

    monkeypatch.setattr(ctgan.CTGAN, "fit", starved)
    done = synthkit_("train", "gan.yaml", "--out", "m", code=2)
    assert "CTGAN needs memory for 360 rows × 46 columns" in done.stderr
    assert left_in(folder) == []


def test_the_model_is_kept_though_the_summary_fails(folder, monkeypatch):
    def refusing(*_, **__):
        raise DataError("no rows today")

    monkeypatch.setattr(Fitted, "sample", refusing)
    done = synthkit_("train", "trees.yaml", "--out", "m")
    assert "No rows to compare: no rows today" in done.stdout
    assert (folder / "m").exists()


NUMBERS = pd.Series(np.random.default_rng(0).normal(size=500), name="x")


@pytest.mark.parametrize(
    ("kind", "real", "other", "expected"),
    [
        (Kind.NUMERIC, NUMBERS, NUMBERS.sample(frac=1, random_state=0), 0.0),
        (Kind.NUMERIC, NUMBERS, NUMBERS + 100, 1.0),
        (Kind.NUMERIC, pd.Series([1.0, 2, 3, 4]), pd.Series([1.0, 2, 9, 9]), 0.5),
        (Kind.CATEGORICAL, pd.Series(list("aabb")), pd.Series(list("baba")), 0.0),
        (Kind.CATEGORICAL, pd.Series(list("aabb")), pd.Series(list("cc")), 1.0),
        (Kind.CATEGORICAL, pd.Series(["a", "b", None, None]), pd.Series(["a", "b", "a", "b"]), 0.5),
        (
            Kind.DATETIME,
            pd.Series(pd.date_range("2024", periods=4, tz="UTC")),
            pd.Series(pd.date_range("2024", periods=4, tz="UTC")),
            0.0,
        ),
        (Kind.KEY, pd.Series(list("abcd")), pd.Series(list("efgh")), None),
        (Kind.NUMERIC, pd.Series([np.nan] * 3), pd.Series([np.nan] * 3), None),
    ],
)
def test_the_difference_of_two_columns(kind, real, other, expected):
    found = summary_of_column(Column("x", kind), real, other, False)
    assert found["difference"] == (expected if expected is None else pytest.approx(expected))


def test_a_summary_shows_rates_quantiles_and_gaps():
    real, other = pd.Series(["a"] * 8 + ["b"] * 2), pd.Series(["a"] * 5 + ["b"] * 4 + ["c"])
    assert summary_of_column(Column("x", Kind.CATEGORICAL), real, other, True)["levels"] == [
        ("a", 0.8, 0.5),
        ("b", 0.2, 0.4),
        ("c", 0.0, 0.1),
    ]
    gaps = summary_of_column(
        Column("x", Kind.NUMERIC), pd.Series([1.0, 2, 3, np.nan]), pd.Series([5.0] * 4), False
    )
    assert gaps["missing"] == (0.25, 0.0)
    assert gaps["quantiles"][1] == (0.5, 2.0, 5.0)


def test_a_wide_table_still_fits_a_screen(folder):
    rng = np.random.default_rng(0)
    wide = pd.DataFrame({f"x{j}": rng.normal(size=360) for j in range(60)}).assign(
        fraud=pd.read_csv("rows.csv")["fraud"]
    )
    wide.to_csv("rows.csv", index=False)
    found = train(read_training("trees.yaml")).summary
    assert len(found["columns"]) == 61
    console = Console(width=120, record=True, file=open(os.devnull, "w"))  # noqa: SIM115  # closed below
    console.print(TrainingSummary(found))
    console.file.close()
    shown = console.export_text()
    assert len(shown.splitlines()) < MOST_COLUMNS + 12
    assert "fraud (target)" in shown
    assert "41 columns that differ less are not shown" in shown


def test_names_with_brackets_are_shown_as_they_are(folder):
    pd.read_csv("rows.csv").rename(columns={"amount": "[red]amount"}).to_csv(
        "rows.csv", index=False
    )
    assert (
        "[red]amount"
        in synthkit_("train", "trees.yaml", "--out", "m").stdout.split("real → sampled")[1]
    )


def test_the_readmes_one_line(folder):
    df = pd.read_csv("rows.csv")
    tiny = {"batch_size": 100, "generator_dim": (16,), "discriminator_dim": (16,)}
    rows = synthkit.CTGAN(epochs=1, **tiny).fit(df, target="fraud").sample(20, where={"fraud": 1})
    assert rows["fraud"].tolist() == [1] * 20
    assert rows.dtypes.equals(df.dtypes)


def test_models_from_python(folder):
    fitted = synthkit.train("trees.yaml", out="m.synthkit").fitted
    assert synthkit.read_manifest("m.synthkit")["training_hash"] == fitted.training_hash
    assert_frame_equal(synthkit.load_model("m.synthkit").sample(9, 1), fitted.sample(9, 1))
    synthkit.save_model(replace(fitted), "again.synthkit")
    assert_frame_equal(synthkit.load_model("again.synthkit").sample(9, 1), fitted.sample(9, 1))
    assert isinstance(synthkit.read_training("gan.yaml").synthesizer, CTGAN)


# ------------------------------------------------------------------------------------ streams of rows

ENDINGS = (".parquet", ".csv", ".csv.gz", ".tsv", ".tsv.gz")


@pytest.fixture(scope="module")
def fitted():
    """Sequential trees on the article's table: 5 % frauds."""
    data = synthkit.load("article_fraud")
    return SequentialTrees().fit(data.table, data.schema, 0)


@pytest.fixture
def mixed(mixed_table):
    """Noise on every kind of column, with missing values, a key and a target of three classes."""
    return Noise().fit(mixed_table.drop(columns="note"), target="outcome", rng=0)


@pytest.fixture
def model(fitted, tmp_path, monkeypatch):
    """A model file, in the folder where the command runs."""
    monkeypatch.chdir(tmp_path)
    save_model(fitted, "m.synthkit")
    return "m.synthkit"


def refused(*arguments):
    """The one line that the command ends with."""
    said = synthkit_(*arguments, code=2).stderr
    assert said.startswith("Error: ")
    assert len(said.splitlines()) == 1
    return said


def whole(parts):
    return pd.concat(list(parts), ignore_index=True)


def test_a_stream_begins_with_that_of_fewer_whole_batches(mixed):
    short = whole(batches(mixed, 200, 3, batch_rows=100))
    long = whole(batches(mixed, 450, 3, batch_rows=100))
    assert_frame_equal(long.iloc[:200], short)
    assert long["id"].is_unique
    assert [len(part) for part in batches(mixed, 450, 3, batch_rows=100)] == [
        100,
        100,
        100,
        100,
        50,
    ]


def test_a_batch_does_not_depend_on_what_was_sampled_before(mixed):
    expected = list(batches(mixed, 300, 3, batch_rows=100))[2]
    stream = batches(mixed, 300, 3, batch_rows=100)
    for _ in range(2):
        next(stream)
        mixed.sample(17)
    assert_frame_equal(next(stream), expected)


def test_batches_and_seeds_differ(fitted):
    first, second = batches(fitted, 200, 3, batch_rows=100)
    assert not first.equals(second)
    assert not first.equals(next(batches(fitted, 200, 4, batch_rows=100)))


@pytest.mark.parametrize("size", [50_000, 1_000, 7])
def test_the_classes_of_a_stream_come_at_their_rates(fitted, size):
    n = min(200_000, 400 * size)
    frauds = sum(int(part["fraud"].sum()) for part in batches(fitted, n, 1, batch_rows=size))
    low, high = binom.ppf([1e-4, 1 - 1e-4], n, 0.05)
    assert low <= frauds <= high


def test_conditions_hold_in_every_batch(fitted):
    for part in batches(fitted, 250, 1, {"fraud": 1}, batch_rows=100):
        assert (part["fraud"] == 1).all()


def test_wide_tables_have_shorter_batches(fitted, mixed):
    assert rows_per_batch(fitted) == MOST_ROWS
    wide = pd.DataFrame(np.random.default_rng(0).normal(size=(30, 100))).rename(columns=str)
    assert rows_per_batch(Noise().fit(wide, rng=0)) == 20_000


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_same_seed_gives_the_same_bytes(mixed, tmp_path, ending):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert (
            write_sample(mixed, tmp_path / f"{name}{ending}", 130, seed, batch_rows=50).rows == 130
        )
    a, b, c = ((tmp_path / f"{name}{ending}").read_bytes() for name in "abc")
    assert a == b
    assert a != c


def test_memory_does_not_grow_with_the_rows(fitted, tmp_path):
    write_sample(fitted, tmp_path / "warm.parquet", 50_000, 0)
    peaks = []
    for n in (100_000, 1_000_000):
        with measured() as step:
            write_sample(fitted, tmp_path / "rows.parquet", n, 0)
        peaks.append(step.peak)
    # A million rows are 40 MB; a stream that kept them would hold that and the table of each part.
    assert peaks[1] < peaks[0] + 30, peaks


def test_an_interrupted_stream_leaves_the_old_file(model, monkeypatch, tmp_path):
    def interrupting(_, done, *__):
        if done >= 2 * MOST_ROWS:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr("synthkit.progress.Line.tell", interrupting)
    (tmp_path / "rows.csv").write_text("older rows")
    done = synthkit_("sample", model, "-n", 10**7, "--seed", 5, "-o", "rows.csv", code=130)
    assert "rows.csv was not written; --seed 5 begins the same rows again" in done.stderr
    assert (tmp_path / "rows.csv").read_text() == "older rows"
    assert sorted(path.name for path in tmp_path.iterdir()) == [model, "rows.csv"]


def test_a_failing_stream_leaves_the_old_file(mixed, tmp_path, monkeypatch):
    (tmp_path / "rows.csv").write_text("older rows")
    first = [mixed.sample(60, 0)]

    def starved(*_, **__):
        if first:
            return first.pop()
        raise MemoryError

    monkeypatch.setattr(type(mixed), "sample", starved)
    with pytest.raises(DataError, match=r"memory for 40 rows × 14 columns.*Lower batch_rows"):
        write_sample(mixed, tmp_path / "rows.csv", 100, 0, batch_rows=60)
    assert (tmp_path / "rows.csv").read_text() == "older rows"
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


def test_sample_writes_what_is_asked(model, tmp_path, fitted):
    done = synthkit_(
        "sample", model, "-n", 700, "--where", "fraud=1", "--seed", 5, "-o", "new/rows.parquet"
    )
    rows = pd.read_parquet("new/rows.parquet")
    assert_frame_equal(rows, whole(batches(fitted, 700, 5, {"fraud": 1})))
    assert "Written to new/rows.parquet: 700 rows" in done.stdout
    assert "with --seed 5. 100.0% of the rows proposed met the conditions" in done.stdout
    assert "700 of 700" in done.stderr


def test_a_seed_that_was_not_given_is_printed_and_gives_the_same_rows(model):
    said = [synthkit_("sample", model, "-n", 50, "-o", f"{name}.csv").stdout for name in "ab"]
    seed = said[0].split("--seed ")[1].split(".")[0]
    assert seed not in said[1]
    synthkit_("sample", model, "-n", 50, "-o", "again.csv", "--seed", seed)
    again, first, second = (Path(f"{name}.csv").read_text() for name in ("again", "a", "b"))
    assert again == first
    assert again != second


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-n", "0", "-o", "a.csv"), "a whole number of rows of at least 1, however n is 0"),
        (("-n", "-3", "-o", "a.csv"), "however n is -3"),
        (("-n", "5"), "however -o FILE is not given"),
        (("-o", "a.csv"), "however -n ROWS is not given"),
        (
            ("-n", "5", "-o", "a.xlsx"),
            "must end in .parquet, .csv, .csv.gz, .tsv, .tsv.gz, however it is 'a.xlsx'",
        ),
        (("-n", "5", "-o", "a.parqet"), "Did you mean '.parquet'?"),
        (("-n", "5", "-o", "rows"), "however it is 'rows'"),
        (("-n", "5", "-o", ".csv"), "however it is '.csv'"),
        (("-n", "5", "-o", "folder.csv"), "folder.csv is a folder"),
        (("-n", "5", "-o", "m.synthkit/a.csv"), "must be writable"),
        (
            ("-n", "5", "-o", "a.csv", "--seed", "-1"),
            "seed must be a whole number at least 0, however it is -1",
        ),
        (
            ("-n", "5", "-o", "a.csv", "--where", "frod=1"),
            "none named 'frod'. Did you mean 'fraud'?",
        ),
        (
            ("-n", "5", "-o", "a.csv", "--where", "fraud"),
            "--where needs column=value, however it is 'fraud'",
        ),
        (
            ("-n", "5", "-o", "a.csv", "--where", "fraud=7"),
            "values seen, however '7' is not. Known: 0, 1.",
        ),
        (("-n", "5", "-o", "a.csv", "--where", "fraud="), "no row of it was missing"),
        (("-n", "5", "-o", "a.csv", "--where", "amount=1e9"), "within the range seen"),
        (
            ("-n", "5", "-o", "a.csv", "--where", "amount=lots"),
            "needs a number, however it is 'lots'",
        ),
        (
            ("-n", "5", "-o", "a.csv", "--where", "fraud=1", "--where", "fraud=0"),
            "'fraud' is given 1 and 0",
        ),
    ],
)
def test_what_is_refused(model, tmp_path, arguments, words):
    (tmp_path / "folder.csv").mkdir()
    assert words in refused("sample", model, *arguments)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.csv", model]


def test_more_rows_than_a_number_are_a_wrong_option(model):
    assert synthkit_("sample", model, "-n", "many", "-o", "a.csv", code=2).stderr


def rewritten(path, **changes):
    """The model file with its manifest changed."""
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    parts["manifest.json"] = json.dumps(json.loads(parts["manifest.json"]) | changes).encode()
    with zipfile.ZipFile(path, "w") as file:
        for name, data in parts.items():
            file.writestr(name, data)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda p: p.unlink(), "however there is none at m.synthkit"),
        (lambda p: p.write_text("fraud,amount\n1,2\n"), "truncated or no model file at all"),
        (lambda p: p.write_bytes(p.read_bytes()[:2_000]), "truncated or no model file at all"),
        (lambda p: rewritten(p, format_version=99), "of format 99, however this synthkit"),
        (
            lambda p: rewritten(p, checksums={"arrays.npz": "0", "state.json": "0"}),
            "altered or damaged",
        ),
    ],
)
def test_a_file_that_is_no_whole_model(model, tmp_path, spoil, words):
    spoil(tmp_path / model)
    assert words in refused("sample", model, "-n", 5, "-o", "a.csv")
    assert not (tmp_path / "a.csv").exists()


def test_a_pickled_model_asks_for_trust_and_its_manifest_does_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = synthkit.load("article_fraud")
    tiny = CTGAN(epochs=1, generator_dim=(16,), discriminator_dim=(16,))
    save_model(tiny.fit(data.table.iloc[4_500:], data.schema, 0), "gan.synthkit")
    assert "runs whatever code" in refused("sample", "gan.synthkit", "-n", 5, "-o", "a.csv")
    told = json.loads(synthkit_("sample", "gan.synthkit", "--manifest").stdout)
    assert (told["synthesizer"]["name"], told["schema"]["target"], told["rows"]) == (
        "ctgan",
        "fraud",
        500,
    )
    for name in "ab":
        synthkit_(
            "sample",
            "gan.synthkit",
            "--trust",
            "-n",
            500,
            "--where",
            "fraud=0",
            "--seed",
            1,
            "-o",
            f"{name}.csv",
        )
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert (pd.read_csv("a.csv")["fraud"] == 0).all()


def test_conditions_are_values_of_their_columns(mixed):
    assert conditions_of(
        mixed, ["outcome=fraud", "card_present=true", "chip=False", "flag=1", "items=3", "city="]
    ) == {
        "outcome": "fraud",
        "card_present": True,
        "chip": False,
        "flag": 1,
        "items": 3,
        "city": None,
    }
    assert conditions_of(mixed, ["when=2024-04-01"])["when"] == pd.Timestamp(
        "2024-04-01", tz="Europe/Berlin"
    )
    assert conditions_of(mixed, ["age=null", "age="]) == {"age": None}
    assert conditions_of(mixed, ["city=N/A: none"]) == {"city": "N/A: none"}
    with pytest.raises(DataError, match="keys are new in every row"):
        conditions_of(mixed, ["id=p-00001"])
    with pytest.raises(ConfigError, match="needs column=value, however it is 'city'"):
        conditions_of(mixed, ["city"])


def test_a_column_may_have_an_equals_sign_in_its_name():
    table = pd.DataFrame({"a": ["x", "b=y"] * 10, "a=b": ["y", "z"] * 10, "n": np.arange(20.0)})
    fitted = Noise().fit(table, synthkit.Schema.detect(table, kinds={"n": "numeric"}), 0)
    assert conditions_of(fitted, ["a=b=y"]) == {"a=b": "y"}
    assert conditions_of(fitted, ["a=x"]) == {"a": "x"}


def test_conditions_too_rare_name_themselves(fitted, tmp_path, monkeypatch):
    draw = type(fitted.model).draw
    monkeypatch.setattr(
        type(fitted.model),
        "draw",
        lambda self, n, where, rng: draw(self, n, {}, rng).assign(fraud=0),
    )
    with pytest.raises(DataError, match=r"5 rows where fraud = 1 are needed, however only 0 of"):
        write_sample(fitted, tmp_path / "a.csv", 5, 0, {"fraud": 1})
    assert list(tmp_path.iterdir()) == []


def test_a_rule_about_the_whole_table_holds_in_the_whole_stream():
    """Batches know nothing of each other, so such a model's rows are one batch."""
    table = pd.DataFrame(
        {"a": np.arange(400) % 20, "b": np.arange(400) // 20, "y": np.arange(400) % 4 == 0}
    )
    rules = [{"rule": "unique", "columns": ["a", "b"]}]
    model = ConstrainedSynthesizer("sequential_trees", rules).fit(table, target="y", rng=0)
    apart = pd.concat([model.sample(50, rng) for rng in (1, 2, 3)])
    assert apart.duplicated(["a", "b"]).any()
    parts = list(batches(model, 150, 0, batch_rows=50))
    assert [len(part) for part in parts] == [150]
    assert not parts[0].duplicated(["a", "b"]).any()
    told = ConstrainedSynthesizer("sequential_trees", rules, "report").fit(table, target="y", rng=0)
    assert (
        len(list(batches(told, 150, 0, batch_rows=50))) == 3
    )  # nothing is promised that batches could break
