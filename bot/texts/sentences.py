"""The sentences for people, by key and language, and the voices that say them.

Law: no other module writes a sentence for people; it names a key of the catalogue and gives the facts. A sentence is
whole: it isn't glued from pieces whose grammar depends on English. A test checks that every key that is used
exists, that every key is used, and that each sentence gets the facts it names.

Keys are `where.what`. `players.py` has what people on Discord see, each in the language of a `Voice`; `hosts.py` what the
bot's owner sees in the log and on the terminal, in English. A detail in brackets is the report of a server, SQLite, the
system or `bot.llm`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from bot.texts.hosts import HOSTS
from bot.texts.players import PLAYERS

ENGLISH: Final = "en"
"""The language of `players.py`, for every locale without a catalogue and for each key that a catalogue lacks."""

LANGUAGES: Final[dict[str, Mapping[str, str]]] = {ENGLISH: PLAYERS}
"""The catalogues for players and admins by locale, with or without a region: `de` serves `de-AT` too."""


@dataclass(slots=True, init=False)
class Sentence:
    """A sentence to be said later, in the language of its reader. Its facts may be sentences too."""

    key: str
    facts: Mapping[str, object]

    def __init__(self, key: str, /, **facts: object) -> None:
        """Name the sentence `key` with its facts."""
        self.key = key
        self.facts = facts


def printable(text: str) -> str:
    r"""Return a text in which what can't be seen is an escape, such as `\n`, `\x1b` or `\u202e`.

    The names of files may contain such characters, with which a line could pretend to be another.
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


class Voice:
    """Says sentences in one language."""

    def __init__(self, language: str, sentences: Mapping[str, str], fallback: Mapping[str, str]) -> None:
        """Say `sentences`, which are in `language`, and those of `fallback` where they lack a key."""
        self.language = language
        self._sentences = sentences
        self._fallback = fallback

    def say(self, key: str, /, **facts: object) -> str:
        """Return a sentence with its facts filled in.

        Raises:
            KeyError: no such sentence exists, or a fact is missing.
        """
        sentence = self._sentences.get(key) or self._fallback[key]
        return sentence.format(**{name: self._fact(fact) for name, fact in facts.items()})

    def render(self, text: Sentence | str) -> str:
        """Return a sentence in this language; a text that has its words already stays as it is."""
        return self.say(text.key, **text.facts) if isinstance(text, Sentence) else text

    def lines(self, texts: Iterable[Sentence | str]) -> str:
        """Return sentences below each other."""
        return "\n".join(map(self.render, texts))

    def _fact(self, fact: object) -> object:
        if isinstance(fact, PurePath):
            return printable(str(fact))
        return self.render(fact) if isinstance(fact, Sentence) else fact


HOST: Final = Voice(ENGLISH, HOSTS, HOSTS)
"""The voice for the bot's owner. It knows no sentence of players."""


def voice_for(*wanted: str | None) -> Voice:
    """Return the voice of the first known locale, such as `de` or `es-419`; English if none is known.

    A locale is known if it has a catalogue, or if its language without the region has one.
    """
    for locale in filter(None, wanted):
        for language in (locale, locale.partition("-")[0]):
            if language in LANGUAGES:
                return Voice(language, LANGUAGES[language], PLAYERS)
    return Voice(ENGLISH, PLAYERS, PLAYERS)
