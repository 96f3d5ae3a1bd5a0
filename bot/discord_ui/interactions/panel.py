"""The panel of settings: what counts in a channel or on a server, where that was set, and what is missing.

Law: it shows and sets nothing. Only what changes the bot's behaviour has a line.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import discord

from bot.core.persona import Persona
from bot.core.posts.pages import clipped
from bot.core.scene import Place
from bot.core.settings import CHOICES as VALUES
from bot.core.settings import Face
from bot.discord_ui.inbound import age_restricted
from bot.discord_ui.interactions.services import CHOICES, LABEL, Services, place_of, writing_right
from bot.discord_ui.posting.webhooks import Lack
from bot.personas.library import Shelf
from bot.story.casting import ChannelCast, Source, offered
from bot.texts.sentences import say

PanelScope = Literal["channel", "server"]

PAGES = (("persona", "respond", "language", "story_rights"), ("face", "stream"))
"""The menus by page: Discord takes five rows in a message, and the last holds the buttons."""

INHERIT, NOBODY = "*inherit", "*nobody"
"""Choices in a menu that no persona's key can be."""

NEEDED = (
    "view_channel",
    "send_messages",
    "send_messages_in_threads",
    "read_message_history",
    "manage_webhooks",
    "create_public_threads",
)
"""Permissions whose lack costs something today; the texts say what."""

NOT_IN_THREADS = ("send_messages", "create_public_threads")
"""Those that count for nothing inside a thread."""

CAST_LIMIT = CHOICES - 2
"""Personas in the menu, beside nobody and whoever plays further up."""


@dataclass(frozen=True, slots=True)
class Panel:
    """What the panel says, and its menus by setting."""

    text: str
    menus: Mapping[str, list[discord.SelectOption]]
    placeholders: Mapping[str, str]
    disabled: Collection[str]


def page_of(key: str) -> int:
    """Return the number of the page that has a setting's menu, counted from 1."""
    return next(number for number, keys in enumerate(PAGES, start=1) if key in keys)


async def read(services: Services, interaction: discord.Interaction, scope: PanelScope, page: int) -> Panel:
    """Put the panel of a channel or its server together: all that counts, and the menus of one page."""
    here = place_of(interaction)
    scope_id = here.channel_id if scope == "channel" else here.guild_id or 0
    # What holds on the whole server is what holds in a channel in which nothing is set.
    place = here if scope == "channel" else Place(-1, guild_id=here.guild_id)
    part = await services.story.casting.lookup(place)
    bound = await services.story.choices.bound(scope, scope_id)
    own = await services.story.choices.set_of(scope, scope_id)
    chosen = INHERIT if bound is None else bound.persona_key or NOBODY
    # Who plays now is never among those cut off.
    playing = (part.key, chosen)
    cast = _cast(
        services.personas(here.guild_id), interaction.channel if scope == "channel" else None, playing
    )
    further_up = "thread" if _is_thread(place) else scope
    inherit = say(f"panel.inherit.{further_up}")
    lines = [say(f"panel.title.{scope}", channel=here.channel_id), _persona_line(part, place)]
    lines += [_line(key, part, place) for key in VALUES]
    if part.settings.paused:
        lines.append(say("panel.paused"))
    if part.persona is not None and services.records(part):
        lines.append(say("panel.recorded"))
    elif scope == "channel":
        lines.append(say("panel.not_recorded"))
    if len(cast) > CAST_LIMIT:
        lines.append(say("panel.more_personas", shown=CAST_LIMIT, count=len(cast)))
    lines += _missing(services, interaction, part.settings.face)
    menus = {"persona": _personas(cast, chosen, inherit)}
    menus |= {key: _choices(key, own.get(key, INHERIT), inherit) for key in VALUES}
    menus = {key: menus[key] for key in PAGES[page - 1]}
    placeholders = {key: say(f"menu.{key}") for key in menus}
    return Panel("\n".join(lines), menus, placeholders, part.fixed.keys())


