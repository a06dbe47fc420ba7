"""A synthesizer trained from a config: read it, fit, keep the model, say how like the table its
rows are, write rows.

`python -m synthkit.training > configs/training.schema.json` brings the JSON Schema for editors up
to date.
"""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from synthkit.comparison.cost import Step, measured
from synthkit.comparison.plan import Rules
from synthkit.config import (
    DataSection,
    Described,
    OnViolation,
    as_text,
    fitted,
    json_schema,
    rule_places,
)
from synthkit.errors import ConfigError, DataError, SynthkitError
from synthkit.files import refuse_unwritable, written_beside
from synthkit.methods import ByName, Said, Seed, label_of, method, spec_of
from synthkit.methods.declare import Json, parameters_of
from synthkit.methods.yaml import read
from synthkit.progress import Report
from synthkit.randomness import generator
from synthkit.rules.enforce import AllowRealViolations
from synthkit.stats import ks
from synthkit.strategies.constrained import with_rules, without_rules
from synthkit.synthesizers import (
    SYNTHESIZERS,
    ConstrainedSynthesizer,
    Fitted,
    GaussianCopula,
    Synthesizer,
)
from synthkit.table.column import nanoseconds
from synthkit.table.dataset import Dataset
from synthkit.table.schema import ORDERED, Column, Kind
from synthkit.table.write import ending_of, parts_written

#: What a person may look for at the top of a training config, and where it is.
ELSEWHERE = {
    "out": "Use the option --out.",
    "epochs": "It is the synthesizer's: synthesizer: {name: ctgan, epochs: 300}.",
    "name": "It is the synthesizer's: synthesizer: {name: ctgan}.",
    "target": "It is the data's: data: {target: COLUMN}.",
    "arms": "A config with arms is for synthkit compare.",
}
#: Rows sampled at most for the summary, and levels and quantiles of a column that it shows.
MOST_ROWS_COMPARED, MOST_LEVELS = 10_000, 4
QUANTILES = (0.05, 0.5, 0.95)
#: Cells of a batch at most, which bounds the memory; rows of a batch, at least and at most.
CELLS_PER_BATCH, LEAST_ROWS, MOST_ROWS = 2_000_000, 1_000, 50_000


@dataclass(frozen=True)
class Training(Described):
    """A training as a file describes it: its data, its synthesizer, its seed.

    Made by `read_training`.

    Attributes
    ----------
    document, data, folder, rule_places
        The file's values with their lines, its data section, the folder that its paths start from,
        and where each rule stands.
    synthesizer : Synthesizer
        What is fitted.
    seed : int
        Decides every draw of the fit.
    """

    synthesizer: Synthesizer = field(kw_only=True)
    seed: int = field(default=0, kw_only=True)

    @property
    def as_run(self) -> dict[str, Any]:
        """The whole config as plain values that can be run again from anywhere."""
        return {
            "seed": self.seed,
            "data": self.data_as_run,
            "synthesizer": spec_of(self.synthesizer, (SYNTHESIZERS,)),
        }


@dataclass(frozen=True, eq=False)
class Trained:
    """A fitted synthesizer, what the fit took, and the summary of its rows beside the table's, as
    plain values.
    """

    fitted: Fitted
    cost: Step
    summary: Mapping[str, Any]

    @property
    def needs_trust(self) -> bool:
        """Whether the model's file holds a pickle, so that loading it demands trust."""
        return self.fitted.model is not None and not hasattr(self.fitted.model, "to_arrays")


@method
class _Training:
    """What a training's config may hold."""

    data: DataSection
    synthesizer: Annotated[
        Any,
        ByName("synthkit.synthesizers:SYNTHESIZERS"),
        Field(description="What is trained.", examples=["{name: ctgan, epochs: 300}"]),
    ]
    seed: Seed = 0
    device: Annotated[
        Literal["auto", "cpu", "cuda"] | None,
        Said(needed="auto, cpu or cuda"),
        Field(description="Where a network is trained; auto takes a GPU if there is one."),
    ] = None
    rules: Rules = ()
    on_violation: OnViolation = "resample"
    allow_real_violations: AllowRealViolations = False

    def __post_init__(self) -> None:
        synthesizer = ruled(
            self._on_device(), self.rules, self.on_violation, self.allow_real_violations
        )
        object.__setattr__(self, "synthesizer", synthesizer)

    def _on_device(self) -> Synthesizer:
        """The synthesizer, on the device that is named beside it."""
        built: Synthesizer = self.synthesizer
        if self.device is None:
            return built
        if "device" not in parameters_of(built) or isinstance(built, GaussianCopula):
            if self.device == "cuda":
                raise ConfigError(
                    f"{SYNTHESIZERS.name_of(built)} runs on the CPU, however device is cuda. Take"
                    f" device"
                    " away.",
                    key="device",
                )
            return built
        if built.device not in ("auto", self.device):
            raise ConfigError(
                f"a training needs one device, however this is {self.device} and the"
                f" synthesizer's is"
                f" {built.device}. Take one away.",
                key="device",
            )
        changed: Synthesizer = dataclasses.replace(built, device=self.device)  # type: ignore[type-var]
        return changed


