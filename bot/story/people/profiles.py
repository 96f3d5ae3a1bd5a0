"""Profiles: the characters that people described, and which of them they chose for a server or a channel.

Law: a profile is its person's alone; nobody else sees it but by what the model makes of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from bot.core.profiles import (
    Profile,
    ProfileFault,
    ProfileWords,
    fault_of,
    tidied,
)
from bot.core.prompting.profiles import most_tokens, profiles_room, whole_text
from bot.core.scene import Place
from bot.storage.profiles import WHOLE_SERVER, Chosen, ProfileStore
from bot.story.places.casting import Casting
from bot.story.replies.floor import Floor


@dataclass(frozen=True, slots=True)
class OwnProfiles:
    """What a person has set for themselves, as it matters in a place.

    Attributes:
        own: their profiles, the oldest first.
        costs: the tokens of each by its id, also of what is too long to be told.
        room: the tokens that all profiles in a prompt may take.
        here: what they chose for the channel or thread; None for nothing.
        parent: the same for the thread's channel.
        server: the same for the server.
    """

    own: tuple[Profile, ...]
    costs: Mapping[int, int]
    room: int
    here: Chosen | None = None
    parent: Chosen | None = None
    server: Chosen | None = None

    @property
    def most(self) -> int:
        """The tokens that one profile may take."""
        return most_tokens(1, self.room)

    @property
    def elsewhere(self) -> Profile | None:
        """Who they would play here without a choice for here; None for themselves."""
        return next((each.profile for each in (self.parent, self.server) if each is not None), None)

    @property
    def now(self) -> Profile | None:
        """Who they play here; None for themselves."""
        return self.elsewhere if self.here is None else self.here.profile

    def profile(self, profile_id: int) -> Profile | None:
        """Return one of their profiles; None if they have no such one."""
        return next((each for each in self.own if each.id == profile_id), None)


class Profiles:
    """The use cases of people's own profiles. One instance serves all places."""

    def __init__(
        self, store: ProfileStore, floor: Floor, casting: Casting, clock: Callable[[], datetime]
    ) -> None:
        """Store profiles in `store`; `floor` counts tokens, `clock` returns aware UTC times."""
        self._store = store
        self._floor = floor
        self._casting = casting
        self._clock = clock

    async def view(self, place: Place, user_id: int) -> OwnProfiles:
        """Return what a person has set for themselves, as it matters in a place."""
        own = tuple(await self._store.of(user_id))
        chosen = {
            each.channel_id: each for each in (await self._store.chosen(place, [user_id])).get(user_id, ())
        }
        parent = chosen.get(place.home_id) if place.home_id != place.channel_id else None
        room = profiles_room(self._casting.rules.context_window)
        costs = {each.id: self._floor.cost(whole_text(each.words)) for each in own}
        return OwnProfiles(own, costs, room, chosen.get(place.channel_id), parent, chosen.get(WHOLE_SERVER))

    async def save(
        self, place: Place, user_id: int, words: ProfileWords, profile_id: int | None = None
    ) -> Profile | ProfileFault:
        """Store a person's new profile, or with `profile_id` the new words of one they have.

        A new one is theirs on the server if they have chosen nothing there yet.
        """
        words = tidied(words)
        check = partial(fault_of, words, profile_id=profile_id)
        if profile_id is not None:
            return await self._store.change(user_id, profile_id, words, check)
        made = await self._store.add(user_id, words, check, self._clock())
        if isinstance(made, Profile) and (await self.view(place, user_id)).server is None:
            await self._store.choose(user_id, place.guild_id or 0, WHOLE_SERVER, made.id)
        return made

    async def delete(self, user_id: int, profile_id: int) -> bool:
        """Delete a person's profile; return False if they have no such one."""
        return await self._store.delete(user_id, profile_id)

    async def choose(self, place: Place, user_id: int, profile_id: int | None, *, here: bool) -> bool:
        """Store who a person is on the server of a place, or with `here` in its channel or thread.

        None is themselves. Return False if they have no such profile.
        """
        channel_id = place.channel_id if here else WHOLE_SERVER
        return await self._store.choose(user_id, place.guild_id or 0, channel_id, profile_id)

    async def leave(self, place: Place, user_id: int) -> None:
        """Let a person play in a channel or thread who they play around it."""
        await self._store.leave(user_id, place.guild_id or 0, place.channel_id)
