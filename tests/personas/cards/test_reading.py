"""Cards become personas: each container, each field, and each trap that real cards have set."""

import base64
from pathlib import Path
from typing import Any

import pytest
import tavern_card

from bot.core.persona import PersonaSheet
from bot.files.yamlfile import read
from bot.personas.cards import CardError, ImportedCard, export_card, read_card
from bot.personas.library import PersonaLibrary
from bot.texts.sentences import Sentence, voice_for
from tests.cards import (
    ANIMATION,
    END,
    HEADER,
    JPEG,
    PICTURE,
    PIXELS,
    SIGNATURE,
    V1,
    V2_DATA,
    V3_DATA,
    as_json,
    charx,
    coded,
    international_chunk,
    packed_chunk,
    png,
    text_chunk,
    v2,
    v3,
)


def sheet(card: ImportedCard) -> PersonaSheet:
    return PersonaSheet.model_validate(read(card.text, "x.yaml").data)


def plain(card: object) -> dict[str, Any]:
    """The data of the persona that a card in JSON becomes."""
    found: dict[str, Any] = read(read_card(as_json(card), "file.json").text, "x.yaml").data
    return found


def said(sentences: tuple[Sentence, ...]) -> list[str]:
    return [voice_for().render(each) for each in sentences]


# --- containers -----------------------------------------------------------------------------------

WEBUI = """\
name: Ada
greeting: |-
  *A wheel turns.*
context: |-
  Ada's Persona: Ada counts.

  {{user}}: What is it?
  {{char}}: A loom that counts.
turn_template: x
"""

PYGMALION = """\
char_name: Ada
char_persona: Ada counts.
char_greeting: Hello.
world_scenario: A workshop.
example_dialogue: "{{user}}: What is it?\\n{{char}}: A loom that counts."
your_name: the guest
user_bio: Somebody at the door.
"""

