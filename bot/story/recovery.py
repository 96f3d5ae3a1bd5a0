"""The repair after a crash: replies without an ending are closed, and shown before any message is handled.

Law: a reply is closed with the text it had, and one that was not begun yet is closed without any; people are
told once.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.core import names
from bot.core.calling import call_of
from bot.core.persona import Persona
from bot.core.routing import refusal_of_command
from bot.core.scene import IncomingMessage, Owed, Post, Turn, Unfinished
from bot.storage.stores import Stores
from bot.story.casting import Casting, ChannelCast
from bot.story.floor import Floor
from bot.story.notices import RECORDING
from bot.story.post_record import PostRecord

RECENT: Final = timedelta(days=1)
"""The age up to which people are told at a start that their message was not answered; our own choice."""


class Recovery:
    """The use cases of the repair."""

    def __init__(self, floor: Floor, casting: Casting, stores: Stores, clock: Callable[[], datetime]) -> None:
        """Close what `stores` hold; `clock` returns aware UTC times."""
        self._floor = floor
        self._casting = casting
        self._history = stores.history
        self._scenes = stores.scenes
        self._departures = stores.records.departures
        self._clock = clock

    async def interrupted(self, *, terminal: bool) -> list[Unfinished]:
        """Close the replies that a crash cut off, with the text they had; return those to be shown.

        Among them are turns that a crash caught during a revision, which are returned as they were before it,
        and turns without text for recent messages that got no reply yet. Call this before any message is
        handled. `terminal` selects the rehearsal's channel, else all others: each frontend closes its own,
        because a rehearsal may run beside the bot. What a deleted channel has left is deleted first.
        """
        if not terminal:
            await self._departures.finish()
        left = [
            found for found in await self._history.unfinished() if (found.place.channel_id == 0) == terminal
        ]
        for turn in (found.turn for found in left):
            await self._history.close_left(turn.id, self._floor.cost(turn.text))
            if terminal:
                await self._history.told_interrupted(turn.id)
        ids = {found.turn.id for found in left}
        closed = [found for found in await self._history.unfinished() if found.turn.id in ids]
        # The terminal begins another scene each time, where nothing is owed.
        return closed if terminal else await self._with_asked(closed)

    async def _with_asked(self, closed: Iterable[Unfinished]) -> list[Unfinished]:
        """Add what was asked to the turns that answer it, and a turn for what none answers."""
        now, owed = self._clock(), dict[tuple[int, str], Owed]()
        for each in await self._history.owed():  # of those that one reply answers, the newest is the last
            if each.place.channel_id and now - each.turn.created_at <= RECENT:
                owed[each.turn.scene_id, each.persona_key] = each
        left: list[Unfinished] = []
        for found in closed:
            key = found.turn.scene_id, found.turn.persona_key or ""
            asked = owed.get(key)
            if asked is not None and asked.turn.position < found.turn.position:
                del owed[key]
                found = replace(found, asked=asked.turn)  # noqa: PLW2901 - the same, completed
            left.append(found)
        return [*left, *[turn for each in owed.values() if (turn := await self._begun(each, now))]]

    async def _begun(self, owed: Owed, now: datetime) -> Unfinished | None:
        """Begin and close the turn of a reply; None if its persona is gone."""
        persona = self.persona(owed.place.guild_id, owed.persona_key)
        if persona is None:
            return None
        begun = await self._history.begin_reply(
            owed.turn.scene_id, persona_key=persona.key, name=names.persona_name(persona), at=now
        )
        turn = await self._history.close_left(begun.id, 0)
        return None if turn is None else Unfinished(turn, owed.place, (), (), owed.turn)

    def persona(self, server_id: int | None, key: str) -> Persona | None:
        """Return a persona as its file is now; None if it cannot be loaded."""
        return self._casting.library.at(server_id).get(key)

    async def still_waits(
        self, left: Unfinished, words: IncomingMessage | None, *, addressed: bool
    ) -> ChannelCast | None:
        """Return the cast of a place where a message still waits for its reply; None if none is due anymore.

        `addressed` is whether the message turns to the bot itself, `words` is the message as it is now, which
        may call a guest by name. Nobody is told where the bot is paused, or where a channel was unbound
        since.
        """
        if left.asked is None or not await self._is_owed(left.asked):
            return None
        place, key = left.place, left.turn.persona_key or ""
        cast = await self._casting.lookup(place)
        if refusal_of_command(paused=cast.settings.paused) is not None:
            return None
        persona = self._casting.speaker(place, cast, key)
        if not isinstance(persona, Persona):
            return None
        if cast.bound:
            shelf = self._casting.library.at(place.guild_id)
            said = "" if words is None else f"{names.said_in(words)}\n{names.said_aside(words)}"
            called = call_of(said, persona, shelf).persona
            return cast if addressed or called or cast.key == key else None
        was_bound = await self._scenes.was_told((place.channel_id, place.home_id), (RECORDING,))
        return cast if addressed and not was_bound else None

    async def _is_owed(self, asked: Turn) -> bool:
        """Return whether nobody answers a message, not even a reply that is being written."""
        written = (each.turn for each in await self._history.unfinished() if each.turn.ending is None)
        if any(turn.scene_id == asked.scene_id for turn in written):
            return False
        return any(each.turn.id == asked.id for each in await self._history.owed())

    async def told(self, turn: Turn) -> None:
        """Note that people see that a turn was interrupted, or that they cannot be told.

        A turn of which nothing is there, neither a word nor a post, is deleted.
        """
        now = await self._history.turn(turn.id)
        if now is not None and not now.text and not await self._history.posts(turn.id):
            await self._history.drop(turn.id)
        else:
            await self._history.told_interrupted(turn.id)

    async def shorten(self, turn: Turn, seen: str) -> None:
        """Keep of a turn's text only what people see, because no more of it can be shown."""
        await self._history.shorten(turn.id, seen, self._floor.cost(seen))

    def record(self, turn: Turn, posts: Sequence[Post]) -> PostRecord:
        """Return the record of a turn's posts, for their repair; `posts` are those that exist."""
        return PostRecord(self._history, turn.id, posts)
