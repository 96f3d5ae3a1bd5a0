"""What people wish for themselves: how replies to them are shown.

Law: a wish is its person's alone; nobody else sets it or is told of it.
"""

from bot.core.settings import Wish
from bot.storage.preferences import Preferences


class Wishes:
    """The use cases of people's wishes."""

    def __init__(self, preferences: Preferences) -> None:
        """Store wishes in `preferences`."""
        self._preferences = preferences

    async def has(self, user_id: int, wish: Wish) -> bool:
        """Return whether a person has a wish."""
        return await self._preferences.any_has([user_id], wish)

    async def wish(self, user_id: int, wish: Wish, *, on: bool) -> None:
        """Store a person's wish, or delete it."""
        await (self._preferences.put(user_id, wish) if on else self._preferences.clear(user_id, wish))
