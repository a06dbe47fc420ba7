"""The results of a comparison, a sweep, a quality report and advice: typed, written with a checksum, read back whole.

The keys of `results.json` and `quality.json` are these fields, in their order; docs/results.md and docs/quality.md
print their descriptions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from synthkit.errors import DataError

#: Of both files. A change of meaning raises it; keys may be added without that.
FORMAT = 1
#: What differs from run to run by nature, or follows from what does.
NOT_FIGURES = ("checksum", "run", "cost", "sweep_cost")

Number = int | float
Level = str | int | float
Low = Annotated[Number | None, Field(description="Low end of the 95 % interval, or null.")]
High = Annotated[Number | None, Field(description="High end of the 95 % interval, or null.")]
Control = Annotated[Number | None, Field(description="The same of real rows nobody learned from.")]
Baseline = Annotated[
    Number | None, Field(description="The same of shuffled columns; of an attack, of guessing.")
]
Classifier = Annotated[str, Field(description="The classifier's name.")]
Arm = Annotated[str, Field(description="The arm's label.")]
Sentence = Annotated[str | None, Field(description="In words; null where nothing is to be said.")]


class Record(BaseModel):
    """Some keys of a file as attributes. A key that was not given is not written; unknown ones are kept."""

    model_config = ConfigDict(
        frozen=True, extra="allow", populate_by_name=True, protected_namespaces=()
    )

    def plain(self) -> dict[str, Any]:
        """Plain values, as JSON holds them."""
        return self.model_dump(exclude_unset=True, by_alias=True)


class Skipped(Record):
    """In place of a part that cannot be had."""

    skipped: str = Field(description="The reason.")


Part = TypeVar("Part", bound=Record)


def there(part: Part | Skipped | None) -> Part | None:
    """A part; None where it was skipped, or is not there."""
    return None if isinstance(part, Skipped) else part


class Machine(Record):
    """What seconds depend on."""

    platform: str = Field("", description="Operating system.")
    processor: str = Field("", description="Kind of processor.")
    cores: int | None = Field(None, description="Cores of the machine.")
    memory_gib: Number | None = Field(None, description="Memory, in GiB.")


class Run(Record):
    """On what it ran."""

    versions: dict[str, str] = Field({}, description="Of Python and the packages.")
    machine: Machine | None = Field(None, description="Platform, processor, cores, memory.")
    seconds: dict[str, Number] = Field({}, description="Of a quality report: seconds of each part.")


class LeftOut(Record):
    """A column that was not learned from or compared."""

    name: str = Field(description="The column.")
    kind: str = Field(description="What it was taken for.")
    why: str = Field(description="Why it was left out.")


# ---- a comparison


class Duplicates(Record):
    """Exact copies in every feature, whatever their class."""

    rows_in_table: Number | None = Field(None, description="Rows that equal an earlier row.")
    test_rows_in_fit: Number | None = Field(
        None, description="Test rows that equal a fit row, mean per fold."
    )
    test_rows_in_tune: Number | None = Field(
        None, description="Test rows that equal a tune row, mean per fold."
    )
    tune_rows_in_fit: Number | None = Field(
        None, description="Tune rows that equal a fit row, mean per fold."
    )


class Data(Record):
    """The table that was compared on."""

    name: str = Field(description="Of the data set or file.")
    hash: str = Field(description="SHA-256 over names, dtypes and cells.")
    rows: int = Field(description="Rows.")
    target: str = Field(description="The column to predict.")
    positive: Any = Field(description="The class that matters.")
    classes: dict[str, int] = Field(description="Rows of each class.")
    features: list[Any] = Field(description="Columns learned from.")
    ignored: list[LeftOut] = Field(description="Columns not learned from: `name`, `kind`, `why`.")
    dropped_rows: int = Field(0, description="Rows without a target.")
    duplicates: Duplicates | None = Field(None, description="Below.")


class Config(Record):
    """The plan, as a config's file holds it."""

    seed: int = Field(description="Decides every draw.")
    split: Any = Field(description="The split with its parameters.")
    arms: list[Any] = Field(description="The arms with their parameters.")
    classifiers: list[Any] = Field(description="The classifiers with their parameters.")
    aim: str = Field(description="What the tuned threshold maximises.")
    reference: str = Field(description="The arm that the others are held against.")
    rope: Number = Field(0.01, description="Half-width of the region of equivalence.")
    cost: dict[str, Any] | None = Field(None, description="Prices; absent without them.")
    recall_at: dict[str, Number] = Field(
        {}, description="Limits at which recall is scored; absent without them."
    )
    rules: list[Any] = Field([], description="The rules; absent without them.")
    allow_real_violations: bool = Field(
        False, description="Whether real rows may break rules; absent unless they may."
    )


class Folds(Record):
    """How often was fitted."""

    n: int = Field(description="Fits per arm and classifier.")
    test_to_train: Number | None = Field(None, description="Rows tested on per row fitted on.")
    same_rows: bool = Field(False, description="True when all fits use one split.")


class ArmOf(Record):
    """An arm of the plan, or a bound."""

    label: str = Field(description="What it is called.")
    spec: Any = Field(None, description="Its strategy with its parameters.")
    published: dict[str, Number] | None = Field(None, description="Published figures of it.")
    limit: bool = Field(
        False,
        description="True where the arm is a bound and no competitor (the perfect generator, which draws true"
        " fresh rows; only where the data's process is known).",
    )


