"""What people wish for themselves."""

import pytest

from bot.core.settings import Wish
from bot.storage.database import Database
from bot.storage.preferences import Preferences
from tests.storage.cast import ALICE, BOB


@pytest.fixture
def preferences(db: Database) -> Preferences:
    return Preferences(db)


async def test_a_wish_is_its_persons_and_is_gone_when_it_is_taken_back(
    preferences: Preferences, db: Database
) -> None:
    wish = Wish.WHOLE_REPLIES
    assert not await preferences.any_has([ALICE, BOB], wish)
    for _ in range(2):
        await preferences.put(ALICE, wish)
    assert await preferences.any_has([ALICE], wish)
    assert await preferences.any_has([BOB, ALICE], wish)
    assert not await preferences.any_has([BOB], wish)
    assert not await preferences.any_has([], wish)
    for _ in range(2):
        await preferences.clear(ALICE, wish)
    assert await db.read("SELECT * FROM preference") == []
