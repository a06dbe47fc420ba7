"""The quality report, top to bottom: is a synthetic table as good as real rows that nobody learned from?"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from synthkit.assessment.fidelity import fidelity, projection
from synthkit.assessment.figure import beside, finite, measure, word
from synthkit.assessment.sdv_reports import sdv_reports
from synthkit.assessment.tables import CONTROL, Tables
from synthkit.assessment.usefulness import detection, usefulness
from synthkit.assessment.words import remarks
from synthkit.comparison.outcome import machine, versions
from synthkit.errors import ConfigError, nearest
from synthkit.files import written_beside
from synthkit.results import (
    FORMAT,
    ColumnKind,
    ComparedRows,
    LeftOut,
    Losses,
    Measure,
    QualityData,
    QualityResults,
    Run,
    SdvScore,
    Skipped,
    TableOf,
    Violations,
    dump,
)
from synthkit.rules import check
from synthkit.stats import share
from synthkit.table.dataset import Dataset, content_hash, overrides
from synthkit.table.read import Raw, read_raw
from synthkit.table.schema import Schema
from synthkit.table.training_set import TrainingSet

#: Parts that can be left out; fidelity, and rules where they are given, always are there.
SECTIONS = ("sdv", "detection", "usefulness", "privacy", "projection")
PAGE = "quality.html"


def quality(  # noqa: PLR0913  # each a question that some tables raise
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
    means. The same tables and seed give the same figures.

    Parameters
    ----------
    real : DataFrame, path, URL, data set's name or Dataset
        The rows that were learned from; whatever `load` reads.
    synthetic : the same, or TrainingSet
        Rows that were made of them; of the training set that a strategy gave back, the synthetic rows.
    holdout : the same as `real`, optional
        Real rows that nobody learned from. Without them the control is one half of the real table, held
        against the other, and there is nothing to test usefulness and most of privacy on.
    target, positive, schema : optional
        The column to predict, the class that matters, and what each column is, as `load` takes them.
    rules : list, path or Rules, optional
        As `check` takes them; by default none is checked.
    losses : fitted synthesizer or DataFrame, optional
        A fitted synthesizer, or its `loss_curve`: a table with a column `epoch`.
    seed : int, at least 0, default 0
        Decides every draw.
    sections : sequence of str, optional
        Of "sdv", "detection", "usefulness", "privacy", "projection" those that are wanted; by default all.

    Returns
    -------
    Quality
        The figures as values, a table, plots and files.

    Raises
    ------
    DataError
        For tables that do not fit together.
    ConfigError
        For an unknown section or rule.
    """
    wanted = _wanted(sections)
    curve = _losses(losses)
    whole, raw = _read(real, synthetic, holdout, target, positive, schema, seed)
    tables = whole.of_seen_classes()
    data = _data(whole, raw)
    seconds: dict[str, float] = {}
    found: dict[str, Any] = {name: Skipped(skipped="It was not asked for.") for name in SECTIONS}
    measures: list[Measure] = []
    by_column: Mapping[str, SdvScore] = {}
    heard: list[str] = []
    broken = None
    with _clock(seconds, "sdv"):
        if "sdv" in wanted:
            found["sdv"], more, by_column = sdv_reports(tables)
            measures += more
    with _clock(seconds, "fidelity"):
        alike = fidelity(tables, whole, by_column, found["sdv"])
        measures += alike.measures
    with _clock(seconds, "detection"):
        if "detection" in wanted:
            found["detection"], more = detection(tables)
            measures += more
    with _clock(seconds, "usefulness"):
        if "usefulness" in wanted:
            found["usefulness"], more, heard = usefulness(whole)
            measures += more
    with _clock(seconds, "privacy"):
        if "privacy" in wanted:
            from synthkit.assessment.privacy import privacy

            found["privacy"], more = privacy(tables)
            measures += more
    with _clock(seconds, "rules"):
        if rules is not None:
            broken, more = _rules(raw, rules, whole)
            measures += more
    with _clock(seconds, "projection"):
        if "projection" in wanted:
            found["projection"] = projection(tables)
    return Quality(
        QualityResults(
            format=FORMAT,
            kind="quality",
            data=data,
            seed=seed,
            measures=measures,
            columns=alike.columns,
            pairs=alike.pairs,
            classes=alike.classes,
            **{name: found[name] for name in ("sdv", "detection", "usefulness", "privacy")},
            rules=broken,
            projection=found["projection"],
            losses=curve,
            warnings=[*remarks(whole, data), *heard],
            run=Run.model_validate(
                {"versions": versions(), "machine": machine(), "seconds": seconds}
            ),
        )
    )


