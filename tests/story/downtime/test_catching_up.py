"""What becomes of messages that were written while nobody listened."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from bot.composition.story import now
from bot.core.catching_up import Bounds, Differences, Gap, id_at
from bot.core.scene import IncomingMessage, Place
from bot.core.sharding import WHOLE, Shard
from bot.storage.catching_up import CatchUpStore
from bot.storage.scenes import Scenes
from bot.story.downtime.catching_up import Written
from bot.story.downtime.gaps import Gaps
from bot.story.incoming.heard import Heard, Late
from bot.story.places.notices import RECORDING
from tests.story.revisions.test_revision import ALICE, TAVERN, Stage, stage

__all__ = ["stage"]


@pytest.fixture
async def bound(stage: Stage) -> Stage:
    """A channel that was told that all its messages are stored."""
    await stage.story.choices.bind("channel", TAVERN.channel_id, "marlow", ALICE.id)
    await Scenes(stage.database).told(TAVERN.channel_id, RECORDING, "", now())
    return stage


def said(stage: Stage, text: str, *, mentions_bot: bool = False, **more: Any) -> IncomingMessage:
    return replace(stage.message(text), mentions_bot=mentions_bot, **more)


async def late(stage: Stage, message: IncomingMessage, *, told: bool = True) -> Late:
    return await stage.story.hearing.late.hear(message, told=told)


async def owed(stage: Stage) -> list[str]:
    return [each.turn.text for each in await stage.history.debts.owed()]


@pytest.mark.parametrize(
    ("text", "more", "became", "waits"),
    [
        ("Foul weather.", {}, Late.STORED, False),
        ("Marlow, an ale!", {}, Late.STORED, True),
        ("an ale!", {"mentions_bot": True}, Late.STORED, True),
        ("said by a bot", {"from_bot": True}, Late.LEFT_OUT, False),
        ("((who has the dice?))", {}, Late.LEFT_OUT, False),
        ("((brb))", {}, Late.STORED, False),
        ("", {}, Late.LEFT_OUT, False),
        ("", {"mentions_bot": True}, Late.LEFT_OUT, False),  # what Discord withholds
        ("((stop))", {"mentions_bot": True}, Late.STOPS, False),
        ("((are you a bot?))", {"mentions_bot": True}, Late.LEFT_OUT, False),
    ],
)
async def test_a_late_message_is_stored_as_it_would_have_been(
    bound: Stage, text: str, more: dict[str, Any], became: Late, waits: bool
) -> None:
    assert await late(bound, said(bound, text, **more)) is became
    assert bool(await bound.remembered()) is (became is Late.STORED)
    assert bool(await owed(bound)) is waits
    assert bound.model.asked == []


def hours(begin: int, end: int) -> str:
    """Quiet hours that begin and end so many minutes from now."""
    return "-".join(f"{now() + timedelta(minutes=each):%H:%M}" for each in (begin, end))


@pytest.mark.parametrize(
    ("quiet", "waits"),
    [
        ((-30, -10), False),  # it was said in quiet hours that are over: nobody answers it by day
        ((-30, 30), True),  # it is quiet still, and who asked is told so
        ((-10, 30), True),  # it has become quiet since, and who asked must not be dropped without a word
        ((10, 30), True),
    ],
)
async def test_quiet_hours_are_those_in_which_a_message_was_written(
    bound: Stage, quiet: tuple[int, int], waits: bool
) -> None:
    await bound.story.choices.choose("server", 5, "quiet_hours", hours(*quiet), ALICE.id)
    asked = said(bound, "an ale!", mentions_bot=True, created_at=now() - timedelta(minutes=20))
    assert await late(bound, replace(asked, place=replace(TAVERN, guild_id=5))) is Late.STORED
    assert bool(await owed(bound)) is waits


async def test_what_steers_waits_for_its_reply(bound: Stage) -> None:
    assert await late(bound, said(bound, "((skip to dawn))", mentions_bot=True)) is Late.STORED
    assert len(await bound.history.debts.owed()) == 1
    assert await bound.remembered() == []


async def test_a_channel_that_was_not_told_stores_only_what_is_for_the_persona(bound: Stage) -> None:
    assert await late(bound, said(bound, "between ourselves"), told=False) is Late.LEFT_OUT
    assert await late(bound, said(bound, "Marlow?"), told=False) is Late.LEFT_OUT
    assert await late(bound, said(bound, "an ale!", mentions_bot=True), told=False) is Late.STORED
    assert await bound.remembered() == ["an ale!"]


async def test_what_was_heard_at_the_time_is_no_news(bound: Stage) -> None:
    message = said(bound, "((who has the dice?))")
    await bound.story.hearing.hear(message)
    assert await late(bound, replace(message, content="Foul weather.")) is Late.LEFT_OUT
    again = said(bound, "Foul weather.")
    assert await late(bound, again) is Late.STORED
    assert await late(bound, again) is Late.LEFT_OUT
    heard = await bound.story.hearing.hear(again)
    assert (heard.replies, heard.notice) == ((), None)
    assert await bound.remembered() == ["Foul weather."]


@pytest.mark.parametrize("way", ["late", "live", "edited"])
async def test_what_was_said_before_its_author_opted_in_again_stays_out_however_it_comes(
    bound: Stage, way: str
) -> None:
    message, hearing = said(bound, "Foul weather.", created_at=now()), bound.story.hearing
    await bound.story.records.privacy.opt_out(ALICE.id)
    await bound.story.records.privacy.opt_in(ALICE.id, message.id + 1)
    if way == "late":
        assert await late(bound, message) is Late.LEFT_OUT
    elif way == "live":  # it has overtaken the press
        assert await hearing.hear(message) == Heard()
    else:  # and nobody knows anymore that it was heard
        edited = replace(message, content="Marlow, an ale!", edited_at=message.created_at)
        assert await hearing.amend(edited) == Heard()
    assert await bound.database.read("SELECT 1 FROM turn") == []
    bound.messages += 1
    assert await late(bound, said(bound, "Fair weather.")) is Late.STORED


async def test_what_was_deleted_meanwhile_is_not_stored(bound: Stage) -> None:
    message = said(bound, "Foul weather.")
    await bound.story.hearing.retract(TAVERN, [message.id])
    assert await late(bound, message) is Late.LEFT_OUT


async def test_what_was_edited_meanwhile_is_read_again(bound: Stage) -> None:
    message = said(bound, "Foul weather.")
    edited = replace(message, content="Fair weather.", edited_at=message.created_at + timedelta(hours=1))
    await bound.story.hearing.amend(edited)
    assert await late(bound, message) is Late.OUTDATED
    assert await late(bound, edited) is Late.STORED
    assert await bound.remembered() == ["Fair weather."]


async def test_an_older_edit_does_not_undo_a_newer_one(bound: Stage) -> None:
    message = said(bound, "one")
    await bound.story.hearing.hear(message)
    newer = replace(message, content="three", edited_at=message.created_at + timedelta(hours=2))
    older = replace(message, content="two", edited_at=message.created_at + timedelta(hours=1))
    await bound.story.hearing.amend(newer)
    await bound.story.hearing.late.amend(older)
    await bound.story.hearing.amend(older)  # events may come in any order too
    assert await bound.remembered() == ["three"]


@pytest.mark.parametrize(
    ("after", "remembered", "waits"),
    [
        ("Marlow, an ale!", ["Marlow, an ale!"], True),  # it is answered, as within a minute of its writing
        ("Fair weather.", ["Fair weather."], False),
        ("((nothing))", [], False),
    ],
)
async def test_a_late_edit_is_followed_and_may_ask(
    bound: Stage, after: str, remembered: list[str], waits: bool
) -> None:
    message = said(bound, "Foul weather.")
    await bound.story.hearing.hear(message)
    edited_at = message.created_at + timedelta(seconds=30)
    await bound.story.hearing.late.amend(replace(message, content=after, edited_at=edited_at))
    assert await bound.remembered() == remembered
    assert bool(await owed(bound)) is waits
    assert bound.model.asked == []


async def test_a_stop_ends_the_wait_of_those_before_it_and_of_no_one_else(bound: Stage) -> None:
    texts = [("an ale!", True), ("((stop))", True), ("and bread!", True)]
    messages = [said(bound, text, mentions_bot=mentions) for text, mentions in texts]
    written = {each.id: Written(each) for each in messages}
    done = await bound.story.catching_up.follow(TAVERN, Differences(new=tuple(written)), written)
    assert done.new == 2
    assert await owed(bound) == ["and bread!"]


async def test_new_messages_come_in_the_order_in_which_they_were_written(bound: Stage) -> None:
    messages = [said(bound, text) for text in ("one", "two", "three")]
    live = said(bound, "four")
    await bound.story.hearing.hear(live)
    written = {each.id: Written(each) for each in reversed(messages)}
    found = Differences(new=(*sorted(written), 999_999))  # one cannot be read
    assert (await bound.story.catching_up.follow(TAVERN, found, written)).new == 3
    assert await bound.remembered() == ["one", "two", "three", "four"]


# --- up to where all was heard ------------------------------------------------------------------------


async def test_what_was_heard_is_noted_one_call_later(stage: Stage) -> None:
    """What came last may not be handled yet, and other channels' events may overtake it."""
    gaps, stored = stage.story.catching_up.gaps(WHOLE), partial(CatchUpStore(stage.database).last, WHOLE)
    gaps.hear(500)
    await gaps.note()
    assert await stored() is None
    gaps.hear(600)
    gaps.hear(400)
    await gaps.note()
    assert await stored() == 500
    await gaps.note(everything=True)
    assert await stored() == 600


