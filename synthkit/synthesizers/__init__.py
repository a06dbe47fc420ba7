"""Role 2, synthesizers: they imitate a table. `SYNTHESIZERS` lists them all by name."""

from __future__ import annotations

from synthkit.methods.registry import Registry
from synthkit.synthesizers.base import Fitted, Model, Synthesizer
from synthkit.synthesizers.constrained import ConstrainedSynthesizer
from synthkit.synthesizers.noise import Noise
from synthkit.synthesizers.sdv import CTGAN, TVAE, CopulaGAN, GaussianCopula
from synthkit.synthesizers.trees import SequentialTrees

#: Every synthesizer by the name that YAML, reports and model files use. A new one is one line here.
SYNTHESIZERS = Registry(
    "synthesizer",
    "synthkit.synthesizers",
    {
        "noise": Noise,
        "sequential_trees": SequentialTrees,
        "gaussian_copula": GaussianCopula,
        "tvae": TVAE,
        "ctgan": CTGAN,
        "copula_gan": CopulaGAN,
        "constrained": ConstrainedSynthesizer,
    },
)

__all__ = [
    "CTGAN",
    "SYNTHESIZERS",
    "TVAE",
    "ConstrainedSynthesizer",
    "CopulaGAN",
    "Fitted",
    "GaussianCopula",
    "Model",
    "Noise",
    "SequentialTrees",
    "Synthesizer",
]
