"""What the comparison itself adds to the methods' own time.

    python benchmarks/overhead.py [CONFIG] [--repeats N] [--quick]

Runs the config's cells in this process and writes its files; prints the elapsed seconds, the sum of
the seconds of augmentation, fit and prediction, and the difference over the sum of fit and
prediction, in wall and in CPU seconds (which a busy machine disturbs less). Target: under 3 %.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from synthkit.comparison.run import run
from synthkit.config import read_config
from synthkit.strategies import TopUp


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "config", nargs="?", default=str(Path(__file__).parents[1] / "configs/fraud.yaml")
    )
    parser.add_argument("--repeats", type=int, default=1, help="repeats of the split to run")
    parser.add_argument(
        "--quick", action="store_true", help="leave out the arms that train a synthesizer"
    )
    arguments = parser.parse_args()
    config = read_config(arguments.config)
    arms = [
        arm for arm in config.plan.arms if not (arguments.quick and isinstance(arm.strategy, TopUp))
    ]
    plan = replace(
        config.plan, arms=tuple(arms), split=replace(config.plan.split, repeats=arguments.repeats)
    )
    dataset = config.load()
    with TemporaryDirectory() as folder:
        # One small run first: what is imported and set up once per process is not the harness's doing.
        run(
            dataset,
            replace(plan, arms=plan.arms[:2], split=replace(plan.split, folds=2, repeats=1)),
        ).save(folder)
    with TemporaryDirectory() as folder:
        began, began_cpu = time.perf_counter(), time.process_time()
        comparison = run(dataset, plan, folder=Path(folder))
        comparison.save(folder)
        elapsed = {"wall": time.perf_counter() - began, "cpu": time.process_time() - began_cpu}
    cells = comparison.cells
    print(f"{len(cells)} cells, {sum(c.error is not None for c in cells)} failed")
    for clock, whole in elapsed.items():
        steps = {
            step: sum(c.cost[step][clock] for c in cells if c.cost) for step in ("fit", "predict")
        }
        # The strategy runs once for all classifiers of a fold; each of its cells records its seconds.
        augment = sum(
            {(c.arm, c.repeat, c.fold): c.cost["augment"][clock] for c in cells if c.cost}.values()
        )
        own = whole - augment - sum(steps.values())
        print(
            f"{clock:>4}: elapsed {whole:.2f} s = augment {augment:.2f} + fit {steps['fit']:.2f} + predict"
            f" {steps['predict']:.2f} + harness {own:.2f} s; harness {own / sum(steps.values()):.2%} of fit and"
            " predict (target: under 3 %)"
        )


if __name__ == "__main__":
    main()
