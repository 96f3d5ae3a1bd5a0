"""What the model reads of the turns: whose they are, who to, after how long, and that only the bot writes notes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.completion import Naming, Prompt, Sampling
from bot.core.notes import rounded
from bot.core.persona import Persona
from bot.core.prompting.prompt import PromptContext, build_prompt, size_of
from bot.core.prompting.transcript import history_sizes
from bot.core.scene import Note, Position, Reference, Speaker, Target, Turn
from bot.core.tokens import BY_SCRIPT

SAMPLING = Sampling(1.0, 0.95, 500)
EVENING = datetime(2026, 11, 21, 20, tzinfo=UTC)
MARLOW = Persona(key="marlow", name="Marlow", instructions="Play Marlow.")

PERSONAS = {"Marlow": "marlow", "Isolde": "isolde"}
ACCOUNTS = {"Mara": 1, "Captain Voss": 1, "V.": 1, "Ana": 2, "[Ana]": 2, "Ana Reyes": 2, "Bob": 3, "(Bob)": 4}
"""Whose names these are: Mara's, Ana's, Bob's and that of another Bob."""


def speaker(name: str) -> Speaker:
    return Speaker(abs(hash(name)), name, ACCOUNTS.get(name), PERSONAS.get(name))


def said(number: int, name: str, text: str, **more: Any) -> Turn:
    """The turn of a number, at that position and of that id; its message's id is a hundred more."""
    return Turn(
        **{
            "id": number,
            "scene_id": 1,
            "position": Position(number),
            "speaker": speaker(name),
            "text": text,
            "tokens": BY_SCRIPT.count(text),
            "created_at": EVENING,
            **more,
        }
    )


def to(turn: Turn, words: str | None = None, **more: Any) -> Target:
    """A reply to a turn as it is."""
    words = turn.text if words is None else words
    return replace(Target(turn.id + 100, turn.speaker, turn.id, words), **more)


def gone(turn: Turn) -> Target:
    """A reply to a turn that was deleted."""
    return Target(turn.id + 100, turn.speaker)


def prompt_of(turns: Sequence[Turn], naming: Naming = Naming.NAMED, title: str = "") -> Prompt:
    return build_prompt(MARLOW, turns, SAMPLING, naming, PromptContext(title))


def heard(*turns: Turn, naming: Naming = Naming.NAMED) -> list[tuple[str, str]]:
    """The history, as names and words."""
    messages = prompt_of(turns, naming).messages
    return [(each.name, each.content) for each in messages if each.role in ("user", "assistant")]


# --- one person, one name -------------------------------------------------------------------------


def test_all_of_a_persons_turns_bear_the_newest_name_and_the_change_is_told_once() -> None:
    turns = [
        said(1, "Mara", "Evening."),
        said(2, "Marlow", "Mara."),
        said(3, "Bob", "Mara?"),
        said(4, "Captain Voss", "*takes a chair*"),
        said(5, "Bob", "Hm."),
        said(6, "Captain Voss", "Stew."),
    ]
    assert heard(*turns) == [
        ("Captain Voss", "Evening."),
        ("Marlow", "Mara."),
        ("Bob", "Mara?"),
        ("Captain Voss", "[Captain Voss was called Mara until now]\n*takes a chair*"),
        ("Bob", "Hm."),
        ("Captain Voss", "Stew."),
    ]
    assert heard(*turns, naming=Naming.PREFIXED)[2:] == [
        (
            "Everyone",
            (
                "Bob: Mara?\nCaptain Voss: [Captain Voss was called Mara until now]\n  *takes a chair*\n"
                "Bob: Hm.\nCaptain Voss: Stew."
            ),
        )
    ]
    # A reply ends where the model writes for them, by whatever name.
    assert prompt_of(turns).speakers == ("Captain Voss", "Bob", "Mara")


