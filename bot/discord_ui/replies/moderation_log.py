"""The moderation log: the channel in which a server's moderators read who did what to its stories.

Law: it never holds up what it tells of, and fails quietly into the host's log. Lines that come while others
are on their way go together in the next message, so that a busy evening stays within Discord's limits. What
Discord doesn't take this time waits for another try, in memory alone, because a line is about people; the
host's log says how many are lost. It pings nobody. A report has words, because somebody wrote them for the
moderators; no line has any.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import discord

from bot.core.allowance import Allowance
from bot.core.moderation import Act, Entry
from bot.core.posts.nonces import Purpose, nonce
from bot.core.posts.waiting_lines import WaitingLines
from bot.core.scene import Place
from bot.core.settings import LOG, REPORTS
from bot.core.sharding import Shard
from bot.discord_ui.inbound import read_place
from bot.discord_ui.posting.by_bot import BotRoute
from bot.discord_ui.posting.faces import Faces
from bot.discord_ui.posting.request import Channel, NewPost, NotTaken, Unavailable
from bot.discord_ui.replies.runner import ReplyRunner
from bot.discord_ui.replies.verdicts import Verdict
from bot.discord_ui.voices import Voices
from bot.storage.errors import StorageError
from bot.story.places.admin_choices import AdminChoices
from bot.texts.sentences import HOST, Sentence, Voice, voice_for

log = logging.getLogger(__name__)

PAUSE: Final = 60.0
"""Seconds until what Discord hasn't taken is tried again."""

REPORT_SPAN, REPORTS_WITHIN = 600.0, 3
"""Within how many seconds a person may send how many reports."""


class Destination(StrEnum):
    """Who reads a report."""

    MODERATORS = "moderators"
    HOST = "host"  # where the server has no channel for it


@dataclass(frozen=True, slots=True)
class Desk:
    """What a client's logs have of the bot's owner, and of the client before.

    Attributes:
        admin_channel: returns the owner's channel; None for none.
        sleep: waits some seconds.
        waiting: the lines that wait, by their server.
    """

    admin_channel: Callable[[], int | None]
    sleep: Callable[[float], Awaitable[None]]
    waiting: dict[int, WaitingLines]


