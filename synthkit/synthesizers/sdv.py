"""The synthesizers of SDV: CTGAN, TVAE, GaussianCopula and CopulaGAN, behind our contract.

sdv, ctgan, rdt and copulas are under the Business Source License 1.1; they are imported when one of
these is fitted, not before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from synthkit.errors import ConfigError, nearest, refuse_missing
from synthkit.methods.registry import check_number
from synthkit.methods.traits import Estimate, Traits
from synthkit.progress import Report as Progress
from synthkit.synthesizers.base import Synthesizer
from synthkit.synthesizers.sdv_fit import SdvModel, learn
from synthkit.table.schema import Schema

DISTRIBUTIONS = ("norm", "beta", "truncnorm", "gamma", "uniform", "gaussian_kde")
#: Parameters that are ours, not SDV's.
OURS = ("constraints", "device", "threads")


#: Rows that CTGAN and TVAE take per step, and seconds per step on two CPU cores; seconds per cell
#: (rows · columns) of a copula's fit and rows; MiB beside the libraries, at no cell and per thousand.
#: Measured once, elsewhere, on 3,500 x 5 to 32,561 x 15 cells: orders of magnitude, and said as such,
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


class Sdv(Synthesizer):
    """What the four share: their own parameters, and how they are checked and passed on."""

    engine: ClassVar[str]
    constraints: Sequence[Any]
    device: str
    threads: int

    def __post_init__(self) -> None:
        if self.device not in ("auto", "cpu", "cuda"):
            raise ConfigError(
                f"device must be auto, cpu or cuda, however it is {self.device!r}.", key="device"
            )
        check_number(
            "threads",
            self.threads,
            at_least=1,
            whole=True,
            why="Never more in all workers together than the machine has cores",
        )
        for key in ("enforce_min_max_values", "enforce_rounding"):
            if not isinstance(getattr(self, key), bool):
                raise ConfigError(
                    f"{key} must be true or false, however it is {getattr(self, key)!r}.", key=key
                )
        object.__setattr__(self, "constraints", tuple(self.constraints))

    def check_installed(self) -> None:
        refuse_missing(type(self).__name__, ("sdv", "ctgan", "torch"), "sdv")

    def parameters(self) -> dict[str, Any]:
        """SDV's own parameters with their values."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in OURS}  # type: ignore[arg-type]

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


@dataclass(frozen=True)
class CTGAN(Sdv):
    """A generative adversarial network conditioned on one discrete value per row.

    Mixed types: numbers become a mixture component and a place within it, states one-hot vectors;
    training picks a column and a value by log-frequency, so that rare values are learned too.

    Every parameter but the last three is SDV's own. `constraints` are SDV's constraint patterns
    (`sdv.cag`), or mappings with their `name` and parameters; `device` is auto, cpu or cuda (sampling
    is always on the CPU, so that a seed gives the same rows anywhere); `threads` are torch's.
    Unit of `batch_size`: rows per step, even and a multiple of `pac`. Cost: `epochs` · n / `batch_size`
    steps of 30 to 80 ms on one core.
    Source: Xu et al. (2019), "Modeling Tabular data using Conditional GAN".
    """

    traits: ClassVar[Traits | None] = deep_traits(35.0, 0.30)

    epochs: int = 300
    batch_size: int = 500
    pac: int = 10
    embedding_dim: int = 128
    generator_dim: tuple[int, ...] = (256, 256)
    discriminator_dim: tuple[int, ...] = (256, 256)
    generator_lr: float = 2e-4
    generator_decay: float = 1e-6
    discriminator_lr: float = 2e-4
    discriminator_decay: float = 1e-6
    discriminator_steps: int = 1
    log_frequency: bool = True
    enforce_min_max_values: bool = True
    enforce_rounding: bool = True
    constraints: Sequence[Any] = ()
    device: str = "auto"
    threads: int = 1
    engine: ClassVar[str] = "CTGANSynthesizer"

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_training(self)
        check_number("pac", self.pac, at_least=1, whole=True)
        if self.batch_size % 2 or self.batch_size % self.pac:
            step = self.pac if self.pac % 2 == 0 else 2 * self.pac
            below = self.batch_size // step * step
            choices = [str(size) for size in (below, below + step) if size]
            raise ConfigError(
                f"batch_size must be even and a multiple of pac = {self.pac}, however it is"
                f" {self.batch_size}. Use {' or '.join(choices)}, or another pac.",
                key="batch_size",
            )
        check_number("discriminator_steps", self.discriminator_steps, at_least=1, whole=True)
        for key in ("generator_lr", "discriminator_lr"):
            check_number(key, getattr(self, key), above=0)
        for key in ("generator_decay", "discriminator_decay"):
            check_number(key, getattr(self, key), at_least=0)
        _check_layers(self, "generator_dim", "discriminator_dim")


