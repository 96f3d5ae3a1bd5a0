"""The real `python -m bot`, which tells at its end how late its event loop was.

    BENCH_LAGS=lags.json python -m bench.live.measured run

Law: of the bot itself nothing is changed. With BENCH_UNPACED set, one rule is: each request goes at once. The
extra [exact] is hidden: most hosts do not have it, and its table takes a hundred MB. SIGUSR1 ends the looks
at the clock, and begins them again: they cost four times what the bot takes at rest.
"""

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path

from bot.__main__ import main
from bot.core.posts import pace
from bot.core.posts.pace import PaceFacts, Tempo, Urgency

STEP = 0.05
"""Seconds between two looks at the clock."""


class Lags:
    """How late the loop calls what is due, as (when, seconds late)."""

    def __init__(self) -> None:
        self.seen: list[tuple[float, float]] = []
        self._next: asyncio.TimerHandle | None = None

    def switch(self, loop: asyncio.AbstractEventLoop) -> None:
        """End the looks, or begin them again."""
        if self._next is None:
            self.watch(loop)
        else:
            self._next.cancel()
            self._next = None

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look at the clock from now on, without a task that anybody could wait for."""
        due = time.monotonic() + STEP

        def look() -> None:
            now = time.monotonic()
            self.seen.append((round(now, 4), round(max(now - due, 0.0), 5)))
            self.watch(loop)

        self._next = loop.call_later(STEP, look)


def at_once(kind: Urgency, facts: PaceFacts, now: float, tempo: Tempo) -> float:
    """Stand for the rule of when a request may go: now."""
    del kind, facts, now, tempo
    return 0.0


if __name__ == "__main__":
    sys.modules["tokenizers"] = None  # type: ignore[assignment]  # so that it cannot be imported
    if os.environ.get("BENCH_UNPACED"):
        pace.seconds_until = at_once
    lags, new_loop = Lags(), asyncio.new_event_loop

    def watched() -> asyncio.AbstractEventLoop:
        """Return a loop that is watched."""
        loop = new_loop()
        lags.watch(loop)
        loop.add_signal_handler(signal.SIGUSR1, lags.switch, loop)
        return loop

    asyncio.events.new_event_loop = watched
    try:
        main(sys.argv[1:])
    finally:
        Path(os.environ["BENCH_LAGS"]).write_text(json.dumps(lags.seen), encoding="utf-8")
