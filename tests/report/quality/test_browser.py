"""The quality page in a real Chromium: quiet, drawn, sortable, readable on a phone and by keyboard, in both themes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from synthkit.report.quality import page as quality_page

HOSTILE, HOSTILE_COLUMN = "<script>alert(1)</script>", "</script><img src=x onerror=alert(2)>"
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
MARKS = ".scatterlayer path, .barlayer path"


class Opened:
    """A page that is open, and everything that it said or asked for."""

    def __init__(self, tab: Any, file: Path) -> None:
        self.tab, self.said, self.asked = tab, [], []
        tab.on("console", lambda message: self.said.append(message.text))
        tab.on("pageerror", lambda error: self.said.append(str(error)))
        tab.on("dialog", lambda dialog: (self.said.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        tab.on("request", lambda request: self.asked.append(request.url))
        tab.goto(file.as_uri())

    def scroll_through(self) -> None:
        """Plots are drawn when they come near: go past all of them."""
        self.tab.evaluate("""async () => {
            for (const plot of document.querySelectorAll('.plot')) {
                plot.scrollIntoView();
                for (let i = 0; i < 100 && !plot.dataset.drawn; i++) await new Promise(r => setTimeout(r, 20));
            }
        }""")

    def wider_than_the_window(self) -> bool:
        self.tab.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        wide, seen = self.tab.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        return bool(wide > seen)


@pytest.fixture(params=[(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop-light", "phone-dark"])
def opened(request: pytest.FixtureRequest, chromium: Any, report: dict[str, Any], tmp_path: Path) -> Iterator[Opened]:
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
    drawn = opened.tab.evaluate("""marks => Object.fromEntries(
        [...document.querySelectorAll('.plot')].map(plot => [plot.id, {
            marks: [...plot.querySelectorAll(marks)]
                .filter(p => { const box = p.getBBox(); return box.width + box.height > 0; }).length,
            wide: plot.querySelector('svg').getBoundingClientRect().width,
            name: plot.getAttribute('aria-label')}]))""", MARKS)
    assert set(drawn) == {"detection", "usefulness", "privacy_distances", "risks", "rules", "projection", "losses",
                          *(f"column-{i}" for i in range(4)), *(f"pairs-{t}" for t in (
                              "real", "synthetic", "difference"))}
    assert all(found["marks"] > 0 for found in drawn.values()), drawn
    assert all(200 < found["wide"] <= opened.tab.viewport_size["width"] for found in drawn.values()), drawn
    assert all(len(found["name"]) > 40 for found in drawn.values())
    assert drawn["pairs-difference"]["marks"] == 12  # 4 columns, without the diagonal


def test_heat_maps_stand_side_by_side_where_there_is_room(opened: Opened) -> None:
    opened.scroll_through()
    tops = opened.tab.evaluate("""[...document.querySelectorAll('.three .plot')].map(
        plot => Math.round(plot.getBoundingClientRect().top))""")
    assert len(set(tops)) == (1 if opened.tab.viewport_size == DESKTOP else 3)


@pytest.mark.parametrize("name", ["complete", "no_target", "no_holdout", "everything_skipped", "unknown_figures",
                                  "forty_columns"])
def test_the_page_never_scrolls_sideways(
    chromium: Any, make: Callable[[str], dict[str, Any]], tmp_path: Path, name: str,
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
    assert HOSTILE_COLUMN[:20] in opened.tab.evaluate("document.querySelector('#detection').textContent")
    assert opened.said == []


def test_a_click_or_a_key_in_a_heading_sorts_and_says_so(opened: Opened) -> None:
    table = opened.tab.locator("table.arms").first
    head = table.locator("thead tr:last-child th", has_text="baseline")

    def figures() -> list[float]:
        at = head.evaluate("th => th.cellIndex")
        return [float(value) for value in table.locator(".arms-body tr").evaluate_all(
            "(rows, at) => rows.map(row => row.cells[at].dataset.v)", at)]

    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert figures() == sorted(figures(), reverse=True)
    assert len(set(figures())) > 2
    head.locator("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert figures() == sorted(figures())


def test_the_theme_follows_the_system_and_the_button_turns_it(opened: Opened) -> None:
    def shade() -> int:
        found = opened.tab.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        return int(sum(found[:3]))

    opened.scroll_through()
    bar = "getComputedStyle(document.querySelector('#pairs-real .barlayer path')).fill"
    before, before_bar = shade(), opened.tab.evaluate(bar)
    dark = opened.tab.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert (before < 200) == dark
    opened.tab.focus("#theme")
    opened.tab.keyboard.press("Enter")
    assert (shade() < 200) != dark
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
    nameless = opened.tab.evaluate("""() => [...document.querySelectorAll('button, summary, a, [role]')]
        .filter(e => !(e.getAttribute('aria-label') || e.textContent.trim()))
        .filter(e => !e.closest('svg')).map(e => e.outerHTML.slice(0, 80))""")
    assert nameless == []
    levels = opened.tab.evaluate("[...document.querySelectorAll('h1, h2, h3')].map(h => Number(h.tagName[1]))")
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_text_stands_out_from_its_background(opened: Opened) -> None:
    ratios = opened.tab.evaluate("""() => {
        const light = (c) => c.match(/[\\d.]+/g).slice(0, 3).map(Number).map(v => v / 255)
            .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
        const paper = light(getComputedStyle(document.body).backgroundColor);
        return ['h1', '.deck', '.facts', '.word.good', '.word.bad', '.remark', 'td', 'small', '.reading', 'summary',
                '.contents a', 'dt', '.key'].map(s => [s, document.querySelector(s)]).map(([s, e]) => {
                const ink = light(getComputedStyle(e).color);
                return [s, (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05)];
            });
    }""")
    assert len(ratios) == 13
    assert [found for found in ratios if found[1] < 4.5] == []
