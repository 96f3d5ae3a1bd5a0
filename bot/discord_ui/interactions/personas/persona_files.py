"""What people send as a persona: a file of YAML, a character card, or a pasted text.

Law: uploads and proposals read it in the same way. What is no persona's YAML is tried as a card; what is
neither is refused, with the way out.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

import discord

from bot.core.pictures import SIZE_LIMIT, kind_of
from bot.discord_ui.interactions.common.answering import Refused
from bot.discord_ui.interactions.common.offering import loaded
from bot.discord_ui.interactions.common.services import Services
from bot.personas.cards import CardError, CardFault, ImportedCard, read_card
from bot.personas.cards.bounded import FILE_LIMIT
from bot.personas.reading import TEXT_LIMIT, is_persona_file
from bot.story.server_library.workshop import Draft
from bot.texts.sentences import Sentence, Voice

PASTED: Final = "pasted.yaml"
"""What a pasted text is called in its mistakes."""

ANY: Final = "persona"
"""The key of a text while its own is not known."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What somebody sent.

    Attributes:
        content: the bytes of the persona's YAML, which need not load.
        name: the persona's name, as far as it is known.
        file: the name of the file; empty for a pasted text.
        card: the card that it was; None for a persona's YAML.
    """

    content: bytes
    name: str
    file: str
    card: ImportedCard | None = None

    @property
    def picture(self) -> bytes | None:
        """The picture of a card, if Discord can show it."""
        picture = self.card.avatar if self.card is not None else None
        shown = picture is not None and kind_of(picture) is not None and len(picture) <= SIZE_LIMIT
        return picture if shown else None

    @property
    def notes(self) -> Sequence[Sentence]:
        """What became of a card."""
        if self.card is None:
            return ()
        report = self.card.report
        return (*report.warnings, *report.changed, *report.ignored, *report.kept)


def file_field(voice: Voice, custom_id: str, *, required: bool) -> "discord.ui.Label[Any]":
    """Return the field of a form that asks for a file."""
    upload: discord.ui.FileUpload[Any] = discord.ui.FileUpload(
        custom_id=custom_id, required=required, max_values=1
    )
    about = voice.say("upload.file.about", most=TEXT_LIMIT // 1024)
    return discord.ui.Label(text=voice.say("upload.file"), description=about, component=upload)


def require_size(sent: discord.Attachment) -> None:
    """Check that a file isn't too large for what it claims to be.

    Raises:
        Refused: it is.
    """
    if sent.size > (TEXT_LIMIT if is_persona_file(sent.filename) else FILE_LIMIT):
        raise Refused("upload.too_large", most=TEXT_LIMIT // 1024, card=FILE_LIMIT // 2**20)


async def opened(services: Services, server_id: int, sent: discord.Attachment) -> Sent:
    """Return what a file has.

    Raises:
        Refused: Discord doesn't hand it out; or see `read`.
    """
    # Discord takes characters out of names, and tells what it was without the ending.
    ending = PurePath(sent.filename).suffix
    name = f"{sent.title}{ending}" if sent.title else sent.filename
    return await read(services, server_id, await loaded(sent), name)


async def read(services: Services, server_id: int, content: bytes, file: str = "") -> Sent:
    """Return what a file of this name or, without one, a pasted text has.

    Raises:
        Refused: it is neither a persona's nor a card, or a card that isn't taken.
    """
    persona = None
    if not file or len(content) <= TEXT_LIMIT:
        draft = Draft(server_id, ANY, content, 0)
        persona = (await services.story.records.workshop.check(draft)).persona
    card = await _card(content, file) if persona is None else None
    if card is not None:
        return Sent(card.text.encode(), card.name, file, card)
    return Sent(content, persona.name if persona is not None else "", file)


async def _card(content: bytes, file: str) -> ImportedCard | None:
    """Return the card in a file; None if the file is to be a persona's YAML.

    Raises:
        Refused: it is neither, or a card that isn't taken.
    """
    try:
        return await asyncio.to_thread(read_card, content, file or PASTED)
    except CardError as error:
        is_text = not file or is_persona_file(file)
        if error.fault is CardFault.PERSONA or (is_text and error.fault is not CardFault.LOREBOOK):
            return None  # and its mistakes are told as those of a persona
        refused = Refused(error.sentence.key)
        refused.sentence = error.sentence
        raise refused from None
