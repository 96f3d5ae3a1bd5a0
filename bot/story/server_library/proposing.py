"""Proposals: personas that people write for their server, until moderators publish or refuse them.

Law: the frontend checks who may. A proposal loads, and is a new persona: publishing it replaces none. Its
text is its author's until then, and the server's from then on.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.persona import Persona
from bot.personas.library import PersonaLibrary
from bot.personas.reading import Reading
from bot.storage.proposals import Proposal, ProposalFault, Proposals
from bot.storage.server_personas import Act
from bot.story.server_library.workshop import Draft, Workshop, free_key


class NotProposed(Exception):  # noqa: N818 - it says what is wrong
    """A proposal that is not stored.

    Attributes:
        fault: why; None if it would not load, or is for age-restricted channels only.
        reading: what was read then.
    """

    def __init__(self, fault: ProposalFault | None, reading: Reading | None = None) -> None:
        """Give the reason."""
        super().__init__(fault)
        self.fault = fault
        self.reading = reading


@dataclass(frozen=True, slots=True)
class Author:
    """Who proposes, on which server and in which channel, which may be one with restricted age."""

    server_id: int
    channel_id: int
    user_id: int
    age_restricted: bool


class Proposing:
    """The use cases of proposals."""

    def __init__(
        self,
        library: PersonaLibrary,
        workshop: Workshop,
        store: Proposals,
        clock: Callable[[], datetime],
    ) -> None:
        """Keep proposals in `store`, and publish them by `workshop`; `clock` returns aware UTC times."""
        self._library = library
        self._workshop = workshop
        self._store = store
        self._clock = clock
        self._deciding = asyncio.Lock()  # so that nothing is published twice, or after it was withdrawn

    async def propose(self, author: Author, content: bytes) -> Proposal:
        """Store a proposal.

        Raises:
            NotProposed: it would not load, is not for its author's channel, or there are too many.
        """
        reading = await self._workshop.check(Draft(author.server_id, "proposal", content, 0))
        persona = reading.persona
        if persona is None or (reading.for_adults and not author.age_restricted):
            raise NotProposed(None, reading)
        where = (author.server_id, author.channel_id, author.user_id)
        text = content.decode("utf-8")
        stored = await self._store.put(Proposal(0, *where, persona.name, text, self._clock()))
        if isinstance(stored, ProposalFault):
            raise NotProposed(stored)
        return stored

    async def persona(self, proposal: Proposal) -> Persona | None:
        """Return the persona of a proposal; None if it doesn't load anymore."""
        draft = Draft(proposal.server_id, "proposal", proposal.text.encode(), 0)
        return (await self._workshop.check(draft)).persona

    async def get(self, server_id: int, proposal_id: int) -> Proposal | None:
        """Return a proposal of a server; None if it is gone."""
        return await self._store.get(server_id, proposal_id)

    async def open(self, server_id: int) -> Sequence[Proposal]:
        """Return the open proposals of a server, the oldest first."""
        return await self._store.open(server_id)

    async def of(self, server_id: int, user_id: int) -> Sequence[Proposal]:
        """Return a person's proposals on a server, the newest first."""
        return await self._store.of(server_id, user_id)

    async def publish(self, proposal: Proposal) -> str | None:
        """Make an open proposal one of the server's own personas, and return its key; None if it is gone.

        Raises:
            NotStored: the server has too much.
            ValueError: it doesn't load anymore.
        """
        async with self._deciding:
            now = await self._store.get(proposal.server_id, proposal.id)
            if now is None or now.refused_at is not None:
                return None
            key = await self._key(now)
            draft = Draft(now.server_id, key, now.text.encode(), 0)
            await self._workshop.put(draft, Act.MADE, now.by_user)
            await self._store.drop(now.id)
        return key

    async def _key(self, proposal: Proposal) -> str:
        """Return a key that no persona of the server has, nor had."""
        taken = set(self._library.at(proposal.server_id).paths)
        while await self._workshop.newest(proposal.server_id, key := free_key(proposal.name, taken)):
            taken.add(key)
        return key

    async def refuse(self, proposal: Proposal, reason: str, by_user: int) -> bool:
        """Refuse an open proposal; return False if it is not open anymore."""
        async with self._deciding:
            return await self._store.refuse(proposal.id, reason, by_user, self._clock())

    async def withdraw(self, proposal: Proposal) -> None:
        """Delete a proposal, for its author."""
        async with self._deciding:
            await self._store.drop(proposal.id)
