"""A ready config for the comparison, with the reasons beside the arms."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synthkit.advise.arms import ARMS
from synthkit.table.datasets import DATASETS
from synthkit.table.load import Dataset

WIDTH = 110


@dataclass(frozen=True)
class Advised:
    """One arm: whether it is worth a try here, why, and what it is estimated to cost on the whole table."""

    name: str
    tried: bool
    why: tuple[str, ...]
    seconds: float | None = None
    seconds_high: float | None = None
    mebibytes: float | None = None
    how: str = ""


def config_yaml(dataset: Dataset, advised: Sequence[Advised], summary: str, source: Any, seed: int) -> str:
    """YAML that `compare` takes: arms worth a try, and the others commented out, each with its reasons."""
    lines = [*_comment(f"Question: on {dataset.name}, does any of these beat doing nothing?"), "#", *_comment(summary),
             f"seed: {seed}", *_data(dataset, source)]
    counts = [int((dataset.codes == c).sum()) for c in range(len(dataset.schema.classes))]
    # Every fold tests, tunes and trains on each class.
    folds = 5 if min(counts) >= 25 else 3 if min(counts) >= 9 else 2
    repeats = 2 if len(dataset) > 20_000 else 5
    tune = 0.2 if min(counts) >= 9 else 0
    lines += [f"split: {{repeats: {repeats}, folds: {folds}, tune: {tune}}}", "arms:"]
    for arm in advised:
        reasons = "; ".join(arm.why)
        lines += _comment(reasons, "  ") if arm.tried else _comment(f"out: {reasons}", "  ")
        lines.append(f"  {'' if arm.tried else '# '}- {ARMS[arm.name].spec}")
    small = len(dataset) <= 100_000
    lines.append(f"classifiers: [{'random_forest, ' if small else ''}gradient_boosting]")
    lines += ["# With prices the verdict is in money; a missed positive may cost a number or a column.",
              "# cost: {missed_positive: 100, false_alarm: 5, compute_per_hour: 0.40, rows_per_retraining: 100000}"]
    return "\n".join(lines) + "\n"


def _data(dataset: Dataset, source: Any) -> list[str]:
    schema, entries, lines = dataset.schema, [], []
    named = dict(source) if isinstance(source, Mapping) else {"name": source} if source in _names() else None
    if named is not None:
        entries += [f"{key}: {_scalar(value)}" for key, value in named.items()]
    elif isinstance(source, str):
        entries.append(f"{'sql' if '://' in source else 'name' if source.startswith('openml:') else 'path'}:"
                       f" {_scalar(source)}")
    else:
        lines.append("# The table came from memory: write it to a file, and put the file's path here.")
        entries.append("path: table.csv")
    entries += [f"target: {_scalar(schema.target)}", f"positive: {_scalar(schema.positive)}"]
    told = [c for c in schema.columns if c.why == "as the schema says"]
    if told and named is None:
        entries.append("schema: {" + ", ".join(f"{_scalar(c.name)}: {c.kind.value}" for c in told) + "}")
    if dataset.dropped_rows:
        entries.append("drop_missing_target: true")
    return [*lines, "data:", *[f"  {entry}" for entry in entries]]


def _names() -> list[Any]:
    return list(DATASETS)


def _comment(text: str, indent: str = "") -> list[str]:
    plain = " ".join(text.split())
    return textwrap.wrap(plain, WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ",
                         break_long_words=False, break_on_hyphens=False)


def _scalar(value: Any) -> str:
    """A plain value as YAML takes it for the same value: JSON's strings are YAML's."""
    if value is None or isinstance(value, bool | int | float | str):
        return json.dumps(value, ensure_ascii=True)
    return json.dumps(str(value), ensure_ascii=True)
