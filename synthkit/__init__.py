"""synthkit: is a synthetic minority worth making?

Names are looked up when they are first used, so that `import synthkit` loads nothing heavy.

>>> import synthkit
>>> synthkit.RandomOversampling(ratio=0.5)
RandomOversampling(ratio=0.5)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from synthkit.advise.advice import advise
    from synthkit.compare.comparison import Comparison
    from synthkit.compare.cost import Cost
    from synthkit.compare.experiment import compare
    from synthkit.compare.plan import Arm, Plan
    from synthkit.config import Config, read_config
    from synthkit.errors import ConfigError, DataError, SynthkitError
    from synthkit.estimator import AugmentedClassifier, as_sampler
    from synthkit.randomness import generator
    from synthkit.strategies import (
        ADASYN,
        SMOTE,
        SMOTEENN,
        STRATEGIES,
        SVMSMOTE,
        BorderlineSMOTE,
        Chain,
        ClassWeights,
        EditedNearestNeighbours,
        Mixup,
        NoAugmentation,
        Noise,
        RandomOversampling,
        RandomUndersampling,
        TopUp,
    )
    from synthkit.synthesizers import CTGAN, SYNTHESIZERS, TVAE, CopulaGAN, GaussianCopula, SequentialTrees
    from synthkit.table.datasets import DATASETS
    from synthkit.table.load import Dataset, load
    from synthkit.table.schema import Kind, Schema
    from synthkit.table.split import SPLITS
    from synthkit.table.training_set import TrainingSet

#: The public names, as above, by the module that they live in.
_HOMES = {
    "compare.comparison": ("Comparison",),
    "compare.cost": ("Cost",),
    "compare.plan": ("Arm", "Plan"),
    "config": ("Config", "read_config"),
    "errors": ("ConfigError", "DataError", "SynthkitError"),
    "estimator": ("AugmentedClassifier", "as_sampler"),
    "randomness": ("generator",),
    "strategies": ("STRATEGIES", "ADASYN", "BorderlineSMOTE", "Chain", "ClassWeights", "EditedNearestNeighbours",
                   "Mixup", "NoAugmentation", "Noise", "RandomOversampling", "RandomUndersampling", "SMOTE",
                   "SMOTEENN", "SVMSMOTE", "TopUp"),
    "synthesizers": ("CTGAN", "SYNTHESIZERS", "TVAE", "CopulaGAN", "GaussianCopula", "SequentialTrees"),
    "table.datasets": ("DATASETS",),
    "table.load": ("Dataset", "load"),
    "table.schema": ("Kind", "Schema"),
    "table.split": ("SPLITS",),
    "table.training_set": ("TrainingSet",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "ADASYN",
    "CTGAN",
    "DATASETS",
    "SMOTE",
    "SMOTEENN",
    "SPLITS",
    "STRATEGIES",
    "SVMSMOTE",
    "SYNTHESIZERS",
    "TVAE",
    "Arm",
    "AugmentedClassifier",
    "BorderlineSMOTE",
    "Chain",
    "ClassWeights",
    "Comparison",
    "Config",
    "ConfigError",
    "CopulaGAN",
    "Cost",
    "DataError",
    "Dataset",
    "EditedNearestNeighbours",
    "GaussianCopula",
    "Kind",
    "Mixup",
    "NoAugmentation",
    "Noise",
    "Plan",
    "RandomOversampling",
    "RandomUndersampling",
    "Schema",
    "SequentialTrees",
    "SynthkitError",
    "TopUp",
    "TrainingSet",
    "__version__",
    "advise",
    "as_sampler",
    "compare",
    "generator",
    "load",
    "read_config",
]


def __getattr__(name: str) -> Any:
    if name in ("advise", "compare"):  # packages that can be called
        return import_module(f"synthkit.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'synthkit' has no attribute {name!r}")
    value = getattr(import_module(f"synthkit.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
