"""YAML is read as text with lines; what makes a file hard to trust is refused."""

from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.yaml_lines.reader import flatten, line_of, plain, read_yaml


def said_of(raw: bytes) -> list[str]:
    with pytest.raises(UserError) as caught:
        read_yaml(raw, path="x.yaml")
    return str(caught.value).splitlines()


def test_every_scalar_stays_the_text_it_is() -> None:
    token_id = "71321045679252212594626385532706912750332728571942532289631379312455583992563"
    text = f"""\
outcomes: [Yes, No]
region: NO
condition_id: 0xabc0000000000000000000000000000000000000000000000000000000000001
token_id: {token_id}
tenth: 0.1
time: 16:30
octal: 0123
nothing: null
date: 2026-11-03
version: 1.10
"""
    assert plain(read_yaml(text.encode(), path="x.yaml")) == {
        "outcomes": ["Yes", "No"],
        "region": "NO",
        "condition_id": "0xabc0000000000000000000000000000000000000000000000000000000000001",
        "token_id": token_id,
        "tenth": "0.1",
        "time": "16:30",
        "octal": "0123",
        "nothing": "null",
        "date": "2026-11-03",
        "version": "1.10",
    }


TREE = b"""\
# a comment
a: 1
b:
  c: [x,
      y]
  d:
    - e: 2
      f: 3
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 2),
        (("a",), 2),
        (("b", "c"), 4),
        (("b", "c", 1), 5),
        (("b", "d", 0, "f"), 8),
        (("b", "missing"), 3),
        (("b", "c", "missing"), 4),
        (("a", 0), 2),
    ],
)
def test_line_of_an_option_or_of_what_holds_it(path: tuple[str | int, ...], line: int) -> None:
    assert line_of(read_yaml(TREE, path="x.yaml"), path) == line


def test_every_scalar_has_a_dotted_name() -> None:
    assert flatten(read_yaml(TREE, path="x.yaml")) == {
        "a": "1",
        "b.c.1": "x",
        "b.c.2": "y",
        "b.d.1.e": "2",
        "b.d.1.f": "3",
    }


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "1: the file is empty. Write options as 'name: what it is'."),
        (b"# only\n\n", "1: the file is empty. Write options as 'name: what it is'."),
        (b"---\n", "1: the file is empty. Write options as 'name: what it is'."),
        (b"- a\n- b\n", "1: the file does not begin with an option. Write options as"),
        (b"\njust text\n", "2: the file does not begin with an option. Write options as"),
        (b"a: 1\nb: 2\na: 3\n", "3: a stands here and in line 1. Remove one of them."),
        (b"a: {b: 1, b: 2}\n", "1: b stands here and in line 1. Remove one of them."),
        (b"a: 1\n---\nb: 2\n", "2: a second document begins here. Put it into a file of its own."),
        (b"a: 1\n\tb: 2\n", "2: is indented with a tab. Use spaces."),
        (b"a:\n  - b\n  \t- c\n", "3: is indented with a tab. Use spaces."),
        (b"a: caf\xe9\n", "1: byte 0xe9 is not UTF-8. Save it as UTF-8."),
        (b"a: 1\nb: \xff\xfe\n", "2: byte 0xff is not UTF-8. Save it as UTF-8."),
        (b"a: &x 1\n", "1: uses an anchor (& or *). Write the text out where it is used."),
        (b"a: !mine 1\n", "1: !mine is a tag. Remove it: every option knows its type."),
        (b"a: !!python/object:os.system {}\n", "1: tag:yaml.org,2002:python/object:os.system is"),
        (b"a:\n  b:\n", "2: b is empty. Write what it is, or remove the line."),
        (b"a: [1, ]\nc: [~x, '', -]\nd:\n  -\n", "4: an item of d is empty. Write what it is"),
        (b"'': 1\n", "1: the name of an option must be a text."),
        (b"a: b: c\n", "1: cannot be read as YAML: mapping values are not allowed in this"),
        (b"a: [1\nb: 2\n", "2: cannot be read as YAML: did not find expected ',' or ']'."),
        (b"a: 'x\n", "2: cannot be read as YAML: found unexpected end of stream. Check the"),
        (b"a: " + b"[" * 40 + b"]" * 40, "1: cannot be read as YAML: it is nested deeper than 20"),
        (b"a: \x00\n", "1: cannot be read as YAML:"),
    ],
)
def test_what_cannot_be_trusted_is_refused_with_its_line(raw: bytes, said: str) -> None:
    assert said_of(raw)[0].startswith(f"x.yaml:{said}")


def test_anchor_alias_and_merge_are_all_reported() -> None:
    assert [line.split(":")[1] for line in said_of(b"a: &x {b: 1}\nc: *x\nd:\n  <<: {e: 2}\n")] == [
        "1",
        "2",
        "4",
    ]


def test_alias_as_a_name_is_refused() -> None:
    assert said_of(b"a: &x b\n*x : c\n")[1].startswith("x.yaml:2: uses an anchor")


def test_byte_order_mark_windows_lines_and_quoted_emptiness_are_fine() -> None:
    assert plain(read_yaml(b"\xef\xbb\xbfa: 1\r\nb: ''\r\n", path="x")) == {"a": "1", "b": ""}


NAMES = st.text("abcxyz", min_size=1, max_size=4)
TREES = st.recursive(
    st.text("abc 01.%{}:#-", max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(NAMES, TREES, min_size=1, max_size=4))
def test_what_was_written_is_what_is_read(tree: object) -> None:
    raw = yaml.safe_dump(tree, allow_unicode=True, default_style='"').encode()
    raw = re.sub(rb"!!\S+ ", b"", raw)
    assert plain(read_yaml(raw, path="x.yaml")) == tree


@given(st.binary(max_size=60))
def test_any_bytes_give_a_tree_or_a_report(raw: bytes) -> None:
    said = "x.yaml:1: "
    try:
        read_yaml(raw, path="x.yaml")
    except UserError as error:
        said = str(error)
    assert re.match(r"x\.yaml:\d+: ", said)
