"""YAML with lines: what scalars mean, where they stand, what is refused."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from synthkit.errors import ConfigError
from synthkit.methods.yaml import dump, parse, read

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("none", "none"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("1e-3", 0.001),
        ("1.5", 1.5),
        (".5", 0.5),
        ("-.inf", float("-inf")),
        ("7", 7),
        ("-7", -7),
        ("007", "007"),
        ("1:30", "1:30"),
        ("2020-01-01", "2020-01-01"),
        ("1_000", "1_000"),
        ("'5'", "5"),
    ],
)
def test_scalars_mean_what_yaml_1_2_says(text, value):
    found = parse(text, "x").value
    assert found == value
    assert type(found) is type(value)


@given(PLAIN)
def test_what_is_written_is_read_back_by_us_and_by_others(value):
    assert parse(dump(value), "x").value == value
    assert yaml.safe_load(dump(value)) == value


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "no",
        "007",
        "2020-01-01",
        "none",
        "null",
        "true",
        "1e5",
        "1.5",
        "~",
        "",
        "\x85",
        "a\u2028b",
        "\u2029",
        "a\nb ",
        "\t",
    ],
)
def test_text_that_looks_like_something_else_stays_text(text):
    assert (
        parse(dump({"positive": text}), "x").value
        == yaml.safe_load(dump({"positive": text}))
        == {"positive": text}
    )


def test_every_value_knows_its_line():
    document = parse("# a comment\na: 1\nb:\n  - c\n  - d: 2\n    e: [3,\n      4]\n", "x.yaml")
    lines = {way: int(place.rsplit(" ", 1)[1]) for way, place in document.places.items()}
    assert lines == {
        (): 2,
        ("a",): 2,
        ("b",): 3,
        ("b", 0): 4,
        ("b", 1): 5,
        ("b", 1, "d"): 5,
        ("b", 1, "e"): 6,
        ("b", 1, "e", 0): 6,
        ("b", 1, "e", 1): 7,
    }
    assert document.place(("b", 1, "nowhere")) == "x.yaml, line 5"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "'a' stands twice (first on line 1)"),
        ("a:\n\t- b\n", 2, "spaces, not tabs"),
        ("a: 1\nb: [1, 2\n", 3, "expected ',' or ']'"),
        ("a: 1\n  b: 2\n", 2, "mapping values are not allowed"),
        ("a: 1\nb: !!python/object:os.system x\n", 2, "tag"),
        ("a: &x [*x]\n", 1, "contain itself"),
        ("a: 1\n---\nb: 2\n", 2, "single document"),
        ("a: 1\nb: \x01\n", 2, "'\\x01'"),
        ("a: 1\n? [b]\n: 2\n", 2, "a key must be a word"),
        ("a: *b\n", 1, "undefined alias"),
    ],
)
def test_a_mistake_is_found_on_its_line(text, line, says):
    with pytest.raises(ConfigError) as failure:
        parse(text, "x.yaml")
    assert str(failure.value).startswith(f"x.yaml, line {line}: ")
    assert says in str(failure.value)


def test_a_file_that_is_not_utf_8_names_the_line(tmp_path):
    (tmp_path / "x.yaml").write_bytes(b"a: 1\nb: caf\xe9\n")
    with pytest.raises(ConfigError, match=r"x\.yaml, line 2: .*UTF-8.*0xe9"):
        read(tmp_path / "x.yaml")


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path):
    (tmp_path / "x.yaml").write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read(tmp_path / "x.yaml").value == {"a": 1}


def test_a_change_leaves_the_rest_and_says_where_it_came_from():
    before = parse("a: {b: 1, c: 2}\n", "x.yaml")
    after = before.changed(("a", "b"), 9, "--set a.b=9").changed(
        ("new", "deep"), [1], "--set new.deep=[1]"
    )
    assert after.value == {"a": {"b": 9, "c": 2}, "new": {"deep": [1]}}
    assert before.value == {"a": {"b": 1, "c": 2}}
    assert after.place(("a", "b")) == "--set a.b=9"
    assert after.place(("a", "c")) == "x.yaml, line 1"
    assert after.place(("new", "deep", 0)) == "--set new.deep=[1]"
