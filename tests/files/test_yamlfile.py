import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.files.problems import PROBLEM_LIMIT, Problem, Spot, YamlError
from bot.files.shapes import problems_of
from bot.files.yamlfile import (
    DEPTH_LIMIT,
    NODE_LIMIT,
    SIZE_LIMIT,
    Document,
    _closely,
    _quickly,
    decoded,
    read,
    read_file,
)
from bot.texts.sentences import HOST


def problems(source: str | bytes, **options: int) -> list[str]:
    with pytest.raises(YamlError) as caught:
        read(source, "f.yaml", **options)
    return [str(found) for found in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("", None),
        ("~", None),
        ("null", None),
        ("7", 7),
        ("-7", -7),
        ("010", 10),
        ("0.5", 0.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        # text, all of it
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("off", "off"),
        ("True", "True"),
        ("22:30", "22:30"),
        ("2024-05-01", "2024-05-01"),
        ("2024-05-01 10:00:00", "2024-05-01 10:00:00"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("=", "="),
        ("'true'", "true"),
        ('"7"', "7"),
        ("9" * 5000, "9" * 5000),
        ("名前", "名前"),
        (r'"\ud83d\ude00"', "😀"),
    ],
)
def test_a_plain_value_is_what_it_looks_like(text: str, value: object) -> None:
    found = read(f"key: {text}", "f.yaml").data["key"]
    assert (found, type(found)) == (value, type(value))


def test_maps_lists_and_long_text_come_as_plain_data() -> None:
    document = read("a: [1, {b: c}]\nd: >\n  one\n  two\ne: |\n  one\n  two\nf:\n- - x\n", "f.yaml")
    assert document.data == {"a": [1, {"b": "c"}], "d": "one two\n", "e": "one\ntwo\n", "f": [["x"]]}


def test_ids_as_keys_are_the_same_with_and_without_quotes() -> None:
    assert read("123: a\n'0124': b\n0125: c", "f.yaml").data == {"123": "a", "0124": "b", "0125": "c"}


def test_an_empty_file_is_none() -> None:
    assert [read(text, "f.yaml").data for text in ("", "# nothing\n", "---\n")] == [None, None, None]


def test_a_byte_order_mark_and_windows_line_ends_are_no_trouble() -> None:
    document = read(b"\xef\xbb\xbfa: 1\r\nb:\r\n  c: 2\r\n", "f.yaml")
    assert (document.data, document.marks["b", "c"]) == ({"a": 1, "b": {"c": 2}}, (3, 3))
    assert decoded(b"\xef\xbb\xbfNAME=x", ".env") == "NAME=x"


def test_a_merge_key_is_a_key_like_any_other() -> None:
    assert read("<<: {a: 1}", "f.yaml").data == {"<<": {"a": 1}}


def test_every_key_and_item_has_its_place() -> None:
    document = read("a: 1\nlist:\n  - x: 1\n  -   y: 2\n", "f.yaml")
    assert document.marks == {
        (): (1, 1),
        ("a",): (1, 1),
        ("list",): (2, 1),
        ("list", 0): (3, 5),
        ("list", 0, "x"): (3, 5),
        ("list", 1): (4, 7),
        ("list", 1, "y"): (4, 7),
    }


def test_a_missing_key_is_sought_at_its_parent() -> None:
    document = read("a:\n  b: 1\n", "f.yaml")
    assert document.spot(("a", "c", "d")) == Spot("f.yaml", 1, 1)
    assert document.spot(("z",)) == Spot("f.yaml", 1, 1)
    assert document.spot(("a", "b")) == Spot("f.yaml", 2, 3)


@pytest.mark.parametrize(
    ("text", "line", "column", "what"),
    [
        ("a: 1\n\na: 2", 3, 1, "`a` is here a second time (first in line 1)"),
        ("c:\n  123: x\n  '123': y", 3, 3, "`c.123` is here a second time (first in line 2)"),
        ("a: 1\nb: *waves* hello", 2, 4, "a value that begins with `*` is a YAML alias"),
        ("a: *She waves.*\nb: 1", 1, 4, "a value that begins with `*` is a YAML alias"),
        ("a: &x 1\nb: *x", 1, 4, "a value that begins with `&` is a YAML anchor"),
        ("a: &", 1, 4, "a value that begins with `&` is a YAML anchor"),
        ("a: !!python/object/apply:os.system [ls]", 1, 4, "a value that begins with `!` is a YAML tag"),
        ("a: !!str 1", 1, 4, "a value that begins with `!` is a YAML tag"),
        ("a: !hello", 1, 4, "a value that begins with `!` is a YAML tag"),
        ("a: !no!such x", 1, 4, "a value that begins with `!` is a YAML tag"),
        ("!x a: 1", 1, 1, "a value that begins with `!` is a YAML tag"),
        ("a: 1\n---\nb: 2", 2, 1, "a second document begins here"),
        ("a:\n\tb: 1", 2, 1, "there is a tab where YAML needs spaces"),
        ("a:\n  b: 1\n\tc: 2", 3, 1, "there is a tab where YAML needs spaces"),
        ("a: b\n\tc: d", 2, 1, "there is a tab where YAML needs spaces"),
        ("a:\tb", 1, 3, "there is a tab where YAML needs spaces"),
        ("a:\n  b: 1\n c: 2", 3, 2, "this line doesn't fit the lines above it"),
        ("a: |\n  x\n y", 3, 2, "this line doesn't fit the lines above it"),
        ("a: 1\n  b: 2", 2, 4, "there is a colon where no key can be"),
        ("a: She: a witch", 1, 7, "there is a colon where no key can be"),
        ("a: 1\nhello\nb: 2", 2, 1, "this line isn't `key: value`"),
        ("a: 'open\nb: 1\n", 1, 4, "a quotation mark is opened here and never closed"),
        ('a: "Hi," she says.', 1, 10, "there is text after a closing quotation mark"),
        ("a: [laughs] Hi", 1, 13, "there is text after a closing quotation mark or bracket"),
        ("a: [1, 2\nb: 1", 1, 4, "a bracket or a comma is missing in the list or map"),
        ("a: > hello", 1, 4, "after `|` or `>` the text must begin on the next line"),
        ("a: [\n", 1, 4, "a bracket or a comma is missing in the list or map"),
        ("a: {b: 1, c: [1,\n d: }", 1, 14, "a bracket or a comma is missing in the list or map"),
        ("a: ]", 1, 4, "a text can't begin with this character"),
        ("a: - b", 1, 4, "`- ` starts an item where no list can be"),
        ("a: @home", 1, 4, "a text can't begin with this character"),
        ("a: {{char}} waves", 1, 5, "this can't be a key"),
        ("true: 1", 1, 1, "this can't be a key"),
        ("a: 1\n~: 1", 2, 1, "this can't be a key"),
        ("1.5: 1", 1, 1, "this can't be a key"),
        ("? [a]\n: 1", 1, 3, "this can't be a key"),
        (r'a: "\q"', 1, 6, "a backslash in double quotes begins an escape that doesn't exist"),
        (r'a: "\0"', 1, 4, r"an escape such as \u0000 isn't a real character"),
        (r'a: "\ud83d"', 1, 4, r"an escape such as \u0000 isn't a real character"),
        (r'a: "\UFFFFFFFF"', 1, 7, r"an escape such as \u0000 isn't a real character"),
        (r'"\0": 1', 1, 1, r"an escape such as \u0000 isn't a real character"),
        ("a: 1\nb: x\0y", 2, 5, "there is an invisible character here (U+0000)"),
        ("a: x\u2028y", 1, 5, "there is an invisible character here (U+2028 LINE SEPARATOR)"),
        ("[" * 5000, 1, DEPTH_LIMIT + 1, "this is nested more than 20 levels deep"),
        ("- " * 5000, 1, 2 * DEPTH_LIMIT + 1, "this is nested more than 20 levels deep"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, line: int, column: int, what: str) -> None:
    with pytest.raises(YamlError) as caught:
        read(text, "f.yaml")
    (found,) = caught.value.problems
    assert (found.file, found.line, found.column) == ("f.yaml", line, column)
    assert str(found).startswith(f"f.yaml:{line}:{column}: {what}")
    assert HOST.render(found.hint)


@pytest.mark.parametrize(
    "source",
    [b"a: 1\nb: \xff\xfe", "a: 1\nb: \xe4".encode("latin-1"), "a: 1\nb: \ud800"],
)
def test_what_is_not_utf8_is_told_with_its_place(source: str | bytes) -> None:
    assert problems(source) == ["f.yaml:2:4: this isn't UTF-8 text, save the file as UTF-8"]


def test_utf16_from_a_windows_shell_is_told() -> None:
    assert problems("a: 1".encode("utf-16")) == ["f.yaml:1:1: this isn't UTF-8 text, save the file as UTF-8"]


def test_an_alias_bomb_is_refused_at_its_first_anchor() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert problems(bomb) == [
        "f.yaml:1:4: a value that begins with `&` is a YAML anchor, which isn't allowed (near `a`), put the text in quotes"
    ]


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("a: 1\nb: *waves* hello", " (near `b`), "),
        ("a:\n- b: 1\n- b: 2\n  c: 'x", " (near `c` in item 2 of `a`), "),
        ("a: [[x, &y]]", " (near item 2 of item 1 of `a`), "),
        ("- &x", " (near item 1 of the file), "),
        ("a: 1\nhello", " (near `a`), "),
        ("a:\n  b:\n    c: x\nd: [{e: !!str f}]", " (near `e` in item 1 of `d`), "),
        ("a:\n  b:\n    c: x\nd: [{e: @}]", " (near `d`), "),  # PyYAML reads ahead
        ('a: "\\UFFFFFFFF"', " (near `a`), "),
        ("hunter2.hunter3.hunter4: 'x", " (near `(hidden, it may be a secret)`), "),
        (f"a: {'[' * 15}&x", f" (near {'item 1 of ' * 6}…), "),
        ("@", "this character, "),
        ("a: 1\n---\nb: 2", "begins here, "),
        ("a: x\0", "(U+0000), "),
    ],
)
def test_what_is_no_yaml_is_told_with_the_key_it_stands_at(text: str, near: str) -> None:
    (told,) = problems(text)
    assert near in told
    assert ("near" in told) == ("near" in near)


def test_all_second_keys_are_told_together_with_what_stopped_the_reading() -> None:
    assert problems("a: 1\na: 2\nb: {c: 1, c: 2}\nd: 'x") == [
        "f.yaml:2:1: `a` is here a second time (first in line 1), keep only one of them",
        "f.yaml:3:11: `b.c` is here a second time (first in line 3), keep only one of them",
        "f.yaml:4:4: a quotation mark is opened here and never closed (near `d`), close it, or put the text on the lines below its key after `|`",
    ]


def test_a_file_full_of_mistakes_is_told_by_its_first_twenty() -> None:
    assert len(problems("a: 1\n" * 1000)) == PROBLEM_LIMIT == 20


def filled(unit: str, head: str = "name: x\nparts:\n") -> str:
    """A file as big as may be, full of one line."""
    return head + unit * ((SIZE_LIMIT - len(head)) // len(unit))


@pytest.mark.parametrize(
    "source",
    [
        filled("- x\n"),
        filled("-\n"),
        filled("- {text: 1, flag: 2}\n"),
        filled("- txt: a\n"),
        filled("{},", "parts: ["),
        filled("1,", "parts: ["),
        "".join(f"k{number}: 1\n" for number in range(NODE_LIMIT + 1)),
    ],
)
def test_what_no_file_needs_so_many_of_is_told_once(source: str) -> None:
    (told,) = problems(source)
    assert re.fullmatch(
        r"f\.yaml:\d+:\d+: the file has more than 20000 keys and items \(near [^,]+\), shorten it", told
    )


def test_a_file_as_big_as_may_be_with_shortest_entries_of_ours_is_read() -> None:
    line = "123456789012345678: {persona: m}\n"
    source = "channels:\n" + "".join(
        f"  {line.replace('123456789012345678', str(10**17 + number))}" for number in range(SIZE_LIMIT // 36)
    )
    assert len(source) <= SIZE_LIMIT
    assert len(read(source, "f.yaml").data["channels"]) == SIZE_LIMIT // 36


@pytest.mark.parametrize(
    "unit", ["- {text: 1, flag: 2, txt: long enough for fewer than are too many}\n", "- a longer text\n"]
)
def test_a_file_full_of_what_does_not_fit_is_told_by_its_first_twenty(unit: str) -> None:
    found = misfits(filled(unit))
    assert len(found) == PROBLEM_LIMIT
    assert [each.line for each in found[:2]] == ([3, 3] if "{" in unit else [3, 4])
    assert all(len(str(each)) < 200 for each in found)


def test_a_message_is_one_short_line_whatever_the_key() -> None:
    key = r'"x\n y"'
    (told,) = problems(f"{key}: 1\n{key}: 2")
    assert told == "f.yaml:2:1: `x y` is here a second time (first in line 1), keep only one of them"
    key = "x" * 500
    (told,) = problems(f"{key}: 1\n{key}: 2")
    assert told == (
        "f.yaml:2:1: `(hidden, it may be a secret)` is here a second time (first in line 1), keep only one of them"
    )


def test_a_file_may_be_as_big_as_the_limit_and_no_bigger() -> None:
    assert read(b"a: " + b"x" * 1021, "f.yaml", limit=1024).data["a"] == "x" * 1021
    assert problems(b"a: " + b"x" * 1022, limit=1024) == [
        "f.yaml:1:1: the file is larger than 1 KiB, shorten it"
    ]
    assert problems("a: " + "ä" * 511, limit=1024) == [
        "f.yaml:1:1: the file is larger than 1 KiB, shorten it"
    ]
    assert problems(b"#" * (256 * 1024 + 1)) == ["f.yaml:1:1: the file is larger than 256 KiB, shorten it"]


def test_a_file_is_read_under_its_own_name(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"a: 1")
    assert (read_file(path).data, read_file(path).file) == ({"a": 1}, str(path))
    path.write_bytes(b"#" * 11)
    with pytest.raises(YamlError, match=r"f\.yaml:1:1: the file is larger than"):
        read_file(path, limit=10)


def test_what_is_no_readable_file_is_told_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")  # opening it would wait for a writer
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    for name, what in {
        "none.yaml": "there is no such file, check the path",
        ".": "this is a folder, not a file, put a file in its place",
        "pipe.yaml": "this is not a file, give the path of a file",
        "loop.yaml": "can't be read (Too many levels of symbolic links), check the permissions of the file and its folder",
    }.items():
        with pytest.raises(YamlError) as caught:
            read_file(tmp_path / name)
        assert str(caught.value) == f"{tmp_path / name}: {what}"


CHARACTERS = st.characters(codec="utf-8", exclude_characters="\0\x7f")
TEXT = st.text(CHARACTERS)
KEY = st.text(CHARACTERS, max_size=80)  # YAML's limit is 1,024 as written, and JSON writes one as up to 12
DATA = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | TEXT | st.floats(-1e20, 1e20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY, inner, max_size=4),
    max_leaves=12,
)


@given(DATA, st.sampled_from([{}, {"separators": (",", ":")}, {"indent": 2}]))
def test_json_reads_as_itself(data: object, layout: dict[str, Any]) -> None:
    assert read(json.dumps(data, **layout), "f.yaml").data == data


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ('{\n\t"a":\t1,\t\n\t"b": [\n\t\t2\n\t]\n}\n', {"a": 1, "b": [2]}),
        ('[\t"a\\tb",\n\t"c\td" ]', ["a\tb", "c\td"]),  # in quotes it stays a tab
        ('\t{"\\"\\\\":\t1}', {'"\\': 1}),
    ],
)
def test_tabs_around_what_stands_in_brackets_are_blanks(text: str, data: object) -> None:
    assert read(text, "f.yaml").data == data


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{\n\t"a": 1,\n\t"a": 2\n}', "f.yaml:3:2: `a` is here a second time (first in line 2)"),
        ('{\n\t"a": *b\n}', "f.yaml:2:7: a value that begins with `*` is a YAML alias"),
        ('{\n\t"a": 1', "f.yaml:1:1: "),
    ],
)
def test_a_mistake_between_tabs_in_brackets_has_its_place(text: str, told: str) -> None:
    with pytest.raises(YamlError) as refused:
        read(text, "f.yaml")
    assert str(refused.value).startswith(told)


