"""The personas that come with the bot: what newcomers meet, and copy from."""

import re
import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import pytest
import regex

from bot.core.completion import Naming, Sampling
from bot.core.dice import read, roll
from bot.core.greetings import Company, greetings_of, number_of
from bot.core.lore.activation import activate
from bot.core.lore.index import Index
from bot.core.lore.telling import Circumstances, Heard
from bot.core.name_list import is_english
from bot.core.names import names_persona, persona_name
from bot.core.notes import ROLL, with_notes
from bot.core.persona import Persona, PersonaSampling, PersonaSheet
from bot.core.prompting.prompt import build_prompt
from bot.core.scene import Note, Position, Speaker, Turn
from bot.core.tokens import BY_SCRIPT
from bot.personas.library import PersonaLibrary

ROOT = Path(__file__).parents[2]
LIBRARY = PersonaLibrary.load(ROOT / "personas")
SAMPLES = LIBRARY.at(None)

each_sample = pytest.mark.parametrize("persona", list(SAMPLES), ids=lambda persona: persona.key)


def said(persona: Persona) -> list[str]:
    """What the persona itself says in its file."""
    return [*greetings(persona), *(sample.reply for sample in persona.samples)]


def greetings(persona: Persona) -> list[str]:
    """How its scenes may begin."""
    return [persona.greeting, *persona.greetings, *persona.group_greetings]


def sample(key: str) -> Persona:
    """The sample with this key."""
    found = SAMPLES.get(key)
    assert found
    return found


def contents(persona: Persona) -> dict[str, str]:
    """What its lorebook tells, by the entry's name."""
    assert persona.lorebook
    return {entry.name: entry.content for entry in persona.lorebook.entries}


def words(text: str) -> int:
    """The words of a text; in scripts without blanks, the characters."""
    return len(regex.findall(r"\p{Han}|[\p{L}\p{N}'’]+", text))


def usual(persona: Persona) -> float:
    """The length of its replies that its samples ask for."""
    return median(words(sample.reply) for sample in persona.samples)


def size(persona: Persona) -> int:
    """The tokens of all its texts, as a scene begins with them."""
    texts = [persona.description, persona.personality, persona.scenario, persona.instructions]
    pairs = [text for sample in persona.samples for text in (sample.user, sample.reply)]
    return sum(map(BY_SCRIPT.count, [*texts, persona.greeting, *pairs]))


def test_the_samples_are_without_fault() -> None:
    assert (LIBRARY.problems, LIBRARY.warnings) == ((), ())
    assert [(each.key, each.name) for each in SAMPLES] == [
        ("adu", "阿渡"),
        ("basile", "Basile"),
        ("cassida", "Cassida"),
        ("chayo", "Chayo"),
        ("iskra", "Iskra"),
        ("marlow", "Marlow"),
        ("nightjar", "Nightjar"),
        ("rufus", "Rufus"),
        ("sabine", "Sabine"),
        ("thistle", "Thistle"),
        ("tuppence", "Tuppence"),
        ("wombat", "Wombat"),
    ]


@each_sample
def test_a_sample_shows_how_it_is_done(persona: Persona) -> None:
    assert persona.tags[0] == "sample"
    assert all((persona.description, persona.personality, persona.scenario, persona.greeting, persona.user))
    assert 1 <= len(persona.samples) <= 3
    assert 300 <= size(persona) <= (1200 if persona.instructions else 650)
    assert not persona.nsfw


@each_sample
def test_a_sample_s_replies_have_one_length(persona: Persona) -> None:
    # The rules of play name the median, and what is said in the channel is copied too.
    assert 30 <= usual(persona) <= 90
    assert all(
        0.85 * usual(persona) <= words(sample.reply) <= 1.15 * usual(persona) for sample in persona.samples
    )
    assert all(words(text) <= 2 * usual(persona) for text in greetings(persona))


@each_sample
def test_a_sample_s_limit_leaves_room_for_the_reply_that_matters(persona: Persona) -> None:
    # Twice the usual length is allowed then; what is longer than four times has run away.
    limit = persona.sampling.max_completion_tokens
    longest = max(BY_SCRIPT.count(sample.reply) for sample in persona.samples)
    assert limit
    assert 2.5 * longest <= limit <= 4.5 * longest


@each_sample
def test_a_sample_has_its_voice_and_title(persona: Persona) -> None:
    assert persona.voice
    assert persona.title
    assert persona.name not in persona.voice  # the note in which it stands has the name
    assert not persona.voice.endswith((".", "。"))
    assert len(persona.title) <= 60  # as long as one that is made from a scenario