CONTAINERS = {
    "JSON": as_json(v2()),
    "JSON with a byte-order mark": b"\xef\xbb\xbf\r\n" + as_json(v2()),
    "PNG, tEXt, chara": png(text_chunk("chara", coded(v2()))),
    "PNG, tEXt, ccv3": png(text_chunk("ccv3", coded(v3()))),
    "PNG, in capitals": png(text_chunk("CharA", coded(v2()))),
    "PNG, chara that holds version 3": png(text_chunk("chara", coded(v3()))),
    "PNG, behind the pixels": png(text_chunk("chara", coded(v2())), behind=True),
    "PNG, base64 in lines": png(text_chunk("chara", base64.encodebytes(as_json(v2())))),
    "PNG, base64 without padding": png(text_chunk("chara", coded(v2()).rstrip(b"="))),
    "PNG, zTXt": png(packed_chunk("chara", coded(v2()))),
    "PNG, iTXt": png(international_chunk("chara", coded(v2()))),
    "PNG, iTXt packed": png(international_chunk("ccv3", coded(v3()), packed=True)),
    "PNG, JSON as it is": png(international_chunk("chara", as_json(v2()))),
    "APNG": png(ANIMATION, text_chunk("chara", coded(v2()))),
    "CHARX": charx({"card.json": as_json(v3())}),
    "JPEG with an archive": JPEG + charx({"card.json": as_json(v3())}),
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_each_container_is_read_whatever_its_name_says(container: str) -> None:
    persona = sheet(read_card(CONTAINERS[container], "download.bin"))
    assert (persona.name, persona.description) == ("Ada", "An engineer of the first machines.")
    assert (persona.personality, persona.scenario) == ("Dry.", "A workshop at night.")
    assert (persona.greeting, persona.instructions) == ("Hello. Mind the wheels.", "Write as a play.")
    assert (persona.reminders, persona.tags) == ("Keep to the year 1843.", ("history", "machines"))
    assert [(each.user, each.reply) for each in persona.samples] == [("What is it?", "A loom that counts.")]


def test_a_card_of_the_first_version_is_read_too() -> None:
    assert plain(V1) == {
        "name": "Ada",
        "description": "An engineer of the first machines.",
        "personality": "Dry.",
        "scenario": "A workshop at night.",
        "greeting": "Hello. Mind the wheels.",
        "samples": [{"user": "What is it?", "reply": "A loom that counts."}],
    }


@pytest.mark.parametrize(
    ("text", "description", "greeting", "rest"),
    [
        (WEBUI, "Ada's Persona: Ada counts.", "*A wheel turns.*", {"card": {"top_level": {"turn_template": "x"}}}),
        (PYGMALION, "Ada counts.", "Hello.", {"scenario": "A workshop.", "user": {"name": "the guest", "description": "Somebody at the door."}}),
    ],
)  # fmt: skip
def test_yaml_of_text_generation_webui_is_read(
    text: str, description: str, greeting: str, rest: dict[str, Any]
) -> None:
    found = read(read_card(text.encode(), "Ada.yaml").text, "x").data
    assert found == {
        "name": "Ada",
        "description": description,
        "greeting": greeting,
        "samples": [{"user": "What is it?", "reply": "A loom that counts."}],
        **rest,
    }


def test_version_3_goes_before_version_2_in_the_same_picture() -> None:
    both = png(text_chunk("chara", coded(v2(name="Old"))), text_chunk("ccv3", coded(v3(name="New"))))
    assert read_card(both, "x.png").name == "New"
    torn = png(text_chunk("ccv3", coded(v3())[:99]), text_chunk("chara", coded(v2(name="Old"))))
    found = read_card(torn, "x.png")
    assert found.name == "Old"
    assert said(found.report.warnings) == [
        "The card's newer form in this picture is damaged, so the older one was read."
    ]


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"RIFF\x10\0\0\0WEBPVP8X", "x.png", "Cards in WebP pictures can't be read. Download the card's original PNG, or export it as PNG or JSON where it was made."),
        (b"GIF89a\1\0\1\0", "x.gif", "GIF pictures can't hold a card. Use the card's PNG or JSON."),
        (b"\0\0\0 ftypavif", "x.avif", "AVIF pictures can't hold a card. Use the card's PNG or JSON."),
        (PICTURE, "x.png", "This PNG has no card in it. Many sites and chats remove it from a picture: download the original file, or the card's JSON."),
        (JPEG, "x.jpg", "This JPEG has no card in it. Many sites and chats remove it from a picture: download the original file, or the card's JSON."),
        (b"%PDF-1.7\n\xe2\xe3", "x.pdf", "This file is no character card. Cards are PNG, JSON and CHARX files, a JPEG with an archive behind it, or a YAML of text-generation-webui."),
        (b'{"a": 1}', "x.json", "This is no character card: a card has a `name` and a `first_mes`, at its top or in `data`."),
        (b'{"entries": {"0": {"key": ["x"]}}}', "x.json", "This is a lorebook and no character card: it has entries, but nobody to play. Add it as a lorebook instead."),
        (as_json({"spec": "lorebook_v3", "data": {"entries": []}}), "x.json", "This is a lorebook and no character card: it has entries, but nobody to play. Add it as a lorebook instead."),
        (b"name: Ada\ndescription: dry\npersonality: kind\n", "ada.yaml", "This is already a persona of Dramatis. Save it as a .yaml file in the personas folder."),
        (b"name: 'Ada\n", "ada.yaml", "This YAML can't be read: ada.yaml:1:7: "),
        (b'{"name": "Ada",\n "description": }', "ada.json", "The card's JSON is broken at line 2, column 17. Export the card again."),
    ],
)  # fmt: skip
def test_what_is_no_card_is_refused_with_the_way_out(content: bytes, name: str, sentence: str) -> None:
    with pytest.raises(CardError) as refused:
        read_card(content, name)
    assert voice_for().render(refused.value.sentence).startswith(sentence)


