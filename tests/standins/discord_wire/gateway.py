"""The gateway: hello, identify, heartbeats, dispatch, resume with replay, and every way it can end.

Law: a session outlives its connection, as on Discord; what happens meanwhile is kept and replayed.
What a session is told depends on its shard, its intents, on the application's flags and on the channel.
"""

import asyncio
import json
import secrets
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import zstandard
from aiohttp import web

from tests.standins.discord_wire import shapes
from tests.standins.discord_wire.records import Json, Permission
from tests.standins.discord_wire.world import Event, World

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE = 0, 1, 2, 3
RESUME, RECONNECT, INVALID_SESSION, HELLO, ACK = 6, 7, 9, 10, 11

GUILDS, MEMBERS, WEBHOOKS, PRESENCES, GUILD_MESSAGES = (1 << n for n in (0, 1, 5, 8, 9))
GUILD_TYPING, MESSAGE_CONTENT = (1 << n for n in (11, 15))
NEEDED = {
    "GUILD_CREATE": GUILDS,
    "GUILD_DELETE": GUILDS,
    "GUILD_ROLE_CREATE": GUILDS,
    "CHANNEL_CREATE": GUILDS,
    "CHANNEL_UPDATE": GUILDS,
    "CHANNEL_DELETE": GUILDS,
    "THREAD_CREATE": GUILDS,
    "THREAD_UPDATE": GUILDS,
    "THREAD_DELETE": GUILDS,
    "WEBHOOKS_UPDATE": WEBHOOKS,
    "MESSAGE_CREATE": GUILD_MESSAGES,
    "MESSAGE_UPDATE": GUILD_MESSAGES,
    "MESSAGE_DELETE": GUILD_MESSAGES,
    "MESSAGE_DELETE_BULK": GUILD_MESSAGES,
    "TYPING_START": GUILD_TYPING,
}
"""The intent that subscribes to an event; others reach every session."""

UNDECODABLE, NOT_AUTHENTICATED, BAD_TOKEN, TWICE = 4002, 4003, 4004, 4005
INVALID_SHARD, SHARDING_REQUIRED, INVALID_VERSION, DISALLOWED_INTENTS = 4010, 4011, 4012, 4014
ENDING_CODES = {1000, 1001, 4004, 4007, 4009, 4010, 4011, 4012, 4013, 4014}
"""Close codes after which a session cannot be resumed."""

DAILY_STARTS = 1000

ONLY_SHARD = (0, 1)
"""The shard of a session that names none, as (number, count)."""


def _plain(text: str) -> str | bytes:
    return text


def _zlib_stream() -> Callable[[str], str | bytes]:
    stream = zlib.compressobj()
    return lambda text: stream.compress(text.encode()) + stream.flush(zlib.Z_SYNC_FLUSH)


def _zstd_stream() -> Callable[[str], str | bytes]:
    stream = zstandard.ZstdCompressor().compressobj()
    return lambda text: stream.compress(text.encode()) + stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)


ENCODERS: dict[str | None, Callable[[], Callable[[str], str | bytes]]] = {
    None: lambda: _plain,
    "zlib-stream": _zlib_stream,
    "zstd-stream": _zstd_stream,
}
"""One stream for the whole connection, flushed at each message; the query's `compress` chooses."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Something the bot sent."""

    op: int
    data: Any


