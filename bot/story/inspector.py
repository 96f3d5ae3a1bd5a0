"""Prompts taken apart for people to look at: what would be sent now, or was sent for a reply.

Law: it looks, and changes nothing.
"""

from bot.core.prompting.inspection import Inspection
from bot.core.routing import NoReply, NoReplyReason
from bot.core.scene import Place
from bot.storage.stores import Stores
from bot.story.casting import Casting
from bot.story.prompter import Prompter


class Inspector:
    """Takes prompts apart."""

    def __init__(self, casting: Casting, prompter: Prompter, stores: Stores) -> None:
        """Read from these."""
        self._casting = casting
        self._prompter = prompter
        self._history = stores.history
        self._scenes = stores.scenes

    async def next(self, place: Place) -> Inspection | NoReply | None:
        """Take apart what would be sent now in a place; None if nothing was said there yet."""
        cast = await self._casting.lookup(place)
        found = self._casting.speaker(place, cast)
        if isinstance(found, NoReply) or cast.scene is None:
            return found if isinstance(found, NoReply) else None
        return await self._prompter.next(cast.scene, found, cast.settings.language)

    async def sent(self, place: Place, message_id: int) -> Inspection | NoReply | None:
        """Take apart what was sent for the reply that a message shows.

        None: it shows no reply of this place, or what was sent for it is not known.
        """
        turn = await self._history.turn_of(message_id)
        scene = await self._scenes.of_place(place, turn.scene_id) if turn else None
        if turn is None or turn.persona_key is None or scene is None:
            return None
        persona = self._casting.library.at(place.guild_id).get(turn.persona_key)
        if persona is None:
            return NoReply(NoReplyReason.PERSONA_MISSING, turn.persona_key)
        return await self._prompter.sent(scene, persona, turn)
