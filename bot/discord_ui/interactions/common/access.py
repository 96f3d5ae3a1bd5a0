"""Who may use commands and controls at all, before any of them asks for a right of its own.

Law: asked for each interaction, whatever a server shows. Everybody may see and delete what is stored
about them. What is not listed here counts as play.
"""

from enum import Enum, auto
from typing import Any, Final, cast

import discord

from bot.core.access import Barrier
from bot.core.posts.buttons import Action
from bot.discord_ui.inbound import member_facts
from bot.discord_ui.interactions.common.services import Services, place_of
from bot.texts.sentences import Sentence


class Use(Enum):
    """What somebody does with a command or a control."""

    OWN = auto()  # looks after what is their own, which nobody can take from them
    ASIDE = auto()  # what takes no part in a story: its own handler checks the right for it
    PLAY = auto()


_OWN: Final = frozenset({"privacy", "help"})

_ASIDE: Final = frozenset({"persona", "lore", "dramatis", "myself", "usage"})

_ASIDE_CONTROLS: Final = frozenset(
    {
        *("myself", "wish", Action.REPORT, Action.WHY_INPUT, Action.WHY_OUTPUT),
        *("use", "go_on", "block", "log", "roles", "set", "cast", "panel", "archive", "import", "offer"),
        *("write", "bots", "page", "limits", "rules"),
        *("cards", "play", "persona", "draft", "version", "versions", "deleted", "open", "try"),
        *("picture", "pictures", "lores", "lore"),
        *("propose", "proposers", "proposal", "proposals"),
    }
)
"""The first words of their ids, after `rp:`, of buttons, menus and forms alike."""

_CONTROLS: Final = {discord.InteractionType.component, discord.InteractionType.modal_submit}


def use_of(interaction: discord.Interaction) -> Use:
    """Return what an interaction is."""
    data = cast("dict[str, Any]", interaction.data or {})
    if interaction.type in _CONTROLS:
        prefix, _, rest = str(data.get("custom_id")).partition(":")
        name, aside = rest.partition(":")[0] if prefix == "rp" else "", _ASIDE_CONTROLS
    else:
        name, aside = str(data.get("name")), _ASIDE
    if name in _OWN:
        return Use.OWN
    return Use.ASIDE if name in aside else Use.PLAY


async def why_not(services: Services, interaction: discord.Interaction) -> Sentence | None:
    """Return why somebody may not use a command or a control; None if they may, as far as this is concerned.

    Raises:
        StorageError: it can't be looked up.
    """
    person, use = interaction.user, use_of(interaction)
    if person is discord.utils.MISSING:  # it could not be read, and nothing is done for it
        return None
    if person.bot:
        return Sentence("access.bot")
    if use is Use.OWN:
        return None
    absence = None if interaction.guild_id is None else _absence(interaction)
    return absence or await _barrier(services, interaction, use)


def _absence(interaction: discord.Interaction) -> Sentence | None:
    """Return why somebody can't do anything in a channel for now: they don't see it, or are in a time-out."""
    person, allowed = interaction.user, interaction.permissions
    if interaction.guild_id is None or allowed.administrator:
        return None
    if not allowed.view_channel:
        return Sentence("access.no_channel")
    is_timed_out = isinstance(person, discord.Member) and person.is_timed_out()
    return Sentence("access.timed_out") if is_timed_out else None


async def _barrier(services: Services, interaction: discord.Interaction, use: Use) -> Sentence | None:
    """Return that somebody is blocked, or may not play here."""
    barrier = await services.story.choices.access.barrier(
        place_of(interaction),
        interaction.user.id,
        member_facts(interaction.user, interaction.permissions),
        plays=use is Use.PLAY,
    )
    if barrier is Barrier.NO_ROLE:
        return Sentence("player.no_role")
    return None if barrier is None else Sentence(f"access.{barrier}")
