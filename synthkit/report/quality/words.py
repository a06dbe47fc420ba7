"""The quality report in plain words: five questions, each answered with its figure and what stands beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from synthkit.report.quality.view import beside, capital, part, sentence, why_not, with_bounds
from synthkit.report.view import listed

REAL, NEAR, FAR, UNKNOWN = "real", "near", "far", ""
#: A figure is near its control at most this far of the way to the baseline, or nearer than what is too small to
#: matter on a scale of 1.
NEAR_ENOUGH, TOO_SMALL = 0.25, 0.02
SIGNS, KINDS = (
    {REAL: "▲", NEAR: "▲", FAR: "▼", UNKNOWN: "?"},
    {REAL: "good", NEAR: "good", FAR: "bad", UNKNOWN: ""},
)
#: Measures that are named beside those that decide.
MOST_NAMED = 3
#: Measures of privacy that fall where something leaks; all others rise.
FALLING = ("closest_record", "distance_ratio")
#: A copied row is a copied person: of copies none is too few to matter.
EXACT = "copies"
#: Where the risk of an attack stands.
RISKS = {
    "singling_out_univariate": ("privacy", "singling_out", "univariate"),
    "singling_out_multivariate": ("privacy", "singling_out", "multivariate"),
    "inference_worst": ("privacy", "inference", "worst_risk"),
}
LEAKS = (
    EXACT,
    "closer_to_train",
    "membership_auc",
    "membership_auc_positive",
    "singling_out_univariate",
    "singling_out_multivariate",
    "inference_worst",
)


@dataclass(frozen=True)
class Question:
    """A question, its three answers (as real rows do, nearly, not), and what a headline says of each.

    `deciding`: the measures that answer it, the worst of them; without any of these names the section's
    first one. `worst_alone`: only the worst of those that decide are told; else all that decide, behind
    the section's first one. `beside`: what control and baseline are called.
    """

    section: str
    text: str
    answers: tuple[str, str, str]
    clauses: tuple[str, str, str]
    deciding: tuple[str, ...] = ()
    worst_alone: bool = False
    beside: tuple[str, str] = ("other real rows", "shuffled columns")


QUESTIONS = (
    Question(
        "fidelity",
        "Is it like the real table?",
        ("yes", "nearly", "no"),
        ("is like the real table", "is nearly like the real table", "is unlike the real table"),
        ("columns", "pairs", "relations"),
    ),
    Question(
        "detection",
        "Can it be told apart?",
        ("no", "hardly", "yes"),
        ("cannot be told apart", "can hardly be told apart", "can be told apart"),
    ),
    Question(
        "usefulness",
        "Is it as useful as real rows?",
        ("yes", "nearly", "no"),
        (
            "is as useful as real rows",
            "is nearly as useful as real rows",
            "is less useful than real rows",
        ),
        ("gap",),
        beside=("real rows", "shuffled columns"),
    ),
    Question(
        "privacy",
        "Does it give away rows it learned from?",
        ("not seen", "hardly", "yes"),
        (
            "is not seen to give rows away",
            "hardly gives rows away",
            "gives away rows it learned from",
        ),
        LEAKS,
        True,
        ("unseen real rows", "by chance"),
    ),
    Question(
        "rules",
        "Does it obey the rules?",
        ("yes", "nearly", "no"),
        ("obeys the rules", "nearly obeys the rules", "breaks rules"),
    ),
)


@dataclass(frozen=True)
class Answer:
    """A question with its answer, how it stands, and the sentences that hold the figures."""

    question: str
    word: str
    standing: str
    sentences: list[str] = field(default_factory=list)

    @property
    def sign(self) -> str:
        """The answer's sign: colour is never alone."""
        return SIGNS[self.standing]

    @property
    def kind(self) -> str:
        """`good`, `bad` or nothing."""
        return KINDS[self.standing]


def standing(measure: dict[str, Any], results: dict[str, Any]) -> str:
    """How a measure stands between its control and its baseline.

    `real`: the interval reaches the control, or lies on its good side. `near`: at most a quarter of
    the way from it to the baseline, or at most 0.02 from it. `far`: further off. Nothing without a
    value or a control. Of privacy only what leaks counts as lost, beyond the control and guessing both, and a
    leak is `far` where its whole interval lies more than 0.02 beyond: of many attacks on a safe table one
    looks lucky. Where an attack's risk is known (Giomi et al. 2023), its interval decides likewise.
    """
    value, control, baseline = measure.get("value"), measure.get("control"), measure.get("baseline")
    if value is None or control is None:
        return UNKNOWN
    if (
        measure["section"] == "detection"
    ):  # below guessing nothing is told apart, and an unlucky control is no floor
        floor = {
            key: max(measure[key], 0.5)
            for key in ("value", "low", "high", "control", "baseline")
            if measure.get(key) is not None
        }
        measure = measure | floor | {"better": "less"}
        value, control, baseline = measure["value"], measure["control"], measure.get("baseline")

    leaky = measure["section"] == "privacy"
    risk = part(results, *RISKS[measure["name"]]) if leaky and measure["name"] in RISKS else None
    if risk and risk.get("low") is not None and risk.get("risk") is not None:
        return REAL if risk["low"] <= 0 else NEAR if risk["low"] <= TOO_SMALL else FAR
    better = ("more" if measure["name"] in FALLING else "less") if leaky else measure["better"]

    def lost(x: float) -> float:
        return {"less": x - control, "more": control - x, "control": abs(x - control)}[better]

    ends = [value, *(measure[end] for end in ("low", "high") if measure.get(end) is not None)]
    if min(ends) <= control <= max(ends) or lost(value) <= 0:
        return REAL
    if leaky:
        guessed = max(lost(baseline), 0.0) if baseline is not None and better == "less" else 0.0
        return (
            NEAR
            if min(map(lost, ends)) - guessed <= (0.0 if measure["name"] == EXACT else TOO_SMALL)
            else FAR
        )
    room = lost(baseline) if baseline is not None else 0.0
    return NEAR if lost(value) <= max(NEAR_ENOUGH * room, TOO_SMALL) else FAR


