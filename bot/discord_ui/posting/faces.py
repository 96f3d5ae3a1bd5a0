"""Which face a persona has in a place: its own, by a webhook, or the bot's.

Law: it looks facts up and hands out a poster. What keeps a persona from its face is told to the host once,
and never keeps anybody from an answer.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import discord

from bot.core.persona import Persona
from bot.core.posts.headings import name_line
from bot.core.scene import Place, Post, Turn, Unfinished
from bot.core.settings import Face
from bot.discord_ui.posting.avatars import Avatars
from bot.discord_ui.posting.by_webhook import CLOCKS_APART, Mask, Stage, WebhookPoster
from bot.discord_ui.posting.poster import BotPoster, Channel, Poster, Sleep
from bot.discord_ui.posting.rate_limits import Traffic
from bot.discord_ui.posting.webhooks import Home, Hooks, Lack
from bot.story.casting import Casting, ChannelCast
from bot.texts.sentences import say

log = logging.getLogger(__name__)

Tell = Callable[[str], Awaitable[None]]
"""Says something in the admins' channel."""

_TOLD = {Lack.FORBIDDEN, Lack.FULL}
"""What a host can do something about."""


class Frame(Protocol):
    """Makes the bot's own poster, given the line that is to stand above its first post."""

    def __call__(self, *, heading: str) -> Poster: ...  # noqa: D102 - above


@dataclass(frozen=True, slots=True)
class Words:
    """Whom faces ask and tell.

    Attributes:
        tell: says something in the admins' channel.
        sleep: waits between tries.
        clock: tells seconds since whenever.
    """

    tell: Tell
    sleep: Sleep
    clock: Callable[[], float]


class Faces:
    """The faces of personas for one client."""

    def __init__(self, client: discord.Client, casting: Casting, traffic: Traffic, words: Words) -> None:
        """Serve `client`, as `casting` says who plays where and how."""
        self._client = client
        self._casting = casting
        self._words = words
        self._traffic = traffic
        self._hooks = Hooks(client, words.clock, traffic)
        self._avatars = Avatars(client, lambda: casting.library.folder, words.clock)
        self._told: set[tuple[Lack, int]] = set()
        self._telling: set[asyncio.Task[None]] = set()

    async def poster(
        self,
        cast: ChannelCast,
        place: Place,
        channel: Channel,
        persona: Callable[[], Persona],
        frame: Frame | None = None,
    ) -> WebhookPoster:
        """Return who posts as a persona in a place.

        Args:
            cast: Who plays there, and by which settings.
            place: Where.
            channel: The same, as the library has it.
            persona: Who speaks; asked at each post, for a reply may wait while a file is saved.
            frame: Makes who posts for the bot itself; without it the bot posts into the channel.
        """
        wanted = cast.settings.face is Face.WEBHOOK and self._client.intents.message_content
        # Where the bot's own face is wanted, it is that of the persona that plays there.
        named = wanted or persona().key != cast.key
        heading = name_line(persona().name) if named else ""
        own: Poster
        if frame is None:
            own = BotPoster(channel, self._words.sleep, heading=heading)
        else:
            own = frame(heading=heading)

        def mask() -> Mask:
            now = persona()
            return Mask(now.name, self._avatars.address(now))

        if wanted:
            mask()  # its picture is on its way while the model is asked
        home = self._hooks.home(place.channel_id, place.parent_id)
        return WebhookPoster(
            own,
            self._hooks,
            Stage(channel, home, lambda: self._may_look(channel)),
            self._words.sleep,
            mask=mask if wanted else None,
            has_room=self._traffic.has_room,
            lacking=lambda lack: self._lacking(lack, home),
        )

    def mending(self, left: Unfinished, channel: Channel) -> WebhookPoster:
        """Return who goes on with the posts of a reply that a crash left, as they were begun."""
        key = left.turn.persona_key or ""
        persona = self._casting.library.at(left.place.guild_id).get(key)
        avatar = self._avatars.address(persona) if persona else None
        mask = Mask(persona.name if persona else left.turn.name, avatar)
        hooks = [*(post.hook_id for post in left.posts), *(page.hook_id for page in left.planned)]
        home = self._hooks.home(left.place.channel_id, left.place.parent_id)
        began = left.turn.created_at - CLOCKS_APART
        heading = next((page.heading for page in left.planned if page.page == 0), "")
        return WebhookPoster(
            BotPoster(channel, self._words.sleep, heading=heading),
            self._hooks,
            Stage(channel, home, lambda: self._may_look(channel)),
            self._words.sleep,
            mask=(lambda: mask) if any(hooks) else None,
            since=discord.utils.time_snowflake(began),
            heading=heading,
        )

    def keeping(self, turn: Turn, place: Place, posts: Sequence[Post], own: Poster) -> WebhookPoster:
        """Return who changes the posts of a turn, each as who made it, and posts more of it as they are.

        `own` posts for the bot itself.
        """
        persona = self._casting.library.at(place.guild_id).get(turn.persona_key or "")
        avatar = self._avatars.address(persona) if persona else None
        mask = Mask(persona.name if persona else turn.name, avatar)
        channel = self._client.get_partial_messageable(place.channel_id)
        return WebhookPoster(
            own,
            self._hooks,
            Stage(
                channel,
                self._hooks.home(place.channel_id, place.parent_id),
                lambda: self._may_look(channel),
            ),
            self._words.sleep,
            mask=(lambda: mask) if any(post.hook_id for post in posts) else None,
        )

    def may_mend(self, channel: Channel) -> bool:
        """Tell whether a webhook's post can be looked for in a channel."""
        return self._may_look(channel)

    def lacks(self, channel_id: int, parent_id: int | None) -> Lack | None:
        """Return what keeps personas from their faces in a channel, as far as that is known."""
        return self._hooks.lacks(self._hooks.home(channel_id, parent_id))

    def webhook_posted(self, webhook_id: int, place: Place) -> None:
        """Note that a webhook, ours or another's, posted in a place: Discord counts all of a channel's."""
        self._traffic.webhook_posted(webhook_id, place.home_id)

    def close(self) -> None:
        """Give up what is under way."""
        self._avatars.close()
        for task in tuple(self._telling):
            task.cancel()

    def _may_look(self, channel: Channel) -> bool:
        """Whether we may read back what a webhook has posted, words included."""
        if not self._client.intents.message_content:
            return False
        seen = self._client.get_channel(channel.id)
        if not isinstance(seen, discord.abc.GuildChannel | discord.Thread):
            return True  # an archived thread, say: Discord tells
        try:
            return seen.permissions_for(seen.guild.me).read_message_history
        except discord.ClientException:  # a thread whose channel is not in the cache
            return True

    def _lacking(self, lack: Lack, home: Home | None) -> None:
        """Tell the host, once a server or a channel, why a persona has no face of its own."""
        if home is None or lack not in _TOLD:
            return
        scope = home.guild.id if lack is Lack.FORBIDDEN else home.id
        if (lack, scope) in self._told:
            return
        self._told.add((lack, scope))
        text = say(f"host.no_webhook.{lack}", channel=home.id, server=home.guild.name)
        log.warning(text)
        task = asyncio.create_task(self._tell(text), name="tell of a face")
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell(self, text: str) -> None:
        try:
            await self._words.tell(text)
        except Exception:
            log.exception("the admins' channel could not be told")
