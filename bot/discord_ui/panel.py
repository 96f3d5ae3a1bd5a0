"""The panel of settings: what counts in a channel or on a server, where that was set, and what is missing.

Law: it shows and sets nothing. Only what changes the bot's behaviour has a line.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import discord

from bot.casting import Part
from bot.core.scene import Place
from bot.core.settings import CHOICES as VALUES
from bot.core.settings import Settings
from bot.discord_ui.desk import CHOICES, LABEL, Desk, place_of
from bot.discord_ui.inbound import age_restricted
from bot.texts import say

PanelScope = Literal["channel", "server"]

INHERIT, NOBODY = "*inherit", "*nobody"
"""Choices in a menu that no persona's key can be."""

NEEDED = (
    "view_channel",
    "send_messages",
    "send_messages_in_threads",
    "read_message_history",
    "create_public_threads",
)
"""Permissions whose lack costs something today; the texts say what."""


@dataclass(frozen=True, slots=True)
class Panel:
    """What the panel says, and its menus by setting."""

    text: str
    menus: Mapping[str, list[discord.SelectOption]]
    placeholders: Mapping[str, str]
    disabled: Collection[str]


async def read(desk: Desk, interaction: discord.Interaction, scope: PanelScope) -> Panel:
    """Put the panel of a channel or its server together."""
    here = place_of(interaction)
    # What holds on the whole server is what holds in a channel in which nothing is set.
    place = here if scope == "channel" else Place(-1, guild_id=here.guild_id)
    part = await desk.direction.casting.part(place)
    own = await desk.direction.set_of(scope, here.channel_id if scope == "channel" else here.guild_id or 0)
    server = await desk.direction.set_of("server", here.guild_id or 0)
    lines = [say(f"panel.title.{scope}", channel=here.channel_id), _persona_line(part)]
    lines += [_line(key, part, own, server, scope) for key in VALUES]
    if part.settings.paused:
        lines.append(say("panel.paused"))
    if part.persona is not None and part.bound:
        lines.append(say("panel.recorded"))
    elif scope == "channel":
        lines.append(say("panel.not_recorded"))
    lines += _missing(interaction.app_permissions, message_content=desk.message_content)
    menus = {"persona": _personas(desk, interaction.channel, part, scope)}
    menus |= {key: _choices(key, own.get(key), scope) for key in VALUES}
    placeholders = {key: say(f"menu.{key}") for key in menus}
    return Panel("\n".join(lines), menus, placeholders, part.fixed.keys())


def _persona_line(part: Part) -> str:
    if part.key is None:
        return say("panel.nobody", source=say(f"panel.source.{part.source}"))
    name = part.persona.name if part.persona else say("panel.broken", key=part.key)
    source = say("panel.fixed", key=part.fixed["persona"]) if part.source == "config" else ""
    return say(
        "panel.persona",
        persona=discord.utils.escape_markdown(name),
        source=source or say(f"panel.source.{part.source}"),
    )


def _line(key: str, part: Part, own: Mapping[str, str], server: Mapping[str, str], scope: PanelScope) -> str:
    source = "default"
    if key in part.fixed:
        return _said(key, part.settings, say("panel.fixed", key=part.fixed[key]))
    if key in own:
        source = scope
    elif key in server:
        source = "server"
    return _said(key, part.settings, say(f"panel.source.{source}"))


def _said(key: str, settings: Settings, source: str) -> str:
    value = getattr(settings, key)
    return say(f"panel.{key}", value=_value_name(key, value), source=source)


def _value_name(key: str, value: str) -> str:
    """Return a choice in words; languages go by their own names."""
    return value if key == "language" and value != "auto" else say(f"setting.{key}.{value}")


def _missing(allowed: discord.Permissions, *, message_content: bool) -> Sequence[str]:
    """Return what the bot lacks in a channel, and what that costs."""
    lacks = [right for right in NEEDED if not getattr(allowed, right) and not allowed.administrator]
    lines = [say("panel.lacks", right=say(f"right.{right}"), cost=say(f"cost.{right}")) for right in lacks]
    if not message_content:
        lines.append(say("panel.lacks", right=say("right.message_content"), cost=say("cost.message_content")))
    return [say("panel.missing"), *lines] if lines else [say("panel.complete")]


def _personas(desk: Desk, channel: object, part: Part, scope: PanelScope) -> list[discord.SelectOption]:
    restricted = age_restricted(channel)
    cast = [persona for persona in desk.personas if restricted or not persona.nsfw]
    cast.sort(key=lambda persona: persona.key != part.key)  # who plays now is never among those cut off
    chosen = part.source in {scope, "nobody"}

    def named(value: str) -> str:
        return say("panel.choice", name=say("menu.persona"), value=value)[:LABEL]

    first = [
        discord.SelectOption(label=named(say(f"panel.inherit.{scope}")), value=INHERIT, default=not chosen),
        discord.SelectOption(
            label=named(say("panel.choose_nobody")), value=NOBODY, default=part.source == "nobody"
        ),
    ]
    others = [
        discord.SelectOption(
            label=named(persona.name), value=persona.key, default=chosen and persona.key == part.key
        )
        for persona in cast
    ]
    return [*first, *others][:CHOICES]


def _choices(key: str, chosen: str | None, scope: PanelScope) -> list[discord.SelectOption]:
    inherit = discord.SelectOption(
        label=say("panel.choice", name=say(f"menu.{key}"), value=say(f"panel.inherit.{scope}")),
        value=INHERIT,
        default=chosen is None,
    )
    return [
        inherit,
        *(
            discord.SelectOption(
                label=say("panel.choice", name=say(f"menu.{key}"), value=_value_name(key, value)),
                value=value,
                default=value == chosen,
            )
            for value in VALUES[key]
        ),
    ]
