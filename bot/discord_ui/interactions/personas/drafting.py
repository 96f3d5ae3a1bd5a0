"""Drafts: what a form or a file would make of a server's own persona, until somebody saves it.

Law: it takes Manage Server at every step. A draft is the file attached to the panel that shows it, so its
buttons work after a restart too. Nothing is saved that nobody has seen, that would not load, or that is based
on an older version.
"""

import asyncio
import io
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import discord

from bot.core import moderation
from bot.core.differences import changed_lines
from bot.core.persona import NAME_LIMIT, Persona
from bot.core.pictures import SIZE_LIMIT, kind_of
from bot.core.posts.pages import clipped, utf16_length
from bot.discord_ui.inbound import age_restricted
from bot.discord_ui.interactions.common import mistakes, panel
from bot.discord_ui.interactions.common.answering import Refused, replace, tell
from bot.discord_ui.interactions.common.forms import FORM_TITLE, fields_of, form_of
from bot.discord_ui.interactions.common.mistakes import FENCE, in_block
from bot.discord_ui.interactions.common.offering import attached, loaded
from bot.discord_ui.interactions.common.rights import require
from bot.discord_ui.interactions.common.services import Services
from bot.discord_ui.interactions.personas import cards, picturing
from bot.discord_ui.interactions.revisions.editing import give_back
from bot.discord_ui.voices import voice_of
from bot.personas.editing import FIELDS, UneditableError, edited
from bot.personas.reading import TEXT_LIMIT, Reading, file_name
from bot.storage.server_personas import Act, Version
from bot.story.server_library.workshop import Draft, NotStored, file_of, free_key
from bot.texts.sentences import Sentence, Voice

KEY: Final = r"\w[\w-]{0,63}"
"""A persona's key in the id of a control."""

MADE: Final = "made|edited|uploaded|restored"
"""How a draft came to be, in such an id."""

FORM: Final = re.compile(
    rf"rp:persona:form:(?:new|card:(?P<digest>[0-9a-f]{{8}}):(?P<card>{KEY})"
    rf"|draft:(?P<made>{MADE}):(?P<over>[0-9]{{1,6}}):(?P<draft>{KEY}))"
)
"""The ids of the forms: of a new persona, of a draft, and of a persona whose text has this digest."""

FIELD_LIMIT: Final = 4000
"""UTF-16 units of a field (Discord's page "Component Reference", Text Input)."""

DIFF_LIMIT, DOUBTS, NOTES = 1800, 4, 8
"""Characters of a diff; how many doubts and notes are told."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A draft with what is known of it.

    Attributes:
        draft: the draft.
        act: how it came to be.
        reading: what it is as a persona.
        before: the text that it replaces; None if there is none, or the server may not read it.
        is_new: whether the server has had no persona with this key, not even the host's.
        notes: what else is to be told of it.
    """

    draft: Draft
    act: Act
    reading: Reading
    before: bytes | None
    is_new: bool
    notes: Sequence[Sentence] = ()


async def open_new(interaction: discord.Interaction) -> None:
    """Open the form for a new persona, with a sample in it."""
    voice = voice_of(interaction)
    values = {field: voice.say(f"sample.{field}") for field in FIELDS}
    await interaction.response.send_modal(
        _form("rp:persona:form:new", voice.say("draft.form.new"), values, voice)
    )


async def open_edit(services: Services, interaction: discord.Interaction, key: str) -> None:
    """Open the form for a persona as it is."""
    content = await text_of(services, interaction, key)
    form_id = f"rp:persona:form:card:{crc32(content):08x}:{key}"
    await _open(interaction, form_id, await _persona_of(services, interaction, key, content))


async def open_again(
    services: Services, interaction: discord.Interaction, act: str, over: int, key: str
) -> None:
    """Open the form for a draft."""
    persona = await draft_persona(services, interaction, key)
    await _open(interaction, f"rp:persona:form:draft:{act}:{over}:{key}", persona)


