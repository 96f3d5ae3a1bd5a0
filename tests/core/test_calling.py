"""Which words call a persona: its names as people say them, and those of others that are alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.calling import Call, call_of, short_names
from bot.core.persona import Persona


def persona(name: str, *called: str, key: str = "") -> Persona:
    return Persona(key=key or name.casefold(), name=name, called=called or None)


def calls(text: str, name: str, *called: str) -> bool:
    return call_of(text, persona(name, *called), ()).persona


@pytest.mark.parametrize(
    ("text", "name", "called"),
    [
        ("Mira, are you there?", "Mira Vale", True),
        ("are you there, MIRA?", "Mira Vale", True),
        ("mira's boat", "Mira Vale", True),
        ("*mira*", "Mira Vale", True),
        ("Mira-chan!", "Mira Vale", True),
        ("Mira Vale", "Mira Vale", True),
        ("mira  vale!", "Mira Vale", True),
        ("Vale, come here", "Mira Vale", False),
        ("Miranda", "Mira Vale", False),
        ("admira", "Mira Vale", False),
        ("mira_x", "Mira Vale", False),
        ("Mi ra", "Mira Vale", False),
        ("Mi\u200bra!", "Mira Vale", True),
        ("Doctor!", "Dr. Mira Vale", False),
        ("the lady is here", "The Lady of Shalott", False),
        ("Ask Shalott.", "The Lady of Shalott", True),
        ("Bo?", "Bo Li", False),
        ("Zoe\u0308?", "Zoë Washburne", True),
        ("Zoe?", "Zoë Washburne", False),
        ("Где Анна?", "Анна Каренина", True),
        ("Где Аннабель?", "Анна Каренина", False),
        ("请问林在吗", "林 黛玉", True),
        ("ミラはいますか", "ミラ・ヴェイル", True),
        ("철수야 안녕", "철수 김", True),
        ("nobody", "Mira Vale", False),
        ("", "Mira Vale", False),
    ],
)
def test_a_persona_of_several_names_is_called_by_its_first(text: str, name: str, called: bool) -> None:
    assert calls(text, name) is called


def test_a_persona_answers_to_its_nickname_besides() -> None:
    ada = Persona(key="ada", name="Augusta Ada King", nickname="the Countess")
    assert short_names(ada) == ("the Countess", "Augusta")
    assert call_of("Is the countess in?", ada, ()).persona
    assert short_names(Persona(key="a", name="Ada", nickname="@everyone")) == ()


def test_its_file_names_others_instead() -> None:
    assert short_names(persona("Mira Vale")) == ("Mira",)
    assert short_names(persona("Mira Vale", "Mir", "the captain")) == ("Mir", "the captain")
    assert short_names(persona("Mira")) == ()
    assert short_names(Persona(key="m", name="Mira Vale", called=())) == ()
    assert calls("the Captain knows", "Mira Vale", "Mir", "the captain")
    assert not calls("Mira, you there?", "Mira Vale", "Mir", "the captain")
    assert not calls("a captain", "Mira Vale", "Mir", "the captain")
    assert calls("Mira Vale, you there?", "Mira Vale", "Mir")
    assert not call_of("Mira", Persona(key="m", name="Mira Vale", called=()), ()).persona
    assert calls("Odile, the bill!", "Nightjar", "Odile", "Tam")


VALE, STONE = persona("Mira Vale", key="vale"), persona("Mira Stone", key="stone")
BOTH = frozenset({"vale", "stone"})


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("Mira!", Call(BOTH, persona=True)),
        ("Mira Vale!", Call(persona=True)),
        ("Mira Vale or Mira?", Call(persona=True)),
        ("Mira Vale and Mira Stone", Call(persona=True)),
        # She is another one; she answers if she is there.
        ("Mira Stone!", Call(frozenset({"stone"}))),
        ("mira  stone's hat", Call(frozenset({"stone"}))),
        ("Mira Stone, and you, Mira?", Call(BOTH, persona=True)),
        ("Mira Stoneface", Call(BOTH, persona=True)),
        ("Stone!", Call()),
        ("Hello.", Call()),
    ],
)
def test_two_of_one_first_name(text: str, call: Call) -> None:
    assert call_of(text, VALE, [persona("Isolde"), VALE, STONE]) == call


def test_two_of_which_one_has_no_other_name() -> None:
    mira = persona("Mira", key="mira")
    assert call_of("Mira!", VALE, [mira, VALE]) == Call(frozenset({"vale", "mira"}), persona=True)
    assert call_of("Mira Vale!", VALE, [mira, VALE]) == Call(persona=True)
    assert call_of("Mira!", mira, [mira, VALE]) == Call(persona=True)
    # A whole name always calls, unless the one of the longer name is there.
    assert call_of("Mira Vale!", mira, [mira, VALE]) == Call(frozenset({"vale"}), persona=True)
    assert call_of("Mira Vale and Mira", mira, [mira, VALE]) == Call(persona=True)


def test_names_of_names() -> None:
    short, long = persona("Mira Vale", key="short"), persona("Mira Vale Stone", key="long")
    assert call_of("Mira Vale Stone!", long, [short]) == Call(persona=True)
    assert call_of("Mira Vale!", long, [short]) == Call(frozenset({"short"}))
    assert call_of("Mira Vale Stone!", short, [long]) == Call(frozenset({"long"}), persona=True)
    twins = [persona("Mira Vale", key="a"), persona("Mira Vale", key="b")]
    assert call_of("Mira!", twins[0], twins) == Call(frozenset({"a", "b"}), persona=True)
    assert call_of("Mira Vale!", twins[0], twins) == Call(persona=True)


def test_a_name_in_common_may_be_any_of_theirs() -> None:
    captains = [persona("Mira Vale", "captain", key="a"), persona("Ahab", "Captain", key="b")]
    assert call_of("captain!", captains[0], captains) == Call(frozenset({"a", "b"}), persona=True)
    assert call_of("Mira!", captains[0], captains) == Call()
    nick = [persona("Mira Vale", "Ahab", key="a"), persona("Ahab", key="b")]
    assert call_of("Ahab!", nick[0], nick) == Call(frozenset({"a", "b"}), persona=True)


@given(
    text=st.text(alphabet="Mira Vleston,(.*+\\", max_size=40),
    name=st.text(alphabet="Mira V.*(+\\", min_size=1),
)
def test_no_text_and_no_name_is_too_odd(text: str, name: str) -> None:
    odd = Persona.model_construct(key="odd", name=name, called=None)
    call = call_of(text, odd, [VALE, STONE, odd])
    assert call.candidates <= {"odd", "vale", "stone"}
    assert call_of(f"{text} {name} {text}", odd, []).persona or not name.strip()
