"""The posts: which message shows which page of a persona's turn, and which of them may have buttons.

Law: a page is planned before it is sent, so that a crash between the two leaves nothing unknown.
"""

from collections.abc import Collection, Iterable
from typing import Final

from bot.core.scene import Post, Slice
from bot.storage.columns import storable
from bot.storage.database import Database
from bot.storage.debts import answer
from bot.storage.rows import POSTS, posts_of
from bot.storage.writers import is_others, ours

# A deleted turn stays deleted: the page is planned only if its turn exists, and nobody else writes it.
_PLAN: Final = f"""
INSERT INTO post (turn_id, page, slice_start, slice_end, nonce, hook_id, heading, swipe)
SELECT id, ?, ?, ?, ?, ?, ?, swipe FROM turn WHERE id = ? AND {ours("turn")}
ON CONFLICT (turn_id, page) DO UPDATE SET slice_start = excluded.slice_start,
    slice_end = excluded.slice_end, nonce = excluded.nonce, hook_id = excluded.hook_id,
    heading = excluded.heading, swipe = excluded.swipe
RETURNING 1
"""  # noqa: S608 - ours

# The posts of removed turns are included, wherever they are. The order here is that of ids, in which
# personas' turns were begun, because the channel's other scenes count too. The tables are joined in this
# order, because few of a channel's many turns have posts with buttons.
_WITH_BUTTONS: Final = """
SELECT post.* FROM post CROSS JOIN turn CROSS JOIN scene
WHERE post.buttons = 1 AND turn.id = post.turn_id AND scene.id = turn.scene_id
    AND scene.channel_id = :channel AND turn.id <> :turn
    AND scene.owner = coalesce(
        (SELECT here.owner FROM scene AS here JOIN turn ON turn.scene_id = here.id WHERE turn.id = :turn), 0
    )
    AND (turn.id < :turn OR turn.removal_id IS NOT NULL)
ORDER BY post.turn_id, post.page
"""

_BY_WEBHOOKS: Final = """
SELECT post.message_id, post.hook_id FROM post CROSS JOIN turn
WHERE post.message_id > :since AND post.hook_id IS NOT NULL AND turn.id = post.turn_id
    AND (turn.writer <> :writer OR :writer = 0)
"""


class Posts:
    """The posts of all turns."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def plan(self, turn_id: int, planned: Slice) -> bool:
        """Store what a page is about to show, by which webhook and under which line, before it is sent.

        A page planned again is stored again as a whole. Nothing happens if the turn is gone. Return False if
        another process writes it: then it is not to be sent.
        """
        shown = (planned.page, planned.start, planned.end, planned.nonce)
        values = (*shown, planned.hook_id, storable(planned.heading), turn_id, self._db.writer)
        return bool(await self._db.write(_PLAN, values)) or not await is_others(self._db, turn_id)

    async def posted(self, turn_id: int, page: int, message_id: int) -> None:
        """Store the message that shows a planned page; the turn's question counts as answered."""
        sql = "UPDATE post SET message_id = ? WHERE turn_id = ? AND page = ?"
        async with self._db.transaction() as tx:
            await tx.run(sql, (message_id, turn_id, page))
            await answer(tx, turn_id)

    async def set_buttons(self, turn_id: int, pages: Collection[int]) -> None:
        """Store which pages of a turn may have buttons; the others have none."""
        async with self._db.transaction() as tx:
            await tx.run("UPDATE post SET buttons = 0 WHERE turn_id = ? AND buttons = 1", (turn_id,))
            for page in pages:
                await tx.run("UPDATE post SET buttons = 1 WHERE turn_id = ? AND page = ?", (turn_id, page))

    async def clear_buttons(self, message_id: int) -> None:
        """Store that a post has no buttons anymore."""
        await self._db.write("UPDATE post SET buttons = 0 WHERE message_id = ?", (message_id,))

    async def old_buttons(self, channel_id: int, turn_id: int) -> list[Post]:
        """Return the posts of a channel that may still have buttons although this newer turn has them now."""
        return list(posts_of(await self._db.read(_WITH_BUTTONS, {"channel": channel_id, "turn": turn_id})))

    async def set_slices(self, turn_id: int, slices: Iterable[tuple[int, int, int]]) -> None:
        """Store new slices of pages, each as page, start and end, before their posts are edited.

        A page that shows nothing anymore gets an empty slice, so that deleting its post removes no text.
        """
        sql = """
        UPDATE post SET slice_start = ?, slice_end = ?, swipe = (SELECT swipe FROM turn WHERE id = turn_id)
        WHERE turn_id = ? AND page = ?
        """
        async with self._db.transaction() as tx:
            for page, start, end in slices:
                await tx.run(sql, (start, end, turn_id, page))

    async def by_webhooks(self, since: int) -> list[tuple[int, int]]:
        """Return what webhooks have posted for other processes with ids above `since`: posts and webhooks.

        A process that is alone can't tell its own from those of the one before it.
        """
        rows = await self._db.read(_BY_WEBHOOKS, {"since": since, "writer": self._db.writer})
        return [(row["message_id"], row["hook_id"]) for row in rows]

    async def of(self, turn_id: int) -> list[Post]:
        """Return the posts of a turn, in the order of its pages, without those that are only planned."""
        return list(posts_of(await self._db.read(POSTS, (turn_id,))))
