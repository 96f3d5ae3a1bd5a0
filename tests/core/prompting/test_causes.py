"""What went wrong in forty-two replies that people wrote from the prompts of before: each cause is gone, in each form.

The rows are those of the count that was made of them; the evenings of `bench/room` play the same with the whole bot.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.core.asides import aside_of
from bot.core.completion import Naming, Prompt, Sampling
from bot.core.message_text import aside_in
from bot.core.notes import ONWARD, silence
from bot.core.persona import DefaultProfile, Persona, Sample
from bot.core.prompting.prompt import PromptContext, build_prompt
from bot.core.routing import MessageFacts, decide
from bot.core.scene import IncomingMessage, Note, Participant, Place, Position, Speaker, Turn
from bot.core.tokens import BY_SCRIPT
from bot.personas.library import PersonaLibrary

SAMPLING = Sampling(1.0, 0.95, 500)
AT = datetime(2026, 11, 21, 20, tzinfo=UTC)

MARLOW = Persona(
    key="marlow",
    name="Marlow",
    description="Marlow keeps the Drowned Bell.",
    scenario="A storm has closed the harbour.",
    samples=(
        Sample(user="A window is broken.", reply="Blame the weather."),
        Sample(user="The cellar?", reply="Locked."),
    ),
    user=DefaultProfile(name="the traveller", description="A traveller, new to the Drowned Bell."),
)
SABINE = Persona(
    key="sabine",
    name="Sabine",
    description="Sabine robs only thieves. She fences.",
    scenario="Midnight at the Marquis's ball.",
    user=DefaultProfile(name="the accomplice", description="One of her crew, wearing a mask."),
)
CAST = {"marlow": MARLOW, "sabine": SABINE}

MARA, TOBI = 1, 2

each_form = pytest.mark.parametrize("naming", list(Naming))


def said(number: int, name: str, text: str, person: int | None = None, notes: tuple[Note, ...] = ()) -> Turn:
    """The turn of a number; without a person, it is by the persona of that name."""
    speaker = Speaker(number, name, person, None if person else name.lower())
    tokens = BY_SCRIPT.count(text)
    return Turn(number, 1, Position(number), speaker, text, tokens, created_at=AT, notes=notes)


def prompt(naming: Naming, *turns: Turn, persona: Persona = MARLOW, **context: Any) -> Prompt:
    told = PromptContext(**{"cast": CAST, "party_until": turns[-1].position, **context})
    return build_prompt(persona, turns, SAMPLING, naming, told)


def told(built: Prompt) -> str:
    """All that is told before the history."""
    return "\n".join(m.content for m in built.messages if m.role not in {"user", "assistant"})


def heard(built: Prompt) -> str:
    """The history, as name and words, whatever the form."""
    lines = [(m.name, m.content) for m in built.messages if m.role in {"user", "assistant"}]
    return "\n".join(text if name == "Everyone" else f"{name}: {text}" for name, text in lines)


# --- wrong identity: 3 of 42 ----------------------------------------------------------------------


@each_form
@pytest.mark.parametrize("names", ["Mara Voss", "Mara Captain", "Mara Voss Mara", "mara 玛拉 M."])
def test_a_new_nickname_makes_nobody_two_people(naming: Naming, names: str) -> None:
    *once, now = names.split()
    lines = [said(number, name, "Evening.", MARA) for number, name in enumerate([*once, now], 1)]
    between = [said(10 + number, "Marlow", "Aye.") for number in range(len(lines))]
    turns = [turn for pair in zip(lines, between, strict=True) for turn in pair]
    built = prompt(naming, *turns, said(99, now, "Marlow?", MARA))
    history = heard(built)
    for name in {*once} - {now}:
        assert f"{name}: " not in history
    assert history.count(f"{now}: ") == len(lines) + 1
    assert f"Here are {now} and whoever else speaks." in told(built)
    assert {m.name for m in built.messages if m.role == "user"} == {
        now if naming is Naming.NAMED else "Everyone"
    }


# --- wrote for a player: 1 of 42 ------------------------------------------------------------------


@each_form
@pytest.mark.parametrize(
    ("note", "line"),
    [
        (ONWARD, "[lets the story go on: something happens]"),
        (silence("Marlow"), "[turns to Marlow and waits]"),
        (silence(""), "[waits for an answer]"),
        (Note("image", ""), "[shows a picture]"),
    ],
)
def test_a_message_without_words_is_no_player_who_says_nothing(naming: Naming, note: Note, line: str) -> None:
    built = prompt(naming, said(1, "Mara", "", MARA, (note,)))
    assert heard(built) == f"Mara: {line}"
    assert "…" not in heard(built)
    assert "Everybody else belongs to whoever plays them" in told(built)


# --- gave a player a prop or a past: 4 of 42 ------------------------------------------------------


@each_form
@pytest.mark.parametrize("label", ["the traveller", "the accomplice", "Mara", None])
def test_nobody_is_told_to_be_a_file_s_stranger_nor_the_one_of_the_samples(
    naming: Naming, label: str | None
) -> None:
    user = DefaultProfile(name=label, description="A traveller.")
    built = prompt(naming, said(1, "Mara", "Hi.", MARA), persona=MARLOW.model_copy(update={"user": user}))
    assert f"{label}:" not in told(built)
    assert "Unless they say otherwise, each of them is this: A traveller." in told(built)
    names = {m.name for m in built.messages if m.role == "sample_message_user"}
    expected = {Naming.NAMED: {"Guest"}, Naming.PREFIXED: {"Everyone"}, Naming.FOLDED: set()}
    assert names == expected[naming]
    assert ("Guest: A window is broken." in told(built)) == (naming is not Naming.NAMED)
    assert sum(m.role == "user_system" for m in built.messages) == (naming is not Naming.FOLDED)


# --- addressed somebody in a language they did not write: 4 of 42 ---------------------------------


@each_form
@pytest.mark.parametrize("instructions", ["", "Play Marlow.", "说中文，三五句就够。", "Sprich nur Deutsch."])
def test_whoever_is_answered_is_answered_in_their_language(naming: Naming, instructions: str) -> None:
    persona = MARLOW.model_copy(update={"instructions": instructions})
    system = told(prompt(naming, said(1, "Mara", "^", MARA), persona=persona))
    assert "the language of the newest message" not in system
    assert "whoever else is answered gets their sentence in theirs" in system
    assert "A message without words is answered in the language that its writer used before." in system
    # What a persona's own rules say of it comes first, and holds.
    assert ("Unless told otherwise above: Write in the language" in system) == bool(instructions)


# --- a set-piece of a sample served as a fact of the scene: 6 of 42 -------------------------------


@each_form
@pytest.mark.parametrize(("own", "left"), [(0, 2), (7, 2), (8, 1), (9, 1), (60, 1)])
def test_samples_retire_where_the_persona_has_shown_its_voice(naming: Naming, own: int, left: int) -> None:
    turns = [said(number, "Marlow", f"Aye, {number}.") for number in range(1, own + 1)]
    system = told(prompt(naming, *turns, said(99, "Mara", "Hm?", MARA)))
    assert ("Blame the weather." in system) + ("Locked." in system) == left


FIRST_MINUTE = (
    "a room",
    "have you anything hot",
    "who are you",
    "what is this place",
    "hello",
    "good evening",
)


def test_no_sample_answers_what_newcomers_ask_first() -> None:
    library = PersonaLibrary.load(Path(__file__).parents[3] / "personas")
    asked = [sample.user.casefold() for persona in library.at(None) for sample in persona.samples]
    assert [(words, text) for words in FIRST_MINUTE for text in asked if words in text] == []


# --- wrong world: 1 of 42 -------------------------------------------------------------------------


@each_form
@pytest.mark.parametrize(("guest", "host"), [("sabine", "marlow"), ("marlow", "sabine")])
def test_a_guest_plays_in_the_scene_that_is_there(naming: Naming, guest: str, host: str) -> None:
    lines = [
        said(1, "Mara", "Evening.", MARA),
        said(2, CAST[host].name, "Aye."),
        said(3, "Mara", "And?", MARA),
    ]
    built = prompt(naming, *lines, persona=CAST[guest], host=host)
    everything = told(built)
    assert CAST[host].scenario in everything
    assert CAST[guest].scenario not in everything
    worlds = {key: persona.user.description for key, persona in CAST.items() if persona.user}
    assert worlds[host] in everything
    assert worlds[guest] not in everything
    first = CAST[host].description.partition(". ")[0].rstrip(".")
    assert f"{CAST[host].name} is played by somebody else: {first}." in everything


# --- marked as out of character, and read by the model: 8 of 8 ------------------------------------

MARKED = (
    "((brb dinner))",
    "// who is next?",
    "OOC: is it a bot",
    "[OOC so good]",
    "（（外卖到了））",
    "(( no end",
)


@pytest.mark.parametrize("text", MARKED)
def test_what_is_said_among_people_at_the_table_is_no_turn(text: str) -> None:
    message = IncomingMessage(1, Place(7), Participant(MARA, "Mara"), text, created_at=AT)
    aside = aside_in(message, "Marlow")
    assert aside.whole
    facts = MessageFacts(aside=True, presence=aside.presence is not None)
    assert decide(facts).stored == (text == "((brb dinner))")
    assert not decide(facts).answered


@each_form
@pytest.mark.parametrize("tail", MARKED)
def test_what_stands_at_a_message_s_end_out_of_character_stays_there(naming: Naming, tail: str) -> None:
    assert heard(prompt(naming, said(1, "Mara", f"*nods* {tail}", MARA))) == "Mara: *nods*"


def test_whoever_only_leaves_or_returns_is_noted() -> None:
    kinds = {
        text: getattr(aside_of(text, whole=True).presence, "kind", "")
        for text in ("brb dinner", "back", "lol")
    }
    assert kinds == {"brb dinner": "away", "back": "back", "lol": ""}


# --- ends in a question: 24 of 42 -----------------------------------------------------------------


@each_form
@pytest.mark.parametrize("persona", [MARLOW, SABINE, MARLOW.model_copy(update={"samples": ()})])
def test_no_rule_asks_for_a_question(naming: Naming, persona: Persona) -> None:
    system = told(prompt(naming, said(1, "Mara", "Evening.", MARA), persona=persona))
    assert "leave room for an answer" not in system
    assert "A question at the end is one way among several." in system
