"""Macros in a persona's texts: what becomes of them, and what stays."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.macros.filling import Moment, filled, unfilled
from bot.core.macros.seeking import sought_in, told_of
from bot.core.persona import (
    DefaultProfile,
    Persona,
    PersonaSheet,
    Sample,
    Substitution,
    ToldLore,
    UserMacro,
)


def persona(**texts: Any) -> Persona:
    return Persona(key="mira", **{"name": "Mira Vale", **texts})


def told(text: str, *people: str) -> str:
    return filled(persona(description=text), Moment(people, people[-1] if people else "")).description


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
        ("<CHR> <chr>", "Mira Vale Mira Vale"),
        # What is none stays.
        (
            "{{users}} {{user:x}} {{us er}} {{getvar::{{user}}}}",
            "{{users}} {{user:x}} {{us er}} {{getvar::Alice}}",
        ),
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
        Moment(["Alice"]),
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
    found = filled(persona(description="{{user}}", user=profile), Moment(people))
    assert found.description == now
    assert found.user is not None
    assert found.user.name == (None if name is None else now)
    assert found.user.description == f"A friend of {now}."


def test_the_party_is_listed_in_the_language_of_the_texts() -> None:
    chinese = persona(name="阿渡", description="{{char}}是船娘。", greeting="{{user}}，坐稳。")
    assert filled(chinese, Moment(["小明", "Bob", "小红"])).greeting == "小明、Bob和小红，坐稳。"
    german = persona(description="{{char}} ist die Wirtin und kennt {{user}}.")
    found = filled(german, Moment(["Anna", "Bob"]))
    assert found.description == "Mira Vale ist die Wirtin und kennt Anna und Bob."


@pytest.mark.parametrize("name", ["{{char}}", "{{user}}", "<USER>", "{{user", "user}}", "{", r"\g<name>"])
def test_a_name_that_looks_like_a_placeholder_stays_a_name(name: str) -> None:
    assert told("{{char}} greets {{user}}, {{user}}.", name) == f"Mira Vale greets {name}, {name}."
    assert told("{{{{user}}}} {{{user}}}", name) == f"{{{{{name}}}}} {{{name}}}"
    found = filled(persona(name=f"Mira {name}", description="{{char}} and {{user}}"), Moment(["Bob"]))
    assert found.description == f"Mira {name} and Bob"
    assert found.name == f"Mira {name}"


def test_a_persona_without_placeholders_is_itself() -> None:
    plain = persona(description="Mira keeps the {inn}.", tags=("{{char}}",))
    assert filled(plain, Moment(["Alice"])) is plain


SPELLINGS = ("{{user}}", "{{ USER }}", "<User>", "{{char}}", "<BOT>")


@given(
    parts=st.lists(st.one_of(st.sampled_from(SPELLINGS), st.text(alphabet="user char:\n阿"))),
    name=st.text(alphabet="{}<> user", min_size=1, max_size=12),
)
def test_each_placeholder_becomes_a_name_and_all_else_stays(parts: list[str], name: str) -> None:
    names = dict(zip(SPELLINGS, (name, name, name, "Mira Vale", "Mira Vale"), strict=True))
    found = filled(
        Persona.model_construct(key="mira", name="Mira Vale", description="".join(parts)), Moment([name])
    )
    assert found.description == "".join(names.get(part, part) for part in parts)


# Who is meant by {{user}} ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "name", "now"),
    [
        (None, None, "Alice, Bob and Carol"),
        (None, "the passenger", "the passenger"),
        (UserMacro.PARTY, "the passenger", "Alice, Bob and Carol"),
        (UserMacro.SPEAKER, "the passenger", "Bob"),
        (UserMacro.SPEAKER, None, "Bob"),
        (UserMacro.FIXED, "{{char}}'s guest", "Mira Vale's guest"),
        (UserMacro.FIXED, None, "someone"),
    ],
)
def test_a_persona_says_whom_the_user_macro_means(
    policy: UserMacro | None, name: str | None, now: str
) -> None:
    profile = DefaultProfile(name=name, description="A guest.")
    told = persona(description="{{user}}", user=profile, user_macro=policy)
    assert filled(told, Moment(["Alice", "Bob", "Carol"], "Bob")).description == now


# Chance --------------------------------------------------------------------------------------------


def drawn(text: str, story: int = 1, window: int = 1, **keys: Any) -> str:
    moment = Moment(["Alice"], "Alice", story, window, NOON)
    return filled(persona(description=text, **keys), moment).description


NOON = datetime(2026, 11, 30, 12, 5, 9, tzinfo=UTC)
STORIES = range(60)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("{{random:red,green, dark blue }}", {"red", "green", "dark blue"}),
        ("{{ Random : a , b }}", {"a", "b"}),
        (r"{{random:yes\, sir,no}}", {"yes, sir", "no"}),
        ("{{random::a, b::c}}", {"a, b", "c"}),
        ("{{random:: a::b }}!", {"a!", "b !"}),
        ("{{random::a,b}}", {"a", "b"}),
        ("{{pick:a,b,}}", {"a", "b", ""}),
        ("{{pick::a::b}}", {"a", "b"}),
        ("{{random:{{user}}, <BOT>}}", {"Alice", "Mira Vale"}),
        ("{{random:{{random:a,b}},{{roll:1}}}}", {"a", "b", "1"}),
        ("{{roll:3}}", {"1", "2", "3"}),
        ("{{roll:d3}} {{noop}}", {"1", "2", "3"}),
        ("{{roll 1d2+10}}", {"11", "12"}),
        ("{{roll:2d2kh1}}", {"1", "2"}),
    ],
)
def test_chance_takes_each_option_and_no_other(text: str, options: set[str]) -> None:
    assert {drawn(text, story) for story in STORIES} == options


def test_a_retry_is_told_the_same_and_a_pick_lasts_as_long_as_the_story() -> None:
    text = "{{pick:a,b,c,d}} {{random:a,b,c,d}} {{roll:20}}"
    assert drawn(text) == drawn(text)
    windows = [drawn(text, window=window).split() for window in STORIES]
    assert len({pick for pick, _, _ in windows}) == 1
    assert len({random for _, random, _ in windows}) == 4
    assert len({roll for _, _, roll in windows}) > 10


def test_two_macros_of_one_text_and_the_same_text_at_two_keys_choose_for_themselves() -> None:
    pairs = {drawn("{{pick:a,b}}{{pick:a,b}}", story) for story in STORIES}
    assert pairs == {"aa", "ab", "ba", "bb"}
    twice = persona(description="{{pick:a,b}}", scenario="{{pick:a,b}}")
    told = [filled(twice, Moment(story=story)) for story in STORIES]
    found = {(each.description, each.scenario) for each in told}
    assert len(found) == 4


def test_another_text_of_the_file_may_change_and_the_pick_stays() -> None:
    assert (
        len({drawn("{{pick:a,b,c,d,e,f}}", personality=text) for text in ("x", "{{user}}", "{{pick:1,2}}")})
        == 1
    )


def test_a_name_that_is_left_to_chance_is_the_same_everywhere() -> None:
    profile = DefaultProfile(name="{{pick:Ann,Ben,Cleo}}", description="{{user}} of {{user}}'s own.")
    for story in STORIES:
        found = filled(persona(description="{{user}}", user=profile), Moment(["Alice"], story=story))
        assert found.user is not None
        assert found.user.name == found.description
        assert found.user.description == f"{found.description} of {found.description}'s own."


def test_a_bound_takes_the_longest_of_each() -> None:
    widest = Moment(widest=True)
    text = "{{random:a,bcd,ef}} {{roll:2d6+1}} {{pick:{{random:long,longer}},short}}"
    assert filled(persona(description=text), widest).description == "bcd 13 longer"


# What leaves no words -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "now"),
    [
        ("A{{// {{user}} never learns this }}B", "AB"),
        ("A {{comment: not for the model}}", "A"),
        ("{{hidden_key:moon, tide}}The sea.", "The sea."),
        ("one{{newline}}two", "one\ntwo"),
        ("one\n\n{{trim}}\n\ntwo", "onetwo"),
        ("one\n{{noop}}{{trim}}{{trim}}\n\r\n{{newline}}two", "onetwo"),
        ("{{trim}}\none\n{{ TRIM }}", "one"),
        ("{{noop}}", ""),
        ("{{reverse:abc}} {{reverse:{{user}}}}", "cba ecilA"),
        ("{{reverse:👩‍👩‍👧é}}", "é👩‍👩‍👧"),
    ],
)
def test_what_is_no_word_of_the_text(text: str, now: str) -> None:
    assert told(text, "Alice") == now


def test_a_sample_of_which_nothing_is_left_is_no_sample() -> None:
    samples = (Sample(user="{{// later }}", reply="Yes."), Sample(user="Hi.", reply="Hello."))
    assert filled(persona(samples=samples)).samples == samples[1:]


def test_a_line_stays_a_line() -> None:
    found = filled(persona(voice="dry{{newline}}salty", title="{{user}}{{newline}}at sea"), Moment(["Alice"]))
    assert (found.voice, found.title) == ("dry salty", "Alice at sea")


def test_hidden_keys_are_for_the_search_in_lore() -> None:
    text = "{{// sun }}Night.{{hidden_key:the moon}} {{random:a,{{hidden_key: <BOT>}}}}{{comment: sun}}"
    assert sought_in(text) == "Night. \nthe moon\n {{char}}"
    assert told_of(text) == "Night. {{random:a,{{hidden_key: <BOT>}}}}"
    assert (sought_in("{{user}}"), told_of("{{// sun }} "), told_of(" Night. ")) == ("", "", " Night. ")


def test_a_choice_in_lore_is_the_same_beside_other_lore() -> None:
    colours = "A {{pick:red,green,blue,grey,pink,black,white,brown}} door."
    alone = persona().telling(ToldLore(notes=(colours,)))
    for before in range(1, 9):
        others = tuple(f"Another, {number}." for number in range(before))
        with_others = persona().telling(ToldLore(notes=(*others, colours)))
        assert filled(with_others).lore.notes[-1] == filled(alone).lore.notes[0]


def test_the_original_stands_where_a_text_of_the_bots_is_replaced() -> None:
    own = persona(
        instructions="{{original}} And rhyme.", reminders="{{original}}Rhyme.", scenario="{{original}}"
    )
    found = filled(own, original="Play {{user}}.")
    assert (found.instructions, found.reminders) == ("Play {{user}}. And rhyme.", "Rhyme.")
    assert found.scenario == "{{original}}"
    assert list(unfilled(own)) == [(("scenario",), "{{original}}")]


# Dates ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "now"),
    [
        ("{{time}}", "12:05 PM"),
        ("{{date}}, a {{weekday}}", "November 30, 2026, a Monday"),
        ("{{isodate}}T{{isotime}}", "2026-11-30T12:05"),
        ("{{time_UTC+2}} {{time_utc-11}}", "2:05 PM 1:05 AM"),
        ("{{datetimeformat DD.MM.YYYY HH:mm:ss}}", "30.11.2026 12:05:09"),
        ("{{datetimeformat::dddd [the] D. MMM YY, h A}}", "Monday the 30. Nov 26, 12 PM"),
    ],
)
def test_dates_and_times_are_those_of_utc_in_english(text: str, now: str) -> None:
    assert drawn(text) == now
    assert told(text, "Alice") == text  # without a time


# Hostile texts --------------------------------------------------------------------------------------


def test_macros_nest_eight_deep_and_the_outer_ones_of_more_stay() -> None:
    deep = "{{reverse:" * 10 + "ab" + "}}" * 10
    assert told(deep, "Alice") == "{{reverse:{{reverse:ab}}}}"


@given(
    st.text(alphabet="{}<>user:,char|/ \n\\", max_size=60),
    st.text(alphabet="{}<>user:", min_size=1, max_size=9),
)
def test_no_text_breaks_and_what_a_macro_stands_for_is_never_read_again(text: str, name: str) -> None:
    assert told(text, name) == told(text, "\ue000").replace("\ue000", name)


@given(
    texts=st.lists(
        st.sampled_from(
            ("{{random:a,b,c}}", "{{pick::d::e}}", "{{roll:6}}", "{{user}}", "{{reverse:{{pick:x,y}}}}", " ")
        ),
        max_size=8,
    ),
    story=st.integers(),
    window=st.integers(),
)
def test_chance_follows_from_story_window_and_place_alone(texts: list[str], story: int, window: int) -> None:
    text = "".join(texts)
    assert drawn(text, story, window) == drawn(text, story, window)
    assert "{{" not in drawn(text, story, window)


# What stays is told of ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        ("{{char}} {{user}} <BOT> { {x} }", []),
        ("{{random:a,b}}, {{original}} or {{ Time }}", ["{{original}}"]),
        ("{{// a note}} {{getvar::x}} {{roll:d20}}", ["{{getvar::x}}"]),
        ("{{if {{user}}}}{{x}}{{/if}}", ["{{if", "{{x}}", "{{/if}}"]),
        ("{{a {{b}} c}} {{b}}", ["{{a", "{{b}}", "{{b}}"]),
        (
            "{{random}} {{random:}} {{pick::}} {{random a, b}}",
            ["{{random}}", "{{random:}}", "{{pick::}}", "{{random a, b}}"],
        ),
        (
            "{{roll:0}} {{roll:many}} {{roll}} {{roll:2d6 for {{user}}}}",
            ["{{roll:0}}", "{{roll:many}}", "{{roll}}", "{{roll:2d6 for"],
        ),
        (
            "{{time_UTC+15}} {{time:now}} {{datetimeformat}}",
            ["{{time_UTC+15}}", "{{time:now}}", "{{datetimeformat}}"],
        ),
        ("{{random:{{getvar::x}},b}}", ["{{getvar::x}}"]),
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
        greeting="{{idle_duration}}",
        samples=(Sample(user="Hi.", reply="{{var:a,b}}"),),
        user=DefaultProfile(name="{{char}}'s guest", description="{{x}}"),
        tags=("cosy", "<USER>"),
    )
    assert list(unfilled(sheet)) == [
        (("name",), "{{char}}"),
        (("greeting",), "{{idle_duration}}"),
        (("samples", 0, "reply"), "{{var:a,b}}"),
        (("user", "description"), "{{x}}"),
        (("tags", 1), "<USER>"),
    ]


def test_what_replaces_a_reply_s_words_is_no_text_of_the_file() -> None:
    sheet = PersonaSheet(
        name="Mira", language="{{user}}", substitutions=(Substitution(find="you", replace="{{user}}"),)
    )
    assert list(unfilled(sheet)) == [
        (("language",), "{{user}}"),
        (("substitutions", 0, "replace"), "{{user}}"),
    ]


@pytest.mark.parametrize("text", ["{{" * 50_000, "{{a" * 50_000, "{" * 100_000, "{{ " + " " * 100_000])
def test_a_flood_of_braces_is_read_once(text: str) -> None:
    assert told(text, "Alice") == text.strip()
    assert len(list(unfilled(PersonaSheet(name="Mira", description=text)))) < 60_000
