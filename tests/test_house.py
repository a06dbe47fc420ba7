"""CONTRIBUTING's picture of the house is the one that import-linter enforces."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def floors() -> list[set[str]]:
    """The contract's layers, from the top down."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = settings["tool"]["importlinter"]["contracts"]
    return [{name.strip() for name in layer.split("|")} for layer in contract["layers"]]


def test_contributing_lists_the_floors_of_the_contract():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \d+ \| (.*?) \|", text, re.MULTILINE)
    listed = [set(re.findall(r"`(\w+)(?:\.py|/)?`", row)) for row in rows]
    assert listed == floors()


def test_every_module_stands_on_a_floor():
    modules = {path.stem for path in (ROOT / "synthkit").iterdir() if path.name[0] not in "_."}
    assert modules - {"py"} == set().union(*floors())
