"""The webhooks that personas post by: one in each channel, found or created, and created again when deleted.

Law: a webhook's token stays in memory, inside the library's object, and appears in no log line and no error.
Discord is not asked for what the cache knows, nor again for what it has just refused. What was found outlives
the client that found it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, TypeVar, cast

import aiohttp
import discord

from bot.core.posts.headings import webhook_name
from bot.core.posts.pace import Urgency
from bot.discord_ui.posting.rate_limits import RateLimits

T = TypeVar("T")
WebhookChannel = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.ForumChannel
"""A channel that can have webhooks; its threads use them too."""

REMEMBER: Final = 300.0
"""Seconds before a channel that takes no webhook is tried again."""

REMEMBER_TROUBLE: Final = 30.0
"""Seconds before Discord is asked again after it did not answer."""

WITHIN: Final = 5.0
"""Seconds that a list of webhooks, or a new one, may take: a face is worth no longer wait."""

TOO_MANY: Final = frozenset({30_007, 30_058})
"""Discord's codes for a channel with 15 webhooks and a server with 1,000."""

GONE: Final = frozenset({10_015, 50_027})
"""Discord's codes for a deleted webhook, and for an invalid token."""


class Lack(StrEnum):
    """The reason for which a channel has no webhook."""

    FORBIDDEN = "forbidden"
    FULL = "full"
    NO_HOME = "no_home"  # a direct message, or a channel the bot cannot see
    TROUBLE = "trouble"  # Discord did not answer; it may next time


class Lost(ConnectionError):  # noqa: N818 - it says what happened
    """The connection broke, and the request may have arrived or not.

    It replaces the library's errors, whose texts may show the address with the webhook's token.
    """


class Failed(Lost):
    """Discord answered with a server error; `status` is 500 or above."""

    def __init__(self, status: int) -> None:
        """Name the status and nothing else."""
        super().__init__(f"Discord answered {status}")
        self.status = status


@dataclass(slots=True)
class _Refusal:
    lack: Lack
    until: float


@dataclass(frozen=True, slots=True)
class FoundHooks:
    """The bot's webhooks as far as they were needed, in memory.

    Attributes:
        known: the webhooks by their channel and by their own id.
        refused: why a channel has none.
        listed: the webhooks of servers that were listed, by server and by channel, until they are used.
        tried: the servers whose webhooks were listed.
    """

    known: dict[int, dict[int, discord.Webhook]] = field(default_factory=dict)
    refused: dict[int, _Refusal] = field(default_factory=dict)
    listed: dict[int, dict[int, list[discord.Webhook]]] = field(default_factory=dict)
    tried: set[int] = field(default_factory=set)


