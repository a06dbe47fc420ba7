"""Streams of synthetic rows: the same bytes, prefixes, rates, flat memory, whole files, and what is refused."""

import json
import os
import signal
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.command import synthkit_
from pandas.testing import assert_frame_equal
from scipy.stats import binom

import synthkit
from synthkit.cli.modelling import conditions_of
from synthkit.comparison.cost import measured
from synthkit.errors import ConfigError, DataError
from synthkit.synthesizers import CTGAN, Noise, SequentialTrees
from synthkit.synthesizers.constrained import ConstrainedSynthesizer
from synthkit.synthesizers.persist import save_model
from synthkit.training import MOST_ROWS, batches, rows_per_batch, write_sample

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
