"""Every method by name, with its parameters, defaults and first sentence: from the registries themselves."""

from __future__ import annotations

import dataclasses
import textwrap
from typing import Any

from synthkit.methods.declare import default_of
from synthkit.methods.registry import Registry, first_sentence


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
    default = default_of(parameter)
    return parameter.name if default is dataclasses.MISSING else f"{parameter.name}={default!r}"
