"""Routing of messages: from the facts about one message to the decision whether it is stored and answered.

Law: one table (`TABLE`), read from top to bottom: the first row that matches decides. No other place decides
whether a message, a command or a button is answered or told why not; the story looks up the facts. A reply
that waited for its turn is decided again when it begins. What is no message with words (a join, a pin) never
comes here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from math import ceil
from typing import Final, NamedTuple

from bot.core.asides import BotQuestion, OutOfCharacter
from bot.core.budgets.rule import Payer, Refused


class Respond(StrEnum):
    """Which messages in a channel a persona answers; commands are always answered."""

    MENTION = "mention"  # a mention or a reply to its post
    NAME = "name"  # also its name as a word
    ALWAYS = "always"
    NEVER = "never"


class NoReplyReason(StrEnum):
    """Why a message to the bot gets a notice instead of a reply, or what the bot itself answers."""

    NO_PERSONA = "no_persona"
    PERSONA_MISSING = "persona_missing"
    PERSONA_FIXED = "persona_fixed"
    PAUSED = "paused"
    UNREADABLE = "unreadable"
    LIMITED = "limited"
    COOLING = "cooling"  # its author has just had a reply
    CHANNEL_COOLING = "channel_cooling"  # somebody has just had a reply there
    QUIET = "quiet"  # it is the time of day in which nobody is answered
    OOC_IGNORED = "ooc_ignored"  # out of character, which personas are not told there
    MUTED = "muted"
    SPENT_PERSON = "spent_person"
    SPENT_CHANNEL = "spent_channel"
    SPENT_SERVER = "spent_server"
    SPENT_BOT = "spent_bot"
    TOO_SMALL = "too_small"  # a limit is less than a reply costs
    AGE_RESTRICTED = "age_restricted"
    ASKED_AI = "asked_ai"  # out of character: who or what plays the persona
    ASKED_STOP = "asked_stop"
    ASKED_HELP = "asked_help"
    OPTED_OUT = "opted_out"
    NO_ROLE = "no_role"


ANSWERS: Final = {
    BotQuestion.AI: NoReplyReason.ASKED_AI,
    BotQuestion.STOP: NoReplyReason.ASKED_STOP,
    BotQuestion.HELP: NoReplyReason.ASKED_HELP,
}
"""What the bot itself answers when it is asked about itself out of character."""

SPENT: Final = {
    Payer.PERSON: NoReplyReason.SPENT_PERSON,
    Payer.CHANNEL: NoReplyReason.SPENT_CHANNEL,
    Payer.SERVER: NoReplyReason.SPENT_SERVER,
    Payer.BOT: NoReplyReason.SPENT_BOT,
}
"""What is said where a budget is used up, by whose it is."""

UNPAID: Final = (*SPENT.values(), NoReplyReason.TOO_SMALL)
"""Why nobody pays for a reply."""


@dataclass(frozen=True, slots=True)
class NoReply:
    """Why there is no reply.

    `about` is a persona's key, the configuration key that sets the persona, a persona's name
    (`AGE_RESTRICTED`, `MUTED`, `ASKED_AI` and its kind), the seconds to wait (`LIMITED`), or when that is
    over as seconds since 1970 (`PACED`, `UNPAID`).
    """

    reason: NoReplyReason
    about: str = ""


PACED: Final = (NoReplyReason.QUIET, NoReplyReason.CHANNEL_COOLING, NoReplyReason.COOLING)
"""Why nobody is answered for a while that admins have chosen."""


@dataclass(frozen=True, slots=True)
class Denial:
    """Why somebody gets no reply for now (one of `PACED` or `UNPAID`), and when that is over."""

    reason: NoReplyReason
    until: datetime

    @property
    def no_reply(self) -> NoReply:
        """What is said instead."""
        return NoReply(self.reason, str(ceil(self.until.timestamp())))


class Availability(Enum):
    """Whether there is a persona to answer."""

    READY = "ready"
    NOBODY = "nobody"  # no persona is set for the place
    MISSING = "missing"  # the persona's file is gone or doesn't load
    FIXED = "fixed"  # the configuration sets another persona than the one asked for
    RESTRICTED = "restricted"  # the persona is for age-restricted channels, and this is none
    MUTED = "muted"  # admins have muted the persona that is asked, or all


class Author(Enum):
    """Who wrote a message."""

    PERSON = "person"
    BOT = "bot"  # or a webhook, unless a proxy posts by it for a person
    LISTED_BOT = "listed bot"  # one that admins let take part
    HUSHED_BOT = "hushed bot"  # such a one, after which a person has to speak first
    COMMANDING = "commanding"  # a person who gives another bot a command
    OPTED_OUT = "opted_out"  # a person whose messages are not wanted here, by their own choice
    NO_ROLE = "no role"  # a person who may not play here
    BLOCKED = "blocked"  # a person that moderators or the host have blocked, or who may be one behind a proxy


OTHER_BOTS: Final = frozenset({Author.LISTED_BOT, Author.HUSHED_BOT})
"""Authors that are heard, and told nothing."""


class Cue(Enum):
    """What in a message brings a persona in that it is not addressed to."""

    NONE = "none"
    NAME = "name"  # a persona's name; one in a reply to somebody else only speaks of it
    CHANCE = "chance"  # a persona takes part unasked
    NO_CHANCE = "no chance"  # admins have left it to chance, and no persona takes part


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """The facts about one message.

    Attributes:
        author: who wrote it.
        by_command: whether it comes from a command that asks for a reply.
        addressed: whether it mentions the bot or its own role, replies to one of its posts or comes from such
            a command; `@everyone` and other roles don't count.
        cue: what else brings a persona in.
        aside: whether all of it is out of character: stored is then what steers the reply to it, no turn.
        presence: whether it only says that its author steps away or is back, which the story notes.
        question: what it asks about the bot itself, where it is an aside or ends by asking to stop.
        empty: whether it contains no text.
        readable: whether Discord shows the bot its text.
        bound: whether all messages of the place are stored. A roll of dice is also where a story is played,
            because people hand it to the bot themselves.
        respond: the setting of the place; nobody answers a roll.
        ooc: what the place does with asides to a persona.
        paused: whether the server is paused.
        availability: whether there is a persona to answer.
        known: whether it is stored already, because a gateway may report a message twice, or is of before its
            author was forgotten or opted in again.
        denied: why its author gets no further reply for now: a minute allows no more, a budget is used up, or
            one of `PACED`.
    """

    author: Author = Author.PERSON
    by_command: bool = False
    addressed: bool = False
    cue: Cue = Cue.NONE
    aside: bool = False
    presence: bool = False
    question: BotQuestion | None = None
    empty: bool = False
    readable: bool = True
    bound: bool = True
    respond: Respond = Respond.NAME
    ooc: OutOfCharacter = OutOfCharacter.STEER
    paused: bool = False
    availability: Availability = Availability.READY
    known: bool = False
    denied: NoReplyReason | None = None

    @property
    def wakes(self) -> bool:
        """Whether it asks for a reply, according to the setting of the place."""
        if self.by_command:
            return True
        if not self.bound:
            return self.addressed and self.respond is not Respond.NEVER
        moves = self.cue is Cue.CHANCE and not self.aside
        return {
            Respond.NEVER: False,
            Respond.MENTION: self.addressed or moves,
            Respond.NAME: self.addressed or self.calls or moves,
            Respond.ALWAYS: self.addressed or self.calls or not (self.aside or self.cue is Cue.NO_CHANCE),
        }[self.respond]

    @property
    def calls(self) -> bool:
        """Whether it calls a persona by name."""
        return self.cue is Cue.NAME

    @property
    def asks(self) -> bool:
        """Whether a person asked the bot for a reply, and is told if there is none."""
        return self.wakes and self.addressed and self.author not in OTHER_BOTS

    @property
    def paced(self) -> bool:
        """Whether it is answered by nobody for a while that admins have chosen."""
        return self.denied in PACED


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision about a message: whether it is stored, whether it is answered, or what is said instead."""

    stored: bool = False
    answered: bool = False
    told: NoReplyReason | None = None


