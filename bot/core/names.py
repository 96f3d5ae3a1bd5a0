"""People and the API's `name`; the platform's markup and readable text.

Law: what comes out can break no template. It is one line where it is a name, shows what it says,
and never holds a chat template's markers; what people wrote is never expanded as a macro.
These rules know nothing of who spoke before: who got which name is remembered by `storage`.
"""

import unicodedata
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import chain, count
from typing import Final

import regex

from bot.core.persona import Persona
from bot.core.scene import Attached, IncomingMessage, Lookup, Note

NAME_LIMIT: Final = 32
"""Characters (code points) in a name we send: ours, equal to Discord's longest nickname."""

TITLE_LIMIT: Final = 100
"""Characters in a scene's title: what Discord allows a thread to be called."""

LABEL_LIMIT: Final = 200
"""Characters of what stands beside a message that its note repeats."""

NOBODY: Final = "someone"
"""A name for a person of whom we know none."""

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
"""What the API and its template call the parts of a prompt; nobody is called that."""

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
"""Parts of emoji: joiners, variation selectors, keycaps, the flags of regions."""
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
"""Letters and signs that look like blanks."""

_LINE_ENDS: Final = regex.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")

_SPELLING_FLOOD: Final = 4
"""Joiners that may stand in however short a text."""
_SPELLING_SHARE: Final = 0.1
"""MiniMax refuses a request (1042) with more than about this share of invisible characters."""

_MARKER: Final = regex.compile(
    r"<(?=[|\uFF5C]|(?:beginning|end|start)_of_\w{1,20}>)|\](?=~!?b[\[\]])|\[(?=e~\[)", regex.IGNORECASE
)
"""The first character of a chat template's marker: MiniMax's, and those of the models one runs at home."""


def defuse(text: str) -> str:
    """Return the text with nothing in it that a chat template would obey or that only hides.

    Markers are broken by a blank, so that they stay readable: `<|im_end|>` → `< |im_end|>`.
    Control characters, bidi overrides, zero-width characters and tags go, except those that an
    emoji or a script's spelling needs; lines end in a newline.
    """
    text = _BLANK_LETTERS.sub(" ", _LINE_ENDS.sub("\n", text))
    text = _HIDDEN.sub(_keep_needed, text)
    spelling = sum(found["spelling"] is not None for found in _HIDDEN.finditer(text))
    if spelling > max(_SPELLING_FLOOD, _SPELLING_SHARE * len(text)):
        text = _HIDDEN.sub(lambda found: found["needed"] or "", text)
    return _MARKER.sub(lambda found: f"{found[0]} ", text)


def _keep_needed(found: "regex.Match[str]") -> str:
    return "" if found["hidden"] else found[0]


# --- names ----------------------------------------------------------------------------------------

_MARK_FLOOD: Final = regex.compile(r"(\p{M}{4})\p{M}+")
_SHOWS: Final = regex.compile(r"[\p{L}\p{N}\p{P}\p{S}]")
_GRAPHEME: Final = regex.compile(r"\X")


def clean_name(display: str, fallback: str) -> str:
    """Return a display name as the API's `name` can carry it: one line, defused, recognisable.

    Letters of any script and emoji stay. Never empty and never longer than `NAME_LIMIT`; where
    nothing of the name can be seen, the fallback takes its place.
    """
    return _one_line_name(display) or _one_line_name(fallback) or NOBODY


def clean_title(text: str) -> str:
    """Return a scene's title as prompts and lists can carry it: one line, defused, `TITLE_LIMIT` at most."""
    return _clip(" ".join(defuse(text).split()), TITLE_LIMIT) if text.strip() else ""


def _one_line_name(name: str) -> str:
    line = unicodedata.normalize("NFC", " ".join(defuse(name).split()))
    line = _clip(_MARK_FLOOD.sub(r"\1", line), NAME_LIMIT)
    return line if _SHOWS.search(line) else ""


def _clip(text: str, limit: int) -> str:
    """The text's first grapheme clusters, at most `limit` code points."""
    end = 0
    for cluster in _GRAPHEME.finditer(text):
        if cluster.end() > limit:
            break
        end = cluster.end()
    return defuse(text[: end or limit]).strip()


@lru_cache(4096)  # a prompt compares each of its speakers with all others
def key_of(name: str) -> str:
    """Return what two names have in common when people would take one for the other."""
    visible = _HIDDEN.sub("", _BLANK_LETTERS.sub(" ", name))
    folded = unicodedata.normalize("NFKC", visible).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def distinct(name: str, taken: Collection[str]) -> str:
    """Return the name, or the name with the first number that nobody in `taken` has: `Alice (2)`."""
    return _first_free(name, {key_of(other) for other in taken}, (f" ({number})" for number in count(2)))


