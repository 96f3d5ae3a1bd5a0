"""What the command line tells of the connection: whether it is alive, and why it can't be.

Law: no library here, so that `health` and `check` take a moment.
"""

from pathlib import Path
from typing import Final

BEAT: Final = 15.0
"""Seconds between two heartbeats for `python -m bot health`."""

STALE: Final = 90.0
"""Seconds after which the last heartbeat is too old: one of Discord's takes up to 45."""


class WrongToken(Exception):  # noqa: N818 - says what is wrong
    """Discord rejects the token; another attempt would not help."""


def heartbeat_file(storage: Path) -> Path:
    """Return the file whose age tells `health` whether the bot is alive; it is beside the database."""
    return storage.with_name(f"{storage.name}.heartbeat")
