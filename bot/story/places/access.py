"""Access: who may use the bot where.

Law: it looks up the facts, and `core.access` decides. Who is blocked is so as every character.
"""

from collections.abc import Collection

from bot.core.access import EVERYBODY, Barrier, MemberFacts, barrier
from bot.core.scene import Place
from bot.storage.blocks import BlockStore
from bot.story.places.casting import Casting


class Access:
    """The blocks of servers and of the host, and who may play in a place."""

    def __init__(self, casting: Casting, blocks: BlockStore) -> None:
        """Look up in `blocks`, and by the rules and settings of `casting`."""
        self._casting = casting
        self._blocks = blocks

    async def blocked(self, place: Place, user_ids: Collection[int]) -> frozenset[int]:
        """Return which of these people are blocked in a place, by its server or by the host."""
        by_host, server_id = self._casting.rules.servers.blocked.intersection(user_ids), place.guild_id
        return by_host if server_id is None else by_host | await self._blocks.among(server_id, user_ids)

    async def barrier(
        self, place: Place, user_id: int, member: MemberFacts | None, *, plays: bool
    ) -> Barrier | None:
        """Return why a person may not use the bot in a place; None if they may.

        `plays` is whether they take part in a story there; `member` is None if nothing is known of them.
        """
        return barrier(
            by_host=user_id in self._casting.rules.servers.blocked,
            by_server=user_id in await self.blocked(place, [user_id]),
            rule=(await self._casting.settings(place)).play if plays else EVERYBODY,
            member=member,
        )
