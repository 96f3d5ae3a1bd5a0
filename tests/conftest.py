"""Shared fixtures: the real bot between a simulated Discord and M2-her's stand-in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.standins.m2her import M2her
from tests.tavern import Tavern, open_tavern


@pytest.fixture
async def m2her() -> AsyncIterator[M2her]:
    """M2-her's stand-in on a real socket, answering whatever no test has scripted."""
    async with M2her() as server:
        yield server


@pytest.fixture
async def tavern(m2her: M2her, tmp_path: Path) -> AsyncIterator[Tavern]:
    """A server with a bound channel and people in it; see `tests/tavern.py`."""
    async with open_tavern(m2her, tmp_path) as tavern:
        yield tavern
