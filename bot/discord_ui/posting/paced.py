"""A poster that waits for Discord's limits, and the rhythm in which a reply's text goes through it.

Law: what is urgent goes first, and each request carries the newest text there is when it may go.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from bot.core.posts import pace
from bot.core.posts.pace import Kind, Tempo
from bot.core.posts.pages import shows
from bot.core.scene import IncomingMessage
from bot.discord_ui.posting.poster import FINAL_TRIES, KEEP, Keep, Poster, Row
from bot.discord_ui.posting.rate_limits import Lane, Traffic
from bot.story.reply import Reply


class Paced:
    """Posts through another poster, each time when that may be done."""

    def __init__(self, poster: Poster, traffic: Traffic) -> None:
        """Post through `poster`, by what `traffic` knows."""
        self._poster = poster
        self._traffic = traffic
        self._claimed: tuple[Lane, bool] | None = None

    @property
    def nonces(self) -> bool:
        """Whether Discord answers a nonce it knows with the message that is already there."""
        return self._poster.nonces

    @property
    def hook_id(self) -> int | None:
        """The webhook that the next post goes by; None for the bot itself."""
        return self._poster.hook_id

    @property
    def plain(self) -> "Paced":
        """Who posts in the same place what is not the persona's to say."""
        return Paced(self._poster.plain, self._traffic)

    async def prepare(self) -> None:
        """Find what posting needs."""
        await self._poster.prepare()

    async def begin(self, cause: IncomingMessage | None) -> str:
        """Get ready for a post, and return the line above a reply's first one; empty for none."""
        return await self._poster.begin(cause)

    @property
    def lane(self) -> Lane:
        """Which limits it counts against."""
        return self._poster.lane

    def claim(self, kind: Kind, *, post: bool = False, age: float = 0.0) -> float:
        """Return how long the next request has to wait; where it need not, nobody else takes its place."""
        self.give_back()
        seconds = self._traffic.claim(kind, self.lane, post=post, age=age)
        if not seconds:
            self._claimed = self.lane, post
        return seconds

    def give_back(self) -> None:
        """Let go of what was claimed and not used."""
        if self._claimed is not None:
            lane, post = self._claimed
            self._traffic.give_back(lane, post=post)
            self._claimed = None

    def _take(self, *, post: bool) -> bool:
        """Tell whether the next request was claimed, and count it as made."""
        if self._claimed != (self.lane, post):
            return False
        self._claimed = None
        return True

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
        if not self._take(post=True):
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
        hook_id: int | None = None,
    ) -> None:
        """Replace a message's text, the buttons under it, or both."""
        if not self._take(post=False):
            if tries == FINAL_TRIES:
                await self._traffic.clear(Kind.FINAL, self.lane)
            else:
                self._traffic.preview(self.lane)
        await self._poster.edit(message_id, content, tries=tries, row=row, hook_id=hook_id)

    async def delete(self, message_id: int, hook_id: int | None = None) -> None:
        """Delete a message; one that is gone already is fine."""
        await self._poster.delete(message_id, hook_id)


class Rhythm:
    """When the text of one reply is to be shown anew."""

    def __init__(self, reply: Reply, tempo: Tempo, poster: Paced) -> None:
        """Show `reply`, which has the floor, through `poster`."""
        self._reply = reply
        self._tempo = tempo
        self._poster = poster
        self._within = pace.patience(reply.cast.settings.stream, tempo)
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
            return self._poster.claim(Kind.PREVIEW, age=self.age)
        if not shows(self._reply.text):
            return 0.0
        now, tempo = asyncio.get_running_loop().time(), self._tempo
        self._came = now if self._came is None else self._came
        seconds = pace.until_first_post(self._reply.text, now - self._came, self._within, tempo)
        # A phrase may be finished any time.
        seconds = min(seconds, tempo.look) if self._within <= tempo.first else seconds
        if self.age is not None:  # a post that is there already takes the first words
            return seconds or self._poster.claim(Kind.PREVIEW, age=self.age)
        return seconds or self._poster.claim(Kind.FIRST, post=True)
