import os
import re
import unicodedata
from pathlib import Path

import pytest

from bot.core.persona import DefaultProfile, PersonaSampling, PersonaSheet, Sample
from bot.personas.library import Changes, PersonaLibrary, PersonasError
from bot.personas.reading import read_persona
from bot.texts.sentences import HOST
from tests.files.junk import JUNK

FINE = "name: Hamlet\ndescription: A prince.\n"


def cast(folder: Path, **files: str) -> PersonaLibrary:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return PersonaLibrary.load(folder)


def told(folder: Path, problems: tuple[object, ...]) -> list[str]:
    return [str(found).removeprefix(f"{folder}/") for found in problems]


def refused(folder: Path, text: str) -> list[str]:
    personas = cast(folder, x=text)
    assert personas.at(None).get("x") is None
    return told(folder, personas.problems)


# A good file ------------------------------------------------------------------------------------


def test_a_name_is_enough(tmp_path: Path) -> None:
    personas = cast(tmp_path, hamlet="name: Hamlet")
    persona = personas.at(None).get("hamlet")
    assert persona
    assert (persona.key, persona.name, persona.description, persona.samples) == ("hamlet", "Hamlet", "", ())
    assert (persona.avatar, persona.user, persona.nsfw) == (None, None, False)
    assert personas.problems == ()


def test_a_whole_persona_is_read(tmp_path: Path) -> None:
    persona = (
        cast(
            tmp_path,
            Hamlet="""
name: ' Hamlet '
called: [Prince, ' my lord ']
nickname: ' Ham '
avatar: https://example.com/hamlet.png
description: >
  A prince.
  He broods.
personality: Witty.
style: In short scenes.
voice: ' Puns, and then a pause '
scenario: Elsinore.
title: A Night at Elsinore
instructions: Speak in verse.
reminders: The king is listening.
greeting: |
  *He enters.*

  "Who's there?"
greetings: [To be., ' Or not. ']
group_greetings: [Players!]
samples:
  - user: "Good my lord"
    reply: "Well, well, well."
  - {user: a, reply: b}
length: long
language: ' Early Modern English '
substitutions:
  - {find: okay, replace: well}
  - {find: '/ +/'}
user: {name: the courtier, description: Somebody at court.}
user_macro: party
sampling: {temperature: 1, top_p: 0.5, max_completion_tokens: 2048}
tags: [tragedy, 'true']
nsfw: true
card: {creator: Will, extensions: {a/b: [1]}}
""",
        )
        .at(None)
        .get("Hamlet")
    )
    assert persona
    assert persona.model_dump() == {
        "key": "Hamlet",
        "name": "Hamlet",
        "called": ("Prince", "my lord"),
        "nickname": "Ham",
        "avatar": "https://example.com/hamlet.png",
        "description": "A prince. He broods.",
        "personality": "Witty.",
        "style": "In short scenes.",
        "voice": "Puns, and then a pause",
        "scenario": "Elsinore.",
        "title": "A Night at Elsinore",
        "instructions": "Speak in verse.",
        "reminders": "The king is listening.",
        "greeting": '*He enters.*\n\n"Who\'s there?"',
        "greetings": ("To be.", "Or not."),
        "group_greetings": ("Players!",),
        "samples": (
            {"user": "Good my lord", "reply": "Well, well, well."},
            {"user": "a", "reply": "b"},
        ),
        "length": "long",
        "language": "Early Modern English",
        "substitutions": ({"find": "okay", "replace": "well"}, {"find": "/ +/", "replace": ""}),
        "user": {"name": "the courtier", "description": "Somebody at court."},
        "user_macro": "party",
        "sampling": {"temperature": 1.0, "top_p": 0.5, "max_completion_tokens": 2048},
        "lorebook": None,
        "lorebooks": (),
        "lore": {"before": (), "after": (), "notes": ()},
        "tags": ("tragedy", "true"),
        "nsfw": True,
        "servers": None,
        "card": {"creator": "Will", "extensions": {"a/b": [1]}},
    }
    assert persona.samples[0] == Sample(user="Good my lord", reply="Well, well, well.")


@pytest.mark.parametrize(
    "name", ["7", "诸葛亮", "Zoë", "🙂", "👩\u200d🚀", "...", "Ray\u00a0Bo", "Łukasz “L.” O'Neill"]
)
def test_a_name_may_be_in_any_script(tmp_path: Path, name: str) -> None:
    persona = cast(tmp_path, x=f'name: "{name}"').at(None).get("x")
    assert persona
    assert persona.name == name


def test_personas_come_in_the_order_of_their_files(tmp_path: Path) -> None:
    personas = cast(tmp_path, b=FINE, a=FINE, C=FINE, _x=FINE)
    assert [each.key for each in personas.at(None)] == ["C", "_x", "a", "b"]
    assert len(personas.at(None)) == 4


def test_a_key_is_spelt_as_the_file_is(tmp_path: Path) -> None:
    personas = cast(tmp_path, Hamlet=FINE)
    assert personas.at(None).get("Hamlet")
    assert personas.at(None).get("hamlet") is None
    assert personas.at(None).get("Hamlet.yaml") is None
    assert personas.at(None).get("") is None


def test_a_key_in_any_script_is_found_however_its_accents_are_stored(tmp_path: Path) -> None:
    personas = cast(tmp_path, **{unicodedata.normalize("NFD", "zoë"): FINE, "诸葛亮": FINE})
    assert [each.key for each in personas.at(None)] == [unicodedata.normalize("NFC", "zoë"), "诸葛亮"]
    assert personas.at(None).get(unicodedata.normalize("NFD", "zoë"))
    assert personas.at(None).get(unicodedata.normalize("NFC", "zoë"))


