"""The reading of one persona's text, a file of the folder or a server's own.

Law: what is wrong with a text becomes problems with their places, and never an exception; warnings are about
what is probably not meant. Nothing in a text that is no file leads to a file.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pydantic import ValidationError

from bot.core.ages.finding import minor_ages
from bot.core.calling import is_sayable
from bot.core.lore.index import Index
from bot.core.macros.filling import unfilled
from bot.core.names import key_of as name_key
from bot.core.names import refused_word
from bot.core.output import substitutions
from bot.core.patterns import PatternError
from bot.core.persona import Persona, PersonaSheet, UserMacro
from bot.core.posts.pages import utf16_length
from bot.files import lookalikes
from bot.files.problems import PROBLEM_LIMIT, KeyPath, Problem, Spot, YamlError, lookalike, problem, short
from bot.files.shapes import problems_of
from bot.files.yamlfile import SIZE_LIMIT, Document, read, read_bytes
from bot.personas import addresses, character_cards
from bot.personas.lorebooks import doubts_of

ENDINGS: Final = (".yaml", ".yml")

TEXT_LIMIT: Final = SIZE_LIMIT
"""Maximum bytes of a persona's YAML."""

PICTURES: Final = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp"})
"""File types that Discord accepts for an avatar or an emoji."""

SAMPLES_ADVISED: Final = 3
"""Recommended number of samples: MiniMax advises one to three; with more, M2-her repeats them."""

KEY_LIMIT: Final = 64
"""UTF-16 units of the key of what a server has of its own: the ids of its controls have no room for more."""

_KEY = re.compile(r"\w[\w-]{0,63}")

_FOR_ADULTS = re.compile(rb"""\bnsfw["']?\s*:(?!\s*(?:false|no|off)\b)""", re.IGNORECASE)
"""What says in a text that may be no YAML at all that it is for age-restricted channels only."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The result of reading one file: a persona with its `file:line:column`, or problems; and warnings.

    `lacks` is the avatar's file if its absence is the only problem. `unpictured` is the warning that counts
    where the picture that a text names is not known. `for_adults` says that the persona is for
    age-restricted channels only, or that the text says so and doesn't load: then it counts as for them.
    """

    persona: Persona | None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    place: str = ""
    lacks: Path | None = None
    unpictured: Problem | None = None
    for_adults: bool = False


def is_key(key: str) -> bool:
    """Return whether a persona can have this key: it is the name of no other folder's file."""
    return _KEY.fullmatch(key) is not None


def is_own_key(key: str) -> bool:
    """Return whether what a server has of its own can have this key."""
    return is_key(key) and utf16_length(key) <= KEY_LIMIT


def spelled(key: str, known: Collection[str]) -> str:
    """Return a key as one of those known has it that differs in capital letters only; else as it is."""
    key = unicodedata.normalize("NFC", key)
    there = [each for each in known if each.casefold() == key.casefold()]
    return key if not there or key in there else there[0]


def file_name(key: str) -> str:
    """Return the name under which a text with this key is a persona's file."""
    return f"{key}.yaml"


def is_persona_file(name: str) -> bool:
    """Return whether a file of this name is read; hidden files and editors' copies (`x.yaml~`) aren't."""
    return name.lower().endswith(ENDINGS) and not name.startswith(".")


@lru_cache(4096)
def key_of(name: str) -> str:
    """Return the key of a file with this name."""
    # macOS returns file names with decomposed accents.
    return unicodedata.normalize("NFC", Path(name).stem)


def read_persona(path: Path, inside: Sequence[Path]) -> Reading:
    """Return the result of reading one file of the first of the folders `inside`.

    After all links, the file and its avatar have to be in one of them.
    """
    key = key_of(path.name)
    if not is_key(key):
        return Reading(None, (problem("persona.bad_key", Spot(str(path))),))
    try:
        content = read_bytes(path, inside=inside)
    except YamlError as error:
        return Reading(None, error.problems)
    return _judged(_read_file(key, content, path, inside), content)


def _judged(reading: Reading, content: bytes) -> Reading:
    """Return what was read with whether it is for adults, as its text says where it doesn't load."""
    persona = reading.persona
    said = (
        persona.nsfw if persona is not None else _FOR_ADULTS.search(content.replace(b"\0", b"")) is not None
    )
    return replace(reading, for_adults=said)


