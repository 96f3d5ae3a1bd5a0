"""What the bot says on Discord of its own accord: reports to its admins, and what is due to a channel.

Law: no reply and no start waits for it. What Discord does not take is in the log anyway.
"""

import logging
import secrets
import time
from collections import deque
from collections.abc import Callable
from hashlib import blake2b
from typing import Final

import discord

from bot.core.posts.nonces import Purpose, nonce
from bot.core.servers import Standing
from bot.discord_ui.gateway.shards import Shards
from bot.discord_ui.posting.by_bot import BotRoute
from bot.discord_ui.posting.request import Channel, NewPost, NotTaken, Unavailable
from bot.storage.cluster import Cluster
from bot.storage.errors import StorageError
from bot.story.personal_data.retention import AgeingNotice
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)

SAME: Final = 600.0
"""Seconds of the clock in which the same report of several processes is posted once."""

KEPT: Final = 100
"""Reports that a process remembers to have begun, so that it may try them again."""


class Reports:
    """The reports of a process."""

    def __init__(
        self,
        shards: Shards,
        admin_channel: Callable[[], int | None],
        cluster: Cluster,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Post by the clients of `shards`.

        `admin_channel` returns the admins' channel, None for none; `clock` the seconds of the computer's
        clock, on which the processes of `cluster` agree.
        """
        self._shards = shards
        self._admin_channel = admin_channel
        self._cluster = cluster
        self._clock = clock
        self._ours: deque[str] = deque(maxlen=KEPT)

    async def tell_admins(self, text: str) -> None:
        """Post a report in the admins' channel, if there is one."""
        await self.has_told_admins(text)

    async def has_told_admins(self, text: str) -> bool:
        """Post a report in the admins' channel, if there is one; False if another try may post it.

        What several processes find is posted once.
        """
        channel_id = self._admin_channel()
        if channel_id is None:
            return True
        if self._shards.any() is None:
            return False
        return not await self._is_ours(text) or await self._report(channel_id, text)

    async def _is_ours(self, text: str) -> bool:
        """Return whether this process is to post what others may have found too: the first is."""
        digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        name = f"report {digest} {int(self._clock() / SAME)}"
        if name in self._ours:
            return True
        try:
            if not await self._cluster.claim(name):
                return False
        except StorageError:  # which may be what it is about
            return True
        self._ours.append(name)
        return True

    async def tell_ageing(self, notice: AgeingNotice) -> bool:
        """Tell a channel when what was said there goes; False if another try may do it.

        Channels that are gone and threads that rest are left alone: a post would wake a thread.
        """
        place = notice.place
        if place.guild_id is None:  # a rehearsal, or a person's own: nobody gets messages unasked
            return True
        client = self._shards.of(place.guild_id)
        if client is None:
            return False
        standing = await client.servers.standing(place.guild_id)
        if standing is not Standing.SERVED:
            return standing is not Standing.UNKNOWN
        channel = client.get_channel(place.channel_id)
        if not isinstance(channel, Channel) or (isinstance(channel, discord.Thread) and channel.archived):
            return True
        voice, services = await client.services.voices.lookup(place), client.services
        text = voice.say(
            "notice.ageing",
            days=notice.keeping.days,
            ambient=notice.keeping.ambient_days,
            first=int(notice.first.timestamp()),
            export=services.command("scene export"),
            privacy=services.command("privacy"),
        )
        post = NewPost(f"-# {text}", nonce=nonce(Purpose.REPORT, secrets.randbits(64)))
        try:
            await client.faces.plain(BotRoute(channel), voice).send(post)
        except NotTaken as error:
            return not isinstance(error, Unavailable)
        return True

    async def _report(self, channel_id: int, text: str) -> bool:
        """Post a report in a channel; return False if it was not posted, but another try may do."""
        client = self._shards.any()
        if client is None:
            return False
        poster = client.faces.plain(BotRoute(client.get_partial_messageable(channel_id)), HOST)
        try:
            await poster.send(NewPost(text, nonce=nonce(Purpose.REPORT, secrets.randbits(64))))
        except NotTaken as error:
            log.warning(HOST.say("host.admin_channel", channel=channel_id, reason=error))
            return not isinstance(error, Unavailable)
        return True