def test_both_endings_count_in_either_case(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yml", "c.YAML"):
        (tmp_path / name).write_text(FINE)
    assert [each.key for each in PersonaLibrary.load(tmp_path).at(None)] == ["a", "b", "c"]


def test_what_is_no_persona_s_file_is_left_alone(tmp_path: Path) -> None:
    for name in ("x.yaml~", ".x.yaml.swp", ".hidden.yaml", ".yaml", "#x.yaml#", ".#x.yaml", "x.yaml.bak", "x.png", "notes.txt", "yaml"):  # fmt: skip
        (tmp_path / name).write_text("}{")
    (tmp_path / "avatars").mkdir()
    personas = cast(tmp_path, fine=FINE)
    assert ([each.key for each in personas.at(None)], personas.problems) == (["fine"], ())


# A bad file -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (FINE + "greting: hi", "3:1: unknown key `greting`, did you mean `greeting`?"),
        (FINE + "key: y", "3:1: unknown key `key`, choose one of these: avatar, called, card, description, greeting, greetings, group_greetings, instructions, language, length, lorebook, lorebooks, name, nickname, nsfw, personality, reminders, samples, sampling, scenario, servers, style, substitutions, tags, title, user, user_macro, voice"),
        (FINE + "name: Ophelia", "3:1: `name` is here a second time (first in line 1), keep only one of them"),
        ("description: A prince.", "1:1: `name` is missing, add a line `name: …`"),
        ("name: ''", "1:1: `name` is empty, give it a value"),
        ("name: '  '", "1:1: `name` is empty, give it a value"),
        ("name:", "1:1: `name` must be text, but found nothing, add its value"),
        ("name: 7", "1:1: `name` must be text, but found a whole number, if it is text, put it in quotes"),
        ("name: " + "x" * 81, "1:1: `name` has 81 characters, shorten it to at most 80"),
        *(
            (f'name: "{name}"', ("1:1: `name` isn't a name that people can read on one line, write it on one "
                                "line, with at least one visible character and no control characters"))
            for name in [r"\u200b", r"\u3164", r"Ham\nlet", r"Ham\x07let", r"\e[2JHam", r"\u202eHam", r"a\u2028b"]
        ),
        (FINE + 'user: {name: "\\u200b", description: x}', "3:8: `user.name` isn't a name that people can read on one line, write it on one line, with at least one visible character and no control characters"),
        (FINE + "personality:", "3:1: `personality` must be text, but found nothing, add its value, or delete the line"),
        (FINE + "nsfw: yes", "3:1: `nsfw` must be true or false, but found text, write true or false, without quotes"),
        (FINE + "nsfw: 1", "3:1: `nsfw` must be true or false, but found a whole number, write true or false, without quotes"),
        (FINE + "tags: cosy", "3:1: `tags` must be a list, but found text, begin each item with `- ` on its own line"),
        (FINE + "tags: [cosy, 7]", "3:14: item 2 of `tags` must be text, but found a whole number, if it is text, put it in quotes"),
        (FINE + "samples:\n- user: a", "4:3: `reply` in item 1 of `samples` is missing, add a line `reply: …`"),
        (FINE + "samples:\n- user: a\n  replay: b\n  reply: c", "5:3: unknown key `replay` in item 1 of `samples`, did you mean `reply`?"),
        (FINE + "samples:\n- user: ''\n  reply: c", "4:3: `user` in item 1 of `samples` is empty, give it a value"),
        (FINE + "samples:\n  user: a\n  reply: b", "3:1: `samples` must be a list, but found keys with values, begin each item with `- ` on its own line"),
        (FINE + "user: a traveller", "3:1: `user` must contain keys with values, but found text, write each as `key: value`, indented below"),
        (FINE + "user:\n  name: a traveller", "3:1: `user.description` is missing, add a line `description: …`"),
        (FINE + "sampling:\n  temperature: 1.1", "4:3: `sampling.temperature` is 1.1, it must be above 0 and at most 1"),
        (FINE + "sampling:\n  temprature: 1", "4:3: unknown key `sampling.temprature`, did you mean `temperature`?"),
        (FINE + "sampling:\n  top_p: 0", "4:3: `sampling.top_p` is 0, it must be above 0 and at most 1"),
        (FINE + "sampling:\n  max_completion_tokens: 4096", "4:3: `sampling.max_completion_tokens` is 4096, it must be at least 1 and at most 2048"),
        (FINE + "greeting: *waves*", "3:11: a value that begins with `*` is a YAML alias, which isn't allowed (near `greeting`), put the text in quotes, or on the lines below its key after `|`"),
        (FINE + "a: &a [x]\nb: &b [*a, *a]", "3:4: a value that begins with `&` is a YAML anchor, which isn't allowed (near `a`), put the text in quotes"),
        (FINE + "#" * 256 * 1024, "1:1: the file is larger than 256 KiB, shorten it"),
        (FINE + "avatar: http://example.com/x.png", "3:1: `avatar` isn't an https address, write it as https://…, or use the name of a picture in this folder"),
        (FINE + "avatar: https://", "3:1: `avatar` isn't an https address, write it as https://…, or use the name of a picture in this folder"),
        (FINE + "avatar: 'https://x.test/a b.png'", "3:1: `avatar` isn't an https address, write it as https://…, or use the name of a picture in this folder"),
        (FINE + "avatar: 'https://[x'", "3:1: `avatar` isn't an https address, write it as https://…, or use the name of a picture in this folder"),
        (FINE + "avatar: 'file:///etc/passwd'", "3:1: `avatar` isn't an https address, write it as https://…, or use the name of a picture in this folder"),
        (FINE + "avatar: none.png", "3:1: `avatar` is neither an https address nor a file in the personas folder, check the name"),
        (FINE + "avatar: .", "3:1: `avatar` is neither an https address nor a file in the personas folder, check the name"),
        (FINE + f"avatar: {'x' * 5000}", "3:1: `avatar` is neither an https address nor a file in the personas folder, check the name"),
        (FINE + "avatar: x.yaml", "3:1: `avatar` isn't a picture that Discord accepts, use png, jpg, gif or webp"),
        (FINE + "avatar: /etc/hostname", "3:1: `avatar` is outside the personas folder, move the picture into it, or add the picture's folder to `personas.roots`"),
        ("", "1:1: the file must contain keys with values, but found nothing, write lines such as `key: value`"),
        ("Hamlet, a prince.", "1:1: the file must contain keys with values, but found text, write lines such as `key: value`"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    assert refused(tmp_path, text) == [f"x.yaml:{problem}"]


@pytest.mark.parametrize(
    "key",
    [
        *(key for key in PersonaSheet.model_fields if key != "name"),
        *(f"user.{key}" for key in DefaultProfile.model_fields),
        *(f"sampling.{key}" for key in PersonaSampling.model_fields),
    ],
)
def test_whatever_a_key_holds_a_mistake_names_the_place_the_key_and_what_to_do(
    tmp_path: Path, key: str
) -> None:
    section, _, inner = key.partition(".")
    for junk in JUNK:
        text = f"{section}:\n  {inner}: {junk}" if inner else f"{section}: {junk}"
        found = cast(tmp_path, x=f"{FINE if section != 'description' else 'name: X'}\n{text}").problems
        for each in found:
            line = re.match(r"x\.yaml:(\d+):(\d+): ", str(each).removeprefix(f"{tmp_path}/"))
            assert line, text
            if each.path != ("user", "description"):  # which must stand there
                assert re.search(rf"`{key}[`.]", str(each)), text
            assert HOST.render(each.hint)


def test_all_mistakes_of_a_file_are_told(tmp_path: Path) -> None:
    assert refused(tmp_path, "name: 7\nnsfw: no\nuser: {}\n") == [
        "x.yaml:1:1: `name` must be text, but found a whole number, if it is text, put it in quotes",
        "x.yaml:2:1: `nsfw` must be true or false, but found text, write true or false, without quotes",
        "x.yaml:3:1: `user.description` is missing, add a line `description: …`",
    ]


def test_bad_files_never_take_good_ones_down(tmp_path: Path) -> None:
    (tmp_path / "bytes.yaml").write_bytes(b"name: \xff")
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "dangling.yaml").symlink_to(tmp_path / "nowhere.yaml")
    (tmp_path / "my persona.yaml").write_text(FINE)
    (tmp_path / "-x.yaml").write_text(FINE)
    (tmp_path / f"{'x' * 65}.yaml").write_text(FINE)
    personas = cast(tmp_path, a=FINE, syntax="name: [", wrong="nam: x", z=FINE)
    assert [each.key for each in personas.at(None)] == ["a", "z"]
    assert told(tmp_path, personas.problems) == [
        "-x.yaml: the file's name can't be used as a persona's key, use only letters, digits, `_` and `-`, at most 64, and don't begin with `-`",
        "bytes.yaml:1:7: this isn't UTF-8 text, save the file as UTF-8",
        "dangling.yaml: there is no such file, check the path",
        "folder.yaml: this is a folder, not a file, put a file in its place",
        (
            "my persona.yaml: the file's name can't be used as a persona's key, use only letters, digits, `_` "
            "and `-`, at most 64, and don't begin with `-`"
        ),
        "pipe.yaml: this is not a file, give the path of a file",
        "syntax.yaml:1:7: a bracket or a comma is missing in the list or map that begins here (near `name`), put text in quotes",
        "wrong.yaml:1:1: `name` is missing, add a line `name: …`",
        "wrong.yaml:1:1: unknown key `nam`, did you mean `name`?",
        (
            f"{'x' * 65}.yaml: the file's name can't be used as a persona's key, use only letters, digits, `_` "
            "and `-`, at most 64, and don't begin with `-`"
        ),
    ]


HOSTILE = {
    "x\nINFO all is well.yaml": r"x\nINFO all is well.yaml",
    "\x1b[2J\x1b[31mred.yaml": r"\x1b[2J\x1b[31mred.yaml",
    "\u202elmay.x.yaml": r"\u202elmay.x.yaml",
    "\u200bx.yaml": r"\u200bx.yaml",
    "\x9bx.yaml": r"\x9bx.yaml",
    "\udcff.yaml": r"\udcff.yaml",
    "a\u2028b.json": r"a\u2028b.json",
}


def test_names_of_files_are_told_with_their_escapes(tmp_path: Path) -> None:
    for name in HOSTILE:
        (tmp_path / name).write_text(FINE)
    personas = cast(tmp_path, fine=FINE)
    told = [str(each).removeprefix(f"{tmp_path}/") for each in (*personas.problems, *personas.warnings)]
    assert sorted(each.partition(": ")[0] for each in told) == sorted(HOSTILE.values())
    assert all(each.isprintable() for each in told)
    with pytest.raises(PersonasError) as caught:
        PersonaLibrary.load(tmp_path / "no\x1b[2J\nwhere")
    assert str(caught.value).startswith(rf"{tmp_path}/no\x1b[2J\nwhere: there is no such folder")


def test_another_file_that_is_named_is_named_with_its_escapes(tmp_path: Path) -> None:
    for name in ("é\x1b.yaml", unicodedata.normalize("NFD", "é\x1b.yaml")):
        (tmp_path / name).write_text(FINE)
    told = [str(each) for each in PersonaLibrary.load(tmp_path).problems]
    assert len(told) == 2
    assert any(r"é\x1b.yaml has the same key" in unicodedata.normalize("NFC", each) for each in told)
    assert all(each.isprintable() for each in told)


def test_files_that_are_saved_together_are_no_twins(tmp_path: Path) -> None:
    personas = cast(tmp_path, hamlet=FINE, ophelia="name: Ophelia\ndescription: x\n")
    assert personas.reread([tmp_path / "hamlet.yaml", tmp_path / "ophelia.yaml"]) == Changes()
    assert personas.warnings == ()


def test_two_files_that_differ_in_capitals_both_play_with_a_warning(tmp_path: Path) -> None:
    personas = cast(tmp_path, Hamlet=FINE)
    assert personas.warnings == ()
    if (tmp_path / "hamlet.yaml").exists():
        pytest.skip("this file system does not tell capitals apart")
    personas = cast(tmp_path, hamlet=FINE.replace("Hamlet", "Small"))
    assert [(each.key, each.name) for each in personas.at(None)] == [
        ("Hamlet", "Hamlet"),
        ("hamlet", "Small"),
    ]
    assert personas.problems == ()
    assert told(tmp_path, personas.warnings) == [
        "hamlet.yaml: this file and Hamlet.yaml differ only in capital letters, rename one of them, because not every system can keep both"
    ]


@pytest.mark.parametrize("other", ["x.yml", "x.YAML"])
def test_of_two_files_with_one_key_the_first_plays(tmp_path: Path, other: str) -> None:
    first, second = sorted(["x.yaml", other])
    (tmp_path / first).write_text("name: First")
    (tmp_path / second).write_text("name: Second")
    personas = PersonaLibrary.load(tmp_path)
    assert [each.name for each in personas.at(None)] == ["First"]
    assert told(tmp_path, personas.problems) == [
        f"{second}: {first} has the same key and is used instead, rename or delete one of the two"
    ]


# The folder -------------------------------------------------------------------------------------


def test_a_missing_folder_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PersonasError) as caught:
        PersonaLibrary.load(tmp_path / "cast")
    assert str(caught.value) == (
        f"{tmp_path}/cast: there is no such folder, "
        "start the bot in the folder that contains it, or set personas.folder"
    )