def _read_file(key: str, content: bytes, path: Path, inside: Sequence[Path]) -> Reading:
    try:
        document = read(content, str(path))
    except YamlError as error:
        return Reading(None, error.problems)
    reading = _read(key, document)
    persona = reading.persona
    fault = _avatar_fault(persona.avatar, inside) if persona else None
    if persona is None or fault is None:
        return reading
    lacks = inside[0] / persona.avatar if persona.avatar and fault == "persona.avatar_missing" else None
    wrong = _avatar_problem(fault, persona, document, lambda plain: _avatar_fault(plain, inside))
    return Reading(None, (wrong,), reading.warnings, lacks=lacks)


def read_text(content: bytes, key: str, file: str = "") -> Reading:
    """Return the result of reading a text that is no file, in whose problems it is called `file`.

    Its avatar may be anything: `with_picture` leaves those out that are neither an address nor known.
    """
    file = file or file_name(key)
    if not is_key(key):
        return Reading(None, (problem("persona.bad_key", Spot(file)),))
    return _judged(_read_text(content, key, file), content)


def _read_text(content: bytes, key: str, file: str) -> Reading:
    try:
        document = read(content, file)
    except YamlError as error:
        return Reading(None, error.problems)
    reading = _read(key, document)
    persona = reading.persona
    if persona is None or persona.avatar is None:
        return reading
    if (fault := _address_fault(persona.avatar)) is not None:
        wrong = _avatar_problem(fault, persona, document, _address_fault)
        return Reading(None, (wrong,), reading.warnings)
    return replace(reading, unpictured=_at("persona.avatar_not_here", document, ("avatar",)))


def with_picture(reading: Reading, pictures: Collection[str]) -> Reading:
    """Return what was read of a server's own text, without a picture if that is not one of the host's here.

    `pictures` are the names of those that the server sees anyway.
    """
    persona = reading.persona
    if persona is None or persona.avatar is None or "://" in persona.avatar or persona.avatar in pictures:
        return reading
    doubts = () if reading.unpictured is None else (reading.unpictured,)
    plain = persona.model_copy(update={"avatar": None})
    return replace(reading, persona=plain, warnings=(*reading.warnings, *doubts))


def _read(key: str, document: Document) -> Reading:
    """Return the result of reading a document, whatever its avatar is."""
    try:
        sheet = PersonaSheet.model_validate(document.data)
    except ValidationError as error:
        return Reading(
            None, character_cards.explained(problems_of(error, PersonaSheet, document.spot), document)
        )
    warnings = tuple(_doubts(sheet, document))
    if refused := (*_misnamed(sheet, document), *_unusable(sheet, document), *_minor(sheet, document)):
        return Reading(None, refused, warnings)
    fields = {name: getattr(sheet, name) for name in PersonaSheet.model_fields}
    return Reading(Persona(key=key, **fields), (), warnings, str(document.spot(())))


def _avatar_fault(avatar: str | None, inside: Sequence[Path]) -> str | None:
    """Return the key of the sentence for a problem with an avatar; None if there is none."""
    if avatar is None or "://" in avatar:
        return _address_fault(avatar)
    try:
        picture = (inside[0] / avatar).resolve()
        is_inside = any(picture.is_relative_to(folder.resolve()) for folder in inside)
        exists = picture.is_file()
    except (OSError, ValueError, RuntimeError):  # the name is too long, or links form a ring
        return "persona.avatar_missing"
    if not is_inside:
        return "persona.avatar_outside"
    if not exists:
        return "persona.avatar_missing"
    return None if picture.suffix.lower() in PICTURES else "persona.avatar_kind"


def _address_fault(avatar: str | None) -> str | None:
    """Return the same for an avatar that is an address; None for a file's name."""
    is_address = avatar is not None and "://" in avatar
    return "persona.avatar_address" if avatar is not None and is_address and not _is_https(avatar) else None


def _avatar_problem(
    fault: str, sheet: PersonaSheet, document: Document, fault_of: Callable[[str], str | None]
) -> Problem:
    """Return the problem with an avatar, which may be a look-alike in it."""
    path: KeyPath = ("avatar",)
    character = lookalikes.at_fault_in_value(sheet.avatar or "", lambda plain: not fault_of(plain))
    if not character:
        return _at(fault, document, path)
    instead = lookalikes.ordinary(character)
    return lookalike(character, document.spot(path, character), path, instead=instead)


