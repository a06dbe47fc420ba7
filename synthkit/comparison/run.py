"""The comparison, top to bottom: folds, cells (strategy, harden, classifier, score, cost), ledger, result."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from synthkit.comparison.classifiers import fit_classifier
from synthkit.comparison.comparison import Comparison, identity_of
from synthkit.comparison.cost import Cost, measured
from synthkit.comparison.execute import execute
from synthkit.comparison.group import Group
from synthkit.comparison.ledger import Cell, Ledger, only_run_in, uninterrupted
from synthkit.comparison.limits import bayes_limit
from synthkit.comparison.plan import REGISTRIES, Arm, Plan, ruled_arms
from synthkit.comparison.rules import check_real, counted
from synthkit.comparison.scorecard import RecallAt, curves_of, score_cell
from synthkit.errors import SynthkitError
from synthkit.methods.registry import key_of, label_of, spec_of, walk
from synthkit.randomness import generator, integer_seed
from synthkit.strategies.constrained import with_rules
from synthkit.strategies.limits import PERFECT, PerfectGenerator
from synthkit.synthesizers import Synthesizer
from synthkit.table.dataset import Dataset, load
from synthkit.table.split import EvaluationSet, Fold, count_duplicates, parts, prove_disjoint
from synthkit.table.training_set import SYNTHETIC, TrainingSet


def compare(
    data: Any,
    target: str | None = None,
    *,
    arms: Sequence[Any] = ("none", "class_weights", "random_oversampling", "smote"),
    classifiers: Sequence[Any] = ("random_forest", "gradient_boosting"),
    split: Any = "stratified",
    cost: Cost | Mapping[str, Any] | None = None,
    aim: str = "f1",
    reference: str = "",
    rope: float = 0.01,
    recall_at: RecallAt | Mapping[str, float] | None = None,
    rules: Any = None,
    on_violation: str = "report",
    allow_real_violations: bool = False,
    seed: int = 0,
    jobs: int = 1,
    cluster: str | None = None,
    out: str | Path | None = None,
    positive: Any = None,
    schema: Any = None,
    progress: Callable[[Cell | None, int], None] | None = None,
) -> Comparison:
    """Compare ways to treat a labelled table with few positives, on the same folds.

    `data` is whatever `load` takes: a DataFrame, a file, a URL with a query, a data set's name.
    `arms` are strategies, names, mappings with a name, or `Arm`s. `jobs` processes share the
    cells, or the workers of the Dask cluster whose scheduler's address is `cluster`; the figures do
    not depend on their number. With `out`, finished cells are kept there, a killed comparison goes
    on where it stopped, and the results are written there.

    `rules` (whatever `synthkit.Constrained` takes) are held against the table first; then every arm shows
    how many of its synthetic rows break which. With `on_violation` "resample", "repair" or "drop", each
    arm that makes rows runs a second time with the rules enforced, as "ARM, rules kept".

    Raises: DataError for a table that cannot be compared on, or that breaks the rules, with counts, unless
    `allow_real_violations`; ConfigError for a wrong parameter.
    """
    dataset, plan = prepared(
        data,
        target,
        arms=arms,
        classifiers=classifiers,
        split=split,
        cost=cost,
        aim=aim,
        reference=reference,
        rope=rope,
        recall_at=recall_at,
        rules=rules,
        on_violation=on_violation,
        allow_real_violations=allow_real_violations,
        seed=seed,
        positive=positive,
        schema=schema,
    )
    comparison = run(
        dataset,
        plan,
        jobs=jobs,
        cluster=cluster,
        folder=None if out is None else Path(out),
        progress=progress,
    )
    if out is not None:
        comparison.save(out)
    return comparison


def prepared(
    data: Any,
    target: str | None,
    *,
    arms: Any,
    classifiers: Any,
    split: Any,
    cost: Any,
    aim: Any,
    reference: str,
    rope: float,
    recall_at: Any,
    rules: Any,
    on_violation: str,
    allow_real_violations: bool,
    seed: int,
    positive: Any,
    schema: Any,
) -> tuple[Dataset, Plan]:
    """The data and the plan that `compare`'s parameters mean."""
    dataset = (
        data
        if isinstance(data, Dataset)
        else load(data, target=target, positive=positive, schema=schema)
    )
    return dataset, Plan(
        ruled_arms(_listed(arms), rules, on_violation),
        _listed(classifiers),
        split,
        cost,
        aim,
        reference,
        rope,
        seed,
        recall_at,
        rules,
        allow_real_violations,
    )


