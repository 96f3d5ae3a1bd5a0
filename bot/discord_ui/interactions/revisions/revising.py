"""New text for a turn, when a button, a message menu or the form is used.

Law: rights are checked here, each time. A press is answered before the model is waited for, and a refusal
is told to the person. People see what the story holds: a change that cannot be shown is undone.
"""

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

import discord

from bot.core.completion import ErrorKind
from bot.core.moderation import Act
from bot.core.posts.buttons import WRITING, Action, TurnStatus, row_under
from bot.core.posts.layout import PostRef
from bot.core.posts.pace import Urgency
from bot.core.scene import IncomingMessage
from bot.discord_ui.interactions.common.answering import Refused, tell, tell_error
from bot.discord_ui.interactions.common.pressing import (
    answer,
    cause_of,
    in_public,
    message_of,
    poster_of,
    put_off,
    refused,
    state_of,
    undo_of,
)
from bot.discord_ui.interactions.common.rights import (
    require_pressing,
    require_steering,
    require_writing,
    why_not_steer,
)
from bot.discord_ui.interactions.common.services import Services, place_of
from bot.discord_ui.posting.poster import Poster
from bot.discord_ui.posting.request import NotTaken, Orphaned, PostChange
from bot.discord_ui.replies.buttons import buttons, row_view
from bot.discord_ui.replies.post_view import PostView, notices_under
from bot.discord_ui.replies.runner import Played
from bot.discord_ui.voices import voice_of
from bot.storage.errors import StorageError
from bot.story.replies.reply import Reply
from bot.story.revisions.refusals import Refusal, RefusalReason
from bot.story.revisions.turn_states import PendingChange, TurnState
from bot.texts import failures
from bot.texts.sentences import HOST, Sentence

log = logging.getLogger(__name__)

Writing = Callable[[int, IncomingMessage], Awaitable[Reply | Refusal | None]]
"""`Revision.regenerate` or `Revision.proceed`."""


