"""Proxying: what people write is held where a proxy may post it again, until it is known which one is heard.

Law: a held message is in memory only, as if it had not come: it is stored when it is heard. Nobody waits in
line for it; `core.holds` decides, and this waits.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from datetime import datetime
from typing import Any

from bot.core.holds import KEPT, Due, Room
from bot.core.scene import IncomingMessage, Place
from bot.story.incoming.members import Members

ROOMS = 1000
"""How many channels are looked at together whether anything of them still needs to be remembered."""

Sleep = Callable[[float], Coroutine[Any, Any, None]]


class Proxying:
    """The messages that are held, in all channels.

    Attributes:
        members: whose the messages are that proxies post.
        sleep: waits for some seconds; tests pass their own.
    """

    def __init__(self, members: Members) -> None:
        self.sleep: Sleep = asyncio.sleep
        self.members = members
        self._rooms: dict[int, Room] = {}
        self._timers: dict[int, set[asyncio.Task[None]]] = {}

    def came(self, message: IncomingMessage) -> None:
        """Note that a person's message has come, before anything about it is looked up."""
        if message.place.guild_id is not None and not message.from_bot:
            self._room(message).came(message, _now())

    def take(self, message: IncomingMessage) -> IncomingMessage | None:
        """Return a person's message as it is to be heard now; None if it was posted again or deleted."""
        if message.place.guild_id is None:  # there are no proxies in direct messages
            return message
        due = self._room(message).take(message)
        return None if due is None else due.messages[0]

    async def held(self, message: IncomingMessage, seconds: float) -> IncomingMessage | None:
        """Hold a person's message for so long since it came, and return it as it is to be heard then.

        None, and sooner, if it was posted again or deleted.
        """
        self._room(message).hold(message.id, seconds)
        await self._settled(message)
        return self.take(message)

    async def copies(self, copy: IncomingMessage) -> Due | None:
        """Return what is to be heard of a copy, once no other one of the same original follows.

        None if it is deleted, or heard together with a later one.
        """
        room = self._room(copy)
        copy = await self.members.recognized(copy)
        room.copied(copy, _now())
        self._wake(copy.place.channel_id)
        await self._settled(copy)
        return room.take(copy)

    async def _settled(self, message: IncomingMessage) -> None:
        room = self._room(message)
        while seconds := room.wait(message.id, _now()):
            await self._wait(message.place.channel_id, seconds)

    async def of_the_past(
        self, messages: Iterable[IncomingMessage], now: datetime, is_deleted: Callable[[int], bool]
    ) -> dict[int, IncomingMessage]:
        """Return by id what is to be heard of messages of one channel that came while nobody listened.

        `is_deleted` returns whether a message was deleted after it was listed.
        Copies are their accounts'; originals that a proxy deletes only now, by the host's clock, are left
        out. What was deleted before is in no list, so that what still stands by then is nobody's original.
        """
        found, recent = dict[int, IncomingMessage](), list[IncomingMessage]()
        for message in sorted(messages, key=lambda each: each.id):
            age, is_copy = (now - message.created_at).total_seconds(), self.members.is_copy(message)
            said = await self.members.recognized(message) if is_copy else message
            found[said.id] = said
            if age <= KEPT:
                recent.append(said)
                room, at = self._room(said), _now() - max(age, 0.0)
                if is_copy:
                    room.copied(said, at)
                else:
                    room.came(said, at)
                    room.take(said)  # it is held no more
                if is_deleted(said.id):
                    room.deleted(said.id)
        for said in recent:
            await self._settled(said)
            room = self._room(said)
            room.take(said)
            if room.is_copied(said.id):
                del found[said.id]
            else:
                found[said.id] = room.whose(said)
        return found

    def oldest_held(self) -> int | None:
        """Return the oldest message of any channel that is held; None if none is."""
        found = (room.oldest_held() for room in self._rooms.values())
        return min((each for each in found if each is not None), default=None)

    def is_proven(self, copy: IncomingMessage) -> bool:
        """Return whether the deletion of its original has proved whose a copy is."""
        room = self._rooms.get(copy.place.channel_id)
        return room is not None and room.is_proven(copy.id)

    def whose(self, message: IncomingMessage) -> IncomingMessage:
        """Return an edit of a copy as its author's, as long as they are remembered."""
        room = self._rooms.get(message.place.channel_id)
        return message if room is None else room.whose(message)

    def edited(self, message: IncomingMessage) -> bool:
        """Note an edit; return whether its message is held, so that it is heard as it is then."""
        room = self._rooms.get(message.place.channel_id)
        return room is not None and room.edited(message)

    def deleted(self, channel_id: int, message_ids: Iterable[int]) -> None:
        """Note that messages were deleted: those that are held are heard no more."""
        room = self._rooms.get(channel_id)
        if room is not None:
            for message_id in message_ids:
                room.deleted(message_id)
            self._wake(channel_id)

    def is_replaced(self, place: Place, message_id: int) -> bool:
        """Return whether a message is a copy in the place of which another one is, under another name."""
        room = self._rooms.get(place.channel_id)
        return room is not None and room.is_replaced(message_id)

    def copies_of(self, place: Place, message_id: int) -> tuple[IncomingMessage, ...]:
        """Return the copies in the place of a message, as far as they are remembered."""
        room = self._rooms.get(place.channel_id)
        return () if room is None else room.copies_of(message_id)

    def answered(self, due: Due) -> None:
        """Note that copies are answered: no other copy of their original is."""
        if due.original is not None:
            self._room(due.original).answered(due.original.id)

    def _room(self, message: IncomingMessage) -> Room:
        channel_id = message.place.channel_id
        if channel_id not in self._rooms:
            if len(self._rooms) >= ROOMS:
                now = _now()
                self._rooms = {key: room for key, room in self._rooms.items() if not room.is_empty(now)}
            self._rooms[channel_id] = Room()
        return self._rooms[channel_id]

    async def _wait(self, channel_id: int, seconds: float) -> None:
        """Wait for so long, or until something happens in the channel."""
        timer = asyncio.create_task(self.sleep(seconds), name="hold")
        timers = self._timers.setdefault(channel_id, set())
        timers.add(timer)
        try:
            await asyncio.wait([timer])
        finally:
            timer.cancel()
            timers.discard(timer)
            if not timers:
                self._timers.pop(channel_id, None)

    def _wake(self, channel_id: int) -> None:
        for timer in self._timers.get(channel_id, ()):
            timer.cancel()


def _now() -> float:
    return asyncio.get_running_loop().time()
