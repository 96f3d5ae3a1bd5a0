"""Speaking as a persona: a person's words, word for word, as a turn of the persona's.

Law: no model is asked. The words are the persona's for the story and their author's for everything else: what
is exported, forgotten and left out is found by who spoke.
"""

from collections.abc import Callable
from datetime import datetime

from bot.core.message_text import words_of
from bot.core.names import clean_title, persona_name
from bot.core.persona import Persona
from bot.core.posts.pages import shows
from bot.core.scene import IncomingMessage, Turn
from bot.storage.history import Spoken
from bot.storage.stores import Stores
from bot.story.replies.floor import Floor
from bot.story.replies.post_record import PostRecord


class Speaking:
    """The use cases of speaking as a persona."""

    def __init__(self, floor: Floor, stores: Stores, clock: Callable[[], datetime]) -> None:
        """Store in `stores`; `floor` counts tokens, `clock` returns aware UTC times."""
        self._floor = floor
        self._history = stores.history
        self._scenes = stores.scenes
        self._swipes = stores.swipes
        self._clock = clock

    async def speak(self, words: IncomingMessage, persona: Persona) -> Turn | None:
        """Store what a person says as a persona; None if there is nothing to see in it.

        People have yet to see the turn: report the result to `shown` or `shorten`. The next start shows a
        turn of which neither was reported.
        """
        text = words_of(words, persona.name)
        if not shows(text):
            return None
        async with self._floor.ears(words.place.channel_id):
            title = clean_title(words.thread_title)
            scene = await self._scenes.active(words.place, self._clock(), title)
            if scene.starter_id is None:
                await self._scenes.begun_by(scene, words.author.id)
            spoken = Spoken(persona.key, persona_name(persona), text, self._floor.cost(text), words.author.id)
            return await self._history.speak(scene.id, spoken, self._clock())

    def record(self, turn: Turn) -> PostRecord:
        """Return the record of a new turn's posts."""
        return PostRecord(self._history, turn.id)

    async def shown(self, turn: Turn) -> None:
        """Note that people see a turn."""
        await self._swipes.shown(turn.id)

    async def shorten(self, turn: Turn, seen: str) -> None:
        """Keep of a turn only what people see; delete one of which they see nothing."""
        if shows(seen):
            await self._history.shorten(turn.id, seen, self._floor.cost(seen))
            await self._swipes.shown(turn.id)
        else:
            await self._history.drop(turn.id)
