"""Several processes on one PostgreSQL: here their `Cluster`s, in one process of Python."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from dataclasses import replace

import pytest

from bot.core.leases import Times
from bot.core.scene import Ending, Place, Scene, Slice
from bot.core.telemetry import Counted, Level, Timed, telemetry
from bot.storage.cluster import Alone, Holding
from bot.storage.database import Database
from bot.storage.errors import StorageError, StorageErrorKind
from bot.storage.history import History
from bot.storage.locations import Server
from bot.storage.postgres_cluster import PostgresCluster
from bot.storage.scenes import Scenes
from bot.storage.swipes import Swipes
from bot.storage.writers import claim
from tests.postgres import ask, server_database
from tests.storage.cast import EVENING, TAVERN, Clock, opened, record

ELSEWHERE = Place(channel_id=88, parent_id=None, guild_id=5)


class House:
    """Processes on one database; each looks only when a test lets it."""

    def __init__(self, server: Server, stack: AsyncExitStack) -> None:
        self.server = server
        self.clock = Clock()
        self.databases: list[Database] = []
        self.takeovers: list[str] = []
        self._stack = stack

    async def process(self, count: int = 4) -> PostgresCluster:
        database = await Database.open(self.server, exclusive=True, joins=True)
        self._stack.push_async_callback(database.close)
        self.databases.append(database)
        cluster = database.cluster
        assert isinstance(cluster, PostgresCluster)
        cluster._clock = self.clock
        await cluster.join()
        await cluster.agree(count)
        return cluster

    async def pass_by(self, seconds: int, *clusters: PostgresCluster) -> None:
        """Let each of these look once a second."""
        for _ in range(seconds):
            self.clock.now += 1
            for each in clusters:
                before = each.holding.held
                await each.beat()
                for shard in before - each.holding.held:  # nothing is begun here
                    await each.release(shard)

    async def whole(self, *clusters: PostgresCluster) -> None:
        """Let each be connected with what it has, and the others see it."""
        for each in clusters:
            for shard in each.holding.held:
                each.connected(shard)
            await each.beat()
        await self.pass_by(1, *clusters)

    async def end(self, cluster: PostgresCluster) -> None:
        """Let a process die as by a kill: its connection goes, and it does nothing more."""
        backend = cluster._connection.get_server_pid()
        cluster._connection.terminate()
        await self.gone(backend)

    async def gone(self, backend: int) -> None:
        """Wait until the server has ended a connection, with whose end its locks are free."""
        while await self.is_there(backend):
            pass

    async def is_there(self, backend: int) -> bool:
        return bool(await ask(self.server, f"SELECT 1 FROM pg_stat_activity WHERE pid = {backend}"))

    def counted(self, what: Counted, labels: tuple[str, ...], by: float) -> None:
        """Note whose shards were taken, as a watcher of reports."""
        if what is Counted.TAKEOVERS:
            self.takeovers.extend(labels * int(by))

    def timed(self, what: Timed, labels: tuple[str, ...], seconds: float) -> None:
        """Take no notice."""

    def stands(self, what: Level, value: float) -> None:
        """Take no notice."""


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with server_database() as server, AsyncExitStack() as stack:
        house = House(server, stack)
        with telemetry.watched_by(house):
            yield house


def held(cluster: PostgresCluster) -> list[int]:
    return sorted(cluster.holding.held)


async def test_a_file_has_one_process_which_has_everything_at_once() -> None:
    alone = Alone()
    assert await alone.agree(3) == 3
    assert alone.holding == Holding(3, frozenset({0, 1, 2}))
    assert (alone.is_leader, alone.may_send, alone.living, alone.me) == (True, True, 1, 0)
    assert not await alone.drain()


async def test_the_first_process_has_all_shards_and_leads(house: House) -> None:
    first = await house.process()
    assert held(first) == [0, 1, 2, 3]
    assert first.is_leader
    assert first.may_send


async def test_a_second_one_takes_its_half_once_it_is_ready_and_the_first_keeps_the_rest(
    house: House,
) -> None:
    first = await house.process()
    second = await house.process(count=9)  # the number of shards is the first one's
    assert (second.holding.count, second.holding.adopted) == (4, frozenset())
    await house.whole(first, second)
    assert (second.holding.count, held(second), sorted(second.holding.adopted)) == (4, [], [2, 3])
    await house.pass_by(2, first, second)
    assert held(first) == [0, 1, 2, 3]  # as nobody is ready yet
    second.connected(3)
    await house.pass_by(1, second, first)
    assert held(first) == [0, 1, 2]
    await house.pass_by(1, second)
    assert (held(second), sorted(second.holding.adopted)) == ([3], [2])
    assert house.takeovers == ["living"]
    assert (first.living, second.living, second.is_leader) == (2, 2, False)


async def test_who_is_to_end_gives_up_what_others_are_ready_for_and_the_lead_at_once(house: House) -> None:
    first, second = await house.process(2), await house.process()
    await house.whole(first, second)
    second.connected(1)
    await house.pass_by(1, second, first, second)
    assert (held(first), held(second)) == ([0], [1])
    assert await first.drain()
    await house.pass_by(1, second)
    assert second.is_leader
    assert sorted(second.holding.adopted) == [0]
    assert held(first) == [0]
    second.connected(0)
    await house.pass_by(1, second, first, second)
    assert (held(first), held(second)) == ([], [0, 1])
    await first.leave()
    await house.pass_by(1, second)
    assert (second.holding.ended, second.living) == (1, 1)
    assert house.takeovers == ["living", "living"]
    assert not await second.drain()  # nobody is there to be ready


async def test_a_shard_that_is_given_up_stays_locked_until_it_is_released(house: House) -> None:
    first, second = await house.process(2), await house.process()
    await house.whole(first, second)
    second.connected(1)
    await second.beat()
    await first.beat()
    await house.pass_by(3, second)
    assert (held(first), held(second)) == ([0], [])
    await first.release(1)
    await house.pass_by(1, second)
    assert (held(first), held(second)) == ([0], [1])


async def test_nobody_connects_beside_another_while_a_shard_has_nobody(house: House) -> None:
    first, second = await house.process(2), await house.process()
    await house.whole(first, second)
    first.disconnected(0)
    await house.pass_by(2, first, second)
    assert sorted(second.holding.adopted) == [1]  # that had begun
    third = await house.process()
    assert third.holding.adopted == frozenset()
    await first.drain()  # what it does not serve is anybody's at once
    await first.release(0)
    await house.pass_by(2, first, second)
    assert (held(first), held(second)) == ([1], [0])


async def test_the_shards_of_a_dead_process_are_taken_at_the_next_look_and_its_row_goes_after_the_grace(
    house: House,
) -> None:
    first, second = await house.process(), await house.process()
    await house.end(first)
    await house.pass_by(1, second)
    assert held(second) == [0, 1, 2, 3]
    assert house.takeovers == ["dead"] * 4
    assert second.holding.ended == 0
    await house.pass_by(5, second)
    assert second.holding.ended == 0
    await house.pass_by(1, second)
    assert second.holding.ended == 1
    assert [row["id"] for row in await ask(house.server, "SELECT id FROM process")] == [second.me]


async def test_one_whose_connection_was_cut_comes_back_as_itself_with_what_nobody_has_taken(
    house: House,
) -> None:
    first, second = await house.process(), await house.process()
    number = first.me
    await house.end(first)
    assert not first.may_send
    await house.pass_by(1, first)
    assert (first.me, held(first), first.may_send) == (number, [0, 1, 2, 3], True)
    await house.end(first)
    await house.pass_by(1, second, first)
    assert (first.me, held(first), held(second)) == (number, [], [0, 1, 2, 3])


async def test_who_was_cut_off_with_the_others_leaves_them_time_to_come_back(house: House) -> None:
    first, second = await house.process(2), await house.process()
    await house.whole(first, second)
    second.connected(1)
    await house.pass_by(1, second, first, second)
    assert (held(first), held(second)) == ([0], [1])
    await house.end(first)
    await house.end(second)  # as when the server was restarted
    await house.pass_by(2, second)
    assert held(second) == [1]
    await house.pass_by(1, first)
    assert (held(first), held(second)) == ([0], [1])
    await house.end(first)
    await house.pass_by(1, second)
    assert held(second) == [0, 1]


async def test_one_that_comes_back_after_the_grace_is_out_until_it_joins_again(house: House) -> None:
    first, second = await house.process(), await house.process()
    number = first.me
    await house.end(first)
    await house.pass_by(7, second)
    await first.beat()
    assert first.holding.is_out
    assert (held(first), first.may_send, first.is_leader) == ([], False, False)
    await first.join()
    await first.agree(4)
    assert first.me > number
    await house.whole(second, first)
    assert (first.holding.count, held(first), sorted(first.holding.adopted)) == (4, [], [2, 3])
    assert first.may_send


async def test_a_hung_process_is_ended_by_whoever_sees_it_for_ten_seconds(house: House) -> None:
    hung, other = await house.process(), await house.process()
    await house.pass_by(9, other)
    backend = hung._connection.get_server_pid()
    assert await house.is_there(backend)
    await house.pass_by(2, other)
    await house.gone(backend)
    await house.pass_by(1, other)
    assert held(other) == [0, 1, 2, 3]
    assert not hung.may_send
    await house.pass_by(6, other)
    await hung.beat()
    assert hung.holding.is_out


async def test_who_has_not_heard_from_the_database_for_two_seconds_sends_nothing(house: House) -> None:
    first = await house.process()
    may_send = []
    for seconds in (1.9, 0.2):
        house.clock.now += seconds
        may_send.append(first.may_send)
    await first.beat()
    may_send.append(first.may_send)
    assert may_send == [True, False, True]


async def test_another_number_of_shards_is_everybodys(house: House) -> None:
    first, second = await house.process(), await house.process()
    assert await second.agree(8, instead_of=4) == 8
    assert await second.agree(16, instead_of=4) == 8  # somebody was faster
    await house.pass_by(1, first)
    assert first.holding.count == 8


async def test_what_one_tells_the_others_hear_and_it_does_not_itself(house: House) -> None:
    first, second = await house.process(), await house.process()
    heard: list[str] = []
    for name, each in (("first", first), ("second", second)):
        each.listen("stop", lambda words, name=name: heard.append(f"{name} {words}"))  # type: ignore[misc]
    await first.tell("stop", "42")
    await house.pass_by(1, second, first)
    assert heard == ["second 42"]


async def test_processes_that_start_at_once_on_an_empty_database_all_start() -> None:
    async with server_database("template0") as server:
        opening = (Database.open(server, exclusive=True, joins=True) for _ in range(4))
        started = await asyncio.gather(*opening, return_exceptions=True)
        for each in started:
            if isinstance(each, Database):
                await each.close()
        assert [type(each) for each in started] == [Database] * 4


async def test_tools_that_need_the_database_alone_are_refused_while_any_process_runs(house: House) -> None:
    await house.process()
    await house.process()
    with pytest.raises(StorageError) as caught:
        async with opened(house.server):
            pass
    assert caught.value.kind is StorageErrorKind.IN_USE
    async with opened(house.server, exclusive=False):
        pass


async def test_a_process_without_the_server_may_send_nothing_and_says_so_to_nobody(house: House) -> None:
    first = await house.process()
    await house.end(first)
    await first.release(2)
    await first.leave()
    assert (first.me, first.may_send, first.holding) == (0, False, Holding())


# --- who writes what ------------------------------------------------------------------------------


def stories(cluster: PostgresCluster, house: House) -> tuple[Database, History, Swipes]:
    database = next(each for each in house.databases if each.cluster is cluster)
    return database, History(database), Swipes(database)


async def begin(history: History, scene: Scene) -> int:
    turn = await history.begin_reply(scene.id, persona_key="marlow", name="Marlow", at=EVENING)
    assert await history.save_text(turn.id, "Once upon")
    return turn.id


def page(text: str) -> Slice:
    return Slice(0, 0, len(text), "nonce")


async def test_what_a_living_process_writes_no_other_closes_changes_or_takes_up(house: House) -> None:
    first, second = await house.process(), await house.process()
    (db, ours, _), (_, theirs, swipes) = stories(first, house), stories(second, house)
    scene = await Scenes(db).active(TAVERN, EVENING)
    await record(db, scene, "Well?", message_id=500, owed_by=("marlow",))
    turn_id = await begin(ours, scene)
    assert await theirs.unfinished.left() == []
    assert [each.turn.id for each in await theirs.unfinished.all()] == [turn_id]
    assert (len(await theirs.debts.owed(ours=True)), len(await theirs.debts.owed())) == (0, 1)
    assert not await theirs.unfinished.take_up(turn_id, 0)
    assert not await theirs.save_text(turn_id, "Never")
    assert not await theirs.posts.plan(turn_id, page("Never"))
    await theirs.finish(turn_id, text="Never", tokens=1, ending=Ending.DONE)
    await theirs.unfinished.close(turn_id, 1)
    await begin(theirs, scene)  # another reply in the same scene, which closes none but its own
    assert await ours.posts.plan(turn_id, page("Once upon a time"))
    await ours.finish(turn_id, text="Once upon a time", tokens=4, ending=Ending.DONE)
    turn = await theirs.turn(turn_id)
    assert turn is not None
    assert (turn.text, turn.ending) == ("Once upon a time", Ending.DONE)
    # What has ended, anybody may change, who then writes it.
    assert await swipes.regenerate(turn_id) is not None
    assert not await ours.save_text(turn_id, "Never")
    assert await theirs.save_text(turn_id, "Twice")


async def test_who_is_taken_for_dead_can_write_nothing_of_it_anymore(house: House) -> None:
    first, second = await house.process(), await house.process()
    (db, ours, swipes), (_, theirs, _) = stories(first, house), stories(second, house)
    scene = await Scenes(db).active(TAVERN, EVENING)
    await record(db, scene, "Well?", message_id=500, owed_by=("marlow",))
    turn_id, done = await begin(ours, scene), await begin(ours, await Scenes(db).active(ELSEWHERE, EVENING))
    await ours.finish(done, text="Done.", tokens=1, ending=Ending.DONE)
    await house.end(first)
    await house.pass_by(7, second)
    assert [each.turn.id for each in await theirs.unfinished.left()] == [turn_id]
    assert [each.turn.message_id for each in await theirs.debts.owed(ours=True)] == [500]
    assert await theirs.unfinished.take_up(turn_id, 2)
    assert await theirs.unfinished.left() == []
    # The first has not noticed yet.
    assert not await ours.save_text(turn_id, "Once upon a time")
    assert not await ours.posts.plan(turn_id, page("Once upon a time"))
    await ours.finish(turn_id, text="Once upon a time", tokens=4, ending=Ending.DONE)
    assert await record(db, scene, "And?", message_id=501) is None
    assert await swipes.regenerate(done) is None
    with pytest.raises(StorageError) as caught:
        await begin(ours, scene)
    assert caught.value.kind is StorageErrorKind.OUT
    turn = await theirs.turn(turn_id)
    assert turn is not None
    assert (turn.text, turn.ending) == ("Once upon", Ending.CRASHED)
    assert await theirs.turn_of(501) is None


async def test_what_is_handed_on_is_for_others_to_take_up_and_they_hear_of_it(house: House) -> None:
    first, second = await house.process(), await house.process()
    (db, ours, _), (_, theirs, _) = stories(first, house), stories(second, house)
    scene = await Scenes(db).active(TAVERN, EVENING)
    asked = await record(db, scene, "Well?", message_id=500, owed_by=("marlow",))
    assert asked is not None
    await ours.unfinished.hand_on([asked])
    await house.end(first)  # its connection for leases, at this moment
    first.left()
    await house.pass_by(1, first, second)
    await house.pass_by(1, second)
    assert second.holding.ended == 1
    assert [each.turn.message_id for each in await theirs.debts.owed(ours=True)] == [500]


async def test_a_message_asks_by_an_edit_in_one_process_and_in_another_if_that_was_not_stored(
    house: House,
) -> None:
    first, second = await house.process(), await house.process()
    (db, ours, _), (_, theirs, _) = stories(first, house), stories(second, house)
    scene = await Scenes(db).active(TAVERN, EVENING)
    await record(db, scene, "Well", message_id=500)
    with suppress(asyncio.CancelledError):
        async with db.transaction() as tx:
            assert await claim(tx, "edit 500")
            raise asyncio.CancelledError
    assert await theirs.debts.owe(500, ["marlow"])
    assert not await ours.debts.owe(500, ["marlow"])
    await theirs.debts.waive(500, "marlow")
    assert not await ours.debts.owe(500, ["marlow"])  # it was answered
    assert await theirs.debts.owed() == []


def test_the_times_leave_a_holder_deaf_before_others_take_up_its_work() -> None:
    times = Times()
    assert times.beat < times.deaf < times.grace < times.stale


async def test_with_fewer_shards_than_before_nobody_has_those_that_are_no_more(house: House) -> None:
    before = await house.process(4)
    assert held(before) == [0, 1, 2, 3]
    await before.leave()
    alone = await house.process(2)
    assert (alone.holding.count, held(alone)) == (2, [0, 1])
    assert await alone.agree(4) == 4
    await house.pass_by(1, alone)
    assert held(alone) == [0, 1, 2, 3]


async def test_a_shard_of_which_a_process_does_not_know_that_it_has_it_does_not_stay_without_anybody(
    house: House,
) -> None:
    alone = await house.process(2)
    alone.holding = replace(alone.holding, held=frozenset({0}))  # the answer came too late
    await house.pass_by(2, alone)
    assert held(alone) == [0, 1]


async def test_a_server_that_says_nothing_is_waited_for_no_longer_than_others_wait_for_this_process(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = await house.process()
    backend = process._connection.get_server_pid()
    monkeypatch.setattr(process, "times", Times(stale=0.1), raising=False)
    os.kill(backend, signal.SIGSTOP)
    try:
        house.clock.now += 10
        await asyncio.wait_for(process.beat(), 20)
    finally:
        os.kill(backend, signal.SIGCONT)
    assert process.holding.is_out
    await process.join()
    await house.pass_by(1, process)
    assert held(process) == [0, 1, 2, 3]
