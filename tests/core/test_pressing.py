"""Who may press the buttons that change a reply for everybody, and when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.pressing import LATELY, OTHERS_WAIT, PressFacts, Right, Verdict, verdict_on
from bot.core.settings import StoryRights

DONE = datetime(2026, 5, 1, 20, 0, 0, tzinfo=UTC)
FREE = DONE + timedelta(seconds=60)
ASKER, JOINED, STARTER, PLAYER, STRANGER = 1, 2, 3, 4, 5
NOW, ONCE_DONE, APART = Verdict(Right.NOW), Verdict(Right.ONCE_DONE), Verdict(Right.APART)
LATER = Verdict(Right.LATER, FREE)

FACTS = PressFacts(
    user_id=PLAYER,
    moderator=False,
    rights=StoryRights.STARTER,
    starter_id=STARTER,
    askers=frozenset({ASKER, JOINED}),
    lately=frozenset({ASKER, JOINED, PLAYER}),
    last_word=DONE,
    now=DONE,
)


@pytest.mark.parametrize(
    ("user_id", "writing", "at_once", "in_time", "after"),
    [
        (ASKER, NOW, NOW, NOW, NOW),
        (JOINED, NOW, NOW, NOW, NOW),
        (STARTER, NOW, NOW, NOW, NOW),
        (PLAYER, ONCE_DONE, LATER, LATER, NOW),
        (STRANGER, APART, APART, APART, APART),
    ],
)
def test_a_reply_belongs_first_to_those_it_answers(
    user_id: int, writing: Verdict, at_once: Verdict, in_time: Verdict, after: Verdict
) -> None:
    facts = replace(FACTS, user_id=user_id)
    moment = timedelta(microseconds=1)
    assert verdict_on(replace(facts, last_word=None)) == writing
    assert verdict_on(facts) == at_once
    assert verdict_on(replace(facts, now=FREE - moment)) == in_time
    assert verdict_on(replace(facts, now=FREE)) == after


@pytest.mark.parametrize("user_id", [ASKER, STARTER, PLAYER, STRANGER])
@pytest.mark.parametrize("last_word", [None, DONE])
@pytest.mark.parametrize("change", [{"moderator": True}, {"rights": StoryRights.ALL}])
def test_moderators_wait_for_nobody_nor_does_anybody_where_all_may(
    user_id: int, last_word: datetime | None, change: dict[str, object]
) -> None:
    assert verdict_on(replace(FACTS, user_id=user_id, last_word=last_word, **change)) == NOW  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"rights": StoryRights.MODS}, LATER),
        ({"rights": StoryRights.MODS, "user_id": STARTER}, NOW),
        ({"starter_id": None}, LATER),
        ({"starter_id": PLAYER}, NOW),
        ({"askers": frozenset()}, LATER),
        ({"lately": frozenset()}, APART),
        ({"now": DONE - timedelta(days=1)}, NOW),  # the clock was set back
        ({"now": DONE + timedelta(days=400)}, NOW),
    ],
)
def test_one_fact_decides(change: dict[str, object], verdict: Verdict) -> None:
    assert verdict_on(replace(FACTS, **change)) == verdict  # type: ignore[arg-type]


def test_the_numbers_are_those_that_people_are_told() -> None:
    assert timedelta(seconds=60) == OTHERS_WAIT
    assert LATELY == 20


PEOPLE = st.integers(1, 6)
MOMENTS = st.integers(-200_000, 200_000).map(lambda seconds: DONE + timedelta(seconds=seconds))
ANY = st.builds(
    PressFacts,
    user_id=PEOPLE,
    moderator=st.booleans(),
    rights=st.sampled_from(StoryRights),
    starter_id=st.none() | PEOPLE,
    askers=st.frozensets(PEOPLE),
    lately=st.frozensets(PEOPLE),
    last_word=st.none() | MOMENTS,
    now=MOMENTS,
)


@given(ANY)
def test_nobody_waits_longer_than_a_minute_for_a_reply_that_is_done(facts: PressFacts) -> None:
    verdict = verdict_on(facts)
    assert (verdict.at is not None) == (verdict.right is Right.LATER)
    if verdict.at is not None:
        assert facts.now < verdict.at <= facts.now + OTHERS_WAIT
        assert verdict_on(replace(facts, now=verdict.at)) == NOW


@given(ANY)
def test_who_was_asked_for_gives_others_no_less_and_time_takes_nothing_away(facts: PressFacts) -> None:
    mine = replace(facts, askers=facts.askers | {facts.user_id})
    assert verdict_on(mine) == NOW
    if facts.last_word is not None and facts.now >= facts.last_word and verdict_on(facts) == NOW:
        assert verdict_on(replace(facts, now=facts.now + timedelta(hours=1))) == NOW


@given(ANY, st.frozensets(PEOPLE))
def test_what_others_are_allowed_says_nothing_of_oneself(facts: PressFacts, others: frozenset[int]) -> None:
    strangers = others - {facts.user_id}
    alone = replace(facts, askers=facts.askers | strangers, lately=facts.lately | strangers)
    assert verdict_on(alone) == verdict_on(facts)
