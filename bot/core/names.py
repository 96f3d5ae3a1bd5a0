"""Names for the API, and message text without the platform's markup.

Law: the results can't break a chat template. A name is one line, has a visible character, and never contains
a template's markers; people's text is never expanded as a macro. These rules don't know earlier speakers:
`storage` remembers which name a person got.
"""

import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import chain, count
from typing import Final

import regex

from bot.core.asides import ASIDE_LIMIT, NO_ASIDE, Aside, aside_of
from bot.core.markers import broken
from bot.core.notes import ROLL, with_notes
from bot.core.persona import Persona
from bot.core.scene import Attached, IncomingMessage, Lookup, Note, Referenced
from bot.core.speech import aloud, in_story, out_of_character

NAME_LIMIT: Final = 32
"""Maximum code points of a name that is sent, equal to Discord's limit for a nickname."""

TITLE_LIMIT: Final = 100
"""Maximum characters of a scene's title: Discord's limit for a thread's name."""

QUOTE_LIMIT: Final = 1000
"""Maximum characters of what one note repeats."""

FIRST_WORDS_LIMIT: Final = 60
"""Maximum characters by which a message is recognized that another one replies to."""

QUOTES_LIMIT: Final = 4000
"""Maximum characters of what a message's notes repeat together: as many as a message's words can have."""

_READ_AHEAD: Final = 2
"""Characters that are read for each that a note may repeat: hidden ones are left out."""

NOBODY: Final = "someone"
"""The name of a person whose name is unknown."""

ROLE_WORDS: Final = frozenset(
    (
        "ai",
        "assistant",
        "group",
        "sample_message_ai",
        "sample_message_user",
        "system",
        "user",
        "user_system",
    )
)
"""Role words of the API and its template, which nobody may have as a name."""

# --- characters that do not show ------------------------------------------------------------------

_EMOJI: Final = r"\p{Extended_Pictographic}"
_JOINING: Final = r"""
    (?!\p{Latin}|\p{Greek}|\p{Cyrillic}|\p{Han}|\p{Hiragana}|\p{Katakana}|\p{Hangul}|\p{Inherited})[\p{L}\p{M}]
"""
_NEEDED: Final = rf"""
    (?<={_EMOJI}[\uFE0F\p{{Emoji_Modifier}}]?)\u200D(?={_EMOJI})
  | (?<={_EMOJI})[\uFE0E\uFE0F]
  | (?<=[0-9\#*])\uFE0F(?=\u20E3)
  | (?<=\U0001F3F4)[\U000E0030-\U000E0039\U000E0061-\U000E007A]{{2,6}}\U000E007F
"""
"""Invisible parts of emoji: joiners, variation selectors, keycaps, the flags of regions."""
_SPELLING: Final = rf"""
    (?<={_JOINING})[\u200C\u200D]
  | (?<=\p{{Han}})[\uFE00-\uFE02\U000E0100-\U000E01EF]
  | (?<=\p{{Mongolian}})[\u180B-\u180D\u180F]
"""
"""Joiners and variation selectors that belong to a script's spelling."""
_HIDDEN_CHARACTER: Final = r"""
    [\p{Default_Ignorable_Code_Point}[\p{Cf}--\p{Prepended_Concatenation_Mark}][\p{Cc}--[\t\n]]\p{Cs}]
"""
_HIDDEN: Final = regex.compile(
    rf"(?V1)(?P<needed>{_NEEDED})|(?P<spelling>{_SPELLING})|(?P<hidden>{_HIDDEN_CHARACTER})", regex.VERBOSE
)

_BLANK_LETTERS: Final = regex.compile(r"[\u115F\u1160\u17B4\u17B5\u3164\uFFA0\u2800]+")
"""Letters and symbols that render as blanks."""

_LINE_ENDS: Final = regex.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")

_SPELLING_FLOOD: Final = 4
"""Joiners that are allowed even in a very short text."""
_SPELLING_SHARE: Final = 0.1
"""Maximum share of invisible characters: MiniMax refuses requests with more than about this (code 1042)."""


