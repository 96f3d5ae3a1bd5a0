"""Two stories on one PostgreSQL, as two processes have them that hear the same, and what one stops of the other's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.composition.story import story_on
from bot.core.completion import Sampling
from bot.core.output.answer import Phase
from bot.core.routing import Respond
from bot.core.scene import Ending, IncomingMessage, Place, Slice
from bot.core.sharding import Shard, shard_number
from bot.endpoint.meter import TokenMeter
from bot.personas.library import PersonaLibrary
from bot.storage.calibrations import Calibrations
from bot.storage.database import Database, Transaction
from bot.storage.errors import StorageError
from bot.storage.postgres_cluster import PostgresCluster
from bot.storage.scenes import Scenes
from bot.storage.server_personas import Act
from bot.storage.server_pictures import Picture
from bot.story.places.rules import ChannelRule, Rules
from bot.story.replies.reply import Reply
from bot.story.server_library.workshop import Draft
from tests.postgres import server_database
from tests.story.revisions.test_revision import ALICE, NOON, TAVERN, Stage
from tests.story.scripted import Scripted

QUIET = Place(3, guild_id=TAVERN.guild_id)
CHATTY = Place(2, guild_id=TAVERN.guild_id)
RULES = Rules(
    Sampling(1.0, 0.95, 64),
    context_window=4096,
    default_persona="marlow",
    channels={
        QUIET.channel_id: ChannelRule(("marlow",), Respond.MENTION),
        CHATTY.channel_id: ChannelRule(("marlow", "isolde"), Respond.ALWAYS),
    },
)


@pytest.fixture
async def stages(tmp_path: Path) -> AsyncIterator[list[Stage]]:
    cast = tmp_path / "personas"
    cast.mkdir()
    for name in ("Marlow", "Isolde"):
        (cast / f"{name.lower()}.yaml").write_text(
            f"name: {name}\ninstructions: Play {name}.\ngreeting: Come in.\n", encoding="utf-8"
        )
    async with server_database() as server, AsyncExitStack() as stack:
        stages = []
        for _ in range(2):
            database = await Database.open(server, exclusive=True, joins=True)
            stack.push_async_callback(database.close)
            await database.cluster.join()
            model = Scripted()
            meter = await TokenMeter.open(Calibrations(database), model)
            story = story_on(database, PersonaLibrary.load(cast), model, RULES, meter)
            stages.append(Stage(story, model, database, cast))
        for stage in stages:
            await beat(stage)
        yield stages


async def beat(stage: Stage) -> None:
    assert isinstance(stage.database.cluster, PostgresCluster)
    await stage.database.cluster.beat()


def message(number: int, text: str, place: Place = TAVERN, **more: Any) -> IncomingMessage:
    asked = IncomingMessage(
        id=number, place=place, author=ALICE, content=text, created_at=NOON, mentions_bot=place == TAVERN
    )
    return replace(asked, **more)


async def both_hear(stages: list[Stage], asked: IncomingMessage) -> list[Reply]:
    heard = await asyncio.gather(*(stage.story.hearing.hear(asked) for stage in stages))
    return [reply for each in heard for reply in each.replies]


async def test_what_both_hear_one_answers_whatever_asks(stages: list[Stage]) -> None:
    """A mention that begins the story with its greeting, one while a reply waits, a copy of a proxy's, a crowd."""
    first, *more = [
        message(1, "Well?"),
        message(2, "And you?"),  # which a reply that waits may answer too
        message(3, "And we?", author=replace(ALICE, character="tupper")),
        message(4, "Aye.", mentions_bot=False),
    ]
    replies = await both_hear(stages, first)
    assert len(replies) == 1
    for asked in more:
        replies += await both_hear(stages, asked)
    triggers = [trigger.id for reply in replies for trigger in reply.triggers]
    assert sorted(triggers) == [1, 2, 3]
    for number in (10, 11, 12):
        crowd = await both_hear(stages, message(number, "Hello, all?", CHATTY))
        spoke = [(reply.persona.key, trigger.id) for reply in crowd for trigger in reply.triggers]
        assert len(spoke) == len(set(spoke))
        replies += crowd
    texts = [row["text"] for row in await stages[0].database.read("SELECT text FROM turn ORDER BY id")]
    assert len(texts) == len(set(texts)) + 3 - 1  # all are stored once; three of a crowd say the same
    for reply in replies:
        reply.stop()


async def test_an_edit_by_which_it_asks_is_answered_by_one(stages: list[Stage]) -> None:
    for number, at_once in ((1, True), (2, False)):
        await both_hear(stages, message(number, "Well", QUIET))
        asked = message(number, "Well?", QUIET, mentions_bot=True, edited_at=NOON + timedelta(seconds=5))
        for stage in stages:
            stage.story.hearing._inbox.clock = lambda: NOON + timedelta(seconds=6)
        if at_once:
            heard = await asyncio.gather(*(stage.story.hearing.amend(asked) for stage in stages))
        else:
            heard = [await stage.story.hearing.amend(asked) for stage in stages]
        replies = [reply for each in heard for reply in each.replies]
        assert len(replies) == 1
        replies[0].stop()


