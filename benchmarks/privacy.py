"""The closest training row of every synthetic row, on mixed columns: seconds, peak memory, and sdmetrics beside it.

    OMP_NUM_THREADS=2 python benchmarks/privacy.py [--rows 50000] [--peer-rows 1000] [--whole]

Asked of it: 50,000 x 50,000 rows of 8 numbers and 5 categories (3 to 40 levels, gaps in both), no row
left out, in under 30 s on two cores with less than 1 GiB besides the tables. sdmetrics' `calculate_dcr`
merges every row with every other, and is timed on as many rows as it can do. `--whole` times the whole
privacy section on tables of that size, the holdout half as large. Memory is the highest resident set
during the call less that before it (VmHWM, which Linux can reset).
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from synthkit.assessment.privacy import Space, privacy
from synthkit.assessment.tables import Tables

LEVELS = (3, 5, 8, 20, 40)


def resident(which: str) -> float:
    """VmRSS or VmHWM in MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(which):
            return int(line.split()[1]) / 1024
    return float("nan")


def measured(call: Callable[[], object]) -> tuple[object, float, float]:
    """The result, seconds of wall time and MiB of extra peak memory of one call."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    before, began = resident("VmRSS"), time.perf_counter()
    result = call()
    return result, time.perf_counter() - began, resident("VmHWM") - before


def table(rows: int, seed: int) -> pd.DataFrame:
    """8 related numbers and 5 categories, one in ten missing in two of each."""
    rng = np.random.default_rng(seed)
    mixing = np.random.default_rng(0).normal(size=(3, 8))
    X = pd.DataFrame(
        rng.normal(size=(rows, 3)) @ mixing + rng.normal(size=(rows, 8)) / 2,
        columns=[f"x{j}" for j in range(8)],
    )
    for j, levels in enumerate(LEVELS):
        names = np.array([f"level {i}" for i in range(levels)], dtype=object)
        X[f"c{j}"] = names[np.minimum(rng.exponential(levels / 3, rows).astype(int), levels - 1)]
    for name in ("x0", "x1", "c0", "c1"):
        X[name] = X[name].mask(rng.random(rows) < 0.1)
    return X


def tables(rows: int) -> Tables:
    kinds = {f"x{j}": "numeric" for j in range(8)} | {
        f"c{j}": "categorical" for j in range(len(LEVELS))
    }
    return Tables.of(table(rows, 1), table(rows, 2), table(rows // 2, 3), kinds=kinds)


def closest(given: Tables) -> np.ndarray:
    space = Space.of(given)
    return space.closest(space.synthetic, space.real, 2)[1]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--peer-rows", type=int, default=1_000)
    parser.add_argument("--whole", action="store_true")
    asked = parser.parse_args()
    given = tables(asked.rows)
    found, seconds, peak = measured(lambda: closest(given))
    print(
        f"synthkit  {asked.rows:,} x {asked.rows:,} rows: {seconds:.2f} s, {peak:.0f} MiB; the median distance is"
        f" {np.median(np.asarray(found)[:, 0]):.3f}",
        flush=True,
    )
    if asked.whole:
        _, seconds, peak = measured(lambda: privacy(given))
        print(
            f"synthkit  the whole section, {asked.rows // 2:,} rows held out: {seconds:.2f} s, {peak:.0f} MiB",
            flush=True,
        )
    if asked.peer_rows:
        from sdmetrics.single_table.privacy.dcr_utils import calculate_dcr

        few = tables(asked.peer_rows)
        metadata = {
            "columns": {
                name: {"sdtype": "numerical" if name[0] == "x" else "categorical"}
                for name in few.columns
            }
        }
        _, ours, our_peak = measured(lambda: closest(few))
        _, theirs, their_peak = measured(lambda: calculate_dcr(few.synthetic, few.real, metadata))
        print(
            f"{asked.peer_rows:,} x {asked.peer_rows:,} rows: synthkit {ours:.3f} s, {our_peak:.0f} MiB; sdmetrics"
            f" {theirs:.2f} s, {their_peak:.0f} MiB: {theirs / ours:.0f} times as long"
        )


if __name__ == "__main__":
    main()
