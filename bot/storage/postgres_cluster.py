"""Several processes on one server: leases by its locks, signs of life, and what one tells the others.

Law: a process has what its connection for leases has locked. The locks go with the connection, so a process
that dies gives up its shards by that. What it has left is taken up once its row is deleted: from then on it
can write nothing of it anymore, whatever it believes. A shard that it gives up stays locked until it has left
all there that others are to do.
"""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final

import asyncpg

from bot.core.leases import Peer, Plan, Seen, Times, Watch, plan
from bot.core.telemetry import Counted, telemetry
from bot.storage.cluster import NOBODY, Holding
from bot.storage.errors import StorageError
from bot.storage.locations import Server
from bot.storage.postgres import LOCKS, WRITING, closed, transaction
from bot.storage.postgres_errors import postgres_errors
from bot.storage.postgres_windows import Windows

log = logging.getLogger(__name__)

LEADING: Final = 4
"""The second key of the lock that the leader has."""

PROCESSES, SHARDS, SERVED = LOCKS + 1, LOCKS + 2, LOCKS + 3
"""The first key of the locks of processes, of shards, and of shards that their holder is connected with.

The second is the number of each.
"""

CHANNEL: Final = "dramatis"
"""Where processes tell each other something (LISTEN and NOTIFY)."""

_CLUSTER, _READY, _LEFT = "cluster", "ready", "left"
"""What is told of the processes: that something has changed, one is ready for a shard, has left something."""

_MOMENT: Final = "500ms"
"""How long a look waits at most for somebody else who writes; the next one tries again."""

_SETTINGS: Final = "SET synchronous_commit = off"  # a sign of life that a power cut undoes is of nobody

_JOIN: Final = """
INSERT INTO process (since, beat) VALUES ($1, $1) RETURNING id
"""

_NOW: Final = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"

_BEAT: Final = f"""
UPDATE process SET beat = ({_NOW}), is_draining = $2, streams = $3 WHERE id = $1 RETURNING 1
"""  # noqa: S608

