"""What became of a message: what a frontend is to do about it.

Law: plain values; nothing here does anything.
"""

from dataclasses import dataclass
from enum import Enum

from bot.core.routing import (
    NoReply,
)
from bot.core.scene import Post, Turn
from bot.story.places.notices import StorageNoticeDue
from bot.story.replies.reply import Reply


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A reply that has left the story, because a proxy has posted the message that it answered again.

    Attributes:
        turn: its turn, as it was.
        kept: the posts that showed it.
        reply: the reply, if it was being written; it may post until it has ended.
    """

    turn: Turn
    kept: tuple[Post, ...]
    reply: Reply | None = None

    @property
    def posts(self) -> tuple[Post, ...]:
        """The posts that show it, as far as it is known by now."""
        record = self.reply.record if self.reply is not None else None
        return self.kept if record is None else record.posts


@dataclass(frozen=True, slots=True)
class Heard:
    """The result of a message.

    Attributes:
        replies: the replies for the frontend to enter and show; none if nobody answers, or if the message
            joined a reply that waits for the floor.
        notice: what to tell the channel instead, or besides if the bot itself was asked; None for nothing.
        withdrawn: replies that have left the story and whose posts are to be deleted first.
        hushed: whether it has stopped a reply to others.
    """

    replies: tuple[Reply, ...] = ()
    notice: NoReply | StorageNoticeDue | None = None
    withdrawn: tuple[Withdrawn, ...] = ()
    hushed: bool = False


class Late(Enum):
    """What became of a message that was written while nobody listened."""

    STORED = "stored"
    LEFT_OUT = "left out"  # as it would have been at the time, or events have told of it
    STOPS = "stops"  # it asks a persona to stop
    OUTDATED = "outdated"  # it was edited since it was read
