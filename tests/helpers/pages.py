"""A page as text and in a browser, and names that would like to be HTML."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

HOSTILE = "<script>alert(1)</script>"
HOSTILE_COLUMN = "</script><img src=x onerror=alert(2)>"
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


class Outline(HTMLParser):
    """Tags and text of a page, its scripts apart."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self._raw = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._raw = tag in ("script", "style")
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._raw = False

    def handle_data(self, data: str) -> None:
        if not self._raw:
            self.text += data
        elif self.tags[-1][0] == "script":
            self.scripts[-1] += data


class Opened:
    """A page that is open, and everything that it said or asked for."""

    def __init__(self, tab: Any, file: Path) -> None:
        self.tab, self.said, self.asked = tab, [], []
        tab.on("console", lambda message: self.said.append(message.text))
        tab.on("pageerror", lambda error: self.said.append(str(error)))
        tab.on(
            "dialog",
            lambda dialog: (self.said.append(f"dialog: {dialog.message}"), dialog.dismiss()),
        )
        tab.on("request", lambda request: self.asked.append(request.url))
        tab.goto(file.as_uri())

    def scroll_through(self) -> None:
        """Plots are drawn when they come near: go past all of them."""
        self.tab.evaluate("""async () => {
            for (const plot of document.querySelectorAll('.plot')) {
                if (plot.closest('.panel[hidden]')) continue;
                plot.scrollIntoView();
                for (let i = 0; i < 100 && !plot.dataset.drawn; i++) await new Promise(r => setTimeout(r, 20));
            }
        }""")

    def wider_than_the_window(self) -> bool:
        self.tab.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        wide, seen = self.tab.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        return bool(wide > seen)

    def lightness(self) -> int:
        """Of its paper: the sum of red, green and blue."""
        found = self.tab.evaluate(
            "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
        )
        return int(sum(found[:3]))

    def nameless(self) -> list[str]:
        """What acts and has no name that a screen reader could say."""
        return list(
            self.tab.evaluate("""() => [...document.querySelectorAll('button, summary, input, a, [role]')]
            .filter(e => !(e.getAttribute('aria-label') || e.textContent.trim() || (e.labels && e.labels.length)))
            .filter(e => !e.closest('svg')).map(e => e.outerHTML.slice(0, 80))""")
        )

    def heading_levels(self) -> list[int]:
        return list(
            self.tab.evaluate(
                "[...document.querySelectorAll('h1, h2, h3')].map(h => Number(h.tagName[1]))"
            )
        )

    def contrasts(self, selectors: list[str]) -> dict[str, float]:
        """Of the first element of each selector that is there, the contrast to the paper as WCAG 2 defines it."""
        return dict(
            self.tab.evaluate(
                """selectors => {
            const light = (c) => c.match(/[\\d.]+/g).slice(0, 3).map(Number).map(v => v / 255)
                .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
            const paper = light(getComputedStyle(document.body).backgroundColor);
            return selectors.map(s => [s, document.querySelector(s)]).filter(([, e]) => e).map(([s, e]) => {
                const ink = light(getComputedStyle(e).color);
                return [s, (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05)];
            });
        }""",
                selectors,
            )
        )
