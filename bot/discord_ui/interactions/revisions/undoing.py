"""`/undo` and *Redo*: the last exchange leaves the story, and comes back.

Law: rights are checked here, each time. People see what the story holds: an undo that cannot be shown is
taken back. The posts of a turn are changed with its lock held, after a look whether it is in the story now.
"""

from collections.abc import Sequence
from contextlib import nullcontext, suppress

import discord

from bot.core.moderation import Act
from bot.core.scene import Place, Turn
from bot.discord_ui.interactions.common.answering import Refused
from bot.discord_ui.interactions.common.pressing import answer, poster_of, put_off, refused
from bot.discord_ui.interactions.common.rights import require_steering, require_writing
from bot.discord_ui.interactions.common.services import Services, place_of
from bot.discord_ui.interactions.revisions.removing import require_showable, require_undoing
from bot.discord_ui.posting.request import NotTaken
from bot.discord_ui.replies.buttons import redo_view
from bot.discord_ui.replies.covering import Covered, cover_undone, undone_by
from bot.discord_ui.replies.post_view import PostView, notices_under
from bot.discord_ui.voices import voice_of
from bot.storage.removals import Removal
from bot.story.revisions.refusals import Refusal
from bot.texts.sentences import Sentence


async def undo(services: Services, interaction: discord.Interaction) -> None:
    """Take the last exchange out of the story; the personas' posts say so, and people's get a reaction."""
    require_writing(interaction)
    await require_steering(services, interaction)
    await put_off(interaction)
    place = place_of(interaction)
    removal = await services.story.undoing.undo(place, interaction.user.id)
    if removal is None:
        raise Refused("undo.nothing")
    try:
        covered = await _cover(services, interaction, removal)
    except NotTaken:
        turns = await services.story.revision.put_back(removal.id, place)
        if not isinstance(turns, Refusal):
            with suppress(NotTaken):
                await _show(services, interaction, turns)
        raise
    services.runner.mark(place.channel_id)
    services.moderation.used(interaction, Act.UNDONE)
    said = Sentence("undo.done" if covered.whole else "undo.done.part")
    await answer(interaction, said, redo_view(removal.id, voice_of(interaction)))
    if not covered.lines:  # no post says it, and everyone must be able to see it
        voice = await services.voices.lookup(place)
        line = f"-# {voice.render(undone_by(removal))}"
        await interaction.followup.send(line, view=redo_view(removal.id, voice))
    await _put_row(services, interaction, place)


async def redo(services: Services, interaction: discord.Interaction, removal: Removal) -> None:
    """Put an undone exchange back into the story, and its text back into its posts."""
    require_writing(interaction)
    place = place_of(interaction)
    await require_undoing(services, interaction, removal)
    require_showable(services, place, *removal.turns)
    await put_off(interaction)
    turns = await services.story.undoing.redo(removal.id, place)
    if isinstance(turns, Refusal):
        raise refused(turns)
    try:
        shown = await _show(services, interaction, turns)
    except NotTaken:
        await services.story.undoing.undo_again(removal.id, turns, place)
        again = await services.story.revision.turns.removal(removal.id)
        with suppress(NotTaken):
            await _cover(services, interaction, again or removal)
        raise
    services.runner.mark(place.channel_id)
    if turns:
        services.moderation.used(interaction, Act.REDONE)
    if interaction.message is not None and interaction.message.id not in shown:
        said = Sentence("revise.put_back" if turns or removal.is_out else "revise.put_back_already")
        await answer(interaction, said, None)


async def _cover(services: Services, interaction: discord.Interaction, removal: Removal) -> Covered:
    """Put a line in place of each post of an undone exchange, the first with *Redo*.

    Raises:
        NotTaken: Discord did not take a change.
    """
    lines, whole = 0, True
    for turn in (each for each in removal.turns if each.persona_key is not None):
        state = await services.story.revision.turns.state(turn.id)
        # A reply that waits for the floor has the lock of its turn, and never shows anything now.
        waits = state is not None and state.writing and state.turn.ending is not None
        await services.runner.wait_over(turn.id)
        async with nullcontext() if waits else services.lock_turn(turn.id):
            now = await services.story.revision.turns.state(turn.id)
            if now is None or now.turn.removal_id != removal.id:
                continue  # deleted, or put back meanwhile
            poster = await poster_of(services, interaction, now)
            record = services.story.revision.turns.post_record(now)
            found = await cover_undone(removal, now.posts, poster, record, is_first=not lines)
            await services.story.undoing.shown(turn.id)
            lines, whole = lines + found.lines, whole and found.whole
    return Covered(lines, whole)


async def _show(services: Services, interaction: discord.Interaction, turns: Sequence[Turn]) -> set[int]:
    """Put the text of personas' turns back into their posts; return the ids of these.

    Raises:
        NotTaken: Discord did not take a change.
    """
    shown: set[int] = set()
    replies = [turn for turn in turns if turn.persona_key is not None]
    for turn in replies:
        async with services.lock_turn(turn.id):
            state = await services.story.revision.turns.state(turn.id)
            if state is None or state.removed:
                continue  # deleted, or undone again meanwhile
            shown |= {post.message_id for post in state.posts}
            if state.posts:
                poster = await poster_of(services, interaction, state)
                record = services.story.revision.turns.post_record(state)
                view = PostView(state.turn, poster, record, posts=state.posts)
                status = state.status if turn is replies[-1] and state.newest else None
                await view.show(state.turn.text, notices_under(state.status), final=True, status=status)
            await services.story.undoing.shown(turn.id)
    if replies:
        services.runner.sweep(place_of(interaction).channel_id, replies[-1].id)
    return shown


async def _put_row(services: Services, interaction: discord.Interaction, place: Place) -> None:
    """Put the buttons under the reply that is the newest now."""
    turn = await services.story.undoing.newest_reply(place)
    state = await services.story.revision.turns.state(turn.id) if turn else None
    if state is None or state.writing or not state.newest or state.place.key != place.key:
        return  # it stands in the channel that a branch comes from
    async with services.lock_turn(state.turn.id):
        await services.runner.put_right(state.turn.id, await poster_of(services, interaction, state))
