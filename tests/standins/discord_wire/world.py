"""The pretended Discord's state and everything that changes it, each change told as a gateway event.

Law: synchronous and without sockets. What people do here (`say`, `edit`, `delete` …) and what the
bot asks for by REST end in the same few methods.
"""

import base64
import mimetypes
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

from tests.standins.discord_wire import shapes
from tests.standins.discord_wire.components import texts
from tests.standins.discord_wire.records import (
    EPOCH_MS,
    INVITED,
    Channel,
    Guild,
    Json,
    Mentions,
    Message,
    Permission,
    Role,
    Upload,
    User,
    Webhook,
)

USER_MENTION = re.compile(r"<@!?(\d+)>")
ROLE_MENTION = re.compile(r"<@&(\d+)>")
EVERYONE = re.compile(r"@(everyone|here)\b")


@dataclass(frozen=True, slots=True)
class Event:
    """One gateway dispatch. `channel` is set where the bot must be able to see it to be told."""

    name: str
    data: Json
    channel: Channel | None = None


class World:
    """Guilds, channels, people and messages. Begins with one guild, its host and one channel."""

    def __init__(self, *, bot_name: str, message_content: bool) -> None:
        self._last_id = 0
        self._back_ms = 0
        self._component_ids = count(1)
        self._by_nonce: dict[tuple[Channel, str], Message] = {}
        self.listeners: list[Callable[[Event], None]] = []
        self.message_content = message_content
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.bot = User(self.new_id(), bot_name, bot=True)
        self.host = User(self.new_id(), "Host")
        self.cdn = "https://cdn.discordapp.com"
        self.files: dict[str, bytes] = {}  # by the id of their attachment
        self.team: list[User] = []  # of the application, with those who are only invited
        self.invited: list[User] = []
        first_part = base64.b64encode(str(self.bot.id).encode()).decode().rstrip("=")
        self.token = f"{first_part}.stand-in.{'x' * 27}"
        self.guild = self.add_guild("The Crossroads")
        self.channel = self.add_channel("tavern")

    def new_id(self) -> int:
        """A snowflake of now: never twice the same, always rising, with a time that can be believed."""
        now = (time.time_ns() // 1_000_000 - self._back_ms - EPOCH_MS) << 22
        self._last_id = max(now, self._last_id + 1)
        return self._last_id

    def turn_back(self, hours: float) -> None:
        """Let what is made from now on have been made so many hours ago; 0 returns to the present."""
        self._back_ms = round(hours * 3_600_000)
        self._last_id = 0

    def age(self, message: Message, hours: float) -> None:
        """Let Discord, if not the message's own id, think a message is so much older."""
        message.aged += timedelta(hours=hours)

    def is_old(self, message: Message) -> bool:
        """Whether a message is older than the hour after which its edits are counted apart."""
        return datetime.now(UTC) - message.created_at + message.aged > timedelta(hours=1)

    def emit(self, name: str, data: Json, channel: Channel | None = None) -> None:
        for listener in self.listeners:
            listener(Event(name, data, channel))

    # -- places and people ------------------------------------------------------------------

    def add_guild(
        self, name: str, owner: User | None = None, *, shard: tuple[int, int] | None = None
    ) -> Guild:
        """The bot is added to a server: of the host's, or of somebody who has nothing to do with the bot.

        Its id is one of a `shard`, given as (number, count), or any.
        """
        keeper, number = owner or self.host, self.new_id()
        while shard is not None and (number >> 22) % shard[1] != shard[0]:
            number += 1 << 22
        self._last_id = max(self._last_id, number)
        new = Guild(number, name, keeper, Role(self.new_id(), self.bot.name, INVITED, self.bot))
        new.members = {u.id: u for u in (keeper, self.bot)}
        new.roles = {r.id: r for r in (Role(new.id, "@everyone", INVITED), new.bot_role)}
        self.guilds[new.id] = new
        joined = shapes.guild_create(new, [], self.bot)
        del joined["unavailable"]  # is told of those that come back
        self.emit("GUILD_CREATE", joined)
        return new

    def remove_guild(self, gone: Guild) -> None:
        """The bot is removed from a server."""
        for channel in [c for c in self.channels.values() if c.guild is gone]:
            del self.channels[channel.id]
        del self.guilds[gone.id]
        self.emit("GUILD_DELETE", {"id": str(gone.id)})

    def begin_outage(self, gone: Guild) -> None:
        """Discord loses a server for a while: nobody is told what happens there."""
        self.emit("GUILD_DELETE", {"id": str(gone.id), "unavailable": True})
        gone.away = True

    def end_outage(self, back: Guild) -> None:
        back.away = False
        channels = [c for c in self.channels.values() if c.guild is back]
        self.emit("GUILD_CREATE", shapes.guild_create(back, channels, self.bot))

    def add_channel(self, name: str, guild: Guild | None = None, *, nsfw: bool = False) -> Channel:
        return self._open(Channel(self.new_id(), name, guild or self.guild, nsfw=nsfw))

    def add_forum(self, name: str, guild: Guild | None = None) -> Channel:
        """A forum, whose posts are the threads in it."""
        return self._open(Channel(self.new_id(), name, guild or self.guild, forum=True))

    def _open(self, new: Channel) -> Channel:
        self.channels[new.id] = new
        self.emit("CHANNEL_CREATE", shapes.channel(new))
        return new

    def add_member(
        self,
        name: str,
        guild: Guild | None = None,
        *,
        nick: str | None = None,
        bot: bool = False,
        number: int | None = None,
    ) -> User:
        who = User(number or self.new_id(), name, bot)
        home = guild or self.guild
        home.members[who.id] = who
        if nick is not None:
            home.nicks[who.id] = nick
        return who

    def add_role(self, name: str, guild: Guild | None = None) -> Role:
        home = guild or self.guild
        new = Role(self.new_id(), name)
        home.roles[new.id] = new
        self.emit(
            "GUILD_ROLE_CREATE", {"guild_id": str(home.id), "role": shapes.role(new, len(home.roles) - 1)}
        )
        return new

    def create_thread(
        self,
        name: str,
        parent: Channel | None = None,
        owner: User | None = None,
        made_of: Message | None = None,
    ) -> Channel:
        """Open a thread, of a message if one is given: then it has the message's id."""
        above = parent or self.channel
        number = made_of.id if made_of else self.new_id()
        new = Channel(number, name, above.guild, above, owner or self.host, above.nsfw)
        self.channels[new.id] = new
        self.emit("THREAD_CREATE", shapes.channel(new) | {"newly_created": True}, new)
        return new

    def archive(self, thread: Channel) -> None:
        """Somebody closes a thread; the next message opens it again."""
        thread.archived_at = datetime.now(UTC)
        self.emit("THREAD_UPDATE", shapes.channel(thread), thread)

    def delete_channel(self, gone: Channel) -> None:
        """Remove a channel with its threads, or one thread."""
        for thread in [c for c in self.channels.values() if c.parent is gone]:
            del self.channels[thread.id]
        del self.channels[gone.id]
        self.emit("CHANNEL_DELETE" if gone.parent is None else "THREAD_DELETE", shapes.channel(gone), gone)

    def deny(self, channel: Channel, what: Permission) -> None:
        """Take permissions from the bot in this channel and its threads (threads have none of their own)."""
        self._overwrite(channel.parent or channel, (channel.parent or channel).denied | what)

    def allow(self, channel: Channel, what: Permission) -> None:
        """Give back what was denied."""
        self._overwrite(channel.parent or channel, (channel.parent or channel).denied & ~what)

    def _overwrite(self, channel: Channel, denied: Permission) -> None:
        channel.denied = denied
        self.emit("CHANNEL_UPDATE", shapes.channel(channel))

    # -- what people do ---------------------------------------------------------------------

    def say(
        self,
        who: User,
        channel: Channel,
        text: str,
        *,
        reply_to: Message | None = None,
        ping: bool = True,
        attachments: Sequence[str] = (),
        stickers: Sequence[str] = (),
        embeds: Sequence[Json] = (),
    ) -> Message:
        """Somebody posts. Mentions are read from the text; files and stickers are given by name."""
        return self.post(
            who,
            channel,
            text,
            allowed=None if ping else {"parse": ["users", "roles", "everyone"], "replied_user": False},
            reply_to=reply_to,
            embeds=list(embeds),
            attachments=self.attachments(attachments),
            stickers=[{"id": str(self.new_id()), "name": name, "format_type": 1} for name in stickers],
        )

    def type(self, who: User, channel: Channel) -> None:
        """Somebody begins to type, or goes on."""
        ids = {"channel_id": channel.id, "guild_id": channel.guild.id, "user_id": who.id}
        at, member = int(time.time()), shapes.full_member(who, channel.guild)
        self.emit(
            "TYPING_START", {k: str(v) for k, v in ids.items()} | {"timestamp": at, "member": member}, channel
        )

    def edit(
        self, message: Message, text: str | None = None, *, embeds: Sequence[Json] | None = None
    ) -> None:
        """The author changes the text; without one, Discord itself adds a link's preview (no edit mark)."""
        self.amend(message, content=text, embeds=None if embeds is None else list(embeds))

    def delete(self, message: Message) -> None:
        shown = message.id in message.channel.messages
        self._forget(message)
        if not shown:  # an answer that only one person saw
            return
        ids = {"id": str(message.id), "channel_id": str(message.channel.id)}
        self.emit("MESSAGE_DELETE", ids | {"guild_id": str(message.channel.guild.id)}, message.channel)

    def bulk_delete(self, messages: Iterable[Message]) -> None:
        gone = list(messages)
        for message in gone:
            self._forget(message)
        where = gone[0].channel
        data = {
            "ids": [str(m.id) for m in gone],
            "channel_id": str(where.id),
            "guild_id": str(where.guild.id),
        }
        self.emit("MESSAGE_DELETE_BULK", data, where)

    def _forget(self, message: Message) -> None:
        message.deleted = True
        message.channel.messages.pop(message.id, None)

    # -- what all of it ends in -------------------------------------------------------------

    def post(
        self,
        author: User,
        channel: Channel,
        content: str,
        *,
        allowed: Json | None = None,
        reply_to: Message | None = None,
        nonce: str | int | None = None,
        flags: int = 0,
        embeds: list[Json] | None = None,
        components: list[Json] | None = None,
        attachments: list[Json] | None = None,
        stickers: list[Json] | None = None,
        private: bool = False,
        webhook: Webhook | None = None,
        answers: bool = False,
        message_id: int | None = None,
    ) -> Message:
        """Put a message into a channel, or make a private one that stands in none. Trims the text's ends."""
        text = content.strip()
        new = Message(
            message_id or self.new_id(),
            channel,
            author,
            text,
            mentions=self.mentions_in(text, channel.guild, allowed, reply_to),
            reply_to=reply_to,
            nonce=nonce,
            flags=flags,
            kind=shapes.REPLY if reply_to else shapes.DEFAULT,
            embeds=embeds or [],
            components=self.numbered(components or []),
            attachments=attachments or [],
            stickers=stickers or [],
            history=[text],
            webhook=webhook,
            answers=answers,
            written=[time.monotonic()],
        )
        if private:
            return new
        channel.messages[new.id] = new
        if channel.archived_at is not None:
            channel.archived_at = None
            self.emit("THREAD_UPDATE", shapes.channel(channel), channel)
        if nonce is not None:
            self._by_nonce[channel, str(nonce)] = new
        self.emit("MESSAGE_CREATE", shapes.message_event(new), channel)
        return new

    def amend(
        self,
        message: Message,
        *,
        content: str | None = None,
        allowed: Json | None = None,
        embeds: list[Json] | None = None,
        components: list[Json] | None = None,
        attachments: list[Json] | None = None,
        flags: int | None = None,
        mark: bool | None = None,
    ) -> None:
        """Change what is given and nothing else. A new text, or `mark`, makes it an edit that people see."""
        if content is not None:
            message.content = content.strip()
            message.history.append(message.content)
            message.written.append(time.monotonic())
            message.mentions = self.mentions_in(
                message.content, message.channel.guild, allowed, message.reply_to
            )
        if content is not None or mark:
            message.edits += 1
            message.edited_at = datetime.now(UTC)
        message.embeds = message.embeds if embeds is None else embeds
        message.components = message.components if components is None else self.numbered(components)
        message.attachments = message.attachments if attachments is None else attachments
        message.flags = message.flags if flags is None else flags
        if message.id in message.channel.messages:
            self.emit("MESSAGE_UPDATE", shapes.message_event(message), message.channel)

    def same_nonce(self, channel: Channel, nonce: str | int) -> Message | None:
        """The bot's message that already carries this nonce."""
        return self._by_nonce.get((channel, str(nonce)))

    def attachments(self, files: Iterable[str | Upload]) -> list[Json]:
        """Files as Discord tells of them, from where it hands them out; of names alone there is no content."""
        found = []
        for each in files:
            new, file = str(self.new_id()), Upload(each) if isinstance(each, str) else each
            name = file.name
            url = f"{self.cdn}/attachments/{new}/{name}"
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            self.files[new] = file.content
            found.append(
                {
                    "id": new,
                    "filename": name,
                    "size": len(file.content) or 1024,
                    "url": url,
                    "proxy_url": url,
                    "content_type": kind,
                }
            )
        return found

    def attached(self, message: Message, body: Json, files: Sequence[Upload]) -> list[Json]:
        """The files of a message after an edit, which keeps those it names, or all if it names none."""
        kept_ids = {str(a["id"]) for a in body.get("attachments") or []}
        kept = [a for a in message.attachments if "attachments" not in body or a["id"] in kept_ids]
        return kept + self.attachments(files)

    def mentions_in(
        self, text: str, guild: Guild, allowed: Json | None = None, reply_to: Message | None = None
    ) -> Mentions:
        """Who is pinged by a text, under Discord's `allowed_mentions` (absent: everybody it names)."""
        rule: Json = (
            {"parse": ["users", "roles", "everyone"], "replied_user": True} if allowed is None else allowed
        )
        parse, users, roles = (rule.get(key) or [] for key in ("parse", "users", "roles"))
        may_users, may_roles = {str(i) for i in users}, {str(i) for i in roles}
        named = [i for i in USER_MENTION.findall(text) if "users" in parse or i in may_users]
        if reply_to is not None and rule.get("replied_user", False):
            named.append(str(reply_to.author.id))
        called = [i for i in ROLE_MENTION.findall(text) if "roles" in parse or i in may_roles]
        return Mentions(
            tuple(guild.members[i] for i in dict.fromkeys(map(int, named)) if i in guild.members),
            tuple(guild.roles[i] for i in dict.fromkeys(map(int, called)) if i in guild.roles),
            "everyone" in parse and EVERYONE.search(text) is not None,
        )

    def numbered(self, components: list[Json]) -> list[Json]:
        """Discord numbers components that come without an id."""
        return [
            {"id": next(self._component_ids)}
            | component
            | ({"components": self.numbered(component["components"])} if "components" in component else {})
            for component in components
        ]

    # -- looking at it ----------------------------------------------------------------------

    def posts(self, channel: Channel) -> list[Message]:
        """The bot's messages that stand in the channel now, oldest first, without those of webhooks."""
        return [m for m in channel.messages.values() if m.author is self.bot]

    def webhook_posts(self, channel: Channel) -> list[Message]:
        """What the application's own webhooks said, as it stands in the channel now, oldest first."""
        return [m for m in channel.messages.values() if m.webhook and m.webhook.application == self.bot.id]

    def history_of(self, message: Message) -> list[str]:
        """Every content the message had, the present one last."""
        return list(message.history)

    def transcript(self, channel: Channel) -> str:
        """The channel as people read it: `Name: text`, further lines indented, `(edited)` behind."""
        return "\n".join(self._line(message) for message in channel.messages.values())

    def _line(self, message: Message) -> str:
        shown = self._readable(message.content or texts(message.components), message.channel.guild)
        extras = [f"[{a['filename']}]" for a in message.attachments] + [
            f"[{s['name']}]" for s in message.stickers
        ]
        extras += [f"[{e.get('title') or 'embed'}]" for e in message.embeds]
        extras += ["(edited)"] if message.edited_at else []
        said = " ".join(part for part in (shown, *extras) if part)
        return f"{message.channel.guild.name_of(message.author)}: " + said.replace("\n", "\n    ")

    def _readable(self, text: str, guild: Guild) -> str:
        def person(found: re.Match[str]) -> str:
            who = guild.members.get(int(found[1]))
            return f"@{guild.name_of(who)}" if who else "@unknown-user"

        def called(found: re.Match[str]) -> str:
            which = guild.roles.get(int(found[1]))
            return f"@{which.name}" if which else "@deleted-role"

        return ROLE_MENTION.sub(called, USER_MENTION.sub(person, text))
