"""The augmented classifier never leaks, is the bare classifier where nothing is augmented, and reads any table."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from pandas.testing import assert_frame_equal, assert_series_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.utils import estimator_html_repr

from synthkit.errors import ConfigError, DataError
from synthkit.sklearn import AugmentedClassifier, StrategySampler, as_sampler
from synthkit.strategies import (
    STRATEGIES,
    Chain,
    ClassWeights,
    RandomOversampling,
    RandomUndersampling,
)
from synthkit.table.schema import Kind, Schema
from synthkit.table.training_set import TrainingSet, one_hot

# The mixed tables hold a key and free text; that leaving them out is said is tested by itself.
pytestmark = pytest.mark.filterwarnings("ignore:Not learned from")


@dataclass(frozen=True)
class Spy:
    """Notes what it was given and adds rows far outside it, so that each of them would be known again."""

    seen: list[pd.DataFrame] = field(default_factory=list, compare=False)

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        self.seen.append(train.X)
        return train.append(train.X + 1e6, train.y)

    def __deepcopy__(self, memo: dict[int, Any]) -> Spy:
        return self  # clones of the estimator report to the same list


@dataclass(frozen=True)
class Soften:
    """Every label 3/4 certain, the rest spread evenly."""

    certain: float = 0.75

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        y = self.certain * train.y + (1 - self.certain) / train.y.shape[1]
        return TrainingSet(train.X, y, train.weight, train.origin, train.schema)


class Watched(LogisticRegression):
    """Notes the rows that it was fitted on and asked about."""

    fitted: list[np.ndarray] = []  # noqa: RUF012 - clones share it on purpose
    asked: list[np.ndarray] = []  # noqa: RUF012

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Watched:
        Watched.fitted.append(np.asarray(X))
        return super().fit(X, y, sample_weight)

    def predict(self, X: Any) -> np.ndarray:
        Watched.asked.append(np.asarray(X))
        return super().predict(X)


# ------------------------------------------------------------------------------------------------ leaks


def test_cross_validation_shows_the_strategy_training_rows_only_and_scores_real_rows_only(
    numbers: Any,
) -> None:
    X, y = numbers
    spy, number_of = Spy(), {row.tobytes(): i for i, row in enumerate(X)}
    Watched.fitted.clear()
    Watched.asked.clear()
    cross_val_score(AugmentedClassifier(Watched(), spy), X, y, cv=4)

    assert len(spy.seen) == len(Watched.fitted) == len(Watched.asked) == 4
    for seen, fitted, asked in zip(spy.seen, Watched.fitted, Watched.asked, strict=True):
        train = {number_of[row.tobytes()] for row in seen.to_numpy()}
        test = {
            number_of[row.tobytes()] for row in asked
        }  # a KeyError here is a synthetic row in a score
        assert not train & test
        assert train | test == set(range(len(X)))
        assert len(fitted) == 2 * len(train)  # the synthetic rows did reach the classifier


# ----------------------------------------------------------------------------------------- equalities


@pytest.mark.parametrize(
    "classifier",
    [
        LogisticRegression(),
        RandomForestClassifier(5, random_state=0),
        SVC(),
        make_pipeline(StandardScaler(), KNeighborsClassifier()),
    ],
)
@pytest.mark.parametrize("framed", [False, True])
@pytest.mark.parametrize("names", [["no", "yes"], [False, True], [3, 7]])
def test_without_augmentation_it_is_the_classifier(
    numbers: Any, classifier: Any, framed: bool, names: Any
) -> None:
    X, y = numbers
    X, y = (pd.DataFrame(X, columns=list("abcd")) if framed else X), np.array(names)[y]
    ours, theirs = AugmentedClassifier(classifier).fit(X, y), clone(classifier).fit(X, y)
    assert_array_equal(ours.classes_, theirs.classes_)
    assert_array_equal(ours.predict(X), theirs.predict(X))
    for method in ("predict_proba", "predict_log_proba", "decision_function"):
        assert hasattr(ours, method) == hasattr(theirs, method)
        if hasattr(theirs, method):
            with np.errstate(divide="ignore"):  # the forest's log of probability 0
                # A frame's memory may lie in another order, and BLAS then rounds the last bit otherwise.
                assert_allclose(
                    getattr(ours, method)(X),
                    getattr(theirs, method)(X),
                    rtol=1e-12 if framed else 0,
                )


def test_class_weights_are_scikit_learns_balanced(numbers: Any) -> None:
    X, y = numbers
    ours = AugmentedClassifier(LogisticRegression(), "class_weights").fit(X, y)
    assert_allclose(
        ours.predict_proba(X),
        LogisticRegression(class_weight="balanced").fit(X, y).predict_proba(X),
        rtol=1e-4,
    )


def test_soft_labels_reach_the_classifier_as_weights(numbers: Any) -> None:
    X, y = numbers
    ours = AugmentedClassifier(LogisticRegression(), Soften(0.75)).fit(X, y)
    twice, weight = np.concatenate([X, X]), np.repeat([0.875, 0.125], len(X))
    theirs = LogisticRegression().fit(twice, np.concatenate([y, 1 - y]), weight)
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-3)


def test_the_callers_weights_and_the_strategys_multiply(numbers: Any) -> None:
    X, y = numbers
    weight = np.random.default_rng(0).uniform(0.5, 2, len(X))
    ours = AugmentedClassifier(LogisticRegression(), "class_weights").fit(
        X, y, sample_weight=weight
    )
    both = (
        weight * (weight.sum() / (2 * np.bincount(y, weights=weight)))[y]
    )  # balanced by weight, not by rows
    theirs = LogisticRegression().fit(X, y, both * (weight.sum() / both.sum()))
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-3)


def test_a_row_of_weight_zero_is_absent(numbers: Any) -> None:
    X, y = numbers
    keep = np.arange(len(X)) % 3 > 0
    model = AugmentedClassifier(LogisticRegression(), "random_oversampling", random_state=0)
    assert_array_equal(
        clone(model).fit(X, y, sample_weight=keep).predict_proba(X),
        clone(model).fit(X[keep], y[keep]).predict_proba(X),
    )


# ------------------------------------------------------------------------------------ scikit-learn's tools


def test_a_clone_a_pickle_and_a_second_fit_give_the_same(numbers: Any) -> None:
    X, y = numbers
    model = AugmentedClassifier(RandomForestClassifier(5), "random_oversampling", random_state=3)
    first = model.fit(X, y).predict_proba(X)
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict_proba(X), first)
    assert_array_equal(clone(model).fit(X, y).predict_proba(X), first)
    assert_array_equal(model.fit(X, y).predict_proba(X), first)
    assert (model.set_params(random_state=4).fit(X, y).predict_proba(X) != first).any()
    assert model.classifier.random_state is None  # the caller's own estimator is as it was


def test_a_search_reaches_the_strategy_and_its_parameters(numbers: Any) -> None:
    X, y = numbers
    grid = [
        {"strategy": ["none", RandomOversampling(0.5), {"name": "random_undersampling"}]},
        {
            "strategy": ["random_oversampling"],
            "strategy__ratio": [0.3, 1.0],
            "classifier__C": [0.1, 1.0],
        },
    ]
    search = GridSearchCV(
        AugmentedClassifier(LogisticRegression(), random_state=0),
        grid,
        cv=3,
        scoring="average_precision",
        error_score="raise",
    ).fit(X, y)
    assert len(search.cv_results_["params"]) == 7
    assert search.predict_proba(X).shape == (200, 2)


def test_parameters_of_a_strategy_are_parameters_of_the_estimator() -> None:
    chain = Chain([RandomOversampling(0.5), RandomUndersampling()])
    model = AugmentedClassifier(strategy=chain)
    assert model.get_params()["strategy__strategies__0__ratio"] == 0.5
    model.set_params(strategy__strategies__0__ratio=0.25, random_state=1)
    assert model.strategy == Chain([RandomOversampling(0.25), RandomUndersampling()])
    assert chain == Chain([RandomOversampling(0.5), RandomUndersampling()])
    assert model.set_params(strategy="class_weights", strategy__ratio=0.5).strategy == ClassWeights(
        0.5
    )
    assert clone(model).get_params() == model.get_params()
    model.set_params(
        strategy="top_up", strategy__synthesizer="noise", strategy__synthesizer__scale=0.5
    )
    assert model.strategy == STRATEGIES.build(
        {"name": "top_up", "synthesizer": {"name": "noise", "scale": 0.5}}
    )
    model.set_params(strategy="class_weights")
    with pytest.raises(
        ConfigError, match=r"class_weights has no parameter 'ration'. Did you mean 'ratio'\?"
    ):
        model.set_params(strategy__ration=0.5)
    with pytest.raises(ConfigError, match="ratio must be"):
        model.set_params(strategy__ratio=2)
    assert "strategy__ratio" in estimator_html_repr(model)


def test_inside_a_pipeline_and_around_one(numbers: Any) -> None:
    X, y = numbers
    inside = make_pipeline(
        StandardScaler(), AugmentedClassifier(LogisticRegression(), "class_weights")
    )
    around = AugmentedClassifier(
        make_pipeline(StandardScaler(), LogisticRegression()), "class_weights"
    )
    assert_allclose(inside.fit(X, y).predict_proba(X), around.fit(X, y).predict_proba(X), rtol=1e-6)
    with config_context(enable_metadata_routing=True):
        assert_array_equal(clone(around).fit(X, y).predict_proba(X), around.predict_proba(X))


def test_sample_weight_is_routed_where_it_was_asked_for(numbers: Any) -> None:
    X, y = numbers
    weight = np.random.default_rng(1).uniform(size=len(X))
    with config_context(enable_metadata_routing=True):
        model = AugmentedClassifier(LogisticRegression()).set_fit_request(sample_weight=True)
        model = model.set_score_request(sample_weight=True)
        search = GridSearchCV(model, {"classifier__C": [1.0]}, cv=2).fit(X, y, sample_weight=weight)
    assert_allclose(
        search.predict_proba(X), LogisticRegression().fit(X, y, weight).predict_proba(X), rtol=1e-6
    )


# --------------------------------------------------------------------------------------- tables of all kinds


@pytest.mark.parametrize("classifier", [None, LogisticRegression(), KNeighborsClassifier()])
def test_a_mixed_table_with_missing_values_is_learned_from(mixed: Any, classifier: Any) -> None:
    X, y = mixed
    X = X.drop(columns=["id", "note"])
    model = AugmentedClassifier(classifier, "random_oversampling", random_state=0).fit(X, y)
    assert_array_equal(model.classes_, ["dispute", "fraud", "legit"])
    assert_array_equal(model.feature_names_in_, X.columns)
    assert model.n_features_in_ == X.shape[1]
    assert model.schema_.target == "outcome"
    # Row by row as all at once: nothing is read off the rows that are asked about.
    p = model.predict_proba(X)
    assert_allclose(
        np.concatenate([model.predict_proba(X.iloc[[i]]) for i in (0, 7, 30)]),
        p[[0, 7, 30]],
        rtol=1e-6,
    )
    assert model.score(X, y) > 0.6


def test_keys_and_text_are_left_out_and_that_is_said(mixed: Any) -> None:
    X, y = mixed
    with pytest.warns(UserWarning, match="Not learned from: 'id' is key"):
        found = AugmentedClassifier(random_state=0).fit(X, y)
    assert [c.name for c in found.schema_.ignored] == ["id", "note"]
    everything = AugmentedClassifier(schema={"id": "categorical", "note": "categorical"}).fit(X, y)
    assert everything.schema_.ignored == ()
    model = AugmentedClassifier(schema={"id": "key", "note": "text"}).fit(X, y)
    assert [c.name for c in model.schema_.ignored] == ["id", "note"]
    assert_array_equal(
        model.predict_proba(X), model.predict_proba(X.assign(id="other", note="other"))
    )
    given = AugmentedClassifier(
        schema=Schema.detect(X.assign(outcome=y), "outcome", positive="dispute")
    ).fit(X, y)
    assert given.schema_.positive == "dispute"
    assert_array_equal(given.predict_proba(X), model.predict_proba(X))


def test_values_that_training_did_not_hold_are_answered() -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"count": rng.integers(0, 2, 60), "city": rng.choice(["a", "b"], 60)})
    model = AugmentedClassifier().fit(X, rng.integers(0, 2, 60))
    new = pd.DataFrame({"count": [0.5, 7.0, np.nan], "city": ["c", None, "a"]})
    assert model.schema_["count"].kind is Kind.BOOLEAN
    assert model.predict_proba(new).shape == (3, 2)


def test_a_pipeline_gets_the_table_as_it_is(mixed: Any) -> None:
    X, y = mixed
    inner = make_pipeline(
        ColumnTransformer(
            [("device", OneHotEncoder(), ["device"]), ("x", "passthrough", ["items"])]
        ),
        LogisticRegression(),
    )
    assert_array_equal(
        AugmentedClassifier(inner).fit(X, y).predict_proba(X),
        clone(inner).fit(X, y).predict_proba(X),
    )


@pytest.mark.parametrize(
    ("dtype", "kind"), [("float32", Kind.NUMERIC), ("int64", Kind.INTEGER), ("bool", Kind.BOOLEAN)]
)
def test_the_dtype_of_an_array_says_what_its_columns_are(dtype: str, kind: Kind) -> None:
    X = (np.arange(24).reshape(12, 2) % 5 > 2).astype(dtype)
    model = AugmentedClassifier(Watched()).fit(X, np.arange(12) % 2)
    assert {c.kind for c in model.schema_.columns[:-1]} == {kind}
    assert Watched.fitted[-1].dtype == X.dtype


@pytest.mark.parametrize("dtype", ["Int64", "boolean", "category", "string", "object"])
def test_labels_of_any_type_come_back(numbers: Any, dtype: str) -> None:
    X, y = numbers
    values = {
        "string": ["n", "y"],
        "object": ["n", "y"],
        "category": ["n", "y"],
        "boolean": [False, True],
    }
    labels = pd.Series(np.array(values.get(dtype, [0, 1]))[y], name="x0").astype(dtype)
    model = AugmentedClassifier(LogisticRegression(), "random_oversampling", random_state=0).fit(
        X, labels
    )
    assert_array_equal(model.classes_, values.get(dtype, [0, 1]))
    assert (model.predict(X) == labels.to_numpy()).mean() > 0.7
    _, resampled = as_sampler("random_oversampling", random_state=0).fit_resample(X, labels)
    assert_series_equal(resampled[:200], labels)


def test_columns_without_text_names_and_an_index_of_its_own(numbers: Any) -> None:
    X, y = numbers
    frame = pd.DataFrame(X, columns=[10, 20, 30, 40], index=np.arange(200)[::-1])
    model = AugmentedClassifier(
        RandomForestClassifier(5), "random_oversampling", random_state=0
    ).fit(frame, y)
    assert not hasattr(model, "feature_names_in_")
    resampled, labels = as_sampler("random_oversampling").fit_resample(
        frame, pd.Series(y, index=frame.index)
    )
    assert list(resampled.columns) == [10, 20, 30, 40]
    assert_array_equal(resampled.index, labels.index)
    assert_array_equal(resampled[:200].to_numpy(), X)


@pytest.mark.real_data
@pytest.mark.parametrize("strategy", ["none", "class_weights", "random_oversampling"])
def test_titanic(real_data: Any, strategy: str) -> None:
    table = pd.read_csv(real_data / "titanic.csv.gz")
    X, y = table.drop(columns=["Survived", "PassengerId", "Name", "Ticket"]), table["Survived"]
    model = AugmentedClassifier(
        HistGradientBoostingClassifier(max_iter=30), strategy, random_state=0
    )
    assert cross_val_score(model, X, y, cv=3, scoring="roc_auc").min() > 0.8


# ------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize("strategy", ["class_weights", Soften()])
@pytest.mark.parametrize(
    "inner", [KNeighborsClassifier(), make_pipeline(StandardScaler(), KNeighborsClassifier())]
)
def test_weights_need_a_classifier_that_takes_them(numbers: Any, strategy: Any, inner: Any) -> None:
    with pytest.raises(
        ConfigError, match=r"KNeighborsClassifier takes no sample_weight|Pipeline takes no"
    ):
        AugmentedClassifier(inner, strategy).fit(*numbers)


@dataclass(frozen=True)
class DropLast:
    """Removes a class."""

    def __call__(self, train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        return train.take(train.codes != train.codes.max())


def test_bad_input_is_said_plainly(numbers: Any) -> None:
    X, y = numbers
    cases: list[tuple[Any, Any, Any, str]] = [
        (
            AugmentedClassifier(LogisticRegression),
            y,
            ConfigError,
            r"classifier such as LogisticRegression\(\)",
        ),
        (AugmentedClassifier(strategy="smotte"), y, ConfigError, "There is no strategy 'smotte'"),
        (
            AugmentedClassifier(strategy=ClassWeights),
            y,
            ConfigError,
            r"this is its class. Write ClassWeights\(\)",
        ),
        (AugmentedClassifier(strategy=DropLast()), y, DataError, "left none of class 1"),
        (AugmentedClassifier(schema=3), y, ConfigError, "schema must be a Schema or a mapping"),
        (
            AugmentedClassifier(schema={"x9": "numeric"}),
            y,
            ConfigError,
            "The schema names column 'x9'",
        ),
        (AugmentedClassifier(), np.where(y, np.nan, 0), ValueError, "Input y contains NaN"),
        (AugmentedClassifier(), X[:, 0], ValueError, "Unknown label type: continuous"),
        (AugmentedClassifier(), y * 0, DataError, "only one class"),
        (AugmentedClassifier(), y[1:], ValueError, "inconsistent numbers of samples"),
    ]
    for model, labels, error, message in cases:
        with pytest.raises(error, match=message):
            model.fit(X, labels)
    with pytest.raises(ValueError, match="feature names should match"):
        AugmentedClassifier().fit(pd.DataFrame(X), y).fit(
            pd.DataFrame(X, columns=list("abcd")), y
        ).predict(pd.DataFrame(X, columns=list("abcx")))
    with pytest.raises(ValueError, match=r"infinity|finite"):
        AugmentedClassifier().fit(pd.DataFrame({"a": [np.inf, 1.0]}), [0, 1])


def test_the_training_set_given_to_a_strategy_is_well_formed(mixed: Any) -> None:
    X, y = mixed
    given: list[TrainingSet] = []

    def note(train: TrainingSet, rng: np.random.Generator) -> TrainingSet:
        given.append(train)
        return train

    AugmentedClassifier(strategy=note).fit(X, y, sample_weight=np.arange(len(y)))
    [train] = given
    assert_frame_equal(
        train.X,
        train.schema.conform(X.assign(outcome=y))[list(train.schema.features)][1:].reset_index(
            drop=True
        ),
    )
    assert_array_equal(train.weight, np.arange(1, len(y)))
    assert_array_equal(train.y, one_hot(train.schema.encode_target(y)[1:], 3))
    assert train.schema.positive == Schema.detect(X[1:].assign(outcome=y[1:]), "outcome").positive
    assert isinstance(as_sampler(note), StrategySampler)
