"""Recording: what of a message is stored, and how an edit changes it.

Law: what belongs to the story is a turn, what is said to a persona out of character steers a reply; the words
are stored as they were written, and everything else beside them.
"""

from collections.abc import Callable
from datetime import datetime

from bot.core import message_text, names
from bot.core.notes import ONWARD, silence, told_with
from bot.core.persona import Persona
from bot.core.proxies import is_unknown
from bot.core.scene import IncomingMessage, Note, Turn
from bot.storage.history import Said
from bot.storage.stores import Stores
from bot.story.incoming.asides import Asides
from bot.story.incoming.facts import Considered
from bot.story.incoming.referring import FetchStarter, Referring
from bot.story.places.casting import Casting
from bot.story.replies.floor import Floor


class Recorder:
    """Stores people's messages."""

    def __init__(
        self,
        floor: Floor,
        casting: Casting,
        stores: Stores,
        asides: Asides,
        referring: Referring,
        clock: Callable[[], datetime],
    ) -> None:
        """Store in `stores`; `floor` counts tokens, `clock` returns aware UTC times."""
        self._floor = floor
        self._casting = casting
        self._history = stores.history
        self._scenes = stores.scenes
        self._asides = asides
        self._referring = referring
        self._clock = clock

    async def record(
        self,
        fetch_starter: FetchStarter | None,
        message: IncomingMessage,
        found: Considered,
        owed: tuple[str, ...],
    ) -> bool:
        """Store a message, as a turn or as what steers a reply; False if it is stored already.

        `owed` are the keys of the personas that owe an answer, or a notice.
        """
        title = names.clean_title(message.thread_title)
        scene = await self._scenes.active(message.place, self._clock(), title)
        if scene.starter_id is None and not is_unknown(message.author):
            await self._scenes.begun_by(scene, message.author.id)
        if not found.is_turn:
            return await self.steer(message, found, owed=bool(owed))
        speaker = await self._referring.speaker(message.place, message.author)
        text, notes = found.text, _notes(found, message)
        tokens = self._floor.cost(told_with(text, notes))
        async with self._referring.starter(fetch_starter, message.place, scene) as starter:
            references = await self._referring.references(message, found, scene, starter)
            target = await self._referring.target(message, scene, references)
            words = (speaker, text, tokens, message.created_at, message.id, owed, notes)
            said = Said(*words, references, target, addressed=found.is_to_persona)
            is_new = await self._history.record(scene.id, said) is not None
        if is_new and found.steers:
            await self.steer(message, found, owed=False)
        return is_new

    async def steer(self, message: IncomingMessage, found: Considered, *, owed: bool) -> bool:
        """Let a message's aside steer the next reply; False if it does already, or is no wish for it."""
        if not found.steers:
            return False
        scene = await self._scenes.active(message.place, self._clock())
        speaker = await self._referring.speaker(message.place, message.author)
        return await self._asides.steer(scene, speaker, message, found, owed=owed)

    async def owe(self, message: IncomingMessage, found: Considered, owed: tuple[str, ...]) -> bool:
        """Store that answers to a stored message are due now; False if it is gone, or asked before."""
        if not owed:
            return True
        assert found.cast.scene is not None  # it holds the message's turn
        references = await self._referring.references(message, found, found.cast.scene)
        target = await self._referring.target(message, found.cast.scene, references)
        await self.steer(message, found, owed=False)
        return await self._history.debts.owe(message.id, owed, references, target)

    async def rewrite(self, message: IncomingMessage, found: Considered, turn: Turn) -> None:
        """Give a person's turn its new words."""
        text, notes = found.text, _notes(found, message)
        if (text, notes) != (turn.text, turn.notes):
            await self._history.amend(message.id, text, notes, self._floor.cost(told_with(text, notes)))

    async def rename(self, message_id: int, copy: IncomingMessage) -> bool:
        """Let the turn of a message be of another one, which says the same; False if there is no turn."""
        speaker = await self._referring.speaker(copy.place, copy.author)
        return await self._history.rename(message_id, copy.id, speaker)

    async def reword(self, message: IncomingMessage) -> None:
        """Give what refers to a message that is no turn its new words."""
        if await self._history.refers_to(message.id):
            cast = await self._casting.lookup(message.place)
            quote = message_text.quote_of(message, cast.persona.name if cast.persona else "")
            await self._history.reword(message.id, quote, self._floor.cost(quote))


def _notes(found: Considered, message: IncomingMessage) -> tuple[Note, ...]:
    """Return the notes to store beside a message's words: also for a message without any."""
    if found.text or found.notes:
        return found.notes
    persona = names.persona_name(found.speaker) if isinstance(found.speaker, Persona) else ""
    return (ONWARD if message.by_command else silence(persona),)
