"""Names of people, personas and scenes, in a form that the model's API and Discord take.

Law: a name is one line, has a visible character, and never contains a template's markers. These rules don't
know earlier speakers: `storage` remembers which name a person got.
"""

import unicodedata
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from itertools import chain, count
from typing import Final

import regex

from bot.core.persona import Persona
from bot.core.safe_text import clip, defuse, visible

NAME_LIMIT: Final = 32
"""Maximum code points of a name that is sent, equal to Discord's limit for a nickname."""

TITLE_LIMIT: Final = 100
"""Maximum characters of a scene's title: Discord's limit for a thread's name."""

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

_MARK_FLOOD: Final = regex.compile(r"(\p{M}{4})\p{M}+")

_SHOWS: Final = regex.compile(r"[\p{L}\p{N}\p{P}\p{S}]")


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
    return clip(" ".join(defuse(text).split()), TITLE_LIMIT) if text.strip() else ""


def _one_line_name(name: str) -> str:
    line = unicodedata.normalize("NFC", " ".join(defuse(" ".join(name.split())).split()))
    line = clip(_MARK_FLOOD.sub(r"\1", line), NAME_LIMIT)
    return line if _SHOWS.search(line) else ""


@lru_cache(4096)  # a prompt compares each of its speakers with all others
def key_of(name: str) -> str:
    """Return a key that is equal for names that people would confuse."""
    folded = unicodedata.normalize("NFKC", visible(name)).casefold()
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
    candidates = (clip(name, NAME_LIMIT - len(ending)) + ending for ending in endings)
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


def persona_name(persona: Persona) -> str:
    """Return the persona's name in a form that fits the API's `name`."""
    return clean_name(persona.known_as, fallback=clean_name(persona.key, fallback="Persona"))
