"""Chats as SillyTavern keeps them: JSON lines, a head and then one message a line.

The shape is that of SillyTavern's own files (`saveChat` and `getFirstMessage` in its public/script.js, the
importers in its src/endpoints/chats.js), the times are those that its `timestampToMoment` reads
(public/scripts/utils.js).

Law: what is written here is read back equal, and a file is read whole or not at all: what is wrong is told
with its line. Fields that are not known are ignored. Nothing of a file is trusted; it is only words, names
and times, of bounded size.
"""

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from bot.core.names import NOBODY
from bot.core.transfer.chat import Head, Line, words_of

SIZE_LIMIT: Final = 8 * 1024 * 1024
"""Bytes of a file."""

LINES_LIMIT: Final = 20_000
LINE_LIMIT: Final = 1024 * 1024
"""Bytes of one line, which holds all variants of a message."""

TEXT_LIMIT: Final = 100_000
"""Characters of one text: many times a model's longest answer, which may have been continued."""

VARIANTS_LIMIT: Final = 500
SPEAKERS_LIMIT: Final = 250
NAME_LIMIT: Final = 100
"""Characters of a name."""

_OURS: Final = "dramatis"
"""Our part of the head; other programs keep what they don't know."""

_UNUSED: Final = "unused"
"""What newer versions write in place of the names in the head."""


class Fault(StrEnum):
    """What is wrong with a file."""

    SIZE = "size"
    ENCODING = "encoding"
    LINES = "lines"
    LINE = "line"
    JSON = "json"
    SHAPE = "shape"
    FIELD = "field"
    NAME = "name"
    LONG_NAME = "long_name"
    TEXT = "text"
    VARIANTS = "variants"
    SPEAKERS = "speakers"
    TIME = "time"
    EMPTY = "empty"


class ChatFileError(Exception):
    """A file that is no chat: what is wrong, in which line (from 1; 0 for the file), and what it is about."""

    def __init__(self, fault: Fault, line: int = 0, about: object = "") -> None:
        super().__init__(f"line {line}: {fault}")
        self.fault = fault
        self.line = line
        self.about = about


@dataclass(frozen=True, slots=True)
class ChatFile:
    """A chat that was read.

    Attributes:
        lines: its messages.
        title: its title, empty if it has none.
        user: the name that `{{user}}` stands for, empty if no person is known.
        character: the name that `{{char}}` stands for in what people say, empty if no persona is known.
        hidden: how many messages were left out, because the program hid them or they have no words.
    """

    lines: tuple[Line, ...]
    title: str = ""
    user: str = ""
    character: str = ""
    hidden: int = 0


# --- writing -----------------------------------------------------------------------------------------


class SillyTavernWriter:
    """Writes a chat; it says how it reads as a chat of its first person with its first persona."""

    def __init__(self, head: Head) -> None:
        self._head = head

    def begin(self) -> str:
        """Return the head."""
        head = self._head
        return _line(
            {
                "user_name": next(iter(head.people), "You"),
                "character_name": next(iter(head.personas), head.title or NOBODY),
                "create_date": _written(head.begun),
                "chat_metadata": {_OURS: {"title": head.title}},
            }
        )

    def write(self, lines: Sequence[Line]) -> str:
        """Return messages."""
        return "".join(_line(_message(line)) for line in lines)

    def end(self) -> str:
        """Return nothing: the format has no end."""
        return ""


def _line(record: dict[str, Any]) -> str:
    # Lone halves of surrogate pairs are no UTF-8.
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n"


def _message(line: Line) -> dict[str, Any]:
    at = _written(line.at)
    message = {
        "name": line.name,
        "is_user": line.is_person,
        "is_system": False,
        "send_date": at,
        "mes": words_of(line),
        "extra": {},
    }
    if not line.variants:
        return message
    info = [{"send_date": at, "extra": {}} for _ in line.variants]
    return message | {"swipe_id": line.shown, "swipes": list(line.variants), "swipe_info": info}


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# --- reading -----------------------------------------------------------------------------------------


