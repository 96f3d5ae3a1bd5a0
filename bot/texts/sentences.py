"""The sentences for people, by key and language, and the voices that say them.

Law: no other module writes a sentence for people; it names a key of the catalogue and gives the facts. A sentence is
whole: it isn't glued from pieces whose grammar depends on English. A test checks that every key that is used
exists, that every key is used, and that each sentence gets the facts it names.

Keys are `where.what`; `where.what.outside` says it outside of servers, where there are no channels and no other people.
`catalogue/players.py` joins what people on Discord see, in English; `locales` has it in other languages. `catalogue/hosts.py` joins
what the bot's owner sees in the log and on the terminal, `catalogue/mistakes.py` has what both see. A detail in brackets is the
report of a server, SQLite, the system or `bot.llm`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath
from typing import Final

from bot.texts.catalogue.hosts import HOSTS
from bot.texts.catalogue.players import PLAYERS
from bot.texts.grammar import ENGLISH, English

LANGUAGES: Final = {file.stem: file for file in sorted(Path(__file__).with_name("locales").glob("*.po"))}
"""The files of the languages other than English, by locale with or without a region: `de` serves `de-AT` too."""

OUTSIDE: Final = ".outside"
"""The end of the keys of what is said in other words outside of servers; the facts are the same, or fewer."""


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

    def __init__(self, sentences: Mapping[str, str], grammar: English, *, outside: bool = False) -> None:
        """Say `sentences`, which are English, in the language of a grammar.

        `outside` is for readers outside of servers: what has words of its own there is said in those.
        """
        self.language = grammar.language
        self._sentences = sentences
        self._grammar = grammar
        self._outside = outside

    def say(self, key: str, /, **facts: object) -> str:
        """Return a sentence with its facts filled in.

        Raises:
            KeyError: no such sentence exists, or a fact is missing.
        """
        if self._outside and f"{key}{OUTSIDE}" in self._sentences:
            key += OUTSIDE
        words = self._grammar.words(key, self._sentences[key], facts)
        if "{" not in words and "}" not in words:
            return words
        return self._grammar.vformat(words, (), {name: self._fact(fact) for name, fact in facts.items()})

    def render(self, text: Sentence | str) -> str:
        """Return a sentence in this language; a text that has its words already stays as it is."""
        return self.say(text.key, **text.facts) if isinstance(text, Sentence) else text

    def lines(self, texts: Iterable[Sentence | str]) -> str:
        """Return sentences below each other."""
        return "\n".join(map(self.render, texts))

    def listed(self, texts: Iterable[Sentence | str]) -> str:
        """Return sentences, or names, in a row."""
        return self._grammar.listed([*map(self.render, texts)])

    def day(self, at: datetime) -> str:
        """Return a date in words."""
        return self._grammar.day(at)

    def _fact(self, fact: object) -> object:
        if isinstance(fact, PurePath):
            return printable(str(fact))
        if isinstance(fact, Sequence) and not isinstance(fact, str):
            return self.listed(fact)
        return self.render(fact) if isinstance(fact, Sentence) else fact


HOST: Final = Voice(HOSTS, English())
"""The voice for the bot's owner. Of the sentences of players it knows those about mistakes in files."""

_ENGLISH: Final = Voice(PLAYERS, English())
_ENGLISH_OUTSIDE: Final = Voice(PLAYERS, English(), outside=True)


def voice_for(*wanted: str | None, outside: bool = False) -> Voice:
    """Return the voice of the first locale that is given, such as `de` or `es-419`; English if it has no file.

    A locale has the file of its language without the region where it has none of its own. `outside` is for
    what is said outside of servers.
    """
    locale = next(filter(None, wanted), ENGLISH)
    for language in (locale, locale.partition("-")[0]):
        if path := LANGUAGES.get(language):
            from bot.texts.translation import translation  # noqa: PLC0415 - English needs no Babel

            return Voice(PLAYERS, translation(language, path), outside=outside)
    return _ENGLISH_OUTSIDE if outside else _ENGLISH
