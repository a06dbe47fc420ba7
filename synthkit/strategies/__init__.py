"""Role 1, strategies: they change a training set. `STRATEGIES` lists them all by name."""

from __future__ import annotations

from synthkit.registry import Registry
from synthkit.strategies.base import Strategy
from synthkit.strategies.baselines import Chain, ClassWeights, NoAugmentation, RandomOversampling, RandomUndersampling
from synthkit.strategies.top_up import TopUp

#: Every strategy by the name that YAML, reports and the ledger use. A new one is one line here.
STRATEGIES = Registry("strategy", "synthkit.strategies", {
    "none": NoAugmentation,
    "class_weights": ClassWeights,
    "random_oversampling": RandomOversampling,
    "random_undersampling": RandomUndersampling,
    "top_up": TopUp,
    "chain": Chain,
})

__all__ = ["STRATEGIES", "Chain", "ClassWeights", "NoAugmentation", "RandomOversampling", "RandomUndersampling",
           "Strategy"]