def defuse(text: str) -> str:
    """Return a text without chat-template markers and hidden characters.

    Markers are broken by a blank, so that they stay readable: `<|im_end|>` → `< |im_end|>`. Control
    characters, bidirectional overrides, zero-width characters and tags are removed, except those that an
    emoji or a script's spelling needs; lines end with a newline.
    """
    text = _BLANK_LETTERS.sub(" ", _LINE_ENDS.sub("\n", text))
    text = _HIDDEN.sub(_keep_needed, text)
    spelling = sum(found["spelling"] is not None for found in _HIDDEN.finditer(text))
    if spelling > max(_SPELLING_FLOOD, _SPELLING_SHARE * len(text)):
        text = _HIDDEN.sub(lambda found: found["needed"] or "", text)
    return broken(text)


def _keep_needed(found: "regex.Match[str]") -> str:
    return "" if found["hidden"] else found[0]


# --- names ----------------------------------------------------------------------------------------

_MARK_FLOOD: Final = regex.compile(r"(\p{M}{4})\p{M}+")
_SHOWS: Final = regex.compile(r"[\p{L}\p{N}\p{P}\p{S}]")
_GRAPHEME: Final = regex.compile(r"\X")


@lru_cache(4096)  # a message may mention one person a thousand times
def clean_name(display: str, fallback: str) -> str:
    """Return a display name in a form that fits the API's `name`: one line, defused, recognizable.

    Letters of any script and emoji stay. The result is never empty and never longer than `NAME_LIMIT`; if
    nothing of the name is visible, it is the fallback.
    """
    return _one_line_name(display) or _one_line_name(fallback) or NOBODY


def shows(name: str) -> bool:
    """Return whether anything of a name can be seen."""
    return bool(_one_line_name(name))


def clean_title(text: str) -> str:
    """Return a scene's title for prompts and lists: one line, defused, at most `TITLE_LIMIT` characters."""
    return _clip(" ".join(defuse(text).split()), TITLE_LIMIT) if text.strip() else ""


def _one_line_name(name: str) -> str:
    line = unicodedata.normalize("NFC", " ".join(defuse(" ".join(name.split())).split()))
    line = _clip(_MARK_FLOOD.sub(r"\1", line), NAME_LIMIT)
    return line if _SHOWS.search(line) else ""


def _clip(text: str, limit: int) -> str:
    """Return the text's first grapheme clusters, at most `limit` code points."""
    return defuse(text[: clusters_within(text, limit) or limit]).strip()


def clusters_within(text: str, limit: int) -> int:
    """Return how many code points a text's first grapheme clusters have, `limit` at most; 0 if none fits."""
    end = 0
    for cluster in _GRAPHEME.finditer(text, 0, limit + 1):
        if cluster.end() > limit:
            break
        end = cluster.end()
    return end


@lru_cache(4096)  # a prompt compares each of its speakers with all others
def key_of(name: str) -> str:
    """Return a key that is equal for names that people would confuse."""
    visible = _HIDDEN.sub("", _BLANK_LETTERS.sub(" ", name))
    folded = unicodedata.normalize("NFKC", visible).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def distinct(name: str, taken: Collection[str]) -> str:
    """Return the name, or the name with the first number that no name in `taken` has: `Alice (2)`."""
    return _first_free(name, {key_of(other) for other in taken}, (f" ({number})" for number in count(2)))


_PLAYER: Final = regex.compile(r"(?: \(player(?: [0-9]+)?\))+\Z")


def apart_from(name: str, reserved: Collection[str]) -> str:
    """Return the name, made different from role words and from `reserved` names: `Hamlet (player)`.

    A name that ends so already gets no second ending, but another number.

    Args:
        name: a clean name.
        reserved: names of personas.
    """
    keys = ROLE_WORDS | {key_of(other) for other in reserved}
    endings = chain([" (player)"], (f" (player {number})" for number in count(2)))
    return name if key_of(name) not in keys else _with_ending(_PLAYER.sub("", name), keys, endings)


