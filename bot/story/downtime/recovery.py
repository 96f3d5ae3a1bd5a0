"""The repair after a crash: replies without an ending are closed, and who waits is answered or told.

Law: a reply is closed with the text it had, before any message is handled; one of which people saw nothing
was never begun. Who waits is answered or told, never both, and once.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.core import message_text, names
from bot.core.calling import call_of
from bot.core.persona import Persona
from bot.core.routing import Denial, refusal_of_command
from bot.core.scene import IncomingMessage, Owed, Place, Post, Turn, Unfinished
from bot.core.sharding import WHOLE, Shard
from bot.storage.stores import Stores
from bot.story.places.access import Access
from bot.story.places.casting import Casting, ChannelCast
from bot.story.places.notices import RECORDING
from bot.story.replies.floor import Floor
from bot.story.replies.post_record import PostRecord

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
        self._access = Access(casting, stores.records.blocks)
        self._departures = stores.records.departures
        self._clock = clock
        self._taken: dict[int, Place] = {}  # turns that were taken up, and not returned yet

    async def interrupted(self, *, terminal: bool, shard: Shard = WHOLE) -> list[Unfinished]:
        """Close the replies that a crash cut off, with the text they had; return those to be shown.

        Among them are turns that a crash caught during a revision, which are returned as they were before it.
        A reply of which nothing can have been seen is deleted, and what it was to answer is owed as before.
        Call this before any message of the shard is handled. `terminal` selects the rehearsal's channel, else
        all others of `shard`: each frontend closes its own, because a rehearsal may run beside the bot. What
        other living processes write is theirs. What a deleted channel has left is deleted first. If this
        fails half-way, the next call returns what it had closed too.
        """
        if not terminal:
            await self._departures.finish()
        for found in await self._history.unfinished.left():
            turn, place = found.turn, found.place
            if (place.channel_id == 0) != terminal or not shard.holds(place.guild_id):
                continue
            if await self._history.unfinished.take_up(turn.id, self._floor.cost(turn.text)):
                self._taken[turn.id] = place
                if terminal:
                    await self._history.unfinished.told(turn.id)
        ids = {id_ for id_, place in self._taken.items() if shard.holds(place.guild_id)}
        closed = [found for found in await self._history.unfinished.all() if found.turn.id in ids]
        if terminal:  # it begins another scene each time, where nothing is owed
            self._taken.clear()
            return closed
        seen = [
            found
            for found in closed
            # What a person says as a persona has its words before any post of it.
            if found.posts or found.planned or (found.turn.text and found.turn.spoken_by is None)
        ]
        for found in closed:
            if found not in seen:
                await self._history.drop(found.turn.id)
        # What another call has returned meanwhile is not among them anymore.
        shown = [each for each in await self._with_asked(seen) if each.turn.id in self._taken]
        for id_ in ids:
            self._taken.pop(id_, None)
        return shown

    async def others_posts(self, since: int) -> list[tuple[int, int]]:
        """Return what webhooks posted for other processes with ids above `since`: posts and webhooks."""
        return await self._history.posts.by_webhooks(since)

    async def hand_on(self, shard: Shard, *, unfinished: bool) -> bool:
        """Leave what is owed in a shard to the process that has it now; return whether anything was.

        With what is `unfinished` too, once nothing is being written there.
        """
        left: list[Unfinished | Owed] = [*await self._history.unfinished.all()] if unfinished else []
        left += await self._history.debts.owed(ours=True)
        turns = [each.turn for each in left if each.place.channel_id and shard.holds(each.place.guild_id)]
        return await self._history.unfinished.hand_on(turns)

    async def _with_asked(self, closed: Iterable[Unfinished]) -> list[Unfinished]:
        """Add what was asked to the turns that answer it."""
        newest = {(each.turn.scene_id, each.persona_key): each for each in await self._recent()}
        left: list[Unfinished] = []
        for found in closed:
            asked = newest.get((found.turn.scene_id, found.turn.persona_key or ""))
            if asked is not None and asked.turn.position < found.turn.position:
                found = replace(found, asked=asked.turn)  # noqa: PLW2901 - the same, completed
            left.append(found)
        return left

    async def _recent(self) -> list[Owed]:
        """Return what is owed on Discord since a day at most, scene by scene in the order of the story.

        Nothing is owed to who was blocked since.
        """
        now = self._clock()
        owed = await self._history.debts.owed(ours=True)
        recent = [each for each in owed if each.place.channel_id and now - each.turn.created_at <= RECENT]
        return [
            each for each in recent if not await self._access.blocked(each.place, [each.turn.user_id or 0])
        ]

    async def waiting(self) -> list[float]:
        """Return for how many seconds people have waited for each answer that they wait for."""
        now = self._clock()
        return [(now - each.turn.created_at).total_seconds() for each in await self._history.debts.owed()]

    async def debts(self) -> list[tuple[Owed, ...]]:
        """Return who waits for an answer: the messages to each persona of a scene, the latest debt first."""
        found: dict[tuple[int, str], tuple[Owed, ...]] = {}
        for each in await self._recent():
            key = each.turn.scene_id, each.persona_key
            found[key] = (*found.get(key, ()), each)
        return sorted(found.values(), key=lambda debt: debt[-1].turn.message_id or 0, reverse=True)

    def is_to_be_answered(self, owed: Owed) -> bool:
        """Return whether a message that waits gets its answer still, and not only a notice.

        It does if it is recent, and no persona has spoken since without knowing it: then the story placed it
        after that.
        """
        bounds = self._casting.rules.catch_up
        is_last = owed.turn.position <= (owed.turn.message_id or 0)
        return is_last and bounds.answers(owed.turn.created_at, self._clock())

    @asynccontextmanager
    async def at_rest(self, place: Place) -> AsyncIterator[None]:
        """Wait until no reply is written in a place, and let none begin meanwhile."""
        async with self._floor.floor(place.channel_id):
            yield

    async def begin_notice(self, owed: Owed) -> Unfinished | None:
        """Begin and close the turn that has the notice for who waits; None if its persona is gone.

        Call it with the place at rest. Where another process still writes, nobody is told.
        """
        persona = self.persona(owed.place.guild_id, owed.persona_key)
        if persona is None or await self._is_written_elsewhere(owed.turn.scene_id):
            return None
        begun = await self._history.begin_reply(
            owed.turn.scene_id,
            persona_key=persona.key,
            name=names.persona_name(persona),
            at=self._clock(),
            heard=self._floor.newest(owed.place.channel_id),
        )
        turn = await self._history.unfinished.close(begun.id, 0)
        return None if turn is None else Unfinished(turn, owed.place, (), (), owed.turn)

    def persona(self, server_id: int | None, key: str) -> Persona | None:
        """Return a persona as its file is now; None if it cannot be loaded."""
        return self._casting.library.at(server_id).get(key)

    async def as_stored(self, left: Unfinished) -> Unfinished:
        """Return an unfinished reply as it is stored now."""
        for each in await self._history.unfinished.all():
            if each.turn.id == left.turn.id:
                return replace(each, asked=left.asked)
        return left

    async def still_waits(
        self,
        owed: Owed,
        words: IncomingMessage | None,
        *,
        addressed: bool,
        told_by: Turn | None = None,
    ) -> ChannelCast | None:
        """Return the cast of a place where a message still waits for its reply; None if none is due anymore.

        `addressed` is whether the message turns to the bot itself, `words` is the message as it is now, which
        may call a guest by name, `told_by` the turn whose notice tells of it. Nobody is told where the bot is
        paused, where a channel was unbound since, or of what was asked in quiet hours that are over.
        """
        if not await self._is_owed(owed, told_by):
            return None
        place, key = owed.place, owed.persona_key
        cast = await self._casting.lookup(place)
        is_over = self._floor.pacing.is_over(cast.settings, owed.turn.created_at)
        if is_over or refusal_of_command(paused=cast.settings.paused) is not None:
            return None
        persona = self._casting.speaker(place, cast, key)
        if not isinstance(persona, Persona):
            return None
        if cast.bound:
            shelf = self._casting.library.at(place.guild_id)
            said = "" if words is None else f"{message_text.said_in(words)}\n{message_text.said_aside(words)}"
            called = call_of(said, persona, shelf).persona
            return cast if addressed or called or key in cast.keys else None
        was_bound = await self._scenes.was_told((place.channel_id, place.home_id), (RECORDING,))
        return cast if addressed and not was_bound else None

    def quiet(self, cast: ChannelCast) -> Denial | None:
        """Return until when it is quiet in a place, so that nobody is answered; None if it is not."""
        return self._floor.pacing.quiet(cast.settings)

    async def rest(self, owed: Owed, quiet: Denial, tell: Callable[[], Awaitable[None]]) -> None:
        """Let who waits be told by `tell` that it is quiet, once in that time; nothing is owed then."""
        asked, place = owed.turn, owed.place
        if asked.user_id is None or self._floor.pacing.tells(quiet, place, asked.user_id):
            await tell()
        if asked.message_id is not None:
            await self._history.debts.waive(asked.message_id, owed.persona_key)

    async def _is_owed(self, owed: Owed, told_by: Turn | None) -> bool:
        """Return whether nobody answers a message: no reply that is being written, or yet to be mended.

        What another process writes is waited for when an answer begins.
        """
        asked = owed.turn
        for each in await self._history.unfinished.ours():
            turn = each.turn
            if turn.scene_id != asked.scene_id or (told_by is not None and turn.id == told_by.id):
                continue
            after = turn.persona_key == owed.persona_key and turn.position > asked.position
            if turn.ending is None or after:
                return False
        waiting = {(each.turn.id, each.persona_key) for each in await self._history.debts.owed()}
        return (asked.id, owed.persona_key) in waiting

    async def _is_written_elsewhere(self, scene_id: int) -> bool:
        return self._floor.others.are_there and await self._history.unfinished.another_writes(scene_id)

    async def told(self, turn: Turn) -> None:
        """Note that people see that a turn was interrupted, or that they cannot be told.

        A turn of which nothing is there, neither a word nor a post, is deleted.
        """
        now = await self._history.turn(turn.id)
        if now is not None and not now.text and not await self._history.posts.of(turn.id):
            await self._history.drop(turn.id)
        else:
            await self._history.unfinished.told(turn.id)

    async def shorten(self, turn: Turn, seen: str) -> None:
        """Keep of a turn's text only what people see, because no more of it can be shown."""
        await self._history.shorten(turn.id, seen, self._floor.cost(seen))

    def record(self, turn: Turn, posts: Sequence[Post]) -> PostRecord:
        """Return the record of a turn's posts, for their repair; `posts` are those that exist."""
        return PostRecord(self._history, turn.id, posts)
