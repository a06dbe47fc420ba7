"""What every page shares: one file that asks nothing of any network, and runs no script but its own two."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import lru_cache
from html import unescape
from importlib.resources import files
from pathlib import Path
from typing import Any

from synthkit.files import written_beside
from synthkit.report.figure import Y_TITLE, Plot
from synthkit.report.palette import DARK


def write_page(text: str, path: Path | str) -> Path:
    """Write a page; the file is whole or absent.

    Raises: DataError when it cannot be written.
    """
    with written_beside(path) as beside:
        beside.write_text(text, encoding="utf-8")
    return Path(path)


def rendered(template: str, figures: dict[str, Any], **values: Any) -> str:
    """The page as text: a template of ours with its values, the drawings of its plots, styles and scripts."""
    scripts = {"plotly": _asset("plotly-basic.min.js"), "own": _asset("page.js")}
    return (
        _environment()
        .get_template(template)
        .render(
            css=_asset("page.css"),
            scripts=scripts,
            hashes=" ".join(f"'sha256-{_sha256(text)}'" for text in scripts.values()),
            figures=_in_script(figures),
            dark=_in_script({light.lower(): dark for light, dark in DARK.items()}),
            **values,
        )
    )


def drawn(
    plot: Plot,
    results: dict[str, Any],
    subject: str,
    name: str,
    figures: dict[str, Any],
) -> dict[str, Any]:
    """What a template needs of one plot; its drawing is put into `figures` under `name`."""
    found: dict[str, Any] = {
        "id": name,
        "name": plot.name,
        "title": plot.title,
        "missing": plot.missing(results, subject),
    }
    if found["missing"]:
        return found
    made = plot(results, subject).to_plotly_json()
    layout = {
        **made["layout"],
        "showlegend": False,
    }  # the page has a legend of buttons: keys reach them
    layout.pop("template", None)
    notes = layout.get("annotations", [])
    names = [a["text"] for a in notes if a.get("name") == Y_TITLE]
    layout["annotations"] = [a for a in notes if a.get("name") != Y_TITLE]
    if names:
        layout["margin"] = {**layout["margin"], "t": 8}
    figures[name] = {"data": made["data"], "layout": layout}
    return found | {
        "reading": plot.reading(results, subject),
        "table": plot.table(results, subject),
        "height": layout["height"],
        "y": unescape(names[0]) if names else "",
    }


@lru_cache
def _environment() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("synthkit.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@lru_cache
def _asset(name: str) -> Any:
    """A file of ours to be put in as it is. It must not end the element that it stands in."""
    from markupsafe import Markup

    text = (files("synthkit.report") / "templates" / name).read_text(encoding="utf-8")
    return Markup(text.replace("</script", "<\\/script").replace("\r\n", "\n"))


def _in_script(value: Any) -> Any:
    """JSON that cannot end its <script>, whatever names it holds."""
    from markupsafe import Markup

    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
