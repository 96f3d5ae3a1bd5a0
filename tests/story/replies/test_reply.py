"""One reply by itself: where it is on its way, what it yields, what stops it, and what is stored of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.composition.story import story_on
from bot.core.completion import ChatModel, Delta, ErrorKind, ModelError, Sampling
from bot.core.output.answer import Halt, Phase
from bot.core.posts.buttons import Action, row_under
from bot.core.scene import Ending, IncomingMessage, Participant, Place, Turn
from bot.core.settings import Face, Settings, Stream
from bot.endpoint.meter import TokenMeter
from bot.personas.library import PersonaLibrary
from bot.storage.calibrations import Calibrations
from bot.storage.database import Database
from bot.storage.history import History
from bot.story.places.rules import ChannelRule, Rules
from bot.story.replies.reply import Reply
from bot.story.story import Story
from tests.databases import open_database, sqlite_of
from tests.story.scripted import LENGTH, Scripted, Step

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SERVER, CHANNEL = 5, 7
DEAD = ModelError(ErrorKind.UNREACHABLE)
REFUSED = ModelError(ErrorKind.OUTPUT_REFUSED)


@dataclass
class Stage:
    """A channel in which Marlow answers what Alice says, without a frontend."""

    story: Story
    model: Scripted
    database: Database
    said: int = 0

    async def ask(self, *steps: Step, channel: int = CHANNEL) -> Reply:
        """Let Alice ask, and the model answer like this; the reply is not entered yet."""
        self.model.say(*steps)
        (reply,) = (await self.story.hearing.hear(self.message(channel))).replies
        return reply

    def message(self, channel: int = CHANNEL) -> IncomingMessage:
        self.said += 1
        return IncomingMessage(
            id=self.said,
            place=Place(channel, parent_id=9, guild_id=SERVER),
            author=Participant(1, "Alice"),
            content="A room?",
            created_at=NOON,
            mentions_bot=True,
        )

    async def stored(self, reply: Reply) -> Turn | None:
        """The turn of a reply, as it is on disk."""
        assert reply.opened is not None
        return await History(self.database).turn(reply.opened.turn.id)


@asynccontextmanager
async def staged(folder: Path, model: ChatModel) -> AsyncIterator[tuple[Story, Database]]:
    """A story in which Marlow speaks by `model`."""
    (folder / "marlow.yaml").write_text("name: Marlow\ndescription: Keeps the Anchor.\n", encoding="utf-8")
    database = await open_database(folder / "story.sqlite3")
    channels = {CHANNEL: ChannelRule(("marlow",), face=Face.BOT)}
    rules = Rules(Sampling(1.0, 0.95, 64), 65_536, default_persona="marlow", channels=channels)
    meter = await TokenMeter.open(Calibrations(database), model)
    yield story_on(database, PersonaLibrary.load(folder), model, rules, meter), database
    await database.close()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    model = Scripted()
    async with staged(tmp_path, model) as (story, database):
        yield Stage(story, model, database)


async def shown(reply: Reply) -> list[str]:
    return [text async for text in reply.texts()]


# --- its way --------------------------------------------------------------------------------------


async def test_from_waiting_to_its_stored_end(stage: Stage) -> None:
    gate = asyncio.Event()
    reply = await stage.ask("Number ", gate, "four.")
    assert (reply.phase, reply.text, reply.opened, reply.record) == (Phase.WAITING, "", None, None)
    async with reply:
        await stage.model.held.wait()
        assert (reply.phase, reply.text, reply.ended) == (Phase.WRITING, "Number ", False)
        assert [control.action for control in row_under(reply.status)] == [Action.STOP]
        gate.set()
        assert (await shown(reply))[-1] == "Number four."
        assert (reply.phase, reply.ended) == (Phase.ENDED, True)
    assert reply.phase is Phase.CLOSED
    assert reply.outcome is not None
    assert (reply.outcome.ending, reply.outcome.error, reply.halted) == (Ending.DONE, None, None)
    assert [control.action for control in row_under(reply.status)] == [Action.AGAIN, Action.MORE]
    turn = await stage.stored(reply)
    assert turn is not None
    assert (turn.text, turn.ending) == ("Number four.", Ending.DONE)
    assert turn.tokens > 0


@pytest.mark.parametrize(
    ("steps", "ending", "text", "error"),
    [
        (("Four.",), Ending.DONE, "Four.", None),
        (("Four", LENGTH), Ending.LENGTH, "Four", None),
        (("Four", DEAD), Ending.CUT_SHORT, "Four", ErrorKind.UNREACHABLE),
        (("Four", REFUSED), Ending.WITHDRAWN, "", ErrorKind.OUTPUT_REFUSED),
        ((DEAD,), Ending.FAILED, "", ErrorKind.UNREACHABLE),
        (("Four", ValueError("a bug of ours")), Ending.CUT_SHORT, "Four", ErrorKind.CUT_SHORT),
    ],
)  # fmt: skip
async def test_however_the_model_ends_it_is_stored(
    stage: Stage, steps: tuple[Step, ...], ending: Ending, text: str, error: ErrorKind | None
) -> None:
    reply = await stage.ask(*steps)
    async with reply:
        _ = await shown(reply)
    assert reply.outcome is not None
    assert (reply.outcome.ending, reply.text) == (ending, text)
    assert (reply.outcome.error.kind if reply.outcome.error else None) == error
    turn = await stage.stored(reply)
    assert turn is not None
    assert (turn.text, turn.ending) == (text, ending)


async def test_one_reply_of_a_channel_writes_at_a_time(stage: Stage) -> None:
    gate = asyncio.Event()
    first = await stage.ask("One", gate)
    async with first:
        await stage.model.held.wait()
        second = await stage.ask("Two.")
        entering = asyncio.create_task(second.__aenter__())
        await asyncio.sleep(0)
        assert second.phase is Phase.WAITING
        gate.set()
        _ = await shown(first)
    await entering
    assert (await shown(second))[-1] == "Two."
    await second.__aexit__(None, None, None)
    assert (first.phase, second.phase) == (Phase.CLOSED, Phase.CLOSED)


async def test_a_message_that_comes_while_it_waits_is_what_it_answers(stage: Stage) -> None:
    reply = await stage.ask("Two beds.")
    assert (reply.trigger.id, (await stage.story.hearing.hear(stage.message())).replies) == (1, ())
    assert reply.trigger.id == 2
    async with reply:
        _ = await shown(reply)
    assert stage.model.asked[0][-1] == ("user", "Alice", "A room?\nA room?")


async def test_who_gives_up_waiting_leaves_the_floor_to_others(stage: Stage) -> None:
    gate = asyncio.Event()
    first = await stage.ask("One", gate)
    async with first:
        await stage.model.held.wait()
        second = await stage.ask()
        entering = asyncio.create_task(second.__aenter__())
        await asyncio.sleep(0)
        entering.cancel()
        with pytest.raises(asyncio.CancelledError):
            await entering
        assert second.phase is Phase.CLOSED
        gate.set()
        _ = await shown(first)
    stage.model.answers.clear()
    third = await stage.ask("Three.")
    async with third:
        assert (await shown(third))[-1] == "Three."


async def test_a_reply_that_was_asked_for_as_the_server_was_paused_is_not_begun(stage: Stage) -> None:
    for paused in (True, False):
        reply = await stage.ask("Four.")
        if paused:
            await stage.story.choices.pause("server", SERVER, by_user=1)
        async with reply:
            assert await shown(reply) == ([] if paused else ["Four."])
        assert ((reply.opened is None), reply.phase) == (paused, Phase.CLOSED)
        await stage.story.choices.go_on("server", SERVER)
    assert len(stage.model.asked) == 1


def everywhere(_: Place) -> bool:
    return True


def nowhere(_: Place) -> bool:
    return False


async def test_a_persona_for_adults_does_not_begin_where_the_age_was_freed_meanwhile(
    stage: Stage, tmp_path: Path
) -> None:
    (tmp_path / "marlow.yaml").write_text("name: Marlow\nnsfw: true\ndescription: Keeps it.\n", "utf-8")
    stage.story.casting.library = PersonaLibrary.load(tmp_path)
    for restricted in (False, True):
        stage.story.casting.is_age_restricted = everywhere
        reply = await stage.ask("Four.")
        stage.story.casting.is_age_restricted = everywhere if restricted else nowhere
        async with reply:
            assert await shown(reply) == (["Four."] if restricted else [])
        assert (reply.opened is not None) == restricted
    assert len(stage.model.asked) == 1


async def test_it_goes_by_the_settings_of_when_it_gets_the_floor(stage: Stage) -> None:
    await stage.story.choices.choose("server", SERVER, "stream", "calm", by_user=1)
    reply = await stage.ask("Four.")
    assert reply.cast.settings == Settings(face=Face.BOT, stream=Stream.CALM)
    await stage.story.choices.choose("channel", CHANNEL, "stream", "off", by_user=1)
    async with reply:
        assert reply.cast.settings == Settings(face=Face.BOT, stream=Stream.OFF)
        _ = await shown(reply)


async def test_channels_are_told_apart_where_replies_wait_for_one_another(stage: Stage) -> None:
    for channel in (7, 8, 7):
        async with await stage.ask("Four.", channel=channel) as reply:
            _ = await shown(reply)
    assert stage.model.queues == [(SERVER, 7), (SERVER, 8), (SERVER, 7)]


# --- what it yields -------------------------------------------------------------------------------


async def test_a_slow_frontend_is_given_the_newest_text_and_it_is_on_disk(stage: Stage) -> None:
    slow = asyncio.Event()
    reply = await stage.ask("One ", "two ", "three.")
    seen = []
    async with reply:
        async for text in reply.texts(slow_once(slow, reply)):
            turn = await stage.stored(reply)
            assert turn is not None
            seen.append((text, turn.text))
    assert seen == [("One two three.", "One two three.")]


def slow_once(slow: asyncio.Event, reply: Reply) -> Callable[[], Awaitable[None]]:
    async def due() -> None:
        if not slow.is_set():
            slow.set()
            await reply.wait_ended(float("inf"))

    return due


async def test_nothing_is_yielded_that_nobody_could_see(stage: Stage) -> None:
    async with await stage.ask("\u200b", " \n", "Four.") as reply:
        assert await shown(reply) == ["\u200b \nFour."]


async def test_an_answer_that_is_none_of_the_persona_s_is_asked_for_once_more(stage: Stage) -> None:
    stage.model.say("<think>Hm.</think>")
    reply = await stage.ask("Four.")
    async with reply:
        assert await shown(reply) == ["Four."]
    assert len(stage.model.asked) == 2
    rows = await stage.database.read("SELECT total_tokens FROM usage ORDER BY rowid")
    assert [row["total_tokens"] for row in rows] == [110, 110], "both answers are paid for"


async def test_it_waits_no_longer_than_it_is_told_to(stage: Stage) -> None:
    reply = await stage.ask("One", asyncio.Event())
    await reply.wait_ended(5)  # nothing is being written
    async with reply:
        await stage.model.held.wait()
        await reply.wait_ended(0)
        await reply.wait_ended(0.001)
        assert not reply.ended
        reply.stop()
        await reply.wait_ended(float("inf"))
        assert reply.ended


# --- what stops it --------------------------------------------------------------------------------


async def test_a_stop_keeps_what_has_come(stage: Stage) -> None:
    reply = await stage.ask("Number ", asyncio.Event(), "four.")
    async with reply:
        await stage.model.held.wait()
        reply.stop()
        assert (await shown(reply))[-1] == "Number "
    assert reply.halted is not None
    assert reply.halted.halt is Halt.PRESSED
    turn = await stage.stored(reply)
    assert turn is not None
    assert (turn.text, turn.ending) == ("Number ", Ending.STOPPED)


async def test_a_stop_before_it_has_the_floor_asks_and_stores_nothing(stage: Stage) -> None:
    reply = await stage.ask("Four.")
    reply.stop()
    async with reply:
        assert await shown(reply) == []
    assert (reply.opened, reply.phase, stage.model.asked) == (None, Phase.CLOSED, [])


async def test_a_stop_in_the_moment_it_begins_loses_nothing_and_says_so(stage: Stage) -> None:
    reply = await stage.ask("Four.")
    async with reply:
        reply.stop()  # the task that reads the model has not run a step yet
        assert await shown(reply) == []
    assert reply.outcome is not None
    assert (reply.outcome.ending, reply.text, stage.model.asked) == (Ending.STOPPED, "", [])


async def test_a_stop_after_the_last_word_changes_nothing(stage: Stage) -> None:
    reply = await stage.ask("Four.")
    async with reply:
        _ = await shown(reply)
        reply.stop()
    assert reply.outcome is not None
    assert reply.outcome.ending is Ending.DONE


async def test_of_what_could_not_be_shown_the_story_keeps_what_people_saw(stage: Stage) -> None:
    reply = await stage.ask("Number four.")
    async with reply:
        _ = await shown(reply)
        reply.not_shown("Number")
    assert reply.outcome is not None
    assert (reply.outcome.ending, reply.text) == (Ending.CUT_SHORT, "Number")
    turn = await stage.stored(reply)
    assert turn is not None
    assert (turn.text, turn.ending) == ("Number", Ending.CUT_SHORT)


async def test_of_what_nobody_saw_nothing_is_left(stage: Stage) -> None:
    reply = await stage.ask("Number four.")
    async with reply:
        _ = await shown(reply)
        reply.not_shown("")
    assert await stage.stored(reply) is None


async def test_a_deleted_post_ends_it_and_no_more_is_yielded(stage: Stage) -> None:
    gate = asyncio.Event()
    reply = await stage.ask("Number ", gate, "four.")
    async with reply:
        await stage.model.held.wait()
        reply.page_deleted()
        gate.set()
        assert await shown(reply) == []
    assert reply.is_page_deleted


async def test_a_turn_that_was_closed_by_others_is_written_no_further(stage: Stage) -> None:
    gate = asyncio.Event()
    reply = await stage.ask("Number ", gate, "four.")
    async with reply:
        await stage.model.held.wait()
        assert reply.opened is not None
        await History(stage.database).unfinished.close(reply.opened.turn.id, 1, Ending.STOPPED)
        gate.set()
        assert await shown(reply) == []
        assert reply.is_page_deleted
    turn = await stage.stored(reply)
    assert turn is not None
    assert (turn.text, turn.ending) == ("", Ending.STOPPED)


async def test_an_ending_that_cannot_be_stored_is_known_and_the_floor_is_free(stage: Stage) -> None:
    reply = await stage.ask("Number four.")
    await reply.__aenter__()
    await reply.wait_ended(float("inf"))
    refusing = "CREATE TEMP TRIGGER full BEFORE UPDATE ON turn BEGIN SELECT RAISE(ABORT, 'full'); END"
    await sqlite_of(stage.database)._writer.execute_fetchall(refusing)
    with pytest.raises(Exception, match="full"):
        await reply.__aexit__(None, None, None)
    assert reply.phase is Phase.UNSTORED
    await sqlite_of(stage.database)._writer.execute_fetchall("DROP TRIGGER full")
    other = await stage.ask("Five.")
    async with other:
        assert (await shown(other))[-1] == "Five."


async def test_a_frontend_that_fails_takes_nothing_with_it(stage: Stage) -> None:
    reply = await stage.ask("Number ", asyncio.Event(), "four.")

    async def fail() -> None:
        async with reply:
            await stage.model.held.wait()
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await fail()
    turn = await stage.stored(reply)
    assert turn is not None
    assert (turn.text, turn.ending, reply.phase) == ("Number ", Ending.STOPPED, Phase.CLOSED)


async def test_a_whole_reply_at_the_end_is_the_one_that_counts(stage: Stage) -> None:
    async with await stage.ask("Numbr", Delta(whole="Number four.")) as reply:
        assert (await shown(reply))[-1] == "Number four."
    turn = await stage.stored(reply)
    assert turn is not None
    assert turn.text == "Number four."


async def test_a_stop_by_who_leaves_at_once_is_stored(stage: Stage) -> None:
    reply = await stage.ask("Four.")
    async with reply:
        reply.stop()  # and nothing here waits: the task that reads the model never runs
    assert reply.phase is Phase.CLOSED
    turn = await stage.stored(reply)
    assert turn is not None
    assert (turn.text, turn.ending) == ("", Ending.STOPPED)


@pytest.mark.parametrize("steps", range(0, 60, 3))
@pytest.mark.parametrize("how", ["cancelled", "stopped"])
async def test_one_that_ends_at_any_step_of_its_opening_leaves_nothing_behind(
    stage: Stage, how: str, steps: int
) -> None:
    reply = await stage.ask("Four.")
    entering = asyncio.create_task(reply.__aenter__())
    for _ in range(steps):
        await asyncio.sleep(0)
    if how == "cancelled":
        entering.cancel()
    else:
        reply.stop()
    await asyncio.wait([entering])
    if not entering.cancelled():
        await reply.__aexit__(None, None, None)
    reply.stop()  # as a frontend does with what it leaves
    assert reply.phase is (Phase.WAITING if (how, steps) == ("cancelled", 0) else Phase.CLOSED)
    rows = await stage.database.read("SELECT max(id) AS last FROM turn")
    assert not any(
        stage.story.revision.regeneration.stop(turn_id) for turn_id in range(1, rows[0]["last"] + 1)
    )
    stage.model.answers.clear()
    following = await stage.ask("Five.")
    async with following:
        assert (await shown(following))[-1] == "Five."
    assert (
        await stage.database.read("SELECT id FROM turn WHERE persona_key IS NOT NULL AND ending IS NULL")
        == []
    )
