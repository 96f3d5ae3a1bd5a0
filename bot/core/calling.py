"""Calling by name: which words in a message a persona answers to.

Law: a persona's whole name always calls it, its short names too: those of its file, else its first name. A
short name inside the longer name of another persona calls the other; one that several have calls the one of
them that spoke last.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import regex

from bot.core.first_names import first_name
from bot.core.names import key_of, names_persona, whole_words
from bot.core.persona import Persona

_first_name = lru_cache(4096)(first_name)  # a message with a short name asks for those of all personas

_SAYABLE: Final = regex.compile(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}\p{Zs}'’.·・‐\-\u200c\u200d]*")  # noqa: RUF001
"""Words without any mark of Discord's markup."""
_EVERYONE: Final = frozenset({"everyone", "here"})
"""Words that call everyone on Discord, once people write an `@` before them."""


@dataclass(frozen=True, slots=True)
class Call:
    """Who is called by name in a message.

    Attributes:
        candidates: the keys of the personas that may be meant: the one that spoke last in the channel is.
        persona: whether the persona that was asked about is called if none of them has spoken there.
    """

    candidates: frozenset[str] = frozenset()
    persona: bool = False


@dataclass(frozen=True, slots=True)
class Called:
    """A persona of a cast that a text may call, where its name begins in it, and who else is meant."""

    key: str
    call: Call
    at: int


def is_sayable(name: str) -> bool:
    """Return whether a short name is one that people type to call somebody."""
    return _SAYABLE.fullmatch(name) is not None and key_of(name) not in _EVERYONE


def short_names(persona: Persona) -> tuple[str, ...]:
    """Return the names that call a persona besides its whole name."""
    nickname = (persona.nickname,) if persona.nickname and is_sayable(persona.nickname) else ()
    if persona.called is not None:
        return (*nickname, *persona.called)
    first = _first_name(persona.name)
    return (*nickname, first) if first else nickname


def call_of(text: str, persona: Persona, others: Iterable[Persona]) -> Call:
    """Return who is called in a text in which `persona` may be; `others` may have similar names."""
    shorts = short_names(persona)
    if not any(names_persona(text, name) for name in (persona.name, *shorts)):
        return Call()
    others = [other for other in others if other.key != persona.key]
    whole = names_persona(text, persona.name)
    there = [other for other in others if names_persona(text, other.name)]
    if whole and names_persona(_without(text, _longer(persona.name, there)), persona.name):
        return Call(persona=True)
    fuller = [other for name in (persona.name, *shorts) for other in _longer(name, there)]
    rest = _without(text, fuller)
    heard = {key_of(name) for name in shorts if names_persona(rest, name)}
    if not heard:
        return Call(frozenset(other.key for other in fuller), whole)
    same = (each for each in others if not heard.isdisjoint(map(key_of, (each.name, *short_names(each)))))
    return Call(frozenset(each.key for each in (persona, *same)), persona=True)


def calls_in(text: str, cast: Sequence[Persona], others: Iterable[Persona]) -> list[Called]:
    """Return the personas of a cast that a text may call, in the order in which their names are in it.

    `others` may have similar names; those of the cast may be among them.
    """
    others = [*others]
    found = [(persona, call_of(text, persona, others)) for persona in cast]
    folded = key_of(text)
    calls = [
        Called(persona.key, call, _first(folded, persona))
        for persona, call in found
        if call.persona or call.candidates
    ]
    return sorted(calls, key=lambda each: each.at)


def _first(folded: str, persona: Persona) -> int:
    """Return where a persona's first name begins in a text, which is folded."""
    starts = (next(whole_words(folded, key_of(name)), None) for name in (persona.name, *short_names(persona)))
    return min((at for at in starts if at is not None), default=len(folded))


def _longer(name: str, others: Iterable[Persona]) -> list[Persona]:
    """Return those whose whole names contain a name and more."""
    return [each for each in others if key_of(each.name) != key_of(name) and names_persona(each.name, name)]


def _without(text: str, others: Iterable[Persona]) -> str:
    """Return a text without the whole names of others; the longest of several at one place is taken out."""
    text = key_of(text)
    for name in sorted((key_of(other.name) for other in others), key=len, reverse=True):
        for at in whole_words(text, name):
            text = f"{text[:at]}{' ' * len(name)}{text[at + len(name) :]}"
    return text