def _is_https(address: str) -> bool:
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises if it is invalid
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and not re.search(r"\s", address)


def _misnamed(sheet: PersonaSheet, document: Document) -> Iterator[Problem]:
    """Yield the problems of names in `called` that nobody types, or that are there twice."""
    seen: set[str] = set()
    for number, name in enumerate(sheet.called or ()):
        key = name_key(name)
        if not is_sayable(name):
            yield _at("persona.called", document, ("called", number))
        elif key in seen:
            yield _at("persona.called_twice", document, ("called", number))
        seen.add(key)


def _unusable(sheet: PersonaSheet, document: Document) -> Iterator[Problem]:
    """Yield the problems of substitutions that could replace nothing, or would take too long."""
    left = substitutions.SIZE_LIMIT
    for number, each in enumerate(sheet.substitutions):
        path: KeyPath = ("substitutions", number, "find")
        try:
            left -= substitutions.size_of(each.find)
        except PatternError as error:
            yield _at("persona.bad_pattern", document, path, reason=short(str(error)))
            continue
        if left < 0:
            yield _at("persona.large_patterns", document, path)
            return
        if substitutions.finds_nothing(each.find):
            yield _at("persona.finds_nothing", document, path)
        elif "\n" in each.find or "\r" in each.find:
            yield _at("persona.finds_lines", document, path)


def _minor(sheet: PersonaSheet, document: Document) -> Iterator[Problem]:
    """Yield where a persona for adults has an age under 18."""
    for path, words in minor_ages(sheet) if sheet.nsfw else ():
        (spot,) = document.spots_within(path, [words])
        yield problem("persona.minor", spot, path, words=short(words))


def _doubts(sheet: PersonaSheet, document: Document) -> Iterator[Problem]:
    if word := refused_word(sheet.name):
        yield _at("persona.refused_name", document, ("name",), word=word)
    yield from _quoted_names(sheet, document)
    if sheet.avatar and _is_https(sheet.avatar):
        yield from _address_doubts(sheet.avatar, document)
    if not sheet.description:
        yield _at("persona.no_description", document, ("description",))
    if len(sheet.samples) > SAMPLES_ADVISED:
        yield _at("persona.many_samples", document, ("samples",), count=len(sheet.samples))
    if sheet.user_macro is UserMacro.FIXED and not (sheet.user and sheet.user.name):
        yield _at("persona.nobody_fixed", document, ("user_macro",))
    if sheet.lorebook is not None:
        yield from doubts_of(Index(sheet.lorebook), document, ("lorebook",))
    yield from islice(_unfilled(sheet, document), PROBLEM_LIMIT)


def _unfilled(sheet: PersonaSheet, document: Document) -> Iterator[Problem]:
    """Yield a warning about each macro that stays as it is, at its place."""
    for path, found in groupby(unfilled(sheet), key=itemgetter(0)):
        macros = [macro for _, macro in found]
        spots = document.spots_within(path, macros)
        for spot, macro in zip(spots, macros, strict=True):
            yield problem("persona.macro", spot, path, macro=short(macro))


def _address_doubts(address: str, document: Document) -> Iterator[Problem]:
    """Yield why Discord may not show the avatar at an https address."""
    path: KeyPath = ("avatar",)
    if addresses.expires(address):
        yield _at("persona.avatar_expires", document, path)
    if len(address) > addresses.LENGTH_LIMIT:
        most = addresses.LENGTH_LIMIT
        yield _at("persona.avatar_long", document, path, length=len(address), most=most)
    host = addresses.host_of(address)
    if not addresses.is_public(host):
        yield _at("persona.avatar_private", document, path, host=short(host))


def _quoted_names(sheet: PersonaSheet, document: Document) -> Iterator[Problem]:
    """Yield the names within quotation marks of a kind that YAML keeps as a part of the name."""
    names: dict[KeyPath, str | None] = {("name",): sheet.name}
    names["user", "name"] = sheet.user.name if sheet.user else None
    for path, name in names.items():
        if name and lookalikes.is_quoted(name):
            spot = document.spot(path, name[0])
            yield problem("persona.quoted_name", spot, path, character=lookalikes.described(name[0]))


def _at(sentence: str, document: Document, path: KeyPath, /, **facts: object) -> Problem:
    return problem(sentence, document.spot(path), path, **facts)