# --- pictures -------------------------------------------------------------------------------------


def icon(uri: str, name: str = "main", ext: str = "png") -> dict[str, str]:
    return {"type": "icon", "uri": uri, "name": name, "ext": ext}


DATA = "data:image/png;base64," + base64.b64encode(PICTURE).decode()


@pytest.mark.parametrize(
    ("content", "avatar", "ending"),
    [
        (png(text_chunk("chara", coded(v2())), text_chunk("parameters", b"a prompt")), PICTURE, ".png"),
        (png(ANIMATION, text_chunk("chara", coded(v2()))), SIGNATURE + HEADER + ANIMATION + PIXELS + END, ".png"),
        (png(text_chunk("ccv3", coded(v3(assets=None)))), PICTURE, ".png"),
        (as_json(v3()), None, None),
        (as_json(v3(assets=[icon(DATA)])), PICTURE, ".png"),
        (charx({"card.json": as_json(v3(assets=[icon("embeded://a/b.jpg", "other"), icon("embeded://m.png")])), "a/b.jpg": JPEG, "m.png": PICTURE}), PICTURE, ".png"),
        (charx({"card.json": as_json(v3(assets=[icon("embeded://a/b.jpg", "other")])), "a/b.jpg": JPEG}), JPEG, ".jpg"),
        (charx({"card.json": as_json(v3(assets=[icon("embeded://../m.png")])), "m.png": PICTURE}), None, None),
        (charx({"card.json": as_json(v3())}), None, None),
        (JPEG + charx({"card.json": as_json(v3())}), JPEG, ".jpg"),
        (png(text_chunk("ccv3", coded(v3(assets=[icon("__asset:1")]))), text_chunk("chara-ext-asset_:1", base64.b64encode(JPEG))), JPEG, ".jpg"),
        (png(text_chunk("ccv3", coded(v3(assets=[icon("https://example.com/a.png")])))), PICTURE, ".png"),
    ],
)  # fmt: skip
def test_the_main_icon_is_the_picture_or_else_the_file_itself_without_its_texts(
    content: bytes, avatar: bytes | None, ending: str | None
) -> None:
    found = read_card(content, "x")
    assert (found.avatar, found.picture and found.picture.ending) == (avatar, ending)


def test_nothing_is_fetched_and_what_is_left_out_is_told() -> None:
    far = {"type": "background", "uri": "https://example.com/b.png", "name": "b", "ext": "png"}
    large = {"type": "emotion", "uri": "data:image/png;base64," + "A" * 4000, "name": "joy", "ext": "png"}
    card = v3(assets=[icon("https://example.com/a.png"), far, large])
    found = read_card(charx({"card.json": as_json(card), "assets/x.png": PICTURE, "module.json": b"{}"}), "x")
    assert found.avatar is None
    assert said(found.report.ignored) == [
        (
            "The card's picture is on the web, and nothing is fetched from there: https://example.com/a.png Save it and "
            "set `avatar` to use it."
        ),
        "Another picture or file written into the card was left out: a persona has one picture.",
        "2 other files in it were left out: a persona has one picture.",
    ]
    assert read(found.text, "x").data["card"]["assets"] == [icon("https://example.com/a.png"), far]


def test_a_picture_that_discord_does_not_show_is_warned_of() -> None:
    odd = charx({"card.json": as_json(v3(assets=[icon("embeded://m.png")])), "m.png": b"\0\0\0 ftypavif"})
    assert said(read_card(odd, "x").report.warnings) == [
        "The card's picture is damaged, or of a kind that Discord doesn't show. Set `avatar` to another one."
    ]


# --- fields and traps -----------------------------------------------------------------------------


