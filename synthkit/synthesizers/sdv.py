"""The synthesizers of SDV: CTGAN, TVAE, GaussianCopula and CopulaGAN, behind our contract.

sdv, ctgan, rdt and copulas are under the Business Source License 1.1; they are imported when one of
these is fitted, not before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from synthkit.errors import ConfigError, refuse_missing
from synthkit.methods import Said, method
from synthkit.methods.declare import parameters_of
from synthkit.methods.traits import Estimate, Traits
from synthkit.progress import Report as Progress
from synthkit.rules.base import Rule
from synthkit.rules.columns import Whole
from synthkit.rules.rows import FixedCombinations, Inequality, OneHot, Ordered
from synthkit.synthesizers.base import Synthesizer
from synthkit.synthesizers.sdv_fit import SdvModel, learn
from synthkit.table.column import Codec
from synthkit.table.schema import Kind, Schema

#: Parameters that are ours, not SDV's.
OURS = ("constraints", "device", "threads")


#: Rows that CTGAN and TVAE take per step, and seconds per step on two CPU cores; seconds per cell
#: (rows · columns) of a copula's fit and rows; MiB beside the libraries, at no cell and per
# thousand.
#: Measured once, elsewhere, on 3,500 x 5 to 32,561 x 15 cells: orders of magnitude, and said as
# such,
#: because one fit takes longer than all of the advice may.
ROWS_PER_STEP, SECONDS_PER_STEP = 500, (0.042, 0.081)
SUGGESTED_EPOCHS = 300
COPULA_SECONDS = (16e-6, 80e-6)


def copula_estimate(rows: int, cells: int) -> Estimate:
    """What a Gaussian copula takes."""
    low, high = (cells * seconds for seconds in COPULA_SECONDS)
    how = "16–80 µs a cell, measured elsewhere; MiB beside the libraries"
    return Estimate(low, high, 0.15 * cells / 1000, how)


def deep_traits(mebibytes: float, per_thousand: float) -> Traits:
    """The traits of what is trained in steps of `ROWS_PER_STEP` rows."""

    def estimate(rows: int, cells: int) -> Estimate:
        steps = SUGGESTED_EPOCHS * max(1, rows // ROWS_PER_STEP)
        low, high = (steps * seconds for seconds in SECONDS_PER_STEP)
        how = (
            f"{SUGGESTED_EPOCHS} epochs at 42–81 ms a step, measured elsewhere, 2 cores; MiB beside"
            " the libraries"
        )
        return Estimate(low, high, mebibytes + per_thousand * cells / 1000, how)

    return Traits.of(
        "dear",
        note=f"{SUGGESTED_EPOCHS} epochs",
        suggested={"epochs": SUGGESTED_EPOCHS},
        estimate=estimate,
    )


Size = Annotated[int, Field(ge=1), Said(why="Each layer needs a size")]
Layers = Annotated[
    Sequence[Size],
    Said(needed="a list of layer sizes"),
    Field(description="Neurons of each layer."),
]
Epochs = Annotated[int, Field(ge=1, description="Passes over the table.")]
# Batch normalisation has no spread over one row.
BatchSize = Annotated[int, Field(ge=2, description="Rows per step.")]
Embedding = Annotated[int, Field(ge=1, description="Numbers of noise that a row is made from.")]
LearningRate = Annotated[float, Field(gt=0, description="Adam's learning rate.")]
Decay = Annotated[float, Field(ge=0, description="Weight decay.")]
InRange = Annotated[bool, Field(description="Numbers stay between the least and the most seen.")]
Rounded = Annotated[bool, Field(description="Numbers have as many decimals as those seen.")]
Constraints = Annotated[
    Sequence[Any],
    Said(needed="a list of constraints"),
    Field(
        description="SDV's constraint patterns (`sdv.cag`), or mappings with their name and"
        " parameters."
    ),
]
Device = Annotated[
    Literal["auto", "cpu", "cuda"],
    Said(needed="auto, cpu or cuda"),
    Field(
        description="Where it is trained; sampling is always on the CPU, so that a seed gives the"
        " same"
        " rows anywhere."
    ),
]
Threads = Annotated[
    int,
    Field(ge=1, description="torch's threads."),
    Said(why="Never more in all workers together than the machine has cores"),
]
Marginal = Literal["norm", "beta", "truncnorm", "gamma", "uniform", "gaussian_kde"]
Distribution = Annotated[Marginal, Field(description="The marginal distribution of numbers.")]
Distributions = Annotated[
    Mapping[str, Marginal] | None, Field(description="Another one for single columns, by name.")
]


class Sdv(Synthesizer):
    """What the four share: their own parameters, and how they are checked and passed on."""

    engine: ClassVar[str]
    constraints: Sequence[Any]
    device: str
    threads: int

    def check_installed(self) -> None:
        refuse_missing(type(self).__name__, ("sdv", "ctgan", "torch"), "sdv")

    def parameters(self) -> dict[str, Any]:
        """SDV's own parameters with their values."""
        known = parameters_of(type(self))
        return {name: getattr(self, name) for name in known if name not in OURS}

    def learn(
        self,
        table: pd.DataFrame,
        schema: Schema,
        rng: np.random.Generator,
        progress: Progress | None,
    ) -> SdvModel:
        """The engine fitted on `table`; see `synthkit.synthesizers.sdv_fit.learn`."""
        self.check_installed()
        return learn(self, table, schema, rng, progress)


