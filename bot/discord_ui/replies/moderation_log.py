"""The moderation log: the channel in which a server's moderators read who did what to its stories.

Law: it never holds up what it tells of, and fails quietly into the host's log. Lines that come while others
are on their way go together in the next message, so that a busy evening stays within Discord's limits. It
pings nobody. A report has words, because somebody wrote them for the moderators; no line has any.
"""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Final

import discord

from bot.core.allowance import Allowance
from bot.core.moderation import Act, Entry
from bot.core.posts.nonces import Purpose, nonce
from bot.core.posts.pages import CONTENT_LIMIT, utf16_length
from bot.core.scene import Place
from bot.core.settings import LOG, REPORTS
from bot.discord_ui.inbound import read_place
from bot.discord_ui.posting.by_bot import BotRoute
from bot.discord_ui.posting.faces import Faces
from bot.discord_ui.posting.request import Channel, NewPost, NotTaken
from bot.discord_ui.replies.runner import ReplyRunner
from bot.discord_ui.replies.verdicts import Verdict
from bot.discord_ui.voices import Voices
from bot.storage.errors import StorageError
from bot.story.admin_choices import AdminChoices
from bot.texts.sentences import HOST, Sentence, Voice, voice_for

log = logging.getLogger(__name__)

WAITING: Final = 500
"""How many lines of a server may wait; of more, the oldest are dropped."""

REPORT_SPAN, REPORTS_WITHIN = 600.0, 3
"""Within how many seconds a person may send how many reports."""


class Destination(Enum):
    """Who reads a report."""

    MODERATORS = "moderators"
    HOST = "host"  # where the server has no channel for it


class ModerationLog:
    """The logs of all servers, for one client."""

    def __init__(
        self,
        client: discord.Client,
        choices: AdminChoices,
        faces: Faces,
        voices: Voices,
        runner: ReplyRunner,
        admin_channel: Callable[[], int | None],
    ) -> None:
        """Post in the channels that admins have chosen; `admin_channel` returns the host's, None for none.

        A shutdown waits for what `runner` knows to be at work.
        """
        self._client = client
        self._choices = choices
        self._faces = faces
        self._voices = voices
        self._runner = runner
        self._admin_channel = admin_channel
        self._waiting: dict[int, deque[Entry]] = {}
        self._writing: set[asyncio.Task[None]] = set()
        self._reports = Allowance(REPORT_SPAN)

    def note(self, entry: Entry) -> None:
        """Put a line into the log of its server, if there is one, when there is time."""
        server_id = entry.place.guild_id
        if server_id is None:
            return
        is_idle = server_id not in self._waiting
        self._waiting.setdefault(server_id, deque(maxlen=WAITING)).append(entry)
        if is_idle:
            task = asyncio.create_task(self._write(server_id), name="moderation log")
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)

    def used(
        self, interaction: discord.Interaction, act: Act, message_id: int | None = None, about: str = ""
    ) -> None:
        """Put a line about what the person of an interaction did into the log."""
        assert interaction.channel is not None
        place = read_place(interaction.channel, interaction.guild_id)
        self.note(Entry(act, place, interaction.user.id, message_id, about))

    def refused(self, verdict: Verdict) -> None:
        """Put a line about what the model's moderation refused into the log."""
        act = Act.REFUSED_AGAIN if verdict.is_repeated else Act.REFUSED
        about = str(verdict.times) if verdict.is_repeated else ""
        self.note(Entry(act, verdict.place, verdict.user_id, verdict.message_id, about))

    async def destination(self, server_id: int) -> Destination | None:
        """Return who would read a report from a server; None if there is nobody to."""
        if await self._for_reports(server_id) is not None:
            return Destination.MODERATORS
        return Destination.HOST if self._admin_channel() is not None else None

    def wait_to_report(self, user_id: int, at: float) -> float:
        """Return for how many seconds a person may send no report; count one if that is 0."""
        wait = self._reports.wait(user_id, at, REPORTS_WITHIN)
        if not wait:
            self._reports.take(user_id, at)
        return wait

    async def report(self, entry: Entry, reason: str) -> bool:
        """Post a report with its reason, in which nothing is markup; return whether it was posted."""
        server_id = entry.place.guild_id
        found = None if server_id is None else await self._for_reports(server_id)
        channel_id = self._admin_channel() if found is None else found
        if channel_id is None:
            return False
        voice = (
            voice_for() if server_id is None or found is None else await self._voice(server_id, channel_id)
        )
        told = Sentence("log.report", who=_mention(entry.user_id), link=entry.link)
        is_posted = await self._post(channel_id, f"{voice.render(told)}\n{reason}", voice)
        if is_posted and server_id is not None and channel_id != await self._channel(server_id, LOG):
            self.note(entry)
        return is_posted

    async def _for_reports(self, server_id: int) -> int | None:
        return await self._channel(server_id, REPORTS) or await self._channel(server_id, LOG)

    async def _channel(self, server_id: int, key: str) -> int | None:
        """Return the channel that admins have chosen; None if there is none, or if it is gone."""
        chosen, guild = (
            (await self._choices.set_of("server", server_id)).get(key, ""),
            self._client.get_guild(server_id),
        )
        is_there = chosen.isdecimal() and guild is not None and guild.get_channel(int(chosen)) is not None
        return int(chosen) if is_there else None

    async def _voice(self, server_id: int, channel_id: int) -> Voice:
        return await self._voices.lookup(Place(channel_id, guild_id=server_id))

    async def _write(self, server_id: int) -> None:
        """Post what waits, message by message."""
        waiting = self._waiting[server_id]
        with self._runner.at_work():
            try:
                channel_id = await self._channel(server_id, LOG)
                voice = None if channel_id is None else await self._voice(server_id, channel_id)
                while waiting and channel_id is not None and voice is not None:
                    await self._post(channel_id, _next_lines(waiting, voice), voice)
            except StorageError as error:
                self._runner.complaints.storage_failed(server_id, error)
            finally:
                del self._waiting[server_id]

    async def _post(self, channel_id: int, text: str, voice: Voice) -> bool:
        channel: object = self._client.get_channel(channel_id)
        if not isinstance(channel, Channel):
            channel = self._client.get_partial_messageable(channel_id)
        try:
            post = NewPost(text, nonce=nonce(Purpose.REPORT, secrets.randbits(64)))
            await self._faces.plain(BotRoute(channel), voice).send(post)
        except NotTaken as error:
            log.warning(HOST.say("host.no_moderation_log", channel=channel_id, reason=error))
            return False
        return True


def _next_lines(waiting: deque[Entry], voice: Voice) -> str:
    """Take as many lines as one message holds."""
    text = ""
    while waiting:
        line = voice.render(line_of(waiting[0]))
        if text and utf16_length(f"{text}\n{line}") > CONTENT_LIMIT:
            break
        text = f"{text}\n{line}" if text else line
        waiting.popleft()
    return text


def line_of(entry: Entry) -> Sentence:
    """Return the line for an entry."""
    who = _mention(entry.user_id)
    return Sentence(f"log.{entry.act}", who=who, link=entry.link, about=entry.about)


def _mention(user_id: int) -> str:
    return f"<@{user_id}>"