IGNORE: Final = Decision()
LISTEN: Final = Decision(stored=True)
SPEAK: Final = Decision(stored=True, answered=True)


class Row(NamedTuple):
    """A row of the table: the messages that it matches, and the decision about them."""

    holds: Callable[[MessageFacts], bool]
    decision: Decision


_SILENT: Final = frozenset({Availability.NOBODY, Availability.FIXED, Availability.RESTRICTED})


def _is_kept_away(one: MessageFacts) -> bool:
    return one.aside and not one.presence and one.ooc is OutOfCharacter.IGNORE


def _paced(reason: NoReplyReason) -> Row:
    return Row(
        lambda one: one.denied is reason and (one.asks or one.calls), Decision(stored=True, told=reason)
    )


def _answered_by_the_bot(asked: BotQuestion, answer: NoReplyReason) -> Row:
    return Row(lambda one: one.wakes and one.question is asked, Decision(told=answer))


def _denied(reason: NoReplyReason) -> Row:
    return Row(lambda one: one.denied is reason, Decision(stored=True, told=reason))


TABLE: Final = (
    # One that is stored already.
    Row(lambda one: one.known, IGNORE),
    # A bot's.
    Row(lambda one: one.author is Author.BOT and not one.by_command, IGNORE),
    # A command for another bot.
    Row(lambda one: one.author is Author.COMMANDING, IGNORE),
    # One of somebody who is blocked.
    Row(lambda one: one.author is Author.BLOCKED, IGNORE),
    # A question of somebody who may not play here.
    Row(lambda one: one.author is Author.NO_ROLE and one.asks, Decision(told=NoReplyReason.NO_ROLE)),
    # Any other of theirs.
    Row(lambda one: one.author is Author.NO_ROLE, IGNORE),
    # A question of somebody who has opted out.
    Row(lambda one: one.author is Author.OPTED_OUT and one.asks, Decision(told=NoReplyReason.OPTED_OUT)),
    # Any other of theirs.
    Row(lambda one: one.author is Author.OPTED_OUT, IGNORE),
    # A bot's that is out of character, or whose words Discord withholds: it is told nothing.
    Row(lambda one: one.author in OTHER_BOTS and (one.aside or not one.readable), IGNORE),
    # One to the bot whose words Discord withholds.
    Row(lambda one: one.addressed and not one.readable, Decision(told=NoReplyReason.UNREADABLE)),
    # One without words, to nobody.
    Row(lambda one: one.empty and not one.addressed, IGNORE),
    # One to others, where only what is for the bot is stored.
    Row(lambda one: not one.bound and not one.wakes, IGNORE),
    # A question on a paused server.
    Row(lambda one: one.paused and one.asks, Decision(told=NoReplyReason.PAUSED)),
    # Any other on a paused server.
    Row(lambda one: one.paused, IGNORE),
    # A question for another persona than the configuration fixes.
    Row(
        lambda one: one.availability is Availability.FIXED and one.asks,
        Decision(told=NoReplyReason.PERSONA_FIXED),
    ),
    # A question where no persona is set.
    Row(
        lambda one: one.availability is Availability.NOBODY and one.asks,
        Decision(told=NoReplyReason.NO_PERSONA),
    ),
    # A question for a persona that may not play here: what is written here stays out of a story for adults.
    Row(
        lambda one: one.availability is Availability.RESTRICTED and one.asks,
        Decision(told=NoReplyReason.AGE_RESTRICTED),
    ),
    # Any other where nobody can answer.
    Row(lambda one: one.availability in _SILENT, IGNORE),
    # What nobody of the story is told: people talk about other things at their table.
    Row(lambda one: one.aside and not one.wakes and not one.presence, IGNORE),
    # One of the story that ends by asking to stop.
    Row(
        lambda one: one.wakes and one.question is BotQuestion.STOP and not one.aside,
        Decision(stored=True, told=NoReplyReason.ASKED_STOP),
    ),
    # A question about the bot itself, which no persona answers.
    *(_answered_by_the_bot(asked, answer) for asked, answer in ANSWERS.items()),
    # One out of character to a persona, where none is told, from somebody who waits for an answer.
    Row(lambda one: _is_kept_away(one) and one.asks, Decision(told=NoReplyReason.OOC_IGNORED)),
    # Any other such.
    Row(_is_kept_away, IGNORE),
    # One that asks for no answer.
    Row(lambda one: not one.wakes, LISTEN),
    # A bot's after personas have answered bots for long enough.
    Row(lambda one: one.author is Author.HUSHED_BOT, LISTEN),
    # One of another bot when it would not be answered.
    Row(lambda one: one.author is Author.LISTED_BOT and one.denied is not None, LISTEN),
    # A question for a persona whose file does not load.
    Row(
        lambda one: one.availability is Availability.MISSING and one.asks,
        Decision(stored=True, told=NoReplyReason.PERSONA_MISSING),
    ),
    # A question for a persona that admins have muted.
    Row(
        lambda one: one.availability is Availability.MUTED and one.asks,
        Decision(stored=True, told=NoReplyReason.MUTED),
    ),
    # Any other for such a persona.
    Row(lambda one: one.availability in {Availability.MISSING, Availability.MUTED}, LISTEN),
    # One that turns to a persona in a time in which none answers.
    *map(_paced, PACED),
    # Any other then.
    Row(lambda one: one.paced, LISTEN),
    # One that nobody can pay for now, or one too many within a minute.
    *(_denied(reason) for reason in (*UNPAID, NoReplyReason.LIMITED)),
    # One that asks for an answer.
    Row(lambda _: True, SPEAK),
)
"""The table of decisions: the first row that matches decides."""


