"""The opener: the card that introduces a persona to a channel, and the persona's first words.

Law: a channel sees the card before the greeting, and both before the first reply. The card says in small
print how to play and what is saved. A card that Discord does not take never costs a reply.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from zlib import crc32

import discord

from bot.core.persona import Persona
from bot.core.posts.nonces import Purpose, nonce
from bot.core.posts.pace import Urgency
from bot.core.routing import Respond
from bot.core.scene import Place, Turn
from bot.discord_ui.inbound import thread_title
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.answering import Refused
from bot.discord_ui.interactions.common.services import Services, place_of
from bot.discord_ui.interactions.personas import cards
from bot.discord_ui.interactions.settings_panel.settings import lacks_to_answer
from bot.discord_ui.posting.by_answer import AnswerRoute
from bot.discord_ui.posting.poster import Poster
from bot.discord_ui.posting.request import Barred, Channel, NewPost, NotTaken, WordsRefused
from bot.discord_ui.replies.post_view import PostView
from bot.storage.errors import StorageError
from bot.story.places.casting import ChannelCast
from bot.story.places.notices import StorageNoticeDue
from bot.story.replies.reply import Reply
from bot.texts.sentences import HOST, Sentence

log = logging.getLogger(__name__)

Send = Callable[[discord.ui.LayoutView], Awaitable[object]]
"""Shows a card to everyone in a channel."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Where and why a card is shown.

    Attributes:
        place: the place.
        channel: the same place as an object of the library.
        cast: the place's persona and settings.
        above: the line above the persona's name, why the card is shown; None for none.
        lacks: what the bot lacks to answer messages there.
        controls: the buttons under the card.
    """

    place: Place
    channel: object | None
    cast: ChannelCast
    above: Sentence | None = None
    lacks: Sequence[Sentence] = ()
    controls: Sequence[panel.Block] = ()


async def introduce(
    services: Services, interaction: discord.Interaction, send: Send, *, above: Sentence | None = None
) -> None:
    """Show a channel the personas that were chosen for it; the lead greets if the story has yet to begin.

    Call it with `Notices.opening` held, from before the choice is stored. `above` says what was chosen, by
    default that there is another persona now.

    Raises:
        Refused, NotTaken: the greeting cannot be posted, or not all of it.
    """
    place = place_of(interaction)
    cast = await services.story.casting.lookup(place)
    if cast.persona is None:  # another choice was made meanwhile
        missing = Sentence("player.persona_missing", about=cast.key)
        said = missing if cast.key is not None else Sentence("cast.cleared.channel")
        voice = await services.voices.of(place, cast.settings)
        await send(panel.panel([panel.text(voice.render(said))]))
        return
    above = above or Sentence("opener.plays_here")
    lacks = lacks_to_answer(interaction)
    await show_card(services, Occasion(place, interaction.channel, cast, above, lacks), send)
    if cast.settings.paused:
        return
    title = thread_title(interaction.channel)
    greeting = await services.story.scenes.greet(place, cast.persona, title)
    await greet(services, greeting, await greeter(services, interaction, cast, cast.persona))


async def present(
    services: Services, occasion: Occasion, send: Send, greeting: Turn | None, poster: Poster
) -> None:
    """Show a new scene's card by `send`, then its greeting, which is in the story: also if the card fails.

    Raises:
        Refused, NotTaken: the greeting cannot be posted, or not all of it.
    """
    try:
        await show_card(services, occasion, send)
    finally:
        await greet(services, greeting, poster)


async def before_reply(
    services: Services,
    channel: object | None,
    reply: Reply,
    poster: Poster,
    lacks: Sequence[Sentence] = (),
) -> None:
    """Show the card of a channel's persona before its first reply there, if the channel has not seen it.

    `lacks` is what the bot lacks to answer messages there.
    """
    place, cast, notices = reply.trigger.place, reply.cast, services.story.notices

    async def send(card: discord.ui.LayoutView) -> None:
        # The same for every try, so that a kill between sending and storing shows no second one.
        known = nonce(Purpose.CARD, place.channel_id, crc32(" ".join(cast.keys).encode()))
        await poster.plain.send(NewPost("", nonce=known, urgency=Urgency.FIRST, view=card))

    try:
        async with notices.opening(place.channel_id):
            if reply.persona.key in cast.keys and await notices.is_opener_due(place, cast):
                await show_card(services, Occasion(place, channel, cast, lacks=lacks), send)
    except StorageError as error:
        services.runner.complaints.storage_failed(place.channel_id, error)
    except NotTaken as error:
        log.warning(HOST.say("host.no_card", channel=place.channel_id, reason=error))
        if isinstance(error, Barred | WordsRefused):  # asked again after a restart
            await notices.opened(place, cast, shown=False)


async def show_card(services: Services, occasion: Occasion, send: Send) -> None:
    """Show a card by `send`, and note what the channel knows then."""
    place, cast, notices = occasion.place, occasion.cast, services.story.notices
    assert cast.persona is not None
    notice = None if cast.settings.paused else await notices.due(place, cast)
    shown = False
    try:
        await send(await _card(services, occasion, notice))
        shown = True
    finally:
        try:
            if notice is not None:
                await notices.given(place, notice, said=shown)
            if shown:
                await notices.opened(place, cast)
        except StorageError as error:  # only the log, for people have seen the card
            services.runner.complaints.storage_failed(place.channel_id, error)


async def _card(
    services: Services, occasion: Occasion, notice: StorageNoticeDue | None
) -> discord.ui.LayoutView:
    cast, channel = occasion.cast, occasion.channel
    shelf = services.personas(occasion.place.guild_id)
    found = [persona for key in cast.keys if (persona := shelf.get(key)) is not None]
    voice = await services.voices.of(occasion.place, cast.settings)
    known = await cards.pictures(services, channel, found)
    above = [] if occasion.above is None else [panel.small(voice.render(occasion.above))]
    shown = [
        panel.pictured(
            "\n".join(
                [
                    *(above if persona is found[0] else []),
                    *cards.who(channel, persona),
                    *([panel.small(voice.say("opener.ai"))] if persona is found[-1] else []),
                ]
            ),
            known.get(persona.key),
            persona.name,
            voice,
        )
        for persona in found
    ]
    how = panel.small(voice.render(_how(services, occasion)))
    lines = [how, *(voice.render(each) for each in occasion.lacks)]
    if notice is not None:
        name, provider = panel.plain(found[0].name), services.story.casting.rules.provider
        lines.append(panel.small(voice.say(notice.key, persona=name, provider=provider)))
    controls = [panel.row(*occasion.controls)] if occasion.controls else []
    return panel.panel([*shown, panel.line(), panel.text(*lines), *controls])


def _how(services: Services, occasion: Occasion) -> Sentence:
    """Return how to play here, or why nobody can."""
    cast = occasion.cast
    assert cast.persona is not None
    if cast.settings.paused:
        return Sentence("player.paused")
    respond = Respond.NEVER if occasion.lacks else services.wakes(cast)
    if len(cast.members) > 1:
        return Sentence(f"opener.how.cast.{respond}")
    return Sentence(f"opener.how.{respond}", persona=panel.plain(cast.persona.name))


async def greeter(
    services: Services, interaction: discord.Interaction, cast: ChannelCast, persona: Persona
) -> Poster:
    """Return the poster of a greeting; where the bot may not be, it is an answer to the command."""
    own, place, channel = AnswerRoute(interaction), place_of(interaction), interaction.channel
    sees = interaction.app_permissions.view_channel or (place.is_own and not place.is_personal)
    if not (sees and isinstance(channel, Channel)):
        return services.faces.plain(own, await services.voices.of(place, cast.settings))
    return await services.faces.poster(cast, place, channel, lambda: persona, own)


async def greet(services: Services, greeting: Turn | None, poster: Poster) -> None:
    """Post a persona's first words, if it has any; the story keeps what of them was posted.

    Raises:
        Refused: Discord does not take all of them.
        NotTaken: they could not be posted.
    """
    if greeting is None:
        return
    view = PostView(greeting, poster, services.story.scenes.record(greeting))
    try:
        await view.show(greeting.text, final=True)
    except Exception as error:
        await services.story.scenes.shorten_greeting(greeting, view.seen or "")
        if isinstance(error, WordsRefused):
            raise Refused("scene.greeting_refused") from error
        raise