def test_everything_a_card_of_version_3_can_say_has_its_place() -> None:
    assert plain(v3()) == {
        "name": "Ada",
        "nickname": "Countess",
        "description": "An engineer of the first machines.",
        "personality": "Dry.",
        "scenario": "A workshop at night.",
        "instructions": "Write as a play.",
        "reminders": "Keep to the year 1843.",
        "greeting": "Hello. Mind the wheels.",
        "greetings": ["You are late.", "Sit."],
        "group_greetings": ["So many of you."],
        "samples": [{"user": "What is it?", "reply": "A loom that counts."}],
        "tags": ["history", "machines"],
        "card": {
            "creator_notes": "<b>For evenings.</b>",
            "creator": "somebody",
            "character_version": "1.2",
            "extensions": V2_DATA["extensions"],
            "creator_notes_multilingual": {"de": "Für Abende."},
            "source": ["https://example.com/ada"],
            "creation_date": 1720000000,
            "modification_date": 1720000000123,
            "assets": V3_DATA["assets"],
        },
    }


def test_what_stands_beside_the_data_is_a_copy_or_kept() -> None:
    card = {
        **V1,
        "name": "Old",
        "creatorcomment": "x",
        "avatar": "none",
        **v2(),
        "create_date": "2024-1-1",
        "fav": True,
    }
    found = read_card(as_json(card), "x.json")
    assert found.name == "Ada"
    assert read(found.text, "x").data["card"]["top_level"] == {"create_date": "2024-1-1", "fav": True}
    assert said(found.report.ignored) == [
        (
            "The card has this twice, and the newer form counts: name, description, personality, scenario, first_mes, "
            "mes_example, creatorcomment, avatar."
        )
    ]


def test_line_ends_of_windows_and_blanks_around_are_gone() -> None:
    card = v2(
        description="  One.\r\n\r\nTwo. \r\n", mes_example="<START>\r\n{{user}}: a\r\n{{char}}: b\r\n\r\n"
    )
    found = plain(card)
    assert (found["description"], found["samples"]) == ("One.\n\nTwo.", [{"user": "a", "reply": "b"}])
    assert "mes_example" not in found["card"]


def test_with_more_examples_than_three_the_first_are_samples_and_all_are_kept() -> None:
    many = "\n".join(f"<START>\n{{{{user}}}}: q{n}\n{{{{char}}}}: a{n}" for n in range(5))
    found = read_card(as_json(v2(mes_example=many)), "x.json")
    assert [each.user for each in sheet(found).samples] == ["q0", "q1", "q2"]
    assert read(found.text, "x").data["card"]["mes_example"] == many
    assert said(found.report.changed) == [
        (
            "Of 5 example exchanges, the first 3 are `samples`, because a model repeats what it sees too often. All are "
            "kept below `card`."
        )
    ]


def test_examples_that_answer_nobody_are_style() -> None:
    found = plain(v2(mes_example="<START>\n{{char}}: One.\n<START>\n{{char}}: Two."))
    assert ("samples" in found, found["style"]) == (False, "One.\n\nTwo.")


@pytest.mark.parametrize(
    ("field", "value", "key", "becomes"),
    [
        ("character_version", 1.5, "character_version", "1.5"),
        ("creation_date", "1720000000", "creation_date", 1720000000),
        ("tags", "a, b ,", None, ["a", "b"]),
        ("alternate_greetings", None, None, None),
        ("alternate_greetings", "One.", None, ["One."]),
        ("creator_notes", ["a", "b"], "creator_notes", "a\nb"),
        ("extensions", {"talkativeness": "0.5"}, "extensions", {"talkativeness": "0.5"}),
        ("nickname", "", "nickname", None),
        ("nickname", None, "nickname", None),
        ("unheard_of", {"x": [1, None]}, "unheard_of", {"x": [1, None]}),
    ],
)
def test_fields_as_programs_really_write_them_are_understood(
    field: str, value: object, key: str | None, becomes: object
) -> None:
    found = plain(v2(**{field: value}))
    ours = {"tags": "tags", "alternate_greetings": "greetings"}.get(field, field)
    assert (found.get(ours) if key is None else found["card"].get(key)) == becomes


