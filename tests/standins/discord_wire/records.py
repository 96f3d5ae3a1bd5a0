"""What exists on the pretended Discord. Plain records, compared by identity; ids are snowflakes."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntFlag
from typing import Any

Json = dict[str, Any]

EPOCH_MS = 1_420_070_400_000
"""Discord's epoch; the time of a snowflake is counted from it."""


class Permission(IntFlag):
    """The permissions that the bot asks for in its invite, with Discord's bits."""

    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MANAGE_WEBHOOKS = 1 << 29
    CREATE_PUBLIC_THREADS = 1 << 35
    SEND_MESSAGES_IN_THREADS = 1 << 38


INVITED = Permission(sum(Permission))
NOTHING = Permission(0)


def time_of(snowflake: int) -> datetime:
    return datetime.fromtimestamp(((snowflake >> 22) + EPOCH_MS) / 1000, UTC)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody sends."""

    name: str
    content: bytes = b""


@dataclass(eq=False, slots=True)
class User:
    """A person or a bot, under the display name of its account; or the face that a webhook gave one post."""

    id: int
    name: str
    bot: bool = False
    avatar: str | None = None  # where its picture is, as given by the person who chose it
    face: bool = False
    locale: str = "en-US"  # of a person's Discord

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"


@dataclass(eq=False, slots=True)
class Role:
    id: int
    name: str
    permissions: Permission = NOTHING
    bot: User | None = None  # the bot whose own (managed) role this is

    @property
    def mention(self) -> str:
        return f"<@&{self.id}>"


@dataclass(eq=False, slots=True)
class Guild:
    """A server. The bot is in every one of them, with a role of its own, as after an invite.

    While it is `away`, in an outage of Discord's, nobody is told what happens there.
    """

    id: int
    name: str
    owner: User
    bot_role: Role
    members: dict[int, User] = field(default_factory=dict)
    nicks: dict[int, str] = field(default_factory=dict)
    roles: dict[int, Role] = field(default_factory=dict)
    locale: str = "en-US"
    away: bool = False

    def name_of(self, user: User) -> str:
        return self.nicks.get(user.id, user.name)


@dataclass(eq=False, slots=True)
class Channel:
    """A text channel or a forum, or a public thread when it has a parent. `denied` is the bot's, by overwrite."""

    id: int
    name: str
    guild: Guild
    parent: "Channel | None" = None
    owner: User | None = None
    nsfw: bool = False
    forum: bool = False
    denied: Permission = NOTHING
    archived_at: datetime | None = None
    messages: "dict[int, Message]" = field(default_factory=dict)

    @property
    def mention(self) -> str:
        return f"<#{self.id}>"

    @property
    def allowed(self) -> Permission:
        """What the bot may do here; a thread takes its parent's overwrites."""
        return INVITED & ~(self.parent or self).denied


@dataclass(eq=False, slots=True)
class Webhook:
    """An incoming webhook. `application` is whose it is; None where a person made it."""

    id: int
    channel: Channel
    name: str
    token: str
    creator: User
    application: int | None = None
    avatar: str | None = None


@dataclass(frozen=True, slots=True)
class Mentions:
    """Who is pinged by a text."""

    users: tuple[User, ...] = ()
    roles: tuple[Role, ...] = ()
    everyone: bool = False

    def __bool__(self) -> bool:
        return bool(self.users or self.roles or self.everyone)


@dataclass(eq=False, slots=True)
class Message:
    """A message as it stands now; `history` has every content it had, the present one last.

    `written` has when each was there, in seconds of `time.monotonic`. `answers` tells an interaction's. `marks` are
    the bot's reactions.
    """

    id: int
    channel: Channel
    author: User
    content: str
    mentions: Mentions = field(default_factory=Mentions)
    reply_to: "Message | None" = None
    nonce: str | int | None = None
    flags: int = 0
    kind: int = 0
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    stickers: list[Json] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    edits: int = 0
    edited_at: datetime | None = None
    deleted: bool = False
    webhook: Webhook | None = None
    answers: bool = False
    written: list[float] = field(default_factory=list)
    aged: timedelta = timedelta(0)
    marks: list[str] = field(default_factory=list)

    @property
    def created_at(self) -> datetime:
        return time_of(self.id)
