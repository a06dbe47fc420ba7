"""The quality page in a real Chromium: quiet, drawn, sortable, readable on a phone and by keyboard, in both themes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from helpers.pages import DESKTOP, HOSTILE, HOSTILE_COLUMN, PHONE, Opened

from synthkit.report.quality import page as quality_page

MARKS = ".scatterlayer path, .barlayer path"


@pytest.fixture(params=[(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop-light", "phone-dark"])
def opened(
    request: pytest.FixtureRequest, chromium: Any, report: dict[str, Any], tmp_path: Path
) -> Iterator[Opened]:
    size, scheme = request.param
    context = chromium.new_context(viewport=size, color_scheme=scheme)
    yield Opened(context.new_page(), quality_page.write(report, tmp_path / "quality.html"))
    context.close()


def test_nothing_is_asked_of_the_network_and_nothing_goes_wrong(opened: Opened) -> None:
    opened.scroll_through()
    opened.tab.click("#theme")
    assert opened.said == []
    assert [url for url in opened.asked if not url.startswith(("file:", "data:"))] == []


def test_every_plot_is_drawn_and_not_empty(opened: Opened) -> None:
    opened.scroll_through()
    drawn = opened.tab.evaluate(
        """marks => Object.fromEntries(
        [...document.querySelectorAll('.plot')].map(plot => [plot.id, {
            marks: [...plot.querySelectorAll(marks)]
                .filter(p => { const box = p.getBBox(); return box.width + box.height > 0; }).length,
            wide: plot.querySelector('svg').getBoundingClientRect().width,
            name: plot.getAttribute('aria-label')}]))""",
        MARKS,
    )
    assert set(drawn) == {
        "detection",
        "usefulness",
        "privacy_distances",
        "risks",
        "rules",
        "projection",
        "losses",
        *(f"column-{i}" for i in range(4)),
        *(f"pairs-{t}" for t in ("real", "synthetic", "difference")),
    }
    assert all(found["marks"] > 0 for found in drawn.values()), drawn
    assert all(
        200 < found["wide"] <= opened.tab.viewport_size["width"] for found in drawn.values()
    ), drawn
    assert all(len(found["name"]) > 40 for found in drawn.values())
    assert drawn["pairs-difference"]["marks"] == 12  # 4 columns, without the diagonal


def test_heat_maps_stand_side_by_side_where_there_is_room(opened: Opened) -> None:
    opened.scroll_through()
    tops = opened.tab.evaluate("""[...document.querySelectorAll('.three .plot')].map(
        plot => Math.round(plot.getBoundingClientRect().top))""")
    assert len(set(tops)) == (1 if opened.tab.viewport_size == DESKTOP else 3)


@pytest.mark.parametrize(
    "name",
    [
        "complete",
        "no_target",
        "no_holdout",
        "everything_skipped",
        "unknown_figures",
        "forty_columns",
    ],
)
def test_the_page_never_scrolls_sideways(
    chromium: Any,
    make: Callable[[str], dict[str, Any]],
    tmp_path: Path,
    name: str,
) -> None:
    context = chromium.new_context(viewport=PHONE)
    opened = Opened(context.new_page(), quality_page.write(make(name), tmp_path / "quality.html"))
    opened.scroll_through()
    assert not opened.wider_than_the_window()
    assert opened.said == []
    context.close()


def test_names_are_shown_letter_by_letter_and_never_run(opened: Opened) -> None:
    opened.scroll_through()
    text = opened.tab.inner_text("body")
    assert HOSTILE in text
    assert HOSTILE_COLUMN in text
    assert opened.tab.evaluate("document.querySelectorAll('img').length") == 0
    assert HOSTILE_COLUMN[:20] in opened.tab.evaluate(
        "document.querySelector('#detection').textContent"
    )
    assert opened.said == []


def test_a_click_or_a_key_in_a_heading_sorts_and_says_so(opened: Opened) -> None:
    table = opened.tab.locator("table.arms").first
    head = table.locator("thead tr:last-child th", has_text="baseline")

    def figures() -> list[float]:
        at = head.evaluate("th => th.cellIndex")
        return [
            float(value)
            for value in table.locator(".arms-body tr").evaluate_all(
                "(rows, at) => rows.map(row => row.cells[at].dataset.v)", at
            )
        ]

    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert figures() == sorted(figures(), reverse=True)
    assert len(set(figures())) > 2
    head.locator("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert figures() == sorted(figures())


def test_the_theme_follows_the_system_and_the_button_turns_it(opened: Opened) -> None:
    opened.scroll_through()
    bar = "getComputedStyle(document.querySelector('#pairs-real .barlayer path')).fill"
    before, before_bar = opened.lightness(), opened.tab.evaluate(bar)
    dark = opened.tab.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert (before < 200) == dark
    opened.tab.focus("#theme")
    opened.tab.keyboard.press("Enter")
    assert (opened.lightness() < 200) != dark
    assert opened.tab.evaluate(bar) != before_bar, "the heat maps keep the other theme's colours"


def test_a_kind_of_row_can_be_switched_off_by_keyboard(opened: Opened) -> None:
    opened.scroll_through()
    button = opened.tab.locator(".legend[data-for=projection] button", has_text="synthetic")
    marks = opened.tab.locator("#projection .scatterlayer .points path")
    before = marks.count()
    button.press("Space")
    assert button.get_attribute("aria-pressed") == "false"
    assert marks.count() == before - 50


def test_everything_that_acts_has_a_name_and_headings_go_down_step_by_step(opened: Opened) -> None:
    opened.scroll_through()
    assert opened.nameless() == []
    levels = opened.heading_levels()
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_text_stands_out_from_its_background(opened: Opened) -> None:
    found = opened.contrasts(
        [
            "h1",
            ".deck",
            ".facts",
            ".word.good",
            ".word.bad",
            ".remark",
            "td",
            "small",
            ".reading",
            "summary",
            ".contents a",
            "dt",
            ".key",
        ]
    )
    assert len(found) == 13
    assert min(found.values()) >= 4.5, found
