"""A sweep: the arms of one plan at several numbers of real positives, ratios, epochs or shares of positives.

Each level is the same arms with one thing changed. All levels together are one comparison with more
arms: the same folds, cells, ledger and processes, and with them the same guarantees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from synthkit.comparison.comparison import Comparison
from synthkit.comparison.levels import Level, Levels, base_of
from synthkit.comparison.outcome import Outcome
from synthkit.comparison.plan import Arm, Plan
from synthkit.comparison.run import Report, planned, run
from synthkit.comparison.summary import results_of
from synthkit.comparison.sweep_summary import sweep_cost, sweep_results
from synthkit.errors import ConfigError, DataError
from synthkit.methods import method, with_parameter
from synthkit.strategies.limits import PERFECT, PerfectGenerator, SameDice, Subsampled, WithFresh
from synthkit.table.dataset import Dataset

OVER = ("positives", "imbalance", "ratio", "epochs")
#: Shares of the positives that a sweep takes when nobody says which; fewer than the least is no level.
SHARES, FEWEST = (8, 4, 2), 10
#: Where the process is known, the reference's curve goes on with true fresh positives: so many times all.
BEYOND = (2, 4)


Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, le=1)]


@method
class Sweep:
    """What is swept, and its values: one of the four.

    The test parts stay as they are.
    """

    positives: Annotated[
        Sequence[Count | Literal["all"]],
        Field(
            description="Numbers of real positives in every fit part; `all` is always among them."
        ),
    ] = ()
    imbalance: Annotated[
        Sequence[Share],
        Field(
            description="Shares of positives in every fit part, reached by leaving positives out; the"
            " share as it is is always among them."
        ),
    ] = ()
    ratio: Annotated[
        Sequence[Share],
        Field(description="Values for every arm that has a ratio; the reference stays as it is."),
    ] = ()
    epochs: Annotated[
        Sequence[Count],
        Field(
            description="Values for every arm that has epochs; the reference stays as it is. A"
            " synthesizer is trained from the start at every number, with the random stream of the"
            " most epochs."
        ),
    ] = ()

    def __post_init__(self) -> None:
        given = [name for name in OVER if getattr(self, name)]
        if len(given) > 1:
            raise ConfigError(
                f"A sweep goes over one thing, however it is given {' and '.join(given)}. Sweep them one"
                " after the other.",
                key=given[1],
            )
        for name in given:
            found = list(getattr(self, name))
            if len(set(found)) < len(found):
                raise ConfigError(
                    f"{name} must hold each value once, however it is {found}.", key=name
                )
            numbers = sorted(value for value in found if value != "all")
            object.__setattr__(self, name, (*numbers, *(["all"] if "all" in found else [])))

    @property
    def over(self) -> str:
        """What is swept; the number of positives if nothing else is."""
        return next((name for name in OVER if getattr(self, name)), "positives")

    @property
    def spec(self) -> dict[str, list[Any]]:
        """As a config holds it."""
        return {name: list(getattr(self, name)) for name in OVER if getattr(self, name)}


def sweep(
    data: Any,
    target: str | None = None,
    *,
    over: Sweep | Mapping[str, Any] | None = None,
    jobs: int = 1,
    cluster: str | None = None,
    executor: Executor | None = None,
    out: str | Path | None = None,
    progress: Report | None = None,
    **settings: Any,
) -> Swept:
    """Compare at several levels of one thing: what are an arm's synthetic rows worth in real ones?

    Parameters
    ----------
    data : DataFrame, Dataset, str or Path
        As in `compare`.
    target : str, optional
        The column to predict.
    over : Sweep or dict, optional
        What is swept and its levels, such as {"positives": [25, 50, "all"]}; by default eighths,
        quarters, halves and all of the positives.
    jobs, cluster, executor, out, progress : optional
        As in `compare`.
    settings
        Whatever else `compare` takes: arms, classifiers, split, cost, rules, seed.

    Returns
    -------
    Swept
        A comparison whose figures are those of the base level, with all `levels`.

    Raises
    ------
    DataError, ConfigError
        As `compare`; ConfigError also for a level that the data or the arms do not have.
    """
    dataset, plan = planned(data, target, **settings)
    swept = run_sweep(
        dataset,
        plan,
        Sweep(**over) if isinstance(over, Mapping) else over,
        jobs=jobs,
        cluster=cluster,
        executor=executor,
        folder=None if out is None else Path(out),
        progress=progress,
    )
    if out is not None:
        swept.save(out)
    return swept


def run_sweep(
    dataset: Dataset,
    plan: Plan,
    sweep: Sweep | None = None,
    *,
    jobs: int = 1,
    cluster: str | None = None,
    executor: Executor | None = None,
    folder: Path | None = None,
    progress: Report | None = None,
) -> Swept:
    """Run the plan's arms at every level, and put the levels beside each other.

    Raises: ConfigError for a level that the data or the arms do not have.
    """
    sweep = sweep or Sweep()
    levels = levels_of(dataset, plan, sweep)
    arms = {
        level.shown[arm.label]: replace(arm, label=level.shown[arm.label])
        for level in levels
        for arm in (*level.arms, *level.bounds)
        if level.shown[arm.label] != PERFECT
    }
    base = base_of(levels)
    reference = levels[base].shown[plan.reference]
    whole = run(
        dataset,
        replace(plan, arms=tuple(arms.values()), reference=reference),
        jobs=jobs,
        cluster=cluster,
        executor=executor,
        folder=folder,
        progress=progress,
    )
    outcomes = [_at(whole, plan, level) for level in levels]
    return Swept(
        **{f.name: getattr(outcomes[base], f.name) for f in fields(Outcome)},
        sweep=sweep,
        levels=tuple(zip(levels, outcomes, strict=True)),
    )


def _at(whole: Comparison, plan: Plan, level: Level) -> Comparison:
    """The cells of one level, under the labels that the plan has for its arms."""
    arms = (*level.arms, *level.bounds)
    cells = tuple(
        replace(cell, arm=arm.label)
        for classifier in whole.classifiers
        for arm in arms
        for cell in whole.of(classifier, level.shown[arm.label])
    )
    return Comparison(
        whole.dataset,
        replace(plan, arms=level.arms),
        arms,
        cells,
        whole.classifiers,
        whole.duplicates,
        whole.limit,
        whole.test_to_train,
        whole.same_rows,
    )


def levels_of(dataset: Dataset, plan: Plan, sweep: Sweep) -> list[Level]:
    """Every level of a sweep, those with true fresh positives last."""
    code = dataset.schema.positive_code
    folds = plan.split.split(dataset, plan.seed)
    positives = np.array([(dataset.codes[fold.fit] == code).sum() for fold in folds])
    if positives.min(initial=np.iinfo(np.int64).max) < 1:
        raise DataError(
            "Every fit part needs a positive row, however one has none. Use fewer folds."
        )
    others = np.array([len(fold.fit) for fold in folds]) - positives
    if sweep.over in ("ratio", "epochs"):
        return _changed(plan, sweep, float(positives.mean()), dataset)
    reference = next(arm for arm in plan.arms if arm.label == plan.reference)
    levels = [
        _cut(dataset, plan, sweep.over, value, positives, others)
        for value in _values(sweep, positives, others)
    ]
    half = int(positives.min()) // 2
    if (
        dataset.process is None
        and sweep.over == "positives"
        and half >= 1
        and half not in [v.value for v in levels]
    ):
        # What half of them bring is what is known of headroom; the reference alone tells it.
        alone = _cut(
            dataset, replace(plan, arms=(reference,)), "positives", half, positives, others
        )
        levels = sorted([*levels, alone], key=lambda level: level.positives)
    own = {arm.label: arm.label for arm in plan.arms} | {PERFECT: PERFECT}
    bounds = (
        () if dataset.process is None else (Arm(PerfectGenerator(dataset.process), label=PERFECT),)
    )
    levels.append(
        Level(
            "all"
            if sweep.over == "positives"
            else float((positives / (positives + others)).mean()),
            float(positives.mean()),
            plan.arms,
            own,
            bounds,
        )
    )
    if (
        dataset.process is not None
        and sweep.over == "positives"
        and len(dataset.schema.classes) == 2
    ):
        for times in BEYOND:
            if (wanted := times * int(positives.max())) < others.min():
                arm = replace(
                    reference, strategy=WithFresh(reference.strategy, dataset.process, wanted)
                )
                levels.append(
                    Level(
                        wanted,
                        float(wanted),
                        (arm,),
                        _labels((arm,), f"{wanted} with fresh"),
                        fresh=True,
                    )
                )
    return levels


def _values(sweep: Sweep, positives: np.ndarray, others: np.ndarray) -> list[Any]:
    """The values that leave something out, each checked against the fit parts."""
    if sweep.over == "imbalance":
        most = float((positives / (positives + others)).min())
        for value in sweep.imbalance:
            if value >= most:
                raise ConfigError(
                    f"imbalance must be below {most:.4g}, the share of positives in the fit parts,"
                    f" however it is {value:g}: positives can be left out, not added. The share as it is"
                    " is always swept.",
                    key="imbalance",
                )
        return list(sweep.imbalance)
    if not sweep.positives:
        return sorted({n for n in (int(positives.min()) // part for part in SHARES) if n >= FEWEST})
    fewer = [value for value in sweep.positives if value != "all"]
    for value in fewer:
        if value >= positives.min():
            raise ConfigError(
                f"positives must be below {positives.min()}, which the smallest fit part has, however it"
                f" is {value}. Write all for as many as there are.",
                key="positives",
            )
    return fewer


def _cut(
    dataset: Dataset, plan: Plan, over: str, value: Any, positives: np.ndarray, others: np.ndarray
) -> Level:
    """The plan's arms with fewer positives."""
    how = {"positives": value} if over == "positives" else {"share": value}

    def cut(arm: Arm) -> Arm:
        return replace(arm, strategy=Subsampled(arm.strategy, **how, seed=plan.seed))

    arms = tuple(cut(arm) for arm in plan.arms)
    bounds = (
        ()
        if dataset.process is None
        else (cut(Arm(PerfectGenerator(dataset.process), label=PERFECT)),)
    )
    left = (
        float(value)
        if over == "positives"
        else float(np.mean(np.maximum(1, np.round(value / (1 - value) * others))))
    )
    return Level(value, left, arms, _labels((*arms, *bounds), f"{over} {value:g}"), bounds)


