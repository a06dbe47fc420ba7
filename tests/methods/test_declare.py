"""One declaration: what fits, what does not and how that is said, and that a method is still a plain value."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from pydantic import Field

from synthkit.errors import ConfigError
from synthkit.methods import ByName, Registry, Said, method, spec_of, walk, with_parameter

Size = Annotated[int, Field(ge=1, description="A size.")]


@method
class Part:
    """A part."""

    share: Annotated[float, Field(gt=0, le=1, description="A share."), Said(why="It is one")] = 0.5


@method
class Whole:
    """A whole of parts.

    More about it.

    Raises
    ------
    DataError
        Never.
    """

    k: Annotated[int, Field(ge=1, description="How many, and that at some length.")] = 5
    how: Annotated[Literal["all", "most"], Field(description="How.")] = "all"
    sizes: Annotated[Sequence[Size], Field(description="Sizes."), Said(needed="sizes")] = (1,)
    scales: Annotated[Mapping[str, float], Field(description="Scales.")] = dataclasses.field(
        default_factory=dict
    )
    price: float | str | None = None
    on: bool = False
    part: Annotated[Any, ByName(f"{__name__}:PARTS")] = "part"
    parts: Sequence[Annotated[Any, ByName(f"{__name__}:PARTS")]] = ()

    def __post_init__(self) -> None:
        if self.k == 77:
            raise ConfigError("k must not be 77.", key="k")


@method
class Needy:
    """Needs a value."""

    a: int


PARTS = Registry("part", "no.group", {"part": Part, "whole": Whole, "needy": Needy})


@pytest.fixture(autouse=True)
def named(monkeypatch):
    """`ByName` finds this module's registry, which pytest imports under a name of its own."""
    monkeypatch.setattr("synthkit.methods.registry.resolve_name", lambda name: PARTS)


# ------------------------------------------------------------------------------------------ what fits


def test_values_of_python_and_numpy_are_plain_ones_in_the_end():
    found = Whole(np.int64(3), sizes=[np.int32(2), 1], scales={"a": 1}, price=np.float32(0.5))
    assert found == Whole(3, "all", (2, 1), {"a": 1.0}, 0.5)
    assert type(found.k) is int
    assert type(found.price) is float
    assert found.sizes == (2, 1)
    assert type(Part(1).share) is float


def test_a_method_inside_is_built_from_its_name_a_mapping_or_itself():
    found = Whole(part={"name": "part", "share": 1}, parts=["part", Part(0.1)])
    assert found.part == Part(1.0)
    assert found.parts == (Part(), Part(0.1))
    assert Whole().part == Part()


def test_it_is_a_value_as_a_plain_dataclass_is():
    found = Whole(parts=[Part(0.1)], sizes=[1, 2])
    assert pickle.loads(pickle.dumps(found)) == found == copy.deepcopy(found)
    assert dataclasses.replace(found, k=3) == Whole(3, parts=[Part(0.1)], sizes=[1, 2])
    assert repr(Part()) == "Part(share=0.5)"
    assert hash(Part(0.25)) == hash(Part(0.25))
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.k = 4
    with pytest.raises(ConfigError, match="k must be a whole number at least 1, however it is 0"):
        dataclasses.replace(found, k=0)


def test_its_plain_form_leaves_defaults_out_and_builds_it_again():
    found = Whole(2, parts=[Part(0.1)])
    spec = spec_of(found, (PARTS,))
    assert spec["k"] == 2
    assert spec["parts"] == [{"name": "part", "share": 0.1}]
    assert PARTS.build(spec) == found
    assert spec_of(Part(), (PARTS,)) == {"name": "part"}


def test_a_walk_reaches_every_method_the_innermost_first():
    found = Whole(part=Whole(parts=[Part(0.1), Part(0.2)]))
    seen = []
    assert walk(found, lambda part: seen.append(type(part)) or part) is found
    assert seen == [Part, Part, Part, Whole, Whole]
    changed = with_parameter(found, "share", 0.3)
    assert changed.part == Whole(part=Part(0.3), parts=[Part(0.3), Part(0.3)])
    assert with_parameter(found, "nothing", 1) is found


# --------------------------------------------------------------------------------- what does not, in words


