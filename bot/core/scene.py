"""The records of the story: places, scenes, turns, their speakers and their posts.

Law: plain records. They know neither Discord's objects nor the database's rows.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple, NewType

from bot.core.access import MemberFacts

Position = NewType("Position", int)
"""The place of a turn in its scene; turns are read in the order of their positions.

A person's turn has its message's snowflake. A persona's turn, and any other that is not a Discord message,
has the number after the newest turn that existed when it began. A position is never 0.
"""

START: Final = Position(0)
"""The position before all turns."""

END: Final = Position(2**63 - 1)
"""The position after all turns."""


MEMBER: Final = "member:"
"""What the characters of members of a PluralKit or Tupperbox system begin with: people of their own."""


class Identity(NamedTuple):
    """Whose a speaker's names are: a persona's, by its key, or a person's, by account and character."""

    persona_key: str | None = None
    user_id: int | None = None
    character: str = ""

    @property
    def person(self) -> "Identity":
        """The one who plays it: people's profiles are theirs, and members are people of their own."""
        return self if self.character.startswith(MEMBER) else self._replace(character="")


@dataclass(frozen=True, slots=True)
class Participant:
    """A person in the room, under the name the room sees: Discord's display name, or the character's.

    `character` is the key of who they play: "" themselves, `profile:<id>` one of their profiles,
    `member:<application>:<folded name>` a member of a system. `id` is the account in any case.
    """

    id: int
    name: str
    character: str = ""

    @property
    def identity(self) -> Identity:
        """Whose name it is."""
        return Identity(None, self.id, self.character)


EVERYBODY: Final = 0
"""The owner of a place whose story everyone shares; no account has this id."""


@dataclass(frozen=True, slots=True)
class Place:
    """A channel or thread in which messages are written; a thread knows its parent.

    `owner` is the account that has a story of its own in the channel, or `EVERYBODY`: that of direct
    messages, or who uses the bot where it is only theirs (`core.reach.own_channel`). Channel and owner
    together are the place's key.
    """

    channel_id: int
    parent_id: int | None = None
    guild_id: int | None = None
    category_id: int | None = None
    owner: int = EVERYBODY

    @property
    def key(self) -> tuple[int, int]:
        """The key of the place: channel and owner."""
        return self.channel_id, self.owner

    @property
    def is_own(self) -> bool:
        """Whether its story is one person's: outside of servers."""
        return self.owner != EVERYBODY

    @property
    def is_personal(self) -> bool:
        """Whether it is where the bot is only that person's, and posts nothing but answers to commands."""
        return self.is_own and self.channel_id < 0

    @property
    def queue(self) -> tuple[int, int]:
        """Where its requests to the model wait for their turn: with those of its server."""
        return self.guild_id or 0, self.channel_id

    @property
    def home_id(self) -> int:
        """The channel of a thread, or the channel itself."""
        return self.parent_id or self.channel_id


@dataclass(frozen=True, slots=True)
class Lookup:
    """The names that Discord's markup in one message stands for: id → name as people see it.

    `bot_id` is the bot's account, `bot_role_id` the role that Discord made for it on the server.
    """

    people: dict[int, str] = field(default_factory=dict)
    channels: dict[int, str] = field(default_factory=dict)
    roles: dict[int, str] = field(default_factory=dict)
    bot_id: int | None = None
    bot_role_id: int | None = None


@dataclass(frozen=True, slots=True)
class Attached:
    """An attachment, sticker or the like: M2-her reads text only, so it becomes a note.

    `kind` says what it is in the model's words, `label` is its name or text, `held` what a forwarded message
    holds besides its text.
    """

    kind: str
    label: str
    held: tuple["Attached", ...] = ()


@dataclass(frozen=True, slots=True)
class Referenced:
    """A message that another one is about: the one that it replies to, or that its thread was made from.

    `by_us` says that the bot posted it, as itself or by its webhook.
    """

    id: int
    author: Participant
    content: str
    lookup: Lookup = field(default_factory=Lookup)
    attached: tuple[Attached, ...] = ()
    by_us: bool = False


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """A message of a person, translated from Discord and otherwise unchanged.

    `content` is the raw text with Discord's markup; `core.message_text.words_of` makes it plain text.
    `mentions_bot` is a mention of the bot or of its own role, never `@everyone` or another role. `by_command`
    says that it came with a command that asks for an answer, `edited_at` when its author last edited it.
    `replied` is the message of `reply_to` as far as Discord shows it; `thread_title` is of the thread it was
    written in, if it was. `roll` is what the story is told of dice that its author rolled, for which nobody
    is to answer. `member` is what Discord says of its author on the server; None if that is not known.
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
    replied: Referenced | None = None
    thread_title: str = ""
    from_bot: bool = False
    by_command: bool = False
    edited_at: datetime | None = None
    roll: str = ""
    member: MemberFacts | None = None


class Ending(StrEnum):
    """How a persona's turn ended. A turn without an ending is being written, or was cut off by a crash."""

    DONE = "done"
    LENGTH = "length"  # the model's token limit, so that Continue makes sense
    STOPPED = "stopped"  # a person pressed Stop, or the bot was shut down
    CUT_SHORT = "cut_short"  # the stream broke off after some text
    FAILED = "failed"  # no text came
    WITHDRAWN = "withdrawn"  # moderation withdrew it: the text is deleted
    CRASHED = "crashed"  # the process died; closed at the next start, and people are not told yet
    INTERRUPTED = "interrupted"  # the same, and people have been told


