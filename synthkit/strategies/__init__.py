"""Role 1, strategies: they change a training set. `STRATEGIES` lists them all by name."""

from __future__ import annotations

from synthkit.methods.registry import Registry
from synthkit.strategies.base import Strategy
from synthkit.strategies.constrained import Constrained
from synthkit.strategies.interpolation import (
    ADASYN,
    SMOTE,
    SMOTEENN,
    SVMSMOTE,
    BorderlineSMOTE,
    Mixup,
)
from synthkit.strategies.noise import Noise
from synthkit.strategies.resampling import (
    Chain,
    ClassWeights,
    EditedNearestNeighbours,
    NoAugmentation,
    RandomOversampling,
    RandomUndersampling,
)
from synthkit.strategies.top_up import TopUp

#: Every strategy by the name that YAML, reports and the ledger use. A new one is one line here.
STRATEGIES = Registry(
    "strategy",
    "synthkit.strategies",
    {
        "none": NoAugmentation,
        "class_weights": ClassWeights,
        "random_oversampling": RandomOversampling,
        "random_undersampling": RandomUndersampling,
        "noise": Noise,
        "smote": SMOTE,
        "borderline_smote": BorderlineSMOTE,
        "adasyn": ADASYN,
        "svm_smote": SVMSMOTE,
        "edited_nearest_neighbours": EditedNearestNeighbours,
        "smote_enn": SMOTEENN,
        "mixup": Mixup,
        "top_up": TopUp,
        "chain": Chain,
        "constrained": Constrained,
    },
)

__all__ = [
    "ADASYN",
    "SMOTE",
    "SMOTEENN",
    "STRATEGIES",
    "SVMSMOTE",
    "BorderlineSMOTE",
    "Chain",
    "ClassWeights",
    "Constrained",
    "EditedNearestNeighbours",
    "Mixup",
    "NoAugmentation",
    "Noise",
    "RandomOversampling",
    "RandomUndersampling",
    "Strategy",
    "TopUp",
]
