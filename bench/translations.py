"""The files that translators work on: the sentences for people on Discord, one gettext PO file a language.

    python -m bench.translations        # brings every file up to date, and counts what is left to do
    python -m bench.translations fr     # begins another language

Law: nothing that somebody translated is lost. Where the English of a key has changed, its translation stays,
marked `fuzzy`; the bot says English until somebody has looked at it.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from bot.texts.catalogue.players import PLAYERS
from bot.texts.catalogue.plural import Plural

FOLDER: Final = Path(__file__).parent.parent / "bot" / "texts" / "locales"

HEADER: Final = """\
# What Dramatis says in {language}; docs/languages.md says how to work on this file.
# Reviewed by a speaker of the language: no"""

WIDTH: Final = 120


def english(key: str) -> tuple[str, ...]:
    """Return the English words of a key as a PO file names them: one form, or those for one and several."""
    text = PLAYERS[key]
    return (text.one, str(text)) if isinstance(text, Plural) else (text,)


def read(path: Path) -> Catalog:
    """Return the sentences of a file; those of a language that is new are all empty."""
    locale = Locale.parse(path.stem, sep="-")
    if path.exists():
        with path.open("rb") as file:
            return read_po(file, locale=locale, abort_invalid=True)
    return Catalog(locale=locale, header_comment=HEADER.format(language=locale.english_name))


def updated(old: Catalog) -> Catalog:
    """Return a language's sentences for the English ones of now, in their order."""
    new = Catalog(
        locale=old.locale,
        header_comment=old.header_comment,
        project="Dramatis",
        version="1",
        msgid_bugs_address="",
        last_translator="",
        language_team="",
        creation_date=old.creation_date,
        revision_date=old.revision_date,
        fuzzy=False,
    )
    known = {message.context: message for message in old if message.id}
    for key in PLAYERS:
        words = english(key)
        message = new.add(words if len(words) > 1 else words[0], context=key)
        if (found := known.get(key)) and any(forms_of(found)):
            _translate(message, found, new.num_plurals)
    return new


def _translate(message: Message, found: Message, plurals: int) -> None:
    """Give a sentence the translation that its key had."""
    forms = forms_of(found)
    message.string = (forms * plurals)[:plurals] if message.pluralizable else forms[0]
    if found.fuzzy or message.id != found.id:
        message.flags.add("fuzzy")


def forms_of(message: Message) -> tuple[str, ...]:
    """Return a translation in all its forms."""
    return _strings(message.string or "")


def _strings(strings: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (strings,) if isinstance(strings, str) else tuple(each or "" for each in strings)


def left(catalog: Catalog) -> Iterator[str]:
    """Yield the keys that nobody has translated yet, or not since their English changed."""
    for message in catalog:
        if message.id and (message.fuzzy or not all(forms_of(message))):
            yield str(message.context)


def write(catalog: Catalog, path: Path) -> None:
    """Write a language's file."""
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=WIDTH)


def main(languages: list[str]) -> None:
    """Bring the files up to date."""
    files = [FOLDER / f"{each}.po" for each in languages] or sorted(FOLDER.glob("*.po"))
    for path in files:
        catalog = updated(read(path))
        write(catalog, path)
        print(f"{path.stem}: {sum(1 for _ in left(catalog))} of {len(PLAYERS)} left to do")


if __name__ == "__main__":
    main(sys.argv[1:])