class Score(Record):
    """The mean of one score over the folds."""

    mean: Number | None = Field(description="The mean; null where it is undefined in every fold.")
    low: Low
    high: High
    n: int = Field(description="Folds in which it is defined.")
    undefined: int = Field(description="Folds in which the score does not exist.")
    kind: str = Field(
        description="`corrected`: a 95 % interval with the correction of Nadeau & Bengio 2003 for overlapping"
        " training sets; `spread`: the middle 95 % over seeds on one split; `none`: too few values, ends null."
    )


class Gap(Record):
    """The verdict on paired differences of one score to another arm's, on the same folds."""

    mean: Number = Field(description="The mean difference; above 0 the arm is better.")
    low: Number = Field(description="Low end of its 95 % interval, corrected as a score's.")
    high: Number = Field(description="High end.")
    n: int = Field(description="Folds in which both scores exist.")
    undefined: int = Field(description="Folds in which they do not.")
    p_value: Number = Field(description="Of the corrected t-test.")
    p_holm: Number | None = Field(
        None,
        description="Adjusted for the number of arms (Holm 1979), among which the perfect generator does not"
        " count; absent between an arm and its twin without rules.",
    )
    better: Number = Field(
        description="Posterior probability of a difference above +`rope`; of money and log loss the rope is a"
        " share of the reference's mean (Benavoli et al. 2017)."
    )
    equivalent: Number = Field(description="That of one within ±`rope`.")
    worse: Number = Field(description="That of one below −`rope`.")
    word: str = Field(description="The one of the three that reaches 0.95, or `undecided`.")
    repeats: int | None = Field(
        None,
        description="Only if undecided: repeats of the split that would likely decide it; 0 if no number would,"
        " because more rows are needed.",
    )


Scores = dict[str, Score]
Gaps = dict[str, Gap]


class Row(Record):
    """One arm under one classifier."""

    classifier: Classifier
    arm: Arm
    cells: int = Field(description="Its cells.")
    failed: int = Field(description="Those that failed.")
    scores: Scores = Field(
        description="By name. An arm with a failed cell has none: their mean would be over other folds."
    )
    gap: Gaps | None = Field(
        description="For each score that has a better and a worse, the verdict on the paired differences to the"
        " reference arm; null for the reference itself, for arms with failed cells, and where all fits use one split."
    )


class Selection(Record):
    """The best arm of one classifier."""

    classifier: Classifier
    score: str = Field(description="By what it was chosen.")
    arm: Arm
    naive: Score = Field(description="Its figure on the folds that chose it.")
    nested: Score = Field(description="That of the best arms chosen and scored on different folds.")
    chosen: dict[str, int] = Field(description="How often each arm was.")


class Calibration(Record):
    """All folds together, bin by bin."""

    n: list[int] = Field(description="Rows.")
    predicted: list[float] = Field(description="Mean predicted probability.")
    observed: list[float] = Field(description="Share of positives.")


class Curves(Record):
    """Curves of one arm under one classifier, as means over folds."""

    classifier: Classifier
    arm: Arm
    recall: list[float] = Field([], description="From 0 to 1.")
    precision: list[float] = Field([], description="At each recall.")
    threshold: list[float] = Field([], description="From 0 to 1; only with prices.")
    cost: list[float] = Field([], description="Per 1,000 rows at each threshold; only with prices.")
    calibration: Calibration | None = Field(None, description="Of all folds together, per bin.")


class CellOf(Record):
    """The headline scores of one finished cell. The rest is in `cells.parquet`."""

    classifier: Classifier
    arm: Arm
    repeat: int = Field(description="Repeat of the split.")
    fold: int = Field(description="Fold of the repeat.")
    average_precision: Number | None = Field(None, description="Its average precision.")
    f1_tuned: Number | None = Field(None, description="Its F1 at the tuned threshold.")


class Failure(Record):
    """A cell that failed."""

    level: Level | None = Field(None, description="Of a sweep: at which level.")
    over: str = Field("", description="Of a sweep: what is swept.")
    arm: Arm
    classifier: Classifier
    repeat: int = Field(description="Repeat of the split.")
    fold: int = Field(description="Fold of the repeat.")
    error: str | None = Field(description="Why.")


class Warned(Record):
    """A warning that cells gave."""

    level: Level | None = Field(None, description="Of a sweep: at which level.")
    over: str = Field("", description="Of a sweep: what is swept.")
    classifier: Classifier
    arm: Arm
    message: str = Field(description="What was warned of.")
    cells: int = Field(description="In how many cells.")


class RuleOf(Record):
    """One rule of a comparison."""

    name: str = Field(description="The rule's name.")
    rule: str = Field(description="Its kind.")
    columns: list[str] = Field(description="Of what it speaks.")
    nulls: str = Field(description="What it does with missing values.")
    real: int = Field(description="Real rows that break it.")


class RuledArm(Record):
    """What one arm's synthetic rows broke, summed over the folds, and what was done about it."""

    arm: Arm
    limit: bool = Field(description="True for a bound.")
    folds: int = Field(
        description="Folds that are counted: those in which a cell of the arm ended. The classifiers of a fold"
        " learn from the same rows, which count once."
    )
    without: str | None = Field(
        description="The arm that is this one with nothing enforced, or null."
    )
    rows: int = Field(description="Synthetic rows before enforcement.")
    broken_rows: int = Field(description="Those that break a rule.")
    repaired_rows: int = Field(description="Rows repaired.")
    resampled: int = Field(description="Rows replaced by others.")
    proposals: int = Field(description="Further rows proposed for that.")
    dropped: int = Field(description="Rows left out.")
    left_rows: int = Field(
        description="Rows that break a rule in what the classifiers learned from: 0 after `resample` and `repair`."
    )
    broken: dict[str, int] = Field(description="How many break each rule.")
    left: dict[str, int] = Field(description="The same in what the classifiers learned from.")
    repaired_cells: dict[str, int] = Field(description="Cells changed per column.")
    on_violation: list[str] = Field(
        description="What was done: a list, empty where rows were only counted."
    )
    skipped: dict[str, str] = Field(
        description="Rules that could not be judged, such as those about keys, with the reason."
    )
    outside: dict[str, str] = Field(
        description="Rules that SDV's constraints could not learn, with the reason. All are enforced outside all"
        " the same."
    )
    learned_by_sdv: list[str] = Field(
        description="Rules that SDV's constraints learned at the fit."
    )


