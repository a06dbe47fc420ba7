"""Domain rules on the synthetic table beside the real ones."""

from __future__ import annotations

from typing import Any

import pandas as pd

from synthkit.assessment.measure import Measure
from synthkit.assessment.tables import Tables
from synthkit.rules import check
from synthkit.stats import share
from synthkit.table.schema import Schema


def assess(
    real: pd.DataFrame,
    synthetic: pd.DataFrame,
    holdout: pd.DataFrame | None,
    rules: Any,
    tables: Tables,
) -> tuple[dict[str, Any], list[Measure]]:
    """`rules` of quality.json and its measure: the share of rows that break a rule.

    The tables are as given, keys and text among them: rules may speak of these. The control is the
    holdout, or the real table without one; the baseline the real table with each column shuffled.

    Raises: ConfigError for a rule about a column that a table lacks.
    """
    real, synthetic = _conformed(real, tables.schema), _conformed(synthetic, tables.schema)
    shuffled = pd.DataFrame(
        {
            name: real[name].take(tables.rng("rules", str(name)).permutation(len(real))).array
            for name in real
        }
    )
    learned = {"real": real}
    found = {"real": check(real, rules, **learned), "synthetic": check(synthetic, rules, **learned)}
    control = (
        found["real"]
        if holdout is None
        else check(_conformed(holdout, tables.schema), rules, **learned)
    )
    broken, rows = found["synthetic"].n, found["synthetic"].rows
    low, high = share(broken / rows, rows).ends
    worst = max(found["synthetic"].rules, key=lambda each: each.n)
    reading = (
        f"Most often: {worst.rule.name} ({worst.n:,} rows)." if worst.n else "No rule is broken."
    )
    measure = Measure(
        "rules",
        "broken",
        "Rows that break a rule",
        broken / rows,
        "less",
        "share of rows",
        low,
        high,
        control.n / control.rows,
        check(shuffled, rules, **learned).n / len(shuffled),
        reading,
    )
    entries = {name: checked.to_dict() for name, checked in found.items()}
    for rule in entries["real"]["rules"]:
        rule["examples"] = []  # cells of real rows, which the report must not hand on
    return entries, [measure]


def _conformed(table: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    table = table.set_axis([str(name) for name in table.columns], axis=1)
    return schema.only([column.name for column in schema.columns if column.name in table]).conform(
        table
    )
