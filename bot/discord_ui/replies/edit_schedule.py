"""The times at which the text of a reply is shown.

Law: each request carries the newest text at the moment it may go; when it may is a rule of `core.posts.pace`.
"""

import asyncio

from bot.core.posts import pace
from bot.core.posts.pace import Urgency
from bot.core.posts.pages import shows
from bot.core.settings import Stream
from bot.discord_ui.posting.poster import Poster
from bot.discord_ui.replies.post_view import PostView
from bot.story.replies.reply import Reply


class EditSchedule:
    """The times at which a reply's posts are brought up to its text."""

    def __init__(self, reply: Reply, poster: Poster, view: PostView) -> None:
        """Time the edits of `reply`, which holds the floor, by `poster` in `view`."""
        self._reply = reply
        self._poster = poster
        self._view = view
        self._tempo = poster.sender.tempo
        whole = reply.opened is not None and reply.opened.whole
        self._within = pace.patience(Stream.OFF if whole else reply.cast.settings.stream, self._tempo)
        self._came: float | None = None
        self.begun = False
        """Whether anything new has been shown."""

    def rest(self) -> float:
        """Return the seconds for which the model's stream may be left alone."""
        return self._poster.sender.rest

    async def due(self) -> None:
        """Wait until the reply's newest text may be shown, or until the reply has ended."""
        while not self._reply.ended and (seconds := self._seconds()):
            if self.begun or self._within > self._tempo.first:
                await self._reply.wait_ended(seconds)
            else:  # any delta may end a phrase
                await self._reply.wait_grown(seconds)

    def _seconds(self) -> float:
        age = self._view.age()
        if self.begun and age is not None:
            return self._claim_edit(age)
        if not shows(self._reply.text):
            return 0.0
        now, tempo = asyncio.get_running_loop().time(), self._tempo
        self._came = now if self._came is None else self._came
        seconds = pace.until_first_post(self._reply.text, now - self._came, self._within, tempo)
        if age is not None:  # the first words go into a post that exists
            return seconds or self._claim_edit(age)
        return seconds or self._poster.sender.claim(Urgency.FIRST, self._poster.lane_of(None), is_post=True)

    def _claim_edit(self, age: float) -> float:
        lane = self._poster.lane_of(self._view.growing)
        return self._poster.sender.claim(Urgency.PREVIEW, lane, age=age)
