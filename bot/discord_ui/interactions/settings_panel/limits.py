"""The page of limits in the panel of settings, and its forms: what may be spent, and a server's time zone.

Law: it takes Manage Server at every step. What cannot be read is told with what was written, and nothing of
the form is set then.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

import discord

from bot.core.budgets.caps import is_ambiguous, is_foreign, written
from bot.core.budgets.rule import Limit, Payer, shares
from bot.core.moderation import Act, Entry
from bot.core.posts.pages import excerpt
from bot.core.scene import Place
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.answering import Refused
from bot.discord_ui.interactions.common.forms import fields_of, form_of
from bot.discord_ui.interactions.common.rights import require
from bot.discord_ui.interactions.common.services import Services, place_of
from bot.discord_ui.interactions.settings_panel.pages import PanelScope
from bot.discord_ui.voices import voice_of
from bot.story.budgets.admin_limits import OPEN, Above, NotRead
from bot.story.places.clocks import TIMEZONE, zone_named
from bot.texts.money import limit_text, limits_text
from bot.texts.sentences import Voice

FORM: Final = re.compile(r"rp:limits:form:(?P<what>server|channel|timezone|key)")
"""The ids of the forms."""

LONGEST, LONGEST_KEY = 120, 500
"""Characters of what is written into a field, at least those of the longest limits, and of a key."""

KEY: Final = "key"
"""What the form of the server's own key is called, and its field."""


async def page(services: Services, interaction: discord.Interaction, scope: PanelScope) -> list[panel.Block]:
    """Return the blocks of the page: what is set, and the buttons that change it."""
    voice, scope_id = voice_of(interaction), _scope_id(interaction, scope)
    spending = services.story.records.spending
    chosen = await spending.admins.of(scope, scope_id)
    hosts = _hosts(
        spending.hosts_limits, voice, is_shared=await spending.is_shared(_scope_id(interaction, "server"))
    )
    lines = [
        voice.say(f"limits.of.{payer}", limits=limits_text(limits, voice), hosts=hosts[payer])
        if scope == "server"
        else voice.say("limits.of.this", limits=limits_text(limits, voice))
        for payer, limits in chosen.items()
    ]
    about = voice.say("limits.about", usage=services.command("usage"))
    blocks = [
        panel.text(voice.say(f"limits.title.{scope}", channel=scope_id), panel.small(about)),
        panel.text(*lines),
        panel.row(panel.button(voice.say("button.limits.change"), f"rp:limits:{scope}")),
    ]
    if scope == "channel":
        return blocks
    key, zone = await _key(services, scope_id, voice), await _timezone(services, interaction, voice)
    return [*blocks, *key, *zone]


def _hosts(limits: Iterable[Limit], voice: Voice, *, is_shared: bool) -> Mapping[Payer, str]:
    """Return what the host's limits allow each payer, in words; a server alone has all of the bot's."""
    limits = tuple(limits)
    wholes = (
        () if is_shared else [replace(each, payer=Payer.SERVER) for each in limits if each.payer is Payer.BOT]
    )
    found = [*limits, *(shares(limits) if is_shared else wholes)]
    return {
        payer: limits_text([each for each in found if each.payer is payer], voice)
        for payer in (Payer.PERSON, Payer.CHANNEL, Payer.SERVER)
    }


async def _key(services: Services, server_id: int, voice: Voice) -> list[panel.Block]:
    """Return the blocks about the server's own key; none where it has none and may not bring one."""
    keys = services.story.records.spending.keys
    brought = await keys.get(server_id)
    setting = panel.button(voice.say(f"button.key.{'replace' if brought else 'set'}"), "rp:limits:key")
    settings = [setting] if keys.is_allowed else []
    if brought is None:
        return [panel.line(), panel.text(voice.say("key.none")), panel.row(setting)] if settings else []
    facts = {"at": int(brought.at.timestamp()), "user": brought.by_user}
    told = voice.say("key.set" if brought.by_user else "key.set.by_nobody", **facts)
    removing = panel.button(voice.say("button.key.remove"), "rp:limits:drop")
    lines = panel.text(told, panel.small(voice.say(f"key.{brought.state}")))
    return [panel.line(), lines, panel.row(*settings, removing)]


async def _timezone(services: Services, interaction: discord.Interaction, voice: Voice) -> list[panel.Block]:
    settings = await services.story.choices.set_of("server", _scope_id(interaction, "server"))
    name = settings.get(TIMEZONE, "UTC")
    return [
        panel.line(),
        panel.text(voice.say("timezone.now", zone=name), panel.small(voice.say("timezone.about"))),
        panel.row(panel.button(voice.say("button.timezone"), "rp:limits:timezone")),
    ]


