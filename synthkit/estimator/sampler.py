"""A strategy as an imbalanced-learn sampler."""

from __future__ import annotations

import dataclasses
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import OneToOneFeatureMixin

from synthkit.errors import ConfigError
from synthkit.estimator.base import StrategyEstimator, draw_seed
from synthkit.table.schema import Kind
from synthkit.table.training_set import TrainingSet


class StrategySampler(OneToOneFeatureMixin, StrategyEstimator):
    """A strategy as an imbalanced-learn sampler: `fit_resample` gives the rows to learn from.

    The columns come back with the names, order and dtypes that they had. Rows added carry weight 1
    and a certain label; a strategy that weighs rows or softens labels says more than X and y can
    hold and is refused. Parameters are those of `AugmentedClassifier`.

    Attributes, after `fit_resample`:

    - `origin_` (n_out,): the position in X of the row that each row IS, cell for cell; -1 = synthetic.
    - `sample_indices_` (n_out,): the same, only there where no row is synthetic.
    - `sampling_strategy_`: rows by class, as they are in the result.
    - `n_features_in_`, `feature_names_in_`, `schema_`.

    Raises, in `fit_resample`: DataError for a table that cannot be learned from; ConfigError for an
    unknown strategy, for one that changes weights or softens labels, and for a schema that leaves
    columns out.

    >>> X, y = as_sampler("random_oversampling", random_state=0).fit_resample([[0.0], [1.0], [9.0]], [0, 0, 1])
    >>> X, y
    ([[0.0], [1.0], [9.0], [9.0]], [0, 0, 1, 1])
    """

    _estimator_type = "sampler"

    def __init__(
        self, strategy: Any = "random_oversampling", *, schema: Any = None, random_state: Any = None
    ) -> None:
        self.strategy = strategy
        self.schema = schema
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Check X and y and note the columns; use `fit_resample` to resample."""
        self._read(X, y)
        return self

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """The rows to learn from, X (n_out, d) and y (n_out,), each of the type that was given."""
        table, codes = self._read(X, y)
        out = self._augment(
            TrainingSet.from_codes(table, codes, self.schema_), draw_seed(self.random_state)
        )
        if (out.weight != 1.0).any() or (out.y.max(axis=1) != 1.0).any():
            what = "changes the rows' weights" if (out.weight != 1.0).any() else "softens labels"
            raise ConfigError(
                f"A sampler can say rows only, however the strategy {self.strategy!r} {what}. Use"
                " AugmentedClassifier(classifier, strategy), which carries both into the classifier."
            )
        self.origin_ = out.origin
        self.sampling_strategy_ = dict(zip(self.schema_.classes, out.counts.tolist(), strict=True))
        return _like(X, out.X), _like_labels(y, out.codes, self._classes)

    def _read(self, X: Any, y: Any) -> tuple[pd.DataFrame, np.ndarray]:
        """The table (n, d) and its class codes (n,); notes the schema."""
        from imblearn.utils import check_target_type

        labels, _ = check_target_type(
            y if not isinstance(y, list) else np.asarray(y), indicate_one_vs_all=True
        )
        table, labels = self._read_fit(X, labels, missing=True)
        self._classes, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
        self.schema_ = self._read_schema(table, y, self._classes, counts)
        # Text that holds numbers or dates stays text: what comes out must have the dtypes that went in.
        reading = dataclasses.replace(self.schema_.only(list(table.columns)), target=None)
        read = reading.conform(table)
        changed = {
            name: Kind.CATEGORICAL for name in table if read[name].dtype != table[name].dtype
        }
        if changed:
            self.schema_ = self._read_schema(table, y, self._classes, counts, changed)
        if self.schema_.ignored:
            raise ConfigError(
                f"A sampler must learn from every column, however the schema leaves"
                f" {self.schema_.ignored[0].name!r} out. Take it out of X, or use AugmentedClassifier."
            )
        for name in changed:
            if self.schema_[name].kind is not Kind.CATEGORICAL:
                raise ConfigError(
                    f"A sampler gives back the dtypes that it got, however the schema makes"
                    f" {self.schema_[name].kind} of {name!r}, which is {table[name].dtype}. Convert the"
                    " column in X, or use AugmentedClassifier.",
                    key="schema",
                )
        if hasattr(self, "origin_"):
            del self.origin_  # of an earlier resampling
        return table, codes

    @property
    def sample_indices_(self) -> np.ndarray:
        """Positions in X of the rows that came back (n_out,); absent where one of them is synthetic."""
        if not hasattr(self, "origin_") or (self.origin_ < 0).any():
            raise AttributeError(
                "sample_indices_ exists only after a resampling that made no synthetic row;"
                " origin_ marks those with -1"
            )
        return self.origin_

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "schema_")

    def __sklearn_tags__(self) -> Any:
        from imblearn.utils._tags import InputTags, SamplerTags, Tags

        tags = super().__sklearn_tags__()
        fields = {f.name: getattr(tags, f.name) for f in dataclasses.fields(tags)}
        inputs = {
            f.name: getattr(tags.input_tags, f.name) for f in dataclasses.fields(tags.input_tags)
        }
        tags = Tags(
            **fields, sampler_tags=SamplerTags(sample_indices=hasattr(self, "sample_indices_"))
        )
        tags.estimator_type = "sampler"
        tags.target_tags.required = True
        tags.input_tags = InputTags(**{**inputs, "allow_nan": True, "dataframe": True})
        return tags


def as_sampler(strategy: Any, *, schema: Any = None, random_state: Any = None) -> StrategySampler:
    """The strategy as an imbalanced-learn sampler, for `imblearn.pipeline.Pipeline`.

    `strategy` is a strategy, a registered name, or a mapping with `name` and parameters.
    """
    return StrategySampler(strategy, schema=schema, random_state=random_state)


def _like(given: Any, table: pd.DataFrame) -> Any:
    """The rows as the type that was given: a DataFrame, a list or an array."""
    if isinstance(given, pd.DataFrame):
        return table.set_axis(given.columns, axis=1)
    array = np.ascontiguousarray(table.to_numpy())
    return array.tolist() if isinstance(given, list) else array


def _like_labels(given: Any, codes: np.ndarray, classes: np.ndarray) -> Any:
    """The labels as the type that was given, one column per class included."""
    if isinstance(given, pd.Series):
        return pd.Series(classes[codes], name=given.name).astype(given.dtype)
    if isinstance(given, pd.DataFrame) and given.shape[1] == 1:
        return pd.DataFrame({given.columns[0]: classes[codes]}).astype(given.dtypes)
    array = np.asarray(given)
    if array.ndim == 2 and array.shape[1] > 1:
        labels = np.zeros((len(codes), array.shape[1]), dtype=array.dtype)
        labels[np.arange(len(codes)), classes[codes]] = 1
    else:
        labels = classes[codes]
    if isinstance(given, pd.DataFrame):
        return pd.DataFrame(labels, columns=given.columns)
    return labels.tolist() if isinstance(given, list) else labels
