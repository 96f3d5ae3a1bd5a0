"""The rights that commands and controls require.

Law: every handler checks them, each time, as Discord reports them at that moment: a server can show any
command to everyone. Outside of servers a person has those of their own story, and nobody a server's.
"""

from math import ceil
from typing import Final, Literal

import discord

from bot.core.pressing import LATELY, Right
from bot.core.reach import Reach
from bot.core.settings import PROPOSERS
from bot.discord_ui.inbound import moderates, reach_in
from bot.discord_ui.interactions.common.answering import Refused
from bot.discord_ui.interactions.common.services import Services, place_of
from bot.story.revisions.turn_states import TurnState
from bot.texts.sentences import Sentence

OWN: Final = frozenset({"manage_channels", "manage_messages"})
"""The permissions for what a person may do with a story that is theirs alone."""

WRITING: Final = frozenset(
    {"send_messages", "send_messages_in_threads", "read_message_history", "embed_links", "attach_files"}
)
"""The permissions of those who write somewhere; in direct messages everybody has them."""
STEERING: Final = "manage_messages"
"""The permission that gives the rights of every story: to change one is to change what others wrote.
Moderators with Timeout Members alone don't have them."""

FAST: Final = ("bypass_slowmode", "manage_messages", "manage_channels", "manage_threads")
"""The permissions that free of slow mode (Discord's page "Permissions")."""


def may(interaction: discord.Interaction, *rights: str) -> bool:
    """Return whether a person has all of these permissions in the channel, as Discord computes them."""
    if reach_in(interaction) is not Reach.SERVER:
        return all(_has_outside(interaction, right) for right in rights)
    return all(getattr(interaction.permissions, right) for right in rights) or is_admin(interaction)


def _has_outside(interaction: discord.Interaction, right: str) -> bool:
    """Return whether a person has a permission where the story is theirs alone."""
    if right in OWN:
        return True
    return right in WRITING and (interaction.guild_id is None or getattr(interaction.permissions, right))


def is_admin(interaction: discord.Interaction) -> bool:
    """Return whether a person has the permission Administrator on a server."""
    return reach_in(interaction) is Reach.SERVER and interaction.permissions.administrator


def moderates_server(member: discord.Member) -> bool:
    """Return whether somebody is a moderator of the whole server, and not of some channels only."""
    return moderates(member.guild_permissions)


def is_moderator(interaction: discord.Interaction) -> bool:
    """Return whether a person is a moderator here; of a story that is theirs alone, everybody is."""
    return reach_in(interaction) is not Reach.SERVER or moderates(interaction.permissions)


def require_moderating(interaction: discord.Interaction) -> None:
    """Check that a person is a moderator here.

    Raises:
        Refused: they are not, or this is no server.
    """
    require_server(interaction)
    if not is_moderator(interaction):
        raise Refused("command.no_moderator")


def require_moderating_server(interaction: discord.Interaction) -> None:
    """Check that a person is a moderator of the whole server: what they do counts everywhere on it.

    Raises:
        Refused: they are not, or this is no server.
    """
    require_server(interaction)
    if not isinstance(interaction.user, discord.Member) or not moderates_server(interaction.user):
        raise Refused("command.no_moderator.server")


def require_moderation(interaction: discord.Interaction, where: Literal["server", "channel"]) -> None:
    """Check that a person is a moderator of the channel, or of the whole server.

    Raises:
        Refused: they are not, or this is no server.
    """
    check = require_moderating_server if where == "server" else require_moderating
    check(interaction)


def require_pace(services: Services, interaction: discord.Interaction) -> None:
    """Check that slow mode lets a person say something here, which counts from now on.

    Raises:
        Refused: they have to wait.
    """
    delay, at = getattr(interaction.channel, "slowmode_delay", 0), interaction.created_at.timestamp()
    if not delay or any(may(interaction, right) for right in FAST):
        return
    place, who = place_of(interaction), interaction.user.id
    wait = services.slow_mode.wait(place.channel_id, who, at, delay)
    if wait:
        raise Refused("talk.slow_mode", at=ceil(at) + wait)
    services.slow_mode.take(place.channel_id, who, at)


def may_manage(interaction: discord.Interaction, channel: discord.abc.GuildChannel | None) -> bool:
    """Return whether a person may manage a category or forum, which is not the channel they are in."""
    if channel is None or not isinstance(interaction.user, discord.Member):
        return may(interaction, "manage_guild")
    return is_admin(interaction) or channel.permissions_for(interaction.user).manage_channels


async def may_propose(services: Services, interaction: discord.Interaction) -> bool:
    """Return whether a person has the role that admins named for proposals."""
    user = interaction.user
    if interaction.guild_id is None or not isinstance(user, discord.Member):
        return False
    chosen = (await services.story.choices.set_of("server", interaction.guild_id)).get(PROPOSERS, "")
    return chosen.isdecimal() and user.get_role(int(chosen)) is not None


