"""What a server has of its own, before the host's personas there and invisible elsewhere."""

from pathlib import Path

import pytest

from bot.personas.library import PersonaLibrary
from bot.personas.reading import read_persona, read_text
from bot.personas.shelf import OwnText, Shelf

HERE, ELSEWHERE = 5, 6


@pytest.fixture
def library(tmp_path: Path) -> PersonaLibrary:
    (tmp_path / "isolde.yaml").write_text("name: Isolde\ndescription: The host's.\navatar: isolde.png\n")
    (tmp_path / "isolde.png").touch()
    (tmp_path / "marlow.yaml").write_text("name: Marlow\ndescription: The host's.\n")
    return PersonaLibrary.load(tmp_path)


def put(library: PersonaLibrary, key: str, text: str, version: int = 1, server: int = HERE) -> None:
    library.put(server, OwnText(key, version, text.encode()))


def told(shelf: Shelf) -> list[tuple[str, str]]:
    return [(persona.key, persona.name) for persona in shelf]


def test_a_servers_own_stands_before_the_hosts_there_and_is_nowhere_else(library: PersonaLibrary) -> None:
    put(library, "marlow", "name: Marla\ndescription: x\n")
    put(library, "ann", "name: Ann\ndescription: x\n")
    assert told(library.at(HERE)) == [("ann", "Ann"), ("isolde", "Isolde"), ("marlow", "Marla")]
    for server in (ELSEWHERE, None):
        assert told(library.at(server)) == [("isolde", "Isolde"), ("marlow", "Marlow")]
        assert library.at(server).own == {}
    assert sorted(library.at(HERE).own) == ["ann", "marlow"]


def test_a_change_counts_at_once_and_what_goes_uncovers_the_hosts(library: PersonaLibrary) -> None:
    put(library, "marlow", "name: Marla\n")
    before = library.at(HERE)
    put(library, "marlow", "name: Marlo\n", 2)
    assert told(library.at(HERE)) == [("isolde", "Isolde"), ("marlow", "Marlo")]
    assert told(before) == [("isolde", "Isolde"), ("marlow", "Marla")]  # a shelf in use stays as it is
    library.drop(HERE, "marlow")
    assert told(library.at(HERE)) == [("isolde", "Isolde"), ("marlow", "Marlow")]
    put(library, "marlow", "name: Marla\n", 3)
    library.drop(HERE)
    assert library.at(HERE) is library.at(ELSEWHERE)


def test_a_saved_file_counts_where_the_server_has_none_of_its_own(library: PersonaLibrary) -> None:
    put(library, "marlow", "name: Marla\n")
    for name in ("marlow", "isolde"):
        (library.folder / f"{name}.yaml").write_text(f"name: New {name}\n")
    library.reread([library.folder / "marlow.yaml", library.folder / "isolde.yaml"])
    assert told(library.at(HERE)) == [("isolde", "New isolde"), ("marlow", "Marla")]


def test_the_source_is_what_was_sent_and_that_of_others_their_file(library: PersonaLibrary) -> None:
    put(library, "marlow", "\ufeffname: Marla\r\n# a comment")
    shelf = library.at(HERE)
    assert shelf.source("marlow") == "\ufeffname: Marla\r\n# a comment".encode()
    assert shelf.source("isolde") == (library.folder / "isolde.yaml").read_bytes()
    assert shelf.path("marlow") == Path("marlow.yaml")


def test_a_text_that_this_version_cannot_read_is_told_and_hides_the_hosts(library: PersonaLibrary) -> None:
    put(library, "marlow", "name: Marla\nages: 5\n")
    shelf = library.at(HERE)
    assert shelf.get("marlow") is None
    assert [str(each) for each in shelf.broken["marlow"]] == [
        "marlow.yaml:2:1: unknown key `ages`, did you mean `tags`?"
    ]
    assert library.problems == ()  # the host is not told of what is a server's


def test_pictures_of_the_host_are_shown_if_the_server_sees_them_anyway(library: PersonaLibrary) -> None:
    secret = library.folder / "secret.yaml"
    secret.write_text("name: Secret\navatar: secret.png\nservers: [6]\n")
    (library.folder / "secret.png").touch()
    library.reread([secret])
    for avatar in ("isolde.png", "secret.png", "../secret.png", "/etc/passwd", "none.png"):
        put(library, "ann", f"name: Ann\ndescription: x\navatar: {avatar}\n")
        shelf, ann = library.at(HERE), library.at(HERE).get("ann")
        assert ann is not None
        known = avatar == "isolde.png"
        assert ann.avatar == (avatar if known else None)
        (reading,) = (each for path, each in shelf.readings.items() if path == Path("ann.yaml"))
        assert [str(each) for each in reading.warnings] == (
            []
            if known
            else [
                (
                    "ann.yaml:3:1: `avatar` is a file, and this server's personas can't have files of the "
                    "host's, use the https address of a picture; until then, the persona has none"
                )
            ]
        )


