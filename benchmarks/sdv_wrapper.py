"""Our wrapper against SDV called directly, in one process: fit time, rejected rows, memory.

    python benchmarks/sdv_wrapper.py [--rows 20000] [--epochs 10] [--repeats 3]

Prints one line per figure and the ratio ours / SDV's. Fits are CPU seconds of this process, best of
the repeats, both with one torch thread and no worker processes, so that the ratio is the wrapper's own
cost whatever else the machine does; the last line is wall time with SDV at its defaults (as many torch
threads as cores, and processes for the preprocessing), which is what the thread setting is worth.

What to expect (2 cores, sdv 2.0.0): the fit is what the engine takes, a few hundredths of a second
aside. Conditional sampling is where they part: SDV proposes rows blindly and rejects; here the
value is set in CTGAN's condition vector, at its right place and with the batch normalisation in
evaluation mode, so that after enough epochs nearly every proposal has it. After few epochs (about 10
on 20,000 rows) the generator does not yet obey its condition, and no wrapper can change that.
TVAE and GaussianCopula are conditioned exactly, and reject nothing.
"""

import argparse
import gc
import time
import tracemalloc
import warnings

import numpy as np
import pandas as pd


def payments(rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    fraud = (np.arange(rows) % 200 == 0).astype(int)  # 0.5 %
    return pd.DataFrame(
        {
            "region": rng.choice(["n", "e", "s", "w"], rows),
            "channel": rng.choice(["app", "web"], rows),
            "amount": np.where(fraud, rng.exponential(180, rows), rng.exponential(80, rows)).round(
                2
            ),
            "hour": np.where(fraud, rng.normal(3, 5, rows), rng.normal(14, 4, rows))
            .clip(0, 23)
            .round(2),
            "fraud": fraud,
        }
    )


KINDS = {
    "region": "categorical",
    "channel": "categorical",
    "amount": "numerical",
    "hour": "numerical",
    "fraud": "categorical",
}


def direct(name: str, table: pd.DataFrame, epochs: int):
    import sdv.single_table as single_table
    from sdv.metadata import Metadata

    metadata = Metadata.load_from_dict(
        {
            "tables": {"t": {"columns": {k: {"sdtype": v} for k, v in KINDS.items()}}},
            "relationships": [],
        }
    )
    parameters = {} if name == "GaussianCopula" else {"epochs": epochs, "enable_gpu": False}
    engine = getattr(single_table, f"{name}Synthesizer")(metadata, **parameters)
    engine.fit({"t": table})
    return engine


def ours(name: str, table: pd.DataFrame, epochs: int):
    from synthkit import synthesizers
    from synthkit.table.schema import Schema

    schema = Schema.detect(
        table, "fraud", kinds={"region": "categorical", "channel": "categorical"}
    )
    parameters = {} if name == "GaussianCopula" else {"epochs": epochs, "device": "cpu"}
    return getattr(synthesizers, name)(**parameters).fit(table, schema, 0)


def seconds(run) -> float:
    gc.collect()
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def cpu_seconds(run) -> float:
    from joblib import parallel_config

    gc.collect()
    began = time.process_time()
    with parallel_config(backend="sequential"):
        run()
    return time.process_time() - began


def rejected_per_row(draws: int, met: int) -> float:
    return (draws - met) / max(met, 1)


def main() -> None:
    import torch

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    warnings.filterwarnings("ignore", message=".*strongly recommend saving the metadata.*")
    table = payments(asked.rows)
    default_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    direct("CTGAN", table.head(1_000), 1)  # loading and first-call costs belong to neither
    ours("CTGAN", table.head(1_000), 1)
    print(f"{asked.rows:,} rows × {table.shape[1]}, {asked.epochs} epochs, best of {asked.repeats}")
    for name in ("CTGAN", "TVAE", "GaussianCopula"):
        theirs, mine = [], []
        for _ in range(asked.repeats):  # in turns, so that a busy machine is busy for both
            theirs.append(cpu_seconds(lambda name=name: direct(name, table, asked.epochs)))
            mine.append(cpu_seconds(lambda name=name: ours(name, table, asked.epochs)))
        print(
            f"{name:15} fit: SDV {min(theirs):7.2f} s, ours {min(mine):7.2f} s, ratio {min(mine) / min(theirs):.3f}"
        )

    for name in ("CTGAN", "TVAE", "GaussianCopula"):
        engine, fitted = direct(name, table, asked.epochs), ours(name, table, asked.epochs)
        blind = engine.sample(20_000)["t"]
        met = int((blind["fraud"] == 1).sum())
        took = seconds(lambda fitted=fitted: fitted.sample(2_000, 0, where={"fraud": 1}))
        met_here = 1 / fitted.acceptance - 1
        theirs_rejected = rejected_per_row(len(blind), met)
        ratio = theirs_rejected / met_here if met_here else float("inf")
        print(
            f"{name:15} rejected per row kept of a 0.5 % class: SDV {theirs_rejected:9.2f}"
            f"{' (none met)' if not met else ''}, ours {met_here:7.3f}, {ratio:.0f}× fewer; 2,000 such rows in"
            f" {took:.2f} s"
        )

    for label, run in (("SDV", direct), ("ours", ours)):
        gc.collect()
        tracemalloc.start()
        run("CTGAN", table, 1)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        size = int(table.memory_usage(deep=True).sum())
        print(
            f"peak of Python and NumPy memory in a fit, {label}: {peak / 2**20:.1f} MiB"
            f" (the table itself {size / 2**20:.1f} MiB)"
        )

    torch.set_num_threads(default_threads)
    theirs = seconds(lambda: direct("CTGAN", table, asked.epochs))
    mine = seconds(lambda: ours("CTGAN", table, asked.epochs))
    print(
        f"wall time of a CTGAN fit, SDV at its defaults ({default_threads} torch threads): {theirs:.2f} s,"
        f" ours {mine:.2f} s"
    )


if __name__ == "__main__":
    main()
