"""The catalogue of sentences for people, by language.

Law: no other module writes a sentence for people; it names a key of the catalogue and fills in the facts. A sentence is
whole: it isn't glued from pieces whose grammar depends on English. A test checks that every key that is used
exists, that every key is used, and that each sentence gets the facts it names.

Keys are `where.what`. `players.py` has what people on Discord see, `hosts.py` what the bot's owner sees in the log and on
the terminal. A detail in brackets is the report of a server, SQLite, the system or `bot.llm`.
"""

from collections.abc import Mapping

from bot.texts.hosts import HOSTS
from bot.texts.players import PLAYERS

ENGLISH: Mapping[str, str] = {**PLAYERS, **HOSTS}

LANGUAGES: Mapping[str, Mapping[str, str]] = {"en": ENGLISH}


def say(key: str, language: str = "en", /, **facts: object) -> str:
    """Return a sentence with its facts filled in, in English if the language doesn't have it."""
    return LANGUAGES.get(language, ENGLISH).get(key, ENGLISH[key]).format(**facts)
