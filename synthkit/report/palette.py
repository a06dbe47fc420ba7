"""How arms look: a colour, a dash and a symbol each, the same in every plot; safe for colour-blind readers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

INK, QUIET, RULE, BAND, PAPER = "#1b1f24", "#5b6470", "#dfe2e6", "#e9ebee", "#ffffff"
#: Okabe & Ito (2008), its light hues darkened to stand 3:1 or more against white (WCAG 2.2, 1.4.11).
COLOURS = ("#0072b2", "#d55e00", "#00805e", "#b3478c", "#a87400", "#2a88c0", "#6b5bb5")
#: The same hues against the dark page: the page puts each in the place of its light one.
DARK = {
    INK: "#eceef1",
    QUIET: "#a3abb6",
    RULE: "#343a42",
    BAND: "#2a2f36",
    PAPER: "#14171b",
    "#0072b2": "#5fb2ea",
    "#d55e00": "#ff8a3d",
    "#00805e": "#2fc79b",
    "#b3478c": "#e59bc6",
    "#a87400": "#eeb42e",
    "#2a88c0": "#8fd0f5",
    "#6b5bb5": "#b5a8f0",
}
DASHES = ("solid", "dash", "dot", "dashdot")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "star", "triangle-down")
#: What a verdict's word looks like. A sign stands beside it: colour is never alone.
WORDS = {"better": COLOURS[0], "worse": COLOURS[1], "equivalent": QUIET, "undecided": QUIET}
SIGNS = {
    "better": "▲",
    "worth it": "▲",
    "worse": "▼",
    "not worth it": "▼",
    "equivalent": "=",
    "undecided": "?",
}


@dataclass(frozen=True)
class Look:
    """One arm's colour, dash and symbol."""

    colour: str
    dash: str
    symbol: str


def looks(results: dict[str, Any]) -> dict[str, Look]:
    """The look of each arm: the reference in ink, limits in grey, no two others alike up to 28."""
    found, position = {}, 0
    for arm in results["arms"]:
        if arm["label"] == results["config"]["reference"]:
            found[arm["label"]] = Look(INK, "solid", "circle-open")
        elif arm.get("limit"):
            found[arm["label"]] = Look(QUIET, "longdash", "cross")
        else:
            turn = position // len(COLOURS)
            found[arm["label"]] = Look(
                COLOURS[position % len(COLOURS)],
                DASHES[turn % len(DASHES)],
                SYMBOLS[(position + turn) % len(SYMBOLS)],
            )
            position += 1
    return found
