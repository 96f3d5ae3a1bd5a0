"""Personas as cards: picture, name, tags, and in a sentence who each is; a gallery of them, and one alone.

Law: a card shows what its file says and changes nothing. Of a persona for age-restricted channels, other
channels see the name, and of a text for them that doesn't load, the key.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import discord

from bot.core.macros.filling import Moment, filled
from bot.core.persona import Persona
from bot.core.posts.pages import clipped, excerpt, utf16_length
from bot.core.prose import first_sentence
from bot.discord_ui.inbound import age_restricted, server_of
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.choosing import LABEL
from bot.discord_ui.interactions.common.mistakes import Mistake, in_code, in_short
from bot.discord_ui.interactions.common.rights import may
from bot.discord_ui.interactions.common.services import Services, place_of
from bot.discord_ui.interactions.personas.picturing import picture_button
from bot.discord_ui.voices import voice_of
from bot.personas.reading import is_key
from bot.personas.shelf import Shelf
from bot.storage.settings import Binding
from bot.story.places.casting import ChannelCast
from bot.texts.sentences import Voice

CARDS: Final = 5
"""Cards on a page: each takes up to six of the 40 components of a message."""

CARD: Final = 760
"""Maximum characters of a card on a page, which has 4,000."""

SENTENCE, PARAGRAPH, TAGS = 240, 1200, 120
"""Maximum characters of a card's sentence, of a whole card's text, and its tags."""

PROBLEMS: Final = 3
"""Maximum problems of one file."""

ROW: Final = 5
"""Buttons that Discord takes in a row."""

WHERE: Final = 5
"""Maximum places that are told of one persona."""

CUSTOM_ID: Final = 100
"""UTF-16 units that Discord takes in the id of a control."""


@dataclass(frozen=True, slots=True)
class _Card:
    """A persona or a broken file on a page, by its key."""

    key: str
    persona: Persona | None
    problems: Sequence[Mistake]


class _Cards:
    """The cards of one server, as one person sees them in one channel.

    `reads` says that they may read the host's files, and so what is wrong in them; `bindings` are the
    places of the server for which a persona is set.
    """

    def __init__(
        self,
        services: Services,
        interaction: discord.Interaction,
        cast: ChannelCast,
        bindings: Sequence[Binding],
        *,
        reads: bool,
    ) -> None:
        self._services = services
        self._interaction = interaction
        self.cast = cast
        self.reads = reads
        self._bindings = bindings
        self.voice: Voice = voice_of(interaction)
        self._may_bind = may(interaction, "manage_channels") and "persona" not in cast.fixed
        self._default = services.story.casting.default(interaction.guild_id)
        shelf = services.personas(interaction.guild_id)
        self._shelf = shelf
        problems = {key: found if reads or key in shelf.own else () for key, found in shelf.broken.items()}
        self.all = [_Card(key, shelf.get(key), problems.get(key, ())) for key in _keys(shelf)]

    async def blocks(
        self, cards: Sequence[_Card], view: str, *, whole: bool = False
    ) -> list[list[panel.Block]]:
        """Return the blocks of each card; `view` is where its button brings people back to."""
        personas = [each.persona for each in cards if each.persona is not None]
        found = await pictures(self._services, self._interaction.channel, personas)
        return [self._blocks(each, found.get(each.key), view, whole=whole) for each in cards]

    def _blocks(self, card: _Card, picture: str | None, view: str, *, whole: bool) -> list[panel.Block]:
        words = "\n".join(self._lines(card, picture, whole=whole))
        words = words if whole else excerpt(words, CARD)
        name = card.persona.name if card.persona else card.key
        button, acts = self._button(card, view), self._acts(card) if whole else []
        first = [] if button is None else [button]
        about = panel.pictured(words, picture, name, self.voice)
        if picture is None and button is not None:
            about, first = panel.beside(words, button), []
        if whole and card.persona is not None and card.key in self._shelf.own:
            first.append(picture_button(card.key, self.voice))
        rows = [[*first, *acts], []] if len(first) + len(acts) <= ROW else [first, acts]
        return [about, *(panel.row(*each) for each in rows if each)]

    def _acts(self, card: _Card) -> list[panel.Block]:
        """Return what can be done with the persona of a whole card."""
        own, reads = card.key in self._shelf.own, self.reads or card.key in self._shelf.own
        shown = card.persona is not None and may_show(self._interaction.channel, card.persona)
        reads = reads and may_read(self._interaction.channel, self._shelf, card.key)
        acts = {
            "try": shown,
            "edit": shown and reads,
            "file": reads,
            "versions": own,
            "delete": own,
        }
        if self._interaction.guild_id is None:  # nobody manages personas outside of servers
            return []
        ids = {act: f"rp:persona:{act}:{card.key}" for act, may in acts.items() if may and is_key(card.key)}
        return [
            panel.button(self.voice.say(f"button.{act}"), custom_id)
            for act, custom_id in ids.items()
            if utf16_length(custom_id) <= CUSTOM_ID
        ]

    def _lines(self, card: _Card, picture: str | None, *, whole: bool) -> list[str]:
        persona, say = card.persona, self.voice.say
        reads = may_read(self._interaction.channel, self._shelf, card.key)
        problems = [in_short(each, self.voice) for each in card.problems[:PROBLEMS]] if reads else []
        if persona is None:
            hidden = [] if reads else [say("command.age_restricted", persona=panel.plain(card.key))]
            return [say("cast.broken", key=in_code(card.key)), *problems, *hidden]
        own = self._shelf.own.get(card.key)
        marks = [f"`{in_code(card.key)}`"]
        marks += [say("cast.mark.own", version=own.version)] if own is not None else []
        marks += [say("cast.mark.here")] if persona.key in self.cast.keys else []
        marks += [say("cast.mark.default")] if persona.key == self._default else []
        marks += [say("cast.mark.nsfw")] if persona.nsfw else []
        marks += [say("cast.mark.tokens", tokens=self._services.story.records.tryouts.tokens(persona))]
        lines = [
            *about(self._interaction.channel, persona, self.voice, marks, whole=whole),
            *self._where(persona),
        ]
        if whole and not self.reads and own is None and self._interaction.guild_id is not None:
            lines.append(panel.small(say("cast.not_readable")))
        if whole and own is not None:
            lines += [panel.small(line) for line in self._pictureless(persona, picture)]
            doubts = self._shelf.doubts(card.key)[:PROBLEMS] if reads else ()
            lines += [f"⚠ {in_short(each, self.voice)}" for each in doubts]
        return [*lines, *(say("cast.broken_old", reason=each) for each in problems)]

    def _where(self, persona: Persona) -> list[str]:
        """Return in small print for which places of the server a persona is set."""
        set_here = [each for each in self._bindings if each.persona_key == persona.key]
        names = [f"<#{each.scope_id}>" for each in set_here if each.scope != "server"]
        more = [self.voice.say("cast.where.more", count=len(names) - WHERE)] if len(names) > WHERE else []
        names = names[:WHERE] + more
        if any(each.scope == "server" for each in set_here):
            names.append(self.voice.say("cast.where.server"))
        return [panel.small(self.voice.say("cast.where", places=names))] if names else []

    def _pictureless(self, persona: Persona, picture: str | None) -> Iterable[str]:
        """Yield why a server's own persona has no picture, if it has none."""
        if picture is None and may_show(self._interaction.channel, persona):
            why = self._services.faces.why_unpictured(persona, self._interaction.guild_id)
            yield (
                self.voice.say("cast.picture.none") if why is None else self.voice.say(f"cast.picture.{why}")
            )

    def _button(self, card: _Card, view: str) -> panel.Block | None:
        """Return the button that gives this channel to the persona, for those who may."""
        persona, custom_id = card.persona, f"rp:play:{view}:{card.key}"
        if (
            persona is None
            or not self._may_bind
            or not may_show(self._interaction.channel, persona)
            or card.key in self.cast.keys
        ):
            return None
        fits = utf16_length(custom_id) <= CUSTOM_ID
        return panel.button(self.voice.say("button.play_here"), custom_id) if fits else None


