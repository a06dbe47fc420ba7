"""The progress display: what it counts, what it estimates, and that it is live only on a terminal."""

import io

import pytest

from synthkit.comparison.ledger import Cell
from synthkit.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def cell(classifier, fold, *, error=None, seconds=2.0):
    step = {"wall": seconds, "cpu": seconds, "peak": 0.0, "device": "cpu"}
    cost = {} if error else {"augment": step, "fit": step, "predict": step}
    return Cell("none", classifier, 0, fold, error=error, cost=cost)


def test_plain_lines_at_the_start_and_at_the_end():
    stream = io.StringIO()
    with Progress(stream, jobs=2) as progress:
        progress(None, 2)
        progress(cell("a", 0), 2)
        progress(cell("a", 1, error="no luck"), 2)
    assert stream.getvalue().splitlines() == [
        "Cells: 0 of 2 done, 2 running",
        "Cells: 2 of 2 done, 1 failed",
    ]


def test_a_terminal_gets_one_live_line_that_is_gone_at_the_end():
    stream = Terminal()
    with Progress(stream, jobs=1) as progress:
        progress(None, 2)
        progress(cell("a", 0), 2)
    assert "Comparing" in stream.getvalue()
    assert "1 of 2 done" in stream.getvalue()
    assert "Cells:" not in stream.getvalue()


@pytest.mark.parametrize(
    ("jobs", "words"),
    [
        (1, "2 of 10 done, 1 running, 0:00:40 left"),
        (4, "2 of 10 done, 4 running, 0:00:10 left"),
        (20, "2 of 10 done, 8 running, 0:00:02 left"),
    ],
)
def test_the_time_left_counts_a_strategy_once_for_all_its_classifiers(jobs, words):
    progress = Progress(io.StringIO(), jobs=jobs)
    progress(None, 10)
    progress(cell("a", 0), 10)  # 2 + 2 + 2 seconds
    progress(cell("b", 0), 10)  # on the same rows: 2 + 2
    assert progress.words == words


def test_nothing_is_said_of_time_before_anything_is_known():
    progress = Progress(io.StringIO(), jobs=1)
    progress(None, 10)
    assert progress.words == "0 of 10 done, 1 running"
    progress(cell("a", 0, error="no luck"), 10)
    assert progress.words == "1 of 10 done, 1 running, 1 failed"
