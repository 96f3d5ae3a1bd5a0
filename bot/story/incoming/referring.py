"""What a message is about: the message it replies to, or the one that its thread was made from.

Law: what is a turn of the scene is only pointed at, and the words of anything else are stored once, under the
name that their speaker has in this place.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from bot.core import message_text, names
from bot.core.persona import Persona
from bot.core.privacy import is_wanted, people_in, screened_quote
from bot.core.scene import (
    EVERYBODY,
    IncomingMessage,
    Participant,
    Place,
    Reference,
    Referenced,
    Scene,
    Speaker,
    Target,
    Turn,
)
from bot.storage.stores import Stores
from bot.story.incoming.facts import Considered
from bot.story.incoming.members import Members
from bot.story.places.acting import Acting
from bot.story.places.casting import Casting
from bot.story.places.latest import LatestMessages
from bot.story.replies.floor import Floor

EVER = datetime.fromtimestamp(0, UTC)
"""A time before all messages."""

FetchStarter = Callable[[], Awaitable[Referenced | None]]
"""Fetches the message that a thread was made from; None if there is none, or none can be read."""


class Referring:
    """Finds the speakers, the references and the targets of messages."""

    def __init__(
        self,
        floor: Floor,
        casting: Casting,
        stores: Stores,
        latest: LatestMessages,
        members: Members,
        clock: Callable[[], datetime],
    ) -> None:
        """Look up in `stores`; `clock` returns aware UTC times."""
        self._floor = floor
        self._casting = casting
        self._history = stores.history
        self._scenes = stores.scenes
        self._people = stores.people
        self._preferences = stores.preferences
        self._acting = Acting(stores.people.profiles)
        self._latest = latest
        self._members = members
        self._clock = clock

    @asynccontextmanager
    async def starter(
        self, fetch: FetchStarter | None, place: Place, scene: Scene
    ) -> AsyncIterator[Referenced | None]:
        """Yield the message that a thread was made from, if its scene has yet to begin.

        Meanwhile its edits and its deletion, which are events of another channel, wait.
        """
        if fetch is None or place.parent_id is None or await self._has_begun(scene):
            yield None
            return
        async with self._floor.ears(place.parent_id):
            fetched = await fetch()
            if fetched is not None:
                fetched = await self._members.recognized_quote(fetched, place)
                fetched = screened_quote(fetched, await self._preferences.opted_out(people_in(fetched)))
            yield await self._acting.quote_as_played(fetched, place) if fetched is not None else None

    async def references(
        self, message: IncomingMessage, found: Considered, scene: Scene, starter: Referenced | None = None
    ) -> tuple[Reference, ...]:
        """Return what a message refers to that is no turn of the scene; a reply does if it asks."""
        replied = message.replied if found.asks else None
        name = found.speaker.name if isinstance(found.speaker, Persona) else ""
        both = (each for each in (starter, replied) if each is not None)
        referred = {each.id: each for each in both if not self._latest.is_deleted(each.id)}
        made = [await self._reference(each, message.place, scene, name) for each in referred.values()]
        return tuple(each for each in made if each is not None)

    async def target(
        self, message: IncomingMessage, scene: Scene, references: tuple[Reference, ...]
    ) -> Target | None:
        """Return what a message replies to; None if the scene doesn't know that."""
        if message.reply_to is None:
            return None
        turn = await self._history.turn_of(message.reply_to)
        if turn is not None and await self._history.tells(scene.id, turn):
            if turn.user_id is not None and await self._preferences.opted_out([turn.user_id]):
                return None
            return Target(message.reply_to, turn.speaker)
        referred = (each.speaker for each in references if each.message_id == message.reply_to)
        return next((Target(message.reply_to, speaker) for speaker in referred), None)

    async def speaker(self, place: Place, person: Participant) -> Speaker:
        """Return the speaker of a person in a place, which gets a name if it has none."""
        return await self._people.speaker(
            place, person, lambda taken: self._name_for(person, place, taken), self._clock()
        )

    async def _has_begun(self, scene: Scene) -> bool:
        """Return whether a person has spoken in a scene."""
        return await self._scenes.others_spoke(scene.id, EVERYBODY, EVER)

    async def _reference(
        self, referred: Referenced, place: Place, scene: Scene, persona_name: str
    ) -> Reference | None:
        """Return the words of a message under its speaker's name; None if it says nothing new."""
        turn = await self._history.turn_of(referred.id)
        if turn is None:
            text = message_text.quote_of(referred, persona_name)
            if referred.by_us or not text:  # a post of the bot's that is no turn is a notice
                return None
            if not is_wanted(referred.id, await self._preferences.opted_in(referred.author.id)):
                return None
            speaker = await self.speaker(place, referred.author)
            return Reference(referred.id, speaker, text, self._floor.cost(text))
        if turn.removal_id is not None or await self._history.tells(scene.id, turn):
            return None
        # Its words stay where they are.
        return Reference(referred.id, await self._speaker_of(turn, referred, place), "", 0)

    async def _speaker_of(self, turn: Turn, referred: Referenced, place: Place) -> Speaker:
        """Return the speaker of another scene's turn, a person by their name in this place."""
        if turn.user_id is None:
            return turn.speaker
        posted = referred.author.id == turn.user_id  # else the bot posted it for them
        called = referred.author.name if posted and not turn.speaker.character else turn.name
        return await self.speaker(place, Participant(turn.user_id, called, turn.speaker.character))

    def _name_for(self, person: Participant, place: Place, taken: Collection[str]) -> str:
        """Return a name that no persona, role of a prompt or other person in the channel has."""
        clean = names.clean_name(person.name, f"Member {person.id % 10_000:04}")
        cast = [names.persona_name(persona) for persona in self._casting.library.at(place.guild_id)]
        return names.distinct(names.apart_from(clean, cast), taken)
