"""The servers that the bot is on: which of them it serves, and what its owner is told of them.

Law: every handler of an event or an interaction asks `standing` first, and `core.servers` decides. What
Discord once said of a server is kept while it cannot be asked.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import discord
from discord.utils import escape_markdown

from bot.core.posts.waiting_lines import WaitingLines
from bot.core.servers import Standing
from bot.discord_ui.starters import FAILED, UNREADABLE
from bot.story.places.rules import Rules
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)

FRESH = 3600.0
"""Seconds after which Discord is asked again who is a member of a server and who owns the application."""

PAUSE = 30.0
"""Seconds before Discord is asked again where it did not answer."""

PATIENCE = 1.5
"""Seconds that an interaction waits for Discord's answer: its own is due within three (Discord's page
"Receiving and Responding to Interactions")."""

NO_MEMBER = frozenset({10004, 10007, 10013, 50001})
"""Discord's codes that say that somebody is no member (its page "Opcodes and Status Codes"): unknown server,
member or user; and missing access, where only the bot's commands were added and nobody can be looked up."""


@dataclass(slots=True)
class Membership:
    """Whether the owner is a member of a server, and from which time on Discord is asked again."""

    has_owner: bool | None
    fresh_until: float


@dataclass(slots=True)
class Acquaintance:
    """What is known of servers, and waits for them; it outlives the client that learnt it.

    Attributes:
        memberships: what Discord said, by server.
        logged: the servers of which the log has said that they are not served.
        owners: the application's owner, or the members of its team; empty before Discord has said.
        owners_until: from which time on Discord is asked again for them.
        log_lines: the lines that wait for the logs of their moderators, by server.
    """

    memberships: dict[int, Membership] = field(default_factory=dict)
    logged: set[int] = field(default_factory=set)
    owners: frozenset[int] = frozenset()
    owners_until: float = 0.0
    log_lines: dict[int, WaitingLines] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HostSide:
    """What a host has set and is told.

    Attributes:
        rules: returns the rules of the configuration.
        admin_channel: returns the channel for reports to admins; None for none.
        tell: posts a report there.
        clock: returns seconds that never go back.
    """

    rules: Callable[[], Rules]
    admin_channel: Callable[[], int | None]
    tell: Callable[[str], Awaitable[None]]
    clock: Callable[[], float]