async def _open(interaction: discord.Interaction, form_id: str, persona: Persona) -> None:
    voice = voice_of(interaction)
    values = {field: str(getattr(persona, field)) for field in FIELDS}
    if any(utf16_length(value) > FIELD_LIMIT for value in values.values()):
        raise Refused("draft.too_long_for_form", most=FIELD_LIMIT)
    title = clipped(voice.say("draft.form.edit", persona=persona.name), FORM_TITLE)
    await interaction.response.send_modal(_form(form_id, title, values, voice))


def _form(form_id: str, title: str, values: dict[str, str], voice: Voice) -> discord.ui.Modal:
    labels = []
    for field in FIELDS:
        is_name = field == "name"
        text: discord.ui.TextInput[Any] = discord.ui.TextInput(
            custom_id=field,
            style=discord.TextStyle.short if is_name else discord.TextStyle.paragraph,
            default=values[field] or None,
            required=is_name,
            max_length=NAME_LIMIT if is_name else FIELD_LIMIT,
        )
        about = voice.say(f"draft.field.{field}.about")
        labels.append(
            discord.ui.Label(text=voice.say(f"draft.field.{field}"), description=about, component=text)
        )
    return form_of(form_id, title, labels)


async def take(services: Services, interaction: discord.Interaction, form: re.Match[str]) -> None:
    """Make a draft of what was written in a form, even one opened before a restart."""
    require(interaction, "manage_guild")
    fields, server_id = fields_of(interaction), _server(interaction)
    values = {field: fields.get(field, "") for field in FIELDS}
    act, over, key, picture = Act.MADE, 0, "", None
    workshop = services.story.records.workshop
    if form["draft"] is not None:
        act, over, key = Act(form["made"]), int(form["over"]), form["draft"]
        before, picture = await attached(interaction, TEXT_LIMIT), await _picture(interaction)
    elif form["card"] is None:
        deleted = [each.change.key for each in await workshop.deleted(server_id)]
        key = free_key(values["name"], [*services.personas(server_id).paths, *deleted])
        before = voice_of(interaction).say("sample.text").encode()
    else:
        act, key = Act.EDITED, form["card"]
        before, over = await text_of(services, interaction, key), await workshop.newest(server_id, key)
        if f"{crc32(before):08x}" != form["digest"]:
            await give_back(interaction, _as_text(values), Sentence("draft.overtaken.form"))
            return
    await interaction.response.defer(ephemeral=True, thinking=interaction.message is None)
    try:
        content = await asyncio.to_thread(edited, before, values)
    except UneditableError:
        await give_back(interaction, _as_text(values), Sentence("draft.not_editable"))
        return
    await propose(services, interaction, Draft(server_id, key, content, over, picture), act)


async def propose(
    services: Services,
    interaction: discord.Interaction,
    draft: Draft,
    act: Act,
    file: str = "",
    notes: Sequence[Sentence] = (),
) -> None:
    """Show a draft with what it would change, and buttons to save and try it; or its mistakes.

    In these, it is called `file`. `notes` are what else is to be told of it.
    """
    reading = await services.story.records.workshop.check(draft, file)
    persona, shelf, before = reading.persona, services.personas(draft.server_id), None
    replaced = shelf.get(draft.key)
    if (reading.for_adults or shelf.is_for_adults(draft.key)) and not age_restricted(interaction.channel):
        named = persona if reading.for_adults else replaced
        why = Sentence("command.age_restricted", persona=named.name if named is not None else draft.key)
        await give_back(interaction, _decoded(draft.content), why)
        return
    if persona is None:
        await answer(interaction, mistakes_panel(draft, reading, file, voice_of(interaction)), draft)
        return
    if await services.may_read(draft.server_id, draft.key):
        with suppress(OSError):  # of a file that can't be read, nothing is compared
            before = await services.story.records.workshop.text(draft.server_id, draft.key)
    if before == draft.content:
        raise Refused("draft.unchanged", persona=panel.plain(persona.name))
    is_new = shelf.path(draft.key) is None
    preview = Preview(draft, act, reading, before, is_new, notes)
    await answer(interaction, _draft_panel(services, interaction, preview, persona), draft)


