"""Slow mode for commands: Discord makes people wait between their messages, and not between their commands.

Law: one account in one channel. Times are parameters, in seconds; one that lies ahead counts for nothing.
"""

from math import ceil
from typing import Final

LONGEST: Final = 21_600
"""Seconds of the longest slow mode (Discord's page "Channel", `rate_limit_per_user`)."""

MANY: Final = 1000
"""How many times are kept before those are looked for that no slow mode can ask for anymore."""


class SlowMode:
    """When people last said something in channels."""

    def __init__(self) -> None:
        """Start with nobody."""
        self._said: dict[tuple[int, int], float] = {}

    def wait(self, channel_id: int, user_id: int, at: float, delay: int) -> int:
        """Return the whole seconds until a person may say something again; 0 if at once."""
        said = self._said.get((channel_id, user_id))
        return ceil(said + delay - at) if said is not None and said <= at < said + delay else 0

    def take(self, channel_id: int, user_id: int, at: float) -> None:
        """Note that a person said something."""
        self._said[channel_id, user_id] = at
        if len(self._said) > MANY:
            self._said = {key: said for key, said in self._said.items() if at - said < LONGEST}

    def __len__(self) -> int:
        """Return how many times are kept."""
        return len(self._said)
