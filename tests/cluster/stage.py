"""Several whole bots on one database, between both stand-ins, and an eye on what becomes of mentions.

Each bot is the real `python -m bot run`, a process of its own that is set up by its environment alone. To
Discord's stand-in each is a machine of its own. Times are those of the loop's clock.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bot.storage.database import Database
from bot.storage.locations import Server
from bot.storage.postgres_cluster import SHARDS as SHARDS_LOCK
from bot.storage.scenes import Scenes
from bot.story.places.notices import OPENER, RECORDING
from tests.cluster.crowd import SHARDS, Crowd
from tests.cluster.ledger import most_in_a_second
from tests.cluster.server import DatabaseServer, database_server
from tests.process import KEY, Process
from tests.standins.discord_wire import Channel, WireDiscord
from tests.standins.discord_wire.gateway import DAILY_STARTS
from tests.standins.discord_wire.limits import INTERACTIONS
from tests.standins.m2her import M2her
from tests.starts import PLAIN
from tests.tavern import MARLOW

FACES: Final = ("bot", "webhook")

_CUT: Final = """
SELECT pg_terminate_backend(pid) FROM (
    SELECT DISTINCT pid FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND application_name = $1 AND classid::bigint = $2
) AS holding
"""

STOPPING: Final = 75.0
"""Seconds in which a bot that was told to stop must have ended, as its service has it."""

LOOK: Final = 0.05
"""Seconds between two looks at what nobody tells of."""

LATE: Final = 0.02
"""Seconds by which a look may be late and nobody minds."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a stage is like.

    Attributes:
        machines: the names of the bots' machines.
        faces: whose names replies are posted under: the channels have them in turn.
        channels: how many there are, divided evenly among the shards.
        identify_pause: seconds between two sessions that begin; Discord's are 5.
        concurrency: how many keys Discord has, whose sessions may begin at once; with 1 all are one after another.
        hurried: whether the bots lose patience with each other sooner than they do in earnest.
        words: how long an answer is.
        tokens_per_second: how fast the model writes it.
        rtt: seconds to Discord and back.
        patience: seconds in which a bot must be ready, on a machine that has more to do.
    """

    machines: tuple[str, ...] = ("a", "b")
    faces: tuple[str, ...] = FACES
    channels: int = 64
    identify_pause: float = 5.0
    concurrency: int = 1
    hurried: bool = False
    words: int = 20
    tokens_per_second: float = 40.0
    rtt: float = 0.05
    patience: float = 60.0


class Member(Process):
    """The bot of one machine.

    Attributes:
        machine: its name.
    """

    def __init__(self, folder: Path, stage: "Stage", machine: str) -> None:
        super().__init__(folder, stage.world, stage.m2her)
        self.machine = machine
        self.module = "tests.cluster.hurried" if stage.setting.hurried else "bot"
        self._sockets = stage.world.sockets
        faces = stage.setting.faces
        bound = {
            str(channel.id): {"persona": "marlow", "face": faces[number % len(faces)]}
            for number, channel in enumerate(stage.channels)
        }
        self.environment |= {
            "PYTHONPATH": PLAIN,
            "DRAMATIS_STORAGE__URL": stage.database.url(machine),
            "DRAMATIS_STORAGE__PROCESSES": "several",
            "DRAMATIS_DISCORD__API_BASE": stage.world.api_base_of(machine),
            "DRAMATIS_DISCORD__GATEWAY": stage.world.gateway_of(machine),
            "DRAMATIS_DISCORD__SERVERS": "all",
            "DRAMATIS_CHANNELS": json.dumps(bound),
            "DRAMATIS_MODEL__REQUESTS_PER_MINUTE": "5000",
            "DRAMATIS_MODEL__MAX_STREAMS": "100",
            "DRAMATIS_LIMITS__BOT": "none",
            "DRAMATIS_LIMITS__PERSON": "none",
        }

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def shards(self) -> set[int]:
        """The shards that it is being told of."""
        return self._sockets.shards_of(self.machine)


@dataclass(slots=True)
class Incident:
    """Something that befell a bot.

    Attributes:
        kind: what it was.
        at: when.
        shards: of which shards nobody hears anymore, until another bot takes them.
        until: when all was as before.
    """

    kind: str
    at: float
    shards: frozenset[int] = frozenset()
    until: float = field(default=0.0)


class Stage(Crowd):
    """The stand-ins, the people, the database and the bots.

    Attributes:
        incidents: what befell the bots.
    """

    def __init__(
        self, setting: Setting, folder: Path, world: WireDiscord, m2her: M2her, database: DatabaseServer
    ) -> None:
        super().__init__(world, m2her, setting.channels, setting.words)
        self.setting = setting
        self.database = database
        self.incidents: list[Incident] = []
        self._late: list[tuple[float, float]] = []
        self.patience = setting.patience
        world.sockets.max_concurrency = setting.concurrency
        world.sockets.identify_pause = setting.identify_pause
        self.members = {machine: Member(folder / machine, self, machine) for machine in setting.machines}

    # -- bots -------------------------------------------------------------------------------

    async def start(self, *machines: str) -> None:
        """Start bots, and wait until each is ready."""
        for machine in machines:
            await self.members[machine].start()
        for machine in machines:
            await self.ready(machine)

    async def ready(self, machine: str) -> None:
        """Wait until a bot is told of a shard."""
        await self.until(
            lambda: bool(self.members[machine].shards), self.patience, f"{machine} hears of a shard"
        )

    async def ended(self, machine: str) -> None:
        """Wait for the end of a bot that was told to stop: it may write its replies to their end."""
        await self.until(lambda: not self.members[machine].is_running, STOPPING, f"{machine} ends")
        await self.members[machine].ended()

    async def all_ready(self) -> None:
        """Wait until each bot hears of a shard, and each shard is heard of."""
        for machine in self.members:
            await self.ready(machine)
        await self.until(
            lambda: self.held_without() == set(range(SHARDS)), self.patience, "all shards are held"
        )

    def held_without(self, *machines: str) -> set[int]:
        """Return the shards of which some other bot is told."""
        others = (member for member in self.members.values() if member.machine not in machines)
        return {shard for member in others for shard in member.shards}

    async def served_without(self, machine: str) -> None:
        """Wait until another bot is ready, where there is to be one."""
        if len(self.members) > 1:
            await self.until(lambda: bool(self.held_without(machine)), self.patience, "another bot is ready")

    async def all_shared(self) -> None:
        """Wait until each shard is one bot's, and no bot has more than one more than another."""

        def are_shared() -> bool:
            sizes = [len(each.shards) for each in self.members.values()]
            return sum(sizes) == len(self.held_without()) == SHARDS and max(sizes) - min(sizes) <= 1

        await self.until(are_shared, self.patience, "the shards are shared out")

    async def cut_lease(self, machine: str) -> bool:
        """End the connection by which a bot holds its shards; False if there is none."""
        return bool(await self.database.ask(_CUT, machine, SHARDS_LOCK))

    def new_day(self) -> None:
        """Let Discord count sessions that begin from zero again, and forget the old ones."""
        self.world.sockets.starts_left = DAILY_STARTS
        self.world.sockets.expire()

    async def until(self, true: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait for something; fail with what the bots have logged if it does not come."""
        try:
            async with asyncio.timeout(seconds):
                while not true():  # noqa: ASYNC110 - nobody tells of it
                    await asyncio.sleep(LOOK)
        except TimeoutError:
            said = "\n".join(f"--- {each.machine}\n{each.output[-3000:]}" for each in self.members.values())
            raise TimeoutError(f"not within {seconds} s: {what}; the bots said\n{said}") from None

    def befalls(self, kind: str, *machines: str) -> Incident:
        """Note that something befalls bots now, and of which shards nobody hears by that."""
        lost = {shard for machine in machines for shard in self.members[machine].shards}
        lost -= self.held_without(*machines)
        made = Incident(kind, self.clock(), frozenset(lost))
        self.incidents.append(made)
        return made

    # -- what is seen -----------------------------------------------------------------------

    async def settle(self) -> None:
        """Wait until everybody has an answer, or never will; note what was stored."""
        await self.all_answered(self.patience)
        asked = "SELECT message_id FROM turn WHERE message_id IS NOT NULL"
        self.ledger.stored = {row["message_id"] for row in await self.database.ask(asked)}

    def most_in_a_second(self, since: int) -> tuple[int, float]:
        """Return the most requests that Discord's limit over all counted in a second, but for the first so many.

        Also for how many seconds at most the stand-ins did not look, in that second or just before: what came
        meanwhile they read at once.
        """
        counted = [
            request.at
            for request in self.world.requests[since:]
            if not (request.route or "").partition(" ")[2].startswith(INTERACTIONS)
        ]
        most, begins = most_in_a_second(counted)
        begins += self.world.started
        late = [seconds for at, seconds in self._late if begins - seconds - LOOK <= at < begins + 1.0]
        return most, max(late, default=0.0)

    async def watch_itself(self) -> None:
        """Note, until cancelled, whenever this process itself was late: others had the machine."""
        while True:
            due = self.clock() + LOOK
            await asyncio.sleep(LOOK)
            if (late := self.clock() - due) > LATE:
                self._late.append((due, late))

    def keep(self, folder: Path, name: str) -> None:
        """Write down what the bots and the database logged, and what stands in the channels."""
        folder.mkdir(parents=True, exist_ok=True)
        for member in self.members.values():
            (folder / f"{name}-{member.machine}.log").write_text(member.output, "utf-8")
        (folder / f"{name}-database.log").write_text(self.database.log, "utf-8")
        sent = [
            f"{each.at:.3f} {each.machine} {each.status} {each.method} {each.path}"
            for each in self.world.requests
        ]
        (folder / f"{name}-requests.txt").write_text("\n".join(sent), "utf-8")
        told = [
            f"{each.kind} at {each.at:.2f} until {each.until:.2f}, shards {sorted(each.shards)}"
            for each in self.incidents
        ]
        (folder / f"{name}-waits.txt").write_text("\n".join(told + self.ledger.longest(40)), "utf-8")
        told = [f"== {channel.id}\n{self.world.transcript(channel)}" for channel in self.channels]
        (folder / f"{name}-channels.txt").write_text("\n".join(told), "utf-8")

    def surprises(self) -> list[str]:
        """Return what the bots logged of errors that nobody expected, with the lines that follow."""
        return [
            "\n".join([member.machine, *member.lines[number - 1 : number + 15]])
            for member in self.members.values()
            for number, line in enumerate(member.lines)
            if line.startswith("Traceback") or " ERROR   asyncio: " in line
        ]


async def _introduce(database: DatabaseServer, channels: Iterable[Channel]) -> None:
    """Let every channel know already who plays and what happens to people's words: that is told once."""
    opened = await Database.open(Server(database.url()), exclusive=True)
    for channel in channels:
        for kind, about in ((RECORDING, ""), (OPENER, "marlow")):
            await Scenes(opened).told(channel.id, kind, about, datetime.now(UTC))
    await opened.close()


@asynccontextmanager
async def stage(folder: Path, setting: Setting) -> AsyncIterator[Stage]:
    """Put it up; no bot is started yet."""
    async with (
        database_server() as database,
        M2her(key=KEY) as m2her,
        WireDiscord(rtt=setting.rtt) as world,
        AsyncExitStack() as bots,
    ):
        m2her.shape.first_token_after = 0.3
        m2her.shape.tokens_per_second = setting.tokens_per_second
        made = Stage(setting, folder, world, m2her, database)
        for machine, member in made.members.items():
            (folder / machine / "personas").mkdir(parents=True)
            (folder / machine / "personas" / "marlow.yaml").write_text(MARLOW, encoding="utf-8")
            await bots.enter_async_context(member)
        await _introduce(database, made.channels)
        watching = asyncio.create_task(made.watch_itself())
        yield made
        watching.cancel()
    assert world.unknown_routes == [], world.unknown_routes
