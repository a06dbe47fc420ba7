"""The page in a real Chromium: quiet, drawn, sortable, readable on a phone and by keyboard, in both themes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from helpers.pages import DESKTOP, HOSTILE, HOSTILE_COLUMN, PHONE, Opened

from synthkit.report import page
from synthkit.report.plots import PLOTS


@pytest.fixture
def page_file(results: dict[str, Any], tmp_path: Path) -> Path:
    return page.write(results, tmp_path / "report.html")


@pytest.fixture(params=[(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop-light", "phone-dark"])
def opened(request: pytest.FixtureRequest, chromium: Any, page_file: Path) -> Iterator[Opened]:
    size, scheme = request.param
    context = chromium.new_context(viewport=size, color_scheme=scheme)
    yield Opened(context.new_page(), page_file)
    context.close()


def test_nothing_is_asked_of_the_network_and_nothing_goes_wrong(opened: Opened) -> None:
    opened.scroll_through()
    opened.tab.click("#theme")
    assert opened.said == []
    assert [url for url in opened.asked if not url.startswith(("file:", "data:"))] == []


def test_every_plot_of_every_classifier_is_drawn_and_not_empty(opened: Opened) -> None:
    for radio in opened.tab.query_selector_all("#switch input"):
        radio.check()
        opened.scroll_through()
        drawn = opened.tab.evaluate("""() => Object.fromEntries(
            [...document.querySelectorAll('.panel:not([hidden]) .plot')].map(plot => [plot.id.split('-')[1], {
                marks: [...plot.querySelectorAll('.scatterlayer path, .scatterlayer .points path')]
                    .filter(p => { const box = p.getBBox(); return box.width + box.height > 0; }).length,
                wide: plot.querySelector('svg').getBoundingClientRect().width,
                name: plot.getAttribute('aria-label')}]))""")
        assert set(drawn) == set(PLOTS)
        assert all(found["marks"] > 0 for found in drawn.values()), drawn
        assert all(
            200 < found["wide"] <= opened.tab.viewport_size["width"] for found in drawn.values()
        ), drawn
        assert all(len(found["name"]) > 40 for found in drawn.values())


def test_the_page_never_scrolls_sideways(opened: Opened) -> None:
    opened.scroll_through()
    assert not opened.wider_than_the_window()


def test_the_table_of_arms_fits_a_desktop(opened: Opened) -> None:
    if opened.tab.viewport_size == DESKTOP:
        wide, seen = (
            opened.tab.evaluate("""() => { const box = document.querySelector('.panel:not([hidden]) .scroll');
            return [box.scrollWidth, box.clientWidth]; }""")
        )
        assert wide <= seen


def test_names_are_shown_letter_by_letter_and_never_run(opened: Opened) -> None:
    opened.scroll_through()
    text = opened.tab.inner_text("body")
    assert HOSTILE in text
    assert HOSTILE_COLUMN in text
    assert opened.tab.evaluate("document.querySelectorAll('img').length") == 0
    drawn = opened.tab.evaluate("document.querySelector('.panel:not([hidden]) .plot').textContent")
    assert HOSTILE[:20] in drawn
    assert opened.said == []


def test_a_click_or_a_key_in_a_heading_sorts_and_says_so(opened: Opened) -> None:
    table = opened.tab.locator(".panel:not([hidden]) table.arms")
    head = table.locator("thead tr:last-child th", has_text="cost")

    def costs() -> list[float]:
        at = head.evaluate("th => th.cellIndex")
        return table.locator(".arms-body tr").evaluate_all(
            "(rows, at) => rows.map(row => Number(row.cells[at].dataset.v))", at
        )

    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert costs() == sorted(costs())
    assert len(set(costs())) > 2
    head.locator("button").press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert costs() == sorted(costs(), reverse=True)
    assert table.locator("thead [aria-sort]:not([aria-sort=none])").count() == 1
    # Limits stay apart, whatever the order.
    assert "perfect generator" not in table.locator(".arms-body").inner_text()
    assert "perfect generator" in table.locator(".limits-body").inner_text()


def test_the_theme_follows_the_system_and_the_button_turns_it(opened: Opened) -> None:
    opened.scroll_through()
    ink = "document.querySelector('.panel:not([hidden]) .plot .xtick text').style.fill"
    before, before_ink = opened.lightness(), opened.tab.evaluate(ink)
    dark = opened.tab.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert (before < 200) == dark
    opened.tab.focus("#theme")
    opened.tab.keyboard.press("Enter")
    assert (opened.lightness() < 200) != dark
    assert opened.tab.evaluate(ink) != before_ink, "the plots keep the other theme's ink"
    assert (
        opened.tab.get_attribute("#theme", "aria-label")
        == f"Switch to the {'dark' if dark else 'light'} theme"
    )


def test_an_arm_can_be_switched_off_by_keyboard_and_says_its_state(opened: Opened) -> None:
    opened.scroll_through()
    plot = opened.tab.locator(".panel:not([hidden]) .plot[id$=precision_recall]")
    button = opened.tab.locator(
        ".panel:not([hidden]) .legend[data-for$=precision_recall] button"
    ).first
    lines = plot.locator(".scatterlayer .trace")
    before = lines.count()
    assert button.get_attribute("aria-pressed") == "true"
    button.press("Space")
    assert button.get_attribute("aria-pressed") == "false"
    assert lines.count() == before - 1
    assert button.evaluate("b => document.activeElement === b")


def test_everything_that_acts_has_a_name_and_headings_go_down_step_by_step(opened: Opened) -> None:
    opened.scroll_through()
    assert opened.nameless() == []
    levels = opened.heading_levels()
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_text_stands_out_from_its_background(opened: Opened) -> None:
    found = opened.contrasts(
        ["h1", ".deck", ".facts", ".word", "td", "small", ".reading", "summary", "dt", ".published"]
    )
    assert len(found) >= 9
    assert min(found.values()) >= 4.5, found