class RuledGap(Record):
    """An enforced arm against its twin without rules."""

    classifier: Classifier
    arm: Arm
    without: str = Field(description="The twin.")
    gap: Gaps = Field(
        description="The paired verdict as in `rows`, for average precision, F1 and money, not adjusted for the"
        " number of arms."
    )


class Rules(Record):
    """What rules counted and did in a comparison."""

    allow_real_violations: bool = Field(description="Whether real rows may break rules.")
    rules: list[RuleOf] = Field(description="One per rule.")
    real_rows: int = Field(description="Rows of the real table.")
    real_broken_rows: int = Field(description="Those that break a rule.")
    arms: list[RuledArm] = Field(description="One per arm, in the order of `arms` (below).")
    gaps: list[RuledGap] = Field(
        description="One per classifier and enforced arm whose twin without rules is an arm too, neither with"
        " failed cells."
    )


class Worth(Record):
    """What one arm costs and saves against the reference."""

    extra_seconds: Number = Field(
        description="Of augmentation and fit per retraining, over the reference's."
    )
    extra_price: Number = Field(description="Their price.")
    saving: Number | None = Field(
        description="Money saved per 1,000 rows at the threshold of least cost (on the tune part); null without"
        " prices."
    )
    saving_low: Low
    saving_high: High
    break_even_rows: Number | None = Field(
        description="Rows scored per retraining from which the mean saving pays the extra price; null if it never"
        " does, or without prices."
    )
    gain_per_minute: Number | None = Field(
        description="Average precision gained per extra minute of training; null if none is extra."
    )
    word: str = Field(
        description="`worth it` where the low end of the saving pays the extra price at `rows_per_retraining`,"
        " `not worth it` where the high end does not, else `undecided`. Without prices it follows the gap of average"
        " precision: better is worth it, equivalent and worse are not."
    )
    by_luck: bool = Field(
        False, description="Undecided only because of Holm's adjustment for the number of arms."
    )
    repeats: int | None = Field(
        None,
        description="Repeats of the split that would likely decide, with prices the money (0: none would; null:"
        " decided, or nobody can say).",
    )


class Cost(Record):
    """What one arm takes under one classifier: means per cell."""

    classifier: Classifier
    arm: Arm
    augment_seconds: Number | None = Field(None, description="Wall seconds of augmentation.")
    augment_cpu_seconds: Number | None = Field(None, description="Its CPU seconds.")
    fit_seconds: Number | None = Field(None, description="Wall seconds of the fit.")
    fit_cpu_seconds: Number | None = Field(None, description="Its CPU seconds.")
    predict_seconds: Number | None = Field(None, description="Wall seconds of prediction.")
    predict_cpu_seconds: Number | None = Field(None, description="Its CPU seconds.")
    training_seconds: Number | None = Field(
        None, description="Of `augment`: what a synthesizer took to train; 0 without one."
    )
    sampling_seconds: Number | None = Field(
        None, description="Of `augment`: what it took to sample."
    )
    enforcing_seconds: Number | None = Field(
        None, description="Of `augment`: what enforcing rules took; absent without rules."
    )
    seconds: Number | None = Field(None, description="Wall seconds in all.")
    peak_mib: Number | None = Field(None, description="The highest memory that a step added.")
    device: list[str] = Field([], description="On what it ran.")
    worth: Worth | None = Field(None, description="Whether it is worth that; null without a gap.")
    sentence: Sentence = None

    @property
    def retraining_seconds(self) -> float | None:
        """Mean seconds of augmentation and fit."""
        if self.augment_seconds is None or self.fit_seconds is None:
            return None
        return float(self.augment_seconds + self.fit_seconds)


class LevelOf(Record):
    """One level of a sweep."""

    value: Level = Field(description='As the config says it (`"all"`, 25, 0.02, ...).')
    positives: Number = Field(description="Mean number of real positives in a fit part.")
    fresh: bool = Field(
        description="True where some of them are true fresh ones: where the data's process is known the"
        " reference's curve goes on to two and four times all."
    )


class Point(Record):
    """One arm under one classifier at one level."""

    classifier: Classifier
    arm: Arm
    level: Level = Field(description="The level's value.")
    positives: Number = Field(description="Mean number of real positives in a fit part.")
    fresh: bool = Field(False, description="As of the level.")
    limit: bool = Field(False, description="True for a bound, no competitor.")
    synthetic: Number | None = Field(None, description="Mean number of rows added.")
    failed: int = Field(0, description="Cells that failed.")
    scores: Scores = Field(description="As in `rows`.")
    gap: Gaps | None = Field(
        None,
        description="To the reference at the same level, with Holm's adjustment over the arms of that level.",
    )


