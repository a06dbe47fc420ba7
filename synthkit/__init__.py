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
    from synthkit.quality.assess import assess as quality
    from synthkit.quality.quality import Quality
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
        Constrained,
        EditedNearestNeighbours,
        Mixup,
        NoAugmentation,
        Noise,
        RandomOversampling,
        RandomUndersampling,
        TopUp,
    )
    from synthkit.synthesizers import CTGAN, SYNTHESIZERS, TVAE, CopulaGAN, GaussianCopula, SequentialTrees
    from synthkit.synthesizers.persist import load as load_model
    from synthkit.synthesizers.persist import read_manifest
    from synthkit.synthesizers.persist import save as save_model
    from synthkit.table.datasets import DATASETS
    from synthkit.table.load import Dataset, load
    from synthkit.table.schema import Kind, Schema
    from synthkit.table.split import SPLITS
    from synthkit.table.training_set import TrainingSet
    from synthkit.training import Training, read_training, train

#: The public names, as above, by the module that they live in.
_HOMES = {
    "compare.comparison": ("Comparison",),
    "compare.cost": ("Cost",),
    "compare.plan": ("Arm", "Plan"),
    "config": ("Config", "read_config"),
    "errors": ("ConfigError", "DataError", "SynthkitError"),
    "estimator": ("AugmentedClassifier", "as_sampler"),
    "quality.quality": ("Quality",),
    "randomness": ("generator",),
    "strategies": ("STRATEGIES", "ADASYN", "BorderlineSMOTE", "Chain", "ClassWeights", "Constrained",
                   "EditedNearestNeighbours", "Mixup", "NoAugmentation", "Noise", "RandomOversampling",
                   "RandomUndersampling", "SMOTE", "SMOTEENN", "SVMSMOTE", "TopUp"),
    "synthesizers": ("CTGAN", "SYNTHESIZERS", "TVAE", "CopulaGAN", "GaussianCopula", "SequentialTrees"),
    "synthesizers.persist": ("load_model", "read_manifest", "save_model"),
    "table.datasets": ("DATASETS",),
    "table.load": ("Dataset", "load"),
    "table.schema": ("Kind", "Schema"),
    "table.split": ("SPLITS",),
    "table.training_set": ("TrainingSet",),
    "training": ("Training", "read_training", "train"),
}
#: Names that say less where they live, because a table is loaded too.
_THERE = {"load_model": "load", "save_model": "save"}
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
    "Constrained",
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
    "Quality",
    "RandomOversampling",
    "RandomUndersampling",
    "Schema",
    "SequentialTrees",
    "SynthkitError",
    "TopUp",
    "Training",
    "TrainingSet",
    "__version__",
    "advise",
    "as_sampler",
    "compare",
    "generator",
    "load",
    "load_model",
    "quality",
    "read_config",
    "read_manifest",
    "read_training",
    "save_model",
    "train",
]


def __getattr__(name: str) -> Any:
    if name in ("advise", "compare", "quality"):  # packages that can be called
        return import_module(f"synthkit.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'synthkit' has no attribute {name!r}")
    value = getattr(import_module(f"synthkit.{_HOME[name]}"), _THERE.get(name, name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
