"""Files of translations for tests."""

from collections.abc import Mapping
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from bench.translations import english
from bot.texts.catalogue.players import PLAYERS
from bot.texts.catalogue.plural import Plural


def po_file(path: Path, sentences: Mapping[str, str | tuple[str, ...]]) -> Path:
    """Write what translators would: a file with these sentences by key, plurals in all their forms."""
    catalog = Catalog(locale=Locale.parse(path.stem, sep="-"))
    for key, said in sentences.items():
        words = english(key)
        catalog.add(words if len(words) > 1 else words[0], said, context=key)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog)
    return path


def bracketed(path: Path) -> Path:
    """Write a language that is English in brackets: what is said in it shows, and so does what isn't."""
    sentences = {
        key: (f"⟦{text.one}⟧", f"⟦{text}⟧") if isinstance(text, Plural) else f"⟦{text}⟧"
        for key, text in PLAYERS.items()
    }
    return po_file(path, sentences)
