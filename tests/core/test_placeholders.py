"""`{{char}}` and `{{user}}` in a persona's texts: what becomes of them, and what stays."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.persona import DefaultProfile, Persona, PersonaSheet, Sample
from bot.core.placeholders import filled, unfilled


def persona(**texts: Any) -> Persona:
    return Persona(key="mira", **{"name": "Mira Vale", **texts})


def told(text: str, *people: str) -> str:
    return filled(persona(description=text), people).description


@pytest.mark.parametrize(
    ("text", "now"),
    [
        ("{{char}} waits for {{user}}.", "Mira Vale waits for Alice."),
        ("{{Char}}, {{USER}}, {{ char }}, {{\tuser\n}}", "Mira Vale, Alice, Mira Vale, Alice"),
        ("<BOT> <bot> <CHAR> <char>", "Mira Vale Mira Vale Mira Vale Mira Vale"),
        ("<USER>, <User> and <user>", "Alice, Alice and Alice"),
        ("{{char}}'s boat, {{user}}s", "Mira Vale's boat, Alices"),
        ("{{{user}}}", "{Alice}"),
        ("{{{{user}}}}", "{{Alice}}"),
        ("{{random:{{user}},b}}", "{{random:Alice,b}}"),
        # What is none stays.
        ("{{time}} {{users}} {{user:x}} {{us er}}", "{{time}} {{users}} {{user:x}} {{us er}}"),
        ("{char} {user} < user > <bots> user char", "{char} {user} < user > <bots> user char"),
        ("｛｛user｝｝", "｛｛user｝｝"),
        (r"\1 \g<name>", r"\1 \g<name>"),
    ],
)
def test_the_names_are_filled_in(text: str, now: str) -> None:
    assert told(text, "Alice") == now


def test_all_texts_of_a_persona_are_filled_and_nothing_else() -> None:
    text = "{{char}} and {{user}}"
    now = filled(
        persona(
            avatar="{{char}}.png",
            description=text,
            personality=text,
            scenario=text,
            instructions=text,
            greeting=text,
            samples=(Sample(user=text, reply=text), Sample(user="Hi.", reply="<USER>!")),
            user=DefaultProfile(description=text),
            tags=("{{char}}",),
        ),
        ["Alice"],
    )
    said = "Mira Vale and Alice"
    assert now == persona(
        avatar="{{char}}.png",
        description=said,
        personality=said,
        scenario=said,
        instructions=said,
        greeting=said,
        samples=(Sample(user=said, reply=said), Sample(user="Hi.", reply="Alice!")),
        user=DefaultProfile(description=said),
        tags=("{{char}}",),
    )


@pytest.mark.parametrize(
    ("people", "name", "now"),
    [
        ([], None, "someone"),
        (["Alice"], None, "Alice"),
        (["Alice", "Bob"], None, "Alice and Bob"),
        (["Alice", "Bob", "Carol"], None, "Alice, Bob and Carol"),
        (["Alice", "Bob"], "the passenger", "the passenger"),
        ([], "the passenger", "the passenger"),
        # The profile's own name may hold placeholders; its `{{user}}` cannot be itself.
        (["Alice"], "{{char}}'s guest", "Mira Vale's guest"),
        (["Alice", "Bob"], "{{user}}", "Alice and Bob"),
    ],
)
def test_the_user_is_the_named_profile_else_who_plays(people: list[str], name: str | None, now: str) -> None:
    profile = DefaultProfile(name=name, description="A friend of {{user}}.")
    found = filled(persona(description="{{user}}", user=profile), people)
    assert found.description == now
    assert found.user is not None
    assert found.user.name == (None if name is None else now)
    assert found.user.description == f"A friend of {now}."


def test_the_party_is_listed_in_the_language_of_the_texts() -> None:
    chinese = persona(name="阿渡", description="{{char}}是船娘。", greeting="{{user}}，坐稳。")
    assert filled(chinese, ["小明", "Bob", "小红"]).greeting == "小明、Bob和小红，坐稳。"
    german = persona(description="{{char}} ist die Wirtin und kennt {{user}}.")
    assert filled(german, ["Anna", "Bob"]).description == "Mira Vale ist die Wirtin und kennt Anna und Bob."


@pytest.mark.parametrize("name", ["{{char}}", "{{user}}", "<USER>", "{{user", "user}}", "{", r"\g<name>"])
def test_a_name_that_looks_like_a_placeholder_stays_a_name(name: str) -> None:
    assert told("{{char}} greets {{user}}, {{user}}.", name) == f"Mira Vale greets {name}, {name}."
    assert told("{{{{user}}}} {{{user}}}", name) == f"{{{{{name}}}}} {{{name}}}"
    found = filled(persona(name=f"Mira {name}", description="{{char}} and {{user}}"), ["Bob"])
    assert found.description == f"Mira {name} and Bob"
    assert found.name == f"Mira {name}"


def test_a_persona_without_placeholders_is_itself() -> None:
    plain = persona(description="Mira keeps the {inn}.", tags=("{{char}}",))
    assert filled(plain, ["Alice"]) is plain


SPELLINGS = ("{{user}}", "{{ USER }}", "<User>", "{{char}}", "<BOT>")


@given(
    parts=st.lists(st.one_of(st.sampled_from(SPELLINGS), st.text(alphabet="user char:\n阿"))),
    name=st.text(alphabet="{}<> user", min_size=1, max_size=12),
)
def test_each_placeholder_becomes_a_name_and_all_else_stays(parts: list[str], name: str) -> None:
    names = dict(zip(SPELLINGS, (name, name, name, "Mira Vale", "Mira Vale"), strict=True))
    found = filled(Persona.model_construct(key="mira", name="Mira Vale", description="".join(parts)), [name])
    assert found.description == "".join(names.get(part, part) for part in parts)


# What stays is told of ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        ("{{char}} {{user}} <BOT> { {x} }", []),
        ("{{random:a,b}}, {{original}} or {{ Time }}", ["{{random:a,b}}", "{{original}}", "{{ Time }}"]),
        ("{{// a note}} {{getvar::x}} {{roll:d20}}", ["{{// a note}}", "{{getvar::x}}", "{{roll:d20}}"]),
        ("{{random:{{user}},{{time}}}}", ["{{random:", "{{time}}"]),
        ("{{a\nb}}", ["{{a\nb}}"]),
        ("｛｛user｝｝ and {{char}}", ["｛｛user｝｝"]),
        ("{{{user}}} {{{{user}}}} {{ {{user}} }}", []),
        ("{{ never closed", []),
        ("never opened }}", []),
        ("{{}}", ["{{}}"]),
    ],
)
def test_other_placeholders_are_found(text: str, stays: list[str]) -> None:
    assert [found for _, found in unfilled(PersonaSheet(name="Mira", description=text))] == stays


def test_they_are_found_with_their_place_also_where_nothing_is_filled_in() -> None:
    sheet = PersonaSheet(
        name="Mira {{char}}",
        greeting="{{time}}",
        samples=(Sample(user="Hi.", reply="{{pick:a,b}}"),),
        user=DefaultProfile(name="{{char}}'s guest", description="{{x}}"),
        tags=("cosy", "<USER>"),
    )
    assert list(unfilled(sheet)) == [
        (("name",), "{{char}}"),
        (("greeting",), "{{time}}"),
        (("samples", 0, "reply"), "{{pick:a,b}}"),
        (("user", "description"), "{{x}}"),
        (("tags", 1), "<USER>"),
    ]


@pytest.mark.parametrize("text", ["{{" * 50_000, "{{a" * 50_000, "{" * 100_000, "{{ " + " " * 100_000])
def test_a_flood_of_braces_is_read_once(text: str) -> None:
    assert told(text, "Alice") == text.strip()
    assert len(list(unfilled(PersonaSheet(name="Mira", description=text)))) < 60_000