def test_a_key_may_be_as_long_as_yaml_allows() -> None:
    assert read(json.dumps({"x" * 1022: 1}), "f.yaml").data == {"x" * 1022: 1}


def outcome(source: str | bytes) -> Document | YamlError:
    try:
        return read(source, "f.yaml")
    except YamlError as error:
        return error


@given(
    st.text(alphabet=st.sampled_from(list("ab:-?,[]{}#&*!|>'\"%@` \n\t\\0u~<=.\ud800\u2028"))) | st.binary()
)
@example("%YAML 1." + "1" * 5000 + "\n---\na")
@example("%TAG ! tag:x,2000:\n---\n!a b")
def test_any_bytes_are_read_or_refused_with_a_place(source: str | bytes) -> None:
    found = outcome(source)
    if isinstance(found, Document):
        str(found.data).encode()
    else:
        assert found.problems
        assert all(each.line and each.column and "\n" not in str(each) for each in found.problems)


# Two parsers ------------------------------------------------------------------------------------

SCRAPS = [
    *"ab:-?,[]{}#|>'\"%@` \n\t\\é名😀1~",
    *("a: ", "\n  ", "- ", "? ", ": ", "|\n", ">-\n", "|2\n", " #", "---\n", "...\n", "\r\n", "\ufeff"),
    *("[a?]", "{a: b?}", "x: [a, b]\n", "'It is?'", "|#", "k: >\n  one\n  two?\n", "a:b", "true"),
]


