"""The page of the table's rules in `/dramatis settings`, and the form that changes one of them.

Law: it is for people with Manage Server. What holds in a channel that isn't age-restricted is shown, and
nobody changes it. The form takes more than rules may have, so that what is too long comes back whole.
"""

import re
from collections.abc import Iterable
from typing import Final

import discord

from bot.core.memory.table import FLOOR, RULES_LENGTH, are_rules
from bot.core.moderation import Act
from bot.core.posts.edit_form import cut
from bot.core.posts.pages import clipped
from bot.core.settings import TABLE_RULES
from bot.discord_ui.inbound import age_restricted
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.answering import Refused
from bot.discord_ui.interactions.common.forms import fields_of, submitted_text, text_form
from bot.discord_ui.interactions.common.rights import require
from bot.discord_ui.interactions.common.services import Services, place_of
from bot.discord_ui.interactions.revisions.editing import give_back
from bot.discord_ui.interactions.settings_panel.pages import PanelScope
from bot.discord_ui.voices import voice_of
from bot.story.places.casting import Ruling, SettingScope
from bot.texts.sentences import Sentence, Voice

FORM: Final = re.compile(r"rp:rules:form:(?P<scope>channel|server)")


def scope_of(named: str) -> SettingScope:
    """Return the scope that an id names."""
    return "server" if named == "server" else "channel"


async def page(services: Services, interaction: discord.Interaction, _scope: PanelScope) -> list[panel.Block]:
    """Return the blocks of the page with all rules that hold here."""
    voice, casting = voice_of(interaction), services.story.casting
    rulings = await casting.rulings(place_of(interaction))
    told = (await casting.table_rules(place_of(interaction))).told
    floor = [] if age_restricted(interaction.channel) else [panel.text(voice.say("rules.floor", floor=FLOOR))]
    count = services.story.inspector.tokens(told)
    return [
        panel.text(voice.say("rules.title"), panel.small(voice.say("rules.intro", most=RULES_LENGTH))),
        *floor,
        *(block for each in rulings for block in _ruled(each, rulings[-1], voice)),
        panel.text(panel.small(voice.say("rules.tokens", tokens=count))),
    ]


def _ruled(ruling: Ruling, last: Ruling, voice: Voice) -> Iterable[panel.Block]:
    """Yield the rules of a server, a channel or a thread, with the button that changes them."""
    above = ruling.source == "channel" and last.source == "thread"
    title = voice.say(f"rules.of.{'parent' if above else ruling.source}")
    words = panel.quoted(ruling.text) or panel.small(voice.say("rules.none"))
    if ruling.fixed is not None:
        yield panel.text(title, words, panel.small(voice.say("panel.fixed", key=ruling.fixed)))
        return
    yield panel.text(title, words)
    if not above:  # a channel's are changed there
        scope = "server" if ruling.source == "server" else "channel"
        yield panel.row(panel.button(voice.say("button.edit"), f"rp:rules:{scope}"))


async def open_form(services: Services, interaction: discord.Interaction, scope: SettingScope) -> None:
    """Open the form with the rules of the server, or of the channel or thread."""
    require(interaction, "manage_guild")
    text, voice = _shown((await _ruling(services, interaction, scope)).text), voice_of(interaction)
    title, label = voice.say(f"rules.form.{scope}"), voice.say("rules.form.label")
    made = text_form(f"rp:rules:form:{scope}", title, text, lambda *_: label)
    assert made is not None  # what is shown fits
    await interaction.response.send_modal(made)


async def take(services: Services, interaction: discord.Interaction, scope: SettingScope) -> bool:
    """Store the rules of a submitted form; return whether they were taken."""
    require(interaction, "manage_guild")
    before, fields = _shown((await _ruling(services, interaction, scope)).text), fields_of(interaction)
    text = submitted_text(before, fields)
    if text is None:
        await give_back(interaction, "\n".join(fields.values()), Sentence("rules.overtaken"))
        return False
    text = text.strip()
    if text and not are_rules(text):
        await give_back(interaction, text, Sentence("rules.too_long", count=len(text), most=RULES_LENGTH))
        return False
    place, usual = place_of(interaction), services.story.casting.rules.table_rules
    # A server's empty text stands for none, even if the bot's owner has written some for all.
    value = None if text == (usual if scope == "server" else "") else text
    scope_id = place.channel_id if scope == "channel" else place.guild_id or 0
    await services.story.choices.choose(scope, scope_id, TABLE_RULES, value, interaction.user.id)
    services.moderation.used(interaction, Act.RULES, everywhere=scope == "server")
    return True


def _shown(rules: str) -> str:
    """Return what the form shows of some rules: all that fits, since they may be of another version."""
    return rules if cut(rules) is not None else clipped(rules, RULES_LENGTH)


async def _ruling(services: Services, interaction: discord.Interaction, scope: SettingScope) -> Ruling:
    """Return the rules of the server, or of the channel or thread.

    Raises:
        Refused: the bot's owner has set them.
    """
    rulings = await services.story.casting.rulings(place_of(interaction))
    found = rulings[0] if scope == "server" else rulings[-1]
    if found.fixed is not None:
        raise Refused("command.fixed", key=found.fixed)
    return found