def decide(facts: MessageFacts) -> Decision:
    """Return the decision about a message."""
    return next(row.decision for row in TABLE if row.holds(facts))


EDIT_SPAN: Final = timedelta(minutes=1)
"""The time after a message in which an edit can make a question of it."""

NEWS: Final = timedelta(minutes=5)
"""How long an edit is news, by the bot's clock: Discord tells of old ones again, when a message is pinned for
example, and clocks differ."""


@dataclass(frozen=True, slots=True)
class EditFacts:
    """The facts about an edit.

    Attributes:
        age: the time from the message to the edit; None if it is no edit by the author.
        asked: whether the message asked for a reply before; None if that is not known, after a restart.
        stored: whether the message is stored.
        left: whether it is stored and not in the story that is played now.
        since: the time since the edit.
    """

    age: timedelta | None
    asked: bool | None = None
    stored: bool = False
    left: bool = False
    since: timedelta = timedelta(0)


def may_ask_now(edit: EditFacts) -> bool:
    """Return whether a message may ask for a reply by an edit: soon, and for the first time.

    A message that is not stored was not answered; of one that is, it must be known that it did not ask.
    """
    if edit.age is None or not timedelta(0) <= edit.age <= EDIT_SPAN or edit.since > NEWS:
        return False
    return not (edit.asked or edit.left) and (edit.asked is False or not edit.stored)