def test_a_field_of_a_wrong_kind_is_left_out_and_told() -> None:
    found = read_card(as_json(v2(personality={"a": 1}, tags=5, character_book=[])), "x.json")
    persona = sheet(found)
    assert (persona.personality, persona.tags) == ("", ())
    assert said(found.report.ignored) == [
        f"`{field}` isn't what cards have there, so it was left out, or in part."
        for field in ("personality", "tags", "character_book")
    ]


@pytest.mark.parametrize(
    ("name", "becomes", "told"),
    [
        ("Aqua || the useless goddess", "Aqua", ["The name is now “Aqua”. The card's own is kept below `card`."]),
        ("Ada\nByron", "Ada Byron", ["The name is now “Ada Byron”. The card's own is kept below `card`."]),
        ("Ada " + "Byron " * 20, "Ada " + "Byron " * 11 + "Byron", ["The name is now “Ada Byron Byron Byron Byron Byron Byron Byron Byron Byron By…”. The card's own is kept below `card`.", "The name has 75 characters. A short one reads better above each post."]),
        ("阿渡", "阿渡", []),
        ("\u200b", "file", ["The card has no name that can be shown, so it is called “file”. Change `name` if you like."]),
        ("Clyde the Cat", "Clyde the Cat", ["Discord doesn't allow “clyde” in a name, so posts get a dot in that word. Choose another name."]),
        ("The Keeper of the Old Library of Saltmere", "The Keeper of the Old Library of Saltmere", ["The name has 41 characters. A short one reads better above each post."]),
    ],
)  # fmt: skip
def test_names_are_made_to_fit_and_the_whole_one_is_kept(name: str, becomes: str, told: list[str]) -> None:
    found = read_card(as_json(v2(name=name)), "file.json")
    assert found.name == sheet(found).name == becomes
    assert said((*found.report.changed, *found.report.warnings)) == told
    kept = read(found.text, "x").data["card"].get("name")
    assert kept == (None if becomes == name else name.strip())


def test_greetings() -> None:
    card = v2(first_mes="Hello.", alternate_greetings=["Hello.", "You smile at her.", ""])
    found = read_card(as_json(card), "x.json")
    assert (sheet(found).greeting, sheet(found).greetings) == ("Hello.", ("You smile at her.",))
    assert said(found.report.changed) == ["A greeting that repeats the first message was left out."]
    assert said(found.report.warnings) == [
        "Greeting 2 may act for the player (“You smile”). Leave that to the player."
    ]
    none_first = read_card(as_json(v2(first_mes="", alternate_greetings=["A.", "B."])), "x.json")
    assert (sheet(none_first).greeting, sheet(none_first).greetings) == ("A.", ("B.",))


def test_long_reminders_and_a_note_at_a_depth() -> None:
    deep = {"depth_prompt": {"prompt": "Rain.\r\nSnow.", "depth": 2, "role": "system"}, "world": "Elfland"}
    found = read_card(as_json(v2(post_history_instructions="x" * 1501, extensions=deep)), "x.json")
    assert sheet(found).reminders == "x" * 1501 + "\n\nRain.\nSnow."
    assert said(found.report.changed) == [
        (
            "The card's note for 2 messages before the end stands at the end of `reminders`: M2-her reads it with the "
            "instructions."
        )
    ]
    assert said(found.report.warnings) == [
        "The reminders have 1,514 characters, and the AI model reads them with each request. 1,500 are plenty.",
        "The card names the lorebook “Elfland”, which isn't in it. If you have it, add it too.",
    ]


def test_a_card_for_adults_plays_in_age_restricted_channels_only() -> None:
    found = read_card(as_json(v2(tags=["elf", "NSFW", "🔞"])), "x.json")
    assert sheet(found).nsfw is True
    assert said(found.report.warnings) == [
        "The tags say that it is for adults (NSFW, 🔞), so `nsfw` is true: it plays in age-restricted channels only."
    ]


