"""The quality report in plain words: five questions, each answered with its figure and what stands beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from synthkit.report.quality_view import beside, figure, part, sentence, with_bounds, worst_first
from synthkit.report.view import listed, spoken

REAL, NEAR, FAR, UNKNOWN = "real", "near", "far", ""
#: A figure at most this far from the control, of the way to the baseline, is called near it.
NEAR_ENOUGH = 0.25
MOST_NAMED = 3


@dataclass(frozen=True)
class Question:
    """A question, its three answers (as real rows do, nearly, not), and what a headline says of each."""

    section: str
    text: str
    answers: tuple[str, str, str]
    clauses: tuple[str, str, str]


QUESTIONS = (
    Question("fidelity", "Is it like the real table?", ("yes", "nearly", "no"),
             ("like the real table", "nearly like the real table", "unlike the real table")),
    Question("detection", "Can it be told apart?", ("no", "hardly", "yes"),
             ("not to be told apart", "hard to tell apart", "told apart")),
    Question("usefulness", "Is it as useful as real rows?", ("yes", "nearly", "no"),
             ("as useful as real rows", "nearly as useful as real rows", "less useful than real rows")),
    Question("privacy", "Does it give away rows it learned from?", ("not seen", "not seen", "yes"),
             ("not seen to give rows away", "not seen to give rows away", "giving away rows it learned from")),
    Question("rules", "Does it obey the rules?", ("yes", "nearly", "no"),
             ("within the rules", "nearly within the rules", "breaking rules")),
)
SIGNS, KINDS = {REAL: "▲", NEAR: "▲", FAR: "▼", UNKNOWN: "?"}, {REAL: "good", NEAR: "good", FAR: "bad", UNKNOWN: ""}
BESIDE = {"privacy": ("held-out rows", "guessing"), "rules": ("the real rows", "shuffled columns")}


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


def standing(measure: dict[str, Any]) -> str:
    """How a measure stands between its control and its baseline.

    `real`: the interval reaches the control, or lies on its good side. `near`: no further from it
    than a quarter of the way to the baseline. `far`: further, or beyond the control where there is
    no baseline. Nothing without a value or a control.
    """
    value, control, baseline = measure.get("value"), measure.get("control"), measure.get("baseline")
    if value is None or control is None:
        return UNKNOWN
    ends = [end for end in (measure.get("low"), measure.get("high"), value) if end is not None]
    if measure["better"] == "control" and min(ends) <= control <= max(ends):
        return REAL

    def lost(x: float) -> float:
        return {"less": x - control, "more": control - x, "control": abs(x - control)}[measure["better"]]

    if min(lost(end) for end in ends) <= 0:
        return REAL
    if measure["section"] == "privacy":  # an attack's baseline is guessing: it lies on the good side
        return FAR
    room = lost(baseline) if baseline is not None else 0.0
    return NEAR if room > 0 and lost(value) <= NEAR_ENOUGH * room else FAR


def answers(results: dict[str, Any]) -> list[Answer]:
    """The five questions in order."""
    return [_answer(results, question) for question in QUESTIONS]


def _answer(results: dict[str, Any], question: Question) -> Answer:
    measures = [m for m in results["measures"] if m["section"] == question.section]
    judged = [(m, standing(m)) for m in measures if standing(m)]
    if not judged:
        return Answer(question.text, "not measured", UNKNOWN, [_why(results, question.section, measures)])
    lead, how = _decisive(question.section, judged)
    said = [_said(lead)]
    others = [m for m, s in judged if s == FAR and m is not lead]
    if others:
        said.append("Likewise: " + "; ".join(_figures(m) for m in others[:MOST_NAMED]) + (
            f"; and {len(others) - MOST_NAMED} more." if len(others) > MOST_NAMED else "."))
    said += _evidence(results, question.section, how)
    word = question.answers[(REAL, NEAR, FAR).index(how)]
    return Answer(question.text, word, how, said)


def _decisive(section: str, judged: list[tuple[dict[str, Any], str]]) -> tuple[dict[str, Any], str]:
    """The measure that answers: the section's first; of privacy and rules the worst, for one leak is a leak."""
    if section in ("privacy", "rules"):
        return next(((m, s) for m, s in judged if s == FAR), judged[0])
    return judged[0]


