"""The form in which a person edits a reply.

Law: it works after a restart: its id names the turn, and the id of each field has a digest of the text it was
opened with. A text that cannot be accepted is given back.
"""

import io
import re
from collections.abc import Iterator
from typing import Any, Final, cast
from zlib import crc32

import discord

from bot.core.posts.edit_form import LIMIT, MOST, cut
from bot.discord_ui.interactions import revising
from bot.discord_ui.interactions.answering import Refused, answering, tell, tell_error
from bot.discord_ui.interactions.pressing import refused, state_of
from bot.discord_ui.interactions.rights import require_steering, require_taking_part, require_writing
from bot.discord_ui.interactions.services import Services
from bot.discord_ui.voices import voice_of
from bot.story.revision import Refusal, RefusalReason
from bot.texts.sentences import Sentence, Voice

_FORM: Final = re.compile(r"rp:edit:(?P<turn>[0-9]{1,18})")
_FIELD: Final = re.compile(r"(?P<number>[0-9]):(?P<digest>[0-9a-f]{8})")

TEXT_INPUT = 4
"""The type of a text input (Discord's page "Component Reference")."""


async def open_form(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    """Open the form with the current text of a turn."""
    require_writing(interaction)
    await require_taking_part(services, interaction)
    await require_steering(services, interaction)
    state = await state_of(services, interaction, turn_id)
    if state.writing or state.removed:
        raise refused(Refusal(RefusalReason.WRITING if state.writing else RefusalReason.REMOVED))
    if hidden := services.story.revision.why_hidden([state.turn], state.place):
        raise refused(hidden)
    await interaction.response.send_modal(_form(turn_id, state.turn.text, voice_of(interaction)))


async def submitted(interaction: discord.Interaction) -> None:
    """Handle a submitted form, even one opened before a restart."""
    data = cast("dict[str, Any]", interaction.data or {})
    form = _FORM.fullmatch(str(data.get("custom_id")))
    if form is None:
        await tell_error(interaction, Sentence("command.too_old"))
        return
    async with answering(interaction) as services:
        fields = dict(_fields(data.get("components")))
        await _take(services, interaction, int(form["turn"]), fields)


async def _take(
    services: Services, interaction: discord.Interaction, turn_id: int, fields: dict[str, str]
) -> None:
    require_writing(interaction)
    await require_taking_part(services, interaction)
    await require_steering(services, interaction)
    state = await state_of(services, interaction, turn_id)
    before = state.turn.text
    parts, found = cut(before), [_FIELD.fullmatch(name) for name in fields]
    digests = {match["digest"] for match in found if match is not None}
    if parts is None or digests != {_digest(before)} or len(fields) != len(parts.texts):
        await _give_back(interaction, "\n".join(fields.values()))
        return
    text = parts.joined([value for _, value in sorted(fields.items())])
    if text == before:
        raise Refused("edit.unchanged")
    await interaction.response.defer(ephemeral=True, thinking=True)
    await revising.rewrite(services, interaction, turn_id, text)
    await tell(interaction, Sentence("edit.done"))


async def _give_back(interaction: discord.Interaction, text: str) -> None:
    file = discord.File(io.BytesIO(text.encode()), voice_of(interaction).say("edit.file"))
    await tell(interaction, Sentence("edit.overtaken"), file=file)


def _form(turn_id: int, text: str, voice: Voice) -> discord.ui.Modal:
    """Return the form for a text.

    Raises:
        Refused: the text is too long for one.
    """
    parts = cut(text)
    if parts is None:
        raise Refused("edit.too_long", most=MOST * LIMIT)
    form = discord.ui.Modal(title=voice.say("edit.title"), timeout=None, custom_id=f"rp:edit:{turn_id}")
    count = len(parts.texts)
    for number, part in enumerate(parts.texts):
        field: discord.ui.TextInput[Any] = discord.ui.TextInput(
            style=discord.TextStyle.paragraph,
            custom_id=f"{number}:{_digest(text)}",
            default=part or None,
            required=False,
            max_length=LIMIT,
        )
        one = Sentence("edit.whole")
        label = voice.render(Sentence("edit.part", number=number + 1, count=count) if count > 1 else one)
        form.add_item(discord.ui.Label(text=label, component=field))
    form.stop()  # else the library would wait forever for a form that was closed
    return form


def _digest(text: str) -> str:
    return f"{crc32(text.encode()):08x}"


def _fields(components: object) -> Iterator[tuple[str, str]]:
    """Yield the id and the text of each field of a form, however Discord nests it; rubbish has none."""
    for component in components if isinstance(components, list) else []:
        if not isinstance(component, dict):
            continue
        if component.get("type") == TEXT_INPUT:
            value = component.get("value")
            yield str(component.get("custom_id")), _whole(value) if isinstance(value, str) else ""
        yield from _fields(component.get("components"))
        yield from _fields([component.get("component")])


def _whole(text: str) -> str:
    """Return a text with half surrogate pairs as `?`: JSON may contain such halves, and no file can."""
    return text.encode("utf-8", "replace").decode("utf-8")
