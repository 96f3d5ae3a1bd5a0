"""The translation of `discord.Message` into `IncomingMessage`.

Law: translation only. Facts are copied, nothing is decided and nothing is requested from Discord.
"""

from typing import Literal

import discord

from bot.core.scene import Attached, IncomingMessage, Lookup, Participant, Place

WORDS = {discord.MessageType.default, discord.MessageType.reply}
"""The types of message with a person's text; the others are Discord's own notices."""


def read_place(channel: discord.abc.Snowflake, guild_id: int | None) -> Place:
    """Return the place of a channel or thread, with the parent of a thread."""
    if not isinstance(channel, discord.Thread):
        return Place(channel.id, None, guild_id, getattr(channel, "category_id", None))
    parent = channel.parent  # None where the cache does not know it
    return Place(channel.id, channel.parent_id, guild_id, parent.category_id if parent else None)


FOR_ADULTS = {discord.NSFWLevel.explicit, discord.NSFWLevel.age_restricted}
"""The levels of servers that Discord shows to adults only (its page "Guild", Guild Age-Restriction Level)."""


def age_restricted(channel: object) -> bool:
    """Return whether a channel or its whole server is age-restricted; a thread is if its channel is."""
    if getattr(getattr(channel, "guild", None), "nsfw_level", None) in FOR_ADULTS:
        return True
    # A partial channel does not know, and counts as open to everyone.
    is_nsfw = getattr(channel, "is_nsfw", None)
    return bool(is_nsfw()) if callable(is_nsfw) else False


def read_message(message: discord.Message, bot_id: int) -> IncomingMessage:
    """Return a message as a value of the story."""
    reference = message.reference
    return IncomingMessage(
        id=message.id,
        place=read_place(message.channel, message.guild.id if message.guild else None),
        author=Participant(message.author.id, message.author.display_name),
        content=message.content,
        created_at=message.created_at,
        lookup=_lookup(message, bot_id),
        attached=tuple(_attached(message)),
        # Not `mentioned_in`: that counts @everyone as a mention.
        mentions_bot=any(user.id == bot_id for user in message.mentions)
        or any(role.id == own_role_id(message.guild) for role in message.role_mentions),
        reply_to=reference.message_id if message.type is discord.MessageType.reply and reference else None,
        from_bot=message.author.bot or message.webhook_id is not None,
        edited_at=message.edited_at,
    )


def own_role_id(guild: discord.Guild | None) -> int | None:
    """Return the role that Discord made for the bot, offered under the bot's name; None if none."""
    role = guild.self_role if guild else None
    return role.id if role else None


def _lookup(message: discord.Message, bot_id: int) -> Lookup:
    guild = message.guild
    channels = {channel.id: channel.name for channel in message.channel_mentions}
    return Lookup(
        people={user.id: user.display_name for user in message.mentions},
        channels=channels,
        roles={role.id: role.name for role in message.role_mentions} if guild else {},
        bot_id=bot_id,
        bot_role_id=own_role_id(guild),
    )


def _attached(message: discord.Message) -> list[Attached]:
    found = [Attached(_kind(file), file.filename) for file in message.attachments]
    found += [Attached("sticker", sticker.name) for sticker in message.stickers]
    if message.poll is not None:
        found.append(Attached("poll", str(message.poll.question)))
    found += [Attached("forwarded", snapshot.content) for snapshot in message.message_snapshots]
    if not message.content:
        # With a text, embeds are previews of its links: they come late and add nothing.
        found += [Attached("embed", embed.title or embed.description or "") for embed in message.embeds]
    return found


def _kind(file: discord.Attachment) -> Literal["image", "video", "audio", "file"]:
    top = (file.content_type or "").partition("/")[0]
    if top == "image":
        return "image"
    if top == "video":
        return "video"
    return "audio" if top == "audio" else "file"