def test_a_missing_folder_is_told_with_its_whole_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PersonasError) as caught:
        PersonaLibrary.load(Path("cast"))
    assert str(caught.value).startswith(f"{tmp_path}/cast: there is no such folder, ")


def test_a_file_instead_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "cast").write_text(FINE)
    with pytest.raises(
        PersonasError, match=r"this is a file, not a folder, set personas\.folder to the folder"
    ):
        PersonaLibrary.load(tmp_path / "cast")


def test_a_folder_that_cannot_be_looked_into_is_told(tmp_path: Path) -> None:
    (tmp_path / "cast").symlink_to(tmp_path / "cast")
    with pytest.raises(PersonasError) as caught:
        PersonaLibrary.load(tmp_path / "cast")
    assert str(caught.value) == (
        f"{tmp_path}/cast: can't be read (Too many levels of symbolic links), check the folder's permissions"
    )


def test_an_empty_folder_is_told_and_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    personas = PersonaLibrary.load(tmp_path)
    assert (len(personas.at(None)), list(map(str, personas.problems))) == (
        0,
        [f"{tmp_path}: there is no persona here, put a file such as marlow.yaml into this folder"],
    )


# Avatars ----------------------------------------------------------------------------------------


def test_an_avatar_may_be_a_picture_below_the_folder(tmp_path: Path) -> None:
    (tmp_path / "avatars").mkdir()
    (tmp_path / "avatars" / "x.PNG").write_bytes(b"")
    (tmp_path / "linked.png").symlink_to(tmp_path / "avatars" / "x.PNG")
    for avatar in ("avatars/x.PNG", "./avatars/../avatars/x.PNG", "linked.png"):
        assert not cast(tmp_path, x=FINE + f"avatar: {avatar}").problems


