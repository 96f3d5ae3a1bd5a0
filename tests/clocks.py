"""The story's clock, which stands still until a test moves it."""

from datetime import datetime, timedelta

import pytest


class Clock:
    """A clock that stands still; `time` is what it shows."""

    def __init__(self, time: datetime) -> None:
        self.time = time

    def __call__(self) -> datetime:
        return self.time

    def forward(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


def stopped(monkeypatch: pytest.MonkeyPatch, time: datetime) -> Clock:
    """Let every story that is opened in this test have a clock that shows this time."""
    clock = Clock(time)
    monkeypatch.setattr("bot.composition.story.now", clock)
    return clock
