"""The table of arms: one sortable line per arm, intervals under the means, limits apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from synthkit.report.palette import SIGNS
from synthkit.report.view import HEADLINE, Line, kind_of_interval, lines
from synthkit.report.words import bounds, number, seconds, signed

#: Scores of the main table by group of columns; a score that no arm has is left out.
AT_DEFAULT = (("recall", "recall"), ("precision", "precision"), ("F1", "f1"))


@dataclass(frozen=True)
class Column:
    """One column: its heading, the group it stands under, what it means, whether less is better.

    `words`: it holds text, which wraps and is not sorted by.
    """

    key: str
    title: str
    group: str = ""
    meaning: str = ""
    ascending: bool = False
    words: bool = False


@dataclass(frozen=True)
class Cell:
    """One cell: its figure, what stands small below it, and the number that it is sorted by."""

    text: str
    below: str = ""
    published: str = ""
    sort: float | str | None = None


@dataclass(frozen=True)
class Row:
    """One arm's cells by column, and what kind of row it is: "", "reference", "limit" or "failed"."""

    arm: str
    kind: str
    note: str = ""
    cells: dict[str, Cell] = field(default_factory=dict)


@dataclass(frozen=True)
class ArmsTable:
    """Columns, the arms, and the limits, which no one can use and which are not sorted among them."""

    columns: list[Column]
    rows: list[Row]
    limits: list[Row]

    @property
    def groups(self) -> list[tuple[str, int]]:
        """Neighbouring columns of one group, as (group, columns)."""
        found: list[tuple[str, int]] = []
        for column in self.columns:
            if found and found[-1][0] == column.group:
                found[-1] = (column.group, found[-1][1] + 1)
            else:
                found.append((column.group, 1))
        return found


def arms_table(results: dict[str, Any], classifier: str) -> ArmsTable:
    """The table of one classifier, the best average precision first."""
    found = lines(results, classifier)
    columns = _columns(results, found)
    rows = [_row(line, columns) for line in found]
    rows.sort(key=lambda row: -float(row.cells[HEADLINE].sort or 0.0) if row.cells else 1.0)
    limits = [row for row in rows if row.kind == "limit"]
    if results.get("limit"):
        limits.append(
            Row(
                "Bayes limit",
                "limit",
                "the true class probabilities",
                _score_cells(results["limit"], {}),
            )
        )
    return ArmsTable(columns, [row for row in rows if row.kind != "limit"], limits)


def reading(results: dict[str, Any]) -> str:
    """How to read the table's intervals."""
    text = {
        "corrected": "Under each mean its 95 % interval. The gap, paired on the same folds, says whether an arm"
        " differs; two intervals side by side do not.",
        "spread": "Under each mean the middle 95 % over random seeds on one and the same split: dice alone. Another"
        " split would add its own.",
        "none": "One fit gives no interval.",
    }[kind_of_interval(results)]
    limits = results.get("limit") or any(arm.get("limit") for arm in results["arms"])
    if limits:
        text += " Rows in italics are limits, not methods."
    undefined = sum(
        score["undefined"] for row in results["rows"] for score in row["scores"].values()
    )
    return (
        f"{text} {undefined:,} values were undefined in their fold and are left out."
        if undefined
        else text
    )


def _columns(results: dict[str, Any], found: list[Line]) -> list[Column]:
    reference = results["config"]["reference"]
    known = {key for line in found for key in line.scores}
    columns = []
    if any(line.cost.get("worth") for line in found):
        columns.append(Column("word", "worth it?", meaning="what the cells together support"))
    columns.append(Column(HEADLINE, "average precision", meaning="free of thresholds"))
    if any(line.headline for line in found):
        columns.append(
            Column(
                "gap",
                f"gap to {reference}",
                meaning="of average precision, paired on the same folds",
            )
        )
    if "cost" in known:
        key = "cost_tuned" if "cost_tuned" in known else "cost"
        columns.append(Column(key, "cost", "per 1,000 rows", ascending=True))
        if any(line.saving for line in found):
            columns.append(
                Column(
                    "saving", "saved", "per 1,000 rows", f"against {reference}, on the same folds"
                )
            )
    columns.append(
        Column(
            "training", "training", "per cell", "seconds of augmentation and fit", ascending=True
        )
    )
    columns.append(
        Column("peak", "memory", "per cell", "the most that a step added", ascending=True)
    )
    for suffix, group in (("_tuned", "at the tuned threshold"), ("", "at 0.5")):
        columns += [
            Column(key + suffix, title, group) for title, key in AT_DEFAULT if key + suffix in known
        ]
    return columns


def _row(line: Line, columns: list[Column]) -> Row:
    if line.failed:
        return Row(line.arm, "failed", f"{line.failed} of {line.cells} cells failed: not ranked")
    cells = _score_cells(line.scores, line.published)
    word = str((line.cost.get("worth") or {}).get("word", ""))
    if word and not line.limit:
        order = {"worth it": 2.0, "undecided": 1.0}.get(word, 0.0)
        cells["word"] = Cell(f"{SIGNS.get(word, '')} {word}", sort=order)
    gap, saving = line.headline, line.saving
    if gap:
        cells["gap"] = Cell(signed(gap["mean"]), bounds(gap, signed), sort=gap["mean"])
    if saving:
        cells["saving"] = Cell(signed(saving["mean"]), bounds(saving, signed), sort=saving["mean"])
    cells["training"] = Cell(seconds(line.training_seconds), sort=line.training_seconds)
    peak = line.cost.get("peak_mib")
    cells["peak"] = Cell(f"{peak:,.0f} MiB" if peak is not None else "–", sort=peak)
    kind = "limit" if line.limit else "reference" if line.reference else ""
    note = {"limit": "true fresh rows", "reference": "reference"}.get(kind, "")
    return Row(line.arm, kind, note, {c.key: cells.get(c.key, Cell("")) for c in columns})


def _score_cells(scores: dict[str, dict[str, Any]], published: dict[str, float]) -> dict[str, Cell]:
    return {
        key: Cell(
            number(found["mean"]),
            bounds(found),
            f"published {number(published[key])}" if key in published else "",
            found["mean"],
        )
        for key, found in scores.items()
    }


def every_score(
    results: dict[str, Any], classifier: str
) -> tuple[list[str], list[tuple[str, list[tuple[str, str]]]]]:
    """All scores of all arms as (mean, interval), for who wants more than the main table."""
    found = [line for line in lines(results, classifier) if line.scores]
    keys = list(dict.fromkeys(key for line in found for key in line.scores))
    return keys, [
        (line.arm, [(number(line.mean(key)), bounds(line.scores.get(key))) for key in keys])
        for line in found
    ]
