"""The translation of `discord.Message` into `IncomingMessage`.

Law: translation only. Facts are copied, nothing is decided and nothing is requested from Discord. What people
see in a message is read by the same functions in a message of one's own and in a forwarded one
(`discord.MessageSnapshot`); docs/commands.md says what is left out, and why.
"""

import math
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, Final

import discord
import discord.message

from bot.core.access import MemberFacts
from bot.core.notes import LINK, addresses_in, host_of
from bot.core.proxies import character_of, headed, is_member, linked, member_name, replied_to
from bot.core.reach import Installed, Reach, reach_of
from bot.core.scene import EVERYBODY, Attached, IncomingMessage, Lookup, Participant, Place, Referenced

WORDS = {discord.MessageType.default, discord.MessageType.reply}
"""The types of message with a person's text; the others are Discord's own notices."""

ANSWERS = {discord.MessageType.chat_input_command, discord.MessageType.context_menu_command}
"""The types of message with a bot's answer to a command."""

NOTICES: Final = {
    discord.MessageType.new_member: "joined the server",
    discord.MessageType.premium_guild_subscription: "boosted the server",
    discord.MessageType.premium_guild_tier_1: "boosted the server",
    discord.MessageType.premium_guild_tier_2: "boosted the server",
    discord.MessageType.premium_guild_tier_3: "boosted the server",
    discord.MessageType.pins_add: "pinned a message",
    discord.MessageType.channel_name_change: "renamed the channel",
    discord.MessageType.thread_created: "started a thread",
    discord.MessageType.stage_start: "started a stage",
    discord.MessageType.stage_end: "ended a stage",
    discord.MessageType.stage_topic: "changed the stage's topic",
    discord.MessageType.poll_result: "poll has closed",
    discord.MessageType.emoji_added: "added an emoji",
}
"""Discord's own notices about people that others reply to, in the model's words; the content is a title."""

ACTIVITIES: Final[dict[object, str]] = {
    1: "invitation to join",
    2: "invitation to watch",
    3: "invitation to listen along",
    5: "request to join",
    6: "request to watch",
}
"""What a shared activity asks for, by `ActivityActionTypes` of Discord's OpenAPI description."""

_MEDIA: Final[dict[str, str]] = {"image": "image", "video": "video", "audio": "audio"}

_PREVIEWS: Final[dict[str, str]] = {"image": "image", "gifv": "image"}
"""The embeds that only show a link's picture; the others show text."""

_TITLE_LIMIT: Final = 256
"""Maximum characters of an embed's title (Discord's page "Message", Embed Limits)."""

_EVENT = re.compile(
    r"https://(?:\w+\.)?discord(?:app)?\.com/events/[0-9]{1,20}/([0-9]{1,20})"
    r"|https://discord(?:\.gg|(?:app)?\.com/invite)/[\w-]+\?event=([0-9]{1,20})"
)
"""A link to an event of a server, and an invitation to one."""

_MENTION = re.compile(r"<(@&|#)([0-9]{1,20})>")

_CALL = re.compile(r"<@(?:!|(&))?([0-9]{1,20})>")
"""A mention of an account or of a role."""


class Snapshot(discord.MessageSnapshot):
    """A forwarded message with the names of the people it mentions, which the library leaves out."""

    __slots__ = ("people",)

    def __init__(self, state: Any, data: Any) -> None:  # noqa: ANN401 - the library's own
        super().__init__(state, data)
        users = data.get("mentions") or ()
        self.people: dict[int, str] = {
            int(user["id"]): user.get("global_name") or user.get("username") or "" for user in users
        }


discord.message.MessageSnapshot = Snapshot  # type: ignore[misc]

Shown = discord.Message | discord.MessageSnapshot
"""A message as people see it: somebody's own, or a forwarded one."""


def reach_in(interaction: discord.Interaction) -> Reach:
    """Return where a command or a control was used."""
    is_read = interaction.user is not discord.utils.MISSING  # else the library could not read all of it
    server_id = interaction.guild_id
    installed = Installed(
        by_server=interaction.is_guild_integration() is True,
        by_person=is_read and interaction.is_user_integration(),
        is_there=server_id is not None and interaction.client.get_guild(server_id) is not None,
    )
    return reach_of(
        installed, on_server=server_id is not None, in_private=interaction.context.private_channel
    )