async def test_an_edit_that_a_process_taken_for_dead_hears_too_is_answered_by_the_other(
    stages: list[Stage],
) -> None:
    dead, living = stages
    await both_hear(stages, message(1, "Well", QUIET))
    await living.database.write("DELETE FROM process WHERE id = ?", (dead.database.writer,))
    asked = message(1, "Well?", QUIET, mentions_bot=True, edited_at=NOON + timedelta(seconds=5))
    for stage in stages:
        stage.story.hearing._inbox.clock = lambda: NOON + timedelta(seconds=6)
    assert (await dead.story.hearing.amend(asked)).replies == ()
    (reply,) = (await living.story.hearing.amend(asked)).replies
    assert [(each.turn.message_id, each.persona_key) for each in await living.history.debts.owed()] == [
        (1, "marlow")
    ]
    reply.stop()


async def test_who_gets_a_shard_knows_what_its_servers_have_by_then(stages: list[Stage]) -> None:
    (ours, theirs), casts = [each.story.records for each in stages], [each.story.casting for each in stages]
    guild_id = TAVERN.guild_id
    assert guild_id is not None

    async def known() -> list[object]:
        shelf, lore = (
            casts[1].library.at(guild_id),
            await stages[1].story.inspector._prompter.lore.shelf(guild_id),
        )
        names = sorted(each.name for each in shelf)
        return [names, theirs.pictures.of(guild_id, "vale") is not None, sorted(lore.own)]

    kept = Draft(guild_id, "isolde", b"name: Isa\ndescription: Hers.\n", 0)
    await ours.workshop.put(kept, Act.UPLOADED, ALICE.id)
    await theirs.look_again(Shard(shard_number(guild_id, 4), 4).holds)
    assert await known() == [["Isa", "Marlow"], False, []]
    await ours.workshop.put(
        Draft(guild_id, "vale", b"name: Vale\ndescription: x\n", 0), Act.UPLOADED, ALICE.id
    )
    await ours.workshop.delete(guild_id, "isolde", 1, ALICE.id)
    await ours.pictures.put(Picture(guild_id, "vale", 7, 8))
    brought = await ours.lorebooks.read(
        guild_id, "isle.yaml", b"entries: [{keys: [isle], content: Far.}]", None
    )
    await ours.lorebooks.put(guild_id, brought, ALICE.id)
    await theirs.look_again(Shard(shard_number(guild_id, 4) - 1, 4).holds)  # which is another's shard
    assert await known() == [["Isa", "Marlow"], False, []]
    await theirs.look_again(Shard(shard_number(guild_id, 4), 4).holds)
    assert await known() == [["Isolde", "Marlow", "Vale"], True, ["isle"]]


@pytest.mark.parametrize("how", ["turn", "page", "place", "gone"])
async def test_a_reply_is_stopped_where_it_is_written(stages: list[Stage], how: str) -> None:
    writes, stops = stages
    gate = asyncio.Event()
    writes.model.say("The ", gate, "storm.")
    (reply,) = (await writes.story.hearing.hear(message(1, "Well?"))).replies
    playing = asyncio.create_task(writes.play(reply))
    await writes.model.held.wait()
    assert reply.opened is not None
    turn_id, floor = reply.opened.turn.id, stops.story.revision._floor
    match how:
        case "turn":
            assert not stops.story.revision.regeneration.stop(turn_id)
            await stops.story.revision.regeneration.close_left(turn_id)  # which is another's
        case "page":
            floor.page_deleted(turn_id)
        case "place":
            floor.hush(message(2, "((stop))"))
        case "gone":
            floor.close(TAVERN.channel_id)
    await asyncio.wait_for(playing, 20)
    assert reply.phase is Phase.CLOSED
    if how == "turn":
        turn = await stops.history.turn(turn_id)
        assert turn is not None
        assert turn.ending is Ending.STOPPED
    assert reply.is_page_deleted == (how in {"page", "gone"})


async def test_a_stop_that_another_process_hears_later_stops_nothing_that_was_asked_since(
    stages: list[Stage],
) -> None:
    """Who gets a shard hears all of the last minute again."""
    writes, hears_again = stages
    gate = asyncio.Event()
    writes.model.say("The ", gate, "storm.")
    stop = message(2, "((stop))")
    (before,) = (await writes.story.hearing.hear(message(1, "Well?"))).replies
    before.stop()
    await writes.story.hearing.hear(stop)
    asked = message(3, "And now?", created_at=NOON + timedelta(seconds=1))
    (reply,) = (await writes.story.hearing.hear(asked)).replies
    playing = asyncio.create_task(writes.play(reply))
    await writes.model.held.wait()
    await hears_again.story.hearing.hear(stop)
    await beat(hears_again)
    await beat(writes)
    gate.set()
    await asyncio.wait_for(playing, 20)
    assert reply.opened is not None
    turn = await writes.history.turn(reply.opened.turn.id)
    assert turn is not None
    assert (turn.text, turn.ending) == ("The storm.", Ending.DONE)


