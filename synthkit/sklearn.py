"""Strategies for people who live in scikit-learn and imbalanced-learn.

`AugmentedClassifier` augments inside `fit` and nowhere else, so no cross-validation, search or
pipeline around it can leak. `as_sampler` gives a strategy to imbalanced-learn's pipelines.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from inspect import Parameter, signature
from typing import Any, Self, TypeVar

import numpy as np
import pandas as pd
from sklearn import config_context
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    MetaEstimatorMixin,
    OneToOneFeatureMixin,
    clone,
)
from sklearn.utils import check_random_state, get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    check_consistent_length,
    check_is_fitted,
    has_fit_parameter,
    validate_data,
)

from synthkit.errors import ConfigError, DataError, nearest
from synthkit.randomness import generator, integer_seed
from synthkit.strategies import STRATEGIES
from synthkit.table.schema import IGNORED, Column, Kind, Schema
from synthkit.table.training_set import TrainingSet

# What the dtype of a bare array says about all of its columns.
KIND_OF_ARRAY = {"b": Kind.BOOLEAN, "i": Kind.INTEGER, "u": Kind.INTEGER, "f": Kind.NUMERIC}
# Kinds that every classifier takes as they are.
NUMBERS = (Kind.NUMERIC, Kind.INTEGER, Kind.BOOLEAN)

F = TypeVar("F", bound=Callable[..., Any])


class StrategyEstimator(BaseEstimator):
    """What both estimators share: the strategy's parameters, and tables out of what sklearn calls X
    and y.
    """

    strategy: Any
    schema: Any
    random_state: Any
    #: Whether keys and text among a frame's columns are left out. What returns rows needs every
    # column.
    _leaves_out = False

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """All parameters; with `deep`, the strategy's own as `strategy__ratio` and so on."""
        parameters: dict[str, Any] = super().get_params(deep=deep)
        if deep:
            with suppress(
                ConfigError
            ):  # said in `fit`: scikit-learn sets and shows parameters before they are valid
                parameters |= _nested("strategy", STRATEGIES.build(self.strategy))
        return parameters

    def set_params(self, **params: Any) -> Self:
        """Set parameters, also those of the strategy (`strategy__k_neighbors=3`).

        Raises: ConfigError for a parameter that the strategy does not have, or a value out of
        range.
        """
        prefix = "strategy__"
        own = {key: value for key, value in params.items() if not key.startswith(prefix)}
        super().set_params(**own)
        inner = {key.removeprefix(prefix): params[key] for key in params.keys() - own.keys()}
        if inner:
            self.strategy = _changed(STRATEGIES.build(self.strategy), inner)
        return self

    def _augment(self, train: TrainingSet, seed: int) -> TrainingSet:
        return STRATEGIES.build(self.strategy)(train, generator(seed, "strategy"))

    def _read_fit(self, X: Any, y: Any, *, missing: bool) -> tuple[pd.DataFrame, np.ndarray]:
        """Features (n, d) and labels (n,) of training data, as scikit-learn checks them."""
        y = validate_data(self, y=y)  # before X, which sets the names and the number of features
        check_classification_targets(y)
        table = self._read_features(X, missing=missing, reset=True)
        check_consistent_length(table, y)
        return table, y

    def _read_features(self, X: Any, *, missing: bool, reset: bool) -> pd.DataFrame:
        """Features (n, d) with text as column names and index 0..n-1.

        `missing` says whether a bare array may hold NaN; `reset` whether this is training data.
        """
        frame = isinstance(X, pd.DataFrame)
        if reset:
            self._frame = frame  # whether the training data came with columns of their own
        if frame and self._frame:
            validate_data(self, X, reset=reset, skip_check_array=True)
            table = X.set_axis([str(name) for name in X.columns], axis=1).reset_index(drop=True)
            if len(table) == 0:
                raise DataError(
                    f"Found array with 0 sample(s) (shape={X.shape}) while a minimum of 1 is"
                    f" required."
                )
            if reset:
                self._labels = dict(zip(table.columns, X.columns, strict=True))
        elif (
            self._frame
        ):  # fitted on a frame, asked about an array: the columns are those, in that order
            validate_data(self, X, reset=False, skip_check_array=True)
            table = pd.DataFrame(np.asarray(X), columns=list(self._labels)).infer_objects()
        else:
            array = validate_data(
                self, X, reset=reset, ensure_all_finite="allow-nan" if missing else True
            )
            table = pd.DataFrame(array, columns=[f"x{i}" for i in range(array.shape[1])])
        return table

    def _say_left_out(self, columns: list[Column]) -> None:
        if columns:
            told = "; ".join(f"{c.name!r} is {c.kind.value} ({c.why})" for c in columns)
            warnings.warn(
                f"Not learned from: {told}. Drop the columns, or say what they are with"
                " schema={column: kind}.",
                UserWarning,
                stacklevel=4,
            )

    def _read_schema(
        self,
        table: pd.DataFrame,
        y: Any,
        classes: np.ndarray,
        counts: np.ndarray,
        kinds: Mapping[str, Kind] | None = None,
    ) -> Schema:
        """The features' kinds, and the target with its classes."""
        if len(classes) < 2:
            raise DataError(
                f"At least two classes are needed to learn from, however there is only one class:"
                f" {classes.tolist()}. Give rows of another class."
            )
        given = self.schema if self.schema is not None else {}
        if isinstance(given, Schema):
            columns = tuple(given[str(name)] for name in table.columns)
        elif isinstance(given, Mapping):
            # An array has one dtype, which says what all its columns are; a frame's columns speak
            # for themselves.
            kind = None if self._frame else KIND_OF_ARRAY.get(table.dtypes.iloc[0].kind)
            known = dict.fromkeys(table, kind) if kind else {}
            everything = not (self._frame and self._leaves_out)
            columns = Schema.detect(
                table, kinds={**known, **(kinds or {}), **given}, learn_from_all=everything
            ).columns
            self._say_left_out([c for c in columns if c.kind in IGNORED and c.name not in given])
        else:
            raise ConfigError(
                "schema must be a Schema or a mapping from column to kind, however it is"
                f" {given!r}.",
                key="schema",
            )
        if all(c.kind in IGNORED for c in columns):
            raise DataError(
                "At least one column to learn from is needed, however each is a key or free text."
                " Say what"
                " they are with schema={column: kind}."
            )
        target = str(getattr(y, "name", None) or "target")
        while target in table.columns:
            target += "_"
        labels = tuple(classes.tolist())
        positive = (
            given.positive if isinstance(given, Schema) and given.positive in labels else None
        )
        if positive is None:  # of equally rare classes the last, as `Schema.detect` decides
            positive = labels[len(counts) - 1 - int(np.argmin(counts[::-1]))]
        return Schema(
            (*columns, Column(target, Kind.CATEGORICAL, "the target")), target, labels, positive
        )


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
    text are left out with a warning, since a synthetic row's key gives it away; of a bare array,
    its dtype decides for all columns at once (float: numeric, int: integer, bool: boolean). A frame
    of numbers reaches the classifier as it is; a mixed one goes through `skrub.tabular_pipeline`,
    unless the classifier is a Pipeline itself.

    Parameters
    ----------
    classifier : scikit-learn classifier or None, default None
        None means `HistGradientBoostingClassifier` without early stopping, which would judge itself
        on synthetic rows.
    strategy : strategy, text or mapping, default "none"
        A strategy, a registered name, or a mapping with `name` and parameters. Its own parameters
        are `strategy__ratio` and so on in `set_params` and searches.
    schema : Schema, mapping or None, default None
        A schema, or a mapping from column to kind, where detection is not right.
    random_state : int, RandomState or None, default None
        Drives the strategy, and every `random_state` of the classifier that is None, unless this is
        None too.

    Attributes
    ----------
    classifier_ : the fitted classifier
    schema_ : Schema
    classes_ : array (k,)
    n_features_in_, feature_names_in_ : as in scikit-learn; the names (d,) where X had some

    Raises
    ------
    DataError
        In `fit`, for a table that cannot be learned from.
    ConfigError
        In `fit`, for an unknown strategy, or for weights or soft labels where the classifier's
        `fit` takes no `sample_weight`.

    Examples
    --------
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
        weights multiplies it. A row of weight 0 counts as absent; otherwise a strategy's `ratio`
        counts rows, not weights, as imbalanced-learn's samplers do.
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
                f"Every class needs at least one training row, however the strategy"
                f" {self.strategy!r} left"
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
                "classifier must be a scikit-learn classifier such as LogisticRegression(),"
                " however it is"
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
    """The schema to read new rows by: a number that training had as 0, 1 or whole may be any
    number.
    """
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

    # skrub encodes long columns of categories by a random projection, which needs a seed of its
    # own.
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
            f"{type(classifier).__name__} takes no sample_weight, however the strategy or the"
            f" caller"
            " weighs rows or softens labels. Take a classifier that takes sample_weight, or a"
            " strategy"
            " that adds or removes rows.",
            key="classifier",
        )
    # A pipeline under metadata routing would ask every step whether it wants the weights: they are
    # the last one's.
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


