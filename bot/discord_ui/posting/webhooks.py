"""The webhooks that lend personas their faces: one of ours in each channel, found, made and made anew.

Law: a webhook's token stays in memory, inside the library's object; no log line and no error text has it.
Nobody asks Discord for what the cache knows, nor twice for what Discord has just refused.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar, cast

import aiohttp
import discord

from bot.core.posts.headings import webhook_name
from bot.core.posts.pace import Kind
from bot.discord_ui.posting.rate_limits import RateLimits

T = TypeVar("T")
WebhookChannel = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.ForumChannel
"""A channel that can have webhooks; its threads and posts speak through them."""

REMEMBER: Final = 300.0
"""Seconds for which it is remembered that a channel takes no webhook of ours."""

REMEMBER_TROUBLE: Final = 30.0
"""Seconds for which it is remembered that Discord did not answer."""

WITHIN: Final = 5.0
"""Seconds in which Discord has to tell of our webhooks or make one: a face is worth no longer wait."""

TOO_MANY: Final = frozenset({30_007, 30_058})
"""Discord's codes for a channel with 15 webhooks and a server with 1,000."""

GONE: Final = frozenset({10_015, 50_027})
"""Discord's codes for a webhook that was deleted, and for a token that is no longer its own."""


class Lack(StrEnum):
    """Why there is no webhook to post by."""

    FORBIDDEN = "forbidden"
    FULL = "full"
    NO_HOME = "no_home"  # a direct message, or a channel we do not see
    TROUBLE = "trouble"  # Discord did not answer; it may next time


class Lost(ConnectionError):  # noqa: N818 - it says what happened
    """The connection broke, and what was sent by it may have arrived or not.

    It stands for the library's errors, whose texts may show where to: that is the webhook's secret.
    """


class Failed(Lost):
    """Discord answered with an error of its own; `status` is 500 or above."""

    def __init__(self, status: int) -> None:
        """Tell the status and nothing else."""
        super().__init__(f"Discord answered {status}")
        self.status = status


@dataclass(slots=True)
class _Refusal:
    lack: Lack
    until: float


