"""The notebooks run top to bottom as they are stored, tell their story with outputs, and hold no logic."""

from __future__ import annotations

import ast
import resource
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
#: Seconds of CPU time, all processes together, that each may take at its default budget. Not of wall
#: time: a busy machine is no fault of a notebook's.
LIMIT = 300
#: What would be logic in a notebook: it belongs in the package.
LOGIC = (ast.FunctionDef, ast.ClassDef, ast.While, ast.Try)


def cells(path: Path, kind: str) -> list:
    return [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == kind]


def spent_by_children() -> float:
    """CPU seconds of this process's children that have ended, and of theirs."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def test_the_five_are_there():
    assert [path.stem[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04", "05"]


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_top_to_bottom(path, tmp_path, monkeypatch):
    monkeypatch.setenv(
        "PLOTLY_RENDERER", "plotly_mimetype"
    )  # a still picture needs a browser; stored outputs have one
    monkeypatch.setenv("PYTHONWARNINGS", "error::UserWarning:synthkit")
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    (tmp_path / "notebooks").mkdir()
    copy = shutil.copy(path, tmp_path / "notebooks")
    notebook = nbformat.read(copy, 4)
    before = spent_by_children()
    NotebookClient(
        notebook,
        timeout=None,  # what hangs is ended by pytest-timeout
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path / "notebooks")}},
    ).execute()
    assert spent_by_children() - before < LIMIT
    told = [
        output.text
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.get("name") == "stderr"
    ]
    assert not told, told


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_stored_with_its_outputs_in_order(path):
    code = cells(path, "code")
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert not [
        output
        for output in outputs
        if output.output_type == "error" or output.get("name") == "stderr"
    ]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(pictures) >= 1, "a reader on the web sees no picture: run make notebooks"
    assert path.stat().st_size < 2_000_000


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_tells_a_story_and_holds_no_logic(path):
    prose, code = cells(path, "markdown"), cells(path, "code")
    assert prose[0].source.startswith("# ")
    assert len(prose) >= len(code) / 2
    for cell in code:
        found = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, LOGIC)]
        assert not found, cell.source
        assert max(map(len, cell.source.splitlines())) <= 110