@pytest.mark.parametrize(
    ("names", "notes"),
    [
        (
            "Mara Captain_Voss V.",
            ["", "[V. was called Mara until now, and is called Captain Voss from here on]",
             "[V. was called Captain Voss until now]"],
        ),
        ("Mara Captain_Voss Mara", ["", "[Mara is called Captain Voss from here on]",
                                    "[Mara was called Captain Voss until now]"]),
        ("Mara Mara Mara", ["", "", ""]),
        ("[Ana] Ana_Reyes Ana_Reyes", ["", "[Ana Reyes was called (Ana) until now]", ""]),
    ],
)  # fmt: skip
def test_each_change_is_told_where_it_happened(names: str, notes: list[str]) -> None:
    turns = [said(i, name.replace("_", " "), "Hm.") for i, name in enumerate(names.split(), 1)]
    (line,) = heard(*turns)
    assert line[1] == "\n".join("\n".join(filter(None, [note, "Hm."])) for note in notes)


# --- one person, several characters -----------------------------------------------------------------


def playing(number: int, name: str, character: str = "", account: int = 1) -> Turn:
    """A turn of somebody as a character, by default of the first account."""
    return replace(said(number, name, "Hm."), speaker=Speaker(number, name, account, None, character))


@pytest.mark.parametrize(
    ("cast", "lines"),
    [
        (
            [("Mara", ""), ("Voss", "profile:1"), ("Mara", "")],
            [
                ("Mara", "Hm."),
                ("Voss", "[Mara now plays Voss]\nHm."),
                ("Mara", "[Mara no longer plays Voss]\nHm."),
            ],
        ),
        (
            [("Voss", "profile:1"), ("Kess", "profile:2"), ("Kess", "profile:2")],
            [("Voss", "Hm."), ("Kess", "[Voss's player now plays Kess]\nHm.\nHm.")],
        ),
        (
            [("Voss", "profile:1"), ("Mara", ""), ("Captain Voss", "profile:1")],
            [
                ("Captain Voss", "Hm."),
                ("Mara", "[Mara no longer plays Captain Voss]\nHm."),
                (
                    "Captain Voss",
                    "[Mara now plays Captain Voss]\n[Captain Voss was called Voss until now]\nHm.",
                ),
            ],
        ),
        # One of one's own name is nobody else.
        ([("Mara", ""), ("Mara", "profile:1")], [("Mara", "Hm."), ("Mara", "Hm.")]),
        # Members of a system are people of their own.
        (
            [("Mara", ""), ("Kai", "member:9:kai"), ("Sol", "member:9:sol"), ("Mara", "")],
            [("Mara", "Hm."), ("Kai", "Hm."), ("Sol", "Hm."), ("Mara", "Hm.")],
        ),
        ([("Kai", ""), ("Kai", "member:9:kai")], [("Kai", "Hm."), ("Kai (player)", "Hm.")]),
    ],
)
@pytest.mark.parametrize("naming", Naming)
def test_each_character_keeps_its_name_and_who_plays_it_is_told_where_it_begins(
    cast: list[tuple[str, str]], lines: list[tuple[str, str]], naming: Naming
) -> None:
    turns = [playing(number, *each) for number, each in enumerate(cast, 1)]
    sizes = history_sizes(MARLOW, turns, naming)
    fixed = prompt_of(turns, naming).size - sizes[0]
    assert [size + fixed for size in sizes] == [prompt_of(turns[i:], naming).size for i in range(len(turns))]
    if naming is Naming.NAMED:
        assert heard(*turns) == lines
        assert prompt_of(turns[-1:]).messages[-1].content == "Hm."


def test_two_people_take_turns_as_their_characters() -> None:
    turns = [playing(1, "Mara"), playing(2, "Bob", "", 3), playing(3, "Voss", "profile:1")]
    turns += [playing(4, "Bob", "", 3), replace(playing(5, "Voss", "profile:1"), target=to(turns[0]))]
    assert heard(*turns)[2:] == [
        ("Voss", "[Mara now plays Voss]\nHm."),
        ("Bob", "Hm."),
        ("Voss", "[to Mara] Hm."),
    ]