class Servers:
    """The servers of one client."""

    def __init__(self, client: discord.Client, host: HostSide, known: Acquaintance) -> None:
        """Judge the servers of `client` by the host's rules and by what is `known`."""
        self._client = client
        self._host = host
        self._known = known
        self._asking: dict[int, asyncio.Task[None]] = {}
        self._order: dict[int, asyncio.Lock] = {}

    async def standing(self, server_id: int | None, *, within: float | None = None) -> Standing:
        """Return whether a server is served; None is no server, as in direct messages.

        Discord is asked where its answer matters. If it never said, it is waited for, up to `within` seconds
        (None: as long as it takes); an old answer counts until there is a new one.
        """
        if server_id is None:
            return Standing.SERVED
        found = self._judge(server_id, None)
        if found is Standing.UNKNOWN:
            found = self._judge(server_id, await self._is_owner_there(server_id, within))
        if found is Standing.STRANGER and server_id not in self._known.logged:
            self._known.logged.add(server_id)
            log.warning(_about("host.stranger", server_id, self._client.get_guild(server_id)))
        return found

    async def is_owners(self, server_id: int) -> bool:
        """Return whether the bot's owner is known to be a member of a server."""
        return await self._is_owner_there(server_id, PATIENCE) is True

    async def tells_host(self, user_id: int, server_id: int | None) -> bool:
        """Return whether a person is the bot's owner, or of their team, where they may read of all servers.

        That is in direct messages, and on the server of the channel for reports.
        """
        if server_id is not None:
            guild, channel_id = self._client.get_guild(server_id), self._host.admin_channel()
            if guild is None or channel_id is None or guild.get_channel_or_thread(channel_id) is None:
                return False
        try:
            return user_id in await self._owners()
        except FAILED as error:
            reason = type(error).__name__ if isinstance(error, UNREADABLE) else error
            log.warning(HOST.say("host.not_asked", id=server_id or 0, reason=reason))
            return False

    def name(self, server_id: int) -> str:
        """Return a server's name; its id where the bot is no longer a member."""
        guild = self._client.get_guild(server_id)
        return str(server_id) if guild is None else guild.name

    async def joined(self, guild: discord.Guild) -> None:
        """Tell the host that the bot was added to a server, and whether it serves it."""
        self._known.memberships.pop(guild.id, None)
        self._known.logged.discard(guild.id)
        await self._report(_about("host.joined", guild.id, guild))
        if await self.standing(guild.id) is Standing.STRANGER:
            await self._tell(_about("host.stranger", guild.id, guild))

    async def left(self, guild: discord.Guild) -> None:
        """Tell the host that the bot was removed from a server."""
        self._known.memberships.pop(guild.id, None)
        await self._report(_about("host.left", guild.id, guild))

    def close(self) -> None:
        """Ask Discord nothing more."""
        for asking in self._asking.values():
            asking.cancel()

    def _judge(self, server_id: int, has_owner: bool | None) -> Standing:  # noqa: FBT001 - a fact, not a flag
        rules, guild = self._host.rules(), self._client.get_guild(server_id)
        named = [id_ for id_ in (*rules.channels, self._host.admin_channel()) if id_ is not None]
        return rules.servers.standing(
            server_id,
            names_channel=guild is not None and any(map(guild.get_channel_or_thread, named)),
            has_owner=has_owner,
        )

    async def _is_owner_there(self, server_id: int, within: float | None) -> bool | None:
        """Return whether the owner is a member; None if Discord has never said."""
        known = None
        # Events pass one after another: a deletion must not overtake its message, which waits here.
        with suppress(TimeoutError):
            async with asyncio.timeout(within), self._order.setdefault(server_id, asyncio.Lock()):
                known = self._known.memberships.get(server_id)
                if known is None or self._host.clock() >= known.fresh_until:
                    asking = self._ask_soon(server_id)
                    if known is None or known.has_owner is None:
                        await asyncio.wait([asking])
                        known = self._known.memberships.get(server_id)
        return known.has_owner if known else None

    def _ask_soon(self, server_id: int) -> asyncio.Task[None]:
        asking = self._asking.get(server_id)
        if asking is None:
            asking = asyncio.create_task(self._ask(server_id), name=f"members of {server_id}")
            self._asking[server_id] = asking
            asking.add_done_callback(lambda _: self._asking.pop(server_id, None))
        return asking

    async def _ask(self, server_id: int) -> None:
        known = self._known.memberships.get(server_id)
        has_owner, pause = known.has_owner if known else None, PAUSE
        try:
            has_owner, pause = await self._has_owner(server_id), FRESH
        except FAILED as error:
            reason = type(error).__name__ if isinstance(error, UNREADABLE) else error
            log.warning(HOST.say("host.not_asked", id=server_id, reason=reason))
        self._known.memberships[server_id] = Membership(has_owner, self._host.clock() + pause)

    async def _has_owner(self, server_id: int) -> bool:
        """Return whether the application's owner, or somebody of its team, is a member of a server.

        Raises:
            FAILED: Discord does not say.
        """
        people = await self._owners()
        guild = self._client.get_guild(server_id)
        if guild is not None and guild.owner_id in people:
            return True
        for person in sorted(people):
            try:  # by its id, because the cache has no server to which only the commands were added
                await self._client.http.get_member(server_id, person)
            except discord.HTTPException as error:
                if error.code not in NO_MEMBER:
                    raise
            else:
                return True
        return False

    async def _owners(self) -> frozenset[int]:
        """Return the application's owner, or the members of its team who have accepted."""
        known = self._known
        if not known.owners or self._host.clock() >= known.owners_until:
            application = await self._client.application_info()
            team = application.team
            accepted = discord.TeamMembershipState.accepted
            members = [each.id for each in team.members if each.membership_state is accepted] if team else []
            known.owners = frozenset(members or [application.owner.id])
            known.owners_until = self._host.clock() + FRESH
        return known.owners

    async def _report(self, text: str) -> None:
        log.info(text)
        await self._tell(text)

    async def _tell(self, text: str) -> None:
        await self._host.tell(escape_markdown(text))


def _about(key: str, server_id: int, guild: discord.Guild | None) -> str:
    """Return a sentence about a server, whose name is escaped: it could pass for another line of the log."""
    return HOST.say(key, server=repr(guild.name if guild else ""), id=server_id)
