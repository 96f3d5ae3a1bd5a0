"""The log: as text for people, or as JSON for programs that collect logs, one object in a line.

Law: both have the same facts, no words of players, and no secret. As JSON, a traceback is one field, so that
a record is always one line. For systemd's journal each line has its level (sd-daemon(3)), and a text no time,
which the journal notes itself.
"""

import json
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, TextIO

from bot.texts.sentences import printable

_PRIORITIES: Final = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
"""syslog's number for what is at least so severe."""

_DEBUG: Final = 7


def is_journal(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether systemd's journal reads a stream, as its variable says (systemd.exec(5))."""
    try:
        opened = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return environ.get("JOURNAL_STREAM") == f"{opened.st_dev}:{opened.st_ino}"


def mark_of(level: int) -> str:
    """Return what the journal takes from the beginning of a line as its level."""
    number = next((number for least, number in _PRIORITIES if level >= least), _DEBUG)
    return f"<{number}>"


class JournalFormatter(logging.Formatter):
    """Formatter of what another one writes, for the journal."""

    def __init__(self, formatter: logging.Formatter) -> None:
        """Mark each line of what `formatter` returns with its level."""
        super().__init__()
        self._formatter = formatter

    def format(self, record: logging.LogRecord) -> str:
        """Return the record, as many lines as it has."""
        mark = mark_of(record.levelno)
        return "\n".join(mark + line for line in self._formatter.format(record).split("\n"))


def without(secrets: Iterable[str]) -> Callable[[str], str]:
    """Return what removes secrets from a text, and escapes what can't be seen in its lines."""
    hidden = [secret for secret in secrets if secret]

    def harmless(text: str) -> str:
        for secret in hidden:
            text = text.replace(secret, "[secret]")
        return "\n".join(map(printable, text.split("\n")))

    return harmless


class TextFormatter(logging.Formatter):
    """Formatter that removes secrets from everything that libraries log, and escapes what can't be seen."""

    def __init__(self, harmless: Callable[[str], str], *, is_dated: bool = True) -> None:
        """Write each text as `harmless` returns it, which removes secrets; `is_dated` adds the local time."""
        super().__init__(f"{'%(asctime)s ' if is_dated else ''}%(levelname)-7s %(name)s: %(message)s")
        self._harmless = harmless

    def format(self, record: logging.LogRecord) -> str:
        """Return the record, with its traceback if it has one."""
        return self._harmless(super().format(record))


class JsonFormatter(logging.Formatter):
    """Formatter of one JSON object a record: time, level, logger, message, process, traceback if any."""

    def __init__(self, harmless: Callable[[str], str]) -> None:
        """Write each text as `harmless` returns it, which removes secrets."""
        super().__init__()
        self._harmless = harmless

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        fields: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._harmless(record.getMessage()),
            "process": os.getpid(),
        }
        if record.exc_info:
            fields["traceback"] = self._harmless(self.formatException(record.exc_info))
        return json.dumps(fields, ensure_ascii=False)
