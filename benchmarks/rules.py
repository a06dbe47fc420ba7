"""Twenty rules on a million rows: seconds of one check. Asked of it: under 3.

python benchmarks/rules.py [--rows 1000000] [--repeats 3]
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd

from synthkit.rules import check, rules_of

RULES = [
    {"rule": "range", "column": "amount", "min": 0, "max": 5_000},
    {"rule": "range", "column": "time", "min": "2024-01-01", "max": "2024-12-31"},
    {"rule": "range", "column": "age", "min": 18, "max": 95, "closed": "left"},
    {"rule": "positive", "column": "amount"},
    {"rule": "positive", "column": "refund", "zero": True},
    {"rule": "whole", "column": "items"},
    {"rule": "one_of", "column": "country", "values": ["DE", "FR", "NL", "AT", "PL"]},
    {"rule": "not_null", "column": ["amount", "time", "country"]},
    {"rule": "unique", "column": "number"},
    {"rule": "inequality", "low": "refund", "high": "amount"},
    {"rule": "inequality", "low": "time", "high": "settled", "strict": True},
    {"rule": "ordered", "columns": ["low", "middle", "high"]},
    {
        "rule": "fixed_combinations",
        "columns": ["country", "currency"],
        "combinations": [["DE", "EUR"], ["FR", "EUR"], ["NL", "EUR"], ["AT", "EUR"], ["PL", "PLN"]],
    },
    {"rule": "one_hot", "columns": ["is_card", "is_cash", "is_other"]},
    {"rule": "sum", "parts": ["net", "tax"], "total": "amount", "tolerance": 0.01},
    {"rule": "ratio", "numerator": "tax", "denominator": "amount", "min": 0, "max": 0.3},
    {"rule": "when", "if": "is_card == 1", "then": {"rule": "not_null", "column": "age"}},
    {"rule": "immutable", "column": "currency", "key": "country"},
    {"rule": "pattern", "column": "code", "regex": "[A-Z]{2}-[0-9]{3}"},
    {
        "rule": "expression",
        "expression": "net + tax <= amount + 0.01 and (is_card == 1 or items >= 0)",
    },
]


def table(rows: int, seed: int = 0) -> pd.DataFrame:
    """A shop's payments; a few rows break each rule."""
    rng = np.random.default_rng(seed)
    amount = rng.exponential(80, rows)
    tax = amount * rng.uniform(0, 0.31, rows)
    country = rng.choice(["DE", "FR", "NL", "AT", "PL"], rows)
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(
        rng.integers(0, 366 * 86_400, rows), unit="s"
    )
    way = rng.integers(0, 3, rows)
    spread = np.sort(rng.normal(size=(rows, 3)), axis=1)
    return pd.DataFrame(
        {
            "number": np.arange(rows) % (rows - 9),
            "amount": amount,
            "tax": tax,
            "net": amount - tax,
            "refund": amount * rng.uniform(0, 1.001, rows),
            "items": rng.integers(0, 9, rows).astype(float),
            "age": pd.Series(rng.integers(18, 96, rows), dtype="Int64").mask(
                rng.random(rows) < 0.01
            ),
            "country": country.astype(object),
            "currency": np.where(country == "PL", "PLN", "EUR").astype(object),
            "time": start,
            "settled": start + pd.to_timedelta(rng.integers(0, 10_000, rows), unit="s"),
            "low": spread[:, 0],
            "middle": spread[:, 1],
            "high": spread[:, 2],
            "is_card": (way == 0).astype(int),
            "is_cash": (way == 1).astype(int),
            "is_other": (way == 2).astype(int),
            "code": pd.Series(
                rng.choice(["AB-123", "CD-456", "ab-1"], rows, p=[0.5, 0.49, 0.01]), dtype=object
            ),
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    rows, rules = table(asked.rows), rules_of(RULES)
    best = {rule.name: float("inf") for rule in rules}
    whole = float("inf")
    for _ in range(asked.repeats):
        began = time.perf_counter()
        checked = check(rows, rules)
        whole = min(whole, time.perf_counter() - began)
        for rule in rules:
            began = time.perf_counter()
            rule.violations(rows)
            best[rule.name] = min(best[rule.name], time.perf_counter() - began)
    print(
        f"{asked.rows:,} rows x {len(rules)} rules: {whole:.2f} s, {checked.n:,} rows break a rule"
    )
    for name, seconds in sorted(best.items(), key=lambda item: -item[1]):
        print(f"  {seconds * 1000:7.1f} ms  {name}")


if __name__ == "__main__":
    main()
