"""Floor 5: strategies for people who live in scikit-learn and imbalanced-learn.

`AugmentedClassifier` augments inside `fit` and nowhere else, so no cross-validation, search or
pipeline around it can leak. `as_sampler` gives a strategy to imbalanced-learn's pipelines.
"""

from synthkit.estimator.classifier import AugmentedClassifier
from synthkit.estimator.sampler import StrategySampler, as_sampler

__all__ = ["AugmentedClassifier", "StrategySampler", "as_sampler"]