@given(st.lists(st.sampled_from(SCRAPS), max_size=14).map("".join))
@example("a:\tb")
@example("\n\ufeff")
@example("a: |#b")
@example("a: [b?]")
@example("{a: [b, c?, d]}")
@example("a:\n- {b: 'c?'}\n- '😀?'\n")
def test_what_the_quick_parser_takes_is_what_the_other_reads(text: str) -> None:
    quick = _quickly(text, "f.yaml", NODE_LIMIT)
    if quick is not None:
        assert quick == _closely(decoded(text, "f.yaml"), "f.yaml", NODE_LIMIT)


@pytest.mark.skipif(not yaml.__with_libyaml__, reason="this PyYAML comes without its parser in C")
def test_the_personas_that_come_along_are_read_by_the_quick_parser() -> None:
    """Else a thousand of them would take longer than two seconds."""
    for path in sorted((Path(__file__).parents[2] / "personas").glob("*.yaml")):
        assert _quickly(path.read_text(encoding="utf-8"), str(path), NODE_LIMIT) is not None, path.name


# What a model finds wrong -----------------------------------------------------------------------


class Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    text: str = Field(min_length=1, max_length=5)
    flag: bool = False


class Whole(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    name: str
    part: Part | None = None
    parts: tuple[Part, ...] = Field(default=(), strict=False)
    by_id: dict[str, Part] = {}
    amount: float = Field(default=1, gt=0, le=1)
    count: int = Field(default=1, ge=1)


def misfits(text: str) -> list[Problem]:
    document = read(text, "f.yaml")
    with pytest.raises(ValidationError) as caught:
        Whole.model_validate(document.data)
    return problems_of(caught.value, Whole, document.spot)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: x\nnmae: y", "2:1: unknown key `nmae`, did you mean `name`?"),
        (
            "name: x\nzzz: y",
            "2:1: unknown key `zzz`, choose one of these: amount, by_id, count, name, part, parts",
        ),
        (
            "name: x\nparts:\n- text: a\n- text: b\n  falg: true",
            "5:3: unknown key `falg` in item 2 of `parts`, did you mean `flag`?",
        ),
        ("name: x\npart: {text: a, tekst: b}", "2:17: unknown key `part.tekst`, did you mean `text`?"),
        (
            "name: x\nby_id:\n  7:\n    text: a\n    tetx: b",
            "5:5: unknown key `by_id.7.tetx`, did you mean `text`?",
        ),
        (
            "name: x\n<<: {amount: 1}",
            "2:1: unknown key `<<`, choose one of these: amount, by_id, count, name, part, parts",
        ),
        ("amount: 1", "1:1: `name` is missing, add a line `name: …`"),
        ("name: x\npart:\n  flag: true", "2:1: `part.text` is missing, add a line `text: …`"),
        (
            "name: x\nparts:\n- text: a\n- flag: true",
            "4:3: `text` in item 2 of `parts` is missing, add a line `text: …`",
        ),
        ("name: 7", "1:1: `name` must be text, but found a whole number, if it is text, put it in quotes"),
        ("name: true", "1:1: `name` must be text, but found true, if it is text, put it in quotes"),
        ("name: false", "1:1: `name` must be text, but found false, if it is text, put it in quotes"),
        ("name: [a]", "1:1: `name` must be text, but found a list, if it is text, put it in quotes"),
        ("name:", "1:1: `name` must be text, but found nothing, add its value"),
        (
            "name: x\namount: high",
            "2:1: `amount` must be a number, but found text, write it like 0.9, without quotes",
        ),
        (
            "name: x\namount: true",
            "2:1: `amount` must be a number, but found true, write it like 0.9, without quotes",
        ),
        ("name: x\namount: 7", "2:1: `amount` is 7, it must be above 0 and at most 1"),
        ("name: x\namount: 0", "2:1: `amount` is 0, it must be above 0 and at most 1"),
        ("name: x\ncount: 0", "2:1: `count` is 0, it must be at least 1"),
        (
            "name: x\ncount: 1.5",
            "2:1: `count` must be a whole number, but found a number, write only digits, without quotes",
        ),
        (
            "name: x\npart: {text: a, flag: yes}",
            "2:17: `part.flag` must be true or false, but found text, write true or false, without quotes",
        ),
        (
            "name: x\npart: hello",
            "2:1: `part` must contain keys with values, but found text, write each as `key: value`, indented below",
        ),
        (
            "name: x\nby_id: []",
            "2:1: `by_id` must contain keys with values, but found a list, write each as `key: value`, indented below",
        ),
        (
            "name: x\nparts: hello",
            "2:1: `parts` must be a list, but found text, begin each item with `- ` on its own line",
        ),
        (
            "name: x\nparts:\n- text: a\n- hello",
            "4:3: item 2 of `parts` must contain keys with values, but found text, write each as `key: value`, indented below",
        ),
        ("name: x\npart: {text: ''}", "2:8: `part.text` is empty, give it a value"),
        ("name: x\npart: {text: abcdef}", "2:8: `part.text` has 6 characters, shorten it to at most 5"),
        (
            "",
            "1:1: the file must contain keys with values, but found nothing, write lines such as `key: value`",
        ),
        (
            "- a",
            "1:1: the file must contain keys with values, but found a list, write lines such as `key: value`",
        ),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(text: str, told: str) -> None:
    assert [str(found) for found in misfits(text)] == [f"f.yaml:{told}"]


def test_several_misfits_come_in_the_order_of_the_file() -> None:
    found = misfits("zzz: 1\ncount: x\nname: 5\npart: 3\n")
    assert [each.line for each in found] == [1, 2, 3, 4]
    assert [each.path for each in found] == [("zzz",), ("count",), ("name",), ("part",)]


def test_text_that_is_found_is_never_repeated() -> None:
    assert "hunter2" not in " ".join(
        map(str, misfits("name: x\nparts: hunter2\namount: hunter2\npart: {text: hunter2}"))
    )
