"""Second thoughts as people have them on Discord: what happens when a button or a message menu is used.

Law: rights are looked at here, each time. A press is answered before anything is waited for, and whoever
pressed is told why it is not done. What people see is what the story keeps: a change that could not be shown
is taken back.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

import discord
from discord.utils import escape_markdown

from bot.core.posts.buttons import WRITING, Action, TurnStatus, row_under
from bot.core.posts.layout import PostRef
from bot.core.posts.pace import Kind
from bot.core.scene import IncomingMessage, Participant, Turn
from bot.discord_ui.interactions.rights import demand_steering, why_not_steer
from bot.discord_ui.interactions.services import Desk, Refused, demand_writing, excuse, place_of, tell
from bot.discord_ui.posting.by_answer import AnswerRoute
from bot.discord_ui.posting.by_bot import BotRoute
from bot.discord_ui.posting.by_press import ComponentRoute
from bot.discord_ui.posting.poster import OwnRoute, Poster
from bot.discord_ui.posting.request import Barred, Gone, Orphaned, PostChange, Unavailable, View
from bot.discord_ui.replies.buttons import Button, buttons, row_view, stateless_view
from bot.discord_ui.replies.post_view import PostView, notice_under
from bot.storage.errors import StorageError
from bot.storage.removals import Removal
from bot.story.reply import Reply
from bot.story.revision import Change, Refusal, RefusalReason, Standing
from bot.texts.sentences import say

Writing = Callable[[int, IncomingMessage], Awaitable[Reply | Refusal | None]]
"""`Revision.regenerate` or `Revision.proceed`."""


def refused(refusal: Refusal) -> Refused:
    """Return why nothing was changed, in words."""
    reason = refusal.reason
    return Refused(say(f"revise.{reason}", about=refusal.about))


async def standing_of(desk: Desk, interaction: discord.Interaction, turn_id: int) -> Standing:
    """Return a persona's turn of the place where somebody asks.

    Raises:
        Refused: it is gone, or of another place.
    """
    standing = await desk.story.revision.standing(turn_id)
    if standing is None:
        raise refused(Refusal(RefusalReason.GONE))
    if standing.place.channel_id != place_of(interaction).channel_id:
        raise refused(Refusal(RefusalReason.ELSEWHERE))
    return standing


# --- what is written ------------------------------------------------------------------------------


async def stop(desk: Desk, interaction: discord.Interaction, turn_id: int) -> None:
    """Stop the writing at once; where nothing was written yet the row is put right."""
    demand_writing(interaction)
    standing = await standing_of(desk, interaction, turn_id)
    stopped, open_still = desk.story.revision.stop(turn_id), standing.turn.ending is None
    now: Standing | None = standing
    if standing.removed or (stopped and open_still):  # whoever writes it shows what becomes of it
        now = None
    elif open_still:
        now = await desk.story.revision.close_left(turn_id)
    if now is None:
        await interaction.response.defer()
    else:
        await interaction.response.edit_message(view=row_view(turn_id, row_under(now.showing)))


async def again(desk: Desk, interaction: discord.Interaction, turn_id: int) -> None:
    """Write another variant; if the story has gone on since, ask first whether that may leave it."""
    demand_writing(interaction)
    standing = await standing_of(desk, interaction, turn_id)
    if standing.followed and not standing.newest and not standing.removed:
        await _ask(desk, interaction, turn_id)
    else:
        await write(desk, interaction, standing, desk.story.revision.regenerate)


async def retry(desk: Desk, interaction: discord.Interaction, turn_id: int) -> None:
    """Try once more what failed, wherever the story is by now: the answer takes its place in it."""
    demand_writing(interaction)
    standing = await standing_of(desk, interaction, turn_id)
    await write(desk, interaction, standing, desk.story.revision.regenerate)


async def proceed(desk: Desk, interaction: discord.Interaction, turn_id: int) -> None:
    """Go on with what was cut."""
    demand_writing(interaction)
    standing = await standing_of(desk, interaction, turn_id)
    await write(desk, interaction, standing, desk.story.revision.proceed)


async def write(desk: Desk, interaction: discord.Interaction, standing: Standing, writing: Writing) -> None:
    """Have a turn written anew or further, and show it growing."""
    turn_id = standing.turn.id
    reply = await writing(turn_id, _cause(interaction))
    if isinstance(reply, Refusal):
        raise refused(reply)
    under_it = interaction.type is discord.InteractionType.component
    if reply is None:  # it is on its way already
        await (interaction.response.defer() if under_it else tell(interaction, say("revise.anew")))
        return
    if under_it:
        await interaction.response.edit_message(view=row_view(turn_id, row_under(WRITING)))
    else:
        await tell(interaction, say("revise.anew"))
    await show_written(desk, interaction, standing, reply)


async def show_written(
    desk: Desk, interaction: discord.Interaction, standing: Standing, reply: Reply
) -> None:
    """Show a reply that revises a turn, and say what became of it if it is not shown."""
    turn_id, poster = standing.turn.id, _poster(desk, interaction, standing)
    async with desk.hold(turn_id):
        try:
            shown = await desk.runner.perform(reply, poster, points=False, types=False)
        except StorageError:
            # It never began: what was there to press is there again.
            if reply.opened is None and standing.posts:
                post, buttons = standing.posts[-1], row_view(turn_id, row_under(standing.showing))
                with suppress(Barred, Gone, Orphaned, Unavailable):
                    await poster.edit(
                        PostRef(post.message_id, post.hook_id), PostChange(Kind.FIRST, view=buttons)
                    )
            raise
        if shown:
            return
        await desk.runner.put_right(turn_id, poster)
    if reply.opened is not None and not reply.is_page_deleted:
        await excuse(interaction, say("command.discord"))
    elif reply.opened is None and (why := await desk.story.revision.why_not(turn_id, place_of(interaction))):
        await excuse(interaction, str(refused(why)))


async def _ask(desk: Desk, interaction: discord.Interaction, turn_id: int) -> None:
    await demand_steering(desk, interaction)
    count = await desk.story.revision.following(turn_id)
    text = say("revise.confirm.one") if count == 1 else say("revise.confirm.many", count=count)
    await tell(interaction, text, view=buttons(turn_id, [Action.FROM_HERE]))


async def from_here(desk: Desk, interaction: discord.Interaction, turn_id: int) -> None:
    """Write a turn anew, and take what followed it out of the story."""
    demand_writing(interaction)
    await demand_steering(desk, interaction)
    standing = await standing_of(desk, interaction, turn_id)
    await _put_off(interaction)
    reply = await desk.story.revision.regenerate(turn_id, _cause(interaction))
    if not isinstance(reply, Reply):
        raise refused(reply or Refusal(RefusalReason.WRITING))
    removal = await desk.story.revision.remove_after(turn_id, interaction.user.id, place_of(interaction))
    if isinstance(removal, Refusal):
        raise refused(removal)
    if removal is None:
        await _answer(interaction, say("revise.anew"), None)
    else:
        await _answer(interaction, say("revise.from_here"), undo_of(removal))
    await show_written(desk, interaction, standing, reply)


# --- what is there already ------------------------------------------------------------------------


async def swipe(desk: Desk, interaction: discord.Interaction, turn_id: int, step: int) -> None:
    """Bring the variant before or after on screen; after the last, have another written."""
    demand_writing(interaction)
    standing = await standing_of(desk, interaction, turn_id)
    if standing.writing:
        raise refused(Refusal(RefusalReason.WRITING))
    if step > 0 and standing.turn.swipe >= standing.count:
        await again(desk, interaction, turn_id)
        return
    await interaction.response.defer()
    async with desk.hold(turn_id):
        change = await desk.story.revision.swipe(turn_id, step, standing.place)
        if isinstance(change, Refusal):
            raise refused(change)
        await show_change(desk, change, _poster(desk, interaction, change), change.showing)


async def rewrite(desk: Desk, interaction: discord.Interaction, turn_id: int, text: str) -> None:
    """Give a turn other words, and show them."""
    standing = await standing_of(desk, interaction, turn_id)
    async with desk.hold(turn_id):
        change = await desk.story.revision.rewrite(turn_id, text, standing.place)
        if isinstance(change, Refusal):
            raise refused(change)
        await show_change(
            desk,
            change,
            _poster(desk, interaction, change),
            change.showing if standing.newest else None,
        )


async def show_change(desk: Desk, change: Change, poster: Poster, status: TurnStatus | None) -> None:
    """Bring the posts up to a change; what could not be shown is taken back.

    Raises:
        Gone, Barred, Unavailable: it could not be shown.
    """
    view = PostView(change.turn, poster, change.log, posts=change.posts)
    notice = notice_under(change.showing)
    try:
        await view.show(change.turn.text, notice, final=True, status=status)
    except (Gone, Barred, Unavailable):
        before = await desk.story.revision.revert(change)
        if before is not None and before != change.turn:
            # Some of it may stand there. If that cannot be mended now, the next start does it.
            back = replace(change, turn=before)
            with suppress(Gone, Barred, Unavailable):
                await view.show(
                    before.text, notice_under(back.showing), final=True, status=status and back.showing
                )
                await desk.story.revision.settle(back)
        raise
    await desk.story.revision.settle(change)


# --- out of the story, and back -------------------------------------------------------------------


async def more(desk: Desk, interaction: discord.Interaction, turn_id: int) -> None:
    """Offer what is seldom needed, to who may do it."""
    demand_writing(interaction)
    await standing_of(desk, interaction, turn_id)
    await demand_steering(desk, interaction)
    await tell(interaction, say("revise.more"), view=buttons(turn_id, [Action.EDIT, Action.REMOVE]))


async def remove(desk: Desk, interaction: discord.Interaction, turn_id: int) -> None:
    """Take a persona's turn out of the story; its posts say so."""
    demand_writing(interaction)
    await demand_steering(desk, interaction)
    standing = await standing_of(desk, interaction, turn_id)
    if standing.writing:
        raise refused(Refusal(RefusalReason.WRITING))
    await _put_off(interaction)
    async with desk.hold(turn_id):
        removal = await desk.story.revision.remove(turn_id, interaction.user.id, standing.place)
        if isinstance(removal, Refusal):
            raise refused(removal)
        try:
            whole = await _blank(desk, interaction, standing)
        except (Barred, Unavailable):
            await desk.story.revision.put_back(removal.id, standing.place)
            raise
    said = say("revise.taken_out") if whole else say("revise.taken_out.message")
    await _answer(interaction, said, buttons(turn_id, [Action.RESTORE]))