class InRealRows(Record):
    """What an arm is worth in real positives at one level."""

    classifier: Classifier
    arm: Arm
    level: Level = Field(description="The level's value.")
    positives: Number = Field(description="Real positives there.")
    synthetic: Number = Field(description="How many rows the arm adds there.")
    limit: bool = Field(False, description="True for a bound, no competitor.")
    rows: Number | None = Field(
        description="So many more real positives (below 0: fewer) would have given the reference the arm's average"
        " precision: its curve, made monotone and straight in log n, solved for the arm's gain. Null where the curve"
        " ends before."
    )
    low: Number | None = Field(
        description="Low end of every number at which a paired, corrected t-test cannot tell the arm from the"
        " reference with so many more; null where that reaches beyond the curve."
    )
    high: Number | None = Field(description="High end, likewise.")
    reach: str = Field(description="`above` or `below` where the curve ends before, else `within`.")
    least: Number = Field(description="Where the curve begins, in more positives than `positives`.")
    most: Number = Field(description="Where it ends.")
    kind: str = Field(description="`corrected`, or `none` where the folds give no interval.")
    sentence: Annotated[
        str | None,
        Field(
            description="In words, at one level per arm: with all positives, or with the next fewer where the arm"
            " gains and the curve ends at all; else null."
        ),
    ] = None


class Headroom(Record):
    """What bounds every generator under one classifier."""

    classifier: Classifier
    source: str = Field(
        description="`perfect generator` (its gap with all positives) or, where the process is not known, `held"
        " back` (the reference with all positives against `from`, about half of them; that a generator's rows are"
        " worth no more than as many again is an extrapolation, and `sentence` says so)."
    )
    mean: Number = Field(description="The gain of average precision.")
    low: Number = Field(description="Low end of its 95 % interval.")
    high: Number = Field(description="High end.")
    word: str = Field(description="As of a gap.")
    ends: bool = Field(
        description="True where `high` lies below `rope`: then no generator is worth its training."
    )
    start: Number | None = Field(
        None,
        validation_alias="from",
        serialization_alias="from",
        description="Positives left when some are held back.",
    )
    to: Number | None = Field(None, description="All positives.")
    sentence: Sentence = None


class Sweep(Record):
    """What the levels of a sweep say together."""

    over: str = Field(description="`positives`, `imbalance`, `ratio` or `epochs`.")
    levels: list[LevelOf] = Field([], description="In ascending order.")
    points: list[Point] = Field(description="One per classifier, arm and level.")
    worth: list[InRealRows] = Field(
        [],
        description="Of a sweep over positives or imbalance: per classifier, arm and level, what the arm is worth in"
        " real positives.",
    )
    headroom: list[Headroom] = Field([], description="Per classifier, what bounds every generator.")


class LevelCost(Record):
    """What an arm takes at one level of a sweep, and whether it is worth that."""

    level: Level = Field(description="The level's value.")
    positives: Number = Field(description="Real positives there.")
    seconds: Number | None = Field(description="Mean wall seconds of a cell.")
    extra_seconds: Number = Field(description="Per retraining, over the reference's.")
    word: str = Field(description="Of the worth.")
    net: Number = Field(
        description="Gain: money per retraining, or average precision without prices."
    )


class SweepCost(Record):
    """What depends on seconds in a sweep, per classifier and arm."""

    classifier: Classifier
    arm: Arm
    levels: list[LevelCost] = Field(description="At each level.")
    sentence: Sentence = None
    up_to: Number | None = Field(
        None,
        description="Of a sweep over positives or imbalance: the largest number of positives up to which every word"
        " is `worth it`.",
    )
    not_from: Number | None = Field(
        None, description="The smallest from which every word is `not worth it`."
    )
    estimate: Number | None = Field(
        None, description="Where the mean net gain passes zero, if it does once and downwards."
    )


class ComparisonResults(Record):
    """Everything that `results.json` holds."""

    FILE: ClassVar[str] = "results.json"
    OF: ClassVar[str] = "a comparison"
    AGAIN: ClassVar[str] = "Run the comparison again: finished cells are kept, so it ends at once."

    format: int = Field(FORMAT, description="1.")
    checksum: str = Field(
        "",
        description="SHA-256 over all the rest (JSON with sorted keys and no spaces, `checksum` left out).",
    )
    data: Data = Field(description="The table.")
    config: Config = Field(
        description="The plan: a config file's keys, and the reference that was chosen."
    )
    folds: Folds = Field(description="How often was fitted.")
    arms: list[ArmOf] = Field(description="The plan's arms, and after them bounds.")
    classifiers: list[str] = Field(description="Their names.")
    rows: list[Row] = Field(description="One per classifier and arm.")
    limit: Scores | None = Field(
        None,
        description="The scores of the true class probabilities, where the data's process is known; else null.",
    )
    selection: list[Selection | None] = Field(
        [],
        description="One per classifier: the best arm, as it looks and as it is; null where no fold can choose.",
    )
    curves: list[Curves] = Field([], description="One per classifier and arm.")
    cells: list[CellOf] = Field([], description="The headline scores of each finished cell.")
    failures: list[Failure] = Field(
        description="Cells that failed; of a sweep those of all levels."
    )
    warnings: list[Warned] = Field(
        description="What cells warned of; of a sweep those of all levels."
    )
    rules: Rules | None = Field(None, description="Only with rules: see [Rules](#rules).")
    run: Run | None = Field(None, description="`versions` and `machine`.")
    cost: list[Cost] = Field(description="One per classifier and arm, in the order of `rows`.")
    sweep: Sweep | None = Field(
        None, description="Only after `synthkit sweep`: see [Sweep](#sweep)."
    )
    sweep_cost: list[SweepCost] = Field(
        [],
        description="Only after `synthkit sweep`: what depends on seconds, per classifier and arm.",
    )


