"""Catching up on Discord: what channels show of the time in which the bot heard nothing.

Law: nothing here is urgent, and no request takes a place that somebody waits for. A channel that may not be
read, or of which Discord says nothing, stays as it is stored. Names and decisions are the story's.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

import discord

from bot.core.catching_up import Differences, Gap, Listing
from bot.core.posts.pace import Urgency
from bot.core.scene import IncomingMessage, Participant, Place, Referenced
from bot.core.servers import Standing
from bot.discord_ui import inbound
from bot.discord_ui.interactions.services import Services
from bot.discord_ui.posting.rate_limits import Lane, RateLimits
from bot.discord_ui.posting.request import Channel
from bot.discord_ui.starters import FAILED, UNREADABLE, starter_of
from bot.storage.errors import StorageError
from bot.storage.heard import Played
from bot.story.catching_up import Followed, Written
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)

PATIENCE: Final = 2.0
"""Seconds that a reply waits for what was said in its channel while nobody listened."""

AT_ONCE: Final = 4
"""Channels that are caught up at the same time."""

WITHIN: Final = 60.0
"""Seconds that one request may take: discord.py itself waits and repeats."""

PAUSES: Final = (5.0, 30.0, 180.0)
"""Seconds before the channels of which Discord said nothing are asked for again."""

Raw = Mapping[str, Any]
"""A message as Discord sends it."""


class Handler(Protocol):
    """What is done about what a channel shows."""

    async def deleted(self, channel_id: int, guild_id: int | None, message_ids: list[int]) -> None:
        """Handle the deletion of messages."""

    async def settle(self, channel_id: int | None = None) -> int:
        """Answer who waits, or tell them; return how many replies begin."""


@dataclass(eq=False, slots=True)
class _Round:
    """What is to be caught up after one connection; `names` has those that Discord was asked for."""

    gap: Gap | None = None
    planned: asyncio.Event = field(default_factory=asyncio.Event)
    behind: dict[int, asyncio.Event] = field(default_factory=dict)
    waiting: deque[Played] = field(default_factory=deque)
    failed: list[Played] = field(default_factory=list)
    names: dict[tuple[int, int], str | None] = field(default_factory=dict)
    done: Followed = field(default_factory=Followed)
    answers: int = 0

    def plan(self, channels: list[Played]) -> None:
        """Begin with these channels, in this order."""
        self.waiting.extend(channels)
        self.behind = {each.place.channel_id: asyncio.Event() for each in channels}
        self.planned.set()

    def next(self) -> Played | None:
        """Return the channel that is next; None if all have begun."""
        return self.waiting.popleft() if self.waiting else None

    async def reaches(self, channel_id: int) -> None:
        """Wait until a channel is caught up, which comes next from now on."""
        await self.planned.wait()
        if channel_id in self.behind:
            first = [each for each in self.waiting if each.place.channel_id == channel_id]
            for each in first:
                self.waiting.remove(each)
            self.waiting.extendleft(first)
            await self.behind[channel_id].wait()

    def reached(self, played: Played) -> None:
        """Let nobody wait for a channel anymore."""
        self.behind[played.place.channel_id].set()

    def over(self) -> None:
        """Let nobody wait for any."""
        self.planned.set()
        for each in self.behind.values():
            each.set()


class CatchUp:
    """Catching up for one client."""

    def __init__(
        self,
        client: discord.Client,
        services: Services,
        limits: RateLimits,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        """Look at the channels of `client` within `limits`; `sleep` waits before another try."""
        self._client = client
        self._services = services
        self._story = services.story.catching_up
        self._limits = limits
        self._sleep = sleep
        self._round: _Round | None = None
        self._running: set[asyncio.Task[Any]] = set()
        self._closed = False

    async def begin(self) -> None:
        """Note that a new session has begun: what came before it is to be caught up."""
        self._stop()
        begun = self._round = _Round()
        if not self._story.bounds.is_on:
            begun.over()
        try:
            begun.gap = await self._story.open_gap()
        except StorageError as error:
            self._services.runner.complaints.storage_failed(0, error)

    async def wait(self, channel_id: int) -> None:
        """Wait a moment until a channel is caught up; at once if it is."""
        if self._round is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await self._round.reaches(channel_id)

    async def run(self, handler: Handler) -> None:
        """Catch up all active channels, and settle what is owed anywhere."""
        current = self._round
        if current is None or self._closed:
            return
        running = asyncio.create_task(self._run(current, handler), name="catching up")
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        await asyncio.wait([running])
        if not running.cancelled() and (error := running.exception()) is not None:
            raise error

    async def note(self) -> None:
        """Store up to where all was heard."""
        with suppress(StorageError):  # the next message will tell
            await self._story.note()

    async def close(self) -> None:
        """Stop, and note what was heard."""
        self._closed = True
        self._stop()
        with suppress(StorageError):
            await self._story.note(everything=self._services.runner.idle)

    def _stop(self) -> None:
        for task in self._running:
            task.cancel()
        if self._round is not None:
            self._round.over()
            self._round = None

    async def _run(self, current: _Round, handler: Handler) -> None:
        settling: set[asyncio.Task[int]] = set()
        try:
            if current.gap is not None and self._story.bounds.is_on:
                await self._catch_up_all(current, current.gap, handler, settling)
                current.over()
            current.answers += sum(await asyncio.gather(*settling))
            current.answers += await handler.settle()
        except StorageError as error:  # the gap stays open
            self._services.runner.complaints.storage_failed(0, error)
            return
        finally:
            for task in settling:
                task.cancel()
            current.over()
        if current.gap is not None:
            self._story.close_gap(current.gap)
        if current.behind or current.answers:
            done = current.done
            counts = {"new": done.new, "edited": done.edited, "deleted": done.deleted}
            log.info(
                HOST.say("host.caught_up", channels=len(current.behind), answers=current.answers, **counts)
            )

    async def _catch_up_all(
        self, current: _Round, gap: Gap, handler: Handler, settling: set[asyncio.Task[int]]
    ) -> None:
        current.plan([each for each in await self._story.active(self._last_message) if self._is_here(each)])

        async def work() -> None:
            while (played := current.next()) is not None:
                await self._try(current, gap, played, handler)
                settling.add(asyncio.create_task(handler.settle(played.place.channel_id), name="settle"))

        for pause in (*PAUSES, None):
            async with asyncio.TaskGroup() as workers:
                for _ in range(AT_ONCE):
                    workers.create_task(work(), name="catching up")
            if not current.failed or pause is None:
                return
            await self._sleep(pause)
            current.waiting.extend(current.failed)
            current.failed.clear()

    async def _try(self, current: _Round, gap: Gap, played: Played, handler: Handler) -> None:
        """Catch up one channel; if Discord does not say what is there, it is tried again later."""
        channel_id = played.place.channel_id
        try:
            done = await self._catch_up(current, gap, played, handler)
            current.done += done  # after the wait: other channels are added meanwhile
        except (discord.Forbidden, discord.NotFound):
            pass  # it may not be read, or is gone
        except StorageError as error:
            self._services.runner.complaints.storage_failed(channel_id, error)
            current.failed.append(played)
        except FAILED as error:
            reason = error if isinstance(error, discord.DiscordException) else type(error).__name__
            log.info(HOST.say("host.not_caught_up", channel=channel_id, reason=reason))
            current.failed.append(played)
        finally:
            current.reached(played)

    # -- one channel ------------------------------------------------------------------------------

    async def _catch_up(self, current: _Round, gap: Gap, played: Played, handler: Handler) -> Followed:
        place = played.place
        if await self._services.servers.standing(place.guild_id) is not Standing.SERVED:
            return Followed()
        channel = await self._readable(place)
        if channel is None:
            return Followed()
        known = await self._story.known(played, gap)
        listing, raws = Listing(), dict[int, Raw]()
        while size := listing.next_page(known.wanted, self._story.bounds.messages):
            page = await self._page(channel.id, size, min(raws, default=None))
            raws.update(page)
            edits = {id_: raw["edited_timestamp"] is not None for id_, raw in page.items()}
            listing = listing.with_page(edits, size)
        found = self._story.compare(known, listing, gap)
        if found.deleted:
            await handler.deleted(place.channel_id, place.guild_id, list(found.deleted))
        written = await self._written(current, channel, found, raws)
        done = await self._story.follow(place, found, written)
        if done.outdated:  # they were edited while this was at work
            done += await self._again(current, channel, done.outdated)
        return replace(done, deleted=done.deleted + len(found.deleted))

    async def _again(self, current: _Round, channel: Channel, outdated: tuple[int, ...]) -> Followed:
        """Store new messages as they are after an edit of this moment."""
        raws: dict[int, Raw] = {}
        for message_id in outdated:
            await self._limits.admit(Urgency.LOOKING_BACK)
            with suppress(discord.NotFound):
                raws[message_id] = await self._client.http.get_message(channel.id, message_id)
        found = Differences(new=outdated)
        written = await self._written(current, channel, found, raws)
        return await self._story.follow(inbound.read_place(channel, _server(channel)), found, written)

    async def _page(self, channel_id: int, size: int, before: int | None) -> dict[int, Raw]:
        """Return the newest messages of a channel by id, or those before one.

        Raises:
            FAILED: Discord does not say, or something else than messages of this channel.
        """
        key = ("GET", str(channel_id))
        await self._limits.wait_until_clear(Urgency.LOOKING_BACK, Lane(key, key))
        async with asyncio.timeout(WITHIN):
            page = await self._client.http.logs_from(channel_id, size, before=before)
        if any(int(raw["channel_id"]) != channel_id for raw in page):  # it would prove that others are gone
            raise ValueError(channel_id)
        return {int(raw["id"]): raw for raw in page}

    async def _written(
        self, current: _Round, channel: Channel, found: Differences, raws: Mapping[int, Raw]
    ) -> dict[int, Written]:
        """Return the new and edited messages as far as they can be read, under the names that people see."""
        bot_id = self._client.user.id if self._client.user else 0
        messages: dict[int, IncomingMessage] = {}
        for each in (*found.new, *found.edited):
            message = self._read(raws[each], channel, bot_id) if each in raws else None
            if message is not None:
                messages[each] = message
            await asyncio.sleep(0)  # two hundred at a time would hold up what is urgent
        place = inbound.read_place(channel, _server(channel))
        names = await self._story.names(place)
        for message in messages.values():
            if message.author.id not in names:
                name = await self._name(current, channel, message.author.id)
                names[message.author.id] = name or message.author.name
        renamed = {each: _under_names(message, names) for each, message in messages.items()}
        return {each: Written(message, starter_of(message, channel)) for each, message in renamed.items()}

    def _read(self, raw: Raw, channel: Channel, bot_id: int) -> IncomingMessage | None:
        """Return a message that people may have written to the story; None for any other."""
        state = self._client._connection  # noqa: SLF001 - as the library itself reads a history
        try:
            message = state.create_message(channel=channel, data=raw)  # type: ignore[arg-type]
            incoming = inbound.read_message(message, bot_id)
        except UNREADABLE:
            return None
        withheld = not message.content and not self._client.intents.message_content
        is_edit = message.edited_at is not None
        if message.type not in inbound.WORDS or self._services.story.hearing.ignores(incoming):
            return None
        return None if withheld and is_edit else incoming

    async def _name(self, current: _Round, channel: Channel, user_id: int) -> str | None:
        """Return a person's name on a server, which no listed message has; None if Discord does not say."""
        guild = getattr(channel, "guild", None)
        if guild is None:
            return None
        key = guild.id, user_id
        if key not in current.names:
            current.names[key] = None
            await self._limits.admit(Urgency.LOOKING_BACK)
            with suppress(*FAILED):
                async with asyncio.timeout(WITHIN):
                    current.names[key] = (await guild.fetch_member(user_id)).display_name
        return current.names[key]

    # -- which channels ---------------------------------------------------------------------------

    def _is_here(self, played: Played) -> bool:
        guild_id = played.place.guild_id
        return guild_id is not None and self._client.get_guild(guild_id) is not None

    def _last_message(self, place: Place) -> int:
        return getattr(self._client.get_channel(place.channel_id), "last_message_id", None) or 0

    async def _readable(self, place: Place) -> Channel | None:
        """Return a channel or thread whose messages the bot may read; None if it may not."""
        channel: object = self._client.get_channel(place.channel_id)
        if channel is None:
            if place.parent_id is None:
                return None
            await self._limits.admit(Urgency.LOOKING_BACK)  # an archived thread, which is not in the cache
            async with asyncio.timeout(WITHIN):
                channel = await self._client.fetch_channel(place.channel_id)
        if not isinstance(channel, Channel) or not isinstance(
            channel, discord.abc.GuildChannel | discord.Thread
        ):
            return None
        allowed = channel.permissions_for(channel.guild.me)
        return channel if allowed.view_channel and allowed.read_message_history else None


def _server(channel: Channel) -> int | None:
    guild = getattr(channel, "guild", None)
    return guild.id if guild is not None else None


def _under_names(message: IncomingMessage, names: Mapping[int, str]) -> IncomingMessage:
    """Return a message with the names that people have on the server: a listed one has those of accounts."""

    def called(person: Participant) -> Participant:
        return replace(person, name=names.get(person.id, person.name))

    def referred(each: Referenced) -> Referenced:
        return replace(each, author=called(each.author), lookup=known(each.lookup))

    def known(lookup: Any) -> Any:  # noqa: ANN401 - a `Lookup`
        return replace(lookup, people={id_: names.get(id_, name) for id_, name in lookup.people.items()})

    return replace(
        message,
        author=called(message.author),
        lookup=known(message.lookup),
        replied=referred(message.replied) if message.replied is not None else None,
    )