async def _blank(desk: Desk, interaction: discord.Interaction, standing: Standing) -> bool:
    """Put a line in the place of each post of a turn; False if one stays: its webhook is gone."""
    whole = True
    poster = _poster(desk, interaction, standing)
    name = escape_markdown(interaction.user.display_name)
    line, undo = say("player.removed", name=name), buttons(standing.turn.id, [Action.RESTORE])
    for number, post in enumerate(standing.posts):
        content = f"-# {say('player.removed_too') if number else line}"
        try:
            await poster.edit(
                PostRef(post.message_id, post.hook_id),
                PostChange(Kind.FINAL, content, None if number else undo),
            )
        except Gone:
            continue
        except Orphaned:
            whole = False
    await desk.story.revision.post_log(standing).set_button_posts(())
    return whole


async def remove_words(desk: Desk, interaction: discord.Interaction, turn: Turn) -> None:
    """Take what a person said out of the story; their message stays. One's own are one's own to take."""
    why_not = await why_not_steer(desk, interaction)
    if why_not is not None and turn.user_id != interaction.user.id:
        raise Refused(say("revise.not_yours", why=why_not))
    removal = await desk.story.revision.remove(turn.id, interaction.user.id, place_of(interaction))
    if isinstance(removal, Refusal):
        raise refused(removal)
    await tell(interaction, say("revise.taken_out.message"), view=undo_of(removal))


