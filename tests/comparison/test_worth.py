"""Worth: what is saved against what training costs, and the words for it."""

from dataclasses import replace

import numpy as np
import pytest

from synthkit.comparison.worth import sentence
from synthkit.comparison.worth import worth as of_folds
from synthkit.stats import Verdict, judge

GAP = Verdict(-0.07, -0.09, -0.05, 25, 0, 0.001, 0.001, 0.0, 0.0, 1.0, "worse")
SAVING = Verdict(20.0, 10.0, 30.0, 25, 0, 0.001, 0.004, 1.0, 0.0, 0.0, "better")


def worth(*given, **named):
    """Of five repeats of five folds, each with a fourth of its training rows to test on."""
    return of_folds(*given, **named, test_to_train=0.25, folds=5)


def test_break_even_is_where_the_saving_pays_the_extra_training():
    found = worth(90.0, GAP, SAVING, compute_per_hour=0.4, rows_per_retraining=100_000)
    assert found.extra_price == pytest.approx(0.01)
    assert found.break_even_rows == pytest.approx(0.5)
    assert found.saving * found.break_even_rows / 1000 == pytest.approx(found.extra_price)
    assert found.word == "worth it"


@pytest.mark.parametrize(
    ("low", "high", "rows", "word"),
    [
        (10.0, 30.0, 100_000, "worth it"),
        (-1.0, 30.0, 100_000, "undecided"),
        (-30.0, -1.0, 100_000, "not worth it"),
        (10.0, 30.0, 10, "undecided"),  # saves 0.1 to 0.3 over ten rows, costs 0.2
        (10.0, 30.0, 5, "not worth it"),
    ],
)
def test_the_low_end_of_the_saving_has_to_pay_at_the_user_s_volume(low, high, rows, word):
    saving = replace(SAVING, low=low, high=high, mean=(low + high) / 2)
    assert worth(1800.0, GAP, saving, compute_per_hour=0.4, rows_per_retraining=rows).word == word


def test_a_saving_that_many_arms_explain_is_not_worth_it_yet():
    assert worth(1.0, GAP, replace(SAVING, p_holm=0.2), 0.4, 100_000).word == "undecided"


def test_so_is_a_gain_where_there_are_no_prices():
    better = replace(GAP, mean=0.05, low=0.02, high=0.08, word="better")
    assert worth(1.0, better, None, 0.0, 1).word == "worth it"
    found = worth(1.0, replace(better, p_holm=0.2), None, 0.0, 1)
    assert (found.word, found.by_luck) == ("undecided", True)
    assert "by luck (Holm)" in sentence("a", "none", better, found, priced=False)


@pytest.mark.parametrize(
    ("repeats", "says"), [(30, "about 30 repeats would decide"), (0, "only more rows can decide")]
)
def test_what_would_decide_is_said(repeats, says):
    open_ = replace(GAP, low=-0.1, high=0.1, word="undecided", repeats=repeats)
    assert says in sentence("a", "none", open_, worth(1.0, open_, None, 0.0, 1), priced=False)
    found = replace(worth(1.0, GAP, replace(SAVING, low=-1.0), 0.4, 100_000), repeats=repeats)
    assert says in sentence("a", "none", GAP, found, priced=True)
    assert says not in sentence(
        "a", "none", GAP, worth(1.0, GAP, SAVING, 0.4, 100_000), priced=True
    )


@pytest.mark.parametrize("mean", [12.0, -0.3])
def test_the_repeats_that_would_decide_money_do_decide_it(mean):
    ratio, folds, variance = 0.25, 5, 0.5 * mean**2
    rng = np.random.default_rng(0)

    def weighed(repeats):
        values = rng.normal(size=repeats * folds)
        values = mean + (values - values.mean()) / values.std(ddof=1) * np.sqrt(variance)
        return of_folds(
            0.0, GAP, replace(judge(values, ratio, 10.0, folds), p_holm=0.0), 0.0, 100, ratio, folds
        )

    once = weighed(1)
    assert once.word == "undecided"
    assert once.repeats > 1
    assert weighed(once.repeats).word == ("worth it" if mean > 0 else "not worth it")
    assert weighed(once.repeats - 1).word == "undecided"


def test_no_repeats_decide_what_only_rows_can():
    wide = replace(SAVING, mean=1.0, low=-30.0, high=32.0)
    assert worth(1.0, GAP, wide, 0.4, 100_000).repeats == 0


def test_cheaper_training_that_may_outweigh_the_loss_is_not_dismissed():
    """1,800 s saved at 0.40 per hour are 0.20; the arm loses 0.01 to 0.09 per 1,000 rows."""
    loses = replace(SAVING, mean=-0.05, low=-0.09, high=-0.01, word="worse")
    found = worth(-1800.0, GAP, loses, 0.4, 1_000)
    assert found.word == "undecided"
    assert "any volume" not in sentence("none", "ctgan", GAP, found, priced=True)
    found = worth(-1800.0, GAP, loses, 0.4, 100_000)
    assert found.word == "not worth it"
    assert sentence("none", "ctgan", GAP, found, priced=True).endswith(
        "not worth it at this volume."
    )
    trifle = worth(-0.01, GAP, loses, 0.4, 100_000)
    assert sentence("none", "ctgan", GAP, trifle, priced=True).endswith(
        "not worth it at any volume."
    )


def test_without_prices_the_score_decides():
    assert worth(1.0, GAP, None, 0.0, 1).word == "not worth it"
    assert worth(1.0, replace(GAP, word="better"), None, 0.0, 1).word == "worth it"
    assert np.isnan(worth(1.0, GAP, None, 0.0, 1).saving)


def test_an_arm_that_is_cheaper_and_saves_has_nothing_to_break_even():
    assert worth(-5.0, GAP, SAVING, 0.4, 100_000).break_even_rows == 0
    assert worth(5.0, GAP, replace(SAVING, mean=-1.0), 0.4, 100_000).break_even_rows == float("inf")


def test_gain_per_minute():
    assert worth(120.0, replace(GAP, mean=0.02), None, 0.0, 1).gain_per_minute == pytest.approx(
        0.01
    )
    assert np.isnan(worth(-1.0, GAP, None, 0.0, 1).gain_per_minute)


def test_the_words():
    loses = replace(SAVING, mean=-20.0, low=-30.0, high=-10.0)
    text = sentence("CTGAN", "none", GAP, worth(41.0, GAP, loses, 0.4, 100_000), priced=True)
    assert text == (
        "CTGAN costs 41 s more per retraining than none, loses 0.070 average precision [−0.090, −0.050]"
        " (worse) and loses 20.00 per 1,000 rows [−30.00, −10.00]: not worth it at any volume."
    )
    assert sentence("a-1", "none", GAP, worth(0.2, GAP, None, 0.0, 1), priced=False) == (
        "a-1 costs 200 ms more per retraining than none and loses 0.070 average precision [−0.090, −0.050] (worse):"
        " not worth it."
    )
