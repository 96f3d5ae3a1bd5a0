"""Who answers where several personas play, and who goes on after a persona: the whole tables."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.casts import (
    AT_ONCE,
    CHAIN,
    CastFacts,
    CastMember,
    Speaking,
    led_by,
    ordered,
    who_answers,
    who_goes_on,
)
from bot.core.chance import number_for
from bot.core.routing import Respond

MARLOW, SABINE, ISKRA, TOM = (CastMember(key) for key in ("marlow", "sabine", "iskra", "tom"))
CAST = (MARLOW, SABINE, ISKRA)
MUTED = (MARLOW, CastMember("sabine", muted=True), ISKRA)


def never(_key: str) -> float:
    return 0.999


def chances(**drawn: float) -> Any:
    return lambda key: drawn[key or "cast"]


def facts(members: Sequence[CastMember] = CAST, **said: Any) -> CastFacts:
    return CastFacts(members, **{"respond": Respond.NAME, "chance": never, **said})


@pytest.mark.parametrize(
    ("members", "said", "who"),
    [
        # A name is stronger than a reply and a mention, and several are answered in the order they are said.
        (CAST, {"named": ["sabine"], "mentioned": True, "replied": "iskra", "latest": "marlow"}, ["sabine"]),
        (CAST, {"named": ["iskra", "marlow"]}, ["iskra", "marlow"]),
        (CAST, {"named": ["iskra", "iskra", "marlow"]}, ["iskra", "marlow"]),
        (CAST, {"named": ["sabine"], "replied": "iskra"}, ["sabine"]),
        # A reply to a post, its persona's; a guest's is answered by the guest.
        (CAST, {"replied": "iskra", "mentioned": True, "latest": "sabine"}, ["iskra"]),
        (CAST, {"replied": "tom", "latest": "sabine"}, ["tom"]),
        # A mention: the one that spoke last, else the lead.
        (CAST, {"mentioned": True, "latest": "sabine"}, ["sabine"]),
        (CAST, {"mentioned": True}, ["marlow"]),
        # Nobody is asked.
        (CAST, {"latest": "sabine"}, []),
        (CAST, {"open": True}, []),
        # A muted one answers nothing; the others do.
        (MUTED, {"named": ["sabine", "iskra"]}, ["iskra"]),
        (MUTED, {"mentioned": True, "latest": "sabine"}, ["marlow"]),
        (MUTED, {"named": ["sabine"], "replied": "iskra"}, ["iskra"]),
        (MUTED, {"named": ["sabine"], "respond": Respond.ALWAYS, "open": True, "chance": chances(cast=0.9)}, ["iskra"]),
    ],
)  # fmt: skip
def test_who_is_asked_answers(members: Sequence[CastMember], said: Mapping[str, Any], who: list[str]) -> None:
    found = who_answers(facts(members, **said))
    assert list(found.keys) == who
    assert found.muted is None


@pytest.mark.parametrize(
    "said",
    [
        {"named": ["sabine"], "mentioned": True, "replied": "iskra"},
        {"replied": "sabine"},
        {"replied": "sabine", "mentioned": True, "latest": "iskra"},
    ],
)
def test_who_asks_only_somebody_muted_gets_nobody_else(said: Mapping[str, Any]) -> None:
    assert who_answers(facts(MUTED, **said)) == Speaking(muted="sabine")


def test_where_all_are_muted_nobody_answers() -> None:
    everyone = (CastMember("marlow", 100, muted=True), CastMember("sabine", muted=True))
    assert who_answers(facts(everyone, mentioned=True)) == Speaking(muted="marlow")
    assert who_answers(facts(everyone, open=True, respond=Respond.ALWAYS)) == Speaking()


def test_at_most_three_answer_one_message() -> None:
    five = [*CAST, TOM, CastMember("ada")]
    found = who_answers(facts(five, named=["ada", "tom", "iskra", "sabine", "marlow"]))
    assert found.keys == ("ada", "tom", "iskra")


@pytest.mark.parametrize(
    ("respond", "talks", "drawn", "who"),
    [
        # Without a number: one of them where every message is answered, and nobody elsewhere.
        (Respond.ALWAYS, (None, None, None), {"cast": 0.0}, ["marlow"]),
        (Respond.ALWAYS, (None, None, None), {"cast": 0.5}, ["sabine"]),
        (Respond.ALWAYS, (None, None, None), {"cast": 0.999}, ["iskra"]),
        (Respond.NAME, (None, None, None), {"cast": 0.0}, []),
        (Respond.MENTION, (None, None, None), {"cast": 0.0}, []),
        # With one: by chance, in any mode in which people are answered.
        (Respond.NAME, (30, None, None), {"marlow": 0.29}, ["marlow"]),
        (Respond.NAME, (30, None, None), {"marlow": 0.3}, []),
        (Respond.MENTION, (30, None, None), {"marlow": 0.29}, ["marlow"]),
        (Respond.NEVER, (100, None, None), {"marlow": 0.0}, []),
        (Respond.NAME, (0, 100, None), {"marlow": 0.0, "sabine": 0.999}, ["sabine"]),
        # Several may take part; the one that chance favours most comes first.
        (Respond.NAME, (50, 50, 50), {"marlow": 0.4, "sabine": 0.1, "iskra": 0.6}, ["sabine", "marlow"]),
        # Somebody answers every message, unless admins have said for all how often.
        (Respond.ALWAYS, (50, None, None), {"marlow": 0.6, "cast": 0.5}, ["iskra"]),
        (Respond.ALWAYS, (50, None, None), {"marlow": 0.4, "cast": 0.5}, ["marlow"]),
        (Respond.ALWAYS, (50, 10, 0), {"marlow": 0.6, "sabine": 0.6, "iskra": 0.0}, []),
    ],
)
def test_unasked_they_take_part_as_often_as_admins_have_chosen(
    respond: Respond, talks: tuple[int | None, ...], drawn: dict[str, float], who: list[str]
) -> None:
    members = [CastMember(each.key, talk) for each, talk in zip(CAST, talks, strict=True)]
    found = who_answers(facts(members, respond=respond, chance=chances(**drawn), open=True))
    assert found == Speaking(tuple(who), unasked=bool(who))


@pytest.mark.parametrize(
    ("named", "depth", "drawn", "who"),
    [
        (["sabine"], 0, 0.999, "sabine"),
        (["sabine"], 1, 0.499, "sabine"),
        (["sabine"], 1, 0.5, None),
        (["sabine"], 2, 0.249, "sabine"),
        (["sabine"], 2, 0.25, None),
        (["sabine"], CHAIN, 0.0, None),
        (["marlow"], 0, 0.999, None),  # nobody answers themselves
        (["nobody"], 0, 0.0, None),
        ([], 0, 0.0, None),
        (["iskra", "sabine"], 0, 0.999, "iskra"),
    ],
)
def test_a_persona_that_another_calls_may_go_on_and_ever_more_rarely(
    named: list[str], depth: int, drawn: float, who: str | None
) -> None:
    assert who_goes_on(CAST, "marlow", named, depth, lambda _: drawn) == who


@pytest.mark.parametrize(
    ("depth", "drawn", "who"),
    [
        (0, 0.39, "sabine"),
        (0, 0.4, None),
        (1, 0.19, "sabine"),
        (1, 0.2, None),
        (2, 0.09, "sabine"),
        (3, 0.0, None),
    ],
)
def test_one_that_talks_much_goes_on_uncalled(depth: int, drawn: float, who: str | None) -> None:
    members = (MARLOW, CastMember("sabine", 40))
    assert who_goes_on(members, "marlow", [], depth, lambda _: drawn) == who
    assert (
        who_goes_on(
            (MARLOW, CastMember("sabine", 40, muted=True)), "marlow", ["sabine"], depth, lambda _: 0.0
        )
        is None
    )


@given(
    st.lists(st.builds(CastMember, st.sampled_from("abcdef"), st.none() | st.integers(0, 100), st.booleans()), min_size=1, unique_by=lambda each: each.key),
    st.sampled_from(Respond),
    st.lists(st.sampled_from("abcdef")),
    st.none() | st.sampled_from("abcdefg"),
    st.booleans(),
    st.none() | st.sampled_from("abcdef"),
    st.booleans(),
)  # fmt: skip
def test_only_members_that_may_speak_do_and_none_twice(
    members: list[CastMember], respond: Respond, named: list[str], replied: str | None, mentioned: bool,
    latest: str | None, into_the_room: bool,
) -> None:  # fmt: skip
    keys = {member.key for member in members}
    said = CastFacts(
        members, respond, lambda key: number_for("a message", key), [key for key in named if key in keys],
        replied, mentioned, latest, into_the_room,
    )  # fmt: skip
    found = who_answers(said)
    awake = {member.key for member in members if not member.muted}
    assert set(found.keys) <= awake | ({replied} - keys - {None})
    assert len(set(found.keys)) == len(found.keys) <= AT_ONCE
    assert found.muted is None or (found.keys == () and (mentioned or replied is not None))
    # Who asks gets an answer, or hears why not.
    assert found.keys or found.muted or not (mentioned or replied is not None)


def test_a_number_is_the_same_whenever_it_is_asked_and_another_for_another_message() -> None:
    drawn = [number_for(message, "marlow") for message in range(1000)]
    assert drawn == [number_for(message, "marlow") for message in range(1000)]
    assert all(0 <= each < 1 for each in drawn)
    assert 350 < sum(each < 0.4 for each in drawn) < 450
    assert number_for(1, "marlow") != number_for(1, "sabine")


def test_another_lead_takes_the_head_of_the_cast() -> None:
    assert ordered("marlow", CAST) == CAST
    assert ordered("iskra", CAST) == (ISKRA, MARLOW, SABINE)
    assert ordered("tom", [SABINE]) == (TOM, SABINE)
    assert ordered("tom", []) == (TOM,)
    assert led_by("iskra", CAST) == (ISKRA, MARLOW, SABINE)
    assert led_by("tom", CAST) == (TOM, SABINE, ISKRA)
    assert led_by("tom", [MARLOW]) == led_by("tom", []) == (TOM,)