def read_training(path: Path | str, settings: Sequence[str] = ()) -> Training:
    """The training of a YAML file with `settings` ("key=value") applied.

    Parameters
    ----------
    path : str or Path
        The file.
    settings : sequence of str
        Changes to it, such as "split.repeats=1".

    Returns
    -------
    Training
        Checked, with the line of every value; its table is not read yet.

    Raises
    ------
    ConfigError
        With every mistake, each with file, line and nearest key.
    """
    folder = Path(path).parent
    document, found = fitted(
        read(path), settings, folder, _Training, "a training config", ELSEWHERE
    )
    places = rule_places(document, folder, found.rules)
    return Training(
        document, found.data, folder, places, synthesizer=found.synthesizer, seed=found.seed
    )


def training_schema() -> Json:
    """JSON Schema (draft 2020-12) of a training's config."""
    return json_schema(_Training, "A synthkit training")


def ruled(
    synthesizer: Synthesizer,
    rules: Any,
    on_violation: Any = "resample",
    allow_real_violations: bool = False,
) -> Synthesizer:
    """The synthesizer with these rules enforced, if there are any.

    Raises: ConfigError for wrong settings, or rules both here and in the synthesizer, or where they
    are needed.
    """
    if without_rules(synthesizer) is synthesizer:
        if not rules:
            return synthesizer
        return ConstrainedSynthesizer(synthesizer, rules, on_violation, allow_real_violations)
    if rules:
        raise ConfigError(
            "rules make the synthesizer constrained, however it is constrained already. Name the"
            " synthesizer alone, or take the rules away and give it its own.",
            key="rules",
        )
    if with_rules(synthesizer, ()) is not synthesizer:
        raise ConfigError(
            "constrained needs rules, however it has none. Add rules.", key="synthesizer"
        )
    return synthesizer


def train(
    training: Training | Path | str,
    dataset: Dataset | None = None,
    *,
    out: Path | str | None = None,
    rules: Any = None,
    on_violation: str = "resample",
    allow_real_violations: bool = False,
    progress: bool | Report | None = None,
) -> Trained:
    """Fit the synthesizer that a config describes; with `out`, keep the model there, whole or not
    at all.

    The fit depends on the seed and the table alone: it is
    `synthesizer.fit(table, schema, generator(seed, "train"))`. The model is written before it is
    looked at, so that nothing which goes wrong later can lose it.

    Parameters
    ----------
    training : Training, str or Path
        A training, or the YAML file that describes it.
    dataset : Dataset, optional
        The config's table, where it has been loaded already.
    out : path, optional
        Where the model is written.
    rules : path or sequence, optional
        Domain rules, as in a config; the rows that the model samples keep them.
    on_violation : {"resample", "repair", "drop", "report"}
        What becomes of sampled rows that break a rule.
    allow_real_violations : bool
        Whether real rows may break rules.
    progress : bool or callable, optional
        Whether to show a line of progress, or what is called with it; None: in a terminal.

    Returns
    -------
    Trained
        The fitted synthesizer, what the fit took, and a summary of its rows beside the table's.

    Raises
    ------
    DataError
        For a table that cannot be learned from, or an `out` that cannot be written, found out
        before the fit.
    ConfigError
        For parameters that the table or this machine cannot meet.
    """
    from synthkit.synthesizers.model_file import save_model

    if not isinstance(training, Training):
        training = read_training(training)
    if rules is not None:
        training = dataclasses.replace(
            training,
            synthesizer=ruled(training.synthesizer, rules, on_violation, allow_real_violations),
        )
    if out is not None:
        refuse_unwritable(out)
    dataset = training.load() if dataset is None else dataset
    try:
        with measured() as cost:
            fitted = training.synthesizer.fit(
                dataset.table, dataset.schema, generator(training.seed, "train"), progress=progress
            )
    except ConfigError as error:
        raise training.located(error) from None
    cost.device = _device(fitted.synthesizer)
    if out is not None:
        save_model(fitted, out)
    return Trained(fitted, cost, summary(dataset, fitted, cost, training.seed))