class Connection:
    """One websocket. Frames are queued by plain calls and sent in order by its own task."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport,
        compression: str | None,
        machine: str = "",
    ) -> None:
        self.socket = socket
        self.machine = machine
        self.compression = compression
        self.session: Session | None = None
        self._transport = transport
        self._encode = ENCODERS[compression]()
        self._outgoing: asyncio.Queue[str | bytes | int] = asyncio.Queue()

    def send(self, op: int, data: Any = None) -> None:
        self.send_text(json.dumps({"op": op, "d": data, "s": None, "t": None}))

    def send_text(self, text: str) -> None:
        self._outgoing.put_nowait(text)

    def send_noise(self, data: bytes) -> None:
        self._outgoing.put_nowait(data)

    def close(self, code: int) -> None:
        """Close after what is queued; the session learns of it now."""
        self.part(ends=code in ENDING_CODES)
        self._outgoing.put_nowait(code)

    def abort(self) -> None:
        """Break the line: no close frame, what is queued is lost."""
        self.part(ends=False)
        self._transport.abort()

    def part(self, *, ends: bool) -> None:
        if self.session is not None and self.session.connection is self:
            self.session.connection = None
            self.session.over |= ends

    async def pump(self) -> None:
        while not self.socket.closed:
            item = await self._outgoing.get()
            if isinstance(item, int):
                await self.socket.close(code=item)
                return
            encoded = item if isinstance(item, bytes) else self._encode(item)
            try:
                if isinstance(encoded, bytes):
                    await self.socket.send_bytes(encoded)
                else:
                    await self.socket.send_str(encoded)
            except ConnectionError:
                return


class Session:
    """What one IDENTIFY began: shard, intents, sequence, and every event so far for a RESUME."""

    def __init__(self, intents: int, shard: tuple[int, int] = ONLY_SHARD) -> None:
        self.id = secrets.token_hex(16)
        self.intents = intents
        self.number, self.count = shard
        self.events: list[str] = []
        self.connection: Connection | None = None
        self.over = False

    def dispatch(self, name: str, data: Json) -> None:
        text = json.dumps({"op": DISPATCH, "t": name, "s": len(self.events) + 1, "d": data})
        self.events.append(text)
        if self.connection is not None:
            self.connection.send_text(text)

    def holds(self, guild_id: int | None) -> bool:
        """Whether its shard is told of a guild; what belongs to none goes to the first."""
        return (0 if guild_id is None else (guild_id >> 22) % self.count) == self.number

    @property
    def machine(self) -> str | None:
        """The machine that is being told; None if nobody is."""
        return None if self.connection is None or self.over else self.connection.machine


class Gateway:
    """All connections and sessions of one server, and a test's hands on them.

    `starts_left` counts down from 1,000 with every IDENTIFY; at zero the token is no longer good,
    as Discord resets it. `frames` holds everything bots sent, heartbeats included.

    A bot is told to take `shards` shards, of which none may have over `most_guilds`, and to begin at most one
    session of each of `max_concurrency` keys within `identify_pause` seconds. Hands with a `shard` touch only
    the sessions of that one.
    """

    def __init__(self, world: World, url: Callable[[str], str], changed: Callable[[], None]) -> None:
        self.starts_left = DAILY_STARTS
        self.shards = 1
        self.max_concurrency = 1
        self.most_guilds = 2500
        self.identify_pause = 0.0
        self.heartbeat_interval = 41.25  # seconds
        self.frames: list[Frame] = []
        self.unknown: list[str] = []
        self._world = world
        self._url = url
        self._changed = changed
        self._refusals = 0
        self._connections: list[Connection] = []
        self._identified: dict[int, float] = {}  # by key, by the loop's clock
        self._sessions: dict[str, Session] = {}
        world.listeners.append(self._publish)

    # -- a test's hands ---------------------------------------------------------------------

    def refuse(self, times: int = 1) -> None:
        """Answer the next `times` attempts to connect with 503."""
        self._refusals = times

    def drop(self, shard: int | None = None) -> None:
        """Break every connection without a word; the sessions can be resumed."""
        for connection in self._of(shard):
            connection.abort()

    def close(self, code: int, shard: int | None = None) -> None:
        for connection in self._of(shard):
            connection.close(code)

    def reconnect(self) -> None:
        """Ask to come again (op 7)."""
        for connection in list(self._connections):
            connection.send(RECONNECT)

    def invalidate(self, shard: int | None = None, *, resumable: bool) -> None:
        """Declare the session invalid (op 9); one that is not resumable is forgotten."""
        for connection in self._of(shard):
            if connection.session is not None:
                connection.session.over |= not resumable
            connection.send(INVALID_SESSION, resumable)

    def dispatch(self, name: str, data: Json, shard: int | None = None) -> None:
        """Send any event, good or bad, to every session."""
        for session in self._sessions.values():
            if shard in {None, session.number}:
                session.dispatch(name, data)

    def frame(self, text: str) -> None:
        """Send any text as a frame to every session."""
        for connection in list(self._connections):
            connection.send_text(text)

    def noise(self, data: bytes) -> None:
        """Send bytes to every session that are not compressed as the connection is."""
        for connection in list(self._connections):
            connection.send_noise(data)

    def malformed(self, shard: int | None = None) -> None:
        """Send an event that lacks what its kind must have."""
        self.dispatch("MESSAGE_CREATE", {"id": str(self._world.new_id())}, shard)

    def expire(self) -> None:
        """Let the sessions that nobody has come back to be over, as they are on Discord after some minutes."""
        alive = {key: each for key, each in self._sessions.items() if each.machine is not None}
        self._sessions = alive

    def _of(self, shard: int | None) -> list[Connection]:
        found = list(self._connections)
        return [each for each in found if shard is None or (each.session and each.session.number == shard)]

    def seen(self, op: int) -> int:
        """How many frames with this opcode bots sent."""
        return sum(frame.op == op for frame in self.frames)

    @property
    def identifies(self) -> int:
        return self.seen(IDENTIFY)

    def identifies_of(self, shard: int) -> int:
        return sum(each.op == IDENTIFY and _shard_in(each.data)[0] == shard for each in self.frames)

    @property
    def connected_shards(self) -> set[tuple[int, int]]:
        """The shards of which a session is being told what happens, as (number, count)."""
        live = (s for s in self._sessions.values() if s.connection is not None and not s.over)
        return {(each.number, each.count) for each in live}

    def shards_of(self, machine: str) -> set[int]:
        """The shards of which a machine is being told what happens."""
        return {each.number for each in self._sessions.values() if each.machine == machine}

    def last_sequence_of(self, shard: int) -> int:
        live = (s for s in self._sessions.values() if s.connection is not None and s.number == shard)
        return max((len(s.events) for s in live), default=0)

    @property
    def resumes(self) -> int:
        return self.seen(RESUME)

    @property
    def connected(self) -> bool:
        """Whether a session is being told what happens."""
        return any(s.connection is not None and not s.over for s in self._sessions.values())

    @property
    def last_sequence(self) -> int:
        """The number of the last event that live sessions were told; a bot that has it knows everything."""
        return max((len(s.events) for s in self._sessions.values() if s.connection is not None), default=0)

    @property
    def compressions(self) -> list[str | None]:
        """How the live connections are compressed."""
        return [connection.compression for connection in self._connections]

    # -- the protocol -----------------------------------------------------------------------

    async def serve(self, request: web.Request) -> web.StreamResponse:
        transport = request.transport
        if transport is None or self._refusals > 0:
            self._refusals -= 1
            return web.Response(status=503)
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        machine = request.match_info.get("machine", "")
        connection = Connection(socket, transport, request.query.get("compress"), machine)
        self._connections.append(connection)
        sender = asyncio.create_task(connection.pump())
        try:
            await self._converse(connection, request.query)
        finally:
            self._connections.remove(connection)
            connection.part(ends=socket.close_code in {1000, 1001})
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)
            self._changed()
        return socket

    async def _converse(self, connection: Connection, query: Any) -> None:
        connection.send(HELLO, {"heartbeat_interval": int(self.heartbeat_interval * 1000)})
        if query.get("v") != "10" or query.get("encoding") != "json":
            connection.close(INVALID_VERSION)
        async for message in connection.socket:
            try:
                heard = json.loads(message.data)
                frame = Frame(heard["op"], heard.get("d"))
            except (ValueError, KeyError, TypeError):
                connection.close(UNDECODABLE)
                continue
            self.frames.append(frame)
            self._hear(connection, frame)
            self._changed()

    def _hear(self, connection: Connection, frame: Frame) -> None:
        if frame.op == HEARTBEAT:
            connection.send(ACK)
        elif frame.op == IDENTIFY:
            self._identify(connection, frame.data)
        elif frame.op == RESUME:
            self._resume(connection, frame.data)
        elif connection.session is None:
            connection.close(NOT_AUTHENTICATED)
        elif frame.op != PRESENCE:
            self.unknown.append(f"gateway op {frame.op}")

    def _identify(self, connection: Connection, asked: Json) -> None:
        forbidden = MEMBERS | PRESENCES | (0 if self._world.message_content else MESSAGE_CONTENT)
        token_is_good = asked["token"] == self._world.token and self.starts_left > 0
        number, count = _shard_in(asked)
        guilds = sum((each >> 22) % count == number for each in self._world.guilds) if count > 0 else 0
        self.starts_left = max(0, self.starts_left - 1)
        if connection.session is not None:
            connection.close(TWICE)
        elif not token_is_good:
            connection.close(BAD_TOKEN)
        elif self._is_too_quick(number):
            connection.send(INVALID_SESSION, False)
        elif not 0 <= number < count:
            connection.close(INVALID_SHARD)
        elif guilds > self.most_guilds:
            connection.close(SHARDING_REQUIRED)
        elif asked["intents"] & forbidden:
            connection.close(DISALLOWED_INTENTS)
        else:
            self._begin(connection, asked)

    def _is_too_quick(self, number: int) -> bool:
        """Whether another session of the same key began just before."""
        now, key = asyncio.get_running_loop().time(), number % self.max_concurrency
        last = self._identified.get(key)
        self._identified[key] = now
        return last is not None and now - last < self.identify_pause

    def _begin(self, connection: Connection, asked: Json) -> None:
        session = connection.session = Session(asked["intents"], _shard_in(asked))
        session.connection = connection
        self._sessions[session.id] = session
        world = self._world
        guilds = [each for each in world.guilds.values() if session.holds(each.id)]
        app = shapes.application(world.bot, world.host, message_content=world.message_content)
        ready = {
            "v": 10,
            "user": shapes.own_user(world.bot),
            "guilds": [{"id": str(g.id), "unavailable": True} for g in guilds],
            "session_id": session.id,
            "resume_gateway_url": self._url(connection.machine),
            "application": {"id": app["id"], "flags": app["flags"]},
            "private_channels": [],
            "relationships": [],
            "presences": [],
            "_trace": [],
        }
        session.dispatch("READY", ready | ({"shard": asked["shard"]} if "shard" in asked else {}))
        if session.intents & GUILDS:
            for guild in (each for each in guilds if not each.away):
                channels = [c for c in world.channels.values() if c.guild is guild]
                session.dispatch("GUILD_CREATE", shapes.guild_create(guild, channels, world.bot))

    def _resume(self, connection: Connection, asked: Json) -> None:
        session = self._sessions.get(asked["session_id"])
        if asked["token"] != self._world.token:
            connection.close(BAD_TOKEN)
        elif session is None or session.over:
            connection.send(INVALID_SESSION, False)
        else:
            if session.connection is not None:
                session.connection.abort()
            connection.session, session.connection = session, connection
            for text in session.events[asked["seq"] :]:
                connection.send_text(text)
            session.dispatch("RESUMED", {"_trace": []})

    def _publish(self, event: Event) -> None:
        for session in self._sessions.values():
            if not session.over and session.holds(_guild_of(event)) and self._reaches(event, session):
                session.dispatch(event.name, self._shown(event, session))

    @staticmethod
    def _reaches(event: Event, session: Session) -> bool:
        where = event.channel
        visible = where is None or (Permission.VIEW_CHANNEL in where.allowed and not where.guild.away)
        needed = NEEDED.get(event.name, 0)
        return visible and session.intents & needed == needed

    def _shown(self, event: Event, session: Session) -> Json:
        readable = self._world.message_content and session.intents & MESSAGE_CONTENT
        if readable or event.name not in {"MESSAGE_CREATE", "MESSAGE_UPDATE"}:
            return event.data
        return shapes.without_content(event.data, self._world.bot)


def _shard_in(asked: Json) -> tuple[int, int]:
    """The shard that an IDENTIFY names, as (number, count)."""
    number, count = asked.get("shard", ONLY_SHARD)
    return number, count


def _guild_of(event: Event) -> int | None:
    """The guild that an event belongs to; None where it belongs to none."""
    if event.channel is not None:
        return event.channel.guild.id
    key = "id" if event.name in {"GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE"} else "guild_id"
    found = event.data.get(key)
    return None if found is None else int(found)