_LOCKED: Final = f"""
SELECT classid::bigint AS kind, objid::bigint AS number, pid FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 2 AND granted
    AND classid::bigint IN ({PROCESSES}, {SHARDS}, {SERVED})
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""  # noqa: S608 - numbers

_CUT: Final = f"SELECT pg_terminate_backend(pid) FROM ({_LOCKED}) AS locked WHERE kind = $1 AND number = $2"  # noqa: S608


@dataclass(frozen=True, slots=True)
class _View:
    """What one look shows.

    Attributes:
        peers: the living processes.
        backends: the server's number of each one's connection for leases.
        taken: the shards that somebody has, also one whose process is not listed.
        known: all processes that are listed.
        streams: how many replies each living process writes.
    """

    peers: tuple[Peer, ...] = ()
    backends: dict[int, int] = field(default_factory=dict)
    taken: frozenset[int] = frozenset()
    known: frozenset[int] = frozenset()
    streams: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Sign:
    """What a sign of life says besides.

    Attributes:
        is_draining: whether the process is to end.
        streams: how many replies it writes.
        connected: shards that it is connected with, adopted ones too.
        served: those of them of which it has the lock that says so.
        given: shards that it holds no more, and has yet to release.
        has_left: whether it has yet to tell that it has left something to take up.
        back_at: when its connection was last opened again, by its own clock.
    """

    is_draining: bool = False
    streams: int = 0
    connected: set[int] = field(default_factory=set)
    served: set[int] = field(default_factory=set)
    given: set[int] = field(default_factory=set)
    has_left: bool = False
    back_at: float = -math.inf


class PostgresCluster:
    """The processes of one database on a server, as one of them sees them; see `Cluster`.

    Attributes:
        changed: set whenever `holding` is another.
        holding: what it has of the shards.
        is_leader: whether it does what is done once for all.
    """

    times: ClassVar = Times()

    def __init__(
        self,
        server: Server,
        connect: Callable[[], Awaitable[Any]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Be none of the processes yet; `clock` returns seconds that never go back."""
        self.changed = asyncio.Event()
        self.holding = Holding()
        self.is_leader = False
        self._server = server
        self._connect = connect
        self._clock = clock
        self._connection: Any = None
        self._using = asyncio.Lock()
        self._me = NOBODY
        self._heard = -float("inf")
        self._watch = Watch(self.times)
        self._view = _View()
        self._sign = _Sign()
        self._hearing = _Hearing()
        self._windows = Windows(server, connect, lambda: self.living)

    @property
    def me(self) -> int:
        """The number of this process."""
        return self._me

    @property
    def may_send(self) -> bool:
        """Whether it has heard lately that its locks are there."""
        is_there = self._connection is not None and not self._connection.is_closed()
        return is_there and not self.holding.is_out and self._clock() - self._heard < self.times.deaf

    @property
    def living(self) -> int:
        """How many processes were there when it last looked."""
        return max(1, len(self._view.peers))

    async def join(self) -> None:
        """Become one of the processes, with a new number.

        Raises:
            StorageError: the server cannot be reached.
        """
        async with self._using:
            former = self._me
            await self._part()
            self._watch, self._view = Watch(self.times), _View()
            self._sign.is_draining = False
            self._sign.connected.clear()
            self._hearing.asked.clear()
            with postgres_errors(self._server):
                connection = await self._open()
                async with transaction(connection):
                    # What it wrote before, nobody sees to by that.
                    await connection.execute("DELETE FROM process WHERE id = $1", former)
                    # Its row is seen with its lock, or not at all.
                    self._me = await connection.fetchval(_JOIN, await connection.fetchval(_NOW))
                    await connection.execute(f"SELECT pg_advisory_lock({PROCESSES}, {self._me})")
            self._heard = self._clock()
            self._become(Holding())

    async def keep(self) -> None:
        """Look each second, and whenever another process says that something has changed."""
        while True:
            await self.beat()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hearing.woken.wait(), self.times.beat)
            self._hearing.woken.clear()

    async def beat(self) -> None:
        """Give a sign of life, look at the others, and take or give up what is due.

        Where the server is away, nothing changes but that nothing more may be sent.
        """
        if self._me == NOBODY or self.holding.is_out:
            return
        try:
            async with self._using:
                with postgres_errors(self._server):
                    async with asyncio.timeout(self.times.stale):  # by then others end this process
                        if self._connection.is_closed():
                            await self._come_back()
                        await self._look()
        except StorageError:
            self._give_up()
        except Exception:  # a look that fails must not be the last
            log.exception("the other processes could not be looked at")

    async def agree(self, count: int, instead_of: int | None = None) -> int:
        """Return how many shards there are; who is alone says so, others only after a change.

        Raises:
            StorageError: the server cannot be reached.
        """
        async with self._using:
            with postgres_errors(self._server):
                connection = self._connection
                self._sign.given.clear()  # who would release them has ended
                await self._look()
                is_alone = all(each.id == self._me for each in self._view.peers)
                async with transaction(connection):
                    sql = "INSERT INTO division (id, shards) VALUES (1, $1) ON CONFLICT (id) DO NOTHING"
                    await connection.execute(sql, count)
                    sql = "UPDATE division SET shards = $1 WHERE $2 OR shards = $3"
                    await connection.execute(sql, count, is_alone, instead_of)
                    await self._tell(_CLUSTER)
                await self._look()
        return self.holding.count

    def connected(self, shard: int) -> None:
        """Tell the others that this process is connected with a shard; an adopted one's holder, each time."""
        self._sign.connected.add(shard)
        self._hearing.woken.set()

    def disconnected(self, shard: int) -> None:
        """Tell the others that this process is not connected with a shard anymore."""
        self._sign.connected.discard(shard)
        self._hearing.woken.set()

    async def drain(self) -> bool:
        """Give each shard up to who is ready for it; return whether anybody is there to be."""
        self._sign.is_draining = True
        await self.beat()
        with suppress(StorageError):
            await self.tell(_CLUSTER, "")
        return any(not each.is_draining for each in self._view.peers if each.id != self._me)

    async def release(self, shard: int) -> None:
        """Let another process have a shard; if that fails, the next look does it."""
        self._sign.given.discard(shard)
        with suppress(StorageError):
            async with self._using:
                if self._connection is None:
                    return
                with postgres_errors(self._server):
                    await self._serve(self.holding.held - {shard})
                    await self._unlock(SHARDS, shard)
                    await self._tell(_CLUSTER)

    def left(self) -> None:
        """Tell the others, with the next look that succeeds, that something is left for them to take up."""
        self._sign.has_left = True
        self._hearing.woken.set()

    async def leave(self) -> None:
        """Be no process anymore, and close the connection."""
        async with self._using:
            if self._me != NOBODY:
                with suppress(StorageError), postgres_errors(self._server):
                    await self._connection.execute("DELETE FROM process WHERE id = $1", self._me)
                    await self._tell(_CLUSTER)
            await self._part()
            self._become(Holding())
        await self._windows.close()

    def listen(self, topic: str, hear: Callable[[str], None]) -> None:
        """Let `hear` be called with what other processes tell of a topic, from now on."""
        self._hearing.hears[topic] = hear

    async def tell(self, topic: str, words: str) -> None:
        """Tell all other processes something.

        Raises:
            StorageError: the server cannot be reached.
        """
        async with self._using:
            with postgres_errors(self._server):
                await self._tell(topic, words)

    async def window(self, name: str, most: int, seconds: float) -> float:
        """Take one of at most `most` uses in any `seconds`; without the server, of this process's share."""
        return await self._windows.take(name, most, seconds)

    async def claim(self, name: str) -> bool:
        """Return whether nobody has claimed the same in the last hour.

        Raises:
            StorageError: the server cannot be reached.
        """
        return await self._windows.claim(name)

    def streams_elsewhere(self, here: int) -> int:
        """Return how many replies others wrote when it last looked; they hear of its own soon."""
        self._sign.streams = here
        return sum(number for id_, number in self._view.streams.items() if id_ != self._me)

    # --- the connection, which one caller at a time uses ----------------------------------------------

    async def _open(self) -> Any:  # noqa: ANN401 - asyncpg has no types
        connection = await self._connect()
        try:
            await connection.execute(_SETTINGS)
            await connection.execute(f"SET lock_timeout = '{_MOMENT}'")
            await connection.add_listener(CHANNEL, self._hearing.hear)
            connection.add_termination_listener(lambda _: self._hearing.woken.set())
        except BaseException:
            connection.terminate()
            raise
        self._connection, self._hearing.own = connection, connection.get_server_pid()
        self._sign.served.clear()
        self._sign.given.clear()
        return connection

    async def _come_back(self) -> None:
        """Connect again as the process that it was, with the shards that nobody else has taken."""
        former, connection = self.holding.held, await self._open()
        self._sign.back_at = self._clock()
        try:
            await connection.fetch(_CUT, PROCESSES, self._me)  # its own, if only the way to it was cut
            await connection.execute(f"SELECT pg_advisory_lock({PROCESSES}, {self._me})")
            self.is_leader = False
            self._watch = Watch(self.times)
            held = frozenset([shard for shard in former if await self._locks(SHARDS, shard)])
        except BaseException:  # it is there without the locks by which others see this process
            connection.terminate()
            raise
        # What could not be answered while the server was away, it owes still.
        self._become(replace(self.holding, held=held, ended=self.holding.ended + 1))

    async def _part(self) -> None:
        """Close the connection, whose locks go with it."""
        connection, self._connection = self._connection, None
        self._me, self.is_leader = NOBODY, False
        if connection is not None:
            await closed(connection, self.times.deaf)

    def _give_up(self) -> None:
        """Be out once the server has not answered for so long that others would end this process."""
        if self._clock() - self._heard >= self.times.stale:
            self._be_out()

    def _be_out(self) -> None:
        self._connection.terminate()
        self.is_leader = False
        self._become(replace(self.holding, held=frozenset(), adopted=frozenset(), is_out=True))

    async def _look(self) -> None:
        asked_at, connection = self._clock(), self._connection
        is_listed = await connection.fetchval(
            _BEAT, self._me, int(self._sign.is_draining), self._sign.streams
        )
        rows = await connection.fetch("SELECT id, beat, is_draining, streams FROM process")
        locked = await connection.fetch(_LOCKED)
        count = await connection.fetchval("SELECT shards FROM division") or 0
        self._heard = asked_at
        if not is_listed:
            self._be_out()
            return
        before, self._view = self._view, _view(rows, locked)
        had = self.holding.held
        ended = self.holding.ended + len(before.known - self._view.known) + self._hearing.left
        self._hearing.left = 0
        self._become(replace(self.holding, count=count, ended=ended, held=had & frozenset(range(count))))
        await self._unlock_rest()
        await self._end(rows)
        await self._do(plan(self._me, self._view.peers, count, self.holding.adopted))
        _report(self.holding.held - had, before, self._view)
        if not self._sign.is_draining and not self.is_leader:
            self.is_leader = await self._locks(LOCKS, LEADING)
        elif self._sign.is_draining and self.is_leader:
            self.is_leader = False
            await self._unlock(LOCKS, LEADING)
        if self._sign.has_left:
            await self._tell(_LEFT)
            self._sign.has_left = False

    async def _unlock_rest(self) -> None:
        """Unlock the shards that it has locked and neither holds nor is giving up: nobody would get them.

        They are those that are no more, and those of an answer of the server's that did not come in time.
        """
        locked = next((each.held for each in self._view.peers if each.id == self._me), frozenset[int]())
        for shard in sorted(locked - self.holding.held - self._sign.given):
            await self._unlock(SHARDS, shard)

    async def _do(self, due: Plan) -> None:
        """Take what is free, give up what is due, and say what this process is connected with.

        What is given up is another's only once this process has seen to it (`release`).
        """
        # Who was cut off by the same cause as this process comes back, too.
        is_settled = self._clock() - self._sign.back_at >= self.times.deaf
        free = due.take - self._view.taken if is_settled else frozenset()
        free = frozenset([shard for shard in sorted(free) if await self._locks(SHARDS, shard)])
        given = (self._hearing.asked & due.spare) | due.useless
        self._hearing.asked.clear()
        self._sign.given |= given & self.holding.held
        held, adopted = (self.holding.held - given) | free, due.adopt - free
        self._become(replace(self.holding, held=held, adopted=adopted))
        await self._serve(held)
        for shard in sorted(self._sign.connected & adopted):
            await self._tell(_READY, str(shard))

    async def _serve(self, held: frozenset[int]) -> None:
        """Have the locks of the shards that this process holds and is connected with, and no others."""
        served, due = self._sign.served, self._sign.connected & held
        for shard in sorted(due - served):
            if await self._locks(SERVED, shard):
                served.add(shard)
        for shard in sorted(served - due):
            await self._unlock(SERVED, shard)
            served.discard(shard)

    async def _end(self, rows: Iterable[Any]) -> None:
        """End who is hung, and delete those that are gone, so that what they have left is taken up."""
        seen = {
            row["id"]: Seen(row["beat"], row["id"] in self._view.backends)
            for row in rows
            if row["id"] != self._me
        }
        ends, connection = self._watch.look(self._clock(), seen), self._connection
        for id_ in ends.hung:
            await connection.execute("SELECT pg_terminate_backend($1, 500)", self._view.backends[id_])
            self._hearing.woken.set()  # its shards are free at once
        if not ends.gone:
            return
        with suppress(asyncpg.LockNotAvailableError):  # who writes takes long: the next look does it
            async with transaction(connection):
                await connection.execute(f"SELECT pg_advisory_xact_lock({LOCKS}, {WRITING})")
                for id_ in ends.gone:
                    # One that comes back at this moment waits for the lock, and finds itself gone.
                    if await connection.fetchval(f"SELECT pg_try_advisory_xact_lock({PROCESSES}, {id_})"):
                        await connection.execute("DELETE FROM process WHERE id = $1", id_)
                await self._tell(_CLUSTER)
            self._hearing.woken.set()

    async def _locks(self, kind: int, number: int) -> bool:
        """Take a lock for as long as the connection lives; False if somebody else has it."""
        return bool(await self._connection.fetchval(f"SELECT pg_try_advisory_lock({kind}, {number})"))

    async def _unlock(self, kind: int, number: int) -> None:
        await self._connection.execute(f"SELECT pg_advisory_unlock({kind}, {number})")

    async def _tell(self, topic: str, words: str = "") -> None:
        await self._connection.execute("SELECT pg_notify($1, $2)", CHANNEL, f"{topic} {words}")

    def _become(self, holding: Holding) -> None:
        if holding != self.holding:
            self.holding = holding
            self.changed.set()


