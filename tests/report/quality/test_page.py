"""The quality page as text: whole, small, the same for the same results, honest about what is missing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.pages import HOSTILE, HOSTILE_COLUMN, Outline

from synthkit.errors import DataError
from synthkit.report.quality import page as quality_page


def test_one_small_file_that_refers_to_nothing_outside(any_report: dict[str, Any]) -> None:
    text = quality_page.html(any_report)
    found = Outline(text)
    assert len(text.encode()) < 2_000_000
    assert not [(tag, a) for tag, a in found.tags if "src" in a]
    links = {str(a["href"]) for _, a in found.tags if "href" in a} - {"data:,"}
    identifiers = [a["id"] for _, a in found.tags if "id" in a]
    assert links <= {f"#{identifier}" for identifier in identifiers}
    assert len(identifiers) == len(set(identifiers))
    assert (
        len(found.scripts) == 4
    )  # figures, colours, plotly, our own: no name has begun or ended one
    assert "@import" not in text.split("</style>")[0]


def test_nothing_that_python_or_json_calls_nothing_is_shown(any_report: dict[str, Any]) -> None:
    found = Outline(quality_page.html(any_report))
    for word in ("None", "nan", "Undefined", "null", "inf"):
        assert not re.search(rf"\b{word}\b", found.text), word


def test_names_are_escaped_wherever_they_stand(report: dict[str, Any]) -> None:
    found = Outline(quality_page.html(report))
    assert HOSTILE in found.text
    assert HOSTILE_COLUMN in found.text
    assert not [tag for tag, _ in found.tags if tag == "img"]
    assert HOSTILE_COLUMN[:10] not in found.scripts[0]


def test_only_the_pages_own_scripts_may_run(report: dict[str, Any]) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', quality_page.html(report))
    assert policy is not None
    assert "default-src 'none'" in policy[1]
    assert policy[1].count("sha256-") == 2
    assert "unsafe-inline" not in policy[1].split("script-src")[1]


def test_same_results_same_bytes_and_nothing_is_changed(any_report: dict[str, Any]) -> None:
    before = json.dumps(any_report)
    assert quality_page.html(any_report) == quality_page.html(json.loads(before))
    assert json.dumps(any_report) == before


def test_every_measure_stands_in_the_table_with_its_control_and_baseline(
    report: dict[str, Any],
) -> None:
    text = quality_page.html(report)
    body = re.search(r'<tbody class="arms-body">(.*?)</tbody>', text, re.S)
    assert body is not None
    rows = re.findall(r"<tr.*?</tr>", body[1], re.S)
    assert len(rows) == len(report["measures"])
    for row, measure in zip(rows, report["measures"], strict=True):
        for key in ("value", "control", "baseline"):
            assert f'data-v="{measure[key]}"' in row
        assert measure["title"] in row


def test_what_was_looked_at_is_told(report: dict[str, Any]) -> None:
    text = Outline(quality_page.html(report)).text
    for fact in (
        "c" * 64,
        "2.0.0",
        "Linux",
        "every row has its own",
        "Too few rows.",
        "format 1, checksum",
    ):
        assert fact in text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no_target", "there is no target."),
        ("no_holdout", "it needs a holdout."),
        ("everything_skipped", "It was not asked for."),
        ("no_holdout", "half of the real table against the other"),
    ],
)
def test_what_is_not_there_is_told_with_its_reason(
    make: Callable[[str], dict[str, Any]], name: str, said: str
) -> None:
    assert said.lower() in Outline(quality_page.html(make(name))).text.lower()


def test_of_many_columns_the_worst_are_drawn_and_all_are_in_the_table(
    make: Callable[[str], dict[str, Any]],
) -> None:
    text = quality_page.html(make("forty_columns"))
    figures = json.loads(Outline(text).scripts[0])
    assert (
        len([name for name in figures if name.startswith("column-")])
        == quality_page.MOST_COLUMNS
        == 48
    )
    assert "12 more columns" in text
    first, *_ = re.findall(r'<h3 id="column-0-name">(.*?)</h3>', text)
    assert first.replace("<wbr>", "") == "a_rather_long_column_name_59"
    assert "a_<wbr>rather_<wbr>long_<wbr>column_<wbr>name_<wbr>0<" in text


def test_a_page_is_whole_or_absent(report: dict[str, Any], tmp_path: Path) -> None:
    path = quality_page.write(report, tmp_path / "deep" / "quality.html")
    assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(DataError, match="must be writable"):
        quality_page.write(report, tmp_path / "taken" / "quality.html")
