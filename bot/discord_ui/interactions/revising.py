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
from bot.discord_ui.interactions.rights import require_steering, why_not_steer
from bot.discord_ui.interactions.services import (
    Refused,
    Services,
    place_of,
    require_writing,
    tell,
    tell_error,
)
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
from bot.story.revision import PendingChange, Refusal, RefusalReason, TurnState
from bot.texts.sentences import say

Writing = Callable[[int, IncomingMessage], Awaitable[Reply | Refusal | None]]
"""`Revision.regenerate` or `Revision.proceed`."""


def refused(refusal: Refusal) -> Refused:
    """Return why nothing was changed, in words."""
    reason = refusal.reason
    return Refused(say(f"revise.{reason}", about=refusal.about))


async def state_of(services: Services, interaction: discord.Interaction, turn_id: int) -> TurnState:
    """Return a persona's turn of the place where somebody asks.

    Raises:
        Refused: it is gone, or of another place.
    """
    state = await services.story.revision.state(turn_id)
    if state is None:
        raise refused(Refusal(RefusalReason.GONE))
    if state.place.channel_id != place_of(interaction).channel_id:
        raise refused(Refusal(RefusalReason.ELSEWHERE))
    return state


# --- what is written ------------------------------------------------------------------------------


async def stop(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    """Stop the writing at once; where nothing was written yet the row is put right."""
    require_writing(interaction)
    state = await state_of(services, interaction, turn_id)
    stopped, open_still = services.story.revision.stop(turn_id), state.turn.ending is None
    now: TurnState | None = state
    if state.removed or (stopped and open_still):  # whoever writes it shows what becomes of it
        now = None
    elif open_still:
        now = await services.story.revision.close_left(turn_id)
    if now is None:
        await interaction.response.defer()
    else:
        await interaction.response.edit_message(view=row_view(turn_id, row_under(now.status)))


async def again(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    """Write another variant; if the story has gone on since, ask first whether that may leave it."""
    require_writing(interaction)
    state = await state_of(services, interaction, turn_id)
    if state.followed and not state.newest and not state.removed:
        await _ask(services, interaction, turn_id)
    else:
        await write(services, interaction, state, services.story.revision.regenerate)


async def retry(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    """Try once more what failed, wherever the story is by now: the answer takes its place in it."""
    require_writing(interaction)
    state = await state_of(services, interaction, turn_id)
    await write(services, interaction, state, services.story.revision.regenerate)


async def proceed(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    """Go on with what was cut."""
    require_writing(interaction)
    state = await state_of(services, interaction, turn_id)
    await write(services, interaction, state, services.story.revision.proceed)


async def write(
    services: Services, interaction: discord.Interaction, state: TurnState, writing: Writing
) -> None:
    """Have a turn written anew or further, and show it growing."""
    turn_id = state.turn.id
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
    await show_written(services, interaction, state, reply)


async def show_written(
    services: Services, interaction: discord.Interaction, state: TurnState, reply: Reply
) -> None:
    """Show a reply that revises a turn, and say what became of it if it is not shown."""
    turn_id, poster = state.turn.id, _poster(services, interaction, state)
    async with services.lock_turn(turn_id):
        try:
            shown = await services.runner.perform(reply, poster, points=False, types=False)
        except StorageError:
            # It never began: what was there to press is there again.
            if reply.opened is None and state.posts:
                post, buttons = state.posts[-1], row_view(turn_id, row_under(state.status))
                with suppress(Barred, Gone, Orphaned, Unavailable):
                    await poster.edit(
                        PostRef(post.message_id, post.hook_id), PostChange(Kind.FIRST, view=buttons)
                    )
            raise
        if shown:
            return
        await services.runner.put_right(turn_id, poster)
    if reply.opened is not None and not reply.is_page_deleted:
        await tell_error(interaction, say("command.discord"))
    elif reply.opened is None and (
        why := await services.story.revision.why_not(turn_id, place_of(interaction))
    ):
        await tell_error(interaction, str(refused(why)))


async def _ask(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    await require_steering(services, interaction)
    count = await services.story.revision.following(turn_id)
    text = say("revise.confirm.one") if count == 1 else say("revise.confirm.many", count=count)
    await tell(interaction, text, view=buttons(turn_id, [Action.FROM_HERE]))


async def from_here(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    """Write a turn anew, and take what followed it out of the story."""
    require_writing(interaction)
    await require_steering(services, interaction)
    state = await state_of(services, interaction, turn_id)
    await _put_off(interaction)
    reply = await services.story.revision.regenerate(turn_id, _cause(interaction))
    if not isinstance(reply, Reply):
        raise refused(reply or Refusal(RefusalReason.WRITING))
    removal = await services.story.revision.remove_after(turn_id, interaction.user.id, place_of(interaction))
    if isinstance(removal, Refusal):
        raise refused(removal)
    if removal is None:
        await _answer(interaction, say("revise.anew"), None)
    else:
        await _answer(interaction, say("revise.from_here"), undo_of(removal))
    await show_written(services, interaction, state, reply)


# --- what is there already ------------------------------------------------------------------------


async def swipe(services: Services, interaction: discord.Interaction, turn_id: int, step: int) -> None:
    """Bring the variant before or after on screen; after the last, have another written."""
    require_writing(interaction)
    state = await state_of(services, interaction, turn_id)
    if state.writing:
        raise refused(Refusal(RefusalReason.WRITING))
    if step > 0 and state.turn.swipe >= state.count:
        await again(services, interaction, turn_id)
        return
    await interaction.response.defer()
    async with services.lock_turn(turn_id):
        change = await services.story.revision.swipe(turn_id, step, state.place)
        if isinstance(change, Refusal):
            raise refused(change)
        await show_change(services, change, _poster(services, interaction, change), change.status)


async def rewrite(services: Services, interaction: discord.Interaction, turn_id: int, text: str) -> None:
    """Give a turn other words, and show them."""
    state = await state_of(services, interaction, turn_id)
    async with services.lock_turn(turn_id):
        change = await services.story.revision.rewrite(turn_id, text, state.place)
        if isinstance(change, Refusal):
            raise refused(change)
        await show_change(
            services,
            change,
            _poster(services, interaction, change),
            change.status if state.newest else None,
        )


async def show_change(
    services: Services, change: PendingChange, poster: Poster, status: TurnStatus | None
) -> None:
    """Bring the posts up to a change; what could not be shown is taken back.

    Raises:
        Gone, Barred, Unavailable: it could not be shown.
    """
    view = PostView(change.turn, poster, change.record, posts=change.posts)
    notice = notice_under(change.status)
    try:
        await view.show(change.turn.text, notice, final=True, status=status)
    except (Gone, Barred, Unavailable):
        before = await services.story.revision.revert(change)
        if before is not None and before != change.turn:
            # Some of it may stand there. If that cannot be mended now, the next start does it.
            back = replace(change, turn=before)
            with suppress(Gone, Barred, Unavailable):
                await view.show(
                    before.text, notice_under(back.status), final=True, status=status and back.status
                )
                await services.story.revision.settle(back)
        raise
    await services.story.revision.settle(change)


# --- out of the story, and back -------------------------------------------------------------------


async def more(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    """Offer what is seldom needed, to who may do it."""
    require_writing(interaction)
    await state_of(services, interaction, turn_id)
    await require_steering(services, interaction)
    await tell(interaction, say("revise.more"), view=buttons(turn_id, [Action.EDIT, Action.REMOVE]))


async def remove(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    """Take a persona's turn out of the story; its posts say so."""
    require_writing(interaction)
    await require_steering(services, interaction)
    state = await state_of(services, interaction, turn_id)
    if state.writing:
        raise refused(Refusal(RefusalReason.WRITING))
    await _put_off(interaction)
    async with services.lock_turn(turn_id):
        removal = await services.story.revision.remove(turn_id, interaction.user.id, state.place)
        if isinstance(removal, Refusal):
            raise refused(removal)
        try:
            whole = await _blank(services, interaction, state)
        except (Barred, Unavailable):
            await services.story.revision.put_back(removal.id, state.place)
            raise
    said = say("revise.taken_out") if whole else say("revise.taken_out.message")
    await _answer(interaction, said, buttons(turn_id, [Action.RESTORE]))


async def _blank(services: Services, interaction: discord.Interaction, state: TurnState) -> bool:
    """Put a line in the place of each post of a turn; False if one stays: its webhook is gone."""
    whole = True
    poster = _poster(services, interaction, state)
    name = escape_markdown(interaction.user.display_name)
    line, undo = say("player.removed", name=name), buttons(state.turn.id, [Action.RESTORE])
    for number, post in enumerate(state.posts):
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
    await services.story.revision.post_record(state).set_button_posts(())
    return whole


async def remove_words(services: Services, interaction: discord.Interaction, turn: Turn) -> None:
    """Take what a person said out of the story; their message stays. One's own are one's own to take."""
    why_not = await why_not_steer(services, interaction)
    if why_not is not None and turn.user_id != interaction.user.id:
        raise Refused(say("revise.not_yours", why=why_not))
    removal = await services.story.revision.remove(turn.id, interaction.user.id, place_of(interaction))
    if isinstance(removal, Refusal):
        raise refused(removal)
    await tell(interaction, say("revise.taken_out.message"), view=undo_of(removal))


async def restore(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    """Put a persona's turn back into the story, and its words back into its posts."""
    require_writing(interaction)
    state = await state_of(services, interaction, turn_id)
    removal_id = state.turn.removal_id
    await _require_undoing(
        services, interaction, await services.story.revision.removal(removal_id) if removal_id else None
    )
    if state.writing:
        raise refused(Refusal(RefusalReason.WRITING))
    await _put_off(interaction)
    async with services.lock_turn(turn_id):
        if removal_id is not None:
            found = await services.story.revision.put_back(removal_id, state.place)
            if isinstance(found, Refusal):
                raise refused(found)
        # A second time too: the first may have reached the story and not the posts.
        now = await state_of(services, interaction, turn_id)
        poster, record = _poster(services, interaction, now), services.story.revision.post_record(now)
        view = PostView(now.turn, poster, record, posts=now.posts)
        status = now.status if now.newest else None
        await view.show(now.turn.text, notice_under(now.status), final=True, status=status)
    if _is_private(interaction):
        await _answer(interaction, say("revise.put_back"), None)


async def undo_removal(services: Services, interaction: discord.Interaction, removal_id: int) -> None:
    """Put back what was taken out of the story and still stands in the channel as it was."""
    require_writing(interaction)
    place = place_of(interaction)
    removal = await services.story.revision.removal(removal_id)
    if removal is None:
        raise refused(Refusal(RefusalReason.GONE))
    await _require_undoing(services, interaction, removal)
    turns = await services.story.revision.put_back(removal_id, place)
    if isinstance(turns, Refusal):
        raise refused(turns)
    text = say("revise.put_back") if turns else say("revise.put_back_already")
    await interaction.response.edit_message(content=text, view=None)
    for turn in reversed(turns):
        state = await services.story.revision.state(turn.id)
        if state is not None and state.newest:
            await services.runner.put_right(turn.id, _poster(services, interaction, state))
            services.runner.sweep(place.channel_id, turn.id)
            return


async def _require_undoing(
    services: Services, interaction: discord.Interaction, removal: Removal | None
) -> None:
    """Go on only if whoever asks decides about the story, or took it out themselves."""
    if removal is None or removal.by_user != interaction.user.id:
        await require_steering(services, interaction)


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


def _poster(services: Services, interaction: discord.Interaction, state: TurnState | PendingChange) -> Poster:
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
    return services.faces.keeping(state.turn, state.place, state.posts, own, press)


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
