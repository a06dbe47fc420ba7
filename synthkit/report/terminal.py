"""The comparison as tables of text, and as tables of HTML for notebooks; from plain results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any

from synthkit.report import rules_table
from synthkit.report.view import at_level

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions
    from rich.table import Table

AT_DEFAULT = (
    ("recall\nat 0.5", "recall"),
    ("precision\nat 0.5", "precision"),
    ("F1\nat 0.5", "f1"),
)
AT_TUNED = (
    ("recall\ntuned", "recall_tuned"),
    ("precision\ntuned", "precision_tuned"),
    ("F1\ntuned", "f1_tuned"),
)
MONEY = (("cost per 1,000\nat 0.5", "cost"), ("cost per 1,000\ntuned", "cost_tuned"))
TIMES = (
    ("train\nsynthesizer", "training_seconds"),
    ("sample\nrows", "sampling_seconds"),
    ("augment\nin all", "augment_seconds"),
    ("fit\nclassifier", "fit_seconds"),
    ("predict", "predict_seconds"),
)
LIMIT = "Bayes limit"
#: Below this many characters a classifier's table is parted in two.
WIDE_ENOUGH = 112


@dataclass(frozen=True)
class Line:
    """One line of a classifier's table: an arm, its published figures, or a limit."""

    name: str
    scores: dict[str, Any]
    gap: dict[str, Any] | None = None
    cost: dict[str, Any] | None = None
    style: str = ""


class ComparisonTables:
    """What was compared, a table per classifier, and how to read it; fits itself to the terminal."""

    def __init__(self, results: dict[str, Any]) -> None:
        self.results = results

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Any]:
        from rich.text import Text

        for text in heading(self.results):
            yield Text(text)
        for classifier in self.results["classifiers"]:
            columns = _columns(self.results)
            tuned = [c for c in columns if c[1].endswith("_tuned") or c in _limits(self.results)]
            if options.max_width >= WIDE_ENOUGH or not tuned:
                parts = [columns]
            else:
                parts = [[c for c in columns if c not in tuned], tuned]
            for part in parts:
                yield _table(
                    self.results,
                    classifier,
                    part,
                    with_gap=part is parts[0],
                    with_cost=part is parts[-1],
                )
            yield _prices(self.results, classifier)
            for text in in_words(self.results, classifier):
                yield Text(f"· {text}")
            yield Text("")
        yield from rules_table.as_rich(self.results)
        for text in notes(self.results):
            yield Text(text, style="dim")


def _table(
    results: dict[str, Any],
    classifier: str,
    columns: list[tuple[str, str]],
    *,
    with_gap: bool,
    with_cost: bool,
) -> Table:
    from rich import box
    from rich.markup import escape as as_it_is
    from rich.table import Table

    table = Table(
        title=as_it_is(classifier),
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1),
        collapse_padding=True,
        pad_edge=False,
    )
    table.add_column("arm", overflow="fold", min_width=14, max_width=24)
    gaps = with_gap and any(row["gap"] for row in results["rows"])
    for position, (heading_, _) in enumerate(columns):
        table.add_column(heading_, justify="right", no_wrap=True)
        if position == 0 and gaps:
            table.add_column(
                f"gap to\n{_brief(results['config']['reference'])}", justify="right", no_wrap=True
            )
    if with_cost:
        table.add_column("seconds", justify="right", no_wrap=True)
        table.add_column("MiB", justify="right", no_wrap=True)
    for line in _lines(results, classifier):
        cells = [_interval(line.scores.get(key)) for _, key in columns]
        if gaps:
            cells.insert(1, _gap(line.gap))
        if with_cost:
            cost = line.cost or {}
            cells += [_seconds(cost.get("seconds")), _whole(cost.get("peak_mib"))]
        table.add_row(as_it_is(line.name), *cells, style=line.style)
    return table


