"""What people are told once: where they ask, and again on another server or in another thread."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.core.access import PLAY_ROLES, MemberFacts
from bot.core.routing import Denial, NoReply, NoReplyReason
from bot.core.scene import Place
from bot.story.places.pacing import Pacing
from tests.story.revisions.test_revision import ALICE, TAVERN, Stage, stage

__all__ = ["stage"]

HERE, THERE = replace(TAVERN, guild_id=5), Place(102, guild_id=6)
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


async def test_who_may_not_play_is_told_once_a_day_on_each_server(stage: Stage) -> None:
    told = []
    for place in (HERE, THERE):
        assert place.guild_id is not None
        await stage.story.choices.choose("server", place.guild_id, PLAY_ROLES, "1", ALICE.id)
    for place in (HERE, HERE, THERE, THERE):
        heard = await stage.story.hearing.hear(replace(stage.message("Well?", place), member=MemberFacts()))
        told.append(heard.notice)
    assert told == [NoReply(NoReplyReason.NO_ROLE), None, NoReply(NoReplyReason.NO_ROLE), None]


def test_a_pause_of_a_thread_is_told_there_and_quiet_hours_once_in_a_channel() -> None:
    pacing, until = Pacing(lambda: NOON), NOON + timedelta(minutes=5)
    threads = [Place(number, 101, 5) for number in (1, 1, 2)]
    for reason, told in (
        (NoReplyReason.CHANNEL_COOLING, [True, False, True]),
        (NoReplyReason.COOLING, [True, False, False]),
        (NoReplyReason.QUIET, [True, False, False]),
    ):
        assert [pacing.tells(Denial(reason, until), place, ALICE.id) for place in threads] == told


def test_a_budget_is_told_where_it_is_used_up(stage: Stage) -> None:
    places = [HERE, HERE, replace(HERE, channel_id=71), Place(72, HERE.channel_id, 5), THERE]
    spending, until = stage.story.records.spending, NOON + timedelta(hours=12)
    for reason, told in (
        (NoReplyReason.SPENT_CHANNEL, [True, False, True, False, True]),
        (NoReplyReason.SPENT_SERVER, [True, False, False, False, True]),
        (NoReplyReason.SPENT_PERSON, [True, False, False, False, True]),
    ):
        assert [spending.tells(place, ALICE.id, Denial(reason, until)) for place in places] == told
