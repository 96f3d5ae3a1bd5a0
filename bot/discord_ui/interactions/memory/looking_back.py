"""Looking back: the form in which a person asks for words, and the pages of what was found.

Law: everybody who sees the channel may look, and only they see what was found. A page is known by the words
and its number, which stand in its buttons, so that it works after a restart.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

import discord

from bot.core.memory.excerpts import Part
from bot.core.posts.pages import excerpt
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.answering import Refused, show
from bot.discord_ui.interactions.common.forms import form_of
from bot.discord_ui.interactions.common.pressing import refused
from bot.discord_ui.interactions.common.services import Services, place_of
from bot.discord_ui.voices import voice_of
from bot.story.memory.looking_back import Hit
from bot.texts.sentences import Voice

FORM: Final = re.compile(r"rp:look:form")
"""The id of the form."""

WORDS: Final = 60
"""Maximum characters that a person may look for."""

IN_BUTTON: Final = 80
"""UTF-16 units of them that a button's id has room for."""

MARKED: Final = 300
"""Characters of an excerpt in which words are bold: a word of one letter is five characters then."""


def search_button(voice: Voice) -> panel.Block:
    """Return the button that opens the form, for any panel."""
    return panel.button(voice.say("button.look"), "rp:look")


async def open_form(interaction: discord.Interaction) -> None:
    """Open the form."""
    voice = voice_of(interaction)
    field: discord.ui.TextInput[Any] = discord.ui.TextInput(custom_id="words", max_length=WORDS)
    label = discord.ui.Label(text=voice.say("look.words"), description=voice.say("look.how"), component=field)
    form = form_of("rp:look:form", voice.say("look.form"), [label])
    await interaction.response.send_modal(form)


async def look(services: Services, interaction: discord.Interaction, words: str, page: int = 1) -> None:
    """Show a page of what was said in the running scene with these words.

    Raises:
        Refused: there are no words, or the channel may not see what was found.
    """
    words = excerpt(" ".join(words.split()), IN_BUTTON)
    place, voice = place_of(interaction), voice_of(interaction)
    found = await services.story.records.looking_back.search(place, words, page)
    if not found.asks:
        raise Refused("look.no_words")
    hidden = services.story.revision.turns.why_hidden([hit.turn for hit in found.hits], place)
    if hidden is not None:
        raise refused(hidden)
    title = [voice.say("look.title", words=panel.plain(words))]
    title += (
        [panel.small(voice.say("look.page", page=found.number))] if found.number > 1 or found.more else []
    )
    blocks = [panel.text(*title)]
    for hit in found.hits:
        blocks += [panel.line(), _block(hit, voice)]
    if not found.hits:
        blocks.append(panel.text(voice.say("look.nothing")))
    if found.partial:
        blocks.append(panel.text(panel.small(voice.say("look.partial"))))
    leaves = [(found.number - 1, "button.page.back")] if found.number > 1 else []
    leaves += [(found.number + 1, "button.page.next")] if found.more else []
    turns = [panel.button(voice.say(key), f"rp:look:{to}:{words}") for to, key in leaves]
    await show(interaction, panel.panel([*blocks, panel.line(), panel.row(*turns, search_button(voice))]))


def _block(hit: Hit, voice: Voice) -> panel.Block:
    """Return a hit: who spoke and when, its words, and the way there if there is one."""
    who = voice.say("look.hit", name=panel.plain(hit.turn.name), at=int(hit.turn.created_at.timestamp()))
    words = f"{who}\n{_marked(hit.excerpt)}"
    if hit.message_id is None or hit.place.guild_id is None:
        return panel.text(words)
    url = f"https://discord.com/channels/{hit.place.guild_id}/{hit.place.channel_id}/{hit.message_id}"
    return panel.beside(words, panel.link(voice.say("button.look.there"), url))


def _marked(parts: Iterable[Part]) -> str:
    """Return an excerpt in which only the words that were looked for are bold, the first of them at least."""
    shown = ""
    for part in parts:
        words = _inside(part.text)
        shown += f"**{words}**" if part.is_hit and len(shown) < MARKED else words
    return f"\\{shown}" if shown.startswith(("-", "+", "#", ">")) else shown


def _inside(text: str) -> str:
    """Return a text as plain as a panel's, within a line: with the blanks at its ends."""
    return panel.plain(f"x{text}x")[1:-1]
