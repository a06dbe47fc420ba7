"""Reads a training table, measures it, and says which arms deserve a try and why."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from synthkit.advice import findings as measured
from synthkit.advice.arms import arms, classifier_seconds, costs
from synthkit.advice.config_text import config_yaml
from synthkit.advice.sample import FEWEST_POSITIVES, Sample, draw, folds
from synthkit.errors import ConfigError, nearest
from synthkit.methods.traits import Estimate
from synthkit.randomness import check_seed
from synthkit.report.words import seconds
from synthkit.results import AdviceResults, Advised, Finding
from synthkit.rules import rules_of
from synthkit.table.dataset import Dataset, load

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions

    from synthkit.advice.pictures import Picture


@dataclass(frozen=True, eq=False, repr=False)
class Advice:
    """What was found about a table, and what follows for each arm.

    `findings` in the order in which they were measured. `arms`: every known arm, whether it is
    worth a try, and why. `summary`: the advice in one or two sentences. `fits`: seconds of one fit of
    each of the comparison's classifiers, where costs were measured. `rules`: those that were given.
    """

    dataset: Dataset
    findings: tuple[Finding, ...]
    arms: tuple[Advised, ...]
    summary: str
    measured_on: str
    seed: int = 0
    source: Any = None
    sample: Sample | None = field(default=None, repr=False)
    fits: Mapping[str, float] = field(default_factory=dict)
    rules: tuple[Any, ...] = ()

    def __getitem__(self, topic: str) -> Finding:
        """The finding on one topic."""
        return next(finding for finding in self.findings if finding.topic == topic)

    @property
    def no_config(self) -> str:
        """Why no comparison can be run on this table, so that it gets no config; empty if one can."""
        schema = self.dataset.schema
        alone = [
            c for code, c in enumerate(schema.classes) if (self.dataset.codes == code).sum() < 2
        ]
        if not alone:
            return ""
        return (
            f"No config: to compare, every class of {schema.target!r} needs at least 2 rows, one to learn from and"
            f" one to test on, however {', '.join(map(repr, alone))} has 1. Collect more, or join it with another."
        )

    def config_yaml(self, source: Any = None) -> str:
        """A config for `compare`; `source` is where the table is to be read from, if `advise` was given the table."""
        return config_yaml(
            self.dataset,
            self.arms,
            self.summary,
            self.source if source is None else source,
            self.seed,
            self.fits,
            self.rules,
        )

    @cached_property
    def results(self) -> AdviceResults:
        """All of it as typed results."""
        schema = self.dataset.schema
        return AdviceResults(
            table=self.dataset.name,
            rows=len(self.dataset),
            target=str(schema.target),
            positive=str(schema.positive),
            summary=self.summary,
            measured_on=self.measured_on,
            findings=list(self.findings),
            arms=list(self.arms),
        )

    def plain(self) -> dict[str, Any]:
        """The same as plain values."""
        return self.results.plain()

    def picture(self) -> str:
        """The positives among the other rows, by PCA and t-SNE, as one HTML page that works offline."""
        return self._drawn.page()

    def plot(self, name: str = "pca") -> Any:
        """The positives among the other rows as a plotly figure: "pca" or "t-sne". Raises: ConfigError for another."""
        figures = self._drawn.figures()
        if name not in figures:
            raise ConfigError(
                f"There is no plot {name!r}.{nearest(name, list(figures))}", key="name"
            )
        return figures[name]

    @cached_property
    def _drawn(self) -> Picture:
        from synthkit.advice.pictures import picture

        return picture(self.sample or draw(self.dataset, self.seed), self.dataset)

    def __repr__(self) -> str:
        return f"<Advice on {self.dataset.name}; print() shows it>"

    def __str__(self) -> str:
        from synthkit.report.advice_table import as_text

        return as_text(self.plain())

    def _repr_html_(self) -> str:
        from synthkit.report.advice_table import as_html

        return as_html(self.plain())

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Any]:
        from synthkit.report.advice_table import tables

        yield from tables(self.plain())


def advise(
    data: Any,
    target: str | None = None,
    *,
    seed: int = 0,
    rules: Any = None,
    methods: Mapping[str, Any] | None = None,
    positive: Any = None,
    schema: Any = None,
) -> Advice:
    """Measure what decides whether a table's few positives are worth augmenting.

    Everything is measured on real rows, cross-validated, on at most 15,000 rows or 300,000 cells;
    with several classes the positive one is judged against the rest. With fewer than 10 positives
    what needs a model is not measured, and says so.

    Parameters
    ----------
    data : DataFrame, Dataset, str or Path
        The table, or where it is; what `load` takes.
    target : str, optional
        The column to predict; a data set of a name knows its own.
    seed : int, at least 0
        Decides every draw.
    rules : path, sequence or dict, optional
        Hard rules in any form that `synthkit.check` takes; or functions by name, each of which
        takes a table of the features (n, d) and returns a mask (n,) of the rows that break it.
    methods : mapping, optional
        Strategies by the arm's name (`synthkit.STRATEGIES` will do); those that are given are timed.
    positive : optional
        The class that matters; by default the rarest.
    schema : Schema, dict or path, optional
        What the columns are, where that should not be detected.

    Returns
    -------
    Advice
        Findings by topic, arms with reasons, a config for `compare`; `print` shows it.

    Raises
    ------
    DataError
        For a table that cannot be learned from, or a rule that gives no mask.
    ConfigError
        For a rule about a column that is not there.

    Examples
    --------
    >>> advice = advise("article_fraud")  # doctest: +SKIP
    >>> advice["class ratio"].value  # doctest: +SKIP
    19.0
    """
    check_seed(seed)
    dataset = (
        data
        if isinstance(data, Dataset)
        else load(data, target=target, positive=positive, schema=schema)
    )
    sample = draw(dataset, seed)
    named = () if not rules or measured.by_name(rules) else rules_of(rules)
    masks, unmeasured = measured.masks_of(named or rules, dataset)
    positives = int((dataset.codes == dataset.schema.positive_code).sum())
    few = min(positives, len(dataset) - positives) < FEWEST_POSITIVES
    with warnings.catch_warnings(), _one_thread():
        # Of libraries, about duplicates and constants: nothing of it concerns a reader.
        warnings.simplefilter("ignore")
        learned = None if few else measured.learn(sample, folds(sample))
        findings = [
            measured.class_ratio(dataset),
            measured.minority_count(dataset),
            measured.mixed_types(dataset),
            measured.size(dataset),
            measured.headroom(learned, positives),
            measured.memorising(learned, positives),
            measured.smote_ground(sample),
            measured.sub_groups(sample),
            measured.outlier_like(learned, positives),
            *measured.broken_rules(sample, masks),
            *unmeasured,
        ]
        if dataset.process is not None and learned is not None:
            findings.insert(5, measured.perfect_headroom(dataset, dataset.process, seed))
        estimates = costs(dataset, methods or {}, seed)
        fits = classifier_seconds(sample, len(dataset)) if methods else {}
    return Advice(
        dataset=dataset,
        findings=tuple(findings),
        arms=tuple(_weigh(findings, estimates)),
        summary=_summary(findings),
        measured_on=sample.what,
        seed=seed,
        source=data if isinstance(data, str | Mapping) else None,
        sample=sample,
        fits=fits,
        rules=named,
    )


def _weigh(findings: list[Finding], estimates: Mapping[str, Estimate]) -> Iterator[Advised]:
    """Each arm with what speaks for and against it. What rules out decides; a dear arm needs proof of headroom.

    What nothing speaks for is left out too: each arm more makes the comparison longer and, by Holm, less sure.
    """
    settled = {f.holds for f in _headroom(findings)}
    proven = True in settled and False not in settled
    for name, arm in arms().items():
        note = [arm.traits.note] if arm.traits.note else []
        against = [f"{f.topic}: {f.rules_out[name]}" for f in findings if name in f.rules_out]
        topics = [f.topic for f in findings if name in f.favours]
        favoured = [f"favoured by {'; '.join(topics)}"] if topics else []
        cost = estimates.get(name, Estimate())
        if "baseline" in arm.families:
            tried, why = True, note + favoured
        elif against:
            tried, why = False, against
        elif "dear" in arm.families and not proven:
            takes = seconds(cost.seconds or 0.0), seconds(cost.seconds_high or 0.0)
            reason = (
                f"{arm.traits.note} take about {' to '.join(takes)} per fit, and nothing shows"
                " that more positives help; try it if sequential_trees gains"
            )
            tried, why = False, [reason]
        else:
            tried, why = bool(favoured), note + (favoured or ["nothing measured speaks for it"])
        yield Advised(name=name, tried=tried, why=why, **vars(cost))


def _headroom(findings: list[Finding]) -> list[Finding]:
    return [f for f in findings if f.topic.startswith("headroom")]


def _summary(findings: list[Finding]) -> str:
    """The advice in words; a perfect generator's headroom, where it is known, goes before the estimate."""
    few = next(f for f in findings if f.topic == "minority count")
    if (few.value or 0) < FEWEST_POSITIVES:
        return few.says
    enough = " There are positives enough." if few.holds else ""
    found = _headroom(findings)[-1]
    if found.value is None:
        return (
            f"What more positives would gain is not known. {found.says} Tune the threshold first, then compare the"
            " cheap arms; nothing speaks for training a deep generator on so little."
        )
    gain = f" ({found.value:+.3f} average precision [{found.low:+.3f}, {found.high:+.3f}])"
    if found.holds is False:
        return (
            f"Do nothing but tune the threshold.{enough} Even real positives would gain next to nothing{gain}, so"
            " no generator is worth its training here."
        )
    if found.holds and not few.holds:
        return (
            f"More positives would help{gain}. Try the cheap arms and sequential_trees, then the deep generators;"
            " but synthetic rows are not real ones, so let the comparison decide."
        )
    if found.holds:
        return (
            f"More positives would still help{gain}, but with so many at hand synthetic ones seldom do: collect"
            " real ones, weigh the classes, tune the threshold."
        )
    return (
        f"Doing nothing and tuning the threshold is hard to beat.{enough} More positives may or may not gain"
        f" anything worth having{gain}: compare the cheap arms first; train a deep generator only if they gain."
    )


def _one_thread() -> Any:
    """One thread for BLAS and OpenMP: sums then do not depend on the number of cores."""
    import sklearn.ensemble  # noqa: F401  # a controller sees the libraries that are loaded by now
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().limit(limits=1)
