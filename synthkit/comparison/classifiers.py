"""The classifiers that learn from each arm's training set; mixed columns enter through skrub."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import Field

from synthkit.errors import ConfigError
from synthkit.methods import Registry, method
from synthkit.table.schema import Kind, Schema

Trees = Annotated[int, Field(ge=1, description="Trees of the ensemble.")]
Rounds = Annotated[int, Field(ge=1, description="Trees that are added, one after the other.")]
Rate = Annotated[float, Field(gt=0, description="Share of each tree's correction that is kept.")]
Leaves = Annotated[int, Field(ge=2, description="Leaves of a tree at most.")]
Depth = Annotated[int, Field(ge=1, description="Splits between a tree's root and a leaf at most.")]


@method
class RandomForest:
    """scikit-learn's `RandomForestClassifier` (Breiman 2001)."""

    n_estimators: Trees = 100
    min_samples_leaf: Annotated[int, Field(ge=1, description="Rows of a leaf at least.")] = 1
    max_depth: Annotated[
        Depth | None,
        Field(description="Splits between root and leaf at most; None for any number."),
    ] = None

    def build(self, seed: int) -> Any:
        """The unfitted estimator."""
        from sklearn.ensemble import RandomForestClassifier

        return RandomForestClassifier(**asdict(self), random_state=seed, n_jobs=1)


@method
class GradientBoosting:
    """scikit-learn's `HistGradientBoostingClassifier` (after Ke et al. 2017), without early stopping.

    Early stopping would hold out training rows, synthetic ones among them, to judge itself by.
    """

    max_iter: Rounds = 100
    learning_rate: Rate = 0.1
    max_leaf_nodes: Leaves = 31

    def build(self, seed: int) -> Any:
        """The unfitted estimator."""
        from sklearn.ensemble import HistGradientBoostingClassifier

        return HistGradientBoostingClassifier(
            **asdict(self), random_state=seed, early_stopping=False
        )


@method
class LogisticRegression:
    """scikit-learn's `LogisticRegression` on scaled columns with missing values imputed."""

    C: Annotated[float, Field(gt=0, description="Inverse strength of the penalty.")] = 1.0
    max_iter: Annotated[int, Field(ge=1, description="Iterations of the solver at most.")] = 1000

    def build(self, seed: int) -> Any:
        """The unfitted estimator."""
        from sklearn.linear_model import LogisticRegression as Estimator

        return Estimator(**asdict(self), random_state=seed)


@method
class LightGBM:
    """`lightgbm.LGBMClassifier`, when LightGBM is installed (Ke et al. 2017)."""

    n_estimators: Rounds = 100
    learning_rate: Rate = 0.1
    num_leaves: Leaves = 31

    def build(self, seed: int) -> Any:
        """The unfitted estimator."""
        lightgbm = _optional("lightgbm")
        return lightgbm.LGBMClassifier(
            **asdict(self),
            random_state=seed,
            n_jobs=1,
            verbose=-1,
            deterministic=True,
            force_row_wise=True,
        )


@method
class XGBoost:
    """`xgboost.XGBClassifier`, when XGBoost is installed (Chen & Guestrin 2016)."""

    n_estimators: Rounds = 100
    learning_rate: Rate = 0.3
    max_depth: Depth = 6

    def build(self, seed: int) -> Any:
        """The unfitted estimator."""
        return _optional("xgboost").XGBClassifier(
            **asdict(self), random_state=seed, n_jobs=1, verbosity=0
        )


@method
class CatBoost:
    """`catboost.CatBoostClassifier`, when CatBoost is installed (Prokhorenkova et al. 2018)."""

    iterations: Rounds = 300
    learning_rate: Annotated[
        Rate | None,
        Field(description="Share of each tree's correction; None leaves it to CatBoost."),
    ] = None
    depth: Depth = 6

    def build(self, seed: int) -> Any:
        """The unfitted estimator."""
        return _optional("catboost").CatBoostClassifier(
            **asdict(self),
            random_seed=seed,
            thread_count=1,
            verbose=False,
            allow_writing_files=False,
        )


#: Every classifier by the name that YAML, reports and the ledger use.
CLASSIFIERS = Registry(
    "classifier",
    "synthkit.classifiers",
    {
        "random_forest": RandomForest,
        "gradient_boosting": GradientBoosting,
        "logistic_regression": LogisticRegression,
        "lightgbm": LightGBM,
        "xgboost": XGBoost,
        "catboost": CatBoost,
    },
)


def _optional(package: str) -> Any:
    import importlib

    try:
        return importlib.import_module(package)
    except ImportError:
        raise ConfigError(
            f"The classifier needs the package {package}, however it is not installed."
            f" Install {package}, or take the classifier out of the comparison."
        ) from None


@dataclass
class FittedClassifier:
    """A classifier behind skrub's vectoriser; maps real rows to probabilities of all classes."""

    pipeline: Any
    schema: Schema
    codes: np.ndarray  # the class codes that training had, in the columns of predict_proba

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Class probabilities (n, k) of the rows; a class that training lacked gets 0."""
        p = np.zeros((len(X), len(self.schema.classes)))
        p[:, self.codes] = self.pipeline.predict_proba(plain(X, self.schema))
        return p


def fit_classifier(
    classifier: Any,
    X: pd.DataFrame,
    codes: np.ndarray,
    weight: np.ndarray,
    schema: Schema,
    seed: int,
) -> FittedClassifier:
    """Fit on hardened rows: features (n, d), class codes (n,), weights (n,)."""
    import skrub

    present, dense = np.unique(
        codes, return_inverse=True
    )  # some classifiers insist on classes 0..m-1
    estimator = classifier.build(seed)
    pipeline = skrub.tabular_pipeline(estimator)
    # skrub encodes long columns of categories by a random projection, which needs a seed of its own.
    pipeline.set_params(tablevectorizer__high_cardinality=skrub.StringEncoder(random_state=seed))
    weights = {} if (weight == 1.0).all() else {f"{pipeline.steps[-1][0]}__sample_weight": weight}
    pipeline.fit(plain(X, schema), dense, **weights)
    return FittedClassifier(pipeline, schema, present)


def plain(X: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """The features as skrub should see them: numbers as float, states as categories, times as they are.

    Without this, skrub would read codes made of digits as numbers.
    """
    data = {}
    for name in X.columns:
        kind, values = schema[name].kind, X[name]
        if kind is Kind.CATEGORICAL:
            text = values.astype(object).where(values.notna(), None)
            data[name] = text.map(str, na_action="ignore").astype("category")
        elif kind is Kind.DATETIME:
            data[name] = values
        else:
            data[name] = (
                values.astype("float64")
                if values.dtype.kind in "fiub"
                else values.astype("Float64").astype("float64")
            )
    return pd.DataFrame(data, index=X.index)
