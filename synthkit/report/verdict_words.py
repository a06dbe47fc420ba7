"""The verdict in words: a headline, what stands under it, one line per arm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from synthkit.report.palette import SIGNS
from synthkit.report.view import HEADLINE, Line, lines, listed, spoken
from synthkit.report.words import bounds, number, signed

WORTH, NOT_WORTH, UNDECIDED = "worth it", "not worth it", "undecided"


@dataclass(frozen=True)
class Judgement:
    """One arm's word (and its sign) and its sentence."""

    arm: str
    word: str
    sign: str
    sentence: str


@dataclass(frozen=True)
class Classifier:
    """What is to be said under one classifier: its arms, then remarks on the best of them and on the limits."""

    name: str
    judgements: list[Judgement]
    remarks: list[str]


def headline(results: dict[str, Any]) -> str:
    """The answer in one line."""
    words = _words(results)
    reference = _reference(results)
    if not words:
        return "These runs cannot tell" if len(results["rows"]) > 1 else "Nothing to compare"
    worth = sorted(
        {arm for arm, by in words.items() if WORTH in by.values()}, key=lambda a: -_gain(results, a)
    )
    if worth:
        # One arm is named at most with where it holds; many are counted. Where its cells failed, it holds not.
        everywhere = [
            arm for arm in worth if all(words[arm].get(c) == WORTH for c in results["classifiers"])
        ]
        many = len(results["classifiers"]) > 1
        if everywhere:
            is_are = "is" if len(everywhere) == 1 else "are"
            return f"{_capital(listed(everywhere, 3))} {is_are} worth it{', with every classifier' if many else ''}"
        if len(worth) == 1:
            where = [c for c, w in words[worth[0]].items() if w == WORTH]
            return f"{_capital(worth[0])} is worth it with {listed([spoken(c) for c in where])}, not everywhere"
        return f"{_capital(listed(worth, 3))} are worth it with some classifiers, not with all"
    if not _failed(results) and all(
        word == NOT_WORTH for by in words.values() for word in by.values()
    ):
        return f"Nothing here beats {reference}"
    return f"Nothing here is shown to beat {reference}"


def deck(results: dict[str, Any]) -> str:
    """The sentence under the headline: why the headline says so."""
    words = [word for by in _words(results).values() for word in by.values()]
    if not words:
        if results["folds"].get("same_rows"):
            return (
                "Every run used one and the same split. That shows how much is dice, and not how an arm would do on"
                " other data: ask for folds or repeats on new splits."
            )
        if _failed(results):
            return "Cells failed, and an arm with a hole is not ranked: see what was run, below."
        return "A verdict needs two arms and two folds or more."
    count = {word: words.count(word) for word in (WORTH, NOT_WORTH, UNDECIDED)}
    total = len(words)
    pairs = "arm and classifier" if len(results["classifiers"]) > 1 else "arm"
    said = [f"{n} {'is' if n == 1 else 'are'} {word}" for word, n in count.items() if n]
    if total == 1:
        text = f"The one verdict is: {words[0]}"
    elif total in count.values():
        text = f"All {total} verdicts, one per {pairs}, are: {words[0]}"
    else:
        text = f"Of {total} verdicts, one per {pairs}, {listed(said)}"
    if failed := _failed(results):
        text += f"; not ranked, because cells failed: {listed(failed, 3)}"
    price = results["config"].get("cost")
    by = (
        f"An arm is worth it where the low end of what it saves pays its training at"
        f" {price['rows_per_retraining']:,} rows per retraining, the number of arms allowed for (Holm)."
        if price
        else f"An arm is worth it where it gains more than {results['config'].get('rope', 0.01):g} average precision with"
        " 95 % probability, the number of arms allowed for (Holm)."
    )
    return f"{text}. {by}"


def per_classifier(results: dict[str, Any]) -> list[Classifier]:
    """The verdict of each classifier."""
    return [
        Classifier(name, _judgements(results, name), _remarks(results, name))
        for name in results["classifiers"]
    ]


