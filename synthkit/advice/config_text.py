"""A ready config for the comparison, with the reasons beside the arms."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from synthkit.advice.arms import arms
from synthkit.methods.yaml import flow
from synthkit.report.words import seconds
from synthkit.results import Advised
from synthkit.table.dataset import Dataset
from synthkit.table.datasets import DATASETS

WIDTH = 110


def config_yaml(
    dataset: Dataset,
    advised: Sequence[Advised],
    summary: str,
    source: Any,
    seed: int,
    fits: Mapping[str, float],
    rules: Sequence[Any],
) -> str:
    """YAML that `compare` takes: arms worth a try, and the others commented out, each with its reasons.

    `fits`: seconds of one fit of each classifier; with them it says how long the comparison will take. `rules`
    are put beside the arms, to be counted in each.
    """
    fewest = min(int((dataset.codes == c).sum()) for c in range(len(dataset.schema.classes)))
    # Every fold tests, tunes and trains on each class.
    folds = 5 if fewest >= 25 else 3 if fewest >= 9 else 2
    repeats = 2 if len(dataset) > 20_000 else 5
    small = len(dataset) <= 100_000
    classifiers = [*(["random_forest"] if small else []), "gradient_boosting"]
    known = arms()
    lines = [
        *_comment(f"Question: on {dataset.name}, does any of these beat doing nothing?"),
        "#",
        *_comment(summary),
        f"seed: {seed}",
        *_data(dataset, source),
        *_duration(advised, [fits.get(name) for name in classifiers], repeats * folds),
        f"split: {{repeats: {repeats}, folds: {folds}, tune: {0.2 if fewest >= 9 else 0}}}",
        *_rules(rules),
        "arms:",
    ]
    for arm in advised:
        reasons = "; ".join(arm.why)
        lines += _comment(reasons if arm.tried else f"out: {reasons}", "  ")
        lines.append(f"  {'' if arm.tried else '# '}- {known[arm.name].yaml}")
    lines += [
        f"classifiers: [{', '.join(classifiers)}]",
        "# With prices the verdict is in money; a missed positive may cost a number or a column.",
        "# cost: {missed_positive: 100, false_alarm: 5, compute_per_hour: 0.40,"
        " rows_per_retraining: 100000}",
    ]
    return "\n".join(lines) + "\n"


def _duration(advised: Sequence[Advised], fits: Sequence[float | None], n_folds: int) -> list[str]:
    """How long it will take, from the costs that were measured; nothing where one is missing.

    Per fold each arm once, and each classifier once on what it returned. Estimates are of the whole table, so a
    fold's smaller fit part leaves room for the rows that arms add.
    """
    tried = [arm for arm in advised if arm.tried]
    if any(value is None for value in (*fits, *(arm.seconds for arm in tried))):
        return []
    learning = sum(value or 0.0 for value in fits) * len(tried)
    low = n_folds * (learning + sum(arm.seconds or 0.0 for arm in tried))
    high = n_folds * (learning + sum(arm.seconds_high or arm.seconds or 0.0 for arm in tried))
    about = " to ".join(dict.fromkeys([seconds(low), seconds(high)]))
    return _comment(
        f"Roughly {about} in one process: {len(tried)} arms × {len(fits)} classifiers ×"
        f" {n_folds} folds = {len(tried) * len(fits) * n_folds} cells."
    )


def _data(dataset: Dataset, source: Any) -> list[str]:
    """The data section: where the table comes from, then what was detected or told about it."""
    schema, comment = dataset.schema, []
    if isinstance(source, Mapping):
        entries = {str(key): value for key, value in source.items()}
    elif isinstance(source, str):
        named = source in DATASETS or source.startswith("openml:")
        entries = {"name" if named else "sql" if "://" in source else "path": source}
    else:
        comment.append(
            "# The table came from memory: write it to a file, and put the file's path here."
        )
        entries = {"path": "table.csv"}
    entries |= {"target": schema.target, "positive": schema.positive}
    told = {c.name: c.kind.value for c in schema.columns if c.why == "as the schema says"}
    if told and entries.get("name") not in DATASETS:  # a built-in data set knows its own kinds
        entries.setdefault("schema", told)
    if dataset.dropped_rows:
        entries["drop_missing_target"] = True
    # JSON is YAML's flow style, and every value is the same in it.
    values = {key: json.dumps(value, default=str) for key, value in entries.items()}
    return [*comment, "data:", *(f"  {key}: {value}" for key, value in values.items())]


def _comment(text: str, indent: str = "") -> list[str]:
    start = f"{indent}# "
    return textwrap.wrap(
        " ".join(text.split()),
        WIDTH,
        initial_indent=start,
        subsequent_indent=start,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _rules(rules: Sequence[Any]) -> list[str]:
    if not rules:
        return []
    return [
        "rules:",
        *(f"  - {flow(rule.as_spec())}" for rule in rules),
        "# Each arm that makes rows a second time, with the rules kept:",
        "# on_violation: resample",
    ]