async def stop(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    """Stop a reply at once; where none runs anymore, put the right buttons under its turn."""
    require_writing(interaction)
    state = await state_of(services, interaction, turn_id)
    if services.story.revision.regeneration.is_at_work(turn_id):
        await require_pressing(services, interaction, state)
    stopped, open_still = services.story.revision.regeneration.stop(turn_id), state.turn.ending is None
    now: TurnState | None = state
    if stopped:
        services.moderation.used(interaction, Act.STOPPED, message_of(state))
    if state.removed or (stopped and open_still):  # the running reply shows the outcome
        now = None
    elif open_still:
        now = await services.story.revision.regeneration.close_left(turn_id)
    if now is None:
        await interaction.response.defer()
    else:
        await _redraw(services, interaction, now)


async def why_input(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    """Tell the person who asked, and nobody else, that moderation refused what was sent for their reply."""
    await _tell_why(services, interaction, turn_id, ErrorKind.INPUT_REFUSED)


async def why_output(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    """Tell the person who asked, and nobody else, that moderation refused what the persona wrote."""
    await _tell_why(services, interaction, turn_id, ErrorKind.OUTPUT_REFUSED)


async def _tell_why(
    services: Services, interaction: discord.Interaction, turn_id: int, kind: ErrorKind
) -> None:
    state = await state_of(services, interaction, turn_id)
    if interaction.user.id not in await services.story.revision.pressing.askers(state.turn):
        raise Refused("why.others")
    told = failures.to_author(kind, services.runner.verdicts.objection(turn_id))
    await tell(interaction, voice_of(interaction).lines(told))


async def _redraw(services: Services, interaction: discord.Interaction, state: TurnState) -> None:
    """Answer a press with the right buttons in place of those it was pressed among."""
    voice = await services.voices.lookup(state.place)
    await interaction.response.edit_message(view=row_view(state.turn.id, row_under(state.status), voice))


async def again(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    """Write another variant; if the story has continued since, ask first."""
    require_writing(interaction)
    state = await state_of(services, interaction, turn_id)
    if state.followed and not state.newest and not state.removed:
        await _ask(services, interaction, turn_id)
    else:
        await require_pressing(services, interaction, state)
        await write(services, interaction, state, services.story.revision.regeneration.regenerate)
        await _note(services, interaction, Act.AGAIN, state)


async def _note(services: Services, interaction: discord.Interaction, act: Act, state: TurnState) -> None:
    """Put what a person did to a reply into the log, if it answers others."""
    if not await services.story.revision.pressing.answers(state.turn, interaction.user.id):
        services.moderation.used(interaction, act, message_of(state))


async def retry(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    """Try a failed reply again; it keeps its place in the story, even if that has continued."""
    require_writing(interaction)
    state = await state_of(services, interaction, turn_id)
    await write(services, interaction, state, services.story.revision.regeneration.regenerate)


async def proceed(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    """Continue a reply that was cut."""
    require_writing(interaction)
    state = await state_of(services, interaction, turn_id)
    await write(services, interaction, state, services.story.revision.regeneration.proceed)
    await _note(services, interaction, Act.CONTINUED, state)


async def write(
    services: Services, interaction: discord.Interaction, state: TurnState, writing: Writing
) -> None:
    """Start a reply that revises a turn, and show it."""
    turn_id = state.turn.id
    reply = await writing(turn_id, await cause_of(services, interaction))
    if isinstance(reply, Refusal):
        raise refused(reply)
    under_it = interaction.type is discord.InteractionType.component
    if reply is None:  # another press has started it
        await (interaction.response.defer() if under_it else tell(interaction, Sentence("revise.again")))
        return
    if under_it:
        voice = await services.voices.lookup(state.place)
        await interaction.response.edit_message(view=row_view(turn_id, row_under(WRITING), voice))
    else:
        await tell(interaction, Sentence("revise.again"))
    await show_written(services, interaction, state, reply)


async def show_written(
    services: Services, interaction: discord.Interaction, state: TurnState, reply: Reply
) -> None:
    """Show a reply that revises a turn, and tell the person if it cannot be shown."""
    turn_id, poster = state.turn.id, await poster_of(services, interaction, state)
    async with services.lock_turn(turn_id):
        try:
            played = await services.runner.perform(reply, poster, points=False, types=False)
        except StorageError:
            # It never started: its buttons come back.
            if reply.opened is None and state.posts:
                post, buttons = state.posts[-1], row_view(turn_id, row_under(state.status), poster.voice)
                with suppress(NotTaken, Orphaned):
                    await poster.edit(
                        PostRef(post.message_id, post.hook_id), PostChange(Urgency.FIRST, view=buttons)
                    )
            raise
        if played is Played.SHOWN:
            return
        await services.runner.put_right(turn_id, poster)
    if reply.opened is not None and not reply.is_page_deleted:
        refused_words = played is Played.REFUSED
        await tell_error(
            interaction, Sentence("command.reply_refused" if refused_words else "command.discord")
        )
    elif reply.opened is None and (
        why := await services.story.revision.regeneration.why_unopened(reply, turn_id, place_of(interaction))
    ):
        await tell_error(interaction, refused(why).sentence)


async def _ask(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    await require_steering(services, interaction)
    count = await services.story.revision.turns.following(turn_id)
    text = Sentence("revise.confirm", count=count)
    await tell(interaction, text, view=buttons(turn_id, [Action.FROM_HERE], voice_of(interaction)))


async def from_here(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    """Write a new variant of a turn, and take what followed it out of the story."""
    require_writing(interaction)
    await require_steering(services, interaction)
    state = await state_of(services, interaction, turn_id)
    await put_off(interaction)
    reply = await services.story.revision.regeneration.regenerate(
        turn_id, await cause_of(services, interaction)
    )
    if not isinstance(reply, Reply):
        raise refused(reply or Refusal(RefusalReason.WRITING))
    removal = await services.story.revision.remove_after(turn_id, interaction.user.id, place_of(interaction))
    if isinstance(removal, Refusal):
        raise refused(removal)
    await _note(services, interaction, Act.AGAIN, state)
    if removal is None:
        await answer(interaction, Sentence("revise.again"), None)
    else:
        services.moderation.used(interaction, Act.REMOVED, message_of(state))
        await answer(interaction, Sentence("revise.from_here"), undo_of(removal, voice_of(interaction)))
    await show_written(services, interaction, state, reply)


async def swipe(services: Services, interaction: discord.Interaction, turn_id: int, step: int) -> None:
    """Show the variant before or after; where there is none, only the row is brought up to date."""
    require_writing(interaction)
    state = await state_of(services, interaction, turn_id)
    await require_pressing(services, interaction, state)
    if state.writing:
        raise refused(Refusal(RefusalReason.WRITING))
    if not state.removed and not 1 <= state.turn.swipe + step <= state.count:
        await _redraw(services, interaction, state)
        return
    await interaction.response.defer()
    async with services.lock_turn(turn_id):
        change = await services.story.revision.swipe(turn_id, step, state.place)
        if isinstance(change, Refusal):
            raise refused(change)
        await show_change(services, change, await poster_of(services, interaction, change), change.status)
    await _note(services, interaction, Act.SWIPED, state)


async def rewrite(services: Services, interaction: discord.Interaction, turn_id: int, text: str) -> None:
    """Give a turn another text, and show it."""
    state = await state_of(services, interaction, turn_id)
    async with services.lock_turn(turn_id):
        editor = await in_public(services, interaction)
        change = await services.story.revision.rewrite(turn_id, text, state.place, editor)
        if isinstance(change, Refusal):
            raise refused(change)
        await show_change(
            services,
            change,
            await poster_of(services, interaction, change),
            change.status if state.newest else None,
        )
    services.moderation.used(interaction, Act.EDITED, message_of(state))
    log.info(HOST.say("host.edited", turn=turn_id, channel=state.place.channel_id, user=editor.id))


async def show_change(
    services: Services, change: PendingChange, poster: Poster, status: TurnStatus | None
) -> None:
    """Bring the posts up to a change; undo a change that cannot be shown.

    Raises:
        NotTaken: it could not be shown.
    """
    view = PostView(change.turn, poster, change.record, posts=change.posts)
    try:
        await view.show(change.turn.text, notices_under(change.status), final=True, status=status)
    except NotTaken:
        before = await services.story.revision.revert(change)
        if before is not None and before != change.turn:
            # A part of it may be visible. If that cannot be repaired now, the next start does it.
            back = replace(change, turn=before)
            with suppress(NotTaken):
                await view.show(
                    before.text, notices_under(back.status), final=True, status=status and back.status
                )
                await services.story.revision.settle(back)
        raise
    await services.story.revision.settle(change)


async def more(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    """Offer what is done less often with a turn, as far as the person may do it."""
    require_writing(interaction)
    state = await state_of(services, interaction, turn_id)
    steers = await why_not_steer(services, interaction) is None
    is_own = state.turn.author_id == interaction.user.id
    actions = [
        Action.ADVANCE,
        *([Action.EDIT] if steers else []),
        *([Action.REMOVE] if steers or is_own else []),
        Action.NOT_THIS,
        Action.REPORT,
    ]
    await tell(interaction, Sentence("revise.more"), view=buttons(turn_id, actions, voice_of(interaction)))