class ModerationLog:
    """The logs of all servers, for one client."""

    def __init__(
        self,
        client: discord.Client,
        choices: AdminChoices,
        faces: Faces,
        voices: Voices,
        runner: ReplyRunner,
        desk: Desk,
    ) -> None:
        """Post in the channels that admins have chosen.

        A shutdown waits for what `runner` knows to be at work.
        """
        self._client = client
        self._choices = choices
        self._faces = faces
        self._voices = voices
        self._runner = runner
        self._desk = desk
        self._writing: dict[int, asyncio.Task[None]] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._reports = Allowance(REPORT_SPAN)

    def resume(self, shard: Shard) -> None:
        """Post what the client before could not, for the servers of a shard."""
        for server_id in tuple(self._desk.waiting):
            if shard.holds(server_id):
                self._begin(server_id)

    def close(self) -> None:
        """Post nothing more; what waits is left to the next client."""
        for task in (*self._writing.values(), *self._leaving):
            task.cancel()

    def note(self, entry: Entry) -> None:
        """Put a line into the log of its server, if there is one, when there is time."""
        server_id = entry.place.guild_id
        if server_id is None:
            return
        self._desk.waiting.setdefault(server_id, WaitingLines()).add(entry)
        self._begin(server_id)

    def used(
        self,
        interaction: discord.Interaction,
        act: Act,
        message_id: int | None = None,
        *,
        about: str = "",
        everywhere: bool = False,
    ) -> None:
        """Put a line about what the person of an interaction did into the log."""
        place = _place_of(interaction)
        self.note(Entry(act, place, interaction.user.id, message_id, about, everywhere))

    def moved(self, interaction: discord.Interaction, before: str | None, after: str | None) -> None:
        """Tell in which channel the log goes on, if in any: there, and where it was read until now."""
        act, about = (Act.LOG_ENDED, "") if after is None else (Act.LOG_CHOSEN, f"<#{after}>")
        entry = Entry(act, _place_of(interaction), interaction.user.id, about=about)
        if before is not None and before != after:
            task = asyncio.create_task(self._say_last(int(before), entry), name="moderation log")
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)
        if after is not None:
            self.note(entry)

    def refused(self, verdict: Verdict) -> None:
        """Put a line about what the model's moderation refused into the log."""
        act = Act.REFUSED_AGAIN if verdict.is_repeated else Act.REFUSED
        about = str(verdict.times) if verdict.is_repeated else ""
        self.note(Entry(act, verdict.place, verdict.user_id, verdict.message_id, about))

    async def readers(self, server_id: int | None) -> frozenset[Destination]:
        """Return who may get to read a report from a server."""
        return frozenset((await self._for_reports(server_id)).values())

    def wait_to_report(self, user_id: int, at: float) -> float:
        """Return for how many seconds a person may send no report; one counts from now on if that is 0."""
        wait = self._reports.wait(user_id, at, REPORTS_WITHIN)
        if not wait:
            self._reports.take(user_id, at)
        return wait

    async def report(self, entry: Entry, reason: str, at: float) -> Destination | None:
        """Post a report with its reason, in which nothing is markup, where the first channel takes it.

        Return who reads it. If that is nobody, what `wait_to_report` has counted at `at` doesn't count.
        """
        server_id, told = entry.place.guild_id, Sentence("log.report", who=entry.who, link=entry.link)
        for channel_id, destination in (await self._for_reports(server_id)).items():
            is_host = destination is Destination.HOST or server_id is None
            voice = voice_for() if is_host else await self._voice(server_id or 0, channel_id)
            try:
                await self._post(channel_id, f"{voice.render(told)}\n{reason}", voice, _number())
            except NotTaken as error:
                log.warning(HOST.say("host.no_report", channel=channel_id, reason=error))
                continue
            if server_id is not None and channel_id != await self._channel(server_id, LOG):
                self.note(entry)
            return destination
        self._reports.give_back(entry.user_id, at)
        return None

    async def _for_reports(self, server_id: int | None) -> dict[int, Destination]:
        """Return the channels for reports with who reads them, the first that is tried first."""
        keys = () if server_id is None else (REPORTS, LOG)
        chosen = [await self._channel(server_id or 0, key) for key in keys]
        found = {id_: Destination.MODERATORS for id_ in chosen if id_ is not None}
        host = self._desk.admin_channel()
        return found if host is None else {**found, host: found.get(host, Destination.HOST)}

    async def _channel(self, server_id: int, key: str) -> int | None:
        """Return the channel that admins have chosen; None if there is none, or if it is gone."""
        chosen = (await self._choices.set_of("server", server_id)).get(key, "")
        guild = self._client.get_guild(server_id)
        is_there = chosen.isdecimal() and guild is not None and guild.get_channel(int(chosen)) is not None
        return int(chosen) if is_there else None

    async def _voice(self, server_id: int, channel_id: int) -> Voice:
        return await self._voices.lookup(Place(channel_id, guild_id=server_id))

    def _begin(self, server_id: int) -> None:
        """Begin to post what waits, unless that is being done."""
        if server_id not in self._writing:
            self._writing[server_id] = asyncio.create_task(self._write(server_id), name="moderation log")

    async def _write(self, server_id: int) -> None:
        """Post what waits, and try again what Discord doesn't take now: a stop doesn't wait for that."""
        try:
            while not await self._is_written(server_id):
                await self._desk.sleep(PAUSE)
        finally:
            del self._writing[server_id]

    async def _is_written(self, server_id: int) -> bool:
        """Post what waits, message by message; return False if some of it is to be tried again."""
        waiting, guild = self._desk.waiting[server_id], self._client.get_guild(server_id)
        if guild is not None and guild.unavailable:
            return False
        with self._runner.at_work():
            try:
                channel_id = await self._channel(server_id, LOG)
                if channel_id is not None:
                    await self._post_all(waiting, channel_id, await self._voice(server_id, channel_id))
                elif guild is not None and (await self._choices.set_of("server", server_id)).get(LOG):
                    tell_lost(server_id, len(waiting))  # the channel is gone
            except StorageError as error:
                self._runner.complaints.storage_failed(server_id, error)
                return False
            except Unavailable:
                return False
            finally:
                tell_lost(server_id, waiting.told_lost())
        del self._desk.waiting[server_id]  # nothing has come since: nobody was waited for
        return True

    async def _post_all(self, waiting: WaitingLines, channel_id: int, voice: Voice) -> None:
        """Post what waits in a channel; give up what it refuses.

        Raises:
            Unavailable: Discord doesn't take it this time.
        """
        while (batch := waiting.batch(lambda entry: voice.render(line_of(entry)), _number)) is not None:
            try:
                await self._post(channel_id, batch.text, voice, batch.number)
            except NotTaken as error:
                log.warning(HOST.say("host.no_moderation_log", channel=channel_id, reason=error))
                if isinstance(error, Unavailable):
                    raise
                waiting.give_up()
            else:
                waiting.posted()

    async def _say_last(self, channel_id: int, entry: Entry) -> None:
        """Post a line in the channel that has been the log's, once."""
        server_id = entry.place.guild_id or 0
        with self._runner.at_work():
            try:
                voice = await self._voice(server_id, channel_id)
                await self._post(channel_id, voice.render(line_of(entry)), voice, _number())
            except StorageError as error:
                self._runner.complaints.storage_failed(server_id, error)
            except NotTaken as error:
                log.warning(HOST.say("host.no_moderation_log", channel=channel_id, reason=error))

    async def _post(self, channel_id: int, text: str, voice: Voice, number: int) -> None:
        """Post a text; `number` tells Discord whether it has it already.

        Raises:
            NotTaken: Discord doesn't take it.
        """
        channel: object = self._client.get_channel(channel_id)
        if not isinstance(channel, Channel):
            channel = self._client.get_partial_messageable(channel_id)
        post = NewPost(text, nonce=nonce(Purpose.REPORT, number))
        await self._faces.plain(BotRoute(channel), voice).send(post)


def tell_lost(server_id: int, count: int) -> None:
    """Say in the host's log how many lines of a server are lost, if any are."""
    if count:
        log.warning(HOST.say("host.log_lines_lost", count=count, server=server_id))


def _place_of(interaction: discord.Interaction) -> Place:
    assert interaction.channel is not None
    return read_place(interaction.channel, interaction.guild_id)


def _number() -> int:
    return secrets.randbits(64)


def line_of(entry: Entry) -> Sentence:
    """Return the line for an entry."""
    whole = ".server" if entry.everywhere else ""
    return Sentence(f"log.{entry.act}{whole}", who=entry.who, link=entry.link, about=entry.about)
