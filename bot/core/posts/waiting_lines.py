"""The lines that wait to be posted in one moderation log.

Law: pure. A message stays as it is until it is posted or given up, so that Discord knows a second try by its
number and posts no line twice. Every line that is dropped is counted.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.core.moderation import Entry
from bot.core.posts.pages import CONTENT_LIMIT, utf16_length

MOST: Final = 500
"""How many lines may wait besides those that are being posted; of more, the oldest are dropped."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A message of the log: its text, the number by which another try is known, and how many lines it has."""

    text: str
    number: int
    count: int


class WaitingLines:
    """The lines of one log, the oldest first."""

    def __init__(self) -> None:
        """Start with none."""
        self._lines: deque[Entry] = deque()
        self._batch: Batch | None = None
        self._lost = 0

    def __len__(self) -> int:
        """Return how many lines are yet to be posted."""
        return len(self._lines) + (0 if self._batch is None else self._batch.count)

    def add(self, entry: Entry) -> None:
        """Let a line wait."""
        self._lines.append(entry)
        if len(self._lines) > MOST:
            self._lines.popleft()
            self._lost += 1

    def batch(self, render: Callable[[Entry], str], number: Callable[[], int]) -> Batch | None:
        """Return the message to be posted next: the one begun, or of the oldest lines as many as it holds.

        `render` returns the text of a line, `number` a number that no other message has.
        """
        if self._batch is None and self._lines:
            text, count = render(self._lines.popleft()), 1
            while self._lines:
                longer = f"{text}\n{render(self._lines[0])}"
                if utf16_length(longer) > CONTENT_LIMIT:
                    break
                text, count = longer, count + 1
                self._lines.popleft()
            self._batch = Batch(text, number(), count)
        return self._batch

    def posted(self) -> None:
        """Forget the message that was posted."""
        self._batch = None

    def give_up(self) -> None:
        """Drop the message that can't be posted."""
        self._lost += 0 if self._batch is None else self._batch.count
        self._batch = None

    def told_lost(self) -> int:
        """Return how many lines were dropped since this was last asked."""
        lost, self._lost = self._lost, 0
        return lost
