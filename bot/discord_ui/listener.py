"""What the gateway tells us, handed to the story; and what the story answers, played in its channel.

Law: thin. Each handler translates, calls one use case and shows the outcome.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import discord

from bot import failures
from bot.core.scene import Place, Unfinished
from bot.discord_ui import inbound
from bot.discord_ui.live_reply import View, play
from bot.discord_ui.posters import FINAL_TRIES, Barred, BotPoster, Channel, Gone, Sleep, Unavailable
from bot.reply import Reply
from bot.roleplay import Notice, Roleplay
from bot.storage.errors import StorageError
from bot.texts import say

log = logging.getLogger(__name__)

HEAL_WITHIN = 180.0
"""Seconds in which a post cut off by a crash can be found by its nonce; Discord remembers some minutes."""


LAST_WORDS = 1.0
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
        self._untold: set[int] = set()  # channels whose storage trouble has been told already
        self._draining = False

    async def message(self, message: discord.Message) -> None:
        """Somebody said something."""
        channel = message.channel
        if message.type not in inbound.WORDS or not isinstance(channel, Channel):
            return
        incoming = inbound.read_message(message, self._me)
        if incoming.from_bot:
            return  # ourselves among them; not worth a look into the database
        with self._at_work():
            try:
                outcome = await self._roleplay.hear(incoming)
                if isinstance(outcome, Reply):
                    await self._play(outcome, message, channel)
                elif isinstance(outcome, Notice):
                    text = say(f"player.{outcome.concern}", persona_key=outcome.persona_key)
                    await self._say(text, message, channel)
            except StorageError as error:
                first = self._log_storage(channel.id, error)
                if first and incoming.mentions_bot:
                    await self._say(say("player.storage"), message, channel)
            else:
                self._untold.discard(channel.id)

    async def edited(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Somebody changed a message, or Discord added a link's preview."""
        message = payload.message
        if message.author.id == self._me or "content" not in payload.data:
            return
        if not message.content and not self._client.intents.message_content:
            return  # what we may not read has not become empty
        with self._at_work():
            try:
                await self._roleplay.amend(inbound.read_message(message, self._me))
            except StorageError as error:
                self._log_storage(message.channel.id, error)

    async def deleted(self, channel_id: int, guild_id: int | None, message_ids: list[int]) -> None:
        """Messages were taken back, by their authors or by moderators."""
        with self._at_work():
            try:
                await self._roleplay.retract(Place(channel_id, guild_id=guild_id), message_ids)
            except StorageError as error:
                self._log_storage(channel_id, error)

    async def mend(self, unfinished: list[Unfinished]) -> None:
        """Show what was stored of the replies a crash left half-written, and say that they were cut.

        Those that Discord does not take now stay in the list for another time.
        """
        with self._at_work():
            for left in tuple(unfinished):
                try:
                    await self._mend(left)
                except Unavailable as error:
                    log.info(say("host.not_mended", channel=left.place.channel_id, reason=error))
                    continue
                except (Gone, Barred) as error:
                    log.info(say("host.not_mended", channel=left.place.channel_id, reason=error))
                try:
                    await self._roleplay.told_interrupted(left.turn)
                except StorageError as error:
                    self._log_storage(left.place.channel_id, error)
                else:
                    unfinished.remove(left)

    async def drain(self, seconds: float) -> None:
        """Begin nothing new; let running replies finish for `seconds`, then stop them.

        What is said meanwhile is stored, and whoever asks is told to ask again.

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
        await self._is_idle_within(LAST_WORDS)

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
        if self._draining:
            reply.stop()
        try:
            barrier = _barrier(message)
            if barrier is None:
                points = _may_point(message)
                poster = BotPoster(channel, self._sleep)
                await play(reply, poster, points=points, stopping=lambda: self._draining)
                self._barred.discard(channel.id)
            else:
                # Asked before the model is: nobody pays for words that cannot be shown.
                self._log_barred(channel.id, barrier)
        except Barred as error:
            self._log_barred(channel.id, error)
        except (Gone, Unavailable) as error:
            log.warning(say("host.unavailable", channel=channel.id, reason=error))
        finally:
            reply.stop()  # whatever happened, nobody may wait for it any more
            self._playing.discard(reply)
        if reply.error is not None:
            reason = failures.to_host(reply.error)
            log.warning(say("host.reply_failed", channel=message.channel.id, reason=reason))

    async def _say(self, text: str, message: discord.Message, channel: Channel) -> None:
        """Tell a channel something in plain words, beneath the message it is about."""
        reply_to = message.id if _may_point(message) else None
        nonce = f"notice-{message.id:x}"
        try:
            await BotPoster(channel, self._sleep).send(
                text, nonce=nonce, tries=FINAL_TRIES, reply_to=reply_to
            )
        except Barred as error:
            self._log_barred(channel.id, error)
        except (Gone, Unavailable) as error:
            log.warning(say("host.unavailable", channel=channel.id, reason=error))

    def _log_storage(self, channel_id: int, error: StorageError) -> bool:
        """Log a failure of the storage, once a channel until it works again; tell whether it is new."""
        if channel_id in self._untold:
            return False
        self._untold.add(channel_id)
        log.error(
            say(
                "host.storage_failed",
                channel=channel_id,
                sentence=say(f"storage.{error.kind}", **error.facts),
            )
        )
        return True

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
        if not text.strip() and not left.posts:
            return
        record = self._roleplay.post_log(left.turn)
        view = View(left.turn, BotPoster(channel, self._sleep), record, posts=left.posts)
        if left.planned:
            # Where such a page stands already, Discord answers with it as it is: the mark is an edit.
            await view.show(text, final=True)
        await view.show(text, say("player.interrupted"), final=True)


def _allowed(message: discord.Message) -> discord.Permissions | None:
    """Return what we may do where a message stands, as far as the cache knows; None if it does not."""
    channel = message.channel
    if message.guild is None or not isinstance(channel, discord.abc.GuildChannel | discord.Thread):
        return None
    try:
        return channel.permissions_for(message.guild.me)
    except discord.ClientException:  # a thread whose parent is not in the cache
        return None


def _may_point(message: discord.Message) -> bool:
    """Tell whether a post may show what it replies to: Discord refuses that where we may not read back."""
    allowed = _allowed(message)
    return allowed is None or allowed.read_message_history


def _barrier(message: discord.Message) -> str | None:
    """Return why we may not post beneath a message, as far as the cache knows."""
    allowed = _allowed(message)
    if allowed is None:
        return None
    is_thread = isinstance(message.channel, discord.Thread)
    may_send = allowed.send_messages_in_threads if is_thread else allowed.send_messages
    return None if allowed.view_channel and may_send else say("host.no_permission")