def test_an_avatar_never_leaves_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "personas"
    folder.mkdir()
    (tmp_path / "secret.png").write_bytes(b"")
    (folder / "linked.png").symlink_to(tmp_path / "secret.png")
    (folder / "out").symlink_to(tmp_path)
    (folder / "ring.png").symlink_to(folder / "ring.png")
    for avatar in (
        "../secret.png",
        "linked.png",
        "out/secret.png",
        str(tmp_path / "secret.png"),
        "../none.png",
    ):
        assert refused(folder, FINE + f"avatar: {avatar}") == [
            (
                "x.yaml:3:1: `avatar` is outside the personas folder, move the picture into it, or add the "
                "picture's folder to `personas.roots`"
            )
        ]
    assert refused(folder, FINE + "avatar: ring.png") == [
        "x.yaml:3:1: `avatar` is neither an https address nor a file in the personas folder, check the name"
    ]


def test_a_folder_reached_by_a_link_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "x.png").write_bytes(b"")
    (tmp_path / "cast").symlink_to(tmp_path / "real")
    assert cast(tmp_path / "cast", x=FINE + "avatar: x.png").at(None).get("x")


# Doubts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (FINE, None),
        (FINE + "samples: [{user: a, reply: b}, {user: a, reply: b}, {user: a, reply: b}]", None),
        (
            FINE + "samples:\n" + "- {user: a, reply: b}\n" * 4,
            "3:1: `samples` has 4 exchanges, keep the best 1 to 3, because with more the model repeats them",
        ),
        ("name: Hamlet", "1:1: `description` is missing, describe in a few sentences who the persona is"),
        (
            "name: Hamlet\ndescription: '  '",
            "2:1: `description` is missing, describe in a few sentences who the persona is",
        ),
        *(
            (
                f"description: x\nname: {name}",
                (
                    f"2:1: `name` contains “{word}”, which Discord doesn't allow in a webhook's name, choose "
                    "another name, or the persona posts under the bot's name"
                ),
            )
            for name, word in {
                "Clyde": "clyde",
                "Bonnie & CLYDE": "clyde",
                "Discordia": "discord",
                "Everyone": "everyone",
                "here": "here",
            }.items()
        ),
        ("description: x\nname: Everyone Else", None),
        ("description: x\nname: Adhere", None),
    ],
)
def test_doubts_are_warned_about_and_the_persona_plays(
    tmp_path: Path, text: str, warning: str | None
) -> None:
    personas = cast(tmp_path, x=text)
    assert personas.at(None).get("x")
    assert personas.problems == ()
    assert told(tmp_path, personas.warnings) == ([f"x.yaml:{warning}"] if warning else [])


EXPIRES = (
    "3:1: `avatar` is the address of a file in a Discord message, which expires, put the picture into the personas "
    "folder, and write its name"
)
OF_ATTACHMENT = "/attachments/123/456/x.png?ex=65d903de&is=65c68ede&hm=2481f30d"


@pytest.mark.parametrize(
    ("address", "warnings"),
    [
        (f"https://cdn.discordapp.com{OF_ATTACHMENT}", [EXPIRES]),
        (f"https://media.discordapp.net{OF_ATTACHMENT}&format=webp&width=64", [EXPIRES]),
        (f"https://CDN.DiscordApp.com{OF_ATTACHMENT}", [EXPIRES]),
        (
            "https://cdn.discordapp.com/attachments/123/456/x.png",
            [EXPIRES],
        ),  # nothing is shown without `ex` at all
        ("https://cdn.discordapp.com/ephemeral-attachments/123/456/x.png?ex=1", [EXPIRES]),
        ("https://cdn.discordapp.com/emojis/123.png", []),
        ("https://cdn.discordapp.com/avatars/123/abc.png?size=128", []),
        ("https://example.com/attachments/1/2/x.png?ex=1", []),
        ("https://notdiscordapp.com/attachments/1/2/x.png?ex=1", []),
    ],
)
def test_an_address_that_expires_is_doubted(tmp_path: Path, address: str, warnings: list[str]) -> None:
    personas = cast(tmp_path, x=f"{FINE}avatar: {address}")
    assert personas.at(None).get("x")
    assert told(tmp_path, personas.warnings) == [f"x.yaml:{each}" for each in warnings]


