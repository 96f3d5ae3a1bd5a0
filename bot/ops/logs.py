"""The log: as text for people, or as JSON for programs that collect logs, one object in a line.

Law: both have the same facts, no words of players, and no secret. As JSON, a traceback is one field, so that
a record is always one line.
"""

import json
import logging
import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from bot.texts.sentences import printable


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

    def __init__(self, harmless: Callable[[str], str]) -> None:
        """Write each text as `harmless` returns it, which removes secrets."""
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
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
