"""Every method by name, with its parameters, defaults and first sentence: from the registries themselves."""

from __future__ import annotations

import dataclasses
import inspect
import textwrap
from typing import Any

from synthkit.methods.registry import Registry


def registries() -> dict[str, Registry]:
    """The registries by the heading that they are listed under."""
    from synthkit.comparison.classifiers import CLASSIFIERS
    from synthkit.strategies import STRATEGIES
    from synthkit.synthesizers import SYNTHESIZERS
    from synthkit.table.datasets import DATASETS
    from synthkit.table.split import SPLITS

    return {
        "Strategies (arms)": STRATEGIES,
        "Synthesizers": SYNTHESIZERS,
        "Classifiers": CLASSIFIERS,
        "Splits": SPLITS,
        "Data sets": DATASETS,
    }


def listing(width: int = 100) -> str:
    """All methods as text: a heading per role; name and parameters, then the first sentence."""
    lines = []
    for heading, registry in registries().items():
        lines.append(heading)
        for name, cls in registry.items():
            signature = ", ".join(
                filter(None, (_parameter(f) for f in dataclasses.fields(cls) if f.init))
            )
            lines += textwrap.wrap(
                f"{name}({signature})" if signature else name,
                width,
                initial_indent="  ",
                subsequent_indent="   " + " " * len(name),
            )
            lines += textwrap.wrap(
                first_sentence(cls), width, initial_indent="      ", subsequent_indent="      "
            )
        lines.append("")
    return "\n".join(lines)


def _parameter(parameter: dataclasses.Field[Any]) -> str:
    if parameter.default is not dataclasses.MISSING:
        return f"{parameter.name}={parameter.default!r}"
    if parameter.default_factory is not dataclasses.MISSING:
        return f"{parameter.name}={parameter.default_factory()!r}"
    return parameter.name


def first_sentence(cls: type) -> str:
    """The first paragraph of a class's docstring, on one line."""
    return " ".join((inspect.getdoc(cls) or "").split("\n\n")[0].split())
