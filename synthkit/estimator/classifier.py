"""A scikit-learn classifier that augments inside `fit` and nowhere else."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any, Self, TypeVar

import numpy as np
import pandas as pd
from sklearn import config_context
from sklearn.base import ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, has_fit_parameter

from synthkit.errors import ConfigError, DataError
from synthkit.estimator.base import StrategyEstimator, draw_seed
from synthkit.randomness import generator, integer_seed
from synthkit.table.schema import Kind, Schema
from synthkit.table.training_set import TrainingSet

# Kinds that every classifier takes as they are.
NUMBERS = (Kind.NUMERIC, Kind.INTEGER, Kind.BOOLEAN)

F = TypeVar("F", bound=Callable[..., Any])


def _where_classifier_has(method: str) -> Callable[[F], F]:
    """The method exists where the classifier, fitted or not yet, has it."""
    decorate: Callable[[F], F] = available_if(
        lambda self: hasattr(
            self.classifier_ if hasattr(self, "classifier_") else self._template(), method
        )
    )
    return decorate


class AugmentedClassifier(MetaEstimatorMixin, ClassifierMixin, StrategyEstimator):
    """A classifier whose training data a strategy changes inside `fit`, and nowhere else.

    `fit` makes a training set of X, y and sample_weight, applies the strategy, turns soft labels
    into weighted rows (`TrainingSet.harden`) and fits a clone of the classifier on them.
    Predictions are the classifier's on the rows as they are. So any cross-validation, search or
    pipeline around it is safe from leaks: it never sees a synthetic row.

    What each column is: of a DataFrame, `Schema.detect` decides column by column, and keys and free
    text are left out with a warning, since a synthetic row's key gives it away; of a bare array, its
    dtype decides for all columns at once (float: numeric, int: integer, bool: boolean). A frame of
    numbers reaches the classifier as it is; a mixed one goes through `skrub.tabular_pipeline`,
    unless the classifier is a Pipeline itself.

    Parameters:

    - `classifier`: any scikit-learn classifier; None means `HistGradientBoostingClassifier`
      without early stopping (which would judge itself on synthetic rows).
    - `strategy`: a strategy, a registered name, or a mapping with `name` and parameters. Its own
      parameters are `strategy__ratio` and so on in `set_params` and searches.
    - `schema`: a `Schema`, or a mapping from column to kind, where detection is not right.
    - `random_state`: int, `RandomState` or None; drives the strategy, and every `random_state` of
      the classifier that is None, unless this is None too.

    Attributes: `classifier_` (fitted), `schema_`, `classes_` (k,), `n_features_in_`,
    `feature_names_in_` (d,) where X had names.

    Raises, in `fit`: DataError for a table that cannot be learned from; ConfigError for an unknown
    strategy, or for weights or soft labels where the classifier's `fit` takes no `sample_weight`.

    >>> from sklearn.linear_model import LogisticRegression
    >>> model = AugmentedClassifier(LogisticRegression(), "random_oversampling", random_state=0)
    >>> model.set_params(strategy__ratio=0.5).strategy
    RandomOversampling(ratio=0.5)
    >>> model.fit([[0.0], [1.0], [2.0], [9.0]], ["no", "no", "no", "yes"]).predict([[8.0]]).tolist()
    ['yes']
    """

    _leaves_out = True

    def __init__(
        self,
        classifier: Any = None,
        strategy: Any = "none",
        *,
        schema: Any = None,
        random_state: Any = None,
    ) -> None:
        self.classifier = classifier
        self.strategy = strategy
        self.schema = schema
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Augment X (n, d), y (n,) and fit the classifier.

        `sample_weight` (n,) becomes the rows' weight before the strategy; what the strategy does to
        weights multiplies it. A row of weight 0 counts as absent; otherwise a strategy's `ratio` counts
        rows, not weights, as imbalanced-learn's samplers do.
        """
        classifier = self._template()
        table, labels = self._read_fit(X, y, missing=get_tags(classifier).input_tags.allow_nan)
        weight = _check_sample_weight(
            sample_weight, table, dtype=np.float64, ensure_non_negative=True
        )
        present = np.flatnonzero(weight)
        table, labels, weight = (
            table.take(present).reset_index(drop=True),
            labels[present],
            weight[present],
        )
        self.classes_, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
        self.schema_ = self._read_schema(table, y, self.classes_, counts)
        self._reading = dataclasses.replace(
            self.schema_.only(list(self.schema_.features)), target=None
        )

        seed = draw_seed(self.random_state)
        train = TrainingSet.from_codes(
            self._reading.conform(table), codes, self.schema_
        ).reweighted(weight)
        features, codes, weight = self._augment(train, seed).harden()
        gone = np.setdiff1d(np.arange(len(self.classes_)), codes)
        if len(gone):
            raise DataError(
                f"Every class needs at least one training row, however the strategy {self.strategy!r} left"
                f" none of class {self.schema_.classes[gone[0]]!r}. Take another strategy."
            )
        if self.random_state is not None:
            _set_seeds(classifier, seed)
        self._reading = _lenient(self._reading, features)
        self._mixed = not _numbers_only(self._reading, features) and not hasattr(
            classifier, "steps"
        )
        if self._mixed:
            classifier = _tabular(classifier, seed)
        self.classifier_ = _fit(classifier, self._shown(features), self.classes_[codes], weight)
        return self

    @_where_classifier_has("predict")
    def predict(self, X: Any) -> np.ndarray:
        """The likeliest class of each row (n,)."""
        return self._ask("predict", X)

    @_where_classifier_has("predict_proba")
    def predict_proba(self, X: Any) -> np.ndarray:
        """Class probabilities (n, k), in the order of `classes_`."""
        return self._ask("predict_proba", X)

    @_where_classifier_has("predict_log_proba")
    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Logarithms of the class probabilities (n, k)."""
        return self._ask("predict_log_proba", X)

    @_where_classifier_has("decision_function")
    def decision_function(self, X: Any) -> np.ndarray:
        """The classifier's own score of each row: (n,) of two classes, else as it gives them."""
        return self._ask("decision_function", X)

    def _ask(self, method: str, X: Any) -> np.ndarray:
        check_is_fitted(self)
        table = self._read_features(
            X, missing=get_tags(self.classifier_).input_tags.allow_nan, reset=False
        )
        answer: np.ndarray = getattr(self.classifier_, method)(
            self._shown(self._reading.conform(table))
        )
        return answer

    def _shown(self, table: pd.DataFrame) -> Any:
        """The features as the classifier sees them, the same in `fit` and `predict`."""
        if self._mixed:
            from synthkit.comparison.classifiers import plain

            return plain(table, self._reading)
        if not self._frame:
            return np.ascontiguousarray(table.to_numpy())
        return table.set_axis([self._labels[name] for name in table.columns], axis=1)

    def _template(self) -> Any:
        """The classifier that `fit` will fit, unfitted."""
        if self.classifier is None:
            from sklearn.ensemble import HistGradientBoostingClassifier

            return HistGradientBoostingClassifier(early_stopping=False)
        if isinstance(self.classifier, type) or not hasattr(self.classifier, "fit"):
            raise ConfigError(
                "classifier must be a scikit-learn classifier such as LogisticRegression(), however it is"
                f" {self.classifier!r}.",
                key="classifier",
            )
        return clone(self.classifier)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "classifier_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        try:
            inner = get_tags(self._template())
        except (
            ConfigError,
            AttributeError,
            TypeError,
        ):  # an invalid classifier is refused in `fit`
            return tags
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        tags.input_tags.positive_only = inner.input_tags.positive_only
        tags.non_deterministic = inner.non_deterministic
        if inner.classifier_tags is not None:
            tags.classifier_tags.poor_score = inner.classifier_tags.poor_score
            tags.classifier_tags.multi_class = inner.classifier_tags.multi_class
        return tags


