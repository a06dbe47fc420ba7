"""The comparison, top to bottom: folds, cells (strategy, harden, classifier, score, cost), ledger, result."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import asdict, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from synthkit.comparison.classifiers import fit_classifier
from synthkit.comparison.comparison import Comparison, identity_of
from synthkit.comparison.cost import Cost, measured
from synthkit.comparison.ledger import Cell, Ledger, only_run_in, uninterrupted
from synthkit.comparison.limits import bayes_limit
from synthkit.comparison.plan import REGISTRIES, Arm, Plan, ruled_arms
from synthkit.comparison.rules import check_real, counted
from synthkit.comparison.scorecard import RecallAt, curves_of, score_cell
from synthkit.comparison.workers import Group, execute
from synthkit.errors import SynthkitError
from synthkit.methods.registry import key_of, label_of, spec_of, walk
from synthkit.randomness import generator, integer_seed
from synthkit.strategies.constrained import with_rules
from synthkit.strategies.limits import PERFECT, PerfectGenerator
from synthkit.synthesizers import Synthesizer
from synthkit.table.dataset import Dataset, load
from synthkit.table.split import EvaluationSet, Fold, count_duplicates, parts, prove_disjoint
from synthkit.table.training_set import SYNTHETIC, TrainingSet

#: Told of each cell that ends, and how many there are in all; see `run`.
Report = Callable[[Cell | None, int], None]


def compare(  # noqa: PLR0913  # each a question that a person may want to answer
    data: Any,
    target: str | None = None,
    *,
    arms: Sequence[Any] = Plan.arms,
    classifiers: Sequence[Any] = Plan.classifiers,
    split: Any = Plan.split,
    cost: Cost | Mapping[str, Any] | None = Plan.cost,
    aim: str = Plan.aim,
    reference: str = Plan.reference,
    rope: float = Plan.rope,
    recall_at: RecallAt | Mapping[str, float] | None = Plan.recall_at,
    rules: Any = Plan.rules,
    on_violation: str = "report",
    allow_real_violations: bool = Plan.allow_real_violations,
    seed: int = Plan.seed,
    jobs: int = 1,
    cluster: str | None = None,
    executor: Executor | None = None,
    out: str | Path | None = None,
    positive: Any = None,
    schema: Any = None,
    progress: Report | None = None,
) -> Comparison:
    """Compare ways to treat a labelled table with few positives, on the same folds.

    Parameters
    ----------
    data : DataFrame, Dataset, str or Path
        The table, or where it is: a file, a URL with a query, a data set's name; what `load` takes.
    target : str, optional
        The column to predict; a data set of a name knows its own.
    arms : sequence of str, dict, Strategy or Arm
        What is compared: strategies, their names, or mappings with a name and parameters.
    classifiers : sequence of str or dict
        What learns from each arm's training set; names of `synthkit methods`.
    split : str, dict or split
        How rows are dealt into training, tuning and testing; "stratified" is five folds, five times.
    cost : Cost or dict, optional
        Prices: of a missed positive, a false alarm, an hour of computing. With them verdicts are in money.
    aim : {"f1", "cost"}
        What the tuned threshold maximises: F1, or the least expected cost.
    reference : str
        Label of the arm that the others are held against; by default none, or else the first.
    rope : float, at least 0
        Half-width of the region of practical equivalence, in the score's unit; of money and log
        loss, as a share of the reference's mean.
    recall_at : RecallAt or dict, optional
        Limits at which recall is scored as well: a precision, a false positive rate.
    rules : path or sequence, optional
        Domain rules, whatever `synthkit.Constrained` takes. They are held against the table first;
        then every arm shows how many of its synthetic rows break which.
    on_violation : {"report", "resample", "repair", "drop"}
        With any but "report", each arm that makes rows runs a second time with the rules enforced,
        as "ARM, rules kept".
    allow_real_violations : bool
        Whether real rows may break rules.
    seed : int, at least 0
        Decides every draw.
    jobs : int, at least 1
        Processes that share the cells. Figures do not depend on their number.
    cluster : str, optional
        Address of a Dask scheduler, whose workers then share the cells.
    executor : concurrent.futures.Executor, optional
        Anything that submits as those do (loky's, Dask's `client.get_executor()`, Ray's); it is left
        open. Figures do not depend on it.
    out : path, optional
        A folder: finished cells are kept there, a killed comparison goes on where it stopped, and
        the results are written there.
    positive : optional
        The class that matters; by default the rarest.
    schema : Schema, dict or path, optional
        What the columns are, where that should not be detected.
    progress : callable, optional
        Called with a cell and the number of cells in all; see `run`.

    Returns
    -------
    Comparison
        Cells, verdicts, tables, plots; `print` shows it.

    Raises
    ------
    DataError
        For a table that cannot be compared on, or that breaks the rules, with counts, unless
        `allow_real_violations`.
    ConfigError
        For a wrong parameter.

    Examples
    --------
    >>> comparison = compare("article_fraud", arms=["none", "smote"])  # doctest: +SKIP
    >>> comparison.verdict  # doctest: +SKIP
    """
    dataset, plan = planned(
        data,
        target,
        rules=rules,
        on_violation=on_violation,
        positive=positive,
        schema=schema,
        arms=arms,
        classifiers=classifiers,
        split=split,
        cost=cost,
        aim=aim,
        reference=reference,
        rope=rope,
        recall_at=recall_at,
        allow_real_violations=allow_real_violations,
        seed=seed,
    )
    folder = None if out is None else Path(out)
    comparison = run(
        dataset,
        plan,
        jobs=jobs,
        cluster=cluster,
        executor=executor,
        folder=folder,
        progress=progress,
    )
    if folder is not None:
        comparison.save(folder)
    return comparison


def planned(
    data: Any,
    target: str | None,
    *,
    rules: Any = Plan.rules,
    on_violation: str = "report",
    positive: Any = None,
    schema: Any = None,
    **settings: Any,
) -> tuple[Dataset, Plan]:
    """The data and the plan that `compare`'s parameters mean; `settings` are the plan's."""
    known = isinstance(data, Dataset)
    dataset = data if known else load(data, target=target, positive=positive, schema=schema)
    arms = ruled_arms(settings.pop("arms", Plan.arms), rules, on_violation)
    for name, given in (("arms", arms), ("classifiers", settings.get("classifiers"))):
        if given is not None:  # a bare word stays one, for the plan to refuse
            settings[name] = given if isinstance(given, str) else tuple(given)
    return dataset, Plan(rules=rules, **settings)


def run(
    dataset: Dataset,
    plan: Plan,
    *,
    jobs: int = 1,
    cluster: str | None = None,
    executor: Executor | None = None,
    folder: Path | None = None,
    progress: Report | None = None,
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
            partial(execute, jobs=jobs, cluster=cluster, executor=executor, folder=folder),
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
