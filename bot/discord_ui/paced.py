"""A poster that waits for Discord's limits, and the rhythm in which a reply's text goes through it.

Law: what is urgent goes first, and each request carries the newest text there is when it may go.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from bot.core import pace
from bot.core.draft import shows
from bot.core.pace import Kind
from bot.discord_ui.posters import FINAL_TRIES, KEEP, Keep, Poster, Row
from bot.discord_ui.traffic import Lane, Traffic
from bot.reply import Reply


class Paced:
    """Posts through another poster, each time when that may be done."""

    def __init__(self, poster: Poster, traffic: Traffic) -> None:
        """Post through `poster`, by what `traffic` knows."""
        self._poster = poster
        self._traffic = traffic

    @property
    def nonces(self) -> bool:
        """Whether Discord answers a nonce it knows with the message that is already there."""
        return self._poster.nonces

    @property
    def lane(self) -> Lane:
        """Which limits it counts against."""
        return self._poster.lane

    @asynccontextmanager
    async def typing(self) -> AsyncIterator[None]:
        """Show that an answer is being written, as soon as that takes nothing from those who have one."""
        await self._traffic.clear(Kind.TYPING, self.lane)
        async with self._poster.typing():
            yield

    async def send(
        self, content: str, *, nonce: str, tries: int, reply_to: int | None = None, row: Row = None
    ) -> tuple[int, str]:
        """Post a message; return its id and what stands there now."""
        kind = Kind.FINAL if tries == FINAL_TRIES else Kind.FIRST
        await self._traffic.clear(kind, self.lane, post=True)
        return await self._poster.send(content, nonce=nonce, tries=tries, reply_to=reply_to, row=row)

    async def edit(
        self,
        message_id: int,
        content: str | Literal[Keep.KEEP],
        *,
        tries: int,
        row: Row | Literal[Keep.KEEP] = KEEP,
    ) -> None:
        """Replace a message's text, the buttons under it, or both."""
        if tries == FINAL_TRIES:
            await self._traffic.clear(Kind.FINAL, self.lane)
        else:
            self._traffic.preview(self.lane)
        await self._poster.edit(message_id, content, tries=tries, row=row)

    async def delete(self, message_id: int) -> None:
        """Delete a message; one that is gone already is fine."""
        await self._poster.delete(message_id)


class Rhythm:
    """When the text of one reply is to be shown anew."""

    def __init__(self, reply: Reply, traffic: Traffic, poster: Poster) -> None:
        """Show `reply`, which has the floor, through `poster`."""
        self._reply = reply
        self._traffic = traffic
        self._poster = poster
        self._within = pace.patience(reply.settings.stream, traffic.tempo)
        self._came: float | None = None
        self.age: float | None = None
        """Seconds since the post that is edited next was made; None while there is none."""
        self.begun = False
        """Whether anything new has been shown."""

    async def due(self) -> None:
        """Return when the reply's newest text may be shown, or when it has ended."""
        while not self._reply.ended and (seconds := self._seconds()):
            await self._reply.wait_ended(seconds)

    def _seconds(self) -> float:
        if self.begun and self.age is not None:
            return self._traffic.seconds(Kind.PREVIEW, self._poster.lane, age=self.age)
        if not shows(self._reply.text):
            return 0.0
        now, tempo = asyncio.get_running_loop().time(), self._traffic.tempo
        self._came = now if self._came is None else self._came
        seconds = pace.until_first_post(self._reply.text, now - self._came, self._within, tempo)
        # A phrase may be finished any time.
        seconds = min(seconds, tempo.look) if self._within <= tempo.first else seconds
        if self.age is not None:  # a post that is there already takes the first words
            return seconds or self._traffic.seconds(Kind.PREVIEW, self._poster.lane, age=self.age)
        return seconds or self._traffic.seconds(Kind.FIRST, self._poster.lane, post=True)