class _Hearing:
    """What other processes tell.

    Attributes:
        own: the server's number of this process's connection.
        hears: who hears of a topic.
        asked: the shards that others have said to be ready for since the last look.
        left: how often others have said to have left something since then.
        woken: set when it is worth looking.
    """

    def __init__(self) -> None:
        self.own = 0
        self.hears: dict[str, Callable[[str], None]] = {}
        self.asked: set[int] = set()
        self.left = 0
        self.woken = asyncio.Event()

    def hear(self, _connection: object, sender: int, _channel: str, payload: object) -> None:
        if sender == self.own:
            return
        topic, _, words = str(payload).partition(" ")
        if (hear := self.hears.get(topic)) is not None:
            hear(words)
        if topic == _READY:
            self.asked.add(int(words))
        self.left += topic == _LEFT
        if topic in {_CLUSTER, _READY, _LEFT}:
            self.woken.set()


def _report(taken: Iterable[int], before: _View, now: _View) -> None:
    """Report the shards that were taken from others; who is dead is listed still, without its lock."""
    holders = {shard: each.id for each in before.peers for shard in each.held}
    dead = now.known - now.backends.keys()
    for holder in (holders[shard] for shard in taken if shard in holders):
        telemetry.count(Counted.TAKEOVERS, "dead" if holder in dead else "living")


def _view(rows: Iterable[Any], locked: Iterable[Any]) -> _View:
    """Return what the rows of processes and the server's locks say together."""
    rows, locked = tuple(rows), tuple(locked)
    backends = {lock["number"]: lock["pid"] for lock in locked if lock["kind"] == PROCESSES}
    shards, served = (
        [(lock["number"], lock["pid"]) for lock in locked if lock["kind"] == kind]
        for kind in (SHARDS, SERVED)
    )

    def of(pairs: Iterable[tuple[int, int]], row: Any) -> frozenset[int]:  # noqa: ANN401 - asyncpg's
        return frozenset(number for number, pid in pairs if pid == backends[row["id"]])

    peers = tuple(
        Peer(row["id"], bool(row["is_draining"]), of(shards, row), of(served, row))
        for row in rows
        if row["id"] in backends
    )
    return _View(
        peers,
        backends,
        taken=frozenset(shard for shard, _ in shards),
        known=frozenset(row["id"] for row in rows),
        streams={row["id"]: row["streams"] for row in rows if row["id"] in backends},
    )