@dataclass(frozen=True, eq=False, repr=False)
class Quality:
    """What is known of a synthetic table: as values, a table, plots, files.

    Made by `quality`.

    Attributes
    ----------
    report : QualityResults
        Everything that `quality.json` holds.
    """

    report: QualityResults

    @cached_property
    def results(self) -> dict[str, Any]:
        """Everything that `quality.json` holds, as plain values; see docs/quality.md."""
        return self.report.plain()

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The headline figures in reading order."""
        return tuple(self.report.measures)

    def to_frame(self) -> pd.DataFrame:
        """One row per measure: section, name, title, value, low, high, control, baseline, better, unit, reading."""
        columns = ["section", "name", "title", "value", "low", "high", "control", "baseline"]
        measures = [each.plain() for each in self.measures]
        return pd.DataFrame(measures, columns=[*columns, "better", "unit", "reading"])

    def __getitem__(self, name: str) -> Measure:
        """The measure of this name, or of section.name. Raises: ConfigError for an unknown name."""
        for each in self.measures:
            if name in (each.name, f"{each.section}.{each.name}"):
                return each
        raise ConfigError(
            f"There is no measure {name!r}.{nearest(name, [m.name for m in self.measures])}"
        )

    def plot(self, name: str, subject: str | None = None) -> Any:
        """One of the page's plots as a plotly figure; of a column or table, where a plot is of one.

        Raises: ConfigError for an unknown name or subject, DataError where these results have nothing to draw.
        """
        from synthkit.report.quality.plots import PLOTS

        if name not in PLOTS:
            raise ConfigError(f"There is no plot {name!r}.{nearest(name, list(PLOTS))}", key="name")
        return PLOTS[name](self.results, subject)

    def save(self, folder: str | Path) -> Path:
        """Write `quality.json` and `quality.html`; each whole or not.

        Raises: DataError when the folder cannot be written.
        """
        from synthkit.report.quality.page import write

        folder = Path(folder)
        with written_beside(folder / QualityResults.FILE) as path:
            path.write_text(dump(self.results), encoding="utf-8")
        write(self.results, folder / PAGE)
        return folder

    def __repr__(self) -> str:
        data = self.report.data
        return f"<Quality of {data.synthetic.name} beside {data.real.name}; print() shows it>"

    def __str__(self) -> str:
        from synthkit.report.quality.table import as_text

        return as_text(self.results)

    def __rich__(self) -> Any:
        from synthkit.report.quality.table import QualityTable

        return QualityTable(self.results)

    def _repr_html_(self) -> str:
        from synthkit.report.quality.table import as_html

        return as_html(self.results)


def _wanted(sections: Sequence[str] | None) -> Sequence[str]:
    if isinstance(sections, str):
        sections = [sections]
    for name in sections or ():
        if name not in SECTIONS:
            raise ConfigError(
                f"sections are of {', '.join(SECTIONS)}, however {name!r} is none."
                f"{nearest(str(name), list(SECTIONS))}",
                key="sections",
            )
    return SECTIONS if sections is None else sections


def _losses(source: Any) -> Losses | None:
    """`losses` of quality.json; None where there are none.

    Raises: ConfigError for what is neither a fitted synthesizer nor a table of losses by epoch.
    """
    if source is None:
        return None
    curve = source if isinstance(source, pd.DataFrame) else getattr(source, "loss_curve", None)
    if not isinstance(curve, pd.DataFrame) or "epoch" not in curve:
        raise ConfigError(
            "losses is a fitted synthesizer or its loss_curve, a table with a column epoch,"
            " however this"
            f" is a {type(source).__name__}.",
            key="losses",
        )
    if not len(curve):
        return None
    series = {
        str(name): [finite(value) for value in curve[name]] for name in curve if name != "epoch"
    }
    return Losses(epoch=[int(epoch) for epoch in curve["epoch"]], series=series)


def _read(
    real: Any,
    synthetic: Any,
    holdout: Any,
    target: str | None,
    positive: Any,
    schema: Any,
    seed: int,
) -> tuple[Tables, list[Raw]]:
    """The tables under one schema, and as they were given, keys and text among them."""
    raw = [_raw(real), _raw(synthetic), *([] if holdout is None else [_raw(holdout)])]
    if schema is None and isinstance(real, Dataset):
        schema = real.schema
    kinds, told_target, told_positive = overrides(schema)
    own_target, named = raw[0].target, raw[0].named
    if named is not None:
        kinds, own_target = {**named.kinds, **kinds}, named.target
    if positive is None and target in (None, told_target):
        positive = told_positive
    told = [str(name) for name in (target, told_target, own_target) if name is not None]
    if positive is not None and not told:
        raise ConfigError(
            "A positive class needs a target, however none is named. Give target=COLUMN.",
            key="positive",
        )
    chosen = told[0] if told else None
    tables = Tables.of(
        *(each.table for each in raw), target=chosen, positive=positive, kinds=kinds, seed=seed
    )
    return tables, raw


def _raw(source: Any) -> Raw:
    if isinstance(source, TrainingSet):
        return Raw(source.synthetic_rows(), "the synthetic rows of a training set")
    if isinstance(source, Dataset):
        return Raw(source.table, source.name, target=source.schema.target)
    return read_raw(source)


def _data(tables: Tables, raw: list[Raw]) -> QualityData:
    """What was looked at. Hashes are of the columns that are tables."""
    schema, holdout = tables.schema, tables.holdout
    frames = [tables.real, tables.synthetic, *([] if holdout is None else [holdout])]
    told = [
        TableOf(name=each.name, rows=len(table), hash=content_hash(table))
        for each, table in zip(raw, frames, strict=True)
    ]
    ours, made, *held = (_hashes(table) for table in frames)
    return QualityData(
        real=told[0],
        synthetic=told[1],
        holdout=told[2] if held else None,
        target=schema.target,
        positive=None if schema.positive is None else word(schema.positive),
        columns=[ColumnKind(name=name, kind=schema[name].kind.value) for name in tables.columns],
        left_out=[LeftOut(name=c.name, kind=c.kind.value, why=c.why) for c in schema.ignored],
        compared_rows=ComparedRows(
            reference=len(tables.reference), candidates=len(tables.candidates[CONTROL])
        ),
        copies_in_holdout=int(np.isin(held[0], ours).sum()) if held else None,
        holdout_in_synthetic=int((np.isin(made, held[0]) & ~np.isin(made, ours)).sum())
        if held
        else None,
    )


def _hashes(table: pd.DataFrame) -> np.ndarray:
    """A 64-bit hash per row (n,); cells hash alike if they are alike, whatever dtype holds them."""
    alike = {
        name: series
        if series.dtype.kind == "f"
        else series.astype(object).map(str, na_action="ignore").where(series.notna(), "")
        for name, series in table.items()
    }
    return np.asarray(pd.util.hash_pandas_object(pd.DataFrame(alike), index=False))


def _rules(raw: list[Raw], rules: Any, tables: Tables) -> tuple[Violations, list[Measure]]:
    """Domain rules on the synthetic table beside the real ones, and the share of rows that break one.

    The tables are as given, keys and text among them: rules may speak of these. The control is the
    holdout, or the real table without one; the baseline the real table with each column shuffled.

    Raises: ConfigError for a rule about a column that a table lacks.
    """
    real, *others = (_conformed(each.table, tables.schema) for each in raw)
    each = (real, *others, tables.shuffled(real, "rules"))
    ours, made, *held, shuffled = (check(table, rules, real=real) for table in each)
    control = held[0] if held else ours
    worst = max(made.rules, key=lambda rule: rule.n)
    told = measure(
        "rules.broken",
        "Rows that break a rule",
        "less",
        "share of rows",
        beside(
            share(made.n / made.rows, made.rows),
            control.n / control.rows,
            shuffled.n / shuffled.rows,
        ),
        f"Most often: {worst.rule.name} ({worst.n:,} rows)." if worst.n else "No rule is broken.",
    )
    # Examples are cells of real rows, which the report must not hand on.
    silent = [rule.model_copy(update={"examples": []}) for rule in ours.result.rules]
    counted = ours.result.model_copy(update={"rules": silent})
    return Violations(real=counted, synthetic=made.result), [told]


def _conformed(table: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    table = table.set_axis([str(name) for name in table.columns], axis=1)
    return schema.only([column.name for column in schema.columns if column.name in table]).conform(
        table
    )


@contextmanager
def _clock(seconds: dict[str, float], name: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    seconds[name] = round(time.perf_counter() - began, 2)
