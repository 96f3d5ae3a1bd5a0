"""What is taken out of the story and put back, when a button or a message menu is used.

Law: rights are checked here, each time. People see what the story holds: a removal that cannot be shown is
undone.
"""

from contextlib import nullcontext, suppress
from math import ceil

import discord

from bot.core.moderation import Act
from bot.core.notes import ROLL
from bot.core.posts.buttons import Action
from bot.core.scene import Place, Turn
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.answering import Refused, tell
from bot.discord_ui.interactions.common.pressing import (
    answer,
    in_public,
    is_private,
    message_of,
    poster_of,
    put_off,
    refused,
    state_of,
    undo_of,
)
from bot.discord_ui.interactions.common.rights import (
    require_steering,
    require_uncovering,
    require_writing,
    why_not_steer,
)
from bot.discord_ui.interactions.common.services import Services, place_of
from bot.discord_ui.posting.request import NotTaken
from bot.discord_ui.replies.buttons import buttons
from bot.discord_ui.replies.covering import cover
from bot.discord_ui.replies.post_view import PostView, notices_under
from bot.discord_ui.voices import voice_of
from bot.storage.removals import Removal, Removed
from bot.story.revisions.refusals import Refusal, RefusalReason
from bot.story.revisions.turn_states import TurnState
from bot.texts.sentences import Sentence