def _said(measure: dict[str, Any]) -> str:
    return f"{_figures(measure)}."


def _figures(measure: dict[str, Any]) -> str:
    """A measure's title, value and interval, control and baseline."""
    other = beside(measure, *BESIDE.get(measure["section"], ("other real rows", "shuffled columns")))
    return f"{measure['title']}: {with_bounds(measure)}" + (f" ({other})" if other and "(" not in with_bounds(measure)
                                                           else f"; {other}" if other else "")


def _why(results: dict[str, Any], section: str, measures: list[dict[str, Any]]) -> str:
    """Why a question has no answer."""
    told = [m["reading"] for m in measures if m.get("reading")]
    if told:
        return sentence(told[0])
    found = results.get(section)
    if isinstance(found, dict) and "skipped" in found:
        return _capital(sentence(found["skipped"]))
    if section == "rules":
        return "No rules were given."
    return "It was not asked for."


def _evidence(results: dict[str, Any], section: str, how: str) -> list[str]:
    """The names behind a figure: columns that are off, that give away, that are inferred; rules that are broken."""
    if section == "fidelity" and how != REAL:
        named = [f"{column['name']} ({figure(column['distance']['value'])})" for column in worst_first(results)
                 if column["distance"].get("value")][:MOST_NAMED]
        return [f"Columns furthest off: {listed(named)}."] if named else []
    if section == "detection" and how == FAR:
        columns = (part(results, "detection") or {}).get("columns") or []
        named = [column["name"] for column in sorted(columns, key=lambda c: -(c.get("value") or 0.0))][:MOST_NAMED]
        return [f"Given away most by {listed(named)}."] if named else []
    if section == "usefulness":
        useful = part(results, "usefulness") or {}
        scores = useful.get("scores") or []
        gaps = [f"{with_bounds(gap)} with {spoken(gap['classifier'])}" for gap in useful.get("gap") or []
                if scores and gap["score"] == scores[0] and gap.get("value") is not None]
        return [f"Synthetic minus real in {spoken(scores[0])}: {'; '.join(gaps)}."] if gaps else []
    if section == "rules" and (checked := part(results, "rules")):
        broken = sorted((r for r in checked["synthetic"]["rules"] if r["broken"]), key=lambda r: -r["broken"])
        return [f"Broken: {listed([r['name'] for r in broken], MOST_NAMED)}."] if broken else []
    return []


def headline(results: dict[str, Any]) -> str:
    """The answer in one line: what is bad, or where nothing is, what is good."""
    good, bad = _clauses(results)
    if not (good or bad):
        return "Nothing could be measured"
    return _capital(listed(bad or good, 5))


def deck(results: dict[str, Any]) -> str:
    """The sentence under the headline: what is good beside it, and what the figures are held against."""
    good, bad = _clauses(results)
    also = f"Yet it is {listed(good, 5)}. " if good and bad else ""
    return (f"{also}Every figure stands beside two others: what real rows reach that nobody learned from, which a"
            " perfect imitation would reach too, and what the real table reaches with each column shuffled on its own,"
            " which keeps every column and no relation.")


def _clauses(results: dict[str, Any]) -> tuple[list[str], list[str]]:
    good, bad = [], []
    for question, answer in zip(QUESTIONS, answers(results), strict=True):
        if answer.standing != UNKNOWN:
            clause = question.clauses[(REAL, NEAR, FAR).index(answer.standing)]
            (bad if answer.standing == FAR else good).append(clause)
    return good, bad


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


