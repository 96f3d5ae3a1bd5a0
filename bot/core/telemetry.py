"""What the parts of the bot report of themselves while they work, for those who watch them (`bot.ops`).

Law: a report is an entry of these tables, a number, and labels that are words of ours; never a word, a name
or an id of people, channels or servers. Nobody waits for a report, nothing depends on one. While nobody
watches, a report costs one look at an empty tuple.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Protocol


class Counted(StrEnum):
    """What is counted."""

    REPLIES = "replies"  # by how they ended
    DISCORD_REQUESTS = "discord_requests"  # by their kind and status
    DISCORD_INVALID = "discord_invalid"  # those that Discord counts against the address
    MODEL_REQUESTS = "model_requests"  # by their outcome
    TOKENS = "tokens"  # by their direction
    DOLLARS = "dollars"
    STORAGE_ERRORS = "storage_errors"  # by their kind
    TAKEOVERS = "takeovers"  # of shards, by what became of the process that had them


class Timed(StrEnum):
    """What takes time, in seconds."""

    FIRST_TEXT = "first_text"  # from a reply's request to its first post
    FINAL_DELAY = "final_delay"  # from the model's last word to the last edit, by face
    DISCORD_WAIT = "discord_wait"  # for Discord's limits, by urgency
    MODEL_WAIT = "model_wait"  # for a turn at the endpoint's gate
    MODEL_FIRST = "model_first"  # from a request to its first words
    TRANSACTION = "transaction"  # from the wish to write to the commit


class Level(StrEnum):
    """What is so much now, and is not known before somebody reports it."""

    IDENTIFIES_LEFT = "identifies_left"  # new sessions that Discord allows today


class Watcher(Protocol):
    """Somebody who takes reports."""

    def counted(self, what: Counted, labels: tuple[str, ...], by: float) -> None:
        """Take a count."""

    def timed(self, what: Timed, labels: tuple[str, ...], seconds: float) -> None:
        """Take a length of time."""

    def stands(self, what: Level, value: float) -> None:
        """Take a level."""


class Telemetry:
    """The watchers of this process, like the handlers of its log."""

    def __init__(self) -> None:
        """Start without any."""
        self._watchers: tuple[Watcher, ...] = ()

    @property
    def is_watched(self) -> bool:
        """Whether anybody takes reports."""
        return bool(self._watchers)

    @contextmanager
    def watched_by(self, watcher: Watcher) -> Iterator[None]:
        """Send reports to a watcher meanwhile."""
        self._watchers = (*self._watchers, watcher)
        try:
            yield
        finally:
            self._watchers = tuple(each for each in self._watchers if each is not watcher)

    def count(self, what: Counted, *labels: str, by: float = 1.0) -> None:
        """Report that something happened."""
        for watcher in self._watchers:
            watcher.counted(what, labels, by)

    def time(self, what: Timed, seconds: float, *labels: str) -> None:
        """Report how many seconds something took."""
        for watcher in self._watchers:
            watcher.timed(what, labels, seconds)

    def level(self, what: Level, value: float) -> None:
        """Report how much of something there is."""
        for watcher in self._watchers:
            watcher.stands(what, value)


telemetry = Telemetry()