def test_an_address_longer_than_discord_takes_is_doubted(tmp_path: Path) -> None:
    fits = "https://example.com/" + "x" * 2028
    assert cast(tmp_path, x=f"{FINE}avatar: {fits}").warnings == ()
    assert told(tmp_path, cast(tmp_path, x=f"{FINE}avatar: {fits}y").warnings) == [
        "x.yaml:3:1: `avatar` has 2049 characters, and Discord takes at most 2048, put the picture into the personas folder, and write its name"
    ]


@pytest.mark.parametrize(
    ("host", "public"),
    [
        ("example.com", True),
        ("example.com:8443", True),
        ("bücher.example.com", True),
        ("1.1.1.1", True),
        ("[2606:4700:4700::1111]", True),
        ("localnews.com", True),
        ("localhost", False),
        ("localhost.", False),
        ("LOCALHOST:8000", False),
        ("127.0.0.1", False),
        ("127.1", False),
        ("2130706433", False),
        ("0x7f.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.20:8080", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("300.300.300.300", False),
        ("[::1]", False),
        ("[fe80::1]", False),
        ("[fd00::1]", False),
        ("[::ffff:192.168.1.1]", False),
        ("nas", False),
        ("nas.local", False),
        ("nas.lan", False),
        ("x.home.arpa", False),
        ("x.internal", False),
        ("x.onion", False),
        ("x.test", False),
    ],
)
def test_an_address_that_only_a_private_network_knows_is_doubted(
    tmp_path: Path, host: str, public: bool
) -> None:
    personas = cast(tmp_path, x=f"{FINE}avatar: 'https://{host}/x.png'")
    assert personas.at(None).get("x")
    assert ["which Discord can't reach, use a public address" in str(each) for each in personas.warnings] == (
        [] if public else [True]
    )


def test_the_doubt_about_an_address_names_its_host(tmp_path: Path) -> None:
    assert told(tmp_path, cast(tmp_path, x=f"{FINE}avatar: 'https://NAS.local:8/x.png'").warnings) == [
        "x.yaml:3:1: `avatar` is on nas.local, which Discord can't reach, use a public address, or put the picture into the personas folder and write its name"
    ]


NO_NAME = (
    "isn't a name that people say, write a word or two with at least one letter or digit, without `@`, `<`, `*` "
    "and the like, and not “everyone” or “here”"
)


@pytest.mark.parametrize(
    ("called", "problems"),
    [
        ("['@everyone']", [f"3:10: item 1 of `called` {NO_NAME}"]),
        ("[Mira, Everyone, HERE]", [f"3:16: item 2 of `called` {NO_NAME}", f"3:26: item 3 of `called` {NO_NAME}"]),
        ("['<@5>']", [f"3:10: item 1 of `called` {NO_NAME}"]),
        ("['**Mira**', '[Mira](https://x.example)', '`Mira`', 'M|ra']", [f"3:{at}: item {number} of `called` {NO_NAME}" for number, at in enumerate((10, 22, 51, 61), 1)]),
        ("['!', '🦊', '-']", [f"3:{at}: item {number} of `called` {NO_NAME}" for number, at in enumerate((10, 15, 20), 1)]),
        ("\n  - Mira\n  - MIRA\n  - Mi\u200bra", ["5:5: item 2 of `called` is here a second time, keep only one of them", f"6:5: item 3 of `called` {NO_NAME}"]),
        (f"[{'x' * 33}]", ["3:10: item 1 of `called` has 33 characters, shorten it to at most 32"]),
        ("['']", ["3:10: item 1 of `called` is empty, give it a value"]),
        ('["Mi\\nra"]', ["3:10: item 1 of `called` isn't a name that people can read on one line, write it on one line, with at least one visible character and no control characters"]),
        ("[7]", ["3:10: item 1 of `called` must be text, but found a whole number, if it is text, put it in quotes"]),
        ("Mira", ["3:1: `called` must be a list, but found text, begin each item with `- ` on its own line"]),
        ("[a, b, c, d, e, f, g, h, i]", ["3:1: `called` has 9 items, keep at most 8"]),
    ],
)  # fmt: skip
def test_what_nobody_says_calls_nobody(tmp_path: Path, called: str, problems: list[str]) -> None:
    text = f"name: Mira Vale\ndescription: x\ncalled: {called}\n"
    assert refused(tmp_path, text) == [f"x.yaml:{problem}" for problem in problems]


@pytest.mark.parametrize(
    ("called", "names"),
    [
        ("", None),
        ("[]", ()),
        ("[Mira]", ("Mira",)),
        ("[V, '007', Jean-Luc, O'Neil, D.va, the old one]", ("V", "007", "Jean-Luc", "O'Neil", "D.va", "the old one")),
        ("[渡, 阿·渡, ミラ・ヴェイル, 미라, नीरा, می\u200cرا]", ("渡", "阿·渡", "ミラ・ヴェイル", "미라", "नीरा", "می\u200cرا")),
        (f"[{'x' * 32}]", ("x" * 32,)),
        ("[a, b, c, d, e, f, g, h]", tuple("abcdefgh")),
    ],
)  # fmt: skip
def test_names_that_people_say_are_taken(tmp_path: Path, called: str, names: tuple[str, ...] | None) -> None:
    personas = cast(tmp_path, x=f"name: Mira Vale\ndescription: x\ncalled: {called}\n")
    persona = personas.at(None).get("x")
    assert persona is not None
    assert persona.called == names
    assert personas.warnings == ()


@pytest.mark.parametrize(
    ("find", "problem"),
    [
        ("'/(?:a?b?c?){400}x/'", "`find` in item 2 of `substitutions` makes the patterns of `substitutions` too large together, leave out long repetitions such as {50}, or write plain text where it does"),
        ("'/(a/'", "the pattern in `find` in item 2 of `substitutions` can't be used: missing ): (a, patterns are RE2's, without look-around and references back; write plain text without the slashes if it is none"),
        ("'/a(?=b)/'", "the pattern in `find` in item 2 of `substitutions` can't be used: invalid perl operator: (?=, patterns are RE2's, without look-around and references back; write plain text without the slashes if it is none"),
        ("''", "`find` in item 2 of `substitutions` also finds nothing at all, write what is to be replaced, at least one character"),
        ("'/a*/'", "`find` in item 2 of `substitutions` also finds nothing at all, write what is to be replaced, at least one character"),
        ('"a\\nb"', "`find` in item 2 of `substitutions` has a line break, and replies are searched line by line, write it on one line"),
    ],
)  # fmt: skip
def test_a_substitution_that_cannot_be_is_a_mistake_at_its_place(
    tmp_path: Path, find: str, problem: str
) -> None:
    text = f"{FINE}substitutions:\n  - {{find: a, replace: b}}\n  - find: {find}\n"
    assert refused(tmp_path, text) == [f"x.yaml:5:5: {problem}"]


def test_a_fixed_user_needs_a_name(tmp_path: Path) -> None:
    personas = cast(
        tmp_path, x="name: Mira\ndescription: x\nuser_macro: fixed\nuser: {description: A guest.}\n"
    )
    assert told(tmp_path, personas.warnings) == [
        "x.yaml:3:1: `user_macro` is `fixed`, but `user` has no name, add a line `name: …` below `user`"
    ]


STAYS = "stays as it is, write it out: docs/style.md lists the macros that are filled in, which are none in `name`, `called` and `tags`"


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("description: x\ngreeting: Hi, {{char}} and {{ USER }}, <BOT>.", []),
        ("description: '{{getvar:a,b}}'", ["2:15: `{{getvar:a,b}}` in `description`"]),
        (
            "description: >\n  One {{original}}\n  and {{mood\n  }}, {{mood}}.",
            [
                "3:7: `{{original}}` in `description`",
                "4:7: `{{mood }}` in `description`",
                "5:7: `{{mood}}` in `description`",
            ],
        ),
        (
            'description: x\ngreeting: |\n\n  {{char}}\n\n  {{if a note}}\nsamples:\n- user: Hi.\n  reply: "\\t{{roll:d0}}"',
            ["7:3: `{{if a note}}` in `greeting`", "10:13: `{{roll:d0}}` in `reply` in item 1 of `samples`"],
        ),
        # Spelled with an escape, it has the place of its key; another text's is not taken for it.
        (
            'description: "{{mo\\u006fd}}"\npersonality: "{{mood}}"',
            ["2:1: `{{mood}}` in `description`", "3:15: `{{mood}}` in `personality`"],
        ),
        # Another inside it is told of by itself.
        ("description: 'x {{getvar:{{user}},b}}'", ["2:17: `{{getvar:` in `description`"]),
        ("description: x ｛｛user｝｝", ["2:16: `｛｛user｝｝` in `description`"]),
        ("description: x\ntags: [a, '{{char}}']", ["3:12: `{{char}}` in item 2 of `tags`"]),
        ("description: x\nuser: {name: '{{char}}''s guest', description: '{{x}}'}", ["3:49: `{{x}}` in `user.description`"]),
        ("description: x {{" + "a" * 50 + "}}", ["2:16: `{{" + "a" * 38 + "…` in `description`"]),
        # One is a warning, and hundreds are twenty.
        ("description: x" + " {{a}}" * 100, [f"2:{16 + 6 * number}: `{{{{a}}}}` in `description`" for number in range(20)]),
    ],
)  # fmt: skip
def test_macros_that_stay_are_warned_about_at_their_places(
    tmp_path: Path, text: str, places: list[str]
) -> None:
    personas = cast(tmp_path, x=f"name: Mira\n{text}\n")
    assert personas.problems == ()
    assert told(tmp_path, personas.warnings) == [f"x.yaml:{place} {STAYS}" for place in places]


