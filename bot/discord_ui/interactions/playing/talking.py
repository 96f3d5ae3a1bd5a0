"""What a person says by `/talk`, or by the button that lets the story continue, and the reply to it.

Law: the person's text is in the channel before the persona answers. Both are answers to the interaction, so
the bot needs no right to read or write there. Only the person's own name looks like a speaker's.
"""

import contextlib
import re
from functools import partial

import discord

from bot.core.names import NOBODY, is_namesake, shows
from bot.core.posts.pages import CONTENT_LIMIT, pages, utf16_length
from bot.core.routing import NoReply, NoReplyReason, refusal_of_command
from bot.core.safe_text import defuse
from bot.core.scene import IncomingMessage, Lookup, Participant
from bot.discord_ui import inbound
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.answering import Refused
from bot.discord_ui.interactions.common.pressing import in_public
from bot.discord_ui.interactions.common.rights import (
    bot_may_post,
    may,
    require_pace,
    require_taking_part,
    require_writing,
)
from bot.discord_ui.interactions.common.services import Services, place_of, server_of
from bot.discord_ui.interactions.playing.asking import asked_for, tell_why
from bot.discord_ui.interactions.playing.opener import before_reply
from bot.discord_ui.interactions.settings_panel.settings import lacks_to_answer
from bot.discord_ui.posting.by_answer import AnswerRoute
from bot.discord_ui.posting.poster import Poster
from bot.discord_ui.posting.request import Channel
from bot.discord_ui.starters import starter_of
from bot.story.places.answering import Answerer
from bot.story.replies.reply import Reply
from bot.texts.sentences import Voice

ASKED_FOR = 5
"""People mentioned in a line whose names are requested from Discord, each with a request of its own."""

_QUOTE = ">>> "
"""Discord's markdown for a quotation that goes on to the end of the message, whatever it holds."""

_MENTION = re.compile(r"<@!?([0-9]{15,20})>")


async def talk(
    services: Services, interaction: discord.Interaction, text: str = "", persona: str | None = None
) -> None:
    """Post a person's text, and play the reply; without a text the story continues.

    Raises:
        Refused: the person may not write here, has opted out, or has to wait.
    """
    require_writing(interaction)
    await require_taking_part(services, interaction)
    place = place_of(interaction)
    asked = await asked_for(services, interaction, persona)
    if asked is None:
        return
    answerer, key = asked
    if not text.strip():  # words would be posted and stored all the same
        await _require_allowance(services, interaction, answerer)
    require_pace(services, interaction)
    voice = await services.voices.of(place, answerer.cast.settings)
    who = await _who(services, interaction)
    name = await name_above(services, interaction, voice, who)
    message_id = await _show_words(interaction, text, name, voice)
    words = IncomingMessage(
        id=message_id,
        place=place,
        author=who,
        content=text,
        created_at=interaction.created_at,
        lookup=await lookup_in(interaction, text),
        thread_title="" if place.is_own else inbound.thread_title(interaction.channel),
        by_command=True,
    )
    fetch = None if place.is_own else starter_of(words, interaction.channel)
    heard = await services.story.hearing.hear(words, key, answerer.cast, fetch_starter=fetch)
    if isinstance(heard.notice, NoReply):
        await tell_why(services, interaction, heard.notice)
        if heard.notice.reason is NoReplyReason.PERSONA_MISSING:
            await services.story.notices.waive(words, heard.notice.about)
    await services.story.hearing.chains.play(
        heard.replies,
        lambda reply: _play(services, interaction, reply),
        goes_on=lambda: not services.runner.draining,
    )


async def _play(services: Services, interaction: discord.Interaction, reply: Reply) -> None:
    poster = await _poster(services, interaction, reply)
    lacks = lacks_to_answer(interaction)
    opener = partial(before_reply, services, interaction.channel, reply, poster, lacks)
    await services.runner.perform(reply, poster, points=False, opener=opener)
    why_not = services.story.hearing.why_unopened(reply)
    if why_not is not None:
        await tell_why(services, interaction, why_not)


