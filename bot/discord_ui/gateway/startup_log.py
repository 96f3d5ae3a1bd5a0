"""What the log says once the bot is on Discord: who it is, what it lacks, how to invite it.

Law: all of it is said once, when every shard is ready. A shard of several has a line for each connection.
"""

import logging
from typing import TYPE_CHECKING

import discord

from bot.texts.sentences import HOST

if TYPE_CHECKING:
    from bot.discord_ui.gateway.client import Client
    from bot.discord_ui.gateway.shards import Shards

log = logging.getLogger(__name__)

PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    read_message_history=True,
    manage_webhooks=True,
    create_public_threads=True,
    embed_links=True,
    attach_files=True,
    add_reactions=True,
)
"""What the invite link asks for; Embed Links is for future features. Never Manage Messages."""


class StartupLog:
    """The start-up lines, once for all shards."""

    def __init__(self, listens: str, lacks: tuple[str, ...] = ()) -> None:
        """Say where the bot `listens`, and what it `lacks`."""
        self._listens = listens
        self._lacks = lacks
        self._is_said = False

    def say(self, client: "Client", shards: "Shards") -> None:
        """Log that a client's shard is ready, and the start-up lines once all are."""
        if shards.count > 1:
            number, servers = client.shard.number, len(client.guilds)
            log.info(HOST.say("host.shard_ready", number=number, count=shards.count, servers=servers))
        if self._is_said or not shards.are_ready:
            return
        self._is_said = True
        assert client.application_id is not None
        facts = {"bot": client.user, "application": client.application_id, "servers": shards.servers}
        log.info(HOST.say("host.ready", **facts))
        log.info(self._listens)
        for sentence in self._lacks:
            log.warning(sentence)
        if not client.intents.message_content:
            log.warning(HOST.say("host.no_content_intent"))
        log.info(HOST.say("host.invite", link=invite_link(client.application_id)))


def invite_link(application_id: int) -> str:
    """Return the link that invites the bot with the least permissions it needs."""
    return discord.utils.oauth_url(
        application_id, permissions=PERMISSIONS, scopes=("bot", "applications.commands")
    )
