"""The face of a persona in a place: its own, by a webhook, or the bot's.

Law: it looks facts up and hands out a poster. A missing face is reported to the host once, and never prevents
an answer.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import discord

from bot.core.persona import Persona
from bot.core.scene import Place, Post, Turn, Unfinished
from bot.core.settings import Face
from bot.discord_ui.posting.attachments import Lost
from bot.discord_ui.posting.avatars import Avatars
from bot.discord_ui.posting.by_bot import BotRoute
from bot.discord_ui.posting.by_press import ComponentRoute
from bot.discord_ui.posting.by_webhook import CLOCKS_APART, Appearance, PostTarget, WebhookRoute
from bot.discord_ui.posting.discord_state import DiscordState
from bot.discord_ui.posting.poster import Byline, OwnRoute, Poster, Routes
from bot.discord_ui.posting.request import Channel
from bot.discord_ui.posting.sender import Sender, Sleep
from bot.discord_ui.posting.webhooks import Lack, WebhookChannel, Webhooks
from bot.discord_ui.voices import Voices
from bot.story.places.casting import Casting, ChannelCast
from bot.story.server_library.pictures import Pictures
from bot.texts.sentences import HOST, Voice

log = logging.getLogger(__name__)

Tell = Callable[[str], Awaitable[None]]
"""Posts a report in the admins' channel."""

_TOLD = {Lack.FORBIDDEN, Lack.FULL}
"""The reasons that a host can do something about."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The dependencies of the faces of a client.

    Attributes:
        tell: posts a report in the admins' channel.
        sleep: waits between attempts.
        clock: returns seconds that never go backwards.
        voices: the languages of channels.
    """

    tell: Tell
    sleep: Sleep
    clock: Callable[[], float]
    voices: Voices