def _prices(results: dict[str, Any], classifier: str) -> Table:
    """Where the seconds of a cell go, and with prices what its decisions cost."""
    from rich import box
    from rich.markup import escape as as_it_is
    from rich.table import Table

    table = Table(
        title=as_it_is(
            f"{classifier}: time and money" if _money(results) else f"{classifier}: time"
        ),
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1),
        collapse_padding=True,
        pad_edge=False,
    )
    table.add_column("arm", overflow="fold", min_width=14, max_width=24)
    for title, _ in (*TIMES, *_money(results)):
        table.add_column(title, justify="right", no_wrap=True)
    for line in _lines(results, classifier):
        if line.cost or line.scores.get("cost"):
            times = [_seconds((line.cost or {}).get(key)) for _, key in TIMES]
            table.add_row(
                as_it_is(line.name),
                *times,
                *(_interval(line.scores.get(key)) for _, key in _money(results)),
                style=line.style,
            )
    return table


def _money(results: dict[str, Any]) -> list[tuple[str, str]]:
    return [c for c in MONEY if any(c[1] in row["scores"] for row in results["rows"])]


def _columns(results: dict[str, Any]) -> list[tuple[str, str]]:
    tuned = any("f1_tuned" in row["scores"] for row in results["rows"])
    return [
        ("average\nprecision", "average_precision"),
        *AT_DEFAULT,
        *(AT_TUNED if tuned else ()),
        *_limits(results),
    ]


def _limits(results: dict[str, Any]) -> list[tuple[str, str]]:
    """Recall at a limit that was asked for, and what was reached of it."""
    columns = []
    for key, limit in results["config"].get("recall_at", {}).items():
        name = {"precision": "precision", "false_positive_rate": "FP rate"}[key]
        columns += [
            (f"recall at\n{name} {limit:g}", f"recall_at_{key}"),
            (f"{name}\nreached", f"achieved_{key}"),
        ]
    return columns


def _lines(results: dict[str, Any], classifier: str) -> list[Line]:
    arms = {arm["label"]: arm for arm in results["arms"]}
    lines, limits = [], []
    for row, cost in zip(results["rows"], results["cost"], strict=True):
        if row["classifier"] != classifier:
            continue
        arm = arms[row["arm"]]
        if row["failed"]:
            lines.append(
                Line(
                    f"{row['arm']}: {row['failed']} of {row['cells']} cells failed, not ranked",
                    {},
                    style="red",
                )
            )
        elif arm["limit"]:
            limits.append(Line(row["arm"], row["scores"], row["gap"], cost, "dim"))
        else:
            lines.append(Line(row["arm"], row["scores"], row["gap"], cost))
            if arm["published"]:
                published = {
                    key: {"mean": value, "low": None} for key, value in arm["published"].items()
                }
                lines.append(Line("  as published", published, style="cyan"))
    if results["limit"]:
        limits.append(Line(LIMIT, results["limit"], style="dim"))
    return lines + limits


def heading(results: dict[str, Any]) -> list[str]:
    """What was compared, in a few lines."""
    data, folds = results["data"], results["folds"]
    positives = data["classes"][str(data["positive"])]
    lines = [
        f"{data['name']}: {data['rows']:,} rows, {positives:,} of them {data['target']} = {data['positive']}"
        f" ({positives / data['rows']:.2%}); {len(data['features'])} features; {folds['n']} fits per arm."
    ]
    for column in data["ignored"]:
        lines.append(f"Not learned from: {column['name']} ({column['kind']}: {column['why']}).")
    if data["dropped_rows"]:
        lines.append(f"Dropped: {data['dropped_rows']:,} rows without a target.")
    return lines


