"""Mentions: who is notified of a reply, because it turns to them by `@Name`.

Law: only where admins allow it, only people who play, have wished for it and have neither opted out nor been
blocked since, and each of them once in a while: nobody can make a persona call somebody again and again. A
member of a system is never traced to its account.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from bot.core.allowance import Allowance
from bot.core.mentions import mentioned
from bot.core.prompting.transcript import PROFILED_LIMIT
from bot.core.proxies import is_member
from bot.core.scene import Identity
from bot.core.settings import Mentions as Allowed
from bot.core.settings import Wish
from bot.storage.preferences import Preferences
from bot.story.places.access import Access
from bot.story.replies.reply import Reply

PAUSE: Final = 300.0
"""Seconds in which a person is notified once, wherever."""


class Mentions:
    """Who is notified of replies, in all channels."""

    def __init__(self, preferences: Preferences, access: Access, clock: Callable[[], datetime]) -> None:
        """Ask `preferences` who wishes it, `access` who is blocked; `clock` returns aware UTC times."""
        self._preferences = preferences
        self._access = access
        self._clock = clock
        self._notified = Allowance(PAUSE)

    async def due(self, reply: Reply) -> tuple[int, ...]:
        """Return the accounts to be notified of a reply that has ended; each counts as notified then."""
        opened = reply.opened
        if opened is None or opened.before is not None or reply.cast.settings.mentions is Allowed.OFF:
            return ()
        found, now = mentioned(reply.text, _present(reply)), self._clock().timestamp()
        gone = await self._preferences.opted_out(found) | await self._access.blocked(
            reply.trigger.place, found
        )
        due = [
            each
            for each in found
            if each not in gone
            and await self._preferences.any_has([each], Wish.PING)
            and not self._notified.wait(each, now, most=1)
        ]
        for each in due:
            self._notified.take(each, now)
        return tuple(due)


def _present(reply: Reply) -> Iterator[tuple[str, int | None]]:
    """Yield those who spoke last, by their newest names; personas and members without an account."""
    assert reply.opened is not None
    people, seen = set[int](), set[Identity]()
    for turn in reversed(reply.opened.question.built.turns):
        account = turn.user_id
        if account is not None and account not in people and len(people) == PROFILED_LIMIT:
            continue
        if account is not None:
            people.add(account)
        if turn.identity not in seen:
            yield turn.name, None if is_member(turn.speaker.character) else account
        seen.add(turn.identity)
