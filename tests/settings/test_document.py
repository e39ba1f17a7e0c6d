"""YAML: what is data, where it stands, and what is refused."""

from __future__ import annotations

import math

import pytest

from convbridge.errors import ConfigError
from convbridge.settings.document import parse, read_text


def refused(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text, source="f.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        pytest.param("a: 1", {"a": 1}, id="number"),
        pytest.param("a: -2.5e1", {"a": -25.0}, id="float"),
        pytest.param("a: .5", {"a": 0.5}, id="float without zero"),
        pytest.param("a: 012", {"a": "012"}, id="leading zero is text, not octal"),
        pytest.param("a: 012.5", {"a": "012.5"}, id="leading zero before a point"),
        pytest.param("a: 1" + "0" * 30, {"a": "1" + "0" * 30}, id="endless digits"),
        pytest.param("a: 12:30:45", {"a": "12:30:45"}, id="time is text"),
        pytest.param("a: 2026-01-02", {"a": "2026-01-02"}, id="date is text"),
        pytest.param("a: yes\nb: no", {"a": "yes", "b": "no"}, id="Norway is text"),
        pytest.param("a: true\nb: False", {"a": True, "b": False}, id="booleans"),
        pytest.param("a:\nb: ~\nc: null", dict.fromkeys("abc"), id="nothing"),
        pytest.param("a: '1'\nb: \"2\"", {"a": "1", "b": "2"}, id="quotes make text"),
        pytest.param("1: a\ntrue: b", {"1": "a", "true": "b"}, id="keys are text"),
        pytest.param("[a, [b]]", ["a", ["b"]], id="lists"),
        pytest.param("a: &x {b: 1}\nc: *x", {"a": {"b": 1}, "c": {"b": 1}}, id="alias"),
        pytest.param(
            "a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}",
            {"a": {"b": 1, "c": 2}, "d": {"b": 1, "c": 3}},
            id="merge",
        ),
        pytest.param(
            "a: &x {b: 1}\nc: &y {b: 2, d: 3}\ne: {<<: [*x, *y]}",
            {"a": {"b": 1}, "c": {"b": 2, "d": 3}, "e": {"b": 1, "d": 3}},
            id="merge of several, the first wins",
        ),
        pytest.param("a: สั่งซื้อ", {"a": "สั่งซื้อ"}, id="thai"),
    ],
)
def test_yaml_becomes_plain_data(text, data):
    assert parse(text, source="f.yaml").data == data