def apart_from(name: str, reserved: Collection[str]) -> str:
    """Return the name, told apart from role words and from `reserved` names: `Hamlet (player)`.

    Args:
        name: a clean name.
        reserved: names of personas.
    """
    keys = ROLE_WORDS | {key_of(other) for other in reserved}
    return _first_free(name, keys, chain([" (player)"], (f" (player {number})" for number in count(2))))


def _first_free(name: str, keys: Collection[str], endings: Iterator[str]) -> str:
    if key_of(name) not in keys:
        return name
    candidates = (_clip(name, NAME_LIMIT - len(ending)) + ending for ending in endings)
    return next(candidate for candidate in candidates if key_of(candidate) not in keys)


_UNSPACED: Final = (
    r"\p{Han}|\p{Hiragana}|\p{Katakana}|\p{Hangul}|\p{Bopomofo}"
    r"|\p{Thai}|\p{Lao}|\p{Khmer}|\p{Myanmar}|\p{Tibetan}"
)
_WORD: Final = rf"(?!{_UNSPACED})[\p{{L}}\p{{N}}\p{{M}}_]"
_WORD_CHARACTER: Final = regex.compile(_WORD)


def calls_persona(message: IncomingMessage, persona_name: str) -> bool:
    """Tell whether a message says the persona's name in words: a file's or another member's is not it."""
    return names_persona(_MARKUP.sub(" ", message.content), persona_name)


def names_persona(text: str, persona_name: str) -> bool:
    """Tell whether the text says the persona's name, as a whole word and in upper or lower case.

    Scripts that put no blanks between words know no whole words: there the name may stand inside.
    """
    name = key_of(persona_name)
    if not name:
        return False
    before = rf"(?<!{_WORD})" if _WORD_CHARACTER.match(name[0]) else ""
    after = rf"(?!{_WORD})" if _WORD_CHARACTER.match(name[-1]) else ""
    return regex.search(before + regex.escape(name) + after, key_of(text)) is not None


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


def words_of(message: IncomingMessage, persona_name: str) -> str:
    """Return the words of a message, as its readers saw them, and defused.

    Mentions, channels, roles, custom emoji, timestamps and commands become the words they stand
    for. Calling the bot by a mention at the beginning or end is no part of what is said; inside
    a sentence it is the persona's name. A message without words is "".
    """
    content = _without_calls(message.content, message.lookup.bot_id)
    said = _MARKUP.sub(lambda found: _word_for(found, message.lookup, persona_name), content)
    return defuse(said).strip()


def notes_of(message: IncomingMessage) -> tuple[Note, ...]:
    """Return what stands beside the words of a message, each on one line and defused."""
    return tuple(Note(each.kind, _label_of(each, message.lookup)) for each in message.attached)


def _without_calls(content: str, bot_id: int | None) -> str:
    if bot_id is None:
        return content
    call = rf"<@!?{bot_id}>"
    content = regex.sub(rf"\A\s*(?:{call}(?:[,:](?=\s|\Z)|[\uFF0C\uFF1A\u3001])?\s*)+", "", content)
    return regex.sub(rf"(?:\s*[,\uFF0C\u3001])?(?:\s*{call})+\s*\Z", "", content)


def _word_for(found: "regex.Match[str]", lookup: Lookup, persona_name: str) -> str:
    kind = found.lastgroup or ""
    return _WORDS[kind](found[kind], lookup, persona_name) or found[0]


def _person(number: str, lookup: Lookup, persona_name: str) -> str:
    if int(number) == lookup.bot_id and persona_name:
        return persona_name
    return "@" + clean_name(lookup.people.get(int(number), ""), NOBODY)


def _time(seconds: str, _lookup: Lookup, _persona_name: str) -> str:
    try:
        return f"{_EPOCH + timedelta(seconds=int(seconds)):%Y-%m-%d %H:%M} UTC"
    except OverflowError:  # beyond the calendar, where Discord shows no date either
        return ""


_WORDS: Final[dict[str, Callable[[str, Lookup, str], str]]] = {
    "person": _person,
    "role": lambda number, lookup, _: "@" + clean_name(lookup.roles.get(int(number), ""), "role"),
    "channel": lambda number, lookup, _: "#" + clean_name(lookup.channels.get(int(number), ""), "channel"),
    "emoji": lambda name, _lookup, _persona: f":{name}:",
    "time": _time,
    "command": lambda name, _lookup, _persona: f"/{name}",
}


def _label_of(attached: Attached, lookup: Lookup) -> str:
    said = _MARKUP.sub(lambda found: _word_for(found, lookup, ""), attached.label)
    label = " ".join(defuse(said).split())
    if len(label) > LABEL_LIMIT:
        label = _clip(label, LABEL_LIMIT - 1) + "…"
    return label


def persona_name(persona: Persona) -> str:
    """Return the persona's name as the API's `name` can carry it."""
    return clean_name(persona.name, fallback=clean_name(persona.key, fallback="Persona"))