# ---- a quality report


class Measured(Record):
    """A figure of the synthetic table with its interval, and what stands beside it."""

    value: Number | None = Field(None, description="The synthetic table's figure.")
    low: Low = None
    high: High = None
    control: Control = None
    baseline: Baseline = None


class Measure(Record):
    """A headline figure."""

    section: str = Field(description="The part it is of.")
    name: str = Field(description="Its name, which is one in its section.")
    title: str = Field(description="What it is called.")
    value: Number | None = Field(description="The synthetic table's; null where there is none.")
    better: Literal["more", "less", "control"] = Field(
        description="`more`, `less`, or `control` where values near the control's are good."
    )
    unit: str = Field(description="What is counted.")
    low: Low = None
    high: High = None
    control: Control = None
    baseline: Baseline = None
    reading: str = Field("", description="A sentence: what the figures mean, or why there is none.")


class TableOf(Record):
    """A table that was looked at."""

    name: str = Field(description="What it is called.")
    rows: int = Field(description="Its rows.")
    hash: str = Field(description="SHA-256 over names, dtypes and cells of the compared columns.")


class ColumnKind(Record):
    """A compared column."""

    name: str = Field(description="The column.")
    kind: str = Field(description="What it was taken for.")


class ComparedRows(Record):
    """Rows of the tables that were held beside each other."""

    reference: int = Field(description="Real rows held against.")
    candidates: int = Field(description="Rows of each of the three tables.")


class QualityData(Record):
    """The tables of a quality report."""

    real: TableOf = Field(description="The rows that were learned from.")
    synthetic: TableOf = Field(description="The rows that were made of them.")
    holdout: TableOf | None = Field(description="Real rows nobody learned from; null without.")
    target: str | None = Field(description="The column to predict; null without one.")
    positive: Any = Field(description="The class that matters.")
    columns: list[ColumnKind] = Field(description="Those compared: `name`, `kind`.")
    left_out: list[LeftOut] = Field([], description="Keys and text: `name`, `kind`, `why`.")
    compared_rows: ComparedRows | None = Field(
        None, description="Rows of the `reference` and of each of the `candidates`."
    )
    copies_in_holdout: int | None = Field(
        None, description="Holdout rows that equal a real row in every column; null without one."
    )
    holdout_in_synthetic: int | None = Field(
        None,
        description="Synthetic rows that equal a holdout row and no real one; null without a holdout.",
    )


class Missing(Record):
    """Shares of rows that are missing."""

    real: Number | None = Field(None, description="Of the real rows.")
    synthetic: Number | None = Field(None, description="Of the synthetic rows.")
    control: Number | None = Field(None, description="Of other real rows.")


class Quantile(Record):
    """A value of the real rows."""

    q: Any = Field(None, description="The quantile's value.")


class Tail(Missing, Quantile):
    """Shares of rows beyond a quantile of the real ones."""


class Tails(Record):
    """Both ends of a column."""

    low: Tail | None = Field(None, description="Beyond the real 1 % quantile.")
    high: Tail | None = Field(None, description="Beyond the real 99 % quantile.")


class Coverage(Record):
    """How much of the real values the synthetic ones reach."""

    levels_real: int | None = Field(None, description="Levels of the real rows.")
    seen: int | None = Field(None, description="How many of them the synthetic rows have.")
    rows_new: Number | None = Field(None, description="Share of rows with a new level.")
    new: int | None = Field(None, description="How many levels are new.")
    range: Number | None = Field(
        None, description="Share of the real range between the synthetic ends."
    )


class Shape(Record):
    """A column's distributions as shares per bin or level."""

    type: str = Field(description="`histogram` or `levels`.")
    edges: list[Any] = Field(
        [], description="Ends of the bins; values beyond are in first and last."
    )
    levels: list[Any] = Field([], description="At most 12, then `other`.")
    real: list[Number] = Field([], description="Shares of the real rows.")
    synthetic: list[Number] = Field([], description="Shares of the synthetic rows.")
    control: list[Number] = Field([], description="Shares of other real rows.")


class SdvScore(Record):
    """SDV's score of a column."""

    score: Number | None = Field(None, description="In Column Shapes.")
    control: Control = None
    baseline: Baseline = None


class Column(Record):
    """One column's fidelity."""

    name: str = Field(description="The column.")
    kind: str = Field(description="What it was taken for.")
    target: bool = Field(False, description="Whether it is the target.")
    distance: Measured = Field(
        description="Over present values: Kolmogorov–Smirnov of numbers and times, total variation of states, in"
        " [0, 1]; null where a table has no value."
    )
    missing: Missing | None = Field(None, description="Share of rows missing.")
    tails: Tails | None = Field(None, description="Shares beyond the ends; null for states.")
    coverage: Coverage | None = Field(None, description="Of states and of numbers' range.")
    sdv: SdvScore | None = Field(None, description="SDV's score of it.")
    shape: Shape | None = Field(None, description="What is drawn; null where there is no value.")


Matrix = list[list[Number | None]]