def may_show(channel: object | None, persona: Persona) -> bool:
    """Return whether a channel may see more of a persona than its name."""
    return not persona.nsfw or age_restricted(channel)


def may_read(channel: object | None, shelf: Shelf, key: str) -> bool:
    """Return whether a channel may see the text of a persona, which need not load."""
    return not shelf.is_for_adults(key) or age_restricted(channel)


async def pictures(services: Services, channel: object | None, personas: Sequence[Persona]) -> dict[str, str]:
    """Return the addresses of the personas' pictures that a channel may see, by key."""
    shown = [each for each in personas if may_show(channel, each)]
    found = await services.faces.pictures(shown, server_of(channel))
    return {each.key: address for each, address in zip(shown, found, strict=True) if address is not None}


def about(
    channel: object | None, persona: Persona, voice: Voice, marks: Sequence[str] = (), *, whole: bool = False
) -> list[str]:
    """Return the lines of a persona: its name, who it is, and in small print its `marks` and tags.

    Who it is takes a sentence, or with `whole` the first paragraph.
    """
    tags = voice.listed(persona.tags) if may_show(channel, persona) else ""
    small = " · ".join(filter(None, [*marks, panel.plain(excerpt(tags, TAGS))]))
    return [*who(channel, persona, whole=whole), *([panel.small(small)] if small else [])]