async def require_trying(services: Services, interaction: discord.Interaction) -> None:
    """Check that a person may try personas: they manage the server, or may propose some.

    Raises:
        Refused: they may not.
    """
    if not await may_propose(services, interaction):
        require(interaction, "manage_guild")


def may_open_thread(interaction: discord.Interaction) -> bool:
    """Return whether both the person and the bot may open a thread here and write in it."""
    needed = ("create_public_threads", "send_messages_in_threads")
    ours = interaction.app_permissions
    return (
        isinstance(interaction.channel, discord.TextChannel)
        and may(interaction, *needed)
        and (ours.administrator or all(getattr(ours, right) for right in (*needed, "view_channel")))
    )


def require(interaction: discord.Interaction, right: str) -> None:
    """Check that a person has a permission.

    Raises:
        Refused: they do not.
    """
    if may(interaction, right):
        return
    if right not in WRITING:
        require_server(interaction)
    raise Refused("command.no_right", right=Sentence(f"right.{right}"))


def require_server(interaction: discord.Interaction) -> None:
    """Check that something was used on a server.

    Raises:
        Refused: it was used elsewhere.
    """
    if reach_in(interaction) is not Reach.SERVER:
        raise Refused("reach.only_servers")


def require_gallery(interaction: discord.Interaction) -> None:
    """Check that a person may look at the personas: on a server only those who manage it, else everybody.

    Raises:
        Refused: they may not.
    """
    if reach_in(interaction) is not Reach.DIRECT:
        require(interaction, "manage_guild")


def bot_may_post(interaction: discord.Interaction) -> bool:
    """Return whether the bot itself may see the channel and post there."""
    reach, ours = reach_in(interaction), interaction.app_permissions
    if reach is not Reach.SERVER:
        return reach is Reach.DIRECT
    return ours.administrator or (ours.view_channel and getattr(ours, writing_right(interaction)))


def require_writing(interaction: discord.Interaction) -> None:
    """Check that a person may write here: what a command posts for them needs the same permission.

    Raises:
        Refused: they may not.
    """
    require(interaction, writing_right(interaction))


async def require_taking_part(services: Services, interaction: discord.Interaction) -> None:
    """Check that what a person brings may be stored and sent: they have not opted out, and nothing is paused.

    Raises:
        Refused: it may not.
    """
    if await services.story.records.privacy.is_out(interaction.user.id):
        raise Refused("privacy.is_out", privacy=services.command("privacy"))
    await require_active(services, interaction)


async def require_active(services: Services, interaction: discord.Interaction) -> None:
    """Check that the server is not paused: nothing that people write is stored then.

    Raises:
        Refused: it is.
    """
    if (await services.story.casting.settings(place_of(interaction))).paused:
        raise Refused("player.paused")


def writing_right(interaction: discord.Interaction) -> str:
    """Return the permission that writing here takes."""
    is_thread = isinstance(interaction.channel, discord.Thread)
    return "send_messages_in_threads" if is_thread else "send_messages"


async def require_pressing(services: Services, interaction: discord.Interaction, state: TurnState) -> None:
    """Check that a person may press a button that changes a reply for everybody.

    Raises:
        Refused: they may not yet; the sentence says when.
    """
    moderator = is_moderator(interaction)
    verdict = await services.story.revision.pressing.may_press(
        state, interaction.user.id, moderator=moderator
    )
    if verdict.right is Right.NOW:
        return
    at = 0 if verdict.at is None else ceil(verdict.at.timestamp())
    raise Refused(f"press.{verdict.right}", at=at, turns=LATELY)


async def why_not_steer(services: Services, interaction: discord.Interaction) -> Refused | None:
    """Return the refusal for a person who may not start and resume scenes here; None if they may."""
    moderator, place = may(interaction, STEERING), place_of(interaction)
    if await services.story.scenes.may_steer(place, interaction.user.id, moderator=moderator):
        return None
    settings = await services.story.casting.settings(place)
    return Refused(f"command.may_not_steer.{settings.story_rights}")


async def require_uncovering(services: Services, interaction: discord.Interaction) -> None:
    """Check that a person may undo *Not this* here: they started the scene, or have `STEERING`.

    Raises:
        Refused: they may not; the sentence says who may.
    """
    moderator, place = may(interaction, STEERING), place_of(interaction)
    if not await services.story.scenes.may_uncover(place, interaction.user.id, moderator=moderator):
        raise Refused("command.may_not_steer.starter")


async def require_steering(services: Services, interaction: discord.Interaction) -> None:
    """Check that a person may start and resume scenes here.

    Raises:
        Refused: they may not; the sentence says who may.
    """
    why_not = await why_not_steer(services, interaction)
    if why_not is not None:
        raise why_not