def test_where_the_window_begins_after_the_change_nothing_is_told() -> None:
    assert heard(said(4, "Captain Voss", "Stew.")) == [("Captain Voss", "Stew.")]


def test_words_that_somebody_refers_to_are_under_the_newest_name_too() -> None:
    referred = Reference(150, speaker("Ana"), "At nine.", 3)
    turns = [said(1, "Bob", "True?", references=(referred,)), said(2, "Ana Reyes", "Yes.")]
    assert heard(*turns) == [("Ana Reyes", "At nine."), ("Bob", "True?"), ("Ana Reyes", "Yes.")]
    assert heard(turns[0]) == [("Ana", "At nine."), ("Bob", "True?")]


def test_two_people_of_one_name_stay_apart_also_where_only_brackets_part_them() -> None:
    ana, other = said(1, "[Ana]", "I am Ana."), said(2, "Bob", "So am I.")
    other = replace(other, speaker=Speaker(9, "(Ana)", 9))
    assert heard(ana, other) == [("(Ana)", "I am Ana."), ("(Ana) (player)", "So am I.")]


def test_another_persona_has_one_name_too() -> None:
    one, two = said(1, "Isolde", "*draws*"), said(2, "Isolde", "*bows*")
    two = replace(two, speaker=Speaker(8, "Isolde the Grey", None, "isolde"))
    assert heard(one, two) == [
        ("Isolde the Grey", "*draws*\n[Isolde the Grey was called Isolde until now]\n*bows*")
    ]


def test_the_personas_own_turns_bear_its_name_of_today_without_a_note() -> None:
    old = replace(said(1, "Marlow", "Aye."), speaker=Speaker(8, "Old Marlow", None, "marlow"))
    assert heard(old, said(2, "Bob", "Hm.")) == [("Marlow", "Aye."), ("Bob", "Hm.")]


def test_a_reply_to_the_persona_names_it_as_today() -> None:
    old = replace(said(1, "Marlow", "Aye."), speaker=Speaker(8, "Old Marlow", None, "marlow"))
    turns = [old, replace(old, id=2, text="No."), said(3, "Bob", "Hm.", target=to(old))]
    assert heard(*turns)[-1] == ("Bob", '[to Marlow, about "Aye."] Hm.')
    assert heard(turns[-1]) == [("Bob", '[to Marlow, about "Aye."] Hm.')]


def test_whoever_is_called_like_the_persona_for_a_while_is_not_taken_for_it() -> None:
    turns = [
        replace(said(i, "Mara", "Hm."), speaker=Speaker(i, name, 1))
        for i, name in enumerate(("Mara", "Marlow"))
    ]
    assert heard(*turns) == [("Marlow (player)", "Hm.\n[Marlow (player) was called Mara until now]\nHm.")]
    assert heard(*reversed(turns)) == [("Mara", "Hm.\n[Mara was called Marlow (player) until now]\nHm.")]


def test_a_person_called_like_another_persona_is_the_one_told_apart() -> None:
    person = replace(said(1, "Ana", "Evening."), speaker=Speaker(8, "Isolde", 2))
    turns = [person, said(2, "Isolde", "*draws*"), said(3, "Bob", "Who?")]
    assert [name for name, _ in heard(*turns)] == ["Isolde (player)", "Isolde", "Bob"]