class Pairs(Record):
    """How columns go together."""

    columns: list[str] = Field(description="The order of rows and columns in the tables.")
    measure: str = Field("", description="What `real`, `synthetic` and the differences measure.")
    real: Matrix = Field(
        description="How strongly two columns go together: Cramér's V, bias corrected (Bergsma 2013), in [0, 1];"
        " null where a column has one cell."
    )
    synthetic: Matrix = Field(description="The same of the synthetic rows.")
    difference: Matrix = Field(description="Synthetic minus real.")
    control_difference: Matrix | None = Field(None, description="Control minus real.")
    distance_measure: str = Field("", description="What `distance` measures.")
    distance: Matrix | None = Field(
        None,
        description="Total variation of the pair's table, in [0, 1]: unlike `difference` it sees a relation that is"
        " turned round; on the diagonal, that of the column alone.",
    )
    control_distance: Matrix | None = Field(None, description="The same of the control.")
    all_pairs: Measured | None = Field(
        None, description="The mean `distance` over all pairs of columns that vary."
    )
    sdv_counted: int | None = Field(
        None, description="Pairs that SDV's Column Pair Trends averages."
    )
    sdv_left_out: int | None = Field(None, description="Pairs that it leaves out.")


class Worst(Record):
    """A feature that is far off within a class."""

    name: str = Field(description="The column.")
    distance: Number | None = Field(None, description="Its distance.")


class ClassOf(Record):
    """One class."""

    name: Any = Field(
        validation_alias="class", serialization_alias="class", description="The class."
    )
    real: Number | None = Field(None, description="Its share of the real rows.")
    synthetic: Number | None = Field(None, description="Its share of the synthetic rows.")
    rows_real: int = Field(description="Its real rows.")
    rows_synthetic: int = Field(description="Its synthetic rows.")
    columns: Measured = Field(description="The mean distance of the features within the class.")
    worst: list[Worst] = Field([], description="The farthest features.")


class SdvReports(Record):
    """SDV's own reports, under SDV's names."""

    quality: dict[str, Any] = Field({}, description="QualityReport of the synthetic table.")
    control: dict[str, Any] = Field({}, description="The same of the control.")
    baseline: dict[str, Any] = Field({}, description="The same of the baseline.")
    diagnostic: dict[str, Any] = Field({}, description="DiagnosticReport.")
    pairs_counted: int | None = Field(None, description="Pairs that Column Pair Trends averages.")
    pairs: int | None = Field(None, description="All pairs.")


class Telling(Record):
    """How much one column tells synthetic from real rows."""

    name: str = Field(description="The column.")
    value: Number | None = Field(
        None, description="How much lower the AUC is with the column shuffled among the test rows."
    )
    control: Control = None


class Detection(Record):
    """A classifier that tells synthetic from real rows."""

    auc: Measured = Field(
        description="Of a gradient boosting on folds it has not seen; 0.5 where it cannot."
    )
    columns: list[Telling] = Field([], description="Most telling first.")
    measure: str = Field("", description="What a column's value is, in words.")
    classifier: str = Field("", description="The classifier, in words.")
    rows: int | None = Field(None, description="Of each side (at most 10,000).")


class Interval(Record):
    """A value with its ends."""

    value: Number | None = Field(None, description="The value.")
    low: Low = None
    high: High = None


class Trained(Record):
    """One classifier that learned from one table."""

    classifier: Classifier
    trained_on: str = Field(description="`real`, `synthetic` or `baseline`.")
    rows: int | None = Field(None, description="Training rows (at most 10,000).")
    scores: dict[str, Interval | None] = Field(description="On the holdout; as the comparison's.")


class Scored(Record):
    """What was scored."""

    classifier: Classifier
    score: str = Field(description="Of which score.")


class UsefulnessGap(Interval, Scored):
    """Synthetic minus real on the same rows of the holdout."""


class Usefulness(Record):
    """What models learn from each table."""

    scores: list[str] = Field([], description="Their names, the headline first.")
    tested_rows: int | None = Field(None, description="Rows of the holdout.")
    rows: list[Trained] = Field([], description="One per classifier and table.")
    gap: list[UsefulnessGap] = Field([], description="Synthetic minus real.")


class Copies(Measured):
    """Synthetic rows that equal a training row in every column."""

    rows: int | None = Field(None, description="Synthetic rows.")
    copied: int | None = Field(None, description="Those that are copies.")


class Closer(Record):
    """The share of synthetic rows whose closest real row was learned from, put at equally many of both."""

    value: Number | None = Field(None, description="The share; chance gives 0.5.")
    low: Low = None
    high: High = None
    nearest_is_train: Number | None = Field(None, description="The share as counted.")
    train_share_of_rows: Number | None = Field(None, description="What chance gives it.")
    control: Control = None
    control_low: Low = None
    control_high: High = None
    baseline: Baseline = None


class Distances(Record):
    """The distance to the closest record."""

    quantiles: list[Number] = Field(description="At which the next three are given.")
    synthetic_to_train: list[Number] = Field([], description="Of synthetic to training rows.")
    synthetic_to_holdout: list[Number] = Field([], description="Of synthetic to held-out rows.")
    holdout_to_train: list[Number] = Field([], description="Of held-out to training rows.")
    median: Measured | None = Field(None, description="Of synthetic to training rows.")
    closer_to_train: Closer | None = Field(None, description="Share that is closer to training.")
    histogram: dict[str, list[Number]] = Field({}, description="`edges` and shares per bin.")
    rows: dict[str, int] = Field({}, description="Rows of each kind.")
    unit: str = Field("", description="What a distance of 1 is.")


class Ratio(Measured):
    """The distance to the closest by that to the second closest: its median."""

    rows: int | None = Field(None, description="Rows that were looked at.")
    low_quantile: dict[str, Number] = Field({}, description="The same at a low quantile.")
    histogram: dict[str, list[Number]] = Field({}, description="`edges` and shares per bin.")


class Recognised(Measured):
    """Training rows that are told at a false positive rate."""

    false_positive_rate: Number | None = Field(None, description="That rate.")


