"""Placeholders in a persona's texts, as character cards write them: `{{char}}` and `{{user}}`.

Law: only what admins write in a persona's file is filled in, all texts at once and in one pass, so that a
name which looks like a placeholder stays a name. What people write here never comes here; of a chat that is
imported, the placeholders are its program's. A placeholder of another kind stays as it is.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import regex

from bot.core.name_list import listed
from bot.core.names import NOBODY
from bot.core.persona import DefaultProfile, Persona, PersonaSheet, Sheet

# Both spellings are the cards': `{{…}}` is that of their specification, version 3 also has `<char>` and
# `<bot>`, and `<USER>` is as old as SillyTavern's first cards (public/scripts/macros.js).
_KNOWN: Final = r"\{\{\s*+(?P<name>char|user)\s*+\}\}|<(?P<name>char|bot|user)>"
_PLACEHOLDER: Final = regex.compile(_KNOWN, regex.IGNORECASE)
# Keyboards for Chinese type full-width braces. One with another inside begins one too.
_ANY: Final = regex.compile(
    rf"(?P<known>{_KNOWN})|[{{｛]{{2}}(?P<inner>[^{{}}｛｝]*+)(?=[}}｝]{{2}}(?P<end>)|[{{｛]{{2}})",  # noqa: RUF001
    regex.IGNORECASE,
)

_AS_WRITTEN: Final = frozenset({"key", "name", "called", "nickname", "avatar", "tags", "card"})
"""The parts of a file that are no texts: nothing is filled in there."""

Path = tuple[str | int, ...]
"""A path of keys, and of list indices from 0, from the top of a persona's file."""


def filled(persona: Persona, people: Sequence[str]) -> Persona:
    """Return the persona with the placeholders in its texts filled in; `people` are those who play."""
    texts = [text for path, text in _texts(persona) if path[0] not in _AS_WRITTEN]
    if not any(_PLACEHOLDER.search(text) for text in texts):
        return persona
    party = listed(people, _PLACEHOLDER.sub("", "\n".join(texts))) or NOBODY
    user = _user(persona, party)
    parts = {
        name: _mapped(getattr(persona, name), lambda text: fill(text, persona.known_as, user))
        for name in type(persona).model_fields
        if name not in _AS_WRITTEN
    }
    if persona.user is not None and persona.user.name is not None:
        # Its own placeholder must not stand for itself.
        parts["user"] = parts["user"].model_copy(update={"name": user})
    return persona.model_copy(update=parts)


def _user(persona: Persona, party: str) -> str:
    """Return what `{{user}}` stands for in all texts; no other place decides that."""
    profile: DefaultProfile | None = persona.user
    if profile is not None and profile.name is not None:
        return fill(profile.name, persona.known_as, party)
    return party


def unfilled(sheet: PersonaSheet) -> Iterator[tuple[Path, str]]:
    """Yield the placeholders that stay as they are, as they are written, each with the path of its text."""
    for path, text in _texts(sheet):
        for found in _ANY.finditer(text):
            if found["end"] is not None:
                yield path, f"{found[0]}{text[found.end() : found.end() + 2]}"
            elif (found["inner"] or "").strip() or (found["known"] and path[0] in _AS_WRITTEN):
                yield path, found[0]


def fill(text: str, char: str, user: str) -> str:
    """Return a text with its placeholders filled in, in one pass."""
    return _PLACEHOLDER.sub(lambda found: user if found["name"].casefold() == "user" else char, text)


def _texts(part: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    if isinstance(part, str):
        yield path, part
    elif isinstance(part, tuple):
        for number, item in enumerate(part):
            yield from _texts(item, (*path, number))
    elif isinstance(part, Sheet):
        for name in type(part).model_fields:
            yield from _texts(getattr(part, name), (*path, name))


def _mapped(part: Any, change: Callable[[str], str]) -> Any:  # noqa: ANN401 (any part of a persona)
    """Return a part of a persona with all its texts changed."""
    if isinstance(part, str):
        return change(part)
    if isinstance(part, tuple):
        return tuple(_mapped(item, change) for item in part)
    if isinstance(part, Sheet):
        parts = {name: _mapped(getattr(part, name), change) for name in type(part).model_fields}
        return part.model_copy(update=parts)
    return part
