"""What every method of every registry declares: a meaning and a type for each parameter; and how short the way of a value is."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import pytest
from pydantic import Field

from synthkit.comparison.classifiers import CLASSIFIERS
from synthkit.comparison.cost import Cost
from synthkit.comparison.plan import Arm, Plan
from synthkit.comparison.scorecard import RecallAt
from synthkit.comparison.sweep import Sweep
from synthkit.config import Data, read_config
from synthkit.methods import method
from synthkit.methods.declare import is_declared, needed, parameters_of, schema_of
from synthkit.rules import RULES
from synthkit.strategies import STRATEGIES
from synthkit.synthesizers import SYNTHESIZERS
from synthkit.table.datasets import DATASETS
from synthkit.table.split import SPLITS

REGISTRIES = (STRATEGIES, SYNTHESIZERS, CLASSIFIERS, SPLITS, DATASETS, RULES)
CLASSES = dict.fromkeys(
    [cls for registry in REGISTRIES for cls in registry.values()]
    + [Plan, Arm, Cost, RecallAt, Sweep, Data]
)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__qualname__)
def test_every_parameter_says_what_it_means_and_what_it_takes(cls: Any) -> None:
    assert is_declared(cls), f"{cls.__name__} must be made by synthkit.methods.method"
    properties = schema_of(cls).get("properties", {})
    assert set(properties) == set(parameters_of(cls))
    for name, schema in properties.items():
        assert schema.get("description"), f"{cls.__name__}.{name} needs a description"
        takes = needed(schema) != "something else" or any(key.startswith("x-") for key in schema)
        assert takes, f"{cls.__name__}.{name} needs a type"
        assert f"{name} : " in cls.__doc__


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__qualname__)
def test_it_is_a_frozen_value(cls: Any) -> None:
    assert cls.__dataclass_params__.frozen


def test_a_value_passes_few_rooms_on_its_way_from_the_file_to_the_method(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    @method
    class Watching(STRATEGIES["none"]):  # type: ignore[misc]
        """Leaves alone, and looks who built it."""

        k: Annotated[int, Field(ge=1, description="Any number.")] = 1

        def __post_init__(self) -> None:
            frame = sys._getframe()
            while frame is not None:
                name = frame.f_globals.get("__name__", "")
                if name.startswith("synthkit.") and name not in seen:
                    seen.append(name)
                frame = frame.f_back  # type: ignore[assignment]

    monkeypatch.setitem(STRATEGIES._members, "watching", Watching)
    path = tmp_path / "x.yaml"
    path.write_text("data: mixed_fraud\narms: [{name: watching, k: 3}]\n")
    assert read_config(path).plan.arms[0].strategy.k == 3
    rooms = {name.split(".")[1] for name in seen}
    assert len(rooms) <= 5, rooms
    assert rooms == {"config", "methods", "comparison"}