class MembershipOf(Record):
    """Telling training rows from held-out ones by their distance to the closest synthetic row."""

    auc: Measured | None = Field(None, description="Of telling them apart.")
    advantage: Number | None = Field(
        None, description="The most that true accusations exceed false ones by."
    )
    tpr: Recognised | None = Field(None, description="True accusations at a false positive rate.")
    train_rows: int | None = Field(None, description="Training rows.")
    holdout_rows: int | None = Field(None, description="Held-out rows.")


class OneClass(Record):
    """Which class."""

    name: Any = Field(
        None, validation_alias="class", serialization_alias="class", description="The class."
    )
    skipped: str | None = Field(None, description="Why there is no figure.")


class MembershipClass(MembershipOf, OneClass):
    """The same of one class."""


class Membership(MembershipOf):
    """The same of all rows, and of each class."""

    classes: list[MembershipClass] = Field([], description="The same per class.")


class Attack(Record):
    """An attack after Giomi et al. (2023)."""

    attack_rate: Number | None = Field(None, description="Share of attacks that succeed.")
    attack_low: Low = None
    attack_high: High = None
    baseline: Baseline = None
    control: Control = None
    risk: Number | None = Field(None, description="(attack − control) / (1 − control).")
    low: Low = None
    high: High = None
    attacks: int | None = Field(None, description="How many were made.")
    victims: int | None = Field(None, description="Of singling out: how many rows were.")
    control_attacks: int | None = Field(
        None, description="Of inference: how many on held-out rows."
    )


class Named(Record):
    """Which column."""

    name: str = Field(description="The column.")


class AttributeAttack(Attack, Named):
    """Inference of one column."""


class SinglingOut(Record):
    """Statements that fit exactly one real row."""

    univariate: Skipped | Attack = Field(description="About one column.")
    multivariate: Skipped | Attack = Field(description="About several.")


class Risk(Record):
    """A risk with its ends."""

    risk: Number | None = Field(None, description="(attack − control) / (1 − control).")
    low: Low = None
    high: High = None


class Inference(Record):
    """Guessing a column from the others by the closest synthetic row."""

    columns: list[AttributeAttack] = Field(description="One per column.")
    worst: str | None = Field(None, description="The column that loses most.")
    worst_risk: Risk | None = Field(None, description="Its risk.")
    tolerance: Number | None = Field(None, description="How near a number must be guessed.")


class Privacy(Record):
    """What gives rows away."""

    copies: Skipped | Copies = Field(description="Rows that equal a training row.")
    distances: Skipped | Distances = Field(description="The distance to the closest record.")
    ratio: Skipped | Ratio = Field(description="The closest by the second closest.")
    membership: Skipped | Membership = Field(description="Who was in the training table.")
    singling_out: Skipped | SinglingOut = Field(description="Statements true of one row alone.")
    inference: Skipped | Inference = Field(description="Guessing a column.")


class CheckedRule(Record):
    """One rule held against a table."""

    name: str = Field(description="The rule's name.")
    rule: str = Field("", description="Its kind.")
    columns: list[str] = Field([], description="Of what it speaks.")
    broken: int = Field(description="Rows that break it.")
    share: Number = Field(description="Their share.")
    nulls: str = Field("", description="What it does with missing values.")
    examples: list[Any] = Field([], description="Rows that break it; of real rows none.")


class CheckedTable(Record):
    """A table held against rules, as `synthkit check --json` prints it."""

    rows: int = Field(description="Its rows.")
    broken_rows: int = Field(description="Rows that break a rule.")
    passed: bool = Field(description="Whether none does.")
    rules: list[CheckedRule] = Field(description="Rule by rule.")
    together: list[Any] = Field([], description="Pairs of rules that rows break together.")


class Violations(Record):
    """The rules, held against the tables."""

    real: CheckedTable | None = Field(None, description="The real rows, without examples.")
    synthetic: CheckedTable = Field(description="The synthetic rows.")


Points = list[list[Number]]


class Projection(Record):
    """The tables as clouds of points."""

    method: str = Field(description="PCA.")
    explained: list[Number | None] = Field(
        [], description="The share of the real rows' variance on each axis."
    )
    real: Points = Field([], description="At most 1,000 points `[x, y]`.")
    synthetic: Points = Field([], description="The same of the synthetic rows.")
    holdout: Points | None = Field(None, description="The same of the holdout; null without.")


class Losses(Record):
    """How the training went."""

    epoch: list[int] = Field(description="The epochs.")
    series: dict[str, list[Number | None]] = Field(
        description="Loss by name; null where there was none."
    )


class QualityResults(Record):
    """Everything that `quality.json` holds."""

    FILE: ClassVar[str] = "quality.json"
    OF: ClassVar[str] = "a quality report"
    AGAIN: ClassVar[str] = "Run synthkit quality again."

    format: int = Field(FORMAT, description="1.")
    checksum: str = Field(
        "",
        description="SHA-256 over all the rest (JSON with sorted keys and no spaces, `checksum` left out).",
    )
    kind: Literal["quality"] = Field(description='`"quality"`.')
    data: QualityData = Field(description="The tables.")
    seed: int = Field(description="Decides every draw.")
    measures: list[Measure] = Field(description="The headline figures, below.")
    columns: list[Column] = Field(description="Fidelity of each column.")
    pairs: Skipped | Pairs = Field(description="Fidelity of the pairs of columns.")
    classes: list[ClassOf] | None = Field(description="Of each class; null without a target.")
    sdv: Skipped | SdvReports = Field(description="SDV's own reports.")
    detection: Skipped | Detection = Field(description="Whether it can be told apart.")
    usefulness: Skipped | Usefulness = Field(description="What models learn from it.")
    privacy: Skipped | Privacy = Field(description="What gives rows away.")
    rules: Violations | None = Field(
        description="Null without rules; else for `real` and `synthetic` what `synthkit check --json` prints; of real"
        " rows without examples, whose cells are nobody's business."
    )
    projection: Skipped | Projection = Field(description="All columns at once.")
    losses: Losses | None = Field(description="Of the model, if it was named; else null.")
    warnings: list[str] = Field(
        description="Sentences: what has to be known before a figure is believed."
    )
    run: Run = Field(description="`versions`, `machine`, `seconds` per part.")


