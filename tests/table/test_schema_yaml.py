"""A schema written, read back and used again is the same schema."""

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from synthkit.errors import ConfigError
from synthkit.table.dataset import load
from synthkit.table.datasets import DATASETS
from synthkit.table.schema import Schema, schema_from_yaml, schema_to_yaml

NAMES = [
    "größe",
    "two words",
    "a: b",
    "# no comment",
    "yes",
    "1",
    "1.5",
    "null",
    "~",
    "- dash",
    "'quoted'",
    '"x"',
    " edge ",
    "{a}",
    "[b]",
    "tab\there",
    "line\nbreak",
    "",
    "&anchor",
    "!tag",
    "%",
    "@",
    "`",
    "日本",
    "true",
    "?",
]


@pytest.mark.parametrize("name", DATASETS)
def test_a_fed_back_schema_is_the_same(name):
    dataset = load(name)
    back = load(dataset.table, schema=schema_from_yaml(schema_to_yaml(dataset.schema)))
    assert back.schema == dataset.schema
    assert back.content_hash == dataset.content_hash


def test_a_fed_back_schema_of_every_kind_is_the_same(mixed_table):
    for positive in ("fraud", "legit"):
        schema = load(
            mixed_table, target="outcome", positive=positive, schema={"flag": "categorical"}
        ).schema
        assert load(mixed_table, schema=schema_from_yaml(schema_to_yaml(schema))).schema == schema


def test_every_line_says_why(mixed_dataset):
    text = schema_to_yaml(mixed_dataset.schema)
    assert yaml.safe_load(text)["columns"]["amount"] == "numeric"
    for column in mixed_dataset.schema.columns:
        if column.name != "outcome":
            [line] = [line for line in text.splitlines() if line.startswith(f"  {column.name}:")]
            assert line.endswith(f"# {column.why}")


@pytest.mark.parametrize("name", NAMES)
def test_any_name_comes_back(name):
    table = pd.DataFrame({name: np.arange(30) / 2, "label": ["a", "b", "b"] * 10})
    for target in (None, "label"):
        schema = Schema.detect(table, target)
        assert schema_from_yaml(schema_to_yaml(schema)).kinds[name] == "numeric"
    as_target = Schema.detect(table.assign(**{name: [0, 1, 1] * 10}), name)
    assert schema_from_yaml(schema_to_yaml(as_target)).target == name


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Cn"]), max_size=20),
        min_size=1,
        max_size=4,
        unique=True,
    )
)
def test_any_text_is_a_name(names):
    table = pd.DataFrame({name: np.arange(4) / 2 for name in names})
    assert list(schema_from_yaml(schema_to_yaml(Schema.detect(table))).kinds) == names


@pytest.mark.parametrize(
    "classes",
    [
        ("yes", "no"),
        ("1", "2"),
        (0, 1),
        (False, True),
        (0.5, 1.5),
        ("a: b", "#"),
        ("null", "true"),
        (" >50K", " <=50K"),
    ],
)
def test_any_positive_class_comes_back_with_its_type(classes):
    table = pd.DataFrame({"x": np.arange(30) / 2, "y": [classes[0], *[classes[1]] * 2] * 10})
    schema = Schema.detect(table, "y", positive=classes[0])
    back = schema_from_yaml(schema_to_yaml(schema)).positive
    assert (back, type(back)) == (classes[0], type(classes[0]))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "columns:\n  a: numerc\n",
            r"my\.yaml, line 2: column 'a' .*'numerc'.*Did you mean 'numeric'",
        ),
        ("target: y\ncolums: {}\n", r"my\.yaml, line 2: .*'colums'.*Did you mean 'columns'"),
        ("columns: [a, b]\n", "line 1: columns must be a mapping"),
        ("- a\n", "a schema is a mapping"),
        ("", "empty"),
        ("columns: {a: numeric\n", "line"),
        ("columns: {a: numeric}\npositive: [1]\n", "line 2: positive must be one class"),
        ("columns:\n  a: numeric\n  a: key\n", "line 3: .*'a' stands twice"),
    ],
)
def test_mistakes_are_named_with_their_line(text, says):
    with pytest.raises(ConfigError, match=says):
        schema_from_yaml(text, "my.yaml")


def test_a_schema_file_may_name_a_few_columns_only():
    assert schema_from_yaml("columns: {a: key}\n") == ({"a": "key"}, None, None)
    assert schema_from_yaml("target: 1\npositive: yes\n") == ({}, "1", "yes")