def _judgements(results: dict[str, Any], classifier: str) -> list[Judgement]:
    found = [
        line for line in lines(results, classifier) if line.cost.get("sentence") and line.headline
    ]
    order = {WORTH: 0, UNDECIDED: 1, NOT_WORTH: 2}
    found.sort(key=lambda line: (order.get(_word(line), 3), -line.headline["mean"]))  # type: ignore[index]
    return [
        Judgement(line.arm, _word(line), SIGNS.get(_word(line), ""), line.cost["sentence"])
        for line in found
    ]


def _remarks(results: dict[str, Any], classifier: str) -> list[str]:
    remarks = []
    failed = [line for line in lines(results, classifier) if line.failed]
    if failed:
        remarks.append(
            f"Not ranked, because cells failed: {listed([line.arm for line in failed])}."
        )
    for choice in results.get("selection") or []:
        if choice and choice["classifier"] == classifier:
            remarks.append(
                f"The best of all by average precision is {choice['arm']} with {number(choice['naive']['mean'])}. To"
                " pick the best and score it on the same folds flatters it; chosen and scored on different folds, the"
                f" best reach {number(choice['nested']['mean'])}."
            )
    return remarks


def headroom(results: dict[str, Any]) -> list[str]:
    """What a perfect generator would gain, per classifier; nothing where that is not known."""
    rope, said = results["config"].get("rope", 0.01), []
    many = len(results["classifiers"]) > 1
    for classifier in results["classifiers"]:
        for line in lines(results, classifier):
            gap = line.headline
            if not line.limit or gap is None:
                continue
            where = f"With {spoken(classifier)}, a" if many else "A"
            text = (
                f"{where} perfect generator, one that draws true fresh rows until the classes balance, would change"
                f" average precision by {signed(gap['mean'])} ({bounds(gap, signed)})."
            )
            if gap["high"] < rope:
                text += (
                    f" That is below {rope:g}, the least that counts: no generator that balances the classes,"
                    " however good, is worth its training here."
                )
            elif gap["low"] > rope:
                text += " So there is something to be gained from more positives."
            else:
                text += " Whether there is anything to be gained is itself undecided."
            said.append(text)
    said += [
        bound["sentence"]
        for bound in (results.get("sweep") or {}).get("headroom", [])
        if bound["source"] == "held back"
    ]
    limit = (results.get("limit") or {}).get(HEADLINE)
    if limit:
        best = max(
            (
                line.mean(HEADLINE) or 0.0
                for c in results["classifiers"]
                for line in lines(results, c)
                if not line.limit
            ),
            default=0.0,
        )
        said.append(
            f"The true class probabilities reach {number(limit['mean'])}, which no method can pass; the best"
            f" arm reaches {number(best)}."
        )
    return said


def _words(results: dict[str, Any]) -> dict[str, dict[str, str]]:
    """{arm: {classifier: word}} of the arms that have a verdict, limits apart."""
    found: dict[str, dict[str, str]] = {}
    for classifier in results["classifiers"]:
        for line in lines(results, classifier):
            if line.cost.get("worth") and not line.limit:
                found.setdefault(line.arm, {})[classifier] = _word(line)
    return found


def _failed(results: dict[str, Any]) -> list[str]:
    """The arms with a hole under some classifier, limits apart."""
    return list(
        dict.fromkeys(
            line.arm
            for c in results["classifiers"]
            for line in lines(results, c)
            if line.failed and not line.limit
        )
    )


def _word(line: Line) -> str:
    return str((line.cost.get("worth") or {}).get("word", ""))


def _gain(results: dict[str, Any], arm: str) -> float:
    """The largest thing an arm brings: money where there are prices, else average precision."""
    found = [
        line.saving or line.headline
        for c in results["classifiers"]
        for line in lines(results, c)
        if line.arm == arm
    ]
    return max((gap["mean"] for gap in found if gap), default=0.0)


def _reference(results: dict[str, Any]) -> str:
    label = str(results["config"]["reference"])
    spec = next((arm.get("spec") for arm in results["arms"] if arm["label"] == label), None)
    return "doing nothing" if spec == {"name": "none"} else label


def _capital(text: str) -> str:
    """SMOTE and its like are written as registered; a plain word begins as a sentence does."""
    return text[:1].upper() + text[1:] if text.split(" ")[0].isalpha() else text
