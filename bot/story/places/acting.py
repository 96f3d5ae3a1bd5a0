"""Acting: who the people of a message play, and the profiles of those who speak in a prompt.

Law: who somebody plays is looked up once for each message, and then its author is that character. Nothing is
changed here.
"""

from collections.abc import Collection, Iterable

from bot.core.privacy import people_in
from bot.core.profiles import (
    Profile,
    ids_in,
    message_as_played,
    played_by,
    quote_as_played,
)
from bot.core.prompting.profiles import KnownProfiles, profiles_room
from bot.core.scene import IncomingMessage, Participant, Place, Referenced, Speaker
from bot.storage.profiles import ProfileStore


async def known_profiles(
    store: ProfileStore, speakers: Iterable[Speaker], context_window: int
) -> KnownProfiles:
    """Return the profiles of speakers as they are now, for a prompt in a window of so many tokens."""
    ids = ids_in(each.character for each in speakers)
    found = await store.get(ids)
    return KnownProfiles({each.character: each for each in found}, profiles_room(context_window))


class Acting:
    """Who people play in a place."""

    def __init__(self, store: ProfileStore) -> None:
        """Look up in `store`."""
        self._store = store

    async def as_played(self, message: IncomingMessage) -> IncomingMessage:
        """Return a message whose people are who they play in its place."""
        return message_as_played(message, await self._playing(message.place, people_in(message)))

    async def quote_as_played(self, quoted: Referenced, place: Place) -> Referenced:
        """Return a quoted message likewise."""
        return quote_as_played(quoted, await self._playing(place, people_in(quoted)))

    async def who(self, place: Place, person: Participant) -> Participant:
        """Return a person as who they play in a place."""
        return played_by(person, await self._playing(place, [person.id]))

    async def _playing(self, place: Place, people: Collection[int]) -> dict[int, Profile]:
        chosen = await self._store.chosen(place, people)
        found = ((user_id, choices[0].profile) for user_id, choices in chosen.items())
        return {user_id: profile for user_id, profile in found if profile is not None}
