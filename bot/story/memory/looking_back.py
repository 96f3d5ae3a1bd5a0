"""Looking back: the search of what was said in a place's running scene.

Law: it reads and changes nothing, and finds only what the scene itself reads: no other scene's turns, nothing
that was removed, nothing said out of character.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.core.memory.excerpts import Part, excerpt_of
from bot.core.memory.words import search_of
from bot.core.notes import content_of
from bot.core.scene import Place, Turn
from bot.storage.stores import Stores
from bot.story.memory import indexing

PAGE: Final = 5
"""Hits on a page."""

PAGES: Final = 100
"""Pages of a search; who needs more looks for more words."""

EXCERPT: Final = 240
"""Maximum characters of an excerpt."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A turn that was found.

    Attributes:
        turn: it.
        excerpt: its words around what was looked for.
        place: the channel in which it was said.
        message_id: the message that shows the words; None for none, as in the terminal.
    """

    turn: Turn
    excerpt: tuple[Part, ...]
    place: Place
    message_id: int | None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a search.

    Attributes:
        number: its number, from 1.
        hits: what was found.
        more: whether there is another page.
        asks: whether the search had any words.
        partial: whether turns from before an upgrade have yet to be indexed.
    """

    number: int
    hits: tuple[Hit, ...] = ()
    more: bool = False
    asks: bool = True
    partial: bool = False


class LookingBack:
    """The use cases of looking back."""

    def __init__(self, stores: Stores) -> None:
        """Read from these."""
        self._searches = stores.searches
        self._history = stores.history
        self._scenes = stores.scenes

    async def search(self, place: Place, words: str, page: int = 1) -> Page:
        """Return a page of the turns of the running scene that have the words, the newest first."""
        search, scene = search_of(words), await self._scenes.playing(place)
        page = min(max(page, 1), PAGES)
        if not search.units or scene is None:
            return Page(page, asks=bool(search.units))
        found = await self._searches.find(scene.id, search, (page - 1) * PAGE, PAGE)
        hits = [await self._hit(turn, search.spans(content_of(turn))) for turn in found.turns]
        partial = not await self._searches.is_filled()
        return Page(page, tuple(hits), found.more and page < PAGES, partial=partial)

    async def keep_index(self, sleep: indexing.Sleep) -> None:
        """Keep the index up, until it is cancelled."""
        await indexing.keep(self._searches, sleep)

    async def _hit(self, turn: Turn, spans: Sequence[tuple[int, int]]) -> Hit:
        scene = await self._scenes.get(turn.scene_id)
        assert scene is not None
        text = content_of(turn)
        message_id = await self._message(turn, spans[0][0] if spans else 0)
        excerpt = excerpt_of(text, spans, EXCERPT)
        return Hit(turn, excerpt, scene.place, message_id)

    async def _message(self, turn: Turn, at: int) -> int | None:
        """Return the message that shows what is at an index of a turn's text; its first post at least."""
        if turn.persona_key is None:
            return turn.message_id if turn.message_id is not None and turn.message_id > 0 else None
        posts = await self._history.posts.of(turn.id)
        shown = [post for post in posts if post.start <= at < post.end] or posts
        return shown[0].message_id if shown else None
