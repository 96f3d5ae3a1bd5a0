"""The log as JSON: what a collector reads of each record."""

import json
import logging
import os
import sys

from bot.ops.logs import JsonFormatter


def record(message: str, *args: object, failed: bool = False) -> logging.LogRecord:
    info = None
    if failed:
        try:
            int("sk-secret")
        except ValueError:
            info = sys.exc_info()
    made = logging.LogRecord("bot.llm", logging.WARNING, "client.py", 1, message, args, info)
    made.created = 1_796_000_000.25
    return made


FORMATTER = JsonFormatter(lambda text: text.replace("sk-secret", "[secret]"))


def test_a_record_is_one_object_in_one_line() -> None:
    line = FORMATTER.format(record('%s said "hello"\nsk-secret', "somebody"))
    assert "\n" not in line
    fields = json.loads(line)
    assert fields.pop("time") == "2026-11-30T00:53:20.250+00:00"
    assert fields == {
        "level": "warning",
        "logger": "bot.llm",
        "message": 'somebody said "hello"\n[secret]',
        "process": os.getpid(),
    }


def test_a_traceback_is_one_field_without_secrets() -> None:
    line = FORMATTER.format(record("it broke", failed=True))
    assert "\n" not in line
    traceback = json.loads(line)["traceback"]
    assert traceback.startswith("Traceback (most recent call last):\n")
    assert traceback.endswith("ValueError: invalid literal for int() with base 10: '[secret]'")
