"""`synthkit quality`: files in, a table and a folder out; what is wrong in words and exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from synthkit.cli import app
from synthkit.results import QualityResults, read


def run(*arguments: object):
    return CliRunner().invoke(app, ["quality", *map(str, arguments)])


@pytest.fixture(scope="module")
def files(three, tmp_path_factory) -> tuple[Path, Path, Path]:
    folder = tmp_path_factory.mktemp("tables")
    paths = folder / "real.csv", folder / "made.parquet", folder / "holdout.csv"
    for table, path in zip(three, paths, strict=True):
        table[:300].to_csv(path, index=False) if path.suffix == ".csv" else table[:300].to_parquet(
            path
        )
    return paths


def test_tables_of_files_give_a_table_and_a_folder(files, tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules:\n- {name: dear, rule: range, column: amount, max: 20}\n")
    done = run(
        *files[:2],
        "--holdout",
        files[2],
        "--target",
        "fraud",
        "--rules",
        rules,
        "-o",
        tmp_path / "out",
    )
    assert done.exit_code == 0, done.output
    for words in (
        "300 real rows, 300 synthetic rows, 300 held out",
        "detection",
        "Most often: dear",
        "quality.html",
    ):
        assert words in done.output
    results = read(tmp_path / "out", QualityResults).plain()
    assert results["data"]["real"]["name"] == "real.csv"
    assert results["data"]["positive"] in (1, "1")
    page = tmp_path / "out" / "quality.html"
    written = page.read_bytes()
    page.unlink()
    again = CliRunner().invoke(app, ["report", str(tmp_path / "out")])
    assert again.exit_code == 0, again.output
    assert page.read_bytes() == written


def test_what_is_wrong_is_said_before_the_work(files, tmp_path):
    real, made, _ = files
    for arguments, said in (
        ((real, tmp_path / "none.csv"), "none.csv"),
        ((real, made, "--target", "froud"), "'froud' is not in the table"),
        ((real, made, "--rules", tmp_path / "no.yaml"), "no.yaml"),
        ((real, made, "--schema", tmp_path / "no.yaml"), "no.yaml"),
        ((real, made, "--model", tmp_path / "no.synthkit"), "no.synthkit"),
    ):
        done = run(*arguments, "-o", tmp_path / "out")
        assert done.exit_code == 2, done.output
        assert said in done.output
        assert "Traceback" not in done.output
    assert not list((tmp_path / "out").glob("*"))


def test_a_model_gives_its_loss_curve(files, tmp_path, three):
    import synthkit

    fitted = synthkit.SequentialTrees().fit(three[0][:100], target="fraud", rng=0)
    synthkit.save_model(fitted, tmp_path / "trees.synthkit")
    schema = tmp_path / "schema.yaml"
    schema.write_text("target: fraud\ncolumns: {items: categorical}\n")
    done = run(
        *files[:2],
        "--model",
        tmp_path / "trees.synthkit",
        "--schema",
        schema,
        "-o",
        tmp_path / "out",
    )
    assert done.exit_code == 0, done.output
    results = read(tmp_path / "out", QualityResults).plain()
    assert results["losses"] is None
    assert {"name": "items", "kind": "categorical"} in results["data"]["columns"]
    assert results["data"]["target"] == "fraud"