async def remove(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    """Take a persona's turn out of the story; its posts say so. Everyone may remove what they said as it."""
    require_writing(interaction)
    state = await state_of(services, interaction, turn_id)
    if state.turn.author_id != interaction.user.id:
        await require_steering(services, interaction)
    if state.writing:
        raise refused(Refusal(RefusalReason.WRITING))
    await put_off(interaction)
    async with services.lock_turn(turn_id):
        removal = await services.story.revision.remove(turn_id, interaction.user.id, state.place)
        if isinstance(removal, Refusal):
            raise refused(removal)
        if removal.kind is Removed.UNDONE:  # it comes back with its exchange only
            raise refused(Refusal(RefusalReason.REMOVED))
        try:
            whole = await _cover(services, interaction, state, await _removed_by(services, interaction))
        except NotTaken:
            await services.story.revision.put_back(removal.id, state.place)
            raise
    services.moderation.used(interaction, Act.REMOVED, message_of(state))
    said = Sentence("revise.taken_out") if whole else Sentence("revise.taken_out.message")
    await answer(interaction, said, buttons(turn_id, [Action.RESTORE], voice_of(interaction)))


async def not_this(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    """Cover a persona's turn for everybody and take it out of the story, without a name.

    Everybody who may write here may do it, also while the turn is written: then it is stopped.
    """
    require_writing(interaction)
    state = await state_of(services, interaction, turn_id)
    if not state.removed and (wait := services.story.covering.ask(interaction.user.id)):
        raise Refused("revise.not_this_limit", minutes=ceil(wait / 60))
    await put_off(interaction)
    # A reply that waits for the floor has the lock of its turn, and never shows anything now.
    waits = state.writing and state.turn.ending is not None
    removal = await services.story.covering.cover(turn_id, state.place)
    if isinstance(removal, Refusal):
        raise refused(removal)
    if removal.kind is not Removed.COVERED:
        raise refused(Refusal(RefusalReason.REMOVED))
    await services.runner.wait_over(turn_id)
    async with nullcontext() if waits else services.lock_turn(turn_id):
        now = await state_of(services, interaction, turn_id)
        try:
            # A second press does it too: the first may have reached the story and not the posts.
            whole = await _cover(services, interaction, now, Sentence("player.covered"))
        except NotTaken:
            await services.story.revision.put_back(removal.id, state.place)
            raise
    services.moderation.used(interaction, Act.COVERED, message_of(state))
    await answer(interaction, Sentence("revise.covered" if whole else "revise.covered.part"), None)


async def offer(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    """Offer the ways in which a reply can leave the story, as far as the person may go them."""
    require_writing(interaction)
    state = await state_of(services, interaction, turn_id)
    is_own = state.turn.author_id == interaction.user.id
    steers = is_own or await why_not_steer(services, interaction) is None
    actions = [*([Action.REMOVE] if steers else []), Action.NOT_THIS, Action.REPORT]
    await tell(interaction, Sentence("revise.more"), view=buttons(turn_id, actions, voice_of(interaction)))


async def _cover(
    services: Services, interaction: discord.Interaction, state: TurnState, line: Sentence
) -> bool:
    """Put a line in place of each post of a turn; return whether all could be: a webhook may be gone."""
    poster = await poster_of(services, interaction, state)
    return await cover(
        state.turn.id, state.posts, poster, services.story.revision.turns.post_record(state), line
    )


async def remove_words(services: Services, interaction: discord.Interaction, turn: Turn) -> None:
    """Take a person's turn out of the story; their message stays. Everyone may remove their own."""
    why_not = await why_not_steer(services, interaction)
    if why_not is not None and turn.user_id != interaction.user.id:
        raise Refused("revise.not_yours", why=why_not.sentence)
    removal = await services.story.revision.remove(turn.id, interaction.user.id, place_of(interaction))
    if isinstance(removal, Refusal):
        raise refused(removal)
    services.moderation.used(interaction, Act.REMOVED, turn.message_id)
    view = undo_of(removal, voice_of(interaction))
    await tell(interaction, Sentence("revise.taken_out.message"), view=view)


def is_own_line(interaction: discord.Interaction, message: discord.Message, turn: Turn | None) -> bool:
    """Return whether a post of the bot's says what a person said by a command, also if that is forgotten.

    Dice that the story knows stay on the table.
    """
    if turn is not None and any(note.kind == ROLL for note in turn.notes):
        return False
    posted = interaction.client.user is not None and message.author.id == interaction.client.user.id
    asked = message.interaction_metadata
    whose = turn.user_id if turn is not None else asked.user.id if asked is not None else None
    return posted and whose == interaction.user.id


async def delete_line(services: Services, interaction: discord.Interaction, message: discord.Message) -> None:
    """Delete what the bot posted for a person, and take it out of the story for good.

    Raises:
        Refused: Discord does not let the bot delete it.
    """
    try:
        await message.delete()
    except discord.NotFound:
        pass
    except discord.Forbidden:
        raise Refused("revise.cannot_delete") from None
    await services.story.hearing.retract(place_of(interaction), [message.id])
    services.moderation.used(interaction, Act.REMOVED, message.id)
    await tell(interaction, Sentence("revise.deleted"))


async def restore(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    """Put a persona's turn back into the story, and its text back into its posts."""
    require_writing(interaction)
    state = await state_of(services, interaction, turn_id)
    removal_id = state.turn.removal_id
    removal = await services.story.revision.turns.removal(removal_id) if removal_id else None
    await require_undoing(services, interaction, removal)
    require_showable(services, state.place, state.turn)
    if removal is not None and removal.kind is Removed.UNDONE:
        raise refused(Refusal(RefusalReason.REMOVED))
    if state.writing:
        raise refused(Refusal(RefusalReason.WRITING))
    await put_off(interaction)
    async with services.lock_turn(turn_id):
        found: list[Turn] | Refusal = []
        if removal_id is not None:
            found = await services.story.revision.put_back(removal_id, state.place)
            if isinstance(found, Refusal):
                raise refused(found)
        # A second press does it too: the first may have reached the story and not the posts.
        now = await state_of(services, interaction, turn_id)
        poster = await poster_of(services, interaction, now)
        view = PostView(now.turn, poster, services.story.revision.turns.post_record(now), posts=now.posts)
        status = now.status if now.newest else None
        try:
            await view.show(now.turn.text, notices_under(now.status), final=True, status=status)
        except NotTaken:
            if found:
                is_covered = removal is not None and removal.kind is Removed.COVERED
                await _take_out_again(services, interaction, now, is_covered=is_covered)
            raise
    services.moderation.used(interaction, Act.PUT_BACK, message_of(now))
    if is_private(interaction):
        await answer(interaction, Sentence("revise.put_back"), None)


async def _take_out_again(
    services: Services, interaction: discord.Interaction, state: TurnState, *, is_covered: bool
) -> None:
    """Take a turn out of the story whose text cannot be put back into its posts, and cover those again."""
    if is_covered:
        line, removal = (
            Sentence("player.covered"),
            await services.story.covering.cover(state.turn.id, state.place),
        )
    else:
        line = await _removed_by(services, interaction)
        removal = await services.story.revision.remove(state.turn.id, interaction.user.id, state.place)
    if not isinstance(removal, Refusal):
        with suppress(NotTaken):
            await _cover(services, interaction, state, line)


async def _removed_by(services: Services, interaction: discord.Interaction) -> Sentence:
    return Sentence("player.removed", name=panel.plain((await in_public(services, interaction)).name))


async def undo_removal(services: Services, interaction: discord.Interaction, removal_id: int) -> None:
    """Put back into the story what still stands in the channel as it was."""
    require_writing(interaction)
    place = place_of(interaction)
    removal = await services.story.revision.turns.removal(removal_id)
    if removal is None:
        raise refused(Refusal(RefusalReason.GONE))
    await require_undoing(services, interaction, removal)
    require_showable(services, place, *removal.turns)
    turns = await services.story.revision.put_back(removal_id, place)
    if isinstance(turns, Refusal):
        raise refused(turns)
    if turns:
        services.moderation.used(interaction, Act.PUT_BACK, turns[0].message_id)
    text = voice_of(interaction).say("revise.put_back" if turns else "revise.put_back_already")
    await interaction.response.edit_message(content=text, view=None)
    for turn in reversed(turns):
        state = await services.story.revision.turns.state(turn.id)
        if state is not None and state.newest:
            await services.runner.put_right(turn.id, await poster_of(services, interaction, state))
            services.runner.sweep(place.channel_id, turn.id)
            return


async def require_undoing(
    services: Services, interaction: discord.Interaction, removal: Removal | None
) -> None:
    """Check that a person may steer the story, or removed it themselves; who covered a reply is not known."""
    if removal is not None and removal.kind is Removed.COVERED:
        await require_uncovering(services, interaction)
    elif removal is None or removal.by_user != interaction.user.id:
        await require_steering(services, interaction)


def require_showable(services: Services, place: Place, *turns: Turn) -> None:
    """Check that what is stored of turns may be shown again: a channel may have lost its age restriction."""
    hidden = services.story.revision.turns.why_hidden(turns, place)
    if hidden is not None:
        raise refused(hidden)
