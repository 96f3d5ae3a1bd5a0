"""What `/scene info` shows: who plays, how much of the scene is remembered, and the way to its beginning.

Law: it reads and changes nothing. Tokens are for those with Manage Server.
"""

from collections.abc import Iterable
from typing import Final

import discord

from bot.core.prompting.inspection import Inspection, bar
from bot.core.scene import Place, Scene
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.rights import may
from bot.discord_ui.interactions.common.services import Services, place_of
from bot.discord_ui.interactions.personas import cards
from bot.discord_ui.replies.post_view import called
from bot.discord_ui.voices import voice_of
from bot.storage.scenes import Outline
from bot.story.places.casting import ChannelCast
from bot.texts.grammar import Percent
from bot.texts.scenes import turns_of
from bot.texts.sentences import Sentence, Voice

PERSONAS: Final = 8
"""Maximum personas with a card: each takes up to three of the 40 components of a message."""

NAMED: Final = 12
"""Maximum people who are named."""


async def scene_panel(
    services: Services, interaction: discord.Interaction, outline: Outline
) -> discord.ui.LayoutView:
    """Return the panel of the scene that is played here."""
    place, voice, scene = place_of(interaction), voice_of(interaction), outline.scene
    cast = await services.story.casting.lookup(place)
    found = await services.story.inspector.next(place)
    remembered = found if isinstance(found, Inspection) else None
    people = await services.story.scenes.speakers(scene)
    facts = [_people(people)]
    if remembered is not None:
        facts += _memory(remembered)
    blocks = [
        panel.text(f"## {_title(scene, voice)}", panel.small(await _length(services, outline, voice))),
        *await _personas(services, interaction, cast, scene),
        panel.line(),
        panel.text(voice.lines(facts)),
        *await _way_back(services, place, scene, voice),
    ]
    if remembered is not None and may(interaction, "manage_guild"):
        blocks += [panel.line(), panel.text(voice.render(_window(remembered)))]
    return panel.panel(blocks)


def _title(scene: Scene, voice: Voice) -> str:
    return panel.plain(scene.title) if scene.title else voice.say("scene.info.untitled", number=scene.id)


async def _length(services: Services, outline: Outline, voice: Voice) -> str:
    """Return the scene's number, unless that is its title already, and how long it is."""
    scene, starter = outline.scene, outline.scene.starter_id
    facts = {"turns": turns_of(outline.turns), "last": int(outline.last.timestamp())}
    if starter is None:
        length = voice.say("scene.info.length", **facts)
    else:
        who = await services.story.hearing.proxying.members.as_seen(scene.place, starter)
        length = voice.say("scene.info.length.by", who=called(who), **facts)
    number = [voice.say("scene.info.untitled", number=scene.id)] if scene.title else []
    return " · ".join([*number, length])


async def _personas(
    services: Services, interaction: discord.Interaction, cast: ChannelCast, scene: Scene
) -> Iterable[panel.Block]:
    """Return the personas of the scene: those that play here, then those who have spoken besides."""
    shelf, voice = services.personas(interaction.guild_id), voice_of(interaction)
    keys = dict.fromkeys([*cast.keys, *await services.story.scenes.personas(scene)])
    found = [persona for key in keys if (persona := shelf.get(key)) is not None]
    if not found:
        missing = Sentence("player.persona_missing", about=cast.key)
        return [panel.text(voice.render(missing if cast.key else Sentence("scene.info.nobody")))]
    shown = found[:PERSONAS]
    muted = {member.key: [voice.say("cast.mark.muted")] for member in cast.members if member.muted}
    known = await cards.pictures(services, interaction.channel, shown)
    return [
        panel.pictured(
            "\n".join(cards.about(interaction.channel, each, voice, muted.get(each.key, ()))),
            known.get(each.key),
            each.name,
            voice,
        )
        for each in shown
    ]


def _people(people: list[str]) -> Sentence:
    if not people:
        return Sentence("scene.no_people")
    named = [*map(panel.plain, people[:NAMED])]
    if len(people) > NAMED:
        return Sentence("scene.people", people=Sentence("names.more", names=named, count=len(people) - NAMED))
    return Sentence("scene.people", people=named)


def _memory(found: Inspection) -> list[Sentence]:
    persona = panel.plain(found.persona)
    if not found.left_out:
        return [Sentence("scene.info.all", persona=persona, turns=turns_of(found.turns))]
    return [
        Sentence("scene.info.latest", persona=persona, count=found.turns),
        Sentence("scene.info.older", count=found.left_out),
    ]


async def _way_back(services: Services, place: Place, scene: Scene, voice: Voice) -> list[panel.Block]:
    """Return the button that leads to the scene's first message, if there is one."""
    first = await services.story.scenes.beginning(scene)
    if first is None or place.guild_id is None:
        return []
    channel_id, message_id = first
    url = f"https://discord.com/channels/{place.guild_id}/{channel_id}/{message_id}"
    return [panel.row(panel.link(voice.say("button.beginning"), url))]


def _window(found: Inspection) -> Sentence:
    used = sum(tokens for name, tokens in found.parts.items() if name != "free")
    share = round(100 * used / found.window)
    shown = bar({"used": used, "free": found.parts["free"]}, {"used": "█", "free": "░"}, width=20)
    return Sentence("scene.window", bar=shown, share=Percent(share), window=found.window)