def read_place(channel: discord.abc.Snowflake, guild_id: int | None, user_id: int = EVERYBODY) -> Place:
    """Return the place of a channel or thread, with the parent of a thread.

    `user_id` is who writes there: direct messages are their place alone.
    """
    if is_direct(channel):
        return Place(channel.id, owner=user_id)
    if not isinstance(channel, discord.Thread):
        return Place(channel.id, None, guild_id, getattr(channel, "category_id", None))
    parent = channel.parent  # None where the cache does not know it
    return Place(channel.id, channel.parent_id, guild_id, parent.category_id if parent else None)


def is_direct(channel: object) -> bool:
    """Return whether a channel is the direct messages of a person with the bot."""
    if isinstance(channel, discord.PartialMessageable):
        return channel.guild_id is None
    return isinstance(channel, discord.DMChannel)


FOR_ADULTS = {discord.NSFWLevel.explicit, discord.NSFWLevel.age_restricted}
"""The levels of servers that Discord shows to adults only (its page "Guild", Guild Age-Restriction Level)."""


def server_of(channel: object) -> int | None:
    """Return the id of a channel's server; None if it has none."""
    return getattr(getattr(channel, "guild", None), "id", None)


def age_restricted(channel: object) -> bool:
    """Return whether a channel or its whole server is age-restricted; a thread is if its channel is."""
    if getattr(getattr(channel, "guild", None), "nsfw_level", None) in FOR_ADULTS:
        return True
    # A partial channel does not know, and counts as open to everyone.
    is_nsfw = getattr(channel, "is_nsfw", None)
    return bool(is_nsfw()) if callable(is_nsfw) else False


def read_message(message: discord.Message, bot_id: int, application_id: int | None = None) -> IncomingMessage:
    """Return a message as a value of the story.

    `application_id` is the application whose webhook posted it, where Discord does not say so with it.
    """
    reference, said = message.reference, read_referenced(message, bot_id, application_id)
    is_reply = message.type is discord.MessageType.reply and reference is not None
    replied = reference.resolved if reference and is_reply else None
    return IncomingMessage(
        id=message.id,
        place=place_of_message(message),
        author=said.author,
        content=said.content,
        created_at=message.created_at,
        lookup=said.lookup,
        attached=said.attached,
        # Not `mentioned_in`: that counts @everyone as a mention.
        mentions_bot=mentions_bot(message, bot_id),
        reply_to=reference.message_id if reference and is_reply else _copy_replies_to(message, said.author),
        replied=read_referenced(replied, bot_id) if isinstance(replied, discord.Message) else None,
        thread_title=thread_title(message.channel),
        from_bot=message.author.bot or message.webhook_id is not None,
        edited_at=message.edited_at,
        member=member_facts(message.author, allowed_in(message.channel, message.author)),
    )


def place_of_message(message: discord.Message) -> Place:
    """Return the place where somebody wrote a message."""
    return read_place(message.channel, message.guild.id if message.guild else None, message.author.id)


def mentions_bot(message: discord.Message, bot_id: int) -> bool:
    """Return whether a message mentions the bot or the role that Discord made for it."""
    own_role = own_role_id(message.guild)
    if message.webhook_id is not None:  # which does not ping, so that Discord names nobody as mentioned
        signs = [(sign, int(number)) for sign, number in _CALL.findall(message.content)]
        return ("", bot_id) in signs or ("&", own_role) in signs
    return any(user.id == bot_id for user in message.mentions) or any(
        role.id == own_role for role in message.role_mentions
    )


def own_role_id(guild: discord.Guild | None) -> int | None:
    """Return the role that Discord made for the bot, offered under the bot's name; None if none."""
    role = guild.self_role if guild else None
    return role.id if role else None


def member_facts(person: object, allowed: discord.Permissions) -> MemberFacts | None:
    """Return what Discord says of a person with these permissions; None if only their account is known."""
    if not isinstance(person, discord.Member):
        return None
    return MemberFacts(frozenset(role.id for role in person.roles), moderates(allowed))


def allowed_in(channel: object, person: object) -> discord.Permissions:
    """Return the permissions of a person in a channel, as far as the cache knows; none for an account."""
    if isinstance(person, discord.Member) and isinstance(channel, discord.abc.GuildChannel | discord.Thread):
        with suppress(discord.ClientException):  # a thread whose parent is not in the cache
            return channel.permissions_for(person)
    return discord.Permissions.none()


