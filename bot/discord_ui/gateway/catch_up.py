"""Catching up on Discord: which channels, in which order, and when again what could not be read.

Law: nothing here is urgent but what was missed a moment ago. A round follows each connection, and the end of
each outage of a server; what it cannot catch up keeps its gap. Names and decisions are the story's.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, Protocol

import discord

from bot.core.posts.pace import Urgency
from bot.core.scene import Place
from bot.core.servers import Standing
from bot.discord_ui import inbound
from bot.discord_ui.gateway.channel_history import WITHIN, ChannelHistory, Retractor
from bot.discord_ui.gateway.rounds import Behind, Round
from bot.discord_ui.interactions.common.services import Services
from bot.discord_ui.posting.rate_limits import RateLimits
from bot.discord_ui.posting.request import Channel, Unavailable
from bot.discord_ui.starters import FAILED
from bot.storage.errors import StorageError
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)

PATIENCE: Final = 2.0
"""Seconds that a reply waits for what was said in its channel while nobody listened."""

LONGER_PATIENCE: Final = 8.0
"""The same where who asked meanwhile still waits, and would be told that the bot was restarted."""

AT_ONCE: Final = 4
"""Channels that are caught up at the same time."""

PAUSES: Final = (5.0, 30.0, 180.0)
"""Seconds before the channels of which Discord said nothing are asked for again."""

LATER: Final = (900.0, 3600.0, 10_800.0, 36_000.0)
"""Seconds before they are asked for again when all else is caught up; then the next connection does it."""

UNKNOWN_CHANNEL: Final = 10_003
"""Discord's code for a channel or thread that was deleted (its page "Opcodes and Status Codes")."""


class Handler(Retractor, Protocol):
    """What is done about what a channel shows."""

    async def channel_deleted(self, channel_id: int) -> None:
        """Handle the deletion of a channel with its threads, or of a thread."""

    async def settle(self, channel_id: int | None = None) -> int:
        """Answer who waits, or tell them; return how many replies begin."""


