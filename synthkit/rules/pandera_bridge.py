"""Rules from a pandera schema or model, and rules as a pandera schema."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from synthkit.errors import ConfigError
from synthkit.rules.base import Rule
from synthkit.rules.columns import NotNull, OneOf, Pattern, Positive, Range
from synthkit.rules.logic import Unique
from synthkit.rules.values import DATE


@dataclass(frozen=True)
class PanderaCheck(Rule):
    """A check of a pandera schema that has no rule of our own. It cannot be written to YAML.

    `column` is None for a check of the whole table, which must say row by row what passes.
    """

    check: Any
    column: str | None
    about_columns: tuple[str, ...]

    rule: ClassVar[str] = "pandera"
    nulls: ClassVar[str] = "as the check says; by pandera's default a missing value breaks nothing"

    def about(self) -> str:
        return f"{self.column or 'the table'}: {self.check.name or 'a check'}"

    @property
    def columns(self) -> tuple[str, ...]:
        return self.about_columns

    def violations(self, table: pd.DataFrame) -> np.ndarray:
        part = table.reset_index(drop=True)
        judged = part[self.column] if self.column is not None else part
        passed = self.check(judged).check_output
        if isinstance(passed, pd.DataFrame):
            passed = passed.all(axis=1)
        if isinstance(passed, pd.Series) and passed.index.isin(part.index).all():
            passed = passed.reindex(
                part.index, fill_value=True
            )  # pandera passes over missing values
        if not isinstance(passed, pd.Series) or len(passed) != len(table):
            raise ConfigError(
                f"The pandera check {self.name!r} must say which rows pass, however it gives one"
                " answer for the whole column. Check it outside.",
                key="rules",
            )
        good = passed.to_numpy(dtype=bool, na_value=True)
        if self.column is not None and self.check.ignore_na:
            good = good | judged.isna().to_numpy()
        return ~good


def from_pandera(source: Any) -> list[Rule]:
    """The rules of a pandera `DataFrameSchema`, or of a `DataFrameModel`.

    Bounds, lists, patterns, uniqueness and missing values become rules of ours, that can be
    repaired and written to YAML; other checks are kept as they are. Types are not rules: the
    table's schema has them.

    Raises: ConfigError for what is neither.
    """
    schema = (
        source.to_schema() if isinstance(source, type) and hasattr(source, "to_schema") else source
    )
    if not hasattr(schema, "columns") or not hasattr(schema, "checks"):
        raise ConfigError(
            f"A pandera DataFrameSchema or DataFrameModel is needed, however this is"
            f" {type(source).__name__}.",
            key="rules",
        )
    rules: list[Rule] = []
    for name, column in schema.columns.items():
        if column.regex:
            raise ConfigError(
                "Rules are about named columns, however the pandera schema has the pattern"
                f" {name!r}.",
                key="rules",
            )
        if not column.nullable:
            rules.append(NotNull(str(name)))
        if column.unique:
            rules.append(Unique(str(name)))
        rules += [_of_check(check, str(name)) for check in column.checks]
    names = tuple(str(name) for name in schema.columns)
    if schema.unique:
        rules.append(Unique(tuple(schema.unique)))
    rules += [PanderaCheck(check, None, names) for check in schema.checks]
    return _named_apart(rules)


def _of_check(check: Any, column: str) -> Rule:
    with_ = getattr(check, "statistics", None) or {}
    low, high = with_.get("min_value"), with_.get("max_value")
    match str(check.name):
        case "in_range":
            ends = (with_.get("include_min", True), with_.get("include_max", True))
            closed: dict[Any, Any] = {
                (True, True): "both",
                (True, False): "left",
                (False, True): "right",
            }
            return Range(column, min=low, max=high, closed=closed.get(ends, "neither"))
        case "greater_than_or_equal_to":
            return Range(column, min=low)
        case "greater_than":
            return Range(column, min=low, closed="neither", name=f"{column} above {low}")
        case "less_than_or_equal_to":
            return Range(column, max=high, name=f"{column} up to {high}")
        case "less_than":
            return Range(column, max=high, closed="neither", name=f"{column} below {high}")
        case "isin":
            return OneOf(column, tuple(with_["allowed_values"]))
        case "str_matches":
            text = getattr(with_["pattern"], "pattern", with_["pattern"])
            # pandera asks for the beginning; its own $ ends the text
            return Pattern(column, f"(?:{text})(?s:.*)")
    return PanderaCheck(check, column, (column,))


def _named_apart(rules: list[Rule]) -> list[Rule]:
    seen: dict[str, int] = {}
    apart = []
    for rule in rules:
        n = seen[rule.name] = seen.get(rule.name, 0) + 1
        apart.append(rule if n == 1 else replace(rule, name=f"{rule.name} {n}"))
    return apart


def to_pandera(rules: Sequence[Rule]) -> Any:
    """The rules as a pandera `DataFrameSchema`, for tables that pass through pandera elsewhere.

    Ranges and lists without dates become pandera's own checks; the others become checks of the
    whole table under the rule's name. Columns may be missing from no table that is validated; types
    are not checked.
    """
    import pandera.pandas as pa

    columns: dict[str, Any] = {}
    checks: dict[str, list[Any]] = {}
    nullable: dict[str, bool] = {}
    whole = []
    for rule in rules:
        for name in rule.columns:
            checks.setdefault(name, [])
        plain = rule.as_range if isinstance(rule, Positive) else rule
        if isinstance(plain, NotNull):
            nullable.update(dict.fromkeys(plain.columns, False))
        elif isinstance(plain, OneOf) and not any(map(_of_time, plain.values)):
            checks[plain.column].append(pa.Check.isin(list(plain.values), name=rule.name))
        elif isinstance(plain, Range) and not any(
            isinstance(end, str) or _of_time(end) for end in (plain.min, plain.max)
        ):
            if plain.min is not None:
                low = pa.Check.gt(plain.min) if plain.open_low else pa.Check.ge(plain.min)
                checks[plain.column].append(low)
            if plain.max is not None:
                high = pa.Check.lt(plain.max) if plain.open_high else pa.Check.le(plain.max)
                checks[plain.column].append(high)
        elif isinstance(plain, PanderaCheck) and plain.column is not None:
            checks[plain.column].append(plain.check)
        elif isinstance(plain, PanderaCheck):
            whole.append(plain.check)
        else:
            whole.append(pa.Check(_passes(rule), name=rule.name, error=rule.name))
    for name, found in checks.items():
        columns[name] = pa.Column(None, checks=found, nullable=nullable.get(name, True))
    return pa.DataFrameSchema(columns, checks=whole)


def _of_time(value: Any) -> bool:
    """Whether a constant may be a date, which pandera compares by its type."""
    return isinstance(value, date | np.datetime64) or (
        isinstance(value, str) and bool(DATE.match(value))
    )


def _passes(rule: Rule) -> Any:
    return lambda table: pd.Series(~rule.violations(table), index=table.index)
