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
from bot.discord_ui.interactions.choosing import CHOICES, LABEL
from bot.discord_ui.interactions.rights import writing_right
from bot.discord_ui.interactions.services import Services, place_of
from bot.discord_ui.posting.webhooks import Lack
from bot.discord_ui.voices import voice_of
from bot.story.casting import ChannelCast, Source, offered
from bot.texts.sentences import Sentence, Voice

PanelScope = Literal["channel", "server"]

_ROWS = 4
"""Menus on a page: Discord takes five rows in a message, and the last has the buttons."""

_MENUS = ("persona", *VALUES)

PAGES = tuple(_MENUS[first : first + _ROWS] for first in range(0, len(_MENUS), _ROWS))
"""The menus by page."""

INHERIT, NOBODY = "*inherit", "*nobody"
"""Values of a menu that are no persona's key."""

NEEDED = (
    "view_channel",
    "send_messages",
    "send_messages_in_threads",
    "read_message_history",
    "manage_webhooks",
    "create_public_threads",
)
"""The permissions the bot uses; the texts say what the lack of each costs."""

NOT_IN_THREADS = ("send_messages", "create_public_threads")
"""The permissions among them that have no effect inside a thread."""

CAST_LIMIT = CHOICES - 2
"""Personas in the menu, beside "none" and "same as"."""


@dataclass(frozen=True, slots=True)
class Panel:
    """The panel's text, and its menus by setting."""

    text: str
    menus: Mapping[str, list[discord.SelectOption]]
    placeholders: Mapping[str, str]
    disabled: Collection[str]


def page_of(key: str) -> int:
    """Return the number of the page that has a setting's menu, counted from 1."""
    return next(number for number, keys in enumerate(PAGES, start=1) if key in keys)


async def read(services: Services, interaction: discord.Interaction, scope: PanelScope, page: int) -> Panel:
    """Return the panel of a channel or its server: everything that counts, and the menus of one page."""
    here, voice = place_of(interaction), voice_of(interaction)
    scope_id = here.channel_id if scope == "channel" else here.guild_id or 0
    # What counts on the whole server is what counts in a channel without settings of its own.
    place = here if scope == "channel" else Place(-1, guild_id=here.guild_id)
    cast = await services.story.casting.lookup(place)
    bound = await services.story.choices.bound(scope, scope_id)
    own = await services.story.choices.set_of(scope, scope_id)
    chosen = INHERIT if bound is None else bound.persona_key or NOBODY
    restricted = scope == "channel" and age_restricted(interaction.channel)
    # The current personas come first, so that they are never cut off.
    all_personas = offered(services.personas(here.guild_id), playing=(cast.key, chosen))
    personas = [persona for persona in all_personas if restricted or not persona.nsfw]
    further_up = "thread" if _is_thread(place) else scope
    inherit = Sentence(f"panel.inherit.{further_up}")
    lines = [Sentence(f"panel.title.{scope}", channel=here.channel_id), _persona_line(cast, place)]
    lines += [_line(key, cast, place) for key in VALUES]
    if cast.settings.paused:
        lines.append(Sentence("panel.paused"))
    if cast.persona is not None and services.records(cast):
        lines.append(Sentence("panel.recorded"))
    elif scope == "channel":
        lines.append(Sentence("panel.not_recorded"))
    if len(personas) > CAST_LIMIT:
        lines.append(Sentence("panel.more_personas", shown=CAST_LIMIT, count=len(personas)))
    lines += _missing(services, interaction, cast.settings.face)
    choices = {"persona": _personas(personas, inherit)}
    choices |= {key: _choices(key, inherit) for key in VALUES}
    selected = {"persona": chosen, **{key: own.get(key, INHERIT) for key in VALUES}}
    keys = PAGES[page - 1]
    menus = {key: _options(key, choices[key], selected[key], voice) for key in keys}
    placeholders = {key: voice.say(f"menu.{key}") for key in keys}
    return Panel(voice.lines(lines), menus, placeholders, cast.fixed.keys())


def _is_thread(place: Place) -> bool:
    return place.parent_id is not None


def _persona_line(cast: ChannelCast, place: Place) -> Sentence:
    source = _source("persona", cast.source, cast, place)
    if cast.key is None:
        return Sentence("panel.nobody", source=source)
    broken = Sentence("panel.broken", key=cast.key)
    persona = discord.utils.escape_markdown(cast.persona.name) if cast.persona else broken
    return Sentence("panel.persona", persona=persona, source=source)


def _line(key: str, cast: ChannelCast, place: Place) -> Sentence:
    value = _value_name(key, getattr(cast.settings, key))
    return Sentence(f"panel.{key}", value=value, source=_source(key, cast.sources[key], cast, place))


def _source(key: str, source: Source, cast: ChannelCast, place: Place) -> Sentence:
    """Return what sets a value in a place."""
    if source == "config":
        return Sentence("panel.fixed", key=cast.fixed[key])
    where = "parent" if source == "channel" and _is_thread(place) else source
    return Sentence(f"panel.source.{where}")


def _value_name(key: str, value: str) -> Sentence | str:
    """Return the name of a choice; languages have their own names."""
    return value if key == "language" and value != "auto" else Sentence(f"setting.{key}.{value}")


def _missing(services: Services, interaction: discord.Interaction, face: Face) -> Sequence[Sentence]:
    """Return what the bot lacks in a channel, and what that costs."""
    needless = {*(NOT_IN_THREADS if isinstance(interaction.channel, discord.Thread) else ())}
    if face is Face.BOT:
        needless.add("manage_webhooks")
    lines = _lacks(interaction, [right for right in NEEDED if right not in needless])
    here = place_of(interaction)
    if face is Face.WEBHOOK and services.faces.why_none(here.channel_id, here.parent_id) is Lack.FULL:
        lines.append(Sentence("panel.webhooks_full"))
    if not services.message_content:
        lines.append(_lack("message_content"))
    return [Sentence("panel.missing"), *lines] if lines else [Sentence("panel.complete")]


def lacks_to_answer(interaction: discord.Interaction) -> list[Sentence]:
    """Return what the bot lacks to answer messages in a channel; `/talk` needs none of it."""
    return _lacks(interaction, ("view_channel", writing_right(interaction)))


def _lacks(interaction: discord.Interaction, rights: Sequence[str]) -> list[Sentence]:
    """Return which of these permissions the bot lacks, and what that costs."""
    allowed = interaction.app_permissions
    return [_lack(right) for right in rights if not getattr(allowed, right) and not allowed.administrator]


def _lack(right: str) -> Sentence:
    return Sentence("panel.lacks", right=Sentence(f"right.{right}"), cost=Sentence(f"cost.{right}"))


Choice = tuple[str, Sentence | str]
"""A value in a menu, and its name."""


def _personas(personas: Sequence[Persona], inherit: Sentence) -> list[Choice]:
    first: list[Choice] = [(INHERIT, inherit), (NOBODY, Sentence("panel.choose_nobody"))]
    return [*first, *((persona.key, persona.name) for persona in personas[:CAST_LIMIT])]


def _choices(key: str, inherit: Sentence) -> list[Choice]:
    return [(INHERIT, inherit), *((value, _value_name(key, value)) for value in VALUES[key])]


def _options(key: str, choices: Sequence[Choice], chosen: str, voice: Voice) -> list[discord.SelectOption]:
    name = Sentence(f"menu.{key}")
    return [
        discord.SelectOption(
            label=clipped(voice.say("panel.choice", name=name, value=label), LABEL),
            value=value,
            default=value == chosen,
        )
        for value, label in choices
    ]
