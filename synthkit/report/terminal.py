"""The comparison as a table of text, and as one of HTML for notebooks; from plain results."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table

#: The columns of scores: heading and key of each.
AT_DEFAULT = (("recall", "recall"), ("precision", "precision"), ("F1", "f1"))
AT_TUNED = (("recall", "recall_tuned"), ("precision", "precision_tuned"), ("F1", "f1_tuned"))
LIMIT = "Bayes limit (no method can pass it)"


def comparison(results: dict[str, Any]) -> Group:
    """A table per classifier, then what was left out, what failed and how to read the intervals."""
    from rich.console import Group
    from rich.text import Text

    parts: list[Any] = [Text(line) for line in heading(results)]
    parts += [_table(results, classifier) for classifier in results["classifiers"]]
    parts += [Text(line, style="dim") for line in notes(results)]
    return Group(*parts)


def _table(results: dict[str, Any], classifier: str) -> Table:
    from rich import box
    from rich.table import Table

    columns = _columns(results)
    table = Table(title=classifier.replace("_", " "), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False,
                  padding=(0, 1, 0, 0))
    table.add_column("arm", overflow="fold", min_width=16)
    for title, _ in columns:
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("seconds", justify="right")
    table.add_column("MiB", justify="right")
    for name, scores, cost, style in _lines(results, classifier):
        cells = [_interval(scores.get(key)) for _, key in columns]
        table.add_row(escape_markup(name), *cells, *cost, style=style)
    return table


def escape_markup(text: str) -> str:
    """Text that rich shows as it is, brackets included."""
    from rich.markup import escape as rich_escape

    return rich_escape(text)


def _columns(results: dict[str, Any]) -> list[tuple[str, str]]:
    tuned = any("f1_tuned" in row["scores"] for row in results["rows"])
    columns = [("average\nprecision", "average_precision"), *((f"{title}\nat 0.5", key) for title, key in AT_DEFAULT)]
    if tuned:
        columns += [(f"{title}\ntuned", key) for title, key in AT_TUNED]
    for title, key in (("cost/1000\nat 0.5", "cost"), ("cost/1000\ntuned", "cost_tuned")):
        if any(key in row["scores"] for row in results["rows"]):
            columns.append((title, key))
    return columns


def _lines(results: dict[str, Any], classifier: str) -> list[tuple[str, dict[str, Any], tuple[str, str], str]]:
    """Name, scores, (seconds, MiB) and style of each line: the arms, their published figures, the limit."""
    published = {arm["label"]: arm["published"] for arm in results["arms"]}
    lines = []
    for row, cost in zip(results["rows"], results["cost"], strict=True):
        if row["classifier"] != classifier:
            continue
        if row["failed"]:
            lines.append((f"{row['arm']}: {row['failed']} of {row['cells']} cells failed, not ranked", {}, ("", ""),
                          "red"))
            continue
        lines.append((row["arm"], row["scores"], (_seconds(cost["seconds"]), _whole(cost["peak_mib"])), ""))
        if published[row["arm"]]:
            scores = {key: {"mean": value, "low": None} for key, value in published[row["arm"]].items()}
            lines.append(("  as published", scores, ("", ""), "cyan"))
    if results["limit"]:
        lines.append((LIMIT, results["limit"], ("", ""), "dim"))
    return lines


def heading(results: dict[str, Any]) -> list[str]:
    """What was compared, in a few lines."""
    data, folds = results["data"], results["folds"]
    positives = data["classes"][str(data["positive"])]
    lines = [f"{data['name']}: {data['rows']:,} rows, {positives:,} of them {data['target']} = {data['positive']}"
             f" ({positives / data['rows']:.2%}); {len(data['features'])} features; {folds['n']} fits per arm."]
    for column in data["ignored"]:
        lines.append(f"Not learned from: {column['name']} ({column['kind']}: {column['why']}).")
    if data["dropped_rows"]:
        lines.append(f"Dropped: {data['dropped_rows']:,} rows without a target.")
    return lines


def notes(results: dict[str, Any]) -> list[str]:
    """How to read the intervals, duplicates across the folds, failures and warnings."""
    kinds = {score["kind"] for row in results["rows"] for score in row["scores"].values()}
    lines = []
    if "corrected" in kinds:
        lines.append("Below each mean its 95 % interval, corrected for overlapping training sets (Nadeau & Bengio"
                     " 2003). Arms share their folds: judge a difference by its paired gap, not by two intervals.")
    if "spread" in kinds:
        lines.append("Below each mean the middle 95 % over random seeds on one and the same split: dice alone. Another"
                     " split would add its own.")
    if kinds == {"none"}:
        lines.append("One fold gives no interval. Ask for more folds or repeats.")
    lines.append("seconds: augmentation, fit and prediction of one cell. MiB: peak memory added by a step.")
    duplicates = results["data"]["duplicates"]
    if duplicates["test_rows_in_fit"]:
        lines.append(f"Mind: {duplicates['test_rows_in_fit']:,} test rows per fold (mean) equal a training row in every"
                     " feature. Duplicates flatter every arm; drop them if they are one event recorded twice.")
    for failure in results["failures"][:5]:
        lines.append(f"Failed: {failure['arm']} with {failure['classifier']}, repeat {failure['repeat']}, fold"
                     f" {failure['fold']}: {failure['error']}")
    if len(results["failures"]) > 5:
        lines.append(f"... and {len(results['failures']) - 5} more failed cells, all in cells.parquet.")
    for warning in results["warnings"][:5]:
        lines.append(f"Warned in {warning['cells']} cells of {warning['arm']} with {warning['classifier']}:"
                     f" {warning['message']}")
    return lines


def as_text(results: dict[str, Any], width: int = 120) -> str:
    """The tables as plain text."""
    from rich.console import Console

    console = Console(width=width, color_system=None, record=True, file=_Nowhere())
    console.print(comparison(results))
    return console.export_text()


class _Nowhere:
    """A file that forgets."""

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        return None


def as_html(results: dict[str, Any]) -> str:
    """The tables as HTML; every name is escaped."""
    html = ["".join(f"<p>{escape(line)}</p>" for line in heading(results))]
    columns = _columns(results)
    for classifier in results["classifiers"]:
        head = "".join(f"<th>{escape(title)}</th>" for title in
                       ("arm", *(title.replace("\n", " ") for title, _ in columns), "seconds", "MiB"))
        body = ""
        for name, scores, cost, _ in _lines(results, classifier):
            cells = [_interval(scores.get(key)).replace("\n", "<br>") for _, key in columns]
            figures = "".join(f"<td>{cell}</td>" for cell in (*cells, *cost))
            body += f"<tr><th scope='row'>{escape(name)}</th>{figures}</tr>"
        html.append(f"<table><caption>{escape(classifier)}</caption><thead><tr>{head}</tr></thead>"
                    f"<tbody>{body}</tbody></table>")
    html.append("".join(f"<p><small>{escape(line)}</small></p>" for line in notes(results)))
    return "".join(html)


def _interval(score: dict[str, Any] | None) -> str:
    """Mean above, interval below; a dash where there is none."""
    if score is None or score["mean"] is None:
        return "–"
    digits = 3 if abs(score["mean"]) < 10 else 0
    mean = f"{score['mean']:.{digits}f}"
    return mean if score["low"] is None else f"{mean}\n{_short(score['low'], digits)}–{_short(score['high'], digits)}"


def _short(value: float, digits: int) -> str:
    """A bound without its leading zero, to keep the columns narrow."""
    text = f"{value:.{digits}f}"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _whole(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"
