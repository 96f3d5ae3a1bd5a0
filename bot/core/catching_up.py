"""Catching up: what happened in a channel while nobody listened, from what is stored and what Discord lists.

Law: pure; ids are Discord's, which rise with time. A message counts as deleted only where a list that must
have held it does not, and a list without any message proves nothing: Discord also returns one where the bot
may not read. What came after the connection began, events tell. A channel may have several gaps: what could
not be caught up at one start is at the next.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

PAGE: Final = 100
"""The most messages that Discord lists at once (its page "Message", Get Channel Messages)."""

OVERLAP: Final = timedelta(minutes=1)
"""How much later a gap is stored to end than the host's clock says, which may be behind Discord's."""

_EPOCH: Final = datetime(2015, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_BELOW_TIME: Final = 22
"""The bits of an id below its milliseconds since `_EPOCH` (Discord's page "Reference", Snowflakes)."""


def id_at(at: datetime) -> int:
    """Return the lowest id that a message of this time can have; 0 before Discord's first."""
    return max(0, (at - _EPOCH) // _MILLISECOND) << _BELOW_TIME


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is caught up, and how long an answer waits for more, as the host sets it.

    Attributes:
        hours: the age up to which channels and messages are; 0 for none.
        messages: the most messages of one channel that are looked at, the newest; 0 for none.
        answer_minutes: the age up to which who waits is answered, and not only told of it; 0 for none.
        settle: for how many seconds an answer waits for somebody who types on; 0 for not at all.
    """

    hours: int = 0
    messages: int = 0
    answer_minutes: int = 0
    settle: float = 0.0

    @property
    def is_on(self) -> bool:
        """Whether anything is caught up."""
        return self.hours > 0 and self.messages > 0

    def since(self, now: datetime) -> int:
        """Return the lowest id that is young enough."""
        return id_at(now - timedelta(hours=self.hours))

    def are_awaited(self, gap: "Gap", now: datetime) -> bool:
        """Return whether all who asked in a gap still wait for an answer, as where a process takes over."""
        return self.answer_minutes > 0 and gap.after >= id_at(now - timedelta(minutes=self.answer_minutes))

    def answers(self, asked_at: datetime, now: datetime) -> bool:
        """Return whether a message that waits since this time is answered."""
        return now - asked_at <= timedelta(minutes=self.answer_minutes) and self.answer_minutes > 0


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which nobody listened.

    Attributes:
        after: the newest message that was certainly heard before it.
        until: the newest message that was stored when it ended.
        end: the highest id that a message of it can have; None while events tell what came after it.
    """

    after: int
    until: int
    end: int | None = None

    def holds(self, message_id: int) -> bool:
        """Return whether a message may have come in this time."""
        return message_id > self.after and (self.end is None or message_id <= self.end)

    def ended(self, at: datetime) -> "Gap":
        """Return the gap for a later try, when it is not known anymore what events told after its end."""
        end = id_at(at + OVERLAP) if self.end is None else self.end
        return Gap(self.after, end, end)


@dataclass(frozen=True, slots=True)
class Missed:
    """What is still to be caught up, however often the bot starts: a gap of a channel, or of a whole server.

    `channel_id` is None for all channels and threads of the server. A gap without an end goes on.
    """

    server_id: int
    channel_id: int | None
    gap: Gap


@dataclass(frozen=True, slots=True)
class Listing:
    """The newest messages of a channel as Discord lists them, each id with whether its author edited it.

    `is_whole` says that the channel has no older ones.
    """

    messages: Mapping[int, bool] = field(default_factory=dict)
    is_whole: bool = False

    def with_page(self, page: Mapping[int, bool], size: int) -> "Listing":
        """Return the listing with the next page, of which `size` messages were asked for."""
        return Listing({**self.messages, **page}, len(page) < size)

    def next_page(self, wanted: int, most: int) -> int:
        """Return how many messages to ask for next, before the oldest; 0 if the listing is enough.

        `wanted` is the lowest id that matters, `most` the most messages to look at.
        """
        if self.is_whole or (self.messages and min(self.messages) <= wanted):
            return 0
        return min(PAGE, most - len(self.messages))

    def must_hold(self, message_id: int) -> bool:
        """Return whether a message of this id would be listed if it were there."""
        return bool(self.messages) and (self.is_whole or message_id >= min(self.messages))


@dataclass(frozen=True, slots=True)
class Differences:
    """What to do so that the story is what the channel shows: the ids of messages, the oldest first.

    Attributes:
        deleted: stored messages that are gone.
        edited: stored messages whose words may have changed.
        new: messages that are not stored, of the time in which nobody listened.
    """

    deleted: tuple[int, ...] = ()
    edited: tuple[int, ...] = ()
    new: tuple[int, ...] = ()


def wanted(stored: Collection[int], gaps: Collection[Gap], since: int) -> int:
    """Return the lowest id that matters: of a stored message, or of one that may be new."""
    return min([*(max(gap.after, since) + 1 for gap in gaps), *stored])


def differences(listing: Listing, stored: Collection[int], gaps: Collection[Gap], since: int) -> Differences:
    """Return how a channel differs from what was stored of it before it was listed.

    `gaps` are the times in which nobody listened there, `since` is the lowest id that is young enough to be
    stored now.
    """
    until = max((gap.until for gap in gaps), default=0)
    gone = (each for each in stored if each <= until and each not in listing.messages)
    changed = (each for each in stored if listing.messages.get(each, False))
    unheard = (each for each in listing.messages if each >= since and any(gap.holds(each) for gap in gaps))
    known = frozenset(stored)
    return Differences(
        tuple(sorted(each for each in gone if listing.must_hold(each))),
        tuple(sorted(changed)),
        tuple(sorted(each for each in unheard if each not in known)),
    )
