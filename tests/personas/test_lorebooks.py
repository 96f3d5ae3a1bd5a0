"""The folder of lorebooks: what is read, what is refused with its place, and who knows which book."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.core.lore.importing import NotLoreError
from bot.core.lore.index import Index
from bot.core.lorebook import Lorebook
from bot.core.persona import Persona
from bot.core.scene import Place
from bot.personas.lorebooks import (
    LIMIT,
    BookShelf,
    LoreLibrary,
    is_lore_file,
    read_yaml,
    world_of,
)
from bot.texts.sentences import HOST

ENTRY = "entries:\n  - keys: [inn]\n    content: An inn.\n"


def library(folder: Path, **files: str) -> LoreLibrary:
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return LoreLibrary.load(folder)


def test_books_are_read_by_their_files_names(tmp_path: Path) -> None:
    world = json.dumps({"entries": {"0": {"key": ["gods"], "content": "Three gods."}}})
    found = library(
        tmp_path, harbour_yaml=f"name: The harbour\n{ENTRY}", gods_json=world, notes_txt="x", empty_yml=""
    )
    assert {key: each.name for key, each in found.books.items()} == {"gods": "gods", "harbour": "The harbour"}
    assert [(each.file, each.line) for each in found.problems] == [(f"{tmp_path}/empty.yml", 1)]


def test_no_folder_is_no_lore(tmp_path: Path) -> None:
    assert LoreLibrary.load(tmp_path / "none").books == {}
    assert LoreLibrary().books == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("entries:\n  - keys: inn\n", "2:5: `keys` in item 1 of `entries` "),
        ("entries:\n  - key: [inn]\n", "2:5: unknown key `key` in item 1 of `entries`"),
        ("entries:\n  - logic: xor\n", "2:5: `logic` in item 1 of `entries` "),
        ("entries:\n  - probability: 101\n", "2:5: `probability` in item 1 of `entries` "),
        ("personas: {a: b}\n", "1:1: `personas` "),
        ("- x\n", "1:1: "),
    ],
)
def test_a_mistake_has_its_place(tmp_path: Path, text: str, said: str) -> None:
    found = library(tmp_path, x_yaml=text, fine_yaml=ENTRY)
    assert list(found.books) == ["fine"]
    assert str(found.problems[0]).startswith(f"{tmp_path}/x.yaml:{said}")


def test_what_never_comes_up_is_a_warning(tmp_path: Path) -> None:
    text = "entries:\n  - content: Nobody.\n  - keys: ['/(?=x)/', inn]\n    content: Never.\npersonas: [all, '*']\n"
    found = library(tmp_path, x_yaml=text)
    assert [f"{each.line}:{each.column}: {HOST.render(each.message)}" for each in found.warnings] == [
        "5:17: item 2 of `personas` is *, which can't be the key of a persona",
        "3:5: `keys` in item 2 of `entries` has a pattern that never matches: /(?=x)/ (invalid perl operator: (?=)",
        "2:5: nothing brings item 1 of `entries` up, because it has no keys",
    ]
    assert found.problems == ()


def test_macros_that_stay_as_they_are_are_warnings_with_their_places(tmp_path: Path) -> None:
    text = """\