def test_a_link_out_of_the_folder_is_no_persona_unless_its_folder_is_named(tmp_path: Path) -> None:
    folder, shared = tmp_path / "cast", tmp_path / "shared"
    folder.mkdir()
    shared.mkdir()
    (shared / "isolde.yaml").write_text("name: Isolde\ndescription: x\navatar: isolde.png")
    (shared / "isolde.png").touch()
    (folder / "isolde.yaml").symlink_to("../shared/isolde.yaml")
    (folder / "isolde.png").symlink_to("../shared/isolde.png")
    (tmp_path / ".env").write_text("name: a secret")
    (folder / "x.yaml").symlink_to("../.env")
    outside = (
        "1: this is a link to a file outside the personas folder, put the file itself into the folder, or add "
        "the file's own folder to `personas.roots`"
    )
    personas = PersonaLibrary.load(folder)
    assert [str(each).replace(str(folder), "") for each in personas.problems] == [
        f"/isolde.yaml{outside[1:]}",
        f"/x.yaml{outside[1:]}",
    ]
    assert "a secret" not in str(personas.problems)
    personas = PersonaLibrary.load(folder, [shared])
    assert [persona.name for persona in personas.at(None)] == ["Isolde"]
    assert [str(each).replace(str(folder), "") for each in personas.problems] == [f"/x.yaml{outside[1:]}"]