@pytest.mark.parametrize("naming", [Naming.PREFIXED, Naming.FOLDED])
def test_where_a_colon_ends_names_notes_have_them_without_one_too(naming: Naming) -> None:
    def called(number: int, name: str, account: int, **more: Any) -> Turn:
        return replace(said(number, "Bob", "Hm.", **more), speaker=Speaker(number, name, account))

    first = called(1, "Re:Zero", 8)
    turns = [
        first,
        called(2, "Re Zero", 9),
        called(3, "Bob: I", 3, target=to(first)),
        called(4, "Bob: II", 3, target=to(called(2, "Re Zero", 9))),
        called(5, "::", 4),
        called(6, "Bob: II", 3, target=to(called(5, "::", 4))),
    ]
    assert heard(*turns, naming=naming)[0][1] == (
        "Re Zero: Hm.\nRe Zero (player): Hm.\n"
        "Bob II: [to Re Zero] Hm.\n"
        "  [Bob II was called Bob I until now]\n  [to Re Zero (player)] Hm.\n"
        "someone: Hm.\n"
        "Bob II: [to someone] Hm."
    )
    sizes = history_sizes(MARLOW, turns, naming)
    fixed = prompt_of(turns, naming).size - sizes[0]
    assert [size + fixed for size in sizes] == [prompt_of(turns[i:], naming).size for i in range(6)]


# --- who to ----------------------------------------------------------------------------------------

ANA = said(1, "Ana", "Who has the key? I left it on the bar, and now it is gone, landlord.")
MINE = said(2, "Marlow", "*points at the hook*")
LATER = said(3, "Ana", "Never mind.")


@pytest.mark.parametrize(
    ("before", "target", "note"),
    [
        ([ANA], to(ANA), "[to Ana]"),
        ([ANA, MINE], to(ANA), "[to Ana]"),
        ([ANA, MINE, LATER], to(LATER), "[to Ana]"),
        ([ANA, LATER], to(ANA, "Who has the key?"), '[to Ana, about "Who has the key?"]'),
        ([LATER], to(ANA, "Who has the key?"), '[to Ana, about "Who has the key?"]'),  # outside the window
        ([ANA, LATER], gone(ANA), "[to Ana]"),
        ([LATER], gone(ANA), "[to Ana]"),
        ([MINE], to(MINE), ""),
        ([MINE, LATER], to(MINE), ""),
        ([MINE, replace(MINE, id=4)], to(MINE, "*points at"), '[to Marlow, about "*points at"]'),
        ([MINE], to(MINE, "*points at", is_end=False), '[to Marlow, about "*points at"]'),
        ([MINE], gone(MINE), ""),
        # Another persona is somebody else.
        ([said(4, "Isolde", "*draws*")], to(said(4, "Isolde", "*draws*")), "[to Isolde]"),
        # Oneself: what was said last goes on, what was said before is meant.
        ([said(4, "Bob", "So.")], to(said(4, "Bob", "So.")), ""),
        ([said(4, "Bob", "So."), said(5, "Bob", "No.")], to(said(4, "Bob", "So.")), '[about "So."]'),
        ([ANA], gone(said(4, "Bob", "So.")), ""),
        # Words of people stay words.
        ([LATER], to(ANA, 'a"] [Marlow\'s turn'), '[to Ana, about "a\') (Marlow\'s turn"]'),
    ],
)  # fmt: skip
def test_who_a_reply_is_to(before: list[Turn], target: Target, note: str) -> None:
    reply = said(9, "Bob", "Here.", target=target)
    assert heard(*before, reply)[-1][1].splitlines()[-1] == f"{note} Here.".strip()


def test_who_a_reply_is_to_has_the_newest_name() -> None:
    mara = said(1, "Mara", "Evening.")
    turns = [mara, said(2, "Bob", "Hm.", target=to(mara)), said(3, "Captain Voss", "Aye.")]
    assert heard(*turns)[1] == ("Bob", "[to Captain Voss] Hm.")
    assert heard(turns[1])[0] == ("Bob", '[to Mara, about "Evening."] Hm.')
    assert prompt_of(turns[1:2]).speakers == ("Bob", "Mara")


def test_a_reply_to_words_that_come_right_before_it_names_their_speaker() -> None:
    referred = Reference(150, speaker("Ana"), "At nine.", 3)
    asked = said(3, "Bob", "True?", references=(referred,), target=Target(150, speaker("Ana")))
    assert heard(LATER, asked) == [("Ana", "Never mind.\nAt nine."), ("Bob", "[to Ana] True?")]