class Webhooks:
    """The bot's webhooks by channel, for one client."""

    def __init__(
        self, client: discord.Client, clock: Callable[[], float], limits: RateLimits, found: FoundHooks
    ) -> None:
        """Serve `client` with what was `found`; `clock` returns seconds, `limits` gets each webhook."""
        self._limits = limits
        self._client = client
        self._clock = clock
        self._found = found
        self._locks: dict[int, asyncio.Lock] = {}
        self._lists: dict[int, asyncio.Lock] = {}

    def webhook_channel(self, channel_id: int, parent_id: int | None = None) -> WebhookChannel | None:
        """Return the channel whose webhook posts in a channel or thread; None if it can have none."""
        found = self._client.get_channel(parent_id or channel_id)
        return found if isinstance(found, WebhookChannel) else None

    def why_none(self, home: WebhookChannel | None) -> Lack | None:
        """Return why there is no webhook, as far as that is known without a request."""
        if home is None:
            return Lack.NO_HOME
        if self._found.known.get(home.id):
            return None
        if not home.permissions_for(home.guild.me).manage_webhooks:
            self._found.refused.pop(home.id, None)  # from now on the cache knows
            return Lack.FORBIDDEN
        refusal = self._found.refused.get(home.id)
        return refusal.lack if refusal and self._clock() < refusal.until else None

    async def get_or_create(self, home: WebhookChannel | None) -> discord.Webhook | Lack:
        """Return the bot's webhook of a channel, or why there is none; callers at once get the same."""
        lack = self.why_none(home)
        if lack is not None or home is None:
            return lack or Lack.NO_HOME
        async with self._locks.setdefault(home.id, asyncio.Lock()):
            lack = self.why_none(home)
            if lack is not None:
                return lack
            known = self._found.known.get(home.id)
            if not known:
                found = await self._found_or_made(home)
                if isinstance(found, Lack):
                    span = REMEMBER_TROUBLE if found is Lack.TROUBLE else REMEMBER
                    self._found.refused[home.id] = _Refusal(found, self._clock() + span)
                    return found
                self._found.refused.pop(home.id, None)
                known = self._found.known[home.id] = {each.id: each for each in found}
            # The oldest, which is the same after a restart.
            return self._connected(known[min(known)])

    async def by_id(self, home: WebhookChannel | None, hook_id: int) -> discord.Webhook | Lack | None:
        """Return the webhook that made a post; None if it is gone, or why that is unknown."""
        found = await self.get_or_create(home)
        if isinstance(found, Lack) or home is None:
            return found
        hook = self._found.known.get(home.id, {}).get(hook_id)
        return self._connected(hook) if hook else None

    def cached(self, home: WebhookChannel | None) -> discord.Webhook | None:
        """Return the bot's webhook of a channel if it is known without a request."""
        known = self._found.known.get(home.id) if home else None
        return known[min(known)] if known else None

    def forget(self, home: WebhookChannel | None, hook_id: int) -> None:
        """Forget a webhook that is gone; the next caller finds or creates another."""
        if home is not None:
            self._found.known.get(home.id, {}).pop(hook_id, None)

    async def _found_or_made(self, home: WebhookChannel) -> list[discord.Webhook] | Lack:
        assert self._client.user is not None
        try:
            async with asyncio.timeout(WITHIN):
                ours = await self._look_up(home)
                if not ours:
                    await self._limits.admit(Urgency.FIRST)
                    ours = [await home.create_webhook(name=webhook_name(self._client.user.name))]
        except discord.Forbidden:
            return Lack.FORBIDDEN
        except discord.HTTPException as error:
            return Lack.FULL if error.code in TOO_MANY else Lack.TROUBLE
        except (aiohttp.ClientError, discord.RateLimited, OSError):
            return Lack.TROUBLE
        for hook in ours:
            self._limits.counts.adopt(hook.id, home.id)
        return ours

    def _connected(self, hook: discord.Webhook) -> discord.Webhook:
        """Return a webhook with the connection of this client, which may not be the one that found it."""
        assert hook.token is not None
        ours = discord.Webhook.partial(hook.id, hook.token, client=self._client)
        ours.session = cast("Any", _Once(ours.session))
        return ours

    async def _look_up(self, home: WebhookChannel) -> list[discord.Webhook]:
        """Return the bot's webhooks of a channel; one request lists a whole server's, if allowed."""
        guild = home.guild
        async with self._lists.setdefault(guild.id, asyncio.Lock()):
            if guild.id not in self._found.tried and guild.me.guild_permissions.manage_webhooks:
                self._found.tried.add(guild.id)
                with suppress(discord.HTTPException):
                    await self._limits.admit(Urgency.FIRST)
                    ours = [hook for hook in await guild.webhooks() if self._is_ours(hook)]
                    channels = {channel.id for channel in guild.channels}
                    self._found.listed[guild.id] = {
                        each: [hook for hook in ours if hook.channel_id == each] for each in channels
                    }
        listed = self._found.listed.get(guild.id, {}).pop(home.id, None)
        if listed is not None:
            return listed
        await self._limits.admit(Urgency.FIRST)
        return [hook for hook in await home.webhooks() if self._is_ours(hook)]

    def _is_ours(self, hook: discord.Webhook) -> bool:
        me = self._client.user
        return hook.token is not None and hook.user is not None and me is not None and hook.user.id == me.id


class _Once:
    """The library's session, but with every server error of Discord raised at once.

    The library would repeat a request that Discord may have taken, and sleep with the webhook locked.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    def request(self, method: str, url: str, **options: Any) -> Any:  # noqa: ANN401 - the library's own
        return self._session.request(method, url, raise_for_status=_tell, **options)


async def _tell(response: aiohttp.ClientResponse) -> None:
    if response.status >= 500:  # noqa: PLR2004 - server errors start here
        raise Failed(response.status)


async def hiding_token(call: Awaitable[T]) -> T:
    """Await a call of a webhook, and let no error pass that shows its token.

    Raises:
        Lost: no answer came, or a server error.
        discord.HTTPException: Discord refused the request.
    """
    try:
        return await call
    except Lost:
        raise
    except discord.DiscordServerError as error:
        raise Failed(error.status) from None
    except (aiohttp.ClientError, OSError) as error:
        raise Lost(f"the connection broke ({type(error).__name__})") from None