def moderates(allowed: discord.Permissions) -> bool:
    """Return whether somebody with these permissions in a channel is a moderator there."""
    return allowed.administrator or allowed.manage_messages or allowed.moderate_members


def thread_title(channel: object) -> str:
    """Return the title of a thread; "" for a channel."""
    return channel.name if isinstance(channel, discord.Thread) else ""


def read_referenced(message: discord.Message, bot_id: int, application_id: int | None = None) -> Referenced:
    """Return what a message says and holds, and who wrote it; `application_id` is as in `read_message`."""
    author = _author(message, bot_id, message.application_id or application_id)
    is_copy = is_member(author.character)
    if message.type in WORDS or message.type in ANSWERS:
        words, attached = _words(message), tuple(_attached(message, message.guild, is_copy=is_copy))
        words = headed(words).words if is_copy else words
    else:
        words, attached = "", tuple(_notice(message))
    return Referenced(
        id=message.id,
        author=author,
        content=words,
        lookup=_lookup(message, [words, *_texts(attached)], bot_id),
        attached=attached,
        by_us=bot_id in {message.author.id, message.application_id},
    )


def _author(message: discord.Message, bot_id: int, application_id: int | None) -> Participant:
    """Return who wrote a message: of what an application's webhook posts, the name above it.

    A bot's answer to a command is a webhook's too, with the id of the application for that of the webhook.
    """
    name = message.author.display_name
    if message.webhook_id in {None, application_id} or application_id in {None, bot_id}:
        return Participant(message.author.id, name)
    return Participant(application_id, member_name(name), character_of(application_id, name))


def _copy_replies_to(message: discord.Message, author: Participant) -> int | None:
    """Return the message that a proxy's copy replies to, as the proxy shows it."""
    if not is_member(author.character):
        return None
    found = (
        headed(message.content).replied_to,
        *(_replied_in(each, is_copy=True) for each in message.embeds),
    )
    return next((each for each in found if each is not None), None)


def _replied_in(embed: discord.Embed, *, is_copy: bool) -> int | None:
    """Return the message that an embed shows as replied to; in a proxy's copy, any link to one is that."""
    shown = embed.description or ""
    return (linked(shown) if is_copy and embed.type == "rich" else None) or replied_to(
        embed.author.name or "", shown
    )


def _notice(message: discord.Message) -> Iterator[Attached]:
    """Yield one of Discord's own notices, which are about the person who counts as their author."""
    if message.type in NOTICES:
        yield Attached(NOTICES[message.type], message.content)


def _lookup(message: discord.Message, texts: Iterable[str], bot_id: int) -> Lookup:
    """Return the names behind the markup in the texts of a message."""
    found = Lookup(bot_id=bot_id, bot_role_id=own_role_id(message.guild))
    for snapshot in message.message_snapshots:
        found.people.update(getattr(snapshot, "people", {}))
    found.people.update({user.id: user.display_name for user in message.mentions})
    if message.guild is None:
        return found
    for sign, number in _MENTION.findall("\n".join(texts)):
        if sign == "#" and (channel := message.guild.get_channel_or_thread(int(number))):
            found.channels[channel.id] = channel.name
        elif sign == "@&" and (role := message.guild.get_role(int(number))):
            found.roles[role.id] = role.name
    return found


def _texts(attached: Iterable[Attached]) -> Iterator[str]:
    for each in attached:
        yield each.label
        yield from _texts(each.held)


def _words(shown: Shown) -> str:
    """Return the words of a message: its content, or the texts of the components that are in its place."""
    texts = [
        part.content for part in component_parts(shown.components) if isinstance(part, discord.TextDisplay)
    ]
    return "\n".join(filter(None, [shown.content, *texts]))


def _attached(shown: Shown, guild: discord.Guild | None, *, is_copy: bool = False) -> Iterator[Attached]:
    """Yield what a message holds besides its words; `guild` is the server in which it is shown.

    `is_copy` is whether it is a proxy's, which shows in an embed what it replies to.
    """
    if not shown.flags.components_v2:  # else people see only those of its files that a component shows
        yield from map(_file, shown.attachments)
    yield from _media(shown.components)
    yield from (Attached("sticker", sticker.name) for sticker in shown.stickers)
    if isinstance(shown, discord.Message):
        yield from _of_message(shown)
    if guild is not None:
        yield from _events(shown.content, guild)
    links = addresses_in(shown.content)
    # Only bots write embeds of their own; what people write gets them as previews.
    by_bot = not links or (isinstance(shown, discord.Message) and shown.author.bot)
    for embed in shown.embeds:
        if _replied_in(embed, is_copy=is_copy) is not None:
            continue
        if embed.type == "rich" and by_bot and embed.url not in links:
            yield Attached("embed", _embed(embed))
        elif title := _title(embed):
            # Discord may give another address for the link than the one that people see.
            address = links[0] if len(links) == len(shown.embeds) == 1 else embed.url
            yield Attached(LINK, ", ".join(filter(None, [title, host_of(address or "")])))
        elif not shown.content:  # else the link is in the words
            yield Attached(_PREVIEWS.get(embed.type, "embed"), "")


