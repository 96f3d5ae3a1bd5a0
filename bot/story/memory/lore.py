"""Lore: which books a persona knows in a place, and what a reply is told of them.

Law: it reads and changes nothing. What is told follows from the books and from turns before the reply, so
that a retry is told the same, a reply that is continued too, and a look at a prompt finds what it was.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from bot.core.lore.activation import activate, turns_needed
from bot.core.lore.index import Index
from bot.core.lore.telling import NOTHING, Activation, Circumstances, Heard
from bot.core.lorebook import Lorebook, Spot
from bot.core.notes import content_of
from bot.core.persona import Persona, ToldLore
from bot.core.scene import END, START, Place, Position, Scene, Turn
from bot.personas.lorebooks import BookShelf, read_yaml
from bot.storage.server_lore import StoredBook
from bot.storage.stores import Stores
from bot.story.places.casting import Casting

TOKENS: Final = 1500
"""Most tokens of all lore in a prompt."""

WINDOW_SHARE: Final = 8
"""Lore takes at most this part of the model's window: in a small one, the turns need the room."""

_TEXTS_KEPT: Final = 8192
_OWN_KEPT: Final = 256


@dataclass(frozen=True, slots=True)
class Trial:
    """What a text or a place would be told: by which books, and how many entries they have."""

    persona: Persona
    books: tuple[Index, ...]
    found: Activation


@dataclass(frozen=True, slots=True)
class Tale:
    """What lore must know of a story besides its turns.

    Attributes:
        seed: the same for all replies of the story and its branches, and for no other story.
        greeting: the number of the persona's greeting with which it began; None if it was none.
    """

    seed: int = 0
    greeting: int | None = None


class Lore:
    """Finds what replies are told of lorebooks."""

    def __init__(self, casting: Casting, stores: Stores, count: Callable[[str], int]) -> None:
        """Read from these; `count` returns the tokens of a text."""
        self._casting = casting
        self._history = stores.history
        self._scenes = stores.scenes
        self._books = stores.personas.lore
        self._count = lru_cache(_TEXTS_KEPT)(count)
        self._own: dict[int, tuple[Lorebook, Index]] = {}

    async def shelf(self, server_id: int | None) -> BookShelf:
        """Return the books of a server."""
        hosts = self._casting.library.lore.books
        return BookShelf(hosts, await self._of(server_id) if server_id is not None else {})

    def forget(self, server_id: int) -> None:
        """Read a server's own books again when they are next asked for."""
        self._casting.library.lore.drop(server_id)

    async def books(self, persona: Persona, place: Place) -> list[Index]:
        """Return the books that a persona knows in a place, its own first."""
        own = [await self._index(persona)] if persona.lorebook is not None else []
        shelf = await self.shelf(place.guild_id)
        known, openly = shelf.known_to(persona, place), shelf.known_to(persona, place, by_hosts=False)
        if known != openly and not await self._may_know(persona, place.guild_id):
            known = openly
        return [*own, *known]

    async def _may_know(self, persona: Persona, server_id: int | None) -> bool:
        """Return whether a persona may know the host's books by name.

        One that a server's admins write could tell them all that it reads, a draft too.
        """
        if server_id is None:
            return True
        shelf = self._casting.library.at(server_id)
        is_hosts = shelf.get(persona.key) is persona and persona.key not in shelf.own
        return is_hosts or await self._casting.reads_hosts(server_id)

    async def find(self, scene: Scene, persona: Persona, before: Position) -> Activation:
        """Return what a persona's reply is told that follows the turns before a position."""
        books = await self.books(persona, scene.place)
        if not books:
            return NOTHING
        needed = turns_needed(books)
        turns = await self._history.recent(scene.id, START, before, needed) if needed else []
        heard = [_heard(turn, persona) for turn in turns]
        return await self._activated(persona, books, heard, await self._tale(scene, persona))

    async def look(self, scene: Scene | None, persona: Persona, place: Place, text: str | None) -> Trial:
        """Return what a persona is told where somebody says a text, or of a place as it is if None."""
        books = await self.books(persona, place)
        if text is None and scene is not None:
            return Trial(persona, tuple(books), await self.find(scene, persona, END))
        heard = [] if text is None else [Heard("", text, START)]
        tale = await self._tale(scene, persona) if scene is not None else Tale()
        return Trial(persona, tuple(books), await self._activated(persona, books, heard, tale))

    async def told_of(self, persona: Persona, place: Place, turns: Sequence[Turn], tale: Tale) -> Activation:
        """Return what a persona is told after turns that belong to no scene."""
        books = await self.books(persona, place)
        return await self._activated(persona, books, [_heard(turn, persona) for turn in turns], tale)

    async def _tale(self, scene: Scene, persona: Persona) -> Tale:
        return Tale(await self._scenes.root(scene), scene.greeting_of(persona.key))

    async def _activated(
        self, persona: Persona, books: Sequence[Index], heard: Sequence[Heard], tale: Tale
    ) -> Activation:
        if not books:
            return NOTHING
        room = min(TOKENS, self._casting.rules.context_window // WINDOW_SHARE)
        around = Circumstances(tale.seed, room, self._count, persona.known_as, tale.greeting)
        # What a hostile book asks for takes its time, in which other rooms go on.
        return await asyncio.to_thread(activate, books, heard, around)

    async def _of(self, server_id: int) -> Mapping[str, Index]:
        """Return a server's own books, read when they are first asked for."""
        library = self._casting.library.lore
        known = library.own.get(server_id)
        if known is None:
            stored = await self._books.of(server_id)
            # A large book takes a second, in which other rooms go on.
            known = await asyncio.to_thread(_indexed, stored) if stored else {}
            library.keep(server_id, known)
        return known

    async def _index(self, persona: Persona) -> Index:
        """Return the persona's own book, read once for each version of its file."""
        book = persona.lorebook
        assert book is not None
        known = self._own.get(id(book))
        if known is None:  # a book that is kept has its id for itself
            index = await asyncio.to_thread(Index, book, persona.name)
            if len(self._own) >= _OWN_KEPT:
                self._own.clear()
            known = self._own[id(book)] = (book, index)
        return known[1]


def told_lore(found: Activation) -> ToldLore:
    """Return what a prompt says of lore."""
    return ToldLore(
        before=tuple(found.standing(Spot.BEFORE)),
        after=tuple(found.standing(Spot.AFTER)),
        notes=tuple(found.triggered),
    )


def _indexed(stored: Sequence[StoredBook]) -> Mapping[str, Index]:
    """Return what can be read of stored books; those of a later version may not be."""
    readings = {each.key: read_yaml(each.text, each.key, each.key) for each in stored}
    return {key: each.index for key, each in readings.items() if each.index is not None}


def _heard(turn: Turn, persona: Persona) -> Heard:
    text = turn.text if turn.user_id is None else content_of(turn)
    return Heard(turn.name, text, turn.position, turn.persona_key == persona.key)
