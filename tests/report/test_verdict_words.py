"""The headline says what the words say, no more."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from helpers.pages import HOSTILE

from synthkit.report.verdict_words import deck, headline, headroom, per_classifier

ARMS = ("class_weights", HOSTILE, "random_undersampling, ratio 0.9")


def worded(results: dict[str, Any], *words: str) -> dict[str, Any]:
    """The results with these words for the arms, in order, under every classifier."""
    labels = [
        arm["label"] for arm in results["arms"] if arm["label"] != "none" and not arm["limit"]
    ]
    for cost in results["cost"]:
        if cost["arm"] in labels:
            cost["worth"]["word"] = words[labels.index(cost["arm"])]
    return results


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("not worth it",) * 3, "Nothing here beats doing nothing"),
        (
            ("undecided", "not worth it", "not worth it"),
            "Nothing here is shown to beat doing nothing",
        ),
        (
            ("worth it", "not worth it", "undecided"),
            "class_weights is worth it, with every classifier",
        ),
        (("worth it", "worth it", "undecided"), "are worth it, with every classifier"),
    ],
)
def test_the_headline_follows_the_words(
    results: dict[str, Any], words: tuple[str, ...], said: str
) -> None:
    assert said in headline(worded(results, *words))


def test_an_arm_worth_it_somewhere_is_not_said_to_be_worth_it_everywhere(
    results: dict[str, Any],
) -> None:
    worded(results, *["not worth it"] * 3)
    results["cost"][1]["worth"]["word"] = "worth it"
    assert headline(results) == "class_weights is worth it with logistic regression, not everywhere"


def failing(results: dict[str, Any], arm: str, *classifiers: str) -> dict[str, Any]:
    """The results as they are where some cells of the arm failed under these classifiers."""
    for row, cost in zip(results["rows"], results["cost"], strict=True):
        if row["arm"] == arm and row["classifier"] in classifiers:
            row |= {"failed": 2, "scores": {}, "gap": None}
            cost |= {"worth": None, "sentence": None}
    return results


def test_an_arm_whose_cells_failed_with_one_classifier_is_not_worth_it_with_every_one(
    results: dict[str, Any],
) -> None:
    worded(results, "worth it", "not worth it", "not worth it")
    failing(results, "class_weights", results["classifiers"][1])
    assert headline(results) == "class_weights is worth it with logistic regression, not everywhere"
    assert "not ranked, because cells failed: class_weights." in deck(results)


def test_an_arm_that_failed_wholly_is_not_said_to_be_beaten(results: dict[str, Any]) -> None:
    worded(results, *["not worth it"] * 3)
    assert headline(results) == "Nothing here beats doing nothing"
    assert "not ranked" not in deck(results)
    failing(results, "class_weights", *results["classifiers"])
    assert headline(results) == "Nothing here is shown to beat doing nothing"
    assert "not ranked, because cells failed: class_weights." in deck(results)


def test_a_reference_that_does_something_is_named(results: dict[str, Any]) -> None:
    for row in results["arms"]:
        if row["label"] == "none":
            row["spec"] = {"name": "class_weights"}
    assert headline(worded(results, *["not worth it"] * 3)) == "Nothing here beats none"


def test_one_split_cannot_tell_and_says_why(results: dict[str, Any]) -> None:
    results["folds"]["same_rows"] = True
    for row, cost in zip(results["rows"], results["cost"], strict=True):
        row["gap"], cost["worth"], cost["sentence"] = None, None, None
    assert headline(results) == "These runs cannot tell"
    assert "one and the same split" in deck(results)


def test_the_deck_counts_every_verdict_once(results: dict[str, Any]) -> None:
    text = deck(worded(results, "worth it", "undecided", "not worth it"))
    assert text.startswith(
        "Of 6 verdicts, one per arm and classifier, 2 are worth it, 2 are not worth it and 2 are"
    )
    assert deck(worded(results, *["undecided"] * 3)).startswith(
        "All 6 verdicts, one per arm and classifier, are"
    )


def test_every_arm_is_said_once_per_classifier_worth_it_first(results: dict[str, Any]) -> None:
    for said in per_classifier(worded(results, "not worth it", "undecided", "worth it")):
        assert [j.word for j in said.judgements] == ["worth it", "undecided", "not worth it"]
        assert [j.sentence for j in said.judgements] == [
            j.sentence for j in said.judgements if j.arm in j.sentence
        ]
        assert not {j.arm for j in said.judgements} & {"none", "perfect generator"}


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-0.004, 0.006, "no generator that balances the classes, however good, is worth"),
        (0.02, 0.04, "something to be gained"),
        (-0.01, 0.03, "itself undecided"),
    ],
)
def test_headroom_below_the_band_ends_the_question(
    results: dict[str, Any], low: float, high: float, said: str
) -> None:
    for row in results["rows"]:
        if row["arm"] == "perfect generator":
            row["gap"]["average_precision"] |= {"mean": (low + high) / 2, "low": low, "high": high}
    texts = headroom(results)
    assert len(texts) == 3  # two classifiers, and the Bayes limit
    assert all(said in text for text in texts[:2])


def test_without_a_known_process_nothing_is_said_about_limits(measured: Any) -> None:
    assert headroom(copy.deepcopy(measured.results)) == []