async def test_what_was_taken_up_as_the_database_went_away_is_shown_by_the_next_try(
    stages: list[Stage],
) -> None:
    dead, living = stages
    for place in (TAVERN, QUIET):
        await dead.story.hearing.hear(message(place.channel_id, "Well?", place, mentions_bot=True))
        scene = await Scenes(dead.database).active(place, NOON)
        turn = await dead.history.begin_reply(scene.id, persona_key="marlow", name="Marlow", at=NOON)
        await dead.history.save_text(turn.id, "The storm")
    await living.database.write("DELETE FROM process WHERE id = ?", (dead.database.writer,))
    closed = list[int]()

    async def observe(tx: Transaction, turn_id: int) -> None:
        closed.append(turn_id)
        if len(closed) == 2:
            await tx.run("SELECT pg_terminate_backend(pg_backend_pid())")

    living.database.observers.append(observe)
    with pytest.raises(StorageError):
        await living.story.recovery.interrupted(terminal=False)
    assert len(closed) == 2
    left = await living.story.recovery.interrupted(terminal=False)
    assert sorted(each.place.channel_id for each in left) == [QUIET.channel_id, TAVERN.channel_id]
    assert await living.story.recovery.interrupted(terminal=False) == []


@pytest.mark.parametrize("is_told", [True, False])
async def test_what_another_process_has_told_instead_of_an_answer_is_not_answered_too(
    stages: list[Stage], is_told: bool
) -> None:
    """As a reply that was stopped before its first word, or failed."""
    first, second = stages
    (reply,) = (await first.story.hearing.hear(message(1, "Well?"))).replies
    reply.stop()
    scene = await Scenes(first.database).active(TAVERN, NOON)
    turn = await first.history.begin_reply(scene.id, persona_key="marlow", name="Marlow", at=NOON, heard=1)
    asked = await first.history.turn_of(1)
    assert asked is not None
    await first.history.unfinished.hand_on([asked])
    casting = second.story.casting
    persona, cast = casting.library.at(TAVERN.guild_id).get("marlow"), await casting.lookup(TAVERN)
    assert persona is not None
    late = second.story.hearing.dispatcher.answer_late([message(1, "Well?")], persona, cast)
    assert late is not None
    second.model.say("The storm.")
    entering = asyncio.create_task(late.__aenter__())
    if is_told:
        await first.history.posts.plan(turn.id, Slice(0, 0, 0, "n"))
        await first.history.posts.posted(turn.id, 0, 1001)
    await first.history.finish(turn.id, text="", tokens=0, ending=Ending.STOPPED)
    await asyncio.wait_for(entering, 20)
    assert (late.opened is None) == is_told
    await late.__aexit__(None, None, None)


@pytest.mark.parametrize("goes_on", [False, True], ids=["again", "continue"])
async def test_again_and_continue_wait_until_another_process_has_ended_its_reply(
    stages: list[Stage], goes_on: bool
) -> None:
    writes, presses = stages
    turn = await presses.ask("A room?", "The storm.")
    other = await writes.history.begin_reply(turn.scene_id, persona_key="isolde", name="Isolde", at=NOON)
    regeneration = presses.story.revision.regeneration
    reply = await (regeneration.proceed if goes_on else regeneration.regenerate)(turn.id, presses.message())
    assert isinstance(reply, Reply)
    presses.model.say(" It breaks.")
    playing = asyncio.create_task(presses.play(reply))
    for _ in range(400):  # more than a reply needs to begin
        await presses.history.turn(turn.id)
    assert (reply.opened, len(presses.model.asked)) == (None, 1)
    await writes.history.finish(other.id, text="Aye.", tokens=1, ending=Ending.DONE)
    await asyncio.wait_for(playing, 20)
    now = await presses.history.turn(turn.id)
    assert now is not None
    assert now.text == ("The storm. It breaks." if goes_on else " It breaks.")


async def test_what_another_process_has_posted_by_webhooks_is_known_and_ones_own_is_not_told(
    stages: list[Stage],
) -> None:
    writes, asks = stages
    turn = await writes.ask("Well?", "Aye.")
    await writes.history.posts.plan(turn.id, Slice(0, 0, 4, "n", hook_id=77))
    await writes.history.posts.posted(turn.id, 0, 1_000)
    assert await asks.story.recovery.others_posts(999) == [(1_000, 77)]
    assert await writes.story.recovery.others_posts(999) == []
