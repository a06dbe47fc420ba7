"""Results of a small real comparison, with names that would like to be HTML, and a real browser."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from helpers.pages import HOSTILE, HOSTILE_COLUMN

import synthkit
from synthkit.comparison.plan import Arm
from synthkit.table.dataset import load

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def measured() -> Any:
    """A comparison of two classifiers; one arm and one column are called as no one should call them."""
    data = load("article_fraud")
    table = data.table.rename(columns={"velocity": HOSTILE_COLUMN})
    rows = table.index.isin([*range(800), *range(4750, 4830)])
    return synthkit.compare(
        table[rows].reset_index(drop=True),
        target="fraud",
        arms=[
            Arm("none", published={"recall": 0.8, "precision": 0.95}),
            "class_weights",
            Arm("random_oversampling", label=HOSTILE),
            {"name": "random_undersampling", "ratio": 0.9},
        ],
        classifiers=["logistic_regression", {"name": "random_forest", "n_estimators": 5}],
        split={"name": "stratified", "repeats": 2, "folds": 3},
        cost={"missed_positive": "amount", "false_alarm": 5.0, "compute_per_hour": 0.4},
    )


@pytest.fixture
def results(measured: Any) -> dict[str, Any]:
    """Its results, with a limit and a sweep as well; each test may change its copy."""
    return with_sweep(with_limit(copy.deepcopy(measured.results)))


def with_limit(results: dict[str, Any]) -> dict[str, Any]:
    """The same with a bound's row, as simulations have it: a copy of an arm that is a little better."""
    name = "perfect generator"
    results["arms"].append({"label": name, "spec": {}, "published": {}, "limit": True})
    for key in ("rows", "cost", "curves", "cells"):
        results[key] += [
            copy.deepcopy(entry) | {"arm": name}
            for entry in results[key]
            if entry["arm"] == HOSTILE
        ]
    for cost in results["cost"]:
        if cost["arm"] == name:
            cost["sentence"] = None
    results["limit"] = copy.deepcopy(results["rows"][0]["scores"])
    return results


def with_sweep(results: dict[str, Any]) -> dict[str, Any]:
    """The same with learning curves of two arms."""

    def score(mean: float) -> dict[str, Any]:
        return {
            "mean": mean,
            "low": mean - 0.05,
            "high": mean + 0.05,
            "n": 6,
            "undefined": 0,
            "kind": "corrected",
        }

    results["sweep"] = {
        "over": "positives",
        "levels": [{"value": n, "positives": n, "fresh": False} for n in (25, 50, 100)],
        "points": [
            {
                "classifier": c,
                "arm": arm,
                "level": n,
                "positives": n,
                "scores": {"average_precision": score(0.7 + 0.05 * i + shift)},
            }
            for c in results["classifiers"]
            for arm, shift in (("none", 0.0), (HOSTILE, 0.02))
            for i, n in enumerate((25, 50, 100))
        ],
        "worth": [
            {
                "classifier": c,
                "arm": HOSTILE,
                "level": 50,
                "positives": 50,
                "synthetic": 200.0,
                "rows": 12.0,
                "low": 3.0,
                "high": 40.0,
                "reach": "within",
                "least": -25.0,
                "most": 50.0,
                "kind": "corrected",
                "sentence": f"{HOSTILE} is worth 12 more real positives [3, 40].",
            }
            for c in results["classifiers"]
        ],
    }
    return results


def verdicts(results: dict[str, Any], words: dict[str, str]) -> dict[str, Any]:
    """The same with these words for these arms under every classifier."""
    for cost in results["cost"]:
        if cost["worth"] and cost["arm"] in words:
            cost["worth"]["word"] = words[cost["arm"]]
    return results


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A real Chromium, driven by Playwright."""
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if found is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    api = pytest.importorskip(
        "playwright.sync_api", reason="Playwright drives the browser: pip install playwright"
    )
    with api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()
