"""Domain rules on tables: what breaks them, how it is repaired. `RULES` lists the kinds by name."""

from __future__ import annotations

from synthkit.methods import Registry
from synthkit.rules.base import Rule
from synthkit.rules.check import Checked, check, infer_rules
from synthkit.rules.columns import NotNull, OneOf, Pattern, Positive, Range, Whole
from synthkit.rules.logic import Expression, Immutable, Unique, When
from synthkit.rules.rows import FixedCombinations, Inequality, OneHot, Ordered, Ratio, Sum
from synthkit.rules.rules_file import read_rules, rules_of, rules_to_yaml

_KINDS = (
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
#: Every kind of rule by the name that YAML uses, those of other packages included.
RULES = Registry("rule", "synthkit.rules", {kind.rule: kind for kind in _KINDS}, key="rule")

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
