"""Who may decide about the story that is played in a place.

Law: it is asked each time, with the rights that Discord says somebody has at that moment.
"""

import discord

from bot.discord_ui.interactions.services import Refused, Services, may, place_of
from bot.texts.sentences import say


async def why_not_steer(services: Services, interaction: discord.Interaction) -> str | None:
    """Return who may begin and resume scenes here, if whoever asks may not."""
    moderator = may(interaction, "manage_messages")
    place = place_of(interaction)
    if await services.story.scenes.may_steer(place, interaction.user.id, moderator=moderator):
        return None
    settings = await services.story.casting.settings(place)
    return say(f"command.may_not_steer.{settings.story_rights}")


async def require_steering(services: Services, interaction: discord.Interaction) -> None:
    """Go on only if whoever asks may begin and resume scenes here.

    Raises:
        Refused: they may not; the text says who may.
    """
    why_not = await why_not_steer(services, interaction)
    if why_not is not None:
        raise Refused(why_not)