def who(channel: object | None, persona: Persona, *, whole: bool = False) -> list[str]:
    """Return the lines with a persona's name and who it is, in a sentence or the first paragraph."""
    told = ""
    if may_show(channel, persona):
        text = filled(persona, Moment(at=discord.utils.utcnow())).description
        paragraph = " ".join(text.split("\n\n", 1)[0].split())
        told = excerpt(paragraph, PARAGRAPH) if whole else excerpt(first_sentence(text), SENTENCE)
    return list(filter(None, [f"### {panel.plain(persona.name)}", panel.plain(told)]))


async def gallery(services: Services, interaction: discord.Interaction, page: int) -> discord.ui.LayoutView:
    """Return a page of the cards of all personas, counted from 1; the last one for those beyond."""
    cards, voice = await _cards(services, interaction), voice_of(interaction)
    cast = cards.cast
    pages = max(1, -(-len(cards.all) // CARDS))
    page = min(max(page, 1), pages)
    shown = cards.all[(page - 1) * CARDS : page * CARDS]
    title = [f"## {voice.say('cast.list', count=len(services.personas(interaction.guild_id)))}"]
    title += [panel.small(voice.say("cast.page", page=page, pages=pages))] if pages > 1 else []
    blocks = [panel.text(*title)]
    if page == 1 and cast.key is not None and cast.persona is None:
        blocks.append(panel.text(voice.say("cast.missing", key=in_code(cast.key))))
    for each in await cards.blocks(shown, "list"):
        blocks += [panel.line(), *each]
    turns = [(page - 1, "button.page.back"), (page + 1, "button.page.next")]
    leaves = [panel.button(voice.say(key), f"rp:cards:{to}") for to, key in turns if 1 <= to <= pages]
    named = [(each.key, _name(each)) for each in shown if is_key(each.key)]
    menus = [_menu("rp:open", named, voice.say("cast.open"))]
    if page == pages:
        gone = await services.story.records.workshop.deleted(interaction.guild_id or 0)
        keys = [(each.change.key, each.change.key) for each in gone]
        menus.append(_menu("rp:deleted", keys, voice.say("cast.deleted")))
    rows = [panel.row(*leaves)] if leaves else []
    return panel.panel([*blocks, panel.line(), *(menu for menu in menus if menu is not None), *rows])


def _name(card: _Card) -> str:
    return card.key if card.persona is None else f"{card.persona.name} ({card.key})"


def _menu(custom_id: str, keys: Sequence[tuple[str, str]], hint: str) -> panel.Block | None:
    """Return a menu of keys, each with what it is called; None if there are none."""
    options = [discord.SelectOption(label=clipped(name, LABEL), value=key) for key, name in keys]
    return panel.row(panel.menu(custom_id, options, hint=hint)) if options else None


async def _cards(services: Services, interaction: discord.Interaction) -> _Cards:
    cast = await services.story.casting.lookup(place_of(interaction))
    reads = interaction.guild_id is not None and await services.may_read(interaction.guild_id, "")
    guild = interaction.guild
    channels = [each.id for each in (*guild.channels, *guild.threads)] if guild is not None else []
    categories = [each.id for each in guild.categories] if guild is not None else []
    bindings = await services.story.casting.bindings(interaction.guild_id or 0, channels, categories)
    return _Cards(services, interaction, cast, bindings, reads=reads)


def page_of(services: Services, server_id: int | None, key: str) -> int:
    """Return the page of the gallery that has a persona's card."""
    keys = _keys(services.personas(server_id))
    return keys.index(key) // CARDS + 1 if key in keys else 1


def _keys(shelf: Shelf) -> list[str]:
    """Return the keys of all files, first those that have never loaded."""
    return [*(key for key in shelf.broken if shelf.get(key) is None), *(persona.key for persona in shelf)]


async def card(services: Services, interaction: discord.Interaction, key: str) -> discord.ui.LayoutView:
    """Return the whole card of a key, with what can be done with it."""
    cards = await _cards(services, interaction)
    shown = [each for each in cards.all if each.key == key]
    (blocks,) = await cards.blocks(shown, "card", whole=True)
    return panel.panel(blocks)


def attachment_name(path: Path) -> str:
    """Return the name of a file under which a panel can show it as an attachment.

    Discord's page "Uploading Files": only letters, digits, underscores, dashes and dots.
    """
    return re.sub(r"[^A-Za-z0-9_.-]", "_", path.name)