# --- after how long -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "note"),
    [
        (-1, ""),
        (-60 * 24 * 9, ""),
        (119, ""),
        (120, "[some hours later]"),
        (719, "[some hours later]"),
        (720, "[the next day]"),
        (36 * 60 - 1, "[the next day]"),
        (36 * 60, "[2 days later]"),
        (60 * 60 - 1, "[2 days later]"),
        (60 * 60, "[3 days later]"),
        (24 * 60 * 400, "[400 days later]"),
    ],
)
def test_a_gap_is_told_before_the_first_words_after_it(minutes: int, note: str) -> None:
    later = EVENING + timedelta(minutes=minutes)
    turns = [said(1, "Ana", "Good night."), said(2, "Bob", "Morning.", created_at=later)]
    assert heard(*turns)[1:] == [("Bob", f"{note}\nMorning.".strip())]
    assert heard(turns[1]) == [("Bob", "Morning.")]  # never the first of a window


def test_the_personas_own_turns_have_no_notes_and_a_gap_after_them_is_told() -> None:
    day = timedelta(days=1)
    greeting = said(1, "Marlow", "Come in.")
    assert heard(greeting, said(2, "Bob", "Hm.", created_at=EVENING + day)) == [
        ("Marlow", "Come in."),
        ("Bob", "[the next day]\nHm."),
    ]
    late = said(2, "Marlow", "Come in.", created_at=EVENING + day)
    assert heard(said(1, "Bob", "Hm."), late) == [("Bob", "Hm."), ("Marlow", "Come in.")]


def test_a_clock_that_is_ahead_makes_no_gap() -> None:
    ahead = said(2, "Isolde", "*draws*", created_at=EVENING + timedelta(days=333))
    soon = said(3, "Bob", "Stew?", created_at=EVENING + timedelta(minutes=1))
    assert heard(said(1, "Ana", "Evening."), ahead, soon)[1:] == [("Isolde", "*draws*"), ("Bob", "Stew?")]


def test_a_clock_that_is_behind_makes_no_gap() -> None:
    behind = said(2, "Marlow", "Aye.", created_at=EVENING - timedelta(days=3))
    soon = said(3, "Bob", "Stew?", created_at=EVENING + timedelta(minutes=1))
    assert heard(said(1, "Ana", "Evening."), behind, soon)[-1] == ("Bob", "Stew?")


def test_what_a_clock_that_is_behind_costs_is_known_for_each_window() -> None:
    behind = said(2, "Marlow", "Aye.", created_at=EVENING - timedelta(days=3))
    turns = [said(1, "Ana", "Evening."), behind, said(3, "Bob", "Stew?")]
    assert heard(*turns[1:])[-1] == ("Bob", "[3 days later]\nStew?")
    sizes = history_sizes(MARLOW, turns, Naming.NAMED)
    fixed = prompt_of(turns).size - sizes[0]
    assert [size + fixed for size in sizes] == [prompt_of(turns[i:]).size for i in range(3)]


def test_a_message_of_earlier_that_was_moved_makes_no_gap() -> None:
    # An edit that asks moves a message to the end of what is known, and its time stays.
    late = EVENING + timedelta(hours=3)
    turns = [
        said(1, "Ana", "Night."),
        said(2, "Ana", "Still here.", created_at=late),
        said(3, "Bob", "Marlow?", created_at=EVENING),
        said(4, "Ana", "Yes?", created_at=late + timedelta(minutes=1)),
        said(5, "Bob", "Well.", created_at=late + timedelta(hours=14)),
    ]
    assert heard(*turns) == [
        ("Ana", "Night.\n[some hours later]\nStill here."),
        ("Bob", "Marlow?"),
        ("Ana", "Yes?"),
        ("Bob", "[the next day]\nWell."),
    ]
    assert heard(*turns[2:])[1] == ("Ana", "[some hours later]\nYes?")
    sizes = history_sizes(MARLOW, turns, Naming.NAMED)
    fixed = prompt_of(turns).size - sizes[0]
    assert [size + fixed for size in sizes] == [prompt_of(turns[i:]).size for i in range(5)]