async def test_nothing_is_noted_while_a_gap_is_open(stage: Stage) -> None:
    gaps, stored = stage.story.catching_up.gaps(WHOLE), partial(CatchUpStore(stage.database).last, WHOLE)
    gaps.hear(500)
    await gaps.note(everything=True)
    first = await gaps.open()
    gaps.hear(600)
    await gaps.note(everything=True)
    assert (first.after, await stored()) == (500, 500)
    second = await gaps.open()
    await gaps.close(first, (), ())  # of a connection before
    await gaps.note(everything=True)
    assert await stored() == 500
    await gaps.close(second, (), ())
    await gaps.note(everything=True)
    assert await stored() == 600


async def test_what_one_shard_hears_no_other_has_heard(stage: Stage) -> None:
    story, heard = stage.story.catching_up, CatchUpStore(stage.database)
    await heard.note(WHOLE, 400)
    first, second = Shard(0, 2), Shard(1, 2)
    for shard in (first, second):
        gap = await story.gaps(shard).open()
        assert gap.after == 400
        await story.gaps(shard).close(gap, (), ())
    story.gaps(first).hear(900)
    await story.gaps(first).note(everything=True)
    await story.gaps(second).note(everything=True)
    assert (await heard.last(first), await heard.last(second)) == (900, 400)
    assert (await story.gaps(second).open()).after == 400


