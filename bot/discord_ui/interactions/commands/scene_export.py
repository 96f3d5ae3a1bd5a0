"""`/scene export`: a scene of this channel as a file, for the person who asks.

Law: it changes nothing and posts nothing. Who may read the channel's history may have it as a file, and of
another channel there is none.
"""

import io
from typing import Final

import discord
from discord import app_commands

from bot.core.transfer.chat import Format
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.answering import Refused, tell
from bot.discord_ui.interactions.common.rights import require
from bot.discord_ui.interactions.common.services import Services, place_of
from bot.discord_ui.interactions.controls import scene_name
from bot.discord_ui.voices import label, voice_of
from bot.story.scenes.transfer import TooLargeError
from bot.texts.scenes import turns_of, wording
from bot.texts.sentences import Sentence

FORMATS: Final = [app_commands.Choice(name=label(f"choice.format.{form}"), value=form) for form in Format]

_MEGABYTE: Final = 1024 * 1024


async def export_scene(
    services: Services, interaction: discord.Interaction, form: Format, scene_id: int | None
) -> None:
    """Answer with a scene as a file; the running one if none is named.

    Raises:
        Refused: there is none, its words may not be shown here, or it is too large for Discord.
    """
    require(interaction, "read_message_history")
    place, voice, transfer = place_of(interaction), voice_of(interaction), services.story.records.transfer
    scene = await transfer.scene(place, scene_id)
    if scene is None:
        raise Refused("scene.none" if scene_id is None else "command.no_such_scene")
    extent = await transfer.extent(scene)
    if extent is None:
        raise Refused("export.nothing")
    if why := transfer.why_hidden(place, extent):
        raise Refused("export.age_restricted", persona=panel.plain(why.about))
    await interaction.response.defer(ephemeral=True, thinking=True)
    channel = str(getattr(interaction.channel, "name", ""))
    title = scene.title or voice.say("scene.info.untitled", number=scene.id)
    try:
        found = await transfer.export(
            scene,
            extent,
            title,
            wording(voice, channel, extent.turns, extent.begun, extent.ended),
            form=form,
            most=interaction.filesize_limit,
        )
    except TooLargeError as error:
        size, most = -(-error.size // _MEGABYTE), interaction.filesize_limit // _MEGABYTE
        raise Refused("export.too_large", size=size, most=most) from error
    file = discord.File(io.BytesIO(found.content), found.name)
    facts = {"scene": scene_name(scene.id, scene.title), "turns": turns_of(extent.turns)}
    done = Sentence("export.zipped", **facts) if found.zipped else Sentence("export.done", **facts)
    await tell(interaction, done, file=file)