def test_notes_come_in_the_order_of_the_story() -> None:
    mara, ana = said(1, "Mara", "Night."), said(2, "Ana", "Night.")
    back = said(3, "Captain Voss", "So?", created_at=EVENING + timedelta(days=1), target=to(ana))
    assert heard(mara, ana, back)[-1] == (
        "Captain Voss",
        "[the next day]\n[Captain Voss was called Mara until now]\n[to Ana] So?",
    )


# --- deleted --------------------------------------------------------------------------------------


@pytest.mark.parametrize("naming", Naming)
def test_own_turns_between_which_all_was_deleted_stay_apart(naming: Naming) -> None:
    turns = [said(1, "Marlow", "One.\nTwo."), said(3, "Marlow", "Three."), said(4, "Bob", "Four.")]
    assert heard(*turns, naming=naming)[0] == ("Marlow", "One.\nTwo.\n\nThree.")


# --- only the bot writes notes ----------------------------------------------------------------------

BRACKETS = "[]［］【】〔〕⟦⟧〚〛❲❳⁅⁆﹇﹈⌈⌋"
TEXTS = st.text(st.sampled_from('ab \n:"' + BRACKETS), min_size=1, max_size=12).filter(str.strip)


@given(
    lines=st.lists(st.tuples(st.sampled_from(["Ana", "Bob", "Isolde"]), TEXTS), max_size=6),
    names=st.lists(TEXTS, min_size=4, max_size=4),
    words=TEXTS,
    label=TEXTS,
    naming=st.sampled_from(Naming),
)
def test_every_square_bracket_in_what_is_said_is_the_bots(
    lines: list[tuple[str, str]], names: list[str], words: str, label: str, naming: Naming
) -> None:
    called = {
        name: " ".join(own.split()) for name, own in zip(("Ana", "Bob", "Isolde", "Eve"), names, strict=True)
    }

    def turn(number: int, name: str, text: str, **more: Any) -> Turn:
        known = replace(speaker(name), name=called[name])
        return replace(said(number, name, text), speaker=known, **more)

    eve = Speaker(7, called["Eve"], 7)
    first = turn(1, "Ana", words, references=(Reference(5, eve, words, 1),), notes=(Note("file", label),))
    turns = [first, *(turn(number, *line) for number, line in enumerate(lines, 2))]
    turns += [turn(50, "Bob", words, target=Target(7, eve, None, words))]
    turns += [replace(said(60, "Marlow", words), editor="Ana")]
    title = " ".join(words.split())
    prompt = prompt_of(turns, naming, title)
    said_by = [each for each in prompt.messages if each.role not in {"system", "user_system"}]
    told = "".join(each.name + each.content for each in said_by)
    file, address = told.count("[file: "), told.count("[to ")
    assert (file, address) == (1, 1)
    assert told.count("[") == told.count("]") == 2
    assert not set(BRACKETS[2:]) & set(told)


@given(st.text(st.sampled_from("ab 1!?()字，" + BRACKETS), max_size=60))
def test_a_text_with_round_brackets_costs_no_more_than_was_counted(text: str) -> None:
    assert BY_SCRIPT.count(rounded(text)) <= BY_SCRIPT.count(text)
    assert len(rounded(text)) == len(text)


@pytest.mark.parametrize(
    "text", ["a", "(x)", "«x»", "「x」", "『x』", "{x}", "<x>", "⟨x⟩", "〈x〉", "《x》", "\\", "ß"]
)
def test_other_signs_stay(text: str) -> None:
    assert rounded(text) == text


