"""Domain rules on tables: what breaks them, how it is mended. `RULES` lists the kinds by name."""

from __future__ import annotations

from synthkit.constraints.arithmetic_rules import Ratio, Sum
from synthkit.constraints.base import Rule
from synthkit.constraints.check import Checked, check
from synthkit.constraints.column_rules import NotNull, OneOf, Pattern, Positive, Range, Whole
from synthkit.constraints.infer import infer
from synthkit.constraints.logic_rules import Expression, When
from synthkit.constraints.row_rules import FixedCombinations, Inequality, OneHot, Ordered
from synthkit.constraints.rules_file import read_rules, rules_of, rules_to_yaml
from synthkit.constraints.table_rules import Immutable, Unique

#: Every kind of rule by the name that YAML uses. A new one is one line here.
RULES: dict[str, type[Rule]] = {cls.rule: cls for cls in (
    Range, Positive, Whole, OneOf, NotNull, Unique, Inequality, Ordered, FixedCombinations, OneHot, Sum, Ratio, When,
    Immutable, Pattern, Expression)}

__all__ = ["RULES", "Checked", "Expression", "FixedCombinations", "Immutable", "Inequality", "NotNull", "OneHot",
           "OneOf", "Ordered", "Pattern", "Positive", "Range", "Ratio", "Rule", "Sum", "Unique", "When", "Whole",
           "check", "infer", "read_rules", "rules_of", "rules_to_yaml"]
