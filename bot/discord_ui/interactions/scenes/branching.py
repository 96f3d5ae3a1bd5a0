"""*Branch from here*: a thread whose story begins with the one in this channel, up to a message.

Law: rights are checked here, those of the person and the bot's own. A branch is open to everyone who sees the
channel, so nothing of a private thread gets into one.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

import discord

from bot.core.moderation import Act, Entry
from bot.core.names import TITLE_LIMIT
from bot.core.posts.pages import clipped
from bot.core.scene import Participant, Place
from bot.discord_ui.inbound import read_place
from bot.discord_ui.interactions.common.answering import Refused
from bot.discord_ui.interactions.common.pressing import answer, put_off, refused
from bot.discord_ui.interactions.common.rights import require_taking_part
from bot.discord_ui.interactions.common.services import Services, place_of
from bot.discord_ui.posting.by_bot import BotRoute
from bot.discord_ui.posting.request import NewPost, NotTaken
from bot.discord_ui.replies.post_view import called
from bot.story.revisions.refusals import Refusal, RefusalReason
from bot.story.scenes.branching import Fork
from bot.texts.sentences import HOST, Sentence, Voice

log = logging.getLogger(__name__)

HAS_THREAD: Final = 160_004
TOO_MANY: Final = frozenset({160_006, 160_007})
"""Discord's codes for a message that has a thread, and for as many threads as it allows.

They are on its page "Opcodes and Status Codes", JSON Error Codes.
"""

THREADS: Final = ("create_public_threads", "send_messages_in_threads")
POSTS: Final = ("send_messages", "send_messages_in_threads")
"""What a thread takes, and a post of a forum (its page "Threads", Permissions)."""

TAGS: Final = 5
"""The most tags of a forum's post."""

_Open = Callable[[str, str], Awaitable[discord.Thread]]
"""Opens a thread with a name; the line is what a forum's post begins with."""


async def branch(services: Services, interaction: discord.Interaction, message: discord.Message) -> None:
    """Open a thread whose story begins with the turns up to a message, and link to it."""
    await require_taking_part(services, interaction)
    place = place_of(interaction)
    fork = await services.story.branching.fork(message.id, place)
    if isinstance(fork, Refusal):
        raise Refused("revise.no_turn") if fork.reason is RefusalReason.GONE else refused(fork)
    open_thread, begins_with_line = _way(interaction, message)
    await put_off(interaction)
    voice = await services.voices.lookup(place)
    who = await services.story.hearing.proxying.members.as_seen(place, interaction.user.id)
    line = _line(who, message, voice)
    thread = await _opened(open_thread, _name(services, place, fork, voice), line, message)
    there = read_place(thread, interaction.guild_id)
    async with services.story.notices.opening(thread.id):
        scene = await services.story.branching.branch(fork, there, interaction.user.id)
        if isinstance(scene, Refusal):
            raise refused(scene)
        entry = Entry(Act.SCENE_BEGUN, there, interaction.user.id, about=str(scene.id))
        services.moderation.note(entry)
        if fork.persona_key is not None:  # its card stands where the story comes from
            await services.story.notices.opened(there, await services.story.casting.lookup(there))
        if not begins_with_line:
            try:
                await services.faces.plain(BotRoute(thread), voice).send(NewPost(line))
            except NotTaken as error:
                log.info(HOST.say("host.unavailable", channel=thread.id, reason=error))
    if not who.character:  # Discord tells everybody which account it is
        with suppress(discord.HTTPException):  # they find it by the link
            await thread.add_user(interaction.user)
    await answer(interaction, Sentence("branch.opened", thread=thread.id), None)


def _way(interaction: discord.Interaction, message: discord.Message) -> tuple[_Open, bool]:
    """Return how the thread of a branch is opened, and whether it begins with the line about it.

    Raises:
        Refused: there can be none; the sentence says why, and what to do.
    """
    channel = interaction.channel
    if isinstance(channel, discord.TextChannel):
        _require(interaction, channel, THREADS)
        if message.flags.has_thread:
            raise Refused("branch.has_thread", thread=message.id)

        async def on_message(name: str, _: str) -> discord.Thread:
            return await message.create_thread(name=name)

        return on_message, False
    if not isinstance(channel, discord.Thread) or channel.parent is None:
        raise Refused("branch.nowhere")
    if channel.is_private():
        raise Refused("branch.private")
    parent = channel.parent
    if isinstance(parent, discord.ForumChannel):
        _require(interaction, parent, POSTS)

        async def beside_post(name: str, line: str) -> discord.Thread:
            tags = channel.applied_tags[:TAGS]  # a forum may require one
            return (await parent.create_thread(name=name, content=line, applied_tags=tags)).thread

        return beside_post, True
    _require(interaction, parent, THREADS)

    async def beside_thread(name: str, _: str) -> discord.Thread:
        kind = discord.ChannelType.news_thread if parent.is_news() else discord.ChannelType.public_thread
        return await parent.create_thread(name=name, type=kind)

    return beside_thread, False


def _require(
    interaction: discord.Interaction, home: discord.TextChannel | discord.ForumChannel, rights: Sequence[str]
) -> None:
    """Check that the person and the bot may open a thread in a channel and write in it.

    A thread has its channel's permissions, but not the right to write in that.

    Raises:
        Refused: one of them may not.
    """
    theirs, ours = interaction.permissions, interaction.app_permissions
    if home != interaction.channel:
        ours = home.permissions_for(home.guild.me)
        if isinstance(interaction.user, discord.Member):
            theirs = home.permissions_for(interaction.user)
    for right in rights:
        if not (theirs.administrator or getattr(theirs, right)):
            raise Refused("command.no_right", right=Sentence(f"right.{right}"))
    for right in ("view_channel", *rights):
        if not (ours.administrator or getattr(ours, right)):
            raise Refused("branch.bot_lacks", right=Sentence(f"right.{right}"))


async def _opened(open_thread: _Open, name: str, line: str, message: discord.Message) -> discord.Thread:
    """Open the thread of a branch.

    Raises:
        Refused: the message has a thread by now, or there are too many.
    """
    try:
        return await open_thread(name, line)
    except discord.HTTPException as error:
        if error.code == HAS_THREAD:
            raise Refused("branch.has_thread", thread=message.id) from None
        if error.code in TOO_MANY:
            raise Refused("branch.too_many") from None
        raise


def _name(services: Services, place: Place, fork: Fork, voice: Voice) -> str:
    """Return the name of the thread: the title of the story, or else who plays."""
    persona = services.personas(place.guild_id).get(fork.persona_key or "")
    title = fork.scene.title or voice.say("scene.thread", persona=persona.name if persona else fork.turn.name)
    return clipped(voice.say("branch.thread", title=title), TITLE_LIMIT)


def _line(who: Participant, message: discord.Message, voice: Voice) -> str:
    """Return the small print at the beginning of a branch."""
    said = Sentence("branch.opening", who=called(who), link=message.jump_url)
    return f"-# {voice.render(said)}"
