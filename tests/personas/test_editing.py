"""Keys of a persona's YAML are set, and nothing else changes."""

import difflib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.persona import PersonaSheet
from bot.files.problems import YamlError
from bot.files.yamlfile import read
from bot.personas.editing import FIELDS, UneditableError, edited
from bot.personas.reading import read_text
from tests.storage.cast import REPOSITORY

PLAIN = """\
# Marlow, as his table knows him
name: Marlow  # never Marley
avatar: marlow.png

description: >
  He keeps the Bell.
  Nobody knows why.

# how he is
personality: 'warm'
tags: [a, "b"]   # odd  spacing
"""


def lines_changed(before: str, after: str) -> list[str]:
    diff = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [f"{line[0]} {line[1:]}" for line in list(diff)[2:] if line[0] in "+-"]


@pytest.mark.parametrize(
    ("values", "changes"),
    [
        ({"name": "Marla"}, ["- name: Marlow  # never Marley", "+ name: Marla  # never Marley"]),
        ({"name": "Marla: 5 # no"}, ["- name: Marlow  # never Marley", "+ name: 'Marla: 5 # no'  # never Marley"]),
        ({"name": "5"}, ["- name: Marlow  # never Marley", "+ name: '5'  # never Marley"]),
        ({"description": "Gone."}, ["-   He keeps the Bell.", "-   Nobody knows why.", "+   Gone."]),
        (
            {"description": "Gone.\nFor good."},
            ["-   He keeps the Bell.", "-   Nobody knows why.", "+   Gone.", "+ ", "+   For good."],
        ),
        ({"personality": "it's"}, ["- personality: 'warm'", "+ personality: 'it''s'"]),
        ({"personality": "a\n\nb"}, ["- personality: 'warm'", "+ personality: |", "+   a", "+ ", "+   b"]),
        ({"personality": ""}, ["- personality: 'warm'", "+ personality: ''"]),
        ({"scenario": "A storm."}, ["+ scenario: A storm."]),
        ({"greeting": '*waves*\n\n"Hi."'}, ["+ greeting: |", "+   *waves*", "+ ", '+   "Hi."']),
        ({"scenario": "s", "greeting": "g"}, ["+ scenario: s", "+ greeting: g"]),
        ({"scenario": "word " * 30}, ["+ scenario: >", f"+   {'word ' * 18}word", f"+   {'word ' * 10}word"]),
        ({"scenario": ""}, []),
        ({"name": " Marlow\n", "description": "He keeps the Bell. Nobody knows why.\r\n"}, []),
        ({"scenario": "a\u2028b"}, ['+ scenario: "a\\u2028b"']),
        ({"scenario": "a\n  b\tc"}, ["+ scenario: |", "+   a", "+     b\tc"]),
    ],
)  # fmt: skip
def test_one_key_changes_and_each_other_line_stays(values: dict[str, str], changes: list[str]) -> None:
    after = edited(PLAIN.encode(), values).decode()
    assert lines_changed(PLAIN, after) == changes


def test_new_keys_stand_where_people_look_for_them() -> None:
    after = edited(PLAIN.encode(), {"scenario": "s", "greeting": "g"}).decode()
    assert list(read(after, "x").data) == [
        "name", "avatar", "description", "personality", "scenario", "greeting", "tags",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"name: X", b"name: Y\ndescription: d"),
        (b"\xef\xbb\xbfname: X\r\n# c\r\n", b"\xef\xbb\xbfname: Y\r\ndescription: d\r\n# c\r\n"),
        (b"---\nname: X\n...\n", b"---\nname: Y\ndescription: d\n...\n"),
        (b"  name: X\n  nsfw: true\n", b"  name: Y\n  description: d\n  nsfw: true\n"),
        (b"{name: X}", b'{name: "Y", "description": "d"}'),
        (b'{"name":"X"}', b'{"name": "Y", "description": "d"}'),
        (
            b'{\n\t"name": "X",\n\t"nsfw": true\n}\n',
            b'{\n\t"name": "Y",\n\t"description": "d",\n\t"nsfw": true\n}\n',
        ),
        (b"description:\n  x\n  y\nname: X\n", b"description: d\nname: Y\n"),
        (b"description: # why\n  # hm\n  x\nname: X\n", b"description: # why\n  # hm\n  d\nname: Y\n"),
        (b"description: |+\n    x\n\n\n# c\nname: X\n", b"description: |\n    d\n\n\n# c\nname: Y\n"),
        (b'"name": X\n\'description\': "x"\n', b'"name": Y\n\'description\': "d"\n'),
        (b"description: x\n  # indented\nname: X\n", b"description: d\n  # indented\nname: Y\n"),
    ],
)
def test_every_way_to_write_a_file_is_kept(before: bytes, after: bytes) -> None:
    assert edited(before, {"name": "Y", "description": "d"}) == after


