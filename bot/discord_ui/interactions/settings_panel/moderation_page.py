"""The page of the panel of settings about who may play, the moderation log and reports.

Law: it shows and sets nothing. A chosen channel or role that is gone is told, and what follows from it; so is
a channel for the log or reports that everybody can read.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import discord

from bot.core.access import BARRED_ROLES, MOST_ROLES, PLAY_ROLES, roles_in
from bot.core.settings import LOG, REPORTS
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.services import Services, place_of
from bot.discord_ui.interactions.settings_panel.pages import PanelScope
from bot.discord_ui.voices import voice_of
from bot.texts.sentences import Sentence, Voice

NEEDED: Final = ("view_channel", "send_messages")
"""The permissions that the bot needs in the channels for the log and for reports."""


async def moderation_page(
    services: Services, interaction: discord.Interaction, scope: PanelScope
) -> list[panel.Block]:
    """Return the blocks of the page of a channel or its server."""
    guild, here, voice = interaction.guild, place_of(interaction), voice_of(interaction)
    assert guild is not None
    scope_id = guild.id if scope == "server" else here.channel_id
    chosen = await services.story.choices.set_of(scope, scope_id)
    title = "panel.moderation.title" if scope == "channel" else "panel.moderation.title.server"
    channels = [*_channel(guild, chosen, LOG, voice), *_channel(guild, chosen, REPORTS, voice)]
    return [
        panel.text(voice.say(title, channel=here.channel_id)),
        *_roles(guild, chosen, scope, PLAY_ROLES, voice),
        *_roles(guild, chosen, scope, BARRED_ROLES, voice),
        *([panel.line(), *channels] if scope == "server" else []),
    ]


def _roles(
    guild: discord.Guild, chosen: Mapping[str, str], scope: PanelScope, key: str, voice: Voice
) -> Iterable[panel.Block]:
    """Yield what a setting of roles is about, above its menu; roles that are gone are not chosen."""
    stored = roles_in(chosen.get(key, ""))
    here = sorted(role for role in stored if guild.get_role(role) is not None)
    lines, hint = [Sentence(f"panel.{key}")], Sentence("panel.barred_roles.hint")
    note = Sentence("panel.barred_roles.server")
    if key == PLAY_ROLES:
        hint, note = Sentence(f"panel.play_roles.hint.{scope}"), Sentence("panel.roles.everybody")
        lines += [Sentence("panel.play_roles.gone")] if stored and not here else []
    small = [panel.small(voice.render(note))] if scope == "channel" else []
    menu = panel.role_menu(f"rp:roles:{scope}:{key}", here, voice.render(hint), MOST_ROLES)
    yield panel.text(voice.lines(lines), *small)
    yield panel.row(menu)


def _channel(
    guild: discord.Guild, chosen: Mapping[str, str], key: str, voice: Voice
) -> Iterable[panel.Block]:
    """Yield what a channel is for, above its menu, and what is wrong with the chosen one."""
    stored, lines = chosen.get(key, ""), [Sentence(f"panel.{key}")]
    channel = guild.get_channel(int(stored)) if stored.isdecimal() else None
    if stored and channel is None:
        lines.append(Sentence("panel.channel.gone"))
    elif channel is not None:
        ours = channel.permissions_for(guild.me)
        if not (ours.administrator or all(getattr(ours, right) for right in NEEDED)):
            lines.append(Sentence("panel.channel.forbidden", channel=channel.id))
        if channel.permissions_for(guild.default_role).view_channel:
            lines.append(Sentence("panel.channel.open", channel=channel.id))
    known = None if channel is None else channel.id
    yield panel.text(voice.lines(lines))
    yield panel.row(panel.channel_menu(f"rp:log:{key}", known, voice.say(f"panel.{key}.hint")))
