"""Role 1, strategies: they change a training set. `STRATEGIES` lists them all by name."""

from __future__ import annotations

from synthkit.registry import Registry
from synthkit.strategies.base import Strategy
from synthkit.strategies.baselines import Chain, ClassWeights, NoAugmentation, RandomOversampling, RandomUndersampling
from synthkit.strategies.mixup import Mixup
from synthkit.strategies.noise import Noise
from synthkit.strategies.smote import SMOTE
from synthkit.strategies.top_up import TopUp

#: Every strategy by the name that YAML, reports and the ledger use. A new one is one line here.
STRATEGIES = Registry("strategy", "synthkit.strategies", {
    "none": NoAugmentation,
    "class_weights": ClassWeights,
    "random_oversampling": RandomOversampling,
    "random_undersampling": RandomUndersampling,
    "noise": Noise,
    "smote": SMOTE,
    "mixup": Mixup,
    "top_up": TopUp,
    "chain": Chain,
})

__all__ = ["SMOTE", "STRATEGIES", "Chain", "ClassWeights", "Mixup", "NoAugmentation", "Noise", "RandomOversampling",
           "RandomUndersampling", "Strategy", "TopUp"]
