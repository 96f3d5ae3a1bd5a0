"""Asides: what people say out of character to a persona, which steers its next reply and is no turn.

Law: what is said to a persona reaches its next reply, or is pending; what is said among people is not stored.
An edit and a deletion are followed, also where the reply has been told.
"""

from bot.core.asides import Aside
from bot.core.persona import Persona
from bot.core.scene import IncomingMessage, Scene, Speaker
from bot.storage.steering import Steer, Steering, SteeringKind
from bot.story.incoming.facts import Considered
from bot.story.replies.floor import Floor


class Asides:
    """The use cases of asides to personas."""

    def __init__(self, steering: Steering, floor: Floor) -> None:
        """Store in `steering`; `floor` counts tokens."""
        self._steering = steering
        self._floor = floor

    async def of(self, message_id: int) -> Steer | None:
        """Return what a message steers; None for nothing."""
        return await self._steering.of_message(message_id)

    async def steer(
        self, scene: Scene, speaker: Speaker, message: IncomingMessage, found: Considered, *, owed: bool
    ) -> bool:
        """Let an aside steer the next reply of the persona it is said to; False if it does already.

        `owed` says that it asks for that reply itself, and is no part of a turn that does.
        """
        text = found.aside.text
        steer = Steer(
            SteeringKind.ASK if found.is_answered_aside else SteeringKind.OOC,
            text,
            self._floor.cost(text),
            message.created_at,
            found.speaker.key if isinstance(found.speaker, Persona) else found.speaker.about,
            speaker,
            message.id,
            owed,
        )
        return await self._steering.add(scene.id, steer)

    async def owe(self, message_id: int) -> None:
        """Store that what a message steers asks for its reply itself: it is no part of a turn anymore."""
        await self._steering.owe(message_id)

    async def reword(self, message_id: int, aside: Aside) -> None:
        """Give what a message steers its new words; without any it steers nothing."""
        if aside.steers:
            await self._steering.amend(message_id, aside.text, self._floor.cost(aside.text))
        else:
            await self._steering.drop(message_id)
