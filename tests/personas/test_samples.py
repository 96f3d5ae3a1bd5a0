"""The personas that come with the bot: what newcomers meet, and copy from."""

import re
import struct
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import pytest
import regex

from bot.core.completion import Naming, Sampling
from bot.core.names import names_persona, persona_name
from bot.core.persona import Persona, PersonaSampling, PersonaSheet
from bot.core.prompting.prompt import build_prompt
from bot.core.scene import Position, Speaker, Turn
from bot.core.tokens import BY_SCRIPT
from bot.personas.library import PersonaLibrary

ROOT = Path(__file__).parents[2]
LIBRARY = PersonaLibrary.load(ROOT / "personas")
SAMPLES = LIBRARY.at(None)

each_sample = pytest.mark.parametrize("persona", list(SAMPLES), ids=lambda persona: persona.key)


def said(persona: Persona) -> list[str]:
    """What the persona itself says in its file."""
    return [persona.greeting, *(sample.reply for sample in persona.samples)]


def words(text: str) -> int:
    """The words of a text; in scripts without blanks, the characters."""
    return len(regex.findall(r"\p{Han}|[\p{L}\p{N}'’]+", text))


def usual(persona: Persona) -> float:
    """The length of its replies that its samples ask for."""
    return median(words(sample.reply) for sample in persona.samples)


def size(persona: Persona) -> int:
    """The tokens of all its texts."""
    texts = [persona.description, persona.personality, persona.scenario, persona.instructions, *said(persona)]
    return sum(map(BY_SCRIPT.count, [*texts, *(sample.user for sample in persona.samples)]))


def test_the_samples_are_without_fault() -> None:
    assert (LIBRARY.problems, LIBRARY.warnings) == ((), ())
    assert [(each.key, each.name) for each in SAMPLES] == [
        ("adu", "阿渡"),
        ("cassida", "Cassida"),
        ("marlow", "Marlow"),
        ("nightjar", "Nightjar"),
        ("sabine", "Sabine"),
        ("thistle", "Thistle"),
    ]


@each_sample
def test_a_sample_shows_how_it_is_done(persona: Persona) -> None:
    assert persona.tags[0] == "sample"
    assert all((persona.description, persona.personality, persona.scenario, persona.greeting, persona.user))
    assert 1 <= len(persona.samples) <= 3
    assert 300 <= size(persona) <= (1200 if "narrator" in persona.tags else 650)
    assert not persona.nsfw


@each_sample
def test_a_sample_s_replies_have_one_length(persona: Persona) -> None:
    # The rules of play name the median, and what is said in the channel is copied too.
    assert 30 <= usual(persona) <= 90
    assert all(
        0.85 * usual(persona) <= words(sample.reply) <= 1.15 * usual(persona) for sample in persona.samples
    )
    assert words(persona.greeting) <= 2 * usual(persona)


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
        assert len(set(values)) == 6


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
        assert all(line[-1] in '.?!"*。？！”' for line in text.splitlines() if line)
        assert text.count("*") % 2 == 0
        assert text.count('"') % 2 == 0
        assert text.count("“") == text.count("”")
        assert len(text) <= 1000
        assert not text.startswith((f"{persona.name}:", f"{persona.name}："))


@each_sample
def test_nothing_that_a_sample_says_plays_the_player(persona: Persona) -> None:
    # Outside what is spoken, nobody is “you”: a “you” that acts would be a player's.
    for text in said(persona):
        told = re.sub(r'"[^"]*"|“[^”]*”', "", text)
        assert not re.search(r"\b(?:you|your)\b|你", told, re.IGNORECASE)


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
    *("nsfw", "servers", "lorebook", "lorebooks"),
    *("style", "reminders", "nickname", "card"),
    *("lorebook", "lorebooks"),
    *("greetings", "group_greetings", "user_macro", "length", "language", "substitutions"),
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
    assert len({persona.tags[1:] for persona in SAMPLES}) == 6
    assert max(map(size, SAMPLES)) > 2 * min(map(size, SAMPLES))
    assert len({len(persona.samples) for persona in SAMPLES}) > 1
    assert [each.key for each in SAMPLES if regex.search(r"\p{Han}", each.greeting)] == ["adu"]


def test_the_narrator_speaks_for_many() -> None:
    narrator = SAMPLES.get("nightjar")
    assert narrator
    for voice in ("Odile", "the Major", "Ines", "Tam"):
        assert voice.removeprefix("the ") in narrator.description
        assert voice in narrator.instructions
    for voice in ("says Odile", "booms Major Pettibone", "booms the Major", "says Ines"):
        assert any(voice in text for text in said(narrator))
