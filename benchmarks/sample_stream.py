"""How fast a fitted model's rows are written, and how much memory that takes above the model.

    OMP_NUM_THREADS=1 python benchmarks/sample_stream.py [--rows 5000000] [--synthesizer sequential_trees]
        [--format parquet] [--epochs 1]

Fits on the article's fraud table (5,000 × 5) and writes the rows asked for. Memory is resident memory
above what the process held when the model was there and had given its first thousand rows, so that
libraries which are loaded on first use are not counted as the stream's. Targets for 5,000,000 rows:
under 1,024 MiB; and the memory at a tenth of the rows about the same, which is what "flat" means.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from synthkit import SYNTHESIZERS, load
from synthkit.comparison.cost import measured
from synthkit.randomness import generator
from synthkit.training import write_sample


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--synthesizer", default="sequential_trees")
    parser.add_argument("--epochs", type=int, default=1, help="of a synthesizer that has any")
    parser.add_argument("--format", default="parquet", choices=["parquet", "csv", "csv.gz", "tsv"])
    arguments = parser.parse_args()
    data = load("article_fraud")
    spec = {"name": arguments.synthesizer}
    if "epochs" in getattr(SYNTHESIZERS[arguments.synthesizer], "__dataclass_fields__", {}):
        spec["epochs"] = arguments.epochs
    with measured() as fit:
        fitted = SYNTHESIZERS.build(spec).fit(data.table, data.schema, generator(0, "train"))
    print(f"{arguments.synthesizer}: fitted in {fit.wall:.1f} s")
    with TemporaryDirectory() as folder:
        out = Path(folder) / f"rows.{arguments.format}"
        write_sample(fitted, out, 1_000, 0)
        for rows in (arguments.rows // 10, arguments.rows):
            with measured() as step:
                written = write_sample(fitted, out, rows, 0)
            print(
                f"{rows:>12,} rows  {written.seconds:8.1f} s  {rows / written.seconds:>10,.0f} rows/s"
                f"  {step.peak:8.0f} MiB above the model  {out.stat().st_size / 2**20:8.0f} MiB file"
            )


if __name__ == "__main__":
    main()