def test_dialogue_in_the_description_stays_there_and_is_pointed_at() -> None:
    card = v2(description="She is tall.\n{{user}}: Hi\n{{char}}: Hm.", mes_example="")
    found = read_card(as_json(card), "x.json")
    assert sheet(found).description == "She is tall.\n{{user}}: Hi\n{{char}}: Hm."
    assert said(found.report.warnings) == [
        "The description has lines of dialogue. If they show how the persona talks, move them to `samples`."
    ]


def test_a_later_version_is_read_and_told() -> None:
    found = read_card(as_json({**v3(new_field=1), "spec_version": "3.1"}), "x.json")
    assert read(found.text, "x").data["card"]["new_field"] == 1
    assert said(found.report.warnings) == [
        "The card is of version 3.1, and this bot knows cards up to 3.0. What is new in it is kept below `card`."
    ]


def test_text_of_a_card_is_no_yaml_and_no_sentence() -> None:
    evil = "nsfw: false\nservers: [1]\n---\n!!python/object:x &a *a {{char}} \x1b[2J \u202e {0} {key}"
    found = read_card(as_json(v2(description=evil, name=evil[:11], creator=evil, tags=[evil])), "x.json")
    data = read(found.text, "x").data
    assert data["description"] == evil
    assert data["card"]["creator"] == evil
    assert set(data) <= {"name", "description", "personality", "scenario", "instructions", "reminders", "greeting", "greetings", "samples", "tags", "card"}  # fmt: skip
    assert all(line.isprintable() for line in said((*found.report.changed, *found.report.warnings)))


def test_the_persona_is_loaded_from_the_folder_with_its_picture(tmp_path: Path) -> None:
    found = read_card(png(text_chunk("ccv3", coded(v3()))), "ada.png")
    assert found.picture
    (tmp_path / "ada.png").write_bytes(found.picture.content)
    (tmp_path / "ada.yaml").write_text(found.text_with("ada.png"), encoding="utf-8")
    library = PersonaLibrary.load(tmp_path)
    assert (library.problems, library.warnings) == ((), ())
    persona = library.at(None).get("ada")
    assert persona
    assert (persona.avatar, persona.known_as, persona.name) == ("ada.png", "Countess", "Ada")


# --- the oracle -----------------------------------------------------------------------------------

ALIKE = ("name", "description", "personality", "scenario", "first_mes", "mes_example", "creator_notes", "system_prompt", "post_history_instructions", "alternate_greetings", "tags", "creator", "character_version", "extensions")  # fmt: skip
"""Fields that tavern-card reads as the specification says; it knows none of version 3."""


@pytest.mark.parametrize("raw", [v2(), v3(), v2(name="Ünï", tags=[], alternate_greetings=["\u2028"])])
@pytest.mark.parametrize("spec", ["v2", "v3"])
def test_a_reader_that_is_not_ours_reads_our_pictures(raw: dict[str, Any], spec: Any) -> None:
    out = export_card(read_card(as_json(raw), "x.json").text, None, spec, "png")
    theirs = tavern_card.parse_png_card(out)["data"]
    notes = theirs["creator_notes"].removeprefix(
        "This character card is Character Card V3, but it is loaded as a Character Card V2. Please use a Character "
        "Card V3 compatible application to use this character card properly.\n\n"
    )
    expected = tavern_card.parse_card(raw)["data"]
    expected["alternate_greetings"] = [each for each in expected["alternate_greetings"] if each.strip()]
    assert {name: {**theirs, "creator_notes": notes}[name] for name in ALIKE} == {
        name: expected[name] for name in ALIKE
    }


def test_we_read_the_pictures_of_a_writer_that_is_not_ours() -> None:
    theirs = tavern_card.write_png_card(tavern_card.parse_card(v2()), PICTURE)
    found = read_card(theirs, "x.png")
    assert found.text == read_card(as_json(v2()), "x.json").text
    assert found.avatar == PICTURE
