"""What the classifier and the sampler share: a strategy's parameters, and tables out of X and y."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, validate_data

from synthkit.errors import ConfigError, DataError, nearest
from synthkit.randomness import generator
from synthkit.strategies import STRATEGIES
from synthkit.table.schema import IGNORED, Column, Kind, Schema
from synthkit.table.training_set import TrainingSet

# What the dtype of a bare array says about all of its columns.
KIND_OF_ARRAY = {"b": Kind.BOOLEAN, "i": Kind.INTEGER, "u": Kind.INTEGER, "f": Kind.NUMERIC}


class StrategyEstimator(BaseEstimator):
    """What both estimators share: the strategy's parameters, and tables out of what sklearn calls X and y."""

    strategy: Any
    schema: Any
    random_state: Any

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

        Raises: ConfigError for a parameter that the strategy does not have, or a value out of range.
        """
        prefix = "strategy__"
        super().set_params(**{k: v for k, v in params.items() if not k.startswith(prefix)})
        inner = {k.removeprefix(prefix): v for k, v in params.items() if k.startswith(prefix)}
        if inner:
            self.strategy = _changed(STRATEGIES.build(self.strategy), inner)
        return self

    def _augment(self, train: TrainingSet, seed: int) -> TrainingSet:
        augmented: TrainingSet = STRATEGIES.build(self.strategy)(train, generator(seed, "strategy"))
        return augmented

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
                    f"Found array with 0 sample(s) (shape={X.shape}) while a minimum of 1 is required."
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

    #: Whether keys and text among a frame's columns are left out. What returns rows needs every column.
    _leaves_out = False

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
            # An array has one dtype, which says what all its columns are; a frame's columns speak for themselves.
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
                "At least one column to learn from is needed, however each is a key or free text. Say what"
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
    """All parameters of a strategy, `strategy__strategies__0__ratio` for the first part of a chain."""
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
                f"{_name_of(method)} has no parameter {name!r}.{nearest(name, list(_parts(method)))}",
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