def test_not_a_number_is_a_float():
    assert math.isnan(parse(".nan", source="f.yaml").data)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "",
            "f.yaml is empty\nHint: `convbridge init` writes one to start from",
            id="empty",
        ),
        pytest.param(
            "# only a comment\n",
            "f.yaml is empty\nHint: `convbridge init` writes one to start from",
            id="comment only",
        ),
        pytest.param(
            "a:\n\tb: 1",
            "f.yaml is not a usable YAML file:\n"
            "  f.yaml:2:1: found character that cannot start any token "
            "(YAML is indented with spaces; this line begins with a tab)",
            id="tab",
        ),
        pytest.param(
            "a:b\nc: 1",
            "f.yaml is not a usable YAML file:\n"
            "  f.yaml:2:2: mapping values are not allowed in this context "
            "(a space is needed after the colon)",
            id="no space after the colon",
        ),
        pytest.param(
            "a: {b: 1",
            "f.yaml is not a usable YAML file:\n"
            "  f.yaml:2:1: did not find expected ',' or '}'",
            id="open brace",
        ),
        pytest.param(
            "a: 1\nb: 2\na: 3\nb: 4",
            "f.yaml is not a usable YAML file:\n"
            "  f.yaml:3:1: the key 'a' is already on line 1\n"
            "  f.yaml:4:1: the key 'b' is already on line 2",
            id="duplicate keys, all of them",
        ),
        pytest.param(
            "a: !!python/object:os.system x\nb: !x {}\nc: !y []",
            "f.yaml is not a usable YAML file:\n"
            "  f.yaml:1:4: the YAML tag "
            "'tag:yaml.org,2002:python/object:os.system' is not allowed here\n"
            "  f.yaml:2:4: the YAML tag '!x' is not allowed here\n"
            "  f.yaml:3:4: the YAML tag '!y' is not allowed here",
            id="tags",
        ),
        pytest.param(
            "a: &x [*x]",
            "f.yaml is not a usable YAML file:\n"
            "  f.yaml:1:4: an alias (*) repeats its own content endlessly",
            id="alias of itself",
        ),
        pytest.param(
            "a: *x",
            "f.yaml is not a usable YAML file:\n  f.yaml:1:4: found undefined alias",
            id="unknown alias",
        ),
        pytest.param(
            "? [a]\n: 1",
            "f.yaml is not a usable YAML file:\n"
            "  f.yaml:1:3: a key must be text, not a list or a mapping",
            id="list as a key",
        ),
        pytest.param(
            "a: {<<: 3}",
            "f.yaml is not a usable YAML file:\n"
            "  f.yaml:1:9: `<<` merges mappings only",
            id="merge of a number",
        ),
        pytest.param(
            "---\na: 1\n---\nb: 2",
            "f.yaml is not a usable YAML file:\n"
            "  f.yaml:3:1: but found another document",
            id="two documents",
        ),
        pytest.param(
            "a: \x00",
            "f.yaml is not a usable YAML file:\n"
            "  f.yaml: control characters are not allowed",
            id="control character",
        ),
    ],
)
def test_unusable_yaml_is_told_with_its_place(text, message):
    assert refused(text) == message


def test_aliases_cannot_make_a_small_file_huge():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]

    message = refused("\n".join(lines))

    assert "repeats its own content endlessly" in message


def test_deep_nesting_is_refused():
    assert refused("[" * 5000 + "]" * 5000).startswith("f.yaml is not a usable YAML")


def test_place_of_a_part_is_its_line_and_column():
    document = parse("a:\n  b: [x, {c: 1}]\n", source="f.yaml")

    places = {
        "value": document.where(("a", "b", 1, "c")),
        "key": document.where(("a", "b", 1, "c"), key=True),
        "item": document.where(("a", "b", 0)),
        "top": document.where(()),
        "no such key": document.where(("a", "z")),
        "no such item": document.where(("a", "b", 7)),
        "below a scalar": document.where(("a", "b", 0, "z")),
        "a name in a list": document.where(("a", "b", "z")),
    }

    assert places == {
        "value": "f.yaml:2:14",
        "key": "f.yaml:2:11",
        "item": "f.yaml:2:7",
        "top": "f.yaml:1:1",
        "no such key": None,
        "no such item": None,
        "below a scalar": None,
        "a name in a list": None,
    }


def test_place_of_a_merged_part_is_where_it_was_written():
    document = parse("a: &x {b: 1}\nc:\n  <<: [*x]\n", source="f.yaml")

    assert document.where(("c", "b")) == "f.yaml:1:11"
    assert document.where(("c", "z")) is None


def test_missing_file_says_how_to_make_one(tmp_path):
    path = tmp_path / "none.yaml"

    with pytest.raises(ConfigError) as caught:
        read_text(path)

    assert str(caught.value) == (
        f"{path} does not exist\n"
        "Hint: write one with `convbridge init`, or name it with --config"
    )


def test_directory_is_no_file(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        read_text(tmp_path)


def test_other_encodings_are_refused(tmp_path):
    path = tmp_path / "f.yaml"
    path.write_bytes("zł: ż".encode("cp1250"))

    with pytest.raises(ConfigError, match="not UTF-8 text: byte 1 cannot be read"):
        read_text(path)


def test_byte_order_mark_is_no_part_of_the_text(tmp_path):
    path = tmp_path / "f.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1")

    assert read_text(path) == "a: 1"
