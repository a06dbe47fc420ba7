"""What handing rules over to SDV's constraints spares: broken rows, and proposals per valid row, with and without.

python benchmarks/rules_handover.py [--epochs 20] [--rows 4000] [--sample 2000]
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from unittest import mock

from synthkit.rules import read_rules
from synthkit.synthesizers import ConstrainedSynthesizer, Synthesizer, constrained
from synthkit.synthesizers.sdv import CTGAN, TVAE, GaussianCopula
from synthkit.table.dataset import load

RULES = Path(__file__).parents[1] / "configs/rules/mixed_fraud.yaml"


def measured(synthesizer: Synthesizer, rows: int, sample: int, *, handover: bool) -> str:
    """One line: rules learned, share of proposals that break a rule, proposals per valid row, seconds."""
    data = load({"name": "mixed_fraud", "rows": rows})
    ruled = ConstrainedSynthesizer(synthesizer, read_rules(RULES), "resample")
    nothing = mock.patch.object(constrained, "handed_over", return_value=({}, {}))
    began = time.perf_counter()
    if handover:
        fitted = ruled.fit(data.table, data.schema, 0)
    else:
        with nothing:
            fitted = ruled.fit(data.table, data.schema, 0)
    fit = time.perf_counter() - began
    began = time.perf_counter()
    fitted.sample(sample, 0)
    seconds, done = time.perf_counter() - began, replace(fitted.enforcement)
    # `proposed` are all rows that the engine made, those included that SDV or a condition rejected.
    broken = ", ".join(f"{name} {n / done.rows:.1%}" for name, n in done.broken.items() if n)
    return (
        f"{type(synthesizer).__name__:<15} {'with' if handover else 'without':<8} learned"
        f" {len(done.learned_by_sdv)}; broken {done.broken_rows / done.rows:.1%} ({broken or 'none'});"
        f" {fitted.proposed / sample:.2f} proposals"
        f" per valid row; fit {fit:.1f} s, sample {seconds:.1f} s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--rows", type=int, default=4_000)
    parser.add_argument("--sample", type=int, default=2_000)
    asked = parser.parse_args()
    for synthesizer in (
        GaussianCopula(default_distribution="norm"),
        CTGAN(epochs=asked.epochs, device="cpu"),
        TVAE(epochs=asked.epochs, device="cpu"),
    ):
        for handover in (False, True):
            print(measured(synthesizer, asked.rows, asked.sample, handover=handover), flush=True)


if __name__ == "__main__":
    main()