@dataclass(frozen=True, slots=True)
class Speaker:
    """A person under one display name in one place, or a persona.

    `name` is the API's `name`. `user_id` is None for a persona, `persona_key` None for a person, whose
    `character` is as in `Participant`.
    """

    id: int
    name: str
    user_id: int | None = None
    persona_key: str | None = None
    character: str = ""

    @property
    def identity(self) -> Identity:
        """Whose name it is."""
        return Identity(self.persona_key, self.user_id, self.character)


@dataclass(frozen=True, slots=True)
class Note:
    """A record of the bot's beside a person's words, as of an attachment; `core.notes` makes a line of it."""

    kind: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """The words of a message that a turn refers to and that is no turn of its scene.

    `tokens` is the count of the text, without the name. `elsewhere` says that the text was read from a turn
    of another scene, and has yet to be counted.
    """

    message_id: int
    speaker: Speaker
    text: str
    tokens: int
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """The message that a turn replies to.

    `turn_id` is its turn, None if it has none anymore or never had one in the story; `words` are its first
    words as they are now. `is_end` is False for a post that shows an earlier page of its turn than the last.
    """

    message_id: int
    speaker: Speaker
    turn_id: int | None = None
    words: str = ""
    is_end: bool = True


@dataclass(frozen=True, slots=True)
class Turn:
    """One contribution to a scene, by a person or by a persona.

    The speaker is the one at that time: a later change of name makes another speaker of the same identity,
    and a prompt calls them by the newest name. `tokens` is the count of the text and its notes, without the
    name. `swipe` is the number of a persona's variant, from 1; `removal_id` is the removal that took it out
    of the story, None if none did; `editor` is the name of the person who last rewrote the variant, empty if
    nobody did; `spoken_by` is the person who spoke as the persona, None if nobody did, under the name of the
    member of a system that they were there, "" for none. `references` and `target` are read with the turns of
    a scene, for prompts.
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
    editor: str = ""
    spoken_by: Participant | None = None
    references: tuple[Reference, ...] = ()
    target: Target | None = None

    @property
    def name(self) -> str:
        """The speaker's `name` in the API."""
        return self.speaker.name

    @property
    def identity(self) -> Identity:
        """Whose name the speaker has."""
        return self.speaker.identity

    @property
    def user_id(self) -> int | None:
        """The account of the person who speaks; None for a persona's turn."""
        return self.speaker.user_id

    @property
    def author_id(self) -> int | None:
        """The account of the person whose words it has, also as a persona; None if a model wrote them."""
        return self.user_id or (self.spoken_by.id if self.spoken_by is not None else None)

    @property
    def persona_key(self) -> str | None:
        """The key of the persona that speaks; None for a person's turn."""
        return self.speaker.persona_key


@dataclass(frozen=True, slots=True)
class Post:
    """A Discord message that shows a page of a turn: `text[start:end]` plus added markup.

    `hook_id` is the webhook that made it, None for the bot itself; only its maker can edit it. `heading` is
    the line above the page, which is not part of the story; empty for none.
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

    The nonce (25 characters at most) is sent with the post. For a nonce of the last minutes Discord returns
    the existing message, so that another attempt never posts twice. Answers to a command and a webhook's
    posts have an empty nonce. `hook_id` and `heading` are the post's (`Post`).
    """

    page: int
    start: int
    end: int
    nonce: str
    hook_id: int | None = None
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A persona's turn without an ending after a crash, with its place and its posts.

    `planned` are pages that were about to be posted; only Discord knows whether they were. `asked` is the
    newest message that still waits for its first word; None if none does.
    """

    turn: Turn
    place: Place
    posts: tuple[Post, ...]
    planned: tuple[Slice, ...]
    asked: Turn | None = None


@dataclass(frozen=True, slots=True)
class Owed:
    """A person's turn that waits for the answer of a persona, with its place."""

    turn: Turn
    place: Place
    persona_key: str


@dataclass(frozen=True, slots=True)
class Scene:
    """A story in a place.

    `window_start` is the position of the first turn in its prompts, `party_until` that of the newest turn
    when the window last moved (`START` before the first prompt). `starter_id` is the person who began it or
    spoke first in it; `persona_key` is the persona it is bound to, None for the place's. `greeting` is the
    number of the greeting with which it began, 0 for the first, and `greeter` the persona that greeted; None
    if none did.
    """

    id: int
    place: Place
    title: str
    window_start: Position
    starter_id: int | None = None
    persona_key: str | None = None
    party_until: Position = START
    greeter: str | None = None
    greeting: int | None = None

    def greeting_of(self, persona_key: str) -> int | None:
        """Return the number of the persona's greeting with which the scene began; None if it was none."""
        return self.greeting if self.greeter == persona_key else None