entries:
  - keys: [inn, "{{char}}"]
    secondary_keys: ["{{getvar::a}}"]
    content: |
      @@depth 2
      {{char}}, {{random:a,b}}{{// {{note}} }}
      and {{setvar::a}} {{original}}.
  - keys: [x]
    enabled: false
    content: "{{never}}"
"""
    found = library(tmp_path, x_yaml=text)
    assert [f"{each.line}:{each.column}: {HOST.render(each.message)}" for each in found.warnings] == [
        "2:18: `{{char}}` in item 2 of `keys` in item 1 of `entries` stays as it is",
        "3:23: `{{getvar::a}}` in item 1 of `secondary_keys` in item 1 of `entries` stays as it is",
        "6:36: `{{note}}` in `content` in item 1 of `entries` stays as it is",
        "7:11: `{{setvar::a}}` in `content` in item 1 of `entries` stays as it is",
        "7:25: `{{original}}` in `content` in item 1 of `entries` stays as it is",
    ]
    assert HOST.render(found.warnings[0].hint) == (
        "write it out: docs/style.md lists the macros that are filled in, which are none in keys"
    )
    many = library(tmp_path, x_yaml="entries:\n" + "  - {keys: [a], content: '{{b}}'}\n" * 2_000)
    assert len(many.warnings) == 20


def test_a_world_file_has_warnings_too(tmp_path: Path) -> None:
    entries = {"0": {"key": ["/(?=x)/"], "content": "{{setvar::a}}"}, "1": {"key": [], "content": "A."}}
    found = library(tmp_path, x_json=json.dumps({"entries": entries}))
    assert [str(each).partition(", ")[0] for each in found.warnings] == [
        f"{tmp_path}/x.json: `keys` in item 1 of `entries` has a pattern that never matches: /(?=x)/ (invalid perl operator: (?=)",
        f"{tmp_path}/x.json: nothing brings item 2 of `entries` up",
        f"{tmp_path}/x.json: `{{{{setvar::a}}}}` in `content` in item 1 of `entries` stays as it is",
    ]


def test_a_changed_file_is_read_again_and_a_broken_one_stays_as_it_was(tmp_path: Path) -> None:
    found = library(tmp_path, x_yaml=ENTRY)
    (tmp_path / "x.yaml").write_text(f"{ENTRY}nmae: x\n", encoding="utf-8")
    (said,) = found.reread()
    assert str(said).startswith(f"{tmp_path}/x.yaml:4:1: unknown key `nmae`")
    assert list(found.books) == ["x"]
    assert found.reread() == ()  # said once
    (tmp_path / "x.yaml").write_text(f"name: Better\n{ENTRY}", encoding="utf-8")
    assert found.reread() == ()
    assert found.books["x"].name == "Better"
    assert found.problems == ()
    (tmp_path / "x.yaml").unlink()
    found.reread()
    assert found.books == {}


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lore").mkdir()
    (tmp_path / "secret.yaml").write_text(ENTRY, encoding="utf-8")
    (tmp_path / "lore" / "x.yaml").symlink_to(tmp_path / "secret.yaml")
    found = LoreLibrary.load(tmp_path / "lore")
    assert found.books == {}
    assert len(found.problems) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[1]",
        b"{",
        b"\xff\xfe",
        b'{"entries": NaN}',
        b'{"entries": [{"a": ' + b"[" * 50 + b"]" * 50 + b"}]}",
        b"[" * 100_000,
        b" " * (LIMIT + 1),
    ],
)
def test_hostile_json_is_refused(content: bytes) -> None:
    with pytest.raises(NotLoreError):
        world_of(content)


def test_ten_thousand_entries_are_read(tmp_path: Path) -> None:
    text = "entries:\n" + "".join(
        f"  - keys: [k{n}, l{n}, m{n}]\n    content: Text of {n}.\n    order: {n}\n    sticky: 1\n"
        for n in range(10_000)
    )
    reading = read_yaml(text, "x.yaml", "x")
    assert reading.problems == ()
    assert reading.index is not None
    assert len(reading.index.entries) == 10_000


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a.yaml", True),
        ("a.YML", True),
        ("a.json", True),
        (".a.yaml", False),
        ("a.yaml~", False),
        ("a.png", False),
    ],
)
def test_which_files_are_read(name: str, found: bool) -> None:
    assert is_lore_file(name) is found


HERE = Place(7, parent_id=6, guild_id=5, category_id=4)


def index(name: str, **keys: Any) -> Index:
    return Index(Lorebook.model_validate({"name": name, **keys}))


def known(shelf: BookShelf, persona: Persona, place: Place = HERE) -> list[str]:
    return [each.name for each in shelf.known_to(persona, place)]


def test_who_knows_a_book() -> None:
    mira = Persona.model_validate({"key": "mira", "name": "Mira", "lorebooks": ["named", "missing"]})
    books = {
        "everybody": index("everybody", personas="all"),
        "channel": index("channel", channels=[7]),
        "parent": index("parent", channels=[6]),
        "category": index("category", channels=[4]),
        "elsewhere": index("elsewhere", channels=[9]),
        "theirs": index("theirs", personas=["tamar", "mira"]),
        "others": index("others", personas=["tamar"]),
        "named": index("named"),
        "nobody": index("nobody"),
        "abroad": index("abroad", personas="all", servers=[3]),
        "at_home": index("at_home", personas="all", servers=[5]),
    }
    expected = ["named", "theirs", "channel", "parent", "category", "everybody", "at_home"]
    assert known(BookShelf(books), mira) == expected
    assert known(BookShelf(books), mira, Place(1)) == ["named", "theirs", "everybody"]
    own = {"everybody": index("ours"), "abroad": index("ours too", personas="all", servers=[3])}
    assert known(BookShelf(books, own), mira) == [
        "named",
        "theirs",
        "channel",
        "parent",
        "category",
        "ours too",
        "at_home",
    ]


def test_of_a_json_no_text_has_what_is_no_character(tmp_path: Path) -> None:
    half = '{"entries": {"0": {"key": ["moon", "\\ud83d"], "content": "Half a \\ud83c moon\\u0000."}}}'
    (entry,) = library(tmp_path, moon_json=half).books["moon"].book.entries
    assert (entry.keys, entry.content) == (("moon", "\ufffd"), "Half a \ufffd moon\ufffd.")


def test_a_number_that_no_float_holds_breaks_no_folder(tmp_path: Path) -> None:
    huge = f'{{"entries": {{"0": {{"key": ["moon"], "content": "Far.", "order": 1{"0" * 400}}}}}}}'
    found = library(tmp_path, moon_json=huge, fine_yaml=ENTRY)
    assert sorted(found.books) == ["fine", "moon"]
