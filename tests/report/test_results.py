"""results.json: what was written comes back; what was cut, edited or made by another version is refused in words."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import synthkit.results
from synthkit.errors import DataError
from synthkit.results import ComparisonResults, Record, checksum, dump, figures, read

DOCUMENTS = Path(__file__).parents[2] / "docs"
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.text(max_size=5)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.fixture
def file(results: dict[str, Any], tmp_path: Path) -> Path:
    path = tmp_path / "results.json"
    path.write_text(dump(results), encoding="utf-8")
    return path


def test_what_was_written_comes_back(file: Path, results: dict[str, Any]) -> None:
    results_read = read(file, ComparisonResults)
    found = results_read.plain()
    assert found == json.loads(dump(results))
    assert dump(results_read) == file.read_text(encoding="utf-8")
    assert read(file.parent, ComparisonResults) == results_read
    assert figures(found) == json.loads(json.dumps(figures(results)))
    assert next(iter(found)) == "format"


def test_a_comparison_saves_what_can_be_read_and_its_page(measured: Any, tmp_path: Path) -> None:
    from synthkit.report import page

    measured.save(tmp_path / "run")
    found = read(tmp_path / "run", ComparisonResults).plain()
    assert list(found)[-1] == "cost"
    assert set(found["run"]) == {"versions", "machine"}
    # From results.json alone, the same page to the byte.
    assert page.html(found) == (tmp_path / "run" / "report.html").read_text(encoding="utf-8")


@given(st.dictionaries(st.text(max_size=5), PLAIN, min_size=1, max_size=4))
def test_the_checksum_knows_values_and_not_their_order(values: dict[str, Any]) -> None:
    turned = dict(reversed(list(values.items())))
    assert checksum(json.loads(json.dumps(turned, indent=2))) == checksum(values)
    changed = values | {"new": 1, **({"new": 2} if values.get("new") == 1 else {})}
    assert checksum(changed) != checksum(values)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_file_cut_off_is_refused(file: Path, share: float) -> None:
    text = file.read_text(encoding="utf-8")
    file.write_text(text[: int(share * len(text))], encoding="utf-8")
    with pytest.raises(DataError, match="must be whole, however it is cut off or damaged"):
        read(file, ComparisonResults)


def _edit(found: dict[str, Any]) -> None:
    found["rows"][1]["scores"]["average_precision"]["mean"] += 1e-9


def _edit_cost(found: dict[str, Any]) -> None:
    found["cost"][0]["seconds"] = 0.001


def _strip(found: dict[str, Any]) -> None:
    del found["checksum"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_edit, "was edited after it was written"),
        (_edit_cost, "was edited after it was written"),
        (_strip, "has no checksum"),
        (lambda found: found.update(format=7), "must be of format 1, however it is of format 7"),
        (lambda found: found.pop("rows"), "lacks rows"),
        (lambda found: found.pop("format"), "has no format"),
    ],
    ids=["a score", "a cost", "no checksum", "format", "a part", "no format"],
)
def test_a_changed_file_is_refused_with_what_is_wrong(file: Path, change: Any, said: str) -> None:
    found = json.loads(file.read_text(encoding="utf-8"))
    change(found)
    file.write_text(json.dumps(found), encoding="utf-8")
    with pytest.raises(DataError, match=said):
        read(file, ComparisonResults)


@pytest.mark.parametrize(
    "edited", ['"name": NaN', '"name": "\\ud800"', '"name": ' + "[" * 100_000 + "]" * 100_000]
)
def test_an_edit_that_json_cannot_hold_is_refused_in_words(file: Path, edited: str) -> None:
    file.write_text(
        re.sub(r'"name": "[^"]*"', lambda _: edited, file.read_text(encoding="utf-8"), count=1)
    )
    with pytest.raises(DataError, match=r"was edited|damaged"):
        read(file, ComparisonResults)


def test_what_is_no_file_of_ours_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such file"):
        read(tmp_path, ComparisonResults)
    (tmp_path / "list.json").write_text("[1, 2]")
    with pytest.raises(DataError, match="has no format"):
        read(tmp_path / "list.json", ComparisonResults)
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="cannot be read"):
        read(tmp_path / "bytes.json", ComparisonResults)


def test_the_command_writes_the_page_anew_and_refuses_in_words(
    measured: Any, tmp_path: Path
) -> None:
    from typer.testing import CliRunner

    from synthkit.cli import app

    measured.save(tmp_path)
    page = tmp_path / "report.html"
    before = page.read_bytes()
    page.unlink()
    done = CliRunner().invoke(app, ["report", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert page.read_bytes() == before
    results = tmp_path / "results.json"
    results.write_text(
        results.read_text(encoding="utf-8").replace('"seed": 0', '"seed": 1', 1), encoding="utf-8"
    )
    refused = CliRunner().invoke(app, ["report", str(tmp_path)])
    assert refused.exit_code == 2
    assert "was edited" in refused.output
    assert page.read_bytes() == before


def test_the_documents_are_current_and_every_key_has_a_meaning() -> None:
    spec = importlib.util.spec_from_file_location("tables", DOCUMENTS / "tables.py")
    assert spec is not None
    assert spec.loader is not None
    tables = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tables)
    shown: set[str] = set()
    for document in tables.DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        assert tables.current(text) == text, "run python docs/tables.py"
        shown |= set(tables.MARKED.findall(text))
    for kind in vars(synthkit.results).values():
        if isinstance(kind, type) and issubclass(kind, Record):
            assert [key for key, field in kind.model_fields.items() if not field.description] == []
    assert {"ComparisonResults", "QualityResults", "Gap", "Worth", "Attack"} <= shown


def test_no_key_is_written_that_no_type_has(measured: Any) -> None:
    def unknown(found: Any) -> list[str]:
        if isinstance(found, Record):
            below = [
                each for key in type(found).model_fields for each in unknown(getattr(found, key))
            ]
            return [*(found.model_extra or {}), *below]
        if isinstance(found, dict):
            found = list(found.values())
        return (
            [each for value in found for each in unknown(value)] if isinstance(found, list) else []
        )

    assert unknown(ComparisonResults.model_validate(measured.results)) == []
