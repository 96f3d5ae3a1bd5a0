"""Routing of messages: from the facts about one message to the decision whether it is stored and answered.

Law: one table (`TABLE`), read from top to bottom: the first row that matches decides. No other place decides
whether a message is stored, answered or told why not; `bot.story.hearing` looks up the facts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final


class Respond(StrEnum):
    """Which messages in a channel a persona answers; commands are always answered."""

    MENTION = "mention"  # a mention or a reply to its post
    NAME = "name"  # also its name as a word
    ALWAYS = "always"
    NEVER = "never"


class NoReplyReason(StrEnum):
    """Why a message that addressed the bot gets a notice instead of a reply."""

    NO_PERSONA = "no_persona"
    PERSONA_MISSING = "persona_missing"
    PERSONA_FIXED = "persona_fixed"
    PAUSED = "paused"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class NoReply:
    """Why there is no reply. `about` is a persona's key, or the configuration key that sets the persona."""

    reason: NoReplyReason
    about: str = ""


class Availability(Enum):
    """Whether there is a persona to answer."""

    READY = "ready"
    NOBODY = "nobody"  # no persona is set for the place
    MISSING = "missing"  # the persona's file is gone or doesn't load
    FIXED = "fixed"  # the configuration sets another persona than the one asked for


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts about one message.

    Attributes:
        from_bot: whether a bot or a webhook posted it.
        by_command: whether it comes from a command that asks for a reply.
        addressed: whether it mentions the bot itself, replies to one of its posts or comes from such a
            command; `@everyone` and role mentions don't count.
        named: whether it contains the persona's name.
        empty: whether it contains no text.
        readable: whether Discord shows the bot its text.
        bound: whether all messages of the place are stored.
        respond: the setting of the place.
        paused: whether the server is paused.
        availability: whether there is a persona to answer.
        known: whether it is stored already, because a gateway may report a message twice.
    """

    from_bot: bool = False
    by_command: bool = False
    addressed: bool = False
    named: bool = False
    empty: bool = False
    readable: bool = True
    bound: bool = True
    respond: Respond = Respond.NAME
    paused: bool = False
    availability: Availability = Availability.READY
    known: bool = False

    @property
    def wakes(self) -> bool:
        """Whether it asks for a reply, according to the setting of the place."""
        if self.by_command:
            return True
        if not self.bound:
            return self.addressed and self.respond is not Respond.NEVER
        return {
            Respond.NEVER: False,
            Respond.MENTION: self.addressed,
            Respond.NAME: self.addressed or self.named,
            Respond.ALWAYS: True,
        }[self.respond]

    @property
    def asks(self) -> bool:
        """Whether a person asked the bot for a reply, and is told if there is none."""
        return self.wakes and self.addressed


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision about a message: whether it is stored, whether it is answered, or what is said instead."""

    stored: bool
    answered: bool
    told: NoReplyReason | None = None


IGNORE: Final = Decision(stored=False, answered=False)
LISTEN: Final = Decision(stored=True, answered=False)
SPEAK: Final = Decision(stored=True, answered=True)


def _tell(reason: NoReplyReason, *, stored: bool = False) -> Decision:
    return Decision(stored, answered=False, told=reason)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: the messages that it matches, and the decision about them."""

    about: str
    holds: Callable[[Facts], bool]
    decision: Decision


_SILENT: Final = frozenset({Availability.NOBODY, Availability.FIXED})

TABLE: Final = (
    Row("one that is stored already", lambda one: one.known, IGNORE),
    Row("a bot's", lambda one: one.from_bot and not one.by_command, IGNORE),
    Row(
        "one to the bot whose words Discord withholds",
        lambda one: one.addressed and not one.readable,
        _tell(NoReplyReason.UNREADABLE),
    ),
    Row("one without words, to nobody", lambda one: one.empty and not one.addressed, IGNORE),
    Row("one to others, where only what is for the bot is stored", lambda one: not _kept(one), IGNORE),
    Row("a question on a paused server", lambda one: one.paused and one.asks, _tell(NoReplyReason.PAUSED)),
    Row("any other on a paused server", lambda one: one.paused, IGNORE),
    Row(
        "a question for another persona than the configuration fixes",
        lambda one: one.availability is Availability.FIXED and one.asks,
        _tell(NoReplyReason.PERSONA_FIXED),
    ),
    Row(
        "a question where no persona is set",
        lambda one: one.availability is Availability.NOBODY and one.asks,
        _tell(NoReplyReason.NO_PERSONA),
    ),
    Row("any other where nobody can answer", lambda one: one.availability in _SILENT, IGNORE),
    Row("one that asks for no answer", lambda one: not one.wakes, LISTEN),
    Row(
        "a question for a persona whose file does not load",
        lambda one: one.availability is Availability.MISSING and one.asks,
        _tell(NoReplyReason.PERSONA_MISSING, stored=True),
    ),
    Row("any other for such a persona", lambda one: one.availability is Availability.MISSING, LISTEN),
    Row("one that asks for an answer", lambda _: True, SPEAK),
)
"""The table of decisions: the first row that matches decides."""


def decide(facts: Facts) -> Decision:
    """Return the decision about a message."""
    return next(row.decision for row in TABLE if row.holds(facts))


def _kept(one: Facts) -> bool:
    return one.bound or one.wakes
