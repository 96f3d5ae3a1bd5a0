"""What deleted messages take along: a person's message its turn, a post its page.

Law: what people deleted is nowhere in the turn anymore, even if a reply is still writing it.
"""

from dataclasses import dataclass

from bot.core.scene import Ending
from bot.storage.database import Transaction
from bot.storage.derived import turn_leaves
from bot.storage.rows import TURN, posts_of, turn_of
from bot.storage.swipes import cut, moved, revert, settle


@dataclass(frozen=True, slots=True)
class Retraction:
    """What became of a turn when messages were deleted: gone, or shorter by some pages.

    A shortened turn keeps its old count of tokens, which is only too high. A turn that was being written is
    closed, and takes no further text.
    """

    turn_id: int
    gone: bool


async def retract(tx: Transaction, message_id: int) -> Retraction | None:
    """Handle the deletion of a message; None if it changes nothing."""
    return await _retract_turn(tx, message_id) or await _retract_page(tx, message_id)


async def _retract_turn(tx: Transaction, message_id: int) -> Retraction | None:
    rows = await tx.run("SELECT id FROM turn WHERE message_id = ?", (message_id,))
    return await _delete(tx, rows[0]["id"]) if rows else None


async def _delete(tx: Transaction, turn_id: int) -> Retraction:
    await turn_leaves(tx, turn_id)
    await tx.run("DELETE FROM turn WHERE id = ?", (turn_id,))
    return Retraction(turn_id, gone=True)


async def _retract_page(tx: Transaction, message_id: int) -> Retraction | None:
    rows = await tx.run("DELETE FROM post WHERE message_id = ? RETURNING *", (message_id,))
    if not rows:
        return None
    post, (page,) = rows[0], posts_of(rows)
    turn_id, start, end = post["turn_id"], post["slice_start"], post["slice_end"]
    if start == end:
        return None  # it showed nothing anymore: a page that the bot deleted itself
    turn = turn_of((await tx.run(TURN, (turn_id,)))[0])
    others = await tx.run("SELECT * FROM post WHERE turn_id = ? ORDER BY page", (turn_id,))
    # While the turn is being written, a page not sent yet counts, because it is about to be sent. A page that
    # shows none of the text (a notice in a post of its own) does not.
    shown = [other for other in others if other["message_id"] and other["slice_start"] < other["slice_end"]]
    if not shown and not (others and turn.ending is None):
        return await _delete(tx, turn_id)
    for other in others:
        if other["swipe"] == post["swipe"]:
            place = (moved(other["slice_start"], start, end), moved(other["slice_end"], start, end))
            sql = "UPDATE post SET slice_start = ?, slice_end = ? WHERE turn_id = ? AND page = ?"
            await tx.run(sql, (*place, turn_id, other["page"]))
    if post["swipe"] == turn.swipe:
        sql = "UPDATE turn SET text = ? WHERE id = ?"
        await tx.run(sql, (turn.text[:start] + turn.text[end:], turn_id))
    else:
        await cut(tx, turn_id, post["swipe"], page)
    if turn.ending is None:
        await _close(tx, turn_id, begun=any(other["swipe"] == turn.swipe for other in (post, *others)))
    return Retraction(turn_id, gone=False)


async def _close(tx: Transaction, turn_id: int, *, begun: bool) -> None:
    """Close a turn that is being written: the rest of its text may contain the deleted words.

    `begun` says whether any of the text being written may be visible.
    """
    if begun or not await revert(tx, turn_id):
        await tx.run("UPDATE turn SET ending = ? WHERE id = ?", (Ending.STOPPED, turn_id))
        await settle(tx, turn_id)