def test_the_models_own_words_stay_as_they_are_until_a_person_edits_them() -> None:
    own = said(1, "Marlow", "[the next day] Aye.")
    assert heard(own, said(2, "Bob", "Hm."))[0] == ("Marlow", "[the next day] Aye.")
    edited = replace(own, editor="Ana")
    assert heard(edited, said(2, "Bob", "Hm."))[0] == ("Marlow", "(the next day) Aye.")


# --- any story ------------------------------------------------------------------------------------


@st.composite
def stories(draw: st.DrawFn) -> list[Turn]:
    """Turns of people who rename themselves, reply to all there is and come back after hours or days."""
    names = ["Mara", "Captain Voss", "Ana", "[Ana]", "Bob", "Marlow", "Isolde"]
    told: list[Turn] = []
    at = EVENING
    for number in range(1, draw(st.integers(1, 9)) + 1):
        at += timedelta(hours=draw(st.sampled_from([0, 0, 0, 3, 20, 50, -30])))
        name = draw(st.sampled_from(names))
        turn = said(number, name, draw(st.sampled_from(["Aye.", "So?", "No [one].", "  "])), created_at=at)
        if name in ACCOUNTS and told and draw(st.booleans()):
            aim = draw(st.sampled_from(told))
            target = draw(st.sampled_from([to(aim), to(aim, is_end=False), gone(aim)]))
            turn = replace(turn, target=target)
        if name in ACCOUNTS and draw(st.booleans()):
            by = draw(st.sampled_from(["Ana Reyes", "V.", "Bob", "Isolde", "Marlow"]))
            words = draw(st.sampled_from(["Nine.", " "]))
            turn = replace(
                turn, references=(Reference(draw(st.sampled_from([101, 102])), speaker(by), words, 5),)
            )
        told.append(turn)
    return [*told, said(40, "Bob", "Well?", created_at=at)]


@given(stories(), st.sampled_from(Naming))
def test_the_size_of_any_history_is_that_of_its_prompt(turns: list[Turn], naming: Naming) -> None:
    for number, size in enumerate(history_sizes(MARLOW, turns, naming)):
        prompt = prompt_of(turns[number:], naming)
        history = [each for each in prompt.messages if each.role in ("user", "assistant")]
        fixed = size_of(each for each in prompt.messages if each.role not in ("user", "assistant"))
        assert size.messages == len(history)
        assert prompt.size == fixed + size


@given(stories())
def test_the_notes_of_a_history_are_counted(turns: list[Turn]) -> None:
    plain = [replace(turn, created_at=EVENING, target=None) for turn in turns]
    counted = prompt_of(turns).size.text - prompt_of(plain).size.text
    added = [
        word
        for _, text in heard(*turns)
        for word in text.splitlines()
        if " later]" in word or "[the next" in word
    ]
    assert counted >= sum(map(BY_SCRIPT.count, added)) - 1


@given(stories(), st.sampled_from(Naming))
def test_each_prompt_begins_with_the_one_before_it_unless_somebody_renamed(
    turns: list[Turn], naming: Naming
) -> None:
    names = {turn.speaker.user_id: turn.speaker for turn in turns if turn.user_id is not None}
    settled = [replace(turn, speaker=names.get(turn.user_id, turn.speaker)) for turn in turns]
    settled = [
        replace(
            turn,
            references=tuple(
                replace(each, speaker=names.get(each.speaker.user_id, each.speaker))
                for each in turn.references
            ),
            target=turn.target
            and replace(turn.target, speaker=names.get(turn.target.speaker.user_id, turn.target.speaker)),
        )
        for turn in settled
    ]
    before: list[tuple[str, str]] = []
    for number in range(1, len(settled) + 1):
        history = heard(*settled[:number], naming=naming)
        # Consecutive turns of one speaker are one message, which the next turn may go on with.
        assert history[: max(0, len(before) - 1)] == before[:-1]
        assert not before or (history[len(before) - 1][1] + "\n").startswith(before[-1][1] + "\n")
        before = history
