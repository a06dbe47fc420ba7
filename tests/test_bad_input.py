"""Every way of being wrong that people find: one clear message, exit code 2, nothing half-written."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import synthkit
from synthkit.cli import app

SMALL = (
    "--jobs",
    "1",
    "--set",
    "split={repeats: 1, folds: 2, tune: 0.25}",
    "--set",
    "classifiers=[logistic_regression]",
    "--set",
    "arms=[none]",
)


@pytest.fixture(scope="module")
def rows():
    """A sound table of 200 rows with 40 frauds."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "amount": rng.exponential(50, 200).round(2),
            "hour": rng.integers(0, 24, 200),
            "shop": rng.choice(["a", "b", "c"], 200),
            "fraud": np.repeat([0, 1], [160, 40]),
        }
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments):
    done = CliRunner().invoke(app, [str(a) for a in arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def refused(*arguments, left=()):
    """The message of a command that must fail and leave no file but `left`."""
    before = set(Path().rglob("*"))
    done = run(*arguments)
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    # Of a command that had begun to run, what it runs on and lines of progress stand above the message.
    *progress, message = done.stderr.strip().splitlines()
    assert all(
        line.startswith(("Cells: ", "Not learned from: ")) or " rows, " in line for line in progress
    )
    assert message.startswith("Error: ")
    assert {str(p) for p in set(Path().rglob("*")) - before} == set(left)
    return message


def of_table(table, *arguments):
    table.to_csv("t.csv", index=False)
    return refused("compare", "t.csv", "--target", "fraud", *SMALL, *arguments)


def test_the_table_that_the_others_spoil_is_sound(folder, rows):
    rows.to_csv("t.csv", index=False)
    assert run("compare", "t.csv", "--target", "fraud", *SMALL).exit_code == 0


def test_a_missing_file(folder):
    assert "nowhere.csv" in refused("compare", "nowhere.csv", "--target", "fraud")
    assert "nowhere.yaml" in refused("compare", "nowhere.yaml")


def test_a_missing_file_of_a_config(folder):
    Path("x.yaml").write_text("data: {path: nowhere.csv, target: fraud}")
    assert "nowhere.csv" in refused("compare", "x.yaml")


def test_an_empty_file(folder):
    Path("t.csv").write_text("")
    assert "empty" in refused("compare", "t.csv", "--target", "fraud")
    Path("x.yaml").write_text("")
    assert "empty" in refused("compare", "x.yaml")


def test_a_header_without_rows(folder, rows):
    assert "rows" in of_table(rows.head(0))


def test_a_table_without_a_named_target(folder, rows):
    rows.to_csv("t.csv", index=False)
    assert "target" in refused("compare", "t.csv")


def test_one_class_only(folder, rows):
    assert "at least two classes, however every row is 0" in of_table(rows[rows.fraud == 0])


def test_no_such_target(folder, rows):
    message = of_table(rows.rename(columns={"fraud": "frauds"}))
    assert "'fraud' is not in the table" in message
    assert "Did you mean 'frauds'?" in message


def test_no_such_target_of_a_config(folder, rows):
    rows.to_csv("t.csv", index=False)
    Path("x.yaml").write_text("arms: [none]\ndata:\n  path: t.csv\n  target: frad\n")
    assert refused("compare", "x.yaml").startswith(
        "Error: x.yaml, line 4: The target must be a column, however 'frad'"
    )


def test_a_target_without_any_value(folder, rows):
    message = of_table(rows.assign(fraud=np.nan))
    assert "'fraud'" in message
    assert "missing" in message


def test_a_target_with_missing_values_is_reported_and_dropped_only_when_asked(folder, rows):
    holes = rows.assign(fraud=rows.fraud.where(rows.index != 3))
    message = of_table(holes)
    assert "1 of 200" in message
    assert "row 3" in message
    assert "drop_missing_target" in message
    done = run(
        "compare", "t.csv", "--target", "fraud", *SMALL, "--set", "data.drop_missing_target=true"
    )
    assert done.exit_code == 0
    assert "Dropped: 1 rows without a target." in done.stdout


def test_duplicated_column_names(folder, rows):
    rows.to_csv("t.csv", index=False)
    Path("t.csv").write_text(Path("t.csv").read_text().replace("amount,hour", "amount,amount"))
    assert "'amount'" in refused("compare", "t.csv", "--target", "fraud", *SMALL)


def test_infinity(folder, rows):
    message = of_table(rows.assign(amount=rows.amount.where(rows.index != 7, np.inf)))
    assert "'amount'" in message
    assert "finite" in message
    assert "row 7" in message


def test_a_column_of_mixed_types(folder, rows):
    mixed = rows.assign(amount=rows.amount.astype(object).where(rows.index % 50 != 7, "twelve"))
    mixed.to_csv("t.csv", index=False)
    Path("x.yaml").write_text("data: {path: t.csv, target: fraud, schema: {amount: numeric}}")
    message = refused("compare", "x.yaml", *SMALL)
    assert "'amount' must hold a number" in message
    assert "'twelve'" in message
    assert "row 7" in message


def test_a_data_frame_of_mixed_types(rows):
    mixed = rows.assign(amount=rows.amount.astype(object).where(rows.index % 50 != 7, "twelve"))
    with pytest.raises(
        synthkit.DataError,
        match="'amount' must hold one type of value, however it mixes float, str",
    ):
        synthkit.compare(mixed, "fraud")


def test_not_utf_8(folder, rows):
    rows.assign(shop=rows["shop"].replace("a", "café")).to_csv(
        "t.csv", index=False, encoding="latin-1"
    )
    message = refused("compare", "t.csv", "--target", "fraud", *SMALL)
    assert "UTF-8" in message
    assert "encoding" in message
    done = run("compare", "t.csv", "--target", "fraud", *SMALL, "--set", "data.encoding=latin-1")
    assert done.exit_code == 0


def test_ragged_rows(folder, rows):
    rows.to_csv("t.csv", index=False)
    lines = Path("t.csv").read_text().splitlines()
    lines[9] += ",7,7"
    Path("t.csv").write_text("\n".join(lines))
    assert "line 10" in refused("compare", "t.csv", "--target", "fraud", *SMALL)


def test_fewer_rows_of_a_class_than_folds(folder, rows):
    message = of_table(rows.iloc[:163], "--set", "split.folds=5")
    assert "fraud" in message
    assert "3" in message
    assert "fold" in message


def test_an_unknown_arm(folder, rows):
    rows.to_csv("t.csv", index=False)
    message = refused("compare", "t.csv", "--target", "fraud", *SMALL, "--set", "arms=[nome]")
    assert message == "Error: --set arms=[nome]: There is no strategy 'nome'. Did you mean 'none'?"
    Path("x.yaml").write_text("data: article_fraud\narms:\n  - none\n  - smotte\n")
    assert refused("compare", "x.yaml") == (
        "Error: x.yaml, line 4: There is no strategy 'smotte'. Did you mean 'smote'?"
    )


@pytest.mark.parametrize("ratio", ["0", "-1", "1.5", ".nan", "half", "true"])
def test_a_ratio_outside_its_range(folder, ratio):
    Path("x.yaml").write_text(
        f"data: article_fraud\narms:\n  - none\n  - name: random_oversampling\n    ratio: {ratio}\n"
    )
    message = refused("compare", "x.yaml")
    assert message.startswith("Error: x.yaml, line 5: ratio ")
    assert "number" in message


def test_a_price_that_is_no_column(folder, rows):
    rows.to_csv("t.csv", index=False)
    Path("x.yaml").write_text(
        "data: {path: t.csv, target: fraud}\ncost:\n  missed_positive: amuont\n"
    )
    message = refused("compare", "x.yaml", *SMALL)
    assert message.startswith("Error: x.yaml, line 3: missed_positive must be a number or a column")
    assert "Did you mean 'amount'?" in message


def test_a_positive_class_that_no_row_has(folder, rows):
    assert "'2'" in of_table(rows, "--positive", "2")


def test_a_run_folder_that_cannot_be_written(folder, rows):
    Path("file").write_text("")
    assert "file" in of_table(rows, "--out", "file/run")


def test_a_run_folder_where_nothing_may_be_made(folder, rows):
    assert "/proc/run" in of_table(rows, "--out", "/proc/run")


def test_the_run_folder_of_another_config_is_refused_naming_the_difference(folder, rows):
    rows.to_csv("t.csv", index=False)
    assert run("compare", "t.csv", "--target", "fraud", *SMALL, "--out", "a").exit_code == 0
    before = {path: path.read_bytes() for path in Path("a").iterdir()}
    message = refused(
        "compare", "t.csv", "--target", "fraud", *SMALL, "--out", "a", "--set", "seed=5"
    )
    assert "config.seed was 0 there and is 5 here" in message
    assert "--out" in message
    rows.assign(amount=rows.amount + 1).to_csv("t.csv", index=False)
    assert "data.hash was" in refused("compare", "t.csv", "--target", "fraud", *SMALL, "--out", "a")
    assert {path: path.read_bytes() for path in Path("a").iterdir()} == before


def test_a_folder_with_a_ledger_that_is_none(folder, rows):
    rows.to_csv("t.csv", index=False)
    Path("a").mkdir()
    Path("a/ledger.jsonl").write_text("not a ledger\n")
    assert "ledger" in refused("compare", "t.csv", "--target", "fraud", *SMALL, "--out", "a")


def test_a_disk_that_is_full_when_the_results_are_written(folder, rows, monkeypatch):
    rows.to_csv("t.csv", index=False)
    replace = os.replace

    def full(source, target):
        if str(target).endswith("results.json"):
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)
    left = ["a", "a/ledger.jsonl", "a/cells.parquet", "a/config.yaml", "a/manifest.json"]
    message = refused("compare", "t.csv", "--target", "fraud", *SMALL, "--out", "a", left=left)
    assert (
        "results.json must be writable, however writing it failed: No space left on device."
        in message
    )
    monkeypatch.setattr(os, "replace", replace)
    assert run("compare", "t.csv", "--target", "fraud", *SMALL, "--out", "a").exit_code == 0


def test_a_disk_that_is_full_in_the_middle_keeps_whole_lines_only(folder, rows):
    """A limit on the size of files stands in for the disk: the ledger's line does not fit as a whole."""
    rows.to_csv("t.csv", index=False)
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000));"
        "from synthkit.cli import main; main()"
    )
    command = [
        "compare",
        "t.csv",
        "--target",
        "fraud",
        *SMALL,
        "--set",
        "split.repeats=4",
        "--out",
        "a",
    ]
    done = subprocess.run(
        [sys.executable, "-c", code, *command],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert (
        "ledger.jsonl must be writable, however writing it failed: File too large." in done.stderr
    )
    content = Path("a/ledger.jsonl").read_bytes()
    assert 2 <= content.count(b"\n") < 9
    assert content.endswith(b"\n")
    assert [path.name for path in Path("a").iterdir()] == ["ledger.jsonl"]
    again = run(*command)
    assert again.exit_code == 0, again.stderr


def test_when_every_cell_fails_the_command_does_too(folder, rows, monkeypatch):
    def fail(self, train, rng):
        raise RuntimeError("no luck")

    monkeypatch.setattr(synthkit.RandomOversampling, "__call__", fail)
    rows.to_csv("t.csv", index=False)
    command = ("compare", "t.csv", "--target", "fraud", *SMALL, "--set")
    done = run(*command, "arms=[random_oversampling]", "--out", "a")
    assert done.exit_code == 2
    assert "every cell failed, the first with: RuntimeError: no luck" in done.stderr
    done = run(*command, "arms=[none, random_oversampling]", "--out", "b")
    assert done.exit_code == 0  # one arm with holes is a row with its error, the other is compared
    assert (
        "Failed: random_oversampling with logistic_regression, repeat 0, fold 0: RuntimeError"
        in done.stdout
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("compare",),
        ("compare", "x.yaml", "--jobs", "0"),
        ("compare", "x.yaml", "--job", "1"),
        ("compre", "x.yaml"),
    ],
    ids=" ".join,
)
def test_a_wrong_command_line(folder, arguments):
    assert run(*arguments).exit_code == 2
