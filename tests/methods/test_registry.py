"""Names mean methods and methods mean names; nobody's broken package takes synthkit down."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import synthkit.methods.registry
from synthkit.errors import ConfigError
from synthkit.methods.registry import Registry, key_of, label_of, spec_of


@dataclass(frozen=True)
class Plain:
    a: int = 1
    b: float = 0.5
    made: int = field(default=7, init=False)


@dataclass(frozen=True)
class Needy:
    parts: Any

    def __post_init__(self) -> None:
        if isinstance(self.parts, list):
            object.__setattr__(self, "parts", tuple(map(REGISTRY.build, self.parts)))


REGISTRY = Registry("thing", "synthkit.no_such_group", {"plain": Plain, "needy": Needy})


# ------------------------------------------------------------------------------------- specs and back

numbers = st.builds(Plain, st.integers(-9, 9), st.floats(-1, 1))


@given(
    st.recursive(numbers, lambda inner: st.builds(Needy, st.lists(inner, max_size=3)), max_leaves=6)
)
def test_a_spec_builds_the_method_that_it_came_from(method: Any) -> None:
    spec = spec_of(method, (REGISTRY,))
    assert REGISTRY.build(spec) == method
    assert REGISTRY.build(json.loads(key_of(spec))) == method


@given(numbers, numbers)
def test_two_methods_have_one_key_only_if_they_are_equal(one: Plain, other: Plain) -> None:
    assert (key_of(spec_of(one, (REGISTRY,))) == key_of(spec_of(other, (REGISTRY,)))) == (
        one == other
    )


def test_a_spec_is_plain_and_whole() -> None:
    long = np.arange(5000)
    assert spec_of(Plain(), (REGISTRY,)) == {"name": "plain"}
    assert spec_of({"x": np.float64(0.5), 2: (1, None)}, ()) == {"x": 0.5, "2": [1, None]}
    assert spec_of(long, ()) == long.tolist()
    assert spec_of({"b", "a", "c"}, ()) == ["a", "b", "c"]
    assert label_of({"name": "top_up", "synthesizer": {"name": "ctgan", "epochs": 3}}) == (
        "top_up (synthesizer=ctgan (epochs=3))"
    )


@pytest.mark.parametrize(
    ("spec", "message", "key"),
    [
        ("plane", "There is no thing 'plane'. Did you mean 'plain'?", "name"),
        ({"a": 1}, "A thing needs a name, however this one has none. Known: needy, plain.", None),
        ({"name": "plain", "aa": 1}, "plain has no parameter 'aa'. Did you mean 'a'?", "aa"),
        ({"name": "plain", "made": 1}, "plain has no parameter 'made'. Known: a, b.", "made"),
        ("needy", "needy needs parts, however it is not given.", None),
        ({"name": "needy"}, "needy needs parts, however it is not given.", None),
        (Plain, "A thing itself is needed, however this is its class. Write Plain().", None),
        (
            3,
            "A thing is a name, a mapping with a name and parameters, or a thing itself, however this is 3.",
            None,
        ),
    ],
)
def test_a_wrong_spec_is_said_plainly(spec: Any, message: str, key: str | None) -> None:
    with pytest.raises(ConfigError) as raised:
        REGISTRY.build(spec)
    assert str(raised.value).startswith(message)
    assert raised.value.key == key


def test_a_plain_dataclass_of_another_package_is_held_to_its_types() -> None:
    assert REGISTRY.build({"name": "plain", "a": np.int64(3), "b": 1}) == Plain(3, 1.0)
    with pytest.raises(ConfigError, match=r"^a must be a whole number, however it is 'three'"):
        REGISTRY.build({"name": "plain", "a": "three"})
    with pytest.raises(ConfigError, match=r"^b must be a number, however it is True\.$"):
        REGISTRY.build({"name": "plain", "b": True})


# ------------------------------------------------------------------------------------- other packages

PLUGIN = f"{Path(__file__).stem}_plugin"


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Registry:
    """A registry of `plain`, with a package that offers one good method and several bad ones."""
    (tmp_path / f"{PLUGIN}.py").write_text(
        "from dataclasses import dataclass\n"
        "@dataclass(frozen=True)\nclass Good:\n    c: int = 3\n"
        "@dataclass(frozen=True)\nclass Other:\n    c: int = 3\n"
        "def function(): pass\n"
    )
    (tmp_path / f"{PLUGIN}_broken.py").write_text("raise RuntimeError('no GPU here')\n")
    monkeypatch.syspath_prepend(tmp_path)
    points = [
        EntryPoint(name, f"{PLUGIN}{value}", "group")
        for name, value in [
            ("good", ":Good"),
            ("plain", ":Good"),
            ("crashes", "_broken:Thing"),
            ("absent", "_absent:Thing"),
            ("gone", ":Gone"),
            ("function", ":function"),
            ("double", ":Good"),
            ("double", ":Other"),
            ("listed_twice", ":Other"),
            ("listed_twice", ":Other"),
        ]
    ]
    monkeypatch.setattr(synthkit.methods.registry, "entry_points", lambda group: points)
    return Registry("thing", "group", {"plain": Plain})


def test_a_good_method_of_another_package_is_one_of_ours(registry: Registry) -> None:
    assert list(registry) == ["plain", "good", "listed_twice"]
    method = registry.build({"name": "good", "c": 4})
    assert registry.name_of(method) == "good"
    assert spec_of(method, (registry,)) == {"name": "good", "c": 4}
    assert registry["plain"] is Plain  # the built-in name stays ours


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("crashes", "RuntimeError: no GPU here"),
        ("absent", "ModuleNotFoundError: No module named"),
        ("gone", "AttributeError: "),
        ("function", "must be a dataclass"),
        ("double", "several packages offer this name"),
    ],
)
def test_a_broken_method_is_told_of_when_it_is_asked_for(
    registry: Registry, name: str, why: str
) -> None:
    assert name not in registry
    assert name not in dict(registry.items())
    assert len(registry) == 3
    assert why in registry.broken[name]
    with pytest.raises(
        ConfigError, match=rf"^The thing '{name}' comes from .* cannot be loaded: .* unins"
    ) as raised:
        registry.build(name)
    assert why in str(raised.value)


def test_a_built_in_name_loads_no_other_package(registry: Registry) -> None:
    sys.modules.pop(PLUGIN, None)
    assert registry.build("plain") == Plain()
    assert "plain" in registry
    assert PLUGIN not in sys.modules


def test_an_installed_package_with_a_broken_strategy_leaves_the_others_working(
    tmp_path: Path,
) -> None:
    info = tmp_path / "rival-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rival\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[synthkit.strategies]\nrival = rival_missing:Rival\n")
    code = (
        f"import sys; sys.path.append({str(tmp_path)!r})\n"
        "from synthkit.strategies import STRATEGIES\n"
        "assert 'smote' in STRATEGIES or 'none' in STRATEGIES\n"
        "try: STRATEGIES.build('rival')\nexcept ValueError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == (
        "The strategy 'rival' comes from rival, however it cannot be loaded: ModuleNotFoundError: No module named"
        " 'rival_missing'. Mend or uninstall rival."
    )