def summary(dataset: Dataset, fitted: Fitted, cost: Step, seed: int) -> dict[str, Any]:
    """A fitted synthesizer's rows beside the table that it learned, as plain values; see
    `summary_of_columns`.
    """
    n = min(len(dataset), MOST_ROWS_COMPARED)
    found: dict[str, Any] = {
        "data": dataset.name,
        "rows": len(dataset),
        "sampled": n,
        "seed": seed,
        "synthesizer": label_of(spec_of(fitted.synthesizer, (SYNTHESIZERS,))),
        "device": cost.device,
        "fit_seconds": cost.wall,
        "peak_mib": cost.peak,
        "losses": _last_losses(fitted),
        "columns": [],
        "rules": None,
        "error": None,
    }
    try:
        with measured() as sampling:
            synthetic = fitted.sample(n, generator(seed, "summary"))
    except (
        SynthkitError
    ) as error:  # the model is there all the same, and can be asked for other rows
        return found | {"error": str(error), "sample_seconds": None}
    columns = [
        summary_of_column(
            column,
            dataset.table[column.name],
            synthetic[column.name],
            column.name == dataset.schema.target,
        )
        for column in dataset.schema.columns
    ]
    enforcement = fitted.enforcement
    return found | {
        "columns": columns,
        "sample_seconds": sampling.wall,
        "rules": None if enforcement is None else dataclasses.asdict(enforcement),
    }


def summary_of_column(
    column: Column, real: pd.Series, synthetic: pd.Series, is_target: bool
) -> dict[str, Any]:
    """One column (n,) beside its imitation (m,): rates of states, quantiles of numbers, and their
    distance.

    `difference` is the total variation ½ Σ |p − q| of states (missing is one of them), and of
    numbers and times Kolmogorov and Smirnov's max |F − G| over the present values; in [0, 1], 0 for
    the same distribution, None for keys and columns without values. Each pair is (real, sampled).
    """
    found: dict[str, Any] = {
        "name": column.name,
        "kind": column.kind.value,
        "target": is_target,
        "difference": None,
        "levels": [],
        "more_levels": 0,
        "quantiles": [],
        "missing": (float(real.isna().mean()), float(synthetic.isna().mean())),
    }
    if column.kind is Kind.KEY and not is_target:
        return found
    if column.kind in ORDERED and not is_target:
        a, b = (_numbers(series.dropna()) for series in (real, synthetic))
        if len(a) and len(b):
            found["difference"] = ks(a, b).value
            found["quantiles"] = [
                (q, *(_shown(np.quantile(values, q), column) for values in (a, b)))
                for q in QUANTILES
            ]
        return found
    rates = pd.DataFrame({"real": _rates(real), "sampled": _rates(synthetic)}).fillna(0.0)
    rates = rates.sort_values("real", ascending=False, kind="stable")
    found["difference"] = float((rates["real"] - rates["sampled"]).abs().sum() / 2)
    found["levels"] = [
        (str(level), float(p), float(q))
        for level, p, q in rates.head(MOST_LEVELS).itertuples(name=None)
    ]
    found["more_levels"] = max(len(rates) - MOST_LEVELS, 0)
    return found


def _device(synthesizer: Synthesizer) -> str:
    """Where a fit ran."""
    asked = synthesizer.device
    if asked != "auto" or "torch" not in sys.modules:
        return str(asked).replace("auto", "cpu")
    return "cuda" if sys.modules["torch"].cuda.is_available() else "cpu"


def _last_losses(fitted: Fitted) -> dict[str, float]:
    losses = fitted.loss_curve
    if not len(losses):
        return {}
    return {str(name): float(value) for name, value in losses.iloc[-1].items() if name != "epoch"}


def _rates(series: pd.Series) -> pd.Series:
    """The share of each level; missing is one."""
    return series.astype(object).where(series.notna(), "missing").value_counts(normalize=True)