def _listed(given: Sequence[Any]) -> tuple[Any, ...]:
    """As a tuple; a bare word stays one, for the plan to refuse."""
    return given if isinstance(given, str) else tuple(given)  # type: ignore[return-value]


def run(
    dataset: Dataset,
    plan: Plan,
    *,
    jobs: int = 1,
    cluster: str | None = None,
    folder: Path | None = None,
    progress: Callable[[Cell | None, int], None] | None = None,
) -> Comparison:
    """Run what the ledger lacks, and put all cells together.

    `progress` is called with the number of cells in all and a cell that an earlier run kept, then with
    None, and then with each cell that ends.
    """
    if plan.cost:
        plan.cost.check(dataset)
    check_real(plan, dataset)
    for classifier in plan.classifiers:
        classifier.build(plan.seed)  # a package that is not there is said before anything runs
    walk([arm.strategy for arm in plan.arms], _installed)
    folds = plan.split.split(dataset, plan.seed)
    for fold in folds:
        prove_disjoint(fold, len(dataset))
    arms = plan.arms
    if dataset.process is not None:  # its true rows bound what any generator can gain
        arms = (*arms, Arm(PerfectGenerator(dataset.process), label=PERFECT))
    names = [label_of(spec_of(c, REGISTRIES)) for c in plan.classifiers]
    with only_run_in(folder):
        done = _cells(
            dataset,
            plan,
            folds,
            arms,
            names,
            folder,
            progress or (lambda cell, total: None),
            partial(execute, jobs=jobs, cluster=cluster, folder=folder),
        )
    order = [
        (arm.label, name, fold.repeat, fold.fold)
        for name in names
        for arm in arms
        for fold in folds
    ]
    return Comparison(
        dataset=dataset,
        plan=plan,
        arms=arms,
        classifiers=tuple(names),
        cells=tuple(done[key] for key in order),
        duplicates=count_duplicates(dataset, folds),
        limit=bayes_limit(dataset, folds, plan.cost, plan.aim, plan.recall_at),
        test_to_train=float(np.mean([len(f.test) / len(f.fit) for f in folds])),
        same_rows=len(folds) > 1 and len({(f.fit.tobytes(), f.test.tobytes()) for f in folds}) == 1,
    )


def _installed(method: Any) -> Any:
    if isinstance(method, Synthesizer):
        method.check_installed()
    return method


def _cells(
    dataset: Dataset,
    plan: Plan,
    folds: list[Fold],
    arms: tuple[Arm, ...],
    names: list[str],
    folder: Path | None,
    report: Callable[[Cell | None, int], None],
    run_all: Callable[..., Generator[list[Cell], None, None]],
) -> dict[tuple[str, str, int, int], Cell]:
    """All cells by key: those of the ledger, and what it lacks, which is run."""
    ledger = Ledger(folder, identity_of(dataset, plan.spec))
    cells_in_all = len(folds) * len(arms) * len(plan.classifiers)
    groups: dict[Any, Group] = {}
    for fold in folds:
        for arm in arms:
            missing = [
                c
                for c, name in zip(plan.classifiers, names, strict=True)
                if not ledger.done((arm.label, name, fold.repeat, fold.fold))
            ]
            if missing:
                key = fold.repeat, fold.fold, key_of(arm.stream)
                groups.setdefault(key, (fold, []))[1].append((arm, missing))
    with uninterrupted():
        for cell in ledger.cells.values():
            if cell.error is None:
                report(cell, cells_in_all)
        report(None, cells_in_all)
    with closing(run_all(partial(run_group, plan), dataset, list(groups.values()))) as ended:
        for cells in ended:
            with uninterrupted():  # what is told to be kept is what is kept
                ledger.add(cells)
                for cell in cells:
                    report(cell, cells_in_all)
    return ledger.cells


