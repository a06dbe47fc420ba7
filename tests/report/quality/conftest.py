"""Results of a quality report, written by hand from the contract, with names that would like to be HTML."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from helpers.pages import HOSTILE, HOSTILE_COLUMN


def figures(
    value: float | None, control: float | None = 0.02, baseline: float | None = 0.4
) -> dict[str, Any]:
    """A value with its interval, control and baseline."""
    ends = (
        {"low": None, "high": None}
        if value is None
        else {"low": value - 0.01, "high": value + 0.01}
    )
    return {"value": value, **ends, "control": control, "baseline": baseline}


def measure(
    section: str, name: str, title: str, better: str = "less", **found: Any
) -> dict[str, Any]:
    """A measure as `Measure.as_dict()` has it."""
    return {
        "section": section,
        "name": name,
        "title": title,
        "better": better,
        "unit": "a share in [0, 1]",
        "reading": f"What {title} says.",
        **figures(0.05),
        **found,
    }


def column(name: str, kind: str, value: float | None, target: bool = False) -> dict[str, Any]:
    """One column: numbers and dates have a histogram, all others levels."""
    if kind == "number":
        shape = {
            "type": "histogram",
            "edges": [0, 10, 20, 30],
            "real": [0.5, 0.3, 0.2],
            "synthetic": [0.4, 0.3, 0.3],
            "control": [0.5, 0.29, 0.21],
        }
    elif kind == "datetime":
        shape = {
            "type": "histogram",
            "edges": ["2024-01-01T00:00:00", "2024-02-01T00:00:00", "2024-03-01T00:00:00"],
            "real": [0.5, 0.5],
            "synthetic": [0.4, 0.6],
            "control": [0.5, 0.5],
        }
    else:
        shape = {
            "type": "levels",
            "levels": ["a", HOSTILE, "other"],
            "real": [0.6, 0.3, 0.1],
            "synthetic": [0.5, 0.3, 0.2],
            "control": [0.6, 0.29, 0.11],
        }
    ordered = kind in ("number", "datetime")
    return {
        "name": name,
        "kind": kind,
        "target": target,
        "distance": figures(value, 0.01, 0.01),
        "missing": {"real": 0.1, "synthetic": 0.02, "control": 0.11},
        "tails": {
            "low": {"q": 0.01, "real": 0.01, "synthetic": 0.0, "control": 0.01},
            "high": {"q": 0.99, "real": 0.01, "synthetic": 0.004, "control": 0.01},
        }
        if ordered
        else None,
        "coverage": {"range": 0.93}
        if ordered
        else {"levels_real": 7, "seen": 6, "new": 1, "rows_new": 0.001},
        "sdv": {"score": 0.97, "control": 0.99, "baseline": 0.99},
        "shape": shape,
    }


def attack(rate: float, control: float, baseline: float) -> dict[str, Any]:
    """One attack's figures."""
    risk = (rate - control) / (1 - control)
    return {
        "attack_rate": rate,
        "attack_low": rate - 0.03,
        "attack_high": rate + 0.03,
        "control": control,
        "baseline": baseline,
        "risk": risk,
        "low": risk - 0.05,
        "high": risk + 0.05,
        "attacks": 500,
    }


def square(names: list[str], slope: float) -> list[list[float | None]]:
    """A symmetric table of associations."""
    return [
        [None if i == j else round(slope / (1 + abs(i - j)), 3) for j in range(len(names))]
        for i in range(len(names))
    ]