@method
class CTGAN(Sdv):
    """A generative adversarial network conditioned on one discrete value per row.

    Mixed types: numbers become a mixture component and a place within it, states one-hot vectors;
    training picks a column and a value by log-frequency, so that rare values are learned too.

    Every parameter but the last three is SDV's own; `batch_size` is even and a multiple of `pac`.

    Notes
    -----
    Cost: `epochs` · n / `batch_size` steps of 30 to 80 ms on one core.
    Source: Xu et al. (2019), "Modeling Tabular data using Conditional GAN".
    """

    traits: ClassVar[Traits | None] = deep_traits(35.0, 0.30)

    epochs: Epochs = 300
    batch_size: BatchSize = 500
    pac: Annotated[int, Field(ge=1, description="Rows that the discriminator judges together.")] = (
        10
    )
    embedding_dim: Embedding = 128
    generator_dim: Layers = (256, 256)
    discriminator_dim: Layers = (256, 256)
    generator_lr: LearningRate = 2e-4
    generator_decay: Decay = 1e-6
    discriminator_lr: LearningRate = 2e-4
    discriminator_decay: Decay = 1e-6
    discriminator_steps: Annotated[
        int, Field(ge=1, description="Steps of the discriminator per step of the generator.")
    ] = 1
    log_frequency: Annotated[
        bool, Field(description="Pick the value to train on by its log-frequency.")
    ] = True
    enforce_min_max_values: InRange = True
    enforce_rounding: Rounded = True
    constraints: Constraints = ()
    device: Device = "auto"
    threads: Threads = 1
    engine: ClassVar[str] = "CTGANSynthesizer"

    def __post_init__(self) -> None:
        if self.batch_size % 2 or self.batch_size % self.pac:
            step = self.pac if self.pac % 2 == 0 else 2 * self.pac
            below = self.batch_size // step * step
            choices = [str(size) for size in (below, below + step) if size]
            raise ConfigError(
                f"batch_size must be even and a multiple of pac = {self.pac}, however it is"
                f" {self.batch_size}. Use {' or '.join(choices)}, or another pac.",
                key="batch_size",
            )


@method
class CopulaGAN(CTGAN):
    """CTGAN on numbers that a marginal distribution each has first turned into normal scores.

    The other parameters are those of `CTGAN`.
    """

    traits: ClassVar[Traits | None] = None

    numerical_distributions: Distributions = None
    default_distribution: Distribution = "beta"
    engine: ClassVar[str] = "CopulaGANSynthesizer"


@method
class TVAE(Sdv):
    """A variational autoencoder of the table, on the columns as `CTGAN` sees them.

    Notes
    -----
    Source: Xu et al. (2019), "Modeling Tabular data using Conditional GAN".
    """

    traits: ClassVar[Traits | None] = deep_traits(55.0, 0.45)

    epochs: Epochs = 300
    batch_size: BatchSize = 500
    embedding_dim: Embedding = 128
    compress_dims: Layers = (128, 128)
    decompress_dims: Layers = (128, 128)
    l2scale: Decay = 1e-5
    loss_factor: Annotated[float, Field(gt=0, description="Weight of the reconstruction.")] = 2
    enforce_min_max_values: InRange = True
    enforce_rounding: Rounded = True
    constraints: Constraints = ()
    device: Device = "auto"
    threads: Threads = 1
    engine: ClassVar[str] = "TVAESynthesizer"


