"""The page as text: whole, small, the same for the same results, honest about what is missing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from helpers.pages import HOSTILE, HOSTILE_COLUMN, Outline

from synthkit.errors import DataError
from synthkit.report import page


def test_one_small_file_that_refers_to_nothing_outside(results: dict[str, Any]) -> None:
    text = page.html(results)
    found = Outline(text)
    assert len(text.encode()) < 2_000_000
    assert not [
        (tag, a)
        for tag, a in found.tags
        if "src" in a or a.get("href", "#main") not in ("#main", "data:,")
    ]
    assert (
        len(found.scripts) == 4
    )  # figures, colours, plotly, our own: no name has begun or ended one
    assert "@import" not in text.split("</style>")[0]


def test_names_are_escaped_wherever_they_stand(results: dict[str, Any]) -> None:
    found = Outline(page.html(results))
    assert HOSTILE in found.text
    assert HOSTILE_COLUMN in found.text
    assert not [tag for tag, _ in found.tags if tag == "img"]
    figures = json.loads(found.scripts[0])
    assert any(
        trace.get("legendgroup") == HOSTILE
        for figure in figures.values()
        for trace in figure["data"]
    )


def test_only_the_pages_own_scripts_may_run(results: dict[str, Any]) -> None:
    text = page.html(results)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    assert "default-src 'none'" in policy[1]
    assert policy[1].count("sha256-") == 2
    assert "unsafe-inline" not in policy[1].split("script-src")[1]


def test_same_results_same_bytes(results: dict[str, Any]) -> None:
    assert page.html(results) == page.html(json.loads(json.dumps(results)))


def test_every_arm_stands_in_every_table_and_limits_stand_apart(results: dict[str, Any]) -> None:
    text = page.html(results)
    for body in re.findall(r'<tbody class="arms-body">(.*?)</tbody>', text, re.S):
        assert body.count("<tr") == 4
        assert "perfect" not in body
    limits = re.findall(r'<tbody class="limits-body">(.*?)</tbody>', text, re.S)
    assert len(limits) == 2
    assert all("perfect generator" in body and "Bayes limit" in body for body in limits)
    assert text.count("published 0.950") == 2


def test_what_was_run_is_told(results: dict[str, Any]) -> None:
    text = Outline(page.html(results)).text
    for fact in (
        results["data"]["hash"],
        results["run"]["versions"]["scikit-learn"],
        "amount",
        "seed",
        results["run"]["machine"]["platform"],
    ):
        assert str(fact) in text


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("corrected", "its 95 % interval. The gap"),
        ("spread", "dice alone"),
        ("none", "One fit gives no interval"),
    ],
)
def test_intervals_are_called_what_they_are(results: dict[str, Any], kind: str, said: str) -> None:
    for row in results["rows"]:
        for score in row["scores"].values():
            score["kind"] = kind
    assert said in Outline(page.html(results)).text


def test_undefined_values_are_counted_and_said(results: dict[str, Any]) -> None:
    assert "undefined" not in Outline(page.html(results)).text
    next(iter(results["rows"][0]["scores"].values()))["undefined"] = 2
    next(iter(results["rows"][1]["scores"].values()))["undefined"] = 1
    assert (
        "3 values were undefined in their fold and are left out" in Outline(page.html(results)).text
    )


def test_failed_cells_are_shown_and_their_arm_is_not_ranked(results: dict[str, Any]) -> None:
    row = results["rows"][1]
    row.update(failed=2, scores={}, gap=None)
    results["cost"][1].update(
        worth=None, sentence=None, seconds=None, augment_seconds=None, fit_seconds=None
    )
    results["failures"] = [
        {
            "arm": row["arm"],
            "classifier": row["classifier"],
            "repeat": 0,
            "fold": i,
            "error": f"boom <b>{i}</b>",
        }
        for i in range(60)
    ]
    found = Outline(page.html(results))
    assert "2 of 6 cells failed: not ranked" in found.text
    assert "boom <b>0</b>" in found.text
    assert "and 10 more" in found.text


@pytest.mark.parametrize("without", ["prices", "intervals", "curves", "run", "cells"])
def test_what_is_not_there_is_not_shown_and_nothing_breaks(
    results: dict[str, Any], without: str
) -> None:
    if without == "prices":
        del results["config"]["cost"]
        for entry in (*results["rows"], *results["curves"]):
            for part in (entry, entry.get("scores") or {}, entry.get("gap") or {}):
                for key in [k for k in part if k.startswith("cost")]:
                    del part[key]
    elif without == "intervals":  # one fit per arm
        for row, cost in zip(results["rows"], results["cost"], strict=True):
            row["gap"], cost["worth"], cost["sentence"] = None, None, None
            for score in row["scores"].values():
                score.update(low=None, high=None, kind="none")
    elif without == "run":
        del results["run"]
    else:
        results[without] = []
    text = page.html(results)
    assert "Undefined" not in Outline(text).text
    assert ">None<" not in text
    assert ">nan<" not in text
    if without in ("prices", "intervals", "curves", "cells"):
        assert "Not drawn" in text


def test_a_page_is_whole_or_absent(results: dict[str, Any], tmp_path: Path) -> None:
    path = page.write(results, tmp_path / "deep" / "report.html")
    assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(DataError, match="must be writable"):
        page.write(results, tmp_path / "taken" / "report.html")