def availability(missing: NoReply | None) -> Availability:
    """Return whether there is a persona to answer, from why there is none."""
    return Availability.READY if missing is None else _UNAVAILABLE[missing.reason]


def refusal_by_age(name: str, *, for_adults: bool, age_restricted: bool) -> NoReply | None:
    """Return why a persona may not play in a place; None if it may.

    Args:
        name: the persona's name.
        for_adults: whether the persona is for age-restricted channels only.
        age_restricted: whether Discord restricts the age in the place.
    """
    return NoReply(NoReplyReason.AGE_RESTRICTED, name) if for_adults and not age_restricted else None


def unpaid(spent: Refused) -> Denial:
    """Return why there is no reply where a budget is used up, or too small."""
    return Denial(NoReplyReason.TOO_SMALL if spent.is_too_small else SPENT[spent.payer], spent.until)


def refusal_of_command(
    *, paused: bool = False, missing: NoReply | None = None, wait: int = 0, denial: Denial | None = None
) -> NoReply | None:
    """Return why a command or a button gets no reply; None if it gets one.

    `wait` is for how many seconds its person may ask for no further reply, `denial` why nobody is answered.
    """
    denied = NoReplyReason.LIMITED if wait > 0 else None
    denied = denied if denial is None else denial.reason
    told = decide(
        MessageFacts(addressed=True, paused=paused, availability=availability(missing), denied=denied)
    ).told
    if told is None:
        return None
    if denial is not None and told is denial.reason:
        return denial.no_reply
    if told is NoReplyReason.LIMITED:
        return NoReply(told, str(wait))
    return missing if missing is not None and missing.reason is told else NoReply(told)


_UNAVAILABLE: Final = {
    NoReplyReason.NO_PERSONA: Availability.NOBODY,
    NoReplyReason.PERSONA_MISSING: Availability.MISSING,
    NoReplyReason.PERSONA_FIXED: Availability.FIXED,
    NoReplyReason.AGE_RESTRICTED: Availability.RESTRICTED,
    NoReplyReason.MUTED: Availability.MUTED,
}