@method
class GaussianCopula(Sdv):
    """A marginal distribution per column, and one correlation matrix of their normal scores.

    Fits in seconds; knows linear dependence of scores only. States are intervals of a uniform.
    `device` is there for the sake of the others: it has no use for a GPU.

    Notes
    -----
    Source: Patki, Wedge & Veeramachaneni (2016), "The Synthetic Data Vault".
    """

    traits: ClassVar[Traits | None] = Traits.of(
        "one_shape", note="one dependence structure for all rows", estimate=copula_estimate
    )

    numerical_distributions: Distributions = None
    default_distribution: Distribution = "beta"
    enforce_min_max_values: InRange = True
    enforce_rounding: Rounded = True
    constraints: Constraints = ()
    device: Device = "cpu"
    threads: Threads = 1
    engine: ClassVar[str] = "GaussianCopulaSynthesizer"


def handed_over(
    rules: Sequence[Rule], table: pd.DataFrame, schema: Schema
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """SDV's constraints by our rules' names, as `CTGAN(constraints=...)` takes them; and why not,
    for the others.

    `table` (n, c) are the columns that are learned. An inequality of two columns becomes
    `Inequality`, a chain of two or three `Inequality` or `Range`, fixed combinations of states
    `FixedCombinations`, a one-hot group `OneHotEncoding` (as one state, so that it can be
    conditioned on), a whole number `FixedIncrements` of 1. A column goes into one constraint, since
    SDV puts another column in its place; whole numbers come last, because SDV rounds anyway.
    """
    codecs = {column.name: Codec.fit(table[column.name], column.kind) for column in schema.columns}
    learned: dict[str, dict[str, Any]] = {}
    outside: dict[str, str] = {}
    taken: dict[str, str] = {}
    for rule in sorted(rules, key=lambda rule: isinstance(rule, Whole)):
        why = _why_not(rule, codecs, schema.target) or next(
            (
                f"SDV learns {taken[name]!r}, which speaks of {name!r} too"
                for name in rule.columns
                if name in taken
            ),
            "",
        )
        constraint = None if why else _in_sdvs_words(rule)
        if constraint is None:
            outside[rule.name] = why or "SDV has no constraint of this kind"
        else:
            learned[rule.name] = constraint
            taken |= dict.fromkeys(rule.columns, rule.name)
    return learned, {rule.name: outside[rule.name] for rule in rules if rule.name in outside}


def _in_sdvs_words(rule: Rule) -> dict[str, Any] | None:
    columns = list(rule.columns)
    if isinstance(rule, Inequality | Ordered) and len(columns) == 2:
        return {
            "name": "Inequality",
            "low_column_name": columns[0],
            "high_column_name": columns[1],
            "strict_boundaries": rule.strict,
        }
    if isinstance(rule, Ordered) and len(columns) == 3:
        return {
            "name": "Range",
            "low_column_name": columns[0],
            "middle_column_name": columns[1],
            "high_column_name": columns[2],
            "strict_boundaries": rule.strict,
        }
    if isinstance(rule, FixedCombinations):
        return {"name": "FixedCombinations", "column_names": columns}
    if isinstance(rule, OneHot):
        return {
            "name": "OneHotEncoding",
            "column_names": columns,
            "learning_strategy": "categorical",
        }
    if isinstance(rule, Whole):
        return {"name": "FixedIncrements", "column_name": rule.column, "increment_value": 1}
    return None


def _why_not(rule: Rule, codecs: dict[str, Codec], target: str | None) -> str:
    """Why SDV's constraint would not do here; empty if it might."""
    if _in_sdvs_words(rule) is None:
        return "SDV has no constraint of this kind"
    for name in rule.columns:
        if name not in codecs:
            return f"column {name!r} is not learned: it is a key or has one value"
        codec = codecs[name]
        if name == target:
            return f"column {name!r} is the target, which rows are asked for by"
        if codec.gaps and not isinstance(
            rule, Inequality | Ordered
        ):  # of which SDV passes over gaps
            return f"column {name!r} has missing values"
        if isinstance(rule, FixedCombinations | OneHot):
            if codec.ordered and isinstance(rule, FixedCombinations):
                return f"column {name!r} holds numbers or times, and SDV combines states"
        elif not codec.ordered:
            return f"column {name!r} holds states, and SDV needs numbers or times"
    kinds = {codecs[name].kind is Kind.DATETIME for name in rule.columns if codecs[name].ordered}
    if len(kinds) > 1:
        return "it compares times with numbers"
    if isinstance(rule, Whole) and True in kinds:
        return f"column {rule.column!r} holds times, and SDV needs numbers"
    return ""
