"""What a channel shows of the time in which nobody listened, and how the story follows it.

Law: no request takes a place that somebody waits for. A channel that may not be read, or of which Discord
says nothing, stays as it is stored.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, Protocol

import discord

from bot.core.catching_up import PAGE, Differences, Listing
from bot.core.scene import IncomingMessage, Participant, Place, Referenced
from bot.discord_ui import inbound
from bot.discord_ui.gateway.applications import Applications
from bot.discord_ui.gateway.rounds import Asking, Behind
from bot.discord_ui.interactions.common.services import Services
from bot.discord_ui.posting.lanes import Lane
from bot.discord_ui.posting.rate_limits import RateLimits
from bot.discord_ui.posting.request import Channel
from bot.discord_ui.starters import FAILED, UNREADABLE, starter_of
from bot.story.downtime.catching_up import Followed, Written

WITHIN: Final = 60.0
"""Seconds that one request may take: discord.py itself waits and repeats."""

Raw = Mapping[str, Any]
"""A message as Discord sends it."""


class Retractor(Protocol):
    """What is done about deleted messages."""

    async def retract(self, channel_id: int, guild_id: int | None, message_ids: list[int]) -> None:
        """Take deleted messages out of the story."""


class ChannelHistory:
    """What channels show, for one client."""

    def __init__(
        self, client: discord.Client, services: Services, limits: RateLimits, applications: Applications
    ) -> None:
        """Look at the channels of `client` within `limits`; `applications` knows whose webhooks are."""
        self._client = client
        self._services = services
        self._story = services.story.catching_up
        self._limits = limits
        self._applications = applications

    async def follow(self, behind: Behind, asking: Asking, retractor: Retractor) -> Followed:
        """Let the story of a channel become what the channel shows.

        `asking` is how Discord is asked; it gets the people that are.

        Raises:
            FAILED: Discord does not say what is there.
            StorageError: not all of it is stored.
        """
        place, channel = behind.place, await self._readable(asking, behind.place)
        if channel is None or behind.played is None:
            return Followed()
        known = await self._story.known(behind.played, behind.gaps)
        listing, raws = Listing(), dict[int, Raw]()
        while size := listing.next_page(known.wanted, self._story.bounds.messages):
            page = await self._page(asking, channel.id, size, min(raws, default=None))
            raws.update(page)
            edits = {id_: raw["edited_timestamp"] is not None for id_, raw in page.items()}
            listing = listing.with_page(edits, size)
        found = self._story.compare(known, listing, behind.gaps)
        if found.deleted:
            await retractor.retract(place.channel_id, place.guild_id, list(found.deleted))
        written = await self._written(asking, channel, found, raws)
        done = await self._story.follow(place, found, written)
        if done.outdated:  # they were edited while this was at work
            done += await self._again(asking, channel, done.outdated)
        return replace(done, deleted=done.deleted + len(found.deleted))

    async def archived(self, home: Place, asking: Asking) -> dict[Place, int]:
        """Return the public threads of a channel that were archived last, each with its newest message.

        Raises:
            FAILED: Discord does not say.
        """
        channel = self._client.get_channel(home.channel_id)
        if not isinstance(channel, discord.abc.GuildChannel) or not _may_read(channel):
            return {}
        await self._limits.admit(asking.urgency)
        async with asyncio.timeout(WITHIN):
            answer = await self._client.http.get_public_archived_threads(channel.id, limit=PAGE)
        return {
            Place(int(raw["id"]), channel.id, home.guild_id, home.category_id): int(
                raw.get("last_message_id") or raw["id"]
            )
            for raw in answer["threads"]
        }

    async def _again(self, asking: Asking, channel: Channel, outdated: tuple[int, ...]) -> Followed:
        """Store new messages as they are after an edit of this moment."""
        raws: dict[int, Raw] = {}
        for message_id in outdated:
            await self._limits.admit(asking.urgency)
            with suppress(discord.NotFound):
                raws[message_id] = await self._client.http.get_message(channel.id, message_id)
        found = Differences(new=outdated)
        written = await self._written(asking, channel, found, raws)
        return await self._story.follow(inbound.read_place(channel, _server(channel)), found, written)

    async def _page(self, asking: Asking, channel_id: int, size: int, before: int | None) -> dict[int, Raw]:
        """Return the newest messages of a channel by id, or those before one.

        Raises:
            FAILED: Discord does not say, or something else than messages of this channel.
        """
        key = ("GET", str(channel_id))
        await self._limits.wait_until_clear(asking.urgency, Lane(key, key))
        async with asyncio.timeout(WITHIN):
            page = await self._client.http.logs_from(channel_id, size, before=before)
        if any(int(raw["channel_id"]) != channel_id for raw in page):  # it would prove that others are gone
            raise ValueError(channel_id)
        return {int(raw["id"]): raw for raw in page}

    async def _written(
        self, asking: Asking, channel: Channel, found: Differences, raws: Mapping[int, Raw]
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
            if message.author.id not in names and not message.author.character:
                name = await self._name(asking, channel, message.author.id)
                names[message.author.id] = name or message.author.name
        renamed = {each: _under_names(message, names) for each, message in messages.items()}
        if await self._story.limits_players(place):
            renamed = {each: await self._as_member(asking, channel, one) for each, one in renamed.items()}
        return {each: Written(message, starter_of(message, channel)) for each, message in renamed.items()}

    def _read(self, raw: Raw, channel: Channel, bot_id: int) -> IncomingMessage | None:
        """Return a message that people may have written to the story; None for any other."""
        state = self._client._connection  # noqa: SLF001 - as the library itself reads a history
        try:
            message = state.create_message(channel=channel, data=raw)  # type: ignore[arg-type]
            incoming = inbound.read_message(message, bot_id, self._applications.known(message))
        except UNREADABLE:
            return None
        withheld = not message.content and not self._client.intents.message_content
        is_edit = message.edited_at is not None
        if message.type not in inbound.WORDS or self._services.story.hearing.is_foreign(incoming):
            return None
        return None if withheld and is_edit else incoming

    async def _as_member(self, asking: Asking, channel: Channel, message: IncomingMessage) -> IncomingMessage:
        """Return a message with what its author is on the server, which no listed message says."""
        if message.author.character:  # of a copy, its original says it
            return message
        member = await self._member(asking, channel, message.author.id)
        return replace(message, member=inbound.member_facts(member, inbound.allowed_in(channel, member)))

    async def _name(self, asking: Asking, channel: Channel, user_id: int) -> str | None:
        """Return a person's name on a server, which no listed message has; None if Discord does not say."""
        member = await self._member(asking, channel, user_id)
        return None if member is None else member.display_name

    async def _member(self, asking: Asking, channel: Channel, user_id: int) -> discord.Member | None:
        guild = getattr(channel, "guild", None)
        if guild is None:
            return None
        key = guild.id, user_id
        if key not in asking.people:
            asking.people[key] = None
            await self._limits.admit(asking.urgency)
            with suppress(*FAILED):
                async with asyncio.timeout(WITHIN):
                    asking.people[key] = await guild.fetch_member(user_id)
        return asking.people[key]

    async def _readable(self, asking: Asking, place: Place) -> Channel | None:
        """Return a channel or thread whose messages the bot may read; None if it may not."""
        channel: object = self._client.get_channel(place.channel_id)
        if channel is None:
            if place.parent_id is None:
                return None
            await self._limits.admit(asking.urgency)  # an archived thread, which is not in the cache
            async with asyncio.timeout(WITHIN):
                channel = await self._client.fetch_channel(place.channel_id)
        if not isinstance(channel, Channel) or not isinstance(
            channel, discord.abc.GuildChannel | discord.Thread
        ):
            return None
        return channel if _may_read(channel) else None


def _may_read(channel: discord.abc.GuildChannel | discord.Thread) -> bool:
    allowed = channel.permissions_for(channel.guild.me)
    return allowed.view_channel and allowed.read_message_history


def _server(channel: Channel) -> int | None:
    guild = getattr(channel, "guild", None)
    return guild.id if guild is not None else None


def _under_names(message: IncomingMessage, names: Mapping[int, str]) -> IncomingMessage:
    """Return a message with the names that people have on the server: a listed one has those of accounts."""

    def called(person: Participant) -> Participant:
        if person.character:  # a proxy's copy has the name that people see
            return person
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
