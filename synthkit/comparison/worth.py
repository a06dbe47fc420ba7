"""Is an arm worth its training cost: seconds, their price, money saved, break-even; in numbers and in words."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from synthkit.report.words import seconds
from synthkit.stats import DECISIVE, Verdict, fewest, narrowed


@dataclass(frozen=True)
class Worth:
    """What one arm costs and saves against the reference.

    `extra_seconds`: of augmentation and fit per retraining, over the reference's. `extra_price`:
    what they cost. `saving`, `saving_low`, `saving_high`: money per 1,000 rows with its interval;
    NaN without prices. `break_even_rows`: rows scored per retraining from which the mean saving
    pays the extra price; 0 if there is none to pay, infinite if nothing is saved.
    `gain_per_minute`: average precision gained per extra minute of training; NaN if none is extra.
    `word`: "worth it" where even the low end of the saving pays the extra price at the user's
    volume and the saving stands after Holm's adjustment for the number of arms, "not worth it"
    where even the high end does not, else "undecided". `by_luck`: it would be worth it, but for Holm's adjustment.
    `repeats`: how many in all would likely decide what is undecided; 0 if none would, None if nobody can say.
    """

    extra_seconds: float
    extra_price: float
    saving: float
    saving_low: float
    saving_high: float
    break_even_rows: float
    gain_per_minute: float
    word: str
    by_luck: bool = False
    repeats: int | None = None


def worth(
    extra_seconds: float,
    gap: Verdict,
    saving: Verdict | None,
    compute_per_hour: float,
    rows_per_retraining: int,
    test_to_train: float,
    folds: int,
) -> Worth:
    """Weigh what is saved against what training costs.

    `gap` is the verdict on average precision, `saving` on money (reference's cost minus the arm's,
    per 1,000 rows). A saving of s per 1,000 rows over V rows is s·V/1000; it is weighed against
    extra_seconds/3600 · compute_per_hour. Without prices the word is the one on average precision:
    better is "worth it", worse or equivalent is "not worth it". The more arms there are, the more likely one
    of them gains or saves by luck: Holm's adjusted p above 0.05 makes "worth it" undecided. Training that is cheaper
    than the reference's never makes an arm worth it by itself; but while it may outweigh what is lost, the arm is
    undecided rather than not worth it. `test_to_train` and `folds` (of one repeat) tell how many repeats would decide.
    """
    price = extra_seconds / 3600 * compute_per_hour
    per_minute = gap.mean / (extra_seconds / 60) if extra_seconds > 0 else float("nan")
    nan = float("nan")
    if saving is None:
        by_luck = gap.word == "better" and gap.p_holm > 1 - DECISIVE
        word = {"better": "worth it", "undecided": "undecided"}.get(gap.word, "not worth it")
        word = "undecided" if by_luck else word
        return Worth(
            extra_seconds, price, nan, nan, nan, nan, per_minute, word, by_luck, gap.repeats
        )
    volume = rows_per_retraining / 1000
    pays = saving.low * volume > max(price, 0.0)
    by_luck = pays and saving.p_holm > 1 - DECISIVE
    if pays and not by_luck:
        word = "worth it"
    elif saving.high * volume <= price:
        word = "not worth it"
    else:
        word = "undecided"
    if price <= 0 < saving.mean:
        even = 0.0
    else:
        even = 1000 * price / saving.mean if saving.mean > 0 else float("inf")
    repeats = None
    if word == "undecided" and not by_luck:

        def decided(repeats: int) -> bool:
            half = narrowed(saving, test_to_train, max(repeats * folds, 2))
            return (saving.mean - half) * volume > max(price, 0.0) or (
                saving.mean + half
            ) * volume <= price

        repeats = fewest(decided, saving.n // folds)
    return Worth(
        extra_seconds,
        price,
        saving.mean,
        saving.low,
        saving.high,
        even,
        per_minute,
        word,
        by_luck,
        repeats,
    )


def sentence(arm: str, reference: str, gap: Verdict, found: Worth, priced: bool) -> str:
    """One arm in plain words.

    For example: "ctgan costs 41 s more per retraining than none and loses 0.070 average precision
    [−0.090, −0.050] (worse): not worth it."
    """
    extra = seconds(abs(found.extra_seconds))
    cost = (
        f"costs {extra} more per retraining than {reference}"
        if found.extra_seconds > 0
        else f"costs {extra} less per retraining than {reference}"
    )
    moved = "gains" if gap.mean >= 0 else "loses"
    score = f"{moved} {abs(gap.mean):.3f} average precision [{gap.low:+.3f}, {gap.high:+.3f}] ({gap.word})"
    if not priced:
        return f"{arm} {_minus(f'{cost} and {score}: {found.word}{_open(found)}.')}"
    saved = "saves" if found.saving >= 0 else "loses"
    money = f"{saved} {abs(found.saving):,.2f} per 1,000 rows [{found.saving_low:+,.2f}, {found.saving_high:+,.2f}]"
    if found.word == "not worth it":
        end = (
            "not worth it at this volume"
            if _pays_somewhere(found)
            else "not worth it at any volume"
        )
    elif np.isfinite(found.break_even_rows) and found.break_even_rows >= 1:
        end = (
            f"{found.word}{_open(found)}; on average it breaks even from {found.break_even_rows:,.0f} rows per"
            " retraining"
        )
    else:
        end = f"{found.word}{_open(found)}"
    return f"{arm} {_minus(f'{cost}, {score} and {money}: {end}.')}"


def _pays_somewhere(found: Worth) -> bool:
    """Whether at some volume the high end of the saving outweighs the training: a large one, or one below what
    cheaper training pays for.
    """
    if found.saving_high > 0:
        return True
    return (
        found.extra_price < 0 and 1000 * found.extra_price < found.saving_high
    )  # at one row or more


def _open(found: Worth) -> str:
    """What would decide an undecided arm."""
    if found.word != "undecided":
        return ""
    if found.by_luck:
        return ", for of so many arms one does so well by luck (Holm)"
    if found.repeats is None:
        return ""
    return (
        f" (about {found.repeats:,} repeats would decide)"
        if found.repeats
        else " (only more rows can decide)"
    )


def _minus(text: str) -> str:
    """Numbers with a minus sign rather than a hyphen."""
    return re.sub(r"(?<![\w-])-(?=\d)", "−", text)
