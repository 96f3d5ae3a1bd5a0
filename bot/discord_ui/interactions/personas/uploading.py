"""`/persona upload`: a file, a character card or a pasted text becomes a draft of a server's own persona.

Law: it takes Manage Server. A file's name tells which persona it is, and on which version it is based; one
that is based on an older version is refused, with what has changed since.
"""

from typing import Any, Final

import discord

from bot.discord_ui.interactions.common import mistakes, panel
from bot.discord_ui.interactions.common.answering import Refused
from bot.discord_ui.interactions.common.forms import fields_of, files_of, form_of
from bot.discord_ui.interactions.common.rights import require
from bot.discord_ui.interactions.common.services import Services
from bot.discord_ui.interactions.personas import drafting, persona_files
from bot.discord_ui.interactions.personas.persona_files import Sent
from bot.discord_ui.voices import voice_of
from bot.personas.reading import KEY_LIMIT, is_own_key
from bot.storage.server_personas import Act, Version
from bot.story.server_library.workshop import Draft, free_key, named
from bot.texts.sentences import Voice

FORM: Final = "rp:persona:upload"
"""The id of the form."""

_FILE, _TEXT, _KEY = "file", "text", "key"


def form(voice: Voice) -> discord.ui.Modal:
    """Return the form that asks for a file or a text."""
    text: discord.ui.TextInput[Any] = discord.ui.TextInput(
        custom_id=_TEXT, style=discord.TextStyle.paragraph, required=False, max_length=drafting.FIELD_LIMIT
    )
    key: discord.ui.TextInput[Any] = discord.ui.TextInput(
        custom_id=_KEY, required=False, max_length=KEY_LIMIT
    )
    fields = (
        persona_files.file_field(voice, _FILE, required=False),
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
        pasted = await persona_files.read(services, interaction.guild_id or 0, text.encode())
        await _propose(services, interaction, pasted, key)
    else:
        raise Refused("upload.nothing")


async def take_file(
    services: Services, interaction: discord.Interaction, sent: discord.Attachment, key: str
) -> None:
    """Make a draft of a file; without a key it is that of its name."""
    persona_files.require_size(sent)
    await interaction.response.defer(ephemeral=True, thinking=interaction.message is None)
    opened = await persona_files.opened(services, interaction.guild_id or 0, sent)
    await _propose(services, interaction, opened, key)


async def _propose(services: Services, interaction: discord.Interaction, sent: Sent, key: str) -> None:
    workshop, server_id, file = services.story.records.workshop, interaction.guild_id or 0, sent.file
    from_name, base = named(file) if file else ("", None)
    if sent.card is not None or not file:
        from_name, base = free_key(sent.name or persona_files.ANY, ()), None
    key = workshop.spelled(server_id, key or from_name)
    if not is_own_key(key):
        raise Refused("upload.bad_key", key=mistakes.in_code(key[: 2 * KEY_LIMIT]))
    versions = await workshop.versions(server_id, key)
    over = versions[0].number if versions else 0
    draft = Draft(server_id, key, sent.content, over, sent.picture)
    newer = [each for each in versions if base is not None and each.number > base and each.text is not None]
    if newer and (await workshop.check(draft, file)).persona is not None:
        base_text = next((each.text for each in versions if each.number == base), None)
        texts = [each.encode() for each in (base_text, newer[0].text) if each is not None]
        await drafting.require_showable(services, interaction, key, *texts)
        view = _older(draft, newer[0], base or 0, base_text, voice_of(interaction))
        await drafting.answer(interaction, view, draft)
        return
    await drafting.propose(
        services, interaction, draft, Act.UPLOADED, file or persona_files.PASTED, sent.notes
    )


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
