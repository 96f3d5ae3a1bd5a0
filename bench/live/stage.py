"""The stage of the bench: both stand-ins, the bot between them, and an eye on what people see.

Times are those of `asyncio`'s clock, which is one for all processes of a machine.
"""

import asyncio
import json
import math
import re
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from itertools import accumulate, count, cycle
from pathlib import Path
from typing import Literal

from bench.evening import CAST, SENTENCES
from bench.idle import processor_time
from bench.live.counts import Seen, Shown, story
from bench.live.measured import Lags
from bot.storage.database import Database
from bot.storage.scenes import Scenes
from bot.story.notices import OPENER, RECORDING
from tests.process import KEY, Process
from tests.standins.discord_wire import Channel, Message, User, WireDiscord
from tests.standins.discord_wire.world import Event
from tests.standins.m2her import M2her, Part

RTT = 0.08
"""Seconds to Discord and back, as on the bench of the peers."""

TOKEN = 5
"""Characters of a token, on the average of English."""

TAG = re.compile(r"\bT\d{3,}\b")
"""What each script begins with, to be known again on Discord."""

LIVES = 60.0
"""Seconds after which a reply that is not finished never will be."""

FACES = ("bot", "webhook")


def prose(characters: int, tag: str) -> str:
    """Return so long a text, which no other script has."""
    text = tag
    for number, sentence in enumerate(cycle(SENTENCES), 1):
        if len(text) >= characters:
            break
        text += f" The year {number} was cold. {sentence}"
    return text[: characters - 1].rstrip(" .,") + "." if characters > len(tag) + 1 else tag