class Faces:
    """The faces of personas for one client, and the posters that use them."""

    def __init__(
        self,
        client: discord.Client,
        casting: Casting,
        own: Pictures,
        discord_state: DiscordState,
        around: Surroundings,
    ) -> None:
        """Serve `client` with the settings that `casting` looks up; requests wait for the limits learnt.

        `own` are the pictures that servers' own personas have.
        """
        self._client = client
        self._casting = casting
        self._around = around
        self._limits = discord_state.limits
        self._hooks = Webhooks(client, around.clock, discord_state.limits, discord_state.hooks)
        self._avatars = Avatars(client, lambda: casting.library, own, around.clock, discord_state.uploads)
        self._told = discord_state.told
        self._fallen = discord_state.fallen
        self._telling: set[asyncio.Task[None]] = set()

    def plain(self, own: OwnRoute, voice: Voice, name: str | None = None) -> Poster:
        """Return the poster of the bot itself, where a channel's language is that of `voice`.

        With a persona's `name`, that stands above its posts.
        """
        byline = Byline(name=None if name is None else lambda: name)
        return Poster(Routes(own), self._sender(), voice, byline=byline)

    async def poster(
        self,
        cast: ChannelCast,
        place: Place,
        channel: Channel,
        persona: Callable[[], Persona],
        own: OwnRoute | None = None,
    ) -> Poster:
        """Return the poster of a persona in a place.

        Args:
            cast: The persona and the settings of the place.
            place: The place.
            channel: The same place as an object of the library.
            persona: Returns who speaks; called for each post, as a file may change while a reply waits.
            own: The bot's own route; without it, the bot posts in the channel.
        """
        wanted = cast.settings.face is Face.WEBHOOK and self._client.intents.message_content
        # The bot's own face stands for the channel's only persona; others need a name above the post.
        is_named = wanted or cast.keys != (persona().key,)
        target = self._target(channel, place)

        def appearance() -> Appearance:
            now = persona()
            return Appearance(now.name, self._avatars.address(now, place.guild_id))

        if wanted:
            appearance()  # uploads the picture while the model is asked
        return Poster(
            Routes(own or BotRoute(channel), WebhookRoute(self._hooks, target, appearance)),
            self._sender(),
            await self._around.voices.of(place, cast.settings),
            by_webhook=wanted,
            byline=Byline(
                name=(lambda: persona().name) if is_named else None,
                lacking=lambda lack: self._lacking(lack, target.home),
                explains=lambda: self._explains(place),
            ),
        )

    def repairing(self, left: Unfinished, channel: Channel, voice: Voice) -> Poster:
        """Return the poster that completes the posts of a reply that a crash cut off."""
        hooks = [*(post.hook_id for post in left.posts), *(page.hook_id for page in left.planned)]
        since = discord.utils.time_snowflake(left.turn.created_at - CLOCKS_APART)
        target, appearance = self._target(channel, left.place), self._appearance(left.turn, left.place)
        return Poster(
            Routes(BotRoute(channel), WebhookRoute(self._hooks, target, lambda: appearance, since=since)),
            self._sender(),
            voice,
            by_webhook=any(hooks),
            byline=Byline(planned=next((page.heading for page in left.planned if page.page == 0), "")),
        )

    def keeping(
        self,
        turn: Turn,
        place: Place,
        posts: Sequence[Post],
        *,
        voice: Voice,
        own: OwnRoute | None = None,
        press: ComponentRoute | None = None,
    ) -> Poster:
        """Return the poster that edits the posts of a turn, each by the route that made it.

        `own` is the bot's own route; without it, the bot posts in the channel. `press` edits the post whose
        button was pressed.
        """
        channel = self._client.get_partial_messageable(place.channel_id)
        appearance = self._appearance(turn, place)
        webhook = WebhookRoute(self._hooks, self._target(channel, place), lambda: appearance)
        return Poster(
            Routes(own or BotRoute(channel), webhook, press),
            self._sender(),
            voice,
            by_webhook=any(post.hook_id for post in posts),
        )

    async def pictures(self, personas: Sequence[Persona], server_id: int | None) -> list[str | None]:
        """Return the address of each persona's picture on a server; None if there is none, or none soon."""
        return await self._avatars.addresses(personas, server_id)

    def why_unpictured(self, persona: Persona, server_id: int | None) -> Lost | None:
        """Return why the picture of a server's own persona can't be had, as far as that is known."""
        return self._avatars.why_none(persona, server_id)

    def may_mend(self, channel: Channel) -> bool:
        """Return whether a webhook's post can be searched for in a channel."""
        return self._may_look(channel)

    def why_none(self, channel_id: int, parent_id: int | None) -> Lack | None:
        """Return why personas have no face of their own in a channel, as far as that is known."""
        return self._hooks.why_none(self._hooks.webhook_channel(channel_id, parent_id))

    def webhook_posted(self, webhook_id: int, place: Place) -> None:
        """Note that any webhook posted in a place: Discord counts all of a channel together."""
        self._limits.counts.webhook_posted(webhook_id, place.home_id)

    def close(self) -> None:
        """Cancel running tasks."""
        self._avatars.close()
        for task in tuple(self._telling):
            task.cancel()

    def _sender(self) -> Sender:
        return Sender(self._limits, self._around.sleep)

    def _target(self, channel: Channel, place: Place) -> PostTarget:
        home = self._hooks.webhook_channel(place.channel_id, place.parent_id)
        return PostTarget(channel, home, lambda: self._may_look(channel))

    def _appearance(self, turn: Turn, place: Place) -> Appearance:
        """Return the current appearance of a turn's persona; one whose file is gone keeps its name."""
        persona = self._casting.library.at(place.guild_id).get(turn.persona_key or "")
        if persona is None:
            return Appearance(turn.name, None)
        return Appearance(persona.name, self._avatars.address(persona, place.guild_id))

    def _may_look(self, channel: Channel) -> bool:
        """Return whether the bot may read what a webhook has posted, text included."""
        if not self._client.intents.message_content:
            return False
        seen = self._client.get_channel(channel.id)
        if not isinstance(seen, discord.abc.GuildChannel | discord.Thread):
            return True  # an archived thread, for example: Discord will answer
        try:
            return seen.permissions_for(seen.guild.me).read_message_history
        except discord.ClientException:  # a thread whose channel is not in the cache
            return True

    def _lacking(self, lack: Lack, home: WebhookChannel | None) -> None:
        """Report once per server or channel why a persona has no face of its own."""
        if home is None or lack not in _TOLD:
            return
        scope = home.guild.id if lack is Lack.FORBIDDEN else home.id
        if (lack, scope) in self._told:
            return
        self._told.add((lack, scope))
        text = HOST.say(f"host.no_webhook.{lack}", channel=home.id, server=home.guild.name)
        log.warning(text)
        task = asyncio.create_task(self._tell(text), name="tell of a face")
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    def _explains(self, place: Place) -> bool:
        """Return True the first time in a place, until a restart."""
        is_first = place.channel_id not in self._fallen
        self._fallen.add(place.channel_id)
        return is_first

    async def _tell(self, text: str) -> None:
        try:
            await self._around.tell(text)
        except Exception:
            log.exception("the admins' channel could not be told")
