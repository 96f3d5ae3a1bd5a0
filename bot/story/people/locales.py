"""The languages of people outside of servers, where no server and no channel has one.

Law: Discord tells a person's language with commands and controls, never with a message. It is kept only for
people who use one outside of servers, and never of a person who has opted out.
"""

from bot.storage.preferences import Preferences


class Locales:
    """The locales of people's Discord, as it last told them."""

    def __init__(self, preferences: Preferences) -> None:
        """Store them in `preferences`."""
        self._preferences = preferences

    async def known(self, user_id: int) -> str | None:
        """Return a person's locale, such as `de` or `es-419`; None if it isn't known."""
        return await self._preferences.locale(user_id)

    async def told(self, user_id: int, locale: str) -> None:
        """Store the locale of a person who has used a command or a control outside of servers."""
        known = await self._preferences.locale(user_id)
        if locale != known and not await self._preferences.opted_out([user_id]):
            await self._preferences.put_locale(user_id, locale)
