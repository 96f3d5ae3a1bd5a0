"""The services that commands and controls draw on.

Law: one value per connected client, and no state of its own but the offers, the previews and the locks.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Protocol, cast
from weakref import WeakValueDictionary

import discord

from bot.core.reach import Reach, own_channel
from bot.core.routing import Respond
from bot.core.scene import Place
from bot.core.sharding import WHOLE, Shard
from bot.core.slowmode import SlowMode
from bot.discord_ui.inbound import reach_in, read_place
from bot.discord_ui.posting.faces import Faces
from bot.discord_ui.replies.moderation_log import ModerationLog
from bot.discord_ui.replies.runner import ReplyRunner
from bot.discord_ui.servers import Servers
from bot.discord_ui.voices import Voices
from bot.personas.shelf import Shelf
from bot.storage.cluster import Alone, Cluster
from bot.story.places.casting import ChannelCast
from bot.story.story import Story

PREVIEWS = 8
"""How many files' contents are kept for a decision; a further one takes the place of the oldest."""


class Preview(Protocol):
    """What a file would bring, until somebody decides."""

    def give_up(self) -> None:
        """Forget it."""


@dataclass(frozen=True, slots=True)
class Services:
    """The story, and what shows it, for one connected client.

    Attributes:
        story: the use cases of the story.
        runner: plays replies.
        faces: hands out posters.
        voices: the languages of channels.
        servers: the servers, and which of them are served.
        message_content: whether the bot reads messages that do not address it.
        shard: which servers the client hears of.
        offers: the ids of the buttons under answers that work until a restart at most.
        turn_locks: the locks of `lock_turn`, as long as they are held.
        command_ids: the id of each slash command by its name; none until they are known.
        moderation: the logs that servers' moderators read, and reports.
        slow_mode: when people last said something, where slow mode is on.
        previews: what files that were sent would bring, the oldest first; each takes memory.
        cluster: the processes, of which this is one.
    """

    story: Story
    runner: ReplyRunner
    faces: Faces
    voices: Voices
    servers: Servers
    moderation: ModerationLog
    message_content: bool
    shard: Shard = WHOLE
    slow_mode: SlowMode = field(default_factory=SlowMode)
    offers: set[str] = field(default_factory=set)
    turn_locks: WeakValueDictionary[int, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    command_ids: dict[str, int] = field(default_factory=dict)
    previews: "deque[Preview]" = field(default_factory=lambda: deque(maxlen=PREVIEWS))
    cluster: Cluster = field(default_factory=Alone)

    def lock_turn(self, turn_id: int) -> asyncio.Lock:
        """Return the lock that serialises edits to a turn's posts."""
        lock = self.turn_locks.get(turn_id)
        if lock is None:
            lock = self.turn_locks[turn_id] = asyncio.Lock()
        return lock

    def command(self, name: str) -> str:
        """Return the mention of a command such as `scene new`, which opens it where Discord's id is known."""
        id_ = self.command_ids.get(name.partition(" ")[0])
        return f"`/{name}`" if id_ is None else f"</{name}:{id_}>"

    def records(self, cast: ChannelCast) -> bool:
        """Return whether all messages of a channel are stored, not only those that address a persona."""
        return cast.bound and (self.message_content or cast.is_own)

    def wakes(self, cast: ChannelCast) -> Respond:
        """Return what gets an answer in a channel; a name does only where all messages are read."""
        if cast.settings.respond is Respond.NEVER or self.records(cast):
            return cast.settings.respond
        return Respond.MENTION

    async def may_read(self, server_id: int, key: str) -> bool:
        """Return whether a server's admins may read a persona's text: one of their own they always may."""
        return key in self.personas(server_id).own or await self.reads_hosts(server_id)

    async def reads_hosts(self, server_id: int) -> bool:
        """Return whether a server's admins may read the files of the bot's owner."""
        if self.story.casting.rules.servers.readable_by_all:
            return True
        return await self.servers.is_owners(server_id)

    def personas(self, server_id: int | None) -> Shelf:
        """Return the personas of a server, as they are now."""
        return self.story.casting.library.at(server_id)


class _Served(Protocol):
    services: Services


def services_of(interaction: discord.Interaction) -> Services:
    """Return the services of the client that received an interaction."""
    return cast("_Served", interaction.client).services


def server_of(interaction: discord.Interaction) -> int | None:
    """Return the server whose personas and settings hold where something was used; None for no server."""
    return interaction.guild_id if reach_in(interaction) is Reach.SERVER else None


def place_of(interaction: discord.Interaction) -> Place:
    """Return the place where a command or a control was used; outside of servers it is the person's own."""
    assert interaction.channel is not None
    reach, channel_id, user_id = reach_in(interaction), interaction.channel.id, interaction.user.id
    if reach is Reach.PERSONAL:
        return Place(own_channel(user_id, channel_id), owner=user_id)
    if reach is Reach.DIRECT:
        return Place(channel_id, owner=user_id)
    return read_place(interaction.channel, interaction.guild_id)