def _changed(plan: Plan, sweep: Sweep, positives: float, dataset: Dataset) -> list[Level]:
    """The plan's arms with another ratio, or other epochs, where they have them."""
    name = sweep.over
    own = {arm.label: arm.label for arm in plan.arms} | {PERFECT: PERFECT}
    levels, any_has = [], False
    for value in getattr(sweep, name):
        arms, shown = [], dict(own)
        ratio = value if name == "ratio" else 1.0  # a bound is one for as many rows as the arms add
        bounds = (
            ()
            if dataset.process is None
            else (Arm(PerfectGenerator(dataset.process, ratio), label=PERFECT),)
        )
        if ratio != 1.0:
            shown[PERFECT] = f"{PERFECT} at ratio {ratio:g}"
        for arm in plan.arms:
            found = (
                arm.strategy
                if arm.label == plan.reference
                else with_parameter(arm.strategy, name, value)
            )
            has = arm.label != plan.reference and found is not arm.strategy
            any_has |= has
            if has and name == "epochs" and value != max(sweep.epochs):
                found = SameDice(found, with_parameter(arm.strategy, name, max(sweep.epochs)))
            arms.append(replace(arm, strategy=found))
            if has:
                shown[arm.label] = f"{arm.label} at {name} {value:g}"
        levels.append(Level(value, positives, tuple(arms), shown, bounds))
    if not any_has:
        raise ConfigError(
            f"A sweep over {name} needs an arm that has {name}, however none has.", key=name
        )
    return levels