async def test_without_a_note_what_is_stored_was_heard(bound: Stage) -> None:
    message = said(bound, "Foul weather.")
    await bound.story.hearing.hear(message)
    assert await bound.story.catching_up.gaps(WHOLE).open() == Gap(message.id, message.id)


async def test_a_shard_that_is_killed_before_its_first_note_goes_on_from_its_first_connection(
    bound: Stage,
) -> None:
    first, second = said(bound, "Foul weather."), said(bound, "Another shard's server hears this.")
    await bound.story.hearing.hear(first)
    assert (await bound.story.catching_up.gaps(Shard(1, 2)).open()).after == first.id
    await bound.story.hearing.hear(second)
    again = Gaps(Shard(1, 2), CatchUpStore(bound.database), lambda: None, now)  # the next process
    assert (await again.open()).after == first.id


async def test_of_an_empty_story_one_of_several_shards_has_heard_all_since_its_first_connection(
    stage: Stage,
) -> None:
    heard, since, second = CatchUpStore(stage.database), id_at(now()), Shard(1, 2)
    await Gaps(second, heard, lambda: None, now).open()
    assert since <= (await Gaps(second, heard, lambda: None, now).open()).after <= id_at(now())


# --- which channels -----------------------------------------------------------------------------------


async def places(stage: Stage, last: Iterable[tuple[int, int]] = ()) -> list[int]:
    known = dict(last)
    found = await stage.story.catching_up.active(lambda place: known.get(place.channel_id, 0))
    return [each.place.channel_id for each in found]


async def test_channels_are_caught_up_by_their_latest_message(stage: Stage) -> None:
    stage.story.casting.rules = replace(stage.story.casting.rules, catch_up=Bounds(24, 200, 10))
    since = stage.story.catching_up.bounds.since(now())
    for channel, age in ((101, 3), (102, 1), (103, 2), (104, -1)):
        place = Place(channel, guild_id=5)
        number = since + (4 - age) * 10**13 if age > 0 else since - 10_000_000_000
        message = replace(stage.message("Well?"), id=number, place=place)
        await stage.story.hearing.hear(message)
    assert await places(stage) == [102, 103, 101]
    assert await places(stage, [(104, since + 9 * 10**13), (101, since + 8 * 10**13)]) == [104, 101, 102, 103]
