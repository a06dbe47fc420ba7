"""Domain rules on tables: what breaks them, how it is mended. `RULES` lists the kinds by name."""

from __future__ import annotations

from synthkit.rules.arithmetic_rules import Ratio, Sum
from synthkit.rules.base import Rule
from synthkit.rules.check import Checked, check
from synthkit.rules.column_rules import NotNull, OneOf, Pattern, Positive, Range, Whole
from synthkit.rules.infer import infer_rules
from synthkit.rules.logic_rules import Expression, When
from synthkit.rules.row_rules import FixedCombinations, Inequality, OneHot, Ordered
from synthkit.rules.rules_file import read_rules, rules_of, rules_to_yaml
from synthkit.rules.table_rules import Immutable, Unique

#: Every kind of rule by the name that YAML uses. A new one is one line here.
RULES: dict[str, type[Rule]] = {
    cls.rule: cls
    for cls in (
        Range,
        Positive,
        Whole,
        OneOf,
        NotNull,
        Unique,
        Inequality,
        Ordered,
        FixedCombinations,
        OneHot,
        Sum,
        Ratio,
        When,
        Immutable,
        Pattern,
        Expression,
    )
}

__all__ = [
    "RULES",
    "Checked",
    "Expression",
    "FixedCombinations",
    "Immutable",
    "Inequality",
    "NotNull",
    "OneHot",
    "OneOf",
    "Ordered",
    "Pattern",
    "Positive",
    "Range",
    "Ratio",
    "Rule",
    "Sum",
    "Unique",
    "When",
    "Whole",
    "check",
    "infer_rules",
    "read_rules",
    "rules_of",
    "rules_to_yaml",
]
