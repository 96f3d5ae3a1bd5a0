"""What happens in a channel: who speaks, what they say, what we keep of it.

Law: plain records. They know neither Discord's objects nor the database's rows.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal, NewType

Position = NewType("Position", int)
"""Where a turn stands in its scene; turns are read in the order of their positions.

A person's turn has its message's snowflake. A persona's turn, and any other that is no message of the
platform's, has the number after the newest turn that was there when it began. A position is never 0.
"""

START: Final = Position(0)
"""The position before all turns."""

END: Final = Position(2**63 - 1)
"""The position after all turns."""


@dataclass(frozen=True, slots=True)
class Participant:
    """A person in the room, under the name the room sees (Discord's display name)."""

    id: int
    name: str


EVERYBODY: Final = 0
"""The owner of a place whose story the whole room shares; no account has this id."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was said. A thread is a place of its own and knows its parent.

    `owner` is the account that has a story of its own in the channel; `EVERYBODY` where the room shares one.
    Channel and owner together are the place's key.
    """

    channel_id: int
    parent_id: int | None = None
    guild_id: int | None = None
    category_id: int | None = None
    owner: int = EVERYBODY

    @property
    def key(self) -> tuple[int, int]:
        """What tells it from every other place: channel and owner."""
        return self.channel_id, self.owner

    @property
    def home_id(self) -> int:
        """The channel that a thread belongs to, or the channel itself."""
        return self.parent_id or self.channel_id


@dataclass(frozen=True, slots=True)
class Lookup:
    """What the platform's markup in one message stands for: id → name as people see it."""

    people: dict[int, str] = field(default_factory=dict)
    channels: dict[int, str] = field(default_factory=dict)
    roles: dict[int, str] = field(default_factory=dict)
    bot_id: int | None = None


@dataclass(frozen=True, slots=True)
class Attached:
    """Something beside the text, as the platform has it: M2-her reads text only, so it becomes a note."""

    kind: Literal["image", "video", "audio", "file", "sticker", "embed", "poll", "forwarded"]
    label: str


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """One message somebody posted, translated from the platform and otherwise untouched.

    `content` is the raw text with the platform's markup; `core.names.words_of` makes it text.
    `mentions_bot` is a mention by name, never `@everyone` or a role. `by_command` means that somebody gave it
    to a command which asks for an answer.
    """

    id: int
    place: Place
    author: Participant
    content: str
    created_at: datetime
    lookup: Lookup = field(default_factory=Lookup)
    attached: tuple[Attached, ...] = ()
    mentions_bot: bool = False
    reply_to: int | None = None
    from_bot: bool = False
    by_command: bool = False


class Ending(StrEnum):
    """How a persona's turn ended. A turn without an ending is being written, or a crash left it."""

    DONE = "done"
    LENGTH = "length"  # the model's token limit: Continue makes sense
    STOPPED = "stopped"  # somebody, or a shutdown, said stop
    CUT_SHORT = "cut_short"  # the stream broke after text had come
    FAILED = "failed"  # nothing came
    WITHDRAWN = "withdrawn"  # moderation took it back: the text is gone
    CRASHED = "crashed"  # the process died; closed at the next start, and people are yet to be told
    INTERRUPTED = "interrupted"  # the same, and they have been told


@dataclass(frozen=True, slots=True)
class Speaker:
    """Somebody under one name in one place: a person by a display name they bore, or a persona.

    `name` is the API's `name`. `user_id` is None for a persona, `persona_key` None for a person.
    """

    id: int
    name: str
    user_id: int | None = None
    persona_key: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Something of ours beside a person's words: what was attached, say. `core.notes` makes a line of it."""

    kind: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One contribution to a scene, by a person or by a persona.

    The speaker is the one as whom it was said: a later change of nickname makes another and does not rewrite
    the past. `tokens` is the count of the text and its notes, without the name's. `swipe` is which of a
    persona's variants this is, from 1; `removal_id` by what it was taken out of the story, if it was.
    """

    id: int
    scene_id: int
    position: Position
    speaker: Speaker
    text: str
    tokens: int
    created_at: datetime
    message_id: int | None = None
    ending: Ending | None = None
    swipe: int = 1
    removal_id: int | None = None
    notes: tuple[Note, ...] = ()

    @property
    def name(self) -> str:
        """The API's `name` of who speaks."""
        return self.speaker.name

    @property
    def user_id(self) -> int | None:
        """The account of the person who speaks; None for a persona's turn."""
        return self.speaker.user_id

    @property
    def persona_key(self) -> str | None:
        """The key of the persona that speaks; None for a person's turn."""
        return self.speaker.persona_key


@dataclass(frozen=True, slots=True)
class Post:
    """A Discord message that shows a page of a turn: `text[start:end]` plus added markup.

    `hook_id` is the webhook that made it, None if the bot did so under its own name; only who made it can
    edit it. `heading` is a line above the page that belongs to no story, empty for none.
    """

    message_id: int
    turn_id: int
    page: int
    start: int
    end: int
    hook_id: int | None = None
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Slice:
    """A page that is about to be posted or edited: it will show `text[start:end]`.

    The nonce (25 characters at most) goes with the post. Discord answers one it has seen within some
    minutes with the message that is there already, so trying again never posts twice. Answers to a command
    and a webhook's posts have none, and the nonce is empty. `hook_id` and `heading` are the post's (`Post`).
    """

    page: int
    start: int
    end: int
    nonce: str
    hook_id: int | None = None
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A persona's turn that a crash left without an ending, where, and which posts show it.

    `planned` are pages that were about to be posted: whether Discord has them, only Discord knows.
    """

    turn: Turn
    place: Place
    posts: tuple[Post, ...]
    planned: tuple[Slice, ...]


@dataclass(frozen=True, slots=True)
class Owed:
    """A person's turn that still waits for the answer of a persona, and where."""

    turn: Turn
    place: Place
    persona_key: str


@dataclass(frozen=True, slots=True)
class Scene:
    """A story in a place.

    `window_start` is the position of the first turn its prompts hold. `starter_id` is who began it or spoke
    first in it; `persona_key` is whom it was begun with, None for whoever plays in the place.
    """

    id: int
    place: Place
    title: str
    window_start: Position
    starter_id: int | None = None
    persona_key: str | None = None
