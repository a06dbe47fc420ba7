"""Folds: nothing in two parts, every class in every part, the same folds for the same seed; for every scheme."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthkit.errors import ConfigError, DataError
from synthkit.table.dataset import load
from synthkit.table.split import (
    SPLITS,
    EvaluationSet,
    Fold,
    Grouped,
    HoldOut,
    RepeatedStratifiedKFold,
    Scheme,
    Temporal,
    count_duplicates,
    parts,
    prove_disjoint,
)

#: Each scheme with parameters that suit `made`; those of a repeated kind repeat.
SCHEMES = {
    "stratified": RepeatedStratifiedKFold(repeats=2, folds=4),
    "hold_out": HoldOut(repeats=2),
    "grouped": Grouped("customer", repeats=2, folds=4),
    "temporal": Temporal("when", folds=3),
}


def made(rows=600, seed=0, classes=3):
    """Three classes of 80, 15 and 5 %, 120 customers, times with ties."""
    rng = np.random.default_rng(seed)
    customer = rng.integers(0, rows // 5, rows)
    label = rng.choice(
        ["no", "fraud", "dispute"][:classes],
        rows,
        p=np.array([0.8, 0.15, 0.05][:classes]) / sum([0.8, 0.15, 0.05][:classes]),
    )
    return load(
        pd.DataFrame(
            {
                "amount": rng.exponential(10, rows).round(3),
                "customer": [f"c{c}" for c in customer],
                "when": pd.Timestamp("2024-01-01")
                + pd.to_timedelta(rng.integers(0, 200, rows), unit="D"),
                "note": [f"payment for order {i}" for i in range(rows)],
                "label": label,
            }
        ),
        target="label",
        positive="fraud",
    )


def same(one, other):
    return all(
        np.array_equal(getattr(a, part), getattr(b, part))
        for a, b in zip(one, other, strict=True)
        for part in ("fit", "tune", "test")
    )


def test_every_scheme_is_tested_here():
    assert set(SCHEMES) == set(SPLITS)
    assert {name: type(scheme) for name, scheme in SCHEMES.items()} == dict(SPLITS)
    assert all(isinstance(scheme, Scheme) for scheme in SCHEMES.values())


# --- laws of every scheme ------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
def test_no_row_is_in_two_parts_and_each_part_has_every_class(scheme):
    dataset = made()
    for fold in scheme.split(dataset, 0):
        rows = np.concatenate([fold.fit, fold.tune, fold.test])
        assert len(set(rows.tolist())) == len(rows)
        for part in (fold.fit, fold.tune, fold.test):
            assert (np.diff(part) > 0).all()
            assert set(dataset.codes[part]) == {0, 1, 2}


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
def test_the_same_seed_gives_the_same_folds(scheme):
    np.random.seed(1)
    first = scheme.split(made(), 3)
    np.random.seed(2)
    assert same(first, scheme.split(made(), 3))
    if not isinstance(scheme, Temporal):
        assert not same(first, scheme.split(made(), 4))
        half = len(first) // 2
        assert not same(first[:half], first[half:])  # repeats differ


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
def test_without_a_tune_part_all_training_rows_are_learned_from(scheme):
    for with_tune, without in zip(
        scheme.split(made(), 0), replace(scheme, tune=0).split(made(), 0), strict=True
    ):
        assert len(without.tune) == 0
        assert np.array_equal(without.test, with_tune.test)
        assert np.array_equal(without.fit, np.union1d(with_tune.fit, with_tune.tune))


@pytest.mark.parametrize(
    ("scheme", "key", "value"),
    [
        (scheme, key, value)
        for key, value, schemes in [
            ("tune", 1.0, SCHEMES),
            ("tune", -0.1, SCHEMES),
            ("tune", "0.2", SCHEMES),
            ("repeats", 0, ("stratified", "hold_out", "grouped")),
            ("repeats", 1.5, ("stratified", "grouped")),
            ("folds", 1, ("stratified", "grouped")),
            ("folds", 0, ("temporal",)),
            ("test", 0, ("hold_out",)),
            ("test", 1, ("hold_out",)),
            ("seed", -1, ("hold_out",)),
        ]
        for scheme in schemes
    ],
)
def test_parameters_out_of_range_are_refused(scheme, key, value):
    with pytest.raises(ConfigError, match=key) as refused:
        replace(SCHEMES[scheme], **{key: value})
    assert refused.value.key == key


# --- stratified ----------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(
    st.integers(2, 6),
    st.lists(st.integers(6, 40), min_size=2, max_size=4),
    st.integers(0, 2**32),
    st.floats(0.05, 0.5),
)
def test_stratified_folds_test_each_row_once_and_share_out_the_classes(folds, counts, seed, tune):
    codes = np.repeat(np.arange(len(counts)), counts)
    dataset = load(pd.DataFrame({"x": np.arange(len(codes)) + 0.5, "label": codes}), target="label")
    found = RepeatedStratifiedKFold(repeats=2, folds=folds, tune=tune).split(dataset, seed)
    for repeat in range(2):
        of_repeat = [fold for fold in found if fold.repeat == repeat]
        assert np.array_equal(
            np.sort(np.concatenate([fold.test for fold in of_repeat])), np.arange(len(codes))
        )
        assert np.ptp([len(fold.test) for fold in of_repeat]) <= 1
        for code in range(len(counts)):
            assert np.ptp([(codes[fold.test] == code).sum() for fold in of_repeat]) <= 1
    for fold in found:
        assert len(fold.fit) + len(fold.tune) + len(fold.test) == len(codes)
        for code in range(len(counts)):
            aside, left = (codes[fold.tune] == code).sum(), (codes[fold.fit] == code).sum()
            assert aside == max(1, round(tune * (aside + left)))


def test_which_fold_a_row_falls_into_is_a_fair_draw():
    dataset = load(pd.DataFrame({"x": np.arange(10) + 0.5, "label": [0, 1] * 5}), target="label")
    scheme = RepeatedStratifiedKFold(repeats=400, folds=5, tune=0)
    times = np.zeros((10, 5))
    for fold in scheme.split(dataset, 0):
        times[fold.test, fold.fold] += 1
    assert np.abs(times - 80).max() < 4 * np.sqrt(400 * 0.2 * 0.8)


def test_too_few_rows_of_a_class_are_named_with_their_number():
    dataset = load(
        pd.DataFrame({"x": np.arange(30.0), "label": [1] * 3 + [0] * 27}),
        target="label",
        schema={"x": "numeric"},
    )
    with pytest.raises(
        DataError, match=r"5 folds every class needs at least 5 rows, however class 1 .* has 3"
    ):
        RepeatedStratifiedKFold().split(dataset, 0)
    assert RepeatedStratifiedKFold(folds=3).split(dataset, 0)
    # With two folds one training part has a single row of the class: none can be set aside.
    with pytest.raises(
        DataError, match=r"tune part of 0\.2 .* class 1 of 'label' has 1 in the training part"
    ):
        RepeatedStratifiedKFold(folds=2).split(dataset, 0)
    assert RepeatedStratifiedKFold(folds=2, tune=0).split(dataset, 0)


# --- hold-out ------------------------------------------------------------------------------------


def test_the_articles_split_is_scikit_learns():
    from sklearn.model_selection import train_test_split

    dataset = load("article_fraud")
    train, test = train_test_split(
        np.arange(5000), test_size=0.3, stratify=dataset.table["fraud"], random_state=42
    )
    first, second = HoldOut(test=0.3, tune=0, repeats=2, seed=42).split(dataset, 0)
    assert np.array_equal(first.fit, np.sort(train))
    assert np.array_equal(first.test, np.sort(test))
    assert (len(first.fit), dataset.codes[first.fit].sum()) == (3500, 175)
    assert (len(first.test), dataset.codes[first.test].sum()) == (1500, 75)
    assert same([first], [second])  # a seed of its own: every repeat has the same split


def test_a_seeded_hold_out_does_not_depend_on_the_experiments_seed():
    assert same(
        HoldOut(seed=7, repeats=2).split(made(), 0), HoldOut(seed=7, repeats=2).split(made(), 1)
    )


def test_a_hold_out_sets_the_asked_shares_aside():
    dataset = made()
    [fold] = HoldOut(test=0.25, tune=0.2).split(dataset, 0)
    assert len(fold.test) == 150
    assert len(fold.tune) == pytest.approx(90, abs=1.5)  # rounded class by class
    assert len(fold.fit) == 450 - len(fold.tune)


def test_a_hold_out_of_too_few_rows_is_refused():
    few = load(
        pd.DataFrame({"x": [0.5, 1.5, 2.5, 3.5, 4.5], "label": [0, 0, 0, 1, 1]}), target="label"
    )
    with pytest.raises(DataError, match="each class on both sides"):
        HoldOut(test=0.2, tune=0).split(few, 0)
    with pytest.raises(DataError, match="class 1 of 'label' has 1 in the training part"):
        HoldOut(test=0.4).split(few, 0)
    single = load(pd.DataFrame({"x": [0.5, 1.5, 2.5, 3.5], "label": [0, 0, 0, 1]}), target="label")
    with pytest.raises(DataError, match="class 1 of 'label' has 1"):
        HoldOut().split(single, 0)


# --- grouped -------------------------------------------------------------------------------------


def test_no_group_is_on_two_sides():
    dataset = made()
    group = dataset.table["customer"].to_numpy()
    found = SCHEMES["grouped"].split(dataset, 0)
    for fold in found:
        sides = [set(group[part]) for part in (fold.fit, fold.tune, fold.test)]
        assert len(set.union(*sides)) == sum(map(len, sides))
        assert len(sides[1]) == pytest.approx(0.2 * (len(sides[0]) + len(sides[1])), abs=1)
    assert np.array_equal(
        np.sort(np.concatenate([f.test for f in found if f.repeat == 0])), np.arange(len(dataset))
    )


def test_grouped_folds_share_out_the_classes():
    dataset = made(rows=3000)
    for fold in Grouped("customer", repeats=1).split(dataset, 0):
        for code in range(3):
            share = (dataset.codes[fold.test] == code).sum() / (dataset.codes == code).sum()
            assert 0.12 < share < 0.28


def test_groups_that_cannot_be_parted_are_refused():
    dataset = made()
    table = dataset.table.assign(
        customer=np.where(dataset.codes == 1, "one", dataset.table["customer"])
    )
    with pytest.raises(DataError, match=r"5 folds by 'customer' .* class 'fraud' is in 1"):
        Grouped("customer").split(load(table, target="label", positive="fraud"), 0)
    with pytest.raises(DataError, match="Did you mean 'customer'"):
        Grouped("custmer").split(dataset, 0)
    with pytest.raises(DataError, match="must not be the target"):
        Grouped("label").split(dataset, 0)
    gaps = load(
        dataset.table.assign(customer=dataset.table["customer"].mask(dataset.codes == 0)),
        target="label",
    )
    with pytest.raises(
        DataError, match=r"'customer' needs a value in every row, however \d+ have none"
    ):
        Grouped("customer").split(gaps, 0)


# --- past to future ------------------------------------------------------------------------------


def test_all_that_is_learned_lies_before_all_that_is_tested():
    dataset = made()
    time = dataset.table["when"].to_numpy()
    found = SCHEMES["temporal"].split(dataset, 0)
    for fold in found:
        assert time[fold.fit].max() < time[fold.tune].min()
        assert time[fold.tune].max() < time[fold.test].min()
    for before, after in pairwise(found):
        assert np.array_equal(
            np.sort(np.concatenate([after.fit, after.tune])),
            np.sort(np.concatenate([before.fit, before.tune, before.test])),
        )
    last = found[-1]
    assert len(last.fit) + len(last.tune) + len(last.test) == len(dataset)


def test_times_do_not_depend_on_the_order_of_the_rows():
    dataset = made()
    order = np.random.default_rng(0).permutation(len(dataset))
    shuffled = load(dataset.table.iloc[order], target="label", positive="fraud")
    for one, other in zip(
        Temporal("when").split(dataset, 0), Temporal("when").split(shuffled, 0), strict=True
    ):
        assert np.array_equal(one.test, np.sort(order[other.test]))
        assert np.array_equal(one.tune, np.sort(order[other.tune]))


def test_a_time_column_needs_an_order_and_every_value():
    dataset = made()
    with pytest.raises(DataError, match="'customer' is categorical"):
        Temporal("customer").split(dataset, 0)
    gaps = load(
        dataset.table.assign(when=dataset.table["when"].mask(dataset.table.index == 9)),
        target="label",
    )
    with pytest.raises(
        DataError, match=r"'when' needs a value in every row.* 1 have none \(the first is row 9"
    ):
        Temporal("when").split(gaps, 0)
    late = dataset.table.assign(
        when=dataset.table["when"].mask(dataset.codes == 0, pd.Timestamp("2030-01-01"))
    )
    late = load(late, target="label", positive="fraud")
    with pytest.raises(
        DataError, match=r"the fit part of repeat 0, fold 0 .* no row of class 'dispute'"
    ):
        Temporal("when").split(late, 0)


def test_one_time_for_all_cannot_be_cut():
    dataset = load(
        made().table.assign(when=pd.Timestamp("2024-01-01")), target="label", positive="fraud"
    )
    with pytest.raises(DataError, match="no row of class"):
        Temporal("when").split(dataset, 0)


# --- the proof, the parts, the duplicates --------------------------------------------------------


@pytest.mark.parametrize(
    ("fit", "tune", "test", "says"),
    [
        ([0, 1], [2], [1, 3], "row 1 .* 2 times"),
        ([0, 1], [1], [3], "row 1"),
        ([0, 0], [1], [3], "row 0"),
        ([0], [2], [2, 3], "row 2"),
        ([0], [], [4], "outside"),
        ([-1], [], [2], "outside"),
        ([], [0], [1], "fit on"),
        ([0], [1], [], "test on"),
    ],
)
def test_the_proof_finds_every_overlap(fit, tune, test, says):
    with pytest.raises(AssertionError, match=says):
        prove_disjoint(Fold(0, 0, *(np.array(rows, dtype=int) for rows in (fit, tune, test))), 4)


def test_parts_prove_their_fold():
    overlapping = Fold(0, 0, np.array([0, 1]), np.array([2]), np.array([1, 3]))
    with pytest.raises(AssertionError, match="row 1"):
        parts(made(), overlapping)


def test_parts_are_the_rows_of_the_table():
    dataset = made()
    [fold] = HoldOut().split(dataset, 0)
    train, tune, test = parts(dataset, fold)
    for rows, X, codes in (
        (fold.fit, train.X, train.codes),
        (fold.tune, tune.X, tune.codes),
        (fold.test, test.X, test.codes),
    ):
        expected = dataset.table.loc[rows, ["amount", "customer", "when"]].reset_index(drop=True)
        pd.testing.assert_frame_equal(X, expected)  # neither target nor free text
        assert np.array_equal(codes, dataset.codes[rows])
    assert np.array_equal(train.origin, np.arange(len(train)))
    assert test.column("note").tolist() == dataset.table.loc[fold.test, "note"].tolist()
    with pytest.raises(DataError, match="Did you mean 'note'"):
        test.column("notes")


@pytest.mark.parametrize("rows", [[-1], [600], [1, 1], [0.5], [[1]], [True]])
def test_only_positions_of_real_rows_can_be_evaluated(rows):
    with pytest.raises(ValueError, match="osition"):
        EvaluationSet(made(), np.array(rows))


def test_duplicates_are_counted_across_the_parts():
    table = pd.DataFrame(
        {
            "x": [1.0, 1.0, 2.0, 3.0, 2.0, 1.0, np.nan, np.nan],
            "s": [*"aaabaa", None, None],
            "id": range(8),
            "label": [0, 1] * 4,
        }
    )
    dataset = load(table, target="label", schema={"id": "key", "x": "numeric"})
    # Rows 0, 1, 5 are alike, so are 2 and 4, so are 6 and 7; the key does not count, nor does the label.
    folds = [
        Fold(0, 0, np.array([0, 2, 6]), np.array([1, 3]), np.array([4, 5, 7])),
        Fold(0, 1, np.array([3]), np.array([0, 1]), np.array([2, 4, 5])),
    ]
    found = count_duplicates(dataset, folds)
    assert found.as_dict() == {
        "rows_in_table": 4,
        "test_rows_in_fit": 1.5,
        "test_rows_in_tune": 1.0,
        "tune_rows_in_fit": 0.5,
    }


@pytest.mark.real_data
def test_real_duplicates_are_those_that_pandas_finds(real_data):
    dataset = load(real_data / "mammography.csv.gz", target="calcification")
    folds = RepeatedStratifiedKFold(repeats=1).split(dataset, 0)
    found = count_duplicates(dataset, folds)
    features = dataset.table.drop(columns="calcification")
    assert found.rows_in_table == features.duplicated().sum()
    in_fit = [
        features.loc[f.test].merge(features.loc[f.fit].drop_duplicates()).shape[0] for f in folds
    ]
    assert found.test_rows_in_fit == pytest.approx(np.mean(in_fit), abs=0.05)