def checked(rows: int, broken: int) -> dict[str, Any]:
    """A check as `Checked.to_dict()` has it."""
    return {
        "rows": rows,
        "broken_rows": broken,
        "passed": not broken,
        "together": [],
        "rules": [
            {
                "name": name,
                "rule": "range",
                "columns": ["amount"],
                "broken": n,
                "share": n / rows,
                "nulls": "pass",
                "examples": [],
            }
            for name, n in (("amount is positive", broken), (HOSTILE, broken // 2), ("hour", 0))
        ],
    }


def complete() -> dict[str, Any]:
    """A report with every part: near the real table, and giving rows away."""
    names = ["amount", HOSTILE_COLUMN, "opened", "fraud"]
    columns = [
        column("amount", "number", 0.12),
        column(HOSTILE_COLUMN, "category", 0.03),
        column("opened", "datetime", 0.2),
        column("fraud", "boolean", 0.0, target=True),
    ]
    curves = {
        "quantiles": [0.0, 0.25, 0.5, 0.75, 1.0],
        "synthetic_to_train": [0.0, 0.1, 0.2, 0.4, 2.0],
        "synthetic_to_holdout": [0.01, 0.2, 0.3, 0.5, 2.2],
        "holdout_to_train": [0.0, 0.2, 0.3, 0.5, 2.1],
    }
    trained = [
        {
            "classifier": classifier,
            "trained_on": on,
            "rows": 3000,
            "scores": {
                score: {"value": v + shift, "low": v + shift - 0.03, "high": v + shift + 0.03}
                for score, shift in (("average_precision", 0.0), ("roc_auc", 0.1))
            },
        }
        for classifier in ("logistic_regression", "gradient_boosting")
        for on, v in (("real", 0.7), ("synthetic", 0.66), ("baseline", 0.1))
    ]
    return {
        "format": 1,
        "kind": "quality",
        "seed": 0,
        "data": {
            "real": {"name": "payments", "rows": 3000, "hash": "a" * 64},
            "synthetic": {"name": HOSTILE, "rows": 3000, "hash": "b" * 64},
            "holdout": {"name": "payments held out", "rows": 1000, "hash": "c" * 64},
            "target": "fraud",
            "positive": "1",
            "columns": [{"name": c["name"], "kind": c["kind"]} for c in columns],
            "left_out": [{"name": "id", "kind": "key", "why": "every row has its own"}],
        },
        "measures": [
            measure("fidelity", "columns", "mean distance of columns"),
            measure(
                "fidelity", "pairs", "mean difference of pairs", value=0.3, low=0.25, high=0.35
            ),
            measure(
                "detection",
                "auc",
                "detection",
                "control",
                value=0.97,
                low=0.96,
                high=0.98,
                control=0.5,
                baseline=0.99,
            ),
            measure(
                "usefulness",
                "average_precision",
                "average precision",
                "more",
                value=0.66,
                low=0.63,
                high=0.69,
                control=0.69,
                baseline=0.1,
            ),
            measure(
                "usefulness",
                "gap",
                "gap to trained on real",
                "more",
                value=-0.04,
                low=-0.07,
                high=-0.01,
                control=0.0,
                baseline=-0.6,
            ),
            measure(
                "privacy",
                "copies",
                "copies of training rows",
                value=0.0004,
                low=0.0001,
                high=0.001,
                control=0.0003,
                baseline=0.0,
            ),
            measure(
                "privacy",
                "membership_auc",
                "Telling who was in the training table",
                value=0.61,
                low=0.58,
                high=0.64,
                control=0.5,
                baseline=0.5,
            ),
            measure(
                "rules",
                "broken",
                "rows that break a rule",
                value=0.01,
                low=0.007,
                high=0.013,
                control=0.0,
                baseline=0.05,
            ),
        ],
        "columns": columns,
        "pairs": {
            "columns": names,
            "measure": "Cramér's V",
            "distance_measure": "total variation",
            "real": square(names, 0.9),
            "synthetic": square(names, 0.6),
            "difference": square(names, -0.3),
            "distance": square(names, 0.4),
            "control_difference": square(names, 0.02),
            "all_pairs": figures(0.1),
            "sdv_counted": 2,
            "sdv_left_out": 4,
        },
        "classes": [
            {
                "class": c,
                "real": s,
                "synthetic": s,
                "rows_real": n,
                "rows_synthetic": n,
                "columns": figures(0.1),
                "worst": [{"name": HOSTILE_COLUMN, "distance": 0.2}],
            }
            for c, s, n in (("0", 0.95, 2850), ("1", 0.05, 150))
        ],
        "sdv": {
            "quality": {"Overall Score": 0.93, "Column Shapes": 0.95, "Column Pair Trends": None},
            "control": {"Overall Score": 0.98, "Column Shapes": 0.99, "Column Pair Trends": None},
            "baseline": {"Overall Score": 0.9, "Column Shapes": 0.99, "Column Pair Trends": None},
            "diagnostic": {"Data Validity": 1.0},
            "pairs_counted": 2,
            "pairs": 6,
        },
        "detection": {
            "auc": figures(0.97, 0.5, 0.99),
            "classifier": "gradient boosting, 5 folds",
            "rows": 2000,
            "columns": [
                {"name": c, "value": v, "control": 0.001}
                for c, v in zip(names, (0.3, 0.2, 0.01, -0.002), strict=True)
            ],
        },
        "usefulness": {
            "scores": ["average_precision", "roc_auc"],
            "rows": trained,
            "tested_rows": 1000,
            "gap": [
                {
                    "classifier": "logistic_regression",
                    "score": "average_precision",
                    "value": -0.04,
                    "low": -0.07,
                    "high": -0.01,
                }
            ],
        },
        "privacy": {
            "copies": figures(0.0004, 0.0003, 0.0) | {"rows": 1},
            "distances": {
                **curves,
                "closer_to_train": figures(0.61, 0.5, None),
                "unit": "Gower's",
                "histogram": {"edges": [0, 1, 2], **{key: [0.9, 0.1] for key in curves}},
            },
            "ratio": {"skipped": "too few rows"},
            "membership": {
                "auc": figures(0.61, 0.5, 0.5),
                "train_rows": 1000,
                "holdout_rows": 1000,
            },
            "singling_out": {
                "univariate": attack(0.3, 0.1, 0.05),
                "multivariate": attack(0.2, 0.15, 0.1),
            },
            "inference": {
                "columns": [attack(0.5, 0.4, 0.3) | {"name": HOSTILE_COLUMN}],
                "worst": "amount",
            },
        },
        "rules": {"real": checked(3000, 0), "synthetic": checked(3000, 30)},
        "projection": {
            "method": "PCA",
            "explained": [0.4, 0.2],
            "real": [[i / 50, -i / 50] for i in range(50)],
            "synthetic": [[-i / 50, i / 50] for i in range(50)],
            "holdout": [[0.5, 0.5], [0.1, 0.2]],
        },
        "losses": {
            "epoch": [0, 1, 2],
            "series": {"generator": [1.0, 0.5, None], "discriminator": [0.7, 0.6, 0.6]},
        },
        "warnings": [f"The column {HOSTILE_COLUMN} is odd."],
        "run": {
            "versions": {"synthkit": "0.1.0", "sdv": "2.0.0"},
            "machine": {"platform": "Linux", "cores": 2},
            "seconds": {"fidelity": 1.5, "privacy": 20.0},
        },
    }


def no_target() -> dict[str, Any]:
    """No target: no classes, no usefulness."""
    results = complete()
    results["data"]["target"] = results["data"]["positive"] = results["classes"] = None
    results["usefulness"] = {"skipped": "there is no target."}
    results["measures"] = [m for m in results["measures"] if m["section"] != "usefulness"]
    return results


def no_holdout() -> dict[str, Any]:
    """No holdout: no curves of distances, no attacks."""
    results = complete()
    results["data"]["holdout"] = results["projection"]["holdout"] = None
    for key in ("distances", "membership", "singling_out", "inference"):
        results["privacy"][key] = {"skipped": "it needs a holdout"}
    return results


def everything_skipped() -> dict[str, Any]:
    """Nothing was asked for but the columns."""
    results = complete()
    for key in ("sdv", "detection", "usefulness", "privacy", "pairs", "projection"):
        results[key] = {"skipped": "it was not asked for"}
    results |= {"measures": [], "rules": None, "losses": None, "classes": None, "warnings": []}
    del results["run"]
    return results


def unknown_figures() -> dict[str, Any]:
    """What was not finite is null."""

    def nulled(found: Any) -> Any:
        if isinstance(found, dict):
            return {
                key: None
                if key in ("value", "low", "high", "control", "baseline", "risk", "drop")
                and not isinstance(each, dict | list)
                else nulled(each)
                for key, each in found.items()
            }
        return [nulled(each) for each in found] if isinstance(found, list) else found

    results = nulled({key: value for key, value in complete().items() if key != "pairs"})
    results["pairs"] = complete()["pairs"]
    for table in ("real", "synthetic", "difference", "control_difference"):
        results["pairs"][table] = [[None] * 4 for _ in range(4)]
    for each in results["columns"]:
        each["shape"], each["missing"] = None, {}
    return results


def forty_columns() -> dict[str, Any]:
    """A wide table."""
    results = complete()
    names = [f"a_rather_long_column_name_{i}" for i in range(60)]
    results["columns"] = [
        column(name, "number" if i % 2 else "category", i / 100) for i, name in enumerate(names)
    ]
    results["data"]["columns"] = [
        {"name": c["name"], "kind": c["kind"]} for c in results["columns"]
    ]
    results["pairs"] |= {
        "columns": names,
        **{
            key: square(names, 0.5)
            for key in ("real", "synthetic", "difference", "control_difference", "distance")
        },
    }
    return results


MADE: dict[str, Callable[[], dict[str, Any]]] = {
    made.__name__: made
    for made in (
        complete,
        no_target,
        no_holdout,
        everything_skipped,
        unknown_figures,
        forty_columns,
    )
}


@pytest.fixture
def report() -> dict[str, Any]:
    """The complete one; each test may change it."""
    return complete()


@pytest.fixture
def make() -> Callable[[str], dict[str, Any]]:
    """A report by its name."""
    return lambda name: MADE[name]()


@pytest.fixture(params=list(MADE))
def any_report(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Each of them."""
    return MADE[request.param]()
