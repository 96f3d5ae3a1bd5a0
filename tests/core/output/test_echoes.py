"""Notes of the bot's that a model repeats in its reply: gone, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.output.echoes import LIMIT, Echo, Echoes, Run
from bot.core.output.leaks import Sieve, sieve_for
from bot.core.output.speakers import Speakers
from bot.core.persona import Persona

SPEAKERS = Speakers(frozenset({"Marlow"}), frozenset({"Alice", "Old Tom"}))
NOTES = ("[the next day]", "[Alice, out of character: skip to the morning]")


def shown(text: str, *, step: int = 1, ended: bool = True) -> str:
    """What is shown of a reply that comes in pieces of `step` characters."""
    sieve = Sieve(SPEAKERS, echoes=Echoes(["Marlow", "Alice", "Old Tom"], NOTES))
    for start in range(0, len(text), step):
        before = sieve.text
        sieve.take(text[start : start + step])
        assert sieve.text.startswith(before)  # nothing shown is taken back
    if ended:
        sieve.end()
    return sieve.text


@pytest.mark.parametrize("step", [1, 3, 1000])
@pytest.mark.parametrize(
    ("reply", "left"),
    [
        # Whose turn it is: nobody else writes that, wherever it is.
        ("[Marlow's turn.]\nEvening.", "Evening."),
        ("[Marlow's turn.] Evening.", "Evening."),
        ("[Marlow’s turn: short, salty sentences.]\n\nEvening.", "Evening."),
        ("Evening.\n[Marlow's turn.]", "Evening."),
        ("Evening. [Marlow's turn: salty.]", "Evening. "),
        ("Evening.\n\n[Alice's turn.]", "Evening."),
        ("Evening.\n[Old Tom's turn.]\nAye.", "Evening.\nAye."),
        ("Evening.\n[Marlow's turn: in other words than the last ones, and with another beginning.]", "Evening."),
        ("Evening. [Marlow's turn: sal", "Evening. "),
        # Without its stop it may be the persona's within a reply, but hardly at its ends.
        ("[Marlow's turn]\nEvening.", "Evening."),
        ("Evening.\n[Marlow's turn]", "Evening."),
        ("He reads the card, [Marlow's turn], and plays.", "He reads the card, [Marlow's turn], and plays."),
        # Said to somebody, and the notes of the newest message: at the beginning and at the end.
        ('[to Alice] "Evening."', '"Evening."'),
        ("[to Marlow's words: \"One violin…\"]\nThat one.", "That one."),
        ("[the next day]\nRain.", "Rain."),
        ("Rain.\n[the next day]", "Rain."),
        ("Rain.\n[the next day]\n[to Alice]\n", "Rain."),
        ("Rain.\n[the next day]\n[Marlow's turn.]", "Rain."),
        ("Rain. [the next day] [to Alice]\n\n[the next day]", "Rain."),
        ('Rain.\n[the next day]\n[to Alice, about "ten', "Rain."),
        ("Rain. [the next day] [to Alice] [to Ali", "Rain. [the next day] [to Alice] [to Ali"),
        ("Rain. [to Alice] [Marlow's turn.] Sun. [to Alice]", "Rain. [to Alice]  Sun."),
        ("[Alice, out of character: skip to the morning]\n*It is morning.*", "*It is morning.*"),
        ("[the next day]\n[Marlow's turn.]\nRain.", "Rain."),
        # What people do, in the bot's words: at the beginning and at the end, whether the prompt has it or not.
        ("[shows a picture: a cat asleep on a chart] Nice cat.", "Nice cat."),
        ("[shows a picture]\n[a link: example.org, Tides]\nHm.", "Hm."),
        ("Hm.\n[rolls 2d6+1: 9]", "Hm."),
        ("Hm.\n[turns to Marlow and waits]", "Hm."),
        ("[waits for an answer]\n[steps away for a while]\nHm.\n[is back]", "Hm."),
        ("[lets the story go on: something happens]\n*It thunders.*", "*It thunders.*"),
        ('[earlier, Alice said: "ten it is"] Ten, then.', "Ten, then."),
        ("Hm. [shows a picture: a", "Hm. "),
        ("[rolls his eyes] Hm.", "[rolls his eyes] Hm."),
        ("[turns to Bob and waits] Hm.", "[turns to Bob and waits] Hm."),
        ("[shows a picture of the ship] Hm.", "[shows a picture of the ship] Hm."),
        ("Hm.\n[is back]\nHm.", "Hm.\n[is back]\nHm."),
        # What the world is like, as the prompt has it or in the model's own words.
        ("[lore: The lighthouse is dark.]\nHm.", "Hm."),
        ("Hm.\n[lore: The light", "Hm."),
        ("[lore of the sea] Hm.", "[lore of the sea] Hm."),
        # Behind somebody's name a note is a line of the prompt's: the reply ends there.
        ("Hm.\nAlice: [shows a picture]\nHm.", "Hm."),
        ("Hm.\nTom: [Marlow's turn.] Hm.", "Hm."),
        ("Hm.\nTom: [to Marlow] Evening.", "Hm."),
        ("Tom: [the next day]", ""),
        ("Hm.\nTom: [the door]", "Hm.\nTom: [the door]"),
        ("They signed:\nTom: [to Marlow] Evening.", "They signed:\nTom: [to Marlow] Evening."),
        # The persona's own brackets, and what only looks like a note.
        ("[laughs] Evening.", "[laughs] Evening."),
        ("The sign says [to the harbour].", "The sign says [to the harbour]."),
        ("Rain.\n[the next day]\nSun.", "Rain.\n[the next day]\nSun."),
        ("It says [to Alice] on the lid.", "It says [to Alice] on the lid."),
        ("[the next day's bread]", "[the next day's bread]"),
        ("[Marlow's turning.] Hm.", "[Marlow's turning.] Hm."),
        ("[Marlow's turn to pay] Hm.", "[Marlow's turn to pay] Hm."),
        ("[Bob's turn.] Hm.", "[Bob's turn.] Hm."),
        ("[Marlow's turn:\nhis] Hm.", "[Marlow's turn:\nhis] Hm."),
        ("[Marlow's turn: [his] Hm.", "[Marlow's turn: [his] Hm."),
        ("(Marlow's turn.) Hm.", "(Marlow's turn.) Hm."),
        ("`[Marlow's turn.]` is what it reads.", "`[Marlow's turn.]` is what it reads."),
        ("Rain.\n[the next", "Rain.\n[the next"),
        ("[Mar", "[Mar"),
        ("Evening. [Marlow's turn", "Evening."),
        ("Rain. [the next day] [BEWARE OF THE DOG]", "Rain. [the next day] [BEWARE OF THE DOG]"),
    ],
)  # fmt: skip
def test_an_echoed_note_is_cut_and_the_persona_s_brackets_stay(reply: str, left: str, step: int) -> None:
    assert shown(reply, step=step).rstrip() == left.rstrip()


def test_what_may_become_a_note_waits_and_no_longer() -> None:
    assert shown("Evening.\n[Marlow's tu", ended=False).rstrip() == "Evening."
    assert shown("Evening. [Ma", ended=False) == "Evening. "
    assert shown("Evening. [Maybe", ended=False) == "Evening. [Maybe"
    assert shown("Evening.\n[the next day]", ended=False).rstrip() == "Evening."
    assert shown("Evening. [to Alice] H", ended=False) == "Evening. [to Alice] H"
    assert shown("Evening. [to Alice] [Ha", ended=False) == "Evening. [to Alice] [Ha"
    long = f"[Marlow's turn: {'x' * LIMIT}"
    assert shown(f"Hm. {long}", ended=False) == f"Hm. {long}"


def test_a_reply_of_nothing_but_echoes_has_no_words() -> None:
    assert shown("[Marlow's turn.]").strip() == ""
    assert shown("[to Alice]\n[the next day]").strip() == ""


@pytest.mark.parametrize("step", [7, 5000])
@pytest.mark.parametrize("own", [{}, {"greeting": "[enters] Evening."}])
def test_a_long_piece_of_lore_is_an_echo_too(own: dict[str, str], step: int) -> None:
    persona = Persona.model_validate({"key": "marlow", "name": "Marlow", **own})
    note = f"[lore: {'The lighthouse has been dark since spring. ' * 40}It is cold.]"
    half = f"{note[: len(note) // 2]}]"
    kept = f"[to nobody: {'x' * LIMIT}] Hm."
    for reply, left in ((f"{note}\nHm.", "Hm."), (f"Hm.\n\n{note}", "Hm."), (kept, kept)):
        assert _sieved(persona, [note], reply, step) == left
    assert _sieved(persona, [note], f"{half} Hm.", step) == (f"{half} Hm." if own else "Hm.")


def _sieved(persona: Persona, notes: list[str], reply: str, step: int) -> str:
    sieve = sieve_for(persona, ("Alice",), notes=notes)
    for start in range(0, len(reply), step):
        sieve.take(reply[start : start + step])
    sieve.end()
    return sieve.text.strip()


def test_a_prompts_notes_reach_the_sieve() -> None:
    sieve = sieve_for(Persona(key="marlow", name="Marlow"), ("Alice",), notes=("[a knock]",))
    sieve.take("[a knock] Who is it?")
    sieve.end()
    assert sieve.text == "Who is it?"


@pytest.mark.parametrize(
    "own",
    [
        {"greeting": "[enters] Evening."},
        {"samples": ({"user": "Evening.", "reply": "[shows a picture: the sea] This one."},)},
        {"instructions": "Describe pictures in [square brackets]."},
    ],
)
def test_a_persona_that_writes_brackets_keeps_its_own(own: dict[str, object]) -> None:
    persona = Persona.model_validate({"key": "marlow", "name": "Marlow", **own})
    for reply, left in (
        ("[shows a picture: a cat] Hm.", "[shows a picture: a cat] Hm."),
        ("[to Alice] Hm.", "Hm."),
    ):
        sieve = sieve_for(persona, ("Alice",))
        sieve.take(reply)
        sieve.end()
        assert sieve.text == left


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[Marlow's turn.]x", Echo(16, is_turn=True)),
        ("[to Alice]", Echo(10)),
        ("[to Alice", Echo(9, is_open=True)),
        ("[to Alic", Echo(8, is_open=True, is_certain=False)),
        ("[to Alice:", Echo(10, is_open=True)),
        ("[Marlow's turn", Echo(14, is_open=True, is_turn=True)),
        ("[Marlow's turn:", Echo(15, is_open=True, is_turn=True)),
        ("[the next day] x", Echo(14)),
        ("[the", Echo(4, is_open=True, is_certain=False)),
        ("[there", None),
        ("[Marlow's turn]", Echo(15)),
        ("[Marlow's turn: a [", None),
        ("[Marlow's turn: a\n", None),
    ],
)
def test_what_a_text_has_at_a_bracket(text: str, found: Echo | None) -> None:
    assert Echoes(["Marlow", "Alice"], NOTES).at(text, 0) == found
    moved = found and found._replace(end=found.end + 2)
    assert Echoes(["Marlow", "Alice"], NOTES).at(f"x {text}", 2) == moved


@pytest.mark.parametrize(
    ("text", "ended", "run"),
    [
        ("[to Alice] [the next day]\n", False, Run(26, is_followed=False)),
        ("[to Alice] y", False, Run(11, is_followed=True)),
        ("[to Alice][", False, Run(10, is_followed=False)),
        ("[to Alice] [to Al", False, Run(11, is_followed=False)),
        ("[to Alice] [to Al", True, Run(11, is_followed=True)),
        ("[to Alice] [to Alice,", True, Run(11, is_followed=False)),
        ("", False, Run(0, is_followed=False)),
    ],
)
def test_notes_run_to_the_end_or_to_words(text: str, ended: bool, run: Run) -> None:
    assert Echoes(["Marlow", "Alice"], NOTES).run(text, 0, ended=ended) == run


def test_names_in_notes_have_round_brackets() -> None:
    assert Echoes(["[GM] Marlow"], ()).at("[(GM) Marlow's turn.]", 0) == Echo(21, is_turn=True)


def test_of_two_notes_of_one_beginning_the_longer_is_meant() -> None:
    assert Echoes([], ["[a]", "[a] [b]"]).at("[a] [b]", 0) == Echo(7)
    assert Echoes(["", " "], ()).at("['s turn.]", 0) is None


PIECES = st.sampled_from(
    ["[Marlow's turn.]", "[Marlow's turn: salty.]", "[to Alice]", "[the next day]", "[shows a picture: a cat]", "[laughs]", "Aye.", "\n", " ", "[", "]", "`", "<i>"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=10), st.integers(1, 9))
def test_it_does_not_matter_in_what_pieces_a_reply_comes(pieces: list[str], step: int) -> None:
    text = "".join(pieces)
    assert shown(text, step=step) == shown(text, step=len(text) or 1)


@given(st.lists(st.sampled_from(["[laughs]", "[sign: no entry]", "Aye.", "\n", " ", '"So."']), max_size=10))
def test_a_text_without_notes_is_shown_to_the_letter(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert shown(text) == text
