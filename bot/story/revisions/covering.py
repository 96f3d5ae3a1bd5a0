"""Not this: a reply that somebody at the table does not want leaves the story, and nobody learns who asked.

Law: who asked is known in memory alone, and only for as long as it counts for the limit. The next reply is
told once that the table steps back.
"""

from collections.abc import Callable
from datetime import datetime
from math import ceil
from typing import Final

from bot.core.allowance import Allowance
from bot.core.scene import Place
from bot.storage.removals import Removal
from bot.story.revisions.refusals import Refusal
from bot.story.revisions.revision import Revision

MOST: Final = 3
"""How often one person may cover a reply within `SPAN`: enough to mean it, too seldom to rule the table."""

SPAN: Final = 3600.0
"""Seconds for which it counts."""

STEPS_BACK: Final = "the table steps back from what just happened; take another way"
"""What the model is told, in a note."""


class Covering:
    """The use cases of *Not this*. One instance serves all channels."""

    def __init__(self, revision: Revision, clock: Callable[[], datetime]) -> None:
        """Remove turns by `revision`; `clock` returns aware UTC times."""
        self._revision = revision
        self._clock = clock
        self._allowance = Allowance(SPAN)

    def ask(self, user_id: int) -> int:
        """Return the whole seconds until a person may cover a reply; 0 if at once, which then counts."""
        at = self._clock().timestamp()
        if wait := ceil(self._allowance.wait(user_id, at, MOST)):
            return wait
        self._allowance.take(user_id, at)
        return 0

    async def cover(self, turn_id: int, place: Place) -> Removal | Refusal:
        """Take a persona's turn out of the story, and let the next reply be told.

        If it is written now, it is stopped; if it is out already, its removal is returned.
        """
        return await self._revision.cover(turn_id, place, STEPS_BACK)