def in_words(results: dict[str, Any], classifier: str) -> list[str]:
    """The arms by what the cells support, with their gaps; and the honest figure of the best.

    The page has a sentence for each arm; here one line says which are worth it and which are not.
    """
    gaps = {
        row["arm"]: row["gap"]["average_precision"]
        for row in results["rows"]
        if row["classifier"] == classifier and row["gap"] and "average_precision" in row["gap"]
    }
    limits = {arm["label"] for arm in results["arms"] if arm["limit"]}
    costs = {
        cost["arm"]: cost
        for cost in results["cost"]
        if cost["classifier"] == classifier and cost["worth"]
    }
    reference, lines = results["config"]["reference"], []
    for word, says in (
        ("worth it", "Worth its cost"),
        ("not worth it", "Not worth its cost"),
        ("undecided", "Undecided whether worth its cost"),
    ):
        arms = [arm for arm in gaps if arm not in limits and costs[arm]["worth"]["word"] == word]
        arms.sort(key=lambda arm: -gaps[arm]["mean"])
        if arms:
            shown = ", ".join(_told(arm, gaps[arm], costs[arm]["worth"]) for arm in arms)
            lines.append(f"{says}, beside {reference}: {shown}.")
    for arm in limits & set(gaps):
        lines.append(
            f"Headroom: a perfect generator moves average precision by {gaps[arm]['mean']:+.3f}"
            f" [{gaps[arm]['low']:+.3f}, {gaps[arm]['high']:+.3f}]."
        )
    for choice in results["selection"]:
        if choice and choice["classifier"] == classifier:
            lines.append(
                f"Best of all by average precision: {choice['arm']}, {choice['naive']['mean']:.3f}; chosen and"
                f" scored on different folds, the best reach {choice['nested']['mean']:.3f}."
            )
    return lines


def _told(arm: str, gap: dict[str, Any], worth: dict[str, Any]) -> str:
    """An arm with its gap of average precision, its money with prices, and its extra seconds."""
    saved = (
        ""
        if worth["saving"] is None
        else (
            f", {'loses' if worth['saving'] < 0 else 'saves'} {abs(worth['saving']):,.0f} per 1,000 rows"
        )
    )
    return f"{arm} ({gap['mean']:+.3f} {gap['word']}{saved}, {worth['extra_seconds']:+.2f} s)"


def notes(results: dict[str, Any]) -> list[str]:
    """How to read the figures, duplicates across the folds, failures and warnings."""
    kinds = {score["kind"] for row in results["rows"] for score in row["scores"].values()}
    lines = []
    if "corrected" in kinds:
        lines.append(
            "Below each mean its 95 % interval, corrected for overlapping training sets (Nadeau & Bengio"
            " 2003). The gap is of average precision, paired on the same folds: it, not two intervals side by"
            " side, says whether an arm differs."
        )
    if "spread" in kinds:
        lines.append(
            "Below each mean the middle 95 % over random seeds on one and the same split: dice alone. Another"
            " split would add its own."
        )
    if kinds == {"none"}:
        lines.append("One fit gives no interval. Ask for more folds or repeats.")
    titles = {key: title.replace("\n", " ") for title, key in (*_columns(results), *MONEY)}
    undefined = Counter[str]()
    for row in results["rows"]:
        undefined.update(
            {
                titles[key]: score["undefined"]
                for key, score in row["scores"].items()
                if key in titles
            }
        )
    if undefined.total():
        which = ", ".join(f"{n} of {title}" for title, n in undefined.items() if n)
        lines.append(f"Values that were undefined in their fold are left out above: {which}.")
    lines.append(
        "seconds: augmentation, fit and prediction of one cell. MiB: the most memory that a step added. An arm"
        " that shares a fitted synthesizer with another is charged its training all the same."
    )
    if results["limit"]:
        lines.append(
            f"{LIMIT}: the true class probabilities, which no method can pass. Perfect generator: true fresh"
            " rows of the smaller classes, which every synthesizer imitates."
        )
    duplicates = results["data"]["duplicates"]
    if duplicates["test_rows_in_fit"]:
        lines.append(
            f"Mind: {duplicates['test_rows_in_fit']:,} test rows per fold (mean) equal a training row in every"
            " feature. Duplicates flatter every arm; drop them if they are one event recorded twice."
        )
    return lines + troubles(results)


