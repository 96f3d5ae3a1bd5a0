"""What the gateway tells us, handed to the story; and what the story answers, played in its channel.

Law: thin. Each handler translates, calls one use case and shows the outcome.
"""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import discord

from bot.core.scene import Place, Unfinished
from bot.discord_ui import inbound
from bot.discord_ui.live_reply import View, play
from bot.discord_ui.posters import Barred, BotPoster, Channel, Gone, Sleep
from bot.reply import Reply
from bot.roleplay import Notice, Roleplay
from bot.texts import say

log = logging.getLogger(__name__)

HEAL_WITHIN = 180.0
"""Seconds in which a post cut off by a crash can be found by its nonce; Discord remembers some minutes."""


LAST_WORDS = 2.0
"""Seconds a stopped reply has for its final edit."""


class Listener:
    """Serves one connected client; a new client after a lost connection gets a new one."""

    def __init__(self, roleplay: Roleplay, client: discord.Client, sleep: Sleep = asyncio.sleep) -> None:
        """Serve `client` with `roleplay`; `sleep` waits between tries of a post."""
        self._roleplay = roleplay
        self._client = client
        self._sleep = sleep
        self._handlers: set[asyncio.Task[object]] = set()
        self._playing: set[Reply] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._barred: set[int] = set()
        self._draining = False

    async def message(self, message: discord.Message) -> None:
        """Somebody said something."""
        if self._draining or message.type not in inbound.WORDS or message.author.id == self._me:
            return
        if not isinstance(message.channel, Channel):
            return
        with self._at_work():
            outcome = await self._roleplay.hear(inbound.read_message(message, self._me))
            if isinstance(outcome, Reply):
                await self._play(outcome, message, message.channel)
            elif isinstance(outcome, Notice):
                await self._say(outcome, message, message.channel)

    async def edited(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Somebody changed a message, or Discord added a link's preview."""
        message = payload.message
        if message.author.id == self._me or "content" not in payload.data:
            return
        if not message.content and not self._client.intents.message_content:
            return  # what we may not read has not become empty
        await self._roleplay.amend(inbound.read_message(message, self._me))

    async def deleted(self, channel_id: int, guild_id: int | None, message_ids: list[int]) -> None:
        """Messages were taken back, by their authors or by moderators."""
        await self._roleplay.retract(Place(channel_id, guild_id=guild_id), message_ids)

    async def mend(self, unfinished: Sequence[Unfinished]) -> None:
        """Show what was stored of the replies a crash left half-written, and say that they were cut."""
        for left in unfinished:
            try:
                await self._mend(left)
            except (Gone, Barred) as error:
                log.info(say("host.not_mended", channel=left.place.channel_id, reason=error))

    async def drain(self, seconds: float) -> None:
        """Take nothing new; let running replies finish for `seconds`, then stop them.

        What Discord does not take from a stopped reply in time is given up: it is stored all the same.
        """
        self._draining = True
        if await self._is_idle_within(seconds):
            return
        for reply in tuple(self._playing):
            reply.stop()
        if await self._is_idle_within(LAST_WORDS):
            return
        for task in tuple(self._handlers):
            task.cancel()
        await self._idle.wait()

    async def _is_idle_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._idle.wait(), seconds)
        except TimeoutError:
            return False
        return True

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """Let `drain` wait for this handler."""
        task = asyncio.current_task()
        assert task is not None
        self._handlers.add(task)
        self._idle.clear()
        try:
            yield
        finally:
            self._handlers.discard(task)
            if not self._handlers:
                self._idle.set()

    @property
    def _me(self) -> int:
        return self._client.user.id if self._client.user else 0

    async def _play(self, reply: Reply, message: discord.Message, channel: Channel) -> None:
        self._playing.add(reply)
        barrier = _barrier(message)
        try:
            if barrier is None:
                await play(reply, BotPoster(channel, self._sleep), points=_may_point(message))
            else:
                # Asked before the model is: nobody pays for words that cannot be shown.
                reply.stop()
                self._log_barred(channel.id, barrier)
        except Barred as error:
            self._log_barred(channel.id, error)
        finally:
            self._playing.discard(reply)
        if reply.error is not None:
            detail = f" ({reply.error.detail})" if reply.error.detail else ""
            reason = say(f"host.{reply.error.kind}")
            log.warning(say("host.reply_failed", channel=message.channel.id, reason=reason, detail=detail))

    async def _say(self, notice: Notice, message: discord.Message, channel: Channel) -> None:
        text = say(f"player.{notice.concern}", persona_key=notice.persona_key)
        poster = BotPoster(channel, self._sleep)
        try:
            reply_to = message.id if _may_point(message) else None
            await poster.send(text, nonce=f"notice-{message.id:x}", reply_to=reply_to)
        except (Barred, Gone) as error:
            self._log_barred(message.channel.id, error)

    def _log_barred(self, channel_id: int, error: Exception | str) -> None:
        if channel_id not in self._barred:
            self._barred.add(channel_id)
            log.warning(say("host.cannot_send", channel=channel_id, reason=error))

    async def _mend(self, left: Unfinished) -> None:
        # Archived threads are not in the cache; their messages can be edited all the same.
        channel = self._client.get_partial_messageable(left.place.channel_id)
        age = (discord.utils.utcnow() - left.turn.created_at).total_seconds()
        text = left.turn.text
        if age > HEAL_WITHIN:
            # A page that was about to be posted may stand there or not: nothing is posted twice.
            text = text[: left.posts[-1].end] if left.posts else ""
        if text.strip():
            record = self._roleplay.post_log(left.turn)
            view = View(left.turn, BotPoster(channel, self._sleep), record, posts=left.posts)
            if left.planned:
                # Where such a page stands already, Discord answers with it as it is: the mark is an edit.
                await view.show(text)
            await view.show(text, say("player.interrupted"))


def _may_point(message: discord.Message) -> bool:
    """Tell whether a post may show what it replies to: Discord refuses that where we may not read back."""
    channel = message.channel
    if message.guild is None or isinstance(channel, discord.DMChannel | discord.GroupChannel):
        return True
    return channel.permissions_for(message.guild.me).read_message_history


def _barrier(message: discord.Message) -> str | None:
    """Return why we may not post beneath a message, as far as the cache knows."""
    channel = message.channel
    if message.guild is None or isinstance(channel, discord.PartialMessageable | discord.DMChannel):
        return None
    if isinstance(channel, discord.GroupChannel):
        return None
    allowed = channel.permissions_for(message.guild.me)
    may_send = (
        allowed.send_messages_in_threads if isinstance(channel, discord.Thread) else allowed.send_messages
    )
    return None if allowed.view_channel and may_send else say("host.no_permission")
