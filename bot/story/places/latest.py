"""The latest messages: what is known of them beyond what is stored.

Law: it is kept in memory for a bounded number of messages, the oldest is forgotten first, and nothing that a
restart must know is here.
"""

from datetime import datetime
from typing import Any

from bot.core.scene import IncomingMessage, Scene

LATEST = 10_000
"""How many of the latest messages are remembered: more than people write in the minute in which an edit can
make a question of one."""


class LatestMessages:
    """Which of the latest messages asked for a reply, were out of character, edited, or deleted."""

    def __init__(self) -> None:
        self._asked: dict[int, bool] = {}
        self._deleted: dict[int, None] = {}
        self._set_aside: dict[int, int | None] = {}
        self._edited: dict[int, tuple[datetime, int]] = {}

    def is_edited(self, message: IncomingMessage) -> bool:
        """Return whether a message has an edit that was not followed yet; Discord marks what people edit."""
        return message.edited_at is not None and self._edited.get(message.id) != (
            message.edited_at,
            hash(message.content),
        )

    def note_edited(self, message: IncomingMessage) -> None:
        """Remember that the edit of a message was followed."""
        if message.edited_at is not None:
            self._edited[message.id] = message.edited_at, hash(message.content)
            keep_latest(self._edited)

    def asked(self, message_id: int) -> bool | None:
        """Return whether a message has ever asked for a reply; None if it is not known."""
        return self._asked.get(message_id)

    def note_asked(self, message_id: int, *, asked: bool) -> None:
        """Remember whether a message asks for a reply; one that has asked once has asked for good."""
        self._asked[message_id] = asked or self._asked.get(message_id, False)
        keep_latest(self._asked)

    def is_aside(self, message_id: int) -> bool:
        """Return whether all of a message was out of character."""
        return message_id in self._set_aside

    def is_aside_of(self, message_id: int, scene: Scene | None) -> bool:
        """Return whether a message was out of character, and would be a turn of a scene if it were not."""
        said_in = self._set_aside.get(message_id)
        return self.is_aside(message_id) and (said_in is None or (scene is not None and scene.id == said_in))

    def note_aside(self, message_id: int, scene_id: int | None, *, aside: bool) -> None:
        """Remember whether all of a message is out of character, and in which scene; None if in none."""
        if aside:
            self._set_aside.setdefault(message_id, scene_id)
        else:
            self._set_aside.pop(message_id, None)
        keep_latest(self._set_aside)

    def is_outdated(self, message_id: int, edited_at: datetime | None) -> bool:
        """Return whether a newer edit of a message is known than the one of this time; None for no edit."""
        known = self._edited.get(message_id)
        return known is not None and (edited_at is None or edited_at < known[0])

    def is_deleted(self, message_id: int) -> bool:
        """Return whether a message was deleted."""
        return message_id in self._deleted

    def note_deleted(self, message_id: int) -> None:
        """Remember that a message was deleted."""
        self._deleted[message_id] = None
        keep_latest(self._deleted)


def keep_latest(known: dict[Any, Any]) -> None:
    """Forget the oldest of the latest messages."""
    while len(known) > LATEST:
        del known[next(iter(known))]
