"""The log as JSON: what a collector reads of each record; and for systemd's journal."""

import io
import json
import logging
import os
import sys
from pathlib import Path

import pytest

from bot.ops.logs import JournalFormatter, JsonFormatter, TextFormatter, is_journal


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


@pytest.mark.parametrize(
    ("level", "mark"),
    [(logging.DEBUG, "<7>"), (logging.INFO, "<6>"), (logging.ERROR, "<3>"), (logging.CRITICAL, "<2>")],
)
def test_the_journal_reads_the_level_of_each_line_and_notes_the_time_itself(level: int, mark: str) -> None:
    formatter = JournalFormatter(TextFormatter(str, is_dated=False))
    made = logging.LogRecord("bot.app", level, "app.py", 1, "one\ntwo", (), None)
    name = f"{logging.getLevelName(level):7}"
    assert formatter.format(made) == f"{mark}{name} bot.app: one\n{mark}two"


def test_an_object_for_the_journal_is_one_line_too() -> None:
    line = JournalFormatter(FORMATTER).format(record("it broke", failed=True))
    assert line.startswith('<4>{"time": ')
    assert "\n" not in line


def test_it_is_the_journal_that_reads_only_if_systemd_says_so_of_this_very_stream(tmp_path: Path) -> None:
    with (tmp_path / "journal").open("w") as stream, (tmp_path / "other").open("w") as other:
        opened = os.fstat(stream.fileno())
        environ = {"JOURNAL_STREAM": f"{opened.st_dev}:{opened.st_ino}"}
        assert is_journal(stream, environ)
        assert not is_journal(other, environ)
        assert not is_journal(stream, {})
    assert not is_journal(io.StringIO(), environ)
