"""Other bots: the facts about a scene by which a person has to speak before personas answer bots again.

Law: it looks up, and `core.other_bots` decides.
"""

from collections.abc import Collection

from bot.core.other_bots import LOOKED_AT, is_chained
from bot.core.scene import END, START, Turn
from bot.storage.stores import Stores


class OtherBots:
    """The talk of personas with other bots, in all scenes."""

    def __init__(self, stores: Stores) -> None:
        """Look up in `stores`."""
        self._history = stores.history
        self._steering = stores.steering

    async def is_hushed(self, scene_id: int, bots: Collection[int]) -> bool:
        """Return whether personas answer these bots no more in a scene, until a person says something."""
        turns = await self._history.recent(scene_id, START, END, LOOKED_AT)
        if not is_chained(turns, bots):
            return False
        asked = {turn.id for turn in turns if turn.persona_key is not None and await self._is_asked(turn)}
        return is_chained(turns, bots, asked)

    async def _is_asked(self, turn: Turn) -> bool:
        """Return whether a persona was told with a turn what a person said out of character."""
        return any(each.message_id is not None for each in await self._steering.told(turn.id))
