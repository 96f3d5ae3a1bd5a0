"""The removal of outdated buttons: those of older replies, and those of an ending that changed.

Law: it uses what other requests leave of Discord's limits, and nothing waits for it. Which posts have buttons
is stored, so what remains after a restart goes after the next reply.
"""

from collections.abc import Callable
from contextlib import suppress

from bot.core.posts.buttons import row_under
from bot.core.posts.layout import PostRef
from bot.core.posts.pace import Urgency
from bot.core.scene import Post
from bot.discord_ui.posting.poster import Poster
from bot.discord_ui.posting.request import NotTaken, Orphaned, PostChange, Unavailable
from bot.discord_ui.replies.buttons import row_view
from bot.discord_ui.replies.chores import Chores
from bot.discord_ui.replies.post_view import PostView, notices_under, signed_under
from bot.story.revisions.turn_states import TurnState
from bot.story.revisions.turns import Turns


class Sweeper:
    """Removes old buttons."""

    def __init__(self, turns: Turns, keeper: Callable[[TurnState], Poster]) -> None:
        """Sweep the posts that `turns` knows; `keeper` returns the poster that edits a turn."""
        self._turns = turns
        self._keeper = keeper
        self._newest: dict[int, int] = {}
        self._chores = Chores("sweeping", self._sweep)

    def sweep(self, channel_id: int, turn_id: int) -> None:
        """Remove the buttons of all replies of a channel that are older than this turn."""
        self._newest[channel_id] = turn_id
        self._chores.do(channel_id)

    async def put_right(self, turn_id: int, poster: Poster) -> None:
        """Put the right buttons under a turn whose reply could not be shown to its end.

        If a person signs it, the notice that says so may have gone with a post, and is shown again.
        """
        state = await self._turns.state(turn_id)
        if state is None or state.removed or not state.posts:
            return
        record = self._turns.post_record(state)
        text, status = state.turn.text, state.status
        view = PostView(state.turn, poster, record, posts=state.posts)
        for notices in (notices_under(status), signed_under(status)) if signed_under(status) else ():
            with suppress(NotTaken):
                await view.show(text, notices, final=True, status=status)
                return
        last = state.posts[-1]
        await record.set_button_posts({last.page})
        buttons = row_view(turn_id, row_under(status), poster.voice)
        with suppress(NotTaken, Orphaned):
            await poster.edit(PostRef(last.message_id, last.hook_id), PostChange(Urgency.FIRST, view=buttons))

    async def stop(self) -> None:
        """Stop all tasks; the rest is left for later."""
        await self._chores.stop()

    async def _sweep(self, channel_id: int) -> None:
        turn_id = self._newest.pop(channel_id)
        for post in await self._turns.old_buttons(channel_id, turn_id):
            await self._clear(post)

    async def _clear(self, post: Post) -> None:
        state = await self._turns.state(post.turn_id)
        if state is None:
            return
        poster, ref = self._keeper(state), PostRef(post.message_id, post.hook_id)
        await poster.sender.reserve(Urgency.CLEARING, poster.lane_of(ref))
        try:
            state = await self._turns.state(post.turn_id)
            if state is None or state.writing:
                return  # its Stop button is not an old one
            await poster.edit(ref, PostChange(Urgency.CLEARING, view=None))
        except Unavailable:
            return  # tried again after the next reply
        except (NotTaken, Orphaned):
            pass  # the bot cannot change it anymore
        finally:
            poster.sender.release()
        await self._turns.clear_buttons(post.message_id)