async def open_form(services: Services, interaction: discord.Interaction, what: str) -> None:
    """Open the form of the limits of a server or a channel, of the server's time zone, or of its own key."""
    require(interaction, "manage_guild")
    voice = voice_of(interaction)
    if what == KEY:
        keys = services.story.records.spending.keys
        if (fault := keys.why_not) is not None:
            raise Refused(f"key.{fault}")
        fields = [_field(voice.say("key.field"), KEY, "", voice.say("key.hint"), longest=LONGEST_KEY)]
    elif what == TIMEZONE:
        settings = await services.story.choices.set_of("server", _scope_id(interaction, "server"))
        hint = voice.say("timezone.hint")
        fields = [_field(voice.say("timezone.field"), TIMEZONE, settings.get(TIMEZONE, ""), hint)]
    else:
        scope: PanelScope = "server" if what == "server" else "channel"
        chosen = await services.story.records.spending.admins.of(scope, _scope_id(interaction, scope))
        hint = voice.say("limits.hint")
        fields = [
            _field(voice.say(f"limits.field.{payer}"), payer, written(limits) if limits else "", hint)
            for payer, limits in chosen.items()
        ]
    title = voice.say({TIMEZONE: "timezone.form", KEY: "key.form"}.get(what, "limits.form"))
    await interaction.response.send_modal(form_of(f"rp:limits:form:{what}", title, fields))


async def take(services: Services, interaction: discord.Interaction, what: str) -> None:
    """Set what a form says.

    Raises:
        Refused: the person may not, or something cannot be read, or is higher than the host's.
    """
    require(interaction, "manage_guild")
    fields, user_id = fields_of(interaction), interaction.user.id
    if what == KEY:
        await _set_key(services, interaction, fields.get(KEY, ""))
        return
    if what == TIMEZONE:
        await _set_timezone(services, interaction, fields.get(TIMEZONE, ""))
        return
    scope: PanelScope = "server" if what == "server" else "channel"
    texts = {payer: fields.get(payer, "") for payer in OPEN[scope]}
    admins, scope_id = services.story.records.spending.admins, _scope_id(interaction, scope)
    is_free = await services.story.records.spending.keys.pays(_scope_id(interaction, "server"))
    why = await admins.set(scope, scope_id, texts, user_id, is_free=is_free)
    if isinstance(why, NotRead):
        ambiguous = "limits.ambiguous" if is_ambiguous(why.text) else "limits.not_read"
        key = "limits.foreign" if is_foreign(why.text) else ambiguous
        raise Refused(key, text=panel.plain(excerpt(why.text, LONGEST)))
    if isinstance(why, Above):
        raise Refused("limits.above", limit=limit_text(why.limit), hosts=limit_text(why.hosts))
    if scope == "server":
        services.moderation.used(interaction, Act.LIMITS, everywhere=True)
    else:  # those of a thread are its channel's
        place = Place(scope_id, guild_id=interaction.guild_id)
        services.moderation.note(Entry(Act.LIMITS, place, user_id))


async def _set_key(services: Services, interaction: discord.Interaction, key: str) -> None:
    """Try a key, which takes longer than Discord waits for an answer, and store it."""
    await interaction.response.defer()
    keys, server_id = services.story.records.spending.keys, _scope_id(interaction, "server")
    fault = await keys.set(server_id, key, interaction.user.id)
    if fault is not None:
        raise Refused(f"key.{fault}")
    services.moderation.used(interaction, Act.KEY_BROUGHT)


async def drop_key(services: Services, interaction: discord.Interaction) -> None:
    """Remove the server's own key.

    Raises:
        Refused: the person may not, or there is none.
    """
    require(interaction, "manage_guild")
    keys, server_id = services.story.records.spending.keys, _scope_id(interaction, "server")
    if not await keys.remove(server_id, interaction.user.id):
        raise Refused("key.gone")
    services.moderation.used(interaction, Act.KEY_REMOVED)


async def _set_timezone(services: Services, interaction: discord.Interaction, text: str) -> None:
    zone = zone_named(text) if text.strip() else None
    if zone is None and text.strip():
        raise Refused("timezone.unknown", text=panel.plain(excerpt(text, LONGEST)))
    # An empty field is written down too: else nobody would know when it was emptied.
    name = "UTC" if zone is None else str(zone)
    server_id = _scope_id(interaction, "server")
    kept = await services.story.choices.move(server_id, name, interaction.user.id)
    if kept is not None:
        raise Refused("timezone.soon", at=int(kept.timestamp()))
    services.moderation.used(interaction, Act.SETTING, about=TIMEZONE, everywhere=True)


def _field(
    label: str, custom_id: str, text: str, hint: str, *, longest: int = LONGEST
) -> "discord.ui.Label[Any]":
    field: discord.ui.TextInput[Any] = discord.ui.TextInput(
        custom_id=custom_id, default=text or None, placeholder=hint, required=False, max_length=longest
    )
    return discord.ui.Label(text=label, component=field)


def _scope_id(interaction: discord.Interaction, scope: PanelScope) -> int:
    """Return the id that settings of a scope are stored with; limits of a thread are its channel's."""
    place = place_of(interaction)
    assert place.guild_id is not None
    return place.guild_id if scope == "server" else place.home_id