class StrategySampler(OneToOneFeatureMixin, StrategyEstimator):
    """A strategy as an imbalanced-learn sampler: `fit_resample` gives the rows to learn from.

    The columns come back with the names, order and dtypes that they had. Rows added carry weight 1
    and a certain label; a strategy that weighs rows or softens labels says more than X and y can
    hold and is refused.

    Parameters
    ----------
    strategy, schema, random_state
        Those of `AugmentedClassifier`; the strategy is "random_oversampling" by default.

    Attributes
    ----------
    origin_ : array (n_out,)
        After `fit_resample`: the position in X of the row that each row IS, cell for cell; -1 =
        synthetic.
    sample_indices_ : array (n_out,)
        The same, only there where no row is synthetic.
    sampling_strategy_ : dict
        Rows by class, as they are in the result.
    n_features_in_, feature_names_in_, schema_ : as in `AugmentedClassifier`

    Raises
    ------
    DataError
        In `fit_resample`, for a table that cannot be learned from.
    ConfigError
        In `fit_resample`, for an unknown strategy, for one that changes weights or softens labels,
        and for a schema that leaves columns out.

    Examples
    --------
    >>> sampler = as_sampler("random_oversampling", random_state=0)
    >>> sampler.fit_resample([[0.0], [1.0], [9.0]], [0, 0, 1])
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
                " AugmentedClassifier(classifier, strategy), which carries both into the"
                " classifier."
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
        # Text that holds numbers or dates stays text: what comes out must have the dtypes that went
        # in.
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
                f" {self.schema_.ignored[0].name!r} out. Take it out of X, or use"
                f" AugmentedClassifier."
            )
        for name in changed:
            if self.schema_[name].kind is not Kind.CATEGORICAL:
                raise ConfigError(
                    f"A sampler gives back the dtypes that it got, however the schema makes"
                    f" {self.schema_[name].kind} of {name!r}, which is {table[name].dtype}."
                    f" Convert the"
                    " column in X, or use AugmentedClassifier.",
                    key="schema",
                )
        if hasattr(self, "origin_"):
            del self.origin_  # of an earlier resampling
        return table, codes

    @property
    def sample_indices_(self) -> np.ndarray:
        """Positions in X of the rows that came back (n_out,); absent where one of them is
        synthetic.
        """
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

    Parameters
    ----------
    strategy : strategy, text or mapping
        A strategy, a registered name, or a mapping with `name` and parameters.
    schema : Schema, mapping or None, default None
        A schema, or a mapping from column to kind, where detection is not right.
    random_state : int, RandomState or None, default None
        Drives the strategy.

    Returns
    -------
    StrategySampler
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


def draw_seed(random_state: Any) -> int:
    """An integer seed of what scikit-learn calls `random_state`."""
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))


def _parts(method: Any) -> dict[str, Any]:
    """What a strategy is made of: its parameters, or a sequence's items by position."""
    if dataclasses.is_dataclass(method) and not isinstance(method, type):
        return {f.name: getattr(method, f.name) for f in dataclasses.fields(method) if f.init}
    if isinstance(method, tuple) and any(map(dataclasses.is_dataclass, method)):
        return {str(i): item for i, item in enumerate(method)}
    return {}


