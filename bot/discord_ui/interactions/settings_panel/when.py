"""What is written on the page of settings about when personas speak: quiet hours, commands for other bots.

Law: it takes Manage Server at every step. What cannot be read is told with what was written, and nothing is
set then.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import discord

from bot.core.moderation import Act
from bot.core.posts.pages import excerpt
from bot.core.quiet import NONE, read_quiet
from bot.core.settings import LONGEST_PREFIX, MOST_BOTS, MOST_PREFIXES, Settings, read_prefixes
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.answering import Refused
from bot.discord_ui.interactions.common.forms import fields_of, form_of
from bot.discord_ui.interactions.common.rights import require
from bot.discord_ui.interactions.common.services import Services, place_of
from bot.discord_ui.voices import voice_of
from bot.storage.settings import Scope
from bot.story.places.clocks import zone_named
from bot.texts.sentences import Sentence, Voice

FORM: Final = re.compile(r"rp:write:form:(?P<scope>channel|server):(?P<key>quiet_hours|ignored_prefixes)")
"""The ids of the forms."""

QUIET, PREFIXES, BOTS = "quiet_hours", "ignored_prefixes", "bots"

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "channel": (QUIET, BOTS),
    "server": (QUIET, PREFIXES, BOTS),
}
"""What can be set for a channel and for its server."""

LONGEST: Final = 100
"""Characters of what is written into a field."""


def blocks(
    services: Services, scope: str, settings: Settings, lines: Mapping[str, Sentence], voice: Voice
) -> Iterator[panel.Block]:
    """Yield the blocks of these settings; `lines` has what stands above each, by its key."""
    zone = str(zone_named(settings.timezone) or "UTC")
    hosts = _joined(services.story.casting.rules.proxies.prefixes, voice)
    own = _joined(settings.ignored_prefixes, voice)
    quiet = settings.quiet_hours.text
    told = {
        QUIET: Sentence(
            "written.quiet_hours", value=Sentence("written.none") if quiet == NONE else quiet, zone=zone
        ),
        PREFIXES: Sentence("written.ignored_prefixes", value=own, hosts=hosts),
        BOTS: Sentence("written.bots", most=MOST_BOTS),
    }
    for key in KEYS[scope]:
        yield panel.text(voice.render(lines[key]), voice.render(told[key]))
        if key == BOTS:
            chosen, hint = sorted(settings.bots), voice.say("bots.hint")
            yield panel.row(panel.user_menu(f"rp:bots:{scope}", chosen, hint, MOST_BOTS))
        else:
            yield panel.row(panel.button(voice.say(f"button.write.{key}"), f"rp:write:{scope}:{key}"))


def _joined(prefixes: tuple[str, ...], voice: Voice) -> str:
    return " ".join(map(panel.plain, prefixes)) or voice.say("written.none")


async def open_form(services: Services, interaction: discord.Interaction, scope: str, key: str) -> None:
    """Open the form in which a setting is written."""
    require(interaction, "manage_guild")
    voice = voice_of(interaction)
    now = (await services.story.choices.set_of(_scope(scope), _scope_id(interaction, scope))).get(key)
    field: discord.ui.TextInput[Any] = discord.ui.TextInput(
        custom_id=key,
        default=now,
        placeholder=voice.say(f"write.{key}.hint"),
        required=False,
        max_length=LONGEST,
    )
    about = voice.say(f"write.{key}.about")
    label: discord.ui.Label[Any] = discord.ui.Label(
        text=voice.say(f"write.{key}"), description=about, component=field
    )
    form = form_of(f"rp:write:form:{scope}:{key}", voice.say(f"write.{key}"), [label])
    await interaction.response.send_modal(form)


async def take(services: Services, interaction: discord.Interaction, scope: str, key: str) -> None:
    """Set what a form says; nothing leaves it to what is further up.

    Raises:
        Refused: the person may not, or it cannot be read.
    """
    require(interaction, "manage_guild")
    text = fields_of(interaction).get(key, "").strip()
    value = _READ[key](text) if text else None
    if text and value is None:
        about = panel.plain(excerpt(text, LONGEST))
        limits = {"most": MOST_PREFIXES, "longest": LONGEST_PREFIX} if key == PREFIXES else {}
        raise Refused(f"write.unread.{key}", text=about, **limits)
    await _choose(services, interaction, scope, key, value)


async def take_bots(
    services: Services,
    interaction: discord.Interaction,
    scope: str,
    chosen: list[discord.Member | discord.User],
) -> None:
    """Set which other bots are heard; none leaves it to what is further up.

    Raises:
        Refused: the person may not, or somebody who was chosen is no other bot.
    """
    require(interaction, "manage_guild")
    me = interaction.application_id
    if any(not each.bot or each.id == me for each in chosen):
        raise Refused("bots.people")
    value = " ".join(str(each.id) for each in chosen) or None
    await _choose(services, interaction, scope, BOTS, value)


async def _choose(
    services: Services, interaction: discord.Interaction, scope: str, key: str, value: str | None
) -> None:
    user_id, scope_id = interaction.user.id, _scope_id(interaction, scope)
    await services.story.choices.choose(_scope(scope), scope_id, key, value, user_id)
    services.moderation.used(interaction, Act.SETTING, about=key, everywhere=scope == "server")


def _quiet(text: str) -> str | None:
    found = read_quiet(text)
    return None if found is None else found.text


def _prefixes(text: str) -> str | None:
    found = read_prefixes(text)
    return None if found is None else " ".join(found)


_READ: Final[Mapping[str, Callable[[str], str | None]]] = {
    QUIET: _quiet,
    PREFIXES: _prefixes,
}


def _scope(scope: str) -> Scope:
    return "server" if scope == "server" else "channel"


def _scope_id(interaction: discord.Interaction, scope: str) -> int:
    place = place_of(interaction)
    assert place.guild_id is not None
    return place.guild_id if scope == "server" else place.channel_id
