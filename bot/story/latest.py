"""The latest messages: what is known of them beyond what is stored.

Law: it is kept in memory for a bounded number of messages, the oldest is forgotten first, and nothing that a
restart must know is here.
"""

from datetime import datetime
from typing import Any

LATEST = 10_000
"""How many of the latest messages are remembered: more than people write in the minute in which an edit can
make a question of one."""


class LatestMessages:
    """Which of the latest messages asked for a reply, were all out of character, edited, or deleted."""

    def __init__(self) -> None:
        self._asked: dict[int, bool] = {}
        self._deleted: dict[int, None] = {}
        self._set_aside: dict[int, None] = {}
        self._edited: dict[int, datetime] = {}

    def asked(self, message_id: int) -> bool | None:
        """Return whether a message has ever asked for a reply; None if it is not known."""
        return self._asked.get(message_id)

    def note_asked(self, message_id: int, *, asked: bool) -> None:
        """Remember whether a message asks for a reply; one that has asked once has asked for good."""
        self._asked[message_id] = asked or self._asked.get(message_id, False)
        _keep_latest(self._asked)

    def is_aside(self, message_id: int) -> bool:
        """Return whether all of a message was out of character."""
        return message_id in self._set_aside

    def note_aside(self, message_id: int, *, aside: bool) -> None:
        """Remember whether all of a message is out of character."""
        self._set_aside.pop(message_id, None)
        if aside:
            self._set_aside[message_id] = None
        _keep_latest(self._set_aside)

    def is_outdated(self, message_id: int, edited_at: datetime | None) -> bool:
        """Return whether a newer edit of a message is known than the one of this time; None for no edit."""
        known = self._edited.get(message_id)
        return known is not None and (edited_at is None or edited_at < known)

    def note_edited(self, message_id: int, edited_at: datetime | None) -> None:
        """Remember when a message was edited."""
        if edited_at is not None:
            self._edited.pop(message_id, None)
            self._edited[message_id] = edited_at
            _keep_latest(self._edited)

    def is_deleted(self, message_id: int) -> bool:
        """Return whether a message was deleted."""
        return message_id in self._deleted

    def note_deleted(self, message_id: int) -> None:
        """Remember that a message was deleted."""
        self._deleted[message_id] = None
        _keep_latest(self._deleted)


def _keep_latest(known: dict[int, Any]) -> None:
    """Forget the oldest of the latest messages."""
    while len(known) > LATEST:
        del known[next(iter(known))]
