"""Every public name says what each of its parameters is, in numpydoc's form."""

from __future__ import annotations

import inspect
import re
from enum import Enum

import pytest

import synthkit

REGISTRIES = [
    name
    for name in synthkit.__all__
    if name.isupper() and name.endswith("S") and hasattr(getattr(synthkit, name), "role")
]
PUBLIC = sorted(set(synthkit.__all__) - set(REGISTRIES))
#: Sections that numpydoc knows, in their order.
SECTIONS = [
    "Parameters",
    "Attributes",
    "Returns",
    "Yields",
    "Raises",
    "See Also",
    "Notes",
    "References",
    "Examples",
]


def described(docstring: str) -> set[str]:
    """The names described under Parameters or Attributes."""
    text = inspect.cleandoc(docstring)
    found: set[str] = set()
    for section in re.findall(
        r"^(?:Parameters|Attributes)\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)", text, re.M | re.S
    ):
        for names in re.findall(r"^(\*{0,2}\w+(?:, \*{0,2}\w+)*)(?: :|$)", section, re.M):
            found |= {name.strip("* ") for name in names.split(",")}
    return found


def parameters(public: object) -> list[str]:
    """The parameters of a function, or of a class that is made by calling it."""
    if isinstance(public, type) and issubclass(public, Exception | Enum):
        return []
    given = inspect.signature(public).parameters.values()  # type: ignore[arg-type]
    return [p.name for p in given if p.name not in ("self", "args", "kwargs")]


@pytest.mark.parametrize("name", PUBLIC)
def test_each_parameter_is_described(name):
    public = getattr(synthkit, name)
    missing = [p for p in parameters(public) if p not in described(public.__doc__ or "")]
    assert not missing, f"{name} has no description of {', '.join(missing)}"


@pytest.mark.parametrize("name", PUBLIC)
def test_sections_are_numpydocs_in_their_order(name):
    found = re.findall(
        r"^(\w[\w ]*)\n---+$", inspect.cleandoc(getattr(synthkit, name).__doc__ or ""), re.M
    )
    assert [s for s in SECTIONS if s in found] == found


@pytest.mark.parametrize("name", [n for n in PUBLIC if inspect.isfunction(getattr(synthkit, n))])
def test_a_function_says_what_it_returns(name):
    function = getattr(synthkit, name)
    returns = inspect.signature(function, eval_str=False).return_annotation
    words = inspect.cleandoc(function.__doc__)
    assert returns in (None, "None") or "\nReturns\n---" in words or "\nYields\n---" in words


def test_a_parameter_without_words_is_found():
    def example(a: int, b: int) -> int:
        """Add.

        Parameters
        ----------
        a : int
            The first.
        """

    assert [p for p in parameters(example) if p not in described(example.__doc__)] == ["b"]
