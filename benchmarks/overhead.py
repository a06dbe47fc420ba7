"""What the comparison itself adds to the methods' own time.

    python benchmarks/overhead.py [CONFIG] [--repeats N]

Runs the config's cells in this process and prints the elapsed seconds, the sum of the seconds of
augmentation, fit and prediction, and the difference over the sum of fit and prediction. Target: under 3 %.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from synthkit.compare.experiment import run
from synthkit.config import read_config


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", nargs="?", default=str(Path(__file__).parents[1] / "configs/fraud.yaml"))
    parser.add_argument("--repeats", type=int, default=1, help="repeats of the split to run")
    arguments = parser.parse_args()
    config = read_config(arguments.config)
    plan = replace(config.plan, split=replace(config.plan.split, repeats=arguments.repeats))
    dataset = config.load()
    # One small run first: what is imported and set up once per process is not the harness's doing.
    run(dataset, replace(plan, arms=plan.arms[:1], split=replace(plan.split, folds=2, repeats=1)))
    with TemporaryDirectory() as folder:
        began = time.perf_counter()
        comparison = run(dataset, plan, folder=Path(folder))
        comparison.save(folder)
        elapsed = time.perf_counter() - began
    cells = comparison.cells
    steps = {step: sum(cell.cost[step]["wall"] for cell in cells if cell.cost) for step in ("fit", "predict")}
    # The strategy runs once for all classifiers of a fold; each of its cells records its seconds.
    augment = sum({(c.arm, c.repeat, c.fold): c.cost["augment"]["wall"] for c in cells if c.cost}.values())
    own = elapsed - augment - sum(steps.values())
    print(f"{len(cells)} cells, {sum(c.error is not None for c in cells)} failed")
    print(f"elapsed {elapsed:8.2f} s")
    print(f"augment {augment:8.2f} s   fit {steps['fit']:8.2f} s   predict {steps['predict']:8.2f} s")
    print(f"harness {own:8.2f} s = {own / sum(steps.values()):.2%} of fit and predict (target: under 3 %)")


if __name__ == "__main__":
    main()
