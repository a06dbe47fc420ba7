"""Plain results as the lines and numbers that tables and plots show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

HEADLINE = "average_precision"


@dataclass(frozen=True)
class Line:
    """One arm under one classifier: its scores, its gap to the reference, its costs, and what it is."""

    arm: str
    cells: int
    failed: int
    scores: dict[str, dict[str, Any]]
    gap: dict[str, dict[str, Any]]
    cost: dict[str, Any]
    published: dict[str, float]
    limit: bool
    reference: bool

    @property
    def headline(self) -> dict[str, Any] | None:
        """The gap of average precision."""
        return self.gap.get(HEADLINE)

    @property
    def saving(self) -> dict[str, Any] | None:
        """The gap of money per 1,000 rows, at the tuned threshold where there is one; above 0 is saved."""
        return self.gap.get("cost_tuned") or self.gap.get("cost")

    @property
    def training_seconds(self) -> float | None:
        """Mean seconds of augmentation and fit: what a retraining takes."""
        parts = [self.cost.get("augment_seconds"), self.cost.get("fit_seconds")]
        return (
            None
            if any(part is None for part in parts)
            else float(sum(p for p in parts if p is not None))
        )

    def mean(self, score: str) -> float | None:
        """A score's mean; None where it has none."""
        return self.scores.get(score, {}).get("mean")


def lines(results: dict[str, Any], classifier: str) -> list[Line]:
    """The arms of one classifier in the order of the plan."""
    arms = {arm["label"]: arm for arm in results["arms"]}
    costs = {(cost["classifier"], cost["arm"]): cost for cost in results.get("cost", [])}
    return [
        Line(
            row["arm"],
            row["cells"],
            row["failed"],
            row["scores"],
            row["gap"] or {},
            costs.get((classifier, row["arm"]), {}),
            arms[row["arm"]].get("published") or {},
            bool(arms[row["arm"]].get("limit")),
            row["arm"] == results["config"]["reference"],
        )
        for row in results["rows"]
        if row["classifier"] == classifier
    ]


def scored(results: dict[str, Any], classifier: str) -> list[Line]:
    """Those that have scores, the best average precision first."""
    found = [line for line in lines(results, classifier) if line.mean(HEADLINE) is not None]
    return sorted(found, key=lambda line: -(line.mean(HEADLINE) or 0.0))


def of_classifier(found: list[dict[str, Any]], classifier: str) -> dict[str, dict[str, Any]]:
    """The entries of one classifier by arm."""
    return {entry["arm"]: entry for entry in found if entry["classifier"] == classifier}


def kind_of_interval(results: dict[str, Any]) -> str:
    """What the intervals are: "corrected", "spread" (dice on one split) or "none"."""
    kinds = {score["kind"] for row in results["rows"] for score in row["scores"].values()}
    return next((kind for kind in ("corrected", "spread") if kind in kinds), "none")


def at_level(entry: dict[str, Any]) -> str:
    """The arm of a failure or warning, and in a sweep the level.

    >>> at_level({"arm": "smote"}), at_level({"arm": "smote", "over": "ratio", "level": 0.5})
    ('smote', 'smote at ratio 0.5')
    """
    return (
        f"{entry['arm']} at {entry['over']} {entry['level']}"
        if "level" in entry
        else str(entry["arm"])
    )


def spoken(name: str) -> str:
    """A registered name as a reader says it: random_forest is random forest."""
    return name.replace("_", " ")


def listed(names: list[str], most: int = 4) -> str:
    """Names in a sentence.

    >>> listed(["a", "b", "c"]), listed(["a", "b", "c"], most=2)
    ('a, b and c', 'a, b and 1 more')
    """
    if len(names) > most:
        names = [*names[:most], f"{len(names) - most} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