def run_group(
    plan: Plan, dataset: Dataset, fold: Fold, members: list[tuple[Arm, list[Any]]]
) -> list[Cell]:
    """The cells of some arms on one fold."""
    train, tune, test = parts(dataset, fold)
    train = replace(train, fits={})  # what one of them fits, the others use
    return [
        cell
        for arm, classifiers in members
        for cell in run_arm(plan, fold, (train, tune, test), arm, classifiers)
    ]


def run_arm(
    plan: Plan,
    fold: Fold,
    data: tuple[TrainingSet, EvaluationSet, EvaluationSet],
    arm: Arm,
    classifiers: list[Any],
) -> list[Cell]:
    """The cells of one arm on one fold: the strategy once, then each classifier on what it returned."""
    train, tune, test = data
    cells: list[Cell] = []
    with _one_thread(), warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        augmented: TrainingSet | None = None
        failure = ""
        strategy = with_rules(
            arm.strategy,
            plan.rules,
            allow_real_violations=plan.allow_real_violations,
            columns=(*train.schema.features, str(train.schema.target)),
        )
        with measured(strategy.device) as augmenting:
            try:
                augmented = strategy(
                    train, generator(plan.seed, key_of(arm.stream), fold.repeat, fold.fold)
                )
            except Exception as error:
                failure = _in_words(error)
        rules: dict[str, Any] = {}
        if augmented is not None and plan.rules:
            try:
                rules = counted(plan.rules, train, augmented)
            except Exception as error:
                augmented, failure = None, _in_words(error)
        log = augmented.log if augmented is not None else ()
        # An arm that shares a fitted synthesizer with another pays for it as if it were alone.
        augmenting.wall += sum(entry.reused for entry in log)
        augmenting.cpu += sum(entry.reused_cpu for entry in log)
        told = len(heard)
        for classifier in classifiers:
            name = label_of(spec_of(classifier, REGISTRIES))
            if augmented is None:
                cells.append(Cell(arm.label, name, fold.repeat, fold.fold, error=failure))
                continue
            # The classifier's stream does not depend on the arm: paired arms share its dice.
            seed = integer_seed(generator(plan.seed, "classifier", name, fold.repeat, fold.fold))
            del heard[told:]
            try:
                with measured() as fitting:
                    model = fit_classifier(classifier, *augmented.harden(), train.schema, seed)
                with measured() as predicting:
                    p_test = model.predict_proba(test.X)
                    p_tune = model.predict_proba(tune.X) if len(tune) else None
                scores = score_cell(
                    train,
                    augmented,
                    tune,
                    p_tune,
                    test,
                    p_test,
                    plan.cost,
                    plan.aim,
                    plan.recall_at,
                )
            except Exception as error:
                cells.append(Cell(arm.label, name, fold.repeat, fold.fold, error=_in_words(error)))
                continue
            cells.append(
                Cell(
                    arm.label,
                    name,
                    fold.repeat,
                    fold.fold,
                    scores={
                        key: None if np.isnan(value) else value for key, value in scores.items()
                    },
                    curves=curves_of(test, p_test, plan.cost),
                    cost={
                        "augment": asdict(augmenting)
                        | {
                            word: sum(getattr(entry, word) for entry in log)
                            for word in ("training", "sampling", "enforcing")
                        },
                        "fit": asdict(fitting),
                        "predict": asdict(predicting),
                    },
                    counts={
                        "fit": len(train),
                        "tune": len(tune),
                        "test": len(test),
                        "trained_on": len(augmented),
                        "synthetic": int((augmented.origin == SYNTHETIC).sum()),
                        "test_positives": int((test.codes == train.schema.positive_code).sum()),
                    },
                    warnings=sorted({str(w.message).split("\n")[0] for w in heard}),
                    rules=rules,
                )
            )
    return cells


def _one_thread() -> Any:
    """A context in which BLAS and OpenMP use one thread each."""
    return _thread_controller().limit(limits=1)


@lru_cache(maxsize=1)
def _thread_controller() -> Any:
    # A controller sees the libraries that are loaded by now; and no cell should pay for their loading.
    import sklearn.ensemble  # noqa: F401
    import skrub  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _in_words(error: Exception) -> str:
    """A failed cell's reason: our own message as it is, any other with its type."""
    return str(error) if isinstance(error, SynthkitError) else f"{type(error).__name__}: {error}"


__all__ = ["Arm", "Plan", "compare", "run"]
