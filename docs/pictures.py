"""The README's pictures: the head of a page as a still picture, drawn by Chromium.

python docs/pictures.py runs/fraud/report.html docs/pictures/comparison.png
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

WIDTH, HEIGHT = 1180, 1500


def draw(page: Path, picture: Path) -> None:
    """The first screens of `page` in the light theme; PNG."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit(
            "A picture needs Chromium, however none is on the PATH. Install it: apt-get install chromium."
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        sheet = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        sheet.goto(page.resolve().as_uri())
        sheet.wait_for_timeout(2_000)  # plots are drawn as they come into view
        picture.parent.mkdir(parents=True, exist_ok=True)
        sheet.screenshot(path=picture, clip={"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT})
        browser.close()


if __name__ == "__main__":
    draw(Path(sys.argv[1]), Path(sys.argv[2]))
