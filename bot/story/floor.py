"""The floor of each channel: who may speak there now, who waits to, and what is being written.

Law: one reply streams in a channel at a time, and a channel's events are taken in the order they came. What
a reply says is decided by whoever opens its turn, with the floor held.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from weakref import WeakValueDictionary

from bot.core.completion import ChatModel
from bot.core.persona import Persona
from bot.core.scene import IncomingMessage
from bot.core.settings import Settings
from bot.endpoint.meter import Budget
from bot.storage.history import History
from bot.storage.swipes import Swipes
from bot.story.reply import Opening, Reply


class Floor:
    """The floors of all channels. One instance serves all use cases."""

    def __init__(
        self,
        *,
        model: ChatModel,
        history: History,
        swipes: Swipes,
        budget: Budget,
        clock: Callable[[], datetime],
    ) -> None:
        """Let replies be written by `model`; `clock` returns aware UTC times."""
        self._model = model
        self._history = history
        self._swipes = swipes
        self._budget = budget
        self._clock = clock
        # Locks live as long as somebody holds or awaits them.
        self._ears: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._floors: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._live: WeakValueDictionary[int, Reply] = WeakValueDictionary()

    def ears(self, channel_id: int) -> asyncio.Lock:
        """Return the lock that keeps a channel's events in their order."""
        return _lock(self._ears, channel_id)

    def reply(
        self,
        persona: Persona,
        trigger: IncomingMessage,
        settings: Settings,
        open_turn: Callable[[Reply], Awaitable[Opening | None]],
    ) -> Reply:
        """Return a reply that waits for the floor of its trigger's channel once it is entered."""
        return Reply(
            persona=persona,
            trigger=trigger,
            settings=settings,
            floor=_lock(self._floors, trigger.place.channel_id),
            open_turn=open_turn,
            model=self._model,
            history=self._history,
            swipes=self._swipes,
            budget=self._budget,
            clock=self._clock,
        )

    def begun(self, turn_id: int, reply: Reply) -> None:
        """Note that a reply writes a turn now."""
        self._live[turn_id] = reply

    def writing(self, turn_id: int) -> Reply | None:
        """Return the reply that writes a turn now, if one does."""
        reply = self._live.get(turn_id)
        return reply if reply is not None and not reply.ended else None

    def left(self, turn_id: int) -> bool:
        """Tell whether nobody is at a turn any more, be it to write, to show or to close it."""
        reply = self._live.get(turn_id)
        return reply is None or reply.over

    def freeze(self, turn_id: int) -> None:
        """Show no more of a reply: a page of it was deleted."""
        reply = self._live.get(turn_id)
        if reply is not None:
            reply.freeze()

    def cost(self, text: str) -> int:
        """Return the tokens of a turn's text."""
        return self._budget.counter.count(text)


def _lock(locks: WeakValueDictionary[int, asyncio.Lock], channel_id: int) -> asyncio.Lock:
    lock = locks.get(channel_id)
    if lock is None:
        lock = locks[channel_id] = asyncio.Lock()
    return lock