def troubles(results: dict[str, Any]) -> list[str]:
    """Why cells failed, and what they warned of."""
    lines = []
    for failure in results["failures"][:5]:
        lines.append(
            f"Failed: {at_level(failure)} with {failure['classifier']}, repeat {failure['repeat']}, fold"
            f" {failure['fold']}: {failure['error']}"
        )
    if len(results["failures"]) > 5:
        lines.append(
            f"... and {len(results['failures']) - 5} more failed cells, all in cells.parquet."
        )
    lines += [
        f"Warned in {warning['cells']} cells of {at_level(warning)} with {warning['classifier']}:"
        f" {warning['message']}"
        for warning in results["warnings"][:5]
    ]
    return lines


def comparison(results: dict[str, Any]) -> ComparisonTables:
    """The comparison as something that rich prints."""
    return ComparisonTables(results)


def as_text(results: dict[str, Any], width: int = 120) -> str:
    """The tables as plain text of at most `width` characters a line."""
    from rich.console import Console

    page = StringIO()
    Console(width=width, color_system=None, file=page).print(comparison(results))
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines()) + "\n"


def as_html(results: dict[str, Any]) -> str:
    """The tables as HTML; every name is escaped."""
    html = ["".join(f"<p>{escape(text)}</p>" for text in heading(results))]
    columns = _columns(results) + _money(results)
    titles = ["arm", *(title.replace("\n", " ") for title, _ in columns), "seconds", "MiB"]
    titles.insert(2, f"gap to {results['config']['reference']}")
    head = "".join(f"<th>{escape(title)}</th>" for title in titles)
    for classifier in results["classifiers"]:
        body = ""
        for line in _lines(results, classifier):
            cells = [_interval(line.scores.get(key)) for _, key in columns]
            cells.insert(1, _gap(line.gap))
            cost = line.cost or {}
            cells += [_seconds(cost.get("seconds")), _whole(cost.get("peak_mib"))]
            figures = "".join(f"<td>{escape(cell).replace(chr(10), '<br>')}</td>" for cell in cells)
            body += f"<tr><th scope='row'>{escape(line.name)}</th>{figures}</tr>"
        words = "".join(f"<li>{escape(text)}</li>" for text in in_words(results, classifier))
        html.append(
            f"<table><caption>{escape(classifier)}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table><ul>{words}</ul>"
        )
    html.append(rules_table.as_html(results))
    html.append("".join(f"<p><small>{escape(text)}</small></p>" for text in notes(results)))
    return "".join(html)


def _interval(score: dict[str, Any] | None) -> str:
    """Mean above, interval below; a dash where there is none."""
    if score is None or score["mean"] is None:
        return "–"
    if abs(score["mean"]) >= 10:
        bounds = "" if score["low"] is None else f"\n{score['low']:,.0f} – {score['high']:,.0f}"
        return f"{score['mean']:,.0f}{bounds}"
    mean = f"{score['mean']:.3f}"
    return (
        mean if score["low"] is None else f"{mean}\n{_bound(score['low'])}–{_bound(score['high'])}"
    )


def _gap(gap: dict[str, Any] | None) -> str:
    """The paired difference of average precision with its interval."""
    found = (gap or {}).get("average_precision")
    if found is None:
        return ""
    return f"{found['mean']:+.3f}\n{found['low']:+.2f} {found['high']:+.2f}".replace("0.", ".")


def _bound(value: float) -> str:
    """A bound without its leading zero, to keep the columns narrow."""
    text = f"{value:.2f}"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def _brief(name: str) -> str:
    return name if len(name) <= 12 else f"{name[:11]}…"


def _seconds(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.2f}" if value < 100 else f"{value:,.0f}"


def _whole(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"
