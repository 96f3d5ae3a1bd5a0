"""The record of the posts that show a turn.

Law: a page is planned before it is sent and noted once it is posted, so that a crash posts nothing twice.
"""

from collections.abc import Collection, Sequence

from bot.core.scene import Post, Slice
from bot.storage.history import History


class PostRecord:
    """The record of the posts of one turn.

    Attributes:
        is_begun: whether any of it is about to be shown, or was.
    """

    def __init__(self, history: History, turn_id: int, posts: Sequence[Post] = ()) -> None:
        """Record the posts of one turn; `posts` exist already."""
        self.is_begun = bool(posts)
        self._history = history
        self._posts = {post.page: post for post in posts}
        self._turn_id = turn_id
        # None: unknown how these were planned, so that a page is planned again before it shows another text.
        self._planned: dict[int, Slice | None] = {post.page: None for post in posts}
        self._bearing: set[int] | None = None if posts else set()

    async def plan(self, slices: Sequence[Slice]) -> bool:
        """Record which part of the text each page is about to show, before it is sent.

        Return False if another process writes the turn by now: then nothing is to be sent.
        """
        self.is_begun = True
        for planned in slices:
            if self._planned.get(planned.page) != planned:
                if not await self._history.posts.plan(self._turn_id, planned):
                    return False
                self._planned[planned.page] = planned
        # A text that became shorter leaves pages that show nothing anymore.
        end = slices[-1].end if slices else 0
        empty = [page for page in self._planned if page >= len(slices)]
        if empty:
            await self._history.posts.set_slices(self._turn_id, [(page, end, end) for page in empty])
        for page in empty:
            del self._planned[page]
        return True

    @property
    def posts(self) -> tuple[Post, ...]:
        """The posts as far as they are known to be there, also of a turn that is gone by now."""
        return tuple(self._posts.values())

    async def note(self, page: int, message_id: int) -> None:
        """Record the message of a page."""
        planned = self._planned.get(page)
        hook_id = planned.hook_id if planned is not None else None
        self._posts[page] = Post(message_id, self._turn_id, page, 0, 0, hook_id)
        await self._history.posts.posted(self._turn_id, page, message_id)

    async def set_button_posts(self, pages: Collection[int]) -> None:
        """Record which pages may have buttons from now on."""
        if self._bearing != set(pages):
            await self._history.posts.set_buttons(self._turn_id, pages)
            self._bearing = set(pages)