def _set_seeds(classifier: Any, seed: int) -> None:
    """Give every `random_state` that is None a seed of its own."""
    unset = [
        name
        for name, value in classifier.get_params().items()
        if value is None and (name == "random_state" or name.endswith("__random_state"))
    ]
    classifier.set_params(**{name: integer_seed(generator(seed, name)) for name in unset})


def _numbers_only(schema: Schema, table: pd.DataFrame) -> bool:
    return all(c.kind in NUMBERS for c in schema.columns) and all(
        map(pd.api.types.is_numeric_dtype, table.dtypes)
    )


def _lenient(schema: Schema, table: pd.DataFrame) -> Schema:
    """The schema to read new rows by: a number that training had as 0, 1 or whole may be any number."""
    return dataclasses.replace(
        schema,
        columns=tuple(
            dataclasses.replace(c, kind=Kind.NUMERIC)
            if c.kind in NUMBERS and not pd.api.types.is_bool_dtype(table[c.name].dtype)
            else c
            for c in schema.columns
        ),
    )


def _tabular(classifier: Any, seed: int) -> Any:
    """The classifier behind skrub's vectoriser, with imputation and scaling where it needs them."""
    import skrub

    # skrub encodes long columns of categories by a random projection, which needs a seed of its own.
    return skrub.tabular_pipeline(classifier).set_params(
        tablevectorizer__high_cardinality=skrub.StringEncoder(random_state=seed)
    )


def _fit(classifier: Any, X: Any, y: np.ndarray, weight: np.ndarray) -> Any:
    """Fit, with weights only where they say something: many classifiers take none."""
    if (weight == 1.0).all():
        return classifier.fit(X, y)
    name = _weight_parameter(classifier)
    if name is None:
        raise ConfigError(
            f"{type(classifier).__name__} takes no sample_weight, however the strategy or the caller"
            " weighs rows or softens labels. Take a classifier that takes sample_weight, or a strategy"
            " that adds or removes rows.",
            key="classifier",
        )
    # A pipeline under metadata routing would ask every step whether it wants the weights: they are the last one's.
    with config_context(enable_metadata_routing=False):
        return classifier.fit(X, y, **{name: weight})


def _weight_parameter(classifier: Any) -> str | None:
    """What the classifier's `fit` calls sample weights; None where it takes none."""
    if hasattr(classifier, "steps"):
        step, last = classifier.steps[-1]
        inner = _weight_parameter(last)
        return f"{step}__{inner}" if inner else None
    kinds = {p.kind for p in signature(classifier.fit).parameters.values()}
    passes_on = Parameter.VAR_KEYWORD in kinds  # searches and ensembles hand them to what they hold
    return "sample_weight" if passes_on or has_fit_parameter(classifier, "sample_weight") else None