class Webhooks:
    """Our webhooks by channel, as far as they were needed since the client began."""

    def __init__(self, client: discord.Client, clock: Callable[[], float], limits: RateLimits) -> None:
        """Serve `client`; `clock` tells seconds, `limits` is waited for and told of each webhook."""
        self._limits = limits
        self._client = client
        self._clock = clock
        self._known: dict[int, dict[int, discord.Webhook]] = {}  # by channel and by their own id
        self._refused: dict[int, _Refusal] = {}
        self._locks: dict[int, asyncio.Lock] = {}
        self._listed: dict[int, dict[int, list[discord.Webhook]]] = {}  # by server and by channel, until used
        self._lists: dict[int, asyncio.Lock] = {}
        self._tried: set[int] = set()  # servers that were asked for all of theirs

    def webhook_channel(self, channel_id: int, parent_id: int | None = None) -> WebhookChannel | None:
        """Return the channel whose webhook speaks in a channel or thread; None if there can be none."""
        found = self._client.get_channel(parent_id or channel_id)
        return found if isinstance(found, WebhookChannel) else None

    def why_none(self, home: WebhookChannel | None) -> Lack | None:
        """Return why there is no webhook, as far as that is known without question."""
        if home is None:
            return Lack.NO_HOME
        if self._known.get(home.id):
            return None
        if not home.permissions_for(home.guild.me).manage_webhooks:
            self._refused.pop(home.id, None)  # from here on it is the cache that knows
            return Lack.FORBIDDEN
        refusal = self._refused.get(home.id)
        return refusal.lack if refusal and self._clock() < refusal.until else None

    async def get_or_create(self, home: WebhookChannel | None) -> discord.Webhook | Lack:
        """Return our webhook of a channel, or why there is none. Two who ask at once get the same."""
        lack = self.why_none(home)
        if lack is not None or home is None:
            return lack or Lack.NO_HOME
        async with self._locks.setdefault(home.id, asyncio.Lock()):
            lack = self.why_none(home)
            if lack is not None:
                return lack
            known = self._known.get(home.id)
            if not known:
                found = await self._found_or_made(home)
                if isinstance(found, Lack):
                    span = REMEMBER_TROUBLE if found is Lack.TROUBLE else REMEMBER
                    self._refused[home.id] = _Refusal(found, self._clock() + span)
                    return found
                self._refused.pop(home.id, None)
                known = self._known[home.id] = {each.id: each for each in found}
            # An older one first: after a restart it is the same again.
            return known[min(known)]

    async def by_id(self, home: WebhookChannel | None, hook_id: int) -> discord.Webhook | Lack | None:
        """Return the webhook of a channel that made a post; None if it is gone, or why nobody can tell."""
        found = await self.get_or_create(home)
        if isinstance(found, Lack) or home is None:
            return found
        return self._known.get(home.id, {}).get(hook_id)

    def cached(self, home: WebhookChannel | None) -> discord.Webhook | None:
        """Return our webhook of a channel if it is known without question."""
        known = self._known.get(home.id) if home else None
        return known[min(known)] if known else None

    def forget(self, home: WebhookChannel | None, hook_id: int) -> None:
        """A webhook is gone: the next who asks looks for another, or makes one."""
        if home is not None:
            self._known.get(home.id, {}).pop(hook_id, None)

    async def _found_or_made(self, home: WebhookChannel) -> list[discord.Webhook] | Lack:
        assert self._client.user is not None
        try:
            async with asyncio.timeout(WITHIN):
                ours = await self._found(home)
                if not ours:
                    await self._limits.admit(Kind.FIRST)
                    ours = [await home.create_webhook(name=webhook_name(self._client.user.name))]
        except discord.Forbidden:
            return Lack.FORBIDDEN
        except discord.HTTPException as error:
            return Lack.FULL if error.code in TOO_MANY else Lack.TROUBLE
        except (aiohttp.ClientError, discord.RateLimited, OSError):
            return Lack.TROUBLE
        for hook in ours:
            self._limits.adopt(hook.id, home.id)
            hook.session = cast("Any", _Once(hook.session))
        return ours

    async def _found(self, home: WebhookChannel) -> list[discord.Webhook]:
        """Return our webhooks of a channel. One request tells of a whole server's, where that is allowed."""
        guild = home.guild
        async with self._lists.setdefault(guild.id, asyncio.Lock()):
            if guild.id not in self._tried and guild.me.guild_permissions.manage_webhooks:
                self._tried.add(guild.id)
                with suppress(discord.HTTPException):
                    await self._limits.admit(Kind.FIRST)
                    ours = [hook for hook in await guild.webhooks() if self._is_ours(hook)]
                    channels = {channel.id for channel in guild.channels}
                    self._listed[guild.id] = {
                        each: [hook for hook in ours if hook.channel_id == each] for each in channels
                    }
        listed = self._listed.get(guild.id, {}).pop(home.id, None)
        if listed is not None:
            return listed
        await self._limits.admit(Kind.FIRST)
        return [hook for hook in await home.webhooks() if self._is_ours(hook)]

    def _is_ours(self, hook: discord.Webhook) -> bool:
        me = self._client.user
        return hook.token is not None and hook.user is not None and me is not None and hook.user.id == me.id


class _Once:
    """The library's session, except that an error of Discord's is told at once.

    The library would send again what Discord may have taken, and sleep meanwhile with the webhook locked.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    def request(self, method: str, url: str, **options: Any) -> Any:  # noqa: ANN401 - the library's own
        return self._session.request(method, url, raise_for_status=_tell, **options)


async def _tell(response: aiohttp.ClientResponse) -> None:
    if response.status >= 500:  # noqa: PLR2004 - where the errors of a server begin
        raise Failed(response.status)


async def hiding_token(call: Awaitable[T]) -> T:
    """Wait for what was asked of a webhook, and let no error out that shows its token.

    Raises:
        Lost: no answer came, or one that Discord's servers made up.
        discord.HTTPException: Discord answered that it will not.
    """
    try:
        return await call
    except Lost:
        raise
    except discord.DiscordServerError as error:
        raise Failed(error.status) from None
    except (aiohttp.ClientError, OSError) as error:
        raise Lost(f"the connection broke ({type(error).__name__})") from None
