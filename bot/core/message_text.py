"""What a message says, as its readers saw it: without Discord's markup, with notes of what stands beside it.

Law: the results are safe text; people's text is never expanded as a macro, and of a long one only so much is
read as a limit lets through.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import regex

from bot.core.asides import ASIDE_LIMIT, NO_ASIDE, Aside, aside_of
from bot.core.names import NOBODY, clean_name
from bot.core.notes import ROLL, with_notes
from bot.core.safe_text import defuse, shortened
from bot.core.scene import Attached, IncomingMessage, Lookup, Note, Referenced
from bot.core.speech import aloud, in_story, out_of_character

QUOTE_LIMIT: Final = 1000
"""Maximum characters of what one note repeats."""

QUOTES_LIMIT: Final = 4000
"""Maximum characters of what a message's notes repeat together: as many as a message's words can have."""

_READ_AHEAD: Final = 2
"""Characters that are read for each that a note may repeat: hidden ones are left out."""

_MARKUP: Final = regex.compile(
    r"""<(?:
    @!?(?P<person>[0-9]{1,20})
  | @&(?P<role>[0-9]{1,20})
  | \#(?P<channel>[0-9]{1,20})
  | a?:(?P<emoji>\w{2,32}):[0-9]{1,20}
  | t:(?P<time>-?[0-9]{1,13})(?::[tTdDfFsSR])?
  | /(?P<command>[^\n<>:/]{1,110}):[0-9]{1,20}
    )>""",
    regex.VERBOSE,
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def words_of(message: IncomingMessage | Referenced, persona_name: str) -> str:
    """Return a message's words as its readers saw them, as defused text.

    Mentions, channels, roles, custom emoji, timestamps and commands become the words they are displayed as. A
    mention of the bot or of its own role is removed at the beginning or end; inside a sentence it becomes the
    persona's name. A message without words becomes "".
    """
    content = _without_calls(message.content, message.lookup)
    said = _MARKUP.sub(lambda found: _word_for(found, message.lookup, persona_name), content)
    return defuse(said).strip()


def said_in(message: IncomingMessage) -> str:
    """Return what a message says aloud in the story, where names call somebody.

    It is without mentions, emoji and the like, whose names call nobody.
    """
    return _MARKUP.sub(" ", aloud(_without_calls(message.content, message.lookup)))


def said_aside(message: IncomingMessage) -> str:
    """Return what a message says out of character, where names call somebody too."""
    return _MARKUP.sub(" ", out_of_character(_without_calls(message.content, message.lookup)))


def aside_in(message: IncomingMessage, persona_name: str, calls: Iterable[str] = ()) -> Aside:
    """Return what a message says out of character, as its readers saw it, cut at `ASIDE_LIMIT`.

    `calls` are the names that the persona is called by.
    """
    content = _without_calls(message.content, message.lookup)
    ooc = out_of_character(content)
    if not ooc:
        return NO_ASIDE
    said = words_of(replace(message, content=ooc), persona_name)
    told = shortened(" ".join(said.split()), ASIDE_LIMIT)
    return aside_of(told, whole=not in_story(content), calls=calls)


def line_of(text: str, lookup: Lookup, persona_name: str, limit: int) -> str:
    """Return what people typed as its readers see it: one line, defused, at most `limit` code points."""
    said = _MARKUP.sub(lambda found: _word_for(found, lookup, persona_name), text)
    return shortened(" ".join(defuse(said).split()), limit)


def notes_of(message: IncomingMessage | Referenced) -> tuple[Note, ...]:
    """Return the notes next to a message's words, each on one line and defused."""
    rolled = [Note(ROLL, message.roll)] if isinstance(message, IncomingMessage) and message.roll else []
    return (*rolled, *_notes(message.attached, message.lookup, QUOTES_LIMIT))


def _notes(attached: Iterable[Attached], lookup: Lookup, room: int) -> Iterator[Note]:
    """Yield a note for each, with at most `room` characters of labels in all."""
    for each in attached:
        label = _label_of(each, lookup, min(room, QUOTE_LIMIT))
        room -= len(label)
        yield Note(each.kind, label)


def quote_of(message: IncomingMessage | Referenced, persona_name: str) -> str:
    """Return what a message says and holds, as another message refers to it; "" for nothing."""
    said = in_story(words_of(message, persona_name))
    return shortened(with_notes(said, notes_of(message)), QUOTE_LIMIT)


def _without_calls(content: str, lookup: Lookup) -> str:
    if lookup.bot_id is None:
        return content
    call = rf"<@(?:!?{lookup.bot_id}{'' if lookup.bot_role_id is None else f'|&{lookup.bot_role_id}'})>"
    content = regex.sub(rf"\A\s*(?:{call}(?:[,:](?=\s|\Z)|[\uFF0C\uFF1A\u3001])?\s*)+", "", content)
    return regex.sub(rf"(?:\s*[,\uFF0C\u3001])?(?:\s*{call})+\s*\Z", "", content)


def _word_for(found: "regex.Match[str]", lookup: Lookup, persona_name: str) -> str:
    kind = found.lastgroup or ""
    return _WORDS[kind](found[kind], lookup, persona_name) or found[0]


def _person(number: str, lookup: Lookup, persona_name: str) -> str:
    if int(number) == lookup.bot_id and persona_name:
        return persona_name
    name = lookup.people.get(int(number))
    return clean_name(name, NOBODY) if name else "@" + NOBODY


def _role(number: str, lookup: Lookup, persona_name: str) -> str:
    if int(number) == lookup.bot_role_id and persona_name:
        return persona_name
    return "@" + clean_name(lookup.roles.get(int(number), ""), "role")


def _time(seconds: str, _lookup: Lookup, _persona_name: str) -> str:
    try:
        return f"{_EPOCH + timedelta(seconds=int(seconds)):%Y-%m-%d %H:%M} UTC"
    except OverflowError:  # outside the calendar; Discord shows no date either
        return ""


_WORDS: Final[dict[str, Callable[[str, Lookup, str], str]]] = {
    "person": _person,
    "role": _role,
    "channel": lambda number, lookup, _: "#" + clean_name(lookup.channels.get(int(number), ""), "channel"),
    "emoji": lambda name, _lookup, _persona: f":{name}:",
    "time": _time,
    "command": lambda name, _lookup, _persona: f"/{name}",
}


def _label_of(attached: Attached, lookup: Lookup, room: int) -> str:
    said, goes_on = _begun(attached.label, lookup, room * _READ_AHEAD)
    label = " ".join(defuse(said).split()) + ("…" if goes_on else "")
    held = tuple(_notes(attached.held, lookup, max(0, room - len(label))))
    return shortened(with_notes(label, held).replace("\n", " "), room)


def _begun(text: str, lookup: Lookup, limit: int) -> tuple[str, bool]:
    """Return the first `limit` characters of a text as people saw it, in one line, and whether it goes on.

    Reading all of a long text, of which a small part is repeated, would hold up everybody.
    """
    parts: list[str] = []
    size = at = 0
    for found in _MARKUP.finditer(text):
        if size >= limit:
            break
        seen = text[at : found.start()], _word_for(found, lookup, "")
        parts += seen
        size += sum(len(" ".join(each.split())) for each in seen)
        at = found.end()
    else:
        parts.append(text[at:])
        at = len(text)
    line = " ".join("".join(parts).split())
    return line[:limit], at < len(text) or len(line) > limit
