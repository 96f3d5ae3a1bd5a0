"""Cards to and from files: personas in their folder, cards wherever the host wants them.

Law: a file is written whole or not at all, and none is replaced unless the caller agrees to it by name. A
card's name becomes a file's name of letters, digits and hyphens, so that it can't leave the folder.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from bot.core.posts.pages import clipped
from bot.files.reading import FileRefusedError, read_regular
from bot.personas.cards import icons
from bot.personas.cards.bounded import FILE_LIMIT
from bot.personas.cards.errors import CardError
from bot.personas.cards.exporting import Container, Spec, export_card
from bot.personas.cards.reading import ImportedCard, Report, read_card
from bot.personas.library import PersonaLibrary
from bot.personas.reading import ENDINGS, PICTURES, file_name, is_key, key_of
from bot.texts.sentences import HOST, Sentence, voice_for

KEY_LIMIT: Final = 40
"""Maximum UTF-16 units of a key that is made from a name; a persona's may have 64."""

PICTURE_LIMIT: Final = 256 * 1024
"""Bytes that Discord takes in the picture of an emoji, by which it shows a picture of the folder."""

CONTAINERS: Final[dict[str, Container]] = {".json": "json", ".png": "png"}
"""The endings of files that a persona can be written to as a card."""

MayReplace = Callable[[Sequence[Path]], bool]
"""Says whether files that exist may be replaced."""


class NotDoneError(Exception):
    """A file that was not imported or exported, and why."""


def import_file(file: Path, folder: Path, may_replace: MayReplace, key: str = "") -> Iterator[str]:
    """Put the persona of a card into a folder, with its picture, and yield what there is to tell.

    Args:
        file: the card.
        folder: the personas folder.
        may_replace: asked about files that are there already.
        key: the persona's key; else it is made from its name.

    Raises:
        NotDoneError: nothing was written.
    """
    card = _read(file)
    key = key or key_for(card.name)
    if not is_key(key):
        raise NotDoneError(HOST.say("cards.bad_key", key=key))
    sheet = next(iter(_there(folder, key, ENDINGS)), folder / file_name(key))
    taken = _there(folder, key, [*ENDINGS, *PICTURES] if card.picture else ENDINGS)
    if taken and not may_replace(taken):
        raise NotDoneError(HOST.say("cards.taken", file=file, paths=", ".join(map(str, taken))))
    text = card.text
    try:
        if card.picture:
            picture = folder / f"{key}{card.picture.ending}"
            _write(picture, card.picture.content)
            text = card.text_with(picture.name)
        _write(sheet, text.encode())
    except OSError as error:
        raise NotDoneError(HOST.say("cards.not_written", path=sheet, reason=error.strerror)) from None
    yield HOST.say("cards.imported", file=file, path=sheet, key=key)
    yield from _told(card.report)
    if card.picture and len(card.picture.content) > PICTURE_LIMIT:
        kib, most = len(card.picture.content) // 1024, PICTURE_LIMIT // 1024
        text = HOST.say("cards.large_picture", kib=kib, most=most)
        yield HOST.say("cards.line.warning", text=text)


def _read(file: Path) -> ImportedCard:
    try:
        return read_card(read_regular(file, limit=FILE_LIMIT), file.name)
    except FileRefusedError as error:
        reason = HOST.say(f"yaml.{error.fault}", reason=error)
        raise NotDoneError(HOST.say("cards.refused", file=file, reason=reason)) from None
    except CardError as error:
        raise NotDoneError(HOST.say("cards.refused", file=file, reason=_english(error.sentence))) from None


def _told(report: Report) -> Iterator[str]:
    for sentence in report.kept:
        yield HOST.say("cards.line.kept", text=_english(sentence))
    for sentence in report.changed:
        yield HOST.say("cards.line.changed", text=_english(sentence))
    for sentence in report.ignored:
        yield HOST.say("cards.line.ignored", text=_english(sentence))
    for sentence in report.warnings:
        yield HOST.say("cards.line.warning", text=_english(sentence))


def _english(sentence: Sentence) -> str:
    return voice_for().render(sentence)


def key_for(name: str) -> str:
    """Return the key for a persona with this name: its letters and digits, with hyphens between the words."""
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", name.casefold()).replace("'", ""))
    return clipped("-".join(words), KEY_LIMIT).strip("-") or "character"


def _there(folder: Path, key: str, endings: Sequence[str]) -> list[Path]:
    """Return the files of a key with these endings, whatever their capital letters."""
    try:
        names = sorted(each.name for each in folder.iterdir())
    except OSError as error:
        raise NotDoneError(HOST.say("cards.no_folder", path=folder, reason=error.strerror)) from None
    return [
        folder / name
        for name in names
        if key_of(name).casefold() == key.casefold() and Path(name).suffix.lower() in endings
    ]


def _write(path: Path, content: bytes) -> None:
    """Write a file aside and exchange it, so that nobody reads half of it."""
    aside = path.with_name(f".{path.name}.tmp")
    try:
        aside.write_bytes(content)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def export_file(
    library: PersonaLibrary, key: str, to: Path, spec: Spec, may_replace: MayReplace
) -> Iterator[str]:
    """Write a persona to a file as a card, JSON or PNG by its ending, and yield what there is to tell.

    Raises:
        NotDoneError: nothing was written.
    """
    shelf = library.at(None)
    persona, container = shelf.get(key), CONTAINERS.get(to.suffix.lower())
    if container is None:
        raise NotDoneError(HOST.say("cards.ending", path=to))
    if persona is None:
        raise NotDoneError(HOST.say("cards.nobody", key=key, known=", ".join(shelf.playing)))
    try:
        picture = _picture(library, persona.avatar)
        content = export_card(shelf.source(key), picture, spec, container)
        if to.exists() and not may_replace([to]):
            raise NotDoneError(HOST.say("cards.taken", file=key, paths=to))
        _write(to, content)
    except CardError as error:
        raise NotDoneError(HOST.say("cards.refused", file=key, reason=_english(error.sentence))) from None
    except OSError as error:
        raise NotDoneError(HOST.say("cards.not_written", path=to, reason=error.strerror or error)) from None
    yield HOST.say("cards.exported", key=key, path=to)
    if persona.avatar and picture is None:
        yield HOST.say("cards.no_picture", avatar=persona.avatar)


def _picture(library: PersonaLibrary, avatar: str | None) -> icons.Picture | None:
    """Return a persona's picture; None if it is on the web, from where nothing is fetched."""
    if avatar is None or "://" in avatar:
        return None
    return icons.picture_in(library.picture(library.folder / avatar, FILE_LIMIT))
