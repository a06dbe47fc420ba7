"""The tables of docs/results.md and docs/quality.md, made from the fields of `synthkit.results`.

python docs/tables.py    writes the tables anew between their marks:  <!-- fields: Gap --> ... <!-- end -->
"""

from __future__ import annotations

import re
from pathlib import Path

from synthkit import results

DOCUMENTS = tuple(Path(__file__).parent / name for name in ("results.md", "quality.md"))
MARKED = re.compile(r"<!-- fields: (.*?) -->\n.*?<!-- end -->", re.DOTALL)


def current(text: str) -> str:
    """The document with every marked table as the fields say."""
    return MARKED.sub(lambda mark: _table(mark.group(1)), text)


def _table(name: str) -> str:
    model: type[results.Record] = getattr(results, name)
    rows = [
        f"| `{field.serialization_alias or key}` | {field.description} |"
        for key, field in model.model_fields.items()
    ]
    lines = [f"<!-- fields: {name} -->", "| key | meaning |", "|---|---|", *rows, "<!-- end -->"]
    return "\n".join(lines)


if __name__ == "__main__":
    for document in DOCUMENTS:
        document.write_text(current(document.read_text(encoding="utf-8")), encoding="utf-8")
