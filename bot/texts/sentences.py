"""Every sentence we say to people, in one place and by language.

Law: no other module writes a sentence for people; they name one from here and fill in the
facts. Short, plain, never in a persona's voice; each failure names a way on. A test checks that
every sentence asked for exists, is used, and gets the facts it needs.

Keys are `where.what`. `player.*` stands in a channel in front of players; all else is for whoever
runs the bot, in the log or on the terminal. A mistake in a file or a variable has two keys: what
is wrong, and as `.fix` what to do; it is shown as `place: what is wrong, what to do`.

A detail in brackets is what a server, SQLite, the system or `bot.llm` reports, for whoever mends it.
"""

from collections.abc import Mapping

from bot.texts.hosts import HOSTS
from bot.texts.players import PLAYERS

ENGLISH: Mapping[str, str] = {**PLAYERS, **HOSTS}

LANGUAGES: Mapping[str, Mapping[str, str]] = {"en": ENGLISH}


def say(key: str, language: str = "en", /, **facts: object) -> str:
    """Return a sentence with its facts filled in; English where a language lacks it."""
    return LANGUAGES.get(language, ENGLISH).get(key, ENGLISH[key]).format(**facts)