def _of_message(message: discord.Message) -> Iterator[Attached]:
    """Yield what no forwarded message holds."""
    if message.poll is not None:
        answers = (f"{answer.emoji or ''} {answer.text or ''}" for answer in message.poll.answers)
        yield Attached("poll", _joined([str(message.poll.question), *answers]))
    if message.activity is not None:
        kind = ACTIVITIES.get(message.activity.get("type"), "invitation")
        yield Attached(kind, message.application.name if message.application else "")
    for snapshot in message.message_snapshots:
        yield Attached("forwarded", _words(snapshot), tuple(_attached(snapshot, message.guild)))


def _events(content: str, guild: discord.Guild) -> Iterator[Attached]:
    """Yield the server's events that the links in a text lead to: Discord shows them under the text."""
    numbers = dict.fromkeys(int(number) for found in _EVENT.findall(content) for number in found if number)
    for event in filter(None, map(guild.get_scheduled_event, numbers)):
        where = event.location or (f"<#{event.channel_id}>" if event.channel_id else "")
        begins = f"{event.start_time:%Y-%m-%d %H:%M} UTC"
        yield Attached("event", _joined([event.name, where, begins, event.description]))


def _file(file: discord.Attachment) -> Attached:
    if file.is_voice_message() and file.duration is not None:
        length = f"{file.duration:.0f} s" if math.isfinite(file.duration) else ""
        return Attached("voice message", length)
    kind = _kind(file.content_type)
    # What a picture shows may be described; its file's name, by a camera mostly, says nothing about it.
    name = "" if kind == "image" else _name(file)
    return Attached(kind, _described(name, file.description))


def _name(file: discord.Attachment) -> str:
    """Return the name that people see; from `filename`, Discord removes all but Latin letters and digits."""
    if not file.title:
        return file.filename
    _, dot, ending = file.filename.rpartition(".")
    return file.title if not dot or file.title.endswith(dot + ending) else f"{file.title}.{ending}"


def _media(components: Iterable[Any]) -> Iterator[Attached]:
    """Yield the pictures and files that components show. Buttons and menus are no content."""
    for part in component_parts(components):
        if isinstance(part, discord.MediaGalleryComponent):
            for item in part.items:
                yield Attached(_kind(item.media.content_type, "image"), item.description or "")
        elif isinstance(part, discord.ThumbnailComponent):
            yield Attached("image", part.description or "")
        elif isinstance(part, discord.FileComponent):
            yield Attached("file", part.name or "")


def component_parts(components: Iterable[Any]) -> Iterator[Any]:
    """Yield components, each followed by those inside it."""
    for component in components:
        yield component
        yield from component_parts(getattr(component, "children", ()))
        yield from component_parts(filter(None, [getattr(component, "accessory", None)]))


def _embed(embed: discord.Embed) -> str:
    """Return all the text of an embed, from top to bottom."""
    fields = (f"{field.name}: {field.value}" for field in embed.fields)
    head = [embed.provider.name, embed.author.name, embed.title, embed.description]
    return _joined([*head, *fields, embed.footer.text])


def _title(embed: discord.Embed) -> str:
    """Return the title of a link's preview, or else what it begins with."""
    title = embed.title or embed.author.name or embed.description or ""
    return title if len(title) <= _TITLE_LIMIT else title[: _TITLE_LIMIT - 1] + "…"


def _described(name: str, description: str | None) -> str:
    return f"{name} ({description})" if name and description else name or description or ""


def _joined(parts: Iterable[str | None]) -> str:
    return " / ".join(part.strip() for part in parts if part and part.strip())


def _kind(content_type: str | None, otherwise: str = "file") -> str:
    return _MEDIA.get((content_type or "").partition("/")[0], otherwise)
