"""The log as JSON: one object in a line, for programs that collect logs.

Law: the same facts as in the text, with nothing added: no words of players, and secrets removed as there. A
traceback is one field, so that a record is always one line.
"""

import json
import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime


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
