"""A trained synthesizer on one screen: what it took, and its columns beside the table's; from plain values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from synthkit.report.words import share

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions

#: Columns shown at most; of more, those that differ most.
MOST_COLUMNS = 20
#: A difference from which a column is marked.
FAR = 0.1


class TrainingSummary:
    """The summary as something that rich prints; fits itself to the terminal."""

    def __init__(self, summary: Mapping[str, Any]) -> None:
        self.summary = summary

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Any]:
        from rich import box
        from rich.table import Table
        from rich.text import Text

        summary = self.summary
        yield Text(
            f"{summary['synthesizer']}, trained on {summary['data']}: {summary['rows']:,} rows,"
            f" seed {summary['seed']}."
        )
        if summary["error"] is not None:
            yield Text(f"No rows to compare: {summary['error']}", style="red")
        else:
            table = Table(
                box=box.SIMPLE_HEAD, padding=(0, 1), collapse_padding=True, pad_edge=False
            )
            table.add_column("column", overflow="fold", max_width=24)
            table.add_column("real → sampled", overflow="fold")
            table.add_column("missing", justify="right", no_wrap=True)
            table.add_column("difference", justify="right", no_wrap=True)
            for column in shown(summary["columns"]):
                far = column["difference"] is not None and column["difference"] >= FAR
                table.add_row(
                    Text(column["name"] + (" (target)" if column["target"] else "")),
                    Text(in_words(column)),
                    Text(_missing(column)),
                    Text(_difference(column)),
                    style="yellow" if far else "",
                )
            yield table
        for line in notes(summary):
            yield Text(line, style="dim")


def shown(columns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The columns that fit on a screen, in table order: the target, and of the rest those that differ most."""
    if len(columns) <= MOST_COLUMNS:
        return columns
    ranked = sorted(columns, key=lambda c: (not c["target"], -(c["difference"] or 0.0)))
    chosen = {c["name"] for c in ranked[:MOST_COLUMNS]}
    return [c for c in columns if c["name"] in chosen]


def in_words(column: Mapping[str, Any]) -> str:
    """A column's rates or quantiles, each as real → sampled.

    >>> in_words({"kind": "numeric", "levels": [], "quantiles": [(0.05, 1.0, 1.5), (0.5, 1234.5, 1200.0)]})
    '5 %: 1 → 1.5, median: 1,234 → 1,200'
    """
    if column["quantiles"]:
        return ", ".join(
            f"{'median' if q == 0.5 else f'{q * 100:g} %'}: {_number(a)} → {_number(b)}"
            for q, a, b in column["quantiles"]
        )
    if column["levels"]:
        more = f", and {column['more_levels']:,} more" if column["more_levels"] else ""
        return (
            ", ".join(f"{level}: {share(p)} → {share(q)}" for level, p, q in column["levels"])
            + more
        )
    return "new in every row" if column["kind"] == "key" else "no values"


def notes(summary: Mapping[str, Any]) -> list[str]:
    """What it took, and how to read the table."""
    known = not math.isnan(summary["peak_mib"])  # not every platform tells
    peak = f", {summary['peak_mib']:,.0f} MiB of memory added at the peak" if known else ""
    sampling = (
        ""
        if summary["sample_seconds"] is None
        else f"; {summary['sample_seconds']:.2f} s to sample {summary['sampled']:,} rows"
    )
    lines = [f"{summary['fit_seconds']:.1f} s to fit on {summary['device']}{peak}{sampling}."]
    if summary["rules"]:
        lines += _of_rules(summary["rules"])
    if summary["losses"]:
        lines.append(
            "Last epoch: "
            + ", ".join(
                f"{name.replace('_', ' ')} {value:.3f}" for name, value in summary["losses"].items()
            )
            + "."
        )
    if len(summary["columns"]) > MOST_COLUMNS:
        lines.append(
            f"{len(summary['columns']) - MOST_COLUMNS:,} columns that differ less are not shown."
        )
    if summary["columns"]:
        lines.append(
            "Difference: of states the total variation, of numbers and times the largest gap between the"
            " distribution functions; 0 is the same, 1 nothing in common. One column at a time: it does not"
            " tell whether they go together."
        )
    return lines


def _of_rules(done: Mapping[str, Any]) -> list[str]:
    """What keeping the rules took in the rows that were sampled, and which rules SDV learned."""
    broken = ", ".join(f"{name} {n:,}" for name, n in done["broken"].items() if n)
    lines = [
        f"Rules: of {done['rows']:,} rows proposed first, {done['broken_rows']:,} broke one"
        + (f" ({broken})" if broken else "")
        + f"; {done['repaired_rows']:,} were repaired, {done['resampled']:,}"
        f" made anew by {done['proposals']:,} further proposals, {done['dropped']:,} dropped"
        f" (on_violation: {done['on_violation']})."
    ]
    if done["learned_by_sdv"]:
        lines.append(
            f"Rules that SDV learned: {', '.join(done['learned_by_sdv'])}. Kept outside: "
            + ("; ".join(f"{name} ({why})" for name, why in done["outside"].items()) or "none")
            + "."
        )
    lines += [f"Rule not judged: {name}: {why}." for name, why in done["skipped"].items()]
    return lines


def _number(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _missing(column: Mapping[str, Any]) -> str:
    real, sampled = column["missing"]
    return f"{share(real)} → {share(sampled)}" if real or sampled else ""


def _difference(column: Mapping[str, Any]) -> str:
    return "" if column["difference"] is None else f"{column['difference']:.3f}"