def test_one_file_can_be_read_alone(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("name: Clyde\nnsfw: 5")
    reading = read_persona(tmp_path / "x.yaml", [tmp_path])
    assert (reading.persona, len(reading.problems)) == (None, 1)
    (tmp_path / "x.yaml").write_text("name: Clyde")
    reading = read_persona(tmp_path / "x.yaml", [tmp_path])
    assert reading.persona
    assert (reading.persona.key, len(reading.problems), len(reading.warnings)) == ("x", 0, 2)


# Reading again ----------------------------------------------------------------------------------

TYPO = "nmae: Hamlet\n"
TYPO_TOLD = [
    "1:1: `name` is missing, add a line `name: …`",
    "1:1: unknown key `nmae`, did you mean `name`?",
]


def save(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def name_of(personas: PersonaLibrary, key: str) -> str | None:
    persona = personas.at(None).get(key)
    return persona.name if persona else None


def test_a_changed_file_is_read_again_and_no_other(tmp_path: Path) -> None:
    personas = cast(tmp_path, hamlet=FINE, ophelia="name: Ophelia")
    changed = save(tmp_path, "hamlet.yaml", "name: Amleth\ndescription: A prince.\n")
    save(tmp_path, "ophelia.yaml", "name: Ofelia")
    assert personas.reread([changed]) == Changes(changed=("hamlet",))
    assert [each.name for each in personas.at(None)] == ["Amleth", "Ophelia"]
    assert personas.reread([tmp_path / "ophelia.yaml"]) == Changes(changed=("ophelia",))
    assert [each.name for each in personas.at(None)] == ["Amleth", "Ofelia"]


def test_who_holds_a_persona_keeps_it_as_it_was(tmp_path: Path) -> None:
    personas = cast(tmp_path, hamlet=FINE)
    held = personas.at(None).get("hamlet")
    personas.reread([save(tmp_path, "hamlet.yaml", "name: Amleth")])
    assert held
    assert (held.name, name_of(personas, "hamlet")) == ("Hamlet", "Amleth")


def test_a_file_that_says_the_same_as_before_is_no_change(tmp_path: Path) -> None:
    personas = cast(tmp_path, hamlet=FINE)
    assert personas.reread([save(tmp_path, "hamlet.yaml", f"# once more\n{FINE}")]) == Changes()
    assert personas.at(None).places == {"hamlet": f"{tmp_path}/hamlet.yaml:1:1"}


def test_a_broken_file_keeps_the_last_good_until_it_is_mended(tmp_path: Path) -> None:
    personas = cast(tmp_path, hamlet=FINE, ophelia="name: Ophelia")
    assert (personas.at(None).broken, personas.mistakes) == ({}, {})
    path = save(tmp_path, "hamlet.yaml", TYPO)
    assert personas.reread([path]) == Changes()
    assert [each.name for each in personas.at(None)] == ["Hamlet", "Ophelia"]
    assert personas.at(None).places["hamlet"] == f"{tmp_path}/hamlet.yaml:1:1"
    assert personas.at(None).path("hamlet") == path
    assert list(personas.at(None).broken) == ["hamlet"]
    assert list(personas.mistakes) == [path]
    for found in (personas.at(None).broken["hamlet"], personas.mistakes[path], personas.problems):
        assert told(tmp_path, found) == [f"hamlet.yaml:{line}" for line in TYPO_TOLD]
    assert personas.reread([save(tmp_path, "hamlet.yaml", "name: Amleth")]) == Changes(changed=("hamlet",))
    assert [each.name for each in personas.at(None)] == ["Amleth", "Ophelia"]
    assert (personas.at(None).broken, personas.problems) == ({}, ())


def test_a_file_that_was_broken_from_the_start_has_nobody_to_keep(tmp_path: Path) -> None:
    personas = cast(tmp_path, hamlet=TYPO, ophelia="name: Ophelia")
    assert (personas.at(None).get("hamlet"), personas.at(None).path("hamlet")) == (
        None,
        tmp_path / "hamlet.yaml",
    )
    assert list(personas.at(None).broken) == ["hamlet"]
    assert personas.reread([save(tmp_path, "hamlet.yaml", FINE)]) == Changes(came=("hamlet",))
    assert [each.key for each in personas.at(None)] == ["hamlet", "ophelia"]
    assert personas.at(None).broken == {}


def test_a_new_file_joins_in_its_place(tmp_path: Path) -> None:
    personas = cast(tmp_path, b=FINE, d=FINE)
    assert personas.at(None).path("c") is None
    assert personas.reread([save(tmp_path, "c.yml", "name: Third")]) == Changes(came=("c",))
    assert [each.key for each in personas.at(None)] == ["b", "c", "d"]
    assert personas.at(None).path("c") == tmp_path / "c.yml"


def test_what_is_no_persona_s_file_changes_nothing(tmp_path: Path) -> None:
    personas = cast(tmp_path, hamlet=FINE)
    paths = [save(tmp_path, name, "}{") for name in ("x.yaml~", ".x.yaml", "notes.txt")]
    assert personas.reread([*paths, tmp_path]) == Changes()
    assert (len(personas.at(None)), personas.problems) == (1, ())


def test_a_deleted_file_s_persona_leaves_once_that_is_settled(tmp_path: Path) -> None:
    personas = cast(tmp_path, hamlet=FINE, ophelia="name: Ophelia")
    path = tmp_path / "hamlet.yaml"
    path.unlink()
    assert personas.reread([path]) == Changes(gone=frozenset({path}))
    assert [each.name for each in personas.at(None)] == ["Hamlet", "Ophelia"]
    assert personas.settle([path]) == Changes(left=("hamlet",))
    assert [each.name for each in personas.at(None)] == ["Ophelia"]
    assert personas.at(None).path("hamlet") is None


def test_a_file_taken_away_and_written_again_never_leaves(tmp_path: Path) -> None:
    personas = cast(tmp_path, hamlet=FINE)
    path = tmp_path / "hamlet.yaml"
    path.unlink()
    personas.reread([path])
    save(tmp_path, "hamlet.yaml", "name: Amleth")
    assert personas.settle([path]) == Changes(changed=("hamlet",))
    assert name_of(personas, "hamlet") == "Amleth"


def test_a_broken_file_that_is_deleted_takes_its_last_good_and_its_mistakes_along(tmp_path: Path) -> None:
    personas = cast(tmp_path, hamlet=FINE, ophelia="name: Ophelia")
    path = save(tmp_path, "hamlet.yaml", TYPO)
    personas.reread([path])
    path.unlink()
    assert personas.settle([path]) == Changes(left=("hamlet",))
    assert (personas.at(None).broken, personas.problems) == ({}, ())


def test_a_renamed_file_is_another_persona(tmp_path: Path) -> None:
    personas = cast(tmp_path, hamlet=FINE)
    (tmp_path / "hamlet.yaml").rename(tmp_path / "amleth.yaml")
    paths = [tmp_path / "hamlet.yaml", tmp_path / "amleth.yaml"]
    assert personas.reread(paths) == Changes(came=("amleth",), gone=frozenset({tmp_path / "hamlet.yaml"}))
    assert [each.key for each in personas.at(None)] == ["amleth", "hamlet"]
    assert personas.settle([tmp_path / "hamlet.yaml"]) == Changes(left=("hamlet",))
    assert [each.key for each in personas.at(None)] == ["amleth"]


def test_a_new_ending_is_the_same_persona_at_once(tmp_path: Path) -> None:
    personas = cast(tmp_path, hamlet=FINE)
    (tmp_path / "hamlet.yaml").unlink()
    path = save(tmp_path, "hamlet.yml", "name: Amleth")
    assert personas.reread([path, tmp_path / "hamlet.yaml"]) == Changes(changed=("hamlet",))
    assert personas.at(None).path("hamlet") == path
    assert personas.problems == ()


def test_a_second_file_of_a_key_comes_and_the_first_goes(tmp_path: Path) -> None:
    personas = cast(tmp_path, x="name: First")
    assert personas.reread([save(tmp_path, "x.yml", "name: Second")]) == Changes()
    assert name_of(personas, "x") == "First"
    assert told(tmp_path, personas.at(None).broken["x"]) == [
        "x.yml: x.yaml has the same key and is used instead, rename or delete one of the two"
    ]
    (tmp_path / "x.yaml").unlink()
    assert personas.reread([tmp_path / "x.yaml"]) == Changes(changed=("x",))
    assert name_of(personas, "x") == "Second"
    assert (personas.at(None).broken, personas.at(None).path("x")) == ({}, tmp_path / "x.yml")


def test_twins_by_capitals_are_doubted_while_both_are_there(tmp_path: Path) -> None:
    personas = cast(tmp_path, hamlet=FINE)
    big = save(tmp_path, "Hamlet.yaml", "name: Big")
    if len(list(tmp_path.iterdir())) == 1:
        pytest.skip("this file system does not tell capitals apart")
    assert personas.reread([big]) == Changes(came=("Hamlet",))
    assert told(tmp_path, personas.warnings)[-1] == (
        "hamlet.yaml: this file and Hamlet.yaml differ only in capital letters, rename one of them, because not every system can keep both"
    )
    big.unlink()
    assert personas.settle([big]) == Changes(left=("Hamlet",))
    assert personas.warnings == ()
    assert [each.name for each in personas.at(None)] == ["Hamlet"]


def test_a_picture_whose_name_no_file_can_have_hinders_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"name: A\ndescription: x\navatar: {'a' * 300}.png\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text(FINE, encoding="utf-8")
    library = PersonaLibrary.load(tmp_path)
    assert library.settle(()) == Changes()
    (tmp_path / "b.yaml").unlink()
    library.settle(library.reread({tmp_path / "b.yaml"}).gone)
    assert [persona.key for persona in library.at(None)] == []


def test_a_persona_that_lacks_its_picture_is_read_again_once_it_is_there(tmp_path: Path) -> None:
    personas = cast(tmp_path, x=FINE + "avatar: avatars/x.png")
    assert personas.settle([]) == Changes()
    assert list(personas.at(None).broken) == ["x"]
    (tmp_path / "avatars").mkdir()
    (tmp_path / "avatars" / "x.png").write_bytes(b"")
    assert personas.settle([]) == Changes(came=("x",))
    assert personas.at(None).broken == {}


def test_files_saved_together_are_no_twins(tmp_path: Path) -> None:
    personas = cast(tmp_path, a=FINE, b=FINE)
    assert personas.reread(
        [save(tmp_path, name, FINE) for name in ("a.yaml", "b.yaml", "c.yaml")]
    ) == Changes(came=("c",))
    assert personas.warnings == ()


def test_the_last_file_may_leave_and_another_come(tmp_path: Path) -> None:
    personas = cast(tmp_path, x=FINE)
    (tmp_path / "x.yaml").unlink()
    personas.settle([tmp_path / "x.yaml"])
    assert (len(personas.at(None)), told(tmp_path, personas.problems)) == (
        0,
        [f"{tmp_path}: there is no persona here, put a file such as marlow.yaml into this folder"],
    )
    assert list(personas.mistakes) == [tmp_path]
    assert personas.reread([save(tmp_path, "y.yaml", FINE)]) == Changes(came=("y",))
    assert personas.problems == ()


def test_all_personas_stay_while_the_folder_is_away(tmp_path: Path) -> None:
    folder = tmp_path / "cast"
    folder.mkdir()
    personas = cast(folder, hamlet=FINE, ophelia="name: Ophelia")
    path = folder / "hamlet.yaml"
    folder.rename(tmp_path / "elsewhere")
    for read_again in (personas.reread, personas.settle):
        assert read_again([path, folder]) == Changes(gone=frozenset({path}))
        assert [each.name for each in personas.at(None)] == ["Hamlet", "Ophelia"]
        assert list(map(str, personas.problems)) == [
            f"{folder}: there is no such folder, start the bot in the folder that contains it, or set personas.folder"
        ]
        assert list(personas.mistakes) == [folder]
        assert personas.at(None).broken == {}
    (tmp_path / "elsewhere").rename(folder)
    assert personas.reread([folder]) == Changes()
    assert ([each.name for each in personas.at(None)], personas.problems) == (["Hamlet", "Ophelia"], ())


def test_a_key_in_any_script_is_read_again_however_its_accents_are_stored(tmp_path: Path) -> None:
    personas = cast(tmp_path, **{unicodedata.normalize("NFD", "zoë"): "name: Zoe"})
    path = save(tmp_path, unicodedata.normalize("NFD", "zoë") + ".yaml", "name: Zoë")
    assert personas.reread([path]) == Changes(changed=(unicodedata.normalize("NFC", "zoë"),))
    assert personas.at(None).path(unicodedata.normalize("NFD", "zoë")) == path