class Script:
    """What the model says, and when.

    Args:
        tag: what it begins with.
        tokens: how long it is.
        per_second: tokens a second.
        first: seconds until the first of them.
        deltas: in how many pieces it comes; by default each token is one.
        ends: when the last of them comes, by the clock; by default as soon as the others allow.
    """

    def __init__(
        self,
        tag: str,
        tokens: int,
        per_second: float,
        *,
        first: float = 0.4,
        deltas: int | None = None,
        ends: float | None = None,
    ) -> None:
        self.shown = Shown(prose(tokens * TOKEN, tag))
        size = TOKEN if deltas is None else -(-len(self.shown.text) // deltas)
        text = self.shown.text
        self.pieces = [text[at : at + size] for at in range(0, len(text), size)]
        # A token is there when it has been made: a piece of many waits for its last one.
        made = accumulate(len(piece) / TOKEN / per_second for piece in self.pieces)
        self.moments = [
            first + at - len(self.pieces[0]) / TOKEN / per_second * (deltas is None) for at in made
        ]
        self.begins = None if ends is None else ends - self.moments[-1]

    def parts(self) -> list[Part]:
        """Return it as the stand-in takes it."""
        return [part for number, piece in enumerate(self.pieces) for part in (_Beat(self, number), piece)]

    async def reach(self, number: int) -> None:
        """Wait for a piece's moment."""
        clock = asyncio.get_running_loop().time
        if number == 0:
            self.shown.began = clock()
        begins = self.shown.began if self.begins is None else self.begins
        await asyncio.sleep(begins + self.moments[number] - clock())
        self.shown.tokens.append(clock())


class _Beat(asyncio.Event):
    """A gate that opens by itself when the next piece is due."""

    def __init__(self, script: Script, number: int) -> None:
        super().__init__()
        self._script = script
        self._number = number

    async def wait(self) -> Literal[True]:
        await self._script.reach(self._number)
        return True


class Model(M2her):
    """The stand-in, which can be told to forget what it was to say next."""

    def take_back(self) -> None:
        """Forget it."""
        self._answers.clear()


class Stage:
    """Channels, somebody in each, and what is said and seen there.

    Attributes:
        lags: how late the stand-ins' own loop was, which makes them late and all figures worse.
        loose: what the bot posted that is no part of a script, by channel.
        seen: everything of the bot's, by channel.
    """

    def __init__(
        self, world: WireDiscord, m2her: Model, process: Process, channels: list[Channel], face: str
    ) -> None:
        self.world = world
        self.m2her = m2her
        self.process = process
        self.face = face
        self.lags = Lags()
        self.lags.watch(asyncio.get_running_loop())
        self.seen: dict[int, list[Seen]] = {}
        self.loose: dict[int, list[Seen]] = {}
        self.people: list[User] = [
            world.add_member(name) for name in ("Alice", "Bob", "Carol", "Dave", "Erin", "Frank")
        ]
        self._free = list(channels)
        self._numbers = count(100)
        self._scripts: dict[str, Script] = {}
        self._of_post: dict[int, Script] = {}
        self._talks: dict[int, Script] = {}
        self._asked: dict[int, list[float]] = {}
        self._clock = asyncio.get_running_loop().time
        self._changed = asyncio.Event()
        world.listeners.append(self._look)

    # -- what is played ---------------------------------------------------------------------

    def channels(self, number: int) -> list[Channel]:
        """Return channels in which nothing has been said yet."""
        taken, self._free = self._free[:number], self._free[number:]
        assert len(taken) == number, "the stage has too few channels"
        return taken

    def script(
        self,
        tokens: int,
        per_second: float = 60.0,
        *,
        first: float = 0.4,
        deltas: int | None = None,
        ends: float | None = None,
        then: Sequence[Part] = (),
    ) -> Script:
        """Write what the model says to the next request no script was written for, and what ends it then."""
        tag = f"T{next(self._numbers)}"
        script = self._scripts[tag] = Script(tag, tokens, per_second, first=first, deltas=deltas, ends=ends)
        self.m2her.say(*script.parts(), *then, finish_on_text=not then)
        return script

    def ask(self, channel: Channel, who: int = 0, text: str = "well?") -> Message:
        """Let somebody turn to the bot."""
        self._asked.setdefault(channel.id, []).append(self._clock())
        return self.world.say(self.people[who], channel, f"{self.world.bot.mention} {text}", ping=True)

    async def whole(self, scripts: Sequence[Script], seconds: float = LIVES) -> None:
        """Wait until all of them stand on Discord, or until they never will."""
        ends = [(script.shown, story(script.shown.text)) for script in scripts]

        def done() -> bool:
            while ends and _stands(ends[-1][0]) == ends[-1][1]:
                ends.pop()
            return not ends

        await self.until(done, seconds)

    async def as_many_as_come(self, scripts: Sequence[Script]) -> list[Script]:
        """Wait for replies one after another, and take back what was written for none."""
        used = []
        for script in scripts:
            await asyncio.sleep(0.5)  # by then the next has asked the model, if there is one
            if math.isnan(script.shown.began):
                break
            await self.whole([script])
            used.append(script)
        self.m2her.take_back()
        return used

    async def until(self, true: Callable[[], bool], seconds: float = LIVES) -> bool:
        """Wait for something that people can see; tell whether it came."""
        try:
            async with asyncio.timeout(seconds):
                while not true():
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    def results(self, scripts: Sequence[Script]) -> list[Shown]:
        """Return what became of scripts: each with its channel's mentions and typing."""
        where = {script: channel for channel, script in self._said_where()}
        by_channel: dict[int, list[Script]] = {}
        for script in scripts:
            if script in where:
                by_channel.setdefault(where[script], []).append(script)
        for channel, told in by_channel.items():
            self._share(channel, sorted(told, key=lambda each: each.shown.began))
        lost = [script for script in scripts if script not in where]
        for script in lost:  # never seen: it was asked for when its model was, at the latest
            script.shown.asked = script.shown.asked or [script.shown.began]
        return [script.shown for script in scripts]

    def _share(self, channel: int, scripts: list[Script]) -> None:
        """Give each script the mentions that were there when its model was asked, and not before."""
        asked = list(self._asked.get(channel, ()))
        typing = [
            self.world.started + request.at + self.world.rtt / 2
            for request in self.world.requests
            if request.method == "POST" and request.path == f"/channels/{channel}/typing"
        ]
        previous = 0.0
        for script in scripts:
            script.shown.asked = [at for at in asked if previous < at <= script.shown.began]
            script.shown.typing = typing
            script.shown.channel = channel
            previous = script.shown.began

    def _said_where(self) -> list[tuple[int, Script]]:
        return [
            (message.channel.id, self._of_post[message.id])
            for channel in self.world.channels.values()
            for message in channel.messages.values()
            if message.id in self._of_post
        ]

    # -- what is seen -----------------------------------------------------------------------

    def _look(self, event: Event) -> None:
        if event.name not in {"MESSAGE_CREATE", "MESSAGE_UPDATE"} or event.channel is None:
            return
        channel, number = event.channel, int(event.data["id"])
        message = channel.messages.get(number)
        if message is None or not self._is_ours(message):
            return
        seen = Seen(self._clock(), number, message.content, event.name == "MESSAGE_CREATE")
        self.seen.setdefault(channel.id, []).append(seen)
        script = self._script_of(seen, channel)
        if script is None:
            self.loose.setdefault(channel.id, []).append(seen)
        else:
            script.shown.seen.append(seen)
        self._changed.set()
        self._changed = asyncio.Event()

    def _is_ours(self, message: Message) -> bool:
        hook = message.webhook
        return message.author is self.world.bot or (
            hook is not None and hook.application == self.world.bot.id
        )

    def _script_of(self, seen: Seen, channel: Channel) -> Script | None:
        """Tell whose words a post shows: its own tag's, or those that came before it in its channel."""
        if seen.post in self._of_post:
            return self._of_post[seen.post]
        tag = TAG.search(seen.content)
        script = self._scripts.get(tag[0]) if tag else None
        if script is None and story(seen.content):
            talks = self._talks.get(channel.id)
            script = (
                talks if talks is not None and story(seen.content)[:20] in story(talks.shown.text) else None
            )
        if script is not None:
            self._of_post[seen.post] = self._talks[channel.id] = script
        return script

    # -- what it costs ----------------------------------------------------------------------

    def cpu(self) -> float:
        """Return the seconds of processor time the bot has taken."""
        return processor_time(self.process.pid)

    @contextmanager
    def unwatched(self) -> Iterator[None]:
        """Have the bot's loop not measured inside: that would be most of what it takes at rest."""
        self.process.signal(signal.SIGUSR1)
        try:
            yield
        finally:
            self.process.signal(signal.SIGUSR1)

    def memory(self) -> float:
        """Return the megabytes the bot holds."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) / 1024


def _stands(shown: Shown) -> str:
    """Return what of a reply stands there now."""
    return "".join(story(content) for content in {seen.post: seen.content for seen in shown.seen}.values())


@asynccontextmanager
async def stage(folder: Path, *, face: str, paced: bool, channels: int, window: int) -> AsyncIterator[Stage]:
    """Put it up, and let the bot come; `lags` tells afterwards how late its loop was.

    `window` is what the model reads at once, in tokens.
    """
    (folder / "personas").mkdir()
    for key, text in CAST.items():
        (folder / "personas" / f"{key}.yaml").write_text(text, encoding="utf-8")
    async with Model(key=KEY) as m2her, WireDiscord(rtt=RTT) as world:
        made = [world.channel, *(world.add_channel(f"room-{number}") for number in range(1, channels))]
        await _introduce(folder, made)
        async with Process(folder, world, m2her, *made) as process:
            process.module, process.real = "bench.live.measured", True
            process.environment |= {
                "BENCH_LAGS": str(_lags(folder)),
                "BENCH_UNPACED": "" if paced else "yes",
                "DRAMATIS_DEFAULTS__FACE": face,
                "DRAMATIS_MODEL__REQUESTS_PER_MINUTE": "5000",
                "DRAMATIS_MODEL__CONTEXT_WINDOW": str(window),
                "PYTHONWARNINGS": "ignore",
            }
            await process.start()
            await world.wait_for(lambda: world.sockets.connected)
            new = Stage(world, m2her, process, made, face)
            await _warm(new)
            yield new
            process.signal(signal.SIGTERM)
            await process.ended()
    assert world.unknown_routes == [], world.unknown_routes


async def _introduce(folder: Path, channels: Sequence[Channel]) -> None:
    """Let every channel know already who plays and what happens to people's words: that is told once."""
    (folder / "data").mkdir()
    database = await Database.open(folder / "data" / "dramatis.sqlite3", exclusive=True)
    for channel in channels:
        for kind, about in ((RECORDING, ""), *((OPENER, key) for key in CAST)):
            await Scenes(database).told(channel.id, kind, about, datetime.now(UTC))
    await database.close()


async def _warm(new: Stage) -> None:
    """Let a first reply be over that counts for nothing."""
    (channel,) = new.channels(1)
    script = new.script(40)
    new.ask(channel)
    await new.whole([script], 30)
    assert script.shown.seen, new.process.output
    await asyncio.sleep(1)


def _lags(folder: Path) -> Path:
    return folder / "lags.json"


def lags(folder: Path) -> list[tuple[float, float]]:
    """Return how late the bot's loop was, as (when, seconds)."""
    return [(at, late) for at, late in json.loads(_lags(folder).read_text(encoding="utf-8"))]


def clock() -> float:
    """Return the time as the loops of both processes have it."""
    return time.monotonic()
