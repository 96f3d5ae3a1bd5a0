"""`/talk`: say something to a persona without mentioning it, or let the story go on.

Law: what the person said stands in the channel before the persona answers. It works where the bot may
neither read nor write, for both are answers to the command.
"""

import contextlib
import re

import discord
from discord import app_commands

from bot.core.posts.pages import pages
from bot.core.routing import NoReply
from bot.core.scene import IncomingMessage, Lookup, Participant
from bot.discord_ui.interactions.controls import asked_for, tell_why
from bot.discord_ui.interactions.services import (
    Services,
    answering,
    complete_persona,
    may,
    place_of,
    require_writing,
)
from bot.discord_ui.posting.by_answer import AnswerRoute
from bot.discord_ui.posting.poster import Poster
from bot.discord_ui.posting.request import Channel
from bot.story.reply import Reply
from bot.texts.sentences import say

TEXT_LIMIT = 1500
"""Characters of a line: with the speaker's name in front it fits one message of 2,000."""

ASKED_FOR = 5
"""People mentioned in a line whose names Discord is asked for; each is a request."""

_MENTION = re.compile(r"<@!?([0-9]{15,20})>")


@app_commands.command(name="talk", description=say("describe.talk"))
@app_commands.describe(text=say("describe.talk.text"), persona=say("describe.talk.persona"))
@app_commands.autocomplete(persona=complete_persona)
@app_commands.guild_only()
async def talk(
    interaction: discord.Interaction,
    text: app_commands.Range[str, 0, TEXT_LIMIT] = "",
    persona: str | None = None,
) -> None:
    """Show the words, and play the answer."""
    async with answering(interaction) as services:
        require_writing(interaction)
        place = place_of(interaction)
        asked = await asked_for(services, interaction, persona)
        if asked is None:
            return
        message_id = await _show_words(interaction, text)
        words = IncomingMessage(
            id=message_id,
            place=place,
            author=Participant(interaction.user.id, interaction.user.display_name),
            content=text,
            created_at=interaction.created_at,
            lookup=await _lookup(interaction, text),
            by_command=True,
        )
        heard = await services.story.hearing.hear(words, asked[1])
        if isinstance(heard.notice, NoReply):  # it has changed since
            await tell_why(services, interaction, heard.notice)
            await services.story.notices.unanswered(words, heard.notice.about)
        for reply in heard.replies:
            await services.runner.perform(reply, await _poster(services, interaction, reply), points=False)


async def _show_words(interaction: discord.Interaction, text: str) -> int:
    """Answer the command with what the person said; return the message's id."""
    name = discord.utils.escape_markdown(interaction.user.display_name)
    words = say("talk.says", name=name, text=text) if text.strip() else say("talk.waits", name=name)
    # Signs outside the first 65,536 count twice on Discord: a line of them needs a second message.
    first, *more = [page.content for page in pages(words)]
    bare = not may(interaction, "embed_links")  # whoever may not show links' previews does not by command
    answer = await interaction.response.send_message(first, suppress_embeds=bare)
    for page in more:
        await interaction.followup.send(page, suppress_embeds=bare)
    assert answer.message_id is not None
    return answer.message_id


async def _lookup(interaction: discord.Interaction, text: str) -> Lookup:
    """Return what the markup in a line stands for: Discord tells it of messages, not of commands."""
    guild, client = interaction.guild, interaction.client
    bot_id = client.user.id if client.user else None
    people = {interaction.user.id: interaction.user.display_name}
    if guild is None:
        return Lookup(people=people, bot_id=bot_id)
    mentioned = dict.fromkeys(int(found) for found in _MENTION.findall(text))
    for user_id in [each for each in mentioned if each not in {*people, bot_id}][:ASKED_FOR]:
        with contextlib.suppress(discord.HTTPException):  # they have left
            people[user_id] = (await guild.fetch_member(user_id)).display_name
    channels = {channel.id: channel.name for channel in guild.channels}
    return Lookup(people, channels, {role.id: role.name for role in guild.roles}, bot_id)


async def _poster(services: Services, interaction: discord.Interaction, reply: Reply) -> Poster:
    allowed, channel = interaction.app_permissions, interaction.channel
    is_thread = isinstance(channel, discord.Thread)
    may_send = allowed.send_messages_in_threads if is_thread else allowed.send_messages
    seen = allowed.view_channel and may_send
    if not (seen and isinstance(channel, Channel)):
        return services.faces.plain(AnswerRoute(interaction))
    own = AnswerRoute(interaction, channel)
    return services.faces.poster(reply.cast, reply.trigger.place, channel, lambda: reply.persona, own)
