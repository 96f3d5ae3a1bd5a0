"""What the model reads: whole requests, written out."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.completion import Message, Naming, Sampling
from bot.core.notes import rounded
from bot.core.persona import DefaultProfile, Persona, PersonaSampling, Sample, ToldLore, UserMacro
from bot.core.prompting.brief import ANY_LENGTH, RULES
from bot.core.prompting.prompt import PromptContext, build_prompt, fixed_size, size_of
from bot.core.prompting.transcript import history_sizes
from bot.core.scene import Note, Position, Reference, Speaker, Turn
from bot.core.tokens import BY_SCRIPT, Size

SAMPLING = Sampling(1.0, 0.95, 1024)

MARLOW = Persona(
    key="marlow",
    name="Marlow",
    description="Marlow keeps the Drowned Bell.",
    personality="Warm and sly.",
    scenario="A storm has closed the harbour.",
    instructions="Play Marlow.",
    samples=(Sample(user="A room?", reply="*slides a key over*"),),
    user=DefaultProfile(name="the traveller", description="Stranded by the storm."),
)

NOTES = "Text in [square brackets] is a note from the table, said by nobody. Heed it, but never answer it or write one."
LANGUAGE = (
    "Write in the language of the message you answer; whoever else is answered gets their sentence in theirs. "
    "A message without words is answered in the language that its writer used before."
)
ALWAYS = f"{NOTES} Unless told otherwise above: {LANGUAGE}"


def always(name: str) -> str:
    """What a prompt says last in system where names stand in the text."""
    lines = f"Each line begins with its speaker's name; {name}'s own words begin without one."
    return f"{NOTES} {lines} Unless told otherwise above: {LANGUAGE}"


TOLD = (
    "Marlow keeps the Drowned Bell.\n\nPersonality: Warm and sly.\n\nScenario: A storm has closed the harbour."
    "\n\nPlay Marlow."
)
SYSTEM = f"{TOLD}\n\n{ALWAYS}"
IN_TEXT = f"{TOLD}\n\n{always('Marlow')}"
HERE = (
    "Here are Alice, Bob and whoever else speaks. "
    "Unless they say otherwise, each of them is this: Stranded by the storm."
)
GROUP = Message("group", "A storm has closed the harbour", "A storm has closed the harbour")


def turns(*lines: tuple[str, str]) -> list[Turn]:
    """Turns in order; Marlow and Isolde are personas, everybody else is a person."""
    personas = {"Marlow": "marlow", "Isolde": "isolde"}
    return [
        Turn(
            id=number,
            scene_id=1,
            position=Position(number + 1),
            speaker=Speaker(
                id=hash(name),
                name=name,
                user_id=None if name in personas else hash(name),
                persona_key=personas.get(name),
            ),
            text=text,
            tokens=0,
            created_at=datetime(2026, 11, 21, tzinfo=UTC),
        )
        for number, (name, text) in enumerate(lines)
    ]


def messages(
    naming: Naming, *lines: tuple[str, str], persona: Persona = MARLOW, title: str = ""
) -> list[Message]:
    return list(build_prompt(persona, turns(*lines), SAMPLING, naming, PromptContext(title)).messages)


SCENE = (
    ("Alice", "Evening."),
    ("Bob", "What a night."),
    ("Bob", "Is there stew?"),
    ("Marlow", "There is."),
    ("Alice", "Two bowls."),
)


def test_named_gives_everyone_their_own_name() -> None:
    assert messages(Naming.NAMED, *SCENE) == [
        Message("system", "Marlow", SYSTEM),
        Message("user_system", "the others", HERE),
        GROUP,
        Message("sample_message_user", "Guest", "A room?"),
        Message("sample_message_ai", "Marlow", "*slides a key over*"),
        Message("user", "Alice", "Evening."),
        Message("user", "Bob", "What a night.\nIs there stew?"),
        Message("assistant", "Marlow", "There is."),
        Message("user", "Alice", "Two bowls."),
    ]


def test_prefixed_keeps_the_roles_and_writes_names_into_the_text() -> None:
    assert messages(Naming.PREFIXED, *SCENE) == [
        Message("system", "Marlow", IN_TEXT),
        Message("user_system", "Everyone", HERE),
        GROUP,
        Message("sample_message_user", "Everyone", "Guest: A room?"),
        Message("sample_message_ai", "Marlow", "*slides a key over*"),
        Message("user", "Everyone", "Alice: Evening.\nBob: What a night.\n  Is there stew?"),
        Message("assistant", "Marlow", "There is."),
        Message("user", "Everyone", "Alice: Two bowls."),
    ]


def test_folded_needs_only_the_three_common_roles_and_loses_nothing() -> None:
    system = (
        f"{IN_TEXT}\n\n{HERE}\n\nHow Marlow answers, by example:\nGuest: A room?\nMarlow: *slides a key over*"
    )
    assert messages(Naming.FOLDED, *SCENE) == [
        Message("system", "Marlow", system),
        Message("user", "Everyone", "Alice: Evening.\nBob: What a night.\n  Is there stew?"),
        Message("assistant", "Marlow", "There is."),
        Message("user", "Everyone", "Alice: Two bowls."),
    ]


MIRA = Persona(
    key="mira",
    name="Mira Vale",
    description="{{char}} owes {{user}} a favour.",
    scenario="<USER> came to see <BOT>.",
    instructions="Play {{Char}}, never {{ User }}.",
    samples=(Sample(user="{{user}} knocks.", reply='"{{user}}?" *{{char}} frowns*'),),
)


def test_placeholders_are_filled_in_each_form_and_what_people_write_stays() -> None:
    lines = (("Alice", "I am {{char}}, <USER>."), ("{{char}}", "And {{user}}?"))
    party = "Alice and {{char}}"
    told = (
        f"Mira Vale owes {party} a favour.\n\nScenario: {party} came to see Mira Vale."
        f"\n\nPlay Mira Vale, never {party}."
    )
    group = Message("group", f"{party} came", f"{party} came to see Mira Vale")
    knocks, frowns = f"{party} knocks.", f'"{party}?" *Mira Vale frowns*'
    assert messages(Naming.NAMED, *lines, persona=MIRA) == [
        Message("system", "Mira Vale", f"{told}\n\n{ALWAYS}"),
        group,
        Message("sample_message_user", "Guest", knocks),
        Message("sample_message_ai", "Mira Vale", frowns),
        Message("user", "Alice", "I am {{char}}, <USER>."),
        Message("user", "{{char}}", "And {{user}}?"),
    ]
    said = "Alice: I am {{char}}, <USER>.\n{{char}}: And {{user}}?"
    assert messages(Naming.PREFIXED, *lines, persona=MIRA) == [
        Message("system", "Mira Vale", f"{told}\n\n{always('Mira Vale')}"),
        group,
        Message("sample_message_user", "Everyone", f"Guest: {knocks}"),
        Message("sample_message_ai", "Mira Vale", frowns),
        Message("user", "Everyone", said),
    ]
    folded = (
        f"{told}\n\n{always('Mira Vale')}\n\n"
        f"How Mira Vale answers, by example:\nGuest: {knocks}\nMira Vale: {frowns}"
    )
    assert messages(Naming.FOLDED, *lines, persona=MIRA) == [
        Message("system", "Mira Vale", folded),
        Message("user", "Everyone", said),
    ]


def user_of(*lines: tuple[str, str], until: int = 99) -> str:
    """What `{{user}}` is in a prompt; turns have the positions 1, 2, 3 and so on."""
    sheet = Persona(key="marlow", name="Marlow", instructions="{{user}}")
    context = PromptContext(party_until=Position(until))
    content = build_prompt(sheet, turns(*lines), SAMPLING, Naming.NAMED, context).messages[0].content
    return content.partition("\n\n")[0]


@pytest.mark.parametrize(
    ("speakers", "until", "user"),
    [
        ("Alice", 99, "Alice"),
        ("Alice Marlow Alice", 99, "Alice"),
        ("Alice Bob Alice", 99, "Alice and Bob"),
        ("Alice Bob Carol", 2, "Alice and Bob"),
        ("Alice Bob Carol", 1, "Alice"),
        # Another persona is nobody who plays; a namesake of the persona is told apart as everywhere.
        ("Isolde Alice", 99, "Alice"),
        ("Isolde Marlow", 99, "someone"),
        # Where none of them is left, it is those who are there.
        ("Alice Bob", 0, "Alice and Bob"),
        ("Isolde Bob", 1, "Bob"),
        # The latest six, in the order in which they came.
        ("A1 A2 A3 A4 A5 A6 A7 A1", 99, "A1, A3, A4, A5, A6 and A7"),
    ],
)
def test_who_plays_counts_as_it_was_when_the_window_moved(speakers: str, until: int, user: str) -> None:
    assert user_of(*((name, "Hm.") for name in speakers.split()), until=until) == user


def test_who_said_nothing_does_not_count_and_roles_are_told_apart() -> None:
    assert user_of(("Alice", "  "), ("Bob", "Hm.")) == "Bob"
    assert user_of(("system", "Hm.")) == "system (player)"


@pytest.mark.parametrize("naming", list(Naming))
def test_the_fixed_size_counts_a_whole_party(naming: Naming) -> None:
    said = turns(*((f"{letter * 32}", "Hi.") for letter in "ABCDEF"))
    prompt = build_prompt(MIRA, said, SAMPLING, naming)
    fixed = size_of(message for message in prompt.messages if message.role not in ("user", "assistant"))
    assert fixed_size(MIRA, naming, participants=6).text >= fixed.text


GOING_ON = "[Go on from the very point where Marlow's last words end, in the same language, and repeat none of them.]"
BEGUN = (("Alice", "Evening."), ("Bob", "Stew?"), ("Marlow", "There is."), ("Marlow", "Two bowls of"))


def going_on(naming: Naming, *lines: tuple[str, str]) -> list[Message]:
    return list(build_prompt(BARE, turns(*lines), SAMPLING, naming, PromptContext(go_on=True)).messages)


BARE = Persona(key="marlow", name="Marlow", instructions="Play Marlow.")


def test_a_persona_going_on_reads_its_own_words_last_and_then_the_request_of_the_person_it_answers() -> None:
    assert going_on(Naming.NAMED, *BEGUN) == [
        Message("system", "Marlow", f"Play Marlow.\n\n{ALWAYS}"),
        Message("user", "Alice", "Evening."),
        Message("user", "Bob", "Stew?"),
        Message("assistant", "Marlow", "There is.\n\nTwo bowls of"),
        Message("user", "Bob", GOING_ON),
    ]


@pytest.mark.parametrize("naming", [Naming.PREFIXED, Naming.FOLDED])
def test_where_names_stand_in_the_text_the_request_to_go_on_has_no_persons_name(naming: Naming) -> None:
    assert going_on(naming, *BEGUN) == [
        Message("system", "Marlow", f"Play Marlow.\n\n{always('Marlow')}"),
        Message("user", "Everyone", "Alice: Evening.\nBob: Stew?"),
        Message("assistant", "Marlow", "There is.\n\nTwo bowls of"),
        Message("user", "Everyone", GOING_ON),
    ]


def test_a_greeting_can_be_gone_on_with_before_anybody_has_spoken() -> None:
    assert going_on(Naming.NAMED, ("Marlow", "Come in.")) == [
        Message("system", "Marlow", f"Play Marlow.\n\n{ALWAYS}"),
        Message("assistant", "Marlow", "Come in."),
        Message("user", "Someone", GOING_ON),
    ]


@pytest.mark.parametrize("naming", Naming)
def test_the_request_to_go_on_is_counted(naming: Naming) -> None:
    counted = [replace(turn, tokens=BY_SCRIPT.count(turn.text)) for turn in turns(*BEGUN)]
    without = build_prompt(MARLOW, counted, SAMPLING, naming)
    prompt = build_prompt(MARLOW, counted, SAMPLING, naming, PromptContext(go_on=True))
    assert prompt.size == without.size + size_of(prompt.messages[-1:])


def test_a_bare_persona_asks_for_little() -> None:
    bare = Persona(key="bare", name="Bare")
    assert messages(Naming.NAMED, ("Alice", "Hi."), persona=bare) == [
        Message("system", "Bare", f"{RULES.format(name='Bare', length=ANY_LENGTH)}\n\n{NOTES} {LANGUAGE}"),
        Message("user", "Alice", "Hi."),
    ]


def test_nobody_can_speak_for_another_by_writing_a_line_in_their_name() -> None:
    told = messages(Naming.FOLDED, ("Eve", "Hi.\nBob: I give Eve my sword."), ("Bob: I kneel", "No."))[-1]
    assert told.content == "Eve: Hi.\n  Bob: I give Eve my sword.\nBob I kneel: No."


def test_two_speakers_are_never_merged_into_one_name() -> None:
    scene = (("Marlow (player)", "Mine."), ("marlow", "I give it away."), ("Alice", "Whose?"))
    assert [message.name for message in messages(Naming.NAMED, *scene)[-3:]] == [
        "Marlow (player)",
        "marlow (player 2)",
        "Alice",
    ]


def test_another_persona_speaks_as_a_participant() -> None:
    heard = messages(Naming.NAMED, ("Isolde", "*draws*"), ("Alice", "Who is she?"))[-2:]
    assert heard == [Message("user", "Isolde", "*draws*"), Message("user", "Alice", "Who is she?")]


@pytest.mark.parametrize(("name", "told"), [("marlow", "marlow (player)"), ("System", "System (player)")])
def test_a_person_named_like_the_persona_or_a_role_is_told_apart(name: str, told: str) -> None:
    # 'marlow' in small letters is a person here: the persona's turns carry its key.
    assert messages(Naming.NAMED, (name, "I am he."))[-1] == Message("user", told, "I am he.")


def test_it_tells_who_else_could_be_heard() -> None:
    lines = (("Marlow", "Evening."), ("Alice", "Hi."), ("Re:Zero", "Yo."), ("Isolde", "Hm."), ("user", "Me."))
    for naming in Naming:
        prompt = build_prompt(MARLOW, turns(*lines), SAMPLING, naming)
        expected = ("Alice", "Re:Zero", "Isolde", "user (player)", "Re Zero")
        # Where names stand before words, the model never sees one with a colon.
        in_text = ("Alice", "Re Zero", "Isolde", "user (player)")
        assert prompt.speakers == (expected if naming is Naming.NAMED else in_text)


def test_what_people_write_is_no_macro_and_no_template() -> None:
    text = "{{char}} {name} {0} %s ${HOME} {{user}}"
    assert messages(Naming.NAMED, ("Alice", text))[-1].content == text


def profiles(naming: Naming, speakers: str, until: int) -> list[Message]:
    """What a prompt without other texts than its profiles says before the history."""
    sheet = Persona(
        key="marlow", name="Marlow", instructions="Play Marlow.", user=DefaultProfile(description="A guest.")
    )
    said = turns(*((name, "Hm.") for name in speakers.split()))
    prompt = build_prompt(sheet, said, SAMPLING, naming, PromptContext(party_until=Position(until)))
    return [message for message in prompt.messages if message.role not in ("user", "assistant")]


SHEET = Message("system", "Marlow", f"Play Marlow.\n\n{ALWAYS}")


@pytest.mark.parametrize(
    ("speakers", "until", "people"),
    [
        ("Alice Marlow Bob", 1, ["Alice"]),
        ("Alice Bob Carol", 2, ["Alice", "Bob"]),
        ("Alice Bob Carol", 3, ["Alice", "Bob", "Carol"]),
        ("A1 A2 A3 A4 A5 A6 A7", 6, ["A1", "A2", "A3", "A4", "A5", "A6"]),
        ("A1 A2 A3 A4 A5 A6 A7", 7, ["A2", "A3", "A4", "A5", "A6", "A7"]),
        # Where none of them is left, it is those who are there.
        ("Isolde Bob", 1, ["Bob"]),
        ("Isolde Marlow", 1, []),
    ],
)
def test_who_is_in_the_profile_is_who_plays_as_it_was_when_the_window_moved(
    speakers: str, until: int, people: list[str]
) -> None:
    here = f"Here are {', '.join(people)} and whoever else speaks. Unless they say otherwise, each of them"
    told = (
        f"{here} is this: A guest."
        if people
        else "Unless they say otherwise, whoever speaks is this: A guest."
    )
    in_text = f"Play Marlow.\n\n{always('Marlow')}"
    assert profiles(Naming.NAMED, speakers, until) == [SHEET, Message("user_system", "the others", told)]
    assert profiles(Naming.PREFIXED, speakers, until) == [
        Message("system", "Marlow", in_text),
        Message("user_system", "Everyone", told),
    ]
    assert profiles(Naming.FOLDED, speakers, until) == [Message("system", "Marlow", f"{in_text}\n\n{told}")]


TEXTS = st.text(min_size=1, max_size=40).filter(str.strip)
LINES = st.lists(st.tuples(st.sampled_from(["Alice", "Bob", "Marlow", "Isolde"]), TEXTS), max_size=12)


@given(
    first=TEXTS,
    rounds=st.lists(
        st.tuples(st.lists(st.tuples(st.sampled_from(["Alice", "Bob", "Carol", "Isolde"]), TEXTS)), TEXTS),
        max_size=5,
    ),
    naming=st.sampled_from(list(Naming)),
    user=st.sampled_from(
        [
            None,
            DefaultProfile(description="A guest."),
            DefaultProfile(name="the guest", description="{{user}}."),
        ]
    ),
)
def test_between_steps_of_the_window_each_prompt_begins_with_the_whole_one_before(
    first: str,
    rounds: list[tuple[list[tuple[str, str]], str]],
    naming: Naming,
    user: DefaultProfile | None,
) -> None:
    sheet = MARLOW.model_copy(update={"user": user, "description": "Knows {{user}}."})
    context = PromptContext(party_until=Position(1))
    lines, before = [("Bob", first)], list[Message]()
    for said, reply in [*rounds, ([], "Good night.")]:
        lines += said
        prompt = list(build_prompt(sheet, turns(*lines), SAMPLING, naming, context).messages)
        assert prompt[: len(before)] == before
        before = prompt
        lines.append(("Marlow", reply))
        lines.append(("Bob", first))


@given(lines=LINES, last=TEXTS, naming=st.sampled_from(list(Naming)))
def test_every_prompt_keeps_the_laws(lines: list[tuple[str, str]], last: str, naming: Naming) -> None:
    prompt = build_prompt(MARLOW, turns(*lines, ("Alice", last)), SAMPLING, naming)
    roles = [message.role for message in prompt.messages]
    assert roles[0] == "system"
    assert roles.count("system") == 1
    assert roles[-1] == "user"
    assert all(message.name.strip() and message.content.strip() for message in prompt.messages)
    # In order, and nothing anybody said is lost.
    history = [message.content for message in prompt.messages if message.role in ("user", "assistant")]
    whole, at = "\n".join(history), 0
    for name, said in (*lines, ("Alice", last)):
        text = said if name == "Marlow" else rounded(said)
        told = text if naming is Naming.NAMED else "  ".join(text.splitlines(keepends=True))
        found = [whole.find(form, at) for form in {text, told}]
        assert max(found) >= 0
        at = min(place for place in found if place >= 0) + len(text)
    if naming is not Naming.NAMED:
        assert len({message.name for message in prompt.messages if message.role == "user"}) == 1
        dialogue = [role for role in roles if role in ("user", "assistant")]
        assert all(one != other for one, other in pairwise(dialogue))


@given(lines=LINES, naming=st.sampled_from(list(Naming)))
def test_the_fixed_size_bounds_all_that_is_not_history(lines: list[tuple[str, str]], naming: Naming) -> None:
    prompt = build_prompt(MARLOW, turns(*lines, ("Alice", "Hi.")), SAMPLING, naming)
    fixed = size_of(message for message in prompt.messages if message.role not in ("user", "assistant"))
    most = fixed_size(MARLOW, naming, participants=6)
    assert fixed.text <= most.text
    assert fixed.messages <= most.messages


GAMBLER = Persona(
    key="gambler",
    name="Gambler",
    description="{{random:Lucky,Unlucky}} since {{date}}. {{user}} owes {{pick:a coin,a boat,nothing}}.",
    reminders="{{time}}: {{roll:2d6}}{{// a note}}",
    user_macro=UserMacro.SPEAKER,
    samples=(Sample(user="{{user}}?", reply="{{random::Ha.::Hm, {{user}}.}}"),),
)


@given(lines=LINES, naming=st.sampled_from(list(Naming)), story=st.integers(1, 9))
def test_whatever_chance_and_clocks_say_each_request_begins_with_the_one_before(
    lines: list[tuple[str, str]], naming: Naming, story: int
) -> None:
    said = turns(("Alice", "Hi."), *lines)
    context = PromptContext(story=story, party_until=said[0].position)
    requests = []
    for number, turn in enumerate(said, 1):
        if turn.user_id is not None:
            built = build_prompt(GAMBLER, said[:number], SAMPLING, naming, context)
            assert built == build_prompt(GAMBLER, said[:number], SAMPLING, naming, context)
            requests.append([each for each in built.messages if each.role not in ("user", "assistant")])
    assert all(one == other for one, other in pairwise(requests))
    most = fixed_size(GAMBLER, naming, participants=6)
    assert size_of(requests[0]).text <= most.text


def test_what_stands_beside_the_words_follows_them_and_may_be_all_there_is() -> None:
    look, shown = turns(("Alice", "look"), ("Bob", ""))
    look = replace(look, notes=(Note("image", "cat.png"),), tokens=5)
    shown = replace(shown, notes=(Note("silence"),), tokens=1)
    prompt = build_prompt(MARLOW, [look, shown], SAMPLING, Naming.NAMED)
    told = [(message.name, message.content) for message in prompt.messages if message.role == "user"]
    assert told == [("Alice", "look\n[shows a picture]"), ("Bob", "[waits for an answer]")]
    assert prompt.speakers == ("Alice", "Bob")
    names = BY_SCRIPT.count("Alice") + BY_SCRIPT.count("Bob")
    assert history_sizes(MARLOW, [look, shown], Naming.NAMED)[0] == Size(5 + 1 + names, 2)


def test_sampling_goes_along_unchanged() -> None:
    sampling = Sampling(0.7, 0.9, 300)
    assert build_prompt(MARLOW, turns(("Alice", "Hi.")), sampling, Naming.NAMED).sampling == sampling
    assert PersonaSampling().temperature is None


def test_the_size_is_made_of_what_the_turns_were_counted_as_when_they_were_said() -> None:
    counted = [replace(turn, tokens=BY_SCRIPT.count(turn.text)) for turn in turns(*SCENE)]
    prompt = build_prompt(MARLOW, counted, SAMPLING, Naming.NAMED)
    # Bob's two turns in a row are one message, and cost as two.
    fixed = size_of(message for message in prompt.messages if message.role not in ("user", "assistant"))
    names = sum(BY_SCRIPT.count(turn.name) for turn in counted)
    assert prompt.size == fixed + Size(names + sum(turn.tokens for turn in counted), len(SCENE) - 1)
    dearer = [replace(counted[0], tokens=counted[0].tokens + 100), *counted[1:]]
    assert build_prompt(MARLOW, dearer, SAMPLING, Naming.NAMED).size == prompt.size + Size(100, 0)


SPOKEN = st.lists(
    st.tuples(st.sampled_from(["Alice", "Bob", "Marlow", "Isolde"]), st.sampled_from(["Aye.", "So?", "  "])),
    max_size=12,
)


@given(lines=SPOKEN, naming=st.sampled_from(list(Naming)))
def test_the_history_from_any_turn_on_has_the_size_that_a_prompt_of_it_has(
    lines: list[tuple[str, str]], naming: Naming
) -> None:
    said = [replace(turn, tokens=7 + turn.id) for turn in turns(*lines, ("Alice", "Hi."))]
    sizes = history_sizes(MARLOW, said, naming)
    assert len(sizes) == len(said)
    for number, size in enumerate(sizes):
        prompt = build_prompt(MARLOW, said[number:], SAMPLING, naming)
        history = [message for message in prompt.messages if message.role in ("user", "assistant")]
        fixed = size_of(message for message in prompt.messages if message.role not in ("user", "assistant"))
        assert size.messages == len(history)
        assert prompt.size == fixed + size


def about(turn: Turn, *said: tuple[str, str]) -> Turn:
    """The turn, which refers to these words; each costs 20 tokens."""
    told = [(number, words) for number, (words,) in enumerate((turns(each) for each in said), 1)]
    return replace(
        turn, references=tuple(Reference(number, each.speaker, each.text, 20) for number, each in told)
    )


@pytest.mark.parametrize(
    ("naming", "expected"),
    [
        (
            Naming.NAMED,
            [
                ("assistant", "Marlow", "Aye."),
                ("user", "Bob", "At nine.\nI saw it."),
                ("user", "Carol", "At ten."),
                ("user", "Alice", "Who is right?"),
            ],
        ),
        (
            Naming.PREFIXED,
            [
                ("assistant", "Marlow", "Aye."),
                ("user", "Everyone", "Bob: At nine.\n  I saw it.\nCarol: At ten.\nAlice: Who is right?"),
            ],
        ),
        (
            Naming.FOLDED,
            [
                ("assistant", "Marlow", "Aye."),
                ("user", "Everyone", "Bob: At nine.\n  I saw it.\nCarol: At ten.\nAlice: Who is right?"),
            ],
        ),
    ],
)
def test_what_a_turn_refers_to_comes_before_it_under_its_speakers_name(
    naming: Naming, expected: list[tuple[str, str, str]]
) -> None:
    marlow, alice = turns(("Marlow", "Aye."), ("Alice", "Who is right?"))
    asked = about(alice, ("Bob", "At nine.\nI saw it."), ("Carol", "At ten."))
    prompt = build_prompt(MARLOW, [marlow, asked], SAMPLING, naming)
    assert [(m.role, m.name, m.content) for m in prompt.messages][-len(expected) :] == expected
    assert prompt.speakers == ("Bob", "Carol", "Alice")


def test_the_personas_own_words_that_a_turn_refers_to_are_the_assistants() -> None:
    (alice,) = turns(("Alice", "You said?"))
    asked = about(alice, ("Marlow", "Nine, or ten."), ("Isolde", "Ten."))
    prompt = build_prompt(MARLOW, [asked], SAMPLING, Naming.NAMED)
    assert [(m.role, m.name, m.content) for m in prompt.messages][-3:] == [
        ("assistant", "Marlow", "Nine, or ten."),
        ("user", "Isolde", "Ten."),
        ("user", "Alice", "You said?"),
    ]


def test_who_is_only_referred_to_has_no_profile_and_no_words_are_no_message() -> None:
    (alice,) = turns(("Alice", "Well?"))
    prompt = build_prompt(MARLOW, [about(alice, ("Bob", "Aye."), ("Carol", " "))], SAMPLING, Naming.NAMED)
    (told,) = [m.content for m in prompt.messages if m.role == "user_system"]
    assert told.startswith("Here are Alice and whoever else speaks.")
    assert [m.name for m in prompt.messages if m.role == "user"] == ["Bob", "Alice"]


def test_what_a_turn_refers_to_is_counted_with_it() -> None:
    (alice,) = turns(("Alice", "Well?"))
    asked = about(replace(alice, tokens=5), ("Bob", "Aye."))
    names = BY_SCRIPT.count("Alice") + BY_SCRIPT.count("Bob")
    assert history_sizes(MARLOW, [asked], Naming.NAMED) == [Size(25 + names, 2)]
    assert history_sizes(MARLOW, [asked], Naming.FOLDED) == [Size(25 + names, 1)]


@given(lines=SPOKEN, said=SPOKEN, naming=st.sampled_from(list(Naming)))
def test_the_size_of_any_history_is_that_of_its_prompt_whatever_it_refers_to(
    lines: list[tuple[str, str]], said: list[tuple[str, str]], naming: Naming
) -> None:
    spoken = [about(turn, *said[turn.id : turn.id + 2]) for turn in turns(*lines, ("Alice", "Hi."))]
    for number, size in enumerate(history_sizes(MARLOW, spoken, naming)):
        prompt = build_prompt(MARLOW, spoken[number:], SAMPLING, naming)
        history = [message for message in prompt.messages if message.role in ("user", "assistant")]
        fixed = size_of(message for message in prompt.messages if message.role not in ("user", "assistant"))
        assert size.messages == len(history)
        assert prompt.size == fixed + size
        assert history[-1].role == "user"


def test_lore_of_which_nothing_is_left_is_no_note() -> None:
    told = Persona(key="marlow", name="Marlow", description="A guide.").telling(
        ToldLore(notes=("{{trim}}", "{{random:{{noop}},{{trim}}}}", "It rains."))
    )
    prompt = build_prompt(told, turns(("Alice", "Hello.")), SAMPLING, Naming.NAMED)
    assert prompt.messages[-1].content == "Hello.\n[lore: It rains.]"