@each_sample
def test_a_sample_has_a_picture_of_its_own(persona: Persona) -> None:
    assert persona.avatar == f"{persona.key}.png"
    picture = (ROOT / "personas" / persona.avatar).read_bytes()
    assert picture.startswith(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    assert picture.endswith(b"IEND\xaeB`\x82")
    assert struct.unpack(">II", picture[16:24]) == (256, 256)
    assert len(picture) <= 30 * 1024


def test_each_picture_has_its_drawing() -> None:
    drawn = {path.stem for path in (ROOT / "bench" / "portraits").iterdir()}
    shown = {path.stem for path in (ROOT / "personas").glob("*.png")}
    assert drawn == shown == {persona.key for persona in SAMPLES}


@each_sample
def test_a_sample_leaves_nothing_to_be_filled_in(persona: Persona) -> None:
    assert "{{" not in (ROOT / "personas" / f"{persona.key}.yaml").read_text(encoding="utf-8")


@each_sample
def test_half_of_what_a_sample_says_ends_without_a_question(persona: Persona) -> None:
    asking = [text for text in said(persona) if text.rstrip('"”*').endswith(("?", "？"))]
    assert len(asking) <= len(said(persona)) / 2


def test_no_two_samples_share_a_picture_a_voice_or_a_title() -> None:
    for values in (
        [(ROOT / "personas" / f"{persona.key}.png").read_bytes() for persona in SAMPLES],
        [persona.voice for persona in SAMPLES],
        [persona.title for persona in SAMPLES],
    ):
        assert len(set(values)) == 12


def test_what_the_narrator_hides_comes_last_in_its_file_and_after_a_warning() -> None:
    head, _, tail = (ROOT / "personas" / "nightjar.yaml").read_text(encoding="utf-8").partition("# Spoilers")
    assert "SPOILERS at the end of this file" in head.partition("\nname:")[0]
    for secret in ("took it", "glove. ", "waltz", "oranges"):
        assert secret not in head
        assert secret in tail
    narrator = SAMPLES.get("nightjar")
    assert narrator
    assert re.findall(r"Sign: .*?\. (\w+|The Major) took it", narrator.instructions) == [
        "Ines",
        "The Major",
        "Odile",
    ]


@each_sample
def test_a_sample_s_name_is_one_word_that_wakes_it(persona: Persona) -> None:
    assert re.fullmatch(r"\w{2,10}", persona.name)
    assert names_persona(f"{persona.name.lower()}，Hello", persona.name)
    assert persona_name(persona) == persona.name


@each_sample
def test_a_sample_is_written_about_by_name(persona: Persona) -> None:
    for text in (persona.description, persona.personality):
        assert persona.name in text
        assert not re.search(r"\b(?:you|your)\b|你", text, re.IGNORECASE)


@each_sample
def test_what_a_sample_says_shows_length_and_form(persona: Persona) -> None:
    for text in said(persona):
        # A line broken in the middle of a sentence would be shown so, and taught to the model.
        assert all(line[-1] in '.?!"*)»。？！”' for line in text.splitlines() if line)
        assert text.count("*") % 2 == 0
        assert text.count('"') % 2 == 0
        assert text.count("“") == text.count("”")
        assert text.count("«") == text.count("»")
        assert text.count("((") == text.count("))")
        assert len(text) <= 1000
        assert not text.startswith((f"{persona.name}:", f"{persona.name}："))


@each_sample
def test_nothing_that_a_sample_says_plays_the_player(persona: Persona) -> None:
    # Outside what is spoken, nobody is “you”: a “you” that acts would be a player's. In Spanish, speech begins
    # with a dash; what is beside the story stands in double brackets.
    for text in said(persona):
        told = re.sub(r'"[^"]*"|“[^”]*”|«[^»]*»|—[^*\n]*|\(\(.*?\)\)', "", text)
        assert not re.search(r"\b(?:you|your|vous|votre|ustedes|usted|tú)\b|你", told, re.IGNORECASE)


@each_sample
def test_no_two_replies_of_a_sample_share_a_phrase(persona: Persona) -> None:
    seen: dict[tuple[str, ...], int] = {}
    for number, text in enumerate(said(persona)):
        tokens = regex.findall(r"\p{Han}|[\p{L}\p{N}']+", text.casefold())
        for at in range(len(tokens) - 4):
            phrase = tuple(tokens[at : at + 5])
            assert seen.setdefault(phrase, number) == number, " ".join(phrase)


@each_sample
def test_a_sample_s_prompt_carries_it_whole(persona: Persona) -> None:
    alice, at = Speaker(1, "Alice", user_id=7), datetime(2026, 1, 1, tzinfo=UTC)
    turn = Turn(1, 1, Position(1), alice, "Hello.", tokens=5, created_at=at)
    prompt = build_prompt(persona, [turn], Sampling(1.0, 0.95, 1024), Naming.NAMED)
    system, *rest = prompt.messages
    assert persona.description in system.content
    assert any(persona.scenario in message.content for message in prompt.messages)
    assert persona.instructions in system.content
    pairs = [message for message in rest if message.role.startswith("sample_message_")]
    assert len(pairs) == 2 * len(persona.samples)


UNUSED = {
    *("nsfw", "servers", "lorebooks"),
    *("style", "reminders", "nickname", "card"),
    *("user_macro", "length", "language", "substitutions"),
}
"""The keys for adults and where personas play, for what character cards bring, and for what no sample needs."""


def test_together_the_samples_use_every_key_but_a_few() -> None:
    assert {key for persona in SAMPLES for key in persona.sampling.model_fields_set} == set(
        PersonaSampling.model_fields
    )
    used = {
        key
        for persona in SAMPLES
        for key in PersonaSheet.model_fields
        if getattr(persona, key) != PersonaSheet(name="Nobody").model_dump()[key]
    }
    assert set(PersonaSheet.model_fields) - used == UNUSED


def test_the_samples_differ() -> None:
    assert len({persona.tags[1:] for persona in SAMPLES}) == 12
    assert max(map(size, SAMPLES)) > 2 * min(map(size, SAMPLES))
    assert len({len(persona.samples) for persona in SAMPLES}) > 1
    assert [each.key for each in SAMPLES if regex.search(r"\p{Han}", each.greeting)] == ["adu"]


@pytest.mark.parametrize("persona", [each for each in SAMPLES if each.lorebook], ids=lambda each: each.key)
def test_what_a_sample_knows_is_short_and_comes_up(persona: Persona) -> None:
    book = persona.lorebook
    assert book
    assert book.name
    assert len(contents(persona)) == len(book.entries)  # each has a name of its own
    for entry in book.entries:
        assert bool(entry.keys) is not entry.constant
        assert BY_SCRIPT.count(entry.content) <= (110 if entry.constant else 60)
        assert not re.search(r"\b(?:you|your)\b|[\[\]]", entry.content)


TALKS: Mapping[str, Sequence[tuple[str, str, set[str]]]] = {
    "rufus": [
        ("Ana", "I look around. Is anybody here?", set()),
        ("Ana", "I kick the door in and search the desk!", {"Fights", "Looking for something"}),
        ("Rufus", "The drawer bites. You are bleeding. Roll `2d6`.", set()),
        ("Ben", "I bandage her hand.", {"Fights", "Looking for something", "Wounds"}),
        ("Ben", "Nothing else.", {"Fights", "Looking for something", "Wounds"}),
        ("Ana", "Fine.", {"Wounds"}),  # what was said five turns ago counts no more
    ],
    "tuppence": [
        ("Ana", "Good morning!", {"The board"}),
        ("Ana", "How much is the rope, and is the hen for sale?", {"The board", "Rope", "The hen"}),
        ("Ben", "I slip a hand into the cash box.", {"The board", "Rope", "The hen", "Thieves"}),
    ],
    "wombat": [
        ("Ana", "Full power, and open fire!", {"Engines", "Weapons"}),
        ("Wombat", "Brenna: We have a horn.", set()),
        ("Ben", "Then take the Joey and a probe.", {"Engines", "Weapons", "The shuttle", "Probes"}),
    ],
    "basile": [
        ("Ana", "On va au marché ?", {"The market"}),
        *((name, f"Numéro {number}.", {"The market"}) for number in range(3) for name in ("Basile", "Ana")),
        ("Ana", "Et la gare ?", {"The market", "The station"}),  # nobody has left the market yet
    ],
}
"""What is said in turn, and what the persona is told if it is asked then."""


@pytest.mark.parametrize("key", TALKS)
def test_what_a_sample_knows_comes_up_in_a_talk(key: str) -> None:
    persona, heard = sample(key), list[Heard]()
    assert persona.lorebook
    index, around = Index(persona.lorebook), Circumstances(1, 1500, BY_SCRIPT.count, persona.known_as)
    for name, text, expected in TALKS[key]:
        own = name == persona.name
        heard.append(Heard(name, text, Position(1000 * len(heard) + 1000), own))
        if not own:
            assert {each.ready.name for each in activate([index], heard, around).told} == expected


@each_sample
def test_a_sample_s_greetings_can_be_told_apart_in_the_menu(persona: Persona) -> None:
    offered = greetings_of(persona, Company.VISITOR)
    assert len(offered) == 1 + len(persona.greetings) + len(persona.group_greetings)
    assert [number_of(persona, text) for text in offered] == list(range(len(offered)))
    assert len({text[:40] for text in offered}) == len(offered)


def test_samples_show_lore_and_greetings() -> None:
    assert [each.key for each in SAMPLES if each.lorebook] == ["basile", "rufus", "tuppence", "wombat"]
    several = [each.key for each in SAMPLES if each.greetings]
    assert several == ["chayo", "iskra", "rufus", "tuppence", "wombat"]
    assert [each.key for each in SAMPLES if each.group_greetings] == ["iskra"]


def test_the_shopkeeper_s_prices_hold() -> None:
    told = contents(sample("tuppence"))
    board = re.findall(r"([a-z][a-zS ]*?) (\d+)[,.]", told.pop("The board").partition("Haggling")[0])
    assert dict(board) == {
        "rope": "4",
        "lantern": "5",
        "flask of oil": "1",
        "healing potion": "12",
        "map of the Stair": "8",
        "lunch for a day": "2",
        "chalk": "1",
        "crowbar": "6",
        "warm blanket": "3",
        "the hen": "7",
    }
    everything = " ".join(told.values())
    for thing, price in board:
        shown = thing.removeprefix("flask of ")
        shown = shown[0].upper() + shown[1:]
        assert f"{shown}: {price} silver" in everything
    # Nothing that she says names another price.
    assert not any(re.search(r"\d|\bsilver\b", text) for text in said(sample("tuppence")))


def test_the_game_master_asks_for_dice_that_can_be_rolled() -> None:
    rufus = sample("rufus")
    texts = [rufus.instructions, *said(rufus), *contents(rufus).values()]
    asked = {found for text in texts for found in re.findall(r"`(?:/roll )?([^`]+)`", text)}
    assert asked == {"2d6", "3d6kh2", "3d6kl2", "2d6 for the jump"}
    assert {read(each).formula.dice for each in asked} == {2, 3}
    # His samples show the note of a roll just as the bot writes it.
    notes = [line for each in rufus.samples for line in each.user.splitlines() if line.startswith("[")]
    assert notes == [rolled([1, 3], "the jump"), rolled([5, 6], "bluffing the guard")]


def rolled(faces: list[int], reason: str) -> str:
    """What the model is told of two dice."""
    falling = iter(faces)
    told = roll(read("2d6").formula, lambda _: next(falling)).told(reason)
    return with_notes("", [Note(ROLL, told)])


def test_the_game_master_s_dice_are_as_often_good_as_bad() -> None:
    totals = [one + other for one in range(1, 7) for other in range(1, 7)]
    rules = sample("rufus").instructions
    assert all(
        words in rules for words in ("9 or more: it works", "6 to 8: it works, and", "5 or less: it doesn't")
    )
    assert sum(total >= 9 for total in totals) == sum(total <= 5 for total in totals) == 10


def test_the_language_partner_corrects_beside_the_story() -> None:
    basile = sample("basile")
    corrected = [each.reply for each in basile.samples if "((" in each.reply]
    assert len(corrected) == 2  # who makes no mistake isn't corrected
    assert all(text.rstrip().splitlines()[-1].startswith("((") for text in corrected)
    assert all(text.count("((") == 1 for text in corrected)


def test_the_companion_speaks_spanish_and_has_spanish_rules() -> None:
    chayo = sample("chayo")
    assert not is_english(chayo.instructions)
    assert all(text.startswith(("*", "—")) for text in said(chayo))
    assert not any("?" in text.replace("¿", "")[-3:] for text in greetings(chayo))


def test_the_ship_speaks_with_two_voices() -> None:
    ship = sample("wombat")
    assert ship.called == ("Wombat", "Decimal", "Brenna")
    for voice in ("Decimal", "Brenna"):
        assert voice in ship.instructions
        assert all(voice in text for text in said(ship))


def test_the_narrator_speaks_for_many() -> None:
    narrator = SAMPLES.get("nightjar")
    assert narrator
    for voice in ("Odile", "the Major", "Ines", "Tam"):
        assert voice.removeprefix("the ") in narrator.description
        assert voice in narrator.instructions
    for voice in ("says Odile", "booms Major Pettibone", "booms the Major", "says Ines"):
        assert any(voice in text for text in said(narrator))
