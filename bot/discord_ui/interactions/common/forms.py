"""Forms: of any fields, and those in which a person changes a text.

Law: a form works after a restart: its id names what is asked for or changed. Where a text is changed, the id
of each field has a digest of the text it was opened with, so that nobody overwrites what they have not seen.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, cast
from zlib import crc32

import discord

from bot.core.posts.edit_form import LIMIT, cut

_FIELD: Final = re.compile(r"(?P<number>[0-9]):(?P<digest>[0-9a-f]{8})")

FORM_TITLE: Final = 45
"""Characters that Discord takes in the title of a form (its page "Receiving and Responding", Modal)."""

TEXT_INPUT = 4
"""The type of a text input (Discord's page "Component Reference")."""


def form_of(custom_id: str, title: str, fields: Iterable["discord.ui.Label[Any]"]) -> discord.ui.Modal:
    """Return a form of fields with their labels."""
    form = discord.ui.Modal(title=title, timeout=None, custom_id=custom_id)
    for field in fields:
        form.add_item(field)
    form.stop()  # else the library would wait forever for a form that was closed
    return form


def text_form(
    custom_id: str, title: str, text: str, label: Callable[[int, int], str], length: int = LIMIT
) -> discord.ui.Modal | None:
    """Return the form for a text; None if that is too long for one.

    Args:
        custom_id: the id, which says what is changed.
        title: the form's title.
        text: the text as it is.
        label: returns the label of a field, from its number (from 1) and how many there are.
        length: the most UTF-16 units of one field.
    """
    parts = cut(text, limit=length)
    if parts is None:
        return None
    count, digest = len(parts.texts), _digest(text)
    return form_of(
        custom_id,
        title,
        (
            _field(label(number + 1, count), f"{number}:{digest}", part, length)
            for number, part in enumerate(parts.texts)
        ),
    )


def _field(label: str, custom_id: str, text: str, length: int) -> "discord.ui.Label[Any]":
    field: discord.ui.TextInput[Any] = discord.ui.TextInput(
        style=discord.TextStyle.paragraph,
        custom_id=custom_id,
        default=text or None,
        required=False,
        max_length=length,
    )
    return discord.ui.Label(text=label, component=field)


def id_of(interaction: discord.Interaction) -> str:
    """Return the id of a form that was submitted."""
    return str(cast("dict[str, Any]", interaction.data or {}).get("custom_id"))


def fields_of(interaction: discord.Interaction) -> dict[str, str]:
    """Return the texts of a form that was submitted, by their fields' ids."""
    data = cast("dict[str, Any]", interaction.data or {})
    return dict(_fields(data.get("components")))


def submitted_text(before: str, fields: Mapping[str, str], length: int = LIMIT) -> str | None:
    """Return a text as a form changed it; None if it isn't what the form was opened with anymore."""
    parts, found = cut(before, limit=length), [_FIELD.fullmatch(name) for name in fields]
    digests = {match["digest"] for match in found if match is not None}
    if parts is None or digests != {_digest(before)} or len(fields) != len(parts.texts):
        return None
    return parts.joined([value for _, value in sorted(fields.items())])


def files_of(interaction: discord.Interaction) -> Iterator[discord.Attachment]:
    """Yield the files of a form that was submitted."""
    data = cast("dict[str, Any]", interaction.data or {})
    resolved = data.get("resolved")
    found = resolved.get("attachments") if isinstance(resolved, dict) else None
    for each in found.values() if isinstance(found, dict) else ():
        yield discord.Attachment(data=each, state=interaction._state)  # noqa: SLF001 - the library's own way


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