def _is_thread(place: Place) -> bool:
    return place.parent_id is not None


def _persona_line(part: ChannelCast, place: Place) -> str:
    source = _source("persona", part.source, part, place)
    if part.key is None:
        return say("panel.nobody", source=source)
    name = discord.utils.escape_markdown(part.persona.name) if part.persona else ""
    return say("panel.persona", persona=name or say("panel.broken", key=part.key), source=source)


def _line(key: str, part: ChannelCast, place: Place) -> str:
    value = _value_name(key, getattr(part.settings, key))
    return say(f"panel.{key}", value=value, source=_source(key, part.sources[key], part, place))


def _source(key: str, source: Source, part: ChannelCast, place: Place) -> str:
    """Return in words what sets something in a place."""
    if source == "config":
        return say("panel.fixed", key=part.fixed[key])
    where = "parent" if source == "channel" and _is_thread(place) else source
    return say(f"panel.source.{where}")


def _value_name(key: str, value: str) -> str:
    """Return a choice in words; languages go by their own names."""
    return value if key == "language" and value != "auto" else say(f"setting.{key}.{value}")


def _missing(services: Services, interaction: discord.Interaction, face: Face) -> Sequence[str]:
    """Return what the bot lacks where somebody asks, and what that costs."""
    needless = {*(NOT_IN_THREADS if isinstance(interaction.channel, discord.Thread) else ())}
    if face is Face.BOT:
        needless.add("manage_webhooks")
    lines = _lacks(interaction, [right for right in NEEDED if right not in needless])
    here = place_of(interaction)
    if face is Face.WEBHOOK and services.faces.why_none(here.channel_id, here.parent_id) is Lack.FULL:
        lines.append(say("panel.webhooks_full"))
    if not services.message_content:
        lines.append(say("panel.lacks", right=say("right.message_content"), cost=say("cost.message_content")))
    return [say("panel.missing"), *lines] if lines else [say("panel.complete")]


def lacks_to_answer(interaction: discord.Interaction) -> list[str]:
    """Return what the bot lacks for answering what is said where somebody asks; `/talk` needs none of it."""
    return _lacks(interaction, ("view_channel", writing_right(interaction)))


def _lacks(interaction: discord.Interaction, rights: Sequence[str]) -> list[str]:
    """Return in words which of these permissions the bot lacks, and what that costs."""
    allowed = interaction.app_permissions
    return [
        say("panel.lacks", right=say(f"right.{right}"), cost=say(f"cost.{right}"))
        for right in rights
        if not getattr(allowed, right) and not allowed.administrator
    ]


def _cast(personas: Shelf, channel: object | None, playing: Collection[str | None]) -> Sequence[Persona]:
    """Return whom the panel can choose; a server's persona is for all its channels."""
    restricted = age_restricted(channel)
    cast = offered(personas, playing=playing)
    return [persona for persona in cast if restricted or not persona.nsfw]


def _personas(cast: Sequence[Persona], chosen: str, inherit: str) -> list[discord.SelectOption]:
    choices = [(INHERIT, inherit), (NOBODY, say("panel.choose_nobody"))]
    choices += [(persona.key, persona.name) for persona in cast[:CAST_LIMIT]]
    return _options("persona", choices, chosen)


def _choices(key: str, chosen: str, inherit: str) -> list[discord.SelectOption]:
    choices = [(INHERIT, inherit), *((value, _value_name(key, value)) for value in VALUES[key])]
    return _options(key, choices, chosen)


def _options(key: str, choices: Sequence[tuple[str, str]], chosen: str) -> list[discord.SelectOption]:
    name = say(f"menu.{key}")
    return [
        discord.SelectOption(
            label=clipped(say("panel.choice", name=name, value=label), LABEL),
            value=value,
            default=value == chosen,
        )
        for value, label in choices
    ]