# ---- advice


class Finding(Record):
    """Something that was measured about a table."""

    topic: str = Field(description="What was looked at.")
    value: Number | None = Field(description="The number; null where it could not be measured.")
    low: Low
    high: High
    unit: str = Field(description="What is counted.")
    threshold: Number = Field(description="What the number is compared with.")
    source: str = Field(description="Who says so.")
    holds: bool | None = Field(
        description="Whether the number, with its whole interval, is beyond the threshold; null where that is open."
    )
    says: str = Field(description="In plain words.")
    favours: list[str] = Field(description="Arms that it speaks for.")
    rules_out: dict[str, str] = Field(description="Arms that it speaks against, with the reason.")


class Advised(Record):
    """What follows for one arm."""

    name: str = Field(description="The arm.")
    tried: bool = Field(description="Whether it is worth a try.")
    why: list[str] = Field(description="Why, or why not.")
    seconds: Number | None = Field(description="Of one fit.")
    seconds_high: Number | None = Field(description="At most, where it is a range.")
    mebibytes: Number | None = Field(description="Memory of one fit.")
    how: str = Field(description="How these were measured.")


class AdviceResults(Record):
    """What was found about a table, and what follows for each arm."""

    table: str = Field(description="The table's name.")
    rows: int = Field(description="Its rows.")
    target: str = Field(description="The column to predict.")
    positive: str = Field(description="The class that matters.")
    summary: str = Field(description="The advice in one or two sentences.")
    measured_on: str = Field(description="Which rows were looked at.")
    findings: list[Finding] = Field(description="In the order in which they were measured.")
    arms: list[Advised] = Field(description="Every known arm.")


# ---- files

Results = TypeVar("Results", ComparisonResults, QualityResults)


def figures(plain: Mapping[str, Any]) -> dict[str, Any]:
    """The part of results that depends on data, plan and versions alone: without costs and machine."""
    return {key: value for key, value in plain.items() if key not in NOT_FIGURES}


def checksum(plain: Mapping[str, Any]) -> str:
    """SHA-256 over everything but the checksum, whatever the order of keys and the spaces between them."""
    rest = {key: value for key, value in plain.items() if key != "checksum"}
    rest = json.loads(json.dumps(rest))  # keys as JSON has them, before they are sorted
    text = json.dumps(
        rest, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    return hashlib.sha256(text.encode()).hexdigest()


def dump(results: ComparisonResults | QualityResults | Mapping[str, Any]) -> str:
    """The text of the file: the results with their checksum behind the format."""
    plain = results.plain() if isinstance(results, Record) else dict(results)
    plain.pop("checksum", None)
    stamped = {
        "format": plain.pop("format", FORMAT),
        "checksum": checksum(plain | {"format": FORMAT}),
    }
    return json.dumps(stamped | plain, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def read(path: Path | str, kind: type[Results]) -> Results:
    """The results in a file, or in the file of this kind in a run folder.

    Raises: DataError when the file is absent, cut off, of another format, of another kind, or was
    changed after it was written.
    """
    path = Path(path)
    path = path / kind.FILE if path.is_dir() else path
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DataError(
            f"{path} must be the results of {kind.OF}, however there is no such file."
            f" Name a run folder, or run {kind.OF} first."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path} must be the results of {kind.OF}, however it cannot be read ({error})."
        ) from None
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"{path} must be whole, however it is cut off or damaged ({error}). {kind.AGAIN}"
        ) from None
    if not isinstance(plain, dict) or "format" not in plain:
        raise DataError(
            f"{path} must be the results of {kind.OF}, however it has no format. Name a run folder."
        )
    if plain["format"] != FORMAT:
        raise DataError(
            f"{path} must be of format {FORMAT}, however it is of format {plain['format']!r}."
            f" Read it with the version of synthkit that wrote it. {kind.AGAIN}"
        )
    needed = [name for name, field in kind.model_fields.items() if field.is_required()]
    if missing := [name for name in needed if name not in plain]:
        raise DataError(
            f"{path} must be the results of {kind.OF}, however it lacks {', '.join(missing)}."
            f" {kind.AGAIN}"
        )
    stamp = _checksum_or_none(plain)
    if stamp is None or plain.get("checksum") != stamp:
        edited = "was edited after it was written: its checksum does not fit"
        what = edited if "checksum" in plain else "has no checksum"
        raise DataError(f"{path} must be as it was written, however it {what}. {kind.AGAIN}")
    try:
        return kind.model_validate(plain)
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        raise DataError(
            f"{path} must be the results of {kind.OF}, however {place} is not as one writes it. {kind.AGAIN}"
        ) from None


def _checksum_or_none(plain: dict[str, Any]) -> str | None:
    """None for values that we never write, such as NaN or half a character."""
    try:
        return checksum(plain)
    except (ValueError, RecursionError):
        return None