def _draft_panel(
    services: Services, interaction: discord.Interaction, preview: Preview, persona: Persona
) -> discord.ui.LayoutView:
    voice, draft = voice_of(interaction), preview.draft
    own = services.personas(draft.server_id).own.get(draft.key)
    tokens = services.story.records.tryouts.tokens(persona)
    if preview.is_new:
        what = voice.say("draft.new", key=draft.key)
    elif own is not None:
        what = voice.say("draft.changes", key=draft.key, version=own.version)
    else:
        what = voice.say("draft.covers", key=draft.key)
    facts = panel.small(f"{what} · {voice.say('cast.mark.tokens', tokens=tokens)}")
    who = cards.who(interaction.channel, persona, whole=preview.is_new)
    words = "\n".join([voice.say("draft.title"), *who, facts])
    picture = f"attachment://{picture_name(draft)}" if draft.picture is not None else None
    blocks = [panel.pictured(words, picture, persona.name, voice)]
    if preview.before is not None:
        blocks += [panel.line(), panel.text(*difference(preview.before, draft.content, voice))]
    if preview.notes:
        blocks += [panel.line(), notes_block(preview.notes, voice)]
    if preview.reading.warnings:
        doubts = [f"⚠ {mistakes.in_short(each, voice)}" for each in preview.reading.warnings[:DOUBTS]]
        blocks += [panel.line(), panel.text(*doubts)]
    ids = f"{preview.act}:{draft.over}:{draft.key}"
    save: discord.ui.Button[Any] = discord.ui.Button(
        label=voice.say("button.save"), custom_id=f"rp:draft:save:{ids}", style=discord.ButtonStyle.primary
    )
    blocks += [
        discord.ui.File(f"attachment://{attachment(draft)}"),
        panel.row(
            save,
            panel.button(voice.say("button.try"), f"rp:draft:try:{ids}"),
            panel.button(voice.say("button.edit"), f"rp:draft:edit:{ids}"),
        ),
    ]
    return panel.panel(blocks)


def notes_block(notes: Sequence[Sentence], voice: Voice) -> panel.Block:
    """Return in small print what is told of a card."""
    return panel.text(*(panel.small(voice.render(each)) for each in notes[:NOTES]))


def difference(before: bytes, after: bytes, voice: Voice) -> list[str]:
    """Return what changes between two texts as a block that Discord colours, and how much more there is."""
    lines = changed_lines(_decoded(before), _decoded(after))
    if not lines:
        return [panel.small(voice.say("draft.blanks_only"))]
    shown: list[str] = []
    room = DIFF_LIMIT
    for line in lines:
        safe = in_block(line)
        room -= len(safe) + 1
        if room < 0:
            break
        shown.append(safe)
    more = len(lines) - len(shown)
    block = "\n".join([f"{FENCE}diff", *shown, FENCE])
    return [block, *([panel.small(voice.say("draft.more_lines", count=more))] if more else [])]


def mistakes_panel(draft: Draft, reading: Reading, file: str, voice: Voice) -> discord.ui.LayoutView:
    """Return what is wrong in a draft, with its file."""
    name = file or file_name(draft.key)
    blocks = mistakes.blocks(name, _decoded(draft.content), reading.problems, voice)
    return panel.panel([*blocks, discord.ui.File(f"attachment://{attachment(draft)}")])


async def save(services: Services, interaction: discord.Interaction, draft_id: tuple[str, int, str]) -> None:
    """Save the draft of a panel, and show the persona's card."""
    act, over, key = draft_id
    content, workshop = await attached(interaction, TEXT_LIMIT), services.story.records.workshop
    draft = Draft(_server(interaction), key, content, over)
    if (await workshop.check(draft)).persona is None:  # an update has changed what loads
        await propose(services, interaction, draft, Act(act))
        return
    await stored(services, interaction, draft, Act(act))
    picture = await _picture(interaction)
    if picture is not None:
        persona = picturing.own_persona(services, interaction, key)
        try:
            await picturing.keep(services, interaction, persona, picture)
        except Refused as refused:  # the persona is saved; the picture is on the panel no more
            file = discord.File(io.BytesIO(picture), f"{key}.{kind_of(picture) or 'png'}")
            await tell(interaction, refused.sentence, file=file)
    await answer(interaction, await cards.card(services, interaction, key))


