"""The quality report, top to bottom: is a synthetic table as good as real rows that nobody learned from?"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import pandas as pd

from synthkit.assessment import detection, fidelity, projection, sdv_reports, usefulness, violations
from synthkit.assessment.measure import Measure
from synthkit.assessment.quality import Quality
from synthkit.assessment.remarks import copies_in, remarks
from synthkit.assessment.tables import Tables
from synthkit.comparison.outcome import machine, versions
from synthkit.errors import ConfigError, nearest
from synthkit.results import FORMAT
from synthkit.table.dataset import Dataset, content_hash, overrides
from synthkit.table.read import read_raw
from synthkit.table.training_set import TrainingSet

#: Parts that can be left out; fidelity, and rules where they are given, always are there.
SECTIONS = ("sdv", "detection", "usefulness", "privacy", "projection")


def quality(
    real: Any,
    synthetic: Any,
    holdout: Any = None,
    *,
    target: str | None = None,
    positive: Any = None,
    schema: Any = None,
    rules: Any = None,
    losses: Any = None,
    seed: int = 0,
    sections: Sequence[str] | None = None,
) -> Quality:
    """How good a synthetic table is: fidelity, detection, usefulness, privacy, rules.

    Beside every figure stand its control, which is what real rows get that nobody learned from, and
    its baseline, the real table with each column shuffled on its own: so that a reader knows what 0.93
    means.

    - `real`: the rows that were learned from; whatever `load` reads. `synthetic`: rows that were made of
      them; a table, or the training set that a strategy gave back, whose synthetic rows are taken.
    - `holdout`: real rows that nobody learned from. Without them the control is one half of the real
      table, held against the other, and there is nothing to test usefulness on.
    - `target`, `positive`, `schema`: as `load` takes them. `rules`: as `constraints.check` takes them.
    - `losses`: a fitted synthesizer, or its `loss_curve`.
    - `sections`: of `SECTIONS`, those that are wanted; by default all.

    The same tables and seed give the same figures.

    Raises: DataError for tables that do not fit together; ConfigError for an unknown section or rule.
    """
    wanted = _wanted(sections)
    curve = _losses(losses)
    tables, raw = _read(real, synthetic, holdout, target, positive, schema, seed)
    whole, classes = tables, tables.seen_classes
    if len(classes) < len(tables.schema.classes):
        # The rows of a strategy are of one class: beside all real rows, the class alone would tell them apart.
        tables = tables.of_classes(classes)
    seconds: dict[str, float] = {}
    measures: list[Measure] = []
    results: dict[str, Any] = {
        "format": FORMAT,
        "kind": "quality",
        "data": _data(whole, raw),
        "seed": seed,
    }
    skipped: dict[str, Any] = {
        name: {"skipped": "It was not asked for."} for name in SECTIONS if name not in wanted
    }

    by_column: dict[str, Any] = {}
    with _clock(seconds, "sdv"):
        if "sdv" in wanted:
            skipped["sdv"], found, by_column = sdv_reports.assess(tables)
            measures += found
    with _clock(seconds, "fidelity"):
        part, found = fidelity.assess(tables, whole, by_column)
        measures += found
    heard: list[str] = []
    with _clock(seconds, "detection"):
        if "detection" in wanted:
            skipped["detection"], found = detection.assess(tables)
            measures += found
    with _clock(seconds, "usefulness"):
        if "usefulness" in wanted:
            skipped["usefulness"], found, heard = usefulness.assess(whole)
            measures += found
    with _clock(seconds, "privacy"):
        if "privacy" in wanted:
            from synthkit.assessment.privacy import assess as privacy

            skipped["privacy"], found = privacy(tables)
            measures += found
    with _clock(seconds, "rules"):
        broken = None
        if rules is not None:
            broken, found = violations.assess(raw.real, raw.synthetic, raw.holdout, rules, whole)
            measures += found
    with _clock(seconds, "projection"):
        if "projection" in wanted:
            skipped["projection"] = projection.assess(tables)
    part["pairs"] |= {
        "sdv_counted": skipped["sdv"].get("pairs_counted"),
        "sdv_left_out": None
        if "pairs" not in skipped["sdv"]
        else skipped["sdv"]["pairs"] - skipped["sdv"]["pairs_counted"],
    }
    results |= {
        "measures": [measure.as_dict() for measure in measures],
        **part,
        **{name: skipped[name] for name in ("sdv", "detection", "usefulness", "privacy")},
        "rules": broken,
        "projection": skipped["projection"],
        "losses": curve,
        "warnings": [*remarks(whole, tables, results["data"]), *heard],
        "run": {"versions": versions(), "machine": machine(), "seconds": seconds},
    }
    return Quality(results, tuple(measures))


class Raw(NamedTuple):
    """The tables as they were given, keys and text among them, and what to call them."""

    real: pd.DataFrame
    synthetic: pd.DataFrame
    holdout: pd.DataFrame | None
    names: tuple[str, str, str]


def _read(
    real: Any,
    synthetic: Any,
    holdout: Any,
    target: str | None,
    positive: Any,
    schema: Any,
    seed: int,
) -> tuple[Tables, Raw]:
    found = [
        _table(source) for source in (real, synthetic, *([] if holdout is None else [holdout]))
    ]
    named, own_target = found[0].named, found[0].target
    kinds, told_target, told_positive = overrides(
        schema if schema is not None else real.schema if isinstance(real, Dataset) else None
    )
    if named is not None:
        kinds, own_target = {**named.kinds, **kinds}, named.target
    chosen = next(
        (str(name) for name in (target, told_target, own_target) if name is not None), None
    )
    if positive is None and target in (None, told_target):
        positive = told_positive
    if positive is not None and chosen is None:
        raise ConfigError(
            "A positive class needs a target, however none is named. Give target=COLUMN.",
            key="positive",
        )
    tables = Tables.of(
        *(raw.table for raw in found), target=chosen, positive=positive, kinds=kinds, seed=seed
    )
    names = [raw.name for raw in found] + [""]
    return tables, Raw(
        found[0].table,
        found[1].table,
        found[2].table if holdout is not None else None,
        (names[0], names[1], names[2]),
    )


def _table(source: Any) -> Any:
    from synthkit.table.read import Raw as AsRead

    if isinstance(source, TrainingSet):
        return AsRead(source.synthetic_rows(), "the synthetic rows of a training set")
    if isinstance(source, Dataset):
        return AsRead(source.table, source.name, target=source.schema.target)
    return read_raw(source)


def _data(tables: Tables, raw: Raw) -> dict[str, Any]:
    """What was looked at. Hashes are of the columns that are compared."""
    schema = tables.schema
    found: dict[str, Any] = {
        part: None
        if table is None
        else {"name": name, "rows": len(table), "hash": content_hash(table)}
        for part, name, table in zip(
            ("real", "synthetic", "holdout"),
            raw.names,
            (tables.real, tables.synthetic, tables.holdout),
            strict=True,
        )
    }
    positive = schema.positive
    return found | {
        "target": schema.target,
        "positive": positive
        if positive is None or isinstance(positive, str | int | float | bool)
        else str(positive),
        "columns": [{"name": name, "kind": schema[name].kind.value} for name in tables.columns],
        "left_out": [{"name": c.name, "kind": c.kind.value, "why": c.why} for c in schema.ignored],
        "compared_rows": {
            "reference": len(tables.reference),
            "candidates": len(tables.candidates["control"]),
        },
        "copies_in_holdout": None
        if tables.holdout is None
        else copies_in(tables.holdout, tables.real),
        "holdout_in_synthetic": None
        if tables.holdout is None
        else copies_in(tables.synthetic, tables.holdout, but=tables.real),
    }


def _losses(source: Any) -> dict[str, Any] | None:
    """`losses` of quality.json; None where there are none.

    Raises: ConfigError for what is neither a fitted synthesizer nor a table of losses by epoch.
    """
    if source is None:
        return None
    curve = source if isinstance(source, pd.DataFrame) else getattr(source, "loss_curve", None)
    if not isinstance(curve, pd.DataFrame) or "epoch" not in curve:
        raise ConfigError(
            "losses is a fitted synthesizer or its loss_curve, a table with a column epoch, however this"
            f" is a {type(source).__name__}.",
            key="losses",
        )
    if not len(curve):
        return None
    series = {
        str(name): [float(value) if pd.notna(value) else None for value in curve[name]]
        for name in curve
        if name != "epoch"
    }
    return {"epoch": [int(epoch) for epoch in curve["epoch"]], "series": series}


def _wanted(sections: Sequence[str] | None) -> tuple[str, ...]:
    if isinstance(sections, str):
        sections = [sections]
    for name in sections or ():
        if name not in SECTIONS:
            raise ConfigError(
                f"sections are of {', '.join(SECTIONS)}, however {name!r} is none."
                f"{nearest(str(name), list(SECTIONS))}",
                key="sections",
            )
    return SECTIONS if sections is None else tuple(sections)


@contextmanager
def _clock(seconds: dict[str, float], name: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    seconds[name] = round(time.perf_counter() - began, 2)