def test_the_hosts_file_names_the_servers_that_it_is_for(library: PersonaLibrary) -> None:
    path = library.folder / "marlow.yaml"
    path.write_text(f"name: Marlow\nservers: [{HERE}]\n")
    library.reread([path])
    assert told(library.at(HERE)) == told(library.at(None)) == [("isolde", "Isolde"), ("marlow", "Marlow")]
    shelf = library.at(ELSEWHERE)
    assert (told(shelf), shelf.path("marlow")) == ([("isolde", "Isolde")], None)
    path.write_text("name: Marlow\nservers: []\n")
    library.reread([path])
    assert told(library.at(HERE)) == [("isolde", "Isolde")]


@pytest.mark.parametrize(
    ("servers", "problem"),
    [
        ("5", "2:1: `servers` must be a list, but found a whole number, begin each item with `- ` on its own line"),
        ("['5']", "2:11: item 1 of `servers` must be a whole number, but found text, write only digits, without quotes"),
        ("[0]", "2:11: item 1 of `servers` is 0, it must be at least 1 and at most 9223372036854775807"),
    ],
)  # fmt: skip
def test_servers_are_ids(tmp_path: Path, servers: str, problem: str) -> None:
    (tmp_path / "x.yaml").write_text(f"name: X\nservers: {servers}\n")
    found = read_persona(tmp_path / "x.yaml", [tmp_path]).problems
    assert [str(each).removeprefix(f"{tmp_path}/x.yaml:") for each in found] == [problem]


@pytest.mark.parametrize("key", ["../x", "a/b", "", "-x", "x.y", "C:x", "x" * 65, "a\\b", "a b", "x\n"])
def test_a_key_leads_out_of_no_folder(key: str) -> None:
    reading = read_text(b"name: X\n", key, "x.yaml")
    assert reading.persona is None
    assert [str(each) for each in reading.problems] == [
        (
            "x.yaml: the file's name can't be used as a persona's key, use only letters, digits, `_` and `-`, "
            "at most 64, and don't begin with `-`"
        )
    ]


def test_a_text_has_the_mistakes_of_a_file(tmp_path: Path) -> None:
    for text in (
        "nmae: X\n",
        "name: 'X\n",
        "name: X\navatar: http://x.example\n",
        "- a\n",
        "name: X\ncalled: ['!']\n",
    ):
        (tmp_path / "x.yaml").write_text(text)
        found = read_persona(tmp_path / "x.yaml", [tmp_path])
        told = [str(each).removeprefix(f"{tmp_path}/") for each in found.problems]
        assert told
        assert [str(each) for each in read_text(text.encode(), "x").problems] == told


@pytest.mark.parametrize(
    ("text", "adult"),
    [
        ("name: X\nnsfw: true\n", True),
        ("name: X\n", False),
        ("name: X\nnsfw: false\ndescription: 'nsfw: true'\n", False),
        ("name: X\nnsfw: true\nnovel: 1\n", True),
        ("name: X\nnsfw: 'yes'\n", True),
        ("name: 'X\nnsfw: true\n", True),
        ('{"name": "X", "nsfw" : true, "novel": 1}', True),
        ("name: X\nnsfw: true\navatar: http://x.example\n", True),
        ("name: X\nnsfw: no\n", False),
        ("name: X\nNSFW: true\n", True),
        ("name: X\nnsfw: false\nnovel: 1\n", False),
        ("name: X\nnovel: no nsfw here\n", False),
        ("name: X\nunsfw: true\n", False),
    ],
)
def test_a_text_that_does_not_load_is_for_adults_where_it_says_so(
    tmp_path: Path, text: str, adult: bool
) -> None:
    assert read_text(text.encode(), "x").for_adults is adult
    (tmp_path / "x.yaml").write_text(text)
    assert read_persona(tmp_path / "x.yaml", [tmp_path]).for_adults is adult


def test_so_is_one_in_another_encoding() -> None:
    assert read_text("name: X\nnsfw: true\n".encode("utf-16"), "x").for_adults


def test_what_plays_is_for_adults_as_it_was_read_and_its_broken_text_as_it_says(
    library: PersonaLibrary,
) -> None:
    (library.folder / "marlow.yaml").write_text("name: Marlow\nnsfw: true\nnovel: 1\n")
    library.reread([library.folder / "marlow.yaml"])
    shelf = library.at(HERE)
    assert not shelf.playing["marlow"].nsfw
    assert shelf.is_for_adults("marlow")
    assert not shelf.is_for_adults("isolde")