async def _require_allowance(
    services: Services, interaction: discord.Interaction, answerer: Answerer
) -> None:
    """Check that a person may ask for a reply now.

    Raises:
        Refused: they may not; the sentence says when.
    """
    admission, asked = (
        services.story.hearing.admission,
        (place_of(interaction), answerer.persona, interaction.user.id),
    )
    denial = admission.denial(*asked, answerer.cast.settings)
    if denial is not None:
        raise Refused(f"talk.wait.{denial.reason}", about=denial.no_reply.about)
    refusal = refusal_of_command(wait=admission.must_wait(*asked), denial=await admission.unpaid(*asked))
    if refusal is not None:
        raise Refused(f"revise.{refusal.reason}", about=refusal.about)


async def _who(services: Services, interaction: discord.Interaction) -> Participant:
    """Return as who a person says or does something; above a command's answer, Discord names the account."""
    if interaction.type is discord.InteractionType.component:
        return await in_public(services, interaction)
    return Participant(interaction.user.id, interaction.user.display_name)


async def name_above(
    services: Services, interaction: discord.Interaction, voice: Voice, person: Participant | None = None
) -> str:
    """Return the name above what the bot posts for a person: who they play, and their own if it differs.

    `person` is who does it, None for the account.
    """
    person = person or Participant(interaction.user.id, interaction.user.display_name)
    who = await services.story.myself.acting.who(place_of(interaction), person)
    name, own = (panel.plain(defuse(each.name) if shows(each.name) else NOBODY) for each in (who, person))
    if is_namesake(who.name, services.personas(server_of(interaction))):
        name = voice.say("talk.player", name=name)
    return name if who.name == person.name else voice.say("talk.character", name=name, person=own)


async def _show_words(interaction: discord.Interaction, text: str, name: str, voice: Voice) -> int:
    """Answer the command with what the person said, for everyone; return the message's id."""
    first, *more = _spoken(name, text, voice) if text.strip() else [voice.say("talk.waits", name=name)]
    bare = not may(interaction, "embed_links")  # a command gives nobody the right to show links' previews
    answer = await interaction.response.send_message(first, suppress_embeds=bare)
    for page in more:
        await interaction.followup.send(page, suppress_embeds=bare)
    assert answer.message_id is not None
    return answer.message_id


def _spoken(name: str, text: str, voice: Voice) -> list[str]:
    """Return the messages for a text: beside the name if it fits in one line, else a quotation beneath it.

    A line of the text could look like another speaker's. Discord counts characters above U+FFFF twice, so a
    text may need a second message.
    """
    text = text.strip()  # a line break before it would put its one line beneath the name
    beside = voice.say("talk.says", name=name, text=text)
    if len(text.splitlines()) == 1 and utf16_length(beside) <= CONTENT_LIMIT:
        return [beside]
    above = voice.say("talk.says.lines", name=name) + "\n"
    room = CONTENT_LIMIT - utf16_length(above + _QUOTE)
    first, *more = [_QUOTE + page.content for page in pages(text, limit=room)]
    return [above + first, *more]


async def lookup_in(interaction: discord.Interaction, text: str) -> Lookup:
    """Return the names behind the markup in a line: for a command, Discord does not send them."""
    guild, client = interaction.guild if server_of(interaction) else None, interaction.client
    bot_id = client.user.id if client.user else None
    people = {interaction.user.id: interaction.user.display_name}
    if guild is None:
        return Lookup(people=people, bot_id=bot_id)
    mentioned = dict.fromkeys(int(found) for found in _MENTION.findall(text))
    for user_id in [each for each in mentioned if each not in {*people, bot_id}][:ASKED_FOR]:
        with contextlib.suppress(discord.HTTPException):  # they have left
            people[user_id] = (await guild.fetch_member(user_id)).display_name
    channels = {channel.id: channel.name for channel in guild.channels}
    roles = {role.id: role.name for role in guild.roles}
    return Lookup(people, channels, roles, bot_id, inbound.own_role_id(guild))


async def _poster(services: Services, interaction: discord.Interaction, reply: Reply) -> Poster:
    channel = interaction.channel
    if not (bot_may_post(interaction) and isinstance(channel, Channel)):
        is_named = reply.trigger.place.is_personal and reply.cast.keys != (reply.persona.key,)
        voice = await services.voices.of(reply.trigger.place, reply.cast.settings)
        return services.faces.plain(AnswerRoute(interaction), voice, reply.persona.name if is_named else None)
    own = AnswerRoute(interaction, channel)
    return await services.faces.poster(reply.cast, reply.trigger.place, channel, lambda: reply.persona, own)