async def restore(desk: Desk, interaction: discord.Interaction, turn_id: int) -> None:
    """Put a persona's turn back into the story, and its words back into its posts."""
    demand_writing(interaction)
    standing = await standing_of(desk, interaction, turn_id)
    removal_id = standing.turn.removal_id
    await _demand_undoing(
        desk, interaction, await desk.story.revision.removal(removal_id) if removal_id else None
    )
    if standing.writing:
        raise refused(Refusal(RefusalReason.WRITING))
    await _put_off(interaction)
    async with desk.hold(turn_id):
        if removal_id is not None:
            found = await desk.story.revision.put_back(removal_id, standing.place)
            if isinstance(found, Refusal):
                raise refused(found)
        # A second time too: the first may have reached the story and not the posts.
        now = await standing_of(desk, interaction, turn_id)
        poster, record = _poster(desk, interaction, now), desk.story.revision.post_log(now)
        view = PostView(now.turn, poster, record, posts=now.posts)
        status = now.showing if now.newest else None
        await view.show(now.turn.text, notice_under(now.showing), final=True, status=status)
    if _is_private(interaction):
        await _answer(interaction, say("revise.put_back"), None)


async def undo_removal(desk: Desk, interaction: discord.Interaction, removal_id: int) -> None:
    """Put back what was taken out of the story and still stands in the channel as it was."""
    demand_writing(interaction)
    place = place_of(interaction)
    removal = await desk.story.revision.removal(removal_id)
    if removal is None:
        raise refused(Refusal(RefusalReason.GONE))
    await _demand_undoing(desk, interaction, removal)
    turns = await desk.story.revision.put_back(removal_id, place)
    if isinstance(turns, Refusal):
        raise refused(turns)
    text = say("revise.put_back") if turns else say("revise.put_back_already")
    await interaction.response.edit_message(content=text, view=None)
    for turn in reversed(turns):
        standing = await desk.story.revision.standing(turn.id)
        if standing is not None and standing.newest:
            await desk.runner.put_right(turn.id, _poster(desk, interaction, standing))
            desk.runner.sweep(place.channel_id, turn.id)
            return


