"""The page in a real Chromium: quiet, drawn, sortable, readable on a phone and by keyboard, in both themes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from synthkit.report import page
from synthkit.report.plots import PLOTS

HOSTILE, HOSTILE_COLUMN = "<script>alert(1)</script>", "</script><img src=x onerror=alert(2)>"
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


class Opened:
    """A page that is open, and everything that it said or asked for."""

    def __init__(self, tab: Any) -> None:
        self.tab, self.said, self.asked = tab, [], []
        tab.on("console", lambda message: self.said.append(message.text))
        tab.on("pageerror", lambda error: self.said.append(str(error)))
        tab.on("dialog", lambda dialog: (self.said.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        tab.on("request", lambda request: self.asked.append(request.url))

    def scroll_through(self) -> None:
        """Plots are drawn when they come near: go past all of them."""
        self.tab.evaluate("""async () => {
            for (const plot of document.querySelectorAll('.panel:not([hidden]) .plot')) {
                plot.scrollIntoView();
                for (let i = 0; i < 100 && !plot.dataset.drawn; i++) await new Promise(r => setTimeout(r, 20));
            }
        }""")


@pytest.fixture
def page_file(results: dict[str, Any], tmp_path: Path) -> Path:
    return page.write(results, tmp_path / "report.html")


@pytest.fixture(params=[(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop-light", "phone-dark"])
def opened(request: pytest.FixtureRequest, chromium: Any, page_file: Path) -> Iterator[Opened]:
    size, scheme = request.param
    context = chromium.new_context(viewport=size, color_scheme=scheme)
    found = Opened(context.new_page())
    found.tab.goto(page_file.as_uri())
    yield found
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
        assert all(200 < found["wide"] <= opened.tab.viewport_size["width"] for found in drawn.values()), drawn
        assert all(len(found["name"]) > 40 for found in drawn.values())


def test_the_page_never_scrolls_sideways(opened: Opened) -> None:
    opened.scroll_through()
    opened.tab.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    wide, seen = opened.tab.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= seen


def test_the_table_of_arms_fits_a_desktop(opened: Opened) -> None:
    if opened.tab.viewport_size == DESKTOP:
        wide, seen = opened.tab.evaluate("""() => { const box = document.querySelector('.panel:not([hidden]) .scroll');
            return [box.scrollWidth, box.clientWidth]; }""")
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
            "(rows, at) => rows.map(row => Number(row.cells[at].dataset.v))", at)

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
    def shade() -> int:
        found = opened.tab.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        return int(sum(found[:3]))

    opened.scroll_through()
    ink = "document.querySelector('.panel:not([hidden]) .plot .xtick text').style.fill"
    before, before_ink = shade(), opened.tab.evaluate(ink)
    dark = opened.tab.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert (before < 200) == dark
    opened.tab.focus("#theme")
    opened.tab.keyboard.press("Enter")
    assert (shade() < 200) != dark
    assert opened.tab.evaluate(ink) != before_ink, "the plots keep the other theme's ink"
    assert opened.tab.get_attribute("#theme", "aria-label") == f"Switch to the {'dark' if dark else 'light'} theme"


def test_an_arm_can_be_switched_off_by_keyboard_and_says_its_state(opened: Opened) -> None:
    opened.scroll_through()
    plot = opened.tab.locator(".panel:not([hidden]) .plot[id$=precision_recall]")
    button = opened.tab.locator(".panel:not([hidden]) .legend[data-for$=precision_recall] button").first
    lines = plot.locator(".scatterlayer .trace")
    before = lines.count()
    assert button.get_attribute("aria-pressed") == "true"
    button.press("Space")
    assert button.get_attribute("aria-pressed") == "false"
    assert lines.count() == before - 1
    assert button.evaluate("b => document.activeElement === b")


def test_everything_that_acts_has_a_name_and_headings_go_down_step_by_step(opened: Opened) -> None:
    opened.scroll_through()
    nameless = opened.tab.evaluate("""() => [...document.querySelectorAll('button, summary, input, [role]')]
        .filter(e => !(e.getAttribute('aria-label') || e.textContent.trim() || (e.labels && e.labels.length)))
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
        return ['h1', '.deck', '.facts', '.word', 'td', 'small', '.reading', 'summary', 'dt', '.published']
            .map(s => [s, document.querySelector(s)]).filter(([, e]) => e).map(([s, e]) => {
                const ink = light(getComputedStyle(e).color);
                return [s, (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05)];
            });
    }""")
    assert len(ratios) >= 9
    assert [found for found in ratios if found[1] < 4.5] == []