def _nested(prefix: str, method: Any) -> dict[str, Any]:
    """All parameters of a strategy, `strategy__strategies__0__ratio` for the first part of a
    chain.
    """
    nested = {}
    for name, value in _parts(method).items():
        nested[f"{prefix}__{name}"] = value
        nested |= _nested(f"{prefix}__{name}", value)
    return nested


def _changed(method: Any, changes: Mapping[str, Any]) -> Any:
    """The strategy with other parameters: {"ratio": 0.5}, {"strategies__0__ratio": 0.5}."""
    whole: dict[str, Any] = {}
    inside: dict[str, dict[str, Any]] = {}
    for path, value in changes.items():
        name, _, rest = path.partition("__")
        if name not in _parts(method):
            raise ConfigError(
                f"{_name_of(method)} has no parameter"
                f" {name!r}.{nearest(name, list(_parts(method)))}",
                key=name,
            )
        if rest:
            inside.setdefault(name, {})[rest] = value
        else:
            whole[name] = value
    method = _with(
        method, whole
    )  # first: a part that is replaced by a name must be built before it is changed
    parts = _parts(method)
    return _with(method, {name: _changed(parts[name], inner) for name, inner in inside.items()})


def _with(method: Any, new: Mapping[str, Any]) -> Any:
    if isinstance(method, tuple):
        return tuple({**_parts(method), **new}.values())
    return dataclasses.replace(method, **new)


def _name_of(method: Any) -> str:
    return STRATEGIES.name_of(method) if dataclasses.is_dataclass(method) else repr(method)
