"""Failures that repeat in a channel, logged once until it works again.

Law: it keeps the ids of channels, and posts nothing.
"""

import logging

from bot.discord_ui.posting.request import Barred, WordsRefused
from bot.storage.errors import StorageError
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)


class Complaints:
    """The log's record of channels where posting or storing fails."""

    def __init__(self) -> None:
        """Start with no channel in trouble."""
        self._barred: set[int] = set()
        self._not_stored: set[int] = set()

    def storage_failed(self, channel_id: int, error: StorageError) -> None:
        """Log a storage error, once a channel until `storage_works`."""
        if channel_id in self._not_stored:
            return
        self._not_stored.add(channel_id)
        sentence = HOST.say(f"{error.family}.{error.kind}", **error.facts)
        log.error(HOST.say("host.storage_failed", channel=channel_id, sentence=sentence))

    def storage_works(self, channel_id: int) -> None:
        """Note that a channel's message was stored."""
        self._not_stored.discard(channel_id)

    def barred(self, channel_id: int, error: Barred | WordsRefused | str) -> None:
        """Log that nothing can be posted in a channel, once until `can_post`; refused words, each time."""
        if isinstance(error, WordsRefused):
            log.warning(HOST.say("host.words_refused", channel=channel_id, reason=error))
        elif channel_id not in self._barred:
            self._barred.add(channel_id)
            by_place = isinstance(error, Barred) and error.by_place
            key = "host.place_refuses" if by_place else "host.cannot_send"
            log.warning(HOST.say(key, channel=channel_id, reason=error))

    def can_post(self, channel_id: int) -> None:
        """Note that a reply was posted in a channel."""
        self._barred.discard(channel_id)
