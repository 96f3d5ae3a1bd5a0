"""Verdicts of the provider's moderation on replies: what who asked is told of one, and who gets several.

Law: a verdict names no words. What is kept of it is in memory, and no longer than a day or a restart.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.core.allowance import Allowance
from bot.core.completion import Objection
from bot.core.scene import Place
from bot.story.replies.reply import Reply
from bot.texts.failures import VERDICTS

DAY: Final = 86_400.0
"""Seconds for which a verdict counts."""

REPEATED: Final = 3
"""Verdicts on one person within a day from which on moderators should look."""

KEPT: Final = 1000
"""Of how many replies the provider's reason is kept."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """That moderation let no reply through.

    Attributes:
        place: where it was asked for.
        user_id: the person who asked.
        message_id: their message; None if they asked by a command or a press.
        times: how many there were for this person within a day, with this one.
    """

    place: Place
    user_id: int
    message_id: int | None
    times: int

    @property
    def is_repeated(self) -> bool:
        """Whether there have been so many that moderators should look."""
        return self.times >= REPEATED


class Verdicts:
    """The verdicts of the last day.

    Attributes:
        tell: is called with each; None if nobody wants to know. The moderation log does.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self.tell: Callable[[Verdict], None] | None = None
        self._counted = Allowance(DAY)
        self._objections: dict[int, Objection] = {}

    def note(self, reply: Reply, at: datetime) -> None:
        """Count the verdict on a reply that has ended at a time, if there is one."""
        error = reply.outcome.error if reply.outcome else None
        if error is None or error.kind not in VERDICTS or reply.opened is None:
            return
        asked, now = reply.trigger, at.timestamp()
        if error.objection is not None:
            self._objections[reply.opened.turn.id] = error.objection
            while len(self._objections) > KEPT:
                del self._objections[next(iter(self._objections))]
        who = (asked.place.guild_id, asked.author.id)  # one server isn't told of another's
        self._counted.take(who, now)
        if self.tell is not None:
            times = self._counted.count(who, now)
            message_id = None if asked.by_command else asked.id
            self.tell(Verdict(asked.place, asked.author.id, message_id, times))

    def objection(self, turn_id: int) -> Objection | None:
        """Return the provider's reason for the last verdict on a turn; None if it is not known anymore."""
        return self._objections.get(turn_id)
