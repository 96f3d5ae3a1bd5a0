"""A shard as this process has it: beside another process that has it still, as its own, or given up.

Law: who has a shard hears it. Beside another, messages are kept unheard for a minute, until that one gives
the shard up: what it had heard by then is stored or claimed, and so is dropped. In what is given up, nothing
new is heard; its replies go on to their end, and what is edited and deleted meanwhile is heard.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from enum import Enum
from typing import Any, Final

from bot.core.sharding import Shard

KEPT: Final = 60.0
"""Seconds for which messages are kept that another process is to hear."""

KEPT_USES: Final = 2.0
"""Seconds for which uses of commands and controls are, the same: Discord waits three for an answer."""

FINISHING: Final = 60.0
"""Seconds in which the replies of a shard that was given up come to their end."""

_KEPT_EVENTS: Final = {
    "MESSAGE_CREATE": KEPT,
    "MESSAGE_UPDATE": KEPT,
    "MESSAGE_DELETE": KEPT,
    "MESSAGE_DELETE_BULK": KEPT,
    "INTERACTION_CREATE": KEPT_USES,
}
_FINISHED_EVENTS: Final = frozenset({"MESSAGE_UPDATE", "MESSAGE_DELETE", "MESSAGE_DELETE_BULK"})
"""What is heard in a shard that was given up, while what began there comes to its end."""

_DROPPED_EVENTS: Final = frozenset({"TYPING_START"})

OF_HOLDERS: Final = frozenset({"guild_join", "guild_remove", "guild_channel_delete", "raw_thread_delete"})
"""The library's events that are only the holder's to handle: it learns of each from Discord itself."""

Parser = Callable[[Any], None]


class _State(Enum):
    BESIDE = "beside"
    HELD = "held"
    GIVEN = "given"
    LOST = "lost"


class ShardAssignment:
    """A shard as this process has it.

    Attributes:
        shard: the shard.
        ends: set when its connection is to end.
    """

    def __init__(self, shard: Shard, clock: Callable[[], float]) -> None:
        """Begin beside the process that has the shard; `clock` returns seconds that never go back."""
        self.shard = shard
        self.ends = asyncio.Event()
        self._clock = clock
        self._state = _State.BESIDE
        self._decided = asyncio.Event()
        self._hurried = asyncio.Event()
        self._kept: deque[tuple[float, Parser, Any]] = deque()

    @classmethod
    def held(cls, shard: Shard, clock: Callable[[], float]) -> "ShardAssignment":
        """Return one that has its shard."""
        assignment = cls(shard, clock)
        assignment.take()
        return assignment

    @property
    def is_held(self) -> bool:
        """Whether this process has the shard."""
        return self._state is _State.HELD

    @property
    def is_beside(self) -> bool:
        """Whether another process has the shard still."""
        return self._state is _State.BESIDE

    @property
    def is_given(self) -> bool:
        """Whether the shard is another's, and the replies that were begun go on."""
        return self._state is _State.GIVEN

    @property
    def is_lost(self) -> bool:
        """Whether nothing of it may go on."""
        return self._state is _State.LOST

    async def wait(self) -> bool:
        """Wait until the shard is this process's, or never will be; return whether it is."""
        await self._decided.wait()
        return self.is_held

    def take(self) -> None:
        """Have the shard, and hear what was kept."""
        if self._state is not _State.BESIDE:
            return
        self._state = _State.HELD
        now = self._clock()
        while self._kept:
            until, parser, data = self._kept.popleft()
            if until >= now:
                parser(data)
        self._decided.set()

    def give(self) -> None:
        """Hear nothing more, and end once the replies that were begun have ended."""
        self._state = _State.GIVEN if self.is_held else _State.LOST
        self._kept.clear()
        self._decided.set()
        self.ends.set()

    def hurry(self) -> None:
        """Wait no longer for replies that were begun."""
        self._hurried.set()

    async def let_finish(self, idle: Coroutine[None, None, None]) -> None:
        """Wait until `idle` has come, for at most `FINISHING` seconds."""
        waiting = [asyncio.create_task(idle), asyncio.create_task(self._hurried.wait())]
        try:
            await asyncio.wait(waiting, timeout=FINISHING, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    def lose(self) -> None:
        """Hear nothing more, and end at once: others take this process for dead."""
        self._state = _State.LOST
        self._kept.clear()
        self._decided.set()
        self.ends.set()
        self.hurry()

    def gate(self, parsers: Mapping[str, Parser]) -> dict[str, Parser]:
        """Return parsers of events that keep or drop what is not this process's to hear."""
        self._kept.clear()  # of a connection that is gone
        return {
            kind: self._gated(kind, parser) if kind in _KEPT_EVENTS.keys() | _DROPPED_EVENTS else parser
            for kind, parser in parsers.items()
        }

    def _gated(self, kind: str, parser: Parser) -> Parser:
        """Return a parser that keeps or drops events of a kind where another process has the shard."""
        keeps, finishes = _KEPT_EVENTS.get(kind), kind in _FINISHED_EVENTS

        def parse(data: Any) -> None:  # noqa: ANN401 - whatever Discord has sent
            if self.is_held or (finishes and self.is_given):
                parser(data)
            elif keeps and self.is_beside:
                now = self._clock()
                self._kept.append((now + keeps, parser, data))
                while self._kept[0][0] < now:
                    self._kept.popleft()

        return parse