def test_a_text_that_no_block_can_have_there_is_put_into_quotes() -> None:
    before = b"description: x\n  # indented\nname: X\n"
    assert edited(before, {"description": "a\nb"}) == b'description: "a\\nb"\n  # indented\nname: X\n'


@pytest.mark.parametrize("content", [b"- a\n", b"name\n", b""])
def test_what_is_no_persona_is_not_edited(content: bytes) -> None:
    with pytest.raises(UneditableError):
        edited(content, {"name": "X"})


def test_a_file_with_a_mistake_and_one_that_gets_too_large_are_not_edited() -> None:
    with pytest.raises(YamlError):
        edited(b"name: 'X\n", {"name": "Y"})
    with pytest.raises(UneditableError):
        edited(b"name: X\n", {"description": "y" * 300_000})


# --- any text, in any file ------------------------------------------------------------------------------

WORDS = st.text(
    st.sampled_from(list("ab é阿\U0001f98a:#-'\"|>{}[]*&!%@`,?\\\n\n\t \u2028\x85\x7f~0")), max_size=60
)
VALUES = st.dictionaries(st.sampled_from(FIELDS[1:]), WORDS, min_size=1)
KEYS = st.sampled_from(["\n\n", "\n# a comment\n", "\n", "\n  # indented\n", "\r\n"])


@st.composite
def files(draw: st.DrawFn) -> str:
    """A persona's file, each text in a form of its own, with comments between the keys."""
    forms = [
        "{key}: plain words",
        "{key}: plain  # said",
        "{key}: >\n  folded words\n  of two lines\n",
        "{key}: |-\n     deep\n\n      deeper\n",
        "{key}: 'it''s'",
        '{key}: "a\\nb"',
        "{key}:\n  below\n  it",
        "{key}: # why\n  below",
        '"{key}" : x',
    ]
    keys = draw(st.lists(st.sampled_from(FIELDS[1:]), unique=True))
    lines = ["name: Marlow", *(draw(st.sampled_from(forms)).format(key=key) for key in keys), "tags: [x,  y]"]
    if draw(st.booleans()):
        lines.reverse()
    return "".join(line + draw(KEYS) for line in lines)


def sheet_of(content: bytes) -> dict[str, Any]:
    reading = read_text(content, "x")
    assert reading.persona is not None, reading.problems
    return reading.persona.model_dump()


@given(files(), VALUES)
def test_what_is_read_back_is_what_was_set_and_all_else_is_equal(text: str, values: dict[str, str]) -> None:
    before = text.encode()
    after = edited(before, values)
    plain = {key: value.replace("\r\n", "\n").strip() for key, value in values.items()}
    assert sheet_of(after) == sheet_of(before) | PersonaSheet.model_validate(
        {"name": "x"} | plain
    ).model_dump(include=set(plain))
    assert after.decode().splitlines().count("# a comment") == text.splitlines().count("# a comment")


@pytest.mark.parametrize("path", sorted((REPOSITORY / "personas").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_samples_are_edited_in_one_place(path: Any) -> None:
    text = path.read_text("utf-8")
    for key in FIELDS:
        after = edited(text.encode(), {key: "Something else."}).decode()
        changes = lines_changed(text, after)
        assert sum(line.startswith("+") for line in changes) == 1
        assert sheet_of(after.encode()) == sheet_of(text.encode()) | {key: "Something else."}