async def stored(services: Services, interaction: discord.Interaction, draft: Draft, act: Act) -> Version:
    """Store a draft.

    Raises:
        Refused: somebody has changed the persona meanwhile, or the server has too much.
    """
    try:
        version = await services.story.records.workshop.put(draft, act, interaction.user.id)
    except NotStored as error:
        raise Refused(f"draft.{error.fault}", key=draft.key) from None
    services.moderation.used(interaction, moderation.Act.PERSONA_SAVED, about=draft.key)
    return version


async def text_of(services: Services, interaction: discord.Interaction, key: str) -> bytes:
    """Return the YAML of a persona that the server may read.

    Raises:
        Refused: it may not, there is none, or it is for age-restricted channels only.
    """
    server_id = _server(interaction)
    if not await services.may_read(server_id, key):
        raise Refused("cast.not_readable")
    try:
        content = await services.story.records.workshop.text(server_id, key)
    except OSError:
        raise Refused("cast.unreadable", key=key) from None
    if content is None:
        raise Refused("command.no_such_persona")
    await require_showable(services, interaction, key, content)
    return content


async def require_showable(
    services: Services, interaction: discord.Interaction, key: str, *texts: bytes
) -> None:
    """Check that the channel may see these texts of a persona, which may be earlier ones and need not load.

    Raises:
        Refused: one of them is for age-restricted channels only.
    """
    if age_restricted(interaction.channel):
        return
    for text in texts:
        draft = Draft(_server(interaction), key, text, 0)
        reading = await services.story.records.workshop.check(draft)
        if reading.for_adults:
            name = reading.persona.name if reading.persona is not None else key
            raise Refused("command.age_restricted", persona=name)


async def _persona_of(
    services: Services, interaction: discord.Interaction, key: str, content: bytes
) -> Persona:
    """Return the persona of a text.

    Raises:
        Refused: it doesn't load.
    """
    reading = await services.story.records.workshop.check(Draft(_server(interaction), key, content, 0))
    if reading.persona is None:
        raise Refused("draft.broken", key=key)
    return reading.persona


async def draft_persona(services: Services, interaction: discord.Interaction, key: str) -> Persona:
    """Return the persona of the draft that a panel shows.

    Raises:
        Refused: it doesn't load, or is for age-restricted channels only.
    """
    persona = await _persona_of(services, interaction, key, await attached(interaction, TEXT_LIMIT))
    if persona.nsfw and not age_restricted(interaction.channel):
        raise Refused("command.age_restricted", persona=persona.name)
    return persona


async def answer(
    interaction: discord.Interaction, view: discord.ui.LayoutView, draft: Draft | None = None
) -> None:
    """Show a panel, with a draft's file, in place of the one that was used if there was one."""
    files = [] if draft is None else [discord.File(io.BytesIO(draft.content), attachment(draft))]
    if draft is not None and draft.picture is not None:
        files.append(discord.File(io.BytesIO(draft.picture), picture_name(draft)))
    await replace(interaction, view, files)


def attachment(draft: Draft) -> str:
    """Return the name of a draft's file on its panel."""
    return cards.attachment_name(Path(file_of(draft.key, 0)))


def picture_name(draft: Draft) -> str:
    """Return the name of the picture of a draft on its panel."""
    return f"picture.{kind_of(draft.picture or b'') or 'png'}"


async def _picture(interaction: discord.Interaction) -> bytes | None:
    """Return the picture on the panel of a draft; None if there is none."""
    found = interaction.message.attachments if interaction.message is not None else []
    return await loaded(found[1]) if len(found) > 1 and found[1].size <= SIZE_LIMIT else None


def _server(interaction: discord.Interaction) -> int:
    assert interaction.guild_id is not None
    return interaction.guild_id


def _decoded(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _as_text(values: dict[str, str]) -> str:
    """Return what was written in a form, so that nothing of it is lost."""
    return "\n\n".join(f"{field}:\n{value}" for field, value in values.items() if value)
