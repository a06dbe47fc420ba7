"""A sampler gives rows of the types that it got, says where each came from, and refuses what rows cannot say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from imblearn.pipeline import Pipeline as SamplerPipeline
from numpy.testing import assert_array_equal
from pandas.testing import assert_frame_equal, assert_series_equal
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from synthkit.errors import ConfigError
from synthkit.sklearn import AugmentedClassifier, as_sampler
from synthkit.table.training_set import TrainingSet

# The mixed tables hold a key and free text; that leaving them out is said is tested by itself.
pytestmark = pytest.mark.filterwarnings("ignore:Not learned from")


def far_away(train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
    return train.append(train.X + 1e6, train.y)


def soften(train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
    return replace(train, y=0.75 * train.y + 0.25 / train.y.shape[1])


def test_a_sampler_gives_back_columns_and_dtypes(mixed: Any) -> None:
    X, y = mixed
    X = X.assign(
        digits=X["items"].astype(str), day="2024-01-01"
    )  # text that could be read as something else
    sampler = as_sampler("random_oversampling", random_state=0)
    X_out, y_out = sampler.fit_resample(X, y)
    assert_series_equal(X_out.dtypes, X.dtypes)
    assert_frame_equal(X_out, X.take(sampler.origin_).reset_index(drop=True))
    assert_series_equal(y_out, y.take(sampler.origin_).reset_index(drop=True))
    assert (
        y_out.value_counts().to_dict()
        == sampler.sampling_strategy_
        == dict.fromkeys(y.unique(), 90)
    )


def test_sample_indices_are_there_only_where_every_row_is_real(numbers: Any) -> None:
    X, y = numbers
    real, invented = as_sampler("random_undersampling"), as_sampler(far_away)
    X_out, _ = real.fit_resample(X, y)
    assert_array_equal(X[real.sample_indices_], X_out)
    invented.fit_resample(X, y)
    assert not hasattr(invented, "sample_indices_")
    assert_array_equal(invented.origin_ == -1, np.repeat([False, True], len(X)))
    assert not hasattr(invented.fit(X, y), "origin_")


@pytest.mark.parametrize(
    ("strategy", "what"),
    [("class_weights", "changes the rows' weights"), (soften, "softens labels")],
)
def test_a_sampler_refuses_what_x_and_y_cannot_say(numbers: Any, strategy: Any, what: str) -> None:
    with pytest.raises(ConfigError, match=rf"{what}. Use AugmentedClassifier"):
        as_sampler(strategy).fit_resample(*numbers)


def test_in_imbalanced_learns_pipeline_it_is_the_augmented_classifier(numbers: Any) -> None:
    X, y = numbers
    pipeline = SamplerPipeline(
        [
            ("scale", StandardScaler()),
            ("more", as_sampler("random_oversampling", random_state=0)),
            ("model", LogisticRegression()),
        ]
    )
    ours = make_pipeline(
        StandardScaler(),
        AugmentedClassifier(LogisticRegression(), "random_oversampling", random_state=0),
    )
    assert_array_equal(
        cross_val_predict(pipeline, X, y, cv=3, method="predict_proba"),
        cross_val_predict(ours, X, y, cv=3, method="predict_proba"),
    )
    search = GridSearchCV(
        pipeline, {"more__strategy__ratio": [0.5, 1.0]}, cv=2, error_score="raise"
    ).fit(X, y)
    assert search.best_estimator_["more"].strategy.ratio in (0.5, 1.0)


def test_a_sampler_needs_every_column(mixed: Any) -> None:
    with pytest.raises(ConfigError, match=r"'id' out. Take it out of X"):
        as_sampler("none", schema={"id": "key"}).fit_resample(*mixed)
    with pytest.raises(ConfigError, match=r"makes numeric of 'digits', which is object. Convert"):
        as_sampler("none", schema={"digits": "numeric"}).fit_resample(
            mixed[0].assign(digits="1"), mixed[1]
        )