def answers(results: dict[str, Any]) -> list[Answer]:
    """The five questions in order."""
    return [_answer(results, question) for question in QUESTIONS]


def _answer(results: dict[str, Any], question: Question) -> Answer:
    measures = [m for m in results["measures"] if m["section"] == question.section]
    judged = [(m, how) for m in measures if (how := standing(m, results))]
    if not judged:
        return Answer(
            question.text, "not measured", UNKNOWN, [_why(results, question.section, measures)]
        )
    deciding = [each for each in judged if each[0]["name"] in question.deciding] or judged[:1]
    worst = max((REAL, NEAR, FAR).index(how) for _, how in deciding)
    unknown = [m for m in measures if m["name"] in question.deciding and m["value"] is None]
    if (
        question.worst_alone and worst == 0 and len(unknown) > len(deciding)
    ):  # hardly a leak could be looked for
        return Answer(
            question.text,
            "not known",
            UNKNOWN,
            [
                *(f"{_figures(m, question, results)}." for m, _ in deciding),
                *dict.fromkeys(
                    f"Nothing more could be measured. {capital(sentence(m['reading']))}"
                    for m in unknown
                ),
            ],
        )
    if question.worst_alone:
        shown = [m for m, how in deciding if how == (REAL, NEAR, FAR)[worst]]
    else:
        shown = [m for m, _ in judged[:1]] + [m for m, _ in deciding if m is not judged[0][0]]
    explained = worst > 0  # a figure like that of real rows needs no words
    said = [
        f"{_figures(m, question, results)}. {(m.get('reading') or '') if explained else ''}".strip()
        for m in shown[:MOST_NAMED]
    ]
    others = [
        m
        for m, how in (deciding if question.worst_alone else judged)
        if how == FAR and m not in shown[:MOST_NAMED]
    ]
    if others:
        more = f"; and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
        said.append(
            f"Off as well: {'; '.join(_figures(m, question, results) for m in others[:MOST_NAMED])}{more}."
        )
    return Answer(question.text, question.answers[worst], (REAL, NEAR, FAR)[worst], said)


def _figures(measure: dict[str, Any], question: Question, results: dict[str, Any]) -> str:
    """A measure's title, value and interval, control and baseline."""
    control, baseline = question.beside
    if not results["data"].get("holdout") and measure["section"] == "privacy":
        control = "the real rows among themselves"  # nobody's rows are unseen
    return (
        f"{capital(measure['title'])}: {with_bounds(measure)}; {beside(measure, control, baseline)}"
    )


def _why(results: dict[str, Any], section: str, measures: list[dict[str, Any]]) -> str:
    """Why a question has no answer."""
    told = [m["reading"] for m in measures if m.get("reading")]
    if told:
        return sentence(told[0])
    return "No rules were given." if section == "rules" else capital(why_not(results, section))


def headline(results: dict[str, Any]) -> str:
    """The answer in one line: what is bad, or where nothing is, what is good."""
    good, bad = _clauses(results)
    return f"It {listed(bad or good, 5)}" if good or bad else "Nothing could be measured"


def deck(results: dict[str, Any]) -> str:
    """The sentence under the headline: what is good beside it, and what the figures are held against."""
    good, bad = _clauses(results)
    also = f"Yet it {listed(good, 5)}. " if good and bad else ""
    return (
        f"{also}Every figure stands beside two others: what real rows reach that nobody learned from, which a"
        " perfect imitation would reach too, and what the real table reaches with each column shuffled on its own,"
        " which keeps every column and no relation."
    )


def _clauses(results: dict[str, Any]) -> tuple[list[str], list[str]]:
    good: list[str] = []
    bad: list[str] = []
    for question, answer in zip(QUESTIONS, answers(results), strict=True):
        if answer.standing != UNKNOWN:
            clause = question.clauses[(REAL, NEAR, FAR).index(answer.standing)]
            (bad if answer.standing == FAR else good).append(clause)
    return good, bad
