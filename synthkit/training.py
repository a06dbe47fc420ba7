"""A synthesizer trained from a config: read it, fit, keep the model, and say how like the table its rows are."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from synthkit.comparison.cost import Step, measured
from synthkit.comparison.plan import AllowRealViolations, Rules
from synthkit.config import (
    DataSection,
    Described,
    OnViolation,
    as_text,
    fitted,
    json_schema,
    rule_places,
)
from synthkit.errors import ConfigError, SynthkitError
from synthkit.files import refuse_unwritable
from synthkit.methods import ByName, Said, Seed, label_of, method, spec_of
from synthkit.methods.declare import Json, parameters_of
from synthkit.methods.yaml import read
from synthkit.randomness import generator
from synthkit.strategies.constrained import with_rules, without_rules
from synthkit.synthesizers import (
    SYNTHESIZERS,
    ConstrainedSynthesizer,
    Fitted,
    GaussianCopula,
    Synthesizer,
)
from synthkit.synthesizers.progress import Progress
from synthkit.table.load import Dataset
from synthkit.table.schema import ORDERED, Column, Kind

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


@dataclass(frozen=True)
class Training(Described):
    """A training as a file describes it: its data, its synthesizer, its seed."""

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
    """A fitted synthesizer, what the fit took, and the summary of its rows beside the table's, as plain values."""

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
                    f"{SYNTHESIZERS.name_of(built)} runs on the CPU, however device is cuda. Take device"
                    " away.",
                    key="device",
                )
            return built
        if built.device not in ("auto", self.device):
            raise ConfigError(
                f"a training needs one device, however this is {self.device} and the synthesizer's is"
                f" {built.device}. Take one away.",
                key="device",
            )
        changed: Synthesizer = dataclasses.replace(built, device=self.device)  # type: ignore[type-var]
        return changed


def read_training(path: Path | str, settings: Sequence[str] = ()) -> Training:
    """The training of a YAML file with `settings` ("key=value") applied.

    Raises: ConfigError with file, line and nearest key for whatever is wrong with it.
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
    on_violation: str = "resample",
    allow_real_violations: bool = False,
) -> Synthesizer:
    """The synthesizer with these rules enforced, if there are any.

    Raises: ConfigError for wrong settings, or rules both here and in the synthesizer, or where they are needed.
    """
    if without_rules(synthesizer) is synthesizer:
        return (
            ConstrainedSynthesizer(synthesizer, rules, on_violation, allow_real_violations)
            if rules
            else synthesizer
        )
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
    progress: bool | Progress | None = None,
) -> Trained:
    """Fit the synthesizer that a config describes; with `out`, keep the model there, whole or not at all.

    `dataset` is the config's table, where it has been loaded already. `rules`, with the two words that go
    with them, are as in a config; the rows that the model samples keep them. The fit depends on the seed
    and the table alone: it is `synthesizer.fit(table, schema, generator(seed, "train"))`. The model
    is written before it is looked at, so that nothing which goes wrong later can lose it.

    Raises: DataError for a table that cannot be learned from, or an `out` that cannot be written,
    found out before the fit; ConfigError for parameters that the table or this machine cannot meet.
    """
    from synthkit.synthesizers.persist import save_model

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
    """A fitted synthesizer's rows beside the table that it learned, as plain values; see `summary_of_columns`."""
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
    """One column (n,) beside its imitation (m,): rates of states, quantiles of numbers, and their distance.

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
        a, b = _sorted_values(real), _sorted_values(synthetic)
        if len(a) and len(b):
            found["difference"] = _farthest(a, b)
            found["quantiles"] = [
                (q, _shown(np.quantile(a, q), column), _shown(np.quantile(b, q), column))
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


def _sorted_values(series: pd.Series) -> np.ndarray:
    """The present values in order: numbers, or nanoseconds since 1970."""
    present = series.dropna()
    if isinstance(present.dtype, pd.DatetimeTZDtype):
        present = present.dt.tz_convert(None)
    if pd.api.types.is_datetime64_any_dtype(present.dtype):
        return np.sort(present.to_numpy(dtype="datetime64[ns]").view("int64").astype("float64"))
    return np.sort(present.to_numpy(dtype="float64"))


def _farthest(a: np.ndarray, b: np.ndarray) -> float:
    """max |F − G| of the empirical distributions of two sorted samples."""
    at = np.concatenate([a, b])
    return float(
        np.abs(
            np.searchsorted(a, at, "right") / len(a) - np.searchsorted(b, at, "right") / len(b)
        ).max()
    )


def _shown(value: Any, column: Column) -> float | str:
    if column.kind is Kind.DATETIME:
        return str(pd.Timestamp(int(value)).round("s"))
    return float(value)


if __name__ == "__main__":
    print(as_text(training_schema()), end="")