async def _demand_undoing(desk: Desk, interaction: discord.Interaction, removal: Removal | None) -> None:
    """Go on only if whoever asks decides about the story, or took it out themselves."""
    if removal is None or removal.by_user != interaction.user.id:
        await demand_steering(desk, interaction)


def undo_of(removal: Removal) -> discord.ui.View:
    """Return the button that puts back what was taken out."""
    return stateless_view([Button(label=say("button.undo"), custom_id=f"rp:undo:{removal.id}")])


# --- how ------------------------------------------------------------------------------------------


def _cause(interaction: discord.Interaction) -> IncomingMessage:
    """Return the press as what asks for an answer; it says nothing."""
    return IncomingMessage(
        id=interaction.id,
        place=place_of(interaction),
        author=Participant(interaction.user.id, interaction.user.display_name),
        content="",
        created_at=interaction.created_at,
        by_command=True,
    )


def _poster(desk: Desk, interaction: discord.Interaction, standing: Standing | Change) -> Poster:
    """Return who changes the posts of a turn: who made them, and the press as long as that may."""
    allowed, channel_id = interaction.app_permissions, place_of(interaction).channel_id
    is_thread = isinstance(interaction.channel, discord.Thread)
    may_send = allowed.send_messages_in_threads if is_thread else allowed.send_messages
    own: OwnRoute
    if allowed.administrator or (allowed.view_channel and may_send):
        own = BotRoute(interaction.client.get_partial_messageable(channel_id))
    else:
        own = AnswerRoute(interaction)
    press = ComponentRoute(interaction)
    return desk.faces.keeping(standing.turn, standing.place, standing.posts, own, press)


def _is_private(interaction: discord.Interaction) -> bool:
    """Tell whether a control stands in an answer that one person sees."""
    return interaction.message is not None and interaction.message.flags.ephemeral


async def _put_off(interaction: discord.Interaction) -> None:
    """Answer at once, so that what is to be said may take its time."""
    if interaction.type is discord.InteractionType.component:
        await interaction.response.defer()
    else:
        await interaction.response.defer(ephemeral=True, thinking=True)


async def _answer(interaction: discord.Interaction, text: str, view: View) -> None:
    """Say what was done to whoever was put off, in the place of the private question if there was one."""
    await interaction.edit_original_response(content=text, view=view)