def read(content: bytes, now: datetime) -> ChatFile:
    """Return the chat in a file; a message without a time has that of the one before it, or `now`.

    Raises:
        ChatFileError: it is no such chat, or too large.
    """
    if len(content) > SIZE_LIMIT:
        raise ChatFileError(Fault.SIZE, 0, SIZE_LIMIT // 1024 // 1024)
    rows = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    if len(rows) > LINES_LIMIT + 2:  # with the head, and an end of the last line
        raise ChatFileError(Fault.LINES, 0, LINES_LIMIT)
    head: dict[str, Any] = {}
    lines: list[Line] = []
    hidden, before = 0, now
    speakers: set[str] = set()
    for number, record in _records(rows):
        if not lines and not hidden and not head and "mes" not in record:
            head = record
            before = moment(head.get("create_date")) or now
            continue
        found = _read_line(record, head, number, before)
        before = found.at
        if record.get("is_system") is True or not (found.text.strip() or any(map(str.strip, found.variants))):
            hidden += 1
        else:
            lines.append(found)
            speakers.add(found.name)
            if len(speakers) > SPEAKERS_LIMIT:
                raise ChatFileError(Fault.SPEAKERS, number, SPEAKERS_LIMIT)
    if not lines:
        raise ChatFileError(Fault.EMPTY)
    return ChatFile(tuple(lines), _title(head), _user(head, lines), _character(head, lines), hidden)


def _records(rows: Sequence[bytes]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the objects of a file with the numbers of their lines."""
    for number, row in enumerate(rows, 1):
        if len(row) > LINE_LIMIT:
            raise ChatFileError(Fault.LINE, number, LINE_LIMIT // 1024)
        if not row.strip():
            continue
        try:
            record = json.loads(row.decode("utf-8"))
        except UnicodeDecodeError:
            raise ChatFileError(Fault.ENCODING, number) from None
        except (ValueError, RecursionError):
            raise ChatFileError(Fault.JSON, number) from None
        if not isinstance(record, dict):
            raise ChatFileError(Fault.SHAPE, number)
        yield number, record


def _read_line(record: dict[str, Any], head: dict[str, Any], number: int, before: datetime) -> Line:
    is_person = _flag(record, "is_user", number)
    _flag(record, "is_system", number)
    text = _text(record.get("mes"), "mes", number)
    name = _name(record, "name", number)
    name = name or _known(_name(head, "user_name" if is_person else "character_name", 1))
    if not name:
        raise ChatFileError(Fault.NAME, number)
    at = _time(record, "send_date", number) or before
    variants, shown = ((), 0) if is_person else _variants(record, text, number)
    return Line(name, text, at, is_person, variants, shown)


def _variants(record: dict[str, Any], text: str, number: int) -> tuple[tuple[str, ...], int]:
    """Return the variants of a message and the index of the one on screen, which is its text."""
    found = record.get("swipes")
    if found is None or found == []:
        return (), 0
    if not isinstance(found, list):
        raise ChatFileError(Fault.FIELD, number, "swipes")
    if len(found) > VARIANTS_LIMIT:
        raise ChatFileError(Fault.VARIANTS, number, VARIANTS_LIMIT)
    variants = [_text(each, "swipes", number) for each in found]
    index = record.get("swipe_id")
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(variants):
        index = variants.index(text) if text in variants else len(variants)
    # An edit may have changed the message and not its variant: people see the message.
    variants[index : index + 1] = [text]
    kept = [at for at, each in enumerate(variants) if at == index or each.strip()]
    if len(kept) == 1:
        return (), 0
    return tuple(variants[at] for at in kept), kept.index(index)


def _text(value: object, field: str, number: int) -> str:
    if not isinstance(value, str):
        raise ChatFileError(Fault.FIELD, number, field)
    if len(value) > TEXT_LIMIT:
        raise ChatFileError(Fault.TEXT, number, TEXT_LIMIT)
    return value.encode("utf-8", "replace").decode()


def _flag(record: dict[str, Any], field: str, number: int) -> bool:
    value = record.get(field)
    if value is not None and not isinstance(value, bool):
        raise ChatFileError(Fault.FIELD, number, field)
    return bool(value)


def _name(record: dict[str, Any], field: str, number: int) -> str:
    """Return a name in one line; empty if there is none."""
    value = record.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ChatFileError(Fault.FIELD, number, field)
    if len(value) > NAME_LIMIT:
        raise ChatFileError(Fault.LONG_NAME, number, NAME_LIMIT)
    return " ".join(value.encode("utf-8", "replace").decode().split())


def _user(head: dict[str, Any], lines: Sequence[Line]) -> str:
    said = (line.name for line in lines if line.is_person)
    return _known(_name(head, "user_name", 1)) or next(said, "")


def _character(head: dict[str, Any], lines: Sequence[Line]) -> str:
    said = (line.name for line in lines if not line.is_person)
    return _known(_name(head, "character_name", 1)) or next(said, "")


def _known(name: str) -> str:
    return "" if name == _UNUSED else name


def _title(head: dict[str, Any]) -> str:
    metadata = head.get("chat_metadata")
    ours = metadata.get(_OURS) if isinstance(metadata, dict) else None
    title = ours.get("title") if isinstance(ours, dict) else None
    return title.encode("utf-8", "replace").decode() if isinstance(title, str) else ""


def _time(record: dict[str, Any], field: str, number: int) -> datetime | None:
    """Return a time; None if the message has none.

    Raises:
        ChatFileError: it has one that cannot be read.
    """
    value = record.get(field)
    if not value and not isinstance(value, bool):
        return None
    found = moment(value)
    if found is None:
        raise ChatFileError(Fault.TIME, number, str(value)[:40])
    return found


# --- times ---------------------------------------------------------------------------------------------

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_MONTHS: Final = {
    month: number
    for number, month in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}

# June 19, 2023 2:20pm
_WORDY: Final = re.compile(
    r"(?P<month>[A-Za-z]{3,9})\s(?P<day>\d{1,2}),\s(?P<year>\d{4})\s(?P<hour>\d{1,2}):(?P<minute>\d{1,2})\s?(?P<half>[ap]m)",
    re.ASCII | re.IGNORECASE,
)
# 2024-7-12@01h31m37s, 2024-07-12@01h31m37s123ms, 2024-6-5 @14h 56m 50s 682ms
_HUMANIZED: Final = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2}) ?@(\d{1,2})h ?(\d{1,2})m ?(\d{1,2})s(?: ?(\d{1,3})ms)?", re.ASCII
)
_NOON: Final = 12


def moment(value: object) -> datetime | None:
    """Return a time as SillyTavern writes it, in UTC to the millisecond; None if it is none.

    Milliseconds since 1970, ISO 8601, and its two shapes for people. A time without a zone counts as UTC,
    because the zone of the machine that wrote it is not known.
    """
    try:
        found = _moment(value)
    except (ValueError, OverflowError):
        return None
    return found if found is not None and found >= _EPOCH else None


def _moment(value: object) -> datetime | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _EPOCH + timedelta(milliseconds=math.floor(value))
    if not isinstance(value, str):
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return _EPOCH + timedelta(milliseconds=int(text))
    return _in_words(text) or _iso(text)


def _in_words(text: str) -> datetime | None:
    if found := _HUMANIZED.fullmatch(text):
        *parts, ms = found.groups()
        year, month, day, hour, minute, second = map(int, parts)
        return datetime(year, month, day, hour, minute, second, int(ms or 0) * 1000, UTC)
    if found := _WORDY.fullmatch(text):
        hour = int(found["hour"]) % _NOON + (_NOON if found["half"].lower() == "pm" else 0)
        month = _MONTHS.get(found["month"][:3].lower(), 0)
        return datetime(int(found["year"]), month, int(found["day"]), hour, int(found["minute"]), tzinfo=UTC)
    return None


def _iso(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
