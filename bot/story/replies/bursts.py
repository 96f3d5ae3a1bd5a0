"""The bursts whose answer nobody has seen yet: who is seen typing, and for which reply that counts.

Law: it notes and decides nothing; `core.bursts` has the rule. Nothing of it is stored.
"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final
from weakref import ref

from bot.core.bursts import Burst
from bot.core.output.answer import LEFT
from bot.core.persona import Persona
from bot.core.proxies import counts_for
from bot.core.scene import IncomingMessage, Place
from bot.story.places.latest import keep_latest
from bot.story.replies.reply import Reply

LOOK: Final = 0.05
"""Seconds between two looks whether an answer that waits still has to."""


@dataclass(slots=True)
class _Answer:
    """A reply to a burst, and its turn once it has begun."""

    reply: Callable[[], Reply | None]
    turn_id: int | None = None

    @property
    def live(self) -> Reply | None:
        """The reply if it may still be shown; None if it is over."""
        reply = self.reply()
        return reply if reply is not None and reply.halted is None and reply.phase not in LEFT else None


@dataclass(slots=True)
class _Open:
    """A burst, and the replies to it; none of them yet while it is looked into."""

    burst: Burst
    answers: list[_Answer] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """Whether all replies to it are over."""
        return bool(self.answers) and not any(each.live for each in self.answers)

    def of(self, reply: Reply) -> _Answer | None:
        """Return what is known of a reply; None if it is none to this burst."""
        return next((each for each in self.answers if each.reply() is reply), None)


class Bursts:
    """The latest messages of people in channels. One instance serves all channels."""

    def __init__(self, settle: Callable[[], float]) -> None:
        """Wait for somebody who types as long as `settle` returns, in seconds; 0 for not at all."""
        self._settle = settle
        self._open: dict[tuple[int, int], _Open] = {}

    def came(self, message: IncomingMessage) -> None:
        """Note that a message has come, before it is looked into: from now on it counts who types."""
        key = _key(message)
        known = self._open.get(key)
        if known is None or not any(each.live for each in known.answers):
            self._open.pop(key, None)
            self._open[key] = _Open(Burst.of(_now()))
            keep_latest(self._open)

    def passed(self, message: IncomingMessage) -> None:
        """Forget a message that was looked into, if no reply answers it."""
        known = self._open.get(_key(message))
        if known is not None and not known.answers:
            del self._open[_key(message)]

    def typing(self, channel_id: int, user_id: int) -> None:
        """Note that somebody types in a channel, if a message of theirs is looked into or being answered."""
        known = self._open.get((channel_id, user_id))
        if known is None:
            return
        if known.is_over:
            del self._open[channel_id, user_id]
            return
        known.burst = known.burst.typing(_now())

    def answers(
        self, replies: Collection[Reply], message: IncomingMessage, *, replaces: bool = False
    ) -> None:
        """Note which replies answer a message; `replaces` says that one does in the place of another."""
        if message.by_command:
            return
        known = self._open.setdefault(_key(message), _Open(Burst.of(_now())))
        former = [each for each in known.answers if each.live]
        if replaces or any(each.reply() in replies for each in former):
            known.burst = known.burst.further(_now())
        elif known.answers:
            known.burst, former = Burst.of(_now()), []
        added = (reply for reply in replies if all(each.reply() is not reply for each in former))
        known.answers = [*former, *(_Answer(ref(reply)) for reply in added)]

    def opened(self, reply: Reply, turn_id: int) -> None:
        """Note the turn of a reply."""
        for _, answer in self._of(reply):
            answer.turn_id = turn_id

    def unseen(self, message: IncomingMessage, persona_keys: Collection[str]) -> tuple[Reply, int] | None:
        """Return the reply that a message may join, although it has begun, and its turn; else None.

        The first words of it may just be sent. `persona_keys` are the personas that the message asks, none if
        it asks none.
        """
        if message.by_command or message.roll:
            return None
        return self._unseen(_key(message), persona_keys)

    def joins(self, place: Place, persona: Persona, user_id: int) -> bool:
        """Return whether a message of a person to a persona would join a reply that has begun."""
        return self._unseen((place.channel_id, user_id), [persona.key]) is not None

    def goes_to(self, message: IncomingMessage) -> Persona | None:
        """Return the persona whose reply further words of a person go to if they ask nobody; else None.

        That is a reply which waits for the floor, or which nobody has seen.
        """
        found = self.unseen(message, ())
        if found is not None:
            return found[0].persona
        known = self._open.get(_key(message))
        waiting = [each.live for each in known.answers if each.turn_id is None] if known else []
        return next((reply.persona for reply in waiting if reply is not None), None)

    def _unseen(self, key: tuple[int, int], persona_keys: Collection[str]) -> tuple[Reply, int] | None:
        known = self._open.get(key)
        if known is None or not known.burst.takes(_now(), self._settle()):
            return None
        for each in known.answers:
            reply = each.live
            if reply is None or each.turn_id is None or (reply.record and reply.record.is_begun):
                continue
            if not persona_keys or reply.persona.key in persona_keys:
                return reply, each.turn_id
        return None

    async def settled(self, reply: Reply) -> None:
        """Return when nobody that a reply answers is seen typing on, or they were waited for long enough."""
        while reply.halted is None:
            now, settle = _now(), self._settle()
            seconds = max((known.burst.wait(now, settle) for known, _ in self._of(reply)), default=0.0)
            if not seconds:
                return
            await asyncio.sleep(min(seconds, LOOK))

    def _of(self, reply: Reply) -> list[tuple[_Open, _Answer]]:
        """Return the bursts that a reply answers, and what is known of it there."""
        found = (self._open.get(key) for key in {_key(each) for each in reply.triggers})
        return [(known, answer) for known in found if known and (answer := known.of(reply)) is not None]


def _key(message: IncomingMessage) -> tuple[int, int]:
    return message.place.channel_id, counts_for(message)


def _now() -> float:
    return asyncio.get_running_loop().time()