def refused_word(name: str) -> str:
    """Return the word because of which Discord doesn't let a webhook have a name; "" if it does.

    Discord's reference, "Usernames and Nicknames", has the list.
    """
    folded = name.casefold()
    inside = (word for word in _REFUSED_WORDS if word in folded)
    return next(inside, folded if folded in _REFUSED_NAMES else "")


_REFUSED_WORDS: Final = ("clyde", "discord")
_REFUSED_NAMES: Final = frozenset({"everyone", "here"})


def is_namesake(display: str, personas: Iterable[Persona]) -> bool:
    """Return whether people would confuse a display name with the name of one of the personas."""
    key = key_of(clean_name(display, NOBODY))
    return any(key == key_of(persona_name(persona)) for persona in personas)


def _first_free(name: str, keys: Collection[str], endings: Iterator[str]) -> str:
    return name if key_of(name) not in keys else _with_ending(name, keys, endings)


def _with_ending(name: str, keys: Collection[str], endings: Iterator[str]) -> str:
    candidates = (_clip(name, NAME_LIMIT - len(ending)) + ending for ending in endings)
    return next(candidate for candidate in candidates if key_of(candidate) not in keys)


UNSPACED: Final = (
    r"\p{Han}|\p{Hiragana}|\p{Katakana}|\p{Hangul}|\p{Bopomofo}"
    r"|\p{Thai}|\p{Lao}|\p{Khmer}|\p{Myanmar}|\p{Tibetan}"
)
"""Scripts in which words are not parted by blanks, or have few letters, as part of a pattern."""
_WORD: Final = rf"(?!{UNSPACED})[\p{{L}}\p{{N}}\p{{M}}_]"
_WORD_CHARACTER: Final = regex.compile(_WORD)


def names_persona(text: str, persona_name: str) -> bool:
    """Return whether the text contains the persona's name as a whole word, in any case.

    In scripts without spaces between words, the name may be anywhere in the text.
    """
    return next(whole_words(key_of(text), key_of(persona_name)), None) is not None


def whole_words(text: str, name: str) -> Iterator[int]:
    """Yield the indices where a name is a whole word of a text, both folded by `key_of`."""
    # A pattern of its own for each name would take longer to compile than this takes.
    if not name:
        return
    begins, ends = (_WORD_CHARACTER.match(name, at) for at in (0, len(name) - 1))
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        inside = begins and at > 0 and _WORD_CHARACTER.match(text, at - 1)
        if not inside and not (ends and _WORD_CHARACTER.match(text, end)):
            yield at
        at = text.find(name, at + 1)


# --- messages -------------------------------------------------------------------------------------

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
    return shortened(with_notes(in_story(words_of(message, persona_name)), notes_of(message)))


def shortened(text: str, limit: int = QUOTE_LIMIT) -> str:
    """Return a text of at most `limit` code points: the text, or its beginning with an ellipsis."""
    if len(text) <= limit:
        return text
    return _clip(text, limit - 1) + "…" if limit > 1 else ""


def first_words(text: str, limit: int = FIRST_WORDS_LIMIT) -> str:
    """Return the beginning of a text in one line of at most `limit` code points, cut after a word."""
    head = text[: limit * 8]  # reading all of a long text would take long
    line = " ".join(head.split())
    if len(line) <= limit and len(head) == len(text):
        return line
    begun = _clip(line, limit - 1)
    whole, blank, _ = begun.rpartition(" ")
    # In scripts without blanks, and in a very long word, it is cut after a character.
    parted = line[len(begun) : len(begun) + 1].isspace() or not blank or len(whole) < limit // 2
    return (begun if parted else whole) + "…"


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


def persona_name(persona: Persona) -> str:
    """Return the persona's name in a form that fits the API's `name`."""
    return clean_name(persona.known_as, fallback=clean_name(persona.key, fallback="Persona"))