def _numbers(present: pd.Series) -> np.ndarray:
    """Numbers, or nanoseconds since 1970."""
    times = pd.api.types.is_datetime64_any_dtype(present.dtype)
    return nanoseconds(present) if times else present.to_numpy(dtype="float64")


def _shown(value: Any, column: Column) -> float | str:
    if column.kind is Kind.DATETIME:
        return str(pd.Timestamp(int(value)).round("s"))
    return float(value)


# ------------------------------------------------------------------ rows of a trained synthesizer,
# in batches


@dataclass(frozen=True)
class Written:
    """What a stream wrote: rows, seconds, the share of proposed rows that met the conditions."""

    path: Path
    rows: int
    seconds: float
    acceptance: float


def rows_per_batch(fitted: Fitted) -> int:
    """Rows of a batch, by the number of columns alone: a model always has the same batches."""
    return int(np.clip(CELLS_PER_BATCH // max(len(fitted.forms), 1), LEAST_ROWS, MOST_ROWS))


def batches(
    fitted: Fitted,
    n: int,
    seed: int,
    where: Mapping[str, Any] | None = None,
    *,
    batch_rows: int | None = None,
) -> Iterator[pd.DataFrame]:
    """`n` synthetic rows, `batch_rows` at a time; batch i is drawn by `generator(seed, "batch",
    i)`.

    So a whole batch depends on the model, the seed, the conditions and its number alone, not on `n`
    or on what was asked before it: a stream of n rows begins with that of any smaller number of
    whole batches, keys included. Each batch's classes are Multinomial(rows, rates), hence those of
    the whole stream are Multinomial(n, rates). Where a rule is about the table as a whole, as
    `unique` is, all `n` rows are one batch, whatever `batch_rows` says: batches know nothing of
    each other.

    Raises: DataError for n < 1, conditions that cannot be met, or too little memory.
    """
    checked_rows(n)
    size = (
        int(n)
        if fitted.in_one_piece
        else rows_per_batch(fitted)
        if batch_rows is None
        else batch_rows
    )
    for number, start in enumerate(range(0, int(n), size)):
        rows = min(size, int(n) - start)
        try:
            yield fitted.sample(rows, generator(seed, "batch", number), where, first_key=start)
        except MemoryError as error:
            raise DataError(
                f"A batch needs memory for {rows:,} rows × {len(fitted.forms):,} columns, however"
                f" the"
                " machine has not enough."
                f" {'Ask for fewer rows' if fitted.in_one_piece else 'Lower batch_rows'}."
            ) from error


def write_sample(
    fitted: Fitted,
    path: Path | str,
    n: int,
    seed: int,
    where: Mapping[str, Any] | None = None,
    *,
    batch_rows: int | None = None,
    progress: Callable[[int, int, Mapping[str, float]], None] | None = None,
) -> Written:
    """Write `n` synthetic rows to a Parquet, CSV or TSV file (.gz too), whole or not at all; see
    `batches`.

    The same model, seed, conditions and `n` give the same bytes; a run that was stopped is started
    again. `progress` is called after each batch with rows so far, rows in all, and rows per second.

    Raises: DataError for another ending, a file that cannot be written, or what `batches` raises.
    """
    path, ending = Path(path), ending_of(path)
    refuse_unwritable(path)
    began, proposed, met, done = time.perf_counter(), 0, 0, 0
    columns = {form.name: form.every_level() for form in fitted.forms}
    times = {
        form.name: form.codec.step
        for form in fitted.forms
        if form.codec.ordered and form.codec.kind is Kind.DATETIME
    }
    with written_beside(path) as beside, parts_written(beside, ending, columns, times) as append:
        for part in batches(fitted, n, seed, where, batch_rows=batch_rows):
            append(part)
            done, proposed, met = done + len(part), proposed + fitted.proposed, met + fitted.met
            if progress is not None:
                progress(done, int(n), {"rows/s": done / (time.perf_counter() - began)})
    return Written(path, done, time.perf_counter() - began, met / proposed if proposed else 1.0)


def checked_rows(n: int) -> None:
    """Raises: DataError unless `n` is a number of rows."""
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise DataError(f"sample needs a whole number of rows of at least 1, however n is {n!r}.")


if __name__ == "__main__":
    print(as_text(training_schema()), end="")
