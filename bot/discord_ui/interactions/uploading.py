"""`/persona upload`: a file, a character card or a pasted text becomes a draft of a server's own persona.

Law: it takes Manage Server. A file's name tells which persona it is, and on which version it is based; one
that is based on an older version is refused, with what has changed since. What is no persona's YAML is
tried as a card.
"""

import asyncio
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any, Final

import discord

from bot.core.pictures import SIZE_LIMIT, kind_of
from bot.core.posts.pages import utf16_length
from bot.discord_ui.interactions import cards, drafting, panel
from bot.discord_ui.interactions.answering import Refused
from bot.discord_ui.interactions.forms import fields_of, files_of, form_of
from bot.discord_ui.interactions.offering import loaded
from bot.discord_ui.interactions.rights import require
from bot.discord_ui.interactions.services import Services
from bot.discord_ui.voices import voice_of
from bot.personas.cards import CardError, CardFault, ImportedCard, read_card
from bot.personas.cards.bounded import FILE_LIMIT
from bot.personas.reading import TEXT_LIMIT, is_key, is_persona_file
from bot.storage.server_personas import Act, Version
from bot.story.workshop import KEY_LIMIT, Draft, free_key, named
from bot.texts.sentences import Sentence, Voice

FORM: Final = "rp:persona:upload"
"""The id of the form."""

_FILE, _TEXT, _KEY = "file", "text", "key"

_ANY: Final = "persona"
"""The key of a text while its own is not known."""

_PASTED: Final = "pasted.yaml"
"""What a pasted text is called in its mistakes."""


def form(voice: Voice) -> discord.ui.Modal:
    """Return the form that asks for a file or a text."""
    upload: discord.ui.FileUpload[Any] = discord.ui.FileUpload(custom_id=_FILE, required=False, max_values=1)
    text: discord.ui.TextInput[Any] = discord.ui.TextInput(
        custom_id=_TEXT, style=discord.TextStyle.paragraph, required=False, max_length=drafting.FIELD_LIMIT
    )
    key: discord.ui.TextInput[Any] = discord.ui.TextInput(
        custom_id=_KEY, required=False, max_length=KEY_LIMIT
    )
    about = voice.say("upload.file.about", most=TEXT_LIMIT // 1024)
    fields = (
        discord.ui.Label(text=voice.say("upload.file"), description=about, component=upload),
        discord.ui.Label(
            text=voice.say("upload.text"), description=voice.say("upload.text.about"), component=text
        ),
        discord.ui.Label(
            text=voice.say("upload.key"), description=voice.say("upload.key.about"), component=key
        ),
    )
    return form_of(FORM, voice.say("upload.form"), fields)


async def take(services: Services, interaction: discord.Interaction) -> None:
    """Make a draft of what was sent with the form."""
    require(interaction, "manage_guild")
    fields = fields_of(interaction)
    sent = next(files_of(interaction), None)
    key, text = fields.get(_KEY, "").strip(), fields.get(_TEXT, "")
    if sent is not None:
        await take_file(services, interaction, sent, key)
    elif text.strip():
        await _propose(services, interaction, text.encode(), key, "")
    else:
        raise Refused("upload.nothing")


async def take_file(
    services: Services, interaction: discord.Interaction, sent: discord.Attachment, key: str
) -> None:
    """Make a draft of a file; without a key it is that of its name."""
    if sent.size > (TEXT_LIMIT if is_persona_file(sent.filename) else FILE_LIMIT):
        raise Refused("upload.too_large", most=TEXT_LIMIT // 1024, card=FILE_LIMIT // 2**20)
    await interaction.response.defer(ephemeral=True, thinking=interaction.message is None)
    # Discord takes characters out of names, and tells what it was without the ending.
    ending = PurePath(sent.filename).suffix
    name = f"{sent.title}{ending}" if sent.title else sent.filename
    await _propose(services, interaction, await loaded(sent), key, name)


async def _propose(
    services: Services, interaction: discord.Interaction, content: bytes, key: str, file: str
) -> None:
    workshop, server_id = services.story.records.workshop, interaction.guild_id or 0
    from_name, base = named(file) if file else ("", None)
    draft = Draft(server_id, _ANY, content, 0)
    card, persona = None, None
    if not file or len(content) <= TEXT_LIMIT:
        persona = (await workshop.check(draft)).persona
    if persona is None:
        card = await _card(content, file)
    if card is not None or not file:
        name = card.name if card is not None else persona.name if persona is not None else _ANY
        from_name, base = free_key(name, ()), None
    picture, notes = _told(card) if card is not None else (None, ())
    content = card.text.encode() if card is not None else content
    key = key or from_name
    key = workshop.spelled(server_id, key)
    if not is_key(key) or utf16_length(key) > KEY_LIMIT:
        raise Refused("upload.bad_key", key=cards.in_code(key[: 2 * KEY_LIMIT]))
    versions = await workshop.versions(server_id, key)
    over = versions[0].number if versions else 0
    draft = Draft(server_id, key, content, over, picture)
    newer = [each for each in versions if base is not None and each.number > base and each.text is not None]
    if newer and (await workshop.check(draft, file)).persona is not None:
        base_text = next((each.text for each in versions if each.number == base), None)
        await drafting.require_showable(services, interaction, key, base_text, newer[0].text)
        view = _older(draft, newer[0], base or 0, base_text, voice_of(interaction))
        await drafting.answer(interaction, view, draft)
        return
    await drafting.propose(services, interaction, draft, Act.UPLOADED, file or _PASTED, notes)


async def _card(content: bytes, file: str) -> ImportedCard | None:
    """Return the card in a file; None if the file is to be a persona's YAML.

    Raises:
        Refused: it is neither, or a card that isn't taken.
    """
    try:
        return await asyncio.to_thread(read_card, content, file or _PASTED)
    except CardError as error:
        is_text = not file or is_persona_file(file)
        if error.fault is CardFault.PERSONA or (is_text and error.fault is not CardFault.LOREBOOK):
            return None  # and its mistakes are told as those of a persona
        refused = Refused(error.sentence.key)
        refused.sentence = error.sentence
        raise refused from None


def _told(card: ImportedCard) -> tuple[bytes | None, Sequence[Sentence]]:
    """Return the picture of a card, if Discord can show it, and what became of the card."""
    report, picture = card.report, card.avatar
    notes = [*report.warnings, *report.changed, *report.ignored, *report.kept]
    shown = picture is not None and kind_of(picture) is not None and len(picture) <= SIZE_LIMIT
    return (picture if shown else None), notes


def _older(
    draft: Draft, newest: Version, base: int, before: str | None, voice: Voice
) -> discord.ui.LayoutView:
    """Return why an upload that is based on an older version is not taken, and what has changed since."""
    change = newest.change
    told = voice.say(
        "upload.older",
        key=draft.key,
        base=base,
        newest=newest.number,
        user=change.by_user,
        at=int(change.at.timestamp()),
    )
    lines = [told]
    if before is not None and change.text is not None:
        lines += drafting.difference(before.encode(), change.text.encode(), voice)
    get = panel.button(
        voice.say("button.file"), f"rp:version:file:{newest.number}:{newest.number}:{draft.key}"
    )
    return panel.panel(
        [panel.text(*lines), discord.ui.File(f"attachment://{drafting.attachment(draft)}"), panel.row(get)]
    )