@dataclass(frozen=True)
class CopulaGAN(CTGAN):
    """CTGAN on numbers that a marginal distribution each has first turned into normal scores.

    `default_distribution` is one of norm, beta, truncnorm, gamma, uniform, gaussian_kde;
    `numerical_distributions` names another per column. The other parameters are those of `CTGAN`.
    """

    traits: ClassVar[Traits | None] = None

    numerical_distributions: Mapping[str, str] | None = None
    default_distribution: str = "beta"
    engine: ClassVar[str] = "CopulaGANSynthesizer"

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_distributions(self)


@dataclass(frozen=True)
class TVAE(Sdv):
    """A variational autoencoder of the table, on the columns as `CTGAN` sees them.

    Unit of `batch_size`: rows per step. `l2scale` is the weight decay, `loss_factor` the weight of
    the reconstruction. `constraints`, `device` and `threads` are those of `CTGAN`.
    Source: Xu et al. (2019), "Modeling Tabular data using Conditional GAN".
    """

    traits: ClassVar[Traits | None] = deep_traits(55.0, 0.45)

    epochs: int = 300
    batch_size: int = 500
    embedding_dim: int = 128
    compress_dims: tuple[int, ...] = (128, 128)
    decompress_dims: tuple[int, ...] = (128, 128)
    l2scale: float = 1e-5
    loss_factor: float = 2
    enforce_min_max_values: bool = True
    enforce_rounding: bool = True
    constraints: Sequence[Any] = ()
    device: str = "auto"
    threads: int = 1
    engine: ClassVar[str] = "TVAESynthesizer"

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_training(self)
        check_number("l2scale", self.l2scale, at_least=0)
        check_number("loss_factor", self.loss_factor, above=0)
        _check_layers(self, "compress_dims", "decompress_dims")


@dataclass(frozen=True)
class GaussianCopula(Sdv):
    """A marginal distribution per column, and one correlation matrix of their normal scores.

    Fits in seconds; knows linear dependence of scores only. States are intervals of a uniform.
    `default_distribution` is one of norm, beta, truncnorm, gamma, uniform, gaussian_kde;
    `numerical_distributions` names another per column. `device` is there for the sake of the others: it
    has no use for a GPU.
    Source: Patki, Wedge & Veeramachaneni (2016), "The Synthetic Data Vault".
    """

    traits: ClassVar[Traits | None] = Traits.of(
        "one_shape", note="one dependence structure for all rows", estimate=copula_estimate
    )

    numerical_distributions: Mapping[str, str] | None = None
    default_distribution: str = "beta"
    enforce_min_max_values: bool = True
    enforce_rounding: bool = True
    constraints: Sequence[Any] = ()
    device: str = "cpu"
    threads: int = 1
    engine: ClassVar[str] = "GaussianCopulaSynthesizer"

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_distributions(self)


def _check_training(synthesizer: Any) -> None:
    check_number("epochs", synthesizer.epochs, at_least=1, whole=True)
    # Batch normalisation has no spread over one row.
    check_number("batch_size", synthesizer.batch_size, at_least=2, whole=True)
    check_number("embedding_dim", synthesizer.embedding_dim, at_least=1, whole=True)


def _check_layers(synthesizer: Any, *keys: str) -> None:
    for key in keys:
        sizes = getattr(synthesizer, key)
        if isinstance(sizes, str) or not isinstance(sizes, Sequence):
            raise ConfigError(
                f"{key} must be a list of layer sizes, however it is {sizes!r}.", key=key
            )
        for size in sizes:
            check_number(key, size, at_least=1, whole=True, why="Each layer needs a size")
        object.__setattr__(synthesizer, key, tuple(int(size) for size in sizes))


def _check_distributions(synthesizer: Any) -> None:
    named = dict(synthesizer.numerical_distributions or {})
    for key, word in {"default_distribution": synthesizer.default_distribution, **named}.items():
        if word not in DISTRIBUTIONS:
            raise ConfigError(
                f"{key} must be one of {', '.join(DISTRIBUTIONS)}, however it is {word!r}."
                f"{nearest(str(word), list(DISTRIBUTIONS))}",
                key=key,
            )