class CatchUp:
    """Catching up for one client, with what its shard has missed."""

    def __init__(
        self,
        client: discord.Client,
        services: Services,
        history: ChannelHistory,
        limits: RateLimits,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        """Look at what `history` has of channels of `client`; `sleep` waits before another try."""
        self._client = client
        self._services = services
        self._story = services.story.catching_up
        self._shard = services.shard
        self._gaps = self._story.gaps(services.shard)
        self._history = history
        self._limits = limits
        self._sleep = sleep
        self._rounds: list[Round] = []
        self._one_at_a_time = asyncio.Lock()
        self._outages: set[int] = set()
        self._storing_outages = asyncio.Lock()
        self._running: set[asyncio.Task[Any]] = set()
        self._closed = False

    # -- when -------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """Note that a new session has begun: what came before it is to be caught up."""
        self._stop()
        begun = Round(discord.utils.utcnow())
        self._rounds.append(begun)
        if not self._story.bounds.is_on:
            begun.over()
        try:
            begun.open(await self._gaps.open(), self._story.bounds)
        except StorageError as error:
            self._services.runner.complaints.storage_failed(0, error)

    async def wait(self, channel_id: int) -> None:
        """Wait a moment until a channel is caught up; at once if it is."""
        guild = getattr(self._client.get_channel(channel_id), "guild", None)
        for each in tuple(self._rounds):
            if each.covers(guild.id if guild is not None else None):
                patience = LONGER_PATIENCE if each.is_awaited else PATIENCE
                with suppress(TimeoutError):
                    async with asyncio.timeout(patience):
                        await each.reaches(channel_id)

    async def run(self, handler: Handler) -> None:
        """Catch up all active channels of the session that has begun, and settle what is owed anywhere."""
        for current in self._rounds:
            if current.server_id is None:
                await self._start(current, handler)
                return

    async def outage(self, server_id: int) -> None:
        """Note that Discord tells nothing of a server anymore."""
        self._outages.add(server_id)
        with suppress(StorageError):  # the next start looks from where all was heard
            await self._store_outages([server_id])

    async def outage_over(self, server_id: int, handler: Handler) -> None:
        """Catch up a server of which Discord tells again; nothing to do for any other."""
        if server_id in self._outages:
            self._outages.discard(server_id)
            current = Round(discord.utils.utcnow(), server_id)
            self._rounds.append(current)
            await self._start(current, handler)

    async def note(self) -> None:
        """Store up to where all was heard."""
        with suppress(StorageError):  # the next message will tell
            await self._gaps.note()

    async def close(self) -> None:
        """Stop, and note what was heard."""
        self.stop()
        with suppress(StorageError):
            await self._gaps.note(everything=self._services.runner.idle)

    def stop(self) -> None:
        """Catch up nothing more; what is missed stays stored, for the process that has the shard now."""
        self._closed = True
        self._stop()

    def _stop(self) -> None:
        for task in self._running:
            task.cancel()
        for each in self._rounds:
            each.over()
        self._rounds.clear()
        self._outages.clear()

    async def _store_outages(self, server_ids: Iterable[int]) -> None:
        async with self._storing_outages:
            for server_id in server_ids:
                if self._story.bounds.is_on:
                    await self._gaps.begin_outage(server_id)

    # -- a round ----------------------------------------------------------------------------------

    async def _start(self, current: Round, handler: Handler) -> None:
        if self._closed:
            return
        running = asyncio.create_task(self._run(current, handler), name="catching up")
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        await asyncio.wait([running])
        if not running.cancelled() and (error := running.exception()) is not None:
            raise error

    async def _run(self, current: Round, handler: Handler) -> None:
        try:
            async with self._one_at_a_time:
                await self._first(current, handler)
            if current.failed:
                await self._later(current, handler)
        except StorageError as error:  # the gaps stay
            self._services.runner.complaints.storage_failed(0, error)
        finally:
            for task in current.settling:
                task.cancel()
            current.over()
            if current in self._rounds:
                self._rounds.remove(current)

    async def _first(self, current: Round, handler: Handler) -> None:
        """Catch up all that can be by now, and store what is left."""
        if not self._story.bounds.is_on:
            await self._gaps.give_up()
        elif current.gap is not None or current.server_id is not None:
            await self._plan(current)
            await self._tries(current, handler, PAUSES)
            current.over()
            await self._leave_deleted(current, handler)
        await self._settled(current)
        current.answers += await handler.settle()
        self._tell(current)
        gap = current.gap
        await self._gaps.close(gap, current.whole_servers, current.close())

    async def _later(self, current: Round, handler: Handler) -> None:
        """Ask again for the channels of which Discord said nothing."""
        await self._sleep(LATER[0])
        current.channels = len(current.failed)
        current.again()
        await self._tries(current, handler, LATER[1:])
        await self._settled(current)
        current.channels -= len(current.failed)
        self._tell(current)

    async def _settled(self, current: Round) -> None:
        current.answers += sum(await asyncio.gather(*current.settling))
        current.settling.clear()

    def _tell(self, current: Round) -> None:
        if current.channels or current.answers:
            done = current.done
            counts = {"new": done.new, "edited": done.edited, "deleted": done.deleted}
            log.info(HOST.say("host.caught_up", channels=current.channels, answers=current.answers, **counts))

    async def _tries(self, current: Round, handler: Handler, pauses: Iterable[float]) -> None:
        """Catch up the channels that wait; those of which Discord says nothing again after each pause."""

        async def work() -> None:
            while (behind := current.next()) is not None:
                await self._try(current, behind, handler)
                settling = handler.settle(behind.place.channel_id)
                current.settling.add(asyncio.create_task(settling, name="settle"))

        for pause in (*pauses, None):
            async with asyncio.TaskGroup() as workers:
                for _ in range(AT_ONCE):
                    workers.create_task(work(), name="catching up")
            if not current.failed or pause is None:
                return
            await self._sleep(pause)
            current.again()

    async def _try(self, current: Round, behind: Behind, handler: Handler) -> None:
        """Catch up one channel; if Discord does not say what is there, it is tried again later."""
        place = behind.place
        try:
            async with _unless_deleted(place.channel_id, handler):
                with suppress(discord.Forbidden):  # it may not be read
                    await self._catch_up(current, behind, handler)
            if behind.is_stored:
                await self._gaps.caught_up(place.guild_id or 0, place.channel_id)
        except StorageError as error:
            self._services.runner.complaints.storage_failed(place.channel_id, error)
            current.failed.append(behind)
        except (Unavailable, *FAILED) as error:
            told = isinstance(error, Unavailable | discord.DiscordException)
            reason = error if told else type(error).__name__
            log.info(HOST.say("host.not_caught_up", channel=place.channel_id, reason=reason))
            current.failed.append(behind)
        finally:
            current.reached(place.channel_id)

    async def _catch_up(self, current: Round, behind: Behind, handler: Handler) -> None:
        standing = await self._services.servers.standing(behind.place.guild_id)
        if standing is Standing.UNKNOWN:
            raise Unavailable(HOST.say("host.unknown_standing"))
        if standing is Standing.SERVED:
            done = await self._history.follow(behind, current.asking, handler)
            current.done += done  # after the wait: other channels are added meanwhile
            current.reached(behind.place.channel_id)
            if behind.has_threads:
                await self._find_archived(current, behind)

    # -- which channels ---------------------------------------------------------------------------

    async def _plan(self, current: Round) -> None:
        """Let wait what is active, and where something was written that belongs to a story yet to begin."""
        guilds = [each for each in self._client.guilds if current.covers(each.id)]
        here = [each for each in guilds if not each.unavailable]
        away = [each.id for each in guilds if each.unavailable]
        self._outages.update(away)
        await self._store_outages(away)
        current.look_at({each.id for each in here}, await self._story.missed(self._shard))
        channels = {
            inbound.read_place(channel, guild.id): channel
            for guild in here
            for channel in (*guild.channels, *guild.threads)
            if not isinstance(channel, discord.CategoryChannel)
        }
        bound = await self._story.bound(place for place in channels if current.since(place))
        fresh = [
            place
            for place in bound
            if isinstance(channels[place], Channel) and self._last_message(place) > current.since(place)
        ]
        homes = {
            place.channel_id: place
            for place in bound
            if isinstance(channels[place], discord.TextChannel | discord.ForumChannel)
        }
        active = await self._story.active(self._last_message, fresh)
        current.add(
            current.behind(each.place, each, has_threads=each.place.channel_id in homes) for each in active
        )
        current.add(current.behind(home, None, has_threads=True) for home in homes.values())
        current.planned()

    async def _find_archived(self, current: Round, behind: Behind) -> None:
        """Let the threads of a channel wait too that were written in and archived meanwhile."""
        newest = {
            place: last
            for place, last in (await self._history.archived(behind.place, current.asking)).items()
            if last > current.since(place)
        }
        bound = await self._story.bound(newest)
        last = {place.channel_id: newest[place] for place in bound}
        active = await self._story.active(lambda place: last.get(place.channel_id, 0), bound)
        found = [current.behind(each.place, each) for each in active if each.place.channel_id in last]
        await self._gaps.keep(current.add(found))

    async def _leave_deleted(self, current: Round, handler: Handler) -> None:
        """Delete what is stored of channels that were deleted meanwhile, with their threads, however old."""
        places = [each for each in await self._story.places() if current.covers(each.guild_id)]
        for channel_id in sorted({each.home_id for each in places if self._lacks(each)}):
            await self._limits.admit(Urgency.CATCHING_UP)  # nobody waits for that
            with suppress(*FAILED):  # it may not be seen, or the next session will tell
                async with _unless_deleted(channel_id, handler), asyncio.timeout(WITHIN):
                    await self._client.fetch_channel(channel_id)

    def _lacks(self, place: Place) -> bool:
        """Return whether the server of a place does not have its channel, as far as is known."""
        guild = self._client.get_guild(place.guild_id or 0)
        return guild is not None and not guild.unavailable and guild.get_channel(place.home_id) is None

    def _last_message(self, place: Place) -> int:
        return getattr(self._client.get_channel(place.channel_id), "last_message_id", None) or 0


@asynccontextmanager
async def _unless_deleted(channel_id: int, handler: Handler) -> AsyncIterator[None]:
    """Delete what is stored of a channel if Discord says that it does not know it; nothing else is proven."""
    try:
        yield
    except discord.NotFound as error:
        if error.code == UNKNOWN_CHANNEL:
            await handler.channel_deleted(channel_id)
