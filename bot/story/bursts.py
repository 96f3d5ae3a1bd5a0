"""The bursts whose answer nobody has seen yet: who is seen typing, and for which reply that counts.

Law: it notes and decides nothing; `core.bursts` has the rule. Nothing of it is stored.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from weakref import ref

from bot.core.bursts import Burst
from bot.core.output.answer import LEFT
from bot.core.persona import Persona
from bot.core.scene import IncomingMessage, Place
from bot.story.latest import keep_latest
from bot.story.reply import Reply

LOOK: Final = 0.05
"""Seconds between two looks whether an answer that waits still has to."""


def _nobody() -> None:
    """Return no reply: there is none yet."""


@dataclass(slots=True)
class _Open:
    """A burst, the reply to it if there is one by now, and the turn of that reply once it has begun."""

    burst: Burst
    reply: Callable[[], Reply | None] = _nobody
    turn_id: int | None = None


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
        if known is None or _live(known.reply()) is None:
            self._open.pop(key, None)
            self._open[key] = _Open(Burst.of(_now()))
            keep_latest(self._open)

    def passed(self, message: IncomingMessage) -> None:
        """Forget a message that was looked into, if no reply answers it."""
        known = self._open.get(_key(message))
        if known is not None and known.reply is _nobody:
            del self._open[_key(message)]

    def typing(self, channel_id: int, user_id: int) -> None:
        """Note that somebody types in a channel, if a message of theirs is looked into or being answered."""
        known = self._open.get((channel_id, user_id))
        if known is None:
            return
        if known.reply is not _nobody and _live(known.reply()) is None:
            del self._open[channel_id, user_id]
            return
        known.burst = known.burst.typing(_now())

    def answers(self, reply: Reply, message: IncomingMessage, *, replaces: bool = False) -> None:
        """Note which reply answers a message; `replaces` says that it does in the place of another."""
        if message.by_command:
            return
        known = self._open.setdefault(_key(message), _Open(Burst.of(_now())))
        former = known.reply()
        if replaces or former is reply:
            known.burst = known.burst.further(_now())
        elif former is not None:
            known.burst = Burst.of(_now())
        known.reply, known.turn_id = ref(reply), None

    def opened(self, reply: Reply, turn_id: int) -> None:
        """Note the turn of a reply."""
        for known in self._of(reply):
            known.turn_id = turn_id

    def unseen(self, message: IncomingMessage, persona_key: str | None) -> tuple[Reply, int] | None:
        """Return the reply that a message may join, although it has begun, and its turn; else None.

        The first words of it may just be sent. `persona_key` is the persona that the message asks, None if it
        asks none.
        """
        if message.by_command or message.roll:
            return None
        return self._unseen(_key(message), persona_key)

    def joins(self, place: Place, persona: Persona, user_id: int) -> bool:
        """Return whether a message of a person to a persona would join a reply that has begun."""
        return self._unseen((place.channel_id, user_id), persona.key) is not None

    def _unseen(self, key: tuple[int, int], persona_key: str | None) -> tuple[Reply, int] | None:
        known = self._open.get(key)
        reply = _live(known.reply()) if known else None
        if (
            known is None
            or known.turn_id is None
            or reply is None
            or (reply.record and reply.record.is_begun)
        ):
            return None
        if persona_key not in {None, reply.persona.key} or not known.burst.takes(_now(), self._settle()):
            return None
        return reply, known.turn_id

    async def settled(self, reply: Reply) -> None:
        """Return when nobody that a reply answers is seen typing on, or they were waited for long enough."""
        while reply.halted is None:
            now, settle = _now(), self._settle()
            seconds = max((known.burst.wait(now, settle) for known in self._of(reply)), default=0.0)
            if not seconds:
                return
            await asyncio.sleep(min(seconds, LOOK))

    def _of(self, reply: Reply) -> list[_Open]:
        """Return the bursts that a reply answers."""
        found = (self._open.get(key) for key in {_key(each) for each in reply.triggers})
        return [known for known in found if known is not None and known.reply() is reply]


def _key(message: IncomingMessage) -> tuple[int, int]:
    return message.place.channel_id, message.author.id


def _live(reply: Reply | None) -> Reply | None:
    """Return a reply that may still be shown; None if it is over."""
    return reply if reply is not None and reply.halted is None and reply.phase not in LEFT else None


def _now() -> float:
    return asyncio.get_running_loop().time()
