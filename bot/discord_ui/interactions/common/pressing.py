"""A press on a button under a turn: which turn it means, who edits its posts, and how the press is answered.

Law: the person's own answer is in their language, a post in that of its channel.
"""

import discord

from bot.core.scene import IncomingMessage, Participant
from bot.discord_ui.interactions.common.answering import Refused
from bot.discord_ui.interactions.common.rights import bot_may_post
from bot.discord_ui.interactions.common.services import Services, place_of
from bot.discord_ui.posting.by_answer import AnswerRoute
from bot.discord_ui.posting.by_bot import BotRoute
from bot.discord_ui.posting.by_press import ComponentRoute
from bot.discord_ui.posting.poster import OwnRoute, Poster
from bot.discord_ui.posting.request import View
from bot.discord_ui.replies.buttons import Button, stateless_view
from bot.discord_ui.voices import voice_of
from bot.storage.removals import Removal
from bot.story.revisions.refusals import Refusal, RefusalReason
from bot.story.revisions.turn_states import PendingChange, TurnState
from bot.texts.sentences import Sentence, Voice


def refused(refusal: Refusal) -> Refused:
    """Return the reason for which the story was not changed, as an answer."""
    reason = refusal.reason
    return Refused(f"revise.{reason}", about=refusal.about)


async def state_of(services: Services, interaction: discord.Interaction, turn_id: int) -> TurnState:
    """Return the state of a persona's turn in this place.

    Raises:
        Refused: it does not exist, or belongs to another place.
    """
    state = await services.story.revision.turns.state(turn_id)
    if state is None:
        raise refused(Refusal(RefusalReason.GONE))
    if state.place.channel_id != place_of(interaction).channel_id:
        raise refused(Refusal(RefusalReason.ELSEWHERE))
    return state


def message_of(state: TurnState) -> int | None:
    """Return the message that shows a turn, the first of several; None if none does."""
    return state.posts[0].message_id if state.posts else None


async def in_public(services: Services, interaction: discord.Interaction) -> Participant:
    """Return as who a person acts in public: a member of their system, if their last words here were its."""
    person = Participant(interaction.user.id, interaction.user.display_name)
    return await services.story.hearing.proxying.members.in_public(person, place_of(interaction))


async def cause_of(services: Services, interaction: discord.Interaction) -> IncomingMessage:
    """Return the press as the message that a reply answers; it has no text."""
    return IncomingMessage(
        id=interaction.id,
        place=place_of(interaction),
        author=await in_public(services, interaction),
        content="",
        created_at=interaction.created_at,
        by_command=True,
    )


async def poster_of(
    services: Services, interaction: discord.Interaction, state: TurnState | PendingChange
) -> Poster:
    """Return the poster that edits the posts of a turn, by the press as long as that is possible."""
    own: OwnRoute
    if bot_may_post(interaction):
        own = BotRoute(interaction.client.get_partial_messageable(place_of(interaction).channel_id))
    else:
        own = AnswerRoute(interaction)
    press, voice = ComponentRoute(interaction), await services.voices.lookup(state.place)
    return services.faces.keeping(state.turn, state.place, state.posts, voice=voice, own=own, press=press)


def is_private(interaction: discord.Interaction) -> bool:
    """Return whether a control stands in an answer that one person sees."""
    return interaction.message is not None and interaction.message.flags.ephemeral


async def put_off(interaction: discord.Interaction) -> None:
    """Answer at once that the real answer follows."""
    if interaction.type is discord.InteractionType.component:
        await interaction.response.defer()
    else:
        await interaction.response.defer(ephemeral=True, thinking=True)


async def answer(interaction: discord.Interaction, text: Sentence, view: View) -> None:
    """Give the answer that was put off, in place of the private question if there was one."""
    await interaction.edit_original_response(content=voice_of(interaction).render(text), view=view)


def undo_of(removal: Removal, voice: Voice) -> discord.ui.View:
    """Return the button that undoes a removal."""
    return stateless_view([Button(label=voice.say("button.undo"), custom_id=f"rp:undo:{removal.id}")])
