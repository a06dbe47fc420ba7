"""Which rows of a table break which rules, and which rules break together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from synthkit.rules.base import Rule, refuse_unknown, with_names

#: Rows shown per rule.
EXAMPLES = 3


@dataclass(frozen=True, eq=False)
class RuleCheck:
    """One rule on one table: which rows break it (n,), and a few of them."""

    rule: Rule
    mask: np.ndarray
    examples: pd.DataFrame

    @property
    def n(self) -> int:
        """Rows that break the rule."""
        return int(self.mask.sum())

    @property
    def share(self) -> float:
        """Rows that break the rule per row, in [0, 1]."""
        return self.n / len(self.mask)


@dataclass(frozen=True, eq=False)
class Checked:
    """All rules on one table of `rows` rows."""

    rules: tuple[RuleCheck, ...]
    rows: int

    @property
    def mask(self) -> np.ndarray:
        """Rows that break at least one rule (n,)."""
        return np.logical_or.reduce([each.mask for each in self.rules])

    @property
    def n(self) -> int:
        """Rows that break at least one rule."""
        return int(self.mask.sum())

    @property
    def passed(self) -> bool:
        """Whether no row breaks any rule."""
        return not any(each.n for each in self.rules)

    @property
    def together(self) -> pd.DataFrame:
        """Rows that break both the rule of the row and that of the column (r, r); on the diagonal, rows that
        break the one."""
        masks = np.stack([each.mask for each in self.rules]).astype(np.float64)
        names = [each.rule.name for each in self.rules]
        return pd.DataFrame((masks @ masks.T).astype(np.int64), index=names, columns=names)

    def pairs(self) -> Iterator[tuple[str, str, int]]:
        """The pairs of rules that break together, with the number of rows."""
        both = self.together
        for i, a in enumerate(both.index):
            for j in range(i + 1, len(both)):
                if both.iloc[i, j]:
                    yield a, both.columns[j], int(both.iloc[i, j])

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "rows": self.rows,
            "broken_rows": self.n,
            "passed": self.passed,
            "rules": [
                {
                    "name": each.rule.name,
                    "rule": each.rule.rule,
                    "columns": list(each.rule.columns),
                    "broken": each.n,
                    "share": each.share,
                    "nulls": each.rule.nulls,
                    "examples": [
                        {"row": int(row), "values": {str(k): _plain(v) for k, v in values.items()}}
                        for row, values in zip(
                            each.examples.index, each.examples.to_dict("records"), strict=True
                        )
                    ],
                }
                for each in self.rules
            ],
            "together": [{"rules": [a, b], "rows": n} for a, b, n in self.pairs()],
        }

    def __str__(self) -> str:
        """What a person reads: a line per rule, the first broken rows, the pairs."""
        width = max(len(each.rule.name) for each in self.rules)
        lines = [
            f"{self.rows:,} rows, {len(self.rules)} rules: "
            + (
                "no rule is broken."
                if self.passed
                else f"{self.n:,} rows ({self.n / self.rows:.2%}) break a rule."
            )
        ]
        for each in self.rules:
            lines.append(f"  {each.rule.name:<{width}}  {each.n:>9,}  {each.share:>8.3%}")
            for row, values in zip(
                each.examples.index, each.examples.to_dict("records"), strict=True
            ):
                shown = ", ".join(f"{name} = {_plain(value)!r}" for name, value in values.items())
                lines.append(f"  {'':<{width}}  row {row}: {shown}")
        lines += [f"  together: {a!r} and {b!r} in {n:,} rows" for a, b, n in self.pairs()]
        return "\n".join(lines)


def check(table: pd.DataFrame, rules: Any, *, real: pd.DataFrame | None = None) -> Checked:
    """Which rows of `table` (n, c) break which of `rules`.

    `rules` are rules in any form that `rules_of` takes. `real` is for rules that take something
    from real rows, such as combinations that were seen. Rows are named by position.

    Raises: ConfigError for a rule about a column that is not there; DataError for a table without
    rows, or a column of another type than a rule needs.
    """
    from synthkit.rules.rules_file import rules_of

    rules = rules_of(rules)
    table = with_names(table)
    refuse_unknown(rules, list(table.columns))
    if real is not None:
        real = with_names(real)
        refuse_unknown(rules, list(real.columns))
        rules = tuple(rule.learned(real) for rule in rules)
    found = []
    for rule in rules:
        mask = np.asarray(rule.broken(table))
        rows = np.flatnonzero(mask[:])[:EXAMPLES] if mask.any() else np.empty(0, dtype=int)
        found.append(
            RuleCheck(rule, mask, table[list(rule.columns)].iloc[rows].set_axis(rows, axis=0))
        )
    return Checked(tuple(found), len(table))


def _plain(value: Any) -> Any:
    """A cell as JSON has it."""
    if (
        value is None
        or value is pd.NaT
        or value is pd.NA
        or (isinstance(value, float) and np.isnan(value))
    ):
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and np.isinf(value):
        return str(value)
    return value if isinstance(value, str | int | float | bool) else str(value)