@pytest.mark.parametrize(
    ("given", "says", "where"),
    [
        ({"k": 0}, "k must be a whole number at least 1, however it is 0.", ("k",)),
        ({"k": True}, "k must be a whole number at least 1, however it is True.", ("k",)),
        ({"k": "5"}, "k must be a whole number at least 1, however it is '5'.", ("k",)),
        ({"k": 1.5}, "k must be a whole number at least 1, however it is 1.5.", ("k",)),
        ({"k": None}, "k must be a whole number at least 1, however it is nothing.", ("k",)),
        ({"how": "none"}, "how must be 'all' or 'most', however it is 'none'.", ("how",)),
        ({"on": 1}, "on must be true or false, however it is 1.", ("on",)),
        ({"price": [1]}, "price must be a number or text, however it is a list.", ("price",)),
        (
            {"k": np.float64("nan")},
            "k must be a whole number at least 1, however it is nan.",
            ("k",),
        ),
        ({"part": {"name": "part", "share": 10**400}}, None, ("part", "share")),
        ({"price": float("inf")}, "price must be a number or text, however it is inf.", ("price",)),
        ({"sizes": "12"}, "sizes must be sizes, however it is '12'.", ("sizes",)),
        (
            {"sizes": [1, 0]},
            "sizes must be a whole number at least 1, however it is 0.",
            ("sizes", 1),
        ),
        (
            {"scales": {"a": "x"}},
            "scales['a'] must be a number, however it is 'x'.",
            ("scales", "a"),
        ),
        ({"scales": [1]}, "scales must be a mapping, however it is a list.", ("scales",)),
        ({"part": "prat"}, "There is no part 'prat'. Did you mean 'part'?", ("part", "name")),
        (
            {"part": {"name": "part", "share": 2}},
            "share must be a number above 0 and at most 1, however it is 2. It is one.",
            ("part", "share"),
        ),
        ({"kk": 1}, "whole has no parameter 'kk'. Did you mean 'k'?", ("kk",)),
        ({"k": 77}, "k must not be 77.", ("k",)),
    ],
)
def test_a_mistake_is_one_sentence_with_its_place(given, says, where):
    with pytest.raises(ConfigError) as raised:
        PARTS.build({"name": "whole", **given})
    assert says is None or str(raised.value) == says
    assert [mistake.where for mistake in raised.value.mistakes] == [where]
    assert raised.value.key == where[0] or where[0] == "part"


def test_all_mistakes_are_said_at_once():
    with pytest.raises(ConfigError) as raised:
        Whole(k=0, how="x", parts=["part", {"name": "part", "share": 2, "x": 1}, "prat"])
    assert [mistake.where for mistake in raised.value.mistakes] == [
        ("k",),
        ("how",),
        ("parts", 1, "share"),
        ("parts", 1, "x"),
        ("parts", 2, "name"),
    ]
    assert str(raised.value).count("\n") == 4


def test_what_is_missing_or_too_much():
    with pytest.raises(
        ConfigError, match=r"^Needy needs a, however it is not given\. Add a: \.\.\.\."
    ):
        Needy()
    with pytest.raises(TypeError, match="Part takes at most 1 values, however it got 2"):
        Part(0.1, 0.2)
    with pytest.raises(TypeError, match="Part takes share once"):
        Part(0.1, share=0.2)


def test_an_error_of_several_mistakes_can_be_pickled():
    with pytest.raises(ConfigError) as raised:
        Whole(k=0, how="x")
    again = pickle.loads(pickle.dumps(raised.value))
    assert (str(again), again.mistakes) == (str(raised.value), raised.value.mistakes)


# ------------------------------------------------------------------------------- what is made of it


def test_the_docstring_gets_its_parameters_before_its_other_sections():
    text = Whole.__doc__
    assert text.startswith("A whole of parts.\n\nMore about it.\n\nParameters\n----------\n")
    assert "k : whole number at least 1, default 5\n    How many, and that at some length." in text
    assert text.index("Parameters") < text.index("Raises\n------")


def test_the_json_schema_has_the_ranges():
    whole = PARTS.json_schema()["anyOf"][2]
    assert whole["properties"]["k"] == {
        "type": "integer",
        "minimum": 1,
        "default": 5,
        "description": "How many, and that at some length.",
    }
    assert PARTS.json_schema()["anyOf"][0] == {"enum": ["part", "whole"]}
