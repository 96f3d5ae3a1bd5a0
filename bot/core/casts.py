"""Casts: who answers where several personas play, and who goes on after a persona.

Law: pure. `TABLE` is read from top to bottom, and the first row that matches says who answers; whether
anybody does is decided in `core.routing`. A muted member answers to nothing but a command that names it. The
numbers of chance are a parameter.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from bot.core.routing import Respond

MOST: Final = 8
"""The most personas of a cast; each is a line in the others' prompts."""

AT_ONCE: Final = 3
"""The most personas that answer one message, each with a request of its own."""

CHAIN: Final = 3
"""The most replies of personas to personas until a person says something."""

PERCENT: Final = 100
ALL: Final = range(PERCENT + 1)
"""The talkativeness that a member may have, in percent."""

Chance = Callable[[str], float]
"""Returns a number from 0 up to, but not including, 1, for the member of a key; "" stands for the cast."""


@dataclass(frozen=True, slots=True)
class CastMember:
    """A persona of a cast.

    Attributes:
        key: its key.
        talkativeness: how likely it takes part unasked, in percent; None if nobody has chosen that.
        muted: whether it says nothing unless a command names it.
    """

    key: str
    talkativeness: int | None = None
    muted: bool = False


@dataclass(frozen=True, slots=True)
class CastFacts:
    """The facts about one message that decide who answers it.

    Attributes:
        members: the cast, its lead first; never empty.
        respond: the setting of the place.
        chance: the numbers of chance for this message.
        named: the keys of those called by name, in the order in which they are; of members only.
        replied: the key of the persona whose post it replies to, if that may play here.
        mentioned: whether it mentions the bot, or is a command that names no persona.
        latest: the key of the member that spoke last in the scene; None if none has.
        open: whether it is said into the room, so that a persona may take part unasked.
    """

    members: Sequence[CastMember]
    respond: Respond
    chance: Chance
    named: Sequence[str] = ()
    replied: str | None = None
    mentioned: bool = False
    latest: str | None = None
    open: bool = False

    @property
    def awake(self) -> Sequence[CastMember]:
        """The members that are not muted."""
        return [member for member in self.members if not member.muted]

    @property
    def muted(self) -> frozenset[str]:
        """The keys of those that are."""
        return frozenset(member.key for member in self.members if member.muted)


@dataclass(frozen=True, slots=True)
class Speaking:
    """Who answers a message.

    Attributes:
        keys: the personas that do, in their order; none if nobody does.
        unasked: whether chance brought them in, and nobody called them.
        muted: the key of the one that was asked and is muted, if nobody else was; None otherwise.
    """

    keys: tuple[str, ...] = ()
    unasked: bool = False
    muted: str | None = None


class Row(NamedTuple):
    """A row of the table: the messages that it matches, and who answers them."""

    holds: Callable[[CastFacts], bool]
    who: Callable[[CastFacts], Speaking]


def _asked(keys: Sequence[str], facts: CastFacts) -> Speaking:
    """Return those asked that may speak; where none may and the bot itself was asked, who is muted."""
    found = tuple(key for key in dict.fromkeys(keys) if key not in facts.muted)[:AT_ONCE]
    return Speaking(found) if found else Speaking(muted=keys[0])


def _newest(facts: CastFacts) -> Speaking:
    """Return the member that spoke last, else the lead."""
    keys = [member.key for member in facts.awake]
    if not keys:
        return Speaking(muted=facts.members[0].key)
    return Speaking((facts.latest if facts.latest in keys else keys[0],))


def _moved(facts: CastFacts) -> Speaking:
    """Return who takes part unasked."""
    drawn = {
        member.key: facts.chance(member.key) for member in facts.awake if member.talkativeness is not None
    }
    wanted = {member.key: member.talkativeness or 0 for member in facts.awake}
    taking = sorted((key for key in drawn if drawn[key] * PERCENT < wanted[key]), key=lambda key: drawn[key])
    undecided = [member.key for member in facts.awake if member.talkativeness is None]
    if not taking and undecided and facts.respond is Respond.ALWAYS:
        taking = [undecided[int(facts.chance("") * len(undecided))]]
    return Speaking(tuple(taking[:AT_ONCE]), unasked=bool(taking))


TABLE: Final = (
    # One that names members who may answer, also where it is addressed to another.
    Row(lambda one: not one.muted.issuperset(one.named), lambda one: _asked(one.named, one)),
    # One that names muted ones only, to the bot itself.
    Row(lambda one: bool(one.named) and one.mentioned, lambda one: _asked(one.named, one)),
    # One that replies to a persona's post.
    Row(lambda one: one.replied is not None, lambda one: _asked([one.replied or ""], one)),
    # Any other to the bot.
    Row(lambda one: one.mentioned, _newest),
    # One in which nobody is asked, where personas may take part.
    Row(lambda one: one.open and one.respond is not Respond.NEVER, _moved),
    # Any other.
    Row(lambda _: True, lambda _: Speaking()),
)
"""The table of who answers: a name, a reply, a mention, and then talkativeness."""


def who_answers(facts: CastFacts) -> Speaking:
    """Return who answers a message."""
    return next(row.who(facts) for row in TABLE if row.holds(facts))


def who_goes_on(
    members: Iterable[CastMember], spoke: str, named: Sequence[str], depth: int, chance: Chance
) -> str | None:
    """Return the key of the member that answers a persona; None if nobody does.

    Args:
        members: the cast.
        spoke: the key of the persona that has spoken.
        named: the keys of those that it has called aloud, in the order in which it has.
        depth: how many personas have already answered a persona since a person spoke; each halves the chance.
        chance: the numbers of chance for this moment.
    """
    if depth >= CHAIN:
        return None
    others = {member.key: member for member in members if member.key != spoke and not member.muted}
    certain = 1 / 2**depth
    for key in named:
        if key in others and chance(key) < certain:
            return key
    for key, member in others.items():
        if chance(key) * PERCENT < certain * (member.talkativeness or 0):
            return key
    return None


def ordered(lead: str, others: Iterable[CastMember]) -> tuple[CastMember, ...]:
    """Return a cast with this lead, who is moved to its head if it is among the others, and added if not."""
    found = {member.key: member for member in others}
    return (found.pop(lead, CastMember(lead)), *found.values())


def led_by(lead: str, cast: Sequence[CastMember]) -> tuple[CastMember, ...]:
    """Return a cast as it plays in the scene of this lead: one that is not of it takes its lead's place."""
    is_of_it = any(member.key == lead for member in cast)
    return ordered(lead, cast if is_of_it else cast[1:])