def _labels(arms: tuple[Arm, ...], at: str) -> dict[str, str]:
    return {arm.label: f"{arm.label} at {at}" for arm in arms}


@dataclass(frozen=True, eq=False, repr=False)
class Swept(Comparison):
    """A sweep's cells; its tables, plots and files are those of the comparison with all positives, and the sweep.

    For a sweep over ratio or epochs they are those of the last value.
    """

    sweep: Sweep
    levels: tuple[tuple[Level, Comparison], ...]

    @cached_property
    def results(self) -> dict[str, Any]:
        """What `results.json` holds; `sweep` and `sweep_cost` are what a sweep adds (docs/results.md)."""
        per_level = [results_of(outcome) for _, outcome in self.levels]
        levels = Levels(self.sweep.over, self.levels)
        own = per_level[levels.base]
        troubles = {
            key: [
                {"level": level.value, "over": self.sweep.over, **entry}
                for (level, _), results in zip(self.levels, per_level, strict=True)
                for entry in results[key]
            ]
            for key in ("failures", "warnings")
        }
        return {
            **own,
            **troubles,
            "sweep": sweep_results(levels, per_level),
            "cost": own["cost"],
            "sweep_cost": sweep_cost(levels, per_level),
        }

    @property
    def sentences(self) -> list[str]:
        """What the arms are worth in real positives, the headroom, and up to where an arm is worth its cost."""
        found = [
            *self.results["sweep"].get("worth", ()),
            *self.results["sweep"].get("headroom", ()),
            *self.results["sweep_cost"],
        ]
        return [
            f"{entry['classifier']}: {entry['sentence']}"
            for entry in found
            if entry.get("sentence")
        ]

    def cells_frame(self) -> pd.DataFrame:
        """One row per cell and level, as `cells.parquet` holds it."""
        return pd.DataFrame(
            [
                {"level": str(level.value), "fresh": level.fresh, **row}
                for level, outcome in self.levels
                for row in outcome.cells_frame().to_dict("records")
            ]
        )

    def __rich__(self) -> Any:
        from synthkit.report.sweep_table import SweepTables

        return SweepTables(self.results)

    def __str__(self) -> str:
        from synthkit.report.sweep_table import as_text

        return as_text(self.results)

    def _repr_html_(self) -> str:
        from synthkit.report.sweep_table import as_html

        return as_html(self.results) + super()._repr_html_()
